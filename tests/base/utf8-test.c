/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/utf8.h"

#include "base/cpu.h"
#include "support/assert-bytes.h"

static void
at_each_level(void (*check)(void))
{
    for (TwCpuLevel level = TW_CPU_PORTABLE; level <= TW_CPU_AVX2; level++) {
        if (tw_cpu_set_most(level) != level)
            continue;
        g_test_message("level %s", tw_cpu_level_name(level));
        check();
    }
    tw_cpu_set_most(TW_CPU_VBMI);
}

/* What RFC 3629 says of one character, written from its grammar: UTF8-1 to UTF8-4. Its length, or 0. */
static gsize
one_character(const guint8 *p, gsize len)
{
#define TAIL(i) ((i) < len && p[i] >= 0x80 && p[i] <= 0xbf)
#define IN(i, from, to) ((i) < len && p[i] >= (from) && p[i] <= (to))
    if (IN(0, 0x00, 0x7f))
        return 1;
    if (IN(0, 0xc2, 0xdf) && TAIL(1))
        return 2;
    if ((IN(0, 0xe0, 0xe0) && IN(1, 0xa0, 0xbf) && TAIL(2)) ||
        (IN(0, 0xe1, 0xec) && TAIL(1) && TAIL(2)) ||
        (IN(0, 0xed, 0xed) && IN(1, 0x80, 0x9f) && TAIL(2)) ||
        (IN(0, 0xee, 0xef) && TAIL(1) && TAIL(2)))
        return 3;
    if ((IN(0, 0xf0, 0xf0) && IN(1, 0x90, 0xbf) && TAIL(2) && TAIL(3)) ||
        (IN(0, 0xf1, 0xf3) && TAIL(1) && TAIL(2) && TAIL(3)) ||
        (IN(0, 0xf4, 0xf4) && IN(1, 0x80, 0x8f) && TAIL(2) && TAIL(3)))
        return 4;
    return 0;
#undef IN
#undef TAIL
}

static gsize
valid_prefix(const guint8 *p, gsize len)
{
    gsize at = 0, n;

    while (at < len && (n = one_character(p + at, len - at)) > 0)
        at += n;
    return at;
}

static void
assert_agrees(const guint8 *bytes, gsize len)
{
    gsize expected = valid_prefix(bytes, len), prefix = 0;
    gboolean valid = tw_utf8_valid(bytes, len, &prefix);

    g_assert_cmpuint(prefix, ==, expected);
    g_assert_true(valid == (expected == len));
}

/* Every first and second byte, with third and fourth ones at each edge, right at each end of the input and
 * across the borders of vectors. */
static void
check_all_pairs(void)
{
    static const guint8 edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
    static const gsize lengths[] = { 4, 31, 65, 100 };
    guint8 *buffers[G_N_ELEMENTS(lengths)];

    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        buffers[i] = g_malloc(lengths[i]);
        memset(buffers[i], 'a', lengths[i]);
    }
    for (guint first = 0x7f; first < 256; first++) {
        for (guint second = 0; second < 256; second++) {
            for (guint e = 0; e < G_N_ELEMENTS(edges) * G_N_ELEMENTS(edges); e++) {
                guint8 bytes[4] = { (guint8) first, (guint8) second, edges[e / 10], edges[e % 10] };
                guint which = (first + second + e) % G_N_ELEMENTS(lengths);
                gsize at = which == 0 ? 0 : lengths[which] - 4 - (first + e) % 4;

                memcpy(buffers[which] + at, bytes, 4);
                assert_agrees(buffers[which], lengths[which]);
                memset(buffers[which] + at, 'a', 4);
            }
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++)
        g_free(buffers[i]);
}

static void
test_all_pairs(void)
{
    at_each_level(check_all_pairs);
}

static const char mixed[] =
    "plain text, \xc3\xa4\xc3\xb6\xc3\xbc, \xe2\x82\xac and \xf0\x9f\xa6\x92, "
    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97, once more at some length: "
    "\xd0\x96\xd0\xb8\xd1\x80\xd0\xb0\xd1\x84 \xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80";

