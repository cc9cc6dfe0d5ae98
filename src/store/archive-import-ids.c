/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entry ids inside of what an archive brought: known once all of it is here. */
#include "base/error.h"
#include "store/archive-import-private.h"

static GHashTable *
numbers_of(TwImport *import)
{
    GHashTableIter iter;
    gpointer old, row;

    if (import->numbers != NULL)
        return import->numbers;
    import->numbers = g_hash_table_new(NULL, NULL);
    g_hash_table_iter_init(&iter, import->folders);
    while (g_hash_table_iter_next(&iter, &old, &row))
        g_hash_table_insert(import->numbers, old, GUINT_TO_POINTER(((TwFolderRow *) row)->id));
    return import->numbers;
}

TwArchiveIds
tw_import_ids_of(TwImport *import)
{
    return (TwArchiveIds){ import->old_guid, import->store->guid, numbers_of(import), import->named,
                           FALSE };
}

void
tw_import_clear_translated(gpointer one)
{
    tw_content_clear(&((TwImportTranslated *) one)->content);
}

typedef struct {
    TwStore *store;
    guint32 bid;
    TwObject *object; /* owned; NULL: it has no record */
} ReadOne;

static gboolean
read_one_tx(TwDbTx *tx, gpointer data, GError **error)
{
    ReadOne *one = data;
    g_autoptr(GError) failure = NULL;

    g_clear_pointer(&one->object, tw_object_free);
    one->object = tw_content_read(tx, one->store->number, one->bid, NULL, &failure);
    if (one->object != NULL || g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
translate_one_of(TwImport *import, guint32 bid, GError **error)
{
    TwArchiveIds ids = tw_import_ids_of(import);
    ReadOne one = { import->store, bid, NULL };
    TwImportTranslated translated = { .bid = bid };
    gboolean changed = FALSE;
    gboolean ok = tw_store_read(import->store, read_one_tx, &one, error) &&
                  (one.object == NULL ||
                   tw_archive_translate_object(import->store, one.object, &ids, &changed, error));

    if (ok && changed) {
        tw_content_begin(&translated.content, import->store);
        ok = tw_content_prepare(&translated.content, import->store, one.object, error);
        g_array_append_val(import->translated, translated);
    }
    g_clear_pointer(&one.object, tw_object_free);
    return ok;
}

gboolean
tw_import_translate_all(TwImport *import, GError **error)
{
    if (!translate_one_of(import, import->row.object, error))
        return FALSE;
    for (guint i = 0; i < import->order->len; i++) {
        if (!translate_one_of(import, ((const TwFolderRow *) import->order->pdata[i])->id, error))
            return FALSE;
    }
    return TRUE;
}

/* No change that anybody is told of: the store is nobody's yet. */
gboolean
tw_import_write_translated(TwDbTx *tx, const TwImport *import, GError **error)
{
    g_auto(TwWork) work = { 0 };

    if (import->translated->len == 0)
        return TRUE;
    if (!tw_work_begin(&work, tx, import->store, error))
        return FALSE;
    for (guint i = 0; i < import->translated->len; i++) {
        const TwImportTranslated *one = &g_array_index(import->translated, TwImportTranslated, i);
        if (!tw_content_delete(&work, one->bid, error) ||
            !tw_content_write(&one->content, &work, one->bid, error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}
