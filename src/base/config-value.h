/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One configuration value from its text, by type. Pure functions; none accepts a thing it did not understand.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_CONFIG_WORDS_MOST = 65536 /* words in one list: bounds what one line can allocate */
};

/**
 * tw_config_parse_bool:
 * @text: (array length=len): yes, no, true, false, 1 or 0, in any case
 * @len: how many bytes
 * @ret: (out): the value
 *
 * Returns: FALSE, and @ret untouched, for any other word
 */
gboolean tw_config_parse_bool(const char *text, gsize len, gboolean *ret);

/**
 * tw_config_parse_int:
 * @text: (array length=len): decimal digits, perhaps after a minus
 * @len: how many bytes
 * @hex: TRUE to accept "0x" and hexadecimal digits as well
 * @ret: (out): the value
 *
 * Returns: FALSE, and @ret untouched, for anything else and for what does not fit
 */
gboolean tw_config_parse_int(const char *text, gsize len, gboolean hex, gint64 *ret);

/**
 * tw_config_parse_size:
 * @text: (array length=len): decimal digits, perhaps with k, m or g (powers of 1024, either case) after them
 * @len: how many bytes
 * @ret: (out): bytes, never negative
 *
 * Returns: FALSE, and @ret untouched, for anything else and for what does not fit
 */
gboolean tw_config_parse_size(const char *text, gsize len, gint64 *ret);

/**
 * tw_config_time_unit:
 * @name: (array length=len): "ms", "s", "min", "h" or "d"; the long forms "seconds", "minutes", "hours", "days"
 * @len: how many bytes
 *
 * Returns: its length in milliseconds, or 0 for any other word
 */
gint64 tw_config_time_unit(const char *name, gsize len);

/**
 * tw_config_parse_time:
 * @text: (array length=len): decimal digits, perhaps with a unit of tw_config_time_unit() after them
 * @len: how many bytes
 * @unit_ms: what a number without unit counts, in milliseconds
 * @ret_ms: (out): milliseconds, never negative
 *
 * A bare number means what it always meant for its key; the unit is ours.
 *
 * Returns: FALSE, and @ret_ms untouched, for anything else and for what does not fit
 */
gboolean tw_config_parse_time(const char *text, gsize len, gint64 unit_ms, gint64 *ret_ms);

/**
 * tw_config_parse_list:
 * @text: (array length=len): words separated by spaces and tabs; a word that starts with a double quote goes on to the
 *   next one and may hold blanks, or nothing
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID (quote not closed, text right after a quoted word, NUL), TW_ERROR_TOO_BIG
 *   (more than %TW_CONFIG_WORDS_MOST words)
 *
 * Returns: (transfer full) (array zero-terminated=1): the words, or NULL
 */
char **tw_config_parse_list(const char *text, gsize len, GError **error);

G_END_DECLS
