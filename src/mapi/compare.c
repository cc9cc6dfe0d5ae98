/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/compare.h"

#include <math.h>

#include "mapi/text-private.h"
#include "mapi/value-private.h"

gboolean
tw_text_is_ascii(const char *text, gsize len)
{
    guint64 word, bits = 0;
    gsize at = 0;

    for (; len - at >= 8; at += 8) {
        memcpy(&word, text + at, 8);
        bits |= word;
    }
    for (; at < len; at++)
        bits |= (guint8) text[at];
    return (bits & 0x8080808080808080u) == 0;
}

static void
fold_ascii(const char *text, gsize len, guint flags, TwBuffer *out)
{
    if (!(flags & TW_FOLD_CASE)) {
        tw_buffer_put(out, text, len);
        return;
    }
    if (!tw_buffer_reserve(out, len))
        return;
    for (gsize i = 0; i < len; i++)
        out->data[out->len++] = (guint8) g_ascii_tolower(text[i]);
}

/* Letters whose small form depends on where they stand, or is not what they fold to. */
static gunichar
fold_char(gunichar c)
{
    switch (c) {
    case 0x03C2: /* final sigma */
        return 0x03C3;
    case 0x017F: /* long s */
        return 's';
    default:
        return g_unichar_tolower(c);
    }
}

/* Letters that are their own composed form and start no composition: those of most mail. Other text takes the long way
 * over GLib's tables, which costs five times as much. */
static gboolean
is_simple(gunichar c, guint flags)
{
    if (c >= 0xAC00 && c <= 0xD7A3)
        return !(flags & TW_FOLD_MARKS); /* Hangul comes apart where marks are stripped */
    return c < 0x300 || (c >= 0x400 && c <= 0x482) || (c >= 0x2010 && c <= 0x2027) || c == 0x20AC ||
           (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FA) ||
           (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x1F300 && c <= 0x1F6FF);
}

/* The next character, or one that is not simple where bytes are no UTF-8. */
static inline gunichar
next_char(const char **p, const char *end)
{
    guint8 first = (guint8) * *p;
    gunichar c;

    if (first < 0x80) {
        (*p)++;
        return first;
    }
    if (first >= 0xc2 && first < 0xe0 && end - *p >= 2 && ((guint8) (*p)[1] & 0xc0) == 0x80) {
        c = ((gunichar) first & 0x1f) << 6 | ((guint8) (*p)[1] & 0x3fu);
        *p += 2;
        return c;
    }
    c = g_utf8_get_char_validated(*p, end - *p);
    if (c < 0x110000)
        *p += g_utf8_skip[first];
    return c;
}

static inline gunichar
strip_marks(gunichar c)
{
    gunichar base, mark;

    while (c >= 0xC0 && g_unichar_decompose(c, &base, &mark) && mark != 0)
        c = base;
    return c;
}

/* FALSE, and nothing written, when some character is not simple. */
static gboolean
fold_simple(const char *text, gsize len, guint flags, TwBuffer *out)
{
    const char *end = text + len;
    gsize start = out->len;

    if (len > G_MAXSIZE / 4 || !tw_buffer_reserve(out, 2 * len + 8))
        return FALSE;
    for (const char *p = text; p < end;) {
        gunichar c = next_char(&p, end);

        if (c < 0x80) {
            out->data[out->len++] =
                flags & TW_FOLD_CASE ? (guint8) g_ascii_tolower((char) c) : (guint8) c;
            continue;
        }
        if (!is_simple(c, flags)) {
            out->len = start;
            return FALSE;
        }
        if (flags & TW_FOLD_MARKS)
            c = strip_marks(c);
        if (flags & TW_FOLD_CASE)
            c = fold_char(c);
        out->len += (gsize) g_unichar_to_utf8(c, (char *) out->data + out->len);
    }
    return TRUE;
}

/* Composed, so that a letter without a mark is not found in one with it; taken apart where marks do not count. */
static gboolean
fold_normalized(const char *text, gsize len, guint flags, TwBuffer *out)
{
    GNormalizeMode mode = flags & TW_FOLD_MARKS ? G_NORMALIZE_DEFAULT : G_NORMALIZE_DEFAULT_COMPOSE;
    g_autofree char *normal = NULL;

    /* g_utf8_normalize() reads past the end of text whose last character is cut short */
    if (!g_utf8_validate_len(text, len, NULL))
        return FALSE;
    normal = g_utf8_normalize(text, (gssize) len, mode);
    if (normal == NULL)
        return FALSE;
    for (const char *p = normal; *p != '\0'; p += g_utf8_skip[(guint8) *p]) {
        gunichar c = g_utf8_get_char(p);
        char bytes[6];

        if ((flags & TW_FOLD_MARKS) && c >= 0x300 &&
            g_unichar_type(c) == G_UNICODE_NON_SPACING_MARK)
            continue;
        if (flags & TW_FOLD_CASE)
            c = fold_char(c);
        tw_buffer_put(out, bytes, (gsize) g_unichar_to_utf8(c, bytes));
    }
    return TRUE;
}

void
tw_text_fold(const char *text, gsize len, guint flags, TwBuffer *out)
{
    if (len == 0)
        return;
    if (flags == 0 || tw_text_is_ascii(text, len)) {
        fold_ascii(text, len, flags, out);
        return;
    }
    if (!fold_simple(text, len, flags, out) && !fold_normalized(text, len, flags, out))
        fold_ascii(text, len, flags, out);
}

