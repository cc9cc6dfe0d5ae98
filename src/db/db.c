/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The database as a whole: opening, states, the queue's near end, readers. */
#include "db/db.h"

#include "base/error.h"
#include "db/db-private.h"

static const char *const state_names[] = {
    [TW_DB_OPENING] = "opening",
    [TW_DB_OPEN] = "open",
    [TW_DB_SUSPECT] = "suspect",
    [TW_DB_CLOSING] = "closing",
};

/* Each change and who makes it:
 *   opening -> open      tw_db_open()
 *   open    -> suspect   the writer, after a write or sync failed
 *   suspect -> open      the writer, for tw_db_reopen()
 *   any     -> closing   tw_db_close(), also after a failed tw_db_open() */
static gboolean
may_change(TwDbState from, TwDbState to)
{
    switch (to) {
    case TW_DB_OPENING:
        return FALSE;
    case TW_DB_OPEN:
        return from == TW_DB_OPENING || from == TW_DB_SUSPECT || from == TW_DB_OPEN;
    case TW_DB_SUSPECT:
        return from == TW_DB_OPEN || from == TW_DB_SUSPECT;
    case TW_DB_CLOSING:
        return TRUE;
    default:
        return FALSE;
    }
}

void
tw_db_set_state(TwDb *db, TwDbState state, const GError *why)
{
    TwDbState before;

    tw_lock(&db->lock);
    before = db->state;
    if (before == TW_DB_CLOSING || before == state) {
        tw_unlock(&db->lock);
        return;
    }
    g_assert(may_change(before, state));
    db->state = state;
    g_cond_broadcast(&db->work);
    g_cond_broadcast(&db->idle);
    tw_unlock(&db->lock);
    g_debug("db %s: %s -> %s", db->config.path ? db->config.path : db->config.database,
            state_names[before], state_names[state]);
    if (db->config.state_changed != NULL)
        db->config.state_changed(db->config.hook_data, state, why);
}

TwDbState
tw_db_state(TwDb *db)
{
    TW_LOCK_SCOPE(&db->lock);

    return db->state;
}

/* Whether this thread runs closures of db now: it must not wait for others to run. */
static gboolean
is_serving(TwDb *db)
{
    TW_LOCK_SCOPE(&db->lock);

    return db->serving == g_thread_self();
}

gboolean
tw_db_connect_writer(TwDb *db, GError **error)
{
    db->writer = db->backend->connect(db->env, TW_DB_ROLE_WRITER, error);
    return db->writer != NULL && tw_db_migrate(db, error) &&
           db->backend->ready(db->env, db->writer, error);
}

/* Idle readers and the writer; nothing may be lent. */
void
tw_db_disconnect_all(TwDb *db)
{
    tw_lock(&db->lock);
    g_assert(db->readers_lent == 0);
    while (db->readers->len > 0) {
        TwDbConn *conn = g_ptr_array_steal_index(db->readers, db->readers->len - 1);
        db->readers_open--;
        tw_unlock(&db->lock);
        db->backend->disconnect(conn);
        tw_lock(&db->lock);
    }
    tw_unlock(&db->lock);
    db->backend->stop(db->env, g_steal_pointer(&db->writer));
}

static void
db_free(TwDb *db)
{
    if (db->env != NULL) {
        tw_db_disconnect_all(db);
        db->backend->env_free(db->env);
    }
    g_clear_error(&db->reopen_error);
    g_ptr_array_unref(db->readers);
    g_ptr_array_unref(db->strings);
    tw_secret_unref(db->config.password);
    tw_lock_clear(&db->lock);
    g_cond_clear(&db->work);
    g_cond_clear(&db->idle);
    g_cond_clear(&db->gathered);
    g_free(db);
}

static const char *
keep(TwDb *db, const char *string)
{
    char *copy = g_strdup(string);

    if (copy != NULL)
        g_ptr_array_add(db->strings, copy);
    return copy;
}

