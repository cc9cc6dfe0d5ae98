/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door: who asks, what for, and how it is answered. */
#include <libxml/parser.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "dav/dav-private.h"

#define DAV_CLASSES                                                                                \
    "1, 3, access-control, extended-mkcol, calendar-access, calendar-auto-schedule, "              \
    "calendar-proxy, calendarserver-principal-property-search, calendarserver-principal-search, "  \
    "calendar-managed-attachments, calendar-managed-attachments-no-recurrence, addressbook"
#define METHODS                                                                                    \
    "OPTIONS, GET, HEAD, POST, PUT, DELETE, COPY, MOVE, PROPFIND, PROPPATCH, REPORT, MKCALENDAR, " \
    "MKCOL"

/* ---- answers ---- */

void
tw_dav_answer(TwDavCall *call, guint status, GString *body, const char *root)
{
    TwHttpResponse *response = tw_http_response_new(status);

    if (body != NULL) {
        g_autoptr(GString) text = g_string_new("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *name =
            strchr(root, ':') != NULL ? g_strdup(root) : g_strconcat("D:", root, NULL);
        g_string_append_printf(text, "<%s" TW_DAV_DECLARATIONS ">", name);
        g_string_append_len(text, body->str, (gssize) body->len);
        g_string_append_printf(text, "</%s>\n", name);
        bytes = g_bytes_new(text->str, text->len);
        tw_http_response_set_body(response, "application/xml; charset=utf-8", bytes);
        g_string_free(body, TRUE);
    }
    tw_http_response_add_header(response, "DAV", DAV_CLASSES);
    if (call->minimal && status == 207)
        tw_http_response_add_header(response, "Preference-Applied", "return=minimal");
    tw_http_request_respond(call->http, response);
}

void
tw_dav_refuse(TwDavCall *call, guint status, const char *ns, const char *name)
{
    GString *body = g_string_new(NULL);

    tw_dav_put_name(body, ns, name);
    tw_dav_answer(call, status, body, "error");
}

guint
tw_dav_status(const GError *error)
{
    if (error->domain != TW_ERROR)
        return 500;
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
        return 404;
    case TW_ERROR_NO_ACCESS:
        return 403;
    case TW_ERROR_INVALID:
        return 400;
    case TW_ERROR_EXISTS:
        return 409;
    case TW_ERROR_CHANGED:
        return 412;
    case TW_ERROR_TOO_BIG:
    case TW_ERROR_TOO_COMPLEX:
        return 413;
    case TW_ERROR_NO_SPACE:
    case TW_ERROR_QUOTA:
        return 507;
    case TW_ERROR_BUSY:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_CANCELLED:
        return 503;
    case TW_ERROR_END_OF_SESSION:
        return 401;
    case TW_ERROR_UNSUPPORTED:
        return 501;
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_NOT_QUEUED:
        return 409;
    case TW_ERROR_OFFLINE:
        return 503;
    case TW_ERROR_CORRUPT:
    case TW_ERROR_FAILED:
        return 500;
    }
    return 500;
}

void
tw_dav_fail(TwDavCall *call, const GError *error)
{
    tw_http_request_set_log(call->http, NULL, NULL, NULL, error->message);
    if (call->refusal != NULL)
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, call->refusal);
    else if (g_error_matches(error, TW_ERROR, TW_ERROR_QUOTA))
        tw_dav_refuse(call, 507, TW_DAV_NS, "quota-not-exceeded");
    else if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS))
        tw_dav_refuse(call, 403, TW_DAV_NS, "need-privileges");
    else
        tw_http_request_respond_error(call->http, tw_dav_status(error));
}

guint
tw_dav_depth(const TwDavCall *call)
{
    const char *depth = tw_http_head_get(call->head, "Depth");

    return depth != NULL && strcmp(depth, "0") == 0 ? 0 : 1;
}

/* ---- calls ---- */

static void
options(TwDavCall *call)
{
    TwHttpResponse *response = tw_http_response_new(200);

    tw_http_response_add_header(response, "DAV", DAV_CLASSES);
    tw_http_response_add_header(response, "Allow", METHODS);
    tw_http_request_respond(call->http, response);
}

typedef struct {
    const char *method;
    void (*run)(TwDavCall *call);
    gboolean xml; /* the body is XML, or none */
} MethodRow;

