/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What happens when the program breaks: a backtrace in the log, perhaps a core file, and then death by the same signal, so
 * that the service manager sees it and starts anew.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    TW_COREDUMP_NO = 0,      /* limit 0 */
    TW_COREDUMP_YES = 1,     /* limit as high as it goes */
    TW_COREDUMP_DEFAULT = 2, /* as the system has it */
} TwCoredump;

/**
 * tw_crash_install:
 * @program: its name; copied
 * @version: its version; copied
 *
 * Catches SIGSEGV, SIGBUS, SIGABRT, SIGILL and SIGFPE from now on: writes program, version, platform, signal and a backtrace
 * to standard error and the descriptor of tw_crash_set_fd(), then lets the signal do its work. Called once, before
 * threads start. The handler allocates nothing and takes no lock.
 */
void tw_crash_install(const char *program, const char *version);

/**
 * tw_crash_set_fd:
 * @fd: a descriptor that stays open, such as that of the log; -1: only standard error
 */
void tw_crash_set_fd(int fd);

/**
 * tw_crash_begin_thread:
 *
 * Gives the calling thread a stack of its own for the handler, so that running out of stack is reported as well. Freed by
 * tw_crash_end_thread(), which the thread calls last. tw_crash_install() does this for its caller.
 */
void tw_crash_begin_thread(void);

/**
 * tw_crash_end_thread:
 *
 * Frees what tw_crash_begin_thread() made.
 */
void tw_crash_end_thread(void);

/**
 * tw_coredump_set:
 * @mode: whether a crash leaves a core file
 * @error: on failure by errno
 *
 * To be called after privileges were dropped, which makes a process undumpable.
 *
 * Returns: TRUE when done
 */
gboolean tw_coredump_set(TwCoredump mode, GError **error);

G_END_DECLS
