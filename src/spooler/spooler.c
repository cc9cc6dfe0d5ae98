/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The watcher lists what is due, starts a thread for each message while there are fewer than max_threads, and sleeps until the queue
 * changes, a thread ends, the next entry is due or a minute is over, whichever comes first.
 *
 * 1. A message is with one thread at most: it stands in "active" from before the thread starts until it ends.
 * 2. A message that could not even be put back is left alone for a minute ("held"), so that a broken store costs no processor.
 * 3. Whoever changes what the watcher looks at signals "changed" under the lock.
 */
#include "spooler/spooler.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"

enum {
    LOOK_MS = 60 * 1000, /* the queue is looked at so often in any case */
    HELD_MS = 60 * 1000,
    LIST_MORE = 100, /* entries listed beyond those that are active or held */
};

/* A message, as a key of tables. */
typedef struct {
    TwGuid store;
    guint32 message;
} Key;

struct TwSpooler {
    TwServer *server;
    const TwSpoolerRelay *relay;
    const TwSpoolerHooks *hooks;
    TwSession *session; /* of the watcher */
    TwWatch *watch;
    TwCancel *cancel;
    GThread *watcher;
    TwLock lock; /* guards what follows; a leaf */
    GCond changed;
    gboolean stop, look;
    TwSpoolerSettings *settings;
    GHashTable *active; /* Key */
    GHashTable *held;   /* Key -> gint64 *: monotonic time until when */
    GSList *ended;      /* of GThread *: to be joined */
    TwSpoolerFigures figures;
};

typedef struct {
    TwSpooler *spooler;
    TwSpoolerSettings *settings;
    TwQueueRow row;
    Key key;
} Work;

static guint
hash_key(gconstpointer data)
{
    const Key *key = data;

    return tw_guid_hash(&key->store) ^ (key->message * 2654435761u);
}

static gboolean
equal_keys(gconstpointer a, gconstpointer b)
{
    const Key *x = a, *y = b;

    return x->message == y->message && tw_guid_equal(&x->store, &y->store);
}

static TwSession *
log_on(TwServer *server, GError **error)
{
    TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                      .flags = TW_LOGON_BOUND,
                      .user = "SYSTEM",
                      .program = "spooler" };
    TwSession *session = NULL;

    return tw_server_logon(server, &logon, &session, NULL, error) ? session : NULL;
}

/* ---- one message ---- */

static void
end_work(Work *work, gboolean ok, TwSpoolerResult result)
{
    TwSpooler *spooler = work->spooler;

    tw_lock(&spooler->lock);
    if (ok && result == TW_SPOOLER_DONE)
        spooler->figures.done++;
    else if (ok && result == TW_SPOOLER_WAITS)
        spooler->figures.waited++;
    else if (!ok)
        spooler->figures.failed++;
    if (!ok || result == TW_SPOOLER_SKIPPED) {
        gint64 until = tw_time_mono_us() + (gint64) HELD_MS * 1000;
        g_hash_table_replace(spooler->held, g_memdup2(&work->key, sizeof work->key),
                             g_memdup2(&until, sizeof until));
    }
    g_hash_table_remove(spooler->active, &work->key);
    spooler->ended = g_slist_prepend(spooler->ended, g_thread_self());
    spooler->look = TRUE;
    g_cond_signal(&spooler->changed);
    tw_unlock(&spooler->lock);
    tw_spooler_settings_unref(work->settings);
    g_free(work);
}

static gpointer
run_work(gpointer data)
{
    Work *work = data;
    g_autoptr(GError) error = NULL;
    TwSession *session = log_on(work->spooler->server, &error);
    TwSpoolerPlace place = { .session = session,
                             .settings = work->settings,
                             .hooks = work->spooler->hooks,
                             .cancel = work->spooler->cancel };
    TwSpoolerResult result = TW_SPOOLER_SKIPPED;
    gboolean ok = session != NULL && tw_spooler_job_run(&place, &work->row, &result, &error);

    if (session == NULL)
        tw_log(TW_LOG_ERR, "spooler-failed", tw_log_error(error));
    /* gives back the message's lock, whatever happened */
    if (session != NULL)
        tw_session_end(session);
    tw_session_unref(session);
    end_work(work, ok, result);
    return NULL;
}

