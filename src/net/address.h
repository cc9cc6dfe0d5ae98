/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Addresses of peers and networks, small enough to keep one per connection.
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

G_BEGIN_DECLS

typedef enum {
    TW_ADDRESS_NONE, /* unknown, or a socket that has no address */
    TW_ADDRESS_INET, /* IPv4; also an IPv4 peer of an IPv6 socket */
    TW_ADDRESS_INET6,
    TW_ADDRESS_UNIX, /* a Unix socket; who is behind it: tw_conn_get_peer_credentials() */
} TwAddressFamily;

/* A plain value: copied by assignment, nothing to free. */
typedef struct {
    guint8 family;    /* TwAddressFamily */
    guint8 bytes[16]; /* network order; IPv4 uses the first four, the rest is zero */
    guint16 port;     /* host order */
    guint32 scope;    /* interface index of a link-local IPv6 address, else 0 */
} TwAddress;

/* A set of addresses that share their first bits. */
typedef struct {
    TwAddress base; /* bits after the prefix are zero */
    guint prefix_len;
} TwNetwork;

enum {
    TW_ADDRESS_TEXT_MAX = 80 /* room for the longest text of tw_address_format() and its NUL */
};

/**
 * tw_address_from_sockaddr:
 * @addr: a socket address of any family
 * @len: its length in bytes
 *
 * An IPv4-mapped IPv6 address becomes plain IPv4, so that limits and network lists see one form.
 *
 * Returns: the address; family NONE when @addr is of no known family or too short
 */
TwAddress tw_address_from_sockaddr(const struct sockaddr *addr, socklen_t len);

/**
 * tw_address_to_sockaddr:
 * @addr: an address of family INET or INET6
 * @ret: (out): the system's form
 *
 * Returns: the length of @ret in bytes, 0 for other families
 */
socklen_t tw_address_to_sockaddr(const TwAddress *addr, struct sockaddr_storage *ret);

/**
 * tw_address_parse:
 * @text: (array length=len): "192.0.2.1", "2001:db8::1"; no brackets, port or scope, not NUL-terminated
 * @len: bytes
 * @ret: (out): the address, port 0
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_address_parse(const char *text, gsize len, TwAddress *ret);

/**
 * tw_address_format:
 * @addr: an address
 * @with_port: whether ":port" is wanted as well (IPv6 is then in brackets)
 * @ret: (out): NUL-terminated text
 *
 * Writes "192.0.2.1:143", "[2001:db8::1]:143", "unix" or "none".
 */
void tw_address_format(const TwAddress *addr, gboolean with_port, char ret[TW_ADDRESS_TEXT_MAX]);

/**
 * tw_address_equal:
 * @a: an address
 * @b: another
 *
 * Returns: TRUE if both are the same host; ports are not looked at
 */
gboolean tw_address_equal(const TwAddress *a, const TwAddress *b);

/**
 * tw_address_is_local:
 * @addr: an address
 *
 * Returns: TRUE if nothing said to it leaves this host: a loopback address or a Unix socket
 */
gboolean tw_address_is_local(const TwAddress *addr);

/**
 * tw_network_parse:
 * @text: (array length=len): an address, or address/prefix-length; not NUL-terminated
 * @len: bytes
 * @ret: (out): the network; bits after the prefix are cleared
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_network_parse(const char *text, gsize len, TwNetwork *ret, GError **error);

/**
 * tw_network_contains:
 * @net: a network
 * @addr: an address
 *
 * Returns: TRUE if @addr is of the same family and in @net
 */
gboolean tw_network_contains(const TwNetwork *net, const TwAddress *addr);

/**
 * tw_network_list_parse:
 * @text: networks separated by blanks or commas; may be empty
 * @ret: (out) (element-type TwNetwork) (transfer full): an array of #TwNetwork
 * @error: on failure TW_ERROR_INVALID
 *
 * Returns: FALSE, and @ret untouched, when one of them is none
 */
gboolean tw_network_list_parse(const char *text, GArray **ret, GError **error);

/**
 * tw_network_list_contains:
 * @list: (nullable) (element-type TwNetwork): networks
 * @addr: an address
 *
 * Returns: TRUE if one of them contains @addr
 */
gboolean tw_network_list_contains(const GArray *list, const TwAddress *addr);

G_END_DECLS
