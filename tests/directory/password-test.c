/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/password.h"

#include <string.h>
#include <time.h>

#include "base/error.h"

static TwSecret *
secret(const char *text)
{
    return tw_secret_new(text, strlen(text));
}

typedef struct {
    const char *name, *hash, *password;
    TwPasswordVerdict verdict;
} Case;

/* Made by libxcrypt and md5sum, not by the code under test. */
static const Case cases[] = {
    { "ours", "$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$vdnUDtGWJT8q1Fbe1QjswJjL8EQibgKDEW0mImYGh93",
      "wachtwoord", TW_PASSWORD_RIGHT },
    { "ours, wrong", "$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$vdnUDtGWJT8q1Fbe1QjswJjL8EQibgKDEW0mImYGh93",
      "Wachtwoord", TW_PASSWORD_WRONG },
    { "SHA-512",
      "$6$k2XAnEHBqQ1Ct2aM$KGx74qRfKobvwwjGT6b9I62B.qfeenfUY6IgIbDimuy9vWbmvBq5z9nHX/"
      "3YCIjt.dJLGpg3ovthKu.uNkc/h.",
      "wachtwoord", TW_PASSWORD_RIGHT_BUT_OLD },
    { "SHA-512, wrong",
      "$6$k2XAnEHBqQ1Ct2aM$KGx74qRfKobvwwjGT6b9I62B.qfeenfUY6IgIbDimuy9vWbmvBq5z9nHX/"
      "3YCIjt.dJLGpg3ovthKu.uNkc/h.",
      "wachtwoor", TW_PASSWORD_WRONG },
    { "SHA-256", "$5$k2XAnEHBqQ1Ct2aM$Q4eSjD1fWq9gy/xpJ8OTSicqZPx5CjIU3/AlsiEsj47", "wachtwoord",
      TW_PASSWORD_RIGHT_BUT_OLD },
    { "bcrypt", "$2b$06$KBCwKxOzLha2MUDgW0PjXeSR5ZjRQXYu8uufRVp37zlsbPfqzQrAm", "wachtwoord",
      TW_PASSWORD_RIGHT_BUT_OLD },
    { "bcrypt, wrong", "$2b$06$KBCwKxOzLha2MUDgW0PjXeSR5ZjRQXYu8uufRVp37zlsbPfqzQrAm", "x",
      TW_PASSWORD_WRONG },
    { "salted MD5", "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6cb", "wachtwoord",
      TW_PASSWORD_RIGHT_BUT_OLD },
    { "salted MD5, last digit", "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6ca", "wachtwoord",
      TW_PASSWORD_WRONG },
    { "salted MD5, digest in capitals", "1a2b3c4dD0410CCDC3BA2B10B9FAB62A1513C6CB", "wachtwoord",
      TW_PASSWORD_RIGHT_BUT_OLD },
    { "MD5 crypt is not on the list", "$1$k2XAnEHB$BvdKisfEWv29JMtki9D5i0", "wachtwoord",
      TW_PASSWORD_WRONG },
    { "plain text", "wachtwoord", "wachtwoord", TW_PASSWORD_WRONG },
    { "empty hash", "", "", TW_PASSWORD_WRONG },
    { "no user", NULL, "wachtwoord", TW_PASSWORD_WRONG },
    { "empty password", "1a2b3c4d1897a69ef451f0991bb85c6e7c35aa31", "", TW_PASSWORD_WRONG },
    { "a locked account's star", "*", "*", TW_PASSWORD_WRONG },
    { "the failure text of crypt", "*0", "x", TW_PASSWORD_WRONG },
};

static void
test_case(gconstpointer data)
{
    const Case *tc = data;
    g_autoptr(TwSecret) password = secret(tc->password);
    g_autofree char *exact = g_strdup(tc->hash);

    g_assert_cmpint(tw_password_check(exact, password), ==, tc->verdict);
}

