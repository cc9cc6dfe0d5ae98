/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of mailboxes on their way to a relay: what goes over the wire, what is left behind, and what a crash does to that. */
#include "spooler/spooler.h"

#include <string.h>

#include "convert/item-props.h"
#include "groupware/mail-import.h"
#include "groupware/mailbox.h"
#include "groupware/session-names.h"
#include "mapi/tags.h"
#include "session/world.h"
#include "spooler/relay.h"

typedef struct {
    World world;
    WorldUser anna, bert;
    TwMailboxFolders anna_folders, bert_folders;
    TwSession *owner, *system;
    Relay relay;
    TwSpoolerSettings *settings;
    TwConfig *config;
} Post;

static gint later_tries; /* how often later@ was asked for */

/* ---- the place ---- */

static TwConfig *
configure(const char *path, const char *key, const char *value)
{
    const TwConfigSetting settings[] = {
        { "smtp_server", path },         { "smtp_tls", "no" },
        { "smtp_name", "post.test" },    { "retry_time", "0" },
        { "tmp_path", g_get_tmp_dir() }, { key, value },
    };
    TwConfigSource source = { .settings = settings,
                              .settings_count = key != NULL ? G_N_ELEMENTS(settings)
                                                            : G_N_ELEMENTS(settings) - 1 };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;
    TwConfig *config;

    g_assert_true(tw_config_schema_add(schema, &tw_spooler_config_table, &error));
    g_assert_true(tw_config_schema_add(schema, &tw_spooler_places_table, &error));
    config = tw_config_load(schema, &source, NULL, &error);
    g_assert_no_error(error);
    return config;
}

static void
set(Post *post, const char *key, const char *value)
{
    g_autoptr(GError) error = NULL;

    tw_spooler_settings_unref(post->settings);
    tw_config_unref(post->config);
    post->config = configure(post->relay.path, key, value);
    post->settings = tw_spooler_settings_new(post->config, NULL, &error);
    g_assert_no_error(error);
}

static void
fill(Post *post, const WorldUser *user, const char *language, TwMailboxFolders *ret)
{
    TwMailboxSpec spec = tw_mailbox_spec(user->number, TW_STORE_PRIVATE, language);

    assert_done(tw_mailbox_fill(post->system, &user->store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(post->system, &user->store, TW_LAYOUT_PRIVATE, ret, error));
}

static void
post_open(Post *post, RelayAnswer answer, gconstpointer data)
{
    *post = (Post){ 0 };
    g_atomic_int_set(&later_tries, 0);
    world_new(&post->world);
    world_user(&post->world, 0, "anna", &post->anna);
    world_user(&post->world, 0, "bert", &post->bert);
    post->owner = world_logon(&post->world, "anna");
    post->system = world_trusted(&post->world, "SYSTEM");
    fill(post, &post->anna, "de", &post->anna_folders);
    fill(post, &post->bert, "en", &post->bert_folders);
    relay_start(&post->relay, answer, data);
    set(post, NULL, NULL);
}

static void
post_close(Post *post)
{
    relay_clear(&post->relay);
    tw_spooler_settings_unref(post->settings);
    tw_config_unref(post->config);
    tw_session_unref(post->owner);
    tw_session_unref(post->system);
    world_free(&post->world);
}

/* ---- messages ---- */

static TwObject *
message_new(const char *subject)
{
    TwObject *message = tw_object_new(TW_OBJECT_MESSAGE);
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
        tw_value_str(PR_SUBJECT, subject),
        tw_value_str(PR_BODY, "Hello giraffe\r\n.dot\r\n"),
        tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_UNSENT),
        tw_value_i8(PR_CLIENT_SUBMIT_TIME, G_GINT64_CONSTANT(133500000000000000)),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(message, &values[i], NULL));
    return message;
}

static TwObject *
add_recipient(
    TwObject *message, guint type, const char *kind, const char *address, const char *name)
{
    TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);
    const TwPropValue values[] = {
        tw_value_long(PR_RECIPIENT_TYPE, type),
        tw_value_str(PR_ADDRTYPE, kind),
        tw_value_str(PR_EMAIL_ADDRESS, address),
        tw_value_str(PR_DISPLAY_NAME, name),
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(row, &values[i], NULL));
    return row;
}

