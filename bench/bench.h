/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What every benchmark here shares: a clock, the median of several runs, and one way to print a figure beside
 * its peer. Benchmarks print ratios measured in the same run; they never decide a test.
 *
 * With TW_BENCH_CPU in the environment rates are by processor time of the whole process: what a busy machine leaves of use.
 */
#pragma once

#include <glib.h>
#include <stdlib.h>
#include <time.h>

enum {
    BENCH_RUNS = 5
};

/* Does the work once and returns how many units it did (bytes, reads, messages). */
typedef double (*BenchFunc)(gpointer data);

typedef struct {
    double median, least, most; /* units a second */
} BenchRate;

static inline double
bench_clock(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec * 1e-9;
}

static inline double
bench_now(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

/* Of the whole process. */
static inline double
bench_cpu_seconds(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* What the benchmark needs and did not get ends it. */
static inline void
bench_must(gboolean ok, GError **error)
{
    if (!ok)
        g_error("%s", error != NULL && *error != NULL ? (*error)->message : "failed");
}

static inline int
bench_compare_doubles(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

/* Runs func BENCH_RUNS times, each time repeating it until at least seconds have passed. */
static inline BenchRate
bench_rate(BenchFunc func, gpointer data, double seconds)
{
    clockid_t clock = g_getenv("TW_BENCH_CPU") != NULL ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    double rates[BENCH_RUNS];

    for (int i = 0; i < BENCH_RUNS; i++) {
        double start = bench_clock(clock), units = 0, took;

        do {
            units += func(data);
            took = bench_clock(clock) - start;
        } while (took < seconds);
        rates[i] = units / took;
    }
    qsort(rates, BENCH_RUNS, sizeof *rates, bench_compare_doubles);
    return (BenchRate){ rates[BENCH_RUNS / 2], rates[0], rates[BENCH_RUNS - 1] };
}

/* "name: 12.3 M/s [11.9-12.5], 0.41 of memcpy (30.0 M/s)" */
static inline void
bench_print(const char *name, const char *unit, BenchRate ours, const char *peer, BenchRate theirs)
{
    g_print("%-44s %10.3f M %s/s [%.3f-%.3f]", name, ours.median / 1e6, unit, ours.least / 1e6,
            ours.most / 1e6);
    if (peer != NULL)
        g_print("  %.2f of %s (%.3f M)", ours.median / theirs.median, peer, theirs.median / 1e6);
    g_print("\n");
}
