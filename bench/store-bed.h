/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the benchmarks of the engine share: a data folder of their own, messages in it made fast, a cold page cache, figures
 * in time and in CPU.
 *
 * Messages: delivered ones each have a body of their own; filling copies a few hundred delivered ones over and over, 20,000 to a
 * transaction, so that a million is there in a minute. A copy has every row that a delivered one has.
 */
#pragma once

#include "bench.h"
#include "slow-disk.h"

#include "store/mail.h"
#include "store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BED_MAIL_LEN = 3800,
    BED_THREADS = 32,
    BED_SEEDS = 400, /* delivered messages that a folder is filled with */
};

typedef struct {
    SlowDisk *disk;
    TwEngineConfig config;
    char *path;
    TwEngine *engine;
    TwStore *store;
    TwGuid guid;
    guint32 root;
    gboolean drop_all; /* the whole machine's page cache is dropped, not that of our files */
} Bed;

/* A figure of several runs. */
typedef struct {
    double wall, cpu; /* seconds: medians */
    double least, most;
} BedTime;

static inline void
bed_check(gboolean ok, GError *error)
{
    if (!ok)
        g_error("%s", error != NULL ? error->message : "no words");
}

/* ---- clocks ---- */

static inline double
bed_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

typedef struct {
    double wall[64], cpu[64], start, start_cpu;
    guint count;
} BedRuns;

static inline void
bed_start(BedRuns *runs)
{
    runs->start_cpu = bed_cpu();
    runs->start = bench_now();
}

static inline void
bed_stop(BedRuns *runs)
{
    g_assert(runs->count < G_N_ELEMENTS(runs->wall));
    runs->wall[runs->count] = bench_now() - runs->start;
    runs->cpu[runs->count++] = bed_cpu() - runs->start_cpu;
}

static inline BedTime
bed_time(BedRuns *runs)
{
    guint n = runs->count;

    g_assert(n > 0);
    qsort(runs->wall, n, sizeof *runs->wall, bench_compare_doubles);
    qsort(runs->cpu, n, sizeof *runs->cpu, bench_compare_doubles);
    return (BedTime){ runs->wall[n / 2], runs->cpu[n / 2], runs->wall[0], runs->wall[n - 1] };
}

/* ---- the data folder ---- */

static inline void
bed_open_engine(Bed *bed)
{
    g_autoptr(GError) error = NULL;

    bed->engine = tw_engine_open(&bed->config, &error);
    bed_check(bed->engine != NULL, error);
    if (tw_guid_is_zero(&bed->guid))
        return;
    bed->store = tw_store_open(bed->engine, &bed->guid, &error);
    bed_check(bed->store != NULL, error);
}

static inline TwStore *
bed_new_store(Bed *bed, guint32 *ret_root)
{
    TwStoreMake make = { .partition = -1 };
    g_autoptr(GError) error = NULL;
    TwStore *store = tw_store_create(bed->engine, &make, &error);
    TwStoreInfo info;

    bed_check(store != NULL && tw_store_get_info(store, &info, &error), error);
    *ret_root = info.root;
    return store;
}

/* In a new folder below @parent, with one store. */
static inline void
bed_new(Bed *bed, const char *parent)
{
    TwStoreInfo info;

    *bed = (Bed){ .disk = slow_disk_new(), .config = TW_ENGINE_CONFIG_INIT };
    bed->path = g_build_filename(parent, "bench-store-XXXXXX", NULL);
    if (g_mkdtemp(bed->path) == NULL)
        g_error("%s: cannot be made", bed->path);
    bed->config.fs = &bed->disk->base;
    bed->config.path = bed->path;
    bed_open_engine(bed);
    bed->store = bed_new_store(bed, &bed->root);
    bed_check(tw_store_get_info(bed->store, &info, NULL), NULL);
    bed->guid = info.guid;
}

static inline void
bed_close(Bed *bed)
{
    g_clear_pointer(&bed->store, tw_store_unref);
    g_clear_pointer(&bed->engine, tw_engine_close);
}

static inline void
bed_walk(const char *path, void (*func)(const char *path, gboolean is_dir))
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            bed_walk(child, func);
        else
            func(child, FALSE);
    }
    func(path, TRUE);
}

