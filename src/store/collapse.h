/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Collapse states: which headings of a categorised table are open, by the values that make them, so that a state is good in every table of
 * the same order and with every version of the locale's collation. Clients keep it as bytes that they do not understand.
 *
 * Format, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                         since
 *   0       4     "TWCS"                                                                          1
 *   4       1     version: 1                                                                      1
 *   5       1     what the row to come back to is: 0 none, 1 a row, 2 a heading                   1
 *   6       2     n: headings                                                                     1
 *   8       4     object number of the row                                                        1
 *   12      4     which of its values                                                             1
 *   16      1     levels of the heading that is come back to, from 1; 0 for a row                 1
 *   17      3     0                                                                               1
 *   20      4+m   u32 length and a bag (mapi/props.h): sort columns of the row; length 0: none    1
 *           ...   n times: u8 depth of the heading, from 1; u8 1 open, 0 closed; u16 0;           1
 *                 u32 length and a bag: the values that make it and the headings above it
 *
 * In a bag each value stands under the id of its column, of one value where the column asks for one row per value.
 */
#pragma once

#include "mapi/props.h"

G_BEGIN_DECLS

typedef enum {
    TW_COLLAPSE_NONE = 0,
    TW_COLLAPSE_ROW = 1,
    TW_COLLAPSE_HEADING = 2,
} TwCollapseTarget;

typedef struct {
    guint depth; /* from 1 */
    gboolean expanded;
    GBytes *values; /* owned: a bag */
} TwCollapseHeading;

typedef struct {
    TwCollapseTarget target;
    guint32 number, order; /* of a row */
    guint depth;           /* of a heading */
    GBytes *values;        /* owned; nullable: a bag */
    GArray *headings;      /* TwCollapseHeading */
} TwCollapseState;

/**
 * tw_collapse_state_init:
 * @state: caller's memory; use with g_auto
 */
void tw_collapse_state_init(TwCollapseState *state);

/**
 * tw_collapse_state_clear:
 * @state: a state
 */
void tw_collapse_state_clear(TwCollapseState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwCollapseState, tw_collapse_state_clear)

/**
 * tw_collapse_state_parse:
 * @data: (array length=len): a state
 * @len: its bytes, all of which must belong to it
 * @ret: (inout): initialised; gets the state
 * @error: TW_ERROR_CORRUPT; UNSUPPORTED: a newer version; TOO_BIG: more than TW_TABLE_MAX_STATE bytes or TW_TABLE_MAX_TOGGLED
 *   headings
 *
 * Returns: FALSE on failure, with @ret as it was
 */
gboolean tw_collapse_state_parse(const guint8 *data,
                                 gsize len,
                                 TwCollapseState *ret,
                                 GError **error);

/**
 * tw_collapse_state_write:
 * @state: a state
 * @error: TW_ERROR_TOO_BIG: as tw_collapse_state_parse()
 *
 * Returns: (transfer full): its bytes, or NULL
 */
GBytes *tw_collapse_state_write(const TwCollapseState *state, GError **error);

G_END_DECLS
