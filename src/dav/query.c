/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* calendar-query and addressbook-query: what the index can tell first, then the text of what is left. */
#include "dav/dav-private.h"

#include <string.h>

#include "base/number.h"
#include "dav/filter.h"

/* Whether it can be asked; else the refusal was sent. */
static gboolean
check_filter(TwDavCall *call, const TwDavElement *filter, const char *ns)
{
    switch (tw_dav_filter_check(filter, ns)) {
    case TW_DAV_FILTER_INVALID:
        tw_dav_refuse(call, 403, ns, "valid-filter");
        return FALSE;
    case TW_DAV_FILTER_COLLATION:
        tw_dav_refuse(call, 403, ns, "supported-collation");
        return FALSE;
    case TW_DAV_FILTER_GOOD:
        break;
    }
    return TRUE;
}

static const TwContentNode *
parse(GBytes *text, const char *name, TwContentTree **ret)
{
    *ret = tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
    return *ret != NULL ? tw_lines_child((*ret)->root, name) : NULL;
}

/* ---- calendars ---- */

typedef struct {
    GString *out;
    const TwDavElement *prop;     /* (nullable) */
    const TwDavElement *calendar; /* the comp-filter of VCALENDAR */
    gboolean one_kind;            /* it asks for one component alone: */
    TwDavItemKind kind;
    gboolean has_range, needs_text;
    gint64 start, end;
} Query;

gboolean
tw_dav_kind_named(const char *name, TwDavItemKind *ret)
{
    static const char *const names[] = { "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(name, names[i]) == 0) {
            *ret = (TwDavItemKind) i;
            return TRUE;
        }
    }
    return FALSE;
}

/* What of the filter the index answers. */
static void
plan(const TwDavElement *calendar, Query *ret)
{
    const TwDavElement *comp = tw_dav_element_child(calendar, TW_DAV_NS_CALDAV, "comp-filter");
    const TwDavElement *range = tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "time-range");

    *ret = (Query){ .calendar = calendar };
    for (const TwDavElement *child = calendar->children; child != NULL; child = child->next)
        ret->needs_text |= child != comp && g_str_has_suffix(child->name, "-filter");
    for (const TwDavElement *child = comp != NULL ? comp->children : NULL; child != NULL;
         child = child->next)
        ret->needs_text |= child != range;
    if (comp == NULL || tw_dav_element_child(comp, TW_DAV_NS_CALDAV, "is-not-defined") != NULL)
        return;
    ret->one_kind = tw_dav_kind_named(g_hash_table_lookup(comp->attributes, "name"), &ret->kind);
    ret->needs_text |= !ret->one_kind;
    ret->has_range = range != NULL && tw_dav_range_read(range, &ret->start, &ret->end);
}

static gboolean
entry_fits(TwDavCall *call, const Query *query, const TwDavEntry *entry)
{
    g_autoptr(GBytes) text = NULL;
    g_autoptr(TwContentTree) tree = NULL;
    const TwContentNode *calendar;
    const TwDavEntry moved = tw_dav_entry_at(call, entry);

    if ((query->one_kind && entry->kind != query->kind) ||
        (query->has_range && !tw_dav_entry_touches(&moved, query->start, query->end, NULL)))
        return FALSE;
    if (!query->needs_text)
        return TRUE;
    text = tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL);
    calendar = text != NULL ? parse(text, "VCALENDAR", &tree) : NULL;
    return calendar != NULL && tw_dav_filter_calendar(query->calendar, calendar, &moved);
}

static gboolean
put_if_fits(TwDavCall *call, const TwDavEntry *entry, gpointer data)
{
    const Query *query = data;

    if (entry_fits(call, query, entry))
        tw_dav_put_entry(call, query->out, query->prop, entry);
    return query->out->len < TW_DAV_MAX_ANSWER;
}

/* An element of a request may ask for other types and versions than there are: RFC 4791, 9.6 and RFC 6352, 10.4. */
static gboolean
is_served(const TwDavElement *data, const char *type, const char *const *versions)
{
    const char *asked = data != NULL ? g_hash_table_lookup(data->attributes, "content-type") : NULL;
    const char *version = data != NULL ? g_hash_table_lookup(data->attributes, "version") : NULL;

    return (asked == NULL || g_ascii_strcasecmp(asked, type) == 0) &&
           (version == NULL || g_strv_contains(versions, version));
}

