/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/sqlite-vfs.h"

#include <string.h>

#include "base/error.h"
#include "db/sqlite-vfs-private.h"

enum {
    LONGEST_PATH = 4096,
    SECTOR_SIZE = 4096,
    MOST_GATHERED =
        256 * 1024 /* bytes of the log kept back: some sixty pages, as a group of commits makes */
};

/* Two sums that feed each other, as in SQLite's own frame checksum: half a microsecond a page. */
guint64
tw_sqlite_page_sum(const guint8 *page, guint32 number)
{
    guint32 a = number, b = ~number;

    for (gsize i = 0; i < TW_SQLITE_PAGE - TW_SQLITE_PAGE_TAIL; i += 8) {
        guint32 x, y;
        memcpy(&x, page + i, 4);
        memcpy(&y, page + i + 4, 4);
        a += GUINT32_FROM_LE(x) + b;
        b += GUINT32_FROM_LE(y) + a;
    }
    return (guint64) a << 32 | b;
}

static TwSqliteFile *
self(sqlite3_file *file)
{
    return (TwSqliteFile *) file;
}

static TwSqliteVfs *
vfs_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static void
make_suspect(TwSqliteVfs *vfs)
{
    g_atomic_int_set(&vfs->suspect, TRUE);
}

/* The error's words are lost in SQLite's codes: they go to the debug log. */
static int
failure(const GError *error, int code)
{
    g_debug("db: %s", error->message);
    return code;
}

/* ---- the log goes out in one piece ---- */

/* Before they are: whatever of them reaches the disk is in the range. */
static void
note_log_write(TwSqliteVfs *vfs, guint64 from, guint64 to)
{
    tw_lock(&vfs->lock);
    vfs->dirty_from = vfs->log_dirty ? MIN(vfs->dirty_from, from) : from;
    vfs->dirty_to = vfs->log_dirty ? MAX(vfs->dirty_to, to) : to;
    vfs->log_dirty = TRUE;
    tw_unlock(&vfs->lock);
}

/* A commit writes each page twice: its frame's header, then the page. Gathered, they are one call for the whole commit (measured:
 * 8 instead of 40 us for ten pages). Only the connection that writes the log sees frames that are not synced yet, and what it
 * reads it first sends out. */
static int
send_gathered(TwSqliteFile *file)
{
    g_autoptr(GError) error = NULL;
    gsize len = file->gathered_len;

    if (len == 0)
        return SQLITE_OK;
    file->gathered_len = 0;
    note_log_write(file->vfs, file->gathered_at, file->gathered_at + len);
    if (tw_file_write(file->file, file->gathered_at, file->gathered, len, &error))
        return SQLITE_OK;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_SPACE))
        return failure(error, SQLITE_FULL);
    make_suspect(file->vfs);
    return failure(error, SQLITE_IOERR_WRITE);
}

/* FALSE: the bytes do not follow on what is gathered, nor change some of it, or are too many. */
static gboolean
gather(TwSqliteFile *file, const void *data, gsize len, guint64 offset)
{
    guint64 skip;

    if (file->gathered_len == 0)
        file->gathered_at = offset;
    skip = offset - file->gathered_at;
    if (offset < file->gathered_at || skip > file->gathered_len || skip > MOST_GATHERED ||
        len > MOST_GATHERED - skip)
        return FALSE;
    if (file->gathered == NULL)
        file->gathered = g_malloc(MOST_GATHERED);
    memcpy(file->gathered + skip, data, len);
    file->gathered_len = MAX(file->gathered_len, (gsize) skip + len);
    return TRUE;
}

static int
vfs_close(sqlite3_file *base)
{
    TwSqliteFile *file = self(base);

    send_gathered(file); /* of a transaction that was taken back; nobody needs it */
    g_clear_pointer(&file->file, tw_file_close);
    g_clear_pointer(&file->page, g_free);
    g_clear_pointer(&file->gathered, g_free);
    return SQLITE_OK;
}

static gboolean
is_page(const TwSqliteFile *file, int amount, sqlite3_int64 offset)
{
    return file->kind == TW_SQLITE_KIND_DATABASE && amount == TW_SQLITE_PAGE &&
           offset % TW_SQLITE_PAGE == 0;
}

static gboolean
page_is_whole(const guint8 *page, sqlite3_int64 offset)
{
    guint64 sum;

    memcpy(&sum, page + TW_SQLITE_PAGE - TW_SQLITE_PAGE_TAIL, sizeof sum);
    return GUINT64_FROM_LE(sum) ==
           tw_sqlite_page_sum(page, (guint32) (offset / TW_SQLITE_PAGE + 1));
}

