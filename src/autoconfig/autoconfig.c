/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "autoconfig/autoconfig.h"

#include <string.h>

#include "net/http-server.h"
#include "net/http-uri.h"

struct TwAutoconfig {
    TwAutoconfigFacts facts; /* never changed */
    TwHttpServer *http;
};

static void
respond(TwHttpRequest *request, const TwBuffer *out)
{
    TwHttpResponse *response = tw_http_response_new(200);
    g_autoptr(GBytes) body = g_bytes_new(out->data, out->len);

    tw_http_response_set_body(response, "text/xml; charset=utf-8", body);
    tw_http_request_respond(request, response);
}

/* Thunderbird: GET .../config-v1.1.xml?emailaddress=jo@example.org */
static void
on_config(TwHttpRequest *request, gpointer data)
{
    const TwAutoconfig *door = data;
    const TwHttpHead *head = tw_http_request_get_head(request);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    g_autoptr(TwHttpQuery) query = NULL;
    const char *address;

    if (*tw_http_request_get_rest(request) != '\0') {
        tw_http_request_respond_error(request, 404);
        return;
    }
    if (head->query != NULL)
        query = tw_http_query_parse(head->query, strlen(head->query), NULL);
    address = query != NULL ? tw_http_query_get(query, "emailaddress") : NULL;
    if (address != NULL && !tw_autoconfig_is_address(address, strlen(address))) {
        tw_http_request_respond_error(request, 400);
        return;
    }
    tw_autoconfig_write(&door->facts, address, &out);
    respond(request, &out);
}

/* Autodiscover: POST with an address in it. */
static void
on_discover(TwHttpRequest *request, gpointer data)
{
    const TwAutoconfig *door = data;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_AUTOCONFIG_DOCUMENT_MAX);
    guint64 len = tw_http_request_get_body_len(request);
    g_autofree guint8 *body = g_malloc0(TW_AUTOCONFIG_REQUEST_MAX);
    gsize got = 0;
    g_autofree char *address = NULL;

    if (*tw_http_request_get_rest(request) != '\0') {
        tw_http_request_respond_error(request, 404);
        return;
    }
    if (len <= TW_AUTOCONFIG_REQUEST_MAX &&
        tw_http_request_read_body(request, 0, body, (gsize) len, &got, NULL))
        address = tw_autodiscover_read(body, got);
    if (address == NULL) {
        tw_http_request_respond_error(request, 400);
        return;
    }
    tw_autodiscover_write(&door->facts, address, &out);
    respond(request, &out);
}

TwAutoconfig *
tw_autoconfig_new(TwAutoconfigFacts *facts)
{
    static const char *const configs[] = { "/mail/config-v1.1.xml",
                                           "/.well-known/autoconfig/mail/config-v1.1.xml" };
    /* clients write it as they like */
    static const char *const discovers[] = { "/autodiscover/autodiscover.xml",
                                             "/Autodiscover/Autodiscover.xml",
                                             "/AutoDiscover/AutoDiscover.xml",
                                             "/autodiscover/Autodiscover.xml" };
    TwAutoconfig *door = g_new0(TwAutoconfig, 1);
    TwHttpServerOptions http = { 0 };

    door->facts = *facts;
    *facts = (TwAutoconfigFacts){ 0 };
    door->http = tw_http_server_new(&http);
    for (guint i = 0; i < G_N_ELEMENTS(configs); i++) {
        TwHttpRoute route = {
            .prefix = configs[i], .methods = "GET", .handler = on_config, .data = door
        };
        tw_http_server_add_route(door->http, &route);
    }
    for (guint i = 0; i < G_N_ELEMENTS(discovers); i++) {
        TwHttpRoute route = { .prefix = discovers[i],
                              .methods = "POST",
                              .handler = on_discover,
                              .data = door,
                              .body_most = TW_AUTOCONFIG_REQUEST_MAX };
        tw_http_server_add_route(door->http, &route);
    }
    return door;
}

void
tw_autoconfig_free(TwAutoconfig *door)
{
    if (door == NULL)
        return;
    tw_http_server_free(door->http);
    tw_autoconfig_facts_clear(&door->facts);
    g_free(door);
}

void
tw_autoconfig_listen_options(TwAutoconfig *door, TwListenOptions *ret)
{
    tw_http_server_listen_options(door->http, ret);
}
