/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/blob.h"

#include "base/error.h"
#include "base/hash.h"
#include "support/fault-fs.h"

#include <errno.h>
#include <string.h>

typedef struct {
    TwFaultFs *fs;
    TwBlobVolume *volume;
} Fixture;

static TwBlobVolume *
open_volume(TwFaultFs *fs, GError **error)
{
    TwBlobConfig config = TW_BLOB_CONFIG_INIT;

    config.fs = tw_fault_fs_get(fs);
    config.path = "/blobs";
    config.segment_bytes_min = 64 * 1024;
    config.segment_bytes_max = 256 * 1024;
    config.large_bytes = 32 * 1024;
    return tw_blob_volume_open(&config, error);
}

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->fs = tw_fault_fs_new();
    f->volume = open_volume(f->fs, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    tw_blob_volume_close(f->volume);
    tw_fault_fs_free(f->fs);
}

static void
reopen(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    tw_blob_volume_close(f->volume);
    f->volume = open_volume(f->fs, &error);
    g_assert_no_error(error);
}

/* A value that compresses (words) or not (noise), different for each seed. */
static GBytes *
make_value(guint32 seed, gsize len, gboolean noise)
{
    guint8 *data = g_malloc(MAX(len, 1));
    guint32 state = seed * 2654435761u + 1;

    for (gsize i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = noise
                      ? (guint8) (state >> 24)
                      : (guint8) ((guint8) "the giraffe eats "[i % 17] ^ (i < 4 ? state >> 24 : 0));
    }
    return g_bytes_new_take(data, len);
}

static TwBlobId
put(Fixture *f, GBytes *value, guint32 scope)
{
    g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume);
    g_autoptr(GError) error = NULL;
    TwBlobOptions options = { .scope = scope, .compress = TRUE };
    TwBlobId id;

    tw_blob_put(use, g_bytes_get_data(value, NULL), g_bytes_get_size(value), &options, &id, &error);
    g_assert_no_error(error);
    tw_blob_sync(f->volume, &error);
    g_assert_no_error(error);
    g_assert_true(tw_blob_use_check(use, &error));
    return id;
}

static void
check_value(TwBlobVolume *volume, const TwBlobId *id, GBytes *value)
{
    gsize len = g_bytes_get_size(value);
    const guint8 *data = g_bytes_get_data(value, NULL);
    const gsize ranges[][2] = {
        { 0, len }, { len / 2, 1 }, { len / 3, len }, { len, 5 }, { 0, 0 }
    };
    guint64 found_len = 0;
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_blob_get_len(volume, id, &found_len, &error));
    g_assert_cmpuint(found_len, ==, len);
    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
        gsize expected = ranges[i][0] < len ? MIN(ranges[i][1], len - ranges[i][0]) : 0;
        tw_blob_read(volume, id, ranges[i][0], ranges[i][1], &out, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(out.len, ==, expected);
        g_assert_true(expected == 0 || memcmp(out.data, data + ranges[i][0], expected) == 0);
    }
}

static const gsize lens[] = {
    0, 1, 63, 64, 1000, 32 * 1024, 32 * 1024 + 1, 256 * 1024, 700 * 1000
};

static void
test_values_come_back(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    GBytes *values[2 * G_N_ELEMENTS(lens)];
    TwBlobId ids[2 * G_N_ELEMENTS(lens)];

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        values[i] = make_value(i + 1, lens[i / 2], i % 2);
        ids[i] = put(f, values[i], 0);
        check_value(f->volume, &ids[i], values[i]);
    }
    reopen(f);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        check_value(f->volume, &ids[i], values[i]);
        g_bytes_unref(values[i]);
    }
}

