/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/sort.h"

#include <math.h>

#include "base/error.h"
#include "mapi/assert-bytes.h"

#define PR_SUBJECT 0x0037001Fu
#define PR_SIZE 0x0E080003u
#define PR_RECEIVED 0x0E060040u
#define PR_KEYWORDS 0x8001101Fu
#define PR_KEYWORDS_INSTANCE 0x8001301Fu

static gboolean
get_from_props(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get(data, tag, ret);
}

static void
test_set(void)
{
    static const struct {
        const char *name;
        TwSortKey keys[9];
        guint count, categories, expanded;
        int code; /* -1: good */
    } cases[] = {
        { "none", { { 0, 0 } }, 0, 0, 0, -1 },
        { "two", { { PR_SUBJECT, 0 }, { PR_SIZE, 1 } }, 2, 0, 0, -1 },
        { "a category", { { PR_SUBJECT, 0 }, { PR_SIZE, 1 } }, 2, 1, 1, -1 },
        { "combined", { { PR_SUBJECT, 0 }, { PR_SIZE, 2 } }, 2, 2, 1, -1 },
        { "category by maximum", { { PR_SUBJECT, 0 }, { PR_RECEIVED, 4 } }, 2, 1, 0, -1 },
        { "category by minimum", { { PR_SUBJECT, 0 }, { PR_RECEIVED, 8 } }, 2, 1, 0, -1 },
        { "instance", { { PR_KEYWORDS_INSTANCE, 0 } }, 1, 0, 0, -1 },
        { "multi-valued", { { PR_KEYWORDS, 0 } }, 1, 0, 0, -1 },
        { "two instances",
          { { PR_KEYWORDS_INSTANCE, 0 }, { 0x80023003, 0 } },
          2,
          0,
          0,
          TW_ERROR_INVALID },
        { "no type", { { 0x00370000, 0 } }, 1, 0, 0, TW_ERROR_INVALID },
        { "instance of what has no list", { { 0x0037300B, 0 } }, 1, 0, 0, TW_ERROR_INVALID },
        { "direction 3", { { PR_SUBJECT, 3 } }, 1, 0, 0, TW_ERROR_INVALID },
        { "combine with nothing", { { PR_SUBJECT, 2 } }, 1, 1, 0, TW_ERROR_INVALID },
        { "maximum of nothing", { { PR_RECEIVED, 4 } }, 1, 0, 0, TW_ERROR_INVALID },
        { "maximum without a category",
          { { PR_SUBJECT, 0 }, { PR_RECEIVED, 4 } },
          2,
          0,
          0,
          TW_ERROR_INVALID },
        { "maximum of a maximum",
          { { PR_SUBJECT, 0 }, { PR_RECEIVED, 4 }, { PR_SIZE, 4 } },
          3,
          1,
          0,
          TW_ERROR_INVALID },
        { "too many categories", { { PR_SUBJECT, 0 } }, 1, 2, 0, TW_ERROR_INVALID },
        { "too many open", { { PR_SUBJECT, 0 } }, 1, 1, 2, TW_ERROR_INVALID },
        { "eight",
          { { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 } },
          8,
          0,
          0,
          -1 },
        { "nine",
          { { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 },
            { PR_SIZE, 0 } },
          9,
          0,
          0,
          TW_ERROR_TOO_COMPLEX },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(TwBuffer) wire = TW_BUFFER_INIT(256);
        TwSortOrder order, back;
        gboolean ok;

        g_test_message("%s", cases[i].name);
        ok = tw_sort_order_set(cases[i].keys, cases[i].count, cases[i].categories,
                               cases[i].expanded, &order, &error);
        g_assert_cmpint(ok, ==, cases[i].code < 0);
        if (!ok) {
            g_assert_error(error, TW_ERROR, cases[i].code);
            continue;
        }
        tw_sort_order_print(&order, &wire);
        g_assert_cmpuint(wire.len, ==, 6 + 5 * cases[i].count);
        for (gsize len = 0; len <= wire.len; len++) {
            g_autofree guint8 *input = g_memdup2(wire.data, len);
            g_autoptr(GError) parse_error = NULL;
            g_assert_cmpint(tw_sort_order_parse(input, len, &back, &parse_error), ==,
                            len == wire.len);
            g_assert_cmpint(parse_error == NULL, ==, len == wire.len);
        }
        g_assert_true(tw_sort_order_equal(&order, &back));
        tw_buffer_put_u8(&wire, 0);
        g_assert_false(tw_sort_order_parse(wire.data, wire.len, &back, NULL));
    }
}

