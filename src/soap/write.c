/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/write-private.h"

#include <math.h>

#include "base/base64.h"
#include "base/utf8.h"

void
tw_soap_put_u64(TwBuffer *out, guint64 number)
{
    if (!tw_buffer_reserve(out, TW_SOAP_NUMBER_LEN))
        return;
    out->len =
        (gsize) (tw_soap_put_digits((char *) out->data + out->len, number) - (char *) out->data);
}

void
tw_soap_put_i64(TwBuffer *out, gint64 number)
{
    if (number < 0)
        tw_buffer_put_u8(out, '-');
    tw_soap_put_u64(out, number < 0 ? 0 - (guint64) number : (guint64) number);
}

/* 17 digits bring back any double, 9 any float. */
void
tw_soap_put_double(TwBuffer *out, double number, gboolean is_float)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (isnan(number))
        tw_soap_put_str(out, "NaN");
    else if (isinf(number))
        tw_soap_put_str(out, number < 0 ? "-INF" : "INF");
    else
        tw_soap_put_str(out,
                        g_ascii_formatd(text, sizeof text, is_float ? "%.9G" : "%.17G", number));
}

/* What is not written as it is. 0 in here: as it is. */
static const char *const escapes[256] = {
    ['\r'] = "&#xD;",        ['&'] = "&amp;",   ['<'] = "&lt;",    ['>'] = "&gt;",
    [0x01] = "&#x1;",        [0x02] = "&#x2;",  [0x03] = "&#x3;",  [0x04] = "&#x4;",
    [0x05] = "&#x5;",        [0x06] = "&#x6;",  [0x07] = "&#x7;",  [0x08] = "&#x8;",
    [0x0b] = "&#xB;",        [0x0c] = "&#xC;",  [0x0e] = "&#xE;",  [0x0f] = "&#xF;",
    [0x10] = "&#x10;",       [0x11] = "&#x11;", [0x12] = "&#x12;", [0x13] = "&#x13;",
    [0x14] = "&#x14;",       [0x15] = "&#x15;", [0x16] = "&#x16;", [0x17] = "&#x17;",
    [0x18] = "&#x18;",       [0x19] = "&#x19;", [0x1a] = "&#x1A;", [0x1b] = "&#x1B;",
    [0x1c] = "&#x1C;",       [0x1d] = "&#x1D;", [0x1e] = "&#x1E;", [0x1f] = "&#x1F;",
    [0x00] = "\xef\xbf\xbd",
};

/* What tw_soap_put_text() looks for: 1 where escapes[] has something, 0x80 where a byte is not ASCII. */
/* clang-format off */
static const guint8 plain[256] = {
    [0x00 ... 0x08] = 1, [0x0b ... 0x1f] = 1, ['&'] = 1, ['<'] = 1, ['>'] = 1, [0x80 ... 0xff] = 0x80,
};
/* clang-format on */

/* Well-formed text, some of which must be escaped. */
static void
put_escaped(TwBuffer *out, const char *text, gsize len)
{
    gsize from = 0;

    for (gsize i = 0; i < len; i++) {
        const char *escape = escapes[(guint8) text[i]];
        if (G_LIKELY(escape == NULL))
            continue;
        tw_buffer_put(out, text + from, i - from);
        tw_soap_put_str(out, escape);
        from = i + 1;
    }
    tw_buffer_put(out, text + from, len - from);
}

void
tw_soap_put_text(TwBuffer *out, const char *text, gsize len)
{
    guint8 found = 0;

    for (gsize i = 0; i < len; i++)
        found |= plain[(guint8) text[i]];
    if ((found & 0x80) != 0 && !tw_utf8_valid(text, len, NULL)) {
        gsize clean_len;
        g_autofree char *clean = tw_utf8_sanitise(text, len, &clean_len);
        put_escaped(out, clean, clean_len);
    } else if ((found & 1) != 0) {
        put_escaped(out, text, len);
    } else {
        tw_buffer_put(out, text, len);
    }
}

void
tw_soap_put_base64(TwBuffer *out, const guint8 *data, gsize len)
{
    if (len > 0)
        (void) tw_base64_encode(out, data, len, TW_BASE64_STANDARD);
}
