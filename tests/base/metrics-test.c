/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/metrics.h"

static const TwMetricSpec commands = {
    .name = "twiga_commands_total",
    .help = "Commands, by \\ name\nand result",
    .kind = TW_METRIC_COUNTER,
    .labels = { "name", "result" },
};
static const TwMetricSpec connections = { .name = "twiga_connections",
                                          .help = "Open connections",
                                          .kind = TW_METRIC_GAUGE };
static const TwMetricSpec seconds = {
    .name = "twiga_seconds",
    .help = "Time taken",
    .kind = TW_METRIC_HISTOGRAM,
    .labels = { "door" },
    .buckets = { 1000, 250000, 2000000 },
    .unit = 1e-6,
};

static void
test_print(void)
{
    static const char expected[] =
        "# HELP twiga_commands_total Commands, by \\\\ name\\nand result\n"
        "# TYPE twiga_commands_total counter\n"
        "twiga_commands_total{name=\"a\\\\b\\\"c\\nd\",result=\"\xef\xbf\xbd\"} 1\n"
        "twiga_commands_total{name=\"fetch\",result=\"ok\"} 5\n"
        "# HELP twiga_connections Open connections\n"
        "# TYPE twiga_connections gauge\n"
        "twiga_connections -2\n"
        "# HELP twiga_seconds Time taken\n"
        "# TYPE twiga_seconds histogram\n"
        "twiga_seconds_bucket{door=\"imap\",le=\"0.001\"} 2\n"
        "twiga_seconds_bucket{door=\"imap\",le=\"0.25\"} 3\n"
        "twiga_seconds_bucket{door=\"imap\",le=\"2\"} 3\n"
        "twiga_seconds_bucket{door=\"imap\",le=\"+Inf\"} 4\n"
        "twiga_seconds_sum{door=\"imap\"} 3.002002\n"
        "twiga_seconds_count{door=\"imap\"} 4\n";
    g_autoptr(TwMetrics) metrics = tw_metrics_new();
    g_auto(TwBuffer) out = TW_BUFFER_INIT(sizeof expected), tight = TW_BUFFER_INIT(20);
    static const char *const fetch[] = { "fetch", "ok" }, *const odd[] = { "a\\b\"c\nd", "\xff" },
                             *const imap[] = { "imap" };
    TwMetric *histogram = tw_metrics_get(metrics, &seconds, imap);

    tw_metric_add(tw_metrics_get(metrics, &commands, fetch), 2);
    tw_metric_add(tw_metrics_get(metrics, &commands, fetch), 3);
    tw_metric_add(tw_metrics_get(metrics, &commands, odd), 1);
    tw_metric_set(tw_metrics_get(metrics, &connections, NULL), -2);
    tw_metric_observe(histogram, 1);
    tw_metric_observe(histogram, 1000);
    tw_metric_observe(histogram, 1001);
    g_assert_cmpint(tw_metric_value(histogram), ==, 3);
    tw_metric_observe(histogram, 3000000);
    g_assert_cmpint(tw_metric_value(tw_metrics_get(metrics, &commands, fetch)), ==, 5);
    g_assert_true(tw_metrics_print(metrics, &out));
    tw_buffer_put_u8(&out, 0);
    g_assert_false(tw_metrics_print(metrics, &tight));
    g_assert_cmpstr((const char *) out.data, ==, expected);
}

static void
test_most_children(void)
{
    g_autoptr(TwMetrics) metrics = tw_metrics_new();
    TwMetric *other = NULL;

    for (int i = 0; i < TW_METRIC_MOST_CHILDREN + 5; i++) {
        g_autofree char *name = g_strdup_printf("n%d", i);
        const char *values[] = { name, "ok" };
        TwMetric *metric = tw_metrics_get(metrics, &commands, values);

        tw_metric_add(metric, 1);
        g_assert_cmpint(tw_metric_value(metric), ==, MAX(1, i - TW_METRIC_MOST_CHILDREN + 1));
        if (i >= TW_METRIC_MOST_CHILDREN) {
            g_assert_true(other == NULL || other == metric);
            other = metric;
        }
    }
}

static gpointer
count(gpointer data)
{
    static const char *const imap[] = { "imap" };
    TwMetric *counter = tw_metrics_get(data, &connections, NULL);
    TwMetric *histogram = tw_metrics_get(data, &seconds, imap);

    for (int i = 0; i < 10000; i++) {
        tw_metric_add(counter, 1);
        tw_metric_observe(histogram, i);
    }
    return NULL;
}

static void
test_threads(void)
{
    g_autoptr(TwMetrics) metrics = tw_metrics_new();
    static const char *const imap[] = { "imap" };
    GThread *threads[10]; /* more than there are shards */

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("count", count, metrics);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(10000);

        g_assert_true(tw_metrics_print(metrics, &out));
        g_thread_join(threads[i]);
    }
    g_assert_cmpint(tw_metric_value(tw_metrics_get(metrics, &connections, NULL)), ==, 100000);
    g_assert_cmpint(tw_metric_value(tw_metrics_get(metrics, &seconds, imap)), ==, 100000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/metrics/print", test_print);
    g_test_add_func("/base/metrics/most-children", test_most_children);
    g_test_add_func("/base/metrics/threads", test_threads);
    return g_test_run();
}
