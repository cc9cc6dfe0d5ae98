/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Invariants:
 * 1. An entry with a deadline is in a bucket that is visited no later than one tick after it, or its owner is inside
 *    tw_wheel_set(), or the turning thread has it in hand.
 * 2. Owner: store deadline, then load placed. Turning thread: store placed, then load deadline. Both sequentially
 *    consistent, so at least one of them sees what the other did, and repairs the bucket.
 */
#include "net/wheel-private.h"

static gint64
load(const gint64 *p)
{
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void
store(gint64 *p, gint64 value) // NOLINT(readability-non-const-parameter): the builtin writes
{
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);
}

void
tw_wheel_init(TwWheel *wheel, gint64 now_ms)
{
    g_mutex_init(&wheel->lock);
    for (guint i = 0; i < TW_WHEEL_BUCKETS; i++)
        wheel->buckets[i].prev = wheel->buckets[i].next = &wheel->buckets[i];
    wheel->turned_to = now_ms / TW_WHEEL_TICK_MS;
    wheel->next_wake = TW_WHEEL_NEVER;
}

void
tw_wheel_clear(TwWheel *wheel)
{
    g_mutex_clear(&wheel->lock);
}

void
tw_wheel_entry_init(TwWheelEntry *entry)
{
    entry->prev = entry->next = NULL;
    entry->deadline = entry->placed = TW_WHEEL_NEVER;
}

static void
unlink_entry(TwWheelEntry *entry)
{
    if (entry->next == NULL)
        return;
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->prev = entry->next = NULL;
    store(&entry->placed, TW_WHEEL_NEVER);
}

/* Into the bucket of its deadline, or of the last tick of this turn; again when the deadline moved meanwhile. */
static void
link_entry(TwWheel *wheel, TwWheelEntry *entry)
{
    gint64 deadline = load(&entry->deadline);

    while (deadline != TW_WHEEL_NEVER) {
        /* one tick later than the deadline's own, so that it has passed when the bucket is visited */
        gint64 tick = CLAMP(deadline / TW_WHEEL_TICK_MS + 1, wheel->turned_to + 1,
                            wheel->turned_to + TW_WHEEL_BUCKETS - 1);
        TwWheelEntry *bucket = &wheel->buckets[tick % TW_WHEEL_BUCKETS];
        gint64 again;

        unlink_entry(entry);
        entry->prev = bucket->prev;
        entry->next = bucket;
        bucket->prev->next = entry;
        bucket->prev = entry;
        store(&entry->placed, tick * TW_WHEEL_TICK_MS);
        again = load(&entry->deadline);
        if (again >= deadline)
            return;
        deadline = again;
    }
}

gboolean
tw_wheel_set(TwWheel *wheel, TwWheelEntry *entry, gint64 deadline_ms)
{
    gboolean tell = FALSE;

    store(&entry->deadline, deadline_ms);
    if (deadline_ms == TW_WHEEL_NEVER || load(&entry->placed) <= deadline_ms + TW_WHEEL_TICK_MS)
        return FALSE;
    g_mutex_lock(&wheel->lock);
    link_entry(wheel, entry);
    if (load(&entry->placed) < wheel->next_wake) {
        wheel->next_wake = load(&entry->placed);
        tell = TRUE;
    }
    g_mutex_unlock(&wheel->lock);
    return tell;
}

void
tw_wheel_relink(TwWheel *wheel, TwWheelEntry *entry)
{
    g_mutex_lock(&wheel->lock);
    if (entry->next == NULL)
        link_entry(wheel, entry);
    g_mutex_unlock(&wheel->lock);
}

void
tw_wheel_remove(TwWheel *wheel, TwWheelEntry *entry)
{
    store(&entry->deadline, TW_WHEEL_NEVER);
    g_mutex_lock(&wheel->lock);
    unlink_entry(entry);
    g_mutex_unlock(&wheel->lock);
}

static void
visit_bucket(TwWheel *wheel,
             TwWheelEntry *bucket,
             gint64 now_ms,
             void (*due)(TwWheelEntry *entry, gpointer data),
             gpointer data)
{
    TwWheelEntry *entry = bucket->next;

    while (entry != bucket) {
        TwWheelEntry *next = entry->next;

        unlink_entry(entry);
        if (load(&entry->deadline) <= now_ms)
            due(entry, data);
        else
            link_entry(wheel, entry);
        entry = next;
    }
}

gint64
tw_wheel_turn(TwWheel *wheel,
              gint64 now_ms,
              void (*due)(TwWheelEntry *entry, gpointer data),
              gpointer data)
{
    gint64 now_tick = now_ms / TW_WHEEL_TICK_MS;
    gint64 ticks, next;

    g_mutex_lock(&wheel->lock);
    /* after a long sleep each bucket is visited once */
    ticks = MIN(now_tick - wheel->turned_to, TW_WHEEL_BUCKETS);
    for (gint64 tick = now_tick - ticks + 1; tick <= now_tick; tick++) {
        wheel->turned_to = tick;
        visit_bucket(wheel, &wheel->buckets[tick % TW_WHEEL_BUCKETS], now_ms, due, data);
    }
    wheel->turned_to = now_tick;
    next = TW_WHEEL_NEVER;
    for (gint64 tick = now_tick + 1; tick < now_tick + TW_WHEEL_BUCKETS; tick++) {
        TwWheelEntry *bucket = &wheel->buckets[tick % TW_WHEEL_BUCKETS];
        if (bucket->next != bucket) {
            next = tick * TW_WHEEL_TICK_MS;
            break;
        }
    }
    wheel->next_wake = next;
    g_mutex_unlock(&wheel->lock);
    return next;
}
