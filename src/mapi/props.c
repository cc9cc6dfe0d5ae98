/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading packed property bags; the format is in props.h, the builder in props-builder.c.
 *
 * Invariants:
 *  1. No reader touches a byte outside the bag, checked or not: each compares offset and length with what is there.
 *  2. A checked bag is canonical: ids strictly ascending, values in their order, no gap, no shared byte.
 */
#include "mapi/props.h"

#include "base/cursor.h"
#include "base/error.h"
#include "mapi/props-private.h"
#include "mapi/value-private.h"

static inline guint32
load_u32(const guint8 *p)
{
    guint32 raw;

    memcpy(&raw, p, sizeof raw);
    return GUINT32_FROM_LE(raw);
}

static inline guint16
load_u16(const guint8 *p)
{
    guint16 raw;

    memcpy(&raw, p, sizeof raw);
    return GUINT16_FROM_LE(raw);
}

static inline const guint8 *
entry_at(const TwProps *props, guint index)
{
    return props->data + TW_PROPS_HEADER_LEN + (gsize) index * TW_PROPS_ENTRY_LEN;
}

static gboolean
read_entry(const TwProps *props, const guint8 *entry, TwPropValue *ret)
{
    guint32 tag = load_u32(entry), word = load_u32(entry + 4), room, len;
    guint type = tw_prop_tag_type(tag), size = tw_props_bare_size(type);
    const guint8 *p;

    if (tw_props_is_inline(type)) {
        *ret = tw_number_value(tag, word);
        return TRUE;
    }
    if (word > props->len)
        return FALSE;
    p = props->data + word;
    room = props->len - word;
    if (size > 0) {
        if (size > room)
            return FALSE;
        *ret = size == 8 ? tw_number_value(tag, tw_load_number(p, 8)) : tw_value_bytes(tag, p, 16);
        return TRUE;
    }
    if (room < 4)
        return FALSE;
    len = load_u32(p);
    if (len > room - 4)
        return FALSE;
    p += 4;
    if (type == TW_PT_UNICODE || type == TW_PT_STRING8) {
        if (len == 0 || p[len - 1] != '\0')
            return FALSE;
        len--;
    }
    *ret = tw_value_bytes(tag, p, len);
    return TRUE;
}

/* The entry of an id, or NULL. Halves the range without branches on the data: a lookup in 60 properties is six steps. */
static inline const guint8 *
find_entry(const TwProps *props, guint32 id)
{
    const guint8 *base = props->data + TW_PROPS_HEADER_LEN;
    guint32 key = id << 16, left = props->count;

    if (left == 0)
        return NULL;
    while (left > 1) {
        guint32 half = left / 2;
        base += load_u32(base + (gsize) (half - 1) * TW_PROPS_ENTRY_LEN) < key
                    ? (gsize) half * TW_PROPS_ENTRY_LEN
                    : 0;
        left -= half;
    }
    return load_u32(base) >> 16 == id ? base : NULL;
}

gboolean
tw_props_get(const TwProps *props, guint32 tag, TwPropValue *ret)
{
    const guint8 *entry = find_entry(props, tag >> 16);
    guint32 stored;

    if (entry == NULL)
        return FALSE;
    stored = load_u32(entry);
    return (stored == tag || tw_prop_tag_answers(stored, tag)) && read_entry(props, entry, ret);
}

gboolean
tw_props_get_id(const TwProps *props, guint id, TwPropValue *ret)
{
    const guint8 *entry = find_entry(props, id & 0xffffu);

    return entry != NULL && read_entry(props, entry, ret);
}

gboolean
tw_props_at(const TwProps *props, guint index, TwPropValue *ret)
{
    return index < props->count && read_entry(props, entry_at(props, index), ret);
}

const char *
tw_props_get_text(const TwProps *props, guint32 tag, const char *fallback)
{
    TwPropValue value;

    if (!tw_props_get(props, tag, &value) || tw_prop_tag_is_multi(value.tag) ||
        !tw_prop_tag_is_text(value.tag))
        return fallback;
    return value.text;
}