static void
prefetch_pages(const TwSqliteFile *file, guint64 first, guint64 end)
{
    tw_file_prefetch(file->file, (first - 1) * TW_SQLITE_PAGE, (end - first) * TW_SQLITE_PAGE);
}

/* Asks for the pages below an inner page of an index, which a table WITHOUT ROWID is. Its rows are in the inner pages too, so
 * these are a dozen. (https://www.sqlite.org/fileformat2.html, section 1.6) */
static void
prefetch_below(const TwSqliteFile *file, const guint8 *page)
{
    enum {
        INNER_INDEX = 2,
        HEADER = 12,
        COUNT_AT = 3,
        LAST_AT = 8,
    };
    guint count = (guint) page[COUNT_AT] << 8 | page[COUNT_AT + 1];
    guint64 first = 0, end = 0; /* pages in a row that were not asked for yet */

    if (page[0] != INNER_INDEX || count > (TW_SQLITE_PAGE - HEADER) / 2)
        return;
    for (guint i = 0; i <= count; i++) {
        gsize pointer = HEADER + (gsize) 2 * i, at = LAST_AT;
        guint32 below;
        if (i < count)
            at = (gsize) page[pointer] << 8 | page[pointer + 1];
        if (at > TW_SQLITE_PAGE - sizeof below)
            return;
        memcpy(&below, page + at, sizeof below);
        below = GUINT32_FROM_BE(below);
        if (below == 0)
            return;
        if (below != end && end > first)
            prefetch_pages(file, first, end);
        if (below != end)
            first = below;
        end = (guint64) below + 1;
    }
    prefetch_pages(file, first, end);
}

static int
vfs_read(sqlite3_file *base, void *data, int amount, sqlite3_int64 offset)
{
    TwSqliteFile *file = self(base);
    g_autoptr(GError) error = NULL;
    int sent = send_gathered(file);
    gsize got;

    if (sent != SQLITE_OK)
        return sent;
    if (!tw_file_read(file->file, (guint64) offset, data, (gsize) amount, &got, &error))
        return failure(error, SQLITE_IOERR_READ);
    if (got < (gsize) amount) {
        memset((guint8 *) data + got, 0, (gsize) amount - got);
        return SQLITE_IOERR_SHORT_READ;
    }
    if (is_page(file, amount, offset) && !page_is_whole(data, offset))
        return SQLITE_IOERR_DATA;
    if (file->scans && is_page(file, amount, offset) && offset > 0)
        prefetch_below(file, data);
    return SQLITE_OK;
}

static int
vfs_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 offset)
{
    TwSqliteFile *file = self(base);
    g_autoptr(GError) error = NULL;
    int sent;

    if (tw_sqlite_vfs_is_suspect(file->vfs))
        return SQLITE_IOERR_WRITE;
    if (is_page(file, amount, offset)) {
        guint64 sum =
            GUINT64_TO_LE(tw_sqlite_page_sum(data, (guint32) (offset / TW_SQLITE_PAGE + 1)));
        if (file->page == NULL)
            file->page = g_malloc(TW_SQLITE_PAGE);
        memcpy(file->page, data, TW_SQLITE_PAGE - TW_SQLITE_PAGE_TAIL);
        memcpy(file->page + TW_SQLITE_PAGE - TW_SQLITE_PAGE_TAIL, &sum, sizeof sum);
        data = file->page;
    }
    if (file->kind == TW_SQLITE_KIND_LOG) {
        file->has_written = TRUE;
        if (gather(file, data, (gsize) amount, (guint64) offset))
            return SQLITE_OK;
        sent = send_gathered(file);
        if (sent != SQLITE_OK || gather(file, data, (gsize) amount, (guint64) offset))
            return sent;
        note_log_write(file->vfs, (guint64) offset, (guint64) offset + (guint64) amount);
    }
    if (tw_file_write(file->file, (guint64) offset, data, (gsize) amount, &error))
        return SQLITE_OK;
    if (g_error_matches(error, TW_ERROR, TW_ERROR_NO_SPACE))
        return failure(error, SQLITE_FULL);
    make_suspect(file->vfs);
    return failure(error, SQLITE_IOERR_WRITE);
}

static int
vfs_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    g_autoptr(GError) error = NULL;
    int sent;

    if (tw_sqlite_vfs_is_suspect(self(base)->vfs))
        return SQLITE_IOERR_TRUNCATE;
    sent = send_gathered(self(base));
    if (sent != SQLITE_OK)
        return sent;
    if (tw_file_truncate(self(base)->file, (guint64) size, &error))
        return SQLITE_OK;
    return failure(error, SQLITE_IOERR_TRUNCATE);
}

