/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "mapi/sort.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(256);
    g_autoptr(GError) error = NULL;
    TwSortOrder order;

    if (!tw_sort_order_parse(data, size, &order, &error)) {
        g_assert_true(error->domain == TW_ERROR);
        return 0;
    }
    g_assert_no_error(error);
    for (guint i = 0; i < order.count; i++)
        g_assert_cmpint(tw_sort_category_level(&order, i), <, (int) order.count);
    tw_sort_order_print(&order, &wire);
    g_assert_true(wire.len == size && memcmp(wire.data, data, size) == 0);
    return 0;
}
