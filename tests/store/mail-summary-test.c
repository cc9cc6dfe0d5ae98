/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/mail-summary.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"

static const char mail[] = "Received: by here\r\n"
                           "FROM: Ada <ada@example.org>\r\n"
                           "Subject: two\r\n\tlines\r\n"
                           "X-Other: not kept\r\n"
                           "To: a@b\r\n"
                           "To: c@d\r\n"
                           "Content-Type: multipart/mixed; boundary=b; X=\"y z\"\r\n"
                           "\r\n"
                           "--b\r\n"
                           "Content-Type: text/html; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: Quoted-Printable\r\n"
                           "Content-ID: <1@x>\r\n"
                           "Content-Description: a\r\n page\r\n"
                           "Content-MD5: Q2hlY2s=\r\n"
                           "Content-Language: de, en\r\n"
                           "Content-Location: http://x/\r\n"
                           "Content-Disposition: INLINE; filename=\"a b\"; size=3\r\n"
                           "\r\n"
                           "a\r\nb\r\n"
                           "--b\r\n"
                           "Content-Type: message/rfc822\r\n"
                           "\r\n"
                           "Subject: inner\r\n"
                           "References: <not of the envelope>\r\n"
                           "\r\n"
                           "x\r\n"
                           "--b--\r\n";

