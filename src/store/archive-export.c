/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store into an archive: names, folders with parents first, messages, each value before the first that names it. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/archive-private.h"
#include "store/content.h"
#include "store/inline.h"
#include "store/queue-private.h"
#include "store/search-private.h"
#include "store/sync-private.h"

enum {
    SLICE_MIDS = 1000,
    VALUE_STEP = 256 << 10, /* bytes of a value in one chunk */
    TOMBS_STEP = 10000,     /* rows in one chunk */
};

typedef struct {
    TwStore *store;
    const TwArchiveOptions *options;
    TwArchiveSink sink;
    gpointer user_data;
    TwSha256 hash;
    GHashTable *written; /* digests of values, 32 bytes each, owned */
    TwStoreRow row;
    GPtrArray *folders; /* TwFolderRow */
    GHashTable *named;  /* numbers of messages that the store or a folder names, owned */
    TwArchiveCounts counts;

    /* of the reading in hand */
    guint32 id, after;
    TwMessageState state;
    TwArchiveItem item;
    GArray *list;
    guint64 floor;
} Export;

/* ---- writing ---- */

static gboolean
put(Export *export, const guint8 *data, gsize len, GError **error)
{
    tw_sha256_update(&export->hash, data, len);
    return export->sink(data, len, export->user_data, error);
}

static gboolean
put_chunk(Export *export, TwChunkKind kind, const TwBuffer *content, GError **error)
{
    guint8 header[TW_CHUNK_HEADER_LEN];

    if (tw_buffer_failed(content)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too large for an archive");
        return FALSE;
    }
    tw_archive_print_chunk(kind, content->data, content->len, header);
    return put(export, header, sizeof header, error) &&
           (content->len == 0 || put(export, content->data, content->len, error));
}

static gboolean
put_header(Export *export, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_HEADER_LEN);

    tw_buffer_put(&out, "TWIGASTO", 8);
    tw_buffer_put_u32le(&out, TW_ARCHIVE_VERSION);
    tw_buffer_put_u32le(&out, 0);
    return put(export, out.data, out.len, error);
}

static gboolean
put_store(Export *export, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    const TwStoreRow *row = &export->row;

    tw_buffer_put_u8(&out, row->kind);
    tw_buffer_put(&out, row->guid.bytes, TW_GUID_LEN);
    tw_buffer_put_u64le(&out, row->cn);
    tw_buffer_put_u64le(&out, (guint64) row->quota_warn);
    tw_buffer_put_u64le(&out, (guint64) row->quota_soft);
    tw_buffer_put_u64le(&out, (guint64) row->quota_hard);
    tw_buffer_put_u32le(&out, row->uidvalidity);
    tw_buffer_put_u64le(&out, (guint64) row->created);
    tw_buffer_put_u32le(&out, row->root);
    return put_chunk(export, TW_CHUNK_STORE, &out, error);
}

static gboolean
put_name(Export *export, const TwNamedRow *row, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
    gsize len = row->name->name != NULL ? strlen(row->name->name) : 0;

    tw_buffer_put_u16le(&out, row->id);
    tw_buffer_put(&out, row->name->set.bytes, TW_GUID_LEN);
    tw_buffer_put_u8(&out, row->name->name != NULL);
    tw_buffer_put_u32le(&out, row->name->lid);
    tw_buffer_put_u16le(&out, (guint16) len);
    tw_buffer_put(&out, row->name->name, len);
    return put_chunk(export, TW_CHUNK_NAME, &out, error);
}

static gboolean
names_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    export->list = tw_sql_named_list(tx, 0, error);
    return export->list != NULL;
}

static gboolean
put_names(Export *export, GError **error)
{
    gboolean ok = tw_db_read(export->store->engine->server, NULL, names_tx, export, error);

    for (guint i = 0; ok && i < export->list->len; i++)
        ok = put_name(export, &g_array_index(export->list, TwNamedRow, i), error);
    for (guint i = 0; export->list != NULL && i < export->list->len; i++)
        g_free(g_array_index(export->list, TwNamedRow, i).name);
    g_clear_pointer(&export->list, g_array_unref);
    return ok;
}

/* ---- values ---- */

