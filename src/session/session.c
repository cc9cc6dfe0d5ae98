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

guint
tw_server_offers(TwServer *server)
{
    return server->funcs->offers != NULL ? server->funcs->offers(server) : 0;
}

gboolean
tw_server_scram_ask(TwServer *server, const char *user, TwScramAsk *ret, GError **error)
{
    if (tw_server_offers(server) & TW_SERVER_SCRAM)
        return server->funcs->scram_ask(server, user, ret, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "SCRAM is not offered");
    return FALSE;
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
tw_session_watch(TwSession *session, TwWatchWake wake, gpointer data, GError **error)
{
    return session->funcs->watch(session, wake, data, error);
}

gboolean
tw_watch_add(TwWatch *watch, const TwWatchWish *wish, GError **error)
{
    return watch->funcs->watch_add(watch, wish, error);
}

void
tw_watch_remove(TwWatch *watch, guint32 connection)
{
    watch->funcs->watch_remove(watch, connection);
}

gboolean
tw_watch_pull(TwWatch *watch, GArray *out, guint max, gboolean *ret_missed, GError **error)
{
    return watch->funcs->pull(watch, out, max, ret_missed, error);
}

void
tw_watch_end(TwWatch *watch)
{
    if (watch != NULL)
        watch->funcs->watch_end(watch);
}
