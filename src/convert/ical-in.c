/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ical-in.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "convert/ical-in-private.h"
#include "convert/ical-zone.h"
#include "mapi/global-id.h"
#include "mapi/tags.h"

/* ---- times ---- */

static const TwContentNode *
find_vtimezone(const TwContentNode *calendar, const char *tzid)
{
    for (const TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        const TwContentLine *line;
        if (strcmp(node->name, "VTIMEZONE") == 0 && (line = tw_lines_find(node, "TZID")) != NULL &&
            strcmp(line->value, tzid) == 0)
            return node;
    }
    return NULL;
}

static const TwTimeZone *
find_zone(TwIcalReader *reader, const char *tzid)
{
    gpointer zone;

    if (!g_hash_table_lookup_extended(reader->zones, tzid, NULL, &zone)) {
        zone = tw_ical_zone_find(tzid, find_vtimezone(reader->calendar, tzid), reader->options);
        g_hash_table_insert(reader->zones, g_strdup(tzid), zone);
    }
    return zone != NULL ? zone : reader->options->zone;
}

gboolean
tw_ical_moment_of(
    TwIcalReader *reader, const TwContentLine *line, const char *text, gsize len, TwIcalMoment *ret)
{
    const char *tzid = tw_lines_param(line, "TZID");
    TwIcalTime time;

    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    if (!tw_ical_time_parse(text, len, &time))
        return FALSE;
    ret->kind = time.kind;
    ret->local = time.ticks;
    ret->zone = NULL;
    if (time.kind == TW_ICAL_FLOATING && tzid != NULL)
        ret->zone = find_zone(reader, tzid);
    else if (time.kind != TW_ICAL_UTC)
        ret->zone = reader->options->zone;
    ret->utc = tw_timezone_to_utc(ret->zone, time.ticks);
    return TRUE;
}

gboolean
tw_ical_moment(TwIcalReader *reader, const TwContentLine *line, TwIcalMoment *ret)
{
    return line != NULL && tw_ical_moment_of(reader, line, line->value, line->value_len, ret);
}

/* ---- what is kept ---- */

/* Data of attachments are attachments; a text that held them too would double the item. */
static gboolean
is_inline_data(const TwContentLine *line)
{
    return strcmp(line->name, "ATTACH") == 0 && tw_lines_param_is(line, "ENCODING", "BASE64");
}

static void
put_lines(TwBuffer *out, const TwContentNode *node)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (!is_inline_data(line))
            tw_lines_write_as_it_stood(out, line);
    }
}

static void
put_component(TwBuffer *out, const TwContentNode *node)
{
    g_autofree char *begin = g_strconcat("BEGIN:", node->name, NULL);
    g_autofree char *end = g_strconcat("END:", node->name, NULL);

    tw_lines_write_line(out, begin, strlen(begin));
    put_lines(out, node);
    for (const TwContentNode *child = node->children; child != NULL; child = child->next)
        tw_lines_write(child, out);
    tw_lines_write_line(out, end, strlen(end));
}

static void
note_zones(GHashTable *used, const TwContentNode *node)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        const char *tzid = tw_lines_param(line, "TZID");
        if (tzid != NULL)
            g_hash_table_add(used, g_strdup(tzid));
    }
}

static void
keep_text(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_MAX_KEPT);
    g_autoptr(GHashTable) used = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    static const char begin[] = "BEGIN:VCALENDAR\r\n", end[] = "END:VCALENDAR\r\n";
    g_autoptr(GBytes) bytes = NULL;

    if (group->master != NULL)
        note_zones(used, group->master);
    for (guint i = 0; i < group->overrides->len; i++)
        note_zones(used, group->overrides->pdata[i]);
    tw_buffer_put(&out, begin, strlen(begin));
    put_lines(&out, reader->calendar);
    for (const TwContentNode *node = reader->calendar->children; node != NULL; node = node->next) {
        const TwContentLine *tzid = tw_lines_find(node, "TZID");
        if (strcmp(node->name, "VTIMEZONE") == 0 && tzid != NULL &&
            g_hash_table_contains(used, tzid->value))
            tw_lines_write(node, &out);
    }
    if (group->master != NULL)
        put_component(&out, group->master);
    for (guint i = 0; i < group->overrides->len; i++)
        put_component(&out, group->overrides->pdata[i]);
    tw_buffer_put(&out, end, strlen(end));
    bytes = tw_buffer_steal_bytes(&out, NULL);
    tw_item_set_bytes(&reader->names, object,
                      tw_item_tag(&reader->names, TW_PidLidInboundICalStream), bytes);
}

