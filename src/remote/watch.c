/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Watches: each is a watch of the session at the server, which the listener waits for and whose events are pulled when they
 * are asked for, so that rights are asked then, as they are here.
 */
#include "remote/remote-private.h"
#include "session/pack.h"

/* What twigaWatch does: soapd/own.c. */
enum {
    ACTION_OPEN = 0,
    ACTION_ADD = 1,
    ACTION_REMOVE = 2,
    ACTION_PULL = 3,
    ACTION_END = 4,
    WISH_MOST = 4096,
};

static gboolean
check_result(guint32 er, GError **error)
{
    GError *why;

    if (er == 0)
        return TRUE;
    why = tw_soap_result_to_error(er, "twigaWatch");
    if (why == NULL)
        why = g_error_new(TW_ERROR, TW_ERROR_FAILED, "twigaWatch: result 0x%08x", er);
    g_propagate_error(error, why);
    return FALSE;
}

static const TwSoapTwigaWatchResponse *
ask(TwRemoteSession *session,
    const TwSoapTwigaWatchArgs *args,
    TwRemoteRepeat repeat,
    TwSoapDecoder *decoder,
    GError **error)
{
    const TwSoapTwigaWatchResponse *answer =
        tw_remote_exchange(session->remote, TW_SOAP_CALL_TWIGA_WATCH, args, repeat, decoder, error);

    if (answer == NULL)
        return NULL;
    tw_remote_session_used(session);
    return check_result(answer->er, error) ? answer : NULL;
}

static gboolean
ask_open(TwRemoteSession *session, guint64 id, guint32 *ret, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    const TwSoapTwigaWatchArgs args = { .ulSessionId = id, .ulAction = ACTION_OPEN };
    const TwSoapTwigaWatchResponse *answer = ask(session, &args, TW_REMOTE_ONCE, decoder, error);

    if (answer == NULL)
        return FALSE;
    *ret = answer->ulWatch;
    return TRUE;
}

static gboolean
ask_add(
    TwRemoteSession *session, guint64 id, guint32 number, const TwWatchWish *wish, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    g_auto(TwBuffer) packed = TW_BUFFER_INIT(WISH_MOST);
    TwSoapTwigaWatchArgs args = { .ulSessionId = id, .ulAction = ACTION_ADD, .ulWatch = number };

    tw_watch_wish_pack(wish, &packed);
    args.sWish.data = packed.data;
    args.sWish.len = packed.len;
    return ask(session, &args, TW_REMOTE_AGAIN, decoder, error) != NULL;
}

/* Session id and number as they are now. */
static gboolean
get_ids(TwRemoteWatch *watch, guint64 *ret_id, guint32 *ret_number, GError **error)
{
    if (!tw_remote_session_id(watch->session, ret_id, error))
        return FALSE;
    TW_LOCK_SCOPE(&watch->session->lock);
    *ret_id = watch->session_id;
    *ret_number = watch->number;
    return TRUE;
}

/* ---- life ---- */

TwWatch *
tw_remote_watch(TwSession *base, TwWatchWake wake, gpointer data, GError **error)
{
    TwRemoteSession *session = (TwRemoteSession *) base;
    TwRemoteWatch *watch;
    g_autoptr(GError) why = NULL;
    guint64 id;
    guint32 number;

    if (!tw_remote_session_id(session, &id, error))
        return NULL;
    if (!ask_open(session, id, &number, &why)) {
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return NULL;
        }
        if (!tw_remote_log_on_again(session, id, error) ||
            !tw_remote_session_id(session, &id, error) || !ask_open(session, id, &number, error))
            return NULL;
    }
    watch = g_new0(TwRemoteWatch, 1);
    watch->base.funcs = session->base.funcs;
    watch->session = tw_remote_session_ref(session);
    watch->wake = wake;
    watch->data = data;
    watch->number = number;
    watch->session_id = id;
    watch->wishes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_cond_init(&watch->idle);
    tw_lock(&session->lock);
    g_ptr_array_add(session->watches, watch);
    tw_unlock(&session->lock);
    tw_remote_listener_poke(session->remote->listener);
    return &watch->base;
}

