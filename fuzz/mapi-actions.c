/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte chooses the width of counts; the rest is a list of rule actions. */
#include "base/error.h"
#include "mapi/actions.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwActions) actions = NULL, back = NULL;
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(1 << 26), again = TW_BUFFER_INIT(1 << 26);
    g_autoptr(GError) error = NULL;
    TwWireWidth width;

    if (size == 0)
        return 0;
    width = data[0] & 1 ? TW_WIRE_32 : TW_WIRE_16;
    actions = tw_actions_parse(data + 1, size - 1, width, &error);
    g_assert_true((actions == NULL) == (error != NULL));
    if (actions == NULL) {
        g_assert_true(error->domain == TW_ERROR);
        return 0;
    }
    tw_actions_print(actions, width, &wire);
    g_assert_false(tw_buffer_failed(&wire));
    back = tw_actions_parse(wire.data, wire.len, width, &error);
    g_assert_no_error(error);
    tw_actions_print(back, width, &again);
    g_assert_true(wire.len == again.len && memcmp(wire.data, again.data, wire.len) == 0);
    return 0;
}
