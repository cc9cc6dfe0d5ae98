/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Envelopes around elements, as spec/mapi-soap.md 2.1 has them. */
#pragma once

#include <glib.h>

#define ENVELOPE_NAMES                                                                             \
    "xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\" "                                \
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "                                     \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "                                              \
    "xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" "                                         \
    "xmlns:xmlmime=\"http://www.w3.org/2004/11/xmlmime\" xmlns:ns=\"urn:zarafa\""
#define ENVELOPE_BEGIN                                                                             \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                 \
    "<SOAP-ENV:Envelope "                                                                          \
    "xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" " ENVELOPE_NAMES                 \
    "><SOAP-ENV:Body SOAP-ENV:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
#define ENVELOPE_END "</SOAP-ENV:Body></SOAP-ENV:Envelope>"

/* The whole of a message. */
static inline char *
envelope(const char *element)
{
    return g_strconcat(ENVELOPE_BEGIN, element, ENVELOPE_END, NULL);
}
