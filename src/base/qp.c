/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/qp.h"

/* Characters that may stand for themselves anywhere on a line: 33 to 60 and 62 to 126. */
static inline gboolean
is_plain(guint8 c)
{
    return c >= 33 && c <= 126 && c != '=';
}

/* Length of the run of plain characters and blanks at the start. Eight at a time by SWAR: a byte stops the run when
 * it is not 32 to 126, or is "="; tabs stop the fast loop only. */
static gsize
plain_run(const guint8 *src, gsize len)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), tops = ones << 7;
    gsize n = 0;

    for (;;) {
        guint64 v, equals, stops;

        while (len - n >= sizeof v) {
            memcpy(&v, src + n, sizeof v);
            equals = v ^ ones * '=';
            stops = v | (v - ones * ' ') | (v + ones) | ((equals - ones) & ~equals);
            if (stops & tops)
                break;
            n += sizeof v;
        }
        for (gsize stop = MIN(len, n + sizeof v); n < stop; n++) {
            if (!is_plain(src[n]) && src[n] != ' ' && src[n] != '\t')
                return n;
        }
        if (n == len)
            return n;
    }
}

void
tw_qp_encoder_init(TwQpEncoder *encoder, gboolean binary)
{
    *encoder = (TwQpEncoder){ .binary = binary };
}

/* One unit of 1 or 3 characters. A soft break goes before it when it and a later "=" would not fit; a unit
 * may stand in the last column only when the line is known to end, which is not known here. */
static void
put_unit(TwQpEncoder *encoder, const char *unit, guint unit_len, TwBuffer *out)
{
    if (encoder->column + unit_len > TW_QP_COLUMNS - 1) {
        tw_buffer_put(out, "=\r\n", 3);
        encoder->column = 0;
    }
    tw_buffer_put(out, unit, unit_len);
    encoder->column += unit_len;
}

static void
put_escaped(TwQpEncoder *encoder, guint8 c, TwBuffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char unit[3] = { '=', digits[c >> 4], digits[c & 15] };

    put_unit(encoder, unit, sizeof unit, out);
}

static void
put_line_end(TwQpEncoder *encoder, TwBuffer *out)
{
    if (encoder->blank != 0)
        put_escaped(encoder, encoder->blank, out); /* rule 3: no blank may end a line */
    encoder->blank = 0;
    tw_buffer_put(out, "\r\n", 2);
    encoder->column = 0;
}

/* A blank that turned out not to end its line, a CR that turned out to be data. */
static void
put_waiting(TwQpEncoder *encoder, TwBuffer *out)
{
    if (encoder->blank != 0) {
        char unit = (char) encoder->blank;

        put_unit(encoder, &unit, 1, out);
        encoder->blank = 0;
    }
    if (encoder->have_cr) {
        put_escaped(encoder, '\r', out);
        encoder->have_cr = FALSE;
    }
}

static void
encode_byte(TwQpEncoder *encoder, guint8 c, TwBuffer *out)
{
    if (!encoder->binary && c == '\n') {
        encoder->have_cr = FALSE;
        put_line_end(encoder, out);
        return;
    }
    if (!encoder->binary && c == '\r' && !encoder->have_cr) {
        encoder->have_cr = TRUE; /* a blank may still wait before it */
        return;
    }
    put_waiting(encoder, out);
    if (!encoder->binary && c == '\r')
        encoder->have_cr = TRUE;
    else if (c == ' ' || c == '\t')
        encoder->blank = c;
    else if (is_plain(c))
        put_unit(encoder, (const char *) &c, 1, out);
    else
        put_escaped(encoder, c, out);
}

gboolean
tw_qp_encoder_put(TwQpEncoder *encoder, const void *data, gsize len, TwBuffer *out)
{
    const guint8 *src = data;
    gsize at = 0;

    while (at < len && !tw_buffer_failed(out)) {
        /* as much of a run of plain characters as fits on the line, at once */
        if (encoder->blank == 0 && !encoder->have_cr) {
            gsize room = TW_QP_COLUMNS - 1 - encoder->column;
            gsize run = plain_run(src + at, MIN(len - at, room));

            /* a blank at its end must wait, as one would that came alone */
            while (run > 0 && !is_plain(src[at + run - 1]))
                run--;
            tw_buffer_put(out, src + at, run);
            encoder->column += (guint) run;
            at += run;
            if (at == len)
                break;
        }
        encode_byte(encoder, src[at++], out);
    }
    return !tw_buffer_failed(out);
}

gboolean
tw_qp_encoder_finish(TwQpEncoder *encoder, TwBuffer *out)
{
    if (encoder->blank != 0 && !encoder->have_cr) {
        put_escaped(encoder, encoder->blank, out);
        encoder->blank = 0;
    }
    put_waiting(encoder, out);
    tw_qp_encoder_init(encoder, encoder->binary);
    return !tw_buffer_failed(out);
}

/* What the held bytes are. Each is left in decode_byte() only. */
enum {
    NOTHING,
    BLANKS,    /* blanks and tabs: kept if the line goes on */
    BLANKS_CR, /* the same and a CR */
    EQUALS,    /* "=" */
    DIGIT,     /* "=" and a digit */
    SOFT,      /* "=" and blanks and tabs */
    SOFT_CR,   /* "=", blanks and tabs, and a CR */
};

