/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of mailboxes on their way to a relay: what goes over the wire, what is left behind, and what a crash does to that. */
#include <string.h>

#include "mapi/tags.h"
#include "spooler/post.h"

static gint later_tries; /* how often later@ was asked for */

static void
test_plain(void)
{
    Post post;
    TwObject *message = post_message("A subject");
    g_auto(TwMessageGetArgs) sent = { 0 };

    post_open(&post, NULL, NULL);
    post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    post_add_recipient(message, 2, "ZARAFA", "bert", "Bert");
    post_add_recipient(message, 3, "SMTP", "hidden@example.net", "Hidden");
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    assert_contains(post_mail(&post, 0), "Subject: A subject\r\n");
    assert_contains(post_mail(&post, 0), "From: anna <anna@example.org>\r\n");
    assert_contains(post_mail(&post, 0), "Cc: Bert <bert@example.org>\r\n");
    assert_contains(post_mail(&post, 0), "\r\n..dot\r\n");
    g_assert_null(strstr(post_mail(&post, 0), "idden"));
    g_assert_null(strstr(post_mail(&post, 0), "Sender:"));
    g_assert_true(post_said(&post, "MAIL FROM:<anna@example.org> "));
    g_assert_true(post_said(&post, "RCPT TO:<jo@example.net>"));
    g_assert_true(post_said(&post, "RCPT TO:<bert@example.org>"));
    g_assert_true(post_said(&post, "RCPT TO:<hidden@example.net>"));
    g_assert_cmpuint(post_queue_len(&post), ==, 0);
    g_assert_cmpuint(post_reports(&post), ==, 0);
    g_assert_cmpuint(
        post_count_in(&post, &post.anna, post.anna_folders.numbers[TW_LAYOUT_FOLDER_OUTBOX], NULL),
        ==, 0);
    sent.store = post.anna.store;
    post_count_in(&post, &post.anna, post.anna_folders.numbers[TW_LAYOUT_FOLDER_SENT],
                  &sent.message);
    assert_done(tw_session_message_get(post.system, &sent, error));
    g_assert_cmphex(sent.row.flags & (TW_MSGFLAG_UNSENT | TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_READ),
                    ==, TW_MSGFLAG_READ);
    post_close(&post);
}

/* 550 for never@, 450 for the first try of later@. */
static const char *
answer_partly(RelayStep step, guint number, const char *line, gconstpointer data)
{
    (void) number;
    (void) data;
    if (step != RELAY_RCPT)
        return NULL;
    if (strstr(line, "never@") != NULL)
        return "550 5.1.1 Who\r\n";
    return strstr(line, "later@") != NULL && g_atomic_int_add(&later_tries, 1) == 0
               ? "450 4.2.0 Not now\r\n"
               : NULL;
}

static void
test_partly(void)
{
    Post post;
    TwObject *message = post_message("Partly");
    g_autoptr(TwObject) report = NULL;
    const TwObject *row, *attachment;

    g_atomic_int_set(&later_tries, 0);
    post_open(&post, answer_partly, NULL);
    post_add_recipient(message, 1, "SMTP", "now@example.net", "Now");
    post_add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    post_add_recipient(message, 1, "SMTP", "later@example.net", "Later");
    post_add_recipient(message, 1, "ZARAFA", "nobody", "Nobody");
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpuint(post_queue_len(&post), ==, 1);
    g_assert_cmpuint(post_reports(&post), ==, 1);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 2);
    /* EHLO, MAIL, three RCPT, DATA; then EHLO, MAIL, one RCPT, DATA */
    g_assert_cmpuint(post.relay.lines->len, ==, 10);
    g_assert_true(g_str_has_prefix(post.relay.lines->pdata[8], "RCPT TO:<later@"));
    g_assert_cmpuint(post_queue_len(&post), ==, 0);
    g_assert_cmpuint(post_reports(&post), ==, 1);
    g_assert_cmpuint(post_sent(&post), ==, 1);
    {
        g_auto(TwReceiveFolderArgs) inbox = { .store = post.anna.store, .message_class = "REPORT" };
        assert_done(tw_session_receive_folder(post.system, &inbox, error));
        report = post_read_first(&post, &post.anna, inbox.folder);
    }
    g_assert_cmpstr(tw_object_get_text(report, PR_MESSAGE_CLASS, ""), ==, "REPORT.IPM.Note.NDR");
    g_assert_cmpstr(tw_object_get_text(report, PR_SUBJECT, ""), ==, "Unzustellbar: Partly");
    assert_contains(tw_object_get_text(report, PR_BODY, ""), "550 5.1.1 Who");
    g_assert_cmpuint(tw_object_count(report, TW_OBJECT_RECIPIENT), ==, 2);
    row = tw_object_at(report, TW_OBJECT_RECIPIENT, 0);
    g_assert_cmpstr(tw_object_get_text(row, PR_EMAIL_ADDRESS, ""), ==, "never@example.net");
    g_assert_cmpuint(tw_object_get_long(row, PR_NDR_STATUS_CODE, 0), ==, 511);
    g_assert_cmpuint(tw_object_get_long(row, PR_NDR_DIAG_CODE, 99), ==, 0);
    attachment = tw_object_at(report, TW_OBJECT_ATTACHMENT, 0);
    g_assert_cmpstr(tw_object_get_text(tw_object_get_embedded(attachment), PR_SUBJECT, ""), ==,
                    "Partly");
    post_close(&post);
}