static guint
hash_digest(gconstpointer key)
{
    guint32 word;

    memcpy(&word, key, sizeof word);
    return word;
}

static gboolean
equal_digest(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, TW_BLOB_ID_LEN) == 0;
}

static gboolean
read_piece(Export *export, const TwValueRow *row, guint64 at, TwBuffer *out, GError **error)
{
    GBytes *mail = export->item.content.mail;
    gsize len;
    const guint8 *data;

    if (row->kind != TW_VALUE_MAIL || mail == NULL)
        return tw_blob_read(export->store->engine->blobs, &row->id, at, VALUE_STEP, out, error);
    data = g_bytes_get_data(mail, &len);
    tw_buffer_put(out, data + at, MIN(len - at, VALUE_STEP));
    return TRUE;
}

static gboolean
put_value(Export *export, const TwValueRow *row, GError **error)
{
    g_auto(TwBuffer) head = TW_BUFFER_INIT(64);
    guint64 at = 0;

    if (g_hash_table_contains(export->written, row->id.bytes))
        return TRUE;
    g_hash_table_add(export->written, g_memdup2(row->id.bytes, TW_BLOB_ID_LEN));
    export->counts.values++;
    tw_buffer_put(&head, row->id.bytes, TW_BLOB_ID_LEN);
    tw_buffer_put_u64le(&head, row->len);
    if (!put_chunk(export, TW_CHUNK_VALUE, &head, error))
        return FALSE;
    while (at < row->len) {
        g_auto(TwBuffer) piece = TW_BUFFER_INIT(VALUE_STEP);
        if (!read_piece(export, row, at, &piece, error))
            return FALSE;
        if (piece.len == 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a value is too short");
            return FALSE;
        }
        at += piece.len;
        if (!put_chunk(export, TW_CHUNK_DATA, &piece, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_item(Export *export, TwChunkKind kind, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
    const GArray *values = export->item.content.values;

    for (guint i = 0; i < values->len; i++) {
        if (!put_value(export, &g_array_index(values, TwValueRow, i), error))
            return FALSE;
    }
    tw_archive_put_item(&export->item, kind, &out);
    return put_chunk(export, kind, &out, error);
}

/* ---- reading ---- */

static void
clear_key(gpointer data)
{
    g_bytes_unref(((TwArchiveKey *) data)->key);
}

/* What a consumer sent along with its last change, if one did. */
static gboolean
read_sent(Export *export, TwDbTx *tx, guint32 bid, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT16);
    TwArchiveKey key = { .kind = TW_ARCHIVE_CHANGE_KEY }, list = { .kind = TW_ARCHIVE_CHANGE_LIST };
    TwSyncSent sent;
    gsize len;
    const guint8 *data;

    if (!tw_sql_sync_sent_get(tx, export->row.store, bid, &sent, error))
        return FALSE;
    if (sent.key == NULL)
        return TRUE;
    data = g_bytes_get_data(sent.key, &len);
    tw_buffer_put_u64le(&out, sent.cn);
    tw_buffer_put(&out, data, len);
    key.key = tw_buffer_steal_bytes(&out, error);
    list.key = g_bytes_ref(sent.list);
    tw_sync_sent_clear(&sent);
    g_array_append_val(export->item.keys, list);
    if (key.key != NULL)
        g_array_append_val(export->item.keys, key);
    return key.key != NULL;
}

static gboolean
read_keys(Export *export, TwDbTx *tx, guint32 id, guint32 bid, GError **error)
{
    static const TwKeyKind kinds[] = { TW_KEY_ENTRY_ID, TW_KEY_SOURCE_KEY };

    export->item.keys = g_array_new(FALSE, FALSE, sizeof(TwArchiveKey));
    g_array_set_clear_func(export->item.keys, clear_key);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) failure = NULL;
        TwArchiveKey key = { .kind = (guint8) kinds[i] };
        key.key = tw_sql_key_of(tx, export->row.store, kinds[i], id, &failure);
        if (key.key != NULL) {
            g_array_append_val(export->item.keys, key);
        } else if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    return read_sent(export, tx, bid, error);
}

/* An archive knows no mails in rows: it is a value as any other there. */
static gboolean
read_mail(TwArchiveContent *content, TwDbTx *tx, guint32 store, guint32 bid, GError **error)
{
    g_autoptr(GBytes) row = NULL;
    TwValueRow value = { .bid = bid, .kind = TW_VALUE_MAIL };
    const guint8 *data;
    gsize len;

    if (!tw_sql_tail_mail(tx, store, bid, &row, error))
        return FALSE;
    if (row == NULL)
        return TRUE;
    content->mail = tw_inline_open(row, error);
    if (content->mail == NULL)
        return FALSE;
    data = g_bytes_get_data(content->mail, &len);
    value.len = len;
    tw_blob_name(data, len, &value.id);
    tw_part_push(&value.part, TW_PART_OWN, TW_PART_OWN_SKELETON);
    g_array_append_val(content->values, value);
    return TRUE;
}

static gboolean
read_content(Export *export, TwDbTx *tx, guint32 bid, GError **error)
{
    TwArchiveContent *content = &export->item.content;
    guint32 store = export->row.store;

    content->record = tw_content_get_record(tx, store, bid, error);
    content->values = content->record != NULL ? tw_sql_blobref_list(tx, store, bid, error) : NULL;
    return content->values != NULL && read_mail(content, tx, store, bid, error) &&
           tw_sql_tail_summary(tx, store, bid, &content->summary, error);
}

static gboolean
message_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    tw_archive_item_clear(&export->item);
    return tw_sql_msg_get(tx, export->row.store, export->id, TRUE, &export->item.row, error) &&
           read_content(export, tx, export->item.row.bid, error) &&
           read_keys(export, tx, export->id, export->item.row.bid, error);
}

/* The root, and the store itself, may have no record yet. */
static gboolean
read_props(Export *export, TwDbTx *tx, guint32 id, TwObjectKind kind, GError **error)
{
    gboolean has = TRUE;
    g_autoptr(GBytes) record = NULL;

    if (id == export->row.root || id == export->row.object) {
        record = tw_sql_tail_get(tx, export->row.store, id, NULL, NULL);
        has = record != NULL;
    }
    if (has)
        return read_content(export, tx, id, error);
    {
        g_autoptr(TwObject) empty = tw_object_new(kind);
        export->item.content.record = tw_tail_write(empty, NULL, error);
        export->item.content.values = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    }
    return export->item.content.record != NULL;
}

static gboolean
folder_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;
    g_autoptr(TwFolderRow) row = NULL;

    tw_archive_item_clear(&export->item);
    row = tw_sql_folder_get(tx, export->row.store, export->id, error);
    if (row == NULL)
        return FALSE;
    export->item.folder = *row;
    row->name = NULL;
    export->item.keywords = tw_sql_keyword_get(tx, export->row.store, export->id, error);
    return export->item.keywords != NULL && read_keys(export, tx, export->id, export->id, error) &&
           read_props(export, tx, export->id, TW_OBJECT_FOLDER, error);
}

