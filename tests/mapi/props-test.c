/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/props.h"

#include "base/error.h"
#include "mapi/assert-bytes.h"

#define PR_SUBJECT 0x0037001Fu
#define PR_IMPORTANCE 0x00170003u
#define PR_RECIPIENTS 0x0E12000Du
#define PR_ATTACHMENTS 0x0E13000Du
#define PR_ATTACH_OBJECT 0x3701000Du
#define PR_DISPLAY_NAME 0x3001001Fu

static GBytes *
finish(TwPropsBuilder *builder)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = tw_props_builder_finish_bytes(builder, &error);

    g_assert_no_error(error);
    return bytes;
}

static TwProps
open_bytes(GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    TwProps props = TW_PROPS_EMPTY;

    g_assert_true(tw_props_open_bytes(bytes, &props, &error));
    g_assert_no_error(error);
    return props;
}

/* The table in props.h, byte by byte. A change here is a new version of the format. */
static void
test_format(void)
{
    static const guint8 golden[] = {
        1,    0,                                        /* 0: version */
        7,    0,                                        /* 2: seven properties */
        0x80, 0,    0,    0,                            /* 4: bytes */
        0x03, 0x00, 0x17, 0x00, 0xfe, 0xff, 0xff, 0xff, /* 8: LONG in its entry */
        0x1f, 0x00, 0x37, 0x00, 0x40, 0,    0,    0,    /* UNICODE at 0x40 */
        0x40, 0x00, 0x39, 0x00, 0x47, 0,    0,    0,    /* SYSTIME at 0x47 */
        0x0b, 0x00, 0x1f, 0x0e, 1,    0,    0,    0,    /* BOOLEAN in its entry */
        0x02, 0x00, 0x00, 0x66, 0xff, 0xff, 0,    0,    /* I2 in its entry, zero-extended */
        0x48, 0x00, 0x01, 0x66, 0x4f, 0,    0,    0,    /* CLSID at 0x4f */
        0x1f, 0x10, 0x02, 0x66, 0x5f, 0,    0,    0,    /* MV UNICODE at 0x5f */
        3,    0,    0,    0,    'h',  'i',  0,          /* 0x40: length, text, NUL */
        1,    2,    3,    4,    5,    6,    7,    8,    /* 0x47: bare */
        0,    1,    2,    3,    4,    5,    6,    7,    8,   9,   10,  11,  12,
        13,   14,   15,                                                   /* 0x4f: bare */
        29,   0,    0,    0,    3,    0,    0,    0,                      /* 0x5f: length, count */
        2,    0,    0,    0,    3,    0,    0,    0,    13,  0,   0,   0, /* ends */
        'a',  0,    0,    't',  'w',  'o',  ' ',  'w',  'o', 'r', 'd', 's', 0,
    };
    static const guint8 guid[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(256);
    g_autoptr(GBytes) bytes = NULL;
    g_autofree guint8 *input = g_memdup2(golden, sizeof golden);
    TwPropValue words;
    TwProps props;

    G_STATIC_ASSERT(TW_PROPS_VERSION == 1 && TW_PROPS_HEADER_LEN == 8 && TW_PROPS_ENTRY_LEN == 8);
    tw_list_builder_init(&list, 0x6602101F);
    tw_list_builder_add(&list, "a", 1);
    tw_list_builder_add(&list, "", 0);
    tw_list_builder_add(&list, "two words", 9);
    g_assert_true(tw_list_builder_finish(&list, &scratch, &words, NULL));
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, words);
    tw_props_builder_set(&builder, tw_value_bytes(0x66010048, guid, 16));
    tw_props_builder_set(&builder, tw_value_i2(0x66000002, -1));
    tw_props_builder_set(&builder, tw_value_bool(0x0E1F000B, TRUE));
    tw_props_builder_set(&builder, tw_value_i8(0x00390040, 0x0807060504030201));
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "hi"));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 0xfffffffeu));
    bytes = finish(&builder);
    assert_bytes_equal(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), golden,
                       sizeof golden);
    g_assert_true(tw_props_open(input, sizeof golden, &props, NULL));
    g_assert_cmpuint(props.count, ==, 7);
}

