/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/script-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"

/* Between fork and exec: only what is safe there. The process group is what a late script is killed by. */
static void
become_script(gpointer data)
{
    sigset_t none;

    (void) data;
    (void) setsid();
    (void) sigemptyset(&none);
    (void) pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static void
keep(GString *said, const char *piece, gsize n)
{
    gsize room = TW_SCRIPT_OUTPUT_MOST - MIN(said->len, (gsize) TW_SCRIPT_OUTPUT_MOST);

    g_string_append_len(said, piece, (gssize) MIN(n, room));
}

/* Reads what is there; FALSE at the end of the pipe. */
static gboolean
drain(int fd, GString *said)
{
    char piece[4096];

    for (;;) {
        gssize n = read(fd, piece, sizeof piece);

        if (n > 0)
            keep(said, piece, (gsize) n);
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return FALSE;
        else if (errno == EAGAIN)
            return TRUE;
    }
}

/* Until the program ends: one that it left in the background may hold the pipe for ever. */
static gboolean
listen_to(int pid_fd, int pipe_fd, int most_ms, GString *said)
{
    gint64 until = tw_time_mono_us() + (gint64) most_ms * 1000;
    struct pollfd waiting[] = { { .fd = pid_fd, .events = POLLIN },
                                { .fd = pipe_fd, .events = POLLIN } };

    for (;;) {
        gint64 left_us = until - tw_time_mono_us();
        int n = left_us <= 0 ? 0 : poll(waiting, G_N_ELEMENTS(waiting), (int) (left_us / 1000 + 1));

        if (n == 0)
            return FALSE;
        if (n < 0)
            continue;
        if (waiting[1].revents != 0 && !drain(pipe_fd, said))
            waiting[1].fd = -1;
        if (waiting[0].revents != 0) {
            if (waiting[1].fd >= 0)
                (void) drain(pipe_fd, said);
            return TRUE;
        }
    }
}

static int
wait_for(GPid pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static gboolean
start(const TwScript *script, int out, GPid *ret, GError **error)
{
    const char *const argv[] = { script->path, NULL };
    g_autoptr(GError) local = NULL;

    if (g_spawn_async_with_pipes_and_fds("/", argv, script->environment, G_SPAWN_DO_NOT_REAP_CHILD,
                                         become_script, NULL, -1, out, out, NULL, NULL, 0, ret,
                                         NULL, NULL, NULL, &local))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
    return FALSE;
}

gboolean
tw_script_run(const TwScript *script, TwScriptEnd *ret, GError **error)
{
    int pipes[2], pid_fd;
    GPid pid = 0;
    gboolean started;

    *ret = (TwScriptEnd){ .late = FALSE };
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return tw_error_from_errno(error, errno, "a pipe for a script");
    (void) fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    started = start(script, pipes[1], &pid, error);
    (void) close(pipes[1]);
    if (started) {
        pid_fd = (int) syscall(SYS_pidfd_open, pid, 0);
        ret->said = g_string_new(NULL);
        ret->late = pid_fd < 0 || !listen_to(pid_fd, pipes[0], script->most_ms, ret->said);
        if (ret->late)
            (void) kill(-pid, SIGKILL);
        ret->status = wait_for(pid);
        if (pid_fd >= 0)
            (void) close(pid_fd);
    }
    (void) close(pipes[0]);
    return started;
}

void
tw_script_end_clear(TwScriptEnd *end)
{
    if (end->said != NULL)
        g_string_free(g_steal_pointer(&end->said), TRUE);
}
