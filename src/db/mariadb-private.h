/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the MariaDB back end share: a connection, the database as a whole with its lease. */
#pragma once

#include <mysql.h>

#include "base/lock.h"
#include "db/db-private.h"

G_BEGIN_DECLS

/* The lease: mariadb-lease.c has the rules. Times are g_get_monotonic_time(). */
typedef struct {
    gint64 number; /* ours; 0: not taken. Set before there are threads, or by the one that writes */
    gint64 beat;   /* of the last commit that is known; the same */
    TwLock lock;   /* guards the rest */
    gint64 proven_us;    /* began the last commit that is known: until then nobody had taken it */
    gint64 next_beat_us; /* a commit is due, if only to prove it */
    char *ended;         /* (nullable): owned: lost for good, and why */
} TwMariaLease;

typedef struct {
    TwDb *db;
    TwMariaLease lease;
} TwMariaEnv;

typedef struct {
    TwDbConn conn;
    MYSQL *mysql;
    TwMariaEnv *env;
    gpointer fence;  /* (nullable): prepared: mariadb-lease.c */
    gint64 began_us; /* of the transaction that runs: when its fence was asked */
    guint64 changes;
    GPtrArray *later; /* prepared statements that have rows to be sent */
    gboolean in_transaction, must_rerun, lost;
    gboolean failed_late; /* rows of this transaction that were sent later */
    gboolean unknown;     /* lost at COMMIT */
} TwMariaConn;

/* mariadb.c. Always FALSE; sets what the number says of the connection. */
gboolean tw_maria_fail(TwMariaConn *conn, guint number, const char *words, GError **error);
gboolean tw_maria_query(TwMariaConn *conn, const char *sql, GError **error);

/* mariadb-settings.c: UNSUPPORTED, with what to change on the server */
gboolean tw_maria_check_settings(TwMariaConn *conn, GError **error);
/* A database that is not there is made, where the account may. */
gboolean tw_maria_make_database(TwMariaConn *conn, const char *name, GError **error);

/* mariadb-lease.c */
gboolean tw_maria_claim(gpointer env, TwDbConn *writer, GError **error);
gboolean tw_maria_fence(TwMariaConn *conn, GError **error);
void tw_maria_committed(TwMariaConn *conn);
TwDbFate tw_maria_find_fate(gpointer env, TwDbConn *fresh, GError **error);
gboolean tw_maria_may_read(TwMariaEnv *env, GError **error);
void tw_maria_end(gpointer env, const char *why);
gboolean tw_maria_has_ended(gpointer env);
void tw_maria_why_ended(gpointer env, GError **error);
gint64 tw_maria_beat_due(gpointer env);
void tw_maria_release(TwMariaConn *conn);

/* mariadb-later.c: rows of one statement */
typedef struct TwMariaRows TwMariaRows;

/* NULL: not a statement that puts a row into a table. @width: of its parameters */
TwMariaRows *tw_maria_rows_new(const char *sql, guint width);
void tw_maria_rows_free(TwMariaRows *rows);
void tw_maria_rows_clear(TwMariaRows *rows);
/* Whether another one has its place among them: FALSE: they have to be sent first. */
gboolean tw_maria_rows_fit(const TwMariaRows *rows, const MYSQL_BIND *params);
void tw_maria_rows_add(TwMariaRows *rows, const MYSQL_BIND *params); /* copies the values */
/* All in one call; FALSE: the statement has the error. None is left. */
gboolean tw_maria_rows_send(TwMariaRows *rows, MYSQL_STMT *stmt);
guint tw_maria_rows_count(const TwMariaRows *rows);
/* Whether the statement names their table. */
gboolean tw_maria_rows_named(const TwMariaRows *rows, const char *sql);

/* mariadb-statement.c: of the table of functions */
gboolean tw_maria_run_later(TwDbConn *base, gpointer statement, GError **error);
gboolean tw_maria_send_later(TwMariaConn *conn,
                             const char *sql,
                             GError **error); /* @sql: (nullable):
                                                                        * only of tables it names */
void tw_maria_drop_later(TwMariaConn *conn);
gpointer tw_maria_prepare(TwDbConn *base, const char *sql, GError **error);
void tw_maria_finalize(gpointer statement);
void tw_maria_bind_null(gpointer statement, guint index);
void tw_maria_bind_i64(gpointer statement, guint index, gint64 number);
void tw_maria_bind_double(gpointer statement, guint index, double number);
void tw_maria_bind_data(
    gpointer statement, guint index, TwDbType type, const void *data, gsize len);
TwDbStep tw_maria_step(TwDbConn *base, gpointer statement, GError **error);
void tw_maria_rewind(gpointer statement, gboolean forget_values);
gint64 tw_maria_changes(TwDbConn *base, gpointer statement);
guint tw_maria_column_count(gpointer statement);
TwDbType tw_maria_column_type(gpointer statement, guint index);
gboolean tw_maria_column_i64(gpointer statement, guint index, gint64 *ret);
double tw_maria_column_double(gpointer statement, guint index);
const void *tw_maria_column_data(gpointer statement, guint index, gsize *ret_len);

G_END_DECLS
