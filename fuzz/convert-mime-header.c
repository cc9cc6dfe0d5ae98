/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fields cover the block without a gap; a value has no more parameters than its limit. */
#include "convert/mime-header.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwCursor cur = tw_cursor_init(data, size);
    TwMimeField field;
    const guint8 *expected = data;

    while (tw_mime_field_next(&cur, &field)) {
        g_autoptr(GString) line = tw_mime_unfold(field.value, field.value_len);
        g_autoptr(TwMimeValue) value = tw_mime_value_parse(field.value, field.value_len);
        g_assert(field.name == expected && field.field_len > 0);
        g_assert(field.name_len + field.value_len <= field.field_len);
        g_assert(line->len <= field.value_len && value->param_count <= TW_MIME_MAX_PARAMS);
        expected += field.field_len;
    }
    g_assert(cur.next == expected);
    return 0;
}
