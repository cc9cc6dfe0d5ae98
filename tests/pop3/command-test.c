/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pop3/command.h"

#include <string.h>

#include "support/assert-bytes.h"

static const struct {
    const char *line;
    gboolean good;
    TwPop3Verb verb;
    const char *text, *initial;
    gboolean has_number;
    guint32 number, lines;
} rows[] = {
    { "USER jo\r\n", TRUE, TW_POP3_USER, "jo", NULL, FALSE, 0, 0 },
    { "user jo smith \n", TRUE, TW_POP3_USER, "jo smith ", NULL, FALSE, 0, 0 },
    { "USER gr\xc3\xbc\xc3\x9f"
      "e\r\n",
      TRUE, TW_POP3_USER,
      "gr\xc3\xbc\xc3\x9f"
      "e",
      NULL, FALSE, 0, 0 },
    { "USER gr\xfc\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "USER a\tb\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "USER\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "USER \r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "PASS  a b \r\n", TRUE, TW_POP3_PASS, " a b ", NULL, FALSE, 0, 0 },
    { "PASS \xff\t\r\n", TRUE, TW_POP3_PASS, "\xff\t", NULL, FALSE, 0, 0 },
    { "PASS\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "AUTH plain\r\n", TRUE, TW_POP3_AUTH, "plain", NULL, FALSE, 0, 0 },
    { "AUTH PLAIN =\r\n", TRUE, TW_POP3_AUTH, "PLAIN", "=", FALSE, 0, 0 },
    { "AUTH PLAIN AGEAYg== \r\n", TRUE, TW_POP3_AUTH, "PLAIN", "AGEAYg==", FALSE, 0, 0 },
    { "AUTH PLAIN a b\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "AUTH  PLAIN\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "AUTH\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "STAT\r\n", TRUE, TW_POP3_STAT, NULL, NULL, FALSE, 0, 0 },
    { "STAT  \r\n", TRUE, TW_POP3_STAT, NULL, NULL, FALSE, 0, 0 },
    { "STAT 1\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { " STAT\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "STATS\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "STA\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "STAT\r\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "list\n", TRUE, TW_POP3_LIST, NULL, NULL, FALSE, 0, 0 },
    { "LIST 7\r\n", TRUE, TW_POP3_LIST, NULL, NULL, TRUE, 7, 0 },
    { "LIST 0\r\n", TRUE, TW_POP3_LIST, NULL, NULL, TRUE, 0, 0 },
    { "LIST 4294967295\r\n", TRUE, TW_POP3_LIST, NULL, NULL, TRUE, G_MAXUINT32, 0 },
    { "LIST 4294967296\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "LIST 18446744073709551617\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "LIST -1\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "LIST 1 2\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "UIDL 1 \r\n", TRUE, TW_POP3_UIDL, NULL, NULL, TRUE, 1, 0 },
    { "RETR\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "RETR 1x\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "TOP 1 0\r\n", TRUE, TW_POP3_TOP, NULL, NULL, TRUE, 1, 0 },
    { "TOP 1 20\r\n", TRUE, TW_POP3_TOP, NULL, NULL, TRUE, 1, 20 },
    { "TOP 1\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "TOP 1 2 3\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "APOP jo c4c9334bac560ecc979e58001b3e22fb\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "\r\n", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
    { "", FALSE, 0, NULL, NULL, FALSE, 0, 0 },
};

static void
check_text(const char *text, gsize len, const char *wanted)
{
    if (wanted == NULL)
        g_assert_null(text);
    else
        assert_bytes(text, len, wanted, strlen(wanted));
}

static void
test_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].line);
        g_autofree guint8 *line = g_memdup2(rows[i].line, len);
        TwPop3Command command;
        const char *answer = tw_pop3_command_parse(line, len, &command);

        g_test_message("%s", rows[i].line);
        g_assert_cmpint(answer == NULL, ==, rows[i].good);
        if (!rows[i].good) {
            g_assert_true(g_str_has_prefix(answer, "-ERR "));
            continue;
        }
        g_assert_cmpint(command.verb, ==, rows[i].verb);
        check_text(command.text, command.text_len, rows[i].text);
        check_text(command.initial, command.initial_len, rows[i].initial);
        g_assert_cmpint(command.has_number, ==, rows[i].has_number);
        g_assert_cmpuint(command.number, ==, rows[i].number);
        g_assert_cmpuint(command.lines, ==, rows[i].lines);
    }
}

/* A line cut anywhere is read inside its bytes, and never as a verb that it does not hold whole. */
static void
test_cut(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (gsize len = 0; len < strlen(rows[i].line); len++) {
            g_autofree guint8 *line = g_memdup2(rows[i].line, len);
            TwPop3Command command;

            if (tw_pop3_command_parse(line, len, &command) == NULL)
                g_assert_true(rows[i].good ? command.verb == rows[i].verb : len >= 3);
        }
    }
}

/* NULs are no ends: a password behind one would be another one. */
static void
test_nul(void)
{
    static const char *const lines[] = { "PASS a\0b\r\n", "USER a\0b\r\n", "LIST 1\0b\r\n" };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        TwPop3Command command;
        g_autofree guint8 *line = g_memdup2(lines[i], 10);

        g_assert_nonnull(tw_pop3_command_parse(line, 10, &command));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pop3/command/rows", test_rows);
    g_test_add_func("/pop3/command/cut", test_cut);
    g_test_add_func("/pop3/command/nul", test_nul);
    return g_test_run();
}
