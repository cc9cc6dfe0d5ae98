/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the bytes of a write-ahead log say: where it ends, and whether it ends there because the power went or because it
 * is damaged. A function of its input: no files.
 *
 * | offset | bytes | what (big endian but for the words that are summed) |
 * |---|---|---|
 * | 0 | 4 | 0x377f0682; lowest bit set: sums are over big-endian words |
 * | 4 | 4 | format, 3007000 |
 * | 8 | 4 | bytes of a page, 4096 |
 * | 12 | 4 | round: one more each time the log begins anew |
 * | 16 | 8 | salt of the round; its first word is one more each time, its second random |
 * | 24 | 8 | sum of the 24 bytes before |
 * | 32 | 4120 each | frames |
 *
 * A frame: page number (4), pages of the database after the commit or 0 (4), salt (8), sum (8), the page (4096). The sum
 * is over the first 8 bytes and the page, and begins with the sum of the frame before, or of the header.
 * (https://www.sqlite.org/fileformat2.html, section 4)
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_SQLITE_LOG_HEADER = 32,
    TW_SQLITE_FRAME_HEADER = 24,
    TW_SQLITE_FRAME = TW_SQLITE_FRAME_HEADER + 4096,
};

typedef enum {
    TW_SQLITE_LOG_FRAMES, /* give it the next frame */
    TW_SQLITE_LOG_DOUBTFUL, /* the header does not hold: give it the first frame, which may tell why */
    TW_SQLITE_LOG_EMPTY,    /* no header, as after a clean close, or one that was never finished */
    TW_SQLITE_LOG_END,      /* nothing of this round can follow */
    TW_SQLITE_LOG_CORRUPT, /* damaged at damaged_at */
} TwSqliteLogState;

typedef struct {
    guint32 a, b;
} TwSqliteSum;

typedef struct {
    TwSqliteLogState state;
    guint64 good_frames;      /* from the start, without a gap */
    guint64 committed_frames; /* of these up to the last commit: what SQLite will take */
    guint64 damaged_at;       /* CORRUPT: offset of the header or of a frame */

    /*< private >*/
    gboolean big_endian;
    guint32 round, salt[2];
    guint64 count;        /* frames given so far */
    guint foreign;        /* of these the last ones, in a row, that are of earlier rounds */
    TwSqliteSum stored;   /* what the frame before says that its sum is ... */
    TwSqliteSum computed; /* ... and what its bytes come to */
    gboolean commit_by_stored, commit_by_computed; /* it is a commit if that sum is the true one */
    gboolean commit_by_header;                     /* it says that it is one, and holds or not */
    gboolean
        follows_header; /* it is chained to one that only said so, directly or through others */
} TwSqliteLogScan;

/**
 * tw_sqlite_log_scan_begin:
 * @ret: (out caller-allocates): the scan
 * @header: (array fixed-size=32): the first bytes of the log
 *
 * Returns: what the header says: FRAMES, DOUBTFUL or EMPTY
 */
TwSqliteLogState tw_sqlite_log_scan_begin(TwSqliteLogScan *ret,
                                          const guint8 header[TW_SQLITE_LOG_HEADER]);

/**
 * tw_sqlite_log_scan_frame:
 * @scan: a scan in state FRAMES or DOUBTFUL; in any other this does nothing
 * @data: (array fixed-size=4120): the next bytes of the log
 *
 * Returns: the state after it
 */
TwSqliteLogState tw_sqlite_log_scan_frame(TwSqliteLogScan *scan,
                                          const guint8 data[TW_SQLITE_FRAME]);

/**
 * tw_sqlite_log_is_of_round:
 * @scan: a scan that has read the log's header
 * @header: (array fixed-size=24): the first bytes of a frame
 *
 * Returns: whether the frame has the salt of this round, whole or not
 */
gboolean tw_sqlite_log_is_of_round(const TwSqliteLogScan *scan,
                                   const guint8 header[TW_SQLITE_FRAME_HEADER]);

/**
 * tw_sqlite_log_sum:
 * @big_endian: how the words of this log are summed
 * @sum: where to begin
 * @data: (array length=len): words
 * @len: a multiple of 8
 *
 * Returns: the sum with @data added
 */
TwSqliteSum tw_sqlite_log_sum(gboolean big_endian, TwSqliteSum sum, const guint8 *data, gsize len);

G_END_DECLS
