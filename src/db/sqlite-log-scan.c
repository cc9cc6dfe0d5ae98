/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A frame whose chain does not hold usually is where the power went, and SQLite takes the log as ending there. It is
 * damage when at it or behind it a commit is followed by a frame chained to it: that one was only written after the
 * commit, and all before it, was on disk. So only damage in the last commit of all looks like a power cut.
 *
 * Frames chained among themselves prove nothing: what a power cut or a rollback left of a transaction stays behind the
 * end until it is overwritten, in part, by the next one, under the same salt.
 *
 * Which frames are commits, when one does not hold? The frame after it tells which of its two sums is the true one:
 * - the computed one: then its content is whole, and the sum or the salt beside it is damaged;
 * - the stored one: then its content is damaged. Its header is believed when it lies in one sector (one in 32 does not: half
 *   of it may be older) and the chain goes on from it to another commit. A sector that was changed while it was on its way to
 *   the disk may be cut at any byte: such a header says of the new frame that it is a commit, and has the sum of one that was
 *   there before; but what is behind that is of a transaction that was taken back, and no commit. (What a power cut left of
 *   one that was to be a commit is no more when the next one is written: sqlite-log.c sees to that.)
 *
 * The header is 32 bytes in one sector, but is not trusted to be written whole. When it does not hold, the first frame
 * tells: chained to what the header would be without damage, it makes the header one of its own round. What a new header
 * cut short leaves is known too: the round comes before the salt and the sum, so it is one more than the frame's, or, cut
 * within a carry, one more at a higher byte.
 */
#include "db/sqlite-log-scan.h"

#include <string.h>

#include "base/cursor.h"

enum {
    MAGIC = 0x377f0682,
    FORMAT = 3007000,
    PAGE = TW_SQLITE_FRAME - TW_SQLITE_FRAME_HEADER,
    SUMMED = 24, /* bytes of the log's header */
    SECTOR = 512,
    MOST_FOREIGN =
        16 /* frames of earlier rounds in a row, after which nothing of this one is looked for */
};

typedef struct {
    guint32 page, commit_size, salt[2];
    TwSqliteSum sum;
} Frame;

static guint32
word(gboolean big_endian, const guint8 *p)
{
    guint32 raw;

    memcpy(&raw, p, sizeof raw);
    return big_endian ? GUINT32_FROM_BE(raw) : GUINT32_FROM_LE(raw);
}

TwSqliteSum
tw_sqlite_log_sum(gboolean big_endian, TwSqliteSum sum, const guint8 *data, gsize len)
{
    for (gsize i = 0; i + 8 <= len; i += 8) {
        sum.a += word(big_endian, data + i) + sum.b;
        sum.b += word(big_endian, data + i + 4) + sum.a;
    }
    return sum;
}

static gboolean
equal(TwSqliteSum a, TwSqliteSum b)
{
    return a.a == b.a && a.b == b.b;
}

TwSqliteLogState
tw_sqlite_log_scan_begin(TwSqliteLogScan *ret, const guint8 header[TW_SQLITE_LOG_HEADER])
{
    TwCursor cur = tw_cursor_init(header, TW_SQLITE_LOG_HEADER);
    guint32 magic = 0, format = 0, page_size = 0;

    *ret = (TwSqliteLogScan){ .state = TW_SQLITE_LOG_EMPTY };
    if (!tw_cursor_take_u32be(&cur, &magic) || !tw_cursor_take_u32be(&cur, &format) ||
        !tw_cursor_take_u32be(&cur, &page_size) || !tw_cursor_take_u32be(&cur, &ret->round) ||
        !tw_cursor_take_u32be(&cur, &ret->salt[0]) || !tw_cursor_take_u32be(&cur, &ret->salt[1]) ||
        !tw_cursor_take_u32be(&cur, &ret->stored.a) || !tw_cursor_take_u32be(&cur, &ret->stored.b))
        return ret->state;
    ret->big_endian = (magic & 1) != 0;
    ret->computed = tw_sqlite_log_sum(ret->big_endian, (TwSqliteSum){ 0, 0 }, header, SUMMED);
    if ((magic & ~1u) == MAGIC && page_size == PAGE && equal(ret->stored, ret->computed))
        ret->state = TW_SQLITE_LOG_FRAMES;
    else if (header[0] != 0) /* the first byte that clearing it takes away */
        ret->state = TW_SQLITE_LOG_DOUBTFUL;
    return ret->state;
}

static void
read_frame(const guint8 *data, Frame *ret)
{
    TwCursor cur = tw_cursor_init(data, TW_SQLITE_FRAME_HEADER);

    *ret = (Frame){ .page = 0 };
    if (!tw_cursor_take_u32be(&cur, &ret->page) || !tw_cursor_take_u32be(&cur, &ret->commit_size) ||
        !tw_cursor_take_u32be(&cur, &ret->salt[0]) || !tw_cursor_take_u32be(&cur, &ret->salt[1]) ||
        !tw_cursor_take_u32be(&cur, &ret->sum.a) || !tw_cursor_take_u32be(&cur, &ret->sum.b))
        ret->page = 0;
}

static TwSqliteSum
sum_of(gboolean big_endian, TwSqliteSum before, const guint8 *data)
{
    before = tw_sqlite_log_sum(big_endian, before, data, 8);
    return tw_sqlite_log_sum(big_endian, before, data + TW_SQLITE_FRAME_HEADER, PAGE);
}

