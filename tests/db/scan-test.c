/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A scan that is expected asks for its pages before it reads them; nothing else does. */
#include <string.h>

#include "db/db.h"
#include "support/fault-fs.h"

enum {
    ROWS = 4000,
    ROW_LEN = 300,
    PAGE = 4096,
};

/* The files of a disk in memory, and what is asked of them. */
typedef struct {
    TwFileSystem base;
    TwFileSystemOps ops;
    TwFaultFs *disk;
    GHashTable *asked; /* pages */
    guint reads, unasked;
} Watch;

typedef struct {
    TwFile base;
    TwFile *lower;
    gboolean is_database;
} WatchedFile;

static Watch *
watch_of(TwFile *file)
{
    return (Watch *) (gpointer) file->fs;
}

static TwFile *
lower_of(TwFile *file)
{
    return ((WatchedFile *) (gpointer) file)->lower;
}

static int
watch_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, TwFile **ret)
{
    TwFileSystem *below = tw_fault_fs_get(((Watch *) (gpointer) fs)->disk);
    WatchedFile *file;
    TwFile *lower;
    int number = below->ops->open(below, path, flags, &lower);

    if (number != 0)
        return number;
    lower->fs = below;
    file = g_new0(WatchedFile, 1);
    file->base.fs = fs;
    file->lower = lower;
    file->is_database = g_str_has_suffix(path, ".db");
    *ret = &file->base;
    return 0;
}

static void
watch_close(TwFile *file)
{
    lower_of(file)->fs->ops->close(lower_of(file));
    g_free(file);
}

static int
watch_pread(TwFile *file, void *data, gsize len, guint64 offset, gsize *ret_got)
{
    Watch *watch = watch_of(file);

    if (((WatchedFile *) (gpointer) file)->is_database && len == PAGE) {
        watch->reads++;
        if (!g_hash_table_contains(watch->asked, GSIZE_TO_POINTER(offset / PAGE)))
            watch->unasked++;
    }
    return lower_of(file)->fs->ops->pread(lower_of(file), data, len, offset, ret_got);
}

static void
watch_prefetch(TwFile *file, guint64 offset, guint64 len)
{
    g_assert_cmpuint(offset % PAGE, ==, 0);
    g_assert_cmpuint(len % PAGE, ==, 0);
    g_assert_cmpuint(len, >, 0);
    for (guint64 at = offset; at < offset + len; at += PAGE)
        g_hash_table_add(watch_of(file)->asked, GSIZE_TO_POINTER(at / PAGE));
}

#define PASS(name, params, ...)                                                                    \
    static int watch_##name params                                                                 \
    {                                                                                              \
        TwFile *lower = lower_of(file);                                                            \
        return lower->fs->ops->name(__VA_ARGS__);                                                  \
    }

PASS(pwrite,
     (TwFile * file, const void *data, gsize len, guint64 offset, gsize *ret_put),
     lower,
     data,
     len,
     offset,
     ret_put)
PASS(sync, (TwFile * file), lower)
PASS(truncate, (TwFile * file, guint64 size), lower, size)
PASS(lock, (TwFile * file), lower)
PASS(stat_file, (TwFile * file, TwFileStat *ret), lower, ret)

static int
watch_stat(TwFileSystem *fs, const char *path, TwFileStat *ret)
{
    TwFileSystem *below = tw_fault_fs_get(((Watch *) (gpointer) fs)->disk);

    return below->ops->stat(below, path, ret);
}

static int
watch_unlink(TwFileSystem *fs, const char *path)
{
    TwFileSystem *below = tw_fault_fs_get(((Watch *) (gpointer) fs)->disk);

    return below->ops->unlink(below, path);
}

static int
watch_sync_dir(TwFileSystem *fs, const char *path)
{
    TwFileSystem *below = tw_fault_fs_get(((Watch *) (gpointer) fs)->disk);

    return below->ops->sync_dir(below, path);
}

static int
watch_pwritev(TwFile *file, const struct iovec *parts, int count, guint64 offset, gsize *ret_put)
{
    TwFile *lower = lower_of(file);

    return lower->fs->ops->pwritev(lower, parts, count, offset, ret_put);
}

