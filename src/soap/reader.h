/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A pull tokenizer for the XML of SOAP: bytes go in as they come, tokens come out one at a time; there is no tree. It reads
 * what the wire has and refuses the rest:
 *
 *   read      elements, attributes, namespaces, text, the five entities, references to characters (control characters
 *             included, which XML 1.0 forbids and the wire needs), an XML declaration, a byte order mark
 *   refused   "<!" (document types, so entities of any size, CDATA, comments), processing instructions, encodings other
 *             than UTF-8, ill-formed UTF-8, control characters as they are, NUL in any form
 *
 * Source: XML 1.0 and Namespaces in XML 1.0 as far as spec/mapi-soap.md 2 uses them. Line ends are made LF (XML 2.11).
 * The tokens are the same however the input is cut, except that an element without children may come as one LEAF or as
 * START, TEXT and END, and that text may come in more than one piece. Memory is one tag and the names of open elements.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_SOAP_MAX_TAG =
        16384, /* bytes of one tag with its attributes: what is held until it is whole */
    TW_SOAP_MAX_NAME = 256,      /* bytes of a name: open ones are kept, a name for each level */
    TW_SOAP_MAX_ATTRIBUTES = 32, /* of one element: each is compared with the others */
    TW_SOAP_MAX_BINDINGS =
        64, /* prefixes bound at a time: each name with a prefix looks through them */
    TW_SOAP_MAX_DEPTH =
        192, /* most levels anyone may ask for: 20 messages within messages are 45, 16 restrictions 50 */
};

/* What a peer may make us read. A caller states all of them; none means "endless". */
typedef struct {
    guint64 body; /* bytes in all: without it one request reads for ever */
    guint depth;  /* open elements, at most %TW_SOAP_MAX_DEPTH */
    gsize text;   /* bytes of text of one element as sent, base64 included: it is held whole */
    guint items;  /* items of one list: an item of nine bytes is a structure of two hundred */
    gsize memory; /* bytes of structures in hand, for one message */
} TwSoapLimits;

/** TW_SOAP_LIMITS: limits that fit a mail of 64 MiB with its attachments in one saveObject. */
#define TW_SOAP_LIMITS                                                                             \
    {                                                                                              \
        .body = 96u << 20, .depth = 128, .text = 90u << 20, .items = 1u << 18,                     \
        .memory = 160u << 20                                                                       \
    }

/* The namespaces that mean something here. */
typedef enum {
    TW_SOAP_SPACE_NONE,     /* no prefix, or a default namespace that was taken back */
    TW_SOAP_SPACE_OTHER,    /* any that is not below */
    TW_SOAP_SPACE_CALLS,    /* urn:zarafa */
    TW_SOAP_SPACE_ENV_11,   /* envelope of SOAP 1.1 */
    TW_SOAP_SPACE_ENV_12,   /* envelope of SOAP 1.2 */
    TW_SOAP_SPACE_ENCODING, /* SOAP-ENC of either */
    TW_SOAP_SPACE_XSI,
    TW_SOAP_SPACE_XOP,
} TwSoapSpace;

typedef enum {
    TW_SOAP_TOKEN_MORE, /* nothing whole is left; feed, or finish */
    TW_SOAP_TOKEN_START,
    TW_SOAP_TOKEN_LEAF, /* an element without children, whole: name, attributes, all its text */
    TW_SOAP_TOKEN_TEXT, /* some text; of the innermost open element */
    TW_SOAP_TOKEN_END,
    TW_SOAP_TOKEN_DONE, /* the root is closed, and the end was announced */
    TW_SOAP_TOKEN_BAD,  /* and stays so */
} TwSoapTokenKind;

typedef struct {
    TwSoapSpace space; /* NONE without a prefix */
    const char *name;  /* without its prefix */
    gsize name_len;
    const char *value; /* as sent; tw_soap_reader_put_value() has it as meant */
    gsize value_len;
} TwSoapAttribute;

/* All pointers are borrowed until the next call for the reader. */
typedef struct {
    TwSoapTokenKind kind;
    TwSoapSpace space; /* START, LEAF, END */
    gboolean prefixed; /* START, LEAF, END: the name had a prefix */
    const char *name;  /* START, LEAF, END: without its prefix */
    gsize name_len;
    const char
        *text; /* TEXT, LEAF: references replaced, well-formed UTF-8, no NUL, and none behind it */
    gsize text_len;
    const TwSoapAttribute *attributes; /* START, LEAF; without those that declare namespaces */
    guint attribute_count;
} TwSoapToken;

typedef struct TwSoapReader TwSoapReader;

/**
 * tw_soap_reader_new:
 * @limits: body, depth and text of it hold here
 *
 * Returns: (transfer full): a reader at the start of a document
 */
TwSoapReader *tw_soap_reader_new(const TwSoapLimits *limits);

/**
 * tw_soap_reader_free:
 * @reader: (nullable) (transfer full): a reader
 */
void tw_soap_reader_free(TwSoapReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapReader, tw_soap_reader_free)

/**
 * tw_soap_reader_reset:
 * @reader: a reader
 *
 * Starts another document; memory is kept.
 */
void tw_soap_reader_reset(TwSoapReader *reader);

/**
 * tw_soap_reader_feed:
 * @reader: a reader that has answered MORE, or a new one
 * @data: (array length=len): the next bytes, borrowed until the reader answers MORE or is freed
 * @len: how many
 */
void tw_soap_reader_feed(TwSoapReader *reader, const void *data, gsize len);

/**
 * tw_soap_reader_finish:
 * @reader: a reader
 *
 * Says that what was fed is all there is.
 */
void tw_soap_reader_finish(TwSoapReader *reader);

/**
 * tw_soap_reader_next:
 * @reader: a reader
 * @ret: (out): the token
 *
 * Returns: kind of the token, which is in @ret too
 */
TwSoapTokenKind tw_soap_reader_next(TwSoapReader *reader, TwSoapToken *ret);

/**
 * tw_soap_reader_ahead:
 * @reader: a reader that gave a token
 * @depth: how many elements may be open at a time in what is looked for
 * @ret_len: (out): bytes there are
 *
 * Looks at what comes, for who knows a form that is read at once. There is nothing to see where a token was cut, or where so many more
 * elements may not be opened.
 *
 * Returns: (transfer none): the bytes that come next, or NULL
 */
const char *tw_soap_reader_ahead(const TwSoapReader *reader, guint depth, gsize *ret_len);

/**
 * tw_soap_reader_pass:
 * @reader: a reader
 * @len: how many of the bytes ahead
 *
 * Passes over whole elements that were found to be well-formed, of names without prefixes, with no attributes.
 */
void tw_soap_reader_pass(TwSoapReader *reader, gsize len);

/**
 * tw_soap_reader_depth:
 * @reader: a reader
 *
 * Returns: how many elements are open
 */
guint tw_soap_reader_depth(const TwSoapReader *reader);

/**
 * tw_soap_reader_error:
 * @reader: a reader that has answered BAD
 *
 * Returns: (transfer none): why: TW_ERROR_CORRUPT (this is no XML, or none that is read here) or TW_ERROR_TOO_BIG (a limit)
 */
const GError *tw_soap_reader_error(const TwSoapReader *reader);

/**
 * tw_soap_reader_put_value:
 * @attribute: an attribute of a token
 * @out: (inout): takes its value with references replaced and blanks made spaces
 */
void tw_soap_reader_put_value(const TwSoapAttribute *attribute, TwBuffer *out);

G_END_DECLS
