/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Opening listeners and accepting. Of one listener one worker accepts at a time (EPOLLONESHOT); it arms the listener
 * again before it serves what it accepted.
 */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/listen-spec.h"
#include "net/conn-private.h"
#include "net/tls.h"

enum {
    REST_MS = 100 /* without accepting, when descriptors or memory are short */
};

struct TwListener {
    TwLoop *loop; /* borrowed; it owns this */
    TwListenOptions options;
    GArray *proxies; /* (nullable) owned */
    char *busy_text; /* (nullable) owned */
    TwAddress address;
    char *path;     /* (nullable) owned: unlinked when closing */
    dev_t path_dev; /* what was created at path, so that nothing newer is unlinked */
    ino_t path_ino;
    guint64 key; /* of its epoll events */

    GMutex lock;       /* guards fd and rest_until */
    int fd;            /* -1: closed */
    gint64 rest_until; /* ms; 0: not resting */
};

/* --- opening ---------------------------------------------------------------------------------------------------- */

static TwListener *
listener_new(TwLoop *loop, int fd, const TwListenOptions *options)
{
    TwListener *listener = g_new0(TwListener, 1);
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;

    listener->loop = loop;
    listener->options = *options;
    if (listener->options.setup_ms == 0)
        listener->options.setup_ms = 30 * 1000;
    if (options->proxies != NULL)
        listener->proxies = g_array_append_vals(g_array_new(FALSE, FALSE, sizeof(TwNetwork)),
                                                options->proxies->data, options->proxies->len);
    if (options->tls != NULL)
        tw_tls_server_ref(options->tls);
    listener->busy_text = g_strdup(options->busy_text);
    listener->fd = fd;
    g_mutex_init(&listener->lock);
    if (getsockname(fd, (struct sockaddr *) &addr, &len) == 0)
        listener->address = tw_address_from_sockaddr((const struct sockaddr *) &addr, len);
    return listener;
}

void
tw_listener_close(TwListener *listener)
{
    struct stat st;

    g_mutex_lock(&listener->lock);
    if (listener->fd >= 0)
        (void) close(listener->fd);
    listener->fd = -1;
    g_mutex_unlock(&listener->lock);
    if (listener->path != NULL && lstat(listener->path, &st) == 0 &&
        st.st_dev == listener->path_dev && st.st_ino == listener->path_ino)
        (void) unlink(listener->path);
}

void
tw_listener_free(TwListener *listener)
{
    tw_listener_close(listener);
    g_clear_pointer(&listener->proxies, g_array_unref);
    tw_tls_server_unref(listener->options.tls);
    g_free(listener->busy_text);
    g_free(listener->path);
    g_mutex_clear(&listener->lock);
    g_free(listener);
}

static gboolean
set_option(int fd, int level, int name, int value, GError **error)
{
    if (setsockopt(fd, level, name, &value, sizeof value) == 0)
        return TRUE;
    return tw_error_from_errno(error, errno, "setting a socket option");
}

static gboolean
bind_errno(GError **error)
{
    if (errno != EADDRINUSE)
        return tw_error_from_errno(error, errno, "binding");
    g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "the address is in use");
    return FALSE;
}

static int
new_socket(int family, GError **error)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        tw_error_from_errno(error, errno, "making a socket");
    return fd;
}

static TwListener *
open_inet(TwLoop *loop,
          const TwAddress *address,
          const char *interface,
          const TwListenOptions *options,
          GError **error)
{
    struct sockaddr_storage addr;
    socklen_t len = tw_address_to_sockaddr(address, &addr);
    int fd = new_socket(addr.ss_family, error);

    if (fd < 0)
        return NULL;
    if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, error))
        goto fail;
    if (addr.ss_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, error))
        goto fail;
    if (interface[0] != '\0' &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t) strlen(interface)) < 0) {
        tw_error_from_errno(error, errno, interface);
        goto fail;
    }
    if (bind(fd, (const struct sockaddr *) &addr, len) < 0 ||
        listen(fd, options->backlog > 0 ? options->backlog : 1024) < 0) {
        bind_errno(error);
        goto fail;
    }
    return listener_new(loop, fd, options);
