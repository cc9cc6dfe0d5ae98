/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/wire.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

/* MS-OXCDATA 2.11.1 and spec/mailbox-layout.md 1: bytes of each type in both widths. */
static void
test_every_type(void)
{
    static const struct {
        const char *name;
        guint type;
        const char *narrow;
        gsize narrow_len;
        const char *wide; /* NULL: the same */
        gsize wide_len;
    } cases[] = {
        { "NULL", TW_PT_NULL, "", 0, NULL, 0 },
        { "I2", TW_PT_I2, "\xfe\xff", 2, NULL, 0 },
        { "LONG", TW_PT_LONG, "\1\2\3\4", 4, NULL, 0 },
        { "R4", TW_PT_R4, "\0\0\xc0\x3f", 4, NULL, 0 },
        { "DOUBLE", TW_PT_DOUBLE, "\0\0\0\0\0\0\xf8\x3f", 8, NULL, 0 },
        { "CURRENCY", TW_PT_CURRENCY, "\1\2\3\4\5\6\7\x8", 8, NULL, 0 },
        { "APPTIME", TW_PT_APPTIME, "\0\0\0\0\0\0\xf8\x3f", 8, NULL, 0 },
        { "ERROR", TW_PT_ERROR, "\xf\1\4\x80", 4, NULL, 0 },
        { "BOOLEAN", TW_PT_BOOLEAN, "\1", 1, NULL, 0 },
        { "I8", TW_PT_I8, "\1\2\3\4\5\6\7\x8", 8, NULL, 0 },
        { "STRING8", TW_PT_STRING8, "caf\xe9\0", 5, NULL, 0 },
        { "empty STRING8", TW_PT_STRING8, "\0", 1, NULL, 0 },
        { "UNICODE", TW_PT_UNICODE, "c\0\xe9\0\x3d\xd8\0\xde\0\0", 10, NULL, 0 },
        { "empty UNICODE", TW_PT_UNICODE, "\0\0", 2, NULL, 0 },
        { "SYSTIME", TW_PT_SYSTIME, "\1\2\3\4\5\6\7\x8", 8, NULL, 0 },
        { "CLSID", TW_PT_CLSID, "0123456789abcdef", 16, NULL, 0 },
        { "SVREID", TW_PT_SVREID, "\2\0\0x", 4, "\2\0\0\0\0x", 6 },
        { "BINARY", TW_PT_BINARY, "\3\0abc", 5, "\3\0\0\0abc", 7 },
        { "empty BINARY", TW_PT_BINARY, "\0\0", 2, "\0\0\0\0", 4 },
        { "MV I2", TW_PT_MV_I2, "\2\0\0\0\1\0\2\0", 8, NULL, 0 },
        { "MV LONG", TW_PT_MV_LONG, "\1\0\0\0\1\2\3\4", 8, NULL, 0 },
        { "MV CLSID", TW_PT_MV_CLSID,
          "\1\0\0\0"
          "0123456789abcdef",
          20, NULL, 0 },
        { "MV SYSTIME", TW_PT_MV_SYSTIME, "\1\0\0\0\1\2\3\4\5\6\7\x8", 12, NULL, 0 },
        { "MV STRING8", TW_PT_MV_STRING8, "\2\0\0\0a\0\0", 7, NULL, 0 },
        { "MV UNICODE", TW_PT_MV_UNICODE, "\2\0\0\0a\0\0\0\0\0", 10, NULL, 0 },
        { "MV BINARY", TW_PT_MV_BINARY, "\2\0\0\0\1\0a\0\0", 9, "\2\0\0\0\1\0\0\0a\0\0\0\0", 13 },
        { "MV of none", TW_PT_MV_BINARY, "\0\0\0\0", 4, NULL, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases) * 2; i++) {
        gboolean is_wide = i % 2 && cases[i / 2].wide != NULL;
        const char *bytes = is_wide ? cases[i / 2].wide : cases[i / 2].narrow;
        gsize full = is_wide ? cases[i / 2].wide_len : cases[i / 2].narrow_len;
        TwWireWidth width = i % 2 ? TW_WIRE_32 : TW_WIRE_16;
        guint32 tag = tw_prop_tag(0x6601, cases[i / 2].type);

        g_test_message("%s", cases[i / 2].name);
        g_assert_true(tw_wire_has_form(tag));
        for (gsize len = 0; len <= full; len++) {
            g_autofree guint8 *input = g_memdup2(bytes, len);
            g_auto(TwBuffer) scratch = TW_BUFFER_INIT(256), out = TW_BUFFER_INIT(256);
            g_autoptr(GError) error = NULL;
            TwCursor cur = tw_cursor_init(input, len);
            TwPropValue value;

            g_assert_cmpint(tw_wire_take_value(&cur, tag, width, &scratch, &value, &error), ==,
                            len == full);
            if (len < full) {
                g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
                g_assert_cmpuint(cur.left, ==, len);
                continue;
            }
            g_assert_cmpuint(cur.left, ==, 0);
            g_assert_true(tw_value_check(&value, NULL));
            tw_wire_put_value(&value, width, &out);
            assert_bytes_equal(out.data, out.len, bytes, full);
        }
    }
}

