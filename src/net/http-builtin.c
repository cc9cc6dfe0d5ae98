/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Handlers every program has: health, metrics, and the line of the request log.
 */
#include <string.h>

#include "net/http-private.h"

typedef struct {
    TwHttpHealthFunc health;
    TwHttpMetricsFunc metrics;
    gpointer data;
} Builtin;

static void
answer_text(TwHttpRequest *request, guint status, const char *type, GString *text)
{
    g_autoptr(GBytes) body = g_string_free_to_bytes(text);
    TwHttpResponse *response = tw_http_response_new(status);

    tw_http_response_add_header(response, "Cache-Control", "no-store");
    tw_http_response_set_body(response, type, body);
    tw_http_request_respond(request, response);
}

static void
handle_health(TwHttpRequest *request, gpointer data)
{
    const Builtin *builtin = data;
    GString *detail = g_string_new(NULL);
    gboolean well = builtin->health == NULL || builtin->health(builtin->data, detail);

    if (detail->len == 0)
        g_string_assign(detail, well ? "ok" : "not ready");
    g_string_append_c(detail, '\n');
    answer_text(request, well ? 200 : 503, "text/plain; charset=utf-8", detail);
}

static void
handle_metrics(TwHttpRequest *request, gpointer data)
{
    const Builtin *builtin = data;
    GString *text = g_string_new(NULL);

    builtin->metrics(builtin->data, text);
    answer_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", text);
}

static void
add_builtin(TwHttpServer *server, const char *prefix, TwHttpHandlerFunc handler, Builtin builtin)
{
    Builtin *data = g_memdup2(&builtin, sizeof builtin);
    TwHttpRoute route = { .prefix = prefix,
                          .methods = "GET",
                          .handler = handler,
                          .data = data,
                          .flags = TW_HTTP_COMPRESS };

    g_ptr_array_add(server->builtins, data);
    tw_http_server_add_route(server, &route);
}

void
tw_http_server_add_health(TwHttpServer *server,
                          const char *prefix,
                          TwHttpHealthFunc func,
                          gpointer data)
{
    add_builtin(server, prefix, handle_health, (Builtin){ .health = func, .data = data });
}

void
tw_http_server_add_metrics(TwHttpServer *server,
                           const char *prefix,
                           TwHttpMetricsFunc func,
                           gpointer data)
{
    add_builtin(server, prefix, handle_metrics, (Builtin){ .metrics = func, .data = data });
}

/* A blank in front, quotes around what holds blanks or nothing, and no byte that could end the field or the line. */
static void
put_field(GString *line, const char *text)
{
    gboolean quoted = text[0] == '\0' || strpbrk(text, " \"\\") != NULL;

    g_string_append(line, quoted ? " \"" : " ");
    for (; *text != '\0'; text++) {
        guint8 c = (guint8) *text;

        if (c < 0x20 || c == 0x7f)
            g_string_append_printf(line, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            g_string_append_printf(line, "\\%c", c);
        else
            g_string_append_c(line, (char) c);
    }
    if (quoted)
        g_string_append_c(line, '"');
}

static void
put_seconds(GString *line, const char *name, gint64 us)
{
    g_string_append_printf(line, " %s=%" G_GINT64_FORMAT ".%06d", name, us / G_USEC_PER_SEC,
                           (int) (us % G_USEC_PER_SEC));
}

void
tw_http_access_format(const TwHttpAccess *access, GString *line)
{
    char client[TW_ADDRESS_TEXT_MAX];
    g_autofree char *command = access->command != NULL
                                   ? g_strdup(access->command)
                                   : g_strdup_printf("%s %s", access->method, access->path);

    tw_address_format(access->client, FALSE, client);
    g_string_append(line, client);
    put_field(line, access->user != NULL ? access->user : "-");
    put_field(line, access->impersonated != NULL ? access->impersonated : "-");
    put_field(line, command);
    if (access->result != NULL) {
        g_autofree char *result = g_strdup_printf("rc=%s", access->result);
        put_field(line, result);
    } else {
        g_string_append_printf(line, " rc=%u", access->status);
    }
    put_seconds(line, "Tsk", access->total_us);
    /* there is no queue of our own: a worker takes a connection from the kernel when it is ready */
    put_seconds(line, "Tenq", access->total_us);
    put_seconds(line, "Twi", access->work_us);
    put_seconds(line, "Trh1", access->auth_handler_us);
    put_seconds(line, "Trh2", access->handler_us);
}
