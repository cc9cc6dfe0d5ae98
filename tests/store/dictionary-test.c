/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The dictionaries of the program, and summaries packed with them (store/dictionary.h). */
#include "store/dictionary.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "mapi/tags.h"
#include "store/mail-summary.h"
#include "store/record.h"

/* As summaries are: binary, then fields. */
static const char summary_text[] =
    "\1\0\0\0kr\xa1,\x1bP\0\0\0\0\0\0"
    "Return-Path: <anna@example.org>\r\nFrom: Anna <anna@example.org>\r\nTo: peter@example.net\r\n"
    "Subject: Zebra crossing\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n";

/* Rows on disk name it by its number: its bytes never change. */
static void
test_fixed(void)
{
    const TwZstdDict *dict = tw_dictionary(TW_DICTIONARY_NEWEST, NULL);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024), back = TW_BUFFER_INIT(1024);
    static const guint8 frame[] = {
        0x28, 0xb5, 0x2f, 0xfd, 0x23, 0x01, 0x00, 0x57, 0x54, 0xea, 0x05, 0x05, 0x00, 0x53, 0x4b,
        0x23, 0x1c, 0x00, 0x1b, 0x2e, 0xb1, 0xb6, 0x33, 0x52, 0xef, 0x45, 0x73, 0xfb, 0xf7, 0x0b,
        0xe8, 0xa3, 0x34, 0xa3, 0xf6, 0xd9, 0x24, 0xf2, 0x42, 0x7d, 0xab, 0xb3, 0x29, 0xcc, 0xcb,
        0x66, 0xef, 0x15, 0xd6, 0x2b, 0x6d, 0x53, 0x06, 0x15, 0x30, 0x63, 0x4b, 0x2f, 0x01, 0x16,
        0x0c, 0xb7, 0xd0, 0x87, 0x7b, 0x0f, 0x80, 0xf2, 0x62, 0xa7, 0xdb, 0xf9, 0x42, 0x02, 0x60,
        0xe3, 0xb2, 0x38, 0xd0, 0xc7, 0xfc, 0x58, 0xa9, 0x47, 0x79, 0x21, 0xb2, 0x04, 0x8b, 0x25,
        0x01, 0xb0, 0x51, 0x9a, 0xb1, 0xd6, 0xa7, 0x19, 0x6c, 0x8a, 0xf9, 0x14, 0xe8, 0xc3, 0x66,
        0x7e, 0xc2, 0xee, 0x93, 0x00, 0xd8, 0xb0, 0x3e, 0xa9, 0x5b, 0xf7, 0xa0, 0x8f, 0x87, 0xd2,
        0x73, 0xc6, 0x40, 0x1f, 0xdd, 0xd3, 0x22, 0x01, 0xb0, 0x01, 0xa4, 0x44, 0xdf, 0x22, 0xf5,
        0x9c, 0xfd, 0x03, 0xfa, 0x30, 0xd9, 0x6e, 0xf2, 0x32, 0xe9, 0xb5, 0xee, 0x84, 0x9b, 0x40,
        0xd1, 0x83, 0x06, 0x94, 0x63, 0xe6, 0x2a, 0x05, 0xfc, 0x18, 0x53, 0xe6, 0xeb, 0xa6, 0xf8,
        0x05, 0xe6, 0xb1, 0x47, 0xd6, 0x3d, 0x52, 0xb0
    };

    g_assert_nonnull(dict);
    g_assert_true(dict == tw_dictionary(TW_DICTIONARY_NEWEST, NULL));
    g_assert_cmphex(tw_zstd_dict_id(dict), ==, 0x54570001);
    g_assert_true(tw_zstd_compress(&out, summary_text, sizeof summary_text, 1, dict, NULL));
    g_assert_cmpuint(out.len, <, sizeof summary_text * 4 / 5);
    g_assert_true(tw_zstd_decompress(&back, frame, sizeof frame, sizeof summary_text, dict, NULL));
    g_assert_true(back.len == sizeof summary_text &&
                  memcmp(back.data, summary_text, back.len) == 0);
}

static void
test_unknown_ids(void)
{
    g_assert_null(tw_dictionary(0, NULL));
    g_assert_null(tw_dictionary(TW_DICTIONARY_IDS, NULL));
    g_assert_null(tw_dictionary(TW_DICTIONARY_NEWEST + 1, NULL));
    g_assert_null(tw_dictionary(G_MAXUINT32, NULL));
}

