/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/cursor.h"

/* Every read ends at the last byte of an exact-size heap copy, so that ASan sees one byte too far. */
static void
test_numbers_at_every_length(void)
{
    static const guint8 bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    for (gsize len = 0; len <= sizeof bytes; len++) {
        g_autofree guint8 *input = g_memdup2(bytes, len);
        TwCursor cur = tw_cursor_init(input, len);
        guint8 u8 = 0;
        guint16 u16 = 0;
        guint32 u32 = 0;
        guint64 u64 = 0;

        g_assert_cmpint(tw_cursor_take_u64le(&cur, &u64), ==, len >= 8);
        if (len >= 8) {
            g_assert_cmphex(u64, ==, 0x0807060504030201u);
            continue;
        }
        g_assert_cmpuint(cur.left, ==, len);
        g_assert_cmpint(tw_cursor_take_u32be(&cur, &u32), ==, len >= 4);
        if (len >= 4)
            g_assert_cmphex(u32, ==, 0x01020304u);
        cur = tw_cursor_init(input, len);
        g_assert_cmpint(tw_cursor_take_u16le(&cur, &u16), ==, len >= 2);
        if (len >= 2)
            g_assert_cmphex(u16, ==, 0x0201u);
        cur = tw_cursor_init(input, len);
        g_assert_cmpint(tw_cursor_take_u8(&cur, &u8), ==, len >= 1);
    }
}

static void
test_lengths_that_lie(void)
{
    static const guint8 bytes[] = { 9, 9, 9 };
    g_autofree guint8 *input = g_memdup2(bytes, sizeof bytes);
    TwCursor cur = tw_cursor_init(input, sizeof bytes), part;
    const guint8 *p = NULL;

    g_assert_false(tw_cursor_take(&cur, 4, &p));
    g_assert_false(tw_cursor_skip(&cur, G_MAXSIZE));
    g_assert_false(tw_cursor_take_cursor(&cur, G_MAXSIZE - 1, &part));
    g_assert_cmpuint(cur.left, ==, 3);
    g_assert_true(tw_cursor_take_cursor(&cur, 2, &part));
    g_assert_cmpuint(part.left, ==, 2);
    g_assert_cmpuint(cur.left, ==, 1);
    g_assert_true(tw_cursor_skip(&cur, 1));
    g_assert_true(tw_cursor_skip(&cur, 0));
    g_assert_false(tw_cursor_skip(&cur, 1));
}

static void
test_counts_are_held_against_the_bytes(void)
{
    static const struct {
        const char *name;
        guint8 bytes[12];
        gsize len;
        gboolean ok;
    } cases[] = {
        { "none", { 0, 0, 0, 0 }, 4, TRUE },
        { "cut short", { 0, 0, 0 }, 3, FALSE },
        { "two of four bytes", { 2, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 }, 12, TRUE },
        { "three in room for two", { 3, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 }, 12, FALSE },
        { "near 2^32", { 0xff, 0xff, 0xff, 0xff, 1, 1, 1, 1 }, 8, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *input = g_memdup2(cases[i].bytes, cases[i].len);
        TwCursor cur = tw_cursor_init(input, cases[i].len);
        guint32 count = 77;

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_cursor_take_count(&cur, 4, &count), ==, cases[i].ok);
        if (!cases[i].ok) {
            g_assert_cmpuint(count, ==, 77);
            g_assert_cmpuint(cur.left, ==, cases[i].len);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/cursor/numbers", test_numbers_at_every_length);
    g_test_add_func("/base/cursor/lying-lengths", test_lengths_that_lie);
    g_test_add_func("/base/cursor/counts", test_counts_are_held_against_the_bytes);
    return g_test_run();
}
