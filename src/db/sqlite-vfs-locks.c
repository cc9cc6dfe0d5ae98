/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Locks between the connections of one process, and the log's index: both in memory, since only one process has the
 * database open.
 */
#include "db/sqlite-vfs-private.h"

static TwSqliteFile *
self(sqlite3_file *file)
{
    return (TwSqliteFile *) file;
}

/* ---- locks of the database file ---- */

static int
take_exclusive(TwSqliteVfs *vfs, const TwSqliteFile *file)
{
    if (vfs->reserved != NULL && vfs->reserved != file)
        return SQLITE_BUSY;
    if (vfs->pending != NULL && vfs->pending != file)
        return SQLITE_BUSY;
    vfs->pending = file;
    if (vfs->shared > 1)
        return SQLITE_BUSY;
    vfs->exclusive = file;
    return SQLITE_OK;
}

int
tw_sqlite_vfs_lock(sqlite3_file *base, int level)
{
    TwSqliteFile *file = self(base);
    TwSqliteVfs *vfs = file->vfs;
    TW_LOCK_SCOPE(&vfs->lock);
    int result = SQLITE_OK;

    if (file->level >= level)
        return SQLITE_OK;
    if (level == SQLITE_LOCK_SHARED) {
        if (vfs->pending != NULL)
            return SQLITE_BUSY;
        vfs->shared++;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (vfs->reserved != NULL)
            return SQLITE_BUSY;
        vfs->reserved = file;
    } else {
        result = take_exclusive(vfs, file);
    }
    if (result == SQLITE_OK)
        file->level = level;
    return result;
}

int
tw_sqlite_vfs_unlock(sqlite3_file *base, int level)
{
    TwSqliteFile *file = self(base);
    TwSqliteVfs *vfs = file->vfs;
    TW_LOCK_SCOPE(&vfs->lock);

    if (file->level <= level)
        return SQLITE_OK;
    if (vfs->reserved == file)
        vfs->reserved = NULL;
    if (vfs->pending == file)
        vfs->pending = NULL;
    if (vfs->exclusive == file)
        vfs->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE)
        vfs->shared--;
    file->level = level;
    return SQLITE_OK;
}

int
tw_sqlite_vfs_check_reserved(sqlite3_file *base, int *ret)
{
    TwSqliteVfs *vfs = self(base)->vfs;
    TW_LOCK_SCOPE(&vfs->lock);

    *ret = vfs->reserved != NULL;
    return SQLITE_OK;
}

/* ---- the log's index, in memory ---- */

int
tw_sqlite_vfs_map(sqlite3_file *base, int index, int size, int extend, void volatile **ret)
{
    TwSqliteFile *file = self(base);
    TwSqliteVfs *vfs = file->vfs;
    TW_LOCK_SCOPE(&vfs->lock);

    if (!file->has_regions) {
        file->has_regions = TRUE;
        vfs->region_users++;
    }
    *ret = NULL;
    if ((guint) index >= vfs->regions->len && !extend)
        return SQLITE_OK;
    while ((guint) index >= vfs->regions->len)
        g_ptr_array_add(vfs->regions, g_malloc0((gsize) size));
    *ret = g_ptr_array_index(vfs->regions, index);
    return SQLITE_OK;
}

static void
unlock_log(TwSqliteFile *file, int slot)
{
    guint16 bit = (guint16) (1u << slot);

    if ((file->exclusive_locks & bit) != 0)
        file->vfs->log_locks[slot] = 0;
    else if ((file->shared_locks & bit) != 0)
        file->vfs->log_locks[slot]--;
    file->exclusive_locks &= (guint16) ~bit;
    file->shared_locks &= (guint16) ~bit;
}

int
tw_sqlite_vfs_lock_log(sqlite3_file *base, int first, int count, int flags)
{
    TwSqliteFile *file = self(base);
    TwSqliteVfs *vfs = file->vfs;
    TW_LOCK_SCOPE(&vfs->lock);
    gboolean shared = (flags & SQLITE_SHM_SHARED) != 0;

    for (int i = first; i < first + count && (flags & SQLITE_SHM_LOCK) != 0; i++) {
        gboolean mine = ((file->shared_locks | file->exclusive_locks) & 1u << i) != 0;
        if (!mine && (shared ? vfs->log_locks[i] < 0 : vfs->log_locks[i] != 0))
            return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; i++) {
        guint16 bit = (guint16) (1u << i);
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            unlock_log(file, i);
        } else if (((file->shared_locks | file->exclusive_locks) & bit) == 0) {
            vfs->log_locks[i] = shared ? vfs->log_locks[i] + 1 : -1;
            if (shared)
                file->shared_locks |= bit;
            else
                file->exclusive_locks |= bit;
        }
    }
    return SQLITE_OK;
}

void
tw_sqlite_vfs_barrier(sqlite3_file *base)
{
    TwSqliteVfs *vfs = self(base)->vfs;

    __sync_synchronize();
    tw_lock(&vfs->lock);
    tw_unlock(&vfs->lock);
}

int
tw_sqlite_vfs_unmap(sqlite3_file *base, int remove G_GNUC_UNUSED)
{
    TwSqliteFile *file = self(base);
    TwSqliteVfs *vfs = file->vfs;
    TW_LOCK_SCOPE(&vfs->lock);

    if (!file->has_regions)
        return SQLITE_OK;
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++)
        unlock_log(file, i);
    file->has_regions = FALSE;
    if (--vfs->region_users == 0)
        g_ptr_array_set_size(vfs->regions, 0);
    return SQLITE_OK;
}
