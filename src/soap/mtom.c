/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Content-Type of a frame, and writing one. */
#include "soap/mtom.h"

#include "base/base64.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/random.h"

static gboolean
fail(GError **error, TwError code, const char *message)
{
    g_set_error_literal(error, TW_ERROR, (gint) code, message);
    return FALSE;
}

static gboolean
is_token_character(guint8 c)
{
    return c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static void
skip_blanks(TwCursor *cur)
{
    while (cur->left > 0 && (*cur->next == ' ' || *cur->next == '\t'))
        (void) tw_cursor_skip(cur, 1);
}

static gboolean
take_token(TwCursor *cur, const char **ret, gsize *ret_len)
{
    const guint8 *start = cur->next;
    gsize len = 0;

    while (len < cur->left && is_token_character(start[len]))
        len++;
    *ret = (const char *) start;
    *ret_len = len;
    return len > 0 && tw_cursor_skip(cur, len);
}

/* A token, or text in quotes, into @out. */
static gboolean
take_value(TwCursor *cur, TwBuffer *out)
{
    const char *token;
    gsize len;
    guint8 c;

    out->len = 0;
    if (cur->left == 0 || *cur->next != '"') {
        if (!take_token(cur, &token, &len))
            return FALSE;
        tw_buffer_put(out, token, len);
        return TRUE;
    }
    (void) tw_cursor_skip(cur, 1);
    while (tw_cursor_take_u8(cur, &c)) {
        if (c == '"')
            return TRUE;
        if (c == '\\' && !tw_cursor_take_u8(cur, &c))
            return FALSE;
        if (c < 0x20 || c == 0x7f)
            return FALSE;
        tw_buffer_put_u8(out, c);
    }
    return FALSE;
}

static gboolean
is_text(const char *text, gsize len, const char *name)
{
    return len == strlen(name) && g_ascii_strncasecmp(text, name, len) == 0;
}

/* ";" name "=" value, any number of them. */
static gboolean
take_parameters(TwCursor *cur, TwMtomType *ret, GError **error)
{
    g_auto(TwBuffer) value = TW_BUFFER_INIT(TW_MTOM_MAX_TYPE);
    gboolean found = FALSE;
    const char *name;
    gsize len;
    guint8 c;

    for (skip_blanks(cur); cur->left > 0; skip_blanks(cur)) {
        if (!tw_cursor_take_u8(cur, &c) || c != ';')
            return fail(error, TW_ERROR_CORRUPT, "a content type of no form");
        skip_blanks(cur);
        if (cur->left == 0)
            break;
        if (!take_token(cur, &name, &len) || !tw_cursor_take_u8(cur, &c) || c != '=' ||
            !take_value(cur, &value))
            return fail(error, TW_ERROR_CORRUPT, "a content type of no form");
        if (!is_text(name, len, "boundary"))
            continue;
        if (found || value.len == 0)
            return fail(error, TW_ERROR_CORRUPT, "a content type with no boundary, or two");
        if (value.len > TW_MTOM_MAX_BOUNDARY)
            return fail(error, TW_ERROR_TOO_BIG, "a boundary longer than it may be");
        memcpy(ret->boundary, value.data, value.len);
        ret->boundary[value.len] = '\0';
        found = TRUE;
    }
    return found || fail(error, TW_ERROR_CORRUPT, "a content type without its boundary");
}

gboolean
tw_mtom_type_parse(const char *value, gsize len, TwMtomType *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(value, len);
    const char *type, *subtype;
    gsize type_len, subtype_len;
    TwMtomType made;
    guint8 c;

    if (len > TW_MTOM_MAX_TYPE)
        return fail(error, TW_ERROR_TOO_BIG, "a content type longer than it may be");
    skip_blanks(&cur);
    if (!take_token(&cur, &type, &type_len) || !tw_cursor_take_u8(&cur, &c) || c != '/' ||
        !take_token(&cur, &subtype, &subtype_len))
        return fail(error, TW_ERROR_CORRUPT, "a content type of no form");
    if (!is_text(type, type_len, "multipart") || !is_text(subtype, subtype_len, "related"))
        return fail(error, TW_ERROR_UNSUPPORTED, "no multipart/related");
    if (!take_parameters(&cur, &made, error))
        return FALSE;
    *ret = made;
    return TRUE;
}

/* --- writing --------------------------------------------------------------------------------------------------- */

static void
put_str(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

void
tw_mtom_type_make(TwMtomType *ret)
{
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_MTOM_MAX_BOUNDARY);
    guint8 noise[24];

    tw_random_bytes(noise, sizeof noise);
    put_str(&text, "==");
    (void) tw_base64_encode(&text, noise, sizeof noise, TW_BASE64_URL);
    put_str(&text, "==");
    memcpy(ret->boundary, text.data, text.len);
    ret->boundary[text.len] = '\0';
}

void
tw_mtom_put_type(const TwMtomType *type, TwBuffer *out)
{
    put_str(out, "multipart/related; charset=utf-8; boundary=\"");
    put_str(out, type->boundary);
    put_str(
        out,
        "\"; type=\"application/xop+xml\"; start=\"<SOAP-ENV:Envelope>\"; start-info=\"text/xml\"");
}

static void
put_delimiter(const TwMtomType *type, TwBuffer *out)
{
    put_str(out, "--");
    put_str(out, type->boundary);
}

void
tw_mtom_put_root(const TwMtomType *type, TwBuffer *out)
{
    put_delimiter(type, out);
    put_str(out, "\r\nContent-Type: application/xop+xml; charset=utf-8; type=\"text/xml\"\r\n"
                 "Content-Transfer-Encoding: binary\r\nContent-ID: <SOAP-ENV:Envelope>\r\n\r\n");
}

void
tw_mtom_put_part(const TwMtomType *type, const char *id, TwBuffer *out)
{
    put_str(out, "\r\n");
    put_delimiter(type, out);
    put_str(out, "\r\nContent-Type: application/binary\r\nContent-Transfer-Encoding: binary\r\n"
                 "Content-ID: <");
    put_str(out, id);
    put_str(out, ">\r\n\r\n");
}

void
tw_mtom_put_end(const TwMtomType *type, TwBuffer *out)
{
    put_str(out, "\r\n");
    put_delimiter(type, out);
    put_str(out, "--\r\n");
}
