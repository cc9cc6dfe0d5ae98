/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/url.h"

#include <string.h>

static void
test_parse(void)
{
    static const struct {
        const char *text;
        const char *mailbox; /* NULL: the selected one */
        guint32 uidvalidity, uid, first, count;
        guint path;
        TwImapPartKind part;
        gboolean valid;
    } cases[] = {
        { "/INBOX/;UID=20", "INBOX", 0, 20, 0, 0, 0, TW_IMAP_PART_ALL, TRUE },
        { "/INBOX;UIDVALIDITY=7/;UID=20/;SECTION=1.2.MIME", "INBOX", 7, 20, 0, 0, 2,
          TW_IMAP_PART_MIME, TRUE },
        { "/a/b%20c;uidvalidity=7/;uid=1/;section=header/;partial=3.9", "a/b c", 7, 1, 3, 9, 0,
          TW_IMAP_PART_HEADER, TRUE },
        { "/x/;UID=4294967294/;PARTIAL=5", "x", 0, G_MAXUINT32 - 1, 5, G_MAXUINT32, 0,
          TW_IMAP_PART_ALL, TRUE },
        { ";UID=9/;SECTION=TEXT", NULL, 0, 9, 0, 0, 0, TW_IMAP_PART_TEXT, TRUE },
        { "/%C3%A4/;UID=9/;SECTION=HEADER.FIELDS%20(Subject)", "\xc3\xa4", 0, 9, 0, 0, 0,
          TW_IMAP_PART_HEADER, TRUE },
        { "/a;UIDVALIDITY=1;UIDVALIDITY=2/;UID=1", .valid = FALSE },
        { "/a;UIDVALIDITY=0/;UID=1", .valid = FALSE },
        { "/a;UIDVALIDITY=/;UID=1", .valid = FALSE },
        { "/a;UIDVALIDITY=99999999999/;UID=1", .valid = FALSE },
        { "//;UID=1", .valid = FALSE },
        { "/;UID=1", .valid = FALSE },
        { "/a/;UID=0", .valid = FALSE },
        { "/a/;UID=1x", .valid = FALSE },
        { "/a/;UID=1/;SECTION=MIME", .valid = FALSE },
        { "/a/;UID=1/;SECTION=1]", .valid = FALSE },
        { "/a/;UID=1/;PARTIAL=1.0", .valid = FALSE },
        { "/a/;UID=1/;PARTIAL=", .valid = FALSE },
        { "/a/;UID=1/;PARTIAL=1/;SECTION=1", .valid = FALSE },
        { "/a%00b/;UID=1", .valid = FALSE },
        { "/a%4/;UID=1", .valid = FALSE },
        { "/a%ff/;UID=1", .valid = FALSE },
        { "imap://other.example/INBOX/;UID=1", .valid = FALSE },
        { "", .valid = FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwImapUrl) url = { 0 };

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(tw_imap_url_parse(cases[i].text, &url), ==, cases[i].valid);
        g_assert_cmpstr(url.mailbox, ==, cases[i].mailbox);
        g_assert_cmpuint(url.uidvalidity, ==, cases[i].uidvalidity);
        g_assert_cmpuint(url.uid, ==, cases[i].uid);
        g_assert_cmpuint(url.section.first, ==, cases[i].first);
        g_assert_cmpuint(url.section.count, ==, cases[i].count);
        g_assert_cmpuint(url.section.path_count, ==, cases[i].path);
        g_assert_cmpint(url.section.part, ==, cases[i].part);
    }
}

/* Only what ends behind a whole number, section or partial is a URL. */
static void
test_cut(void)
{
    static const char text[] = "/a;UIDVALIDITY=7/;UID=20/;SECTION=1/;PARTIAL=1.2";
    static const char whole[] = "/a;UIDVALIDITY=7/;UID=2"; /* from here on some are */

    for (gsize len = 0; len < sizeof text; len++) {
        g_autofree char *cut = g_strndup(text, len);
        g_auto(TwImapUrl) url = { 0 };
        gboolean valid = tw_imap_url_parse(cut, &url);

        g_assert_true(valid ? len >= strlen(whole) && url.uid != 0 : url.mailbox == NULL);
        if (len == sizeof text - 1)
            g_assert_true(valid);
    }
}

static void
test_limit(void)
{
    g_autofree char *name = g_strnfill(TW_IMAP_URL_MAX - strlen("//;UID=1"), 'x');
    g_autofree char *longest = g_strconcat("/", name, "/;UID=1", NULL);
    g_autofree char *longer = g_strconcat("/x", name, "/;UID=1", NULL);
    g_auto(TwImapUrl) url = { 0 };

    g_assert_false(tw_imap_url_parse(longer, &url));
    g_assert_true(tw_imap_url_parse(longest, &url));
    g_assert_cmpuint(strlen(url.mailbox), ==, strlen(name));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/url/parse", test_parse);
    g_test_add_func("/imap/url/cut", test_cut);
    g_test_add_func("/imap/url/limit", test_limit);
    return g_test_run();
}
