/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Heads of HTTP answers: how a body is framed, and what is no head. */
#include <string.h>

#include "base/error.h"
#include "remote/http-answer.h"

typedef struct {
    const char *name, *head; /* lines end with LF */
    int code;                /* -1: it can be read */
    guint status;
    TwRemoteBody body;
    guint64 len;
    gboolean keeps;
} Case;

static const Case cases[] = {
    { "length", "HTTP/1.1 200 OK\nContent-Length: 12\n\n", -1, 200, TW_REMOTE_BODY_LENGTH, 12,
      TRUE },
    { "no reason", "HTTP/1.1 200\nContent-Length: 0\n\n", -1, 200, TW_REMOTE_BODY_LENGTH, 0, TRUE },
    { "twice the same", "HTTP/1.1 200 OK\nContent-Length: 3\ncontent-length: 3\n\n", -1, 200,
      TW_REMOTE_BODY_LENGTH, 3, TRUE },
    { "chunked", "HTTP/1.1 500 No\nTransfer-Encoding: chunked\n\n", -1, 500, TW_REMOTE_BODY_CHUNKED,
      0, TRUE },
    { "closes", "HTTP/1.1 200 OK\nConnection: foo, Close\nContent-Length: 1\n\n", -1, 200,
      TW_REMOTE_BODY_LENGTH, 1, FALSE },
    { "until close", "HTTP/1.1 200 OK\n\n", -1, 200, TW_REMOTE_BODY_UNTIL_CLOSE, 0, FALSE },
    { "old", "HTTP/1.0 200 OK\nContent-Length: 1\n\n", -1, 200, TW_REMOTE_BODY_LENGTH, 1, FALSE },
    { "old that keeps", "HTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 1\n\n", -1, 200,
      TW_REMOTE_BODY_LENGTH, 1, TRUE },
    { "interim", "HTTP/1.1 100 Continue\n\n", -1, 100, TW_REMOTE_BODY_NONE, 0, TRUE },
    { "two lengths", "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4\n\n", TW_ERROR_CORRUPT,
      0, 0, 0, FALSE },
    { "length and chunks", "HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked\n\n",
      TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "negative", "HTTP/1.1 200 OK\nContent-Length: -3\n\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "long", "HTTP/1.1 200 OK\nContent-Length: 99999999999999999999\n\n", TW_ERROR_CORRUPT, 0, 0,
      0, FALSE },
    { "compressed", "HTTP/1.1 200 OK\nContent-Encoding: gzip\n\n", TW_ERROR_CORRUPT, 0, 0, 0,
      FALSE },
    { "two codings", "HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n", TW_ERROR_CORRUPT, 0,
      0, 0, FALSE },
    { "no HTTP", "SSH-2.0-OpenSSH\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "version 2", "HTTP/2 200 OK\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "status", "HTTP/1.1 2x0 OK\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "low status", "HTTP/1.1 099 OK\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
    { "folded", "HTTP/1.1 200 OK\nA: b\n c\n\n", TW_ERROR_CORRUPT, 0, 0, 0, FALSE },
};

static gboolean
read_head(const char *head, TwRemoteAnswer *ret, GError **error)
{
    gboolean done = FALSE;

    *ret = (TwRemoteAnswer){ 0 };
    while (*head != '\0') {
        gsize len = strcspn(head, "\n");
        g_autofree guint8 *line = g_memdup2(head, len); /* of exactly that size */
        if (!tw_remote_answer_line(ret, line, len, &done, error))
            return FALSE;
        head += len + 1;
    }
    g_assert_true(done);
    return TRUE;
}

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        g_autoptr(GError) error = NULL;
        TwRemoteAnswer answer;

        g_test_message("%s", tc->name);
        if (tc->code >= 0) {
            g_assert_false(read_head(tc->head, &answer, &error));
            g_assert_error(error, TW_ERROR, tc->code);
            continue;
        }
        g_assert_true(read_head(tc->head, &answer, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(answer.status, ==, tc->status);
        g_assert_cmpint(answer.body, ==, tc->body);
        g_assert_cmpuint(answer.len, ==, tc->len);
        g_assert_cmpint(tw_remote_answer_keeps(&answer), ==, tc->keeps);
    }
}

static void
test_fields(void)
{
    for (guint more = 0; more < 2; more++) {
        g_autoptr(GString) head = g_string_new("HTTP/1.1 200 OK\n");
        g_autoptr(GError) error = NULL;
        TwRemoteAnswer answer;

        for (guint i = 0; i < TW_REMOTE_FIELDS_MOST + more; i++)
            g_string_append(head, "A: b\n");
        g_string_append(head, "\n");
        g_assert_cmpint(read_head(head->str, &answer, &error), ==, more == 0);
        if (more > 0)
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/answer/cases", test_cases);
    g_test_add_func("/remote/answer/fields", test_fields);
    return g_test_run();
}