/* ---- groups ---- */

static void
group_free(gpointer data)
{
    TwIcalGroup *group = data;

    g_ptr_array_unref(group->overrides);
    g_free(group);
}

static gboolean
kind_of(const char *name, TwIcalKind *ret)
{
    static const char *const names[] = {
        [TW_ICAL_EVENT] = "VEVENT", [TW_ICAL_TODO] = "VTODO", [TW_ICAL_JOURNAL] = "VJOURNAL"
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret = (TwIcalKind) i;
            return TRUE;
        }
    }
    return FALSE;
}

/* Components by UID, in the order in which they first appear. */
static GPtrArray *
make_groups(const TwContentNode *calendar)
{
    g_autoptr(GHashTable) by_uid = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);

    for (TwContentNode *node = calendar->children; node != NULL; node = node->next) {
        const TwContentLine *uid = tw_lines_find(node, "UID");
        gboolean is_override = tw_lines_find(node, "RECURRENCE-ID") != NULL;
        TwIcalGroup *group = NULL;
        g_autofree char *key = NULL;
        TwIcalKind kind;
        if (!kind_of(node->name, &kind))
            continue;
        if (uid != NULL && uid->value_len > 0) {
            key = g_strdup_printf("%u%s", (guint) kind, uid->value);
            group = g_hash_table_lookup(by_uid, key);
        }
        if (group == NULL || (!is_override && group->master != NULL)) {
            group = g_new0(TwIcalGroup, 1);
            group->kind = kind;
            group->uid = key != NULL ? uid->value : NULL;
            group->overrides = g_ptr_array_new();
            g_ptr_array_add(groups, group);
            if (key != NULL)
                g_hash_table_insert(by_uid, g_steal_pointer(&key), group);
        }
        if (is_override)
            g_ptr_array_add(group->overrides, node);
        else
            group->master = node;
    }
    return groups;
}

/* The UID, made of the content where there is none: the same text gives the same one. */
static char *
uid_of(const TwIcalGroup *group)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_ICAL_MAX_KEPT);
    guint8 hash[TW_SHA256_LEN];
    GString *out;

    if (group->uid != NULL) {
        out = g_string_new(group->uid);
        g_strstrip(out->str);
        return g_string_free(out, FALSE);
    }
    tw_lines_write(group->master != NULL ? group->master : group->overrides->pdata[0], &text);
    tw_sha256(text.data, text.len, hash);
    out = g_string_new(NULL);
    for (guint i = 0; i < 16; i++)
        g_string_append_printf(out, "%02x", hash[i]);
    return g_string_free(out, FALSE);
}

/* ---- an item ---- */

const TwContentLine *
tw_ical_original(const TwIcalReader *reader, const TwContentNode *node)
{
    const TwContentLine *line = tw_lines_find(node, "RECURRENCE-ID");

    if (line != NULL || reader->method != TW_ICAL_ADD || tw_lines_find(node, "RRULE") != NULL)
        return line;
    return tw_lines_find(node, "DTSTART");
}

static void
set_ids(TwIcalReader *reader, const char *uid, const TwIcalGroup *group, TwObject *object)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];
    g_autoptr(GBytes) clean = tw_global_id_from_uid(uid, -1);
    g_autoptr(GBytes) id = NULL;
    TwIcalMoment original;
    gint64 day = -1;

    if (tw_ical_moment(reader, tw_ical_original(reader, node), &original)) {
        TwIcalSpan span;
        const TwTimeZone *zone =
            tw_ical_span_read(reader, node, &span) ? span.start.zone : original.zone;
        gint64 local = original.kind == TW_ICAL_DATE ? original.local
                                                     : tw_timezone_to_local(zone, original.utc);
        day = local / TW_TICKS_DAY;
        tw_item_set(
            &reader->names, object,
            tw_value_i8(tw_item_tag(&reader->names, TW_PidLidExceptionReplaceTime), original.utc));
        tw_item_set(&reader->names, object,
                    tw_value_bool(tw_item_tag(&reader->names, TW_PidLidIsException), TRUE));
    }
    id = tw_global_id_from_uid(uid, day);
    tw_item_set_bytes(&reader->names, object, tw_item_tag(&reader->names, TW_PidLidGlobalObjectId),
                      id);
    tw_item_set_bytes(&reader->names, object,
                      tw_item_tag(&reader->names, TW_PidLidCleanGlobalObjectId), clean);
}

