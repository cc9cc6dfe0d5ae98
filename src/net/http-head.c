/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   request      = [ CRLF ] request-line *( field-line CRLF ) CRLF
 *   request-line = method SP request-target SP "HTTP/" DIGIT "." DIGIT CRLF
 *   field-line   = token ":" OWS *( VCHAR / SP / HTAB / obs-text ) OWS
 *
 * Lines are checked one by one as they become whole, in order; framing is decided at the empty line. A limit
 * speaks as soon as the bytes prove it, never later, so that no cut of the input changes the answer.
 */
#include "net/http-head.h"

#include <string.h>

#include "base/number.h"
#include "net/http-uri.h"

enum {
    STATE_START, /* one empty line may come before the request line (RFC 9112, 2.2) */
    STATE_REQUEST_LINE,
    STATE_FIELDS,
    STATE_DONE,
    STATE_BAD
};

/* Fields that are looked at here, found in one pass over the head. */
enum {
    FIELD_CONTENT_LENGTH,
    FIELD_EXPECT,
    FIELD_HOST,
    FIELD_TRANSFER_ENCODING,
    FIELD_OTHER_SINGLETONS,
    FIELD_CONNECTION = FIELD_OTHER_SINGLETONS + 11,
    FIELD_HTTP2_SETTINGS,
    FIELD_UPGRADE,
    FIELDS_KNOWN,
};

/* Those before FIELD_CONNECTION may come once only: a second one is another request for another reader. */
static const char *const known_names[FIELDS_KNOWN] = {
    [FIELD_CONTENT_LENGTH] = "Content-Length",
    [FIELD_EXPECT] = "Expect",
    [FIELD_HOST] = "Host",
    [FIELD_TRANSFER_ENCODING] = "Transfer-Encoding",
    [FIELD_OTHER_SINGLETONS] = "Authorization",
    "Content-Encoding",
    "Content-Range",
    "Content-Type",
    "Destination",
    "If-Modified-Since",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
    "Referer",
    "User-Agent",
    [FIELD_CONNECTION] = "Connection",
    [FIELD_HTTP2_SETTINGS] = "HTTP2-Settings",
    [FIELD_UPGRADE] = "Upgrade",
};

/* The value of the first of each, or NULL. */
typedef struct {
    const char *value[FIELDS_KNOWN];
} Known;

TwHttpHead *
tw_http_head_new(const TwHttpHeadLimits *limits)
{
    static const TwHttpHeadLimits defaults = TW_HTTP_HEAD_LIMITS_DEFAULT;
    TwHttpHead *head = g_new(TwHttpHead, 1);

    /* once a request: unlike the zeroing of a large block this is quick, for malloc() has a cache that calloc() has not */
    *head = (TwHttpHead){ 0 };
    head->limits = limits != NULL ? *limits : defaults;
    g_assert(head->limits.line_len < head->limits.head_len);
    g_assert(head->limits.head_len <= G_MAXUINT32);
    g_assert(head->limits.field_count <= TW_HTTP_FIELDS_MOST);
    head->fields = head->few;
    head->field_room = TW_HTTP_FIELDS_FEW;
    return head;
}

void
tw_http_head_free(TwHttpHead *head)
{
    if (head == NULL)
        return;
    if (head->bytes != NULL) /* it may hold a password */
        explicit_bzero(head->bytes, head->head_len);
    g_free(head->bytes);
    if (head->fields != head->few)
        g_free(head->fields);
    g_free(head->own_path);
    g_free(head->host);
    g_free(head);
}

static TwHttpStep
refuse(TwHttpHead *head, guint status)
{
    head->state = STATE_BAD;
    head->status = status;
    return TW_HTTP_BAD;
}

/* RFC 9110, 5.6.2 */
static gboolean
is_token_char(guint8 c)
{
    static const gboolean others[128] = {
        ['!'] = TRUE,  ['#'] = TRUE, ['$'] = TRUE, ['%'] = TRUE, ['&'] = TRUE,
        ['\''] = TRUE, ['*'] = TRUE, ['+'] = TRUE, ['-'] = TRUE, ['.'] = TRUE,
        ['^'] = TRUE,  ['_'] = TRUE, ['`'] = TRUE, ['|'] = TRUE, ['~'] = TRUE,
    };

    return g_ascii_isalnum((char) c) || (c < 128 && others[c]);
}

gboolean
tw_http_is_token(const guint8 *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (!is_token_char(text[i]))
            return FALSE;
    }
    return len > 0;
}

