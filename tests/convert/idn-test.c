/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/idn.h"

static void
test_forms(void)
{
    static const struct {
        const char *address, *ascii, *unicode; /* NULL: it has but one form, or none */
    } rows[] = {
        { "info@bücher.example", "info@xn--bcher-kva.example", "info@bücher.example" },
        { "Info@BÜCHER.Example", "Info@xn--bcher-kva.example", "Info@bücher.example" },
        { "info@xn--bcher-kva.example", "info@xn--bcher-kva.example", "info@bücher.example" },
        { "info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example", "info@bücher.example" },
        { "用户@例子", "用户@xn--fsqu00a", "用户@例子" },
        { "a@b@straße.example", "a@b@xn--strae-oqa.example", "a@b@straße.example" },
        { "info@books.example", NULL, NULL },
        { "INFO@BOOKS.example", NULL, NULL },
        { "info@xn--.example", NULL, NULL },
        { "info@b\xff.example", NULL, NULL },
        { "@bücher.example", NULL, NULL },
        { "bücher.example", NULL, NULL },
        { "info@", NULL, NULL },
        { "", NULL, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *ascii = NULL;
        g_autofree char *unicode = NULL;

        g_assert_cmpint(tw_idn_address_forms(rows[i].address, &ascii, &unicode), ==,
                        rows[i].ascii != NULL);
        g_assert_cmpstr(ascii, ==, rows[i].ascii);
        g_assert_cmpstr(unicode, ==, rows[i].unicode);
    }
}

/* At the limit it is looked at, and is too long for a domain; past it, it is not. Neither is an address. */
static void
test_long(void)
{
    for (gsize len = TW_IDN_DOMAIN_MAX - 1; len <= TW_IDN_DOMAIN_MAX + 1; len++) {
        g_autofree char *domain = g_strnfill(len, 'a');
        g_autofree char *address = g_strconcat("x@ü", domain + 2, NULL);
        char *ascii = NULL, *unicode = NULL;

        g_assert_false(tw_idn_address_forms(address, &ascii, &unicode));
        g_assert_null(ascii);
        g_assert_null(unicode);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/idn/forms", test_forms);
    g_test_add_func("/convert/idn/long", test_long);
    return g_test_run();
}
