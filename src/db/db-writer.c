/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing: group commit. Whatever is queued when a commit returns goes into the next one, so batches appear by themselves as
 * soon as the disk is slower than the clients; whoever is alone waits for nobody, see gather(). One thread at a time runs a group: whoever writes while
 * nobody is at it runs its own operation itself, since two wake-ups cost more than the commit; what is queued meanwhile,
 * and what nobody waits for, is the writer thread's.
 *
 * 1. A closure that fails is rolled back alone; the others of its group commit. Savepoints cost each operation a copy of every page
 *    it changes, and few closures fail: so a group runs without them at first. Who fails before it has changed anything is left
 *    out; else all is rolled back and the others run again, with savepoints.
 * 2. Nobody is answered "done" before the commit has returned; after-commit calls come first, in commit order.
 * 3. When SQL rolls back everything by itself (full disk, deadlock, interrupt), the group runs again without whoever
 *    caused it. Each rerun drops an operation, uses up reserve, or is counted: so it ends.
 */
#include <string.h>

#include "base/error.h"
#include "db/db-private.h"

enum {
    SETTLE_SECONDS = 30, /* finding out what became of a commit */
    MOST_RERUNS = 5,     /* after deadlocks and lost connections */
    GATHER_PART = 8, /* of the time that the last group took, waiting for those who were in it */
    MOST_GATHER_US = 2000,  /* and never longer */
    LEAST_WAIT_US = 100000, /* while another thread serves */
};

typedef enum {
    GROUP_DONE,    /* committed, or nothing was left to commit; every op has its answer */
    GROUP_AGAIN,   /* rolled back; run what has not failed again */
    GROUP_LATER,   /* the same, after a pause: a deadlock */
    GROUP_UNKNOWN, /* the answer to the commit was lost */
    GROUP_FAILED,
} GroupResult;

static void
fail_op(TwDbOp *op, const GError *why)
{
    if (op->failed)
        return;
    op->failed = TRUE;
    op->error = g_error_copy(why);
}

static void
fail_group(GPtrArray *ops, const GError *why, gboolean spare_frees_space)
{
    for (guint i = 0; i < ops->len; i++) {
        TwDbOp *op = g_ptr_array_index(ops, i);
        if (!spare_frees_space || !op->options.frees_space)
            fail_op(op, why);
    }
}

static guint
count_live(GPtrArray *ops)
{
    guint live = 0;

    for (guint i = 0; i < ops->len; i++)
        live += ((const TwDbOp *) g_ptr_array_index(ops, i))->failed ? 0 : 1;
    return live;
}

static void
rollback(TwDb *db)
{
    TwDbConn *conn = db->writer;

    tw_db_tx_drop_hooks(&conn->tx, 0);
    if (conn->backend->in_transaction(conn))
        conn->backend->control(conn, TW_DB_ROLLBACK, NULL);
}

/* The disk is full: only what frees space goes on, with some of the reserve. */
static GroupResult
after_no_space(TwDb *db, GPtrArray *ops, const GError *why)
{
    fail_group(ops, why, TRUE);
    if (count_live(ops) > 0 && db->backend->use_reserve != NULL &&
        db->backend->use_reserve(db->env))
        return GROUP_AGAIN;
    return GROUP_FAILED;
}

static gboolean
run_closure(TwDbConn *conn, TwDbOp *op, GError **error)
{
    conn->deadline_us = op->options.deadline_us;
    conn->cancel = op->options.cancel;
    tw_db_tx_begin(&conn->tx, TRUE);
    if (!op->func(&conn->tx, op->data, error)) {
        if (error != NULL && *error == NULL)
            g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "a closure failed without words");
        if (conn->tx.open_statements != 0)
            g_critical("a closure left %u statements open", conn->tx.open_statements);
        return FALSE;
    }
    return tw_db_tx_settle(&conn->tx, error);
}

/* Whether a closure that failed has left something in the transaction. */
static gboolean
has_changed(TwDbConn *conn, guint64 changes_before)
{
    return conn->backend->total_changes == NULL ||
           conn->backend->total_changes(conn) != changes_before;
}

