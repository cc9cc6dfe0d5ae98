/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The frame in which bytes travel beside XML: multipart/related with an envelope as its first part and one part for each
 * stream (XOP and MTOM, spec/mapi-soap.md 1.6). Reading is by pieces: what is held is the head of a part, never its bytes.
 *
 *   body      = preamble delimiter *part "--" epilogue
 *   delimiter = CR LF "--" boundary          (at the very start without CR LF)
 *   part      = blanks CR LF *(header CR LF) CR LF bytes delimiter
 *
 * Source: RFC 2046 section 5.1, RFC 2387.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_MTOM_MAX_TYPE = 1024,     /* bytes of a Content-Type */
    TW_MTOM_MAX_BOUNDARY = 120,  /* of a boundary; RFC 2046 says 70, the peer's is 68 */
    TW_MTOM_MAX_HEAD = 4096,     /* of the head of a part: it is held whole */
    TW_MTOM_MAX_PREAMBLE = 4096, /* before the first part: bytes that mean nothing */
    TW_MTOM_MAX_PARTS = 65536,   /* heads cost time each */
    TW_MTOM_MAX_ID = 256,        /* of a Content-ID */
};

/* What a Content-Type says of the frame. */
typedef struct {
    char boundary[TW_MTOM_MAX_BOUNDARY + 1];
} TwMtomType;

/**
 * tw_mtom_type_parse:
 * @value: (array length=len): a Content-Type, without its name
 * @len: bytes
 * @ret: (out): the frame it announces
 * @error: on failure TW_ERROR_UNSUPPORTED (it is not multipart/related; most are text/xml), TW_ERROR_CORRUPT (it is, and has no
 *   boundary or no form) or TW_ERROR_TOO_BIG
 *
 * Returns: TRUE for a multipart/related
 */
gboolean tw_mtom_type_parse(const char *value, gsize len, TwMtomType *ret, GError **error);

typedef enum {
    TW_MTOM_MORE, /* feed more */
    TW_MTOM_PART, /* a part begins: @id */
    TW_MTOM_DATA, /* bytes of it: @data */
    TW_MTOM_END,  /* the part is over */
    TW_MTOM_DONE, /* all are; what is fed after is passed over */
    TW_MTOM_BAD,  /* and stays so */
} TwMtomKind;

typedef struct {
    TwMtomKind kind;
    const char *
        id; /* PART: its Content-ID without angle brackets, "" if it has none; until the next call */
    gsize id_len;
    const guint8 *data; /* DATA: until the next call */
    gsize data_len;
} TwMtomToken;

typedef struct TwMtomReader TwMtomReader;

/**
 * tw_mtom_reader_new:
 * @type: what the Content-Type said
 *
 * Returns: (transfer full): a reader before the first byte of the body
 */
TwMtomReader *tw_mtom_reader_new(const TwMtomType *type);

/**
 * tw_mtom_reader_free:
 * @reader: (nullable) (transfer full): a reader
 */
void tw_mtom_reader_free(TwMtomReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwMtomReader, tw_mtom_reader_free)

/**
 * tw_mtom_reader_feed:
 * @reader: a new reader, or one that has answered MORE
 * @data: (array length=len): the next bytes, borrowed until it answers MORE again
 * @len: how many
 */
void tw_mtom_reader_feed(TwMtomReader *reader, const void *data, gsize len);

/**
 * tw_mtom_reader_next:
 * @reader: a reader
 * @ret: (out): the token
 *
 * The bytes of a part come in any number of DATA, the same ones however the input was cut. A body that ends before DONE is
 * cut short, which the caller knows.
 *
 * Returns: kind of the token, which is in @ret too
 */
TwMtomKind tw_mtom_reader_next(TwMtomReader *reader, TwMtomToken *ret);

/**
 * tw_mtom_reader_error:
 * @reader: a reader that has answered BAD
 *
 * Returns: (transfer none): why: TW_ERROR_CORRUPT, TW_ERROR_TOO_BIG (a limit) or TW_ERROR_UNSUPPORTED (a part whose bytes are
 *   encoded)
 */
const GError *tw_mtom_reader_error(const TwMtomReader *reader);

/**
 * tw_mtom_type_make:
 * @ret: (out): a frame with a boundary of its own, which no bytes are likely to hold
 */
void tw_mtom_type_make(TwMtomType *ret);

/**
 * tw_mtom_put_type:
 * @type: a frame
 * @out: (inout): takes the value of the Content-Type
 */
void tw_mtom_put_type(const TwMtomType *type, TwBuffer *out);

/**
 * tw_mtom_put_root:
 * @type: a frame
 * @out: (inout): takes what stands before the envelope
 */
void tw_mtom_put_root(const TwMtomType *type, TwBuffer *out);

/**
 * tw_mtom_put_part:
 * @type: a frame
 * @id: of the part, as in the XOP member that stands for it
 * @out: (inout): takes what stands before the bytes of the part, and ends the part before
 */
void tw_mtom_put_part(const TwMtomType *type, const char *id, TwBuffer *out);

/**
 * tw_mtom_put_end:
 * @type: a frame
 * @out: (inout): takes what stands behind the last part
 */
void tw_mtom_put_end(const TwMtomType *type, TwBuffer *out);

G_END_DECLS
