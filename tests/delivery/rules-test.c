/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every action of rules, carried out on a real mailbox; answers for who is away. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/time.h"
#include "delivery/house.h"
#include "groupware/oof.h"
#include "mapi/actions.h"

#define MAIL(subject)                                                                              \
    "From: Jo <jo@example.com>\r\nTo: ann@example.org\r\nMessage-ID: <" subject                    \
    "@x>\r\nSubject: " subject "\r\n\r\nx\r\n"

static const char jo[] = "jo@example.com";

typedef struct {
    House house;
    guint32 inbox, target; /* folders of ann */
} Case;

static void
case_new(Case *one)
{
    house_new(&one->house);
    one->inbox = one->house.ann.folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    one->target =
        world_folder(one->house.system, &one->house.ann.user.store,
                     one->house.ann.folders.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE], "Target");
}

/* ---- making rules ---- */

static void
add_rule(Case *one, guint32 state, const TwAction *actions, guint count)
{
    g_autoptr(TwActions) all = tw_actions_new(actions, count, NULL);
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(65536);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwRulesChange row = { .op = TW_RULES_ADD };
    g_auto(TwRulesChangeArgs)
        args = { .store = one->house.ann.user.store, .folder = one->inbox, .rows = { &row, 1 } };
    TwProps props;

    g_assert_nonnull(all);
    tw_actions_print(all, TW_WIRE_32, &wire);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 10));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, state));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, wire.data, wire.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    row.props = &props;
    assert_done(tw_session_rules_change(one->house.system, &args, error));
}

static void
add_folder_rule(Case *one, TwActionType type, const Person *person, guint32 folder)
{
    g_autoptr(GBytes) id = house_folder_id(&one->house, person, folder);
    TwAction action = { .type = type };
    gsize len;

    action.folder = g_bytes_get_data(id, &len);
    action.folder_len = (guint32) len;
    action.store = action.folder; /* only the folder's id counts */
    action.store_len = action.folder_len;
    add_rule(one, TW_RULE_ENABLED, &action, 1);
}

static void
add_forward_rule(Case *one, TwActionType type, guint32 flavor, const char *address)
{
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwAction action = { .type = type, .flavor = flavor, .recipient_count = 1 };
    TwProps props;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_DISPLAY_NAME, "Somebody"));
    tw_props_builder_set(&builder, tw_value_str(PR_ADDRTYPE, "SMTP"));
    tw_props_builder_set(&builder, tw_value_str(PR_EMAIL_ADDRESS, address));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    action.recipients = &props;
    add_rule(one, TW_RULE_ENABLED, &action, 1);
}

static guint32
first_rule_state(Case *one)
{
    g_auto(TwRulesArgs) args = { .store = one->house.ann.user.store, .folder = one->inbox };
    TwPropValue value;
    TwProps props;

    assert_done(tw_session_rules(one->house.system, &args, error));
    g_assert_cmpuint(tw_rules_get(args.rules, 0, &props), !=, 0);
    g_assert_true(tw_props_get(&props, PR_RULE_STATE, &value));
    return value.u4;
}

static guint
in_inbox(Case *one)
{
    return house_count(&one->house, &one->house.ann, one->inbox);
}

static guint
in_target(Case *one)
{
    return house_count(&one->house, &one->house.ann, one->target);
}

static TwObject *
last_outgoing(Case *one)
{
    return house_last(&one->house, &one->house.ann,
                      one->house.ann.folders.numbers[TW_LAYOUT_FOLDER_OUTBOX], NULL);
}

/* ---- folders ---- */

static void
test_move(void)
{
    Case one;

    case_new(&one);
    add_folder_rule(&one, TW_ACTION_MOVE, &one.house.ann, one.target);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 0);
    g_assert_cmpuint(in_target(&one), ==, 1);
    /* two moves, and a copy to where it is moved: one message in each */
    add_folder_rule(&one, TW_ACTION_COPY, &one.house.ann, one.target);
    add_folder_rule(&one, TW_ACTION_MOVE, &one.house.ann,
                    one.house.ann.folders.numbers[TW_LAYOUT_FOLDER_DELETED]);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("b")));
    g_assert_cmpuint(in_target(&one), ==, 2);
    g_assert_cmpuint(house_count(&one.house, &one.house.ann,
                                 one.house.ann.folders.numbers[TW_LAYOUT_FOLDER_DELETED]),
                     ==, 1);
    house_free(&one.house);
}

