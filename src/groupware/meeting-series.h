/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One instance of a series in hand: taken away, or an exception with things of its own. The blob and the hidden attachments
 * (spec/mailbox-layout.md 17.3 to 17.5) are changed as one.
 */
#pragma once

#include "convert/item-props.h"
#include "mapi/recurrence.h"

G_BEGIN_DECLS

typedef struct {
    TwItemNames *names;   /* borrowed */
    TwObject *item;       /* borrowed */
    TwRecurrence *series; /* owned */
    TwTimeZone *zone;     /* owned (nullable) */
} TwMeetingSeries;

/**
 * tw_meeting_series_open:
 * @series: (out): zeros before
 * @names: named properties of the item
 * @item: an appointment whose rule is in it, not in a blob
 *
 * Returns: FALSE when it is no series, or one that cannot be read
 */
gboolean tw_meeting_series_open(TwMeetingSeries *series, TwItemNames *names, TwObject *item);

/**
 * tw_meeting_series_clear:
 * @series: a series, or zeros
 */
void tw_meeting_series_clear(TwMeetingSeries *series);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMeetingSeries, tw_meeting_series_clear)

/**
 * tw_meeting_series_find:
 * @series: a series
 * @day: of a slot
 *
 * Returns: (transfer none) (nullable): the message of the exception of that day
 */
TwObject *tw_meeting_series_find(const TwMeetingSeries *series, gint64 day);

/**
 * tw_meeting_series_remove:
 * @series: a series
 * @day: of a slot
 *
 * Takes one instance away, with its exception.
 *
 * Returns: whether the pattern has a slot there
 */
gboolean tw_meeting_series_remove(TwMeetingSeries *series, gint64 day);

/**
 * tw_meeting_series_put:
 * @series: a series
 * @day: of a slot
 * @own: (transfer full): the exception's message: what it says, and its start and end; replaces one that was there
 * @error: TW_ERROR_NOT_FOUND: no such slot; else what the object says
 *
 * Returns: (transfer none) (nullable): the exception's message
 */
TwObject *tw_meeting_series_put(TwMeetingSeries *series, gint64 day, TwObject *own, GError **error);

/**
 * tw_meeting_series_own:
 * @series: a series
 * @day: of a slot
 * @error: as tw_meeting_series_put()
 *
 * The message of an exception, made with the slot's own times and the series' people when there is none.
 *
 * Returns: (transfer none) (nullable): the exception's message
 */
TwObject *tw_meeting_series_own(TwMeetingSeries *series, gint64 day, GError **error);

/**
 * tw_meeting_same_days:
 * @names: named properties
 * @one: an item, its rule in it
 * @other: another one
 *
 * Whether both are no series, or series of the same instances at the same times: what else exceptions say does not count.
 *
 * Returns: FALSE also when the rules differ and one cannot be read
 */
gboolean tw_meeting_same_days(TwItemNames *names, const TwObject *one, const TwObject *other);

/**
 * tw_meeting_series_save:
 * @series: a series
 * @error: TW_ERROR_INVALID: no instance is left; TOO_BIG
 *
 * Writes the blob into the item.
 *
 * Returns: FALSE on failure
 */
gboolean tw_meeting_series_save(TwMeetingSeries *series, GError **error);

G_END_DECLS
