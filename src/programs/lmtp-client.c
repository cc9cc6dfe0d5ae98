/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/lmtp-client.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "net/client.h"
#include "net/smtp-reply.h"

enum {
    IO_MS = 10 * 60 * 1000, /* RFC 5321, 4.5.3.2.6: for the answer to a mail */
};

/* A connection, and the last reply on it. */
typedef struct {
    TwClient *client;
    TwSmtpReply reply;
} Talk;

static gboolean
read_reply(Talk *talk, GError **error)
{
    for (;;) {
        TwSmtpReplyResult result;
        TwCursor line;

        if (!tw_client_read_line(talk->client, TW_SMTP_REPLY_LINE_MAX, &line, error))
            return FALSE;
        result = tw_smtp_reply_add_line(&talk->reply, (const char *) line.next, line.left);
        if (result == TW_SMTP_REPLY_DONE)
            return TRUE;
        if (result == TW_SMTP_REPLY_BAD) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "that is no mail server");
            return FALSE;
        }
    }
}

static gboolean
say(Talk *talk, const char *line, GError **error)
{
    return tw_client_write(talk->client, line, strlen(line), error) && read_reply(talk, error);
}

static GError *
refusal(const Talk *talk)
{
    return g_error_new(TW_ERROR, talk->reply.code >= 500 ? TW_ERROR_NO_ACCESS : TW_ERROR_BUSY,
                       "%u %s", talk->reply.code, talk->reply.text->str);
}

static gboolean
say_well(Talk *talk, const char *line, GError **error)
{
    if (!say(talk, line, error))
        return FALSE;
    if (talk->reply.code < 400)
        return TRUE;
    g_propagate_error(error, refusal(talk));
    return FALSE;
}

/* ---- commands ---- */

static char *
mail_command(const TwHandOver *how)
{
    g_autofree char *time = how->recv_us > 0 ? g_strdup_printf(" XTIME=%" G_GINT64_FORMAT,
                                                               how->recv_us / G_USEC_PER_SEC)
                                             : g_strdup("");

    return g_strdup_printf("MAIL FROM:<%s> SIZE=%" G_GSIZE_FORMAT " BODY=8BITMIME%s\r\n",
                           how->sender, g_bytes_get_size(how->mail), time);
}

/* RFC 3461, 4. */
static void
put_xtext(GString *out, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];

        if (c > ' ' && c < 0x7f && c != '+' && c != '=')
            g_string_append_c(out, text[i]);
        else
            g_string_append_printf(out, "+%02X", c);
    }
}

/* An address that the envelope cannot hold as it is goes in quotes. */
static void
put_address(GString *out, const char *address)
{
    const char *at = strrchr(address, '@');
    gsize local = at != NULL ? (gsize) (at - address) : strlen(address);

    if (strcspn(address, " <>()\\\",:;") >= local) {
        g_string_append(out, address);
        return;
    }
    g_string_append_c(out, '"');
    for (gsize i = 0; i < local; i++) {
        if (address[i] == '"' || address[i] == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, address[i]);
    }
    g_string_append_printf(out, "\"%s", address + local);
}

static char *
rcpt_command(const TwHandOver *how, const char *address)
{
    const TwDeliveryWish *wish = how->wish;
    GString *out = g_string_new("RCPT TO:<");

    put_address(out, address);
    g_string_append_c(out, '>');
    if (wish->flags != 0)
        g_string_append_printf(out, " XFLAGS=%u", wish->flags);
    if (wish->folder != NULL) {
        char separator = wish->separator != '\0' ? wish->separator : '\\';

        g_string_append(out, " XFOLDER=");
        put_xtext(out, &separator, 1);
        put_xtext(out, wish->folder, strlen(wish->folder));
    }
    g_string_append(out, "\r\n");
    return g_string_free(out, FALSE);
}

/* ---- the dialogue ---- */

