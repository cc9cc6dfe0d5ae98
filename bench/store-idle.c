/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How much memory does an open store take that nobody uses?
 *
 * 2,000 stores with a few messages each are opened, and read from once: the store's row, the folder tree, the index and a window of
 * a folder. What the process then has more in memory than with the engine open alone is divided by them, caches and all; and
 * again with the caches at their smallest, which shows what a store itself takes.
 *
 *     bench-store-idle [FOLDER]
 */
#include "store-bed.h"

#include "store/folder-index.h"

#include <malloc.h>
#include <stdio.h>

enum {
    STORES = 2000,
    MESSAGES = 5,
    BAR = 64 << 10,
};

static gsize
resident(void)
{
    g_autofree char *text = NULL;
    unsigned long pages = 0;

    malloc_trim(0);
    if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL)) {
        const char *second = strchr(text, ' ');
        pages = second != NULL ? strtoul(second + 1, NULL, 10) : 0;
    }
    return pages * (gsize) sysconf(_SC_PAGESIZE);
}

static gboolean
look_at_row(const TwMessageRow *row, gpointer data)
{
    *(guint *) data += row->head != NULL;
    return TRUE;
}

static void
read_once(TwStore *store)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = NULL;
    g_autoptr(TwFolderIndex) index = NULL;
    TwStoreInfo info;
    guint rows = 0;

    bed_check(tw_store_get_info(store, &info, &error), error);
    folders = tw_store_folders(store, &error);
    bed_check(folders != NULL, error);
    index = tw_folder_get_index(store, info.root, &error);
    bed_check(index != NULL && index->count == MESSAGES, error);
    bed_check(tw_folder_list(store, info.root, TW_MESSAGE_NORMAL, 0, 50, TRUE, look_at_row, &rows,
                             &error),
              error);
}

static void
measure(Bed *bed, const GArray *guids, const char *caches)
{
    g_autoptr(GPtrArray) stores =
        g_ptr_array_new_with_free_func((GDestroyNotify) (void (*)(void)) tw_store_unref);
    gsize before, after;
    double each;

    bed_close(bed);
    bed_open_engine(bed);
    read_once(bed->store); /* connections and statements are there */
    before = resident();
    for (guint i = 0; i < guids->len; i++) {
        g_autoptr(GError) error = NULL;
        TwStore *store = tw_store_open(bed->engine, &g_array_index(guids, TwGuid, i), &error);
        bed_check(store != NULL, error);
        g_ptr_array_add(stores, store);
        read_once(store);
    }
    after = resident();
    each = after > before ? (double) (after - before) / guids->len : 0;
    g_print("%u open idle stores, %s: %.1f MB more, %.2f KiB each; bar 64 KiB: %s\n", guids->len,
            caches, (double) (after - before) / 1e6, each / 1024, each <= BAR ? "met" : "missed");
}

int
main(int argc, char **argv)
{
    g_autoptr(GArray) guids = g_array_new(FALSE, FALSE, sizeof(TwGuid));
    g_autoptr(GRand) rand = g_rand_new_with_seed(9);
    guint32 first;
    Bed bed;

    bed_new(&bed, argc > 1 ? argv[1] : ".");
    bed_deliver(&bed, bed.root, MESSAGES);
    for (guint i = 0; i < STORES; i++) {
        TwStore *store = bed_new_store(&bed, &first);
        TwStoreInfo info;
        bed_check(tw_store_get_info(store, &info, NULL), NULL);
        g_array_append_val(guids, info.guid);
        for (guint m = 0; m < MESSAGES; m++) {
            g_autoptr(GBytes) mail = bed_mail(rand);
            bed_deliver_one(bed.engine, store, info.root, mail);
        }
        tw_store_unref(store);
    }
    measure(&bed, guids, "caches as they come");
    bed.config.cache_bytes = 1 << 20;
    bed.config.index_bytes = 0;
    measure(&bed, guids, "caches at their smallest");
    bed_free(&bed);
    return 0;
}
