/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/pointers.h"

#include "base/cursor.h"
#include "base/error.h"

/* Elements of a block. */
enum {
    ELEMENT_ENTRY_ID = 1,
};

/* One block of a persist property. */
typedef struct {
    guint16 id;
    TwCursor elements;
    const guint8 *start; /* of the whole block */
    gsize len;
} Block;

/* FALSE at the end, or where it is broken. */
static gboolean
take_block(TwCursor *cur, Block *ret)
{
    TwCursor at = *cur;
    guint16 len;

    ret->start = cur->next;
    if (!tw_cursor_take_u16le(&at, &ret->id) || ret->id == 0 || !tw_cursor_take_u16le(&at, &len) ||
        !tw_cursor_take_cursor(&at, len, &ret->elements))
        return FALSE;
    ret->len = (gsize) (at.next - ret->start);
    *cur = at;
    return TRUE;
}

static gboolean
find_entry_id(TwCursor elements, const guint8 **ret_data, gsize *ret_len)
{
    guint16 id, len;
    const guint8 *data;

    while (tw_cursor_take_u16le(&elements, &id) && tw_cursor_take_u16le(&elements, &len) &&
           tw_cursor_take(&elements, len, &data)) {
        if (id == ELEMENT_ENTRY_ID && len > 0) {
            *ret_data = data;
            *ret_len = len;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
get_persist(const TwPropValue *value, guint number, const guint8 **ret_data, gsize *ret_len)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);
    Block block;

    while (take_block(&cur, &block)) {
        if (block.id == number)
            return find_entry_id(block.elements, ret_data, ret_len);
    }
    return FALSE;
}

gboolean
tw_pointer_get(const TwPropValue *value,
               TwLayoutForm form,
               guint number,
               const guint8 **ret_data,
               gsize *ret_len)
{
    TwPropValue item;

    if (value == NULL)
        return FALSE;
    switch (form) {
    case TW_LAYOUT_PERSIST:
        return get_persist(value, number, ret_data, ret_len);
    case TW_LAYOUT_ITEM:
        if (!tw_value_item(value, number, &item))
            return FALSE;
        break;
    case TW_LAYOUT_PLAIN:
        item = *value;
        break;
    }
    if (item.len == 0)
        return FALSE;
    *ret_data = item.data;
    *ret_len = item.len;
    return TRUE;
}

/* ---- writing ---- */

static gboolean
set_item(const TwPropValue *value,
         guint32 tag,
         guint number,
         const guint8 *data,
         gsize len,
         TwBuffer *out,
         TwPropValue *ret,
         GError **error)
{
    guint count = value == NULL ? 0 : tw_value_count(value);
    g_auto(TwListBuilder) list = { 0 };

    if (count > TW_POINTERS_MOST_ITEMS || number >= TW_POINTERS_MOST_ITEMS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%08x: %u items", tag, count);
        return FALSE;
    }
    tw_list_builder_init(&list, tag);
    for (guint i = 0; i < MAX(count, number + 1); i++) {
        TwPropValue item = { .data = (const guint8 *) "", .len = 0 };
        if (i == number)
            tw_list_builder_add(&list, data, len);
        else if (value == NULL || !tw_value_item(value, i, &item))
            tw_list_builder_add(&list, "", 0);
        else
            tw_list_builder_add(&list, item.data, item.len);
    }
    return tw_list_builder_finish(&list, out, ret, error);
}

static void
put_block(TwBuffer *out, guint number, const guint8 *data, gsize len)
{
    tw_buffer_put_u16le(out, (guint16) number);
    tw_buffer_put_u16le(out, (guint16) (len + 4));
    tw_buffer_put_u16le(out, ELEMENT_ENTRY_ID);
    tw_buffer_put_u16le(out, (guint16) len);
    tw_buffer_put(out, data, len);
}

static gboolean
set_persist(const TwPropValue *value,
            guint32 tag,
            guint number,
            const guint8 *data,
            gsize len,
            TwBuffer *out,
            TwPropValue *ret,
            GError **error)
{
    TwCursor cur = value == NULL ? tw_cursor_init("", 0) : tw_cursor_init(value->data, value->len);
    gsize start = out->len;
    gboolean placed = FALSE;
    Block block;

    if (cur.left > TW_POINTERS_MOST_LEN || len > G_MAXUINT16 - 4) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%08x: %" G_GSIZE_FORMAT " bytes", tag,
                    cur.left);
        return FALSE;
    }
    while (take_block(&cur, &block)) {
        if (block.id != number) {
            tw_buffer_put(out, block.start, block.len);
        } else if (!placed) {
            put_block(out, number, data, len);
            placed = TRUE;
        }
    }
    if (!placed)
        put_block(out, number, data, len);
    tw_buffer_put_zeros(out, 4);
    if (tw_buffer_failed(out) || out->len - start > TW_POINTERS_MOST_LEN) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%08x: too long", tag);
        return FALSE;
    }
    *ret = tw_value_bytes(tag, out->data + start, out->len - start);
    return TRUE;
}

gboolean
tw_pointer_set(const TwPropValue *value,
               guint32 tag,
               TwLayoutForm form,
               guint number,
               const guint8 *data,
               gsize len,
               TwBuffer *out,
               TwPropValue *ret,
               GError **error)
{
    gsize start = out->len;

    switch (form) {
    case TW_LAYOUT_ITEM:
        return set_item(value, tag, number, data, len, out, ret, error);
    case TW_LAYOUT_PERSIST:
        return set_persist(value, tag, number, data, len, out, ret, error);
    case TW_LAYOUT_PLAIN:
        break;
    }
    tw_buffer_put(out, data, len);
    if (tw_buffer_failed(out)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "%08x: too long", tag);
        return FALSE;
    }
    *ret = tw_value_bytes(tag, out->data + start, out->len - start);
    return TRUE;
}
