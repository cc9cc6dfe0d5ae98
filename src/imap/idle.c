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
    g_clear_pointer(&peer->idle, tw_watch_end);
}

gboolean
tw_imap_idle(TwImapPeer *peer, TwCursor *args)
{
    TwWatchWish wish = { .mask = TW_NOTIFY_CREATED | TW_NOTIFY_DELETED | TW_NOTIFY_MODIFIED |
                                 TW_NOTIFY_MOVED | TW_NOTIFY_COPIED | TW_NOTIFY_MESSAGES,
                         .store = peer->view.store,
                         .id = peer->view.folder };
    g_autoptr(GError) error = NULL;

    if (!tw_imap_take_end(args))
        return FALSE;
    peer->idle = tw_session_watch(peer->session, wake, peer->conn, &error);
    if (peer->idle == NULL || !tw_watch_add(peer->idle, &wish, &error)) {
        tw_imap_idle_end(peer);
        tw_imap_tagged_error(peer, error);
        return TRUE;
    }
    tw_conn_write_str(peer->conn, "+ Waiting\r\n");
    tw_imap_tell_news(peer); /* what came before the watch began */
    return TRUE;
}

void
tw_imap_idle_line(TwImapPeer *peer, TwCursor line)
{
    gboolean done = tw_imap_take_word(&line, "DONE") && tw_imap_take_end(&line);

    tw_imap_idle_end(peer);
    tw_imap_tell_news(peer);
    tw_imap_tagged(peer, done ? TW_IMAP_OK : TW_IMAP_BAD, done ? "IDLE done" : "DONE expected");
}
