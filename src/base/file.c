/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum {
    ZEROS_AT_ONCE = 64 * 1024
};

static gboolean
fail(GError **error, int number, const char *verb, const char *path)
{
    g_autofree char *what = g_strdup_printf("%s %s", verb, path);

    return tw_error_from_errno(error, number, what);
}

static gboolean
result(GError **error, int number, const char *verb, const char *path)
{
    return number == 0 ? TRUE : fail(error, number, verb, path);
}

TwFile *
tw_file_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, GError **error)
{
    TwFile *file;
    int number = fs->ops->open(fs, path, flags, &file);

    if (number != 0) {
        fail(error, number, "open", path);
        return NULL;
    }
    file->fs = fs;
    file->path = g_strdup(path);
    return file;
}

void
tw_file_close(TwFile *file)
{
    if (file == NULL)
        return;
    g_clear_pointer(&file->path, g_free);
    file->fs->ops->close(file);
}

gboolean
tw_file_read(TwFile *file, guint64 offset, void *data, gsize len, gsize *ret_got, GError **error)
{
    gsize done = 0;

    while (done < len) {
        gsize got = 0;
        int number =
            file->fs->ops->pread(file, (guint8 *) data + done, len - done, offset + done, &got);
        if (number == EINTR)
            continue;
        if (number != 0)
            return fail(error, number, "read", file->path);
        if (got == 0)
            break;
        done += got;
    }
    *ret_got = done;
    return TRUE;
}

gboolean
tw_file_read_exact(TwFile *file, guint64 offset, void *data, gsize len, GError **error)
{
    gsize got = 0;

    if (!tw_file_read(file, offset, data, len, &got, error))
        return FALSE;
    if (got < len) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "%s ends inside %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT, file->path,
                    len, offset);
        return FALSE;
    }
    return TRUE;
}

gboolean
tw_file_write(TwFile *file, guint64 offset, const void *data, gsize len, GError **error)
{
    gsize done = 0;

    while (done < len) {
        gsize put = 0;
        int number = file->fs->ops->pwrite(file, (const guint8 *) data + done, len - done,
                                           offset + done, &put);
        if (number == EINTR)
            continue;
        if (number != 0 || put == 0)
            return fail(error, number != 0 ? number : EIO, "write", file->path);
        done += put;
    }
    return TRUE;
}

/* Drops the first put bytes from the pieces left. */
static void
advance(struct iovec *parts, int *first, int count, gsize put)
{
    while (*first < count && put >= parts[*first].iov_len) {
        put -= parts[*first].iov_len;
        (*first)++;
    }
    if (*first < count) {
        parts[*first].iov_base = (guint8 *) parts[*first].iov_base + put;
        parts[*first].iov_len -= put;
    }
}

gboolean
tw_file_write_vectors(
    TwFile *file, guint64 offset, const struct iovec *parts, int count, GError **error)
{
    struct iovec left[TW_FILE_MAX_VECTORS];
    int first = 0;

    g_return_val_if_fail(count >= 0 && count <= TW_FILE_MAX_VECTORS, FALSE);
    if (count == 0)
        return TRUE;
    memcpy(left, parts, (gsize) count * sizeof *parts);
    advance(left, &first, count, 0);
    while (first < count) {
        gsize put = 0;
        int number = file->fs->ops->pwritev(file, left + first, count - first, offset, &put);
        if (number == EINTR)
            continue;
        if (number != 0 || put == 0)
            return fail(error, number != 0 ? number : EIO, "write", file->path);
        offset += put;
        advance(left, &first, count, put);
    }
    return TRUE;
}

gboolean
tw_file_write_zeros(TwFile *file, guint64 offset, guint64 len, GError **error)
{
    static const guint8 zeros[ZEROS_AT_ONCE];

    while (len > 0) {
        gsize part = (gsize) MIN(len, sizeof zeros);
        if (!tw_file_write(file, offset, zeros, part, error))
            return FALSE;
        offset += part;
        len -= part;
    }
    return TRUE;
}

gboolean
tw_file_sync(TwFile *file, GError **error)
{
    return result(error, file->fs->ops->sync(file), "sync", file->path);
}

gboolean
tw_file_truncate(TwFile *file, guint64 size, GError **error)
{
    return result(error, file->fs->ops->truncate(file, size), "truncate", file->path);
}

