/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Damage and shortage on SQLite: flipped bits, cut and missing files, a second start, a full disk, a log under load. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "db/kv.h"

enum {
    ROWS = 60,
    SHORT_FLIPS = 300,
    LONG_FLIPS = 10000,
    HEADER_BITS = 32 * 8, /* of the log */
};

static TwDb *
open_on(TwFaultFs *disk, GError **error)
{
    KvPlace place;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_fault_fs_get(disk);
    db = tw_db_open(&place.config, error);
    kv_place_clear(&place);
    return db;
}

static void
fill(TwDb *db, int from, int to)
{
    for (int i = from; i < to; i++) {
        g_autofree char *key = g_strdup_printf("%03d", i);
        g_autofree char *value = g_strnfill((gsize) (100 + i * 97 % 6000), (char) ('a' + i % 26));
        kv_put(db, key, value, i);
    }
}

/* What can be read, or NULL with an error: both are honest answers. */
static char *
try_dump(TwFaultFs *disk, GError **error)
{
    g_autoptr(TwDb) db = open_on(disk, error);
    g_autoptr(GString) out = g_string_new(NULL);

    if (db == NULL || !tw_db_read(db, NULL, kv_dump_tx, out, error))
        return NULL;
    return g_strdup(out->str);
}

static guint
flips(void)
{
    return g_getenv("TW_LONG") != NULL ? LONG_FLIPS : SHORT_FLIPS;
}

static void
test_flips_in_database(void)
{
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    g_autofree char *whole = NULL;
    guint detected = 0;
    TwDb *db = open_on(disk, NULL);
    guint64 bits;

    fill(db, 0, ROWS);
    whole = kv_dump(db);
    tw_db_close(db);
    bits = tw_fault_fs_size(disk, "/kv.db") * 8;
    g_assert_cmpuint(bits, >, (guint64) 100 * 1024 * 8);
    for (guint i = 0; i < flips(); i++) {
        g_autoptr(TwFaultFs) copy =
            tw_fault_fs_image(disk, tw_fault_fs_events(disk), TW_IMAGE_ALL, 0);
        guint64 bit = (guint64) (g_test_rand_double() * (double) bits);
        g_autoptr(GError) error = NULL;
        g_autofree char *now = NULL;
        tw_fault_fs_flip(copy, "/kv.db", bit);
        now = try_dump(copy, &error);
        if (now != NULL)
            g_assert_cmpstr(now, ==, whole);
        else
            detected++;
    }
    g_test_message("%u of %u flips were errors, the rest changed nothing that is read", detected,
                   flips());
    g_assert_cmpuint(detected, >, flips() * 9 / 10);
}

/* Each flip in the log, its header included, is an error, or loses no more than the last commit, which nothing can tell
 * from a power cut. */
static void
test_flips_in_log(void)
{
    KvPlace place;
    TwDb *db;
    GPtrArray *states = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(TwFaultFs) crashed = NULL;
    guint64 used;
    guint tries = HEADER_BITS + flips(), errors = 0;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.log_bytes_min = place.config.log_bytes_max = 1 << 20; /* nothing is copied yet */
    db = tw_db_open(&place.config, NULL);
    g_ptr_array_add(states, kv_dump(db));
    for (int i = 0; i < 8; i++) {
        fill(db, i * 2, i * 2 + 1);
        g_ptr_array_add(states, kv_dump(db));
    }
    crashed = tw_fault_fs_image(place.disk, tw_fault_fs_events(place.disk), TW_IMAGE_SYNCED, 0);
    tw_db_close(db);
    kv_place_clear(&place);
    used = 32 + 4120 * 12; /* at least so much of it is in use */
    for (guint i = 0; i < tries; i++) {
        g_autoptr(TwFaultFs) copy =
            tw_fault_fs_image(crashed, tw_fault_fs_events(crashed), TW_IMAGE_ALL, 0);
        /* the first ones in the header; its round's lowest bit is told from a header cut short by its value alone */
        guint64 bit =
            i < HEADER_BITS && i != 15 * 8
                ? i
                : HEADER_BITS + (guint64) (g_test_rand_double() * (double) (used - 32) * 8);
        g_autoptr(GError) error = NULL;
        g_autofree char *now = NULL;
        tw_fault_fs_flip(copy, "/kv.db-wal", bit);
        now = try_dump(copy, &error);
        if (now != NULL)
            g_assert_true(strcmp(now, g_ptr_array_index(states, states->len - 1)) == 0 ||
                          strcmp(now, g_ptr_array_index(states, states->len - 2)) == 0);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        errors += now == NULL ? 1 : 0;
        g_assert_true(bit >= HEADER_BITS || now == NULL);
    }
    g_test_message("%u of %u flips were errors", errors, tries);
    g_assert_cmpuint(errors, >, tries / 2);
    g_ptr_array_unref(states);
}

