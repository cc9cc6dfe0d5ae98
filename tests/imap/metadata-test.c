/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/metadata.h"

#include <string.h>

static void
test_names(void)
{
    static const struct {
        const char *name;
        gboolean valid;
    } cases[] = {
        { "/private/comment", TRUE }, { "/shared/vendor/a/b", TRUE }, { "/shared/", FALSE },
        { "/private", FALSE },        { "comment", FALSE },           { "/private//x", FALSE },
        { "/private/a*", FALSE },     { "/private/a%", FALSE },       { "/private/A", FALSE },
        { "/private/a b", FALSE },    { "/private/\xc3\xa9", FALSE }, { "/other/x", FALSE },
        { "/privately/x", FALSE },
    };
    g_autofree char *longest = g_strnfill(TW_IMAP_METADATA_NAME_MAX + 1, 'x');

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(tw_imap_metadata_name_valid(cases[i].name), ==, cases[i].valid);
    }
    memcpy(longest, "/shared/", 8);
    g_assert_false(tw_imap_metadata_name_valid(longest));
    longest[TW_IMAP_METADATA_NAME_MAX] = '\0';
    g_assert_true(tw_imap_metadata_name_valid(longest));
}

static void
set(GArray *entries, const char *name, const char *value)
{
    g_autoptr(GBytes) bytes = value != NULL ? g_bytes_new(value, strlen(value)) : NULL;

    g_assert_true(tw_imap_metadata_set(entries, name, bytes));
}

/* Written, cut at every byte, read: whole entries only. */
static void
test_kept(void)
{
    g_autoptr(GArray) entries = tw_imap_metadata_new();
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);

    set(entries, "/private/a", "1");
    set(entries, "/private/b", "22");
    set(entries, "/private/a", "333");
    set(entries, "/private/c", "4");
    set(entries, "/private/c", NULL);
    set(entries, "/private/none", NULL);
    g_assert_cmpuint(entries->len, ==, 2);
    tw_imap_metadata_write(entries, &out);
    for (gsize len = 0; len <= out.len; len++) {
        g_autofree guint8 *copy = g_memdup2(out.data, len);
        g_autoptr(GArray) read = tw_imap_metadata_parse(copy, len);

        g_assert_cmpuint(read->len, ==, len == out.len ? 2 : len >= 18 ? 1 : 0);
    }
}

static void
test_limits(void)
{
    g_autoptr(GArray) entries = tw_imap_metadata_new();
    g_autofree char *value = g_strnfill(TW_IMAP_METADATA_VALUE_MAX + 1, 'v');
    g_autoptr(GBytes) one = g_bytes_new("1", 1);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    g_autoptr(GArray) read = NULL;

    for (guint i = 0; i < TW_IMAP_METADATA_ENTRIES_MAX; i++) {
        g_autofree char *name = g_strdup_printf("/private/%u", i);
        set(entries, name, "");
    }
    g_assert_false(tw_imap_metadata_set(entries, "/private/more", one));
    set(entries, "/private/0", value + 1);
    tw_imap_metadata_write(entries, &out);
    read = tw_imap_metadata_parse(out.data, out.len);
    g_assert_cmpuint(read->len, ==, TW_IMAP_METADATA_ENTRIES_MAX);
    g_clear_pointer(&read, g_array_unref);
    set(entries, "/private/1", value);
    tw_buffer_clear(&out);
    tw_imap_metadata_write(entries, &out);
    read = tw_imap_metadata_parse(out.data, out.len);
    g_assert_cmpuint(read->len, <, TW_IMAP_METADATA_ENTRIES_MAX);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/imap/metadata/names", test_names);
    g_test_add_func("/imap/metadata/kept", test_kept);
    g_test_add_func("/imap/metadata/limits", test_limits);
    return g_test_run();
}
