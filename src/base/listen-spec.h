/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a listener binds, as administrators write it: "*:143", "[::1]:143", "*%lo:236", "unix:/run/x.sock".
 * Pure parsing; net/ makes the sockets.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_LISTEN_MOST = 64,           /* specifiers in one list; each costs a socket */
    TW_LISTEN_PATH_MOST = 107,     /* bytes of a Unix socket's path: sun_path less its NUL */
    TW_LISTEN_INTERFACE_MOST = 15, /* bytes of an interface name: IFNAMSIZ less its NUL */
};

typedef enum {
    TW_LISTEN_ANY = 0,  /* all addresses, both families */
    TW_LISTEN_IPV4 = 1, /* first 4 bytes of address */
    TW_LISTEN_IPV6 = 2, /* all 16 bytes of address */
    TW_LISTEN_UNIX = 3, /* path */
} TwListenFamily;

/* One listener. Made by tw_listen_spec_parse() only, and never wrong: what a family does not use is zero. */
typedef struct {
    TwListenFamily family;
    guint8 address[16];                           /* network order */
    guint16 port;                                 /* 0: chosen by the system */
    char interface[TW_LISTEN_INTERFACE_MOST + 1]; /* bind to this one only; "": to all */
    char *path;                                   /* absolute; NULL unless TW_LISTEN_UNIX */
} TwListenSpec;

/**
 * tw_listen_spec_parse:
 * @text: (array length=len): one specifier, not NUL-terminated
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG for a path or interface name that is too long
 *
 * Reads one socket specifier. Host names are refused: a listener must not depend on the name service.
 *
 * Returns: (transfer full): the specifier, or NULL
 */
TwListenSpec *tw_listen_spec_parse(const char *text, gsize len, GError **error);

/**
 * tw_listen_spec_free:
 * @spec: (nullable): a specifier
 */
void tw_listen_spec_free(TwListenSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwListenSpec, tw_listen_spec_free)

/**
 * tw_listen_spec_to_string:
 * @spec: a specifier
 *
 * Returns: (transfer full): a text that parses back to the same
 */
char *tw_listen_spec_to_string(const TwListenSpec *spec);

/**
 * tw_listen_list_parse:
 * @text: (array length=len): specifiers separated by blanks; double quotes group a path with blanks
 * @len: how many bytes; none, or only blanks, is an empty list
 * @error: as tw_listen_spec_parse(); TW_ERROR_TOO_BIG also for more than %TW_LISTEN_MOST
 *
 * Returns: (transfer full) (element-type TwListenSpec): the list, which frees its elements, or NULL
 */
GPtrArray *tw_listen_list_parse(const char *text, gsize len, GError **error);

G_END_DECLS