static void
test_copy(void)
{
    Case one;

    case_new(&one);
    add_folder_rule(&one, TW_ACTION_COPY, &one.house.ann, one.target);
    add_folder_rule(&one, TW_ACTION_COPY, &one.house.ann, one.inbox); /* where it is anyway */
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 1);
    g_assert_cmpuint(in_target(&one), ==, 1);
    house_free(&one.house);
}

/* Into somebody else's mailbox only with the right to write there; without, the rule is marked and the mail stays. */
static void
test_other_store(void)
{
    Case one;
    guint32 bobs;

    case_new(&one);
    bobs = one.house.bob.folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    add_folder_rule(&one, TW_ACTION_MOVE, &one.house.bob, bobs);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 1);
    g_assert_cmpuint(house_count(&one.house, &one.house.bob, bobs), ==, 0);
    g_assert_cmphex(first_rule_state(&one) & TW_RULE_ERROR, !=, 0);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("b"))); /* it is not tried again */
    g_assert_cmpuint(in_inbox(&one), ==, 2);
    house_free(&one.house);

    case_new(&one);
    bobs = one.house.bob.folders.numbers[TW_LAYOUT_FOLDER_INBOX];
    world_grant(&one.house.world, &one.house.bob.user, bobs, one.house.ann.user.number,
                TW_RIGHT_CREATE | TW_RIGHT_VISIBLE);
    add_folder_rule(&one, TW_ACTION_MOVE, &one.house.bob, bobs);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 0);
    g_assert_cmpuint(house_count(&one.house, &one.house.bob, bobs), ==, 1);
    house_free(&one.house);
}

static void
test_missing_folder(void)
{
    Case one;
    TwAction action = { .type = TW_ACTION_MOVE };

    case_new(&one);
    action.folder = action.store = (const guint8 *) "no entry id at all";
    action.folder_len = action.store_len = 18;
    add_rule(&one, TW_RULE_ENABLED, &action, 1);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 1);
    g_assert_cmphex(first_rule_state(&one) & TW_RULE_ERROR, !=, 0);
    house_free(&one.house);
}

/* ---- the message ---- */

static void
test_message_actions(void)
{
    const TwAction read = { .type = TW_ACTION_MARK_READ };
    const TwAction tag = { .type = TW_ACTION_TAG, .value = tw_value_long(PR_IMPORTANCE, 2) };
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) message = NULL;
    g_auto(TwMailReadArgs) mail = { .most = 1000 };
    static const char whole[] = "Return-Path: <x>\r\n" MAIL("a");
    g_autoptr(GBytes) wanted = NULL;
    Case one;

    case_new(&one);
    add_rule(&one, TW_RULE_ENABLED, &read, 1);
    add_rule(&one, TW_RULE_ENABLED, &tag, 1);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    message = house_last(&one.house, &one.house.ann, one.inbox, &row);
    g_assert_cmphex(row.flags & TW_MSGFLAG_READ, !=, 0);
    g_assert_cmpuint(tw_object_get_long(message, PR_IMPORTANCE, 0), ==, 2);
    /* and the mail is what it was, byte for byte */
    mail.store = one.house.ann.user.store;
    mail.message = row.mid;
    assert_done(tw_session_mail_read(one.house.system, &mail, error));
    wanted = g_bytes_new_static(whole, strlen(whole));
    g_assert_true(g_bytes_equal(mail.bytes, wanted));
    house_free(&one.house);
}

static void
test_delete(void)
{
    const TwAction delete_it = { .type = TW_ACTION_DELETE };
    Case one;

    case_new(&one);
    add_rule(&one, TW_RULE_ENABLED, &delete_it, 1);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(in_inbox(&one), ==, 0);
    house_free(&one.house);
}

