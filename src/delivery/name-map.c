/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/name-map.h"

#include "delivery/delivery-private.h"

typedef struct {
    TwNameMap base;
    TwDelivery *delivery;
    TwLock lock;       /* guards what follows; a leaf */
    GHashTable *ids;   /* TwNamedProp, owned -> id */
    GHashTable *names; /* id -> TwNamedProp, owned */
} Map;

static gboolean
look_up(Map *map, const TwNamedProp *name, guint16 *ret)
{
    gpointer id;
    gboolean found;

    tw_lock(&map->lock);
    found = g_hash_table_lookup_extended(map->ids, name, NULL, &id);
    tw_unlock(&map->lock);
    if (found)
        *ret = (guint16) GPOINTER_TO_UINT(id);
    return found;
}

static void
keep(Map *map, const TwNamedProp *name, guint16 id)
{
    tw_lock(&map->lock);
    if (id != 0 && g_hash_table_size(map->ids) < TW_DELIVERY_MOST_NAMES)
        g_hash_table_insert(map->ids, tw_named_prop_copy(name), GUINT_TO_POINTER((guint) id));
    tw_unlock(&map->lock);
}

static gboolean
get_ids(TwNameMap *base,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    Map *map = (Map *) base;
    g_autofree const TwNamedProp **unknown = g_new(const TwNamedProp *, MAX(count, 1));
    g_autofree gsize *places = g_new(gsize, MAX(count, 1));
    g_auto(TwNamesToIdsArgs) args = { .names = { unknown, 0 }, .create = create };

    for (gsize i = 0; i < count; i++) {
        if (look_up(map, names[i], &ret_ids[i]))
            continue;
        places[args.names.count] = i;
        unknown[args.names.count++] = names[i];
    }
    if (args.names.count == 0)
        return TRUE;
    if (!tw_delivery_call(map->delivery, TW_AS_SYSTEM, TW_OP_NAMES_TO_IDS, &args, error))
        return FALSE;
    for (guint i = 0; i < args.names.count; i++) {
        ret_ids[places[i]] = (guint16) g_array_index(args.ids, guint32, i);
        keep(map, unknown[i], ret_ids[places[i]]);
    }
    return TRUE;
}

static gboolean
get_name(Map *map, guint32 id, const TwNamedProp **ret, GError **error)
{
    g_auto(TwIdsToNamesArgs) args = { .ids = { &id, 1 } };
    TwNamedProp *name;

    tw_lock(&map->lock);
    *ret = g_hash_table_lookup(map->names, GUINT_TO_POINTER(id));
    tw_unlock(&map->lock);
    if (*ret != NULL)
        return TRUE;
    if (!tw_delivery_call(map->delivery, TW_AS_SYSTEM, TW_OP_IDS_TO_NAMES, &args, error))
        return FALSE;
    if (args.names->pdata[0] == NULL)
        return TRUE;
    tw_lock(&map->lock);
    name = g_hash_table_lookup(map->names, GUINT_TO_POINTER(id)); /* another may have been faster */
    if (name == NULL) {
        name = tw_named_prop_copy(args.names->pdata[0]);
        g_hash_table_insert(map->names, GUINT_TO_POINTER(id), name);
    }
    *ret = name;
    tw_unlock(&map->lock);
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *base, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    for (gsize i = 0; i < count; i++) {
        if (!get_name((Map *) base, ids[i], &ret_names[i], error))
            return FALSE;
    }
    return TRUE;
}

static void
destroy(TwNameMap *base)
{
    Map *map = (Map *) base;

    g_hash_table_unref(map->ids);
    g_hash_table_unref(map->names);
    tw_lock_clear(&map->lock);
    g_free(map);
}

TwNameMap *
tw_delivery_name_map_new(TwDelivery *delivery)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, destroy };
    Map *map = g_new0(Map, 1);

    map->base.funcs = &funcs;
    map->delivery = delivery;
    tw_lock_init(&map->lock);
    map->ids = g_hash_table_new_full(tw_named_prop_hash, tw_named_prop_equal, g_free, NULL);
    map->names = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    return &map->base;
}
