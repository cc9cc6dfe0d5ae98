/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection:
 *
 *   COMMANDS -> TEXT     DATA, with recipients
 *   COMMANDS -> CHUNK    BDAT
 *   COMMANDS -> SKIPPING BDAT that is refused: its bytes must not be taken for commands
 *   TEXT, CHUNK, SKIPPING -> COMMANDS
 */
#include "lmtp/lmtp.h"

#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/time.h"
#include "delivery/delivery.h"
#include "lmtp/command.h"
#include "lmtp/data.h"

enum {
    DEFAULT_MOST_BYTES = 128 << 20,
    DEFAULT_MOST_RECIPIENTS = 1000,
    TRACE_ROOM = 4096,      /* Return-Path and Received in front of a mail */
    TEXT_PIECE = 65536,     /* longest line of a mail that is read at once */
    MOST_ERRORS = 20,       /* commands that were none; then whoever it is is no mail server */
    IDLE_MS = 5 * 60 * 1000 /* RFC 5321, 4.5.3.2.7 */
};

typedef enum {
    STATE_COMMANDS,
    STATE_TEXT,
    STATE_CHUNK,
    STATE_SKIPPING,
} State;

struct TwLmtp {
    TwDelivery *delivery;
    char *host_name;
    guint64 most_bytes;
    guint most_recipients;
};

typedef struct {
    TwLmtp *lmtp;
    TwConn *conn; /* borrowed: it owns this */
    char *client; /* (nullable): what LHLO said */
    State state;
    guint errors;

    /* the mail that is under way */
    char *sender;     /* NULL: none is */
    GPtrArray *names; /* recipients as they were given */
    GArray *targets;  /* of TwDeliveryTarget, likewise */
    TwBuffer mail;
    TwLmtpData text;
    guint64 chunk_left; /* of BDAT */
    gboolean chunk_last, chunks;
    gboolean too_big;

    const char *after_skip; /* while SKIPPING: what to answer when it is over */
} Peer;

/* ---- answers ---- */

static void
reply(Peer *peer, const char *line)
{
    tw_conn_write_str(peer->conn, line);
    tw_conn_write(peer->conn, "\r\n", 2);
}

static const char *
reply_for_recipient(const GError *error)
{
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND))
        return "550 5.1.1 No such recipient here";
    if (g_error_matches(error, TW_ERROR, TW_ERROR_AMBIGUOUS))
        return "550 5.1.4 Recipient is ambiguous";
    return "451 4.3.0 Recipient cannot be looked up now";
}

/* Only what stays wrong is permanent; the sender keeps what is not. */
static const char *
reply_for_delivery(const GError *error)
{
    if (error == NULL)
        return "250 2.1.5 Delivered";
    if (g_error_matches(error, TW_ERROR, TW_ERROR_QUOTA))
        return "552 5.2.2 Mailbox is full";
    if (g_error_matches(error, TW_ERROR, TW_ERROR_TOO_BIG))
        return "552 5.3.4 Mail is too big";
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_SPACE))
        return "452 4.3.1 No space left";
    return "450 4.2.0 Mailbox cannot be used now";
}

/* ---- one mail ---- */

static void
forget_mail(Peer *peer)
{
    g_clear_pointer(&peer->sender, g_free);
    g_ptr_array_set_size(peer->names, 0);
    g_array_set_size(peer->targets, 0);
    tw_buffer_clear(&peer->mail);
    peer->text = (TwLmtpData){ 0 };
    peer->chunks = peer->too_big = FALSE;
}

static void
want_command(Peer *peer)
{
    peer->state = STATE_COMMANDS;
    tw_conn_want_line(peer->conn, TW_LMTP_LINE_MAX);
}

