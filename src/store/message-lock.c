/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who holds which message: a table in memory, by store and number. */
#include "store/message-lock.h"

#include "base/error.h"
#include "store/queue-private.h"

struct TwLocks {
    TwLock lock;      /* guards the table */
    GHashTable *held; /* gint64: store << 32 | mid -> gint64: owner; one allocation holds both */
};

typedef struct {
    gint64 key;
    guint64 owner;
} Held;

TwLocks *
tw_locks_new(void)
{
    TwLocks *self = g_new0(TwLocks, 1);

    tw_lock_init(&self->lock);
    self->held = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return self;
}

void
tw_locks_free(TwLocks *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->held);
    tw_lock_clear(&self->lock);
    g_free(self);
}

static gint64
key_of(const TwStore *store, guint32 mid)
{
    return (gint64) ((guint64) store->number << 32 | mid);
}

TwStore *
tw_store_for_owner(TwStore *store, guint64 owner)
{
    TwStore *copy = g_memdup2(store, sizeof *store);

    copy->refs = 1;
    copy->owner = owner;
    return copy;
}

guint64
tw_message_lock_owner(TwStore *store, guint32 mid)
{
    gint64 key = key_of(store, mid);
    TwLocks *locks = store->engine->locks;
    const Held *held;
    TW_LOCK_SCOPE(&locks->lock);

    held = g_hash_table_lookup(locks->held, &key);
    return held != NULL ? held->owner : 0;
}

static gboolean
is_held(guint32 mid, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_SUBMITTED, "message %u is held by another", mid);
    return FALSE;
}

static gboolean
take(TwStore *store, guint32 mid, GError **error)
{
    Held *held = g_new(Held, 1);
    TwLocks *locks = store->engine->locks;
    const Held *there;
    TW_LOCK_SCOPE(&locks->lock);

    *held = (Held){ key_of(store, mid), store->owner };
    there = g_hash_table_lookup(locks->held, &held->key);
    if (there == NULL && g_hash_table_size(locks->held) < TW_LOCKS_MAX) {
        g_hash_table_insert(locks->held, &held->key, held);
        return TRUE;
    }
    g_free(held);
    if (there != NULL && there->owner == store->owner)
        return TRUE;
    if (there != NULL)
        return is_held(mid, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many locked messages");
    return FALSE;
}

gboolean
tw_message_lock(TwStore *store, guint32 mid, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };

    if (store->owner == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a lock needs an owner");
        return FALSE;
    }
    return tw_message_get(store, mid, &row, error) && take(store, mid, error);
}

gboolean
tw_message_unlock(TwStore *store, guint32 mid, GError **error)
{
    gint64 key = key_of(store, mid);
    TwLocks *locks = store->engine->locks;
    const Held *held;
    TW_LOCK_SCOPE(&locks->lock);

    held = g_hash_table_lookup(locks->held, &key);
    if (held == NULL)
        return TRUE;
    if (held->owner != store->owner)
        return is_held(mid, error);
    g_hash_table_remove(locks->held, &key);
    return TRUE;
}

void
tw_locks_move(TwStore *store, guint32 from, guint32 to)
{
    gint64 key = key_of(store, from);
    TwLocks *locks = store->engine->locks;
    Held *held;
    TW_LOCK_SCOPE(&locks->lock);

    if (!g_hash_table_steal_extended(locks->held, &key, NULL, (gpointer *) &held))
        return;
    held->key = key_of(store, to);
    if (to != 0)
        g_hash_table_replace(locks->held, &held->key, held);
    else
        g_free(held);
}

static gboolean
has_owner(G_GNUC_UNUSED gpointer key, gpointer value, gpointer data)
{
    return ((const Held *) value)->owner == *(const guint64 *) data;
}

void
tw_engine_end_owner(TwEngine *engine, guint64 owner)
{
    TW_LOCK_SCOPE(&engine->locks->lock);

    g_hash_table_foreach_remove(engine->locks->held, has_owner, &owner);
}