static void
test_bounce(void)
{
    static const struct {
        guint32 code;
        TwError error;
    } rows[] = { { TW_BOUNCE_ACCESS_DENIED, TW_ERROR_NO_ACCESS },
                 { TW_BOUNCE_FORM_MISMATCH, TW_ERROR_NO_ACCESS },
                 { TW_BOUNCE_TOO_LARGE, TW_ERROR_TOO_BIG } };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const TwAction bounce = { .type = TW_ACTION_BOUNCE, .bounce = rows[i].code };
        g_autoptr(GError) error = NULL;
        Case one;

        case_new(&one);
        add_rule(&one, TW_RULE_ENABLED, &bounce, 1);
        error = house_deliver(&one.house, jo, "ann", MAIL("a"));
        g_assert_error(error, TW_ERROR, (gint) rows[i].error);
        g_assert_cmpuint(in_inbox(&one), ==, 0);
        house_free(&one.house);
    }
}

/* ---- what is sent ---- */

static const struct {
    const char *name;
    TwActionType type;
    guint32 flavor;
    const char *header, *to;
    gboolean sent;
    const char *subject, *from; /* of what is sent */
} forwards[] = {
    { "forward", TW_ACTION_FORWARD, 0, "", "x@example.net", TRUE, "FW: a", "ann@example.org" },
    { "redirect", TW_ACTION_FORWARD, TW_FORWARD_KEEP_SENDER, "", "x@example.net", TRUE, "a", jo },
    { "attached", TW_ACTION_FORWARD, TW_FORWARD_AS_ATTACHMENT, "", "x@example.net", TRUE, "FW: a",
      "ann@example.org" },
    { "delegate", TW_ACTION_DELEGATE, 0, "", "x@example.net", TRUE, "a", jo },
    { "a colleague", TW_ACTION_FORWARD, 0, "", "bob@example.org", TRUE, "FW: a",
      "ann@example.org" },
    { "oneself", TW_ACTION_FORWARD, 0, "", "ANN@example.org", FALSE, NULL, NULL },
    { "not allowed", TW_ACTION_FORWARD, 0, "", "x@evil.example", FALSE, NULL, NULL },
    { "sent by a rule", TW_ACTION_FORWARD, 0, "X-Twiga-Rule-Action: forward\r\n", "x@example.net",
      FALSE, NULL, NULL },
    { "automatic", TW_ACTION_FORWARD, 0, "Auto-Submitted: auto-replied\r\n", "x@example.net", FALSE,
      NULL, NULL },
    { "vacation", TW_ACTION_FORWARD, 0, "X-Kopano-Vacation: on\r\n", "x@example.net", FALSE, NULL,
      NULL },
};

static void
test_forwards(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(forwards); i++) {
        g_autofree char *mail = g_strconcat(forwards[i].header, MAIL("a"), NULL);
        g_autoptr(TwObject) sent = NULL;
        guint notices = strcmp(forwards[i].name, "not allowed") == 0 ? 1 : 0;
        Case one;

        g_test_message("%s", forwards[i].name);
        case_new(&one);
        house_set(&one.house, "forward_whitelist_domains", "example.net *.example.com");
        add_forward_rule(&one, forwards[i].type, forwards[i].flavor, forwards[i].to);
        g_assert_no_error(house_deliver(&one.house, jo, "ann", mail));
        g_assert_cmpuint(in_inbox(&one), ==, 1 + notices);
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, forwards[i].sent ? 1 : 0);
        sent = last_outgoing(&one);
        g_assert_cmpint(sent != NULL, ==, forwards[i].sent);
        if (sent != NULL) {
            TwObject *recipient = tw_object_at(sent, TW_OBJECT_RECIPIENT, 0);
            TwPropValue value;

            g_assert_cmpstr(tw_object_get_text(sent, PR_SUBJECT, ""), ==, forwards[i].subject);
            g_assert_cmpstr(tw_object_get_text(sent, PR_SENT_REPRESENTING_EMAIL_ADDRESS, ""), ==,
                            forwards[i].from);
            g_assert_cmpstr(tw_object_get_text(sent, PR_SENDER_EMAIL_ADDRESS, ""), ==,
                            "ann@example.org");
            g_assert_cmpuint(tw_object_count(sent, TW_OBJECT_RECIPIENT), ==, 1);
            g_assert_cmpstr(tw_object_get_text(recipient, PR_SMTP_ADDRESS, ""), ==, forwards[i].to);
            g_assert_true(tw_object_get(sent, PR_DELETE_AFTER_SUBMIT, &value) && value.truth);
        }
        house_free(&one.house);
    }
}

