/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-server.h"

#include <string.h>
#include <time.h>

#include "net/http-condition.h"
#include "net/http-private.h"

enum {
    COMPRESS_LEAST = 1024,
    REQUESTS_MOST = 100000,
    MEMORY_MOST = 256 << 10
};

static void
free_route(gpointer data)
{
    TwHttpRouteRow *row = data;

    g_free(row->prefix);
    g_free(row->realm);
    g_strfreev(row->methods);
    g_free(row);
}

static void
set_defaults(TwHttpServerOptions *options)
{
    static const TwHttpHeadLimits head = TW_HTTP_HEAD_LIMITS_DEFAULT;

    if (options->head.line_len == 0)
        options->head.line_len = head.line_len;
    if (options->head.field_len == 0)
        options->head.field_len = head.field_len;
    if (options->head.head_len == 0)
        options->head.head_len = head.head_len;
    if (options->head.field_count == 0)
        options->head.field_count = head.field_count;
    if (options->compress_least == 0)
        options->compress_least = COMPRESS_LEAST;
    if (options->requests_most == 0)
        options->requests_most = REQUESTS_MOST;
}

TwHttpServer *
tw_http_server_new(const TwHttpServerOptions *options)
{
    TwHttpServer *server = g_new0(TwHttpServer, 1);

    if (options != NULL)
        server->options = *options;
    set_defaults(&server->options);
    server->server_name = g_strdup(server->options.server_name);
    server->proxy_user_header = g_strdup(server->options.proxy_user_header);
    server->tmp_dir = g_strdup(server->options.tmp_dir);
    if (server->tmp_dir == NULL)
        server->tmp_dir = g_strdup(g_get_tmp_dir());
    if (server->options.trusted_proxies != NULL) {
        const GArray *given = server->options.trusted_proxies;

        server->trusted_proxies = g_array_new(FALSE, FALSE, sizeof(TwNetwork));
        g_array_append_vals(server->trusted_proxies, given->data, given->len);
    }
    server->options.server_name = server->server_name;
    server->options.proxy_user_header = server->proxy_user_header;
    server->options.tmp_dir = server->tmp_dir;
    server->options.trusted_proxies = server->trusted_proxies;
    server->routes = g_ptr_array_new_with_free_func(free_route);
    server->builtins = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&server->date_lock);
    server->date_second = -1;
    return server;
}

void
tw_http_server_free(TwHttpServer *server)
{
    if (server == NULL)
        return;
    g_free(server->server_name);
    g_free(server->proxy_user_header);
    g_free(server->tmp_dir);
    g_clear_pointer(&server->trusted_proxies, g_array_unref);
    g_ptr_array_unref(server->routes);
    g_ptr_array_unref(server->builtins);
    g_mutex_clear(&server->date_lock);
    g_free(server);
}

/* Longest prefix first; of equals, the one added first. */
static void
insert_route(GPtrArray *routes, TwHttpRouteRow *row)
{
    guint at = 0;

    while (at < routes->len &&
           ((const TwHttpRouteRow *) routes->pdata[at])->prefix_len >= row->prefix_len)
        at++;
    g_ptr_array_insert(routes, (int) at, row);
}

void
tw_http_server_add_route(TwHttpServer *server, const TwHttpRoute *route)
{
    TwHttpRouteRow *row = g_new0(TwHttpRouteRow, 1);

    g_assert(route->handler != NULL);
    g_assert(route->prefix[0] == '\0' ||
             (route->prefix[0] == '/' && !g_str_has_suffix(route->prefix, "/")));
    row->as_given = *route;
    row->prefix = g_strdup(route->prefix);
    row->realm = g_strdup(route->realm != NULL ? route->realm : "Twiga");
    row->as_given.prefix = row->prefix;
    row->as_given.realm = row->realm;
    row->as_given.methods = NULL;
    if (row->as_given.memory_most == 0)
        row->as_given.memory_most = MEMORY_MOST;
    row->prefix_len = strlen(route->prefix);
    if (route->methods != NULL)
        row->methods = g_strsplit(route->methods, ", ", -1);
    insert_route(server->routes, row);
}

static gboolean
has_method(const TwHttpRouteRow *row, const char *method)
{
    if (row->methods == NULL)
        return TRUE;
    return g_strv_contains((const char *const *) row->methods, method) ||
           (strcmp(method, "HEAD") == 0 &&
            g_strv_contains((const char *const *) row->methods, "GET"));
}

static gboolean
has_prefix(const TwHttpRouteRow *row, const char *path)
{
    return strncmp(path, row->as_given.prefix, row->prefix_len) == 0 &&
           (path[row->prefix_len] == '/' || path[row->prefix_len] == '\0' || row->prefix_len == 0);
}

static void
list_methods(const TwHttpRouteRow *row, GString *allow)
{
    for (guint i = 0; row->methods[i] != NULL; i++) {
        g_string_append_printf(allow, "%s%s", allow->len > 0 ? ", " : "", row->methods[i]);
        if (strcmp(row->methods[i], "GET") == 0)
            g_string_append(allow, ", HEAD");
    }
}

gboolean
tw_http_server_route(TwHttpServer *server,
                     const TwHttpHead *head,
                     const TwHttpRouteRow **ret_route,
                     guint *ret_status,
                     char **ret_allow)
{
    GString *allow = NULL;
    gsize prefix_len = 0;

    for (guint i = 0; i < server->routes->len; i++) {
        const TwHttpRouteRow *row = server->routes->pdata[i];

        if (allow != NULL && row->prefix_len < prefix_len)
            break;
        if (!has_prefix(row, head->path))
            continue;
        if (has_method(row, head->method)) {
            if (allow != NULL)
                g_string_free(allow, TRUE);
            *ret_route = row;
            return TRUE;
        }
        if (allow == NULL)
            allow = g_string_new(NULL);
        prefix_len = row->prefix_len;
        list_methods(row, allow);
    }
    *ret_status = allow != NULL ? 405 : 404;
    *ret_allow = allow != NULL ? g_string_free(allow, FALSE) : NULL;
    return FALSE;
}

void
tw_http_server_get_date(TwHttpServer *server, char ret[32])
{
    struct timespec ts;
    gint64 now;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts); /* a few ms late at most, and nearly free */
    now = ts.tv_sec;
    g_mutex_lock(&server->date_lock);
    if (now != server->date_second) {
        tw_http_date_format(now, server->date);
        server->date_second = now;
    }
    memcpy(ret, server->date, sizeof server->date);
    g_mutex_unlock(&server->date_lock);
}

void
tw_http_server_listen_options(TwHttpServer *server, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = tw_http_server_get_protocol(),
                              .data = server,
                              .timeouts = server->options.timeouts };
}
