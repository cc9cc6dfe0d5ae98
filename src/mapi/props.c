/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading and writing packed property bags; the format is in props.h.
 *
 * Invariants:
 *  1. No reader touches a byte outside the bag, checked or not: each compares offset and length with what is there.
 *  2. A checked bag is canonical: ids strictly ascending, values in their order, no gap, no shared byte.
 *  3. What the builder writes, tw_props_open() accepts.
 */
#include "mapi/props.h"

#include "base/cursor.h"
#include "base/error.h"
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

/* Types whose number is the word of the entry itself. */
static inline gboolean
is_inline(guint type)
{
    switch (type) {
    case TW_PT_NULL:
    case TW_PT_I2:
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_ERROR:
    case TW_PT_BOOLEAN:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Bytes of a value that is kept bare; 0 for one with a length before it. */
static inline guint
bare_size(guint type)
{
    switch (type) {
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return 8;
    case TW_PT_CLSID:
        return 16;
    default:
        return 0;
    }
}

static gboolean
read_entry(const TwProps *props, const guint8 *entry, TwPropValue *ret)
{
    guint32 tag = load_u32(entry), word = load_u32(entry + 4), room, len;
    guint type = tw_prop_tag_type(tag), size = bare_size(type);
    const guint8 *p;

    if (is_inline(type)) {
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

static gboolean
too_big(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "property bag: too many %s", what);
    return FALSE;
}

gboolean
tw_props_open_verified(const guint8 *data, gsize len, TwProps *ret, GError **error)
{
    guint count;

    if (len > TW_PROPS_MAX_LEN)
        return too_big(error, "bytes");
    if (len < TW_PROPS_HEADER_LEN)
        return corrupt(error, "cut short");
    if (load_u16(data) != TW_PROPS_VERSION)
        return corrupt(error, "unknown version");
    if (load_u32(data + 4) != len)
        return corrupt(error, "wrong length");
    count = load_u16(data + 2);
    if (count > TW_PROPS_MAX_COUNT)
        return too_big(error, "properties");
    if (count > (len - TW_PROPS_HEADER_LEN) / TW_PROPS_ENTRY_LEN)
        return corrupt(error, "more properties than bytes");
    *ret = (TwProps){ .data = data, .len = (guint32) len, .count = count };
    return TRUE;
}

static gboolean check_bag(const TwProps *props, guint depth, GError **error);

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
check_rows(const TwPropValue *object, guint depth, GError **error)
{
    if (depth > TW_PROPS_MAX_DEPTH)
        return too_big(error, "bags in bags");
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
        if (is_inline(type)) {
            if (!check_inline(type, word, error))
                return FALSE;
            continue;
        }
        if (word != next || !read_entry(props, entry, &value))
            return corrupt(error, "value outside of its place");
        if (!tw_value_check(&value, error))
            return FALSE;
        if (type == TW_PT_OBJECT && !check_rows(&value, depth + 1, error))
            return FALSE;
        next += bare_size(type) > 0 ? bare_size(type) : 4 + (guint32) tw_value_packed_len(&value);
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

/* One call of set or remove. The packed value is values[at .. at + len); a removed id has type UNSPECIFIED. */
typedef struct {
    guint32 tag, word; /* word: the number of an inline type */
    guint32 at, len;
} BuilderEntry;

/* Garbage of replaced values counts until it is tidied away, so there is room for as much of it as for values. */
enum {
    BUILDER_MAX_VALUES = 2 * TW_PROPS_MAX_LEN,
    BUILDER_SMALLEST_TIDY = 64,
};

void
tw_props_builder_init(TwPropsBuilder *builder)
{
    *builder = (TwPropsBuilder){ .values = TW_BUFFER_INIT(BUILDER_MAX_VALUES), .sorted = TRUE };
}

void
tw_props_builder_clear(TwPropsBuilder *builder)
{
    g_clear_pointer(&builder->entries, g_array_unref);
    tw_buffer_clear(&builder->values);
    g_clear_error(&builder->error);
    builder->values_live = 0;
    builder->entries_live = 0;
    builder->sorted = TRUE;
}

static int
compare_ids(gconstpointer a, gconstpointer b)
{
    guint32 left = ((const BuilderEntry *) a)->tag >> 16,
            right = ((const BuilderEntry *) b)->tag >> 16;

    return (left > right) - (left < right);
}

/* Sorts the entries and keeps the last of each id. The sort is stable (GLib promises it), so order of arrival decides. */
static void
tidy_entries(TwPropsBuilder *builder)
{
    guint kept = 0;

    if (builder->sorted)
        return;
    g_array_sort(builder->entries, compare_ids);
    for (guint i = 0; i < builder->entries->len; i++) {
        const BuilderEntry *entry = &g_array_index(builder->entries, BuilderEntry, i);
        if (i + 1 < builder->entries->len && compare_ids(entry, entry + 1) == 0)
            continue;
        if (tw_prop_tag_type(entry->tag) == TW_PT_UNSPECIFIED)
            continue;
        g_array_index(builder->entries, BuilderEntry, kept++) = *entry;
    }
    g_array_set_size(builder->entries, kept);
    builder->entries_live = kept;
    builder->sorted = TRUE;
}

static void
tidy_values(TwPropsBuilder *builder)
{
    TwBuffer values = TW_BUFFER_INIT(BUILDER_MAX_VALUES);

    tidy_entries(builder);
    for (guint i = 0; i < builder->entries->len; i++) {
        BuilderEntry *entry = &g_array_index(builder->entries, BuilderEntry, i);
        guint32 at = (guint32) values.len;

        if (entry->len > 0)
            tw_buffer_put(&values, builder->values.data + entry->at, entry->len);
        entry->at = at;
    }
    tw_buffer_clear(&builder->values);
    builder->values = values;
    builder->values_live = values.len;
}

static void
append_entry(TwPropsBuilder *builder, BuilderEntry entry)
{
    GArray *entries = builder->entries;

    if (entries == NULL)
        entries = builder->entries = g_array_sized_new(FALSE, FALSE, sizeof(BuilderEntry), 16);
    if (builder->sorted && entries->len > 0 &&
        compare_ids(&g_array_index(entries, BuilderEntry, entries->len - 1), &entry) >= 0)
        builder->sorted = FALSE;
    if (tw_prop_tag_type(entry.tag) == TW_PT_UNSPECIFIED)
        builder->sorted = FALSE;
    g_array_append_val(entries, entry);
    /* replaced entries are forgotten now and then, so that their number stays in bounds */
    if (entries->len >= 2 * (builder->entries_live + BUILDER_SMALLEST_TIDY)) {
        tidy_entries(builder);
        builder->entries_live = entries->len;
        if (entries->len > TW_PROPS_MAX_COUNT)
            too_big(&builder->error, "properties");
    }
}

/* The word of an inline value. */
static guint32
inline_word(const TwPropValue *value)
{
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_NULL:
        return 0;
    case TW_PT_I2:
        return (guint16) value->i2;
    case TW_PT_BOOLEAN:
        return value->truth != FALSE;
    default:
        return value->u4; /* LONG and ERROR; R4 lies in the same four bytes */
    }
}

void
tw_props_builder_set(TwPropsBuilder *builder, TwPropValue value)
{
    BuilderEntry entry = { .tag = value.tag };
    gsize len;

    if (builder->error != NULL || !tw_value_check(&value, &builder->error))
        return;
    if (tw_prop_tag_type(value.tag) == TW_PT_OBJECT && !check_rows(&value, 1, &builder->error))
        return;
    if (is_inline(tw_prop_tag_type(value.tag))) {
        entry.word = inline_word(&value);
        append_entry(builder, entry);
        return;
    }
    len = tw_value_packed_len(&value);
    if (len > BUILDER_MAX_VALUES - builder->values.len &&
        builder->values.len / 2 >= builder->values_live)
        tidy_values(builder);
    entry.at = (guint32) builder->values.len;
    entry.len = (guint32) len;
    tw_value_pack(&value, &builder->values);
    if (tw_buffer_failed(&builder->values)) {
        too_big(&builder->error, "bytes");
        return;
    }
    append_entry(builder, entry);
}

void
tw_props_builder_remove(TwPropsBuilder *builder, guint32 tag)
{
    if (builder->error == NULL)
        append_entry(builder,
                     (BuilderEntry){ .tag = tw_prop_tag_with_type(tag, TW_PT_UNSPECIFIED) });
}

void
tw_props_builder_merge(TwPropsBuilder *builder, const TwProps *props)
{
    TwPropValue value;

    for (guint i = 0; tw_props_at(props, i, &value); i++)
        tw_props_builder_set(builder, value);
}

/* Bytes of the finished bag. */
static gsize
finished_len(const GArray *entries)
{
    gsize len = TW_PROPS_HEADER_LEN;

    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const BuilderEntry *entry = &g_array_index(entries, BuilderEntry, i);
        guint type = tw_prop_tag_type(entry->tag);

        len += TW_PROPS_ENTRY_LEN;
        if (!is_inline(type))
            len += entry->len + (bare_size(type) > 0 ? 0u : 4u);
    }
    return len;
}

static void
write_bag(const TwPropsBuilder *builder, gsize len, TwBuffer *out)
{
    guint count = builder->entries == NULL ? 0 : builder->entries->len;
    guint32 next = TW_PROPS_HEADER_LEN + count * TW_PROPS_ENTRY_LEN;

    tw_buffer_put_u16le(out, TW_PROPS_VERSION);
    tw_buffer_put_u16le(out, (guint16) count);
    tw_buffer_put_u32le(out, (guint32) len);
    for (guint i = 0; i < count; i++) {
        const BuilderEntry *entry = &g_array_index(builder->entries, BuilderEntry, i);
        guint type = tw_prop_tag_type(entry->tag);

        tw_buffer_put_u32le(out, entry->tag);
        tw_buffer_put_u32le(out, is_inline(type) ? entry->word : next);
        if (!is_inline(type))
            next += entry->len + (bare_size(type) > 0 ? 0u : 4u);
    }
    for (guint i = 0; i < count; i++) {
        const BuilderEntry *entry = &g_array_index(builder->entries, BuilderEntry, i);
        guint type = tw_prop_tag_type(entry->tag);

        if (is_inline(type))
            continue;
        if (bare_size(type) == 0)
            tw_buffer_put_u32le(out, entry->len);
        if (entry->len > 0)
            tw_buffer_put(out, builder->values.data + entry->at, entry->len);
    }
}

gboolean
tw_props_builder_finish(TwPropsBuilder *builder, TwBuffer *out, GError **error)
{
    gsize len;

    if (builder->error != NULL) {
        g_propagate_error(error, g_error_copy(builder->error));
        return FALSE;
    }
    tidy_entries(builder);
    if (builder->entries != NULL && builder->entries->len > TW_PROPS_MAX_COUNT)
        return too_big(error, "properties");
    len = finished_len(builder->entries);
    if (len > TW_PROPS_MAX_LEN || !tw_buffer_reserve(out, len))
        return too_big(error, "bytes");
    write_bag(builder, len, out);
    return TRUE;
}

GBytes *
tw_props_builder_finish_bytes(TwPropsBuilder *builder, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_PROPS_MAX_LEN);

    if (!tw_props_builder_finish(builder, &out, error))
        return NULL;
    return tw_buffer_steal_bytes(&out, error);
}
