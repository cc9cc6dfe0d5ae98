/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/wire.h"

#include "base/error.h"

gboolean
tw_wire_take_count(TwCursor *cur, TwWireWidth width, guint32 *ret)
{
    guint16 narrow;

    if (width == TW_WIRE_32)
        return tw_cursor_take_u32le(cur, ret);
    if (!tw_cursor_take_u16le(cur, &narrow))
        return FALSE;
    *ret = narrow;
    return TRUE;
}

void
tw_wire_put_count(TwBuffer *out, TwWireWidth width, gsize count)
{
    if (count > (width == TW_WIRE_32 ? G_MAXUINT32 : G_MAXUINT16))
        out->failed = TRUE;
    else if (width == TW_WIRE_32)
        tw_buffer_put_u32le(out, (guint32) count);
    else
        tw_buffer_put_u16le(out, (guint16) count);
}

gboolean
tw_wire_has_form(guint32 tag)
{
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_OBJECT:
    case TW_PT_SRESTRICT:
    case TW_PT_ACTIONS:
        return FALSE;
    default:
        return tw_prop_tag_is_storable(tag);
    }
}

static void
put_char(TwBuffer *out, gunichar c)
{
    char bytes[6] = { 0 };

    tw_buffer_put(out, bytes, (gsize) g_unichar_to_utf8(c, bytes));
}

/* UTF-16LE up to its NUL, put as UTF-8; a surrogate without its other half is no text. */
static gboolean
take_utf16(TwCursor *cur, TwBuffer *out)
{
    guint16 unit, low;

    while (tw_cursor_take_u16le(cur, &unit)) {
        if (unit == 0)
            return TRUE;
        if ((unit & 0xf800) != 0xd800) {
            put_char(out, unit);
            continue;
        }
        if (unit >= 0xdc00 || !tw_cursor_take_u16le(cur, &low) || (low & 0xfc00) != 0xdc00)
            return FALSE;
        put_char(out, 0x10000u + ((unit & 0x3ffu) << 10) + (low & 0x3ffu));
    }
    return FALSE;
}

static void
put_utf16(TwBuffer *out, const char *text, gsize len)
{
    const char *end = text + len;

    for (const char *p = text; p < end; p += g_utf8_skip[(guint8) *p]) {
        gunichar c = g_utf8_get_char(p);

        if (c >= 0x10000) {
            tw_buffer_put_u16le(out, (guint16) (0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + (c & 0x3ff);
        }
        tw_buffer_put_u16le(out, (guint16) c);
    }
    tw_buffer_put_u16le(out, 0);
}

static gboolean
take_text8(TwCursor *cur, TwBuffer *out)
{
    const guint8 *nul = cur->left == 0 ? NULL : memchr(cur->next, '\0', cur->left);
    gsize len = nul == NULL ? 0 : (gsize) (nul - cur->next);

    if (nul == NULL)
        return FALSE;
    tw_buffer_put(out, cur->next, len);
    return tw_cursor_skip(cur, len + 1);
}

static gboolean
take_raw(TwCursor *cur, gsize len, TwBuffer *out)
{
    const guint8 *bytes;

    if (!tw_cursor_take(cur, len, &bytes))
        return FALSE;
    tw_buffer_put(out, bytes, len);
    return TRUE;
}

static gboolean
take_counted(TwCursor *cur, TwWireWidth width, TwBuffer *out)
{
    guint32 len;

    return tw_wire_take_count(cur, width, &len) && take_raw(cur, len, out);
}

static gboolean
take_bool(TwCursor *cur, TwBuffer *out)
{
    guint8 truth;

    if (!tw_cursor_take_u8(cur, &truth) || truth > 1)
        return FALSE;
    tw_buffer_put_u16le(out, truth);
    return TRUE;
}

/* One value, packed but for the NUL of text. */
static gboolean
take_one(TwCursor *cur, guint type, TwWireWidth width, TwBuffer *out)
{
    const TwPropTypeInfo *info = tw_prop_type_info(type);

    switch (type) {
    case TW_PT_NULL:
        return TRUE;
    case TW_PT_BOOLEAN:
        return take_bool(cur, out);
    case TW_PT_STRING8:
        return take_text8(cur, out);
    case TW_PT_UNICODE:
        return take_utf16(cur, out);
    case TW_PT_BINARY:
    case TW_PT_SVREID:
        return take_counted(cur, width, out);
    default:
        return take_raw(cur, info->size, out);
    }
}

static gboolean
bad_value(guint32 tag, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "property %08x: bytes are no value of it", tag);
    return FALSE;
}

static gboolean
too_big(guint32 tag, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "property %08x: too many bytes or items", tag);
    return FALSE;
}

