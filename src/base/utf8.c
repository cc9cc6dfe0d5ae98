/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/utf8.h"

#include "base/cpu.h"
#include "base/utf8-private.h"

static const guint8 replacement[3] = { 0xef, 0xbf, 0xbd }; /* U+FFFD */

static inline gboolean
is_continuation(guint8 c)
{
    return (c & 0xc0) == 0x80;
}

/* The lead says how long the character is and which second bytes it allows (RFC 3629 section 4). */
static gsize
read_lead(guint8 lead, guint8 *ret_low, guint8 *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0) {
        if (lead == 0xe0)
            *ret_low = 0xa0;
        if (lead == 0xed)
            *ret_high = 0x9f;
        return 3;
    }
    if (lead == 0xf0)
        *ret_low = 0x90;
    if (lead == 0xf4)
        *ret_high = 0x8f;
    return 4;
}

/* Length of the character at data, or of the longest piece that begins one (at least 1). len is not 0. */
static gsize
measure(const guint8 *data, gsize len, gboolean *ret_whole)
{
    guint8 low, high;
    gsize wanted = read_lead(data[0], &low, &high), have = 1;

    if (wanted > 1 && len > 1 && data[1] >= low && data[1] <= high) {
        have = 2;
        while (have < wanted && have < len && is_continuation(data[have]))
            have++;
    }
    *ret_whole = have == wanted;
    return have;
}

/* By plain C, from a place between characters; returns where the first fault is, or len. */
static gsize
find_fault(const guint8 *data, gsize len, gsize at)
{
    while (at < len) {
        gboolean whole;
        gsize n = 1;
        guint64 eight;

        if (data[at] < 0x80) {
            while (len - at >= sizeof eight) {
                memcpy(&eight, data + at, sizeof eight);
                if (eight & G_GUINT64_CONSTANT(0x8080808080808080))
                    break;
                at += sizeof eight;
            }
            while (at < len && data[at] < 0x80)
                at++;
            continue;
        }
        n = measure(data + at, len - at, &whole);
        if (!whole)
            return at;
        at += n;
    }
    return len;
}

gboolean
tw_utf8_valid(const void *data, gsize len, gsize *ret_valid_len)
{
    const guint8 *src = data;
    gsize at = 0;

#if defined(__x86_64__)
    TwCpuLevel level = tw_cpu_level();

    if (level >= TW_CPU_AVX2)
        at = tw_utf8_valid_blocks_avx2(src, len);
    else if (level == TW_CPU_SSE42)
        at = tw_utf8_valid_blocks_sse(src, len);
    /* a character may be torn there: back to where it began, which is in what was found good */
    for (int i = 0; i < 3 && at > 0 && at < len; i++)
        at--;
    while (at > 0 && at < len && is_continuation(src[at]))
        at--;
#endif
    at = find_fault(src, len, at);
    if (ret_valid_len != NULL)
        *ret_valid_len = at;
    return at == len;
}

gboolean
tw_utf8_put_sanitised(TwBuffer *out, const void *data, gsize len)
{
    const guint8 *src = data;

    while (len > 0 && !tw_buffer_failed(out)) {
        gboolean whole;
        gsize good;

        if (tw_utf8_valid(src, len, &good)) {
            tw_buffer_put(out, src, len);
            break;
        }
        tw_buffer_put(out, src, good);
        tw_buffer_put(out, replacement, sizeof replacement);
        good += measure(src + good, len - good, &whole);
        src += good;
        len -= good;
    }
    return !tw_buffer_failed(out);
}

char *
tw_utf8_sanitise(const void *data, gsize len, gsize *ret_len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXSIZE / 2);
    const guint8 *src = data;
    const guint8 *nul;

    while (len > 0 && (nul = memchr(src, '\0', len)) != NULL) {
        gsize part = (gsize) (nul - src);

        tw_utf8_put_sanitised(&out, src, part);
        tw_buffer_put(&out, replacement, sizeof replacement);
        src += part + 1;
        len -= part + 1;
    }
    tw_utf8_put_sanitised(&out, src, len);
    tw_buffer_put_u8(&out, 0);
    if (ret_len != NULL)
        *ret_len = out.len - 1;
    return (char *) g_steal_pointer(&out.data);
}

gsize
tw_utf8_truncated_len(const void *text, gsize len, gsize most)
{
    const guint8 *src = text;
    gsize at = most;

    if (len <= most)
        return len;
    while (at > 0 && most - at < 3 && is_continuation(src[at]))
        at--;
    return is_continuation(src[at]) ? most : at;
}
