/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The client against a server that says what each case wants: good, refusing at each step, cut at each byte, endless. */
#include "spooler/smtp.h"

#include "base/error.h"
#include "spooler/relay.h"

static const char text[] = "Subject: x\r\n\r\n.dot\r\nend";
static const char wire[] = "Subject: x\r\n\r\n..dot\r\nend\r\n";

static gboolean
give_text(gpointer data, TwSmtpTakeFunc take, gpointer taker, GError **error)
{
    (void) data;
    for (gsize i = 0; i + 1 < sizeof text; i += 5) {
        if (!take(taker, (const guint8 *) text + i, MIN(5, sizeof text - 1 - i), error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fail_text(gpointer data, TwSmtpTakeFunc take, gpointer taker, GError **error)
{
    (void) data;
    if (take(taker, (const guint8 *) text, 5, error))
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a bad disk");
    return FALSE;
}

static TwSmtpOptions
options_for(const Relay *relay)
{
    return (TwSmtpOptions){ .unix_path = relay->path, .name = "client.test" };
}

typedef struct {
    const char *name;
    RelayStep step;
    guint number; /* the how manieth such step */
    const char *answer;
    gboolean open, sent;
    const char *outcomes; /* T taken, L later, N never: of three recipients */
    gboolean unsure;
} Case;

static const Case cases[] = {
    { "good", RELAY_STEPS, 0, NULL, TRUE, TRUE, "TTT", FALSE },
    { "no greeting", RELAY_GREETING, 0, "554 5.7.1 Go away\r\n", FALSE, FALSE, NULL, FALSE },
    { "busy greeting", RELAY_GREETING, 0, "421 4.3.2 Not now\r\n", FALSE, FALSE, NULL, FALSE },
    { "another protocol", RELAY_GREETING, 0, "SSH-2.0-x\r\n", FALSE, FALSE, NULL, FALSE },
    { "hangs up", RELAY_GREETING, 0, "!", FALSE, FALSE, NULL, FALSE },
    { "no EHLO", RELAY_EHLO, 0, "502 5.5.1 What?\r\n", TRUE, TRUE, "TTT", FALSE },
    { "EHLO later", RELAY_EHLO, 0, "451 4.3.0 Later\r\n", FALSE, FALSE, NULL, FALSE },
    { "no PIPELINING", RELAY_EHLO, 0, "250 relay\r\n", TRUE, TRUE, "TTT", FALSE },
    { "too small", RELAY_EHLO, 0, "250-relay\r\n250 SIZE 10\r\n", TRUE, TRUE, "NNN", FALSE },
    { "sender never", RELAY_MAIL, 0, "550 5.7.1 No\r\n", TRUE, TRUE, "NNN", FALSE },
    { "sender later", RELAY_MAIL, 0, "451 4.7.1 Later\r\n", TRUE, TRUE, "LLL", FALSE },
    { "sender goodbye", RELAY_MAIL, 0, "!421 4.3.2 Bye\r\n", TRUE, TRUE, "LLL", FALSE },
    { "one never", RELAY_RCPT, 1, "550 5.1.1 Who?\r\n", TRUE, TRUE, "TNT", FALSE },
    { "one later", RELAY_RCPT, 2, "450 4.2.1 Greylisted\r\n", TRUE, TRUE, "TTL", FALSE },
    { "hangs up in RCPT", RELAY_RCPT, 2, "!", TRUE, FALSE, "LLL", FALSE },
    { "goodbye in RCPT", RELAY_RCPT, 1, "!421 4.3.2 Bye\r\n", TRUE, TRUE, "LLL", FALSE },
    { "two codes in an answer", RELAY_RCPT, 0, "250-a\r\n251 b\r\n", TRUE, FALSE, "LLL", FALSE },
    { "no DATA", RELAY_DATA, 0, "554 5.5.1 No\r\n", TRUE, TRUE, "NNN", FALSE },
    { "DATA later", RELAY_DATA, 0, "451 4.3.1 Disk\r\n", TRUE, TRUE, "LLL", FALSE },
    { "DATA is done", RELAY_DATA, 0, "250 2.0.0 Queued\r\n", TRUE, FALSE, "LLL", FALSE },
    { "never", RELAY_DOT, 0, "554 5.6.0 Spam\r\n", TRUE, TRUE, "NNN", FALSE },
    { "later", RELAY_DOT, 0, "452 4.3.1 Full\r\n", TRUE, TRUE, "LLL", FALSE },
    { "no answer", RELAY_DOT, 0, "!", TRUE, FALSE, "LLL", TRUE },
    { "half an answer", RELAY_DOT, 0, "!25", TRUE, FALSE, "LLL", TRUE },
    { "no code", RELAY_DOT, 0, "yes\r\n", TRUE, FALSE, "LLL", TRUE },
};

static const char *
answer_case(RelayStep step, guint number, const char *line, gconstpointer data)
{
    const Case *one = data;

    (void) line;
    return step == one->step && number == one->number ? one->answer : NULL;
}

static const char *const addresses[] = { "a@example.org", "b@example.org", "c@example.org" };

static gboolean
send_three(TwSmtp *smtp, TwSmtpBodyFunc body, char outcomes[4], gboolean *unsure, GError **error)
{
    TwSmtpRecipient recipients[3] = { 0 };
    TwSmtpMail mail = {
        .sender = "jo@example.org", .size = sizeof text - 1, .eight_bit = TRUE, .body = body
    };
    gboolean ok;

    for (guint i = 0; i < 3; i++)
        recipients[i].address = addresses[i];
    ok = tw_smtp_send(smtp, &mail, recipients, 3, unsure, error);
    for (guint i = 0; i < 3; i++) {
        outcomes[i] = "LTN"[recipients[i].outcome];
        tw_smtp_recipient_clear(&recipients[i]);
    }
    outcomes[3] = '\0';
    return ok;
}

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *one = &cases[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(TwSmtp) smtp = NULL;
        TwSmtpOptions options;
        gboolean unsure, sent;
        char outcomes[4];
        Relay relay;

        g_test_message("%s", one->name);
        relay_start(&relay, answer_case, one);
        options = options_for(&relay);
        smtp = tw_smtp_open(&options, &error);
        g_assert_cmpint(smtp != NULL, ==, one->open);
        g_assert_cmpint(error == NULL, ==, one->open);
        if (smtp != NULL) {
            sent = send_three(smtp, give_text, outcomes, &unsure, &error);
            g_assert_cmpint(sent, ==, one->sent);
            g_assert_cmpint(error == NULL, ==, one->sent);
            g_assert_cmpstr(outcomes, ==, one->outcomes);
            g_assert_cmpint(unsure, ==, one->unsure);
        }
        relay_stop(&relay);
        if (one->outcomes != NULL && strchr(one->outcomes, 'T') != NULL) {
            g_assert_cmpuint(relay.mails->len, ==, 1);
            g_assert_cmpstr(((GString *) relay.mails->pdata[0])->str, ==, wire);
        }
        relay_clear(&relay);
    }
}

/* However much of its answers comes: nobody is taken without the last one, and it is unsure exactly while that is missing. */
static void
test_cuts(void)
{
    static const Case good = { .step = RELAY_STEPS };
    const gssize last = (gssize) strlen("250 2.0.0 Queued\r\n");
    g_autoptr(GByteArray) doubts = g_byte_array_new();
    gssize total = -1;

    for (gssize cut = 0; total < 0 || cut <= total; cut++) {
        g_autoptr(GError) error = NULL;
        TwSmtpOptions options;
        TwSmtp *smtp;
        gboolean unsure = FALSE, sent = FALSE;
        char outcomes[4] = "LLL";
        Relay relay;

        relay_start(&relay, answer_case, &good);
        relay.most_bytes = cut;
        options = options_for(&relay);
        smtp = tw_smtp_open(&options, &error);
        if (smtp != NULL)
            sent = send_three(smtp, give_text, outcomes, &unsure, &error);
        g_assert_cmpint(sent, ==, error == NULL);
        tw_smtp_close(smtp);
        relay_stop(&relay);
        g_assert_cmpstr(outcomes, ==, sent ? "TTT" : "LLL");
        g_assert_true(relay.dots == 0 || unsure == !sent);
        g_byte_array_append(doubts, unsure ? (const guint8 *) "?" : (const guint8 *) ".", 1);
        if (sent)
            total = cut;
        relay_clear(&relay);
    }
    g_assert_cmpint(total, >, last);
    for (gssize cut = 0; cut <= total; cut++) {
        gboolean doubt = doubts->data[cut] == '?';

        /* where the relay hangs up right behind its 354, the text may have gone or not */
        if (cut != total - last)
            g_assert_cmpint(doubt, ==, cut > total - last && cut < total);
    }
}

/* What was sent before does not stand in the way of the next mail. */
static void
test_again(void)
{
    static const Case refused = { .step = RELAY_MAIL, .number = 0, .answer = "550 no\r\n" };
    g_autoptr(GError) error = NULL;
    TwSmtpOptions options;
    TwSmtp *smtp;
    gboolean unsure;
    char outcomes[4];
    Relay relay;

    relay_start(&relay, answer_case, &refused);
    options = options_for(&relay);
    smtp = tw_smtp_open(&options, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 3; i++) {
        g_assert_true(send_three(smtp, give_text, outcomes, &unsure, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(outcomes, ==, i == 0 ? "NNN" : "TTT");
    }
    /* a mail that cannot be read is not ended: the server must not take the half for the whole */
    g_assert_false(send_three(smtp, fail_text, outcomes, &unsure, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_assert_false(unsure);
    g_assert_cmpstr(outcomes, ==, "LLL");
    tw_smtp_close(smtp);
    relay_stop(&relay);
    g_assert_cmpuint(relay.mails->len, ==, 2);
    relay_clear(&relay);
}

static const char *
answer_endless(RelayStep step, guint number, const char *line, gconstpointer data)
{
    static char *lines;

    (void) number;
    (void) line;
    (void) data;
    if (step != RELAY_GREETING)
        return NULL;
    if (lines == NULL) {
        GString *all = g_string_new(NULL);
        for (guint i = 0; i < 1000; i++)
            g_string_append(all, "220-more\r\n");
        lines = g_string_free(all, FALSE);
    }
    return lines;
}

static const char *
answer_nothing(RelayStep step, guint number, const char *line, gconstpointer data)
{
    (void) number;
    (void) line;
    return step == *(const RelayStep *) data ? "" : NULL;
}

static void
test_endless(void)
{
    static const RelayStep steps[] = { RELAY_GREETING, RELAY_EHLO };
    g_autoptr(GError) error = NULL;
    TwSmtpOptions options;
    Relay relay;

    relay_start(&relay, answer_endless, NULL);
    options = options_for(&relay);
    g_assert_null(tw_smtp_open(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    relay_clear(&relay);
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        relay_start(&relay, answer_nothing, &steps[i]);
        options = options_for(&relay);
        options.reply_ms = 1;
        g_assert_null(tw_smtp_open(&options, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_TIMEOUT);
        g_clear_error(&error);
        options.reply_ms = 0;
        options.cancel = tw_cancel_new();
        tw_cancel_fire(options.cancel);
        g_assert_null(tw_smtp_open(&options, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CANCELLED);
        g_clear_error(&error);
        tw_cancel_unref(options.cancel);
        relay_clear(&relay);
    }
}

typedef struct {
    const char *name, *offer, *first, *second;
    int code; /* -1: it opens */
    const char *line;
} LogOn;

static const LogOn log_ons[] = {
    { "plain", NULL, NULL, NULL, -1, "AUTH PLAIN AGpvAHNlY3JldA==\r\n" },
    { "refused", NULL, "535 5.7.8 No\r\n", NULL, TW_ERROR_NO_ACCESS, NULL },
    { "later", NULL, "454 4.7.0 Later\r\n", NULL, TW_ERROR_NO_ACCESS, NULL },
    { "login", "250-r\r\n250 AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", -1,
      "c2VjcmV0\r\n" },
    { "login refused", "250-r\r\n250 AUTH LOGIN\r\n", "501 no\r\n", NULL, TW_ERROR_NO_ACCESS,
      NULL },
    { "no way", "250-r\r\n250 AUTH GSSAPI\r\n", NULL, NULL, TW_ERROR_UNSUPPORTED, NULL },
    { "none at all", "250 r\r\n", NULL, NULL, TW_ERROR_UNSUPPORTED, NULL },
};

static const char *
answer_log_on(RelayStep step, guint number, const char *line, gconstpointer data)
{
    const LogOn *one = data;

    (void) line;
    if (step == RELAY_EHLO)
        return one->offer;
    if (step == RELAY_AUTH)
        return one->first;
    return step == RELAY_SECRET && number == 0 ? one->second : NULL;
}

static void
test_log_on(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(log_ons); i++) {
        const LogOn *one = &log_ons[i];
        g_autoptr(TwSecret) password = tw_secret_new("secret", 6);
        g_autoptr(GError) error = NULL;
        TwSmtpOptions options;
        TwSmtp *smtp;
        Relay relay;

        g_test_message("%s", one->name);
        relay_start(&relay, answer_log_on, one);
        options = options_for(&relay);
        options.user = "jo";
        options.password = password;
        smtp = tw_smtp_open(&options, &error);
        g_assert_cmpint(smtp != NULL, ==, one->code < 0);
        if (smtp == NULL)
            g_assert_error(error, TW_ERROR, one->code);
        tw_smtp_close(smtp);
        relay_stop(&relay);
        if (one->line != NULL)
            g_assert_cmpstr(relay.lines->pdata[relay.lines->len - 1], ==, one->line);
        relay_clear(&relay);
    }
}

/* What goes into the envelope, and that an address cannot say more than it is. */
static void
test_envelope(void)
{
    static const Case good = { .step = RELAY_STEPS };
    TwSmtpRecipient recipients[] = {
        { .address = "a@example.org", .notify = TW_SMTP_NOTIFY_SUCCESS | TW_SMTP_NOTIFY_DELAY },
        { .address = "b@example.org>\r\nRCPT TO:<evil@example.org" },
        { .address = "" },
        { .address = "j\xc3\xb8+=@example.org" },
    };
    TwSmtpMail mail = { .sender = "", .size = 23, .envelope = "x y", .body = give_text };
    g_autoptr(GError) error = NULL;
    TwSmtpOptions options;
    TwSmtp *smtp;
    gboolean unsure;
    Relay relay;

    relay_start(&relay, answer_case, &good);
    options = options_for(&relay);
    smtp = tw_smtp_open(&options, &error);
    g_assert_true(tw_smtp_send(smtp, &mail, recipients, G_N_ELEMENTS(recipients), &unsure, &error));
    tw_smtp_close(smtp);
    relay_stop(&relay);
    g_assert_cmpint(recipients[0].outcome, ==, TW_SMTP_TAKEN);
    g_assert_cmpint(recipients[0].status[0], ==, 2);
    g_assert_cmpstr(recipients[0].text, ==, "Queued");
    g_assert_cmpint(recipients[1].outcome, ==, TW_SMTP_NEVER);
    g_assert_cmpint(recipients[2].outcome, ==, TW_SMTP_NEVER);
    g_assert_cmpint(recipients[3].outcome, ==, TW_SMTP_TAKEN);
    g_assert_cmpuint(relay.lines->len, ==, 5);
    g_assert_cmpstr(relay.lines->pdata[1], ==,
                    "MAIL FROM:<> SIZE=23 SMTPUTF8 RET=FULL ENVID=x+20y\r\n");
    g_assert_cmpstr(relay.lines->pdata[2], ==,
                    "RCPT TO:<a@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@example.org\r\n");
    g_assert_cmpstr(relay.lines->pdata[3], ==,
                    "RCPT TO:<j\xc3\xb8+=@example.org> ORCPT=rfc822;j+C3+B8+2B+3D@example.org\r\n");
    for (guint i = 0; i < G_N_ELEMENTS(recipients); i++)
        tw_smtp_recipient_clear(&recipients[i]);
    relay_clear(&relay);
}

/* More recipients than one window. */
static void
test_many(void)
{
    static const Case one_bad = { .step = RELAY_RCPT, .number = 77, .answer = "550 no\r\n" };
    TwSmtpMail mail = { .sender = "jo@example.org", .size = 23, .body = give_text };
    g_autofree TwSmtpRecipient *recipients = g_new0(TwSmtpRecipient, 501);
    g_autoptr(GError) error = NULL;
    TwSmtpOptions options;
    TwSmtp *smtp;
    gboolean unsure;
    Relay relay;

    relay_start(&relay, answer_case, &one_bad);
    options = options_for(&relay);
    smtp = tw_smtp_open(&options, &error);
    for (guint i = 0; i < 501; i++)
        recipients[i].address = addresses[i % 3];
    g_assert_true(tw_smtp_send(smtp, &mail, recipients, 501, &unsure, &error));
    for (guint i = 0; i < 501; i++) {
        g_assert_cmpint(recipients[i].outcome, ==, i == 77 ? TW_SMTP_NEVER : TW_SMTP_TAKEN);
        tw_smtp_recipient_clear(&recipients[i]);
    }
    tw_smtp_close(smtp);
    relay_clear(&relay);
}

/* Without TLS nothing goes where TLS is asked for. */
static void
test_security(void)
{
    static const LogOn clear = { .offer = "250-r\r\n250 AUTH PLAIN\r\n" };
    static const LogOn lie = { .offer = "250-r\r\n250 STARTTLS\r\n" };
    TwTlsClientOptions tls = { 0 };
    g_autoptr(GError) error = NULL;
    TwSmtpOptions options;
    Relay relay;

    relay_start(&relay, answer_log_on, &clear);
    options = options_for(&relay);
    options.host = "relay.test";
    options.security = TW_SMTP_STARTTLS;
    options.tls = tw_tls_client_new(&tls, &error);
    g_assert_no_error(error);
    g_assert_null(tw_smtp_open(&options, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    relay_stop(&relay);
    g_assert_cmpuint(relay.lines->len, ==, 1);
    relay_clear(&relay);
    relay_start(&relay, answer_log_on, &lie);
    options.unix_path = relay.path;
    g_assert_null(tw_smtp_open(&options, &error));
    g_assert_nonnull(error);
    relay_stop(&relay);
    g_assert_cmpuint(relay.lines->len, ==, 2);
    relay_clear(&relay);
    tw_tls_client_unref(options.tls);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/smtp/cases", test_cases);
    g_test_add_func("/spooler/smtp/cuts", test_cuts);
    g_test_add_func("/spooler/smtp/again", test_again);
    g_test_add_func("/spooler/smtp/endless", test_endless);
    g_test_add_func("/spooler/smtp/log-on", test_log_on);
    g_test_add_func("/spooler/smtp/envelope", test_envelope);
    g_test_add_func("/spooler/smtp/many", test_many);
    g_test_add_func("/spooler/smtp/security", test_security);
    return g_test_run();
}
