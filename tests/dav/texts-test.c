/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts that are kept: the last used, within their bounds. */
#include "dav/dav-private.h"

#include <string.h>

static void
put(TwDavTexts *texts, const char *key, gsize len)
{
    g_autoptr(GBytes) text = g_bytes_new_take(g_strnfill(len, 'x'), len);

    tw_dav_texts_put(texts, key, text);
}

static gboolean
has(TwDavTexts *texts, const char *key)
{
    g_autoptr(GBytes) text = tw_dav_texts_get(texts, key);

    return text != NULL;
}

static void
test_texts(void)
{
    TwDavTexts texts = { 0 };
    guint most = TW_DAV_MAX_KEPT_TEXTS / TW_DAV_MAX_KEPT_TEXT;

    tw_dav_texts_init(&texts);
    put(&texts, "large", TW_DAV_MAX_KEPT_TEXT + 1);
    g_assert_false(has(&texts, "large"));
    for (guint i = 0; i < most; i++) {
        g_autofree char *key = g_strdup_printf("%u", i);
        put(&texts, key, TW_DAV_MAX_KEPT_TEXT);
    }
    put(&texts, "1", 1); /* it is there */
    g_assert_cmpuint(texts.bytes, ==, TW_DAV_MAX_KEPT_TEXTS);
    g_assert_true(has(&texts, "0"));
    put(&texts, "more", 1);
    g_assert_true(has(&texts, "0"));
    g_assert_false(has(&texts, "1"));
    g_assert_true(has(&texts, "2"));
    g_assert_true(has(&texts, "more"));
    tw_dav_texts_clear(&texts);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dav/texts", test_texts);
    return g_test_run();
}
