/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a MariaDB server must be set to, looked at before it is used: a server that says "done" before it is on disk, or that
 * loses updates, would break our word. Each row says in one sentence what to change.
 */
#include <string.h>

#include "base/error.h"
#include "db/mariadb-private.h"

enum {
    LEAST_PACKET = 16 << 20,
    MOST_NAME = 64, /* of a database: what MariaDB takes */
};

/* Answers 1 when all is well. A variable that the server does not know is an error of the query. */
static const struct {
    const char *sql, *want;
} settings[] = {
    { "SELECT CAST(@@GLOBAL.innodb_flush_log_at_trx_commit = 1 AS SIGNED)",
      "innodb_flush_log_at_trx_commit = 1: else a commit is lost with the power" },
    { "SELECT CAST(@@SESSION.innodb_snapshot_isolation = 1 AS SIGNED)",
      "innodb_snapshot_isolation = ON (MariaDB 10.6.18, 10.11.8 or later): else updates are lost" },
    { "SELECT CAST(@@GLOBAL.log_bin = 0 OR @@GLOBAL.binlog_format = 'ROW' AS SIGNED)",
      "binlog_format = ROW: else a replica may differ" },
    { "SELECT CAST(@@SESSION.tx_isolation = 'REPEATABLE-READ' AS SIGNED)",
      "transaction isolation REPEATABLE READ" },
    { "SELECT CAST(FIND_IN_SET('STRICT_ALL_TABLES', @@SESSION.sql_mode) > 0 AS SIGNED)",
      "a strict sql_mode" },
    { "SELECT CAST(@@SESSION.innodb_strict_mode = 1 AS SIGNED)", "innodb_strict_mode = ON" },
    { "SELECT CAST(@@GLOBAL.innodb_page_size >= 16384 AS SIGNED)",
      "innodb_page_size = 16k or more: a row's key may be 3,000 bytes long" },
};

static gboolean
check_one(TwMariaConn *conn, guint which, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gint64 well = 0;

    if (tw_db_exec_i64(&conn->conn, settings[which].sql, &well, &failure) && well == 1)
        return TRUE;
    if (failure != NULL && conn->lost) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "the MariaDB server must have %s%s%s%s",
                settings[which].want, failure != NULL ? " (" : "",
                failure != NULL ? failure->message : "", failure != NULL ? ")" : "");
    return FALSE;
}

gboolean
tw_maria_check_settings(TwMariaConn *conn, GError **error)
{
    gint64 packet;

    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (!check_one(conn, i, error))
            return FALSE;
    }
    if (!tw_db_exec_i64(&conn->conn, "SELECT CAST(@@GLOBAL.max_allowed_packet AS SIGNED)", &packet,
                        error))
        return FALSE;
    if (packet >= LEAST_PACKET)
        return TRUE;
    g_set_error(
        error, TW_ERROR, TW_ERROR_UNSUPPORTED,
        "the MariaDB server must have max_allowed_packet = 16M or more, not %" G_GINT64_FORMAT,
        packet);
    return FALSE;
}

/* A name goes into the text of a statement, so only what needs no escape is a name. */
static gboolean
is_name(const char *name)
{
    gsize len = strlen(name);

    return len >= 1 && len <= MOST_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

gboolean
tw_maria_make_database(TwMariaConn *conn, const char *name, GError **error)
{
    g_autofree char *sql = NULL;

    if (!is_name(name)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "\"%s\" is no name of a database: letters, digits, _ and -, %d at most", name,
                    MOST_NAME);
        return FALSE;
    }
    sql = g_strdup_printf("CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE "
                          "utf8mb4_nopad_bin",
                          name);
    if (tw_maria_query(conn, sql, error))
        return TRUE;
    g_prefix_error(error, "there is no database %s, and it cannot be made: ", name);
    return FALSE;
}
