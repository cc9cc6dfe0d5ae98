/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* COMPRESS. Source: RFC 4978. */
#include "imap/imap-private.h"

gboolean
tw_imap_cmd_compress(TwImapPeer *peer, TwCursor *args)
{
    gsize behind = 0;

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (!tw_imap_take_word(args, "DEFLATE")) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[CANNOT] Not offered");
        return TRUE;
    }
    if (!tw_imap_take_end(args))
        return FALSE;
    if (tw_conn_is_deflated(peer->conn)) {
        tw_imap_tagged(peer, TW_IMAP_NO, "[COMPRESSIONACTIVE] It is on already");
        return TRUE;
    }
    tw_imap_done(peer, TW_IMAP_OK, "DEFLATE is on");
    if (!tw_conn_start_deflate(peer->conn, &behind) || behind > 0)
        tw_conn_close(peer->conn);
    return TRUE;
}