TwDb *
tw_db_open(const TwDbConfig *config, GError **error)
{
    TwDb *db = g_new0(TwDb, 1);

    db->config = *config;
    db->strings = g_ptr_array_new_with_free_func(g_free);
    db->config.path = keep(db, config->path);
    db->config.host = keep(db, config->host);
    db->config.socket = keep(db, config->socket);
    db->config.node = keep(db, config->node);
    db->config.database = keep(db, config->database);
    db->config.user = keep(db, config->user);
    db->config.tls_ca = keep(db, config->tls_ca);
    db->config.tls_cert = keep(db, config->tls_cert);
    db->config.tls_key = keep(db, config->tls_key);
    if (config->password != NULL)
        db->config.password = tw_secret_ref(config->password);
    db->backend = config->kind == TW_DB_MARIADB ? &tw_db_mariadb : &tw_db_sqlite;
    db->readers = g_ptr_array_new();
    tw_lock_init(&db->lock);
    g_cond_init(&db->work);
    g_cond_init(&db->idle);
    g_cond_init(&db->gathered);
    g_queue_init(&db->queue);
    db->env = db->backend->env_new(db, error);
    if (db->env == NULL || !db->backend->start(db->env, error) ||
        !tw_db_connect_writer(db, error)) {
        g_prefix_error(error, "database %s: ", config->path ? config->path : config->database);
        db_free(db);
        return NULL;
    }
    tw_db_set_state(db, TW_DB_OPEN, NULL);
    db->thread = g_thread_new("db-writer", tw_db_writer_thread, db);
    return db;
}

void
tw_db_close(TwDb *db)
{
    if (db == NULL)
        return;
    g_return_if_fail(!is_serving(db));
    tw_db_set_state(db, TW_DB_CLOSING, NULL);
    g_thread_join(db->thread);
    tw_lock(&db->lock);
    while (db->readers_lent > 0)
        tw_db_wait_idle(db, G_MAXINT64);
    tw_unlock(&db->lock);
    db_free(db);
}

gboolean
tw_db_reopen(TwDb *db, GError **error)
{
    TW_LOCK_SCOPE(&db->lock);
    guint before = db->reopen_count;

    g_return_val_if_fail(db->serving != g_thread_self(), FALSE);
    db->reopen_wanted = TRUE;
    g_cond_signal(&db->work);
    while (db->reopen_count == before && db->state != TW_DB_CLOSING)
        tw_db_wait_idle(db, G_MAXINT64);
    if (db->reopen_count == before) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "the database is closing");
        return FALSE;
    }
    if (db->reopen_error != NULL && error != NULL)
        *error = g_error_copy(db->reopen_error);
    return db->reopen_error == NULL;
}

/* ---- writing: the near end of the queue ---- */

TwDbOp *
tw_db_op_new(const TwDbOptions *options, TwDbFunc func, gpointer data, TwDbDone done)
{
    TwDbOp *op = g_new0(TwDbOp, 1);

    if (options != NULL)
        op->options = *options;
    op->refs = 1;
    op->func = func;
    op->data = data;
    op->done = done;
    tw_lock_init(&op->lock);
    g_cond_init(&op->cond);
    return op;
}

/* Counted by hand: of GLib's own counters the thread sanitizer sees nothing. */
void
tw_db_op_unref(TwDbOp *op)
{
    if (!g_atomic_int_dec_and_test(&op->refs))
        return;
    g_clear_error(&op->error);
    tw_lock_clear(&op->lock);
    g_cond_clear(&op->cond);
    g_free(op);
}

static gboolean
refuse_op(TwDb *db, const TwDbOp *op, GError **error)
{
    const TwDbConfig *config = &db->config;

    if (db->state == TW_DB_CLOSING) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "the database is closing");
        return TRUE;
    }
    if (db->state == TW_DB_SUSPECT && !db->reopen_wanted && !db->reopening) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "the database is suspect");
        return TRUE;
    }
    if (db->queue.length >= config->queue_ops_max ||
        (db->queue.length > 0 &&
         op->options.cost_bytes >
             config->queue_bytes_max - MIN(db->queue_bytes, config->queue_bytes_max))) {
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY,
                    "%u writes of %" G_GSIZE_FORMAT " bytes are queued", db->queue.length,
                    db->queue_bytes);
        return TRUE;
    }
    return FALSE;
}

/* Hands one reference of op to the queue. *ret_serve, nullable: the caller may run a group, and must when it is set. */
static gboolean
enqueue(TwDb *db, TwDbOp *op, gboolean *ret_serve, GError **error)
{
    TW_LOCK_SCOPE(&db->lock);

    if (refuse_op(db, op, error))
        return FALSE;
    g_atomic_int_inc(&op->refs);
    g_queue_push_tail(&db->queue, op);
    db->queue_bytes += op->options.cost_bytes;
    if (db->gathering != 0 && db->queue.length >= db->gathering)
        g_cond_signal(&db->gathered);
    if (db->queue.length > 1 || db->serving != NULL)
        return TRUE; /* whoever is at it, or was woken for the first, will see */
    if (ret_serve != NULL && db->state == TW_DB_OPEN && !db->reopen_wanted && !db->reopening) {
        *ret_serve = TRUE;
        db->serving = g_thread_self();
    } else {
        g_cond_signal(&db->work);
    }
    return TRUE;
}

