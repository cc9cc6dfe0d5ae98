/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime-header.h"

#include <string.h>

static gboolean
is_blank(guint8 c)
{
    return c == ' ' || c == '\t';
}

/* Length of the line at the cursor with its line break. */
static gsize
line_length(const guint8 *start, gsize left)
{
    const guint8 *end = memchr(start, '\n', left);

    return end == NULL ? left : (gsize) (end - start) + 1;
}

static gsize
without_line_break(const guint8 *start, gsize len)
{
    if (len > 0 && start[len - 1] == '\n')
        len--;
    if (len > 0 && start[len - 1] == '\r')
        len--;
    return len;
}

gboolean
tw_mime_field_next(TwCursor *cur, TwMimeField *ret)
{
    const guint8 *start = cur->next, *colon;
    gsize first, len, text_len;

    if (cur->left == 0)
        return FALSE;
    first = line_length(start, cur->left);
    if (without_line_break(start, first) == 0)
        return FALSE;
    len = first;
    while (len < cur->left && is_blank(start[len]))
        len += line_length(start + len, cur->left - len);
    text_len = without_line_break(start, len);
    *ret = (TwMimeField){ .name = start, .field_len = len };
    colon = memchr(start, ':', without_line_break(start, first));
    if (colon == NULL || is_blank(start[0])) {
        ret->value = start;
        ret->value_len = text_len;
    } else {
        ret->name_len = (gsize) (colon - start);
        while (ret->name_len > 0 && is_blank(start[ret->name_len - 1]))
            ret->name_len--;
        ret->value = colon + 1;
        ret->value_len = text_len - (gsize) (colon + 1 - start);
    }
    return tw_cursor_skip(cur, len);
}

gboolean
tw_mime_field_is(const TwMimeField *field, const char *name)
{
    return field->name_len == strlen(name) &&
           g_ascii_strncasecmp((const char *) field->name, name, field->name_len) == 0;
}

GString *
tw_mime_unfold(const guint8 *value, gsize len)
{
    GString *line = g_string_sized_new(len);

    for (gsize i = 0; i < len; i++) {
        guint8 c = value[i];
        gboolean breaks = c == '\n' || (c == '\r' && i + 1 < len && value[i + 1] == '\n');
        if (c == '\0' || breaks || (line->len == 0 && is_blank(c)))
            continue;
        g_string_append_c(line, (char) c);
    }
    while (line->len > 0 && is_blank((guint8) line->str[line->len - 1]))
        g_string_truncate(line, line->len - 1);
    return line;
}

/* comment = "(" *(ctext / quoted-pair / comment) ")"; what is not closed runs to the end */
static gboolean
skip_comment(TwCursor *cur)
{
    guint depth = 0;
    guint8 c;

    do {
        if (!tw_cursor_take_u8(cur, &c))
            return TRUE;
        if (c == '(')
            depth++;
        else if (c == ')')
            depth--;
        else if (c == '\\')
            tw_cursor_skip(cur, 1);
        if (depth > TW_MIME_MAX_COMMENT_DEPTH)
            return FALSE;
    } while (depth > 0);
    return TRUE;
}

/* CFWS: blanks, line breaks and comments. FALSE when comments are nested too deep. */
static gboolean
skip_cfws(TwCursor *cur)
{
    while (cur->left > 0) {
        guint8 c = *cur->next;
        if (c == '(') {
            if (!skip_comment(cur))
                return FALSE;
        } else if (is_blank(c) || c == '\r' || c == '\n') {
            tw_cursor_skip(cur, 1);
        } else {
            break;
        }
    }
    return TRUE;
}

static gboolean
starts_with(const TwCursor *cur, char c)
{
    return cur->left > 0 && *cur->next == (guint8) c;
}

/* A run up to one of the stop bytes, blanks or controls: a token, and what mail in the wild writes in its place. */
static GString *
take_token(TwCursor *cur, const char *stops)
{
    const guint8 *start = cur->next;

    while (cur->left > 0 && *cur->next > ' ' && *cur->next != 0x7f &&
           strchr(stops, *cur->next) == NULL)
        tw_cursor_skip(cur, 1);
    return g_string_new_len((const char *) start, cur->next - start);
}