static const guint8 template_guid[16] = "sixteen bytes ..";

static GBytes *
make_template(Case *one)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note.Rules.ReplyTemplate.Microsoft"),
        tw_value_str(PR_SUBJECT, "Thank you"), tw_value_str(PR_BODY, "We got it."),
        tw_value_bytes(PR_REPLY_TEMPLATE_ID, template_guid, sizeof template_guid)
    };
    g_auto(TwMessageCreateArgs) create = { .store = one->house.ann.user.store,
                                           .folder = one->inbox,
                                           .object = object,
                                           .associated = TRUE };
    g_auto(TwMessageKeysArgs) keys = { .store = one->house.ann.user.store };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(object, &values[i], NULL));
    assert_done(tw_session_message_create(one->house.system, &create, error));
    keys.message = create.made.mid;
    assert_done(tw_session_message_keys(one->house.system, &keys, error));
    return g_steal_pointer(&keys.entry_id);
}

static const struct {
    const char *name, *sender, *header;
    TwActionType type;
    guint first, second; /* answers to one mail, and to another one of the same sender */
} replies[] = {
    { "reply", jo, "", TW_ACTION_REPLY, 1, 2 },
    { "once", jo, "", TW_ACTION_OOF_REPLY, 1, 1 },
    { "a bounce", "", "", TW_ACTION_REPLY, 0, 0 },
    { "a list", jo, "List-Id: <x>\r\n", TW_ACTION_REPLY, 0, 0 },
    { "an answer", jo, "Auto-Submitted: auto-replied\r\n", TW_ACTION_REPLY, 0, 0 },
    { "oneself", "ann@example.org", "", TW_ACTION_REPLY, 0, 0 },
    { "a daemon", "MAILER-DAEMON@x", "", TW_ACTION_REPLY, 0, 0 },
    { "suppressed", jo, "X-Auto-Response-Suppress: All\r\n", TW_ACTION_REPLY, 0, 0 },
};

static void
test_replies(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
        g_autofree char *first = g_strconcat(replies[i].header, MAIL("a"), NULL);
        g_autofree char *second = g_strconcat(replies[i].header, MAIL("b"), NULL);
        g_autoptr(GBytes) id = NULL;
        g_autoptr(TwObject) sent = NULL;
        TwAction action = { .type = replies[i].type };
        gsize len;
        Case one;

        g_test_message("%s", replies[i].name);
        case_new(&one);
        id = make_template(&one);
        action.message = g_bytes_get_data(id, &len);
        action.message_len = (guint32) len;
        add_rule(&one, TW_RULE_ENABLED, &action, 1);
        g_assert_no_error(house_deliver(&one.house, replies[i].sender, "ann", first));
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, replies[i].first);
        g_assert_no_error(house_deliver(&one.house, replies[i].sender, "ann", second));
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, replies[i].second);
        sent = last_outgoing(&one);
        if (sent != NULL) {
            g_assert_cmpstr(tw_object_get_text(sent, PR_SUBJECT, ""), ==, "Thank you");
            g_assert_cmpstr(tw_object_get_text(sent, PR_MESSAGE_CLASS, ""), ==, "IPM.Note");
        }
        house_free(&one.house);
    }
}

/* A mailbox that was moved has other entry ids; the template is found by its GUID. */
static void
test_template_guid(void)
{
    static const struct {
        const guint8 *guid;
        guint answers;
    } cases[] = { { template_guid, 1 }, { (const guint8 *) "another template", 0 } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwAction action = { .type = TW_ACTION_REPLY };
        g_autoptr(GBytes) id = NULL;
        g_autofree guint8 *wrong = NULL;
        gsize len;
        Case one;

        case_new(&one);
        id = make_template(&one);
        wrong = g_memdup2(g_bytes_get_data(id, &len), g_bytes_get_size(id));
        memset(wrong + 4, 0x5a, TW_GUID_LEN); /* of another store */
        action.message = wrong;
        action.message_len = (guint32) len;
        memcpy(action.guid, cases[i].guid, sizeof action.guid);
        add_rule(&one, TW_RULE_ENABLED, &action, 1);
        g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, cases[i].answers);
        g_assert_true((first_rule_state(&one) & TW_RULE_ERROR) == 0 || cases[i].answers == 0);
        house_free(&one.house);
    }
}

