/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>

static void
test_every_row_survives_the_wire(void)
{
#define CHECK_ROW(name, mapi)                                                                      \
    {                                                                                              \
        g_autoptr(GError) there = g_error_new_literal(TW_ERROR, TW_ERROR_##name, "x");             \
        g_autoptr(GError) back = tw_error_from_mapi(tw_error_to_mapi(there), "x");                 \
        g_assert_cmpuint(tw_error_to_mapi(there), ==, (mapi));                                     \
        g_assert_error(back, TW_ERROR, TW_ERROR_##name);                                           \
        g_assert_cmpstr(tw_error_name(TW_ERROR_##name), ==, #name);                                \
    }
    TW_ERROR_LIST(CHECK_ROW)
#undef CHECK_ROW
}

static void
test_results_without_a_row(void)
{
    g_autoptr(GError) kept = tw_error_from_mapi(0x80040600u, "corrupt store");
    g_autoptr(GError) foreign = g_error_new_literal(g_quark_from_string("else"), 3, "x");

    g_assert_error(kept, TW_MAPI_ERROR, (int) 0x80040600u);
    g_assert_cmpuint(tw_error_to_mapi(kept), ==, 0x80040600u);
    g_assert_cmpuint(tw_error_to_mapi(foreign), ==, 0x80004005u);
    g_assert_cmpuint(tw_error_to_mapi(NULL), ==, 0);
    g_assert_null(tw_error_from_mapi(0, "success"));
    g_assert_null(tw_error_from_mapi(0x00040380u, "a warning"));
    g_assert_cmpstr(tw_error_name((TwError) 9999), ==, "UNKNOWN");
}

static void
test_errno(void)
{
    static const struct {
        int number;
        TwError code;
    } cases[] = {
        { ENOENT, TW_ERROR_NOT_FOUND }, { EACCES, TW_ERROR_NO_ACCESS },
        { ENOSPC, TW_ERROR_NO_SPACE },  { EDQUOT, TW_ERROR_NO_SPACE },
        { EEXIST, TW_ERROR_EXISTS },    { EMFILE, TW_ERROR_BUSY },
        { EIO, TW_ERROR_FAILED },       { ETIMEDOUT, TW_ERROR_TIMEOUT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(tw_error_from_errno(&error, cases[i].number, "open /x"));
        g_assert_error(error, TW_ERROR, (int) cases[i].code);
        g_assert_true(g_str_has_prefix(error->message, "open /x: "));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/error/every-row", test_every_row_survives_the_wire);
    g_test_add_func("/base/error/without-a-row", test_results_without_a_row);
    g_test_add_func("/base/error/errno", test_errno);
    return g_test_run();
}
