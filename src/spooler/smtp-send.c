/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One mail:
 *
 *   MAIL -> RCPT for each -> DATA -> text, dot -> the answer that moves the mail to the relay
 *
 * With PIPELINING up to %WINDOW commands go before their answers are read; DATA waits until some recipient was taken, so that a
 * mail for nobody is never begun. When the dialogue ends early, RSET makes the connection good for the next mail.
 */
#include "base/error.h"
#include "spooler/smtp-private.h"

enum {
    WINDOW = 50, /* commands under way: their answers fit into the system's buffers on both sides */
    PIECE = 65536,        /* of the text, sent at once */
    LAST_WORDS_MS = 2000, /* for the answer of a server that hung up in the middle of a mail */
};

typedef struct {
    TwSmtp *smtp;
    const TwSmtpMail *mail;
    TwSmtpRecipient *recipients;
    guint count;
    guint taken;   /* recipients that RCPT took */
    gboolean utf8; /* it is said that this mail needs SMTPUTF8 */
    TwSmtpStuff stuff;
} Dialogue;

void
tw_smtp_recipient_clear(TwSmtpRecipient *recipient)
{
    g_clear_pointer(&recipient->text, g_free);
}

static TwSmtpOutcome
outcome_of(guint code)
{
    return code / 100 == 2 ? TW_SMTP_TAKEN : code / 100 == 5 ? TW_SMTP_NEVER : TW_SMTP_LATER;
}

/* What the server just said is this recipient's answer. */
static void
note(TwSmtpRecipient *recipient, const TwSmtp *smtp)
{
    g_free(recipient->text);
    recipient->text = tw_smtp_reply_text(smtp);
    recipient->code = smtp->reply.code;
    memcpy(recipient->status, smtp->reply.status, sizeof recipient->status);
    recipient->outcome = outcome_of(smtp->reply.code);
}

/* What we say ourselves, as if the server had said it. */
static void
note_own(TwSmtpRecipient *recipient, guint16 code, const guint8 status[3], const char *text)
{
    g_free(recipient->text);
    recipient->text = g_strdup(text);
    recipient->code = code;
    memcpy(recipient->status, status, sizeof recipient->status);
    recipient->outcome = outcome_of(code);
}

/* All that are still on their way: RCPT took them, or it was not asked yet. */
static void
note_all(Dialogue *dialogue)
{
    for (guint i = 0; i < dialogue->count; i++) {
        if (dialogue->recipients[i].outcome != TW_SMTP_NEVER &&
            (dialogue->recipients[i].code == 0 || dialogue->recipients[i].outcome == TW_SMTP_TAKEN))
            note(&dialogue->recipients[i], dialogue->smtp);
    }
}

/* RCPT took them, and then the line broke. */
static void
forget_taken(Dialogue *dialogue)
{
    for (guint i = 0; i < dialogue->count; i++) {
        if (dialogue->recipients[i].outcome == TW_SMTP_TAKEN)
            dialogue->recipients[i].outcome = TW_SMTP_LATER;
    }
}

/* ---- the envelope ---- */

static gboolean
has(const Dialogue *dialogue, TwSmtpHas what)
{
    return (dialogue->smtp->offer.has & what) != 0;
}

static gboolean
wants_utf8(const Dialogue *dialogue)
{
    if (dialogue->mail->utf8 || tw_smtp_path_needs_utf8(dialogue->mail->sender))
        return TRUE;
    for (guint i = 0; i < dialogue->count; i++) {
        if (tw_smtp_path_needs_utf8(dialogue->recipients[i].address))
            return TRUE;
    }
    return FALSE;
}

/* FALSE: the sender cannot stand in an envelope. */
static gboolean
put_mail(Dialogue *dialogue)
{
    const TwSmtpMail *mail = dialogue->mail;
    TwSmtp *smtp = dialogue->smtp;
    char size[40];

    tw_smtp_put(smtp, "MAIL FROM:");
    if (!tw_smtp_put_path(&smtp->out, mail->sender, dialogue->utf8)) {
        tw_buffer_clear(&smtp->out);
        return FALSE;
    }
    g_snprintf(size, sizeof size, " SIZE=%" G_GUINT64_FORMAT, mail->size);
    if (has(dialogue, TW_SMTP_HAS_SIZE))
        tw_smtp_put(smtp, size);
    if (mail->eight_bit && has(dialogue, TW_SMTP_HAS_8BITMIME))
        tw_smtp_put(smtp, " BODY=8BITMIME");
    if (dialogue->utf8)
        tw_smtp_put(smtp, " SMTPUTF8");
    if (has(dialogue, TW_SMTP_HAS_DSN)) {
        tw_smtp_put(smtp, mail->headers_only ? " RET=HDRS" : " RET=FULL");
        if (mail->envelope != NULL) {
            tw_smtp_put(smtp, " ENVID=");
            tw_smtp_put_xtext(&smtp->out, mail->envelope);
        }
    }
    tw_smtp_put(smtp, "\r\n");
    return TRUE;
}

