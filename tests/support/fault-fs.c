/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/fault-fs.h"

#include <errno.h>
#include <string.h>

#include "base/lock.h"

enum {
    CALL_KINDS = 12
};

struct TwFaultFs {
    TwFileSystem fs;
    TwFileSystem *lower;
    TwDisk *disk; /* NULL over other files */
    TwLock lock;  /* guards all below */
    TwLock flush; /* held while a sync waits: one at a time */
    TwFault fault;
    gboolean armed;
    guint seen, hits; /* calls that counted and that failed, since arming */
    guint64 calls[CALL_KINDS];
    gulong sync_delay_us;
    gboolean dark;    /* the power is gone */
    guint dark_after; /* events */
};

typedef struct {
    TwFile file;
    TwFile *lower;
    char *path; /* for fault.suffix: TwFile.path is not set yet in open */
} FaultFile;

typedef struct {
    int number; /* 0: goes on */
    gboolean hit;
    gsize part;
} Verdict;

static guint
kind_index(TwFaultCalls call)
{
    return (guint) __builtin_ctz((guint) call);
}

/* Counts a call and says what shall become of it. */
static Verdict
judge(TwFaultFs *fs, TwFaultCalls call, const char *path)
{
    TW_LOCK_SCOPE(&fs->lock);
    guint count = MAX(fs->fault.count, 1);

    fs->calls[kind_index(call)]++;
    if (fs->dark || (fs->disk != NULL && tw_disk_trace_len(fs->disk) >= fs->dark_after)) {
        fs->dark = TRUE;
        return (Verdict){ .number = EIO };
    }
    if (!fs->armed || (fs->fault.calls & call) == 0 ||
        (fs->fault.suffix != NULL && !g_str_has_suffix(path, fs->fault.suffix)))
        return (Verdict){ .number = 0 };
    fs->seen++;
    if (fs->seen < fs->fault.nth || fs->seen - fs->fault.nth >= count)
        return (Verdict){ .number = 0 };
    fs->hits++;
    return (Verdict){ .number = fs->fault.number, .hit = TRUE, .part = fs->fault.part };
}

static TwFaultFs *
fault_of(TwFile *file)
{
    return (TwFaultFs *) file->fs;
}

static FaultFile *
self(TwFile *file)
{
    return (FaultFile *) file;
}

static int
fault_open(TwFileSystem *fs, const char *path, TwFileOpenFlags flags, TwFile **ret)
{
    TwFaultFs *fault = (TwFaultFs *) fs;
    Verdict verdict = judge(fault, TW_FAULT_OPEN, path);
    FaultFile *file;
    TwFile *lower;
    int number = verdict.number;

    if (number == 0)
        number = fault->lower->ops->open(fault->lower, path, flags, &lower);
    if (number != 0)
        return number;
    lower->fs = fault->lower;
    file = g_new0(FaultFile, 1);
    file->file.fs = fs;
    file->lower = lower;
    file->path = g_strdup(path);
    *ret = &file->file;
    return 0;
}

static void
fault_close(TwFile *file)
{
    TwFile *lower = self(file)->lower;

    lower->fs->ops->close(lower);
    g_free(self(file)->path);
    g_free(file);
}

static int
fault_pread(TwFile *file, void *data, gsize len, guint64 offset, gsize *ret_got)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_READ, self(file)->path);
    TwFile *lower = self(file)->lower;

    if (verdict.number != 0)
        return verdict.number;
    if (verdict.hit)
        len = MIN(len, MAX(verdict.part, 1));
    return lower->fs->ops->pread(lower, data, len, offset, ret_got);
}

static int
fault_pwrite(TwFile *file, const void *data, gsize len, guint64 offset, gsize *ret_put)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_WRITE, self(file)->path);
    TwFile *lower = self(file)->lower;
    gsize part = MIN(len, verdict.part);

    if (verdict.number != 0) {
        if (part > 0 && lower->fs->ops->pwrite(lower, data, part, offset, ret_put) != 0)
            return EIO;
        return verdict.number;
    }
    if (verdict.hit)
        len = MAX(part, 1);
    return lower->fs->ops->pwrite(lower, data, len, offset, ret_put);
}

static int
fault_pwritev(TwFile *file, const struct iovec *parts, int count, guint64 offset, gsize *ret_put)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_WRITE, self(file)->path);
    TwFile *lower = self(file)->lower;

    if (!verdict.hit && verdict.number == 0)
        return lower->fs->ops->pwritev(lower, parts, count, offset, ret_put);
    for (int i = 0; i < count; i++) {
        gsize least = verdict.number == 0 ? 1 : 0; /* short, but not nothing */
        gsize part = MIN(parts[i].iov_len, MAX(verdict.part, least));
        int number = 0;
        if (part > 0)
            number = lower->fs->ops->pwrite(lower, parts[i].iov_base, part, offset, ret_put);
        if (part > 0 || verdict.number != 0)
            return number != 0 ? number : verdict.number;
    }
    return EIO;
}

