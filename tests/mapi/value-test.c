/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/value.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

#define ID 0x6601u

static void
assert_round_trip(TwPropValue value)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(4096);
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *packed = NULL;
    TwPropValue back;

    g_test_message("%08x", value.tag);
    g_assert_true(tw_value_check(&value, &error));
    g_assert_no_error(error);
    tw_value_pack(&value, &buf);
    g_assert_false(tw_buffer_failed(&buf));
    g_assert_cmpuint(buf.len, ==, tw_value_packed_len(&value));
    packed = g_memdup2(buf.data, buf.len);
    g_assert_true(tw_value_unpack(value.tag, packed, buf.len, &back));
    g_assert_true(tw_value_check(&back, NULL));
    g_assert_true(tw_value_equal(&value, &back));
    g_assert_cmpuint(tw_value_hash(&value, 7), ==, tw_value_hash(&back, 7));
    g_assert_cmpuint(tw_value_hash(&value, 7), !=, tw_value_hash(&back, 8));
    /* cut at every position: a number never fits, other shapes never read past their end */
    for (gsize len = 0; len < buf.len; len++) {
        g_autofree guint8 *cut = g_memdup2(buf.data, len);
        if (tw_value_unpack(value.tag, cut, len, &back) && tw_value_check(&back, NULL)) {
            for (guint i = 0; i < tw_value_count(&back); i++) {
                TwPropValue item;
                g_assert_true(tw_value_item(&back, i, &item));
            }
            g_assert_false(tw_value_equal(&value, &back));
        }
    }
}

static void
test_every_type(void)
{
    static const guint8 bytes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

    assert_round_trip(tw_value_null(tw_prop_tag(ID, TW_PT_NULL)));
    assert_round_trip(tw_value_i2(tw_prop_tag(ID, TW_PT_I2), -2));
    assert_round_trip(tw_value_long(tw_prop_tag(ID, TW_PT_LONG), 0xfffffff9u));
    assert_round_trip(tw_value_r4(tw_prop_tag(ID, TW_PT_R4), 1.5f));
    assert_round_trip(tw_value_double(tw_prop_tag(ID, TW_PT_DOUBLE), -2.5e300));
    assert_round_trip(tw_value_i8(tw_prop_tag(ID, TW_PT_CURRENCY), -12345));
    assert_round_trip(tw_value_double(tw_prop_tag(ID, TW_PT_APPTIME), 45000.25));
    assert_round_trip(tw_value_long(tw_prop_tag(ID, TW_PT_ERROR), 0x8004010fu));
    assert_round_trip(tw_value_bool(tw_prop_tag(ID, TW_PT_BOOLEAN), TRUE));
    assert_round_trip(tw_value_i8(tw_prop_tag(ID, TW_PT_I8), G_MININT64));
    assert_round_trip(tw_value_i8(tw_prop_tag(ID, TW_PT_SYSTIME), 0x01d9000000000000));
    assert_round_trip(tw_value_str(tw_prop_tag(ID, TW_PT_STRING8), "caf\xe9"));
    assert_round_trip(tw_value_str(tw_prop_tag(ID, TW_PT_UNICODE), "caf\xc3\xa9"));
    assert_round_trip(tw_value_str(tw_prop_tag(ID, TW_PT_UNICODE), ""));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_CLSID), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_SVREID), bytes, 5));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_SRESTRICT), bytes, 5));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_ACTIONS), bytes, 5));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), bytes, 0));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), bytes, 6));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_LONG), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_R4), bytes, 8));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_DOUBLE), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_CURRENCY), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_APPTIME), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I8), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_SYSTIME), bytes, 16));
    assert_round_trip(tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_CLSID), bytes, 16));
}

static void
test_lists(void)
{
    static const char *const words[] = { "one", "", "drei" };
    static const guint types[] = { TW_PT_MV_UNICODE, TW_PT_MV_STRING8, TW_PT_MV_BINARY,
                                   TW_PT_OBJECT };

    for (guint t = 0; t < G_N_ELEMENTS(types); t++) {
        g_auto(TwListBuilder) list = { 0 };
        g_auto(TwBuffer) buf = TW_BUFFER_INIT(4096);
        TwPropValue value, item;

        tw_list_builder_init(&list, tw_prop_tag(ID, types[t]));
        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
            tw_list_builder_add(&list, words[i], strlen(words[i]));
        g_assert_true(tw_list_builder_finish(&list, &buf, &value, NULL));
        g_assert_cmpuint(tw_value_count(&value), ==, 3);
        g_assert_cmpuint(tw_value_size(&value), ==, 7);
        for (guint i = 0; i < 3; i++) {
            g_assert_true(tw_value_item(&value, i, &item));
            assert_bytes_equal(item.data, item.len, words[i], strlen(words[i]));
            g_assert_cmphex(tw_prop_tag_type(item.tag), ==,
                            types[t] == TW_PT_OBJECT ? TW_PT_BINARY : types[t] & 0xfff);
        }
        g_assert_false(tw_value_item(&value, 3, &item));
        assert_round_trip(value);
    }
}

