/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* g_assert_cmpmem with sizes as gsize, so that it is silent under -Wconversion. */
#pragma once

#include <glib.h>
#include <string.h>

static inline void
assert_bytes_equal(const void *a, gsize a_len, const void *b, gsize b_len)
{
    g_assert_cmpuint(a_len, ==, b_len);
    g_assert_true(a_len == 0 || memcmp(a, b, a_len) == 0);
}
