/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/mailbox-name.h"

#include <string.h>

static const struct {
    const char *utf8, *sent;
} names[] = {
    { "INBOX", "INBOX" },
    { "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
    { "A & B", "A &- B" },
    { "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
      "~peter/mail/&U,BTFw-/&ZeVnLIqe-" }, /* RFC 3501, 5.1.3 */
    { "\xf0\x9f\xa6\x92", "&2D7dkg-" },
    { "", "" },
};

static void
test_names(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *sent = tw_imap_name_encode(names[i].utf8);
        g_autofree char *back = tw_imap_name_decode(names[i].sent);

        g_assert_cmpstr(sent, ==, names[i].sent);
        g_assert_cmpstr(back, ==, names[i].utf8);
    }
}

static void
test_utf8_as_sent(void)
{
    g_autofree char *name = tw_imap_name_decode("Entw\xc3\xbcrfe");

    g_assert_cmpstr(name, ==, "Entw\xc3\xbcrfe");
}

static void
test_bad(void)
{
    static const char *const bad[] = {
        "&",      "a&APw",  "&APx-", /* bits left over that are not zero */
        "&A-",    "&2D4-",  "&3ZI-", /* half a character */
        "&AAA-",                     /* a NUL */
        "&AP w-", "a\001b", "\xff",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *name = tw_imap_name_decode(bad[i]);

        g_test_message("%s", bad[i]);
        g_assert_null(name);
    }
}

static void
test_patterns(void)
{
    static const struct {
        const char *name, *pattern;
        gboolean fits;
    } rows[] = {
        { "a", "*", TRUE },          { "a/b", "*", TRUE },   { "a/b", "%", FALSE },
        { "a/b", "%/%", TRUE },      { "a/b", "a/%", TRUE }, { "a/b/c", "a/%", FALSE },
        { "a/b/c", "a*c", TRUE },    { "a", "", FALSE },     { "", "", TRUE },
        { "abc", "a%%c", TRUE },     { "ab", "a*b*", TRUE }, { "ab", "b", FALSE },
        { "INBOX", "inbox", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(tw_imap_name_matches(rows[i].name, rows[i].pattern, '/'), ==, rows[i].fits);
}

/* Wildcards without end cost their product, not a power. */
static void
test_long_pattern(void)
{
    g_autofree char *name = g_strnfill(2000, 'a');
    g_autoptr(GString) pattern = g_string_new(NULL);

    for (guint i = 0; i < 2000; i++)
        g_string_append(pattern, "*a");
    g_string_append_c(pattern, 'b');
    g_assert_false(tw_imap_name_matches(name, pattern->str, '/'));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/mailbox-name/names", test_names);
    g_test_add_func("/imap/mailbox-name/utf8-as-sent", test_utf8_as_sent);
    g_test_add_func("/imap/mailbox-name/bad", test_bad);
    g_test_add_func("/imap/mailbox-name/patterns", test_patterns);
    g_test_add_func("/imap/mailbox-name/long-pattern", test_long_pattern);
    return g_test_run();
}