gboolean
tw_file_allocate(TwFile *file, guint64 offset, guint64 len, GError **error)
{
    return result(error, file->fs->ops->allocate(file, offset, len), "allocate", file->path);
}

void
tw_file_prefetch(TwFile *file, guint64 offset, guint64 len)
{
    if (file->fs->ops->prefetch != NULL)
        file->fs->ops->prefetch(file, offset, len);
}

gboolean
tw_file_lock(TwFile *file, GError **error)
{
    return result(error, file->fs->ops->lock(file), "lock", file->path);
}

gboolean
tw_file_stat(TwFile *file, TwFileStat *ret, GError **error)
{
    return result(error, file->fs->ops->stat_file(file, ret), "stat", file->path);
}

gboolean
tw_file_stat_path(TwFileSystem *fs, const char *path, TwFileStat *ret, GError **error)
{
    return result(error, fs->ops->stat(fs, path, ret), "stat", path);
}

gboolean
tw_file_rename(TwFileSystem *fs, const char *from, const char *to, gboolean replace, GError **error)
{
    return result(error, fs->ops->rename(fs, from, to, replace), "rename", from);
}

gboolean
tw_file_unlink(TwFileSystem *fs, const char *path, GError **error)
{
    return result(error, fs->ops->unlink(fs, path), "unlink", path);
}

gboolean
tw_file_rmdir(TwFileSystem *fs, const char *path, GError **error)
{
    return result(error, fs->ops->rmdir(fs, path), "remove folder", path);
}

