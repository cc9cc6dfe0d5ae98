/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/value.h"

#include "base/cursor.h"
#include "base/error.h"

typedef enum {
    SHAPE_NONE,   /* no bytes */
    SHAPE_NUMBER, /* 2, 4 or 8 bytes, held in the value itself */
    SHAPE_TEXT,   /* bytes and a NUL */
    SHAPE_BYTES,  /* bytes */
    SHAPE_ARRAY,  /* items of one size */
    SHAPE_LIST,   /* packed list */
} Shape;

static Shape
shape_of(guint32 tag)
{
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_NULL:
        return SHAPE_NONE;
    case TW_PT_I2:
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_ERROR:
    case TW_PT_BOOLEAN:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return SHAPE_NUMBER;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        return SHAPE_TEXT;
    case TW_PT_OBJECT:
    case TW_PT_MV_STRING8:
    case TW_PT_MV_UNICODE:
    case TW_PT_MV_BINARY:
        return SHAPE_LIST;
    default:
        return tw_prop_tag_is_multi(tag) ? SHAPE_ARRAY : SHAPE_BYTES;
    }
}

/* Bytes of one fixed-size item or number. */
static guint
fixed_size(guint32 tag)
{
    switch (tw_prop_tag_base_type(tag)) {
    case TW_PT_I2:
    case TW_PT_BOOLEAN:
        return 2;
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_ERROR:
        return 4;
    case TW_PT_CLSID:
        return 16;
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return 8;
    default:
        return 0;
    }
}

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

static guint64
load_number(const guint8 *data, guint size)
{
    guint64 u8;
    guint32 u4;
    guint16 u2;

    switch (size) {
    case 2:
        memcpy(&u2, data, 2);
        return GUINT16_FROM_LE(u2);
    case 4:
        memcpy(&u4, data, 4);
        return GUINT32_FROM_LE(u4);
    default:
        memcpy(&u8, data, 8);
        return GUINT64_FROM_LE(u8);
    }
}

static TwPropValue
number_value(guint32 tag, guint64 bits)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };
    guint32 half = (guint32) bits;

    switch (tw_prop_tag_type(tag)) {
    case TW_PT_I2:
        value.i2 = (gint16) (guint16) bits;
        break;
    case TW_PT_BOOLEAN:
        value.truth = bits != 0;
        break;
    case TW_PT_R4:
        memcpy(&value.r4, &half, sizeof half);
        break;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        memcpy(&value.r8, &bits, sizeof bits);
        break;
    case TW_PT_LONG:
    case TW_PT_ERROR:
        value.u4 = half;
        break;
    default:
        value.i8 = (gint64) bits;
    }
    return value;
}

/* One item of a packed list; reads nothing outside data[0..len). */
static gboolean
list_item(const guint8 *data, gsize len, guint index, const guint8 **ret, guint32 *ret_len)
{
    guint64 count, start = 0, end, room;

    if (len < 4)
        return FALSE;
    count = load_number(data, 4);
    if (index >= count || count > (len - 4) / 4)
        return FALSE;
    room = len - 4 - count * 4;
    end = load_number(data + 4 + (gsize) index * 4, 4);
    if (index > 0)
        start = load_number(data + (gsize) index * 4, 4);
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
    if (tw_prop_tag_base_type(tag) == TW_PT_UNICODE) {
        if (!g_utf8_validate_len(text, len, NULL))
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
    guint size = fixed_size(value->tag);

    if (!tw_prop_tag_is_storable(value->tag)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "no value can have the tag %08x",
                    value->tag);
        return FALSE;
    }
    if (value->len > TW_VALUE_MAX_LEN)
        return too_big(error, value->tag, "bytes", TW_VALUE_MAX_LEN);
    switch (shape_of(value->tag)) {
    case SHAPE_NONE:
    case SHAPE_NUMBER:
        return TRUE;
    case SHAPE_TEXT:
        return check_text(value->tag, value->text, value->len, error);
    case SHAPE_BYTES:
        if (size != 0 && value->len != size)
            return corrupt(error, value->tag, "wrong length");
        return TRUE;
    case SHAPE_ARRAY:
        if (value->len % size != 0)
            return corrupt(error, value->tag, "wrong length");
        if (value->len / size > TW_VALUE_MAX_ITEMS)
            return too_big(error, value->tag, "items", TW_VALUE_MAX_ITEMS);
        return TRUE;
    case SHAPE_LIST:
        return check_list(value, error);
    }
    g_return_val_if_reached(FALSE);
}

gsize
tw_value_packed_len(const TwPropValue *value)
{
    switch (shape_of(value->tag)) {
    case SHAPE_NONE:
        return 0;
    case SHAPE_NUMBER:
        return fixed_size(value->tag);
    case SHAPE_TEXT:
        return (gsize) value->len + 1;
    default:
        return value->len;
    }
}

void
tw_value_pack(const TwPropValue *value, TwBuffer *out)
{
    guint64 bits;

    switch (shape_of(value->tag)) {
    case SHAPE_NONE:
        return;
    case SHAPE_NUMBER:
        bits = GUINT64_TO_LE(number_bits(value));
        tw_buffer_put(out, &bits, fixed_size(value->tag));
        return;
    case SHAPE_TEXT:
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
    switch (shape_of(tag)) {
    case SHAPE_NONE:
        *ret = tw_value_null(tag);
        return len == 0;
    case SHAPE_NUMBER:
        if (len != fixed_size(tag))
            return FALSE;
        *ret = number_value(tag, load_number(data, (guint) len));
        return TRUE;
    case SHAPE_TEXT:
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

    switch (shape_of(value->tag)) {
    case SHAPE_NUMBER:
        return fixed_size(value->tag);
    case SHAPE_LIST:
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
    switch (shape_of(value->tag)) {
    case SHAPE_ARRAY:
        return value->len / fixed_size(value->tag);
    case SHAPE_LIST:
        return value->len < 4 ? 0 : (guint) MIN(load_number(value->data, 4), (value->len - 4) / 4);
    default:
        return 1;
    }
}

gboolean
tw_value_item(const TwPropValue *value, guint index, TwPropValue *ret)
{
    guint32 base = tw_prop_tag_base_type(value->tag);
    guint32 tag = tw_prop_tag_with_type(value->tag, base == TW_PT_OBJECT ? TW_PT_BINARY : base);
    guint size = fixed_size(value->tag);
    const guint8 *item;
    guint32 len;

    switch (shape_of(value->tag)) {
    case SHAPE_ARRAY:
        if (index >= value->len / size)
            return FALSE;
        return tw_value_unpack(tag, value->data + (gsize) index * size, size, ret);
    case SHAPE_LIST:
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
    switch (shape_of(a->tag)) {
    case SHAPE_NONE:
        return TRUE;
    case SHAPE_NUMBER:
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
    Shape shape = shape_of(value->tag);
    gsize at = 0;

    if (shape == SHAPE_NUMBER)
        return mix(hash, number_bits(value));
    if (shape == SHAPE_NONE)
        return hash;
    for (; value->len - at >= 8; at += 8)
        hash = mix(hash, load_number(value->data + at, 8));
    if (at < value->len) {
        guint8 rest[8] = { 0 };
        memcpy(rest, value->data + at, value->len - at);
        hash = mix(hash, load_number(rest, 8));
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
