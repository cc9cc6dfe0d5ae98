/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many bytes of disk does a mail take, metadata and body?
 *
 * Counted is what grows with the mails: the databases (partition, catalog of values) and the records of the segments and
 * files; not what is written in advance and used again (logs, reserves, the rest of the open segment), which is printed beside
 * it. Three corpora: plain mails of 3.8 KB; mails as people send them, with HTML and attachments, no two with a value in common;
 * and, with a folder, every file below it as a mail. Small ones lie among the values or in rows, and come as mails alone or, as by
 * LMTP, with the message that the codec makes of them.
 *
 *     bench-store-disk [FOLDER-FOR-DATA [FOLDER-OF-MAILS]]
 */
#include "disk.h"
#include "mails.h"

#include "blob/blob.h"
#include "convert/mail-in.h"
#include "store/mail.h"
#include "store/store.h"

#include <string.h>

enum {
    MAILBOXES = 40,
    PLAIN = 12000,
    MIXED = 1500,
    THREADS = 8,
};

typedef struct {
    GPtrArray *mails;     /* GBytes */
    gboolean as_messages; /* also what the codec makes of them */
    TwEngine *engine;
    TwStore *stores[MAILBOXES];
    guint32 inboxes[MAILBOXES];
    gint next; /* atomic: the mail to deliver */
} Bench;

static gpointer
deliver_on(gpointer data)
{
    Bench *bench = data;
    guint number;

    while ((number = (guint) g_atomic_int_add(&bench->next, 1)) < bench->mails->len) {
        guint box = number % MAILBOXES;
        GBytes *mail = bench->mails->pdata[number];
        gsize len;
        const guint8 *data = g_bytes_get_data(mail, &len);
        g_autoptr(TwMimeTree) tree = bench->as_messages ? tw_mime_scan(data, len, NULL) : NULL;
        g_autoptr(TwMailIn) in = tree != NULL ? tw_mail_to_object(data, len, tree, NULL) : NULL;
        TwMailTarget target = { .store = bench->stores[box], .folder = bench->inboxes[box] };
        TwMailDelivery delivery = { .targets = &target, .target_count = 1, .in = in };
        TwMailResult result = { 0 };
        g_autoptr(GError) error = NULL;
        if (!tw_mail_deliver(bench->engine, mail, &delivery, &result, &error) ||
            result.error != NULL)
            g_error("%s", (error != NULL ? error : result.error)->message);
        tw_mail_result_clear(&result);
    }
    return NULL;
}

/* ---- what there is on disk ---- */

typedef struct {
    guint64 databases, values; /* grows with the mails */
    guint64 prepared;          /* does not */
} Usage;

static guint64
file_size(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    GStatBuf st;

    return g_stat(path, &st) == 0 && (st.st_mode & S_IFMT) == S_IFREG ? (guint64) st.st_size : 0;
}

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of a folder */
add_folder(const char *folder, Usage *usage)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(folder, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            add_folder(below, usage);
        else if (g_str_has_suffix(name, ".db"))
            usage->databases += file_size(folder, name);
        else
            usage->prepared += file_size(folder, name);
    }
}

/* Of a closed data folder. */
static Usage
usage_of(const char *path)
{
    g_autofree char *blobs = g_build_filename(path, "blobs", NULL);
    TwBlobConfig config = TW_BLOB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwBlobVolume *volume;
    TwBlobStats stats;
    Usage usage = { 0 };

    add_folder(path, &usage);
    config.fs = tw_file_system_real();
    config.path = blobs;
    volume = tw_blob_volume_open(&config, &error);
    if (volume == NULL || !tw_blob_stats(volume, &stats, &error))
        g_error("%s", error->message);
    usage.values = stats.stored_bytes;
    usage.prepared -= MIN(usage.prepared, usage.values);
    tw_blob_volume_close(volume);
    return usage;
}

/* ---- one corpus ---- */

static void
open_engine(Bench *bench, const char *path, TwInlineMode mode, gboolean make)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = path;
    config.inline_mode = mode;
    bench->engine = tw_engine_open(&config, &error);
    if (bench->engine == NULL)
        g_error("%s", error->message);
    for (guint i = 0; make && i < MAILBOXES; i++) {
        TwStoreMake how = { .partition = -1 };
        TwStoreInfo info;
        bench->stores[i] = tw_store_create(bench->engine, &how, &error);
        if (bench->stores[i] == NULL || !tw_store_get_info(bench->stores[i], &info, &error))
            g_error("%s", error->message);
        bench->inboxes[i] = info.root;
    }
}

static void
measure(const char *place,
        const char *name,
        double bar,
        TwInlineMode mode,
        gboolean as_messages,
        GPtrArray *mails)
{
    g_autofree char *folder = g_build_filename(place, "bench-disk-XXXXXX", NULL);
    g_autofree char *path = NULL;
    GThread *threads[THREADS];
    Bench bench = { .mails = mails, .as_messages = as_messages };
    guint64 raw = 0;
    Usage after;
    double each;

    if (g_mkdtemp(folder) == NULL)
        g_error("%s: cannot be made", folder);
    path = g_build_filename(folder, "data", NULL);
    open_engine(&bench, path, mode, TRUE);
    for (guint i = 0; i < mails->len; i++)
        raw += g_bytes_get_size(mails->pdata[i]);
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("deliver", deliver_on, &bench);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (guint i = 0; i < MAILBOXES; i++)
        tw_store_unref(bench.stores[i]);
    tw_engine_close(bench.engine); /* copies the logs into the databases */
    after = usage_of(path);
    each = (double) (after.databases + after.values) / mails->len;
    g_print("%-22s %6u mails of %7.0f bytes: %7.0f each (databases %.0f, values %.0f), %.3f of "
            "raw, bar %.2f: %.2f of it; %.0f MB prepared\n",
            name, mails->len, (double) raw / mails->len, each,
            (double) after.databases / mails->len, (double) after.values / mails->len,
            each / ((double) raw / mails->len), bar, each / ((double) raw / mails->len) / bar,
            (double) after.prepared / 1e6);
    bench_remove(folder);
}