/* RFC 5321, 4.4: who delivers writes down from whom and how it came. */
static void
put_trace(Peer *peer)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *date = g_date_time_format(now, "%a, %d %b %Y %H:%M:%S %z");
    char address[TW_ADDRESS_TEXT_MAX];
    g_autofree char *text = NULL;

    tw_address_format(tw_conn_get_peer(peer->conn), FALSE, address);
    text = g_strdup_printf("Return-Path: <%s>\r\n"
                           "Received: from %s ([%s])\r\n"
                           "\tby %s with %s;\r\n"
                           "\t%s\r\n",
                           peer->sender, peer->client, address, peer->lmtp->host_name,
                           tw_conn_is_tls(peer->conn) ? "LMTPS" : "LMTP", date);
    tw_buffer_put(&peer->mail, text, strlen(text));
}

static void
log_delivery(const Peer *peer, const char *name, const char *answer)
{
    tw_log(answer[0] == '2' ? TW_LOG_INFO : TW_LOG_WARNING, "delivery",
           tw_log_str(TW_LOG_USER, name), tw_log_str(TW_LOG_FROM, peer->sender),
           tw_log_str(TW_LOG_STATUS, answer));
}

/* The mail is whole: one answer for each recipient, in their order. */
static void
deliver(Peer *peer)
{
    guint count = peer->targets->len;
    g_autofree GError **errors = g_new0(GError *, count);
    g_autoptr(GError) all = NULL;
    g_autoptr(GBytes) mail = NULL;

    if (peer->too_big)
        g_set_error(&all, TW_ERROR, TW_ERROR_TOO_BIG, "the mail is larger than this server takes");
    else
        mail = tw_buffer_steal_bytes(&peer->mail, &all);
    if (mail != NULL)
        (void) tw_delivery_run(peer->lmtp->delivery, mail,
                               (const TwDeliveryTarget *) (gpointer) peer->targets->data, count,
                               errors, &all);
    if (all != NULL)
        tw_log(TW_LOG_ERR, "delivery-failed", tw_log_str(TW_LOG_FROM, peer->sender),
               tw_log_error(all));
    for (guint i = 0; i < count; i++) {
        const char *answer = reply_for_delivery(all != NULL ? all : errors[i]);

        log_delivery(peer, peer->names->pdata[i], answer);
        reply(peer, answer);
        g_clear_error(&errors[i]);
    }
    forget_mail(peer);
}

static void
put_mail(Peer *peer, const guint8 *data, gsize len)
{
    if (peer->too_big)
        return;
    tw_buffer_put(&peer->mail, data, len);
    if (tw_buffer_failed(&peer->mail)) {
        peer->too_big = TRUE;
        tw_buffer_clear(&peer->mail);
    }
}

static void
take_text(Peer *peer, TwCursor input)
{
    gsize skip;

    if (tw_lmtp_data_take(&peer->text, input.next, input.left, &skip)) {
        put_mail(peer, input.next + skip, input.left - skip);
        tw_conn_want_line(peer->conn, TEXT_PIECE);
        return;
    }
    deliver(peer);
    want_command(peer);
}

static void
end_chunk(Peer *peer)
{
    if (peer->chunk_last)
        deliver(peer);
    else
        reply(peer, "250 2.0.0 Chunk taken");
    want_command(peer);
}

static void
take_chunk(Peer *peer, TwCursor input)
{
    put_mail(peer, input.next, input.left);
    peer->chunk_left -= input.left;
    if (peer->chunk_left > 0)
        tw_conn_want_some(peer->conn, peer->chunk_left);
    else
        end_chunk(peer);
}

/* ---- commands ---- */

static void
on_lhlo(Peer *peer, TwLmtpCommand *command)
{
    forget_mail(peer);
    g_free(peer->client);
    peer->client = g_steal_pointer(&command->text);
    tw_conn_printf(
        peer->conn,
        "250-%s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
        "250-CHUNKING\r\n250 SIZE %" G_GUINT64_FORMAT "\r\n",
        peer->lmtp->host_name, peer->lmtp->most_bytes);
}

