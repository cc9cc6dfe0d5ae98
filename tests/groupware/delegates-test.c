/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delegates of a mailbox: what is written is read again, where clients look for it, and mail goes where the rules say. */
#include "groupware/delegates.h"

#include <string.h>

#include "groupware/mailbox.h"
#include "groupware/rules.h"
#include "mapi/tags.h"
#include "session/world.h"

typedef struct {
    World world;
    WorldUser boss;
    guint32 dora, emil;
    TwSession *session, *system;
    TwMailboxFolders folders;
} Office;

static guint32
add_user(Office *office, const char *name)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    TwDirectoryObject values = {
        .kind = TW_DIRECTORY_USER, .name = name, .full_name = name, .mail = mail
    };
    guint32 number = 0;

    assert_done(tw_directory_create(office->world.place.directory, &values, NULL, &number, error));
    return number;
}

static void
office_open(Office *office)
{
    TwMailboxSpec spec = { .kind = TW_LAYOUT_PRIVATE, .everyone = TW_DIRECTORY_EVERYONE };

    *office = (Office){ 0 };
    world_new(&office->world);
    world_user(&office->world, 0, "boss", &office->boss);
    office->dora = add_user(office, "dora");
    office->emil = add_user(office, "emil");
    office->session = world_logon(&office->world, "boss");
    office->system = world_trusted(&office->world, "SYSTEM");
    assert_done(tw_mailbox_fill(office->session, &office->boss.store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(office->session, &office->boss.store, TW_LAYOUT_PRIVATE,
                                   &office->folders, error));
}

static void
office_close(Office *office)
{
    tw_session_unref(office->session);
    tw_session_unref(office->system);
    world_free(&office->world);
}

/* ---- one message ---- */

static void
test_message(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwDelegates) none = { 0 };
    g_auto(TwDelegates) some = { .boss_copy = TRUE, .accept = TRUE, .months = 3 };
    g_auto(TwDelegates) again = { 0 };
    TwPropValue comment = tw_value_str(PR_COMMENT, "stays");

    tw_delegates_add(&some, 7, TRUE);
    tw_delegates_add(&some, 8, FALSE);
    tw_delegates_add(&some, 7, FALSE); /* changes that one */
    g_assert_cmpuint(some.list->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        TwDelegate *one = &g_array_index(some.list, TwDelegate, i);
        one->name = g_strdup(i == 0 ? "Seven" : "");
        one->id = g_bytes_new(i == 0 ? "id7" : "id-8", i == 0 ? 3 : 4);
        one->sees_private = i == 1;
    }
    g_assert_true(tw_object_set(message, &comment, NULL));
    g_assert_true(tw_delegates_write(&some, message, NULL));
    tw_delegates_read(message, &again);
    g_assert_cmpuint(again.list->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        const TwDelegate *a = &g_array_index(some.list, TwDelegate, i);
        const TwDelegate *b = &g_array_index(again.list, TwDelegate, i);
        g_assert_cmpstr(a->name, ==, b->name);
        g_assert_true(g_bytes_equal(a->id, b->id));
        g_assert_cmpint(a->sees_private, ==, b->sees_private);
    }
    g_assert_true(again.boss_copy && again.accept && !again.boss_info && !again.decline_conflicts);
    g_assert_cmpuint(again.months, ==, 3);
    g_assert_true(tw_delegates_write(&none, message, NULL));
    g_assert_false(tw_object_has(message, PR_SCHDINFO_DELEGATE_ENTRYIDS));
    g_assert_false(tw_object_has(message, PR_DELEGATE_FLAGS));
    g_assert_cmpstr(tw_object_get_text(message, PR_COMMENT, ""), ==, "stays");
    g_assert_cmpuint(tw_object_get_long(message, PR_FREEBUSY_COUNT_MONTHS, 0), ==, 3);
}

/* What clients left in a message may be anything. */
static void
test_broken_message(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue wrong =
        tw_value_long(tw_prop_tag_with_type(PR_SCHDINFO_DELEGATE_ENTRYIDS, TW_PT_LONG), 1);
    TwPropValue text =
        tw_value_str(tw_prop_tag_with_type(PR_SCHDINFO_BOSS_WANTS_COPY, TW_PT_UNICODE), "x");
    g_auto(TwDelegates) read = { 0 };

    g_assert_true(tw_object_set(message, &wrong, NULL));
    g_assert_true(tw_object_set(message, &text, NULL));
    tw_delegates_read(message, &read);
    g_assert_cmpuint(read.list->len, ==, 0);
    g_assert_false(read.boss_copy);
}

/* ---- a mailbox ---- */

static TwDelegates
load(const Office *office)
{
    TwDelegates delegates = { 0 };

    assert_done(tw_delegates_load(office->session, &office->boss.store, &delegates, error));
    return delegates;
}

static void
save(const Office *office, const TwDelegates *delegates)
{
    assert_done(tw_delegates_save(office->session, &office->boss.store, delegates, error));
}