static void
set_text(TwObject *message, guint32 tag, const char *text)
{
    TwPropValue value = tw_value_str(tag, text);

    g_assert_true(tw_object_set(message, &value, NULL));
}

static guint32
submit(Post *post, TwObject *message)
{
    g_auto(TwMessageCreateArgs)
        create = { .store = post->anna.store,
                   .folder = post->anna_folders.numbers[TW_LAYOUT_FOLDER_OUTBOX],
                   .object = message };
    TwQueueSubmitArgs args = { .store = post->anna.store,
                               .flags = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL };

    assert_done(tw_session_message_create(post->owner, &create, error));
    tw_object_free(message);
    args.message = create.made.mid;
    assert_done(tw_session_queue_submit(post->owner, &args, error));
    return create.made.mid;
}

static guint
queue_len(Post *post)
{
    g_auto(TwQueueListAllArgs) list = { 0 };

    assert_done(tw_session_queue_list_all(post->system, &list, error));
    return list.rows->len;
}

/* Runs the first message of the queue as a program of its own would. */
static TwSpoolerResult
run_first(Post *post, const TwSpoolerHooks *hooks, TwSession *session)
{
    g_auto(TwQueueListAllArgs) list = { 0 };
    g_autoptr(GError) why = NULL;
    g_autoptr(TwSession) own = session == NULL ? world_trusted(&post->world, "SYSTEM") : NULL;
    TwSpoolerPlace place = { .session = session != NULL ? session : own,
                             .settings = post->settings,
                             .hooks = hooks };
    TwSpoolerResult result = TW_SPOOLER_SKIPPED;
    gboolean ok;

    assert_done(tw_session_queue_list_all(post->system, &list, error));
    g_assert_cmpuint(list.rows->len, >, 0);
    ok = tw_spooler_job_run(&place, &g_array_index(list.rows, TwQueueRow, 0), &result, &why);
    if (session == NULL)
        g_assert_no_error(why);
    else if (!ok)
        g_assert_error(why, TW_ERROR, TW_ERROR_END_OF_SESSION);
    return result;
}

static guint
count_in(Post *post, const WorldUser *user, guint32 folder, guint32 *ret_first)
{
    g_auto(TwMessageListArgs) list = { .store = user->store, .folder = folder };

    assert_done(tw_session_message_list(post->system, &list, error));
    if (ret_first != NULL)
        *ret_first = list.rows->len > 0 ? g_array_index(list.rows, TwMessageRow, 0).mid : 0;
    return list.rows->len;
}

static guint
sent_of(Post *post)
{
    return count_in(post, &post->anna, post->anna_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL);
}

static guint
reports_of(Post *post)
{
    g_auto(TwReceiveFolderArgs) inbox = { .store = post->anna.store, .message_class = "REPORT" };

    assert_done(tw_session_receive_folder(post->system, &inbox, error));
    return count_in(post, &post->anna, inbox.folder, NULL);
}

static TwObject *
read_first(Post *post, const WorldUser *user, guint32 folder)
{
    g_auto(TwMessageReadArgs) read = { .store = user->store };

    g_assert_cmpuint(count_in(post, user, folder, &read.message), >, 0);
    assert_done(tw_session_message_read(post->system, &read, error));
    return g_steal_pointer(&read.object);
}

static const char *
mail_at(Post *post, guint index)
{
    g_assert_cmpuint(index, <, post->relay.mails->len);
    return ((GString *) post->relay.mails->pdata[index])->str;
}

static guint
count_said(Post *post, const char *prefix)
{
    guint count = 0;

    for (guint i = 0; i < post->relay.lines->len; i++)
        count += g_str_has_prefix(post->relay.lines->pdata[i], prefix) ? 1 : 0;
    return count;
}

static gboolean
said(Post *post, const char *prefix)
{
    return count_said(post, prefix) > 0;
}

