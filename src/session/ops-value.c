/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Large values on their way in. Each belongs to the session that began it and goes to its blob as it comes; it holds a use of
 * the volume, which keeps the collector from it until a message has it. One that nobody writes to for the time of a session
 * goes (tw_local_expire()), because a use that does not end makes the collector wait.
 */
#include "base/error.h"
#include "session/ops-private.h"

typedef struct {
    gint refs;
    TwGuid store;
    TwStore *handle; /* a reference */
    guint64 most;    /* bytes of it */
    GMutex busy;     /* guards what follows; held while bytes are written, by design */
    TwBlobUse *use;
    TwBlobWriter *writer; /* NULL: finished, or it failed */
    gboolean finished;
    guint64 len;
    TwBlobRef ref;
    gint64 used_us; /* guarded by the lock of the session */
} TwLocalValue;

static void
unref_value(gpointer data)
{
    TwLocalValue *value = data;

    if (!g_atomic_int_dec_and_test(&value->refs))
        return;
    tw_blob_writer_free(value->writer);
    tw_blob_use_end(value->use);
    tw_store_unref(value->handle);
    g_mutex_clear(&value->busy);
    g_free(value);
}

GHashTable *
tw_local_value_list_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, unref_value);
}

GPtrArray *
tw_local_held_values(void)
{
    return g_ptr_array_new_with_free_func(unref_value);
}

static TwLocalValue *
find_value(TwLocalCall *call, guint32 number, GError **error)
{
    gint64 now = tw_local_now(call->local);
    TwLocalValue *value;
    TW_LOCK_SCOPE(&call->session->lock);

    value = g_hash_table_lookup(call->session->values, GUINT_TO_POINTER(number));
    if (value == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such value");
        return NULL;
    }
    value->used_us = now;
    g_atomic_int_inc(&value->refs);
    return value;
}

static gboolean
drop_value(TwLocalSession *session, guint32 number)
{
    gpointer value = NULL;

    tw_lock(&session->lock);
    g_hash_table_steal_extended(session->values, GUINT_TO_POINTER(number), NULL, &value);
    tw_unlock(&session->lock);
    if (value != NULL)
        unref_value(value);
    return value != NULL;
}

void
tw_local_values_expire(TwLocalSession *session, gint64 before_us)
{
    g_autoptr(GPtrArray) gone = tw_local_held_values();
    GHashTableIter iter;
    gpointer value;

    tw_lock(&session->lock);
    g_hash_table_iter_init(&iter, session->values);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((TwLocalValue *) value)->used_us > before_us)
            continue;
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(gone, value); /* ended without the lock */
    }
    tw_unlock(&session->lock);
}

/* ---- in pieces ---- */

static gboolean
keep_value(TwLocalSession *session, TwLocalValue *value, guint32 *ret)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended || g_hash_table_size(session->values) >= TW_SESSION_MOST_VALUES)
        return FALSE;
    *ret = ++session->last_value;
    g_hash_table_insert(session->values, GUINT_TO_POINTER(*ret), value);
    return TRUE;
}

gboolean
tw_local_value_begin(TwLocalCall *call, TwValueBeginArgs *args, GError **error)
{
    TwLocalValue *value = g_new0(TwLocalValue, 1);

    value->refs = 1;
    value->store = call->access->place.guid;
    value->handle = tw_store_ref(call->store);
    value->most = tw_engine_limits(call->local->config.engine)->mail_len;
    value->used_us = tw_local_now(call->local);
    g_mutex_init(&value->busy);
    value->use = tw_store_begin_values(call->store);
    value->writer = tw_store_write_value(call->store, value->use);
    if (keep_value(call->session, value, &args->value))
        return TRUE;
    unref_value(value);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many values on their way");
    return FALSE;
}

static gboolean
write_bytes(TwLocalValue *value, GBytes *bytes, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    if (value->writer == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "the value is finished");
        return FALSE;
    }
    if (len > TW_SESSION_MOST_BYTES || len > value->most - value->len) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many bytes");
        return FALSE;
    }
    value->len += len;
    return tw_blob_writer_put(value->writer, data, len, error);
}

gboolean
tw_local_value_write(TwLocalCall *call, TwValueWriteArgs *args, GError **error)
{
    TwLocalValue *value;
    gboolean ok;

    if (!tw_local_given(args->bytes, "bytes", error))
        return FALSE;
    value = find_value(call, args->value, error);
    if (value == NULL)
        return FALSE;
    g_mutex_lock(&value->busy);
    ok = write_bytes(value, args->bytes, error);
    g_mutex_unlock(&value->busy);
    if (!ok)
        drop_value(call->session, args->value);
    unref_value(value);
    return ok;
}

static gboolean
finish(TwLocalValue *value, GError **error)
{
    TwBlobRef ref = { .known = TRUE };

    if (value->finished)
        return TRUE;
    if (!tw_blob_writer_finish(value->writer, &ref.id, &ref.len, error))
        return FALSE;
    g_clear_pointer(&value->writer, tw_blob_writer_free);
    value->ref = ref;
    value->finished = TRUE;
    return TRUE;
}

gboolean
tw_local_value_finish(TwLocalCall *call, TwValueFinishArgs *args, GError **error)
{
    TwLocalValue *value = find_value(call, args->value, error);
    gboolean ok;

    if (value == NULL)
        return FALSE;
    g_mutex_lock(&value->busy);
    ok = finish(value, error);
    args->len = value->len;
    g_mutex_unlock(&value->busy);
    if (!ok)
        drop_value(call->session, args->value);
    unref_value(value);
    return ok;
}

gboolean
tw_local_value_drop(TwLocalCall *call, TwValueDropArgs *args, GError **error)
{
    if (drop_value(call->session, args->value))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such value");
    return FALSE;
}

/* ---- into messages ---- */

static gboolean
bad_use(const char *why, GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
put_value(const TwValueUse *use, TwLocalValue *value, TwObject *object, GError **error)
{
    const guint8 *path;
    TwObject *node;
    TwPropValue none = tw_value_bytes(use->tag, (const guint8 *) "", 0);
    TwBlobRef ref;
    gboolean finished;
    gsize len;
    guint id;

    if (!tw_local_given(use->path, "a path", error))
        return FALSE;
    path = g_bytes_get_data(use->path, &len);
    node = tw_object_locate(object, path, len, &id);
    if (node == NULL || id != use->tag >> 16 || tw_prop_tag_type(use->tag) != TW_PT_BINARY)
        return bad_use("a value has no place in the message", error);
    g_mutex_lock(&value->busy);
    finished = value->finished;
    ref = value->ref;
    g_mutex_unlock(&value->busy);
    if (!finished)
        return bad_use("a value is not finished", error);
    return ref.len == 0 ? tw_object_set(node, &none, error)
                        : tw_object_set_blob(node, use->tag, &ref, error);
}

gboolean
tw_local_use_values(
    TwLocalCall *call, const TwValueUses *values, TwObject *object, GPtrArray *held, GError **error)
{
    for (guint i = 0; i < values->count; i++) {
        TwLocalValue *value = find_value(call, values->items[i].value, error);
        if (value == NULL)
            return FALSE;
        g_ptr_array_add(held, value);
        if (!tw_guid_equal(&value->store, &call->access->place.guid))
            return bad_use("a value was written for another store", error);
        if (!put_value(&values->items[i], value, object, error))
            return FALSE;
    }
    return TRUE;
}

void
tw_local_used_values(TwLocalCall *call, const TwValueUses *values)
{
    for (guint i = 0; i < values->count; i++)
        drop_value(call->session, values->items[i].value);
}
