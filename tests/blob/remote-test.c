/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A volume with a bucket, beside a server that checks signatures and fails on purpose. */
#include "blob/remote-private.h"

#include "base/error.h"
#include "support/assert-bytes.h"
#include "support/s3-peer.h"

#include <glib/gstdio.h>
#include <string.h>

enum {
    SMALL = 40,
    SMALL_LEN = 9000,
    LARGE = 4,
    LARGE_LEN = 1500000,
    VALUES = SMALL + LARGE,
};

typedef struct {
    char *path;
    TwSecret *secret;
    char host[32];
    TwBlobS3 s3;
    TwBlobVolume *volume;
    TwS3 *client;
    TwBlobId ids[VALUES];
    gboolean used[VALUES];
    int troubles; /* atomic */
} Fixture;

static void
note_trouble(gpointer data, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const GError *why)
{
    g_atomic_int_inc(&((Fixture *) data)->troubles);
}

static TwBlobVolume *
open_volume(Fixture *f, const TwBlobS3 *s3, GError **error)
{
    TwBlobConfig config = TW_BLOB_CONFIG_INIT;

    config.fs = tw_file_system_real();
    config.path = f->path;
    config.segment_bytes_min = config.segment_bytes_max = 64 << 10;
    config.large_bytes = 256 << 10;
    config.s3 = s3;
    config.trouble = note_trouble;
    config.trouble_data = f;
    return tw_blob_volume_open(&config, error);
}

static void
reopen(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&f->volume, tw_blob_volume_close);
    f->volume = open_volume(f, &f->s3, &error);
    g_assert_no_error(error);
}

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("tw-remote-XXXXXX", NULL);

    tw_test_s3_faults("");
    tw_test_s3_forget();
    f->path = g_build_filename(folder, "blobs", NULL);
    f->secret = tw_secret_new("secret", 6);
    f->s3 = tw_test_s3(f->host, f->secret);
    f->s3.cache_bytes = 1; /* nothing stays */
    f->client = tw_s3_new(&f->s3, NULL);
    reopen(f);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    (void) g_remove(path);
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *folder = g_path_get_dirname(f->path);

    tw_blob_volume_close(f->volume);
    tw_s3_free(f->client);
    tw_secret_unref(f->secret);
    remove_tree(folder);
    g_free(f->path);
}

static gsize
value_len(guint number)
{
    return number < SMALL ? SMALL_LEN : LARGE_LEN;
}

static guint8 *
make_value(guint number)
{
    gsize len = value_len(number);
    guint8 *bytes = g_malloc(len);
    guint32 state = number + 1;

    for (gsize i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (guint8) (state >> 24);
    }
    return bytes;
}

static gboolean
put_value(Fixture *f, guint number, GError **error)
{
    g_autoptr(TwBlobUse) use = tw_blob_use_begin(f->volume);
    g_autofree guint8 *bytes = make_value(number);

    return tw_blob_put(use, bytes, value_len(number), NULL, &f->ids[number], error) &&
           tw_blob_sync(f->volume, error) && tw_blob_use_check(use, error);
}

static void
put_all(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < VALUES; i++) {
        f->used[i] = put_value(f, i, &error);
        g_assert_no_error(error);
    }
}

static void
carry(Fixture *f)
{
    g_autoptr(GError) error = NULL;

    tw_blob_carry(f->volume, &error);
    g_assert_no_error(error);
}

static void
check_value(Fixture *f, guint number)
{
    g_autofree guint8 *bytes = make_value(number);
    gsize len = value_len(number);
    const gsize ranges[][2] = { { 0, len }, { len / 2, 100 }, { len - 1, 1 } };

    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(LARGE_LEN);
        g_autoptr(GError) error = NULL;
        tw_blob_read(f->volume, &f->ids[number], ranges[i][0], ranges[i][1], &out, &error);
        g_assert_no_error(error);
        assert_bytes(out.data, out.len, bytes + ranges[i][0], ranges[i][1]);
    }
}

static void
check_all(Fixture *f)
{
    for (guint i = 0; i < VALUES; i++) {
        if (f->used[i])
            check_value(f, i);
    }
}