static GBytes *
build(const char *text, gsize len)
{
    g_autofree guint8 *input = g_memdup2(text, len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(input, len, NULL);
    g_autoptr(GError) error = NULL;
    GBytes *bytes = tw_mail_summary_build(input, len, tree, &error);

    g_assert_no_error(error);
    return bytes;
}

static TwMailSummary
open_summary(GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    TwMailSummary summary = { 0 };

    tw_mail_summary_open(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &summary, &error);
    g_assert_no_error(error);
    return summary;
}

static void
assert_text(TwMailText text, const char *expected)
{
    g_autofree char *copy = g_strndup(text.text, text.len);

    g_assert_cmpstr(copy, ==, expected);
}

static void
test_fields(void)
{
    g_autoptr(GBytes) bytes = build(mail, sizeof mail - 1);
    TwMailSummary summary = open_summary(bytes);
    g_autoptr(GString) seen = g_string_new(NULL);
    TwMailField field;

    g_assert_cmpuint(summary.mail_len, ==, sizeof mail - 1);
    g_assert_cmphex(summary.have, ==,
                    1u << TW_MAIL_FIELD_FROM | 1u << TW_MAIL_FIELD_SUBJECT |
                        1u << TW_MAIL_FIELD_TO | 1u << TW_MAIL_FIELD_CONTENT_TYPE);
    g_assert_cmphex(summary.cut, ==, 0);
    g_assert_true(tw_mail_field_find(&summary.fields, TW_MAIL_FIELD_SUBJECT, &field));
    assert_text(field.name, "Subject");
    assert_text(field.value, " two\r\n\tlines");
    g_assert_false(tw_mail_field_find(&summary.fields, TW_MAIL_FIELD_CC, &field));
    while (tw_mail_field_next(&summary.fields, &field))
        g_string_append_len(seen, field.field.text, (gssize) field.field.len);
    g_assert_cmpstr(
        seen->str, ==,
        "FROM: Ada <ada@example.org>\r\nSubject: two\r\n\tlines\r\nTo: a@b\r\nTo: c@d\r\n"
        "Content-Type: multipart/mixed; boundary=b; X=\"y z\"\r\n");
    g_assert_cmpint(tw_mail_field_number("MESSAGE-id", 10), ==, TW_MAIL_FIELD_MESSAGE_ID);
    g_assert_cmpint(tw_mail_field_number("message-i", 9), ==, -1);
}

static void
test_parts(void)
{
    g_autoptr(GBytes) bytes = build(mail, sizeof mail - 1);
    TwMailSummary summary = open_summary(bytes);
    TwMailPart parts[4];
    TwMailText name, value;
    TwMailField field;

    g_assert_cmpuint(summary.part_count, ==, 4);
    for (guint i = 0; i < 4; i++)
        g_assert_true(tw_mail_part_next(&summary.parts, &parts[i]));
    g_assert_false(tw_mail_part_next(&summary.parts, &parts[0]));
    assert_text(parts[0].subtype, "mixed");
    g_assert_cmpuint(parts[0].param_count, ==, 2);
    g_assert_cmpuint(parts[0].fields.left, ==, 0);
    g_assert_true(tw_mail_param_next(&parts[0].params, &name, &value));
    g_assert_true(tw_mail_param_next(&parts[0].params, &name, &value));
    assert_text(name, "x");
    assert_text(value, "y z");
    g_assert_false(tw_mail_param_next(&parts[0].params, &name, &value));
    assert_text(parts[1].type, "text");
    assert_text(parts[1].encoding_word, "Quoted-Printable");
    assert_text(parts[1].id, "<1@x>");
    assert_text(parts[1].description, "a page");
    assert_text(parts[1].md5, "Q2hlY2s=");
    assert_text(parts[1].language, "de, en");
    assert_text(parts[1].location, "http://x/");
    g_assert_true(parts[1].has_disposition);
    assert_text(parts[1].disposition, "inline");
    g_assert_cmpuint(parts[1].disposition_param_count, ==, 2);
    g_assert_true(tw_mail_param_next(&parts[1].disposition_params, &name, &value));
    assert_text(value, "a b");
    g_assert_cmpuint(parts[1].lines, ==, 1);
    g_assert_cmpuint(parts[1].body_len, ==, 4);
    g_assert_cmpint(memcmp(mail + parts[1].body, "a\r\nb", 4), ==, 0);
    g_assert_cmpuint(parts[2].kind, ==, TW_MIME_MESSAGE);
    g_assert_false(parts[2].has_disposition);
    g_assert_cmpuint(parts[3].depth, ==, 2);
    g_assert_true(tw_mail_field_next(&parts[3].fields, &field));
    assert_text(field.value, " inner");
    g_assert_false(tw_mail_field_next(&parts[3].fields, &field));
}

/* Fields at the limit and one past it; then more than all may have together. */
static void
test_long_fields(void)
{
    for (guint more = 0; more < 2; more++) {
        gsize filler_len = TW_MAIL_SUMMARY_MAX_FIELD - strlen("To: \r\n") + more;
        g_autofree char *filler = g_strnfill(filler_len, 'x');
        g_autofree char *text = g_strdup_printf("To: %s\r\nCc: short\r\n\r\n", filler);
        g_autoptr(GBytes) bytes = build(text, strlen(text));
        g_autoptr(GBytes) whole = tw_mail_fields_read((const guint8 *) text, strlen(text));
        TwCursor fields = tw_cursor_init(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole));
        TwMailSummary summary = open_summary(bytes);
        TwMailField field;

        g_assert_true(tw_mail_field_find(&fields, TW_MAIL_FIELD_TO, &field));
        g_assert_cmpuint(field.value.len, ==, filler_len + 1);
        g_assert_true(tw_mail_field_find(&fields, TW_MAIL_FIELD_CC, &field));
        g_assert_cmpuint(summary.cut, ==, more << TW_MAIL_FIELD_TO);
        g_assert_true((summary.have >> TW_MAIL_FIELD_TO & 1) != 0);
        g_assert_cmpint(tw_mail_field_find(&summary.fields, TW_MAIL_FIELD_TO, &field), ==,
                        more == 0);
        g_assert_true(tw_mail_field_find(&summary.fields, TW_MAIL_FIELD_CC, &field));
    }
    {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GBytes) bytes = NULL;
        TwMailSummary summary;

        for (guint i = 0; i < 2000; i++)
            g_string_append_printf(text, "To: %09u\r\n", i);
        g_string_append(text, "Subject: late\r\n\r\n");
        bytes = build(text->str, text->len);
        summary = open_summary(bytes);
        g_assert_true((summary.have >> TW_MAIL_FIELD_SUBJECT & 1) != 0);
        g_assert_true((summary.cut >> TW_MAIL_FIELD_SUBJECT & 1) != 0);
        g_assert_true((summary.cut >> TW_MAIL_FIELD_TO & 1) != 0);
        g_assert_cmpuint(summary.len, <, 20000);
    }
}

