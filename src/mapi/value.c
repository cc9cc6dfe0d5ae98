/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/value.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/utf8.h"
#include "mapi/value-private.h"

/* The number of a value as it is packed, in the low bytes. */
static guint64
number_bits(const TwPropValue *value)
{
    guint64 bits = 0;
    guint32 half;

    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_I2:
        return (guint16) value->i2;
    case TW_PT_BOOLEAN:
        return value->truth != FALSE;
    case TW_PT_R4:
        memcpy(&half, &value->r4, sizeof half);
        return half;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        memcpy(&bits, &value->r8, sizeof bits);
        return bits;
    case TW_PT_LONG:
    case TW_PT_ERROR:
        return value->u4;
    default:
        return (guint64) value->i8;
    }
}

/* One item of a packed list; reads nothing outside data[0..len). */
static gboolean
list_item(const guint8 *data, gsize len, guint index, const guint8 **ret, guint32 *ret_len)
{
    guint64 count, start = 0, end, room;

    if (len < 4)
        return FALSE;
    count = tw_load_number(data, 4);
    if (index >= count || count > (len - 4) / 4)
        return FALSE;
    room = len - 4 - count * 4;
    end = tw_load_number(data + 4 + (gsize) index * 4, 4);
    if (index > 0)
        start = tw_load_number(data + (gsize) index * 4, 4);
    if (start > end || end > room)
        return FALSE;
    *ret = data + 4 + (gsize) count * 4 + (gsize) start;
    *ret_len = (guint32) (end - start);
    return TRUE;
}

static gboolean
corrupt(GError **error, guint32 tag, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "property %08x: %s", tag, what);
    return FALSE;
}

static gboolean
too_big(GError **error, guint32 tag, const char *what, gsize limit)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                "property %08x: more than %" G_GSIZE_FORMAT " %s", tag, limit, what);
    return FALSE;
}

static gboolean
check_text(guint32 tag, const char *text, gsize len, GError **error)
{
    if (len == 0)
        return TRUE;
    if (tw_prop_tag_base_type(tag) == TW_PT_UNICODE) {
        if (!tw_utf8_valid(text, len, NULL) || memchr(text, '\0', len) != NULL)
            return corrupt(error, tag, "text is not UTF-8, or has a NUL");
    } else if (memchr(text, '\0', len) != NULL) {
        return corrupt(error, tag, "text has a NUL");
    }
    return TRUE;
}

static gboolean
check_list(const TwPropValue *value, GError **error)
{
    TwCursor cur = tw_cursor_init(value->data, value->len);
    gboolean is_text = tw_prop_tag_is_text(value->tag);
    guint32 count, end, start = 0;
    TwCursor items;

    if (!tw_cursor_take_count(&cur, 4, &count))
        return corrupt(error, value->tag, "list is cut short");
    if (count > TW_VALUE_MAX_ITEMS)
        return too_big(error, value->tag, "items", TW_VALUE_MAX_ITEMS);
    items = cur;
    (void) tw_cursor_skip(&items, (gsize) count * 4);
    for (guint32 i = 0; i < count; i++, start = end) {
        const guint8 *item;

        if (!tw_cursor_take_u32le(&cur, &end) || end < start ||
            !tw_cursor_take(&items, end - start, &item))
            return corrupt(error, value->tag, "list item outside of the list");
        if (!is_text)
            continue;
        if (end == start || item[end - start - 1] != '\0')
            return corrupt(error, value->tag, "text without its NUL");
        if (!check_text(value->tag, (const char *) item, end - start - 1, error))
            return FALSE;
    }
    if (items.left != 0)
        return corrupt(error, value->tag, "bytes after the last item");
    return TRUE;
}

gboolean
tw_value_check(const TwPropValue *value, GError **error)
{
    guint size = tw_fixed_size(value->tag);

    if (!tw_prop_tag_is_storable(value->tag)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "no value can have the tag %08x",
                    value->tag);
        return FALSE;
    }
    if (value->len > TW_VALUE_MAX_LEN)
        return too_big(error, value->tag, "bytes", TW_VALUE_MAX_LEN);
    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_NONE:
    case TW_SHAPE_NUMBER:
        return TRUE;
    case TW_SHAPE_TEXT:
        return check_text(value->tag, value->text, value->len, error);
    case TW_SHAPE_BYTES:
        if (size != 0 && value->len != size)
            return corrupt(error, value->tag, "wrong length");
        return TRUE;
    case TW_SHAPE_ARRAY:
        if (size == 0 || value->len % size != 0)
            return corrupt(error, value->tag, "wrong length");
        if (value->len / size > TW_VALUE_MAX_ITEMS)
            return too_big(error, value->tag, "items", TW_VALUE_MAX_ITEMS);
        return TRUE;
    case TW_SHAPE_LIST:
        return check_list(value, error);
    }
    g_return_val_if_reached(FALSE);
}

