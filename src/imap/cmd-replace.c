/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* REPLACE: a message takes the place of another one, as a draft that is saved again does. Source: RFC 8508. */
#include "imap/imap-private.h"

/* One message of the selected mailbox. */
static gboolean
take_one(TwImapPeer *peer, TwCursor *args, GArray **ret)
{
    g_autoptr(GArray) ranges = NULL;

    if (!tw_imap_take_messages(peer, args, &ranges))
        return FALSE;
    if (ranges->len > 1 || (ranges->len == 1 && g_array_index(ranges, TwImapRange, 0).first !=
                                                    g_array_index(ranges, TwImapRange, 0).last))
        return FALSE;
    *ret = g_steal_pointer(&ranges);
    return TRUE;
}

/* The new one is there before the old one goes: a failure in between leaves both. */
static gboolean
replace(TwImapPeer *peer,
        const TwImapBox *to,
        const TwImapAppends *appends,
        const TwIndexRow *old,
        GError **error)
{
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_auto(TwMessagesDeleteArgs) args = { .store = peer->view.store,
                                          .folder = peer->view.folder,
                                          .messages = { &old->mid, 1 } };

    if (!tw_imap_appends_put(peer, to, appends, uids, error))
        return FALSE;
    tw_conn_printf(peer->conn, "* OK [APPENDUID %u %u] Replaced\r\n", to->row->uidvalidity,
                   g_array_index(uids, TwImapRange, 0).first);
    return tw_session_messages_delete(peer->session, &args, error);
}

gboolean
tw_imap_cmd_replace(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwImapAppends) appends = { 0 };
    g_autoptr(GArray) ranges = NULL, rows = NULL;
    g_autofree char *name = NULL;
    g_auto(TwImapBox) to = { 0 };
    g_autoptr(GError) error = NULL;
    gboolean found;

    if (!tw_imap_take_char(args, ' ') || !take_one(peer, args, &ranges) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_char(args, ' '))
        return FALSE;
    found = tw_imap_box_find(peer, name, &to, &error) && to.folder != 0;
    if (!tw_imap_appends_take(peer, args, &to, &appends) || appends.messages->len != 1)
        return FALSE;
    if (peer->view.read_only) {
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] The mailbox was opened to be read");
        return TRUE;
    }
    if (!found || tw_imap_appends_have_empty(&appends)) {
        tw_imap_done(peer, TW_IMAP_NO,
                     found ? "An empty message is none" : "[TRYCREATE] No such mailbox");
        return TRUE;
    }
    if (appends.why != NULL) {
        tw_imap_done(peer, TW_IMAP_NO, appends.why);
        return TRUE;
    }
    rows = tw_imap_view_rows(peer, ranges, &error);
    if (rows != NULL && rows->len == 0)
        tw_imap_done(peer, TW_IMAP_NO, "[EXPUNGEISSUED] It is gone");
    else if (rows == NULL ||
             !replace(peer, &to, &appends, &g_array_index(rows, TwIndexRow, 0), &error))
        tw_imap_done_error(peer, error);
    else
        tw_imap_done(peer, TW_IMAP_OK, "REPLACE done");
    return TRUE;
}
