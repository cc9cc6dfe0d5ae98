/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Delegates in a mailbox: rights, messages and rules, in this order: who goes loses the rights while the messages still say
 * who that was, and rules are made of what the messages say.
 */
#include "groupware/delegates.h"

#include <string.h>

#include "base/error.h"
#include "convert/item-props.h"
#include "groupware/mailbox-private.h"
#include "groupware/session-names.h"
#include "mapi/actions.h"
#include "mapi/entryid.h"
#include "mapi/restriction.h"
#include "mapi/tags.h"

enum {
    TRIES = 5,               /* to save a message that others save too */
    RIGHTS_REVIEWER = 0x401, /* spec/mailbox-layout.md 10.2 */
    RIGHTS_EDITOR = 0x463,
    SENSITIVITY_PRIVATE = 2,
    RULE_ENABLED = 1,
    RULE_MOST_BYTES = 1 << 20,
    MOST_RULES = 64, /* of ours that are taken away in one save */
};

static const TwLayoutMessageKey message_keys[] = { TW_LAYOUT_MESSAGE_FREEBUSY,
                                                   TW_LAYOUT_MESSAGE_FREEBUSY_HIDDEN };

/* ---- people ---- */

/* The number in the directory, 0 for nobody it knows. */
static gboolean
find_number(TwSession *session, GBytes *bytes, guint32 *ret, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    g_autoptr(TwEntryId) id = tw_entryid_parse(data, len, NULL);
    g_auto(TwIdFindArgs) find = { 0 };
    g_autoptr(GError) why = NULL;

    *ret = 0;
    if (id == NULL || id->kind != TW_ENTRYID_BOOK || id->book.type == TW_BOOK_CONTAINER)
        return TRUE;
    find.id = id->book.external;
    if (find.id == NULL) {
        *ret = id->book.number;
        return TRUE;
    }
    if (tw_session_id_find(session, &find, &why))
        *ret = find.entry->number;
    if (why == NULL || g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

/* A delegate as it is written: with entry id and name, and an address for the rule. */
typedef struct {
    TwDelegates what; /* a copy; owned */
    GPtrArray *props; /* GBytes, nullable: of each, by which mail finds it */
} Complete;

static void
clear_complete(Complete *complete)
{
    tw_delegates_clear(&complete->what);
    g_clear_pointer(&complete->props, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Complete, clear_complete)

static void
unref_bytes(gpointer bytes)
{
    if (bytes != NULL)
        g_bytes_unref(bytes);
}

static gboolean
complete_one(TwSession *session, const TwDelegate *one, Complete *ret, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = one->user, .compute = TRUE };
    TwDelegate copy = { .user = one->user, .sees_private = one->sees_private };
    TwPropValue id, name;
    TwProps props;

    if (one->user == 0) {
        copy.id = one->id != NULL ? g_bytes_ref(one->id) : g_bytes_new(NULL, 0);
        copy.name = g_strdup(one->name != NULL ? one->name : "");
        g_array_append_val(ret->what.list, copy);
        g_ptr_array_add(ret->props, NULL);
        /* cppcheck-suppress memleak ; the array owns what it has */
        return TRUE;
    }
    if (!tw_session_book_get(session, &get, error) ||
        !tw_props_open_bytes(get.props, &props, error))
        return FALSE;
    if (tw_directory_type(get.entry->kind) == TW_DIRECTORY_CONTAINERS ||
        !tw_props_get(&props, PR_ENTRYID, &id) || !tw_props_get(&props, PR_DISPLAY_NAME, &name)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%u can be no delegate", one->user);
        return FALSE;
    }
    copy.id = g_bytes_new(id.data, id.len);
    copy.name = g_strndup(name.text, name.len);
    g_array_append_val(ret->what.list, copy);
    g_ptr_array_add(ret->props, g_steal_pointer(&get.props));
    /* cppcheck-suppress memleak ; the array owns what it has */
    return TRUE;
}

static gboolean
complete_all(TwSession *session, const TwDelegates *delegates, Complete *ret, GError **error)
{
    guint count = delegates->list != NULL ? delegates->list->len : 0;
    TwDelegates empty = { 0 };

    if (count > TW_DELEGATES_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many delegates");
        return FALSE;
    }
    tw_delegates_add(&empty, 1, FALSE); /* makes the list */
    ret->what = *delegates;
    ret->what.list = empty.list;
    g_array_set_size(ret->what.list, 0);
    ret->props = g_ptr_array_new_with_free_func(unref_bytes);
    for (guint i = 0; i < count; i++) {
        if (!complete_one(session, &g_array_index(delegates->list, TwDelegate, i), ret, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- messages ---- */

/* What older clients keep there of what is done with meeting mail, under a name of their own (spec/mailbox-layout.md 12.2). */
static void
read_process(const Mailbox *mailbox, const TwObject *message, TwDelegates *ret)
{
    TwNameMap *map = tw_session_names_new(mailbox->session);
    TwItemNames names;
    TwPropValue value;
    guint32 tag;

    tw_item_names_init(&names, map, FALSE);
    tag = tw_item_tag(&names, TW_NameAutoProcess);
    if (tag != 0 && tw_object_get(message, tag, &value) && value.tag == tag)
        ret->process = value.u4 != 0 ? TW_DELEGATES_PROCESS : TW_DELEGATES_LEAVE;
    tw_item_names_clear(&names);
    tw_name_map_free(map);
}

static gboolean
read_message(const Mailbox *mailbox, guint32 number, TwDelegates *ret, GError **error)
{
    g_auto(TwMessageReadArgs) read = { .store = mailbox->store, .message = number };

    if (!tw_session_message_read(mailbox->session, &read, error))
        return FALSE;
    tw_delegates_read(read.object, ret);
    read_process(mailbox, read.object, ret);
    for (guint i = 0; i < ret->list->len; i++) {
        TwDelegate *one = &g_array_index(ret->list, TwDelegate, i);
        if (!find_number(mailbox->session, one->id, &one->user, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_message(const Mailbox *mailbox, guint32 number, const TwDelegates *what, GError **error)
{
    for (guint tries = 1;; tries++) {
        g_auto(TwMessageReadArgs) read = { .store = mailbox->store, .message = number };
        g_auto(TwMessageSaveArgs) save = { .store = mailbox->store, .message = number };
        g_autoptr(GError) why = NULL;

        if (!tw_session_message_read(mailbox->session, &read, error) ||
            !tw_delegates_write(what, read.object, error))
            return FALSE;
        save.object = read.object;
        save.cn = read.row.cn;
        if (tw_session_message_save(mailbox->session, &save, &why))
            return TRUE;
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_CHANGED) || tries >= TRIES) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
}

/* ---- rights ---- */

static guint32
rights_of(const GArray *rows, guint32 user)
{
    for (guint i = 0; i < rows->len; i++) {
        const TwPermission *row = &g_array_index(rows, TwPermission, i);
        if (row->principal == user)
            return row->rights;
    }
    return 0;
}

static gboolean
give_rights(const Mailbox *mailbox,
            const TwDelegates *before,
            const TwDelegates *now,
            GError **error)
{
    guint32 freebusy = mailbox->folders[TW_LAYOUT_FOLDER_FREEBUSY];
    g_auto(TwPermissionsArgs) calendar = { .store = mailbox->store,
                                           .folder = mailbox->folders[TW_LAYOUT_FOLDER_CALENDAR] };
    g_auto(TwPermissionsArgs) there = { .store = mailbox->store, .folder = freebusy };
    g_auto(TwPermissionsSetArgs) set = { .store = mailbox->store, .folder = freebusy };
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwPermission));

    if (!tw_session_permissions(mailbox->session, &calendar, error) ||
        !tw_session_permissions(mailbox->session, &there, error))
        return FALSE;
    for (guint i = 0; i < now->list->len; i++) {
        guint32 user = g_array_index(now->list, TwDelegate, i).user;
        guint32 has = user != 0 ? rights_of(there.rows, user) : 0;
        gboolean edits = user != 0 && rights_of(calendar.rows, user) & TW_RIGHT_CREATE;
        TwPermission row = { .principal = user,
                             .rights = has | (edits ? RIGHTS_EDITOR : RIGHTS_REVIEWER) };
        if (user != 0 && row.rights != has)
            g_array_append_val(rows, row);
    }
    for (guint i = 0; i < before->list->len; i++) {
        guint32 user = g_array_index(before->list, TwDelegate, i).user;
        TwPermission row = { .principal = user, .rights = TW_PERMISSION_REMOVE };
        if (user != 0 && tw_delegates_find(now, user) == NULL && rights_of(there.rows, user) != 0)
            g_array_append_val(rows, row);
    }
    set.rows = (TwPermissionRows){ (const TwPermission *) (void *) rows->data, rows->len };
    return rows->len == 0 || tw_session_permissions_set(mailbox->session, &set, error);
}

/* ---- rules ---- */

/* Meeting mail that no rule sent on; for who does not see private items none that is private. */
static GBytes *
build_condition(gboolean sees_private, GError **error)
{
    TwPropValue class = tw_value_str(PR_MESSAGE_CLASS, "IPM.Schedule.Meeting");
    TwPropValue private = tw_value_long(PR_SENSITIVITY, SENSITIVITY_PRIVATE);
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) condition = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(RULE_MOST_BYTES);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_content(&builder, TW_FUZZY_PREFIX, PR_MESSAGE_CLASS, &class);
    tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
    tw_restriction_builder_exist(&builder, PR_DELEGATED_BY_RULE);
    tw_restriction_builder_end(&builder);
    if (!sees_private) {
        tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
        tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_SENSITIVITY, &private);
        tw_restriction_builder_end(&builder);
    }
    tw_restriction_builder_end(&builder);
    condition = tw_restriction_builder_finish(&builder, error);
    if (condition == NULL)
        return NULL;
    tw_restriction_print(condition, TW_WIRE_32, &out);
    return tw_buffer_steal_bytes(&out, error);
}

static GBytes *
build_recipient(const TwProps *who, GError **error)
{
    static const guint32 tags[] = { PR_ENTRYID,       PR_DISPLAY_NAME, PR_ADDRTYPE,
                                    PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS, PR_SEARCH_KEY,
                                    PR_OBJECT_TYPE,   PR_DISPLAY_TYPE };
    g_auto(TwPropsBuilder) builder;
    TwPropValue value;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RECIPIENT_TYPE, 1));
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (tw_props_get(who, tags[i], &value))
            tw_props_builder_set(&builder, value);
    }
    return tw_props_builder_finish_bytes(&builder, error);
}

/* Delegates of one sight, and whether the mailbox keeps its own. */
static GBytes *
build_actions(GPtrArray *recipients, gboolean boss_copy, GError **error)
{
    g_autofree TwProps *props = g_new0(TwProps, recipients->len + 1);
    TwAction actions[] = {
        { .type = TW_ACTION_DELEGATE, .recipients = props, .recipient_count = recipients->len },
        { .type = TW_ACTION_DELETE },
    };
    g_autoptr(TwActions) list = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(RULE_MOST_BYTES);

    for (guint i = 0; i < recipients->len; i++) {
        if (!tw_props_open_bytes(recipients->pdata[i], &props[i], error))
            return NULL;
    }
    list = tw_actions_new(actions, boss_copy ? 1 : 2, error);
    if (list == NULL)
        return NULL;
    tw_actions_print(list, TW_WIRE_32, &out);
    return tw_buffer_steal_bytes(&out, error);
}

/* *@ret stays NULL when nobody sees so much. */
static gboolean
build_rule(const Complete *complete, gboolean sees_private, GBytes **ret, GError **error)
{
    g_autoptr(GPtrArray) recipients = g_ptr_array_new_with_free_func(unref_bytes);
    g_autoptr(GBytes) condition = NULL;
    g_autoptr(GBytes) actions = NULL;
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    for (guint i = 0; i < complete->props->len; i++) {
        GBytes *bag = complete->props->pdata[i], *recipient;
        TwProps who;
        if (bag == NULL ||
            g_array_index(complete->what.list, TwDelegate, i).sees_private != sees_private)
            continue;
        recipient = tw_props_open_bytes(bag, &who, error) ? build_recipient(&who, error) : NULL;
        if (recipient == NULL)
            return FALSE;
        g_ptr_array_add(recipients, recipient);
    }
    if (recipients->len == 0)
        return TRUE;
    condition = build_condition(sees_private, error);
    actions = condition != NULL ? build_actions(recipients, complete->what.boss_copy, error) : NULL;
    if (actions == NULL)
        return FALSE;
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 0));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, RULE_ENABLED));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_LEVEL, 0));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, ""));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, TW_DELEGATES_PROVIDER));
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_RULE_CONDITION, g_bytes_get_data(condition, NULL),
                                        g_bytes_get_size(condition)));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, g_bytes_get_data(actions, NULL),
                                                  g_bytes_get_size(actions)));
    *ret = tw_props_builder_finish_bytes(&builder, error);
    return *ret != NULL;
}

