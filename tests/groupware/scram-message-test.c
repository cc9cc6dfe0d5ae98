/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/scram-message.h"

#include <string.h>

#include "support/assert-bytes.h"

#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

/* From exact-size copies. */
static gboolean
read_first(const char *said, gsize len, TwScramFirst *ret)
{
    g_autofree char *copy = g_memdup2(said, len);

    return tw_scram_first_read(copy, len, ret);
}

static void
test_first(void)
{
    static const struct {
        const char *name, *said;
        TwScramBinding binding;
        const char *user, *impersonate, *head; /* user NULL: refused */
    } cases[] = {
        { "unbound", "n,,n=user,r=abc", TW_SCRAM_UNBOUND, "user", NULL, "n,," },
        { "unwanted", "y,,n=user,r=abc", TW_SCRAM_UNWANTED, "user", NULL, "y,," },
        { "bound", "p=tls-exporter,,n=user,r=abc", TW_SCRAM_BOUND, "user", NULL,
          "p=tls-exporter,," },
        { "as somebody", "n,a=jo,n=user,r=abc", TW_SCRAM_UNBOUND, "user", "jo", "n,a=jo," },
        { "escaped", "n,a=a=2Cb,n=c=3Dd,r=abc", TW_SCRAM_UNBOUND, "c=d", "a,b", "n,a=a=2Cb," },
        { "an extension", "n,,n=user,r=abc,x=1", TW_SCRAM_UNBOUND, "user", NULL, "n,," },
        { .name = "one that must be known", .said = "n,,m=x,n=user,r=abc" },
        { .name = "no name", .said = "n,,n=,r=abc" },
        { .name = "no UTF-8", .said = "n,,n=\xff,r=abc" },
        { .name = "a bad escape", .said = "n,,n=a=2D,r=abc" },
        { .name = "a cut escape", .said = "n,,n=a=2,r=abc" },
        { .name = "no nonce", .said = "n,,n=user,r=" },
        { .name = "a blank in it", .said = "n,,n=user,r=a b" },
        { .name = "nobody to be", .said = "n,a=,n=user,r=abc" },
        { .name = "bound to nothing", .said = "p=,,n=user,r=abc" },
        { .name = "more than a flag", .said = "nn,,n=user,r=abc" },
        { .name = "another flag", .said = "q,,n=user,r=abc" },
        { .name = "no head", .said = "n=user,r=abc" },
        { .name = "nothing", .said = "" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwScramFirst) first = { 0 };
        gsize len = strlen(cases[i].said);

        g_test_message("%s", cases[i].name);
        g_assert_true(read_first(cases[i].said, len, &first) == (cases[i].user != NULL));
        g_assert_cmpstr(first.user, ==, cases[i].user);
        g_assert_cmpstr(first.impersonate, ==, cases[i].impersonate);
        g_assert_cmpstr(first.head, ==, cases[i].head);
        if (cases[i].user == NULL)
            continue;
        g_assert_cmpint(first.binding, ==, cases[i].binding);
        g_assert_cmpstr(first.nonce, ==, "abc");
        g_assert_cmpstr(first.bare, ==, cases[i].said + strlen(cases[i].head));
        for (gsize cut = 0; cut < len; cut++) {
            g_auto(TwScramFirst) part = { 0 };
            g_assert_true(!read_first(cases[i].said, cut, &part) || part.user != NULL);
        }
    }
}

static void
test_limits(void)
{
    static const struct {
        const char *before;
        gsize most;
        const char *after;
    } cases[] = {
        { "n,,n=", TW_SCRAM_NAME_MAX, ",r=abc" },
        { "n,,n=user,r=", TW_SCRAM_NONCE_MAX, "" },
        { "p=", TW_SCRAM_NAME_MAX, ",,n=user,r=abc" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize over = 0; over < 2; over++) {
            g_auto(TwScramFirst) first = { 0 };
            g_autofree char *long_text = g_strnfill(cases[i].most + over, 'x');
            g_autofree char *said = g_strconcat(cases[i].before, long_text, cases[i].after, NULL);
            g_assert_true(read_first(said, strlen(said), &first) == (over == 0));
        }
    }
    for (gsize over = 0; over < 2; over++) {
        g_auto(TwScramFirst) first = { 0 };
        g_autofree char *rest = g_strnfill(TW_SCRAM_TEXT_MAX - 17 + over, 'x');
        g_autofree char *said = g_strconcat("n,,n=user,r=abc,x", rest, NULL);
        g_assert_true(read_first(said, strlen(said), &first) == (over == 0));
    }
}

