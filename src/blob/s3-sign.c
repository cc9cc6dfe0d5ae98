/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "blob/s3-sign-private.h"

#include "base/date.h"
#include "base/hash.h"

#include <string.h>

char *
tw_s3_escape_path(const char *path)
{
    return g_uri_escape_string(path, "/", FALSE);
}

static int
compare_pairs(const void *a, const void *b)
{
    const TwS3Pair *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : strcmp(left->value, right->value);
}

char *
tw_s3_print_query(TwS3Pair *pairs, guint count)
{
    GString *out = g_string_new(NULL);

    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = g_uri_escape_string(pairs[i].name, NULL, FALSE);
        g_autofree char *value = g_uri_escape_string(pairs[i].value, NULL, FALSE);
        g_string_append_printf(out, "%s%s=%s", i > 0 ? "&" : "", name, value);
    }
    return g_string_free(out, FALSE);
}

char *
tw_s3_print_canonical(const TwS3Request *request, char **ret_signed)
{
    GString *out = g_string_new(NULL), *names = g_string_new(NULL);

    qsort(request->headers, request->header_count, sizeof *request->headers, compare_pairs);
    g_string_append_printf(out, "%s\n%s\n%s\n", request->method, request->path, request->query);
    for (guint i = 0; i < request->header_count; i++) {
        g_string_append_printf(out, "%s:%s\n", request->headers[i].name, request->headers[i].value);
        g_string_append_printf(names, "%s%s", i > 0 ? ";" : "", request->headers[i].name);
    }
    g_string_append_printf(out, "\n%s\n%s", names->str, request->payload_hash);
    *ret_signed = g_string_free(names, FALSE);
    return g_string_free(out, FALSE);
}

static char *
print_hex(const guint8 digest[TW_SHA256_LEN])
{
    GString *out = g_string_sized_new(2 * TW_SHA256_LEN);

    for (guint i = 0; i < TW_SHA256_LEN; i++)
        g_string_append_printf(out, "%02x", digest[i]);
    return g_string_free(out, FALSE);
}

char *
tw_s3_hash(const void *data, gsize len)
{
    guint8 digest[TW_SHA256_LEN];

    tw_sha256(data, len, digest);
    return print_hex(digest);
}

void
tw_s3_print_time(gint64 us, char ret[TW_S3_TIME_SIZE])
{
    TwDate date = { 0 };

    if (!tw_date_from_us(us, 0, &date))
        (void) tw_date_from_us(0, 0, &date);
    g_snprintf(ret, TW_S3_TIME_SIZE, "%04u%02u%02uT%02u%02u%02uZ", (guint) date.year % 10000,
               (guint) date.month % 100, (guint) date.day % 100, (guint) date.hour % 100,
               (guint) date.minute % 100, (guint) date.second % 100);
}

/* The key that signs, for one day, region and service. */
static void
derive_key(const TwS3Identity *identity, const char *day, guint8 ret[TW_SHA256_LEN])
{
    gsize secret_len;
    const char *secret = tw_secret_reveal(identity->secret, &secret_len);
    const char *const steps[] = { day, identity->region, identity->service, "aws4_request" };
    gsize first_len = secret_len + 4;
    g_autofree guint8 *first = g_malloc(first_len);

    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret, secret_len);
    tw_hmac_sha256(first, first_len, steps[0], strlen(steps[0]), ret);
    tw_secret_wipe(first, first_len);
    for (guint i = 1; i < G_N_ELEMENTS(steps); i++) {
        guint8 next[TW_SHA256_LEN];
        tw_hmac_sha256(ret, TW_SHA256_LEN, steps[i], strlen(steps[i]), next);
        memcpy(ret, next, sizeof next);
        tw_secret_wipe(next, sizeof next);
    }
}

char *
tw_s3_authorize(const TwS3Request *request, const TwS3Identity *identity, const char *time)
{
    g_autofree char *names = NULL, *canonical = tw_s3_print_canonical(request, &names);
    g_autofree char *hash = tw_s3_hash(canonical, strlen(canonical));
    g_autofree char *day = g_strndup(time, 8);
    g_autofree char *scope =
        g_strdup_printf("%s/%s/%s/aws4_request", day, identity->region, identity->service);
    g_autofree char *text = g_strdup_printf("AWS4-HMAC-SHA256\n%s\n%s\n%s", time, scope, hash);
    g_autofree char *signature = NULL;
    guint8 key[TW_SHA256_LEN], digest[TW_SHA256_LEN];

    derive_key(identity, day, key);
    tw_hmac_sha256(key, sizeof key, text, strlen(text), digest);
    tw_secret_wipe(key, sizeof key);
    signature = print_hex(digest);
    return g_strdup_printf("AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s",
                           identity->access_key, scope, names, signature);
}
