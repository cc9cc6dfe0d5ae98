/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The client of S3 beside a server that checks its signatures and fails on purpose; and what it makes of answers. */
#include "blob/s3-private.h"

#include "base/error.h"
#include "support/assert-bytes.h"
#include "support/s3-peer.h"

#include <string.h>

enum {
    LEN = 300000,
    PARTED = (5 << 20) * 2 + 12345,
    NO_ERROR = -1,
};

typedef struct {
    TwSecret *secret;
    char host[32];
    TwBlobS3 config;
    TwS3 *s3;
    guint8 *bytes; /* PARTED of them */
} Fixture;

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint32 state = 1;

    tw_test_s3_faults("");
    tw_test_s3_forget();
    f->secret = tw_secret_new("secret", 6);
    f->config = tw_test_s3(f->host, f->secret);
    f->config.part_bytes = 5 << 20;
    f->s3 = tw_s3_new(&f->config, &error);
    g_assert_no_error(error);
    f->bytes = g_malloc(PARTED);
    for (gsize i = 0; i < PARTED; i++) {
        state = state * 1664525 + 1013904223;
        f->bytes[i] = (guint8) (state >> 24);
    }
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    tw_s3_free(f->s3);
    tw_secret_unref(f->secret);
    g_free(f->bytes);
}

static void
check_bytes(Fixture *f, const char *key, guint64 offset, gsize len)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(PARTED);
    g_autoptr(GError) error = NULL;

    tw_s3_get(f->s3, key, NULL, offset, len, &out, &error);
    g_assert_no_error(error);
    assert_bytes(out.data, out.len, f->bytes + offset, len);
}

