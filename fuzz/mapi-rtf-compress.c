/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The input is read as compressed RTF, once as it is and once behind a header with a checksum that fits, so that the
 * body is reached at all; and compressed, which must read back to the same.
 */
#include <glib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "mapi/rtf-compress.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST_RAW = 1 << 16
};

static void
check_read(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) rtf = tw_rtf_decompress(data, size, MOST_RAW, &error);

    g_assert_true((rtf == NULL) == (error != NULL));
    if (rtf != NULL)
        g_assert_cmpuint(g_bytes_get_size(rtf), <=, MOST_RAW);
    else
        g_assert_true(error->code == TW_ERROR_CORRUPT || error->code == TW_ERROR_TOO_BIG);
}

/* Two bytes for the size to claim, the rest is the body. */
static void
check_body(const guint8 *data, gsize size)
{
    g_autofree guint8 *made = NULL;
    guint32 fields[4];

    if (size < 2)
        return;
    made = g_malloc(16 + size - 2);
    memcpy(made + 16, data + 2, size - 2);
    fields[0] = GUINT32_TO_LE((guint32) (12 + size - 2));
    fields[1] = GUINT32_TO_LE((guint32) data[0] << 8 | data[1]);
    fields[2] = GUINT32_TO_LE(0x75465a4cu);
    fields[3] = GUINT32_TO_LE((guint32) ~crc32(0xffffffffu, data + 2, (uInt) (size - 2)));
    memcpy(made, fields, sizeof fields);
    check_read(made, 16 + size - 2);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GBytes) packed = tw_rtf_compress(data, size, NULL);
    g_autoptr(GBytes) back = NULL;
    g_autoptr(GBytes) original = g_bytes_new(data, size);
    gsize len;
    const guint8 *bytes = g_bytes_get_data(packed, &len);

    back = tw_rtf_decompress(bytes, len, TW_RTF_MAX_RAW, NULL);
    g_assert_true(back != NULL && g_bytes_equal(back, original));
    check_read(data, size);
    check_body(data, size);
    return 0;
}
