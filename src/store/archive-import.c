/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An archive into a new store. It is made in state "moving", which nobody opens, filled in batches, counted at the end, and
 * made active in the last transaction. What fails before is taken away again.
 */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "store/archive-import-private.h"
#include "store/check-private.h"
#include "store/queue-private.h"
#include "store/search-private.h"
#include "store/sync-private.h"

enum {
    BATCH_MESSAGES = 200,
    BATCH_BYTES = 4 << 20,
    HEAD_EID_AT = 48, /* head.h */
};

gboolean
tw_import_corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "archive: %s", what);
    return FALSE;
}

TwFolderRow *
tw_import_folder(const TwImport *import, guint32 old)
{
    return g_hash_table_lookup(import->folders, GUINT_TO_POINTER(old));
}

/* ---- names ---- */

static gboolean
take_name(TwImport *import, TwCursor *cur, GError **error)
{
    guint16 id, len;
    guint8 is_text;
    guint32 lid;
    const guint8 *guid, *text;
    g_autofree char *name = NULL;
    TwNamedProp prop = { .name = NULL };

    if (!tw_cursor_take_u16le(cur, &id) || !tw_cursor_take(cur, TW_GUID_LEN, &guid) ||
        !tw_cursor_take_u8(cur, &is_text) || !tw_cursor_take_u32le(cur, &lid) ||
        !tw_cursor_take_u16le(cur, &len) || !tw_cursor_take(cur, len, &text) || cur->left > 0 ||
        id < TW_IMPORT_NAMED_FROM || memchr(text, '\0', len) != NULL)
        return tw_import_corrupt(error, "a property name makes no sense");
    name = g_strndup((const char *) text, len);
    prop.set = tw_guid_from_bytes(guid);
    prop.name = is_text ? name : NULL;
    prop.lid = is_text ? 0 : lid;
    return tw_named_prop_check(&prop, error) &&
           tw_name_map_get_ids(tw_engine_names(import->engine), &prop, 1, TRUE,
                               &import->names[id - TW_IMPORT_NAMED_FROM], error);
}

typedef struct {
    TwPropValue value;
    TwBlobRef ref;
    guint32 tag; /* with the new id */
    gboolean is_blob;
} Renamed;

/* Copies of what has other ids here, taken off the node. */
static gboolean
take_named_props(
    TwImport *import, TwObject *node, GArray *renamed, GPtrArray *memory, GError **error)
{
    g_autoptr(GArray) tags = tw_object_list_tags(node);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i), id = tag >> 16;
        Renamed one = { .tag = 0 };
        guint16 here = id >= TW_IMPORT_NAMED_FROM ? import->names[id - TW_IMPORT_NAMED_FROM] : 0;
        if (id < TW_IMPORT_NAMED_FROM || here == id)
            continue;
        if (here == 0)
            return tw_import_corrupt(error, "a property has no name");
        one.tag = (guint32) here << 16 | (tag & 0xffff);
        one.is_blob = tw_object_get_blob(node, tag, &one.ref, NULL);
        if (!one.is_blob && !tw_object_get(node, tag, &one.value))
            continue;
        if (!one.is_blob && one.value.len > 0) {
            guint8 *copy = g_malloc0((gsize) one.value.len + 1);
            memcpy(copy, one.value.data, one.value.len);
            g_ptr_array_add(memory, copy);
            one.value.data = copy;
        }
        one.value.tag = one.tag;
        g_array_append_val(renamed, one);
        tw_object_remove(node, tag);
    }
    return TRUE;
}