static gboolean
props_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    tw_archive_item_clear(&export->item);
    return read_props(export, tx, export->row.object, TW_OBJECT_STORE, error);
}

static gboolean
begin_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    g_clear_pointer(&export->folders, g_ptr_array_unref);
    if (!tw_sql_store_get(tx, export->store->number, &export->row, error))
        return FALSE;
    export->folders = tw_sql_folder_all(tx, export->row.store, error);
    return export->folders != NULL;
}

static gboolean
mids_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    g_clear_pointer(&export->list, g_array_unref);
    export->list = tw_sql_msg_mids(tx, export->row.store, export->id, export->state, export->after,
                                   SLICE_MIDS, error);
    return export->list != NULL;
}

static gboolean
tombs_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Export *export = data;

    g_clear_pointer(&export->list, g_array_unref);
    export->list = g_array_new(FALSE, FALSE, sizeof(TwTomb));
    return tw_sql_floor_get(tx, export->row.store, export->id, &export->floor, error) &&
           tw_sql_tomb_list(tx, export->row.store, export->id, 0, G_MAXINT32, export->list, error);
}

/* ---- folders and messages ---- */

/* The number of a message that is named somewhere goes with it. */
static gboolean
put_named(Export *export, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(sizeof(guint32));

    if (!g_hash_table_contains(export->named, GUINT_TO_POINTER(export->id)))
        return TRUE;
    tw_buffer_put_u32le(&out, export->id);
    return put_chunk(export, TW_CHUNK_NAMED, &out, error);
}

