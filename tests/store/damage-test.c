/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Damage on disk (spec/robustness.md B12, B13): bits that turned over, files that are cut, empty, missing or in the place of
 * another, tasks that cannot be read. What is damaged is an error and told; the rest of the mailbox works; other mailboxes
 * notice nothing. TW_FLIPS asks for more than a few flips.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "mapi/tags.h"
#include "store/check.h"
#include "store/dump.h"
#include "store/fixture.h"
#include "store/store-private.h"

enum {
    FLIPS = 40,
    ROOT_PAGES = 64, /* the first page of each table and index is among them */
    PAGE = 4096,
};

static const char part_1[] = "/data/partitions/p1.db", part_2[] = "/data/partitions/p2.db";

/* ---- the log ---- */

static char *log_path;
static TwLog *told;

static void
begin_log(void)
{
    TwLogSettings settings = {
        .sink = { .kind = TW_LOG_SINK_FILE, .owner_uid = (uid_t) -1, .owner_gid = (gid_t) -1 },
        .level = TW_LOG_INFO
    };
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("twiga-log-XXXXXX", &log_path, &error);

    g_assert_no_error(error);
    close(fd);
    settings.sink.path = log_path;
    told = tw_log_new(&settings, &error);
    g_assert_no_error(error);
    tw_log_set_default(told);
}

static char *
end_log(void)
{
    char *text = NULL;

    tw_log_set_default(NULL);
    tw_log_flush(told);
    g_assert_true(g_file_get_contents(log_path, &text, NULL, NULL));
    g_clear_pointer(&told, tw_log_free);
    unlink(log_path);
    g_clear_pointer(&log_path, g_free);
    return text;
}

static void
assert_told(const char *log, const char *event, const char *file)
{
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (strstr(lines[i], event) != NULL && strstr(lines[i], file) != NULL)
            return;
    }
    g_error("no line tells of %s and %s:\n%s", event, file, log);
}

/* ---- a populated data folder: schema-1.fixture, brought forward, and what its stores say ---- */

typedef struct {
    GBytes *packed;
    char *dumps[FIXTURE_STORES]; /* of stores 1 to 3: 1 and 3 are in partition 1 */
} World;

static char *
dump_number(TwEngine *engine, guint32 number)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_open_number(engine, number, &error);

    g_assert_no_error(error);
    return dump_store(store);
}

static void
make_world(World *world)
{
    g_autofree char *path = g_build_filename(g_getenv("TW_SOURCE_ROOT"), "tests", "store", "data",
                                             "schema-1.fixture", NULL);
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;
    Bed bed;

    g_file_get_contents(path, &data, &len, &error);
    g_assert_no_error(error);
    fixture_open(&bed, fixture_unpack((const guint8 *) data, len), &error);
    g_assert_no_error(error);
    for (guint32 i = 0; i < FIXTURE_STORES; i++)
        world->dumps[i] = dump_number(bed.engine, i + 1);
    bed_close(&bed);
    world->packed = fixture_pack(bed.fs);
    bed_free(&bed);
}

static void
clear_world(World *world)
{
    g_bytes_unref(world->packed);
    for (guint i = 0; i < FIXTURE_STORES; i++)
        g_free(world->dumps[i]);
}

static TwFaultFs *
world_disk(const World *world)
{
    return fixture_unpack(g_bytes_get_data(world->packed, NULL), g_bytes_get_size(world->packed));
}

static void
assert_store_same(const World *world, TwEngine *engine, guint32 number)
{
    g_autofree char *dump = dump_number(engine, number);
    g_autofree char *diff = dump_diff(world->dumps[number - 1], dump);

    if (diff != NULL)
        g_error("store %u: %s", number, diff);
}