/* The wake is not running when this returns, and will not run. */
static void
take_out(TwRemoteWatch *watch)
{
    TwRemoteSession *session = watch->session;
    TW_LOCK_SCOPE(&session->lock);

    g_ptr_array_remove_fast(session->watches, watch);
    watch->gone = TRUE;
    while (watch->waking)
        tw_lock_wait(&session->lock, &watch->idle, G_MAXINT64);
}

void
tw_remote_watch_end(TwWatch *base)
{
    TwRemoteWatch *watch = (TwRemoteWatch *) base;
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    TwSoapTwigaWatchArgs args = { .ulAction = ACTION_END };

    take_out(watch);
    if (get_ids(watch, &args.ulSessionId, &args.ulWatch, NULL))
        (void) ask(watch->session, &args, TW_REMOTE_ONCE, decoder, NULL);
    g_hash_table_unref(watch->wishes);
    g_cond_clear(&watch->idle);
    tw_remote_session_unref(watch->session);
    g_free(watch);
}

/* ---- what to be told of ---- */

gboolean
tw_remote_watch_add(TwWatch *base, const TwWatchWish *wish, GError **error)
{
    TwRemoteWatch *watch = (TwRemoteWatch *) base;
    guint64 id;
    guint32 number;

    if (!get_ids(watch, &id, &number, error) || !ask_add(watch->session, id, number, wish, error))
        return FALSE;
    TW_LOCK_SCOPE(&watch->session->lock);
    g_hash_table_replace(watch->wishes, GUINT_TO_POINTER(wish->connection),
                         g_memdup2(wish, sizeof *wish));
    return TRUE;
}

void
tw_remote_watch_remove(TwWatch *base, guint32 connection)
{
    TwRemoteWatch *watch = (TwRemoteWatch *) base;
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    TwSoapTwigaWatchArgs args = { .ulAction = ACTION_REMOVE, .ulNumber = connection };

    tw_lock(&watch->session->lock);
    g_hash_table_remove(watch->wishes, GUINT_TO_POINTER(connection));
    tw_unlock(&watch->session->lock);
    if (get_ids(watch, &args.ulSessionId, &args.ulWatch, NULL))
        (void) ask(watch->session, &args, TW_REMOTE_AGAIN, decoder, NULL);
}

/* ---- events ---- */

static gboolean
take_missed(TwRemoteWatch *watch)
{
    gboolean missed;
    TW_LOCK_SCOPE(&watch->session->lock);

    missed = watch->missed;
    watch->missed = FALSE;
    return missed;
}

static gboolean
pull(TwRemoteWatch *watch, GArray *out, guint max, gboolean *ret_missed, GError **error)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    g_autoptr(GArray) events = NULL;
    TwSoapTwigaWatchArgs args = { .ulAction = ACTION_PULL, .ulNumber = max };
    const TwSoapTwigaWatchResponse *answer;

    if (!get_ids(watch, &args.ulSessionId, &args.ulWatch, error))
        return FALSE;
    answer = ask(watch->session, &args, TW_REMOTE_ONCE, decoder, error);
    if (answer == NULL ||
        !tw_notify_events_unpack(answer->sEvents.data, answer->sEvents.len, &events, error))
        return FALSE;
    if (events->len > 0)
        g_array_append_vals(out, events->data, events->len);
    g_array_set_clear_func(events, NULL); /* they are @out's now */
    *ret_missed = answer->bMissed;
    return TRUE;
}

