/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The thread that keeps search folders current: one for all stores of the engine. It knows which stores have any; commits of
 * others cost nothing. A commit makes its store due after a short delay, so that what comes in a burst is one round; a store that
 * keeps changing has fewer of them. Stores that are due take turns, a slice each.
 */
#include "base/error.h"
#include "store/search-private.h"

enum {
    UNDER_LOAD = 5,  /* times the delay between two rounds of a store that keeps changing */
    KEEP_KNOWN = 64, /* stores whose criteria and scopes stay in memory */
    RETRY_US = G_USEC_PER_SEC /
               2, /* after a failure: a full disk, a database that has to be opened anew */
};

/* A store with search folders. */
typedef struct {
    guint32 number;
    gboolean dirty;  /* it is in the list of those that are due */
    gint64 due;      /* monotonic */
    gint64 last;     /* when its last round began */
    guint64 settled; /* changes up to this one are in all its results; 0: not yet known */
    guint round;     /* how many have begun */
    guint failed;    /* the number of the last one that failed */
    GError *failure; /* (nullable): of its last round */
} Watched;

struct TwSearchWorker {
    TwEngine *engine;
    GThread *thread;
    gint count;  /* of stores, to be looked at without the lock */
    TwLock lock; /* guards all below */
    GCond work, settled;
    GHashTable *stores; /* number -> Watched, owned */
    GPtrArray *due;     /* Watched that are dirty */
    gboolean quit;
    /* of the thread alone */
    GHashTable *known; /* number -> TwSearchStore, owned */
    GQueue recent;     /* numbers in known, the last one used first */
};

/* ---- which stores ---- */

static void
free_watched(gpointer data)
{
    g_clear_error(&((Watched *) data)->failure);
    g_free(data);
}

static void
set_due(TwSearchWorker *self, Watched *store, gint64 due)
{
    TW_ASSERT_HELD(&self->lock);
    if (!store->dirty)
        g_ptr_array_add(self->due, store);
    store->due = store->dirty ? MIN(store->due, due) : due;
    store->dirty = TRUE;
    g_cond_signal(&self->work);
}

static Watched *
watch(TwSearchWorker *self, guint32 number)
{
    Watched *store = g_hash_table_lookup(self->stores, GUINT_TO_POINTER(number));

    TW_ASSERT_HELD(&self->lock);
    if (store == NULL) {
        store = g_new0(Watched, 1);
        store->number = number;
        g_hash_table_insert(self->stores, GUINT_TO_POINTER(number), store);
        g_atomic_int_inc(&self->count);
    }
    return store;
}

static void
forget(TwSearchWorker *self, Watched *store)
{
    TW_ASSERT_HELD(&self->lock);
    g_hash_table_remove(self->stores, GUINT_TO_POINTER(store->number));
    g_atomic_int_add(&self->count, -1);
}

void
tw_search_worker_watch(TwSearchWorker *self, guint32 number)
{
    Watched *store;
    TW_LOCK_SCOPE(&self->lock);

    store = watch(self, number);
    store->settled = 0;
    set_due(self, store, 0);
}

void
tw_search_worker_poke(TwSearchWorker *self, const TwChange *changes, guint count)
{
    Watched *store;
    gint64 delay;
    gboolean own = TRUE;

    if (self == NULL || count == 0 || g_atomic_int_get(&self->count) == 0)
        return;
    for (guint i = 0; own && i < count; i++)
        own = changes[i].op >= TW_CHANGE_SEARCH_ADDED;
    if (own)
        return;
    delay = self->engine->config.search_delay_us;
    tw_lock(&self->lock);
    store = g_hash_table_lookup(self->stores, GUINT_TO_POINTER(changes[0].store));
    if (store != NULL && !store->dirty)
        set_due(self, store, MAX(g_get_monotonic_time() + delay, store->last + UNDER_LOAD * delay));
    tw_unlock(&self->lock);
}

gboolean
tw_search_worker_wait(
    TwSearchWorker *self, guint32 number, guint64 cn, gint64 deadline_us, GError **error)
{
    gint64 until = deadline_us > 0 ? deadline_us : G_MAXINT64;
    gint64 before = -1; /* rounds that had begun: what such a one met may be over */
    TW_LOCK_SCOPE(&self->lock);

    while (!self->quit) {
        Watched *store = g_hash_table_lookup(self->stores, GUINT_TO_POINTER(number));
        if (store == NULL || (store->settled != 0 && store->settled >= cn))
            return TRUE;
        if (before < 0)
            before = store->round;
        if (store->failure != NULL && store->failed > before) {
            g_propagate_error(error, g_error_copy(store->failure));
            return FALSE;
        }
        if (g_get_monotonic_time() >= until) {
            g_set_error(error, TW_ERROR, TW_ERROR_TIMEOUT,
                        "store %u: its search folders are not yet current", number);
            return FALSE;
        }
        set_due(self, store, 0);
        tw_lock_wait(&self->lock, &self->settled, until);
    }
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "the engine closes");
    return FALSE;
}

/* ---- the thread ---- */

/* What is known of a store; the one that was not used for the longest time makes room. */
static TwSearchStore *
known_store(TwSearchWorker *self, guint32 number, GError **error)
{
    gpointer key = GUINT_TO_POINTER(number);
    TwSearchStore *known = g_hash_table_lookup(self->known, key);
    TwStore *store;

    g_queue_remove(&self->recent, key);
    if (known == NULL) {
        store = tw_store_of(self->engine, number, error);
        if (store == NULL)
            return NULL;
        known = tw_search_store_new(store);
        g_hash_table_insert(self->known, key, known);
    }
    g_queue_push_head(&self->recent, key);
    if (self->recent.length > KEEP_KNOWN)
        g_hash_table_remove(self->known, g_queue_pop_tail(&self->recent));
    return known;
}

