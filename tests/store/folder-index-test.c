/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The index of a folder: its saved form, merging, and that it is what the rows say however it came about. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/bed.h"
#include "store/folder-index-private.h"
#include "support/assert-bytes.h"

/* ---- saved ---- */

static const TwFolderIndexRow three[] = { { 1, 20, 1, 0, 0, 40 },
                                          { 2, 25, 0, 8, 5, 41 },
                                          { 9, 21, 1, 0, G_GUINT64_CONSTANT(1) << 63, 50 } };

static const TwIndexSaved saved_three = {
    .store = { { 1, 2, 3 } },
    .folder = 7,
    .uidvalidity = 1234,
    .file = 99,
    .last = { .cn = 50, .folder = 7, .id = 21, .aux = 3, .op = TW_CHANGE_MESSAGE },
};

/* An exact-size copy of the file of the three rows, with @value (little-endian) at @at, and the right sum. */
static guint8 *
changed_file(gsize at, guint32 value, gsize len)
{
    g_autoptr(GBytes) bytes = tw_index_file_write(&saved_three, three, G_N_ELEMENTS(three));
    guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), len);
    guint32 raw = GUINT32_TO_LE(value), sum;

    g_assert_cmpuint(len, <=, g_bytes_get_size(bytes));
    if (at != 0)
        memcpy(copy + at, &raw, sizeof raw);
    if (len >= TW_INDEX_FILE_HEADER && at != 8) {
        sum = GUINT32_TO_LE(tw_crc32c(0, copy + 12, len - 12));
        memcpy(copy + 8, &sum, sizeof sum);
    }
    return copy;
}

static void
test_file(void)
{
    static const struct {
        const char *name;
        gsize at;
        guint32 value;
        int code;
    } cases[] = {
        { "as it was written", 0, 0, -1 },
        { "another version", 4, 2, TW_ERROR_UNSUPPORTED },
        { "a wrong sum", 8, 1, TW_ERROR_CORRUPT },
        { "an operation that is none", 64, 256, TW_ERROR_CORRUPT },
        { "more rows than there are", 68, 4, TW_ERROR_CORRUPT },
        { "fewer", 68, 2, TW_ERROR_CORRUPT },
        { "rows without end", 68, G_MAXUINT32, TW_ERROR_CORRUPT },
        { "uid 0", 72, 0, TW_ERROR_CORRUPT },
        { "uids not ascending", 72 + 32, 1, TW_ERROR_CORRUPT },
        { "no message", 72 + 4, 0, TW_ERROR_CORRUPT },
    };
    const gsize len = TW_INDEX_FILE_HEADER + G_N_ELEMENTS(three) * TW_INDEX_FILE_ROW;

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = changed_file(cases[i].at, cases[i].value, len);
        g_autoptr(GError) error = NULL;
        TwIndexSaved saved;
        g_autoptr(GBytes) rows = tw_index_file_parse(copy, len, &saved, &error);
        g_test_message("%s", cases[i].name);
        if (cases[i].code >= 0) {
            g_assert_null(rows);
            g_assert_error(error, TW_ERROR, cases[i].code);
            continue;
        }
        g_assert_no_error(error);
        assert_bytes(g_bytes_get_data(rows, NULL), g_bytes_get_size(rows), three, sizeof three);
        assert_bytes(&saved.store, sizeof saved.store, &saved_three.store,
                     sizeof saved_three.store);
        g_assert_cmpuint(saved.folder, ==, 7);
        g_assert_cmpuint(saved.uidvalidity, ==, 1234);
        g_assert_cmpuint(saved.file, ==, 99);
        g_assert_cmpuint(saved.last.cn, ==, 50);
        g_assert_cmpuint(saved.last.folder, ==, 7);
        g_assert_cmpuint(saved.last.id, ==, 21);
        g_assert_cmpuint(saved.last.aux, ==, 3);
        g_assert_cmpuint(saved.last.op, ==, TW_CHANGE_MESSAGE);
    }
}

static void
test_file_damage(void)
{
    const gsize len = TW_INDEX_FILE_HEADER + G_N_ELEMENTS(three) * TW_INDEX_FILE_ROW;
    TwIndexSaved saved;

    for (gsize cut = 0; cut < len; cut++) {
        g_autofree guint8 *copy = changed_file(0, 0, cut); /* its sum is right when it has one */
        g_assert_null(tw_index_file_parse(copy, cut, &saved, NULL));
    }
    for (gsize bit = 0; bit < len * 8; bit++) {
        g_autofree guint8 *copy = changed_file(0, 0, len);
        copy[bit / 8] ^= (guint8) (1u << bit % 8);
        g_assert_null(tw_index_file_parse(copy, len, &saved, NULL));
    }
}

