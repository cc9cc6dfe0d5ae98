/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The examples of src/mapi/README.md: each compiles, does what the text says, and stands there as it stands here. */
#include <string.h>

#include "golden.h"
#include "mapi/mapi.h"

/* Midnight of 2000-01-01 in ticks. */
#define YEAR_2000 (145731 * TW_TICKS_DAY)

static gboolean
get_from_props(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get(data, tag, ret);
}

static GBytes *
make_message(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwPropsBuilder) builder;
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, "Quarterly report"));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, 1));
    GBytes *bytes = tw_props_builder_finish_bytes(&builder, &error); /* a bad value is told here */

    g_assert_no_error(error);
    return bytes;
}

static void
test_tags(void)
{
    guint32 tag = 0;

    tw_tag_from_name("PidTagSubject", 13,
                     &tag); /* for tools and configuration: PR_SUBJECT, 0x0037001F */
    g_autofree char *name =
        tw_tag_to_string(tag); /* "PR_SUBJECT"; "PR_SUBJECT_A" for the 8-bit form */

    g_assert_cmphex(tag, ==, PR_SUBJECT);
    g_assert_cmpstr(name, ==, "PR_SUBJECT");
}

static void
test_names(void)
{
    g_autoptr(TwNameMap) map = tw_name_map_new();
    g_autoptr(GError) error = NULL;

    TwNamedProp names[] = { tw_known_name(TW_PidLidReminderSet),
                            tw_known_name(TW_PidNameKeywords) };
    guint16 ids[2];
    tw_name_map_get_ids(map, names, 2, TRUE, ids, &error); /* 0x81A3, and a number of this server */

    g_assert_no_error(error);
    g_assert_cmphex(ids[0], ==, 0x81A3);
    g_assert_cmphex(ids[1], >, 0x8500);
}

static void
test_bag(void)
{
    g_autoptr(GBytes) bytes = make_message();
    g_autoptr(GError) error = NULL;

    TwProps props;
    gboolean good =
        tw_props_open_bytes(bytes, &props, &error); /* checks everything, allocates nothing */
    const char *subject = tw_props_get_text(&props, PR_SUBJECT, ""); /* borrowed from bytes */

    g_assert_true(good);
    g_assert_cmpstr(subject, ==, "Quarterly report");
}

static void
test_ids(void)
{
    static const guint8 data[TW_OBJECT_ID_LEN] = { [4] = 1, [20] = 1, [24] = 5, [28] = 9 };
    gsize len = sizeof data;
    g_autoptr(GError) error = NULL;

    TwObjectId id;
    guint8 key[TW_OBJECT_ID_LEN];
    gboolean ours = tw_object_id_parse(data, len, &id, &error); /* store, folder or message */
    gsize key_len = tw_object_id_write(&id, key); /* the one canonical form, for look-ups */

    g_assert_true(ours);
    g_assert_cmpuint(key_len, ==, len);
    g_assert_true(memcmp(key, data, len) == 0);
    g_assert_true(tw_entryid_same(data, len, key, key_len));
}

static void
test_restriction(void)
{
    g_autoptr(GBytes) bytes = make_message();
    g_autoptr(GError) error = NULL;
    TwProps props;
    gboolean wanted;

    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    g_auto(TwRestrictionBuilder) builder;
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_exist(&builder, PR_IMPORTANCE);
    TwPropValue word = tw_value_str(PR_SUBJECT, "report");
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, word.tag,
                                   &word);
    tw_restriction_builder_end(&builder);
    g_autoptr(TwRestriction) reports = tw_restriction_builder_finish(&builder, &error);

    wanted = tw_restriction_match_props(reports, &props, NULL);

    g_assert_no_error(error);
    g_assert_true(wanted);
    g_autofree char *text = tw_restriction_to_text(reports, 200);
    g_assert_cmpstr(text, ==, "(and (exist 0017:I4) (content 0037:S substring,nocase \"report\"))");
}

static void
test_sort(void)
{
    g_autoptr(GBytes) bytes = make_message();
    g_autoptr(GError) error = NULL;
    TwProps props;
    TwPropSource source = { get_from_props, NULL, &props };
    TwSortRow row = { &source, 0 };
    g_auto(TwBuffer) key = TW_BUFFER_INIT(4096);

    g_assert_true(tw_props_open_bytes(bytes, &props, NULL));
    g_autoptr(TwCollations) collations = tw_collations_new();       /* one a process */
    TwCollation german = tw_collation_for_lcid(collations, 0x0407); /* PR_SORT_LOCALE_ID */
    TwSortKey keys[] = {
        { 0x8001301F, TW_SORT_ASCENDING },
        { PR_MESSAGE_DELIVERY_TIME, TW_SORT_CATEGORY_MAX },
        { PR_SUBJECT, TW_SORT_DESCENDING },
    };
    TwSortOrder order;
    gboolean good = tw_sort_order_set(keys, 3, 1, 1, &order, &error);
    tw_sort_make_key(&order, &row, &german, &key); /* bytes that sort as tw_sort_compare() does */

    g_assert_true(good);
    g_assert_cmpuint(key.len, >, 2);
    g_assert_cmpuint(tw_sort_order_rows(&order, &source), ==, 1);
}