static void
deliver_to(TwEngine *engine, guint32 number)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_open_number(engine, number, &error);
    g_autoptr(TwObject) object = bed_object("still here", 3000);
    g_autoptr(TwObject) back = NULL;
    TwStoreInfo info;
    TwMessageMade made;

    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, NULL));
    tw_message_create(store, info.root, object, NULL, &made, &error);
    g_assert_no_error(error);
    back = tw_message_read(store, made.mid, NULL, &error);
    g_assert_no_error(error);
}

/* ---- a partition that does not open ---- */

typedef struct {
    const char *name;
    void (*func)(TwFileSystem *fs);
    const char *why; /* in the log */
} Loss;

static void
lose_file(TwFileSystem *fs)
{
    g_assert_true(tw_file_unlink(fs, part_1, NULL));
}

static void
write_over(TwFileSystem *fs, const char *bytes, guint64 cut)
{
    g_autoptr(TwFile) file = tw_file_open(fs, part_1, TW_FILE_WRITE, NULL);

    g_assert_true(tw_file_truncate(file, cut, NULL));
    g_assert_true(tw_file_write(file, 0, bytes, strlen(bytes), NULL));
}

static void
empty_file(TwFileSystem *fs)
{
    write_over(fs, "", 0);
}

static void
cut_file(TwFileSystem *fs)
{
    write_over(fs, "", 5000);
}

static void
other_file(TwFileSystem *fs)
{
    write_over(fs,
               "this is a text and no database. ................................................"
               "...................................................................",
               4096);
}

static void
folder_instead(TwFileSystem *fs)
{
    lose_file(fs);
    g_assert_true(tw_file_mkdir(fs, part_1, NULL));
}

static void
exchange(TwFileSystem *fs, const char *end)
{
    g_autofree char *a = g_strconcat(part_1, end, NULL);
    g_autofree char *b = g_strconcat(part_2, end, NULL);

    g_assert_true(tw_file_rename(fs, a, "/data/x", TRUE, NULL));
    g_assert_true(tw_file_rename(fs, b, a, TRUE, NULL));
    g_assert_true(tw_file_rename(fs, "/data/x", b, TRUE, NULL));
}

static const Loss losses[] = {
    { "missing", lose_file, "No such file" },
    { "empty", empty_file, "missing or empty" },
    { "cut", cut_file, "" },
    { "another-file", other_file, "not a database" },
    { "a-folder", folder_instead, "" },
};

static gint64
metric(TwMetrics *metrics)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(1 << 20);
    const char *at;

    g_assert_true(tw_metrics_print(metrics, &text));
    tw_buffer_put_u8(&text, 0);
    at = strstr((const char *) text.data, "\ntwiga_store_partitions_unavailable ");
    g_assert_nonnull(at);
    return g_ascii_strtoll(at + strlen("\ntwiga_store_partitions_unavailable "), NULL, 10);
}

static void
assert_finding(GPtrArray *found, TwCheckWhat what, const char *words)
{
    for (guint i = 0; i < found->len; i++) {
        const TwCheckFinding *finding = found->pdata[i];
        if (finding->what == what && strstr(finding->why, words) != NULL)
            return;
    }
    g_error("the check does not tell of '%s'", words);
}

