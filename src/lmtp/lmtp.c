/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection:
 *
 *   COMMANDS -> TEXT     DATA, with recipients
 *   COMMANDS -> CHUNK    BDAT
 *   COMMANDS -> SKIPPING BDAT that is refused: its bytes must not be taken for commands
 *   TEXT, CHUNK, SKIPPING -> COMMANDS
 *
 * STARTTLS, LHLO and RSET forget the mail that is under way; STARTTLS also who the client said it was.
 */
#include "lmtp/lmtp.h"

#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/log.h"
#include "base/time.h"
#include "delivery/spool.h"
#include "lmtp/answer.h"
#include "lmtp/command.h"
#include "lmtp/data.h"
#include "lmtp/rate.h"
#include "net/tls.h"

enum {
    DEFAULT_MOST_BYTES = 128 << 20,
    DEFAULT_MOST_RECIPIENTS = 1000,
    DEFAULT_MOST_UNKNOWN = 100,
    DEFAULT_MOST_ERRORS = 20, /* then whoever it is is no mail server */
    TRACE_ROOM = 4096,        /* Return-Path and Received in front of a mail */
    TEXT_PIECE = 65536,       /* longest line of a mail that is read at once */
    IDLE_MS = 5 * 60 * 1000   /* RFC 5321, 4.5.3.2.7 */
};

typedef enum {
    STATE_COMMANDS,
    STATE_TEXT,
    STATE_CHUNK,
    STATE_SKIPPING,
} State;

struct TwLmtp {
    TwDelivery *delivery;         /* borrowed */
    TwLmtpOptions options;        /* with what is NULL or 0 filled in */
    char *host_name, *spool_path; /* owned: texts of the options */
    TwTlsServer *tls;             /* a reference, nullable: of the options */
    TwLmtpRate *rate;
};

typedef struct {
    TwLmtp *lmtp;
    TwConn *conn; /* borrowed: it owns this */
    char *client; /* (nullable): what LHLO said */
    char address[TW_ADDRESS_TEXT_MAX];
    gboolean local; /* it comes from this host */
    State state;
    guint errors, unknown;

    /* the mail that is under way */
    char *sender; /* NULL: none is */
    guint64 size; /* as announced */
    gint64 recv_us;
    GPtrArray *recipients; /* of TwDeliveryRecipient */
    TwSpool spool;
    gsize trace_len;
    TwLmtpData text;
    guint64 chunk_left; /* of BDAT */
    gboolean chunk_last, chunks, binary;

    gboolean answered;      /* a mail was, and the client has said nothing since */
    TwMailDigest digest;    /* of it */
    const char *after_skip; /* while SKIPPING: what to answer when it is over */
} Peer;

/* A Unix socket, or an address that only this host has. */
static gboolean
is_local(const TwAddress *address)
{
    static const guint8 loopback6[16] = { [15] = 1 };

    return address->family == TW_ADDRESS_UNIX ||
           (address->family == TW_ADDRESS_INET && address->bytes[0] == 127) ||
           (address->family == TW_ADDRESS_INET6 &&
            memcmp(address->bytes, loopback6, sizeof loopback6) == 0);
}

/* ---- answers ---- */

static void
reply(Peer *peer, const char *line)
{
    tw_conn_write_str(peer->conn, line);
    tw_conn_write(peer->conn, "\r\n", 2);
}

static void
want_command(Peer *peer)
{
    peer->state = STATE_COMMANDS;
    tw_conn_want_line(peer->conn, TW_LMTP_LINE_MAX);
}

static void
hang_up(Peer *peer, const char *line)
{
    reply(peer, line);
    tw_conn_close(peer->conn);
}

/* ---- one mail ---- */

static void
forget_mail(Peer *peer)
{
    g_clear_pointer(&peer->sender, g_free);
    g_ptr_array_set_size(peer->recipients, 0);
    tw_spool_clear(&peer->spool);
    peer->text = (TwLmtpData){ 0 };
    peer->chunks = peer->binary = FALSE;
    peer->size = 0;
    peer->recv_us = 0;
}

