/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Scalars as text, straight into a buffer: spec/mapi-soap.md 2.3. */
#pragma once

#include "base/buffer.h"
#include "soap/types.h"

G_BEGIN_DECLS

/* Most characters of a number of 64 bits. */
enum {
    TW_SOAP_NUMBER_LEN = 20
};

/* Writes digits at @out, which has room for TW_SOAP_NUMBER_LEN, and says where they end. */
static inline char *
tw_soap_put_digits(char *out, guint64 number)
{
    char reversed[TW_SOAP_NUMBER_LEN];
    guint n = 0;

    while (number > G_MAXUINT32) {
        reversed[n++] = (char) ('0' + number % 10);
        number /= 10;
    }
    for (guint32 small = (guint32) number; small != 0 || n == 0; small /= 10)
        reversed[n++] = (char) ('0' + small % 10);
    while (n > 0)
        *out++ = reversed[--n];
    return out;
}

/* What each of these writes counts against the limit of @out, which fails when it does not fit. */
void tw_soap_put_u64(TwBuffer *out, guint64 number);
void tw_soap_put_i64(TwBuffer *out, gint64 number);
void tw_soap_put_double(TwBuffer *out, double number, gboolean is_float);
void tw_soap_put_text(TwBuffer *out, const char *text, gsize len);
void tw_soap_put_base64(TwBuffer *out, const guint8 *data, gsize len);

static inline void
tw_soap_put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

G_END_DECLS