fail:
    (void) close(fd);
    return NULL;
}

/* Removes the socket of a server that is gone. FALSE: something that must stay is there. */
static gboolean
clear_path(const struct sockaddr_un *addr, GError **error)
{
    struct stat st;
    int fd, ret, number;

    if (lstat(addr->sun_path, &st) < 0)
        return errno == ENOENT || tw_error_from_errno(error, errno, addr->sun_path);
    if (!S_ISSOCK(st.st_mode)) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "%s is there and not a socket",
                    addr->sun_path);
        return FALSE;
    }
    fd = new_socket(AF_UNIX, error);
    if (fd < 0)
        return FALSE;
    ret = connect(fd, (const struct sockaddr *) addr, sizeof *addr);
    number = errno;
    (void) close(fd);
    if (ret == 0 || number != ECONNREFUSED) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "%s is in use", addr->sun_path);
        return FALSE;
    }
    if (unlink(addr->sun_path) < 0 && errno != ENOENT)
        return tw_error_from_errno(error, errno, addr->sun_path);
    return TRUE;
}

/* Binds under a name of its own, sets mode and owner, and only then gives the socket its name: nobody can connect to
 * it under a mode that is too open, and no umask (which is of the whole process) has to be changed. */
static gboolean
bind_unix(int fd, const char *path, const TwListenOptions *options, GError **error)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_autofree char *temporary = g_strdup_printf("%s.%d", path, (int) getpid());
    uid_t uid = options->unix_uid != 0 ? options->unix_uid : (uid_t) -1;
    gid_t gid = options->unix_gid != 0 ? options->unix_gid : (gid_t) -1;

    g_strlcpy(addr.sun_path, path, sizeof addr.sun_path);
    if (!clear_path(&addr, error))
        return FALSE;
    if (g_strlcpy(addr.sun_path, temporary, sizeof addr.sun_path) >= sizeof addr.sun_path) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "%s is too long a path for a socket", path);
        return FALSE;
    }
    (void) unlink(temporary);
    if (bind(fd, (const struct sockaddr *) &addr, sizeof addr) < 0)
        return bind_errno(error);
    if (chmod(temporary, options->unix_mode != 0 ? options->unix_mode : 0666) < 0 ||
        ((uid != (uid_t) -1 || gid != (gid_t) -1) && chown(temporary, uid, gid) < 0) ||
        listen(fd, options->backlog > 0 ? options->backlog : 1024) < 0 ||
        rename(temporary, path) < 0) {
        tw_error_from_errno(error, errno, path);
        (void) unlink(temporary);
        return FALSE;
    }
    return TRUE;
}

static TwListener *
open_unix(TwLoop *loop, const char *path, const TwListenOptions *options, GError **error)
{
    TwListener *listener;
    struct stat st;
    int fd = new_socket(AF_UNIX, error);

    if (fd < 0)
        return NULL;
    if (!bind_unix(fd, path, options, error)) {
        (void) close(fd);
        return NULL;
    }
    listener = listener_new(loop, fd, options);
    listener->path = g_strdup(path);
    if (lstat(path, &st) == 0) {
        listener->path_dev = st.st_dev;
        listener->path_ino = st.st_ino;
    }
    return listener;
}

/* "*": IPv6 and IPv4 each by a socket of its own, so that each has its own addresses in the log. A host without one
 * family is served by the other. */
static gboolean
open_all(TwLoop *loop,
         const TwListenSpec *spec,
         const TwListenOptions *options,
         GPtrArray *into,
         GError **error)
{
    TwAddress any6 = { .family = TW_ADDRESS_INET6, .port = spec->port };
    TwAddress any4 = { .family = TW_ADDRESS_INET, .port = spec->port };
    g_autoptr(GError) error6 = NULL;
    TwListener *listener = open_inet(loop, &any6, spec->interface, options, &error6);

    if (listener != NULL) {
        g_ptr_array_add(into, listener);
        any4.port = listener->address.port;
    } else if (!g_error_matches(error6, TW_ERROR, TW_ERROR_FAILED)) {
        g_propagate_error(error, g_steal_pointer(&error6));
        return FALSE;
    }
    listener = open_inet(loop, &any4, spec->interface, options, error);
    if (listener == NULL)
        return FALSE;
    g_ptr_array_add(into, listener);
    return TRUE;
}

