/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Bytes lie in two places: "carry", which holds the beginning of a token that was cut, and "piece", the caller's. Tokens are
 * read in place from the piece; when one is cut at its end, what there is of it moves to carry, and grows there by small
 * slices of the next piece until it is whole. So a token is copied only where the input was cut.
 *
 *   document  = [BOM] ["<?xml" ... "?>"] blanks element blanks
 *   element   = "<" name attribute* blanks ("/>" | ">" content "</" name blanks ">")
 *   content   = (text | reference | element)*
 *   reference = "&" ("lt" | "gt" | "amp" | "quot" | "apos" | "#" digits | "#x" hex digits) ";"
 */
#include "soap/reader.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/utf8.h"
#include "soap/plain-private.h"
#include "soap/reader-private.h"
#include "soap/same-private.h"

enum {
    SLICE = 1024,    /* how much carry grows by at a time */
    MAX_PREFIX = 64, /* bytes of a prefix that is bound */
};

typedef enum {
    BEFORE_ROOT,
    IN_ROOT,
    AFTER_ROOT,
    FAILED,
} State;

typedef struct {
    char prefix[MAX_PREFIX];
    guint8 prefix_len; /* 0: the default namespace */
    TwSoapSpace space;
    guint depth; /* of the element that binds it */
} Binding;

typedef struct {
    guint32 name_at; /* in names: the whole name, prefix included */
    guint16 name_len;
    guint16 prefix_len; /* with its colon */
    TwSoapSpace space;
} Open;

struct TwSoapReader {
    TwSoapLimits limits;
    State state;
    gboolean finished; /* no more bytes will come */
    gboolean started;  /* the first bytes were looked at for a mark and a declaration */
    gboolean after_cr; /* the last text was a CR, made LF; a LF that follows belongs to it */
    guint64 total;     /* bytes fed */
    gsize text_run;    /* bytes of text since the last tag */
    guint8 *carry;     /* TW_SOAP_MAX_TAG + SLICE bytes */
    gsize carry_at;    /* first unread byte of it */
    gsize carry_len;   /* bytes in it, read ones included */
    TwCursor piece;    /* the caller's bytes */
    Open open[TW_SOAP_MAX_DEPTH];
    guint depth;
    guint bound_depth; /* depth of the innermost binding; 0: there is none */
    TwBuffer names;    /* names of open elements, one after another */
    Binding bindings[TW_SOAP_MAX_BINDINGS];
    guint binding_count;
    TwSoapSpace default_space;
    TwSoapAttribute attributes[TW_SOAP_MAX_ATTRIBUTES];
    char scratch[8]; /* a character that a reference stands for */
    GError *error;
};

enum {
    NAME_START = 1 << 0,
    NAME = 1 << 1, /* and no colon, and ASCII: what nearly all names are made of */
    BLANK = 1 << 2,
    RARE = 1 << 4, /* what a name may hold besides */
    STOP = 1 << 3, /* ends a run of plain text: "<", "&", CR, control characters */
};

/* clang-format off */
static const guint8 classes[256] = {
    [0x00 ... 0x08] = STOP, ['\t'] = BLANK, ['\n'] = BLANK, [0x0b ... 0x0c] = STOP, ['\r'] = BLANK | STOP,
    [0x0e ... 0x1f] = STOP, [' '] = BLANK, ['<'] = STOP, ['&'] = STOP,
    ['A' ... 'Z'] = NAME_START | NAME, ['a' ... 'z'] = NAME_START | NAME, ['_'] = NAME_START | NAME,
    [':'] = RARE, ['-'] = NAME, ['.'] = NAME, ['0' ... '9'] = NAME, [0x80 ... 0xff] = NAME_START | RARE,
};
/* clang-format on */

TwSoapReader *
tw_soap_reader_new(const TwSoapLimits *limits)
{
    TwSoapReader *reader = g_new0(TwSoapReader, 1);

    g_return_val_if_fail(limits->depth <= TW_SOAP_MAX_DEPTH, NULL);
    reader->limits = *limits;
    reader->carry = g_malloc(TW_SOAP_MAX_TAG + SLICE);
    reader->names = (TwBuffer) TW_BUFFER_INIT((gsize) TW_SOAP_MAX_DEPTH * TW_SOAP_MAX_NAME);
    return reader;
}

