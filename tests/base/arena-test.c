/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/arena.h"

#include <string.h>

static void
test_pieces(void)
{
    g_autoptr(TwArena) arena = tw_arena_new(G_MAXSIZE);
    guint8 *pieces[3000];

    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
            gsize size = i % 100 == 0 ? 5000 + i : i % 97;

            pieces[i] = tw_arena_alloc(arena, size);
            g_assert_nonnull(pieces[i]);
            g_assert_cmpuint((guintptr) pieces[i] % 16, ==, 0);
            for (gsize k = 0; k < size; k++)
                g_assert_cmpuint(pieces[i][k], ==, 0);
            memset(pieces[i], (int) (i & 0xff), size);
        }
        for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
            gsize size = i % 100 == 0 ? 5000 + i : i % 97;

            for (gsize k = 0; k < size; k++)
                g_assert_cmpuint(pieces[i][k], ==, i & 0xff);
        }
        tw_arena_reset(arena);
        g_assert_cmpuint(tw_arena_used(arena), ==, 0);
    }
}

static void
test_limit(void)
{
    g_autoptr(TwArena) arena = tw_arena_new(64);

    g_assert_nonnull(tw_arena_alloc(arena, 48));
    g_assert_null(tw_arena_alloc(arena, 17));
    g_assert_nonnull(tw_arena_alloc(arena, 16));
    g_assert_null(tw_arena_alloc(arena, 0));
    g_assert_null(tw_arena_alloc(arena, G_MAXSIZE));
    g_assert_null(tw_arena_alloc_array(arena, G_MAXSIZE / 2, 3));
    g_assert_null(tw_arena_copy(arena, "", G_MAXSIZE));
    tw_arena_reset(arena);
    g_assert_nonnull(tw_arena_alloc_array(arena, 4, 16));
    tw_arena_free(NULL);
}

static void
test_copy(void)
{
    g_autoptr(TwArena) arena = tw_arena_new(1000);
    struct {
        int a, b;
    } *pair = tw_arena_alloc(arena, sizeof *pair);

    g_assert_true(pair->a == 0 && pair->b == 0);
    g_assert_cmpstr(tw_arena_copy(arena, "abcdef", 3), ==, "abc");
    g_assert_cmpstr(tw_arena_copy(arena, NULL, 0), ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/arena/pieces", test_pieces);
    g_test_add_func("/base/arena/limit", test_limit);
    g_test_add_func("/base/arena/copy", test_copy);
    return g_test_run();
}
