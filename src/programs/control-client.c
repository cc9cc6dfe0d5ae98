/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tool's end of the control socket. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "programs/control-socket.h"
#include "programs/control.h"

typedef struct {
    int fd;
    gsize from, to; /* what was read and not yet taken */
    guint8 bytes[TW_CONTROL_MAX_REPLY + TW_CONTROL_MAX_DATA];
} Reader;

static int
connect_to(const char *path, GError **error)
{
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = folder >= 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    struct sockaddr_un address;

    tw_control_address(folder, "control", &address);
    if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof address) < 0) {
        int number = errno == ECONNREFUSED ? ENOENT : errno;
        tw_error_from_errno(error, number, "no server answers at the data folder");
        if (fd >= 0)
            (void) close(fd);
        fd = -1;
    }
    if (folder >= 0)
        (void) close(folder);
    return fd;
}

static gboolean
send_all(int fd, const char *data, gsize len, GError **error)
{
    while (len > 0) {
        gssize sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return tw_error_from_errno(error, errno, "asking the server");
        data += MAX(sent, 0);
        len -= (gsize) MAX(sent, 0);
    }
    return TRUE;
}

static gboolean
send_request(int fd, const TwControlRequest *request, GError **error)
{
    g_autoptr(GString) line = g_string_new(NULL);

    tw_control_request_write(request, line);
    return send_all(fd, line->str, line->len, error);
}

/* More bytes, at least one. */
static gboolean
fill(Reader *reader, GError **error)
{
    gssize got;

    if (reader->from > 0) {
        memmove(reader->bytes, reader->bytes + reader->from, reader->to - reader->from);
        reader->to -= reader->from;
        reader->from = 0;
    }
    do
        got = recv(reader->fd, reader->bytes + reader->to, sizeof reader->bytes - reader->to, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return tw_error_from_errno(error, errno, "reading the server's answer");
    if (got == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED,
                            "the server went away in the middle of its answer");
        return FALSE;
    }
    reader->to += (gsize) got;
    return TRUE;
}

/* The next line; valid until more is read. */
static gboolean
read_reply(Reader *reader, TwControlReply *ret, GError **error)
{
    const guint8 *end;
    gsize len;

    while ((end = memchr(reader->bytes + reader->from, '\n', reader->to - reader->from)) == NULL) {
        if (reader->to - reader->from > TW_CONTROL_MAX_REPLY)
            break;
        if (!fill(reader, error))
            return FALSE;
    }
    len = end != NULL ? (gsize) (end - (reader->bytes + reader->from)) : 0;
    if (end == NULL ||
        !tw_control_reply_parse((const char *) reader->bytes + reader->from, len, ret)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                            "the server answers with what this program does not know");
        return FALSE;
    }
    reader->from += len + 1;
    return TRUE;
}

static gboolean
read_data(Reader *reader, gsize len, const guint8 **ret, GError **error)
{
    while (reader->to - reader->from < len) {
        if (!fill(reader, error))
            return FALSE;
    }
    *ret = reader->bytes + reader->from;
    reader->from += len;
    return TRUE;
}

static gboolean
failed(const TwControlReply *reply, GError **error)
{
    g_autofree char *words = g_strndup(reply->text, reply->text_len);

    g_set_error_literal(error, TW_ERROR, (int) reply->numbers[0], words);
    return FALSE;
}

/* What the server wants of an archive. */
static gboolean
send_data(int fd, gsize most, TwControlGive give, gpointer user_data, GError **error)
{
    TwControlReply head = { .kind = TW_CONTROL_DATA };
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree guint8 *data = g_malloc(MAX(most, 1));
    gsize got;

    if (give == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "the server wants what nobody has");
        return FALSE;
    }
    if (!give(data, most, &got, user_data, error))
        return FALSE;
    head.numbers[0] = got;
    tw_control_reply_write(&head, out);
    g_string_append_len(out, (const char *) data, (gssize) got);
    return send_all(fd, out->str, out->len, error);
}

static gboolean
read_all(Reader *reader, TwControlTake take, TwControlGive give, gpointer user_data, GError **error)
{
    for (;;) {
        const guint8 *data = NULL;
        TwControlReply reply;
        if (!read_reply(reader, &reply, error))
            return FALSE;
        if (reply.kind == TW_CONTROL_DONE)
            return TRUE;
        if (reply.kind == TW_CONTROL_FAILED)
            return failed(&reply, error);
        if (reply.kind == TW_CONTROL_WANT) {
            if (!send_data(reader->fd, (gsize) reply.numbers[0], give, user_data, error))
                return FALSE;
            continue;
        }
        if ((reply.kind == TW_CONTROL_DATA &&
             !read_data(reader, (gsize) reply.numbers[0], &data, error)) ||
            !take(&reply, data, user_data, error))
            return FALSE;
    }
}

gboolean
tw_control_call(const char *path,
                const TwControlRequest *request,
                TwControlTake take,
                TwControlGive give,
                gpointer user_data,
                GError **error)
{
    g_autofree Reader *reader = g_new0(Reader, 1);
    gboolean ok;

    reader->fd = connect_to(path, error);
    if (reader->fd < 0)
        return FALSE;
    ok = send_request(reader->fd, request, error) && read_all(reader, take, give, user_data, error);
    (void) close(reader->fd);
    return ok;
}
