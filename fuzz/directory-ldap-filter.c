/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Filters of LDAP: what is valid stays one filter among others, and a value of any bytes stays a value. */
#include "directory/ldap-filter.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    const char *text = (const char *) data;
    g_autoptr(GString) among = g_string_new("(&(a=b)");
    g_autoptr(GString) value = g_string_new("(uid=");
    gboolean valid = tw_ldap_filter_is_valid(text, size);

    if (size > 4096)
        return 0;
    g_string_append_len(among, text, (gssize) size);
    g_string_append_c(among, ')');
    /* one deeper may be one too deep */
    if (valid && tw_ldap_filter_is_valid(among->str, among->len)) {
        g_string_append_len(among, text, (gssize) size);
        g_assert_false(tw_ldap_filter_is_valid(among->str, among->len));
    }
    tw_ldap_filter_append_value(value, data, size);
    g_string_append_c(value, ')');
    g_assert_true(tw_ldap_filter_is_valid(value->str, value->len));
    g_assert_null(strchr(value->str, '*'));
    g_assert_cmpint(value->str[value->len - 1], ==, ')');
    return 0;
}
