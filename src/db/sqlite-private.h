/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of the SQLite back end share: sqlite.c (connections, statements), sqlite-env.c (the database as a
 * whole), sqlite-space.c (the log's length, the reserve). Lock order is in README.md.
 */
#pragma once

#include <sqlite3.h>

#include "db/db-private.h"
#include "db/sqlite-vfs.h"

G_BEGIN_DECLS

enum {
    TW_SQLITE_BUSY_MS = 10 * 1000 /* for connections that meet during recovery */
};

typedef struct {
    TwDb *db;
    TwFileSystem *fs;
    char *path, *log_path, *lock_path, *reserve_path;
    TwFile *lock_file;
    TwSqliteVfs *vfs;
    gboolean started; /* the log is certain: connections may be made */
    TwFile *log;      /* for pre-writing: the writer thread's alone */
    TwFile *reserve;
    gboolean checked; /* quick_check was done */

    TwLock copying; /* one checkpoint at a time; held across its I/O, taken before lock */
    TwLock lock;    /* guards all below */
    GCond wake;
    GThread *thread;
    gboolean stopping;
    guint frames;      /* in the log after the last commit */
    guint copied;      /* of these, in the database */
    guint64 log_bytes; /* length of the log file */
    guint64 reserve_bytes, reserve_target;
    guint64 checkpoints;
    guint64 log_target;  /* how long the log shall be, by the database's length ... */
    guint64 measured_at; /* ... when there had been so many checkpoints: only they change it */
} TwSqliteEnv;

typedef struct {
    TwDbConn conn;
    TwSqliteEnv *env;
    sqlite3 *handle;
    guint readers; /* the page cache is shared among so many */
    sqlite3_stmt *controls[TW_DB_CONTROLS];
} TwSqliteConn;

/* sqlite-cache.c: once, before SQLite is used */
void tw_sqlite_cache_configure(void);

/* sqlite-env.c */
gpointer tw_sqlite_env_new(TwDb *db, GError **error);
void tw_sqlite_env_free(gpointer data);
gboolean tw_sqlite_start(gpointer data, GError **error);
gboolean tw_sqlite_ready(gpointer data, TwDbConn *writer, GError **error);
void tw_sqlite_stop(gpointer data, TwDbConn *writer);
gboolean tw_sqlite_is_suspect(gpointer data);
void tw_sqlite_stats(gpointer data, TwDbStats *ret);

/* sqlite-space.c */
gboolean tw_sqlite_open_space(TwSqliteEnv *env, GError **error);
gpointer tw_sqlite_copying_thread(gpointer data);
void tw_sqlite_before_group(gpointer data, TwDbConn *writer);
gboolean tw_sqlite_has_log_room(gpointer data, TwDbConn *writer);
gboolean tw_sqlite_has_reserve(gpointer data);
gboolean tw_sqlite_use_reserve(gpointer data);

G_END_DECLS
