/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/hash.h"

#include <string.h>

#include "base/cpu.h"
#include "support/assert-bytes.h"

static void
assert_hex(const guint8 *digest, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < TW_SHA256_LEN; i++)
        g_string_append_printf(text, "%02x", digest[i]);
    g_assert_cmpstr(text->str, ==, expected);
}

static void
test_sha256(void)
{
    guint8 digest[TW_SHA256_LEN], pieces[TW_SHA256_LEN];
    guint8 data[200];
    TwSha256 hash;

    tw_sha256(NULL, 0, digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    tw_sha256("abc", 3, digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (guint i = 0; i < sizeof data; i++)
        data[i] = (guint8) i;
    tw_sha256(data, sizeof data, digest);
    tw_sha256_init(&hash);
    for (gsize cut = 0; cut <= sizeof data; cut++) {
        tw_sha256_update(&hash, data, cut);
        tw_sha256_update(&hash, data + cut, sizeof data - cut);
        tw_sha256_finish(&hash, pieces);
        assert_bytes(pieces, sizeof pieces, digest, sizeof digest);
    }
}

static void
test_hmac(void)
{
    guint8 code[TW_SHA256_LEN], key[131];
    g_auto(TwHmacSha256) hmac;

    tw_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, code);
    assert_hex(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    tw_hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
                   code);
    assert_hex(code, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    tw_hmac_sha256_init(&hmac, "Jefe", 4);
    for (int i = 0; i < 2; i++) {
        tw_hmac_sha256_update(&hmac, "what do ya want ", 16);
        tw_hmac_sha256_update(&hmac, "for nothing?", 12);
        tw_hmac_sha256_finish(&hmac, code);
        assert_hex(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}

static guint32
crc_bit_by_bit(const guint8 *data, gsize len)
{
    guint32 crc = 0xffffffffu;

    for (gsize i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

static void
test_crc32c(void)
{
    guint8 zeros[32] = { 0 }, data[100];

    for (guint i = 0; i < sizeof data; i++)
        data[i] = (guint8) (i * 37);
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_SSE42; level++) {
        tw_cpu_set_most(level);
        g_assert_cmphex(tw_crc32c(0, zeros, sizeof zeros), ==, 0x8a9136aau); /* RFC 3720, B.4 */
        g_assert_cmphex(tw_crc32c(0, "123456789", 9), ==, 0xe3069283u);
        g_assert_cmphex(tw_crc32c(0, NULL, 0), ==, 0);
        for (gsize len = 0; len <= sizeof data; len++) {
            g_autofree guint8 *copy = g_memdup2(data, len);
            guint32 expected = crc_bit_by_bit(data, len);

            g_assert_cmphex(tw_crc32c(0, copy, len), ==, expected);
            g_assert_cmphex(tw_crc32c(tw_crc32c(0, copy, len / 3), copy + len / 3, len - len / 3),
                            ==, expected);
        }
    }
    tw_cpu_set_most(TW_CPU_VBMI);
}

/* Key 00 01 .. 0f, input 00 01 .. : the vectors of the paper's authors. */
static void
test_siphash(void)
{
    static const guint8 expected[][8] = {
        { 0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72 },
        { 0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74 },
        { 0x5a, 0x4f, 0xa9, 0xd9, 0x09, 0x80, 0x6c, 0x0d },
        { 0x2d, 0x7e, 0xfb, 0xd7, 0x96, 0x66, 0x67, 0x85 },
        { 0xb7, 0x87, 0x71, 0x27, 0xe0, 0x94, 0x27, 0xcf },
        { 0x8d, 0xa6, 0x99, 0xcd, 0x64, 0x55, 0x76, 0x18 },
        { 0xce, 0xe3, 0xfe, 0x58, 0x6e, 0x46, 0xc9, 0xcb },
        { 0x37, 0xd1, 0x01, 0x8b, 0xf5, 0x00, 0x02, 0xab },
        { 0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93 },
    };
    guint8 bytes[16];

    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) i;
    for (gsize len = 0; len < G_N_ELEMENTS(expected); len++) {
        g_autofree guint8 *copy = g_memdup2(bytes, len);
        guint64 hash = GUINT64_TO_LE(tw_siphash(bytes, copy, len));

        assert_bytes(&hash, sizeof hash, expected[len], sizeof hash);
    }
    g_assert_cmphex(tw_siphash(bytes, bytes, 15), ==, G_GUINT64_CONSTANT(0xa129ca6149be45e5));
}

static void
test_table_hashes(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new("abc", 3);
    g_autoptr(GHashTable) table = g_hash_table_new(tw_hash_str, g_str_equal);
    char key[] = "abc";

    g_assert_cmpuint(tw_hash_str("abc"), ==, tw_hash_gbytes(bytes));
    g_assert_cmpuint(tw_hash_str("abc"), ==, (guint) tw_hash_bytes("abc", 3));
    g_hash_table_insert(table, key, key);
    g_assert_true(g_hash_table_contains(table, "abc"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/hash/sha256", test_sha256);
    g_test_add_func("/base/hash/rfc4231/hmac", test_hmac);
    g_test_add_func("/base/hash/rfc3720/b.4/crc32c", test_crc32c);
    g_test_add_func("/base/hash/siphash", test_siphash);
    g_test_add_func("/base/hash/tables", test_table_hashes);
    return g_test_run();
}
