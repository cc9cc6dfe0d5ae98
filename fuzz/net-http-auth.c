/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The Authorization field. What is accepted as Basic is text without control characters; a decoded token has one spelling.
 */
#include "net/http-auth.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *value = g_strndup((const char *) data, size);
    g_auto(TwHttpAuth) auth = { .scheme = TW_HTTP_AUTH_NONE };

    tw_http_auth_parse(value, &auth);
    g_assert(auth.scheme != TW_HTTP_AUTH_NONE);
    g_assert((auth.scheme == TW_HTTP_AUTH_UNKNOWN) == (auth.secret == NULL));
    g_assert((auth.scheme == TW_HTTP_AUTH_BASIC) == (auth.user != NULL));
    if (auth.secret != NULL)
        g_assert(auth.secret[auth.secret_len] == 0);
    if (auth.scheme == TW_HTTP_AUTH_BASIC) {
        g_assert(g_utf8_validate(auth.user, -1, NULL) && strchr(auth.user, ':') == NULL);
        g_assert(memchr(auth.secret, '\n', auth.secret_len) == NULL);
    }
    if (auth.scheme == TW_HTTP_AUTH_NEGOTIATE) {
        g_autofree char *again = g_base64_encode(auth.secret, auth.secret_len);

        g_assert(g_str_has_suffix(value, again));
    }
    return 0;
}
