/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Kinds of fields as bytes: properties and their names, and objects of the directory. */
#include <string.h>

#include "mapi/wire.h"
#include "session/pack-private.h"

void
tw_pack_kind_prop_changes(gconstpointer field, TwBuffer *out)
{
    const TwPropChanges *changes = field;

    tw_pack_numbers(changes->removed, changes->removed_count, out);
    tw_pack_count(out, changes->value_count);
    for (guint i = 0; i < changes->value_count; i++)
        tw_pack_value(&changes->values[i], out);
}

gboolean
tw_unpack_values(
    TwUnpacker *in, gboolean checked, guint32 count, TwPropValue *ret_values, GError **error)
{
    for (guint32 i = 0; i < count; i++) {
        if (!tw_unpack_value(in, checked, &ret_values[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_unpack_kind_prop_changes(TwUnpacker *in, gpointer field, GError **error)
{
    TwPropChanges *changes = field;
    TwPropValue *values;
    guint32 count;

    if (!tw_unpack_kept_numbers(in, &changes->removed, &changes->removed_count, error) ||
        !tw_unpack_count(in, TW_PACK_LEAST_VALUE, &count, error))
        return FALSE;
    values = tw_unpack_keep(in, g_new0(TwPropValue, MAX(count, 1)), g_free);
    changes->values = values;
    changes->value_count = count;
    return tw_unpack_values(in, TRUE, count, values, error);
}

void
tw_pack_kind_named_props(gconstpointer field, TwBuffer *out)
{
    const TwNamedProps *names = field;

    tw_pack_count(out, names->count);
    for (guint i = 0; i < names->count; i++) {
        const TwNamedProp *name = names->items[i];
        tw_buffer_put(out, name->set.bytes, TW_GUID_LEN);
        tw_pack_in_kind(TW_IN_TEXT)->pack(&name->name, out);
        tw_buffer_put_u32le(out, name->lid);
    }
}

enum {
    LEAST_NAME = TW_GUID_LEN + 4 + 4
};

static gboolean
take_name(TwUnpacker *in, TwNamedProp *ret, GError **error)
{
    return tw_pack_in_kind(TW_IN_GUID)->unpack(in, &ret->set, error) &&
           tw_pack_in_kind(TW_IN_TEXT)->unpack(in, &ret->name, error) &&
           tw_pack_in_kind(TW_IN_U32)->unpack(in, &ret->lid, error);
}

gboolean
tw_unpack_kind_named_props(TwUnpacker *in, gpointer field, GError **error)
{
    TwNamedProps *names = field;
    const TwNamedProp **items;
    TwNamedProp *memory;
    guint32 count;

    if (!tw_unpack_count(in, LEAST_NAME, &count, error))
        return FALSE;
    items = tw_unpack_keep(in, g_new0(const TwNamedProp *, MAX(count, 1)), g_free);
    memory = tw_unpack_keep(in, g_new0(TwNamedProp, MAX(count, 1)), g_free);
    names->items = items;
    names->count = count;
    for (guint32 i = 0; i < count; i++) {
        items[i] = &memory[i];
        if (!take_name(in, &memory[i], error))
            return FALSE;
    }
    return TRUE;
}

void
tw_pack_kind_named_list(gconstpointer field, TwBuffer *out)
{
    const GPtrArray *names = *(const GPtrArray *const *) field;

    tw_buffer_put_u8(out, names != NULL);
    if (names == NULL)
        return;
    tw_pack_count(out, names->len);
    for (guint i = 0; i < names->len; i++) {
        const TwNamedProp *name = g_ptr_array_index(names, i);
        tw_buffer_put_u8(out, name != NULL);
        if (name == NULL)
            continue;
        tw_buffer_put(out, name->set.bytes, TW_GUID_LEN);
        tw_pack_in_kind(TW_IN_TEXT)->pack(&name->name, out);
        tw_buffer_put_u32le(out, name->lid);
    }
}

static gboolean
take_listed_name(TwUnpacker *in, GPtrArray *names, GError **error)
{
    TwNamedProp name = { 0 };
    gboolean there = FALSE, ok;

    if (!tw_unpack_bool(in, &there, error))
        return FALSE;
    ok = !there || take_name(in, &name, error);
    if (ok)
        g_ptr_array_add(names, there ? tw_named_prop_copy(&name) : NULL);
    g_free((char *) (guintptr) name.name); /* NOLINT: ours */
    return ok;
}

gboolean
tw_unpack_kind_named_list(TwUnpacker *in, gpointer field, GError **error)
{
    GPtrArray **names = field;
    gboolean there = FALSE;
    guint32 count;

    if (!tw_unpack_bool(in, &there, error) || (there && !tw_unpack_count(in, 1, &count, error)))
        return FALSE;
    if (!there)
        return TRUE;
    *names = g_ptr_array_new_with_free_func(g_free);
    for (guint32 i = 0; i < count; i++) {
        if (!take_listed_name(in, *names, error))
            return FALSE;
    }
    return TRUE;
}

static void
unref_entry(gpointer entry)
{
    tw_directory_object_unref(entry);
}

void
tw_pack_kind_entries(gconstpointer field, TwBuffer *out)
{
    const GPtrArray *entries = *(const GPtrArray *const *) field;

    tw_buffer_put_u8(out, entries != NULL);
    if (entries == NULL)
        return;
    tw_pack_count(out, entries->len);
    for (guint i = 0; i < entries->len; i++)
        tw_pack_entry(g_ptr_array_index(entries, i), out);
}

gboolean
tw_unpack_kind_entries(TwUnpacker *in, gpointer field, GError **error)
{
    GPtrArray **entries = field;
    gboolean there = FALSE;
    guint32 count;

    if (!tw_unpack_bool(in, &there, error) || (there && !tw_unpack_count(in, 1, &count, error)))
        return FALSE;
    if (!there)
        return TRUE;
    *entries = g_ptr_array_new_with_free_func(unref_entry);
    for (guint32 i = 0; i < count; i++) {
        TwDirectoryObject *entry = NULL;
        if (!tw_unpack_entry(in, &entry, error))
            return FALSE;
        g_ptr_array_add(*entries, entry);
    }
    return TRUE;
}

/* An object's values of a request. */
void
tw_pack_kind_object_values(gconstpointer field, TwBuffer *out)
{
    tw_pack_entry(*(const TwDirectoryObject *const *) field, out);
}

gboolean
tw_unpack_kind_object_values(TwUnpacker *in, gpointer field, GError **error)
{
    TwDirectoryObject *entry = NULL;

    if (!tw_unpack_entry(in, &entry, error))
        return FALSE;
    if (entry != NULL)
        tw_unpack_keep(in, entry, unref_entry);
    *(const TwDirectoryObject **) field = entry;
    return TRUE;
}
