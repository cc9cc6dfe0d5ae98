/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical-out.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "convert/ical-in-private.h"
#include "convert/ical-out-private.h"
#include "convert/ical-zone.h"
#include "mapi/civil.h"
#include "mapi/global-id.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    YEARS_AHEAD = 10, /* rules of zones reach so far after the last time that is written */
};

/* ---- lines ---- */

void
tw_ical_put(const TwIcalPlace *place, const char *name, const char *value)
{
    if (value != NULL)
        tw_lines_add(place->tree, place->node, name, value);
}

void
tw_ical_put_text(const TwIcalPlace *place, const char *name, const char *text)
{
    g_autoptr(GString) value = NULL;

    if (text == NULL || text[0] == '\0')
        return;
    value = g_string_sized_new(strlen(text) + 16);
    tw_lines_put_text(value, text);
    tw_ical_put(place, name, value->str);
}

void
tw_ical_put_utc(const TwIcalPlace *place, const char *name, gint64 ticks)
{
    TwIcalTime time = { TW_ICAL_UTC, ticks };
    char text[TW_ICAL_TIME_SIZE];

    tw_ical_time_print(time, text);
    tw_ical_put(place, name, text);
}

static gboolean
is_utc(const TwTimeZone *zone)
{
    const char *key = zone != NULL ? tw_timezone_get_key_name(zone) : NULL;
    const char *iana = zone != NULL ? tw_timezone_get_iana_name(zone) : NULL;

    return zone == NULL || g_strcmp0(key, "UTC") == 0 || g_strcmp0(iana, "Etc/UTC") == 0 ||
           g_strcmp0(iana, "UTC") == 0;
}

void
tw_ical_put_moment(TwIcalWriter *writer,
                   const TwIcalPlace *place,
                   const char *name,
                   gint64 utc,
                   const TwTimeZone *zone,
                   gboolean all_day)
{
    TwIcalTime time = { TW_ICAL_FLOATING, tw_timezone_to_local(zone, utc) };
    g_autoptr(GString) head = g_string_new(name);
    g_autofree char *tzid = NULL;
    char text[TW_ICAL_TIME_SIZE];
    int year;

    if (all_day) {
        /* some clients store midnight of another zone: the nearer midnight is meant */
        time = (TwIcalTime){ TW_ICAL_DATE,
                             (time.ticks + TW_TICKS_DAY / 2) / TW_TICKS_DAY * TW_TICKS_DAY };
        g_string_append(head, ";VALUE=DATE");
    } else if (is_utc(zone)) {
        time.kind = TW_ICAL_UTC;
    } else {
        tzid = tw_ical_zone_id(zone);
        tw_lines_put_param(head, "TZID", tzid);
        year = (int) tw_civil_date(time.ticks / TW_TICKS_DAY).year;
        writer->first_year = MIN(writer->first_year, year);
        writer->last_year = MAX(writer->last_year, year);
        if (!g_hash_table_contains(writer->zones, tzid))
            g_hash_table_insert(
                writer->zones, g_steal_pointer(&tzid),
                tw_timezone_ref((TwTimeZone *) (guintptr) zone)); /* NOLINT: counted */
    }
    tw_ical_time_print(time, text);
    tw_ical_put(place, head->str, text);
}

TwTimeZone *
tw_ical_zone_of(TwIcalWriter *writer, const TwObject *object, gboolean series)
{
    TwItemNames *names = &writer->names;
    const TwTimeZone *fallback = writer->options->zone;
    g_autoptr(GBytes) display = tw_item_get_bytes(
        object, tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionStartDisplay));
    g_autoptr(GBytes) recur = NULL;
    g_autoptr(GBytes) structure = NULL;
    g_autoptr(TwTimeZone) zone = NULL;
    TwTimeZone *named = NULL;
    gboolean all_day = tw_item_get_bool(object, tw_item_tag(names, TW_PidLidAppointmentSubType));

    if (series) {
        recur = tw_item_get_bytes(object,
                                  tw_item_tag(names, TW_PidLidAppointmentTimeZoneDefinitionRecur));
        structure = tw_item_get_bytes(object, tw_item_tag(names, TW_PidLidTimeZoneStruct));
    }
    zone = tw_timezone_for_series(recur, structure, display, NULL);
    if (zone == NULL)
        return fallback != NULL && (series || all_day)
                   ? tw_timezone_ref((TwTimeZone *) (guintptr) fallback) /* NOLINT: counted */
                   : NULL;
    if (is_utc(zone))
        return NULL;
    if (tw_timezone_get_key_name(zone) != NULL)
        named = tw_ical_zone_by_name(tw_timezone_get_key_name(zone), writer->options);
    return named != NULL ? named : g_steal_pointer(&zone);
}

