/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "db/sqlite-log-scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MOST_FRAMES = 48,
    SHORT_FRAME = TW_SQLITE_FRAME_HEADER + 1 /* the page is one byte, repeated */
};

static void
put_sum(guint8 *to, TwSqliteSum sum)
{
    guint32 raw[] = { GUINT32_TO_BE(sum.a), GUINT32_TO_BE(sum.b) };

    memcpy(to, raw, sizeof raw);
}

/* As the log is: sum by sum what a writer would have put, from the byte of the input on that asks for it. */
static TwSqliteSum
mend(gboolean big_endian, TwSqliteSum sum, guint8 *frame)
{
    sum = tw_sqlite_log_sum(big_endian, sum, frame, 8);
    sum = tw_sqlite_log_sum(big_endian, sum, frame + TW_SQLITE_FRAME_HEADER,
                            TW_SQLITE_FRAME - TW_SQLITE_FRAME_HEADER);
    put_sum(frame + 16, sum);
    return sum;
}

/* First byte: 1: the header's sum is mended; 2: those of all frames whose page byte is even. Then the log, its pages
 * shortened to a byte each. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TwCursor cur = tw_cursor_init(data, size);
    g_autofree guint8 *frame = g_malloc(TW_SQLITE_FRAME);
    g_autofree guint8 *header = g_malloc(TW_SQLITE_LOG_HEADER);
    const guint8 *bytes;
    TwSqliteLogScan scan;
    gboolean big_endian;
    TwSqliteSum sum;
    guint8 how;

    if (!tw_cursor_take_u8(&cur, &how) || !tw_cursor_take(&cur, TW_SQLITE_LOG_HEADER, &bytes))
        return 0;
    memcpy(header, bytes, TW_SQLITE_LOG_HEADER);
    big_endian = (header[3] & 1) != 0;
    sum = tw_sqlite_log_sum(big_endian, (TwSqliteSum){ 0, 0 }, header, 24);
    if ((how & 1) != 0)
        put_sum(header + 24, sum);
    tw_sqlite_log_scan_begin(&scan, header);
    for (guint i = 0; i < MOST_FRAMES && tw_cursor_take(&cur, SHORT_FRAME, &bytes); i++) {
        TwSqliteLogScan before = scan;
        memcpy(frame, bytes, TW_SQLITE_FRAME_HEADER);
        memset(frame + TW_SQLITE_FRAME_HEADER, bytes[SHORT_FRAME - 1],
               TW_SQLITE_FRAME - TW_SQLITE_FRAME_HEADER);
        if ((how & 2) != 0 && bytes[SHORT_FRAME - 1] % 2 == 0)
            sum = mend(big_endian, sum, frame);
        g_assert(tw_sqlite_log_scan_frame(&scan, frame) == scan.state);
        g_assert(scan.good_frames <= i + 1);
        g_assert(scan.good_frames == before.good_frames || before.good_frames == i);
        g_assert(scan.good_frames >= before.good_frames);
        if (before.state != TW_SQLITE_LOG_FRAMES && before.state != TW_SQLITE_LOG_DOUBTFUL)
            g_assert(scan.state == before.state);
        if (scan.state == TW_SQLITE_LOG_CORRUPT) /* at the first gap, which lies before here */
            g_assert(scan.damaged_at == 0 ||
                     scan.damaged_at == TW_SQLITE_LOG_HEADER + scan.good_frames * TW_SQLITE_FRAME);
        g_assert(scan.state != TW_SQLITE_LOG_DOUBTFUL);
    }
    return 0;
}
