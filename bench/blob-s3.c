/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Objects put a second into a bucket, with the proof by HEAD, beside curl's own signatures and its two requests; and beside curl's
 * PUT alone, which proves nothing.
 *
 * Run by hand: tests/support/with-swift.py build/release/bench/bench-blob-s3
 */
#include "blob/s3-private.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum {
    LEN = 1 << 20
};

typedef struct {
    TwS3 *s3;
    CURL *curl;
    const char *endpoint;
    guint8 *bytes;
    gsize sent;
    guint count;
    gboolean prove;
} Bench;

static size_t
send_bytes(char *room, size_t size, size_t count, void *data)
{
    Bench *bench = data;
    gsize len = MIN(size * count, LEN - bench->sent);

    memcpy(room, bench->bytes + bench->sent, len);
    bench->sent += len;
    return len;
}

static size_t
drop_bytes(G_GNUC_UNUSED char *bytes, size_t size, size_t count, G_GNUC_UNUSED void *data)
{
    return size * count;
}

/* One request of curl's, signed by itself; method NULL is a PUT of the bytes. */
static void
ask_curl(Bench *bench, const char *path, const char *method)
{
    g_autofree char *url = g_strdup_printf("http://%s/bench%s", bench->endpoint, path);
    struct curl_slist *headers = curl_slist_append(NULL, "x-amz-content-sha256: UNSIGNED-PAYLOAD");
    long status = 0;
    CURLcode code;

    curl_easy_reset(bench->curl);
    curl_easy_setopt(bench->curl, CURLOPT_URL, url);
    curl_easy_setopt(bench->curl, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
    curl_easy_setopt(bench->curl, CURLOPT_USERPWD, "tester:testing");
    curl_easy_setopt(bench->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(bench->curl, CURLOPT_WRITEFUNCTION, drop_bytes);
    if (g_strcmp0(method, "HEAD") == 0) {
        curl_easy_setopt(bench->curl, CURLOPT_NOBODY, 1L);
    } else if (method != NULL) {
        curl_easy_setopt(bench->curl, CURLOPT_CUSTOMREQUEST, method);
    } else {
        bench->sent = 0;
        curl_easy_setopt(bench->curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(bench->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) LEN);
        curl_easy_setopt(bench->curl, CURLOPT_READFUNCTION, send_bytes);
        curl_easy_setopt(bench->curl, CURLOPT_READDATA, bench);
    }
    code = curl_easy_perform(bench->curl);
    curl_easy_getinfo(bench->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status < 200 || status > 299)
        g_error("curl: %s, %ld", curl_easy_strerror(code), status);
}

static double
put_ours(gpointer data)
{
    Bench *bench = data;
    g_autofree char *key = g_strdup_printf("ours/%u", bench->count++);
    g_autoptr(GError) error = NULL;
    TwS3Object object;

    if (!tw_s3_put(bench->s3, key, bench->bytes, LEN, &object, &error))
        g_error("%s", error->message);
    return 1;
}

static double
put_curl(gpointer data)
{
    Bench *bench = data;
    g_autofree char *path = g_strdup_printf("/curl/%u", bench->count++);

    ask_curl(bench, path, NULL);
    if (bench->prove)
        ask_curl(bench, path, "HEAD");
    return 1;
}

int
main(void)
{
    g_autoptr(TwSecret) secret = tw_secret_new("testing", 7);
    Bench bench = { .endpoint = g_getenv("TW_S3_ENDPOINT") };
    TwBlobS3 config = TW_BLOB_S3_INIT;
    g_autoptr(GError) error = NULL;
    BenchRate ours, alone, both;

    if (bench.endpoint == NULL) {
        printf("needs an S3 server: tests/support/with-swift.py PROGRAM\n");
        return 0;
    }
    config.host = bench.endpoint;
    config.tls = FALSE;
    config.path_style = TRUE;
    config.bucket = "bench";
    config.access_key = "tester";
    config.secret = secret;
    bench.s3 = tw_s3_new(&config, &error);
    if (bench.s3 == NULL)
        g_error("%s", error->message);
    bench.curl = curl_easy_init();
    bench.bytes = g_malloc(LEN);
    for (gsize i = 0; i < LEN; i++)
        bench.bytes[i] = (guint8) (i * 7919 >> 5);
    ask_curl(&bench, "", "PUT");
    (void) put_ours(&bench);
    (void) put_curl(&bench);
    alone = bench_rate(put_curl, &bench, 0.8);
    ours = bench_rate(put_ours, &bench, 0.8);
    bench.prove = TRUE;
    both = bench_rate(put_curl, &bench, 0.8);
    printf("put of 1 MiB, proven: %.1f/s [%.1f-%.1f]\n", ours.median, ours.least, ours.most);
    printf("curl, PUT and HEAD:   %.1f/s [%.1f-%.1f]  ratio %.2f\n", both.median, both.least,
           both.most, ours.median / both.median);
    printf("curl, PUT alone:      %.1f/s [%.1f-%.1f]  ratio %.2f\n", alone.median, alone.least,
           alone.most, ours.median / alone.median);
    g_free(bench.bytes);
    curl_easy_cleanup(bench.curl);
    tw_s3_free(bench.s3);
    return 0;
}
