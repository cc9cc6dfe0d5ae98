/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/resources.h"

#include "mapi/civil.h"

void
tw_resource_verdict_clear(TwResourceVerdict *verdict)
{
    g_clear_pointer(&verdict->reason, g_free);
}

static void
decline(TwResourceVerdict *verdict, const char *why)
{
    verdict->declined = TRUE;
    verdict->reason = g_strdup(why);
}

static gboolean
is_resource(const TwMeetings *meetings)
{
    return meetings->user->kind == TW_DIRECTORY_ROOM ||
           meetings->user->kind == TW_DIRECTORY_EQUIPMENT;
}

static guint
room_for(const TwMeetings *meetings)
{
    return MAX(meetings->user->capacity, 1);
}

static gboolean
counts(const TwCalendarEntry *entry)
{
    return !entry->cancelled && entry->busy != TW_BUSY_FREE && entry->busy != TW_BUSY_ELSEWHERE;
}

/* A moment at which something else is there; the most at once between the two times is that at one of the starts. */
static guint
count_at(const GArray *others, const TwCalendarEntry *wanted, gint64 at)
{
    guint count = 0;

    for (guint i = 0; i < others->len; i++) {
        const TwCalendarEntry *other = &g_array_index(others, TwCalendarEntry, i);

        if (other->start >= wanted->end)
            break; /* they are sorted */
        if (other->start <= at && other->end > at)
            count++;
    }
    return count;
}

static guint
most_at_once(const GArray *others, const TwCalendarEntry *wanted)
{
    guint most = count_at(others, wanted, wanted->start);

    for (guint i = 0; i < others->len; i++) {
        const TwCalendarEntry *other = &g_array_index(others, TwCalendarEntry, i);

        if (other->start >= wanted->end)
            break;
        if (other->start > wanted->start)
            most = MAX(most, count_at(others, wanted, other->start));
    }
    return most;
}

static char *
conflict_text(const TwCalendarEntry *wanted)
{
    TwCivilDate date = tw_civil_date(tw_civil_floor_div(wanted->start, TW_TICKS_DAY));
    gint64 minutes = wanted->start / TW_TICKS_MINUTE % TW_CIVIL_DAY_MINUTES;

    return g_strdup_printf("Not available on %04d-%02d-%02d at %02d:%02d UTC: there is another "
                           "meeting at that time.",
                           (int) date.year, date.month, date.day, (int) (minutes / 60),
                           (int) (minutes % 60));
}

/* What went meanwhile is not in the way. */
static gboolean
was_saved_before(TwMeetings *meetings, guint32 message, guint64 cn)
{
    g_auto(TwMessageGetArgs) get = { .store = meetings->store, .message = message };

    return tw_session_message_get(meetings->spec.session, &get, NULL) && get.row.cn < cn;
}

/* What is in the way, by start. */
static gboolean
list_others(TwMeetings *meetings,
            const GArray *wanted,
            guint32 message,
            guint64 saved_cn,
            GArray *others,
            GError **error)
{
    TwCalendarWindow window = { .store = meetings->store,
                                .folder = meetings->calendar,
                                .start = g_array_index(wanted, TwCalendarEntry, 0).start };

    for (guint i = 0; i < wanted->len; i++)
        window.end = MAX(window.end, g_array_index(wanted, TwCalendarEntry, i).end);
    if (!tw_calendar_read(&meetings->reader, &window, others, error))
        return FALSE;
    for (guint i = others->len; i-- > 0;) {
        const TwCalendarEntry *entry = &g_array_index(others, TwCalendarEntry, i);
        if (!counts(entry) || (message != 0 && entry->message == message) ||
            (saved_cn != 0 && !was_saved_before(meetings, entry->message, saved_cn)))
            g_array_remove_index(others, i);
    }
    return TRUE;
}

static gboolean
look_for_conflicts(TwMeetings *meetings,
                   const GArray *wanted,
                   guint32 message,
                   guint64 saved_cn,
                   TwResourceVerdict *verdict,
                   GError **error)
{
    g_autoptr(GArray) others = tw_calendar_entries_new();

    if (!list_others(meetings, wanted, message, saved_cn, others, error))
        return FALSE;
    for (guint i = 0; i < wanted->len; i++) {
        const TwCalendarEntry *one = &g_array_index(wanted, TwCalendarEntry, i);

        if (most_at_once(others, one) >= room_for(meetings)) {
            verdict->declined = TRUE;
            verdict->reason = conflict_text(one);
            return TRUE;
        }
    }
    return TRUE;
}

gboolean
tw_resources_judge(TwMeetings *meetings,
                   const TwObject *item,
                   guint32 message,
                   guint64 saved_cn,
                   TwResourceVerdict *ret,
                   GError **error)
{
    TwItemNames *names = &meetings->reader.names;
    g_autoptr(GArray) wanted = tw_calendar_entries_new();
    gint64 now = meetings->spec.now;
    const TwCalendarWindow window = { .start = now,
                                      .end = now + TW_RESOURCES_MOST_DAYS * TW_TICKS_DAY };
    g_auto(TwResourceVerdict) verdict = { 0 };
    gboolean series = tw_item_get_bool(item, tw_item_tag(names, TW_PidLidRecurring));
    gint64 start = 0;

    (void) tw_item_get_time(item, tw_item_tag(names, TW_PidLidAppointmentStartWhole), &start);
    if (!tw_calendar_expand(names, item, &window, wanted, error))
        return FALSE;
    if (series && (meetings->flags & TW_DIRECTORY_DECLINE_RECURRING))
        decline(&verdict, "Series of meetings are not accepted.");
    else if (wanted->len == 0 && is_resource(meetings) && start < window.end)
        decline(&verdict, "The time that was asked for is over.");
    else if (wanted->len == 0 && is_resource(meetings))
        decline(&verdict, "The time that was asked for is too far ahead.");
    else if (wanted->len > 0 && (meetings->flags & TW_DIRECTORY_DECLINE_CONFLICT) &&
             !look_for_conflicts(meetings, wanted, message, saved_cn, &verdict, error))
        return FALSE;
    *ret = verdict;
    verdict = (TwResourceVerdict){ 0 };
    return TRUE;
}
