/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: the cache of prepared ones per connection, the typed way to bind and read, one transaction's marks. */
#include <math.h>

#include "base/error.h"
#include "db/db-private.h"

TwDbConn *
tw_db_conn_init(TwDbConn *conn, const TwDbBackend *backend, TwDb *db)
{
    conn->backend = backend;
    conn->db = db;
    conn->tx.conn = conn;
    conn->tx.hooks = g_array_new(FALSE, FALSE, sizeof(TwDbHook));
    conn->cache = g_new0(TwDbStatement **, db->config.schema->set_count);
    return conn;
}

static void
statement_free(TwDbStatement *st)
{
    if (st->prepared != NULL)
        st->conn->backend->finalize(st->prepared);
    g_clear_error(&st->prepare_error);
    g_free(st);
}

void
tw_db_conn_clear(TwDbConn *conn)
{
    const TwDbSchema *schema = conn->db->config.schema;

    for (guint i = 0; i < schema->set_count; i++) {
        for (guint j = 0; conn->cache[i] != NULL && j < schema->sets[i]->count; j++) {
            if (conn->cache[i][j] != NULL)
                statement_free(conn->cache[i][j]);
        }
        g_free(conn->cache[i]);
    }
    g_clear_pointer(&conn->cache, g_free);
    tw_db_tx_drop_hooks(&conn->tx, 0);
    g_clear_pointer(&conn->tx.hooks, g_array_unref);
    g_clear_pointer(&conn->tx.damage, g_free);
}

void
tw_db_tx_begin(TwDbTx *tx, gboolean writing)
{
    tx->writing = writing;
    tx->open_statements = 0;
    g_clear_pointer(&tx->damage, g_free);
}

/* After a closure: nothing may be open, nothing may have been damaged. */
gboolean
tw_db_tx_settle(TwDbTx *tx, GError **error)
{
    g_autofree char *damage = g_steal_pointer(&tx->damage);

    if (tx->open_statements != 0) {
        g_critical("a closure left %u statements open", tx->open_statements);
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "%u statements left open",
                    tx->open_statements);
        return FALSE;
    }
    if (damage != NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, damage);
        return FALSE;
    }
    return TRUE;
}

void
tw_db_tx_drop_hooks(TwDbTx *tx, guint keep)
{
    for (guint i = keep; i < tx->hooks->len; i++) {
        const TwDbHook *hook = &g_array_index(tx->hooks, TwDbHook, i);
        if (hook->destroy != NULL)
            hook->destroy(hook->data);
    }
    g_array_set_size(tx->hooks, keep);
}

void
tw_db_on_commit(TwDbTx *tx, void (*func)(gpointer data), gpointer data, GDestroyNotify destroy)
{
    TwDbHook hook = { func, data, destroy };

    g_return_if_fail(tx->writing);
    g_array_append_val(tx->hooks, hook);
}

TwDbKind
tw_db_tx_kind(TwDbTx *tx)
{
    return tx->conn->backend->kind;
}

static const char *
text_for(const TwDbBackend *backend, const TwDbSql *row)
{
    return backend->kind == TW_DB_MARIADB && row->mariadb != NULL ? row->mariadb : row->sql;
}

static TwDbStatement *
statement_new(TwDbConn *conn, const TwDbSqlSet *set, guint which)
{
    TwDbStatement *st = g_new0(TwDbStatement, 1);

    st->conn = conn;
    st->set = set;
    st->which = which;
    st->prepared = conn->backend->prepare(conn, text_for(conn->backend, &set->rows[which]),
                                          &st->prepare_error);
    st->columns = st->prepared != NULL ? conn->backend->column_count(st->prepared) : 0;
    return st;
}

/* Where the cache keeps it; NULL for a set that the schema does not name. */
static TwDbStatement **
cache_slot(TwDbConn *conn, const TwDbSqlSet *set, guint which)
{
    const TwDbSchema *schema = conn->db->config.schema;

    for (guint i = 0; i < schema->set_count; i++) {
        if (schema->sets[i] != set)
            continue;
        if (conn->cache[i] == NULL)
            conn->cache[i] = g_new0(TwDbStatement *, set->count);
        return &conn->cache[i][which];
    }
    return NULL;
}

