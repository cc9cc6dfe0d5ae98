/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The inner loops of base64: each takes as many whole groups as it can and says how much it took. */
#pragma once

#include "base/base64.h"

G_BEGIN_DECLS

enum {
    TW_BASE64_NONE = 0xff /* not a character of the alphabet */
};

/* By TwBase64Alphabet: sextet to character, and character to sextet or TW_BASE64_NONE. */
extern const guint8 tw_base64_characters[2][64];
extern const guint8 tw_base64_sextets[2][256];

#if defined(__x86_64__)

/**
 * tw_base64_encode_sse:
 * @src: (array length=len): bytes
 * @len: how many
 * @dst: room for four characters for every three bytes of @len
 * @url: whether to use the URL alphabet
 *
 * Also in versions for AVX2 and AVX-512 VBMI.
 *
 * Returns: bytes taken, a multiple of three; four characters were written for each three
 */
gsize tw_base64_encode_sse(const guint8 *src, gsize len, guint8 *dst, gboolean url);
gsize tw_base64_encode_avx2(const guint8 *src, gsize len, guint8 *dst, gboolean url);
gsize tw_base64_encode_vbmi(const guint8 *src, gsize len, guint8 *dst, gboolean url);

/**
 * tw_base64_decode_sse:
 * @src: (array length=len): characters
 * @len: how many
 * @dst: room for three bytes for every four characters of @len
 * @url: whether to read the URL alphabet
 *
 * Stops before the first vector with a character outside the alphabet. Also in versions for AVX2 and
 * AVX-512 VBMI.
 *
 * Returns: characters taken, a multiple of four; three bytes were written for each four
 */
gsize tw_base64_decode_sse(const guint8 *src, gsize len, guint8 *dst, gboolean url);
gsize tw_base64_decode_avx2(const guint8 *src, gsize len, guint8 *dst, gboolean url);
gsize tw_base64_decode_vbmi(const guint8 *src, gsize len, guint8 *dst, gboolean url);

#endif

G_END_DECLS
