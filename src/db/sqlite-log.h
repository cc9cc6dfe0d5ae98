/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The write-ahead log as a file: made certain before SQLite trusts it, and marked empty after a clean close.
 * What its bytes mean is in sqlite-log-scan.h.
 */
#pragma once

#include <glib.h>

#include "base/file.h"

G_BEGIN_DECLS

/**
 * tw_sqlite_log_certify:
 * @fs: the files
 * @path: the log; need not be there
 * @drop_from: bytes from here ...
 * @drop_to: ... to here were written but never synced, and nobody was told that they are durable: zeroed; equal: none
 * @error: TW_ERROR_CORRUPT when the header or a frame before the last commit is damaged; nothing was written then.
 *   Else what the file system says
 *
 * Writes the used part of the log, up to its last commit, over itself and syncs it; what a power cut left behind that of the
 * same round goes, and of a log that is not used the start. What is read from a log after a failed sync, here or in a
 * process that is no more, may be only in memory, which has forgotten that it was never written: copying it into the
 * database could tear the database. After this the disk holds what is read.
 *
 * Returns: FALSE on failure; the log may then not be trusted
 */
gboolean tw_sqlite_log_certify(
    TwFileSystem *fs, const char *path, guint64 drop_from, guint64 drop_to, GError **error);

/**
 * tw_sqlite_log_clear:
 * @fs: the files
 * @path: a log whose every frame is in the database, and that synced
 * @error: what the file system says
 *
 * Zeroes the header and that of the first frame, and syncs, so that the next opening need not look at it. The file keeps its length.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sqlite_log_clear(TwFileSystem *fs, const char *path, GError **error);

G_END_DECLS
