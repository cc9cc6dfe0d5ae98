/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mails of all shapes (tests/store/data/), delivered and read back byte for byte: whole, in ranges, after a copy, a
 * collection and a new start. Each is also cut at many places: what is left of a mail is a mail.
 *
 * TW_CORPUS=/path delivers every file below that path instead, into a data folder on disk, and prints how many are
 * identical and what they cost; a file that is not identical fails the test.
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "store/bed.h"
#include "store/invariants.h"
#include "store/store-private.h"

enum {
    RANGES = 12,
    CUTS = 6,
    MOST_FILES = 1000000,
};

typedef struct {
    char *name;
    GBytes *mail;
    guint32 mid;
} Mail;

static void
clear_mail(gpointer data)
{
    g_free(((Mail *) data)->name);
    g_bytes_unref(((Mail *) data)->mail);
}

/* ---- reading back ---- */

static gboolean
collect(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    g_assert_cmpuint(len, >, 0);
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

/* Whether a range is the same as that of the mail. */
static gboolean
is_range(TwStore *store, guint32 mid, GBytes *mail, guint64 offset, guint64 len)
{
    g_autoptr(GByteArray) got = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    gsize whole;
    const guint8 *data = g_bytes_get_data(mail, &whole);
    gsize from = (gsize) MIN(offset, whole), count = (gsize) MIN(len, whole - from);

    tw_message_read_mail(store, mid, offset, len, collect, got, &error);
    if (error != NULL)
        g_printerr("# message %u: %s\n", mid, error->message);
    return error == NULL && got->len == count &&
           (count == 0 || memcmp(got->data, data + from, count) == 0);
}

static void
check_mail(TwStore *store, const Mail *mail, GRand *rand)
{
    gsize len = g_bytes_get_size(mail->mail);

    if (!is_range(store, mail->mid, mail->mail, 0, G_MAXUINT64))
        g_error("%s is not what came", mail->name);
    for (guint i = 0; i < RANGES; i++) {
        guint64 offset = (guint64) g_rand_int_range(rand, 0, (gint32) len + 3);
        guint64 count = i == 0 ? 0 : (guint64) g_rand_int_range(rand, 0, (gint32) len + 3);
        if (i == 1)
            offset = G_MAXUINT64 - 1;
        if (!is_range(store, mail->mid, mail->mail, offset, count))
            g_error("%s: %u bytes from %u are not what came", mail->name, (guint) count,
                    (guint) offset);
    }
}

/* Aborts unless all get it. */
static void
deliver(TwEngine *engine, TwStore *const *stores, guint count, GBytes *mail, guint32 *ret_mids)
{
    g_autofree TwMailTarget *targets = g_new0(TwMailTarget, count);
    g_autofree TwMailResult *results = g_new0(TwMailResult, count);
    TwMailDelivery delivery = { .targets = targets, .target_count = count, .recv_us = 0 };
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < count; i++) {
        TwStoreInfo info;
        g_assert_true(tw_store_get_info(stores[i], &info, NULL));
        targets[i] = (TwMailTarget){ .store = stores[i], .folder = info.root };
    }
    tw_mail_deliver(engine, mail, &delivery, results, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < count; i++) {
        g_assert_no_error(results[i].error);
        ret_mids[i] = results[i].made.mid;
        tw_mail_result_clear(&results[i]);
    }
}

/* ---- the mails of the tree ---- */

static GArray *
load_mails(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("TW_SOURCE_ROOT"), "tests", "store", "data", NULL);
    GArray *mails = g_array_new(FALSE, TRUE, sizeof(Mail));
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
    const char *name;

    g_array_set_clear_func(mails, clear_mail);
    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        Mail mail = { 0 };
        char *text;
        gsize len;
        if (!g_str_has_suffix(name, ".eml"))
            continue; /* data folders of earlier versions */
        mail.name = g_strdup(name);
        g_file_get_contents(file, &text, &len, &error);
        g_assert_no_error(error);
        mail.mail = g_bytes_new_take(text, len);
        g_array_append_val(mails, mail);
    }
    g_assert_cmpuint(mails->len, >=, 60);
    return mails;
}