/* spec/mapi-soap.md 4.4 and the SortOrderSet of MS-OXCDATA */
static void
test_wire(void)
{
    static const guint8 wire[] = { 2, 0, 1, 0, 1, 0, 0x1f, 0, 0x37, 0, 1, 0x40, 0, 6, 0xe, 4 };
    TwSortOrder order;

    G_STATIC_ASSERT(TW_SORT_ASCENDING == 0 && TW_SORT_DESCENDING == 1 && TW_SORT_COMBINE == 2);
    G_STATIC_ASSERT(TW_SORT_CATEGORY_MAX == 4 && TW_SORT_CATEGORY_MIN == 8);
    g_assert_true(tw_sort_order_parse(wire, sizeof wire, &order, NULL));
    g_assert_cmpuint(order.count, ==, 2);
    g_assert_cmpuint(order.categories, ==, 1);
    g_assert_cmpuint(order.expanded, ==, 1);
    g_assert_cmphex(order.keys[0].tag, ==, PR_SUBJECT);
    g_assert_cmpint(order.keys[0].direction, ==, TW_SORT_DESCENDING);
    g_assert_cmphex(order.keys[1].tag, ==, PR_RECEIVED);
    g_assert_cmpint(order.keys[1].direction, ==, TW_SORT_CATEGORY_MAX);
}

static void
test_levels(void)
{
    static const TwSortKey keys[] = {
        { PR_SUBJECT, 0 }, { PR_RECEIVED, 4 }, { PR_SIZE, 1 }, { 0x00170003, 2 }, { 0x00260003, 0 }
    };
    static const int levels[] = { 0, 0, 1, 1, -1 };
    TwSortOrder order;

    g_assert_true(tw_sort_order_set(keys, 5, 3, 0, &order, NULL));
    for (guint i = 0; i < 5; i++)
        g_assert_cmpint(tw_sort_category_level(&order, i), ==, levels[i]);
}

