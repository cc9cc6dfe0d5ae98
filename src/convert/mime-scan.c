/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The scanner works line by line. A line is looked at once: its first bytes decide whether it is a delimiter of an open
 * multipart; in a header, whether it belongs to a field that matters.
 *
 * Invariants:
 * 1. current is the part to which the next line belongs; it and its ancestors are the open parts.
 * 2. levels holds, outermost first, the open parts of kind MULTIPART whose closing delimiter has not come; each is current or
 *    an ancestor of it.
 * 3. Parts are in the order of their headers, so a part's descendants follow it without a gap.
 * 4. What is kept of a line never exceeds LINE_HEAD, however it is fed, so the tree does not depend on the cuts.
 *
 * Delimiters are compared whole (RFC 2046, section 5.1.1: "--" boundary, maybe "--", then blanks only), so a line costs
 * one hash of itself and not one comparison per open level.
 */
#include "convert/mime-scan.h"

#include "convert/mime-header.h"

#include <string.h>

enum {
    LINE_HEAD =
        TW_MIME_MAX_VALUE_LEN + 128, /* kept of a line: a whole structured value with its name */
    MAX_WORD = 127,                  /* kept of a type or subtype (RFC 6838, section 4.2) */
    BUCKETS = 256,
};

const TwMimeLimits tw_mime_default_limits = {
    .max_depth = 100,
    .max_parts = 5000,
    .max_header_len = 10u << 20,
    .max_headers_len = 50u << 20,
    .max_boundary_len = 1000,
};

typedef struct {
    guint32 part;
    guint64 hash;
    guint8 *boundary;
    gsize boundary_len;
} Level;

typedef enum {
    FIELD_OTHER,
    FIELD_CONTENT_TYPE,
    FIELD_ENCODING
} Field;

struct TwMimeTree {
    GArray *parts; /* of TwMimePart */
    GStringChunk *words;
};

struct TwMimeScanner {
    TwMimeLimits limits;
    TwMimeTree *tree;
    GArray *levels;              /* of Level */
    guint8 open_hashes[BUCKETS]; /* how many levels have a hash with this low byte (at most 100) */

    gsize offset;             /* of the line being read */
    gsize line_len;           /* bytes of it seen so far */
    GByteArray *head;         /* its first bytes, when it came in pieces */
    gboolean line_ends_in_cr; /* so far */
    guint8 line_flags;        /* TW_MIME_HAS_NUL, TW_MIME_HAS_8BIT */
    gsize last_break;         /* length of the line break before it: 0, 1, 2 */
    gsize line_feeds;         /* so far in the message */

    guint32 current;
    gboolean in_header;               /* of current */
    gsize headers_len;                /* of all headers that are over */
    Field field;                      /* the one being collected */
    GString *content_type, *encoding; /* NULL until current's header shows one */
    GArray *lines_before;             /* of gsize, per part: line feeds before its body */
};

static TwMimePart *
part_at(TwMimeScanner *s, guint32 index)
{
    return &g_array_index(s->tree->parts, TwMimePart, index);
}

static guint64
hash_bytes(const guint8 *data, gsize len)
{
    guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);

    for (gsize i = 0; i < len; i++)
        hash = (hash ^ data[i]) * G_GUINT64_CONSTANT(0x100000001b3);
    return hash ^ hash >> 32;
}

/* Adds a part whose header begins at an offset, as the last child of parent, and makes it current. */
static void
begin_part(TwMimeScanner *s, guint32 parent, gsize header)
{
    guint32 index = s->tree->parts->len;
    gsize none = 0;
    TwMimePart part = { .header = header,
                        .parent = parent,
                        .first_child = TW_MIME_NONE,
                        .next = TW_MIME_NONE,
                        .type = "text",
                        .subtype = "plain" };

    if (parent != TW_MIME_NONE) {
        guint32 *link = &part_at(s, parent)->first_child;
        /* the last child is found from the newest part upwards: at most depth steps */
        if (*link != TW_MIME_NONE) {
            guint32 last = index - 1;
            while (part_at(s, last)->parent != parent)
                last = part_at(s, last)->parent;
            link = &part_at(s, last)->next;
        }
        *link = index;
        part.depth = (guint16) (part_at(s, parent)->depth + 1);
    }
    g_array_append_val(s->tree->parts, part);
    g_array_append_val(s->lines_before, none);
    s->current = index;
    s->in_header = TRUE;
    s->field = FIELD_OTHER;
}

