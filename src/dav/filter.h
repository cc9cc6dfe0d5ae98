/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Filters of queries over content lines: RFC 4791, 9.7 and RFC 6352, 10.5. Functions of their input. */
#pragma once

#include "convert/content-line.h"
#include "dav/index.h"
#include "dav/xml.h"

G_BEGIN_DECLS

typedef enum {
    TW_DAV_FILTER_GOOD,
    TW_DAV_FILTER_INVALID,   /* valid-filter */
    TW_DAV_FILTER_COLLATION, /* supported-collation */
} TwDavFilterState;

/**
 * tw_dav_filter_check:
 * @filter: (nullable): "filter" of a calendar-query or addressbook-query
 * @ns: the namespace of its elements
 *
 * Returns: whether it is one that can be asked
 */
TwDavFilterState tw_dav_filter_check(const TwDavElement *filter, const char *ns);

/**
 * tw_dav_text_matches:
 * @match: a "text-match"
 * @text: UTF-8
 *
 * By collation, match-type and negate-condition.
 *
 * Returns: whether it fits
 */
gboolean tw_dav_text_matches(const TwDavElement *match, const char *text);

/**
 * tw_dav_filter_calendar:
 * @filter: the "comp-filter" of VCALENDAR
 * @calendar: a VCALENDAR
 * @entry: (nullable): the item; its times say when alarms are; NULL: they are not looked at
 *
 * Time ranges of other components are not looked at: they were before.
 *
 * Returns: whether it fits
 */
gboolean tw_dav_filter_calendar(const TwDavElement *filter,
                                const TwContentNode *calendar,
                                const TwDavEntry *entry);

/**
 * tw_dav_filter_card:
 * @filter: "filter" of an addressbook-query
 * @card: a VCARD
 *
 * Returns: whether it fits
 */
gboolean tw_dav_filter_card(const TwDavElement *filter, const TwContentNode *card);

/**
 * tw_dav_range_read:
 * @range: a "time-range"
 * @ret_start: (out): ticks, UTC
 * @ret_end: (out): ticks, UTC
 *
 * Returns: FALSE: it is none: no UTC, or its end is not after its start
 */
gboolean tw_dav_range_read(const TwDavElement *range, gint64 *ret_start, gint64 *ret_end);

G_END_DECLS