void
tw_soap_reader_free(TwSoapReader *reader)
{
    if (reader == NULL)
        return;
    g_free(reader->carry);
    tw_buffer_clear(&reader->names);
    g_clear_error(&reader->error);
    g_free(reader);
}

void
tw_soap_reader_reset(TwSoapReader *reader)
{
    reader->state = BEFORE_ROOT;
    reader->finished = reader->started = reader->after_cr = FALSE;
    reader->total = 0;
    reader->text_run = 0;
    reader->carry_at = reader->carry_len = 0;
    reader->piece = tw_cursor_init(NULL, 0);
    reader->depth = reader->bound_depth = reader->binding_count = 0;
    reader->default_space = TW_SOAP_SPACE_NONE;
    reader->names.len = 0;
    g_clear_error(&reader->error);
}

guint
tw_soap_reader_depth(const TwSoapReader *reader)
{
    return reader->depth;
}

const GError *
tw_soap_reader_error(const TwSoapReader *reader)
{
    return reader->error;
}

/* The first failure stays. */
static TwSoapScan
fail(TwSoapReader *reader, TwError code, const char *message)
{
    if (reader->error == NULL)
        reader->error = g_error_new_literal(TW_ERROR, (gint) code, message);
    reader->state = FAILED;
    return TW_SOAP_SCAN_BAD;
}

void
tw_soap_reader_feed(TwSoapReader *reader, const void *data, gsize len)
{
    g_return_if_fail(reader->piece.left == 0 || reader->state == FAILED);
    if (len > reader->limits.body - reader->total) {
        (void) fail(reader, TW_ERROR_TOO_BIG, "more bytes than a message may have");
        return;
    }
    reader->total += len;
    reader->piece = tw_cursor_init(data, len);
}

void
tw_soap_reader_finish(TwSoapReader *reader)
{
    reader->finished = TRUE;
}

/* --- namespaces ------------------------------------------------------------------------------------------------ */

/* Looks a prefix up, without its colon. */
static gboolean
resolve(const TwSoapReader *reader, const char *prefix, gsize len, TwSoapSpace *ret)
{
    for (guint i = reader->binding_count; i > 0; i--) {
        const Binding *binding = &reader->bindings[i - 1];
        if (binding->prefix_len == len && memcmp(binding->prefix, prefix, len) == 0) {
            *ret = binding->space;
            return TRUE;
        }
    }
    *ret = len == 3 && memcmp(prefix, "xml", 3) == 0 ? TW_SOAP_SPACE_OTHER : TW_SOAP_SPACE_NONE;
    return *ret == TW_SOAP_SPACE_OTHER || len == 0;
}

static TwSoapScan
bind(TwSoapReader *reader, const char *prefix, gsize len, const TwSoapAttribute *attribute)
{
    g_auto(TwBuffer) value = TW_BUFFER_INIT(TW_SOAP_MAX_TAG);
    Binding *binding;

    if (reader->binding_count == TW_SOAP_MAX_BINDINGS || len >= MAX_PREFIX)
        return fail(reader, TW_ERROR_TOO_BIG, "more namespaces than a message may have");
    tw_soap_reader_put_value(attribute, &value);
    if (value.len == 0 && len > 0)
        return fail(reader, TW_ERROR_CORRUPT, "a prefix without a namespace");
    binding = &reader->bindings[reader->binding_count++];
    memcpy(binding->prefix, prefix, len);
    binding->prefix_len = (guint8) len;
    binding->space = tw_soap_find_space(value.data, value.len);
    binding->depth = reader->bound_depth = reader->depth + 1;
    if (len == 0)
        reader->default_space = binding->space;
    return TW_SOAP_SCAN_WHOLE;
}

