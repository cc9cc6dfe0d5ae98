/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* REPORT: which one it is; multiget, synchronisation, free and busy. */
#include "dav/dav-private.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "dav/filter.h"
#include "net/http-uri.h"

void
tw_dav_put_gone(GString *out, const char *href, guint status)
{
    g_string_append(out, "<D:response>");
    tw_dav_put_href(out, href);
    g_string_append_printf(out, "<D:status>HTTP/1.1 %u %s</D:status></D:response>", status,
                           tw_http_status_text(status));
}

/* ---- multiget ---- */

/* The name of an item of the collection itself; NULL for any other path. */
static char *
name_in(TwDavCall *call, const char *href)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwDavTarget) target = { 0 };

    if (!tw_dav_target_read_url(call, href, &target, &error) || target.kind != TW_DAV_ITEM ||
        target.folder == NULL || target.space != call->target.space ||
        target.folder->number != call->target.folder->number ||
        !tw_guid_equal(&target.owner.store, &call->target.owner.store))
        return NULL;
    return g_steal_pointer(&target.item);
}

/* What begins as the collection's own path is told without a look at folders: a multiget has thousands. */
static char *
quick_name(const char *base, const char *href)
{
    gsize len = strlen(base);

    if (strncmp(href, base, len) != 0 || strchr(href + len, '/') != NULL)
        return NULL;
    return tw_http_percent_decode(href + len, strlen(href + len), FALSE, NULL);
}

static void
multiget(TwDavCall *call, TwDavIndex *index)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    const TwDavTarget *target = &call->target;
    g_autofree char *base = tw_dav_href_item(&target->owner, target->folder, NULL);
    GString *out = g_string_new(NULL);

    for (const TwDavElement *href = call->body->children; href != NULL; href = href->next) {
        g_autofree char *name = NULL;
        g_autoptr(TwDavEntryRef) entry = NULL;
        if (!tw_dav_element_is(href, TW_DAV_NS, "href"))
            continue;
        name = quick_name(base, href->text);
        if (name == NULL)
            name = name_in(call, href->text);
        entry = name != NULL ? tw_dav_index_find(index, name) : NULL;
        if (entry != NULL && tw_dav_entry_seen(call, entry))
            tw_dav_put_entry(call, out, prop, entry);
        else
            tw_dav_put_gone(out, href->text, 404);
        if (out->len > TW_DAV_MAX_ANSWER)
            break;
    }
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- synchronisation ---- */

static void
put_token(GString *out, const char *token)
{
    g_string_append(out, "<D:sync-token>");
    tw_dav_put_text(out, token);
    g_string_append(out, "</D:sync-token>");
}

static gint
by_change(gconstpointer a, gconstpointer b)
{
    const TwDavEntry *x = *(const TwDavEntry *const *) a, *y = *(const TwDavEntry *const *) b;

    return x->cn < y->cn ? -1 : x->cn > y->cn;
}

/* "limit" of the request: 0: none. */
static guint32
read_limit(const TwDavElement *body)
{
    const TwDavElement *limit = tw_dav_element_child(body, TW_DAV_NS, "limit");
    const TwDavElement *most = tw_dav_element_child(limit, TW_DAV_NS, "nresults");
    guint32 number = 0;

    if (most == NULL || !tw_parse_u32(most->text, strlen(most->text), G_MAXUINT32, &number))
        return 0;
    return number;
}

/* RFC 6578, 3.6: the oldest changes first, and a token from which the rest is asked. */
static char *
cut(GPtrArray *list, guint most, TwDavIndex *index)
{
    guint64 last;

    g_ptr_array_sort(list, by_change);
    g_ptr_array_set_size(list, (gint) most);
    last = ((const TwDavEntry *) list->pdata[most - 1])->cn;
    return tw_dav_index_token(index, last);
}

static void
put_changes(TwDavCall *call, TwDavIndex *index, guint64 since, const GPtrArray *gone)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    const TwDavTarget *target = &call->target;
    guint32 most = read_limit(call->body);
    g_autofree char *token = NULL;
    g_autoptr(GPtrArray) list = tw_dav_index_list(index, since, &token);
    GString *out = g_string_new(NULL);

    if (most > 0 && list->len > most) {
        g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, NULL);
        g_free(token);
        token = cut(list, most, index);
        tw_dav_put_gone(out, href, 507);
    }
    for (guint i = 0; i < list->len; i++) {
        if (tw_dav_entry_seen(call, list->pdata[i]))
            tw_dav_put_entry(call, out, prop, list->pdata[i]);
    }
    for (guint i = 0; gone != NULL && i < gone->len; i++) {
        g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, gone->pdata[i]);
        tw_dav_put_gone(out, href, 404);
    }
    put_token(out, token);
    tw_dav_answer(call, 207, out, "multistatus");
}

static void
sync_collection(TwDavCall *call, TwDavIndex *index)
{
    const TwDavElement *token = tw_dav_element_child(call->body, TW_DAV_NS, "sync-token");
    const TwDavTarget *target = &call->target;
    const char *text = token != NULL ? token->text : "";
    g_autoptr(GPtrArray) gone = NULL;
    guint64 since = 0;

    if ((text[0] != '\0' && !tw_dav_index_token_parse(index, text, &since)) ||
        (since > 0 && (gone = tw_dav_index_gone(call, index, &target->owner.store, target->folder,
                                                since, NULL)) == NULL)) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "valid-sync-token");
        return;
    }
    put_changes(call, index, since, gone);
}