static void
on_mail(Peer *peer, TwLmtpCommand *command)
{
    if (peer->client == NULL) {
        reply(peer, "503 5.5.1 Say LHLO first");
    } else if (peer->sender != NULL) {
        reply(peer, "503 5.5.1 A mail is under way");
    } else if (command->size > peer->lmtp->most_bytes) {
        reply(peer, "552 5.3.4 Mail is too big");
    } else {
        peer->sender = g_steal_pointer(&command->text);
        peer->mail.limit = (gsize) peer->lmtp->most_bytes + TRACE_ROOM;
        put_trace(peer);
        reply(peer, "250 2.1.0 Sender ok");
    }
}

static void
on_rcpt(Peer *peer, TwLmtpCommand *command)
{
    g_autoptr(GError) error = NULL;
    TwDeliveryTarget target;

    if (peer->sender == NULL || peer->chunks) {
        reply(peer, "503 5.5.1 No mail is under way");
    } else if (peer->targets->len >= peer->lmtp->most_recipients) {
        reply(peer, "452 4.5.3 Too many recipients");
    } else if (tw_delivery_find(peer->lmtp->delivery, command->text, &target, &error)) {
        g_array_append_val(peer->targets, target);
        g_ptr_array_add(peer->names, g_steal_pointer(&command->text));
        reply(peer, "250 2.1.5 Recipient ok");
    } else {
        const char *answer = reply_for_recipient(error);

        tw_log(TW_LOG_NOTICE, "recipient-refused", tw_log_str(TW_LOG_USER, command->text),
               tw_log_str(TW_LOG_STATUS, answer), tw_log_error(error));
        reply(peer, answer);
    }
}

static void
on_data(Peer *peer)
{
    if (peer->targets->len == 0 || peer->chunks) {
        reply(peer, "503 5.5.1 No recipients");
        return;
    }
    peer->state = STATE_TEXT;
    reply(peer, "354 End with CRLF.CRLF");
    tw_conn_want_line(peer->conn, TEXT_PIECE);
}

static void
on_bdat(Peer *peer, const TwLmtpCommand *command)
{
    if (peer->targets->len == 0) {
        peer->state = STATE_SKIPPING;
        peer->after_skip = "503 5.5.1 No recipients";
        tw_conn_want_skip(peer->conn, command->size);
        return;
    }
    peer->chunks = TRUE;
    peer->chunk_last = command->is_last;
    peer->chunk_left = command->size;
    if (command->size == 0) {
        end_chunk(peer);
        return;
    }
    peer->state = STATE_CHUNK;
    tw_conn_want_some(peer->conn, command->size);
}

static void
run_command(Peer *peer, TwLmtpCommand *command)
{
    switch (command->verb) {
    case TW_LMTP_LHLO:
        on_lhlo(peer, command);
        break;
    case TW_LMTP_MAIL:
        on_mail(peer, command);
        break;
    case TW_LMTP_RCPT:
        on_rcpt(peer, command);
        break;
    case TW_LMTP_DATA:
        on_data(peer);
        break;
    case TW_LMTP_BDAT:
        on_bdat(peer, command);
        break;
    case TW_LMTP_RSET:
        forget_mail(peer);
        reply(peer, "250 2.0.0 Forgotten");
        break;
    case TW_LMTP_NOOP:
        reply(peer, "250 2.0.0 Still here");
        break;
    case TW_LMTP_VRFY:
        reply(peer, "252 2.1.5 Try to send");
        break;
    case TW_LMTP_STARTTLS:
        reply(peer, "502 5.5.1 Not offered");
        break;
    case TW_LMTP_QUIT:
        reply(peer, "221 2.0.0 Bye");
        tw_conn_close(peer->conn);
        break;
    }
}

