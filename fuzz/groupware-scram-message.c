/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What clients say by SCRAM and by bearer token: each reader gets the same bytes; what one takes is within its limits. */
#include <string.h>

#include "base/utf8.h"
#include "groupware/scram-message.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static gboolean
is_name(const char *name)
{
    gsize len = strlen(name);

    return len > 0 && len <= TW_SCRAM_NAME_MAX && tw_utf8_valid(name, len, NULL);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *copy = g_memdup2(data, size);
    g_auto(TwScramFirst) first = { 0 };
    g_auto(TwBearer) bearer = { 0 }, old = { 0 };
    TwScramFinal final;

    if (tw_scram_first_read(copy, size, &first)) {
        g_autofree char *both = g_strconcat(first.head, first.bare, NULL);
        g_assert_cmpuint(strlen(both), ==, size);
        g_assert_cmpint(memcmp(both, data, size), ==, 0);
        g_assert_true(is_name(first.user));
        g_assert_true(first.impersonate == NULL || is_name(first.impersonate));
        g_assert_true((first.binding == TW_SCRAM_BOUND) == (first.binding_name != NULL));
    } else {
        g_assert_null(first.head);
    }
    if (tw_scram_final_read(copy, size, &final)) {
        g_assert_cmpuint(final.proved_len, <, size);
        g_assert_cmpuint(final.bound_len, <=, sizeof final.bound);
        g_assert_true(final.nonce >= copy && final.nonce + final.nonce_len < copy + size);
    }
    g_assert_true(tw_bearer_read(copy, size, &bearer) == (bearer.token != NULL));
    g_assert_true(tw_bearer_read_old(copy, size, &old) == (old.token != NULL));
    return 0;
}
