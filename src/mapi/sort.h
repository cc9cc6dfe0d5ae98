/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sort orders of tables: up to eight keys, the first of them categories. Numbers: spec/mapi-soap.md 4.4; order of
 * values: 8.5 there and spec/mailbox-layout.md 27.2.
 */
#pragma once

#include "mapi/compare.h"
#include "mapi/restriction.h"

G_BEGIN_DECLS

typedef enum {
    TW_SORT_ASCENDING = 0,
    TW_SORT_DESCENDING = 1,
    TW_SORT_COMBINE = 2, /* this column belongs to the category of the one before it; ascending */
    TW_SORT_CATEGORY_MAX =
        4, /* categories of the column before go by the largest value of this one, largest first */
    TW_SORT_CATEGORY_MIN = 8, /* the same by the smallest value, smallest first */
} TwSortDirection;

enum {
    TW_SORT_MAX_KEYS = 8,   /* spec 27.2; each is one more comparison per pair of rows */
    TW_SORT_MAX_TEXT = 255, /* characters of a text that count (8.5) */
};

typedef struct {
    guint32 tag; /* a multi-value instance asks for one row per value */
    TwSortDirection direction;
} TwSortKey;

/* A value: copy it freely. All zero is the order of no keys, in which every table has its own default. */
typedef struct {
    TwSortKey keys[TW_SORT_MAX_KEYS];
    guint count;
    guint
        categories; /* leading keys that form headings; CATEGORY_MAX and _MIN keys are not counted */
    guint expanded; /* levels of headings that start open */
} TwSortOrder;

/**
 * tw_sort_order_set:
 * @keys: (array length=count): the keys, most important first
 * @count: how many; 0 is no order
 * @categories: see #TwSortOrder
 * @expanded: see #TwSortOrder
 * @ret: (out): the order
 * @error: on failure TW_ERROR_INVALID (unknown type or direction, more than one instance column, a COMBINE or CATEGORY
 *   key without the key it belongs to, more levels open than there are) or TW_ERROR_TOO_COMPLEX (too many keys)
 *
 * Checks an order. CURRENCY and multi-valued columns are accepted and do not sort, as with the peer.
 *
 * Returns: TRUE if it can be used
 */
gboolean tw_sort_order_set(const TwSortKey *keys,
                           guint count,
                           guint categories,
                           guint expanded,
                           TwSortOrder *ret,
                           GError **error);

/**
 * tw_sort_order_parse:
 * @data: (array length=len): a SortOrderSet, MS-OXCDATA 2.13.2: counts of keys, categories and expanded levels (2 bytes
 *   each), then for each key type (2), id (2) and direction (1)
 * @len: bytes, all of which must belong to it
 * @ret: (out): the order
 * @error: on failure TW_ERROR_CORRUPT, or as tw_sort_order_set()
 *
 * The directions on that wire: 0, 1, and 4 for CATEGORY_MAX.
 *
 * Returns: TRUE if it can be used
 */
gboolean tw_sort_order_parse(const guint8 *data, gsize len, TwSortOrder *ret, GError **error);

/**
 * tw_sort_order_print:
 * @order: an order
 * @out: (inout): takes a SortOrderSet
 */
void tw_sort_order_print(const TwSortOrder *order, TwBuffer *out);

/**
 * tw_sort_order_instance_key:
 * @order: an order
 *
 * Returns: index of the key that asks for one row per value, or -1
 */
int tw_sort_order_instance_key(const TwSortOrder *order);

/**
 * tw_sort_order_equal:
 * @a: an order
 * @b: an order
 *
 * Returns: whether a view made for one serves the other
 */
gboolean tw_sort_order_equal(const TwSortOrder *a, const TwSortOrder *b);

/**
 * tw_sort_order_rows:
 * @order: an order
 * @source: an object
 *
 * How many rows the object is in a table of this order: one, or one per value of the instance column.
 *
 * Returns: at least 1; an object without the column, or with no value in it, is one row
 */
guint tw_sort_order_rows(const TwSortOrder *order, const TwPropSource *source);

/**
 * tw_sort_get_value:
 * @order: an order
 * @key: index of a key
 * @source: an object
 * @instance: which row of the object, below tw_sort_order_rows()
 * @ret: (out): the value, borrowed as the source lends it; of one item where the key asks for an instance
 *
 * Returns: FALSE if the object has no value there
 */
gboolean tw_sort_get_value(const TwSortOrder *order,
                           guint key,
                           const TwPropSource *source,
                           guint instance,
                           TwPropValue *ret);

/**
 * tw_sort_compare_values:
 * @key: a key
 * @a: (nullable): value of one row, or NULL for none
 * @b: (nullable): value of the other
 * @collation: (nullable): order of the locale
 *
 * Compares by one key: a missing value comes first ascending and last descending; of text the first
 * TW_SORT_MAX_TEXT characters count, without one leading "'" or "(", in the order of the collation, where accents and case
 * break ties (without one, by code point and without regard to case); LONG and I8 are unsigned; bytes go by byte, entry ids
 * too; CURRENCY and lists are all equal.
 *
 * Returns: <0, 0 or >0, direction included
 */
int tw_sort_compare_values(const TwSortKey *key,
                           const TwPropValue *a,
                           const TwPropValue *b,
                           const TwCollation *collation);

/* One row of a table, for comparing. */
typedef struct {
    const TwPropSource *source;
    guint instance; /* see tw_sort_order_rows() */
} TwSortRow;

/**
 * tw_sort_compare:
 * @order: an order
 * @a: a row
 * @b: another
 * @collation: (nullable): order of the locale
 *
 * Compares key by key. CATEGORY_MAX and _MIN keys are skipped: they order categories, which are more than two rows. Rows
 * that are equal come in order of arrival, which the caller knows.
 *
 * Returns: <0, 0 or >0
 */
int tw_sort_compare(const TwSortOrder *order,
                    const TwSortRow *a,
                    const TwSortRow *b,
                    const TwCollation *collation);

/**
 * tw_sort_make_key:
 * @order: an order
 * @row: a row
 * @collation: (nullable): order of the locale
 * @out: (inout): takes bytes whose order by memcmp (the shorter first, where one begins the other) is that of
 *   tw_sort_compare()
 *
 * For views, which keep the first bytes of it beside each row. Without a collation text is ordered folded.
 */
void tw_sort_make_key(const TwSortOrder *order,
                      const TwSortRow *row,
                      const TwCollation *collation,
                      TwBuffer *out);

/**
 * tw_sort_category_level:
 * @order: an order
 * @key: index of a key
 *
 * Which level of headings a key belongs to: COMBINE keys to that of the key before, CATEGORY_MAX and _MIN keys to that of
 * the key whose categories they order.
 *
 * Returns: the level, from 0; -1 for keys behind the categories
 */
int tw_sort_category_level(const TwSortOrder *order, guint key);

G_END_DECLS