static gboolean
rename_node(TwImport *import, TwObject *node, GError **error)
{
    g_autoptr(GArray) renamed = g_array_new(FALSE, FALSE, sizeof(Renamed));
    g_autoptr(GPtrArray) memory = g_ptr_array_new_with_free_func(g_free);

    if (!take_named_props(import, node, renamed, memory, error))
        return FALSE;
    for (guint i = 0; i < renamed->len; i++) {
        const Renamed *one = &g_array_index(renamed, Renamed, i);
        if (!(one->is_blob ? tw_object_set_blob(node, one->tag, &one->ref, error)
                           : tw_object_set(node, &one->value, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): TW_OBJECT_MAX_DEPTH */
rename_tree(TwImport *import, TwObject *object, GError **error)
{
    if (!rename_node(import, object, error))
        return FALSE;
    for (guint i = 0; i < tw_object_count(object, TW_OBJECT_RECIPIENT); i++) {
        if (!rename_node(import, tw_object_at(object, TW_OBJECT_RECIPIENT, i), error))
            return FALSE;
    }
    for (guint i = 0; i < tw_object_count(object, TW_OBJECT_ATTACHMENT); i++) {
        TwObject *attachment = tw_object_at(object, TW_OBJECT_ATTACHMENT, i);
        TwObject *embedded = tw_object_get_embedded(attachment);
        if (!rename_node(import, attachment, error) ||
            (embedded != NULL && !rename_tree(import, embedded, error)))
            return FALSE;
    }
    return TRUE;
}

/* ---- contents ---- */

static gboolean
note_value(G_GNUC_UNUSED TwObject *node,
           const TwPart *part,
           G_GNUC_UNUSED guint32 tag,
           const TwBlobRef *ref,
           gpointer data,
           GError **error)
{
    TwValueRow row = { .part = *part, .kind = TW_VALUE_PROPERTY, .id = ref->id, .len = ref->len };

    if (!ref->known)
        return tw_import_corrupt(error, "a value is named nowhere");
    g_array_append_val((GArray *) data, row);
    return TRUE;
}

static gboolean
check_values(TwImport *import, const GArray *values, GError **error)
{
    for (guint i = 0; i < values->len; i++) {
        const TwValueRow *row = &g_array_index(values, TwValueRow, i);
        guint64 len;
        if (!tw_blob_get_len(import->engine->blobs, &row->id, &len, error))
            return FALSE;
        if (len != row->len)
            return tw_import_corrupt(error, "a value has another length");
    }
    return TRUE;
}

/* The record with the names of this server, and all its values. */
static gboolean
translate(TwImport *import, TwArchiveContent *content, TwObjectKind kind, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(content->record, &len);
    g_autoptr(TwObject) object = tw_tail_parse(data, len, NULL, NULL, error);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(TwValueRow));

    if (object == NULL || !check_values(import, content->values, error))
        return FALSE;
    if (tw_object_get_kind(object) != kind)
        return tw_import_corrupt(error, "a record is of another kind");
    for (guint i = 0; i < content->values->len; i++) {
        const TwValueRow *row = &g_array_index(content->values, TwValueRow, i);
        if (row->kind != TW_VALUE_PROPERTY)
            g_array_append_vals(values, row, 1);
        else if (!tw_object_resolve(object, row->part.bytes, row->part.len, &row->id, row->len,
                                    error))
            return FALSE;
    }
    if (!rename_tree(import, object, error) ||
        !tw_object_foreach_blob(object, note_value, values, error))
        return FALSE;
    g_bytes_unref(content->record);
    content->record = tw_tail_write(object, NULL, error);
    g_array_unref(content->values);
    content->values = g_steal_pointer(&values);
    return content->record != NULL;
}

static gboolean
write_content(
    TwDbTx *tx, guint32 store, guint32 bid, const TwArchiveContent *content, GError **error)
{
    if (!tw_sql_tail_set(tx, store, bid, content->record, content->summary, NULL, NULL, error))
        return FALSE;
    for (guint i = 0; i < content->values->len; i++) {
        TwValueRow row = g_array_index(content->values, TwValueRow, i);
        row.bid = bid;
        if (!tw_sql_blobref_add(tx, store, &row, error))
            return FALSE;
    }
    return TRUE;
}

/* A change key stands behind the number of its change; both it and the list are there, or neither. */
static gboolean
write_sent(TwDbTx *tx, guint32 store, guint32 bid, GBytes *key, GBytes *list, GError **error)
{
    TwSyncSent sent = { .list = list };
    gsize len = 0;
    const guint8 *data = key != NULL ? g_bytes_get_data(key, &len) : NULL;
    TwCursor cur = tw_cursor_init(data, len);
    gboolean ok;

    if (key == NULL && list == NULL)
        return TRUE;
    if (list == NULL || !tw_cursor_take_u64le(&cur, &sent.cn)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "object %u: half a change key", bid);
        return FALSE;
    }
    sent.key = g_bytes_new(cur.next, cur.left);
    ok = tw_sql_sync_sent_set(tx, store, bid, &sent, error);
    g_bytes_unref(sent.key);
    return ok;
}

static gboolean
write_keys(TwDbTx *tx, guint32 store, guint32 id, guint32 bid, const GArray *keys, GError **error)
{
    GBytes *change_key = NULL, *change_list = NULL;

    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        const TwArchiveKey *key = &g_array_index(keys, TwArchiveKey, i);
        if (key->kind == TW_ARCHIVE_CHANGE_KEY)
            change_key = key->key;
        else if (key->kind == TW_ARCHIVE_CHANGE_LIST)
            change_list = key->key;
        else if (!tw_sql_key_add(tx, store, (TwKeyKind) key->kind, key->key, id, error))
            return FALSE;
    }
    return write_sent(tx, store, bid, change_key, change_list, error);
}

/* ---- the store ---- */

static gboolean
row_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwImport *import = data;
    TwStoreRow wanted = import->row;

    if (!tw_sql_store_get(tx, import->store->number, &import->row, error))
        return FALSE;
    import->row.cn = wanted.cn;
    import->row.uidvalidity = MAX(wanted.uidvalidity, import->row.uidvalidity);
    return tw_sql_folder_delete(tx, import->row.store, import->row.root, error);
}

