/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/secret.h"

#include <string.h>

static void
test_compare(void)
{
    static const struct {
        const char *ours, *given;
        gsize given_len;
        gboolean equal;
    } cases[] = {
        { "", "", 0, TRUE },
        { "", "x", 1, FALSE },
        { "a", "", 0, FALSE },
        { "swordfish", "swordfish", 9, TRUE },
        { "swordfish", "swordfisH", 9, FALSE },
        { "swordfish", "swordfis", 8, FALSE },
        { "swordfish", "swordfish\0", 10, FALSE },
        { "\0", "\0", 0, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwSecret) secret = tw_secret_new(cases[i].ours, strlen(cases[i].ours));
        g_autofree char *given = g_memdup2(cases[i].given, cases[i].given_len);

        g_test_message("%u", i);
        g_assert_cmpint(tw_secret_equal(secret, given, cases[i].given_len), ==, cases[i].equal);
        g_assert_cmpint(tw_secret_is_empty(secret), ==, cases[i].ours[0] == '\0');
    }
}

static void
test_bytes_are_kept_and_wiped(void)
{
    char text[] = "pass\0word";
    gsize len = 0;
    g_autoptr(TwSecret) secret = tw_secret_new(text, 9);
    g_autoptr(TwSecret) again = tw_secret_ref(secret);

    g_assert_true(memcmp(tw_secret_reveal(again, &len), "pass\0word", 9) == 0);
    g_assert_cmpuint(len, ==, 9);
    g_assert_cmpint(tw_secret_reveal(again, NULL)[9], ==, '\0');
    tw_secret_wipe(text, sizeof text);
    for (gsize i = 0; i < sizeof text; i++)
        g_assert_cmpint(text[i], ==, '\0');
    tw_secret_unref(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/secret/compare", test_compare);
    g_test_add_func("/base/secret/bytes", test_bytes_are_kept_and_wiped);
    return g_test_run();
}
