/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From bytes to the structures of types.h: a request at a server, a response at a client. Bytes are fed as they come; what is
 * held is the structures, not the text.
 *
 * A reader of the wire is lenient where the peer is (spec/mapi-soap.md 2.5, 2.7): members in any order, unknown elements
 * passed over, missing ones zero or absent, xsi:nil as missing. It refuses what cannot be meant: a value that does not parse,
 * a member twice, text where elements belong and elements where text belongs.
 */
#pragma once

#include "base/arena.h"
#include "soap/calls.h"
#include "soap/reader.h"

G_BEGIN_DECLS

typedef enum {
    TW_SOAP_1_1,
    TW_SOAP_1_2, /* accepted, and answered likewise */
} TwSoapVersion;

/* One message, read. All of it is borrowed from the decoder until that is reset or freed. */
typedef struct {
    TwSoapVersion version;
    TwSoapCall call;
    gpointer body; /* what the call's row says: its args, or its response; NULL with a fault */
    const TwSoapFault *fault; /* (nullable): responses only */
    /* (nullable): the message is well-formed, but holds a property value that cannot be: its member is not that of its type, a
     * GUID not 16 bytes long, a restriction too deep. The value is an ERROR in its place. No fault: the call's result says so */
    const GError *refusal;
} TwSoapMessage;

typedef struct TwSoapDecoder TwSoapDecoder;

/**
 * tw_soap_decoder_new:
 * @limits: for each message
 *
 * Returns: (transfer full): a decoder that expects a request
 */
TwSoapDecoder *tw_soap_decoder_new(const TwSoapLimits *limits);

/**
 * tw_soap_decoder_free:
 * @decoder: (nullable) (transfer full): a decoder
 */
void tw_soap_decoder_free(TwSoapDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSoapDecoder, tw_soap_decoder_free)

/**
 * tw_soap_decoder_expect_request:
 * @decoder: a decoder; the message it held is gone
 */
void tw_soap_decoder_expect_request(TwSoapDecoder *decoder);

/**
 * tw_soap_decoder_expect_response:
 * @decoder: a decoder; the message it held is gone
 * @call: what was asked
 */
void tw_soap_decoder_expect_response(TwSoapDecoder *decoder, TwSoapCall call);

/**
 * tw_soap_decoder_feed:
 * @decoder: a decoder
 * @data: (array length=len): the next bytes
 * @len: how many
 * @error: on failure, which is for good: TW_ERROR_CORRUPT (no XML or no envelope: the peer of old closes the connection),
 *   TW_ERROR_NOT_FOUND (no such call), TW_ERROR_INVALID (a value that does not parse, elements that cannot be meant) or
 *   TW_ERROR_TOO_BIG (a limit)
 *
 * Returns: FALSE when the message cannot be read
 */
gboolean tw_soap_decoder_feed(TwSoapDecoder *decoder, const void *data, gsize len, GError **error);

/**
 * tw_soap_decoder_finish:
 * @decoder: a decoder that was fed all bytes of a message
 * @error: on failure as tw_soap_decoder_feed(); TW_ERROR_CORRUPT for a message cut short
 *
 * Returns: (transfer none) (nullable): the message, or NULL
 */
const TwSoapMessage *tw_soap_decoder_finish(TwSoapDecoder *decoder, GError **error);

/**
 * tw_soap_decoder_arena:
 * @decoder: a decoder
 *
 * Returns: (transfer none): where the message lies, for what is made of it and dies with it
 */
TwArena *tw_soap_decoder_arena(TwSoapDecoder *decoder);

/**
 * tw_soap_decode_record:
 * @type: a structure
 * @data: (array length=len): an XML document whose root is that structure, of any name
 * @len: bytes
 * @arena: where it shall lie
 * @limits: for it
 * @error: on failure as tw_soap_decoder_feed(), and what a refusal would say
 *
 * For structures that travel alone: a collapse state (spec/mapi-soap.md 8.7), the value of PR_RULES_DATA (14.4).
 *
 * Returns: (transfer none): the structure, or NULL
 */
gpointer tw_soap_decode_record(const TwSoapType *type,
                               const void *data,
                               gsize len,
                               TwArena *arena,
                               const TwSoapLimits *limits,
                               GError **error);

/**
 * tw_soap_fault_error:
 * @fault: what a server answered instead of a response
 *
 * Returns: (transfer full): TW_ERROR_FAILED with its text
 */
GError *tw_soap_fault_error(const TwSoapFault *fault);

G_END_DECLS
