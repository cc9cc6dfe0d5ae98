/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a consumer changed while it was away, brought in. The change keys say which of two versions was made from the other; when
 * neither was, the later one wins, and the other is given back so that nothing is lost. Importing twice does nothing twice.
 */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/sync-private.h"

enum {
    MAX_TRIES = 8 /* against others who save the same message meanwhile */
};

void
tw_sync_imported_clear(TwSyncImported *imported)
{
    g_clear_pointer(&imported->loser, tw_object_free);
}

/* ---- comparing ---- */

typedef struct {
    TwXid key;
    TwChangeList *list; /* owned */
} Version;

static void
version_clear(Version *version)
{
    g_clear_pointer(&version->list, tw_change_list_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Version, version_clear)

static gboolean
parse_version(GBytes *key, GBytes *list, Version *ret, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(key, &len);

    if (!tw_xid_parse(data, len, &ret->key, error))
        return FALSE;
    data = g_bytes_get_data(list, &len);
    ret->list = tw_change_list_parse(data, len, error);
    return ret->list != NULL;
}

static gboolean
version_of(const TwObject *object, Version *ret, GError **error)
{
    TwSyncSent sent;
    gboolean ok;

    if (!tw_sync_take_sent(object, TRUE, &sent, error))
        return FALSE;
    if (sent.key == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "an import without a change key");
        return FALSE;
    }
    ok = parse_version(sent.key, sent.list, ret, error);
    tw_sync_sent_clear(&sent);
    return ok;
}

gboolean
tw_sync_compare(const TwSyncKeys *stored,
                const TwObject *object,
                TwChangeOrder *ret,
                GError **error)
{
    g_auto(Version) ours = { 0 };
    g_auto(Version) theirs = { 0 };

    if (!parse_version(stored->change_key, stored->change_list, &ours, error) ||
        !version_of(object, &theirs, error))
        return FALSE;
    *ret = tw_change_list_compare(theirs.list, &theirs.key, ours.list, &ours.key);
    return TRUE;
}

static gint64
modified_at(const TwObject *object)
{
    TwPropValue value;

    return tw_object_get(object, PR_LAST_MODIFICATION_TIME, &value) ? value.i8 : 0;
}

/* By time; of one time by replica, so that all who compare come to the same end. */
static gboolean
wins(const TwObject *theirs, const Version *their, const TwObject *ours, const Version *our)
{
    gint64 a = modified_at(theirs), b = modified_at(ours);

    return a != b ? a > b
                  : memcmp(their->key.replica.bytes, our->key.replica.bytes, TW_GUID_LEN) > 0;
}

/* ---- one message ---- */

typedef struct {
    TwStore *store;
    const TwSyncImport *import;
    TwObject *object;
    TwSyncImported *ret;
    guint32 mid; /* 0: it is new */
} Import;

typedef struct {
    TwStore *store;
    GBytes *key;
    guint32 id;
} Buried;

static gboolean
buried_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Buried *buried = data;

    return tw_sql_sync_gone_find(tx, buried->store->number, TW_KEY_SOURCE_KEY, buried->key,
                                 &buried->id, error);
}

/* Whose key it is: a message that is there, one that was deleted, or nobody's. */
static gboolean
find(Import *import, gboolean *ret_deleted, GError **error)
{
    g_autoptr(GError) failure = NULL;
    Buried buried = { import->store, import->import->source_key, 0 };

    *ret_deleted = FALSE;
    import->mid = 0;
    if (tw_sync_find(import->store, import->import->source_key, &import->mid, &failure))
        return TRUE;
    if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!tw_store_read(import->store, buried_tx, &buried, error))
        return FALSE;
    *ret_deleted = buried.id != 0;
    return TRUE;
}

static gboolean
create(Import *import, GError **error)
{
    TwMessageMake make = {
        .associated = import->import->associated,
        .flags_context = TW_FLAGS_SYNC,
        .entry_id = import->import->entry_id,
        .source_key = import->import->source_key,
    };
    TwMessageMade made;

    if (!tw_message_create(import->store, import->import->folder, import->object, &make, &made,
                           error))
        return FALSE;
    import->ret->outcome = TW_SYNC_IMPORTED;
    import->ret->mid = made.mid;
    import->ret->cn = made.cn;
    return TRUE;
}

static gboolean
save(Import *import, const TwMessageRow *row, TwSyncOutcome outcome, GError **error)
{
    if (!tw_message_save(import->store, row->mid, row->cn, import->object, TW_FLAGS_SYNC,
                         &import->ret->cn, error))
        return FALSE;
    import->ret->outcome = outcome;
    return TRUE;
}

typedef struct {
    TwStore *store;
    const TwMessageRow *row;
    TwSyncSent sent;
} Merge;

