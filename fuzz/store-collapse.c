/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Collapse states as clients send them back: what is accepted is within its limits and is written as the same bytes. */
#include "base/error.h"
#include "store/collapse.h"
#include "store/table.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_auto(TwCollapseState) state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) again = NULL;

    tw_collapse_state_init(&state);
    if (!tw_collapse_state_parse(data, size, &state, &error)) {
        g_assert_true(error->domain == TW_ERROR && state.headings->len == 0 &&
                      state.values == NULL);
        return 0;
    }
    g_assert_no_error(error);
    g_assert_true(state.headings->len <= TW_TABLE_MAX_TOGGLED);
    again = tw_collapse_state_write(&state, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(again), ==, size);
    g_assert_true(memcmp(g_bytes_get_data(again, NULL), data, size) == 0);
    return 0;
}
