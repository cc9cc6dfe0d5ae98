/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One thread of each server for what takes its time: for each session with watches a call that waits (twigaWait), all of them
 * polled together; and for each session without, a call now and then, so that it does not expire.
 *
 * A call that waits has a connection of its own. When it is answered the watches it names are woken and it is made again.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time.h"
#include "remote/remote-private.h"

enum {
    WAIT_MS = 50000,  /* of one call; the server answers then, with nothing */
    ROUND_MS = 10000, /* at least so often sessions are looked at */
    RETRY_MS = 1000,  /* after a failure */
};

struct TwRemoteListener {
    TwRemote *remote;
    GThread *thread;
    int event;     /* eventfd: something is new, or the end */
    gint stopping; /* atomic */
};

void
tw_remote_listener_poke(TwRemoteListener *listener)
{
    guint64 one = 1;

    if (listener != NULL)
        (void) !write(listener->event, &one, sizeof one);
}

static void
unref_session(gpointer session)
{
    tw_remote_session_unref(session);
}

static GPtrArray *
list_sessions(TwRemote *remote)
{
    GPtrArray *sessions = g_ptr_array_new_with_free_func(unref_session);
    TW_LOCK_SCOPE(&remote->lock);

    for (guint i = 0; i < remote->sessions->len; i++)
        g_ptr_array_add(sessions, tw_remote_session_ref(g_ptr_array_index(remote->sessions, i)));
    return sessions;
}

static gboolean
has_watches(TwRemoteSession *session)
{
    TW_LOCK_SCOPE(&session->lock);

    return !session->ended && session->watches->len > 0;
}

/* ---- waiting ---- */

static void
drop(TwRemoteSession *session)
{
    g_clear_pointer(&session->parked, tw_client_free);
}

/* Whoever listens looks at everything then: news may be lost with the connection. */
static void
fail(TwRemoteSession *session)
{
    drop(session);
    session->retry_us = tw_time_mono_us() + (gint64) RETRY_MS * 1000;
}

static void
park(TwRemoteSession *session)
{
    TwRemote *remote = session->remote;
    TwSoapTwigaWaitArgs args = { .ulMilliseconds = WAIT_MS };

    if (session->parked != NULL || tw_time_mono_us() < session->retry_us ||
        !tw_remote_session_id(session, &args.ulSessionId, NULL))
        return;
    session->parked = tw_remote_connect(remote, NULL);
    if (session->parked == NULL ||
        !tw_remote_send(remote, session->parked, TW_SOAP_CALL_TWIGA_WAIT, &args, NULL))
        fail(session);
}

static void
wait_again(TwRemoteSession *session, gboolean keep)
{
    TwSoapTwigaWaitArgs args = { .ulMilliseconds = WAIT_MS };

    if (!keep || !tw_remote_session_id(session, &args.ulSessionId, NULL)) {
        drop(session);
        return;
    }
    if (!tw_remote_send(session->remote, session->parked, TW_SOAP_CALL_TWIGA_WAIT, &args, NULL))
        fail(session);
}

static void
lost_session(TwRemoteSession *session)
{
    guint64 id;

    drop(session);
    if (!tw_remote_session_id(session, &id, NULL))
        return;
    if (!tw_remote_log_on_again(session, id, NULL))
        session->retry_us = tw_time_mono_us() + (gint64) RETRY_MS * 1000;
    tw_remote_wake_watches(session, NULL, 0);
}

