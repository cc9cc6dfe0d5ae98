/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a relay says while we log on. Bytes up to the first LF are its first message, the rest its last. */
#include "spooler/scram.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const guint8 *lf = size > 0 ? memchr(data, '\n', size) : NULL;
    gsize first = lf != NULL ? (gsize) (lf - data) : size;
    gsize rest = lf != NULL ? first + 1 : size;
    g_autoptr(TwSecret) password = tw_secret_new("pencil", 6);
    g_auto(TwScram) scram = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;

    if (first > 2 && memmem(data, first, ",i=1000000", 10) != NULL)
        return 0; /* right, and slow */
    g_free(tw_scram_begin(&scram, "user", "n"));
    answer = tw_scram_answer(&scram, (const char *) data, first, password, &error);
    g_assert_true((answer == NULL) == (error != NULL));
    (void) tw_scram_is_server(&scram, (const char *) data + rest, size - rest);
    return 0;
}
