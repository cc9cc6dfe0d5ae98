/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean
tw_child_wait(GPid pid, int most_ms, int *ret_status)
{
    int fd = (int) syscall(SYS_pidfd_open, pid, 0);
    struct pollfd waiting = { .fd = fd, .events = POLLIN };
    gboolean late = fd >= 0 && poll(&waiting, 1, most_ms) == 0;

    *ret_status = 0;
    if (late)
        (void) kill(pid, SIGKILL);
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR) {
    }
    if (fd >= 0)
        (void) close(fd);
    return !late;
}