static void
put_notify(TwSmtp *smtp, guint notify)
{
    static const struct {
        TwSmtpNotify bit;
        const char *word;
    } words[] = {
        { TW_SMTP_NOTIFY_SUCCESS, "SUCCESS" },
        { TW_SMTP_NOTIFY_FAILURE, "FAILURE" },
        { TW_SMTP_NOTIFY_DELAY, "DELAY" },
    };
    const char *before = " NOTIFY=";

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if ((notify & words[i].bit) == 0)
            continue;
        tw_smtp_put(smtp, before);
        tw_smtp_put(smtp, words[i].word);
        before = ",";
    }
}

/* FALSE: it is no address, and that is noted. */
static gboolean
put_recipient(Dialogue *dialogue, TwSmtpRecipient *recipient)
{
    static const guint8 no_address[3] = { 5, 1, 3 }, no_utf8[3] = { 5, 6, 7 };
    TwSmtp *smtp = dialogue->smtp;
    gsize start = smtp->out.len;

    tw_smtp_put(smtp, "RCPT TO:");
    if (*recipient->address == '\0' ||
        !tw_smtp_put_path(&smtp->out, recipient->address, dialogue->utf8)) {
        smtp->out.len = start;
        if (tw_smtp_path_needs_utf8(recipient->address) && !dialogue->utf8)
            note_own(recipient, 553, no_utf8, "The relay does not take such an address (SMTPUTF8)");
        else
            note_own(recipient, 553, no_address, "This is no mail address");
        return FALSE;
    }
    if (has(dialogue, TW_SMTP_HAS_DSN)) {
        put_notify(smtp, recipient->notify);
        tw_smtp_put(smtp, " ORCPT=rfc822;");
        tw_smtp_put_xtext(&smtp->out, recipient->address);
    }
    tw_smtp_put(smtp, "\r\n");
    return TRUE;
}

/* Asks for recipients from @first to before @end, with MAIL before the first when it still waits to be sent. FALSE in *@ret_go_on: the
 * sender was refused, or the server says goodbye. */
static gboolean
ask_window(Dialogue *dialogue, guint first, guint end, gboolean *ret_go_on, GError **error)
{
    TwSmtp *smtp = dialogue->smtp;
    gboolean with_mail = smtp->out.len > 0, sender_ok = TRUE;
    guint64 asked = 0;

    for (guint i = first; i < end; i++) {
        if (put_recipient(dialogue, &dialogue->recipients[i]))
            asked |= G_GUINT64_CONSTANT(1) << (i - first);
    }
    if (!tw_smtp_flush(smtp, error))
        return FALSE;
    if (with_mail) {
        if (!tw_smtp_read(smtp, FALSE, error))
            return FALSE;
        sender_ok = smtp->reply.code / 100 == 2;
        if (!sender_ok)
            note_all(dialogue);
    }
    for (guint i = first; i < end && !smtp->broken; i++) {
        if ((asked & (G_GUINT64_CONSTANT(1) << (i - first))) == 0)
            continue;
        if (!tw_smtp_read(smtp, FALSE, error))
            return FALSE;
        if (!sender_ok)
            continue;
        note(&dialogue->recipients[i], smtp);
        dialogue->taken += dialogue->recipients[i].outcome == TW_SMTP_TAKEN;
    }
    *ret_go_on = sender_ok && !smtp->broken;
    return TRUE;
}

static gboolean
send_envelope(Dialogue *dialogue, gboolean *ret_go_on, GError **error)
{
    static const guint8 bad_sender[3] = { 5, 1, 7 };
    TwSmtp *smtp = dialogue->smtp;
    guint window = has(dialogue, TW_SMTP_HAS_PIPELINING) ? WINDOW : 1;

    *ret_go_on = FALSE;
    if (!put_mail(dialogue)) {
        for (guint i = 0; i < dialogue->count; i++)
            note_own(&dialogue->recipients[i], 553, bad_sender, "The sender has no mail address");
        return TRUE;
    }
    if (window == 1) {
        if (!tw_smtp_flush(smtp, error) || !tw_smtp_read(smtp, FALSE, error))
            return FALSE;
        if (smtp->reply.code / 100 != 2) {
            note_all(dialogue);
            return TRUE;
        }
    }
    for (guint first = 0; first < dialogue->count; first += window) {
        guint end = MIN(first + window, dialogue->count);
        if (!ask_window(dialogue, first, end, ret_go_on, error))
            return FALSE;
        if (!*ret_go_on)
            return TRUE;
    }
    *ret_go_on = dialogue->taken > 0;
    return TRUE;
}

/* ---- the text ---- */

