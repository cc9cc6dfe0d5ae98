/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What sqlite-vfs.c (files) and sqlite-vfs-locks.c (locks, the log's index) share. */
#pragma once

#include "base/lock.h"
#include "db/sqlite-vfs.h"

G_BEGIN_DECLS

typedef enum {
    TW_SQLITE_KIND_DATABASE,
    TW_SQLITE_KIND_LOG,
    TW_SQLITE_KIND_JOURNAL, /* of the one moment in which a new database is put into log mode */
} TwSqliteKind;

typedef struct TwSqliteFile TwSqliteFile;

struct TwSqliteVfs {
    sqlite3_vfs vfs;
    char *name, *path, *log_path, *journal_path;
    TwFileSystem *fs;
    sqlite3_vfs *system; /* for time and randomness */

    gint suspect; /* atomic: each write of a page asks */

    TwLock lock;                  /* guards all below; never held across I/O */
    gboolean log_dirty;           /* bytes written since the last good sync ... */
    guint64 dirty_from, dirty_to; /* ... lie between these */

    guint shared; /* connections with a shared lock of the database file */
    const TwSqliteFile *reserved, *pending, *exclusive;

    GPtrArray *regions; /* the log's index, in pieces */
    guint region_users;
    int log_locks[SQLITE_SHM_NLOCK]; /* -1: exclusive; else how many share it */
};

struct TwSqliteFile {
    sqlite3_file base;
    TwSqliteVfs *vfs;
    TwFile *file;
    TwSqliteKind kind;
    gboolean is_new;      /* the name is not synced yet */
    gboolean has_written; /* to the log */
    int level;
    gboolean has_regions;
    guint16 shared_locks, exclusive_locks; /* bits of log_locks */
    gboolean scans;                        /* TW_SQLITE_EXPECT_SCAN */
    guint8 *page;                          /* a page on its way out */
    guint8 *
        gathered; /* log: bytes in a row that were written and wait for a sync to go out in one piece */
    guint64 gathered_at;
    gsize gathered_len;
};

/* sqlite-vfs-locks.c: members of SQLite's table */
int tw_sqlite_vfs_lock(sqlite3_file *base, int level);
int tw_sqlite_vfs_unlock(sqlite3_file *base, int level);
int tw_sqlite_vfs_check_reserved(sqlite3_file *base, int *ret);
int tw_sqlite_vfs_map(sqlite3_file *base, int index, int size, int extend, void volatile **ret);
int tw_sqlite_vfs_lock_log(sqlite3_file *base, int first, int count, int flags);
void tw_sqlite_vfs_barrier(sqlite3_file *base);
int tw_sqlite_vfs_unmap(sqlite3_file *base, int remove);

G_END_DECLS