static gboolean
fill_item(TwIcalReader *reader,
          const TwIcalGroup *group,
          const char *uid,
          TwObject *object,
          GError **error)
{
    set_ids(reader, uid, group, object);
    switch (group->kind) {
    case TW_ICAL_EVENT:
        if (!tw_ical_event_read(reader, group, object, error))
            return FALSE;
        break;
    case TW_ICAL_TODO:
        tw_ical_task_read(reader, group, object);
        break;
    case TW_ICAL_JOURNAL:
        tw_ical_journal_read(reader, group, object);
        break;
    }
    keep_text(reader, group, object);
    if (reader->names.error != NULL) {
        g_propagate_error(error, g_steal_pointer(&reader->names.error));
        return FALSE;
    }
    return tw_object_seal(object, error);
}

static void
item_free(gpointer data)
{
    TwIcalItem *item = data;

    tw_object_free(item->object);
    g_free(item->uid);
    g_free(item);
}

/* ---- free and busy ---- */

static guint
busy_type(const TwContentLine *line)
{
    if (tw_lines_param_is(line, "FBTYPE", "FREE"))
        return 0;
    if (tw_lines_param_is(line, "FBTYPE", "BUSY-TENTATIVE"))
        return 1;
    return tw_lines_param_is(line, "FBTYPE", "BUSY-UNAVAILABLE") ? 3 : 2;
}

/* "start/end" or "start/duration". */
static gboolean
parse_period(TwIcalReader *reader, const TwContentLine *line, const char *text, TwIcalBusy *ret)
{
    const char *mark = strchr(text, '/');
    TwIcalMoment start, end;
    gint64 seconds;

    if (mark == NULL || !tw_ical_moment_of(reader, line, text, (gsize) (mark - text), &start))
        return FALSE;
    ret->start = start.utc;
    if (tw_ical_moment_of(reader, line, mark + 1, strlen(mark + 1), &end)) {
        ret->end = end.utc;
    } else if (tw_ical_duration_parse(mark + 1, strlen(mark + 1), &seconds)) {
        ret->end = MIN(start.utc + seconds * TW_TICKS_SECOND, TW_TICKS_MAX);
    } else {
        return FALSE;
    }
    return ret->end > ret->start;
}

static void
read_busy(TwIcalReader *reader, const TwContentNode *node, TwIcal *ical)
{
    ical->has_busy = TRUE;
    for (const TwContentLine *line = tw_lines_find(node, "FREEBUSY"); line != NULL;
         line = tw_lines_next(line)) {
        g_autoptr(GPtrArray) parts =
            tw_lines_split(line->value, line->value_len, ',', TW_ICAL_MAX_BUSY);
        TwIcalBusy busy = { .busy = busy_type(line) };
        for (guint i = 0; i < parts->len && ical->busy->len < TW_ICAL_MAX_BUSY; i++) {
            if (parse_period(reader, line, parts->pdata[i], &busy))
                g_array_append_val(ical->busy, busy);
        }
    }
}

/* ---- a calendar ---- */

static void
reader_clear(TwIcalReader *reader)
{
    tw_item_names_clear(&reader->names);
    g_clear_pointer(&reader->zones, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwIcalReader, reader_clear)

static void
zone_unref(gpointer zone)
{
    tw_timezone_unref(zone);
}

static void
reader_init(TwIcalReader *reader, const TwIcalOptions *options)
{
    memset(reader, 0, sizeof *reader);
    reader->options = options;
    reader->zones = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, zone_unref);
    tw_item_names_init(&reader->names, options->names, TRUE);
}

/* Zones of one calendar mean nothing in the next. */
static void
reader_start(TwIcalReader *reader, const TwContentNode *calendar)
{
    const TwContentLine *method = tw_lines_find(calendar, "METHOD");

    g_hash_table_remove_all(reader->zones);
    reader->calendar = calendar;
    if (method != NULL) {
        g_autofree char *name = g_strndup(method->value, method->value_len);
        reader->method = tw_ical_method_parse(g_strstrip(name));
    }
}

