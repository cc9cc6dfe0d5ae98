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

/* ---- where a report looks ---- */

/* The items of one collection, or the one of the path, each to @func; the target's folder is theirs meanwhile. */
static gboolean
each_of_folder(TwDavCall *call, TwDavEntryFunc func, gpointer data, GError **error)
{
    const TwDavTarget *target = &call->target;
    g_autoptr(TwDavIndex) index =
        tw_dav_index_get(call, &target->owner.store, target->folder, error);
    g_autoptr(GPtrArray) list = NULL;
    gboolean more = TRUE;

    if (index == NULL)
        return FALSE;
    if (target->kind == TW_DAV_ITEM) {
        g_autoptr(TwDavEntryRef) entry = tw_dav_index_find(index, target->item);
        if (entry != NULL && tw_dav_entry_seen(call, entry))
            (void) func(call, entry, data);
        return TRUE;
    }
    list = tw_dav_index_list(index, 0, NULL);
    for (guint i = 0; i < list->len && more; i++) {
        if (tw_dav_entry_seen(call, list->pdata[i]))
            more = func(call, list->pdata[i], data);
    }
    return TRUE;
}

gboolean
tw_dav_each_entry(TwDavCall *call, TwDavEntryFunc func, gpointer data, GError **error)
{
    TwDavTarget *target = &call->target;
    gboolean good = TRUE;

    if (target->kind != TW_DAV_HOME)
        return each_of_folder(call, func, data, error);
    for (guint i = 0; i < target->shelf->folders->len && good; i++) {
        const TwDavFolder *folder = target->shelf->folders->pdata[i];
        if (tw_dav_folder_space(folder) != target->space || tw_dav_folder_is_fixed(folder))
            continue;
        target->folder = folder;
        good = each_of_folder(call, func, data, error);
    }
    target->folder = NULL;
    return good;
}

/* ---- multiget ---- */

typedef struct {
    char *base;        /* (owned): path of the collection that was named last */
    TwDavIndex *index; /* (owned): of it */
} Multiget;

/* What begins as the last path is told without a look at folders: a multiget has thousands. */
static char *
quick_name(const Multiget *get, const char *href)
{
    gsize len = get->base != NULL ? strlen(get->base) : 0;

    if (len == 0 || strncmp(href, get->base, len) != 0 || strchr(href + len, '/') != NULL)
        return NULL;
    return tw_http_percent_decode(href + len, strlen(href + len), FALSE, NULL);
}

/* The name of an item at or below the path of the request, whose folder becomes the target's; NULL for any other path. */
static char *
name_at(TwDavCall *call, Multiget *get, const char *href)
{
    g_auto(TwDavTarget) target = { 0 };
    TwDavTarget *own = &call->target;
    gboolean moves;

    if (!tw_dav_target_read_url(call, href, &target, NULL) || target.kind != TW_DAV_ITEM ||
        target.folder == NULL || target.space != own->space ||
        !tw_guid_equal(&target.owner.store, &own->owner.store))
        return NULL;
    moves = own->folder == NULL || own->folder->number != target.folder->number;
    if (own->kind != TW_DAV_HOME && moves)
        return NULL;
    if (moves || get->index == NULL) {
        /* by its number in the shelf that the call holds */
        for (guint i = 0; i < own->shelf->folders->len; i++) {
            const TwDavFolder *folder = own->shelf->folders->pdata[i];
            if (folder->number == target.folder->number && folder->holds == target.folder->holds)
                own->folder = folder;
        }
        g_free(get->base);
        get->base = tw_dav_href_item(&own->owner, own->folder, NULL);
        tw_dav_index_unref(get->index);
        get->index = tw_dav_index_get(call, &own->owner.store, own->folder, NULL);
    }
    return get->index != NULL ? g_steal_pointer(&target.item) : NULL;
}

static void
multiget(TwDavCall *call)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    GString *out = g_string_new(NULL);
    Multiget get = { NULL, NULL };

    for (const TwDavElement *href = call->body->children;
         href != NULL && out->len < TW_DAV_MAX_ANSWER; href = href->next) {
        g_autofree char *name = NULL;
        g_autoptr(TwDavEntryRef) entry = NULL;
        if (!tw_dav_element_is(href, TW_DAV_NS, "href"))
            continue;
        name = quick_name(&get, href->text);
        if (name == NULL)
            name = name_at(call, &get, href->text);
        entry = name != NULL ? tw_dav_index_find(get.index, name) : NULL;
        if (entry != NULL && tw_dav_entry_seen(call, entry))
            tw_dav_put_entry(call, out, prop, entry);
        else
            tw_dav_put_gone(out, href->text, 404);
    }
    g_free(get.base);
    tw_dav_index_unref(get.index);
    tw_dav_answer(call, 207, out, "multistatus");
}

static void
calendar_multiget(TwDavCall *call)
{
    if (tw_dav_check_data(call))
        multiget(call);
}

