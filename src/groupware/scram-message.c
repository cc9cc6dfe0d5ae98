/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/scram-message.h"

#include <string.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/utf8.h"

static gboolean
take_byte(TwCursor *cur, char byte)
{
    return cur->left > 0 && *cur->next == (guint8) byte && tw_cursor_skip(cur, 1);
}

/* Up to the next @end or the end of all, which is passed over. */
static TwCursor
take_part(TwCursor *cur, char end)
{
    const guint8 *at = cur->left > 0 ? memchr(cur->next, end, cur->left) : NULL;
    gsize len = at != NULL ? (gsize) (at - cur->next) : cur->left;
    TwCursor part = tw_cursor_init(cur->next, len);

    (void) tw_cursor_skip(cur, at != NULL ? len + 1 : len);
    return part;
}

/* "x=...", with what follows up to a comma. */
static gboolean
take_attribute(TwCursor *cur, char letter, TwCursor *ret)
{
    if (!take_byte(cur, letter) || !take_byte(cur, '='))
        return FALSE;
    *ret = take_part(cur, ',');
    return TRUE;
}

static char *
copy(TwCursor text)
{
    return g_strndup((const char *) text.next, text.left);
}

/* ---- names ---- */

/* saslname = 1*(value-safe-char / "=2C" / "=3D") */
static char *
read_name(TwCursor cur)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (cur.left == 0 || cur.left > TW_SCRAM_NAME_MAX || memchr(cur.next, '\0', cur.left) != NULL ||
        !tw_utf8_valid((const char *) cur.next, cur.left, NULL))
        return NULL;
    while (cur.left > 0) {
        const guint8 *byte;
        if (!take_byte(&cur, '=')) {
            (void) tw_cursor_take(&cur, 1, &byte);
            g_string_append_c(out, (char) *byte);
        } else if (!tw_cursor_take(&cur, 2, &byte)) {
            return NULL;
        } else if (memcmp(byte, "2C", 2) == 0) {
            g_string_append_c(out, ',');
        } else if (memcmp(byte, "3D", 2) == 0) {
            g_string_append_c(out, '=');
        } else {
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* gs2-header = ("p=" cb-name / "n" / "y") "," [ "a=" saslname ] "," */
static gboolean
take_head(TwCursor *cur, TwScramBinding *ret_binding, char **ret_binding_name, char **ret_name)
{
    TwCursor flag = take_part(cur, ','), name;

    if (take_byte(&flag, 'n'))
        *ret_binding = TW_SCRAM_UNBOUND;
    else if (take_byte(&flag, 'y'))
        *ret_binding = TW_SCRAM_UNWANTED;
    else if (take_byte(&flag, 'p') && take_byte(&flag, '=') && flag.left > 0 &&
             flag.left <= TW_SCRAM_NAME_MAX && memchr(flag.next, '\0', flag.left) == NULL)
        *ret_binding = TW_SCRAM_BOUND;
    else
        return FALSE;
    if (*ret_binding == TW_SCRAM_BOUND)
        *ret_binding_name = copy(flag);
    else if (flag.left > 0)
        return FALSE;
    if (take_byte(cur, ','))
        return TRUE;
    if (!take_attribute(cur, 'a', &name))
        return FALSE;
    *ret_name = read_name(name);
    return *ret_name != NULL && cur->next[-1] == ',';
}

/* ---- SCRAM ---- */

static gboolean
is_nonce(TwCursor text)
{
    for (gsize i = 0; i < text.left; i++) {
        if (!g_ascii_isgraph(text.next[i]))
            return FALSE;
    }
    return text.left > 0 && text.left <= TW_SCRAM_NONCE_MAX;
}

/* gs2-header "n=" saslname "," "r=" nonce ["," extensions] */
static gboolean
read_first(const char *bytes, gsize len, TwScramFirst *ret)
{
    TwCursor cur = tw_cursor_init((const guint8 *) bytes, len), name, nonce;

    if (len > TW_SCRAM_TEXT_MAX || memchr(bytes, '\0', len) != NULL ||
        !take_head(&cur, &ret->binding, &ret->binding_name, &ret->impersonate))
        return FALSE;
    ret->head = g_strndup(bytes, len - cur.left);
    ret->bare = copy(cur);
    if (!take_attribute(&cur, 'n', &name) || !take_attribute(&cur, 'r', &nonce) || !is_nonce(nonce))
        return FALSE;
    ret->user = read_name(name);
    ret->nonce = copy(nonce);
    return ret->user != NULL;
}

gboolean
tw_scram_first_read(const char *bytes, gsize len, TwScramFirst *ret)
{
    *ret = (TwScramFirst){ 0 };
    if (len > 0 && read_first(bytes, len, ret))
        return TRUE;
    tw_scram_first_clear(ret);
    return FALSE;
}

void
tw_scram_first_clear(TwScramFirst *first)
{
    g_free(first->binding_name);
    g_free(first->impersonate);
    g_free(first->user);
    g_free(first->head);
    g_free(first->bare);
    g_free(first->nonce);
    *first = (TwScramFirst){ 0 };
}

static gboolean
decode(TwCursor text, guint8 *ret, gsize most, gsize *ret_len)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_SCRAM_BOUND_MAX);

    if (!tw_base64_decode(&bytes, (const char *) text.next, text.left, TW_BASE64_STANDARD, NULL) ||
        bytes.len == 0 || bytes.len > most)
        return FALSE;
    memcpy(ret, bytes.data, bytes.len);
    *ret_len = bytes.len;
    return TRUE;
}

