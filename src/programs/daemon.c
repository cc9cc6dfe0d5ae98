/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/daemon.h"

#include "base/crash.h"
#include "base/error.h"
#include "base/log-config.h"
#include "base/process-config.h"

#include <string.h>
#include <unistd.h>

enum {
    GRACE_MS = 60 * 1000, /* spec/config-and-cli.md 2.6: sessions may take 60 s to unwind */
    HURRY_MS = 2 * 1000,
};

/* ---- what the loop has to say ---- */

static const TwMetricSpec loop_events = {
    .name = "twiga_net_events_total",
    .help = "Connections refused or lost, by reason.",
    .kind = TW_METRIC_COUNTER,
    .labels = { "event" },
};

typedef struct {
    const char *event;
    guint level;
} EventRow;

static EventRow
describe(TwLoopEvent event)
{
    switch (event) {
    case TW_LOOP_EVENT_ACCEPT_FAILED:
        return (EventRow){ "accept-failed", TW_LOG_ERR };
    case TW_LOOP_EVENT_REFUSED_TOTAL:
        return (EventRow){ "too-many-connections", TW_LOG_WARNING };
    case TW_LOOP_EVENT_REFUSED_PEER:
        return (EventRow){ "too-many-connections-of-peer", TW_LOG_WARNING };
    case TW_LOOP_EVENT_TLS_FAILED:
        return (EventRow){ "tls-failed", TW_LOG_INFO };
    case TW_LOOP_EVENT_PROXY_BAD:
        return (EventRow){ "bad-proxy-header", TW_LOG_WARNING };
    case TW_LOOP_EVENT_PLAINTEXT_DROPPED:
        return (EventRow){ "plaintext-behind-starttls", TW_LOG_WARNING };
    case TW_LOOP_EVENT_WORKERS_BUSY:
        return (EventRow){ "workers-busy", TW_LOG_WARNING };
    case TW_LOOP_EVENT_WORKER_FAILED:
        return (EventRow){ "worker-failed", TW_LOG_ERR };
    }
    return (EventRow){ "unknown", TW_LOG_ERR };
}

static void
on_loop_event(TwLoopEvent event, const TwAddress *peer, const GError *error, gpointer data)
{
    TwDaemon *daemon = data;
    EventRow row = describe(event);
    char address[TW_ADDRESS_TEXT_MAX] = "-";

    if (peer != NULL)
        tw_address_format(peer, FALSE, address);
    tw_metric_add(tw_metrics_get(daemon->metrics, &loop_events, &row.event), 1);
    if (tw_log_wants(NULL, row.level)) {
        const TwLogValue values[] = { tw_log_str(TW_LOG_PEER, address),
                                      tw_log_str(TW_LOG_ERROR,
                                                 error != NULL ? error->message : "-"),
                                      { .field = TW_LOG_FIELD_END } };
        tw_log_event(NULL, row.level, row.event, values);
    }
}

/* ---- starting ---- */

static gboolean
open_log(TwDaemon *daemon, char **environment, const TwProcessIdentity *identity, GError **error)
{
    TwLogPlace place = { .ident = daemon->parts->program->name,
                         .prefix = TW_LOG_PREFIX_THREAD,
                         .owner_uid = identity->uid,
                         .owner_gid = identity->gid };
    TwLogSettings settings;

    tw_log_place_detect(&place, (const char *const *) environment);
    settings = tw_log_settings_from_config(daemon->config, &place);
    daemon->log = tw_log_new(&settings, error);
    if (daemon->log == NULL)
        return FALSE;
    tw_log_set_default(daemon->log);
    tw_log_capture_glib();
    tw_crash_set_fd(tw_log_get_fd(daemon->log));
    tw_log_notes(daemon->start->notes);
    return TRUE;
}

/* Everything that may need root, then privileges go for good. */
static gboolean
bind_and_drop(TwDaemon *daemon, TwPidFile **ret_pid_file, GError **error)
{
    const TwConfig *config = daemon->config;
    const char *pid_path = tw_config_get_string(config, "pid_file");
    TwLoopOptions options = {
        .max_connections = (guint) tw_config_get_int(config, "max_connections"),
        .max_per_peer = (guint) tw_config_get_int(config, "max_connections_per_peer"),
        .event_func = on_loop_event,
        .event_data = daemon,
    };

    daemon->sockets = tw_process_take_sockets();
    daemon->loop = tw_loop_new(&options, error);
    if (daemon->loop == NULL)
        return FALSE;
    if (daemon->parts->bind != NULL && !daemon->parts->bind(daemon, error))
        return FALSE;
    if (pid_path[0] != '\0' && (*ret_pid_file = tw_pid_file_new(pid_path, error)) == NULL)
        return FALSE;
    return tw_process_drop_privileges(tw_config_get_string(config, "run_as_user"),
                                      tw_config_get_string(config, "run_as_group"), error) &&
           tw_coredump_set((TwCoredump) tw_config_get_enum(config, "coredump_enabled"), error);
}

static gboolean
start(TwDaemon *daemon, GError **error)
{
    return (daemon->parts->open == NULL || daemon->parts->open(daemon, error)) &&
           tw_loop_start(daemon->loop, error) &&
           (daemon->parts->ready == NULL || daemon->parts->ready(daemon, error));
}

/* ---- running and stopping ---- */

