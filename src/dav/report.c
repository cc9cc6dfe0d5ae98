/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* REPORT: calendar-query, calendar-multiget, sync-collection, free-busy-query. */
#include "dav/dav-private.h"

#include <string.h>

#include "base/number.h"
#include "convert/content-line.h"
#include "convert/ical-value.h"
#include "net/http-uri.h"

static gboolean
wants_data(const TwDavElement *prop)
{
    return tw_dav_element_child(prop, TW_DAV_NS_CALDAV, "calendar-data") != NULL ||
           tw_dav_element_child(prop, TW_DAV_NS, "getcontentlength") != NULL;
}

static void
put_item(TwDavCall *call,
         GString *out,
         const TwDavElement *prop,
         const TwDavEntry *entry,
         GBytes *known_text)
{
    const TwDavFolder *folder = call->target.folder;
    TwDavView view = { TW_DAV_ITEM, folder, entry, NULL };
    g_autoptr(GBytes) text = known_text != NULL ? g_bytes_ref(known_text) : NULL;

    if (text == NULL && wants_data(prop))
        text = tw_dav_item_text(call, folder->number, entry, NULL);
    view.href = tw_dav_href(call, TW_DAV_ITEM, folder->segment, entry->name);
    tw_dav_put_response(call, out, &view, prop, text);
    g_free(view.href);
}

static void
put_gone(GString *out, const char *href)
{
    g_string_append(out, "<D:response><D:href>");
    tw_dav_put_text(out, href);
    g_string_append(out, "</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>");
}

/* ---- multiget ---- */

static void
multiget(TwDavCall *call, const TwDavIndex *index)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    GString *out = g_string_new(NULL);

    for (const TwDavElement *href = call->body->children; href != NULL; href = href->next) {
        const char *slash;
        g_autofree char *name = NULL;
        const TwDavEntry *entry;
        if (!tw_dav_element_is(href, TW_DAV_NS, "href"))
            continue;
        slash = strrchr(href->text, '/');
        slash = slash != NULL ? slash + 1 : href->text;
        name = tw_http_percent_decode(slash, strlen(slash), FALSE, NULL);
        entry = name != NULL ? g_hash_table_lookup(index->by_name, name) : NULL;
        if (entry != NULL)
            put_item(call, out, prop, entry, NULL);
        else
            put_gone(out, href->text);
    }
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- query ---- */

static gboolean
read_range(const TwDavElement *range, gint64 *ret_start, gint64 *ret_end)
{
    const char *names[] = { "start", "end" };
    gint64 *to[] = { ret_start, ret_end };

    for (guint i = 0; i < 2; i++) {
        const char *text = g_hash_table_lookup(range->attributes, names[i]);
        TwIcalTime time;
        *to[i] = i == 0 ? TW_TICKS_MIN : TW_TICKS_MAX;
        if (text == NULL)
            continue;
        if (!tw_ical_time_parse(text, strlen(text), &time) || time.kind != TW_ICAL_UTC)
            return FALSE;
        *to[i] = time.ticks;
    }
    return *ret_start < *ret_end;
}

/* "text-match": contains, without regard to case, or the reverse. */
static gboolean
text_matches(const TwDavElement *match, const char *text)
{
    g_autofree char *value = tw_lines_unescape(text, strlen(text));
    g_autofree char *have = g_utf8_casefold(value, -1), *want = g_utf8_casefold(match->text, -1);
    gboolean found = strstr(have, want) != NULL;

    return g_strcmp0(g_hash_table_lookup(match->attributes, "negate-condition"), "yes") == 0
               ? !found
               : found;
}

static gboolean
prop_matches(const TwDavElement *filter, const TwContentNode *node)
{
    const char *name = g_hash_table_lookup(filter->attributes, "name");
    g_autofree char *upper = g_ascii_strup(name != NULL ? name : "", -1);
    const TwContentLine *line = tw_lines_find(node, upper);
    const TwDavElement *match = tw_dav_element_child(filter, TW_DAV_NS_CALDAV, "text-match");

    if (tw_dav_element_child(filter, TW_DAV_NS_CALDAV, "is-not-defined") != NULL)
        return line == NULL;
    for (; line != NULL; line = tw_lines_next(line)) {
        if (match == NULL || text_matches(match, line->value))
            return TRUE;
    }
    return FALSE;
}