/* A session that is gone is opened again; then there is nothing to pull, and all that was is missed. */
gboolean
tw_remote_watch_pull(TwWatch *base, GArray *out, guint max, gboolean *ret_missed, GError **error)
{
    TwRemoteWatch *watch = (TwRemoteWatch *) base;
    g_autoptr(GError) why = NULL;
    guint64 id;
    guint32 number;

    *ret_missed = FALSE;
    if (!get_ids(watch, &id, &number, error))
        return FALSE;
    if (!pull(watch, out, max, ret_missed, &why)) {
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (!tw_remote_log_on_again(watch->session, id, error))
            return FALSE;
    }
    *ret_missed |= take_missed(watch);
    return TRUE;
}

/* ---- of a session that was opened again ---- */

/* Copies, as nothing may be held across a call. */
static GPtrArray *
list_wishes(TwRemoteWatch *watch)
{
    GPtrArray *wishes = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer wish;

    g_hash_table_iter_init(&iter, watch->wishes);
    while (g_hash_table_iter_next(&iter, NULL, &wish))
        g_ptr_array_add(wishes, g_memdup2(wish, sizeof(TwWatchWish)));
    return wishes;
}

static TwRemoteWatch *
next_to_restore(TwRemoteSession *session, guint64 id, GPtrArray **ret_wishes)
{
    TW_LOCK_SCOPE(&session->lock);

    for (guint i = 0; i < session->watches->len; i++) {
        TwRemoteWatch *watch = g_ptr_array_index(session->watches, i);
        if (watch->session_id == id)
            continue;
        watch->session_id = id;
        watch->number = 0;
        watch->missed = TRUE;
        watch->waking = TRUE; /* it does not go meanwhile */
        *ret_wishes = list_wishes(watch);
        return watch;
    }
    return NULL;
}

static void
let_go(TwRemoteWatch *watch)
{
    TW_LOCK_SCOPE(&watch->session->lock);

    watch->waking = FALSE;
    g_cond_broadcast(&watch->idle);
}

void
tw_remote_restore_watches(TwRemoteSession *session)
{
    TwRemoteWatch *watch;
    GPtrArray *wishes;
    guint64 id;

    if (!tw_remote_session_id(session, &id, NULL))
        return;
    while ((watch = next_to_restore(session, id, &wishes)) != NULL) {
        guint32 number = 0;
        if (ask_open(session, id, &number, NULL)) {
            tw_lock(&session->lock);
            watch->number = number;
            tw_unlock(&session->lock);
            for (guint i = 0; i < wishes->len; i++)
                (void) ask_add(session, id, number, g_ptr_array_index(wishes, i), NULL);
        }
        g_ptr_array_unref(wishes);
        let_go(watch);
    }
    tw_lock(&session->lock);
    session->wake_all = TRUE; /* by the listener: who calls here may hold what a wake takes */
    tw_unlock(&session->lock);
    tw_remote_listener_poke(session->remote->listener);
}

/* ---- waking ---- */

static gboolean
is_among(guint32 number, const guint32 *numbers, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (numbers[i] == number)
            return TRUE;
    }
    return numbers == NULL;
}

/* Each marked, so that it stays until it was woken. */
static GPtrArray *
mark_woken(TwRemoteSession *session, const guint32 *numbers, guint count)
{
    GPtrArray *woken = g_ptr_array_new();
    TW_LOCK_SCOPE(&session->lock);

    for (guint i = 0; i < session->watches->len; i++) {
        TwRemoteWatch *watch = g_ptr_array_index(session->watches, i);
        if (watch->waking || watch->wake == NULL || !is_among(watch->number, numbers, count))
            continue;
        watch->waking = TRUE;
        g_ptr_array_add(woken, watch);
    }
    return woken;
}

void
tw_remote_wake_watches(TwRemoteSession *session, const guint32 *numbers, guint count)
{
    g_autoptr(GPtrArray) woken = mark_woken(session, numbers, count);

    for (guint i = 0; i < woken->len; i++) {
        TwRemoteWatch *watch = g_ptr_array_index(woken, i);
        watch->wake(watch->data);
        let_go(watch);
    }
}