/* The sum of the header that the first frame's round has, if it is the given round. */
static TwSqliteSum
likely_sum(gboolean big_endian, guint32 round, const Frame *frame)
{
    const guint32 words[] = {
        GUINT32_TO_BE((guint32) MAGIC | (big_endian ? 1 : 0)),
        GUINT32_TO_BE(FORMAT),
        GUINT32_TO_BE(PAGE),
        GUINT32_TO_BE(round),
        GUINT32_TO_BE(frame->salt[0]),
        GUINT32_TO_BE(frame->salt[1]),
    };
    guint8 bytes[SUMMED];

    memcpy(bytes, words, sizeof bytes);
    return tw_sqlite_log_sum(big_endian, (TwSqliteSum){ 0, 0 }, bytes, sizeof bytes);
}

/* May the round that the header shows be what a new header, cut short, leaves of the round that has this sum? */
static gboolean
is_cut_short(const TwSqliteLogScan *scan, gboolean big_endian, const Frame *frame)
{
    for (guint shift = 0; shift < 32; shift += 8) {
        guint32 carry = (guint32) 1 << shift, before = scan->round - carry;
        if ((before & (carry - 1)) == carry - 1 &&
            equal(likely_sum(big_endian, before, frame), scan->stored))
            return TRUE;
    }
    return FALSE;
}

/* Is the header, which does not hold, that of this frame's round with some bytes damaged? */
static gboolean
header_is_damaged(const TwSqliteLogScan *scan, gboolean big_endian, const guint8 *data)
{
    Frame frame;

    read_frame(data, &frame);
    if (frame.page == 0)
        return FALSE;
    if (equal(sum_of(big_endian, likely_sum(big_endian, scan->round, &frame), data), frame.sum))
        return TRUE; /* all but the round may be wrong */
    return scan->salt[0] == frame.salt[0] && scan->salt[1] == frame.salt[1] &&
           equal(sum_of(big_endian, scan->stored, data), frame.sum) &&
           !is_cut_short(scan, big_endian, &frame);
}

static TwSqliteLogState
judge_header(TwSqliteLogScan *scan, const guint8 *data)
{
    gboolean damaged = header_is_damaged(scan, FALSE, data) || header_is_damaged(scan, TRUE, data);

    scan->damaged_at = 0;
    scan->state = damaged ? TW_SQLITE_LOG_CORRUPT : TW_SQLITE_LOG_EMPTY;
    return scan->state;
}

static gboolean
in_one_sector(guint64 index)
{
    guint64 offset = TW_SQLITE_LOG_HEADER + index * TW_SQLITE_FRAME;

    return offset % SECTOR + TW_SQLITE_FRAME_HEADER <= SECTOR;
}

/* Behind a frame that does not hold: does this one prove that a commit there was whole once? */
static gboolean
proves_damage(TwSqliteLogScan *scan, const Frame *frame, gboolean by_stored, gboolean by_computed)
{
    if ((by_stored && scan->commit_by_stored) || (by_computed && scan->commit_by_computed))
        return TRUE;
    scan->follows_header = by_stored && (scan->commit_by_header || scan->follows_header);
    return scan->follows_header && frame->commit_size != 0;
}

TwSqliteLogState
tw_sqlite_log_scan_frame(TwSqliteLogScan *scan, const guint8 data[TW_SQLITE_FRAME])
{
    gboolean ours, by_stored, by_computed;
    TwSqliteSum sum;
    Frame frame;

    if (scan->state == TW_SQLITE_LOG_DOUBTFUL)
        return judge_header(scan, data);
    if (scan->state != TW_SQLITE_LOG_FRAMES)
        return scan->state;
    read_frame(data, &frame);
    ours = frame.page != 0 && frame.salt[0] == scan->salt[0] && frame.salt[1] == scan->salt[1];
    sum = sum_of(scan->big_endian, scan->stored, data);
    by_stored = equal(sum, frame.sum);
    by_computed = by_stored;
    if (!equal(scan->stored, scan->computed))
        by_computed = equal(sum_of(scan->big_endian, scan->computed, data), frame.sum);
    if (scan->good_frames < scan->count &&
        proves_damage(scan, &frame, ours && by_stored, ours && by_computed)) {
        scan->damaged_at = TW_SQLITE_LOG_HEADER + scan->good_frames * TW_SQLITE_FRAME;
        scan->state = TW_SQLITE_LOG_CORRUPT;
        return scan->state;
    }
    if (scan->good_frames == scan->count && ours && by_stored) {
        scan->good_frames++;
        if (frame.commit_size != 0)
            scan->committed_frames = scan->good_frames;
    }
    scan->foreign = ours ? 0 : scan->foreign + 1;
    if (scan->foreign > MOST_FOREIGN)
        scan->state = TW_SQLITE_LOG_END;
    scan->commit_by_computed = frame.commit_size != 0;
    scan->commit_by_stored = frame.commit_size != 0 && (by_stored || by_computed);
    scan->commit_by_header = frame.commit_size != 0 && ours && in_one_sector(scan->count);
    scan->stored = frame.sum;
    scan->computed = sum;
    scan->count++;
    return scan->state;
}

gboolean
tw_sqlite_log_is_of_round(const TwSqliteLogScan *scan, const guint8 header[TW_SQLITE_FRAME_HEADER])
{
    Frame frame;

    read_frame(header, &frame);
    return frame.salt[0] == scan->salt[0] && frame.salt[1] == scan->salt[1];
}
