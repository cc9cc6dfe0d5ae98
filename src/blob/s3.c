/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Requests, by libcurl. Redirects are not followed: a server that sends elsewhere has another bucket or region in mind than
 * the configuration. "Expect" is never sent, as it costs a round trip, and servers differ in what they make of it.
 */
#include "blob/s3-private.h"

#include <curl/curl.h>
#include <string.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/random.h"
#include "base/time.h"

enum {
    MOST_IDLE = 4, /* connections kept */
    MOST_WAIT_MS = 20000,
    SLOW_BYTES = 1024,       /* a second: slower than this is no progress */
    LEAST_RATE = 64 << 10,   /* a second: what a long body may take */
    MOST_REFUSAL = 64 << 10, /* bytes of an answer that is not good */
};

struct TwS3 {
    TwBlobS3 config; /* strings lie in texts */
    GStringChunk *texts;
    char *place; /* scheme://host/bucket */
    char *base;  /* URL of the bucket, without "/" at its end */
    char *host;  /* as in the Host header */
    char *path;  /* of the bucket, without "/" at its end */
    GQueue idle; /* of CURL; guarded by lock */
    TwLock lock;
    GCond stopped;
    int stopping; /* atomic */
};

/* ---- who and where ---- */

static gboolean
has_only(const char *text, const char *more)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isalnum(*at) && strchr(more, *at) == NULL)
            return FALSE;
    }
    return *text != '\0';
}

static gboolean
check_config(const TwBlobS3 *config, GError **error)
{
    const char *wrong = NULL;

    if (config->host == NULL || !has_only(config->host, ".-_:[]"))
        wrong = "attachment_s3_hostname: a name with or without a port, please";
    else if (config->bucket == NULL || !has_only(config->bucket, ".-_"))
        wrong = "attachment_s3_bucketname: letters, digits, dots and hyphens, please";
    else if (config->access_key == NULL || !has_only(config->access_key, ".-_:+=@"))
        wrong = "attachment_s3_accesskeyid: there is none, or it has characters that none has";
    else if (config->secret == NULL || tw_secret_is_empty(config->secret))
        wrong = "attachment_s3_secretaccesskey: there is none";
    else if (*config->region != '\0' && !has_only(config->region, ".-_"))
        wrong = "attachment_s3_region: letters, digits and hyphens, please";
    if (wrong != NULL)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, wrong);
    return wrong == NULL;
}

TwS3 *
tw_s3_new(const TwBlobS3 *config, GError **error)
{
    static gsize once;
    const char *scheme = config->tls ? "https" : "http";
    TwS3 *s3;

    if (!check_config(config, error))
        return NULL;
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 1 : 2);
    s3 = g_new0(TwS3, 1);
    s3->config = *config;
    s3->texts = g_string_chunk_new(256);
    s3->config.host = g_string_chunk_insert(s3->texts, config->host);
    s3->config.region =
        g_string_chunk_insert(s3->texts, *config->region != '\0' ? config->region : "us-east-1");
    s3->config.bucket = g_string_chunk_insert(s3->texts, config->bucket);
    s3->config.access_key = g_string_chunk_insert(s3->texts, config->access_key);
    s3->config.secret = tw_secret_ref(config->secret);
    if (config->ca_file != NULL)
        s3->config.ca_file = g_string_chunk_insert(s3->texts, config->ca_file);
    s3->config.tries = MAX(config->tries, 1);
    s3->place = g_strdup_printf("%s://%s/%s", scheme, config->host, config->bucket);
    if (config->path_style) {
        s3->host = g_strdup(config->host);
        s3->path = g_strconcat("/", config->bucket, NULL);
    } else {
        s3->host = g_strdup_printf("%s.%s", config->bucket, config->host);
        s3->path = g_strdup("");
    }
    s3->base = g_strdup_printf("%s://%s%s", scheme, s3->host, s3->path);
    g_queue_init(&s3->idle);
    tw_lock_init(&s3->lock);
    g_cond_init(&s3->stopped);
    return s3;
}

