/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A mutex that knows its owner. In debug builds (all but release) locking twice, unlocking what another thread
 * holds and TW_ASSERT_HELD() end the program at the place of the mistake; in release builds it is a bare GMutex.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#ifdef TW_RELEASE
#    define TW_LOCK_KNOWS_OWNER 0
#else
#    define TW_LOCK_KNOWS_OWNER 1
#endif

typedef struct {
    GMutex mutex;
#if TW_LOCK_KNOWS_OWNER
    gpointer
        owner; /* the GThread that holds it; written only by that thread, read atomically by any */
#endif
} TwLock;

/**
 * tw_lock_init:
 * @lock: caller's memory, not yet a lock; zeroed memory is an open lock already
 */
static inline void
tw_lock_init(TwLock *lock)
{
    *lock = (TwLock){ 0 };
    g_mutex_init(&lock->mutex);
}

/**
 * tw_lock_clear:
 * @lock: an open lock that nobody waits for
 */
static inline void
tw_lock_clear(TwLock *lock)
{
    g_mutex_clear(&lock->mutex);
}

/**
 * tw_lock_is_held:
 * @lock: a lock
 *
 * Returns: whether this thread holds it; always TRUE in release builds, so use it in assertions only
 */
static inline gboolean
tw_lock_is_held(TwLock *lock)
{
#if TW_LOCK_KNOWS_OWNER
    return g_atomic_pointer_get(&lock->owner) == (gpointer) g_thread_self();
#else
    (void) lock;
    return TRUE;
#endif
}

/**
 * TW_ASSERT_HELD:
 * @lock: a pointer to a #TwLock
 *
 * Says that a function expects its caller to hold the lock, and ends a debug build where it does not.
 */
#if TW_LOCK_KNOWS_OWNER
#    define TW_ASSERT_HELD(lock) g_assert(tw_lock_is_held(lock))
#else
#    define TW_ASSERT_HELD(lock) ((void) (lock))
#endif

/**
 * tw_lock_note_owner:
 * @lock: a lock whose mutex this thread has just taken
 *
 * For the functions of this header. The exchange reads what the last owner wrote when it let go: so the thread
 * sanitizer sees the order that GLib's mutex makes, although GLib is not built with it.
 */
static inline void
tw_lock_note_owner(TwLock *lock)
{
#if TW_LOCK_KNOWS_OWNER
    gpointer before =
        __atomic_exchange_n(&lock->owner, (gpointer) g_thread_self(), __ATOMIC_SEQ_CST);

    g_assert(before == NULL);
#else
    (void) lock;
#endif
}

/**
 * tw_lock:
 * @lock: a lock that this thread does not hold
 *
 * Waits until it is open and takes it.
 */
static inline void
tw_lock(TwLock *lock)
{
#if TW_LOCK_KNOWS_OWNER
    g_assert(!tw_lock_is_held(lock));
#endif
    g_mutex_lock(&lock->mutex);
    tw_lock_note_owner(lock);
}

/**
 * tw_unlock:
 * @lock: a lock that this thread holds
 */
static inline void
tw_unlock(TwLock *lock)
{
    TW_ASSERT_HELD(lock);
#if TW_LOCK_KNOWS_OWNER
    g_atomic_pointer_set(&lock->owner, NULL);
#endif
    g_mutex_unlock(&lock->mutex);
}

/**
 * tw_lock_wait:
 * @lock: a lock that this thread holds; open while it waits, held again afterwards
 * @cond: what to wait for; may also wake for nothing
 * @until_us: monotonic time to give up at, as of tw_time_mono_us(); G_MAXINT64: never
 *
 * Returns: FALSE when the time came first
 */
static inline gboolean
tw_lock_wait(TwLock *lock, GCond *cond, gint64 until_us)
{
    gboolean woken = TRUE;

    TW_ASSERT_HELD(lock);
#if TW_LOCK_KNOWS_OWNER
    g_atomic_pointer_set(&lock->owner, NULL);
#endif
    if (until_us == G_MAXINT64)
        g_cond_wait(cond, &lock->mutex);
    else
        woken = g_cond_wait_until(cond, &lock->mutex, until_us);
    tw_lock_note_owner(lock);
    return woken;
}

typedef TwLock TwLockHeld;

/**
 * tw_lock_held_release:
 * @lock: (nullable): what tw_lock_hold() gave
 *
 * The cleanup of TW_LOCK_SCOPE().
 */
static inline void
tw_lock_held_release(TwLockHeld *lock)
{
    if (lock != NULL)
        tw_unlock(lock);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLockHeld, tw_lock_held_release)

/**
 * tw_lock_hold:
 * @lock: a lock that this thread does not hold
 *
 * Takes the lock for TW_LOCK_SCOPE().
 *
 * Returns: (transfer none): @lock
 */
static inline TwLockHeld *
tw_lock_hold(TwLock *lock)
{
    tw_lock(lock);
    return lock;
}

/**
 * TW_LOCK_SCOPE:
 * @lock: a pointer to a #TwLock
 *
 * Holds the lock to the end of the block. One a block.
 */
#define TW_LOCK_SCOPE(lock) G_GNUC_UNUSED g_autoptr(TwLockHeld) tw_lock_held_ = tw_lock_hold(lock)

G_END_DECLS