/* ---- the queue ---- */

static gboolean
is_held(TwSpooler *spooler, const Key *key)
{
    const gint64 *until = g_hash_table_lookup(spooler->held, key);

    TW_ASSERT_HELD(&spooler->lock);
    if (until == NULL)
        return FALSE;
    if (tw_time_mono_us() < *until)
        return TRUE;
    g_hash_table_remove(spooler->held, key);
    return FALSE;
}

/* Makes it active; NULL: it is already, or there is no room. */
static Work *
claim(TwSpooler *spooler, const TwQueueRow *row)
{
    Key key = { .store = row->store, .message = row->message };
    Work *work = NULL;

    TW_LOCK_SCOPE(&spooler->lock);
    if (spooler->stop || g_hash_table_size(spooler->active) >= spooler->settings->threads ||
        g_hash_table_contains(spooler->active, &key) || is_held(spooler, &key))
        return NULL;
    g_hash_table_add(spooler->active, g_memdup2(&key, sizeof key));
    work = g_new0(Work, 1);
    work->spooler = spooler;
    work->settings = tw_spooler_settings_ref(spooler->settings);
    work->row = *row;
    work->key = key;
    return work;
}

/* Starts what is due. Returns when the next entry will be, in microseconds of the clock; G_MAXINT64: there is none. */
static gint64
start_due(TwSpooler *spooler, GError **error)
{
    g_auto(TwQueueListAllArgs) list = { .due_us = 0 };
    gint64 now = tw_time_now_us(), next = G_MAXINT64;

    tw_lock(&spooler->lock);
    list.most = g_hash_table_size(spooler->active) + g_hash_table_size(spooler->held) + LIST_MORE;
    tw_unlock(&spooler->lock);
    if (!tw_session_queue_list_all(spooler->session, &list, error))
        return now + (gint64) LOOK_MS * 1000;
    for (guint i = 0; i < list.rows->len; i++) {
        const TwQueueRow *row = &g_array_index(list.rows, TwQueueRow, i);
        Work *work;
        if (row->due_us > now) {
            next = MIN(next, row->due_us);
            break;
        }
        work = claim(spooler, row);
        if (work != NULL)
            // cppcheck-suppress leakReturnValNotUsed; join_ended() joins it
            (void) g_thread_new("send", run_work, work);
    }
    return next;
}

static void
join_ended(TwSpooler *spooler)
{
    GSList *ended;

    tw_lock(&spooler->lock);
    ended = g_steal_pointer(&spooler->ended);
    tw_unlock(&spooler->lock);
    while (ended != NULL) {
        (void) g_thread_join(ended->data);
        ended = g_slist_delete_link(ended, ended);
    }
}

static void
on_wake(gpointer data)
{
    TwSpooler *spooler = data;

    tw_lock(&spooler->lock);
    spooler->look = TRUE;
    g_cond_signal(&spooler->changed);
    tw_unlock(&spooler->lock);
}

/* The watch tells again only after it was pulled. */
static void
pull(TwSpooler *spooler)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    gboolean missed;

    (void) tw_watch_pull(spooler->watch, events, 0, &missed, NULL);
}

/* Waits for something to do; FALSE: it is over. */
static gboolean
sleep_until(TwSpooler *spooler, gint64 due_us)
{
    gint64 mono = tw_time_mono_us();
    gint64 wait = MIN(MAX(due_us - tw_time_now_us(), 0), (gint64) LOOK_MS * 1000);
    gboolean go_on;

    tw_lock(&spooler->lock);
    while (!spooler->stop && !spooler->look &&
           tw_lock_wait(&spooler->lock, &spooler->changed, mono + wait))
        continue;
    spooler->look = FALSE;
    go_on = !spooler->stop;
    tw_unlock(&spooler->lock);
    return go_on;
}