/* Forgets what elements at @depth and below bound. */
static void
unbind(TwSoapReader *reader, guint depth)
{
    if (depth > reader->bound_depth)
        return;
    while (reader->binding_count > 0 && reader->bindings[reader->binding_count - 1].depth >= depth)
        reader->binding_count--;
    reader->bound_depth =
        reader->binding_count > 0 ? reader->bindings[reader->binding_count - 1].depth : 0;
    (void) resolve(reader, "", 0, &reader->default_space);
}

/* --- tags ------------------------------------------------------------------------------------------------------ */

/* The same answer for a tag that came in one piece as for one that had to be kept. */
static TwSoapScan
check_tag_len(TwSoapReader *reader, gsize len)
{
    return len <= TW_SOAP_MAX_TAG ? TW_SOAP_SCAN_WHOLE
                                  : fail(reader, TW_ERROR_TOO_BIG, "a tag longer than it may be");
}

/* A name with a colon, or with letters beyond ASCII. */
static TwSoapScan
scan_rare_name(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, gsize *ret_colon)
{
    const guint8 *p = at;
    guint8 bits = 0;

    for (; p < end && (classes[*p] & (NAME | RARE)) != 0; p++) {
        bits |= *p;
        if (*p != ':')
            continue;
        if (*ret_colon != 0)
            return fail(reader, TW_ERROR_CORRUPT, "a name with two colons");
        *ret_colon = (gsize) (p - at) + 1;
    }
    *ret_len = (gsize) (p - at);
    if (*ret_len > TW_SOAP_MAX_NAME)
        return fail(reader, TW_ERROR_TOO_BIG, "a name longer than names may be");
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    if (*ret_colon != 0 && (*ret_colon == *ret_len || (classes[at[*ret_colon]] & NAME_START) == 0))
        return fail(reader, TW_ERROR_CORRUPT, "a name ends with its prefix");
    if (bits >= 0x80 && !tw_utf8_valid(at, *ret_len, NULL))
        return fail(reader, TW_ERROR_CORRUPT, "a name that is not UTF-8");
    return TW_SOAP_SCAN_WHOLE;
}

/* A name at @at, with at most one colon. @ret_colon: offset of what follows the colon, or 0. */
static TwSoapScan
scan_name(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, gsize *ret_colon)
{
    const guint8 *p = at;

    *ret_colon = 0;
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    if ((classes[*p] & NAME_START) == 0)
        return fail(reader, TW_ERROR_CORRUPT, "a name begins with no letter");
    while (p < end && (classes[*p] & NAME) != 0)
        p++;
    *ret_len = (gsize) (p - at);
    if (p < end && (classes[*p] & RARE) != 0)
        return scan_rare_name(reader, at, end, ret_len, ret_colon);
    if (*ret_len > TW_SOAP_MAX_NAME)
        return fail(reader, TW_ERROR_TOO_BIG, "a name longer than names may be");
    return p < end ? TW_SOAP_SCAN_WHOLE : TW_SOAP_SCAN_CUT;
}

/* The bytes between two quotes: @at is behind the first. */
static TwSoapScan
scan_value(TwSoapReader *reader,
           const guint8 *at,
           const guint8 *end,
           guint8 quote,
           TwSoapAttribute *attribute)
{
    const guint8 *p = at;

    for (; p < end && *p != quote; p++) {
        char character[8];
        gsize used;
        guint len;
        TwSoapScan scan;

        if ((classes[*p] & STOP) == 0 || *p == '\r')
            continue;
        if (*p != '&')
            return fail(reader, TW_ERROR_CORRUPT, "a character that no attribute may hold");
        scan = tw_soap_scan_reference(p, end, &used, character, &len);
        if (scan != TW_SOAP_SCAN_WHOLE)
            return scan == TW_SOAP_SCAN_CUT
                       ? TW_SOAP_SCAN_CUT
                       : fail(reader, TW_ERROR_CORRUPT, "an unknown reference");
        p += used - 1;
    }
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    attribute->value = (const char *) at;
    attribute->value_len = (gsize) (p - at);
    if (!tw_utf8_valid(at, attribute->value_len, NULL))
        return fail(reader, TW_ERROR_CORRUPT, "an attribute that is not UTF-8");
    return TW_SOAP_SCAN_WHOLE;
}