/* ---- merging ---- */

static int
compare_u32(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

/* Message number and uid of a row, both of which say who it is; @order tells whether mids go up with uids. */
static TwFolderIndexRow
row_of(guint32 uid, gboolean order, guint64 modseq)
{
    return (
        TwFolderIndexRow){ .uid = uid, .mid = order ? uid + 1000 : 5000 - uid, .modseq = modseq };
}

static void
merge_once(GRand *rand, gboolean order)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwFolderIndexRow));
    g_autoptr(GArray) fresh = g_array_new(FALSE, FALSE, sizeof(TwFolderIndexRow));
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(TwFolderIndexRow));
    g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint many = (guint) g_rand_int_range(rand, 0, 40);
    TwFolderRow folder = { .id = 7, .uidnext = 100 };
    g_autoptr(TwFolderIndex) base = NULL;
    g_autoptr(GBytes) merged = NULL;

    for (guint32 uid = 1; uid <= many; uid++) {
        gboolean was = g_rand_boolean(rand), touch = g_rand_int_range(rand, 0, 3) == 0;
        gboolean is = touch ? g_rand_boolean(rand) : was;
        TwFolderIndexRow old = row_of(uid, order, 1), now = row_of(uid, order, touch ? 2 : 1);
        if (was)
            g_array_append_val(rows, old);
        if (touch)
            g_array_append_val(touched, now.mid);
        if (touch && is)
            g_array_append_val(fresh, now);
        if (is)
            g_array_append_val(wanted, now);
    }
    g_array_sort(touched, compare_u32);
    base = tw_index_new(&folder, 1, g_bytes_new(rows->data, rows->len * sizeof(TwFolderIndexRow)));
    merged = tw_index_merge(base, touched, fresh);
    assert_bytes(g_bytes_get_data(merged, NULL), g_bytes_get_size(merged), wanted->data,
                 wanted->len * sizeof(TwFolderIndexRow));
}

static void
test_merge(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());

    for (guint i = 0; i < 4000; i++)
        merge_once(rand, i % 2 == 0);
}

/* ---- in the engine ---- */

/* What answered: h(it), u(pdate), l(oad), s(can); and the index is right. */
static char
ask(Bed *bed, guint32 folder, guint count)
{
    TwIndexStats before, after;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFolderIndex) index = NULL;
    char how;

    tw_engine_index_stats(bed->engine, &before);
    index = tw_folder_get_index(bed->store, folder, &error);
    g_assert_no_error(error);
    tw_engine_index_stats(bed->engine, &after);
    g_assert_cmpuint(index->count, ==, count);
    g_assert_cmpuint(after.bytes, <=, bed->config.index_bytes);
    if (after.hits > before.hits)
        how = 'h';
    else if (after.updates > before.updates)
        how = 'u';
    else
        how = "sl"[after.loads > before.loads];
    bed_check_store(bed->store, "index");
    return how;
}

static void
set_flag(Bed *bed, guint32 folder, guint32 mid, guint32 status)
{
    TwMessageSet set = { folder, &mid, 1 };
    TwFlagChange change = { .status_set = status };
    g_autoptr(GError) error = NULL;

    /* the bed's log is short: readers without a pause may keep it from beginning anew, and then it says "later" */
    while (!tw_messages_set_flags(bed->store, &set, &change, NULL, &error) &&
           g_error_matches(error, TW_ERROR, TW_ERROR_BUSY))
        g_clear_error(&error);
    g_assert_no_error(error);
}

static gboolean
is_saved(Bed *bed, guint32 folder)
{
    g_autofree char *path =
        g_strdup_printf("/data/indices/%u-%u", tw_store_get_number(bed->store), folder);
    TwFileStat st;

    return tw_file_stat_path(bed->config.fs, path, &st, NULL);
}