guint32
tw_props_get_long(const TwProps *props, guint32 tag, guint32 fallback)
{
    TwPropValue value;

    if (!tw_props_get(props, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_LONG)
        return fallback;
    return value.u4;
}

gint64
tw_props_get_i8(const TwProps *props, guint32 tag, gint64 fallback)
{
    TwPropValue value;

    if (!tw_props_get(props, tag, &value))
        return fallback;
    switch (tw_prop_tag_type(value.tag)) {
    case TW_PT_I8:
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
        return value.i8;
    default:
        return fallback;
    }
}

gboolean
tw_props_get_bool(const TwProps *props, guint32 tag, gboolean fallback)
{
    TwPropValue value;

    if (!tw_props_get(props, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_BOOLEAN)
        return fallback;
    return value.truth;
}

guint
tw_props_row_count(const TwProps *props, guint32 tag)
{
    TwPropValue value;

    if (!tw_props_get(props, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_OBJECT)
        return 0;
    return tw_value_count(&value);
}

gboolean
tw_props_value_row(const TwPropValue *object, guint index, TwProps *ret)
{
    TwPropValue row;

    return tw_prop_tag_type(object->tag) == TW_PT_OBJECT && tw_value_item(object, index, &row) &&
           tw_props_open_verified(row.data, row.len, ret, NULL);
}

gboolean
tw_props_get_row(const TwProps *props, guint32 tag, guint index, TwProps *ret)
{
    TwPropValue value;

    return tw_props_get(props, tag, &value) && tw_props_value_row(&value, index, ret);
}

gboolean
tw_props_equal(const TwProps *a, const TwProps *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

guint64
tw_props_hash(const TwProps *props, guint64 seed)
{
    TwPropValue all = tw_value_bytes(tw_prop_tag(1, TW_PT_BINARY), props->data, props->len);

    return tw_value_hash(&all, seed);
}

static gboolean
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "property bag: %s", what);
    return FALSE;
}

gboolean
tw_props_too_big(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "property bag: too many %s", what);
    return FALSE;
}

gboolean
tw_props_open_verified(const guint8 *data, gsize len, TwProps *ret, GError **error)
{
    guint count;

    if (len > TW_PROPS_MAX_LEN)
        return tw_props_too_big(error, "bytes");
    if (len < TW_PROPS_HEADER_LEN)
        return corrupt(error, "cut short");
    if (load_u16(data) != TW_PROPS_VERSION)
        return corrupt(error, "unknown version");
    if (load_u32(data + 4) != len)
        return corrupt(error, "wrong length");
    count = load_u16(data + 2);
    if (count > TW_PROPS_MAX_COUNT)
        return tw_props_too_big(error, "properties");
    if (count > (len - TW_PROPS_HEADER_LEN) / TW_PROPS_ENTRY_LEN)
        return corrupt(error, "more properties than bytes");
    *ret = (TwProps){ .data = data, .len = (guint32) len, .count = count };
    return TRUE;
}

static gboolean check_bag(const TwProps *props, guint depth, GError **error);

gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
tw_props_check_rows(const TwPropValue *object, guint depth, GError **error)
{
    if (depth > TW_PROPS_MAX_DEPTH)
        return tw_props_too_big(error, "bags in bags");
    for (guint i = 0, n = tw_value_count(object); i < n; i++) {
        TwPropValue row;
        TwProps bag;

        if (!tw_value_item(object, i, &row))
            return corrupt(error, "row outside of its list");
        if (!tw_props_open_verified(row.data, row.len, &bag, error) ||
            !check_bag(&bag, depth, error))
            return FALSE;
    }
    return TRUE;
}

/* An entry that holds its number: nothing but the number may be in it. */
static gboolean
check_inline(guint type, guint32 word, GError **error)
{
    guint32 most = type == TW_PT_NULL      ? 0
                   : type == TW_PT_BOOLEAN ? 1
                   : type == TW_PT_I2      ? G_MAXUINT16
                                           : G_MAXUINT32;

    return word <= most || corrupt(error, "number outside of its type");
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
check_bag(const TwProps *props, guint depth, GError **error)
{
    guint32 next = TW_PROPS_HEADER_LEN + props->count * TW_PROPS_ENTRY_LEN;
    guint previous = 0;

    for (guint i = 0; i < props->count; i++) {
        const guint8 *entry = entry_at(props, i);
        guint32 tag = load_u32(entry), word = load_u32(entry + 4);
        guint type = tw_prop_tag_type(tag);
        TwPropValue value;

        if (!tw_prop_tag_is_storable(tag))
            return corrupt(error, "a tag that no value can have");
        if (tw_prop_tag_id(tag) <= previous)
            return corrupt(error, "ids out of order");
        previous = tw_prop_tag_id(tag);
        if (tw_props_is_inline(type)) {
            if (!check_inline(type, word, error))
                return FALSE;
            continue;
        }
        if (word != next || !read_entry(props, entry, &value))
            return corrupt(error, "value outside of its place");
        if (!tw_value_check(&value, error))
            return FALSE;
        if (type == TW_PT_OBJECT && !tw_props_check_rows(&value, depth + 1, error))
            return FALSE;
        next += tw_props_bare_size(type) > 0 ? tw_props_bare_size(type)
                                             : 4 + (guint32) tw_value_packed_len(&value);
    }
    return next == props->len || corrupt(error, "bytes after the last value");
}

gboolean
tw_props_open(const guint8 *data, gsize len, TwProps *ret, GError **error)
{
    TwProps props;

    if (!tw_props_open_verified(data, len, &props, error) || !check_bag(&props, 0, error))
        return FALSE;
    *ret = props;
    return TRUE;
}

gboolean
tw_props_open_bytes(GBytes *bytes, TwProps *ret, GError **error)
{
    const guint8 *data;
    gsize len;

    if (bytes == NULL) {
        *ret = TW_PROPS_EMPTY;
        return TRUE;
    }
    data = g_bytes_get_data(bytes, &len);
    return tw_props_open(data, len, ret, error);
}