static void
test_lost(gconstpointer data)
{
    const Loss *loss = data;
    TwCheckOptions options = { 0 };
    g_autoptr(TwMetrics) metrics = tw_metrics_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(TwStore) store = NULL;
    g_autofree char *log = NULL;
    World world;
    Bed bed;

    make_world(&world);
    fixture_open(&bed, world_disk(&world), &error);
    g_assert_no_error(error);
    bed_close(&bed);
    loss->func(tw_fault_fs_get(bed.fs));
    bed.config.metrics = metrics;
    begin_log();
    bed.engine = tw_engine_open(&bed.config, &error);
    g_assert_no_error(error);
    log = end_log();
    assert_told(log, "partition-unavailable", part_1);
    if (strstr(log, loss->why) == NULL)
        g_error("'%s' is not in %s", loss->why, log);
    g_assert_cmpint(metric(metrics), ==, 1);
    store = tw_store_open_number(bed.engine, 1, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    assert_store_same(&world, bed.engine, 2);
    deliver_to(bed.engine, 2);
    found = tw_check_server(bed.engine, &options, &error);
    g_assert_no_error(error);
    assert_finding(found, TW_CHECK_STRUCTURE, "partition 1 cannot be opened: ");
    bed_free(&bed);
    clear_world(&world);
}

/* Both would answer "no such store". */
static void
test_exchanged(void)
{
    static const char *const ends[] = { "", "-wal", "-reserve" };
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    World world;
    Bed bed;

    make_world(&world);
    fixture_open(&bed, world_disk(&world), &error);
    g_assert_no_error(error);
    bed_close(&bed);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        exchange(tw_fault_fs_get(bed.fs), ends[i]);
    begin_log();
    bed.engine = tw_engine_open(&bed.config, &error);
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    log = end_log();
    assert_told(log, "partition-unavailable", part_1);
    assert_told(log, "partition-unavailable", part_2);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        exchange(tw_fault_fs_get(bed.fs), ends[i]);
    g_clear_error(&error);
    fixture_open(&bed, bed.fs, &error);
    g_assert_no_error(error);
    assert_store_same(&world, bed.engine, 1);
    bed_free(&bed);
    clear_world(&world);
}

/* A new server.db would give numbers a second time. */
static void
test_server_lost(void)
{
    g_autoptr(GError) error = NULL;
    World world;
    Bed bed;

    make_world(&world);
    bed.fs = world_disk(&world);
    g_assert_true(tw_file_unlink(tw_fault_fs_get(bed.fs), "/data/server.db", NULL));
    fixture_open(&bed, bed.fs, &error);
    g_assert_null(bed.engine);
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "server.db"));
    bed_free(&bed);
    clear_world(&world);
}

/* ---- tasks ---- */

static gboolean
add_task_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwTaskRow *row = data;

    return tw_sql_task_add(tx, row, error);
}

static const TwDbSql damage_rows[] = { { .sql = "UPDATE task SET arg = X'00'" } };
static const TwDbSqlSet damage_set = { "damage", damage_rows, G_N_ELEMENTS(damage_rows) };

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &damage_set, 0);

    (void) data;
    return tw_db_run(st, error);
}

static void
damage_tasks(TwFaultFs *fs)
{
    static const TwDbSqlSet *const sets[] = { &damage_set };
    TwDbSchema schema = tw_partition_schema;
    TwDbConfig config = TW_DB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDb) db = NULL;

    schema.sets = sets;
    schema.set_count = 1;
    config.schema = &schema;
    config.fs = tw_fault_fs_get(fs);
    config.path = part_1;
    config.log_bytes_min = config.log_bytes_max = 256 << 10;
    config.reserve_bytes_max = 32 << 10;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    tw_db_write(db, damage_tx, NULL, &error);
    g_assert_no_error(error);
}

/* A damaged one, then one that is whole and says nothing that this version knows. */
static void
test_task(gconstpointer data)
{
    gboolean damaged = GPOINTER_TO_INT(data);
    TwCheckOptions options = { 0 };
    TwTaskRow row = { .kind = 77, .store = 1 };
    g_autoptr(GBytes) arg = g_bytes_new_static("what is this", 12);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_autofree char *log = NULL;
    World world;
    Bed bed;

    make_world(&world);
    fixture_open(&bed, world_disk(&world), &error);
    g_assert_no_error(error);
    row.arg = arg;
    g_assert_true(tw_db_write(bed.engine->partitions[0].db, add_task_tx, &row, NULL));
    bed_close(&bed);
    if (damaged)
        damage_tasks(bed.fs);
    begin_log();
    fixture_open(&bed, bed.fs, &error);
    g_assert_no_error(error);
    log = end_log();
    assert_told(log, damaged ? "tasks-damaged" : "task-not-finished", part_1);
    for (guint32 i = 1; i <= FIXTURE_STORES; i++)
        assert_store_same(&world, bed.engine, i);
    found = tw_check_server(bed.engine, &options, &error);
    g_assert_no_error(error);
    assert_finding(found, TW_CHECK_TASK, "partition 1");
    bed_free(&bed);
    clear_world(&world);
}

