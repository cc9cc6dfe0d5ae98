/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/plain-private.h"

#include "base/cursor.h"
#include "base/utf8.h"
#include "soap/same-private.h"

static gboolean
take(TwCursor *cur, const char *literal, gsize len)
{
    return cur->left >= len && tw_soap_same(cur->next, literal, len) && tw_cursor_skip(cur, len);
}

#define TAKE(cur, literal) take(cur, "" literal, sizeof literal - 1)

/* Digits of 32 bits; what does not fit is left to who reads it slowly. */
static gboolean
take_tag(TwCursor *cur, guint32 *ret)
{
    guint64 number = 0;
    guint digits = 0;

    while (cur->left > 0 && g_ascii_isdigit(*cur->next) && digits < 11) {
        number = number * 10 + (guint64) (*cur->next - '0');
        (void) tw_cursor_skip(cur, 1);
        digits++;
    }
    *ret = (guint32) number;
    return digits > 0 && number <= G_MAXUINT32;
}

gboolean
tw_soap_plain_value(const char *at, gsize len, TwSoapPlainValue *ret)
{
    TwCursor cur = tw_cursor_init(at, len);
    const TwSoapMember *member;
    const guint8 *end;
    guint8 bits = 0;

    if (!TAKE(&cur, "<item><ulPropTag>") || !take_tag(&cur, &ret->tag) ||
        !TAKE(&cur, "</ulPropTag>"))
        return FALSE;
    ret->part = tw_soap_value_part(ret->tag);
    if (ret->part == TW_SOAP_PART_COUNT)
        return FALSE;
    member = &tw_soap_type_parts.members[ret->part];
    if (member->type != NULL || !take(&cur, member->open, (gsize) member->name_len + 2))
        return FALSE;
    end = tw_soap_skip_plain(cur.next, cur.next + cur.left, &bits);
    ret->text = (const char *) cur.next;
    ret->text_len = (gsize) (end - cur.next);
    (void) tw_cursor_skip(&cur, ret->text_len);
    if (!take(&cur, member->close, (gsize) member->name_len + 3) || !TAKE(&cur, "</item>"))
        return FALSE;
    ret->len = len - cur.left;
    return bits < 0x80 || tw_utf8_valid((const guint8 *) ret->text, ret->text_len, NULL);
}