gboolean
tw_file_mkdir(TwFileSystem *fs, const char *path, GError **error)
{
    return result(error, fs->ops->mkdir(fs, path), "make folder", path);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
tw_file_list(TwFileSystem *fs, const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int number = fs->ops->list(fs, path, names);

    if (number != 0) {
        fail(error, number, "list", path);
        return NULL;
    }
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

gboolean
tw_file_sync_dir(TwFileSystem *fs, const char *path, GError **error)
{
    return result(error, fs->ops->sync_dir(fs, path), "sync folder", path);
}

gboolean
tw_file_sync_parent(TwFileSystem *fs, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    return tw_file_sync_dir(fs, folder, error);
}

/* ---- the system's own ---- */

typedef struct {
    TwFile parent;
    int fd;
} RealFile;

static int
real_open(TwFileSystem *fs G_GNUC_UNUSED, const char *path, TwFileOpenFlags flags, TwFile **ret)
{
    int mode = (flags & TW_FILE_WRITE) == 0  ? O_RDONLY
               : (flags & TW_FILE_READ) == 0 ? O_WRONLY
                                             : O_RDWR;
    RealFile *file;
    int fd;

    mode |= O_CLOEXEC | O_NOFOLLOW;
    if ((flags & TW_FILE_CREATE_NEW) != 0)
        mode |= O_CREAT | O_EXCL;
    else if ((flags & TW_FILE_CREATE) != 0)
        mode |= O_CREAT;
    do
        fd = open(path, mode, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return errno;
    file = g_new0(RealFile, 1);
    file->fd = fd;
    *ret = &file->parent;
    return 0;
}

static int
real_fd(TwFile *file)
{
    return ((RealFile *) file)->fd;
}

static void
real_close(TwFile *file)
{
    close(real_fd(file));
    g_free(file);
}

static int
moved(gssize n, gsize *ret)
{
    if (n < 0)
        return errno;
    *ret = (gsize) n;
    return 0;
}

static int
real_pread(TwFile *file, void *data, gsize len, guint64 offset, gsize *ret_got)
{
    return moved(pread(real_fd(file), data, len, (off_t) offset), ret_got);
}

static int
real_pwrite(TwFile *file, const void *data, gsize len, guint64 offset, gsize *ret_put)
{
    return moved(pwrite(real_fd(file), data, len, (off_t) offset), ret_put);
}

static int
real_pwritev(TwFile *file, const struct iovec *parts, int count, guint64 offset, gsize *ret_put)
{
    return moved(pwritev(real_fd(file), parts, count, (off_t) offset), ret_put);
}

static int
done(int answer)
{
    return answer == 0 ? 0 : errno;
}

static int
real_sync(TwFile *file)
{
    return done(fdatasync(real_fd(file)));
}

static int
real_truncate(TwFile *file, guint64 size)
{
    return done(ftruncate(real_fd(file), (off_t) size));
}

static int
real_allocate(TwFile *file, guint64 offset, guint64 len)
{
    return done(fallocate(real_fd(file), 0, (off_t) offset, (off_t) len));
}

/* An open-file-description lock: two opens of one file in one process exclude each other too, and closing some
 * other descriptor of the file does not drop it, as it would with F_SETLK. */
static int
real_lock(TwFile *file)
{
    struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    if (fcntl(real_fd(file), F_OFD_SETLK, &range) == 0)
        return 0;
    return errno == EACCES ? EAGAIN : errno;
}

static int
from_stat(int answer, const struct stat *st, TwFileStat *ret)
{
    if (answer != 0)
        return errno;
    *ret = (TwFileStat){
        .kind = S_ISREG(st->st_mode)   ? TW_FILE_KIND_REGULAR
                : S_ISDIR(st->st_mode) ? TW_FILE_KIND_DIRECTORY
                                       : TW_FILE_KIND_OTHER,
        .size = (guint64) st->st_size,
        .allocated = (guint64) st->st_blocks * 512,
        .device = (guint64) st->st_dev,
        .number = (guint64) st->st_ino,
        .modified_us = (gint64) st->st_mtim.tv_sec * G_USEC_PER_SEC + st->st_mtim.tv_nsec / 1000,
    };
    return 0;
}

static int
real_stat_file(TwFile *file, TwFileStat *ret)
{
    struct stat st;

    return from_stat(fstat(real_fd(file), &st), &st, ret);
}

static int
real_stat(TwFileSystem *fs G_GNUC_UNUSED, const char *path, TwFileStat *ret)
{
    struct stat st;

    return from_stat(lstat(path, &st), &st, ret);
}

static int
real_rename(TwFileSystem *fs G_GNUC_UNUSED, const char *from, const char *to, gboolean replace)
{
    return done(renameat2(AT_FDCWD, from, AT_FDCWD, to, replace ? 0 : RENAME_NOREPLACE));
}

static int
real_unlink(TwFileSystem *fs G_GNUC_UNUSED, const char *path)
{
    return done(unlink(path));
}

static int
real_rmdir(TwFileSystem *fs G_GNUC_UNUSED, const char *path)
{
    return done(rmdir(path));
}

static int
real_mkdir(TwFileSystem *fs G_GNUC_UNUSED, const char *path)
{
    return done(mkdir(path, 0700));
}

static int
real_list(TwFileSystem *fs G_GNUC_UNUSED, const char *path, GPtrArray *names)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    int number;

    if (dir == NULL)
        return errno;
    /* readdir() is safe as long as no two threads share the DIR; this one is ours alone. */
    while (errno = 0, (entry = readdir(dir)) != NULL) { /* NOLINT(concurrency-mt-unsafe) */
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    number = errno;
    closedir(dir);
    return number;
}

static int
real_sync_dir(TwFileSystem *fs G_GNUC_UNUSED, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int number;

    if (fd < 0)
        return errno;
    number = done(fsync(fd));
    close(fd);
    return number;
}

static void
real_prefetch(TwFile *file, guint64 offset, guint64 len)
{
    posix_fadvise(real_fd(file), (off_t) offset, (off_t) len, POSIX_FADV_WILLNEED);
}

static const TwFileSystemOps real_ops = {
    .open = real_open,
    .close = real_close,
    .pread = real_pread,
    .pwrite = real_pwrite,
    .pwritev = real_pwritev,
    .sync = real_sync,
    .truncate = real_truncate,
    .allocate = real_allocate,
    .lock = real_lock,
    .stat_file = real_stat_file,
    .stat = real_stat,
    .rename = real_rename,
    .unlink = real_unlink,
    .rmdir = real_rmdir,
    .mkdir = real_mkdir,
    .list = real_list,
    .sync_dir = real_sync_dir,
    .prefetch = real_prefetch,
};

TwFileSystem *
tw_file_system_real(void)
{
    static TwFileSystem real = { .ops = &real_ops };

    return &real;
}
