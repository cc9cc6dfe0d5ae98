/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lmtp/command.h"

#include <string.h>

/* Parses an exact-size copy. */
static const char *
parse(const char *line, gsize len, TwLmtpCommand *ret)
{
    g_autofree guint8 *copy = g_memdup2(line, len);

    return tw_lmtp_command_parse(copy, len, ret);
}

static const struct {
    const char *line;
    TwLmtpVerb verb;
    const char *text;
    guint64 size;
    gboolean utf8, is_last;
} good[] = {
    { "LHLO mx.example.org\r\n", TW_LMTP_LHLO, "mx.example.org", 0, FALSE, FALSE },
    { "lhlo [IPv6:::1]\r\n", TW_LMTP_LHLO, "[IPv6:::1]", 0, FALSE, FALSE },
    { "MAIL FROM:<>\r\n", TW_LMTP_MAIL, "", 0, FALSE, FALSE },
    { "MAIL FROM:<a@b.example>\r\n", TW_LMTP_MAIL, "a@b.example", 0, FALSE, FALSE },
    { "mail from: <a@b> SIZE=123 BODY=8bitmime SMTPUTF8 \r\n", TW_LMTP_MAIL, "a@b", 123, TRUE,
      FALSE },
    { "MAIL FROM:<@x.example,@y.example:a@b>\r\n", TW_LMTP_MAIL, "a@b", 0, FALSE, FALSE },
    { "MAIL FROM:<\"j. \\\"q\\\" doe\"@b>\r\n", TW_LMTP_MAIL, "j. \"q\" doe@b", 0, FALSE, FALSE },
    { "MAIL FROM:<j\xc3\xbcrgen@b\xc3\xbc.example>\r\n", TW_LMTP_MAIL,
      "j\xc3\xbcrgen@b\xc3\xbc.example", 0, FALSE, FALSE },
    { "RCPT TO:<user>\r\n", TW_LMTP_RCPT, "user", 0, FALSE, FALSE },
    { "RCPT TO:<user@[IPv6:2001:db8::1]>\r\n", TW_LMTP_RCPT, "user@[IPv6:2001:db8::1]", 0, FALSE,
      FALSE },
    { "DATA\r\n", TW_LMTP_DATA, NULL, 0, FALSE, FALSE },
    { "DATA  \r\n", TW_LMTP_DATA, NULL, 0, FALSE, FALSE },
    { "BDAT 0 LAST\r\n", TW_LMTP_BDAT, NULL, 0, FALSE, TRUE },
    { "BDAT 86\r\n", TW_LMTP_BDAT, NULL, 86, FALSE, FALSE },
    { "RSET\r\n", TW_LMTP_RSET, NULL, 0, FALSE, FALSE },
    { "NOOP what ever\r\n", TW_LMTP_NOOP, NULL, 0, FALSE, FALSE },
    { "VRFY <x>\r\n", TW_LMTP_VRFY, NULL, 0, FALSE, FALSE },
    { "STARTTLS\r\n", TW_LMTP_STARTTLS, NULL, 0, FALSE, FALSE },
    { "quit\r\n", TW_LMTP_QUIT, NULL, 0, FALSE, FALSE },
};

static void
test_good(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_auto(TwLmtpCommand) command = { 0 };

        g_test_message("%s", good[i].line);
        g_assert_cmpstr(parse(good[i].line, strlen(good[i].line), &command), ==, NULL);
        g_assert_cmpint(command.verb, ==, good[i].verb);
        g_assert_cmpstr(command.text, ==, good[i].text);
        g_assert_cmpuint(command.size, ==, good[i].size);
        g_assert_cmpint(command.utf8, ==, good[i].utf8);
        g_assert_cmpint(command.is_last, ==, good[i].is_last);
    }
}