/* Whether the failure may be that of another operation than the one that met it. */
static gboolean
is_anybodys(TwDbConn *conn, GPtrArray *ops, gboolean careful)
{
    return !careful && conn->backend->failed_late != NULL && conn->backend->failed_late(conn) &&
           count_live(ops) > 1;
}

/* Runs one operation inside the group's transaction. GROUP_DONE: it has run, or failed alone. */
static GroupResult
run_op(TwDb *db, GPtrArray *ops, TwDbOp *op, gboolean careful, guint *ran, GError **error)
{
    TwDbConn *conn = db->writer;
    guint hooks = conn->tx.hooks->len;
    guint64 changes = conn->backend->total_changes != NULL ? conn->backend->total_changes(conn) : 0;
    g_autoptr(GError) why = NULL;
    gboolean ok;

    ok = (!careful || conn->backend->control(conn, TW_DB_SAVEPOINT, &why)) &&
         run_closure(conn, op, &why) &&
         (!careful || conn->backend->control(conn, TW_DB_RELEASE, &why));
    conn->deadline_us = 0;
    conn->cancel = NULL;
    if (ok) {
        (*ran)++;
        return GROUP_DONE;
    }
    if (conn->backend->must_rerun(conn)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return GROUP_LATER;
    }
    if (is_anybodys(conn, ops, careful))
        return GROUP_AGAIN;
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NO_SPACE) && op->options.frees_space &&
        after_no_space(db, ops, why) == GROUP_AGAIN)
        return GROUP_AGAIN;
    fail_op(op, why);
    tw_db_tx_drop_hooks(&conn->tx, hooks);
    if (!conn->backend->in_transaction(conn))
        return GROUP_AGAIN;
    if (careful)
        return conn->backend->control(conn, TW_DB_ROLLBACK_TO, NULL) ? GROUP_DONE : GROUP_AGAIN;
    return has_changed(conn, changes) ? GROUP_AGAIN : GROUP_DONE;
}

static GroupResult
try_commit(TwDb *db, GPtrArray *ops, gboolean careful, GError **error)
{
    TwDbConn *conn = db->writer;
    g_autoptr(GError) why = NULL;

    if (conn->backend->control(conn, TW_DB_COMMIT, &why))
        return GROUP_DONE;
    if (conn->backend->is_unknown != NULL && conn->backend->is_unknown(conn))
        return GROUP_UNKNOWN;
    if (conn->backend->must_rerun(conn)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return GROUP_LATER;
    }
    if (is_anybodys(conn, ops, careful))
        return GROUP_AGAIN;
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NO_SPACE)) {
        rollback(db);
        if (after_no_space(db, ops, why) == GROUP_AGAIN)
            return GROUP_AGAIN;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return GROUP_FAILED;
}

static GroupResult
try_group(TwDb *db, GPtrArray *ops, gboolean careful, GError **error)
{
    TwDbConn *conn = db->writer;
    guint ran = 0;

    if (db->config.sync_blobs != NULL && !db->config.sync_blobs(db->config.hook_data, error))
        return GROUP_FAILED;
    if (!conn->backend->control(conn, TW_DB_BEGIN_WRITE, error))
        return conn->backend->must_rerun(conn) ? GROUP_LATER : GROUP_FAILED;
    for (guint i = 0; i < ops->len; i++) {
        TwDbOp *op = g_ptr_array_index(ops, i);
        GroupResult result = op->failed ? GROUP_DONE : run_op(db, ops, op, careful, &ran, error);
        if (result != GROUP_DONE)
            return result;
    }
    if (ran == 0) {
        rollback(db);
        return GROUP_DONE;
    }
    return try_commit(db, ops, careful, error);
}

static void
run_hooks(TwDbTx *tx)
{
    for (guint i = 0; i < tx->hooks->len; i++) {
        const TwDbHook *hook = &g_array_index(tx->hooks, TwDbHook, i);
        hook->func(hook->data);
    }
    tw_db_tx_drop_hooks(tx, 0);
}

