/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime-skeleton.h"

#include "base/base64.h"
#include "base/cursor.h"
#include "base/error.h"

#include <string.h>

enum {
    VERSION_BASE64 = 1,
    VERSION_VERBATIM = 2,
    HEADER_LEN = 20,
    PIECE_LITERAL = 0,
    PIECE_BASE64 = 1,
    PIECE_VERBATIM = 2,
    LITERAL_LEN = 5, /* of the piece, without its bytes */
    REF_LEN = 16,    /* the most that one has */
    FLAG_BARE_LF = 1,
    CHUNK_TEXT = 32 * 1024, /* encoded text in hand at a time */
    CHUNK_VERBATIM = 64 * 1024,
};

typedef struct {
    guint64 start;         /* in the mail */
    guint64 len;           /* in the mail */
    const guint8 *literal; /* NULL for a reference */
    guint ref;
} Piece;

struct TwSkeleton {
    GBytes *bytes;
    guint64 len;
    GArray *pieces; /* of Piece, without a gap */
    GArray *refs;   /* of TwSkeletonRef */
};

static gboolean
is_verbatim(const TwSkeletonRef *ref)
{
    return ref->columns == 0;
}

static gsize
break_len(const TwSkeletonRef *ref)
{
    return ref->bare_lf ? 1 : 2;
}

/* How long decoded_len bytes are in lines of columns, without a break after the last. FALSE when that overflows. */
static gboolean
encoded_len(const TwSkeletonRef *ref, gsize *ret)
{
    gsize text, breaks;

    if (ref->decoded_len == 0 ||
        !tw_base64_encoded_len(ref->decoded_len, TW_BASE64_STANDARD, &text))
        return FALSE;
    return g_size_checked_mul(&breaks, (text - 1) / ref->columns, break_len(ref)) &&
           g_size_checked_add(ret, text, breaks);
}

static gboolean
is_line_break(guint8 c)
{
    return c == '\r' || c == '\n';
}

/* Reads the shape of the first line. FALSE when no encoder of ours writes such lines. */
static gboolean
guess_shape(const guint8 *mail, TwSkeletonRef *ref)
{
    const guint8 *text = mail + ref->encoded;
    const guint8 *end = memchr(text, '\n', ref->encoded_len);
    gsize line = end == NULL ? ref->encoded_len : (gsize) (end - text);

    ref->bare_lf = end == NULL || end == text || end[-1] != '\r';
    if (end != NULL && !ref->bare_lf)
        line--;
    if (line == 0 || line % 4 != 0 || line > TW_BASE64_MOST_COLUMNS)
        return FALSE;
    ref->columns = (guint16) (end == NULL ? MAX(line, (gsize) TW_BASE64_MIME_COLUMNS) : line);
    return TRUE;
}

/* Decodes the text in pieces and gives each to the sink. */
static gboolean
decode(const guint8 *text, gsize len, TwSkeletonSink sink, gpointer user_data, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(CHUNK_TEXT);
    TwBase64Decoder decoder;

    tw_base64_decoder_init(&decoder);
    while (len > 0) {
        gsize piece = MIN(len, (gsize) CHUNK_TEXT);
        tw_base64_decoder_put(&decoder, text, piece, &out);
        text += piece;
        len -= piece;
        if (len == 0)
            tw_base64_decoder_finish(&decoder, &out, NULL);
        if (out.len > 0 && !sink(out.data, out.len, user_data, error))
            return FALSE;
        out.len = 0;
    }
    return TRUE;
}

typedef struct {
    TwBase64Encoder encoder;
    TwBuffer out;
    const guint8 *expected; /* the mail's text from here on */
    gsize expected_len;
    gsize decoded_len;
} Proof;

static gboolean
compare(Proof *proof)
{
    if (proof->out.len > proof->expected_len ||
        memcmp(proof->out.data, proof->expected, proof->out.len) != 0)
        return FALSE;
    proof->expected += proof->out.len;
    proof->expected_len -= proof->out.len;
    proof->out.len = 0;
    return TRUE;
}

static gboolean
prove_piece(const guint8 *data, gsize len, gpointer user_data, G_GNUC_UNUSED GError **error)
{
    Proof *proof = user_data;

    proof->decoded_len += len;
    return tw_base64_encoder_put(&proof->encoder, data, len, &proof->out) &&
           (proof->out.len == 0 || compare(proof));
}

/* Whether the text at ref is what an encoder writes for its value; fills in decoded_len. */
static gboolean
prove(const guint8 *mail, TwSkeletonRef *ref)
{
    Proof proof = { .out = TW_BUFFER_INIT((gsize) 4 * CHUNK_TEXT),
                    .expected = mail + ref->encoded,
                    .expected_len = ref->encoded_len };
    gboolean same;

    tw_base64_encoder_init(&proof.encoder, ref->columns, ref->bare_lf);
    same = decode(mail + ref->encoded, ref->encoded_len, prove_piece, &proof, NULL) &&
           tw_base64_encoder_finish(&proof.encoder, &proof.out) &&
           (proof.out.len == 0 || compare(&proof)) && proof.expected_len == 0;
    ref->decoded_len = proof.decoded_len;
    tw_buffer_clear(&proof.out);
    return same;
}

