/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Putting an object, and proving that it is there. The server checks the MD5 and the SHA-256 of each body itself; then HEAD
 * must give the length, the entity tag and the checksum that were put. An entity tag is the MD5 of the object, or of the
 * MD5s of its parts, unless the server encrypts with a key of its own.
 */
#include "blob/s3-private.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"

enum {
    PIECE = 256 << 10,
    LEAST_PART = 5 << 20, /* what S3 takes, but for the last */
    MOST_PARTS = 10000,
    MD5_LEN = 16,
};

/* What is put: a file's beginning, or bytes. */
typedef struct {
    TwFile *file;
    const guint8 *bytes;
    guint64 len;
} Source;

typedef struct {
    char *sha256;     /* in hexadecimal */
    char *md5_base64; /* as Content-MD5 has it */
    guint8 md5[MD5_LEN];
} Digests;

static void
digests_clear(Digests *digests)
{
    g_clear_pointer(&digests->sha256, g_free);
    g_clear_pointer(&digests->md5_base64, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Digests, digests_clear)

/* Reads a part of a source and makes its digests; *crc goes on over all parts. */
static gboolean
digest_part(
    const Source *source, guint64 offset, guint64 len, guint32 *crc, Digests *ret, GError **error)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_autofree guint8 *room = source->file != NULL ? g_malloc(PIECE) : NULL;
    guint8 digest[TW_SHA256_LEN];
    gsize md5_len = MD5_LEN;
    TwSha256 hash;
    GString *hex = g_string_new(NULL);

    tw_sha256_init(&hash);
    for (guint64 at = 0; at < len;) {
        gsize piece = MIN((guint64) PIECE, len - at);
        const guint8 *bytes = source->file != NULL ? room : source->bytes + offset + at;
        if (source->file != NULL &&
            !tw_file_read_exact(source->file, offset + at, room, piece, error)) {
            g_string_free(hex, TRUE);
            return FALSE;
        }
        tw_sha256_update(&hash, bytes, piece);
        g_checksum_update(md5, bytes, (gssize) piece);
        *crc = tw_crc32c(*crc, bytes, piece);
        at += piece;
    }
    tw_sha256_finish(&hash, digest);
    for (guint i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    g_checksum_get_digest(md5, ret->md5, &md5_len);
    ret->sha256 = g_string_free(hex, FALSE);
    ret->md5_base64 = g_base64_encode(ret->md5, MD5_LEN);
    return TRUE;
}

static void
set_source(TwS3Call *call, const Source *source, guint64 offset, guint64 len)
{
    call->len = len;
    if (source->file != NULL) {
        call->file = source->file;
        call->offset = offset;
    } else {
        call->body = source->bytes + offset;
    }
}

/* The entity tag that an object of so many parts should have: of one, or of none, its MD5. */
static char *
expect_etag(const GByteArray *md5s, guint parts)
{
    g_autofree char *of_all = NULL;
    GString *hex;

    if (parts > 0) {
        of_all = g_compute_checksum_for_data(G_CHECKSUM_MD5, md5s->data, md5s->len);
        return g_strdup_printf("%s-%u", of_all, parts);
    }
    hex = g_string_new(NULL);
    for (guint i = 0; i < md5s->len; i++)
        g_string_append_printf(hex, "%02x", md5s->data[i]);
    return g_string_free(hex, FALSE);
}

/* What HEAD says must be what was put. */
static gboolean
prove(TwS3 *s3,
      const char *key,
      guint64 len,
      const char *etag,
      const char *sum,
      TwS3Object *ret,
      GError **error)
{
    TwS3Object object;
    const char *wrong = NULL;

    if (!tw_s3_head(s3, key, &object, error))
        return FALSE;
    if (object.size != len)
        wrong = "another length";
    else if (strcmp(object.sum, sum) != 0)
        wrong = "another checksum";
    else if (*object.etag == '\0' || (!object.encrypted && strcmp(object.etag, etag) != 0))
        wrong = "another entity tag";
    if (wrong != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s/%s: it has %s than what was put",
                    tw_s3_place(s3), key, wrong);
        return FALSE;
    }
    *ret = object;
    return TRUE;
}

