/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the import of an archive share. Private to store/. */
#pragma once

#include "base/hash.h"
#include "store/archive-private.h"
#include "store/check-private.h"
#include "store/queue-private.h"
#include "store/search-private.h"
#include "store/sync-private.h"

G_BEGIN_DECLS

enum {
    TW_IMPORT_NAMED_FROM = 0x8501, /* ids that the server gives */
};

/* A store's place while it is filled. */
typedef struct {
    TwEngine *engine;
    const TwArchiveOptions *options;
    TwArchiveReader reader;
    TwSha256 hash;
    TwStore *store;
    TwStoreRow row; /* as it shall be */
    guint32 old_root;
    GHashTable *folders; /* old number -> TwFolderRow as it shall be, owned */
    GPtrArray *order;    /* the same, borrowed, parents first */
    guint16 names[0x10000 - TW_IMPORT_NAMED_FROM +
                  1]; /* id in the archive -> id here; 0: not named there */
    TwArchiveCounts counts;

    TwBlobUse *use;       /* from the first value to the end */
    TwBlobWriter *writer; /* the value in hand */
    TwBlobId value_id;
    guint64 value_left;

    GArray *batch; /* TwArchiveItem */
    gsize batch_bytes;
    TwArchiveItem *one; /* folder or props in hand */
    guint32 target, id;
    guint64 floor;
    GBytes *chunk;
    char *class_name;
    const TwCursor *rights; /* of the chunk in hand */
    GHashTable *numbers;    /* of folders: old -> new; made when needed */
    GHashTable *named;      /* of messages that something leads to, likewise */
    guint32 last_mid;       /* the message that was taken last; 0: something else came since */
    GArray *translated;     /* TwImportTranslated: folders and the store that name folders */
    TwGuid old_guid;        /* of the store, where it comes from */
    GBytes *def;            /* criteria in hand */
    TwSearchRow search;
    GArray
        *queue; /* TwQueueEntry, the message's uid in mid and its folder in store until the end */
} TwImport;

typedef struct {
    guint32 bid;
    TwContent content;
} TwImportTranslated;

/* ---- archive-import.c ---- */
gboolean tw_import_corrupt(GError **error, const char *what);
TwFolderRow *tw_import_folder(const TwImport *import, guint32 old);
gboolean tw_import_flush(TwImport *import, GError **error);

/* ---- archive-import-tables.c: each takes the content of a chunk ---- */
gboolean tw_import_take_tombs(TwImport *import, TwCursor *cur, GError **error);
gboolean tw_import_take_floor(TwImport *import, TwCursor *cur, GError **error);
gboolean tw_import_take_rights(TwImport *import, TwCursor *cur, GError **error);
gboolean tw_import_take_receive(TwImport *import, TwCursor *cur, GError **error);

/* ---- archive-import-search.c ---- */
gboolean tw_import_take_search(TwImport *import, TwCursor *cur, GError **error);
gboolean tw_import_take_queued(TwImport *import, TwCursor *cur, GError **error);
gboolean tw_import_write_queue(TwDbTx *tx, const TwImport *import, GError **error);

/* ---- archive-import-ids.c ---- */
TwArchiveIds tw_import_ids_of(TwImport *import);
void tw_import_clear_translated(gpointer one);
gboolean tw_import_translate_all(TwImport *import, GError **error);
gboolean tw_import_write_translated(TwDbTx *tx, const TwImport *import, GError **error);

G_END_DECLS
