/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the tests of iCalendar share: zones of the system, texts with line ends, properties by name. */
#pragma once

#include <glib.h>
#include <string.h>

#include "convert/ical-out.h"
#include "mapi/tags.h"

static inline TwTimeZone *
load_zone(G_GNUC_UNUSED gpointer data, const char *name)
{
    g_autofree char *path = g_build_filename("/usr/share/zoneinfo", name, NULL);
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, NULL))
        return NULL;
    return tw_timezone_parse_tzif(name, (const guint8 *) text, len, NULL);
}

/* Lines that end in CRLF, as a parser sees them: without a NUL behind them. */
static inline GBytes *
crlf(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n')
            g_string_append_c(out, '\r');
        g_string_append_c(out, *p);
    }
    return g_bytes_new_take(g_memdup2(out->str, out->len), out->len);
}

static inline TwIcal *
read_text(const char *text, const TwIcalOptions *options)
{
    g_autoptr(GBytes) bytes = crlf(text);
    g_autoptr(GError) error = NULL;
    TwIcal *ical =
        tw_ical_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), options, &error);

    g_assert_no_error(error);
    return ical;
}

static inline TwObject *
item_at(const TwIcal *ical, guint index)
{
    g_assert_cmpuint(index, <, ical->items->len);
    return ((TwIcalItem *) ical->items->pdata[index])->object;
}

static inline guint32
named_tag(TwNameMap *names, TwKnownName which)
{
    TwNamedProp name = tw_known_name(which);
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(names, &name, 1, TRUE, &id, NULL));
    return tw_prop_tag(id, tw_known_name_type(which));
}

/* What is written of one object, LF instead of CRLF. */
static inline char *
write_text(const TwObject *object, TwIcalMethod method, const TwIcalOptions *options)
{
    const TwObject *const objects[] = { object };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = tw_ical_write(objects, 1, method, NULL, options, &error);
    GString *out = g_string_new(NULL);

    g_assert_no_error(error);
    g_string_append_len(out, g_bytes_get_data(bytes, NULL), (gssize) g_bytes_get_size(bytes));
    g_string_replace(out, "\r\n ", "", 0);
    g_string_replace(out, "\r\n", "\n", 0);
    return g_string_free(out, FALSE);
}

static inline void
assert_has(const char *text, const char *line)
{
    if (strstr(text, line) == NULL)
        g_error("\"%s\" is not in\n%s", line, text);
}

static inline void
assert_has_not(const char *text, const char *line)
{
    if (strstr(text, line) != NULL)
        g_error("\"%s\" is in\n%s", line, text);
}
