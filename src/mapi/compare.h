/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Comparing values as MAPI does: by type, text without regard to case, in the order of a locale where one is given.
 */
#pragma once

#include "mapi/value.h"

G_BEGIN_DECLS

/* The order of a locale, in which case and accents break ties: collation.h makes them. Texts come as UTF-8, or, from
 * STRING8, as any bytes. */
typedef struct TwCollation {
    /* <0, 0, >0 as of memcmp; never NULL */
    int (*compare)(gconstpointer data, const char *a, gsize a_len, const char *b, gsize b_len);
    /* writes bytes whose order by memcmp is that of compare; never NULL */
    void (*key)(gconstpointer data, const char *text, gsize len, TwBuffer *out);
    gconstpointer data;
} TwCollation;

typedef enum {
    TW_FOLD_CASE = 1u << 0,  /* upper and lower case are one */
    TW_FOLD_MARKS = 1u << 1, /* without non-spacing marks: accents, points of vowels */
} TwFoldFlags;

/**
 * tw_text_fold:
 * @text: (array length=len): text; other than UTF-8 it is folded in its ASCII letters only
 * @len: bytes
 * @flags: #TwFoldFlags; with none, text is copied as it is
 * @out: (inout): takes the folded text, at most three times as long; canonically equal texts fold to equal bytes
 *
 * Brings text to a form in which bytes can be compared.
 */
void tw_text_fold(const char *text, gsize len, guint flags, TwBuffer *out);

/**
 * tw_text_compare:
 * @collation: (nullable): order of a locale, or NULL for the order of folded code points
 * @a: (array length=a_len): a text
 * @a_len: bytes
 * @b: (array length=b_len): another
 * @b_len: bytes
 *
 * Disregards case: texts that differ in nothing else are equal under every collation.
 *
 * Returns: <0, 0 or >0
 */
int tw_text_compare(
    const TwCollation *collation, const char *a, gsize a_len, const char *b, gsize b_len);

typedef enum {
    /* LONG and I8 as unsigned: in sorts, spec/mapi-soap.md 8.5 (captured). Restrictions compare them as MS-OXCDATA has
     * them, signed, so that a spam confidence of -1 is less than 5. */
    TW_COMPARE_UNSIGNED = 1u << 0,
    /* Under a collation case breaks ties: in sorts, spec/mapi-soap.md 8.5 (captured). */
    TW_COMPARE_CASE = 1u << 1,
} TwCompareFlags;

/**
 * tw_value_comparable:
 * @a: a tag
 * @b: a tag
 *
 * Returns: whether values of both have an order: the same type, or two of text, either side multi-valued or not
 */
gboolean tw_value_comparable(guint32 a, guint32 b);

/**
 * tw_value_compare:
 * @a: a checked value
 * @b: a checked value; tw_value_comparable() with @a, and both or none multi-valued
 * @collation: (nullable): see tw_text_compare()
 * @flags: #TwCompareFlags
 *
 * Compares by type: numbers by size (not-a-number first), booleans FALSE first, GUIDs field by field, bytes by byte and
 * then by length, lists item by item and then by count.
 *
 * Returns: <0, 0 or >0
 */
int tw_value_compare(const TwPropValue *a,
                     const TwPropValue *b,
                     const TwCollation *collation,
                     guint flags);

G_END_DECLS
