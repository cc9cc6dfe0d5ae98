/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Two servers on one directory on MariaDB, without a lease: both write at once, no number is given twice, no change is lost, and
 * each sees at once what the other was told is done. Passed over when no mariadbd is installed.
 */
#include "directory/place.h"

enum {
    SERVERS = 2,
    THREADS = 2, /* of each server */
    ROUNDS = 25,
    WRITES = 2, /* of a round: made, and changed */
};

typedef struct {
    Place *own, *other;
    guint number;
    GArray *made; /* of guint32 */
} Worker;

static const TwDirectoryObject *
must_get(const TwDirectorySnapshot *snapshot, guint32 number)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(snapshot, number);

    g_assert_nonnull(object);
    return object;
}

static gpointer
work(gpointer data)
{
    const Worker *worker = data;

    for (guint i = 0; i < ROUNDS; i++) {
        g_autofree char *name = g_strdup_printf("user %u %u", worker->number, i);
        TwDirectoryObject change = { .number = place_add(worker->own, TW_DIRECTORY_USER, 0, name),
                                     .full_name = "changed" };
        g_autoptr(TwDirectorySnapshot) here = NULL;
        g_autoptr(TwDirectorySnapshot) there = NULL;
        g_autoptr(GError) error = NULL;

        there = place_snapshot(worker->other);
        g_assert_cmpstr(must_get(there, change.number)->name, ==, name);
        tw_directory_modify(worker->other->directory, &change, TW_DIRECTORY_SET_FULL_NAME, NULL,
                            &error);
        g_assert_no_error(error);
        here = place_snapshot(worker->own);
        g_assert_cmpstr(must_get(here, change.number)->full_name, ==, "changed");
        g_array_append_val(worker->made, change.number);
    }
    return NULL;
}

static void
open_second(const Place *first, Place *second)
{
    g_autoptr(GError) error = NULL;

    *second = (Place){ .kv = first->kv };
    second->db = tw_db_open(&second->kv.config, &error);
    g_assert_no_error(error);
    second->directory = place_open_directory(second->db);
}

static void
close_second(const Place *second)
{
    tw_directory_free(second->directory);
    tw_db_close(second->db);
}

static guint64
epoch_of(Place *place)
{
    g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(place);

    return tw_directory_snapshot_epoch(snapshot);
}

static void
test_both_write(void)
{
    Place places[SERVERS];
    Worker workers[SERVERS * THREADS];
    GThread *threads[SERVERS * THREADS];
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);
    guint64 before;

    place_init(&places[0], TW_DB_MARIADB);
    open_second(&places[0], &places[1]);
    before = epoch_of(&places[0]);
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i] = (Worker){ .own = &places[i % SERVERS],
                               .other = &places[(i + 1) % SERVERS],
                               .number = i,
                               .made = g_array_new(FALSE, FALSE, sizeof(guint32)) };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++) {
        g_thread_join(threads[i]);
        g_assert_cmpuint(workers[i].made->len, ==, ROUNDS);
        for (guint j = 0; j < ROUNDS; j++)
            g_assert_true(g_hash_table_add(
                numbers, GUINT_TO_POINTER(g_array_index(workers[i].made, guint32, j))));
        g_array_unref(workers[i].made);
    }
    for (guint i = 0; i < SERVERS; i++)
        g_assert_cmpuint(epoch_of(&places[i]), ==,
                         before + G_N_ELEMENTS(workers) * (guint64) ROUNDS * WRITES);
    close_second(&places[1]);
    place_clear(&places[0]);
}

static void
assert_url(Place *place, const char *name, const char *scheme, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *url = tw_directory_node_url(place->directory, name, scheme, &error);

    g_assert_cmpstr(url, ==, expected);
    if (expected == NULL)
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static void
test_urls(gconstpointer kind)
{
    static const char *const first[] = { "https://a:237/", "imap://a", "imap://b", NULL },
                             *const second[] = { "IMAP://[::1]:143/", NULL },
                             *const none[] = { NULL }, *const bad[] = { "imap://a b", NULL },
                             *const empty[] = { "", NULL };
    g_autofree char *long_url = g_strnfill(2049, 'x');
    const char *const too_long[] = { long_url, NULL };
    const char *const *refused[] = { bad, empty, too_long };
    Place place;
    g_autoptr(GError) error = NULL;

    place_init(&place, (TwDbKind) GPOINTER_TO_INT(kind));
    assert_url(&place, "one", "imap", NULL);
    g_assert_true(tw_directory_set_node_urls(place.directory, "One", first, NULL));
    assert_url(&place, "oNE", "imap", "imap://a");
    assert_url(&place, "one", "https", "https://a:237/");
    assert_url(&place, "one", "http", NULL);
    assert_url(&place, "two", "imap", NULL);
    g_assert_true(tw_directory_set_node_urls(place.directory, "one", second, NULL));
    assert_url(&place, "one", "imap", "IMAP://[::1]:143/");
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_false(tw_directory_set_node_urls(place.directory, "one", refused[i], &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_clear_error(&error);
    }
    place_reopen(&place);
    assert_url(&place, "one", "imap", "IMAP://[::1]:143/");
    g_assert_true(tw_directory_set_node_urls(place.directory, "one", none, NULL));
    assert_url(&place, "one", "imap", NULL);
    place_clear(&place);
}

/* What one server writes of itself the other tells at once. */
static void
test_urls_shared(void)
{
    static const char *const urls[] = { "imap://here", NULL }, *const moved[] = { "imap://there",
                                                                                  NULL };
    Place first, second;

    place_init(&first, TW_DB_MARIADB);
    open_second(&first, &second);
    g_assert_true(tw_directory_set_node_urls(first.directory, "one", urls, NULL));
    assert_url(&second, "one", "imap", "imap://here");
    g_assert_true(tw_directory_set_node_urls(first.directory, "one", moved, NULL));
    assert_url(&second, "one", "imap", "imap://there");
    close_second(&second);
    place_clear(&first);
}

static void
skip(void)
{
    g_test_skip("no mariadbd installed");
}

int
main(int argc, char **argv)
{
    gboolean server;
    int result;

    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    server = kv_maria_start();
    g_test_add_data_func("/directory/shared/urls-sqlite", GINT_TO_POINTER(TW_DB_SQLITE), test_urls);
    if (server)
        g_test_add_data_func("/directory/shared/urls-mariadb", GINT_TO_POINTER(TW_DB_MARIADB),
                             test_urls);
    g_test_add_func("/directory/shared/urls-both", server ? test_urls_shared : skip);
    g_test_add_func("/directory/shared/both-write", server ? test_both_write : skip);
    result = g_test_run();
    kv_maria_stop();
    return result;
}
