/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/smtp-reply.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *lines[4]; /* up to the first NULL */
    TwSmtpReplyResult result;
    guint code;
    guint8 status[3];
    const char *text;
} Case;

static const Case cases[] = {
    { "one line", { "250 OK\r\n" }, TW_SMTP_REPLY_DONE, 250, { 0 }, "OK" },
    { "bare code", { "354\r\n" }, TW_SMTP_REPLY_DONE, 354, { 0 }, "" },
    { "code and blank", { "250 \r\n" }, TW_SMTP_REPLY_DONE, 250, { 0 }, "" },
    { "no CR", { "250 OK\n" }, TW_SMTP_REPLY_DONE, 250, { 0 }, "OK" },
    { "three lines",
      { "250-a\r\n", "250-b c\r\n", "250 d\r\n" },
      TW_SMTP_REPLY_DONE,
      250,
      { 0 },
      "a\nb c\nd" },
    { "not yet whole", { "250-a\r\n" }, TW_SMTP_REPLY_MORE, 250, { 0 }, "a" },
    { "enhanced code",
      { "550 5.1.1 No such user\r\n" },
      TW_SMTP_REPLY_DONE,
      550,
      { 5, 1, 1 },
      "No such user" },
    { "enhanced, two lines",
      { "550-5.7.26 a\r\n", "550 5.7.26 b\r\n" },
      TW_SMTP_REPLY_DONE,
      550,
      { 5, 7, 26 },
      "a\nb" },
    { "enhanced, no text", { "250 2.0.0\r\n" }, TW_SMTP_REPLY_DONE, 250, { 2, 0, 0 }, "" },
    { "class of another kind", { "250 5.1.1 x\r\n" }, TW_SMTP_REPLY_DONE, 250, { 0 }, "5.1.1 x" },
    { "large detail", { "450 4.7.999 x\r\n" }, TW_SMTP_REPLY_DONE, 450, { 4, 7, 255 }, "x" },
    { "four digits", { "450 4.7.1000 x\r\n" }, TW_SMTP_REPLY_DONE, 450, { 0 }, "4.7.1000 x" },
    { "an address, no code", { "250 2.1.0.1 x\r\n" }, TW_SMTP_REPLY_DONE, 250, { 0 }, "2.1.0.1 x" },
    { "CR within", { "550 a\rb\r\n" }, TW_SMTP_REPLY_DONE, 550, { 0 }, "a b" },
    { "codes differ", { "250-a\r\n", "251 b\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "too small", { "199 a\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "too large", { "600 a\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "two digits", { "25 a\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "four digit code", { "2500 a\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "letters", { "OK\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "empty", { "\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
    { "wrong separator", { "250_a\r\n" }, TW_SMTP_REPLY_BAD, 0, { 0 }, NULL },
};

static TwSmtpReplyResult
add(TwSmtpReply *reply, const char *line, gsize len)
{
    g_autofree char *copy = g_memdup2(line, len);

    return tw_smtp_reply_add_line(reply, copy, len);
}

static void
test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        g_auto(TwSmtpReply) reply = { 0 };
        TwSmtpReplyResult result = TW_SMTP_REPLY_MORE;

        g_test_message("%s", tc->name);
        tw_smtp_reply_init(&reply);
        for (gsize k = 0; k < G_N_ELEMENTS(tc->lines) && tc->lines[k] != NULL; k++) {
            g_assert_cmpint(result, ==, TW_SMTP_REPLY_MORE);
            result = add(&reply, tc->lines[k], strlen(tc->lines[k]));
        }
        g_assert_cmpint(result, ==, tc->result);
        if (result == TW_SMTP_REPLY_BAD) {
            g_assert_cmpint(add(&reply, "250 OK\r\n", 8), ==, TW_SMTP_REPLY_BAD);
            continue;
        }
        g_assert_cmpuint(reply.code, ==, tc->code);
        g_assert_cmpint(memcmp(reply.status, tc->status, 3), ==, 0);
        g_assert_cmpstr(reply.text->str, ==, tc->text);
    }
}

static void
test_next_reply(void)
{
    g_auto(TwSmtpReply) reply = { 0 };

    tw_smtp_reply_init(&reply);
    g_assert_cmpint(add(&reply, "550 5.1.1 a\r\n", 13), ==, TW_SMTP_REPLY_DONE);
    g_assert_cmpint(add(&reply, "250 b\r\n", 7), ==, TW_SMTP_REPLY_DONE);
    g_assert_cmpuint(reply.code, ==, 250);
    g_assert_cmpuint(reply.status[0], ==, 0);
    g_assert_cmpstr(reply.text->str, ==, "b");
}

static void
test_limits(void)
{
    g_auto(TwSmtpReply) reply = { 0 };
    char line[TW_SMTP_REPLY_LINE_MAX + 3];

    memset(line, 'x', sizeof line);
    memcpy(line, "250-", 4);
    memcpy(line + TW_SMTP_REPLY_LINE_MAX, "\r\n", 2);
    tw_smtp_reply_init(&reply);
    for (guint i = 0; i < TW_SMTP_REPLY_LINES_MAX; i++)
        g_assert_cmpint(add(&reply, line, TW_SMTP_REPLY_LINE_MAX + 2), ==, TW_SMTP_REPLY_MORE);
    g_assert_cmpuint(reply.text->len, ==, TW_SMTP_REPLY_TEXT_MAX);
    g_assert_cmpint(add(&reply, "250 OK\r\n", 8), ==, TW_SMTP_REPLY_BAD);

    tw_smtp_reply_clear(&reply);
    tw_smtp_reply_init(&reply);
    memcpy(line + TW_SMTP_REPLY_LINE_MAX, "x\r\n", 3);
    g_assert_cmpint(add(&reply, line, TW_SMTP_REPLY_LINE_MAX + 3), ==, TW_SMTP_REPLY_BAD);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/smtp-reply/cases", test_cases);
    g_test_add_func("/net/smtp-reply/next-reply", test_next_reply);
    g_test_add_func("/net/smtp-reply/limits", test_limits);
    return g_test_run();
}
