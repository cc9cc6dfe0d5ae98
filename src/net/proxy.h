/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The PROXY protocol, versions 1 and 2: a load balancer says whom it speaks for, before anything else.
 * Source: HAProxy documentation, proxy-protocol.txt, 2020/03/05.
 */
#pragma once

#include <glib.h>

#include "net/address.h"

G_BEGIN_DECLS

enum {
    TW_PROXY_V1_MAX = 107,      /* longest line with its CRLF, section 2.1 */
    TW_PROXY_HEADER_MAX = 4096, /* of version 2 with its extensions; more only fills memory */
};

typedef enum {
    TW_PROXY_DONE, /* whole and valid */
    TW_PROXY_MORE, /* a beginning of a valid header; all its bytes belong to it */
    TW_PROXY_BAD,  /* no continuation can make it a header */
} TwProxyResult;

typedef struct {
    gsize len; /* of the header, in bytes */
    TwAddress source,
        destination; /* family NONE: LOCAL or UNKNOWN, the connection speaks for itself */
} TwProxyHeader;

/**
 * tw_proxy_parse:
 * @data: (array length=len): what the connection began with
 * @len: bytes
 * @ret: (out): set when the result is DONE
 *
 * A pure function of its input; to be asked again with more bytes after MORE. Families other than TCP over IPv4 and IPv6
 * and Unix streams are taken as NONE. Extensions (TLVs) are passed over.
 *
 * Returns: what is known by now
 */
TwProxyResult tw_proxy_parse(const guint8 *data, gsize len, TwProxyHeader *ret);

G_END_DECLS