static gboolean
merge_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Merge *merge = data;
    TwMessageRow now;

    if (!tw_sql_msg_get(tx, merge->store->number, merge->row->mid, FALSE, &now, error))
        return FALSE;
    if (now.cn != merge->row->cn) {
        g_set_error(error, TW_ERROR, TW_ERROR_CHANGED, "message %u was saved by another", now.mid);
        return FALSE;
    }
    return tw_sql_sync_sent_set(tx, merge->store->number, now.bid, &merge->sent, error);
}

/* The stored one stays, and knows of the other. */
static gboolean
keep_ours(
    Import *import, const TwMessageRow *row, const TwSyncKeys *keys, GBytes *list, GError **error)
{
    Merge merge = { import->store, row, { row->cn, keys->change_key, list } };

    if (!tw_store_write(import->store, 0, FALSE, merge_tx, &merge, error))
        return FALSE;
    import->ret->outcome = TW_SYNC_CONFLICT_OURS;
    import->ret->cn = row->cn;
    import->ret->loser = tw_object_copy(import->object);
    return TRUE;
}

static gboolean
set_list(TwObject *object, GBytes *list, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(list, &len);
    TwPropValue value = tw_value_bytes(PR_PREDECESSOR_CHANGE_LIST, data, len);

    return tw_object_set(object, &value, error);
}

static gboolean
resolve(Import *import,
        const TwMessageRow *row,
        TwObject *stored,
        const TwSyncKeys *keys,
        GError **error)
{
    g_auto(Version) ours = { 0 };
    g_auto(Version) theirs = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT16);
    g_autoptr(GBytes) list = NULL;

    if (import->import->fail_on_conflict) {
        g_set_error(error, TW_ERROR, TW_ERROR_CHANGED, "message %u: both sides changed it",
                    row->mid);
        return FALSE;
    }
    if (!parse_version(keys->change_key, keys->change_list, &ours, error) ||
        !version_of(import->object, &theirs, error) ||
        !tw_change_list_merge(theirs.list, ours.list, error))
        return FALSE;
    tw_change_list_write(theirs.list, &out);
    list = tw_buffer_steal_bytes(&out, error);
    if (list == NULL)
        return FALSE;
    if (!wins(import->object, &theirs, stored, &ours))
        return keep_ours(import, row, keys, list, error);
    if (!set_list(import->object, list, error) ||
        !save(import, row, TW_SYNC_CONFLICT_THEIRS, error))
        return FALSE;
    import->ret->loser = tw_object_copy(stored);
    return TRUE;
}

static gboolean
bring_in(Import *import, const TwMessageRow *row, TwObject *stored, GError **error)
{
    g_auto(TwSyncKeys) keys = { 0 };
    TwChangeOrder order;

    import->ret->mid = row->mid;
    import->ret->cn = row->cn;
    if (!tw_sync_message_keys(import->store, row, &keys, error) ||
        !tw_sync_compare(&keys, import->object, &order, error))
        return FALSE;
    switch (order) {
    case TW_CHANGE_NEWER:
        return save(import, row, TW_SYNC_IMPORTED, error);
    case TW_CHANGE_CONFLICT:
        return resolve(import, row, stored, &keys, error);
    case TW_CHANGE_SAME:
    case TW_CHANGE_OLDER:
        break;
    }
    import->ret->outcome = TW_SYNC_IGNORED;
    return TRUE;
}

static gboolean
import_once(Import *import, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) stored = NULL;
    g_autoptr(GError) failure = NULL;
    gboolean deleted;

    if (!find(import, &deleted, error))
        return FALSE;
    if (import->mid == 0 && !deleted)
        return create(import, error);
    if (import->mid != 0)
        stored = tw_message_read(import->store, import->mid, &row, &failure);
    if (stored != NULL && row.folder == import->import->folder && row.state < TW_MESSAGE_DELETED)
        return bring_in(import, &row, stored, error);
    if (failure != NULL && !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    import->ret->outcome = TW_SYNC_DELETED_HERE;
    return TRUE;
}

gboolean
tw_sync_import_message(TwStore *store,
                       const TwSyncImport *import,
                       TwObject *object,
                       TwSyncImported *ret,
                       GError **error)
{
    Import run = { store, import, object, ret, 0 };
    g_autoptr(TwFolderRow) folder = NULL;
    g_auto(Version) version = { 0 };

    *ret = (TwSyncImported){ 0 };
    folder = tw_folder_get(store, import->folder, error);
    if (folder == NULL || !version_of(object, &version, error))
        return FALSE;
    if (folder->state != TW_FOLDER_LIVE) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    for (guint try = 0;; try++) {
        g_autoptr(GError) failure = NULL;
        if (import_once(&run, &failure))
            return TRUE;
        if (import->fail_on_conflict || try == MAX_TRIES ||
            !g_error_matches(failure, TW_ERROR, TW_ERROR_CHANGED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
}
