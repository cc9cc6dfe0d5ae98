/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of mailboxes as IMAP writes them. Pure.
 * Source: RFC 3501, section 5.1.3 (modified UTF-7).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * tw_imap_name_encode:
 * @name: UTF-8
 *
 * Returns: (transfer full): in modified UTF-7
 */
char *tw_imap_name_encode(const char *name);

/**
 * tw_imap_name_decode:
 * @text: modified UTF-7; UTF-8 is taken as well, for clients that send it
 *
 * Returns: (transfer full) (nullable): UTF-8, or NULL if it is neither
 */
char *tw_imap_name_decode(const char *text);

/**
 * tw_imap_name_matches:
 * @name: a mailbox
 * @pattern: with "*" for anything and "%" for anything without a delimiter
 * @delimiter: between levels
 *
 * Runs in the product of both lengths at most.
 *
 * Returns: TRUE if it fits
 */
gboolean tw_imap_name_matches(const char *name, const char *pattern, char delimiter);

G_END_DECLS