/* quoted-string; one that is not closed runs to the end */
static GString *
take_quoted(TwCursor *cur)
{
    GString *text = g_string_new(NULL);
    guint8 c;

    tw_cursor_skip(cur, 1);
    while (tw_cursor_take_u8(cur, &c) && c != '"') {
        if (c == '\\' && !tw_cursor_take_u8(cur, &c))
            break;
        if (c != '\0' && c != '\r' && c != '\n')
            g_string_append_c(text, (char) c);
    }
    return text;
}

static void
lower(GString *text)
{
    g_string_ascii_down(text);
}

/* parameter = attribute "=" value. FALSE when there is none at the cursor, which then stands where it stood. */
static gboolean
take_param(TwCursor *cur, TwMimeParam *ret)
{
    TwCursor copy = *cur;
    g_autoptr(GString) name = take_token(&copy, "=;()\"");
    GString *value;

    if (name->len == 0 || !skip_cfws(&copy) || !starts_with(&copy, '='))
        return FALSE;
    tw_cursor_skip(&copy, 1);
    if (!skip_cfws(&copy))
        return FALSE;
    value = starts_with(&copy, '"') ? take_quoted(&copy) : take_token(&copy, ";\"");
    lower(name);
    ret->value_len = value->len;
    ret->value = g_string_free(value, FALSE);
    ret->name = g_string_free(g_steal_pointer(&name), FALSE);
    *cur = copy;
    return TRUE;
}

/* *(";" parameter): anything that is no parameter is passed over up to the next semicolon outside quotes */
static gboolean
take_params(TwCursor *cur, GArray *params)
{
    while (skip_cfws(cur)) {
        TwMimeParam param;
        if (cur->left == 0)
            return TRUE;
        if (starts_with(cur, ';')) {
            tw_cursor_skip(cur, 1);
        } else if (params->len >= TW_MIME_MAX_PARAMS) {
            return FALSE;
        } else if (take_param(cur, &param)) {
            g_array_append_val(params, param);
        } else if (starts_with(cur, '"')) {
            g_string_free(take_quoted(cur), TRUE);
        } else {
            tw_cursor_skip(cur, 1);
            g_string_free(take_token(cur, ";\"("), TRUE);
        }
    }
    return FALSE;
}

TwMimeValue *
tw_mime_value_parse(const guint8 *value, gsize len)
{
    TwMimeValue *ret = g_new0(TwMimeValue, 1);
    TwCursor cur = tw_cursor_init(value, MIN(len, (gsize) TW_MIME_MAX_VALUE_LEN));
    GArray *params = g_array_new(FALSE, FALSE, sizeof(TwMimeParam));
    GString *type, *subtype = g_string_new(NULL);

    ret->cut = len > TW_MIME_MAX_VALUE_LEN;
    ret->cut |= !skip_cfws(&cur);
    type = take_token(&cur, "/;()\"=");
    ret->cut |= !skip_cfws(&cur);
    if (starts_with(&cur, '/')) {
        tw_cursor_skip(&cur, 1);
        ret->cut |= !skip_cfws(&cur);
        g_string_free(subtype, TRUE);
        subtype = take_token(&cur, ";()\"=");
    }
    ret->cut |= !take_params(&cur, params);
    lower(type);
    lower(subtype);
    ret->type = g_string_free(type, FALSE);
    ret->subtype = g_string_free(subtype, FALSE);
    ret->param_count = params->len;
    ret->params = (TwMimeParam *) (void *) g_array_free(params, FALSE);
    return ret;
}

const TwMimeParam *
tw_mime_value_get(const TwMimeValue *value, const char *name)
{
    for (guint i = 0; i < value->param_count; i++) {
        if (strcmp(value->params[i].name, name) == 0)
            return &value->params[i];
    }
    return NULL;
}

void
tw_mime_value_free(TwMimeValue *value)
{
    if (value == NULL)
        return;
    for (guint i = 0; i < value->param_count; i++) {
        g_free(value->params[i].name);
        g_free(value->params[i].value);
    }
    g_free(value->params);
    g_free(value->type);
    g_free(value->subtype);
    g_free(value);
}
