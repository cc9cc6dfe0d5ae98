/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/options.h"

#include <string.h>

#include "base/config.h"
#include "base/error.h"

static const TwOption own[] = {
    { "config", 'c', "FILE", 1, "read FILE" },
    { NULL, 'v', NULL, 2, "more output" },
    { "quiet", '\0', NULL, 3, NULL },
    { NULL, '\0', NULL, 0, NULL },
};
static const TwOption shared[] = {
    { NULL, 'v', "N", 4, "never reached" },
    { "user", 'u', "NAME", 5, "a user" },
    { NULL, '\0', NULL, 0, NULL },
};
static const TwOption *const tables[] = { own, shared, NULL };

static gboolean
is_key(const char *name, gconstpointer data)
{
    return strcmp(name, data) == 0;
}

/* "c=FILE v" for hits by id, "[word]" for words, "name:value" for settings. */
static char *
show(const TwOptions *options)
{
    GString *shown = g_string_new(NULL);

    for (guint i = 0; i < options->hits->len; i++) {
        const TwOptionHit *hit = &g_array_index(options->hits, TwOptionHit, i);
        g_string_append_printf(shown, "%d%s%s ", hit->id, hit->value == NULL ? "" : "=",
                               hit->value == NULL ? "" : hit->value);
    }
    for (guint i = 0; i < options->words->len; i++)
        g_string_append_printf(shown, "[%s] ", (const char *) options->words->pdata[i]);
    for (guint i = 0; i < options->settings->len; i++) {
        const TwConfigSetting *setting = &g_array_index(options->settings, TwConfigSetting, i);
        g_string_append_printf(shown, "%s:%s ", setting->name, setting->value);
    }
    return g_string_free(shown, FALSE);
}

static void
test_parse(void)
{
    static const struct {
        const char *line, *shown; /* words separated by blanks; shown NULL: refused with message */
        const char *message;
    } cases[] = {
        { "p", "", NULL },
        { "p -c f", "1=f ", NULL },
        { "p -cf", "1=f ", NULL },
        { "p -vvc f x", "2 2 1=f [x] ", NULL },
        { "p --config=f=g --config h", "1=f=g 1=h ", NULL },
        { "p --config=", "1= ", NULL },
        { "p a -v b - -- -v --quiet", "2 [a] [b] [-] [-v] [--quiet] ", NULL },
        { "p --user joe --quiet", "5=joe 3 ", NULL },
        { "p --smtp-server=h", "smtp_server:h ", NULL },
        { "p --smtp_server h", "smtp_server:h ", NULL },
        { "p --smtp-server=", "smtp_server: ", NULL },
        { "p -c", NULL, "option -c needs an argument" },
        { "p -v -c", NULL, "option -c needs an argument" },
        { "p --user", NULL, "option --user needs an argument" },
        { "p --smtp-server", NULL, "option --smtp-server needs an argument" },
        { "p --quiet=1", NULL, "option --quiet takes no argument" },
        { "p --smtp-servers=h", NULL, "unknown option --smtp-servers" },
        { "p --=x", NULL, "unknown option --" },
        { "p -vx", NULL, "unknown option -x" },
        { "p --conf f", NULL, "unknown option --conf" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) argv = g_strsplit(cases[i].line, " ", -1);
        g_autoptr(GError) error = NULL;
        g_autoptr(TwOptions) options = tw_options_parse(tables, is_key, "smtp_server", argv,
                                                        (int) g_strv_length(argv), &error);
        g_autofree char *shown = options == NULL ? NULL : show(options);

        g_test_message("%s", cases[i].line);
        g_assert_cmpstr(shown, ==, cases[i].shown);
        g_assert_cmpstr(error == NULL ? NULL : error->message, ==, cases[i].message);
    }
}

static void
test_questions(void)
{
    char *argv[] = { (char[]){ "p" }, (char[]){ "-ua" }, (char[]){ "-ub" }, (char[]){ "-v" } };
    g_autoptr(TwOptions) options = tw_options_parse(tables, NULL, NULL, argv, 4, NULL);
    g_autoptr(TwOptions) none = tw_options_parse(tables, NULL, NULL, argv, 0, NULL);

    g_assert_cmpstr(tw_options_value(options, 5), ==, "b");
    g_assert_null(tw_options_value(options, 1));
    g_assert_true(tw_options_has(options, 2));
    g_assert_false(tw_options_has(options, 3));
    g_assert_cmpuint(none->hits->len, ==, 0);
}

static void
test_limit(void)
{
    g_autofree char **argv = g_new(char *, TW_OPTIONS_WORDS_MOST + 1);
    char word[] = "w";

    for (guint i = 0; i <= TW_OPTIONS_WORDS_MOST; i++)
        argv[i] = word;
    for (int count = TW_OPTIONS_WORDS_MOST; count <= TW_OPTIONS_WORDS_MOST + 1; count++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(TwOptions) options = tw_options_parse(tables, NULL, NULL, argv, count, &error);

        if (count == TW_OPTIONS_WORDS_MOST)
            g_assert_nonnull(options);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    }
}

static void
test_help(void)
{
    g_autoptr(GString) help = g_string_new(NULL);
    g_autoptr(GString) page = g_string_new(NULL);

    tw_options_write_help(own, help);
    tw_options_write_mdoc(own, page);
    g_assert_cmpstr(help->str, ==,
                    "  -c, --config FILE                    read FILE\n"
                    "  -v                                   more output\n");
    g_assert_cmpstr(page->str, ==,
                    ".It Fl c , Fl Fl config Ar FILE\nread FILE.\n.It Fl v\nmore output.\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/options/parse", test_parse);
    g_test_add_func("/base/options/questions", test_questions);
    g_test_add_func("/base/options/limit", test_limit);
    g_test_add_func("/base/options/help", test_help);
    return g_test_run();
}