/* "c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64; the proof is what stands last. */
gboolean
tw_scram_final_read(const char *bytes, gsize len, TwScramFinal *ret)
{
    TwCursor cur = tw_cursor_init((const guint8 *) bytes, len), bound, nonce, proof;
    gsize proof_len;

    if (len == 0 || len > TW_SCRAM_TEXT_MAX || memchr(bytes, '\0', len) != NULL ||
        !take_attribute(&cur, 'c', &bound) || !take_attribute(&cur, 'r', &nonce) ||
        !is_nonce(nonce))
        return FALSE;
    while (cur.left > 0 && *cur.next != 'p')
        (void) take_part(&cur, ',');
    ret->proved_len = len - cur.left - 1;
    if (!take_attribute(&cur, 'p', &proof) || cur.left > 0 || cur.next[-1] == ',')
        return FALSE;
    ret->nonce = (const char *) nonce.next;
    ret->nonce_len = nonce.left;
    return decode(bound, ret->bound, sizeof ret->bound, &ret->bound_len) &&
           decode(proof, ret->proof, sizeof ret->proof, &proof_len) &&
           proof_len == sizeof ret->proof;
}

/* ---- tokens ---- */

/* RFC 6750, 2.1: "Bearer" 1*SP b64token, the word in any case. */
static gboolean
read_token(TwCursor cur, TwSecret **ret)
{
    static const char word[] = "Bearer ";
    gsize len = strlen(word);

    if (*ret != NULL || cur.left <= len ||
        g_ascii_strncasecmp((const char *) cur.next, word, len) != 0)
        return FALSE;
    (void) tw_cursor_skip(&cur, len);
    for (gsize i = 0; i < cur.left; i++) {
        if (!g_ascii_isgraph(cur.next[i]))
            return FALSE;
    }
    *ret = tw_secret_new((const char *) cur.next, cur.left);
    return TRUE;
}

/* *(key "=" value %x01) %x01 */
static gboolean
read_pairs(TwCursor cur, gboolean with_user, TwBearer *ret)
{
    while (cur.left > 1) {
        TwCursor pair = take_part(&cur, '\1'), key;

        if (pair.left == 0)
            return FALSE;
        key = take_part(&pair, '=');
        if (key.left == strlen("auth") && memcmp(key.next, "auth", key.left) == 0) {
            if (!read_token(pair, &ret->token))
                return FALSE;
        } else if (with_user && key.left == strlen("user") &&
                   memcmp(key.next, "user", key.left) == 0) {
            if (ret->user != NULL || pair.left == 0 || pair.left > TW_SCRAM_NAME_MAX)
                return FALSE;
            ret->user = copy(pair);
        }
    }
    return take_byte(&cur, '\1') && ret->token != NULL && (!with_user || ret->user != NULL);
}

static gboolean
read_bearer(const char *bytes, gsize len, gboolean old, TwBearer *ret)
{
    TwCursor cur = tw_cursor_init((const guint8 *) bytes, len);
    g_autofree char *binding_name = NULL;
    TwScramBinding binding = TW_SCRAM_UNBOUND;

    *ret = (TwBearer){ 0 };
    if (len > 0 && memchr(bytes, '\0', len) == NULL && tw_utf8_valid(bytes, len, NULL) &&
        (old || (take_head(&cur, &binding, &binding_name, &ret->user) &&
                 binding != TW_SCRAM_BOUND && take_byte(&cur, '\1'))) &&
        read_pairs(cur, old, ret))
        return TRUE;
    tw_bearer_clear(ret);
    return FALSE;
}

gboolean
tw_bearer_read(const char *bytes, gsize len, TwBearer *ret)
{
    return read_bearer(bytes, len, FALSE, ret);
}

gboolean
tw_bearer_read_old(const char *bytes, gsize len, TwBearer *ret)
{
    return read_bearer(bytes, len, TRUE, ret);
}

void
tw_bearer_clear(TwBearer *bearer)
{
    g_clear_pointer(&bearer->user, g_free);
    g_clear_pointer(&bearer->token, tw_secret_unref);
}