gsize
tw_value_packed_len(const TwPropValue *value)
{
    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_NONE:
        return 0;
    case TW_SHAPE_NUMBER:
        return tw_fixed_size(value->tag);
    case TW_SHAPE_TEXT:
        return (gsize) value->len + 1;
    default:
        return value->len;
    }
}

void
tw_value_pack(const TwPropValue *value, TwBuffer *out)
{
    guint64 bits;

    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_NONE:
        return;
    case TW_SHAPE_NUMBER:
        bits = GUINT64_TO_LE(number_bits(value));
        tw_buffer_put(out, &bits, tw_fixed_size(value->tag));
        return;
    case TW_SHAPE_TEXT:
        tw_buffer_put(out, value->text, value->len);
        tw_buffer_put_u8(out, 0);
        return;
    default:
        tw_buffer_put(out, value->data, value->len);
    }
}

gboolean
tw_value_unpack(guint32 tag, const guint8 *data, gsize len, TwPropValue *ret)
{
    if (len > G_MAXUINT32 || !tw_prop_tag_is_storable(tag))
        return FALSE;
    switch (tw_shape_of(tag)) {
    case TW_SHAPE_NONE:
        *ret = tw_value_null(tag);
        return len == 0;
    case TW_SHAPE_NUMBER:
        if (len != tw_fixed_size(tag))
            return FALSE;
        *ret = tw_number_value(tag, tw_load_number(data, (guint) len));
        return TRUE;
    case TW_SHAPE_TEXT:
        if (len == 0 || data[len - 1] != '\0')
            return FALSE;
        *ret = tw_value_text(tag, (const char *) data, len - 1);
        return TRUE;
    default:
        if (tag == 0 || (tw_prop_tag_type(tag) == TW_PT_CLSID && len != 16))
            return FALSE;
        *ret = tw_value_bytes(tag, data, len);
        return TRUE;
    }
}

gsize
tw_value_size(const TwPropValue *value)
{
    gsize size = 0;

    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_NUMBER:
        return tw_fixed_size(value->tag);
    case TW_SHAPE_LIST:
        for (guint i = 0, n = tw_value_count(value); i < n; i++) {
            TwPropValue item;
            if (tw_value_item(value, i, &item))
                size += item.len;
        }
        return size;
    default:
        return value->len;
    }
}

guint
tw_value_count(const TwPropValue *value)
{
    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_ARRAY:
        return value->len / tw_fixed_size(value->tag);
    case TW_SHAPE_LIST:
        return value->len < 4 ? 0
                              : (guint) MIN(tw_load_number(value->data, 4), (value->len - 4) / 4);
    default:
        return 1;
    }
}

gboolean
tw_value_item(const TwPropValue *value, guint index, TwPropValue *ret)
{
    guint32 base = tw_prop_tag_base_type(value->tag);
    guint32 tag = tw_prop_tag_with_type(value->tag, base == TW_PT_OBJECT ? TW_PT_BINARY : base);
    guint size = tw_fixed_size(value->tag);
    const guint8 *item;
    guint32 len;

    switch (tw_shape_of(value->tag)) {
    case TW_SHAPE_ARRAY:
        if (index >= value->len / size)
            return FALSE;
        return tw_value_unpack(tag, value->data + (gsize) index * size, size, ret);
    case TW_SHAPE_LIST:
        return list_item(value->data, value->len, index, &item, &len) &&
               tw_value_unpack(tag, item, len, ret);
    default:
        if (index > 0)
            return FALSE;
        *ret = *value;
        return TRUE;
    }
}

gboolean
tw_value_equal(const TwPropValue *a, const TwPropValue *b)
{
    if (a->tag != b->tag || a->len != b->len)
        return FALSE;
    switch (tw_shape_of(a->tag)) {
    case TW_SHAPE_NONE:
        return TRUE;
    case TW_SHAPE_NUMBER:
        return number_bits(a) == number_bits(b);
    default:
        return a->len == 0 || memcmp(a->data, b->data, a->len) == 0;
    }
}