char *
tw_ical_uid(const TwObject *object, TwNameMap *map)
{
    static const guint32 keys[] = { PR_SOURCE_KEY, PR_SEARCH_KEY, PR_ENTRYID };
    TwNamedProp name = tw_known_name(TW_PidLidGlobalObjectId);
    g_autoptr(GString) out = NULL;
    TwPropValue value;
    guint16 id = 0;

    if (tw_name_map_get_ids(map, &name, 1, FALSE, &id, NULL) && id != 0 &&
        tw_object_get(object, tw_prop_tag(id, TW_PT_BINARY), &value)) {
        char *uid = tw_global_id_to_uid(value.data, value.len);
        if (uid != NULL)
            return uid;
    }
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!tw_object_get(object, keys[i], &value) || value.len == 0)
            continue;
        out = g_string_sized_new(2 * (gsize) value.len);
        for (guint k = 0; k < value.len; k++)
            g_string_append_printf(out, "%02x", value.data[k]);
        return g_string_free(g_steal_pointer(&out), FALSE);
    }
    return g_strdup("no-uid");
}

/* ---- an item ---- */

static void
write_item(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place, GArray *made)
{
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");

    if (tw_message_class_is(message_class, "IPM.Appointment") ||
        tw_message_class_is(message_class, "IPM.Schedule.Meeting"))
        tw_ical_event_write(writer, object, place, made);
    else if (tw_message_class_is(message_class, "IPM.Task") ||
             tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE))
        tw_ical_task_write(writer, object, place, made);
    else if (tw_message_class_is(message_class, "IPM.Activity") ||
             tw_message_class_is(message_class, "IPM.StickyNote"))
        tw_ical_journal_write(writer, object, place, made);
}

/* The components of a kept text by the day they replace, reckoned as the reader does. */
static void
list_kept(const TwContentNode *calendar, const TwIcalOptions *options, GArray *made)
{
    g_autoptr(GHashTable) zones =
        g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, (GDestroyNotify) tw_timezone_unref);
    TwIcalReader reader = { .options = options, .calendar = calendar, .zones = zones };
    const TwTimeZone *zone = NULL;
    gboolean has_main = FALSE;

    for (TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        const TwContentLine *original = tw_lines_find(node, "RECURRENCE-ID");
        TwIcalMade one = { -1, node };
        TwIcalMoment moment;
        TwIcalSpan span;
        if (strcmp(node->name, "VTIMEZONE") == 0)
            continue;
        if (!has_main && tw_ical_span_read(&reader, node, &span))
            zone = span.start.zone;
        if (has_main && original != NULL && tw_ical_moment(&reader, original, &moment))
            one.day = (moment.kind == TW_ICAL_DATE ? moment.local
                                                   : tw_timezone_to_local(zone, moment.utc)) /
                      TW_TICKS_DAY;
        has_main = TRUE;
        g_array_append_val(made, one);
    }
}

static GArray *
made_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(TwIcalMade));
}

/* Writes the kept text with what has changed since. FALSE: there is none that can be used. */
static gboolean
write_kept(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place)
{
    guint32 tag = tw_item_tag(&writer->names, TW_PidLidInboundICalStream);
    g_autoptr(GBytes) kept = NULL;
    g_autoptr(TwContentTree) kept_tree = NULL;
    g_autoptr(TwContentTree) then_tree = tw_lines_tree_new(4 * (gsize) TW_ICAL_OUT_MAX);
    g_autoptr(TwContentTree) now_tree = tw_lines_tree_new(4 * (gsize) TW_ICAL_OUT_MAX);
    g_autoptr(TwIcal) then = NULL;
    g_autoptr(GArray) kept_made = made_new(), then_made = made_new(), now_made = made_new();
    TwIcalPlace then_place = { then_tree, then_tree->root };
    TwIcalPlace now_place = { now_tree, now_tree->root };
    gsize len;
    const guint8 *data;

    if (tag == 0 || !tw_value_source_len(object, tag, NULL))
        return FALSE;
    kept = tw_value_source_load(writer->options->source, object, tag, (gsize) 2 * TW_ICAL_MAX_KEPT,
                                NULL);
    if (kept == NULL)
        return FALSE;
    data = g_bytes_get_data(kept, &len);
    kept_tree = tw_lines_parse(data, len, NULL);
    then = tw_ical_read(data, len, writer->options, NULL);
    if (kept_tree == NULL || then == NULL || then->items->len != 1 ||
        tw_lines_child(kept_tree->root, "VCALENDAR") == NULL)
        return FALSE;
    write_item(writer, ((TwIcalItem *) then->items->pdata[0])->object, &then_place, then_made);
    write_item(writer, object, &now_place, now_made);
    list_kept(tw_lines_child(kept_tree->root, "VCALENDAR"), writer->options, kept_made);
    if (then_made->len == 0 || now_made->len == 0)
        return FALSE;
    {
        TwIcalVersion versions[] = { { kept_tree, kept_made },
                                     { then_tree, then_made },
                                     { now_tree, now_made } };
        tw_ical_merge(&versions[0], &versions[1], &versions[2], place);
    }
    /* its own definitions of zones */
    for (const TwContentNode *node = tw_lines_child(kept_tree->root, "VCALENDAR")->children;
         node != NULL; node = node->next) {
        if (strcmp(node->name, "VTIMEZONE") == 0) {
            TwIcalPlace zones = { place->tree, place->tree->root };
            tw_ical_copy_node(node, &zones);
        }
    }
    return TRUE;
}

