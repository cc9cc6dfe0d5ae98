/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/base64.h"

#include "base/cpu.h"
#include "base/error.h"
#include "support/assert-bytes.h"

enum {
    LONGEST = 400 /* past several vectors of every width */
};

/* Fixed, and without short cycles. */
static void
fill(guint8 *data, gsize len, guint32 seed)
{
    for (gsize i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = (guint8) (seed >> 24);
    }
}

static void
assert_buffer(const TwBuffer *buf, const char *expected)
{
    g_assert_false(tw_buffer_failed(buf));
    assert_bytes(buf->data, buf->len, expected, strlen(expected));
}

/* Runs a check at each level that this processor has. */
static void
at_each_level(void (*check)(void))
{
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_VBMI; level++) {
        if (tw_cpu_set_most(level) != level)
            continue;
        g_test_message("level %s", tw_cpu_level_name(level));
        check();
    }
    tw_cpu_set_most(TW_CPU_VBMI);
}

static void
check_vectors(void)
{
    /* RFC 4648 section 10, and the two signs */
    static const struct {
        const char *plain, *standard, *url;
    } cases[] = {
        { "", "", "" },
        { "f", "Zg==", "Zg" },
        { "fo", "Zm8=", "Zm8" },
        { "foo", "Zm9v", "Zm9v" },
        { "foob", "Zm9vYg==", "Zm9vYg" },
        { "fooba", "Zm9vYmE=", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "+/+/", "-_-_" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (TwBase64Alphabet a = TW_BASE64_STANDARD; a <= TW_BASE64_URL; a++) {
            const char *text = a == TW_BASE64_URL ? cases[i].url : cases[i].standard;
            gsize text_len = strlen(text), len = 99;
            g_autofree char *copy = g_memdup2(text, text_len);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(100),
                             back = TW_BUFFER_INIT(strlen(cases[i].plain));
            g_autoptr(GError) error = NULL;

            g_assert_true(tw_base64_encoded_len(strlen(cases[i].plain), a, &len));
            g_assert_cmpuint(len, ==, text_len);
            g_assert_true(tw_base64_encode(&out, cases[i].plain, strlen(cases[i].plain), a));
            assert_buffer(&out, text);
            g_assert_true(tw_base64_decode(&back, copy, text_len, a, &error));
            g_assert_no_error(error);
            assert_buffer(&back, cases[i].plain);
        }
    }
}

static void
test_vectors(void)
{
    at_each_level(check_vectors);
}

static void
test_lengths_that_overflow(void)
{
    gsize len = 7;

    g_assert_false(tw_base64_encoded_len(G_MAXSIZE, TW_BASE64_STANDARD, &len));
    g_assert_false(tw_base64_encoded_len(G_MAXSIZE / 4 * 3 + 3, TW_BASE64_STANDARD, &len));
    g_assert_cmpuint(len, ==, 7);
    g_assert_true(tw_base64_encoded_len(G_MAXSIZE / 4 * 3, TW_BASE64_STANDARD, &len));
    g_assert_cmpuint(len, ==, G_MAXSIZE / 4 * 4);
}

/* Every length, with an exact-size copy and an exact limit, and GLib as the judge. */
static void
check_lengths(void)
{
    for (gsize len = 0; len <= LONGEST; len++) {
        g_autofree guint8 *data = g_malloc(MAX(len, 1));
        g_autofree guint8 *copy = NULL;
        g_autofree char *expected = NULL, *text = NULL;
        gsize text_len;

        fill(data, len, (guint32) len);
        copy = g_memdup2(data, len);
        expected = g_base64_encode(data, len);
        text_len = strlen(expected);
        text = g_memdup2(expected, text_len);
        for (int over = 0; over <= 1; over++) {
            g_auto(TwBuffer) out = TW_BUFFER_INIT(text_len - (over && text_len > 0));
            g_auto(TwBuffer) back = TW_BUFFER_INIT(len - (over && len > 0));
            g_autoptr(GError) error = NULL;
            gboolean fits = !over || len == 0;

            g_assert_cmpint(tw_base64_encode(&out, copy, len, TW_BASE64_STANDARD), ==, fits);
            g_assert_cmpint(tw_base64_decode(&back, text, text_len, TW_BASE64_STANDARD, &error), ==,
                            fits);
            if (!fits) {
                g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
                continue;
            }
            assert_buffer(&out, expected);
            assert_bytes(back.data, back.len, data, len);
        }
    }
}

static void
test_lengths(void)
{
    at_each_level(check_lengths);
}

/* Each byte value at each place of a vector: the fast loops and the table must agree on what is valid. */
static void
check_foreign_characters(void)
{
    static const char standard[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (TwBase64Alphabet a = TW_BASE64_STANDARD; a <= TW_BASE64_URL; a++) {
        for (guint at = 0; at < 134; at += 5) {
            for (guint c = 0; c < 256; c++) {
                g_autofree char *text = g_malloc(136);
                g_auto(TwBuffer) out = TW_BUFFER_INIT(1000);
                g_autoptr(GError) error = NULL;
                gboolean valid = memchr(a == TW_BASE64_URL ? url : standard, (int) c, 64) != NULL;

                memset(text, 'Q', 136);
                text[at] = (char) c;
                g_assert_cmpint(tw_base64_decode(&out, text, 136, a, &error), ==, valid);
                g_assert_cmpuint(out.len, ==, valid ? 102 : 0);
                if (!valid)
                    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
            }
        }
    }
}

static void
test_foreign_characters(void)
{
    at_each_level(check_foreign_characters);
}

static void
test_strict(void)
{
    static const struct {
        const char *name, *text;
        TwBase64Alphabet alphabet;
    } cases[] = {
        { "one character", "Z", TW_BASE64_URL },
        { "one over", "Zm9vY", TW_BASE64_URL },
        { "padding in the URL form", "Zg==", TW_BASE64_URL },
        { "standard signs in the URL form", "+/+/", TW_BASE64_URL },
        { "no padding", "Zg", TW_BASE64_STANDARD },
        { "half the padding", "Zg=", TW_BASE64_STANDARD },
        { "three pads", "Z===", TW_BASE64_STANDARD },
        { "only padding", "====", TW_BASE64_STANDARD },
        { "only two pads", "==", TW_BASE64_STANDARD },
        { "padding within", "Zg==Zg==", TW_BASE64_STANDARD },
        { "bits cut off by two pads", "Zh==", TW_BASE64_STANDARD },
        { "bits cut off by one pad", "Zm9=", TW_BASE64_STANDARD },
        { "bits cut off by the end", "Zh", TW_BASE64_URL },
        { "a line break", "Zm9v\r\n", TW_BASE64_STANDARD },
        { "a blank", "Zm9 ", TW_BASE64_STANDARD },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *text = g_memdup2(cases[i].text, len);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(100);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        tw_buffer_put(&out, "kept", 4);
        g_assert_false(tw_base64_decode(&out, text, len, cases[i].alphabet, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
        assert_buffer(&out, "kept");
    }
}

/* The body as one g_base64 line, broken here by the plainest code there is. */
static GString *
expected_lines(const guint8 *data, gsize len, guint columns, const char *eol)
{
    g_autofree char *line = g_base64_encode(data, len);
    GString *text = g_string_new(NULL);

    for (gsize i = 0; line[i] != '\0'; i++) {
        if (i > 0 && i % columns == 0)
            g_string_append(text, eol);
        g_string_append_c(text, line[i]);
    }
    return text;
}

static void
check_mime_cuts(void)
{
    static const guint columns[] = { 4, 72, 76, 996 };

    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        for (gsize len = 0; len <= LONGEST; len = len < 64 ? len + 1 : len + 31) {
            g_autofree guint8 *data = g_malloc(MAX(len, 1));
            g_autoptr(GString) lines = NULL;

            fill(data, len, (guint32) len);
            lines = expected_lines(data, len, columns[i], len & 1 ? "\n" : "\r\n");
            for (gsize cut = 0; cut <= len; cut++) {
                g_autofree guint8 *head = g_memdup2(data, cut);
                g_autofree guint8 *tail = g_memdup2(data + cut, len - cut);
                g_auto(TwBuffer) out = TW_BUFFER_INIT(lines->len);
                TwBase64Encoder encoder;

                tw_base64_encoder_init(&encoder, columns[i], len & 1);
                g_assert_true(tw_base64_encoder_put(&encoder, head, cut, &out));
                g_assert_true(tw_base64_encoder_put(&encoder, tail, len - cut, &out));
                g_assert_true(tw_base64_encoder_finish(&encoder, &out));
                assert_buffer(&out, lines->str);
            }
            for (gsize cut = 0; cut <= lines->len; cut++) {
                g_autofree char *head = g_memdup2(lines->str, cut);
                g_autofree char *tail = g_memdup2(lines->str + cut, lines->len - cut);
                g_auto(TwBuffer) out = TW_BUFFER_INIT(len);
                TwBase64Decoder decoder;
                gboolean damaged = TRUE;

                tw_base64_decoder_init(&decoder);
                g_assert_true(tw_base64_decoder_put(&decoder, head, cut, &out));
                g_assert_true(tw_base64_decoder_put(&decoder, tail, lines->len - cut, &out));
                g_assert_true(tw_base64_decoder_finish(&decoder, &out, &damaged));
                g_assert_false(damaged);
                assert_bytes(out.data, out.len, data, len);
            }
        }
    }
}

static void
test_mime_cuts(void)
{
    at_each_level(check_mime_cuts);
}

static void
check_lenient(void)
{
    static const struct {
        const char *name, *text, *plain;
        gboolean damaged;
    } cases[] = {
        { "white space anywhere", " Zm\t9v\r\nY g\n=\r=", "foob", FALSE },
        { "no padding at the end", "Zm9vYg", "foob", TRUE },
        { "half the padding", "Zm9vYg=", "foob", FALSE },
        { "one character left over", "Zm9vY", "foo", TRUE },
        { "one character before padding", "Zm9vY=", "foo", TRUE },
        { "bodies glued together", "Zg==Zm8=", "ffo", TRUE },
        { "padding first", "=Zm9v", "foo", TRUE },
        { "a foreign character", "Zm*9v", "foo", TRUE },
        { "a byte past ASCII", "Zm9v\xff", "foo", TRUE },
        { "bits cut off", "Zh==", "f", FALSE },
        { "a stray quote in a long line",
          "Zm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9v\"Zm9vZm9vZm9vZm9vZm9vZm9vZm9v",
          "foofoofoofoofoofoofoofoofoofoofoofoofoofoofoo", TRUE },
        { "nothing", "", "", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);

        g_test_message("%s", cases[i].name);
        for (gsize cut = 0; cut <= len; cut++) {
            g_autofree char *head = g_memdup2(cases[i].text, cut);
            g_autofree char *tail = g_memdup2(cases[i].text + cut, len - cut);
            g_auto(TwBuffer) out = TW_BUFFER_INIT(strlen(cases[i].plain));
            TwBase64Decoder decoder;
            gboolean damaged;

            tw_base64_decoder_init(&decoder);
            g_assert_true(tw_base64_decoder_put(&decoder, head, cut, &out));
            g_assert_true(tw_base64_decoder_put(&decoder, tail, len - cut, &out));
            g_assert_true(tw_base64_decoder_finish(&decoder, &out, &damaged));
            assert_buffer(&out, cases[i].plain);
            g_assert_cmpint(damaged, ==, cases[i].damaged);
        }
    }
}

static void
test_lenient(void)
{
    at_each_level(check_lenient);
}

static void
test_lenient_limit(void)
{
    g_autofree char *text = g_malloc(40000);

    memset(text, 'A', 40000);
    for (int over = 0; over <= 1; over++) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT((gsize) (30000 - over));
        TwBase64Decoder decoder;

        tw_base64_decoder_init(&decoder);
        g_assert_cmpint(tw_base64_decoder_put(&decoder, text, 40000, &out), ==, !over);
        g_assert_cmpint(tw_base64_decoder_finish(&decoder, &out, NULL), ==, !over);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/base64/rfc4648/10/vectors", test_vectors);
    g_test_add_func("/base/base64/lengths-that-overflow", test_lengths_that_overflow);
    g_test_add_func("/base/base64/lengths", test_lengths);
    g_test_add_func("/base/base64/foreign-characters", test_foreign_characters);
    g_test_add_func("/base/base64/strict", test_strict);
    g_test_add_func("/base/base64/rfc2045/6.8/cuts", test_mime_cuts);
    g_test_add_func("/base/base64/rfc2045/6.8/lenient", test_lenient);
    g_test_add_func("/base/base64/rfc2045/6.8/limit", test_lenient_limit);
    return g_test_run();
}