/* Before the next try; a lost connection is made anew. When that does not work now, the next try finds it so. */
static void
pause_and_reconnect(TwDb *db, guint tries)
{
    TwDbConn *fresh;

    g_usleep((gulong) g_random_int_range(500, 2000) << tries);
    if (db->backend->reconnect == NULL)
        return;
    fresh = db->backend->reconnect(db->env, db->writer, NULL);
    if (fresh != NULL)
        db->writer = fresh;
}

/* The connection was lost at COMMIT: asks what became of it, for as long as somebody may wait. Who never learns it is at an
 * end: what hangs after commits would be wrong from here on. What is to happen after this one waits meanwhile. */
static GroupResult
settle_commit(TwDb *db, GError **error)
{
    gint64 until = g_get_monotonic_time() + (gint64) SETTLE_SECONDS * G_USEC_PER_SEC;
    GArray *hooks = db->writer->tx.hooks;
    TwDbFate fate = TW_DB_FATE_UNKNOWN;

    db->writer->tx.hooks = g_array_new(FALSE, FALSE, sizeof(TwDbHook));
    for (guint tries = 0; fate == TW_DB_FATE_UNKNOWN && g_get_monotonic_time() < until; tries++) {
        TwDbConn *fresh = db->backend->reconnect(db->env, db->writer, NULL);
        g_clear_error(error);
        if (fresh != NULL) {
            db->writer = fresh;
            fate = db->backend->find_fate(db->env, fresh, error);
        }
        if (fate == TW_DB_FATE_UNKNOWN)
            g_usleep((gulong) g_random_int_range(500, 2000) << MIN(tries, 8u));
    }
    g_array_unref(db->writer->tx.hooks);
    db->writer->tx.hooks = hooks;
    if (fate == TW_DB_FATE_DONE)
        return GROUP_DONE;
    if (fate == TW_DB_FATE_UNDONE)
        return GROUP_LATER;
    if (fate == TW_DB_FATE_UNKNOWN) {
        db->backend->end(db->env, "a commit was lost sight of");
        g_clear_error(error);
        g_set_error_literal(
            error, TW_ERROR, TW_ERROR_FAILED,
            "the connection was lost at a commit, and nobody can say what became of it");
    }
    return GROUP_FAILED;
}

static void
run_group(TwDb *db, GPtrArray *ops)
{
    g_autoptr(GError) why = NULL;
    gboolean careful = db->backend->total_changes == NULL;
    guint later = 0, again = 0;

    while (count_live(ops) > 0) {
        GroupResult result;
        g_clear_error(&why);
        result = try_group(db, ops, careful && count_live(ops) > 1, &why);
        if (result == GROUP_UNKNOWN)
            result = settle_commit(db, &why);
        if (result == GROUP_DONE) {
            run_hooks(&db->writer->tx);
            break;
        }
        rollback(db);
        if (result == GROUP_LATER && later++ >= MOST_RERUNS) {
            g_autofree char *last = g_strdup(why != NULL ? why->message : "a conflict");
            g_clear_error(&why);
            g_set_error(&why, TW_ERROR, TW_ERROR_BUSY, "gave up after %u tries: %s", later, last);
            result = GROUP_FAILED;
        }
        if (result == GROUP_LATER)
            pause_and_reconnect(db, later);
        if (result == GROUP_FAILED) {
            fail_group(ops, why, FALSE);
            break;
        }
        careful = TRUE;
        again += count_live(ops) > 0 ? 1 : 0;
    }
    tw_lock(&db->lock);
    db->stats.reruns += again;
    tw_unlock(&db->lock);
}

/* While the reserve is not whole only what frees space may write. */
static void
keep_reserve(TwDb *db, GPtrArray *ops)
{
    g_autoptr(GError) why = NULL;

    if (db->backend->has_reserve == NULL || db->backend->has_reserve(db->env))
        return;
    g_set_error_literal(&why, TW_ERROR, TW_ERROR_NO_SPACE,
                        "the disk is full: what is left is kept for deletes");
    fail_group(ops, why, TRUE);
}