static int
fault_sync(TwFile *file)
{
    TwFaultFs *fault = fault_of(file);
    Verdict verdict = judge(fault, TW_FAULT_SYNC, self(file)->path);
    TwFile *lower = self(file)->lower;
    gulong delay;
    int number;

    if (verdict.number != 0) {
        if (verdict.hit && fault->disk != NULL)
            tw_disk_fail_sync(lower);
        return verdict.number;
    }
    tw_lock(&fault->lock);
    delay = fault->sync_delay_us;
    tw_unlock(&fault->lock);
    if (delay == 0)
        return lower->fs->ops->sync(lower);
    tw_lock(&fault->flush);
    g_usleep(delay);
    number = lower->fs->ops->sync(lower);
    tw_unlock(&fault->flush);
    return number;
}

static int
fault_truncate(TwFile *file, guint64 size)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_TRUNCATE, self(file)->path);
    TwFile *lower = self(file)->lower;

    return verdict.number != 0 ? verdict.number : lower->fs->ops->truncate(lower, size);
}

static int
fault_allocate(TwFile *file, guint64 offset, guint64 len)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_TRUNCATE, self(file)->path);
    TwFile *lower = self(file)->lower;

    return verdict.number != 0 ? verdict.number : lower->fs->ops->allocate(lower, offset, len);
}

static int
fault_lock(TwFile *file)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_LOCK, self(file)->path);
    TwFile *lower = self(file)->lower;

    return verdict.number != 0 ? verdict.number : lower->fs->ops->lock(lower);
}

static int
fault_stat_file(TwFile *file, TwFileStat *ret)
{
    Verdict verdict = judge(fault_of(file), TW_FAULT_STAT, self(file)->path);
    TwFile *lower = self(file)->lower;

    return verdict.number != 0 ? verdict.number : lower->fs->ops->stat_file(lower, ret);
}

/* A call on a path: judged, then passed on. */
#define PASS_ON(call, path, expression)                                                            \
    TwFaultFs *fault = (TwFaultFs *) fs;                                                           \
    TwFileSystem *lower = fault->lower;                                                            \
    Verdict verdict = judge(fault, (call), (path));                                                \
                                                                                                   \
    return verdict.number != 0 ? verdict.number : lower->ops->expression

static int
fault_stat(TwFileSystem *fs, const char *path, TwFileStat *ret)
{
    PASS_ON(TW_FAULT_STAT, path, stat(lower, path, ret));
}

static int
fault_rename(TwFileSystem *fs, const char *from, const char *to, gboolean replace)
{
    PASS_ON(TW_FAULT_RENAME, from, rename(lower, from, to, replace));
}

static int
fault_unlink(TwFileSystem *fs, const char *path)
{
    PASS_ON(TW_FAULT_UNLINK, path, unlink(lower, path));
}

static int
fault_rmdir(TwFileSystem *fs, const char *path)
{
    PASS_ON(TW_FAULT_UNLINK, path, rmdir(lower, path));
}

static int
fault_mkdir(TwFileSystem *fs, const char *path)
{
    PASS_ON(TW_FAULT_MKDIR, path, mkdir(lower, path));
}

static int
fault_list(TwFileSystem *fs, const char *path, GPtrArray *names)
{
    PASS_ON(TW_FAULT_LIST, path, list(lower, path, names));
}

static int
fault_sync_dir(TwFileSystem *fs, const char *path)
{
    PASS_ON(TW_FAULT_SYNC_DIR, path, sync_dir(lower, path));
}

static const TwFileSystemOps fault_ops = {
    .open = fault_open,
    .close = fault_close,
    .pread = fault_pread,
    .pwrite = fault_pwrite,
    .pwritev = fault_pwritev,
    .sync = fault_sync,
    .truncate = fault_truncate,
    .allocate = fault_allocate,
    .lock = fault_lock,
    .stat_file = fault_stat_file,
    .stat = fault_stat,
    .rename = fault_rename,
    .unlink = fault_unlink,
    .rmdir = fault_rmdir,
    .mkdir = fault_mkdir,
    .list = fault_list,
    .sync_dir = fault_sync_dir,
};

