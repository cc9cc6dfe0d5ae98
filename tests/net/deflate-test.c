/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compression of a connection without one: what is below it is a pipe of this test, which takes and gives as little as it is told. */
#include <string.h>
#include <zlib.h>

#include "net/deflate-private.h"
#include "support/assert-bytes.h"

typedef struct {
    GByteArray *wire; /* what was sent */
    gsize at;         /* what was read of it */
    gsize piece;      /* most bytes taken or given at once; 0: none */
    gssize failure;   /* instead; 0: none */
} Pipe;

static Pipe below;

gssize
tw_conn_read_raw(TwConn *conn, guint8 *data, gsize n)
{
    gsize len = MIN(MIN(n, below.piece), below.wire->len - below.at);

    (void) conn;
    if (below.failure != 0)
        return below.failure;
    if (len == 0)
        return TW_IO_WAIT;
    memcpy(data, below.wire->data + below.at, len);
    below.at += len;
    return (gssize) len;
}

gssize
tw_conn_send_raw(TwConn *conn, const guint8 *data, gsize n)
{
    gsize len = MIN(n, below.piece);

    (void) conn;
    if (below.failure != 0)
        return below.failure;
    if (len == 0)
        return TW_IO_WAIT;
    g_byte_array_append(below.wire, data, (guint) len);
    return (gssize) len;
}

static void
begin(gsize piece)
{
    below = (Pipe){ .wire = g_byte_array_new(), .piece = piece };
}

static void
end(void)
{
    g_byte_array_unref(below.wire);
}

/* Text that gets smaller, and bytes that do not. */
static GBytes *
make_plain(gsize len, gboolean random)
{
    guint8 *data = g_malloc(MAX(len, 1));
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    for (gsize i = 0; i < len; i++)
        data[i] = random ? (guint8) g_rand_int(rand) : (guint8) ('a' + i % 7);
    return g_bytes_new_take(data, len);
}

/* Offers all of it, again and again what was not taken, as a connection does. */
static void
send_all(TwDeflate *self, const guint8 *data, gsize len)
{
    while (len > 0) {
        gssize sent = tw_deflate_send(self, NULL, data, len);

        g_assert_cmpint(sent, >, 0);
        g_assert_cmpuint((gsize) sent, <=, len);
        data += sent;
        len -= (gsize) sent;
    }
}

static void
read_all(TwDeflate *self, gsize room, GByteArray *into)
{
    g_autofree guint8 *data = g_malloc(room);

    for (;;) {
        gssize got = tw_deflate_read(self, NULL, data, room);

        if (got == TW_IO_WAIT)
            return;
        g_assert_cmpint(got, >, 0);
        g_assert_cmpuint((gsize) got, <=, room);
        g_byte_array_append(into, data, (guint) got);
    }
}

static void
test_both_ways(void)
{
    static const struct {
        gsize len, piece, room;
        gboolean random;
    } cases[] = {
        { 0, 1, 1, FALSE },
        { 1, 1, 1, FALSE },
        { 1000, 1, 3, FALSE },
        { 32 << 10, 7, 4096, TRUE },
        { (32 << 10) + 1, 65536, 1, TRUE },
        { 300000, 1000, 8192, TRUE },
        { 3000000, 65536, 100, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) plain = make_plain(cases[i].len, cases[i].random);
        g_autoptr(GByteArray) got = g_byte_array_new();
        TwDeflate *out = tw_deflate_new(0), *in = tw_deflate_new(0);

        begin(cases[i].piece);
        send_all(out, g_bytes_get_data(plain, NULL), cases[i].len);
        read_all(in, cases[i].room, got);
        assert_bytes(got->data, got->len, g_bytes_get_data(plain, NULL), cases[i].len);
        if (!cases[i].random && cases[i].len > 1000)
            g_assert_cmpuint(below.wire->len, <, cases[i].len / 20);
        tw_deflate_free(out);
        tw_deflate_free(in);
        end();
    }
}