static const guint8 *
skip_blanks(const guint8 *at, const guint8 *end)
{
    while (at < end && (classes[*at] & BLANK) != 0)
        at++;
    return at;
}

/* name="value" at *at, which moves behind it. The name comes whole, with its prefix. */
static TwSoapScan
scan_attribute(TwSoapReader *reader,
               const guint8 **at,
               const guint8 *end,
               TwSoapAttribute *attribute,
               gsize *ret_colon)
{
    gsize len = 0;
    TwSoapScan scan = scan_name(reader, *at, end, &len, ret_colon);
    const guint8 *p;

    attribute->value_len = 0;
    if (scan != TW_SOAP_SCAN_WHOLE)
        return scan;
    attribute->name = (const char *) *at;
    attribute->name_len = len;
    p = skip_blanks(*at + len, end);
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    if (*p != '=')
        return fail(reader, TW_ERROR_CORRUPT, "an attribute without a value");
    p = skip_blanks(p + 1, end);
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    if (*p != '"' && *p != '\'')
        return fail(reader, TW_ERROR_CORRUPT, "an attribute's value without quotes");
    scan = scan_value(reader, p + 1, end, *p, attribute);
    if (scan == TW_SOAP_SCAN_WHOLE)
        *at = p + 1 + attribute->value_len + 1;
    return scan;
}

static gboolean
is_declaration(const TwSoapAttribute *attribute, gsize colon)
{
    return colon == 6 ? memcmp(attribute->name, "xmlns", 5) == 0
                      : attribute->name_len == 5 && memcmp(attribute->name, "xmlns", 5) == 0;
}

/* Names whole as they are now: resolves prefixes, takes declarations out, refuses what is there twice. */
static TwSoapScan
settle_attributes(TwSoapReader *reader, const gsize *colons, guint count, guint *ret_count)
{
    guint kept = 0;

    for (guint i = 0; i < count; i++) {
        const TwSoapAttribute *one = &reader->attributes[i];
        gsize skip = colons[i] == 6 ? 6 : 5;
        for (guint k = 0; k < i; k++) {
            if (one->name_len == reader->attributes[k].name_len &&
                memcmp(one->name, reader->attributes[k].name, one->name_len) == 0)
                return fail(reader, TW_ERROR_CORRUPT, "an attribute that is there twice");
        }
        if (is_declaration(one, colons[i]) &&
            bind(reader, one->name + skip, one->name_len - skip, one) != TW_SOAP_SCAN_WHOLE)
            return TW_SOAP_SCAN_BAD;
    }
    for (guint i = 0; i < count; i++) {
        TwSoapAttribute one = reader->attributes[i];
        if (is_declaration(&one, colons[i]))
            continue;
        one.space = TW_SOAP_SPACE_NONE;
        if (colons[i] != 0 && !resolve(reader, one.name, colons[i] - 1, &one.space))
            return fail(reader, TW_ERROR_CORRUPT, "a prefix that nothing binds");
        one.name += colons[i];
        one.name_len -= colons[i];
        reader->attributes[kept++] = one;
    }
    *ret_count = kept;
    return TW_SOAP_SCAN_WHOLE;
}