/* Every operation on one key, as suites of S3 servers have it. */
static void
test_operations(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(PARTED);
    TwS3Object object, head;

    g_assert_true(tw_s3_put(f->s3, "a/b c/\xc3\xa9+~", f->bytes, LEN, &object, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(object.size, ==, LEN);
    g_assert_true(tw_s3_head(f->s3, "a/b c/\xc3\xa9+~", &head, &error));
    g_assert_cmpstr(head.etag, ==, object.etag);
    check_bytes(f, "a/b c/\xc3\xa9+~", 0, LEN);
    check_bytes(f, "a/b c/\xc3\xa9+~", 100, 100);
    check_bytes(f, "a/b c/\xc3\xa9+~", LEN - 1, 1);
    g_assert_false(tw_s3_get(f->s3, "a/b c/\xc3\xa9+~", NULL, LEN, 1, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_false(tw_s3_get(f->s3, "a/b c/\xc3\xa9+~", "other", 0, 1, &out, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_true(tw_s3_delete(f->s3, "a/b c/\xc3\xa9+~", &error));
    g_assert_true(tw_s3_delete(f->s3, "a/b c/\xc3\xa9+~", &error));
    g_assert_false(tw_s3_head(f->s3, "a/b c/\xc3\xa9+~", &head, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_assert_cmpuint(out.len, ==, 0);
}

static void
test_parts(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    TwS3Object object;

    g_assert_true(tw_s3_put(f->s3, "parted", f->bytes, PARTED, &object, &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_suffix(object.etag, "-3"));
    check_bytes(f, "parted", 0, PARTED);
    check_bytes(f, "parted", (5 << 20) - 10, 20);
    g_assert_cmpuint(tw_test_s3_asked("POST parted uploads "), ==, 1);
    g_assert_cmpuint(tw_test_s3_asked("PUT parted partNumber,uploadId"), ==, 3);
    g_assert_true(tw_s3_delete(f->s3, "parted", &error));
}

static void
test_list(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autoptr(GError) error = NULL;
    TwS3Object object;

    g_array_set_clear_func(listed, tw_s3_listed_clear);
    for (guint i = 0; i < 10; i++) {
        g_autofree char *key = g_strdup_printf("%s/<&>%u", i < 8 ? "list" : "other", i);
        g_assert_true(tw_s3_put(f->s3, key, f->bytes, i + 1, &object, &error));
    }
    g_assert_true(tw_s3_list(f->s3, "list/", listed, &error)); /* three on a page */
    g_assert_no_error(error);
    g_assert_cmpuint(listed->len, ==, 8);
    for (guint i = 0; i < 8; i++) {
        const TwS3Listed *row = &g_array_index(listed, TwS3Listed, i);
        g_autofree char *key = g_strdup_printf("list/<&>%u", i);
        g_assert_cmpstr(row->key, ==, key);
        g_assert_cmpuint(row->size, ==, i + 1);
        g_assert_cmpuint(strlen(row->etag), ==, 32);
    }
}

/* ---- faults ---- */

typedef enum {
    PUT,
    PUT_PARTS,
    GET,
    DELETE,
    LIST,
} Operation;

typedef struct {
    const char *name;
    Operation operation;
    const char *faults;
    int code; /* NO_ERROR: it is done in the end */
} FaultCase;

static const FaultCase fault_cases[] = {
    { "put-503-storm", PUT, "PUT 503 3", NO_ERROR },
    { "put-500-too-long", PUT, "PUT 500 100", TW_ERROR_BUSY },
    { "put-away", PUT, "* away 3", NO_ERROR },
    { "put-away-too-long", PUT, "* away 100", TW_ERROR_BUSY },
    { "put-lost-reply", PUT, "PUT lost 2", NO_ERROR },
    { "put-says-yes-keeps-nothing", PUT, "PUT drop 1", TW_ERROR_NOT_FOUND },
    { "put-keeps-half", PUT, "PUT half 1", TW_ERROR_CORRUPT },
    { "put-head-has-wrong-etag", PUT, "HEAD etag 100", TW_ERROR_CORRUPT },
    { "put-head-lost", PUT, "HEAD lost 1\nHEAD 503 1", NO_ERROR },
    { "put-stalls", PUT, "PUT stall 1", NO_ERROR },
    { "put-expired", PUT, "PUT expired 1", TW_ERROR_NO_ACCESS },
    { "parts-503-storm", PUT_PARTS, "PUT 503 3\nPOST 500 2", NO_ERROR },
    { "parts-lost-replies", PUT_PARTS, "PUT lost 2\nPOST lost 1", NO_ERROR },
    { "parts-end-lost", PUT_PARTS, "PUT lost 1", NO_ERROR },
    { "parts-200-with-error", PUT_PARTS, "POST error200 2", TW_ERROR_BUSY },
    { "parts-away", PUT_PARTS, "PUT away 100", TW_ERROR_BUSY },
    { "get-503-storm", GET, "GET 503 3", NO_ERROR },
    { "get-away-too-long", GET, "GET away 100", TW_ERROR_BUSY },
    { "get-short-read", GET, "GET short 2", NO_ERROR },
    { "get-short-read-always", GET, "GET short 100", TW_ERROR_BUSY },
    { "get-honest-but-shorter", GET, "GET shorter 2", NO_ERROR },
    { "get-shorter-always", GET, "GET shorter 100", TW_ERROR_CORRUPT },
    { "get-ignores-range", GET, "GET whole 1", NO_ERROR },
    { "get-ignores-range-always", GET, "GET whole 100", TW_ERROR_CORRUPT },
    { "get-wrong-etag", GET, "GET etag 2", NO_ERROR },
    { "get-wrong-etag-always", GET, "GET etag 100", TW_ERROR_CORRUPT },
    { "get-stalls", GET, "GET stall 1", NO_ERROR },
    { "get-lost-reply", GET, "GET lost 1", NO_ERROR },
    { "get-refused", GET, "GET expired 1", TW_ERROR_NO_ACCESS },
    { "delete-lost-reply", DELETE, "DELETE lost 2", NO_ERROR },
    { "delete-503-too-long", DELETE, "DELETE 503 100", TW_ERROR_BUSY },
    { "list-503", LIST, "GET 503 1\nGET lost 1", NO_ERROR },
    { "list-cut", LIST, "GET short 1", NO_ERROR },
};

static gboolean
operate(Fixture *f, Operation operation, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(PARTED);
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autofree char *etag = g_compute_checksum_for_data(G_CHECKSUM_MD5, f->bytes, LEN);
    gboolean ok = FALSE;
    TwS3Object object;

    g_array_set_clear_func(listed, tw_s3_listed_clear);
    switch (operation) {
    case PUT:
        return tw_s3_put(f->s3, "new", f->bytes, LEN, &object, error);
    case PUT_PARTS:
        return tw_s3_put(f->s3, "new", f->bytes, PARTED, &object, error);
    case GET:
        ok = tw_s3_get(f->s3, "old", etag, 100, LEN / 2, &out, error);
        if (ok)
            assert_bytes(out.data, out.len, f->bytes + 100, LEN / 2);
        else
            g_assert_cmpuint(out.len, ==, 0);
        return ok;
    case DELETE:
        return tw_s3_delete(f->s3, "old", error);
    case LIST:
        ok = tw_s3_list(f->s3, "old", listed, error);
        g_assert_true(!ok || listed->len == 1);
        return ok;
    }
    return FALSE;
}

static void
test_fault(Fixture *f, gconstpointer data)
{
    const FaultCase *tc = data;
    g_autoptr(GError) error = NULL;
    TwS3Object object;
    gboolean ok;

    g_assert_true(tw_s3_put(f->s3, "old", f->bytes, LEN, &object, &error));
    g_assert_true(tw_s3_delete(f->s3, "new", &error));
    tw_test_s3_faults(tc->faults);
    ok = operate(f, tc->operation, &error);
    tw_test_s3_faults("");
    if (tc->code != NO_ERROR) {
        g_assert_error(error, TW_ERROR, tc->code);
        g_assert_false(ok);
        return;
    }
    g_assert_no_error(error);
    g_assert_true(ok);
    if (tc->operation == PUT || tc->operation == PUT_PARTS)
        check_bytes(f, "new", 0, tc->operation == PUT ? LEN : PARTED);
    if (tc->operation == DELETE)
        g_assert_false(tw_s3_head(f->s3, "old", &object, NULL));
}

/* ---- who is refused ---- */

typedef struct {
    const char *name, *secret, *access, *bucket, *region;
    int code;
    const char *word; /* in the message */
} RefusedCase;

static const RefusedCase refused_cases[] = {
    { "wrong-secret", "other", "key", "mail", "", TW_ERROR_NO_ACCESS, "SignatureDoesNotMatch" },
    { "wrong-account", "secret", "nobody", "mail", "", TW_ERROR_NO_ACCESS, "InvalidAccessKeyId" },
    { "wrong-bucket", "secret", "key", "male", "", TW_ERROR_INVALID, "NoSuchBucket" },
    { "wrong-region", "secret", "key", "mail", "mars-1", TW_ERROR_INVALID,
      "AuthorizationHeaderMalformed" },
};

static void
test_refused(Fixture *f, gconstpointer data)
{
    const RefusedCase *tc = data;
    g_autoptr(TwSecret) secret = tw_secret_new(tc->secret, strlen(tc->secret));
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autoptr(GError) error = NULL;
    TwBlobS3 config = f->config;
    g_autoptr(TwS3) s3 = NULL;

    config.secret = secret;
    config.access_key = tc->access;
    config.bucket = tc->bucket;
    config.region = tc->region;
    s3 = tw_s3_new(&config, &error);
    g_assert_no_error(error);
    g_assert_false(tw_s3_list(s3, "", listed, &error));
    g_assert_error(error, TW_ERROR, tc->code);
    g_assert_nonnull(strstr(error->message, tc->word));
    g_assert_null(strstr(error->message, tc->secret));
    g_assert_cmpuint(tw_test_s3_asked("GET"), ==, 1); /* asking again does not help */
}

static void
test_host_style(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *host = g_strdup_printf("localhost:%s", g_getenv("TW_S3_PORT"));
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
    g_autoptr(GError) error = NULL;
    TwBlobS3 config = f->config;
    g_autoptr(TwS3) s3 = NULL;
    TwS3Object object;

    config.host = host;
    config.path_style = FALSE;
    s3 = tw_s3_new(&config, &error);
    g_array_set_clear_func(listed, tw_s3_listed_clear);
    g_assert_true(tw_s3_put(s3, "by/host", f->bytes, 10, &object, &error));
    g_assert_no_error(error);
    g_assert_true(tw_s3_list(s3, "by/", listed, &error));
    g_assert_cmpuint(listed->len, ==, 1);
    check_bytes(f, "by/host", 0, 10);
}

typedef struct {
    const char *name;
    const char *host;    /* by which it is asked */
    const char *ca_from; /* the variable that names the file; NULL: the system's */
    int error;
} TrustCase;

static const TrustCase trust_cases[] = {
    { "its-ca", "localhost", "TW_S3_CA", NO_ERROR },
    { "system", "localhost", NULL, TW_ERROR_NO_ACCESS },
    { "other-ca", "localhost", "TW_S3_OTHER_CA", TW_ERROR_NO_ACCESS },
    { "other-name", "127.0.0.1", "TW_S3_CA", TW_ERROR_NO_ACCESS },
    { "no-ca-file", "localhost", "TW_S3_FAULTS", TW_ERROR_NO_ACCESS },
};

/* Nothing is said to a server whose certificate is not one to trust. */
static void
test_trust(Fixture *f, gconstpointer data)
{
    const TrustCase *c = data;
    g_autofree char *host = g_strdup_printf("%s:%s", c->host, g_getenv("TW_S3_TLS_PORT"));
    g_autoptr(GError) error = NULL;
    TwBlobS3 config = f->config;
    g_autoptr(TwS3) s3 = NULL;
    TwS3Object object;
    gboolean put;

    config.host = host;
    config.tls = TRUE;
    config.ca_file = c->ca_from != NULL ? g_getenv(c->ca_from) : NULL;
    s3 = tw_s3_new(&config, &error);
    g_assert_no_error(error);
    put = tw_s3_put(s3, "by/tls", f->bytes, 10, &object, &error);
    if (c->error == NO_ERROR) {
        g_assert_no_error(error);
        g_assert_true(put);
        check_bytes(f, "by/tls", 0, 10);
        return;
    }
    g_assert_false(put);
    g_assert_error(error, TW_ERROR, c->error);
    g_assert_cmpuint(tw_test_s3_asked("PUT"), ==, 0);
}

static void
test_config(void)
{
    static const struct {
        const char *host, *bucket, *access;
    } bad[] = {
        { "", "mail", "key" },        { "host/path", "mail", "key" }, { "ho st", "mail", "key" },
        { "host\r\nX: y", "m", "k" }, { "host", "", "key" },          { "host", "a/b", "key" },
        { "host", "mail", "" },       { "host", "mail", "a\nb" },     { NULL, "mail", "key" },
    };
    g_autoptr(TwSecret) secret = tw_secret_new("x", 1), empty = tw_secret_new("", 0);
    TwBlobS3 config = TW_BLOB_S3_INIT;

    config.secret = secret;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        config.host = bad[i].host;
        config.bucket = bad[i].bucket;
        config.access_key = bad[i].access;
        g_assert_null(tw_s3_new(&config, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    }
    config.host = "host";
    config.access_key = "key";
    config.secret = empty;
    g_assert_null(tw_s3_new(&config, NULL));
}

/* ---- answers ---- */

typedef struct {
    const char *name, *xml;
    int count; /* -1: refused */
    const char *next, *key;
} PageCase;

#define ROW(key) "<Contents><Key>" key "</Key><ETag>\"e\"</ETag><Size>7</Size></Contents>"

static const PageCase page_cases[] = {
    { "empty", "<ListBucketResult></ListBucketResult>", 0, NULL, NULL },
    { "not-a-list", "<Error><Code>X</Code></Error>", -1, NULL, NULL },
    { "nothing", "", -1, NULL, NULL },
    { "row", "<ListBucketResult xmlns='x'>" ROW("a") "</ListBucketResult>", 1, NULL, "a" },
    { "references", "<ListBucketResult>" ROW("&lt;&#65;&amp;") "</ListBucketResult>", 1, NULL,
      "<A&" },
    { "unknown-reference", "<ListBucketResult>" ROW("&xx;") "</ListBucketResult>", -1, NULL, NULL },
    { "control-reference", "<ListBucketResult>" ROW("a&#10;b") "</ListBucketResult>", -1, NULL,
      NULL },
    { "markup-in-key", "<ListBucketResult>" ROW("<b>a</b>") "</ListBucketResult>", -1, NULL, NULL },
    { "cut", "<ListBucketResult>" ROW("a"), -1, NULL, NULL },
    { "no-size",
      "<ListBucketResult><Contents><Key>a</Key><ETag>e</ETag></Contents></ListBucketResult>", -1,
      NULL, NULL },
    { "long-size",
      "<ListBucketResult><Contents><Key>a</Key><ETag>e</ETag><Size>99999999999999999999</Size>"
      "</Contents></ListBucketResult>",
      -1, NULL, NULL },
    { "more",
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t/=</"
      "NextContinuationToken>" ROW("a") ROW("b") "</ListBucketResult>",
      2, "t/=", "a" },
    { "more-without-where", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      -1, NULL, NULL },
};

static void
test_page(gconstpointer data)
{
    const PageCase *tc = data;
    gsize len = strlen(tc->xml);

    for (gsize cut = 0; cut <= len; cut++) {
        g_autofree char *copy = g_memdup2(tc->xml, MAX(cut, 1));
        g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
        g_autoptr(GError) error = NULL;
        g_autofree char *next = NULL;
        gboolean ok;

        copy = g_realloc(copy, MAX(cut, 1));
        g_array_set_clear_func(listed, tw_s3_listed_clear);
        ok = tw_s3_list_parse(copy, cut, listed, &next, &error);
        g_assert_true(ok == (error == NULL));
        if (cut < len || tc->count < 0) {
            g_assert_false(ok);
            g_assert_cmpuint(listed->len, ==, 0);
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint((int) listed->len, ==, tc->count);
        g_assert_cmpstr(next, ==, tc->next);
        if (tc->key != NULL)
            g_assert_cmpstr(g_array_index(listed, TwS3Listed, 0).key, ==, tc->key);
    }
}

static void
test_limits(void)
{
    for (guint count = TW_S3_MAX_PAGE; count <= TW_S3_MAX_PAGE + 1; count++) {
        g_autoptr(GString) xml = g_string_new("<ListBucketResult>");
        g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(TwS3Listed));
        g_autoptr(GError) error = NULL;
        g_autofree char *next = NULL;

        g_array_set_clear_func(listed, tw_s3_listed_clear);
        for (guint i = 0; i < count; i++)
            g_string_append(xml, ROW("k"));
        g_string_append(xml, "</ListBucketResult>");
        if (tw_s3_list_parse(xml->str, xml->len, listed, &next, &error))
            g_assert_cmpuint(count, ==, TW_S3_MAX_PAGE);
        else
            g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        g_assert_cmpuint(listed->len, ==, count == TW_S3_MAX_PAGE ? count : 0);
    }
    for (gsize len = TW_S3_MAX_TEXT; len <= TW_S3_MAX_TEXT + 1; len++) {
        g_autofree char *text = g_strnfill(len, 'x');
        g_autofree char *xml = g_strdup_printf("<A>%s</A>", text);
        g_autofree char *got = tw_s3_answer_text(xml, strlen(xml), "A");
        g_assert_cmpstr(got, ==, len == TW_S3_MAX_TEXT ? text : NULL);
    }
    for (gsize len = TW_S3_ETAG_SIZE - 1; len <= TW_S3_ETAG_SIZE; len++) {
        g_autofree char *text = g_strnfill(len, 'x');
        char etag[TW_S3_ETAG_SIZE];
        g_assert_true(tw_s3_etag_parse(text, len, etag) == (len < TW_S3_ETAG_SIZE));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, data, function) g_test_add(path, Fixture, data, set_up, function, tear_down)
    ADD("/s3/operations", NULL, test_operations);
    ADD("/s3/parts", NULL, test_parts);
    ADD("/s3/list", NULL, test_list);
    ADD("/s3/host-style", NULL, test_host_style);
    for (guint i = 0; i < G_N_ELEMENTS(fault_cases); i++) {
        g_autofree char *path = g_strconcat("/s3/fault/", fault_cases[i].name, NULL);
        ADD(path, &fault_cases[i], test_fault);
    }
    for (guint i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
        g_autofree char *path = g_strconcat("/s3/refused/", refused_cases[i].name, NULL);
        ADD(path, &refused_cases[i], test_refused);
    }
    for (guint i = 0; i < G_N_ELEMENTS(trust_cases); i++) {
        g_autofree char *path = g_strconcat("/s3/trust/", trust_cases[i].name, NULL);
        ADD(path, &trust_cases[i], test_trust);
    }
    g_test_add_func("/s3/config", test_config);
    for (guint i = 0; i < G_N_ELEMENTS(page_cases); i++) {
        g_autofree char *path = g_strconcat("/s3/page/", page_cases[i].name, NULL);
        g_test_add_data_func(path, &page_cases[i], test_page);
    }
    g_test_add_func("/s3/limits", test_limits);
    return g_test_run();
}
