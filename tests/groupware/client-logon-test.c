/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "groupware/client-logon.h"

/* ---- what clients say ---- */

static void
test_plain(void)
{
    static const struct {
        const char *name, *bytes;
        gsize len;
        const char *user, *impersonate, *password; /* user is NULL: refused */
    } cases[] = {
        { "usual", "\0jo\0secret", 10, "jo", NULL, "secret" },
        { "for oneself", "jo\0jo\0s", 7, "jo", NULL, "s" },
        { "for another", "al\0jo\0s", 7, "jo", "al", "s" },
        { "no password", "\0jo\0", 4, "jo", NULL, "" },
        { "empty", "", 0, NULL, NULL, NULL },
        { "one part", "jo", 2, NULL, NULL, NULL },
        { "two parts", "\0jo", 3, NULL, NULL, NULL },
        { "no user", "\0\0s", 3, NULL, NULL, NULL },
        { "four parts", "\0jo\0s\0", 6, NULL, NULL, NULL },
        { "no UTF-8", "\0\xff\0s", 4, NULL, NULL, NULL },
        { "for no UTF-8", "\xff\0jo\0s", 6, NULL, NULL, NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwClientLogon logon = { 0 };
        g_autofree char *copy = g_malloc(cases[i].len + 1); /* and a NUL behind it */

        g_test_message("%s", cases[i].name);
        memcpy(copy, cases[i].bytes, cases[i].len);
        copy[cases[i].len] = '\0';
        g_assert_cmpint(tw_client_logon_take_plain(&logon, copy, cases[i].len), ==,
                        cases[i].user != NULL);
        g_assert_cmpstr(logon.user, ==, cases[i].user);
        g_assert_cmpstr(logon.impersonate, ==, cases[i].impersonate);
        if (cases[i].password != NULL)
            g_assert_cmpstr(tw_secret_reveal(logon.password, NULL), ==, cases[i].password);
        tw_client_logon_forget(&logon);
        g_assert_null(logon.user);
        g_assert_null(logon.password);
    }
}

static void
test_login(void)
{
    TwClientLogon logon = { 0 };

    g_assert_false(tw_client_logon_take_user(&logon, "", 0));
    g_assert_false(tw_client_logon_take_user(&logon, "a\0b", 3));
    g_assert_false(tw_client_logon_take_user(&logon, "\xff", 1));
    g_assert_true(tw_client_logon_take_user(&logon, "jox", 2));
    g_assert_cmpstr(logon.user, ==, "jo");
    g_assert_false(tw_client_logon_take_password(&logon, "a\0b", 3));
    g_assert_true(tw_client_logon_take_password(&logon, "\xffx", 2));
    g_assert_cmpstr(tw_secret_reveal(logon.password, NULL), ==, "\xffx");
    tw_client_logon_forget(&logon);
}

/* ---- the outcome: a server that answers as it is told ---- */

static struct {
    gboolean in;
    TwError code;
    gint64 wait_us;
    guint calls;
    TwLogon asked;
} told;

static TwSession session_of_nobody;

static gboolean
log_on(TwServer *server, const TwLogon *logon, TwSession **ret, gint64 *ret_wait_us, GError **error)
{
    (void) server;
    told.calls++;
    told.asked = *logon;
    *ret_wait_us = told.wait_us;
    if (told.in)
        *ret = &session_of_nobody;
    else
        g_set_error_literal(error, TW_ERROR, (int) told.code, "as told");
    return told.in;
}

static void
test_outcome(void)
{
    static const TwServerFuncs funcs = { .name = "told", .logon = log_on };
    static const struct {
        const char *name;
        gboolean in, waited, trusted;
        TwError code;
        gint64 wait_us;
        TwClientLogonAnswer answer;
        guint wait_ms, fails;
    } cases[] = {
        { "right", TRUE, FALSE, FALSE, TW_ERROR_FAILED, 0, TW_CLIENT_LOGON_IN, 0, 0 },
        { "trusted", TRUE, FALSE, TRUE, TW_ERROR_FAILED, 0, TW_CLIENT_LOGON_IN, 0, 0 },
        { "wrong", FALSE, FALSE, FALSE, TW_ERROR_NO_ACCESS, 0, TW_CLIENT_LOGON_REFUSED, 0, 1 },
        { "too many", FALSE, FALSE, FALSE, TW_ERROR_TOO_BIG, 0, TW_CLIENT_LOGON_TOO_MANY, 0, 1 },
        { "not now", FALSE, FALSE, FALSE, TW_ERROR_BUSY, 0, TW_CLIENT_LOGON_UNAVAILABLE, 0, 1 },
        { "wait", FALSE, FALSE, FALSE, TW_ERROR_BUSY, 2500000, TW_CLIENT_LOGON_WAIT, 2500, 0 },
        { "wait a little", FALSE, FALSE, FALSE, TW_ERROR_BUSY, 1, TW_CLIENT_LOGON_WAIT, 1, 0 },
        { "wait for ever", FALSE, FALSE, FALSE, TW_ERROR_BUSY, G_MAXINT64, TW_CLIENT_LOGON_WAIT,
          TW_CLIENT_LOGON_WAIT_MS, 0 },
        { "waited", FALSE, TRUE, FALSE, TW_ERROR_NO_ACCESS, 2500000, TW_CLIENT_LOGON_REFUSED, 0,
          1 },
    };
    TwServer server = { .funcs = &funcs };
    TwAddress address = { 0 };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwClientLogonHow how = { .server = &server,
                                 .door = "imap",
                                 .failed = "imap-logon-failed",
                                 .impossible = "imap-logon-impossible",
                                 .peer = &address,
                                 .trusted = cases[i].trusted };
        TwClientLogon logon = { 0 };
        TwSession *session = NULL;
        guint wait_ms = 99;

        g_test_message("%s", cases[i].name);
        told.in = cases[i].in;
        told.code = cases[i].code;
        told.wait_us = cases[i].wait_us;
        g_assert_true(tw_client_logon_take_plain(&logon, "\0jo\0s", 5));
        g_assert_cmpint(tw_client_logon_try(&logon, &how, cases[i].waited, &session, &wait_ms), ==,
                        cases[i].answer);
        g_assert_cmpuint(wait_ms, ==, cases[i].wait_ms);
        g_assert_cmpuint(logon.fails, ==, cases[i].fails);
        g_assert_true(session == (cases[i].in ? &session_of_nobody : NULL));
        g_assert_cmpint(told.asked.peer.kind, ==,
                        cases[i].trusted ? TW_PEER_PROCESS : TW_PEER_NETWORK);
        g_assert_cmpint((told.asked.flags & TW_LOGON_WAITED) != 0, ==, cases[i].waited);
        tw_client_logon_forget(&logon);
    }
    g_assert_cmpuint(told.calls, ==, G_N_ELEMENTS(cases));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/groupware/client-logon/plain", test_plain);
    g_test_add_func("/groupware/client-logon/login", test_login);
    g_test_add_func("/groupware/client-logon/outcome", test_outcome);
    return g_test_run();
}
