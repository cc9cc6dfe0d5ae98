/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of a session: what local-table.c and ops-table.c share. */
#pragma once

#include "session/ops-private.h"

G_BEGIN_DECLS

struct TwLocalTable {
    gint refs;
    TwTable *table;
    TwTableBags *bags; /* (nullable): rows that the session's program makes */
    gboolean plain;    /* its rows are of no folder: nothing is asked again */
    TwGuid store;
    guint32 folder;
    TwOpNeed need;
    gboolean by_rights; /* each row is shown by the rights on it */
    GMutex busy;        /* one call at a time; guards the token */
    guint64 token;      /* who listens; 0: nobody */
    TwLock lock;        /* guards what follows; a leaf */
    TwRights *rights;   /* what the rows were made for; NULL for a plain one */
};

/* A table of the call's folder, without its rows. */
TwLocalTable *tw_local_table_new(TwLocalCall *call, TwOpNeed need);
/* A plain one. */
TwLocalTable *tw_local_table_new_plain(void);
/* (transfer full) for @self, on failure too. */
gboolean tw_local_table_keep(TwLocalSession *session,
                             TwLocalTable *self,
                             guint32 *ret,
                             GError **error);
/* The table with its mutex held, or NULL. */
TwLocalTable *tw_local_table_take(TwLocalCall *call, guint32 number, GError **error);
/* Gives it back; returns @ok. */
gboolean tw_local_table_give_back(TwLocalTable *self, gboolean ok);
gboolean tw_local_table_unknown(GError **error);

G_END_DECLS
