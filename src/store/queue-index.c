/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The server's queue: entries of all partitions in the order in which they are due, in memory. It says what the committed rows
 * say: it is read from them when the engine opens, and each commit brings its own change, in order.
 */
#include "store/queue-private.h"

struct TwQueueIndex {
    TwEngine *engine;
    TwLock lock; /* guards all below */
    GCond changed;
    guint64 serial;
    GTree *order;       /* TwQueueEntry as key, owned */
    GHashTable *by_key; /* gint64 of the entry -> Slot, owned */
};

/* A message that has entries, or about which a transaction is under way. */
typedef struct {
    gint64 key;
    TwQueueEntry *entry; /* (nullable): of the server's queue; the tree owns it */
    gboolean local;      /* it is in its store's own queue */
    guint pending;       /* changes not yet committed or given up */
} Slot;

static int
compare_entries(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    const TwQueueEntry *x = a, *y = b;

    if (x->due_us != y->due_us)
        return x->due_us < y->due_us ? -1 : 1;
    if (x->submitted_us != y->submitted_us)
        return x->submitted_us < y->submitted_us ? -1 : 1;
    if (x->store != y->store)
        return x->store < y->store ? -1 : 1;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

static gint64
key_of(guint32 store, guint32 mid)
{
    return (gint64) ((guint64) store << 32 | mid);
}

static Slot *
slot_of(TwQueueIndex *self, guint32 store, guint32 mid)
{
    gint64 key = key_of(store, mid);
    Slot *slot = g_hash_table_lookup(self->by_key, &key);

    TW_ASSERT_HELD(&self->lock);
    if (slot == NULL) {
        slot = g_new0(Slot, 1);
        slot->key = key;
        g_hash_table_insert(self->by_key, &slot->key, slot);
    }
    return slot;
}

gboolean
tw_queue_index_may_have(TwQueueIndex *self, guint32 store, guint32 mid)
{
    gint64 key = key_of(store, mid);
    TW_LOCK_SCOPE(&self->lock);

    return g_hash_table_contains(self->by_key, &key);
}

static void
set_entry(TwQueueIndex *self, Slot *slot, const TwQueueEntry *entry)
{
    if (slot->entry != NULL)
        g_tree_remove(self->order, slot->entry);
    slot->entry = entry != NULL ? g_memdup2(entry, sizeof *entry) : NULL;
    if (slot->entry != NULL)
        g_tree_insert(self->order, slot->entry, slot->entry);
}

/* What is neither in a queue nor about to be needs no slot. */
static void
tidy(TwQueueIndex *self, const Slot *slot)
{
    if (slot->entry == NULL && !slot->local && slot->pending == 0)
        g_hash_table_remove(self->by_key, &slot->key);
}

static void
apply(TwQueueIndex *self, const TwQueueEntry *entry, gboolean gone)
{
    Slot *slot = slot_of(self, entry->store, entry->mid);

    if (entry->flags & TW_QUEUE_MASTER)
        set_entry(self, slot, gone ? NULL : entry);
    else
        slot->local = !gone;
    self->serial++;
    g_cond_broadcast(&self->changed);
    tidy(self, slot);
}

/* ---- commits ---- */

typedef struct {
    TwQueueIndex *index;
    TwQueueEntry entry;
    gboolean gone;
} Note;

static void
note_committed(gpointer data)
{
    const Note *note = data;

    tw_lock(&note->index->lock);
    apply(note->index, &note->entry, note->gone);
    tw_unlock(&note->index->lock);
}

static void
note_over(gpointer data)
{
    Note *note = data;
    Slot *slot;

    tw_lock(&note->index->lock);
    slot = slot_of(note->index, note->entry.store, note->entry.mid);
    slot->pending--;
    tidy(note->index, slot);
    tw_unlock(&note->index->lock);
    g_free(note);
}

void
tw_queue_index_note(TwQueueIndex *self, TwDbTx *tx, const TwQueueEntry *entry, gboolean gone)
{
    Note *note = g_new(Note, 1);

    *note = (Note){ self, *entry, gone };
    tw_lock(&self->lock);
    slot_of(self, entry->store, entry->mid)->pending++;
    tw_unlock(&self->lock);
    tw_db_on_commit(tx, note_committed, note, note_over);
}

/* Of a store that was deleted: it leaves rows to be dropped in batches, and nobody to ask about. */
void
tw_queue_index_drop_store(TwQueueIndex *self, guint32 store)
{
    g_autoptr(GPtrArray) slots = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    TW_LOCK_SCOPE(&self->lock);

    g_hash_table_iter_init(&iter, self->by_key);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((const Slot *) value)->key >> 32 == (gint64) store)
            g_ptr_array_add(slots, value);
    }
    for (guint i = 0; i < slots->len; i++) {
        Slot *slot = slots->pdata[i];
        set_entry(self, slot, NULL);
        slot->local = FALSE;
        tidy(self, slot);
    }
}

