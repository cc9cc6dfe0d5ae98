/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Text by the tables of Unicode (ICU): keys under which names are the same, and finding text in text. Text is
 * UTF-8 with a length. Order by locale is in collate.h.
 */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_TEXT_MOST_NAME = 4096, /* bytes of a name; keys go into indexes */
    TW_TEXT_MOST_PATTERN =
        16384, /* bytes of what is searched for; searching costs more the longer it is */
    TW_TEXT_MOST_NORMALIZED = 1 << 24 /* bytes of a text to normalise as a whole */
};

/**
 * tw_text_name_key:
 * @name: (array length=len): a name
 * @len: how many bytes, at most %TW_TEXT_MOST_NAME
 * @error: TW_ERROR_INVALID for ill-formed UTF-8 or a NUL, TW_ERROR_TOO_BIG
 *
 * The key under which siblings are the same: decomposed, case-folded in full, composed (NFC). Two names that are
 * canonical caseless matches (Unicode 15, D145) have one key, and the key of a key is itself.
 *
 * Returns: (transfer full): the key, or NULL
 */
char *tw_text_name_key(const char *name, gsize len, GError **error);

/**
 * tw_text_nfc:
 * @text: (array length=len): text
 * @len: how many bytes, at most %TW_TEXT_MOST_NORMALIZED
 * @error: TW_ERROR_INVALID for ill-formed UTF-8 or a NUL, TW_ERROR_TOO_BIG
 *
 * Returns: (transfer full): the text in Normalization Form C, or NULL
 */
char *tw_text_nfc(const char *text, gsize len, GError **error);

typedef enum {
    TW_TEXT_EXACT = 0,
    TW_TEXT_IGNORE_CASE = 1u << 0,       /* the "i;unicode-casemap" of RFC 5051 */
    TW_TEXT_IGNORE_NONSPACING = 1u << 1, /* accents and other marks that take no room */
} TwTextFlags;

/**
 * tw_text_put_folded:
 * @out: where the result goes
 * @text: (array length=len): text; ill-formed parts count as U+FFFD
 * @len: how many bytes, any number
 * @flags: what to ignore
 *
 * Appends the form in which texts are compared: with TW_TEXT_IGNORE_CASE in simple title case; with any flag
 * fully decomposed (NFKD); with TW_TEXT_IGNORE_NONSPACING without its marks (category Mn). As a sort key
 * bytewise, this is the order of RFC 5051.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_text_put_folded(TwBuffer *out, const char *text, gsize len, TwTextFlags flags);

typedef enum {
    TW_TEXT_WHOLE,
    TW_TEXT_PREFIX,
    TW_TEXT_SUBSTRING,
} TwTextMatch;

/* What is searched for, made ready once for many texts and any number of threads. */
typedef struct TwTextPattern TwTextPattern;

/**
 * tw_text_pattern_new:
 * @text: (array length=len): what to search for
 * @len: how many bytes, at most %TW_TEXT_MOST_PATTERN
 * @match: where it must stand
 * @flags: what to ignore
 * @error: TW_ERROR_TOO_BIG
 *
 * An empty pattern is in every text, and is the whole of an empty one.
 *
 * Returns: (transfer full): the pattern, or NULL
 */
TwTextPattern *tw_text_pattern_new(
    const char *text, gsize len, TwTextMatch match, TwTextFlags flags, GError **error);

/**
 * tw_text_pattern_free:
 * @pattern: (nullable): a pattern
 */
void tw_text_pattern_free(TwTextPattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTextPattern, tw_text_pattern_free)

/**
 * tw_text_pattern_matches:
 * @pattern: a pattern
 * @text: (array length=len): a text of any length; ill-formed parts count as U+FFFD, unless nothing is ignored
 * @len: how many bytes
 *
 * Folds the text piece by piece, so memory does not grow with it.
 *
 * Returns: whether the pattern is there
 */
gboolean tw_text_pattern_matches(const TwTextPattern *pattern, const char *text, gsize len);

G_END_DECLS
