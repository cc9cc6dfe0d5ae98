/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/sort.h"

#include <math.h>

#include "base/cursor.h"
#include "base/error.h"

static gboolean
is_category_order(TwSortDirection direction)
{
    return direction == TW_SORT_CATEGORY_MAX || direction == TW_SORT_CATEGORY_MIN;
}

static gboolean
invalid(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "sort order: %s", what);
    return FALSE;
}

static gboolean
check_key(const TwSortKey *keys, guint index, GError **error)
{
    const TwSortKey *key = &keys[index];
    guint32 stored = key->tag;

    if (tw_prop_tag_is_instance(stored))
        stored = (stored & ~(guint32) TW_PT_MVI_FLAG) | TW_PT_MV_FLAG;
    if (!tw_prop_tag_is_storable(stored))
        return invalid(error, "a column of no type");
    switch (key->direction) {
    case TW_SORT_ASCENDING:
    case TW_SORT_DESCENDING:
        return TRUE;
    case TW_SORT_COMBINE:
        return (index > 0 && !is_category_order(keys[index - 1].direction)) ||
               invalid(error, "nothing to combine with");
    case TW_SORT_CATEGORY_MAX:
    case TW_SORT_CATEGORY_MIN:
        return (index > 0 && !is_category_order(keys[index - 1].direction)) ||
               invalid(error, "no category to order");
    }
    return invalid(error, "unknown direction");
}

/* Checks an order whose count is in bounds. */
static gboolean
check_order(const TwSortOrder *order, GError **error)
{
    guint instances = 0, plain = 0;

    for (guint i = 0; i < order->count; i++) {
        if (!check_key(order->keys, i, error))
            return FALSE;
        instances += tw_prop_tag_is_instance(order->keys[i].tag) ? 1 : 0;
        plain += is_category_order(order->keys[i].direction) ? 0 : 1;
        if (is_category_order(order->keys[i].direction) && tw_sort_category_level(order, i) < 0)
            return invalid(error, "no category to order");
    }
    if (instances > 1)
        return invalid(error, "two columns of one row per value");
    if (order->categories > plain || order->expanded > order->categories)
        return invalid(error, "more categories than columns");
    return TRUE;
}

gboolean
tw_sort_order_set(const TwSortKey *keys,
                  guint count,
                  guint categories,
                  guint expanded,
                  TwSortOrder *ret,
                  GError **error)
{
    TwSortOrder order = { .count = count, .categories = categories, .expanded = expanded };

    if (count > TW_SORT_MAX_KEYS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "sort order of %u keys", count);
        return FALSE;
    }
    for (guint i = 0; i < count; i++)
        order.keys[i] = keys[i];
    if (!check_order(&order, error))
        return FALSE;
    *ret = order;
    return TRUE;
}

gboolean
tw_sort_order_parse(const guint8 *data, gsize len, TwSortOrder *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwSortKey keys[TW_SORT_MAX_KEYS];
    guint16 count, categories, expanded, type, id;
    guint8 direction;

    if (!tw_cursor_take_u16le(&cur, &count) || !tw_cursor_take_u16le(&cur, &categories) ||
        !tw_cursor_take_u16le(&cur, &expanded) || count > cur.left / 5)
        goto corrupt;
    for (guint i = 0; i < MIN(count, TW_SORT_MAX_KEYS); i++) {
        if (!tw_cursor_take_u16le(&cur, &type) || !tw_cursor_take_u16le(&cur, &id) ||
            !tw_cursor_take_u8(&cur, &direction))
            goto corrupt;
        keys[i] = (TwSortKey){ .tag = tw_prop_tag(id, type), .direction = direction };
    }
    if (count <= TW_SORT_MAX_KEYS && cur.left != 0)
        goto corrupt;
    return tw_sort_order_set(keys, count, categories, expanded, ret, error);
corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "sort order: bytes are none");
    return FALSE;
}

void
tw_sort_order_print(const TwSortOrder *order, TwBuffer *out)
{
    tw_buffer_put_u16le(out, (guint16) order->count);
    tw_buffer_put_u16le(out, (guint16) order->categories);
    tw_buffer_put_u16le(out, (guint16) order->expanded);
    for (guint i = 0; i < order->count; i++) {
        tw_buffer_put_u16le(out, tw_prop_tag_type(order->keys[i].tag));
        tw_buffer_put_u16le(out, tw_prop_tag_id(order->keys[i].tag));
        tw_buffer_put_u8(out, (guint8) order->keys[i].direction);
    }
}