GArray *
tw_skeleton_plan(const guint8 *mail, gsize len, const TwMimeTree *tree, gsize min_len)
{
    GArray *refs = g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef));
    guint count;
    const TwMimePart *parts = tw_mime_tree_get_parts(tree, &count);
    gsize least = MAX(min_len, (gsize) TW_SKELETON_OVERHEAD);

    for (guint32 i = 0; i < count; i++) {
        TwSkeletonRef ref = { .part = i,
                              .encoded = parts[i].body,
                              .encoded_len = parts[i].body_len };

        g_return_val_if_fail(ref.encoded <= len && ref.encoded_len <= len - ref.encoded, refs);
        if (parts[i].kind != TW_MIME_LEAF || parts[i].encoding != TW_MIME_ENCODING_BASE64)
            continue;
        while (ref.encoded_len > 0 && is_line_break(mail[ref.encoded])) {
            ref.encoded++;
            ref.encoded_len--;
        }
        while (ref.encoded_len > 0 && is_line_break(mail[ref.encoded + ref.encoded_len - 1]))
            ref.encoded_len--;
        if (ref.encoded_len / 4 * 3 >= least && guess_shape(mail, &ref) && prove(mail, &ref) &&
            ref.decoded_len >= least)
            g_array_append_val(refs, ref);
    }
    return refs;
}

void
tw_skeleton_plan_verbatim(GArray *refs, const TwMimeTree *tree, guint32 part)
{
    guint count;
    const TwMimePart *at = tw_mime_tree_get_parts(tree, &count) + part;
    TwSkeletonRef ref = { .part = part };
    guint place = refs->len; /* found at the end by who plans in the order of the mail */

    g_return_if_fail(part < count);
    if (at->kind != TW_MIME_LEAF || at->encoding != TW_MIME_ENCODING_IDENTITY ||
        at->body_len < TW_SKELETON_OVERHEAD)
        return;
    ref.encoded = at->body;
    ref.encoded_len = ref.decoded_len = at->body_len;
    while (place > 0 && g_array_index(refs, TwSkeletonRef, place - 1).encoded > ref.encoded)
        place--;
    if (place == 0 || g_array_index(refs, TwSkeletonRef, place - 1).part != part)
        g_array_insert_val(refs, place, ref);
}

gboolean
tw_skeleton_decode(const guint8 *mail,
                   gsize len,
                   const TwSkeletonRef *ref,
                   TwSkeletonSink sink,
                   gpointer user_data,
                   GError **error)
{
    if (ref->encoded > len || ref->encoded_len > len - ref->encoded) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "the reference is not of this mail");
        return FALSE;
    }
    if (is_verbatim(ref))
        return ref->encoded_len == 0 ||
               sink(mail + ref->encoded, ref->encoded_len, user_data, error);
    return decode(mail + ref->encoded, ref->encoded_len, sink, user_data, error);
}

static void
put_literal(TwBuffer *out, const guint8 *text, gsize len)
{
    if (len > G_MAXUINT32) {
        out->failed = TRUE;
        return;
    }
    tw_buffer_put_u8(out, PIECE_LITERAL);
    tw_buffer_put_u32le(out, (guint32) len);
    tw_buffer_put(out, text, len);
}

static void
put_ref(TwBuffer *out, const TwSkeletonRef *ref)
{
    if (is_verbatim(ref)) {
        tw_buffer_put_u8(out, PIECE_VERBATIM);
    } else {
        tw_buffer_put_u8(out, PIECE_BASE64);
        tw_buffer_put_u8(out, ref->bare_lf ? FLAG_BARE_LF : 0);
        tw_buffer_put_u16le(out, ref->columns);
    }
    tw_buffer_put_u32le(out, ref->part);
    tw_buffer_put_u64le(out, ref->decoded_len);
}