static const MethodRow methods[] = {
    { "OPTIONS", options, FALSE },         { "GET", tw_dav_get, FALSE },
    { "HEAD", tw_dav_get, FALSE },         { "POST", tw_dav_post, FALSE },
    { "PUT", tw_dav_put, FALSE },          { "DELETE", tw_dav_delete, FALSE },
    { "COPY", tw_dav_copy, FALSE },        { "MOVE", tw_dav_copy, FALSE },
    { "PROPFIND", tw_dav_propfind, TRUE }, { "PROPPATCH", tw_dav_proppatch, TRUE },
    { "REPORT", tw_dav_report, TRUE },     { "MKCALENDAR", tw_dav_mkcol, TRUE },
    { "MKCOL", tw_dav_mkcol, TRUE },
};

static gboolean
read_body(TwDavCall *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = NULL;

    if (tw_http_request_get_body_len(call->http) == 0)
        return TRUE;
    body = tw_http_request_get_body(call->http, TW_DAV_MAX_XML, &error);
    if (body != NULL)
        call->body = tw_dav_xml_parse(g_bytes_get_data(body, NULL), g_bytes_get_size(body), &error);
    if (call->body != NULL)
        return TRUE;
    tw_dav_fail(call, error);
    return FALSE;
}

/* RFC 7240 and 8144; "Brief" is what older clients of Apple's say. */
static void
read_preferences(TwDavCall *call)
{
    const char *brief = tw_http_head_get(call->head, "Brief"), *prefer;
    guint at = 0;

    call->minimal = brief != NULL && g_ascii_strcasecmp(brief, "t") == 0;
    while ((prefer = tw_http_head_get_next(call->head, "Prefer", &at)) != NULL) {
        g_autofree char *lower = g_ascii_strdown(prefer, -1);
        call->minimal |=
            strstr(lower, "return=minimal") != NULL || strstr(lower, "return-minimal") != NULL;
        call->no_root |= strstr(lower, "depth-noroot") != NULL;
        call->representation |= strstr(lower, "return=representation") != NULL;
    }
}

static void
enter(TwDavCall *call)
{
    tw_session_get_info(call->session, &call->who);
    call->name = g_strdup(call->who.name);
    call->names = tw_dav_names_new(call->dav, call->session);
    read_preferences(call);
    call->ical = (TwIcalOptions){ .names = call->names,
                                  .zone = call->dav->zone,
                                  .load = tw_dav_load_zone,
                                  .load_data = call->dav,
                                  .self = call->self };
}

static gboolean
find_target(TwDavCall *call, GError **error)
{
    if (!tw_dav_target_read(call, call->head->path, &call->target, error))
        return FALSE;
    call->self[0] = call->target.owner.mail;
    return TRUE;
}

static void
call_clear(TwDavCall *call)
{
    tw_dav_target_clear(&call->target);
    tw_dav_element_free(call->body);
    tw_name_map_free(call->names);
    g_clear_pointer(&call->managed, g_hash_table_unref);
    tw_dav_clock_clear(&call->clock);
    g_free(call->name);
}

static void
on_request(TwHttpRequest *http, gpointer data)
{
    TwDavCall call = { .dav = data,
                       .http = http,
                       .head = tw_http_request_get_head(http),
                       .session = tw_http_request_get_user(http) };
    static const char *const others[] = { "ACL",    "LOCK",  "SCHEDULE", "TRACE",
                                          "UNLOCK", "PATCH", NULL };
    g_autoptr(GError) error = NULL;
    const MethodRow *row = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].method, call.head->method) == 0)
            row = &methods[i];
    }
    enter(&call);
    if (row == NULL)
        tw_http_request_respond_error(http, g_strv_contains(others, call.head->method) ? 405 : 501);
    else if (g_str_has_prefix(call.head->path, "/freebusy/"))
        tw_dav_busy_url(&call);
    else if (!find_target(&call, &error))
        tw_dav_fail(&call, error);
    else if (!row->xml || read_body(&call))
        row->run(&call);
    call_clear(&call);
}

/* ---- who asks ---- */

static void
unref_session(gpointer session)
{
    tw_session_unref(session);
}

