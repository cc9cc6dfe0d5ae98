/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests without a body: what is asked of objects, and taking them away. */
#include "blob/s3-private.h"

#include "base/error.h"

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

gboolean
tw_s3_head(TwS3 *s3, const char *key, TwS3Object *ret, GError **error)
{
    TwS3Call call = { .method = "HEAD", .key = key, .payload_hash = empty_hash };

    if (!tw_s3_call(s3, &call, NULL, error))
        return FALSE;
    *ret = call.object;
    return TRUE;
}

gboolean
tw_s3_get(TwS3 *s3,
          const char *key,
          const char *etag,
          guint64 offset,
          gsize len,
          TwBuffer *out,
          GError **error)
{
    g_autofree char *range =
        g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, offset, offset + len - 1);
    TwS3Call call = { .method = "GET",
                      .key = key,
                      .headers = { { "range", range } },
                      .header_count = 1,
                      .payload_hash = empty_hash,
                      .out = out,
                      .etag = etag,
                      .ranged = TRUE,
                      .want_offset = offset,
                      .want_len = len };

    return len == 0 || tw_s3_call(s3, &call, NULL, error);
}

gboolean
tw_s3_delete(TwS3 *s3, const char *key, GError **error)
{
    TwS3Call call = { .method = "DELETE", .key = key, .payload_hash = empty_hash };
    g_autoptr(GError) local = NULL;

    if (tw_s3_call(s3, &call, NULL, &local) || g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean
tw_s3_list(TwS3 *s3, const char *prefix, GArray *listed, GError **error)
{
    g_autofree char *next = NULL;

    do {
        g_auto(TwBuffer) page = TW_BUFFER_INIT(TW_S3_MAX_ANSWER);
        g_autofree char *token = g_steal_pointer(&next);
        TwS3Call call = { .method = "GET",
                          .query = { { "list-type", "2" }, { "prefix", prefix } },
                          .query_count = 2,
                          .payload_hash = empty_hash,
                          .out = &page };
        if (token != NULL)
            call.query[call.query_count++] = (TwS3Pair){ "continuation-token", token };
        if (!tw_s3_call(s3, &call, NULL, error) ||
            !tw_s3_list_parse((const char *) page.data, page.len, listed, &next, error))
            return FALSE;
        if (token != NULL && g_strcmp0(token, next) == 0) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: its list does not end",
                        tw_s3_place(s3));
            return FALSE;
        }
    } while (next != NULL);
    return TRUE;
}
