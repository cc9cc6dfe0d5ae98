/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as vCards: each is written, once with its kept text and once of its properties alone, and both are read again. */
#include <glib.h>

#include "base/error.h"
#include "convert/vcard-out.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_error(const GError *error)
{
    g_assert_true(error->domain == TW_ERROR &&
                  (error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG));
}

static GBytes *
write_card(const TwObject *object, const TwVcardOptions *options)
{
    const TwObject *const objects[] = { object };
    g_autoptr(GError) error = NULL;
    GBytes *text = tw_vcard_write(objects, 1, options, &error);

    g_assert_true((text == NULL) == (error != NULL));
    if (error != NULL)
        check_error(error);
    return text;
}

/* What was written is one card, and written from there it is the same. */
static void
check_again(GBytes *text, const TwVcardOptions *options)
{
    g_autoptr(GPtrArray) again =
        tw_vcard_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), options, NULL);
    g_autoptr(GBytes) second = NULL;

    g_assert_nonnull(again);
    g_assert_cmpuint(again->len, ==, 1);
    second = write_card(((TwVcardItem *) again->pdata[0])->object, options);
    g_assert_true(second == NULL || g_bytes_equal(text, second));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    TwVcardOptions options = { .names = names };
    TwNamedProp kept = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                         .name = "TwigaVcard" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) cards = tw_vcard_read(data, size, &options, &error);
    guint16 id = 0;

    g_assert_true((cards == NULL) == (error != NULL));
    if (cards == NULL) {
        check_error(error);
        return 0;
    }
    g_assert_true(tw_name_map_get_ids(names, &kept, 1, TRUE, &id, NULL));
    for (guint i = 0; i < MIN(cards->len, 20); i++) {
        TwObject *object = ((TwVcardItem *) cards->pdata[i])->object;
        g_autoptr(GBytes) with = write_card(object, &options);
        g_autoptr(GBytes) without = NULL;
        if (with != NULL)
            check_again(with, &options);
        tw_object_remove(object, tw_prop_tag(id, TW_PT_BINARY));
        without = write_card(object, &options);
        if (without != NULL)
            check_again(without, &options);
    }
    return 0;
}
