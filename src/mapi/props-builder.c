/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing packed property bags. What the builder writes, tw_props_open() accepts. */
#include "base/error.h"
#include "mapi/props-private.h"
#include "mapi/value-private.h"

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
            tw_props_too_big(&builder->error, "properties");
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
    if (tw_prop_tag_type(value.tag) == TW_PT_OBJECT &&
        !tw_props_check_rows(&value, 1, &builder->error))
        return;
    if (tw_props_is_inline(tw_prop_tag_type(value.tag))) {
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
        tw_props_too_big(&builder->error, "bytes");
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
        if (!tw_props_is_inline(type))
            len += entry->len + (tw_props_bare_size(type) > 0 ? 0u : 4u);
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
        tw_buffer_put_u32le(out, tw_props_is_inline(type) ? entry->word : next);
        if (!tw_props_is_inline(type))
            next += entry->len + (tw_props_bare_size(type) > 0 ? 0u : 4u);
    }
    for (guint i = 0; i < count; i++) {
        const BuilderEntry *entry = &g_array_index(builder->entries, BuilderEntry, i);
        guint type = tw_prop_tag_type(entry->tag);

        if (tw_props_is_inline(type))
            continue;
        if (tw_props_bare_size(type) == 0)
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
        return tw_props_too_big(error, "properties");
    len = finished_len(builder->entries);
    if (len > TW_PROPS_MAX_LEN || !tw_buffer_reserve(out, len))
        return tw_props_too_big(error, "bytes");
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