static void
print_sum(guint32 crc, char ret[9])
{
    g_snprintf(ret, 9, "%08x", crc);
}

static gboolean
put_whole(TwS3 *s3, const char *key, const Source *source, TwS3Object *ret, GError **error)
{
    g_auto(Digests) digests = { 0 };
    g_autoptr(GByteArray) md5 = g_byte_array_new();
    g_autofree char *etag = NULL;
    char sum[9];
    guint32 crc = 0;
    TwS3Call call = { .method = "PUT", .key = key };

    if (!digest_part(source, 0, source->len, &crc, &digests, error))
        return FALSE;
    print_sum(crc, sum);
    g_byte_array_append(md5, digests.md5, MD5_LEN);
    etag = expect_etag(md5, 0);
    set_source(&call, source, 0, source->len);
    call.payload_hash = digests.sha256;
    call.headers[call.header_count++] = (TwS3Pair){ "content-md5", digests.md5_base64 };
    call.headers[call.header_count++] = (TwS3Pair){ "x-amz-meta-crc32c", sum };
    return tw_s3_call(s3, &call, NULL, error) && prove(s3, key, source->len, etag, sum, ret, error);
}

/* ---- in parts ---- */

typedef struct {
    TwS3 *s3;
    const char *key;
    const Source *source;
    char *upload;     /* the server's name for it */
    GByteArray *md5s; /* of the parts */
    GString *list;    /* of the parts, as the last request has it */
    guint parts;
} Parts;

static gboolean
begin_parts(Parts *parts, const char *sum, GError **error)
{
    g_auto(TwBuffer) answer = TW_BUFFER_INIT(TW_S3_MAX_ANSWER);
    g_autofree char *hash = tw_s3_hash("", 0);
    TwS3Call call = { .method = "POST",
                      .key = parts->key,
                      .query = { { "uploads", "" } },
                      .query_count = 1,
                      .headers = { { "x-amz-meta-crc32c", sum } },
                      .header_count = 1,
                      .body = (const guint8 *) "",
                      .payload_hash = hash,
                      .out = &answer };

    if (!tw_s3_call(parts->s3, &call, NULL, error))
        return FALSE;
    parts->upload = answer.len > 0
                        ? tw_s3_answer_text((const char *) answer.data, answer.len, "UploadId")
                        : NULL;
    if (parts->upload == NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: it gives an upload in parts no name",
                    tw_s3_place(parts->s3));
    return parts->upload != NULL;
}

static gboolean
put_part(Parts *parts, guint64 offset, guint64 len, GError **error)
{
    g_auto(Digests) digests = { 0 };
    g_autofree char *number = g_strdup_printf("%u", parts->parts + 1);
    guint32 crc = 0;
    TwS3Call call = { .method = "PUT",
                      .key = parts->key,
                      .query = { { "partNumber", number }, { "uploadId", parts->upload } },
                      .query_count = 2 };

    if (!digest_part(parts->source, offset, len, &crc, &digests, error))
        return FALSE;
    set_source(&call, parts->source, offset, len);
    call.payload_hash = digests.sha256;
    call.headers[call.header_count++] = (TwS3Pair){ "content-md5", digests.md5_base64 };
    if (!tw_s3_call(parts->s3, &call, NULL, error))
        return FALSE;
    if (*call.object.etag == '\0') {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: it gives a part no entity tag",
                    tw_s3_place(parts->s3));
        return FALSE;
    }
    g_byte_array_append(parts->md5s, digests.md5, MD5_LEN);
    parts->parts++;
    g_string_append_printf(parts->list,
                           "<Part><PartNumber>%s</PartNumber><ETag>\"%s\"</ETag></Part>", number,
                           call.object.etag);
    return TRUE;
}

/* A good status may come with an error for a body: the server said it before it knew. An upload that is not there any more was
 * ended by a request whose reply was lost; what HEAD says then decides. */
