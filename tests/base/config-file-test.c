/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/config-file.h"

#include <string.h>
#include <unistd.h>

#include "memory-files.h"

static char *
show_lines(GPtrArray *lines)
{
    GString *shown = g_string_new(NULL);

    for (guint i = 0; i < lines->len; i++) {
        const TwConfigLine *line = g_ptr_array_index(lines, i);
        g_string_append_printf(shown, "%d %s:%u [%s] [%s]\n", (int) line->kind, line->file,
                               line->line, line->name, line->value);
    }
    return g_string_free(shown, FALSE);
}

static void
test_lines(void)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "", "" },
        { "\n\n# c\n \t\r\nnothing here\n", "" },
        { "a=b", "0 /f:1 [a] [b]\n" },
        { "a = b # c\r\n", "0 /f:1 [a] [b # c]\n" },
        { "\ta\t=\tb = c\t\n", "0 /f:1 [a] [b = c]\n" },
        { "a =\n", "0 /f:1 [a] []\n" },
        { "= b\n", "0 /f:1 [] [b]\n" },
        { "\xef\xbb\xbf"
          "a = 1\n",
          "0 /f:1 [a] [1]\n" },
        { "  # a = b\n", "" },
        { "\n!nonsense = 1\n", "2 /f:2 [!nonsense = 1] []\n" },
        { "!includes x\n", "2 /f:1 [!includes x] []\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        MemoryFile files[] = { { "/f", cases[i].text, 0 }, { NULL, NULL, 0 } };
        g_autoptr(GPtrArray) lines = tw_config_file_read("/f", read_memory_file, files, NULL);
        g_autofree char *shown = show_lines(lines);

        g_test_message("case %u", i);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

static void
test_include(void)
{
    MemoryFile files[] = {
        { "/etc/a.cfg", "x = 1\n!include sub/b.cfg\n!include sub/b.cfg\ny = 2\n", 0 },
        { "/etc/sub/b.cfg", "z = 3\n!include c.cfg\n!include /etc/a.cfg\n!propmap m.cfg\n", 0 },
        { "/etc/sub/c.cfg", "w = 4\n", 0 },
        { "/etc/sub/m.cfg", "0x3A08001E = phone\n!include c.cfg\n", 0 },
        { NULL, NULL, 0 },
    };
    g_autoptr(GPtrArray) lines = tw_config_file_read("/etc/a.cfg", read_memory_file, files, NULL);
    g_autofree char *shown = show_lines(lines);

    g_assert_cmpstr(shown, ==,
                    "0 /etc/a.cfg:1 [x] [1]\n"
                    "0 /etc/sub/b.cfg:1 [z] [3]\n"
                    "0 /etc/sub/c.cfg:1 [w] [4]\n"
                    "1 /etc/sub/m.cfg:1 [0x3A08001E] [phone]\n"
                    "2 /etc/sub/m.cfg:2 [!include c.cfg] []\n"
                    "0 /etc/a.cfg:4 [y] [2]\n");
}

static void
test_failures(void)
{
    static const struct {
        const char *text;
        gsize len;
        const char *message;
        int code;
    } cases[] = {
        { "a=1\n!include none\n", 0, "/f:2: /none: no such file", TW_ERROR_NOT_FOUND },
        { "!include\n", 0, "/f:1: the directive names no file", TW_ERROR_INVALID },
        { "!propmap  \n", 0, "/f:1: the directive names no file", TW_ERROR_INVALID },
        { "a=1\nb=x\0y\n", 10, "/f:2: a NUL character", TW_ERROR_INVALID },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        MemoryFile files[] = { { "/f", cases[i].text, cases[i].len }, { NULL, NULL, 0 } };
        g_autoptr(GError) error = NULL;

        g_assert_null(tw_config_file_read("/f", read_memory_file, files, &error));
        g_assert_error(error, TW_ERROR, cases[i].code);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

/* Files of which each includes the next, or one that includes all others. */
static gboolean
read_chain(guint count, gboolean nested)
{
    g_autofree MemoryFile *files = g_new0(MemoryFile, count + 1);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < count; i++) {
        files[i].path = g_strdup_printf("/%u", i);
        files[i].text =
            nested && i + 1 < count ? g_strdup_printf("!include %u\n", i + 1) : g_strdup("");
        g_ptr_array_add(owned, (gpointer) (guintptr) files[i].path);
        g_ptr_array_add(owned, (gpointer) (guintptr) files[i].text);
        if (i > 0)
            g_string_append_printf(all, "!include %u\n", i);
    }
    if (!nested)
        files[0].text = all->str;
    lines = tw_config_file_read("/0", read_memory_file, files, &error);
    if (lines == NULL)
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    return lines != NULL;
}

static void
test_limits(void)
{
    g_assert_true(read_chain(TW_CONFIG_DEPTH_MOST, TRUE));
    g_assert_false(read_chain(TW_CONFIG_DEPTH_MOST + 1, TRUE));
    g_assert_true(read_chain(TW_CONFIG_FILES_MOST, FALSE));
    g_assert_false(read_chain(TW_CONFIG_FILES_MOST + 1, FALSE));
}

static void
test_line_limit(void)
{
    for (gsize count = TW_CONFIG_LINES_MOST; count <= TW_CONFIG_LINES_MOST + 1; count++) {
        g_autofree char *text = g_strnfill(count * 2, '=');
        MemoryFile files[] = { { "/f", text, 0 }, { NULL, NULL, 0 } };
        g_autoptr(GPtrArray) lines = NULL;

        for (gsize i = 1; i < count * 2; i += 2)
            text[i] = '\n';
        lines = tw_config_file_read("/f", read_memory_file, files, NULL);
        g_assert_cmpint(lines != NULL, ==, count == TW_CONFIG_LINES_MOST);
    }
}

static void
test_disk(void)
{
    g_autofree char *folder = g_dir_make_tmp("twiga-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.cfg", NULL);
    g_autofree char *link = g_build_filename(folder, "b.cfg", NULL);
    g_autofree char *long_text = g_strnfill(TW_CONFIG_FILE_MOST + 1, '#');
    g_autofree char *a = NULL;
    g_autofree char *b = NULL;
    g_autofree char *identity_a = NULL;
    g_autofree char *identity_b = NULL;
    gsize len = 0;
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(path, long_text, TW_CONFIG_FILE_MOST, NULL));
    g_assert_cmpint(symlink(path, link), ==, 0);
    a = tw_config_read_disk(path, &len, &identity_a, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(len, ==, TW_CONFIG_FILE_MOST);
    b = tw_config_read_disk(link, &len, &identity_b, NULL, NULL);
    g_assert_nonnull(b);
    g_assert_cmpstr(identity_a, ==, identity_b);
    g_assert_true(g_file_set_contents(path, long_text, TW_CONFIG_FILE_MOST + 1, NULL));
    g_assert_null(tw_config_read_disk(path, &len, &identity_a, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_null(tw_config_read_disk(folder, &len, &identity_a, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    unlink(link);
    unlink(path);
    rmdir(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/config-file/lines", test_lines);
    g_test_add_func("/base/config-file/include", test_include);
    g_test_add_func("/base/config-file/failures", test_failures);
    g_test_add_func("/base/config-file/limits", test_limits);
    g_test_add_func("/base/config-file/line-limit", test_line_limit);
    g_test_add_func("/base/config-file/disk", test_disk);
    return g_test_run();
}
