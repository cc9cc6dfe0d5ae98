/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Flags as bits and as properties: who changed something is heard, and what is shown follows the bits. */
#include "store/state-flags.h"

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
        TwStateProps said = { cases[i].flag, cases[i].verb, cases[i].icon };
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
        TwStateProps kept = { cases[i].flag, cases[i].verb, cases[i].icon };
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/state-flags/saved", test_saved);
    g_test_add_func("/store/state-flags/shown", test_shown);
    g_test_add_func("/store/state-flags/there-and-back", test_there_and_back);
    return g_test_run();
}