static gboolean
take_list(
    TwCursor *cur, guint32 tag, TwWireWidth width, TwBuffer *out, TwPropValue *ret, GError **error)
{
    guint type = tw_prop_tag_base_type(tag);
    const TwPropTypeInfo *info = tw_prop_type_info(type);
    gsize smallest = info->size > 0          ? info->size
                     : type == TW_PT_STRING8 ? 1
                     : type == TW_PT_UNICODE ? 2
                     : width == TW_WIRE_32   ? 4
                                             : 2;
    g_auto(TwListBuilder) list = { 0 };
    g_auto(TwBuffer) item = TW_BUFFER_INIT(out->limit);
    guint32 count;

    if (!tw_cursor_take_count(cur, smallest, &count))
        return bad_value(tag, error);
    if (count > TW_VALUE_MAX_ITEMS)
        return too_big(tag, error);
    tw_list_builder_init(&list, tag);
    for (guint32 i = 0; i < count; i++) {
        item.len = 0;
        if (!take_one(cur, type, width, info->size > 0 ? out : &item))
            return bad_value(tag, error);
        if (tw_buffer_failed(&item) || tw_buffer_failed(out))
            return too_big(tag, error);
        if (info->size == 0)
            tw_list_builder_add(&list, item.data, item.len);
    }
    if (info->size == 0)
        return tw_list_builder_finish(&list, out, ret, error);
    *ret = tw_value_bytes(tag, out->data, out->len);
    return TRUE;
}

gboolean
tw_wire_take_value(TwCursor *cur,
                   guint32 tag,
                   TwWireWidth width,
                   TwBuffer *scratch,
                   TwPropValue *ret,
                   GError **error)
{
    TwCursor copy = *cur;
    TwPropValue value;

    if (!tw_wire_has_form(tag)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "no value of %08x can be here", tag);
        return FALSE;
    }
    tw_buffer_clear(scratch);
    if (tw_prop_tag_is_multi(tag)) {
        if (!take_list(&copy, tag, width, scratch, &value, error))
            return FALSE;
    } else {
        if (!take_one(&copy, tw_prop_tag_type(tag), width, scratch))
            return bad_value(tag, error);
        if (tw_prop_tag_is_text(tag))
            tw_buffer_put_u8(scratch, 0);
        if (tw_buffer_failed(scratch))
            return too_big(tag, error);
        if (!tw_value_unpack(tag, scratch->data, scratch->len, &value))
            return bad_value(tag, error);
    }
    if (!tw_value_check(&value, error))
        return FALSE;
    *cur = copy;
    *ret = value;
    return TRUE;
}

gboolean
tw_wire_take_tag(TwCursor *cur, guint32 *ret)
{
    guint32 tag;

    if (!tw_cursor_take_u32le(cur, &tag))
        return FALSE;
    *ret = tw_wire_plain_tag(tag);
    return TRUE;
}

gboolean
tw_wire_take_tagged(
    TwCursor *cur, TwWireWidth width, TwBuffer *scratch, TwPropValue *ret, GError **error)
{
    TwCursor copy = *cur;
    guint32 tag;

    if (!tw_wire_take_tag(&copy, &tag))
        return bad_value(0, error);
    if (!tw_wire_take_value(&copy, tag, width, scratch, ret, error))
        return FALSE;
    *cur = copy;
    return TRUE;
}

static void
put_one(const TwPropValue *value, TwWireWidth width, TwBuffer *out)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_BOOLEAN:
        tw_buffer_put_u8(out, value->truth != FALSE);
        return;
    case TW_PT_UNICODE:
        put_utf16(out, value->text, value->len);
        return;
    case TW_PT_BINARY:
    case TW_PT_SVREID:
        tw_wire_put_count(out, width, value->len);
        tw_buffer_put(out, value->data, value->len);
        return;
    default:
        tw_value_pack(value, out); /* the same bytes: numbers, GUIDs, 8-bit text with its NUL */
    }
}

void
tw_wire_put_value(const TwPropValue *value, TwWireWidth width, TwBuffer *out)
{
    TwPropValue item;

    if (!tw_prop_tag_is_multi(value->tag)) {
        put_one(value, width, out);
        return;
    }
    tw_buffer_put_u32le(out, tw_value_count(value));
    for (guint i = 0; tw_value_item(value, i, &item); i++)
        put_one(&item, width, out);
}

void
tw_wire_put_tagged(const TwPropValue *value, TwWireWidth width, TwBuffer *out)
{
    tw_buffer_put_u32le(out, value->tag);
    tw_wire_put_value(value, width, out);
}
