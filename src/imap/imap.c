/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection. A command is collected whole, with its literals, and then read.
 *
 *   line without a literal at its end  -> run
 *   line with one                      -> "+", its bytes, the next line
 *   literal that is a message          -> the same, but its bytes are kept apart from the command
 *   literal too large                  -> refused before it is read; when its bytes come all the same they are thrown away
 *                                         with the rest of the command, for they must never be taken for commands
 *   line too large                     -> BAD, and the connection is closed
 */
#include <string.h>

#include "imap/imap-private.h"
#include "imap/options.h"

enum {
    LINE_MOST = 65536,
    COMMAND_MOST_NEW = 65536, /* before log-on */
    COMMAND_MOST = 1 << 20,
    MAILS_MOST = 1000, /* of one APPEND */
    RESTS_MOST = 1000, /* literals of a refused command */
    OUTPUT_MOST =
        32 << 20, /* of one answer that is not produced piece by piece: SEARCH of millions */
    MADE_MOST = 32 << 20,      /* bytes of mails made of messages */
    SUMMARIES_MOST = 16 << 20, /* of summaries of such */
    ROWS_MOST = 64 << 20,      /* of heads and summaries of mails: of some 60,000 */
    SORTS_MOST = 24 << 20,     /* of what messages are sorted by: of some 70,000 */
    OPENED_MOST = 8 << 20,     /* of what is known of mailboxes: of some 40,000 */
    IDLE_MS_NEW = 60 * 1000,
    IDLE_MS = 31 * 60 * 1000, /* RFC 3501, 5.4: at least 30 minutes */
};

struct TwImap {
    TwServer *server;
    TwTlsServer *tls;
    TwMetric *states[TW_IMAP_SELECTED + 1]; /* connections; NULL: nobody counts */
    TwMetric **runs;                        /* (nullable): for each row of commands; owned */
    GMutex lock;                            /* guards options */
    TwImapOptions *options;                 /* never changed, but replaced */
    TwImapRecent *recent;
    TwImapCache *mails, *summaries, *rows, *sorts, *opened;
};

TwServer *
tw_imap_server(const TwImap *imap)
{
    return imap->server;
}

TwTlsServer *
tw_imap_tls(const TwImap *imap)
{
    return imap->tls;
}

TwImapCache *
tw_imap_mails(const TwImap *imap)
{
    return imap->mails;
}

TwImapCache *
tw_imap_summaries(const TwImap *imap)
{
    return imap->summaries;
}

TwImapCache *
tw_imap_rows(const TwImap *imap)
{
    return imap->rows;
}

TwImapCache *
tw_imap_sort_cache(const TwImap *imap)
{
    return imap->sorts;
}

TwImapRecent *
tw_imap_recent(const TwImap *imap)
{
    return imap->recent;
}

TwImapCache *
tw_imap_opened(const TwImap *imap)
{
    return imap->opened;
}

static TwImapOptions *
acquire_options(TwImap *imap)
{
    TwImapOptions *options;

    g_mutex_lock(&imap->lock);
    options = tw_imap_options_ref(imap->options);
    g_mutex_unlock(&imap->lock);
    return options;
}

/* ---- figures ---- */

static void
count_state(const TwImapPeer *peer, TwImapState state, gint64 n)
{
    if (peer->imap->states[state] != NULL)
        tw_metric_add(peer->imap->states[state], n);
}

void
tw_imap_set_state(TwImapPeer *peer, TwImapState state)
{
    count_state(peer, peer->state, -1);
    count_state(peer, state, 1);
    peer->state = state;
}

/* ---- commands ---- */

enum {
    WHEN_NEW = 1u << TW_IMAP_NEW,
    WHEN_IN = 1u << TW_IMAP_IN | 1u << TW_IMAP_SELECTED,
    WHEN_SELECTED = 1u << TW_IMAP_SELECTED,
    ALWAYS = WHEN_NEW | WHEN_IN,
};