/* ---- corpora ---- */

static GPtrArray *
plain_mails(GRand *rand)
{
    GPtrArray *mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);

    for (guint i = 0; i < PLAIN; i++)
        g_ptr_array_add(mails, bench_mail_new(rand));
    return mails;
}

static void
add_base64(GString *mail, GRand *rand, gsize len, gboolean packed)
{
    g_autoptr(GByteArray) data = g_byte_array_sized_new((guint) len);
    g_autofree char *text = NULL;

    for (gsize i = 0; i < len; i++) {
        guint8 byte = (guint8) g_rand_int(rand);
        if (!packed) /* a table of numbers, say */
            byte = (guint8) "0123456789,;\n 0"[byte % 15];
        g_byte_array_append(data, &byte, 1);
    }
    text = g_base64_encode(data->data, data->len);
    for (gsize at = 0, all = strlen(text); at < all; at += 76)
        g_string_append_printf(mail, "%.76s\r\n", text + at);
}

static GBytes *
mixed_mail(GRand *rand, guint number)
{
    GString *mail = g_string_new(NULL);
    g_autofree char *boundary = g_strdup_printf("=_%08x%08x", g_rand_int(rand), number);

    bench_mail_header(mail, rand);
    g_string_append_printf(mail, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n",
                           boundary, boundary);
    g_string_append_printf(
        mail,
        "Content-Type: multipart/alternative; boundary=\"%s-a\"\r\n\r\n--%s-a\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n",
        boundary, boundary);
    bench_mail_words(mail, rand, mail->len + (gsize) g_rand_int_range(rand, 200, 2500));
    g_string_append_printf(mail,
                           "\r\n--%s-a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
                           "<html><head><style>p { margin: 0 }</style></head><body>\r\n",
                           boundary);
    for (guint i = 0, n = (guint) g_rand_int_range(rand, 3, 20); i < n; i++) {
        g_string_append(mail, "<p class=\"MsoNormal\"><span style=\"font-size: 11pt\">");
        bench_mail_words(mail, rand, mail->len + 150);
        g_string_append(mail, "</span></p>\r\n");
    }
    g_string_append_printf(mail, "</body></html>\r\n--%s-a--\r\n", boundary);
    /* every second mail has an attachment; two in three are packed already, as pictures and documents are */
    if (number % 2 == 0) {
        gboolean packed = number % 3 != 0;
        g_string_append_printf(mail,
                               "--%s\r\nContent-Type: %s; name=\"file%u.%s\"\r\n"
                               "Content-Transfer-Encoding: base64\r\n"
                               "Content-Disposition: attachment; filename=\"file%u.%s\"\r\n\r\n",
                               boundary, packed ? "application/pdf" : "text/csv", number,
                               packed ? "pdf" : "csv", number, packed ? "pdf" : "csv");
        add_base64(mail, rand, (gsize) g_rand_int_range(rand, 4000, 200000), packed);
    }
    g_string_append_printf(mail, "--%s--\r\n", boundary);
    return g_string_free_to_bytes(mail);
}

static GPtrArray *
mixed_mails(GRand *rand)
{
    GPtrArray *mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);

    for (guint i = 0; i < MIXED; i++)
        g_ptr_array_add(mails, mixed_mail(rand, i));
    return mails;
}

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of a folder */
add_files(GPtrArray *mails, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        char *text;
        gsize len;
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            add_files(mails, path);
        else if (g_file_get_contents(path, &text, &len, NULL))
            g_ptr_array_add(mails, g_bytes_new_take(text, len));
    }
}

int
main(int argc, char **argv)
{
    const char *place = argc > 1 ? argv[1] : ".";
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    g_autoptr(GPtrArray) plain = plain_mails(rand);
    g_autoptr(GPtrArray) mixed = mixed_mails(rand);

    for (guint as_messages = 0; as_messages < 2; as_messages++) {
        g_print("%s\n", as_messages ? "with their messages, as by LMTP:" : "mails alone:");
        measure(place, "plain, blobs", 1.0, TW_INLINE_NEVER, as_messages == 1, plain);
        measure(place, "plain, rows", 1.0, TW_INLINE_ALWAYS, as_messages == 1, plain);
        measure(place, "with attachments", 0.75, TW_INLINE_ALWAYS, as_messages == 1, mixed);
    }
    if (argc > 2) {
        g_autoptr(GPtrArray) real = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        add_files(real, argv[2]);
        if (real->len == 0)
            g_error("%s: no mails", argv[2]);
        measure(place, "real", 0.75, TW_INLINE_ALWAYS, TRUE, real);
    }
    return 0;
}
