/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>

#include "blob/s3-answer-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An answer of an S3 server: as a page of a list, as a refusal, as an entity tag. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *copy = g_memdup2(data, size);
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autofree char *next = NULL, *code = NULL;
    g_autoptr(GError) error = NULL;
    char etag[TW_S3_ETAG_SIZE];
    gboolean ok;

    g_array_set_clear_func(listed, tw_s3_listed_clear);
    ok = tw_s3_list_parse(copy, size, listed, &next, &error);
    g_assert(ok == (error == NULL));
    g_assert(ok || (listed->len == 0 && next == NULL));
    g_assert(listed->len <= TW_S3_MAX_PAGE);
    for (guint i = 0; i < listed->len; i++)
        g_assert(g_array_index(listed, TwS3Listed, i).key != NULL);
    code = tw_s3_answer_text(copy, size, "Code");
    for (const char *at = code; at != NULL && *at != '\0'; at++)
        g_assert(!g_ascii_iscntrl(*at));
    if (size > 0)
        (void) tw_s3_etag_parse(copy, size, etag);
    return 0;
}
