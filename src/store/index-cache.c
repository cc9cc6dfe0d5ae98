/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The indices of folders that are kept in memory.
 *
 * The writer threads note what they have committed at the entries of its folders, before they answer; whoever asks for an
 * index next brings it up to date. What has been committed and is not noted yet shows in the folder's row, which everyone
 * who asks looks at: so nobody gets an index that is older than what he can read elsewhere. One thread at a time works on an entry, others that want it wait. All is under one lock, which is held
 * for lookups and pointer swaps; reading, merging and saving are done without it.
 *
 * Invariants:
 *  1. "bytes" is what the kept entries are charged with, and not more than the limit.
 *  2. An entry with an index has in "pending" every change of its folder between the index and the last one noted for its
 *     store; or "stale" is set.
 *  3. An entry that somebody works on ("busy") is neither dropped nor worked on by another.
 */
#include "base/error.h"
#include "store/folder-index-private.h"

enum {
    FEWEST_PENDING = 64,    /* changes that are kept at an entry of any size */
    MAKING_PENDING = 16384, /* while an index is made */
    PENDING_PART = 8,       /* or one for so many rows; behind that reading all rows is cheaper */
    WORTH_SAVING = 1000,    /* changes of the store since an index was saved */
    MOST_GROWN = 16384, /* folders whose changes are counted although nobody asked for an index */
};

static const gint64 closing_us = G_USEC_PER_SEC; /* for making indices that nobody asked for */

typedef struct {
    guint32 store, folder;
} Key;

/* A store that has entries. */
typedef struct {
    guint32 number;
    guint entries;
    TwChange last; /* the last one noted; cn 0: none yet */
} Followed;

typedef struct {
    Key key;
    Followed *followed;
    TwStore *store;
    TwFolderIndex *index; /* nullable: to be made */
    TwChange last;        /* the change up to which it holds */
    guint64 saved_cn;     /* up to which it is saved; 0: not at all */
    GArray *pending;      /* TwChange */
    gsize charge;
    GList link; /* in cache->recent */
    guint users;
    gboolean busy;
    gboolean stale; /* too much has changed: read the rows */
    gboolean gone;  /* its store is deleted */
} Entry;

struct TwIndexCache {
    TwEngine *engine;
    TwLock lock;         /* guards all below */
    GCond idle;          /* an entry is no longer busy */
    GHashTable *entries; /* Key -> Entry */
    GHashTable *stores;  /* number -> Followed */
    GQueue recent;       /* of entries with an index, the last one used first */
    GArray *doomed;      /* Key: folders deleted for good, of which something may be saved */
    GHashTable *grown;   /* Key -> Grown: folders that changed and have no entry */
    TwIndexStats stats;
};

/* A folder that nobody asks for an index of. The first who does may come after the next start, when all of it is cold. */
typedef struct {
    Key key;
    guint changes;
} Grown;

static guint
hash_key(gconstpointer data)
{
    const Key *key = data;
    guint64 mixed =
        ((guint64) key->store << 32 | key->folder) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

    return (guint) (mixed >> 32);
}

static gboolean
equal_keys(gconstpointer a, gconstpointer b)
{
    const Key *x = a, *y = b;

    return x->store == y->store && x->folder == y->folder;
}

TwIndexCache *
tw_index_cache_new(TwEngine *engine)
{
    TwIndexCache *cache = g_new0(TwIndexCache, 1);

    cache->engine = engine;
    tw_lock_init(&cache->lock);
    g_cond_init(&cache->idle);
    cache->entries = g_hash_table_new(hash_key, equal_keys);
    cache->stores = g_hash_table_new(NULL, NULL);
    g_queue_init(&cache->recent);
    cache->doomed = g_array_new(FALSE, FALSE, sizeof(Key));
    cache->grown = g_hash_table_new_full(hash_key, equal_keys, NULL, g_free);
    return cache;
}

/* ---- entries; all with the lock held ---- */

static guint
most_pending(const Entry *entry)
{
    return entry->index == NULL ? MAKING_PENDING
                                : MAX(FEWEST_PENDING, entry->index->count / PENDING_PART);
}

/* What it may come to before anybody looks at it again. */
static gsize
charge_of(const Entry *entry)
{
    return sizeof *entry + sizeof *entry->index + g_bytes_get_size(entry->index->data) +
           (gsize) most_pending(entry) * sizeof(TwChange);
}

static void
take_out(TwIndexCache *cache, Entry *entry)
{
    TW_ASSERT_HELD(&cache->lock);
    if (entry->charge == 0)
        return;
    g_queue_unlink(&cache->recent, &entry->link);
    cache->stats.bytes -= entry->charge;
    cache->stats.kept--;
    entry->charge = 0;
}