static void
watch_init(Watch *watch)
{
    *watch = (Watch){ .disk = tw_fault_fs_new() };
    watch->ops = (TwFileSystemOps){
        .open = watch_open,
        .close = watch_close,
        .pread = watch_pread,
        .pwrite = watch_pwrite,
        .pwritev = watch_pwritev,
        .sync = watch_sync,
        .truncate = watch_truncate,
        .lock = watch_lock,
        .stat_file = watch_stat_file,
        .stat = watch_stat,
        .unlink = watch_unlink,
        .sync_dir = watch_sync_dir,
        .prefetch = watch_prefetch,
    };
    watch->base.ops = &watch->ops;
    watch->asked = g_hash_table_new(NULL, NULL);
}

/* ---- a table without rowid ---- */

enum {
    PUT,
    ALL
};

static const TwDbSql rows[] = {
    [PUT] = { .sql = "INSERT INTO t(a, b, rec) VALUES(?, ?, ?)" },
    [ALL] = { .sql = "SELECT b FROM t WHERE a = ? ORDER BY b" },
};
static const TwDbSqlSet set = { "t", rows, G_N_ELEMENTS(rows) };
static const TwDbSqlSet *const sets[] = { &set };
static const TwDbSql steps[] = {
    { .sql = "CREATE TABLE t(a INTEGER, b INTEGER, rec BLOB, PRIMARY KEY(a, b)) WITHOUT ROWID" }
};
static const TwDbMigration migrations[] = { { .version = 1, .steps = steps, .step_count = 1 } };
static const TwDbSchema schema = { "scan", migrations, 1, sets, 1 };

static TwDb *
open_watched(Watch *watch)
{
    TwDbConfig config = TW_DB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    config.fs = &watch->base;
    config.path = "/t.db";
    config.schema = &schema;
    config.reserve_bytes_max = 0;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    return db;
}

static gboolean
fill_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, PUT);
    guint8 rec[ROW_LEN] = { 7 };

    for (int i = 0; i < ROWS; i++) { /* two lists, whose pages come in turns */
        tw_db_bind_i64(st, 0, i % 2);
        tw_db_bind_i64(st, 1, i);
        tw_db_bind_bytes(st, 2, rec, sizeof rec);
        if (!tw_db_run(st, error))
            return FALSE;
    }
    return data == NULL;
}

static gboolean
walk_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, ALL);
    gint64 next = 1;
    TwDbStep step;

    if (*(const gboolean *) data)
        tw_db_expect_scan(tx);
    tw_db_bind_i64(st, 0, 1);
    while ((step = tw_db_step(st, error)) == TW_DB_ROW) {
        g_assert_cmpint(tw_db_column_i64(st, 0), ==, next);
        next += 2;
    }
    g_assert_cmpint(next, ==, ROWS + 1);
    return step == TW_DB_DONE;
}

static void
walk(Watch *watch, TwDb *db, gboolean expected)
{
    g_autoptr(GError) error = NULL;

    g_hash_table_remove_all(watch->asked);
    watch->reads = watch->unasked = 0;
    tw_db_read(db, NULL, walk_tx, &expected, &error);
    g_assert_no_error(error);
}

static void
test_scan(void)
{
    g_autoptr(GError) error = NULL;
    Watch watch;
    TwDb *db;

    watch_init(&watch);
    db = open_watched(&watch);
    tw_db_write(db, fill_tx, NULL, &error);
    g_assert_no_error(error);
    tw_db_close(db); /* all of it is in the database now */
    db = open_watched(&watch);
    walk(&watch, db, TRUE);
    g_test_message("%u pages read, %u of them not asked for before, %u asked for", watch.reads,
                   watch.unasked, g_hash_table_size(watch.asked));
    g_assert_cmpuint(watch.reads, >, ROWS / 2 * ROW_LEN / PAGE);
    g_assert_cmpuint(watch.unasked, <=, 4); /* the schema, the root */
    g_assert_cmpuint(g_hash_table_size(watch.asked), <=, watch.reads + 64); /* no more than that */
    tw_db_close(db);
    db = open_watched(&watch);
    walk(&watch, db, FALSE);
    g_assert_cmpuint(watch.reads, >, ROWS / 2 * ROW_LEN / PAGE);
    g_assert_cmpuint(g_hash_table_size(watch.asked), ==, 0);
    tw_db_close(db);
    g_hash_table_unref(watch.asked);
    tw_fault_fs_free(watch.disk);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/scan/prefetch", test_scan);
    return g_test_run();
}
