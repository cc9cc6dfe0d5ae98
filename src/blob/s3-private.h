/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A client of S3: one bucket, one account. Every call may be made from any thread; each takes one of the connections kept.
 *
 * A call tries again, with waits that grow, after 500, 502, 503, 504, 429, a timeout, or a connection that failed or ended
 * early; what remains after the last try is BUSY or TIMEOUT, and may be tried again later. Other errors last:
 *
 *   NO_ACCESS  the account, its secret, its rights, the clock, or a server whose certificate nobody trusts
 *   NOT_FOUND  no such object
 *   INVALID    no such bucket, another region, or another address than the server wants
 *   CORRUPT    the server has other bytes than were put there
 *   CANCELLED  tw_s3_stop()
 */
#pragma once

#include "blob/blob.h"
#include "blob/s3-answer-private.h"
#include "blob/s3-sign-private.h"

typedef struct TwS3 TwS3;

typedef struct {
    guint64 size;
    char etag[TW_S3_ETAG_SIZE];
    char sum[TW_S3_ETAG_SIZE]; /* x-amz-meta-crc32c; empty when the object has none */
    gboolean encrypted;        /* with a key of its own: the entity tag is no digest then */
} TwS3Object;

/* config is copied. */
TwS3 *tw_s3_new(const TwBlobS3 *config, GError **error);
void tw_s3_free(TwS3 *s3);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwS3, tw_s3_free)

/* Ends what is under way and all that is asked later. */
void tw_s3_stop(TwS3 *s3);

/* Where the bucket is, for messages: "https://host/bucket". Borrowed. */
const char *tw_s3_place(const TwS3 *s3);

/* Puts the first size bytes of a file, in parts when it is long, and proves that they are there: by the server's own check
 * of digests, by what HEAD says of length, entity tag and checksum. Putting again what lies there is no harm. */
gboolean tw_s3_put_file(
    TwS3 *s3, const char *key, TwFile *file, guint64 size, TwS3Object *ret, GError **error);
gboolean tw_s3_put(
    TwS3 *s3, const char *key, const void *data, gsize len, TwS3Object *ret, GError **error);

gboolean tw_s3_head(TwS3 *s3, const char *key, TwS3Object *ret, GError **error);

/* Appends exactly the bytes [offset, offset + len) to out. CORRUPT if the object's entity tag is not etag (nullable). */
gboolean tw_s3_get(TwS3 *s3,
                   const char *key,
                   const char *etag,
                   guint64 offset,
                   gsize len,
                   TwBuffer *out,
                   GError **error);

/* One that is not there any more is gone too. */
gboolean tw_s3_delete(TwS3 *s3, const char *key, GError **error);

/* Appends all objects whose names begin with prefix (of TwS3Listed), by name. */
gboolean tw_s3_list(TwS3 *s3, const char *prefix, GArray *listed, GError **error);

/* ---- between s3.c and s3-put.c ---- */

enum {
    TW_S3_MOST_PAIRS = 6
};

/* One request and what came back. */
typedef struct {
    const char *method;
    const char *key; /* NULL: the bucket */
    TwS3Pair query[TW_S3_MOST_PAIRS], headers[TW_S3_MOST_PAIRS];
    guint query_count, header_count;
    /* what is sent: body, or a part of file */
    const guint8 *body;
    TwFile *file;
    guint64 offset, len;
    const char *payload_hash; /* SHA-256 of it in hexadecimal */
    /* what is wanted */
    TwBuffer *out;    /* (nullable): gets the body of a good answer */
    const char *etag; /* (nullable): what the entity tag must be */
    gboolean ranged;  /* exactly want_len bytes from want_offset */
    guint64 want_offset, want_len;
    /* what came back */
    long status;
    guint64 first; /* of Content-Range */
    gboolean has_range;
    guint64 content_len;
    TwS3Object object;
} TwS3Call;

/* Sends a request, again where that may help. An answer that is not good is an error, and *ret_code (nullable) then gets the
 * server's own word for it. (transfer full) */
gboolean tw_s3_call(TwS3 *s3, TwS3Call *call, char **ret_code, GError **error);
const TwBlobS3 *tw_s3_config(const TwS3 *s3);
