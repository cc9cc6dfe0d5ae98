/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keys of objects. A source key is made by a client and looked up, or by the server and says its number. A change key is
 * the store's GUID with the number of the last change; when a consumer saved an object with a change key of its own, that
 * one counts until the next change, and what it said of earlier changes stays in the list for good.
 */
#include "base/error.h"
#include "mapi/tags.h"
#include "store/sync-private.h"

enum {
    MAX_KEY = 24 /* bytes of an XID */
};

void
tw_sync_keys_clear(TwSyncKeys *keys)
{
    g_clear_pointer(&keys->source_key, g_bytes_unref);
    g_clear_pointer(&keys->parent_source_key, g_bytes_unref);
    g_clear_pointer(&keys->change_key, g_bytes_unref);
    g_clear_pointer(&keys->change_list, g_bytes_unref);
}

void
tw_sync_sent_clear(TwSyncSent *sent)
{
    g_clear_pointer(&sent->key, g_bytes_unref);
    g_clear_pointer(&sent->list, g_bytes_unref);
}

static GBytes *
xid_bytes(const TwXid *xid)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(MAX_KEY);

    tw_xid_write(xid, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

static GBytes *
list_bytes(const TwChangeList *list)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT16);

    tw_change_list_write(list, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

GBytes *
tw_sync_server_key(const TwStore *store, guint32 id)
{
    TwXid xid = tw_source_key_make(&store->engine->guid, id);

    return xid_bytes(&xid);
}

/* ---- what clients send ---- */

static gboolean
read_key(const TwPropValue *value, TwXid *ret, GError **error)
{
    if (tw_xid_parse(value->data, value->len, ret, error))
        return TRUE;
    g_prefix_error(error, "PR_CHANGE_KEY: ");
    return FALSE;
}

gboolean
tw_sync_take_sent(const TwObject *object, gboolean sync, TwSyncSent *ret, GError **error)
{
    g_autoptr(TwChangeList) list = NULL;
    TwPropValue value;
    TwXid key;

    *ret = (TwSyncSent){ 0 };
    if (!sync || !tw_object_get(object, PR_CHANGE_KEY, &value))
        return TRUE;
    if (!read_key(&value, &key, error))
        return FALSE;
    if (tw_object_get(object, PR_PREDECESSOR_CHANGE_LIST, &value))
        list = tw_change_list_parse(value.data, value.len, error);
    else
        list = tw_change_list_new();
    if (list == NULL || !tw_change_list_add(list, &key, error)) {
        g_prefix_error(error, "PR_PREDECESSOR_CHANGE_LIST: ");
        return FALSE;
    }
    ret->key = xid_bytes(&key);
    ret->list = list_bytes(list);
    return TRUE;
}

gboolean
tw_sync_keep_sent(TwWork *work, guint32 bid, guint64 cn, const TwSyncSent *sent, GError **error)
{
    TwSyncSent row = { cn, sent->key, sent->list };

    return sent->key == NULL || tw_sql_sync_sent_set(work->tx, work->row.store, bid, &row, error);
}

/* ---- what is read ---- */

/* A list that cannot take one more begins anew: the object is everyone's conflict then, and no save fails for it. */
static GBytes *
list_with(GBytes *before, const TwXid *own, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(before, &len);
    g_autoptr(TwChangeList) list = tw_change_list_parse(data, len, error);

    if (list == NULL)
        return NULL;
    if (!tw_change_list_add(list, own, NULL)) {
        tw_change_list_free(list);
        list = tw_change_list_new();
        if (!tw_change_list_add(list, own, error))
            return NULL;
    }
    return list_bytes(list);
}

static gboolean
fill_change(
    const TwStore *store, guint64 cn, const TwSyncSent *sent, TwSyncKeys *ret, GError **error)
{
    TwXid own = tw_change_key_make(&store->guid, (guint32) cn);

    if (sent->key != NULL && sent->cn == cn) {
        ret->change_key = g_bytes_ref(sent->key);
        ret->change_list = g_bytes_ref(sent->list);
        return TRUE;
    }
    ret->change_key = xid_bytes(&own);
    if (sent->key != NULL) {
        ret->change_list = list_with(sent->list, &own, error);
    } else {
        g_autoptr(TwChangeList) list = tw_change_list_new();
        if (tw_change_list_add(list, &own, error))
            ret->change_list = list_bytes(list);
    }
    return ret->change_list != NULL;
}

gboolean
tw_sync_version(TwDbTx *tx,
                const TwStore *store,
                guint32 bid,
                guint64 cn,
                GBytes **ret_key,
                GBytes **ret_list,
                GError **error)
{
    g_auto(TwSyncKeys) keys = { 0 };
    TwSyncSent sent;
    gboolean ok;

    if (!tw_sql_sync_sent_get(tx, store->number, bid, &sent, error))
        return FALSE;
    ok = fill_change(store, cn, &sent, &keys, error);
    tw_sync_sent_clear(&sent);
    if (!ok)
        return FALSE;
    *ret_key = g_steal_pointer(&keys.change_key);
    *ret_list = g_steal_pointer(&keys.change_list);
    return TRUE;
}

typedef struct {
    TwStore *store;
    guint32 id, bid, parent; /* parent 0: it is the root */
    guint64 cn;
    TwSyncKeys keys;
} Keys;

static GBytes *
source_key(TwDbTx *tx, const TwStore *store, guint32 id, GError **error)
{
    g_autoptr(GError) failure = NULL;
    GBytes *key = tw_sql_sync_source_key(tx, store->number, id, &failure);

    if (failure == NULL)
        return key != NULL ? key : tw_sync_server_key(store, id);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

static gboolean
keys_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Keys *keys = data;
    TwSyncSent sent;
    gboolean ok;

    tw_sync_keys_clear(&keys->keys);
    keys->keys.source_key = source_key(tx, keys->store, keys->id, error);
    if (keys->keys.source_key == NULL)
        return FALSE;
    if (keys->parent != 0) {
        keys->keys.parent_source_key = source_key(tx, keys->store, keys->parent, error);
        if (keys->keys.parent_source_key == NULL)
            return FALSE;
    }
    if (!tw_sql_sync_sent_get(tx, keys->store->number, keys->bid, &sent, error))
        return FALSE;
    ok = fill_change(keys->store, keys->cn, &sent, &keys->keys, error);
    tw_sync_sent_clear(&sent);
    return ok;
}

static gboolean
read_keys(Keys *keys, TwSyncKeys *ret, GError **error)
{
    if (tw_store_read(keys->store, keys_tx, keys, error)) {
        *ret = keys->keys;
        return TRUE;
    }
    tw_sync_keys_clear(&keys->keys);
    return FALSE;
}

gboolean
tw_sync_message_keys(TwStore *store, const TwMessageRow *row, TwSyncKeys *ret, GError **error)
{
    Keys keys = { store, row->mid, row->bid, row->folder, row->cn, { 0 } };

    return read_keys(&keys, ret, error);
}

gboolean
tw_sync_folder_keys(TwStore *store, const TwFolderRow *row, TwSyncKeys *ret, GError **error)
{
    Keys keys = { store, row->id, row->id, row->parent, row->cn, { 0 } };

    if (row->parent == row->id)
        keys.parent = 0;
    return read_keys(&keys, ret, error);
}

/* ---- one key ---- */

typedef struct {
    TwStore *store;
    TwKeyKind kind;
    guint32 id;
    GBytes *key;
} One;

static gboolean
source_tx(TwDbTx *tx, gpointer data, GError **error)
{
    One *one = data;

    g_clear_pointer(&one->key, g_bytes_unref);
    one->key = source_key(tx, one->store, one->id, error);
    return one->key != NULL;
}

GBytes *
tw_sync_source_key(TwStore *store, guint32 id, GError **error)
{
    One one = { .store = store, .id = id };

    return tw_store_read(store, source_tx, &one, error) ? one.key : NULL;
}

static gboolean
gone_tx(TwDbTx *tx, gpointer data, GError **error)
{
    One *one = data;
    g_autoptr(GError) failure = NULL;

    g_clear_pointer(&one->key, g_bytes_unref);
    one->key = tw_sql_sync_gone_key(tx, one->store->number, one->kind, one->id, &failure);
    if (one->key != NULL)
        return TRUE;
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "store %u: no key of %u, which is gone",
                    one->store->number, one->id);
    return FALSE;
}

GBytes *
tw_sync_gone_key(TwStore *store, TwKeyKind kind, guint32 id, GError **error)
{
    One one = { .store = store, .kind = kind, .id = id };

    return tw_store_read(store, gone_tx, &one, error) ? one.key : NULL;
}

/* The number in a source key of ours: little-endian as we make them, old ones with two more zeros. */
static gboolean
is_server_key(const TwStore *store, GBytes *key, guint32 *ret_id)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(key, &len);
    guint64 number = 0;
    TwXid xid;

    if (!tw_xid_parse(data, len, &xid, NULL) || (xid.counter_len != 6 && xid.counter_len != 8) ||
        !tw_guid_equal(&xid.replica, &store->engine->guid))
        return FALSE;
    for (guint i = xid.counter_len; i > 0; i--)
        number = number << 8 | xid.counter[i - 1];
    *ret_id = (guint32) number;
    return number != 0 && number <= G_MAXUINT32;
}

gboolean
tw_sync_find(TwStore *store, GBytes *key, guint32 *ret_id, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (tw_store_find_key(store, TW_KEY_SOURCE_KEY, key, ret_id, &failure))
        return TRUE;
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) && is_server_key(store, key, ret_id))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
