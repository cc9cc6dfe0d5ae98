/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Folders as rows: their stored properties and what is computed from their row, all as one bag each, made when the row is read. A store
 * has tens of folders, rarely thousands. So the rows of an open table are kept whole.
 */
#include "base/error.h"
#include "base/time.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/sync-private.h"
#include "store/table-private.h"

enum {
    RIGHTS_ALL = 0x5FB, /* PR_RIGHTS of who may do everything: spec/mapi-soap.md 14.2 */
    ACCESS_ALL = 63,    /* PR_ACCESS of a folder */
};

/* Folders known in one transaction. */
typedef struct {
    TwTableSource *source;
    TwDbTx *tx;
    GHashTable *folders; /* number -> TwFolderRow, owned */
} Reader;

static TwFolderRow *
find_folder(Reader *reader, guint32 id, GError **error)
{
    TwFolderRow *row = g_hash_table_lookup(reader->folders, GUINT_TO_POINTER(id));

    if (row != NULL)
        return row;
    row = tw_sql_folder_get(reader->tx, reader->source->store->number, id, error);
    if (row != NULL)
        g_hash_table_insert(reader->folders, GUINT_TO_POINTER(id), row);
    return row;
}

/* Whether it is a row of the table, and how deep below its folder; 0: it is not. */
static gboolean
find_depth(Reader *reader, const TwFolderRow *row, guint *ret, GError **error)
{
    const TwTableSource *source = reader->source;
    gboolean deleted = (source->flags & TW_TABLE_SOFT_DELETED) != 0;
    const TwFolderRow *at = row;
    guint depth = 1;

    *ret = 0;
    if (row->parent == row->id || row->state != (deleted ? TW_FOLDER_SOFT : TW_FOLDER_LIVE) ||
        (deleted && row->deleted_with != row->id))
        return TRUE;
    while (at->parent != source->folder) {
        if ((source->flags & TW_TABLE_DEEP) == 0 || at->parent == at->id)
            return TRUE;
        at = find_folder(reader, at->parent, error);
        if (at == NULL)
            return FALSE;
        if (++depth > source->store->engine->config.limits.folder_depth + 2)
            return TRUE; /* a circle: the check of the storage tells of it */
    }
    *ret = depth;
    return TRUE;
}

static void
put_long(TwPropsBuilder *builder, guint32 tag, gint64 number)
{
    tw_props_builder_set(builder, tw_value_long(tag, (guint32) CLAMP(number, 0, G_MAXINT32)));
}

static void
put_bytes(TwPropsBuilder *builder, guint32 tag, GBytes *bytes)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    tw_props_builder_set(builder, tw_value_bytes(tag, data, len));
}

static gboolean
put_stored(Reader *reader, TwPropsBuilder *builder, guint32 id, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(TwObject) object =
        tw_content_read(reader->tx, reader->source->store->number, id, NULL, &failure);
    g_autoptr(GArray) tags = NULL;

    if (object ==
        NULL) { /* a root has no record before its first save; a damaged one is told elsewhere */
        if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) ||
            g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    tags = tw_object_list_tags(object);
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwPropValue value;
        if (tw_prop_tag_type(tag) == TW_PT_OBJECT)
            continue;
        if (!tw_object_get(object, tag, &value))
            value =
                tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), MAPI_E_NOT_ENOUGH_MEMORY);
        tw_props_builder_set(builder, value);
    }
    return TRUE;
}

