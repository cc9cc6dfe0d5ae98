/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/kv.h"

#include <glib/gstdio.h>
#include <mysql.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const TwDbSql rows[] = {
    [KV_INSERT] = { .sql = "INSERT INTO kv(k, v, n) VALUES(?, ?, ?)" },
    [KV_SET] = { .sql = "INSERT INTO kv(k, v, n) VALUES(?, ?, ?) "
                        "ON CONFLICT(k) DO UPDATE SET v = excluded.v, n = excluded.n",
                 .mariadb = "INSERT INTO kv(k, v, n) VALUES(?, ?, ?) "
                            "ON DUPLICATE KEY UPDATE v = VALUES(v), n = VALUES(n)" },
    [KV_GET] = { .sql = "SELECT v, n FROM kv WHERE k = ?" },
    [KV_DELETE] = { .sql = "DELETE FROM kv WHERE k = ?" },
    [KV_ALL] = { .sql = "SELECT k, v, n FROM kv ORDER BY k" },
    [KV_ADD] = { .sql = "UPDATE kv SET n = n + ? WHERE k = ?" },
    [KV_COUNT] = { .sql = "SELECT count(*) FROM kv" },
    [KV_WRONG] = { .sql = "SELECT FROM WHERE" },
};

const TwDbSqlSet kv_sql = { "kv", rows, G_N_ELEMENTS(rows) };

static const TwDbSql first_steps[] = {
    { .sql = "CREATE TABLE kv(k TEXT PRIMARY KEY, v BLOB, n INTEGER NOT NULL CHECK(n >= 0)) "
             "WITHOUT ROWID",
      .mariadb = "CREATE TABLE IF NOT EXISTS kv(k VARCHAR(200) CHARACTER SET utf8mb4 COLLATE "
                 "utf8mb4_bin PRIMARY KEY, v LONGBLOB, n BIGINT NOT NULL CHECK(n >= 0)) "
                 "ENGINE=InnoDB" },
};

static const TwDbMigration migrations[] = {
    { .version = 1, .steps = first_steps, .step_count = G_N_ELEMENTS(first_steps) },
};

static const TwDbSqlSet *const sets[] = { &kv_sql };

const TwDbSchema kv_schema = {
    .id = "kv",
    .migrations = migrations,
    .migration_count = G_N_ELEMENTS(migrations),
    .sets = sets,
    .set_count = G_N_ELEMENTS(sets),
};

/* ---- a server of our own ---- */

static struct {
    char *folder, *socket;
    GPid pid;
    guint databases;
} server;

static char *
server_path(const char *name)
{
    static const char *const folders[] = { "/usr/sbin", "/usr/bin" };

    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
            return g_steal_pointer(&path);
    }
    return NULL;
}

static MYSQL *
log_on(const char *database)
{
    MYSQL *mysql = mysql_init(NULL);

    g_assert_nonnull(
        mysql_real_connect(mysql, NULL, g_get_user_name(), "", database, 0, server.socket, 0));
    return mysql;
}

static void
say(MYSQL *mysql, const char *sql)
{
    if (mysql_real_query(mysql, sql, (gulong) strlen(sql)) != 0)
        g_error("%s: %s", sql, mysql_error(mysql));
    mysql_free_result(mysql_store_result(mysql));
}

void
kv_maria_sql(const char *database, const char *sql)
{
    MYSQL *mysql = log_on(database);

    say(mysql, sql);
    mysql_close(mysql);
}

gpointer
kv_maria_hold(const char *database, const char *sql)
{
    MYSQL *mysql = log_on(database);

    say(mysql, "START TRANSACTION");
    say(mysql, sql);
    return mysql;
}

void
kv_maria_let_go(gpointer hold)
{
    mysql_close(hold);
}

void
kv_maria_cut_all(void)
{
    MYSQL *mysql = log_on(NULL);
    MYSQL_RES *list;
    MYSQL_ROW row;
    g_autoptr(GPtrArray) kills = g_ptr_array_new_with_free_func(g_free);

    g_assert_cmpint(mysql_query(mysql, "SELECT id FROM information_schema.processlist "
                                       "WHERE id <> CONNECTION_ID() AND command <> 'Daemon'"),
                    ==, 0);
    list = mysql_store_result(mysql);
    while ((row = mysql_fetch_row(list)) != NULL)
        g_ptr_array_add(kills, g_strconcat("KILL CONNECTION ", row[0], NULL));
    mysql_free_result(list);
    for (guint i = 0; i < kills->len; i++)
        mysql_query(mysql, kills->pdata[i]); /* it may be gone by itself */
    mysql_close(mysql);
}

/* Asks until the server answers; each refused connection is a round trip, so this waits for an event, not a time. */
static void
wait_for_server(void)
{
    gint64 give_up = g_get_monotonic_time() + (gint64) 60 * G_USEC_PER_SEC;

    for (;;) {
        MYSQL *mysql = mysql_init(NULL);
        gboolean up = mysql_real_connect(mysql, NULL, g_get_user_name(), "", NULL, 0, server.socket,
                                         0) != NULL;
        mysql_close(mysql);
        if (up)
            return;
        g_assert_cmpint(waitpid(server.pid, NULL, WNOHANG), ==, 0);
        g_assert_cmpint(g_get_monotonic_time(), <, give_up);
        g_usleep(20000);
    }
}