void
tw_qp_decoder_init(TwQpDecoder *decoder)
{
    decoder->held_len = 0;
    decoder->state = NOTHING;
    decoder->damaged = FALSE;
}

static void
forget(TwQpDecoder *decoder)
{
    decoder->held_len = 0;
    decoder->state = NOTHING;
}

/* The held bytes are data after all. */
static void
release(TwQpDecoder *decoder, TwBuffer *out)
{
    if (decoder->state != BLANKS)
        decoder->damaged = TRUE;
    tw_buffer_put(out, decoder->held, decoder->held_len);
    forget(decoder);
}

/* Holds one byte more. When there are too many, those before it are data. */
static void
hold(TwQpDecoder *decoder, guint state, guint8 c, TwBuffer *out)
{
    if (decoder->held_len == TW_QP_MOST_PADDING) {
        release(decoder, out);
        state = c == '\r' ? BLANKS_CR : BLANKS;
    }
    decoder->held[decoder->held_len++] = c;
    decoder->state = state;
}

/* A byte with nothing held. */
static void
decode_fresh(TwQpDecoder *decoder, guint8 c, TwBuffer *out)
{
    if (c == '=')
        hold(decoder, EQUALS, c, out);
    else if (c == ' ' || c == '\t')
        hold(decoder, BLANKS, c, out);
    else if (c == '\r')
        hold(decoder, BLANKS_CR, c, out);
    else {
        if (!is_plain(c) && c != '\n')
            decoder->damaged = TRUE;
        tw_buffer_put_u8(out, c);
    }
}

/* A line end after held blanks, or after a soft "=". */
static void
decode_line_end(TwQpDecoder *decoder, TwBuffer *out)
{
    gboolean soft = decoder->state == EQUALS || decoder->state == SOFT || decoder->state == SOFT_CR;
    gboolean cr = decoder->state == BLANKS_CR;

    forget(decoder);
    if (soft)
        return;
    if (cr)
        tw_buffer_put_u8(out, '\r');
    tw_buffer_put_u8(out, '\n');
}

static void
decode_byte(TwQpDecoder *decoder, guint8 c, TwBuffer *out)
{
    gboolean blank = c == ' ' || c == '\t';
    guint state = decoder->state;

    if (c == '\n' && state != DIGIT) {
        decode_line_end(decoder, out);
    } else if (state == NOTHING) {
        decode_fresh(decoder, c, out);
    } else if (state == BLANKS && (blank || c == '\r')) {
        hold(decoder, blank ? BLANKS : BLANKS_CR, c, out);
    } else if ((state == EQUALS || state == SOFT) && (blank || c == '\r')) {
        hold(decoder, blank ? SOFT : SOFT_CR, c, out);
    } else if (state == EQUALS && g_ascii_isxdigit(c)) {
        hold(decoder, DIGIT, c, out);
    } else if (state == DIGIT && g_ascii_isxdigit(c)) {
        int high = g_ascii_xdigit_value((char) decoder->held[1]);

        tw_buffer_put_u8(out, (guint8) (high << 4 | g_ascii_xdigit_value((char) c)));
        forget(decoder);
    } else {
        release(decoder, out);
        decode_fresh(decoder, c, out);
    }
}

gboolean
tw_qp_decoder_put(TwQpDecoder *decoder, const void *text, gsize len, TwBuffer *out)
{
    const guint8 *src = text;
    gsize at = 0;

    while (at < len && !tw_buffer_failed(out)) {
        if (decoder->state == NOTHING) {
            gsize run = plain_run(src + at, len - at);

            /* blanks at its end are held until it is known what follows */
            while (run > 0 && !is_plain(src[at + run - 1]))
                run--;
            tw_buffer_put(out, src + at, run);
            at += run;
            /* what is whole in this piece, at once: "=XX", a soft break, a line end */
            if (len - at >= 3 && src[at] == '=') {
                int high = g_ascii_xdigit_value((char) src[at + 1]);
                int low = g_ascii_xdigit_value((char) src[at + 2]);

                if (high >= 0 && low >= 0) {
                    tw_buffer_put_u8(out, (guint8) (high << 4 | low));
                    at += 3;
                    continue;
                }
                if (src[at + 1] == '\r' && src[at + 2] == '\n') {
                    at += 3;
                    continue;
                }
            } else if (len - at >= 2 && src[at] == '\r' && src[at + 1] == '\n') {
                tw_buffer_put(out, src + at, 2);
                at += 2;
                continue;
            }
        }
        if (at < len)
            decode_byte(decoder, src[at++], out);
    }
    return !tw_buffer_failed(out);
}

gboolean
tw_qp_decoder_finish(TwQpDecoder *decoder, TwBuffer *out, gboolean *ret_damaged)
{
    if (decoder->state == DIGIT || decoder->state == BLANKS_CR || decoder->state == SOFT_CR)
        release(decoder, out);
    if (ret_damaged != NULL)
        *ret_damaged = decoder->damaged;
    tw_qp_decoder_init(decoder);
    return !tw_buffer_failed(out);
}
