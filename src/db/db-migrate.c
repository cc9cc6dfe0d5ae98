/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The schema's number and its way up. One row in twiga_schema says what kind of database this is and which migrations
 * have run; each runs in a transaction together with the change of that number.
 */
#include <string.h>

#include "base/error.h"
#include "db/db-private.h"

enum {
    TABLES,
    MAKE,
    FIRST,
    READ,
    RAISE,
};

static const TwDbSql rows[] = {
    [TABLES] = { .sql = "SELECT count(*), ifnull(sum(name = 'twiga_schema'), 0) FROM sqlite_schema "
                        "WHERE type = 'table'",
                 .mariadb =
                     "SELECT count(*), CAST(ifnull(sum(table_name = 'twiga_schema'), 0) AS "
                     "SIGNED) FROM information_schema.tables WHERE table_schema = DATABASE() "
                     "AND table_name <> 'twiga_lease'" },
    [MAKE] = { .sql =
                   "CREATE TABLE IF NOT EXISTS twiga_schema(id TEXT PRIMARY KEY, version INTEGER "
                   "NOT NULL) WITHOUT ROWID",
               .mariadb = "CREATE TABLE IF NOT EXISTS twiga_schema(id VARCHAR(64) PRIMARY KEY, "
                          "version INTEGER NOT NULL) ENGINE=InnoDB" },
    [FIRST] = { .sql = "INSERT INTO twiga_schema(id, version) VALUES(?, 0)" },
    [READ] = { .sql = "SELECT id, version FROM twiga_schema" },
    [RAISE] = { .sql = "UPDATE twiga_schema SET version = ? WHERE id = ? AND version = ?" },
};

static const TwDbSqlSet set = { "twiga_schema", rows, G_N_ELEMENTS(rows) };

static gboolean
make_schema_row(TwDbTx *tx, const TwDbSchema *schema, GError **error)
{
    g_autoptr(TwDbStatement) make = tw_db_statement(tx, &set, MAKE);
    g_autoptr(TwDbStatement) first = NULL;

    if (!tw_db_run(make, error))
        return FALSE;
    first = tw_db_statement(tx, &set, FIRST);
    tw_db_bind_text(first, 0, schema->id, strlen(schema->id));
    return tw_db_run(first, error);
}

/* Reads the number, making the table in an empty database. *ret_version is -1 when the row is still missing. */
static gboolean
read_version(TwDbTx *tx, const TwDbSchema *schema, gint64 *ret_version, GError **error)
{
    g_autoptr(TwDbStatement) tables = tw_db_statement(tx, &set, TABLES);
    g_autoptr(TwDbStatement) read = NULL;
    gint64 count, ours;
    TwDbStep step;

    if (tw_db_step(tables, error) == TW_DB_FAILED)
        return FALSE;
    count = tw_db_column_i64(tables, 0);
    ours = tw_db_column_i64(tables, 1);
    tw_db_rewind(tables);
    *ret_version = -1;
    if (ours == 0 && count != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                    "the database has %" G_GINT64_FORMAT " tables but no twiga_schema: not ours",
                    count);
        return FALSE;
    }
    if (ours == 0)
        return TRUE;
    read = tw_db_statement(tx, &set, READ);
    step = tw_db_step(read, error);
    if (step != TW_DB_ROW)
        return step == TW_DB_DONE;
    if (strcmp(tw_db_column_text(read, 0, NULL), schema->id) != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "this is a \"%s\" database, not \"%s\"",
                    tw_db_column_text(read, 0, NULL), schema->id);
        return FALSE;
    }
    *ret_version = tw_db_column_i64(read, 1);
    return TRUE;
}

static const char *
step_text(const TwDbBackend *backend, const TwDbSql *step)
{
    return backend->kind == TW_DB_MARIADB && step->mariadb != NULL ? step->mariadb : step->sql;
}

