/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of a session: what local-table.c and ops-table.c share. */
#pragma once

#include "session/ops-private.h"

G_BEGIN_DECLS

/* Rows of the address book, shared by all who see the same (local-book.c). */
typedef struct TwBookSet TwBookSet;

/* Brings what the session makes itself up to now; also asks whether it may still be seen. */
typedef gboolean (*TwLocalBring)(TwLocalCall *call, TwLocalTable *self, GError **error);

struct TwLocalTable {
    gint refs;
    TwTable *table;
    TwTableBags *bags;  /* (nullable): rows that the session's program makes */
    TwLocalBring bring; /* (nullable): before each call, with the mutex held */
    TwTableBags *made;  /* (nullable): rows that @bring makes */
    GHashTable *rows;   /* (nullable): number -> GBytes: these rows */
    guint64 stamp;      /* of what they were made of */
    TwBookSet *book;    /* (nullable) */
    gboolean plain;     /* its rows are of no folder: nothing is asked again */
    TwGuid store;
    guint32 folder;
    TwOpNeed need;      /* of a plain one: on the server */
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
/* Takes those rows away that were there @before and are in the table's no more. */
void tw_local_table_take_away(TwLocalTable *self, GHashTable *before);
void tw_book_set_unref(TwBookSet *set);
/* For whom a table is opened that is not cut by rights. */
TwTableCaller tw_local_table_caller(TwLocalCall *call, guint32 lcid);

G_END_DECLS