static void
test_in_pieces(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const gsize pieces[] = { 1, 777, 32 * 1024, 300 * 1000 };

    for (guint l = 0; l < G_N_ELEMENTS(lens); l++) {
        g_autoptr(GBytes) value = make_value(l + 1, lens[l], TRUE);
        const guint8 *bytes = g_bytes_get_data(value, NULL);
        for (guint p = 0; p < G_N_ELEMENTS(pieces); p++) {
            g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume);
            g_autoptr(TwBlobWriter) writer = tw_blob_writer_new(use, NULL);
            g_autoptr(GError) error = NULL;
            guint64 len;
            TwBlobId id;

            if (lens[l] / pieces[p] > 100000)
                continue;
            for (gsize at = 0; at < lens[l]; at += pieces[p])
                g_assert_true(
                    tw_blob_writer_put(writer, bytes + at, MIN(pieces[p], lens[l] - at), &error));
            g_assert_true(tw_blob_writer_finish(writer, &id, &len, &error));
            g_assert_cmpuint(len, ==, lens[l]);
            check_value(f->volume, &id, value);
        }
    }
}

static void
test_an_unfinished_writer_leaves_nothing(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) value = make_value(1, 700 * 1000, TRUE);
    g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume);
    TwBlobWriter *writer = tw_blob_writer_new(use, NULL);
    g_autoptr(GPtrArray) names = NULL;

    g_assert_true(
        tw_blob_writer_put(writer, g_bytes_get_data(value, NULL), g_bytes_get_size(value), NULL));
    tw_blob_writer_free(writer);
    names = tw_file_list(tw_fault_fs_get(f->fs), "/blobs/incoming", NULL);
    g_assert_cmpuint(names->len, ==, 0);
}

static guint64
count_values(Fixture *f)
{
    TwBlobStats stats;
    g_autoptr(GError) error = NULL;

    tw_blob_stats(f->volume, &stats, &error);
    g_assert_no_error(error);
    return stats.values;
}

static void
test_one_record_a_scope(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    for (guint l = 3; l < G_N_ELEMENTS(lens); l += 4) {
        g_autoptr(GBytes) value = make_value(l, lens[l], TRUE);
        guint64 before = count_values(f);
        TwBlobId first = put(f, value, 1), again = put(f, value, 1), other = put(f, value, 2);

        g_assert_true(tw_blob_id_equal(&first, &again) && tw_blob_id_equal(&first, &other));
        g_assert_cmpuint(count_values(f), ==, before + 2);
        reopen(f);
        put(f, value, 1);
        put(f, value, 2);
        g_assert_cmpuint(count_values(f), ==, before + 2);
    }
}

