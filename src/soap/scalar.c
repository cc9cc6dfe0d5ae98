/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text of the wire into numbers, text and bytes: spec/mapi-soap.md 2.3. */
#include <math.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/number.h"
#include "soap/decode-private.h"

enum {
    MAX_NUMBER = 64 /* characters of a floating number; 17 digits and an exponent are 24 */
};

static gboolean
refuse(GError **error, const char *message, const char *text, gsize len)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: \"%.*s\"", message, (int) MIN(len, 32),
                text);
    return FALSE;
}

static gboolean
full(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a message larger than its memory");
    return FALSE;
}

/* Up to nine digits, and nothing else: what most numbers are. */
static gboolean
read_digits(const char *text, gsize len, guint32 *ret)
{
    guint32 number = 0;

    if (len == 0 || len > 9)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        guint digit = (guint) (guint8) text[i] - '0';
        if (digit > 9)
            return FALSE;
        number = number * 10 + digit;
    }
    *ret = number;
    return TRUE;
}

/* A sign, and digits: a number from -least to most. */
static gboolean
read_number(const char *text, gsize len, guint64 least, guint64 most, guint64 *ret)
{
    gboolean minus = len > 0 && *text == '-';

    if (len > 0 && (minus || *text == '+')) {
        text++;
        len--;
    }
    if (!tw_parse_u64(text, len, minus ? least : most, ret))
        return FALSE;
    if (minus)
        *ret = 0 - *ret;
    return TRUE;
}

static gboolean
read_float(const char *text, gsize len, double *ret)
{
    static const struct {
        const char *name;
        double value;
    } names[] = {
        { "INF", INFINITY }, { "+INF", INFINITY }, { "-INF", -INFINITY }, { "NaN", NAN }
    };
    char copy[MAX_NUMBER + 1], *end;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (len == strlen(names[i].name) && memcmp(text, names[i].name, len) == 0) {
            *ret = names[i].value;
            return TRUE;
        }
    }
    if (len == 0 || len > MAX_NUMBER)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isdigit(text[i]) && text[i] != '.' && text[i] != '-' && text[i] != '+' &&
            text[i] != 'e' && text[i] != 'E')
            return FALSE;
        copy[i] = text[i];
    }
    copy[len] = '\0';
    *ret = g_ascii_strtod(copy, &end);
    return end == copy + len;
}

static gboolean
read_bool(const char *text, gsize len, gboolean *ret)
{
    if ((len == 4 && memcmp(text, "true", 4) == 0) || (len == 1 && *text == '1'))
        *ret = TRUE;
    else if ((len == 5 && memcmp(text, "false", 5) == 0) || (len == 1 && *text == '0'))
        *ret = FALSE;
    else
        return FALSE;
    return TRUE;
}

/* Blanks in base64 text, which some writers break into lines. */
static gboolean
read_broken_base64(const char *text, gsize len, TwArena *arena, TwBuffer *out, GError **error)
{
    char *copy = tw_arena_alloc(arena, len);
    gsize kept = 0;

    if (copy == NULL)
        return full(error);
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(text[i]))
            copy[kept++] = text[i];
    }
    out->len = 0;
    out->failed = FALSE;
    if (kept == len || !tw_base64_decode(out, copy, kept, TW_BASE64_STANDARD, NULL))
        return refuse(error, "no base64", text, len);
    return TRUE;
}

/* Decodes into the arena itself: the buffer never grows past what it was given. */
static gboolean
read_base64(const char *text, gsize len, TwArena *arena, TwSoapBytes *ret, GError **error)
{
    gsize room = len / 4 * 3 + 3;
    guint8 *memory = tw_arena_alloc(arena, room);
    TwBuffer out = { .data = memory, .len = 0, .capacity = room, .limit = room, .failed = FALSE };

    if (memory == NULL)
        return full(error);
    if (len > 0 && !tw_base64_decode(&out, text, len, TW_BASE64_STANDARD, NULL) &&
        !read_broken_base64(text, len, arena, &out, error))
        return FALSE;
    *ret = (TwSoapBytes){ memory, out.len };
    return TRUE;
}

static gboolean
read_text(const char *text, gsize len, TwArena *arena, const char **ret, GError **error)
{
    *ret = tw_arena_copy(arena, text, len);
    return *ret != NULL || full(error);
}

static gboolean
read_any_number(
    TwSoapKind kind, const char *text, gsize len, TwArena *arena, gpointer target, GError **error)
{
    guint64 number;
    double real;

    /* blanks around a number count for nothing (XML Schema, whiteSpace "collapse") */
    while (len > 0 && g_ascii_isspace(*text)) {
        text++;
        len--;
    }
    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    switch (kind) {
    case TW_SOAP_U32:
        if (!read_number(text, len, 0, G_MAXUINT32, &number))
            break;
        *(guint32 *) target = (guint32) number;
        return TRUE;
    case TW_SOAP_OPT_U32:
        if (!read_number(text, len, 0, G_MAXUINT32, &number))
            break;
        *(guint32 **) target = tw_arena_new0(arena, guint32);
        if (*(guint32 **) target == NULL)
            return full(error);
        **(guint32 **) target = (guint32) number;
        return TRUE;
    case TW_SOAP_I16:
        if (!read_number(text, len, 0x8000, 0x7fff, &number))
            break;
        *(gint16 *) target = (gint16) number;
        return TRUE;
    case TW_SOAP_I32:
        if (!read_number(text, len, 0x80000000u, 0x7fffffff, &number))
            break;
        *(gint32 *) target = (gint32) number;
        return TRUE;
    case TW_SOAP_U64:
        if (!read_number(text, len, 0, G_MAXUINT64, &number))
            break;
        *(guint64 *) target = number;
        return TRUE;
    case TW_SOAP_I64:
        if (!read_number(text, len, (guint64) G_MAXINT64 + 1, G_MAXINT64, &number))
            break;
        *(gint64 *) target = (gint64) number;
        return TRUE;
    case TW_SOAP_BOOL:
        if (!read_bool(text, len, target))
            break;
        return TRUE;
    case TW_SOAP_FLOAT:
        if (!read_float(text, len, &real))
            break;
        *(float *) target = (float) real;
        return TRUE;
    case TW_SOAP_DOUBLE:
        if (!read_float(text, len, target))
            break;
        return TRUE;
    default:
        break;
    }
    return refuse(error, "no value of its type", text, len);
}

gboolean
tw_soap_scalar_read(
    TwSoapKind kind, const char *text, gsize len, TwArena *arena, gpointer target, GError **error)
{
    TwSoapBytes *bytes = target;

    switch (kind) {
    case TW_SOAP_TEXT:
        return read_text(text, len, arena, target, error);
    case TW_SOAP_SPAN:
        bytes->len = len;
        return read_text(text, len, arena, (const char **) (gpointer) &bytes->data, error);
    case TW_SOAP_BYTES:
    case TW_SOAP_OPT_BYTES:
        return read_base64(text, len, arena, bytes, error);
    case TW_SOAP_U32:
        if (read_digits(text, len, target))
            return TRUE;
        G_GNUC_FALLTHROUGH;
    default:
        return read_any_number(kind, text, len, arena, target, error);
    }
}