GBytes *
tw_skeleton_build(const guint8 *mail, gsize len, const GArray *refs, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXSIZE / 2);
    gsize at = 0, literal = len;
    guint8 version = VERSION_BASE64;
    guint32 pieces = 0;

    for (guint i = 0; i < refs->len; i++) {
        const TwSkeletonRef *ref = &g_array_index(refs, TwSkeletonRef, i);
        literal -= ref->encoded_len;
        if (is_verbatim(ref))
            version = VERSION_VERBATIM;
    }
    tw_buffer_reserve(&out, HEADER_LEN + literal + (gsize) refs->len * (LITERAL_LEN + REF_LEN) +
                                LITERAL_LEN);
    tw_buffer_put(&out, "TWSK", 4);
    tw_buffer_put_u8(&out, version);
    tw_buffer_put_zeros(&out, 3);
    tw_buffer_put_u64le(&out, len);
    tw_buffer_put_u32le(&out, 0);
    for (guint i = 0; i < refs->len; i++) {
        const TwSkeletonRef *ref = &g_array_index(refs, TwSkeletonRef, i);
        g_return_val_if_fail(ref->encoded >= at && ref->encoded <= len, NULL);
        if (ref->encoded > at) {
            put_literal(&out, mail + at, ref->encoded - at);
            pieces++;
        }
        put_ref(&out, ref);
        pieces++;
        at = ref->encoded + ref->encoded_len;
    }
    if (at < len) {
        put_literal(&out, mail + at, len - at);
        pieces++;
    }
    tw_buffer_set_u32le(&out, 16, pieces);
    return tw_buffer_steal_bytes(&out, error);
}

static gboolean
take_literal(TwCursor *cur, Piece *piece)
{
    guint32 len;

    if (!tw_cursor_take_u32le(cur, &len) || len == 0 || !tw_cursor_take(cur, len, &piece->literal))
        return FALSE;
    piece->len = len;
    return TRUE;
}

static gboolean
take_base64(TwCursor *cur, TwSkeletonRef *ref)
{
    guint64 decoded_len;
    guint8 flags;

    if (!tw_cursor_take_u8(cur, &flags) || !tw_cursor_take_u16le(cur, &ref->columns) ||
        !tw_cursor_take_u32le(cur, &ref->part) || !tw_cursor_take_u64le(cur, &decoded_len))
        return FALSE;
    ref->bare_lf = flags & FLAG_BARE_LF;
    ref->decoded_len = decoded_len;
    return (flags & ~FLAG_BARE_LF) == 0 && ref->columns != 0 && ref->columns % 4 == 0 &&
           ref->columns <= TW_BASE64_MOST_COLUMNS && encoded_len(ref, &ref->encoded_len);
}

static gboolean
take_verbatim(TwCursor *cur, TwSkeletonRef *ref)
{
    guint64 len;

    if (!tw_cursor_take_u32le(cur, &ref->part) || !tw_cursor_take_u64le(cur, &len))
        return FALSE;
    ref->encoded_len = ref->decoded_len = len;
    return len > 0;
}

static gboolean
take_piece(TwCursor *cur, guint8 version, Piece *piece, GArray *refs)
{
    TwSkeletonRef ref = { .encoded = piece->start };
    guint8 kind;

    if (!tw_cursor_take_u8(cur, &kind))
        return FALSE;
    if (kind == PIECE_LITERAL)
        return take_literal(cur, piece);
    if (kind == PIECE_BASE64
            ? !take_base64(cur, &ref)
            : kind != PIECE_VERBATIM || version < VERSION_VERBATIM || !take_verbatim(cur, &ref))
        return FALSE;
    piece->len = ref.encoded_len;
    piece->ref = refs->len;
    g_array_append_val(refs, ref);
    return TRUE;
}

static gboolean
parse_pieces(TwSkeleton *skeleton, guint8 version, TwCursor *cur)
{
    static const guint8 zeros[3] = { 0 };
    const guint8 *reserved;
    guint32 count;
    guint64 at = 0;

    if (!tw_cursor_take(cur, sizeof zeros, &reserved) ||
        memcmp(reserved, zeros, sizeof zeros) != 0 || !tw_cursor_take_u64le(cur, &skeleton->len) ||
        !tw_cursor_take_count(cur, LITERAL_LEN, &count))
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        Piece piece = { .start = at };
        if (!take_piece(cur, version, &piece, skeleton->refs) ||
            __builtin_add_overflow(at, piece.len, &at))
            return FALSE;
        g_array_append_val(skeleton->pieces, piece);
    }
    return at == skeleton->len && cur->left == 0;
}

TwSkeleton *
tw_skeleton_parse(GBytes *bytes, GError **error)
{
    g_autoptr(TwSkeleton) skeleton = g_new0(TwSkeleton, 1);
    TwCursor cur = tw_cursor_init(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    const guint8 *magic;
    guint8 version = 0;

    skeleton->bytes = g_bytes_ref(bytes);
    skeleton->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    skeleton->refs = g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef));
    if (!tw_cursor_take(&cur, 4, &magic) || memcmp(magic, "TWSK", 4) != 0 ||
        !tw_cursor_take_u8(&cur, &version)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "not a skeleton");
        return NULL;
    }
    if (version > VERSION_VERBATIM) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "skeleton of version %u", version);
        return NULL;
    }
    if (version < VERSION_BASE64 || !parse_pieces(skeleton, version, &cur)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "damaged skeleton");
        return NULL;
    }
    return g_steal_pointer(&skeleton);
}

