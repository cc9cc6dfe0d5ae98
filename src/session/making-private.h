/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables whose rows are made when they are opened and stay as they were then. */
#pragma once

#include "session/local-table-private.h"

#include "mapi/props.h"

G_BEGIN_DECLS

/* A table in the making. */
typedef struct {
    TwLocalCall *call;
    TwTableBags *bags; /* owned */
    guint32 count;
} TwMaking;

TwMaking tw_making_begin(TwLocalCall *call);
void tw_making_clear(TwMaking *making);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMaking, tw_making_clear)
gboolean tw_making_add(TwMaking *making, TwPropsBuilder *builder, GError **error);

/* What it shows until somebody asks for columns. */
typedef struct {
    const guint32 *tags;
    guint count;
} TwMadeColumns;

/* @need is asked again for each use. */
gboolean tw_making_open(TwMaking *making,
                        TwOpNeed need,
                        guint flags,
                        const TwMadeColumns *columns,
                        guint32 *ret,
                        GError **error);

/* No text is no value. */
void tw_making_put_text(TwPropsBuilder *builder, guint32 tag, const char *text);
void tw_making_put_long(TwPropsBuilder *builder, guint32 tag, guint32 number);

G_END_DECLS
