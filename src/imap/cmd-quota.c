/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GETQUOTA and GETQUOTAROOT: one root, the user's mailbox, named "User quota". Source: RFC 9208. */
#include <string.h>

#include "imap/imap-private.h"

static const char root[] = "User quota";

static gboolean
put_quota(TwImapPeer *peer, TwBuffer *out, GError **error)
{
    g_auto(TwQuotaGetArgs) args = { 0 };

    if (!tw_session_quota_get(peer->session, &args, error))
        return FALSE;
    tw_imap_put_text(out, "* QUOTA \"");
    tw_imap_put_text(out, root);
    tw_imap_put_text(out, "\" (");
    if (args.quota.hard > 0) {
        tw_imap_put_text(out, "STORAGE ");
        tw_imap_put_number(out, (guint64) MAX(args.bytes, 0) / 1024);
        tw_buffer_put_u8(out, ' ');
        tw_imap_put_number(out, (guint64) args.quota.hard / 1024);
    }
    tw_imap_put_text(out, ")\r\n");
    return TRUE;
}

static void
answer(TwImapPeer *peer, TwBuffer *out, gboolean with_quota, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (with_quota && !put_quota(peer, out, &error)) {
        tw_imap_done_error(peer, error);
        return;
    }
    tw_imap_write(peer, out);
    tw_imap_done(peer, TW_IMAP_OK, text);
}

gboolean
tw_imap_cmd_getquota(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    g_autofree char *name = NULL;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_astring(args, &name) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (strcmp(name, root) != 0)
        tw_imap_done(peer, TW_IMAP_NO, "[NONEXISTENT] No such quota root");
    else
        answer(peer, &out, TRUE, "GETQUOTA done");
    return TRUE;
}

gboolean
tw_imap_cmd_getquotaroot(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(65536);
    g_auto(TwImapBox) box = { 0 };
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    gboolean own;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (!tw_imap_box_find(peer, name, &box, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    own = memcmp(&box.store, &peer->store, sizeof box.store) == 0;
    tw_imap_put_text(&out, "* QUOTAROOT ");
    tw_imap_put_mailbox(peer, &out, box.name);
    if (own) {
        tw_imap_put_text(&out, " \"");
        tw_imap_put_text(&out, root);
        tw_buffer_put_u8(&out, '"');
    }
    tw_imap_put_text(&out, "\r\n");
    answer(peer, &out, own, "GETQUOTAROOT done");
    return TRUE;
}
