/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The form of collapse states, its limits, and every cut of it. */
#include "store/collapse.h"

#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/table.h"
#include "support/assert-bytes.h"

static GBytes *
make_bag(guint number)
{
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_IMPORTANCE, number));
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static GBytes *
make_state(guint headings, GError **error)
{
    g_auto(TwCollapseState) state;

    tw_collapse_state_init(&state);
    state.target = TW_COLLAPSE_ROW;
    state.number = 0x01020304;
    state.order = 5;
    state.values = make_bag(7);
    for (guint i = 0; i < headings; i++) {
        TwCollapseHeading heading = { 1 + i % 3, i % 2 != 0, make_bag(i) };
        g_array_append_val(state.headings, heading);
    }
    return tw_collapse_state_write(&state, error);
}

/* An exact copy, so that a read behind it is seen. */
static gboolean
parse(const guint8 *data, gsize len, TwCollapseState *ret, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(data, len);

    return tw_collapse_state_parse(copy, len, ret, error);
}

static void
test_form(void)
{
    static const guint8 expected[] = {
        'T', 'W', 'C', 'S', 1, 1, 1, 0, 4, 3, 2, 1, 5, 0, 0, 0, 0, 0, 0, 0,
        /* the row */
        16, 0, 0, 0, 1, 0, 1, 0, 16, 0, 0, 0, 3, 0, 0x17, 0, 7, 0, 0, 0,
        /* a heading */
        1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 16, 0, 0, 0, 3, 0, 0x17, 0, 0, 0, 0, 0
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = make_state(1, &error);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    g_assert_no_error(error);
    assert_bytes(data, len, expected, sizeof expected);
}

static void
test_cuts(void)
{
    g_autoptr(GBytes) bytes = make_state(3, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    g_auto(TwCollapseState) state;
    g_autoptr(GError) error = NULL;

    tw_collapse_state_init(&state);
    for (gsize cut = 0; cut < len; cut++) {
        g_assert_false(parse(data, cut, &state, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_assert_cmpuint(state.headings->len, ==, 0);
        g_clear_error(&error);
    }
    g_assert_true(parse(data, len, &state, &error));
    g_assert_cmpuint(state.headings->len, ==, 3);
    g_assert_cmpuint(state.number, ==, 0x01020304);
    g_assert_true(g_array_index(state.headings, TwCollapseHeading, 1).expanded);
}

typedef struct {
    const char *name;
    gsize at;
    guint8 value;
    int code;
} Case;

static const Case cases[] = {
    { "another magic", 0, 'X', TW_ERROR_CORRUPT },
    { "version 0", 4, 0, TW_ERROR_CORRUPT },
    { "a later version", 4, 2, TW_ERROR_UNSUPPORTED },
    { "unknown target", 5, 3, TW_ERROR_CORRUPT },
    { "values of no row", 5, 0, TW_ERROR_CORRUPT },
    { "a heading of no depth", 5, 2, TW_ERROR_CORRUPT },
    { "more headings than bytes", 6, 200, TW_ERROR_CORRUPT },
    { "too many headings", 7, 0x11, TW_ERROR_TOO_BIG },
    { "a row with a depth", 16, 1, TW_ERROR_CORRUPT },
    { "padding", 17, 1, TW_ERROR_CORRUPT },
    { "bag too long", 21, 1, TW_ERROR_CORRUPT },
    { "bad bag", 24, 9, TW_ERROR_CORRUPT },
    { "heading of depth 0", 40, 0, TW_ERROR_CORRUPT },
    { "heading too deep", 40, 9, TW_ERROR_CORRUPT },
    { "half open", 41, 2, TW_ERROR_CORRUPT },
};

static void
test_bad(gconstpointer data)
{
    const Case *tc = data;
    g_autoptr(GBytes) bytes = make_state(1, NULL);
    gsize len;
    const guint8 *good = g_bytes_get_data(bytes, &len);
    g_autofree guint8 *copy = g_memdup2(good, len);
    g_auto(TwCollapseState) state;
    g_autoptr(GError) error = NULL;

    tw_collapse_state_init(&state);
    copy[tc->at] = tc->value;
    g_assert_false(parse(copy, len, &state, &error));
    g_assert_error(error, TW_ERROR, tc->code);
}

static void
test_limits(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) most = make_state(TW_TABLE_MAX_TOGGLED, &error);
    g_autoptr(GBytes) more = NULL;
    g_autofree guint8 *large = g_malloc0(TW_TABLE_MAX_STATE + 1);
    g_auto(TwCollapseState) state;
    gsize len;
    const guint8 *data = g_bytes_get_data(most, &len);

    tw_collapse_state_init(&state);
    g_assert_no_error(error);
    g_assert_true(parse(data, len, &state, &error));
    g_assert_cmpuint(state.headings->len, ==, TW_TABLE_MAX_TOGGLED);
    more = make_state(TW_TABLE_MAX_TOGGLED + 1, &error);
    g_assert_null(more);
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_false(parse(large, TW_TABLE_MAX_STATE + 1, &state, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/collapse/form", test_form);
    g_test_add_func("/store/collapse/cuts", test_cuts);
    g_test_add_func("/store/collapse/limits", test_limits);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/store/collapse/bad/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_bad);
    }
    return g_test_run();
}
