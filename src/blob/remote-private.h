/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A volume's bucket. Its objects are the volume's own files, whole: closed segments and the files of large values. The carrier
 * thread puts what waits, deletes what is doomed, and takes copies off the disk that exceed the cache. What lies in the bucket only
 * is read in windows of 1 MiB, which are kept in cache/ and count as copies.
 *
 *   waiting -> there     tw_s3_put_file(): put, and proven
 *   there   -> doomed    the collector or compaction took the last entry away
 *   doomed  -> (gone)    deleted in the bucket
 *
 * Lock order: the volume's house, carry, the volume's lock, lock. carry is held across requests, the two locks never.
 */
#pragma once

#include "blob/bucket-private.h"
#include "blob/s3-private.h"
#include "blob/volume-private.h"

enum {
    TW_REMOTE_WINDOW = 1 << 20,
};

/* What lies here of the bucket: a whole file, or a window of one. */
typedef struct {
    guint64 number;
    guint32 window; /* G_MAXUINT32: all of it */
    guint8 kind;
    guint64 size;
    guint64 used; /* the clock's tick of the last use */
} TwRemoteCopy;

struct TwRemote {
    TwFileSystem fs; /* of files that lie in the bucket; the first member */
    TwBlobVolume *volume;
    TwS3 *s3;
    char *prefix; /* of the names of the volume's objects */
    guint64 spool_bytes, cache_bytes;
    gboolean acknowledge;
    guint64 backlog; /* segments before this one are older than the bucket */

    GMutex carry; /* guards: one puts or deletes objects at a time */
    GThread *carrier;

    TwLock lock;   /* guards all below */
    GCond wake;    /* the carrier has work */
    GCond drained; /* something was put */
    gboolean closing, poked;
    guint64 waiting;    /* bytes that lie here only, but for the backlog */
    gboolean is_away;   /* the last thing asked of the server failed */
    GHashTable *copies; /* a set of TwRemoteCopy */
    guint64 copy_bytes;
    guint64 clock;
    GHashTable *refused; /* a set of serials whose file cannot be read here: not tried again */
};

/* remote.c; a NULL remote is none, and everything below is nothing then */
gboolean tw_remote_open(TwBlobVolume *volume, const TwBlobS3 *config, GError **error);
/* After the segments are open: what is known of objects. */
gboolean tw_remote_start(TwBlobVolume *volume, GError **error);
/* Ends the carrier and every request; free comes when no segment is left. */
void tw_remote_close(TwRemote *remote);
void tw_remote_free(TwRemote *remote);
void tw_remote_poke(TwRemote *remote);
void tw_remote_add_waiting(TwRemote *remote, guint64 bytes);
void tw_remote_take_waiting(TwRemote *remote, guint64 bytes);
/* Counts anew what waits. */
gboolean tw_remote_count_waiting(TwRemote *remote, GError **error);
/* NO_SPACE when too much waits for the server; waits a little when it is nearly so. */
gboolean tw_remote_admit(TwRemote *remote, GError **error);
/* Where that is wanted: waits until all that is durable here is in the bucket. */
gboolean tw_remote_acknowledge(TwRemote *remote, GError **error);
/* The name of an object. (transfer full) */
char *tw_remote_key(const TwRemote *remote, const TwBucketRow *row);
char *tw_remote_segment_key(const TwRemote *remote, guint64 number);

/* remote-carry.c */
gpointer tw_remote_carry(gpointer remote);
/* Puts all that waits; with the open segment as far as it is durable, if that is wanted. */
gboolean tw_remote_put_waiting(TwRemote *remote,
                               gboolean with_open,
                               guint *ret_done,
                               GError **error);

/* remote-cache.c */
void tw_remote_init_files(TwRemote *remote);
/* A file that lies in the bucket. NOT_FOUND if it does not. */
TwFile *tw_remote_open_file(TwRemote *remote, TwBucketKind kind, guint64 number, GError **error);
void tw_remote_add_copy(
    TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window, guint64 size);
void tw_remote_drop_copy(TwRemote *remote, TwBucketKind kind, guint64 number, guint32 window);
void tw_remote_touch(TwRemote *remote, TwBucketKind kind, guint64 number);
/* Takes copies off the disk until the rest is within the cache. */
void tw_remote_evict(TwRemote *remote);
/* Windows that an earlier process left. */
gboolean tw_remote_adopt_windows(TwRemote *remote, GError **error);
TwSegment *tw_remote_open_segment(TwRemote *remote, const TwBucketRow *row);

/* remote-check.c */
/* Whether the bucket is the volume's, and may be read, written, listed and deleted in. */
gboolean tw_remote_check_access(TwRemote *remote, GError **error);
/* Looks for objects without rows and rows without objects. */
void tw_remote_inspect(TwRemote *remote, TwBlobInspected found, gpointer data);
/* After a catalog was lost: fetches the segments that lie in the bucket only. */
gboolean tw_remote_restore_segments(TwRemote *remote, GError **error);