/* ---- free and busy ---- */

static gint
by_start(gconstpointer a, gconstpointer b)
{
    const TwIcalBusy *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static void
free_busy(TwDavCall *call, TwDavIndex *index)
{
    const TwDavElement *range = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "time-range");
    g_autoptr(GArray) busy = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GBytes) text = NULL;
    TwHttpResponse *response;
    gint64 start = 0, end = 0;

    if (range == NULL || !tw_dav_range_read(range, &start, &end)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    list = tw_dav_index_list(index, 0, NULL);
    for (guint i = 0; i < list->len; i++) {
        const TwDavEntry *entry = list->pdata[i];
        if (entry->kind == TW_DAV_EVENT)
            (void) tw_dav_entry_touches(entry, start, end, busy);
    }
    g_array_sort(busy, by_start);
    text = tw_ical_write_busy((const TwIcalBusy *) (gconstpointer) busy->data, busy->len, start,
                              end, start, TW_ICAL_NO_METHOD, NULL, NULL, NULL);
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

/* ---- which one ---- */

typedef struct {
    const char *ns, *name;
    guint kinds;
    TwDavSpace space;                                /* of @run */
    void (*run)(TwDavCall *call, TwDavIndex *index); /* (nullable): of a collection */
    void (*run_anywhere)(TwDavCall *call);           /* (nullable) */
    gboolean zero_depth;                             /* no other depth may be asked for */
} ReportRow;

#define ANYWHERE (TW_DAV_ITEM * 2 - 1)

static const ReportRow reports[] = {
    { TW_DAV_NS_CALDAV, "calendar-query", TW_DAV_COLLECTION, TW_DAV_CALENDARS,
      tw_dav_calendar_query, NULL, FALSE },
    { TW_DAV_NS_CALDAV, "calendar-multiget", TW_DAV_COLLECTION, TW_DAV_CALENDARS, multiget, NULL,
      FALSE },
    { TW_DAV_NS_CALDAV, "free-busy-query", TW_DAV_COLLECTION, TW_DAV_CALENDARS, free_busy, NULL,
      FALSE },
    { TW_DAV_NS_CARDDAV, "addressbook-query", TW_DAV_COLLECTION, TW_DAV_BOOKS, tw_dav_card_query,
      NULL, FALSE },
    { TW_DAV_NS_CARDDAV, "addressbook-multiget", TW_DAV_COLLECTION, TW_DAV_BOOKS, multiget, NULL,
      FALSE },
    { TW_DAV_NS, "sync-collection", TW_DAV_COLLECTION, TW_DAV_CALENDARS, sync_collection, NULL,
      FALSE },
    { TW_DAV_NS, "sync-collection", TW_DAV_COLLECTION, TW_DAV_BOOKS, sync_collection, NULL, FALSE },
    { TW_DAV_NS, "expand-property", ANYWHERE, TW_DAV_CALENDARS, NULL, tw_dav_expand_property,
      FALSE },
    { TW_DAV_NS, "principal-match", ANYWHERE, TW_DAV_CALENDARS, NULL, tw_dav_principal_match,
      TRUE },
    { TW_DAV_NS, "principal-property-search", ANYWHERE, TW_DAV_CALENDARS, NULL,
      tw_dav_principal_search, TRUE },
    { TW_DAV_NS, "principal-search-property-set", ANYWHERE, TW_DAV_CALENDARS, NULL,
      tw_dav_principal_search_set, TRUE },
    { TW_DAV_NS_SERVER, "calendarserver-principal-search", ANYWHERE, TW_DAV_CALENDARS, NULL,
      tw_dav_principal_search, TRUE },
    { TW_DAV_NS, "acl-principal-prop-set", ANYWHERE, TW_DAV_CALENDARS, NULL, tw_dav_acl_principals,
      TRUE },
};

static const ReportRow *
find_report(const TwDavCall *call)
{
    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        if (tw_dav_element_is(call->body, reports[i].ns, reports[i].name) &&
            reports[i].kinds & call->target.kind &&
            (reports[i].run == NULL || reports[i].space == call->target.space))
            return &reports[i];
    }
    return NULL;
}

void
tw_dav_report(TwDavCall *call)
{
    const TwDavTarget *target = &call->target;
    const ReportRow *row = find_report(call);
    const char *depth = tw_http_head_get(call->head, "Depth");
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;

    if (target->kind >= TW_DAV_COLLECTION && target->folder == NULL) {
        tw_http_request_respond_error(call->http, 404);
        return;
    }
    if (call->body == NULL) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (row == NULL) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "supported-report");
        return;
    }
    /* RFC 3744, 9.3 to 9.5; expand-property goes where its paths lead */
    if (row->zero_depth && depth != NULL && strcmp(depth, "0") != 0) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (row->run_anywhere != NULL) {
        row->run_anywhere(call);
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL)
        tw_dav_fail(call, error);
    else
        row->run(call, index);
}