/* ---- out of office ---- */

static void
set_oof(Case *one, const char *text, guint32 audience)
{
    const TwPropValue values[] = { tw_value_bool(PR_EC_OUTOFOFFICE, TRUE),
                                   tw_value_str(PR_EC_OUTOFOFFICE_MSG, text),
                                   tw_value_str(PR_EC_OUTOFOFFICE_SUBJECT, "Away: %subject"),
                                   tw_value_long(TW_PR_OOF_AUDIENCE, audience) };
    g_auto(TwStoreChangePropsArgs) args = { .store = one->house.ann.user.store,
                                            .changes = { .values = values, .value_count = 4 } };

    assert_done(tw_session_store_change_props(one->house.system, &args, error));
}

static void
test_oof(void)
{
    g_autoptr(TwObject) sent = NULL;
    Case one;

    case_new(&one);
    set_oof(&one, "gone", TW_OOF_ALL);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 1);
    sent = last_outgoing(&one);
    g_assert_cmpstr(tw_object_get_text(sent, PR_SUBJECT, ""), ==, "Away: a");
    g_assert_cmpstr(tw_object_get_text(sent, PR_BODY, ""), ==, "gone");
    g_assert_cmpstr(tw_object_get_text(sent, PR_IN_REPLY_TO_ID, ""), ==, "<a@x>");
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("b"))); /* once */
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 1);
    g_assert_no_error(house_deliver(&one.house, "bo@example.com", "ann", MAIL("c")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 2);
    set_oof(&one, "gone again", TW_OOF_ALL); /* another absence */
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("d")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 3);
    g_assert_no_error(house_deliver(&one.house, "", "ann", MAIL("e")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 3);
    g_assert_cmpuint(in_inbox(&one), ==, 5);
    house_free(&one.house);
}

static void
add_contact(Case *one, const char *address)
{
    TwNamedProp name = tw_known_name(TW_PidLidEmail2EmailAddress);
    const TwNamedProp *names[] = { &name };
    g_auto(TwNamesToIdsArgs) ids = { .names = { names, 1 }, .create = TRUE };
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwMessageCreateArgs) create = { .store = one->house.ann.user.store, .object = object };
    TwPropValue value;

    assert_done(tw_session_names_to_ids(one->house.system, &ids, error));
    value = tw_value_str(g_array_index(ids.ids, guint32, 0) << 16 | TW_PT_UNICODE, address);
    g_assert_true(tw_object_set(object, &value, NULL));
    value = tw_value_str(PR_MESSAGE_CLASS, "IPM.Contact");
    g_assert_true(tw_object_set(object, &value, NULL));
    create.folder = one->house.ann.folders.numbers[TW_LAYOUT_FOLDER_CONTACTS];
    assert_done(tw_session_message_create(one->house.system, &create, error));
}

static void
test_audiences(void)
{
    Case one;

    case_new(&one);
    set_oof(&one, "gone", TW_OOF_CONTACTS);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 0);
    add_contact(&one, "JO@example.com");
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("b")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 1);
    set_oof(&one, "gone", TW_OOF_INSIDE);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("c")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 1);
    g_assert_no_error(house_deliver(&one.house, "bob@example.org", "ann", MAIL("d")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 2);
    house_free(&one.house);
}

static guint
in_outbox(Case *one)
{
    return house_count(&one->house, &one->house.ann,
                       one->house.ann.folders.numbers[TW_LAYOUT_FOLDER_OUTBOX]);
}

