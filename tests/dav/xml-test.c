/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* XML of requests: what is refused, and that no text leaves its place in an answer. */
#include "dav/xml.h"

#include <string.h>

#include "base/error.h"
#include "dav/dav.h"

static TwDavElement *
parse(const char *text, gsize len, int code)
{
    g_autofree guint8 *exact = g_memdup2(text, len);
    g_autoptr(GError) error = NULL;
    TwDavElement *root = tw_dav_xml_parse(exact, len, &error);

    if (code < 0) {
        g_assert_no_error(error);
        g_assert_nonnull(root);
    } else {
        g_assert_error(error, TW_ERROR, code);
        g_assert_null(root);
    }
    return root;
}

static void
test_tree(void)
{
    static const char text[] = "<?xml version=\"1.0\"?><!-- x --><a:find xmlns:a=\"DAV:\" "
                               "xmlns=\"u\"><a:prop k=\"v&amp;\">"
                               " t<![CDATA[<&]]> <b/></a:prop><c>&#228;</c></a:find>";
    g_autoptr(TwDavElement) root = parse(text, strlen(text), -1);
    const TwDavElement *prop = tw_dav_element_child(root, TW_DAV_NS, "prop");

    g_assert_true(tw_dav_element_is(root, TW_DAV_NS, "find"));
    g_assert_nonnull(prop);
    g_assert_cmpstr(prop->text, ==, "t<&");
    g_assert_cmpstr(g_hash_table_lookup(prop->attributes, "k"), ==, "v&");
    g_assert_nonnull(tw_dav_element_child(prop, "u", "b"));
    g_assert_cmpstr(tw_dav_element_child(root, "u", "c")->text, ==, "\xc3\xa4");
    g_assert_null(tw_dav_element_child(root, TW_DAV_NS, "c"));
    g_assert_null(tw_dav_element_child(NULL, TW_DAV_NS, "c"));
}

/* Cut at each byte it is an error, or whole. */
static void
test_cut(void)
{
    static const char text[] = "<a xmlns=\"DAV:\" b='c'><d>&#65;</d><![CDATA[e]]></a>";

    for (gsize len = 0; len < strlen(text); len++) {
        g_autoptr(TwDavElement) root = parse(text, len, TW_ERROR_INVALID);
        g_assert_null(root);
    }
}

static void
test_refused(void)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        { "nothing", "" },
        { "no XML", "nonsense" },
        { "two roots", "<a/><b/>" },
        { "a document type", "<!DOCTYPE a><a/>" },
        { "a bomb",
          "<!DOCTYPE a [<!ENTITY x \"yyyyyyyy\"><!ENTITY z \"&x;&x;&x;&x;\">]><a>&z;&z;</a>" },
        { "an external entity",
          "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>" },
        { "an external type", "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>" },
        { "an unknown entity", "<a>&x;</a>" },
        { "a control", "<a>\x01</a>" },
        { "no UTF-8", "<a>\xff</a>" },
        { "an unknown prefix's end", "<a:b></c:b>" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(TwDavElement) root =
            parse(cases[i].text, strlen(cases[i].text), TW_ERROR_INVALID);
        g_test_message("%s", cases[i].name);
        g_assert_null(root);
    }
}

static char *
nested(guint depth)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < depth; i++)
        g_string_append(text, "<a>");
    for (guint i = 0; i < depth; i++)
        g_string_append(text, "</a>");
    return g_string_free(text, FALSE);
}

static char *
many(guint count)
{
    GString *text = g_string_new("<r>");

    for (guint i = 1; i < count; i++)
        g_string_append(text, "<a/>");
    g_string_append(text, "</r>");
    return g_string_free(text, FALSE);
}

static void
test_limits(void)
{
    g_autofree char *deep = nested(TW_DAV_MAX_DEPTH + 1);
    g_autofree char *deeper = nested(TW_DAV_MAX_DEPTH + 2);
    g_autofree char *full = many(TW_DAV_MAX_ELEMENTS);
    g_autofree char *fuller = many(TW_DAV_MAX_ELEMENTS + 1);
    g_autofree char *large = g_strnfill(TW_DAV_MAX_XML + 1, ' ');
    g_autoptr(TwDavElement) a = parse(deep, strlen(deep), -1);
    g_autoptr(TwDavElement) b = parse(deeper, strlen(deeper), TW_ERROR_TOO_BIG);
    g_autoptr(TwDavElement) c = parse(full, strlen(full), -1);
    g_autoptr(TwDavElement) d = parse(fuller, strlen(fuller), TW_ERROR_TOO_BIG);
    g_autoptr(TwDavElement) e = parse(large, TW_DAV_MAX_XML + 1, TW_ERROR_TOO_BIG);

    memcpy(large, "<a/>", 4);
    e = parse(large, TW_DAV_MAX_XML, -1);
}

static void
test_written(void)
{
    static const char text[] = "a<b>&\"c'\r\n\t\x02";
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *exact = g_memdup2(text, strlen(text));

    tw_dav_put_text_len(out, exact, strlen(text));
    g_assert_cmpstr(out->str, ==, "a&lt;b&gt;&amp;&quot;c'&#13;\n\t\xef\xbf\xbd");
    g_string_truncate(out, 0);
    tw_dav_put_open(out, "http://x/\"", "n");
    tw_dav_put_href(out, "/a&b/");
    tw_dav_put_close(out, "http://x/\"", "n");
    tw_dav_put_name(out, TW_DAV_NS_CARDDAV, "addressbook");
    g_assert_cmpstr(out->str, ==,
                    "<n xmlns=\"http://x/&quot;\"><D:href>/a&amp;b/</D:href></n><K:addressbook/>");
}

static void
test_names(void)
{
    g_assert_true(tw_dav_is_name("calendar-data"));
    g_assert_true(tw_dav_is_name("_x.1"));
    g_assert_false(tw_dav_is_name(""));
    g_assert_false(tw_dav_is_name("1a"));
    g_assert_false(tw_dav_is_name("a b"));
    g_assert_false(tw_dav_is_name("a>"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dav/xml/tree", test_tree);
    g_test_add_func("/dav/xml/cut", test_cut);
    g_test_add_func("/dav/xml/refused", test_refused);
    g_test_add_func("/dav/xml/limits", test_limits);
    g_test_add_func("/dav/xml/written", test_written);
    g_test_add_func("/dav/xml/names", test_names);
    return g_test_run();
}
