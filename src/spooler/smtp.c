/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Opening a connection:
 *
 *   greeting -> EHLO -> [STARTTLS -> handshake -> EHLO] -> [AUTH]
 *
 * What was offered in the clear is forgotten after the handshake (RFC 3207, section 4.2).
 */
#include "spooler/smtp.h"

#include "base/error.h"
#include "spooler/smtp-private.h"

enum {
    CONNECT_MS = 30 * 1000,
    WRITE_MS = 180 * 1000, /* RFC 5321, 4.5.3.2.5 */
    REPLY_MS = 300 * 1000,
    END_MS = 600 * 1000,
    SLICE_MS = 250,     /* how often a wait looks whether it is cancelled */
    PATIENCE_MS = 10000 /* for the answer to a mail that is over, when cancelled */
};

/* ---- answers ---- */

/* Waits in slices, to see when it is cancelled; a slice that ends leaves what came of the line where it is. */
static gboolean
read_line(TwSmtp *smtp, TwDeadline *until, gboolean *patient, TwCursor *ret, GError **error)
{
    for (;;) {
        g_autoptr(GError) why = NULL;
        gboolean got;

        tw_client_set_deadline(smtp->client, SLICE_MS);
        got = tw_client_read_line(smtp->client, TW_SMTP_REPLY_LINE_MAX, ret, &why);
        tw_client_set_deadline(smtp->client, 0);
        if (got)
            return TRUE;
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_TIMEOUT)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (*patient && tw_cancel_fired(smtp->cancel)) {
            *until = tw_deadline_earlier(*until, tw_deadline_in_ms(PATIENCE_MS));
            *patient = FALSE;
            continue;
        }
        if (!tw_cancel_check(*patient ? NULL : smtp->cancel, *until, error))
            return FALSE;
    }
}

gboolean
tw_smtp_read(TwSmtp *smtp, gboolean last, GError **error)
{
    TwDeadline until = tw_deadline_in_ms(last ? smtp->end_ms : smtp->reply_ms);
    TwSmtpReplyResult result = TW_SMTP_REPLY_MORE;
    gboolean patient = last;

    while (result == TW_SMTP_REPLY_MORE) {
        TwCursor line;

        if (!read_line(smtp, &until, &patient, &line, error)) {
            smtp->broken = TRUE;
            return FALSE;
        }
        result = tw_smtp_reply_add_line(&smtp->reply, (const char *) line.next, line.left);
    }
    if (result == TW_SMTP_REPLY_BAD) {
        smtp->broken = TRUE;
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "the relay's answer is no answer of SMTP");
        return FALSE;
    }
    if (smtp->reply.code == 421)
        smtp->broken = TRUE;
    return TRUE;
}