static void
test_nothing_of_that_name(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    TwBlobId id = { { TW_BLOB_SHA256 } };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(10);
    g_autoptr(GError) error = NULL;
    guint64 len;

    g_assert_false(tw_blob_read(f->volume, &id, 0, 10, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_false(tw_blob_get_len(f->volume, &id, &len, NULL));
}

static void
test_output_limit(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) value = make_value(1, 1000, TRUE);
    TwBlobId id = put(f, value, 0);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(999);
    g_autoptr(GError) error = NULL;

    g_assert_false(tw_blob_read(f->volume, &id, 0, 1000, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_double_open(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(open_volume(f->fs, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
}

static void
remove_catalog(Fixture *f)
{
    TwFileSystem *fs = tw_fault_fs_get(f->fs);
    g_autoptr(GPtrArray) names = tw_file_list(fs, "/blobs", NULL);

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename("/blobs", name, NULL);
        if (g_str_has_prefix(name, "catalog.db"))
            g_assert_true(tw_file_unlink(fs, path, NULL));
    }
}

static void
test_the_catalog_can_be_lost(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    GBytes *values[60];
    TwBlobId ids[60];
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        values[i] = make_value(i + 1, i * 1000, i % 2);
        ids[i] = put(f, values[i], i % 3);
    }
    g_clear_pointer(&f->volume, tw_blob_volume_close);
    remove_catalog(f);
    f->volume = open_volume(f->fs, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        check_value(f->volume, &ids[i], values[i]);
        g_bytes_unref(values[i]);
    }
}

/* ---- failures ---- */

static void
test_a_failed_sync_makes_uses_uncertain(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) kept = make_value(1, 500, TRUE), lost = make_value(2, 500, TRUE),
                      after = make_value(3, 500, TRUE);
    TwBlobId kept_id = put(f, kept, 0), id;
    g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume),
                         bystander = tw_blob_use_begin(f->volume);
    TwFault fault = { .calls = TW_FAULT_SYNC, .nth = 1, .number = EIO };
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_blob_put(use, g_bytes_get_data(lost, NULL), 500, NULL, &id, NULL));
    tw_fault_fs_arm(f->fs, &fault);
    g_assert_false(tw_blob_sync(f->volume, &error));
    tw_fault_fs_disarm(f->fs);
    g_assert_false(tw_blob_use_check(use, NULL));
    g_assert_false(tw_blob_use_check(bystander, NULL));
    g_assert_true(tw_blob_sync(f->volume, NULL));
    g_assert_false(tw_blob_use_check(use, NULL));
    check_value(f->volume, &kept_id, kept);
    g_clear_pointer(&use, tw_blob_use_end);
    g_clear_pointer(&bystander, tw_blob_use_end);
    id = put(f, lost, 0);
    check_value(f->volume, &id, lost);
    id = put(f, after, 0);
    reopen(f);
    check_value(f->volume, &id, after);
    check_value(f->volume, &kept_id, kept);
}

static void
test_every_write_may_fail(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const int numbers[] = { ENOSPC, EIO };

    for (guint n = 0; n < 2 * 25; n++) {
        g_autoptr(GBytes) small = make_value(1000 + n, 900, TRUE),
                          large = make_value(2000 + n, 90000, TRUE);
        TwFault fault = { .calls =
                              TW_FAULT_WRITE | TW_FAULT_SYNC | TW_FAULT_RENAME | TW_FAULT_SYNC_DIR,
                          .nth = 1 + n / 2,
                          .number = numbers[n % 2],
                          .part = 100 };
        GBytes *const values[] = { small, large };

        tw_fault_fs_arm(f->fs, &fault);
        for (guint i = 0; i < 2; i++) {
            g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume);
            g_autoptr(GError) error = NULL;
            TwBlobId id;
            gboolean ok = tw_blob_put(use, g_bytes_get_data(values[i], NULL),
                                      g_bytes_get_size(values[i]), NULL, &id, &error) &&
                          tw_blob_sync(f->volume, &error) && tw_blob_use_check(use, &error);
            g_assert_true(ok == (error == NULL));
            if (ok)
                check_value(f->volume, &id, values[i]);
        }
        tw_fault_fs_disarm(f->fs);
        for (guint i = 0; i < 2; i++) {
            TwBlobId id = put(f, values[i], 0);
            check_value(f->volume, &id, values[i]);
        }
    }
    reopen(f);
}

static void
test_flipped_bits_are_found(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) text = make_value(1, 3000, FALSE), noise = make_value(2, 3000, TRUE),
                      large = make_value(3, 300000, FALSE);
    GBytes *const values[] = { text, noise, large };
    TwBlobId ids[3];
    TwFileSystem *fs = tw_fault_fs_get(f->fs);
    g_autoptr(GPtrArray) names = NULL;
    guint wrong = 0;

    for (guint i = 0; i < 3; i++)
        ids[i] = put(f, values[i], 0);
    names = tw_file_list(fs, "/blobs/segments", NULL);
    for (guint n = 0; n < 400; n++) {
        const char *path = "/blobs/segments/0000000000000001";
        guint64 bit = (64 + n * 9) * 8 + n % 8; /* over all three records */
        tw_fault_fs_flip(f->fs, path, bit);
        for (guint i = 0; i < 3; i++) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
            g_autoptr(GError) error = NULL;
            gsize len = g_bytes_get_size(values[i]);
            if (tw_blob_read(f->volume, &ids[i], 0, len, &out, &error)) {
                g_assert_cmpuint(out.len, ==, len);
                g_assert_cmpint(memcmp(out.data, g_bytes_get_data(values[i], NULL), len), ==, 0);
            } else {
                g_assert_nonnull(error);
                wrong++;
            }
        }
        tw_fault_fs_flip(f->fs, path, bit);
    }
    g_assert_cmpuint(names->len, >=, 1);
    g_assert_cmpuint(wrong, >, 300);
    for (guint i = 0; i < 3; i++)
        check_value(f->volume, &ids[i], values[i]);
}