/* As after a crash: what was made waits in the Outbox, and no queue knows of it. */
static void
take_from_queue(Case *one)
{
    g_auto(TwQueueListArgs) list = { .store = one->house.ann.user.store };

    assert_done(tw_session_queue_list(one->house.system, &list, error));
    for (guint i = 0; i < list.rows->len; i++) {
        g_auto(TwQueueAbortArgs)
            abort = { .store = list.store,
                      .message = g_array_index(list.rows, TwQueueRow, i).message };
        assert_done(tw_session_queue_abort(one->house.system, &abort, error));
    }
}

/* A mail that is repeated after a crash does what was not done, and nothing twice. */
static void
test_repeated(void)
{
    Case one;

    case_new(&one);
    add_forward_rule(&one, TW_ACTION_FORWARD, 0, "x@example.net");
    add_forward_rule(&one, TW_ACTION_FORWARD, TW_FORWARD_KEEP_SENDER, "y@example.net");
    for (guint i = 0; i < 3; i++) {
        g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
        g_assert_cmpuint(in_inbox(&one), ==, 1);
        g_assert_cmpuint(in_outbox(&one), ==, 2);
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 2);
        if (i == 0)
            take_from_queue(&one);
    }
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("b")));
    g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, 4);
    house_free(&one.house);
}

/* ---- circles ---- */

static void
test_circles(void)
{
    Case one;
    g_autoptr(TwObject) sent = NULL;
    g_auto(TwNamesToIdsArgs) ids = { 0 };
    TwNamedProp name = { .set = *tw_prop_set_guid(TW_PROP_SET_INTERNET_HEADERS),
                         .name = "x-twiga-loop" };
    const TwNamedProp *names[] = { &name };

    case_new(&one);
    house_set(&one.house, "no_double_forward", "no");
    add_forward_rule(&one, TW_ACTION_FORWARD, TW_FORWARD_KEEP_SENDER, "x@example.net");
    g_assert_no_error(
        house_deliver(&one.house, jo, "ann", "X-Twiga-Loop: ann@example.org\r\n" MAIL("mine")));
    g_assert_cmpuint(in_outbox(&one), ==, 0);
    g_assert_no_error(
        house_deliver(&one.house, jo, "ann", "X-Twiga-Loop: x@example.net\r\n" MAIL("another's")));
    g_assert_cmpuint(in_outbox(&one), ==, 1);
    ids.names = (TwNamedProps){ names, 1 };
    assert_done(tw_session_names_to_ids(one.house.system, &ids, error));
    sent = last_outgoing(&one);
    g_assert_cmpstr(
        tw_object_get_text(sent, g_array_index(ids.ids, guint32, 0) << 16 | TW_PT_UNICODE, ""), ==,
        "x@example.net ann@example.org");
    house_free(&one.house);
}

/* ---- meetings ---- */

#define MEETING(subject)                                                                           \
    "From: Jo <jo@example.com>\r\nTo: ann@example.org\r\nMessage-ID: <" subject                    \
    "@x>\r\nSubject: " subject "\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"           \
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\nDTSTAMP:20260101T000000Z\r\n"               \
    "DTSTART:20260203T040000Z\r\nORGANIZER:mailto:jo@example.com\r\nEND:VEVENT\r\n"                \
    "END:VCALENDAR\r\n"

/* The mail of a mailbox that accepts goes to its program, that of one that processes to the other, and others to none. */
static const struct {
    const char *name, *mail;
    guint meeting;       /* bits of TwDirectoryMeetingFlags */
    int ends;            /* what both programs end with */
    const char *program; /* which is called, NULL: none */
    guint forwarded;     /* what the rule of the mailbox sends then */
} meetings[] = {
    { "accepted", MEETING("a"), TW_DIRECTORY_ACCEPT, 0, "accepter", 0 },
    { "before processing", MEETING("b"), TW_DIRECTORY_ACCEPT | TW_DIRECTORY_PROCESS, 0, "accepter",
      0 },
    { "not accepted", MEETING("c"), TW_DIRECTORY_ACCEPT, 1, "accepter", 1 },
    { "processed", MEETING("d"), TW_DIRECTORY_PROCESS, 0, "processor", 1 },
    { "nobody's", MEETING("e"), 0, 0, NULL, 1 },
    { "no meeting", MAIL("f"), TW_DIRECTORY_ACCEPT, 0, NULL, 1 },
};

