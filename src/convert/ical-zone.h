/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Time zones of iCalendar: which zone a TZID means, VTIMEZONE read and written. RFC 5545, 3.6.5.
 */
#pragma once

#include "convert/content-line.h"
#include "convert/ical.h"

G_BEGIN_DECLS

enum {
    TW_ICAL_ZONE_OBSERVANCES = 1000, /* STANDARD and DAYLIGHT of a VTIMEZONE */
    TW_ICAL_ZONE_YEARS = 200,        /* years of a VTIMEZONE's own rules */
};

/**
 * tw_ical_zone_find:
 * @tzid: a TZID
 * @vtimezone: (nullable): its definition
 * @options: where zones come from
 *
 * The zone of a TZID: an IANA or Windows name, alone or at the end of a path ("/mozilla.org/20070129_1/Europe/Berlin"), in TZID or
 * X-LIC-LOCATION, counts before the definition, which is often old or cut short; else what the definition says.
 *
 * Returns: (transfer full) (nullable): the zone; NULL if neither says anything
 */
TwTimeZone *tw_ical_zone_find(const char *tzid,
                              const TwContentNode *vtimezone,
                              const TwIcalOptions *options);

/**
 * tw_ical_zone_by_name:
 * @name: a name from outside: a TZID, or a key name of Windows
 * @options: where zones come from
 *
 * Returns: (transfer full) (nullable): the zone, if the name is one, in one of the forms above
 */
TwTimeZone *tw_ical_zone_by_name(const char *name, const TwIcalOptions *options);

/**
 * tw_ical_zone_id:
 * @zone: a zone
 *
 * Returns: (transfer full): the TZID it is written with: its IANA name, or its key name, or one made of its offset
 */
char *tw_ical_zone_id(const TwTimeZone *zone);

/**
 * tw_ical_zone_write:
 * @zone: a zone
 * @tzid: its TZID
 * @first_year: the first year that is needed
 * @last_year: the last one; the rule of this year holds for ever
 * @tree: a tree
 * @parent: where the VTIMEZONE is added
 */
void tw_ical_zone_write(const TwTimeZone *zone,
                        const char *tzid,
                        int first_year,
                        int last_year,
                        TwContentTree *tree,
                        TwContentNode *parent);

G_END_DECLS