TwDbStatement *
tw_db_statement(TwDbTx *tx, const TwDbSqlSet *set, guint which)
{
    TwDbConn *conn = tx->conn;
    TwDbStatement **slot, *st;

    g_assert(which < set->count);
    slot = cache_slot(conn, set, which);
    if (slot == NULL || (*slot != NULL && (*slot)->in_use)) {
        st = statement_new(conn, set, which);
        st->extra = TRUE;
    } else {
        if (*slot != NULL && (*slot)->prepared == NULL)
            statement_free(g_steal_pointer(slot));
        if (*slot == NULL)
            *slot = statement_new(conn, set, which);
        st = *slot;
    }
    st->in_use = TRUE;
    st->on_row = FALSE;
    tx->open_statements++;
    return st;
}

void
tw_db_end(TwDbStatement *st)
{
    if (st == NULL)
        return;
    g_return_if_fail(st->in_use);
    st->in_use = FALSE;
    st->on_row = FALSE;
    st->conn->tx.open_statements--;
    if (st->extra)
        statement_free(st);
    else if (st->prepared != NULL)
        st->conn->backend->rewind(st->prepared, TRUE);
}

void
tw_db_bind_i64(TwDbStatement *st, guint index, gint64 value)
{
    if (st->prepared != NULL)
        st->conn->backend->bind_i64(st->prepared, index, value);
}

void
tw_db_bind_double(TwDbStatement *st, guint index, double value)
{
    if (st->prepared == NULL)
        return;
    if (isnan(value))
        st->conn->backend->bind_null(st->prepared, index);
    else
        st->conn->backend->bind_double(st->prepared, index, value);
}

void
tw_db_bind_text(TwDbStatement *st, guint index, const char *text, gsize len)
{
    if (st->prepared == NULL)
        return;
    if (text == NULL)
        st->conn->backend->bind_null(st->prepared, index);
    else
        st->conn->backend->bind_data(st->prepared, index, TW_DB_TYPE_TEXT, text, len);
}

void
tw_db_bind_bytes(TwDbStatement *st, guint index, const void *data, gsize len)
{
    g_return_if_fail(data != NULL || len == 0);
    if (st->prepared != NULL)
        st->conn->backend->bind_data(st->prepared, index, TW_DB_TYPE_BYTES, data ? data : "", len);
}

void
tw_db_bind_null(TwDbStatement *st, guint index)
{
    if (st->prepared != NULL)
        st->conn->backend->bind_null(st->prepared, index);
}

/* The back end looks while it runs; many short statements would never meet that. */
static gboolean
read_ended(const TwDbConn *conn, GError **error)
{
    if (conn->tx.writing)
        return FALSE;
    if (conn->cancel != NULL && tw_cancel_fired(conn->cancel))
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "cancelled while reading");
    else if (conn->deadline_us != 0 && conn->deadline_us <= g_get_monotonic_time())
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "the reading lasted too long");
    else
        return FALSE;
    return TRUE;
}

TwDbStep
tw_db_step(TwDbStatement *st, GError **error)
{
    gboolean begins = !st->on_row;
    TwDbStep step = TW_DB_FAILED;

    st->on_row = FALSE;
    if (st->prepared == NULL) {
        if (error != NULL)
            *error = g_error_copy(st->prepare_error);
    } else if (!begins || !read_ended(st->conn, error)) {
        step = st->conn->backend->step(st->conn, st->prepared, error);
    }
    if (step == TW_DB_FAILED)
        g_prefix_error(error, "%s %u: ", st->set->name, st->which);
    st->on_row = step == TW_DB_ROW;
    if (st->on_row && begins)
        st->columns = st->conn->backend->column_count(st->prepared);
    return step;
}

void
tw_db_rewind(TwDbStatement *st)
{
    st->on_row = FALSE;
    if (st->prepared != NULL)
        st->conn->backend->rewind(st->prepared, FALSE);
}

TwDbStep
tw_db_step_kept(TwDbStatement *st, GError **error)
{
    if (st->conn->backend->keep != NULL && st->prepared != NULL && st->conn->tx.writing)
        st->conn->backend->keep(st->conn, st->prepared);
    return tw_db_step(st, error);
}