static gboolean
is_ours(const TwProps *rule)
{
    TwPropValue value;

    return tw_props_get(rule, PR_RULE_PROVIDER, &value) &&
           value.len == strlen(TW_DELEGATES_PROVIDER) &&
           g_ascii_strncasecmp(value.text, TW_DELEGATES_PROVIDER, value.len) == 0;
}

static gboolean
change_rules(const Mailbox *mailbox, const Complete *complete, GError **error)
{
    guint32 inbox = mailbox->folders[TW_LAYOUT_FOLDER_INBOX];
    g_auto(TwRulesArgs) read = { .store = mailbox->store, .folder = inbox };
    g_auto(TwRulesChangeArgs) change = { .store = mailbox->store, .folder = inbox };
    g_autoptr(GBytes) seeing = NULL;
    g_autoptr(GBytes) others = NULL;
    TwProps props[MOST_RULES + 2];
    TwRulesChange rows[MOST_RULES + 2];
    guint count = 0;

    if (complete->what.meetings && (!build_rule(complete, TRUE, &seeing, error) ||
                                    !build_rule(complete, FALSE, &others, error)))
        return FALSE;
    if (!tw_session_rules(mailbox->session, &read, error))
        return FALSE;
    for (guint i = 0; i < tw_rules_count(read.rules) && count < MOST_RULES; i++) {
        tw_rules_get(read.rules, i, &props[count]);
        if (is_ours(&props[count])) {
            rows[count] = (TwRulesChange){ TW_RULES_REMOVE, &props[count] };
            count++;
        }
    }
    if (seeing != NULL && tw_props_open_bytes(seeing, &props[count], NULL)) {
        rows[count] = (TwRulesChange){ TW_RULES_ADD, &props[count] };
        count++;
    }
    if (others != NULL && tw_props_open_bytes(others, &props[count], NULL)) {
        rows[count] = (TwRulesChange){ TW_RULES_ADD, &props[count] };
        count++;
    }
    change.rows = (TwRuleChanges){ rows, count };
    return count == 0 || tw_session_rules_change(mailbox->session, &change, error);
}