/* ---- bits ---- */

/* What could be read of a store: a line for each object that could, by its number; and which could not. */
typedef struct {
    GHashTable *lines; /* "store/kind/number" -> text, owned */
    GHashTable *blobs; /* set of values that could not be read, by hexadecimal digest, owned */
    guint errors;
} Seen;

static void
seen_clear(Seen *seen)
{
    g_clear_pointer(&seen->lines, g_hash_table_unref);
    g_clear_pointer(&seen->blobs, g_hash_table_unref);
}

typedef struct {
    Seen *seen;
    TwStore *store;
    gboolean whole;
} Values;

static void
expect_damage(Seen *seen, const GError *error)
{
    if (error->code != TW_ERROR_CORRUPT && error->code != TW_ERROR_NOT_FOUND)
        g_error("damage is told as: %s", error->message);
    seen->errors++;
}

static gboolean
try_value(TwObject *node G_GNUC_UNUSED,
          const TwPart *part G_GNUC_UNUSED,
          guint32 tag G_GNUC_UNUSED,
          const TwBlobRef *ref,
          gpointer data,
          GError **error G_GNUC_UNUSED)
{
    Values *values = data;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    g_autoptr(GError) failure = NULL;

    if (tw_store_read_value(values->store, ref, 0, ref->len, &out, &failure))
        return TRUE;
    expect_damage(values->seen, failure);
    g_hash_table_add(values->seen->blobs, tw_blob_id_to_hex(&ref->id));
    values->whole = FALSE;
    return TRUE;
}

static gboolean
add_mail_bytes(const guint8 *data, gsize len, gpointer user_data, GError **error G_GNUC_UNUSED)
{
    g_checksum_update(user_data, data, (gssize) len);
    return TRUE;
}

/* Its mail, if it has one: a broken one is an error, never other bytes. */
static void
add_mail(Seen *seen, TwStore *store, guint32 mid, GString *line)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GError) failure = NULL;

    if (tw_message_read_mail(store, mid, 0, G_MAXUINT64, add_mail_bytes, sum, &failure))
        g_string_append_printf(line, " mail %s", g_checksum_get_string(sum));
    else if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        expect_damage(seen, failure);
        g_string_append(line, " broken");
    }
}

static void
see_message(Seen *seen, TwStore *store, guint32 mid)
{
    Values values = { seen, store, TRUE };
    g_autoptr(GError) failure = NULL;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = tw_message_read(store, mid, &row, &failure);
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *text = NULL;

    if (object == NULL) {
        expect_damage(seen, failure);
        return;
    }
    tw_object_foreach_blob(object, try_value, &values, NULL);
    if (!values.whole)
        return;
    text = dump_object(store, object);
    g_string_append_printf(line, "folder %u state %u uid %u size %d flags %x kw %x cn %u %s",
                           row.folder, row.state, row.uid, (int) row.size, row.flags,
                           (guint) row.kw, (guint) row.cn, text);
    add_mail(seen, store, mid, line);
    if (!g_str_has_suffix(line->str, " broken"))
        g_hash_table_insert(seen->lines, g_strdup_printf("%u/%u", tw_store_get_number(store), mid),
                            g_string_free(g_steal_pointer(&line), FALSE));
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static void
see_store(Seen *seen, TwStore *store)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) folders = tw_store_folders(store, &failure);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    if (folders == NULL) {
        expect_damage(seen, failure);
        return;
    }
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *folder = folders->pdata[i];
        if (folder->state != TW_FOLDER_LIVE)
            continue;
        for (guint state = 0; state < 4; state++) {
            g_autoptr(GError) error = NULL;
            if (!tw_folder_list(store, folder->id, (TwMessageState) state, 0, G_MAXINT32, TRUE,
                                note_mid, mids, &error))
                expect_damage(seen, error);
        }
    }
    for (guint i = 0; i < mids->len; i++)
        see_message(seen, store, g_array_index(mids, guint32, i));
}

