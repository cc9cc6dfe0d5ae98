/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk whose flush takes longer: the system's files, with a delay added to each sync. One flush at a time goes through, as
 * in a disk. Give slow_disk_new() to the engine as its file system; the delay may be changed while nothing runs.
 */
#pragma once

#include "base/file.h"

#include <glib.h>

typedef struct {
    TwFileSystem base;
    TwFileSystemOps ops;
    gulong delay_us;
    GMutex flush; /* one at a time; held across the delay by design */
} SlowDisk;

static inline SlowDisk *
slow_disk_of(TwFileSystem *fs)
{
    return (SlowDisk *) (gpointer) fs;
}

static inline int
slow_disk_sync(TwFile *file)
{
    SlowDisk *disk = slow_disk_of(file->fs);
    int answer;

    if (disk->delay_us == 0)
        return tw_file_system_real()->ops->sync(file);
    g_mutex_lock(&disk->flush);
    g_usleep(disk->delay_us);
    answer = tw_file_system_real()->ops->sync(file);
    g_mutex_unlock(&disk->flush);
    return answer;
}

static inline int
slow_disk_sync_dir(TwFileSystem *fs, const char *path)
{
    SlowDisk *disk = slow_disk_of(fs);

    if (disk->delay_us != 0)
        g_usleep(disk->delay_us);
    return tw_file_system_real()->ops->sync_dir(fs, path);
}

/* Lasts as long as the program. */
static inline SlowDisk *
slow_disk_new(void)
{
    SlowDisk *disk = g_new0(SlowDisk, 1);

    disk->ops = *tw_file_system_real()->ops;
    disk->ops.sync = slow_disk_sync;
    disk->ops.sync_dir = slow_disk_sync_dir;
    disk->base.ops = &disk->ops;
    g_mutex_init(&disk->flush);
    return disk;
}