static guint32
rights_on(const Office *office, TwLayoutFolderKey key, guint32 user)
{
    g_auto(TwPermissionsArgs)
        args = { .store = office->boss.store, .folder = office->folders.numbers[key] };

    assert_done(tw_session_permissions(office->session, &args, error));
    for (guint i = 0; i < args.rows->len; i++) {
        const TwPermission *row = &g_array_index(args.rows, TwPermission, i);
        if (row->principal == user)
            return row->rights;
    }
    return 0;
}

static void
give(const Office *office, TwLayoutFolderKey key, guint32 user, guint32 rights)
{
    TwPermission row = { .principal = user, .rights = rights };
    g_auto(TwPermissionsSetArgs) args = { .store = office->boss.store,
                                          .folder = office->folders.numbers[key],
                                          .rows = { &row, 1 } };

    assert_done(tw_session_permissions_set(office->session, &args, error));
}

/* How many delegates stand in messages of a folder. */
static guint
written_in(const Office *office, TwLayoutFolderKey key, TwMessageState state)
{
    g_auto(TwMessageListArgs) list = { .store = office->boss.store,
                                       .folder = office->folders.numbers[key],
                                       .state = state };
    guint count = 0;

    assert_done(tw_session_message_list(office->session, &list, error));
    for (guint i = 0; i < list.rows->len; i++) {
        g_auto(TwMessageReadArgs)
            read = { .store = office->boss.store,
                     .message = g_array_index(list.rows, TwMessageRow, i).mid };
        TwPropValue ids;
        assert_done(tw_session_message_read(office->session, &read, error));
        if (tw_object_get(read.object, PR_SCHDINFO_DELEGATE_ENTRYIDS, &ids))
            count += tw_value_count(&ids);
    }
    return count;
}

static void
test_mailbox(void)
{
    Office office;
    g_auto(TwDelegates) first = { 0 };
    g_auto(TwDelegates) second = { 0 };
    g_auto(TwDelegates) third = { 0 };

    office_open(&office);
    first = load(&office);
    g_assert_cmpuint(first.list->len, ==, 0);
    g_assert_false(first.meetings);
    give(&office, TW_LAYOUT_FOLDER_CALENDAR, office.dora, 0x463);
    tw_delegates_add(&first, office.dora, TRUE);
    tw_delegates_add(&first, office.emil, FALSE);
    first.meetings = first.decline_conflicts = TRUE;
    save(&office, &first);
    second = load(&office);
    g_assert_cmpuint(second.list->len, ==, 2);
    g_assert_true(second.meetings && second.decline_conflicts && !second.boss_copy);
    g_assert_true(tw_delegates_find(&second, office.dora)->sees_private);
    g_assert_false(tw_delegates_find(&second, office.emil)->sees_private);
    g_assert_cmpstr(tw_delegates_find(&second, office.emil)->name, ==, "emil");
    g_assert_null(tw_delegates_find(&second, 4711));
    g_assert_cmpuint(written_in(&office, TW_LAYOUT_FOLDER_FREEBUSY, TW_MESSAGE_NORMAL), ==, 2);
    g_assert_cmpuint(written_in(&office, TW_LAYOUT_FOLDER_CALENDAR, TW_MESSAGE_ASSOC), ==, 2);
    /* who may make appointments keeps the free and busy times; who may not, reads them */
    g_assert_cmphex(rights_on(&office, TW_LAYOUT_FOLDER_FREEBUSY, office.dora), ==, 0x463);
    g_assert_cmphex(rights_on(&office, TW_LAYOUT_FOLDER_FREEBUSY, office.emil), ==, 0x401);
    /* who goes loses that, and nothing else */
    g_assert_true(tw_delegates_remove(&second, office.dora));
    g_assert_false(tw_delegates_remove(&second, office.dora));
    second.meetings = FALSE;
    save(&office, &second);
    g_assert_cmphex(rights_on(&office, TW_LAYOUT_FOLDER_FREEBUSY, office.dora), ==, 0);
    g_assert_cmphex(rights_on(&office, TW_LAYOUT_FOLDER_CALENDAR, office.dora), ==, 0x463);
    g_assert_cmphex(rights_on(&office, TW_LAYOUT_FOLDER_FREEBUSY, office.emil), ==, 0x401);
    third = load(&office);
    g_assert_cmpuint(third.list->len, ==, 1);
    g_assert_false(third.meetings);
    /* somebody the directory forgot stays in the list until somebody takes him out */
    assert_done(tw_directory_remove(office.world.place.directory, office.emil, error));
    tw_delegates_clear(&third);
    third = load(&office);
    g_assert_cmpuint(third.list->len, ==, 1);
    g_assert_cmpuint(g_array_index(third.list, TwDelegate, 0).user, ==, 0);
    g_assert_cmpstr(g_array_index(third.list, TwDelegate, 0).name, ==, "emil");
    save(&office, &third);
    g_assert_cmpuint(written_in(&office, TW_LAYOUT_FOLDER_FREEBUSY, TW_MESSAGE_NORMAL), ==, 1);
    office_close(&office);
}

