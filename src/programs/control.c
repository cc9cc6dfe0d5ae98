/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server's end of the control socket: one thread, plain sequential code. */
#include "programs/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "programs/control-socket.h"
#include "store/archive.h"
#include "store/store.h"

enum {
    BACKLOG = 8,
    READ_S = 10,      /* a tool that asks nothing for so long is let go */
    WRITE_S = 60,     /* likewise one that does not read */
    FLUSH_AT = 65536, /* bytes of answers that are sent together */
};

struct TwControl {
    TwEngine *engine;
    int folder, listener, wake;
    GThread *thread;
    TwCancel *cancel; /* of all that it does; fired by stopping */
    TwLock lock;      /* guards peer */
    int peer;         /* -1: nobody is there */
};

/* One tool. */
typedef struct {
    TwControl *control;
    int fd;
    TwCancel *cancel; /* it went away, or the server stops */
    GString *out;
    gint64 told_us; /* when progress was told last */
    guint stores;
    gsize in_from, in_to;           /* import: what came and was not yet read ... */
    guint8 in[TW_CONTROL_MAX_DATA]; /* ... of this */
} Peer;

/* ---- answers ---- */

/* A tool that is gone needs no more work. */
static gboolean
flush(Peer *peer)
{
    gsize at = 0;

    while (at < peer->out->len) {
        gssize sent = send(peer->fd, peer->out->str + at, peer->out->len - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            tw_cancel_fire(peer->cancel);
            break;
        }
        at += (gsize) sent;
    }
    g_string_truncate(peer->out, 0);
    return !tw_cancel_fired(peer->cancel);
}

static gboolean
reply(Peer *peer, const TwControlReply *what)
{
    tw_control_reply_write(what, peer->out);
    return peer->out->len < FLUSH_AT || flush(peer);
}

static void
fail(Peer *peer, const GError *error)
{
    TwControlReply failed = { .kind = TW_CONTROL_FAILED };

    g_return_if_fail(error != NULL);
    failed.numbers[0] = (guint64) (error->domain == TW_ERROR ? error->code : TW_ERROR_FAILED);
    failed.text = error->message;
    failed.text_len = strlen(error->message);
    reply(peer, &failed);
}

/* Also finds out whether anybody still listens. */
static void
tell_progress(Peer *peer, const char *stage, guint64 done)
{
    TwControlReply progress = {
        .kind = TW_CONTROL_PROGRESS, .numbers = { done }, .text = stage, .text_len = strlen(stage)
    };
    gint64 now = g_get_monotonic_time();

    if (now - peer->told_us < G_USEC_PER_SEC)
        return;
    peer->told_us = now;
    reply(peer, &progress);
    flush(peer);
}

/* ---- check ---- */

static void
on_check_progress(const char *stage, guint64 done, gpointer data)
{
    tell_progress(data, stage, done);
}

static void
tell_findings(Peer *peer, const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        TwControlReply one = { .kind = TW_CONTROL_FINDING,
                               .finding = *(const TwCheckFinding *) found->pdata[i] };
        reply(peer, &one);
    }
}

/* Users may delete stores meanwhile. */
static gboolean
check_store(Peer *peer, guint32 number, const TwCheckOptions *how, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GPtrArray) found = tw_check_store(peer->control->engine, number, how, &failure);

    if (found != NULL) {
        tell_findings(peer, found);
        peer->stores++;
        return TRUE;
    }
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static GArray *
stores_of(const Peer *peer, const TwControlRequest *request, GError **error)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(peer->control->engine);
    guint32 number;

    if (request->all)
        return g_steal_pointer(&stores);
    number = tw_engine_find_store(peer->control->engine, &request->store);
    if (number == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such store");
        return NULL;
    }
    g_array_set_size(stores, 0);
    g_array_append_val(stores, number);
    return g_steal_pointer(&stores);
}

static gboolean
check(Peer *peer, const TwControlRequest *request, GError **error)
{
    TwCheckOptions how = {
        .deep = request->deep, .cancel = peer->cancel, .progress = on_check_progress, .data = peer
    };
    g_autoptr(GArray) stores = stores_of(peer, request, error);
    g_autoptr(GPtrArray) server =
        stores != NULL ? tw_check_server(peer->control->engine, &how, error) : NULL;
    TwControlReply count = { .kind = TW_CONTROL_STORES };

    if (server == NULL)
        return FALSE;
    tell_findings(peer, server);
    for (guint i = 0; i < stores->len; i++) {
        if (!check_store(peer, g_array_index(stores, guint32, i), &how, error))
            return FALSE;
    }
    count.numbers[0] = peer->stores;
    reply(peer, &count);
    return TRUE;
}

/* ---- archives ---- */

static void
on_archive_progress(guint64 messages, gpointer data)
{
    tell_progress(data, "messages", messages);
}

static void
tell_counts(Peer *peer, const TwArchiveCounts *counts)
{
    const TwControlReply told = {
        .kind = TW_CONTROL_COUNTS, .numbers = { counts->folders, counts->messages, counts->values }
    };

    reply(peer, &told);
}

/* ---- export ---- */

