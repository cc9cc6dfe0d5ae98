/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on tables; local-table.c has what a session's table is. */
#include "session/local-table-private.h"

#include "base/error.h"

enum {
    MOST_BAGS = 1 << 20, /* rows of one call: each is in memory as long as the table */
};

/* ---- opening ---- */

static TwRights *
rights_now(TwLocalTable *self)
{
    TW_LOCK_SCOPE(&self->lock);

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

TwTableCaller
tw_local_table_caller(TwLocalCall *call, guint32 lcid)
{
    return (TwTableCaller){ .collation = tw_collation_for_lcid(call->local->collations, lcid) };
}

static void
limit_to_rights(TwLocalCall *call, TwLocalTable *self, TwTableCaller *caller)
{
    guint32 bits = tw_rights_of(call->rights, call->folder);

    if (tw_rights_relation_of(call->rights) == TW_RELATION_FULL)
        return;
    caller->see = see_messages;
    caller->data = self;
    caller->has_access = TRUE;
    caller->access.access = tw_rights_access(bits, FALSE, FALSE);
    caller->access.access_level = (caller->access.access & ~2u) != 0;
}

gboolean
tw_local_table_open(TwLocalCall *call, TwTableOpenArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self = tw_local_table_new(call, TW_NEED_READ);

    limit_to_rights(call, self, &caller);
    self->table = tw_table_open_contents(call->local->tables, call->store, call->folder,
                                         args->flags, &caller, error);
    return tw_local_table_keep(call->session, self, &args->table, error);
}

gboolean
tw_local_table_open_folders(TwLocalCall *call, TwTableOpenFoldersArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self = tw_local_table_new(call, TW_NEED_SEEN);

    self->by_rights = tw_rights_relation_of(call->rights) != TW_RELATION_FULL;
    if (self->by_rights) {
        caller.see = see_folder;
        caller.data = self;
    }
    self->table = tw_table_open_hierarchy(call->local->tables, call->store, call->folder,
                                          args->flags, &caller, error);
    return tw_local_table_keep(call->session, self, &args->table, error);
}

gboolean
tw_local_table_open_receive(TwLocalCall *call, TwTableOpenReceiveArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, 0);
    TwLocalTable *self = tw_local_table_new(call, TW_NEED_STORE_OWNER);

    self->table = tw_table_open_receive_folders(call->local->tables, call->store, &caller, error);
    return tw_local_table_keep(call->session, self, &args->table, error);
}

gboolean
tw_local_table_open_rules(TwLocalCall *call, TwTableOpenRulesArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self = tw_local_table_new(call, TW_NEED_FOLDER_OWNER);

    self->table = tw_table_open_rules(call->local->tables, call->store, call->folder, args->flags,
                                      &caller, error);
    return tw_local_table_keep(call->session, self, &args->table, error);
}

gboolean
tw_local_table_open_children(TwLocalCall *call, TwTableOpenChildrenArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwMessageReadArgs read = { .message = args->message };
    TwLocalTable *self;
    gboolean ok;

    if (args->kind != TW_OBJECT_RECIPIENT && args->kind != TW_OBJECT_ATTACHMENT) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such table");
        return FALSE;
    }
    ok = tw_local_message_read(call, &read, error);
    if (ok) {
        self = tw_local_table_new_plain();
        self->table =
            tw_table_open_children(call->local->tables, read.object, (TwObjectKind) args->kind,
                                   args->flags, &caller, error);
        ok = tw_local_table_keep(call->session, self, &args->table, error);
    }
    tw_op_clear(TW_OP_MESSAGE_READ, &read);
    return ok;
}