static const char *
intern_word(TwMimeScanner *s, const char *word)
{
    return g_string_chunk_insert_len(s->tree->words, word,
                                     (gssize) MIN(strlen(word), (gsize) MAX_WORD));
}

/* RFC 2045, section 6; a word after it, as in "base64; x", is ignored */
static TwMimeEncoding
parse_encoding(const GString *raw)
{
    static const struct {
        const char *word;
        TwMimeEncoding encoding;
    } known[] = {
        { "base64", TW_MIME_ENCODING_BASE64 },
        { "quoted-printable", TW_MIME_ENCODING_QUOTED_PRINTABLE },
        { "x-uuencode", TW_MIME_ENCODING_UUENCODE },
        { "x-uue", TW_MIME_ENCODING_UUENCODE },
        { "uuencode", TW_MIME_ENCODING_UUENCODE },
    };
    g_autoptr(TwMimeValue) value = NULL;

    if (raw == NULL)
        return TW_MIME_ENCODING_IDENTITY;
    value = tw_mime_value_parse((const guint8 *) raw->str, raw->len);
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(value->type, known[i].word) == 0)
            return known[i].encoding;
    }
    return TW_MIME_ENCODING_IDENTITY;
}

static gboolean
is_blank(guint8 c)
{
    return c == ' ' || c == '\t';
}

static gboolean
open_level(TwMimeScanner *s, const TwMimeValue *content_type)
{
    const TwMimeParam *boundary = tw_mime_value_get(content_type, "boundary");
    Level level = { .part = s->current };

    if (boundary == NULL)
        return FALSE;
    level.boundary_len = boundary->value_len;
    while (level.boundary_len > 0 && is_blank((guint8) boundary->value[level.boundary_len - 1]))
        level.boundary_len--;
    if (level.boundary_len == 0)
        return FALSE;
    if (level.boundary_len > s->limits.max_boundary_len || s->levels->len >= s->limits.max_depth) {
        part_at(s, s->current)->flags |= TW_MIME_CUT;
        return FALSE;
    }
    level.boundary = g_memdup2(boundary->value, level.boundary_len);
    level.hash = hash_bytes(level.boundary, level.boundary_len);
    s->open_hashes[level.hash % BUCKETS]++;
    g_array_append_val(s->levels, level);
    return TRUE;
}

static void
drop_levels(TwMimeScanner *s, guint keep)
{
    for (guint i = keep; i < s->levels->len; i++) {
        Level *level = &g_array_index(s->levels, Level, i);
        s->open_hashes[level->hash % BUCKETS]--;
        g_free(level->boundary);
    }
    g_array_set_size(s->levels, keep);
}

static gboolean
may_nest(TwMimeScanner *s, TwMimePart *part)
{
    if (part->depth < s->limits.max_depth && s->tree->parts->len < s->limits.max_parts)
        return TRUE;
    part->flags |= TW_MIME_CUT;
    return FALSE;
}

