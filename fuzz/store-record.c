/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tail records: the bytes as they are, and with a sum that fits, so that what is behind the sum is reached. */
#include "base/error.h"
#include "base/hash.h"
#include "store/record.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static gboolean
see_blob(TwObject *node,
         const TwPart *part,
         guint32 tag,
         const TwBlobRef *ref,
         gpointer data,
         G_GNUC_UNUSED GError **error)
{
    TwBlobId id = { { TW_BLOB_SHA256 } };
    guint prop;

    g_assert_true(tw_part_check(part->bytes, part->len, NULL));
    g_assert_true(tw_object_locate(data, part->bytes, part->len, &prop) == node);
    g_assert_cmpuint(prop, ==, tag >> 16);
    g_assert_true(tw_object_resolve(data, part->bytes, part->len, &id, ref->len, NULL));
    return TRUE;
}

static void
check(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_tail_parse(data, size, NULL, NULL, &error), again = NULL,
                        copy = NULL;
    g_autoptr(GBytes) record = NULL, record_again = NULL;

    g_assert_true((object == NULL) == (error != NULL));
    if (object == NULL) {
        g_assert_true(error->domain == TW_ERROR);
        return;
    }
    tw_object_foreach_blob(object, see_blob, object, NULL);
    record = tw_tail_write(object, NULL, &error);
    g_assert_no_error(error);
    again =
        tw_tail_parse(g_bytes_get_data(record, NULL), g_bytes_get_size(record), NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_object_inline_bytes(again), ==, tw_object_inline_bytes(object));
    copy = tw_object_copy(again);
    g_assert_true(tw_object_seal(copy, &error));
    record_again = tw_tail_write(copy, NULL, &error);
    g_assert_true(g_bytes_equal(record, record_again));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree guint8 *sealed = g_memdup2(data, size);
    guint32 sum;

    check(data, size);
    if (size < TW_TAIL_HEADER_LEN)
        return 0;
    sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, data, 4), data + 8, size - 8));
    memcpy(sealed + 4, &sum, 4);
    check(sealed, size);
    return 0;
}
