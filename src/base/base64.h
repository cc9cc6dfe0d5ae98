/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Base64 (RFC 4648) both ways: whole values strictly, MIME bodies (RFC 2045 section 6.8) in pieces.
 *
 * All output goes to a TwBuffer and counts against its limit. Results never depend on how the input was cut.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

typedef enum {
    TW_BASE64_STANDARD, /* RFC 4648 section 4, with padding */
    TW_BASE64_URL,      /* RFC 4648 section 5, "-" and "_", no padding */
} TwBase64Alphabet;

enum {
    TW_BASE64_MIME_COLUMNS = 76, /* RFC 2045 section 6.8: longest line of an encoded body */
    TW_BASE64_MOST_COLUMNS = 996 /* RFC 5322 section 2.1.1: 998, and a multiple of four */
};

/**
 * tw_base64_encoded_len:
 * @len: bytes to encode
 * @alphabet: which form
 * @ret: (out): characters that tw_base64_encode() writes for them
 *
 * Returns: FALSE when the sum would not fit a gsize
 */
gboolean tw_base64_encoded_len(gsize len, TwBase64Alphabet alphabet, gsize *ret);

/**
 * tw_base64_encode:
 * @out: where the text goes; it failed when the text did not fit
 * @data: (array length=len): bytes
 * @len: how many
 * @alphabet: which form
 *
 * Appends the bytes as one line of text, with no line break.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_base64_encode(TwBuffer *out, const void *data, gsize len, TwBase64Alphabet alphabet);

/**
 * tw_base64_decode:
 * @out: where the bytes go; holds what it held before on failure
 * @text: (array length=len): the text, not NUL-terminated
 * @len: how many characters
 * @alphabet: which form
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG when @out is full
 *
 * Decodes strictly: only characters of the alphabet, padding exactly as the form has it, and no bits set
 * that the padding cuts off, so that each value has one spelling. Source: RFC 4648 sections 3.2 to 3.5.
 *
 * Returns: FALSE on any other input
 */
gboolean tw_base64_decode(
    TwBuffer *out, const char *text, gsize len, TwBase64Alphabet alphabet, GError **error);

typedef struct {
    guint columns;    /* characters of a full line */
    guint column;     /* written on the current line, a multiple of four */
    guint rest_len;   /* bytes held back, less than three */
    guint8 rest[3];   /* the bytes held back */
    gboolean bare_lf; /* lines end in LF, not CRLF */
} TwBase64Encoder;

/**
 * tw_base64_encoder_init:
 * @encoder: caller's memory; nothing to free
 * @columns: characters in each line, a multiple of four from 4 to %TW_BASE64_MOST_COLUMNS
 * @bare_lf: whether lines end in LF instead of CRLF
 *
 * Starts a MIME body. A line break follows each full line that something follows; the caller writes the one
 * after the last line, if it wants one.
 */
void tw_base64_encoder_init(TwBase64Encoder *encoder, guint columns, gboolean bare_lf);

/**
 * tw_base64_encoder_put:
 * @encoder: the encoder
 * @data: (array length=len): the next bytes of the body
 * @len: how many
 * @out: where the text goes
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_base64_encoder_put(TwBase64Encoder *encoder,
                               const void *data,
                               gsize len,
                               TwBuffer *out);

/**
 * tw_base64_encoder_finish:
 * @encoder: the encoder; ready for another body afterwards
 * @out: where the text goes
 *
 * Writes what was held back, with padding.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_base64_encoder_finish(TwBase64Encoder *encoder, TwBuffer *out);

typedef struct {
    guint32 bits;     /* sextets of the open group of four */
    guint count;      /* how many: 0 to 3 */
    gboolean padded;  /* a "=" closed a group and no new one began */
    gboolean damaged; /* something was passed over that no encoder writes */
} TwBase64Decoder;

/**
 * tw_base64_decoder_init:
 * @decoder: caller's memory; nothing to free
 *
 * Starts a MIME body in the standard alphabet.
 */
void tw_base64_decoder_init(TwBase64Decoder *decoder);

/**
 * tw_base64_decoder_put:
 * @decoder: the decoder
 * @text: (array length=len): the next characters
 * @len: how many
 * @out: where the bytes go
 *
 * Decodes leniently, as mail demands:
 * - characters outside the alphabet are passed over (RFC 2045 section 6.8); any but CR, LF, blank and tab
 *   mark the body as damaged;
 * - "=" closes the group: two characters before it make one byte, three make two, one is dropped. Text after
 *   it begins a new group (bodies glued together), and marks the body as damaged;
 * - bits that padding cuts off are ignored.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_base64_decoder_put(TwBase64Decoder *decoder,
                               const void *text,
                               gsize len,
                               TwBuffer *out);

/**
 * tw_base64_decoder_finish:
 * @decoder: the decoder; ready for another body afterwards
 * @out: where the bytes go
 * @ret_damaged: (out) (optional): whether anything was passed over, or padding was missing
 *
 * Closes the last group as "=" would.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_base64_decoder_finish(TwBase64Decoder *decoder, TwBuffer *out, gboolean *ret_damaged);

G_END_DECLS