/* What the header of the current part says: its type, and what its body is to be. */
static void
apply_header(TwMimeScanner *s)
{
    TwMimePart *part = part_at(s, s->current);
    gboolean in_digest = part->parent != TW_MIME_NONE &&
                         part_at(s, part->parent)->kind == TW_MIME_MULTIPART &&
                         strcmp(part_at(s, part->parent)->subtype, "digest") == 0;
    g_autoptr(TwMimeValue) value = NULL;

    part->encoding = (guint8) parse_encoding(s->encoding);
    if (s->content_type != NULL)
        value = tw_mime_value_parse((const guint8 *) s->content_type->str, s->content_type->len);
    if (value != NULL && value->type[0] != '\0') {
        part->type = intern_word(s, value->type);
        part->subtype = value->subtype[0] != '\0' ? intern_word(s, value->subtype) : "";
    } else if (in_digest) {
        part->type = "message";
        part->subtype = "rfc822";
    }
    if (value != NULL && strcmp(part->type, "multipart") == 0 && may_nest(s, part)) {
        if (open_level(s, value))
            part->kind = TW_MIME_MULTIPART;
    } else if (strcmp(part->type, "message") == 0 && part->encoding == TW_MIME_ENCODING_IDENTITY &&
               (strcmp(part->subtype, "rfc822") == 0 || strcmp(part->subtype, "global") == 0) &&
               may_nest(s, part)) {
        part->kind = TW_MIME_MESSAGE;
    }
    if (s->content_type != NULL)
        g_string_free(g_steal_pointer(&s->content_type), TRUE);
    if (s->encoding != NULL)
        g_string_free(g_steal_pointer(&s->encoding), TRUE);
}

/* Ends the header of the current part before the byte at end, before which feeds line feeds stand. */
static void
end_header(TwMimeScanner *s, gsize end, gsize feeds, guint8 flags)
{
    TwMimePart *part = part_at(s, s->current);

    part->header_len = end - part->header;
    part->body = end;
    part->flags |= flags;
    s->headers_len += part->header_len;
    g_array_index(s->lines_before, gsize, s->current) = feeds;
    s->in_header = FALSE;
    apply_header(s);
}

/* Ends the open parts from current up to, not including, stop; the line break before end is not theirs. */
static void
end_parts_below(TwMimeScanner *s, guint32 stop, gsize end, gsize line_break)
{
    gsize inner_end =
        0; /* a part begun by the line before ends after its break, and so must all around it */

    if (s->in_header && s->current != stop)
        end_header(s, MAX(part_at(s, s->current)->header, end - line_break), s->line_feeds,
                   TW_MIME_NO_HEADER_END);
    while (s->current != stop) {
        TwMimePart *part = part_at(s, s->current);
        gsize body_end = MAX(MAX(part->body, end - line_break), inner_end);
        gsize before = g_array_index(s->lines_before, gsize, s->current);
        part->body_len = body_end - part->body;
        part->lines = s->line_feeds - before;
        if (part->lines > 0 && body_end < end)
            part->lines--; /* the line feed of the break */
        inner_end = body_end;
        s->current = part->parent;
    }
}

/* The innermost open level with this boundary, or -1. */
static int
find_level(TwMimeScanner *s, const guint8 *boundary, gsize len)
{
    guint64 hash = hash_bytes(boundary, len);

    if (s->open_hashes[hash % BUCKETS] == 0)
        return -1;
    for (int i = (int) s->levels->len - 1; i >= 0; i--) {
        const Level *level = &g_array_index(s->levels, Level, i);
        if (level->hash == hash && level->boundary_len == len &&
            memcmp(level->boundary, boundary, len) == 0)
            return i;
    }
    return -1;
}

/* delimiter = "--" boundary *LWSP; close-delimiter = delimiter "--" *LWSP. FALSE if the line is neither. */
static gboolean
take_delimiter(TwMimeScanner *s, const guint8 *text, gsize text_len, gsize line_len)
{
    gboolean closes = FALSE;
    guint32 multipart;
    int level;

    if (s->levels->len == 0 || text_len < 3 || text[0] != '-' || text[1] != '-')
        return FALSE;
    while (text_len > 2 && is_blank(text[text_len - 1]))
        text_len--;
    if (text_len - 2 > s->limits.max_boundary_len + 2)
        return FALSE;
    level = find_level(s, text + 2, text_len - 2);
    if (level < 0 && text_len > 4 && text[text_len - 1] == '-' && text[text_len - 2] == '-') {
        level = find_level(s, text + 2, text_len - 4);
        closes = TRUE;
    }
    if (level < 0)
        return FALSE;
    for (guint i = (guint) level + 1; i < s->levels->len; i++)
        part_at(s, g_array_index(s->levels, Level, i).part)->flags |= TW_MIME_UNCLOSED;
    multipart = g_array_index(s->levels, Level, (guint) level).part;
    end_parts_below(s, multipart, s->offset, s->last_break);
    drop_levels(s, closes ? (guint) level : (guint) level + 1);
    if (!closes && s->tree->parts->len < s->limits.max_parts)
        begin_part(s, multipart, s->offset + line_len);
    else if (!closes)
        part_at(s, multipart)->flags |= TW_MIME_CUT;
    return TRUE;
}