static gboolean
put_messages(Export *export, guint32 folder, GError **error)
{
    guint got;

    export->after = 0;
    do {
        g_autoptr(GArray) mids = NULL;
        export->id = folder;
        if (!tw_store_read(export->store, mids_tx, export, error))
            return FALSE;
        mids = g_steal_pointer(&export->list);
        got = mids->len;
        for (guint i = 0; i < got; i++) {
            export->id = export->after = g_array_index(mids, guint32, i);
            if (!tw_cancel_check(export->options->cancel, tw_deadline_never(), error) ||
                !tw_store_read(export->store, message_tx, export, error) ||
                !put_item(export, TW_CHUNK_MESSAGE, error))
                return FALSE;
            if (!put_named(export, error))
                return FALSE;
            export->counts.messages++;
        }
        if (export->options->progress != NULL)
            export->options->progress(export->counts.messages, export->options->user_data);
    } while (got == SLICE_MIDS);
    return TRUE;
}

static gboolean
put_tombs(Export *export, guint32 folder, GError **error)
{
    g_autoptr(GArray) tombs = NULL;

    export->id = folder;
    if (!tw_store_read(export->store, tombs_tx, export, error))
        return FALSE;
    tombs = g_steal_pointer(&export->list);
    if (export->floor != 0) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
        tw_buffer_put_u32le(&out, folder);
        tw_buffer_put_u64le(&out, export->floor);
        if (!put_chunk(export, TW_CHUNK_FLOOR, &out, error))
            return FALSE;
    }
    for (guint i = 0; i < tombs->len;) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
        guint end = MIN(i + TOMBS_STEP, tombs->len);
        tw_buffer_put_u32le(&out, folder);
        for (; i < end; i++) {
            const TwTomb *tomb = &g_array_index(tombs, TwTomb, i);
            tw_buffer_put_u64le(&out, tomb->cn);
            tw_buffer_put_u32le(&out, tomb->uid);
        }
        if (!put_chunk(export, TW_CHUNK_TOMB, &out, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_folder(Export *export, guint32 id, GError **error)
{
    export->id = id;
    export->counts.folders++;
    if (!tw_store_read(export->store, folder_tx, export, error) ||
        !put_item(export, TW_CHUNK_FOLDER, error))
        return FALSE;
    for (TwMessageState state = TW_MESSAGE_NORMAL; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        export->state = state;
        if (!put_messages(export, id, error))
            return FALSE;
    }
    return put_tombs(export, id, error);
}

/* Children follow their parents; folders that are going for good are left out. */
static gboolean
put_folders(Export *export, GError **error)
{
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_array_append_val(order, export->row.root);
    for (guint i = 0; i < order->len && order->len <= export->folders->len; i++) {
        guint32 parent = g_array_index(order, guint32, i);
        for (guint j = 0; j < export->folders->len; j++) {
            const TwFolderRow *row = export->folders->pdata[j];
            if (row->parent == parent && row->id != parent && row->state != TW_FOLDER_PURGING)
                g_array_append_val(order, row->id);
        }
    }
    for (guint i = 0; i < order->len; i++) {
        if (!put_folder(export, g_array_index(order, guint32, i), error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_receive(Export *export, GError **error)
{
    g_autoptr(GArray) list = tw_store_list_receive_folders(export->store, error);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwReceiveFolder *one = &g_array_index(list, TwReceiveFolder, i);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
        gsize len = strlen(one->message_class);
        tw_buffer_put_u32le(&out, one->folder);
        tw_buffer_put_u16le(&out, (guint16) len);
        tw_buffer_put(&out, one->message_class, len);
        if (!put_chunk(export, TW_CHUNK_RECEIVE, &out, error))
            return FALSE;
    }
    return list != NULL;
}

/* The rows of one folder from @first on; how many they are. */
static guint
put_rights_of(Export *export, const GArray *rows, guint first, TwBuffer *out)
{
    guint32 folder = g_array_index(rows, TwPermission, first).folder;
    guint i;

    tw_buffer_put(out, tw_engine_guid(export->store->engine)->bytes, TW_GUID_LEN);
    tw_buffer_put_u32le(out, folder == export->row.object ? 0 : folder);
    for (i = first; i < rows->len && g_array_index(rows, TwPermission, i).folder == folder; i++) {
        tw_buffer_put_u32le(out, g_array_index(rows, TwPermission, i).principal);
        tw_buffer_put_u32le(out, g_array_index(rows, TwPermission, i).rights);
    }
    return i - first;
}

static gboolean
put_rights(Export *export, GError **error)
{
    g_autoptr(GArray) rows = tw_store_permissions(export->store, error);
    guint i = 0;

    while (rows != NULL && i < rows->len) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
        i += put_rights_of(export, rows, i, &out);
        if (!put_chunk(export, TW_CHUNK_RIGHTS, &out, error))
            return FALSE;
    }
    return rows != NULL;
}

typedef struct {
    Export *export;
    GArray *searches, *entries; /* TwSearchRow; TwQueueEntry */
    GPtrArray *defs;            /* GBytes, of the searches */
    GArray *rows;               /* TwMessageRow, of the entries */
} Extra;

static gboolean
extra_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Extra *extra = data;
    guint32 store = extra->export->row.store;

    g_clear_pointer(&extra->searches, g_array_unref);
    g_clear_pointer(&extra->entries, g_array_unref);
    g_ptr_array_set_size(extra->defs, 0);
    g_array_set_size(extra->rows, 0);
    extra->searches = tw_sql_search_list(tx, store, error);
    extra->entries = extra->searches != NULL ? tw_sql_queue_list(tx, store, error) : NULL;
    if (extra->entries == NULL)
        return FALSE;
    for (guint i = 0; i < extra->searches->len; i++) {
        GBytes *def = tw_sql_search_get_def(
            tx, store, g_array_index(extra->searches, TwSearchRow, i).id, error);
        if (def == NULL)
            return FALSE;
        g_ptr_array_add(extra->defs, def);
    }
    for (guint i = 0; i < extra->entries->len; i++) {
        TwMessageRow row;
        if (!tw_sql_msg_get(tx, store, g_array_index(extra->entries, TwQueueEntry, i).mid, FALSE,
                            &row, error))
            return FALSE;
        g_array_append_val(extra->rows, row);
    }
    return TRUE;
}

static gboolean
put_search(Export *export, const TwSearchRow *row, GBytes *def, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);
    gboolean on = row->state == TW_SEARCH_BEGUN || row->state == TW_SEARCH_FILLING ||
                  row->state == TW_SEARCH_LIVE;
    gsize len;
    const void *data = g_bytes_get_data(def, &len);

    tw_buffer_put_u32le(&out, row->id);
    tw_buffer_put_u8(&out, on ? 0 : 1);
    tw_buffer_put(&out, data, len);
    return put_chunk(export, TW_CHUNK_SEARCH, &out, error);
}

static gboolean
put_queued(Export *export, const TwQueueEntry *entry, const TwMessageRow *row, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ARCHIVE_MAX_CHUNK);

    tw_buffer_put_u32le(&out, row->folder);
    tw_buffer_put_u32le(&out, row->uid);
    tw_buffer_put_u32le(&out, entry->flags);
    tw_buffer_put_u8(&out, (guint8) entry->state);
    tw_buffer_put_u32le(&out, entry->tries);
    tw_buffer_put_u64le(&out, (guint64) entry->due_us);
    tw_buffer_put_u64le(&out, (guint64) entry->submitted_us);
    return put_chunk(export, TW_CHUNK_QUEUE, &out, error);
}

static void
free_bytes(gpointer data)
{
    g_bytes_unref(data);
}

/* Folders that are going for good are not in the archive, and what is about them neither. */
static gboolean
is_exported(const Export *export, guint32 id)
{
    for (guint i = 0; i < export->folders->len; i++) {
        const TwFolderRow *row = export->folders->pdata[i];
        if (row->id == id)
            return row->state != TW_FOLDER_PURGING;
    }
    return FALSE;
}

static gboolean
put_extra(Export *export, GError **error)
{
    Extra extra = { .export = export };
    gboolean ok;

    extra.defs = g_ptr_array_new_with_free_func(free_bytes);
    extra.rows = g_array_new(FALSE, FALSE, sizeof(TwMessageRow));
    ok = tw_store_read(export->store, extra_tx, &extra, error);
    for (guint i = 0; ok && i < extra.searches->len; i++) {
        const TwSearchRow *row = &g_array_index(extra.searches, TwSearchRow, i);
        ok = !is_exported(export, row->id) || put_search(export, row, extra.defs->pdata[i], error);
    }
    for (guint i = 0; ok && i < extra.entries->len; i++) {
        const TwMessageRow *row = &g_array_index(extra.rows, TwMessageRow, i);
        ok = !is_exported(export, row->folder) ||
             put_queued(export, &g_array_index(extra.entries, TwQueueEntry, i), row, error);
    }
    g_clear_pointer(&extra.searches, g_array_unref);
    g_clear_pointer(&extra.entries, g_array_unref);
    g_ptr_array_unref(extra.defs);
    g_array_unref(extra.rows);
    return ok;
}

static gboolean
put_end(Export *export, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_CHUNK_END_LEN);
    guint8 digest[TW_SHA256_LEN];

    tw_sha256_finish(&export->hash, digest);
    tw_buffer_put_u64le(&out, export->counts.folders);
    tw_buffer_put_u64le(&out, export->counts.messages);
    tw_buffer_put_u64le(&out, export->counts.values);
    tw_buffer_put(&out, digest, sizeof digest);
    return put_chunk(export, TW_CHUNK_END, &out, error);
}