/* Cut at every place, and with every byte changed. */
static void
check_cuts_and_faults(void)
{
    gsize len = sizeof mixed - 1;

    for (gsize cut = 0; cut <= len; cut++) {
        g_autofree guint8 *head = g_memdup2(mixed, cut);
        g_autofree guint8 *tail = g_memdup2(mixed + cut, len - cut);
        g_autofree guint8 *changed = g_memdup2(mixed, len);

        assert_agrees(head, cut);
        assert_agrees(tail, len - cut);
        for (guint c = 0; cut < len && c < 256; c++) {
            changed[cut] = (guint8) c;
            assert_agrees(changed, len);
        }
    }
}

/* A character torn by the end, at every length: also where the last vector is just full. */
static void
check_torn_ends(void)
{
    static const char *const torn[] = { "\xc3", "\xe2", "\xe2\x82", "\xf0\x9f\xa6" };

    for (gsize len = 3; len <= 200; len++) {
        for (guint i = 0; i < G_N_ELEMENTS(torn); i++) {
            gsize n = strlen(torn[i]);
            g_autofree guint8 *text = g_malloc(len);

            memset(text, 'a', len);
            memcpy(text + len - n, torn[i], n);
            assert_agrees(text, len);
        }
    }
}

static void
test_torn_ends(void)
{
    at_each_level(check_torn_ends);
}

static void
test_cuts_and_faults(void)
{
    at_each_level(check_cuts_and_faults);
}

#define FFFD "\xef\xbf\xbd"

static void
check_sanitise(void)
{
    /* the first four are the examples of Unicode 15, tables 3-8 to 3-11 */
    static const struct {
        const char *name, *input, *expected;
    } cases[] = {
        { "not shortest", "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
          FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
        { "surrogates", "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
          FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A" },
        { "past the end", "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
          FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B" },
        { "cut short", "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", FFFD FFFD FFFD FFFD "A" },
        { "nothing", "", "" },
        { "well-formed", "a\xe2\x82\xac", "a\xe2\x82\xac" },
        { "cut at the end", "a\xe2\x82", "a" FFFD },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].input), ret_len;
        g_autofree char *input = g_memdup2(cases[i].input, len);
        g_autofree char *text = tw_utf8_sanitise(input, len, &ret_len);

        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(text, ==, cases[i].expected);
        g_assert_cmpuint(ret_len, ==, strlen(text));
    }
}

static void
test_sanitise(void)
{
    g_autofree char *nul = tw_utf8_sanitise("a\0b\0", 4, NULL);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4);

    at_each_level(check_sanitise);
    g_assert_cmpstr(nul, ==, "a" FFFD "b" FFFD);
    g_assert_true(tw_utf8_put_sanitised(&out, "a\xff", 2));
    g_assert_false(tw_utf8_put_sanitised(&out, "\xff", 1));
}

static void
test_truncate(void)
{
    static const struct {
        const char *text;
        gsize most, kept;
    } cases[] = {
        { "abc", 3, 3 },
        { "abc", 2, 2 },
        { "abc", 0, 0 },
        { "a\xe2\x82\xac", 4, 4 },
        { "a\xe2\x82\xac", 3, 1 },
        { "a\xe2\x82\xac", 2, 1 },
        { "a\xe2\x82\xac", 1, 1 },
        { "\xf0\x9f\xa6\x92", 3, 0 },
        { "\xf0\x9f\xa6\x92", 1, 0 },
        { "a\x80\x80\x80\x80\x80\x80", 5, 5 }, /* ill-formed: no better place within three bytes */
        { "\x80\x80", 1, 1 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *text = g_memdup2(cases[i].text, len);

        g_assert_cmpuint(tw_utf8_truncated_len(text, len, cases[i].most), ==, cases[i].kept);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/utf8/rfc3629/4/pairs", test_all_pairs);
    g_test_add_func("/base/utf8/rfc3629/4/cuts-and-faults", test_cuts_and_faults);
    g_test_add_func("/base/utf8/torn-ends", test_torn_ends);
    g_test_add_func("/base/utf8/sanitise", test_sanitise);
    g_test_add_func("/base/utf8/truncate", test_truncate);
    return g_test_run();
}