/* RFC 3501, 7.4.1: where sequence numbers are used nothing is expunged meanwhile. */
typedef enum {
    PLAIN = 0,
    UID = 1u << 0,   /* also behind UID */
    KEEPS = 1u << 1, /* without UID, no EXPUNGE at its end */
} Kind;

static const struct {
    const char *name;
    guint when;
    guint kind;
    gboolean (*run)(TwImapPeer *peer, TwCursor *args);
} commands[] = {
    { "CAPABILITY", ALWAYS, PLAIN, tw_imap_cmd_capability },
    { "NOOP", ALWAYS, PLAIN, tw_imap_cmd_noop },
    { "LOGOUT", ALWAYS, PLAIN, tw_imap_cmd_logout },
    { "ID", ALWAYS, PLAIN, tw_imap_cmd_id },
    { "STARTTLS", WHEN_NEW, PLAIN, tw_imap_cmd_starttls },
    { "LOGIN", WHEN_NEW, PLAIN, tw_imap_cmd_login },
    { "AUTHENTICATE", WHEN_NEW, PLAIN, tw_imap_cmd_authenticate },
    { "COMPRESS", WHEN_IN, PLAIN, tw_imap_cmd_compress },
    { "ENABLE", WHEN_IN, PLAIN, tw_imap_cmd_enable },
    { "NAMESPACE", WHEN_IN, PLAIN, tw_imap_cmd_namespace },
    { "LIST", WHEN_IN, PLAIN, tw_imap_cmd_list },
    { "LSUB", WHEN_IN, PLAIN, tw_imap_cmd_lsub },
    { "STATUS", WHEN_IN, PLAIN, tw_imap_cmd_status },
    { "CREATE", WHEN_IN, PLAIN, tw_imap_cmd_create },
    { "DELETE", WHEN_IN, PLAIN, tw_imap_cmd_delete },
    { "RENAME", WHEN_IN, PLAIN, tw_imap_cmd_rename },
    { "SUBSCRIBE", WHEN_IN, PLAIN, tw_imap_cmd_subscribe },
    { "UNSUBSCRIBE", WHEN_IN, PLAIN, tw_imap_cmd_unsubscribe },
    { "GETACL", WHEN_IN, PLAIN, tw_imap_cmd_getacl },
    { "SETACL", WHEN_IN, PLAIN, tw_imap_cmd_setacl },
    { "DELETEACL", WHEN_IN, PLAIN, tw_imap_cmd_deleteacl },
    { "LISTRIGHTS", WHEN_IN, PLAIN, tw_imap_cmd_listrights },
    { "MYRIGHTS", WHEN_IN, PLAIN, tw_imap_cmd_myrights },
    { "GETMETADATA", WHEN_IN, PLAIN, tw_imap_cmd_getmetadata },
    { "SETMETADATA", WHEN_IN, PLAIN, tw_imap_cmd_setmetadata },
    { "GETQUOTA", WHEN_IN, PLAIN, tw_imap_cmd_getquota },
    { "GETQUOTAROOT", WHEN_IN, PLAIN, tw_imap_cmd_getquotaroot },
    { "NOTIFY", WHEN_IN, PLAIN, tw_imap_cmd_notify },
    { "ESEARCH", WHEN_IN, PLAIN, tw_imap_cmd_esearch },
    { "CANCELUPDATE", WHEN_SELECTED, PLAIN, tw_imap_cmd_cancelupdate },
    { "APPEND", WHEN_IN, PLAIN, tw_imap_cmd_append },
    { "SELECT", WHEN_IN, PLAIN, tw_imap_cmd_select },
    { "EXAMINE", WHEN_IN, PLAIN, tw_imap_cmd_examine },
    { "CHECK", WHEN_SELECTED, PLAIN, tw_imap_cmd_noop },
    { "CLOSE", WHEN_SELECTED, PLAIN, tw_imap_cmd_close },
    { "UNSELECT", WHEN_SELECTED, PLAIN, tw_imap_cmd_unselect },
    { "EXPUNGE", WHEN_SELECTED, UID, tw_imap_cmd_expunge },
    { "FETCH", WHEN_SELECTED, UID | KEEPS, tw_imap_cmd_fetch },
    { "STORE", WHEN_SELECTED, UID | KEEPS, tw_imap_cmd_store },
    { "SEARCH", WHEN_SELECTED, UID | KEEPS, tw_imap_cmd_search },
    { "SORT", WHEN_SELECTED, UID | KEEPS, tw_imap_cmd_sort },
    { "THREAD", WHEN_SELECTED, UID | KEEPS, tw_imap_cmd_thread },
    { "REPLACE", WHEN_SELECTED, UID, tw_imap_cmd_replace },
    { "COPY", WHEN_SELECTED, UID, tw_imap_cmd_copy },
    { "MOVE", WHEN_SELECTED, UID, tw_imap_cmd_move },
    { "IDLE", WHEN_IN, PLAIN, tw_imap_cmd_idle },
};

