/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Request targets: paths in one canonical spelling, percent-decoding that cannot be fooled, queries, hosts.
 *
 * A path stays percent-encoded while it is compared with routes and split at "/", and only then each
 * segment is decoded: so "%2F" inside a name never becomes a separator, and "%2e%2e" is seen for what it is.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    /* Parameters of one query: each costs two bytes to send and three allocations to keep. */
    TW_HTTP_QUERY_MOST = 256
};

typedef struct {
    char *name;  /* decoded, valid UTF-8, no control characters but TAB, CR, LF */
    char *value; /* likewise; "" if there was no "=" */
} TwHttpParam;

typedef struct {
    TwHttpParam *params; /* owned, in the order sent */
    guint count;
} TwHttpQuery;

/**
 * tw_http_path_canonical:
 * @text: (array length=len): an absolute path as sent, up to but without "?"
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID
 *
 * Brings a path into the one spelling routes are compared with: "%XX" of a character that needs no
 * encoding is decoded, all others are written with capital digits, characters that should have been encoded are,
 * "//" becomes "/", "." and ".." are resolved. Fails for a path that does not start with "/", climbs above
 * the root, or holds a broken "%", a control character (encoded or not), "#" or a bare byte above 127.
 * Idempotent. Source: RFC 3986, sections 3.3, 5.2.4 and 6.2.2.
 *
 * Returns: (transfer full): the path, or NULL
 */
char *tw_http_path_canonical(const char *text, gsize len, GError **error);

/**
 * tw_http_path_is_canonical:
 * @text: (array length=len): an absolute path
 * @len: how many bytes
 *
 * Quicker than tw_http_path_canonical(), and right for almost every path that is sent.
 *
 * Returns: TRUE if that would give the same bytes; FALSE if it has to be asked
 */
gboolean tw_http_path_is_canonical(const char *text, gsize len);

/**
 * tw_http_percent_decode:
 * @text: (array length=len): encoded text: one path segment, or one part of a query
 * @len: how many bytes
 * @plus_is_blank: TRUE in queries and forms, where "+" stands for a blank
 * @error: on failure TW_ERROR_INVALID
 *
 * Decodes once. Fails for a broken "%", for what is not UTF-8 and for control characters other than TAB, CR
 * and LF, so that the result is whole as a C string.
 *
 * Returns: (transfer full): the text, or NULL
 */
char *tw_http_percent_decode(const char *text, gsize len, gboolean plus_is_blank, GError **error);

/**
 * tw_http_percent_encode:
 * @text: any bytes as a C string: one path segment or one part of a query
 *
 * Returns: (transfer full): @text with everything but letters, digits and "-._~" as "%XX"
 */
char *tw_http_percent_encode(const char *text);

/**
 * tw_http_query_parse:
 * @text: (array length=len) (nullable): the query as sent, without "?"; also the body of an HTML form
 * @len: how many bytes
 * @error: on failure TW_ERROR_INVALID, or TW_ERROR_TOO_BIG for more than %TW_HTTP_QUERY_MOST parameters
 *
 * Reads name=value pairs joined by "&"; empty ones are left out.
 *
 * Returns: (transfer full): the parameters, or NULL
 */
TwHttpQuery *tw_http_query_parse(const char *text, gsize len, GError **error);

/**
 * tw_http_query_free:
 * @query: (nullable) (transfer full): a query
 */
void tw_http_query_free(TwHttpQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwHttpQuery, tw_http_query_free)

/**
 * tw_http_query_get:
 * @query: a query
 * @name: a name; case counts
 *
 * Returns: (transfer none) (nullable): the value of the first parameter of that name, or NULL
 */
const char *tw_http_query_get(const TwHttpQuery *query, const char *name);

/**
 * tw_http_host_parse:
 * @text: (array length=len): the value of a Host field or the authority of a URL; no user part
 * @len: how many bytes; none is allowed and gives ""
 * @ret_host: (out): the name or address in lower case, an IPv6 address without its brackets; g_free()
 * @ret_port: (out): the port, 0 if there is none
 *
 * Source: RFC 3986, section 3.2.2; RFC 9110, section 7.2.
 *
 * Returns: FALSE, and nothing set, for anything that is not a host with an optional port
 */
gboolean tw_http_host_parse(const char *text, gsize len, char **ret_host, guint16 *ret_port);

G_END_DECLS
