/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/mail-marks.h"

#include <string.h>

/* Reads an exact-size copy. */
static TwMarks
read_marks(const char *mail, const TwMarkWishes *wishes)
{
    g_autofree guint8 *copy = g_memdup2(mail, strlen(mail));
    TwMarks marks;

    tw_marks_read(copy, strlen(mail), wishes, &marks);
    marks.id = marks.id != NULL ? "" : NULL; /* the copy goes */
    return marks;
}

static const struct {
    const char *header;
    guint bits;
    guint32 suppress;
} rows[] = {
    { "", 0, 0 },
    { "Subject: x\r\n", 0, 0 },
    { "Auto-Submitted: no\r\n", 0, 0 },
    { "Auto-Submitted: NO; x=y\r\n", 0, 0 },
    { "Auto-Submitted: auto-replied\r\n", TW_MARK_AUTOMATIC | TW_MARK_NO_FORWARD, 0 },
    { "auto-submitted: auto-generated (x)\r\n", TW_MARK_AUTOMATIC | TW_MARK_NO_FORWARD, 0 },
    { "Auto-Submitted:\r\n", 0, 0 },
    { "Precedence: bulk\r\n", TW_MARK_BULK, 0 },
    { "Precedence: LIST\r\n", TW_MARK_BULK, 0 },
    { "Precedence: junk\r\n", TW_MARK_BULK, 0 },
    { "Precedence: first-class\r\n", 0, 0 },
    { "Precedence: bulky\r\n", 0, 0 },
    { "List-Id: <a.b>\r\n", TW_MARK_LIST, 0 },
    { "List-Unsubscribe: <x>\n", TW_MARK_LIST, 0 },
    { "List-Idea: x\r\n", 0, 0 },
    { "X-Twiga-Rule-Action: forward\r\n", TW_MARK_RULE, 0 },
    { "X-Kopano-Rule-Action: forward\r\n", TW_MARK_RULE, 0 },
    { "X-Zarafa-Vacation: on\r\n", TW_MARK_VACATION, 0 },
    { "X-Spam-Status: Yes, score=7\r\n", TW_MARK_SPAM, 0 },
    { "X-SPAM-STATUS: yes, score=7\r\n", TW_MARK_SPAM, 0 },
    { "X-Spam-Status: No, score=1\r\n", 0, 0 },
    { "X-Spam-Status:\r\n\tYes,\r\n", TW_MARK_SPAM, 0 },
    { "X-Auto-Response-Suppress: OOF, AutoReply\r\n", 0, 0x30 },
    { "X-Auto-Response-Suppress: All\r\n", 0, 0xffffffff },
    { "X-Auto-Response-Suppress: None\r\n", 0, 0 },
    { "X-Auto-Response-Suppress: DR NDR RN NRN\r\n", 0, 0xf },
    { "X-Auto-Response-Suppress: OOFX\r\n", 0, 0 },
    { "X-Robot-Name: r\r\n", TW_MARK_NO_REPLY, 0 },
    { "X-Spam-Flag: YES indeed\r\n", TW_MARK_NO_REPLY, 0 },
    { "X-Spam-Flag: no\r\n", 0, 0 },
    { "Subject: a\r\n\r\nList-Id: not in the header\r\n", 0, 0 },
};

static void
test_rows(void)
{
    static const char *const no_forward[] = { "Auto-Submitted: auto*", NULL };
    static const char *const no_reply[] = { "X-Robot*", "X-Spam-Flag: yes*", NULL };
    g_autoptr(TwMarkPatterns) forward = tw_mark_patterns_new(no_forward);
    g_autoptr(TwMarkPatterns) reply = tw_mark_patterns_new(no_reply);
    const TwMarkWishes wishes = {
        .spam_name = "X-Spam-Status", .spam_value = "Yes,", .no_forward = forward, .no_reply = reply
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        TwMarks marks = read_marks(rows[i].header, &wishes);

        g_test_message("%s", rows[i].header);
        g_assert_cmphex(marks.bits, ==, rows[i].bits);
        g_assert_cmphex(marks.suppress, ==, rows[i].suppress);
    }
}