static gboolean
read_final(const char *said, gsize len, TwScramFinal *ret)
{
    g_autofree char *copy = g_memdup2(said, len);

    return tw_scram_final_read(copy, len, ret);
}

static void
test_final(void)
{
    static const struct {
        const char *name, *said, *proved; /* proved NULL: refused */
    } cases[] = {
        { "plain", "c=biws,r=abc,p=" PROOF, "c=biws,r=abc" },
        { "an extension", "c=biws,r=abc,x=y,p=" PROOF, "c=biws,r=abc,x=y" },
        { "nothing bound", "c=,r=abc,p=" PROOF, NULL },
        { "no base64", "c=*,r=abc,p=" PROOF, NULL },
        { "no nonce", "c=biws,r=,p=" PROOF, NULL },
        { "no proof", "c=biws,r=abc", NULL },
        { "an empty one", "c=biws,r=abc,p=", NULL },
        { "a short one", "c=biws,r=abc,p=biws", NULL },
        { "something behind it", "c=biws,r=abc,p=" PROOF ",x=y", NULL },
        { "a comma behind it", "c=biws,r=abc,p=" PROOF ",", NULL },
        { "nothing", "", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwScramFinal final;
        gsize len = strlen(cases[i].said);

        g_test_message("%s", cases[i].name);
        g_assert_true(read_final(cases[i].said, len, &final) == (cases[i].proved != NULL));
        if (cases[i].proved == NULL)
            continue;
        g_assert_cmpuint(final.proved_len, ==, strlen(cases[i].proved));
        g_assert_cmpuint(final.nonce_len, ==, 3);
        assert_bytes(final.bound, final.bound_len, "n,,", 3);
        for (gsize cut = 0; cut < len; cut++)
            g_assert_false(read_final(cases[i].said, cut, &final));
    }
}

static void
test_bearer(void)
{
    static const struct {
        const char *name, *said;
        gboolean old;
        const char *user, *token; /* token NULL: refused */
    } cases[] = {
        { "RFC 7628", "n,a=jo@x,\1host=h\1port=143\1auth=Bearer vF9.d\1\1", FALSE, "jo@x",
          "vF9.d" },
        { "nobody", "n,,\1auth=bearer t\1\1", FALSE, NULL, "t" },
        { "XOAUTH2", "user=jo\1auth=Bearer t=\1\1", TRUE, "jo", "t=" },
        { "no token", "n,,\1host=h\1\1", FALSE, NULL, NULL },
        { "two", "n,,\1auth=Bearer a\1auth=Bearer b\1\1", FALSE, NULL, NULL },
        { "an empty one", "n,,\1auth=Bearer \1\1", FALSE, NULL, NULL },
        { "a blank in it", "n,,\1auth=Bearer a b\1\1", FALSE, NULL, NULL },
        { "another kind", "n,,\1auth=Basic YTpi\1\1", FALSE, NULL, NULL },
        { "bound", "p=x,,\1auth=Bearer t\1\1", FALSE, NULL, NULL },
        { "no head", "auth=Bearer t\1\1", FALSE, NULL, NULL },
        { "something behind it", "n,,\1auth=Bearer t\1\1x", FALSE, NULL, NULL },
        { "XOAUTH2 of nobody", "auth=Bearer t\1\1", TRUE, NULL, NULL },
        { "XOAUTH2 of two", "user=a\1user=b\1auth=Bearer t\1\1", TRUE, NULL, NULL },
        { "nothing", "", TRUE, NULL, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].said);

        g_test_message("%s", cases[i].name);
        for (gsize cut = cases[i].token != NULL ? 0 : len; cut <= len; cut++) {
            g_autofree char *copy = g_memdup2(cases[i].said, cut);
            g_auto(TwBearer) bearer = { 0 };
            gboolean ok = cases[i].old ? tw_bearer_read_old(copy, cut, &bearer)
                                       : tw_bearer_read(copy, cut, &bearer);

            g_assert_true(ok == (cut == len && cases[i].token != NULL));
            g_assert_cmpstr(bearer.user, ==, ok ? cases[i].user : NULL);
            g_assert_true((bearer.token != NULL) == ok);
            if (ok)
                g_assert_true(
                    tw_secret_equal(bearer.token, cases[i].token, strlen(cases[i].token)));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/scram-message/first", test_first);
    g_test_add_func("/groupware/scram-message/limits", test_limits);
    g_test_add_func("/groupware/scram-message/final", test_final);
    g_test_add_func("/groupware/scram-message/bearer", test_bearer);
    return g_test_run();
}