/* What was written before the compression began goes as it is; each answer is whole at the other side when it was sent. */
static void
test_plain_before(void)
{
    TwDeflate *out = tw_deflate_new(4), *in = tw_deflate_new(0);
    g_autoptr(GByteArray) got = g_byte_array_new();

    begin(3);
    send_all(out, (const guint8 *) "OK\r\n", 4);
    assert_bytes(below.wire->data, below.wire->len, "OK\r\n", 4);
    below.at = 4;
    for (guint i = 0; i < 5; i++) {
        g_byte_array_set_size(got, 0);
        send_all(out, (const guint8 *) "* 1 EXISTS\r\n", 12);
        read_all(in, 64, got);
        assert_bytes(got->data, got->len, "* 1 EXISTS\r\n", 12);
    }
    tw_deflate_free(out);
    tw_deflate_free(in);
    end();
}

/* A client that takes nothing is offered the same bytes until it does; none is compressed twice. */
static void
test_waits(void)
{
    TwDeflate *out = tw_deflate_new(0), *in = tw_deflate_new(0);
    g_autoptr(GByteArray) got = g_byte_array_new();

    begin(0);
    for (guint i = 0; i < 3; i++)
        g_assert_cmpint(tw_deflate_send(out, NULL, (const guint8 *) "hello", 5), ==, TW_IO_WAIT);
    g_assert_cmpuint(below.wire->len, ==, 0);
    below.piece = 2;
    send_all(out, (const guint8 *) "hello", 5);
    read_all(in, 64, got);
    assert_bytes(got->data, got->len, "hello", 5);
    tw_deflate_free(out);
    tw_deflate_free(in);
    end();
}

/* Few bytes that become many: no more of them at once than there is room for. */
static void
test_bomb(void)
{
    static const gsize len = 50 << 20;
    g_autoptr(GBytes) plain = make_plain(1 << 20, FALSE);
    TwDeflate *out = tw_deflate_new(0), *in = tw_deflate_new(0);
    guint8 room[4096];
    gsize all = 0;
    gssize got;

    begin(1 << 20);
    for (gsize i = 0; i < len >> 20; i++)
        send_all(out, g_bytes_get_data(plain, NULL), 1 << 20);
    while ((got = tw_deflate_read(in, NULL, room, sizeof room)) > 0)
        all += (gsize) got;
    g_assert_cmpint(got, ==, TW_IO_WAIT);
    g_assert_cmpuint(all, ==, len);
    tw_deflate_free(out);
    tw_deflate_free(in);
    end();
}

/* What is no such stream, and one that says it is over. */
static void
test_rubbish(void)
{
    static const struct {
        const char *bytes;
        gsize len;
    } cases[] = {
        { "\xff\xff\xff\xff", 4 }, { "b NOOP\r\n", 8 }, { "\x03\x00", 2 }, { "\x07", 1 }
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwDeflate *in = tw_deflate_new(0);
        guint8 room[64];

        begin(64);
        g_byte_array_append(below.wire, (const guint8 *) cases[i].bytes, (guint) cases[i].len);
        g_assert_cmpint(tw_deflate_read(in, NULL, room, sizeof room), ==, TW_IO_DEAD);
        tw_deflate_free(in);
        end();
    }
}

/* What the socket says is handed on. */
static void
test_failures(void)
{
    TwDeflate *self = tw_deflate_new(0);
    guint8 room[64];

    begin(64);
    below.failure = TW_IO_DEAD;
    g_assert_cmpint(tw_deflate_read(self, NULL, room, sizeof room), ==, TW_IO_DEAD);
    g_assert_cmpint(tw_deflate_send(self, NULL, (const guint8 *) "x", 1), ==, TW_IO_DEAD);
    tw_deflate_free(self);
    tw_deflate_free(NULL);
    end();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/deflate/both-ways", test_both_ways);
    g_test_add_func("/net/deflate/plain-before", test_plain_before);
    g_test_add_func("/net/deflate/waits", test_waits);
    g_test_add_func("/net/deflate/bomb", test_bomb);
    g_test_add_func("/net/deflate/rubbish", test_rubbish);
    g_test_add_func("/net/deflate/failures", test_failures);
    return g_test_run();
}
