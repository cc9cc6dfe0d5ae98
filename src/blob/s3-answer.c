/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/s3-answer-private.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/number.h"

#include <string.h>

void
tw_s3_listed_clear(gpointer listed)
{
    g_clear_pointer(&((TwS3Listed *) listed)->key, g_free);
}

/* Moves to what follows the next occurrence of some bytes; *ret_before gets what was before it. */
static gboolean
take_until(TwCursor *cur, const char *mark, TwCursor *ret_before)
{
    gsize mark_len = strlen(mark);
    const guint8 *found = cur->left > 0 ? memmem(cur->next, cur->left, mark, mark_len) : NULL;
    gsize before;

    if (found == NULL)
        return FALSE;
    before = (gsize) (found - cur->next);
    *ret_before = tw_cursor_init(cur->next, before);
    cur->next += before + mark_len;
    cur->left -= before + mark_len;
    return TRUE;
}

/* element = "<" name [white ... ] ">" content "</" name ">"; the ones looked for never hold themselves */
static gboolean
take_element(TwCursor *cur, const char *name, TwCursor *ret)
{
    g_autofree char *open = g_strconcat("<", name, NULL),
                    *close = g_strconcat("</", name, ">", NULL);
    TwCursor at = *cur, before, content;

    while (take_until(&at, open, &before)) {
        if (at.left == 0)
            return FALSE;
        if (*at.next != '>' && !g_ascii_isspace((char) *at.next))
            continue; /* another name that begins alike */
        if (!take_until(&at, ">", &before) || !take_until(&at, close, &content))
            return FALSE;
        *ret = content;
        *cur = at;
        return TRUE;
    }
    return FALSE;
}

/* A reference after its "&", up to and with its ";". */
static gboolean
take_reference(TwCursor *cur, GString *out)
{
    static const struct {
        const char *name;
        char value;
    } known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };
    TwCursor name;
    guint32 number;

    if (!take_until(cur, ";", &name))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (name.left == strlen(known[i].name) &&
            memcmp(name.next, known[i].name, name.left) == 0) {
            g_string_append_c(out, known[i].value);
            return TRUE;
        }
    }
    if (name.left < 2 || name.next[0] != '#' ||
        !tw_parse_u32((const char *) name.next + 1, name.left - 1, 126, &number) || number < 32)
        return FALSE;
    g_string_append_c(out, (char) number);
    return TRUE;
}

static char *
take_text(TwCursor content)
{
    g_autoptr(GString) out = NULL;

    if (content.left > TW_S3_MAX_TEXT)
        return NULL;
    out = g_string_sized_new(content.left);
    while (content.left > 0) {
        guint8 byte = *content.next;
        (void) tw_cursor_skip(&content, 1);
        if (byte < 32 || byte == 127 || byte == '<')
            return NULL;
        if (byte != '&')
            g_string_append_c(out, (char) byte);
        else if (!take_reference(&content, out))
            return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
tw_s3_answer_text(const char *xml, gsize len, const char *name)
{
    TwCursor cur = tw_cursor_init(xml, len), content;

    return take_element(&cur, name, &content) ? take_text(content) : NULL;
}

gboolean
tw_s3_etag_parse(const char *text, gsize len, char ret[TW_S3_ETAG_SIZE])
{
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= TW_S3_ETAG_SIZE)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(text[i]) || text[i] == '"')
            return FALSE;
    }
    memcpy(ret, text, len);
    ret[len] = '\0';
    return TRUE;
}

static gboolean
parse_object(TwCursor content, TwS3Listed *ret)
{
    const char *xml = (const char *) content.next;
    g_autofree char *key = tw_s3_answer_text(xml, content.left, "Key");
    g_autofree char *size = tw_s3_answer_text(xml, content.left, "Size");
    g_autofree char *etag = tw_s3_answer_text(xml, content.left, "ETag");

    if (key == NULL || size == NULL || etag == NULL ||
        !tw_parse_u64(size, strlen(size), G_MAXINT64, &ret->size) ||
        !tw_s3_etag_parse(etag, strlen(etag), ret->etag))
        return FALSE;
    ret->key = g_steal_pointer(&key);
    return TRUE;
}

static gboolean
bad_page(GArray *listed, guint before, TwError code, const char *why, GError **error)
{
    g_array_set_size(listed, before);
    g_set_error_literal(error, TW_ERROR, (int) code, why);
    return FALSE;
}

gboolean
tw_s3_list_parse(const char *xml, gsize len, GArray *listed, char **ret_next, GError **error)
{
    TwCursor cur = tw_cursor_init(xml, len), page, content;
    guint before = listed->len;
    g_autofree char *truncated = NULL, *next = NULL;

    if (!take_element(&cur, "ListBucketResult", &page))
        return bad_page(listed, before, TW_ERROR_CORRUPT, "the list of objects is none", error);
    truncated = tw_s3_answer_text((const char *) page.next, page.left, "IsTruncated");
    next = tw_s3_answer_text((const char *) page.next, page.left, "NextContinuationToken");
    while (take_element(&page, "Contents", &content)) {
        TwS3Listed object = { 0 };
        if (listed->len - before >= TW_S3_MAX_PAGE)
            return bad_page(listed, before, TW_ERROR_TOO_BIG,
                            "the list of objects has more on a page than there can be", error);
        if (!parse_object(content, &object))
            return bad_page(listed, before, TW_ERROR_CORRUPT,
                            "the list of objects has a row that cannot be read", error);
        g_array_append_val(listed, object);
    }
    if (g_strcmp0(truncated, "true") == 0 && next == NULL)
        return bad_page(listed, before, TW_ERROR_CORRUPT,
                        "the list of objects goes on, and does not say where", error);
    *ret_next = g_strcmp0(truncated, "true") == 0 ? g_steal_pointer(&next) : NULL;
    return TRUE;
}