int
tw_sort_order_instance_key(const TwSortOrder *order)
{
    for (guint i = 0; i < order->count; i++) {
        if (tw_prop_tag_is_instance(order->keys[i].tag))
            return (int) i;
    }
    return -1;
}

gboolean
tw_sort_order_equal(const TwSortOrder *a, const TwSortOrder *b)
{
    if (a->count != b->count || a->categories != b->categories || a->expanded != b->expanded)
        return FALSE;
    for (guint i = 0; i < a->count; i++) {
        if (a->keys[i].tag != b->keys[i].tag || a->keys[i].direction != b->keys[i].direction)
            return FALSE;
    }
    return TRUE;
}

/* Keys that open a level are those that are neither combined with one before nor order its categories. */
int
tw_sort_category_level(const TwSortOrder *order, guint key)
{
    guint plain = 0; /* keys so far that count as categories */
    int level = -1;

    for (guint i = 0; i <= key && i < order->count; i++) {
        TwSortDirection direction = order->keys[i].direction;

        if (is_category_order(direction))
            continue;
        if (plain >= order->categories)
            return -1;
        plain++;
        if (direction != TW_SORT_COMBINE)
            level++;
    }
    return level;
}

static gboolean
get_value(const TwPropSource *source, guint32 tag, TwPropValue *ret)
{
    return source->get(source->data, tag, ret) && tw_prop_tag_type(ret->tag) != TW_PT_ERROR;
}

guint
tw_sort_order_rows(const TwSortOrder *order, const TwPropSource *source)
{
    int key = tw_sort_order_instance_key(order);
    TwPropValue value;

    if (key < 0 || !get_value(source, order->keys[key].tag, &value) ||
        !tw_prop_tag_is_multi(value.tag))
        return 1;
    return MAX(tw_value_count(&value), 1);
}

gboolean
tw_sort_get_value(const TwSortOrder *order,
                  guint key,
                  const TwPropSource *source,
                  guint instance,
                  TwPropValue *ret)
{
    TwPropValue value;

    if (!get_value(source, order->keys[key].tag, &value))
        return FALSE;
    if (tw_prop_tag_is_instance(order->keys[key].tag) && tw_prop_tag_is_multi(value.tag))
        return tw_value_item(&value, instance, ret);
    *ret = value;
    return TRUE;
}

/* What of a text counts. */
static TwPropValue
sorted_text(const TwPropValue *value)
{
    const char *text = value->text, *end = text + value->len, *p = text;

    if (p < end && (*p == '\'' || *p == '('))
        text = ++p;
    for (guint i = 0; i < TW_SORT_MAX_TEXT && p < end; i++) {
        /* a character is a byte that does not continue one: right for UTF-8, and safe for any bytes */
        p++;
        while (p < end && ((guint8) *p & 0xc0) == 0x80)
            p++;
    }
    return tw_value_text(value->tag, text, (gsize) (p - text));
}

static gboolean
does_not_sort(guint32 tag)
{
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_CURRENCY:
    case TW_PT_OBJECT:
    case TW_PT_SRESTRICT:
    case TW_PT_ACTIONS:
        return TRUE;
    default:
        return tw_prop_tag_is_multi(tag);
    }
}

static int
compare_present(const TwPropValue *a, const TwPropValue *b, const TwCollation *collation)
{
    TwPropValue left, right;

    if (does_not_sort(a->tag) || !tw_value_comparable(a->tag, b->tag) ||
        tw_prop_tag_is_multi(b->tag))
        return 0;
    if (!tw_prop_tag_is_text(a->tag))
        return tw_value_compare(a, b, NULL, TW_COMPARE_UNSIGNED);
    left = sorted_text(a);
    right = sorted_text(b);
    return tw_value_compare(&left, &right, collation, TW_COMPARE_CASE);
}

static gboolean
is_descending(TwSortDirection direction)
{
    return direction == TW_SORT_DESCENDING || direction == TW_SORT_CATEGORY_MAX;
}

int
tw_sort_compare_values(const TwSortKey *key,
                       const TwPropValue *a,
                       const TwPropValue *b,
                       const TwCollation *collation)
{
    int order =
        a == NULL || b == NULL ? (a != NULL) - (b != NULL) : compare_present(a, b, collation);

    order = (order > 0) - (order < 0);
    return is_descending(key->direction) ? -order : order;
}