static gboolean
take_store(TwImport *import, TwCursor *cur, GError **error)
{
    TwStoreMake make = { .partition = import->options->partition, .moving = TRUE };
    guint64 warn, soft, hard, created;
    guint8 kind;
    const guint8 *guid;

    if (!tw_cursor_take_u8(cur, &kind) || !tw_cursor_take(cur, TW_GUID_LEN, &guid) ||
        !tw_cursor_take_u64le(cur, &import->row.cn) || !tw_cursor_take_u64le(cur, &warn) ||
        !tw_cursor_take_u64le(cur, &soft) || !tw_cursor_take_u64le(cur, &hard) ||
        !tw_cursor_take_u32le(cur, &import->row.uidvalidity) ||
        !tw_cursor_take_u64le(cur, &created) || !tw_cursor_take_u32le(cur, &import->old_root) ||
        cur->left > 0 || kind > TW_STORE_ARCHIVE || import->row.cn > G_MAXINT64)
        return tw_import_corrupt(error, "its store makes no sense");
    import->old_guid = tw_guid_from_bytes(guid);
    make.kind = (TwStoreKind) kind;
    make.quota = (TwQuota){ (gint64) warn, (gint64) soft, (gint64) hard };
    if (!import->options->new_guid)
        make.guid = import->old_guid;
    import->store = tw_store_create(import->engine, &make, error);
    return import->store != NULL && tw_store_write(import->store, 0, FALSE, row_tx, import, error);
}

static gboolean
props_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;

    return tw_blob_use_check(import->use, error) &&
           write_content(tx, import->row.store, import->row.object, &import->one->content, error);
}

static gboolean
take_props(TwImport *import, TwCursor *cur, GError **error)
{
    g_auto(TwArchiveItem) item = { 0 };

    import->one = &item;
    return tw_archive_take_item(cur, TW_CHUNK_PROPS, &item, error) &&
           translate(import, &item.content, TW_OBJECT_STORE, error) &&
           tw_store_write(import->store, 0, FALSE, props_tx, import, error);
}

/* ---- folders ---- */

static gboolean
add_change(TwDbTx *tx, const TwImport *import, TwChange change, GError **error)
{
    if (change.cn <= 1) /* the making of the root, which is there */
        return TRUE;
    change.store = import->row.store;
    return tw_sql_chg_add(tx, &change, error);
}