/* TRUE: the operation was still queued and will not run. */
static gboolean
withdraw(TwDb *db, TwDbOp *op)
{
    gboolean found;

    tw_lock(&db->lock);
    found = g_queue_remove(&db->queue, op);
    if (found)
        db->queue_bytes -= op->options.cost_bytes;
    tw_unlock(&db->lock);
    if (found)
        tw_db_op_unref(op);
    return found;
}

/* Waits for the answer; FALSE when the deadline came first. */
static gboolean
wait_for(TwDbOp *op, gint64 deadline_us)
{
    TW_LOCK_SCOPE(&op->lock);

    op->awaited = TRUE;
    while (!op->answered) {
        if (deadline_us == 0)
            tw_lock_wait(&op->lock, &op->cond, G_MAXINT64);
        else if (!tw_lock_wait(&op->lock, &op->cond, deadline_us) && !op->answered)
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_db_write_with(TwDb *db, const TwDbOptions *options, TwDbFunc func, gpointer data, GError **error)
{
    gboolean ok, serve = FALSE;
    TwDbOp *op;

    g_return_val_if_fail(!is_serving(db), FALSE);
    op = tw_db_op_new(options, func, data, NULL);
    if (!enqueue(db, op, &serve, error)) {
        tw_db_op_unref(op);
        return FALSE;
    }
    if (serve)
        tw_db_serve_one_group(db);
    if (!wait_for(op, op->options.deadline_us)) {
        if (withdraw(db, op)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "too late in the queue");
            tw_db_op_unref(op); /* NOLINT(clang-analyzer-unix.Malloc): the other reference */
            return FALSE;
        }
        wait_for(op, 0); /* it has begun: its answer is near, and must not be lost */
    }
    ok = !op->failed;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&op->error));
    tw_db_op_unref(op);
    return ok;
}

gboolean
tw_db_write(TwDb *db, TwDbFunc func, gpointer data, GError **error)
{
    return tw_db_write_with(db, NULL, func, data, error);
}

gboolean
tw_db_write_async(TwDb *db,
                  const TwDbOptions *options,
                  TwDbFunc func,
                  gpointer data,
                  TwDbDone done,
                  GError **error)
{
    TwDbOp *op;
    gboolean ok;

    g_return_val_if_fail(done != NULL, FALSE);
    op = tw_db_op_new(options, func, data, done);
    ok = enqueue(db, op, NULL, error);
    tw_db_op_unref(op);
    return ok;
}

/* ---- reading ---- */

/* TRUE, with an error, when the caller's patience is at an end. */
static gboolean
out_of_patience(const TwDbOptions *options, GError **error)
{
    if (options == NULL)
        return FALSE;
    if (options->cancel != NULL && tw_cancel_fired(options->cancel)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "cancelled");
        return TRUE;
    }
    if (options->deadline_us != 0 && options->deadline_us <= g_get_monotonic_time()) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TIMEOUT, "no connection in time");
        return TRUE;
    }
    return FALSE;
}

/* Waits for a free place among the readers. *ret_conn is NULL when the caller shall connect. */
static gboolean
take_place(TwDb *db, const TwDbOptions *options, TwDbConn **ret_conn, GError **error)
{
    TW_LOCK_SCOPE(&db->lock);

    for (;;) {
        if (db->state == TW_DB_CLOSING) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "the database is closing");
            return FALSE;
        }
        if (out_of_patience(options, error))
            return FALSE;
        if (!db->reopening && (db->readers->len > 0 || db->readers_open < db->config.readers_max))
            break;
        if (options != NULL && options->deadline_us != 0)
            tw_db_wait_idle(db, options->deadline_us);
        else
            tw_db_wait_idle(db, G_MAXINT64);
    }
    db->readers_lent++;
    db->readers_most = MAX(db->readers_most, db->readers_lent);
    if (db->readers->len > 0) {
        *ret_conn = g_ptr_array_steal_index(db->readers, db->readers->len - 1);
    } else {
        *ret_conn = NULL;
        db->readers_open++;
    }
    return TRUE;
}