static gpointer
watch_queue(gpointer data)
{
    TwSpooler *spooler = data;
    TwLogLimit limit = { 0 };
    gint64 next;

    do {
        g_autoptr(GError) error = NULL;
        guint held_back;

        join_ended(spooler);
        pull(spooler);
        next = start_due(spooler, &error);
        if (error != NULL && tw_log_limit_pass(&limit, LOOK_MS, tw_time_mono_us(), &held_back))
            tw_log(TW_LOG_ERR, "spooler-failed", tw_log_error(error));
    } while (sleep_until(spooler, next));
    return NULL;
}

/* ---- life ---- */

static void
free_spooler(TwSpooler *spooler)
{
    tw_watch_end(spooler->watch);
    if (spooler->session != NULL)
        tw_session_end(spooler->session);
    tw_session_unref(spooler->session);
    tw_cancel_unref(spooler->cancel);
    tw_spooler_settings_unref(spooler->settings);
    g_hash_table_unref(spooler->active);
    g_hash_table_unref(spooler->held);
    g_cond_clear(&spooler->changed);
    tw_lock_clear(&spooler->lock);
    g_free(spooler);
}

static gboolean
open_watch(TwSpooler *spooler, GError **error)
{
    TwWatchWish wish = { .connection = 1, .mask = TW_NOTIFY_QUEUE };

    spooler->session = log_on(spooler->server, error);
    if (spooler->session == NULL)
        return FALSE;
    spooler->watch = tw_session_watch(spooler->session, on_wake, spooler, error);
    return spooler->watch != NULL && tw_watch_add(spooler->watch, &wish, error);
}

TwSpooler *
tw_spooler_start(TwServer *server,
                 TwConfig *config,
                 const TwSpoolerRelay *relay,
                 const TwSpoolerHooks *hooks,
                 GError **error)
{
    TwSpoolerSettings *settings = tw_spooler_settings_new(config, relay, error);
    TwSpooler *spooler;

    if (settings == NULL)
        return NULL;
    spooler = g_new0(TwSpooler, 1);
    spooler->server = server;
    spooler->relay = relay;
    spooler->hooks = hooks;
    spooler->settings = settings;
    spooler->cancel = tw_cancel_new();
    spooler->active = g_hash_table_new_full(hash_key, equal_keys, g_free, NULL);
    spooler->held = g_hash_table_new_full(hash_key, equal_keys, g_free, g_free);
    tw_lock_init(&spooler->lock);
    g_cond_init(&spooler->changed);
    if (!open_watch(spooler, error)) {
        free_spooler(spooler);
        return NULL;
    }
    spooler->watcher = g_thread_new("spooler", watch_queue, spooler);
    return spooler;
}

gboolean
tw_spooler_reload(TwSpooler *spooler, TwConfig *config, GError **error)
{
    TwSpoolerSettings *settings = tw_spooler_settings_new(config, spooler->relay, error);

    if (settings == NULL)
        return FALSE;
    tw_lock(&spooler->lock);
    tw_spooler_settings_unref(g_steal_pointer(&spooler->settings));
    spooler->settings = settings;
    spooler->look = TRUE;
    g_cond_signal(&spooler->changed);
    tw_unlock(&spooler->lock);
    return TRUE;
}

void
tw_spooler_get_figures(TwSpooler *spooler, TwSpoolerFigures *ret)
{
    tw_lock(&spooler->lock);
    *ret = spooler->figures;
    ret->active = g_hash_table_size(spooler->active);
    tw_unlock(&spooler->lock);
}

void
tw_spooler_stop(TwSpooler *spooler)
{
    if (spooler == NULL)
        return;
    tw_lock(&spooler->lock);
    spooler->stop = TRUE;
    g_cond_signal(&spooler->changed);
    tw_unlock(&spooler->lock);
    tw_cancel_fire(spooler->cancel);
    g_thread_join(spooler->watcher);
    tw_lock(&spooler->lock);
    while (g_hash_table_size(spooler->active) > 0)
        (void) tw_lock_wait(&spooler->lock, &spooler->changed, G_MAXINT64);
    tw_unlock(&spooler->lock);
    join_ended(spooler);
    free_spooler(spooler);
}