static gboolean
send_piece(gpointer data, const guint8 *bytes, gsize len, GError **error)
{
    Dialogue *dialogue = data;
    TwSmtp *smtp = dialogue->smtp;

    for (gsize done = 0; done < len;) {
        gsize piece = MIN(len - done, PIECE);

        tw_smtp_stuff(&dialogue->stuff, &smtp->out, bytes + done, piece);
        done += piece;
        if (smtp->out.len >= PIECE && !tw_smtp_flush(smtp, error))
            return FALSE;
        if (!tw_cancel_check(smtp->cancel, tw_deadline_never(), error))
            return FALSE;
    }
    return TRUE;
}

/* A server that refuses a mail in the middle of it says why and hangs up: then writing fails, and the answer waits to be read. */
static gboolean
read_last_words(Dialogue *dialogue)
{
    TwSmtp *smtp = dialogue->smtp;

    smtp->reply_ms = MIN(smtp->reply_ms, LAST_WORDS_MS);
    if (!tw_smtp_read(smtp, FALSE, NULL) || smtp->reply.code < 400)
        return FALSE;
    note_all(dialogue);
    return TRUE;
}

static gboolean
send_text(Dialogue *dialogue, gboolean *ret_unsure, GError **error)
{
    const TwSmtpMail *mail = dialogue->mail;
    TwSmtp *smtp = dialogue->smtp;

    if (!mail->body(mail->data, send_piece, dialogue, error) ||
        (smtp->out.len > 0 && !tw_smtp_flush(smtp, error))) {
        gboolean line_broke = smtp->broken;

        smtp->broken = TRUE; /* without its dot the server has no mail */
        if (!line_broke || !read_last_words(dialogue))
            return FALSE;
        smtp->broken = TRUE;
        g_clear_error(error);
        return TRUE;
    }
    tw_smtp_stuff_end(&dialogue->stuff, &smtp->out);
    *ret_unsure = TRUE;
    if (!tw_smtp_flush(smtp, error) || !tw_smtp_read(smtp, TRUE, error))
        return FALSE;
    *ret_unsure = FALSE;
    note_all(dialogue);
    return TRUE;
}

static gboolean
send_data(Dialogue *dialogue, gboolean *ret_unsure, GError **error)
{
    TwSmtp *smtp = dialogue->smtp;

    tw_smtp_put(smtp, "DATA\r\n");
    if (!tw_smtp_flush(smtp, error) || !tw_smtp_read(smtp, FALSE, error))
        return FALSE;
    if (smtp->reply.code / 100 == 3)
        return send_text(dialogue, ret_unsure, error);
    if (smtp->reply.code / 100 == 2) {
        smtp->broken = TRUE;
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "the relay answered DATA as if the mail were over");
        return FALSE;
    }
    note_all(dialogue);
    return TRUE;
}

/* The server knows nothing of the next mail yet. */
static void
reset(TwSmtp *smtp)
{
    if (smtp->broken)
        return;
    tw_smtp_put(smtp, "RSET\r\n");
    if (!tw_smtp_flush(smtp, NULL) || !tw_smtp_read(smtp, FALSE, NULL) ||
        smtp->reply.code / 100 != 2)
        smtp->broken = TRUE;
}

/* What cannot go over this connection whatever the server says of it. */
static gboolean
find_obstacle(Dialogue *dialogue)
{
    static const guint8 too_big[3] = { 5, 3, 4 }, no_utf8[3] = { 5, 6, 7 };
    const TwSmtpMail *mail = dialogue->mail;
    guint64 most = dialogue->smtp->offer.most_size;

    for (guint i = 0; i < dialogue->count; i++) {
        if (most != 0 && mail->size > most)
            note_own(&dialogue->recipients[i], 552, too_big,
                     "The mail is larger than the relay takes");
        else if (mail->utf8 && !dialogue->utf8)
            note_own(&dialogue->recipients[i], 553, no_utf8,
                     "The relay does not take such a mail (SMTPUTF8)");
    }
    return dialogue->recipients[0].code != 0;
}

gboolean
tw_smtp_send(TwSmtp *smtp,
             const TwSmtpMail *mail,
             TwSmtpRecipient *recipients,
             guint count,
             gboolean *ret_unsure,
             GError **error)
{
    Dialogue dialogue = { .smtp = smtp, .mail = mail, .recipients = recipients, .count = count };
    gboolean go_on = FALSE, ok;

    *ret_unsure = FALSE;
    for (guint i = 0; i < count; i++) {
        tw_smtp_recipient_clear(&recipients[i]);
        recipients[i].outcome = TW_SMTP_LATER;
        recipients[i].code = 0;
        memset(recipients[i].status, 0, sizeof recipients[i].status);
    }
    dialogue.utf8 = has(&dialogue, TW_SMTP_HAS_SMTPUTF8) && wants_utf8(&dialogue);
    if (find_obstacle(&dialogue))
        return TRUE;
    ok = send_envelope(&dialogue, &go_on, error);
    if (ok && go_on)
        ok = send_data(&dialogue, ret_unsure, error);
    else if (ok)
        reset(smtp);
    /* who was taken for a mail that then did not go */
    if (!ok || !go_on)
        forget_taken(&dialogue);
    return ok;
}
