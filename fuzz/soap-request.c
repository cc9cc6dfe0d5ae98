/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests: what is read is written, and read again to the same bytes. The first byte says how the rest is cut. */
#include "base/error.h"
#include "soap/soap.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const TwSoapLimits limits = {
    .body = 1u << 20, .depth = 64, .text = 65536, .items = 1024, .memory = 16u << 20
};

static const TwSoapMessage *
read_by(TwSoapDecoder *decoder, const guint8 *data, gsize size, gsize piece)
{
    g_autoptr(GError) error = NULL;
    const TwSoapMessage *message = NULL;
    gboolean good = TRUE;

    tw_soap_decoder_expect_request(decoder);
    for (gsize at = 0; good && at < size; at += piece)
        good = tw_soap_decoder_feed(decoder, data + at, MIN(piece, size - at), &error);
    if (good)
        message = tw_soap_decoder_finish(decoder, &error);
    g_assert_true((message == NULL) == (error != NULL));
    return message;
}

/* What the forms make of a restriction, if there is one. */
static void
try_restriction(const TwSoapMessage *message)
{
    const TwSoapTableRestrictArgs *args = message->body;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRestriction) restriction = tw_soap_restriction_new(args->lpRestrict, &error);

    g_assert_true((restriction == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits),
                             again = tw_soap_decoder_new(&limits);
    g_auto(TwBuffer) first = TW_BUFFER_INIT(64u << 20), second = TW_BUFFER_INIT(64u << 20);
    const TwSoapMessage *message, *back;

    if (size == 0)
        return 0;
    message = read_by(decoder, data + 1, size - 1, data[0] == '1' ? 1 : 1 + data[0]);
    if (message == NULL)
        return 0;
    if (message->call == TW_SOAP_CALL_TABLE_RESTRICT)
        try_restriction(message);
    g_assert_true(tw_soap_write_request(message->call, message->body, &first));
    back = read_by(again, first.data, first.len, first.len);
    if (back == NULL)
        return 0; /* longer than the limits, with all that was left out */
    g_assert_cmpint(back->call, ==, message->call);
    g_assert_true(tw_soap_write_request(back->call, back->body, &second));
    g_assert_true(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    return 0;
}
