/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Message streams: a whole message as bytes, as they travel beside the XML of exportMessageChangesAsStream and
 * importMessageFromStream. All numbers are big-endian.
 *
 *   stream     = u32 version (1)  message
 *   message    = props  u32 count  count x subobject
 *   subobject  = u32 type (6, 8 recipient; 7 attachment)  u32 id  props  [tail, of an attachment]
 *   tail       = u32 length  bytes (PR_ATTACH_DATA_BIN)  u32 has-message  [u32 type (5)  u32 id  message]
 *   props      = u32 count  count x (u32 tag  value  [name, of a property id above 0x8500])
 *   name       = 16 bytes GUID  u32 kind  (0: u32 number; 1: u32 length, text)
 *
 * Text stands under 8-bit tags and is UTF-8. Source: spec/mapi-soap.md 12.
 *
 * Neither side holds a large value: the writer says where it lies, the reader gives it away in pieces.
 */
#pragma once

#include "mapi/named.h"
#include "mapi/object.h"

G_BEGIN_DECLS

enum {
    TW_SOAP_STREAM_INLINE =
        64 * 1024,                 /* bytes: longer binaries are offered to the caller in pieces */
    TW_SOAP_STREAM_NAMES = 0x8500, /* property ids above this have a name behind the value */
};

/* ---- reading ---- */

/* What a reader asks its caller. */
typedef struct {
    /* Whether a property of @node counts; what does not is passed over. */
    gboolean (*wants)(const TwObject *node, guint32 tag, gpointer data);
    /* The property id that a name has here; 0: the property is dropped. */
    gboolean (*name)(const TwNamedProp *name, guint *ret_id, gpointer data, GError **error);
    /* A binary value of @len bytes: taken in pieces, or (@ret_taken FALSE) kept in memory. */
    gboolean (*begin)(guint32 len, gboolean *ret_taken, gpointer data, GError **error);
    gboolean (*piece)(const guint8 *bytes, gsize len, gpointer data, GError **error);
    /* Where it belongs; @tag 0: nowhere. */
    gboolean (*end)(const TwObject *node, guint32 tag, gpointer data, GError **error);
} TwSoapStreamFuncs;

typedef struct TwSoapStreamReader TwSoapStreamReader;

/**
 * tw_soap_stream_reader_new:
 * @funcs: all of them
 * @data: for @funcs
 *
 * Returns: (transfer full): a reader before the first byte
 */
TwSoapStreamReader *tw_soap_stream_reader_new(const TwSoapStreamFuncs *funcs, gpointer data);

/**
 * tw_soap_stream_reader_free:
 * @reader: (nullable) (transfer full): a reader
 */
void tw_soap_stream_reader_free(TwSoapStreamReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapStreamReader, tw_soap_stream_reader_free)

/**
 * tw_soap_stream_reader_feed:
 * @reader: a reader
 * @bytes: (array length=len): the next bytes
 * @len: how many
 * @error: on failure, which is for good: TW_ERROR_CORRUPT (no stream), TW_ERROR_TOO_BIG, TW_ERROR_TOO_COMPLEX (the limits of
 *   mapi/object.h and mapi/value.h), and what the functions say
 *
 * The same object comes of it however the bytes are cut.
 *
 * Returns: FALSE on failure
 */
gboolean tw_soap_stream_reader_feed(TwSoapStreamReader *reader,
                                    const guint8 *bytes,
                                    gsize len,
                                    GError **error);

/**
 * tw_soap_stream_reader_finish:
 * @reader: a reader that was fed all bytes
 * @error: on failure as of feeding; TW_ERROR_CORRUPT for a stream cut short
 *
 * Returns: (transfer full): the message, without the values that were given away, or NULL
 */
TwObject *tw_soap_stream_reader_finish(TwSoapStreamReader *reader, GError **error);

/* ---- writing ---- */

typedef enum {
    TW_SOAP_STREAM_NO_RICH = 1u << 0, /* neither HTML nor RTF: spec/mapi-soap.md 11.6, flag 0x200 */
    TW_SOAP_STREAM_BEST_BODY = 1u << 1, /* of the bodies that are there one: flag 0x2000 */
} TwSoapStreamFlags;

/* What a writer is told. */
typedef struct {
    guint flags; /* bits of #TwSoapStreamFlags */
    /* (nullable): the name of a property id above %TW_SOAP_STREAM_NAMES, or NULL: it is left out */
    const TwNamedProp *(*name)(guint id, gpointer data);
    gpointer data;
    const TwPropValue
        *more; /* (nullable): values of the message that the object has not, in front of the last */
    guint more_count;
} TwSoapStreamHow;

/* A stretch of a stream: bytes, or a value that lies elsewhere. */
typedef struct {
    GBytes *bytes; /* owned; NULL: the value that @part leads to */
    TwPart part;
    guint64 len;
} TwSoapStreamPiece;

/**
 * tw_soap_stream_write:
 * @object: a message
 * @how: what of it, and names
 * @error: on failure TW_ERROR_TOO_BIG (a value of 4 GiB, or bytes beyond the limits of an object)
 *
 * Returns: (transfer full) (element-type TwSoapStreamPiece): the stream, stretch after stretch, or NULL
 */
GArray *tw_soap_stream_write(const TwObject *object, const TwSoapStreamHow *how, GError **error);

G_END_DECLS
