/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/part.h"

#include <string.h>

#include "base/error.h"

static void
test_paths(void)
{
    static const struct {
        const char *path;
        gsize len;
        gboolean good;
        const char *text;
    } cases[] = {
        { "\x42\x10\x00", 3, TRUE, "property 1000" },
        { "\x11\x01\x42\x37\x01", 5, TRUE, "attachment 1/property 3701" },
        { "\x11\x00\x30\x42\x10\x00", 6, TRUE, "attachment 0/embedded/property 1000" },
        { "\x12\x01\x00\x42\x37\x01", 6, TRUE, "attachment 256/property 3701" },
        { "\x24\xff\xff\xff\xfe\x42\x30\x03", 8, TRUE, "recipient 4294967294/property 3003" },
        { "\x51\x00", 2, TRUE, "own 0" },
        { "\x52\x01\x05", 3, TRUE, "own 261" },
        { "", 0, FALSE, "" },
        { "\x11\x01", 2, FALSE, "attachment 1" },
        { "\x11\x01\x30", 3, FALSE, "attachment 1/embedded" },
        { "\x30\x42\x10\x00", 4, FALSE, "embedded/property 1000" },
        { "\x21\x01\x30\x42\x10\x00", 6, FALSE, "recipient 1/embedded/property 1000" },
        { "\x11\x01\x11\x02\x42\x37\x01", 7, FALSE, "attachment 1/attachment 2/property 3701" },
        { "\x42\x10\x00\x42\x10\x00", 6, FALSE, "property 1000/property 1000" },
        { "\x11\x01\x51\x00", 4, FALSE, "attachment 1/own 0" },
        { "\x51\x00\x42\x10\x00", 5, FALSE, "own 0/property 1000" },
        { "\x12\x00\x01\x42\x37\x01", 6, FALSE, "?" }, /* a zero in front */
        { "\x42\x00\x00", 3, FALSE, "?" },
        { "\x41\x10", 2, FALSE, "?" },
        { "\x42\x10", 2, FALSE, "?" },
        { "\x15\x01\x01\x01\x01\x01\x42\x10\x00", 9, FALSE, "?" },
        { "\x10\x42\x10\x00", 4, FALSE, "?" },
        { "\x61\x00", 2, FALSE, "?" },
        { "\x00", 1, FALSE, "?" },
        { "\x42\x10\x00\x00", 4, FALSE, "property 1000?" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *path = g_memdup2(cases[i].path, cases[i].len);
        g_autofree char *text = tw_part_to_text(path, cases[i].len);
        g_autoptr(GError) error = NULL;

        g_assert_cmpstr(text, ==, cases[i].text);
        g_assert_cmpint(tw_part_check(path, cases[i].len, &error), ==, cases[i].good);
        if (!cases[i].good)
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        for (gsize cut = 0; cases[i].good && cut < cases[i].len; cut++) {
            g_autofree guint8 *part = g_memdup2(cases[i].path, cut);
            g_assert_false(tw_part_check(part, cut, NULL));
        }
    }
}

/* What is pushed is the bytes of the table, and reads back. */
static void
test_push(void)
{
    static const guint32 numbers[] = { 0,     1,        255,       256,        65535,
                                       65536, 0xffffff, 0x1000000, G_MAXUINT32 };

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        TwPart part = { 0 };
        const guint8 *data = part.bytes;
        gsize len;
        guint32 number;

        tw_part_push(&part, TW_PART_ATTACHMENT, numbers[i]);
        tw_part_push(&part, TW_PART_EMBEDDED, 99);
        tw_part_push(&part, TW_PART_RECIPIENT, numbers[i]);
        tw_part_push(&part, TW_PART_PROPERTY, 0x1009);
        g_assert_true(tw_part_check(part.bytes, part.len, NULL));
        len = part.len;
        g_assert_cmpint(tw_part_next(&data, &len, &number), ==, TW_PART_ATTACHMENT);
        g_assert_cmpuint(number, ==, numbers[i]);
        g_assert_cmpint(tw_part_next(&data, &len, &number), ==, TW_PART_EMBEDDED);
        g_assert_cmpint(tw_part_next(&data, &len, &number), ==, TW_PART_RECIPIENT);
        g_assert_cmpuint(number, ==, numbers[i]);
        g_assert_cmpint(tw_part_next(&data, &len, &number), ==, TW_PART_PROPERTY);
        g_assert_cmpuint(number, ==, 0x1009);
        g_assert_cmpint(tw_part_next(&data, &len, &number), ==, TW_PART_END);
        g_assert_cmpuint(len, ==, 0);
    }
}

/* The deepest path fits, one level more is refused. */
static void
test_depth(void)
{
    TwPart part = { 0 };
    guint8 deeper[TW_PART_MAX_LEN + 6];

    for (guint i = 0; i < TW_PART_MAX_DEPTH; i++) {
        tw_part_push(&part, TW_PART_ATTACHMENT, G_MAXUINT32);
        tw_part_push(&part, TW_PART_EMBEDDED, 0);
    }
    tw_part_push(&part, TW_PART_ATTACHMENT, G_MAXUINT32);
    tw_part_push(&part, TW_PART_PROPERTY, 0x3701);
    g_assert_cmpuint(part.len, ==, TW_PART_MAX_LEN);
    g_assert_true(tw_part_check(part.bytes, part.len, NULL));
    memcpy(deeper, part.bytes, 6);
    memcpy(deeper + 6, part.bytes, part.len);
    g_assert_false(tw_part_check(deeper, sizeof deeper, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/part/paths", test_paths);
    g_test_add_func("/store/part/push", test_push);
    g_test_add_func("/store/part/depth", test_depth);
    return g_test_run();
}
