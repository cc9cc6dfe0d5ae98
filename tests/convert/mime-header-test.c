/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/mime-header.h"

#include <string.h>

static void
test_fields(void)
{
    static const char block[] =
        "From: a\r\nSubject : two\r\n\tlines\r\nno colon here\nX:\n folded\n\nbody: x";
    g_autofree guint8 *input = g_memdup2(block, sizeof block - 1);
    TwCursor cur = tw_cursor_init(input, sizeof block - 1);
    GString *seen = g_string_new(NULL);
    TwMimeField field;

    while (tw_mime_field_next(&cur, &field)) {
        g_autoptr(GString) value = tw_mime_unfold(field.value, field.value_len);
        g_string_append_printf(seen, "%.*s=%s|", (int) field.name_len, (const char *) field.name,
                               value->str);
    }
    g_assert_cmpstr(seen->str, ==, "From=a|Subject=two\tlines|=no colon here|X=folded|");
    g_assert_cmpuint(cur.left, ==, 8);
    g_assert_cmpint(memcmp(cur.next, "\nbody: x", 8), ==, 0);
    g_string_free(seen, TRUE);
}

static void
test_structured_values(void)
{
    static const struct {
        const char *value, *expect;
    } cases[] = {
        { " text/plain; charset=utf-8", "text/plain charset=utf-8" },
        { "TEXT/HTML", "text/html" },
        { "text/plain;charset=\"a b\\\"c\"", "text/plain charset=a b\"c" },
        { "multipart/mixed;\r\n\tboundary=\"=_x\"", "multipart/mixed boundary==_x" },
        { "multipart/mixed; boundary = (a (nested) comment) abc ; x=y",
          "multipart/mixed boundary=abc x=y" },
        { "text/plain; charset=utf-8; charset=latin1", "text/plain charset=utf-8 charset=latin1" },
        { "application/x; name*0*=utf-8''a; name*1=b", "application/x name*0*=utf-8''a name*1=b" },
        { "attachment; filename=a b.txt; size=3", "attachment/ filename=a size=3" },
        { "text", "text/" },
        { "", "/" },
        { ";;;=;\"x\";a=\"unclosed", "/ a=unclosed" },
        { "text/plain; boundary=/x?=y:z", "text/plain boundary=/x?=y:z" },
        { "image/png; name=\"a;b=c\"; n=1", "image/png name=a;b=c n=1" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].value);
        g_autofree guint8 *input = g_memdup2(cases[i].value, len);
        g_autoptr(TwMimeValue) value = tw_mime_value_parse(input, len);
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_printf(text, "%s/%s", value->type, value->subtype);
        for (guint p = 0; p < value->param_count; p++)
            g_string_append_printf(text, " %s=%s", value->params[p].name, value->params[p].value);
        g_assert_cmpstr(text->str, ==, cases[i].expect);
        g_assert_false(value->cut);
        for (gsize cut = 0; cut < len; cut++) {
            g_autofree guint8 *part = g_memdup2(input, cut);
            tw_mime_value_free(tw_mime_value_parse(part, cut));
        }
    }
}

static void
test_limits(void)
{
    static const int counts[] = { TW_MIME_MAX_PARAMS, TW_MIME_MAX_PARAMS + 1 };
    static const guint depths[] = { TW_MIME_MAX_COMMENT_DEPTH, TW_MIME_MAX_COMMENT_DEPTH + 1 };

    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GString) text = g_string_new("a/b");
        g_autoptr(TwMimeValue) value = NULL;
        for (int n = 0; n < counts[i]; n++)
            g_string_append_printf(text, ";p%d=%d", n, n);
        value = tw_mime_value_parse((const guint8 *) text->str, text->len);
        g_assert_cmpuint(value->param_count, ==, TW_MIME_MAX_PARAMS);
        g_assert_cmpint(value->cut, ==, counts[i] > TW_MIME_MAX_PARAMS);
        g_assert_cmpstr(tw_mime_value_get(value, "p999")->value, ==, "999");
        g_assert_null(tw_mime_value_get(value, "p1000"));
    }
    for (guint i = 0; i < G_N_ELEMENTS(depths); i++) {
        g_autoptr(GString) text = g_string_new("a/b; ");
        g_autoptr(TwMimeValue) value = NULL;
        for (guint n = 0; n < depths[i]; n++)
            g_string_append_c(text, '(');
        for (guint n = 0; n < depths[i]; n++)
            g_string_append_c(text, ')');
        g_string_append(text, "x=y");
        value = tw_mime_value_parse((const guint8 *) text->str, text->len);
        g_assert_cmpint(value->cut, ==, depths[i] > TW_MIME_MAX_COMMENT_DEPTH);
        g_assert_cmpuint(value->param_count, ==, value->cut ? 0 : 1);
    }
}

static void
test_long_value_is_cut(void)
{
    g_autoptr(GString) text = g_string_new("a/b; x=");
    g_autoptr(TwMimeValue) value = NULL;

    while (text->len <= TW_MIME_MAX_VALUE_LEN)
        g_string_append_c(text, 'v');
    value = tw_mime_value_parse((const guint8 *) text->str, text->len);
    g_assert_true(value->cut);
    g_assert_cmpuint(value->params[0].value_len, ==, TW_MIME_MAX_VALUE_LEN - strlen("a/b; x="));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/mime-header/fields", test_fields);
    g_test_add_func("/convert/mime-header/structured-values", test_structured_values);
    g_test_add_func("/convert/mime-header/limits", test_limits);
    g_test_add_func("/convert/mime-header/long-value", test_long_value_is_cut);
    return g_test_run();
}
