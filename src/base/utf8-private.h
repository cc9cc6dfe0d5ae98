/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vector loops of UTF-8 validation. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#if defined(__x86_64__)

/**
 * tw_utf8_valid_blocks_sse:
 * @data: (array length=len): bytes
 * @len: how many
 *
 * Also in a version for AVX2.
 *
 * Returns: a length up to which no fault shows; @len when there is none at all. A character may be torn there,
 * and the fault, if any, lies within the next 64 bytes or in the character torn
 */
gsize tw_utf8_valid_blocks_sse(const guint8 *data, gsize len);
gsize tw_utf8_valid_blocks_avx2(const guint8 *data, gsize len);

#endif

G_END_DECLS