/* ---- who may send as whom ---- */

static void
let_send_as(Post *post, const WorldUser *whom, const WorldUser *who)
{
    g_auto(TwRelateArgs)
        args = { .user = whom->number, .relation = TW_DIRECTORY_SEND_AS, .other = who->number };

    assert_done(tw_session_relate(post->system, &args, error));
}

static void
make_delegate(Post *post)
{
    g_auto(TwMessageReadArgs) read = { .store = post->bert.store };
    g_auto(TwBookGetArgs) anna = { .user = post->anna.number };
    g_auto(TwMessageSaveArgs) save = { .store = post->bert.store };
    g_auto(TwBuffer) id = TW_BUFFER_INIT(1024), packed = TW_BUFFER_INIT(4096);
    g_auto(TwListBuilder) list = { 0 };
    TwBookId book = { .type = TW_BOOK_USER, .number = post->anna.number };
    TwPropValue value;

    assert_done(tw_session_book_get(post->system, &anna, error));
    book.external = anna.entry->id;
    tw_book_id_write(&book, &id);
    tw_list_builder_init(&list, PR_SCHDINFO_DELEGATE_ENTRYIDS);
    tw_list_builder_add(&list, id.data, id.len);
    assert_done(tw_list_builder_finish(&list, &packed, &value, error));
    post_count_in(post, &post->bert, post->bert_folders.numbers[TW_LAYOUT_FOLDER_FREEBUSY],
                  &read.message);
    assert_done(tw_session_message_read(post->system, &read, error));
    g_assert_true(tw_object_set(read.object, &value, NULL));
    save.message = read.message;
    save.object = read.object;
    assert_done(tw_session_message_save(post->system, &save, error));
}

typedef enum {
    RIGHT_NONE,
    RIGHT_SEND_AS,
    RIGHT_DELEGATE,
    RIGHT_ALWAYS,
} Right;

static const struct {
    const char *name;
    Right right;
    const char *copy;
    const char *from, *sender; /* NULL: nothing is sent; no such field */
    guint copies, own;
} rights[] = {
    { "none", RIGHT_NONE, "yes", NULL, NULL, 0, 1 },
    { "send as", RIGHT_SEND_AS, "yes", "From: bert <bert@example.org>\r\n", NULL, 1, 1 },
    { "on behalf", RIGHT_DELEGATE, "yes", "From: bert <bert@example.org>\r\n",
      "Sender: anna <anna@example.org>\r\n", 1, 1 },
    { "only there", RIGHT_DELEGATE, "move-to-rep", "From: bert <bert@example.org>\r\n",
      "Sender: anna <anna@example.org>\r\n", 1, 0 },
    { "no copy", RIGHT_DELEGATE, "no", "From: bert <bert@example.org>\r\n",
      "Sender: anna <anna@example.org>\r\n", 0, 1 },
    { "always", RIGHT_ALWAYS, NULL, "From: bert <bert@example.org>\r\n",
      "Sender: anna <anna@example.org>\r\n", 1, 1 },
};

