/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a mail: its summary opens and agrees with its tree. And any bytes as a summary, with a sum that fits. */
#include "base/error.h"
#include "base/hash.h"
#include "store/mail-summary.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
as_summary(const guint8 *data, gsize size)
{
    g_autofree guint8 *sealed = g_memdup2(data, size);
    TwMailSummary summary;
    guint32 sum;

    if (size < TW_MAIL_SUMMARY_FIXED_LEN)
        return;
    sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, data, 4), data + 8, size - 8));
    memcpy(sealed + 4, &sum, 4);
    if (tw_mail_summary_open(sealed, size, &summary, NULL)) {
        TwMailPart part;
        guint count = 0;
        while (tw_mail_part_next(&summary.parts, &part))
            count++;
        g_assert_cmpuint(count, ==, summary.part_count);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, size, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = tw_mail_summary_build(data, size, tree, &error);
    TwMailSummary summary;
    TwMailPart part;
    const TwMimePart *parts;
    guint count;

    as_summary(data, size);
    if (bytes == NULL) {
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        return 0;
    }
    tw_mail_summary_open(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &summary, &error);
    g_assert_no_error(error);
    parts = tw_mime_tree_get_parts(tree, &count);
    g_assert_cmpuint(summary.part_count, ==, count);
    for (guint i = 0; i < count; i++) {
        g_assert_true(tw_mail_part_next(&summary.parts, &part));
        g_assert_true(part.header == parts[i].header && part.header_len == parts[i].header_len &&
                      part.body == parts[i].body && part.body_len == parts[i].body_len &&
                      part.lines == parts[i].lines && part.depth == parts[i].depth &&
                      part.kind == parts[i].kind && part.encoding == parts[i].encoding);
    }
    return 0;
}
