/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page caches of the databases: never more than the configuration says, and so much when it can be used. */
#include <sqlite3.h>

#include "store/bed.h"

enum {
    MESSAGES = 6000, /* some six megabytes of rows */
    READERS = 4,
};

/* Bytes of pages in the memory of SQLite, of all databases of this process. */
static gsize
cached_bytes(void)
{
    sqlite3_int64 now = 0, most = 0;

    g_assert_cmpint(sqlite3_status64(SQLITE_STATUS_PAGECACHE_OVERFLOW, &now, &most, 0), ==,
                    SQLITE_OK);
    return (gsize) now;
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static GArray *
mids_of(TwStore *store, guint32 folder, guint most)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_assert_true(
        tw_folder_list(store, folder, TW_MESSAGE_NORMAL, 0, most, TRUE, note_mid, mids, NULL));
    return mids;
}

static gpointer
read_all(gpointer data)
{
    const Bed *bed = data;
    g_autoptr(GArray) mids = mids_of(bed->store, bed->root, G_MAXINT32);

    g_assert_cmpuint(mids->len, ==, MESSAGES);
    for (guint i = 0; i < mids->len; i += 3) {
        g_autoptr(TwObject) object =
            tw_message_read(bed->store, g_array_index(mids, guint32, i), NULL, NULL);
        g_assert_nonnull(object);
    }
    return NULL;
}

static void
write_some(Bed *bed)
{
    g_autoptr(GArray) mids = mids_of(bed->store, bed->root, MESSAGES);
    TwMessageSet set = { bed->root, (guint32 *) (gpointer) mids->data, mids->len };
    static guint32 bit = 2;
    TwFlagChange change = { .status_set = bit };
    g_autoptr(GError) error = NULL;

    bit <<= 1;
    tw_messages_set_flags(bed->store, &set, &change, NULL, &error);
    g_assert_no_error(error);
}

static void
fill(Bed *bed)
{
    guint have = 20;

    for (guint i = 0; i < have; i++)
        bed_message(bed, bed->root, "cached", 700);
    while (have < MESSAGES) {
        g_autoptr(GArray) mids = mids_of(bed->store, bed->root, MIN(have, MESSAGES - have));
        TwMessageSet set = { bed->root, (guint32 *) (gpointer) mids->data, mids->len };
        g_assert_true(tw_messages_copy(bed->store, &set, bed->root, NULL, NULL));
        have += mids->len;
    }
}

static void
test_pages(void)
{
    static const gsize limits[] = { 1 << 20, 2 << 20, 4 << 20 };
    gsize before = 0;
    Bed bed;

    bed_new(&bed);
    fill(&bed);
    for (guint l = 0; l < G_N_ELEMENTS(limits); l++) {
        GThread *threads[READERS];
        gsize now;
        bed.config.cache_bytes = limits[l];
        bed_reopen(&bed);
        write_some(&bed);
        for (guint i = 0; i < READERS; i++)
            threads[i] = g_thread_new("reader", read_all, &bed);
        for (guint i = 0; i < READERS; i++)
            g_thread_join(threads[i]);
        now = cached_bytes();
        g_test_message("limit %u KiB: %u KiB in use", (guint) (limits[l] >> 10),
                       (guint) (now >> 10));
        g_assert_cmpuint(now, <=, limits[l]);
        g_assert_cmpuint(now, >, before); /* what may be used is used */
        before = now;
    }
    bed_close(&bed);
    g_assert_cmpuint(cached_bytes(), ==, 0);
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    bed_quiet();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/cache/pages", test_pages);
    return g_test_run();
}