static void
test_refusals(void)
{
    Office office;
    WorldUser empty;
    g_auto(TwDelegates) stranger = { 0 };
    g_auto(TwDelegates) one = { 0 };
    g_auto(TwDelegates) seen = { 0 };
    TwSession *dora;

    office_open(&office);
    tw_delegates_add(&stranger, 4711, FALSE);
    assert_refused(tw_delegates_save(office.session, &office.boss.store, &stranger, error),
                   TW_ERROR_NOT_FOUND);
    g_assert_cmpuint(written_in(&office, TW_LAYOUT_FOLDER_FREEBUSY, TW_MESSAGE_NORMAL), ==, 0);
    tw_delegates_add(&one, office.dora, FALSE);
    world_store(&office.world, office.emil, TW_STORE_PRIVATE, 0, &empty);
    assert_refused(tw_delegates_save(office.system, &empty.store, &one, error), TW_ERROR_NOT_FOUND);
    /* a delegate reads the list and changes nothing */
    save(&office, &one);
    dora = world_trusted(&office.world, "dora");
    assert_done(tw_delegates_load(dora, &office.boss.store, &seen, error));
    g_assert_nonnull(tw_delegates_find(&seen, office.dora));
    seen.boss_copy = TRUE;
    g_assert_false(tw_delegates_save(dora, &office.boss.store, &seen, NULL));
    tw_session_unref(dora);
    office_close(&office);
}

/* ---- where meeting mail goes ---- */

static TwRuleSet *
rules_of(const Office *office)
{
    g_auto(TwRulesArgs) read = { .store = office->boss.store,
                                 .folder = office->folders.numbers[TW_LAYOUT_FOLDER_INBOX] };
    TwRuleSet *set = tw_rule_set_new();

    assert_done(tw_session_rules(office->session, &read, error));
    for (guint i = 0; i < tw_rules_count(read.rules); i++) {
        TwProps rule;
        tw_rules_get(read.rules, i, &rule);
        tw_rule_set_add(set, &rule);
    }
    return set;
}

static gboolean
get_prop(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_object_get(data, tag, ret);
}

static const struct {
    const char *label, *message_class;
    guint32 sensitivity;
    gboolean delegated, boss_copy;
    guint recipients;
    gboolean removed;
} mails[] = {
    { "a request", "IPM.Schedule.Meeting.Request", 0, FALSE, FALSE, 2, TRUE },
    { "with a copy", "IPM.Schedule.Meeting.Request", 0, FALSE, TRUE, 2, FALSE },
    { "a private one", "IPM.Schedule.Meeting.Request", 2, FALSE, FALSE, 1, TRUE },
    { "an answer", "IPM.Schedule.Meeting.Resp.Pos", 0, FALSE, FALSE, 2, TRUE },
    { "one that a rule sent on", "IPM.Schedule.Meeting.Request", 0, TRUE, FALSE, 0, FALSE },
    { "a mail", "IPM.Note", 0, FALSE, FALSE, 0, FALSE },
};

static void
test_meeting_mail(void)
{
    Office office;

    office_open(&office);
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
        g_auto(TwDelegates) delegates = { .meetings = TRUE, .boss_copy = mails[i].boss_copy };
        g_autoptr(TwRuleSet) set = NULL;
        g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
        TwPropSource source = { .get = get_prop, .data = message };
        TwRuleContext context = { 0 };
        g_auto(TwRulePlan) plan = { 0 };
        TwPropValue values[] = {
            tw_value_str(PR_MESSAGE_CLASS, mails[i].message_class),
            tw_value_long(PR_SENSITIVITY, mails[i].sensitivity),
            tw_value_bool(PR_DELEGATED_BY_RULE, TRUE),
        };
        guint recipients = 0;

        g_test_message("%s", mails[i].label);
        tw_delegates_add(&delegates, office.dora, TRUE);
        tw_delegates_add(&delegates, office.emil, FALSE);
        save(&office, &delegates);
        for (guint j = 0; j < (mails[i].delegated ? 3u : 2u); j++)
            g_assert_true(tw_object_set(message, &values[j], NULL));
        set = rules_of(&office);
        g_assert_cmpuint(tw_rule_set_count(set), ==, 2); /* those of the save before are gone */
        tw_rules_plan(set, &source, &context, &plan);
        for (guint j = 0; plan.steps != NULL && j < plan.steps->len; j++)
            recipients += g_array_index(plan.steps, TwRuleStep, j).action->recipient_count;
        g_assert_cmpuint(recipients, ==, mails[i].recipients);
        g_assert_cmpint(plan.remove, ==, mails[i].removed);
    }
    office_close(&office);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/groupware/delegates/message", test_message);
    g_test_add_func("/groupware/delegates/broken-message", test_broken_message);
    g_test_add_func("/groupware/delegates/mailbox", test_mailbox);
    g_test_add_func("/groupware/delegates/refusals", test_refusals);
    g_test_add_func("/groupware/delegates/meeting-mail", test_meeting_mail);
    return g_test_run();
}
