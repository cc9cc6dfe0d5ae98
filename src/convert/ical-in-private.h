/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files that read iCalendar share. */
#pragma once

#include "convert/content-line.h"
#include "convert/ical-in.h"
#include "convert/ical-value.h"
#include "convert/item-props.h"

G_BEGIN_DECLS

typedef struct {
    const TwIcalOptions *options;
    TwItemNames names;
    const TwContentNode *calendar; /* the VCALENDAR at hand */
    GHashTable *zones;             /* (owned) TZID to TwTimeZone or NULL, of this calendar */
    TwIcalMethod method;
    gboolean into_mail; /* the object has subject and bodies of its own */
} TwIcalReader;

/* A time as it is meant. */
typedef struct {
    TwIcalTimeKind kind;
    gint64 local;           /* ticks on the clock of zone */
    gint64 utc;             /* ticks */
    const TwTimeZone *zone; /* (nullable): NULL is UTC; borrowed from the reader */
} TwIcalMoment;

/* What an event spans. */
typedef struct {
    TwIcalMoment start, end;
    gboolean all_day;
} TwIcalSpan;

/* All components of one UID. */
typedef struct {
    TwIcalKind kind;
    const char *uid;             /* (nullable) */
    const TwContentNode *master; /* (nullable): without RECURRENCE-ID */
    GPtrArray *overrides;        /* (owned) of TwContentNode, borrowed: with RECURRENCE-ID */
} TwIcalGroup;

/* ---- ical-in.c ---- */

/**
 * tw_ical_moment:
 * @reader: the reader
 * @line: a line whose value is a date or time
 * @ret: (out): the time
 *
 * Returns: FALSE, and @ret untouched, when it is none
 */
gboolean tw_ical_moment(TwIcalReader *reader, const TwContentLine *line, TwIcalMoment *ret);

/**
 * tw_ical_moment_of:
 * @reader: the reader
 * @line: where the TZID stands
 * @text: (array length=len): one value of the line
 * @len: how many bytes
 * @ret: (out): the time
 *
 * As tw_ical_moment(), for lines with several values.
 *
 * Returns: FALSE, and @ret untouched, when it is none
 */
gboolean tw_ical_moment_of(TwIcalReader *reader,
                           const TwContentLine *line,
                           const char *text,
                           gsize len,
                           TwIcalMoment *ret);

/**
 * tw_ical_original:
 * @reader: the reader
 * @node: a component
 *
 * Which instance of a series it is: RECURRENCE-ID; or, where ADD brings one that its rule does not have, DTSTART (RFC 5546, 3.2.4).
 *
 * Returns: (transfer none) (nullable): the line, or NULL when it is no instance
 */
const TwContentLine *tw_ical_original(const TwIcalReader *reader, const TwContentNode *node);

/* ---- ical-in-event.c ---- */

/**
 * tw_ical_event_read:
 * @reader: the reader
 * @group: a group of VEVENT
 * @object: a message, gets everything
 * @error: on failure TW_ERROR_CORRUPT
 *
 * Returns: FALSE if an event has no time
 */
gboolean tw_ical_event_read(TwIcalReader *reader,
                            const TwIcalGroup *group,
                            TwObject *object,
                            GError **error);

/* ---- ical-in-series.c ---- */

/**
 * tw_ical_series_read:
 * @reader: the reader
 * @group: a group whose master has an RRULE
 * @span: of the master
 * @object: gets the series and its exceptions
 *
 * Makes a series; if MAPI cannot hold it the object stays a single appointment.
 */
void tw_ical_series_read(TwIcalReader *reader,
                         const TwIcalGroup *group,
                         const TwIcalSpan *span,
                         TwObject *object);

/**
 * tw_ical_event_fill:
 * @reader: the reader
 * @node: a VEVENT
 * @span: (nullable): its time
 * @object: gets all that is not of a series
 */
void tw_ical_event_fill(TwIcalReader *reader,
                        const TwContentNode *node,
                        const TwIcalSpan *span,
                        TwObject *object);

/**
 * tw_ical_version_read:
 * @reader: the reader
 * @node: an event, or a task of several people
 * @object: takes SEQUENCE, and DTSTAMP as the time of the organiser's or the attendee's change
 */
void tw_ical_version_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object);

/**
 * tw_ical_span_read:
 * @reader: the reader
 * @node: a VEVENT
 * @ret: (out): its time
 *
 * Returns: FALSE, and @ret untouched, if it has none
 */
gboolean tw_ical_span_read(TwIcalReader *reader, const TwContentNode *node, TwIcalSpan *ret);

/* ---- ical-in-fields.c ---- */

/**
 * tw_ical_fields_read:
 * @reader: the reader
 * @node: a component
 * @object: gets texts, categories, class, priority and attachments
 */
void tw_ical_fields_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object);

/**
 * tw_ical_alarm_read:
 * @reader: the reader
 * @node: a component
 * @start: ticks, UTC: what alarms count from
 * @end: ticks, UTC
 * @has_start: whether @start and @end are times at all
 * @object: gets the reminder
 */
void tw_ical_alarm_read(TwIcalReader *reader,
                        const TwContentNode *node,
                        gint64 start,
                        gint64 end,
                        gboolean has_start,
                        TwObject *object);

/* ---- ical-in-people.c ---- */

/**
 * tw_ical_people_read:
 * @reader: the reader
 * @node: a component
 * @object: gets organiser, recipients and what the owner answered
 */
void tw_ical_people_read(TwIcalReader *reader, const TwContentNode *node, TwObject *object);

/**
 * tw_ical_reply_status:
 * @node: a component of a REPLY or COUNTER
 *
 * Returns: the answer of its first attendee as PidLidResponseStatus
 */
guint tw_ical_reply_status(const TwContentNode *node);

/* ---- ical-in-task.c ---- */

/**
 * tw_ical_task_read:
 * @reader: the reader
 * @group: a group of VTODO
 * @object: a message, gets everything
 */
void tw_ical_task_read(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object);

/**
 * tw_ical_journal_read:
 * @reader: the reader
 * @group: a group of VJOURNAL
 * @object: a message, gets everything
 */
void tw_ical_journal_read(TwIcalReader *reader, const TwIcalGroup *group, TwObject *object);

G_END_DECLS
