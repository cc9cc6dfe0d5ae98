/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Flags as bits and as properties: who changed something is heard, and what is shown follows the bits. */
#include "store/state-flags.h"

#include "mapi/named.h"
#include "mapi/tags.h"

enum {
    F = TW_STATUS_FLAGGED,
    A = TW_STATUS_ANSWERED,
    W = TW_STATUS_FORWARDED,
    OLD = TW_STATUS_ANSWERED_OLD,
    D = 0x8,
    NONE = G_MAXUINT32,
};

static void
test_saved(void)
{
    static const struct {
        guint32 flag, verb, icon; /* what is saved */
        guint32 old, wanted, status;
    } cases[] = {
        { 0, 0, NONE, 0, 0, 0 },
        { 2, 0, NONE, 0, D, D | F },
        { 1, 0, NONE, F, F, 0 },        /* complete */
        { 0, 0, NONE, F, F | D, D },    /* taken away */
        { 2, 0, NONE, F, F, F },        /* as it was */
        { 2, 0, NONE, F, 0, 0 },        /* the status says something new */
        { 0, 0, NONE, 0, F, F },        /* likewise */
        { 0, 102, 0x105, 0, 0, A },     /* answered */
        { 0, 103, NONE, 0, 0, A },      /* */
        { 0, 108, NONE, 0, 0, A },      /* */
        { 0, 0, 0x105, 0, 0, A },       /* the icon alone */
        { 0, 104, 0x106, 0, 0, W },     /* forwarded */
        { 0, 104, 0x106, A, A, A | W }, /* after that */
        { 0, 102, 0x105, A | W, A | W, A | W },
        { 0, 0, 0x101, A | W, A | W, 0 },
        { 0, 0, NONE, OLD, OLD, 0 },
        { 0, 102, NONE, OLD, OLD, OLD },
        { 0, 102, 0x105, A, 0, 0 },
        { 0, 512, 0x10f, 0, D, D }, /* accepted: none of ours */
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwStateProps said = { cases[i].flag, cases[i].verb, cases[i].icon, FALSE };
        g_test_message("case %u", i);
        g_assert_cmphex(tw_state_status(&said, cases[i].old, cases[i].wanted), ==, cases[i].status);
    }
}

