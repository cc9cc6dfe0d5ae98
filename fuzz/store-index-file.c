/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/folder-index-private.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
try(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    TwIndexSaved saved;
    g_autoptr(GBytes) rows = tw_index_file_parse(data, size, &saved, &error);
    g_autoptr(GBytes) again = NULL;
    gsize len;
    const TwFolderIndexRow *row;

    g_assert_true((rows == NULL) == (error != NULL));
    if (rows == NULL)
        return;
    row = g_bytes_get_data(rows, &len);
    again = tw_index_file_write(&saved, row, (guint32) (len / sizeof *row));
    g_assert_true(g_bytes_get_size(again) == size &&
                  memcmp(g_bytes_get_data(again, NULL), data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    try(data, size);
    if (size >= TW_INDEX_FILE_HEADER) { /* and with the sum that it would need */
        g_autofree guint8 *copy = g_memdup2(data, size);
        guint32 sum = GUINT32_TO_LE(tw_crc32c(0, copy + 12, size - 12));
        memcpy(copy + 8, &sum, sizeof sum);
        try(copy, size);
    }
    return 0;
}