#define assert_contains(text, part)                                                                \
    G_STMT_START                                                                                   \
    {                                                                                              \
        const char *text_ = (text);                                                                \
        if (strstr(text_, (part)) == NULL)                                                         \
            g_error("no \"%s\" in \"%s\"", (part), text_);                                         \
    }                                                                                              \
    G_STMT_END

/* ---- tests ---- */

static void
test_plain(void)
{
    Post post;
    TwObject *message = message_new("A subject");
    g_auto(TwMessageGetArgs) sent = { 0 };

    post_open(&post, NULL, NULL);
    add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    add_recipient(message, 2, "ZARAFA", "bert", "Bert");
    add_recipient(message, 3, "SMTP", "hidden@example.net", "Hidden");
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    assert_contains(mail_at(&post, 0), "Subject: A subject\r\n");
    assert_contains(mail_at(&post, 0), "From: anna <anna@example.org>\r\n");
    assert_contains(mail_at(&post, 0), "Cc: Bert <bert@example.org>\r\n");
    assert_contains(mail_at(&post, 0), "\r\n..dot\r\n");
    g_assert_null(strstr(mail_at(&post, 0), "idden"));
    g_assert_null(strstr(mail_at(&post, 0), "Sender:"));
    g_assert_true(said(&post, "MAIL FROM:<anna@example.org> "));
    g_assert_true(said(&post, "RCPT TO:<jo@example.net>"));
    g_assert_true(said(&post, "RCPT TO:<bert@example.org>"));
    g_assert_true(said(&post, "RCPT TO:<hidden@example.net>"));
    g_assert_cmpuint(queue_len(&post), ==, 0);
    g_assert_cmpuint(reports_of(&post), ==, 0);
    g_assert_cmpuint(
        count_in(&post, &post.anna, post.anna_folders.numbers[TW_LAYOUT_FOLDER_OUTBOX], NULL), ==,
        0);
    sent.store = post.anna.store;
    count_in(&post, &post.anna, post.anna_folders.numbers[TW_LAYOUT_FOLDER_SENT], &sent.message);
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
    TwObject *message = message_new("Partly");
    g_autoptr(TwObject) report = NULL;
    const TwObject *row, *attachment;

    post_open(&post, answer_partly, NULL);
    add_recipient(message, 1, "SMTP", "now@example.net", "Now");
    add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    add_recipient(message, 1, "SMTP", "later@example.net", "Later");
    add_recipient(message, 1, "ZARAFA", "nobody", "Nobody");
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpuint(queue_len(&post), ==, 1);
    g_assert_cmpuint(reports_of(&post), ==, 1);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 2);
    /* EHLO, MAIL, three RCPT, DATA; then EHLO, MAIL, one RCPT, DATA */
    g_assert_cmpuint(post.relay.lines->len, ==, 10);
    g_assert_true(g_str_has_prefix(post.relay.lines->pdata[8], "RCPT TO:<later@"));
    g_assert_cmpuint(queue_len(&post), ==, 0);
    g_assert_cmpuint(reports_of(&post), ==, 1);
    g_assert_cmpuint(sent_of(&post), ==, 1);
    {
        g_auto(TwReceiveFolderArgs) inbox = { .store = post.anna.store, .message_class = "REPORT" };
        assert_done(tw_session_receive_folder(post.system, &inbox, error));
        report = read_first(&post, &post.anna, inbox.folder);
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
    count_in(post, &post->bert, post->bert_folders.numbers[TW_LAYOUT_FOLDER_FREEBUSY],
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
        TwObject *message = message_new("For another");
        Post post;

        g_test_message("%s", rights[i].name);
        post_open(&post, NULL, NULL);
        if (rights[i].copy != NULL)
            set(&post, "copy_delegate_mails", rights[i].copy);
        else
            set(&post, "always_send_delegates", "yes");
        if (rights[i].right == RIGHT_SEND_AS)
            let_send_as(&post, &post.bert, &post.anna);
        if (rights[i].right == RIGHT_DELEGATE)
            make_delegate(&post);
        set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
        set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
        set_text(message, PR_SENT_REPRESENTING_NAME, "Forged");
        add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        submit(&post, message);
        g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
        relay_stop(&post.relay);
        g_assert_cmpuint(post.relay.mails->len, ==, rights[i].from != NULL ? 1 : 0);
        g_assert_cmpuint(reports_of(&post), ==, rights[i].from != NULL ? 0 : 1);
        if (rights[i].from != NULL) {
            assert_contains(mail_at(&post, 0), rights[i].from);
            if (rights[i].sender != NULL)
                assert_contains(mail_at(&post, 0), rights[i].sender);
            else
                g_assert_null(strstr(mail_at(&post, 0), "Sender:"));
        }
        g_assert_cmpuint(
            count_in(&post, &post.bert, post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL), ==,
            rights[i].copies);
        g_assert_cmpuint(sent_of(&post), ==, rights[i].own);
        g_assert_cmpuint(queue_len(&post), ==, 0);
        post_close(&post);
    }
}