gboolean
tw_http_field_line_ok(const guint8 *line, gsize len, TwHttpField *ret)
{
    const guint8 *colon = memchr(line, ':', len);
    gsize start, end = len;

    if (colon == NULL || !tw_http_is_token(line, (gsize) (colon - line)))
        return FALSE;
    start = (gsize) (colon - line) + 1;
    while (start < end && (line[start] == ' ' || line[start] == '\t'))
        start++;
    while (end > start && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    for (gsize i = start; i < end; i++) {
        if ((line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return FALSE;
    }
    if (ret != NULL)
        *ret = (TwHttpField){ .name = 0,
                              .name_len = (guint32) (colon - line),
                              .value = (guint32) start,
                              .value_len = (guint32) (end - start) };
    return TRUE;
}

/* --- the lines --- */

/* Returns 0 or the status to refuse with. */
static guint
take_request_line(TwHttpHead *head, const guint8 *data, gsize start, gsize len)
{
    const guint8 *line = data + start;
    const guint8 *space = memchr(line, ' ', len), *version;
    gsize method_len, target_len;

    if (space == NULL || !tw_http_is_token(line, (gsize) (space - line)))
        return 400;
    method_len = (gsize) (space - line);
    version = memchr(space + 1, ' ', len - method_len - 1);
    if (version == NULL)
        return 400;
    target_len = (gsize) (version - space) - 1;
    version++;
    if (target_len == 0 || len - method_len - target_len - 2 != 8 ||
        memcmp(version, "HTTP/", 5) != 0 || !g_ascii_isdigit(version[5]) || version[6] != '.' ||
        !g_ascii_isdigit(version[7]))
        return 400;
    if (version[5] != '1')
        return 505;
    for (gsize i = 0; i < target_len; i++) {
        if (space[1 + i] <= 0x20 || space[1 + i] >= 0x7f || space[1 + i] == '#')
            return 400;
    }
    head->minor_version = version[7] == '0' ? 0 : 1;
    head->method_at = (guint32) start;
    head->method_len = (guint32) method_len;
    head->target_at = (guint32) (start + method_len + 1);
    head->target_len = (guint32) target_len;
    return 0;
}

static void
add_field_room(TwHttpHead *head)
{
    TwHttpField *fields = head->fields != head->few ? head->fields : NULL;

    head->fields = g_renew(TwHttpField, fields, (gsize) head->field_room * 2);
    if (fields == NULL)
        memcpy(head->fields, head->few, sizeof head->few);
    head->field_room *= 2;
}

static guint
take_field_line(TwHttpHead *head, const guint8 *data, gsize start, gsize len)
{
    TwHttpField field;

    /* a line that starts with a blank (obs-fold) fails here: a blank is no token */
    if (!tw_http_field_line_ok(data + start, len, &field))
        return 400;
    if (head->field_count == head->limits.field_count)
        return 431;
    if (head->field_count == head->field_room) /* a parked request keeps them, so not all at once */
        add_field_room(head);
    field.name += (guint32) start;
    field.value += (guint32) start;
    head->fields[head->field_count++] = field;
    return 0;
}

/* --- what the whole means --- */

const char *
tw_http_head_get_next(const TwHttpHead *head, const char *name, guint *io_index)
{
    gsize name_len = strlen(name);

    for (guint i = *io_index; i < head->field_count; i++) {
        if (head->fields[i].name_len == name_len &&
            g_ascii_strncasecmp(head->bytes + head->fields[i].name, name, name_len) == 0) {
            *io_index = i + 1;
            return head->bytes + head->fields[i].value;
        }
    }
    return NULL;
}

const char *
tw_http_head_get(const TwHttpHead *head, const char *name)
{
    guint index = 0;

    return tw_http_head_get_next(head, name, &index);
}

static gboolean
list_holds(const char *list, const char *token)
{
    gsize token_len = strlen(token);

    while (*list != '\0') {
        gsize skip = strspn(list, ", \t");
        gsize len = strcspn(list + skip, ", \t");

        if (len == token_len && g_ascii_strncasecmp(list + skip, token, len) == 0)
            return TRUE;
        list += skip + len;
    }
    return FALSE;
}

gboolean
tw_http_head_lists(const TwHttpHead *head, const char *name, const char *token)
{
    const char *value;
    guint index = 0;

    while ((value = tw_http_head_get_next(head, name, &index)) != NULL) {
        if (list_holds(value, token))
            return TRUE;
    }
    return FALSE;
}

/* Returns 0, or 400 when one comes twice that must not. */
static guint
find_known(const TwHttpHead *head, Known *ret)
{
    *ret = (Known){ .value = { NULL } };
    for (guint f = 0; f < head->field_count; f++) {
        const char *name = head->bytes + head->fields[f].name;

        for (guint k = 0; k < FIELDS_KNOWN; k++) {
            if ((name[0] | 0x20) != (known_names[k][0] | 0x20) ||
                g_ascii_strcasecmp(name, known_names[k]) != 0)
                continue;
            if (ret->value[k] == NULL)
                ret->value[k] = head->bytes + head->fields[f].value;
            else if (k < FIELD_CONNECTION)
                return 400;
            break;
        }
    }
    return 0;
}

/* Only "chunked" is understood. A well-formed list that ends in "chunked" but needs a coding we lack is 501;
 * everything else hides something and is 400. */
static guint
check_transfer_encoding(const char *value)
{
    gsize len = strlen(value);
    const char *last;

    if (g_ascii_strcasecmp(value, "chunked") == 0)
        return 0;
    last = strrchr(value, ',');
    if (last == NULL || len == 0)
        return 400;
    last += 1 + strspn(last + 1, " ");
    if (g_ascii_strcasecmp(last, "chunked") != 0)
        return 400;
    for (const char *p = value; p < last;) {
        gsize token_len = strcspn(p, ", ");

        if (!tw_http_is_token((const guint8 *) p, token_len) ||
            g_ascii_strncasecmp(p, "chunked", MAX(token_len, 7)) == 0)
            return 400;
        p += token_len;
        p += strspn(p, " ");
        if (*p != ',')
            return 400;
        p += 1 + strspn(p + 1, " ");
    }
    return 501;
}

static guint
decide_framing(TwHttpHead *head, const Known *known)
{
    const char *length = known->value[FIELD_CONTENT_LENGTH];
    const char *coding = known->value[FIELD_TRANSFER_ENCODING];

    if (coding != NULL) {
        guint status;

        if (length != NULL || head->minor_version == 0)
            return 400;
        status = check_transfer_encoding(coding);
        if (status == 0)
            head->framing = TW_HTTP_FRAMING_CHUNKED;
        return status;
    }
    if (length == NULL)
        return 0;
    if (!tw_parse_u64(length, strlen(length), G_MAXINT64, &head->content_length))
        return 400;
    head->framing = head->content_length > 0 ? TW_HTTP_FRAMING_LENGTH : TW_HTTP_FRAMING_NONE;
    return 0;
}

/* "http://host[:port]/path?query": the authority must say the same as Host (attack: two names, one request). */
static guint
split_absolute(const char *target, gsize len, const char *host_field, gsize *ret_path)
{
    gsize scheme_len = 0, authority_len = 0;
    g_autofree char *host = NULL;
    guint16 port;

    if (len > 7 && g_ascii_strncasecmp(target, "http://", 7) == 0)
        scheme_len = 7;
    else if (len > 8 && g_ascii_strncasecmp(target, "https://", 8) == 0)
        scheme_len = 8;
    else
        return 400;
    while (scheme_len + authority_len < len && target[scheme_len + authority_len] != '/' &&
           target[scheme_len + authority_len] != '?')
        authority_len++;
    if (authority_len == 0 || !tw_http_host_parse(target + scheme_len, authority_len, &host, &port))
        return 400;
    if (host_field != NULL &&
        (strlen(host_field) != authority_len ||
         g_ascii_strncasecmp(host_field, target + scheme_len, authority_len) != 0))
        return 400;
    *ret_path = scheme_len + authority_len;
    return 0;
}

static guint
read_target(TwHttpHead *head, const char *host)
{
    char *target = head->bytes + head->target_at;
    gsize len = head->target_len, at = 0, path_len;
    char *question;
    guint status;

    if (strcmp(head->method, "CONNECT") == 0)
        return 501;
    if (len == 1 && target[0] == '*') {
        if (strcmp(head->method, "OPTIONS") != 0)
            return 400;
        head->path = target;
        return 0;
    }
    if (target[0] != '/' && (status = split_absolute(target, len, host, &at)) != 0)
        return status;
    question = memchr(target + at, '?', len - at);
    path_len = question != NULL ? (gsize) (question - target) - at : len - at;
    if (question != NULL) {
        *question = '\0';
        head->query = question + 1;
    }
    if (path_len == 0)
        head->path = "/";
    else if (tw_http_path_is_canonical(target + at, path_len))
        head->path = target + at;
    else
        head->path = head->own_path = tw_http_path_canonical(target + at, path_len, NULL);
    return head->path == NULL ? 400 : 0;
}

static guint
read_connection_options(TwHttpHead *head, const Known *known)
{
    const char *host = known->value[FIELD_HOST];
    const char *expect = known->value[FIELD_EXPECT];
    gboolean has_options = known->value[FIELD_CONNECTION] != NULL;

    if (host == NULL ? head->minor_version > 0
                     : !tw_http_host_parse(host, strlen(host), &head->host, &head->port))
        return 400;
    if (expect != NULL && g_ascii_strcasecmp(expect, "100-continue") != 0)
        return 417;
    /* an HTTP/1.0 client may not wait for 100 */
    head->expect_continue = expect != NULL && head->minor_version > 0;
    /* cleartext HTTP/2 by upgrade: a proxy that believes in it would no longer see what we read */
    if (known->value[FIELD_HTTP2_SETTINGS] != NULL ||
        (known->value[FIELD_UPGRADE] != NULL && tw_http_head_lists(head, "Upgrade", "h2c")))
        return 400;
    head->asks_keep_alive = has_options && tw_http_head_lists(head, "Connection", "keep-alive");
    head->keep_alive = (head->minor_version > 0 || head->asks_keep_alive) &&
                       !(has_options && tw_http_head_lists(head, "Connection", "close"));
    return 0;
}

static TwHttpStep
finish(TwHttpHead *head, const guint8 *data, gsize head_len)
{
    guint status;
    Known known;

    head->head_len = head_len;
    head->bytes = g_memdup2(data, head_len);
    /* over the blanks behind them, and below over the colon, and the blank or CR behind a value: our own copy */
    head->bytes[head->method_at + head->method_len] = '\0';
    head->bytes[head->target_at + head->target_len] = '\0';
    head->method = head->bytes + head->method_at;
    for (guint i = 0; i < head->field_count; i++) {
        const TwHttpField *field = &head->fields[i];

        head->bytes[field->name + field->name_len] = '\0';
        head->bytes[field->value + field->value_len] = '\0';
    }
    if ((status = find_known(head, &known)) != 0 || (status = decide_framing(head, &known)) != 0 ||
        (status = read_connection_options(head, &known)) != 0 ||
        (status = read_target(head, known.value[FIELD_HOST])) != 0)
        return refuse(head, status);
    head->state = STATE_DONE;
    return TW_HTTP_DONE;
}

/* The line data[line_start .. line_start + len) is whole and has lost its CR LF. */
static TwHttpStep
take_line(TwHttpHead *head, const guint8 *data, gsize len)
{
    gsize start = head->line_start;
    guint status = 0;

    head->line_start = head->scanned = start + len + 2;
    switch (head->state) {
    case STATE_START:
        head->state = STATE_REQUEST_LINE;
        if (len == 0)
            return TW_HTTP_MORE;
        G_GNUC_FALLTHROUGH;
    case STATE_REQUEST_LINE:
        status = len == 0 ? 400 : take_request_line(head, data, start, len);
        head->state = STATE_FIELDS;
        break;
    default:
        if (len == 0)
            return finish(head, data, start + 2);
        status = take_field_line(head, data, start, len);
    }
    return status == 0 ? TW_HTTP_MORE : refuse(head, status);
}

TwHttpStep
tw_http_head_step(TwHttpHead *head, const guint8 *data, gsize len)
{
    if (head->state == STATE_BAD)
        return TW_HTTP_BAD;
    while (head->state != STATE_DONE && head->line_start < len) {
        gboolean first = head->state != STATE_FIELDS;
        gsize most = first ? head->limits.line_len : head->limits.field_len;
        const guint8 *lf = memchr(data + head->scanned, '\n', len - head->scanned);
        /* bytes of this line so far, without LF but with its CR */
        gsize line_len = (lf != NULL ? (gsize) (lf - data) : len) - head->line_start;
        TwHttpStep step;

        /* what is no request at all (a TLS hello, say) is told at its first byte */
        if (first && data[head->line_start] != '\r' && !is_token_char(data[head->line_start]))
            return refuse(head, 400);
        if (line_len > most + 1)
            return refuse(head, first ? 414 : 431);
        if (head->line_start + line_len + (lf != NULL) > head->limits.head_len)
            return refuse(head, 431);
        head->scanned = len;
        if (lf == NULL)
            return TW_HTTP_MORE;
        if (line_len == 0 || lf[-1] != '\r')
            return refuse(head, 400);
        step = take_line(head, data, line_len - 1);
        if (step != TW_HTTP_MORE)
            return step;
    }
    return head->state == STATE_DONE ? TW_HTTP_DONE : TW_HTTP_MORE;
}
