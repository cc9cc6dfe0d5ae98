/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 *  spec    = "unix:" path
 *          / ( "*" / IPv4 / "[" IPv6 "]" / "" ) [ "%" interface ] ":" port
 *  path    = "/" 1*OCTET            ; no control characters
 *  port    = 1*DIGIT                ; 0 to 65535
 *
 * An empty address is "*". Source: the configuration contract, section 2.2.
 */
#include "base/listen-spec.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/config-value.h"
#include "base/error.h"
#include "base/number.h"

void
tw_listen_spec_free(TwListenSpec *spec)
{
    if (spec == NULL)
        return;
    g_free(spec->path);
    g_free(spec);
}

static gboolean
has_control(const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (g_ascii_iscntrl(text[i]))
            return TRUE;
    }
    return FALSE;
}

static gboolean
parse_path(TwListenSpec *spec, const char *text, gsize len, GError **error)
{
    if (len < 2 || text[0] != '/' || has_control(text, len)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "a Unix socket is written unix:/absolute/path");
        return FALSE;
    }
    if (len > TW_LISTEN_PATH_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "the path of a Unix socket is longer than %d bytes", TW_LISTEN_PATH_MOST);
        return FALSE;
    }
    spec->family = TW_LISTEN_UNIX;
    spec->path = g_strndup(text, len);
    return TRUE;
}

/* The part before "%" or ":". */
static gboolean
parse_address(TwListenSpec *spec, const char *text, gsize len, GError **error)
{
    char copy[INET6_ADDRSTRLEN];
    gboolean v6 = len >= 2 && text[0] == '[' && text[len - 1] == ']';

    if (len == 0 || (len == 1 && text[0] == '*')) {
        spec->family = TW_LISTEN_ANY;
        return TRUE;
    }
    if (v6) {
        text++;
        len -= 2;
    }
    if (len < sizeof copy && memchr(text, '\0', len) == NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
        spec->family = v6 ? TW_LISTEN_IPV6 : TW_LISTEN_IPV4;
        if (inet_pton(v6 ? AF_INET6 : AF_INET, copy, spec->address) == 1)
            return TRUE;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                "the address is neither *, an IPv4 address nor an IPv6 address in brackets (host "
                "names are not "
                "allowed here)");
    return FALSE;
}

static gboolean
parse_interface(TwListenSpec *spec, const char *text, gsize len, GError **error)
{
    if (len > TW_LISTEN_INTERFACE_MOST) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG,
                    "the interface name after %% is longer than %d bytes",
                    TW_LISTEN_INTERFACE_MOST);
        return FALSE;
    }
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isgraph(text[i]) || strchr("/:%[]\"", text[i]) != NULL)
            len = 0;
    }
    if (len == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "no interface name follows %%");
        return FALSE;
    }
    memcpy(spec->interface, text, len);
    return TRUE;
}

static const char *
last_colon(const char *text, gsize len)
{
    return len == 0 ? NULL : memrchr(text, ':', len);
}

static gboolean
parse_inet(TwListenSpec *spec, const char *text, gsize len, GError **error)
{
    const char *colon = last_colon(text, len);
    const char *percent;
    gsize head = colon == NULL ? 0 : (gsize) (colon - text);
    guint32 port;

    if (colon == NULL || !tw_parse_u32(colon + 1, len - head - 1, G_MAXUINT16, &port)) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                    "a listener ends with a colon and a port from 0 to 65535");
        return FALSE;
    }
    spec->port = (guint16) port;
    percent = memrchr(text, '%', head);
    if (percent != NULL) {
        gsize at = (gsize) (percent - text);
        if (!parse_interface(spec, percent + 1, head - at - 1, error))
            return FALSE;
        head = at;
    }
    return parse_address(spec, text, head, error);
}

TwListenSpec *
tw_listen_spec_parse(const char *text, gsize len, GError **error)
{
    static const char unix_prefix[] = "unix:";
    const gsize prefix_len = sizeof unix_prefix - 1;
    g_autoptr(TwListenSpec) spec = g_new0(TwListenSpec, 1);
    gboolean ok;

    if (len >= prefix_len && memcmp(text, unix_prefix, prefix_len) == 0)
        ok = parse_path(spec, text + prefix_len, len - prefix_len, error);
    else
        ok = parse_inet(spec, text, len, error);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the checker does not know g_auto */
    return ok ? g_steal_pointer(&spec) : NULL;
}

char *
tw_listen_spec_to_string(const TwListenSpec *spec)
{
    char address[INET6_ADDRSTRLEN] = "*";
    gboolean v6 = spec->family == TW_LISTEN_IPV6;

    if (spec->family == TW_LISTEN_UNIX)
        return g_strconcat("unix:", spec->path, NULL);
    if (spec->family != TW_LISTEN_ANY)
        inet_ntop(v6 ? AF_INET6 : AF_INET, spec->address, address, sizeof address);
    return g_strdup_printf("%s%s%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "",
                           spec->interface[0] != '\0' ? "%" : "", spec->interface, spec->port);
}

GPtrArray *
tw_listen_list_parse(const char *text, gsize len, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_listen_spec_free);
    g_auto(GStrv) words = tw_config_parse_list(text, len, error);

    if (words == NULL)
        return NULL;
    for (char **word = words; *word != NULL; word++) {
        TwListenSpec *spec;

        if (list->len == TW_LISTEN_MOST) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d listeners",
                        TW_LISTEN_MOST);
            return NULL;
        }
        spec = tw_listen_spec_parse(*word, strlen(*word), error);
        if (spec == NULL) {
            g_autofree char *shown = g_strescape(*word, NULL);
            g_prefix_error(error, "\"%s\": ", shown);
            return NULL;
        }
        g_ptr_array_add(list, spec);
    }
    return g_steal_pointer(&list);
}
