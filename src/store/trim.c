/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Trimming of chg and tomb by age and count. Each transaction takes away one batch from the old end and moves the floor
 * in the same commit, so that a reader never sees a gap it is not told of:
 *  1. every change above the floor of the store is there; every tomb above the floor of its folder is there;
 *  2. a floor only rises, and never above the store's last change number.
 * Changes carry no time of their own. A mark {last number, time} is written about sixteen times within the age; what is not
 * above the newest mark of that age ago is old.
 */
#include "base/error.h"
#include "store/store-private.h"

enum {
    MARKS = 16, /* within the age */
};

typedef struct {
    TwStore *store;
    gint64 now;
    guint64 old;    /* all up to this number is older than the age */
    guint32 folder; /* in hand; 0: the changes of the store */
    guint32 next;   /* the folder after it */
    gboolean lost;  /* the folder is not there any more */
    gboolean more;  /* the batch did not reach the end */
    gint64 count;   /* what the batch took */
} Trim;

static gboolean
mark_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Trim *trim = data;
    gint64 age = trim->store->engine->config.limits.change_age_us, last_time;
    guint32 store = trim->store->number;
    guint64 last;
    TwStoreRow row;

    trim->old = 0;
    if (!tw_sql_store_get(tx, store, &row, error) ||
        !tw_sql_mark_last(tx, store, &last, &last_time, error))
        return FALSE;
    if (age == 0)
        return TRUE;
    if (row.cn > last && (last == 0 || trim->now - last_time >= age / MARKS) &&
        !tw_sql_mark_add(tx, store, row.cn, trim->now, error))
        return FALSE;
    return tw_sql_mark_at(tx, store, trim->now - age, &trim->old, error) &&
           tw_sql_mark_cut(tx, store, trim->old, error);
}

/* Takes one batch up to @limit away; @nth: the last number of a whole batch. */
static gboolean
cut(TwDbTx *tx, Trim *trim, guint64 limit, guint64 nth, GError **error)
{
    guint32 store = trim->store->number;
    guint64 to = nth != 0 ? MIN(nth, limit) : limit, floor;

    trim->more = nth != 0 && nth < limit;
    if (!tw_sql_floor_get(tx, store, trim->folder, &floor, error) ||
        !(trim->folder == 0 ? tw_sql_chg_cut(tx, store, to, &trim->count, error)
                            : tw_sql_tomb_cut(tx, store, trim->folder, to, &trim->count, error)))
        return FALSE;
    return trim->count == 0 || trim->lost || to <= floor ||
           tw_sql_floor_set(tx, store, trim->folder, to, error);
}

static gboolean
changes_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Trim *trim = data;
    const TwEngineLimits *limits = &trim->store->engine->config.limits;
    guint64 nth, limit;
    TwStoreRow row;

    trim->count = 0;
    trim->more = FALSE;
    if (!tw_sql_store_get(tx, trim->store->number, &row, error) ||
        !tw_sql_chg_nth(tx, row.store, limits->trim_batch - 1, &nth, error))
        return FALSE;
    limit = MAX(trim->old, row.cn > limits->changes ? row.cn - limits->changes : 0);
    return limit == 0 || cut(tx, trim, limit, nth, error);
}

static gboolean
vanished_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Trim *trim = data;
    const TwEngineLimits *limits = &trim->store->engine->config.limits;
    guint32 store = trim->store->number;
    g_autoptr(GError) failure = NULL;
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, store, trim->folder, &failure);
    guint64 nth, limit;

    trim->count = 0;
    trim->more = FALSE;
    trim->lost = folder == NULL && g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND);
    if (folder == NULL && !trim->lost) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!tw_sql_tomb_nth(tx, store, trim->folder, TRUE, trim->lost ? 0 : limits->vanished, &limit,
                         error) ||
        !tw_sql_tomb_nth(tx, store, trim->folder, FALSE, limits->trim_batch - 1, &nth, error))
        return FALSE;
    limit = MAX(trim->old, limit);
    return limit == 0 || cut(tx, trim, limit, nth, error);
}

static gboolean
in_batches(Trim *trim, TwDbFunc func, guint64 *count, GError **error)
{
    do {
        if (!tw_store_write(trim->store, 0, TRUE, func, trim, error))
            return FALSE;
        *count += (guint64) trim->count;
    } while (trim->more);
    return TRUE;
}

static gboolean
next_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Trim *trim = data;

    return tw_sql_tomb_next_folder(tx, trim->store->number, trim->folder, &trim->next, error);
}

gboolean
tw_store_trim(TwStore *store, gint64 now_us, TwTrimmed *ret, GError **error)
{
    Trim trim = { .store = store, .now = now_us };
    TwTrimmed done = { 0, 0 };
    gboolean ok = tw_store_write(store, 0, TRUE, mark_tx, &trim, error) &&
                  in_batches(&trim, changes_tx, &done.changes, error);

    while (ok && (ok = tw_store_read(store, next_tx, &trim, error)) && trim.next != 0) {
        trim.folder = trim.next;
        ok = in_batches(&trim, vanished_tx, &done.vanished, error);
    }
    if (ret != NULL)
        *ret = done;
    return ok;
}

gboolean
tw_engine_trim(TwEngine *engine, gint64 now_us, TwTrimmed *ret, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    g_autoptr(GError) first = NULL;
    TwTrimmed all = { 0, 0 };

    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), NULL);
        TwTrimmed one = { 0, 0 };
        if (store != NULL && !tw_store_trim(store, now_us, &one, &failure) && first == NULL)
            first = g_steal_pointer(&failure);
        all.changes += one.changes;
        all.vanished += one.vanished;
    }
    if (ret != NULL)
        *ret = all;
    if (first == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}
