/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is said of messages. Long answers are pulled by the client, piece by piece; no thread waits for it. */
#include "base/error.h"
#include "groupware/mail-made.h"
#include "pop3/pop3-private.h"
#include "pop3/text.h"

enum {
    LINE_ROOM = 48,   /* of one line of a list */
    PIECE = 64 << 10, /* of a mail that is read at once */
};

static const char gone[] = "-ERR No such message";

void
tw_pop3_stat(TwPop3Peer *peer, const TwPop3Command *command)
{
    (void) command;
    tw_conn_printf(peer->conn, "+OK %u %" G_GUINT64_FORMAT "\r\n", peer->drop.count,
                   peer->drop.bytes);
}

void
tw_pop3_dele(TwPop3Peer *peer, const TwPop3Command *command)
{
    TwPop3Entry *entry = tw_pop3_drop_get(&peer->drop, command->number);

    if (entry != NULL)
        tw_pop3_drop_delete(&peer->drop, entry);
    tw_pop3_say(peer, entry != NULL ? "+OK Deleted when you quit" : gone);
}

void
tw_pop3_rset(TwPop3Peer *peer, const TwPop3Command *command)
{
    (void) command;
    tw_pop3_drop_reset(&peer->drop);
    tw_pop3_say(peer, "+OK Nothing is deleted");
}

/* ---- lists ---- */

typedef struct {
    TwPop3Peer *peer;
    gboolean ids;   /* UIDL */
    guint32 number; /* the next */
} List;

static void
write_line(const List *list, const char *prefix, guint32 number, const TwPop3Entry *entry)
{
    if (list->ids)
        tw_conn_printf(list->peer->conn, "%s%u %016" G_GINT64_MODIFIER "x\r\n", prefix, number,
                       entry->eid);
    else
        tw_conn_printf(list->peer->conn, "%s%u %u\r\n", prefix, number, entry->size);
}

/* TwProduceFunc */
static gboolean
produce_list(TwConn *conn, gpointer data)
{
    List *list = data;
    const TwPop3Drop *drop = &list->peer->drop;

    for (guint i = 0; i < TW_CONN_PIECE / LINE_ROOM; i++) {
        const TwPop3Entry *entry;

        if (list->number > drop->entries->len) {
            tw_conn_write_str(conn, ".\r\n");
            return FALSE;
        }
        entry = tw_pop3_drop_get(drop, list->number);
        if (entry != NULL)
            write_line(list, "", list->number, entry);
        list->number++;
    }
    return TRUE;
}

void
tw_pop3_list(TwPop3Peer *peer, const TwPop3Command *command)
{
    List list = { peer, command->verb == TW_POP3_UIDL, 1 };
    const TwPop3Entry *entry;

    if (!command->has_number) {
        tw_conn_printf(peer->conn, "+OK %u messages\r\n", peer->drop.count);
        tw_conn_produce(peer->conn, produce_list, g_memdup2(&list, sizeof list), g_free);
        return;
    }
    entry = tw_pop3_drop_get(&peer->drop, command->number);
    if (entry != NULL)
        write_line(&list, "+OK ", command->number, entry);
    else
        tw_pop3_say(peer, gone);
}

/* ---- mails ---- */

typedef struct {
    TwPop3Peer *peer;
    guint32 mid;
    guint64 at; /* next byte of the mail */
    TwPop3Text text;
    GBytes *first; /* owned, nullable: read already */
    GBytes *made;  /* owned, nullable: all of it */
} Mail;

static void
mail_free(gpointer data)
{
    Mail *mail = data;

    g_clear_pointer(&mail->first, g_bytes_unref);
    g_clear_pointer(&mail->made, g_bytes_unref);
    g_free(mail);
}

static GBytes *
read_piece(const Mail *mail, GError **error)
{
    g_auto(TwMailReadArgs) args = { .store = mail->peer->drop.store,
                                    .folder = mail->peer->drop.folder,
                                    .message = mail->mid,
                                    .offset = mail->at,
                                    .most = PIECE };

    if (mail->made != NULL) {
        gsize size = g_bytes_get_size(mail->made), at = (gsize) MIN(mail->at, (guint64) size);

        return g_bytes_new_from_bytes(mail->made, at, MIN(size - at, (gsize) PIECE));
    }
    return tw_session_mail_read(mail->peer->session, &args, error) ? g_steal_pointer(&args.bytes)
                                                                   : NULL;
}

/* TwProduceFunc. A message that goes while it is sent ends the connection, for half of it went out. */
static gboolean
produce_mail(TwConn *conn, gpointer data)
{
    Mail *mail = data;
    g_autoptr(GBytes) piece =
        mail->first != NULL ? g_steal_pointer(&mail->first) : read_piece(mail, NULL);
    gboolean more;
    TwBuffer out;
    gsize len;

    if (piece == NULL) {
        tw_conn_abort(conn);
        return FALSE;
    }
    len = g_bytes_get_size(piece);
    mail->at += len;
    if (!tw_conn_begin_output(conn, 2 * len + 8, &out))
        return FALSE;
    more = tw_pop3_text_put(&mail->text, g_bytes_get_data(piece, NULL), len, &out) && len == PIECE;
    if (!more)
        tw_pop3_text_end(&mail->text, &out);
    return tw_conn_end_output(conn, &out) && more;
}

/* Deleted messages can be read until they are purged; here they are gone. */
static gboolean
is_there(const Mail *mail, GError **error)
{
    g_auto(TwMessageGetArgs) args = { .store = mail->peer->drop.store,
                                      .folder = mail->peer->drop.folder,
                                      .message = mail->mid };

    if (!tw_session_message_get(mail->peer->session, &args, error))
        return FALSE;
    if (args.row.state == TW_MESSAGE_NORMAL)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u: deleted", mail->mid);
    return FALSE;
}

/* The first bytes; for a message that did not come as a mail all of them are made. */
static gboolean
begin(Mail *mail, const TwPop3Entry *entry, GError **error)
{
    TwMessagePlace place = { .session = mail->peer->session,
                             .store = mail->peer->drop.store,
                             .folder = mail->peer->drop.folder,
                             .message = mail->mid };

    if (!is_there(mail, error))
        return FALSE;
    if (entry->made) {
        mail->made = tw_mail_made_bytes(&place, TW_POP3_MADE_MOST, NULL, error);
        if (mail->made == NULL)
            return FALSE;
    }
    mail->first = read_piece(mail, error);
    return mail->first != NULL;
}

void
tw_pop3_retr(TwPop3Peer *peer, const TwPop3Command *command)
{
    const TwPop3Entry *entry = tw_pop3_drop_get(&peer->drop, command->number);
    g_autoptr(GError) error = NULL;
    Mail mail = { .peer = peer, .text = { .lines = command->lines } };

    if (entry == NULL) {
        tw_pop3_say(peer, gone);
        return;
    }
    if (!entry->has_mail && !entry->made) {
        tw_pop3_say(peer, "-ERR [SYS/PERM] This item cannot be sent as a mail");
        return;
    }
    mail.mid = entry->mid;
    mail.text.top = command->verb == TW_POP3_TOP;
    if (!begin(&mail, entry, &error)) {
        g_clear_pointer(&mail.made, g_bytes_unref);
        tw_pop3_say_error(peer, error);
        return;
    }
    if (mail.text.top)
        tw_pop3_say(peer, "+OK Its top");
    else
        tw_conn_printf(peer->conn, "+OK %u octets\r\n", entry->size);
    tw_conn_produce(peer->conn, produce_mail, g_memdup2(&mail, sizeof mail), mail_free);
}