static gboolean
send_data(const guint8 *data, gsize len, gpointer user_data, GError **error)
{
    Peer *peer = user_data;

    while (len > 0) {
        TwControlReply head = { .kind = TW_CONTROL_DATA,
                                .numbers = { MIN(len, (gsize) TW_CONTROL_MAX_DATA) } };
        tw_control_reply_write(&head, peer->out);
        g_string_append_len(peer->out, (const char *) data, (gssize) head.numbers[0]);
        if (!flush(peer)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "nobody takes the archive");
            return FALSE;
        }
        data += head.numbers[0];
        len -= (gsize) head.numbers[0];
    }
    return TRUE;
}

static gboolean
export_store(Peer *peer, const TwControlRequest *request, GError **error)
{
    TwArchiveOptions how = { .cancel = peer->cancel,
                             .progress = on_archive_progress,
                             .user_data = peer };
    g_autoptr(TwStore) store = tw_store_open(peer->control->engine, &request->store, error);
    TwArchiveCounts counts;

    if (store == NULL || !tw_archive_export(store, &how, send_data, peer, &counts, error))
        return FALSE;
    tell_counts(peer, &counts);
    return TRUE;
}

/* ---- import ---- */

static gboolean
gone(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "nobody gives the archive");
    return FALSE;
}

/* At least one byte. */
static gboolean
receive(const Peer *peer, guint8 *data, gsize room, gsize *ret_got)
{
    gssize got;

    do
        got = recv(peer->fd, data, room, 0);
    while (got < 0 && errno == EINTR);
    *ret_got = got > 0 ? (gsize) got : 0;
    return got > 0;
}

/* The head of what the tool answers; bytes that came with it lie in @in. FALSE: it is no such head. */
static gboolean
receive_head(Peer *peer, gsize *ret_len)
{
    enum {
        MOST_HEAD = 16 /* "data 65536" and its end */
    };
    gsize len = 0, got;

    while (len < MOST_HEAD && receive(peer, peer->in + len, MOST_HEAD - len, &got)) {
        const guint8 *end;
        TwControlReply head;
        len += got;
        end = memchr(peer->in, '\n', len);
        if (end == NULL)
            continue;
        if (!tw_control_reply_parse((const char *) peer->in, (gsize) (end - peer->in), &head) ||
            head.kind != TW_CONTROL_DATA)
            return FALSE;
        *ret_len = (gsize) head.numbers[0];
        peer->in_to = len - (gsize) (end + 1 - peer->in);
        memmove(peer->in, end + 1, peer->in_to);
        return peer->in_to <= *ret_len;
    }
    return FALSE;
}

/* The tool says nothing unasked, so what it is told when this fails is not lost on the way. */
static gboolean
fill_in(Peer *peer, GError **error)
{
    const TwControlReply want = { .kind = TW_CONTROL_WANT, .numbers = { TW_CONTROL_MAX_DATA } };
    gsize len, got;

    peer->in_from = peer->in_to = 0;
    reply(peer, &want);
    if (!flush(peer) || !receive_head(peer, &len))
        return gone(error);
    while (peer->in_to < len) {
        if (!receive(peer, peer->in + peer->in_to, len - peer->in_to, &got))
            return gone(error);
        peer->in_to += got;
    }
    return TRUE;
}

/* As much as was asked for, less only at the end. */
static gboolean
take_archive(guint8 *data, gsize len, gsize *ret_got, gpointer user_data, GError **error)
{
    Peer *peer = user_data;
    gsize done = 0;

    while (done < len) {
        gsize some;
        if (peer->in_from == peer->in_to && !fill_in(peer, error))
            return FALSE;
        if (peer->in_to == 0)
            break;
        some = MIN(len - done, peer->in_to - peer->in_from);
        memcpy(data + done, peer->in + peer->in_from, some);
        peer->in_from += some;
        done += some;
    }
    *ret_got = done;
    return TRUE;
}

static gboolean
import_store(Peer *peer, const TwControlRequest *request, GError **error)
{
    TwArchiveOptions how = { .cancel = peer->cancel,
                             .progress = on_archive_progress,
                             .user_data = peer,
                             .new_guid = request->new_guid,
                             .partition = -1 };
    TwArchiveCounts counts;
    g_autoptr(TwStore) store =
        tw_archive_import(peer->control->engine, &how, take_archive, peer, &counts, error);
    char guid[TW_GUID_TEXT_SIZE];
    TwControlReply made = { .kind = TW_CONTROL_MADE, .text = guid };
    TwStoreInfo info;

    if (store == NULL || !tw_store_get_info(store, &info, error))
        return FALSE;
    tw_guid_print(&info.guid, TW_GUID_BRACED, guid);
    made.text_len = strlen(guid);
    reply(peer, &made);
    tell_counts(peer, &counts);
    return TRUE;
}

/* ---- one tool ---- */

static gboolean
read_request(const Peer *peer, TwControlRequest *ret)
{
    char line[TW_CONTROL_MAX_REQUEST];
    gsize len = 0;

    while (len < sizeof line) {
        gssize got = recv(peer->fd, line + len, sizeof line - len, 0);
        const char *end;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FALSE;
        len += (gsize) got;
        end = memchr(line, '\n', len);
        if (end != NULL)
            return tw_control_request_parse(line, (gsize) (end - line), ret);
    }
    return FALSE;
}

