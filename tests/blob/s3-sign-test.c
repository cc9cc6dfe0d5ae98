/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The examples that AWS published for Signature Version 4: those of S3's own pages, and of the suite of test cases. */
#include "blob/s3-sign-private.h"

#include <string.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define WELCOME "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
#define BUCKET "examplebucket.s3.amazonaws.com"

typedef struct {
    const char *name, *method, *path;
    TwS3Pair query[2];
    TwS3Pair headers[6]; /* ends with a NULL name */
    const char *time, *service, *payload_hash, *signature;
} Case;

static const Case cases[] = {
    { .name = "get-object-with-range",
      .method = "GET",
      .path = "/test.txt",
      .headers = { { "x-amz-date", "20130524T000000Z" },
                   { "host", BUCKET },
                   { "range", "bytes=0-9" },
                   { "x-amz-content-sha256", EMPTY } },
      .time = "20130524T000000Z",
      .service = "s3",
      .payload_hash = EMPTY,
      .signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
    { .name = "put-object",
      .method = "PUT",
      .path = "/test$file.text",
      .headers = { { "host", BUCKET },
                   { "x-amz-storage-class", "REDUCED_REDUNDANCY" },
                   { "date", "Fri, 24 May 2013 00:00:00 GMT" },
                   { "x-amz-date", "20130524T000000Z" },
                   { "x-amz-content-sha256", WELCOME } },
      .time = "20130524T000000Z",
      .service = "s3",
      .payload_hash = WELCOME,
      .signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
    { .name = "bucket-lifecycle",
      .method = "GET",
      .path = "/",
      .query = { { "lifecycle", "" } },
      .headers = { { "host", BUCKET },
                   { "x-amz-date", "20130524T000000Z" },
                   { "x-amz-content-sha256", EMPTY } },
      .time = "20130524T000000Z",
      .service = "s3",
      .payload_hash = EMPTY,
      .signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
    { .name = "list-objects",
      .method = "GET",
      .path = "/",
      .query = { { "prefix", "J" }, { "max-keys", "2" } }, /* to be sorted */
      .headers = { { "host", BUCKET },
                   { "x-amz-date", "20130524T000000Z" },
                   { "x-amz-content-sha256", EMPTY } },
      .time = "20130524T000000Z",
      .service = "s3",
      .payload_hash = EMPTY,
      .signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
    { .name = "get-vanilla",
      .method = "GET",
      .path = "/",
      .headers = { { "host", "example.amazonaws.com" }, { "x-amz-date", "20150830T123600Z" } },
      .time = "20150830T123600Z",
      .service = "service",
      .payload_hash = EMPTY,
      .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
    { .name = "get-vanilla-query-order-key-case",
      .method = "GET",
      .path = "/",
      .query = { { "Param2", "value2" }, { "Param1", "value1" } },
      .headers = { { "host", "example.amazonaws.com" }, { "x-amz-date", "20150830T123600Z" } },
      .time = "20150830T123600Z",
      .service = "service",
      .payload_hash = EMPTY,
      .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
};

static void
test_signature(gconstpointer data)
{
    const Case *tc = data;
    gboolean is_s3 = strcmp(tc->service, "s3") == 0;
    const char *access = is_s3 ? "AKIAIOSFODNN7EXAMPLE" : "AKIDEXAMPLE";
    const char *text = is_s3 ? "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
                             : "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    g_autoptr(TwSecret) secret = tw_secret_new(text, strlen(text));
    TwS3Identity identity = { access, secret, "us-east-1", tc->service };
    TwS3Pair query[2], headers[6];
    guint query_count = 0, header_count = 0;
    g_autofree char *path = tw_s3_escape_path(tc->path), *printed = NULL, *got = NULL;
    g_autofree char *end = g_strconcat(",Signature=", tc->signature, NULL);
    TwS3Request request = { .method = tc->method, .path = path, .payload_hash = tc->payload_hash };

    memcpy(query, tc->query, sizeof query);
    memcpy(headers, tc->headers, sizeof headers);
    while (query_count < G_N_ELEMENTS(query) && query[query_count].name != NULL)
        query_count++;
    while (headers[header_count].name != NULL)
        header_count++;
    request.query = printed = tw_s3_print_query(query, query_count);
    request.headers = headers;
    request.header_count = header_count;
    got = tw_s3_authorize(&request, &identity, tc->time);
    g_assert_true(g_str_has_prefix(got, "AWS4-HMAC-SHA256 Credential="));
    g_assert_nonnull(strstr(got, access));
    if (!g_str_has_suffix(got, end))
        g_assert_cmpstr(got, ==, end);
}

/* The canonical form itself, of the first example. */
static void
test_canonical(void)
{
    TwS3Pair headers[] = { { "x-amz-date", "20130524T000000Z" },
                           { "range", "bytes=0-9" },
                           { "host", BUCKET },
                           { "x-amz-content-sha256", EMPTY } };
    TwS3Request request = { .method = "GET",
                            .path = "/test.txt",
                            .query = "",
                            .headers = headers,
                            .header_count = G_N_ELEMENTS(headers),
                            .payload_hash = EMPTY };
    g_autofree char *names = NULL, *got = tw_s3_print_canonical(&request, &names);

    g_assert_cmpstr(got, ==,
                    "GET\n/test.txt\n\nhost:" BUCKET "\nrange:bytes=0-9\n"
                    "x-amz-content-sha256:" EMPTY "\nx-amz-date:20130524T000000Z\n\n"
                    "host;range;x-amz-content-sha256;x-amz-date\n" EMPTY);
    g_assert_cmpstr(names, ==, "host;range;x-amz-content-sha256;x-amz-date");
}

static void
test_text(void)
{
    TwS3Pair pairs[] = { { "uploads", "" }, { "a b", "/+=&~" }, { "a", "\xc3\xa9" } };
    g_autofree char *query = tw_s3_print_query(pairs, G_N_ELEMENTS(pairs));
    g_autofree char *path = tw_s3_escape_path("a b/c+d/~e");
    g_autofree char *hash = tw_s3_hash("", 0);
    char time[TW_S3_TIME_SIZE];

    g_assert_cmpstr(query, ==, "a=%C3%A9&a%20b=%2F%2B%3D%26~&uploads=");
    g_assert_cmpstr(path, ==, "a%20b/c%2Bd/~e");
    g_assert_cmpstr(hash, ==, EMPTY);
    tw_s3_print_time(G_GINT64_CONSTANT(1369353600) * G_USEC_PER_SEC + 999999, time);
    g_assert_cmpstr(time, ==, "20130524T000000Z");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/aws/sigv4/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_signature);
    }
    g_test_add_func("/aws/sigv4/canonical", test_canonical);
    g_test_add_func("/aws/sigv4/text", test_text);
    return g_test_run();
}
