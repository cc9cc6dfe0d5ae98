/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/conversation.h"

#include <string.h>

#include "base/error.h"
#include "mapi/assert-bytes.h"

#define SECOND G_GUINT64_CONSTANT(10000000)
#define YEAR (SECOND * 86400 * 365)
/* 2024-05-06 07:08:09 UTC */
#define NOW (G_GUINT64_CONSTANT(116444736000000000) + G_GUINT64_CONSTANT(1714979289) * SECOND)

static const TwGuid guid = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };

static void
test_begin(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);
    TwConversationIndex index;

    tw_conversation_index_begin(NOW, &guid, &out);
    g_assert_cmpuint(out.len, ==, TW_CONVERSATION_HEADER_LEN);
    g_assert_cmphex(out.data[0], ==, 0x01);
    assert_bytes_equal(out.data + 6, 16, guid.bytes, 16);
    g_assert_true(tw_conversation_index_parse(out.data, out.len, &index, NULL));
    g_assert_cmpuint(index.time, ==, NOW & ~G_GUINT64_CONSTANT(0xffff));
    g_assert_cmpuint(index.reply_count, ==, 0);
}

/* Both forms of the difference, at the border between them and far past it. */
static void
test_reply(void)
{
    static const struct {
        guint64 after;
        guint32 word;
        guint64 error; /* how coarse the form is */
    } cases[] = {
        { 0, 0, 1 << 18 },
        { G_GUINT64_CONSTANT(1) << 18, 1, 1 << 18 },
        { 60 * SECOND, (guint32) (60 * SECOND >> 18), 1 << 18 },
        { (G_GUINT64_CONSTANT(1) << 49) - 1, 0x7fffffffu, 1 << 18 },
        { G_GUINT64_CONSTANT(1) << 49, 0x80000000u | 1u << 26, 1 << 23 },
        { 5 * YEAR, 0x80000000u | (guint32) (5 * YEAR >> 23), 1 << 23 },
    };
    guint64 start = NOW & ~G_GUINT64_CONSTANT(0xffff);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TwBuffer) parent = TW_BUFFER_INIT(64);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(64);
        guint64 time;
        guint32 word;

        tw_conversation_index_begin(start, &guid, &parent);
        g_assert_true(tw_conversation_index_reply(parent.data, parent.len, start + cases[i].after,
                                                  0xf5, &out, NULL));
        g_assert_cmpuint(out.len, ==, 27);
        memcpy(&word, out.data + 22, 4);
        g_assert_cmphex(GUINT32_FROM_BE(word), ==, cases[i].word);
        g_assert_cmphex(out.data[26], ==, 0x51);
        time = tw_conversation_index_reply_time(out.data, out.len, 0);
        g_assert_cmpuint(time, <=, start + cases[i].after);
        g_assert_cmpuint(start + cases[i].after - time, <, cases[i].error);
    }
}

static void
test_reply_before_the_first(void)
{
    g_auto(TwBuffer) parent = TW_BUFFER_INIT(64);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);

    tw_conversation_index_begin(NOW, &guid, &parent);
    g_assert_true(tw_conversation_index_reply(parent.data, parent.len, NOW - YEAR, 0, &out, NULL));
    g_assert_cmphex(out.data[22] | out.data[23] | out.data[24] | out.data[25], ==, 0);
}

static void
test_limits(void)
{
    g_autofree guint8 *input = g_malloc0(TW_CONVERSATION_MAX_LEN + 5);
    TwConversationIndex index;
    g_autoptr(GError) error = NULL;

    for (gsize len = 0; len < 40; len++) {
        g_autofree guint8 *copy = g_malloc0(MAX(len, 1));
        g_assert_true(tw_conversation_index_parse(copy, len, &index, NULL) ==
                      (len == 22 || len == 27 || len == 32 || len == 37));
    }
    g_assert_true(tw_conversation_index_parse(input, TW_CONVERSATION_MAX_LEN, &index, &error));
    g_assert_false(tw_conversation_index_parse(input, TW_CONVERSATION_MAX_LEN + 5, &index, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    for (guint replies = TW_CONVERSATION_MAX_REPLIES - 1; replies <= TW_CONVERSATION_MAX_REPLIES;
         replies++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
        gsize len = 22 + 5 * (gsize) replies;
        g_assert_true(tw_conversation_index_reply(input, len, NOW, 0, &out, NULL));
        g_assert_cmpuint(out.len, ==, replies == TW_CONVERSATION_MAX_REPLIES ? len : len + 5);
    }
}

static void
test_header(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);
    g_autofree char *text = NULL, *folded = NULL;
    g_autoptr(GBytes) back = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;
    const void *data;

    tw_conversation_index_begin(NOW, &guid, &out);
    text = tw_conversation_index_to_header(out.data, out.len);
    folded = g_strdup_printf(" %.10s\r\n %s ", text, text + 10);
    back = tw_conversation_index_from_header(folded, strlen(folded), &error);
    g_assert_no_error(error);
    data = g_bytes_get_data(back, &len);
    assert_bytes_equal(data, len, out.data, out.len);
    g_assert_null(tw_conversation_index_from_header(text, 10, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(tw_conversation_index_from_header("AQ\1", 3, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_id(void)
{
    g_auto(TwBuffer) index = TW_BUFFER_INIT(64);
    TwGuid id, other;

    tw_conversation_index_begin(NOW, &guid, &index);
    id = tw_conversation_id(TRUE, index.data, index.len, "Lunch");
    g_assert_true(tw_guid_equal(&id, &guid));
    id = tw_conversation_id(FALSE, index.data, index.len, "Lunch");
    other = tw_conversation_id(TRUE, index.data, 21, "LUNCH");
    g_assert_true(tw_guid_equal(&id, &other));
    /* MD5 of 4C 00 55 00 4E 00 43 00 48 00 */
    {
        g_autofree char *md5 =
            g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *) "L\0U\0N\0C\0H", 10);
        for (guint i = 0; i < 16; i++) {
            g_assert_cmpint(id.bytes[i], ==,
                            g_ascii_xdigit_value(md5[2 * i]) << 4 |
                                g_ascii_xdigit_value(md5[2 * i + 1]));
        }
    }
    other = tw_conversation_id(FALSE, NULL, 0, NULL);
    g_assert_cmphex(other.bytes[0], ==, 0xd4); /* MD5 of nothing */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/3.3/begin", test_begin);
    g_test_add_func("/mailbox-layout/3.3/reply", test_reply);
    g_test_add_func("/conversation/reply-before-the-first", test_reply_before_the_first);
    g_test_add_func("/conversation/limits", test_limits);
    g_test_add_func("/conversation/header", test_header);
    g_test_add_func("/mailbox-layout/3.3/id", test_id);
    return g_test_run();
}
