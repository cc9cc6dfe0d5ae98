/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations on tables. A table belongs to the session that opened it and is named by a number of that session's. Each
 * call asks for the right on its folder again; when what the session may see changed since, the rows are made anew.
 *
 * One call at a time works on a table; another one waits (the mutex of the table is held across its reads by design: it
 * guards a cursor that the client itself moves).
 */
#include "base/error.h"
#include "session/ops-private.h"

struct TwLocalTable {
    gint refs;
    TwTable *table;
    TwGuid store;
    guint32 folder;
    TwOpNeed need;
    GMutex busy;        /* one call at a time */
    TwLock rights_lock; /* guards: */
    TwRights *rights;   /* what the rows were made for; asked by whatever thread reads rows */
};

void
tw_local_table_unref(TwLocalTable *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->refs))
        return;
    tw_table_free(self->table);
    tw_rights_unref(self->rights);
    tw_lock_clear(&self->rights_lock);
    g_mutex_clear(&self->busy);
    g_free(self);
}

static void
unref_table(gpointer table)
{
    tw_local_table_unref(table);
}

GHashTable *
tw_local_table_list_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, unref_table);
}

/* ---- opening ---- */

static TwRights *
rights_now(TwLocalTable *self)
{
    TW_LOCK_SCOPE(&self->rights_lock);

    return tw_rights_ref(self->rights);
}

static gboolean
see_folder(guint32 folder, TwTableAccess *ret, gpointer data)
{
    g_autoptr(TwRights) rights = rights_now(data);

    if (!tw_rights_seen(rights, folder))
        return FALSE;
    ret->rights = tw_rights_of(rights, folder);
    ret->access = tw_rights_access(ret->rights, TRUE, FALSE);
    ret->access_level = (ret->access & ~2u) != 0;
    return TRUE;
}

/* Of a search folder: messages of folders that may be read. */
static gboolean
see_messages(guint32 folder, TwTableAccess *ret, gpointer data)
{
    g_autoptr(TwRights) rights = rights_now(data);

    if (tw_rights_ask(rights, folder, TW_NEED_READ) != TW_VERDICT_YES)
        return FALSE;
    ret->access = tw_rights_access(tw_rights_of(rights, folder), FALSE, FALSE);
    ret->access_level = (ret->access & ~2u) != 0;
    return TRUE;
}

static TwTable *
open_table(TwLocalCall *call,
           TwLocalTable *self,
           gboolean hierarchy,
           const TwTableOpenArgs *args,
           GError **error)
{
    TwTableCaller caller = { .collation =
                                 tw_collation_for_lcid(call->local->collations, args->lcid) };
    gboolean full = tw_rights_relation_of(call->rights) == TW_RELATION_FULL;
    guint32 bits = tw_rights_of(call->rights, call->folder);

    if (!full) {
        caller.see = hierarchy ? see_folder : see_messages;
        caller.data = self;
    }
    if (!full && !hierarchy) {
        caller.has_access = TRUE;
        caller.access.access = tw_rights_access(bits, FALSE, FALSE);
        caller.access.access_level = (caller.access.access & ~2u) != 0;
    }
    return hierarchy ? tw_table_open_hierarchy(call->local->tables, call->store, call->folder,
                                               args->flags, &caller, error)
                     : tw_table_open_contents(call->local->tables, call->store, call->folder,
                                              args->flags, &caller, error);
}

static gboolean
keep_table(TwLocalSession *session, TwLocalTable *self, guint32 *ret, GError **error)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended ||
        g_hash_table_size(session->tables) >= session->local->config.most_tables) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many open tables");
        return FALSE;
    }
    *ret = ++session->last_table;
    g_hash_table_insert(session->tables, GUINT_TO_POINTER(*ret), self);
    return TRUE;
}

static gboolean
open_and_keep(TwLocalCall *call,
              gboolean hierarchy,
              const TwTableOpenArgs *args,
              guint32 *ret,
              GError **error)
{
    TwLocalTable *self = g_new0(TwLocalTable, 1);

    self->refs = 1;
    self->store = call->access->place.guid;
    self->folder = call->folder;
    self->need = hierarchy ? TW_NEED_SEEN : TW_NEED_READ;
    self->rights = tw_rights_ref(call->rights);
    g_mutex_init(&self->busy);
    tw_lock_init(&self->rights_lock);
    self->table = open_table(call, self, hierarchy, args, error);
    if (self->table != NULL && keep_table(call->session, self, ret, error))
        return TRUE;
    tw_local_table_unref(self);
    return FALSE;
}

gboolean
tw_local_table_open(TwLocalCall *call, TwTableOpenArgs *args, GError **error)
{
    return open_and_keep(call, FALSE, args, &args->table, error);
}

gboolean
tw_local_table_open_folders(TwLocalCall *call, TwTableOpenFoldersArgs *args, GError **error)
{
    TwTableOpenArgs how = { .flags = args->flags, .lcid = args->lcid };

    return open_and_keep(call, TRUE, &how, &args->table, error);
}