static void
card_multiget(TwDavCall *call)
{
    if (tw_dav_check_address_data(call))
        multiget(call);
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
sync_collection(TwDavCall *call)
{
    const TwDavElement *token = tw_dav_element_child(call->body, TW_DAV_NS, "sync-token");
    const TwDavElement *level = tw_dav_element_child(call->body, TW_DAV_NS, "sync-level");
    const TwDavTarget *target = &call->target;
    const char *text = token != NULL ? token->text : "";
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;
    g_autoptr(GPtrArray) gone = NULL;
    guint64 since = 0;

    /* nothing is below what is in a collection: all levels are one */
    if (level != NULL && strcmp(level->text, "1") != 0 && strcmp(level->text, "infinite") != 0) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    index = tw_dav_index_get(call, &target->owner.store, target->folder, &error);
    if (index == NULL) {
        tw_dav_fail(call, error);
        return;
    }
    if (text[0] != '\0' && tw_dav_index_token_parse(index, text, &since))
        gone = tw_dav_index_gone(call, index, &target->owner.store, target->folder, since, NULL);
    if (text[0] != '\0' && gone == NULL)
        tw_dav_refuse(call, 403, TW_DAV_NS, "valid-sync-token");
    else
        put_changes(call, index, since, gone);
}

/* ---- free and busy ---- */

static gint
by_start(gconstpointer a, gconstpointer b)
{
    const TwIcalBusy *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

typedef struct {
    GArray *busy;
    gint64 start, end;
} Busy;

static gboolean
note_entry(TwDavCall *call, const TwDavEntry *entry, gpointer data)
{
    const Busy *busy = data;
    const TwDavEntry moved = tw_dav_entry_at(call, entry);

    (void) tw_dav_entry_touches(&moved, busy->start, busy->end, busy->busy);
    return TRUE;
}

static void
free_busy(TwDavCall *call)
{
    const TwDavElement *range = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "time-range");
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) text = NULL;
    Busy busy = { spans, 0, 0 };
    TwHttpResponse *response;

    if (range == NULL || !tw_dav_range_read(range, &busy.start, &busy.end)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    if (!tw_dav_each_entry(call, note_entry, &busy, &error)) {
        tw_dav_fail(call, error);
        return;
    }
    g_array_sort(spans, by_start);
    text =
        tw_ical_write_busy((const TwIcalBusy *) (gconstpointer) spans->data, spans->len, busy.start,
                           busy.end, busy.start, TW_ICAL_NO_METHOD, NULL, NULL, NULL);
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

/* ---- which one ---- */

enum {
    ANYWHERE = TW_DAV_ITEM * 2 - 1,
    ITEMS = TW_DAV_HOME | TW_DAV_COLLECTION | TW_DAV_ITEM,
};

typedef struct {
    const char *ns, *name;
    guint kinds;         /* bits of #TwDavKind */
    gboolean of_space;   /* below homes of @space only */
    TwDavSpace space;    /* likewise */
    gboolean zero_depth; /* no other depth may be asked for */
    void (*run)(TwDavCall *call);
} ReportRow;

static const ReportRow reports[] = {
    { TW_DAV_NS_CALDAV, "calendar-query", ITEMS, TRUE, TW_DAV_CALENDARS, FALSE,
      tw_dav_calendar_query },
    { TW_DAV_NS_CALDAV, "calendar-multiget", ITEMS, TRUE, TW_DAV_CALENDARS, FALSE,
      calendar_multiget },
    { TW_DAV_NS_CALDAV, "free-busy-query", ITEMS, TRUE, TW_DAV_CALENDARS, FALSE, free_busy },
    { TW_DAV_NS_CARDDAV, "addressbook-query", ITEMS, TRUE, TW_DAV_BOOKS, FALSE, tw_dav_card_query },
    { TW_DAV_NS_CARDDAV, "addressbook-multiget", ITEMS, TRUE, TW_DAV_BOOKS, FALSE, card_multiget },
    { TW_DAV_NS, "sync-collection", TW_DAV_COLLECTION, FALSE, TW_DAV_CALENDARS, FALSE,
      sync_collection },
    { TW_DAV_NS, "expand-property", ANYWHERE, FALSE, TW_DAV_CALENDARS, FALSE,
      tw_dav_expand_property },
    { TW_DAV_NS, "principal-match", ANYWHERE, FALSE, TW_DAV_CALENDARS, TRUE,
      tw_dav_principal_match },
    { TW_DAV_NS, "principal-property-search", ANYWHERE, FALSE, TW_DAV_CALENDARS, TRUE,
      tw_dav_principal_search },
    { TW_DAV_NS, "principal-search-property-set", ANYWHERE, FALSE, TW_DAV_CALENDARS, TRUE,
      tw_dav_principal_search_set },
    { TW_DAV_NS_SERVER, "calendarserver-principal-search", ANYWHERE, FALSE, TW_DAV_CALENDARS, TRUE,
      tw_dav_principal_search },
    { TW_DAV_NS, "acl-principal-prop-set", ANYWHERE, FALSE, TW_DAV_CALENDARS, TRUE,
      tw_dav_acl_principals },
};

static const ReportRow *
find_report(const TwDavCall *call)
{
    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        if (tw_dav_element_is(call->body, reports[i].ns, reports[i].name) &&
            reports[i].kinds & call->target.kind &&
            (!reports[i].of_space || reports[i].space == call->target.space))
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

    if (target->kind >= TW_DAV_COLLECTION && target->folder == NULL)
        tw_http_request_respond_error(call->http, 404);
    /* Depth: RFC 3744, 9.3 to 9.5; expand-property goes where its paths lead */
    else if (call->body == NULL ||
             (row != NULL && row->zero_depth && depth != NULL && strcmp(depth, "0") != 0))
        tw_http_request_respond_error(call->http, 400);
    else if (row == NULL)
        tw_dav_refuse(call, 403, TW_DAV_NS, "supported-report");
    else
        row->run(call);
}
