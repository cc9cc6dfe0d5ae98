/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A file system for tests of everything that keeps data: over a recorded disk in memory (disk-model.h), or over the real
 * one, any call can be made to fail, to come short or to wait, and the power can go.
 *
 *     g_autoptr(TwFaultFs) fs = tw_fault_fs_new();
 *     run the script on tw_fault_fs_get(fs), noting in a ledger what was acknowledged at which event
 *     for each n up to tw_fault_fs_events(fs), each mode:
 *         g_autoptr(TwFaultFs) after = tw_fault_fs_image(fs, n, mode, seed);
 *         open on tw_fault_fs_get(after), compare with the ledger; after records too, for cuts during recovery
 */
#pragma once

#include "base/file.h"
#include "support/disk-model.h"

G_BEGIN_DECLS

typedef struct TwFaultFs TwFaultFs;

typedef enum {
    TW_FAULT_OPEN = 1u << 0,
    TW_FAULT_READ = 1u << 1,
    TW_FAULT_WRITE = 1u << 2, /* pwrite and pwritev */
    TW_FAULT_SYNC = 1u << 3,
    TW_FAULT_TRUNCATE = 1u << 4, /* and allocate */
    TW_FAULT_LOCK = 1u << 5,
    TW_FAULT_STAT = 1u << 6,
    TW_FAULT_RENAME = 1u << 7,
    TW_FAULT_UNLINK = 1u << 8, /* and rmdir */
    TW_FAULT_MKDIR = 1u << 9,
    TW_FAULT_LIST = 1u << 10,
    TW_FAULT_SYNC_DIR = 1u << 11,
    TW_FAULT_ANY = (1u << 12) - 1,
} TwFaultCalls;

typedef struct {
    TwFaultCalls calls; /* which kinds count and fail */
    guint nth;          /* the first to fail, counted from 1 after arming */
    guint count;        /* how many fail from there; 0 for one, G_MAXUINT for all */
    int number;         /* errno; 0: a read or write comes short instead */
    gsize
        part; /* bytes moved before the failure or instead of all; a read or write of fewer is whole */
    const char *suffix; /* only files whose path ends so; NULL: all. Borrowed while armed */
} TwFault;

/**
 * tw_fault_fs_new:
 *
 * Returns: (transfer full): an empty recorded disk in memory
 */
TwFaultFs *tw_fault_fs_new(void);

/**
 * tw_fault_fs_new_over:
 * @lower: (transfer none): the files to pass calls on to; nothing is recorded
 *
 * Returns: (transfer full): faults over @lower
 */
TwFaultFs *tw_fault_fs_new_over(TwFileSystem *lower);

/**
 * tw_fault_fs_free:
 * @fs: (nullable) (transfer full): with no open files
 */
void tw_fault_fs_free(TwFaultFs *fs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwFaultFs, tw_fault_fs_free)

/**
 * tw_fault_fs_get:
 * @fs: a fault file system
 *
 * Returns: (transfer none): what the code under test is given
 */
TwFileSystem *tw_fault_fs_get(TwFaultFs *fs);

/**
 * tw_fault_fs_arm:
 * @fs: a fault file system
 * @fault: what shall fail; replaces what was armed before
 */
void tw_fault_fs_arm(TwFaultFs *fs, const TwFault *fault);

/**
 * tw_fault_fs_disarm:
 * @fs: a fault file system
 *
 * Returns: how many calls the fault has hit
 */
guint tw_fault_fs_disarm(TwFaultFs *fs);

/**
 * tw_fault_fs_count:
 * @fs: a fault file system
 * @calls: kinds
 *
 * Returns: how many calls of these kinds were made so far
 */
guint64 tw_fault_fs_count(TwFaultFs *fs, TwFaultCalls calls);

/**
 * tw_fault_fs_delay_sync:
 * @fs: a fault file system
 * @us: microseconds each sync takes longer; one at a time, as a disk flushes
 */
void tw_fault_fs_delay_sync(TwFaultFs *fs, gulong us);

/**
 * tw_fault_fs_cut_power:
 * @fs: a fault file system
 *
 * From now on every call fails with EIO; files can only be closed.
 */
void tw_fault_fs_cut_power(TwFaultFs *fs);

/**
 * tw_fault_fs_cut_power_after:
 * @fs: a fault file system over a disk in memory
 * @events: the power goes as soon as the trace is so long
 */
void tw_fault_fs_cut_power_after(TwFaultFs *fs, guint events);

/**
 * tw_fault_fs_set_space:
 * @fs: a fault file system over a disk in memory
 * @bytes: as tw_disk_set_space()
 */
void tw_fault_fs_set_space(TwFaultFs *fs, guint64 bytes);

/**
 * tw_fault_fs_used:
 * @fs: a fault file system over a disk in memory
 *
 * Returns: as tw_disk_used()
 */
guint64 tw_fault_fs_used(TwFaultFs *fs);

/**
 * tw_fault_fs_events:
 * @fs: a fault file system over a disk in memory
 *
 * Returns: as tw_disk_trace_len()
 */
guint tw_fault_fs_events(TwFaultFs *fs);

/**
 * tw_fault_fs_event:
 * @fs: a fault file system over a disk in memory
 * @index: less than tw_fault_fs_events()
 *
 * Returns: as tw_disk_trace_event()
 */
TwDiskEvent tw_fault_fs_event(TwFaultFs *fs, guint index);

/**
 * tw_fault_fs_image:
 * @fs: a fault file system over a disk in memory; may be in use
 * @events: as tw_disk_image()
 * @mode: as tw_disk_image()
 * @seed: as tw_disk_image()
 *
 * Returns: (transfer full): a new one, over the image
 */
TwFaultFs *tw_fault_fs_image(TwFaultFs *fs, guint events, TwImageMode mode, guint32 seed);

/**
 * tw_fault_fs_export:
 * @fs: a fault file system over a disk in memory
 * @folder: as tw_disk_export()
 * @error: as tw_disk_export()
 *
 * Returns: as tw_disk_export()
 */
gboolean tw_fault_fs_export(TwFaultFs *fs, const char *folder, GError **error);

/**
 * tw_fault_fs_size:
 * @fs: a fault file system
 * @path: a file that is there
 *
 * Returns: its length
 */
guint64 tw_fault_fs_size(TwFaultFs *fs, const char *path);

/**
 * tw_fault_fs_flip:
 * @fs: a fault file system
 * @path: a file that is there
 * @bit: which bit, counted from the start of the file
 *
 * Turns one bit over, behind the back of the code under test.
 */
void tw_fault_fs_flip(TwFaultFs *fs, const char *path, guint64 bit);

/**
 * tw_fault_fs_cut_file:
 * @fs: a fault file system
 * @path: a file that is there
 * @size: its new length
 */
void tw_fault_fs_cut_file(TwFaultFs *fs, const char *path, guint64 size);

G_END_DECLS
