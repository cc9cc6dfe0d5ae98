/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a predecessor change list: what parses is written sorted, parses to the same, and knows itself. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/keys.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwChangeList) list = tw_change_list_parse(data, size, &error);
    g_autoptr(TwChangeList) back = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);
    g_auto(TwBuffer) again = TW_BUFFER_INIT(1 << 16);
    TwXid key;

    g_assert_true((list == NULL) == (error != NULL));
    if (list == NULL) {
        g_assert_true(error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG);
        return 0;
    }
    tw_change_list_write(list, &out);
    g_assert_false(out.failed);
    back = tw_change_list_parse(out.data, out.len, NULL);
    g_assert_nonnull(back);
    g_assert_cmpuint(tw_change_list_count(back), ==, tw_change_list_count(list));
    tw_change_list_write(back, &again);
    g_assert_true(again.len == out.len &&
                  (out.len == 0 || memcmp(again.data, out.data, out.len) == 0));
    g_assert_true(tw_change_list_merge(back, list, NULL));
    g_assert_cmpuint(tw_change_list_count(back), ==, tw_change_list_count(list));
    if (out.len > 1 && tw_xid_parse(out.data + 1, out.data[0], &key, NULL))
        g_assert_true(tw_change_list_contains(list, &key));
    return 0;
}