/* ---- using ---- */

static gboolean
no_table(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such table");
    return FALSE;
}

static TwLocalTable *
find_table(TwLocalSession *session, guint32 number)
{
    TwLocalTable *self;
    TW_LOCK_SCOPE(&session->lock);

    self = g_hash_table_lookup(session->tables, GUINT_TO_POINTER(number));
    if (self != NULL)
        g_atomic_int_inc(&self->refs);
    return self;
}

/* The table with its mutex held, or NULL. */
static TwLocalTable *
take_table(TwLocalCall *call, guint32 number, GError **error)
{
    TwLocalTable *self = find_table(call->session, number);

    if (self == NULL) {
        no_table(error);
        return NULL;
    }
    call->access = tw_access_open(call, &self->store, &call->rights, error);
    if (call->access == NULL || !tw_local_ask(call, self->folder, self->need, error)) {
        tw_local_table_unref(self);
        return NULL;
    }
    g_mutex_lock(&self->busy);
    if (self->rights != call->rights) {
        tw_lock(&self->rights_lock);
        tw_rights_unref(self->rights);
        self->rights = tw_rights_ref(call->rights);
        tw_unlock(&self->rights_lock);
        tw_table_refresh(self->table);
    }
    return self;
}

static gboolean
give_back(TwLocalTable *self, gboolean ok)
{
    g_mutex_unlock(&self->busy);
    tw_local_table_unref(self);
    return ok;
}

gboolean
tw_local_table_close(TwLocalCall *call, TwTableCloseArgs *args, GError **error)
{
    gboolean known;

    tw_lock(&call->session->lock);
    known = g_hash_table_steal_extended(call->session->tables, GUINT_TO_POINTER(args->table), NULL,
                                        (gpointer *) &call->table);
    tw_unlock(&call->session->lock);
    return known || no_table(error);
}

static gboolean
set_up(TwTable *table, const TwTableSetupArgs *args, GError **error)
{
    if (args->columns.count > 0 &&
        !tw_table_set_columns(table, args->columns.items, args->columns.count, error))
        return FALSE;
    if (args->order != NULL && !tw_table_sort(table, args->order, error))
        return FALSE;
    if (args->restrict_rows)
        tw_table_restrict(table, args->restriction);
    return TRUE;
}

gboolean
tw_local_table_setup(TwLocalCall *call, TwTableSetupArgs *args, GError **error)
{
    TwLocalTable *self = take_table(call, args->table, error);

    return self != NULL && give_back(self, set_up(self->table, args, error));
}

gboolean
tw_local_table_rows(TwLocalCall *call, TwTableRowsArgs *args, GError **error)
{
    TwLocalTable *self = take_table(call, args->table, error);

    if (self == NULL)
        return FALSE;
    args->rows = tw_table_query_rows(self->table, args->count, !args->stay, error);
    return give_back(self, args->rows != NULL);
}

gboolean
tw_local_table_count(TwLocalCall *call, TwTableCountArgs *args, GError **error)
{
    TwLocalTable *self = take_table(call, args->table, error);

    return self != NULL &&
           give_back(self, tw_table_count(self->table, &args->rows, &args->position, error));
}

gboolean
tw_local_table_seek(TwLocalCall *call, TwTableSeekArgs *args, GError **error)
{
    TwLocalTable *self = take_table(call, args->table, error);

    return self != NULL && give_back(self, tw_table_seek(self->table, args->bookmark, args->count,
                                                         &args->sought, &args->moved, error));
}

gboolean
tw_local_table_find(TwLocalCall *call, TwTableFindArgs *args, GError **error)
{
    TwLocalTable *self;

    if (!tw_local_given(args->restriction, "a restriction", error))
        return FALSE;
    self = take_table(call, args->table, error);
    return self != NULL &&
           give_back(self, tw_table_find_row(self->table, args->bookmark, args->backward,
                                             args->restriction, error));
}

gboolean
tw_local_table_expand(TwLocalCall *call, TwTableExpandArgs *args, GError **error)
{
    TwLocalTable *self;
    const guint8 *key;
    gsize len;

    if (!tw_local_given(args->key, "an instance key", error))
        return FALSE;
    self = take_table(call, args->table, error);
    if (self == NULL)
        return FALSE;
    key = g_bytes_get_data(args->key, &len);
    args->rows = tw_table_expand_row(self->table, key, len, args->most, &args->more, error);
    return give_back(self, args->rows != NULL);
}

gboolean
tw_local_table_collapse(TwLocalCall *call, TwTableCollapseArgs *args, GError **error)
{
    TwLocalTable *self;
    const guint8 *key;
    gsize len;

    if (!tw_local_given(args->key, "an instance key", error))
        return FALSE;
    self = take_table(call, args->table, error);
    if (self == NULL)
        return FALSE;
    key = g_bytes_get_data(args->key, &len);
    return give_back(self, tw_table_collapse_row(self->table, key, len, &args->hidden, error));
}
