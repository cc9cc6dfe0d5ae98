/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Calendar availability (RFC 7953): the hours in which somebody can be met, as clients keep them. It is a text of iCalendar in a
 * named property of the calendar; here it becomes spans in which they cannot, between those that appointments make.
 */
#pragma once

#include "convert/ical-in.h"
#include "convert/item-props.h"

G_BEGIN_DECLS

/* The property of the calendar's folder: a text, in the set of public strings. */
#define TW_AVAILABILITY_NAME "urn:twiga:calendar-availability"

/* Without these a text is a hundred thousand series, each expanded and painted over the others. */
enum {
    TW_AVAILABILITY_MOST_LEN = 64 * 1024, /* bytes of a text */
    TW_AVAILABILITY_MOST_PARTS = 200,     /* VAVAILABILITY and AVAILABLE of it */
    TW_AVAILABILITY_MOST_SPANS = 20000,   /* that one text makes */
};

/**
 * tw_availability_add:
 * @text: iCalendar with VAVAILABILITY
 * @options: how it is read
 * @start: ticks, UTC
 * @end: ticks, UTC
 * @spans: (inout) (element-type TwIcalBusy): sorted, not overlapping, between @start and @end; where nothing is in them they take
 *   what the text says, by BUSYTYPE
 * @error: TW_ERROR_CORRUPT: no calendar, or no VAVAILABILITY; TW_ERROR_TOO_BIG, TW_ERROR_TOO_COMPLEX: a limit above
 *
 * Of several VAVAILABILITY the one with the higher priority counts where both say something (RFC 7953, 4.1).
 *
 * Returns: FALSE on failure, with @spans unchanged
 */
gboolean tw_availability_add(const char *text,
                             const TwIcalOptions *options,
                             gint64 start,
                             gint64 end,
                             GArray *spans,
                             GError **error);

G_END_DECLS