/* ---- troubles ---- */

static void
test_no_relay(void)
{
    Post post;
    TwObject *message = message_new("Waiting");

    post_open(&post, NULL, NULL);
    relay_stop(&post.relay);
    set(&post, "smtp_server", "/nowhere/at/all");
    add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_WAITS);
    g_assert_cmpuint(queue_len(&post), ==, 1);
    g_assert_cmpuint(reports_of(&post), ==, 0);
    post.settings->give_up_us = 0;
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    g_assert_cmpuint(queue_len(&post), ==, 0);
    g_assert_cmpuint(reports_of(&post), ==, 1);
    g_assert_cmpuint(sent_of(&post), ==, 1);
    post_close(&post);
}

/* A receipt for a message that came: nobody is told when it does not arrive. */
static void
test_receipt(void)
{
    Post post;
    TwObject *message = message_new("Read: it");

    post_open(&post, answer_partly, NULL);
    set_text(message, PR_MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN");
    add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_true(said(&post, "MAIL FROM:<> "));
    g_assert_cmpuint(reports_of(&post), ==, 0);
    g_assert_cmpuint(queue_len(&post), ==, 0);
    post_close(&post);
}

static void
test_everyone(void)
{
    Post post;
    TwObject *message = message_new("To all"), *again;

    post_open(&post, NULL, NULL);
    add_recipient(message, 1, "ZARAFA", "Everyone", "Everyone");
    again = tw_object_copy(message);
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    set(&post, "allow_send_to_everyone", "no");
    submit(&post, again);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    g_assert_true(said(&post, "RCPT TO:<anna@"));
    g_assert_true(said(&post, "RCPT TO:<bert@"));
    g_assert_cmpuint(reports_of(&post), ==, 1);
    post_close(&post);
}

/* ---- hooks and crashes ---- */

static TwSpoolerVerdict
verdict_of(gpointer data, TwSession *session, const TwQueueRow *row, TwObject *message)
{
    (void) session;
    g_assert_cmpuint(row->message, !=, 0);
    set_text(message, PR_SUBJECT, "Changed");
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
        TwObject *message = message_new("Plain");
        Post post;

        post_open(&post, NULL, NULL);
        add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        submit(&post, message);
        g_assert_cmpint(run_first(&post, &hooks, NULL), ==, verdicts[i].result);
        relay_stop(&post.relay);
        g_assert_cmpuint(post.relay.mails->len, ==, verdicts[i].mails);
        g_assert_cmpuint(reports_of(&post), ==, verdicts[i].reports);
        if (verdicts[i].mails > 0)
            assert_contains(mail_at(&post, 0), "Subject: Changed\r\n");
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
        TwObject *message = message_new("Crash");
        Crash crash = { .step = steps[i].step };
        TwSpoolerHooks hooks = { .step = crash_at, .data = &crash };
        guint runs = 0;
        Post post;

        g_test_message("%s", steps[i].step);
        post_open(&post, answer_partly, NULL);
        set(&post, "always_send_delegates", "yes");
        crash.session = world_trusted(&post.world, "SYSTEM");
        set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
        set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
        add_recipient(message, 1, "SMTP", "now@example.net", "Now");
        add_recipient(message, 1, "SMTP", "never@example.net", "Never");
        if (strcmp(steps[i].step, "noted") == 0)
            add_recipient(message, 1, "SMTP", "later@example.net", "Later");
        submit(&post, message);
        (void) run_first(&post, &hooks, crash.session);
        while (queue_len(&post) > 0 && runs++ < 5)
            (void) run_first(&post, NULL, NULL);
        relay_stop(&post.relay);
        g_assert_true(crash.reached);
        g_assert_cmpuint(post.relay.mails->len, ==, steps[i].mails);
        g_assert_cmpuint(count_said(&post, "RCPT TO:<now@"), ==, steps[i].now);
        g_assert_cmpuint(reports_of(&post), ==, 1);
        g_assert_cmpuint(sent_of(&post), ==, 1);
        g_assert_cmpuint(
            count_in(&post, &post.bert, post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL), ==,
            1);
        tw_session_unref(crash.session);
        post_close(&post);
    }
}

