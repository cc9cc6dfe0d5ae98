/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Header fields of a message or part, as bytes: where each field lies, its value unfolded, and the structured value of
 * Content-Type and Content-Disposition. Charsets and encoded words are not this file's business.
 */
#pragma once

#include "base/cursor.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    /* Longest structured value that is looked at; without it a 10 MB Content-Type is parsed ten times over. */
    TW_MIME_MAX_VALUE_LEN = 64 * 1024,
    /* Parameters kept of one value (CVE-2026-27859: 100,000 of them took minutes elsewhere). */
    TW_MIME_MAX_PARAMS = 1000,
    /* Depth of comments inside comments. */
    TW_MIME_MAX_COMMENT_DEPTH = 32,
};

typedef struct {
    const guint8 *name; /* up to the colon, trailing blanks removed; borrowed */
    gsize name_len;     /* 0: a line that is no header field */
    const guint8
        *value; /* after the colon, folds included, without the last line break; borrowed */
    gsize value_len;
    gsize field_len; /* the whole field with its last line break */
} TwMimeField;

typedef struct {
    char *name;      /* lower case ASCII as written, such as "boundary" or "filename*0*" */
    char *value;     /* quotes and backslashes removed; NUL-terminated, NULs inside dropped */
    gsize value_len; /* bytes in value */
} TwMimeParam;

typedef struct {
    char *type;          /* lower case: "text", "attachment"; never NULL, maybe empty */
    char *subtype;       /* lower case; empty where the field has none (Content-Disposition) */
    TwMimeParam *params; /* in the order written; a repeated name is kept, the first counts */
    guint param_count;
    gboolean cut; /* a limit stopped the reading; what stands here was read before it */
} TwMimeValue;

/**
 * tw_mime_field_next:
 * @cur: over a header block; moved past the field
 * @ret: (out): where the field lies, borrowed from the block
 *
 * Steps to the next header field. Lines end in LF or CRLF; a line that begins with a blank continues the field before
 * it. Source: RFC 5322, section 2.2; lenient as mail in the wild needs.
 *
 * Returns: FALSE at the empty line that ends a header, or at the end of the bytes; the empty line is not passed
 */
gboolean tw_mime_field_next(TwCursor *cur, TwMimeField *ret);

/**
 * tw_mime_field_is:
 * @field: a field
 * @name: its name in any case, such as "Content-Type"
 *
 * Returns: TRUE if the field has that name
 */
gboolean tw_mime_field_is(const TwMimeField *field, const char *name);

/**
 * tw_mime_unfold:
 * @value: (array length=len): a raw value
 * @len: its length
 *
 * Removes the line breaks of folding (the blanks after them stay) and blanks at both ends. NULs are dropped.
 * Source: RFC 5322, section 2.2.3.
 *
 * Returns: (transfer full): the value as one line
 */
GString *tw_mime_unfold(const guint8 *value, gsize len);

/**
 * tw_mime_value_parse:
 * @value: (array length=len): a raw value of Content-Type or Content-Disposition
 * @len: its length; more than %TW_MIME_MAX_VALUE_LEN is cut there
 *
 * Reads type, subtype and parameters. Never fails: what cannot be understood is left out, what goes past a limit sets
 * @cut. Accepts comments, parameters without quotes around specials, and a missing semicolon at the end.
 * Source: RFC 2045, section 5.1; RFC 2183, section 2.
 *
 * Returns: (transfer full): the value; free with tw_mime_value_free()
 */
TwMimeValue *tw_mime_value_parse(const guint8 *value, gsize len);

/**
 * tw_mime_value_get:
 * @value: a parsed value
 * @name: a parameter name in lower case
 *
 * Returns: (nullable): the first parameter of that name, borrowed from @value
 */
const TwMimeParam *tw_mime_value_get(const TwMimeValue *value, const char *name);

/**
 * tw_mime_value_free:
 * @value: (nullable): a parsed value
 *
 * Frees it.
 */
void tw_mime_value_free(TwMimeValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMimeValue, tw_mime_value_free)

G_END_DECLS
