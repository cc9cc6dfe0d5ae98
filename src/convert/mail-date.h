/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dates of mails, also broken ones. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_mail_date_parse:
 * @text: (array length=len): value of a Date field
 * @len: how many bytes
 * @ret_us: (out): the point in time
 *
 * Reads what tw_date_parse_rfc5322() does, and else finds a day, a month by its English name, a year and a time in any
 * order ("Mon Jan  2 15:04:05 2006", "2-Jan-06 15:04"), or a date in figures, "2006-01-02 15:04:05". A wrong weekday, a
 * missing time or an unknown zone do not matter.
 *
 * Returns: FALSE, and @ret_us untouched, when there is no date
 */
gboolean tw_mail_date_parse(const char *text, gsize len, gint64 *ret_us);

G_END_DECLS