/* Only the writer's connection writes the log and makes it durable, before it publishes a commit; so the others, which
 * ask for a sync before they copy frames into the database, have nothing to wait for. */
static gboolean
sync_log(TwSqliteFile *file, GError **error)
{
    TwSqliteVfs *vfs = file->vfs;
    gboolean dirty;

    tw_lock(&vfs->lock);
    dirty = vfs->log_dirty;
    tw_unlock(&vfs->lock);
    if (!file->has_written || !dirty)
        return TRUE;
    if (!tw_file_sync(file->file, error))
        return FALSE;
    tw_lock(&vfs->lock);
    vfs->log_dirty = FALSE;
    tw_unlock(&vfs->lock);
    return TRUE;
}

static int
vfs_sync(sqlite3_file *base, int flags G_GNUC_UNUSED)
{
    TwSqliteFile *file = self(base);
    g_autoptr(GError) error = NULL;
    gboolean ok;
    int sent;

    if (tw_sqlite_vfs_is_suspect(file->vfs))
        return SQLITE_IOERR_FSYNC;
    sent = send_gathered(file);
    if (sent != SQLITE_OK)
        return sent;
    ok = file->kind == TW_SQLITE_KIND_LOG ? sync_log(file, &error)
                                          : tw_file_sync(file->file, &error);
    if (ok && file->is_new) {
        ok = tw_file_sync_parent(file->vfs->fs, file->vfs->path, &error);
        file->is_new = !ok;
    }
    if (ok)
        return SQLITE_OK;
    make_suspect(file->vfs);
    return failure(error, SQLITE_IOERR_FSYNC);
}

static int
vfs_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    const TwSqliteFile *file = self(base);
    g_autoptr(GError) error = NULL;
    TwFileStat st;

    if (!tw_file_stat(file->file, &st, &error))
        return failure(error, SQLITE_IOERR_FSTAT);
    if (file->gathered_len > 0)
        st.size = MAX(st.size, file->gathered_at + file->gathered_len);
    *ret = (sqlite3_int64) st.size;
    return SQLITE_OK;
}

static int
vfs_control(sqlite3_file *base, int what, void *arg)
{
    if (what == TW_SQLITE_EXPECT_SCAN) {
        self(base)->scans = *(const gboolean *) arg;
        return SQLITE_OK;
    }
    if (what == SQLITE_FCNTL_PERSIST_WAL) { /* the log is recycled, never removed */
        *(int *) arg = 1;
        return SQLITE_OK;
    }
    return SQLITE_NOTFOUND;
}

static int
vfs_sector_size(sqlite3_file *base G_GNUC_UNUSED)
{
    return SECTOR_SIZE;
}

static int
vfs_characteristics(sqlite3_file *base G_GNUC_UNUSED)
{
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* a torn write leaves its neighbours alone */
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = tw_sqlite_vfs_lock,
    .xUnlock = tw_sqlite_vfs_unlock,
    .xCheckReservedLock = tw_sqlite_vfs_check_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_characteristics,
    .xShmMap = tw_sqlite_vfs_map,
    .xShmLock = tw_sqlite_vfs_lock_log,
    .xShmBarrier = tw_sqlite_vfs_barrier,
    .xShmUnmap = tw_sqlite_vfs_unmap,
};

/* ---- files by name: only the three that belong to this database ---- */

static gboolean
kind_of(const TwSqliteVfs *vfs, const char *path, TwSqliteKind *ret)
{
    if (g_strcmp0(path, vfs->path) == 0)
        *ret = TW_SQLITE_KIND_DATABASE;
    else if (g_strcmp0(path, vfs->log_path) == 0)
        *ret = TW_SQLITE_KIND_LOG;
    else if (g_strcmp0(path, vfs->journal_path) == 0)
        *ret = TW_SQLITE_KIND_JOURNAL;
    else
        return FALSE;
    return TRUE;
}