/* An attachment that lies in a blob: in the mail, in the report and in the copy. */
static void
test_large(void)
{
    Post post;
    TwObject *message = message_new("Large"), *attachment;
    gsize len = (gsize) 3 << 20;
    g_autofree guint8 *data = g_malloc(len);
    TwPropValue value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, len);
    TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1);

    for (gsize i = 0; i < len; i++)
        data[i] = (guint8) (i * 7 + i / 4099);
    post_open(&post, answer_partly, NULL);
    set(&post, "always_send_delegates", "yes");
    attachment = tw_object_add(message, TW_OBJECT_ATTACHMENT, TW_OBJECT_NEW_NUMBER, NULL);
    g_assert_true(tw_object_set(attachment, &method, NULL));
    g_assert_true(tw_object_set(attachment, &value, NULL));
    set_text(message, PR_SENT_REPRESENTING_ADDRTYPE, "ZARAFA");
    set_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "bert");
    add_recipient(message, 1, "SMTP", "now@example.net", "Now");
    add_recipient(message, 1, "SMTP", "never@example.net", "Never");
    set(&post, "always_send_delegates", "yes");
    submit(&post, message);
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    g_assert_cmpuint(((GString *) post.relay.mails->pdata[0])->len, >, 4 << 20);
    g_assert_cmpuint(reports_of(&post), ==, 1);
    g_assert_cmpuint(
        count_in(&post, &post.bert, post.bert_folders.numbers[TW_LAYOUT_FOLDER_SENT], NULL), ==, 1);
    post_close(&post);
}

/* ---- meetings ---- */

static const char invitation[] =
    "From: anna@example.org\r\nTo: bert@example.org\r\nSubject: Lunch\r\n"
    "Content-Type: text/calendar; method=REQUEST\r\n\r\n"
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"
    "DTSTAMP:20260101T000000Z\r\nSEQUENCE:3\r\n"
    "DTSTART;TZID=Europe/Berlin:20260203T050000\r\nDURATION:PT1H\r\n"
    "RRULE:FREQ=WEEKLY;COUNT=4\r\nLOCATION:Kitchen\r\nDESCRIPTION:Come\r\n"
    "ORGANIZER:mailto:anna@example.org\r\nATTENDEE;RSVP=TRUE:mailto:bert@example.org\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n";

static TwObject *
import(const char *text, gsize len, TwNameMap *names)
{
    g_autoptr(GBytes) mail = g_bytes_new(text, len);
    const TwMailInOptions options = { .names = names };
    g_autoptr(TwMailIn) in = tw_mail_import(mail, &options);

    return g_steal_pointer(&in->object);
}

