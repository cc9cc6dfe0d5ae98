/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Large values, kept once: a value is named by its SHA-256 and lies in an append-only segment, or in a file of its own
 * when it is large. See README.md for the files and the way of a value.
 *
 * Order is what makes it safe: a value is put, then synced, then the row that names it is committed. A crash can leave a
 * value that no row names, never a row without its value. No reference is counted: the collector asks who uses a value.
 *
 * A #TwBlobUse spans the time from the first put to the commit of the row. It keeps the collector from taking away what was
 * put or found there, and tells when a failed sync made what was put uncertain.
 */
#pragma once

#include "base/buffer.h"
#include "base/file.h"
#include "base/secret.h"
#include "mapi/blob-id.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_BLOB_MAX_NOTE = 4096,
};

/* A bucket of an S3 server, for values that outgrow the disk. See README.md for what goes there. */
typedef struct {
    const char *host; /* host[:port] */
    gboolean tls;
    gboolean path_style; /* https://host/bucket/, else https://bucket.host/ */
    const char *region;  /* empty: us-east-1 */
    const char *bucket, *access_key;
    TwSecret *secret;
    const char *ca_file;  /* (nullable): the system's */
    guint64 part_bytes;   /* longer objects are put in parts of this size; at least 5 MiB */
    guint tries;          /* of one call, before it fails for now */
    guint wait_ms;        /* before the second try; twice that before the next, and so on */
    guint timeout_ms;     /* without progress */
    guint64 spool_bytes;  /* most that waits here for the server; more is refused */
    guint64 cache_bytes;  /* most that is kept here of what lies there */
    gboolean acknowledge; /* tw_blob_sync() waits until the server has it */
} TwBlobS3;

/** TW_BLOB_S3_INIT: a #TwBlobS3 with everything but the place. */
#define TW_BLOB_S3_INIT                                                                            \
    {                                                                                              \
        .tls = TRUE, .region = "", .part_bytes = 16u << 20, .tries = 5, .wait_ms = 200,            \
        .timeout_ms = 30000, .spool_bytes = G_GUINT64_CONSTANT(4) << 30,                           \
        .cache_bytes = G_GUINT64_CONSTANT(10) << 30                                                \
    }

typedef struct TwBlobVolume TwBlobVolume;
typedef struct TwBlobUse TwBlobUse;
typedef struct TwBlobWriter TwBlobWriter;

typedef struct {
    TwFileSystem *fs;
    const char *path;          /* the volume's folder, made when there is none */
    guint64 segment_bytes_min; /* the first segment; each new one is twice as large */
    guint64 segment_bytes_max;
    gsize large_bytes; /* values over this have a file of their own, at least 4096 */
    gboolean
        merge_scopes; /* compaction merges equal values of different scopes (attachment_dedup_scope = server) */
    gsize catalog_cache_bytes;
    const TwBlobS3 *s3; /* (nullable): only used while the volume is opened */
    /* What goes wrong where no caller is told of it: a damaged header of a segment, a catalog that is damaged or took a failed
     * write; a bucket that does not answer, and, with why NULL, that it does again. On any thread, without locks; must not
     * call back. Nullable. */
    void (*trouble)(gpointer data, const char *path, const GError *why);
    gpointer trouble_data;
} TwBlobConfig;

/** TW_BLOB_CONFIG_INIT: a #TwBlobConfig with everything but the place. */
#define TW_BLOB_CONFIG_INIT                                                                        \
    {                                                                                              \
        .segment_bytes_min = 1u << 20, .segment_bytes_max = 64u << 20, .large_bytes = 1u << 20,    \
        .merge_scopes = TRUE, .catalog_cache_bytes = 8u << 20                                      \
    }

/**
 * tw_blob_volume_open:
 * @config: how; copied, but @fs must outlive the volume
 * @error: TW_ERROR_BUSY: open elsewhere; CORRUPT; UNSUPPORTED: written by a newer version; or what the file system says
 *
 * Opens a volume: brings the catalog up to what the segments hold, and makes a new catalog from the segments when there is
 * none that can be read.
 *
 * Returns: (transfer full): the volume, or NULL
 */
TwBlobVolume *tw_blob_volume_open(const TwBlobConfig *config, GError **error);

/**
 * tw_blob_volume_close:
 * @volume: (nullable) (transfer full): a volume that nobody uses any more
 *
 * Writes the catalog and closes.
 */
void tw_blob_volume_close(TwBlobVolume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwBlobVolume, tw_blob_volume_close)

/**
 * tw_blob_is_suspect:
 * @volume: a volume
 *
 * Returns: whether a write or sync of the catalog failed, so that it takes no more until tw_blob_reopen(). Values are put and
 *   read all the same; what they add to the catalog waits in memory
 */
gboolean tw_blob_is_suspect(TwBlobVolume *volume);

/**
 * tw_blob_reopen:
 * @volume: a volume that is suspect
 * @error: as tw_db_reopen()
 *
 * Opens the catalog anew.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_reopen(TwBlobVolume *volume, GError **error);

/* Called for each file with what is wrong in it. */
typedef void (*TwBlobInspected)(const char *path, const char *what, gpointer data);