/* spec/mapi-soap.md 8.5 */
static void
test_compare_values(void)
{
    const struct {
        const char *name;
        TwPropValue a, b;
        int order;
    } cases[] = {
        { "LONG is unsigned", tw_value_long(PR_SIZE, 0xffffffffu), tw_value_long(PR_SIZE, 5), 1 },
        { "I8 is unsigned", tw_value_i8(0x0E080014, -1), tw_value_i8(0x0E080014, 5), 1 },
        { "time", tw_value_i8(PR_RECEIVED, -1), tw_value_i8(PR_RECEIVED, 5), -1 },
        { "text", tw_value_str(PR_SUBJECT, "b"), tw_value_str(PR_SUBJECT, "A"), 1 },
        { "case", tw_value_str(PR_SUBJECT, "a"), tw_value_str(PR_SUBJECT, "A"), 0 },
        { "leading quote", tw_value_str(PR_SUBJECT, "'b"), tw_value_str(PR_SUBJECT, "b"), 0 },
        { "leading parenthesis", tw_value_str(PR_SUBJECT, "(a"), tw_value_str(PR_SUBJECT, "b"),
          -1 },
        { "only one is skipped", tw_value_str(PR_SUBJECT, "((b"), tw_value_str(PR_SUBJECT, "b"),
          -1 },
        { "currency does not sort", tw_value_i8(0x66010006, 1), tw_value_i8(0x66010006, 2), 0 },
        { "lists do not sort", tw_value_bytes(0x66011002, (const guint8 *) "\1\0", 2),
          tw_value_bytes(0x66011002, (const guint8 *) "\2\0", 2), 0 },
        { "binary", tw_value_bytes(0x66010102, (const guint8 *) "a", 1),
          tw_value_bytes(0x66010102, (const guint8 *) "ab", 2), -1 },
        { "boolean", tw_value_bool(0x6601000B, FALSE), tw_value_bool(0x6601000B, TRUE), -1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwSortKey up = { cases[i].a.tag, TW_SORT_ASCENDING },
                  down = { cases[i].a.tag, TW_SORT_DESCENDING };

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_sort_compare_values(&up, &cases[i].a, &cases[i].b, NULL), ==,
                        cases[i].order);
        g_assert_cmpint(tw_sort_compare_values(&down, &cases[i].a, &cases[i].b, NULL), ==,
                        -cases[i].order);
        g_assert_cmpint(tw_sort_compare_values(&up, NULL, &cases[i].b, NULL), ==, -1);
        g_assert_cmpint(tw_sort_compare_values(&down, NULL, &cases[i].b, NULL), ==, 1);
        g_assert_cmpint(tw_sort_compare_values(&up, NULL, NULL, NULL), ==, 0);
    }
}

/* The first 255 characters count, not bytes. */
static void
test_text_limit(void)
{
    GString *a = g_string_new(NULL), *b;
    TwSortKey up = { PR_SUBJECT, TW_SORT_ASCENDING };
    TwPropValue left, right;

    for (guint i = 0; i < TW_SORT_MAX_TEXT - 1; i++)
        g_string_append(a, "\xc3\xa4");
    b = g_string_new(a->str);
    g_string_append(a, "xa");
    g_string_append(b, "xb");
    left = tw_value_str(PR_SUBJECT, a->str);
    right = tw_value_str(PR_SUBJECT, b->str);
    g_assert_cmpint(tw_sort_compare_values(&up, &left, &right, NULL), ==, 0);
    a->str[a->len - 2] = 'w';
    g_assert_cmpint(tw_sort_compare_values(&up, &left, &right, NULL), ==, -1);
    g_string_free(a, TRUE);
    g_string_free(b, TRUE);
}

static GBytes *
make_row(const char *subject, const char *const *words)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) scratch = TW_BUFFER_INIT(1024);
    TwPropValue value;

    tw_props_builder_init(&builder);
    if (subject != NULL)
        tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, subject));
    if (words != NULL) {
        tw_list_builder_init(&list, PR_KEYWORDS);
        for (; *words != NULL; words++)
            tw_list_builder_add(&list, *words, strlen(*words));
        g_assert_true(tw_list_builder_finish(&list, &scratch, &value, NULL));
        tw_props_builder_set(&builder, value);
    }
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static void
test_instances(void)
{
    static const TwSortKey keys[] = { { PR_KEYWORDS_INSTANCE, 0 }, { PR_SUBJECT, 0 } };
    static const char *const words[] = { "red", "blue", NULL }, *const none[] = { NULL };
    g_autoptr(GBytes) two = make_row("a", words), empty = make_row("b", none),
                      absent = make_row("c", NULL);
    GBytes *rows[] = { two, empty, absent };
    static const guint counts[] = { 2, 1, 1 };
    TwSortOrder order;
    TwPropValue value;
    TwProps props;
    TwPropSource source = { get_from_props, NULL, &props };
    TwSortRow red = { &source, 0 }, blue = { &source, 1 };

    g_assert_true(tw_sort_order_set(keys, 2, 0, 0, &order, NULL));
    g_assert_cmpint(tw_sort_order_instance_key(&order), ==, 0);
    for (guint i = 0; i < 3; i++) {
        g_assert_true(tw_props_open_bytes(rows[i], &props, NULL));
        g_assert_cmpuint(tw_sort_order_rows(&order, &source), ==, counts[i]);
        g_assert_cmpint(tw_sort_get_value(&order, 0, &source, 0, &value), ==, i == 0);
    }
    g_assert_true(tw_props_open_bytes(two, &props, NULL));
    g_assert_true(tw_sort_get_value(&order, 0, &source, 1, &value));
    g_assert_cmpstr(value.text, ==, "blue");
    g_assert_cmphex(value.tag, ==, 0x8001001F);
    g_assert_cmpint(tw_sort_compare(&order, &red, &blue, NULL), ==, 1);
    g_assert_true(tw_sort_order_set(&keys[1], 1, 0, 0, &order, NULL));
    g_assert_cmpint(tw_sort_order_instance_key(&order), ==, -1);
    g_assert_cmpint(tw_sort_compare(&order, &red, &blue, NULL), ==, 0);
}

