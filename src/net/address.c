/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const guint8 mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static guint
address_bits(const TwAddress *addr)
{
    switch ((TwAddressFamily) addr->family) {
    case TW_ADDRESS_INET:
        return 32;
    case TW_ADDRESS_INET6:
        return 128;
    case TW_ADDRESS_NONE:
    case TW_ADDRESS_UNIX:
        return 0;
    }
    return 0;
}

static void
set_inet6(TwAddress *addr, const guint8 bytes[16])
{
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        addr->family = TW_ADDRESS_INET;
        memcpy(addr->bytes, bytes + 12, 4);
        return;
    }
    addr->family = TW_ADDRESS_INET6;
    memcpy(addr->bytes, bytes, 16);
}

TwAddress
tw_address_from_sockaddr(const struct sockaddr *addr, socklen_t len)
{
    TwAddress ret = { .family = TW_ADDRESS_NONE };

    if (len < sizeof(sa_family_t))
        return ret;
    if (addr->sa_family == AF_UNIX) {
        ret.family = TW_ADDRESS_UNIX;
    } else if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, addr, sizeof in);
        ret.family = TW_ADDRESS_INET;
        memcpy(ret.bytes, &in.sin_addr, 4);
        ret.port = ntohs(in.sin_port);
    } else if (addr->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, addr, sizeof in6);
        set_inet6(&ret, in6.sin6_addr.s6_addr);
        ret.port = ntohs(in6.sin6_port);
        if (ret.family == TW_ADDRESS_INET6)
            ret.scope = in6.sin6_scope_id;
    }
    return ret;
}

socklen_t
tw_address_to_sockaddr(const TwAddress *addr, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (addr->family == TW_ADDRESS_INET) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr->port) };
        memcpy(&in.sin_addr, addr->bytes, 4);
        memcpy(ret, &in, sizeof in);
        return sizeof in;
    }
    if (addr->family == TW_ADDRESS_INET6) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(addr->port),
                                    .sin6_scope_id = addr->scope };
        memcpy(&in6.sin6_addr, addr->bytes, 16);
        memcpy(ret, &in6, sizeof in6);
        return sizeof in6;
    }
    return 0;
}

gboolean
tw_address_parse(const char *text, gsize len, TwAddress *ret)
{
    char copy[INET6_ADDRSTRLEN];
    guint8 bytes[16];
    TwAddress addr = { .family = TW_ADDRESS_NONE };

    if (len == 0 || len >= sizeof copy || memchr(text, '\0', len) != NULL)
        return FALSE;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        addr.family = TW_ADDRESS_INET;
        memcpy(addr.bytes, bytes, 4);
    } else if (inet_pton(AF_INET6, copy, bytes) == 1) {
        set_inet6(&addr, bytes);
    } else {
        return FALSE;
    }
    *ret = addr;
    return TRUE;
}

void
tw_address_format(const TwAddress *addr, gboolean with_port, char ret[TW_ADDRESS_TEXT_MAX])
{
    char text[INET6_ADDRSTRLEN];

    switch ((TwAddressFamily) addr->family) {
    case TW_ADDRESS_NONE:
        g_strlcpy(ret, "none", TW_ADDRESS_TEXT_MAX);
        return;
    case TW_ADDRESS_UNIX:
        g_strlcpy(ret, "unix", TW_ADDRESS_TEXT_MAX);
        return;
    case TW_ADDRESS_INET:
        inet_ntop(AF_INET, addr->bytes, text, sizeof text);
        break;
    case TW_ADDRESS_INET6:
        inet_ntop(AF_INET6, addr->bytes, text, sizeof text);
        break;
    }
    if (!with_port)
        g_strlcpy(ret, text, TW_ADDRESS_TEXT_MAX);
    else if (addr->family == TW_ADDRESS_INET6)
        g_snprintf(ret, TW_ADDRESS_TEXT_MAX, "[%s]:%u", text, addr->port);
    else
        g_snprintf(ret, TW_ADDRESS_TEXT_MAX, "%s:%u", text, addr->port);
}

gboolean
tw_address_equal(const TwAddress *a, const TwAddress *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void
clear_host_bits(guint8 bytes[16], guint prefix_len)
{
    for (guint i = 0; i < 16; i++) {
        if (prefix_len >= (i + 1) * 8)
            continue;
        bytes[i] &= (guint8) (prefix_len <= i * 8 ? 0 : 0xff00u >> (prefix_len - i * 8));
    }
}

gboolean
tw_address_is_local(const TwAddress *addr)
{
    static const guint8 v6[16] = { [15] = 1 };

    switch ((TwAddressFamily) addr->family) {
    case TW_ADDRESS_INET:
        return addr->bytes[0] == 127;
    case TW_ADDRESS_INET6:
        return memcmp(addr->bytes, v6, sizeof v6) == 0;
    case TW_ADDRESS_UNIX:
        return TRUE;
    case TW_ADDRESS_NONE:
        break;
    }
    return FALSE;
}

gboolean
tw_network_parse(const char *text, gsize len, TwNetwork *ret, GError **error)
{
    const char *slash = len > 0 ? memchr(text, '/', len) : NULL;
    gsize addr_len = slash != NULL ? (gsize) (slash - text) : len;
    TwNetwork net;
    guint32 prefix_len;

    if (!tw_address_parse(text, addr_len, &net.base))
        goto bad;
    net.prefix_len = address_bits(&net.base);
    if (slash != NULL) {
        if (!tw_parse_u32(slash + 1, len - addr_len - 1, 128, &prefix_len))
            goto bad;
        /* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
        if (net.base.family == TW_ADDRESS_INET && memchr(text, ':', addr_len) != NULL) {
            if (prefix_len < 96)
                goto bad;
            prefix_len -= 96;
        }
        if (prefix_len > net.prefix_len)
            goto bad;
        net.prefix_len = prefix_len;
    }
    clear_host_bits(net.base.bytes, net.prefix_len);
    *ret = net;
    return TRUE;
bad:
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "'%.*s' is not an address or network",
                (int) MIN(len, 80), text);
    return FALSE;
}

gboolean
tw_network_contains(const TwNetwork *net, const TwAddress *addr)
{
    guint8 bytes[16];

    if (addr->family != net->base.family)
        return FALSE;
    memcpy(bytes, addr->bytes, sizeof bytes);
    clear_host_bits(bytes, net->prefix_len);
    return memcmp(bytes, net->base.bytes, sizeof bytes) == 0;
}

gboolean
tw_network_list_parse(const char *text, GArray **ret, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwNetwork));

    for (;;) {
        TwNetwork net;
        gsize len;

        text += strspn(text, " \t,");
        len = strcspn(text, " \t,");
        if (len == 0)
            break;
        if (!tw_network_parse(text, len, &net, error))
            return FALSE;
        g_array_append_val(list, net);
        text += len;
    }
    *ret = g_steal_pointer(&list);
    return TRUE;
}

gboolean
tw_network_list_contains(const GArray *list, const TwAddress *addr)
{
    for (guint i = 0; list != NULL && i < list->len; i++) {
        if (tw_network_contains(&g_array_index(list, TwNetwork, i), addr))
            return TRUE;
    }
    return FALSE;
}