static void
reload(TwDaemon *daemon, char **environment)
{
    TwProgramWorld world = { .environment = (const char *const *) environment };
    g_autoptr(GPtrArray) notes =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_config_note_free);
    g_autoptr(GError) error = NULL, log_error = NULL;
    TwConfig *next;

    tw_process_notify("RELOADING=1");
    next = tw_program_reload(daemon->start, daemon->config, &world, notes, &error);
    tw_log_notes(notes);
    if (next == NULL) {
        tw_log(TW_LOG_ERR, "reload-failed", tw_log_str(TW_LOG_ERROR, error->message));
    } else {
        tw_config_unref(daemon->config);
        daemon->config = next;
        tw_log_set_level(daemon->log, (guint) tw_config_get_int(daemon->config, "log_level"));
        if (daemon->parts->reloaded != NULL)
            daemon->parts->reloaded(daemon);
    }
    if (!tw_log_reopen(daemon->log, &log_error))
        tw_log(TW_LOG_ERR, "log-reopen-failed", tw_log_str(TW_LOG_ERROR, log_error->message));
    if (next != NULL)
        tw_log(TW_LOG_NOTICE, "reloaded");
    tw_process_notify("READY=1");
}

static gpointer
hurry_at_next_stop(gpointer data)
{
    gpointer *both = data;
    TwSignal signal;

    do {
        signal = tw_signals_wait(both[1], 100);
    } while (signal != TW_SIGNAL_STOP && !g_atomic_int_get((gint *) both[2]));
    if (signal == TW_SIGNAL_STOP)
        tw_loop_stop(both[0], HURRY_MS);
    return NULL;
}

/* FALSE when a worker is stuck: then nothing may be freed under it. */
static gboolean
stop(TwDaemon *daemon, TwSignals *signals)
{
    gint stopped = 0;
    gpointer both[] = { daemon->loop, signals, &stopped };
    GThread *hurry;
    gboolean ended;

    tw_process_notify("STOPPING=1");
    tw_log(TW_LOG_NOTICE, "stopping");
    hurry = g_thread_new("hurry", hurry_at_next_stop, both);
    ended = tw_loop_stop(daemon->loop, GRACE_MS);
    g_atomic_int_set(&stopped, 1);
    g_thread_join(hurry);
    return ended;
}

static void
run(TwDaemon *daemon, TwSignals *signals, char **environment)
{
    tw_process_notify("READY=1");
    tw_log(TW_LOG_NOTICE, "started", tw_log_str(TW_LOG_VERSION, TW_VERSION),
           tw_log_int(TW_LOG_PID, getpid()));
    for (;;) {
        TwSignal signal = tw_signals_wait(signals, -1);
        if (signal == TW_SIGNAL_STOP)
            return;
        if (signal == TW_SIGNAL_RELOAD)
            reload(daemon, environment);
    }
}

/* Says why it ends: to the log, and to whoever started it by hand. */
static int
give_up(TwDaemon *daemon, const GError *error)
{
    if (daemon->log != NULL)
        tw_log(TW_LOG_CRIT, "start-failed", tw_log_str(TW_LOG_ERROR, error->message));
    if (daemon->log == NULL || tw_log_get_fd(daemon->log) != STDERR_FILENO)
        g_printerr("%s: %s\n", daemon->parts->program->name, error->message);
    return TW_EXIT_FAILED;
}

static void
clear(TwDaemon *daemon)
{
    if (daemon->parts->close != NULL)
        daemon->parts->close(daemon);
    for (guint i = 0; daemon->sockets != NULL && i < daemon->sockets->len; i++) {
        int fd = g_array_index(daemon->sockets, TwPassedSocket, i).fd;
        if (fd >= 0)
            close(fd);
    }
    g_clear_pointer(&daemon->sockets, g_array_unref);
    tw_metrics_free(daemon->metrics);
    tw_log_set_default(NULL);
    tw_log_free(daemon->log);
    tw_config_unref(daemon->config);
    tw_start_free(daemon->start);
}

int
tw_daemon_main(const TwDaemonParts *parts, gpointer data, int argc, char **argv)
{
    TwDaemon daemon = { .parts = parts, .data = data };
    g_auto(GStrv) environment = g_get_environ();
    g_auto(TwProcessIdentity) identity = { 0 };
    g_autoptr(TwSignals) signals = NULL;
    g_autoptr(TwPidFile) pid_file = NULL;
    g_autoptr(GError) error = NULL;
    int code = TW_EXIT_OK;

    tw_crash_install(parts->program->name, TW_VERSION);
    daemon.start = tw_program_main_start(parts->program, argc, argv, &code);
    if (daemon.start == NULL)
        return code;
    daemon.config = tw_config_ref(daemon.start->config);
    daemon.metrics = tw_metrics_new();
    signals = tw_signals_new(&error);
    if (signals == NULL || !tw_process_identity_from_config(daemon.config, &identity, &error) ||
        !open_log(&daemon, environment, &identity, &error) ||
        !bind_and_drop(&daemon, &pid_file, &error)) {
        code = give_up(&daemon, error);
        g_clear_pointer(&daemon.loop, tw_loop_free);
    } else if (!start(&daemon, &error)) {
        code = give_up(&daemon, error);
        if (tw_loop_stop(daemon.loop, HURRY_MS))
            g_clear_pointer(&daemon.loop, tw_loop_free);
    } else {
        run(&daemon, signals, environment);
        if (!stop(&daemon, signals)) {
            tw_log(TW_LOG_ERR, "worker-stuck");
            tw_log_flush(daemon.log);
            _exit(TW_EXIT_FAILED);
        }
        g_clear_pointer(&daemon.loop, tw_loop_free);
        tw_log(TW_LOG_NOTICE, "stopped");
    }
    clear(&daemon);
    return code;
}
