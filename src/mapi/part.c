/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/part.h"

#include "base/error.h"

static guint
number_len(guint32 number)
{
    return number == 0 ? 1 : (39u - (guint) __builtin_clz(number)) / 8;
}

void
tw_part_push(TwPart *part, TwPartKind kind, guint32 number)
{
    guint n = kind == TW_PART_EMBEDDED ? 0 : kind == TW_PART_PROPERTY ? 2 : number_len(number);

    g_return_if_fail(n < sizeof part->bytes - part->len);
    part->bytes[part->len++] = (guint8) ((guint) kind << 4 | n);
    while (n-- > 0)
        part->bytes[part->len++] = (guint8) (number >> (8 * n));
}

TwPartKind
tw_part_next(const guint8 **data, gsize *len, guint32 *ret_number)
{
    const guint8 *p = *data;
    guint kind, n;
    guint32 number = 0;

    if (*len == 0)
        return TW_PART_END;
    kind = p[0] >> 4;
    n = p[0] & 0xf;
    if (kind < TW_PART_ATTACHMENT || kind > TW_PART_OWN || n > 4 || n >= *len)
        return TW_PART_END;
    for (guint i = 1; i <= n; i++)
        number = number << 8 | p[i];
    switch ((TwPartKind) kind) {
    case TW_PART_EMBEDDED:
        if (n != 0)
            return TW_PART_END;
        break;
    case TW_PART_PROPERTY:
        if (n != 2 || number == 0)
            return TW_PART_END;
        break;
    default:
        if (n != number_len(number))
            return TW_PART_END;
        break;
    }
    *data += 1 + n;
    *len -= 1 + n;
    *ret_number = number;
    return (TwPartKind) kind;
}

/* Whether a step may come after another; TW_PART_END is the start. */
static gboolean
may_follow(TwPartKind last, TwPartKind step)
{
    switch (step) {
    case TW_PART_ATTACHMENT:
    case TW_PART_RECIPIENT:
        return last == TW_PART_END || last == TW_PART_EMBEDDED;
    case TW_PART_EMBEDDED:
        return last == TW_PART_ATTACHMENT;
    case TW_PART_PROPERTY:
        return last != TW_PART_PROPERTY && last != TW_PART_OWN;
    case TW_PART_OWN:
        return last == TW_PART_END;
    case TW_PART_END:
        return last == TW_PART_PROPERTY || last == TW_PART_OWN;
    }
    return FALSE;
}

gboolean
tw_part_check(const guint8 *data, gsize len, GError **error)
{
    TwPartKind last = TW_PART_END, step;
    guint depth = 0;
    guint32 number;

    do {
        step = tw_part_next(&data, &len, &number);
        depth += step == TW_PART_EMBEDDED;
        if (!may_follow(last, step) || depth > TW_PART_MAX_DEPTH ||
            (step == TW_PART_END && len > 0)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "no path of a value");
            return FALSE;
        }
        last = step;
    } while (step != TW_PART_END);
    return TRUE;
}

char *
tw_part_to_text(const guint8 *data, gsize len)
{
    GString *text = g_string_new(NULL);
    TwPartKind step;
    guint32 number;

    while ((step = tw_part_next(&data, &len, &number)) != TW_PART_END) {
        if (text->len > 0)
            g_string_append_c(text, '/');
        switch (step) {
        case TW_PART_ATTACHMENT:
            g_string_append_printf(text, "attachment %u", number);
            break;
        case TW_PART_RECIPIENT:
            g_string_append_printf(text, "recipient %u", number);
            break;
        case TW_PART_EMBEDDED:
            g_string_append(text, "embedded");
            break;
        case TW_PART_PROPERTY:
            g_string_append_printf(text, "property %04x", number);
            break;
        case TW_PART_OWN:
            g_string_append_printf(text, "own %u", number);
            break;
        case TW_PART_END:
            break;
        }
    }
    if (len > 0)
        g_string_append(text, "?");
    return g_string_free(text, FALSE);
}