static void
on_auth(TwHttpRequest *http, const TwHttpAuth *claims, gpointer data, TwHttpVerdict *ret)
{
    TwDav *dav = data;
    char address[TW_ADDRESS_TEXT_MAX];
    g_autoptr(TwSecret) secret = NULL;
    g_autoptr(GError) error = NULL;
    TwSession *session = NULL;
    TwLogon logon = { .peer = { .kind = TW_PEER_NETWORK, .address = address },
                      .flags = TW_LOGON_BOUND | TW_LOGON_PASSWORD,
                      .user = claims->user,
                      .program = tw_http_head_get(tw_http_request_get_head(http), "User-Agent"),
                      .door = "ical" };

    if (claims->scheme != TW_HTTP_AUTH_BASIC || dav->server == NULL) {
        ret->status = dav->server == NULL ? 503 : 0;
        return;
    }
    tw_address_format(tw_http_request_get_client(http), FALSE, address);
    secret = tw_secret_new(claims->secret, claims->secret_len);
    logon.password = secret;
    if (!tw_server_logon(dav->server, &logon, &session, NULL, &error)) {
        ret->status = g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS) ? 0 : 503;
        return;
    }
    ret->allowed = TRUE;
    ret->user = session;
    ret->destroy = unref_session;
    ret->log_name = g_strdup(claims->user);
}

/* RFC 6764: where the door is. */
static void
on_well_known(TwHttpRequest *http, gpointer data)
{
    TwHttpResponse *response = tw_http_response_new(301);

    (void) data;
    tw_http_response_add_header(response, "Location", "/");
    tw_http_request_respond(http, response);
}

/* ---- life ---- */

static void
unref_zone(gpointer zone)
{
    tw_timezone_unref(zone);
}

static void
unref_shelf(gpointer shelf)
{
    tw_dav_shelf_unref(shelf);
}

static void
unref_index(gpointer index)
{
    tw_dav_index_unref(index);
}

TwDav *
tw_dav_new(const TwDavConfig *config)
{
    TwDav *dav = g_new0(TwDav, 1);
    TwHttpServerOptions http = { 0 };
    TwHttpRoute route = { .prefix = "",
                          .handler = on_request,
                          .auth = on_auth,
                          .data = dav,
                          .flags = TW_HTTP_OFFER_BASIC | TW_HTTP_COMPRESS,
                          .realm = "Twiga",
                          .body_most = TW_DAV_MAX_ITEM };
    TwHttpRoute calendars = { .prefix = "/.well-known/caldav",
                              .handler = on_well_known,
                              .body_most = TW_DAV_MAX_XML };
    TwHttpRoute books = { .prefix = "/.well-known/carddav",
                          .handler = on_well_known,
                          .body_most = TW_DAV_MAX_XML };

    xmlInitParser();
    tw_lock_init(&dav->lock);
    dav->zones = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, unref_zone);
    dav->names = g_hash_table_new_full(tw_named_prop_hash, tw_named_prop_equal, g_free, NULL);
    dav->indexes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_index);
    dav->shelves = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_shelf);
    tw_dav_texts_init(&dav->texts);
    dav->whole_calendars = config == NULL || !config->no_whole_calendars ? 1 : 0;
    if (config != NULL && config->zone != NULL && tw_timezone_name_is_valid(config->zone))
        dav->zone = tw_dav_load_zone(dav, config->zone);
    dav->http = tw_http_server_new(&http);
    tw_http_server_add_route(dav->http, &route);
    tw_http_server_add_route(dav->http, &calendars);
    tw_http_server_add_route(dav->http, &books);
    return dav;
}

void
tw_dav_set_server(TwDav *dav, TwServer *server)
{
    dav->server = server;
}

void
tw_dav_set_whole_calendars(TwDav *dav, gboolean allowed)
{
    g_atomic_int_set(&dav->whole_calendars, allowed ? 1 : 0);
}

void
tw_dav_free(TwDav *dav)
{
    if (dav == NULL)
        return;
    tw_http_server_free(dav->http);
    g_hash_table_unref(dav->zones);
    g_hash_table_unref(dav->names);
    g_hash_table_unref(dav->indexes);
    g_hash_table_unref(dav->shelves);
    tw_dav_texts_clear(&dav->texts);
    tw_timezone_unref(dav->zone);
    tw_lock_clear(&dav->lock);
    g_free(dav);
}

void
tw_dav_listen_options(TwDav *dav, TwListenOptions *ret)
{
    tw_http_server_listen_options(dav->http, ret);
}