static void
test_pack(void)
{
    g_autoptr(GBytes) summary = g_bytes_new_static(summary_text, sizeof summary_text);
    g_autoptr(GBytes) packed = tw_dictionary_pack(summary);
    g_autoptr(GBytes) again = tw_dictionary_pack(packed);
    g_autoptr(GBytes) tiny = g_bytes_new_static("\1", 1);
    g_autoptr(GBytes) kept = tw_dictionary_pack(tiny);
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);
    g_autoptr(GBytes) still_none = tw_dictionary_pack(none);
    gsize len;
    const guint8 *row = g_bytes_get_data(packed, &len);
    g_autoptr(GBytes) back = tw_dictionary_unpack(row, len, sizeof summary_text, NULL);
    g_autoptr(GBytes) plain = tw_dictionary_unpack((const guint8 *) summary_text,
                                                   sizeof summary_text, sizeof summary_text, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(row[0], ==, 0x80);
    g_assert_true(memcmp(row + 1, "\x01\x00\x57\x54", 4) == 0);
    g_assert_true(again == packed && kept == tiny && still_none == none);
    g_assert_true(g_bytes_equal(back, summary) && g_bytes_equal(plain, summary));
    g_assert_null(tw_dictionary_unpack(row, len, sizeof summary_text - 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_null(tw_dictionary_unpack((const guint8 *) summary_text, sizeof summary_text,
                                       sizeof summary_text - 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* Cut anywhere: damage, or at least another summary; never more than what was asked for. */
static void
test_cut(void)
{
    g_autoptr(GBytes) summary = g_bytes_new_static(summary_text, sizeof summary_text);
    g_autoptr(GBytes) packed = tw_dictionary_pack(summary);
    gsize len;
    const guint8 *row = g_bytes_get_data(packed, &len);

    for (gsize cut = 1; cut < len; cut++) {
        g_autofree guint8 *part = g_memdup2(row, cut);
        g_autoptr(GError) error = NULL;
        g_assert_null(tw_dictionary_unpack(part, cut, TW_MAIL_SUMMARY_MAX_LEN, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    for (guint i = 1; i < 5; i++) { /* another dictionary */
        g_autofree guint8 *other = g_memdup2(row, len);
        g_autoptr(GError) error = NULL;
        other[i] ^= 0x40;
        g_assert_null(tw_dictionary_unpack(other, len, TW_MAIL_SUMMARY_MAX_LEN, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

/* Records: written with the newest, read without being told; one with another's number is damage. */
static void
test_record(void)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE), back = NULL;
    TwPropValue value = tw_value_str(PR_MESSAGE_CLASS, "IPM.Note");
    g_autoptr(GBytes) record = NULL;
    g_autofree guint8 *other = NULL;
    g_autoptr(GError) error = NULL;
    guint32 sum;
    gsize len;

    tw_object_set(object, &value, NULL);
    value = tw_value_str(PR_SENDER_ADDRTYPE, "SMTP");
    tw_object_set(object, &value, NULL);
    value = tw_value_str(PR_SUBJECT, "Zebra Zebra Zebra Zebra Zebra Zebra Zebra Zebra");
    tw_object_set(object, &value, NULL);
    record = tw_tail_write(object, NULL, NULL);
    len = g_bytes_get_size(record);
    other = g_memdup2(g_bytes_get_data(record, NULL), len);
    g_assert_cmpuint(other[1], ==, 2);
    g_assert_true(memcmp(other + 8, "\x01\x00\x57\x54", 4) == 0);
    back = tw_tail_parse(other, len, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(tw_object_has(back, PR_SENDER_ADDRTYPE));
    other[8] = 0xff;
    sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, other, 4), other + 8, len - 8));
    memcpy(other + 4, &sum, sizeof sum);
    g_assert_null(tw_tail_parse(other, len, NULL, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/dictionary/fixed", test_fixed);
    g_test_add_func("/store/dictionary/unknown-ids", test_unknown_ids);
    g_test_add_func("/store/dictionary/pack", test_pack);
    g_test_add_func("/store/dictionary/cut", test_cut);
    g_test_add_func("/store/dictionary/record", test_record);
    return g_test_run();
}