static const struct {
    const char *text;
    gboolean is_hash;
} forms[] = {
    { "$y$j75$k2XAnEHB$x", TRUE },
    { "$y$jCT$k2XAnEHB$x", TRUE },
    { "$y$jDT$k2XAnEHB$x", FALSE }, /* a minute each */
    { "$y$j9Tk2XAnEHB", FALSE },
    { "$y$k9T$x$x", FALSE },
    { "$y$j", FALSE },
    { "$6$rounds=200000$salt$x", TRUE },
    { "$6$rounds=200001$salt$x", FALSE },
    { "$6$rounds=18446744073709551617$salt$x", FALSE },
    { "$5$rounds=$salt$x", FALSE },
    { "$5$rounds=5000", FALSE },
    { "$2b$12$KBCwKxOzLha2MUDgW0PjXe", TRUE },
    { "$2b$13$KBCwKxOzLha2MUDgW0PjXe", FALSE },
    { "$2b$03$KBCwKxOzLha2MUDgW0PjXe", FALSE },
    { "$2b$1", FALSE },
    { "$2b$", FALSE },
    { "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6cb", TRUE },
    { "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6c", FALSE },
    { "1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6cg", FALSE },
    { "$6$salt\n$x", FALSE },
    { "", FALSE },
};

static void
test_forms(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        gsize len = strlen(forms[i].text);
        /* exact copies, so that a byte too far is seen; each prefix must be judged without a crash */
        for (gsize cut = 0; cut <= len; cut++) {
            g_autofree char *copy = g_memdup2(forms[i].text, cut);
            gboolean is = tw_password_is_hash(copy, cut);
            if (cut == len && is != forms[i].is_hash)
                g_error("%s", forms[i].text);
        }
    }
}

static void
test_make(void)
{
    g_autofree char *most = g_strnfill(TW_PASSWORD_MOST_LEN, 'p');
    g_autofree char *more = g_strnfill(TW_PASSWORD_MOST_LEN + 1, 'p');
    g_autoptr(TwSecret) longest = secret(most), too_long = secret(more), empty = secret("");
    g_autoptr(TwSecret) with_nul = tw_secret_new("a\0b", 3), start = secret("a");
    g_autofree char *one = NULL, *two = NULL, *none = NULL;
    g_autoptr(GError) error = NULL;

    one = tw_password_hash(longest, &error);
    g_assert_no_error(error);
    two = tw_password_hash(longest, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(one, !=, two);
    g_assert_true(tw_password_is_hash(one, strlen(one)));
    g_assert_cmpint(tw_password_check(one, longest), ==, TW_PASSWORD_RIGHT);
    g_assert_cmpint(tw_password_check(two, longest), ==, TW_PASSWORD_RIGHT);
    g_assert_cmpint(tw_password_check(one, too_long), ==, TW_PASSWORD_WRONG);

    none = tw_password_hash(too_long, &error);
    g_assert_null(none);
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    none = tw_password_hash(empty, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    none = tw_password_hash(with_nul, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_free(one);
    one = tw_password_hash(start, NULL);
    g_assert_cmpint(tw_password_check(one, with_nul), ==, TW_PASSWORD_WRONG);
}

/* Processor time of this thread: what a check of a user who is not there costs, beside one with a wrong password. */
static double
cost_of(const char *hash)
{
    g_autoptr(TwSecret) password = secret("guess");
    struct timespec before, after;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (int i = 0; i < 3; i++)
        tw_password_check(hash, password);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    return (double) (after.tv_sec - before.tv_sec) +
           (double) (after.tv_nsec - before.tv_nsec) * 1e-9;
}

/* Nobody costs what somebody costs: not a thousandth of it, as it would without the dummy. */
static void
test_nobody(void)
{
    double ours = cost_of(cases[0].hash);

    cost_of(NULL);
    g_assert_cmpfloat(cost_of(NULL), >, ours / 4);
    g_assert_cmpfloat(cost_of("1a2b3c4dd0410ccdc3ba2b10b9fab62a1513c6cb"), >, ours / 4);
    g_assert_cmpfloat(cost_of("nonsense"), >, ours / 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/directory/password/", cases[i].name, NULL);
        g_test_add_data_func(g_strdelimit(path, " ,'", '-'), &cases[i], test_case);
    }
    g_test_add_func("/directory/password/forms", test_forms);
    g_test_add_func("/directory/password/make", test_make);
    g_test_add_func("/directory/password/nobody", test_nobody);
    return g_test_run();
}