static guint64
mix(guint64 hash, guint64 word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

guint64
tw_value_hash(const TwPropValue *value, guint64 seed)
{
    guint64 hash = mix(seed, value->tag);
    TwShape shape = tw_shape_of(value->tag);
    gsize at = 0;

    if (shape == TW_SHAPE_NUMBER)
        return mix(hash, number_bits(value));
    if (shape == TW_SHAPE_NONE)
        return hash;
    for (; value->len - at >= 8; at += 8)
        hash = mix(hash, tw_load_number(value->data + at, 8));
    if (at < value->len) {
        guint8 rest[8] = { 0 };
        memcpy(rest, value->data + at, value->len - at);
        hash = mix(hash, tw_load_number(rest, 8));
    }
    return mix(hash, value->len);
}

void
tw_list_builder_init(TwListBuilder *builder, guint32 tag)
{
    *builder = (TwListBuilder){
        .tag = tag,
        .ends = TW_BUFFER_INIT((gsize) TW_VALUE_MAX_ITEMS * 4),
        .items = TW_BUFFER_INIT(TW_VALUE_MAX_LEN),
    };
}

void
tw_list_builder_clear(TwListBuilder *builder)
{
    tw_buffer_clear(&builder->ends);
    tw_buffer_clear(&builder->items);
}

void
tw_list_builder_add(TwListBuilder *builder, const void *data, gsize len)
{
    tw_buffer_put(&builder->items, data, len);
    if (tw_prop_tag_is_text(builder->tag))
        tw_buffer_put_u8(&builder->items, 0);
    tw_buffer_put_u32le(&builder->ends, (guint32) builder->items.len);
}

gboolean
tw_list_builder_finish(TwListBuilder *builder, TwBuffer *out, TwPropValue *ret, GError **error)
{
    gsize start = out->len;
    TwPropValue value;

    if (tw_buffer_failed(&builder->ends) || tw_buffer_failed(&builder->items))
        return too_big(error, builder->tag, "bytes or items", TW_VALUE_MAX_LEN);
    tw_buffer_put_u32le(out, (guint32) (builder->ends.len / 4));
    tw_buffer_put(out, builder->ends.data, builder->ends.len);
    tw_buffer_put(out, builder->items.data, builder->items.len);
    if (tw_buffer_failed(out))
        return too_big(error, builder->tag, "bytes", out->limit);
    value = tw_value_bytes(builder->tag, out->data + start, out->len - start);
    if (!tw_value_check(&value, error)) {
        out->len = start;
        return FALSE;
    }
    *ret = value;
    return TRUE;
}

enum {
    SVREID_OPAQUE = 0,
    SVREID_OURS = 1,
};

gboolean
tw_svreid_parse(const guint8 *data, gsize len, TwSvreid *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwSvreid svreid = { .ours = TRUE };
    guint8 flag;

    if (!tw_cursor_take_u8(&cur, &flag) || flag > SVREID_OURS)
        goto bad;
    if (flag == SVREID_OPAQUE) {
        *ret = (TwSvreid){ .ours = FALSE, .opaque = cur.next, .opaque_len = cur.left };
        return TRUE;
    }
    if (!tw_cursor_take_u64le(&cur, &svreid.folder_id) ||
        !tw_cursor_take_u64le(&cur, &svreid.message_id) ||
        !tw_cursor_take_u32le(&cur, &svreid.instance) || cur.left != 0)
        goto bad;
    *ret = svreid;
    return TRUE;
bad:
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "bad server id of %" G_GSIZE_FORMAT " bytes",
                len);
    return FALSE;
}

void
tw_svreid_print(const TwSvreid *svreid, TwBuffer *out)
{
    if (!svreid->ours) {
        tw_buffer_put_u8(out, SVREID_OPAQUE);
        tw_buffer_put(out, svreid->opaque, svreid->opaque_len);
        return;
    }
    tw_buffer_put_u8(out, SVREID_OURS);
    tw_buffer_put_u64le(out, svreid->folder_id);
    tw_buffer_put_u64le(out, svreid->message_id);
    tw_buffer_put_u32le(out, svreid->instance);
}
