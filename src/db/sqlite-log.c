/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/sqlite-log.h"

#include "base/error.h"
#include "db/sqlite-log-scan.h"

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

gboolean
tw_sqlite_log_certify(
    TwFileSystem *fs, const char *path, guint64 drop_from, guint64 drop_to, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ | TW_FILE_WRITE, &why);
    TwSqliteLogScan scan;
    gboolean used;

    if (file == NULL && g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    if (file == NULL) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (drop_to > drop_from && !tw_file_write_zeros(file, drop_from, drop_to - drop_from, error))
        return FALSE;
    if (!scan_log(file, &scan, error))
        return FALSE;
    if (scan.state == TW_SQLITE_LOG_CORRUPT) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "%s is damaged at %" G_GUINT64_FORMAT ", and not by a power cut", path,
                    scan.damaged_at);
        return FALSE;
    }
    used = scan.state == TW_SQLITE_LOG_FRAMES || scan.state == TW_SQLITE_LOG_END;
    if (used && !rewrite(file, scan.good_frames, error))
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