/* Attributes up to ">" or "/>"; *at moves behind that. */
static TwSoapScan
scan_attributes(TwSoapReader *reader,
                const guint8 **at,
                const guint8 *end,
                gboolean *ret_empty,
                guint *ret_count)
{
    gsize colons[TW_SOAP_MAX_ATTRIBUTES] = { 0 };
    guint count = 0;
    const guint8 *p = *at;

    for (;;) {
        const guint8 *blanks = p;
        TwSoapScan scan;

        p = skip_blanks(p, end);
        if (p == end || (*p == '/' && p + 1 == end))
            return TW_SOAP_SCAN_CUT;
        if (*p == '>' || *p == '/')
            break;
        if (p == blanks)
            return fail(reader, TW_ERROR_CORRUPT, "attributes without a blank between them");
        if (count == TW_SOAP_MAX_ATTRIBUTES)
            return fail(reader, TW_ERROR_TOO_BIG, "more attributes than an element may have");
        scan = scan_attribute(reader, &p, end, &reader->attributes[count], &colons[count]);
        if (scan != TW_SOAP_SCAN_WHOLE)
            return scan;
        count++;
    }
    *ret_empty = *p == '/';
    if (*ret_empty && p[1] != '>')
        return fail(reader, TW_ERROR_CORRUPT, "a tag that does not end");
    *at = p + (*ret_empty ? 2 : 1);
    *ret_count = 0;
    return count == 0 ? TW_SOAP_SCAN_WHOLE : settle_attributes(reader, colons, count, ret_count);
}

/* Behind the text at @at that is all there is of it up to a reference, a tag, a CR or what may not be. */
static const guint8 *
skip_text(const guint8 *at, const guint8 *end, guint8 *io_bits)
{
    const guint8 *p = tw_soap_skip_plain(at, end, io_bits);

    while (p < end && (*p == '\t' || *p == '\n'))
        p = tw_soap_skip_plain(p + 1, end, io_bits);
    return p;
}

/* Looks whether @at is plain text and the end tag of @name, all there. */
static gboolean
scan_leaf(const guint8 *at,
          const guint8 *end,
          const char *name,
          gsize name_len,
          gsize *ret_text_len,
          gsize *ret_len)
{
    guint8 bits = 0;
    const guint8 *p = skip_text(at, end, &bits);

    if (p == end || *p != '<' || (gsize) (end - p) < name_len + 3 || p[1] != '/' ||
        p[2 + name_len] != '>' || !tw_soap_same(p + 2, name, name_len))
        return FALSE;
    *ret_text_len = (gsize) (p - at);
    *ret_len = *ret_text_len + name_len + 3;
    return bits < 0x80 || tw_utf8_valid(at, *ret_text_len, NULL);
}

static TwSoapScan
push(TwSoapReader *reader, const char *name, gsize len, gsize colon, TwSoapSpace space)
{
    Open *open;

    open = &reader->open[reader->depth++];
    open->name_at = (guint32) reader->names.len;
    open->name_len = (guint16) len;
    open->prefix_len = (guint16) colon;
    open->space = space;
    tw_buffer_put(&reader->names, name, len);
    reader->state = IN_ROOT;
    return TW_SOAP_SCAN_WHOLE;
}

/* "<name ...>" at @at. */
static TwSoapScan
scan_start(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwSoapToken *token)
{
    const char *name = (const char *) at + 1;
    const guint8 *p;
    gsize len = 0, colon = 0, text_len, rest;
    gboolean empty = FALSE;
    guint attribute_count = 0;
    TwSoapScan scan = scan_name(reader, at + 1, end, &len, &colon);

    if (scan != TW_SOAP_SCAN_WHOLE)
        return scan;
    p = at + 1 + len;
    if (*p == '>') {
        p++;
    } else {
        scan = scan_attributes(reader, &p, end, &empty, &attribute_count);
        if (scan != TW_SOAP_SCAN_WHOLE)
            return scan;
    }
    if (check_tag_len(reader, (gsize) (p - at)) != TW_SOAP_SCAN_WHOLE)
        return TW_SOAP_SCAN_BAD;
    if (reader->depth >= reader->limits.depth)
        return fail(reader, TW_ERROR_TOO_BIG, "elements nested deeper than they may be");
    if (reader->state == AFTER_ROOT)
        return fail(reader, TW_ERROR_CORRUPT, "two documents in one");
    token->space = reader->default_space;
    if (colon != 0 && !resolve(reader, name, colon - 1, &token->space))
        return fail(reader, TW_ERROR_CORRUPT, "a prefix that nothing binds");
    token->prefixed = colon != 0;
    token->name = name + colon;
    token->name_len = len - colon;
    token->attributes = reader->attributes;
    token->attribute_count = attribute_count;
    reader->text_run = 0;
    *ret_len = (gsize) (p - at);
    if (empty) {
        text_len = rest = 0;
    } else if (!scan_leaf(p, end, name, len, &text_len, &rest)) {
        token->kind = TW_SOAP_TOKEN_START;
        return push(reader, name, len, colon, token->space);
    }
    if (text_len > reader->limits.text)
        return fail(reader, TW_ERROR_TOO_BIG, "a text longer than it may be");
    token->kind = TW_SOAP_TOKEN_LEAF;
    token->text = (const char *) p;
    token->text_len = text_len;
    *ret_len += rest;
    unbind(reader, reader->depth + 1);
    if (reader->depth == 0)
        reader->state = AFTER_ROOT;
    return TW_SOAP_SCAN_WHOLE;
}