static void
count(G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *what, gpointer data)
{
    (*(guint *) data)++;
}

static guint
inspect(Fixture *f)
{
    guint found = 0;

    tw_blob_inspect(f->volume, count, &found);
    return found;
}

static void
count_damage(G_GNUC_UNUSED const TwBlobId *id, G_GNUC_UNUSED const GError *why, gpointer data)
{
    (*(guint *) data)++;
}

static guint
scrub(Fixture *f, GError **error)
{
    TwBlobId after = { { 0 } };
    guint damaged = 0;
    guint64 looked_at;

    if (tw_blob_scrub(f->volume, &after, G_MAXUINT64, count_damage, &damaged, &looked_at, error))
        g_assert_cmpuint(looked_at, >=, 1);
    return damaged;
}

/* Names of the volume's objects that have a part. (element-type char*) */
static GPtrArray *
list_objects(Fixture *f, const char *part)
{
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    tw_s3_list(f->client, f->volume->remote->prefix, listed, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < listed->len; i++) {
        char *key = g_array_index(listed, TwS3Listed, i).key;
        if (strstr(key, part) != NULL)
            g_ptr_array_add(keys, key);
        else
            g_free(key);
    }
    return keys;
}

static guint
count_objects(Fixture *f, const char *part)
{
    g_autoptr(GPtrArray) keys = list_objects(f, part);

    return keys->len;
}

static guint
count_files(Fixture *f, const char *folder)
{
    g_autofree char *path = g_build_filename(f->path, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint files = 0;
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        g_autofree char *below = g_build_filename(folder, name, NULL);
        files += g_file_test(child, G_FILE_TEST_IS_DIR) ? count_files(f, below) : 1;
    }
    return files;
}

/* Values go there and leave the disk, and are read again, now and after a restart. */
static void
test_round(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    put_all(f);
    carry(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    g_assert_cmpuint(count_objects(f, "/segments/"), >=, 5);
    g_assert_cmpuint(count_objects(f, "/probe"), ==, 0);
    g_assert_cmpuint(count_files(f, "files"), ==, 0);
    g_assert_cmpuint(count_files(f, "segments"), <=, 2); /* the open one and the spare */
    check_all(f);
    g_assert_cmpuint(inspect(f), ==, 0);
    g_assert_cmpuint(scrub(f, NULL), ==, 0);
    reopen(f);
    check_all(f);
    g_assert_cmpuint(inspect(f), ==, 0);
    carry(f);
    g_assert_cmpuint(count_files(f, "cache"), ==, 0);
    g_assert_cmpint(g_atomic_int_get(&f->troubles), ==, 0);
}

/* With room for it, what was read is not fetched again, and what was put is not fetched at all. */
static void
test_cache(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    put_all(f);
    carry(f);
    f->s3.cache_bytes = 100 << 20;
    reopen(f);
    check_all(f);
    tw_test_s3_forget();
    check_all(f);
    g_assert_cmpuint(tw_test_s3_asked("GET"), ==, 0);
    g_assert_cmpuint(count_files(f, "cache"), >=, LARGE);
    reopen(f);
    tw_test_s3_forget();
    check_all(f);
    g_assert_cmpuint(tw_test_s3_asked("GET"), ==, 0);
}

/* A window that the disk tore is fetched again. */
static void
test_torn_window(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->path, "cache", NULL);
    g_autoptr(GDir) dir = NULL;
    const char *name;

    put_all(f);
    carry(f);
    f->s3.cache_bytes = 100 << 20;
    reopen(f);
    check_all(f);
    dir = g_dir_open(path, 0, NULL);
    for (guint i = 0; (name = g_dir_read_name(dir)) != NULL; i++) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_assert_true(g_file_set_contents(file, "short", i % 2 == 0 ? 5 : 0, NULL));
    }
    reopen(f);
    check_all(f);
    g_assert_cmpuint(scrub(f, NULL), ==, 0);
}

/* ---- the collector ---- */

static gboolean
is_used(const TwBlobId *id, gboolean *ret, gpointer data, G_GNUC_UNUSED GError **error)
{
    const Fixture *f = data;

    *ret = FALSE;
    for (guint i = 0; i < VALUES; i++)
        *ret |= f->used[i] && tw_blob_id_equal(&f->ids[i], id);
    return TRUE;
}