static void
put_in(TwIndexCache *cache, Entry *entry)
{
    TW_ASSERT_HELD(&cache->lock);
    entry->charge = charge_of(entry);
    entry->link.data = entry;
    g_queue_push_head_link(&cache->recent, &entry->link);
    cache->stats.bytes += entry->charge;
    cache->stats.kept++;
}

static Entry *
find_or_make(TwIndexCache *cache, TwStore *store, guint32 folder)
{
    Key key = { store->number, folder };
    Entry *entry = g_hash_table_lookup(cache->entries, &key);

    TW_ASSERT_HELD(&cache->lock);
    if (entry != NULL)
        return entry;
    entry = g_new0(Entry, 1);
    entry->key = key;
    entry->store = tw_store_ref(store);
    entry->pending = g_array_new(FALSE, FALSE, sizeof(TwChange));
    entry->followed = g_hash_table_lookup(cache->stores, GUINT_TO_POINTER(key.store));
    if (entry->followed == NULL) {
        entry->followed = g_new0(Followed, 1);
        entry->followed->number = key.store;
        g_hash_table_insert(cache->stores, GUINT_TO_POINTER(key.store), entry->followed);
    }
    entry->followed->entries++;
    g_hash_table_insert(cache->entries, &entry->key, entry);
    return entry;
}

static void
free_entry(Entry *entry)
{
    g_clear_pointer(&entry->index, tw_folder_index_unref);
    g_array_unref(entry->pending);
    tw_store_unref(entry->store);
    g_free(entry);
}

/* Nobody finds it any more; the caller frees it. */
static void
unhook(TwIndexCache *cache, Entry *entry)
{
    const TwChange *last = &entry->followed->last;

    TW_ASSERT_HELD(&cache->lock);
    take_out(cache, entry);
    g_hash_table_remove(cache->entries, &entry->key);
    if (entry->pending->len == 0 && !entry->stale && last->cn > entry->last.cn)
        entry->last = *last; /* none of the changes between the two was of this folder */
    if (--entry->followed->entries == 0) {
        g_hash_table_remove(cache->stores, GUINT_TO_POINTER(entry->key.store));
        g_clear_pointer(&entry->followed, g_free);
    }
}

/* What goes to make room, the least used first; what is in use stays. */
static void
make_room(TwIndexCache *cache, gsize most, GPtrArray *dropped)
{
    GList *link = cache->recent.tail;

    TW_ASSERT_HELD(&cache->lock);
    while (link != NULL && cache->stats.bytes > most) {
        Entry *entry = link->data;
        link = link->prev;
        if (entry->users > 0)
            continue;
        unhook(cache, entry);
        g_ptr_array_add(dropped, entry);
    }
}

/* ---- files; without the lock ---- */

static gboolean
is_worth_saving(const TwIndexCache *cache, const TwFolderIndex *index)
{
    guint least = cache->engine->config.index_save;

    return least != 0 && index != NULL && index->count >= least;
}

/* Entries that were unhooked. */
static void
save_and_free(TwIndexCache *cache, GPtrArray *dropped)
{
    guint saves = 0;

    for (guint i = 0; i < dropped->len; i++) {
        Entry *entry = dropped->pdata[i];
        if (is_worth_saving(cache, entry->index) && !entry->stale && !entry->gone &&
            (entry->saved_cn == 0 || entry->last.cn > entry->saved_cn + WORTH_SAVING))
            saves += tw_index_file_save(entry->store, &entry->last, entry->index) ? 1 : 0;
        free_entry(entry);
    }
    if (saves == 0)
        return;
    tw_lock(&cache->lock);
    cache->stats.saves += saves;
    tw_unlock(&cache->lock);
}

/* What was saved of folders that are deleted for good. */
static void
remove_doomed(TwIndexCache *cache)
{
    g_autoptr(GArray) doomed = NULL;

    tw_lock(&cache->lock);
    if (cache->doomed->len > 0) {
        doomed = cache->doomed;
        cache->doomed = g_array_new(FALSE, FALSE, sizeof(Key));
    }
    tw_unlock(&cache->lock);
    for (guint i = 0; doomed != NULL && i < doomed->len; i++) {
        Key key = g_array_index(doomed, Key, i);
        tw_index_file_remove(cache->engine, key.store, key.folder);
    }
}

/* ---- changes ---- */

static void
note_at(TwIndexCache *cache, Entry *entry, const TwChange *change)
{
    TW_ASSERT_HELD(&cache->lock);
    if (change->op < TW_CHANGE_MESSAGE_NEW || change->op > TW_CHANGE_MESSAGE_PURGED)
        return;
    if (entry->pending->len < most_pending(entry))
        g_array_append_vals(entry->pending, change, 1);
    else
        entry->stale = TRUE;
}

