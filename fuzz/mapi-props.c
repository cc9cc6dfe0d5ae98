/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "mapi/props.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* Reads all there is, down to the rows of rows, and adds it up so that nothing is left out. */
static guint64
read_all(const TwProps *props, guint depth) /* NOLINT(misc-no-recursion): depth */
{
    guint64 sum = 0;
    TwPropValue value, item;
    TwProps row;

    for (guint i = 0; i < props->count; i++) {
        if (!tw_props_at(props, i, &value))
            continue;
        sum += tw_value_hash(&value, i) + tw_value_size(&value);
        for (guint k = 0; tw_prop_tag_is_multi(value.tag) && tw_value_item(&value, k, &item); k++)
            sum += tw_value_hash(&item, k);
        for (guint k = 0; depth < TW_PROPS_MAX_DEPTH && tw_props_value_row(&value, k, &row); k++)
            sum += read_all(&row, depth + 1);
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) again = NULL;
    TwProps props, light;
    TwPropValue value;

    if (tw_props_open_verified(data, size, &light, NULL))
        (void) read_all(&light, 0);
    if (!tw_props_open(data, size, &props, &error)) {
        g_assert_true(error->domain == TW_ERROR &&
                      (error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG));
        return 0;
    }
    g_assert_no_error(error);
    (void) read_all(&props, 0);
    tw_props_builder_init(&builder);
    for (guint i = props.count; i-- > 0;) {
        g_assert_true(tw_props_at(&props, i, &value));
        tw_props_builder_set(&builder, value);
    }
    again = tw_props_builder_finish_bytes(&builder, &error);
    g_assert_no_error(error);
    g_assert_true(tw_props_open_bytes(again, &light, NULL));
    g_assert_true(tw_props_equal(&props, &light));
    return 0;
}
