/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/zone-files.h"

TwTimeZone *
tw_zone_file_read(gpointer data, const char *iana_name)
{
    g_autofree char *path = g_build_filename("/usr/share/zoneinfo", iana_name, NULL);
    g_autofree char *text = NULL;
    gsize len;

    (void) data;
    return g_file_get_contents(path, &text, &len, NULL)
               ? tw_timezone_parse_tzif(iana_name, (const guint8 *) text, len, NULL)
               : NULL;
}