/* All bags are looked at before the first is shown. */
static gboolean
check_bags(const TwTableBagRows *rows, GError **error)
{
    if (rows->count > MOST_BAGS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many rows");
        return FALSE;
    }
    for (guint i = 0; i < rows->count; i++) {
        TwProps props;
        if (rows->items[i].bag != NULL && !tw_props_open_bytes(rows->items[i].bag, &props, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
set_bags(TwLocalTable *self, const TwTableBagRows *rows, GError **error)
{
    for (guint i = 0; i < rows->count; i++) {
        if (!tw_table_bags_set(self->bags, rows->items[i].number, rows->items[i].bag, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_local_table_open_rows(TwLocalCall *call, TwTableOpenRowsArgs *args, GError **error)
{
    TwTableCaller caller = tw_local_table_caller(call, args->lcid);
    TwLocalTable *self;

    if (!check_bags(&args->rows, error))
        return FALSE;
    self = tw_local_table_new_plain();
    self->bags = tw_table_bags_new(call->local->tables, args->newest_first);
    if (set_bags(self, &args->rows, error))
        self->table = tw_table_open_bags(self->bags, args->flags, &caller);
    return tw_local_table_keep(call->session, self, &args->table, error);
}

gboolean
tw_local_table_set_rows(TwLocalCall *call, TwTableSetRowsArgs *args, GError **error)
{
    TwLocalTable *self;

    if (!check_bags(&args->rows, error))
        return FALSE;
    self = tw_local_table_take(call, args->table, error);
    if (self == NULL)
        return FALSE;
    if (self->bags == NULL)
        return tw_local_table_give_back(self, tw_local_table_unknown(error));
    if (args->replace)
        tw_table_bags_clear(self->bags);
    return tw_local_table_give_back(self, set_bags(self, &args->rows, error));
}

gboolean
tw_local_table_close(TwLocalCall *call, TwTableCloseArgs *args, GError **error)
{
    gboolean known;

    tw_lock(&call->session->lock);
    known = g_hash_table_steal_extended(call->session->tables, GUINT_TO_POINTER(args->table), NULL,
                                        (gpointer *) &call->table);
    tw_unlock(&call->session->lock);
    return known || tw_local_table_unknown(error);
}

/* ---- using ---- */

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
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL && tw_local_table_give_back(self, set_up(self->table, args, error));
}

gboolean
tw_local_table_rows(TwLocalCall *call, TwTableRowsArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    if (self == NULL)
        return FALSE;
    args->rows = tw_table_query_rows(self->table, args->count, !args->stay, error);
    return tw_local_table_give_back(self, args->rows != NULL);
}

gboolean
tw_local_table_count(TwLocalCall *call, TwTableCountArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL && tw_local_table_give_back(self, tw_table_count(self->table, &args->rows,
                                                                         &args->position, error));
}

gboolean
tw_local_table_seek(TwLocalCall *call, TwTableSeekArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL &&
           tw_local_table_give_back(self, tw_table_seek(self->table, args->bookmark, args->count,
                                                        &args->sought, &args->moved, error));
}

gboolean
tw_local_table_find(TwLocalCall *call, TwTableFindArgs *args, GError **error)
{
    TwLocalTable *self;

    if (!tw_local_given(args->restriction, "a restriction", error))
        return FALSE;
    self = tw_local_table_take(call, args->table, error);
    return self != NULL && tw_local_table_give_back(
                               self, tw_table_find_row(self->table, args->bookmark, args->backward,
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
    self = tw_local_table_take(call, args->table, error);
    if (self == NULL)
        return FALSE;
    key = g_bytes_get_data(args->key, &len);
    args->rows = tw_table_expand_row(self->table, key, len, args->most, &args->more, error);
    return tw_local_table_give_back(self, args->rows != NULL);
}

gboolean
tw_local_table_collapse(TwLocalCall *call, TwTableCollapseArgs *args, GError **error)
{
    TwLocalTable *self;
    const guint8 *key;
    gsize len;

    if (!tw_local_given(args->key, "an instance key", error))
        return FALSE;
    self = tw_local_table_take(call, args->table, error);
    if (self == NULL)
        return FALSE;
    key = g_bytes_get_data(args->key, &len);
    return tw_local_table_give_back(
        self, tw_table_collapse_row(self->table, key, len, &args->hidden, error));
}

/* ---- positions, columns, states, events ---- */

gboolean
tw_local_table_seek_fraction(TwLocalCall *call, TwTableSeekFractionArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL &&
           tw_local_table_give_back(self, tw_table_seek_fraction(self->table, args->numerator,
                                                                 args->denominator, error));
}

gboolean
tw_local_table_bookmark(TwLocalCall *call, TwTableBookmarkArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL && tw_local_table_give_back(
                               self, tw_table_create_bookmark(self->table, &args->bookmark, error));
}

gboolean
tw_local_table_bookmark_free(TwLocalCall *call, TwTableBookmarkFreeArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    return self != NULL && tw_local_table_give_back(
                               self, tw_table_free_bookmark(self->table, args->bookmark, error));
}

gboolean
tw_local_table_columns(TwLocalCall *call, TwTableColumnsArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    if (self == NULL)
        return FALSE;
    if (args->all) {
        args->columns = tw_table_list_columns(self->table, error);
    } else {
        guint count;
        const guint32 *tags = tw_table_get_columns(self->table, &count);
        args->columns = g_array_sized_new(FALSE, FALSE, sizeof *tags, count);
        g_array_append_vals(args->columns, tags, count);
    }
    return tw_local_table_give_back(self, args->columns != NULL);
}

gboolean
tw_local_table_events(TwLocalCall *call, TwTableEventsArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);

    if (self == NULL)
        return FALSE;
    args->events = tw_table_take_events(self->table, &args->rows, error);
    return tw_local_table_give_back(self, args->events != NULL);
}

gboolean
tw_local_table_state(TwLocalCall *call, TwTableStateArgs *args, GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, args->table, error);
    const guint8 *key = NULL;
    gsize len = 0;

    if (self == NULL)
        return FALSE;
    if (args->key != NULL)
        key = g_bytes_get_data(args->key, &len);
    args->state = tw_table_get_collapse_state(self->table, key, len, error);
    return tw_local_table_give_back(self, args->state != NULL);
}

gboolean
tw_local_table_state_set(TwLocalCall *call, TwTableStateSetArgs *args, GError **error)
{
    TwLocalTable *self;
    const guint8 *state;
    gsize len;

    if (!tw_local_given(args->state, "a state", error))
        return FALSE;
    self = tw_local_table_take(call, args->table, error);
    if (self == NULL)
        return FALSE;
    state = g_bytes_get_data(args->state, &len);
    return tw_local_table_give_back(
        self, tw_table_set_collapse_state(self->table, state, len, &args->bookmark, error));
}
