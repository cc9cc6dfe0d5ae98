/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The objects of a volume in its bucket, as the catalog knows them. An object is one local file, whole: a segment, or the file
 * of a large value. It is written once under a name that no other object ever has, so that a request that comes late, or twice,
 * does no harm.
 *
 *   object(kind, number, scope, hash, size, state, etag)   number: of the segment, or the serial of the file
 *   fact(name, value)                                      "bucket": where the objects are; "backlog": the first segment that is
 *                                                          none; "floor": the least number of the next segment
 */
#pragma once

#include "blob/catalog-private.h"
#include "blob/s3-answer-private.h"

typedef enum {
    TW_BUCKET_SEGMENT = 0,
    TW_BUCKET_FILE = 1,
} TwBucketKind;

typedef enum {
    TW_BUCKET_WAITING = 0, /* it lies here only, and shall be put */
    TW_BUCKET_THERE = 1,   /* it was put, and that was proven; what lies here is a copy */
    TW_BUCKET_DOOMED = 2,  /* no entry needs it, and it shall be deleted */
    TW_BUCKET_BACKLOG =
        3, /* as waiting, from before there was a bucket: the spool's limit is not for it */
} TwBucketState;

typedef struct {
    guint8 kind; /* TwBucketKind */
    guint64 number;
    guint32 scope; /* of a file */
    TwBlobId id;   /* of a file */
    guint64 size;
    guint8 state; /* TwBucketState */
    char etag[TW_S3_ETAG_SIZE];
} TwBucketRow;

extern const TwDbSqlSet tw_bucket_sql;

/* All of these run inside a closure. */
gboolean tw_bucket_put(TwDbTx *tx, const TwBucketRow *object, GError **error);
/* The same, unless there is one. */
gboolean tw_bucket_add(TwDbTx *tx, const TwBucketRow *object, GError **error);
/* Writes an entry of the catalog; its file, if its value has one to itself, waits for the bucket. */
gboolean tw_bucket_put_entry(TwDbTx *tx, const TwEntry *entry, GError **error);
/* *ret_found: whether there is one. */
gboolean tw_bucket_get(TwDbTx *tx,
                       TwBucketKind kind,
                       guint64 number,
                       TwBucketRow *ret,
                       gboolean *ret_found,
                       GError **error);
gboolean tw_bucket_drop(TwDbTx *tx, TwBucketKind kind, guint64 number, GError **error);
gboolean tw_bucket_in_state(
    TwDbTx *tx, TwBucketState state, guint max, GArray *objects, GError **error);
gboolean tw_bucket_all(TwDbTx *tx, GArray *objects, GError **error);
gboolean tw_bucket_waiting_bytes(TwDbTx *tx, guint64 *ret, GError **error);
/* What waits does so from before there was a bucket. */
gboolean tw_bucket_all_backlog(TwDbTx *tx, GError **error);
/* What lies in the bucket is to be deleted there; what was never put is forgotten. */
gboolean tw_bucket_doom(TwDbTx *tx, TwBucketKind kind, guint64 number, GError **error);
/* Segments begin with this number from now on, unless they do so with a greater one already. */
gboolean tw_bucket_raise_floor(TwDbTx *tx, guint64 number, GError **error);
gboolean tw_bucket_floor(TwDbTx *tx, guint64 *ret, GError **error);
/* Whether some entry's value lies in the file. */
gboolean tw_bucket_file_used(TwDbTx *tx, guint64 serial, gboolean *ret, GError **error);
/* (transfer full) (nullable) */
gboolean tw_fact_get(TwDbTx *tx, const char *name, char **ret, GError **error);
gboolean tw_fact_put(TwDbTx *tx, const char *name, const char *value, GError **error);
