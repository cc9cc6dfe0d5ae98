/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The stream of changes. A subscriber has a bounded array; the writer threads put into it, in commit order, and the
 * subscriber takes all at once. When it is full nothing is dropped from the front: the subscriber is marked as behind and gets
 * nothing more until it has been told.
 */
#include "base/error.h"
#include "store/folder-index-private.h"

struct TwSubscription {
    TwEngine *engine;
    gint refs;
    TwSubscriptionWants wants;
    TwSubscriptionWake wake;
    gpointer data;
    TwLock lock; /* guards all below */
    GCond idle;
    GArray *queue; /* TwChange */
    gboolean behind, ended;
    guint calling; /* calls of wants and wake under way */
};

static TwSubscription *
subscription_ref(TwSubscription *self)
{
    g_atomic_int_inc(&self->refs);
    return self;
}

static void
subscription_unref(TwSubscription *self)
{
    if (!g_atomic_int_dec_and_test(&self->refs))
        return;
    g_array_unref(self->queue);
    g_cond_clear(&self->idle);
    tw_lock_clear(&self->lock);
    g_free(self);
}

TwSubscription *
tw_engine_subscribe(TwEngine *engine,
                    TwSubscriptionWants wants,
                    TwSubscriptionWake wake,
                    gpointer data)
{
    TwSubscription *self = g_new0(TwSubscription, 1);

    self->engine = engine;
    self->refs = 2; /* the caller's and the list's */
    self->wants = wants;
    self->wake = wake;
    self->data = data;
    tw_lock_init(&self->lock);
    g_cond_init(&self->idle);
    self->queue = g_array_new(FALSE, FALSE, sizeof(TwChange));
    tw_lock(&engine->subscribers_lock);
    g_ptr_array_add(engine->subscribers, self);
    tw_unlock(&engine->subscribers_lock);
    return self;
}

/* From here until end_call() the subscriber is there. */
static gboolean
begin_call(TwSubscription *self)
{
    TW_LOCK_SCOPE(&self->lock);

    if (self->ended || self->behind)
        return FALSE;
    self->calling++;
    return TRUE;
}

static void
end_call(TwSubscription *self)
{
    TW_LOCK_SCOPE(&self->lock);

    if (--self->calling == 0 && self->ended)
        g_cond_broadcast(&self->idle);
}

/* What is published at once is of one store, nearly always. */
static gboolean
wants_any(const TwSubscription *self, const TwChange *changes, guint count)
{
    for (guint i = 0; self->wants != NULL && i < count; i++) {
        if ((i == 0 || changes[i].store != changes[i - 1].store) &&
            self->wants(changes[i].store, self->data))
            return TRUE;
    }
    return self->wants == NULL;
}

/* Whether the subscriber is to be woken. */
static gboolean
append(TwSubscription *self, const TwChange *changes, guint count)
{
    guint most = self->engine->config.limits.stream_events;
    TW_LOCK_SCOPE(&self->lock);
    gboolean call = self->queue->len == 0 && self->wake != NULL;

    if (self->ended || self->behind)
        return FALSE;
    if (count <= most && self->queue->len <= most - count)
        g_array_append_vals(self->queue, changes, count);
    else
        self->behind = TRUE;
    return call;
}

static void
push(TwSubscription *self, const TwChange *changes, guint count)
{
    if (!begin_call(self))
        return;
    if (wants_any(self, changes, count) && append(self, changes, count))
        self->wake(self->data);
    end_call(self);
}

void
tw_changes_publish(TwEngine *engine, const TwChange *changes, guint count)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify) subscription_unref);

    if (count == 0)
        return;
    tw_permissions_note(engine, changes, count);
    tw_index_cache_note(engine->indices, changes, count);
    tw_lock(&engine->subscribers_lock);
    for (guint i = 0; i < engine->subscribers->len; i++)
        g_ptr_array_add(all, subscription_ref(engine->subscribers->pdata[i]));
    tw_unlock(&engine->subscribers_lock);
    for (guint i = 0; i < all->len; i++)
        push(all->pdata[i], changes, count);
}

