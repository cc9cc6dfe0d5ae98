/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keywords of messages, which are their categories: a dictionary per folder gives each name a number, the first 64 are bits
 * of a map in the message's row, others a list of numbers in its head.
 *
 * Names are compared without regard to case, as IMAP (RFC 9051 2.3.2) and category lists do; the first spelling is kept.
 * A name once in a dictionary keeps its number for ever.
 *
 * Format of a dictionary, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       1     version: 1                                                                          1
 *   1       1     0                                                                                   1
 *   2       2     n: how many names                                                                   1
 *   4             n times {u8 length, the name in UTF-8}                                              1
 */
#pragma once

#include "base/buffer.h"
#include "mapi/value.h"

G_BEGIN_DECLS

enum {
    TW_KEYWORDS_BITS = 64,
    TW_KEYWORDS_MAX_NAME = 255, /* bytes of a name: spec/mailbox-layout.md 34 */
    TW_KEYWORDS_MAX_COUNT =
        4096, /* names of a folder; each IMAP client is told all of them at SELECT */
    TW_KEYWORDS_FOLDER = 1000,     /* names of a folder, unless an engine is told otherwise */
    TW_KEYWORDS_MAX_OVERFLOW = 32, /* keywords of one message past the 64th of the folder */
};

typedef struct TwKeywords TwKeywords;

/* The keywords of one message, by their numbers. All zero is none. */
typedef struct {
    guint64 map;                                /* bit i: keyword i, of the first 64 */
    guint16 overflow[TW_KEYWORDS_MAX_OVERFLOW]; /* the others, ascending */
    guint overflow_count;
} TwKeywordSet;

/**
 * tw_keywords_new:
 *
 * Returns: (transfer full): an empty dictionary
 */
TwKeywords *tw_keywords_new(void);

/**
 * tw_keywords_free:
 * @keywords: (nullable) (transfer full): a dictionary
 */
void tw_keywords_free(TwKeywords *keywords);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwKeywords, tw_keywords_free)

/**
 * tw_keywords_parse:
 * @data: (array length=len): a dictionary from a row; no bytes are an empty one
 * @len: how many bytes
 * @error: on failure TW_ERROR_CORRUPT, TW_ERROR_UNSUPPORTED (another version)
 *
 * Returns: (transfer full): the dictionary, or NULL
 */
TwKeywords *tw_keywords_parse(const guint8 *data, gsize len, GError **error);

/**
 * tw_keywords_write:
 * @keywords: a dictionary
 *
 * Returns: (transfer full): its bytes, which tw_keywords_parse() reads
 */
GBytes *tw_keywords_write(const TwKeywords *keywords);

/**
 * tw_keywords_count:
 * @keywords: a dictionary
 *
 * Returns: how many names it has; their numbers are 0 to this - 1
 */
guint tw_keywords_count(const TwKeywords *keywords);

/**
 * tw_keywords_get_name:
 * @keywords: a dictionary
 * @number: of a keyword
 *
 * Returns: (transfer none) (nullable): its name, or NULL
 */
const char *tw_keywords_get_name(const TwKeywords *keywords, guint number);

/**
 * tw_keywords_find:
 * @keywords: a dictionary
 * @name: UTF-8
 *
 * Returns: its number, or -1
 */
int tw_keywords_find(const TwKeywords *keywords, const char *name);

/**
 * tw_keywords_add:
 * @keywords: a dictionary
 * @name: UTF-8
 * @error: on failure TW_ERROR_INVALID (empty, white space at an end, a control character, not UTF-8), TW_ERROR_TOO_BIG
 *   (%TW_KEYWORDS_MAX_NAME, %TW_KEYWORDS_MAX_COUNT)
 *
 * Finds a name, or gives it the next number.
 *
 * Returns: its number, or -1
 */
int tw_keywords_add(TwKeywords *keywords, const char *name, GError **error);

/**
 * tw_keyword_set_add:
 * @set: keywords of a message
 * @number: one more
 *
 * Returns: FALSE, and nothing changed, if %TW_KEYWORDS_MAX_OVERFLOW are past the 64th already
 */
gboolean tw_keyword_set_add(TwKeywordSet *set, guint number);

/**
 * tw_keyword_set_remove:
 * @set: keywords of a message
 * @number: one of them
 *
 * Returns: whether it was there
 */
gboolean tw_keyword_set_remove(TwKeywordSet *set, guint number);

/**
 * tw_keyword_set_has:
 * @set: keywords of a message
 * @number: a keyword
 *
 * Returns: whether the message has it
 */
gboolean tw_keyword_set_has(const TwKeywordSet *set, guint number);

/**
 * tw_keywords_from_categories:
 * @keywords: (inout): the folder's dictionary; gets names it has not
 * @categories: a value of type MV of UNICODE (PidNameKeywords)
 * @ret: (out): the keywords of the message
 * @error: on failure TW_ERROR_INVALID (not that type), TW_ERROR_TOO_BIG; names may have been added then
 *
 * White space around a category is taken off, an empty one passed over, one that is there already counts once.
 *
 * Returns: TRUE on success
 */
gboolean tw_keywords_from_categories(TwKeywords *keywords,
                                     const TwPropValue *categories,
                                     TwKeywordSet *ret,
                                     GError **error);

/**
 * tw_keywords_to_categories:
 * @keywords: the folder's dictionary
 * @set: keywords of a message; numbers that the dictionary has not are passed over
 * @tag: of the value to make, of type MV of UNICODE
 * @out: (inout): takes the packed value
 * @ret: (out): the value, borrowed from @out until @out is written to again
 *
 * Returns: FALSE, and nothing written, if the message has no keywords
 */
gboolean tw_keywords_to_categories(const TwKeywords *keywords,
                                   const TwKeywordSet *set,
                                   guint32 tag,
                                   TwBuffer *out,
                                   TwPropValue *ret);

G_END_DECLS