char *
tw_smtp_reply_text(const TwSmtp *smtp)
{
    char *text = g_utf8_make_valid(smtp->reply.text->str, (gssize) smtp->reply.text->len);

    for (char *c = text; *c != '\0'; c++) {
        if ((guint8) *c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    return text;
}

/* ---- commands ---- */

void
tw_smtp_put(TwSmtp *smtp, const char *text)
{
    tw_buffer_put(&smtp->out, text, strlen(text));
}

gboolean
tw_smtp_flush(TwSmtp *smtp, GError **error)
{
    gboolean ok = !tw_buffer_failed(&smtp->out) &&
                  tw_client_write(smtp->client, smtp->out.data, smtp->out.len, error);

    if (!ok)
        smtp->broken = TRUE;
    tw_secret_wipe(smtp->out.data, smtp->out.len);
    tw_buffer_clear(&smtp->out);
    return ok;
}

/* A command by itself, and its answer. */
gboolean
tw_smtp_ask(TwSmtp *smtp, const char *command, GError **error)
{
    tw_smtp_put(smtp, command);
    tw_smtp_put(smtp, "\r\n");
    return tw_smtp_flush(smtp, error) && tw_smtp_read(smtp, FALSE, error);
}

gboolean
tw_smtp_refused(const TwSmtp *smtp, TwError code, const char *what, GError **error)
{
    g_autofree char *text = tw_smtp_reply_text(smtp);

    g_set_error(error, TW_ERROR, (gint) code, "%s: %u %s", what, smtp->reply.code, text);
    return FALSE;
}

/* ---- opening ---- */

static gboolean
greet(TwSmtp *smtp, const char *name, GError **error)
{
    g_autofree char *ehlo = g_strdup_printf("EHLO %s", name);
    g_autofree char *helo = g_strdup_printf("HELO %s", name);

    if (!tw_smtp_ask(smtp, ehlo, error))
        return FALSE;
    if (smtp->reply.code / 100 == 2) {
        smtp->offer = tw_smtp_offer_read(smtp->reply.text->str, smtp->reply.text->len);
        return TRUE;
    }
    smtp->offer = (TwSmtpOffer){ 0 };
    /* 4xx is about now, not about what it knows */
    if (smtp->broken || smtp->reply.code / 100 != 5)
        return tw_smtp_refused(smtp, TW_ERROR_FAILED, "EHLO", error);
    if (!tw_smtp_ask(smtp, helo, error))
        return FALSE;
    return smtp->reply.code / 100 == 2 || tw_smtp_refused(smtp, TW_ERROR_FAILED, "HELO", error);
}

static gboolean
start_tls(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    if (!tw_smtp_ask(smtp, "STARTTLS", error))
        return FALSE;
    if (smtp->reply.code != 220)
        return tw_smtp_refused(smtp, TW_ERROR_UNSUPPORTED, "STARTTLS", error);
    if (!tw_client_start_tls(smtp->client, options->tls, options->host, error)) {
        smtp->broken = TRUE;
        return FALSE;
    }
    return greet(smtp, options->name, error);
}

static gboolean
secure(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    gboolean offered = (smtp->offer.has & TW_SMTP_HAS_STARTTLS) != 0;

    switch (options->security) {
    case TW_SMTP_CLEAR:
    case TW_SMTP_TLS:
        return TRUE;
    case TW_SMTP_WHEN_THERE:
        return !offered || start_tls(smtp, options, error);
    case TW_SMTP_STARTTLS:
        if (offered)
            return start_tls(smtp, options, error);
        break;
    }
    g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "the relay does not offer STARTTLS");
    return FALSE;
}

static gboolean
begin(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    if (options->security == TW_SMTP_TLS &&
        !tw_client_start_tls(smtp->client, options->tls, options->host, error))
        return FALSE;
    if (!tw_smtp_read(smtp, FALSE, error))
        return FALSE;
    if (smtp->reply.code != 220)
        return tw_smtp_refused(smtp, TW_ERROR_FAILED, "the relay does not want us", error);
    return greet(smtp, options->name, error) && secure(smtp, options, error) &&
           tw_smtp_log_on(smtp, options, error);
}

TwSmtp *
tw_smtp_open(const TwSmtpOptions *options, GError **error)
{
    TwClientOptions client = {
        .host = options->host,
        .port = options->port,
        .unix_path = options->unix_path,
        .connect_ms = options->connect_ms != 0 ? options->connect_ms : CONNECT_MS,
        .io_ms = WRITE_MS,
    };
    g_autoptr(TwSmtp) smtp = NULL;
    TwClient *connection = tw_client_connect(&client, error);

    if (connection == NULL)
        return NULL;
    smtp = g_new0(TwSmtp, 1);
    smtp->client = connection;
    smtp->cancel = options->cancel != NULL ? tw_cancel_ref(options->cancel) : NULL;
    smtp->reply_ms = options->reply_ms != 0 ? options->reply_ms : REPLY_MS;
    smtp->end_ms = options->end_ms != 0 ? options->end_ms : END_MS;
    smtp->out.limit = (gsize) TW_SMTP_COMMANDS_MOST * 4;
    tw_smtp_reply_init(&smtp->reply);
    if (!begin(smtp, options, error)) {
        g_prefix_error(
            error, "relay %s: ", options->unix_path != NULL ? options->unix_path : options->host);
        return NULL;
    }
    return g_steal_pointer(&smtp);
}

void
tw_smtp_close(TwSmtp *smtp)
{
    if (smtp == NULL)
        return;
    if (!smtp->broken) {
        tw_buffer_clear(&smtp->out);
        tw_smtp_put(smtp, "QUIT\r\n");
        (void) tw_smtp_flush(smtp, NULL);
    }
    tw_client_free(smtp->client);
    tw_cancel_unref(smtp->cancel);
    tw_smtp_reply_clear(&smtp->reply);
    tw_buffer_clear(&smtp->out);
    g_free(smtp);
}

const TwSmtpOffer *
tw_smtp_get_offer(const TwSmtp *smtp)
{
    return &smtp->offer;
}
