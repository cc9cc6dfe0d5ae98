/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Quoted-printable (RFC 2045 section 6.7) both ways, in pieces. Results never depend on how the input was cut.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_QP_COLUMNS = 76, /* RFC 2045 section 6.7 rule 5: longest encoded line, its "=" included */
    TW_QP_MOST_PADDING =
        1024 /* blanks and tabs held back; without it one endless run would fill memory */
};

typedef struct {
    guint column;     /* characters on the current line */
    gboolean binary;  /* CR and LF are data */
    gboolean have_cr; /* a CR waits for its LF */
    guint8 blank;     /* a blank or tab waits for what follows it; 0: none */
} TwQpEncoder;

/**
 * tw_qp_encoder_init:
 * @encoder: caller's memory; nothing to free
 * @binary: whether CR and LF are data like any other byte (=0D=0A); else CRLF and bare LF are line ends, which
 *     come out as CRLF, and only a bare CR is data
 */
void tw_qp_encoder_init(TwQpEncoder *encoder, gboolean binary);

/**
 * tw_qp_encoder_put:
 * @encoder: the encoder
 * @data: (array length=len): the next bytes of the body
 * @len: how many
 * @out: where the text goes
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_qp_encoder_put(TwQpEncoder *encoder, const void *data, gsize len, TwBuffer *out);

/**
 * tw_qp_encoder_finish:
 * @encoder: the encoder; ready for another body afterwards
 * @out: where the text goes
 *
 * Writes what was held back. Adds no line end that the body did not have.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_qp_encoder_finish(TwQpEncoder *encoder, TwBuffer *out);

typedef struct {
    guint8 held[TW_QP_MOST_PADDING]; /* what is not yet decided: "=", its digit, blanks, a CR */
    guint held_len;
    guint state;      /* what the held bytes are; see qp.c */
    gboolean damaged; /* something was kept or dropped that no encoder writes */
} TwQpDecoder;

/**
 * tw_qp_decoder_init:
 * @decoder: caller's memory; nothing to free
 */
void tw_qp_decoder_init(TwQpDecoder *decoder);

/**
 * tw_qp_decoder_put:
 * @decoder: the decoder
 * @text: (array length=len): the next characters
 * @len: how many
 * @out: where the bytes go
 *
 * Decodes what mail really contains:
 * - "=" and two hexadecimal digits, of either case, is a byte;
 * - "=", then blanks and tabs, then CRLF or LF, is a soft line break: nothing;
 * - any other "=" stays as it is, and marks the body as damaged;
 * - blanks and tabs at the end of a line are dropped, as RFC 2045 demands, up to %TW_QP_MOST_PADDING of them;
 * - line ends stay as they are, CRLF or LF; a bare CR is data;
 * - bytes past ASCII and control characters are kept, and mark the body as damaged; lines may be of any length.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_qp_decoder_put(TwQpDecoder *decoder, const void *text, gsize len, TwBuffer *out);

/**
 * tw_qp_decoder_finish:
 * @decoder: the decoder; ready for another body afterwards
 * @out: where the bytes go
 * @ret_damaged: (out) (optional): whether the body was damaged
 *
 * The end of the body counts as the end of a line: a last "=" is a soft break, last blanks are dropped.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_qp_decoder_finish(TwQpDecoder *decoder, TwBuffer *out, gboolean *ret_damaged);

G_END_DECLS
