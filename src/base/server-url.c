/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *  url     = "default:" / "file://" path / "unix:" path / "pseudo://" host [ "/" ]
 *          / ( "http://" / "https://" ) ( host / "[" IPv6 "]" ) [ ":" port ] [ path ]
 *  host    = 1*( ALPHA / DIGIT / "." / "-" / "_" )
 *  path    = "/" *( VCHAR without "?" and "#" )    ; of a Unix socket: no control characters
 *
 * Source: the configuration contract, section 2.2.
 */
#include "base/server-url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const struct {
    const char *prefix;
    TwServerUrlKind kind;
    guint16 port;
} schemes[] = {
    { "default:", TW_SERVER_URL_DEFAULT, 0 },
    { "file://", TW_SERVER_URL_UNIX, 0 },
    { "unix:", TW_SERVER_URL_UNIX, 0 },
    { "http://", TW_SERVER_URL_HTTP, TW_SERVER_PORT_PLAIN },
    { "https://", TW_SERVER_URL_HTTPS, TW_SERVER_PORT_TLS },
    { "pseudo://", TW_SERVER_URL_PSEUDO, 0 },
};

void
tw_server_url_free(TwServerUrl *url)
{
    if (url == NULL)
        return;
    g_free(url->host);
    g_free(url->path);
    g_free(url);
}

static gboolean
fail(GError **error, TwError code, const char *message)
{
    g_set_error_literal(error, TW_ERROR, (int) code, message);
    return FALSE;
}

static gboolean
parse_path(TwServerUrl *url, const char *text, gsize len, GError **error)
{
    gboolean is_socket = url->kind == TW_SERVER_URL_UNIX;

    if (len > TW_SERVER_URL_PATH_MOST)
        return fail(error, TW_ERROR_TOO_BIG, "the path is too long");
    if (len == 0 && !is_socket) {
        url->path = g_strdup("/");
        return TRUE;
    }
    if (len == 0 || text[0] != '/' || (is_socket && len == 1))
        return fail(error, TW_ERROR_INVALID, "the path must be absolute");
    for (gsize i = 0; i < len; i++) {
        if (g_ascii_iscntrl(text[i]) || (!is_socket && !g_ascii_isgraph(text[i])) ||
            (!is_socket && (text[i] == '?' || text[i] == '#')))
            return fail(error, TW_ERROR_INVALID, "a character that cannot stand in the path");
    }
    url->path = g_strndup(text, len);
    return TRUE;
}

static gboolean
parse_host(TwServerUrl *url, const char *text, gsize len, GError **error)
{
    if (len > TW_SERVER_URL_HOST_MOST)
        return fail(error, TW_ERROR_TOO_BIG, "the host name is too long");
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum(text[i]) && text[i] != '.' && text[i] != '-' && text[i] != '_')
            return fail(error, TW_ERROR_INVALID, "a character that cannot stand in a host name");
    }
    if (len == 0)
        return fail(error, TW_ERROR_INVALID, "no host name");
    url->host = g_strndup(text, len);
    return TRUE;
}

static gboolean
parse_v6(TwServerUrl *url, const char *text, gsize len, GError **error)
{
    guint8 address[16];
    char copy[INET6_ADDRSTRLEN];

    if (len < sizeof copy && memchr(text, '\0', len) == NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
        if (inet_pton(AF_INET6, copy, address) == 1) {
            url->host = g_strdup(copy);
            return TRUE;
        }
    }
    return fail(error, TW_ERROR_INVALID, "no IPv6 address stands in the brackets");
}

/* "host", "host:port", "[v6]" or "[v6]:port". */
static gboolean
parse_authority(TwServerUrl *url, const char *text, gsize len, GError **error)
{
    const char *close = len > 0 && text[0] == '[' ? memchr(text, ']', len) : NULL;
    gsize host_len;
    guint32 port;

    if (close != NULL) {
        host_len = (gsize) (close - text) + 1;
        if (!parse_v6(url, text + 1, host_len - 2, error))
            return FALSE;
    } else {
        const char *colon = len == 0 ? NULL : memchr(text, ':', len);
        host_len = colon == NULL ? len : (gsize) (colon - text);
        if (!parse_host(url, text, host_len, error))
            return FALSE;
    }
    if (host_len == len)
        return TRUE;
    if (text[host_len] != ':' ||
        !tw_parse_u32(text + host_len + 1, len - host_len - 1, G_MAXUINT16, &port) || port == 0)
        return fail(error, TW_ERROR_INVALID, "the port is not a number from 1 to 65535");
    url->port = (guint16) port;
    return TRUE;
}

