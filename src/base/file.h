/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The one table of functions for all engine I/O.
 *
 * The engine (db/, blob/, store/) touches the disk only through a #TwFileSystem that is passed in: the system's own,
 * or in tests one that fails, delays, tears and records each call (tests/support/fault-fs.h). The table works
 * with errno values and may read or write short; the functions below it loop, add the path and give a #GError.
 *
 * Paths are NUL-terminated bytes in the system's encoding. The last component is never followed when it is a symbolic link.
 * Memory mapping is not offered: a mapped page cannot report a read error, nor be recorded.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <sys/uio.h>

G_BEGIN_DECLS

typedef struct TwFileSystem TwFileSystem;
typedef struct TwFile TwFile;

enum {
    TW_FILE_MAX_VECTORS = 64 /* most pieces of one tw_file_write_vectors() */
};

typedef enum {
    TW_FILE_READ = 1u << 0,       /* open for reading */
    TW_FILE_WRITE = 1u << 1,      /* open for writing */
    TW_FILE_CREATE = 1u << 2,     /* make it when it is not there, mode 0600 */
    TW_FILE_CREATE_NEW = 1u << 3, /* make it; EEXIST when it is there */
} TwFileOpenFlags;

typedef enum {
    TW_FILE_KIND_REGULAR,
    TW_FILE_KIND_DIRECTORY,
    TW_FILE_KIND_OTHER, /* symbolic links, sockets and the like: never ours */
} TwFileKind;

typedef struct {
    TwFileKind kind;
    guint64 size;           /* bytes */
    guint64 allocated;      /* bytes on disk, as far as the file system tells */
    guint64 device, number; /* the same file has the same pair while it exists */
    gint64 modified_us;     /* microseconds since 1970 */
} TwFileStat;

/* Each function returns 0 or an errno value. @ret_x are set on success only. All members are required but for prefetch. Functions on a
 * path may be called from any thread; those on one file from several threads as long as ranges do not overlap. */
typedef struct {
    int (*open)(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, TwFile **ret);
    void (*close)(TwFile *file); /* also releases the lock */
    int (*pread)(TwFile *file, void *data, gsize len, guint64 offset, gsize *ret_got);
    int (*pwrite)(TwFile *file, const void *data, gsize len, guint64 offset, gsize *ret_put);
    int (*pwritev)(
        TwFile *file, const struct iovec *parts, int count, guint64 offset, gsize *ret_put);
    int (*sync)(TwFile *file); /* fdatasync; a failure must be taken as lost bytes, never retried */
    int (*truncate)(TwFile *file, guint64 size);
    int (*allocate)(TwFile *file, guint64 offset, guint64 len); /* fallocate: blocks, file grows */
    int (*lock)(TwFile *file); /* the only holder, or EAGAIN at once; ends with the process */
    int (*stat_file)(TwFile *file, TwFileStat *ret);
    int (*stat)(TwFileSystem *fs, const char *path, TwFileStat *ret);
    int (*rename)(TwFileSystem *fs, const char *from, const char *to, gboolean replace);
    int (*unlink)(TwFileSystem *fs, const char *path);
    int (*rmdir)(TwFileSystem *fs, const char *path);
    int (*mkdir)(TwFileSystem *fs, const char *path);                  /* mode 0700 */
    int (*list)(TwFileSystem *fs, const char *path, GPtrArray *names); /* adds char *, no "." */
    int (*sync_dir)(TwFileSystem *fs, const char *path);
    void (*prefetch)(TwFile *file, guint64 offset, guint64 len); /* nullable: posix_fadvise() */
} TwFileSystemOps;

/* The first member of each implementation's own struct. */
struct TwFileSystem {
    const TwFileSystemOps *ops;
};

/* The first member of each implementation's own struct; path is set by tw_file_open() for messages. */
struct TwFile {
    TwFileSystem *fs;
    char *path; /* owned by the wrapper below: g_free()d by tw_file_close() */
};

/**
 * tw_file_system_real:
 *
 * Returns: (transfer none): the system's own files; a constant, usable from any thread
 */
TwFileSystem *tw_file_system_real(void);

/**
 * tw_file_open:
 * @fs: the file system
 * @path: the file
 * @flags: how; at least %TW_FILE_READ or %TW_FILE_WRITE
 * @error: on failure what tw_error_from_errno() makes of the system's answer: NOT_FOUND, EXISTS, NO_ACCESS, ...
 *
 * Opens a file. A file that was made here is durable only after tw_file_sync() and tw_file_sync_dir() on its folder.
 *
 * Returns: (transfer full): the file, or NULL
 */
TwFile *tw_file_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, GError **error);

/**
 * tw_file_close:
 * @file: (nullable) (transfer full): a file
 *
 * Closes it and gives up its lock. Nothing is made durable by this.
 */
void tw_file_close(TwFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwFile, tw_file_close)

