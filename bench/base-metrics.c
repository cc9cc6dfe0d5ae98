/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What does counting cost, beside a plain addition and beside one shared atomic, on one thread and on two? */
#include "bench.h"

#include "base/metrics.h"

enum {
    TIMES = 1000000
};

static const TwMetricSpec counter_spec = { .name = "counter",
                                           .help = "",
                                           .kind = TW_METRIC_COUNTER };
static const TwMetricSpec histogram_spec = {
    .name = "histogram",
    .help = "",
    .kind = TW_METRIC_HISTOGRAM,
    .buckets = { 10, 100, 1000, 10000, 100000, 1000000, 10000000 },
};

static gint64 plain, shared;

static double
add_plain(gpointer data)
{
    (void) data;
    for (int i = 0; i < TIMES; i++)
        *(volatile gint64 *) &plain += 1;
    return TIMES;
}

static double
add_shared(gpointer data)
{
    (void) data;
    for (int i = 0; i < TIMES; i++)
        __atomic_fetch_add(&shared, 1, __ATOMIC_RELAXED);
    return TIMES;
}

static double
add_metric(gpointer data)
{
    for (int i = 0; i < TIMES; i++)
        tw_metric_add(data, 1);
    return TIMES;
}

static double
observe(gpointer data)
{
    for (int i = 0; i < TIMES; i++)
        tw_metric_observe(data, i);
    return TIMES;
}

typedef struct {
    BenchFunc func;
    gpointer data;
} Work;

static gpointer
run(gpointer user)
{
    Work *work = user;

    work->func(work->data);
    return NULL;
}

static double
on_two_threads(gpointer user)
{
    GThread *other = g_thread_new("other", run, user);

    run(user);
    g_thread_join(other);
    return 2.0 * TIMES;
}

int
main(void)
{
    g_autoptr(TwMetrics) metrics = tw_metrics_new();
    TwMetric *counter = tw_metrics_get(metrics, &counter_spec, NULL);
    TwMetric *histogram = tw_metrics_get(metrics, &histogram_spec, NULL);
    Work atomics = { add_shared, NULL }, counters = { add_metric, counter };
    BenchRate alone = bench_rate(add_plain, NULL, 0.05);
    BenchRate one = bench_rate(add_shared, NULL, 0.05);
    BenchRate two = bench_rate(on_two_threads, &atomics, 0.05);

    bench_print("counter", "adds", bench_rate(add_metric, counter, 0.05), "a plain addition",
                alone);
    bench_print("counter", "adds", bench_rate(add_metric, counter, 0.05), "an atomic", one);
    bench_print("histogram of 7", "adds", bench_rate(observe, histogram, 0.05), "an atomic", one);
    bench_print("counter, two threads", "adds", bench_rate(on_two_threads, &counters, 0.05),
                "one atomic for both", two);
    return 0;
}
