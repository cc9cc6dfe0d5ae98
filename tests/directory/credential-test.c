/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "directory/credential-cache.h"
#include "directory/login-limiter.h"

enum {
    LIFE = 1000,
    THREADS = 8,
    ROUNDS = 2000,
};

static void
test_cache(void)
{
    g_autoptr(TwCredentialCache) cache = tw_credential_cache_new(3, LIFE);
    g_autoptr(TwSecret) good = tw_secret_new("good", 4), bad = tw_secret_new("goof", 4);

    g_assert_false(tw_credential_cache_check(cache, 7, 1, good, 0));
    tw_credential_cache_put(cache, 7, 1, good, 0);
    g_assert_true(tw_credential_cache_check(cache, 7, 1, good, LIFE - 1));
    g_assert_false(tw_credential_cache_check(cache, 7, 1, bad, 0));
    g_assert_false(tw_credential_cache_check(cache, 8, 1, good, 0));
    g_assert_true(tw_credential_cache_check(cache, 7, 1, good, 0)); /* guesses do not drop it */

    g_assert_false(
        tw_credential_cache_check(cache, 7, 1, good, LIFE)); /* being used does not lengthen */
    g_assert_cmpuint(tw_credential_cache_count(cache), ==, 0);

    tw_credential_cache_put(cache, 7, 1, good, 0);
    g_assert_false(tw_credential_cache_check(cache, 7, 2, good, 0)); /* the password was changed */
    g_assert_false(tw_credential_cache_check(cache, 7, 1, good, 0));

    for (guint32 user = 1; user <= 3; user++)
        tw_credential_cache_put(cache, user, 1, good, 0);
    g_assert_true(tw_credential_cache_check(cache, 1, 1, good, 0));
    tw_credential_cache_put(cache, 4, 1, good, 0);
    g_assert_cmpuint(tw_credential_cache_count(cache), ==, 3);
    g_assert_false(tw_credential_cache_check(cache, 2, 1, good, 0)); /* not seen for longest */
    g_assert_true(tw_credential_cache_check(cache, 1, 1, good, 0));
    tw_credential_cache_drop(cache, 1);
    g_assert_false(tw_credential_cache_check(cache, 1, 1, good, 0));
    g_assert_true(tw_credential_cache_check(cache, 3, 1, good, 0));
    tw_credential_cache_drop_all(cache);
    g_assert_false(tw_credential_cache_check(cache, 3, 1, good, 0));
    g_assert_cmpuint(tw_credential_cache_count(cache), ==, 0);
}

static void
test_cache_off(void)
{
    g_autoptr(TwCredentialCache) cache = tw_credential_cache_new(0, LIFE);
    g_autoptr(TwSecret) good = tw_secret_new("good", 4);

    tw_credential_cache_put(cache, 7, 1, good, 0);
    g_assert_false(tw_credential_cache_check(cache, 7, 1, good, 0));
}

static const TwLoginLimiterConfig config = {
    .user = { 2, 10, 40 },
    .peer = { 4, 100, 1000 },
    .half_life_us = 1000000,
    .most_entries = 4,
};

static const struct {
    guint failures;
    gint64 user_us, both_us;
} steps[] = {
    { 0, 0, 0 },    { 2, 0, 0 },    { 3, 10, 10 },   { 4, 20, 20 },    { 5, 40, 100 },
    { 6, 40, 200 }, { 8, 40, 800 }, { 9, 40, 1000 }, { 99, 40, 1000 },
};

static void
test_limiter(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(TwLoginLimiter) limiter = tw_login_limiter_new(&config);
        for (guint n = 0; n < steps[i].failures; n++)
            tw_login_limiter_failed(limiter, "ada", "192.0.2.1", 5);
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "other", 5), ==, steps[i].user_us);
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "192.0.2.1", 5), ==,
                        steps[i].both_us);
        g_assert_cmpint(tw_login_limiter_advise(limiter, "bob", "other", 5), ==, 0);
        /* seven halvings forget 99 failures; a clock that stands or goes back changes nothing */
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "192.0.2.1", 7000005), ==, 0);
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "192.0.2.1", 0), ==,
                        steps[i].both_us);
        tw_login_limiter_succeeded(limiter, "ada");
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "other", 5), ==, 0);
        g_assert_cmpint(tw_login_limiter_advise(limiter, "ada", "192.0.2.1", 5), ==,
                        steps[i].failures > 4 ? steps[i].both_us : 0);
    }
}

static void
test_limiter_bounded(void)
{
    g_autoptr(TwLoginLimiter) limiter = tw_login_limiter_new(&config);

    for (guint i = 0; i < 5; i++)
        tw_login_limiter_failed(limiter, "ada", "192.0.2.1", i);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("guess%u", i);
        tw_login_limiter_failed(limiter, name, "192.0.2.1", 10);
        g_assert_cmpuint(tw_login_limiter_count(limiter), <=, 5);
    }
    /* who guesses names is slowed by where it comes from */
    g_assert_cmpint(tw_login_limiter_advise(limiter, "new", "192.0.2.1", 10), ==, 1000);
}

typedef struct {
    TwCredentialCache *cache;
    TwLoginLimiter *limiter;
    guint number;
} Worker;

static gpointer
work(gpointer data)
{
    const Worker *worker = data;
    g_autofree char *text = g_strdup_printf("password %u", worker->number);
    g_autoptr(TwSecret) own = tw_secret_new(text, strlen(text)), other = tw_secret_new("x", 1);

    for (guint i = 0; i < ROUNDS; i++) {
        guint32 user = i % 16;
        if (i % 3 == 0)
            tw_credential_cache_put(worker->cache, user, worker->number, own, i);
        g_assert_false(tw_credential_cache_check(worker->cache, user, worker->number, other, i));
        if (i % 64 == 0)
            tw_credential_cache_drop_all(worker->cache);
        tw_login_limiter_failed(worker->limiter, text, text, i);
        tw_login_limiter_advise(worker->limiter, text, text, i);
    }
    return NULL;
}

static void
test_threads(void)
{
    g_autoptr(TwCredentialCache) cache = tw_credential_cache_new(8, G_MAXINT64);
    g_autoptr(TwLoginLimiter) limiter = tw_login_limiter_new(&config);
    Worker workers[THREADS];
    GThread *threads[THREADS];

    for (guint i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ cache, limiter, i };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(tw_credential_cache_count(cache), <=, 8);
    g_assert_cmpuint(tw_login_limiter_count(limiter), <=, 8);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/directory/credential-cache/life", test_cache);
    g_test_add_func("/directory/credential-cache/off", test_cache_off);
    g_test_add_func("/directory/login-limiter/steps", test_limiter);
    g_test_add_func("/directory/login-limiter/bounded", test_limiter_bounded);
    g_test_add_func("/directory/credential/threads", test_threads);
    return g_test_run();
}