static void
collect(Fixture *f)
{
    TwBlobCollect how = { is_used, f, 1, 0, 1000 };
    g_autoptr(GError) error = NULL;
    TwBlobCollected done;

    g_assert_true(tw_blob_hint_all(f->volume, 0, &error));
    g_assert_true(tw_blob_collect(f->volume, &how, &done, &error));
    g_assert_no_error(error);
    g_assert_true(tw_blob_compact(f->volume, 0.5, 100, NULL, &error));
    g_assert_no_error(error);
}

static void
test_collect(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    guint segments;

    put_all(f);
    carry(f);
    segments = count_objects(f, "/segments/");
    for (guint i = 0; i < VALUES; i++)
        f->used[i] = i % 8 == 0 || i == VALUES - 1;
    collect(f);
    carry(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, 2);
    g_assert_cmpuint(count_objects(f, "/segments/"), <, segments);
    g_assert_cmpuint(inspect(f), ==, 0);
    check_all(f);
    reopen(f);
    check_all(f);
    /* what was collected is put anew under another name */
    for (guint i = SMALL; i < VALUES; i++)
        f->used[i] = put_value(f, i, NULL);
    carry(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    check_all(f);
    g_assert_cmpuint(inspect(f), ==, 0);
}

/* Deleting is tried until it succeeds. */
static void
test_collect_away(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    put_all(f);
    carry(f);
    memset(f->used, 0, sizeof f->used);
    tw_test_s3_faults("* 503 1000000");
    collect(f); /* nothing lives, so nothing needs to be fetched */
    g_assert_false(tw_blob_carry(f->volume, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    tw_test_s3_faults("");
    reopen(f);
    carry(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, 0);
    g_assert_cmpuint(inspect(f), ==, 0);
}

/* ---- a server that is away ---- */

static void
test_away(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LARGE_LEN);

    f->used[0] = put_value(f, 0, NULL);
    f->used[SMALL] = put_value(f, SMALL, NULL);
    carry(f);
    tw_test_s3_faults("* away 1000000");
    for (guint i = 1; i < VALUES; i++) {
        f->used[i] = i == SMALL || put_value(f, i, &error);
        g_assert_no_error(error); /* the local copy is enough */
    }
    g_assert_false(tw_blob_carry(f->volume, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_false(tw_blob_read(f->volume, &f->ids[SMALL], 0, 10, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_cmpuint(scrub(f, &error), ==, 0); /* nothing is said to be damaged */
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    for (guint i = 1; i < VALUES; i++) {
        if (i != SMALL)
            check_value(f, i);
    }
    reopen(f); /* it was the right one before */
    check_value(f, VALUES - 1);
    tw_test_s3_faults("");
    carry(f);
    check_all(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    g_assert_cmpuint(inspect(f), ==, 0);
}

/* What waits is bounded: then no more is taken, until the server is back. */
static void
test_spool(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint put = 0;

    f->s3.spool_bytes = 2 * LARGE_LEN;
    reopen(f);
    tw_test_s3_faults("* away 1000000");
    while (put < LARGE && put_value(f, SMALL + put, &error))
        put++;
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_assert_cmpuint(put, ==, 2);
    g_clear_error(&error);
    g_assert_false(put_value(f, 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_clear_error(&error);
    reopen(f); /* the limit outlives the process */
    g_assert_false(put_value(f, 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NO_SPACE);
    g_clear_error(&error);
    tw_test_s3_faults("");
    carry(f);
    put_all(f);
    carry(f);
    check_all(f);
}

typedef struct {
    const char *name, *faults;
} StormCase;

/* Everything arrives, whatever happens on the way; carry is asked again as the thread would. */
static const StormCase storms[] = {
    { "500", "PUT 500 15\nHEAD 503 9" },        { "lost", "PUT lost 10\nHEAD lost 6" },
    { "half", "PUT half 3\nPUT drop 2" },       { "etag", "HEAD etag 6" },
    { "mixed", "* away 7\n* 503 8\n* lost 5" },
};

static void
test_storm(Fixture *f, gconstpointer data)
{
    const StormCase *tc = data;
    guint failed = 0;

    tw_test_s3_faults(tc->faults);
    put_all(f);
    while (!tw_blob_carry(f->volume, NULL) && failed < 50)
        failed++;
    tw_test_s3_faults("");
    g_assert_cmpuint(failed, <, 50);
    g_assert_cmpuint(count_files(f, "files"), ==, 0);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    check_all(f);
    g_assert_cmpuint(inspect(f), ==, 0);
    g_assert_cmpuint(scrub(f, NULL), ==, 0);
}

static const StormCase reads[] = {
    { "short", "GET short 8" }, { "shorter", "GET shorter 8" }, { "etag", "GET etag 8" },
    { "whole", "GET whole 8" }, { "503", "GET 503 8" },         { "lost", "GET lost 8" },
};

static void
test_read_fault(Fixture *f, gconstpointer data)
{
    f->s3.tries = 10;
    reopen(f);
    put_all(f);
    carry(f);
    tw_test_s3_faults(((const StormCase *) data)->faults);
    check_all(f);
}

/* Other bytes under the right entity tag: the checksum says so, and nothing false is given out. */
static void
test_flipped(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(LARGE_LEN);

    put_all(f);
    carry(f);
    tw_test_s3_faults("GET flip 1000");
    g_assert_false(tw_blob_read(f->volume, &f->ids[SMALL], LARGE_LEN - 10, 10, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_assert_cmpuint(out.len, ==, 0);
    g_assert_cmpuint(scrub(f, NULL), >=, 1);
}

/* ---- what is refused at the start ---- */

static void
refuse(Fixture *f, const TwBlobS3 *s3, int code, const char *word)
{
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&f->volume, tw_blob_volume_close);
    g_assert_null(open_volume(f, s3, &error));
    g_assert_error(error, TW_ERROR, code);
    if (strstr(error->message, word) == NULL)
        g_assert_cmpstr(error->message, ==, word);
}

static void
test_refused(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwSecret) wrong = tw_secret_new("wrong", 5);
    TwBlobS3 s3 = f->s3;
    g_autofree char *mark = g_strconcat(f->volume->remote->prefix, "/volume", NULL);

    s3.secret = wrong;
    refuse(f, &s3, TW_ERROR_NO_ACCESS, "SignatureDoesNotMatch");
    s3 = f->s3;
    s3.bucket = "male";
    refuse(f, &s3, TW_ERROR_INVALID, "NoSuchBucket");
    s3 = f->s3;
    s3.region = "mars-1";
    refuse(f, &s3, TW_ERROR_INVALID, "AuthorizationHeaderMalformed");
    s3 = f->s3;
    s3.tls = TRUE; /* the server speaks none */
    s3.tries = 1;
    f->path[strlen(f->path) - 1] = 'x'; /* a new one */
    refuse(f, &s3, TW_ERROR_BUSY, "https://");
    tw_test_s3_faults("* away 1000000");
    refuse(f, &f->s3, TW_ERROR_BUSY, "S3: ");
    tw_test_s3_faults("");
    f->path[strlen(f->path) - 1] = 's';
    refuse(f, NULL, TW_ERROR_INVALID, "attachment_storage");
    g_assert_true(tw_s3_delete(f->client, mark, NULL));
    refuse(f, &f->s3, TW_ERROR_INVALID, "do not lie in this bucket");
}

/* ---- checks and repairs ---- */

static void
test_inspect(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GPtrArray) keys = NULL;
    g_autofree char *stray = g_strconcat(f->volume->remote->prefix, "/server/stray", NULL);
    TwS3Object object;

    put_all(f);
    carry(f);
    keys = list_objects(f, "/server/");
    g_assert_true(tw_s3_put(f->client, stray, "x", 1, &object, NULL));
    g_assert_cmpuint(inspect(f), ==, 1);
    g_assert_true(tw_s3_delete(f->client, g_ptr_array_index(keys, 0), NULL));
    g_assert_cmpuint(inspect(f), ==, 2);
    g_assert_true(tw_s3_put(f->client, g_ptr_array_index(keys, 1), "y", 1, &object, NULL));
    g_assert_cmpuint(inspect(f), ==, 3);
    g_assert_cmpuint(scrub(f, NULL), ==, 2);
    tw_test_s3_faults("GET away 1000000");
    g_assert_cmpuint(inspect(f), ==, 1); /* that the bucket cannot be looked at */
}

/* The catalog repeats what the segments say, wherever those are. */
static void
test_lost_catalog(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const ends[] = { "", "-wal", "-shm" };

    put_all(f);
    carry(f);
    g_clear_pointer(&f->volume, tw_blob_volume_close);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *path = g_strconcat(f->path, "/catalog.db", ends[i], NULL);
        (void) g_remove(path);
    }
    reopen(f);
    check_all(f);
    carry(f);
    check_all(f);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    g_assert_cmpuint(inspect(f), ==, 0);
}

/* ---- where an acknowledgement waits ---- */

static void
test_acknowledge(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->s3.acknowledge = TRUE;
    reopen(f);
    for (guint i = 0; i < 12; i++) {
        f->used[i] = put_value(f, i, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(count_objects(f, "/segments/"), >=, 1);
    }
    f->used[SMALL] = put_value(f, SMALL, &error);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, 1);
    tw_test_s3_faults("* away 1000000");
    g_assert_false(put_value(f, 20, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_false(put_value(f, SMALL + 1, &error));
    g_clear_error(&error);
    tw_test_s3_faults("PUT 503 2\nHEAD lost 1");
    f->used[20] = put_value(f, 20, &error);
    g_assert_no_error(error);
    /* all that was acknowledged is in the bucket: without the folder it can be read from there */
    g_assert_cmpuint(inspect(f), ==, 0);
    reopen(f);
    check_all(f);
    f->s3.acknowledge = FALSE;
    reopen(f);
    check_all(f);
}

/* A folder that was used without a bucket gets one. */
static void
test_later(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->path[strlen(f->path) - 1] = 'x';
    g_clear_pointer(&f->volume, tw_blob_volume_close);
    f->volume = open_volume(f, NULL, &error);
    g_assert_no_error(error);
    put_all(f);
    carry(f);
    g_assert_cmpuint(count_files(f, "files"), ==, LARGE);
    f->s3.spool_bytes = 1 << 20; /* what was there before is no reason to refuse */
    tw_test_s3_forget();
    reopen(f);
    f->used[0] = put_value(f, 0, &error);
    g_assert_no_error(error);
    carry(f);
    g_assert_cmpuint(count_files(f, "files"), ==, 0);
    g_assert_cmpuint(count_objects(f, "/server/"), ==, LARGE);
    check_all(f);
    g_assert_cmpuint(inspect(f), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, data, function) g_test_add(path, Fixture, data, set_up, function, tear_down)
    ADD("/remote/round", NULL, test_round);
    ADD("/remote/cache", NULL, test_cache);
    ADD("/remote/torn-window", NULL, test_torn_window);
    ADD("/remote/collect", NULL, test_collect);
    ADD("/remote/collect-away", NULL, test_collect_away);
    ADD("/remote/away", NULL, test_away);
    ADD("/remote/spool", NULL, test_spool);
    for (guint i = 0; i < G_N_ELEMENTS(storms); i++) {
        g_autofree char *path = g_strconcat("/remote/storm/", storms[i].name, NULL);
        ADD(path, &storms[i], test_storm);
    }
    for (guint i = 0; i < G_N_ELEMENTS(reads); i++) {
        g_autofree char *path = g_strconcat("/remote/read/", reads[i].name, NULL);
        ADD(path, &reads[i], test_read_fault);
    }
    ADD("/remote/flipped", NULL, test_flipped);
    ADD("/remote/refused", NULL, test_refused);
    ADD("/remote/inspect", NULL, test_inspect);
    ADD("/remote/lost-catalog", NULL, test_lost_catalog);
    ADD("/remote/acknowledge", NULL, test_acknowledge);
    ADD("/remote/later", NULL, test_later);
    return g_test_run();
}
