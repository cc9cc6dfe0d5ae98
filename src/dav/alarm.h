/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When alarms are: RFC 4791, 9.9. A function of its input. */
#pragma once

#include "convert/content-line.h"
#include "dav/index.h"

G_BEGIN_DECLS

/**
 * tw_dav_alarm_touches:
 * @times: when the item is
 * @node: a VEVENT or VTODO of its text: the whole, or one instance
 * @alarm: a VALARM in it
 * @start: ticks, UTC
 * @end: ticks, UTC
 *
 * With its repetitions, for each instance that @node is about.
 *
 * Returns: whether it rings in the span
 */
gboolean tw_dav_alarm_touches(const TwDavTimes *times,
                              const TwContentNode *node,
                              const TwContentNode *alarm,
                              gint64 start,
                              gint64 end);

G_END_DECLS