/* Of this host's zone, east of Greenwich. */
static int
offset_min(gint64 us)
{
    const time_t seconds = (time_t) (us / G_USEC_PER_SEC);
    struct tm parts;

    return localtime_r(&seconds, &parts) != NULL ? (int) (parts.tm_gmtoff / 60) : 0;
}

/* RFC 5321, 4.4: who delivers writes down from whom and how it came. */
static void
put_trace(Peer *peer)
{
    gint64 now = tw_time_now_us();
    char date[TW_DATE_TEXT_SIZE] = "";
    g_autofree char *text = NULL;

    (void) tw_date_print_rfc5322(now, offset_min(now), date);
    text = g_strdup_printf("Return-Path: <%s>\r\n"
                           "Received: from %s ([%s])\r\n"
                           "\tby %s with %s;\r\n"
                           "\t%s\r\n",
                           peer->sender, peer->client, peer->address, peer->lmtp->options.host_name,
                           tw_conn_is_tls(peer->conn) ? "LMTPS" : "LMTP", date);
    peer->trace_len = strlen(text);
    tw_spool_put(&peer->spool, text, peer->trace_len);
}

static void
log_delivery(const Peer *peer, const TwDeliveryRecipient *recipient, const char *answer)
{
    tw_log(answer[0] == '2' ? TW_LOG_INFO : TW_LOG_WARNING, "delivery",
           tw_log_str(TW_LOG_USER, recipient->address), tw_log_str(TW_LOG_FROM, peer->sender),
           tw_log_str(TW_LOG_STATUS, answer), tw_log_error(recipient->error));
}

static void
answer_all(Peer *peer, const GError *all)
{
    for (guint i = 0; i < peer->recipients->len; i++) {
        TwDeliveryRecipient *recipient = peer->recipients->pdata[i];
        const char *answer;

        if (all != NULL)
            recipient->error = g_error_copy(all);
        answer = tw_lmtp_answer_delivery(recipient->error);
        log_delivery(peer, recipient, answer);
        reply(peer, answer);
    }
}

/* The mail is whole: one answer for each recipient, in their order. */
static void
deliver(Peer *peer)
{
    TwDeliveryMail mail = { .trace_len = peer->trace_len,
                            .sender = peer->sender,
                            .recv_us = peer->recv_us };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = tw_spool_finish(&peer->spool, &error);

    if (bytes != NULL) {
        const guint8 *data = g_bytes_get_data(bytes, NULL);

        mail.mail = bytes;
        tw_mail_digest(data + mail.trace_len, g_bytes_get_size(bytes) - mail.trace_len, mail.sender,
                       &peer->digest);
        mail.digest = &peer->digest;
        tw_conn_will_wait(peer->conn);
        tw_delivery_run(peer->lmtp->delivery, &mail,
                        (TwDeliveryRecipient *const *) peer->recipients->pdata,
                        peer->recipients->len);
        peer->answered = TRUE;
    }
    answer_all(peer, error);
    forget_mail(peer);
}

static void
take_text(Peer *peer, TwCursor input)
{
    gsize skip;

    if (tw_lmtp_data_take(&peer->text, input.next, input.left, &skip)) {
        tw_spool_put(&peer->spool, input.next + skip, input.left - skip);
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
    tw_spool_put(&peer->spool, input.next, input.left);
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
        "250-%s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n"
        "250-BINARYMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n%s%s"
        "250 SIZE %" G_GUINT64_FORMAT "\r\n",
        peer->lmtp->options.host_name,
        peer->lmtp->options.tls != NULL && !tw_conn_is_tls(peer->conn) ? "250-STARTTLS\r\n" : "",
        peer->local ? "250-XTWIGA\r\n" : "", peer->lmtp->options.most_bytes);
}

