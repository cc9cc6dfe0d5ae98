/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Log lines as text: fields, escapes, time stamps. Pure functions.
 */
#pragma once

#include <glib.h>

#include "base/log-fields.h"

G_BEGIN_DECLS

enum {
    TW_LOG_VALUE_MOST = 1024 /* bytes of one value before escaping; the rest becomes "..." */
};

typedef enum {
    TW_LOG_VALUE_TEXT = 0,
    TW_LOG_VALUE_INT = 1,
    TW_LOG_VALUE_UINT = 2,
    TW_LOG_VALUE_MICROSECONDS = 3, /* number, shown as seconds with six places */
} TwLogValueKind;

/* A key and its value. Made by the functions below; text is borrowed. */
typedef struct {
    TwLogField field;
    TwLogValueKind kind;
    const char *text; /* any bytes; NULL: the field is left out */
    gsize len;
    gint64 number;
} TwLogValue;

typedef enum {
    TW_LOG_QUOTE_NEEDED = 0, /* key=value, "..." only where needed */
    TW_LOG_QUOTE_SINGLE = 1, /* key='value' always: audit lines */
} TwLogQuote;

/**
 * tw_log_bytes:
 * @field: a field
 * @text: (nullable) (array length=len): any bytes, borrowed until the line is written
 * @len: how many
 *
 * Returns: the value
 */
static inline TwLogValue
tw_log_bytes(TwLogField field, const char *text, gsize len)
{
    return (TwLogValue){ .field = field, .kind = TW_LOG_VALUE_TEXT, .text = text, .len = len };
}

/**
 * tw_log_str:
 * @field: a field
 * @text: (nullable): text, borrowed until the line is written; NULL leaves the field out
 *
 * Returns: the value
 */
static inline TwLogValue
tw_log_str(TwLogField field, const char *text)
{
    gsize len = 0;

    /* cppcheck-suppress arrayIndexOutOfBoundsCond ; text ends before */
    while (text != NULL && len <= TW_LOG_VALUE_MOST && text[len] != '\0')
        len++;
    return tw_log_bytes(field, text, len);
}

/**
 * tw_log_int:
 * @field: a field
 * @number: a number
 *
 * Returns: the value
 */
static inline TwLogValue
tw_log_int(TwLogField field, gint64 number)
{
    return (TwLogValue){ .field = field, .kind = TW_LOG_VALUE_INT, .text = "", .number = number };
}

/**
 * tw_log_uint:
 * @field: a field
 * @number: a number
 *
 * Returns: the value
 */
static inline TwLogValue
tw_log_uint(TwLogField field, guint64 number)
{
    return (TwLogValue){
        .field = field, .kind = TW_LOG_VALUE_UINT, .text = "", .number = (gint64) number
    };
}

/**
 * tw_log_seconds:
 * @field: a field
 * @us: microseconds
 *
 * Returns: the value, shown as seconds with six decimal places
 */
static inline TwLogValue
tw_log_seconds(TwLogField field, gint64 us)
{
    return (
        TwLogValue){ .field = field, .kind = TW_LOG_VALUE_MICROSECONDS, .text = "", .number = us };
}

/**
 * tw_log_error:
 * @error: (nullable): an error; NULL leaves the field out
 *
 * Returns: its message as field "error"
 */
static inline TwLogValue
tw_log_error(const GError *error)
{
    return tw_log_str(TW_LOG_ERROR, error == NULL ? NULL : error->message);
}

/**
 * tw_log_append_text:
 * @line: escaped text is appended here
 * @text: (array length=len): any bytes
 * @len: how many; from %TW_LOG_VALUE_MOST on they are replaced by "..."
 * @quote: when to put quotes around it
 *
 * Writes a value so that it can neither end its line nor pass for another field: quotes, backslashes, control characters,
 * line separators, marks that turn the direction of writing, and bytes that are no UTF-8 come out as escapes.
 */
void tw_log_append_text(GString *line, const char *text, gsize len, TwLogQuote quote);

/**
 * tw_log_append_values:
 * @line: " key=value" is appended here for each value
 * @values: values, ended by one with field %TW_LOG_FIELD_END
 * @quote: when to put quotes around them
 */
void tw_log_append_values(GString *line, const TwLogValue *values, TwLogQuote quote);

/**
 * tw_log_append_json:
 * @line: ',"key":value' is appended here for each value
 * @values: values, ended by one with field %TW_LOG_FIELD_END
 */
void tw_log_append_json(GString *line, const TwLogValue *values);

/**
 * tw_log_append_json_text:
 * @line: a JSON string with its quotes is appended here
 * @text: (array length=len): any bytes; what is no UTF-8 becomes U+FFFD
 * @len: how many; from %TW_LOG_VALUE_MOST on they are replaced by "..."
 */
void tw_log_append_json_text(GString *line, const char *text, gsize len);

/**
 * tw_log_append_time:
 * @line: ISO 8601 local time with microseconds is appended here
 * @us: microseconds since 1970
 * @offset: TRUE to add the offset from UTC
 */
void tw_log_append_time(GString *line, gint64 us, gboolean offset);

G_END_DECLS
