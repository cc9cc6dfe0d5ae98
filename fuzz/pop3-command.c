/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pop3/command.h"
#include "pop3/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
is_inside(const uint8_t *data, size_t size, const char *text, size_t len)
{
    const char *begin = (const char *) data;

    return text == NULL ? len == 0 : text >= begin && text + len <= begin + size;
}

/* The answer to a mail has one line with one dot, its last, whatever a line end is to the client. */
static void
check_text(const uint8_t *data, size_t size, gboolean top, guint32 lines)
{
    TwPop3Text text = { .top = top, .lines = lines };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 * size + 100);
    size_t half = size / 2;

    if (tw_pop3_text_put(&text, data, half, &out))
        (void) tw_pop3_text_put(&text, data + half, size - half, &out);
    tw_pop3_text_end(&text, &out);
    g_assert(!tw_buffer_failed(&out) && out.len <= 2 * size + 5);
    g_assert(memcmp(out.data + out.len - 3, ".\r\n", 3) == 0);
    g_assert(out.len == 3 || memcmp(out.data + out.len - 5, "\r\n", 2) == 0);
    for (gsize i = 1; i + 3 < out.len; i++)
        g_assert(out.data[i - 1] != '\n' || out.data[i] != '.' || out.data[i + 1] == '.');
}

/* As a command, and as a mail. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TwPop3Command command;
    const char *answer = tw_pop3_command_parse(data, size, &command);

    g_assert(answer == NULL || g_str_has_prefix(answer, "-ERR "));
    if (answer == NULL) {
        g_assert(is_inside(data, size, command.text, command.text_len));
        g_assert(is_inside(data, size, command.initial, command.initial_len));
        g_assert(command.text == NULL || memchr(command.text, '\0', command.text_len) == NULL);
    }
    check_text(data, size, FALSE, 0);
    check_text(data, size, TRUE, (guint32) (size % 4));
    return 0;
}
