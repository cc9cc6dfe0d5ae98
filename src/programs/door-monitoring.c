/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door for whoever watches: metrics and health over HTTP. */
#include "programs/doors.h"

#include <string.h>

#include "net/http-server.h"

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

typedef struct {
    TwHouse *house;
    /* the one of metrics_listen and that of health_listen, or one for both */
    TwHttpServer *servers[2];
    TwListener *first; /* borrowed: the first one that listens */
} Monitoring;

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
static const TwMetricSpec stores_spec = { .name = "twiga_stores",
                                          .help = "Mailboxes and public stores on this node.",
                                          .kind = TW_METRIC_GAUGE };
static const TwMetricSpec requests_spec = { .name = "twiga_http_requests_total",
                                            .help = "HTTP requests answered, by status class.",
                                            .kind = TW_METRIC_COUNTER,
                                            .labels = { "status" } };

static void
print_metrics(gpointer data, GString *text)
{
    Monitoring *door = data;
    TwDaemon *daemon = door->house->daemon;
    const char *busy[] = { "busy" }, *idle[] = { "idle" };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(16u << 20);
    TwLoopStats stats;

    tw_loop_get_stats(daemon->loop, &stats);
    tw_metric_set(tw_metrics_get(daemon->metrics, &connections_spec, NULL), stats.connections);
    tw_metric_set(tw_metrics_get(daemon->metrics, &workers_spec, busy), stats.busy_workers);
    tw_metric_set(tw_metrics_get(daemon->metrics, &workers_spec, idle),
                  (gint64) stats.workers - stats.busy_workers);
    tw_metric_set(tw_metrics_get(daemon->metrics, &accepted_spec, NULL), (gint64) stats.accepted);
    if (door->house->node != NULL) /* a door alone has its mailboxes behind a wire */
        tw_metric_set(tw_metrics_get(daemon->metrics, &stores_spec, NULL),
                      tw_node_count_stores(door->house->node));
    if (tw_metrics_print(daemon->metrics, &out))
        g_string_append_len(text, (const char *) out.data, (gssize) out.len);
}

static gboolean
is_ready(gpointer data, GString *detail)
{
    Monitoring *door = data;
    gboolean ready = g_atomic_int_get(&door->house->ready);

    g_string_append(detail, ready ? "ready" : "starting");
    return ready;
}

static void
on_access(const TwHttpAccess *access, gpointer data)
{
    TwDaemon *daemon = ((Monitoring *) data)->house->daemon;
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
make_server(Monitoring *door, gboolean metrics, gboolean health)
{
    TwHttpServerOptions http = { .access_func = on_access, .access_data = door };
    TwHttpServer *server = tw_http_server_new(&http);

    if (metrics)
        tw_http_server_add_metrics(server, "/metrics", print_metrics, door);
    if (health) {
        tw_http_server_add_health(server, "/health/live", NULL, NULL);
        tw_http_server_add_health(server, "/health/ready", is_ready, door);
    }
    return server;
}

static gboolean
listen_on(Monitoring *door, const char *key, TwHttpServer *server, GError **error)
{
    TwListenOptions options;
    TwListener *first = NULL;

    tw_http_server_listen_options(server, &options);
    if (!tw_house_listen(door->house, "http", key, &options, &first, error))
        return FALSE;
    if (door->first == NULL)
        door->first = first;
    return TRUE;
}

static void
stop_monitoring(gpointer data)
{
    Monitoring *door = data;

    for (guint i = 0; i < G_N_ELEMENTS(door->servers); i++)
        tw_http_server_free(door->servers[i]);
    g_free(door);
}

static gboolean
bind_monitoring(TwHouse *house, gpointer *ret_door, GError **error)
{
    const char *metrics = tw_config_get_string(house->daemon->config, "metrics_listen");
    const char *health = tw_config_get_string(house->daemon->config, "health_listen");
    gboolean both = strcmp(metrics, health) == 0;
    Monitoring *door = g_new0(Monitoring, 1);

    *ret_door = door;
    door->house = house;
    door->servers[0] = make_server(door, TRUE, both);
    if (!listen_on(door, "metrics_listen", door->servers[0], error))
        return FALSE;
    if (both)
        return TRUE;
    door->servers[1] = make_server(door, FALSE, TRUE);
    return listen_on(door, "health_listen", door->servers[1], error);
}

static void
write_monitoring(gpointer data, GString *text)
{
    Monitoring *door = data;
    char address[TW_ADDRESS_TEXT_MAX];

    if (door->first == NULL)
        return;
    tw_address_format(tw_listener_get_address(door->first), TRUE, address);
    g_string_append_printf(text, "HTTP_URL=http://%s\n", address);
}

const TwDoor tw_door_monitoring = {
    .name = "monitoring",
    .tables = { &table },
    .bind = bind_monitoring,
    .stop = stop_monitoring,
    .write_endpoints = write_monitoring,
};
