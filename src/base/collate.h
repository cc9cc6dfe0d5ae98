/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The order of text by locale (ICU): keys that sort bytewise. One collator a locale, shared by all threads. */
#pragma once

#include "base/buffer.h"

G_BEGIN_DECLS

enum {
    TW_COLLATE_MOST_LOCALE = 64, /* bytes of a locale's name */
    TW_COLLATE_MOST_LOCALES =
        128, /* collators kept; a client that invents names gets the root order after that */
    TW_COLLATE_MOST_TEXT = 65536 /* bytes of a text that count; the rest does not decide an order */
};

/* The collators of a process. */
typedef struct TwCollations TwCollations;
/* One of them: borrowed for as long as its TwCollations lives. */
typedef struct TwCollator TwCollator;

/**
 * tw_collations_new:
 *
 * Returns: (transfer full): an empty set, for any number of threads
 */
TwCollations *tw_collations_new(void);

/**
 * tw_collations_free:
 * @collations: (nullable): a set that no thread uses any more
 */
void tw_collations_free(TwCollations *collations);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwCollations, tw_collations_free)

/**
 * tw_collations_get:
 * @collations: the set
 * @locale: a locale's name of any spelling, such as "de_DE.UTF-8" or "sv"
 *
 * Opened at first use. A name that is unknown, too long or one too many gives the root order.
 *
 * Returns: (transfer none): the collator; never NULL
 */
const TwCollator *tw_collations_get(TwCollations *collations, const char *locale);

/**
 * tw_collator_put_key:
 * @collator: a collator
 * @text: (array length=len): UTF-8; ill-formed parts count as U+FFFD
 * @len: how many bytes; only the first %TW_COLLATE_MOST_TEXT count
 * @out: where the key goes
 *
 * Appends a key without a NUL: memcmp() of two keys, the shorter first when one begins the other, is the order of
 * the texts. Keys of two locales, or of two versions of ICU, do not compare: never store them.
 *
 * Returns: FALSE when @out failed
 */
gboolean tw_collator_put_key(const TwCollator *collator,
                             const char *text,
                             gsize len,
                             TwBuffer *out);

/**
 * tw_collator_compare:
 * @collator: a collator
 * @a: (array length=a_len): a text
 * @a_len: how many bytes
 * @b: (array length=b_len): another
 * @b_len: how many bytes
 *
 * Returns: below, at or above 0 as the keys would compare
 */
int tw_collator_compare(
    const TwCollator *collator, const char *a, gsize a_len, const char *b, gsize b_len);

G_END_DECLS
