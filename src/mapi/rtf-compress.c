/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Both directions keep the text in one straight buffer behind the preloaded dictionary instead of in a ring: a place
 * in the ring and the place being written differ by a distance below 4096, and that distance is all that counts.
 *
 * Distance 0 (a reference to the place being written) is the end mark. A distance that reaches before the
 * dictionary's first byte names a part of the ring that nothing was ever written to.
 */
#include "mapi/rtf-compress.h"

#include <string.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"

enum {
    HEADER_LEN = 16,
    SIZE_AFTER_FIRST = 12, /* of the header, counted by its own first field */
    RING_SIZE = 4096,
    MATCH_LEAST = 2,
    MATCH_MOST = 17,
    TOKENS_PER_RUN = 8,
    MOST_EXPANSION = 8, /* 8 references, 17 bytes with their control byte, make 136 */
    COPY_SLACK = 32     /* bytes that a copy in whole words may write past its end */
};

#define COMPRESSED 0x75465a4cu
#define STORED 0x414c454du

/* The preload, MS-OXRTFCP 2.1.2.1. */
static const char preload[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}"
                              "{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
                              "\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier"
                              "{\\colortbl\\red0\\green0\\blue0\r\n\\par "
                              "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

enum {
    PRELOAD_LEN = sizeof preload - 1
};
G_STATIC_ASSERT(PRELOAD_LEN == 207);

static guint32
checksum(const guint8 *data, gsize len)
{
    uLong crc = 0xffffffffu; /* zlib inverts before and after; this format does neither */

    return (guint32) ~crc32_z(crc, data, len);
}

/* One run of eight tokens, or what is left of it. */
typedef struct {
    TwCursor in;
    guint8 *out;  /* next byte to write */
    guint8 *base; /* first byte of the preload */
    guint8 *end;  /* one past the last byte of the RTF; COPY_SLACK bytes follow it */
    gboolean ended;
} Expansion;

static void
copy_match(guint8 *out, gsize distance, gsize len)
{
    const guint8 *from = out - distance;

    if (distance >= 8) {
        for (gsize done = 0; done < len; done += 8)
            memcpy(out + done, from + done, 8);
        return;
    }
    for (gsize i = 0; i < len; i++)
        out[i] = from[i];
}

static gboolean
expand_reference(Expansion *x)
{
    guint16 word;
    gsize written = (gsize) (x->out - x->base), len, distance;

    if (!tw_cursor_take_u16be(&x->in, &word))
        return FALSE;
    distance = (written - (gsize) (word >> 4)) & (RING_SIZE - 1);
    len = (gsize) (word & 0xf) + MATCH_LEAST;
    if (distance == 0) {
        x->ended = TRUE;
        return TRUE;
    }
    if (distance > written)
        return FALSE;
    len = MIN(len, (gsize) (x->end - x->out));
    copy_match(x->out, distance, len);
    x->out += len;
    return TRUE;
}

static gboolean
expand_run(Expansion *x)
{
    guint8 control;

    if (!tw_cursor_take_u8(&x->in, &control))
        return FALSE;
    if (control == 0 && x->in.left >= TOKENS_PER_RUN && x->end - x->out >= TOKENS_PER_RUN) {
        memcpy(x->out, x->in.next, TOKENS_PER_RUN);
        x->out += TOKENS_PER_RUN;
        return tw_cursor_skip(&x->in, TOKENS_PER_RUN);
    }
    for (guint bit = 0; bit < TOKENS_PER_RUN && x->out < x->end && !x->ended; bit++) {
        if ((control >> bit & 1) != 0) {
            if (!expand_reference(x))
                return FALSE;
        } else {
            if (!tw_cursor_take_u8(&x->in, x->out))
                return FALSE;
            x->out++;
        }
    }
    return TRUE;
}

static GBytes *
expand(TwCursor contents, gsize raw_len, GError **error)
{
    g_autofree guint8 *base = g_malloc(PRELOAD_LEN + raw_len + COPY_SLACK);
    Expansion x = { .in = contents,
                    .out = base + PRELOAD_LEN,
                    .base = base,
                    .end = base + PRELOAD_LEN + raw_len,
                    .ended = FALSE };
    gpointer owner;

    memcpy(base, preload, PRELOAD_LEN);
    while (x.out < x.end && !x.ended) {
        if (!expand_run(&x))
            break;
    }
    if (x.out < x.end) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "compressed RTF ends after %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes",
                    raw_len - (gsize) (x.end - x.out), raw_len);
        return NULL;
    }
    owner = g_steal_pointer(&base);
    return g_bytes_new_with_free_func((guint8 *) owner + PRELOAD_LEN, raw_len, g_free, owner);
}

static gboolean
corrupt(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "compressed RTF: %s", what);
    return FALSE;
}

GBytes *
tw_rtf_decompress(const guint8 *data, gsize len, gsize max_raw, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len), contents;
    guint32 size, raw_len, kind, crc;

    if (!tw_cursor_take_u32le(&cur, &size) || size < SIZE_AFTER_FIRST || size > cur.left) {
        corrupt(error, "cut short");
        return NULL;
    }
    cur.left = size;
    if (!tw_cursor_take_u32le(&cur, &raw_len) || !tw_cursor_take_u32le(&cur, &kind) ||
        !tw_cursor_take_u32le(&cur, &crc)) {
        corrupt(error, "header cut short");
        return NULL;
    }
    contents = cur;
    if (raw_len > MIN(max_raw, TW_RTF_MAX_RAW)) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "RTF of %u bytes", raw_len);
        return NULL;
    }
    if (kind == STORED) {
        if (raw_len > contents.left) {
            corrupt(error, "stored contents shorter than they say");
            return NULL;
        }
        return g_bytes_new(contents.next, raw_len);
    }
    if (kind != COMPRESSED || raw_len / MOST_EXPANSION > contents.left) {
        corrupt(error, kind != COMPRESSED ? "unknown kind" : "more bytes named than can follow");
        return NULL;
    }
    if (checksum(contents.next, contents.left) != crc) {
        corrupt(error, "wrong checksum");
        return NULL;
    }
    return expand(contents, raw_len, error);
}

