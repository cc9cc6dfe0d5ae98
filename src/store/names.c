/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The server's named properties, all in memory: at most 31,485. A name that has no id is written to server.db first; ids and
 * names never change, so what was once read stays right.
 */
#include "base/error.h"
#include "store/store-private.h"

struct TwNames {
    TwNameMap map; /* first: what callers hold */
    TwEngine *engine;
    TwLock lock;      /* guards the two tables */
    GHashTable *ids;  /* TwNamedProp, owned -> id */
    GPtrArray *by_id; /* of id - TW_NAMED_FIRST_ID, borrowed from ids */
    gint categories;  /* atomic: the id of PidNameKeywords; 0: it has none yet */
};

typedef struct {
    TwNames *names;
    const TwNamedProp *const *wanted;
    gsize count;
    GArray *added; /* TwNamedRow */
    guint16 after;
} Add;

static void
note(TwNames *names, TwNamedRow *row)
{
    TwNamedProp categories = tw_known_name(TW_PidNameKeywords);
    guint at = row->id - (guint) TW_NAMED_FIRST_ID;

    if (g_hash_table_contains(names->ids, row->name)) {
        g_free(row->name);
        return;
    }
    if (names->by_id->len <= at)
        g_ptr_array_set_size(names->by_id, (gint) at + 1);
    names->by_id->pdata[at] = row->name;
    if (tw_named_prop_equal(row->name, &categories))
        g_atomic_int_set(&names->categories, row->id);
    g_hash_table_insert(names->ids, row->name, GUINT_TO_POINTER(row->id));
}

/* Reads what others added since, then adds what is still not there. */
static gboolean
add_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Add *add = data;
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(tw_named_prop_hash, tw_named_prop_equal, g_free, NULL);
    g_autoptr(GArray) rows = tw_sql_named_list(tx, TW_NAMED_FIRST_ID, error);

    if (rows == NULL)
        return FALSE;
    for (guint i = 0; i < rows->len; i++)
        g_hash_table_add(seen, g_array_index(rows, TwNamedRow, i).name);
    for (gsize i = 0; i < add->count; i++) {
        guint16 id;
        if (g_hash_table_contains(seen, add->wanted[i]))
            continue;
        if (!tw_sql_named_add(tx, add->wanted[i], add->names->engine->config.limits.named_props,
                              &id, error))
            return FALSE;
        g_hash_table_add(seen, tw_named_prop_copy(add->wanted[i]));
    }
    return TRUE;
}

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Add *add = data;

    add->added = tw_sql_named_list(tx, add->after, error);
    return add->added != NULL;
}

static gboolean
load(TwNames *names, GError **error)
{
    Add add = { .names = names, .after = TW_NAMED_FIRST_ID };

    if (!tw_db_read(names->engine->server, NULL, load_tx, &add, error))
        return FALSE;
    tw_lock(&names->lock);
    for (guint i = 0; i < add.added->len; i++)
        note(names, &g_array_index(add.added, TwNamedRow, i));
    tw_unlock(&names->lock);
    g_array_unref(add.added);
    return TRUE;
}

/* FALSE when some has no id. */
static gboolean
look_up(TwNames *names, const TwNamedProp *const *wanted, gsize count, guint16 *ret_ids)
{
    gboolean all = TRUE;
    TW_LOCK_SCOPE(&names->lock);

    for (gsize i = 0; i < count; i++) {
        ret_ids[i] = (guint16) GPOINTER_TO_UINT(g_hash_table_lookup(names->ids, wanted[i]));
        all = all && ret_ids[i] != 0;
    }
    return all;
}

static gboolean
get_ids(TwNameMap *map,
        const TwNamedProp *const *names,
        gsize count,
        gboolean create,
        guint16 *ret_ids,
        GError **error)
{
    TwNames *self = (TwNames *) map;
    g_autofree guint16 *ids = g_new0(guint16, count + 1);
    Add add = { .names = self, .wanted = names, .count = count };

    if (!look_up(self, names, count, ids) && create) {
        if (!tw_db_write(self->engine->server, add_tx, &add, error) || !load(self, error))
            return FALSE;
        look_up(self, names, count, ids);
    }
    for (gsize i = 0; i < count; i++)
        ret_ids[i] = ids[i];
    return TRUE;
}

static gboolean
get_names(TwNameMap *map,
          const guint16 *ids,
          gsize count,
          const TwNamedProp **ret_names,
          G_GNUC_UNUSED GError **error)
{
    TwNames *self = (TwNames *) map;
    TW_LOCK_SCOPE(&self->lock);

    for (gsize i = 0; i < count; i++) {
        gsize at = (gsize) (ids[i] - TW_NAMED_FIRST_ID);
        gboolean there = ids[i] > TW_NAMED_FIRST_ID && at < self->by_id->len;
        ret_names[i] = there ? self->by_id->pdata[at] : NULL;
    }
    return TRUE;
}

static const TwNameMapFuncs funcs = { .get_ids = get_ids, .get_names = get_names, .destroy = NULL };

TwNames *
tw_names_new(TwEngine *engine, GError **error)
{
    TwNames *names = g_new0(TwNames, 1);

    names->map.funcs = &funcs;
    names->engine = engine;
    tw_lock_init(&names->lock);
    names->ids = g_hash_table_new_full(tw_named_prop_hash, tw_named_prop_equal, g_free, NULL);
    names->by_id = g_ptr_array_new();
    if (load(names, error))
        return names;
    tw_names_free(names);
    return NULL;
}

void
tw_names_free(TwNames *names)
{
    if (names == NULL)
        return;
    g_hash_table_unref(names->ids);
    g_ptr_array_unref(names->by_id);
    tw_lock_clear(&names->lock);
    g_free(names);
}

guint16
tw_names_categories(TwNames *names)
{
    return (guint16) g_atomic_int_get(&names->categories);
}

TwNameMap *
tw_names_map(TwNames *names)
{
    return &names->map;
}
