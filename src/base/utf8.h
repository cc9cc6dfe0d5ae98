/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * UTF-8 as bytes (RFC 3629): is it well-formed, make it so, cut it. What needs tables of Unicode is in text.h.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

/**
 * tw_utf8_valid:
 * @data: (array length=len): bytes; may be NULL when @len is 0
 * @len: how many
 * @ret_valid_len: (out) (optional): length of the longest well-formed prefix that ends between characters
 *
 * Checks strictly: no overlong forms, no surrogates, nothing past U+10FFFF, nothing cut short. U+0000 is a
 * character like any other. Source: RFC 3629 section 4.
 *
 * Returns: whether all of it is well-formed
 */
gboolean tw_utf8_valid(const void *data, gsize len, gsize *ret_valid_len);

/**
 * tw_utf8_put_sanitised:
 * @out: where the text goes; at most three times @len
 * @data: (array length=len): bytes
 * @len: how many
 *
 * Appends the bytes with each ill-formed part replaced by U+FFFD: one for each longest piece that begins a
 * character, else for each byte. Source: Unicode 15, section 3.9, "substitution of maximal subparts".
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_utf8_put_sanitised(TwBuffer *out, const void *data, gsize len);

/**
 * tw_utf8_sanitise:
 * @data: (array length=len): bytes
 * @len: how many
 * @ret_len: (out) (optional): length of the result without its NUL
 *
 * As tw_utf8_put_sanitised(); U+0000 becomes U+FFFD too, so that the result can be used as a C string. The
 * caller has bounded @len.
 *
 * Returns: (transfer full): the text, NUL-terminated
 */
char *tw_utf8_sanitise(const void *data, gsize len, gsize *ret_len);

/**
 * tw_utf8_truncated_len:
 * @text: (array length=len): UTF-8
 * @len: how many bytes
 * @most: most bytes to keep
 *
 * Where to cut so that no character is torn. In ill-formed text it steps back at most three bytes.
 *
 * Returns: how many bytes to keep: @len when they fit, else @most or up to three less
 */
gsize tw_utf8_truncated_len(const void *text, gsize len, gsize most);

G_END_DECLS