void
tw_s3_free(TwS3 *s3)
{
    if (s3 == NULL)
        return;
    while (!g_queue_is_empty(&s3->idle))
        curl_easy_cleanup(g_queue_pop_head(&s3->idle));
    g_string_chunk_free(s3->texts);
    tw_secret_unref(s3->config.secret);
    g_free(s3->place);
    g_free(s3->base);
    g_free(s3->host);
    g_free(s3->path);
    tw_lock_clear(&s3->lock);
    g_cond_clear(&s3->stopped);
    g_free(s3);
}

void
tw_s3_stop(TwS3 *s3)
{
    g_atomic_int_set(&s3->stopping, TRUE);
    tw_lock(&s3->lock);
    g_cond_broadcast(&s3->stopped);
    tw_unlock(&s3->lock);
}

const char *
tw_s3_place(const TwS3 *s3)
{
    return s3->place;
}

const TwBlobS3 *
tw_s3_config(const TwS3 *s3)
{
    return &s3->config;
}

/* ---- one exchange ---- */

typedef struct {
    TwS3 *s3;
    TwS3Call *call;
    CURL *curl;
    guint64 sent;
    gsize out_before;
    TwBuffer refusal; /* the body of an answer that is not good */
    GError *failure;  /* what our own side has against it */
} Exchange;

static gboolean
is_good(long status)
{
    return status >= 200 && status < 300;
}

static size_t
send_body(char *room, size_t size, size_t count, void *data)
{
    Exchange *exchange = data;
    const TwS3Call *call = exchange->call;
    gsize len = MIN((guint64) size * count, call->len - exchange->sent);

    if (len == 0)
        return 0;
    if (call->file == NULL)
        memcpy(room, call->body + exchange->sent, len);
    else if (!tw_file_read_exact(call->file, call->offset + exchange->sent, room, len,
                                 exchange->failure == NULL ? &exchange->failure : NULL))
        return CURL_READFUNC_ABORT;
    exchange->sent += len;
    return len;
}

/* libcurl goes back to the start when a connection that was kept turns out to be closed. */
static int
seek_body(void *data, curl_off_t offset, int origin)
{
    Exchange *exchange = data;

    if (origin != SEEK_SET || offset < 0 || (guint64) offset > exchange->call->len)
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = (guint64) offset;
    return CURL_SEEKFUNC_OK;
}

static size_t
take_body(char *bytes, size_t size, size_t count, void *data)
{
    Exchange *exchange = data;
    TwS3Call *call = exchange->call;
    gsize len = size * count;

    (void) curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &call->status);
    if (!is_good(call->status)) {
        tw_buffer_put(&exchange->refusal, bytes, MIN(len, MOST_REFUSAL - exchange->refusal.len));
        return len;
    }
    if (call->out == NULL)
        return len;
    if (call->ranged && len > call->want_len - (call->out->len - exchange->out_before))
        return 0; /* more than was asked for: nothing of it can be trusted */
    tw_buffer_put(call->out, bytes, len);
    return call->out->failed ? 0 : len;
}

/* Content-Range: "bytes" SP first "-" last "/" total; the first is what matters, as lengths are counted. */
static gboolean
parse_range(const char *text, gsize len, guint64 *ret_first)
{
    const char *dash;

    if (len < 6 || g_ascii_strncasecmp(text, "bytes ", 6) != 0)
        return FALSE;
    dash = memchr(text + 6, '-', len - 6);
    return dash != NULL && tw_parse_u64(text + 6, (gsize) (dash - text - 6), G_MAXINT64, ret_first);
}

/* The value of a header line of that name, without white space around it. */
static gboolean
has_name(const char *line, gsize len, const char *name, const char **ret, gsize *ret_len)
{
    gsize name_len = strlen(name);

    if (len <= name_len || line[name_len] != ':' || g_ascii_strncasecmp(line, name, name_len) != 0)
        return FALSE;
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && g_ascii_isspace(*line)) {
        line++;
        len--;
    }
    while (len > 0 && g_ascii_isspace(line[len - 1]))
        len--;
    *ret = line;
    *ret_len = len;
    return TRUE;
}

