/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The order of text by locale for tables and restrictions: a TwCollation (compare.h) that is made of a collator of
 * base/collate.h. What a TwCollation gives, level by level:
 *
 * | question                              | case  | accents | order of the letters |
 * |---------------------------------------|-------|---------|----------------------|
 * | sorting, keys of views                | break ties | break ties | the locale's |
 * | restriction <, <=, >, >=              | none  | break ties | the locale's      |
 * | restriction =, not =                  | none  | count   | -                    |
 * | content, no flags                     | count | count   | -                    |
 * | content, IGNORE_CASE                  | none  | count   | -                    |
 * | content, IGNORE_MARKS                 | count | none    | -                    |
 * | content, LOOSE, or both of the others | none  | none    | -                    |
 *
 * The first two rows ask the locale, the others are the same everywhere, so that a rule finds the same mails whoever
 * runs it. Sources: spec/mailbox-layout.md 27.1, spec/mapi-soap.md 4.3 and 8.5.
 */
#pragma once

#include "base/collate.h"
#include "mapi/compare.h"

G_BEGIN_DECLS

/**
 * tw_collation_for_locale:
 * @collations: the collators of the process
 * @locale: a locale's name, see tw_collations_get()
 *
 * A locale that is not known gives the root order.
 *
 * Returns: the order; copy it freely, for as long as @collations lives, and from any thread
 */
TwCollation tw_collation_for_locale(TwCollations *collations, const char *locale);

/**
 * tw_collation_for_lcid:
 * @collations: the collators of the process
 * @lcid: a locale as Windows numbers it, as in PR_SORT_LOCALE_ID; its upper half chooses among several orders, such as
 *   0x10407 for that of German phone books
 *
 * A number that is not known, and those of no locale (0, 0x7F), give the root order.
 *
 * Returns: the order; copy it freely, for as long as @collations lives, and from any thread
 */
TwCollation tw_collation_for_lcid(TwCollations *collations, guint32 lcid);

G_END_DECLS