/* All filters of a component, on one component. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
node_matches(const TwDavElement *filter, const TwContentNode *node)
{
    for (const TwDavElement *child = filter->children; child != NULL; child = child->next) {
        if (tw_dav_element_is(child, TW_DAV_NS_CALDAV, "prop-filter")) {
            if (!prop_matches(child, node))
                return FALSE;
        } else if (tw_dav_element_is(child, TW_DAV_NS_CALDAV, "comp-filter")) {
            const char *name = g_hash_table_lookup(child->attributes, "name");
            gboolean negated =
                tw_dav_element_child(child, TW_DAV_NS_CALDAV, "is-not-defined") != NULL;
            gboolean found = FALSE;
            for (const TwContentNode *sub = node->children; sub != NULL && !found; sub = sub->next)
                found = g_strcmp0(sub->name, name) == 0 && (negated || node_matches(child, sub));
            if (found == negated)
                return FALSE;
        }
    }
    return TRUE;
}

static const TwDavElement *
first_filter(const TwDavElement *body, TwIcalKind *ret_kind, gboolean *ret_any)
{
    static const char *const names[] = { "VEVENT", "VTODO", "VJOURNAL" };
    const TwDavElement *filter = tw_dav_element_child(body, TW_DAV_NS_CALDAV, "filter");
    const TwDavElement *calendar = tw_dav_element_child(filter, TW_DAV_NS_CALDAV, "comp-filter");
    const TwDavElement *comp = tw_dav_element_child(calendar, TW_DAV_NS_CALDAV, "comp-filter");
    const char *name = comp != NULL ? g_hash_table_lookup(comp->attributes, "name") : NULL;

    *ret_any = TRUE;
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_kind = (TwIcalKind) i;
            *ret_any = FALSE;
        }
    }
    return calendar;
}

static gboolean
has_deep_filter(const TwDavElement *calendar)
{
    const TwDavElement *comp = tw_dav_element_child(calendar, TW_DAV_NS_CALDAV, "comp-filter");

    return calendar != NULL &&
           (tw_dav_element_child(calendar, TW_DAV_NS_CALDAV, "prop-filter") != NULL ||
            tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "prop-filter") != NULL ||
            tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "comp-filter") != NULL ||
            tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "is-not-defined") != NULL);
}

static gboolean
text_matches_filter(const TwDavElement *calendar, GBytes *text)
{
    g_autoptr(TwContentTree) tree =
        tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    const TwContentNode *node = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;

    return node != NULL && node_matches(calendar, node);
}

static void
query(TwDavCall *call, const TwDavIndex *index)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    TwIcalKind kind = TW_ICAL_EVENT;
    gboolean any, deep;
    const TwDavElement *calendar = first_filter(call->body, &kind, &any);
    const TwDavElement *comp = tw_dav_element_child(calendar, TW_DAV_NS_CALDAV, "comp-filter");
    const TwDavElement *range = tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "time-range");
    gint64 start = TW_TICKS_MIN, end = TW_TICKS_MAX;
    guint32 folder = call->target.folder->number;
    GHashTableIter iter;
    GString *out;
    gpointer value;

    if (calendar == NULL || (range != NULL && !read_range(range, &start, &end))) {
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "valid-filter");
        return;
    }
    deep = has_deep_filter(calendar);
    out = g_string_new(NULL);
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwDavEntry *entry = value;
        g_autoptr(GBytes) text = NULL;
        if (!any && entry->kind != kind && !deep)
            continue;
        if (range != NULL) {
            g_autoptr(TwObject) object = tw_dav_item_read(call, folder, entry->mid, NULL);
            if (object == NULL || !tw_dav_touches(call, object, start, end, NULL))
                continue;
        }
        if (deep) {
            text = tw_dav_item_text(call, folder, entry, NULL);
            if (text == NULL || !text_matches_filter(calendar, text))
                continue;
        }
        put_item(call, out, prop, entry, text);
    }
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- synchronisation ---- */

