/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Happy eyeballs (RFC 8305): addresses are tried while the lookup still runs, each a moment after the one before it or when
 * that has failed. One poll() waits for name servers and connections alike, and no longer than the caller allows.
 */
#include "net/connect-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "net/loop-private.h"
#include "net/resolve-private.h"

enum {
    STAGGER_MS = 250,  /* RFC 8305 5 */
    ATTEMPTS_MAX = 16, /* of one host */
};

/* Attempts under way; fds of failed ones are -1. */
typedef struct {
    struct pollfd fds[ATTEMPTS_MAX + TW_RESOLVE_FDS_MOST]; /* behind the attempts: the lookup's */
    guint begun, failed;
    int last_errno;
} Attempts;

static void
begin_attempt(Attempts *attempts, const TwAddress *address)
{
    struct pollfd *p = &attempts->fds[attempts->begun++];
    struct sockaddr_storage addr;
    socklen_t len = tw_address_to_sockaddr(address, &addr);

    p->events = POLLOUT;
    p->fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->fd >= 0 && (connect(p->fd, (struct sockaddr *) &addr, len) == 0 || errno == EINPROGRESS))
        return;
    attempts->last_errno = errno;
    attempts->failed++;
    if (p->fd >= 0)
        (void) close(p->fd);
    p->fd = -1;
}

/* Returns a connected socket, taken out of the attempts, or -1. */
static int
finished_attempt(Attempts *attempts)
{
    for (guint i = 0; i < attempts->begun; i++) {
        struct pollfd *p = &attempts->fds[i];
        int code = 0, fd = p->fd;
        socklen_t len = sizeof code;

        if (fd < 0 || p->revents == 0)
            continue;
        p->fd = -1;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) == 0 && code == 0)
            return fd;
        attempts->last_errno = code;
        attempts->failed++;
        (void) close(fd);
    }
    return -1;
}

/* Waits until something happens on a socket, or wake_ms. Returns as finished_attempt(). */
static int
wait_for_any(Attempts *attempts, TwResolve *names, gint64 wake_ms)
{
    struct pollfd *lookup = attempts->fds + attempts->begun;
    guint count = tw_resolve_prepare(names, lookup, &wake_ms);
    gint64 wait_ms = CLAMP(wake_ms - tw_loop_now_ms(), 0, G_MAXINT);
    gboolean any = poll(attempts->fds, attempts->begun + count, (int) wait_ms) > 0;

    tw_resolve_process(names, lookup, any ? count : 0, tw_loop_now_ms());
    return any ? finished_attempt(attempts) : -1;
}

static void
set_connect_error(GError **error, const char *host, int number)
{
    g_set_error(error, TW_ERROR, number == ETIMEDOUT ? TW_ERROR_TIMEOUT : TW_ERROR_BUSY,
                "connecting to %s: %s", host, g_strerror(number));
}

int
tw_connect_host(
    const char *host, guint16 port, const char *name_servers, gint64 until_ms, GError **error)
{
    gint64 now = tw_loop_now_ms(), next_at = now;
    g_autoptr(TwResolve) names = tw_resolve_new(host, port, name_servers, now, error);
    Attempts attempts = { .begun = 0 };
    int fd = -1;

    if (names == NULL)
        return -1;
    for (; fd < 0; now = tw_loop_now_ms()) {
        gboolean may_begin = attempts.begun < ATTEMPTS_MAX;
        gboolean all_failed = attempts.failed == attempts.begun;
        TwAddress address;

        if (may_begin && (all_failed || now >= next_at) && tw_resolve_next(names, now, &address)) {
            begin_attempt(&attempts, &address);
            next_at = now + STAGGER_MS;
            continue;
        }
        if (now >= until_ms || (all_failed && (!may_begin || tw_resolve_is_done(names)))) {
            if (attempts.begun == 0)
                tw_resolve_set_error(names, error);
            else
                set_connect_error(error, host, all_failed ? attempts.last_errno : ETIMEDOUT);
            break;
        }
        fd = wait_for_any(&attempts, names,
                          may_begin && next_at > now ? MIN(next_at, until_ms) : until_ms);
    }
    for (guint i = 0; i < attempts.begun; i++) {
        if (attempts.fds[i].fd >= 0)
            (void) close(attempts.fds[i].fd);
    }
    return fd;
}

/* The other side's queue takes it or does not: nothing is waited for. */
int
tw_connect_unix(const char *path, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd;

    if (g_strlcpy(addr.sun_path, path, sizeof addr.sun_path) >= sizeof addr.sun_path) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s is too long a path for a socket", path);
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *) &addr, sizeof addr) == 0)
        return fd;
    set_connect_error(error, path, errno);
    if (fd >= 0)
        (void) close(fd);
    return -1;
}