static void
collect(GString *value, const guint8 *text, gsize len)
{
    gsize room = value->len < TW_MIME_MAX_VALUE_LEN ? TW_MIME_MAX_VALUE_LEN - value->len : 0;

    g_string_append_len(value, (const char *) text, (gssize) MIN(len, room));
}

/* One line of the current part's header. The first Content-Type and the first encoding count. */
static void
header_line(TwMimeScanner *s, const guint8 *text, gsize len)
{
    TwCursor cur = tw_cursor_init(text, len);
    TwMimeField field;

    if (is_blank(text[0])) {
        if (s->field == FIELD_CONTENT_TYPE)
            collect(s->content_type, text, len);
        else if (s->field == FIELD_ENCODING)
            collect(s->encoding, text, len);
        return;
    }
    s->field = FIELD_OTHER;
    if ((text[0] | 0x20) != 'c' || !tw_mime_field_next(&cur, &field))
        return;
    if (s->content_type == NULL && tw_mime_field_is(&field, "content-type")) {
        s->field = FIELD_CONTENT_TYPE;
        s->content_type = g_string_new(NULL);
        collect(s->content_type, field.value, field.value_len);
    } else if (s->encoding == NULL && tw_mime_field_is(&field, "content-transfer-encoding")) {
        s->field = FIELD_ENCODING;
        s->encoding = g_string_new(NULL);
        collect(s->encoding, field.value, field.value_len);
    }
}

static gboolean
header_too_long(TwMimeScanner *s, gsize line_len)
{
    gsize len = s->offset + line_len - part_at(s, s->current)->header;

    return len > s->limits.max_header_len ||
           len > s->limits.max_headers_len - MIN(s->headers_len, s->limits.max_headers_len);
}

/* One whole line: its first bytes (up to LINE_HEAD, with the line break if it is that short), its length, the length of
 * its line break. */
static void
take_line(TwMimeScanner *s, const guint8 *head, gsize line_len, gsize line_break)
{
    gsize text_len = line_len - line_break;
    gboolean whole = line_len <= LINE_HEAD;

    if (!whole || !take_delimiter(s, head, text_len, line_len)) {
        part_at(s, s->current)->flags |= s->line_flags;
        if (s->in_header && header_too_long(s, line_len)) {
            end_header(s, s->offset, s->line_feeds, TW_MIME_NO_HEADER_END | TW_MIME_CUT);
        } else if (s->in_header && text_len == 0) {
            end_header(s, s->offset + line_len, s->line_feeds + 1, 0);
            if (part_at(s, s->current)->kind == TW_MIME_MESSAGE)
                begin_part(s, s->current, s->offset + line_len);
        } else if (s->in_header) {
            header_line(s, head, MIN(text_len, (gsize) LINE_HEAD));
        }
    }
    s->line_feeds += line_break > 0;
    s->offset += line_len;
    s->last_break = line_break;
    s->line_flags = 0;
}

/* NUL and 8-bit bytes, eight at a time. */
static guint8
flags_of(const guint8 *data, gsize len)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), highs = ones << 7;
    guint64 eight_bit = 0, nul = 0;

    for (; len >= 8; data += 8, len -= 8) {
        guint64 word;
        memcpy(&word, data, 8);
        eight_bit |= word;
        nul |= (word - ones) & ~word;
    }
    for (; len > 0; data++, len--) {
        eight_bit |= *data;
        nul |= *data == 0 ? highs : 0;
    }
    return (guint8) ((nul & highs ? TW_MIME_HAS_NUL : 0) |
                     (eight_bit & highs ? TW_MIME_HAS_8BIT : 0));
}

/* A piece of a line that did not come whole. */
static void
stash(TwMimeScanner *s, const guint8 *data, gsize len)
{
    gsize room = LINE_HEAD + 2 - s->head->len;

    g_byte_array_append(s->head, data, (guint) MIN(len, room));
    s->line_len += len;
}

