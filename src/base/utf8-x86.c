/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * UTF-8 validation with vector instructions, after the observation (Keiser and Lemire, 2020) that all faults but
 * one kind show in two neighbouring bytes: three table lookups, by the high and low half of the first and
 * the high half of the second, each give the set of faults that this half allows; a fault is there when all
 * three allow it. What is left is whether a third or fourth byte is, or is not, a continuation: that is known
 * from the bytes two and three places before.
 */
#include "base/utf8-private.h"

#if defined(__x86_64__)

#    include <immintrin.h>
#    include <string.h>

/* Faults of a pair, as bits. LATE must be the top bit: it is the one that a lead further back may call for. */
enum {
    SHORT = 1 << 0,     /* a lead, then no continuation */
    STRAY = 1 << 1,     /* ASCII, then a continuation */
    OVER_2 = 1 << 2,    /* C0 C1: would fit one byte */
    OVER_3 = 1 << 3,    /* E0 80-9F: would fit two */
    SURROGATE = 1 << 4, /* ED A0-BF */
    LARGE = 1 << 5,     /* F4 90-BF, F5-FF 90-BF: past U+10FFFF */
    EDGE_4 = 1 << 6,    /* F0 80-8F would fit three; F5-FF 80-8F past U+10FFFF */
    LATE = 1 << 7 /* two continuations: a fault unless a lead two or three places before wants it */
};
#    define ANY (SHORT | STRAY | (char) LATE)

#    define BY_FIRST_HIGH                                                                          \
        STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, STRAY, (char) LATE, (char) LATE,          \
            (char) LATE, (char) LATE, SHORT | OVER_2, SHORT, SHORT | OVER_3 | SURROGATE,           \
            SHORT | LARGE | EDGE_4
#    define BY_FIRST_LOW                                                                           \
        ANY | OVER_2 | OVER_3 | EDGE_4, ANY | OVER_2, ANY, ANY, ANY | LARGE, ANY | LARGE | EDGE_4, \
            ANY | LARGE | EDGE_4, ANY | LARGE | EDGE_4, ANY | LARGE | EDGE_4,                      \
            ANY | LARGE | EDGE_4, ANY | LARGE | EDGE_4, ANY | LARGE | EDGE_4,                      \
            ANY | LARGE | EDGE_4, ANY | LARGE | EDGE_4 | SURROGATE, ANY | LARGE | EDGE_4,          \
            ANY | LARGE | EDGE_4
#    define CONTINUES (STRAY | OVER_2 | (char) LATE)
#    define BY_SECOND_HIGH                                                                         \
        SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, CONTINUES | OVER_3 | EDGE_4,       \
            CONTINUES | OVER_3 | LARGE, CONTINUES | SURROGATE | LARGE,                             \
            CONTINUES | SURROGATE | LARGE, SHORT, SHORT, SHORT, SHORT

#    define TARGET_SSE __attribute__((target("sse4.2")))
#    define TARGET_AVX2 __attribute__((target("avx2")))

TARGET_SSE static inline __m128i
faults_sse(__m128i v, __m128i before)
{
    const __m128i half = _mm_set1_epi8(0x0f);
    __m128i first = _mm_alignr_epi8(v, before, 15);
    __m128i second_back = _mm_alignr_epi8(v, before, 14);
    __m128i third_back = _mm_alignr_epi8(v, before, 13);
    __m128i pair, wanted;

    pair = _mm_shuffle_epi8(_mm_setr_epi8(BY_FIRST_HIGH),
                            _mm_and_si128(_mm_srli_epi16(first, 4), half));
    pair = _mm_and_si128(pair,
                         _mm_shuffle_epi8(_mm_setr_epi8(BY_FIRST_LOW), _mm_and_si128(first, half)));
    pair = _mm_and_si128(pair, _mm_shuffle_epi8(_mm_setr_epi8(BY_SECOND_HIGH),
                                                _mm_and_si128(_mm_srli_epi16(v, 4), half)));
    /* the top bit is set where a lead of three or four bytes, two or three places back, wants a continuation */
    wanted = _mm_or_si128(_mm_subs_epu8(second_back, _mm_set1_epi8((char) (0xe0 - 0x80))),
                          _mm_subs_epu8(third_back, _mm_set1_epi8((char) (0xf0 - 0x80))));
    return _mm_xor_si128(pair, _mm_and_si128(wanted, _mm_set1_epi8((char) LATE)));
}