/* The log is as long as it may be, and a reader keeps it from beginning anew: nobody writes until that one ends. */
static void
keep_log_short(TwDb *db, GPtrArray *ops)
{
    g_autoptr(GError) why = NULL;

    if (db->backend->has_log_room == NULL || db->backend->has_log_room(db->env, db->writer))
        return;
    g_set_error_literal(&why, TW_ERROR, TW_ERROR_BUSY,
                        "the log is full behind a reader that does not end");
    fail_group(ops, why, FALSE);
}

static void
give_up_late(GPtrArray *ops)
{
    gint64 now = g_get_monotonic_time();

    for (guint i = 0; i < ops->len; i++) {
        TwDbOp *op = g_ptr_array_index(ops, i);
        g_autoptr(GError) why = NULL;
        if (op->options.cancel != NULL && tw_cancel_fired(op->options.cancel))
            g_set_error_literal(&why, TW_ERROR, TW_ERROR_CANCELLED, "cancelled while queued");
        else if (op->options.deadline_us != 0 && op->options.deadline_us <= now)
            g_set_error_literal(&why, TW_ERROR, TW_ERROR_TIMEOUT, "too late when its turn came");
        if (why != NULL)
            fail_op(op, why);
    }
}

static void
answer(TwDbOp *op)
{
    if (op->done != NULL) {
        op->done(op->error, op->data);
    } else {
        gboolean awaited;

        tw_lock(&op->lock);
        op->answered = TRUE;
        awaited = op->awaited;
        tw_unlock(&op->lock);
        if (awaited)
            g_cond_signal(&op->cond); /* who is woken does not find the lock taken */
    }
    tw_db_op_unref(op);
}

static void
answer_all(TwDb *db, GPtrArray *ops)
{
    guint failed = ops->len - count_live(ops);

    tw_lock(&db->lock);
    db->stats.ops += ops->len;
    db->stats.failed_ops += failed;
    db->stats.groups += failed < ops->len ? 1 : 0;
    tw_unlock(&db->lock);
    for (guint i = 0; i < ops->len; i++)
        answer(g_ptr_array_index(ops, i));
    g_ptr_array_set_size(ops, 0);
}

/* Called with db->lock held. */
static void
take_group(TwDb *db, GPtrArray *ops)
{
    gsize bytes = 0;

    while (ops->len < db->config.group_ops_max && !g_queue_is_empty(&db->queue)) {
        const TwDbOp *next = g_queue_peek_head(&db->queue);
        if (ops->len > 0 && next->options.cost_bytes > db->config.group_bytes_max - bytes)
            break;
        bytes = MIN(bytes + next->options.cost_bytes, db->config.group_bytes_max);
        db->queue_bytes -= next->options.cost_bytes;
        g_ptr_array_add(ops, g_queue_pop_head(&db->queue));
    }
}

static void
check_health(TwDb *db)
{
    g_autoptr(GError) why = NULL;

    if (db->backend->is_suspect == NULL || !db->backend->is_suspect(db->env))
        return;
    if (db->backend->why_suspect != NULL)
        db->backend->why_suspect(db->env, &why);
    else
        g_set_error_literal(&why, TW_ERROR, TW_ERROR_FAILED,
                            "a write or sync of the database failed");
    tw_db_set_state(db, TW_DB_SUSPECT, why);
}

static void
serve(TwDb *db, GPtrArray *ops)
{
    g_autoptr(GError) why = NULL;

    give_up_late(ops);
    check_health(db);
    if (tw_db_state(db) == TW_DB_SUSPECT) {
        g_set_error_literal(&why, TW_ERROR, TW_ERROR_BUSY, "the database is suspect");
        fail_group(ops, why, FALSE);
    } else if (db->writer == NULL) {
        g_set_error_literal(&why, TW_ERROR, TW_ERROR_BUSY, "the database is not connected");
        fail_group(ops, why, FALSE);
    } else {
        if (db->backend->before_group != NULL)
            db->backend->before_group(db->env, db->writer);
        keep_log_short(db, ops);
        keep_reserve(db, ops);
        run_group(db, ops);
        check_health(db);
    }
    answer_all(db, ops);
}

