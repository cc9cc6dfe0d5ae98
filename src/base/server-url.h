/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where the storage server is, as administrators write it: "default:", "file:///run/x.sock",
 * "https://host:237/", "pseudo://node". Pure parsing.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_SERVER_URL_HOST_MOST = 253,  /* bytes of a host name, RFC 1035 */
    TW_SERVER_URL_PATH_MOST = 1024, /* bytes of a path */
    TW_SERVER_PORT_PLAIN = 236,     /* when an http URL names none */
    TW_SERVER_PORT_TLS = 237,       /* when an https URL names none */
};

typedef enum {
    TW_SERVER_URL_DEFAULT = 0, /* see tw_server_url_resolve() */
    TW_SERVER_URL_UNIX = 1,    /* path is the socket */
    TW_SERVER_URL_HTTP = 2,    /* host, port, path */
    TW_SERVER_URL_HTTPS = 3,   /* host, port, path */
    TW_SERVER_URL_PSEUDO = 4,  /* host is the logical name of a node */
} TwServerUrlKind;

/* Made by tw_server_url_parse() only. */
typedef struct {
    TwServerUrlKind kind;
    char *host;   /* name or bare address, without brackets; NULL for default and Unix */
    guint16 port; /* 1 to 65535 for http and https, else 0 */
    char *path;   /* starts with "/"; NULL for default and pseudo */
} TwServerUrl;

/**
 * tw_server_url_parse:
 * @text: (array length=len): a URL, not NUL-terminated
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID, TW_ERROR_TOO_BIG for a host or path that is too long, or
 *   TW_ERROR_UNSUPPORTED for another scheme
 *
 * Any path is accepted (old clients write "/zarafa"); user names, queries and fragments are not. "unix:/path" is
 * taken for "file:///path".
 *
 * Returns: (transfer full): the URL, or NULL
 */
TwServerUrl *tw_server_url_parse(const char *text, gsize len, GError **error);

/**
 * tw_server_url_free:
 * @url: (nullable): a URL
 */
void tw_server_url_free(TwServerUrl *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwServerUrl, tw_server_url_free)

/**
 * tw_server_url_to_string:
 * @url: a URL
 *
 * Returns: (transfer full): a text that parses back to the same
 */
char *tw_server_url_to_string(const TwServerUrl *url);

/**
 * tw_server_url_resolve:
 * @url: a URL
 * @environment: (nullable) (array zero-terminated=1): "NAME=value" strings; NULL for none
 * @local_socket: path of the local server's Unix socket
 * @error: on failure as tw_server_url_parse()
 *
 * Turns "default:" into the first of TWIGA_SOCKET, KOPANO_SOCKET and ZARAFA_SOCKET that is set and not empty, else
 * into @local_socket; copies any other URL.
 *
 * Returns: (transfer full): a URL that is not %TW_SERVER_URL_DEFAULT, or NULL
 */
TwServerUrl *tw_server_url_resolve(const TwServerUrl *url,
                                   const char *const *environment,
                                   const char *local_socket,
                                   GError **error);

G_END_DECLS