static gboolean
folder_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;
    const TwArchiveItem *item = import->one;
    const TwFolderRow *row = &item->folder;
    TwChange change = { .cn = row->cn,
                        .folder = row->id,
                        .id = row->id,
                        .aux = row->parent,
                        .op = TW_CHANGE_FOLDER_NEW };
    gboolean top = row->state == TW_FOLDER_SOFT && row->deleted_with == row->id;

    return tw_blob_use_check(import->use, error) && tw_sql_folder_insert(tx, row, error) &&
           (!top || tw_sql_folder_rename(tx, row, FALSE, error)) &&
           write_content(tx, row->store, row->id, &item->content, error) &&
           write_keys(tx, row->store, row->id, row->id, item->keys, error) &&
           (g_bytes_get_size(item->keywords) == 0 ||
            tw_sql_keyword_set(tx, row->store, row->id, item->keywords, error)) &&
           add_change(tx, import, change, error);
}

/* New numbers for folder, parent, and the tree it was deleted with. */
static gboolean
place_folder(TwImport *import, TwFolderRow *row, GError **error)
{
    gboolean root = row->id == import->old_root;
    guint32 old = row->id;
    const TwFolderRow *parent = tw_import_folder(import, row->parent);
    const TwFolderRow *top = tw_import_folder(import, row->deleted_with);

    if (tw_import_folder(import, old) != NULL || root != (import->order->len == 0) ||
        root != (row->type == TW_FOLDER_ROOT) || (!root && parent == NULL) || row->uidnext == 0 ||
        (root && row->state != TW_FOLDER_LIVE) || MAX(row->cn, row->hicn) > import->row.cn)
        return tw_import_corrupt(error, "its folders are no tree");
    if (root)
        row->id = import->row.root;
    else if (!tw_ids_take(import->store->partition, 1, &row->id, error))
        return FALSE;
    row->store = import->row.store;
    if (row->state == TW_FOLDER_SOFT && row->deleted_with != old && top == NULL)
        return tw_import_corrupt(error, "a folder was deleted with none");
    if (row->state == TW_FOLDER_LIVE && !root && parent->state != TW_FOLDER_LIVE)
        return tw_import_corrupt(error, "a folder is in a deleted one");
    row->deleted_with = row->state != TW_FOLDER_SOFT ? 0 : top != NULL ? top->id : row->id;
    if (row->state == TW_FOLDER_SOFT && row->deleted_us == 0)
        row->deleted_us = tw_time_now_us(); /* nobody kept it: its age begins here */
    row->parent = root ? row->id : parent->id;
    row->hicn_hier = MIN(row->hicn_hier, import->row.cn);
    return TRUE;
}

/* What is counted later is counted by the parents as well. */
static void
note_folder(TwImport *import, guint32 old, guint32 old_parent, const TwFolderRow *row)
{
    TwFolderRow *copy = g_memdup2(row, sizeof *row);
    TwFolderRow *parent = tw_import_folder(import, old_parent);

    copy->name = g_strdup(row->name);
    g_hash_table_insert(import->folders, GUINT_TO_POINTER(old), copy);
    g_ptr_array_add(import->order, copy);
    import->counts.folders++;
    if (parent == NULL || row->parent == row->id)
        return;
    if (row->state == TW_FOLDER_SOFT && row->deleted_with == row->id)
        parent->deleted_folders++;
    else
        parent->subfolders++;
}

static gboolean
take_folder(TwImport *import, TwCursor *cur, GError **error)
{
    g_auto(TwArchiveItem) item = { 0 };
    guint32 old, old_parent;

    import->one = &item;
    if (import->order->len >= import->engine->config.limits.folders)
        return tw_import_corrupt(error, "it has too many folders");
    if (!tw_archive_take_item(cur, TW_CHUNK_FOLDER, &item, error))
        return FALSE;
    old = item.folder.id;
    old_parent = item.folder.parent;
    if (!place_folder(import, &item.folder, error) ||
        !translate(import, &item.content, TW_OBJECT_FOLDER, error) ||
        !tw_store_write(import->store, 0, FALSE, folder_tx, import, error))
        return FALSE;
    note_folder(import, old, old_parent, &item.folder);
    return TRUE;
}

/* ---- messages ---- */

