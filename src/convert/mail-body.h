/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Bodies of mail: which transfer encoding is the shortest that is safe, format=flowed, and the writing of bytes in it.
 *
 * 7bit and 8bit are safe where every line ends in CR LF and has at most 998 bytes, none looks like a delimiter of ours or begins with
 * "From " (which mailboxes of old change), and there is no other control character than the tab.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

/* What each boundary of ours begins with; no base64 or quoted-printable body can hold it (RFC 2045, section 6.7). */
#define TW_BODY_BOUNDARY_MARK "=_"

typedef enum {
    TW_BODY_7BIT,
    TW_BODY_8BIT,
    TW_BODY_QUOTED_PRINTABLE,
    TW_BODY_BASE64,
} TwBodyEncoding;

/**
 * tw_body_encoding_name:
 * @encoding: an encoding
 *
 * Returns: (transfer none): its name in Content-Transfer-Encoding
 */
const char *tw_body_encoding_name(TwBodyEncoding encoding);

/**
 * tw_body_choose:
 * @data: (array length=len): the bytes of a body
 * @len: how many
 * @text: whether line ends are line ends; else every byte counts and quoted-printable keeps CR and LF as data
 * @eightbit: whether 8bit may be used
 *
 * Returns: the shortest encoding that gives back the same bytes
 */
TwBodyEncoding tw_body_choose(const guint8 *data, gsize len, gboolean text, gboolean eightbit);

/**
 * tw_body_put:
 * @out: (inout): gets the encoded body
 * @data: (array length=len): the bytes of a body
 * @len: how many
 * @encoding: as tw_body_choose() says
 * @text: as in tw_body_choose()
 */
void tw_body_put(
    TwBuffer *out, const guint8 *data, gsize len, TwBodyEncoding encoding, gboolean text);

/**
 * tw_body_put_crlf:
 * @out: (inout): gets the text
 * @text: (array length=len): text with line ends of any kind
 * @len: how many bytes
 *
 * Puts text with CR LF at all ends of lines, NULs dropped: the canonical form of a text part.
 */
void tw_body_put_crlf(TwBuffer *out, const char *text, gsize len);

/**
 * tw_body_put_flowed:
 * @out: (inout): gets the text
 * @text: (array length=len): text, UTF-8, each paragraph a line
 * @len: how many bytes
 *
 * Puts text as format=flowed without DelSp (RFC 3676): paragraphs broken after a blank before column 78, lines that begin with a blank,
 * "From " or a ">" that is no quote with a blank before. Blanks at the ends of lines are lost, but for "-- ". Lines of a quote stay
 * as they are.
 */
void tw_body_put_flowed(TwBuffer *out, const char *text, gsize len);

G_END_DECLS