/* "</name>" at @at. */
static TwSoapScan
scan_end(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwSoapToken *token)
{
    const Open *open = &reader->open[reader->depth - 1];
    const char *name = (const char *) reader->names.data + open->name_at;
    const guint8 *p = at + 2;

    if ((gsize) (end - p) < (gsize) open->name_len + 1) {
        gsize there = MIN((gsize) (end - p), (gsize) open->name_len);
        return memcmp(p, name, there) == 0
                   ? TW_SOAP_SCAN_CUT
                   : fail(reader, TW_ERROR_CORRUPT, "an end tag of another name");
    }
    if (memcmp(p, name, open->name_len) != 0)
        return fail(reader, TW_ERROR_CORRUPT, "an end tag of another name");
    p = skip_blanks(p + open->name_len, end);
    if (p == end)
        return TW_SOAP_SCAN_CUT;
    if (*p != '>')
        return fail(reader, TW_ERROR_CORRUPT, "an end tag of another name");
    token->kind = TW_SOAP_TOKEN_END;
    token->space = open->space;
    token->prefixed = open->prefix_len != 0;
    token->name = name + open->prefix_len;
    token->name_len = (gsize) open->name_len - open->prefix_len;
    *ret_len = (gsize) (p + 1 - at);
    if (check_tag_len(reader, *ret_len) != TW_SOAP_SCAN_WHOLE)
        return TW_SOAP_SCAN_BAD;
    reader->names.len = open->name_at;
    reader->text_run = 0;
    unbind(reader, reader->depth);
    if (--reader->depth == 0)
        reader->state = AFTER_ROOT;
    return TW_SOAP_SCAN_WHOLE;
}

/* --- text ------------------------------------------------------------------------------------------------------ */

/* Text at @at, which is not "<". */
static TwSoapScan
scan_text(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwSoapToken *token)
{
    guint8 bits = 0;
    const guint8 *p = skip_text(at, end, &bits);
    gsize valid = 0;
    guint len = 0;

    token->kind = TW_SOAP_TOKEN_TEXT;
    if (p > at) {
        *ret_len = token->text_len = (gsize) (p - at);
        token->text = (const char *) at;
        if (bits >= 0x80 && !tw_utf8_valid(at, token->text_len, &valid)) {
            /* a character may be cut at the end of what is there */
            if (p < end || token->text_len - valid >= 4)
                return fail(reader, TW_ERROR_CORRUPT, "text that is not UTF-8");
            if (valid == 0)
                return TW_SOAP_SCAN_CUT;
            *ret_len = token->text_len = valid;
        }
        return TW_SOAP_SCAN_WHOLE;
    }
    token->text = reader->scratch;
    if (*at == '\r') {
        reader->scratch[0] = '\n';
        reader->after_cr = TRUE;
        *ret_len = token->text_len = 1;
        return TW_SOAP_SCAN_WHOLE;
    }
    if (*at == '&') {
        TwSoapScan scan = tw_soap_scan_reference(at, end, ret_len, reader->scratch, &len);
        token->text_len = len;
        return scan == TW_SOAP_SCAN_BAD ? fail(reader, TW_ERROR_CORRUPT, "an unknown reference")
                                        : scan;
    }
    return fail(reader, TW_ERROR_CORRUPT, "a control character");
}