static const struct {
    const char *line, *reply;
} bad[] = {
    { "DATA\n", "500 5.5.2" },
    { "NOOP\rRSET\r\n", "500 5.5.2" },
    { "HELO x\r\n", "500 5.5.2" },
    { "EHLO x\r\n", "500 5.5.2" },
    { "\r\n", "500 5.5.2" },
    { " DATA\r\n", "500 5.5.2" },
    { "DATAX\r\n", "500 5.5.2" },
    { "DATA:\r\n", "500 5.5.2" },
    { "DATA x\r\n", "501 5.5.4" },
    { "LHLO\r\n", "501 5.5.4" },
    { "LHLO a b\r\n", "501 5.5.4" },
    { "LHLO a>b\r\n", "501 5.5.4" },
    { "LHLO \xff\r\n", "501 5.5.4" },
    { "MAIL <a@b>\r\n", "501 5.5.4" },
    { "MAIL FROM:a@b\r\n", "501 5.1.7" },
    { "MAIL FROM:<a@b\r\n", "501 5.1.7" },
    { "MAIL FROM:<a@>\r\n", "501 5.1.7" },
    { "MAIL FROM:<@b>\r\n", "501 5.1.7" },
    { "MAIL FROM:<a b@c>\r\n", "501 5.1.7" },
    { "MAIL FROM:<\"a@b>\r\n", "501 5.1.7" },
    { "MAIL FROM:<\"a\\\r\n", "501 5.1.7" },
    { "MAIL FROM:<\"a\tb\"@c>\r\n", "501 5.1.7" },
    { "MAIL FROM:<a\xff@b>\r\n", "501 5.1.7" },
    { "MAIL FROM:<@x a:b@c>\r\n", "501 5.1.7" },
    { "MAIL FROM:<@xab@c>\r\n", "501 5.1.7" },
    { "MAIL FROM:<a@b>SIZE=1\r\n", "501 5.5.4" },
    { "MAIL FROM:<a@b> SIZE=\r\n", "555 5.5.4" },
    { "MAIL FROM:<a@b> SIZE=-1\r\n", "501 5.5.4" },
    { "MAIL FROM:<a@b> SIZE=99999999999999999999\r\n", "501 5.5.4" },
    { "MAIL FROM:<a@b> BODY=9BIT\r\n", "555 5.5.4" },
    { "MAIL FROM:<a@b> 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8\r\n", "555 5.5.4" },
    { "RCPT TO:<>\r\n", "501 5.1.3" },
    { "RCPT TO:<a@b> NOTIFY=NEVER\r\n", "555 5.5.4" },
    { "RCPT TO:<a@b> SIZE=1\r\n", "555 5.5.4" },
    { "RCPT TO:<a@b> XFLAGS=x\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFLAGS=65536\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/a+\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/a+4\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/a+00\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/a+FF\r\n", "501 5.5.4" },
    { "RCPT TO:<a@b> XFOLDER=/a XFOLDER=/b\r\n", "555 5.5.4" },
    { "MAIL FROM:<a@b> XFLAGS=1\r\n", "555 5.5.4" },
    { "MAIL FROM:<a@b> XTIME=99999999999\r\n", "501 5.5.4" },
    { "BDAT\r\n", "501 5.5.4" },
    { "BDAT x\r\n", "501 5.5.4" },
    { "BDAT 5 FIRST\r\n", "501 5.5.4" },
    { "BDAT 5 LAST x\r\n", "501 5.5.4" },
    { "BDAT -5\r\n", "501 5.5.4" },
};

static void
test_bad(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(TwLmtpCommand) command = { 0 };
        const char *reply = parse(bad[i].line, strlen(bad[i].line), &command);

        g_test_message("%s", bad[i].line);
        g_assert_nonnull(reply);
        g_assert_true(g_str_has_prefix(reply, bad[i].reply));
        g_assert_null(command.text);
    }
}

static void
test_nul(void)
{
    g_auto(TwLmtpCommand) command = { 0 };

    g_assert_nonnull(parse("NOOP \0x\r\n", 9, &command));
}

/* No prefix of a line is taken for one. */
static void
test_cut(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        for (gsize len = 0; len < strlen(good[i].line); len++) {
            g_auto(TwLmtpCommand) command = { 0 };

            g_assert_nonnull(parse(good[i].line, len, &command));
        }
    }
}

/* What the delivery agent of this host says besides. */
static void
test_own(void)
{
    const char *mail = "MAIL FROM:<a@b> XTIME=1700000000 BODY=BINARYMIME\r\n";
    const char *rcpt = "RCPT TO:<a> XFLAGS=18 XFOLDER=+5CInbox+5CMy+20Orders+C3+BC\r\n";
    g_auto(TwLmtpCommand) from = { 0 };
    g_auto(TwLmtpCommand) to = { 0 };

    g_assert_null(parse(mail, strlen(mail), &from));
    g_assert_true(from.own && from.binary);
    g_assert_cmpuint(from.time, ==, 1700000000);
    g_assert_null(parse(rcpt, strlen(rcpt), &to));
    g_assert_true(to.own);
    g_assert_cmpuint(to.flags, ==, 18);
    g_assert_cmpint(to.separator, ==, '\\');
    g_assert_cmpstr(to.folder, ==, "Inbox\\My Orders\xc3\xbc");
    for (gsize extra = 0; extra < 2; extra++) {
        g_autofree char *path = g_strnfill(TW_LMTP_FOLDER_MAX + extra, 'a');
        g_autofree char *line = g_strdup_printf("RCPT TO:<a> XFOLDER=/%s\r\n", path);
        g_auto(TwLmtpCommand) command = { 0 };

        g_assert_cmpint(parse(line, strlen(line), &command) == NULL, ==, extra == 0);
    }
}

/* At the longest address and one byte past it. */
static void
test_limits(void)
{
    for (gsize extra = 0; extra < 2; extra++) {
        g_autofree char *name = g_strnfill(TW_LMTP_ADDRESS_MAX - 2 + extra, 'a');
        g_autofree char *line = g_strdup_printf("RCPT TO:<%s@b>\r\n", name);
        g_auto(TwLmtpCommand) command = { 0 };

        g_assert_cmpint(parse(line, strlen(line), &command) == NULL, ==, extra == 0);
    }
    for (guint count = TW_LMTP_PARAMS_MAX; count <= TW_LMTP_PARAMS_MAX + 1; count++) {
        g_autoptr(GString) line = g_string_new("MAIL FROM:<a@b>");
        g_auto(TwLmtpCommand) command = { 0 };

        for (guint i = 0; i < count; i++)
            g_string_append(line, " SIZE=1");
        g_string_append(line, "\r\n");
        g_assert_cmpint(parse(line->str, line->len, &command) == NULL, ==,
                        count == TW_LMTP_PARAMS_MAX);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lmtp/command/good", test_good);
    g_test_add_func("/lmtp/command/bad", test_bad);
    g_test_add_func("/lmtp/command/nul", test_nul);
    g_test_add_func("/lmtp/command/cut", test_cut);
    g_test_add_func("/lmtp/command/own", test_own);
    g_test_add_func("/lmtp/command/limits", test_limits);
    return g_test_run();
}
