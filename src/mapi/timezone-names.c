/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of zones: Windows <-> IANA by CLDR's table, which ICU carries.
 */
#include "mapi/timezone.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "mapi/timezone-private.h"

enum {
    NAME_BYTES_MAX = 64,
    UNITS_MAX = 128,
};

gboolean
tw_timezone_name_is_valid(const char *iana_name)
{
    gsize len = strlen(iana_name);

    if (len == 0 || len > NAME_BYTES_MAX || iana_name[len - 1] == '/')
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        gboolean part_begins = i == 0 || iana_name[i - 1] == '/';
        if (part_begins ? !g_ascii_isalpha(iana_name[i])
                        : !g_ascii_isalnum(iana_name[i]) && strchr("+-_/", iana_name[i]) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* ASCII only and short: zone names are, and nothing else is looked up. */
static gboolean
to_units(const char *name, UChar *units, int32_t *ret_len)
{
    gsize len = strlen(name);

    if (len == 0 || len >= UNITS_MAX || !g_str_is_ascii(name))
        return FALSE;
    for (gsize i = 0; i < len; i++)
        units[i] = (UChar) (guint8) name[i];
    units[len] = 0;
    *ret_len = (int32_t) len;
    return TRUE;
}

static char *
from_units(const UChar *units, int32_t len, UErrorCode status)
{
    char *name;

    if (U_FAILURE(status) || len <= 0 || len >= UNITS_MAX)
        return NULL;
    name = g_malloc((gsize) len + 1);
    u_UCharsToChars(units, name, len);
    name[len] = '\0';
    return name;
}

static gboolean
is_known_iana(const UChar *units, int32_t len)
{
    UChar canonical[UNITS_MAX];
    UBool is_system = FALSE;
    UErrorCode status = U_ZERO_ERROR;

    ucal_getCanonicalTimeZoneID(units, len, canonical, UNITS_MAX, &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

char *
tw_timezone_name_from_windows(const char *key_name)
{
    UChar units[UNITS_MAX], found[UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t len, found_len;

    if (!to_units(key_name, units, &len))
        return NULL;
    found_len = ucal_getTimeZoneIDForWindowsID(units, len, NULL, found, UNITS_MAX, &status);
    if (U_SUCCESS(status) && found_len > 0)
        return from_units(found, found_len, status);
    return tw_timezone_name_is_valid(key_name) && is_known_iana(units, len) ? g_strdup(key_name)
                                                                            : NULL;
}

char *
tw_timezone_name_to_windows(const char *iana_name)
{
    UChar units[UNITS_MAX], found[UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t len, found_len;

    if (!tw_timezone_name_is_valid(iana_name) || !to_units(iana_name, units, &len))
        return NULL;
    found_len = ucal_getWindowsTimeZoneID(units, len, found, UNITS_MAX, &status);
    return from_units(found, found_len, status);
}

/* TRUE if the zone is the one CLDR names first for some Windows name. */
static gboolean
stands_for_windows(const char *iana_name)
{
    g_autofree char *windows = tw_timezone_name_to_windows(iana_name);
    g_autofree char *back = windows != NULL ? tw_timezone_name_from_windows(windows) : NULL;

    return back != NULL && strcmp(back, iana_name) == 0;
}

static gboolean
keeps_clock(const char *iana_name,
            const TwTimeZoneRule *rule,
            int year,
            TwTimeZoneLoad load,
            gpointer user_data)
{
    g_autoptr(GBytes) file = load(iana_name, user_data);
    g_autoptr(TwTimeZone) zone = NULL;
    TwTimeZoneRule theirs;
    gint64 a_daylight, a_standard, b_daylight, b_standard;
    gboolean a_has, b_has;
    gsize len;
    const guint8 *data;

    if (file == NULL)
        return FALSE;
    data = g_bytes_get_data(file, &len);
    if ((zone = tw_timezone_parse_tzif(iana_name, data, len, NULL)) == NULL)
        return FALSE;
    tw_timezone_get_rule(zone, year, &theirs);
    /* the moments are compared, not the words they are said in */
    a_has = tw_timezone_rule_changes(rule, year, &a_daylight, &a_standard);
    b_has = tw_timezone_rule_changes(&theirs, year, &b_daylight, &b_standard);
    return a_has == b_has &&
           tw_timezone_rule_offset(rule, FALSE) == tw_timezone_rule_offset(&theirs, FALSE) &&
           (!a_has || (a_daylight == b_daylight && a_standard == b_standard));
}

char *
tw_timezone_guess_iana(const TwTimeZone *zone, int year, TwTimeZoneLoad load, gpointer user_data)
{
    TwTimeZoneRule rule;
    UErrorCode status = U_ZERO_ERROR;
    UEnumeration *names;
    int32_t raw_offset_ms, len;
    const char *name;
    char *found = NULL;

    tw_timezone_get_rule(zone, year, &rule);
    raw_offset_ms = (int32_t) (tw_timezone_rule_offset(&rule, FALSE) * 1000);
    names = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION, NULL, &raw_offset_ms,
                                           &status);
    while (found == NULL && U_SUCCESS(status) &&
           (name = uenum_next(names, &len, &status)) != NULL) {
        if (tw_timezone_name_is_valid(name) && stands_for_windows(name) &&
            keeps_clock(name, &rule, year, load, user_data))
            found = g_strdup(name);
    }
    uenum_close(names);
    return found;
}