static void
take_text(const TwContentNode *calendar, const char *name, char **text)
{
    const TwContentLine *line = tw_lines_find(calendar, name);

    if (line != NULL && *text == NULL)
        *text = tw_lines_unescape(line->value, line->value_len);
}

static gboolean
read_calendar(TwIcalReader *reader, TwIcal *ical, GError **error)
{
    g_autoptr(GPtrArray) groups = make_groups(reader->calendar);

    take_text(reader->calendar, "NAME", &ical->name);
    take_text(reader->calendar, "X-WR-CALNAME", &ical->name);
    take_text(reader->calendar, "DESCRIPTION", &ical->description);
    take_text(reader->calendar, "X-WR-CALDESC", &ical->description);
    take_text(reader->calendar, "COLOR", &ical->color);
    take_text(reader->calendar, "X-APPLE-CALENDAR-COLOR", &ical->color);
    for (const TwContentNode *node = reader->calendar->children; node != NULL; node = node->next) {
        if (strcmp(node->name, "VFREEBUSY") == 0)
            read_busy(reader, node, ical);
    }
    for (guint i = 0; i < groups->len; i++) {
        const TwIcalGroup *group = groups->pdata[i];
        g_autoptr(GError) bad = NULL;
        TwIcalItem *item = g_new0(TwIcalItem, 1);
        g_ptr_array_add(ical->items, item);
        if (ical->items->len > TW_ICAL_MAX_ITEMS) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d items", TW_ICAL_MAX_ITEMS);
            return FALSE;
        }
        item->kind = group->kind;
        item->uid = uid_of(group);
        item->object = tw_object_new(TW_OBJECT_MESSAGE);
        if (fill_item(reader, group, item->uid, item->object, &bad))
            continue;
        if (bad->code != TW_ERROR_CORRUPT) {
            g_propagate_error(error, g_steal_pointer(&bad));
            return FALSE;
        }
        /* one bad event does not take the calendar with it */
        ical->bad_items++;
        g_ptr_array_remove_index(ical->items, ical->items->len - 1);
    }
    return TRUE;
}

TwIcal *
tw_ical_read(const guint8 *text, gsize len, const TwIcalOptions *options, GError **error)
{
    g_autoptr(TwContentTree) tree = tw_lines_parse(text, len, error);
    g_autoptr(TwIcal) ical = NULL;
    g_auto(TwIcalReader) reader = { 0 };
    gboolean any = FALSE;

    if (tree == NULL)
        return NULL;
    ical = g_new0(TwIcal, 1);
    ical->items = g_ptr_array_new_with_free_func(item_free);
    ical->busy = g_array_new(FALSE, FALSE, sizeof(TwIcalBusy));
    ical->bad_lines = tree->bad_lines;
    reader_init(&reader, options);
    for (const TwContentNode *node = tree->root->children; node != NULL; node = node->next) {
        if (strcmp(node->name, "VCALENDAR") != 0)
            continue;
        any = TRUE;
        reader_start(&reader, node);
        if (!read_calendar(&reader, ical, error))
            return NULL;
    }
    if (!any) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "no VCALENDAR");
        return NULL;
    }
    ical->method = reader.method;
    return g_steal_pointer(&ical);
}

void
tw_ical_free(TwIcal *ical)
{
    if (ical == NULL)
        return;
    g_ptr_array_unref(ical->items);
    g_array_unref(ical->busy);
    g_free(ical->name);
    g_free(ical->description);
    g_free(ical->color);
    g_free(ical);
}

/* ---- a mail ---- */

static const TwContentNode *
first_calendar(const TwContentTree *tree)
{
    return tw_lines_child(tree->root, "VCALENDAR");
}

static const TwIcalGroup *
first_of(GPtrArray *groups, TwIcalKind kind)
{
    for (guint i = 0; i < groups->len; i++) {
        const TwIcalGroup *group = groups->pdata[i];
        if (group->kind == kind)
            return group;
    }
    return NULL;
}

static const TwIcalGroup *
first_event(GPtrArray *groups)
{
    const TwIcalGroup *event = first_of(groups, TW_ICAL_EVENT);

    return event != NULL ? event : first_of(groups, TW_ICAL_TODO);
}

/* RFC 5546, 3.2: answers and cancellations may go without. */
static gboolean
has_time_it_needs(TwIcalReader *reader, const TwIcalGroup *group)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];
    TwIcalSpan span;

    return group->kind == TW_ICAL_TODO || reader->method == TW_ICAL_REPLY ||
           reader->method == TW_ICAL_CANCEL || tw_ical_span_read(reader, node, &span);
}