static void
test_lookup(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    TwPropValue value;
    TwProps props;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "hi"));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 2));
    tw_props_builder_set(&builder, tw_value_bool(0x0E1F000B, TRUE));
    tw_props_builder_set(&builder, tw_value_i8(0x0E080014, 1 << 20));
    tw_props_builder_set(&builder, tw_value_long(0x1000000A, 0x8007000Eu));
    bytes = finish(&builder);
    props = open_bytes(bytes);
    g_assert_cmpstr(tw_props_get_text(&props, PR_SUBJECT, NULL), ==, "hi");
    g_assert_cmpstr(tw_props_get_text(&props, 0x0037001E, NULL), ==, "hi");
    g_assert_cmpstr(tw_props_get_text(&props, 0x0037101F, "no"), ==, "no");
    g_assert_cmpstr(tw_props_get_text(&props, PR_DISPLAY_NAME, "no"), ==, "no");
    g_assert_cmpstr(tw_props_get_text(&props, PR_IMPORTANCE, "no"), ==, "no");
    g_assert_cmpuint(tw_props_get_long(&props, PR_IMPORTANCE, 9), ==, 2);
    g_assert_cmpuint(tw_props_get_long(&props, 0x00170014, 9), ==, 9);
    g_assert_cmpint(tw_props_get_i8(&props, 0x0E080014, 9), ==, 1 << 20);
    g_assert_cmpint(tw_props_get_i8(&props, 0x0E080003, 9), ==, 9);
    g_assert_true(tw_props_get_bool(&props, 0x0E1F000B, FALSE));
    g_assert_false(tw_props_get_bool(&props, 0x0E1E000B, FALSE));
    g_assert_true(tw_props_get(&props, 0x00170000, &value));
    g_assert_cmphex(value.tag, ==, PR_IMPORTANCE);
    g_assert_false(tw_props_get(&props, 0x1000001F, &value)); /* an error is not the text */
    g_assert_true(tw_props_get_id(&props, 0x1000, &value));
    g_assert_cmphex(value.u4, ==, 0x8007000Eu);
    g_assert_false(tw_props_get_id(&props, 0, &value));
    g_assert_false(tw_props_get_id(&props, 0xffff, &value));
}

/* Every id of bags of 0 to 70 properties is found, and no other. */
static void
test_every_size(void)
{
    for (guint n = 0; n <= 70; n++) {
        g_auto(TwPropsBuilder) builder = { 0 };
        g_autoptr(GBytes) bytes = NULL;
        TwPropValue value;
        TwProps props;

        tw_props_builder_init(&builder);
        for (guint i = 0; i < n; i++) /* in no order: 37 and 101 share no factor with 71 */
            tw_props_builder_set(&builder,
                                 tw_value_long(tw_prop_tag(2 * (i * 37 % 71 + 1), TW_PT_LONG), i));
        bytes = finish(&builder);
        props = open_bytes(bytes);
        g_assert_cmpuint(props.count, ==, n);
        for (guint i = 0; i < 71; i++) {
            guint id = 2 * (i * 37 % 71 + 1);
            g_assert_cmpint(tw_props_get(&props, tw_prop_tag(id, TW_PT_LONG), &value), ==, i < n);
            if (i < n)
                g_assert_cmpuint(value.u4, ==, i);
            g_assert_false(tw_props_get_id(&props, id - 1, &value));
        }
        for (guint i = 0, last = 0; i < n; i++) {
            g_assert_true(tw_props_at(&props, i, &value));
            g_assert_cmpuint(tw_prop_tag_id(value.tag), >, last);
            last = tw_prop_tag_id(value.tag);
        }
        g_assert_false(tw_props_at(&props, n, &value));
    }
}