static void
test_recurrence(void)
{
    g_autoptr(GBytes) blob = golden_bytes("recurrence-outlook-weekly");
    g_autoptr(GBytes) recur_definition = golden_bytes("timezone-definition-w-europe");
    GBytes *plain_struct = NULL, *display_definition = NULL;
    TwTimeZone *users_zone = NULL;
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);
    gint64 from = YEAR_2000, to = from + 14640 * TW_TICKS_DAY;
    g_autoptr(GError) error = NULL;

    g_autoptr(TwRecurrence) series = tw_recurrence_parse(data, len, &error);
    g_autoptr(TwTimeZone) zone =
        tw_timezone_for_series(recur_definition, plain_struct, display_definition, users_zone);
    g_autoptr(GArray) instances = tw_recurrence_expand(series, zone, from, to, 1000, &error);

    for (guint i = 0; i < instances->len; i++) {
        const TwRecurrenceInstance *it = &g_array_index(instances, TwRecurrenceInstance, i);
        /* it->start, it->end: ticks in UTC; it->exception: index of the modified instance, or -1 */
        g_assert_cmpint(it->end, >, it->start);
    }
    g_assert_no_error(error);
    g_assert_cmpuint(instances->len, >, 3);
}

static void
test_timezone(void)
{
    g_autofree char *file = NULL;
    gsize file_len = 0;
    gint64 wall_clock = YEAR_2000;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents("/usr/share/zoneinfo/Europe/Berlin", &file, &file_len, NULL)) {
        g_test_skip("no zone files");
        return;
    }
    g_autoptr(TwTimeZone) berlin =
        tw_timezone_parse_tzif("Europe/Berlin", (const guint8 *) file, file_len, &error);
    g_autoptr(GBytes) plain = tw_timezone_write_struct(berlin, 2026); /* PidLidTimeZoneStruct */
    g_autoptr(GBytes) definition =
        tw_timezone_write_definition(berlin, 2026, 2036, 2026, TRUE, &error);
    gint64 utc = tw_timezone_to_utc(berlin, wall_clock);

    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(plain), ==, TW_TIMEZONE_STRUCT_LEN);
    g_assert_nonnull(definition);
    g_assert_cmpint(wall_clock - utc, ==, TW_TICKS_DAY / 24);
}

static void
test_rtf(void)
{
    static const char html[] = "<p>Caf\u00e9</p>";
    gsize most = 65536;
    g_autoptr(GError) error = NULL;

    g_autoptr(GBytes) rtf = tw_rtf_from_html(html, strlen(html), most, &error);
    g_autoptr(GBytes) packed = tw_rtf_compress(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf),
                                               &error); /* PR_RTF_COMPRESSED */
    g_autoptr(GBytes) raw =
        tw_rtf_decompress(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed), most, &error);
    g_autoptr(GBytes) back =
        tw_rtf_to_html(g_bytes_get_data(raw, NULL), g_bytes_get_size(raw), most, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(back), ==, strlen(html));
    g_assert_true(memcmp(g_bytes_get_data(back, NULL), html, strlen(html)) == 0);
}

/* Any run of blanks and line ends is one blank. */
static char *
squeeze(const char *text, gsize len)
{
    GString *out = g_string_sized_new(len);

    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(text[i]))
            g_string_append_c(out, text[i]);
        else if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    g_strchomp(out->str);
    return g_string_free(out, FALSE);
}

static char *
read_source(const char *folder, const char *name)
{
    const char *root = g_getenv("TW_SOURCE_ROOT");
    g_autofree char *path = g_build_filename(root != NULL ? root : ".", folder, "mapi", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* Each block of C in the README is a part of this file. */
static void
test_mirror(void)
{
    g_autofree char *readme = read_source("src", "README.md");
    g_autofree char *source = read_source("tests", "readme-test.c");
    g_autofree char *here = squeeze(source, strlen(source));
    guint count = 0;

    for (char *at = readme; (at = strstr(at, "\n```c\n")) != NULL; count++) {
        char *begin = at + 6, *end = strstr(begin, "\n```\n");
        g_autofree char *block = NULL;

        g_assert_nonnull(end);
        block = squeeze(begin, (gsize) (end - begin));
        g_assert_cmpuint(strlen(block), >, 20);
        if (strstr(here, block) == NULL)
            g_error("not here: %s", block);
        at = end;
    }
    g_assert_cmpuint(count, >=, 9);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/readme/tags", test_tags);
    g_test_add_func("/mapi/readme/names", test_names);
    g_test_add_func("/mapi/readme/bag", test_bag);
    g_test_add_func("/mapi/readme/ids", test_ids);
    g_test_add_func("/mapi/readme/restriction", test_restriction);
    g_test_add_func("/mapi/readme/sort", test_sort);
    g_test_add_func("/mapi/readme/recurrence", test_recurrence);
    g_test_add_func("/mapi/readme/timezone", test_timezone);
    g_test_add_func("/mapi/readme/rtf", test_rtf);
    g_test_add_func("/mapi/readme/mirror", test_mirror);
    return g_test_run();
}