static void
test_rights(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rights); i++) {
        TwObject *message = post_message("For another");
        Post post;

        g_test_message("%s", rights[i].name);
        post_open(&post, NULL, NULL);
        if (rights[i].copy != NULL)
            post_set(&post, "copy_delegate_mails", rights[i].copy);
        else
            post_set(&post, "always_send_delegates", "yes");
        if (rights[i].right == RIGHT_SEND_AS)
            let_send_as(&post, &post.bert, &post.anna);
        if (rights[i].right == RIGHT_DELEGATE)
            make_delegate(&post);
        post_set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
        post_set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
        post_set_text(message, PR_SENT_REPRESENTING_NAME, "Forged");
        post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        post_submit(&post, message);
        g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
        relay_stop(&post.relay);
        g_assert_cmpuint(post.relay.mails->len, ==, rights[i].from != NULL ? 1 : 0);
        g_assert_cmpuint(post_reports(&post), ==, rights[i].from != NULL ? 0 : 1);
        if (rights[i].from != NULL) {
            assert_contains(post_mail(&post, 0), rights[i].from);
            if (rights[i].sender != NULL)
                assert_contains(post_mail(&post, 0), rights[i].sender);
            else
                g_assert_null(strstr(post_mail(&post, 0), "Sender:"));
        }
        g_assert_cmpuint(post_count_in(&post, &post.bert,
                                       post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL),
                         ==, rights[i].copies);
        g_assert_cmpuint(post_sent(&post), ==, rights[i].own);
        g_assert_cmpuint(post_queue_len(&post), ==, 0);
        post_close(&post);
    }
}

/* ---- troubles ---- */

static void
test_no_relay(void)
{
    Post post;
    TwObject *message = post_message("Waiting");

    post_open(&post, NULL, NULL);
    relay_stop(&post.relay);
    post_set(&post, "smtp_server", "/nowhere/at/all");
    post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpuint(post_queue_len(&post), ==, 1);
    g_assert_cmpuint(post_reports(&post), ==, 0);
    post.settings->give_up_us = 0;
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    g_assert_cmpuint(post_queue_len(&post), ==, 0);
    g_assert_cmpuint(post_reports(&post), ==, 1);
    g_assert_cmpuint(post_sent(&post), ==, 1);
    post_close(&post);
}