static void
test_cut_files(void)
{
    static const char *const names[] = { "/kv.db", "/kv.db-wal", "/kv.db-lock" };
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    TwDb *db = open_on(disk, NULL);
    g_autofree char *whole = NULL;

    fill(db, 0, ROWS);
    whole = kv_dump(db);
    tw_db_close(db);
    for (guint n = 0; n < G_N_ELEMENTS(names); n++) {
        for (guint i = 1; i < 20; i++) { /* an empty database file is one that was never begun */
            g_autoptr(TwFaultFs) copy =
                tw_fault_fs_image(disk, tw_fault_fs_events(disk), TW_IMAGE_ALL, 0);
            g_autoptr(GError) error = NULL;
            g_autofree char *now = NULL;
            tw_fault_fs_cut_file(copy, names[n], tw_fault_fs_size(copy, names[n]) * i / 20);
            now = try_dump(copy, &error);
            if (n == 0)
                g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            else
                g_assert_cmpstr(now, ==, whole);
        }
    }
}

static void
test_missing(void)
{
    KvPlace place;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.must_exist = TRUE;
    g_assert_null(tw_db_open(&place.config, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    place.config.must_exist = FALSE;
    db = tw_db_open(&place.config, NULL);
    kv_put(db, "a", "1", 1);
    tw_db_close(db);
    place.config.must_exist = TRUE;
    db = tw_db_open(&place.config, NULL);
    g_assert_nonnull(db);
    tw_db_close(db);
    kv_place_clear(&place);
}

static void
test_second_start(void)
{
    KvPlace place;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("tw-db-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "kv.db", NULL);
    static const char *const suffixes[] = { "", "-wal", "-lock", "-reserve" };
    g_autofree char *lock = g_strconcat(path, "-lock", NULL);
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.fs = tw_file_system_real();
    place.config.path = path;
    /* left by a process that is no more; its number means nothing */
    g_assert_true(g_file_set_contents(lock, "1\n", -1, NULL));
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    g_assert_null(tw_db_open(&place.config, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    kv_put(db, "a", "1", 1);
    tw_db_close(db);
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    tw_db_close(db);
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *name = g_strconcat(path, suffixes[i], NULL);
        g_unlink(name);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing else was left */
    kv_place_clear(&place);
}

static gboolean
put_free(TwDb *db, int i, GError **error)
{
    g_autofree char *key = g_strdup_printf("%05d", i);
    TwDbOptions options = { .frees_space = TRUE };
    KvChange change = { key, NULL, 0 };

    return tw_db_write_with(db, &options, kv_change, &change, error);
}

static gboolean
put_large(TwDb *db, int i, GError **error)
{
    g_autofree char *key = g_strdup_printf("%05d", i);
    g_autofree char *value = g_strnfill(20000, 'x');
    KvChange change = { key, value, i };

    return tw_db_write(db, kv_change, &change, error);
}

/* Robustness B8: a full disk refuses what grows; reads and deletes work; when there is room all goes on. */
static void
test_full_disk(void)
{
    KvPlace place;
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = NULL;
    TwDbStats stats;
    int rows = 0;
    TwDb *db;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.reserve_bytes_max = 512 << 10;
    place.config.log_bytes_min = place.config.log_bytes_max = 512 << 10;
    tw_fault_fs_set_space(place.disk, 3 << 20);
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    while (put_large(db, rows, &error))
        rows++;
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_assert_cmpint(rows, >, 20);
    g_assert_cmpint(tw_db_state(db), ==, TW_DB_OPEN);
    g_clear_error(&error);
    dump = kv_dump(db);
    g_assert_nonnull(dump);
    for (int i = 0; i < rows; i++) {
        put_free(db, i, &error);
        g_assert_no_error(error);
    }
    tw_db_stats(db, &stats);
    g_test_message("%d rows fitted; %" G_GUINT64_FORMAT " bytes of reserve are left", rows,
                   stats.reserve_bytes);
    tw_fault_fs_set_space(place.disk, 6 << 20);
    for (int i = 0; i < rows; i++) {
        put_large(db, i, &error);
        g_assert_no_error(error);
    }
    tw_db_stats(db, &stats);
    g_assert_cmpuint(stats.reserve_bytes, ==, 512 << 10);
    tw_db_close(db);
    kv_place_clear(&place);
}

/* The reserve in use: nothing but deletes may write until it is whole again. */
static void
test_reserve_is_kept(void)
{
    KvPlace place;
    g_autoptr(GError) error = NULL;
    TwDb *db;
    TwDbStats stats;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.reserve_bytes_max = 256 << 10;
    place.config.log_bytes_min = 64 << 10;
    db = tw_db_open(&place.config, NULL);
    kv_put(db, "00001", "x", 1);
    tw_db_close(db);
    tw_fault_fs_cut_file(place.disk, "/kv.db-reserve", 1000);
    tw_fault_fs_set_space(place.disk, tw_fault_fs_used(place.disk));
    db = tw_db_open(&place.config, &error);
    g_assert_no_error(error);
    g_assert_false(put_large(db, 2, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_clear_error(&error);
    g_assert_true(put_free(db, 1, &error));
    tw_fault_fs_set_space(place.disk, G_MAXUINT64);
    g_assert_true(put_large(db, 2, &error));
    tw_db_stats(db, &stats);
    g_assert_cmpuint(stats.reserve_bytes, ==, 64 << 10); /* it follows the log's size */
    tw_db_close(db);
    kv_place_clear(&place);
}

static gboolean
look_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return kv_dump_tx(tx, data, error);
}

/* The log begins anew again and again, and its file stays near its size. */
static void
test_log_is_bounded(void)
{
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    g_autoptr(GString) out = g_string_new(NULL);
    TwDb *db = open_on(disk, NULL);
    guint64 written = 0;
    TwDbStats stats;

    for (int i = 0; i < 1500; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *key = g_strdup_printf("%d", i % 20);
        g_autofree char *value = g_strnfill(20000, (char) ('a' + i % 26));
        KvChange change = { key, value, i };
        tw_db_write(db, kv_change, &change, &error);
        g_assert_no_error(error);
        written += 20000;
        if (i % 50 == 0)
            tw_db_read(db, NULL, look_tx, out, NULL);
    }
    tw_db_stats(db, &stats);
    tw_db_close(db);
    g_test_message("%" G_GUINT64_FORMAT " bytes written through a log of %" G_GUINT64_FORMAT,
                   written, tw_fault_fs_size(disk, "/kv.db-wal"));
    g_assert_cmpuint(tw_fault_fs_size(disk, "/kv.db-wal"), <, 512 << 10);
    g_assert_cmpuint(stats.checkpoints, >, 20);
}

typedef struct {
    TwDb *db;
    GString *before, *after;
} Snapshot;

/* Writes while its snapshot is open: the writer does not wait for it, and it sees nothing of that. */
static gboolean
snapshot_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Snapshot *snapshot = data;

    if (!kv_dump_tx(tx, snapshot->before, error))
        return FALSE;
    for (int i = 0; i < 200; i++)
        g_assert_true(put_large(snapshot->db, i % 20, NULL));
    return kv_dump_tx(tx, snapshot->after, error);
}

static void
test_reader_does_not_block(void)
{
    g_autoptr(TwFaultFs) disk = tw_fault_fs_new();
    g_autoptr(TwDb) db = open_on(disk, NULL);
    Snapshot snapshot = { db, g_string_new(NULL), g_string_new(NULL) };
    g_autoptr(GError) error = NULL;
    g_autofree char *now = NULL;

    kv_put(db, "a", "1", 1);
    tw_db_read(db, NULL, snapshot_tx, &snapshot, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(snapshot.before->str, ==, "a=1/1\n");
    g_assert_cmpstr(snapshot.after->str, ==, "a=1/1\n");
    now = kv_dump(db);
    g_assert_cmpuint(strlen(now), >, (gsize) 20 * 20000);
    g_string_free(snapshot.before, TRUE);
    g_string_free(snapshot.after, TRUE);
}

/* After a failed sync: refused, readable, and well again when reopened. */
static void
test_suspect(void)
{
    KvPlace place;
    TwFaultFs *disk;
    TwDb *db;
    TwFault fault = { TW_FAULT_SYNC, 1, 1, EIO, 0, "-wal" };
    KvChange change = { "b", "2", 2 };
    g_autoptr(GError) error = NULL;
    g_autofree char *during = NULL, *after = NULL;

    kv_place_init(&place, TW_DB_SQLITE);
    place.config.log_bytes_min = place.config.log_bytes_max = 1 << 20; /* does not begin anew */
    disk = place.disk;
    db = tw_db_open(&place.config, NULL);
    kv_put(db, "a", "1", 1);
    tw_fault_fs_arm(disk, &fault);
    g_assert_false(tw_db_write(db, kv_change, &change, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
    g_clear_error(&error);
    g_assert_cmpuint(tw_fault_fs_disarm(disk), ==, 1);
    g_assert_cmpint(tw_db_state(db), ==, TW_DB_SUSPECT);
    g_assert_false(
        tw_db_write(db, kv_change, &change, &error)); /* the disk is well: no second try */
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    during = kv_dump(db);
    g_assert_cmpstr(during, ==, "a=1/1\n");
    tw_db_reopen(db, &error);
    g_assert_no_error(error);
    after = kv_dump(db);
    g_assert_cmpstr(after, ==, "a=1/1\n"); /* refused is refused */
    kv_put(db, "b", "3", 3);
    tw_db_close(db);
    kv_place_clear(&place);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/db/damage/flips-in-database", test_flips_in_database);
    g_test_add_func("/db/damage/flips-in-log", test_flips_in_log);
    g_test_add_func("/db/damage/cut-files", test_cut_files);
    g_test_add_func("/db/damage/missing", test_missing);
    g_test_add_func("/db/damage/second-start", test_second_start);
    g_test_add_func("/db/damage/full-disk", test_full_disk);
    g_test_add_func("/db/damage/reserve-is-kept", test_reserve_is_kept);
    g_test_add_func("/db/damage/log-is-bounded", test_log_is_bounded);
    g_test_add_func("/db/damage/reader-does-not-block", test_reader_does_not_block);
    g_test_add_func("/db/damage/suspect", test_suspect);
    return g_test_run();
}