static void
see_engine(Seen *seen, TwEngine *engine)
{
    *seen = (Seen){ .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                    .blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    for (guint32 number = 1; number <= FIXTURE_STORES; number++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwStore) store = tw_store_open_number(engine, number, &error);
        if (store != NULL) {
            see_store(seen, store);
        } else {
            seen->errors++;
            g_assert_true(g_error_matches(error, TW_ERROR, TW_ERROR_BUSY) ||
                          g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT));
        }
    }
}

/* Never silently other content than there was. */
static void
assert_all_true(const Seen *before, const Seen *after)
{
    GHashTableIter iter;
    gpointer key, line;

    g_hash_table_iter_init(&iter, after->lines);
    while (g_hash_table_iter_next(&iter, &key, &line)) {
        const char *was = g_hash_table_lookup(before->lines, key);
        if (g_strcmp0(was, line) != 0)
            g_error("message %s:\n-%s\n+%s", (char *) key, was, (char *) line);
    }
}

static guint
count_found(GPtrArray *found, const GError *error)
{
    return found != NULL ? found->len : error != NULL;
}

/* What the check says of it all, beginning with the server. */
static guint
check_all(TwEngine *engine, gboolean repair)
{
    TwCheckOptions options = { .deep = TRUE, .repair = repair };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) server = tw_check_server(engine, &options, &error);
    guint count = count_found(server, error);

    for (guint32 number = 1; number <= FIXTURE_STORES; number++) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(GPtrArray) found = tw_check_store(engine, number, &options, &failure);
        count += count_found(found, failure);
    }
    return count;
}

typedef struct {
    const char *path; /* of the file, or the folder of files */
    gboolean is_folder;
} Target;

static char *
pick_file(TwFileSystem *fs, const Target *target, GRand *rand)
{
    g_autoptr(GPtrArray) names = NULL;
    const char *name;

    if (!target->is_folder)
        return g_strdup(target->path);
    names = tw_file_list(fs, target->path, NULL);
    g_assert_nonnull(names);
    g_assert_cmpuint(names->len, >, 0);
    name = names->pdata[g_rand_int_range(rand, 0, (gint32) names->len)];
    return g_build_filename(target->path, name, NULL);
}

/* Some bit of the file; mostly not one of the zeros that were written beforehand. */
static guint64
pick_bit(TwFileSystem *fs, const char *path, GRand *rand)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ, NULL);
    TwFileStat stat;
    guint64 at = 0;

    g_assert_nonnull(file);
    g_assert_true(tw_file_stat(file, &stat, NULL));
    for (guint try = 0; try < 200; try++) {
        guint8 byte = 0;
        at = (guint64) (g_rand_double(rand) * (double) stat.size);
        g_assert_true(tw_file_read_exact(file, at, &byte, 1, NULL));
        if (byte != 0)
            break;
    }
    return at * 8 + (guint64) g_rand_int_range(rand, 0, 8);
}