static void
test_edit(void)
{
    g_auto(TwPropsBuilder) first = { 0 }, second = { 0 }, third = { 0 };
    g_autoptr(GBytes) before = NULL, after = NULL, again = NULL;
    TwPropValue value;
    TwProps props, edited, same;

    tw_props_builder_init(&first);
    tw_props_builder_set(&first, tw_value_str(PR_SUBJECT, "old"));
    tw_props_builder_set(&first, tw_value_long(PR_IMPORTANCE, 1));
    tw_props_builder_set(&first, tw_value_str(PR_DISPLAY_NAME, "name"));
    before = finish(&first);
    props = open_bytes(before);

    tw_props_builder_init(&second);
    tw_props_builder_set(&second, tw_value_str(PR_SUBJECT, "lost to the merge"));
    tw_props_builder_merge(&second, &props);
    tw_props_builder_set(&second, tw_value_str(0x0037001E, "new, of another type"));
    tw_props_builder_remove(&second, 0x30010000);
    tw_props_builder_remove(&second, 0x66660003);
    after = finish(&second);
    edited = open_bytes(after);
    g_assert_cmpuint(edited.count, ==, 2);
    g_assert_cmpstr(tw_props_get_text(&edited, PR_SUBJECT, NULL), ==, "new, of another type");
    g_assert_true(tw_props_get_id(&edited, 0x0037, &value));
    g_assert_cmphex(value.tag, ==, 0x0037001E);
    g_assert_false(tw_props_equal(&props, &edited));

    /* set after remove, and a builder that goes on after it finished */
    tw_props_builder_set(&second, tw_value_str(PR_DISPLAY_NAME, "name"));
    tw_props_builder_set(&second, tw_value_str(PR_SUBJECT, "old"));
    again = finish(&second);
    same = open_bytes(again);
    g_assert_true(tw_props_equal(&props, &same));
    g_assert_cmpuint(tw_props_hash(&props, 1), ==, tw_props_hash(&same, 1));
    g_assert_cmpuint(tw_props_hash(&props, 1), !=, tw_props_hash(&edited, 1));

    tw_props_builder_init(&third);
    g_bytes_unref(g_steal_pointer(&again));
    again = finish(&third);
    same = open_bytes(again);
    props = TW_PROPS_EMPTY;
    g_assert_true(tw_props_equal(&props, &same));
}

/* The last word holds, and neither entries nor values of earlier words add up. */
static void
test_many_replacements(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autofree char *text = g_strnfill(1 << 20, 'x');
    g_autoptr(GBytes) bytes = NULL;
    TwProps props;

    tw_props_builder_init(&builder);
    for (guint i = 0; i < 300; i++) {
        text[0] = (char) ('a' + i % 26);
        tw_props_builder_set(&builder, tw_value_text(PR_SUBJECT, text, 1 << 20));
    }
    for (guint i = 0; i < 100000; i++)
        tw_props_builder_set(&builder, tw_value_long(tw_prop_tag(0x4000 + i % 100, TW_PT_LONG), i));
    bytes = finish(&builder);
    props = open_bytes(bytes);
    g_assert_cmpuint(props.count, ==, 101);
    g_assert_cmpuint(tw_props_get_long(&props, 0x40630003, 0), ==, 99999);
    g_assert_cmpint(tw_props_get_text(&props, PR_SUBJECT, "?")[0], ==, 'a' + 299 % 26);
    g_assert_cmpuint(props.len, <, (1 << 20) + 2000);
}

