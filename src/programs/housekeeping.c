/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/housekeeping.h"

#include "base/lock.h"
#include "base/time.h"
#include "programs/storage-config.h"
#include "store/folder.h"
#include "store/mail.h"
#include "store/sync.h"

struct TwHousekeeping {
    TwNode *node;
    TwLock lock; /* guards the next three */
    GCond changed;
    gboolean stop;
    gint64 deleted_us; /* softdelete_lifetime */
    GThread *thread;
};

static const gint64 second_us = G_USEC_PER_SEC;
static const gint64 day_us = (gint64) 24 * 60 * 60 * G_USEC_PER_SEC;

static gboolean
end_sessions(TwHousekeeping *keeping, GError **error)
{
    (void) error;
    (void) tw_local_expire(keeping->node->server);
    return TRUE;
}

/* A value is left alone for a day after its last use: what a delivery under way is about to name is not yet named. */
static gboolean
collect(TwHousekeeping *keeping, GError **error)
{
    TwEngineCollected done;

    if (!tw_engine_collect(keeping->node->engine, day_us, FALSE, &done, error))
        return FALSE;
    if (done.dropped > 0)
        tw_log(TW_LOG_INFO, "values-collected", tw_log_uint(TW_LOG_COUNT, done.dropped),
               tw_log_uint(TW_LOG_BYTES, done.freed_bytes));
    return TRUE;
}

static gboolean
forget_clients(TwNode *node, gint64 now_us, GError **error)
{
    gint64 days = node->config != NULL ? tw_config_get_int(node->config, "sync_lifetime") : 0;

    return days == 0 || tw_sync_expire(node->engine, now_us - days * day_us, NULL, error);
}

static gboolean
trim(TwHousekeeping *keeping, GError **error)
{
    TwNode *node = keeping->node;
    gint64 now = g_get_real_time();

    return tw_engine_trim(node->engine, now, NULL, error) && forget_clients(node, now, error);
}

/* The levels of the configuration, where they changed. */
static gboolean
apply_quotas(TwHousekeeping *keeping, GError **error)
{
    return !keeping->node->rules || tw_local_apply_quotas(keeping->node->server, error);
}

/* No mail server tries for longer than a few days (RFC 5321, 4.5.4.1); then names of deliveries have no use. */
static gboolean
forget_deliveries(TwHousekeeping *keeping, GError **error)
{
    TwEngine *engine = keeping->node->engine;
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    gint64 before = g_get_real_time() - 7 * day_us;

    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), NULL);

        if (store != NULL && !tw_store_forget_deliveries(store, before, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
purge_deleted(TwHousekeeping *keeping, GError **error)
{
    guint64 count;
    gint64 age;

    tw_lock(&keeping->lock);
    age = keeping->deleted_us;
    tw_unlock(&keeping->lock);
    if (age == 0)
        return TRUE;
    if (!tw_engine_purge_deleted(keeping->node->engine, tw_time_now_us() - age, FALSE, &count,
                                 error))
        return FALSE;
    if (count > 0)
        tw_log(TW_LOG_INFO, "deleted-purged", tw_log_uint(TW_LOG_COUNT, count));
    return TRUE;
}

enum {
    FIRST_S =
        60 *
        60 /* what is done seldom is done first after so long, for a server that is started anew each night */
};

/* What is done how often. */
static const struct {
    const char *name;
    gint64 every_s;
    gboolean (*run)(TwHousekeeping *keeping, GError **error);
    gboolean at_once; /* first when the server starts */
} works[] = {
    { "apply-quotas", (gint64) 24 * 60 * 60, apply_quotas, TRUE },
    { "end-sessions", 30, end_sessions, FALSE },
    { "collect-values", (gint64) 10 * 60, collect, FALSE },
    { "trim", (gint64) 24 * 60 * 60, trim, FALSE },
    { "forget-deliveries", (gint64) 24 * 60 * 60, forget_deliveries, FALSE },
    { "purge-deleted", (gint64) 24 * 60 * 60, purge_deleted, FALSE },
};

/* Returns when the next is due. */
static gint64
do_due(TwHousekeeping *keeping, gint64 *io_due)
{
    gint64 next = G_MAXINT64;

    for (guint i = 0; i < G_N_ELEMENTS(works); i++) {
        g_autoptr(GError) error = NULL;
        gint64 now = tw_time_mono_us();

        if (io_due[i] <= now) {
            if (!works[i].run(keeping, &error))
                tw_log(TW_LOG_ERR, "housekeeping-failed", tw_log_str(TW_LOG_MSG, works[i].name),
                       tw_log_error(error));
            io_due[i] = now + works[i].every_s * second_us;
        }
        next = MIN(next, io_due[i]);
    }
    return next;
}

static gpointer
keep_house(gpointer data)
{
    TwHousekeeping *keeping = data;
    gint64 due[G_N_ELEMENTS(works)];
    gboolean stop = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(works); i++)
        due[i] = works[i].at_once
                     ? 0
                     : tw_time_mono_us() + MIN(works[i].every_s, (gint64) FIRST_S) * second_us;
    while (!stop) {
        gint64 next = do_due(keeping, due);

        tw_lock(&keeping->lock);
        while (!keeping->stop && tw_lock_wait(&keeping->lock, &keeping->changed, next))
            continue;
        stop = keeping->stop;
        tw_unlock(&keeping->lock);
    }
    return NULL;
}

TwHousekeeping *
tw_housekeeping_start(TwNode *node)
{
    TwHousekeeping *keeping = g_new0(TwHousekeeping, 1);

    keeping->node = node;
    tw_lock_init(&keeping->lock);
    g_cond_init(&keeping->changed);
    keeping->deleted_us = tw_storage_config_deleted_us(node->config);
    keeping->thread = g_thread_new("housekeeping", keep_house, keeping);
    return keeping;
}

void
tw_housekeeping_reload(TwHousekeeping *keeping, const TwConfig *config)
{
    TW_LOCK_SCOPE(&keeping->lock);

    keeping->deleted_us = tw_storage_config_deleted_us(config);
}

void
tw_housekeeping_stop(TwHousekeeping *keeping)
{
    if (keeping == NULL)
        return;
    tw_lock(&keeping->lock);
    keeping->stop = TRUE;
    g_cond_signal(&keeping->changed);
    tw_unlock(&keeping->lock);
    g_thread_join(keeping->thread);
    g_cond_clear(&keeping->changed);
    tw_lock_clear(&keeping->lock);
    g_free(keeping);
}
