/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties that clients keep. */
#include "dav/dead.h"

#include <string.h>

static TwDavElement *
element(const char *text)
{
    TwDavElement *root = tw_dav_xml_parse((const guint8 *) text, strlen(text), NULL);

    g_assert_nonnull(root);
    return root;
}

static void
test_kept(void)
{
    g_autoptr(TwDavDead) dead = tw_dav_dead_parse(NULL);
    g_autoptr(TwDavDead) again = NULL;
    g_autoptr(TwDavElement) one = element("<x xmlns='urn:a' k='&lt;v'><y>b &amp; c</y>t</x>");
    g_autoptr(TwDavElement) other = element("<x xmlns='urn:a'>new</x>");
    g_autofree char *text = NULL;
    g_autoptr(GString) all = g_string_new(NULL);

    g_assert_null(tw_dav_dead_print(dead));
    g_assert_true(tw_dav_dead_set(dead, one));
    g_assert_nonnull(tw_dav_dead_get(dead, "urn:a", "x"));
    g_assert_null(tw_dav_dead_get(dead, "urn:b", "x"));
    text = tw_dav_dead_print(dead);
    again = tw_dav_dead_parse(text);
    g_assert_cmpstr(tw_dav_dead_get(again, "urn:a", "x"), ==,
                    "<x xmlns=\"urn:a\" k=\"&lt;v\">t<y xmlns=\"urn:a\">b &amp; c</y></x>");
    g_assert_true(tw_dav_dead_set(again, other));
    tw_dav_dead_put_all(again, all);
    g_assert_cmpstr(all->str, ==, "<x xmlns=\"urn:a\">new</x>");
    tw_dav_dead_remove(again, "urn:a", "y");
    tw_dav_dead_remove(again, "urn:a", "x");
    g_assert_null(tw_dav_dead_print(again));
}

/* RFC 4918, 4.3: also a language that is said further out. */
static void
test_language(void)
{
    static const char text[] = "<set xml:lang='de'><x xmlns='urn:a'><y/><z xml:lang='en'/></x>"
                               "<x xmlns='urn:b' xml:lang='' k:lang='x' xmlns:k='urn:k'/></set>";
    static const char is[] = "<x xmlns=\"urn:a\" xml:lang=\"de\"><y xmlns=\"urn:a\"></y>"
                             "<z xmlns=\"urn:a\" xml:lang=\"en\"></z></x>";
    g_autoptr(TwDavElement) root = element(text);
    g_autoptr(TwDavDead) dead = tw_dav_dead_parse(NULL);
    g_autoptr(TwDavDead) again = NULL;
    g_autofree char *kept = NULL;

    for (const TwDavElement *prop = root->children; prop != NULL; prop = prop->next)
        g_assert_true(tw_dav_dead_set(dead, prop));
    kept = tw_dav_dead_print(dead);
    again = tw_dav_dead_parse(kept);
    g_assert_cmpstr(tw_dav_dead_get(again, "urn:a", "x"), ==, is);
    g_assert_cmpstr(tw_dav_dead_get(again, "urn:b", "x"), ==, "<x xmlns=\"urn:b\" lang=\"x\"></x>");
}

/* What was there stays when more would be too much; what takes its place may be as large. */
static void
test_limit(void)
{
    g_autoptr(TwDavDead) dead = tw_dav_dead_parse(NULL);
    gsize room = TW_DAV_MAX_DEAD - strlen("{}x<x xmlns=\"\"></x>");
    g_autofree char *fill = g_strnfill(room, 'a');
    g_autofree char *full = g_strconcat("<x>", fill, "</x>", NULL);
    g_autofree char *fuller = g_strconcat("<x>", fill, "a</x>", NULL);
    g_autoptr(TwDavElement) good = element(full);
    g_autoptr(TwDavElement) bad = element(fuller);
    g_autoptr(TwDavElement) more = element("<y/>");

    g_assert_false(tw_dav_dead_set(dead, bad));
    g_assert_true(tw_dav_dead_set(dead, good));
    g_assert_true(tw_dav_dead_set(dead, good));
    g_assert_false(tw_dav_dead_set(dead, more));
    g_assert_false(tw_dav_dead_set(dead, bad));
    tw_dav_dead_remove(dead, "", "x");
    g_assert_true(tw_dav_dead_set(dead, more));
}

static void
test_damaged(void)
{
    static const char *const texts[] = { "", "<", "</D:prop>", "<!DOCTYPE a>", "text" };

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(TwDavDead) dead = tw_dav_dead_parse(texts[i]);
        g_assert_null(tw_dav_dead_print(dead));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dav/dead/kept", test_kept);
    g_test_add_func("/dav/dead/language", test_language);
    g_test_add_func("/dav/dead/limit", test_limit);
    g_test_add_func("/dav/dead/damaged", test_damaged);
    return g_test_run();
}
