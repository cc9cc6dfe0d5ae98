/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Counters, gauges and histograms with labels, in the text format of Prometheus. A registry is passed as context;
 * a module asks it once for each metric it counts in and keeps the pointer: counting is one atomic addition in a
 * cache line that other threads seldom touch.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_METRIC_MOST_LABELS = 4,
    TW_METRIC_MOST_BUCKETS = 24,
    TW_METRIC_MOST_CHILDREN =
        1000, /* sets of label values a metric keeps; a stranger who invents values fills one more */
    TW_METRIC_MOST_VALUE = 128 /* bytes of a label's value; the rest is cut off */
};

typedef struct TwMetrics TwMetrics;

typedef enum {
    TW_METRIC_COUNTER,
    TW_METRIC_GAUGE,
    TW_METRIC_HISTOGRAM,
} TwMetricKind;

/* What a metric is; static const in the module that counts. */
typedef struct {
    const char *name; /* [a-zA-Z_:][a-zA-Z0-9_:]*, such as "twiga_imap_commands_total" */
    const char *help; /* one line */
    TwMetricKind kind;
    const char *labels[TW_METRIC_MOST_LABELS]; /* names, up to the first NULL */
    gint64 buckets
        [TW_METRIC_MOST_BUCKETS]; /* histogram: rising upper bounds, up to the first 0; none below 1 */
    double unit; /* what one counted unit is worth in print: 1e-6 for _us; 0 means 1 */
} TwMetricSpec;

/* One metric with one set of label values: borrowed for as long as the registry lives. */
typedef struct TwMetric TwMetric;

/**
 * tw_metrics_new:
 *
 * Returns: (transfer full): an empty registry, for any number of threads
 */
TwMetrics *tw_metrics_new(void);

/**
 * tw_metrics_free:
 * @metrics: (nullable): a registry in which nobody counts any more
 */
void tw_metrics_free(TwMetrics *metrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMetrics, tw_metrics_free)

/**
 * tw_metrics_get:
 * @metrics: a registry
 * @spec: what it is; a pointer that stays valid; a name belongs to one spec
 * @values: (nullable): a value for each label, UTF-8 or not; NULL when there are no labels
 *
 * Makes it at first use, with zeros. Takes a lock: keep the pointer where speed counts. Past
 * %TW_METRIC_MOST_CHILDREN sets of values all new ones share the set in which every value is "other".
 *
 * Returns: (transfer none): never NULL
 */
TwMetric *tw_metrics_get(TwMetrics *metrics, const TwMetricSpec *spec, const char *const *values);

/**
 * tw_metric_add:
 * @metric: a counter or gauge
 * @n: how much; not below 0 for a counter
 */
void tw_metric_add(TwMetric *metric, gint64 n);

/**
 * tw_metric_set:
 * @metric: a gauge that is only set, never added to
 * @value: what it now is
 */
void tw_metric_set(TwMetric *metric, gint64 value);

/**
 * tw_metric_observe:
 * @metric: a histogram
 * @value: what was measured, in its units
 */
void tw_metric_observe(TwMetric *metric, gint64 value);

/**
 * tw_metric_value:
 * @metric: a metric
 *
 * Returns: a counter's or gauge's value, or how often a histogram observed
 */
gint64 tw_metric_value(const TwMetric *metric);

/**
 * TwMetricsFunc:
 * @name: of the metric, with its labels as tw_metrics_print() has them
 * @help: one line
 * @value: a counter's or gauge's value, or how often a histogram observed
 * @data: the caller's
 */
typedef void (*TwMetricsFunc)(const char *name, const char *help, gint64 value, gpointer data);

/**
 * tw_metrics_each:
 * @metrics: a registry
 * @func: (scope call): called for each metric with each set of label values; it must not use @metrics
 * @data: for @func
 */
void tw_metrics_each(TwMetrics *metrics, TwMetricsFunc func, gpointer data);

/**
 * tw_metrics_print:
 * @metrics: a registry
 * @out: where the text goes: version 0.0.4 of the text format, sorted by name, then by label values
 *
 * Values of one moment need not fit each other, as nothing stands still.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_metrics_print(TwMetrics *metrics, TwBuffer *out);

G_END_DECLS
