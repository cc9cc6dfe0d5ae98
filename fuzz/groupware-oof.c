/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the log of out-of-office answers: what is written on top of them is read again. */
#include "groupware/oof.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const gint64 now = 1700000000 * (gint64) G_USEC_PER_SEC, hour = 3600 * (gint64) G_USEC_PER_SEC;
    g_autoptr(GBytes) log = g_bytes_new(data, size);
    guint64 generation = size > 8 ? data[8] : 0;
    g_autoptr(GBytes) next = tw_oof_log_add(log, generation, "jo@example.org", now, hour);

    if (next != NULL) {
        g_assert_cmpuint(g_bytes_get_size(next), <=,
                         TW_OOF_LOG_HEAD + TW_OOF_MOST_LOG * TW_OOF_LOG_ENTRY);
        g_assert_null(tw_oof_log_add(next, generation, "JO@example.org", now, hour));
    }
    return 0;
}
