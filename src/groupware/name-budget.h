/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Named properties of mails from outside. A name that gets an id on this server keeps it for good, and there are 31,000 of them:
 * without a bound a few thousand mails with made-up names in their TNEF take them all, and no client can name anything any more.
 */
#pragma once

#include "mapi/named.h"

G_BEGIN_DECLS

enum {
    TW_NAME_BUDGET_MAIL = 50,        /* new names of one mail; forms of clients have some ten */
    TW_NAME_BUDGET_LAST_ID = 0xbfff, /* ids above it are for who logs on */
};

/**
 * tw_name_budget_new:
 * @names: (transfer none): the server's map, which outlives it
 *
 * For one mail and one thread. Names of the specifications and names that have an id already cost nothing. What is past the budget
 * gets no id: its value is left out of the message, and is in the mail as it came.
 *
 * Returns: (transfer full): a map, for tw_name_map_free()
 */
TwNameMap *tw_name_budget_new(TwNameMap *names);

G_END_DECLS
