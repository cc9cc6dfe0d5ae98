/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * APPEND, also of several messages at once (RFC 3502): all of them or none. The messages were collected apart from the command,
 * in which only the heads of their literals stand.
 */
#include <string.h>

#include "imap/imap-private.h"

typedef struct {
    TwDeliveryTarget target;
    gint64 recv_us; /* 0: now */
    GBytes *mail;
    guint32 mid, uid;
} Message;

static void
clear_message(gpointer data)
{
    g_clear_pointer(&((Message *) data)->mail, g_bytes_unref);
}

gboolean
tw_imap_append_takes_mail(const guint8 *command, gsize len)
{
    TwCursor cur = tw_cursor_init(command, len);
    char tag[TW_IMAP_TAG_MAX + 1];
    g_autofree char *name = NULL;

    return tw_imap_take_tag(&cur, tag) && tw_imap_take_char(&cur, ' ') &&
           tw_imap_take_word(&cur, "APPEND") && tw_imap_take_char(&cur, ' ') &&
           tw_imap_take_astring(&cur, &name) && tw_imap_take_char(&cur, ' ');
}

/* ---- reading the command ---- */

/* The head of a literal; its bytes are the next of those that were collected. */
static gboolean
take_mail(TwImapPeer *peer, TwCursor *args, guint *next, Message *message)
{
    TwImapLiteral literal;
    const guint8 *lf;

    (void) tw_imap_take_char(args, '~');
    lf = args->left > 0 && args->next[0] == '{' ? memchr(args->next, '\n', args->left) : NULL;
    if (lf == NULL || peer->mails == NULL || *next == peer->mails->len ||
        !tw_imap_find_literal(args->next, (gsize) (lf - args->next) + 1, &literal))
        return FALSE;
    message->mail = g_byte_array_free_to_bytes(g_byte_array_ref(peer->mails->pdata[*next]));
    (*next)++;
    return tw_cursor_skip(args, (gsize) (lf - args->next) + 1);
}

static gboolean
take_message(TwImapPeer *peer,
             TwCursor *args,
             const TwImapBox *to,
             guint *next,
             Message *ret,
             GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gboolean utf8;

    if (args->left > 0 && args->next[0] == '(') {
        if (!tw_imap_take_flags(args, FALSE, names) || !tw_imap_take_char(args, ' '))
            return FALSE;
    }
    if (tw_imap_take_date_time(args, &ret->recv_us) && !tw_imap_take_char(args, ' '))
        return FALSE;
    utf8 = tw_imap_take_word(args, "UTF8");
    if ((utf8 && (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))) ||
        !take_mail(peer, args, next, ret) || (utf8 && !tw_imap_take_char(args, ')')))
        return FALSE;
    if (to->folder != 0) {
        TwFlagChange change = { 0 };
        guint flags = 0;

        if (tw_imap_flags_resolve(peer, &to->store, to->folder, names, TRUE, &flags,
                                  &ret->target.kw, error))
            tw_imap_flags_to_change(flags, 0, &change);
        ret->target.store = to->store;
        ret->target.folder = to->folder;
        ret->target.flags = change.flags_set;
        ret->target.status = change.status_set;
    }
    return TRUE;
}

static gboolean
take_messages(
    TwImapPeer *peer, TwCursor *args, const TwImapBox *to, GArray *messages, GError **error)
{
    guint next = 0;

    do {
        Message message = { 0 };
        gboolean understood = take_message(peer, args, to, &next, &message, error);

        if (understood)
            g_array_append_val(messages, message);
        else
            clear_message(&message);
        if (!understood)
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_end(args);
}

/* ---- putting them there ---- */

static gboolean
deliver(TwImapPeer *peer, Message *message, GError **error)
{
    g_auto(TwMailDeliverArgs) args = { .mail = message->mail,
                                       .targets = { &message->target, 1 },
                                       .recv_us = message->recv_us };
    TwMailResult *result;

    if (!tw_session_mail_deliver(peer->session, &args, error))
        return FALSE;
    result = &g_array_index(args.results, TwMailResult, 0);
    if (result->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&result->error));
        return FALSE;
    }
    message->mid = result->made.mid;
    message->uid = result->made.uid;
    g_clear_pointer(&message->mail, g_bytes_unref);
    return TRUE;
}

static void
take_back(TwImapPeer *peer, const GArray *messages, guint count)
{
    for (guint i = 0; i < count; i++) {
        const Message *message = &g_array_index(messages, Message, i);
        g_auto(TwMessagesDeleteArgs) args = { .store = message->target.store,
                                              .folder = message->target.folder,
                                              .messages = { &message->mid, 1 },
                                              .hard = TRUE };

        (void) tw_session_messages_delete(peer->session, &args, NULL);
    }
}

static gboolean
deliver_all(TwImapPeer *peer, GArray *messages, GError **error)
{
    for (guint i = 0; i < messages->len; i++) {
        if (!deliver(peer, &g_array_index(messages, Message, i), error)) {
            take_back(peer, messages, i);
            return FALSE;
        }
    }
    return TRUE;
}

static void
tell(TwImapPeer *peer, const TwImapBox *to, const GArray *messages)
{
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_auto(TwBuffer) text = TW_BUFFER_INIT(1 << 20);

    for (guint i = 0; i < messages->len; i++)
        tw_imap_ranges_add(uids, g_array_index(messages, Message, i).uid);
    tw_imap_put_text(&text, "[APPENDUID ");
    tw_imap_put_number(&text, to->row->uidvalidity);
    tw_buffer_put_u8(&text, ' ');
    tw_imap_ranges_put(&text, uids);
    tw_imap_put_text(&text, "] APPEND done");
    tw_buffer_put_u8(&text, 0);
    tw_imap_done(peer, TW_IMAP_OK, (const char *) text.data);
}

gboolean
tw_imap_cmd_append(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GArray) messages = g_array_new(FALSE, TRUE, sizeof(Message));
    g_autofree char *name = NULL;
    g_auto(TwImapBox) to = { 0 };
    g_autoptr(GError) error = NULL, why = NULL;
    gboolean found;

    g_array_set_clear_func(messages, clear_message);
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_char(args, ' '))
        return FALSE;
    found = tw_imap_box_find(peer, name, &to, &error) && to.folder != 0;
    if (!take_messages(peer, args, &to, messages, &why))
        return FALSE;
    g_clear_pointer(&peer->mails, g_ptr_array_unref);
    if (!found) {
        tw_imap_done(peer, TW_IMAP_NO, "[TRYCREATE] No such mailbox");
        return TRUE;
    }
    for (guint i = 0; i < messages->len; i++) {
        if (g_bytes_get_size(g_array_index(messages, Message, i).mail) == 0) {
            tw_imap_done(peer, TW_IMAP_NO, "An empty message is none"); /* RFC 3502: cancelled */
            return TRUE;
        }
    }
    if (!deliver_all(peer, messages, &error))
        tw_imap_done_error(peer, error);
    else
        tell(peer, &to, messages);
    return TRUE;
}
