/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/message-class.h"

#include <string.h>

#include "base/error.h"

static void
test_is(void)
{
    static const struct {
        const char *message_class, *base;
        gboolean is;
    } cases[] = {
        { "IPM.Note", "IPM.Note", TRUE },
        { "ipm.note", "IPM.Note", TRUE },
        { "IPM.Note.SMIME", "IPM.Note", TRUE },
        { "IPM.NoteX", "IPM.Note", FALSE },
        { "IPM.Note", "IPM.Note.SMIME", FALSE },
        { "IPM", "IPM.Note", FALSE },
        { "IPM.Note", "IPM", TRUE },
        { "IPM.Note", "", TRUE },
        { "", "", TRUE },
        { "", "IPM", FALSE },
        { "REPORT.IPM.Note.NDR", "IPM", FALSE },
        { "REPORT.IPM.Note.NDR", "REPORT.IPM", TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s / %s", cases[i].message_class, cases[i].base);
        g_assert_true(tw_message_class_is(cases[i].message_class, cases[i].base) == cases[i].is);
    }
}

static void
test_parents(void)
{
    static const char text[] = "IPM.Note.SMIME";

    g_assert_cmpuint(tw_message_class_parent_len(text, 14), ==, 8);
    g_assert_cmpuint(tw_message_class_parent_len(text, 8), ==, 3);
    g_assert_cmpuint(tw_message_class_parent_len(text, 3), ==, 0);
    g_assert_cmpuint(tw_message_class_parent_len(text, 0), ==, 0);
}

static void
test_check(void)
{
    static const char *const good[] = { "", "IPM", "IPM.Note", "a.b.c", "IPM.Note Form" };
    static const char *const bad[] = { ".", ".IPM", "IPM.", "IPM..Note", "IPM\n", "IPM\xc3\xa4" };
    g_autofree char *longest = g_strnfill(TW_MESSAGE_CLASS_MAX_LEN, 'a'),
                    *longer = g_strnfill(TW_MESSAGE_CLASS_MAX_LEN + 1, 'a');
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(tw_message_class_check(good[i], NULL));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(tw_message_class_check(bad[i], &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        g_clear_error(&error);
    }
    g_assert_true(tw_message_class_check(longest, &error));
    g_assert_false(tw_message_class_check(longer, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

static void
test_subject(void)
{
    static const struct {
        const char *subject;
        gsize len;
    } cases[] = {
        { "Re: lunch", 4 },
        { "AW: Re: lunch", 4 },
        { "Fwd: lunch", 5 },
        { "R: lunch", 0 },
        { "lunch", 0 },
        { "Four: lunch", 0 },
        { "12: lunch", 0 },
        { "R2: lunch", 0 },
        { "Re:lunch", 0 },
        { "Re: ", 4 },
        { "Re:", 0 },
        { "", 0 },
        { ": lunch", 0 },
        { "\xc3\x84\xc3\x96: x", 6 },
        { "\xe5\x9b\x9e\xe5\xa4\x8d: x", 8 },
        { "\xff\xff: x", 0 },
        { "a\xc3", 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *input = g_memdup2(cases[i].subject, strlen(cases[i].subject) + 1);
        g_test_message("%s", cases[i].subject);
        g_assert_cmpuint(tw_subject_prefix_len(input), ==, cases[i].len);
    }
}

static void
test_mark(void)
{
    g_assert_cmpstr(tw_subject_skip_mark("\1\5Re: x"), ==, "Re: x");
    g_assert_cmpstr(tw_subject_skip_mark("\1"), ==, "\1");
    g_assert_cmpstr(tw_subject_skip_mark("x"), ==, "x");
    g_assert_cmpstr(tw_subject_skip_mark(""), ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message-class/is", test_is);
    g_test_add_func("/message-class/parents", test_parents);
    g_test_add_func("/message-class/check", test_check);
    g_test_add_func("/subject/prefix", test_subject);
    g_test_add_func("/subject/mark", test_mark);
    return g_test_run();
}