TARGET_SSE gsize
tw_utf8_valid_blocks_sse(const guint8 *data, gsize len)
{
    __m128i before = _mm_setzero_si128();
    guint8 last[16] = { 0 };
    gsize at = 0;

    for (; len - at >= 16; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *) (data + at));
        __m128i faults = faults_sse(v, before);

        if (!_mm_testz_si128(faults, faults))
            return at;
        before = v;
    }
    /* the rest, and zeros after it, so that a character cut short shows */
    if (len > at)
        memcpy(last, data + at, len - at);
    before = faults_sse(_mm_loadu_si128((const __m128i *) last), before);
    if (_mm_testz_si128(before, before))
        return len;
    return at < len ? at : len - 1; /* a character torn by the end of the last whole vector */
}

TARGET_AVX2 static inline __m256i
faults_avx2(__m256i v, __m256i before)
{
    const __m256i half = _mm256_set1_epi8(0x0f);
    __m256i across = _mm256_permute2x128_si256(before, v, 0x21);
    __m256i first = _mm256_alignr_epi8(v, across, 15);
    __m256i second_back = _mm256_alignr_epi8(v, across, 14);
    __m256i third_back = _mm256_alignr_epi8(v, across, 13);
    __m256i pair, wanted;

    pair = _mm256_shuffle_epi8(_mm256_setr_epi8(BY_FIRST_HIGH, BY_FIRST_HIGH),
                               _mm256_and_si256(_mm256_srli_epi16(first, 4), half));
    pair = _mm256_and_si256(pair, _mm256_shuffle_epi8(_mm256_setr_epi8(BY_FIRST_LOW, BY_FIRST_LOW),
                                                      _mm256_and_si256(first, half)));
    pair = _mm256_and_si256(pair,
                            _mm256_shuffle_epi8(_mm256_setr_epi8(BY_SECOND_HIGH, BY_SECOND_HIGH),
                                                _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
    wanted = _mm256_or_si256(_mm256_subs_epu8(second_back, _mm256_set1_epi8((char) (0xe0 - 0x80))),
                             _mm256_subs_epu8(third_back, _mm256_set1_epi8((char) (0xf0 - 0x80))));
    return _mm256_xor_si256(pair, _mm256_and_si256(wanted, _mm256_set1_epi8((char) LATE)));
}

TARGET_AVX2 gsize
tw_utf8_valid_blocks_avx2(const guint8 *data, gsize len)
{
    __m256i before = _mm256_setzero_si256();
    guint8 last[32] = { 0 };
    gsize at = 0;

    for (; len - at >= 64; at += 64) {
        __m256i v = _mm256_loadu_si256((const __m256i *) (data + at));
        __m256i w = _mm256_loadu_si256((const __m256i *) (data + at + 32));
        __m256i faults;

        /* all ASCII, and so was the end of what came before */
        if (_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(v, w), before)) == 0) {
            before = w;
            continue;
        }
        faults = _mm256_or_si256(faults_avx2(v, before), faults_avx2(w, v));
        if (!_mm256_testz_si256(faults, faults))
            return at;
        before = w;
    }
    if (len - at >= 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *) (data + at));
        __m256i faults = faults_avx2(v, before);

        if (!_mm256_testz_si256(faults, faults))
            return at;
        before = v;
        at += 32;
    }
    if (len > at)
        memcpy(last, data + at, len - at);
    before = faults_avx2(_mm256_loadu_si256((const __m256i *) last), before);
    if (_mm256_testz_si256(before, before))
        return len;
    return at < len ? at : len - 1;
}

#endif