void
tw_imap_want_command(TwImapPeer *peer)
{
    peer->input = TW_IMAP_INPUT_LINE;
    peer->refusal = NULL;
    g_clear_pointer(&peer->mails, g_ptr_array_unref);
    g_clear_pointer(&peer->view.told, g_hash_table_unref);
    tw_buffer_clear(&peer->command);
    peer->command.limit = peer->state == TW_IMAP_NEW ? COMMAND_MOST_NEW : COMMAND_MOST;
    tw_conn_want_line(peer->conn, LINE_MOST);
    tw_imap_notify_resume(peer);
}

static void
complain(TwImapPeer *peer, const char *text)
{
    if (peer->tag[0] == '\0')
        tw_conn_printf(peer->conn, "* BAD %s\r\n", text);
    else
        tw_imap_tagged(peer, TW_IMAP_BAD, text);
    if (++peer->errors > peer->options->fails_max) {
        tw_conn_write_str(peer->conn, "* BYE Too many errors\r\n");
        tw_conn_close(peer->conn);
    }
}

static void
run_row(TwImapPeer *peer, guint row, TwCursor *args)
{
    if ((commands[row].when & 1u << peer->state) == 0) {
        complain(peer, "Not in this state");
        return;
    }
    if (peer->imap->runs != NULL)
        tw_metric_add(peer->imap->runs[row], 1);
    peer->told_us = g_get_monotonic_time();
    peer->keep = !peer->uid && (commands[row].kind & KEEPS) != 0;
    if (commands[row].run(peer, args))
        peer->errors = 0;
    else
        complain(peer, "Arguments are not understood");
}

static void
run_command(TwImapPeer *peer)
{
    TwCursor cur = tw_cursor_init(peer->command.data, peer->command.len);

    peer->tag[0] = '\0';
    if (!tw_imap_take_tag(&cur, peer->tag) || !tw_imap_take_char(&cur, ' ')) {
        peer->tag[0] = '\0';
        complain(peer, "A tag and a command are expected");
        return;
    }
    peer->uid = tw_imap_take_word(&cur, "UID");
    if (peer->uid && !tw_imap_take_char(&cur, ' ')) {
        complain(peer, "A command is expected");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if ((!peer->uid || (commands[i].kind & UID) != 0) &&
            tw_imap_take_word(&cur, commands[i].name)) {
            run_row(peer, i, &cur);
            return;
        }
    }
    complain(peer, "Unknown command");
}

/* ---- collecting a command ---- */

static void
take_tag(TwImapPeer *peer)
{
    TwCursor cur = tw_cursor_init(peer->command.data, peer->command.len);

    peer->tag[0] = '\0';
    if (!tw_imap_take_tag(&cur, peer->tag))
        peer->tag[0] = '\0';
}

/* The command is refused; tag: NO for a mail that is too large, else BAD. */
static void
refuse(TwImapPeer *peer)
{
    if (peer->tag[0] != '\0' && g_str_has_prefix(peer->refusal, "[TOOBIG]"))
        tw_imap_tagged(peer, TW_IMAP_NO, peer->refusal);
    else
        complain(peer, peer->refusal);
    tw_imap_want_command(peer);
}