static void
note_grown(TwIndexCache *cache, const Key *key, const TwChange *change)
{
    Grown *grown;

    TW_ASSERT_HELD(&cache->lock);
    if (cache->engine->config.index_save == 0 || change->op < TW_CHANGE_MESSAGE_NEW ||
        change->op > TW_CHANGE_MESSAGE_PURGED)
        return;
    grown = g_hash_table_lookup(cache->grown, key);
    if (grown == NULL) {
        if (g_hash_table_size(cache->grown) >= MOST_GROWN)
            return;
        grown = g_new0(Grown, 1);
        grown->key = *key;
        g_hash_table_insert(cache->grown, &grown->key, grown);
    }
    grown->changes++;
}

static void
note_doomed(TwIndexCache *cache, const TwChange *change)
{
    Key key = { change->store, change->id };

    TW_ASSERT_HELD(&cache->lock);
    if (change->op == TW_CHANGE_FOLDER_DELETED && change->aux == TW_FOLDER_PURGING &&
        cache->engine->config.index_save != 0)
        g_array_append_val(cache->doomed, key);
}

void
tw_index_cache_note(TwIndexCache *cache, const TwChange *changes, guint count)
{
    Followed *followed;
    Key key = { changes[0].store, 0 };
    Entry *entry = NULL;
    TW_LOCK_SCOPE(&cache->lock);

    followed = g_hash_table_lookup(cache->stores, GUINT_TO_POINTER(key.store));
    if (followed != NULL)
        followed->last = changes[count - 1];
    for (guint i = 0; i < count; i++) {
        if (i == 0 || changes[i].folder != key.folder) {
            key.folder = changes[i].folder;
            entry = followed != NULL ? g_hash_table_lookup(cache->entries, &key) : NULL;
        }
        if (entry != NULL)
            note_at(cache, entry, &changes[i]);
        else
            note_grown(cache, &key, &changes[i]);
        note_doomed(cache, &changes[i]);
    }
}

/* ---- asking ---- */

/* Takes what @refresh made into the entry, or forgets what the entry had. */
static void
settle(TwIndexCache *cache, Entry *entry, const TwIndexRefresh *refresh)
{
    guint kept = 0;

    TW_ASSERT_HELD(&cache->lock);
    take_out(cache, entry);
    g_clear_pointer(&entry->index, tw_folder_index_unref);
    if (refresh->index == NULL)
        return;
    entry->index = tw_folder_index_ref(refresh->index);
    entry->last = refresh->last;
    for (guint i = 0; i < entry->pending->len; i++) {
        const TwChange *change = &g_array_index(entry->pending, TwChange, i);
        if (change->cn > entry->index->cn)
            g_array_index(entry->pending, TwChange, kept++) = *change;
    }
    g_array_set_size(entry->pending, kept);
    put_in(cache, entry);
    cache->stats.loads += refresh->loaded ? 1 : 0;
    cache->stats.scans += refresh->scanned ? 1 : 0;
    cache->stats.updates += refresh->loaded || refresh->scanned ? 0 : 1;
}

/* The caller has set busy; the lock is given up meanwhile. */
static TwFolderIndex *
work_on(TwIndexCache *cache, Entry *entry, GError **error)
{
    TwIndexRefresh refresh = { .store = entry->store, .folder = entry->key.folder };
    g_autoptr(GArray) pending = entry->pending;
    g_autoptr(TwFolderIndex) base = NULL;
    gboolean saved;

    TW_ASSERT_HELD(&cache->lock);
    if (entry->index != NULL && !entry->stale)
        base = tw_folder_index_ref(entry->index);
    refresh.base = base;
    refresh.load = base == NULL && !entry->stale && cache->engine->config.index_save != 0;
    refresh.pending = pending;
    refresh.seen = entry->followed->last.cn;
    entry->pending = g_array_new(FALSE, FALSE, sizeof(TwChange));
    entry->stale = FALSE;
    tw_unlock(&cache->lock);
    tw_index_refresh(&refresh, error);
    tw_lock(&cache->lock);
    settle(cache, entry, &refresh);
    if (refresh.loaded)
        entry->saved_cn = refresh.loaded_cn;
    if (refresh.scanned && is_worth_saving(cache, refresh.index)) {
        tw_unlock(&cache->lock);
        saved = tw_index_file_save(refresh.store, &refresh.last, refresh.index);
        tw_lock(&cache->lock);
        entry->saved_cn = saved ? refresh.last.cn : 0;
        cache->stats.saves += saved ? 1 : 0;
    }
    return refresh.index;
}

