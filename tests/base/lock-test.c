/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/lock.h"

typedef struct {
    TwLock lock; /* guards all that follows */
    GCond changed;
    guint count;
    gboolean go;
} Shared;

static gpointer
count_up(gpointer user)
{
    Shared *shared = user;

    for (int i = 0; i < 1000; i++) {
        TW_LOCK_SCOPE(&shared->lock);
        TW_ASSERT_HELD(&shared->lock);
        while (!shared->go)
            tw_lock_wait(&shared->lock, &shared->changed, G_MAXINT64);
        shared->count++;
    }
    return NULL;
}

static void
test_threads(void)
{
    Shared shared = { .count = 0 };
    GThread *threads[4];

    tw_lock_init(&shared.lock);
    g_cond_init(&shared.changed);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("counter", count_up, &shared);
    tw_lock(&shared.lock);
    g_assert_false(tw_lock_wait(&shared.lock, &shared.changed, 0)); /* a time long past */
    g_assert_true(tw_lock_is_held(&shared.lock));
    shared.go = TRUE;
    g_cond_broadcast(&shared.changed);
    tw_unlock(&shared.lock);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(shared.count, ==, 4000);
    g_cond_clear(&shared.changed);
    tw_lock_clear(&shared.lock);
}

#if TW_LOCK_KNOWS_OWNER
static void
test_mistakes(void)
{
    static const char *const mistakes[] = { "twice", "not-held", "unlock" };

    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strconcat("/base/lock/subprocess/", mistakes[i], NULL);

        g_test_trap_subprocess(path, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_failed();
        g_test_trap_assert_stderr("*tw_lock_is_held*");
    }
}

static void
mistake_twice(void)
{
    TwLock lock = { 0 };

    tw_lock(&lock);
    tw_lock(&lock);
}

static void
mistake_not_held(void)
{
    TwLock lock = { 0 };

    TW_ASSERT_HELD(&lock);
}

static void
mistake_unlock(void)
{
    TwLock lock = { 0 };

    tw_unlock(&lock);
}
#endif

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/lock/threads", test_threads);
#if TW_LOCK_KNOWS_OWNER
    g_test_add_func("/base/lock/mistakes", test_mistakes);
    g_test_add_func("/base/lock/subprocess/twice", mistake_twice);
    g_test_add_func("/base/lock/subprocess/not-held", mistake_not_held);
    g_test_add_func("/base/lock/subprocess/unlock", mistake_unlock);
#endif
    return g_test_run();
}