/* Finding matches: the places where each three bytes stood last, chained back through the window. */
enum {
    HASH_BITS = 12,
    HASH_SIZE = 1 << HASH_BITS,
    HASHED_LEN = 3, /* two bytes cost as much written out as by reference */
    CHAIN_MOST =
        48 /* places tried; without it one repeated byte makes the work quadratic in the window */
};

typedef struct {
    const guint8 *text; /* preload, then the RTF */
    gsize len;
    guint32 head[HASH_SIZE]; /* place + 1 */
    guint32
        previous[RING_SIZE]; /* by place mod ring: place + 1 of the one before with the same hash */
    gsize hashed;            /* places below this are in the chains */
} Matcher;

static guint
hash_at(const guint8 *p)
{
    guint32 three = (guint32) p[0] << 16 | (guint32) p[1] << 8 | p[2];

    return (three * 2654435761u) >> (32 - HASH_BITS);
}

static void
matcher_advance(Matcher *m, gsize to)
{
    gsize last = m->len >= HASHED_LEN ? m->len - HASHED_LEN + 1 : 0;

    for (; m->hashed < to && m->hashed < last; m->hashed++) {
        guint32 *head = &m->head[hash_at(m->text + m->hashed)];
        m->previous[m->hashed % RING_SIZE] = *head;
        *head = (guint32) m->hashed + 1;
    }
}

/* The longest earlier text like the one at @at; 0 when none is worth a reference. */
static gsize
matcher_find(const Matcher *m, gsize at, gsize *ret_from)
{
    gsize most = MIN((gsize) MATCH_MOST, m->len - at), best = HASHED_LEN - 1;
    guint32 next;

    if (most < HASHED_LEN)
        return 0;
    next = m->head[hash_at(m->text + at)];
    for (int tries = 0; next != 0 && tries < CHAIN_MOST; tries++) {
        gsize from = next - 1, same = 0;

        if (at - from >= RING_SIZE)
            break;
        if (m->text[from + best] == m->text[at + best]) {
            while (same < most && m->text[from + same] == m->text[at + same])
                same++;
        }
        if (same > best) {
            best = same;
            *ret_from = from;
            if (best == most)
                break;
        }
        next = m->previous[from % RING_SIZE];
    }
    return best >= HASHED_LEN ? best : 0;
}

/* Tokens are gathered eight to a run behind their control byte. */
typedef struct {
    TwBuffer *out;
    gsize control_at;
    guint tokens;
    guint8 control;
} RunWriter;

static void
run_begin_token(RunWriter *w, gboolean reference)
{
    if (w->tokens == TOKENS_PER_RUN)
        w->tokens = 0;
    if (w->tokens == 0) {
        w->control_at = w->out->len;
        w->control = 0;
        tw_buffer_put_u8(w->out, 0);
    }
    if (reference)
        w->control |= (guint8) (1u << w->tokens);
    w->tokens++;
    if (!tw_buffer_failed(w->out))
        w->out->data[w->control_at] = w->control;
}

static void
put_reference(RunWriter *w, gsize from, gsize len)
{
    run_begin_token(w, TRUE);
    tw_buffer_put_u16be(w->out, (guint16) ((from % RING_SIZE) << 4 | (len - MATCH_LEAST)));
}

static void
compress_text(Matcher *m, TwBuffer *out)
{
    RunWriter w = { .out = out };
    gsize at = PRELOAD_LEN;

    while (at < m->len) {
        gsize from = 0, len;

        matcher_advance(m, at);
        len = matcher_find(m, at, &from);
        if (len > 0) {
            put_reference(&w, from, len);
            at += len;
        } else {
            run_begin_token(&w, FALSE);
            tw_buffer_put_u8(out, m->text[at++]);
        }
    }
    put_reference(&w, at, MATCH_LEAST); /* the end mark */
}

GBytes *
tw_rtf_compress(const guint8 *rtf, gsize len, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_RTF_MAX_RAW / 8 * 9 + 64);
    g_autofree guint8 *text = NULL;
    g_autofree Matcher *m = NULL;

    if (len > TW_RTF_MAX_RAW) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "RTF of %" G_GSIZE_FORMAT " bytes", len);
        return NULL;
    }
    text = g_malloc(PRELOAD_LEN + len);
    memcpy(text, preload, PRELOAD_LEN);
    if (len > 0)
        memcpy(text + PRELOAD_LEN, rtf, len);
    m = g_new0(Matcher, 1);
    m->text = text;
    m->len = PRELOAD_LEN + len;
    tw_buffer_put_zeros(&out, HEADER_LEN);
    compress_text(m, &out);
    tw_buffer_set_u32le(&out, 0, (guint32) (out.len - 4));
    tw_buffer_set_u32le(&out, 4, (guint32) len);
    tw_buffer_set_u32le(&out, 8, COMPRESSED);
    if (!tw_buffer_failed(&out))
        tw_buffer_set_u32le(&out, 12, checksum(out.data + HEADER_LEN, out.len - HEADER_LEN));
    return tw_buffer_steal_bytes(&out, error);
}
