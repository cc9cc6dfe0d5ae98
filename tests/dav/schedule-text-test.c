/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/hash.h"
#include "dav/schedule.h"

#define HEAD "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n"
#define TAIL "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define ORGANISER "ORGANIZER:mailto:ann@x.example\r\n"

static GBytes *
bytes_of(const char *text)
{
    return g_bytes_new_take(g_memdup2(text, strlen(text)), strlen(text));
}

static void
test_address(void)
{
    static const struct {
        const char *uri, *address;
    } rows[] = {
        { "mailto:Ann@X.example", "ann@x.example" },
        { "MAILTO:a%40b", "a@b" },
        { "mailto:", NULL },
        { "ann@x.example", NULL },
        { "urn:uuid:1", NULL },
        { "mailto:a%zz", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *address = tw_dav_bare_address(rows[i].uri);
        g_assert_cmpstr(address, ==, rows[i].address);
    }
}

static void
test_agents(void)
{
    static const char text[] =
        HEAD "ORGANIZER;SCHEDULE-AGENT=NONE;SCHEDULE-FORCE-SEND=REPLY:mailto:ann@x.example\r\n"
             "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:Bob@x.example\r\n"
             "ATTENDEE;SCHEDULE-AGENT=server;SCHEDULE-FORCE-SEND=request:mailto:cat@x.example\r\n"
             "ATTENDEE;SCHEDULE-AGENT=NONE:urn:x\r\n" TAIL;
    g_autoptr(GBytes) bytes = bytes_of(text);
    g_auto(TwDavAgents) agents = { 0 };
    g_auto(TwDavAgents) none = { 0 };

    tw_dav_agents_read(bytes, &agents);
    g_assert_true(agents.organiser_is_other && agents.reply_forced);
    g_assert_cmpuint(g_hash_table_size(agents.others), ==, 1);
    g_assert_true(g_hash_table_contains(agents.others, "bob@x.example"));
    g_assert_cmpuint(g_hash_table_size(agents.forced), ==, 1);
    g_assert_true(g_hash_table_contains(agents.forced, "cat@x.example"));
    tw_dav_agents_read(NULL, &none);
    g_assert_false(none.organiser_is_other || none.reply_forced);
}

static void
test_status(void)
{
    static const struct {
        const char *name, *property, *line, *changed; /* changed NULL: the same text */
    } rows[] = {
        { "told", "ATTENDEE", "ATTENDEE;RSVP=TRUE:mailto:bob@x.example",
          "ATTENDEE;RSVP=TRUE;SCHEDULE-STATUS=1.2:mailto:bob@x.example" },
        { "told again", "ATTENDEE", "ATTENDEE;SCHEDULE-STATUS=\"2.0\":mailto:bob@x.example",
          "ATTENDEE;SCHEDULE-STATUS=1.2:mailto:bob@x.example" },
        { "not told", "ATTENDEE", "ATTENDEE;SCHEDULE-STATUS=\"2.0\":mailto:cat@x.example", NULL },
        { "another property", "ORGANIZER", "ATTENDEE:mailto:bob@x.example", NULL },
        { "a wish that was heard", "ATTENDEE",
          "ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST;CN=\"a;b:c\":mailto:cat@x.example",
          "ATTENDEE;CN=\"a;b:c\":mailto:cat@x.example" },
        { "another line", "ATTENDEE", "X-A;SCHEDULE-FORCE-SEND=REQUEST:mailto:bob@x.example",
          NULL },
        { "answered before", "ATTENDEE", "ATTENDEE:mailto:dan@x.example",
          "ATTENDEE;SCHEDULE-STATUS=2.0:mailto:dan@x.example" },
        { "answered before, and told since", "ATTENDEE",
          "ATTENDEE;SCHEDULE-STATUS=1.2:mailto:dan@x.example", NULL },
    };
    g_autoptr(GHashTable) told = g_hash_table_new(tw_hash_str, g_str_equal);
    g_autoptr(GHashTable) before = g_hash_table_new(tw_hash_str, g_str_equal);
    char dan[] = "dan@x.example", answered[] = "2.0";

    g_hash_table_insert(before, dan, answered);
    g_hash_table_insert(told, g_strdup("bob@x.example"), g_strdup("1.2"));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat(HEAD, rows[i].line, "\r\n" TAIL, NULL);
        g_autoptr(GBytes) bytes = bytes_of(text);
        g_autoptr(GBytes) noted = tw_dav_text_with_status(bytes, rows[i].property, told, before);
        g_autofree char *wanted =
            rows[i].changed != NULL ? g_strconcat(HEAD, rows[i].changed, "\r\n" TAIL, NULL) : NULL;
        g_autofree char *got =
            noted != NULL ? g_strndup(g_bytes_get_data(noted, NULL), g_bytes_get_size(noted))
                          : NULL;
        g_test_message("%s", rows[i].name);
        g_assert_cmpstr(got, ==, wanted);
    }
    {
        GHashTableIter iter;
        gpointer key, value;
        g_hash_table_iter_init(&iter, told);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
            g_free(key);
            g_free(value);
        }
    }
}