static gboolean
run_migration(TwDbTx *tx, const TwDbSchema *schema, const TwDbMigration *migration, GError **error)
{
    g_autoptr(TwDbStatement) raise = NULL;

    for (guint i = 0; i < migration->step_count; i++) {
        const char *text = step_text(tx->conn->backend, &migration->steps[i]);
        if (text != NULL && !tw_db_exec(tx->conn, text, error)) {
            g_prefix_error(error, "migration %u, step %u: ", migration->version, i + 1);
            return FALSE;
        }
    }
    if (migration->func != NULL && !migration->func(tx, NULL, error)) {
        g_prefix_error(error, "migration %u: ", migration->version);
        return FALSE;
    }
    raise = tw_db_statement(tx, &set, RAISE);
    tw_db_bind_i64(raise, 0, migration->version);
    tw_db_bind_text(raise, 1, schema->id, strlen(schema->id));
    tw_db_bind_i64(raise, 2, (gint64) migration->version - 1);
    if (!tw_db_run(raise, error))
        return FALSE;
    if (tw_db_changes(raise) != 1) {
        g_set_error(error, TW_ERROR, TW_ERROR_CHANGED, "migration %u: the schema's number moved",
                    migration->version);
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    const TwDbSchema *schema;
    const TwDbMigration *migration; /* NULL: only make the row */
    gint64 version;
} Job;

static gboolean
read_job(TwDbTx *tx, Job *job, GError **error)
{
    return read_version(tx, job->schema, &job->version, error);
}

static gboolean
write_job(TwDbTx *tx, Job *job, GError **error)
{
    if (job->migration == NULL)
        return make_schema_row(tx, job->schema, error);
    return run_migration(tx, job->schema, job->migration, error);
}

/* The writer thread does not run yet: a transaction by hand. */
static gboolean
transact(TwDbConn *conn, gboolean (*func)(TwDbTx *, Job *, GError **), Job *job, GError **error)
{
    gboolean writing = func == write_job;

    if (!conn->backend->control(conn, writing ? TW_DB_BEGIN_WRITE : TW_DB_BEGIN_READ, error))
        return FALSE;
    tw_db_tx_begin(&conn->tx, writing);
    if (func(&conn->tx, job, error) && tw_db_tx_settle(&conn->tx, error) &&
        conn->backend->control(conn, TW_DB_COMMIT, error))
        return TRUE;
    tw_db_tx_drop_hooks(&conn->tx, 0);
    if (conn->backend->in_transaction(conn))
        conn->backend->control(conn, TW_DB_ROLLBACK, NULL);
    return FALSE;
}

gboolean
tw_db_migrate(TwDb *db, GError **error)
{
    const TwDbSchema *schema = db->config.schema;
    Job job = { .schema = schema };

    if (!transact(db->writer, read_job, &job, error))
        return FALSE;
    if (job.version > (gint64) schema->migration_count) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                    "schema %s %" G_GINT64_FORMAT " is newer than this program, which knows %u: "
                    "upgrade the program",
                    schema->id, job.version, schema->migration_count);
        return FALSE;
    }
    if (db->backend->claim != NULL && (!db->backend->claim(db->env, db->writer, error) ||
                                       !transact(db->writer, read_job, &job, error)))
        return FALSE; /* another may have migrated it before it was ours */
    if (job.version < 0 && db->config.must_exist && db->config.kind == TW_DB_MARIADB) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                            "the database is empty, but was not: has it been lost?");
        return FALSE;
    }
    if (job.version < 0) {
        if (!transact(db->writer, write_job, &job, error))
            return FALSE;
        job.version = 0;
    }
    for (guint i = (guint) job.version; i < schema->migration_count; i++) {
        g_return_val_if_fail(schema->migrations[i].version == i + 1, FALSE);
        job.migration = &schema->migrations[i];
        if (!transact(db->writer, write_job, &job, error))
            return FALSE;
    }
    return TRUE;
}
