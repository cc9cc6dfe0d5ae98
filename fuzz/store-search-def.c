/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "store/search-private.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* What can be read can be written, and reads back to the same. */
int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwSearchDef) def = { 0 }, again = { 0 };
    gboolean ok = tw_search_def_parse(data, size, &def, &error);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) same = NULL;
    gsize len;

    g_assert_true(ok == (error == NULL));
    if (!ok)
        return 0;
    bytes = tw_search_def_write(&def, NULL);
    if (bytes == NULL) /* a form that is longer than the one it came in */
        return 0;
    data = g_bytes_get_data(bytes, &len);
    g_assert_true(tw_search_def_parse(data, len, &again, NULL));
    same = tw_search_def_write(&again, NULL);
    g_assert_true(g_bytes_equal(bytes, same));
    return 0;
}