static char *
tag_of(const char *lines)
{
    g_autofree char *text = g_strconcat(HEAD, lines, TAIL, NULL);
    g_autoptr(GBytes) bytes = bytes_of(text);

    return tw_dav_text_schedule_tag(bytes, "bob@x.example");
}

static void
test_tag(void)
{
    static const char base[] = ORGANISER "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@x.example\r\n"
                                         "ATTENDEE:mailto:cat@x.example\r\nSUMMARY:s\r\n";
    static const struct {
        const char *name, *from, *to;
        gboolean same;
    } rows[] = {
        { "somebody else's answer", "ATTENDEE:", "ATTENDEE;PARTSTAT=DECLINED:", TRUE },
        { "a stamp", "SUMMARY", "DTSTAMP:20260101T000000Z\r\nSUMMARY", TRUE },
        { "one's own answer", "ACCEPTED", "DECLINED", FALSE },
        { "another text", "SUMMARY:s", "SUMMARY:t", FALSE },
        { "another person", "cat@", "dan@", FALSE },
        { "an alarm", "SUMMARY", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nSUMMARY", FALSE },
    };
    g_autofree char *tag = tag_of(base);
    g_autofree char *alone = tag_of("SUMMARY:s\r\n");
    g_autofree char *unasked = tag_of(ORGANISER "SUMMARY:s\r\n");

    g_assert_nonnull(tag);
    g_assert_cmpuint(strlen(tag), ==, 18);
    g_assert_null(alone);
    g_assert_null(unasked);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) parts = g_strsplit(base, rows[i].from, 2);
        g_autofree char *lines = g_strjoinv(rows[i].to, parts);
        g_autofree char *other = tag_of(lines);
        g_test_message("%s", rows[i].name);
        g_assert_true((strcmp(tag, other) == 0) == rows[i].same);
    }
}

static void
test_one_organiser(void)
{
    static const char two[] = "BEGIN:VCALENDAR\r\n"
                              "BEGIN:VEVENT\r\nORGANIZER:mailto:ann@x\r\nEND:VEVENT\r\n"
                              "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
                              "BEGIN:VEVENT\r\nORGANIZER;CN=A:MAILTO:%s@x\r\nEND:VEVENT\r\n"
                              "END:VCALENDAR\r\n";
    static const struct {
        const char *other;
        gboolean same;
    } rows[] = { { "ann", TRUE }, { "ANN", TRUE }, { "bob", FALSE }, { "an", FALSE } };

    g_assert_true(tw_dav_text_one_organiser(NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) parts = g_strsplit(two, "%s", 2);
        g_autofree char *text = g_strjoinv(rows[i].other, parts);
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autofree char *found = NULL;

        g_test_message("%s", rows[i].other);
        g_assert_true(tw_dav_text_one_organiser(bytes, &found) == rows[i].same);
        g_assert_cmpstr(found, ==, rows[i].same ? "ann@x" : NULL);
    }
}

/* Whatever a client sends. */
static void
test_cut(void)
{
    static const char text[] =
        HEAD "ATTENDEE;CN=\"a;b\";SCHEDULE-FORCE-SEND=REQUEST:mailto:bob@x.example\r\n" TAIL;
    g_autoptr(GHashTable) told = g_hash_table_new(tw_hash_str, g_str_equal);

    for (gsize len = 0; len < sizeof text; len++) {
        g_autoptr(GBytes) bytes = g_bytes_new_take(g_memdup2(text, MAX(len, 1)), len);
        g_autoptr(GBytes) noted = tw_dav_text_with_status(bytes, "ATTENDEE", told, NULL);
        g_autofree char *tag = tw_dav_text_schedule_tag(bytes, NULL);
        g_auto(TwDavAgents) agents = { 0 };

        tw_dav_agents_read(bytes, &agents);
        g_assert_null(tag);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/address", test_address);
    g_test_add_func("/schedule/agents", test_agents);
    g_test_add_func("/schedule/status", test_status);
    g_test_add_func("/schedule/tag", test_tag);
    g_test_add_func("/schedule/organiser", test_one_organiser);
    g_test_add_func("/schedule/cut", test_cut);
    return g_test_run();
}