static TwFaultFs *
fault_fs_new(TwFileSystem *lower, TwDisk *disk)
{
    TwFaultFs *fs = g_new0(TwFaultFs, 1);

    fs->fs.ops = &fault_ops;
    fs->lower = lower;
    fs->disk = disk;
    fs->dark_after = G_MAXUINT;
    tw_lock_init(&fs->lock);
    tw_lock_init(&fs->flush);
    return fs;
}

TwFaultFs *
tw_fault_fs_new(void)
{
    TwDisk *disk = tw_disk_new();

    return fault_fs_new(tw_disk_fs(disk), disk);
}

TwFaultFs *
tw_fault_fs_new_over(TwFileSystem *lower)
{
    return fault_fs_new(lower, NULL);
}

void
tw_fault_fs_free(TwFaultFs *fs)
{
    if (fs == NULL)
        return;
    tw_disk_free(fs->disk);
    tw_lock_clear(&fs->lock);
    tw_lock_clear(&fs->flush);
    g_free(fs);
}

TwFileSystem *
tw_fault_fs_get(TwFaultFs *fs)
{
    return &fs->fs;
}

void
tw_fault_fs_arm(TwFaultFs *fs, const TwFault *fault)
{
    tw_lock(&fs->lock);
    fs->fault = *fault;
    fs->armed = TRUE;
    fs->seen = fs->hits = 0;
    tw_unlock(&fs->lock);
}

guint
tw_fault_fs_disarm(TwFaultFs *fs)
{
    TW_LOCK_SCOPE(&fs->lock);

    fs->armed = FALSE;
    return fs->hits;
}

guint64
tw_fault_fs_count(TwFaultFs *fs, TwFaultCalls calls)
{
    TW_LOCK_SCOPE(&fs->lock);
    guint64 sum = 0;

    for (guint i = 0; i < CALL_KINDS; i++) {
        if ((calls & 1u << i) != 0)
            sum += fs->calls[i];
    }
    return sum;
}

void
tw_fault_fs_delay_sync(TwFaultFs *fs, gulong us)
{
    tw_lock(&fs->lock);
    fs->sync_delay_us = us;
    tw_unlock(&fs->lock);
}

void
tw_fault_fs_cut_power(TwFaultFs *fs)
{
    tw_lock(&fs->lock);
    fs->dark = TRUE;
    tw_unlock(&fs->lock);
}

void
tw_fault_fs_cut_power_after(TwFaultFs *fs, guint events)
{
    tw_lock(&fs->lock);
    fs->dark_after = events;
    tw_unlock(&fs->lock);
}

void
tw_fault_fs_set_space(TwFaultFs *fs, guint64 bytes)
{
    tw_disk_set_space(fs->disk, bytes);
}

guint64
tw_fault_fs_used(TwFaultFs *fs)
{
    return tw_disk_used(fs->disk);
}

guint
tw_fault_fs_events(TwFaultFs *fs)
{
    return tw_disk_trace_len(fs->disk);
}

TwDiskEvent
tw_fault_fs_event(TwFaultFs *fs, guint index)
{
    return tw_disk_trace_event(fs->disk, index);
}

TwFaultFs *
tw_fault_fs_image(TwFaultFs *fs, guint events, TwImageMode mode, guint32 seed)
{
    TwDisk *image = tw_disk_image(fs->disk, events, mode, seed);

    return fault_fs_new(tw_disk_fs(image), image);
}

gboolean
tw_fault_fs_export(TwFaultFs *fs, const char *folder, GError **error)
{
    return tw_disk_export(fs->disk, folder, error);
}

guint64
tw_fault_fs_size(TwFaultFs *fs, const char *path)
{
    TwFileStat st;

    g_assert_true(tw_file_stat_path(fs->lower, path, &st, NULL));
    return st.size;
}

void
tw_fault_fs_flip(TwFaultFs *fs, const char *path, guint64 bit)
{
    g_autoptr(TwFile) file = tw_file_open(fs->lower, path, TW_FILE_READ | TW_FILE_WRITE, NULL);
    guint8 byte;

    g_assert_nonnull(file);
    g_assert_true(tw_file_read_exact(file, bit / 8, &byte, 1, NULL));
    byte ^= (guint8) (1u << (bit % 8));
    g_assert_true(tw_file_write(file, bit / 8, &byte, 1, NULL));
}

void
tw_fault_fs_cut_file(TwFaultFs *fs, const char *path, guint64 size)
{
    g_autoptr(TwFile) file = tw_file_open(fs->lower, path, TW_FILE_READ | TW_FILE_WRITE, NULL);

    g_assert_nonnull(file);
    g_assert_true(tw_file_truncate(file, size, NULL));
}
