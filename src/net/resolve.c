/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names by way of c-ares: its sockets are polled by the caller, so a dead name server costs one wait that has an end, and no
 * thread. getaddrinfo() would keep its own time limits, and cannot be broken off.
 *
 * The families are asked for apart. A server that never answers one question, as some do with AAAA, must not hold up what the
 * other one brought. Modules of the system's name service other than files and DNS are not asked.
 */
#include "net/resolve-private.h"

#include <ares.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>

#include "base/error.h"

enum {
    TRY_MS = 1500, /* then a question is asked again; c-ares doubles it from round to round */
    TRIES = 4,
    HOLD_MS = 50,    /* RFC 8305 3, "Resolution Delay" */
    HOST_MOST = 253, /* RFC 1035 2.3.4, as text without the last dot */
};

/* What is known of one family. */
typedef struct {
    TwResolve *resolve;
    int family;
    gboolean answered;
    int status; /* of c-ares, when answered */
    gint64 answered_ms;
    TwAddress list[TW_RESOLVE_ADDRESSES_MOST];
    guint count, taken;
} Family;

struct TwResolve {
    char *host;
    guint16 port;
    ares_channel channel; /* NULL: no name server is needed */
    Family inet, inet6;
    gboolean inet6_last; /* the last address given out was of IPv6 */
    gint64 now_ms;       /* when the caller last came */
};

static void
add_address(Family *family, const TwAddress *address)
{
    if (family->count == TW_RESOLVE_ADDRESSES_MOST)
        return;
    family->list[family->count] = *address;
    family->list[family->count++].port = family->resolve->port;
}

static void
set_answered(Family *family, int status)
{
    family->answered = TRUE;
    family->status = status;
    family->answered_ms = family->resolve->now_ms;
}

/* --- without a name server -------------------------------------------------------------------------------------- */

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0" */
static gboolean
take_numbers(TwResolve *resolve)
{
    const char *zone = strchr(resolve->host, '%');
    gsize len = zone != NULL ? (gsize) (zone - resolve->host) : strlen(resolve->host);
    TwAddress address;

    if (!tw_address_parse(resolve->host, len, &address))
        return FALSE;
    if (zone != NULL) {
        address.scope = address.family == TW_ADDRESS_INET6 ? if_nametoindex(zone + 1) : 0;
        if (address.scope == 0)
            return FALSE;
    }
    add_address(address.family == TW_ADDRESS_INET6 ? &resolve->inet6 : &resolve->inet, &address);
    return TRUE;
}

static gboolean
take_from_file(TwResolve *resolve, Family *family)
{
    struct hostent *entry = NULL;

    if (ares_gethostbyname_file(resolve->channel, resolve->host, family->family, &entry) !=
        ARES_SUCCESS)
        return FALSE;
    for (guint i = 0; entry->h_addr_list[i] != NULL; i++) {
        gboolean inet6 = family->family == AF_INET6;
        TwAddress address = { .family = inet6 ? TW_ADDRESS_INET6 : TW_ADDRESS_INET };

        memcpy(address.bytes, entry->h_addr_list[i], inet6 ? 16 : 4);
        add_address(family, &address);
    }
    ares_free_hostent(entry);
    return family->count > 0;
}

/*
 * RFC 6761 6.3: names under "localhost." are this machine's, whatever a name server would say. The file goes first, for
 * those who gave them addresses of their own; it is not there on every machine.
 */
static gboolean
take_loopback(TwResolve *resolve)
{
    static const TwAddress inet = { .family = TW_ADDRESS_INET, .bytes = { 127, 0, 0, 1 } };
    static const TwAddress inet6 = { .family = TW_ADDRESS_INET6, .bytes = { [15] = 1 } };
    g_autofree char *lower = g_ascii_strdown(resolve->host, -1);
    gsize len = strlen(lower);

    if (lower[len - 1] == '.')
        lower[len - 1] = '\0';
    if (strcmp(lower, "localhost") != 0 && !g_str_has_suffix(lower, ".localhost"))
        return FALSE;
    add_address(&resolve->inet6, &inet6);
    add_address(&resolve->inet, &inet);
    return TRUE;
}

/* --- with one --------------------------------------------------------------------------------------------------- */

/* ares_addrinfo_callback */
static void
on_answer(void *data, int status, int timeouts, struct ares_addrinfo *result)
{
    Family *family = data;

    (void) timeouts;
    if (status == ARES_EDESTRUCTION)
        return;
    for (const struct ares_addrinfo_node *node = result != NULL ? result->nodes : NULL;
         node != NULL; node = node->ai_next) {
        TwAddress address = tw_address_from_sockaddr(node->ai_addr, node->ai_addrlen);

        if (address.family != TW_ADDRESS_NONE)
            add_address(family, &address);
    }
    if (result != NULL)
        ares_freeaddrinfo(result);
    set_answered(family, family->count > 0 ? ARES_SUCCESS : status);
}

static void
ask(TwResolve *resolve, Family *family)
{
    const struct ares_addrinfo_hints hints = { .ai_family = family->family,
                                               .ai_socktype = SOCK_STREAM };

    ares_getaddrinfo(resolve->channel, resolve->host, NULL, &hints, on_answer, family);
}

