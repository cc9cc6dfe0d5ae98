/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/error.h"
#include "store/keywords.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwKeywords) keywords = tw_keywords_parse(data, size, &error);
    g_autoptr(GBytes) bytes = NULL;

    g_assert_true((keywords == NULL) == (error != NULL));
    if (keywords == NULL || size == 0)
        return 0;
    for (guint i = 0; i < tw_keywords_count(keywords); i++)
        g_assert_cmpint(tw_keywords_find(keywords, tw_keywords_get_name(keywords, i)), ==, (int) i);
    bytes = tw_keywords_write(keywords);
    g_assert_true(g_bytes_get_size(bytes) == size &&
                  memcmp(g_bytes_get_data(bytes, NULL), data, size) == 0);
    return 0;
}