gboolean
tw_dav_check_data(TwDavCall *call)
{
    static const char *const versions[] = { "2.0", NULL };
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");

    if (is_served(tw_dav_element_child(prop, TW_DAV_NS_CALDAV, "calendar-data"), "text/calendar",
                  versions))
        return TRUE;
    tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV, "supported-calendar-data");
    return FALSE;
}

gboolean
tw_dav_check_address_data(TwDavCall *call)
{
    static const char *const versions[] = { "3.0", "4.0", NULL };
    const TwDavElement *prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");

    if (is_served(tw_dav_element_child(prop, TW_DAV_NS_CARDDAV, "address-data"), "text/vcard",
                  versions))
        return TRUE;
    tw_dav_refuse(call, 403, TW_DAV_NS_CARDDAV, "supported-address-data");
    return FALSE;
}

void
tw_dav_calendar_query(TwDavCall *call)
{
    const TwDavElement *filter = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "filter");
    g_autoptr(GError) error = NULL;
    Query query;

    if (!check_filter(call, filter, TW_DAV_NS_CALDAV) || !tw_dav_check_data(call) ||
        !tw_dav_clock_ask(call))
        return;
    plan(tw_dav_element_child(filter, TW_DAV_NS_CALDAV, "comp-filter"), &query);
    query.prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop");
    query.out = g_string_new(NULL);
    if (tw_dav_each_entry(call, put_if_fits, &query, &error)) {
        tw_dav_answer(call, 207, query.out, "multistatus");
        return;
    }
    g_string_free(query.out, TRUE);
    tw_dav_fail(call, error);
}

/* ---- address books ---- */

typedef struct {
    GString *out;
    const TwDavElement *prop; /* (nullable) */
    const TwDavElement *filter;
    guint32 most, count;
} CardQuery;

static gboolean
card_fits(TwDavCall *call, const TwDavElement *filter, const TwDavEntry *entry)
{
    g_autoptr(GBytes) text = NULL;
    g_autoptr(TwContentTree) tree = NULL;
    const TwContentNode *card;

    if (filter->children == NULL)
        return TRUE;
    text = tw_dav_entry_text(call, entry, TW_VCARD_AS_KEPT, NULL);
    card = text != NULL ? parse(text, "VCARD", &tree) : NULL;
    return card != NULL && tw_dav_filter_card(filter, card);
}

static gboolean
put_card_if_fits(TwDavCall *call, const TwDavEntry *entry, gpointer data)
{
    const TwDavTarget *target = &call->target;
    CardQuery *query = data;

    if (!card_fits(call, query->filter, entry))
        return TRUE;
    if (query->count++ == query->most) {
        /* RFC 6352, 8.6.2 */
        g_autofree char *href = tw_dav_href_item(&target->owner, target->folder, NULL);
        tw_dav_put_gone(query->out, href, 507);
        return FALSE;
    }
    tw_dav_put_entry(call, query->out, query->prop, entry);
    return query->out->len < TW_DAV_MAX_ANSWER;
}

static guint32
read_most(const TwDavElement *body)
{
    const TwDavElement *limit = tw_dav_element_child(body, TW_DAV_NS_CARDDAV, "limit");
    const TwDavElement *most = tw_dav_element_child(limit, TW_DAV_NS_CARDDAV, "nresults");
    guint32 number = 0;

    if (most == NULL || !tw_parse_u32(most->text, strlen(most->text), G_MAXUINT32, &number))
        return G_MAXUINT32;
    return number;
}

void
tw_dav_card_query(TwDavCall *call)
{
    CardQuery query = { .prop = tw_dav_element_child(call->body, TW_DAV_NS, "prop"),
                        .filter = tw_dav_element_child(call->body, TW_DAV_NS_CARDDAV, "filter"),
                        .most = read_most(call->body) };
    g_autoptr(GError) error = NULL;

    if (!check_filter(call, query.filter, TW_DAV_NS_CARDDAV) || !tw_dav_check_address_data(call))
        return;
    query.out = g_string_new(NULL);
    if (tw_dav_each_entry(call, put_card_if_fits, &query, &error)) {
        tw_dav_answer(call, 207, query.out, "multistatus");
        return;
    }
    g_string_free(query.out, TRUE);
    tw_dav_fail(call, error);
}