/* As a client makes it: to people of the address book, without the text that it was read from. */
static TwObject *
meeting_new(TwNameMap *names)
{
    static const guint32 senders[] = {
        PR_SENT_REPRESENTING_ENTRYID,
        PR_SENT_REPRESENTING_NAME,
        PR_SENT_REPRESENTING_ADDRTYPE,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_SEARCH_KEY,
        PR_SENT_REPRESENTING_SMTP_ADDRESS,
        PR_SENDER_ENTRYID,
        PR_SENDER_NAME,
        PR_SENDER_ADDRTYPE,
        PR_SENDER_EMAIL_ADDRESS,
        PR_SENDER_SEARCH_KEY,
        PR_SENDER_SMTP_ADDRESS,
        PR_TRANSPORT_MESSAGE_HEADERS,
    };
    TwObject *meeting = import(invitation, strlen(invitation), names);
    TwPropValue unsent = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_UNSENT);
    g_auto(TwItemNames) tags = { 0 };

    tw_item_names_init(&tags, names, FALSE);
    g_assert_true(tw_object_remove(meeting, tw_item_tag(&tags, TW_PidLidInboundICalStream)));
    for (guint i = 0; i < G_N_ELEMENTS(senders); i++)
        (void) tw_object_remove(meeting, senders[i]);
    while (tw_object_count(meeting, TW_OBJECT_RECIPIENT) > 0)
        tw_object_remove_child(meeting, TW_OBJECT_RECIPIENT,
                               tw_object_get_number(tw_object_at(meeting, TW_OBJECT_RECIPIENT, 0)));
    g_assert_true(tw_object_set(meeting, &unsent, NULL));
    add_recipient(meeting, 1, "ZARAFA", "bert", "Bert");
    return meeting;
}