/* What may stand around the root: blanks, which make no token. */
static TwSoapScan
scan_outside(TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len)
{
    const guint8 *p = skip_blanks(at, end);

    if (p == at)
        return fail(reader, TW_ERROR_CORRUPT, "text outside of the document");
    *ret_len = (gsize) (p - at);
    return TW_SOAP_SCAN_WHOLE;
}

/* A byte order mark and an XML declaration, or nothing. */
static TwSoapScan
scan_declaration(TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len)
{
    static const char mark[] = "\xef\xbb\xbf", start[] = "<?xml";
    gsize left = (gsize) (end - at), skip = 0, colons;
    const guint8 *p;

    *ret_len = 0;
    if (left == 0)
        return reader->finished ? TW_SOAP_SCAN_WHOLE : TW_SOAP_SCAN_CUT;
    if (memcmp(at, mark, MIN(left, 3)) == 0) {
        if (left < 3 && !reader->finished)
            return TW_SOAP_SCAN_CUT;
        skip = left >= 3 ? 3 : 0;
    }
    p = at + skip;
    left -= skip;
    *ret_len = skip;
    if (left < 6 && memcmp(p, start, MIN(left, 5)) == 0 && !reader->finished)
        return TW_SOAP_SCAN_CUT;
    if (left < 6 || memcmp(p, start, 5) != 0 || (classes[p[5]] & BLANK) == 0)
        return TW_SOAP_SCAN_WHOLE;
    p += 5;
    for (;;) {
        TwSoapAttribute one;
        TwSoapScan scan;

        p = skip_blanks(p, end);
        if (p == end || (*p == '?' && p + 1 == end))
            return TW_SOAP_SCAN_CUT;
        if (*p == '?' && p[1] == '>')
            break;
        scan = scan_attribute(reader, &p, end, &one, &colons);
        if (scan != TW_SOAP_SCAN_WHOLE)
            return scan;
        if (one.name_len == 8 && memcmp(one.name, "encoding", 8) == 0 &&
            !(one.value_len == 5 && g_ascii_strncasecmp(one.value, "UTF-8", 5) == 0))
            return fail(reader, TW_ERROR_CORRUPT, "an encoding other than UTF-8");
    }
    *ret_len = (gsize) (p + 2 - at);
    return check_tag_len(reader, *ret_len);
}

/* --- pulling --------------------------------------------------------------------------------------------------- */

/* One token, or none (kind MORE) where blanks were passed over. */
static TwSoapScan
scan_one(
    TwSoapReader *reader, const guint8 *at, const guint8 *end, gsize *ret_len, TwSoapToken *token)
{
    TwSoapScan scan;

    token->kind = TW_SOAP_TOKEN_MORE;
    if (!reader->started) {
        scan = scan_declaration(reader, at, end, ret_len);
        reader->started = scan == TW_SOAP_SCAN_WHOLE;
        return scan;
    }
    if (at == end)
        return TW_SOAP_SCAN_CUT;
    if (reader->after_cr) {
        reader->after_cr = FALSE;
        if (*at == '\n') {
            *ret_len = 1;
            return TW_SOAP_SCAN_WHOLE;
        }
    }
    if (*at != '<') {
        if (reader->state != IN_ROOT)
            return scan_outside(reader, at, end, ret_len);
        scan = scan_text(reader, at, end, ret_len, token);
        if (scan == TW_SOAP_SCAN_WHOLE && token->text_len > reader->limits.text - reader->text_run)
            return fail(reader, TW_ERROR_TOO_BIG, "a text longer than it may be");
        if (scan == TW_SOAP_SCAN_WHOLE)
            reader->text_run += token->text_len;
        return scan;
    }
    if (at + 1 == end)
        return TW_SOAP_SCAN_CUT;
    if (at[1] == '/')
        return reader->state == IN_ROOT
                   ? scan_end(reader, at, end, ret_len, token)
                   : fail(reader, TW_ERROR_CORRUPT, "an end tag outside of the document");
    if (at[1] == '!' || at[1] == '?')
        return fail(reader, TW_ERROR_CORRUPT, "a declaration, comment or instruction");
    return scan_start(reader, at, end, ret_len, token);
}