void
tw_subscription_pull(TwSubscription *subscription, GArray *out, gboolean *ret_behind)
{
    TW_LOCK_SCOPE(&subscription->lock);

    g_array_append_vals(out, subscription->queue->data, subscription->queue->len);
    g_array_set_size(subscription->queue, 0);
    *ret_behind = subscription->behind;
    subscription->behind = FALSE;
}

void
tw_subscription_end(TwSubscription *subscription)
{
    if (subscription == NULL)
        return;
    tw_lock(&subscription->engine->subscribers_lock);
    g_ptr_array_remove(subscription->engine->subscribers, subscription);
    tw_unlock(&subscription->engine->subscribers_lock);
    subscription_unref(subscription); /* the list's */
    tw_lock(&subscription->lock);
    subscription->ended = TRUE;
    while (subscription->calling > 0)
        tw_lock_wait(&subscription->lock, &subscription->idle, G_MAXINT64);
    tw_unlock(&subscription->lock);
    subscription_unref(subscription);
}

/* ---- the tables ---- */

typedef struct {
    guint32 store, folder;
    guint64 since, cn;
    guint max;
    GArray *out;
} Read;

/* Whether nothing after read->since was taken away. */
static gboolean
is_kept(TwDbTx *tx, const Read *read, GError **error)
{
    guint64 oldest;

    if (!tw_sql_floor_get(tx, read->store, read->folder, &oldest, error))
        return FALSE;
    if (read->since >= oldest)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_CHANGED,
                "store %u, folder %u: changes are kept from %" G_GUINT64_FORMAT
                " on, not from %" G_GUINT64_FORMAT,
                read->store, read->folder, oldest, read->since);
    return FALSE;
}

static gboolean
changes_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;
    TwStoreRow row;

    g_array_set_size(read->out, 0);
    if (!tw_sql_store_get(tx, read->store, &row, error) || !is_kept(tx, read, error))
        return FALSE;
    read->cn = row.cn;
    return tw_sql_chg_list(tx, read->store, read->since, read->max, read->out, error);
}

GArray *
tw_store_changes(TwStore *store, guint64 since, guint max, guint64 *ret_cn, GError **error)
{
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(TwChange));
    Read read = { .store = store->number, .since = since, .max = max, .out = out };

    if (!tw_store_read(store, changes_tx, &read, error))
        return NULL;
    *ret_cn = read.cn;
    return g_steal_pointer(&out);
}

static gboolean
delta_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;
    TwStoreRow row;

    g_array_set_size(read->out, 0);
    if (!tw_sql_store_get(tx, read->store, &row, error))
        return FALSE;
    read->cn = row.cn;
    return tw_sql_msg_changed(tx, read->store, read->since, read->max, read->out, error);
}

GArray *
tw_store_delta(TwStore *store, guint64 since, guint max, guint64 *ret_cn, GError **error)
{
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(TwChangedMessage));
    Read read = { .store = store->number, .since = since, .max = max, .out = out };

    if (!tw_store_read(store, delta_tx, &read, error))
        return NULL;
    *ret_cn = read.cn;
    return g_steal_pointer(&out);
}

static gboolean
vanished_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;

    g_array_set_size(read->out, 0);
    return is_kept(tx, read, error) && tw_sql_tomb_list(tx, read->store, read->folder, read->since,
                                                        read->max, read->out, error);
}

GArray *
tw_folder_vanished(TwStore *store, guint32 folder, guint64 since, guint max, GError **error)
{
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(TwTomb));
    Read read = { store->number, folder, since, 0, max, out };

    return tw_store_read(store, vanished_tx, &read, error) ? g_steal_pointer(&out) : NULL;
}

static gboolean
oldest_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;

    return tw_sql_floor_get(tx, read->store, read->folder, &read->cn, error);
}

gboolean
tw_store_oldest(TwStore *store, guint32 folder, guint64 *ret_cn, GError **error)
{
    Read read = { .store = store->number, .folder = folder };

    if (!tw_store_read(store, oldest_tx, &read, error))
        return FALSE;
    *ret_cn = read.cn;
    return TRUE;
}
