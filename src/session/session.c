/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API's entry: each call goes to the provider. */
#include "session/session.h"

void
tw_server_close(TwServer *server)
{
    if (server != NULL)
        server->funcs->close(server);
}

gboolean
tw_server_logon(
    TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error)
{
    gint64 wait_us = 0;
    gboolean ok;

    *ret = NULL;
    ok = server->funcs->logon(server, logon, ret, &wait_us, error);
    if (ret_wait_us != NULL)
        *ret_wait_us = wait_us;
    return ok;
}

TwSession *
tw_server_find(TwServer *server, guint64 id, const TwPeer *peer, GError **error)
{
    return server->funcs->find(server, id, peer, error);
}

TwSession *
tw_session_ref(TwSession *session)
{
    return session->funcs->ref(session);
}

void
tw_session_unref(TwSession *session)
{
    if (session != NULL)
        session->funcs->unref(session);
}

void
tw_session_end(TwSession *session)
{
    session->funcs->end(session);
}

void
tw_session_get_info(TwSession *session, TwSessionInfo *ret)
{
    session->funcs->get_info(session, ret);
}

gboolean
tw_session_call(TwSession *session, TwOp op, gpointer args, GError **error)
{
    if ((guint) op >= TW_OP_COUNT) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "no operation %u", (guint) op);
        return FALSE;
    }
    tw_op_clear(op, args);
    if (session->funcs->call(session, op, args, error))
        return TRUE;
    tw_op_clear(op, args);
    return FALSE;
}

TwWatch *
tw_session_watch(
    TwSession *session, const TwWatchSpec *spec, TwWatchWake wake, gpointer data, GError **error)
{
    return session->funcs->watch(session, spec, wake, data, error);
}

gboolean
tw_watch_pull(TwWatch *watch, GArray *out, gboolean *ret_behind, GError **error)
{
    return watch->funcs->pull(watch, out, ret_behind, error);
}

void
tw_watch_end(TwWatch *watch)
{
    if (watch != NULL)
        watch->funcs->watch_end(watch);
}