static char *
make_program(const char *folder, const char *name, int ends)
{
    char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = g_strdup_printf(
        "#!/bin/sh\necho \"$#:%s:$1:$2:$3\" >>%s/calls\nexit %d\n", name, folder, ends);

    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    return path;
}

static void
assert_called(Case *one, const char *folder, const char *program)
{
    g_autofree char *path = g_build_filename(folder, "calls", NULL);
    g_autofree char *calls = NULL;
    g_autofree char *start = NULL;
    g_auto(TwMessageKeysArgs) keys = { .store = one->house.ann.user.store };
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) message = house_last(&one->house, &one->house.ann, one->inbox, &row);
    gsize len, at;
    const guint8 *id;

    g_assert_true(g_file_get_contents(path, &calls, NULL, NULL) == (program != NULL));
    if (program == NULL)
        return;
    start = g_strdup_printf("3:%s:ann::", program);
    g_assert_true(g_str_has_prefix(calls, start));
    keys.message = row.mid;
    assert_done(tw_session_message_keys(one->house.system, &keys, error));
    id = g_bytes_get_data(keys.entry_id, &len);
    for (at = 0; at < len; at++) {
        char hex[3];
        g_snprintf(hex, sizeof hex, "%02X", id[at]);
        g_assert_true(strncmp(calls + strlen(start) + 2 * at, hex, 2) == 0);
    }
    g_assert_cmpstr(calls + strlen(start) + 2 * at, ==, "\n");
}

static void
test_meetings(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(meetings); i++) {
        g_autofree char *folder = g_dir_make_tmp("twiga-meetings-XXXXXX", NULL);
        g_autofree char *accepter = make_program(folder, "accepter", meetings[i].ends);
        g_autofree char *processor = make_program(folder, "processor", meetings[i].ends);
        g_autofree char *calls = g_build_filename(folder, "calls", NULL);
        const TwConfigSetting settings[] = { { "mr_autoaccepter", accepter },
                                             { "mr_autoprocessor", processor } };
        const TwDirectoryObject values = { .meeting = meetings[i].meeting };
        g_auto(TwObjectChangeArgs)
            change = { .values = &values, .fields = TW_DIRECTORY_SET_MEETING };
        Case one;

        g_test_message("%s", meetings[i].name);
        case_new(&one);
        change.user = one.house.ann.user.number;
        assert_done(tw_session_object_change(one.house.system, &change, error));
        house_set_all(&one.house, settings, G_N_ELEMENTS(settings));
        add_forward_rule(&one, TW_ACTION_FORWARD, 0, "x@example.net");
        g_assert_no_error(house_deliver(&one.house, jo, "ann", meetings[i].mail));
        g_assert_cmpuint(in_inbox(&one), ==, 1);
        assert_called(&one, folder, meetings[i].program);
        g_assert_cmpuint(house_queued(&one.house, &one.house.ann), ==, meetings[i].forwarded);
        house_free(&one.house);
        (void) g_unlink(calls);
        (void) g_unlink(accepter);
        (void) g_unlink(processor);
        (void) g_rmdir(folder);
    }
}

/* ---- what a client does ---- */

static void
test_deferred(void)
{
    const TwAction action = { .type = TW_ACTION_DEFER,
                              .data = (const guint8 *) "sound",
                              .data_len = 5 };
    guint32 folder;
    Case one;
    g_autoptr(TwObject) note = NULL, mail = NULL;
    g_auto(TwMessageKeysArgs) keys = { 0 };
    TwMessageRow row;
    TwPropValue value;
    gsize len;
    const void *id;

    case_new(&one);
    folder = one.house.ann.folders.numbers[TW_LAYOUT_FOLDER_DEFERRED];
    add_rule(&one, TW_RULE_ENABLED, &action, 1);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("a")));
    g_assert_cmpuint(house_count(&one.house, &one.house.ann, folder), ==, 1);
    note = house_last(&one.house, &one.house.ann, folder, NULL);
    mail = house_last(&one.house, &one.house.ann, one.inbox, &row);
    g_assert_cmpstr(tw_object_get_text(note, PR_MESSAGE_CLASS, ""), ==,
                    "IPC.Microsoft Exchange 4.0.Deferred Action");
    g_assert_cmpstr(tw_object_get_text(note, PR_RULE_PROVIDER, ""), ==, "RuleOrganizer");
    g_assert_true(tw_object_get(note, PR_CLIENT_ACTIONS, &value));
    g_assert_nonnull(memmem(value.data, value.len, "sound", 5));
    g_assert_true(tw_object_get(mail, PR_HAS_DAMS, &value) && value.truth);
    keys.store = one.house.ann.user.store;
    keys.message = row.mid;
    assert_done(tw_session_message_keys(one.house.system, &keys, error));
    id = g_bytes_get_data(keys.entry_id, &len);
    g_assert_true(tw_object_get(note, PR_DAM_ORIGINAL_ENTRYID, &value));
    g_assert_true(value.len == len && memcmp(value.data, id, len) == 0);
    tw_message_row_clear(&row);
    house_free(&one.house);
}