static void
test_no_form(void)
{
    static const guint types[] = { TW_PT_UNSPECIFIED,
                                   TW_PT_OBJECT,
                                   TW_PT_SRESTRICT,
                                   TW_PT_ACTIONS,
                                   0x33,
                                   TW_PT_MV_INSTANCE | TW_PT_LONG,
                                   TW_PT_MV_FLAG | TW_PT_BOOLEAN };

    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_auto(TwBuffer) scratch = TW_BUFFER_INIT(256);
        g_autoptr(GError) error = NULL;
        g_autofree guint8 *input = g_malloc0(16);
        TwCursor cur = tw_cursor_init(input, 16);
        TwPropValue value;

        g_assert_false(tw_wire_has_form(tw_prop_tag(0x6601, types[i])));
        g_assert_false(tw_wire_take_value(&cur, tw_prop_tag(0x6601, types[i]), TW_WIRE_16, &scratch,
                                          &value, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_assert_cmpuint(cur.left, ==, 16);
    }
}

static void
test_tagged(void)
{
    static const guint8 bytes[] = { 0x03, 0, 0x17, 0, 2, 0, 0, 0, 9 };

    for (gsize len = 0; len <= sizeof bytes; len++) {
        g_autofree guint8 *input = g_memdup2(bytes, len);
        g_auto(TwBuffer) scratch = TW_BUFFER_INIT(256), out = TW_BUFFER_INIT(256);
        TwCursor cur = tw_cursor_init(input, len);
        TwPropValue value;

        g_assert_cmpint(tw_wire_take_tagged(&cur, TW_WIRE_16, &scratch, &value, NULL), ==,
                        len >= 8);
        g_assert_cmpuint(cur.left, ==, len >= 8 ? len - 8 : len);
        if (len < 8)
            continue;
        g_assert_cmphex(value.tag, ==, 0x00170003);
        g_assert_cmpuint(value.u4, ==, 2);
        tw_wire_put_tagged(&value, TW_WIRE_16, &out);
        assert_bytes_equal(out.data, out.len, bytes, 8);
    }
}

static void
test_limits(void)
{
    for (guint32 count = TW_VALUE_MAX_ITEMS; count <= TW_VALUE_MAX_ITEMS + 1; count++) {
        g_auto(TwBuffer) scratch = TW_BUFFER_INIT(1 << 20), input = TW_BUFFER_INIT(1 << 20);
        g_autoptr(GError) error = NULL;
        TwPropValue value;
        TwCursor cur;

        tw_buffer_put_u32le(&input, count);
        tw_buffer_put_zeros(&input, (gsize) count * 2);
        cur = tw_cursor_init(input.data, input.len);
        g_assert_cmpint(tw_wire_take_value(&cur, 0x6601101F, TW_WIRE_16, &scratch, &value, &error),
                        ==, count <= TW_VALUE_MAX_ITEMS);
        if (count > TW_VALUE_MAX_ITEMS)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
    for (gsize len = 99; len <= 100;
         len++) { /* the limit of the scratch is that of the value and its NUL */
        g_autofree char *text = g_strnfill(len, 'x');
        g_auto(TwBuffer) scratch = TW_BUFFER_INIT(100);
        g_autoptr(GError) error = NULL;
        TwCursor cur = tw_cursor_init(text, len + 1);
        TwPropValue value;

        g_assert_cmpint(tw_wire_take_value(&cur, 0x6601001E, TW_WIRE_16, &scratch, &value, &error),
                        ==, len == 99);
        if (len == 100)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

/* What does not fit a 16-bit count fails the buffer; 32 bits take it. */
static void
test_narrow_counts(void)
{
    g_autofree guint8 *bytes = g_malloc0(65536);

    for (gsize len = 65535; len <= 65536; len++) {
        g_auto(TwBuffer) narrow = TW_BUFFER_INIT(1 << 20), wide = TW_BUFFER_INIT(1 << 20);
        TwPropValue value = tw_value_bytes(0x66010102, bytes, len);

        tw_wire_put_value(&value, TW_WIRE_16, &narrow);
        tw_wire_put_value(&value, TW_WIRE_32, &wide);
        g_assert_cmpint(tw_buffer_failed(&narrow), ==, len > 65535);
        g_assert_false(tw_buffer_failed(&wide));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxcdata/2.11.1/every-type", test_every_type);
    g_test_add_func("/mapi/wire/no-form", test_no_form);
    g_test_add_func("/oxcdata/2.11.4/tagged", test_tagged);
    g_test_add_func("/mapi/wire/limits", test_limits);
    g_test_add_func("/mapi/wire/narrow-counts", test_narrow_counts);
    return g_test_run();
}
