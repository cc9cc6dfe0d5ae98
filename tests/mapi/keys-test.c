/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/keys.h"

#include <string.h>

#include "base/error.h"
#include "mapi/assert-bytes.h"

static TwGuid
replica(guint number)
{
    TwGuid guid = { { 0 } };

    guid.bytes[0] = (guint8) (number >> 8);
    guid.bytes[1] = (guint8) number;
    guid.bytes[15] = 0xaa;
    return guid;
}

/* spec/mapi-soap.md 5.6 */
static void
test_layout(void)
{
    static const guint8 source[] = { 0, 5, 0, 0, 0,    0,    0,    0,    0,    0, 0,
                                     0, 0, 0, 0, 0xaa, 0x0d, 0x0c, 0x0b, 0x0a, 0, 0 };
    static const guint8 change[] = { 0, 5, 0, 0, 0, 0,    0,    0,    0,    0,
                                     0, 0, 0, 0, 0, 0xaa, 0x0d, 0x0c, 0x0b, 0x0a };
    TwGuid server = replica(5);
    TwXid a = tw_source_key_make(&server, 0x0a0b0c0d), b = tw_change_key_make(&server, 0x0a0b0c0d);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);

    tw_xid_write(&a, &out);
    assert_bytes_equal(out.data, out.len, source, TW_SOURCE_KEY_LEN);
    tw_buffer_clear(&out);
    tw_xid_write(&b, &out);
    assert_bytes_equal(out.data, out.len, change, TW_CHANGE_KEY_LEN);
    g_assert_cmphex(tw_xid_counter(&b), ==, 0x0a0b0c0d);
}

static void
test_xid(void)
{
    g_autofree guint8 *data = g_malloc0(25);
    TwXid xid, other;

    for (gsize len = 0; len <= 25; len++) {
        g_autoptr(GError) error = NULL;
        g_autofree guint8 *input = g_memdup2(data, MAX(len, 1));
        gboolean ok = tw_xid_parse(input, len, &xid, &error);
        g_assert_true(ok == (len >= 17 && len <= 24));
        if (!ok)
            g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
    /* a source key of 24 bytes is the one of 22 with two zeros */
    data[16] = 3;
    g_assert_true(tw_xid_parse(data, 24, &xid, NULL) && tw_xid_parse(data, 22, &other, NULL));
    g_assert_true(tw_xid_equal(&xid, &other));
    g_assert_true(tw_xid_parse(data, 20, &other, NULL));
    g_assert_false(tw_xid_equal(&xid, &other));
    data[23] = 1;
    g_assert_true(tw_xid_parse(data, 24, &xid, NULL) && tw_xid_parse(data, 22, &other, NULL));
    g_assert_false(tw_xid_equal(&xid, &other));
    /* counters of foreign replicas are big-endian */
    data[16] = 0;
    data[21] = 9;
    g_assert_true(tw_xid_parse(data, 22, &xid, NULL));
    g_assert_cmpuint(tw_xid_counter(&xid), ==, 9);
}

static TwChangeList *
list_of(const guint (*changes)[2], gsize count)
{
    TwChangeList *list = tw_change_list_new();

    for (gsize i = 0; i < count; i++) {
        TwGuid guid = replica(changes[i][0]);
        TwXid key = tw_change_key_make(&guid, changes[i][1]);
        g_assert_true(tw_change_list_add(list, &key, NULL));
    }
    return list;
}

static void
test_list_round_trip(void)
{
    static const guint changes[][2] = { { 7, 1 }, { 2, 9 }, { 7, 4 }, { 2, 3 }, { 5, 0x01000000 } };
    g_autoptr(TwChangeList) list = list_of(changes, G_N_ELEMENTS(changes)), back = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1024);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(1024);

    g_assert_cmpuint(tw_change_list_count(list), ==, 3);
    tw_change_list_write(list, &out);
    g_assert_cmpuint(out.len, ==, 3 * 21);
    g_assert_cmpuint(out.data[0], ==, 20);
    g_assert_cmpuint(out.data[2], ==, 2);
    g_assert_cmpuint(out.data[17], ==, 9);
    for (gsize cut = 0; cut <= out.len; cut++) {
        g_autofree guint8 *input = g_memdup2(out.data, MAX(cut, 1));
        g_autoptr(GError) error = NULL;
        g_autoptr(TwChangeList) part = tw_change_list_parse(input, cut, &error);
        if (cut % 21 == 0 || cut == 20)
            g_assert_nonnull(part);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
    back = tw_change_list_parse(out.data, out.len, NULL);
    tw_change_list_write(back, &again);
    assert_bytes_equal(out.data, out.len, again.data, again.len);
}

/* The peer stores a new object's list as its change key alone. */
static void
test_bare_key(void)
{
    TwGuid guid = replica(3);
    TwXid key = tw_change_key_make(&guid, 77), later = tw_change_key_make(&guid, 78);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);
    g_autoptr(TwChangeList) list = NULL;

    tw_xid_write(&key, &out);
    list = tw_change_list_parse(out.data, out.len, NULL);
    g_assert_cmpuint(tw_change_list_count(list), ==, 1);
    g_assert_true(tw_change_list_contains(list, &key));
    g_assert_false(tw_change_list_contains(list, &later));
}

