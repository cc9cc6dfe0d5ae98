/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a daemon owes its system: signals, user, pid file, the service manager. Used by programs in this order:
 * tw_process_block_signals(), bind (tw_listener_open()), tw_pid_file_new(), tw_process_drop_privileges(),
 * tw_loop_start(), tw_process_notify("READY=1"), then tw_process_wait_signal() until it is time to stop.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    TW_SIGNAL_NONE,   /* the time was over */
    TW_SIGNAL_RELOAD, /* HUP */
    TW_SIGNAL_STOP,   /* TERM, INT; the second one means: faster */
    TW_SIGNAL_QUEUE,  /* USR2: look at the queue (spooler) */
    TW_SIGNAL_CHILD,  /* CHLD: a child wants to be reaped */
} TwSignal;

typedef struct TwSignals TwSignals;

/**
 * tw_signals_new:
 * @error: on failure TW_ERROR_BUSY or TW_ERROR_FAILED
 *
 * Blocks HUP, TERM, INT, USR2 and CHLD in this thread and all it starts later, so call it before any; from now on they
 * are only read here. PIPE and USR1 are ignored (spec/config-and-cli.md 2.6).
 *
 * Returns: (transfer full): where they are read, or NULL
 */
TwSignals *tw_signals_new(GError **error);

/**
 * tw_signals_free:
 * @signals: (nullable): from tw_signals_new()
 *
 * The signals stay blocked.
 */
void tw_signals_free(TwSignals *signals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSignals, tw_signals_free)

/**
 * tw_signals_wait:
 * @signals: from tw_signals_new()
 * @max_ms: how long; -1: for ever
 *
 * Waits for the next signal. Nothing runs in signal context, so any number of them, at any time, is safe.
 *
 * Returns: which one; NONE when @max_ms is over
 */
TwSignal tw_signals_wait(TwSignals *signals, int max_ms);

/**
 * tw_process_drop_privileges:
 * @user: (nullable): name or number to switch to; NULL or "" stays
 * @group: (nullable): name or number; NULL or "": the user's own, or stay
 * @error: on failure TW_ERROR_NOT_FOUND (no such user or group), TW_ERROR_NO_ACCESS, TW_ERROR_FAILED
 *
 * Sets the group, the groups of the user, then the user, all of them for good, and proves that root cannot be had back.
 * Afterwards no other process of that user may look into this one (PR_SET_DUMPABLE 0): it holds keys. Call it
 * after sockets are bound and before threads are started.
 *
 * Returns: FALSE when the process must not go on
 */
gboolean tw_process_drop_privileges(const char *user, const char *group, GError **error);

typedef struct TwPidFile TwPidFile;

/**
 * tw_pid_file_new:
 * @path: where
 * @error: on failure TW_ERROR_EXISTS (another process has it locked; its number is in the message), TW_ERROR_NO_ACCESS,
 *   TW_ERROR_NO_SPACE, TW_ERROR_FAILED
 *
 * Writes the number of this process and keeps the file locked, so that a file left by a crash is no hindrance.
 *
 * Returns: (transfer full): the file, or NULL
 */
TwPidFile *tw_pid_file_new(const char *path, GError **error);

/**
 * tw_pid_file_free:
 * @file: (nullable): from tw_pid_file_new()
 *
 * Empties and unlocks the file, and removes it where this user may.
 */
void tw_pid_file_free(TwPidFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwPidFile, tw_pid_file_free)

/**
 * tw_process_notify:
 * @state: lines for the service manager, such as "READY=1", "STOPPING=1", "STATUS=..."
 *
 * Tells systemd, if it started this process and asked to be told. "RELOADING=1" gets the time it needs
 * (MONOTONIC_USEC) by itself. Without a service manager nothing happens.
 */
void tw_process_notify(const char *state);

typedef struct {
    int fd;     /* listening; owned by whoever took the list, for tw_listener_adopt() */
    char *name; /* FileDescriptorName=, such as "imap"; "unknown" if there is none */
} TwPassedSocket;

/**
 * tw_process_take_sockets:
 *
 * Sockets that the service manager passed (LISTEN_FDS, LISTEN_FDNAMES), once: the variables are removed, so that no child
 * believes they are for it. Call it before threads are started.
 *
 * Returns: (transfer full) (element-type TwPassedSocket): an array, empty if there are none; freeing it frees
 *   the names and leaves the descriptors open
 */
GArray *tw_process_take_sockets(void);

G_END_DECLS
