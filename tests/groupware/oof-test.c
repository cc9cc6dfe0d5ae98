/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Out of office: when it holds, whom an answer is for, and who got one already. */
#include "groupware/oof.h"

#include <string.h>

#include "base/time.h"
#include "mapi/tags.h"

static const gint64 hour = 3600 * (gint64) G_USEC_PER_SEC;
static const gint64 now = 1700000000 * (gint64) G_USEC_PER_SEC;

static void
set(TwObject *store, TwPropValue value)
{
    g_assert_true(tw_object_set(store, &value, NULL));
}

static void
set_time(TwObject *store, guint32 tag, gint64 us)
{
    guint64 filetime = 0;

    g_assert_true(tw_time_to_filetime(us, &filetime));
    set(store, tw_value_i8(tag, (gint64) filetime));
}

/* ---- settings ---- */

static const struct {
    const char *name;
    gboolean ec, exchange;
    gint64 from, until; /* from now; 0: open */
    gboolean is_on;
} windows[] = {
    { "off", FALSE, FALSE, 0, 0, FALSE },
    { "on", TRUE, FALSE, 0, 0, TRUE },
    { "on, the Exchange way", FALSE, TRUE, 0, 0, TRUE },
    { "begun", TRUE, FALSE, -1, 0, TRUE },
    { "not begun", TRUE, FALSE, 1, 0, FALSE },
    { "not over", TRUE, FALSE, 0, 1, TRUE },
    { "over", TRUE, FALSE, 0, -1, FALSE },
    { "in the window, and off", FALSE, FALSE, -1, 1, FALSE },
};

static void
test_windows(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
        g_autoptr(TwObject) store = tw_object_new(TW_OBJECT_FOLDER);
        g_auto(TwOof) oof = { 0 };

        g_test_message("%s", windows[i].name);
        set(store, tw_value_bool(PR_EC_OUTOFOFFICE, windows[i].ec));
        set(store, tw_value_bool(PR_OOF_STATE, windows[i].exchange));
        if (windows[i].from != 0)
            set_time(store, PR_EC_OUTOFOFFICE_FROM, now + windows[i].from * hour);
        if (windows[i].until != 0)
            set_time(store, PR_EC_OUTOFOFFICE_UNTIL, now + windows[i].until * hour);
        tw_oof_read(store, &oof);
        g_assert_cmpint(tw_oof_is_on(&oof, now), ==, windows[i].is_on);
    }
}

/* Texts for those outside are those for inside until there are some. */
static void
test_texts(void)
{
    g_autoptr(TwObject) store = tw_object_new(TW_OBJECT_FOLDER);
    g_auto(TwOof) inside = { 0 };
    g_auto(TwOof) both = { 0 };

    set(store, tw_value_str(PR_EC_OUTOFOFFICE_MSG, "away"));
    set(store, tw_value_str(PR_EC_OUTOFOFFICE_SUBJECT, "Away: %subject"));
    tw_oof_read(store, &inside);
    g_assert_cmpstr(inside.external_text, ==, "away");
    g_assert_cmpstr(inside.external_subject, ==, "Away: %subject");
    set(store, tw_value_str(TW_PR_OOF_EXTERNAL_TEXT, "not here"));
    tw_oof_read(store, &both);
    g_assert_cmpstr(both.text, ==, "away");
    g_assert_cmpstr(both.external_text, ==, "not here");
    g_assert_cmpuint(inside.generation, !=, both.generation);
}

/* ---- verdicts ---- */

static const char *const own[] = { "ann@example.org", "ann", NULL };