static size_t
take_header(char *line, size_t size, size_t count, void *data)
{
    TwS3Call *call = ((Exchange *) data)->call;
    gsize len = size * count, value_len;
    const char *value;

    if (has_name(line, len, "ETag", &value, &value_len))
        (void) tw_s3_etag_parse(value, value_len, call->object.etag);
    else if (has_name(line, len, "x-amz-meta-crc32c", &value, &value_len))
        (void) tw_s3_etag_parse(value, value_len, call->object.sum);
    else if (has_name(line, len, "x-amz-server-side-encryption", &value, &value_len))
        call->object.encrypted = value_len != 6 || g_ascii_strncasecmp(value, "AES256", 6) != 0;
    else if (has_name(line, len, "Content-Length", &value, &value_len))
        (void) tw_parse_u64(value, value_len, G_MAXINT64, &call->object.size);
    else if (has_name(line, len, "Content-Range", &value, &value_len))
        call->has_range = parse_range(value, value_len, &call->first);
    return len;
}

static int
look_for_stop(void *data,
              G_GNUC_UNUSED curl_off_t down_total,
              G_GNUC_UNUSED curl_off_t down,
              G_GNUC_UNUSED curl_off_t up_total,
              G_GNUC_UNUSED curl_off_t up)
{
    return g_atomic_int_get(&((Exchange *) data)->s3->stopping);
}

static struct curl_slist *
add_header(struct curl_slist *list, const char *name, const char *value)
{
    g_autofree char *line = g_strdup_printf("%s: %s", name, value);

    return curl_slist_append(list, line);
}

/* The URL of a call, and its headers with the signature. */
static char *
prepare(TwS3 *s3, TwS3Call *call, struct curl_slist **ret_headers)
{
    TwS3Pair query[TW_S3_MOST_PAIRS], headers[TW_S3_MOST_PAIRS + 3];
    char time[TW_S3_TIME_SIZE];
    TwS3Identity identity = { s3->config.access_key, s3->config.secret, s3->config.region, "s3" };
    g_autofree char *escaped = tw_s3_escape_path(call->key != NULL ? call->key : "");
    g_autofree char *path = NULL, *text = NULL, *authorization = NULL;
    TwS3Request request = { .method = call->method,
                            .headers = headers,
                            .header_count = call->header_count + 3,
                            .payload_hash = call->payload_hash };
    struct curl_slist *list = NULL;

    tw_s3_print_time(tw_time_now_us(), time);
    memcpy(query, call->query, sizeof query);
    memcpy(headers, call->headers, sizeof call->headers);
    headers[call->header_count] = (TwS3Pair){ "host", s3->host };
    headers[call->header_count + 1] = (TwS3Pair){ "x-amz-content-sha256", call->payload_hash };
    headers[call->header_count + 2] = (TwS3Pair){ "x-amz-date", time };
    path = call->key != NULL || *s3->path == '\0' ? g_strconcat(s3->path, "/", escaped, NULL)
                                                  : g_strdup(s3->path);
    request.path = path;
    request.query = text = tw_s3_print_query(query, call->query_count);
    authorization = tw_s3_authorize(&request, &identity, time);
    for (guint i = 0; i < request.header_count; i++)
        list = add_header(list, headers[i].name, headers[i].value);
    list = add_header(list, "Authorization", authorization);
    list = curl_slist_append(list, "Expect:");
    list = curl_slist_append(list, "Content-Type:");
    *ret_headers = list;
    return g_strconcat(s3->base, call->key != NULL || *s3->path == '\0' ? "/" : "",
                       call->key != NULL ? escaped : "", *text != '\0' ? "?" : "", text, NULL);
}

static void
set_body(CURL *curl, Exchange *exchange)
{
    const TwS3Call *call = exchange->call;

    if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (call->body != NULL || call->file != NULL) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) call->len);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, send_body);
        curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, exchange);
        curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static void
set_options(CURL *curl, Exchange *exchange, const char *url, struct curl_slist *headers)
{
    const TwBlobS3 *config = &exchange->s3->config;
    guint64 len = exchange->call->len + exchange->call->want_len;

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, config->tls ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long) config->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long) SLOW_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long) (config->timeout_ms + 999) / 1000);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     (long) (config->timeout_ms + len / LEAST_RATE * 1000));
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    if (config->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file);
    set_body(curl, exchange);
}