enum {
    KEY_ROWS = 60
};

/* A row of random values, some missing, from few enough that many are equal. */
static GBytes *
random_row(void)
{
    static const char *const texts[] = {
        "", "a", "A", "ab", "(b", "'", "\xc3\xa4", "B\xc3\x84", "z"
    };
    static const double doubles[] = { -1e300,      -1, -0.0, 0, 1e-300, 2.5, (double) INFINITY,
                                      (double) NAN };
    static const char *const bytes[] = { "\0\0", "\0\xff", "\0a", "b\0", "\xff\xff", "\xff\0" };
    g_auto(TwPropsBuilder) builder = { 0 };
    guint8 guid[16] = { 0 };

    guid[g_test_rand_int_range(0, 16)] = (guint8) g_test_rand_int_range(0, 3);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_i2(0x66010002, (gint16) g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder,
                         tw_value_long(0x66020003, (guint32) g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder, tw_value_r4(0x66030004, (float) g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder,
                         tw_value_double(0x66040005, doubles[g_test_rand_int_range(0, 8)]));
    tw_props_builder_set(&builder, tw_value_i8(0x66050006, g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder, tw_value_bool(0x6606000B, g_test_rand_bit()));
    tw_props_builder_set(&builder, tw_value_i8(0x66070014, g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder, tw_value_str(0x6608001F, texts[g_test_rand_int_range(0, 9)]));
    tw_props_builder_set(&builder, tw_value_i8(0x66090040, g_test_rand_int_range(-2, 2)));
    tw_props_builder_set(&builder, tw_value_bytes(0x660A0048, guid, 16));
    tw_props_builder_set(
        &builder, tw_value_bytes(0x660B0102, (const guint8 *) bytes[g_test_rand_int_range(0, 6)],
                                 (gsize) g_test_rand_int_range(0, 3)));
    tw_props_builder_set(&builder, tw_value_null(0x660C0001));
    tw_props_builder_remove(&builder,
                            tw_prop_tag((guint) (0x6600 + g_test_rand_int_range(0, 20)), 0));
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static int
compare_key_bytes(const TwBuffer *a, const TwBuffer *b)
{
    gsize both = MIN(a->len, b->len);
    int order = both == 0 ? 0 : memcmp(a->data, b->data, both);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int
sign(int order)
{
    return (order > 0) - (order < 0);
}

/* Keys order rows as comparing them does, for every type, direction and missing value. */
static void
test_keys(void)
{
    static const guint32 tags[] = { 0x66010002, 0x66020003, 0x66030004, 0x66040005,
                                    0x66050006, 0x6606000B, 0x66070014, 0x6608001F,
                                    0x66090040, 0x660A0048, 0x660B0102, 0x660C0001 };
    GBytes *bytes[KEY_ROWS];
    TwProps props[KEY_ROWS];

    for (guint i = 0; i < KEY_ROWS; i++) {
        bytes[i] = random_row();
        g_assert_true(tw_props_open_bytes(bytes[i], &props[i], NULL));
    }
    for (guint round = 0; round < G_N_ELEMENTS(tags) * 2; round++) {
        guint other = (round + 1 + (guint) g_test_rand_int_range(0, 11)) % G_N_ELEMENTS(tags);
        TwSortKey keys[] = {
            { tags[round / 2], round % 2 ? TW_SORT_DESCENDING : TW_SORT_ASCENDING },
            { tags[other], g_test_rand_bit() ? TW_SORT_DESCENDING : TW_SORT_ASCENDING }
        };
        TwSortOrder order;

        g_assert_true(tw_sort_order_set(keys, 2, 0, 0, &order, NULL));
        for (guint i = 0; i < KEY_ROWS * KEY_ROWS; i++) {
            TwPropSource left = { get_from_props, NULL, &props[i / KEY_ROWS] };
            TwPropSource right = { get_from_props, NULL, &props[i % KEY_ROWS] };
            TwSortRow a = { &left, 0 }, b = { &right, 0 };
            g_auto(TwBuffer) a_key = TW_BUFFER_INIT(1024), b_key = TW_BUFFER_INIT(1024);

            tw_sort_make_key(&order, &a, NULL, &a_key);
            tw_sort_make_key(&order, &b, NULL, &b_key);
            g_assert_cmpint(sign(compare_key_bytes(&a_key, &b_key)), ==,
                            tw_sort_compare(&order, &a, &b, NULL));
        }
    }
    for (guint i = 0; i < KEY_ROWS; i++)
        g_bytes_unref(bytes[i]);
}

/* A collation that has the order of the last letter, to see that both ways ask it. */
static int
compare_last(gconstpointer data, const char *a, gsize a_len, const char *b, gsize b_len)
{
    (void) data;
    return (a_len ? a[a_len - 1] : 0) - (b_len ? b[b_len - 1] : 0);
}

static void
key_of_last(gconstpointer data, const char *text, gsize len, TwBuffer *out)
{
    (void) data;
    if (len > 0)
        tw_buffer_put(out, text + len - 1, 1);
}

static void
test_collation(void)
{
    static const TwSortKey key = { PR_SUBJECT, 0 };
    TwCollation collation = { compare_last, key_of_last, NULL };
    g_autoptr(GBytes) first = make_row("az", NULL), second = make_row("zb", NULL);
    g_auto(TwBuffer) first_key = TW_BUFFER_INIT(64), second_key = TW_BUFFER_INIT(64);
    TwProps props[2];
    TwPropSource sources[] = { { get_from_props, NULL, &props[0] },
                               { get_from_props, NULL, &props[1] } };
    TwSortRow a = { &sources[0], 0 }, b = { &sources[1], 0 };
    TwSortOrder order;

    g_assert_true(tw_props_open_bytes(first, &props[0], NULL) &&
                  tw_props_open_bytes(second, &props[1], NULL));
    g_assert_true(tw_sort_order_set(&key, 1, 0, 0, &order, NULL));
    g_assert_cmpint(tw_sort_compare(&order, &a, &b, NULL), ==, -1);
    g_assert_cmpint(tw_sort_compare(&order, &a, &b, &collation), ==, 1);
    tw_sort_make_key(&order, &a, &collation, &first_key);
    tw_sort_make_key(&order, &b, &collation, &second_key);
    g_assert_cmpint(sign(compare_key_bytes(&first_key, &second_key)), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/sort/set", test_set);
    g_test_add_func("/mapi-soap/4.4/wire", test_wire);
    g_test_add_func("/mapi-soap/4.4/levels", test_levels);
    g_test_add_func("/mapi-soap/8.5/values", test_compare_values);
    g_test_add_func("/mapi-soap/8.5/text-limit", test_text_limit);
    g_test_add_func("/mapi/sort/instances", test_instances);
    g_test_add_func("/mapi/sort/keys", test_keys);
    g_test_add_func("/mapi/sort/collation", test_collation);
    return g_test_run();
}