static gboolean
tell_recipients(
    Talk *talk, const TwHandOver *how, char *const *recipients, GError **ret_errors, GError **error)
{
    for (guint i = 0; recipients[i] != NULL; i++) {
        g_autofree char *line = rcpt_command(how, recipients[i]);

        if (strpbrk(recipients[i], "\r\n") != NULL) {
            ret_errors[i] = g_error_new_literal(TW_ERROR, TW_ERROR_NO_ACCESS, "no address");
            continue;
        }
        if (!say(talk, line, error))
            return FALSE;
        if (talk->reply.code >= 300)
            ret_errors[i] = refusal(talk);
    }
    return TRUE;
}

static gboolean
is_any_left(char *const *recipients, GError *const *errors)
{
    for (guint i = 0; recipients[i] != NULL; i++) {
        if (errors[i] == NULL)
            return TRUE;
    }
    return FALSE;
}

static gboolean
tell_mail(
    Talk *talk, const TwHandOver *how, char *const *recipients, GError **ret_errors, GError **error)
{
    gsize len;
    const void *data = g_bytes_get_data(how->mail, &len);
    g_autofree char *line = g_strdup_printf("BDAT %" G_GSIZE_FORMAT " LAST\r\n", len);

    if (!tw_client_write(talk->client, line, strlen(line), error) ||
        !tw_client_write(talk->client, data, len, error))
        return FALSE;
    for (guint i = 0; recipients[i] != NULL; i++) {
        if (ret_errors[i] != NULL)
            continue;
        if (!read_reply(talk, error))
            return FALSE;
        if (talk->reply.code >= 300)
            ret_errors[i] = refusal(talk);
    }
    return TRUE;
}

static gboolean
is_any_later(char *const *recipients, GError *const *errors)
{
    for (guint i = 0; recipients[i] != NULL; i++) {
        if (g_error_matches(errors[i], TW_ERROR, TW_ERROR_BUSY))
            return TRUE;
    }
    return FALSE;
}

static gboolean
talk_through(
    Talk *talk, const TwHandOver *how, char *const *recipients, GError **ret_errors, GError **error)
{
    g_autofree char *mail = mail_command(how);

    if (!read_reply(talk, error) || !say_well(talk, "LHLO localhost\r\n", error) ||
        !say_well(talk, mail, error) || !tell_recipients(talk, how, recipients, ret_errors, error))
        return FALSE;
    if (is_any_left(recipients, ret_errors) && !tell_mail(talk, how, recipients, ret_errors, error))
        return FALSE;
    if (!is_any_later(recipients, ret_errors))
        (void) say(talk, "QUIT\r\n", NULL);
    return TRUE;
}

/* ---- where to ---- */

static gboolean
read_server(const char *server, TwClientOptions *ret, char **ret_host, GError **error)
{
    const char *colon = strrchr(server, ':');
    gsize len = colon != NULL ? (gsize) (colon - server) : 0;
    guint64 port;

    if (g_str_has_prefix(server, "unix:")) {
        ret->unix_path = server + strlen("unix:");
        return TRUE;
    }
    if (colon == NULL || len == 0 ||
        !tw_parse_u64(colon + 1, strlen(colon + 1), G_MAXUINT16, &port)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: neither host:port nor unix:/path",
                    server);
        return FALSE;
    }
    if (server[0] == '[' && server[len - 1] == ']')
        *ret_host = g_strndup(server + 1, len - 2);
    else
        *ret_host = g_strndup(server, len);
    ret->host = *ret_host;
    ret->port = (guint16) port;
    return TRUE;
}

gboolean
tw_hand_over(const TwHandOver *how, char *const *recipients, GError **ret_errors, GError **error)
{
    TwClientOptions options = { .io_ms = IO_MS };
    g_autofree char *host = NULL;
    g_autoptr(TwClient) client = NULL;
    Talk talk = { 0 };
    gboolean ok;

    if (!read_server(how->server, &options, &host, error))
        return FALSE;
    client = tw_client_connect(&options, error);
    if (client == NULL)
        return FALSE;
    talk.client = client;
    tw_smtp_reply_init(&talk.reply);
    ok = talk_through(&talk, how, recipients, ret_errors, error);
    tw_smtp_reply_clear(&talk.reply);
    for (guint i = 0; !ok && recipients[i] != NULL; i++)
        g_clear_error(&ret_errors[i]);
    return ok;
}
