/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/rtf-compress.h"

#include <string.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mapi/assert-bytes.h"
#include "mapi/field-table.h"

/* MS-OXRTFCP, section 3: the examples of compressed, self-overlapping and stored contents. */
static const guint8 hello[] = {
    0x2d, 0,    0,    0,   0x2b, 0,   0,    0,    'L', 'Z', 'F', 'u',  0xf1, 0xc5, 0xc7, 0xa7, 0x03,
    0x00, 0x0a, 0x00, 'r', 'c',  'p', 'g',  '1',  '2', '5', 'B', '2',  0x0a, 0xf3, ' ',  'h',  'e',
    'l',  0x09, 0x00, ' ', 'b',  'w', 0x05, 0xb0, 'l', 'd', '}', 0x0a, 0x80, 0x0f, 0xa0,
};
static const char hello_text[] = "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
static const guint8 overlap[] = {
    0x1a, 0,    0, 0, 0x1c, 0,   0,   0,   'L', 'Z',  'F', 'u', 0xe2, 0xd4, 0x4b,
    0x51, 0x41, 0, 4, ' ',  'W', 'X', 'Y', 'Z', 0x0d, 'n', '}', 0x01, 0x0e, 0xb0,
};
static const char overlap_text[] = "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}";

static GBytes *
decompress_copy(const guint8 *data, gsize len, gsize max, GError **error)
{
    g_autofree guint8 *input = g_memdup2(data, len);

    return tw_rtf_decompress(input, len, max, error);
}

static void
assert_text(GBytes *rtf, const char *text, gsize len)
{
    gsize got_len;
    const void *got;

    g_assert_nonnull(rtf);
    got = g_bytes_get_data(rtf, &got_len);
    assert_bytes_equal(got, got_len, text, len);
}

static void
test_published(void)
{
    g_autoptr(GBytes) a = decompress_copy(hello, sizeof hello, 4096, NULL);
    g_autoptr(GBytes) b = decompress_copy(overlap, sizeof overlap, 4096, NULL);

    assert_text(a, hello_text, strlen(hello_text));
    assert_text(b, overlap_text, strlen(overlap_text));
}

/* A writer that always takes the longest match makes the published bytes. */
static void
test_published_compressed(void)
{
    g_autoptr(GBytes) a =
        tw_rtf_compress((const guint8 *) overlap_text, strlen(overlap_text), NULL);
    gsize len;
    const void *data = g_bytes_get_data(a, &len);

    g_assert_cmpuint(len, <=, sizeof overlap);
    g_autoptr(GBytes) back = decompress_copy(data, len, 4096, NULL);
    assert_text(back, overlap_text, strlen(overlap_text));
}

