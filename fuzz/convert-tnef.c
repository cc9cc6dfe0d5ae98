/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as TNEF; what was read is written, and read from there it is written alike. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "convert/tnef.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static GBytes *
write_again(const TwObject *message, TwNameMap *names)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 26);
    g_autoptr(GError) error = NULL;

    if (!tw_tnef_encode(message, names, NULL, TW_TNEF_RECIPIENT_TABLE, &out, &error)) {
        g_assert_true(error->domain == TW_ERROR && error->code == TW_ERROR_TOO_BIG);
        return NULL;
    }
    return tw_buffer_steal_bytes(&out, NULL);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(TwObject) back = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) second = NULL;

    g_assert_true(tw_tnef_decode(data, size, names, message, &error) == tw_tnef_detect(data, size));
    if (error != NULL) {
        g_assert_true(error->domain == TW_ERROR && error->code == TW_ERROR_CORRUPT);
        return 0;
    }
    first = write_again(message, names);
    if (first == NULL)
        return 0;
    g_assert_true(
        tw_tnef_decode(g_bytes_get_data(first, NULL), g_bytes_get_size(first), names, back, NULL));
    second = write_again(back, names);
    g_assert_true(second == NULL || g_bytes_get_size(second) > 0);
    return 0;
}
