/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/log-line.h"

#include <string.h>
#include <time.h>

const char *
tw_log_field_key(TwLogField field)
{
    static const char *const keys[] = { [TW_LOG_FIELD_END] = "",
#define KEY_ROW(name, key) [TW_LOG_##name] = (key),
                                        TW_LOG_FIELD_LIST(KEY_ROW)
#undef KEY_ROW
    };

    return (guint) field < G_N_ELEMENTS(keys) ? keys[field] : "";
}

/* Characters that look like something else on a terminal or end a line for some reader. */
static gboolean
is_deceptive(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0x200e ||
           c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xfeff;
}

/* The character at the front of some bytes and its length; FALSE, and length 1, for a byte that starts none. */
static gboolean
take_char(const char *text, gsize len, gunichar *ret, gsize *ret_len)
{
    *ret = (guint8) text[0];
    *ret_len = 1;
    if (*ret < 0x80)
        return TRUE;
    *ret = g_utf8_get_char_validated(text, (gssize) MIN(len, 4));
    if (*ret == (gunichar) -1 || *ret == (gunichar) -2)
        return FALSE;
    *ret_len = (gsize) g_unichar_to_utf8(*ret, NULL);
    return TRUE;
}

static gboolean
is_plain(const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(text[i]) || strchr("\"'\\=`", text[i]) != NULL)
            return FALSE;
    }
    return len > 0;
}

void
tw_log_append_text(GString *line, const char *text, gsize len, TwLogQuote quote)
{
    gboolean cut = len > TW_LOG_VALUE_MOST;
    gsize left = MIN(len, TW_LOG_VALUE_MOST);
    char mark = quote == TW_LOG_QUOTE_SINGLE ? '\'' : '"';

    if (quote == TW_LOG_QUOTE_NEEDED && !cut && is_plain(text, len)) {
        g_string_append_len(line, text, (gssize) len);
        return;
    }
    g_string_append_c(line, mark);
    while (left > 0) {
        gunichar c;
        gsize n;

        if (!take_char(text, left, &c, &n))
            g_string_append_printf(line, "\\x%02x", (guint8) text[0]);
        else if (c == (gunichar) mark || c == '\\')
            g_string_append_printf(line, "\\%c", (char) c);
        else if (c == '\n')
            g_string_append(line, "\\n");
        else if (is_deceptive(c))
            g_string_append_printf(line, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
        else
            g_string_append_len(line, text, (gssize) n);
        text += n;
        left -= n;
    }
    if (cut)
        g_string_append(line, "...");
    g_string_append_c(line, mark);
}

static void
append_number(GString *line, const TwLogValue *value)
{
    guint64 us = value->number < 0 ? -(guint64) value->number : (guint64) value->number;

    switch (value->kind) {
    case TW_LOG_VALUE_INT:
        g_string_append_printf(line, "%" G_GINT64_FORMAT, value->number);
        break;
    case TW_LOG_VALUE_UINT:
        g_string_append_printf(line, "%" G_GUINT64_FORMAT, (guint64) value->number);
        break;
    case TW_LOG_VALUE_MICROSECONDS:
        g_string_append_printf(line, "%s%" G_GUINT64_FORMAT ".%06u", value->number < 0 ? "-" : "",
                               us / G_USEC_PER_SEC, (guint) (us % G_USEC_PER_SEC));
        break;
    case TW_LOG_VALUE_TEXT:
        g_assert_not_reached();
    }
}

void
tw_log_append_values(GString *line, const TwLogValue *values, TwLogQuote quote)
{
    const char *mark = quote == TW_LOG_QUOTE_SINGLE ? "'" : "";

    for (const TwLogValue *value = values; value->field != TW_LOG_FIELD_END; value++) {
        if (value->text == NULL)
            continue;
        g_string_append_printf(line, " %s=", tw_log_field_key(value->field));
        if (value->kind == TW_LOG_VALUE_TEXT) {
            tw_log_append_text(line, value->text, value->len, quote);
            continue;
        }
        g_string_append(line, mark);
        append_number(line, value);
        g_string_append(line, mark);
    }
}

void
tw_log_append_json_text(GString *line, const char *text, gsize len)
{
    gboolean cut = len > TW_LOG_VALUE_MOST;
    gsize left = MIN(len, TW_LOG_VALUE_MOST);

    g_string_append_c(line, '"');
    while (left > 0) {
        gunichar c;
        gsize n;

        if (!take_char(text, left, &c, &n))
            g_string_append(line, "\\ufffd");
        else if (c == '"' || c == '\\')
            g_string_append_printf(line, "\\%c", (char) c);
        else if (is_deceptive(c))
            g_string_append_printf(line, "\\u%04x", c);
        else
            g_string_append_len(line, text, (gssize) n);
        text += n;
        left -= n;
    }
    g_string_append(line, cut ? "...\"" : "\"");
}

void
tw_log_append_json(GString *line, const TwLogValue *values)
{
    for (const TwLogValue *value = values; value->field != TW_LOG_FIELD_END; value++) {
        if (value->text == NULL)
            continue;
        g_string_append_printf(line, ",\"%s\":", tw_log_field_key(value->field));
        if (value->kind == TW_LOG_VALUE_TEXT)
            tw_log_append_json_text(line, value->text, value->len);
        else
            append_number(line, value);
    }
}

void
tw_log_append_time(GString *line, gint64 us, gboolean offset)
{
    time_t seconds = (time_t) (us / G_USEC_PER_SEC);
    guint fraction = (guint) (us % G_USEC_PER_SEC);
    char text[32];
    struct tm tm;

    localtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    g_string_append_printf(line, "%s.%06u", text, fraction);
    if (offset) {
        strftime(text, sizeof text, "%z", &tm);
        g_string_append(line, text);
    }
}