static void
test_life(void)
{
    Bed bed;
    guint32 a, b, mid, old;
    TwMessageSet set = { .mids = &mid, .count = 1 };
    g_autoptr(TwFolderIndex) kept = NULL;
    g_autoptr(GError) error = NULL;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, bed.root, "b");
    for (guint i = 0; i < 5; i++)
        mid = bed_message(&bed, a, "index", 10);
    g_assert_cmpint(ask(&bed, a, 5), ==, 's');
    g_assert_true(is_saved(&bed, a));
    g_assert_cmpint(ask(&bed, a, 5), ==, 'h');
    kept = tw_folder_get_index(bed.store, a, NULL);
    set_flag(&bed, a, mid, 8);
    g_assert_cmpint(ask(&bed, a, 5), ==, 'u');
    g_assert_cmpuint(kept->rows[4].status, ==, 0); /* immutable */
    bed_message(&bed, b, "elsewhere", 10);
    g_assert_cmpint(ask(&bed, a, 5), ==, 'h');
    set.from = a;
    old = mid;
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL));
    g_assert_cmpint(ask(&bed, a, 4), ==, 'u');
    bed_message(&bed, a, "behind it", 10);
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL)); /* an old number, a new uid */
    g_assert_cmpint(ask(&bed, a, 6), ==, 'u');
    g_clear_pointer(&kept, tw_folder_index_unref);
    kept = tw_folder_get_index(bed.store, a, NULL);
    g_assert_cmpuint(kept->rows[5].mid, ==, old);
    g_clear_pointer(&kept, tw_folder_index_unref);
    bed_reopen(&bed);
    g_assert_cmpint(ask(&bed, a, 6), ==, 'l');
    set_flag(&bed, a, mid, 4);
    g_assert_true(tw_messages_move(bed.store, &set, b, NULL, NULL));
    g_assert_cmpint(ask(&bed, a, 5), ==, 'u');
    g_assert_true(tw_folder_rename(bed.store, a, "c", NULL));
    g_assert_cmpint(ask(&bed, a, 5), ==, 'h');
    g_assert_true(tw_folder_delete(bed.store, a, TRUE, NULL)); /* still there to be seen */
    g_assert_cmpint(ask(&bed, a, 5), ==, 'h');
    g_assert_true(tw_folder_delete(bed.store, a, FALSE, NULL));
    g_assert_null(tw_folder_get_index(bed.store, a, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_false(is_saved(&bed, a));
    bed_free(&bed);
}

/* A folder that was filled and that nobody asked for an index of has one when the engine opens again. */
static void
test_closing(void)
{
    Bed bed;
    guint32 filled, small, lost;
    TwIndexStats stats;

    bed_new(&bed);
    filled = bed_folder(&bed, bed.root, "filled");
    small = bed_folder(&bed, bed.root, "small");
    lost = bed_folder(&bed, bed.root, "lost");
    for (guint i = 0; i < 5; i++) {
        bed_message(&bed, filled, "index", 10);
        bed_message(&bed, lost, "index", 10);
    }
    for (guint i = 1; i < bed.config.index_save; i++)
        bed_message(&bed, small, "index", 10);
    g_assert_true(tw_folder_delete(bed.store, lost, FALSE, NULL));
    tw_engine_index_stats(bed.engine, &stats);
    g_assert_cmpuint(stats.scans, ==, 0);
    bed_reopen(&bed);
    g_assert_true(is_saved(&bed, filled));
    g_assert_false(is_saved(&bed, small));
    g_assert_false(is_saved(&bed, lost));
    g_assert_cmpint(ask(&bed, filled, 5), ==, 'l');
    bed_free(&bed);
}

static void
test_store_deleted(void)
{
    Bed bed;
    TwStoreMake make = { .partition = -1 };
    g_autoptr(GError) error = NULL;
    TwStore *first;
    TwStoreInfo info;
    TwIndexStats stats;

    bed_new(&bed);
    first = bed.store;
    bed.store = tw_store_create(bed.engine, &make, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(bed.store, &info, NULL));
    for (guint i = 0; i < 4; i++)
        bed_message(&bed, info.root, "index", 10);
    ask(&bed, info.root, 4);
    g_assert_true(is_saved(&bed, info.root));
    g_assert_true(tw_store_delete(bed.store, &error));
    g_assert_false(is_saved(&bed, info.root));
    tw_engine_index_stats(bed.engine, &stats);
    g_assert_cmpuint(stats.kept, ==, 0);
    g_assert_cmpuint(stats.bytes, ==, 0);
    g_assert_null(tw_folder_get_index(bed.store, info.root, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_null(tw_folder_get_index(first, 12345, NULL)); /* no such folder */
    tw_store_unref(bed.store);
    bed.store = first;
    bed_free(&bed);
}

/* What lies in the place of the saved index when the engine opens, made from the one it saved. */
typedef struct {
    const char *name;
    guint64 file;
    gint64 cn; /* added */
    gsize cut; /* bytes cut from the end */
    guint32 uidvalidity, id;
    guint fewer; /* rows cut from the end */
    guint8 guid;
    char answer; /* as of ask() */
} Stale;

static const Stale stale_cases[] = {
    { .name = "as it was saved", .answer = 'l' },
    { .name = "of another life of the database", .answer = 's', .id = 1 },
    { .name = "of another file of the database", .answer = 's', .file = 1 },
    { .name = "of another uidvalidity", .answer = 's', .uidvalidity = 1 },
    { .name = "of another store", .answer = 's', .guid = 1 },
    { .name = "of a change to come", .answer = 's', .cn = 1000 },
    { .name = "of another change", .answer = 's', .cn = -1 },
    { .name = "not what the counters say", .answer = 's', .fewer = 1 },
    { .name = "cut", .answer = 's', .cut = 1 },
};

static void
replace_file(Bed *bed, const char *path, const Stale *tc)
{
    g_autoptr(TwFile) file = tw_file_open(bed->config.fs, path, TW_FILE_READ | TW_FILE_WRITE, NULL);
    guint8 data[4096];
    gsize len = 0, rows_len;
    g_autoptr(GBytes) rows = NULL;
    g_autoptr(GBytes) bytes = NULL;
    TwIndexSaved saved;
    const TwFolderIndexRow *row;

    g_assert_true(tw_file_read(file, 0, data, sizeof data, &len, NULL));
    rows = tw_index_file_parse(data, len, &saved, NULL);
    g_assert_nonnull(rows);
    row = g_bytes_get_data(rows, &rows_len);
    saved.file += tc->file;
    saved.uidvalidity += tc->uidvalidity;
    saved.last.id += tc->id;
    saved.last.cn += (guint64) tc->cn;
    saved.store.bytes[0] ^= tc->guid;
    bytes = tw_index_file_write(&saved, row, (guint32) (rows_len / sizeof *row) - tc->fewer);
    g_assert_true(
        tw_file_write(file, 0, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL));
    g_assert_true(tw_file_truncate(file, g_bytes_get_size(bytes) - tc->cut, NULL));
}

static void
test_stale(gconstpointer data)
{
    const Stale *tc = data;
    g_autofree char *path = NULL;
    guint32 folder, number;
    g_autoptr(GError) error = NULL;
    Bed bed;

    bed_new(&bed);
    folder = bed_folder(&bed, bed.root, "f");
    for (guint i = 0; i < 6; i++)
        bed_message(&bed, folder, "index", 10);
    ask(&bed, folder, 6);
    path = g_strdup_printf("/data/indices/%u-%u", tw_store_get_number(bed.store), folder);
    number = tw_store_get_number(bed.store);
    bed_close(&bed);
    replace_file(&bed, path, tc);
    bed.engine = tw_engine_open(&bed.config, &error);
    g_assert_no_error(error);
    bed.store = tw_store_open_number(bed.engine, number, &error);
    g_assert_no_error(error);
    bed_message(&bed, folder, "later", 10);
    g_assert_cmpint(ask(&bed, folder, 7), ==, tc->answer);
    bed_free(&bed);
}

/* Never more in memory than the limit says, whatever is asked for; what was pushed out is loaded again. */
static void
test_limit(void)
{
    enum {
        FOLDERS = 20,
        MESSAGES = 30
    };
    static const gsize limits[] = { 0, 1000, 8000, 40000, 1 << 20 };
    guint32 folders[FOLDERS];
    guint kept[G_N_ELEMENTS(limits)];
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < FOLDERS; i++) {
        g_autofree char *name = g_strdup_printf("f%u", i);
        folders[i] = bed_folder(&bed, bed.root, name);
        for (guint m = 0; m < MESSAGES; m++)
            bed_message(&bed, folders[i], "index", 10);
    }
    for (guint l = 0; l < G_N_ELEMENTS(limits); l++) {
        TwIndexStats stats;
        bed.config.index_bytes = limits[l];
        bed_reopen(&bed);
        for (guint i = 0; i < 2 * FOLDERS; i++) {
            g_autoptr(TwFolderIndex) index =
                tw_folder_get_index(bed.store, folders[i * 7 % FOLDERS], NULL);
            g_assert_cmpuint(index->count, ==, MESSAGES);
            tw_engine_index_stats(bed.engine, &stats);
            g_assert_cmpuint(stats.bytes, <=, limits[l]);
        }
        kept[l] = stats.kept;
        g_assert_cmpuint(stats.scans, ==, 0); /* all were saved when the engine closed */
    }
    g_assert_cmpuint(kept[0], ==, 0);
    g_assert_cmpuint(kept[2], <, kept[3]);
    g_assert_cmpuint(kept[4], ==, FOLDERS);
    bed_free(&bed);
}

/* More changes than are kept for an index: the rows are read. */
static void
test_overflow(void)
{
    Bed bed;
    guint32 folder;

    bed_new(&bed);
    folder = bed_folder(&bed, bed.root, "f");
    for (guint i = 0; i < 4; i++)
        bed_message(&bed, folder, "index", 10);
    ask(&bed, folder, 4);
    for (guint i = 0; i < 64; i++)
        bed_message(&bed, folder, "many", 10);
    g_assert_cmpint(ask(&bed, folder, 68), ==, 'u');
    for (guint i = 0; i < 65; i++)
        bed_message(&bed, folder, "too many", 10);
    g_assert_cmpint(ask(&bed, folder, 133), ==, 's');
    g_assert_cmpint(ask(&bed, folder, 133), ==, 'h');
    bed_free(&bed);
}

/* ---- threads ---- */

typedef struct {
    Bed *bed;
    guint32 folder;
    gint stop;
} Shared;

static gpointer
reader(gpointer data)
{
    Shared *shared = data;
    guint64 last = 0;

    while (!g_atomic_int_get(&shared->stop)) {
        g_autoptr(TwFolderIndex) index =
            tw_folder_get_index(shared->bed->store, shared->folder, NULL);
        g_assert_nonnull(index);
        g_assert_cmpuint(index->cn, >=, last); /* never back in time */
        last = index->cn;
    }
    return NULL;
}

/* What was answered is in the index that is asked for afterwards, whatever others do. */
static gpointer
writer(gpointer data)
{
    Shared *shared = data;

    for (guint i = 0; i < 30; i++) {
        guint32 mid = bed_message(shared->bed, shared->folder, "threads", 10);
        g_autoptr(TwFolderIndex) index = NULL;
        guint found = 0;
        set_flag(shared->bed, shared->folder, mid, 8);
        index = tw_folder_get_index(shared->bed->store, shared->folder, NULL);
        for (guint r = 0; r < index->count; r++)
            found += index->rows[r].mid == mid && index->rows[r].status == 8;
        g_assert_cmpuint(found, ==, 1);
    }
    return NULL;
}

static void
test_threads(void)
{
    GThread *readers[3], *writers[4];
    Shared shared = { 0 };
    Bed bed;

    bed_new(&bed);
    shared.bed = &bed;
    shared.folder = bed_folder(&bed, bed.root, "f");
    for (guint i = 0; i < G_N_ELEMENTS(readers); i++)
        readers[i] = g_thread_new("reader", reader, &shared);
    for (guint i = 0; i < G_N_ELEMENTS(writers); i++)
        writers[i] = g_thread_new("writer", writer, &shared);
    for (guint i = 0; i < G_N_ELEMENTS(writers); i++)
        g_thread_join(writers[i]);
    g_atomic_int_set(&shared.stop, 1);
    for (guint i = 0; i < G_N_ELEMENTS(readers); i++)
        g_thread_join(readers[i]);
    ask(&bed, shared.folder, 120);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    bed_quiet();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/folder-index/file", test_file);
    g_test_add_func("/store/folder-index/file/damage", test_file_damage);
    g_test_add_func("/store/folder-index/merge", test_merge);
    g_test_add_func("/store/folder-index/life", test_life);
    g_test_add_func("/store/folder-index/closing", test_closing);
    g_test_add_func("/store/folder-index/store deleted", test_store_deleted);
    for (guint i = 0; i < G_N_ELEMENTS(stale_cases); i++) {
        g_autofree char *name =
            g_strdup_printf("/store/folder-index/saved/%s", stale_cases[i].name);
        g_test_add_data_func(name, &stale_cases[i], test_stale);
    }
    g_test_add_func("/store/folder-index/limit", test_limit);
    g_test_add_func("/store/folder-index/overflow", test_overflow);
    g_test_add_func("/store/folder-index/threads", test_threads);
    return g_test_run();
}
