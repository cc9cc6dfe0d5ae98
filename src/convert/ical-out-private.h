/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files that write iCalendar share. */
#pragma once

#include "convert/content-line.h"
#include "convert/ical-out.h"
#include "convert/ical-value.h"
#include "convert/item-props.h"
#include "mapi/recurrence.h"

G_BEGIN_DECLS

typedef struct {
    const TwIcalOptions *options;
    TwItemNames names;
    TwIcalMethod method;
    GHashTable *zones;         /* (owned) TZID to TwTimeZone */
    int first_year, last_year; /* that the zones are needed for */
    GError *error;             /* (owned) (nullable): the first thing that went wrong */
} TwIcalWriter;

/* An event, or an exception before its series: what the first does not say, the second does. */
typedef struct {
    const TwObject *own;
    const TwObject *base; /* (nullable) */
} TwIcalView;

/* A tree that is being made, and the node at hand. */
typedef struct {
    TwContentTree *tree;
    TwContentNode *node;
} TwIcalPlace;

/* A component that was made, by the day of the slot it replaces; -1 for what is no override. */
typedef struct {
    gint64 day;
    TwContentNode *node;
} TwIcalMade;

/* ---- ical-out.c ---- */

/**
 * tw_ical_put:
 * @place: where
 * @name: name and parameters
 * @value: (nullable): as it is written; NULL adds nothing
 */
void tw_ical_put(const TwIcalPlace *place, const char *name, const char *value);

/**
 * tw_ical_put_text:
 * @place: where
 * @name: name and parameters
 * @text: (nullable): text, escaped here; NULL or an empty one adds nothing
 */
void tw_ical_put_text(const TwIcalPlace *place, const char *name, const char *text);

/**
 * tw_ical_put_utc:
 * @place: where
 * @name: name and parameters
 * @ticks: a time
 */
void tw_ical_put_utc(const TwIcalPlace *place, const char *name, gint64 ticks);

/**
 * tw_ical_put_moment:
 * @writer: the writer; notes the zone
 * @place: where
 * @name: name and parameters
 * @utc: a time
 * @zone: (nullable): its zone; NULL is UTC
 * @all_day: write a date
 */
void tw_ical_put_moment(TwIcalWriter *writer,
                        const TwIcalPlace *place,
                        const char *name,
                        gint64 utc,
                        const TwTimeZone *zone,
                        gboolean all_day);

/**
 * tw_ical_zone_of:
 * @writer: the writer
 * @object: a message
 * @series: ask for the zone of its series
 *
 * Returns: (transfer full) (nullable): its zone: by its name where that can be had, so that it is current; NULL for UTC
 */
TwTimeZone *tw_ical_zone_of(TwIcalWriter *writer, const TwObject *object, gboolean series);

/* ---- ical-out-event.c ---- */

/**
 * tw_ical_event_write:
 * @writer: the writer
 * @object: an appointment or a meeting message
 * @place: node: the calendar
 * @made: (element-type TwIcalMade): takes the components
 */
void tw_ical_event_write(TwIcalWriter *writer,
                         const TwObject *object,
                         const TwIcalPlace *place,
                         GArray *made);

/* ---- ical-out-fields.c ---- */

/**
 * tw_ical_fields_write:
 * @writer: the writer
 * @view: what is written
 * @place: node: the component
 */
void tw_ical_fields_write(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place);

/**
 * tw_ical_attachments_write:
 * @writer: the writer
 * @view: what is written
 * @place: node: the component, which has all its other lines
 */
void tw_ical_attachments_write(TwIcalWriter *writer,
                               const TwIcalView *view,
                               const TwIcalPlace *place);

/**
 * tw_ical_stamps_write:
 * @writer: the writer
 * @object: what is written
 * @place: node: the component
 *
 * Adds UID, DTSTAMP, CREATED, LAST-MODIFIED.
 */
void tw_ical_stamps_write(TwIcalWriter *writer, const TwObject *object, const TwIcalPlace *place);

/**
 * tw_ical_alarm_write:
 * @writer: the writer
 * @view: what is written
 * @is_task: the alarm is at a time, and not before a start
 * @place: node: the component
 */
void tw_ical_alarm_write(TwIcalWriter *writer,
                         const TwIcalView *view,
                         gboolean is_task,
                         const TwIcalPlace *place);

/**
 * tw_ical_view_node:
 * @view: a view
 * @tag: any tag
 *
 * Returns: (transfer none): the one of its objects that has the property, or its own
 */
const TwObject *tw_ical_view_node(const TwIcalView *view, guint32 tag);

/* ---- ical-out-people.c ---- */

/**
 * tw_ical_people_write:
 * @writer: the writer
 * @view: what is written
 * @place: node: the component
 */
void tw_ical_people_write(TwIcalWriter *writer, const TwIcalView *view, const TwIcalPlace *place);

/* ---- ical-out-task.c ---- */

/**
 * tw_ical_task_write:
 * @writer: the writer
 * @object: a task
 * @calendar: node: the calendar
 * @made: (element-type TwIcalMade): takes the component
 */
void tw_ical_task_write(TwIcalWriter *writer,
                        const TwObject *object,
                        const TwIcalPlace *calendar,
                        GArray *made);

/**
 * tw_ical_journal_write:
 * @writer: the writer
 * @object: a journal item or a note
 * @calendar: node: the calendar
 * @made: (element-type TwIcalMade): takes the component
 */
void tw_ical_journal_write(TwIcalWriter *writer,
                           const TwObject *object,
                           const TwIcalPlace *calendar,
                           GArray *made);

/* ---- ical-merge.c ---- */

/* A text as components by the day they replace. */
typedef struct {
    TwContentTree *tree; /* borrowed */
    GArray *made;        /* borrowed, of TwIcalMade */
} TwIcalVersion;

/**
 * tw_ical_merge:
 * @kept: what the item came as
 * @then: what its properties said then
 * @now: what its properties say now
 * @place: node: the calendar, gets the components
 *
 * Writes @kept with the changes from @then to @now.
 */
void tw_ical_merge(const TwIcalVersion *kept,
                   const TwIcalVersion *then,
                   const TwIcalVersion *now,
                   const TwIcalPlace *place);

/**
 * tw_ical_copy_node:
 * @node: a component of any tree
 * @place: node: gets a copy
 */
void tw_ical_copy_node(const TwContentNode *node, const TwIcalPlace *place);

G_END_DECLS
