/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/sqlite-log.h"

#include <string.h>

#include "base/error.h"
#include "db/sqlite-log-scan.h"

enum {
    CLEARED = TW_SQLITE_LOG_HEADER + TW_SQLITE_FRAME_HEADER, /* all of it in one sector */
};

/* Goes through the frames of this round, up to the end of what SQLite will read. */
static gboolean
scan_log(TwFile *file, TwSqliteLogScan *scan, GError **error)
{
    g_autofree guint8 *data = g_malloc(TW_SQLITE_FRAME);
    guint8 header[TW_SQLITE_LOG_HEADER];
    guint64 offset = sizeof header;
    gsize got;

    *scan = (TwSqliteLogScan){ .state = TW_SQLITE_LOG_EMPTY };
    if (!tw_file_read(file, 0, header, sizeof header, &got, error))
        return FALSE;
    if (got == sizeof header)
        tw_sqlite_log_scan_begin(scan, header);
    while (scan->state == TW_SQLITE_LOG_FRAMES || scan->state == TW_SQLITE_LOG_DOUBTFUL) {
        if (!tw_file_read(file, offset, data, TW_SQLITE_FRAME, &got, error))
            return FALSE;
        if (got < TW_SQLITE_FRAME)
            break;
        tw_sqlite_log_scan_frame(scan, data);
        offset += TW_SQLITE_FRAME;
    }
    return TRUE;
}

/* Header and frames, over themselves. */
static gboolean
rewrite(TwFile *file, guint64 frames, GError **error)
{
    g_autofree guint8 *data = g_malloc(TW_SQLITE_FRAME);
    guint64 offset = TW_SQLITE_LOG_HEADER;

    if (!tw_file_read_exact(file, 0, data, TW_SQLITE_LOG_HEADER, error) ||
        !tw_file_write(file, 0, data, TW_SQLITE_LOG_HEADER, error))
        return FALSE;
    for (; frames > 0; frames--, offset += TW_SQLITE_FRAME) {
        if (!tw_file_read_exact(file, offset, data, TW_SQLITE_FRAME, error) ||
            !tw_file_write(file, offset, data, TW_SQLITE_FRAME, error))
            return FALSE;
    }
    return TRUE;
}

/* What a power cut left of a transaction behind the last commit goes, wherever it lies: the next transaction has the same salt
 * and is written over a part of it, and what its own power cut would leave must not be joined to that. */
static gboolean
drop_rest(TwFile *file, const TwSqliteLogScan *scan, GError **error)
{
    guint64 offset = TW_SQLITE_LOG_HEADER + scan->committed_frames * TW_SQLITE_FRAME;

    for (;; offset += TW_SQLITE_FRAME) {
        guint8 header[TW_SQLITE_FRAME_HEADER];
        gsize got;
        if (!tw_file_read(file, offset, header, sizeof header, &got, error))
            return FALSE;
        if (got < sizeof header)
            return TRUE;
        if (tw_sqlite_log_is_of_round(scan, header) &&
            !tw_file_write_zeros(file, offset, sizeof header, error))
            return FALSE;
    }
}

/* A log that nobody reads has no header and no first frame. SQLite would take round and salt even of a header that does not
 * hold: the next round then had the salt of the frames that lie here. And with the frame gone nothing can be joined to a new
 * header that is cut short. */
static gboolean
clear_start(TwFile *file, gboolean *ret_wrote, GError **error)
{
    static const guint8 zeros[CLEARED];
    guint8 bytes[CLEARED];
    gsize got;

    *ret_wrote = FALSE;
    if (!tw_file_read(file, 0, bytes, sizeof bytes, &got, error))
        return FALSE;
    *ret_wrote = memcmp(bytes, zeros, got) != 0;
    return !*ret_wrote || tw_file_write_zeros(file, 0, got, error);
}

gboolean
tw_sqlite_log_certify(
    TwFileSystem *fs, const char *path, guint64 drop_from, guint64 drop_to, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, &why);
    TwSqliteLogScan scan;
    gboolean wrote = TRUE, dropped = drop_to > drop_from;

    if (file == NULL && g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    if (file == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (dropped && !tw_file_write_zeros(file, drop_from, drop_to - drop_from, error))
        return FALSE;
    if (!scan_log(file, &scan, error))
        return FALSE;
    if (scan.state == TW_SQLITE_LOG_CORRUPT) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "%s is damaged at %" G_GUINT64_FORMAT ", and not by a power cut", path,
                    scan.damaged_at);
        return FALSE;
    }
    if (scan.state == TW_SQLITE_LOG_FRAMES || scan.state == TW_SQLITE_LOG_END) {
        if (!rewrite(file, scan.committed_frames, error) || !drop_rest(file, &scan, error))
            return FALSE;
    } else if (!clear_start(file, &wrote, error)) {
        return FALSE;
    }
    if (!wrote && !dropped)
        return TRUE;
    return tw_file_sync(file, error) && tw_file_sync_parent(fs, path, error);
}

gboolean
tw_sqlite_log_clear(TwFileSystem *fs, const char *path, GError **error)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, error);

    return file != NULL && tw_file_write_zeros(file, 0, CLEARED, error) &&
           tw_file_sync(file, error);
}