static void
take_command(Peer *peer, TwCursor input)
{
    g_auto(TwLmtpCommand) command = { 0 };
    const char *bad = tw_lmtp_command_parse(input.next, input.left, &command);

    if (bad == NULL) {
        run_command(peer, &command);
    } else if (++peer->errors > MOST_ERRORS) {
        reply(peer, "421 4.7.0 Too many errors");
        tw_conn_close(peer->conn);
    } else {
        reply(peer, bad);
    }
}

/* ---- the protocol ---- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    Peer *peer = g_new0(Peer, 1);

    peer->lmtp = listener_data;
    peer->conn = conn;
    peer->names = g_ptr_array_new_with_free_func(g_free);
    peer->targets = g_array_new(FALSE, FALSE, sizeof(TwDeliveryTarget));
    tw_conn_set_data(conn, peer);
    tw_conn_set_timeouts(conn, &timeouts);
    tw_conn_printf(conn, "220 %s LMTP\r\n", peer->lmtp->host_name);
    want_command(peer);
}

static void
on_ready(TwConn *conn, TwCursor input)
{
    Peer *peer = tw_conn_get_data(conn);

    switch (peer->state) {
    case STATE_COMMANDS:
        take_command(peer, input);
        break;
    case STATE_TEXT:
        take_text(peer, input);
        break;
    case STATE_CHUNK:
        take_chunk(peer, input);
        break;
    case STATE_SKIPPING:
        reply(peer, peer->after_skip);
        want_command(peer);
        break;
    }
}

static void
on_too_long(TwConn *conn, TwCursor input)
{
    Peer *peer = tw_conn_get_data(conn);

    if (peer->state == STATE_TEXT) {
        take_text(peer, input); /* a line of a mail may be of any length */
    } else {
        peer->state = STATE_SKIPPING;
        peer->after_skip = "500 5.5.2 Line is too long";
        tw_conn_want_skip_line(conn);
    }
}

static void
on_timeout(TwConn *conn, TwConnTimeout which)
{
    if (which != TW_TIMEOUT_SLOW_OUTPUT)
        tw_conn_write_str(conn, "421 4.4.2 Idle for too long\r\n");
}

static void
on_stopping(TwConn *conn)
{
    tw_conn_write_str(conn, "421 4.3.2 Shutting down\r\n");
}

static void
on_closed(TwConn *conn, TwCloseReason reason)
{
    Peer *peer = tw_conn_get_data(conn);

    (void) reason;
    forget_mail(peer);
    g_ptr_array_unref(peer->names);
    g_array_unref(peer->targets);
    g_free(peer->client);
    g_free(peer);
}

static const TwProtocol protocol = {
    .name = "lmtp",
    .accepted = on_accepted,
    .ready = on_ready,
    .too_long = on_too_long,
    .timeout = on_timeout,
    .stopping = on_stopping,
    .closed = on_closed,
};

TwLmtp *
tw_lmtp_new(const TwLmtpOptions *options)
{
    static const TwLmtpOptions none = { 0 };
    TwLmtp *lmtp = g_new0(TwLmtp, 1);

    options = options != NULL ? options : &none;
    lmtp->host_name = g_strdup(options->host_name != NULL ? options->host_name : g_get_host_name());
    lmtp->most_bytes = options->most_bytes != 0 ? options->most_bytes : DEFAULT_MOST_BYTES;
    lmtp->most_recipients =
        options->most_recipients != 0 ? options->most_recipients : DEFAULT_MOST_RECIPIENTS;
    return lmtp;
}

void
tw_lmtp_set_server(TwLmtp *lmtp, TwServer *server)
{
    lmtp->delivery = tw_delivery_new(server);
}

void
tw_lmtp_free(TwLmtp *lmtp)
{
    if (lmtp == NULL)
        return;
    tw_delivery_free(lmtp->delivery);
    g_free(lmtp->host_name);
    g_free(lmtp);
}

void
tw_lmtp_listen_options(TwLmtp *lmtp, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = &protocol,
                              .data = lmtp,
                              .busy_text = "421 4.3.2 Too many connections\r\n" };
}