static gboolean
open_spec(TwLoop *loop,
          const TwListenSpec *spec,
          const TwListenOptions *options,
          GPtrArray *into,
          GError **error)
{
    TwAddress address = { .family = TW_ADDRESS_INET, .port = spec->port };
    TwListener *listener = NULL;

    memcpy(address.bytes, spec->address, sizeof address.bytes);
    switch (spec->family) {
    case TW_LISTEN_ANY:
        return open_all(loop, spec, options, into, error);
    case TW_LISTEN_UNIX:
        listener = open_unix(loop, spec->path, options, error);
        break;
    case TW_LISTEN_IPV6:
        address.family = TW_ADDRESS_INET6;
        listener = open_inet(loop, &address, spec->interface, options, error);
        break;
    case TW_LISTEN_IPV4:
        listener = open_inet(loop, &address, spec->interface, options, error);
        break;
    }
    if (listener == NULL)
        return FALSE;
    g_ptr_array_add(into, listener);
    return TRUE;
}

/* The loop takes it and watches it. */
static gboolean
register_listener(TwLoop *loop, TwListener *listener, GError **error)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

    listener->key = event.data.u64 = tw_loop_take_listener(loop, listener);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, listener->fd, &event) < 0)
        return tw_error_from_errno(error, errno, "watching a listener");
    return TRUE;
}

gboolean
tw_listener_open(TwLoop *loop,
                 const char *specs,
                 const TwListenOptions *options,
                 GPtrArray **ret,
                 GError **error)
{
    g_autoptr(GPtrArray) list = NULL;
    g_autoptr(GPtrArray) opened = g_ptr_array_new();

    list = tw_listen_list_parse(specs, strlen(specs), error);
    if (list == NULL)
        return FALSE;
    for (guint i = 0; i < list->len; i++) {
        const TwListenSpec *spec = g_ptr_array_index(list, i);
        if (!open_spec(loop, spec, options, opened, error)) {
            g_autofree char *text = tw_listen_spec_to_string(spec);
            g_prefix_error(error, "%s: ", text);
            for (guint k = 0; k < opened->len; k++)
                tw_listener_free(g_ptr_array_index(opened, k));
            return FALSE;
        }
    }
    for (guint i = 0; i < opened->len; i++) {
        if (!register_listener(loop, g_ptr_array_index(opened, i), error)) {
            /* the loop has some of them by now; it frees all that it took, the rest are ours */
            for (guint k = 0; k < opened->len; k++) {
                tw_listener_close(g_ptr_array_index(opened, k));
                if (k > i)
                    tw_listener_free(g_ptr_array_index(opened, k));
            }
            return FALSE;
        }
    }
    if (ret != NULL)
        *ret = g_steal_pointer(&opened);
    return TRUE;
}

TwListener *
tw_listener_adopt(TwLoop *loop, int fd, const TwListenOptions *options, GError **error)
{
    int listening = 0, type = 0, flags = fcntl(fd, F_GETFL);
    socklen_t listening_len = sizeof listening, type_len = sizeof type;
    TwListener *listener;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 || listening == 0 ||
        type != SOCK_STREAM) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "descriptor %d is not a listening stream socket", fd);
        if (flags >= 0)
            (void) close(fd);
        return NULL;
    }
    listener = listener_new(loop, fd, options);
    if (!register_listener(loop, listener, error)) {
        tw_listener_close(listener);
        return NULL;
    }
    return listener;
}

const TwAddress *
tw_listener_get_address(const TwListener *listener)
{
    return &listener->address;
}

const char *
tw_listener_get_path(const TwListener *listener)
{
    return listener->path;
}

/* --- accepting -------------------------------------------------------------------------------------------------- */

static void
arm(TwListener *listener)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = listener->key };

    g_mutex_lock(&listener->lock);
    if (listener->fd >= 0)
        (void) epoll_ctl(listener->loop->epoll_fd, EPOLL_CTL_MOD, listener->fd, &event);
    g_mutex_unlock(&listener->lock);
}

