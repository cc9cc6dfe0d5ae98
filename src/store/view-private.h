/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What view.c (making and finding) and view-apply.c (changing) share. */
#pragma once

#include "store/view.h"

G_BEGIN_DECLS

/*
 * A kept key, in memory only: u16 values {bytes of the key; end of each level's part; bytes of each level's extreme}, then the
 * key, then the extremes one after another.
 */
typedef struct {
    guint64 prefix;
    guint8 *key; /* owned; NULL in the order of no keys */
    guint32 order;
} TwViewDraftRow;

struct TwView {
    TwViewSpec spec;
    guint levels;
    TwSortOrder part[TW_SORT_MAX_KEYS + 1]; /* the keys of each level, and behind them the rest */
    TwSortOrder extreme[TW_SORT_MAX_KEYS];  /* of each level; no keys: none */
    GArray *entries;                        /* TwViewEntry */
    guint32 free_slot;                      /* first of the chain, or G_MAXUINT32 */
    GHashTable *by_number;                  /* object -> first slot + 1 */
    GHashTable *groups;                     /* number of a heading -> TwViewGroup */
    TwViewGroup *root;
    guint32 next_group;
    gsize bytes;
    gboolean finished;
};

static inline const guint8 *
tw_view_key_bytes(const TwView *view, const guint8 *key, guint *ret_len)
{
    guint16 len;

    if (key == NULL) {
        *ret_len = 0;
        return (const guint8 *) "";
    }
    memcpy(&len, key, sizeof len);
    *ret_len = len;
    return key + sizeof len * (1 + 2 * (gsize) view->levels);
}

/* Where the part of a level begins and ends. */
const guint8 *tw_view_key_part(const TwView *view, const guint8 *key, guint level, guint *ret_len);
/* NULL when the row has no value there, or the level is not ordered so. */
const guint8 *tw_view_key_extreme(const TwView *view,
                                  const guint8 *key,
                                  guint level,
                                  guint *ret_len);
int tw_view_compare_bytes(const guint8 *a, guint a_len, const guint8 *b, guint b_len);
int tw_view_compare_entries(const TwView *view, const TwViewEntry *a, const TwViewEntry *b);
/* Of siblings: by extreme, then by key. */
int tw_view_compare_groups(const TwViewGroup *a, const TwViewGroup *b);

guint32 tw_view_take_slot(TwView *view, const TwViewDraft *draft, TwViewDraftRow *row);
void tw_view_drop_slot(TwView *view, guint32 slot);
/* An empty one with the key of that level, not yet among its siblings. */
TwViewGroup *tw_view_group_new(TwView *view, TwViewGroup *parent, const guint8 *key);
void tw_view_group_free(TwView *view, TwViewGroup *group);
/* The child that has the entry's key of that level, or NULL. */
TwViewGroup *tw_view_group_child(TwView *view, TwViewGroup *parent, const guint8 *part, guint len);

G_END_DECLS