static void
drop_known(TwSearchWorker *self, guint32 number)
{
    g_queue_remove(&self->recent, GUINT_TO_POINTER(number));
    g_hash_table_remove(self->known, GUINT_TO_POINTER(number));
}

/* Takes the store that is due first; NULL when the thread shall end. */
static Watched *
take_due(TwSearchWorker *self)
{
    while (!self->quit) {
        Watched *first = NULL;
        guint at = 0;
        for (guint i = 0; i < self->due->len; i++) {
            Watched *store = self->due->pdata[i];
            if (first == NULL || store->due < first->due) {
                first = store;
                at = i;
            }
        }
        if (first != NULL && first->due <= g_get_monotonic_time()) {
            g_ptr_array_remove_index_fast(self->due, at);
            first->dirty = FALSE;
            first->round++;
            first->last = g_get_monotonic_time();
            return first;
        }
        tw_lock_wait(&self->lock, &self->work, first != NULL ? first->due : G_MAXINT64);
    }
    return NULL;
}

static void
note_result(
    TwSearchWorker *self, Watched *store, TwRoundResult result, guint64 cn, const GError *failure)
{
    gboolean gone = g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND);

    g_clear_error(&store->failure);
    switch (result) {
    case TW_ROUND_MORE:
        set_due(self, store, g_get_monotonic_time());
        break;
    case TW_ROUND_IDLE:
        /* one that was asked for anew in between is not settled by this */
        if (!store->dirty || store->due != 0)
            store->settled = cn;
        break;
    case TW_ROUND_NONE:
        if (!store->dirty)
            forget(self, store);
        break;
    case TW_ROUND_FAILED:
        store->failure = failure != NULL ? g_error_copy(failure) : NULL;
        store->failed = store->round;
        if (gone && !store->dirty)
            forget(self, store);
        else
            set_due(self, store, g_get_monotonic_time() + RETRY_US);
        break;
    }
    g_cond_broadcast(&self->settled);
}

static gpointer
work(gpointer data)
{
    TwSearchWorker *self = data;
    Watched *store;

    tw_lock(&self->lock);
    while ((store = take_due(self)) != NULL) {
        g_autoptr(GError) error = NULL;
        guint32 number = store->number;
        TwRoundResult result = TW_ROUND_FAILED;
        TwSearchStore *known;
        guint64 cn = 0;
        tw_unlock(&self->lock);
        known = known_store(self, number, &error);
        if (known != NULL)
            result = tw_search_store_round(known, &cn, &error);
        if (result == TW_ROUND_NONE || result == TW_ROUND_FAILED)
            drop_known(self, number);
        tw_lock(&self->lock);
        note_result(self, store, result, cn, error);
    }
    tw_unlock(&self->lock);
    return NULL;
}

/* ---- life ---- */

typedef struct {
    TwSearchWorker *self;
    GArray *rows;
} Find;

static gboolean
find_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    g_clear_pointer(&find->rows, g_array_unref);
    find->rows = tw_sql_search_list(tx, 0, error);
    return find->rows != NULL;
}

static gboolean
find_stores(TwSearchWorker *self, GError **error)
{
    for (guint i = 0; i < self->engine->partition_count; i++) {
        Find find = { .self = self };
        if (self->engine->partitions[i].db == NULL)
            continue;
        if (!tw_db_read(self->engine->partitions[i].db, NULL, find_tx, &find, error))
            return FALSE;
        tw_lock(&self->lock);
        for (guint j = 0; j < find.rows->len; j++)
            set_due(self, watch(self, g_array_index(find.rows, TwSearchRow, j).store), 0);
        tw_unlock(&self->lock);
        g_array_unref(find.rows);
    }
    return TRUE;
}

static void
free_known(gpointer data)
{
    tw_search_store_free(data);
}

TwSearchWorker *
tw_search_worker_new(TwEngine *engine, GError **error)
{
    TwSearchWorker *self = g_new0(TwSearchWorker, 1);

    self->engine = engine;
    tw_lock_init(&self->lock);
    g_cond_init(&self->work);
    g_cond_init(&self->settled);
    self->stores = g_hash_table_new_full(NULL, NULL, NULL, free_watched);
    self->due = g_ptr_array_new();
    self->known = g_hash_table_new_full(NULL, NULL, NULL, free_known);
    g_queue_init(&self->recent);
    if (find_stores(self, error))
        return self;
    tw_search_worker_free(self);
    return NULL;
}

void
tw_search_worker_start(TwSearchWorker *self)
{
    self->thread = g_thread_new("tw-search", work, self);
}

void
tw_search_worker_stop(TwSearchWorker *self)
{
    if (self == NULL || self->thread == NULL)
        return;
    tw_lock(&self->lock);
    self->quit = TRUE;
    g_cond_broadcast(&self->work);
    g_cond_broadcast(&self->settled);
    tw_unlock(&self->lock);
    g_thread_join(g_steal_pointer(&self->thread));
    g_hash_table_remove_all(self->known);
}

void
tw_search_worker_free(TwSearchWorker *self)
{
    if (self == NULL)
        return;
    tw_search_worker_stop(self);
    g_hash_table_unref(self->known);
    g_queue_clear(&self->recent);
    g_ptr_array_unref(self->due);
    g_hash_table_unref(self->stores);
    g_cond_clear(&self->work);
    g_cond_clear(&self->settled);
    tw_lock_clear(&self->lock);
    g_free(self);
}
