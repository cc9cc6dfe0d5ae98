/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Time zones from any bytes; the first says as what: S a struct, D a definition, T a zone file, N a name. What we write is read
 * back with the same clock, and wall clock and UTC go both ways.
 */
#include "mapi/timezone.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_clock(const TwTimeZone *zone)
{
    for (gint64 day = 100; day < 300000; day += 9973) {
        gint64 utc = day * TW_TICKS_DAY + day % 1440 * TW_TICKS_MINUTE;
        gint64 local = tw_timezone_to_local(zone, utc), back = tw_timezone_to_utc(zone, local);
        g_assert_true(ABS(local - utc) <= 26 * 60 * TW_TICKS_MINUTE);
        g_assert_true(ABS(back - utc) <= 52 * 60 * TW_TICKS_MINUTE);
    }
}

static void
check_definition(const TwTimeZone *zone)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = tw_timezone_write_definition(zone, 1990, 2040, 2020, TRUE, &error);
    g_autoptr(GBytes) second = NULL;
    g_autoptr(TwTimeZone) again = NULL;

    g_assert_true((first == NULL) == (error != NULL));
    if (first == NULL)
        return;
    again = tw_timezone_parse_definition(g_bytes_get_data(first, NULL), g_bytes_get_size(first),
                                         &error);
    g_assert_no_error(error);
    second = tw_timezone_write_definition(again, 1990, 2040, 2020, TRUE, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(first, second));
}

static void
check_struct(const TwTimeZone *zone)
{
    g_autoptr(GBytes) first = tw_timezone_write_struct(zone, 2020), second = NULL;
    g_autoptr(TwTimeZone) again =
        tw_timezone_parse_struct(g_bytes_get_data(first, NULL), g_bytes_get_size(first), NULL);

    g_assert_nonnull(again);
    second = tw_timezone_write_struct(again, 2020);
    g_assert_true(g_bytes_equal(first, second));
}

static void
check_name(const guint8 *data, gsize size)
{
    g_autofree char *name = g_strndup((const char *) data, size);
    g_autofree char *iana = tw_timezone_name_from_windows(name);
    g_autofree char *windows = tw_timezone_name_to_windows(name);

    g_assert_true(iana == NULL || tw_timezone_name_is_valid(iana));
    g_assert_true(windows == NULL || tw_timezone_name_is_valid(name));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTimeZone) zone = NULL;
    g_autofree char *text = NULL;

    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'S':
        zone = tw_timezone_parse_struct(data + 1, size - 1, &error);
        break;
    case 'D':
        zone = tw_timezone_parse_definition(data + 1, size - 1, &error);
        break;
    case 'T':
        zone = tw_timezone_parse_tzif("Test/Zone", data + 1, size - 1, &error);
        break;
    default:
        check_name(data + 1, size - 1);
        return 0;
    }
    g_assert_true((zone == NULL) == (error != NULL));
    if (zone == NULL)
        return 0;
    check_clock(zone);
    check_definition(zone);
    check_struct(zone);
    text = tw_timezone_to_string(zone, 2000, 2010);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    return 0;
}