static void
end_stashed_line(TwMimeScanner *s, gsize line_break)
{
    take_line(s, s->head->data, s->line_len, line_break);
    g_byte_array_set_size(s->head, 0);
    s->line_len = 0;
}

TwMimeScanner *
tw_mime_scanner_new(const TwMimeLimits *limits)
{
    TwMimeScanner *s = g_new0(TwMimeScanner, 1);

    s->limits = limits != NULL ? *limits : tw_mime_default_limits;
    s->tree = g_new0(TwMimeTree, 1);
    s->tree->parts = g_array_new(FALSE, FALSE, sizeof(TwMimePart));
    s->tree->words = g_string_chunk_new(256);
    s->levels = g_array_new(FALSE, FALSE, sizeof(Level));
    s->lines_before = g_array_new(FALSE, FALSE, sizeof(gsize));
    s->head = g_byte_array_new();
    begin_part(s, TW_MIME_NONE, 0);
    return s;
}

void
tw_mime_scanner_feed(TwMimeScanner *scanner, const guint8 *data, gsize len)
{
    TwMimeScanner *s = scanner;

    while (len > 0) {
        const guint8 *end = memchr(data, '\n', len);
        gsize piece = end == NULL ? len : (gsize) (end - data) + 1;
        gboolean had_cr = s->line_len > 0 && s->line_ends_in_cr;

        s->line_flags |= flags_of(data, piece);
        if (end == NULL) {
            stash(s, data, piece);
            s->line_ends_in_cr = data[piece - 1] == '\r';
            return;
        }
        if (s->line_len > 0) {
            gboolean crlf = piece > 1 ? data[piece - 2] == '\r' : had_cr;
            stash(s, data, piece);
            end_stashed_line(s, crlf ? 2 : 1);
        } else {
            take_line(s, data, piece, piece > 1 && data[piece - 2] == '\r' ? 2 : 1);
        }
        data += piece;
        len -= piece;
    }
}

TwMimeTree *
tw_mime_scanner_finish(TwMimeScanner *scanner)
{
    TwMimeScanner *s = scanner;
    TwMimeTree *tree;

    if (s->line_len > 0)
        end_stashed_line(s, 0);
    for (guint i = 0; i < s->levels->len; i++)
        part_at(s, g_array_index(s->levels, Level, i).part)->flags |= TW_MIME_UNCLOSED;
    /* a message/rfc822 whose header ends the input has an empty message inside, which ends here too */
    end_parts_below(s, TW_MIME_NONE, s->offset, 0);
    tree = g_steal_pointer(&s->tree);
    tw_mime_scanner_free(s);
    return tree;
}

void
tw_mime_scanner_free(TwMimeScanner *scanner)
{
    if (scanner == NULL)
        return;
    drop_levels(scanner, 0);
    g_array_free(scanner->levels, TRUE);
    g_array_free(scanner->lines_before, TRUE);
    g_byte_array_free(scanner->head, TRUE);
    if (scanner->content_type != NULL)
        g_string_free(scanner->content_type, TRUE);
    if (scanner->encoding != NULL)
        g_string_free(scanner->encoding, TRUE);
    tw_mime_tree_free(scanner->tree);
    g_free(scanner);
}

TwMimeTree *
tw_mime_scan(const guint8 *data, gsize len, const TwMimeLimits *limits)
{
    TwMimeScanner *scanner = tw_mime_scanner_new(limits);

    tw_mime_scanner_feed(scanner, data, len);
    return tw_mime_scanner_finish(scanner);
}

const TwMimePart *
tw_mime_tree_get_parts(const TwMimeTree *tree, guint *ret_count)
{
    *ret_count = tree->parts->len;
    return (const TwMimePart *) (const void *) tree->parts->data;
}

void
tw_mime_tree_free(TwMimeTree *tree)
{
    if (tree == NULL)
        return;
    g_array_free(tree->parts, TRUE);
    g_string_chunk_free(tree->words);
    g_free(tree);
}