static void
test_data(void)
{
    g_autoptr(GArray) mails = load_mails();
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());
    g_autoptr(GError) error = NULL;
    TwEngineCollected collected;
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < mails->len; i++) {
        Mail *mail = &g_array_index(mails, Mail, i);
        deliver(bed.engine, &bed.store, 1, mail->mail, &mail->mid);
        check_mail(bed.store, mail, rand);
    }
    bed_reopen(&bed);
    tw_engine_collect(bed.engine, 0, TRUE, &collected, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < mails->len; i++) {
        Mail *mail = &g_array_index(mails, Mail, i);
        TwMessageSet set = { bed.root, &mail->mid, 1 };
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        check_mail(bed.store, mail, rand);
        tw_messages_copy(bed.store, &set, bed.root, done, &error);
        g_assert_no_error(error);
        /* the copy stays when the original goes */
        tw_messages_delete(bed.store, &set, FALSE, NULL, &error);
        g_assert_no_error(error);
        mail->mid = g_array_index(done, TwMessageDone, 0).new_mid;
    }
    tw_engine_collect(bed.engine, 0, TRUE, &collected, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < mails->len; i++)
        check_mail(bed.store, &g_array_index(mails, Mail, i), rand);
    invariants_check(bed.store, INVARIANTS_ALL, "corpus");
    bed_free(&bed);
}

static void
test_cut_mails(void)
{
    g_autoptr(GArray) mails = load_mails();
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < mails->len; i++) {
        const Mail *mail = &g_array_index(mails, Mail, i);
        gsize len = g_bytes_get_size(mail->mail);
        for (guint cut = 0; cut < CUTS && len > 0; cut++) {
            Mail part = { .name = mail->name };
            gsize from = (gsize) g_rand_int_range(rand, 0, (gint32) len);
            gsize to = (gsize) g_rand_int_range(rand, (gint32) from, (gint32) len + 1);
            /* the begin, the end, and a piece of the middle */
            if (cut % 3 < 2)
                from = 0;
            if (cut % 3 == 1)
                to = len - MIN(len, 1 + cut / 3);
            part.mail = g_bytes_new_from_bytes(mail->mail, from, MAX(to, from) - from);
            deliver(bed.engine, &bed.store, 1, part.mail, &part.mid);
            check_mail(bed.store, &part, rand);
            g_bytes_unref(part.mail);
        }
    }
    invariants_check(bed.store, INVARIANTS_ALL, "cut mails");
    bed_free(&bed);
}

/* One delivery to many: each gets the same bytes, in companies that share and that do not. */
static void
test_many_targets(void)
{
    g_autoptr(GArray) mails = load_mails();
    TwStore *stores[3] = { NULL };
    g_autoptr(GError) error = NULL;
    Bed bed;

    bed_new(&bed);
    for (guint i = 0; i < G_N_ELEMENTS(stores); i++) {
        TwStoreMake make = { .company = i / 2 + 1, .partition = -1 };
        stores[i] = tw_store_create(bed.engine, &make, &error);
        g_assert_no_error(error);
    }
    for (guint i = 0; i < mails->len; i++) {
        const Mail *mail = &g_array_index(mails, Mail, i);
        guint32 mids[G_N_ELEMENTS(stores)];
        deliver(bed.engine, stores, G_N_ELEMENTS(stores), mail->mail, mids);
        for (guint n = 0; n < G_N_ELEMENTS(stores); n++) {
            if (!is_range(stores[n], mids[n], mail->mail, 0, G_MAXUINT64))
                g_error("%s in store %u is not what came", mail->name, n);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(stores); i++) {
        invariants_check(stores[i], INVARIANTS_ALL, "many targets");
        tw_store_unref(stores[i]);
    }
    bed_free(&bed);
}

/* ---- a corpus of the user's ---- */

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of a file system */
add_files(GPtrArray *files, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (dir == NULL) {
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && files->len < MOST_FILES)
            g_ptr_array_add(files, g_strdup(path));
        return;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (!g_file_test(below, G_FILE_TEST_IS_SYMLINK))
            add_files(files, below);
    }
}

static const TwDbSql share_rows[] = {
    { .sql = "SELECT COALESCE(SUM(len), 0) FROM blobref WHERE kind = ?" },
    { .sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()" },
};

static const TwDbSqlSet share_set = { "share", share_rows, G_N_ELEMENTS(share_rows) };

typedef struct {
    gint64 literal, referred, pages;
} Share;

static gboolean
share_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Share *share = data;

    for (guint i = 0; i < 3; i++) {
        g_autoptr(TwDbStatement) st = tw_db_statement(tx, &share_set, i / 2);
        if (i < 2)
            tw_db_bind_i64(st, 0, i == 0 ? TW_VALUE_MAIL : TW_VALUE_PART);
        if (tw_db_step(st, error) != TW_DB_ROW)
            return FALSE;
        *(i == 0   ? &share->literal
          : i == 1 ? &share->referred
                   : &share->pages) = tw_db_column_i64(st, 0);
    }
    return TRUE;
}

