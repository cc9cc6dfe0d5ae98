/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * For tests, on a data folder that is not open: puts a message into a user's Outbox and submits it, as a client does, or says what
 * became of it; or gives the Inbox a rule that forwards all mail.
 *
 *     submit-mail FOLDER submit USER ADDRESS SUBJECT
 *     submit-mail FOLDER forward USER ADDRESS
 *     submit-mail FOLDER state USER SUBJECT
 */
#include <stdio.h>
#include <string.h>

#include "groupware/mailbox.h"
#include "mapi/actions.h"
#include "mapi/tags.h"
#include "programs/node.h"

typedef struct {
    TwSession *session;
    TwGuid store;
    TwMailboxFolders folders;
} Mailbox;

static gboolean
submit(const Mailbox *box, char **words, GError **error)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *row = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, error);
    const TwPropValue values[] = {
        tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
        tw_value_str(PR_SUBJECT, words[1]),
        tw_value_str(PR_BODY, "Hello giraffe\r\n"),
        tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_UNSENT),
    };
    const TwPropValue of_row[] = {
        tw_value_long(PR_RECIPIENT_TYPE, 1),
        tw_value_str(PR_ADDRTYPE, "SMTP"),
        tw_value_str(PR_EMAIL_ADDRESS, words[0]),
        tw_value_str(PR_DISPLAY_NAME, words[0]),
    };
    g_auto(TwMessageCreateArgs) create = { .store = box->store,
                                           .folder = box->folders.numbers[TW_LAYOUT_FOLDER_OUTBOX],
                                           .object = message };
    TwQueueSubmitArgs queue = { .store = box->store, .flags = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(message, &values[i], error) || !tw_object_set(row, &of_row[i], error))
            return FALSE;
    }
    if (!tw_session_message_create(box->session, &create, error))
        return FALSE;
    queue.message = create.made.mid;
    return tw_session_queue_submit(box->session, &queue, error);
}

static gboolean
print_forward(const char *address, TwBuffer *wire, GError **error)
{
    g_auto(TwPropsBuilder) recipient;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(TwActions) actions = NULL;
    TwAction forward = { .type = TW_ACTION_FORWARD, .recipient_count = 1 };
    TwProps props;

    tw_props_builder_init(&recipient);
    tw_props_builder_set(&recipient, tw_value_str(PR_DISPLAY_NAME, address));
    tw_props_builder_set(&recipient, tw_value_str(PR_ADDRTYPE, "SMTP"));
    tw_props_builder_set(&recipient, tw_value_str(PR_EMAIL_ADDRESS, address));
    bag = tw_props_builder_finish_bytes(&recipient, error);
    if (bag == NULL || !tw_props_open_bytes(bag, &props, error))
        return FALSE;
    forward.recipients = &props;
    actions = tw_actions_new(&forward, 1, error);
    if (actions == NULL)
        return FALSE;
    tw_actions_print(actions, TW_WIRE_32, wire);
    return TRUE;
}

static gboolean
add_forward(const Mailbox *box, const char *address, GError **error)
{
    g_auto(TwBuffer) wire = TW_BUFFER_INIT(65536);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    TwRulesChange row = { .op = TW_RULES_ADD };
    g_auto(TwRulesChangeArgs) args = { .store = box->store,
                                       .folder = box->folders.numbers[TW_LAYOUT_FOLDER_INBOX],
                                       .rows = { &row, 1 } };
    TwProps props;

    tw_props_builder_init(&builder);
    if (!print_forward(address, &wire, error))
        return FALSE;
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 10));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, TW_RULE_ENABLED));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, wire.data, wire.len));
    bag = tw_props_builder_finish_bytes(&builder, error);
    if (bag == NULL || !tw_props_open_bytes(bag, &props, error))
        return FALSE;
    row.props = &props;
    return tw_session_rules_change(box->session, &args, error);
}

/* Messages of a folder with a subject that ends so. */
static gboolean
count_in(const Mailbox *box, TwLayoutFolderKey key, const char *subject, guint *ret, GError **error)
{
    g_auto(TwMessageListArgs) list = { .store = box->store, .folder = box->folders.numbers[key] };

    *ret = 0;
    if (!tw_session_message_list(box->session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len; i++) {
        g_auto(TwMessageReadArgs)
            read = { .store = box->store,
                     .message = g_array_index(list.rows, TwMessageRow, i).mid };
        if (!tw_session_message_read(box->session, &read, error))
            return FALSE;
        if (g_str_has_suffix(tw_object_get_text(read.object, PR_SUBJECT, ""), subject))
            (*ret)++;
    }
    return TRUE;
}

static gboolean
state(const Mailbox *box, const char *subject, GError **error)
{
    g_auto(TwQueueListArgs) queue = { .store = box->store };
    guint sent, reports;

    if (!tw_session_queue_list(box->session, &queue, error) ||
        !count_in(box, TW_LAYOUT_FOLDER_SENT, subject, &sent, error) ||
        !count_in(box, TW_LAYOUT_FOLDER_INBOX, subject, &reports, error))
        return FALSE;
    printf("queue %u sent %u reports %u\n", queue.rows->len, sent, reports);
    return TRUE;
}

static gboolean
run(TwNode *node, int argc, char **argv, GError **error)
{
    TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                      .flags = TW_LOGON_BOUND,
                      .user = argc > 3 ? argv[3] : "" };
    g_autoptr(TwSession) session = NULL;
    g_auto(TwStoreFindArgs) find = { .kind = TW_STORE_PRIVATE };
    Mailbox box = { 0 };

    if (!tw_server_logon(node->server, &logon, &session, NULL, error) ||
        !tw_session_store_find(session, &find, error))
        return FALSE;
    box.session = session;
    box.store = find.store;
    if (!tw_mailbox_folders(session, &box.store, TW_LAYOUT_PRIVATE, &box.folders, error))
        return FALSE;
    if (argc == 6 && strcmp(argv[2], "submit") == 0)
        return submit(&box, argv + 4, error);
    if (argc == 5 && strcmp(argv[2], "forward") == 0)
        return add_forward(&box, argv[4], error);
    if (argc == 5 && strcmp(argv[2], "state") == 0)
        return state(&box, argv[4], error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "submit, forward or state, please");
    return FALSE;
}

int
main(int argc, char **argv)
{
    TwNodeConfig config = { .fs = tw_file_system_real(), .path = argc > 1 ? argv[1] : "" };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwNode) node = tw_node_open(&config, &error);

    if (node == NULL || !run(node, argc, argv, &error)) {
        fprintf(stderr, "submit-mail: %s\n", error->message);
        return 1;
    }
    return 0;
}
