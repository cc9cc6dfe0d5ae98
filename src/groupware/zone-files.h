/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time zones by their names, for the codec of iCalendar. */
#pragma once

#include "mapi/timezone.h"

G_BEGIN_DECLS

/**
 * tw_zone_file_read:
 * @data: not used
 * @iana_name: a name that tw_timezone_name_is_valid() accepts
 *
 * Reads a zone of the system, as #TwIcalZoneFunc wants it. Who needs the same ones often keeps them.
 *
 * Returns: (transfer full) (nullable): the zone, or NULL when the system has none of that name
 */
TwTimeZone *tw_zone_file_read(gpointer data, const char *iana_name);

G_END_DECLS
