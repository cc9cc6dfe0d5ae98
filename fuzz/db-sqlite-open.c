/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "db/db.h"
#include "db/sqlite-vfs.h"
#include "support/fault-fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ROWS = 40,
    MOST_CHANGES = 64
};

enum {
    SQL_PUT,
    SQL_ALL,
    SQL_FIND,
};

static const TwDbSql rows[] = {
    [SQL_PUT] = { .sql = "INSERT INTO t(k, v) VALUES(?, ?)" },
    [SQL_ALL] = { .sql = "SELECT k, v FROM t ORDER BY k" },
    [SQL_FIND] = { .sql = "SELECT k FROM t WHERE v >= ? ORDER BY v" },
};
static const TwDbSqlSet set = { "t", rows, G_N_ELEMENTS(rows) };
static const TwDbSql steps[] = {
    { .sql = "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT)" },
    { .sql = "CREATE INDEX t_v ON t(v)" },
};
static const TwDbMigration migrations[] = {
    { .version = 1, .steps = steps, .step_count = G_N_ELEMENTS(steps) },
};
static const TwDbSqlSet *const sets[] = { &set };
static const TwDbSchema schema = { "fuzz", migrations, 1, sets, 1 };

static TwDb *
open_on(TwFaultFs *disk, gboolean check, GError **error)
{
    TwDbConfig config = TW_DB_CONFIG_INIT;

    config.schema = &schema;
    config.fs = tw_fault_fs_get(disk);
    config.path = "/db";
    config.log_bytes_min = config.log_bytes_max = 64 << 10;
    config.reserve_bytes_max = 0;
    config.quick_check = check;
    return tw_db_open(&config, error);
}

static gboolean
put_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &set, SQL_PUT);
    g_autofree char *text = g_strnfill((gsize) (*(const gint64 *) data * 131 % 900), 'v');

    tw_db_bind_i64(st, 0, *(const gint64 *) data);
    tw_db_bind_text(st, 1, text, strlen(text));
    return tw_db_run(st, error);
}

static gboolean
read_tx(TwDbTx *tx, gpointer data G_GNUC_UNUSED, GError **error)
{
    g_autoptr(TwDbStatement) all = tw_db_statement(tx, &set, SQL_ALL);
    g_autoptr(TwDbStatement) find = tw_db_statement(tx, &set, SQL_FIND);
    TwDbStep step;
    gsize len;

    while ((step = tw_db_step(all, error)) == TW_DB_ROW) {
        g_assert(tw_db_column_text(all, 1, &len) != NULL);
        tw_db_column_i64(all, 0);
    }
    if (step != TW_DB_DONE)
        return FALSE;
    tw_db_bind_text(find, 0, "vvv", 3);
    while ((step = tw_db_step(find, error)) == TW_DB_ROW)
        tw_db_column_i64(find, 0);
    return step == TW_DB_DONE;
}

/* Made once: closed cleanly, or as kill -9 leaves it, most of it still in the log. */
static TwFaultFs *
base_disk(gboolean clean)
{
    static TwFaultFs *disks[2];
    TwDb *db;

    if (disks[clean] != NULL)
        return disks[clean];
    disks[clean] = tw_fault_fs_new();
    db = open_on(disks[clean], FALSE, NULL);
    for (gint64 i = 0; i < ROWS; i++)
        tw_db_write(db, put_tx, &i, NULL);
    if (!clean) {
        TwFaultFs *killed =
            tw_fault_fs_image(disks[clean], tw_fault_fs_events(disks[clean]), TW_IMAGE_ALL, 0);
        tw_db_close(db);
        tw_fault_fs_free(disks[clean]);
        disks[clean] = killed;
    } else {
        tw_db_close(db);
    }
    return disks[clean];
}

/* One byte of a file; in the database the page's sum is mended, so that SQLite itself meets the change. */
static void
change_byte(TwFaultFs *disk, const char *path, guint32 where, guint8 mask, gboolean mend)
{
    g_autoptr(TwFile) file =
        tw_file_open(tw_fault_fs_get(disk), path, TW_FILE_READ | TW_FILE_WRITE, NULL);
    guint64 size = tw_fault_fs_size(disk, path);
    guint8 page[TW_SQLITE_PAGE];
    guint64 start;
    gsize got;

    if (size == 0)
        return;
    start = where % size / TW_SQLITE_PAGE * TW_SQLITE_PAGE;
    if (!tw_file_read(file, start, page, sizeof page, &got, NULL) || got == 0)
        return;
    page[where % size % got] ^= mask;
    if (mend && got == sizeof page) {
        guint64 sum =
            GUINT64_TO_LE(tw_sqlite_page_sum(page, (guint32) (start / TW_SQLITE_PAGE + 1)));
        memcpy(page + TW_SQLITE_PAGE - TW_SQLITE_PAGE_TAIL, &sum, sizeof sum);
    }
    tw_file_write(file, start, page, got, NULL);
}

/* First byte: 1: after a clean close; 2: quick_check; 4: mend sums. Then changes: which file and where (3 bytes), mask. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "/db", "/db-wal" };
    TwCursor cur = tw_cursor_init(data, size);
    g_autoptr(TwFaultFs) disk = NULL;
    g_autoptr(TwDb) db = NULL;
    g_autoptr(GError) error = NULL;
    TwFaultFs *base;
    guint32 where;
    guint8 how, mask;
    gint64 key = ROWS + 1;

    if (!tw_cursor_take_u8(&cur, &how))
        return 0;
    base = base_disk((how & 1) != 0);
    disk = tw_fault_fs_image(base, tw_fault_fs_events(base), TW_IMAGE_ALL, 0);
    for (guint i = 0; i < MOST_CHANGES; i++) {
        guint8 high;
        guint16 low;
        if (!tw_cursor_take_u8(&cur, &high) || !tw_cursor_take_u16le(&cur, &low) ||
            !tw_cursor_take_u8(&cur, &mask))
            break;
        where = (guint32) (high & 0x7f) << 16 | low;
        change_byte(disk, paths[high >> 7], where, mask, (how & 4) != 0 && high < 0x80);
    }
    db = open_on(disk, (how & 2) != 0, &error);
    g_assert((db == NULL) == (error != NULL));
    if (db == NULL)
        return 0;
    if (!tw_db_read(db, NULL, read_tx, NULL, &error))
        g_assert(error != NULL);
    g_clear_error(&error);
    if (!tw_db_write(db, put_tx, &key, &error))
        g_assert(error != NULL);
    return 0;
}
