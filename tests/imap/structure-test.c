/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses, envelopes, structures and parts of mails. */
#include "imap/structure.h"

#include <string.h>

#include "imap/address.h"

static void
test_addresses(void)
{
    static const struct {
        const char *text, *list;
    } rows[] = {
        { "", "NIL" },
        { "a@b", "((NIL NIL \"a\" \"b\"))" },
        { "user@domain (Real Name)", "((\"Real Name\" NIL \"user\" \"domain\"))" },
        { "\"A \\\"B\\\" C\" <a@b>", "((\"A \\\"B\\\" C\" NIL \"a\" \"b\"))" },
        { "A B <a . b @ c . d>", "((\"A B\" NIL \"a.b\" \"c.d\"))" },
        { "<@r1,@r2:a@b>", "((NIL \"@r1,@r2\" \"a\" \"b\"))" },
        { "g: a@b, c@d;, e@f",
          "((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")(NIL NIL NIL NIL)"
          "(NIL NIL \"e\" \"f\"))" },
        { "g:;", "((NIL NIL \"g\" NIL)(NIL NIL NIL NIL))" },
        { "nobody", "((NIL NIL \"nobody\" \"MISSING_DOMAIN\"))" },
        { "a@[1.2.3.4]", "((NIL NIL \"a\" \"[1.2.3.4]\"))" },
        { "=?utf-8?q?=C3=A4?= <a@b>", "((\"=?utf-8?q?=C3=A4?=\" NIL \"a\" \"b\"))" },
        { "\xc3\xa4 <a@b>", "(({2}\r\n\xc3\xa4 NIL \"a\" \"b\"))" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].text);
        g_autofree char *copy = g_memdup2(rows[i].text, MAX(len, 1));
        g_autoptr(GArray) addresses = tw_imap_addresses_parse(copy, len);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);

        tw_imap_put_addresses(&out, addresses);
        tw_buffer_put_u8(&out, 0);
        g_assert_cmpstr((const char *) out.data, ==, rows[i].list);
        for (gsize cut = 0; cut < len; cut++) { /* stays inside, whatever is left of it */
            g_autofree char *part = g_memdup2(rows[i].text, MAX(cut, 1));
            g_autoptr(GArray) some = tw_imap_addresses_parse(part, cut);

            g_assert_cmpuint(some->len, <=, TW_IMAP_ADDRESSES_MAX + 2);
        }
    }
}

static void
test_many_addresses(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GArray) addresses = NULL;

    for (guint i = 0; i < TW_IMAP_ADDRESSES_MAX + 10; i++)
        g_string_append(text, "a@b,");
    addresses = tw_imap_addresses_parse(text->str, text->len);
    g_assert_cmpuint(addresses->len, ==, TW_IMAP_ADDRESSES_MAX);
}

static const char mail[] =
    "From: Jo <jo@a>\r\nSubject: one\r\n two\r\nDate: now\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n"
    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: multipart/alternative; "
    "boundary=c\r\n"
    "\r\n--c\r\nContent-Type: text/html\r\nContent-Language: en, "
    "de\r\n\r\n<p>\r\n--c--\r\n--b--\r\n";

/* (transfer full): what the summary lies in */
static GBytes *
open_mail(TwMailSummary *ret)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan((const guint8 *) mail, sizeof mail - 1, NULL);
    g_autoptr(GError) error = NULL;
    GBytes *bytes = tw_mail_summary_build((const guint8 *) mail, sizeof mail - 1, tree, &error);

    g_assert_no_error(error);
    g_assert_true(
        tw_mail_summary_open(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), ret, &error));
    return bytes;
}

static void
test_structure(void)
{
    TwMailSummary summary;
    g_autoptr(GBytes) bytes = open_mail(&summary);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);

    tw_imap_put_envelope(&out, &summary.fields);
    tw_imap_put_structure(&out, &summary, TRUE);
    tw_buffer_put_u8(&out, 0);
    g_assert_cmpstr(
        (const char *) out.data, ==,
        "(\"now\" \"one two\" ((\"Jo\" NIL \"jo\" \"a\")) ((\"Jo\" NIL \"jo\" \"a\")) "
        "((\"Jo\" NIL \"jo\" \"a\")) NIL NIL NIL NIL NIL)"
        "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 0 NIL NIL NIL NIL)"
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 132 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL "
        "NIL) "
        "((\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 NIL NIL (\"en\" "
        "\"de\") NIL) "
        "\"alternative\" (\"boundary\" \"c\") NIL NIL NIL) 8 NIL NIL NIL NIL) "
        "\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)");
}

static void
test_parts(void)
{
    static const struct {
        guint32 path[4];
        guint count;
        TwImapPartKind kind;
        const char *begin; /* NULL: there is no such part */
    } rows[] = {
        { { 0 }, 0, TW_IMAP_PART_ALL, "From: Jo" },
        { { 0 }, 0, TW_IMAP_PART_TEXT, "--b\r\n\r\nplain" },
        { { 1 }, 1, TW_IMAP_PART_ALL, "plain" },
        { { 1, 1 }, 2, TW_IMAP_PART_ALL, NULL },
        { { 1 }, 1, TW_IMAP_PART_HEADER, NULL },
        { { 2 }, 1, TW_IMAP_PART_ALL, "Subject: in" },
        { { 2 }, 1, TW_IMAP_PART_MIME, "Content-Type: message" },
        { { 2 }, 1, TW_IMAP_PART_HEADER, "Subject: in" },
        { { 2 }, 1, TW_IMAP_PART_TEXT, "--c\r\n" },
        { { 2, 1 }, 2, TW_IMAP_PART_ALL, "<p>" },
        { { 2, 2 }, 2, TW_IMAP_PART_ALL, NULL },
        { { 3 }, 1, TW_IMAP_PART_ALL, NULL },
        { { G_MAXUINT32 - 1 }, 1, TW_IMAP_PART_ALL, NULL },
    };
    TwMailSummary summary;
    g_autoptr(GBytes) bytes = open_mail(&summary);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TwImapPlace place;
        gboolean found =
            tw_imap_find_part(&summary, rows[i].path, rows[i].count, rows[i].kind, &place);

        g_test_message("%zu", i);
        g_assert_cmpint(found, ==, rows[i].begin != NULL);
        if (!found)
            continue;
        g_assert_cmpuint(place.at + place.len, <=, sizeof mail - 1);
        g_assert_cmpuint(place.len, >=, MIN(strlen(rows[i].begin), (gsize) place.len));
        g_assert_cmpint(memcmp(mail + place.at, rows[i].begin, strlen(rows[i].begin)), ==, 0);
    }
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/structure/addresses", test_addresses);
    g_test_add_func("/imap/structure/many-addresses", test_many_addresses);
    g_test_add_func("/imap/structure/structure", test_structure);
    g_test_add_func("/imap/structure/parts", test_parts);
    return g_test_run();
}