/* ---- what it means ---- */

/* A failure below HTTP. *ret_again: whether another try may help. */
static void
explain_curl(
    const Exchange *exchange, CURLcode code, const char *text, gboolean *ret_again, GError **error)
{
    const char *place = exchange->s3->place, *why = *text != '\0' ? text : curl_easy_strerror(code);
    TwError kind = TW_ERROR_BUSY;

    *ret_again = FALSE;
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        g_set_error(error, TW_ERROR, TW_ERROR_CANCELLED, "%s: stopped", place);
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
        g_set_error(error, TW_ERROR, TW_ERROR_NO_ACCESS, "%s: its certificate is not trusted: %s",
                    place, why);
        return;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s: %s", place, why);
        return;
    case CURLE_WRITE_ERROR:
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s: it sends more than was asked for",
                    place);
        *ret_again = TRUE;
        return;
    case CURLE_OPERATION_TIMEDOUT:
        kind = TW_ERROR_TIMEOUT;
        break;
    default:
        break;
    }
    *ret_again = TRUE;
    g_set_error(error, TW_ERROR, (int) kind, "%s: %s", place, why);
}

/* What a server's own word for a refusal means; by status where it has none. */
static TwError
judge(long status, const char *code, gboolean *ret_again)
{
    static const struct {
        const char *code;
        TwError kind;
        gboolean again;
    } known[] = {
        { "NoSuchBucket", TW_ERROR_INVALID, FALSE },
        { "AuthorizationHeaderMalformed", TW_ERROR_INVALID, FALSE },
        { "PermanentRedirect", TW_ERROR_INVALID, FALSE },
        { "TemporaryRedirect", TW_ERROR_INVALID, FALSE },
        { "RequestTimeout", TW_ERROR_TIMEOUT, TRUE },
        { "BadDigest", TW_ERROR_CORRUPT, TRUE },
        { "XAmzContentSHA256Mismatch", TW_ERROR_CORRUPT, TRUE },
        { "IncompleteBody", TW_ERROR_BUSY, TRUE },
        { "SlowDown", TW_ERROR_BUSY, TRUE },
        { "InternalError", TW_ERROR_BUSY, TRUE },
        { "QuotaExceeded", TW_ERROR_NO_SPACE, FALSE },
    };

    *ret_again = FALSE;
    for (guint i = 0; code != NULL && i < G_N_ELEMENTS(known); i++) {
        if (strcmp(code, known[i].code) == 0) {
            *ret_again = known[i].again;
            return known[i].kind;
        }
    }
    switch (status) {
    case 401:
    case 403:
        return TW_ERROR_NO_ACCESS;
    case 404:
        return TW_ERROR_NOT_FOUND;
    case 416:
        return TW_ERROR_CORRUPT;
    case 507:
        return TW_ERROR_NO_SPACE;
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        *ret_again = TRUE;
        return TW_ERROR_BUSY;
    default:
        return TW_ERROR_INVALID;
    }
}

/* An answer that is not good, with what can be done about it. */
static void
explain_refusal(const Exchange *exchange, gboolean *ret_again, char **ret_code, GError **error)
{
    const char *xml = exchange->refusal.len > 0 ? (const char *) exchange->refusal.data : "";
    gsize len = exchange->refusal.len;
    long status = exchange->call->status;
    g_autofree char *code = tw_s3_answer_text(xml, len, "Code");
    g_autofree char *message = tw_s3_answer_text(xml, len, "Message");
    g_autofree char *region = tw_s3_answer_text(xml, len, "Region");
    TwError kind = judge(status, code, ret_again);

    g_set_error(error, TW_ERROR, (int) kind, "%s: %ld %s%s%s%s%s", exchange->s3->place, status,
                code != NULL ? code : "refused", message != NULL ? ": " : "",
                message != NULL ? message : "", region != NULL ? "; its region is " : "",
                region != NULL ? region : "");
    if (ret_code != NULL) {
        g_free(*ret_code);
        *ret_code = g_steal_pointer(&code);
    }
}