/* By bytes, then by length. */
static int
compare_bytes(const void *a, gsize a_len, const void *b, gsize b_len)
{
    gsize both = MIN(a_len, b_len);
    int order = both == 0 ? 0 : memcmp(a, b, both);

    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int
compare_ascii_folded(const char *a, gsize a_len, const char *b, gsize b_len)
{
    gsize both = MIN(a_len, b_len);

    for (gsize i = 0; i < both; i++) {
        guchar left = (guchar) g_ascii_tolower(a[i]), right = (guchar) g_ascii_tolower(b[i]);
        if (left != right)
            return left - right;
    }
    return (a_len > b_len) - (a_len < b_len);
}

static int
compare_folded(const char *a, gsize a_len, const char *b, gsize b_len)
{
    g_auto(TwBuffer) left = TW_BUFFER_INIT(G_MAXSIZE), right = TW_BUFFER_INIT(G_MAXSIZE);

    if (tw_text_is_ascii(a, a_len) && tw_text_is_ascii(b, b_len))
        return compare_ascii_folded(a, a_len, b, b_len);
    tw_text_fold(a, a_len, TW_FOLD_CASE, &left);
    tw_text_fold(b, b_len, TW_FOLD_CASE, &right);
    return compare_bytes(left.data, left.len, right.data, right.len);
}

/* Both are folded first, or else what is equal would not be so consistently: of "A1", "a1" and "a" with a circled 1 the
 * first two are equal, and the collation has the third between them. */
int
tw_text_compare(
    const TwCollation *collation, const char *a, gsize a_len, const char *b, gsize b_len)
{
    g_auto(TwBuffer) left = TW_BUFFER_INIT(G_MAXSIZE), right = TW_BUFFER_INIT(G_MAXSIZE);

    if (collation == NULL)
        return compare_folded(a, a_len, b, b_len);
    tw_text_fold(a, a_len, TW_FOLD_CASE, &left);
    tw_text_fold(b, b_len, TW_FOLD_CASE, &right);
    return collation->compare(collation->data, (const char *) left.data, left.len,
                              (const char *) right.data, right.len);
}

gboolean
tw_value_comparable(guint32 a, guint32 b)
{
    return tw_prop_tag_base_type(a) == tw_prop_tag_base_type(b) ||
           (tw_prop_tag_is_text(a) && tw_prop_tag_is_text(b));
}

static int
compare_i64(gint64 a, gint64 b)
{
    return (a > b) - (a < b);
}

static int
compare_u64(guint64 a, guint64 b)
{
    return (a > b) - (a < b);
}

/* A total order: whatever is not a number comes first and equals its like. */
static int
compare_doubles(double a, double b)
{
    gboolean a_nan = isnan(a) != 0, b_nan = isnan(b) != 0;

    if (a_nan || b_nan)
        return b_nan - a_nan;
    return (a > b) - (a < b);
}

static int
compare_guids(const guint8 *a, const guint8 *b)
{
    int order = compare_u64(tw_load_number(a, 4), tw_load_number(b, 4));

    if (order == 0)
        order = compare_u64(tw_load_number(a + 4, 2), tw_load_number(b + 4, 2));
    if (order == 0)
        order = compare_u64(tw_load_number(a + 6, 2), tw_load_number(b + 6, 2));
    return order != 0 ? order : memcmp(a + 8, b + 8, 8);
}

static int
compare_one(const TwPropValue *a, const TwPropValue *b, const TwCollation *collation, guint flags)
{
    switch (tw_prop_tag_type(a->tag)) {
    case TW_PT_NULL:
        return 0;
    case TW_PT_I2:
        return compare_i64(a->i2, b->i2);
    case TW_PT_LONG:
        return flags & TW_COMPARE_UNSIGNED ? compare_u64(a->u4, b->u4) : compare_i64(a->i4, b->i4);
    case TW_PT_ERROR:
        return compare_u64(a->u4, b->u4);
    case TW_PT_BOOLEAN:
        return (a->truth != FALSE) - (b->truth != FALSE);
    case TW_PT_I8:
        return flags & TW_COMPARE_UNSIGNED ? compare_u64((guint64) a->i8, (guint64) b->i8)
                                           : compare_i64(a->i8, b->i8);
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
        return compare_i64(a->i8, b->i8);
    case TW_PT_R4:
        return compare_doubles((double) a->r4, (double) b->r4);
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        return compare_doubles(a->r8, b->r8);
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        if (collation != NULL && (flags & TW_COMPARE_CASE))
            return collation->compare(collation->data, a->text, a->len, b->text, b->len);
        return tw_text_compare(collation, a->text, a->len, b->text, b->len);
    case TW_PT_CLSID:
        return compare_guids(a->data, b->data);
    default:
        return compare_bytes(a->data, a->len, b->data, b->len);
    }
}

int
tw_value_compare(const TwPropValue *a,
                 const TwPropValue *b,
                 const TwCollation *collation,
                 guint flags)
{
    TwPropValue left, right;

    if (!tw_prop_tag_is_multi(a->tag) || !tw_prop_tag_is_multi(b->tag))
        return compare_one(a, b, collation, flags);
    for (guint i = 0; tw_value_item(a, i, &left) && tw_value_item(b, i, &right); i++) {
        int order = compare_one(&left, &right, collation, flags);
        if (order != 0)
            return order;
    }
    return compare_u64(tw_value_count(a), tw_value_count(b));
}
