/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Annotations as they are kept. What is read is written back the same, up to where it stopped making sense. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "imap/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GArray) entries = tw_imap_metadata_parse(data, size);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 30);

    g_assert(entries->len <= TW_IMAP_METADATA_ENTRIES_MAX);
    for (guint i = 0; i < entries->len; i++)
        g_assert(tw_imap_metadata_name_valid(g_array_index(entries, TwImapMetadatum, i).name));
    tw_imap_metadata_write(entries, &out);
    g_assert(out.len <= size && (out.len == 0 || memcmp(out.data, data, out.len) == 0));
    return 0;
}
