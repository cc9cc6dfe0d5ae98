/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The text of header fields and of their parameters: encoded words (RFC 2047), parameters in pieces and charsets
 * (RFC 2231), and raw bytes past ASCII where neither was used.
 */
#pragma once

#include "convert/charset.h"
#include "convert/mime-header.h"

G_BEGIN_DECLS

enum {
    /* Bytes of one field or phrase that are decoded; the rest is in the mail. Without it a mail of encoded words alone
     * is a hundred times dearer than text. */
    TW_MAIL_TEXT_MAX_LEN = 64 * 1024,
    TW_MAIL_TEXT_MAX_WORD = 2000, /* bytes of one encoded word; the standard allows 75 */
    TW_MAIL_TEXT_MAX_PIECES = 200 /* pieces of one parameter */
};

/**
 * tw_mail_text_put:
 * @reader: of the mail
 * @raw: (array length=len): bytes of a field, folded or not; more than %TW_MAIL_TEXT_MAX_LEN are cut off
 * @len: how many
 * @out: gets UTF-8 without control characters (a tab is a blank, others are left out)
 *
 * Decodes text that may have encoded words. Adjacent words of one charset are joined as bytes before they are decoded, so
 * that a character may be split between them; blanks between two words vanish. Words are also taken where the standard
 * has none: inside quotes, with blanks in them, without blanks around them. What only looks like a word stays as it is.
 */
void tw_mail_text_put(TwCharsetReader *reader, const guint8 *raw, gsize len, TwBuffer *out);

/**
 * tw_mail_text_decode:
 * @reader: of the mail
 * @raw: (array length=len): as tw_mail_text_put()
 * @len: how many
 *
 * As tw_mail_text_put(), without blanks at both ends.
 *
 * Returns: (transfer full): UTF-8, NUL-terminated
 */
char *tw_mail_text_decode(TwCharsetReader *reader, const guint8 *raw, gsize len);

/**
 * tw_mail_text_param:
 * @reader: of the mail
 * @value: a parsed Content-Type or Content-Disposition
 * @name: a parameter in lower case, such as "filename"
 *
 * Reads a parameter: put together from its pieces ("filename*0*", "filename*1"), with its charset; else the plain one,
 * in which encoded words are taken too. Percent signs that stand for no byte stay. Source: RFC 2231, sections 3 and 4.
 *
 * Returns: (transfer full) (nullable): UTF-8, or NULL when there is none or it is empty
 */
char *tw_mail_text_param(TwCharsetReader *reader, const TwMimeValue *value, const char *name);

G_END_DECLS
