/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk whose flush takes longer, for any program: to be preloaded. Each fsync(), fdatasync() and msync() waits SLOW_SYNC_MS
 * first, and one at a time goes through, whichever process asks, as in a disk: SLOW_SYNC_LOCK names an empty file for that.
 * Without both it changes nothing. For bench/lmtp-beside-dovecot; inside a program bench/slow-disk.h does the same.
 */
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dlfcn.h>

static pthread_mutex_t turn =
    PTHREAD_MUTEX_INITIALIZER; /* among threads; flock() is among processes */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static gulong delay_us;
static const char *lock_path;
static int (*real_fsync)(int fd);
static int (*real_fdatasync)(int fd);
static int (*real_msync)(void *at, size_t len, int flags);

static void
look_up(void)
{
    const char *ms = g_getenv("SLOW_SYNC_MS");

    lock_path = g_getenv("SLOW_SYNC_LOCK");
    delay_us = ms != NULL && lock_path != NULL ? (gulong) g_ascii_strtoull(ms, NULL, 10) * 1000 : 0;
    *(void **) &real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **) &real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **) &real_msync = dlsym(RTLD_NEXT, "msync");
}

/* Opened each time, for children would share a descriptor, and with it the lock. */
static int
wait_for_turn(void)
{
    int fd = -1;

    (void) pthread_once(&once, look_up);
    if (delay_us == 0)
        return fd;
    (void) pthread_mutex_lock(&turn);
    fd = open(lock_path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        (void) flock(fd, LOCK_EX);
    g_usleep(delay_us);
    return fd;
}

static int
end_turn(int lock, int result)
{
    if (delay_us == 0)
        return result;
    if (lock >= 0)
        (void) close(lock);
    (void) pthread_mutex_unlock(&turn);
    return result;
}

int
fsync(int fd)
{
    int lock = wait_for_turn();

    return end_turn(lock, real_fsync(fd));
}

int
fdatasync(int fd)
{
    int lock = wait_for_turn();

    return end_turn(lock, real_fdatasync(fd));
}

int
msync(void *at, size_t len, int flags)
{
    int lock = flags & MS_SYNC ? wait_for_turn() : -1;
    int result;

    (void) pthread_once(&once, look_up);
    result = real_msync(at, len, flags);
    return flags & MS_SYNC ? end_turn(lock, result) : result;
}
