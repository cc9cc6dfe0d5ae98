/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "spooler/smtp-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing an address says ends its path or its line. */
static void
check_path(const char *address, gboolean utf8)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 16);

    if (!tw_smtp_put_path(&out, address, utf8)) {
        g_assert(out.len == 0);
        return;
    }
    g_assert(out.len >= 2 && out.data[0] == '<' && out.data[out.len - 1] == '>');
    g_assert(memchr(out.data, '\n', out.len) == NULL && memchr(out.data, '\r', out.len) == NULL);
    if (address[0] != '"')
        g_assert(memchr(out.data, '>', out.len) == out.data + out.len - 1);
}

/* However it is cut, the text comes out the same, with a dot alone at its very end only. */
static void
check_text(const uint8_t *data, size_t size, size_t cut)
{
    g_auto(TwBuffer) whole = TW_BUFFER_INIT(3 * size + 16), parts = TW_BUFFER_INIT(3 * size + 16);
    TwSmtpStuff one = { 0 }, two = { 0 };
    const guint8 *end;

    tw_smtp_stuff(&one, &whole, data, size);
    tw_smtp_stuff_end(&one, &whole);
    tw_smtp_stuff(&two, &parts, data, cut);
    tw_smtp_stuff(&two, &parts, data + cut, size - cut);
    tw_smtp_stuff_end(&two, &parts);
    g_assert(whole.len == parts.len && memcmp(whole.data, parts.data, whole.len) == 0);
    end = memmem(whole.data, whole.len, "\r\n.\r\n", 5);
    g_assert(end == NULL || end + 5 == whole.data + whole.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    TwSmtpOffer offer = tw_smtp_offer_read((const char *) data, size);

    g_assert(offer.has & TW_SMTP_HAS_EXTENSIONS);
    check_path(text, FALSE);
    check_path(text, TRUE);
    check_text(data, size, size / 2);
    return 0;
}