static char **
words(const char *const *list, gsize count)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (gsize i = 0; i < count; i++)
        g_strv_builder_add(builder, list[i]);
    return g_strv_builder_end(builder);
}

/* A test that aborts takes its server along. */
static void
end_with_us(gpointer data G_GNUC_UNUSED)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

gboolean
kv_maria_start(void)
{
    const GSpawnFlags quiet = G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    g_autofree char *program = server_path("mariadbd");
    g_autofree char *install = server_path("mariadb-install-db");
    g_autofree char *datadir = NULL, *socket = NULL, *user = NULL, *log = NULL;
    g_auto(GStrv) make = NULL, run = NULL;
    g_autoptr(GError) error = NULL;
    int status;

    if (program == NULL || install == NULL)
        return FALSE;
    server.folder = g_dir_make_tmp("tw-maria-XXXXXX", &error);
    g_assert_no_error(error);
    server.socket = g_build_filename(server.folder, "socket", NULL);
    datadir = g_strconcat("--datadir=", server.folder, "/data", NULL);
    socket = g_strconcat("--socket=", server.socket, NULL);
    user = g_strconcat("--user=", g_get_user_name(), NULL);
    log = g_strconcat("--log-error=", server.folder, "/log", NULL);
    const char *const make_words[] = { install,
                                       "--no-defaults",
                                       datadir,
                                       user,
                                       "--force",
                                       "--skip-test-db",
                                       "--auth-root-authentication-method=normal",
                                       "--innodb-log-file-size=8M" };
    make = words(make_words, G_N_ELEMENTS(make_words));
    g_assert_true(g_spawn_sync(NULL, make, NULL, quiet, NULL, NULL, NULL, NULL, &status, &error));
    g_assert_cmpint(status, ==, 0);
    const char *const run_words[] = { program,
                                      "--no-defaults",
                                      datadir,
                                      socket,
                                      user,
                                      log,
                                      "--skip-networking",
                                      "--skip-grant-tables",
                                      "--innodb-buffer-pool-size=16M",
                                      "--innodb-log-file-size=8M",
                                      "--innodb-lock-wait-timeout=1" };
    run = words(run_words, G_N_ELEMENTS(run_words));
    g_assert_true(g_spawn_async(NULL, run, NULL, quiet | G_SPAWN_DO_NOT_REAP_CHILD, end_with_us,
                                NULL, &server.pid, &error));
    wait_for_server();
    return TRUE;
}

const char *
kv_maria_folder(void)
{
    return server.folder;
}

static void
remove_tree(const char *path) /* NOLINT(misc-no-recursion): depth of the tree */
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            remove_tree(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

void
kv_maria_stop(void)
{
    if (server.folder == NULL)
        return;
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    remove_tree(server.folder);
    g_clear_pointer(&server.folder, g_free);
    g_clear_pointer(&server.socket, g_free);
}

static void
drop(const char *domain G_GNUC_UNUSED,
     GLogLevelFlags level G_GNUC_UNUSED,
     const char *message G_GNUC_UNUSED,
     gpointer data G_GNUC_UNUSED)
{
}

void
kv_drop_debug_messages(void)
{
    g_log_set_handler("twiga", G_LOG_LEVEL_DEBUG, drop, NULL);
}

/* ---- places ---- */

void
kv_place_init(KvPlace *place, TwDbKind kind)
{
    *place = (KvPlace){ .config = TW_DB_CONFIG_INIT };
    place->config.kind = kind;
    place->config.schema = &kv_schema;
    if (kind == TW_DB_MARIADB) {
        g_autofree char *make = NULL;
        place->config.database = g_strdup_printf("kv%u", server.databases++);
        make = g_strdup_printf("CREATE DATABASE %s", place->config.database);
        kv_maria_sql(NULL, make);
        place->config.socket = server.socket;
        place->config.user = g_get_user_name();
        return;
    }
    place->disk = tw_fault_fs_new();
    place->config.fs = tw_fault_fs_get(place->disk);
    place->config.path = "/kv.db";
    place->config.log_bytes_min = 64 << 10;
    place->config.log_bytes_max = 256 << 10;
    place->config.reserve_bytes_max = 0;
}

void
kv_place_clear(KvPlace *place)
{
    if (place->config.kind == TW_DB_MARIADB) {
        g_autofree char *drop = g_strdup_printf("DROP DATABASE %s", place->config.database);
        kv_maria_sql(NULL, drop);
        /* made by g_strdup_printf() above */
        g_free((gpointer) (gintptr) place->config.database); /* NOLINT(performance-no-int-to-ptr) */
    }
    g_clear_pointer(&place->disk, tw_fault_fs_free);
}

/* ---- closures ---- */

static gboolean
put(TwDbTx *tx, const KvChange *change, guint which, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, which);

    tw_db_bind_text(st, 0, change->key, strlen(change->key));
    tw_db_bind_bytes(st, 1, change->value, strlen(change->value));
    tw_db_bind_i64(st, 2, change->n);
    return tw_db_run(st, error);
}