static void
test_items_of_arrays(void)
{
    static const guint8 bytes[] = { 0xff, 0xff, 2, 0, 0, 0x80 };
    TwPropValue value = tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), bytes, sizeof bytes), item;
    static const gint16 expected[] = { -1, 2, -32768 };

    g_assert_cmpuint(tw_value_count(&value), ==, 3);
    for (guint i = 0; i < 3; i++) {
        g_assert_true(tw_value_item(&value, i, &item));
        g_assert_cmphex(item.tag, ==, tw_prop_tag(ID, TW_PT_I2));
        g_assert_cmpint(item.i2, ==, expected[i]);
    }
    g_assert_false(tw_value_item(&value, 3, &item));
}

static void
test_bad_values(void)
{
    static const struct {
        const char *name;
        guint type;
        const char *bytes;
        gsize len;
        int code;
    } cases[] = {
        { "no type", TW_PT_UNSPECIFIED, "", 0, TW_ERROR_INVALID },
        { "unknown type", 0x0033, "", 0, TW_ERROR_INVALID },
        { "list of booleans", TW_PT_MV_FLAG | TW_PT_BOOLEAN, "\1\0", 2, TW_ERROR_INVALID },
        { "instance", TW_PT_MV_INSTANCE | TW_PT_LONG, "\1\0\0\0", 4, TW_ERROR_INVALID },
        { "not UTF-8", TW_PT_UNICODE, "a\xff", 2, TW_ERROR_CORRUPT },
        { "surrogate", TW_PT_UNICODE, "\xed\xa0\x80", 3, TW_ERROR_CORRUPT },
        { "overlong", TW_PT_UNICODE, "\xc0\xaf", 2, TW_ERROR_CORRUPT },
        { "NUL in Unicode", TW_PT_UNICODE, "a\0b", 3, TW_ERROR_CORRUPT },
        { "NUL in 8-bit", TW_PT_STRING8, "a\0b", 3, TW_ERROR_CORRUPT },
        { "short GUID", TW_PT_CLSID, "0123456789abcde", 15, TW_ERROR_CORRUPT },
        { "long GUID", TW_PT_CLSID, "0123456789abcdefg", 17, TW_ERROR_CORRUPT },
        { "half a number", TW_PT_MV_LONG, "\1\0\0\0\2\0", 6, TW_ERROR_CORRUPT },
        { "list without count", TW_PT_MV_BINARY, "\0\0\0", 3, TW_ERROR_CORRUPT },
        { "count that lies", TW_PT_MV_BINARY, "\xff\xff\xff\xff", 4, TW_ERROR_CORRUPT },
        { "end past the list", TW_PT_MV_BINARY, "\1\0\0\0\2\0\0\0a", 9, TW_ERROR_CORRUPT },
        { "ends that fall", TW_PT_MV_BINARY, "\2\0\0\0\2\0\0\0\1\0\0\0ab", 14, TW_ERROR_CORRUPT },
        { "bytes left over", TW_PT_MV_BINARY, "\1\0\0\0\1\0\0\0ab", 10, TW_ERROR_CORRUPT },
        { "text without NUL", TW_PT_MV_UNICODE, "\1\0\0\0\1\0\0\0a", 9, TW_ERROR_CORRUPT },
        { "empty text without NUL", TW_PT_MV_UNICODE, "\1\0\0\0\0\0\0\0", 8, TW_ERROR_CORRUPT },
        { "bad text in a list", TW_PT_MV_UNICODE, "\1\0\0\0\2\0\0\0\xff\0", 10, TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *bytes = g_memdup2(cases[i].bytes, cases[i].len);
        g_autoptr(GError) error = NULL;
        TwPropValue value = tw_value_bytes(tw_prop_tag(ID, cases[i].type), bytes, cases[i].len);

        g_test_message("%s", cases[i].name);
        g_assert_false(tw_value_check(&value, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
    }
}

static void
test_limits(void)
{
    g_autofree guint8 *bytes = g_malloc0(((gsize) TW_VALUE_MAX_ITEMS + 1) * 2);
    g_autofree guint8 *large = g_malloc0((gsize) TW_VALUE_MAX_LEN + 1);
    g_autoptr(GError) error = NULL;
    TwPropValue value =
        tw_value_bytes(tw_prop_tag(ID, TW_PT_MV_I2), bytes, (gsize) TW_VALUE_MAX_ITEMS * 2);

    g_assert_true(tw_value_check(&value, &error));
    value.len += 2;
    g_assert_false(tw_value_check(&value, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    value = tw_value_bytes(tw_prop_tag(ID, TW_PT_BINARY), large, TW_VALUE_MAX_LEN);
    g_assert_true(tw_value_check(&value, &error));
    value.len++;
    g_assert_false(tw_value_check(&value, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_list_limit(void)
{
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) buf = TW_BUFFER_INIT((gsize) TW_VALUE_MAX_LEN);
    g_autoptr(GError) error = NULL;
    TwPropValue value;

    tw_list_builder_init(&list, tw_prop_tag(ID, TW_PT_MV_BINARY));
    for (guint i = 0; i < TW_VALUE_MAX_ITEMS; i++)
        tw_list_builder_add(&list, NULL, 0);
    g_assert_true(tw_list_builder_finish(&list, &buf, &value, NULL));
    g_assert_cmpuint(tw_value_count(&value), ==, TW_VALUE_MAX_ITEMS);
    tw_list_builder_add(&list, NULL, 0);
    g_assert_false(tw_list_builder_finish(&list, &buf, &value, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* "larger than 0" must say "not empty" */
static void
test_size(void)
{
    TwPropValue empty = tw_value_str(tw_prop_tag(ID, TW_PT_UNICODE), "");
    TwPropValue word = tw_value_str(tw_prop_tag(ID, TW_PT_UNICODE), "caf\xc3\xa9");
    TwPropValue truth = tw_value_bool(tw_prop_tag(ID, TW_PT_BOOLEAN), TRUE);
    TwPropValue when = tw_value_i8(tw_prop_tag(ID, TW_PT_SYSTIME), 1);

    g_assert_cmpuint(tw_value_size(&empty), ==, 0);
    g_assert_cmpuint(tw_value_size(&word), ==, 5);
    g_assert_cmpuint(tw_value_size(&truth), ==, 2);
    g_assert_cmpuint(tw_value_size(&when), ==, 8);
}

static void
test_svreid(void)
{
    static const guint8 ours[21] = {
        1, 1, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0
    };
    static const guint8 foreign[] = { 0, 9, 8, 7 };
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(64);
    TwSvreid svreid;

    for (gsize len = 0; len <= sizeof ours; len++) {
        g_autofree guint8 *input = g_memdup2(ours, len);
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(tw_svreid_parse(input, len, &svreid, &error), ==, len == sizeof ours);
        g_assert_cmpint(error == NULL, ==, len == sizeof ours);
    }
    g_assert_true(svreid.ours);
    g_assert_cmphex(svreid.folder_id, ==, 0x0200000000000001u);
    g_assert_cmphex(svreid.message_id, ==, 0x0400000000000003u);
    g_assert_cmpuint(svreid.instance, ==, 5);
    tw_svreid_print(&svreid, &buf);
    assert_bytes_equal(buf.data, buf.len, ours, sizeof ours);
    tw_buffer_clear(&buf);
    g_assert_true(tw_svreid_parse(foreign, sizeof foreign, &svreid, NULL));
    g_assert_false(svreid.ours);
    tw_svreid_print(&svreid, &buf);
    assert_bytes_equal(buf.data, buf.len, foreign, sizeof foreign);
    g_assert_false(tw_svreid_parse((const guint8 *) "\2", 1, &svreid, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/value/every-type", test_every_type);
    g_test_add_func("/mapi/value/lists", test_lists);
    g_test_add_func("/mapi/value/items-of-arrays", test_items_of_arrays);
    g_test_add_func("/mapi/value/bad", test_bad_values);
    g_test_add_func("/mapi/value/limits", test_limits);
    g_test_add_func("/mapi/value/list-limit", test_list_limit);
    g_test_add_func("/mapi-soap/4.3/size", test_size);
    g_test_add_func("/oxcdata/2.11.1.4/server-id", test_svreid);
    return g_test_run();
}