static int
vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *ret, int flags, int *ret_flags)
{
    TwSqliteVfs *vfs = vfs_of(base);
    TwSqliteFile *file = self(ret);
    TwFileOpenFlags how = TW_FILE_READ | TW_FILE_WRITE;
    g_autoptr(GError) error = NULL;
    TwFileStat st;
    TwSqliteKind kind;

    memset(file, 0, sizeof *file);
    if (!kind_of(vfs, path, &kind))
        return SQLITE_CANTOPEN;
    if ((flags & SQLITE_OPEN_CREATE) != 0)
        how |= TW_FILE_CREATE;
    file->is_new = !tw_file_stat_path(vfs->fs, path, &st, NULL);
    file->file = tw_file_open(vfs->fs, path, how, &error);
    if (file->file == NULL)
        return failure(error, g_error_matches(error, TW_ERROR, TW_ERROR_NO_SPACE)
                                  ? SQLITE_FULL
                                  : SQLITE_CANTOPEN);
    file->vfs = vfs;
    file->kind = kind;
    file->base.pMethods = &methods;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *base, const char *path, int sync_dir)
{
    TwSqliteVfs *vfs = vfs_of(base);
    g_autoptr(GError) error = NULL;
    TwSqliteKind kind;

    /* after a failed sync the journal is what the next opening needs */
    if (!kind_of(vfs, path, &kind) || tw_sqlite_vfs_is_suspect(vfs))
        return SQLITE_IOERR_DELETE;
    if (!tw_file_unlink(vfs->fs, path, &error))
        return failure(error, g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND)
                                  ? SQLITE_IOERR_DELETE_NOENT
                                  : SQLITE_IOERR_DELETE);
    if (sync_dir && !tw_file_sync_parent(vfs->fs, path, &error)) {
        make_suspect(vfs);
        return failure(error, SQLITE_IOERR_DIR_FSYNC);
    }
    return SQLITE_OK;
}

/* An empty journal or log counts as none, as in SQLite's own. */
static int
vfs_access(sqlite3_vfs *base, const char *path, int flags G_GNUC_UNUSED, int *ret)
{
    g_autoptr(GError) error = NULL;
    TwFileStat st;

    if (tw_file_stat_path(vfs_of(base)->fs, path, &st, &error)) {
        *ret = st.size > 0;
        return SQLITE_OK;
    }
    *ret = 0;
    return g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND)
               ? SQLITE_OK
               : failure(error, SQLITE_IOERR_ACCESS);
}

static int
vfs_full_path(sqlite3_vfs *base G_GNUC_UNUSED, const char *path, int size, char *ret)
{
    return g_strlcpy(ret, path, (gsize) size) < (gsize) size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int
vfs_randomness(sqlite3_vfs *base, int size, char *ret)
{
    sqlite3_vfs *system = vfs_of(base)->system;

    return system->xRandomness(system, size, ret);
}

static int
vfs_sleep(sqlite3_vfs *base, int us)
{
    sqlite3_vfs *system = vfs_of(base)->system;

    return system->xSleep(system, us);
}

static int
vfs_time(sqlite3_vfs *base, sqlite3_int64 *ret)
{
    sqlite3_vfs *system = vfs_of(base)->system;

    return system->xCurrentTimeInt64(system, ret);
}

static int
vfs_last_error(sqlite3_vfs *base G_GNUC_UNUSED, int size G_GNUC_UNUSED, char *ret G_GNUC_UNUSED)
{
    return 0;
}

TwSqliteVfs *
tw_sqlite_vfs_new(TwFileSystem *fs, const char *path)
{
    TwSqliteVfs *vfs = g_new0(TwSqliteVfs, 1);

    tw_lock_init(&vfs->lock);
    vfs->fs = fs;
    vfs->system = sqlite3_vfs_find(NULL);
    vfs->name = g_strdup_printf("twiga-%p", (void *) vfs);
    vfs->path = g_strdup(path);
    vfs->log_path = g_strconcat(path, "-wal", NULL);
    vfs->journal_path = g_strconcat(path, "-journal", NULL);
    vfs->regions = g_ptr_array_new_with_free_func(g_free);
    vfs->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(TwSqliteFile),
        .mxPathname = LONGEST_PATH,
        .zName = vfs->name,
        .pAppData = vfs,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    sqlite3_vfs_register(&vfs->vfs, 0);
    return vfs;
}

void
tw_sqlite_vfs_free(TwSqliteVfs *vfs)
{
    if (vfs == NULL)
        return;
    sqlite3_vfs_unregister(&vfs->vfs);
    g_ptr_array_unref(vfs->regions);
    tw_lock_clear(&vfs->lock);
    g_free(vfs->name);
    g_free(vfs->path);
    g_free(vfs->log_path);
    g_free(vfs->journal_path);
    g_free(vfs);
}

const char *
tw_sqlite_vfs_name(const TwSqliteVfs *vfs)
{
    return vfs->name;
}

gboolean
tw_sqlite_vfs_is_suspect(TwSqliteVfs *vfs)
{
    return g_atomic_int_get(&vfs->suspect);
}

gboolean
tw_sqlite_vfs_unsynced_log(TwSqliteVfs *vfs, guint64 *ret_from, guint64 *ret_to)
{
    TW_LOCK_SCOPE(&vfs->lock);

    *ret_from = vfs->dirty_from;
    *ret_to = vfs->dirty_to;
    return vfs->log_dirty;
}
