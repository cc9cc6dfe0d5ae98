/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "remote/http-answer.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "net/http-head.h"

static gboolean
corrupt(const char *what, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "answer: %s", what);
    return FALSE;
}

/* "HTTP/1.1 200 OK" */
static gboolean
read_status(TwRemoteAnswer *answer, const guint8 *line, gsize len, GError **error)
{
    guint64 status;

    if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
        line[8] != ' ' || !tw_parse_u64((const char *) line + 9, 3, 999, &status) || status < 100 ||
        (len > 12 && line[12] != ' '))
        return corrupt("no status line of HTTP/1.x", error);
    answer->minor = line[7] - (guint) '0';
    answer->status = (guint) status;
    return TRUE;
}

static gboolean
is_name(const guint8 *line, const TwHttpField *field, const char *name)
{
    return field->name_len == strlen(name) &&
           g_ascii_strncasecmp((const char *) line + field->name, name, field->name_len) == 0;
}

static gboolean
has_word(const char *value, gsize len, const char *word)
{
    g_autofree char *text = g_strndup(value, len);
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        if (g_ascii_strcasecmp(g_strstrip(parts[i]), word) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
read_length(TwRemoteAnswer *answer, const char *value, gsize len, GError **error)
{
    guint64 number;

    if (!tw_parse_u64(value, len, G_MAXINT64, &number) ||
        (answer->has_length && answer->len != number))
        return corrupt("a length that is none", error);
    answer->has_length = TRUE;
    answer->len = number;
    return TRUE;
}

static gboolean
read_field(TwRemoteAnswer *answer, const guint8 *line, gsize len, GError **error)
{
    TwHttpField field;
    const char *value;

    if (++answer->fields > TW_REMOTE_FIELDS_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "answer: too many fields");
        return FALSE;
    }
    if (!tw_http_field_line_ok(line, len, &field))
        return corrupt("a line that is no field", error);
    value = (const char *) line + field.value;
    if (is_name(line, &field, "Content-Length"))
        return read_length(answer, value, field.value_len, error);
    if (is_name(line, &field, "Transfer-Encoding")) {
        if (!has_word(value, field.value_len, "chunked") || field.value_len != strlen("chunked"))
            return corrupt("a transfer coding that was not asked for", error);
        answer->chunked = TRUE;
    } else if (is_name(line, &field, "Content-Encoding")) {
        if (!has_word(value, field.value_len, "identity"))
            return corrupt("a content coding that was not asked for", error);
    } else if (is_name(line, &field, "Connection")) {
        answer->close |= has_word(value, field.value_len, "close");
        answer->keep |= has_word(value, field.value_len, "keep-alive");
    }
    return TRUE;
}

static gboolean
finish(TwRemoteAnswer *answer, GError **error)
{
    if (answer->chunked && answer->has_length)
        return corrupt("a length said in two ways", error);
    if (answer->status == 204 || answer->status == 304 || answer->status < 200)
        answer->body = TW_REMOTE_BODY_NONE;
    else if (answer->chunked)
        answer->body = TW_REMOTE_BODY_CHUNKED;
    else
        answer->body = answer->has_length ? TW_REMOTE_BODY_LENGTH : TW_REMOTE_BODY_UNTIL_CLOSE;
    return TRUE;
}

gboolean
tw_remote_answer_line(
    TwRemoteAnswer *answer, const guint8 *line, gsize len, gboolean *ret_done, GError **error)
{
    *ret_done = FALSE;
    if (answer->status == 0)
        return read_status(answer, line, len, error);
    if (len > 0)
        return read_field(answer, line, len, error);
    if (!finish(answer, error))
        return FALSE;
    *ret_done = TRUE;
    return TRUE;
}

gboolean
tw_remote_answer_keeps(const TwRemoteAnswer *answer)
{
    if (answer->close || answer->body == TW_REMOTE_BODY_UNTIL_CLOSE)
        return FALSE;
    return answer->minor >= 1 || answer->keep;
}