static void
test_meeting(void)
{
    static const TwKnownName same[] = {
        TW_PidLidAppointmentStartWhole,
        TW_PidLidAppointmentEndWhole,
        TW_PidLidLocation,
        TW_PidLidGlobalObjectId,
        TW_PidLidCleanGlobalObjectId,
        TW_PidLidAppointmentRecur,
        TW_PidLidRecurring,
        TW_PidLidAppointmentSequence,
        TW_PidLidOwnerCriticalChange,
        TW_PidLidIntendedBusyStatus,
    };
    Post post;
    g_autoptr(TwNameMap) names = NULL;
    g_autoptr(TwObject) before = NULL;
    g_autoptr(TwObject) after = NULL;
    g_auto(TwItemNames) tags = { 0 };
    g_autoptr(GString) unfolded = NULL;
    const GString *mail;

    post_open(&post, NULL, NULL);
    names = tw_session_names_new(post.system);
    before = meeting_new(names);
    submit(&post, tw_object_copy(before));
    g_assert_cmpint(run_first(&post, NULL, NULL), ==, TW_SPOOLER_DONE);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    mail = post.relay.mails->pdata[0];
    assert_contains(mail->str, "multipart/alternative");
    assert_contains(mail->str, "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
    g_assert_null(strstr(mail->str, "ms-tnef"));
    g_assert_null(strstr(mail->str, "LAST-MODIFIED"));
    unfolded = g_string_new(mail->str);
    g_string_replace(unfolded, "\r\n ", "", 0);
    assert_contains(unfolded->str, "RSVP=TRUE:mailto:bert@example.org\r\n");
    assert_contains(unfolded->str, "ORGANIZER;CN=anna:mailto:anna@example.org\r\n");
    after = import(mail->str, mail->len, names);
    g_assert_cmpstr(tw_object_get_text(after, PR_MESSAGE_CLASS, ""), ==,
                    "IPM.Schedule.Meeting.Request");
    g_assert_cmpstr(tw_object_get_text(after, PR_SUBJECT, ""), ==, "Lunch");
    g_assert_cmpstr(tw_object_get_text(after, PR_SENT_REPRESENTING_SMTP_ADDRESS, ""), ==,
                    "anna@example.org");
    g_assert_cmpuint(tw_object_count(after, TW_OBJECT_ATTACHMENT), ==, 0);
    tw_item_names_init(&tags, names, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(same); i++) {
        guint32 tag = tw_item_tag(&tags, same[i]);
        TwPropValue a, b;

        g_test_message("%u", i);
        g_assert_true(tw_object_get(before, tag, &a));
        g_assert_true(tw_object_get(after, tag, &b));
        g_assert_true(tw_value_equal(&a, &b));
    }
    post_close(&post);
}

/* ---- the agent ---- */

static void
test_agent(void)
{
    Post post;
    g_autoptr(GError) error = NULL;
    TwSpoolerFigures figures;
    TwSpooler *spooler;

    post_open(&post, NULL, NULL);
    for (guint i = 0; i < 3; i++) {
        TwObject *message = message_new("Before");
        add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        submit(&post, message);
    }
    spooler = tw_spooler_start(post.world.server, post.config, NULL, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 9; i++) {
        TwObject *message = message_new("After");
        add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
        submit(&post, message);
    }
    relay_wait_mails(&post.relay, 12);
    g_assert_true(tw_spooler_reload(spooler, post.config, &error));
    tw_spooler_get_figures(spooler, &figures);
    g_assert_cmpuint(figures.failed, ==, 0);
    tw_spooler_stop(spooler);
    relay_stop(&post.relay);
    /* stopping lets those finish whose mail the relay has */
    g_assert_cmpuint(post.relay.mails->len, ==, 12);
    g_assert_cmpuint(sent_of(&post), ==, 12);
    g_assert_cmpuint(queue_len(&post), ==, 0);
    post_close(&post);
}

/* What was not submitted stays where it lies, in whatever folder. */
static void
test_not_submitted(void)
{
    static const TwLayoutFolderKey places[] = { TW_LAYOUT_FOLDER_DRAFTS, TW_LAYOUT_FOLDER_OUTBOX };
    Post post;
    TwObject *message = message_new("Submitted");
    g_autoptr(GError) why = NULL;
    TwSpooler *spooler;

    post_open(&post, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(TwObject) draft = message_new("A draft");
        TwMessageCreateArgs args = { .store = post.anna.store,
                                     .folder = post.anna_folders.numbers[places[i]],
                                     .object = draft };

        add_recipient(draft, 1, "SMTP", "jo@example.net", "Jo");
        assert_done(tw_session_message_create(post.owner, &args, error));
    }
    spooler = tw_spooler_start(post.world.server, post.config, NULL, NULL, &why);
    g_assert_no_error(why);
    add_recipient(message, 1, "SMTP", "jo@example.net", "Jo");
    submit(&post, message);
    relay_wait_mails(&post.relay, 1);
    tw_spooler_stop(spooler);
    relay_stop(&post.relay);
    g_assert_cmpuint(post.relay.mails->len, ==, 1);
    assert_contains(mail_at(&post, 0), "Subject: Submitted\r\n");
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        g_assert_cmpuint(count_in(&post, &post.anna, post.anna_folders.numbers[places[i]], NULL),
                         ==, 1);
    post_close(&post);
}

static void
test_default_relay(void)
{
    TwConfigSource nothing = { 0 };
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    g_autoptr(GError) error = NULL;
    TwSpoolerSettings *settings;
    TwConfig *config;

    g_assert_true(tw_config_schema_add(schema, &tw_spooler_config_table, &error));
    g_assert_true(tw_config_schema_add(schema, &tw_spooler_places_table, &error));
    config = tw_config_load(schema, &nothing, NULL, &error);
    g_assert_no_error(error);
    settings = tw_spooler_settings_new(config, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(settings->host, ==, "localhost");
    g_assert_cmpuint(settings->port, ==, 25);
    g_assert_null(settings->unix_path);
    tw_spooler_settings_unref(settings);
    tw_config_unref(config);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spooler/settings/default-relay", test_default_relay);
    g_test_add_func("/spooler/job/plain", test_plain);
    g_test_add_func("/spooler/job/partly", test_partly);
    g_test_add_func("/spooler/job/rights", test_rights);
    g_test_add_func("/spooler/job/no-relay", test_no_relay);
    g_test_add_func("/spooler/job/receipt", test_receipt);
    g_test_add_func("/spooler/job/everyone", test_everyone);
    g_test_add_func("/spooler/job/hook", test_hook);
    g_test_add_func("/spooler/job/crash", test_crash);
    g_test_add_func("/spooler/job/large", test_large);
    g_test_add_func("/spooler/job/meeting", test_meeting);
    g_test_add_func("/spooler/agent", test_agent);
    g_test_add_func("/spooler/not-submitted", test_not_submitted);
    return g_test_run();
}
