/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails in their rows, and lists of texts in them: the bytes as they are, and with a sum that fits, so that what is behind the sum
 * is reached. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "convert/mime-skeleton.h"
#include "store/inline.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* A list, of a mail of its own. */
static void
check_list(const guint8 *data, gsize size)
{
    static const char mail[] = "From: a@example.org\r\n\r\na text of a few words\r\n";
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(TwSkeletonRef));
    g_autoptr(GBytes) skeleton =
        tw_skeleton_build((const guint8 *) mail, sizeof mail - 1, none, NULL);
    g_autoptr(GBytes) row = tw_inline_pack(skeleton);
    g_autoptr(GBytes) list = g_bytes_new(data, size);
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    gboolean ok = tw_inline_texts_give(list, row, object, &error);

    g_assert_true(ok == (error == NULL));
    g_assert_true(ok || error->domain == TW_ERROR);
}

static void
check(const guint8 *data, gsize size)
{
    g_autoptr(GBytes) row = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) plain = tw_inline_open(row, &error);
    g_autoptr(GBytes) packed = NULL;
    g_autoptr(GBytes) again = NULL;

    g_assert_true((plain == NULL) == (error != NULL));
    if (plain == NULL) {
        g_assert_true(error->domain == TW_ERROR);
        return;
    }
    g_assert_cmpuint(g_bytes_get_size(plain), <=, TW_INLINE_MAX_LEN);
    packed = tw_inline_pack(plain);
    again = tw_inline_open(packed, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(plain, again));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree guint8 *sealed = g_memdup2(data, size);
    guint32 sum;

    check(data, size);
    check_list(data, size);
    if (size < 8)
        return 0;
    sum = GUINT32_TO_LE(tw_crc32c(tw_crc32c(0, data, 4), data + 8, size - 8));
    memcpy(sealed + 4, &sum, sizeof sum);
    check(sealed, size);
    check_list(sealed, size);
    return 0;
}
