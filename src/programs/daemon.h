/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The life of a daemon, the same for each: read the configuration, bind, drop privileges, start, say that it is ready, obey
 * signals, stop. What a program does of its own hangs in #TwDaemonParts.
 */
#pragma once

#include "base/log.h"
#include "base/metrics.h"
#include "base/program.h"
#include "net/loop.h"
#include "net/process.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct TwDaemon TwDaemon;

/* All are called on the main thread. What is NULL is passed over. */
typedef struct {
    const TwProgram *program;
    /* Binds sockets, opens files that need root. Threads do not run yet. */
    gboolean (*bind)(TwDaemon *daemon, GError **error);
    /* Opens what belongs to the user it runs as; threads may be started. */
    gboolean (*open)(TwDaemon *daemon, GError **error);
    /* Everything listens. A failure stops the program. */
    gboolean (*ready)(TwDaemon *daemon, GError **error);
    /* A new configuration is in force. */
    void (*reloaded)(TwDaemon *daemon);
    /* Connections are closed; frees what bind and open made, also when only some of it was made. */
    void (*close)(TwDaemon *daemon);
} TwDaemonParts;

struct TwDaemon {
    const TwDaemonParts *parts;
    TwStart *start;
    TwConfig *config; /* the one in force */
    TwLog *log;
    TwMetrics *metrics;
    TwLoop *loop;
    GArray *
        sockets; /* of TwPassedSocket: passed by the service manager; who adopts one sets its fd to -1 */
    gpointer data; /* of the program */
};

/**
 * tw_daemon_main:
 * @parts: what the program does of its own
 * @data: kept in the daemon
 * @argc: as in main()
 * @argv: as in main()
 *
 * Runs a daemon from start to stop. TERM and INT stop it: commands that run get 60 seconds, 2 after a second signal.
 * HUP reads the configuration again and opens the log file anew.
 *
 * Returns: what to exit with
 */
int tw_daemon_main(const TwDaemonParts *parts, gpointer data, int argc, char **argv);

G_END_DECLS
