/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Logging on at the relay (RFC 4954): by the best way that it offers, and only where nobody listens. */
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/random.h"
#include "spooler/scram.h"
#include "spooler/smtp-private.h"

static gboolean
is_loopback(const TwAddress *address)
{
    static const guint8 own[16] = { [15] = 1 };

    return (address->family == TW_ADDRESS_INET && address->bytes[0] == 127) ||
           (address->family == TW_ADDRESS_INET6 && memcmp(address->bytes, own, sizeof own) == 0);
}

static gboolean
line_is_private(const TwSmtp *smtp, const TwSmtpOptions *options)
{
    const TwAddress *peer = tw_client_get_peer(smtp->client);

    if (options->unix_path != NULL || is_loopback(peer))
        return TRUE;
    return tw_client_is_tls(smtp->client) && options->security != TW_SMTP_WHEN_THERE;
}

static void
put_base64(TwSmtp *smtp, const void *data, gsize len)
{
    tw_base64_encode(&smtp->out, data, len, TW_BASE64_STANDARD);
    tw_smtp_put(smtp, "\r\n");
}

/* RFC 4616: nobody NUL user NUL password. */
static gboolean
log_on_plain(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    gsize user_len = strlen(options->user), secret_len;
    const char *secret = tw_secret_reveal(options->password, &secret_len);
    g_auto(TwBuffer) message = TW_BUFFER_INIT(TW_SMTP_COMMANDS_MOST / 2);

    tw_buffer_put_u8(&message, 0);
    tw_buffer_put(&message, options->user, user_len);
    tw_buffer_put_u8(&message, 0);
    tw_buffer_put(&message, secret, secret_len);
    tw_smtp_put(smtp, "AUTH PLAIN ");
    put_base64(smtp, message.data, message.len);
    tw_secret_wipe(message.data, message.len);
    return tw_smtp_flush(smtp, error) && tw_smtp_read(smtp, FALSE, error);
}

static gboolean
log_on_by_login(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    gsize secret_len;
    const char *secret = tw_secret_reveal(options->password, &secret_len);

    if (!tw_smtp_ask(smtp, "AUTH LOGIN", error))
        return FALSE;
    if (smtp->reply.code != 334)
        return TRUE;
    put_base64(smtp, options->user, strlen(options->user));
    if (!tw_smtp_flush(smtp, error) || !tw_smtp_read(smtp, FALSE, error))
        return FALSE;
    if (smtp->reply.code != 334)
        return TRUE;
    put_base64(smtp, secret, secret_len);
    return tw_smtp_flush(smtp, error) && tw_smtp_read(smtp, FALSE, error);
}

/* ---- without saying the password ---- */

/* The bytes of a challenge: the whole text of an answer. */
static gboolean
read_challenge(const TwSmtp *smtp, TwBuffer *ret)
{
    const GString *text = smtp->reply.text;

    return tw_base64_decode(ret, text->str, text->len, TW_BASE64_STANDARD, NULL);
}

static gboolean
not_the_relay(TwSmtp *smtp, GError **error)
{
    smtp->broken = TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS,
                        "the relay did not show that it knows the password");
    return FALSE;
}

static gboolean
say(TwSmtp *smtp, const char *head, const char *text, GError **error)
{
    tw_smtp_put(smtp, head);
    put_base64(smtp, text, strlen(text));
    return tw_smtp_flush(smtp, error) && tw_smtp_read(smtp, FALSE, error);
}

/* RFC 4954, 4: what the relay says last comes as a challenge, and is answered by nothing. */
static gboolean
check_relay(TwSmtp *smtp, const TwScram *scram, GError **error)
{
    g_auto(TwBuffer) said = TW_BUFFER_INIT(TW_SCRAM_MESSAGE_MAX);

    if (smtp->reply.code != 334)
        return smtp->reply.code == 235 ? not_the_relay(smtp, error) : TRUE;
    if (!read_challenge(smtp, &said) ||
        !tw_scram_is_server(scram, (const char *) said.data, said.len))
        return not_the_relay(smtp, error);
    return tw_smtp_ask(smtp, "", error);
}

static gboolean
log_on_by_scram(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    g_auto(TwBuffer) said = TW_BUFFER_INIT(TW_SCRAM_MESSAGE_MAX);
    g_auto(TwScram) scram = { 0 };
    guint8 random[24];
    g_autofree char *nonce = NULL, *first = NULL, *last = NULL;

    tw_random_bytes(random, sizeof random);
    nonce = g_base64_encode(random, sizeof random); /* has no comma */
    first = tw_scram_begin(&scram, options->user, nonce);
    if (!say(smtp, "AUTH SCRAM-SHA-256 ", first, error))
        return FALSE;
    if (smtp->reply.code != 334)
        return TRUE;
    if (!read_challenge(smtp, &said)) {
        smtp->broken = TRUE;
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a challenge that is no base64");
        return FALSE;
    }
    last = tw_scram_answer(&scram, (const char *) said.data, said.len, options->password, error);
    if (last == NULL) {
        smtp->broken = TRUE; /* in the middle of it */
        return FALSE;
    }
    return say(smtp, "", last, error) && check_relay(smtp, &scram, error);
}

gboolean
tw_smtp_log_on(TwSmtp *smtp, const TwSmtpOptions *options, GError **error)
{
    gboolean answered;

    if (options->user == NULL || *options->user == '\0')
        return TRUE;
    if (!line_is_private(smtp, options)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS,
                            "the password is kept back: the line to the relay is not secure");
        return FALSE;
    }
    if (smtp->offer.has & TW_SMTP_HAS_AUTH_SCRAM) {
        answered = log_on_by_scram(smtp, options, error);
    } else if (smtp->offer.has & TW_SMTP_HAS_AUTH_PLAIN) {
        answered = log_on_plain(smtp, options, error);
    } else if (smtp->offer.has & TW_SMTP_HAS_AUTH_LOGIN) {
        answered = log_on_by_login(smtp, options, error);
    } else {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                            "the relay offers no AUTH of SCRAM-SHA-256, PLAIN or LOGIN");
        return FALSE;
    }
    return answered &&
           (smtp->reply.code == 235 ||
            tw_smtp_refused(smtp, TW_ERROR_NO_ACCESS, "the relay refused the log-on", error));
}
