/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/smtp-reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(TwSmtpReply) reply = { 0 };
    gboolean bad = FALSE;

    tw_smtp_reply_init(&reply);
    while (size > 0) {
        const uint8_t *lf = memchr(data, '\n', size);
        size_t len = lf != NULL ? (size_t) (lf - data) + 1 : size;
        g_autofree char *line = g_memdup2(data, len);
        TwSmtpReplyResult result = tw_smtp_reply_add_line(&reply, line, len);

        g_assert(!bad || result == TW_SMTP_REPLY_BAD);
        bad = result == TW_SMTP_REPLY_BAD;
        g_assert(reply.text->len <= TW_SMTP_REPLY_TEXT_MAX);
        g_assert(strlen(reply.text->str) == reply.text->len);
        g_assert(strchr(reply.text->str, '\r') == NULL);
        g_assert(bad || (reply.code >= 200 && reply.code <= 599));
        g_assert(bad || reply.status[0] == 0 || reply.status[0] == reply.code / 100);
        data += len;
        size -= len;
    }
    return 0;
}
