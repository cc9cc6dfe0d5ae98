/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Text of mails to UTF-8, whatever charset it names, wrongly names or does not name.
 *
 * What is done with bytes, first that fits:
 *
 *   declared                            bytes                              taken as
 *   nothing, us-ascii, an unknown name  ASCII, ESC $ or ESC ( in it        ISO-2022-JP, -KR or -CN
 *   the same                            ASCII                              ASCII
 *   the same                            well-formed UTF-8                  UTF-8
 *   the same                            other                              the reader's fallback, else what ICU guesses when it is
 *                                                                          sure, else windows-1252
 *   utf-8                               more broken than whole sequences   as if nothing was declared
 *   iso-8859-1, windows-1252            well-formed UTF-8, not ASCII       UTF-8
 *   a name that is too narrow           any                                the wider set that the senders mean: gb2312 as
 *                                                                          GB18030, iso-8859-1 as windows-1252, ks_c_5601 as 949
 *   any other name                      any                                that charset; U+FFFD for each broken sequence
 *
 * Results are well-formed UTF-8 without U+0000. All of it runs in time linear in the bytes.
 */
#pragma once

#include "base/buffer.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_CHARSET_MAX_NAME = 64, /* bytes of a charset's name; longer ones are unknown */
    /* Guesses of one reader; later texts take the last result. Without it 100,000 raw headers cost 30 seconds. */
    TW_CHARSET_MAX_GUESSES = 8,
    TW_CHARSET_GUESS_LEN = 4096, /* bytes that a guess looks at */
};

/* Reads the texts of one mail; keeps the last converter open. Not for two threads at once. */
typedef struct TwCharsetReader TwCharsetReader;

/**
 * tw_charset_reader_new:
 * @fallback: (nullable): charset of texts that name none and are neither ASCII nor UTF-8; NULL: it is guessed
 * @substitutes: (nullable): NULL-terminated, pairs of a name that is not known here and of the charset that it means; borrowed
 *
 * Returns: (transfer full): a reader
 */
TwCharsetReader *tw_charset_reader_new(const char *fallback, const char *const *substitutes);

/**
 * tw_charset_reader_free:
 * @reader: (nullable) (transfer full): a reader
 */
void tw_charset_reader_free(TwCharsetReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCharsetReader, tw_charset_reader_free)

/**
 * tw_charset_read:
 * @reader: a reader
 * @charset: (array length=charset_len) (nullable): what the text says it is; NULL: nothing
 * @charset_len: bytes of the name
 * @data: (array length=len): whole text, or at least whole characters
 * @len: how many bytes
 * @out: gets UTF-8 by the table above
 *
 * Never fails, but for @out being full.
 */
void tw_charset_read(TwCharsetReader *reader,
                     const char *charset,
                     gsize charset_len,
                     const guint8 *data,
                     gsize len,
                     TwBuffer *out);

/**
 * tw_charset_is_plain:
 * @charset: a charset's name
 *
 * Returns: whether it is known, and its bytes below 128 are the characters of ASCII
 */
gboolean tw_charset_is_plain(const char *charset);

/**
 * tw_charset_codepage:
 * @charset: (array length=len): a charset's name, in any case
 * @len: its length
 *
 * The code page that PR_INTERNET_CPID names for it, by which mapi/codepage.h reads the text. 65001 is given only for
 * UTF-8 itself.
 *
 * Returns: the code page, or 0 for a name that has none
 */
guint tw_charset_codepage(const char *charset, gsize len);

G_END_DECLS