/* ---- looking ---- */

GArray *
tw_queue_list(TwEngine *engine, gint64 due_us, guint max)
{
    TwQueueIndex *self = engine->queue;
    GArray *list = g_array_new(FALSE, FALSE, sizeof(TwQueueEntry));
    TW_LOCK_SCOPE(&self->lock);

    for (GTreeNode *node = g_tree_node_first(self->order); node != NULL && list->len < max;
         node = g_tree_node_next(node)) {
        const TwQueueEntry *entry = g_tree_node_key(node);
        if (entry->due_us > due_us)
            break;
        g_array_append_vals(list, entry, 1);
    }
    return list;
}

static gboolean
find_oldest(gpointer key, G_GNUC_UNUSED gpointer value, gpointer data)
{
    gint64 *oldest = data;
    gint64 submitted = ((const TwQueueEntry *) key)->submitted_us;

    if (*oldest == 0 || submitted < *oldest)
        *oldest = submitted;
    return FALSE;
}

guint
tw_queue_count(TwEngine *engine, gint64 *ret_oldest_us)
{
    TwQueueIndex *self = engine->queue;
    TW_LOCK_SCOPE(&self->lock);

    if (ret_oldest_us != NULL) {
        *ret_oldest_us = 0;
        g_tree_foreach(self->order, find_oldest, ret_oldest_us);
    }
    return (guint) g_tree_nnodes(self->order);
}

static void
wake_engine(gpointer data)
{
    tw_queue_wake(data);
}

gboolean
tw_queue_wait(TwEngine *engine, guint64 *serial, gint64 until_us, TwCancel *cancel)
{
    TwQueueIndex *self = engine->queue;
    guint64 id = cancel != NULL ? tw_cancel_add(cancel, wake_engine, engine) : 0;
    gboolean changed, cancelled = FALSE;

    tw_lock(&self->lock);
    while (self->serial == *serial && !cancelled && g_get_monotonic_time() < until_us) {
        cancelled = cancel != NULL && tw_cancel_fired(cancel);
        if (!cancelled)
            tw_lock_wait(&self->lock, &self->changed, until_us);
    }
    cancelled = cancel != NULL && tw_cancel_fired(cancel);
    changed = self->serial != *serial && !cancelled;
    *serial = self->serial;
    tw_unlock(&self->lock);
    if (cancel != NULL)
        tw_cancel_remove(cancel, id);
    return changed;
}

void
tw_queue_wake(TwEngine *engine)
{
    TW_LOCK_SCOPE(&engine->queue->lock);

    engine->queue->serial++;
    g_cond_broadcast(&engine->queue->changed);
}

/* ---- life ---- */

typedef struct {
    GArray *entries;
} Find;

static gboolean
find_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    g_clear_pointer(&find->entries, g_array_unref);
    find->entries = tw_sql_queue_list(tx, 0, error);
    return find->entries != NULL;
}

TwQueueIndex *
tw_queue_index_new(TwEngine *engine, GError **error)
{
    TwQueueIndex *self = g_new0(TwQueueIndex, 1);

    self->engine = engine;
    self->serial = 1;
    tw_lock_init(&self->lock);
    g_cond_init(&self->changed);
    self->order = g_tree_new_full(compare_entries, NULL, g_free, NULL);
    self->by_key = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    for (guint i = 0; i < engine->partition_count; i++) {
        Find find = { NULL };
        if (engine->partitions[i].db == NULL)
            continue;
        if (!tw_db_read(engine->partitions[i].db, NULL, find_tx, &find, error)) {
            tw_queue_index_free(self);
            return NULL;
        }
        tw_lock(&self->lock);
        for (guint j = 0; j < find.entries->len; j++)
            apply(self, &g_array_index(find.entries, TwQueueEntry, j), FALSE);
        tw_unlock(&self->lock);
        g_array_unref(find.entries);
    }
    return self;
}

void
tw_queue_index_free(TwQueueIndex *self)
{
    if (self == NULL)
        return;
    g_tree_unref(self->order);
    g_hash_table_unref(self->by_key);
    g_cond_clear(&self->changed);
    tw_lock_clear(&self->lock);
    g_free(self);
}
