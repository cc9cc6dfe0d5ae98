/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SQLite's view of the disk: everything goes through base/file.h. One for each open database.
 *
 * 1. Only one process has the database open (the lock file sees to it), so the locks between connections and
 *    the log's index live in this process's memory.
 * 2. Each page of the database file carries a checksum in its last 8 bytes, seeded with its number: a flipped bit or a
 *    page in the wrong place is an error when read. (Log frames carry SQLite's own.)
 * 3. A failed write (other than for lack of space) or sync makes the whole database suspect. Which bytes of the log
 *    were not synced is remembered, so that reopening can take them back.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "base/file.h"

G_BEGIN_DECLS

enum {
    TW_SQLITE_PAGE = 4096,
    TW_SQLITE_PAGE_TAIL = 8, /* bytes at a page's end kept for the checksum */
    /* sqlite3_file_control() with a gboolean: pages below each inner page that is read are asked for at once; the first number
     * that SQLite leaves to others is 100 */
    TW_SQLITE_EXPECT_SCAN = 8101,
};

typedef struct TwSqliteVfs TwSqliteVfs;

/**
 * tw_sqlite_vfs_new:
 * @fs: the files
 * @path: the database; its log is @path-wal
 *
 * Returns: (transfer full): a VFS, registered under tw_sqlite_vfs_name()
 */
TwSqliteVfs *tw_sqlite_vfs_new(TwFileSystem *fs, const char *path);

/**
 * tw_sqlite_vfs_free:
 * @vfs: (nullable) (transfer full): a VFS without open files
 */
void tw_sqlite_vfs_free(TwSqliteVfs *vfs);

/**
 * tw_sqlite_vfs_name:
 * @vfs: a VFS
 *
 * Returns: (transfer none): its name for sqlite3_open_v2()
 */
const char *tw_sqlite_vfs_name(const TwSqliteVfs *vfs);

/**
 * tw_sqlite_vfs_is_suspect:
 * @vfs: a VFS
 *
 * Returns: TRUE once a write or sync has failed; never FALSE again
 */
gboolean tw_sqlite_vfs_is_suspect(TwSqliteVfs *vfs);

/**
 * tw_sqlite_vfs_unsynced_log:
 * @vfs: a VFS
 * @ret_from: (out): first byte
 * @ret_to: (out): byte after the last
 *
 * Returns: FALSE when every byte of the log was synced
 */
gboolean tw_sqlite_vfs_unsynced_log(TwSqliteVfs *vfs, guint64 *ret_from, guint64 *ret_to);

/**
 * tw_sqlite_page_sum:
 * @page: (array fixed-size=4088): a page without its tail
 * @number: which page, from 1
 *
 * Returns: the checksum kept in the page's last 8 bytes, little endian. Any change of one 32-bit word is seen
 */
guint64 tw_sqlite_page_sum(const guint8 *page, guint32 number);

G_END_DECLS