static gboolean
put_names(
    TwDbTx *tx, TwStore *store, const TwFolderRow *row, TwPropsBuilder *builder, GError **error)
{
    g_autoptr(GBytes) change_key = NULL;
    g_autoptr(GBytes) change_list = NULL;
    g_auto(TwFolderNames) own = { NULL, NULL };
    g_auto(TwFolderNames) parent = { NULL, NULL };
    guint8 store_id[TW_OBJECT_ID_LEN];

    if (!tw_folder_names_load(tx, store, row->id, &own, error) ||
        !tw_folder_names_load(tx, store, row->parent, &parent, error) ||
        !tw_sync_version(tx, store, row->id, row->cn, &change_key, &change_list, error))
        return FALSE;
    put_bytes(builder, PR_ENTRYID, own.entry_id);
    put_bytes(builder, PR_RECORD_KEY, own.entry_id);
    put_bytes(builder, PR_LONGTERM_ENTRYID_FROM_TABLE, own.entry_id);
    put_bytes(builder, PR_SOURCE_KEY, own.source_key);
    put_bytes(builder, PR_PARENT_ENTRYID, parent.entry_id);
    if (row->parent != row->id)
        put_bytes(builder, PR_PARENT_SOURCE_KEY, parent.source_key);
    put_bytes(builder, PR_CHANGE_KEY, change_key);
    put_bytes(builder, PR_PREDECESSOR_CHANGE_LIST, change_list);
    tw_identity_entry_id(&store->guid, TW_OBJECT_ID_STORE, 0, store_id);
    tw_props_builder_set(builder, tw_value_bytes(PR_STORE_ENTRYID, store_id, sizeof store_id));
    tw_props_builder_set(builder,
                         tw_value_bytes(PR_STORE_RECORD_KEY, store->guid.bytes, TW_GUID_LEN));
    tw_props_builder_set(
        builder, tw_value_bytes(PR_MAPPING_SIGNATURE, store->engine->guid.bytes, TW_GUID_LEN));
    return TRUE;
}

static void
put_figures(TwPropsBuilder *builder, const TwFolderRow *row)
{
    guint64 changed, deleted;

    tw_props_builder_set(builder, tw_value_str(PR_DISPLAY_NAME, row->name));
    put_long(builder, PR_OBJECT_TYPE, TW_OBJECT_ID_FOLDER);
    put_long(builder, PR_FOLDER_TYPE, row->type);
    put_long(builder, PR_CONTENT_COUNT, row->total);
    put_long(builder, PR_CONTENT_UNREAD, row->unread);
    put_long(builder, PR_ASSOC_CONTENT_COUNT, row->assoc);
    put_long(builder, PR_DELETED_MSG_COUNT, row->deleted);
    put_long(builder, PR_DELETED_ASSOC_MSG_COUNT, row->deleted_assoc);
    put_long(builder, PR_FOLDER_CHILD_COUNT, row->subfolders);
    put_long(builder, PR_DELETED_FOLDER_COUNT, row->deleted_folders);
    tw_props_builder_set(builder, tw_value_bool(PR_SUBFOLDERS, row->subfolders > 0));
    tw_props_builder_set(builder, tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, row->bytes));
    tw_props_builder_set(builder, tw_value_i8(PR_CHANGE_NUM, (gint64) row->cn));
    put_long(builder, PR_EC_HIERARCHYID, row->id);
    put_long(builder, PR_EC_PARENT_HIERARCHYID, row->parent);
    if (row->changed_us > 0 && tw_time_to_filetime(row->changed_us, &changed))
        tw_props_builder_set(builder, tw_value_i8(PR_LOCAL_COMMIT_TIME_MAX, (gint64) changed));
    if (row->state != TW_FOLDER_LIVE && row->deleted_us > 0 &&
        tw_time_to_filetime(row->deleted_us, &deleted))
        tw_props_builder_set(builder, tw_value_i8(PR_DELETED_ON, (gint64) deleted));
}

gboolean
tw_table_put_folder(
    TwDbTx *tx, TwStore *store, const TwFolderRow *row, TwPropsBuilder *builder, GError **error)
{
    if (!put_names(tx, store, row, builder, error))
        return FALSE;
    put_figures(builder, row);
    return TRUE;
}

/* What somebody sees who may only see its name: the way to a folder below it that he may use. */
static TwFolderRow
name_alone(const TwFolderRow *row)
{
    TwFolderRow shown = *row;

    shown.total = shown.unread = shown.assoc = shown.deleted = shown.deleted_assoc = 0;
    shown.deleted_folders = 0;
    shown.bytes = shown.changed_us = 0;
    return shown;
}