static void
print_share(const char *path, guint64 mail_bytes)
{
    static const TwDbSqlSet *const sets[] = { &share_set };
    g_autofree char *file = g_build_filename(path, "partitions", "p1.db", NULL);
    g_autofree char *values = g_build_filename(path, "blobs", NULL);
    TwDbSchema schema = tw_partition_schema;
    TwDbConfig config = TW_DB_CONFIG_INIT;
    TwBlobConfig blobs = TW_BLOB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwBlobVolume) volume = NULL;
    g_autoptr(TwDb) db = NULL;
    TwBlobStats stats;
    Share share = { 0 };
    double all = (double) MAX(mail_bytes, 1);

    schema.sets = sets;
    schema.set_count = 1;
    config.schema = &schema;
    config.fs = blobs.fs = tw_file_system_real();
    config.path = file;
    blobs.path = values;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    volume = tw_blob_volume_open(&blobs, &error);
    g_assert_no_error(error);
    tw_db_read(db, NULL, share_tx, &share, &error);
    g_assert_no_error(error);
    g_assert_true(tw_blob_stats(volume, &stats, &error));
    g_test_message("%.3f of the bytes as references, %.3f as literal text (skeletons %u KiB, "
                   "decoded values %u KiB)",
                   1 - (double) share.literal / all, (double) share.literal / all,
                   (guint) (share.literal >> 10), (guint) (share.referred >> 10));
    g_test_message("on disk: %u KiB of values, %u KiB of rows; %.3f of the raw bytes",
                   (guint) (stats.stored_bytes >> 10), (guint) (share.pages >> 10),
                   ((double) stats.stored_bytes + (double) share.pages) / all);
}

static void
remove_below(const char *path)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    static const char *const folders[] = { "partitions", "blobs/files", "blobs" };

    add_files(files, path);
    for (guint i = 0; i < files->len; i++)
        g_assert_cmpint(remove(files->pdata[i]), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(path, folders[i], NULL);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;
        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *below = g_build_filename(folder, name, NULL);
            remove(below);
        }
        remove(folder);
    }
    remove(path);
}

static void
test_corpus(void)
{
    const char *corpus = g_getenv("TW_CORPUS");
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_dir_make_tmp("twiga-corpus-XXXXXX", &error);
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    guint64 bytes = 0;
    guint same = 0;
    TwEngine *engine;
    TwStore *store;

    g_assert_no_error(error);
    add_files(files, corpus);
    config.fs = tw_file_system_real();
    config.path = path;
    engine = tw_engine_open(&config, &error);
    g_assert_no_error(error);
    store = tw_store_create(engine, &make, &error);
    g_assert_no_error(error);
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < files->len; i++) {
            g_autoptr(GMappedFile) file = g_mapped_file_new(files->pdata[i], FALSE, &error);
            g_autoptr(GBytes) mail = NULL;
            guint32 mid;
            g_assert_no_error(error);
            mail = g_mapped_file_get_bytes(file);
            if (pass == 0) {
                deliver(engine, &store, 1, mail, &mid);
                g_array_append_val(mids, mid);
                bytes += g_bytes_get_size(mail);
            } else if (is_range(store, g_array_index(mids, guint32, i), mail, 0, G_MAXUINT64)) {
                same++;
            } else {
                g_printerr("# not identical: %s\n", (char *) files->pdata[i]);
            }
        }
    }
    g_test_message("identical %u of %u, %u KiB", same, files->len, (guint) (bytes >> 10));
    tw_store_unref(store);
    tw_engine_close(engine);
    print_share(path, bytes);
    remove_below(path);
    g_assert_cmpuint(same, ==, files->len);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (g_getenv("TW_CORPUS") != NULL) {
        g_test_add_func("/store/corpus/given", test_corpus);
        return g_test_run();
    }
    g_test_add_func("/store/corpus/data", test_data);
    g_test_add_func("/store/corpus/cut-mails", test_cut_mails);
    g_test_add_func("/store/corpus/many-targets", test_many_targets);
    return g_test_run();
}
