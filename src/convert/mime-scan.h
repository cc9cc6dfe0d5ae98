/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structure of a message: one linear pass over its bytes gives the tree of its parts as byte ranges.
 *
 * Every input has a tree: what goes past a limit, or is no MIME, is one opaque part, and its bytes are all still there.
 * The bytes may be fed in pieces of any size; the tree does not depend on how they were cut.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** TW_MIME_NONE: no part, where a part index stands. */
#define TW_MIME_NONE G_MAXUINT32

typedef struct {
    guint
        max_depth; /* parts inside parts; deeper ones are opaque. Without it: a stack of 10,000 boundaries */
    guint max_parts; /* parts in a message; later ones stay bytes of their multipart */
    gsize
        max_header_len; /* bytes of one part's header; the rest is body. Without it: gigabytes held as header */
    gsize max_headers_len;  /* bytes of all headers together */
    gsize max_boundary_len; /* bytes of a boundary; a longer one makes an opaque part */
} TwMimeLimits;

/** tw_mime_default_limits: 100 levels, 5,000 parts, 10 MiB a header, 50 MiB of headers, boundaries of 1,000 bytes. */
extern const TwMimeLimits tw_mime_default_limits;

typedef enum {
    TW_MIME_LEAF,      /* no parts inside, or none that were looked at */
    TW_MIME_MULTIPART, /* multipart of any kind with a boundary */
    TW_MIME_MESSAGE, /* message/rfc822 or message/global, not encoded: one child, the message, unless its
                        * own header was cut off */
} TwMimeKind;

typedef enum {
    TW_MIME_ENCODING_IDENTITY, /* 7bit, 8bit, binary, none or an unknown word */
    TW_MIME_ENCODING_BASE64,
    TW_MIME_ENCODING_QUOTED_PRINTABLE,
    TW_MIME_ENCODING_UUENCODE, /* x-uuencode, x-uue, uuencode */
} TwMimeEncoding;

typedef enum {
    TW_MIME_UNCLOSED = 1u << 0, /* a multipart whose closing delimiter never came */
    TW_MIME_CUT = 1u << 1,      /* opaque, or with fewer parts than it has, because of a limit */
    TW_MIME_HAS_NUL = 1u << 2,  /* a zero byte in header or body of this very part */
    TW_MIME_HAS_8BIT = 1u << 3, /* a byte over 127, likewise */
    TW_MIME_NO_HEADER_END = 1u << 4, /* the header ran into a delimiter, a limit or the end */
} TwMimeFlags;

typedef struct {
    gsize header;     /* offset of the header in the message */
    gsize header_len; /* with the empty line that ends it */
    gsize body;       /* offset of the body */
    gsize
        body_len; /* without the line break before a delimiter; for a multipart all of preamble, parts, epilogue */
    gsize lines;                       /* line feeds in the body */
    guint32 parent, first_child, next; /* indices into the tree, or TW_MIME_NONE */
    guint16 depth;                     /* 0 for the message itself */
    guint8 kind;                       /* TwMimeKind */
    guint8 encoding;                   /* TwMimeEncoding */
    guint8 flags;                      /* TwMimeFlags */
    const char *type,
        *subtype; /* lower case; "text" and "plain" where the header gives none; borrowed from the tree */
} TwMimePart;

typedef struct TwMimeTree TwMimeTree;
typedef struct TwMimeScanner TwMimeScanner;

/**
 * tw_mime_scanner_new:
 * @limits: (nullable): limits, copied; NULL for %tw_mime_default_limits
 *
 * Returns: (transfer full): a scanner at the start of a message
 */
TwMimeScanner *tw_mime_scanner_new(const TwMimeLimits *limits);

/**
 * tw_mime_scanner_feed:
 * @scanner: a scanner
 * @data: (array length=len): the next bytes of the message
 * @len: how many
 *
 * Runs in time linear in @len; keeps at most one line's head and the header fields that matter in memory.
 */
void tw_mime_scanner_feed(TwMimeScanner *scanner, const guint8 *data, gsize len);

/**
 * tw_mime_scanner_finish:
 * @scanner: (transfer full): a scanner; freed
 *
 * Ends the message.
 *
 * Returns: (transfer full): its tree, of at least one part
 */
TwMimeTree *tw_mime_scanner_finish(TwMimeScanner *scanner);

/**
 * tw_mime_scanner_free:
 * @scanner: (nullable): a scanner that is not finished
 *
 * Frees it.
 */
void tw_mime_scanner_free(TwMimeScanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMimeScanner, tw_mime_scanner_free)

/**
 * tw_mime_scan:
 * @data: (array length=len): a whole message
 * @len: its length
 * @limits: (nullable): limits; NULL for %tw_mime_default_limits
 *
 * Scanner, feed and finish in one.
 *
 * Returns: (transfer full): the tree, of at least one part
 */
TwMimeTree *tw_mime_scan(const guint8 *data, gsize len, const TwMimeLimits *limits);

/**
 * tw_mime_tree_get_parts:
 * @tree: a tree
 * @ret_count: (out): how many parts, at least 1
 *
 * Returns: (transfer none) (array length=ret_count): the parts in the order in which they begin; part 0 is the message
 */
const TwMimePart *tw_mime_tree_get_parts(const TwMimeTree *tree, guint *ret_count);

/**
 * tw_mime_tree_free:
 * @tree: (nullable): a tree
 *
 * Frees it.
 */
void tw_mime_tree_free(TwMimeTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMimeTree, tw_mime_tree_free)

G_END_DECLS
