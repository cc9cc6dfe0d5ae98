/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The index of a folder, made (folder-index.c), kept (index-cache.c) and saved (index-file.c). Private to store/.
 *
 * Format of a saved index, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       4     "TWIX"                                                                              1
 *   4       4     version: 1                                                                          1
 *   8       4     CRC32C of all from offset 12 on                                                     1
 *   12      16    GUID of the store                                                                   1
 *   28      4     folder                                                                              1
 *   32      4     its uidvalidity                                                                     1
 *   36      8     number of the database's file, when it was saved                                    1
 *   44      8     cn: all of the store's changes up to it are in here                                 1
 *   52      16    that change: folder, id, aux, op                                                    1
 *   68      4     n: how many rows                                                                    1
 *   72      32 n  rows: uid, mid, flags, status (4 each), kw, modseq (8 each), ascending by uid       1
 */
#pragma once

#include "store/folder-index.h"
#include "store/store-private.h"

G_BEGIN_DECLS

enum {
    TW_INDEX_FILE_HEADER = 72,
    TW_INDEX_FILE_ROW = 32,
    TW_INDEX_FILE_MAX_ROWS = 16 << 20, /* a longer one is not saved, nor read: half a gigabyte */
};

/* What a saved index says of itself. */
typedef struct {
    TwGuid store;
    guint32 folder, uidvalidity;
    guint64 file;  /* number of the database's file */
    TwChange last; /* its store is not in the file */
} TwIndexSaved;

/**
 * tw_index_new:
 * @folder: the folder's row
 * @cn: the store's change number in the same snapshot
 * @data: (transfer full): rows of #TwFolderIndexRow by uid
 *
 * Returns: (transfer full): an index
 */
TwFolderIndex *tw_index_new(const TwFolderRow *folder, guint64 cn, GBytes *data);

/**
 * tw_index_merge:
 * @base: an index
 * @touched: (element-type guint32): numbers of messages, ascending, each once
 * @fresh: (element-type TwFolderIndexRow): those of them that are in the folder now, by uid
 *
 * Returns: (transfer full): the rows of @base without those touched, with the fresh ones
 */
GBytes *tw_index_merge(const TwFolderIndex *base, const GArray *touched, const GArray *fresh);

/* ---- index-file.c ---- */

/**
 * tw_index_file_write:
 * @saved: what it says of itself
 * @rows: (array length=count): its rows
 * @count: how many, at most %TW_INDEX_FILE_MAX_ROWS
 *
 * Returns: (transfer full): its bytes
 */
GBytes *tw_index_file_write(const TwIndexSaved *saved, const TwFolderIndexRow *rows, guint32 count);

/**
 * tw_index_file_parse:
 * @data: (array length=len): a saved index
 * @len: its bytes
 * @ret: (out): what it says of itself
 * @error: TW_ERROR_CORRUPT, TW_ERROR_UNSUPPORTED (another version)
 *
 * Source: the table above. Takes nothing that the writer could not have written.
 *
 * Returns: (transfer full): its rows, or NULL
 */
GBytes *tw_index_file_parse(const guint8 *data, gsize len, TwIndexSaved *ret, GError **error);

/**
 * tw_index_file_load:
 * @store: a store
 * @folder: a folder
 * @ret: (out): what it says of itself
 *
 * Returns: (transfer full) (nullable): the rows that were saved, or NULL when there is nothing that could be used
 */
GBytes *tw_index_file_load(TwStore *store, guint32 folder, TwIndexSaved *ret);

/**
 * tw_index_file_save:
 * @store: a store
 * @last: the change up to which @index holds
 * @index: an index
 *
 * Puts it in the place of what was saved before. Nothing is made durable: what a power cut leaves of it is not taken.
 *
 * Returns: FALSE on failure, which costs nothing but time later
 */
gboolean tw_index_file_save(TwStore *store, const TwChange *last, const TwFolderIndex *index);

/**
 * tw_index_file_remove:
 * @engine: an engine
 * @store: number of a store
 * @folder: a folder, or 0: all of the store
 *
 * Takes away what was saved.
 */
void tw_index_file_remove(TwEngine *engine, guint32 store, guint32 folder);

/* ---- index-cache.c ---- */

/**
 * tw_index_cache_new:
 * @engine: the engine; its config says how much may be kept
 *
 * Returns: (transfer full): an empty cache
 */
TwIndexCache *tw_index_cache_new(TwEngine *engine);

/**
 * tw_index_cache_free:
 * @cache: (nullable) (transfer full): a cache that nobody uses any more
 *
 * Saves what is worth it; the databases must still be open.
 */
void tw_index_cache_free(TwIndexCache *cache);

/**
 * tw_index_cache_note:
 * @cache: a cache
 * @changes: (array length=count): what has just been committed, of one store
 * @count: how many
 *
 * Called on the writer threads, in commit order and before the writes are answered.
 */
void tw_index_cache_note(TwIndexCache *cache, const TwChange *changes, guint count);

/**
 * tw_index_cache_drop_store:
 * @cache: a cache
 * @store: number of a store that is deleted
 */
void tw_index_cache_drop_store(TwIndexCache *cache, guint32 store);

/* ---- folder-index.c ---- */

/* What is to be brought up to date, and what came of it. */
typedef struct {
    TwStore *store;
    guint32 folder;
    const TwFolderIndex *base; /* nullable: there is none */
    const GArray *pending;     /* TwChange: what touched the folder since @base, up to @seen */
    guint64 seen;
    gboolean load; /* what was saved may be used */

    TwFolderIndex *index; /* out, owned */
    TwChange last;        /* out: the change up to which it holds */
    guint touched;        /* out: rows that were read one by one */
    gboolean loaded;      /* out: @index was made from what had been saved */
    guint64 loaded_cn;    /* out: up to which that held */
    gboolean scanned;     /* out: from the rows */
} TwIndexRefresh;

/**
 * tw_index_refresh:
 * @refresh: (inout): what; on failure nothing of it is set
 * @error: as tw_folder_get_index()
 *
 * Makes the index of one snapshot of the store.
 *
 * Returns: FALSE on failure
 */
gboolean tw_index_refresh(TwIndexRefresh *refresh, GError **error);

/**
 * tw_index_is_current:
 * @store: a store
 * @index: of one of its folders
 *
 * Returns: FALSE if the folder has changed since, or is not there, or its row cannot be read
 */
gboolean tw_index_is_current(TwStore *store, const TwFolderIndex *index);

G_END_DECLS
