/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Forms of plain text that mails come in: format=flowed (RFC 3676), text/enriched (RFC 1896), files in text (uuencode).
 */
#pragma once

#include "base/buffer.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_UU_MAX_NAME = 255, /* bytes of a file's name */
    TW_UU_MAX_LINE =
        62, /* characters of an encoded line: a length and 60, one for a checksum that some add */
    TW_UU_MAX_HEAD = 300,       /* bytes of a line that begins a file */
    TW_ENRICHED_MAX_DEPTH = 64, /* commands in commands; deeper ones are passed over */
};

/**
 * tw_text_unflow:
 * @text: (array length=len): the text, lines ending in LF or CRLF
 * @len: how many bytes
 * @delsp: the parameter DelSp=yes: the blank at the end of a flowed line is not part of the text
 * @out: gets the text with each paragraph as one line, CRLF at line ends; quotes keep their ">" and a blank
 *
 * Source: RFC 3676, section 4. "-- " is a line of its own.
 */
void tw_text_unflow(const char *text, gsize len, gboolean delsp, TwBuffer *out);

/**
 * tw_text_put_crlf:
 * @text: (array length=len): text with any line ends
 * @len: how many bytes
 * @out: gets it with CRLF at line ends
 */
void tw_text_put_crlf(const char *text, gsize len, TwBuffer *out);

/**
 * tw_text_enriched_to_html:
 * @text: (array length=len): text/enriched or text/richtext, UTF-8
 * @len: how many bytes
 * @out: gets HTML, UTF-8
 *
 * Bold, italic, underlined, fixed, bigger, smaller, centre, right, excerpt, colour by name or number, and nofill; other
 * commands give their text, <param> nothing. What is left open is closed at the end.
 */
void tw_text_enriched_to_html(const char *text, gsize len, TwBuffer *out);

/* A file in text. */
typedef struct {
    gsize start, len;     /* the "begin" line to the "end" line, both included, in the text */
    gsize data, data_len; /* the encoded lines */
    char *name;           /* owned; bytes as they stand there */
} TwUuFile;

/**
 * tw_uu_find:
 * @text: (array length=len): text, not decoded from its charset
 * @len: how many bytes
 * @from: where to begin, at the start of a line
 * @ret: (out): the file; its name is to be freed
 *
 * Finds the next whole file: "begin", a mode of three or four octal digits and a name, lines of the right lengths, an
 * empty line, "end". Source: POSIX, uuencode.
 *
 * Returns: FALSE, and @ret untouched, when there is none
 */
gboolean tw_uu_find(const guint8 *text, gsize len, gsize from, TwUuFile *ret);

/**
 * tw_uu_decode:
 * @lines: (array length=len): encoded lines, as tw_uu_find() gives or of a part with that encoding
 * @len: how many bytes
 * @out: gets the file
 *
 * Decodes the lines; what is no encoded line is passed over.
 */
void tw_uu_decode(const guint8 *lines, gsize len, TwBuffer *out);

G_END_DECLS
