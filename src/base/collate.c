/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/collate.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/lock.h"
#include "base/utf8.h"

struct TwCollator {
    UCollator *icu; /* never changed once it is here, which makes it fit for many threads */
};

struct TwCollations {
    TwLock lock;            /* guards by_name; held while a collator is opened */
    GHashTable *by_name;    /* canonical name -> TwCollator, owned */
    const TwCollator *root; /* one of them */
};

/* ICU fails here only when its data files are broken. */
static void
must(UErrorCode status)
{
    if (U_FAILURE(status))
        g_error("ICU: %s", u_errorName(status));
}

static void
collator_free(gpointer memory)
{
    TwCollator *collator = memory;

    ucol_close(collator->icu);
    g_free(collator);
}

static TwCollator *
collator_open(const char *name)
{
    TwCollator *collator = g_new0(TwCollator, 1);
    UErrorCode status = U_ZERO_ERROR;

    collator->icu = ucol_open(name, &status);
    if (U_FAILURE(status)) {
        status = U_ZERO_ERROR;
        collator->icu = ucol_open("root", &status);
    }
    must(status);
    ucol_setAttribute(collator->icu, UCOL_NORMALIZATION_MODE, UCOL_ON, &status);
    must(status);
    return collator;
}

TwCollations *
tw_collations_new(void)
{
    TwCollations *collations = g_new0(TwCollations, 1);
    TwCollator *root = collator_open("root");

    tw_lock_init(&collations->lock);
    collations->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, collator_free);
    collations->root = root;
    g_hash_table_insert(collations->by_name, g_strdup("root"), root);
    return collations;
}

void
tw_collations_free(TwCollations *collations)
{
    if (collations == NULL)
        return;
    g_hash_table_unref(collations->by_name);
    tw_lock_clear(&collations->lock);
    g_free(collations);
}

const TwCollator *
tw_collations_get(TwCollations *collations, const char *locale)
{
    char name[TW_COLLATE_MOST_LOCALE + 1];
    UErrorCode status = U_ZERO_ERROR;
    TwCollator *collator;
    gint32 len;

    if (strlen(locale) > TW_COLLATE_MOST_LOCALE)
        return collations->root;
    len = uloc_canonicalize(locale, name, (gint32) sizeof name, &status);
    if (U_FAILURE(status) || len >= (gint32) sizeof name || len == 0)
        return collations->root;
    TW_LOCK_SCOPE(&collations->lock);
    collator = g_hash_table_lookup(collations->by_name, name);
    if (collator != NULL)
        return collator;
    if (g_hash_table_size(collations->by_name) >= TW_COLLATE_MOST_LOCALES)
        return collations->root;
    collator = collator_open(name);
    g_hash_table_insert(collations->by_name, g_strdup(name), collator);
    return collator;
}

static UChar *
to_units(const char *text, gsize len, gint32 *ret_len)
{
    gsize used = tw_utf8_truncated_len(text, len, TW_COLLATE_MOST_TEXT);
    UChar *units = g_new(UChar, used + 1);
    UErrorCode status = U_ZERO_ERROR;

    u_strFromUTF8WithSub(units, (gint32) used + 1, ret_len, text, (gint32) used, 0xfffd, NULL,
                         &status);
    must(status);
    return units;
}

gboolean
tw_collator_put_key(const TwCollator *collator, const char *text, gsize len, TwBuffer *out)
{
    gint32 units_len, room, size;
    g_autofree UChar *units = to_units(text, len, &units_len);
    g_autofree guint8 *key = NULL;

    room = units_len * 4 + 64;
    key = g_malloc((gsize) room);
    size = ucol_getSortKey(collator->icu, units, units_len, key, room);
    if (size > room) {
        g_free(key);
        key = g_malloc((gsize) size);
        size = ucol_getSortKey(collator->icu, units, units_len, key, size);
    }
    tw_buffer_put(out, key, (gsize) size - 1); /* ICU counts a NUL */
    return !tw_buffer_failed(out);
}

int
tw_collator_compare(
    const TwCollator *collator, const char *a, gsize a_len, const char *b, gsize b_len)
{
    gint32 a_units_len, b_units_len;
    g_autofree UChar *a_units = to_units(a, a_len, &a_units_len);
    g_autofree UChar *b_units = to_units(b, b_len, &b_units_len);

    return (int) ucol_strcoll(collator->icu, a_units, a_units_len, b_units, b_units_len);
}
