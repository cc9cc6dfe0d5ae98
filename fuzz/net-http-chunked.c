/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The chunked coding: whole, cut where the first byte says, and read as the server reads it. All three must agree.
 */
#include "net/http-chunked.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    TwHttpChunked reader;
    GByteArray *body;
    gsize taken;
    TwHttpStep step;
} Run;

static void
begin(Run *run)
{
    tw_http_chunked_init(&run->reader);
    run->body = g_byte_array_new();
    run->taken = 0;
    run->step = TW_HTTP_MORE;
}

static void
feed(Run *run, const guint8 *data, gsize len)
{
    while (len > 0 && run->step == TW_HTTP_MORE) {
        gsize consumed, piece_len;
        const guint8 *piece;

        run->step = tw_http_chunked_step(&run->reader, data, len, &consumed, &piece, &piece_len);
        g_assert(consumed <= len && (consumed > 0 || run->step != TW_HTTP_MORE));
        g_assert(piece_len <= consumed);
        if (piece_len > 0)
            g_byte_array_append(run->body, piece, (guint) piece_len);
        data += consumed;
        len -= consumed;
        run->taken += consumed;
    }
}

static void
feed_as_server(Run *run, const guint8 *data, gsize len)
{
    while (run->taken < len && run->step == TW_HTTP_MORE) {
        guint64 want = tw_http_chunked_want(&run->reader);
        gsize n = (gsize) MIN(want, (guint64) (len - run->taken));

        if (want == 0) {
            const guint8 *lf = memchr(data + run->taken, '\n', len - run->taken);
            n = lf != NULL ? (gsize) (lf - data) - run->taken + 1 : len - run->taken;
        }
        feed(run, data + run->taken, n);
    }
}

static void
check_same(const Run *a, const Run *b)
{
    g_assert(a->step == b->step && a->body->len == b->body->len);
    g_assert(a->body->len == 0 || memcmp(a->body->data, b->body->data, a->body->len) == 0);
    if (a->step == TW_HTTP_DONE)
        g_assert(a->taken == b->taken);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Run whole, cut, server;
    gsize at;

    if (size == 0)
        return 0;
    at = data[0] * (size - 1) / 255;
    data++;
    size--;
    begin(&whole);
    begin(&cut);
    begin(&server);
    feed(&whole, data, size);
    feed(&cut, data, at);
    feed(&cut, data + at, size - at);
    feed_as_server(&server, data, size);
    check_same(&whole, &cut);
    check_same(&whole, &server);
    g_byte_array_unref(whole.body);
    g_byte_array_unref(cut.body);
    g_byte_array_unref(server.body);
    return 0;
}
