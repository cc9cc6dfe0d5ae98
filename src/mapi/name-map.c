/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "mapi/named.h"

gboolean
tw_name_map_get_ids(TwNameMap *map,
                    const TwNamedProp *names,
                    gsize count,
                    gboolean create,
                    guint16 *ret_ids,
                    GError **error)
{
    g_autofree const TwNamedProp **asked = g_new(const TwNamedProp *, MAX(count, 1));
    g_autofree guint16 *ids = g_new0(guint16, MAX(count, 1));
    gsize asked_count = 0, answer = 0;

    for (gsize i = 0; i < count; i++) {
        if (tw_named_prop_fixed_id(&names[i]) == 0)
            asked[asked_count++] = &names[i];
    }
    if (asked_count > 0 && !map->funcs->get_ids(map, asked, asked_count, create, ids, error))
        return FALSE;
    for (gsize i = 0; i < count; i++) {
        guint16 id = tw_named_prop_fixed_id(&names[i]);
        ret_ids[i] = id != 0 ? id : ids[answer++];
    }
    return TRUE;
}

gboolean
tw_name_map_get_name(TwNameMap *map, guint16 id, TwNamedProp *ret_name, GError **error)
{
    const TwNamedProp *name = NULL;

    if (tw_named_prop_from_fixed_id(id, ret_name))
        return TRUE;
    if (!map->funcs->get_names(map, &id, 1, &name, error))
        return FALSE;
    if (name == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no name for property id 0x%04x", id);
        return FALSE;
    }
    *ret_name = *name;
    return TRUE;
}

void
tw_name_map_free(TwNameMap *map)
{
    if (map != NULL)
        map->funcs->destroy(map);
}

/* The map in memory: names in the order of their numbers, and a table the other way. */
typedef struct {
    TwNameMap map;
    GPtrArray *names;    /* TwNamedProp, owned; number 1 is at 0 */
    GHashTable *numbers; /* TwNamedProp, borrowed from names -> number */
} MemoryMap;

static guint
memory_number(MemoryMap *m, const TwNamedProp *name, gboolean create)
{
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(m->numbers, name));
    TwNamedProp *copy;

    if (number != 0 || !create || m->names->len >= TW_NAMED_MAX_NUMBER)
        return number;
    copy = tw_named_prop_copy(name);
    g_ptr_array_add(m->names, copy);
    g_hash_table_insert(m->numbers, copy, GUINT_TO_POINTER(m->names->len));
    return m->names->len;
}

static gboolean
memory_get_ids(TwNameMap *map,
               const TwNamedProp *const *names,
               gsize count,
               gboolean create,
               guint16 *ret_ids,
               GError **error)
{
    for (gsize i = 0; i < count; i++) {
        guint number;
        if (create && !tw_named_prop_check(names[i], error))
            return FALSE;
        number = memory_number((MemoryMap *) map, names[i], create);
        if (number == 0 && create) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "all ids of named properties are taken");
            return FALSE;
        }
        ret_ids[i] = number != 0 ? (guint16) (TW_NAMED_FIRST_ID + number) : 0;
    }
    return TRUE;
}

static gboolean
memory_get_names(TwNameMap *map,
                 const guint16 *ids,
                 gsize count,
                 const TwNamedProp **ret_names,
                 G_GNUC_UNUSED GError **error)
{
    MemoryMap *m = (MemoryMap *) map;

    for (gsize i = 0; i < count; i++) {
        gboolean known =
            ids[i] > TW_NAMED_FIRST_ID && ids[i] - TW_NAMED_FIRST_ID <= (int) m->names->len;
        ret_names[i] = known ? g_ptr_array_index(m->names, ids[i] - TW_NAMED_FIRST_ID - 1) : NULL;
    }
    return TRUE;
}

static void
memory_destroy(TwNameMap *map)
{
    MemoryMap *m = (MemoryMap *) map;

    g_hash_table_unref(m->numbers);
    g_ptr_array_unref(m->names);
    g_free(m);
}

static const TwNameMapFuncs memory_funcs = {
    .get_ids = memory_get_ids,
    .get_names = memory_get_names,
    .destroy = memory_destroy,
};

TwNameMap *
tw_name_map_new(void)
{
    MemoryMap *m = g_new0(MemoryMap, 1);

    m->map.funcs = &memory_funcs;
    m->names = g_ptr_array_new_with_free_func(g_free);
    m->numbers = g_hash_table_new(tw_named_prop_hash, tw_named_prop_equal);
    return &m->map;
}