void
tw_skeleton_free(TwSkeleton *skeleton)
{
    if (skeleton == NULL)
        return;
    g_array_free(skeleton->pieces, TRUE);
    g_array_free(skeleton->refs, TRUE);
    g_bytes_unref(skeleton->bytes);
    g_free(skeleton);
}

guint64
tw_skeleton_get_len(const TwSkeleton *skeleton)
{
    return skeleton->len;
}

const GArray *
tw_skeleton_get_refs(const TwSkeleton *skeleton)
{
    return skeleton->refs;
}

/* Bytes of a value that must be there. */
static gboolean
fetch_exact(guint index,
            gsize at,
            gsize len,
            TwSkeletonFetch fetch,
            TwBuffer *out,
            gpointer user_data,
            GError **error)
{
    if (!fetch(index, at, len, out, user_data, error))
        return FALSE;
    if (!out->failed && out->len == len)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "value %u is not as long as its mail says",
                index);
    return FALSE;
}

static gboolean
read_verbatim(guint index,
              gsize from,
              gsize len,
              TwSkeletonFetch fetch,
              TwSkeletonSink sink,
              gpointer user_data,
              GError **error)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(CHUNK_VERBATIM);

    while (len > 0) {
        gsize piece = MIN(len, (gsize) CHUNK_VERBATIM);

        text.len = 0;
        if (!fetch_exact(index, from, piece, fetch, &text, user_data, error) ||
            !sink(text.data, piece, user_data, error))
            return FALSE;
        from += piece;
        len -= piece;
    }
    return TRUE;
}

/* The bytes [from, from + len) of one reference's text, some lines at a time. */
static gboolean
read_base64(const TwSkeletonRef *ref,
            guint index,
            gsize from,
            gsize len,
            TwSkeletonFetch fetch,
            TwSkeletonSink sink,
            gpointer user_data,
            GError **error)
{
    const gsize line = ref->columns + break_len(ref), raw_line = (gsize) ref->columns / 4 * 3;
    const gsize most_lines = MAX(1, CHUNK_TEXT / line);

    while (len > 0) {
        gsize first = from / line, skip = from % line;
        gsize lines = MIN(most_lines, (skip + MIN(len, (gsize) CHUNK_TEXT) - 1) / line + 1);
        gsize raw_at = first * raw_line;
        /* one byte more, where there is one, so that the encoder breaks the last line */
        gsize raw_len = MIN(lines * raw_line + 1, ref->decoded_len - raw_at);
        gsize piece = MIN(len, lines * line - skip);
        g_auto(TwBuffer) raw = TW_BUFFER_INIT(raw_len),
                         text = TW_BUFFER_INIT((gsize) 2 * CHUNK_TEXT);
        TwBase64Encoder encoder;

        if (!fetch_exact(index, raw_at, raw_len, fetch, &raw, user_data, error))
            return FALSE;
        tw_base64_encoder_init(&encoder, ref->columns, ref->bare_lf);
        tw_base64_encoder_put(&encoder, raw.data, raw.len, &text);
        tw_base64_encoder_finish(&encoder, &text);
        g_return_val_if_fail(!text.failed && skip + piece <= text.len, FALSE);
        if (!sink(text.data + skip, piece, user_data, error))
            return FALSE;
        from += piece;
        len -= piece;
    }
    return TRUE;
}

/* The piece in which an offset lies. */
static guint
find_piece(const TwSkeleton *skeleton, guint64 offset)
{
    guint low = 0, high = skeleton->pieces->len;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(skeleton->pieces, Piece, middle).start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

gboolean
tw_skeleton_read(const TwSkeleton *skeleton,
                 guint64 offset,
                 guint64 len,
                 TwSkeletonFetch fetch,
                 TwSkeletonSink sink,
                 gpointer user_data,
                 GError **error)
{
    if (offset >= skeleton->len)
        return TRUE;
    len = MIN(len, skeleton->len - offset);
    for (guint i = find_piece(skeleton, offset); len > 0; i++) {
        const Piece *piece = &g_array_index(skeleton->pieces, Piece, i);
        guint64 from = offset - piece->start, n = MIN(len, piece->len - from);

        if (piece->literal != NULL) {
            if (!sink(piece->literal + from, n, user_data, error))
                return FALSE;
        } else {
            const TwSkeletonRef *ref = &g_array_index(skeleton->refs, TwSkeletonRef, piece->ref);
            gboolean ok =
                is_verbatim(ref)
                    ? read_verbatim(piece->ref, from, n, fetch, sink, user_data, error)
                    : read_base64(ref, piece->ref, from, n, fetch, sink, user_data, error);
            if (!ok)
                return FALSE;
        }
        offset += n;
        len -= n;
    }
    return TRUE;
}
