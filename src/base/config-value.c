/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *  bool  = "yes" / "no" / "true" / "false" / "1" / "0"          ; any case
 *  int   = [ "-" ] 1*DIGIT / "0x" 1*16HEXDIG
 *  size  = 1*DIGIT [ "k" / "m" / "g" ]                          ; any case
 *  time  = 1*DIGIT [ *WSP unit ]
 *  list  = *WSP [ word *( 1*WSP word ) ] *WSP
 *  word  = <"> *( any but <"> ) <">  /  1*( any but WSP, not starting with <"> )
 *
 * Source: the configuration contract, section 1.3; units of time are ours.
 */
#include "base/config-value.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"

static gboolean
is_word(const char *text, gsize len, const char *word)
{
    return len == strlen(word) && g_ascii_strncasecmp(text, word, len) == 0;
}

gboolean
tw_config_parse_bool(const char *text, gsize len, gboolean *ret)
{
    static const char *const words[][2] = { { "no", "yes" }, { "false", "true" }, { "0", "1" } };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        for (gboolean value = FALSE; value <= TRUE; value++) {
            if (is_word(text, len, words[i][value])) {
                *ret = value;
                return TRUE;
            }
        }
    }
    return FALSE;
}

gboolean
tw_config_parse_int(const char *text, gsize len, gboolean hex, gint64 *ret)
{
    gboolean minus = len > 0 && text[0] == '-';
    guint64 value;

    if (hex && len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        if (!tw_parse_hex_u64(text + 2, len - 2, &value) || value > G_MAXINT64)
            return FALSE;
    } else if (!tw_parse_u64(text + minus, len - (gsize) minus, G_MAXINT64, &value)) {
        return FALSE;
    }
    *ret = minus ? -(gint64) value : (gint64) value;
    return TRUE;
}

static gboolean
scale(const char *digits, gsize len, gint64 factor, gint64 *ret)
{
    guint64 count;
    gint64 value;

    if (!tw_parse_u64(digits, len, G_MAXINT64, &count) ||
        __builtin_mul_overflow((gint64) count, factor, &value))
        return FALSE;
    *ret = value;
    return TRUE;
}

gboolean
tw_config_parse_size(const char *text, gsize len, gint64 *ret)
{
    gint64 factor = 1;

    if (len > 0) {
        switch (g_ascii_tolower(text[len - 1])) {
        case 'k':
            factor = (gint64) 1 << 10;
            break;
        case 'm':
            factor = (gint64) 1 << 20;
            break;
        case 'g':
            factor = (gint64) 1 << 30;
            break;
        default:
            break;
        }
    }
    return scale(text, len - (factor > 1), factor, ret);
}

gint64
tw_config_time_unit(const char *name, gsize len)
{
    static const struct {
        const char *name;
        gint64 ms;
    } units[] = {
        { "ms", 1 },
        { "s", 1000 },
        { "seconds", 1000 },
        { "min", (gint64) 60 * 1000 },
        { "minutes", (gint64) 60 * 1000 },
        { "h", (gint64) 3600 * 1000 },
        { "hours", (gint64) 3600 * 1000 },
        { "d", (gint64) 86400 * 1000 },
        { "days", (gint64) 86400 * 1000 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (is_word(name, len, units[i].name))
            return units[i].ms;
    }
    return 0;
}

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

gboolean
tw_config_parse_time(const char *text, gsize len, gint64 unit_ms, gint64 *ret_ms)
{
    gsize digits = 0;
    gsize at;

    while (digits < len && g_ascii_isdigit(text[digits]))
        digits++;
    for (at = digits; at < len && is_blank(text[at]);)
        at++;
    if (at < len)
        unit_ms = tw_config_time_unit(text + at, len - at);
    return unit_ms > 0 && scale(text, digits, unit_ms, ret_ms);
}

/* Reads the word at *at, which is not blank, and moves behind it. */
static char *
take_word(const char *text, gsize len, gsize *at, GError **error)
{
    gsize start = *at;
    gsize end = start;

    if (text[start] == '"') {
        const char *close = memchr(text + start + 1, '"', len - start - 1);
        if (close == NULL) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "a double quote is not closed");
            return NULL;
        }
        start++;
        end = (gsize) (close - text);
        *at = end + 1;
        if (*at < len && !is_blank(text[*at])) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                        "a quoted word is not followed by a blank");
            return NULL;
        }
    } else {
        while (end < len && !is_blank(text[end]))
            end++;
        *at = end;
    }
    if (memchr(text + start, '\0', end - start) != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "a NUL character");
        return NULL;
    }
    return g_strndup(text + start, end - start);
}

char **
tw_config_parse_list(const char *text, gsize len, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (gsize at = 0;;) {
        char *word;

        while (at < len && is_blank(text[at]))
            at++;
        if (at == len)
            break;
        if (words->len == TW_CONFIG_WORDS_MOST) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d words",
                        TW_CONFIG_WORDS_MOST);
            return NULL;
        }
        word = take_word(text, len, &at, error);
        if (word == NULL)
            return NULL;
        g_ptr_array_add(words, word);
    }
    g_ptr_array_add(words, NULL);
    g_ptr_array_set_free_func(words, NULL);
    return (char **) g_ptr_array_free(g_steal_pointer(&words), FALSE);
}
