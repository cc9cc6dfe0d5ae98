/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What stands in attributes and texts: references, blanks, names of namespaces. */
#include <string.h>

#include "soap/reader-private.h"

enum {
    MAX_REFERENCE = 24, /* bytes from "&" to ";": leading zeros are allowed, endless ones not */
};

/* clang-format off */
static const struct {
    const char *uri;
    TwSoapSpace space;
} spaces[] = {
    { "urn:zarafa", TW_SOAP_SPACE_CALLS },
    { "http://schemas.xmlsoap.org/soap/envelope/", TW_SOAP_SPACE_ENV_11 },
    { "http://www.w3.org/2003/05/soap-envelope", TW_SOAP_SPACE_ENV_12 },
    { "http://schemas.xmlsoap.org/soap/encoding/", TW_SOAP_SPACE_ENCODING },
    { "http://www.w3.org/2003/05/soap-encoding", TW_SOAP_SPACE_ENCODING },
    { "http://www.w3.org/2001/XMLSchema-instance", TW_SOAP_SPACE_XSI },
    { "http://www.w3.org/2004/08/xop/include", TW_SOAP_SPACE_XOP },
};
/* clang-format on */

TwSoapScan
tw_soap_scan_reference(
    const guint8 *at, const guint8 *end, gsize *ret_len, char *out, guint *ret_out_len)
{
    static const struct {
        const char *name;
        char character;
    } entities[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
    };
    gsize most = MIN((gsize) (end - at), (gsize) MAX_REFERENCE);
    const guint8 *semicolon = memchr(at, ';', most);
    const char *body = (const char *) at + 1;
    gsize len;
    guint32 c = 0;

    if (semicolon == NULL)
        return most == MAX_REFERENCE ? TW_SOAP_SCAN_BAD : TW_SOAP_SCAN_CUT;
    len = (gsize) (semicolon - at) - 1;
    *ret_len = len + 2;
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++) {
        if (len == strlen(entities[i].name) && memcmp(body, entities[i].name, len) == 0) {
            *out = entities[i].character;
            *ret_out_len = 1;
            return TW_SOAP_SCAN_WHOLE;
        }
    }
    if (len < 2 || body[0] != '#')
        return TW_SOAP_SCAN_BAD;
    if (body[1] == 'x' && len == 2)
        return TW_SOAP_SCAN_BAD;
    for (gsize i = body[1] == 'x' ? 2 : 1; i < len; i++) {
        int digit = body[1] == 'x' ? g_ascii_xdigit_value(body[i]) : g_ascii_digit_value(body[i]);
        if (digit < 0)
            return TW_SOAP_SCAN_BAD;
        c = c * (body[1] == 'x' ? 16 : 10) + (guint32) digit;
        if (c > 0x10ffff)
            return TW_SOAP_SCAN_BAD;
    }
    if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
        return TW_SOAP_SCAN_BAD;
    *ret_out_len = (guint) g_unichar_to_utf8((gunichar) c, out);
    return TW_SOAP_SCAN_WHOLE;
}

static gboolean
is_blank(guint8 byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

void
tw_soap_reader_put_value(const TwSoapAttribute *attribute, TwBuffer *out)
{
    const guint8 *at = (const guint8 *) attribute->value, *end = at + attribute->value_len;

    while (at < end) {
        char character[8];
        gsize used = 1;
        guint len = 1;

        if (*at == '&') {
            if (tw_soap_scan_reference(at, end, &used, character, &len) != TW_SOAP_SCAN_WHOLE)
                return; /* the tag was checked when it was read */
        } else {
            character[0] = (char) (is_blank(*at) ? (guint8) ' ' : *at);
            if (*at == '\r' && at + 1 < end && at[1] == '\n')
                used = 2;
        }
        tw_buffer_put(out, character, len);
        at += used;
    }
}

TwSoapSpace
tw_soap_find_space(const guint8 *uri, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS(spaces); i++) {
        if (len == strlen(spaces[i].uri) && memcmp(uri, spaces[i].uri, len) == 0)
            return spaces[i].space;
    }
    return len == 0 ? TW_SOAP_SPACE_NONE : TW_SOAP_SPACE_OTHER;
}
