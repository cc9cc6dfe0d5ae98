/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as iCalendar: each item is written, once with its kept text and once of its properties alone, and both are read again. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "convert/ical-out.h"
#include "mapi/tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_error(const GError *error)
{
    g_assert_true(error->domain == TW_ERROR &&
                  (error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG));
}

static GBytes *
write_item(const TwObject *object, const TwIcalOptions *options)
{
    const TwObject *const objects[] = { object };
    g_autoptr(GError) error = NULL;
    GBytes *text = tw_ical_write(objects, 1, TW_ICAL_NO_METHOD, NULL, options, &error);

    g_assert_true((text == NULL) == (error != NULL));
    if (error != NULL)
        check_error(error);
    return text;
}

/* What was written is read, and written from there it is the same. */
static void
check_again(GBytes *text, const TwIcalOptions *options)
{
    g_autoptr(TwIcal) again =
        tw_ical_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), options, NULL);
    g_autoptr(GBytes) second = NULL;

    g_assert_nonnull(again);
    if (again->items->len != 1)
        return;
    second = write_item(((TwIcalItem *) again->items->pdata[0])->object, options);
    if (second != NULL && !g_bytes_equal(text, second)) {
        g_printerr("%.*s\n-- and from there --\n%.*s\n", (int) g_bytes_get_size(text),
                   (const char *) g_bytes_get_data(text, NULL), (int) g_bytes_get_size(second),
                   (const char *) g_bytes_get_data(second, NULL));
        g_assert_not_reached();
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    static const TwTimeZoneRule rule = {
        .year = 1601,
        .bias = -60,
        .daylight_bias = -60,
        .standard = { .month = 10, .day = 5, .hour = 3 },
        .daylight = { .month = 3, .day = 5, .hour = 2 },
    };
    g_autoptr(TwTimeZone) zone = tw_timezone_new("W. Europe Standard Time", &rule, 1, NULL);
    TwIcalOptions options = { .names = names, .zone = zone };
    TwNamedProp kept = tw_known_name(TW_PidLidInboundICalStream);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwIcal) ical = tw_ical_read(data, size, &options, &error);
    guint16 id = 0;

    g_assert_true((ical == NULL) == (error != NULL));
    if (ical == NULL) {
        check_error(error);
        return 0;
    }
    g_assert_true(tw_name_map_get_ids(names, &kept, 1, TRUE, &id, NULL));
    for (guint i = 0; i < MIN(ical->items->len, 20); i++) {
        const TwIcalItem *item = ical->items->pdata[i];
        g_autoptr(GBytes) with = write_item(item->object, &options);
        g_autoptr(GBytes) without = NULL;
        if (with != NULL)
            check_again(with, &options);
        tw_object_remove(item->object, tw_prop_tag(id, TW_PT_BINARY));
        without = write_item(item->object, &options);
        if (without != NULL)
            check_again(without, &options);
    }
    return 0;
}