static void
add_row(TwListBuilder *rows, const char *name)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bytes = NULL;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_DISPLAY_NAME, name));
    bytes = finish(&builder);
    tw_list_builder_add(rows, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
test_rows(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwListBuilder) rows = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(4096);
    g_autoptr(GBytes) bytes = NULL;
    TwPropValue value;
    TwProps props, row;

    tw_list_builder_init(&rows, PR_RECIPIENTS);
    add_row(&rows, "Ada");
    add_row(&rows, "Grace");
    g_assert_true(tw_list_builder_finish(&rows, &scratch, &value, NULL));
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, value);
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 1));
    bytes = finish(&builder);
    props = open_bytes(bytes);
    g_assert_cmpuint(tw_props_row_count(&props, PR_RECIPIENTS), ==, 2);
    g_assert_cmpuint(tw_props_row_count(&props, PR_ATTACHMENTS), ==, 0);
    g_assert_cmpuint(tw_props_row_count(&props, PR_IMPORTANCE), ==, 0);
    g_assert_true(tw_props_get_row(&props, PR_RECIPIENTS, 1, &row));
    g_assert_cmpstr(tw_props_get_text(&row, PR_DISPLAY_NAME, NULL), ==, "Grace");
    g_assert_false(tw_props_get_row(&props, PR_RECIPIENTS, 2, &row));
    g_assert_false(tw_props_get_row(&props, PR_IMPORTANCE, 0, &row));
}

/* A bag around @inner, levels deep. */
static GBytes *
wrap(guint levels)
{
    GBytes *inner = NULL;

    for (guint i = 0; i <= levels; i++) {
        g_auto(TwPropsBuilder) builder = { 0 };
        g_auto(TwListBuilder) rows = { 0 };
        g_auto(TwBuffer) scratch = TW_BUFFER_INIT(1 << 20);
        TwPropValue value;

        tw_props_builder_init(&builder);
        tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, i));
        if (inner != NULL) {
            tw_list_builder_init(&rows, PR_ATTACH_OBJECT);
            tw_list_builder_add(&rows, g_bytes_get_data(inner, NULL), g_bytes_get_size(inner));
            g_assert_true(tw_list_builder_finish(&rows, &scratch, &value, NULL));
            tw_props_builder_set(&builder, value);
            g_bytes_unref(inner);
        }
        inner = tw_props_builder_finish_bytes(&builder, NULL);
        if (inner == NULL)
            return NULL;
    }
    return inner;
}

static void
test_depth(void)
{
    g_autoptr(GBytes) deepest = wrap(TW_PROPS_MAX_DEPTH), deeper = wrap(TW_PROPS_MAX_DEPTH + 1);
    TwProps props, row;

    g_assert_nonnull(deepest);
    g_assert_null(deeper);
    props = open_bytes(deepest);
    for (guint i = 0; i < TW_PROPS_MAX_DEPTH; i++) {
        g_assert_true(tw_props_get_row(&props, PR_ATTACH_OBJECT, 0, &row));
        props = row;
    }
    g_assert_cmpuint(tw_props_get_long(&props, PR_IMPORTANCE, 9), ==, 0);
}