static void
count_damage(G_GNUC_UNUSED const TwBlobId *id, const GError *why, gpointer data)
{
    g_assert_nonnull(why);
    ++*(guint *) data;
}

static guint
scrub(Fixture *f)
{
    TwBlobId after = { { 0 } }, zeros = { { 0 } };
    guint damaged = 0;
    guint64 count = 0;
    g_autoptr(GError) error = NULL;

    do {
        tw_blob_scrub(f->volume, &after, 10000, count_damage, &damaged, &count, &error);
        g_assert_no_error(error);
    } while (!tw_blob_id_equal(&after, &zeros));
    return damaged;
}

static void
test_scrub(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < 600; i++) {
        g_autoptr(GBytes) value = make_value(i, 100, TRUE);
        put(f, value, 0);
    }
    g_assert_cmpuint(scrub(f), ==, 0);
    tw_fault_fs_flip(f->fs, "/blobs/segments/0000000000000001", (64 + 104 + 50) * 8);
    g_assert_cmpuint(scrub(f), ==, 1);
}

/* The bytes before the first value say less than the values themselves: these stay, and new ones find a place. */
static void
test_segment_header(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GBytes) before = make_value(1, 5000, TRUE);
    g_autoptr(GBytes) after = make_value(2, 5000, TRUE);
    TwBlobId id = put(f, before, 0);
    g_autoptr(GError) error = NULL;

    for (guint64 bit = 0; bit < 64 * 8; bit += 37) {
        tw_fault_fs_flip(f->fs, "/blobs/segments/0000000000000001", bit);
        reopen(f);
        check_value(f->volume, &id, before);
        g_assert_cmpuint(scrub(f), ==, 0);
        tw_fault_fs_flip(f->fs, "/blobs/segments/0000000000000001", bit);
    }
    tw_fault_fs_flip(f->fs, "/blobs/segments/0000000000000001", 100);
    reopen(f);
    id = put(f, after, 0);
    reopen(f);
    check_value(f->volume, &id, after);
}

/* ---- collecting and compacting ---- */

typedef struct {
    GHashTable *used; /* hex names */
    guint asked;
} Users;

static gboolean
is_used(const TwBlobId *id, gboolean *ret, gpointer data, G_GNUC_UNUSED GError **error)
{
    Users *users = data;
    g_autofree char *hex = tw_blob_id_to_hex(id);

    users->asked++;
    *ret = g_hash_table_contains(users->used, hex);
    return TRUE;
}

