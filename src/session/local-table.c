/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tables of a session. Each belongs to the session that opened it and is named by a number of that session's. Each call
 * asks for the right on its folder again; when what the session may see changed since, the rows are made anew.
 *
 * One call at a time works on a table; another one waits (the mutex of the table is held across its reads by design: it
 * guards a cursor that the client itself moves). The pump (local-live.c) reads rows without that mutex: what it needs of the
 * table is under the lock.
 */
#include "session/local-table-private.h"

#include "base/error.h"

static TwLocalTable *
new_table(void)
{
    TwLocalTable *self = g_new0(TwLocalTable, 1);

    self->refs = 1;
    g_mutex_init(&self->busy);
    tw_lock_init(&self->lock);
    return self;
}

TwLocalTable *
tw_local_table_new(TwLocalCall *call, TwOpNeed need)
{
    TwLocalTable *self = new_table();

    self->store = call->access->place.guid;
    self->folder = call->folder;
    self->need = need;
    self->rights = tw_rights_ref(call->rights);
    return self;
}

TwLocalTable *
tw_local_table_new_plain(void)
{
    TwLocalTable *self = new_table();

    self->plain = TRUE;
    return self;
}

void
tw_local_table_unref(TwLocalTable *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->refs))
        return;
    tw_table_free(self->table);
    tw_table_bags_unref(self->bags);
    tw_table_bags_unref(self->made);
    g_clear_pointer(&self->rows, g_hash_table_unref);
    tw_book_set_unref(self->book);
    tw_rights_unref(self->rights);
    tw_lock_clear(&self->lock);
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

static gboolean
insert(TwLocalSession *session, TwLocalTable *self, guint32 *ret)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended || g_hash_table_size(session->tables) >= session->local->config.most_tables)
        return FALSE;
    *ret = ++session->last_table;
    g_hash_table_insert(session->tables, GUINT_TO_POINTER(*ret), self);
    return TRUE;
}

gboolean
tw_local_table_keep(TwLocalSession *session, TwLocalTable *self, guint32 *ret, GError **error)
{
    if (self->table != NULL) {
        if (insert(session, self, ret))
            return TRUE;
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many open tables");
    }
    tw_local_table_unref(self);
    return FALSE;
}

/* ---- using ---- */

gboolean
tw_local_table_unknown(GError **error)
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

/* Other rights show other rows. */
static void
use_rights(TwLocalTable *self, TwRights *rights)
{
    TwRights *old;

    if (self->rights == rights)
        return;
    tw_lock(&self->lock);
    old = self->rights;
    self->rights = tw_rights_ref(rights);
    tw_unlock(&self->lock);
    tw_rights_unref(old);
    if (self->bring == NULL) /* else the rows are what they are to whoever may see them */
        tw_table_refresh(self->table);
}

TwLocalTable *
tw_local_table_take(TwLocalCall *call, guint32 number, GError **error)
{
    TwLocalTable *self = find_table(call->session, number);

    if (self == NULL) {
        tw_local_table_unknown(error);
        return NULL;
    }
    if (!self->plain) {
        call->access = tw_access_open(call, &self->store, &call->rights, error);
        if (call->access == NULL || !tw_local_ask(call, self->folder, self->need, error)) {
            tw_local_table_unref(self);
            return NULL;
        }
    }
    if (self->plain && !tw_local_ask_server(call, self->need, error)) {
        tw_local_table_unref(self);
        return NULL;
    }
    g_mutex_lock(&self->busy);
    if (!self->plain)
        use_rights(self, call->rights);
    if (self->bring == NULL || self->bring(call, self, error))
        return self;
    tw_local_table_give_back(self, FALSE);
    return NULL;
}

gboolean
tw_local_table_give_back(TwLocalTable *self, gboolean ok)
{
    g_mutex_unlock(&self->busy);
    tw_local_table_unref(self);
    return ok;
}

void
tw_local_table_take_away(TwLocalTable *self, GHashTable *before)
{
    GHashTableIter iter;
    gpointer number;

    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        if (!g_hash_table_contains(self->rows, number))
            tw_table_bags_set(self->made, GPOINTER_TO_UINT(number), NULL, NULL);
    }
}

/* ---- listening ---- */

gboolean
tw_local_table_listen(TwLocalCall *call,
                      guint32 number,
                      TwNotifyQueue *queue,
                      guint32 connection,
                      guint64 *ret_token,
                      GError **error)
{
    TwLocalTable *self = tw_local_table_take(call, number, error);
    TwLive *live = call->local->live;
    TwLiveWish wish = { .queue = queue, .connection = connection, .table = number };

    if (self == NULL)
        return FALSE;
    wish.store = self->by_rights ? call->access->store : NULL;
    wish.of_directory = self->bring != NULL;
    wish.directory_epoch = tw_directory_snapshot_epoch(call->snapshot);
    /* before the table tells anything: what it tells at once must find somebody */
    *ret_token = tw_live_add(live, &wish);
    if (!tw_table_subscribe(self->table, *ret_token, error)) {
        tw_live_remove(live, *ret_token);
        return tw_local_table_give_back(self, FALSE);
    }
    self->token = *ret_token;
    return tw_local_table_give_back(self, TRUE);
}

void
tw_local_table_mute(TwLocalSession *session, guint32 number, guint64 token)
{
    TwLocalTable *self = find_table(session, number);

    if (self == NULL)
        return;
    g_mutex_lock(&self->busy);
    if (self->token == token) {
        self->token = 0;
        tw_table_subscribe(self->table, 0, NULL);
    }
    tw_local_table_give_back(self, TRUE);
}

gboolean
tw_local_table_may(TwLocalCall *call, guint32 number)
{
    TwLocalTable *self = find_table(call->session, number);
    g_autoptr(TwRights) rights = NULL;
    g_autoptr(TwAccess) access = NULL;
    gboolean may = self != NULL && self->plain && tw_local_ask_server(call, self->need, NULL);

    if (self != NULL && !self->plain) {
        access = tw_access_open(call, &self->store, &rights, NULL);
        may = access != NULL && tw_rights_ask(rights, self->folder, self->need) == TW_VERDICT_YES;
    }
    tw_local_table_unref(self);
    return may;
}