static gboolean
end_parts(Parts *parts, GError **error)
{
    g_auto(TwBuffer) answer = TW_BUFFER_INIT(TW_S3_MAX_ANSWER);
    g_autofree char *body =
        g_strdup_printf("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
                        ">%s</CompleteMultipartUpload>",
                        parts->list->str);
    g_autofree char *hash = tw_s3_hash(body, strlen(body)), *code = NULL, *wrong = NULL;
    g_autoptr(GError) local = NULL;
    TwS3Call call = { .method = "POST",
                      .key = parts->key,
                      .query = { { "uploadId", parts->upload } },
                      .query_count = 1,
                      .body = (const guint8 *) body,
                      .len = strlen(body),
                      .payload_hash = hash,
                      .out = &answer };

    if (!tw_s3_call(parts->s3, &call, &code, &local)) {
        if (g_strcmp0(code, "NoSuchUpload") == 0)
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (answer.len > 0)
        wrong = tw_s3_answer_text((const char *) answer.data, answer.len, "Code");
    if (wrong != NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "%s: 200, and yet %s", tw_s3_place(parts->s3),
                    wrong);
    return wrong == NULL;
}

/* What is left of an upload that failed takes room there. */
static void
give_up_parts(const Parts *parts)
{
    g_autofree char *hash = tw_s3_hash("", 0);
    TwS3Call call = { .method = "DELETE",
                      .key = parts->key,
                      .query = { { "uploadId", parts->upload } },
                      .query_count = 1,
                      .payload_hash = hash };

    (void) tw_s3_call(parts->s3, &call, NULL, NULL);
}

static gboolean
sum_all(const Source *source, char ret[9], GError **error)
{
    g_autofree guint8 *room = g_malloc(PIECE);
    guint32 crc = 0;

    for (guint64 at = 0; at < source->len;) {
        gsize piece = MIN((guint64) PIECE, source->len - at);
        if (source->file == NULL)
            memcpy(room, source->bytes + at, piece);
        else if (!tw_file_read_exact(source->file, at, room, piece, error))
            return FALSE;
        crc = tw_crc32c(crc, room, piece);
        at += piece;
    }
    print_sum(crc, ret);
    return TRUE;
}

static gboolean
put_in_parts(TwS3 *s3,
             const char *key,
             const Source *source,
             guint64 part_bytes,
             TwS3Object *ret,
             GError **error)
{
    Parts parts = { .s3 = s3, .key = key, .source = source };
    g_autofree char *etag = NULL;
    char sum[9];
    gboolean ok;

    if (!sum_all(source, sum, error) || !begin_parts(&parts, sum, error))
        return FALSE;
    parts.md5s = g_byte_array_new();
    parts.list = g_string_new(NULL);
    ok = TRUE;
    for (guint64 at = 0; ok && at < source->len; at += part_bytes)
        ok = put_part(&parts, at, MIN(part_bytes, source->len - at), error);
    ok = ok && end_parts(&parts, error);
    if (!ok)
        give_up_parts(&parts);
    etag = expect_etag(parts.md5s, parts.parts);
    ok = ok && prove(s3, key, source->len, etag, sum, ret, error);
    g_byte_array_unref(parts.md5s);
    g_string_free(parts.list, TRUE);
    g_free(parts.upload);
    return ok;
}

static gboolean
put(TwS3 *s3, const char *key, const Source *source, TwS3Object *ret, GError **error)
{
    guint64 part = MAX(tw_s3_config(s3)->part_bytes, (guint64) LEAST_PART);

    if (source->len <= part)
        return put_whole(s3, key, source, ret, error);
    part = MAX(part, source->len / MOST_PARTS + 1);
    return put_in_parts(s3, key, source, part, ret, error);
}

gboolean
tw_s3_put_file(
    TwS3 *s3, const char *key, TwFile *file, guint64 size, TwS3Object *ret, GError **error)
{
    Source source = { .file = file, .len = size };

    return put(s3, key, &source, ret, error);
}

gboolean
tw_s3_put(TwS3 *s3, const char *key, const void *data, gsize len, TwS3Object *ret, GError **error)
{
    Source source = { .bytes = data, .len = len };

    return put(s3, key, &source, ret, error);
}