/* Whether there is a rule of ours; who may not read rules does not know. */
static gboolean
look_at_rules(const Mailbox *mailbox, TwDelegates *ret, GError **error)
{
    g_auto(TwRulesArgs)
        read = { .store = mailbox->store, .folder = mailbox->folders[TW_LAYOUT_FOLDER_INBOX] };
    g_autoptr(GError) why = NULL;

    if (read.folder == 0)
        return TRUE;
    if (!tw_session_rules(mailbox->session, &read, &why)) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NO_ACCESS) ||
            g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    for (guint i = 0; i < tw_rules_count(read.rules) && !ret->meetings; i++) {
        TwProps rule;
        tw_rules_get(read.rules, i, &rule);
        ret->meetings = is_ours(&rule);
    }
    return TRUE;
}

/* ---- the whole ---- */

static gboolean
look(Mailbox *mailbox, GError **error)
{
    tw_layout_plan(TW_LAYOUT_PRIVATE, NULL, &mailbox->plan);
    return tw_mailbox_look(mailbox, error);
}

gboolean
tw_delegates_load(TwSession *session, const TwGuid *store, TwDelegates *ret, GError **error)
{
    g_auto(Mailbox) mailbox = { .session = session, .store = *store };
    g_auto(TwDelegates) found = { 0 };

    if (!look(&mailbox, error))
        return FALSE;
    for (guint i = 0; found.list == NULL && i < G_N_ELEMENTS(message_keys); i++) {
        guint32 number = mailbox.messages[message_keys[i]];
        if (number != 0 && !read_message(&mailbox, number, &found, error))
            return FALSE;
    }
    if (!look_at_rules(&mailbox, &found, error))
        return FALSE;
    *ret = found;
    found = (TwDelegates){ 0 };
    return TRUE;
}

gboolean
tw_delegates_save(TwSession *session,
                  const TwGuid *store,
                  const TwDelegates *delegates,
                  GError **error)
{
    g_auto(Mailbox) mailbox = { .session = session, .store = *store };
    g_auto(Complete) now = { .props = NULL };
    g_auto(TwDelegates) before = { 0 };

    if (!look(&mailbox, error) || !complete_all(session, delegates, &now, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(message_keys); i++) {
        if (mailbox.messages[message_keys[i]] == 0) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND,
                                "the store has no LocalFreebusy message");
            return FALSE;
        }
    }
    if (!read_message(&mailbox, mailbox.messages[message_keys[0]], &before, error))
        return FALSE;
    /* rights of who goes are taken before it is forgotten who that was */
    if (!give_rights(&mailbox, &before, &now.what, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(message_keys); i++) {
        if (!write_message(&mailbox, mailbox.messages[message_keys[i]], &now.what, error))
            return FALSE;
    }
    return change_rules(&mailbox, &now, error);
}
