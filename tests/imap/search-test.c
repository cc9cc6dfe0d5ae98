/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Search keys, items of FETCH, texts and threads. */
#include "imap/search.h"

#include <string.h>

#include "imap/fetch-items.h"
#include "imap/text.h"
#include "imap/thread.h"

static void
test_keys(void)
{
    static const struct {
        const char *text;
        gboolean good;
    } rows[] = {
        { "ALL\r\n", TRUE },
        { "1:*,5 UID 7 $\r\n", TRUE },
        { "OR (FROM a NOT SEEN) (NEW OLDER 60)\r\n", TRUE },
        { "HEADER X-Y \"\" BODY {3}\r\na b\r\n", TRUE },
        { "MODSEQ \"/flags/\\\\seen\" all 5 MODSEQ 7\r\n", TRUE },
        { "SENTSINCE 1-Feb-2020 ON \"31-Dec-1999\"\r\n", TRUE },
        { "KEYWORD a UNKEYWORD b EMAILID M0123456789abcdef THREADID x\r\n", TRUE },
        { "\r\n", FALSE },
        { "ALL \r\n", FALSE },
        { "OR ALL\r\n", FALSE },
        { "NOT\r\n", FALSE },
        { "()\r\n", FALSE },
        { "(ALL\r\n", FALSE },
        { "BEFORE 30-Feb-2020\r\n", FALSE },
        { "LARGER -1\r\n", FALSE },
        { "NONSENSE\r\n", FALSE },
        { "0\r\n", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].text);

        g_test_message("%s", rows[i].text);
        for (gsize cut = 0; cut <= len; cut++) {
            g_autofree char *copy = g_memdup2(rows[i].text, MAX(cut, 1));
            TwCursor cur = tw_cursor_init(copy, cut);
            g_autoptr(TwImapKey) key = NULL;
            gboolean good = tw_imap_take_keys(&cur, &key);

            g_assert_cmpint(good, ==, key != NULL);
            if (cut == len)
                g_assert_cmpint(good, ==, rows[i].good);
        }
    }
}

static gboolean
takes(guint depth, guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(TwImapKey) key = NULL;
    TwCursor cur;

    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, '(');
    for (guint i = 0; i < count; i++)
        g_string_append(text, i > 0 ? " ALL" : "ALL");
    for (guint i = 0; i < depth; i++)
        g_string_append_c(text, ')');
    g_string_append(text, "\r\n");
    cur = tw_cursor_init(text->str, text->len);
    return tw_imap_take_keys(&cur, &key);
}

static void
test_key_limits(void)
{
    g_assert_true(takes(TW_IMAP_KEYS_DEPTH - 1, 1));
    g_assert_false(takes(TW_IMAP_KEYS_DEPTH, 1));
    g_assert_true(takes(0, TW_IMAP_KEYS_MAX));
    g_assert_false(takes(0, TW_IMAP_KEYS_MAX + 1));
}

static void
test_items(void)
{
    static const struct {
        const char *text;
        guint count; /* 0: not understood */
        const char *label;
    } rows[] = {
        { "FULL", 5, NULL },
        { "(FLAGS FLAGS UID)", 2, NULL },
        { "BODY", 1, NULL },
        { "BODY[]", 1, "BODY[]" },
        { "body.peek[1.2.header.fields (\"a b\" C)]<0.9>", 1,
          "BODY[1.2.HEADER.FIELDS (\"a b\" C)]<0>" },
        { "BINARY.PEEK[1]<3.4>", 1, "BINARY[1]<3>" },
        { "BINARY.SIZE[2.1]", 1, "BINARY.SIZE[2.1]" },
        { "RFC822.TEXT", 1, "RFC822.TEXT" },
        { "PREVIEW (LAZY)", 1, NULL },
        { "BODY[MIME]", 0, NULL },
        { "BODY[1.]", 0, NULL },
        { "BODY[0]", 0, NULL },
        { "BODY[HEADER.FIELDS ()]", 0, NULL },
        { "BINARY[HEADER]", 0, NULL },
        { "BODY[]<1.0>", 0, NULL },
        { "(FLAGS", 0, NULL },
        { "()", 0, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].text);

        g_test_message("%s", rows[i].text);
        for (gsize cut = 0; cut <= len; cut++) {
            g_autofree char *copy = g_memdup2(rows[i].text, MAX(cut, 1));
            g_autoptr(GArray) items = tw_imap_items_new();
            TwCursor cur = tw_cursor_init(copy, cut);
            gboolean good = tw_imap_take_items(&cur, items);

            if (cut < len)
                continue;
            g_assert_cmpint(good && cur.left == 0, ==, rows[i].count > 0);
            if (rows[i].count > 0)
                g_assert_cmpuint(items->len, ==, rows[i].count);
            if (rows[i].label != NULL)
                g_assert_cmpstr(g_array_index(items, TwImapItem, 0).label, ==, rows[i].label);
        }
    }
}

