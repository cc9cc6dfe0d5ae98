/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids of named properties and time zones: asked for once, kept by the door. */
#include "dav/dav-private.h"

#include <string.h>

#include "groupware/zone-files.h"

enum {
    MOST_NAMES = 4096, /* names that are kept; the codec has a few hundred */
};

typedef struct {
    TwNameMap base;
    TwDav *dav;
    TwSession *session;
    GPtrArray *kept; /* names that were given out */
} Map;

static gboolean
look_up(TwDav *dav, const TwNamedProp *name, guint16 *ret)
{
    gpointer id;
    gboolean found;

    tw_lock(&dav->lock);
    found = g_hash_table_lookup_extended(dav->names, name, NULL, &id);
    tw_unlock(&dav->lock);
    if (found)
        *ret = (guint16) GPOINTER_TO_UINT(id);
    return found;
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

    for (gsize i = 0; i < count; i++) {
        g_auto(TwNamesToIdsArgs) args = { .names = { &names[i], 1 }, .create = create };
        if (look_up(map->dav, names[i], &ret_ids[i]))
            continue;
        if (!tw_session_names_to_ids(map->session, &args, error))
            return FALSE;
        ret_ids[i] = (guint16) g_array_index(args.ids, guint32, 0);
        tw_lock(&map->dav->lock);
        if (ret_ids[i] != 0 && g_hash_table_size(map->dav->names) < MOST_NAMES)
            g_hash_table_insert(map->dav->names, tw_named_prop_copy(names[i]),
                                GUINT_TO_POINTER((guint) ret_ids[i]));
        tw_unlock(&map->dav->lock);
    }
    return TRUE;
}

static gboolean
get_names(
    TwNameMap *base, const guint16 *ids, gsize count, const TwNamedProp **ret_names, GError **error)
{
    Map *map = (Map *) base;

    for (gsize i = 0; i < count; i++) {
        guint32 id = ids[i];
        g_auto(TwIdsToNamesArgs) args = { .ids = { &id, 1 } };
        if (!tw_session_ids_to_names(map->session, &args, error))
            return FALSE;
        ret_names[i] = NULL;
        if (args.names->pdata[0] == NULL)
            continue;
        ret_names[i] = tw_named_prop_copy(args.names->pdata[0]);
        g_ptr_array_add(map->kept, (gpointer) (guintptr) ret_names[i]); /* NOLINT: it is ours */
    }
    return TRUE;
}

static void
destroy(TwNameMap *base)
{
    Map *map = (Map *) base;

    g_ptr_array_unref(map->kept);
    g_free(map);
}

TwNameMap *
tw_dav_names_new(TwDav *dav, TwSession *session)
{
    static const TwNameMapFuncs funcs = { get_ids, get_names, destroy };
    Map *map = g_new0(Map, 1);

    map->base.funcs = &funcs;
    map->dav = dav;
    map->session = session;
    map->kept = g_ptr_array_new_with_free_func(g_free);
    return &map->base;
}

guint32
tw_dav_named_tag(TwDavCall *call, TwKnownName which)
{
    TwNamedProp name = tw_known_name(which);
    guint16 id = 0;

    if (!tw_name_map_get_ids(call->names, &name, 1, TRUE, &id, NULL) || id == 0)
        return 0;
    return tw_prop_tag(id, tw_known_name_type(which));
}

TwTimeZone *
tw_dav_load_zone(gpointer data, const char *name)
{
    TwDav *dav = data;
    TwTimeZone *zone;
    gpointer known;

    tw_lock(&dav->lock);
    if (g_hash_table_lookup_extended(dav->zones, name, NULL, &known)) {
        zone = known != NULL ? tw_timezone_ref(known) : NULL;
        tw_unlock(&dav->lock);
        return zone;
    }
    tw_unlock(&dav->lock);
    zone = tw_zone_file_read(NULL, name);
    tw_lock(&dav->lock);
    /* a name that is none is asked for seldom; real ones are some hundreds */
    if (zone != NULL)
        g_hash_table_insert(dav->zones, g_strdup(name), tw_timezone_ref(zone));
    tw_unlock(&dav->lock);
    return zone;
}