/* Nothing whole is in carry: takes a slice of the piece. */
static gboolean
grow_carry(TwSoapReader *reader)
{
    gsize have = reader->carry_len - reader->carry_at,
          take = MIN(reader->piece.left, (gsize) SLICE);
    const guint8 *bytes;

    memmove(reader->carry, reader->carry + reader->carry_at, have);
    reader->carry_at = 0;
    reader->carry_len = have;
    if (have >= TW_SOAP_MAX_TAG) {
        (void) fail(reader, TW_ERROR_TOO_BIG, "a tag longer than it may be");
        return FALSE;
    }
    if (take == 0 || !tw_cursor_take(&reader->piece, take, &bytes))
        return FALSE;
    memcpy(reader->carry + have, bytes, take);
    reader->carry_len += take;
    return TRUE;
}

/* A token is cut at the end of the piece: keeps what there is of it. */
static void
keep_rest(TwSoapReader *reader)
{
    if (reader->piece.left > TW_SOAP_MAX_TAG) {
        (void) fail(reader, TW_ERROR_TOO_BIG, "a tag longer than it may be");
        return;
    }
    if (reader->piece.left > 0)
        memcpy(reader->carry, reader->piece.next, reader->piece.left);
    reader->carry_at = 0;
    reader->carry_len = reader->piece.left;
    reader->piece.left = 0;
}

static TwSoapTokenKind
end_of_bytes(TwSoapReader *reader)
{
    if (reader->state == FAILED)
        return TW_SOAP_TOKEN_BAD;
    if (!reader->finished)
        return TW_SOAP_TOKEN_MORE;
    if (reader->state == AFTER_ROOT && reader->carry_len == reader->carry_at)
        return TW_SOAP_TOKEN_DONE;
    (void) fail(reader, TW_ERROR_CORRUPT, "the document is cut short");
    return TW_SOAP_TOKEN_BAD;
}

TwSoapTokenKind
tw_soap_reader_next(TwSoapReader *reader, TwSoapToken *ret)
{
    while (reader->state != FAILED) {
        gboolean carried = reader->carry_at < reader->carry_len;
        const guint8 *at = carried ? reader->carry + reader->carry_at : reader->piece.next;
        gsize left = carried ? reader->carry_len - reader->carry_at : reader->piece.left, len = 0;
        TwSoapScan scan;

        if (left == 0 && (reader->started || !reader->finished))
            return ret->kind = end_of_bytes(reader);
        scan = scan_one(reader, at, at + left, &len, ret);
        if (scan == TW_SOAP_SCAN_CUT) {
            if (carried && grow_carry(reader))
                continue;
            if (!carried)
                keep_rest(reader);
            return ret->kind = end_of_bytes(reader);
        }
        if (scan == TW_SOAP_SCAN_BAD)
            break;
        if (carried)
            reader->carry_at += len;
        else if (len > 0)
            (void) tw_cursor_skip(&reader->piece, len);
        if (ret->kind != TW_SOAP_TOKEN_MORE)
            return ret->kind;
    }
    return ret->kind = TW_SOAP_TOKEN_BAD;
}

const char *
tw_soap_reader_ahead(const TwSoapReader *reader, guint depth, gsize *ret_len)
{
    gboolean may = reader->state == IN_ROOT && reader->carry_at == reader->carry_len &&
                   !reader->after_cr && reader->depth + depth <= reader->limits.depth;

    *ret_len = may ? reader->piece.left : 0;
    return *ret_len > 0 ? (const char *) reader->piece.next : NULL;
}

void
tw_soap_reader_pass(TwSoapReader *reader, gsize len)
{
    gboolean there = tw_cursor_skip(&reader->piece, len);

    g_return_if_fail(there);
    reader->text_run = 0;
}