static void
begin_mail(Peer *peer, TwLmtpCommand *command)
{
    const TwLmtpOptions *options = &peer->lmtp->options;

    peer->sender = g_steal_pointer(&command->text);
    peer->size = command->size;
    peer->binary = command->binary;
    peer->recv_us = (gint64) command->time * G_USEC_PER_SEC;
    tw_spool_init(&peer->spool, options->spool_path, options->spool_memory,
                  options->most_bytes + TRACE_ROOM);
    put_trace(peer);
    reply(peer, "250 2.1.0 Sender ok");
}

static void
on_mail(Peer *peer, TwLmtpCommand *command)
{
    if (peer->client == NULL)
        reply(peer, "503 5.5.1 Say LHLO first");
    else if (peer->sender != NULL)
        reply(peer, "503 5.5.1 A mail is under way");
    else if (command->own && !peer->local)
        reply(peer, "555 5.5.4 Parameter not recognised");
    else if (command->size > peer->lmtp->options.most_bytes)
        reply(peer, "552 5.3.4 Mail is too big");
    else if (!tw_lmtp_rate_take(peer->lmtp->rate, peer->address, g_get_monotonic_time()))
        reply(peer, "451 4.7.1 Too many mails in this minute");
    else
        begin_mail(peer, command);
}

static void
add_recipient(Peer *peer, const TwLmtpCommand *command)
{
    const TwDeliveryWish wish = { .flags = command->flags,
                                  .folder = command->folder,
                                  .separator = command->separator,
                                  .size = peer->size };
    g_autoptr(GError) error = NULL;
    TwDeliveryRecipient *recipient =
        tw_delivery_find(peer->lmtp->delivery, command->text, &wish, &error);
    const char *answer;

    if (recipient != NULL) {
        g_ptr_array_add(peer->recipients, recipient);
        reply(peer, "250 2.1.5 Recipient ok");
        return;
    }
    answer = tw_lmtp_answer_recipient(error);
    tw_log(TW_LOG_NOTICE, "recipient-refused", tw_log_str(TW_LOG_USER, command->text),
           tw_log_str(TW_LOG_STATUS, answer), tw_log_error(error));
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) &&
        ++peer->unknown > peer->lmtp->options.most_unknown)
        hang_up(peer, "421 4.7.0 Too many unknown recipients");
    else
        reply(peer, answer);
}

static void
on_rcpt(Peer *peer, const TwLmtpCommand *command)
{
    if (peer->sender == NULL || peer->chunks)
        reply(peer, "503 5.5.1 No mail is under way");
    else if (command->own && !peer->local)
        reply(peer, "555 5.5.4 Parameter not recognised");
    else if (peer->recipients->len >= peer->lmtp->options.most_recipients)
        reply(peer, "452 4.5.3 Too many recipients");
    else
        add_recipient(peer, command);
}

static void
on_data(Peer *peer)
{
    if (peer->recipients->len == 0 || peer->chunks) {
        reply(peer, "503 5.5.1 No recipients");
    } else if (peer->binary) {
        reply(peer, "503 5.5.1 Binary mail comes by BDAT");
    } else {
        peer->state = STATE_TEXT;
        reply(peer, "354 End with CRLF.CRLF");
        tw_conn_want_line(peer->conn, TEXT_PIECE);
    }
}