static void
test_id(void)
{
    static const TwMarkWishes none = { 0 };
    const char *mail = "Message-ID:\r\n <a@b> \r\nMessage-ID: <c@d>\r\n\r\n";
    g_autofree char *id = g_strnfill(TW_MARKS_MOST_ID + 1, 'x');
    g_autofree char *longer = g_strdup_printf("Message-ID: %s\r\n", id);
    TwMarks marks;

    tw_marks_read((const guint8 *) mail, strlen(mail), &none, &marks);
    g_assert_cmpuint(marks.id_len, ==, 5);
    g_assert_cmpint(memcmp(marks.id, "<a@b>", 5), ==, 0);
    tw_marks_read((const guint8 *) longer, strlen(longer), &none, &marks);
    g_assert_null(marks.id);
    longer[strlen("Message-ID: ") + TW_MARKS_MOST_ID] = '\r'; /* at the limit */
    tw_marks_read((const guint8 *) longer, strlen(longer), &none, &marks);
    g_assert_cmpuint(marks.id_len, ==, TW_MARKS_MOST_ID);
}

/* Cut anywhere it is a header still. */
static void
test_cut(void)
{
    static const TwMarkWishes none = { 0 };
    const char *mail = "Precedence: bulk\r\nList-Id: x\r\nAuto-Submitted: auto-replied\r\n\r\nbody";

    for (gsize len = 0; len <= strlen(mail); len++) {
        g_autofree guint8 *copy = g_memdup2(mail, len);
        TwMarks marks;

        tw_marks_read(copy, len, &none, &marks);
        if (len < strlen("Precedence: bulk"))
            g_assert_cmpuint(marks.bits & TW_MARK_BULK, ==, 0);
    }
}

static const struct {
    const char *address;
    gboolean machine;
} addresses[] = {
    { "", TRUE },
    { "@example.org", TRUE },
    { "jo@example.org", FALSE },
    { "MAILER-DAEMON@example.org", TRUE },
    { "postmaster", TRUE },
    { "root@x", TRUE },
    { "rooter@x", FALSE },
    { "owner-list@x", TRUE },
    { "list-request@x", TRUE },
    { "request@x", FALSE },
    { "no-reply@x", TRUE },
    { "bounce-123@x", TRUE },
};

static void
test_machines(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_test_message("%s", addresses[i].address);
        g_assert_cmpint(tw_marks_is_machine(addresses[i].address), ==, addresses[i].machine);
    }
}

/* ---- circles ---- */

static void
test_passed(void)
{
    static const char mail[] =
        "X-Twiga-Loop: ann@example.org\r\n\tbob@example.org  carla@x\r\n\r\n";
    static const TwMarkWishes none = { 0 };
    g_autoptr(GString) many = g_string_new("X-Twiga-Loop:");
    TwMarks marks;

    tw_marks_read((const guint8 *) mail, strlen(mail), &none, &marks);
    g_assert_true(tw_marks_has_passed(&marks, "ann@example.org"));
    g_assert_true(tw_marks_has_passed(&marks, "BOB@example.org"));
    g_assert_true(tw_marks_has_passed(&marks, "carla@x"));
    g_assert_false(tw_marks_has_passed(&marks, "carla"));
    g_assert_false(tw_marks_has_passed(&marks, "nn@example.org"));
    tw_marks_read((const guint8 *) "X-Twiga-Loop:\r\n\r\n", 17, &none, &marks);
    g_assert_false(tw_marks_has_passed(&marks, "carla@x"));
    for (guint i = 1; i <= TW_MARKS_MOST_PASSED; i++) {
        g_string_append_printf(many, " u%u@x", i);
        tw_marks_read((const guint8 *) many->str, many->len, &none, &marks);
        g_assert_true(tw_marks_has_passed(&marks, "z@x") == (i >= TW_MARKS_MOST_PASSED));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/mail-marks/rows", test_rows);
    g_test_add_func("/groupware/mail-marks/id", test_id);
    g_test_add_func("/groupware/mail-marks/cut", test_cut);
    g_test_add_func("/groupware/mail-marks/machines", test_machines);
    g_test_add_func("/groupware/mail-marks/passed", test_passed);
    return g_test_run();
}