/* What has a message class. One event that is published is an appointment where it is all that the mail says. */
static gboolean
is_for_calendar(const TwIcalReader *reader, const GPtrArray *groups, const TwObject *mail)
{
    switch (reader->method) {
    case TW_ICAL_PUBLISH:
        return groups->len == 1 && !tw_object_has(mail, PR_BODY) && !tw_object_has(mail, PR_HTML);
    case TW_ICAL_REQUEST:
    case TW_ICAL_REPLY:
    case TW_ICAL_ADD:
    case TW_ICAL_CANCEL:
    case TW_ICAL_COUNTER:
        return TRUE;
    case TW_ICAL_NO_METHOD:
    case TW_ICAL_REFRESH:
    case TW_ICAL_DECLINE_COUNTER:
        break;
    }
    return FALSE;
}

/* A task that is published, or nobody's, is a file beside the mail. */
static gboolean
is_for_others(const TwIcalReader *reader, const TwIcalGroup *group)
{
    const TwContentNode *node = group->master != NULL ? group->master : group->overrides->pdata[0];

    return reader->method != TW_ICAL_PUBLISH && tw_lines_find(node, "ORGANIZER") != NULL &&
           tw_lines_find(node, "ATTENDEE") != NULL;
}

gboolean
tw_ical_read_meeting(const guint8 *text,
                     gsize len,
                     const char *method,
                     const TwIcalOptions *options,
                     TwObject *mail,
                     TwIcalMethod *ret_method,
                     GError **error)
{
    g_autoptr(TwContentTree) tree = tw_lines_parse(text, len, error);
    g_auto(TwIcalReader) reader = { 0 };
    g_autoptr(GPtrArray) groups = NULL;
    g_autofree char *uid = NULL;
    const TwIcalGroup *group;

    if (tree == NULL)
        return FALSE;
    if (first_calendar(tree) == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "no VCALENDAR");
        return FALSE;
    }
    reader_init(&reader, options);
    reader.method = tw_ical_method_parse(method);
    reader.into_mail = TRUE;
    reader_start(&reader, first_calendar(tree));
    groups = make_groups(reader.calendar);
    group = first_event(groups);
    if (group == NULL || !is_for_calendar(&reader, groups, mail) ||
        (group->kind == TW_ICAL_TODO && !is_for_others(&reader, group))) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "no meeting in the calendar");
        return FALSE;
    }
    if (!has_time_it_needs(&reader, group)) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "a meeting without a time");
        return FALSE;
    }
    uid = uid_of(group);
    *ret_method = reader.method;
    return fill_item(&reader, group, uid, mail, error);
}

/* ---- a mail that is no meeting ---- */

static void
add_paragraphs(GString *out, const TwContentNode *node, const char *name)
{
    for (const TwContentLine *line = tw_lines_find(node, name);
         line != NULL && out->len < TW_ICAL_MAX_KEPT; line = tw_lines_next(line)) {
        g_autofree char *text = tw_lines_unescape(line->value, line->value_len);
        if (*text != '\0')
            g_string_append_printf(out, "%s%s", out->len > 0 ? "\r\n\r\n" : "", text);
    }
}

gboolean
tw_ical_describe(const guint8 *text, gsize len, char **ret_summary, char **ret_text, GError **error)
{
    g_autoptr(TwContentTree) tree = tw_lines_parse(text, len, error);
    g_autoptr(GPtrArray) groups = NULL;
    const TwIcalGroup *group;
    const TwContentNode *node;
    GString *out;

    if (tree == NULL)
        return FALSE;
    groups = first_calendar(tree) != NULL ? make_groups(first_calendar(tree)) : NULL;
    group = groups != NULL ? first_event(groups) : NULL;
    if (group == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "no event in the calendar");
        return FALSE;
    }
    node = group->master != NULL ? group->master : group->overrides->pdata[0];
    *ret_summary = NULL;
    take_text(node, "SUMMARY", ret_summary);
    out = g_string_new(NULL);
    add_paragraphs(out, node, "COMMENT");
    add_paragraphs(out, node, "DESCRIPTION");
    *ret_text = g_string_free(out, FALSE);
    return TRUE;
}