/* Whether a good answer is the one that was asked for. */
static gboolean
check_answer(const Exchange *exchange, GError **error)
{
    const TwS3Call *call = exchange->call;
    const char *wrong = NULL;

    if (call->etag != NULL && strcmp(call->etag, call->object.etag) != 0)
        wrong = "it has another entity tag than what was put there";
    else if (call->ranged &&
             (call->status != 206 || !call->has_range || call->first != call->want_offset))
        wrong = "the answer is not the range that was asked for";
    else if (call->ranged && call->out->len - exchange->out_before != call->want_len)
        wrong = "the answer is shorter than what was asked for";
    if (wrong != NULL)
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s/%s: %s", exchange->s3->place, call->key,
                    wrong);
    return wrong == NULL;
}

static gboolean
try_once(TwS3 *s3, TwS3Call *call, CURL *curl, gboolean *ret_again, char **ret_code, GError **error)
{
    Exchange exchange = { .s3 = s3,
                          .call = call,
                          .curl = curl,
                          .out_before = call->out != NULL ? call->out->len : 0,
                          .refusal = TW_BUFFER_INIT(MOST_REFUSAL) };
    char text[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers;
    g_autofree char *url = prepare(s3, call, &headers);
    CURLcode code;
    gboolean ok = FALSE;

    call->object = (TwS3Object){ 0 };
    call->has_range = FALSE;
    call->status = 0;
    curl_easy_reset(curl);
    set_options(curl, &exchange, url, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    code = curl_easy_perform(curl);
    (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &call->status);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    if (exchange.failure != NULL) {
        *ret_again = FALSE;
        g_propagate_error(error, exchange.failure);
    } else if (code != CURLE_OK) {
        explain_curl(&exchange, code, text, ret_again, error);
    } else if (!is_good(call->status)) {
        explain_refusal(&exchange, ret_again, ret_code, error);
    } else {
        ok = check_answer(&exchange, error);
        *ret_again = !ok;
    }
    if (!ok && call->out != NULL)
        call->out->len = exchange.out_before;
    tw_buffer_clear(&exchange.refusal);
    return ok;
}

static CURL *
take_connection(TwS3 *s3)
{
    CURL *curl;

    tw_lock(&s3->lock);
    curl = g_queue_pop_head(&s3->idle);
    tw_unlock(&s3->lock);
    return curl != NULL ? curl : curl_easy_init();
}

static void
give_connection(TwS3 *s3, CURL *curl)
{
    tw_lock(&s3->lock);
    if (g_queue_get_length(&s3->idle) < MOST_IDLE) {
        g_queue_push_head(&s3->idle, curl);
        curl = NULL;
    }
    tw_unlock(&s3->lock);
    if (curl != NULL)
        curl_easy_cleanup(curl);
}

/* Half of the wait is by chance, so that those who were refused together do not come again together. */
static void
wait_before(TwS3 *s3, guint try)
{
    guint64 ms = MIN((guint64) s3->config.wait_ms << MIN(try, 16), MOST_WAIT_MS);
    gint64 until =
        g_get_monotonic_time() + (gint64) (ms / 2 + tw_random_u64() % (ms / 2 + 1)) * 1000;

    tw_lock(&s3->lock);
    while (!g_atomic_int_get(&s3->stopping) && tw_lock_wait(&s3->lock, &s3->stopped, until))
        ;
    tw_unlock(&s3->lock);
}

gboolean
tw_s3_call(TwS3 *s3, TwS3Call *call, char **ret_code, GError **error)
{
    CURL *curl = take_connection(s3);
    gboolean ok = FALSE, again = TRUE;

    if (curl == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_FAILED, "libcurl gives no connection");
        return FALSE;
    }
    for (guint try = 0; !ok && again && try < s3->config.tries; try++) {
        g_autoptr(GError) failure = NULL;
        if (try > 0)
            wait_before(s3, try - 1);
        ok = try_once(s3, call, curl, &again, ret_code, &failure);
        again = again && !g_atomic_int_get(&s3->stopping);
        if (!ok && (!again || try + 1 == s3->config.tries))
            g_propagate_error(error, g_steal_pointer(&failure));
    }
    give_connection(s3, curl);
    return ok;
}