/* One level more than the builder would make, by hand. */
static void
test_depth_of_foreign_bags(void)
{
    g_autoptr(GBytes) deepest = wrap(TW_PROPS_MAX_DEPTH);
    gsize len = g_bytes_get_size(deepest);
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(1 << 20);
    g_autoptr(GError) error = NULL;
    TwProps props;

    tw_buffer_put_u16le(&buf, 1);
    tw_buffer_put_u16le(&buf, 1);
    tw_buffer_put_u32le(&buf, (guint32) (8 + 8 + 4 + 8 + len));
    tw_buffer_put_u32le(&buf, PR_ATTACH_OBJECT);
    tw_buffer_put_u32le(&buf, 16);
    tw_buffer_put_u32le(&buf, (guint32) (8 + len));
    tw_buffer_put_u32le(&buf, 1);
    tw_buffer_put_u32le(&buf, (guint32) len);
    tw_buffer_put(&buf, g_bytes_get_data(deepest, NULL), len);
    g_assert_false(tw_props_open(buf.data, buf.len, &props, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_count_limit(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *forged = NULL;
    TwProps props;

    tw_props_builder_init(&builder);
    for (guint i = TW_PROPS_MAX_COUNT; i > 0; i--)
        tw_props_builder_set(&builder, tw_value_long(tw_prop_tag(i, TW_PT_LONG), i));
    bytes = finish(&builder);
    props = open_bytes(bytes);
    g_assert_cmpuint(props.count, ==, TW_PROPS_MAX_COUNT);
    tw_props_builder_set(&builder, tw_value_long(0x7fff0003, 1));
    g_assert_null(tw_props_builder_finish_bytes(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    forged = g_malloc0(props.len + 8);
    memcpy(forged, props.data, props.len);
    forged[2] = 1; /* 0x4001 */
    forged[4] = (guint8) (props.len + 8);
    g_assert_false(tw_props_open(forged, props.len + 8, &props, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_failed_builder(void)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwBuffer) small = TW_BUFFER_INIT(10);
    g_autoptr(GError) error = NULL;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "\xff"));
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "good"));
    g_assert_null(tw_props_builder_finish_bytes(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    tw_props_builder_clear(&builder);
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_RECIPIENTS, (const guint8 *) "\1\0\0\0\2\0\0\0ab", 10));
    g_assert_null(tw_props_builder_finish_bytes(&builder, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    tw_props_builder_clear(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "good"));
    g_assert_false(tw_props_builder_finish(&builder, &small, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

#define BAG(count, len) "\1\0" count "\0" len "\0\0\0"

static void
test_bad_bags(void)
{
    static const struct {
        const char *name, *bytes;
        gsize len;
        int code;
    } cases[] = {
        { "nothing", "", 0, TW_ERROR_CORRUPT },
        { "half a header", "\1\0\0\0\x8", 5, TW_ERROR_CORRUPT },
        { "version 0", "\0\0\0\0\x8\0\0\0", 8, TW_ERROR_CORRUPT },
        { "version 2", "\2\0\0\0\x8\0\0\0", 8, TW_ERROR_CORRUPT },
        { "length too small", "\1\0\0\0\x7\0\0\0", 8, TW_ERROR_CORRUPT },
        { "length too large", "\1\0\0\0\x9\0\0\0", 8, TW_ERROR_CORRUPT },
        { "count without entries", BAG("\1", "\x8"), 8, TW_ERROR_CORRUPT },
        { "bytes left over", BAG("\0", "\x9") "x", 9, TW_ERROR_CORRUPT },
        { "id 0", BAG("\1", "\x10") "\3\0\0\0\0\0\0\0", 16, TW_ERROR_CORRUPT },
        { "type 0", BAG("\1", "\x10") "\0\0\1\0\0\0\0\0", 16, TW_ERROR_CORRUPT },
        { "instance", BAG("\1", "\x10") "\3\x30\1\0\0\0\0\0", 16, TW_ERROR_CORRUPT },
        { "boolean 2", BAG("\1", "\x10") "\xb\0\1\0\2\0\0\0", 16, TW_ERROR_CORRUPT },
        { "wide 16-bit", BAG("\1", "\x10") "\2\0\1\0\0\0\1\0", 16, TW_ERROR_CORRUPT },
        { "null with a number", BAG("\1", "\x10") "\1\0\1\0\1\0\0\0", 16, TW_ERROR_CORRUPT },
        { "same id twice", BAG("\2", "\x18") "\3\0\1\0\0\0\0\0\3\0\1\0\0\0\0\0", 24,
          TW_ERROR_CORRUPT },
        { "ids fall", BAG("\2", "\x18") "\3\0\2\0\0\0\0\0\3\0\1\0\0\0\0\0", 24, TW_ERROR_CORRUPT },
        { "offset past the end", BAG("\1", "\x15") "\2\1\1\0\x16\0\0\0\1\0\0\0x", 21,
          TW_ERROR_CORRUPT },
        { "offset near 2^32", BAG("\1", "\x15") "\2\1\1\0\xff\xff\xff\xff\1\0\0\0x", 21,
          TW_ERROR_CORRUPT },
        { "offset into the table", BAG("\1", "\x15") "\2\1\1\0\x8\0\0\0\1\0\0\0x", 21,
          TW_ERROR_CORRUPT },
        { "gap", BAG("\1", "\x15") "\2\1\1\0\x11\0\0\0\0\0\0\0\0", 21, TW_ERROR_CORRUPT },
        { "length past the end", BAG("\1", "\x15") "\2\1\1\0\x10\0\0\0\2\0\0\0x", 21,
          TW_ERROR_CORRUPT },
        { "length near 2^32", BAG("\1", "\x15") "\2\1\1\0\x10\0\0\0\xff\xff\xff\xffx", 21,
          TW_ERROR_CORRUPT },
        { "text without NUL", BAG("\1", "\x15") "\x1f\0\1\0\x10\0\0\0\1\0\0\0x", 21,
          TW_ERROR_CORRUPT },
        { "empty text without NUL", BAG("\1", "\x14") "\x1f\0\1\0\x10\0\0\0\0\0\0\0", 20,
          TW_ERROR_CORRUPT },
        { "text not UTF-8", BAG("\1", "\x16") "\x1f\0\1\0\x10\0\0\0\2\0\0\0\xff", 22,
          TW_ERROR_CORRUPT },
        { "half a time", BAG("\1", "\x14") "\x40\0\1\0\x10\0\0\0\1\0\0\0", 20, TW_ERROR_CORRUPT },
        { "a row that is no bag", BAG("\1", "\x1d") "\xd\0\1\0\x10\0\0\0\x9\0\0\0\1\0\0\0\1\0\0\0x",
          29, TW_ERROR_CORRUPT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *input = g_memdup2(cases[i].bytes, cases[i].len);
        g_autoptr(GError) error = NULL;
        TwProps props, light;
        TwPropValue value;

        g_test_message("%s", cases[i].name);
        g_assert_false(tw_props_open(input, cases[i].len, &props, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
        /* unchecked, it may answer anything, but from its own bytes */
        if (tw_props_open_verified(input, cases[i].len, &light, NULL)) {
            for (guint at = 0; at < light.count; at++)
                (void) (tw_props_at(&light, at, &value) && tw_value_hash(&value, 0) == 1);
            (void) tw_props_get(&light, PR_SUBJECT, &value);
        }
    }
}

/* Cut anywhere, or with any bit turned, a bag is refused or is still safe to read to the last byte. */
static void
test_damage(void)
{
    g_autoptr(GBytes) bytes = wrap(3);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    TwProps props;

    for (gsize cut = 0; cut < len; cut++) {
        g_autofree guint8 *input = g_memdup2(data, cut);
        g_assert_false(tw_props_open(input, cut, &props, NULL));
    }
    for (gsize bit = 0; bit < len * 8; bit++) {
        g_autofree guint8 *input = g_memdup2(data, len);
        input[bit / 8] ^= (guint8) (1u << bit % 8);
        if (tw_props_open(input, len, &props, NULL)) {
            g_auto(TwPropsBuilder) builder = { 0 };
            g_autoptr(GBytes) again = NULL;

            tw_props_builder_init(&builder);
            tw_props_builder_merge(&builder, &props);
            again = finish(&builder);
            assert_bytes_equal(g_bytes_get_data(again, NULL), g_bytes_get_size(again), input, len);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/props/format-1", test_format);
    g_test_add_func("/mapi/props/lookup", test_lookup);
    g_test_add_func("/mapi/props/every-size", test_every_size);
    g_test_add_func("/mapi/props/edit", test_edit);
    g_test_add_func("/mapi/props/many-replacements", test_many_replacements);
    g_test_add_func("/mapi/props/rows", test_rows);
    g_test_add_func("/mapi/props/depth", test_depth);
    g_test_add_func("/mapi/props/depth-of-foreign-bags", test_depth_of_foreign_bags);
    g_test_add_func("/mapi/props/count-limit", test_count_limit);
    g_test_add_func("/mapi/props/failed-builder", test_failed_builder);
    g_test_add_func("/mapi/props/bad", test_bad_bags);
    g_test_add_func("/mapi/props/damage", test_damage);
    return g_test_run();
}
