/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Base64 with vector instructions, in three widths.
 *
 * Encoding: three bytes a b c are laid out as the 16-bit words (a,b) and (b,c); then each of the four sextets
 * sits inside one word and a multiplication by a power of two moves it to its own byte. Sextet to character is
 * an addition of one of five constants, chosen by range.
 *
 * Decoding: a character is valid when the sets of its high and its low half have no "bad" bit in common;
 * character to sextet is an addition chosen by the high half. Two multiply-adds glue four sextets to 24 bits.
 *
 * With AVX-512 VBMI both alphabets are one table lookup, and vpmultishiftqb picks all sextets at once.
 */
#include "base/base64-private.h"

#if defined(__x86_64__)

#    include <immintrin.h>

/* Which of the rows below a character belongs to, by its high half; BAD_ROW holds nothing valid. */
enum {
    ROW_2 = 1 << 0,   /* + / */
    ROW_3 = 1 << 1,   /* 0-9 */
    ROW_46 = 1 << 2,  /* A-O a-o */
    ROW_57 = 1 << 3,  /* P-Z p-z */
    BAD_ROW = 1 << 4, /* control characters, and everything past ASCII */
};

/* For each low half: the rows in which it is not a base64 character. */
#    define BAD_BY_LOW_HALF                                                                        \
        ROW_2 | ROW_46 | BAD_ROW, ROW_2 | BAD_ROW, ROW_2 | BAD_ROW, ROW_2 | BAD_ROW,               \
            ROW_2 | BAD_ROW, ROW_2 | BAD_ROW, ROW_2 | BAD_ROW, ROW_2 | BAD_ROW, ROW_2 | BAD_ROW,   \
            ROW_2 | BAD_ROW, ROW_2 | ROW_3 | BAD_ROW, ROW_3 | ROW_57 | BAD_ROW,                    \
            ROW_2 | ROW_3 | ROW_57 | BAD_ROW, ROW_2 | ROW_3 | ROW_57 | BAD_ROW,                    \
            ROW_2 | ROW_3 | ROW_57 | BAD_ROW, ROW_3 | ROW_57 | BAD_ROW

#    define ROW_BY_HIGH_HALF                                                                       \
        BAD_ROW, BAD_ROW, ROW_2, ROW_3, ROW_46, ROW_57, ROW_46, ROW_57, BAD_ROW, BAD_ROW, BAD_ROW, \
            BAD_ROW, BAD_ROW, BAD_ROW, BAD_ROW, BAD_ROW

/* What to add to a character to get its sextet, by high half; "/" uses place 1. */
#    define SEXTET_BY_HIGH_HALF 0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0

/* What to add to a sextet: a-z in place 0, digits in 1 to 10, the two signs in 11 and 12, A-Z in 13. */
#    define CHARACTER_STANDARD 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0
#    define CHARACTER_URL 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -17, 32, 65, 0, 0

#    define SPREAD 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10
#    define GATHER 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1

__attribute__((target("sse4.2"))) gsize
tw_base64_encode_sse(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const __m128i table = url ? _mm_setr_epi8(CHARACTER_URL) : _mm_setr_epi8(CHARACTER_STANDARD);
    gsize done = 0;

    for (; len - done >= 16; done += 12, dst += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *) (src + done));
        __m128i even, odd, place;

        v = _mm_shuffle_epi8(v, _mm_setr_epi8(SPREAD));
        even = _mm_mulhi_epu16(_mm_and_si128(v, _mm_set1_epi32(0x0fc0fc00)),
                               _mm_set1_epi32(0x04000040));
        odd = _mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi32(0x003f03f0)),
                              _mm_set1_epi32(0x01000010));
        v = _mm_or_si128(even, odd);
        place = _mm_subs_epu8(v, _mm_set1_epi8(51));
        place = _mm_or_si128(
            place, _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), v), _mm_set1_epi8(13)));
        v = _mm_add_epi8(v, _mm_shuffle_epi8(table, place));
        _mm_storeu_si128((__m128i *) dst, v);
    }
    return done;
}

