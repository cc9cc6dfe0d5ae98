/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Golden files of blobs: data/NAME.hex (lines of hex digits; lines with # say where it comes from) and data/NAME.txt, what it
 * says. TW_REGENERATE=1 rewrites the text.
 */
#pragma once

#include <glib.h>
#include <string.h>

static inline char *
golden_path(const char *name, const char *suffix)
{
    const char *root = g_getenv("TW_SOURCE_ROOT");
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    return g_build_filename(root != NULL ? root : ".", "tests", "mapi", "data", file, NULL);
}

/* The bytes of a hex file. */
static inline GBytes *
golden_bytes(const char *name)
{
    g_autofree char *path = golden_path(name, ".hex");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    GByteArray *bytes = g_byte_array_new();
    int high = -1;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    for (const char *p = text; *p != '\0'; p++) {
        int digit = g_ascii_xdigit_value(*p);
        if (*p == '#')
            p = strchr(p, '\n');
        if (digit < 0)
            continue;
        if (high >= 0) {
            guint8 byte = (guint8) (high << 4 | digit);
            g_byte_array_append(bytes, &byte, 1);
        }
        high = high >= 0 ? -1 : digit;
    }
    g_assert_cmpint(high, ==, -1);
    return g_byte_array_free_to_bytes(bytes);
}

static inline void
golden_compare(const char *name, const char *got)
{
    g_autofree char *path = golden_path(name, ".txt");
    g_autofree char *wanted = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("TW_REGENERATE") != NULL) {
        g_file_set_contents(path, got, -1, &error);
        g_assert_no_error(error);
        return;
    }
    g_file_get_contents(path, &wanted, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(got, ==, wanted);
}
