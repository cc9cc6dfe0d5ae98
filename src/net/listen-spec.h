/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The grammar of listen specifiers (spec/config-and-cli.md 2.2).
 */
#pragma once

#include <glib.h>

#include "net/address.h"

G_BEGIN_DECLS

enum {
    TW_LISTEN_INTERFACE_MAX = 15, /* IFNAMSIZ - 1 */
    TW_LISTEN_PATH_MAX = 107,     /* sun_path, less its NUL */
    TW_LISTEN_SPECS_MAX = 256,    /* in one list: more is a mistake, and each is a descriptor */
};

typedef struct {
    TwAddress
        address; /* family NONE: all addresses of both families, only the port counts; UNIX: see path */
    char interface[TW_LISTEN_INTERFACE_MAX + 1]; /* empty: none */
    char path[TW_LISTEN_PATH_MAX + 1];           /* of a Unix socket, absolute */
} TwListenSpec;

/**
 * tw_listen_spec_parse:
 * @text: (array length=len): one specifier, not NUL-terminated
 * @len: bytes
 * @ret: (out): what it says
 * @error: on failure TW_ERROR_INVALID, with the text
 *
 * Reads "address:port", "[v6]:port", "*:port", each optionally with "%interface" before the colon of the port
 * (for IPv6 behind the bracket), and "unix:/path". Port 0 means any. Host names are refused.
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_listen_spec_parse(const char *text, gsize len, TwListenSpec *ret, GError **error);

/**
 * tw_listen_specs_parse:
 * @text: specifiers separated by blanks; may be empty
 * @ret: (out) (element-type TwListenSpec) (transfer full): an array of #TwListenSpec, in order
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG past %TW_LISTEN_SPECS_MAX
 *
 * Returns: FALSE, and @ret untouched, when one of them is wrong
 */
gboolean tw_listen_specs_parse(const char *text, GArray **ret, GError **error);

G_END_DECLS