/* Called with the lock held, which is given up meanwhile; the entry is in use. */
static TwFolderIndex *
take_current(TwIndexCache *cache, Entry *entry)
{
    g_autoptr(TwFolderIndex) index = NULL;
    gboolean current;

    TW_ASSERT_HELD(&cache->lock);
    if (entry->index == NULL || entry->pending->len > 0 || entry->stale)
        return NULL;
    index = tw_folder_index_ref(entry->index);
    tw_unlock(&cache->lock);
    current = tw_index_is_current(entry->store, index);
    tw_lock(&cache->lock);
    if (!current)
        return NULL;
    if (entry->charge != 0) {
        g_queue_unlink(&cache->recent, &entry->link);
        g_queue_push_head_link(&cache->recent, &entry->link);
    }
    cache->stats.hits++;
    return g_steal_pointer(&index);
}

static void
wait_for(TwIndexCache *cache, const Entry *entry)
{
    while (entry->busy)
        tw_lock_wait(&cache->lock, &cache->idle, G_MAXINT64);
}

TwFolderIndex *
tw_folder_get_index(TwStore *store, guint32 folder, GError **error)
{
    TwIndexCache *cache = store->engine->indices;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new();
    TwFolderIndex *index;
    gboolean doomed;
    Entry *entry;

    tw_lock(&cache->lock);
    entry = find_or_make(cache, store, folder);
    entry->users++;
    wait_for(cache, entry);
    index = take_current(cache, entry);
    if (index == NULL) {
        wait_for(cache, entry);
        entry->busy = TRUE;
        index = work_on(cache, entry, error);
        entry->busy = FALSE;
        g_cond_broadcast(&cache->idle);
    }
    if (--entry->users == 0 && (entry->index == NULL || entry->gone)) {
        unhook(cache, entry);
        g_ptr_array_add(dropped, entry);
    }
    make_room(cache, cache->engine->config.index_bytes, dropped);
    doomed = cache->doomed->len > 0;
    tw_unlock(&cache->lock);
    save_and_free(cache, dropped);
    if (doomed)
        remove_doomed(cache);
    return index;
}

/* ---- endings ---- */

void
tw_index_cache_drop_store(TwIndexCache *cache, guint32 store)
{
    g_autoptr(GPtrArray) dropped = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    tw_lock(&cache->lock);
    g_hash_table_iter_init(&iter, cache->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;
        if (entry->key.store != store)
            continue;
        entry->gone = TRUE;
        if (entry->users == 0)
            g_ptr_array_add(dropped, entry);
    }
    for (guint i = 0; i < dropped->len; i++)
        unhook(cache, dropped->pdata[i]);
    tw_unlock(&cache->lock);
    save_and_free(cache, dropped); /* nothing is saved of what is gone */
    tw_index_file_remove(cache->engine, store, 0);
}

static int
compare_grown(gconstpointer a, gconstpointer b)
{
    const Grown *x = *(const Grown *const *) a, *y = *(const Grown *const *) b;

    return (x->changes < y->changes) - (x->changes > y->changes);
}

/* Folders that were filled and whose index nobody asked for: those that changed most come first, while there is time. Their rows
 * are in memory now, which they are not at the next start. What fails costs time later. */
static void
save_grown(TwIndexCache *cache)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    gint64 until = g_get_monotonic_time() + closing_us;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, cache->grown);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((const Grown *) value)->changes >= cache->engine->config.index_save)
            g_ptr_array_add(all, value);
    }
    g_ptr_array_sort(all, compare_grown);
    for (guint i = 0; i < all->len && g_get_monotonic_time() < until; i++) {
        const Grown *grown = all->pdata[i];
        g_autoptr(TwStore) store = tw_store_of(cache->engine, grown->key.store, NULL);
        TwFolderIndex *index =
            store != NULL ? tw_folder_get_index(store, grown->key.folder, NULL) : NULL;
        tw_folder_index_unref(index);
    }
}

void
tw_index_cache_free(TwIndexCache *cache)
{
    g_autoptr(GPtrArray) dropped = g_ptr_array_new();

    if (cache == NULL)
        return;
    save_grown(cache);
    tw_lock(&cache->lock);
    make_room(cache, 0, dropped);
    tw_unlock(&cache->lock);
    save_and_free(cache, dropped);
    remove_doomed(cache);
    g_array_unref(cache->doomed);
    g_hash_table_unref(cache->grown);
    g_assert(g_hash_table_size(cache->entries) == 0);
    g_hash_table_unref(cache->entries);
    g_hash_table_unref(cache->stores);
    g_cond_clear(&cache->idle);
    tw_lock_clear(&cache->lock);
    g_free(cache);
}

void
tw_engine_index_stats(TwEngine *engine, TwIndexStats *ret)
{
    TW_LOCK_SCOPE(&engine->indices->lock);

    *ret = engine->indices->stats;
}
