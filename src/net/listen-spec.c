/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *   spec      = "unix:" absolute-path / host [ "%" interface ] ":" port
 *   host      = "*" / ipv4 / "[" ipv6 "]"
 *   interface = 1*15 printable ASCII but "/" and ":"
 *   port      = 1*5DIGIT, at most 65535
 */
#include "net/listen-spec.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"

static gboolean
parse_unix(const char *path, gsize len, TwListenSpec *spec)
{
    if (len < 2 || len > TW_LISTEN_PATH_MAX || path[0] != '/' || memchr(path, '\0', len) != NULL)
        return FALSE;
    spec->address.family = TW_ADDRESS_UNIX;
    memcpy(spec->path, path, len);
    return TRUE;
}

static gboolean
parse_interface(const char *name, gsize len, TwListenSpec *spec)
{
    if (len == 0 || len > TW_LISTEN_INTERFACE_MAX)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(name[i]) || name[i] == '/' || name[i] == ':')
            return FALSE;
    }
    memcpy(spec->interface, name, len);
    return TRUE;
}

static gboolean
parse_host(const char *host, gsize len, TwListenSpec *spec)
{
    if (len == 1 && host[0] == '*')
        return TRUE;
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']')
        return memchr(host, ':', len) != NULL &&
               tw_address_parse(host + 1, len - 2, &spec->address);
    return len > 0 && memchr(host, ':', len) == NULL && tw_address_parse(host, len, &spec->address);
}

static gboolean
parse_inet(const char *text, gsize len, TwListenSpec *spec)
{
    const char *colon = len > 0 ? memrchr(text, ':', len) : NULL;
    const char *percent;
    gsize host_len;
    guint32 port;

    if (colon == NULL)
        return FALSE;
    host_len = (gsize) (colon - text);
    if (len - host_len - 1 > 5 || !tw_parse_u32(colon + 1, len - host_len - 1, G_MAXUINT16, &port))
        return FALSE;
    percent = host_len > 0 ? memchr(text, '%', host_len) : NULL;
    if (percent != NULL) {
        if (!parse_interface(percent + 1, (gsize) (colon - percent) - 1, spec))
            return FALSE;
        host_len = (gsize) (percent - text);
    }
    if (!parse_host(text, host_len, spec))
        return FALSE;
    spec->address.port = (guint16) port;
    return TRUE;
}

gboolean
tw_listen_spec_parse(const char *text, gsize len, TwListenSpec *ret, GError **error)
{
    TwListenSpec spec = { .address.family = TW_ADDRESS_NONE };
    gboolean ok;

    if (len >= 5 && memcmp(text, "unix:", 5) == 0)
        ok = parse_unix(text + 5, len - 5, &spec);
    else
        ok = parse_inet(text, len, &spec);
    if (!ok) {
        g_set_error(
            error, TW_ERROR, TW_ERROR_INVALID,
            "'%.*s' is not a listen address (address:port, [v6]:port, *:port or unix:/path)",
            (int) MIN(len, 120), text);
        return FALSE;
    }
    *ret = spec;
    return TRUE;
}

gboolean
tw_listen_specs_parse(const char *text, GArray **ret, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwListenSpec));

    for (;;) {
        TwListenSpec spec;
        gsize len;

        text += strspn(text, " \t");
        len = strcspn(text, " \t");
        if (len == 0)
            break;
        if (list->len == TW_LISTEN_SPECS_MAX) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d listen addresses",
                        TW_LISTEN_SPECS_MAX);
            return FALSE;
        }
        if (!tw_listen_spec_parse(text, len, &spec, error))
            return FALSE;
        g_array_append_val(list, spec);
        text += len;
    }
    *ret = g_steal_pointer(&list);
    return TRUE;
}