/**
 * tw_blob_inspect:
 * @volume: a volume
 * @found: told what is wrong
 * @data: for @found
 *
 * Looks at the structure of the catalog and at the header of each segment, beside everything else that goes on.
 */
void tw_blob_inspect(TwBlobVolume *volume, TwBlobInspected found, gpointer data);

/**
 * tw_blob_use_begin:
 * @volume: the volume
 *
 * Returns: (transfer full): a use; end it with tw_blob_use_end() after the commit, or after giving up
 */
TwBlobUse *tw_blob_use_begin(TwBlobVolume *volume);

/**
 * tw_blob_use_check:
 * @use: a use
 * @error: TW_ERROR_BUSY: a sync failed since the use began, so what was put may be lost; start over
 *
 * To be asked inside the transaction that commits the row, after tw_blob_sync().
 *
 * Returns: TRUE if all that was put with @use is on disk
 */
gboolean tw_blob_use_check(const TwBlobUse *use, GError **error);

/**
 * tw_blob_use_end:
 * @use: (nullable) (transfer full): a use
 *
 * The collector may now take what no row names.
 */
void tw_blob_use_end(TwBlobUse *use);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwBlobUse, tw_blob_use_end)

/* Where a value comes from, for the day when segments are all that is left; and who may find it again. */
typedef struct {
    guint32 scope; /* a value is reused inside its scope only: the company, or 0 for one scope */
    gboolean compress;  /* FALSE: known to be compressed already */
    const guint8 *note; /* (nullable): copied into the record, at most TW_BLOB_MAX_NOTE bytes */
    gsize note_len;
} TwBlobOptions;

/**
 * tw_blob_name:
 * @data: (array length=len): a value
 * @len: its length
 * @ret: (out): the name that tw_blob_put() would give it
 */
void tw_blob_name(const void *data, gsize len, TwBlobId *ret);

/**
 * tw_blob_put:
 * @use: a use
 * @data: (array length=len): the value
 * @len: its length
 * @options: (nullable): see there
 * @ret: (out): its name
 * @error: TW_ERROR_NO_SPACE, or what the file system says
 *
 * Stores a value unless the scope has it. Not durable before tw_blob_sync().
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_put(TwBlobUse *use,
                     const void *data,
                     gsize len,
                     const TwBlobOptions *options,
                     TwBlobId *ret,
                     GError **error);

/**
 * tw_blob_keep:
 * @use: a use
 * @id: a value that a committed row names
 * @scope: of who will name it too, should it be stored anew
 * @error: TW_ERROR_NOT_FOUND: it is not there (any more); CORRUPT; as tw_blob_put()
 *
 * For a second row that shall name the value, also in another database: until the use ends the collector does not take it
 * away, whatever becomes of the first row. It is put again if it was condemned already, so the rule of tw_blob_put() holds.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_keep(TwBlobUse *use, const TwBlobId *id, guint32 scope, GError **error);

/**
 * tw_blob_writer_new:
 * @use: a use that outlives the writer
 * @options: (nullable): see there; the note is copied
 *
 * For a value that comes in pieces: holds at most the volume's large_bytes of it in memory.
 *
 * Returns: (transfer full): a writer
 */
TwBlobWriter *tw_blob_writer_new(TwBlobUse *use, const TwBlobOptions *options);

/**
 * tw_blob_writer_put:
 * @writer: a writer
 * @data: (array length=len): the next bytes
 * @len: how many
 * @error: TW_ERROR_NO_SPACE, or what the file system says; the writer is then of no more use
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_writer_put(TwBlobWriter *writer, const void *data, gsize len, GError **error);

/**
 * tw_blob_writer_finish:
 * @writer: a writer; still to be freed
 * @ret: (out): the name of the value
 * @ret_len: (out) (optional): its length
 * @error: as tw_blob_writer_put()
 *
 * As tw_blob_put() for all that was given.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_writer_finish(TwBlobWriter *writer,
                               TwBlobId *ret,
                               guint64 *ret_len,
                               GError **error);

/**
 * tw_blob_writer_free:
 * @writer: (nullable) (transfer full): a writer; one that is not finished leaves nothing behind
 */
void tw_blob_writer_free(TwBlobWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwBlobWriter, tw_blob_writer_free)