void
tw_listener_put_back(TwListener *listener)
{
    arm(listener);
}

static void
rest(TwListener *listener)
{
    g_mutex_lock(&listener->lock);
    listener->rest_until = tw_loop_now_ms() + REST_MS;
    g_mutex_unlock(&listener->lock);
    tw_loop_poke_ticker(listener->loop);
}

gint64
tw_listener_tick(TwListener *listener, gint64 now_ms)
{
    gint64 rest_until;

    g_mutex_lock(&listener->lock);
    rest_until = listener->rest_until;
    if (rest_until != 0 && rest_until <= now_ms)
        listener->rest_until = 0;
    g_mutex_unlock(&listener->lock);
    if (rest_until == 0)
        return TW_WHEEL_NEVER;
    if (rest_until > now_ms)
        return rest_until;
    arm(listener);
    return TW_WHEEL_NEVER;
}

static int
accept_one(TwListener *listener, TwAddress *ret_peer)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    int fd;

    g_mutex_lock(&listener->lock);
    if (listener->fd < 0) {
        g_mutex_unlock(&listener->lock);
        errno = EAGAIN;
        return -1;
    }
    fd = accept4(listener->fd, (struct sockaddr *) &addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    g_mutex_unlock(&listener->lock);
    if (fd >= 0)
        *ret_peer = tw_address_from_sockaddr((const struct sockaddr *) &addr, len);
    return fd;
}

/* What is wrong with one client, and gone with it (accept(2)), as opposed to what is wrong with us. */
static gboolean
error_of_client(int number)
{
    return number == ECONNABORTED || number == EINTR || number == EPROTO || number == ENETDOWN ||
           number == ENOPROTOOPT || number == EHOSTDOWN || number == ENONET ||
           number == EHOSTUNREACH || number == EOPNOTSUPP || number == ENETUNREACH ||
           number == EPERM;
}

static void
turn_away(const TwListener *listener, int fd)
{
    if (listener->busy_text != NULL && listener->options.tls == NULL &&
        send(fd, listener->busy_text, strlen(listener->busy_text), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        (void) shutdown(fd, SHUT_WR);
    (void) close(fd);
}

static void
serve(TwListener *listener, int fd, const TwAddress *peer, TwWorker *worker)
{
    TwLoop *loop = listener->loop;
    gboolean via_proxy = tw_network_list_contains(listener->proxies, peer);
    TwConn *conn;

    __atomic_add_fetch(&loop->accepted, 1, __ATOMIC_RELAXED);
    /* a proxy may have many; its clients are counted when they are known */
    if (!via_proxy && !tw_loop_count_peer(loop, peer)) {
        tw_loop_report(loop, TW_LOOP_EVENT_REFUSED_PEER, peer, NULL);
        turn_away(listener, fd);
        return;
    }
    conn = tw_conn_new(loop, fd, peer, listener->options.protocol, listener->options.data, listener,
                       worker);
    if (conn == NULL) {
        if (!via_proxy)
            tw_loop_uncount_peer(loop, peer);
        turn_away(listener, fd);
        return;
    }
    conn->counted = !via_proxy;
    tw_conn_set_timeouts(conn, &listener->options.timeouts);
    tw_conn_begin_setup(conn, via_proxy, listener->options.tls, listener->options.setup_ms);
    tw_conn_run(conn);
}

void
tw_listener_ready(TwListener *listener, TwWorker *worker)
{
    TwAddress peer = { .family = TW_ADDRESS_NONE };
    int fd = accept_one(listener, &peer);
    int number = errno;
    g_autoptr(GError) error = NULL;

    if (fd >= 0) {
        arm(listener);
        serve(listener, fd, &peer, worker);
        return;
    }
    if (number == EAGAIN || error_of_client(number)) {
        arm(listener);
        return;
    }
    tw_error_from_errno(&error, number, "accepting a connection");
    tw_loop_report(listener->loop, TW_LOOP_EVENT_ACCEPT_FAILED, NULL, error);
    rest(listener);
}