/**
 * tw_file_read:
 * @file: a file
 * @offset: where to begin
 * @data: (out caller-allocates) (array length=len): room
 * @len: bytes wanted
 * @ret_got: (out): bytes read; fewer than @len only at the end of the file
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_read(
    TwFile *file, guint64 offset, void *data, gsize len, gsize *ret_got, GError **error);

/**
 * tw_file_read_exact:
 * @file: a file
 * @offset: where to begin
 * @data: (out caller-allocates) (array length=len): room
 * @len: bytes wanted
 * @error: on failure as tw_file_open(); TW_ERROR_CORRUPT when the file ends before
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_read_exact(TwFile *file, guint64 offset, void *data, gsize len, GError **error);

/**
 * tw_file_write:
 * @file: a file
 * @offset: where to begin; the file grows as needed
 * @data: (array length=len): the bytes
 * @len: how many
 * @error: on failure as tw_file_open(): TW_ERROR_NO_SPACE for a full disk
 *
 * Writes all of it; after a failure an unknown part of it is written.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_write(TwFile *file, guint64 offset, const void *data, gsize len, GError **error);

/**
 * tw_file_write_vectors:
 * @file: a file
 * @offset: where to begin
 * @parts: (array length=count): pieces, written one after the other
 * @count: how many, at most %TW_FILE_MAX_VECTORS
 * @error: on failure as tw_file_write()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_write_vectors(
    TwFile *file, guint64 offset, const struct iovec *parts, int count, GError **error);

/**
 * tw_file_write_zeros:
 * @file: a file
 * @offset: where to begin
 * @len: how many zero bytes
 * @error: on failure as tw_file_write()
 *
 * Writes real zeros, so that later overwrites change no metadata of the file system.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_write_zeros(TwFile *file, guint64 offset, guint64 len, GError **error);

/**
 * tw_file_sync:
 * @file: a file
 * @error: on failure as tw_file_open(). The bytes written since the last success must then be taken as lost: the
 *   system forgets that they were not written, and a second call would succeed without writing them.
 *
 * Waits until everything written to @file, and its length, is on disk (fdatasync).
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_sync(TwFile *file, GError **error);

/**
 * tw_file_truncate:
 * @file: a file
 * @size: its new length
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_truncate(TwFile *file, guint64 size, GError **error);

/**
 * tw_file_allocate:
 * @file: a file
 * @offset: start of the range
 * @len: its length, at least 1
 * @error: on failure as tw_file_open(): TW_ERROR_NO_SPACE for a full disk
 *
 * Reserves blocks for the range; the file grows to its end. Blocks that were never written still cost the file
 * system's journal at their first sync: tw_file_write_zeros() avoids that.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_allocate(TwFile *file, guint64 offset, guint64 len, GError **error);

/**
 * tw_file_prefetch:
 * @file: a file
 * @offset: start of the range
 * @len: its length
 *
 * Says that the range will be read soon, and does not wait for it: several ranges then come from the disk at once.
 */
void tw_file_prefetch(TwFile *file, guint64 offset, guint64 len);

/**
 * tw_file_lock:
 * @file: a file open for writing
 * @error: TW_ERROR_BUSY when another open file holds the lock, in this process or another
 *
 * Takes the file's exclusive lock. The kernel ends it with the open file, so none is left by a crash and a process
 * number that comes again means nothing.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_lock(TwFile *file, GError **error);

/**
 * tw_file_stat:
 * @file: a file
 * @ret: (out): what is known of it
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_stat(TwFile *file, TwFileStat *ret, GError **error);

/**
 * tw_file_stat_path:
 * @fs: the file system
 * @path: a file or folder; a symbolic link at the end is not followed
 * @ret: (out): what is known of it
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_stat_path(TwFileSystem *fs, const char *path, TwFileStat *ret, GError **error);

/**
 * tw_file_rename:
 * @fs: the file system
 * @from: the present name
 * @to: the new name, on the same file system
 * @replace: FALSE: TW_ERROR_EXISTS when @to is there; TRUE: it is replaced at one stroke
 * @error: on failure as tw_file_open()
 *
 * Durable only after tw_file_sync_dir() on both folders.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_rename(
    TwFileSystem *fs, const char *from, const char *to, gboolean replace, GError **error);

/**
 * tw_file_unlink:
 * @fs: the file system
 * @path: the file
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_unlink(TwFileSystem *fs, const char *path, GError **error);

/**
 * tw_file_rmdir:
 * @fs: the file system
 * @path: an empty folder
 * @error: on failure as tw_file_open(); TW_ERROR_EXISTS when it is not empty
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_rmdir(TwFileSystem *fs, const char *path, GError **error);

/**
 * tw_file_mkdir:
 * @fs: the file system
 * @path: the folder to make, mode 0700
 * @error: on failure as tw_file_open()
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_mkdir(TwFileSystem *fs, const char *path, GError **error);

/**
 * tw_file_list:
 * @fs: the file system
 * @path: a folder
 * @error: on failure as tw_file_open()
 *
 * Returns: (transfer full) (element-type char*): the names in it, sorted by bytes, without "." and "..", or NULL
 */
GPtrArray *tw_file_list(TwFileSystem *fs, const char *path, GError **error);

/**
 * tw_file_sync_dir:
 * @fs: the file system
 * @path: a folder
 * @error: on failure as tw_file_sync()
 *
 * Waits until names made, changed and removed in the folder are on disk.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_sync_dir(TwFileSystem *fs, const char *path, GError **error);

/**
 * tw_file_sync_parent:
 * @fs: the file system
 * @path: a file or folder
 * @error: on failure as tw_file_sync()
 *
 * tw_file_sync_dir() on the folder that holds @path.
 *
 * Returns: FALSE on failure
 */
gboolean tw_file_sync_parent(TwFileSystem *fs, const char *path, GError **error);

G_END_DECLS
