/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as RTF to both targets; and, where they are UTF-8, wrapped as HTML and as text, which must come back. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/rtf.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST = 1 << 22
};

static void
check_result(GBytes *result, const GError *error)
{
    g_assert_true((result == NULL) == (error != NULL));
    if (error != NULL)
        g_assert_true(error->domain == TW_ERROR &&
                      (error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG));
}

static void
check_read(const guint8 *data, gsize size)
{
    g_autoptr(GError) html_error = NULL;
    g_autoptr(GError) text_error = NULL;
    g_autoptr(GBytes) html = tw_rtf_to_html(data, size, MOST, &html_error);
    g_autoptr(GBytes) text = tw_rtf_to_text(data, size, MOST, &text_error);
    gsize len;
    const char *bytes;

    check_result(html, html_error);
    check_result(text, text_error);
    if (html == NULL)
        return;
    bytes = g_bytes_get_data(html, &len);
    while (len > 0 && !g_utf8_validate_len(bytes, len, NULL)) {
        const char *stop;
        g_utf8_validate_len(bytes, len, &stop);
        g_assert_true(*stop == '\0'); /* GLib takes NUL for broken */
        len -= (gsize) (stop + 1 - bytes);
        bytes = stop + 1;
    }
}

static void
check_html(const char *html, gsize size)
{
    g_autoptr(GBytes) rtf = tw_rtf_from_html(html, size, MOST, NULL);
    g_autoptr(GBytes) back = NULL;
    g_autoptr(GBytes) original = g_bytes_new(html, size);

    if (rtf == NULL)
        return;
    back = tw_rtf_to_html(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf), MOST, NULL);
    g_assert_true(back != NULL && g_bytes_equal(back, original));
}

static void
check_text(const char *text, gsize size)
{
    g_autoptr(GBytes) rtf = tw_rtf_from_text(text, size, MOST, NULL);
    g_autoptr(GBytes) back = NULL;
    g_autoptr(GString) want = g_string_new(NULL);

    if (rtf == NULL)
        return;
    for (gsize i = 0; i < size; i++) {
        if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
            continue;
        if (text[i] == '\r' || text[i] == '\n')
            g_string_append(want, "\r\n");
        else
            g_string_append_c(want, text[i]);
    }
    back = tw_rtf_to_text(g_bytes_get_data(rtf, NULL), g_bytes_get_size(rtf), MOST, NULL);
    g_assert_true(
        back != NULL && g_bytes_get_size(back) == want->len &&
        (want->len == 0 || memcmp(g_bytes_get_data(back, NULL), want->str, want->len) == 0));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    check_read(data, size);
    check_html((const char *) data, size);
    check_text((const char *) data, size);
    return 0;
}
