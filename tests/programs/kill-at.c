/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * For tests, to be preloaded by a program: kills it as kill -9 does right before the KILL_AT-th time that it would change a file or
 * say something to another program. So a test that counts from 1 on until the program lives to its end has seen each state that a
 * crash can leave. Without KILL_AT it changes nothing.
 */
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <dlfcn.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static gint kill_at, count; /* count: atomic */
static ssize_t (*real_pwrite)(int fd, const void *data, size_t len, off_t offset);
static ssize_t (*real_pwritev)(int fd, const struct iovec *parts, int parts_count, off_t offset);
static ssize_t (*real_send)(int fd, const void *data, size_t len, int flags);
static int (*real_fdatasync)(int fd);
static int (*real_ftruncate)(int fd, off_t len);
static int (*real_renameat2)(
    int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
static int (*real_unlink)(const char *path);

static void
look_up(void)
{
    const char *number = g_getenv("KILL_AT");

    kill_at = number != NULL ? (gint) g_ascii_strtoll(number, NULL, 10) : 0;
    *(void **) &real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    *(void **) &real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    *(void **) &real_send = dlsym(RTLD_NEXT, "send");
    *(void **) &real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **) &real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    *(void **) &real_renameat2 = dlsym(RTLD_NEXT, "renameat2");
    *(void **) &real_unlink = dlsym(RTLD_NEXT, "unlink");
}

static void
step(void)
{
    (void) pthread_once(&once, look_up);
    if (g_atomic_int_add(&count, 1) + 1 == kill_at)
        (void) kill(getpid(), SIGKILL);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
    step();
    return real_pwrite(fd, data, len, offset);
}

ssize_t
pwritev(int fd, const struct iovec *parts, int parts_count, off_t offset)
{
    step();
    return real_pwritev(fd, parts, parts_count, offset);
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
    step();
    return real_send(fd, data, len, flags);
}

int
fdatasync(int fd)
{
    step();
    return real_fdatasync(fd);
}

int
ftruncate(int fd, off_t len)
{
    step();
    return real_ftruncate(fd, len);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
    step();
    return real_renameat2(from_fd, from, to_fd, to, flags);
}

int
unlink(const char *path)
{
    step();
    return real_unlink(path);
}