static gboolean
write_message(TwDbTx *tx, const TwImport *import, const TwArchiveItem *item, GError **error)
{
    const TwMessageRow *row = &item->row;
    TwChange change = {
        .cn = row->cn, .folder = row->folder, .id = row->mid, .op = TW_CHANGE_MESSAGE_NEW
    };

    return tw_sql_msg_insert(tx, row, error) &&
           write_content(tx, row->store, row->bid, &item->content, error) &&
           write_keys(tx, row->store, row->mid, row->bid, item->keys, error) &&
           add_change(tx, import, change, error);
}

static gboolean
batch_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;

    if (!tw_blob_use_check(import->use, error))
        return FALSE;
    for (guint i = 0; i < import->batch->len; i++) {
        if (!write_message(tx, import, &g_array_index(import->batch, TwArchiveItem, i), error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_import_flush(TwImport *import, GError **error)
{
    if (import->batch->len == 0)
        return TRUE;
    if (!tw_cancel_check(import->options->cancel, tw_deadline_never(), error) ||
        !tw_store_write(import->store, import->batch_bytes, FALSE, batch_tx, import, error))
        return FALSE;
    g_array_set_size(import->batch, 0);
    import->batch_bytes = 0;
    if (import->options->progress != NULL)
        import->options->progress(import->counts.messages, import->options->user_data);
    return TRUE;
}

/* The id in the head is made of store and body (message.c). */
static void
mark_head(TwMessageRow *row)
{
    guint64 eid = GUINT64_TO_LE(tw_message_eid(row->store, row->bid));
    gsize len = g_bytes_get_size(row->head);
    g_autofree guint8 *head = g_memdup2(g_bytes_get_data(row->head, NULL), len);

    memcpy(head + HEAD_EID_AT, &eid, sizeof eid);
    g_bytes_unref(row->head);
    row->head = g_bytes_new(head, len);
}

static gboolean
place_message(TwImport *import, TwMessageRow *row, GError **error)
{
    TwFolderRow *folder = tw_import_folder(import, row->folder);

    if (folder == NULL || row->uid >= folder->uidnext ||
        MAX(row->cn, row->cn_read) > import->row.cn || row->cn_create > import->row.cn)
        return tw_import_corrupt(error, "a message does not fit into its folder");
    if (!tw_ids_take(import->store->partition, 1, &row->mid, error))
        return FALSE;
    if (row->state >= TW_MESSAGE_DELETED && row->placed == 0)
        row->placed = tw_time_now_us();
    folder->hicn = MAX(folder->hicn, MAX(row->cn, row->cn_read));
    row->store = import->row.store;
    row->folder = folder->id;
    row->bid = row->mid;
    mark_head(row);
    return TRUE;
}

static gboolean
take_message(TwImport *import, TwCursor *cur, GError **error)
{
    gsize len = cur->left;
    TwArchiveItem item = { 0 };

    if (!tw_archive_take_item(cur, TW_CHUNK_MESSAGE, &item, error) ||
        !place_message(import, &item.row, error) ||
        !translate(import, &item.content, TW_OBJECT_MESSAGE, error)) {
        tw_archive_item_clear(&item);
        return FALSE;
    }
    g_array_append_val(import->batch, item);
    import->batch_bytes += len;
    import->counts.messages++;
    import->last_mid = item.row.mid;
    if (import->batch->len < BATCH_MESSAGES && import->batch_bytes < BATCH_BYTES)
        return TRUE;
    return tw_import_flush(import, error);
}

/* ---- values ---- */

static gboolean
end_value(TwImport *import, GError **error)
{
    TwBlobId id;

    if (import->writer == NULL || import->value_left > 0)
        return TRUE;
    if (!tw_blob_writer_finish(import->writer, &id, NULL, error))
        return FALSE;
    g_clear_pointer(&import->writer, tw_blob_writer_free);
    import->counts.values++;
    return tw_blob_id_equal(&id, &import->value_id) ||
           tw_import_corrupt(error, "a value is not the one its name says");
}

static gboolean
take_value(TwImport *import, TwCursor *cur, GError **error)
{
    TwBlobOptions options = { .scope = import->store->company, .compress = TRUE };
    const guint8 *id;

    if (!tw_cursor_take(cur, TW_BLOB_ID_LEN, &id) ||
        !tw_cursor_take_u64le(cur, &import->value_left) || cur->left > 0)
        return tw_import_corrupt(error, "a value makes no sense");
    memcpy(import->value_id.bytes, id, TW_BLOB_ID_LEN);
    import->writer = tw_blob_writer_new(import->use, &options);
    return end_value(import, error);
}

static gboolean
take_data(TwImport *import, TwCursor *cur, GError **error)
{
    if (import->writer == NULL || cur->left > import->value_left || cur->left == 0)
        return tw_import_corrupt(error, "a value is too long");
    if (!tw_blob_writer_put(import->writer, cur->next, cur->left, error))
        return FALSE;
    import->value_left -= cur->left;
    return end_value(import, error);
}

/* ---- the end ---- */

static gboolean
finish_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const TwImport *import = data;
    TwStoreRow row = import->row;

    row.bytes = row.deleted_bytes = 0;
    for (guint i = 0; i < import->order->len; i++) {
        TwFolderRow *folder = import->order->pdata[i];
        TwCheckCount count;
        if (!tw_check_count(tx, row.store, folder->id, &count, error))
            return FALSE;
        folder->total = count.counts[0];
        folder->assoc = count.counts[1];
        folder->deleted = count.counts[2];
        folder->deleted_assoc = count.counts[3];
        folder->unread = count.unread;
        folder->bytes = count.bytes;
        folder->deleted_bytes = count.deleted_bytes;
        if (!tw_sql_folder_update(tx, folder, error))
            return FALSE;
        if (folder->state == TW_FOLDER_LIVE)
            row.bytes += count.bytes;
        else
            row.deleted_bytes += count.bytes;
        row.deleted_bytes += count.deleted_bytes;
        row.uidvalidity = MAX(row.uidvalidity, folder->uidvalidity);
    }
    row.state = TW_STORE_ACTIVE;
    return tw_import_write_queue(tx, import, error) &&
           tw_sql_floor_set(tx, row.store, 0, row.cn, error) &&
           tw_sql_store_update(tx, &row, error) && tw_import_write_translated(tx, import, error);
}

static gboolean
take_end(TwImport *import, TwCursor *cur, GError **error)
{
    guint8 digest[TW_SHA256_LEN], more;
    const guint8 *said;
    TwArchiveCounts counts;
    gsize got = 0;

    tw_sha256_finish(&import->hash, digest);
    if (!tw_cursor_take_u64le(cur, &counts.folders) ||
        !tw_cursor_take_u64le(cur, &counts.messages) ||
        !tw_cursor_take_u64le(cur, &counts.values) || !tw_cursor_take(cur, sizeof digest, &said) ||
        cur->left > 0 || counts.folders != import->counts.folders ||
        counts.messages != import->counts.messages || counts.values != import->counts.values ||
        counts.folders == 0 || memcmp(said, digest, sizeof digest) != 0)
        return tw_import_corrupt(error, "its end says something else than what is in it");
    if (!import->reader.source(&more, 1, &got, import->reader.user_data, error))
        return FALSE;
    if (got != 0)
        return tw_import_corrupt(error, "something follows its end");
    return tw_import_flush(import, error) && tw_import_translate_all(import, error) &&
           tw_store_write(import->store, 0, FALSE, finish_tx, import, error);
}

/* The number that the last message had. */
static gboolean
take_named(TwImport *import, TwCursor *cur, GError **error)
{
    guint32 old;

    if (!tw_cursor_take_u32le(cur, &old) || cur->left > 0 || import->last_mid == 0)
        return tw_import_corrupt(error, "it names no message");
    g_hash_table_insert(import->named, GUINT_TO_POINTER(old), GUINT_TO_POINTER(import->last_mid));
    import->last_mid = 0;
    return TRUE;
}

static gboolean
take_chunk(TwImport *import, guint32 kind, TwCursor *cur, GError **error)
{
    if ((kind == TW_CHUNK_STORE) != (import->store == NULL))
        return tw_import_corrupt(error, "it begins with no store");
    if ((kind == TW_CHUNK_DATA) != (import->writer != NULL))
        return tw_import_corrupt(error, "a value is not whole");
    switch (kind) {
    case TW_CHUNK_STORE:
        return take_store(import, cur, error);
    case TW_CHUNK_NAME:
        return take_name(import, cur, error);
    case TW_CHUNK_PROPS:
        return take_props(import, cur, error);
    case TW_CHUNK_FOLDER:
        return take_folder(import, cur, error);
    case TW_CHUNK_VALUE:
        return take_value(import, cur, error);
    case TW_CHUNK_DATA:
        return take_data(import, cur, error);
    case TW_CHUNK_MESSAGE:
        return take_message(import, cur, error);
    case TW_CHUNK_TOMB:
        return tw_import_take_tombs(import, cur, error);
    case TW_CHUNK_FLOOR:
        return tw_import_take_floor(import, cur, error);
    case TW_CHUNK_RECEIVE:
        return tw_import_take_receive(import, cur, error);
    case TW_CHUNK_RIGHTS:
        return tw_import_take_rights(import, cur, error);
    case TW_CHUNK_SEARCH:
        return tw_import_take_search(import, cur, error);
    case TW_CHUNK_QUEUE:
        return tw_import_take_queued(import, cur, error);
    case TW_CHUNK_NAMED:
        return take_named(import, cur, error);
    case TW_CHUNK_END:
        return take_end(import, cur, error);
    default:
        return tw_import_corrupt(error, "it has a chunk of unknown kind");
    }
}

static gboolean
take_all(TwImport *import, GError **error)
{
    guint32 kind = 0;

    if (!tw_archive_read_header(&import->reader, error))
        return FALSE;
    while (kind != TW_CHUNK_END) {
        gsize len;
        const guint8 *data;
        TwCursor cur;
        g_clear_pointer(&import->chunk, g_bytes_unref);
        if (!tw_archive_read_chunk(&import->reader, &kind, &import->chunk, error))
            return FALSE;
        data = g_bytes_get_data(import->chunk, &len);
        cur = tw_cursor_init(data, len);
        if (!take_chunk(import, kind, &cur, error))
            return FALSE;
    }
    return TRUE;
}

static void
free_folder(gpointer data)
{
    tw_folder_row_free(data);
}

static void
clear_item(gpointer data)
{
    tw_archive_item_clear(data);
}

TwStore *
tw_archive_import(TwEngine *engine,
                  const TwArchiveOptions *options,
                  TwArchiveSource source,
                  gpointer user_data,
                  TwArchiveCounts *ret,
                  GError **error)
{
    g_autofree TwImport *import = g_new0(TwImport, 1);
    gboolean ok;

    import->engine = engine;
    import->options = options;
    import->reader = (TwArchiveReader){ source, user_data, &import->hash.state };
    tw_sha256_init(&import->hash);
    import->folders = g_hash_table_new_full(NULL, NULL, NULL, free_folder);
    import->order = g_ptr_array_new();
    import->batch = g_array_new(FALSE, FALSE, sizeof(TwArchiveItem));
    g_array_set_clear_func(import->batch, clear_item);
    import->queue = g_array_new(FALSE, FALSE, sizeof(TwQueueEntry));
    import->named = g_hash_table_new(NULL, NULL);
    import->translated = g_array_new(FALSE, FALSE, sizeof(TwImportTranslated));
    g_array_set_clear_func(import->translated, tw_import_clear_translated);
    import->use = tw_blob_use_begin(engine->blobs);
    ok = take_all(import, error);
    if (ok)
        tw_search_changed(import->store);
    /* what is left of it after a second failure goes with the next import */
    if (!ok && import->store != NULL)
        tw_store_delete(import->store, NULL);
    if (!ok)
        g_clear_pointer(&import->store, tw_store_unref);
    tw_blob_writer_free(import->writer);
    tw_blob_use_end(import->use);
    g_array_unref(import->batch);
    g_array_unref(import->translated);
    g_hash_table_unref(import->named);
    g_ptr_array_unref(import->order);
    g_hash_table_unref(import->folders);
    g_clear_pointer(&import->chunk, g_bytes_unref);
    g_clear_pointer(&import->numbers, g_hash_table_unref);
    g_clear_pointer(&import->def, g_bytes_unref);
    g_array_unref(import->queue);
    g_free(import->class_name);
    *ret = import->counts;
    return import->store;
}