__attribute__((target("avx2"))) gsize
tw_base64_encode_avx2(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const __m256i table = _mm256_broadcastsi128_si256(url ? _mm_setr_epi8(CHARACTER_URL)
                                                          : _mm_setr_epi8(CHARACTER_STANDARD));
    gsize done = 0;

    for (; len - done >= 28; done += 24, dst += 32) {
        __m128i low = _mm_loadu_si128((const __m128i *) (src + done));
        __m128i high = _mm_loadu_si128((const __m128i *) (src + done + 12));
        __m256i v = _mm256_set_m128i(high, low), even, odd, place;

        v = _mm256_shuffle_epi8(v, _mm256_setr_epi8(SPREAD, SPREAD));
        even = _mm256_mulhi_epu16(_mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00)),
                                  _mm256_set1_epi32(0x04000040));
        odd = _mm256_mullo_epi16(_mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0)),
                                 _mm256_set1_epi32(0x01000010));
        v = _mm256_or_si256(even, odd);
        place = _mm256_subs_epu8(v, _mm256_set1_epi8(51));
        place = _mm256_or_si256(place, _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), v),
                                                        _mm256_set1_epi8(13)));
        v = _mm256_add_epi8(v, _mm256_shuffle_epi8(table, place));
        _mm256_storeu_si256((__m256i *) dst, v);
    }
    return done;
}

/* The URL alphabet, as the standard one; the standard signs become invalid. */
__attribute__((target("sse4.2"))) static inline __m128i
from_url_sse(__m128i v)
{
    __m128i minus = _mm_cmpeq_epi8(v, _mm_set1_epi8('-'));
    __m128i under = _mm_cmpeq_epi8(v, _mm_set1_epi8('_'));
    __m128i wrong =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('+')), _mm_cmpeq_epi8(v, _mm_set1_epi8('/')));

    v = _mm_andnot_si128(wrong, v);
    v = _mm_blendv_epi8(v, _mm_set1_epi8('+'), minus);
    return _mm_blendv_epi8(v, _mm_set1_epi8('/'), under);
}

__attribute__((target("sse4.2"))) gsize
tw_base64_decode_sse(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const __m128i half = _mm_set1_epi8(0x0f);
    gsize done = 0;

    for (; len - done >= 16; done += 16, dst += 12) {
        __m128i v = _mm_loadu_si128((const __m128i *) (src + done)), high, bad, add;
        guint32 last;

        if (url)
            v = from_url_sse(v);
        high = _mm_and_si128(_mm_srli_epi32(v, 4), half);
        bad =
            _mm_and_si128(_mm_shuffle_epi8(_mm_setr_epi8(BAD_BY_LOW_HALF), _mm_and_si128(v, half)),
                          _mm_shuffle_epi8(_mm_setr_epi8(ROW_BY_HIGH_HALF), high));
        if (!_mm_testz_si128(bad, bad))
            break;
        add = _mm_shuffle_epi8(_mm_setr_epi8(SEXTET_BY_HIGH_HALF),
                               _mm_add_epi8(high, _mm_cmpeq_epi8(v, _mm_set1_epi8('/'))));
        v = _mm_add_epi8(v, add);
        v = _mm_maddubs_epi16(v, _mm_set1_epi16(0x0140));
        v = _mm_madd_epi16(v, _mm_set1_epi32(0x00011000));
        v = _mm_shuffle_epi8(v, _mm_setr_epi8(GATHER));
        _mm_storel_epi64((__m128i *) dst, v);
        last = (guint32) _mm_extract_epi32(v, 2);
        memcpy(dst + 8, &last, sizeof last);
    }
    return done;
}

__attribute__((target("avx2"))) static inline __m256i
from_url_avx2(__m256i v)
{
    __m256i minus = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('-'));
    __m256i under = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_'));
    __m256i wrong = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('+')),
                                    _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/')));

    v = _mm256_andnot_si256(wrong, v);
    v = _mm256_blendv_epi8(v, _mm256_set1_epi8('+'), minus);
    return _mm256_blendv_epi8(v, _mm256_set1_epi8('/'), under);
}