static gboolean
nothing_tx(TwDbTx *tx G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static void
nobody(const GError *error G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

/* A commit of nothing, on the way of every other: it proves that the database is ours still. Called with db->lock held. */
static void
beat(TwDb *db, GPtrArray *ops)
{
    db->serving = g_thread_self();
    g_ptr_array_add(ops, tw_db_op_new(NULL, nothing_tx, NULL, nobody));
    tw_unlock(&db->lock);
    serve(db, ops);
    tw_lock(&db->lock);
    db->serving = NULL;
}

void
tw_db_wait_idle(TwDb *db, gint64 until_us)
{
    db->idle_waiting++;
    tw_lock_wait(&db->lock, &db->idle, until_us);
    db->idle_waiting--;
}

/* Called with db->lock held; new readers wait while reopening is set. */
static void
reopen(TwDb *db)
{
    g_autoptr(GError) why = NULL;
    gboolean ok;

    db->reopen_wanted = FALSE;
    db->reopening = TRUE;
    while (db->readers_lent > 0)
        tw_db_wait_idle(db, G_MAXINT64);
    tw_unlock(&db->lock);
    tw_db_disconnect_all(db);
    ok = db->backend->start(db->env, &why) && tw_db_connect_writer(db, &why);
    if (!ok)
        tw_db_disconnect_all(db);
    tw_db_set_state(db, ok ? TW_DB_OPEN : TW_DB_SUSPECT, why);
    tw_lock(&db->lock);
    g_clear_error(&db->reopen_error);
    db->reopen_error = g_steal_pointer(&why);
    db->reopening = FALSE;
    db->reopen_count++;
    g_cond_broadcast(&db->idle);
}

/* Those who were just answered come back at about the same time. Without waiting for them the first takes a group for itself
 * and the others miss it: with eight clients every second commit would be one of a single operation. */
static void
gather(TwDb *db)
{
    guint want = MIN(db->expected, db->config.group_ops_max);
    gint64 until = g_get_monotonic_time() + MIN(db->last_us / GATHER_PART, MOST_GATHER_US);

    if (want <= 1)
        return;
    db->gathering = want;
    while (db->queue.length < want && db->state == TW_DB_OPEN &&
           tw_lock_wait(&db->lock, &db->gathered, until))
        continue;
    db->gathering = 0;
}

/* Called with db->lock held and by whoever is in db->serving. */
static void
serve_group(TwDb *db, GPtrArray *ops)
{
    gint64 began;
    guint count;

    gather(db);
    take_group(db, ops);
    count = ops->len;
    began = g_get_monotonic_time();
    tw_unlock(&db->lock);
    serve(db, ops);
    tw_lock(&db->lock);
    db->last_us = g_get_monotonic_time() - began;
    db->expected = count + db->queue.length;
}

/* For the thread that enqueue() put into db->serving. */
void
tw_db_serve_one_group(TwDb *db)
{
    g_autoptr(GPtrArray) ops = g_ptr_array_new();
    TW_LOCK_SCOPE(&db->lock);

    serve_group(db, ops);
    db->serving = NULL;
    if (!g_queue_is_empty(&db->queue) || db->reopen_wanted || db->state == TW_DB_CLOSING)
        g_cond_signal(&db->work);
}

gpointer
tw_db_writer_thread(gpointer data)
{
    TwDb *db = data;
    g_autoptr(GPtrArray) ops = g_ptr_array_new();

    tw_lock(&db->lock);
    for (;;) {
        gint64 due = db->backend->beat_due != NULL ? db->backend->beat_due(db->env) : G_MAXINT64;
        if (db->serving == NULL && db->reopen_wanted) {
            reopen(db);
        } else if (db->serving == NULL && !g_queue_is_empty(&db->queue)) {
            db->serving = g_thread_self();
            serve_group(db, ops);
            db->serving = NULL;
        } else if (db->serving == NULL && db->state == TW_DB_CLOSING) {
            break;
        } else if (db->serving == NULL && due <= g_get_monotonic_time()) {
            beat(db, ops);
        } else {
            /* who serves makes a commit, and the time of the next is looked at then */
            tw_lock_wait(&db->lock, &db->work,
                         db->serving == NULL ? due
                                             : MAX(due, g_get_monotonic_time() + LEAST_WAIT_US));
        }
    }
    tw_unlock(&db->lock);
    return NULL;
}
