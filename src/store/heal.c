/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A patient is suspect -> told ("database-suspect") -> after the first wait probed and opened anew
 *                      -> well: told ("database-reopened"), or not: told ("database-not-reopened"), twice the wait
 */
#include "store/heal-private.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"

enum {
    PROBE_LEN = 4096
};

typedef struct {
    char *path;   /* owned */
    TwDb *db;     /* NULL: the catalog of the blobs */
    guint tries;  /* since it became suspect */
    gint64 next;  /* when to try; 0: it is well */
    gint64 wait;  /* before the next try after that */
    gint64 since; /* it became suspect */
} Patient;

struct TwHealer {
    TwEngine *engine;
    GArray *patients; /* the thread's own */
    GThread *thread;
    TwLock lock; /* guards the rest */
    GCond wake;
    gboolean poked, stop;
};

static const TwMetricSpec suspect_spec = {
    .name = "twiga_store_databases_suspect_total",
    .help = "Times a write or sync of a database failed, and it took no more changes",
    .kind = TW_METRIC_COUNTER,
};

static const TwMetricSpec reopened_spec = {
    .name = "twiga_store_databases_reopened_total",
    .help = "Times such a database was opened anew and took changes again",
    .kind = TW_METRIC_COUNTER,
};

static void
clear_patient(gpointer data)
{
    g_free(((Patient *) data)->path);
}

static void
count(TwHealer *healer, const TwMetricSpec *spec)
{
    TwMetrics *metrics = healer->engine->config.metrics;

    if (metrics != NULL)
        tw_metric_add(tw_metrics_get(metrics, spec, NULL), 1);
}

static gboolean
is_suspect(TwHealer *healer, const Patient *patient)
{
    return patient->db != NULL ? tw_db_state(patient->db) == TW_DB_SUSPECT
                               : tw_blob_is_suspect(healer->engine->blobs);
}

/* Does the disk take a write now? */
static gboolean
probe(TwFileSystem *fs, const char *database, GError **error)
{
    g_autofree char *path = g_strconcat(database, "-probe", NULL);
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE, error);
    static const guint8 page[PROBE_LEN];
    gboolean ok = file != NULL && tw_file_write(file, 0, page, sizeof page, error) &&
                  tw_file_sync(file, error);

    tw_file_unlink(fs, path, NULL);
    return ok;
}

static gboolean
reopen(TwHealer *healer, const Patient *patient, GError **error)
{
    if (!probe(healer->engine->config.fs, patient->path, error))
        return FALSE;
    return patient->db != NULL ? tw_db_reopen(patient->db, error)
                               : tw_blob_reopen(healer->engine->blobs, error);
}

static void
notice(TwHealer *healer, Patient *patient, gint64 now)
{
    patient->since = now;
    patient->tries = 0;
    patient->wait = healer->engine->config.reopen_us;
    patient->next = now + patient->wait;
    tw_log(TW_LOG_ERR, "database-suspect", tw_log_str(TW_LOG_FILE, patient->path));
    count(healer, &suspect_spec);
}

static void
try_to_heal(TwHealer *healer, Patient *patient)
{
    gint64 most = healer->engine->config.reopen_us_max;
    g_autoptr(GError) error = NULL;

    patient->tries++;
    if (reopen(healer, patient, &error)) {
        tw_log(TW_LOG_NOTICE, "database-reopened", tw_log_str(TW_LOG_FILE, patient->path),
               tw_log_int(TW_LOG_COUNT, patient->tries),
               tw_log_int(TW_LOG_DURATION_MS, (g_get_monotonic_time() - patient->since) / 1000));
        count(healer, &reopened_spec);
        patient->next = 0;
        return;
    }
    tw_log(TW_LOG_ERR, "database-not-reopened", tw_log_str(TW_LOG_FILE, patient->path),
           tw_log_int(TW_LOG_COUNT, patient->tries), tw_log_error(error));
    patient->wait = MIN(patient->wait * 2, most);
    patient->next = g_get_monotonic_time() + patient->wait;
}

/* Returns when to look again; G_MAXINT64: when poked. */
static gint64
visit(TwHealer *healer)
{
    gint64 next = G_MAXINT64;

    for (guint i = 0; i < healer->patients->len; i++) {
        Patient *patient = &g_array_index(healer->patients, Patient, i);
        gint64 now = g_get_monotonic_time();
        if (!is_suspect(healer, patient)) {
            patient->next = 0;
            continue;
        }
        if (patient->next == 0)
            notice(healer, patient, now);
        else if (patient->next <= now)
            try_to_heal(healer, patient);
        if (patient->next != 0)
            next = MIN(next, patient->next);
    }
    return next;
}

static gpointer
heal(gpointer data)
{
    TwHealer *healer = data;
    gint64 next = 0;

    tw_lock(&healer->lock);
    while (!healer->stop) {
        if (!healer->poked && next > g_get_monotonic_time()) {
            tw_lock_wait(&healer->lock, &healer->wake, next);
            continue;
        }
        healer->poked = FALSE;
        tw_unlock(&healer->lock);
        next = visit(healer);
        tw_lock(&healer->lock);
    }
    tw_unlock(&healer->lock);
    return NULL;
}

static void
add_patient(TwHealer *healer,
            TwDb *db,
            char *path) /* NOLINT(readability-non-const-parameter): the patient's own from here */
{
    Patient patient = { .path = path, .db = db };

    g_array_append_val(healer->patients, patient);
}

TwHealer *
tw_healer_new(TwEngine *engine)
{
    TwHealer *healer = g_new0(TwHealer, 1);

    healer->engine = engine;
    healer->patients = g_array_new(FALSE, FALSE, sizeof(Patient));
    g_array_set_clear_func(healer->patients, clear_patient);
    tw_lock_init(&healer->lock);
    g_cond_init(&healer->wake);
    return healer;
}

void
tw_healer_start(TwHealer *healer)
{
    TwEngine *engine = healer->engine;

    add_patient(healer, NULL, g_build_filename(engine->path, "blobs", "catalog.db", NULL));
    if (engine->maria_server == NULL) /* on a server a connection heals itself */
        add_patient(healer, engine->server, g_build_filename(engine->path, "server.db", NULL));
    for (guint i = 0; engine->maria_server == NULL && i < engine->partition_count; i++) {
        TwPartition *partition = &engine->partitions[i];
        if (partition->db != NULL)
            add_patient(healer, partition->db, g_strdup(partition->path));
    }
    healer->thread = g_thread_new("healer", heal, healer);
}

void
tw_healer_poke(TwHealer *healer)
{
    if (healer == NULL)
        return;
    tw_lock(&healer->lock);
    healer->poked = TRUE;
    g_cond_signal(&healer->wake);
    tw_unlock(&healer->lock);
}

void
tw_healer_stop(TwHealer *healer)
{
    if (healer == NULL || healer->thread == NULL)
        return;
    tw_lock(&healer->lock);
    healer->stop = TRUE;
    g_cond_signal(&healer->wake);
    tw_unlock(&healer->lock);
    g_thread_join(g_steal_pointer(&healer->thread));
}

void
tw_healer_free(TwHealer *healer)
{
    if (healer == NULL)
        return;
    g_array_unref(healer->patients);
    g_cond_clear(&healer->wake);
    tw_lock_clear(&healer->lock);
    g_free(healer);
}