static const struct {
    const char *name, *sender, *from;
    guint bits;
    guint32 suppress;
    TwOofPlace place;
    gboolean inside, contact;
    TwOofAudience audience;
    TwOofVerdict verdict;
} cases[] = {
#define ROW(name, verdict, ...)                                                                    \
    {                                                                                              \
        name, "jo@example.com", "jo@example.com", __VA_ARGS__, verdict                             \
    }
    ROW("plain", TW_OOF_ANSWER, 0, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("from here", TW_OOF_ANSWER, 0, 0, TW_OOF_IN_TO, TRUE, FALSE, TW_OOF_INSIDE),
    ROW("in Cc", TW_OOF_NOT_ADDRESSED, 0, 0, TW_OOF_IN_CC, FALSE, FALSE, TW_OOF_ALL),
    ROW("in Bcc", TW_OOF_NOT_ADDRESSED, 0, 0, TW_OOF_IN_BCC, FALSE, FALSE, TW_OOF_ALL),
    ROW("nowhere", TW_OOF_NOT_ADDRESSED, 0, 0, TW_OOF_NOWHERE, FALSE, FALSE, TW_OOF_ALL),
    ROW("spam", TW_OOF_SPAM, TW_MARK_SPAM, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("automatic",
        TW_OOF_AUTOMATIC,
        TW_MARK_AUTOMATIC,
        0,
        TW_OOF_IN_TO,
        FALSE,
        FALSE,
        TW_OOF_ALL),
    ROW("vacation", TW_OOF_AUTOMATIC, TW_MARK_VACATION, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("sent by a rule",
        TW_OOF_AUTOMATIC,
        TW_MARK_RULE,
        0,
        TW_OOF_IN_TO,
        FALSE,
        FALSE,
        TW_OOF_ALL),
    ROW("list", TW_OOF_LIST, TW_MARK_LIST, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("bulk", TW_OOF_LIST, TW_MARK_BULK, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("no OOF wanted", TW_OOF_SUPPRESSED, 0, 0x10, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("no answers wanted", TW_OOF_SUPPRESSED, 0, 0x20, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("no receipts wanted", TW_OOF_ANSWER, 0, 0xf, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL),
    ROW("header of the list",
        TW_OOF_INHIBITED,
        TW_MARK_NO_REPLY,
        0,
        TW_OOF_IN_TO,
        FALSE,
        FALSE,
        TW_OOF_ALL),
    ROW("outside", TW_OOF_OUTSIDE, 0, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_INSIDE),
    ROW("a stranger", TW_OOF_OUTSIDE, 0, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_CONTACTS),
    ROW("a contact", TW_OOF_ANSWER, 0, 0, TW_OOF_IN_TO, FALSE, TRUE, TW_OOF_CONTACTS),
#undef ROW
    { "a bounce", "", "jo@example.com", 0, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL,
      TW_OOF_NO_SENDER },
    { "a daemon", "mailer-daemon@example.com", "x@y", 0, 0, TW_OOF_IN_TO, FALSE, FALSE, TW_OOF_ALL,
      TW_OOF_MACHINE },
    { "from root", "jo@example.com", "root@example.com", 0, 0, TW_OOF_IN_TO, FALSE, FALSE,
      TW_OOF_ALL, TW_OOF_MACHINE },
    { "oneself", "ANN@example.org", "jo@example.com", 0, 0, TW_OOF_IN_TO, TRUE, FALSE, TW_OOF_ALL,
      TW_OOF_SELF },
    { "oneself in From", "jo@example.com", "ann@example.org", 0, 0, TW_OOF_IN_TO, FALSE, FALSE,
      TW_OOF_ALL, TW_OOF_SELF },
};

static void
test_verdicts(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwMarks marks = { .bits = cases[i].bits, .suppress = cases[i].suppress };
        TwOof oof = { .on = TRUE, .audience = cases[i].audience };
        TwOofCase what = { .marks = &marks,
                           .sender = cases[i].sender,
                           .from = cases[i].from,
                           .own = own,
                           .place = cases[i].place,
                           .inside = cases[i].inside,
                           .contact = cases[i].contact };

        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(tw_oof_verdict_name(tw_oof_judge(&oof, &what)), ==,
                        tw_oof_verdict_name(cases[i].verdict));
        what.cc = what.bcc = what.nowhere = TRUE;
        if (cases[i].verdict == TW_OOF_NOT_ADDRESSED)
            g_assert_cmpint(tw_oof_judge(&oof, &what), ==, TW_OOF_ANSWER);
    }
}

static void
add_recipient(TwObject *message, const char *address, guint32 type)
{
    TwObject *recipient = tw_object_add(message, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL);

    set(recipient, tw_value_long(PR_RECIPIENT_TYPE, type));
    set(recipient, tw_value_str(PR_SMTP_ADDRESS, address));
}

static void
test_place(void)
{
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);

    g_assert_cmpint(tw_oof_place(message, own), ==, TW_OOF_NOWHERE);
    add_recipient(message, "bob@example.org", 1);
    g_assert_cmpint(tw_oof_place(message, own), ==, TW_OOF_NOWHERE);
    add_recipient(message, "Ann@example.org", 3);
    g_assert_cmpint(tw_oof_place(message, own), ==, TW_OOF_IN_BCC);
    add_recipient(message, "Ann@example.org", 2);
    g_assert_cmpint(tw_oof_place(message, own), ==, TW_OOF_IN_CC);
    add_recipient(message, "Ann@example.org", 1);
    g_assert_cmpint(tw_oof_place(message, own), ==, TW_OOF_IN_TO);
}

/* ---- the log ---- */

static GBytes *
exact_copy(GBytes *log, gsize len)
{
    return g_bytes_new(g_bytes_get_data(log, NULL), len);
}

static void
test_log(void)
{
    g_autoptr(GBytes) one = tw_oof_log_add(NULL, 7, "Jo@example.com", now, hour);
    g_autoptr(GBytes) two = tw_oof_log_add(one, 7, "bob@example.com", now + 1, hour);
    g_autoptr(GBytes) later = NULL;
    g_autoptr(GBytes) other = NULL;

    g_assert_nonnull(two);
    g_assert_null(tw_oof_log_add(two, 7, "jo@EXAMPLE.com", now + hour - 1, hour));
    later = tw_oof_log_add(two, 7, "jo@example.com", now + hour, hour); /* its time is over */
    g_assert_cmpuint(g_bytes_get_size(later), ==, TW_OOF_LOG_HEAD + 2 * TW_OOF_LOG_ENTRY);
    other = tw_oof_log_add(two, 8, "jo@example.com", now + 1, hour); /* switched on anew */
    g_assert_cmpuint(g_bytes_get_size(other), ==, TW_OOF_LOG_HEAD + TW_OOF_LOG_ENTRY);
    /* a clock that was set back makes nobody wait for ever */
    g_assert_null(tw_oof_log_add(two, 7, "jo@example.com", now - 1000 * hour, hour));
}

static void
test_log_cut(void)
{
    g_autoptr(GBytes) one = tw_oof_log_add(NULL, 7, "jo@example.com", now, hour);

    for (gsize len = 0; len < g_bytes_get_size(one); len++) {
        g_autoptr(GBytes) cut = exact_copy(one, len);
        g_autoptr(GBytes) next = tw_oof_log_add(cut, 7, "jo@example.com", now, hour);

        g_assert_nonnull(next);
    }
}

static void
test_log_limit(void)
{
    for (guint i = 0; i < 3;
         i++) { /* cheaper than ten thousand calls: a full log is written by hand */
        g_autoptr(GByteArray) full = g_byte_array_new();
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GBytes) next = NULL;
        guint8 head[TW_OOF_LOG_HEAD] = { 'T', 'W', 'O', 'L', 1, 0, 0, 0, 7 };
        guint32 count = TW_OOF_MOST_LOG - 1 + i;

        head[16] = (guint8) count;
        head[17] = (guint8) (count >> 8);
        g_byte_array_append(full, head, sizeof head);
        for (guint32 k = 0; k < count; k++) {
            guint64 entry[2] = { GUINT64_TO_LE(k + 1), GUINT64_TO_LE((guint64) now) };
            g_byte_array_append(full, (const guint8 *) entry, sizeof entry);
        }
        bytes = g_bytes_new(full->data, full->len);
        next = tw_oof_log_add(bytes, 7, "jo@example.com", now, hour);
        g_assert_cmpuint(g_bytes_get_size(next), ==,
                         TW_OOF_LOG_HEAD + TW_OOF_MOST_LOG * TW_OOF_LOG_ENTRY);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/oof/windows", test_windows);
    g_test_add_func("/groupware/oof/texts", test_texts);
    g_test_add_func("/groupware/oof/verdicts", test_verdicts);
    g_test_add_func("/groupware/oof/place", test_place);
    g_test_add_func("/groupware/oof/log", test_log);
    g_test_add_func("/groupware/oof/log-cut", test_log_cut);
    g_test_add_func("/groupware/oof/log-limit", test_log_limit);
    return g_test_run();
}