/* A literal that is not taken. Its client waits to be told, or sends it all the same. */
static void
pass_over(TwImapPeer *peer, const TwImapLiteral *literal, const char *why)
{
    if (peer->refusal == NULL) {
        take_tag(peer);
        peer->refusal = why;
        peer->rests = 0;
        tw_buffer_clear(&peer->command);
        g_clear_pointer(&peer->mails, g_ptr_array_unref);
    }
    if (literal->waits) {
        refuse(peer);
    } else if (++peer->rests > RESTS_MOST) {
        tw_conn_write_str(peer->conn, "* BYE Command is too long\r\n");
        tw_conn_close(peer->conn);
    } else {
        peer->input = TW_IMAP_INPUT_SKIPPED;
        tw_conn_want_skip(peer->conn, literal->len);
    }
}

static void
take_mail_literal(TwImapPeer *peer, const TwImapLiteral *literal)
{
    guint64 all = literal->len;

    if (peer->mails == NULL)
        peer->mails = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);
    for (guint i = 0; i < peer->mails->len; i++)
        all += ((const GByteArray *) peer->mails->pdata[i])->len;
    if (all > peer->options->mail_max || all > G_MAXINT32) {
        pass_over(peer, literal, "[TOOBIG] Message is too large");
        return;
    }
    if (peer->mails->len == MAILS_MOST) {
        pass_over(peer, literal, "[LIMIT] Too many messages in one command");
        return;
    }
    g_ptr_array_add(peer->mails, g_byte_array_new());
    if (literal->waits)
        tw_conn_write_str(peer->conn, "+ Go on\r\n");
    peer->mail_left = literal->len;
    if (literal->len == 0) {
        tw_conn_want_line(peer->conn, LINE_MOST);
        return;
    }
    peer->input = TW_IMAP_INPUT_MAIL;
    tw_conn_want_some(peer->conn, literal->len);
}

static void
take_line(TwImapPeer *peer, TwCursor line)
{
    TwImapLiteral literal = { 0 };
    gboolean more = tw_imap_find_literal(line.next, line.left, &literal), mail;
    gsize room = peer->command.limit - peer->command.len;

    if (line.left > room) {
        static const TwImapLiteral none = { 0, TRUE };
        pass_over(peer, more && !literal.waits ? &literal : &none, "Command is too long");
        return;
    }
    tw_buffer_put(&peer->command, line.next, line.left);
    if (!more) {
        run_command(peer);
        if (peer->input == TW_IMAP_INPUT_LINE && !tw_conn_is_producing(peer->conn))
            tw_imap_want_command(peer);
        return;
    }
    mail = peer->state != TW_IMAP_NEW &&
           tw_imap_append_takes_mail(peer->command.data, peer->command.len);
    if (mail) {
        take_mail_literal(peer, &literal);
    } else if (literal.len > room - line.left) {
        pass_over(peer, &literal, "Command is too long");
    } else {
        if (literal.waits)
            tw_conn_write_str(peer->conn, "+ Go on\r\n");
        if (literal.len == 0) {
            tw_conn_want_line(peer->conn, LINE_MOST);
            return;
        }
        peer->input = TW_IMAP_INPUT_LITERAL;
        tw_conn_want_bytes(peer->conn, (gsize) literal.len);
    }
}

static void
take_mail_bytes(TwImapPeer *peer, TwCursor input)
{
    GByteArray *mail = peer->mails->pdata[peer->mails->len - 1];

    g_byte_array_append(mail, input.next, (guint) input.left);
    peer->mail_left -= input.left;
    if (peer->mail_left > 0) {
        tw_conn_want_some(peer->conn, peer->mail_left);
        return;
    }
    peer->input = TW_IMAP_INPUT_LINE;
    tw_conn_want_line(peer->conn, LINE_MOST);
}

static void
take_rest(TwImapPeer *peer, TwCursor line)
{
    TwImapLiteral literal = { 0 };

    if (tw_imap_find_literal(line.next, line.left, &literal))
        pass_over(peer, &literal, peer->refusal);
    else
        refuse(peer);
}

/* ---- the protocol ---- */