static inline void
bed_forget_pages(const char *path, gboolean is_dir)
{
    int fd = is_dir ? -1 : g_open(path, O_RDONLY, 0);

    if (fd < 0)
        return;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static inline void
bed_remove(const char *path, gboolean is_dir)
{
    (void) (is_dir ? g_rmdir(path) : g_unlink(path));
}

/* Opens the engine anew, with nothing of its files in memory. */
static inline void
bed_make_cold(Bed *bed)
{
    bed_close(bed);
    bed_walk(bed->path, bed_forget_pages);
    if (bed->drop_all && !g_file_set_contents("/proc/sys/vm/drop_caches", "1", 1, NULL)) {
        int fd = g_open("/proc/sys/vm/drop_caches", O_WRONLY, 0);
        bed->drop_all = fd >= 0 && write(fd, "1", 1) == 1;
        if (fd >= 0)
            close(fd);
    }
    bed_open_engine(bed);
}

/* Closes it and takes its folder away. */
static inline void
bed_free(Bed *bed)
{
    bed_close(bed);
    bed_walk(bed->path, bed_remove);
    g_free(bed->path);
}

static inline guint32
bed_folder(Bed *bed, const char *name)
{
    TwFolderMake make = { .name = name };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    bed_check(tw_folder_create(bed->store, bed->root, &make, &id, &error), error);
    return id;
}

/* ---- messages ---- */

/* Words that compress about as mail does. */
static inline GBytes *
bed_mail(GRand *rand)
{
    static const char *const words[] = { "meeting ",  "report ",  "please ", "giraffe ",
                                         "tomorrow ", "the ",     "of ",     "and ",
                                         "invoice ",  "regards ", "to ",     "we ",
                                         "attached ", "is " };
    GString *mail = g_string_new(NULL);
    guint32 number = g_rand_int(rand);

    g_string_append_printf(mail,
                           "Return-Path: <sender%u@example.org>\r\nFrom: \"Sender %u\" "
                           "<sender%u@example.org>\r\nTo: user@example.net\r\nSubject: Report %u "
                           "of the week\r\nMessage-ID: <%u.%u@example.org>\r\nDate: Sun, 22 Nov "
                           "2026 02:36:00 +0100\r\nContent-Type: text/plain; "
                           "charset=utf-8\r\n\r\n",
                           number % 100, number % 100, number % 100, number, number,
                           g_rand_int(rand));
    while (mail->len < BED_MAIL_LEN - 2) {
        g_string_append(mail, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
        if (g_rand_int_range(rand, 0, 4) == 0)
            g_string_append_printf(mail, "%x ", g_rand_int(rand));
        if (g_rand_int_range(rand, 0, 12) == 0)
            g_string_append(mail, "\r\n");
    }
    g_string_truncate(mail, BED_MAIL_LEN - 2);
    g_string_append(mail, "\r\n");
    return g_string_free_to_bytes(mail);
}

static inline guint32
bed_deliver_one(TwEngine *engine, TwStore *store, guint32 folder, GBytes *mail)
{
    TwMailTarget target = { .store = store, .folder = folder };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1 };
    TwMailResult result = { 0 };
    g_autoptr(GError) error = NULL;
    guint32 mid;

    bed_check(tw_mail_deliver(engine, mail, &delivery, &result, &error), error);
    bed_check(result.error == NULL, result.error);
    mid = result.made.mid;
    tw_mail_result_clear(&result);
    return mid;
}

typedef struct {
    Bed *bed;
    guint32 folder;
    gint left; /* atomic */
} BedDeliveries;

static inline gpointer
bed_deliver_on(gpointer data)
{
    BedDeliveries *all = data;
    g_autoptr(GRand) rand = g_rand_new();

    while (g_atomic_int_add(&all->left, -1) > 0) {
        g_autoptr(GBytes) mail = bed_mail(rand);
        bed_deliver_one(all->bed->engine, all->bed->store, all->folder, mail);
    }
    return NULL;
}

/* @count different mails into @folder, many at a time. */
static inline void
bed_deliver(Bed *bed, guint32 folder, guint count)
{
    BedDeliveries all = { bed, folder, (gint) count };
    GThread *threads[BED_THREADS];

    for (guint i = 0; i < BED_THREADS; i++)
        threads[i] = g_thread_new("deliver", bed_deliver_on, &all);
    for (guint i = 0; i < BED_THREADS; i++)
        g_thread_join(threads[i]);
}

static inline gboolean
bed_note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

/* The numbers of the first @max messages of a list. */
static inline GArray *
bed_mids(Bed *bed, guint32 folder, TwMessageState state, guint max)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;

    bed_check(tw_folder_list(bed->store, folder, state, 0, max, FALSE, bed_note_mid, mids, &error),
              error);
    return mids;
}

static inline TwMessageSet
bed_set(guint32 folder, const GArray *mids)
{
    return (TwMessageSet){ folder, (const guint32 *) (gpointer) mids->data, mids->len };
}

static inline guint
bed_count(Bed *bed, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFolderRow) row = tw_folder_get(bed->store, folder, &error);

    bed_check(row != NULL, error);
    return row->total;
}

/* Copies what is in @folder until it has @count messages. */
static inline void
bed_fill(Bed *bed, guint32 folder, guint count)
{
    guint have = bed_count(bed, folder);

    if (have < MIN(count, BED_SEEDS)) {
        bed_deliver(bed, folder, MIN(count, BED_SEEDS) - have);
        have = bed_count(bed, folder);
    }
    while (have < count) {
        guint most = MIN(MIN(count - have, have), bed->config.limits.batch);
        g_autoptr(GArray) mids = bed_mids(bed, folder, TW_MESSAGE_NORMAL, most);
        TwMessageSet set = bed_set(folder, mids);
        g_autoptr(GError) error = NULL;
        bed_check(tw_messages_copy(bed->store, &set, folder, NULL, &error), error);
        have += mids->len;
    }
}

/* ---- the disk ---- */

/* What one flush of four kilobytes takes, median of 101, in microseconds. */
static inline double
bed_sync_us(Bed *bed)
{
    g_autofree char *path = g_build_filename(bed->path, "sync", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwFile) file =
        tw_file_open(bed->config.fs, path, TW_FILE_WRITE | TW_FILE_CREATE, &error);
    static guint8 page[4096];
    double samples[101];

    bed_check(file != NULL, error);
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        double start = bench_now();
        bed_check(tw_file_write(file, 0, page, sizeof page, &error) && tw_file_sync(file, &error),
                  error);
        samples[i] = (bench_now() - start) * 1e6;
    }
    qsort(samples, G_N_ELEMENTS(samples), sizeof *samples, bench_compare_doubles);
    return samples[G_N_ELEMENTS(samples) / 2];
}