/* NULL without @error: it is no row of this table, or not for this user. */
static TwTableRow *
make_row(Reader *reader, const TwFolderRow *row, GError **error)
{
    TwTableSource *source = reader->source;
    TwTableAccess access = source->access;
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwFolderRow shown = *row;
    gboolean by_name;
    guint depth;

    tw_props_builder_init(&builder);
    if (!find_depth(reader, row, &depth, error) || depth == 0 ||
        (source->see != NULL && !source->see(row->id, &access, source->see_data)))
        return NULL;
    by_name = source->see != NULL && access.rights == 0;
    if (by_name)
        shown = name_alone(row);
    if ((!by_name && !put_stored(reader, &builder, row->id, error)) ||
        !tw_table_put_folder(reader->tx, source->store, &shown, &builder, error))
        return NULL;
    put_long(&builder, PR_DEPTH, depth);
    put_long(&builder, PR_ACCESS, access.access);
    put_long(&builder, PR_ACCESS_LEVEL, access.access_level);
    put_long(&builder, PR_RIGHTS, access.rights);
    bag = tw_props_builder_finish_bytes(&builder, error);
    return bag != NULL ? tw_table_row_new_bag(row->id, bag) : NULL;
}

/* ---- all rows ---- */

typedef struct {
    TwTableSource *source;
    GPtrArray *rows; /* TwTableRow */
} All;

static gboolean
read_all_tx(TwDbTx *tx, gpointer data, GError **error)
{
    All *all = data;
    g_autoptr(GHashTable) folders =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) tw_folder_row_free);
    Reader reader = { all->source, tx, folders };
    g_autoptr(GPtrArray) list = tw_sql_folder_all(tx, all->source->store->number, error);

    if (list == NULL)
        return FALSE;
    g_ptr_array_set_size(all->rows, 0);
    g_ptr_array_set_free_func(list, NULL);
    for (guint i = 0; i < list->len; i++) {
        TwFolderRow *row = list->pdata[i];
        g_hash_table_insert(folders, GUINT_TO_POINTER(row->id), row);
    }
    for (guint i = 0; i < list->len; i++) {
        g_autoptr(GError) failure = NULL;
        TwTableRow *row = make_row(&reader, list->pdata[i], &failure);
        if (row != NULL) {
            g_ptr_array_add(all->rows, row);
        } else if (failure != NULL) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return TRUE;
}

static GPtrArray *
read_all(TwTableSource *source, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    All all = { source, rows };

    return tw_store_read(source->store, read_all_tx, &all, error) ? g_steal_pointer(&rows) : NULL;
}