static gboolean
is_unchanged(Export *export, GError **error)
{
    TwStoreInfo info;

    if (!tw_store_get_info(export->store, &info, error))
        return FALSE;
    if (info.cn == export->row.cn)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED,
                        "the store was changed while it was exported");
    return FALSE;
}

static gboolean
find_named_in(Export *export, guint32 id, GError **error)
{
    g_autoptr(TwObject) object = tw_folder_read_object(export->store, id, error);

    return object != NULL &&
           tw_archive_list_messages(export->store, object, &export->row.guid, export->named, error);
}

/* Which messages the store, its folders and their rules name. */
static gboolean
find_named(Export *export, GError **error)
{
    if (!find_named_in(export, export->row.object, error))
        return FALSE;
    for (guint i = 0; i < export->folders->len; i++) {
        const TwFolderRow *row = export->folders->pdata[i];
        if (row->state != TW_FOLDER_PURGING && !find_named_in(export, row->id, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
put_all(Export *export, GError **error)
{
    return tw_store_read(export->store, begin_tx, export, error) && find_named(export, error) &&
           put_header(export, error) && put_store(export, error) && put_names(export, error) &&
           tw_store_read(export->store, props_tx, export, error) &&
           put_item(export, TW_CHUNK_PROPS, error) && put_folders(export, error) &&
           put_receive(export, error) && put_rights(export, error) && put_extra(export, error) &&
           is_unchanged(export, error) && put_end(export, error);
}

gboolean
tw_archive_export(TwStore *store,
                  const TwArchiveOptions *options,
                  TwArchiveSink sink,
                  gpointer user_data,
                  TwArchiveCounts *ret,
                  GError **error)
{
    Export export = { .store = store, .options = options, .sink = sink, .user_data = user_data };
    gboolean ok;

    export.written = g_hash_table_new_full(hash_digest, equal_digest, g_free, NULL);
    export.named = g_hash_table_new(NULL, NULL);
    tw_sha256_init(&export.hash);
    ok = put_all(&export, error);
    tw_archive_item_clear(&export.item);
    g_clear_pointer(&export.list, g_array_unref);
    g_clear_pointer(&export.folders, g_ptr_array_unref);
    g_hash_table_unref(export.written);
    g_hash_table_unref(export.named);
    *ret = export.counts;
    return ok;
}