__attribute__((target("avx2"))) gsize
tw_base64_decode_avx2(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const __m256i half = _mm256_set1_epi8(0x0f);
    gsize done = 0;

    for (; len - done >= 32; done += 32, dst += 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *) (src + done)), high, bad, add;

        if (url)
            v = from_url_avx2(v);
        high = _mm256_and_si256(_mm256_srli_epi32(v, 4), half);
        bad = _mm256_and_si256(
            _mm256_shuffle_epi8(_mm256_setr_epi8(BAD_BY_LOW_HALF, BAD_BY_LOW_HALF),
                                _mm256_and_si256(v, half)),
            _mm256_shuffle_epi8(_mm256_setr_epi8(ROW_BY_HIGH_HALF, ROW_BY_HIGH_HALF), high));
        if (!_mm256_testz_si256(bad, bad))
            break;
        add =
            _mm256_shuffle_epi8(_mm256_setr_epi8(SEXTET_BY_HIGH_HALF, SEXTET_BY_HIGH_HALF),
                                _mm256_add_epi8(high, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'))));
        v = _mm256_add_epi8(v, add);
        v = _mm256_maddubs_epi16(v, _mm256_set1_epi16(0x0140));
        v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
        v = _mm256_shuffle_epi8(v, _mm256_setr_epi8(GATHER, GATHER));
        v = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
        _mm_storeu_si128((__m128i *) dst, _mm256_castsi256_si128(v));
        _mm_storel_epi64((__m128i *) (dst + 16), _mm256_extracti128_si256(v, 1));
    }
    return done;
}

static const guint8 spread_48[64] = {
    1,  0,  2,  1,  4,  3,  5,  4,  7,  6,  8,  7,  10, 9,  11, 10, 13, 12, 14, 13, 16, 15,
    17, 16, 19, 18, 20, 19, 22, 21, 23, 22, 25, 24, 26, 25, 28, 27, 29, 28, 31, 30, 32, 31,
    34, 33, 35, 34, 37, 36, 38, 37, 40, 39, 41, 40, 43, 42, 44, 43, 46, 45, 47, 46,
};

static const guint8 gather_48[64] = {
    2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30,
    29, 28, 34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57,
    56, 62, 61, 60, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
};

#    define TARGET_VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))

/* Masked loads and stores take the bytes past the end of either side out of the question. */
TARGET_VBMI gsize
tw_base64_encode_vbmi(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const __m512i table = _mm512_loadu_si512(tw_base64_characters[url ? 1 : 0]);
    const __m512i spread = _mm512_loadu_si512(spread_48);
    /* of each eight bytes b a c b e d f e: bit offsets of the sextets in output order */
    const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
    gsize done = 0;

    while (len - done >= 3) {
        gsize take = MIN(len - done, (gsize) 48) / 3 * 3, chars = take / 3 * 4;
        __mmask64 in = take == 48 ? 0xffffffffffffu : ((__mmask64) 1 << take) - 1;
        __mmask64 out = chars == 64 ? ~(__mmask64) 0 : ((__mmask64) 1 << chars) - 1;
        __m512i v = _mm512_maskz_loadu_epi8(in, src + done);

        v = _mm512_permutexvar_epi8(spread, v);
        v = _mm512_multishift_epi64_epi8(shifts, v);
        v = _mm512_permutexvar_epi8(v, table);
        _mm512_mask_storeu_epi8(dst, out, v);
        done += take;
        dst += chars;
    }
    return done;
}

TARGET_VBMI gsize
tw_base64_decode_vbmi(const guint8 *src, gsize len, guint8 *dst, gboolean url)
{
    const guint8 *table = tw_base64_sextets[url ? 1 : 0];
    const __m512i low = _mm512_loadu_si512(table);
    const __m512i high = _mm512_loadu_si512(table + 64);
    const __m512i gather = _mm512_loadu_si512(gather_48);
    gsize done = 0;

    while (len - done >= 4) {
        gsize take = MIN(len - done, (gsize) 64) / 4 * 4, bytes;
        __mmask64 in = take == 64 ? ~(__mmask64) 0 : ((__mmask64) 1 << take) - 1;
        __m512i v = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), in, src + done), sextets;
        __mmask64 bad;

        sextets = _mm512_permutex2var_epi8(low, v, high);
        bad = _mm512_movepi8_mask(_mm512_or_si512(sextets, v));
        if (bad != 0)
            take = (gsize) __builtin_ctzll(bad) / 4 * 4;
        sextets = _mm512_maddubs_epi16(sextets, _mm512_set1_epi16(0x0140));
        sextets = _mm512_madd_epi16(sextets, _mm512_set1_epi32(0x00011000));
        sextets = _mm512_permutexvar_epi8(gather, sextets);
        bytes = take / 4 * 3;
        _mm512_mask_storeu_epi8(dst, ((__mmask64) 1 << bytes) - 1, sextets);
        done += take;
        dst += bytes;
        if (bad != 0)
            break;
    }
    return done;
}

#endif
