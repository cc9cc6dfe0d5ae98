/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Search filters of LDAP as text (RFC 4515): values that go into one, and filters that come from a directory or a file. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_LDAP_MOST_FILTER = 16384, /* bytes */
    TW_LDAP_MOST_NESTING = 32,   /* filters in filters: whoever reads one may recurse */
};

/**
 * tw_ldap_filter_append_value:
 * @filter: escaped text is appended here
 * @value: (array length=len): any bytes
 * @len: how many
 *
 * Writes an assertion value so that it stands for these bytes and nothing else: letters, digits and a few marks as they are, all
 * other bytes as \\XX.
 */
void tw_ldap_filter_append_value(GString *filter, const void *value, gsize len);

/**
 * tw_ldap_filter_is_valid:
 * @text: (array length=len): text that may be a filter
 * @len: how many bytes
 *
 * A filter that is valid can be put among others, as in "(&(a=b)" + text + ")", and stays one filter.
 *
 * Returns: TRUE if it is one filter in parentheses, of RFC 4515, within the limits above
 */
gboolean tw_ldap_filter_is_valid(const char *text, gsize len);

G_END_DECLS