static void
answer(Peer *peer)
{
    static gboolean (*const deeds[])(Peer *, const TwControlRequest *, GError **) = {
        [TW_CONTROL_CHECK] = check,
        [TW_CONTROL_EXPORT] = export_store,
        [TW_CONTROL_IMPORT] = import_store,
    };
    const TwControlReply done = { .kind = TW_CONTROL_DONE };
    g_autoptr(GError) error = NULL;
    TwControlRequest request;
    gboolean ok = FALSE;

    if (!read_request(peer, &request)) {
        g_set_error_literal(&error, TW_ERROR, TW_ERROR_INVALID, "not a request that is known");
    } else {
        tw_log(TW_LOG_NOTICE, "storage-control",
               tw_log_str(TW_LOG_MSG, tw_control_deed_name(request.deed)));
        ok = deeds[request.deed](peer, &request, &error);
    }
    if (ok)
        reply(peer, &done);
    else
        fail(peer, error);
    flush(peer);
}

static gboolean
may_ask(int fd)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && len == sizeof cred &&
           (cred.uid == 0 || cred.uid == geteuid());
}

static void
fire(gpointer data)
{
    tw_cancel_fire(data);
}

static void
serve(TwControl *control, int fd)
{
    struct timeval patience = { .tv_sec = READ_S }, patience_out = { .tv_sec = WRITE_S };
    g_autoptr(TwCancel) cancel = tw_cancel_new();
    g_autofree Peer *peer = g_new0(Peer, 1);
    guint64 id;

    peer->control = control;
    peer->fd = fd;
    peer->cancel = cancel;
    peer->out = g_string_new(NULL);
    tw_lock(&control->lock);
    control->peer = fd;
    tw_unlock(&control->lock);
    id = tw_cancel_add(control->cancel, fire, cancel);
    if (may_ask(fd) && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience_out, sizeof patience_out) == 0)
        answer(peer);
    tw_cancel_remove(control->cancel, id);
    tw_lock(&control->lock);
    control->peer = -1;
    tw_unlock(&control->lock);
    g_string_free(peer->out, TRUE);
    (void) close(fd);
}

static gpointer
listen_on(gpointer data)
{
    TwControl *control = data;
    struct pollfd on[] = { { .fd = control->wake, .events = POLLIN },
                           { .fd = control->listener, .events = POLLIN } };

    while (!tw_cancel_fired(control->cancel)) {
        int fd;
        if (poll(on, G_N_ELEMENTS(on), -1) < 0 || (on[1].revents & POLLIN) == 0)
            continue;
        fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            serve(control, fd);
    }
    return NULL;
}

/* ---- life ---- */

/* Under another name until only its owner may connect. The engine's lock says that no other server is here: a socket of that
 * name is one that a crash left. */
static gboolean
bind_socket(const TwControl *control, GError **error)
{
    struct sockaddr_un address;

    (void) unlinkat(control->folder, "control.new", 0);
    tw_control_address(control->folder, "control.new", &address);
    if (bind(control->listener, (const struct sockaddr *) &address, sizeof address) < 0 ||
        fchmodat(control->folder, "control.new", 0600, 0) < 0 ||
        listen(control->listener, BACKLOG) < 0 ||
        renameat(control->folder, "control.new", control->folder, "control") < 0)
        return tw_error_from_errno(error, errno, "the socket \"control\" of the data folder");
    return TRUE;
}

static void
free_control(TwControl *control)
{
    if (control->listener >= 0)
        (void) close(control->listener);
    if (control->wake >= 0)
        (void) close(control->wake);
    if (control->folder >= 0)
        (void) close(control->folder);
    tw_cancel_unref(control->cancel);
    tw_lock_clear(&control->lock);
    g_free(control);
}

TwControl *
tw_control_start(TwEngine *engine, const char *path, GError **error)
{
    TwControl *control = g_new0(TwControl, 1);

    control->engine = engine;
    control->peer = -1;
    control->cancel = tw_cancel_new();
    tw_lock_init(&control->lock);
    control->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    control->wake = eventfd(0, EFD_CLOEXEC);
    if (control->folder < 0 || control->listener < 0 || control->wake < 0) {
        tw_error_from_errno(error, errno, path);
        free_control(control);
        return NULL;
    }
    if (!bind_socket(control, error)) {
        free_control(control);
        return NULL;
    }
    control->thread = g_thread_new("control", listen_on, control);
    return control;
}

void
tw_control_stop(TwControl *control)
{
    const guint64 one = 1;

    if (control == NULL)
        return;
    (void) unlinkat(control->folder, "control", 0);
    tw_cancel_fire(control->cancel);
    tw_lock(&control->lock);
    if (control->peer >= 0)
        (void) shutdown(control->peer, SHUT_RDWR);
    tw_unlock(&control->lock);
    if (write(control->wake, &one, sizeof one) != sizeof one)
        g_warning("the control's thread cannot be woken");
    g_thread_join(control->thread);
    free_control(control);
}
