/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-auth.h"

#include <string.h>

typedef struct {
    const char *value;
    TwHttpAuthScheme scheme;
    const char *user, *secret;
} Case;

static const Case cases[] = {
    { NULL, TW_HTTP_AUTH_NONE, NULL, NULL },
    { "Basic dXNlcjpwYXNz", TW_HTTP_AUTH_BASIC, "user", "pass" },
    { "bAsIc   dXNlcjpwYXNz", TW_HTTP_AUTH_BASIC, "user", "pass" },
    { "Basic dTphOmI=", TW_HTTP_AUTH_BASIC, "u", "a:b" },
    { "Basic dTo=", TW_HTTP_AUTH_BASIC, "u", "" },
    { "Basic OnA=", TW_HTTP_AUTH_BASIC, "", "p" },
    { "Basic w6Q6w7Y=", TW_HTTP_AUTH_BASIC, "ä", "ö" },
    { "Basic 5Dr2", TW_HTTP_AUTH_BASIC, "ä", "ö" },         /* ISO 8859-1 */
    { "Basic dXNlcg==", TW_HTTP_AUTH_UNKNOWN, NULL, NULL }, /* no colon */
    { "Basic dTpw\tdQ==", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic dXNlcjpwYXN", TW_HTTP_AUTH_UNKNOWN, NULL, NULL }, /* cut */
    { "Basic dTo", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },         /* no padding */
    { "Basic dTp=", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },        /* stray bits */
    { "Basic =dTo", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic d===", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic ====", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic ", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Basic dTpwCg==", TW_HTTP_AUTH_UNKNOWN, NULL, NULL }, /* line end in the password */
    { "Basic dQA6cA==", TW_HTTP_AUTH_UNKNOWN, NULL, NULL }, /* NUL in the user */
    { "Bearer abc.DEF-_~+/==", TW_HTTP_AUTH_BEARER, NULL, "abc.DEF-_~+/==" },
    { "Bearer a=b", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Bearer a b", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Bearer ==", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Negotiate YII=", TW_HTTP_AUTH_NEGOTIATE, NULL, "`\x82" },
    { "Negotiate", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "Digest username=\"a\"", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
    { "", TW_HTTP_AUTH_UNKNOWN, NULL, NULL },
};

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *copy = g_strdup(cases[i].value);
        g_auto(TwHttpAuth) auth = { .scheme = TW_HTTP_AUTH_NONE };

        g_test_message("%s", copy != NULL ? copy : "(none)");
        tw_http_auth_parse(copy, &auth);
        g_assert_cmpint(auth.scheme, ==, cases[i].scheme);
        g_assert_cmpstr(auth.user, ==, cases[i].user);
        g_assert_cmpstr((char *) auth.secret, ==, cases[i].secret);
        if (auth.secret != NULL)
            g_assert_cmpuint(auth.secret_len, ==, strlen(cases[i].secret));
    }
}

/* Every length of user and secret round the groups of base64, and the limits. */
static void
test_lengths(void)
{
    for (gsize len = 0; len <= TW_HTTP_USER_MOST + 1; len++) {
        g_autofree char *user = g_strnfill(len, 'u');
        g_autofree char *plain = g_strconcat(user, ":p", NULL);
        g_autofree char *coded = g_base64_encode((guchar *) plain, len + 2);
        g_autofree char *value = g_strconcat("Basic ", coded, NULL);
        g_auto(TwHttpAuth) auth = { .scheme = TW_HTTP_AUTH_NONE };

        tw_http_auth_parse(value, &auth);
        g_assert_cmpstr(auth.user, ==, len <= TW_HTTP_USER_MOST ? user : NULL);
    }
    for (guint past = 0; past < 2; past++) {
        gsize len = TW_HTTP_SECRET_MOST / 3 * 3 + past;
        g_autofree guint8 *token = g_malloc0(len);
        g_autofree char *coded = g_base64_encode(token, len);
        g_autofree char *value = g_strconcat("Negotiate ", coded, NULL);
        g_auto(TwHttpAuth) auth = { .scheme = TW_HTTP_AUTH_NONE };

        tw_http_auth_parse(value, &auth);
        g_assert_cmpint(auth.scheme, ==, past ? TW_HTTP_AUTH_UNKNOWN : TW_HTTP_AUTH_NEGOTIATE);
        g_assert_cmpuint(auth.secret_len, ==, past ? 0 : len);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-auth/table", test_table);
    g_test_add_func("/net/http-auth/lengths", test_lengths);
    return g_test_run();
}