static gboolean
hierarchy_walk(TwTableSource *source,
               G_GNUC_UNUSED gboolean heads,
               G_GNUC_UNUSED const TwFlagsFilter *flags,
               TwTableWalkFunc func,
               gpointer data,
               GError **error)
{
    g_autoptr(GPtrArray) rows = read_all(source, error);

    if (rows == NULL)
        return FALSE;
    tw_lock(&source->lock);
    tw_table_source_forget_all(source);
    for (guint i = 0; i < rows->len; i++)
        tw_table_source_keep(source, rows->pdata[i]);
    source->complete = TRUE;
    tw_unlock(&source->lock);
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        TwTableWalkRow item = { .number = row->number };
        TwProps bag;
        item.source = tw_table_row_open(source, row, NULL, &bag);
        if (!func(&item, data, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
hierarchy_compare(TwTableSource *source, GHashTable *changed, GError **error)
{
    g_autoptr(GPtrArray) rows = read_all(source, error);
    g_autoptr(GHashTable) there = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer number;

    if (rows == NULL)
        return FALSE;
    tw_lock(&source->lock);
    for (guint i = 0; i < rows->len; i++) {
        const TwTableRow *row = rows->pdata[i];
        const TwTableRow *old = g_hash_table_lookup(source->cache, GUINT_TO_POINTER(row->number));
        g_hash_table_add(there, GUINT_TO_POINTER(row->number));
        if (old == NULL || !g_bytes_equal(old->bag, row->bag))
            g_hash_table_add(changed, GUINT_TO_POINTER(row->number));
    }
    g_hash_table_iter_init(&iter, source->cache);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        if (!g_hash_table_contains(there, number))
            g_hash_table_add(changed, number);
    }
    tw_unlock(&source->lock);
    return TRUE;
}

/* ---- some rows ---- */

typedef struct {
    TwTableSource *source;
    const guint32 *numbers;
    guint count;
    TwTableRow **ret;
} Load;

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Load *load = data;
    g_autoptr(GHashTable) folders =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) tw_folder_row_free);
    Reader reader = { load->source, tx, folders };

    for (guint i = 0; i < load->count; i++) {
        g_autoptr(GError) failure = NULL;
        const TwFolderRow *row = find_folder(&reader, load->numbers[i], &failure);
        g_clear_pointer(&load->ret[i], tw_table_row_unref);
        if (row != NULL)
            load->ret[i] = make_row(&reader, row, &failure);
        if (failure != NULL && !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
hierarchy_load(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error)
{
    Load load = { source, numbers, count, ret };

    if (tw_store_read(source->store, load_tx, &load, error))
        return TRUE;
    for (guint i = 0; i < count; i++)
        g_clear_pointer(&ret[i], tw_table_row_unref);
    return FALSE;
}

static void
hierarchy_notice(TwTableSource *source, const TwChange *change)
{
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_FOLDER_NEW:
    case TW_CHANGE_FOLDER:
    case TW_CHANGE_FOLDER_MOVED:
    case TW_CHANGE_FOLDER_DELETED:
    case TW_CHANGE_FOLDER_RESTORED:
        source->structure = TRUE;
        return;
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE:
    case TW_CHANGE_MESSAGE_READ:
    case TW_CHANGE_MESSAGE_GONE:
    case TW_CHANGE_MESSAGE_SOFT:
    case TW_CHANGE_MESSAGE_BACK:
    case TW_CHANGE_MESSAGE_PURGED:
    case TW_CHANGE_SEARCH_ADDED:
    case TW_CHANGE_SEARCH_REMOVED:
    case TW_CHANGE_SEARCH_RESTARTED:
    case TW_CHANGE_SEARCH_RESULTS:
    case TW_CHANGE_SEARCH_COMPLETE: /* counters of the folder */
        if (g_hash_table_contains(source->cache, GUINT_TO_POINTER(change->folder)))
            tw_table_source_note(source, change->folder);
        return;
    case TW_CHANGE_STORE:
    case TW_CHANGE_RECEIVE:
    case TW_CHANGE_RIGHTS:
    case TW_CHANGE_QUEUE:
    case TW_CHANGE_STORE_MODE:
        return;
    }
}

static const TwTableSourceClass hierarchy_class = {
    .walk = hierarchy_walk,
    .load = hierarchy_load,
    .compare = hierarchy_compare,
    .notice = hierarchy_notice,
};

TwTable *
tw_table_open_hierarchy(TwTables *tables,
                        TwStore *store,
                        guint32 folder,
                        guint flags,
                        const TwTableCaller *caller,
                        GError **error)
{
    g_autoptr(TwTableSource) source = NULL;
    g_autoptr(TwFolderRow) row = tw_folder_get(store, folder, error);

    if (row == NULL)
        return NULL;
    if (row->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder);
        return NULL;
    }
    source = tw_table_source_new(&hierarchy_class, tables);
    source->store = tw_store_ref(store);
    source->folder = folder;
    source->flags = flags;
    source->newest_first = TRUE;
    source->always_cached = TRUE;
    source->type = TW_OBJECT_ID_FOLDER;
    source->access = (TwTableAccess){ ACCESS_ALL, 1, RIGHTS_ALL };
    if (caller != NULL && caller->has_access)
        source->access = caller->access;
    if (caller != NULL) {
        source->see = caller->see;
        source->see_data = caller->data;
    }
    tw_tables_add_source(tables, source);
    return tw_table_new(source, flags, caller);
}
