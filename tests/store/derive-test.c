/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/derive.h"

#include "mapi/message.h"

static void
test_subject(void)
{
    static const struct {
        const char *subject, *prefix; /* prefix: NULL: none is set */
        gsize len;
    } cases[] = {
        { "Re: figures", NULL, 4 },       { "AW: figures", NULL, 4 }, { "figures", NULL, 0 },
        { "Betreff: figures", NULL, 0 },  { "1: figures", NULL, 0 },  { "", NULL, 0 },
        { "Betreff: x", "Betreff: ", 9 }, { "Re: x", "", 0 },         { "Re: x", "AW: ", 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);

        put_text(message, PR_SUBJECT, cases[i].subject);
        if (cases[i].prefix != NULL)
            put_text(message, PR_SUBJECT_PREFIX, cases[i].prefix);
        g_assert_cmpuint(tw_derive_subject_prefix_len(message), ==, cases[i].len);
        g_assert_cmpstr(tw_derive_normalized_subject(message), ==, cases[i].subject + cases[i].len);
    }
}

static void
test_subject_changed(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);

    put_text(message, PR_SUBJECT, "\x01\x04Re: figures");
    put_text(message, PR_SUBJECT_PREFIX, "old: ");
    put_text(message, PR_NORMALIZED_SUBJECT, "old");
    g_assert_true(tw_derive_subject_changed(message, FALSE, NULL));
    g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT, NULL), ==, "Re: figures");
    g_assert_cmpstr(tw_object_get_text(message, PR_SUBJECT_PREFIX, NULL), ==, "Re: ");
    g_assert_false(tw_object_has(message, PR_NORMALIZED_SUBJECT));
    put_text(message, PR_SUBJECT_PREFIX, "Re: fig");
    g_assert_true(tw_derive_subject_changed(message, TRUE, NULL));
    g_assert_cmpstr(tw_derive_normalized_subject(message), ==, "ures");
    tw_object_remove(message, PR_SUBJECT);
    g_assert_true(tw_derive_subject_changed(message, FALSE, NULL));
    g_assert_false(tw_object_has(message, PR_SUBJECT_PREFIX));
}

static void
assert_guid(TwGuid id, const char *hex)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < sizeof id.bytes; i++)
        g_string_append_printf(text, "%02x", id.bytes[i]);
    g_assert_cmpstr(text->str, ==, hex);
}

/* /mailbox-layout/3.3; the sums are those of md5sum over the UTF-16LE text */
static void
test_conversation(void)
{
    static const guint8 index[22] = { 1, 2, 3, 4, 5, 6,  0xa0, 1,  2,  3,  4,
                                      5, 6, 7, 8, 9, 10, 11,   12, 13, 14, 15 };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwGuid id;

    put_text(message, PR_SUBJECT, "Re: ab");
    assert_guid(tw_derive_conversation_id(message), "8027ca4e23ad848f822fe30515edcadb");
    put_text(message, PR_CONVERSATION_TOPIC, "Ab");
    put_text(message, PR_SUBJECT, "something else");
    put_value(message, tw_value_bytes(PR_CONVERSATION_INDEX, index, sizeof index));
    assert_guid(tw_derive_conversation_id(message), "8027ca4e23ad848f822fe30515edcadb");
    put_value(message, tw_value_bool(PR_CONVERSATION_INDEX_TRACKING, TRUE));
    id = tw_derive_conversation_id(message);
    assert_guid(id, "a00102030405060708090a0b0c0d0e0f");
    g_assert_cmphex(tw_derive_conversation_hash(&id), ==, 0x07060504030201a0);
    memset(id.bytes, 0xff, sizeof id.bytes);
    g_assert_cmphex(tw_derive_conversation_hash(&id), ==, G_MAXINT64);
}

static void
test_search_key(void)
{
    static const guint8 first[16] = "0123456789abcdef", second[16] = { 0 };
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue key;

    g_assert_true(tw_derive_search_key(message, first, NULL));
    g_assert_true(tw_derive_search_key(message, second, NULL));
    g_assert_true(tw_object_get(message, PR_SEARCH_KEY, &key));
    g_assert_true(key.len == 16 && memcmp(key.data, first, 16) == 0);
}

static void
test_has_attach(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *attachment;

    g_assert_false(tw_derive_has_attach(message));
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);
    put_value(attachment, tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE));
    g_assert_false(tw_derive_has_attach(message));
    put_value(attachment, tw_value_bool(PR_ATTACHMENT_HIDDEN, FALSE));
    g_assert_true(tw_derive_has_attach(message));
    put_value(attachment, tw_value_bool(PR_ATTACHMENT_HIDDEN, TRUE));
    tw_object_add(message, TW_OBJECT_ATTACHMENT, 1, NULL);
    g_assert_true(tw_derive_has_attach(message));
}

static void
test_display(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *to = NULL, *cc = NULL, *bcc = NULL, *full = NULL;
    g_autofree char *name = g_strnfill(1022, 'x');

    add_recipient(message, 1, "Grace Hopper", "grace@example.org");
    add_recipient(message, 2, "Alan", "alan@example.org");
    add_recipient(message, 1, NULL, "noname@example.org");
    add_recipient(message, 0x80000001, "Done", "done@example.org");
    to = tw_derive_display(message, 1);
    cc = tw_derive_display(message, 2);
    bcc = tw_derive_display(message, 3);
    g_assert_cmpstr(to, ==, "Grace Hopper; noname@example.org; Done");
    g_assert_cmpstr(cc, ==, "Alan");
    g_assert_cmpstr(bcc, ==, "");
    for (guint i = 0; i < 40; i++)
        add_recipient(message, 3, name, "a@example.org");
    full = tw_derive_display(message, 3);
    g_assert_cmpuint(strlen(full), ==,
                     32 * 1024 - 2); /* 32 names with 31 separators, and no half one */
}

