/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One mail with an attachment of 5 MiB to 100 mailboxes: how much does the disk grow beside the attachment, and how much
 * longer does it take than to one mailbox?
 *
 * The attachment is packed already, as pictures are, and another one each time. Growth is of databases and stored values, as
 * in bench-store-disk.
 *
 *     bench-store-fanout [FOLDER]
 */
#include "disk.h"
#include "mails.h"

#include "blob/blob.h"
#include "store/mail.h"
#include "store/store.h"

#include <string.h>

enum {
    MAILBOXES = 100,
    ATTACHMENT = 5 << 20,
    RUNS = 7,
};

typedef struct {
    TwEngine *engine;
    TwStore *stores[MAILBOXES];
    TwGuid guids[MAILBOXES];
    TwMailTarget targets[MAILBOXES];
    GRand *rand;
} Bench;

static GBytes *
make_mail(GRand *rand)
{
    g_autofree guint32 *data = g_new(guint32, ATTACHMENT / 4);
    g_autofree char *text = NULL;
    GString *mail = g_string_new(NULL);

    for (guint i = 0; i < ATTACHMENT / 4; i++)
        data[i] = g_rand_int(rand);
    text = g_base64_encode((const guchar *) data, ATTACHMENT);
    bench_mail_header(mail, rand);
    g_string_append(mail, "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n"
                          "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    bench_mail_words(mail, rand, mail->len + 1500);
    g_string_append(mail, "--=_b\r\nContent-Type: image/jpeg\r\n"
                          "Content-Transfer-Encoding: base64\r\n\r\n");
    for (gsize at = 0, all = strlen(text); at < all; at += 76) {
        g_string_append_len(mail, text + at, (gssize) MIN(76, all - at));
        g_string_append(mail, "\r\n");
    }
    g_string_append(mail, "--=_b--\r\n");
    return g_string_free_to_bytes(mail);
}

static double
deliver(Bench *bench, guint count, double *ret_cpu)
{
    g_autoptr(GBytes) mail = make_mail(bench->rand);
    g_autofree TwMailResult *results = g_new0(TwMailResult, count);
    TwMailDelivery delivery = { .targets = bench->targets, .target_count = count };
    g_autoptr(GError) error = NULL;
    double start = bench_now(), cpu = bench_cpu_seconds();

    if (!tw_mail_deliver(bench->engine, mail, &delivery, results, &error))
        g_error("%s", error->message);
    start = bench_now() - start;
    *ret_cpu = bench_cpu_seconds() - cpu;
    for (guint i = 0; i < count; i++) {
        if (results[i].error != NULL)
            g_error("%s", results[i].error->message);
        tw_mail_result_clear(&results[i]);
    }
    return start;
}

static void
open_engine(Bench *bench, const char *path, gboolean make)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autoptr(GError) error = NULL;

    config.fs = tw_file_system_real();
    config.path = path;
    bench->engine = tw_engine_open(&config, &error);
    if (bench->engine == NULL)
        g_error("%s", error->message);
    for (guint i = 0; i < MAILBOXES; i++) {
        TwStoreMake how = { .partition = -1 };
        TwStoreInfo info;
        bench->stores[i] = make ? tw_store_create(bench->engine, &how, &error)
                                : tw_store_open(bench->engine, &bench->guids[i], &error);
        if (bench->stores[i] == NULL || !tw_store_get_info(bench->stores[i], &info, &error))
            g_error("%s", error->message);
        bench->guids[i] = info.guid;
        bench->targets[i] = (TwMailTarget){ .store = bench->stores[i], .folder = info.root };
    }
}

static void
close_engine(Bench *bench)
{
    for (guint i = 0; i < MAILBOXES; i++)
        tw_store_unref(bench->stores[i]);
    tw_engine_close(bench->engine);
}

static guint64
database_bytes(const char *path)
{
    static const char *const names[] = { "server.db", "partitions/p1.db", "blobs/catalog.db" };
    guint64 sum = 0;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *file = g_build_filename(path, names[i], NULL);
        GStatBuf st;
        sum += g_stat(file, &st) == 0 ? (guint64) st.st_size : 0;
    }
    return sum;
}

/* Of a closed data folder. */
static guint64
used_bytes(const char *path)
{
    g_autofree char *blobs = g_build_filename(path, "blobs", NULL);
    TwBlobConfig config = TW_BLOB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwBlobVolume *volume;
    TwBlobStats stats;

    config.fs = tw_file_system_real();
    config.path = blobs;
    volume = tw_blob_volume_open(&config, &error);
    if (volume == NULL || !tw_blob_stats(volume, &stats, &error))
        g_error("%s", error->message);
    tw_blob_volume_close(volume);
    return database_bytes(path) + stats.stored_bytes;
}

static double
median(double *values)
{
    qsort(values, RUNS, sizeof *values, bench_compare_doubles);
    return values[RUNS / 2];
}

int
main(int argc, char **argv)
{
    g_autofree char *folder =
        g_build_filename(argc > 1 ? argv[1] : ".", "bench-fanout-XXXXXX", NULL);
    g_autofree char *path = NULL;
    Bench bench = { .rand = g_rand_new_with_seed(3) };
    double one[RUNS], many[RUNS], one_cpu[RUNS], many_cpu[RUNS], ratio[RUNS], growth, cpu;
    guint64 before;

    if (g_mkdtemp(folder) == NULL)
        g_error("%s: cannot be made", folder);
    path = g_build_filename(folder, "data", NULL);
    open_engine(&bench, path, TRUE);
    g_print("fdatasync p50 %.0f us\n", bench_sync_p50_us(folder));
    for (guint i = 0; i < RUNS; i++) {
        one[i] = deliver(&bench, 1, &one_cpu[i]);
        many[i] = deliver(&bench, MAILBOXES, &many_cpu[i]);
        ratio[i] = many[i] / one[i];
    }
    close_engine(&bench);
    before = used_bytes(path);
    open_engine(&bench, path, FALSE);
    deliver(&bench, MAILBOXES, &cpu);
    close_engine(&bench);
    growth = (double) (used_bytes(path) - before) / ATTACHMENT;
    g_print("disk grows by %.3f of the attachment (bar 1.1)\n", growth);
    g_print("to one mailbox %.1f ms, to %u %.1f ms: %.2f times (bar 3); CPU %.1f and %.1f ms\n",
            median(one) * 1e3, MAILBOXES, median(many) * 1e3, median(ratio), median(one_cpu) * 1e3,
            median(many_cpu) * 1e3);
    bench_remove(folder);
    g_rand_free(bench.rand);
    return 0;
}
