/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Frames are chained: each frame's checksum begins with that of the frame before. A frame whose chain does not hold
 * usually is where the power went, and SQLite takes the log as ending there. It is damage when somewhere behind it a commit
 * is followed by a frame chained to it: that one was only written after the commit, and all before it, was on disk.
 * (Frames chained among themselves prove nothing: what a power cut left of a transaction stays behind the end until it
 * is overwritten, in part, by the next one, under the same salt. Nor does what a frame out of the chain says of itself:
 * its header may be torn, half of it older.)
 */
#include "db/sqlite-log.h"

#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "db/sqlite-vfs.h"

enum {
    MAGIC = 0x377f0682, /* lowest bit: checksums are over big-endian words */
    MOST_FOREIGN =
        16 /* frames of earlier rounds in a row, after which nothing of this one is looked for */
};

typedef struct {
    guint32 a, b;
} Sum;

typedef struct {
    TwFile *file;
    gboolean big_endian;
    guint32 salt[2];
    Sum sum; /* of the frame before */
} Log;

typedef struct {
    guint32
        commit_size;  /* pages of the database after the commit; 0: not the last of a transaction */
    Sum sum;          /* as stored */
    gboolean ours;    /* salt fits: written since the log last began anew */
    gboolean chained; /* the sum is that of the content and the frame before */
} Frame;

static guint32
word(const Log *log, const guint8 *p)
{
    guint32 raw;

    memcpy(&raw, p, sizeof raw);
    return log->big_endian ? GUINT32_FROM_BE(raw) : GUINT32_FROM_LE(raw);
}

static Sum
add_words(const Log *log, Sum sum, const guint8 *data, gsize len)
{
    for (gsize i = 0; i + 8 <= len; i += 8) {
        sum.a += word(log, data + i) + sum.b;
        sum.b += word(log, data + i + 4) + sum.a;
    }
    return sum;
}

/* *ret_used: FALSE when the log is empty, as after a clean close or when its header was never finished. */
static gboolean
read_header(Log *log, gboolean *ret_used, GError **error)
{
    guint8 header[TW_SQLITE_LOG_HEADER];
    TwCursor cur = tw_cursor_init(header, sizeof header);
    guint32 magic, format, page_size, round, a, b;
    gsize got;

    if (!tw_file_read(log->file, 0, header, sizeof header, &got, error))
        return FALSE;
    *ret_used = FALSE;
    if (got < sizeof header || !tw_cursor_take_u32be(&cur, &magic) ||
        !tw_cursor_take_u32be(&cur, &format) || !tw_cursor_take_u32be(&cur, &page_size) ||
        !tw_cursor_take_u32be(&cur, &round) || !tw_cursor_take_u32be(&cur, &log->salt[0]) ||
        !tw_cursor_take_u32be(&cur, &log->salt[1]) || !tw_cursor_take_u32be(&cur, &a) ||
        !tw_cursor_take_u32be(&cur, &b))
        return TRUE;
    log->big_endian = (magic & 1) != 0;
    log->sum = add_words(log, (Sum){ 0, 0 }, header, 24);
    *ret_used =
        (magic & ~1u) == MAGIC && page_size == TW_SQLITE_PAGE && log->sum.a == a && log->sum.b == b;
    return TRUE;
}

static Frame
read_frame(const Log *log, const guint8 *data)
{
    TwCursor cur = tw_cursor_init(data, TW_SQLITE_FRAME_HEADER);
    Frame frame = { .ours = FALSE };
    guint32 page, salt[2];
    Sum sum;

    if (!tw_cursor_take_u32be(&cur, &page) || !tw_cursor_take_u32be(&cur, &frame.commit_size) ||
        !tw_cursor_take_u32be(&cur, &salt[0]) || !tw_cursor_take_u32be(&cur, &salt[1]) ||
        !tw_cursor_take_u32be(&cur, &frame.sum.a) || !tw_cursor_take_u32be(&cur, &frame.sum.b))
        return frame;
    sum = add_words(log, log->sum, data, 8);
    sum = add_words(log, sum, data + TW_SQLITE_FRAME_HEADER, TW_SQLITE_PAGE);
    frame.ours = page != 0 && salt[0] == log->salt[0] && salt[1] == log->salt[1];
    frame.chained = frame.ours && sum.a == frame.sum.a && sum.b == frame.sum.b;
    return frame;
}

/* Goes through the frames of this round, writing the good ones over themselves. */
static gboolean
rewrite_frames(Log *log, const char *path, GError **error)
{
    g_autofree guint8 *data = g_malloc(TW_SQLITE_FRAME);
    guint64 offset = TW_SQLITE_LOG_HEADER, broken_at = 0;
    gboolean broken = FALSE, after_commit = FALSE;
    guint foreign = 0; /* in a row */

    for (;; offset += TW_SQLITE_FRAME) {
        Frame frame;
        gsize got;
        if (!tw_file_read(log->file, offset, data, TW_SQLITE_FRAME, &got, error))
            return FALSE;
        if (got < TW_SQLITE_FRAME)
            return TRUE;
        frame = read_frame(log, data);
        if (!frame.chained && !broken) {
            broken = TRUE;
            broken_at = offset;
        }
        foreign = frame.ours ? 0 : foreign + 1;
        if (foreign > MOST_FOREIGN)
            return TRUE;
        if (broken && frame.chained && after_commit) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "%s is damaged at %" G_GUINT64_FORMAT ", before a commit that is whole",
                        path, broken_at);
            return FALSE;
        }
        after_commit = broken && frame.chained && frame.commit_size != 0;
        if (!broken && !tw_file_write(log->file, offset, data, TW_SQLITE_FRAME, error))
            return FALSE;
        log->sum = frame.sum;
    }
}

gboolean
tw_sqlite_log_certify(
    TwFileSystem *fs, const char *path, guint64 drop_from, guint64 drop_to, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, &why);
    guint8 header[TW_SQLITE_LOG_HEADER];
    Log log = { .file = file };
    gboolean used;

    if (file == NULL && g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    if (file == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (drop_to > drop_from && !tw_file_write_zeros(file, drop_from, drop_to - drop_from, error))
        return FALSE;
    if (!read_header(&log, &used, error))
        return FALSE;
    if (used && (!tw_file_read_exact(file, 0, header, sizeof header, error) ||
                 !tw_file_write(file, 0, header, sizeof header, error) ||
                 !rewrite_frames(&log, path, error)))
        return FALSE;
    if (!used && drop_to == drop_from)
        return TRUE;
    return tw_file_sync(file, error) && tw_file_sync_parent(fs, path, error);
}

gboolean
tw_sqlite_log_clear(TwFileSystem *fs, const char *path, GError **error)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, error);

    return file != NULL && tw_file_write_zeros(file, 0, TW_SQLITE_LOG_HEADER, error) &&
           tw_file_sync(file, error);
}
