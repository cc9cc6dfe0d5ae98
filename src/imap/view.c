/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The selected mailbox as the client knows it. Sequence numbers change only when the client is told so. */
#include <string.h>

#include "imap/imap-private.h"
#include "mapi/tags.h"

enum {
    MSGSTATUS_DELMARKED = 0x8,
    MSGSTATUS_DRAFT = 0x100,
    MSGSTATUS_ANSWERED = 0x200,
    MSGSTATUS_ANSWERED_OLD = 0x10000, /* as an older gateway wrote it (spec/mailbox-layout.md) */
    LINE_ROOM = 256,
};

void
tw_imap_view_clear(TwImapView *view)
{
    g_clear_pointer(&view->rows, g_array_unref);
    *view = (TwImapView){ 0 };
}

void
tw_imap_put_flags(TwBuffer *out, guint32 flags, guint32 status, gboolean flagged)
{
    const struct {
        const char *name;
        gboolean has;
    } all[] = {
        { " \\Seen", (flags & TW_MSGFLAG_READ) != 0 },
        { " \\Answered", (status & (MSGSTATUS_ANSWERED | MSGSTATUS_ANSWERED_OLD)) != 0 },
        { " \\Flagged", flagged },
        { " \\Deleted", (status & MSGSTATUS_DELMARKED) != 0 },
        { " \\Draft", (flags & TW_MSGFLAG_UNSENT) != 0 || (status & MSGSTATUS_DRAFT) != 0 },
    };
    gsize skip = 1; /* no blank before the first */

    tw_buffer_put(out, "FLAGS (", 7);
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].has) {
            tw_buffer_put(out, all[i].name + skip, strlen(all[i].name) - skip);
            skip = 0;
        }
    }
    tw_buffer_put(out, ")", 1);
}

static gboolean
read_index(TwImapPeer *peer, GArray *out, GError **error)
{
    guint32 after = 0;

    for (;;) {
        g_auto(TwFolderIndexArgs) args = {
            .store = peer->view.store, .folder = peer->view.folder, .after = after, .most = 100000
        };

        if (!tw_session_folder_index(peer->session, &args, error))
            return FALSE;
        g_array_append_vals(out, args.rows->data, args.rows->len);
        if (args.rows->len < args.most)
            return TRUE;
        after = g_array_index(out, TwIndexRow, out->len - 1).uid;
    }
}

static void
tell_flags(TwImapPeer *peer, guint number, const TwIndexRow *row)
{
    TwBuffer out;
    g_auto(TwMessageGetArgs)
        get = { .store = peer->view.store, .folder = peer->view.folder, .message = row->mid };
    gboolean flagged = FALSE;
    char text[64];
    TwHead head;
    TwPropValue value;

    if (!tw_session_message_get(peer->session, &get, NULL))
        return; /* it is gone: that is told next time */
    if (get.row.head != NULL && tw_head_open(g_bytes_get_data(get.row.head, NULL),
                                             g_bytes_get_size(get.row.head), &head, NULL))
        flagged = tw_head_get(&head, PR_FLAG_STATUS, &value) == TW_HEAD_FOUND && value.i4 == 2;
    if (!tw_conn_begin_output(peer->conn, LINE_ROOM, &out))
        return;
    tw_buffer_put(&out, text,
                  (gsize) g_snprintf(text, sizeof text, "* %u FETCH (UID %u ", number, row->uid));
    tw_imap_put_flags(&out, get.row.flags, get.row.status, flagged);
    tw_buffer_put(&out, ")\r\n", 3);
    tw_conn_end_output(peer->conn, &out);
}

/* Both by uid. Numbers of those behind one that is gone shrink by one. */
static void
tell_difference(TwImapPeer *peer, const GArray *old, const GArray *now)
{
    guint at = 0, number = 1;

    for (guint i = 0; i < old->len; i++) {
        const TwIndexRow *was = &g_array_index(old, TwIndexRow, i);

        if (at == now->len || g_array_index(now, TwIndexRow, at).uid != was->uid) {
            tw_conn_printf(peer->conn, "* %u EXPUNGE\r\n", number);
            continue;
        }
        if (g_array_index(now, TwIndexRow, at).modseq != was->modseq)
            tell_flags(peer, number, &g_array_index(now, TwIndexRow, at));
        at++;
        number++;
    }
    if (at < now->len)
        tw_conn_printf(peer->conn, "* %u EXISTS\r\n", now->len);
}

gboolean
tw_imap_view_refresh(TwImapPeer *peer, gboolean tell, GError **error)
{
    g_autoptr(GArray) now = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));

    if (!read_index(peer, now, error))
        return FALSE;
    if (tell && peer->view.rows != NULL)
        tell_difference(peer, peer->view.rows, now);
    g_clear_pointer(&peer->view.rows, g_array_unref);
    peer->view.rows = g_steal_pointer(&now);
    return TRUE;
}

void
tw_imap_tell_news(TwImapPeer *peer)
{
    if (peer->state == TW_IMAP_SELECTED)
        (void) tw_imap_view_refresh(peer, TRUE, NULL); /* what cannot be read now is told later */
}
