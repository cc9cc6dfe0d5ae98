/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lmtp/command.h"
#include "lmtp/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As a command, and as the text of a mail. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(TwLmtpCommand) command = { 0 };
    const char *reply = tw_lmtp_command_parse(data, size, &command);
    TwLmtpData text = { 0 };

    g_assert(reply == NULL || (command.text == NULL && reply[0] == '5'));
    if (command.text != NULL) {
        g_assert(strlen(command.text) <= TW_LMTP_ADDRESS_MAX);
        g_assert(g_utf8_validate(command.text, -1, NULL));
        g_assert(strpbrk(command.text, "\r\n") == NULL);
    }
    while (size > 0) {
        const uint8_t *lf = memchr(data, '\n', size);
        size_t len = lf != NULL ? (size_t) (lf - data) + 1 : size;
        gsize skip;

        if (!tw_lmtp_data_take(&text, data, len, &skip))
            break;
        g_assert(skip <= 1 && skip <= len);
        data += len;
        size -= len;
    }
    return 0;
}
