/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Answers for contents that can be read at any offset: conditions first, then If-Range, then Range
 * (RFC 9110, section 13.2.2).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "net/http-condition.h"
#include "net/http-private.h"
#include "net/http-range.h"

/* What is still to be sent. */
typedef struct {
    TwHttpReadFunc read;
    gpointer data;
    GDestroyNotify destroy;
    TwHttpRange ranges[TW_HTTP_RANGES_MOST];
    guint count, at;       /* ranges, and the one being sent */
    guint64 done;          /* bytes of that one */
    char *type, *boundary; /* for more than one range */
    guint64 size;          /* of the whole */
} Reader;

static void
free_reader(gpointer data)
{
    Reader *reader = data;

    if (reader->destroy != NULL)
        reader->destroy(reader->data);
    g_free(reader->type);
    g_free(reader->boundary);
    g_free(reader);
}

static void
format_range(const TwHttpRange *range, guint64 size, char *ret, gsize ret_len)
{
    g_snprintf(ret, (gulong) ret_len,
               "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, range->first,
               range->first + range->len - 1, size);
}

static char *
part_head(const Reader *reader, guint at)
{
    char range[80];

    format_range(&reader->ranges[at], reader->size, range, sizeof range);
    return g_strdup_printf("%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
                           at > 0 ? "\r\n" : "", reader->boundary, reader->type, range);
}

static guint64
multipart_len(const Reader *reader)
{
    guint64 len = strlen("\r\n--") + strlen(reader->boundary) + strlen("--\r\n");

    for (guint i = 0; i < reader->count; i++) {
        g_autofree char *head = part_head(reader, i);
        len += strlen(head) + reader->ranges[i].len;
    }
    return len;
}

/* TwHttpPullFunc */
static TwHttpPull
pull_content(TwBuffer *out, gpointer data)
{
    Reader *reader = data;
    const TwHttpRange *range = &reader->ranges[reader->at];
    gsize n = (gsize) MIN(range->len - reader->done, (guint64) TW_CONN_PIECE);

    if (reader->boundary != NULL && reader->done == 0) {
        g_autofree char *head = part_head(reader, reader->at);
        tw_buffer_put(out, head, strlen(head));
    }
    if (!tw_buffer_reserve(out, n) ||
        !reader->read(reader->data, range->first + reader->done, out->data + out->len, n, NULL))
        return TW_HTTP_PULL_FAILED;
    out->len += n;
    reader->done += n;
    if (reader->done < range->len)
        return TW_HTTP_PULL_MORE;
    reader->done = 0;
    if (++reader->at < reader->count)
        return TW_HTTP_PULL_MORE;
    if (reader->boundary != NULL) {
        g_autofree char *end = g_strdup_printf("\r\n--%s--\r\n", reader->boundary);
        tw_buffer_put(out, end, strlen(end));
    }
    return TW_HTTP_PULL_END;
}

static void
add_validators(TwHttpResponse *response, const TwHttpContent *content)
{
    tw_http_response_add_header(response, "Accept-Ranges", "bytes");
    if (content->etag != NULL)
        tw_http_response_add_header(response, "ETag", content->etag);
    if (content->modified >= 0) {
        char date[TW_HTTP_DATE_LEN + 1];

        tw_http_date_format(content->modified, date);
        tw_http_response_add_header(response, "Last-Modified", date);
    }
}

static TwHttpResponse *
refuse_content(const TwHttpContent *content, guint status)
{
    TwHttpResponse *response = status == 304
                                   ? tw_http_response_new(304)
                                   : tw_http_response_new_text(status, tw_http_status_text(status));

    add_validators(response, content);
    if (status == 416) {
        g_autofree char *range = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, content->size);
        tw_http_response_add_header(response, "Content-Range", range);
    }
    if (content->destroy != NULL)
        content->destroy(content->data);
    return response;
}

static TwHttpRangeResult
read_ranges(const TwHttpHead *head, const TwHttpContent *content, Reader *reader)
{
    const char *value = tw_http_head_get(head, "Range");

    if (value == NULL || strcmp(head->method, "GET") != 0 ||
        !tw_http_if_range_holds(head, content->etag, content->modified))
        return TW_HTTP_RANGE_NONE;
    return tw_http_range_parse(value, content->size, reader->ranges, &reader->count);
}

