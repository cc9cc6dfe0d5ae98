/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The Authorization field of a request: what it claims, not whether that is true.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_HTTP_USER_MOST = 255,     /* bytes of a user name */
    TW_HTTP_SECRET_MOST = 65536, /* bytes of a password or token, decoded */
};

typedef enum {
    TW_HTTP_AUTH_NONE,      /* the field is not there */
    TW_HTTP_AUTH_BASIC,     /* user and password */
    TW_HTTP_AUTH_BEARER,    /* a token, as sent */
    TW_HTTP_AUTH_NEGOTIATE, /* a GSSAPI or NTLM token, decoded */
    TW_HTTP_AUTH_UNKNOWN    /* another scheme, or broken: answer 401 */
} TwHttpAuthScheme;

typedef struct {
    TwHttpAuthScheme scheme;
    char *user;       /* for BASIC: UTF-8 without control characters, up to the first ":" */
    guint8 *secret;   /* password or token, with a NUL behind it that does not count */
    gsize secret_len; /* never printed; cleared when freed */
} TwHttpAuth;

/**
 * tw_http_auth_parse:
 * @value: (nullable): the value of Authorization; NULL if there is none
 * @ret: (out caller-allocates): what it claims; tw_http_auth_clear()
 *
 * Base64 is read strictly: no blanks, no foreign characters, right padding, no stray bits. A user name or
 * password that is not UTF-8 is taken as ISO 8859-1, as old clients send it.
 * Source: RFC 7617, RFC 6750, RFC 4559.
 */
void tw_http_auth_parse(const char *value, TwHttpAuth *ret);

/**
 * tw_http_auth_clear:
 * @auth: what tw_http_auth_parse() filled
 *
 * Overwrites the secret and frees it. Afterwards @auth is as for a request without the field.
 */
void tw_http_auth_clear(TwHttpAuth *auth);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwHttpAuth, tw_http_auth_clear)

G_END_DECLS