/* ---- the calendar ---- */

static void
note_zones(GHashTable *used, const TwContentNode *node)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        const char *tzid = tw_lines_param(line, "TZID");
        if (tzid != NULL)
            g_hash_table_add(used, (char *) (guintptr) tzid); /* NOLINT: only read */
    }
}

/* Definitions of the zones that are used: those that came with the items first. They stand in the root of @tree. */
static void
put_zones(TwIcalWriter *writer,
          const TwContentTree *tree,
          const TwContentNode *components,
          const TwIcalPlace *place)
{
    g_autoptr(GHashTable) used = g_hash_table_new(tw_hash_str, g_str_equal);
    GHashTableIter iter;
    gpointer tzid;

    for (const TwContentNode *node = components->children; node != NULL; node = node->next)
        note_zones(used, node);
    for (const TwContentNode *node = tree->root->children; node != NULL; node = node->next) {
        const TwContentLine *id = tw_lines_find(node, "TZID");
        if (strcmp(node->name, "VTIMEZONE") == 0 && id != NULL &&
            g_hash_table_remove(used, id->value))
            tw_ical_copy_node(node, place);
    }
    g_hash_table_iter_init(&iter, used);
    while (g_hash_table_iter_next(&iter, &tzid, NULL)) {
        const TwTimeZone *zone = g_hash_table_lookup(writer->zones, tzid);
        g_autoptr(TwTimeZone) named =
            zone == NULL ? tw_ical_zone_by_name(tzid, writer->options) : NULL;
        if (zone == NULL)
            zone = named;
        if (zone != NULL)
            tw_ical_zone_write(zone, tzid, MIN(writer->first_year, writer->last_year),
                               writer->last_year + YEARS_AHEAD, place->tree, place->node);
    }
}

static void
put_head(const TwIcalPlace *place, TwIcalMethod method, const char *name)
{
    tw_ical_put(place, "VERSION", "2.0");
    tw_ical_put(place, "PRODID", "-//Twiga//Twiga//EN");
    tw_ical_put(place, "CALSCALE", "GREGORIAN");
    tw_ical_put(place, "METHOD", tw_ical_method_name(method));
    tw_ical_put_text(place, "X-WR-CALNAME", name);
}

static void
writer_init(TwIcalWriter *writer, TwIcalMethod method, const TwIcalOptions *options)
{
    memset(writer, 0, sizeof *writer);
    writer->options = options;
    writer->method = method;
    writer->first_year = 9999;
    writer->last_year = 1970;
    writer->zones =
        g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, (GDestroyNotify) tw_timezone_unref);
    tw_item_names_init(&writer->names, options->names, FALSE);
}

static void
writer_clear(TwIcalWriter *writer)
{
    tw_item_names_clear(&writer->names);
    g_clear_pointer(&writer->zones, g_hash_table_unref);
    g_clear_error(&writer->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwIcalWriter, writer_clear)

GBytes *
tw_ical_write(const TwObject *const *objects,
              guint count,
              TwIcalMethod method,
              const char *name,
              const TwIcalOptions *options,
              GError **error)
{
    /* the root of one tree has the components and kept zones, the other is what is written */
    g_autoptr(TwContentTree) parts = tw_lines_tree_new(4 * (gsize) TW_ICAL_OUT_MAX);
    g_autoptr(TwContentTree) tree = tw_lines_tree_new(4 * (gsize) TW_ICAL_OUT_MAX);
    g_auto(TwIcalWriter) writer = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
    TwIcalPlace components = { parts, tw_lines_add_node(parts, parts->root, "PARTS") };
    TwIcalPlace calendar = { tree, tw_lines_add_node(tree, tree->root, "VCALENDAR") };

    writer_init(&writer, method, options);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) made = made_new();
        if (!write_kept(&writer, objects[i], &components))
            write_item(&writer, objects[i], &components, made);
    }
    put_head(&calendar, method, name);
    put_zones(&writer, parts, components.node, &calendar);
    for (const TwContentNode *node = components.node->children; node != NULL; node = node->next)
        tw_ical_copy_node(node, &calendar);
    if (writer.error != NULL) {
        g_propagate_error(error, g_steal_pointer(&writer.error));
        return NULL;
    }
    tw_lines_write(tree->root, &out);
    return tw_buffer_steal_bytes(&out, error);
}