/* An idle reader that was not needed for a while, the one that lay longest; NULL: there is none. In *ret_readers how many are left. */
static TwDbConn *
take_surplus(TwDb *db, guint *ret_readers)
{
    TwDbConn *surplus = NULL;
    TW_LOCK_SCOPE(&db->lock);

    if (db->readers_open <= db->readers_most) { /* all were needed: counted from here on */
        db->readers_most = db->readers_lent;
        db->readers_since = g_get_monotonic_time();
    } else if (db->readers->len > 0 &&
               g_get_monotonic_time() - db->readers_since >= db->config.readers_idle_us) {
        surplus = g_ptr_array_steal_index(db->readers, 0);
        db->readers_open--;
    }
    *ret_readers = db->readers_open;
    return surplus;
}

/* Behind a read, while its reader is still lent: so nobody closes the database meanwhile. */
static void
tidy_readers(TwDb *db, TwDbConn *conn)
{
    TwDbConn *surplus;
    guint readers;

    while ((surplus = take_surplus(db, &readers)) != NULL)
        db->backend->disconnect(surplus);
    if (conn != NULL && db->backend->share_cache != NULL)
        db->backend->share_cache(conn, readers);
}

/* conn NULL: the connection is gone. */
static void
give_place(TwDb *db, TwDbConn *conn)
{
    tw_lock(&db->lock);
    if (conn != NULL)
        g_ptr_array_add(db->readers, conn);
    else
        db->readers_open--;
    db->readers_lent--;
    if (db->idle_waiting > 0)
        g_cond_broadcast(&db->idle);
    tw_unlock(&db->lock);
}

static void
set_patience(TwDbConn *conn, const TwDbOptions *options)
{
    conn->deadline_us = options != NULL ? options->deadline_us : 0;
    conn->cancel = options != NULL ? options->cancel : NULL;
    if (conn->deadline_us == 0 && conn->db->config.read_us_max > 0)
        conn->deadline_us = g_get_monotonic_time() + conn->db->config.read_us_max;
}

/* Begins on conn, or, when that was lost while it lay in the pool, on a new one. NULL: there is none. One that did not begin is in no
 * transaction, and *error says why. */
static TwDbConn *
begin_read(TwDb *db, TwDbConn *conn, const TwDbOptions *options, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (conn != NULL) {
        set_patience(conn, options);
        if (db->backend->control(conn, TW_DB_BEGIN_READ, &failure))
            return conn;
        if (!db->backend->must_rerun(conn)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return conn;
        }
        db->backend->disconnect(conn);
    }
    conn = db->backend->connect(db->env, TW_DB_ROLE_READER, error);
    if (conn == NULL)
        return NULL;
    set_patience(conn, options);
    db->backend->control(conn, TW_DB_BEGIN_READ, error);
    return conn;
}

static gboolean
read_on(TwDbConn *conn, TwDbFunc func, gpointer data, GError **error)
{
    gboolean ok = conn->backend->in_transaction(conn);

    if (ok) {
        tw_db_tx_begin(&conn->tx, FALSE);
        ok = func(&conn->tx, data, error);
        ok = tw_db_tx_settle(&conn->tx, ok ? error : NULL) && ok;
    }
    conn->deadline_us = 0;
    conn->cancel = NULL;
    if (conn->scans)
        conn->backend->expect_scan(conn, FALSE);
    conn->scans = FALSE;
    if (conn->backend->in_transaction(conn))
        conn->backend->control(conn, TW_DB_ROLLBACK, NULL);
    return ok;
}

void
tw_db_expect_scan(TwDbTx *tx)
{
    TwDbConn *conn = tx->conn;

    g_return_if_fail(!tx->writing);
    if (conn->scans || conn->backend->expect_scan == NULL)
        return;
    conn->backend->expect_scan(conn, TRUE);
    conn->scans = TRUE;
}

gboolean
tw_db_read(TwDb *db, const TwDbOptions *options, TwDbFunc func, gpointer data, GError **error)
{
    TwDbConn *conn;
    gboolean ok = FALSE;

    if (!take_place(db, options, &conn, error))
        return FALSE;
    conn = begin_read(db, conn, options, error);
    if (conn != NULL) {
        ok = read_on(conn, func, data, error);
        if (!ok && conn->backend->must_rerun(conn)) { /* a lost connection is not kept */
            conn->backend->disconnect(conn);
            conn = NULL;
        }
    }
    tidy_readers(db, conn);
    give_place(db, conn);
    return ok;
}

void
tw_db_stats(TwDb *db, TwDbStats *ret)
{
    tw_lock(&db->lock);
    *ret = db->stats;
    ret->queued_ops = db->queue.length;
    ret->readers = db->readers_open;
    tw_unlock(&db->lock);
    if (db->backend->stats != NULL)
        db->backend->stats(db->env, ret);
}
