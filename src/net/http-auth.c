/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   "Basic" 1*SP base64(user ":" password)    "Bearer" 1*SP token    "Negotiate" 1*SP base64(token)
 */
#include "net/http-auth.h"

#include <string.h>

#include "base/base64.h"

/* With a NUL behind it that does not count. */
static guint8 *
decode_base64(const char *text, gsize len, gsize *ret_len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT((gsize) TW_HTTP_SECRET_MOST + 1);

    if (len == 0)
        return NULL;
    /* room for all at once: growing would leave copies behind */
    if (!tw_buffer_reserve(&out, len / 4 * 3 + 1) ||
        !tw_base64_decode(&out, text, len, TW_BASE64_STANDARD, NULL)) {
        if (out.data != NULL)
            explicit_bzero(out.data, out.capacity);
        return NULL;
    }
    *ret_len = out.len;
    tw_buffer_put_u8(&out, 0);
    return g_steal_pointer(&out.data);
}

static gsize
utf8_len_of_latin1(const guint8 *data, gsize len)
{
    gsize n = len;

    for (gsize i = 0; i < len; i++)
        n += data[i] >= 0x80;
    return n;
}

/* A copy of credentials as UTF-8, with a NUL behind it. */
static guint8 *
copy_as_utf8(const guint8 *data, gsize len, gsize *ret_len)
{
    gboolean utf8 = g_utf8_validate_len((const char *) data, len, NULL);
    gsize n = utf8 ? len : utf8_len_of_latin1(data, len), at = 0;
    guint8 *out;

    g_assert(n <= (gsize) TW_HTTP_SECRET_MOST * 2);
    out = g_malloc(n + 1);
    for (gsize i = 0; i < len; i++) {
        if (utf8 || data[i] < 0x80) {
            out[at++] = data[i];
        } else {
            out[at++] = (guint8) (0xc0 | data[i] >> 6);
            out[at++] = (guint8) (0x80 | (data[i] & 0x3f));
        }
    }
    out[at] = 0;
    *ret_len = at;
    return out;
}

static gboolean
is_plain_text(const guint8 *data, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (data[i] < 0x20 || data[i] == 0x7f)
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_basic(const char *text, gsize len, TwHttpAuth *ret)
{
    gsize raw_len = 0, user_len, ignored;
    guint8 *raw = decode_base64(text, len, &raw_len);
    const guint8 *colon = raw != NULL ? memchr(raw, ':', raw_len) : NULL;
    gboolean ok = FALSE;

    user_len = colon != NULL ? (gsize) (colon - raw) : 0;
    if (colon != NULL && user_len <= TW_HTTP_USER_MOST && is_plain_text(raw, raw_len)) {
        ret->user = (char *) copy_as_utf8(raw, user_len, &ignored);
        ret->secret = copy_as_utf8(colon + 1, raw_len - user_len - 1, &ret->secret_len);
        ok = TRUE;
    }
    if (raw != NULL)
        explicit_bzero(raw, raw_len);
    g_free(raw);
    return ok;
}

static gboolean
read_bearer(const char *text, gsize len, TwHttpAuth *ret)
{
    gsize end = len;

    while (end > 0 && text[end - 1] == '=')
        end--;
    for (gsize i = 0; i < end; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("-._~+/", text[i]) == NULL)
            return FALSE;
    }
    if (end == 0)
        return FALSE;
    ret->secret = (guint8 *) g_strndup(text, len);
    ret->secret_len = len;
    return TRUE;
}

void
tw_http_auth_parse(const char *value, TwHttpAuth *ret)
{
    gsize scheme_len, len;
    const char *text;

    *ret = (TwHttpAuth){ .scheme = TW_HTTP_AUTH_NONE };
    if (value == NULL)
        return;
    ret->scheme = TW_HTTP_AUTH_UNKNOWN;
    scheme_len = strcspn(value, " ");
    text = value + scheme_len + strspn(value + scheme_len, " ");
    len = strlen(text);
    if (len > (gsize) TW_HTTP_SECRET_MOST / 3 * 4)
        return;
    if (scheme_len == 5 && g_ascii_strncasecmp(value, "Basic", 5) == 0) {
        if (read_basic(text, len, ret))
            ret->scheme = TW_HTTP_AUTH_BASIC;
    } else if (scheme_len == 6 && g_ascii_strncasecmp(value, "Bearer", 6) == 0) {
        if (read_bearer(text, len, ret))
            ret->scheme = TW_HTTP_AUTH_BEARER;
    } else if (scheme_len == 9 && g_ascii_strncasecmp(value, "Negotiate", 9) == 0) {
        ret->secret = decode_base64(text, len, &ret->secret_len);
        if (ret->secret != NULL)
            ret->scheme = TW_HTTP_AUTH_NEGOTIATE;
    }
}

void
tw_http_auth_clear(TwHttpAuth *auth)
{
    if (auth->secret != NULL)
        explicit_bzero(auth->secret, auth->secret_len);
    g_free(auth->secret);
    g_free(auth->user);
    *auth = (TwHttpAuth){ .scheme = TW_HTTP_AUTH_NONE };
}
