/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IDLE: the client waits, and is told what changes as it happens. Source: RFC 2177. */
#include "imap/imap-private.h"

static void
wake(gpointer data)
{
    tw_conn_wake(data);
}

void
tw_imap_idle_end(TwImapPeer *peer)
{
    g_clear_pointer(&peer->watch, tw_watch_end);
    tw_imap_uids_unpack(&peer->view.uids);
}

/* Who waits keeps little. NOTIFY may have begun to send what needs the uids. */
static void
shrink(TwImapPeer *peer)
{
    if (peer->watch != NULL && peer->notify == NULL)
        tw_imap_uids_pack(&peer->view.uids);
}

static gboolean
start(TwImapPeer *peer, GError **error)
{
    TwWatchWish wish = { .mask = TW_NOTIFY_CREATED | TW_NOTIFY_DELETED | TW_NOTIFY_MODIFIED |
                                 TW_NOTIFY_MOVED | TW_NOTIFY_COPIED | TW_NOTIFY_MESSAGES,
                         .store = peer->view.store,
                         .id = peer->view.folder };

    if (peer->state != TW_IMAP_SELECTED || peer->options->idle_silent)
        return TRUE;
    peer->watch = tw_session_watch(peer->session, wake, peer->conn, error);
    if (peer->watch != NULL && tw_watch_add(peer->watch, &wish, error))
        return TRUE;
    tw_imap_idle_end(peer);
    return FALSE;
}

gboolean
tw_imap_cmd_idle(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GError) error = NULL;

    if (!tw_imap_take_end(args))
        return FALSE;
    if (!start(peer, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_conn_write_str(peer->conn, "+ Waiting\r\n");
    if (peer->watch != NULL)
        tw_imap_view_sync(peer, TRUE); /* what came before the watch began */
    tw_buffer_clear(&peer->command);
    peer->input = TW_IMAP_INPUT_IDLE;
    tw_conn_want_line(peer->conn, 64);
    shrink(peer);
    return TRUE;
}

void
tw_imap_idle_line(TwImapPeer *peer, TwCursor line)
{
    gboolean done = tw_imap_take_word(&line, "DONE") && tw_imap_take_end(&line);

    tw_imap_idle_end(peer);
    tw_imap_done(peer, done ? TW_IMAP_OK : TW_IMAP_BAD, done ? "IDLE done" : "DONE expected");
}

void
tw_imap_idle_woken(TwImapPeer *peer)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    gboolean missed = FALSE;

    if (peer->watch == NULL)
        return;
    if (!tw_watch_pull(peer->watch, events, 0, &missed, NULL)) {
        tw_conn_write_str(peer->conn, "* BYE Session ended\r\n");
        tw_conn_close(peer->conn);
    } else if (events->len > 0 || missed) {
        tw_imap_uids_unpack(&peer->view.uids);
        tw_imap_view_sync(peer, TRUE);
        shrink(peer);
    }
}