static void
test_stored(void)
{
    static const char text[] = "{\\rtf1 stored}";
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(256);

    tw_buffer_put_u32le(&buf, 12 + 14);
    tw_buffer_put_u32le(&buf, 14);
    tw_buffer_put(&buf, "MELA", 4);
    tw_buffer_put_u32le(&buf, 0x20df12ceu); /* has no meaning */
    tw_buffer_put(&buf, text, 14);
    {
        g_autoptr(GBytes) rtf = decompress_copy(buf.data, buf.len, 14, NULL);
        assert_text(rtf, text, 14);
    }
    tw_buffer_set_u32le(&buf, 4, 15);
    {
        g_autoptr(GError) error = NULL;
        g_assert_null(decompress_copy(buf.data, buf.len, 15, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

static void
test_cut_anywhere(void)
{
    for (gsize cut = 0; cut < sizeof hello; cut++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(decompress_copy(hello, cut, 4096, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

static void
test_bytes_behind_the_end(void)
{
    g_autofree guint8 *input = g_malloc0(sizeof hello + 7);
    g_autoptr(GBytes) rtf = NULL;

    memcpy(input, hello, sizeof hello);
    rtf = tw_rtf_decompress(input, sizeof hello + 7, 4096, NULL);
    assert_text(rtf, hello_text, strlen(hello_text));
}

static void
test_limit(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) at = decompress_copy(hello, sizeof hello, 43, NULL);

    g_assert_nonnull(at);
    g_assert_null(decompress_copy(hello, sizeof hello, 42, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
}

/* Contents with a good checksum that lie otherwise. */
static GBytes *
decompress_made(guint32 raw_len, const guint8 *contents, gsize len, GError **error)
{
    g_auto(TwBuffer) buf = TW_BUFFER_INIT(4096);

    tw_buffer_put_u32le(&buf, (guint32) len + 12);
    tw_buffer_put_u32le(&buf, raw_len);
    tw_buffer_put(&buf, "LZFu", 4);
    tw_buffer_put_u32le(&buf, (guint32) ~crc32(0xffffffffu, contents, (uInt) len));
    tw_buffer_put(&buf, contents, len);
    return decompress_copy(buf.data, buf.len, TW_RTF_MAX_RAW, error);
}

static void
test_lies(void)
{
    static const struct {
        const char *what;
        guint32 raw_len;
        guint8 contents[8];
        gsize len;
        const char *text; /* NULL: corrupt */
    } cases[] = {
        { "empty", 0, { 1, 0x0c, 0xf0 }, 3, "" },
        { "no contents at all", 0, { 0 }, 0, "" },
        { "one letter", 1, { 2, 'a', 0x0d, 0x00 }, 4, "a" },
        { "end mark left out", 1, { 0, 'a', 0, 0 }, 4, "a" },
        { "end mark too early", 2, { 2, 'a', 0x0d, 0x00 }, 4, NULL },
        { "half a reference", 2, { 1, 0x00 }, 2, NULL },
        { "never written", 2, { 1, 0x0d, 0x00 }, 3, NULL },
        { "last of the ring, never written", 2, { 1, 0xff, 0xf0 }, 3, NULL },
        { "start of the preload", 2, { 1, 0x00, 0x00 }, 3, "{\\" },
        { "reference longer than what is left", 1, { 1, 0x00, 0x0f }, 3, "{" },
        { "far more than can follow", 0x0fffffff, { 1, 0x00, 0x0f }, 3, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) rtf =
            decompress_made(cases[i].raw_len, cases[i].contents, cases[i].len, &error);

        g_test_message("%s", cases[i].what);
        if (cases[i].text != NULL) {
            assert_text(rtf, cases[i].text, strlen(cases[i].text));
        } else {
            g_assert_null(rtf);
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        }
    }
}

static void
test_checksum(void)
{
    for (guint at = 8; at < sizeof hello; at++) {
        g_autoptr(GError) error = NULL;
        g_autofree guint8 *input = g_memdup2(hello, sizeof hello);
        input[at] ^= 0x10;
        g_assert_null(tw_rtf_decompress(input, sizeof hello, 4096, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    }
}

static void
assert_round_trip(const guint8 *data, gsize len, gsize most)
{
    g_autofree guint8 *input = g_memdup2(data, len);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) packed = tw_rtf_compress(input, len, &error);
    g_autoptr(GBytes) back = NULL;
    gsize packed_len;
    const void *bytes;

    g_assert_no_error(error);
    bytes = g_bytes_get_data(packed, &packed_len);
    g_assert_cmpuint(packed_len, <=, most);
    back = decompress_copy(bytes, packed_len, TW_RTF_MAX_RAW, &error);
    g_assert_no_error(error);
    assert_text(back, (const char *) data, len);
}

static void
test_round_trips(void)
{
    enum {
        LEN = 20000
    };
    g_autofree guint8 *data = g_malloc(LEN);
    guint32 seed = 1;

    assert_round_trip((const guint8 *) "", 0, 19);
    memset(data, 'x', LEN);
    for (gsize len = 0; len < 40; len++)
        assert_round_trip(data, len, 64);
    assert_round_trip(data, LEN, LEN / 7);
    /* a period of the ring and its neighbours: distances of 4095, 4096 and 4097 */
    for (guint period = 4094; period <= 4098; period++) {
        for (guint i = 0; i < LEN; i++) {
            seed = i == 0 ? 1 : seed;
            if (i < period) {
                seed = seed * 1664525u + 1013904223u;
                data[i] = (guint8) (seed >> 24);
            } else {
                data[i] = data[i - period];
            }
        }
        assert_round_trip(data, LEN, LEN / 8 * 9 + 64);
    }
    for (guint i = 0; i < LEN; i++) {
        static const char words[] = "\\par \\pard\\plain\\f0\\fs20 wonderful weather ";
        seed = seed * 1664525u + 1013904223u;
        data[i] = (guint8) words[(i + (seed >> 28 == 0 ? 7 : 0)) % (sizeof words - 1)];
    }
    assert_round_trip(data, LEN, LEN / 2);
}

/* Spec 23.3: what the writer makes has each number in its place; the ring begins with 207 bytes known to both. */
static void
test_numbers(void)
{
    static const Field empty[] = {
        { "compressed size, of what follows", 4, 12 + 3 },
        { "raw size", 4, 0 },
        { "LZFu", 4, 0x75465A4C },
        { "CRC-32: initial 0, no inversion", 4, 0x10cad727 },
        { "control: the first is a reference", 1, 0x01 },
        { "to 207, where writing begins: the end", 2, 0xf00c },
    };
    static const char preload[] =
        "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
        "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
        "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
    g_autoptr(GBytes) packed = tw_rtf_compress((const guint8 *) "", 0, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(packed, &len);

    g_assert_cmpuint(assert_fields(data, len, 0, empty, G_N_ELEMENTS(empty)), ==, len);
    g_assert_cmpuint(sizeof preload - 1, ==, 207);
    for (guint more = 0; more <= 15; more++) { /* the length is 2 to 17 */
        for (guint at = 0; at + more + 2 <= 207; at++) {
            guint8 contents[] = { 1, (guint8) (at >> 4), (guint8) (at << 4 | more) };
            g_autoptr(GBytes) rtf = decompress_made(more + 2, contents, sizeof contents, NULL);

            assert_text(rtf, preload + at, more + 2);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oxrtfcp/3/published", test_published);
    g_test_add_func("/oxrtfcp/3/published-compressed", test_published_compressed);
    g_test_add_func("/mailbox-layout/23.3/numbers", test_numbers);
    g_test_add_func("/rtf-compress/stored", test_stored);
    g_test_add_func("/rtf-compress/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/rtf-compress/bytes-behind-the-end", test_bytes_behind_the_end);
    g_test_add_func("/rtf-compress/limit", test_limit);
    g_test_add_func("/rtf-compress/lies", test_lies);
    g_test_add_func("/rtf-compress/checksum", test_checksum);
    g_test_add_func("/rtf-compress/round-trips", test_round_trips);
    return g_test_run();
}