static void
on_bdat(Peer *peer, const TwLmtpCommand *command)
{
    if (peer->recipients->len == 0) {
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
on_starttls(Peer *peer)
{
    if (peer->lmtp->options.tls == NULL) {
        reply(peer, "502 5.5.1 Not offered");
    } else if (tw_conn_is_tls(peer->conn)) {
        reply(peer, "503 5.5.1 It is secured already");
    } else {
        reply(peer, "220 2.0.0 Go ahead");
        (void) tw_conn_start_tls(peer->conn, peer->lmtp->options.tls);
    }
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
        on_starttls(peer);
        break;
    case TW_LMTP_QUIT:
        hang_up(peer, "221 2.0.0 Bye");
        break;
    }
}

/* Whoever goes on has read the answers. But what was sent ahead of them says nothing of the kind: a client that pipelines
 * the next mail has at least kept the connection, and would not repeat the last one on another. */
static void
confirm_last(Peer *peer)
{
    if (peer->answered)
        tw_delivery_confirm(peer->lmtp->delivery, &peer->digest);
    peer->answered = FALSE;
}

static void
take_command(Peer *peer, TwCursor input)
{
    g_auto(TwLmtpCommand) command = { 0 };
    const char *bad = tw_lmtp_command_parse(input.next, input.left, &command);

    confirm_last(peer);
    if (bad == NULL)
        run_command(peer, &command);
    else if (++peer->errors > peer->lmtp->options.most_errors)
        hang_up(peer, "421 4.7.0 Too many errors");
    else
        reply(peer, bad);
}

/* ---- the protocol ---- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS };
    Peer *peer = g_new0(Peer, 1);
    const TwAddress *address = tw_conn_get_peer(conn);

    peer->lmtp = listener_data;
    peer->conn = conn;
    peer->recipients = g_ptr_array_new_with_free_func((GDestroyNotify) tw_delivery_recipient_free);
    peer->local = is_local(address);
    tw_address_format(address, FALSE, peer->address);
    tw_conn_set_data(conn, peer);
    tw_conn_set_timeouts(conn, &timeouts);
    tw_conn_printf(conn, "220 %s LMTP\r\n", peer->lmtp->options.host_name);
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

/* RFC 3207, 4.2: what was said in the clear was never said. */
static void
on_secured(TwConn *conn)
{
    Peer *peer = tw_conn_get_data(conn);

    forget_mail(peer);
    g_clear_pointer(&peer->client, g_free);
    want_command(peer);
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
    g_ptr_array_unref(peer->recipients);
    g_free(peer->client);
    g_free(peer);
}

static const TwProtocol protocol = {
    .name = "lmtp",
    .accepted = on_accepted,
    .ready = on_ready,
    .too_long = on_too_long,
    .secured = on_secured,
    .timeout = on_timeout,
    .stopping = on_stopping,
    .closed = on_closed,
};

static guint
or_default(guint given, guint fallback)
{
    return given != 0 ? given : fallback;
}

TwLmtp *
tw_lmtp_new(const TwLmtpOptions *options)
{
    static const TwLmtpOptions none = { 0 };
    TwLmtp *lmtp = g_new0(TwLmtp, 1);
    TwLmtpOptions *own = &lmtp->options;

    *own = options != NULL ? *options : none;
    lmtp->host_name = g_strdup(own->host_name != NULL ? own->host_name : g_get_host_name());
    lmtp->spool_path = g_strdup(own->spool_path);
    lmtp->tls = own->tls != NULL ? tw_tls_server_ref(own->tls) : NULL;
    own->host_name = lmtp->host_name;
    own->spool_path = lmtp->spool_path;
    own->most_bytes = own->most_bytes != 0 ? own->most_bytes : DEFAULT_MOST_BYTES;
    own->most_recipients = or_default(own->most_recipients, DEFAULT_MOST_RECIPIENTS);
    own->most_unknown = or_default(own->most_unknown, DEFAULT_MOST_UNKNOWN);
    own->most_errors = or_default(own->most_errors, DEFAULT_MOST_ERRORS);
    own->spool_memory = own->spool_memory != 0 ? own->spool_memory : TW_SPOOL_MEMORY;
    lmtp->rate = tw_lmtp_rate_new(own->mails_per_minute, TW_LMTP_RATE_CLIENTS);
    return lmtp;
}

void
tw_lmtp_set_delivery(TwLmtp *lmtp, TwDelivery *delivery)
{
    lmtp->delivery = delivery;
}

void
tw_lmtp_free(TwLmtp *lmtp)
{
    if (lmtp == NULL)
        return;
    tw_tls_server_unref(lmtp->tls);
    tw_lmtp_rate_free(lmtp->rate);
    g_free(lmtp->host_name);
    g_free(lmtp->spool_path);
    g_free(lmtp);
}

void
tw_lmtp_listen_options(TwLmtp *lmtp, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = &protocol,
                              .data = lmtp,
                              .busy_text = "421 4.3.2 Too many connections\r\n" };
}
