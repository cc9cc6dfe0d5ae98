/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/spool.h"

#include <string.h>

#include "base/error.h"

enum {
    MEMORY = 100,
    LIMIT = 1000,
};

/* What is put in pieces comes out whole, whether it went through a file or not. */
static void
test_pieces(void)
{
    static const gsize totals[] = { 0, 1, 99, 100, 101, 250, 999, 1000 };
    static const gsize pieces[] = { 1, 7, 99, 100, 101, 1000 };
    g_autofree char *text = g_malloc(LIMIT);

    for (gsize i = 0; i < LIMIT; i++)
        text[i] = (char) ('a' + i % 26);
    for (guint i = 0; i < G_N_ELEMENTS(totals) * G_N_ELEMENTS(pieces); i++) {
        gsize total = totals[i / G_N_ELEMENTS(pieces)], piece = pieces[i % G_N_ELEMENTS(pieces)];
        g_auto(TwSpool) spool = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GBytes) wanted = g_bytes_new_static(text, total);

        tw_spool_init(&spool, NULL, MEMORY, LIMIT);
        for (gsize at = 0; at < total; at += piece)
            tw_spool_put(&spool, text + at, MIN(piece, total - at));
        bytes = tw_spool_finish(&spool, &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(bytes, wanted));
    }
}

static void
test_limit(void)
{
    g_autofree char *text = g_strnfill(LIMIT + 1, 'x');
    g_auto(TwSpool) spool = { 0 };
    g_autoptr(GError) error = NULL;

    tw_spool_init(&spool, NULL, MEMORY, LIMIT);
    tw_spool_put(&spool, text, LIMIT);
    tw_spool_put(&spool, text, 1);
    tw_spool_put(&spool, text, 1); /* and what follows is thrown away */
    g_assert_null(tw_spool_finish(&spool, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* It can be used again, and the failure is gone. */
static void
test_again(void)
{
    g_auto(TwSpool) spool = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *text = g_strnfill(LIMIT + 1, 'x');

    tw_spool_init(&spool, NULL, MEMORY, LIMIT);
    tw_spool_put(&spool, text, LIMIT + 1);
    g_assert_null(tw_spool_finish(&spool, NULL));
    tw_spool_put(&spool, "ab", 2);
    bytes = tw_spool_finish(&spool, NULL);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 2);
}

static void
test_no_folder(void)
{
    g_auto(TwSpool) spool = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strnfill(LIMIT, 'x');

    tw_spool_init(&spool, "/nowhere/at/all", MEMORY, LIMIT);
    tw_spool_put(&spool, text, MEMORY); /* fits in memory: no file is needed */
    tw_spool_put(&spool, text, 1);
    g_assert_null(tw_spool_finish(&spool, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_FAILED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/spool/pieces", test_pieces);
    g_test_add_func("/delivery/spool/limit", test_limit);
    g_test_add_func("/delivery/spool/again", test_again);
    g_test_add_func("/delivery/spool/no-folder", test_no_folder);
    return g_test_run();
}
