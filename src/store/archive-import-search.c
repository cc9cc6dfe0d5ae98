/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Search folders of an archive, and messages that are to be sent. */
#include "base/error.h"
#include "store/archive-import-private.h"

static gboolean
name_here(guint16 id, guint16 *ret, gpointer data)
{
    const TwImport *import = data;

    *ret = id >= TW_IMPORT_NAMED_FROM ? import->names[id - TW_IMPORT_NAMED_FROM] : id;
    return *ret != 0;
}

static gboolean
search_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;

    return tw_sql_search_put(tx, &import->search, error) &&
           tw_sql_search_put_def(tx, import->row.store, import->search.id, import->def, error);
}

/* What it finds it finds here anew; one that was stopped is empty until it is begun again. */
gboolean
tw_import_take_search(TwImport *import, TwCursor *cur, GError **error)
{
    g_auto(TwSearchDef) def = { 0 };
    g_autofree guint8 *bytes = NULL;
    const TwFolderRow *folder;
    TwArchiveIds ids;
    guint32 old;
    guint8 stopped;

    if (!tw_cursor_take_u32le(cur, &old) || !tw_cursor_take_u8(cur, &stopped) ||
        (folder = tw_import_folder(import, old)) == NULL || folder->type != TW_FOLDER_SEARCH)
        return tw_import_corrupt(error, "a search folder makes no sense");
    bytes = g_memdup2(cur->next, cur->left);
    ids = tw_import_ids_of(import);
    tw_archive_translate_ids(bytes, cur->left, &ids);
    if (!tw_search_def_parse(bytes, cur->left, &def, error) ||
        !tw_search_def_rename(&def, name_here, import, tw_import_ids_of(import).folders, error))
        return FALSE;
    g_clear_pointer(&import->def, g_bytes_unref);
    import->def = tw_search_def_write(&def, error);
    import->search = (TwSearchRow){ import->row.store, folder->id,
                                    stopped ? TW_SEARCH_STOPPED : TW_SEARCH_BEGUN, 1, 0 };
    return import->def != NULL && tw_store_write(import->store, 0, FALSE, search_tx, import, error);
}

gboolean
tw_import_take_queued(TwImport *import, TwCursor *cur, GError **error)
{
    TwQueueEntry entry = { 0 };
    const TwFolderRow *folder;
    guint64 due, submitted;
    guint8 state;
    guint32 old;

    if (!tw_cursor_take_u32le(cur, &old) || !tw_cursor_take_u32le(cur, &entry.mid) ||
        !tw_cursor_take_u32le(cur, &entry.flags) || !tw_cursor_take_u8(cur, &state) ||
        !tw_cursor_take_u32le(cur, &entry.tries) || !tw_cursor_take_u64le(cur, &due) ||
        !tw_cursor_take_u64le(cur, &submitted) || cur->left > 0 || state > TW_QUEUE_TAKEN ||
        entry.mid == 0 || (folder = tw_import_folder(import, old)) == NULL ||
        entry.flags > (TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL) ||
        import->queue->len >= 2 * TW_QUEUE_MAX_STORE)
        return tw_import_corrupt(error, "a message to be sent makes no sense");
    entry.store = folder->id;
    entry.state = (TwQueueState) state;
    entry.due_us = (gint64) due;
    entry.submitted_us = (gint64) submitted;
    g_array_append_val(import->queue, entry);
    return TRUE;
}

static gboolean
take_mid(const TwMessageRow *row, gpointer data)
{
    *(TwMessageRow *) data = *row;
    return FALSE;
}

gboolean
tw_import_write_queue(TwDbTx *tx, const TwImport *import, GError **error)
{
    for (guint i = 0; i < import->queue->len; i++) {
        TwQueueEntry entry = g_array_index(import->queue, TwQueueEntry, i);
        TwMessageRow row = { 0 };
        if (!tw_sql_msg_list_uid(tx, import->row.store, entry.store, entry.mid - 1, 1, take_mid,
                                 &row, error))
            return FALSE;
        if (row.uid != entry.mid)
            return tw_import_corrupt(error, "a message to be sent is not there");
        entry.store = import->row.store;
        entry.mid = row.mid;
        if (!tw_sql_queue_put(tx, &entry, error))
            return FALSE;
        tw_queue_index_note(import->engine->queue, tx, &entry, FALSE);
    }
    return TRUE;
}
