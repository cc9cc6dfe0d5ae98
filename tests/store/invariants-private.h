/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the invariants share. */
#pragma once

#include "store/invariants.h"
#include "store/store-private.h"

G_BEGIN_DECLS

typedef struct {
    TwStore *store;
    GPtrArray *problems;
    TwStoreInfo info;
    GPtrArray *folders;    /* TwFolderRow */
    GHashTable *by_id;     /* id -> TwFolderRow, lent */
    GHashTable *messages;  /* mid -> Seen, owned */
    GHashTable *bids;      /* set */
    const TwFolderRow *at; /* the folder in hand */
    guint keywords;        /* of it */
    GArray *page;          /* Seen: what the walk in hand gave */
    guint count[4], unread;
    gint64 bytes[4];
} InvariantsCheck;

/* Notes what does not hold. */
void invariants_wrong(InvariantsCheck *check, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Whether a call worked; if not, why is noted. */
gboolean invariants_worked(InvariantsCheck *check, const char *what, guint32 id, GError **error);
const TwFolderRow *invariants_folder(InvariantsCheck *check, guint32 id);

/* invariants-search.c: the results of a search folder are what its criteria say. */
void invariants_check_search(InvariantsCheck *check, const TwFolderRow *row);

G_END_DECLS