static gboolean
parse_rest(TwServerUrl *url, const char *text, gsize len, GError **error)
{
    const char *slash = len == 0 ? NULL : memchr(text, '/', len);
    gsize head = slash == NULL ? len : (gsize) (slash - text);

    switch (url->kind) {
    case TW_SERVER_URL_DEFAULT:
        return len == 0 || fail(error, TW_ERROR_INVALID, "nothing may follow \"default:\"");
    case TW_SERVER_URL_UNIX:
        return parse_path(url, text, len, error);
    case TW_SERVER_URL_PSEUDO:
        if (len - head > 1)
            return fail(error, TW_ERROR_INVALID, "nothing may follow the name of the node");
        return parse_host(url, text, head, error);
    case TW_SERVER_URL_HTTP:
    case TW_SERVER_URL_HTTPS:
        return parse_authority(url, text, head, error) &&
               parse_path(url, text + head, len - head, error);
    }
    g_assert_not_reached();
}

TwServerUrl *
tw_server_url_parse(const char *text, gsize len, GError **error)
{
    g_autoptr(TwServerUrl) url = g_new0(TwServerUrl, 1);

    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        gsize prefix_len = strlen(schemes[i].prefix);

        if (len < prefix_len || g_ascii_strncasecmp(text, schemes[i].prefix, prefix_len) != 0)
            continue;
        url->kind = schemes[i].kind;
        url->port = schemes[i].port;
        if (!parse_rest(url, text + prefix_len, len - prefix_len, error))
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
            return NULL;
        return g_steal_pointer(&url);
    }
    fail(error, TW_ERROR_UNSUPPORTED,
         "a server is written default:, file:///path, http://host:port/, https://host:port/ or "
         "pseudo://name");
    return NULL;
}

char *
tw_server_url_to_string(const TwServerUrl *url)
{
    gboolean v6 = url->host != NULL && strchr(url->host, ':') != NULL;

    switch (url->kind) {
    case TW_SERVER_URL_DEFAULT:
        return g_strdup("default:");
    case TW_SERVER_URL_UNIX:
        return g_strconcat("file://", url->path, NULL);
    case TW_SERVER_URL_PSEUDO:
        return g_strconcat("pseudo://", url->host, NULL);
    case TW_SERVER_URL_HTTP:
    case TW_SERVER_URL_HTTPS:
        return g_strdup_printf("%s://%s%s%s:%u%s",
                               url->kind == TW_SERVER_URL_HTTP ? "http" : "https", v6 ? "[" : "",
                               url->host, v6 ? "]" : "", url->port, url->path);
    }
    g_assert_not_reached();
}

static TwServerUrl *
copy_url(const TwServerUrl *url)
{
    TwServerUrl *copy = g_new0(TwServerUrl, 1);

    copy->kind = url->kind;
    copy->host = g_strdup(url->host);
    copy->port = url->port;
    copy->path = g_strdup(url->path);
    return copy;
}

/* Like g_environ_getenv(), which asks for a list it could write to. */
static const char *
find_variable(const char *const *environment, const char *name)
{
    gsize len = strlen(name);

    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    }
    return NULL;
}

TwServerUrl *
tw_server_url_resolve(const TwServerUrl *url,
                      const char *const *environment,
                      const char *local_socket,
                      GError **error)
{
    static const char *const names[] = { "TWIGA_SOCKET", "KOPANO_SOCKET", "ZARAFA_SOCKET" };

    if (url->kind != TW_SERVER_URL_DEFAULT)
        return copy_url(url);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = find_variable(environment, names[i]);
        g_autoptr(TwServerUrl) found = NULL;

        if (value == NULL || *value == '\0')
            continue;
        found = tw_server_url_parse(value, strlen(value), error);
        if (found != NULL && found->kind == TW_SERVER_URL_DEFAULT)
            continue;
        if (found == NULL)
            g_prefix_error(error, "environment variable %s: ", names[i]);
        return g_steal_pointer(&found);
    }
    {
        TwServerUrl *local = g_new0(TwServerUrl, 1);
        local->kind = TW_SERVER_URL_UNIX;
        local->path = g_strdup(local_socket);
        return local;
    }
}