/* One key of 19 bytes makes a list as long as a bare key; it is written so that it is read as what it is. */
static void
test_list_of_twenty(void)
{
    g_autofree guint8 *input = g_malloc0(40);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(64);
    g_autoptr(TwChangeList) list = NULL, back = NULL;
    TwXid key;

    input[0] = input[20] = 19;
    input[17] = 1;
    input[37] = 2;
    g_assert_true(tw_xid_parse(input + 21, 19, &key, NULL));
    list = tw_change_list_parse(input, 40, NULL);
    g_assert_cmpuint(tw_change_list_count(list), ==, 1);
    tw_change_list_write(list, &out);
    back = tw_change_list_parse(out.data, out.len, NULL);
    g_assert_cmpuint(tw_change_list_count(back), ==, 1);
    g_assert_true(tw_change_list_contains(back, &key));
}

static void
test_list_bad(void)
{
    static const guint8 bad_lens[] = { 0, 1, 16, 25, 255 };

    for (guint i = 0; i < G_N_ELEMENTS(bad_lens); i++) {
        g_autofree guint8 *input = g_malloc0(64);
        g_autoptr(GError) error = NULL;
        input[0] = bad_lens[i];
        g_assert_null(tw_change_list_parse(input, 64, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

static void
test_list_limit(void)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);
    g_autoptr(TwChangeList) list = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i <= TW_CHANGE_LIST_MAX; i++) {
        TwGuid guid = replica(i);
        TwXid key = tw_change_key_make(&guid, i);
        if (i == TW_CHANGE_LIST_MAX) {
            list = tw_change_list_parse(out.data, out.len, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(tw_change_list_count(list), ==, TW_CHANGE_LIST_MAX);
        }
        tw_buffer_put_u8(&out, 20);
        tw_xid_write(&key, &out);
    }
    g_assert_null(tw_change_list_parse(out.data, out.len, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_compare(void)
{
    static const guint base[][2] = { { 1, 10 } }, mine[][2] = { { 1, 10 }, { 2, 5 } },
                       theirs[][2] = { { 1, 10 }, { 3, 8 } };
    g_autoptr(TwChangeList) o = list_of(base, 1), m = list_of(mine, 2), t = list_of(theirs, 2);
    TwGuid g1 = replica(1), g2 = replica(2), g3 = replica(3);
    TwXid oc = tw_change_key_make(&g1, 10), mc = tw_change_key_make(&g2, 5),
          tc = tw_change_key_make(&g3, 8);

    g_assert_cmpint(tw_change_list_compare(m, &mc, o, &oc), ==, TW_CHANGE_NEWER);
    g_assert_cmpint(tw_change_list_compare(o, &oc, m, &mc), ==, TW_CHANGE_OLDER);
    g_assert_cmpint(tw_change_list_compare(m, &mc, m, &mc), ==, TW_CHANGE_SAME);
    g_assert_cmpint(tw_change_list_compare(m, &mc, t, &tc), ==, TW_CHANGE_CONFLICT);
    g_assert_true(tw_change_list_merge(m, t, NULL));
    g_assert_cmpint(tw_change_list_compare(m, &mc, t, &tc), ==, TW_CHANGE_NEWER);
    g_assert_cmpuint(tw_change_list_count(m), ==, 3);
}

static void
test_instance_key(void)
{
    static const guint8 want[] = { 4, 3, 2, 1, 8, 7, 6, 5 };
    guint8 out[TW_INSTANCE_KEY_LEN];
    guint32 number = 0, order = 0;

    tw_instance_key_write(0x01020304, 0x05060708, out);
    assert_bytes_equal(out, sizeof out, want, sizeof want);
    g_assert_true(tw_instance_key_parse(out, 8, &number, &order));
    g_assert_cmphex(number, ==, 0x01020304);
    g_assert_cmphex(order, ==, 0x05060708);
    g_assert_false(tw_instance_key_parse(out, 7, &number, &order));
}

static void
test_search_key(void)
{
    g_autoptr(GBytes) key = tw_search_key_make("smtp", "j\xc3\xbcrgen@example.com", NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(key, &len);
    g_autofree char *type = NULL, *address = NULL, *longest = g_strnfill(1018, 'a'),
                    *longer = g_strnfill(1019, 'a');
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) at_limit = tw_search_key_make("smtp", longest, &error);

    g_assert_cmpstr((const char *) data, ==, "SMTP:J\xc3\x9cRGEN@EXAMPLE.COM");
    g_assert_cmpuint(data[len - 1], ==, 0);
    g_assert_true(tw_search_key_parse(data, len, &type, &address));
    g_assert_cmpstr(type, ==, "SMTP");
    g_assert_cmpstr(address, ==, "J\xc3\x9cRGEN@EXAMPLE.COM");
    g_assert_false(tw_search_key_parse(data, len - 1, &type, &address));
    g_assert_false(tw_search_key_parse((const guint8 *) ":A", 3, &type, &address));
    g_assert_false(tw_search_key_parse((const guint8 *) "AB", 3, &type, &address));
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(at_limit), ==, TW_SEARCH_KEY_MAX_LEN);
    g_assert_null(tw_search_key_make("smtp", longer, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox-layout/3.2/layout", test_layout);
    g_test_add_func("/mailbox-layout/3.2/xid", test_xid);
    g_test_add_func("/mailbox-layout/29.3/list-round-trip", test_list_round_trip);
    g_test_add_func("/keys/bare-key", test_bare_key);
    g_test_add_func("/mapi-soap/5.6/list-of-twenty-bytes", test_list_of_twenty);
    g_test_add_func("/keys/list-bad", test_list_bad);
    g_test_add_func("/keys/list-limit", test_list_limit);
    g_test_add_func("/mailbox-layout/29.3/compare", test_compare);
    g_test_add_func("/keys/instance-key", test_instance_key);
    g_test_add_func("/mailbox-layout/3.2/search-key", test_search_key);
    return g_test_run();
}