static void
on_accepted(TwConn *conn, gpointer listener_data)
{
    static const TwConnTimeouts timeouts = { .idle_ms = IDLE_MS_NEW };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(8192);
    TwImapPeer *peer = g_new0(TwImapPeer, 1);
    const char *name;

    peer->imap = listener_data;
    peer->options = acquire_options(peer->imap);
    peer->conn = conn;
    count_state(peer, peer->state, 1);
    tw_conn_set_data(conn, peer);
    tw_conn_set_timeouts(conn, &timeouts);
    tw_conn_set_output_limit(conn, OUTPUT_MOST);
    name = peer->options->greeting_name;
    tw_imap_put_text(&out, "* OK [");
    tw_imap_put_capabilities(peer, &out);
    tw_imap_put_text(&out, "] Twiga");
    if (name != NULL) {
        tw_imap_put_text(&out, " on ");
        tw_imap_put_text(&out, name);
    }
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
    tw_imap_want_command(peer);
}

static void
on_ready(TwConn *conn, TwCursor input)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    switch (peer->input) {
    case TW_IMAP_INPUT_LINE:
        take_line(peer, input);
        break;
    case TW_IMAP_INPUT_LITERAL:
        tw_buffer_put(&peer->command, input.next, input.left);
        peer->input = TW_IMAP_INPUT_LINE;
        tw_conn_want_line(conn, LINE_MOST);
        break;
    case TW_IMAP_INPUT_MAIL:
        take_mail_bytes(peer, input);
        break;
    case TW_IMAP_INPUT_SKIPPED:
        peer->input = TW_IMAP_INPUT_REST;
        tw_conn_want_line(conn, LINE_MOST);
        break;
    case TW_IMAP_INPUT_REST:
        take_rest(peer, input);
        break;
    case TW_IMAP_INPUT_IDLE:
        tw_imap_idle_line(peer, input);
        tw_imap_want_command(peer);
        break;
    case TW_IMAP_INPUT_SASL:
        tw_imap_sasl_line(peer, input);
        break;
    case TW_IMAP_INPUT_PARKED: /* nothing is read then */
        break;
    }
}

static void
on_too_long(TwConn *conn, TwCursor input)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    if (peer->command.len == 0)
        tw_buffer_put(&peer->command, input.next, MIN(input.left, (gsize) TW_IMAP_TAG_MAX + 1));
    take_tag(peer);
    complain(peer, "[TOOBIG] Line is too long");
    tw_conn_write_str(conn, "* BYE Line is too long\r\n");
    tw_conn_close(conn);
}

static void
on_woken(TwConn *conn)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    tw_imap_idle_woken(peer);
    tw_imap_notify_woken(peer);
}

static void
on_secured(TwConn *conn)
{
    tw_imap_want_command(tw_conn_get_data(conn));
}

static void
on_timeout(TwConn *conn, TwConnTimeout which)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    if (which == TW_TIMEOUT_PARK) {
        peer->input = TW_IMAP_INPUT_LINE;
        tw_imap_log_on(peer, TRUE);
        if (peer->input == TW_IMAP_INPUT_LINE)
            tw_imap_want_command(peer);
    } else if (which != TW_TIMEOUT_SLOW_OUTPUT) {
        tw_conn_write_str(conn, "* BYE Idle for too long\r\n");
    }
}

/* Whoever has a log-on waiting may have said all he wants to say: he still gets his answer, and a failure is still counted. */
static void
on_eof(TwConn *conn, TwCursor rest)
{
    const TwImapPeer *peer = tw_conn_get_data(conn);

    (void) rest;
    if (peer->input != TW_IMAP_INPUT_PARKED)
        tw_conn_close(conn);
}

static void
on_stopping(TwConn *conn)
{
    tw_conn_write_str(conn, "* BYE Shutting down\r\n");
}