/* A receipt for a message that came: nobody is told when it does not arrive. */
static void
test_receipt(void)
{
    Post post;
    TwObject *message = post_message("Read: it");

    g_atomic_int_set(&later_tries, 0);
    post_open(&post, answer_partly, NULL);
    post_set_text(message, PR_MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN");
    post_add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_true(post_said(&post, "MAIL FROM:<> "));
    g_assert_cmpuint(post_reports(&post), ==, 0);
    g_assert_cmpuint(post_queue_len(&post), ==, 0);
    post_close(&post);
}

static void
test_everyone(void)
{
    Post post;
    TwObject *message = post_message("To all"), *again;

    post_open(&post, NULL, NULL);
    post_add_recipient(message, 1, "ZARAFA", "Everyone", "Everyone");
    again = tw_object_copy(message);
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    post_set(&post, "allow_send_to_everyone", "no");
    post_submit(&post, again);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    g_assert_true(post_said(&post, "RCPT TO:<anna@"));
    g_assert_true(post_said(&post, "RCPT TO:<bert@"));
    g_assert_cmpuint(post_reports(&post), ==, 1);
    post_close(&post);
}

/* ---- hooks and crashes ---- */

static TwSpoolerVerdict
verdict_of(gpointer data, TwSession *session, const TwQueueRow *row, TwObject *message)
{
    (void) session;
    g_assert_cmpuint(row->message, !=, 0);
    post_set_text(message, PR_SUBJECT, "Changed");
    return *(TwSpoolerVerdict *) data;
}

static void
test_hook(void)
{
    static const struct {
        TwSpoolerVerdict verdict;
        TwSpoolerResult result;
        guint mails, reports;
    } verdicts[] = {
        { TW_SPOOLER_CONTINUE, TW_SPOOLER_DONE, 1, 0 },
        { TW_SPOOLER_EXIT, TW_SPOOLER_DONE, 1, 0 },
        { TW_SPOOLER_FAILED, TW_SPOOLER_DONE, 0, 1 },
        { TW_SPOOLER_STOP_FAILED, TW_SPOOLER_DONE, 0, 1 },
        { TW_SPOOLER_STOP_SUCCESS, TW_SPOOLER_DONE, 0, 0 },
        { TW_SPOOLER_RETRY_LATER, TW_SPOOLER_WAITS, 0, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        TwSpoolerVerdict verdict = verdicts[i].verdict;
        TwSpoolerHooks hooks = { .pre_sending = verdict_of, .data = &verdict };
        TwObject *message = post_message("Plain");
        Post post;

        post_open(&post, NULL, NULL);
        post_add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        post_submit(&post, message);
        g_assert_cmpint(post_run_first(&post, &hooks, NULL), ==, verdicts[i].result);
        relay_stop(&post.relay);
        g_assert_cmpuint(post.relay.mails->len, ==, verdicts[i].mails);
        g_assert_cmpuint(post_reports(&post), ==, verdicts[i].reports);
        if (verdicts[i].mails > 0)
            assert_contains(post_mail(&post, 0), "Subject: Changed\r\n");
        post_close(&post);
    }
}

typedef struct {
    const char *step;
    TwSession *session;
    gboolean reached;
} Crash;

/* From here on nothing of this session reaches the store: as if the program had died. */
static void
crash_at(gpointer data, const char *step)
{
    Crash *crash = data;

    if (strcmp(step, crash->step) != 0)
        return;
    crash->reached = TRUE;
    tw_session_end(crash->session);
}

static void
test_crash(void)
{
    static const struct {
        const char *step;
        guint mails,
            now; /* that the relay gets in all, and how often now@ is among its recipients */
    } steps[] = {
        { "taken", 1, 1 }, { "sent", 2, 2 },   { "reported", 2, 2 },
        { "noted", 2, 1 }, { "copied", 2, 2 }, { "finished", 1, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        TwObject *message = post_message("Crash");
        Crash crash = { .step = steps[i].step };
        TwSpoolerHooks hooks = { .step = crash_at, .data = &crash };
        guint runs = 0;
        Post post;

        g_test_message("%s", steps[i].step);
        g_atomic_int_set(&later_tries, 0);
        post_open(&post, answer_partly, NULL);
        post_set(&post, "always_send_delegates", "yes");
        crash.session = world_trusted(&post.world, "SYSTEM");
        post_set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
        post_set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
        post_add_recipient(message, 1, "SMTP", "now@example.net", "Now");
        post_add_recipient(message, 1, "SMTP", "never@example.net", "Never");
        if (strcmp(steps[i].step, "noted") == 0)
            post_add_recipient(message, 1, "SMTP", "later@example.net", "Later");
        post_submit(&post, message);
        (void) post_run_first(&post, &hooks, crash.session);
        while (post_queue_len(&post) > 0 && runs++ < 5)
            (void) post_run_first(&post, NULL, NULL);
        relay_stop(&post.relay);
        g_assert_true(crash.reached);
        g_assert_cmpuint(post.relay.mails->len, ==, steps[i].mails);
        g_assert_cmpuint(post_count_said(&post, "RCPT TO:<now@"), ==, steps[i].now);
        g_assert_cmpuint(post_reports(&post), ==, 1);
        g_assert_cmpuint(post_sent(&post), ==, 1);
        g_assert_cmpuint(post_count_in(&post, &post.bert,
                                       post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL),
                         ==, 1);
        tw_session_unref(crash.session);
        post_close(&post);
    }
}

/* An attachment that lies in a blob: in the mail, in the report and in the copy. */
static void
test_large(void)
{
    Post post;
    TwObject *message = post_message("Large"), *attachment;
    gsize len = (gsize) 3 << 20;
    g_autofree guint8 *data = g_malloc(len);
    TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, len);
    TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1);

    for (gsize i = 0; i < len; i++)
        data[i] = (guint8) (i * 7 + i / 4099);
    g_atomic_int_set(&later_tries, 0);
    post_open(&post, answer_partly, NULL);
    post_set(&post, "always_send_delegates", "yes");
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    g_assert_true(tw_object_set(attachment, &method, NULL));
    g_assert_true(tw_object_set(attachment, &value, NULL));
    post_set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
    post_set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
    post_add_recipient(message, 1, "SMTP", "now@example.net", "Now");
    post_add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    post_set(&post, "always_send_delegates", "yes");
    post_submit(&post, message);
    g_assert_cmpint(post_run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    g_assert_cmpuint(((GString *) post.relay.mails->pdata[0])->len, >, 4 << 20);
    g_assert_cmpuint(post_reports(&post), ==, 1);
    g_assert_cmpuint(
        post_count_in(&post, &post.bert, post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL),
        ==, 1);
    post_close(&post);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/job/plain", test_plain);
    g_test_add_func("/spooler/job/partly", test_partly);
    g_test_add_func("/spooler/job/rights", test_rights);
    g_test_add_func("/spooler/job/no-relay", test_no_relay);
    g_test_add_func("/spooler/job/receipt", test_receipt);
    g_test_add_func("/spooler/job/everyone", test_everyone);
    g_test_add_func("/spooler/job/hook", test_hook);
    g_test_add_func("/spooler/job/crash", test_crash);
    g_test_add_func("/spooler/job/large", test_large);
    return g_test_run();
}
