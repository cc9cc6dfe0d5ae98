/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be said at any time: CAPABILITY, NOOP, ID, LOGOUT. */
#include "imap/imap-private.h"

void
tw_imap_put_capabilities(TwImapPeer *peer, TwBuffer *out)
{
    static const char general[] = "CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE";
    static const char logged_on[] =
        " NAMESPACE UNSELECT CHILDREN UIDPLUS MOVE MULTIAPPEND CONDSTORE QRESYNC ESEARCH SEARCHRES"
        " WITHIN SORT SORT=DISPLAY ESORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT LIST-EXTENDED"
        " LIST-STATUS STATUS=SIZE SPECIAL-USE BINARY OBJECTID PREVIEW PARTIAL"
        " UTF8=ACCEPT QUOTA QUOTA=RES-STORAGE"
        " ACL RIGHTS=kxte LIST-MYRIGHTS METADATA REPLACE CREATE-SPECIAL-USE CATENATE"
        " CONTEXT=SEARCH CONTEXT=SORT MULTISEARCH NOTIFY INPROGRESS SAVEDATE";

    tw_imap_put_text(out, general);
    if (peer->options->idle)
        tw_imap_put_text(out, " IDLE");
    if (peer->state == TW_IMAP_NEW) {
        if (tw_imap_tls(peer->imap) != NULL && !tw_conn_is_tls(peer->conn))
            tw_imap_put_text(out, " STARTTLS");
        tw_imap_put_text(out, " LOGIN-REFERRALS");
        if (tw_imap_needs_tls(peer))
            tw_imap_put_text(out, " LOGINDISABLED");
        tw_client_sasl_put_names(out, tw_imap_sasl_offers(peer), " AUTH=");
        return;
    }
    tw_imap_put_text(out, logged_on);
    if (!tw_conn_is_deflated(peer->conn))
        tw_imap_put_text(out, " COMPRESS=DEFLATE");
    tw_imap_put_text(out, " APPENDLIMIT=");
    tw_imap_put_number(out, peer->options->mail_max);
}

gboolean
tw_imap_cmd_capability(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);

    if (!tw_imap_take_end(args))
        return FALSE;
    tw_imap_put_text(&out, "* ");
    tw_imap_put_capabilities(peer, &out);
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "CAPABILITY done");
    return TRUE;
}

gboolean
tw_imap_cmd_noop(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_imap_done(peer, TW_IMAP_OK, "Done");
    return TRUE;
}

/* RFC 2971: at most 30 fields, none longer than 1024 bytes; more is passed over. */
gboolean
tw_imap_cmd_id(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_char(args, '(')) {
        while (!tw_imap_take_char(args, ')')) {
            g_autofree char *field = NULL, *value = NULL;

            if (!tw_imap_take_string(args, &field) || !tw_imap_take_char(args, ' ') ||
                !tw_imap_take_nstring(args, &value))
                return FALSE;
            (void) tw_imap_take_char(args, ' ');
        }
    } else if (!tw_imap_take_word(args, "NIL")) {
        return FALSE;
    }
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_conn_write_str(peer->conn, "* ID (\"name\" \"Twiga\")\r\n");
    tw_imap_done(peer, TW_IMAP_OK, "ID done");
    return TRUE;
}

gboolean
tw_imap_cmd_logout(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_conn_write_str(peer->conn, "* BYE Bye\r\n");
    tw_imap_tagged(peer, TW_IMAP_OK, "LOGOUT done");
    tw_conn_close(peer->conn);
    return TRUE;
}