gboolean
kv_insert(TwDbTx *tx, gpointer data, GError **error)
{
    return put(tx, data, KV_INSERT, error);
}

gboolean
kv_change(TwDbTx *tx, gpointer data, GError **error)
{
    const KvChange *change = data;
    g_autoptr(TwDbStatement) st = NULL;

    if (change->value != NULL)
        return put(tx, change, KV_SET, error);
    st = tw_db_statement(tx, &kv_sql, KV_DELETE);
    tw_db_bind_text(st, 0, change->key, strlen(change->key));
    return tw_db_run(st, error);
}

gboolean
kv_dump_tx(TwDbTx *tx, gpointer string, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &kv_sql, KV_ALL);
    GString *out = string;
    TwDbStep step;

    g_string_truncate(out, 0);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        gsize len;
        const guint8 *value = tw_db_column_bytes(st, 1, &len);
        g_string_append_printf(out, "%s=%.*s/%" G_GINT64_FORMAT "\n",
                               tw_db_column_text(st, 0, NULL), (int) len, (const char *) value,
                               tw_db_column_i64(st, 2));
    }
    return step == TW_DB_DONE;
}

char *
kv_dump(TwDb *db)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    tw_db_read(db, NULL, kv_dump_tx, out, &error);
    g_assert_no_error(error);
    return g_string_free(out, FALSE);
}

void
kv_put(TwDb *db, const char *key, const char *value, gint64 n)
{
    KvChange change = { key, value, n };
    g_autoptr(GError) error = NULL;

    tw_db_write(db, kv_change, &change, &error);
    g_assert_no_error(error);
}

/* ---- the gate ---- */

static gboolean
wait_at_gate(TwDbTx *tx G_GNUC_UNUSED, gpointer data, GError **error G_GNUC_UNUSED)
{
    KvGate *gate = data;

    tw_lock(&gate->lock);
    gate->entered = TRUE;
    g_cond_broadcast(&gate->cond);
    while (!gate->open)
        tw_lock_wait(&gate->lock, &gate->cond, G_MAXINT64);
    tw_unlock(&gate->lock);
    return TRUE;
}

static void
nothing(const GError *error, gpointer data G_GNUC_UNUSED)
{
    g_assert_no_error(error);
}

void
kv_gate_init(KvGate *gate)
{
    tw_lock_init(&gate->lock);
    g_cond_init(&gate->cond);
    gate->entered = gate->open = FALSE;
}

void
kv_gate_close(KvGate *gate, TwDb *db)
{
    g_autoptr(GError) error = NULL;

    gate->entered = gate->open = FALSE;
    tw_db_write_async(db, NULL, wait_at_gate, gate, nothing, &error);
    g_assert_no_error(error);
    tw_lock(&gate->lock);
    while (!gate->entered)
        tw_lock_wait(&gate->lock, &gate->cond, G_MAXINT64);
    tw_unlock(&gate->lock);
}

void
kv_gate_open(KvGate *gate)
{
    tw_lock(&gate->lock);
    gate->open = TRUE;
    g_cond_broadcast(&gate->cond);
    tw_unlock(&gate->lock);
}

void
kv_gate_clear(KvGate *gate)
{
    tw_lock_clear(&gate->lock);
    g_cond_clear(&gate->cond);
}

/* ---- cases ---- */

TwDb *
kv_place_open(const KvPlace *place)
{
    g_autoptr(GError) error = NULL;
    TwDb *db = tw_db_open(&place->config, &error);

    g_assert_no_error(error);
    return db;
}

static void
run_case(gconstpointer data, TwDbKind kind)
{
    const KvCase *tc = data;
    KvPlace place;

    kv_place_init(&place, kind);
    tc->func(&place);
    kv_place_clear(&place);
}

static void
on_sqlite(gconstpointer data)
{
    run_case(data, TW_DB_SQLITE);
}

static void
on_mariadb(gconstpointer data)
{
    run_case(data, TW_DB_MARIADB);
}

int
kv_run_cases(const char *prefix, const KvCase *cases, guint count)
{
    gboolean is_there = kv_maria_start();
    int result;

    for (guint i = 0; i < count; i++) {
        g_autofree char *sqlite = g_strconcat(prefix, "/sqlite/", cases[i].name, NULL);
        g_autofree char *mariadb = g_strconcat(prefix, "/mariadb/", cases[i].name, NULL);
        g_test_add_data_func(sqlite, &cases[i], on_sqlite);
        if (is_there)
            g_test_add_data_func(mariadb, &cases[i], on_mariadb);
    }
    if (!is_there)
        g_test_message("no mariadbd installed: only SQLite is tested");
    result = g_test_run();
    kv_maria_stop();
    return result;
}
