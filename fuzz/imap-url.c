/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* URLs of messages: what is understood names a message, and no mailbox with a NUL in it. */
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "imap/url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    g_auto(TwImapUrl) url = { 0 };

    if (!tw_imap_url_parse(text, &url)) {
        g_assert_null(url.mailbox);
        g_assert_null(url.section.fields);
        return 0;
    }
    g_assert_cmpuint(url.uid, !=, 0);
    g_assert_cmpuint(strlen(text), <=, TW_IMAP_URL_MAX);
    g_assert_true(url.mailbox == NULL ||
                  (*url.mailbox != '\0' && tw_utf8_valid(url.mailbox, strlen(url.mailbox), NULL)));
    return 0;
}