static void
test_shown(void)
{
    static const struct {
        guint32 status, flag, verb, icon;
        guint32 tag;
        TwStateAnswer answer;
        guint32 value;
    } cases[] = {
        { 0, 0, 0, NONE, PR_FLAG_STATUS, TW_STATE_KEEP, 0 },
        { F, 2, 0, NONE, PR_FLAG_STATUS, TW_STATE_KEEP, 0 },
        { F, 0, 0, NONE, PR_FLAG_STATUS, TW_STATE_GIVE, 2 },
        { F, 1, 0, NONE, PR_FLAG_STATUS, TW_STATE_GIVE, 2 },
        { F, 1, 0, NONE, PR_FLAG_COMPLETE_TIME, TW_STATE_HIDE, 0 },
        { F, 0, 0, NONE, PR_FOLLOWUP_ICON, TW_STATE_GIVE, 6 },
        { F, 0, 0, NONE, PR_TODO_ITEM_FLAGS, TW_STATE_GIVE, 1 },
        { F, 2, 0, NONE, PR_FOLLOWUP_ICON, TW_STATE_KEEP, 0 }, /* of another colour */
        { 0, 2, 0, NONE, PR_FLAG_STATUS, TW_STATE_HIDE, 0 },
        { 0, 2, 0, NONE, PR_FOLLOWUP_ICON, TW_STATE_HIDE, 0 },
        { 0, 1, 0, NONE, PR_FLAG_STATUS, TW_STATE_KEEP, 0 },
        { 0, 1, 0, NONE, PR_FLAG_COMPLETE_TIME, TW_STATE_KEEP, 0 },
        { A, 0, 0, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_GIVE, 102 },
        { OLD, 0, 0, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_GIVE, 102 },
        { W, 0, 0, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_GIVE, 104 },
        { A | W, 0, 0, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_GIVE, 102 },
        { A | W, 0, 104, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_KEEP, 0 },
        { A, 0, 103, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_KEEP, 0 },
        { A, 0, 103, NONE, PR_LAST_VERB_EXECUTION_TIME, TW_STATE_KEEP, 0 },
        { 0, 0, 103, NONE, PR_LAST_VERB_EXECUTION_TIME, TW_STATE_HIDE, 0 },
        { 0, 0, 103, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_HIDE, 0 },
        { 0, 0, 512, NONE, PR_LAST_VERB_EXECUTED, TW_STATE_KEEP, 0 },
        { A, 0, 0, NONE, PR_ICON_INDEX, TW_STATE_GIVE, 0x105 },
        { A, 0, 0, 0x101, PR_ICON_INDEX, TW_STATE_GIVE, 0x105 },
        { A, 0, 0, 0x10f, PR_ICON_INDEX, TW_STATE_KEEP, 0 }, /* signed */
        { W, 0, 0, 0x105, PR_ICON_INDEX, TW_STATE_GIVE, 0x106 },
        { 0, 0, 0, 0x106, PR_ICON_INDEX, TW_STATE_HIDE, 0 },
        { 0, 0, 0, 0x101, PR_ICON_INDEX, TW_STATE_KEEP, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwStateProps kept = { cases[i].flag, cases[i].verb, cases[i].icon, FALSE };
        guint32 value = 0;
        g_test_message("case %u", i);
        g_assert_true(tw_state_is_shown(cases[i].tag));
        g_assert_cmpint(tw_state_show(cases[i].status, &kept, cases[i].tag, &value), ==,
                        cases[i].answer);
        if (cases[i].answer == TW_STATE_GIVE)
            g_assert_cmphex(value, ==, cases[i].value);
    }
    g_assert_false(tw_state_is_shown(PR_SUBJECT));
}

/* What is shown of a status says that status when it is saved again. */
static void
test_there_and_back(void)
{
    static const guint32 bits[] = { 0, F, A, W, F | A, A | W, F | A | W | D };

    for (guint i = 0; i < G_N_ELEMENTS(bits); i++) {
        for (guint j = 0; j < G_N_ELEMENTS(bits); j++) {
            g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
            TwStateProps said;

            g_assert_true(tw_state_give(bits[j], object, NULL)); /* stored long ago */
            g_assert_true(tw_state_give(bits[i], object, NULL));
            said = tw_state_props_of(object);
            g_assert_cmphex(tw_state_status(&said, bits[i], bits[i]), ==, bits[i]);
        }
    }
}

/* ---- named properties ---- */

static void
test_classes(void)
{
    static const struct {
        const char *name;
        gboolean other;
    } cases[] = {
        { NULL, FALSE },
        { "IPM.Note", FALSE },
        { "ipm.note.SMIME", FALSE },
        { "IPM.Note.", FALSE },
        { "IPM.Notes", TRUE },
        { "IPM.Task", TRUE },
        { "IPM.Contact", TRUE },
        { "IPM.Schedule.Meeting.Request", TRUE },
        { "IPM.Not", TRUE },
        { "", TRUE },
        { "REPORT.IPM.Note.NDR", TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_state_is_other(cases[i].name), ==, cases[i].other);
    }
}

/* The numbers of the list are those that the vocabulary gives to these names. */
static void
test_ids(void)
{
    static const struct {
        TwKnownName name;
        guint32 tag;
    } cases[] = {
#define ROW(name, id, type, answer) { TW_PidLid##name, id##u << 16 | TW_PT_##type },
        TW_STATE_NAME_LIST(ROW)
#undef ROW
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwNamedProp name = tw_known_name(cases[i].name);
        g_assert_cmphex(
            tw_prop_tag(tw_named_prop_fixed_id(&name), tw_known_name_type(cases[i].name)), ==,
            cases[i].tag);
        g_assert_true(tw_state_is_named(cases[i].tag));
    }
    g_assert_false(tw_state_is_named(0x8500001f));
    g_assert_false(tw_state_is_named(PR_SUBJECT));
}

static void
test_named(void)
{
    static const struct {
        guint32 status, flag;
        gboolean other;
        guint32 id;
        TwStateAnswer answer;
    } cases[] = {
        { 0, 0, FALSE, TW_STATE_FlagRequest, TW_STATE_KEEP },
        { F, 2, FALSE, TW_STATE_TaskDueDate, TW_STATE_KEEP },
        { F, 0, FALSE, TW_STATE_FlagRequest, TW_STATE_GIVE },
        { F, 1, FALSE, TW_STATE_TaskComplete, TW_STATE_GIVE },
        { F, 1, FALSE, TW_STATE_TaskDateCompleted, TW_STATE_HIDE },
        { F, 0, FALSE, TW_STATE_TaskDueDate, TW_STATE_HIDE },
        { F, 0, FALSE, TW_STATE_ToDoTitle, TW_STATE_GIVE },
        { 0, 2, FALSE, TW_STATE_FlagRequest, TW_STATE_HIDE },
        { 0, 2, FALSE, TW_STATE_TaskStartDate, TW_STATE_HIDE },
        { 0, 2, FALSE, TW_STATE_ReminderSet, TW_STATE_HIDE },
        { 0, 1, FALSE, TW_STATE_TaskDateCompleted, TW_STATE_KEEP },
        { 0, 2, TRUE, TW_STATE_TaskDueDate, TW_STATE_KEEP }, /* a task's own */
        { F, 0, TRUE, TW_STATE_TaskStatus, TW_STATE_KEEP },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwStateProps kept = { .flag = cases[i].flag, .icon = NONE, .other = cases[i].other };
        TwPropValue value;
        g_test_message("case %u", i);
        g_assert_cmpint(tw_state_show_named(cases[i].status, &kept, cases[i].id << 16, &value), ==,
                        cases[i].answer);
        if (cases[i].answer == TW_STATE_GIVE)
            g_assert_cmphex(value.tag >> 16, ==, cases[i].id);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/state-flags/saved", test_saved);
    g_test_add_func("/store/state-flags/shown", test_shown);
    g_test_add_func("/store/state-flags/there-and-back", test_there_and_back);
    g_test_add_func("/store/state-flags/classes", test_classes);
    g_test_add_func("/store/state-flags/ids", test_ids);
    g_test_add_func("/store/state-flags/named", test_named);
    return g_test_run();
}