static void
on_closed(TwConn *conn, TwCloseReason reason)
{
    TwImapPeer *peer = tw_conn_get_data(conn);

    (void) reason;
    tw_imap_idle_end(peer);
    tw_imap_notify_end(peer);
    tw_client_sasl_clear(&peer->sasl);
    tw_client_logon_forget(&peer->logon);
    tw_imap_view_clear(&peer->view);
    tw_session_unref(peer->session);
    g_clear_pointer(&peer->mails, g_ptr_array_unref);
    tw_buffer_clear(&peer->command);
    count_state(peer, peer->state, -1);
    tw_imap_options_release(peer->options);
    g_free(peer);
}

static const TwProtocol protocol = {
    .name = "imap",
    .accepted = on_accepted,
    .ready = on_ready,
    .too_long = on_too_long,
    .eof = on_eof,
    .woken = on_woken,
    .secured = on_secured,
    .timeout = on_timeout,
    .stopping = on_stopping,
    .closed = on_closed,
};

TwImap *
tw_imap_new(void)
{
    TwImap *imap = g_new0(TwImap, 1);

    imap->options = tw_imap_options_copy(&tw_imap_default_options);
    imap->recent = tw_imap_recent_new();
    imap->mails = tw_imap_cache_new(MADE_MOST);
    imap->summaries = tw_imap_cache_new(SUMMARIES_MOST);
    imap->rows = tw_imap_cache_new(ROWS_MOST);
    imap->sorts = tw_imap_cache_new(SORTS_MOST);
    imap->opened = tw_imap_cache_new(OPENED_MOST);
    g_mutex_init(&imap->lock);
    return imap;
}

void
tw_imap_set_server(TwImap *imap, TwServer *server)
{
    imap->server = server;
}

void
tw_imap_set_metrics(TwImap *imap, TwMetrics *metrics)
{
    static const TwMetricSpec states = { .name = "twiga_imap_connections",
                                         .help = "Connections of IMAP clients, by state.",
                                         .kind = TW_METRIC_GAUGE,
                                         .labels = { "state" } };
    static const TwMetricSpec runs = { .name = "twiga_imap_commands_total",
                                       .help = "Commands of IMAP clients, by name.",
                                       .kind = TW_METRIC_COUNTER,
                                       .labels = { "command" } };
    static const char *const names[] = { "new", "logged on", "selected" };

    imap->runs = g_renew(TwMetric *, imap->runs, G_N_ELEMENTS(commands));
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        imap->runs[i] = tw_metrics_get(metrics, &runs, &commands[i].name);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        imap->states[i] = tw_metrics_get(metrics, &states, &names[i]);
}

void
tw_imap_set_options(TwImap *imap, const TwImapOptions *options)
{
    TwImapOptions *fresh = tw_imap_options_copy(options), *old;

    g_mutex_lock(&imap->lock);
    old = imap->options;
    imap->options = fresh;
    g_mutex_unlock(&imap->lock);
    tw_imap_options_release(old);
}

void
tw_imap_set_tls(TwImap *imap, TwTlsServer *tls)
{
    tw_tls_server_unref(imap->tls);
    imap->tls = tls != NULL ? tw_tls_server_ref(tls) : NULL;
}

void
tw_imap_free(TwImap *imap)
{
    if (imap == NULL)
        return;
    tw_tls_server_unref(imap->tls);
    tw_imap_options_release(imap->options);
    g_free(imap->runs);
    tw_imap_recent_free(imap->recent);
    tw_imap_cache_free(imap->mails);
    tw_imap_cache_free(imap->summaries);
    tw_imap_cache_free(imap->rows);
    tw_imap_cache_free(imap->sorts);
    tw_imap_cache_free(imap->opened);
    g_mutex_clear(&imap->lock);
    g_free(imap);
}

void
tw_imap_listen_options(TwImap *imap, TwListenOptions *ret)
{
    *ret = (TwListenOptions){ .protocol = &protocol,
                              .data = imap,
                              .busy_text = "* BYE Too many connections\r\n" };
}

gboolean
tw_imap_listen_tls_options(TwImap *imap, TwListenOptions *ret)
{
    tw_imap_listen_options(imap, ret);
    ret->tls = imap->tls;
    return imap->tls != NULL;
}