static void
test_collect_and_compact(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Users users = { used, 0 };
    TwBlobCollect how = { is_used, &users, 1000, 500, 1000 };
    TwBlobCollected done;
    GBytes *values[120];
    TwBlobId ids[120];
    TwBlobStats before, after;
    TwFileStat stat;
    guint64 freed = 0;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        values[i] = make_value(i + 1, i % 10 == 0 ? 60000 : 4000, TRUE);
        ids[i] = put(f, values[i], 0);
        if (i % 3 == 0)
            g_hash_table_add(used, tw_blob_id_to_hex(&ids[i]));
    }
    g_assert_true(tw_blob_hint(f->volume, ids, G_N_ELEMENTS(ids), 501, &error));
    g_assert_true(tw_blob_collect(f->volume, &how, &done, &error));
    g_assert_cmpuint(done.looked_at, ==, 0); /* within the time of grace */
    g_assert_true(tw_blob_hint(f->volume, ids, G_N_ELEMENTS(ids), 500, &error));
    g_assert_true(tw_blob_collect(f->volume, &how, &done, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(done.kept, ==, 40);
    g_assert_cmpuint(done.dropped, ==, 80);
    g_assert_true(tw_blob_stats(f->volume, &before, &error));
    g_assert_cmpuint(before.values, ==, 40);
    g_assert_true(tw_blob_compact(f->volume, 0.3, 100, &freed, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(freed, >, 0);
    g_assert_true(tw_blob_stats(f->volume, &after, &error));
    g_assert_cmpuint(after.values, ==, 40);
    g_assert_false(
        tw_file_stat_path(tw_fault_fs_get(f->fs), "/blobs/segments/0000000000000001", &stat, NULL));
    for (guint turn = 0; turn < 2; turn++) {
        for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
            guint64 len;
            if (i % 3 == 0)
                check_value(f->volume, &ids[i], values[i]);
            else
                g_assert_false(tw_blob_get_len(f->volume, &ids[i], &len, NULL));
        }
        reopen(f);
    }
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_bytes_unref(values[i]);
}

static void
test_compaction_merges_scopes(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    TwBlobStats before, after;
    g_autoptr(GError) error = NULL;
    GBytes *values[40];
    TwBlobId ids[40];

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        values[i] = make_value(i + 1, 5000, TRUE);
        ids[i] = put(f, values[i], 1);
    }
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        put(f, values[i], 2);
    g_assert_true(tw_blob_stats(f->volume, &before, &error));
    g_assert_true(tw_blob_compact(f->volume, 0.0, 100, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(tw_blob_stats(f->volume, &after, &error));
    g_assert_cmpuint(after.values, ==, before.values);
    g_assert_cmpuint(after.segment_bytes, <, before.segment_bytes);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        check_value(f->volume, &ids[i], values[i]);
        g_bytes_unref(values[i]);
    }
}

static void
test_a_condemned_value_is_stored_anew(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Users users = { used, 0 };
    TwBlobCollect how = { is_used, &users, 1000, 0, 1000 };
    TwBlobCollected done;
    g_autoptr(GBytes) value = make_value(1, 2000, TRUE);
    TwBlobId id = put(f, value, 0);

    g_assert_true(tw_blob_hint(f->volume, &id, 1, 0, NULL));
    g_assert_true(tw_blob_collect(f->volume, &how, &done, NULL));
    g_assert_cmpuint(done.dropped, ==, 1);
    put(f, value, 0);
    check_value(f->volume, &id, value);
}

static void
test_a_lost_hint_is_found(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Users users = { used, 0 };
    TwBlobCollect how = { is_used, &users, 1000, 0, 1000 };
    TwBlobCollected done;
    g_autoptr(GBytes) one = make_value(1, 2000, TRUE), two = make_value(2, 2000, TRUE);
    TwBlobId id = put(f, one, 0);

    put(f, two, 0);
    g_hash_table_add(used, tw_blob_id_to_hex(&id));
    g_assert_true(tw_blob_hint_all(f->volume, 0, NULL));
    g_assert_true(tw_blob_collect(f->volume, &how, &done, NULL));
    g_assert_cmpuint(done.kept, ==, 1);
    g_assert_cmpuint(done.dropped, ==, 1);
    check_value(f->volume, &id, one);
}

/* spec/robustness.md F41: writers store the same few values while the collector runs with no grace. What a writer has
 * "committed" (noted in rows while its use lasts) must be readable for as long as it is noted. */
typedef struct {
    TwBlobVolume *volume;
    GMutex lock; /* guards rows */
    int rows[8];
    GBytes *values[8];
    TwBlobId ids[8];
    gint stop;
} Race;

static gboolean
row_exists(const TwBlobId *id, gboolean *ret, gpointer data, G_GNUC_UNUSED GError **error)
{
    Race *race = data;

    g_mutex_lock(&race->lock);
    *ret = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(race->rows); i++)
        *ret |= race->rows[i] > 0 && tw_blob_id_equal(id, &race->ids[i]);
    g_mutex_unlock(&race->lock);
    return TRUE;
}

static gpointer
write_and_delete(gpointer data)
{
    Race *race = data;

    for (guint n = 0; n < 60; n++) {
        guint which = g_random_int() % 8;
        TwBlobUse *use = tw_blob_use_begin(race->volume);
        g_autoptr(GError) error = NULL;
        TwBlobId id;

        tw_blob_put(use, g_bytes_get_data(race->values[which], NULL),
                    g_bytes_get_size(race->values[which]), NULL, &id, &error);
        g_assert_no_error(error);
        g_assert_true(tw_blob_sync(race->volume, &error));
        g_mutex_lock(&race->lock);
        race->rows[which]++;
        g_mutex_unlock(&race->lock);
        tw_blob_use_end(use);
        check_value(race->volume, &id, race->values[which]);
        g_mutex_lock(&race->lock);
        race->rows[which]--;
        g_mutex_unlock(&race->lock);
        g_assert_true(tw_blob_hint(race->volume, &id, 1, 0, &error));
    }
    return NULL;
}

static gpointer
collect_and_compact(gpointer data)
{
    Race *race = data;
    TwBlobCollect how = { row_exists, race, 1000, 0, 100 };
    TwBlobCollected done;

    while (!g_atomic_int_get(&race->stop)) {
        g_autoptr(GError) error = NULL;
        tw_blob_collect(race->volume, &how, &done, &error);
        g_assert_no_error(error);
        tw_blob_compact(race->volume, 0.2, 1, NULL, &error);
        g_assert_no_error(error);
        g_thread_yield();
    }
    return NULL;
}

static void
test_dedup_race(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    Race race = { .volume = f->volume };
    GThread *writers[8], *keeper;

    g_mutex_init(&race.lock);
    for (guint i = 0; i < G_N_ELEMENTS(race.values); i++) {
        race.values[i] = make_value(i, i == 0 ? 50000 : 5000, TRUE);
        race.ids[i].bytes[0] = TW_BLOB_SHA256;
        tw_sha256(g_bytes_get_data(race.values[i], NULL), g_bytes_get_size(race.values[i]),
                  race.ids[i].bytes + 1);
    }
    keeper = g_thread_new("collect", collect_and_compact, &race);
    for (guint i = 0; i < G_N_ELEMENTS(writers); i++)
        writers[i] = g_thread_new("write", write_and_delete, &race);
    for (guint i = 0; i < G_N_ELEMENTS(writers); i++)
        g_thread_join(writers[i]);
    g_atomic_int_set(&race.stop, 1);
    g_thread_join(keeper);
    for (guint i = 0; i < G_N_ELEMENTS(race.values); i++)
        g_bytes_unref(race.values[i]);
    g_mutex_clear(&race.lock);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/blob/" path, Fixture, NULL, set_up, func, tear_down)
    ADD("come-back", test_values_come_back);
    ADD("in-pieces", test_in_pieces);
    ADD("unfinished", test_an_unfinished_writer_leaves_nothing);
    ADD("scopes", test_one_record_a_scope);
    ADD("not-found", test_nothing_of_that_name);
    ADD("output-limit", test_output_limit);
    ADD("double-open", test_double_open);
    ADD("lost-catalog", test_the_catalog_can_be_lost);
    ADD("failed-sync", test_a_failed_sync_makes_uses_uncertain);
    ADD("failed-writes", test_every_write_may_fail);
    ADD("flipped-bits", test_flipped_bits_are_found);
    ADD("scrub", test_scrub);
    ADD("segment-header", test_segment_header);
    ADD("collect", test_collect_and_compact);
    ADD("merge-scopes", test_compaction_merges_scopes);
    ADD("condemned", test_a_condemned_value_is_stored_anew);
    ADD("lost-hint", test_a_lost_hint_is_found);
    ADD("race", test_dedup_race);
#undef ADD
    return g_test_run();
}