/* ---- what is known of a mailbox ---- */

/* What is set between two mails holds for the second one, however it is set. */
static void
test_changed_between(void)
{
    Case one;
    TwAction delete = { .type = TW_ACTION_DELETE };
    guint32 drafts;

    case_new(&one);
    drafts = one.house.ann.folders.numbers[TW_LAYOUT_FOLDER_DRAFTS];
    for (guint i = 0; i < 3; i++) { /* known by now */
        g_autofree char *mail = g_strdup_printf("Subject: %u\r\n\r\nx\r\n", i);
        g_assert_no_error(house_deliver(&one.house, jo, "ann", mail));
    }
    g_assert_cmpuint(in_inbox(&one), ==, 3);
    {
        g_auto(TwReceiveFolderSetArgs) args = { .store = one.house.ann.user.store,
                                                .message_class = "IPM.Note",
                                                .folder = drafts };
        assert_done(tw_session_receive_folder_set(one.house.system, &args, error));
    }
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("elsewhere")));
    g_assert_cmpuint(house_count(&one.house, &one.house.ann, drafts), ==, 1);
    {
        g_auto(TwReceiveFolderSetArgs) args = { .store = one.house.ann.user.store,
                                                .message_class = "IPM.Note",
                                                .folder = one.inbox };
        assert_done(tw_session_receive_folder_set(one.house.system, &args, error));
    }
    add_folder_rule(&one, TW_ACTION_MOVE, &one.house.ann, one.target);
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("moved")));
    g_assert_cmpuint(in_target(&one), ==, 1);
    add_rule(&one, TW_RULE_ENABLED, &delete, 1);
    {
        g_auto(TwRulesChangeArgs)
            args = { .store = one.house.ann.user.store, .folder = one.inbox, .replace = TRUE };
        assert_done(tw_session_rules_change(one.house.system, &args, error));
    }
    g_assert_no_error(house_deliver(&one.house, jo, "ann", MAIL("stays")));
    g_assert_cmpuint(in_inbox(&one), ==, 4);
    house_free(&one.house);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delivery/rules/move", test_move);
    g_test_add_func("/delivery/rules/copy", test_copy);
    g_test_add_func("/delivery/rules/other-store", test_other_store);
    g_test_add_func("/delivery/rules/missing-folder", test_missing_folder);
    g_test_add_func("/delivery/rules/message", test_message_actions);
    g_test_add_func("/delivery/rules/delete", test_delete);
    g_test_add_func("/delivery/rules/bounce", test_bounce);
    g_test_add_func("/delivery/rules/forwards", test_forwards);
    g_test_add_func("/delivery/rules/replies", test_replies);
    g_test_add_func("/delivery/rules/template-guid", test_template_guid);
    g_test_add_func("/delivery/rules/oof", test_oof);
    g_test_add_func("/delivery/rules/audiences", test_audiences);
    g_test_add_func("/delivery/rules/repeated", test_repeated);
    g_test_add_func("/delivery/rules/circles", test_circles);
    g_test_add_func("/delivery/rules/meetings", test_meetings);
    g_test_add_func("/delivery/rules/deferred", test_deferred);
    g_test_add_func("/delivery/rules/changed-between", test_changed_between);
    return g_test_run();
}