static gboolean
open_channel(TwResolve *resolve, const char *servers, GError **error)
{
    static gsize once = 0;
    char lookups[] = "b"; /* the file was looked at; its names are not asked for elsewhere */
    struct ares_options options = { .timeout = TRY_MS, .tries = TRIES, .lookups = lookups };
    int status;

    if (g_once_init_enter(&once)) {
        (void) ares_library_init(ARES_LIB_INIT_ALL);
        g_once_init_leave(&once, 1);
    }
    status = ares_init_options(&resolve->channel, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
    if (status != ARES_SUCCESS)
        resolve->channel = NULL;
    else if (servers != NULL)
        status = ares_set_servers_ports_csv(resolve->channel, servers);
    if (status == ARES_SUCCESS)
        return TRUE;
    g_set_error(error, TW_ERROR, status == ARES_EBADSTR ? TW_ERROR_INVALID : TW_ERROR_BUSY,
                "name servers: %s", ares_strerror(status));
    return FALSE;
}

/* --- the lookup ------------------------------------------------------------------------------------------------- */

TwResolve *
tw_resolve_new(const char *host, guint16 port, const char *servers, gint64 now_ms, GError **error)
{
    g_autoptr(TwResolve) resolve = g_new0(TwResolve, 1);
    gboolean found;

    resolve->host = g_strdup(host);
    resolve->port = port;
    resolve->now_ms = now_ms;
    resolve->inet = (Family){ .resolve = resolve, .family = AF_INET };
    resolve->inet6 = (Family){ .resolve = resolve, .family = AF_INET6 };
    if (host[0] == '\0' || strlen(host) > HOST_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "'%.*s' is no name of a host", HOST_MOST,
                    host);
        return NULL;
    }
    found = take_numbers(resolve);
    if (!found) {
        if (!open_channel(resolve, servers, error))
            return NULL;
        found = take_from_file(resolve, &resolve->inet6);
        found = take_from_file(resolve, &resolve->inet) || found || take_loopback(resolve);
    }
    if (found) {
        set_answered(&resolve->inet6, ARES_SUCCESS);
        set_answered(&resolve->inet, ARES_SUCCESS);
    } else {
        ask(resolve, &resolve->inet6);
        ask(resolve, &resolve->inet);
    }
    return g_steal_pointer(&resolve);
}

void
tw_resolve_free(TwResolve *resolve)
{
    if (resolve == NULL)
        return;
    if (resolve->channel != NULL)
        ares_destroy(resolve->channel);
    g_free(resolve->host);
    g_free(resolve);
}

static gboolean
has_left(const Family *family)
{
    return family->taken < family->count;
}

/* Whether IPv4 addresses wait for those of IPv6. */
static gboolean
holds_back(const TwResolve *resolve)
{
    return has_left(&resolve->inet) && resolve->inet.taken == 0 && !resolve->inet6.answered;
}

guint
tw_resolve_prepare(const TwResolve *resolve, struct pollfd *fds, gint64 *ret_wake_ms)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    guint count = 0, bits;
    struct timeval wait, *soonest;

    G_STATIC_ASSERT(ARES_GETSOCK_MAXNUM == (int) TW_RESOLVE_FDS_MOST);
    if (holds_back(resolve))
        *ret_wake_ms = MIN(*ret_wake_ms, resolve->inet.answered_ms + HOLD_MS);
    if (resolve->channel == NULL)
        return 0;
    /* ARES_GETSOCK_WRITABLE() shifts a one into the sign */
    bits = (guint) ares_getsock(resolve->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (guint i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        gboolean reads = (bits >> i & 1) != 0;
        gboolean writes = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0;

        if (reads || writes)
            fds[count++] = (struct pollfd){
                .fd = sockets[i], .events = (short) ((reads ? POLLIN : 0) | (writes ? POLLOUT : 0))
            };
    }
    soonest = ares_timeout(resolve->channel, NULL, &wait);
    if (soonest != NULL)
        *ret_wake_ms = MIN(*ret_wake_ms,
                           resolve->now_ms + (gint64) wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1);
    return count;
}

void
tw_resolve_process(TwResolve *resolve, const struct pollfd *fds, guint count, gint64 now_ms)
{
    resolve->now_ms = now_ms;
    if (resolve->channel == NULL)
        return;
    for (guint i = 0; i < count; i++) {
        const short reads = POLLIN | POLLERR | POLLHUP;

        if (fds[i].revents != 0)
            ares_process_fd(resolve->channel, fds[i].revents & reads ? fds[i].fd : ARES_SOCKET_BAD,
                            fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
    }
    /* what took too long */
    ares_process_fd(resolve->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

gboolean
tw_resolve_next(TwResolve *resolve, gint64 now_ms, TwAddress *ret)
{
    Family *family =
        has_left(&resolve->inet6) && (!resolve->inet6_last || !has_left(&resolve->inet))
            ? &resolve->inet6
            : &resolve->inet;

    if (!has_left(family) || (holds_back(resolve) && now_ms < resolve->inet.answered_ms + HOLD_MS))
        return FALSE;
    *ret = family->list[family->taken++];
    resolve->inet6_last = family == &resolve->inet6;
    return TRUE;
}

gboolean
tw_resolve_is_done(const TwResolve *resolve)
{
    return resolve->inet.answered && resolve->inet6.answered && !has_left(&resolve->inet) &&
           !has_left(&resolve->inet6);
}

static gboolean
means_no_such_host(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
}

void
tw_resolve_set_error(const TwResolve *resolve, GError **error)
{
    gboolean inet_says_no = means_no_such_host(resolve->inet.status);
    int status = inet_says_no ? resolve->inet6.status : resolve->inet.status;

    if (!resolve->inet.answered || !resolve->inet6.answered)
        g_set_error(error, TW_ERROR, TW_ERROR_TIMEOUT,
                    "looking up %s: no name server answered in time", resolve->host);
    else if (inet_says_no && means_no_such_host(resolve->inet6.status))
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "looking up %s: there is no such host",
                    resolve->host);
    else
        g_set_error(error, TW_ERROR, status == ARES_ETIMEOUT ? TW_ERROR_TIMEOUT : TW_ERROR_BUSY,
                    "looking up %s: %s", resolve->host, ares_strerror(status));
}
