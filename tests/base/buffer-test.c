/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/buffer.h"

#include "base/cursor.h"
#include "base/error.h"

static void
test_what_is_put_is_read_back(void)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(1000);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwCursor cur;
    guint16 u16 = 0;
    guint32 u32 = 0;
    guint64 u64 = 0;

    tw_buffer_put_u16be(&buf, 0x1234);
    tw_buffer_put_u32le(&buf, 0);
    tw_buffer_put_u64be(&buf, G_GUINT64_CONSTANT(0x1122334455667788));
    tw_buffer_put_zeros(&buf, 3);
    tw_buffer_put(&buf, NULL, 0);
    tw_buffer_set_u32le(&buf, 2, 0xdeadbeefu);
    bytes = tw_buffer_steal_bytes(&buf, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 17);
    cur = tw_cursor_init(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert_true(tw_cursor_take_u16be(&cur, &u16) && u16 == 0x1234);
    g_assert_true(tw_cursor_take_u32le(&cur, &u32) && u32 == 0xdeadbeefu);
    g_assert_true(tw_cursor_take_u64be(&cur, &u64) &&
                  u64 == G_GUINT64_CONSTANT(0x1122334455667788));
    g_assert_cmpuint(cur.left, ==, 3);
    g_assert_cmpuint(buf.len, ==, 0);
}

static void
test_limit(void)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(10);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    tw_buffer_put_zeros(&buf, 10);
    g_assert_false(tw_buffer_failed(&buf));
    g_assert_cmpuint(buf.capacity, <=, 10);
    tw_buffer_put_u8(&buf, 1);
    g_assert_true(tw_buffer_failed(&buf));
    g_assert_cmpuint(buf.len, ==, 10);
    tw_buffer_put(&buf, NULL, 0);
    tw_buffer_set_u16le(&buf, 0, 1);
    bytes = tw_buffer_steal_bytes(&buf, &error);
    g_assert_null(bytes);
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_assert_false(tw_buffer_reserve(&buf, G_MAXSIZE));
}

static void
test_grows_by_doubling(void)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(G_MAXSIZE);
    guint grown = 0;

    for (guint i = 0; i < 100000; i++) {
        gsize before = buf.capacity;
        tw_buffer_put_u8(&buf, (guint8) i);
        grown += buf.capacity != before;
    }
    g_assert_cmpuint(buf.len, ==, 100000);
    g_assert_cmpuint(grown, <=, 12);
    for (guint i = 0; i < 100000; i++)
        g_assert_cmpuint(buf.data[i], ==, (guint8) i);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/buffer/read-back", test_what_is_put_is_read_back);
    g_test_add_func("/base/buffer/limit", test_limit);
    g_test_add_func("/base/buffer/growth", test_grows_by_doubling);
    return g_test_run();
}