static TwIcalMethod
method_of(const TwObject *message, TwNameMap *map)
{
    const char *message_class = tw_object_get_text(message, PR_MESSAGE_CLASS, "");
    g_auto(TwItemNames) names = { 0 };

    tw_item_names_init(&names, map, FALSE);
    if (tw_message_class_is(message_class, "IPM.Schedule.Meeting.Request") ||
        tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE ".Request"))
        return TW_ICAL_REQUEST;
    if (tw_message_class_is(message_class, "IPM.Schedule.Meeting.Canceled") ||
        tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE ".Canceled"))
        return TW_ICAL_CANCEL;
    if (tw_message_class_is(message_class, TW_ICAL_TASK_MESSAGE ".Resp"))
        return TW_ICAL_REPLY;
    if (tw_message_class_is(message_class, "IPM.Schedule.Meeting.Resp"))
        return tw_item_get_bool(message, tw_item_tag(&names, TW_PidLidAppointmentCounterProposal))
                   ? TW_ICAL_COUNTER
                   : TW_ICAL_REPLY;
    return tw_message_class_is(message_class, "IPM.Appointment") ? TW_ICAL_PUBLISH
                                                                 : TW_ICAL_NO_METHOD;
}

gboolean
tw_ical_write_part(gpointer data, const TwObject *message, TwMailOutPart *ret_part, GError **error)
{
    const TwIcalOptions *options = data;
    TwIcalMethod method = method_of(message, options->names);
    const TwObject *const objects[] = { message };

    ret_part->text = NULL;
    ret_part->method = NULL;
    if (method == TW_ICAL_NO_METHOD)
        return TRUE;
    ret_part->text = tw_ical_write(objects, 1, method, NULL, options, error);
    if (ret_part->text == NULL)
        return FALSE;
    ret_part->method = g_strdup(tw_ical_method_name(method));
    return TRUE;
}

/* ---- free and busy ---- */

static void
put_spans(const TwIcalPlace *place, const TwIcalBusy *spans, guint count)
{
    static const char *const types[] = { NULL, "BUSY-TENTATIVE", "BUSY", "BUSY-UNAVAILABLE" };

    for (guint i = 0; i < count; i++) {
        const char *type = spans[i].busy < G_N_ELEMENTS(types) ? types[spans[i].busy] : NULL;
        g_autofree char *head = type != NULL ? g_strconcat("FREEBUSY;FBTYPE=", type, NULL) : NULL;
        TwIcalTime start = { TW_ICAL_UTC, spans[i].start }, end = { TW_ICAL_UTC, spans[i].end };
        char a[TW_ICAL_TIME_SIZE], b[TW_ICAL_TIME_SIZE];
        char span[2 * TW_ICAL_TIME_SIZE + 1];
        if (head == NULL)
            continue;
        tw_ical_time_print(start, a);
        tw_ical_time_print(end, b);
        g_snprintf(span, sizeof span, "%s/%s", a, b);
        tw_ical_put(place, head, span);
    }
}

static void
put_user(const TwIcalPlace *place, const char *name, const char *address)
{
    g_autofree char *value = address != NULL ? g_strconcat("mailto:", address, NULL) : NULL;

    tw_ical_put(place, name, value);
}

GBytes *
tw_ical_write_busy(const TwIcalBusy *spans,
                   guint count,
                   gint64 start,
                   gint64 end,
                   gint64 stamp,
                   TwIcalMethod method,
                   const char *uid,
                   const char *organiser,
                   const char *attendee)
{
    g_autoptr(TwContentTree) tree = tw_lines_tree_new(4 * (gsize) TW_ICAL_OUT_MAX);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);
    TwIcalPlace calendar = { tree, tw_lines_add_node(tree, tree->root, "VCALENDAR") };
    TwIcalPlace place = { tree, tw_lines_add_node(tree, calendar.node, "VFREEBUSY") };

    put_head(&calendar, method, NULL);
    tw_ical_put_utc(&place, "DTSTAMP", stamp);
    tw_ical_put_utc(&place, "DTSTART", start);
    tw_ical_put_utc(&place, "DTEND", end);
    tw_ical_put_text(&place, "UID", uid);
    put_user(&place, "ORGANIZER", organiser);
    put_user(&place, "ATTENDEE", attendee);
    put_spans(&place, spans, MIN(count, (guint) TW_ICAL_MAX_BUSY));
    tw_lines_write(tree->root, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}