static void
open_flipped(const World *world, const Seen *before, const char *path, guint64 bit)
{
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;
    gboolean of_part_1 = strcmp(path, part_1) == 0;
    Seen after;
    guint found;
    Bed bed;

    bed.fs = world_disk(world);
    tw_fault_fs_flip(bed.fs, path, bit);
    begin_log();
    fixture_open(&bed, bed.fs, &error);
    if (bed.engine == NULL) {
        /* only what all have together may stop all */
        g_assert_true(g_error_matches(error, TW_ERROR, TW_ERROR_CORRUPT) ||
                      g_error_matches(error, TW_ERROR, TW_ERROR_UNSUPPORTED));
        g_assert_false(of_part_1);
        if (strstr(error->message, "/data/") == NULL)
            g_error("no file is named: %s", error->message);
        log = end_log();
        bed_free(&bed);
        return;
    }
    see_engine(&after, bed.engine);
    assert_all_true(before, &after);
    if (of_part_1) {
        assert_store_same(world, bed.engine, 2);
        deliver_to(bed.engine, 2);
        g_assert_cmpuint(g_hash_table_size(after.blobs), ==, 0);
    }
    /* a page of the catalog names many values */
    if (!g_str_has_suffix(path, "catalog.db"))
        g_assert_cmpuint(g_hash_table_size(after.blobs), <=, 1);
    found = check_all(bed.engine, FALSE);
    if (after.errors > 0)
        g_assert_cmpuint(found, >, 0);
    check_all(bed.engine, TRUE);
    log = end_log();
    if (bed.engine->partitions[0].db == NULL)
        assert_told(log, "partition-unavailable", part_1);
    seen_clear(&after);
    bed_free(&bed);
}

static void
test_flips(void)
{
    static const Target targets[] = {
        { part_1, FALSE },
        { part_1, FALSE },
        { "/data/blobs/segments", TRUE },
        { "/data/blobs/catalog.db", FALSE },
        { "/data/server.db", FALSE },
    };
    const char *wish = g_getenv("TW_FLIPS");
    guint flips = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : FLIPS;
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GError) error = NULL;
    Seen before;
    World world;
    Bed bed;

    g_test_message("seed %u", seed);
    make_world(&world);
    fixture_open(&bed, world_disk(&world), &error);
    g_assert_no_error(error);
    see_engine(&before, bed.engine);
    g_assert_cmpuint(before.errors, ==, 0);
    g_assert_cmpuint(check_all(bed.engine, FALSE), ==, 0);
    bed_close(&bed);
    for (guint i = 0; i < flips; i++) {
        const Target *target = &targets[i % G_N_ELEMENTS(targets)];
        TwFileSystem *fs = tw_fault_fs_get(bed.fs);
        g_autofree char *path = pick_file(fs, target, rand);
        guint64 bit = pick_bit(fs, path, rand);
        g_test_message("%s bit %" G_GUINT64_FORMAT, path, bit);
        open_flipped(&world, &before, path, bit);
    }
    seen_clear(&before);
    bed_free(&bed);
    clear_world(&world);
}

/* A bit of the first page of each table of a partition: whatever is read of it at the start, the other partition works. */
static void
test_roots(void)
{
    g_autoptr(GError) error = NULL;
    TwFileStat stat;
    Seen before;
    World world;
    Bed bed;

    make_world(&world);
    fixture_open(&bed, world_disk(&world), &error);
    g_assert_no_error(error);
    see_engine(&before, bed.engine);
    bed_close(&bed);
    g_assert_true(tw_file_stat_path(tw_fault_fs_get(bed.fs), part_1, &stat, NULL));
    bed_free(&bed);
    for (guint page = 0; page < MIN(ROOT_PAGES, stat.size / PAGE); page++) {
        g_test_message("page %u", page + 1);
        open_flipped(&world, &before, part_1, (guint64) page * PAGE * 8 + 1);
    }
    seen_clear(&before);
    clear_world(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    for (guint i = 0; i < G_N_ELEMENTS(losses); i++) {
        g_autofree char *name = g_strdup_printf("/store/damage/partition/%s", losses[i].name);
        g_test_add_data_func(name, &losses[i], test_lost);
    }
    g_test_add_func("/store/damage/exchanged", test_exchanged);
    g_test_add_func("/store/damage/server-lost", test_server_lost);
    g_test_add_data_func("/store/damage/task-damaged", GINT_TO_POINTER(TRUE), test_task);
    g_test_add_data_func("/store/damage/task-unknown", GINT_TO_POINTER(FALSE), test_task);
    g_test_add_func("/store/damage/roots", test_roots);
    g_test_add_func("/store/damage/flips", test_flips);
    return g_test_run();
}
