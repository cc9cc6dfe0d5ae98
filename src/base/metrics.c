/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A metric is kept in SHARDS copies, each in cache lines of its own; a thread always counts in the same copy, and
 * print adds them up. A histogram's copy has a place for each bucket, one for what is above them all, and the
 * sum.
 */
#include "base/metrics.h"

#include "base/lock.h"
#include "base/utf8.h"

enum {
    SHARDS = 8,
    LINE = 64,                             /* bytes of a cache line */
    PER_LINE = LINE / (int) sizeof(gint64) /* numbers in one */
};

struct TwMetric {
    const TwMetricSpec *spec;
    char *labels;   /* as printed, without braces; also the key */
    guint buckets;  /* of a histogram */
    guint stride;   /* numbers in a shard, whole cache lines */
    gint64 *shards; /* aligned; every access is atomic */
    void *memory;   /* what shards lie in */
};

typedef struct {
    const TwMetricSpec *spec;
    GHashTable *children; /* labels -> TwMetric, owned */
} Family;

struct TwMetrics {
    TwLock lock;          /* guards families and their children */
    GHashTable *families; /* name -> Family, owned */
};

static void
metric_free(gpointer memory)
{
    TwMetric *metric = memory;

    g_free(metric->labels);
    g_free(metric->memory);
    g_free(metric);
}

static void
family_free(gpointer memory)
{
    Family *family = memory;

    g_hash_table_unref(family->children);
    g_free(family);
}

TwMetrics *
tw_metrics_new(void)
{
    TwMetrics *metrics = g_new0(TwMetrics, 1);

    tw_lock_init(&metrics->lock);
    metrics->families = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, family_free);
    return metrics;
}

void
tw_metrics_free(TwMetrics *metrics)
{
    if (metrics == NULL)
        return;
    g_hash_table_unref(metrics->families);
    tw_lock_clear(&metrics->lock);
    g_free(metrics);
}

/* A label's value: valid UTF-8, bounded, with \ " and line feed escaped. */
static void
append_value(GString *to, const char *value)
{
    gsize len = tw_utf8_truncated_len(value, strlen(value), TW_METRIC_MOST_VALUE);
    g_autofree char *clean = tw_utf8_sanitise(value, len, NULL);

    for (const char *c = clean; *c != '\0'; c++) {
        if (*c == '\n')
            g_string_append(to, "\\n");
        else if (*c == '\\' || *c == '"')
            g_string_append_printf(to, "\\%c", *c);
        else
            g_string_append_c(to, *c);
    }
}

/* values NULL: "other" for each. */
static char *
make_labels(const TwMetricSpec *spec, const char *const *values)
{
    GString *labels = g_string_new(NULL);

    for (guint i = 0; i < TW_METRIC_MOST_LABELS && spec->labels[i] != NULL; i++) {
        g_string_append_printf(labels, "%s%s=\"", i > 0 ? "," : "", spec->labels[i]);
        append_value(labels, values != NULL ? values[i] : "other");
        g_string_append_c(labels, '"');
    }
    return g_string_free(labels, FALSE);
}

static TwMetric *
metric_new(const TwMetricSpec *spec, const char *labels)
{
    TwMetric *metric = g_new0(TwMetric, 1);
    guint numbers = 1;

    metric->spec = spec;
    metric->labels = g_strdup(labels);
    if (spec->kind == TW_METRIC_HISTOGRAM) {
        while (metric->buckets < TW_METRIC_MOST_BUCKETS && spec->buckets[metric->buckets] != 0)
            metric->buckets++;
        numbers = metric->buckets + 2;
    }
    metric->stride = (numbers + PER_LINE - 1) / PER_LINE * PER_LINE;
    metric->memory = g_malloc0((gsize) SHARDS * metric->stride * sizeof(gint64) + LINE);
    metric->shards =
        (gint64 *) (void *) ((guint8 *) metric->memory + LINE - (guintptr) metric->memory % LINE);
    return metric;
}

static TwMetric *
get_child(Family *family, const TwMetricSpec *spec, const char *labels)
{
    TwMetric *metric = g_hash_table_lookup(family->children, labels);
    g_autofree char *other = NULL;

    if (metric != NULL)
        return metric;
    if (g_hash_table_size(family->children) >= TW_METRIC_MOST_CHILDREN) {
        other = make_labels(spec, NULL);
        labels = other;
        metric = g_hash_table_lookup(family->children, labels);
        if (metric != NULL)
            return metric;
    }
    metric = metric_new(spec, labels);
    g_hash_table_insert(family->children, metric->labels, metric);
    return metric;
}

TwMetric *
tw_metrics_get(TwMetrics *metrics, const TwMetricSpec *spec, const char *const *values)
{
    g_autofree char *labels = values != NULL ? make_labels(spec, values) : g_strdup("");
    Family *family;

    TW_LOCK_SCOPE(&metrics->lock);
    family = g_hash_table_lookup(metrics->families, spec->name);
    if (family == NULL) {
        family = g_new0(Family, 1);
        family->spec = spec;
        family->children = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, metric_free);
        g_hash_table_insert(metrics->families, g_strdup(spec->name), family);
    }
    g_assert(family->spec == spec);
    return get_child(family, spec, labels);
}

/* The shard of this thread: threads take turns as they come. */
static inline gint64 *
own_shard(const TwMetric *metric)
{
    static guint next;
    static _Thread_local guint own; /* 1 to SHARDS; 0: none yet */

    if (G_UNLIKELY(own == 0))
        own = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % SHARDS + 1;
    return metric->shards + (gsize) (own - 1) * metric->stride;
}

