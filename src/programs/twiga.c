/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * twiga: all doors in one process. Doors that exist: HTTP with health and metrics.
 */
#include "programs/daemon.h"

#include "base/error.h"
#include "base/log-config.h"
#include "base/process-config.h"
#include "net/http-server.h"

#include <string.h>
#include <unistd.h>

enum {
    OPTION_ENDPOINTS = TW_OPTION_OWN
};

static const TwConfigKey keys[] = {
    { .name = "metrics_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where GET /metrics is answered in the Prometheus text format. Empty: nowhere. The "
              "figures name no user, "
              "but they tell how busy the server is, so do not offer them to the world." },
    { .name = "health_listen",
      .type = TW_CONFIG_LISTEN,
      .help = "Where GET /health/live and /health/ready are answered. May be the same as "
              "metrics_listen. Empty: "
              "nowhere." },
};

static const TwConfigTable table = {
    .title = "Monitoring",
    .keys = keys,
    .keys_count = G_N_ELEMENTS(keys),
};

static const TwOption options[] = {
    { .long_name = "endpoints",
      .arg = "FILE",
      .id = OPTION_ENDPOINTS,
      .help = "write addresses and PID to FILE once everything listens" },
    { .long_name = NULL },
};

static gboolean
add_tables(TwConfigSchema *schema, GError **error)
{
    return tw_config_schema_add(schema, &tw_process_config_table, error) &&
           tw_config_schema_add(schema, &tw_log_config_table, error) &&
           tw_config_schema_add(schema, &table, error);
}

static const TwProgram program = {
    .name = "twiga",
    .config_name = "server",
    .summary = "collaboration server, all doors in one process",
    .description =
        "Runs every part of Twiga in one process, with nothing to install or configure beside it.",
    .kind = TW_PROGRAM_DAEMON,
    .options = options,
    .add_tables = add_tables,
};

typedef struct {
    TwHttpServer
        *monitoring[2]; /* the one of metrics_listen and that of health_listen, or one for both */
    TwListener *http;   /* borrowed: the first one that listens */
    gint ready;
} Twiga;

/* ---- metrics and health ---- */

static const TwMetricSpec connections_spec = { .name = "twiga_net_connections",
                                               .help = "Open connections of all listeners.",
                                               .kind = TW_METRIC_GAUGE };
static const TwMetricSpec workers_spec = { .name = "twiga_net_workers",
                                           .help = "Threads of the loop, by state.",
                                           .kind = TW_METRIC_GAUGE,
                                           .labels = { "state" } };
static const TwMetricSpec accepted_spec = { .name = "twiga_net_accepted",
                                            .help = "Connections accepted since the start.",
                                            .kind = TW_METRIC_GAUGE };
static const TwMetricSpec requests_spec = { .name = "twiga_http_requests_total",
                                            .help = "HTTP requests answered, by status class.",
                                            .kind = TW_METRIC_COUNTER,
                                            .labels = { "status" } };

static void
print_metrics(gpointer data, GString *text)
{
    TwDaemon *daemon = data;
    const char *busy[] = { "busy" }, *idle[] = { "idle" };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(16u << 20);
    TwLoopStats stats;

    tw_loop_get_stats(daemon->loop, &stats);
    tw_metric_set(tw_metrics_get(daemon->metrics, &connections_spec, NULL), stats.connections);
    tw_metric_set(tw_metrics_get(daemon->metrics, &workers_spec, busy), stats.busy_workers);
    tw_metric_set(tw_metrics_get(daemon->metrics, &workers_spec, idle),
                  (gint64) stats.workers - stats.busy_workers);
    tw_metric_set(tw_metrics_get(daemon->metrics, &accepted_spec, NULL), (gint64) stats.accepted);
    if (tw_metrics_print(daemon->metrics, &out))
        g_string_append_len(text, (const char *) out.data, (gssize) out.len);
}

static gboolean
is_ready(gpointer data, GString *detail)
{
    Twiga *twiga = ((TwDaemon *) data)->data;
    gboolean ready = g_atomic_int_get(&twiga->ready);

    g_string_append(detail, ready ? "ready" : "starting");
    return ready;
}

