/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Heads of HTTP answers, a line after the other. */
#include <string.h>

#include "remote/http-answer.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    TwRemoteAnswer answer = { 0 };
    gboolean done = FALSE;

    while (size > 0 && !done) {
        const guint8 *end = memchr(data, '\n', size);
        gsize len = end != NULL ? (gsize) (end - data) : size;
        g_autofree guint8 *line = g_memdup2(data, len);
        g_autoptr(GError) error = NULL;

        if (!tw_remote_answer_line(&answer, line, len, &done, &error)) {
            g_assert_nonnull(error);
            return 0;
        }
        g_assert_no_error(error);
        g_assert_cmpuint(answer.status, >=, 100);
        data += MIN(len + 1, size);
        size -= MIN(len + 1, size);
    }
    if (done)
        (void) tw_remote_answer_keeps(&answer);
    return 0;
}
