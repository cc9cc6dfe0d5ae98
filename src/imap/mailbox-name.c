/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/mailbox-name.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* ---- to modified UTF-7 ---- */

static void
put_base64(GString *out, const gunichar2 *units, glong count)
{
    guint32 bits = 0;
    guint held = 0;

    g_string_append_c(out, '&');
    for (glong i = 0; i < count; i++) {
        bits = bits << 16 | units[i];
        for (held += 16; held >= 6; held -= 6)
            g_string_append_c(out, digits[bits >> (held - 6) & 63]);
    }
    if (held > 0)
        g_string_append_c(out, digits[bits << (6 - held) & 63]);
    g_string_append_c(out, '-');
}

static gboolean
is_direct(char c)
{
    return c >= 0x20 && c < 0x7f;
}

char *
tw_imap_name_encode(const char *name)
{
    GString *out = g_string_new(NULL);

    while (*name != '\0') {
        const char *end = name;

        if (*name == '&') {
            g_string_append(out, "&-");
            name++;
        } else if (is_direct(*name)) {
            g_string_append_c(out, *name++);
        } else {
            g_autofree gunichar2 *units = NULL;
            glong count = 0;

            while (*end != '\0' && !is_direct(*end))
                end++;
            units = g_utf8_to_utf16(name, end - name, NULL, &count, NULL);
            if (units != NULL)
                put_base64(out, units, count);
            name = end;
        }
    }
    return g_string_free(out, FALSE);
}

/* ---- from modified UTF-7 ---- */

/* text: behind "&", up to its "-". FALSE: no UTF-16 in base64. */
static gboolean
put_decoded(GString *out, const char *text, gsize len)
{
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(gunichar2));
    g_autofree char *utf8 = NULL;
    guint32 bits = 0;
    guint held = 0;

    for (gsize i = 0; i < len; i++) {
        const char *digit = strchr(digits, text[i]);
        gunichar2 unit;

        if (text[i] == '\0' || digit == NULL)
            return FALSE;
        bits = bits << 6 | (guint32) (digit - digits);
        held += 6;
        if (held < 16)
            continue;
        held -= 16;
        unit = (gunichar2) (bits >> held);
        if (unit == 0)
            return FALSE;
        g_array_append_val(units, unit);
    }
    if (held >= 6 || (bits & ((1u << held) - 1)) != 0)
        return FALSE;
    utf8 = g_utf16_to_utf8((const gunichar2 *) (gpointer) units->data, (glong) units->len, NULL,
                           NULL, NULL);
    if (utf8 == NULL)
        return FALSE;
    g_string_append(out, utf8);
    return TRUE;
}

char *
tw_imap_name_decode(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (!g_utf8_validate(text, -1, NULL))
        return NULL;
    while (*text != '\0') {
        const char *end;

        if ((guchar) *text < 0x20 || *text == 0x7f)
            return NULL;
        if (*text != '&') {
            g_string_append_c(out, *text++);
            continue;
        }
        end = strchr(text, '-');
        if (end == NULL)
            return NULL;
        if (end == text + 1)
            g_string_append_c(out, '&');
        else if (!put_decoded(out, text + 1, (gsize) (end - text) - 1))
            return NULL;
        text = end + 1;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- patterns ---- */

gboolean
tw_imap_name_matches(const char *name, const char *pattern, char delimiter)
{
    gsize len = strlen(name);
    g_autofree gboolean *now =
        g_new0(gboolean, len + 1); /* now[i]: the pattern so far fits name[0 .. i) */

    now[0] = TRUE;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*' || *pattern == '%') {
            for (gsize i = 1; i <= len; i++)
                now[i] |= now[i - 1] && (*pattern == '*' || name[i - 1] != delimiter);
        } else {
            for (gsize i = len; i > 0; i--)
                now[i] = now[i - 1] && name[i - 1] == *pattern;
            now[0] = FALSE;
        }
    }
    return now[len];
}