/**
 * tw_blob_sync:
 * @volume: the volume
 * @error: what the file system says; all that was put and not synced before is then uncertain (tw_blob_use_check())
 *
 * Waits until all that was put before the call is on disk. Concurrent calls share one flush.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_sync(TwBlobVolume *volume, GError **error);

/**
 * tw_blob_get_len:
 * @volume: the volume
 * @id: a name
 * @ret: (out): length of the value in bytes
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_get_len(TwBlobVolume *volume, const TwBlobId *id, guint64 *ret, GError **error);

/**
 * tw_blob_read:
 * @volume: the volume
 * @id: a name
 * @offset: first byte wanted
 * @len: how many; what lies beyond the end is left out
 * @out: where to append them
 * @error: TW_ERROR_NOT_FOUND; CORRUPT: the checksum says that a disk lied; TOO_BIG: @out is full
 *
 * Reads a part of a value. Every stored byte that is used is checked. A value in a segment is read whole (at most
 * large_bytes), one in a file in pieces of 256 KiB.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_read(TwBlobVolume *volume,
                      const TwBlobId *id,
                      guint64 offset,
                      gsize len,
                      TwBuffer *out,
                      GError **error);

/* ---- keeping house; one of these at a time ---- */

typedef struct {
    /* Whether any row names a value. An error leaves it where it is. */
    gboolean (*is_used)(const TwBlobId *id, gboolean *ret, gpointer data, GError **error);
    gpointer data;
    gint64 now_us;   /* real time */
    gint64 grace_us; /* how long after its hint a value is left alone */
    guint max;       /* most values looked at in this call */
} TwBlobCollect;

typedef struct {
    guint64 looked_at, kept, dropped;
} TwBlobCollected;

/**
 * tw_blob_hint:
 * @volume: the volume
 * @ids: (array length=count): names of values that a row named no longer
 * @count: how many
 * @now_us: real time in microseconds
 * @error: what the catalog says
 *
 * Tells the collector where to look. A hint that is lost costs space, nothing else; tw_blob_hint_all() finds it.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_hint(
    TwBlobVolume *volume, const TwBlobId *ids, guint count, gint64 now_us, GError **error);

/**
 * tw_blob_hint_all:
 * @volume: the volume
 * @now_us: real time in microseconds
 * @error: what the catalog says
 *
 * Makes every value a candidate, for a collection that trusts no hint.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_hint_all(TwBlobVolume *volume, gint64 now_us, GError **error);

/**
 * tw_blob_collect:
 * @volume: the volume
 * @how: see there
 * @ret: (out): what was done
 * @error: what the catalog or @is_used says; what was done before stays done
 *
 * Condemns the candidates (durably: from then on a writer that meets the value stores a new copy), waits until every use
 * that began before is over, asks who uses each, and drops those that nobody does. A crash leaves "condemned", which the
 * next call takes up. Bytes come back with tw_blob_compact(), or at once for a value in a file.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_collect(TwBlobVolume *volume,
                         const TwBlobCollect *how,
                         TwBlobCollected *ret,
                         GError **error);

/**
 * tw_blob_compact:
 * @volume: the volume
 * @least_dead: compact closed segments with at least this share of dead bytes, 0.0 to 1.0
 * @max_segments: most segments in this call
 * @ret_freed: (out) (optional): bytes of disk given back
 * @error: what the file system or the catalog says; TW_ERROR_CORRUPT: some value of a segment is damaged: all others were
 *   moved, and the segment stays
 *
 * Copies what lives in a segment to the open one, verifying each digest, switches the catalog and removes the segment.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_compact(TwBlobVolume *volume,
                         double least_dead,
                         guint max_segments,
                         guint64 *ret_freed,
                         GError **error);

/**
 * tw_blob_carry:
 * @volume: a volume; without a bucket there is nothing to do
 * @error: what the server says: BUSY, TIMEOUT: it does not answer; NO_ACCESS, INVALID, NO_SPACE
 *
 * Puts all that waits for the bucket, deletes there what nobody needs, and takes copies off the disk that exceed the cache:
 * what goes on by itself all the time, now and to its end.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_carry(TwBlobVolume *volume, GError **error);

/* Called for each damaged value. */
typedef void (*TwBlobDamaged)(const TwBlobId *id, const GError *why, gpointer data);

/**
 * tw_blob_scrub:
 * @volume: the volume
 * @after: (inout): the last name looked at; begin with zeros. Zeros again when the end was reached
 * @max_bytes: stop after this many stored bytes
 * @damaged: told of each value whose checksum or digest is wrong, or that is not there
 * @data: for @damaged
 * @ret_count: (out) (optional): values looked at
 * @error: what the catalog says; damage is no failure
 *
 * Reads values whole and checks their digests, in the order of their names.
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_scrub(TwBlobVolume *volume,
                       TwBlobId *after,
                       guint64 max_bytes,
                       TwBlobDamaged damaged,
                       gpointer data,
                       guint64 *ret_count,
                       GError **error);

typedef struct {
    guint64 values;        /* names in the catalog and not yet in it */
    guint64 value_bytes;   /* as put */
    guint64 stored_bytes;  /* as stored, records and files */
    guint64 segment_bytes; /* of all segments, the pre-written rest included */
    guint segments;
} TwBlobStats;

/**
 * tw_blob_stats:
 * @volume: the volume
 * @ret: (out): figures of now
 * @error: what the catalog says
 *
 * Returns: FALSE on failure
 */
gboolean tw_blob_stats(TwBlobVolume *volume, TwBlobStats *ret, GError **error);

G_END_DECLS
