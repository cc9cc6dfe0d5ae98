/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a command is answered: news and its end, errors in the words of RFC 5530, progress. */
#include <string.h>

#include "imap/imap-private.h"

void
tw_imap_write(TwImapPeer *peer, const TwBuffer *out)
{
    if (tw_buffer_failed(out))
        tw_conn_abort(peer->conn);
    else
        tw_conn_write(peer->conn, out->data, out->len);
}

void
tw_imap_tagged(TwImapPeer *peer, TwImapResult result, const char *text)
{
    static const char *const words[] = { "OK", "NO", "BAD" };

    tw_conn_printf(peer->conn, "%s %s %s\r\n", peer->tag, words[result], text);
}

void
tw_imap_done(TwImapPeer *peer, TwImapResult result, const char *text)
{
    if (peer->state == TW_IMAP_SELECTED)
        tw_imap_view_sync(peer, !peer->keep);
    tw_imap_tagged(peer, result, text);
}

const char *
tw_imap_error_text(const GError *error)
{
    if (error == NULL || error->domain != TW_ERROR)
        return "[UNAVAILABLE] Not possible now";
    switch ((TwError) error->code) {
    case TW_ERROR_NOT_FOUND:
        return "[NONEXISTENT] No such mailbox or message";
    case TW_ERROR_NO_ACCESS:
        return "[NOPERM] Not allowed";
    case TW_ERROR_INVALID:
        return "[CANNOT] Not possible";
    case TW_ERROR_EXISTS:
        return "[ALREADYEXISTS] There is one already";
    case TW_ERROR_TOO_BIG:
    case TW_ERROR_TOO_COMPLEX:
        return "[LIMIT] Too much";
    case TW_ERROR_QUOTA:
    case TW_ERROR_NO_SPACE:
        return "[OVERQUOTA] No space left";
    case TW_ERROR_CORRUPT:
        return "[SERVERBUG] Damaged";
    case TW_ERROR_UNSUPPORTED:
        return "[CANNOT] Not offered";
    case TW_ERROR_SUBMITTED:
    case TW_ERROR_CHANGED:
    case TW_ERROR_BUSY:
        return "[INUSE] In use";
    case TW_ERROR_END_OF_SESSION:
    case TW_ERROR_FAILED:
    case TW_ERROR_TIMEOUT:
    case TW_ERROR_AMBIGUOUS:
    case TW_ERROR_CANCELLED:
    case TW_ERROR_NOT_QUEUED:
    case TW_ERROR_OFFLINE:
        break;
    }
    return "[UNAVAILABLE] Not possible now";
}

void
tw_imap_done_error(TwImapPeer *peer, const GError *error)
{
    tw_imap_done(peer, TW_IMAP_NO, tw_imap_error_text(error));
}

void
tw_imap_progress(TwImapPeer *peer, guint done, guint of)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    gint64 now = g_get_monotonic_time();

    if (now - peer->told_us < (gint64) peer->options->progress_s * G_USEC_PER_SEC)
        return;
    peer->told_us = now;
    tw_imap_put_text(&out, "* OK [INPROGRESS (");
    tw_imap_put_string(&out, peer->tag, strlen(peer->tag));
    tw_buffer_put_u8(&out, ' ');
    tw_imap_put_number(&out, done);
    tw_buffer_put_u8(&out, ' ');
    tw_imap_put_number(&out, of);
    tw_imap_put_text(&out, ")] Still at it\r\n");
    tw_imap_write(peer, &out);
    (void) tw_conn_flush(peer->conn);
}
