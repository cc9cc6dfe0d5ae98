/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From the structures of types.h to bytes: a request at a client, a response at a server. Written directly, member after
 * member in the documented order, as the peer does (spec/mapi-soap.md 2): the same structure gives the same bytes.
 *
 * Text that is not UTF-8 (an 8-bit property as it was stored) is written with U+FFFD in place of what is ill-formed. A value
 * of a type that does not travel is written as an ERROR "not found", so that a row keeps a cell for each column.
 */
#pragma once

#include "soap/calls.h"
#include "soap/decode.h"

G_BEGIN_DECLS

/**
 * tw_soap_write_request:
 * @call: a call
 * @args: what its row says
 * @out: (inout): takes the envelope
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_soap_write_request(TwSoapCall call, gconstpointer args, TwBuffer *out);

/**
 * tw_soap_write_response:
 * @version: of the request
 * @call: a call
 * @response: what its row says
 * @out: (inout): takes the envelope, with CR LF behind it
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_soap_write_response(TwSoapVersion version,
                                TwSoapCall call,
                                gconstpointer response,
                                TwBuffer *out);

/**
 * tw_soap_write_fault:
 * @version: of the request; %TW_SOAP_1_1 where it is not known
 * @error: why a request cannot be read, as tw_soap_decoder_feed() says
 * @out: (inout): takes the envelope, with CR LF behind it
 *
 * For HTTP status 500 and a closed connection after it (spec/mapi-soap.md 1.4). The text is fixed for each code; nothing of
 * @error's own is told.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_soap_write_fault(TwSoapVersion version, const GError *error, TwBuffer *out);

/**
 * tw_soap_write_record:
 * @type: a structure
 * @record: one of them
 * @name: of its element, without characters that XML escapes
 * @out: (inout): takes an XML document with that element, which declares the namespaces of an envelope, as its root
 *
 * The way back of tw_soap_decode_record().
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_soap_write_record(const TwSoapType *type,
                              gconstpointer record,
                              const char *name,
                              TwBuffer *out);

G_END_DECLS