void
tw_metric_add(TwMetric *metric, gint64 n)
{
    __atomic_fetch_add(own_shard(metric), n, __ATOMIC_RELAXED);
}

void
tw_metric_set(TwMetric *metric, gint64 value)
{
    __atomic_store_n(metric->shards, value, __ATOMIC_RELAXED);
}

void
tw_metric_observe(TwMetric *metric, gint64 value)
{
    gint64 *shard = own_shard(metric);
    guint bucket = 0;

    while (bucket < metric->buckets && value > metric->spec->buckets[bucket])
        bucket++;
    __atomic_fetch_add(&shard[bucket], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shard[metric->buckets + 1], value, __ATOMIC_RELAXED);
}

/* One number over all shards; wraps as the additions did. */
static gint64
total(const TwMetric *metric, guint at)
{
    guint64 sum = 0;

    for (guint i = 0; i < SHARDS; i++)
        sum += (guint64) __atomic_load_n(&metric->shards[(gsize) i * metric->stride + at],
                                         __ATOMIC_RELAXED);
    return (gint64) sum;
}

gint64
tw_metric_value(const TwMetric *metric)
{
    gint64 sum = 0;

    if (metric->spec->kind != TW_METRIC_HISTOGRAM)
        return total(metric, 0);
    for (guint i = 0; i <= metric->buckets; i++)
        sum += total(metric, i);
    return sum;
}

static void
put_text(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

static void
put_number(TwBuffer *out, gint64 n, double unit)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (unit == 0 || unit == 1)
        g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, n);
    else
        g_ascii_formatd(text, sizeof text, "%.15g", (double) n * unit);
    put_text(out, text);
}

/* name_suffix{labels,le="bound"} value */
static void
put_sample(
    TwBuffer *out, const TwMetric *metric, const char *suffix, gint64 bound, gint64 n, double unit)
{
    gboolean bucket = bound != 0;

    put_text(out, metric->spec->name);
    put_text(out, suffix);
    if (bucket || metric->labels[0] != '\0') {
        put_text(out, "{");
        put_text(out, metric->labels);
        if (bucket) {
            put_text(out, metric->labels[0] != '\0' ? ",le=\"" : "le=\"");
            if (bound == G_MAXINT64)
                put_text(out, "+Inf");
            else
                put_number(out, bound, metric->spec->unit);
            put_text(out, "\"");
        }
        put_text(out, "}");
    }
    put_text(out, " ");
    put_number(out, n, unit);
    put_text(out, "\n");
}

static void
put_histogram(TwBuffer *out, const TwMetric *metric)
{
    gint64 sum = 0;

    for (guint i = 0; i <= metric->buckets; i++) {
        sum += total(metric, i);
        put_sample(out, metric, "_bucket",
                   i < metric->buckets ? metric->spec->buckets[i] : G_MAXINT64, sum, 1);
    }
    put_sample(out, metric, "_sum", 0, total(metric, metric->buckets + 1), metric->spec->unit);
    put_sample(out, metric, "_count", 0, sum, 1);
}

static void
put_family(TwBuffer *out, const Family *family)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };
    g_autoptr(GList) labels =
        g_list_sort(g_hash_table_get_keys(family->children), (GCompareFunc) g_strcmp0);

    put_text(out, "# HELP ");
    put_text(out, family->spec->name);
    put_text(out, " ");
    for (const char *c = family->spec->help; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\\')
            put_text(out, *c == '\n' ? "\\n" : "\\\\");
        else
            tw_buffer_put_u8(out, (guint8) *c);
    }
    put_text(out, "\n# TYPE ");
    put_text(out, family->spec->name);
    put_text(out, " ");
    put_text(out, kinds[family->spec->kind]);
    put_text(out, "\n");
    for (const GList *l = labels; l != NULL; l = l->next) {
        const TwMetric *metric = g_hash_table_lookup(family->children, l->data);

        if (family->spec->kind == TW_METRIC_HISTOGRAM)
            put_histogram(out, metric);
        else
            put_sample(out, metric, "", 0, total(metric, 0), family->spec->unit);
    }
}

void
tw_metrics_each(TwMetrics *metrics, TwMetricsFunc func, gpointer data)
{
    GHashTableIter families, children;
    gpointer family, child;
    TW_LOCK_SCOPE(&metrics->lock);

    g_hash_table_iter_init(&families, metrics->families);
    while (g_hash_table_iter_next(&families, NULL, &family)) {
        g_hash_table_iter_init(&children, ((Family *) family)->children);
        while (g_hash_table_iter_next(&children, NULL, &child)) {
            const TwMetric *metric = child;
            gboolean labels = metric->labels[0] != '\0';
            g_autofree char *name = g_strconcat(metric->spec->name, labels ? "{" : "",
                                                metric->labels, labels ? "}" : "", NULL);
            func(name, metric->spec->help, tw_metric_value(metric), data);
        }
    }
}

gboolean
tw_metrics_print(TwMetrics *metrics, TwBuffer *out)
{
    g_autoptr(GList) names = NULL;

    TW_LOCK_SCOPE(&metrics->lock);
    names = g_list_sort(g_hash_table_get_keys(metrics->families), (GCompareFunc) g_strcmp0);
    for (const GList *l = names; l != NULL; l = l->next)
        put_family(out, g_hash_table_lookup(metrics->families, l->data));
    return !tw_buffer_failed(out);
}
