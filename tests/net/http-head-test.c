/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/http-head.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *input;
    guint status;       /* 0: accepted */
    const char *method; /* of an accepted one */
    const char *path;
    const char *query;
    TwHttpFraming framing;
    guint64 length;
    gboolean keep_alive;
} Case;

#define HOST "Host: a\r\n"

static const Case cases[] = {
    { "plain GET", "GET /x?y=1 HTTP/1.1\r\n" HOST "\r\n", 0, "GET", "/x", "y=1",
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "any method token", "PROPPATCH /d HTTP/1.1\r\n" HOST "\r\n", 0, "PROPPATCH", "/d", NULL,
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "one empty line before", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, "GET", "/", NULL,
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "empty Host, unix socket", "POST /var/run/s HTTP/1.1\r\nHost: \r\nContent-Length: 3\r\n\r\n",
      0, "POST", "/var/run/s", NULL, TW_HTTP_FRAMING_LENGTH, 3, TRUE },
    { "HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0, "GET", "/", NULL, TW_HTTP_FRAMING_NONE, 0, FALSE },
    { "HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, "GET", "/",
      NULL, TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "HTTP/1.9 is 1.1", "GET / HTTP/1.9\r\n" HOST "\r\n", 0, "GET", "/", NULL,
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "close", "GET / HTTP/1.1\r\n" HOST "Connection: x , Close\r\n\r\n", 0, "GET", "/", NULL,
      TW_HTTP_FRAMING_NONE, 0, FALSE },
    { "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", 0, "POST", "/",
      NULL, TW_HTTP_FRAMING_CHUNKED, 0, TRUE },
    { "absolute form", "GET http://A:80/p?q HTTP/1.1\r\nHost: a:80\r\n\r\n", 0, "GET", "/p", "q",
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "absolute form without path", "GET http://a?q HTTP/1.1\r\n" HOST "\r\n", 0, "GET", "/", "q",
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, "OPTIONS", "*", NULL,
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "length 0", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0, "POST", "/", NULL,
      TW_HTTP_FRAMING_NONE, 0, TRUE },
    { "length, leading zeros", "POST / HTTP/1.1\r\n" HOST "Content-Length: 007\r\n\r\n", 0, "POST",
      "/", NULL, TW_HTTP_FRAMING_LENGTH, 7, TRUE },

    /* smuggling: RFC 9112, sections 6.1 and 6.3, and what others fell for */
    { "CL and TE",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      .status = 400 },
    { "TE and CL",
      "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      .status = 400 },
    { "two CL, different",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", .status = 400 },
    { "two CL, same", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\ncontent-length: 3\r\n\r\n",
      .status = 400 },
    { "CL list", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", .status = 400 },
    { "CL plus", "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", .status = 400 },
    { "CL minus", "POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", .status = 400 },
    { "CL hex", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", .status = 400 },
    { "CL empty", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", .status = 400 },
    { "CL 2^63", "POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n",
      .status = 400 },
    { "CL 2^64+3", "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551619\r\n\r\n",
      .status = 400 },
    { "CL inner blank", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\n", .status = 400 },
    { "two TE",
      "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      .status = 400 },
    { "TE xchunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n",
      .status = 400 },
    { "TE identity", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n",
      .status = 400 },
    { "TE chunked, identity",
      "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n", .status = 400 },
    { "TE chunked twice", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n",
      .status = 400 },
    { "TE gzip, chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n",
      .status = 501 },
    { "TE parameter", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;q=1\r\n\r\n",
      .status = 400 },
    { "TE quoted", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n",
      .status = 400 },
    { "TE vertical tab", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\vchunked\r\n\r\n",
      .status = 400 },
    { "TE blank before colon", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n",
      .status = 400 },
    { "TE leading comma", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: , chunked\r\n\r\n",
      .status = 400 },
    { "TE with 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .status = 400 },
    { "obs-fold", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n",
      .status = 400 },
    { "fold at first field", "GET / HTTP/1.1\r\n X: 1\r\n" HOST "\r\n", .status = 400 },
    { "bare LF after request line", "GET / HTTP/1.1\n" HOST "\r\n", .status = 400 },
    { "bare LF after field", "GET / HTTP/1.1\r\nHost: a\n\r\n", .status = 400 },
    { "bare LF as empty line", "GET / HTTP/1.1\r\n" HOST "\n", .status = 400 },
    { "bare CR in value", "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", .status = 400 },
    { "two CR", "GET / HTTP/1.1\r\r\n" HOST "\r\n", .status = 400 },
    { "bare CR as empty line", "GET / HTTP/1.1\r\n" HOST "\r\r\n\r\n", .status = 400 },
    { "no colon", "GET / HTTP/1.1\r\n" HOST "Garbage\r\n\r\n", .status = 400 },
    { "empty name", "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", .status = 400 },
    { "name with bracket", "GET / HTTP/1.1\r\n" HOST "X(y): x\r\n\r\n", .status = 400 },
    { "DEL in value", "GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", .status = 400 },
    { "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .status = 400 },
    { "no Host", "GET / HTTP/1.1\r\n\r\n", .status = 400 },
    { "Host with blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .status = 400 },
    { "Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .status = 400 },
    { "Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .status = 400 },
    { "Host with bad port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", .status = 400 },
    { "Host list", "GET / HTTP/1.1\r\nHost: a,b:80:80\r\n\r\n", .status = 400 },
    { "absolute form, other host", "GET http://b/ HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "absolute form, other port", "GET http://a:8/ HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "absolute form, user", "GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "absolute form, other scheme", "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "two Authorization",
      "GET / HTTP/1.1\r\n" HOST "Authorization: Basic YTpi\r\nauthorization: Basic YTpj\r\n\r\n",
      .status = 400 },
    { "h2c upgrade",
      "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
      .status = 400 },
    { "HTTP2-Settings", "GET / HTTP/1.1\r\n" HOST "HTTP2-Settings: AAMA\r\n\r\n", .status = 400 },
    { "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", .status = 505 },

    /* request line */
    { "HTTP/3.0", "GET / HTTP/3.0\r\n" HOST "\r\n", .status = 505 },
    { "HTTP/0.9", "GET /\r\n", .status = 400 },
    { "lower case http", "GET / http/1.1\r\n" HOST "\r\n", .status = 400 },
    { "two-digit version", "GET / HTTP/1.10\r\n" HOST "\r\n", .status = 400 },
    { "two blanks", "GET  / HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "blank at end", "GET / HTTP/1.1 \r\n" HOST "\r\n", .status = 400 },
    { "tab", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "blank in front", " GET / HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "bad method char", "G(T / HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "no method", " / HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "target with control", "GET /\x01 HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "target with bare 8 bit", "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "relative target", "GET a HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "GET *", "GET * HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "CONNECT", "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", .status = 501 },
    { "climbs", "GET /a/../../b HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "NUL by percent", "GET /a%00 HTTP/1.1\r\n" HOST "\r\n", .status = 400 },
    { "other expectation", "GET / HTTP/1.1\r\n" HOST "Expect: wonders\r\n\r\n", .status = 417 },
    { "TLS hello", "\x16\x03\x01\x02", .status = 400 },
};

static void
check_answer(const Case *tc, const TwHttpHead *head, TwHttpStep step, gsize len)
{
    if (tc->status != 0) {
        g_assert_cmpint(step, ==, TW_HTTP_BAD);
        g_assert_cmpuint(head->status, ==, tc->status);
        return;
    }
    g_assert_cmpint(step, ==, TW_HTTP_DONE);
    g_assert_cmpuint(head->head_len, ==, len);
    g_assert_cmpstr(head->method, ==, tc->method);
    g_assert_cmpstr(head->path, ==, tc->path);
    g_assert_cmpstr(head->query, ==, tc->query);
    g_assert_cmpint(head->framing, ==, tc->framing);
    g_assert_cmpuint(head->content_length, ==, tc->length);
    g_assert_cmpint(head->keep_alive, ==, tc->keep_alive);
}

/* Feeds exact-size copies of growing length, step bytes more each time. */
static TwHttpStep
feed_growing(TwHttpHead *head, const char *input, gsize len, gsize grow)
{
    TwHttpStep step = TW_HTTP_MORE;

    for (gsize n = 0; step == TW_HTTP_MORE; n += grow) {
        g_autofree guint8 *copy = g_memdup2(input, MIN(n, len));

        step = tw_http_head_step(head, copy, MIN(n, len));
        if (n >= len)
            break;
    }
    return step;
}

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        gsize len = strlen(tc->input);

        g_test_message("%s", tc->name);
        for (gsize grow = 1; grow <= len; grow = grow < 4 ? grow + 1 : grow * 3) {
            g_autoptr(TwHttpHead) head = tw_http_head_new(NULL);
            TwHttpStep step = feed_growing(head, tc->input, len, grow);

            check_answer(tc, head, step, len);
        }
        for (gsize cut = 0; cut <= len; cut++) {
            g_autoptr(TwHttpHead) head = tw_http_head_new(NULL);
            g_autofree guint8 *first = g_memdup2(tc->input, cut);
            g_autofree guint8 *whole = g_memdup2(tc->input, len);

            if (tw_http_head_step(head, first, cut) == TW_HTTP_DONE)
                g_assert_cmpuint(cut, ==, len);
            check_answer(tc, head, tw_http_head_step(head, whole, len), len);
        }
    }
}

static void
test_nul_bytes(void)
{
    static const char *const inputs[] = {
        "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n",        "GET / HTTP/1.1\r\nHost: @\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: @\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX@: y\r\n\r\n",
        "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",         "GET / HTTP/1.1\r\nHost: a\r\n@\r\n\r\n"
    };

    for (guint i = 0; i < G_N_ELEMENTS(inputs); i++) {
        gsize len = strlen(inputs[i]);
        g_autofree char *copy = g_memdup2(inputs[i], len);
        g_autoptr(TwHttpHead) head = tw_http_head_new(NULL);

        *(char *) memchr(copy, '@', len) = '\0';
        g_assert_cmpint(tw_http_head_step(head, (guint8 *) copy, len), ==, TW_HTTP_BAD);
        g_assert_cmpuint(head->status, ==, 400);
        g_assert_cmpint(tw_http_head_step(head, (guint8 *) copy, len), ==, TW_HTTP_BAD);
    }
}

/* Each limit at the limit and one past it, fed whole and byte by byte. */
static void
test_limits(void)
{
    static const TwHttpHeadLimits limits = {
        .line_len = 30, .field_len = 40, .head_len = 100, .field_count = 3
    };
    static const struct {
        const char *name;
        guint path_len, value_len, fields;
        guint status;
    } rows[] = {
        { "line of 30", 17, 1, 1, 0 },       { "line of 31", 18, 1, 1, 414 },
        { "field of 40", 1, 37, 1, 0 },      { "field of 41", 1, 38, 1, 431 },
        { "three fields", 1, 1, 3, 0 },      { "four fields", 1, 1, 4, 431 },
        { "head of 100", 17, 17, 3, 0 },     { "head of more", 17, 18, 3, 431 },
        { "line of 9000", 8987, 1, 1, 414 }, { "field of 9000", 1, 8997, 1, 431 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) text = g_string_new("GET /");

        for (guint n = 1; n < rows[i].path_len; n++)
            g_string_append_c(text, 'p');
        g_string_append(text, " HTTP/1.0\r\n");
        for (guint f = 0; f < rows[i].fields; f++) {
            g_string_append(text, "X: ");
            for (guint n = 0; n < rows[i].value_len; n++)
                g_string_append_c(text, 'v');
            g_string_append(text, "\r\n");
        }
        g_string_append(text, "\r\n");
        g_test_message("%s (%u bytes)", rows[i].name, (guint) text->len);
        for (gsize grow = 1; grow <= text->len; grow += text->len - 1) {
            g_autoptr(TwHttpHead) head = tw_http_head_new(&limits);
            TwHttpStep step = feed_growing(head, text->str, text->len, grow);

            g_assert_cmpint(step, ==, rows[i].status == 0 ? TW_HTTP_DONE : TW_HTTP_BAD);
            g_assert_cmpuint(head->status, ==, rows[i].status);
        }
    }
}

static void
test_look_ups(void)
{
    static const char input[] = "GET / HTTP/1.1\r\nHost: MixED.example:8080\r\nAccept:  a \t\r\n"
                                "ACCEPT: b\r\nEmpty:\r\nConnection: foo, Keep-Alive\r\n"
                                "Latin: \xe4\r\nExpect: 100-Continue\r\n\r\nrest";
    g_autoptr(TwHttpHead) head = tw_http_head_new(NULL);
    g_autofree guint8 *copy = g_memdup2(input, sizeof input - 1);
    guint index = 0;

    g_assert_cmpint(tw_http_head_step(head, copy, sizeof input - 1), ==, TW_HTTP_DONE);
    g_assert_cmpuint(head->head_len, ==, sizeof input - 1 - 4);
    g_assert_cmpstr(head->host, ==, "mixed.example");
    g_assert_cmpuint(head->port, ==, 8080);
    g_assert_true(head->expect_continue);
    g_assert_cmpstr(tw_http_head_get(head, "accept"), ==, "a");
    g_assert_cmpstr(tw_http_head_get_next(head, "accept", &index), ==, "a");
    g_assert_cmpstr(tw_http_head_get_next(head, "accept", &index), ==, "b");
    g_assert_null(tw_http_head_get_next(head, "accept", &index));
    g_assert_cmpstr(tw_http_head_get(head, "Empty"), ==, "");
    g_assert_cmpstr(tw_http_head_get(head, "Latin"), ==, "\xe4");
    g_assert_null(tw_http_head_get(head, "Accep"));
    g_assert_true(tw_http_head_lists(head, "connection", "keep-alive"));
    g_assert_false(tw_http_head_lists(head, "connection", "keep"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/http-head/table", test_table);
    g_test_add_func("/net/http-head/nul-bytes", test_nul_bytes);
    g_test_add_func("/net/http-head/limits", test_limits);
    g_test_add_func("/net/http-head/look-ups", test_look_ups);
    return g_test_run();
}