static void
test_texts(void)
{
    static const struct {
        const char *raw, *text;
    } headers[] = {
        { " plain\r\n\ttext ", "plain text" },
        { "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Gr\xc3\xbc\xc3\x9f"
                                         "e" },
        { "=?iso-8859-1?B?5A==?= =?iso-8859-1?q?=F6?= x", "\xc3\xa4\xc3\xb6 x" },
        { "=?nonsense", "=?nonsense" },
        { "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
        { "=?utf-8?q?"
          "?=",
          "" },
    };
    static const struct {
        const char *subject, *base;
        gboolean reply;
    } subjects[] = {
        { "Hello", "HELLO", FALSE },
        { "Re: Hello", "HELLO", TRUE },
        { "re : [list] FW: hello (fwd)", "HELLO", TRUE },
        { "[Fwd: Re: hello]", "HELLO", TRUE },
        { "[list] hello", "HELLO", FALSE },
        { "[list]", "[LIST]", FALSE },
        { "Re[2]: x", "X", TRUE },
        { "", "", FALSE },
        { "Re:", "", TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *text = tw_imap_text_of_header(headers[i].raw, strlen(headers[i].raw));
        g_assert_cmpstr(text, ==, headers[i].text);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
        gboolean reply;
        g_autofree char *base = tw_imap_base_subject(subjects[i].subject, &reply);

        g_test_message("%s", subjects[i].subject);
        g_assert_cmpstr(base, ==, subjects[i].base);
        g_assert_cmpint(reply, ==, subjects[i].reply);
    }
}

static void
test_threads(void)
{
    static const char a[] = "a@x", b[] = "b@x", c[] = "c@x", s[] = "S", none[] = "", t[] = "T";
    static const char *const of_a[] = { a, NULL }, *const of_b[] = { a, b, NULL },
                             *const of_c[] = { c, NULL };
    TwImapThreadMail chain[] = {
        { .number = 1, .date = 1, .message_id = a, .subject = s },
        { .number = 2,
          .date = 2,
          .message_id = b,
          .references = of_a,
          .subject = s,
          .reply = TRUE },
        { .number = 3, .date = 3, .references = of_b, .subject = s, .reply = TRUE },
        { .number = 4, .date = 4, .references = of_a, .subject = t },
        { .number = 5, .date = 5, .subject = none },
        { .number = 6, .date = 0, .message_id = c, .references = of_c, .subject = none },
    };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);

    tw_imap_thread_references(&out, chain, G_N_ELEMENTS(chain));
    tw_buffer_put_u8(&out, 0);
    g_assert_cmpstr((const char *) out.data, ==, "(6)(1 (2 3)(4))(5)");
    tw_buffer_clear(&out);
    tw_imap_thread_subject(&out, chain, G_N_ELEMENTS(chain));
    tw_buffer_put_u8(&out, 0);
    g_assert_cmpstr((const char *) out.data, ==, "(6 5)(1 (2)(3))(4)");
}

/* A chain longer than any stack, with two answers at its end; and many mails of one subject. */
static void
test_deep_threads(void)
{
    enum {
        DEEP = 20000
    };
    static const char subject[] = "S";
    g_autofree TwImapThreadMail *mails = g_new0(TwImapThreadMail, DEEP + 2);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree const char **references = g_new0(const char *, 2 * (DEEP + 2));
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    g_autofree char *end = g_strdup_printf(" %u (%u)(%u))", DEEP, DEEP + 1, DEEP + 2);

    for (guint i = 0; i < DEEP + 2; i++) {
        g_ptr_array_add(ids, g_strdup_printf("%u@x", i));
        mails[i] = (TwImapThreadMail){ .number = i + 1,
                                       .date = i,
                                       .message_id = ids->pdata[i],
                                       .subject = subject,
                                       .reply = i > 0,
                                       .references = &references[2 * i] };
        if (i > 0)
            references[2 * i] = ids->pdata[MIN(i, DEEP) - 1];
    }
    tw_imap_thread_references(&out, mails, DEEP + 2);
    g_assert_false(tw_buffer_failed(&out));
    g_assert_true(memcmp(out.data, "(1 2 3 ", 7) == 0);
    g_assert_true(memcmp(out.data + out.len - strlen(end), end, strlen(end)) == 0);
    tw_buffer_clear(&out);
    memset(references, 0, sizeof(char *) * 2 * ((gsize) DEEP + 2));
    tw_imap_thread_references(&out, mails, DEEP + 2);
    g_assert_true(memcmp(out.data, "(1 (2)(3)(", 10) == 0);
}

static void
test_ids(void)
{
    static const char text[] = "junk <a@b> (x) <\"c\"@d> <no-at> <e@f";
    g_auto(GStrv) ids = tw_imap_message_ids(text, sizeof text - 1);
    g_autoptr(GString) many = g_string_new(NULL);
    g_auto(GStrv) last = NULL;

    g_assert_cmpuint(g_strv_length(ids), ==, 2);
    g_assert_cmpstr(ids[0], ==, "a@b");
    g_assert_cmpstr(ids[1], ==, "c@d");
    for (guint i = 0; i < TW_IMAP_REFERENCES_MAX + 1; i++)
        g_string_append_printf(many, "<%u@x>", i);
    last = tw_imap_message_ids(many->str, many->len);
    g_assert_cmpuint(g_strv_length(last), ==, TW_IMAP_REFERENCES_MAX);
    g_assert_cmpstr(last[0], ==, "1@x");
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/search/keys", test_keys);
    g_test_add_func("/imap/search/key-limits", test_key_limits);
    g_test_add_func("/imap/search/items", test_items);
    g_test_add_func("/imap/search/texts", test_texts);
    g_test_add_func("/imap/search/threads", test_threads);
    g_test_add_func("/imap/search/deep-threads", test_deep_threads);
    g_test_add_func("/imap/search/ids", test_ids);
    return g_test_run();
}