/* 200, or 206 with what reader->ranges holds. */
static TwHttpResponse *
send_ranges(const TwHttpContent *content, Reader *reader, gboolean partial)
{
    TwHttpResponse *response = tw_http_response_new(partial ? 206 : 200);
    const char *type =
        content->content_type != NULL ? content->content_type : "application/octet-stream";
    gint64 len = (gint64) reader->ranges[0].len;
    g_autofree char *multipart = NULL;

    add_validators(response, content);
    if (reader->count > 1) {
        reader->boundary =
            g_strdup_printf("%08x%08x%08x", g_random_int(), g_random_int(), g_random_int());
        reader->type = g_strdup(type);
        multipart = g_strdup_printf("multipart/byteranges; boundary=%s", reader->boundary);
        type = multipart;
        len = (gint64) multipart_len(reader);
    } else if (partial) {
        char range[80];

        format_range(&reader->ranges[0], content->size, range, sizeof range);
        tw_http_response_add_header(response, "Content-Range", range);
    }
    tw_http_response_set_stream(response, type, len, pull_content, reader, free_reader);
    return response;
}

TwHttpResponse *
tw_http_response_new_content(const TwHttpHead *head, const TwHttpContent *content)
{
    TwHttpCondition condition =
        tw_http_condition_check(head, content->etag, TRUE, content->modified);
    Reader *reader;
    TwHttpRangeResult result;

    g_assert(content->size <= G_MAXINT64 / 2);
    if (condition != TW_HTTP_CONDITION_PASS)
        return refuse_content(content, condition == TW_HTTP_CONDITION_FAILED ? 412 : 304);
    reader = g_new0(Reader, 1);
    result = read_ranges(head, content, reader);
    if (result == TW_HTTP_RANGE_UNSATISFIABLE) {
        g_free(reader);
        return refuse_content(content, 416);
    }
    reader->read = content->read;
    reader->data = content->data;
    reader->destroy = content->destroy;
    reader->size = content->size;
    if (result == TW_HTTP_RANGE_NONE) {
        reader->count = 1;
        reader->ranges[0] = (TwHttpRange){ .first = 0, .len = content->size };
    }
    return send_ranges(content, reader, result == TW_HTTP_RANGE_SOME);
}

/* --- files --- */

/* TwHttpReadFunc */
static gboolean
read_file(gpointer data, guint64 offset, guint8 *buf, gsize len, GError **error)
{
    int fd = GPOINTER_TO_INT(data);

    while (len > 0) {
        gssize n = pread(fd, buf, len, (off_t) offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* or cut short since we asked for its size */
            return tw_error_from_errno(error, n < 0 ? errno : EIO, "file to send");
        buf += n;
        offset += (guint64) n;
        len -= (gsize) n;
    }
    return TRUE;
}

static void
close_file(gpointer data)
{
    close(GPOINTER_TO_INT(data));
}

TwHttpResponse *
tw_http_response_new_file(
    const TwHttpHead *head, int fd, const char *content_type, const char *etag, GError **error)
{
    g_autofree char *own_etag = NULL;
    TwHttpContent content;
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        tw_error_from_errno(error, S_ISREG(st.st_mode) ? errno : EINVAL, "file to send");
        close(fd);
        return NULL;
    }
    own_etag = g_strdup_printf("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                               "x-%" G_GINT64_MODIFIER "x.%lx\"",
                               (guint64) st.st_ino, (guint64) st.st_size,
                               (guint64) st.st_mtim.tv_sec, (gulong) st.st_mtim.tv_nsec);
    content = (TwHttpContent){ .content_type = content_type,
                               .etag = etag != NULL ? etag : own_etag,
                               .modified = MAX(st.st_mtim.tv_sec, 0),
                               .size = (guint64) st.st_size,
                               .read = read_file,
                               .data = GINT_TO_POINTER(fd),
                               .destroy = close_file };
    return tw_http_response_new_content(head, &content);
}
