/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Times that name no zone (RFC 4791, 7.3): they are read on the clock that the question names, else on that of the collection, else on
 * that of the server, by which the index has them.
 */
#include "dav/dav-private.h"

#include <string.h>

#include "convert/ical-zone.h"
#include "mapi/timezone.h"

/* ---- items ---- */

/* "DTSTART;TZID=...:" or "...Z" hang somewhere; a line that was folded is asked no more than its first part. */
static gboolean
line_floats(const char *line, gsize len)
{
    const char *mark = memchr(line, ':', len);

    return mark != NULL && g_strstr_len(line, mark - line, ";TZID=") == NULL &&
           g_strstr_len(line, mark - line, ";tzid=") == NULL && mark + 1 < line + len &&
           line[len - 1] != 'Z' && line[len - 1] != 'z';
}

gboolean
tw_dav_text_floats(GBytes *text)
{
    static const char *const begins[] = { "BEGIN:VEVENT", "BEGIN:VTODO", "BEGIN:VJOURNAL" };
    static const char *const names[] = { "\nDTSTART", "\nDUE" };
    gsize len;
    const char *data = g_bytes_get_data(text, &len), *from = NULL, *end = data + len;

    for (guint i = 0; i < G_N_ELEMENTS(begins) && from == NULL; i++)
        from = g_strstr_len(data, (gssize) len, begins[i]);
    for (guint i = 0; i < G_N_ELEMENTS(names) && from != NULL; i++) {
        const char *line = g_strstr_len(from, end - from, names[i]);
        const char *stop;

        if (line == NULL)
            continue;
        line++;
        stop = memchr(line, '\n', (gsize) (end - line));
        stop = stop != NULL ? stop : end;
        while (stop > line && (stop[-1] == '\r' || stop[-1] == ' '))
            stop--;
        return line_floats(line, (gsize) (stop - line));
    }
    return FALSE;
}

TwDavTimes
tw_dav_times_at(const TwDavTimes *times, const TwTimeZone *server, TwTimeZone *zone)
{
    TwDavTimes moved = *times;

    if (!times->floats)
        return moved;
    moved.start = tw_timezone_to_utc(zone, tw_timezone_to_local(server, times->start));
    moved.end = tw_timezone_to_utc(zone, tw_timezone_to_local(server, times->end));
    moved.zone = zone;
    return moved;
}

/* ---- clocks ---- */

/* The zone of a VCALENDAR that has one; FALSE: it has not. */
static gboolean
read_zone(TwDavCall *call, const char *text, TwTimeZone **ret)
{
    g_autoptr(TwContentTree) tree = tw_lines_parse((const guint8 *) text, strlen(text), NULL);
    const TwContentNode *calendar = tree != NULL ? tw_lines_child(tree->root, "VCALENDAR") : NULL;
    const TwContentNode *node = calendar != NULL ? tw_lines_child(calendar, "VTIMEZONE") : NULL;
    const TwContentLine *id = node != NULL ? tw_lines_find(node, "TZID") : NULL;

    if (id == NULL)
        return FALSE;
    *ret = tw_ical_zone_find(id->value, node, &call->ical);
    return *ret != NULL;
}

static gboolean
is_utc(const char *name)
{
    return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

static gboolean
find_zone(TwDavCall *call, const char *name, TwTimeZone **ret)
{
    *ret = is_utc(name) ? NULL : tw_ical_zone_by_name(name, &call->ical);
    return *ret != NULL || is_utc(name);
}

void
tw_dav_clock_clear(TwDavClock *clock)
{
    g_clear_pointer(&clock->zone, tw_timezone_unref);
    *clock = (TwDavClock){ .known = FALSE };
}

gboolean
tw_dav_clock_ask(TwDavCall *call)
{
    TwDavClock *clock = &call->clock;
    const TwDavElement *text = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "timezone");
    const TwDavElement *id = tw_dav_element_child(call->body, TW_DAV_NS_CALDAV, "timezone-id");

    if (text == NULL && id == NULL)
        return TRUE;
    clock->asked = TRUE;
    clock->known = text != NULL ? read_zone(call, text->text, &clock->zone)
                                : find_zone(call, id->text, &clock->zone);
    if (!clock->known)
        tw_dav_refuse(call, 403, TW_DAV_NS_CALDAV,
                      text != NULL ? "valid-calendar-data" : "valid-timezone");
    return clock->known;
}

/* That of the collection at hand, which is another one from time to time below a home. */
static void
follow_folder(TwDavCall *call)
{
    TwDavClock *clock = &call->clock;
    const TwDavFolder *folder = call->target.folder;
    const char *text, *id;

    if (clock->asked || clock->folder == folder)
        return;
    tw_dav_clock_clear(clock);
    clock->folder = folder;
    text = tw_dav_kept_text(call, folder, TW_DAV_NS_CALDAV, "calendar-timezone");
    id = tw_dav_kept_text(call, folder, TW_DAV_NS_CALDAV, "calendar-timezone-id");
    clock->known = (text != NULL && read_zone(call, text, &clock->zone)) ||
                   (id != NULL && find_zone(call, id, &clock->zone));
}

TwDavEntry
tw_dav_entry_at(TwDavCall *call, const TwDavEntry *entry)
{
    TwDavEntry moved = *entry;

    follow_folder(call);
    if (call->clock.known)
        moved.times = tw_dav_times_at(&entry->times, call->dav->zone, call->clock.zone);
    return moved;
}
