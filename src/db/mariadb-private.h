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

/* What a parameter or column points to. */
typedef struct {
    gint64 i64;
    double real;
    gulong len;
    my_bool is_null, is_cut;
    TwDbType type;
    guint8 *data; /* columns: owned, with room for a NUL */
} TwMariaValue;

typedef struct TwMariaKept TwMariaKept;

typedef struct {
    TwDbConn conn;
    MYSQL *mysql;
    TwMariaEnv *env;
    gpointer fence;  /* (nullable): prepared: mariadb-lease.c */
    gint64 began_us; /* of the transaction that runs: when its fence was asked */
    guint64 changes;
    GPtrArray *later; /* prepared statements that have rows to be sent */
    GPtrArray *kept;  /* TwMariaKept, owned: of the statements that keep what they found */
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

/* mariadb-kept.c: rows that are found without asking again */
enum {
    TW_MARIA_MOST_KEYS = 2,
};

typedef struct {
    gint64 parts[TW_MARIA_MOST_KEYS];
} TwMariaKey;

/* "SELECT columns FROM table WHERE keys" or "UPDATE table SET columns WHERE keys", all values being parameters. */
typedef struct {
    char *table, **columns, **keys; /* owned */
    guint column_count, key_count;
} TwMariaShape;

/* FALSE: another statement; nothing to clear then. */
gboolean tw_maria_shape_parse(const char *sql, TwMariaShape *ret);
void tw_maria_shape_clear(TwMariaShape *shape);
gboolean tw_maria_shape_same_keys(const TwMariaShape *a, const TwMariaShape *b);
/* FALSE: not all are whole numbers. */
gboolean tw_maria_key_read(const MYSQL_BIND *params, guint count, TwMariaKey *ret);
guint tw_maria_key_hash(gconstpointer data);
gboolean tw_maria_key_equal(gconstpointer a, gconstpointer b);
/* NULL: not the reading of one row by its key. @sql is borrowed. */
TwMariaKept *tw_maria_kept_new(const char *sql);
void tw_maria_kept_free(gpointer data);
const char *tw_maria_kept_sql(const TwMariaKept *kept);
const TwMariaShape *tw_maria_kept_shape(const TwMariaKept *kept);
void tw_maria_kept_clear(TwMariaKept *kept);
/* FALSE: not here. @params: of the statement */
gboolean tw_maria_kept_get(TwMariaKept *kept,
                           const MYSQL_BIND *params,
                           TwMariaValue *values,
                           guint width);
void tw_maria_kept_put(TwMariaKept *kept,
                       const MYSQL_BIND *params,
                       const TwMariaValue *values,
                       guint width);
void tw_maria_kept_change(TwMariaKept *kept, const TwMariaShape *update, const MYSQL_BIND *params);

/* mariadb-later.c: rows of one statement */
typedef struct TwMariaRows TwMariaRows;

/* NULL: neither a statement that puts a row into a table nor one that changes a row by its key. @width: of its parameters */
TwMariaRows *tw_maria_rows_new(const char *sql, guint width);
void tw_maria_rows_free(TwMariaRows *rows);
void tw_maria_rows_clear(TwMariaRows *rows);
/* Whether another one has its place among them: FALSE: they have to be sent first. */
gboolean tw_maria_rows_fit(const TwMariaRows *rows, const MYSQL_BIND *params);
/* Copies the values; those of a row that was to be changed already replace what it was to have. */
void tw_maria_rows_add(TwMariaRows *rows, const MYSQL_BIND *params);
/* NULL: they are put, not changed */
const TwMariaShape *tw_maria_rows_update(const TwMariaRows *rows);
/* Whether the row that a statement asks for may be among them. @params: its, the keys of @shape */
gboolean tw_maria_rows_touch(const TwMariaRows *rows,
                             const TwMariaShape *shape,
                             const MYSQL_BIND *params);
/* All in one call; FALSE: the statement has the error. None is left. */
gboolean tw_maria_rows_send(TwMariaRows *rows, MYSQL_STMT *stmt);
guint tw_maria_rows_count(const TwMariaRows *rows);
const char *tw_maria_rows_table(const TwMariaRows *rows);
/* The one table of a statement that puts, changes or finds a row; NULL: another statement, which may name several. Owned. */
char *tw_maria_only_table(const char *sql);

/* mariadb-statement.c: of the table of functions */
gboolean tw_maria_run_later(TwDbConn *base, gpointer statement, GError **error);
/* All that waits. */
gboolean tw_maria_send_later(TwMariaConn *conn, GError **error);
void tw_maria_drop_later(TwMariaConn *conn);
void tw_maria_forget_kept(TwMariaConn *conn);
void tw_maria_keep(TwDbConn *base, gpointer statement);
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