static void
on_access(const TwHttpAccess *access, gpointer data)
{
    TwDaemon *daemon = data;
    char class[] = "0xx";
    const char *labels[] = { class };

    class[0] = (char) ('0' + MIN(access->status / 100, 9));
    tw_metric_add(tw_metrics_get(daemon->metrics, &requests_spec, labels), 1);
    if (tw_log_wants(NULL, TW_LOG_DEBUG)) {
        g_autoptr(GString) line = g_string_new(NULL);
        tw_http_access_format(access, line);
        tw_log(TW_LOG_DEBUG, "http", tw_log_str(TW_LOG_MSG, line->str));
    }
}

/* ---- life ---- */

static TwHttpServer *
make_server(TwDaemon *daemon, gboolean metrics, gboolean health)
{
    TwHttpServerOptions http = { .access_func = on_access, .access_data = daemon };
    TwHttpServer *server = tw_http_server_new(&http);

    if (metrics)
        tw_http_server_add_metrics(server, "/metrics", print_metrics, daemon);
    if (health) {
        tw_http_server_add_health(server, "/health/live", NULL, NULL);
        tw_http_server_add_health(server, "/health/ready", is_ready, daemon);
    }
    return server;
}

static gboolean
listen_on(TwDaemon *daemon, const char *specs, TwHttpServer *server, GError **error)
{
    Twiga *twiga = daemon->data;
    g_autoptr(GPtrArray) listeners = NULL;
    TwListenOptions listen_options;

    tw_http_server_listen_options(server, &listen_options);
    if (!tw_listener_open(daemon->loop, specs, &listen_options, &listeners, error))
        return FALSE;
    if (twiga->http == NULL && listeners->len > 0)
        twiga->http = g_ptr_array_index(listeners, 0);
    for (guint i = 0; i < listeners->len; i++) {
        char address[TW_ADDRESS_TEXT_MAX];
        tw_address_format(tw_listener_get_address(g_ptr_array_index(listeners, i)), TRUE, address);
        tw_log(TW_LOG_NOTICE, "listening", tw_log_str(TW_LOG_LISTENER, address),
               tw_log_str(TW_LOG_MSG, "http"));
    }
    return TRUE;
}

static gboolean
bind_doors(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;
    const char *metrics = tw_config_get_string(daemon->config, "metrics_listen");
    const char *health = tw_config_get_string(daemon->config, "health_listen");
    gboolean both = strcmp(metrics, health) == 0;

    twiga->monitoring[0] = make_server(daemon, TRUE, both);
    if (!listen_on(daemon, metrics, twiga->monitoring[0], error))
        return FALSE;
    if (both)
        return TRUE;
    twiga->monitoring[1] = make_server(daemon, FALSE, TRUE);
    return listen_on(daemon, health, twiga->monitoring[1], error);
}

/* For scripts: written under another name first, so that whoever waits for the file finds it whole. */
static gboolean
write_endpoints(TwDaemon *daemon, const char *path, GError **error)
{
    const Twiga *twiga = daemon->data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) local = NULL;

    if (twiga->http != NULL) {
        char address[TW_ADDRESS_TEXT_MAX];
        tw_address_format(tw_listener_get_address(twiga->http), TRUE, address);
        g_string_append_printf(text, "HTTP_URL=http://%s\n", address);
    }
    g_string_append_printf(text, "PID=%d\n", (int) getpid());
    if (g_file_set_contents_full(path, text->str, (gssize) text->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0644, &local))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, local->message);
    return FALSE;
}

static gboolean
announce(TwDaemon *daemon, GError **error)
{
    Twiga *twiga = daemon->data;
    const char *path = tw_options_value(daemon->start->options, OPTION_ENDPOINTS);

    g_atomic_int_set(&twiga->ready, 1);
    return path == NULL || write_endpoints(daemon, path, error);
}

static void
close_doors(TwDaemon *daemon)
{
    Twiga *twiga = daemon->data;

    for (guint i = 0; i < G_N_ELEMENTS(twiga->monitoring); i++)
        g_clear_pointer(&twiga->monitoring[i], tw_http_server_free);
}

int
main(int argc, char **argv)
{
    static const TwDaemonParts parts = {
        .program = &program, .bind = bind_doors, .ready = announce, .close = close_doors
    };
    Twiga twiga = { 0 };

    return tw_daemon_main(&parts, &twiga, argc, argv);
}
