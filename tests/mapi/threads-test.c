/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is finished is shared: a bag, a compiled restriction, a sort order, collations, a zone and a series are used
 * from many threads at once, and each gets what one thread alone got. */
#include <string.h>

#include "golden.h"
#include "mapi/mapi.h"

enum {
    THREADS = 4,
    ROUNDS = 60
};

typedef struct {
    GBytes *bag, *other_bag;
    TwRestriction *restriction;
    TwSortOrder order;
    TwCollations *collations;
    TwCollation collation;
    TwTimeZone *zone;
    TwRecurrence *series;
    /* what one thread found alone */
    gboolean matches;
    int row_order;
    GBytes *key;
    guint instance_count;
    gint64 last_instance;
} Shared;

static GBytes *
make_bag(const char *subject, guint32 importance)
{
    g_auto(TwPropsBuilder) builder;
    GBytes *bytes;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_SUBJECT, subject));
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, importance));
    bytes = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_nonnull(bytes);
    return bytes;
}

/* One leaf of each kind that keeps something compiled: folded text, an expression, ids, an order of text. */
static TwRestriction *
make_restriction(void)
{
    g_auto(TwRestrictionBuilder) builder;
    TwPropValue word = tw_value_str(PR_SUBJECT, "BRÜCKE");
    TwPropValue pattern = tw_value_str(PR_SUBJECT, "^die .*cke$");
    TwPropValue letter = tw_value_str(PR_SUBJECT, "Zug");
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_LOOSE, PR_SUBJECT,
                                   &word);
    tw_restriction_builder_property(&builder, TW_RELOP_RE, PR_SUBJECT, &pattern);
    tw_restriction_builder_property(&builder, TW_RELOP_LT, PR_SUBJECT, &letter);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return restriction;
}

static gboolean
get_from_props(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get(data, tag, ret);
}

static int
compare_rows(const Shared *shared, const TwCollation *collation, TwBuffer *key)
{
    TwProps props[2];
    TwPropSource sources[] = { { get_from_props, NULL, &props[0] },
                               { get_from_props, NULL, &props[1] } };
    TwSortRow a = { &sources[0], 0 }, b = { &sources[1], 0 };

    g_assert_true(tw_props_open_bytes(shared->bag, &props[0], NULL) &&
                  tw_props_open_bytes(shared->other_bag, &props[1], NULL));
    tw_sort_make_key(&shared->order, &a, collation, key);
    return tw_sort_compare(&shared->order, &a, &b, collation);
}

static gboolean
match(const Shared *shared)
{
    TwMatchContext context = { .collation = &shared->collation };
    TwProps props;

    return tw_props_open_bytes(shared->bag, &props, NULL) &&
           tw_restriction_match_props(shared->restriction, &props, &context);
}

static GArray *
expand(const Shared *shared, gint64 year)
{
    gint64 from = (year - 1601) * 365 * TW_TICKS_DAY;
    GArray *instances = tw_recurrence_expand(shared->series, shared->zone, from,
                                             from + 400 * TW_TICKS_DAY, 1000, NULL);

    g_assert_nonnull(instances);
    return instances;
}

static gint64
last_start(const GArray *instances)
{
    return g_array_index(instances, TwRecurrenceInstance, instances->len - 1).start;
}

static gpointer
use(gpointer data)
{
    static const guint32 lcids[] = { 0x0407, 0x041D, 0x0C0A, 0x0804, 0x10407 };
    const Shared *shared = data;

    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr(TwRestriction) restriction = tw_restriction_ref(shared->restriction);
        g_autoptr(TwTimeZone) zone = tw_timezone_ref(shared->zone);
        g_autoptr(GArray) instances = expand(shared, 2040);
        g_auto(TwBuffer) key = TW_BUFFER_INIT(4096), any_key = TW_BUFFER_INIT(4096);
        TwCollation any = tw_collation_for_lcid(shared->collations, lcids[i % G_N_ELEMENTS(lcids)]);
        g_autofree char *windows = tw_timezone_name_to_windows("Europe/Berlin");

        g_assert_true(restriction == shared->restriction);
        g_assert_cmpint(match(shared), ==, shared->matches);
        g_assert_cmpint(compare_rows(shared, &shared->collation, &key), ==, shared->row_order);
        g_assert_true(key.len == g_bytes_get_size(shared->key) &&
                      memcmp(key.data, g_bytes_get_data(shared->key, NULL), key.len) == 0);
        g_assert_cmpint(compare_rows(shared, &any, &any_key), !=, 0);
        g_assert_cmpuint(instances->len, ==, shared->instance_count);
        g_assert_cmpint(last_start(instances), ==, shared->last_instance);
        g_assert_cmpstr(windows, ==, "W. Europe Standard Time");
        g_assert_cmpint(tw_timezone_to_utc(zone, last_start(instances)), >, 0);
    }
    return NULL;
}

static void
shared_init(Shared *shared)
{
    static const TwSortKey keys[] = { { PR_SUBJECT, TW_SORT_ASCENDING },
                                      { PR_IMPORTANCE, TW_SORT_DESCENDING } };
    g_autoptr(GBytes) blob = golden_bytes("recurrence-outlook-weekly");
    g_autoptr(GBytes) definition = golden_bytes("timezone-definition-w-europe");
    g_auto(TwBuffer) key = TW_BUFFER_INIT(4096);
    g_autoptr(GArray) instances = NULL;
    gsize len;
    const guint8 *data;

    shared->bag = make_bag("Die Brücke", 1);
    shared->other_bag = make_bag("die Brucke", 2);
    shared->restriction = make_restriction();
    g_assert_true(tw_sort_order_set(keys, G_N_ELEMENTS(keys), 0, 0, &shared->order, NULL));
    shared->collations = tw_collations_new();
    shared->collation = tw_collation_for_locale(shared->collations, "de");
    data = g_bytes_get_data(definition, &len);
    shared->zone = tw_timezone_parse_definition(data, len, NULL);
    data = g_bytes_get_data(blob, &len);
    shared->series = tw_recurrence_parse(data, len, NULL);
    shared->series->pattern.end = TW_RECURRENCE_END_NEVER;
    shared->matches = match(shared);
    g_assert_true(shared->matches);
    shared->row_order = compare_rows(shared, &shared->collation, &key);
    g_assert_cmpint(shared->row_order, ==, 1);
    shared->key = tw_buffer_steal_bytes(&key, NULL);
    instances = expand(shared, 2040);
    g_assert_cmpuint(instances->len, >, 40);
    shared->instance_count = instances->len;
    shared->last_instance = last_start(instances);
}

static void
shared_clear(Shared *shared)
{
    g_bytes_unref(shared->bag);
    g_bytes_unref(shared->other_bag);
    g_bytes_unref(shared->key);
    tw_restriction_unref(shared->restriction);
    tw_collations_free(shared->collations);
    tw_timezone_unref(shared->zone);
    tw_recurrence_free(shared->series);
}

static void
test_shared(void)
{
    Shared shared = { 0 };
    GThread *threads[THREADS];

    shared_init(&shared);
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("vocabulary", use, &shared);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    shared_clear(&shared);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi/threads/shared", test_shared);
    return g_test_run();
}