/* "urn:twiga:sync:VALIDITY:CN"; empty for the first time. */
static gboolean
read_token(const TwDavElement *body, const TwDavIndex *index, guint64 *ret)
{
    const TwDavElement *token = tw_dav_element_child(body, TW_DAV_NS, "sync-token");
    static const char prefix[] = "urn:twiga:sync:";
    g_auto(GStrv) parts = NULL;
    guint32 validity;

    *ret = 0;
    if (token == NULL || token->text[0] == '\0')
        return TRUE;
    if (!g_str_has_prefix(token->text, prefix))
        return FALSE;
    parts = g_strsplit(token->text + strlen(prefix), ":", 3);
    return g_strv_length(parts) == 2 &&
           tw_parse_u32(parts[0], strlen(parts[0]), G_MAXUINT32, &validity) &&
           validity == index->uidvalidity &&
           tw_parse_u64(parts[1], strlen(parts[1]), G_MAXUINT64, ret) && *ret <= index->cn;
}

static void
sync_collection(TwDavCall *call, const TwDavIndex *index)
{
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    guint32 folder = call->target.folder->number;
    g_autoptr(GPtrArray) gone = NULL;
    GHashTableIter iter;
    gpointer value;
    guint64 since;
    GString *out;

    if (!read_token(call->body, index, &since) ||
        (since > 0 && (gone = tw_dav_index_gone(call, index, folder, since, NULL)) == NULL)) {
        tw_dav_refuse(call, 403, TW_DAV_NS, "valid-sync-token");
        return;
    }
    out = g_string_new(NULL);
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwDavEntry *entry = value;
        if (entry->cn > since)
            put_item(call, out, prop, entry, NULL);
    }
    for (guint i = 0; gone != NULL && i < gone->len; i++) {
        g_autofree char *href =
            tw_dav_href(call, TW_DAV_ITEM, call->target.folder->segment, gone->pdata[i]);
        put_gone(out, href);
    }
    g_string_append_printf(out,
                           "<D:sync-token>urn:twiga:sync:%u:%" G_GUINT64_FORMAT "</D:sync-token>",
                           index->uidvalidity, index->cn);
    tw_dav_answer(call, 207, out, "multistatus");
}

/* ---- free and busy ---- */

static gint
by_start(gconstpointer a, gconstpointer b)
{
    const TwIcalBusy *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static void
free_busy(TwDavCall *call, const TwDavIndex *index)
{
    const TwDavElement *range = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "time-range");
    g_autoptr(GArray) busy = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    g_autoptr(GBytes) text = NULL;
    TwHttpResponse *response;
    GHashTableIter iter;
    gpointer value;
    gint64 start = 0, end = 0;

    if (range == NULL || !read_range(range, &start, &end)) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    g_hash_table_iter_init(&iter, index->by_mid);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwDavEntry *entry = value;
        g_autoptr(TwObject) object = NULL;
        if (entry->kind != TW_ICAL_EVENT)
            continue;
        object = tw_dav_item_read(call, call->target.folder->number, entry->mid, NULL);
        if (object != NULL)
            (void) tw_dav_touches(call, object, start, end, busy);
    }
    g_array_sort(busy, by_start);
    text = tw_ical_write_busy((const TwIcalBusy *) (gconstpointer) busy->data, busy->len, start,
                              end, start, TW_ICAL_NO_METHOD, NULL, NULL, NULL);
    response = tw_http_response_new(200);
    tw_http_response_set_body(response, "text/calendar; charset=utf-8", text);
    tw_http_request_respond(call->http, response);
}

void
tw_dav_report(TwDavCall *call)
{
    static const struct {
        const char *ns, *name;
        void (*run)(TwDavCall *call, const TwDavIndex *index);
    } reports[] = {
        { TW_DAV_NS_CALDAV, "calendar-multiget", multiget },
        { TW_DAV_NS_CALDAV, "calendar-query", query },
        { TW_DAV_NS, "sync-collection", sync_collection },
        { TW_DAV_NS_CALDAV, "free-busy-query", free_busy },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDavIndex) index = NULL;

    if (call->body == NULL) {
        tw_http_request_respond_error(call->http, 400);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        if (!tw_dav_element_is(call->body, reports[i].ns, reports[i].name))
            continue;
        if (call->target.folder == NULL || call->target.kind != TW_DAV_COLLECTION)
            break;
        index = tw_dav_index_get(call, call->target.folder->number, &error);
        if (index != NULL)
            reports[i].run(call, index);
        else
            tw_dav_fail(call, error);
        return;
    }
    tw_dav_refuse(call, 403, TW_DAV_NS, "supported-report");
}
