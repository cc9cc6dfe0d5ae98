/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as TNEF, and what they give as mail: lines of at most 998 bytes that end in CR LF, the same twice, a whole tree. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "convert/mail-out.h"
#include "convert/mime-scan.h"
#include "convert/tnef.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_lines(const guint8 *mail, gsize len)
{
    gsize line = 0;

    for (gsize i = 0; i < len; i++) {
        if (mail[i] == '\n') {
            g_assert_true(i > 0 && mail[i - 1] == '\r' && i - 1 - line <= 998);
            line = i + 1;
        } else {
            g_assert_true(mail[i] != '\0' &&
                          (mail[i] != '\r' || (i + 1 < len && mail[i + 1] == '\n')));
        }
    }
    g_assert_true(line == len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwNameMap) names = tw_name_map_new();
    g_autoptr(TwObject) message = tw_object_new(TW_OBJECT_MESSAGE);
    TwMailOptions options = { .names = names, .domain = "mail.example" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) second = NULL;

    if (size == 0 || !tw_tnef_decode(data + 1, size - 1, names, message, NULL))
        return 0;
    options.flags = data[0] & 0xf;
    options.tnef = data[0] >> 4 & 1 ? TW_MAIL_TNEF_NEVER : TW_MAIL_TNEF_NEEDED;
    first = tw_mail_write_bytes(message, &options, 1 << 26, &error);
    g_assert_true((first == NULL) == (error != NULL));
    if (first == NULL) {
        g_assert_true(error->domain == TW_ERROR && error->code == TW_ERROR_TOO_BIG);
        return 0;
    }
    check_lines(g_bytes_get_data(first, NULL), g_bytes_get_size(first));
    second = tw_mail_write_bytes(message, &options, 1 << 26, NULL);
    g_assert_true(g_bytes_equal(first, second));
    return 0;
}