gboolean
tw_db_run(TwDbStatement *st, GError **error)
{
    TwDbStep step = tw_db_step(st, error);

    tw_db_rewind(st);
    if (step == TW_DB_ROW)
        g_set_error(error, TW_ERROR, TW_ERROR_FAILED, "%s %u: has rows", st->set->name, st->which);
    return step == TW_DB_DONE;
}

gboolean
tw_db_run_later(TwDbStatement *st, GError **error)
{
    const TwDbBackend *backend = st->conn->backend;
    gboolean ok;

    if (backend->run_later == NULL || st->extra || st->prepared == NULL || !st->conn->tx.writing)
        return tw_db_run(st, error);
    ok = backend->run_later(st->conn, st->prepared, error);
    if (!ok)
        g_prefix_error(error, "%s %u: ", st->set->name, st->which);
    tw_db_rewind(st);
    return ok;
}

gint64
tw_db_changes(TwDbStatement *st)
{
    return st->prepared != NULL ? st->conn->backend->changes(st->conn, st->prepared) : 0;
}

static TwDbType
column_type(TwDbStatement *st, guint index)
{
    g_assert(st->on_row && index < st->columns);
    return st->conn->backend->column_type(st->prepared, index);
}

static void
damaged(TwDbStatement *st, guint index)
{
    TwDbTx *tx = &st->conn->tx;

    if (tx->damage == NULL)
        tx->damage = g_strdup_printf("%s %u: column %u has a type it cannot have", st->set->name,
                                     st->which, index);
}

gboolean
tw_db_column_is_null(TwDbStatement *st, guint index)
{
    return column_type(st, index) == TW_DB_TYPE_NULL;
}

gint64
tw_db_column_i64(TwDbStatement *st, guint index)
{
    gint64 value = 0;

    g_assert(st->on_row && index < st->columns);
    if (!st->conn->backend->column_i64(st->prepared, index, &value))
        damaged(st, index);
    return value;
}

double
tw_db_column_double(TwDbStatement *st, guint index)
{
    gint64 whole;

    if (column_type(st, index) == TW_DB_TYPE_DOUBLE)
        return st->conn->backend->column_double(st->prepared, index);
    if (st->conn->backend->column_i64(st->prepared, index, &whole))
        return (double) whole;
    damaged(st, index);
    return 0;
}

const char *
tw_db_column_text(TwDbStatement *st, guint index, gsize *ret_len)
{
    gsize len = 0;
    const char *text = "";

    if (column_type(st, index) == TW_DB_TYPE_TEXT)
        text = st->conn->backend->column_data(st->prepared, index, &len);
    else
        damaged(st, index);
    if (ret_len != NULL)
        *ret_len = len;
    /* cppcheck-suppress returnDanglingLifetime ; it thinks that the text lies in the length */
    return text;
}

const guint8 *
tw_db_column_bytes(TwDbStatement *st, guint index, gsize *ret_len)
{
    if (column_type(st, index) == TW_DB_TYPE_BYTES)
        return st->conn->backend->column_data(st->prepared, index, ret_len);
    damaged(st, index);
    *ret_len = 0;
    return (const guint8 *) "";
}

gboolean
tw_db_exec(TwDbConn *conn, const char *sql, GError **error)
{
    gpointer prepared = conn->backend->prepare(conn, sql, error);
    TwDbStep step;

    if (prepared == NULL)
        return FALSE;
    do
        step = conn->backend->step(conn, prepared, error);
    while (step == TW_DB_ROW);
    conn->backend->finalize(prepared);
    return step == TW_DB_DONE;
}

gboolean
tw_db_exec_i64(TwDbConn *conn, const char *sql, gint64 *ret, GError **error)
{
    gpointer prepared = conn->backend->prepare(conn, sql, error);
    TwDbStep step;

    if (prepared == NULL)
        return FALSE;
    step = conn->backend->step(conn, prepared, error);
    if (step != TW_DB_FAILED &&
        (step != TW_DB_ROW || !conn->backend->column_i64(prepared, 0, ret))) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "no number from %s", sql);
        step = TW_DB_FAILED;
    }
    conn->backend->finalize(prepared);
    return step == TW_DB_ROW;
}