static void
test_size(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(TwObject) big = make_message();
    TwObject *attachment;

    g_assert_cmpuint(tw_derive_size(message), ==, 0);
    put_text(message, PR_SUBJECT, "abc"); /* 4 with its NUL */
    put_value(message, tw_value_i8(PR_CLIENT_SUBMIT_TIME, 1));
    g_assert_cmpuint(tw_derive_size(message), ==, 12);
    put_blob(message, PR_BODY, 1, 99); /* as its bytes would */
    g_assert_cmpuint(tw_derive_size(message), ==, 112);
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, 0, NULL);
    put_blob(attachment, PR_ATTACH_DATA_BIN, 1, G_GUINT64_CONSTANT(1) << 40);
    g_assert_cmpuint(tw_derive_size(attachment), ==, G_GUINT64_CONSTANT(1) << 40);
    g_assert_cmpuint(tw_derive_size(message), ==, 112 + (G_GUINT64_CONSTANT(1) << 40));
    tw_object_remove_child(message, TW_OBJECT_ATTACHMENT, 0);
    tw_object_remove(message, PR_BODY);
    g_assert_cmpuint(tw_derive_size(message), ==, 12);
    g_assert_cmpuint(tw_derive_size(big), >, 5000 + 123456 + 77);
    g_assert_cmpuint(tw_derive_size(big), <, 5000 + 123456 + 77 + 400);
}

static void
test_preview(void)
{
    static const struct {
        const char *text;
        gsize most;
        const char *preview;
        gboolean cut;
    } cases[] = {
        { "", 80, "", FALSE },
        { " \r\n\t", 80, "", FALSE },
        { "Dear all,\r\n\r\n  the figures ", 80, "Dear all, the figures", FALSE },
        { "abcdef", 6, "abcdef", FALSE },
        { "abcdefg", 6, "abcdef", TRUE },
        { "abcdef  ", 6, "abcdef", FALSE },
        { "abcde f", 6, "abcde", TRUE },
        { "abcd\xc3\xa4x", 6, "abcd\xc3\xa4", TRUE },
        { "abcde\xc3\xa4", 6, "abcde", TRUE },
        { "\xef\xbb\xbf"
          "ab\xc2\xa0"
          "c",
          6, "ab c", FALSE },
        { "ab\xff"
          "cd",
          6, "ab", TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        gboolean cut = 2;
        g_autofree char *preview = tw_derive_preview(input, len, cases[i].most, &cut);

        g_assert_cmpstr(preview, ==, cases[i].preview);
        g_assert_cmpint(cut, ==, cases[i].cut);
    }
}

/* /mailbox-layout/22.1, /mapi-soap/7.3 */
static void
test_message_flags(void)
{
    enum {
        FIRST = TW_FLAGS_FIRST_SAVE | TW_FLAGS_SET,
        LATER = TW_FLAGS_SET,
    };
    static const struct {
        guint32 old, wanted;
        guint context;
        guint32 expected;
    } cases[] = {
        { 0, 0x1, FIRST, 0x401 },
        { 0, 0x8 | 0x80 | 0x20, FIRST, 0xa8 },
        { 0, 0xffffffff, FIRST, 0x7ab }, /* no submitted, attachments, associated, origin */
        { 0, 0xffffffff, FIRST | TW_FLAGS_SYNC, 0x7af },
        { 0, 0xffffffff, FIRST | TW_FLAGS_TRANSPORT, 0xb7ab },
        { 0, 0xffffffff, TW_FLAGS_FIRST_SAVE, 0 }, /* nobody sent them */
        { 0, 0, FIRST | TW_FLAGS_HAS_ATTACH | TW_FLAGS_ASSOCIATED, 0x50 },
        { 0x403, 0x8, LATER, 0x401 }, /* kept, but no longer unmodified */
        { 0x403, 0, 0, 0x401 },
        { 0x50, 0, 0, 0 }, /* the last attachment went */
        { 0x401, 0x2, LATER | TW_FLAGS_SYNC, 0x402 },
        { 0x4, 0, LATER | TW_FLAGS_SYNC, 0 },
        { 0x4, 0, LATER, 0x4 },
        { 0x2000, 0, LATER | TW_FLAGS_SYNC, 0x2000 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmphex(tw_derive_message_flags(cases[i].old, cases[i].wanted, cases[i].context),
                        ==, cases[i].expected);
    g_assert_cmphex(tw_derive_read_flag(0x302, TRUE), ==, 0x403);
    g_assert_cmphex(tw_derive_read_flag(0x403, FALSE), ==, 0x402);
    g_assert_cmphex(tw_derive_read_flag(0x302, FALSE), ==, 0x302);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/derive/subject", test_subject);
    g_test_add_func("/store/derive/subject-changed", test_subject_changed);
    g_test_add_func("/store/derive/conversation", test_conversation);
    g_test_add_func("/store/derive/search-key", test_search_key);
    g_test_add_func("/store/derive/has-attach", test_has_attach);
    g_test_add_func("/store/derive/display", test_display);
    g_test_add_func("/store/derive/size", test_size);
    g_test_add_func("/store/derive/preview", test_preview);
    g_test_add_func("/store/derive/message-flags", test_message_flags);
    return g_test_run();
}