static void
test_part_limit(void)
{
    for (guint more = 0; more < 2; more++) {
        g_autoptr(GString) text = g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        g_autoptr(TwMimeTree) tree = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = NULL;

        for (guint i = 0; i < TW_MAIL_SUMMARY_MAX_PARTS - 1 + more; i++)
            g_string_append(text, "--b\r\n\r\n\r\n");
        g_string_append(text, "--b--\r\n");
        tree = tw_mime_scan((const guint8 *) text->str, text->len, NULL);
        bytes = tw_mail_summary_build((const guint8 *) text->str, text->len, tree, &error);
        if (more == 0)
            g_assert_cmpuint(open_summary(bytes).part_count, ==, TW_MAIL_SUMMARY_MAX_PARTS);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

static void
test_damage(void)
{
    g_autoptr(GBytes) bytes = build(mail, sizeof mail - 1);
    gsize len = g_bytes_get_size(bytes);
    TwMailSummary summary;

    for (gsize cut = 0; cut < len; cut++) {
        g_autofree guint8 *part = g_memdup2(g_bytes_get_data(bytes, NULL), cut);
        g_assert_false(tw_mail_summary_open(part, cut, &summary, NULL));
    }
    for (gsize bit = 0; bit < len * 8; bit++) {
        g_autofree guint8 *flipped = g_memdup2(g_bytes_get_data(bytes, NULL), len);
        g_autoptr(GError) error = NULL;
        guint32 sum;

        flipped[bit / 8] ^= (guint8) (1u << bit % 8);
        g_assert_false(tw_mail_summary_open(flipped, len, &summary, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        /* and with a sum that fits: whatever is accepted can be walked */
        sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, flipped, 4), flipped + 8, len - 8));
        memcpy(flipped + 4, &sum, 4);
        if (tw_mail_summary_open(flipped, len, &summary, NULL)) {
            TwMailPart part;
            while (tw_mail_part_next(&summary.parts, &part))
                g_assert_true(part.body + part.body_len <= summary.mail_len);
        }
    }
}

/* Offsets, sizes and meanings of the table in mail-summary.h. */
static void
test_format(void)
{
    static const guint8 expected[] = {
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* version, sum */
        13,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* bytes of the mail */
        1 << TW_MAIL_FIELD_TO,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* fields there */
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* fields cut */
        10,
        0,
        0,
        0,
        1,
        0,
        0,
        0, /* bytes of fields, parts */
        TW_MAIL_FIELD_TO,
        3,
        7,
        'T',
        'o',
        ':',
        ' ',
        'x',
        '\r',
        '\n',
        0,
        0,
        0,
        0,
        9,
        9,
        4,
        1, /* kind, flags, depth, ranges, lines */
        4,
        't',
        'e',
        'x',
        't',
        5,
        'p',
        'l',
        'a',
        'i',
        'n',
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0, /* six texts, parameters, disposition, envelope */
    };
    g_autoptr(GBytes) bytes = build("To: x\r\n\r\nhi\r\n", 13);
    g_autofree guint8 *data = g_memdup2(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    g_assert_cmpuint(g_bytes_get_size(bytes), ==, sizeof expected);
    memset(data + 4, 0, 4);
    g_assert_true(memcmp(data, expected, sizeof expected) == 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/mail-summary/format", test_format);
    g_test_add_func("/store/mail-summary/fields", test_fields);
    g_test_add_func("/store/mail-summary/parts", test_parts);
    g_test_add_func("/store/mail-summary/long-fields", test_long_fields);
    g_test_add_func("/store/mail-summary/part-limit", test_part_limit);
    g_test_add_func("/store/mail-summary/damage", test_damage);
    return g_test_run();
}
