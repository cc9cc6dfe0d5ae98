/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When two entry ids name the same thing. */
#include <string.h>

#include "mapi/entryid.h"

gboolean
tw_book_id_equal(const TwBookId *a, const TwBookId *b)
{
    if (a->type != b->type)
        return FALSE;
    if (a->external != NULL && b->external != NULL)
        return g_bytes_equal(a->external, b->external);
    return a->number == b->number;
}

static gboolean
same_text(const char *a, const char *b)
{
    g_autofree char *x = g_utf8_casefold(a, -1), *y = g_utf8_casefold(b, -1);

    return strcmp(x, y) == 0;
}

gboolean
tw_entryid_equal(const TwEntryId *a, const TwEntryId *b)
{
    g_auto(TwBuffer) x = TW_BUFFER_INIT((gsize) 2 * TW_ENTRYID_MAX_LEN);
    g_auto(TwBuffer) y = TW_BUFFER_INIT((gsize) 2 * TW_ENTRYID_MAX_LEN);

    if (a->kind != b->kind)
        return FALSE;
    switch (a->kind) {
    case TW_ENTRYID_OBJECT:
        return tw_object_id_equal(&a->object, &b->object);
    case TW_ENTRYID_BOOK:
        return tw_book_id_equal(&a->book, &b->book);
    case TW_ENTRYID_ONE_OFF:
        return same_text(a->one_off.address_type, b->one_off.address_type) &&
               same_text(a->one_off.address, b->one_off.address);
    case TW_ENTRYID_EXCHANGE_BOOK:
        return same_text(a->exchange_book.dn, b->exchange_book.dn);
    case TW_ENTRYID_EXCHANGE:
    case TW_ENTRYID_CONTACT:
    case TW_ENTRYID_CONTACT_FOLDER:
        break;
    }
    tw_entryid_write(a, &x);
    tw_entryid_write(b, &y);
    return !x.failed && !y.failed && x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

gboolean
tw_entryid_same(const guint8 *a, gsize a_len, const guint8 *b, gsize b_len)
{
    g_autoptr(TwEntryId) left = NULL, right = NULL;

    if (a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0))
        return TRUE;
    left = tw_entryid_parse(a, a_len, NULL);
    right = left == NULL ? NULL : tw_entryid_parse(b, b_len, NULL);
    return right != NULL && tw_entryid_equal(left, right);
}
