/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk in memory that remembers everything done to it, and can say what a real disk might hold if the power had
 * gone at any moment. Use it through fault-fs.h, which adds failures.
 *
 * The model is the strictest a program may have to live with:
 * - bytes are on disk after fdatasync of their file, names after fsync of their folder; nothing earlier;
 * - what was not synced may be there in part, by sectors of 512 bytes, in any order, the last one torn;
 * - a failed fdatasync loses some of the sectors it was to write for good, while readers still see them, and a later
 *   fdatasync succeeds without them.
 */
#pragma once

#include "base/file.h"

G_BEGIN_DECLS

typedef struct TwDisk TwDisk;

typedef enum {
    TW_DISK_CREATE,
    TW_DISK_MKDIR,
    TW_DISK_WRITE,
    TW_DISK_TRUNCATE,
    TW_DISK_SYNC,
    TW_DISK_SYNC_FAILED,
    TW_DISK_RENAME,
    TW_DISK_UNLINK,
    TW_DISK_RMDIR,
    TW_DISK_SYNC_DIR,
} TwDiskEvent;

typedef enum {
    TW_IMAGE_SYNCED,    /* only what was synced; other names are gone */
    TW_IMAGE_SUBSET,    /* and a random part of the other sectors; names up to some moment */
    TW_IMAGE_REORDERED, /* and random whole writes in random order; random names */
    TW_IMAGE_TORN,      /* and all the rest up to some sector of the last write, which is torn */
    TW_IMAGE_ALL,       /* everything: what kill -9 leaves */
    TW_IMAGE_MODES,
} TwImageMode;

/**
 * tw_disk_new:
 *
 * Returns: (transfer full): an empty disk with only the folder "/"
 */
TwDisk *tw_disk_new(void);

/**
 * tw_disk_free:
 * @disk: (nullable) (transfer full): a disk with no open files
 */
void tw_disk_free(TwDisk *disk);

/**
 * tw_disk_fs:
 * @disk: a disk
 *
 * Returns: (transfer none): its files
 */
TwFileSystem *tw_disk_fs(TwDisk *disk);

/**
 * tw_disk_fail_sync:
 * @file: a file of a disk
 *
 * Records that fdatasync of @file failed; see the head of this file for what that loses.
 */
void tw_disk_fail_sync(TwFile *file);

/**
 * tw_disk_set_space:
 * @disk: a disk
 * @bytes: its size; all files together may not be longer (ENOSPC). G_MAXUINT64, as at first: no limit
 */
void tw_disk_set_space(TwDisk *disk, guint64 bytes);

/**
 * tw_disk_used:
 * @disk: a disk
 *
 * Returns: the length of all files together
 */
guint64 tw_disk_used(TwDisk *disk);

/**
 * tw_disk_trace_len:
 * @disk: a disk
 *
 * Returns: how many events it remembers
 */
guint tw_disk_trace_len(TwDisk *disk);

/**
 * tw_disk_trace_event:
 * @disk: a disk
 * @index: less than tw_disk_trace_len()
 *
 * Returns: what kind the event is
 */
TwDiskEvent tw_disk_trace_event(TwDisk *disk, guint index);

/**
 * tw_disk_image:
 * @disk: a disk
 * @events: the power goes after so many events
 * @mode: what the disk holds of all that was not synced by then
 * @seed: for what is random in @mode; the same seed gives the same image
 *
 * Returns: (transfer full): a new disk with that content and an empty trace of its own
 */
TwDisk *tw_disk_image(TwDisk *disk, guint events, TwImageMode mode, guint32 seed);

/**
 * tw_disk_export:
 * @disk: a disk
 * @folder: an existing, empty folder of the real file system
 * @error: on failure
 *
 * Writes all files and folders below @folder, for programs that know only real files.
 *
 * Returns: FALSE on failure
 */
gboolean tw_disk_export(TwDisk *disk, const char *folder, GError **error);

G_END_DECLS