static void
take_answer(TwRemoteSession *session)
{
    g_autoptr(TwSoapDecoder) decoder = tw_remote_decoder_new();
    gboolean keep = FALSE, begun = FALSE;
    const TwSoapTwigaWaitResponse *answer =
        tw_remote_receive(session->parked, TW_SOAP_CALL_TWIGA_WAIT, decoder, &keep, &begun, NULL);

    if (answer == NULL) {
        /* whom the lost answer named is not known */
        fail(session);
        tw_remote_wake_watches(session, NULL, 0);
        return;
    }
    if (answer->er == TW_SOAP_RESULT_END_OF_SESSION) {
        lost_session(session);
        return;
    }
    if (answer->er != 0) {
        fail(session);
        return;
    }
    tw_remote_session_used(session);
    /* the next call first: what comes meanwhile is told by it */
    wait_again(session, keep);
    if (answer->aWatches.count > 0)
        tw_remote_wake_watches(session, answer->aWatches.items, answer->aWatches.count);
}

/* ---- rounds ---- */

static void
wake_if_reopened(TwRemoteSession *session)
{
    gboolean all;

    tw_lock(&session->lock);
    all = session->wake_all;
    session->wake_all = FALSE;
    tw_unlock(&session->lock);
    if (all)
        tw_remote_wake_watches(session, NULL, 0);
}

static GArray *
collect(TwRemoteListener *listener, const GPtrArray *sessions, GPtrArray *ret_parked)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
    struct pollfd fd = { .fd = listener->event, .events = POLLIN };

    g_array_append_val(fds, fd);
    for (guint i = 0; i < sessions->len; i++) {
        TwRemoteSession *session = g_ptr_array_index(sessions, i);
        if (!has_watches(session)) {
            drop(session);
            tw_remote_keep_alive(session);
            continue;
        }
        wake_if_reopened(session);
        park(session);
        if (session->parked == NULL)
            continue;
        fd.fd = tw_client_get_fd(session->parked);
        g_array_append_val(fds, fd);
        g_ptr_array_add(ret_parked, session);
    }
    return fds;
}

static int
round_ms(const GPtrArray *sessions, const GPtrArray *parked)
{
    for (guint i = 0; i < parked->len; i++) {
        if (tw_client_has_input(((TwRemoteSession *) g_ptr_array_index(parked, i))->parked))
            return 0;
    }
    for (guint i = 0; i < sessions->len; i++) {
        TwRemoteSession *session = g_ptr_array_index(sessions, i);
        if (session->parked == NULL && has_watches(session))
            return RETRY_MS;
    }
    return ROUND_MS;
}

static void
run_round(TwRemoteListener *listener)
{
    g_autoptr(GPtrArray) sessions = list_sessions(listener->remote);
    g_autoptr(GPtrArray) parked = g_ptr_array_new();
    g_autoptr(GArray) fds = collect(listener, sessions, parked);
    struct pollfd *polled = (struct pollfd *) (gpointer) fds->data;
    guint64 count;

    if (poll(polled, fds->len, round_ms(sessions, parked)) < 0)
        return;
    if (polled[0].revents != 0)
        (void) !read(listener->event, &count, sizeof count);
    for (guint i = 0; i < parked->len && !g_atomic_int_get(&listener->stopping); i++) {
        TwRemoteSession *session = g_ptr_array_index(parked, i);
        if (polled[i + 1].revents != 0 || tw_client_has_input(session->parked))
            take_answer(session);
    }
}

static gpointer
run(gpointer data)
{
    TwRemoteListener *listener = data;

    while (!g_atomic_int_get(&listener->stopping))
        run_round(listener);
    return NULL;
}

/* ---- life ---- */

TwRemoteListener *
tw_remote_listener_new(TwRemote *remote, GError **error)
{
    TwRemoteListener *listener;
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (event < 0) {
        (void) tw_error_from_errno(error, errno, "eventfd");
        return NULL;
    }
    listener = g_new0(TwRemoteListener, 1);
    listener->remote = remote;
    listener->event = event;
    listener->thread = g_thread_new("remote", run, listener);
    return listener;
}

void
tw_remote_listener_free(TwRemoteListener *listener)
{
    if (listener == NULL)
        return;
    g_atomic_int_set(&listener->stopping, 1);
    tw_remote_listener_poke(listener);
    g_thread_join(listener->thread);
    close(listener->event);
    g_free(listener);
}