int
tw_sort_compare(const TwSortOrder *order,
                const TwSortRow *a,
                const TwSortRow *b,
                const TwCollation *collation)
{
    for (guint i = 0; i < order->count; i++) {
        TwPropValue left, right;
        gboolean has_left, has_right;
        int result;

        if (is_category_order(order->keys[i].direction))
            continue;
        has_left = tw_sort_get_value(order, i, a->source, a->instance, &left);
        has_right = tw_sort_get_value(order, i, b->source, b->instance, &right);
        result = tw_sort_compare_values(&order->keys[i], has_left ? &left : NULL,
                                        has_right ? &right : NULL, collation);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Bytes of any length that end before those they begin: 0 becomes 0 255, and 0 0 ends. */
static void
put_escaped(TwBuffer *out, const guint8 *data, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        tw_buffer_put_u8(out, data[i]);
        if (data[i] == 0)
            tw_buffer_put_u8(out, 0xff);
    }
    tw_buffer_put_u16be(out, 0);
}

/* IEEE bits in an order that unsigned numbers have; what is no number comes first, minus zero is zero. */
static void
put_double(TwBuffer *out, double number)
{
    guint64 bits;

    if (isnan(number)) {
        tw_buffer_put_u64be(out, 0);
        return;
    }
    if (number == 0)
        number = 0;
    memcpy(&bits, &number, sizeof bits);
    tw_buffer_put_u64be(out, bits >> 63 ? ~bits : bits | G_GUINT64_CONSTANT(1) << 63);
}

static void
put_text(TwBuffer *out, const TwPropValue *value, const TwCollation *collation)
{
    TwPropValue text = sorted_text(value);
    g_auto(TwBuffer) key = TW_BUFFER_INIT(G_MAXSIZE);

    if (collation != NULL)
        collation->key(collation->data, text.text, text.len, &key);
    else
        tw_text_fold(text.text, text.len, TW_FOLD_CASE, &key);
    put_escaped(out, key.data, key.len);
}

static void
put_key_value(TwBuffer *out, const TwPropValue *value, const TwCollation *collation)
{
    const guint64 sign = G_GUINT64_CONSTANT(1) << 63;

    if (does_not_sort(value->tag))
        return;
    switch (tw_prop_tag_type(value->tag)) {
    case TW_PT_NULL:
        return;
    case TW_PT_I2:
        tw_buffer_put_u16be(out, (guint16) ((guint16) value->i2 ^ 0x8000u));
        return;
    case TW_PT_LONG:
    case TW_PT_ERROR:
        tw_buffer_put_u32be(out, value->u4);
        return;
    case TW_PT_BOOLEAN:
        tw_buffer_put_u8(out, value->truth ? 1 : 0);
        return;
    case TW_PT_I8:
        tw_buffer_put_u64be(out, (guint64) value->i8);
        return;
    case TW_PT_SYSTIME:
        tw_buffer_put_u64be(out, (guint64) value->i8 ^ sign);
        return;
    case TW_PT_R4:
        put_double(out, (double) value->r4);
        return;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        put_double(out, value->r8);
        return;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        put_text(out, value, collation);
        return;
    case TW_PT_CLSID:
        for (guint i = 0; i < 16; i++) /* fields of 4, 2 and 2 bytes, largest byte first */
            tw_buffer_put_u8(out, value->data[i < 4 ? 3 - i : i < 8 ? i ^ 1 : i]);
        return;
    default:
        put_escaped(out, value->data, value->len);
    }
}

void
tw_sort_make_key(const TwSortOrder *order,
                 const TwSortRow *row,
                 const TwCollation *collation,
                 TwBuffer *out)
{
    for (guint i = 0; i < order->count; i++) {
        gsize start = out->len;
        TwPropValue value;

        if (is_category_order(order->keys[i].direction))
            continue;
        if (tw_sort_get_value(order, i, row->source, row->instance, &value)) {
            tw_buffer_put_u8(out, 1);
            put_key_value(out, &value, collation);
        } else {
            tw_buffer_put_u8(out, 0);
        }
        if (!is_descending(order->keys[i].direction) || tw_buffer_failed(out))
            continue;
        for (gsize at = start; at < out->len; at++)
            out->data[at] = (guint8) ~out->data[at];
    }
}
