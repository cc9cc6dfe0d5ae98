/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/scram.h"

#include <string.h>

#include "base/error.h"

/* The example of RFC 7677, 3. */
#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "s=W22ZaJ0SNY7soEsUEjb6gQ=="

static const char last[] = "c=biws,r=" BOTH ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
static const char right[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

/* From exact-size copies. */
static char *
answer(TwScram *scram, const char *said, GError **error)
{
    g_autoptr(TwSecret) password = tw_secret_new("pencil", 6);
    g_autofree char *copy = g_memdup2(said, strlen(said));

    g_free(tw_scram_begin(scram, "user", NONCE));
    return tw_scram_answer(scram, copy, strlen(said), password, error);
}

static gboolean
is_server(const TwScram *scram, const char *said, gsize len)
{
    g_autofree char *copy = g_memdup2(said, len);

    return tw_scram_is_server(scram, copy, len);
}

static void
test_example(void)
{
    g_auto(TwScram) scram = { 0 };
    g_autofree char *first = tw_scram_begin(&scram, "user", NONCE);
    g_autofree char *final = NULL;

    g_assert_cmpstr(first, ==, "n,,n=user,r=" NONCE);
    tw_scram_clear(&scram);
    final = answer(&scram, "r=" BOTH "," SALT ",i=4096", NULL);
    g_assert_cmpstr(final, ==, last);
    g_assert_true(is_server(&scram, right, strlen(right)));
    for (gsize len = 0; len < strlen(right); len++) {
        g_autofree char *other = g_strdup(right);

        g_assert_false(is_server(&scram, right, len));
        other[len] ^= 1;
        g_assert_false(is_server(&scram, other, strlen(right)));
    }
}

static void
test_name(void)
{
    g_auto(TwScram) scram = { 0 };
    g_autofree char *first = tw_scram_begin(&scram, "a,b=c", "x");

    g_assert_cmpstr(first, ==, "n,,n=a=2Cb=3Dc,r=x");
}

static void
test_bad(void)
{
    static const struct {
        const char *name, *said;
        int code;
    } cases[] = {
        { "nothing", "", TW_ERROR_CORRUPT },
        { "an error", "e=unknown-user", TW_ERROR_CORRUPT },
        { "our nonce alone", "r=" NONCE "," SALT ",i=4096", TW_ERROR_CORRUPT },
        { "another nonce", "r=x" BOTH "," SALT ",i=4096", TW_ERROR_CORRUPT },
        { "no salt", "r=" BOTH ",s=,i=4096", TW_ERROR_CORRUPT },
        { "a salt that is none", "r=" BOTH ",s=*,i=4096", TW_ERROR_CORRUPT },
        { "no rounds", "r=" BOTH "," SALT, TW_ERROR_CORRUPT },
        { "rounds that are no number", "r=" BOTH "," SALT ",i=4096x", TW_ERROR_CORRUPT },
        { "an extension that must be known", "m=x,r=" BOTH "," SALT ",i=4096", TW_ERROR_CORRUPT },
        { "one round too few", "r=" BOTH "," SALT ",i=4095", TW_ERROR_NO_ACCESS },
        { "one round too many", "r=" BOTH "," SALT ",i=1000001", TW_ERROR_TOO_COMPLEX },
        { "endless", "r=" BOTH "," SALT ",i=99999999999", TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwScram) scram = { 0 };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        g_assert_null(answer(&scram, cases[i].said, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/scram/rfc7677-3", test_example);
    g_test_add_func("/spooler/scram/name", test_name);
    g_test_add_func("/spooler/scram/bad", test_bad);
    return g_test_run();
}
