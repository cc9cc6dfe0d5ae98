/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Shows GLib's locks to the thread sanitizer. GLib is not built with it and makes its mutexes from futexes, so the
 * sanitizer would see no lock at all and report every guarded access. These functions stand before GLib's own in every
 * program of a thread-sanitizer build, do the same by calling them, and say what happened.
 */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static struct {
    __typeof__(&g_mutex_lock) mutex_lock;
    __typeof__(&g_mutex_unlock) mutex_unlock;
    __typeof__(&g_mutex_trylock) mutex_trylock;
    __typeof__(&g_cond_wait) cond_wait;
    __typeof__(&g_cond_wait_until) cond_wait_until;
    __typeof__(&g_atomic_rc_box_release_full) rc_box_release_full;
    __typeof__(&g_atomic_ref_count_dec) ref_count_dec;
} real;

/* Before any thread of ours. */
__attribute__((constructor)) static void
find_real(void)
{
    real.mutex_lock = REAL(g_mutex_lock);
    real.mutex_unlock = REAL(g_mutex_unlock);
    real.mutex_trylock = REAL(g_mutex_trylock);
    real.cond_wait = REAL(g_cond_wait);
    real.cond_wait_until = REAL(g_cond_wait_until);
    real.rc_box_release_full = REAL(g_atomic_rc_box_release_full);
    real.ref_count_dec = REAL(g_atomic_ref_count_dec);
}

/* a zeroed GMutex is a lock: the sanitizer learns of it when it is first taken */
#define FLAGS ((unsigned) __tsan_mutex_linker_init)

void
g_mutex_lock(GMutex *mutex)
{
    __tsan_mutex_pre_lock(mutex, FLAGS);
    real.mutex_lock(mutex);
    __tsan_mutex_post_lock(mutex, FLAGS, 0);
}

gboolean
g_mutex_trylock(GMutex *mutex)
{
    gboolean locked;

    __tsan_mutex_pre_lock(mutex, FLAGS | __tsan_mutex_try_lock);
    locked = real.mutex_trylock(mutex);
    __tsan_mutex_post_lock(
        mutex, FLAGS | __tsan_mutex_try_lock | (locked ? 0 : __tsan_mutex_try_lock_failed), 0);
    return locked;
}

void
g_mutex_unlock(GMutex *mutex)
{
    (void) __tsan_mutex_pre_unlock(mutex, FLAGS);
    real.mutex_unlock(mutex);
    __tsan_mutex_post_unlock(mutex, FLAGS);
}

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    (void) __tsan_mutex_pre_unlock(mutex, FLAGS);
    __tsan_mutex_post_unlock(mutex, FLAGS);
    real.cond_wait(cond, mutex);
    __tsan_mutex_pre_lock(mutex, FLAGS);
    __tsan_mutex_post_lock(mutex, FLAGS, 0);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    gboolean woken;

    (void) __tsan_mutex_pre_unlock(mutex, FLAGS);
    __tsan_mutex_post_unlock(mutex, FLAGS);
    woken = real.cond_wait_until(cond, mutex, end_time);
    __tsan_mutex_pre_lock(mutex, FLAGS);
    __tsan_mutex_post_lock(mutex, FLAGS, 0);
    return woken;
}

/*
 * What was done before a reference is given back is done before the last one frees. That one learns of the others only once
 * its own count was the last: what it learnt before that may lack one that came between.
 */
static _Thread_local GDestroyNotify clear_box;

static void
acquire_and_clear(gpointer box)
{
    GDestroyNotify clear = clear_box;

    __tsan_acquire(box);
    if (clear != NULL)
        clear(box);
}

void
g_atomic_rc_box_release_full(gpointer box, GDestroyNotify clear)
{
    __tsan_release(box);
    clear_box = clear;
    real.rc_box_release_full(box, acquire_and_clear);
}

void
g_atomic_rc_box_release(gpointer box)
{
    g_atomic_rc_box_release_full(box, NULL);
}

gboolean
g_atomic_ref_count_dec(gatomicrefcount *count)
{
    gboolean last;

    __tsan_release((gpointer) count);
    last = real.ref_count_dec(count);
    if (last)
        __tsan_acquire((gpointer) count);
    return last;
}
