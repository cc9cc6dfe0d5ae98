/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "store/rules.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRules) rules = tw_rules_parse(data, size, &error);
    g_autoptr(GBytes) bytes = NULL;
    TwProps props;
    guint count = 0;

    g_assert_true((rules == NULL) == (error != NULL));
    if (rules == NULL || size == 0)
        return 0;
    while (tw_rules_get(rules, count, &props) != 0)
        count++;
    g_assert_cmpuint(count, ==, tw_rules_count(rules));
    bytes = tw_rules_write(rules);
    g_assert_true(g_bytes_get_size(bytes) == size &&
                  memcmp(g_bytes_get_data(bytes, NULL), data, size) == 0);
    return 0;
}
