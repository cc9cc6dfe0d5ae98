/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first byte cuts a pattern off the rest. Keys are stable and valid; a text matches itself in every way. */
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_pattern(const char *pattern_text, gsize pattern_len, const char *text, gsize len, guint flags)
{
    for (TwTextMatch match = TW_TEXT_WHOLE; match <= TW_TEXT_SUBSTRING; match++) {
        g_autoptr(TwTextPattern) self =
            tw_text_pattern_new(text, len, match, (TwTextFlags) flags, NULL);
        g_autoptr(TwTextPattern) other =
            tw_text_pattern_new(pattern_text, pattern_len, match, (TwTextFlags) flags, NULL);

        if (self != NULL)
            g_assert_true(tw_text_pattern_matches(self, text, len));
        if (other != NULL)
            tw_text_pattern_matches(other, text, len);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *once = NULL, *twice = NULL;
    gsize pattern_len;

    if (size < 1)
        return 0;
    pattern_len = MIN(data[0], size - 1);
    once = tw_text_name_key((const char *) data + 1, size - 1, NULL);
    if (once != NULL) {
        g_assert_true(tw_utf8_valid(once, strlen(once), NULL));
        twice = tw_text_name_key(once, strlen(once), NULL);
        g_assert_true(strlen(once) > TW_TEXT_MOST_NAME || g_strcmp0(once, twice) == 0);
    }
    for (guint flags = 0; flags <= 3; flags++)
        check_pattern((const char *) data + 1, pattern_len, (const char *) data + 1 + pattern_len,
                      size - 1 - pattern_len, flags);
    return 0;
}
