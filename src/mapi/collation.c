/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/collation.h"

#include <unicode/uloc.h>

enum {
    LCID_INVARIANT = 0x7f /* ICU knows it as the order of C programs, by bytes */
};

static int
compare(gconstpointer data, const char *a, gsize a_len, const char *b, gsize b_len)
{
    return tw_collator_compare(data, a, a_len, b, b_len);
}

static void
put_key(gconstpointer data, const char *text, gsize len, TwBuffer *out)
{
    tw_collator_put_key(data, text, len, out);
}

TwCollation
tw_collation_for_locale(TwCollations *collations, const char *locale)
{
    return (TwCollation){ compare, put_key, tw_collations_get(collations, locale) };
}

TwCollation
tw_collation_for_lcid(TwCollations *collations, guint32 lcid)
{
    char name[TW_COLLATE_MOST_LOCALE + 1];
    UErrorCode status = U_ZERO_ERROR;
    gint32 len = uloc_getLocaleForLCID(lcid, name, (gint32) sizeof name, &status);

    if (U_FAILURE(status) || len >= (gint32) sizeof name || lcid == LCID_INVARIANT)
        return tw_collation_for_locale(collations, "root");
    return tw_collation_for_locale(collations, name);
}
