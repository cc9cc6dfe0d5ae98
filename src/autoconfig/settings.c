/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "autoconfig/settings.h"

#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "net/http-uri.h"
#include "soap/reader.h"

/* Schemes of a list, and what each protocol is called in the two documents. */
static const struct {
    const char *scheme;
    TwAutoconfigProtocol protocol;
    gboolean inside_tls;
    guint16 port;
} schemes[] = {
    { "imap", TW_AUTOCONFIG_IMAP, FALSE, 143 }, { "imaps", TW_AUTOCONFIG_IMAP, TRUE, 993 },
    { "pop3", TW_AUTOCONFIG_POP3, FALSE, 110 }, { "pop3s", TW_AUTOCONFIG_POP3, TRUE, 995 },
    { "smtp", TW_AUTOCONFIG_SMTP, FALSE, 587 }, { "smtps", TW_AUTOCONFIG_SMTP, TRUE, 465 },
};

static const char *const names[] = {
    [TW_AUTOCONFIG_IMAP] = "imap",
    [TW_AUTOCONFIG_POP3] = "pop3",
    [TW_AUTOCONFIG_SMTP] = "smtp",
};

/* ---- facts ---- */

static void
clear_server(gpointer data)
{
    g_free(((TwAutoconfigServer *) data)->host);
}

static gboolean
read_server(const char *text, TwAutoconfigServer *ret)
{
    const char *rest = strstr(text, "://");

    for (guint i = 0; rest != NULL && i < G_N_ELEMENTS(schemes); i++) {
        if ((gsize) (rest - text) != strlen(schemes[i].scheme) ||
            g_ascii_strncasecmp(text, schemes[i].scheme, strlen(schemes[i].scheme)) != 0)
            continue;
        *ret = (TwAutoconfigServer){ .protocol = schemes[i].protocol,
                                     .inside_tls = schemes[i].inside_tls };
        rest += strlen("://");
        if (*rest == '\0' || !tw_http_host_parse(rest, strlen(rest), &ret->host, &ret->port))
            return FALSE;
        if (ret->port == 0)
            ret->port = schemes[i].port;
        return TRUE;
    }
    return FALSE;
}

gboolean
tw_autoconfig_facts_read(const char *const *list, TwAutoconfigFacts *ret, GError **error)
{
    g_autoptr(GArray) servers = g_array_new(FALSE, FALSE, sizeof(TwAutoconfigServer));

    g_array_set_clear_func(servers, clear_server);
    for (guint i = 0; list[i] != NULL; i++) {
        TwAutoconfigServer server = { 0 };

        if (i == TW_AUTOCONFIG_SERVERS_MAX) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than %d servers",
                        TW_AUTOCONFIG_SERVERS_MAX);
            return FALSE;
        }
        if (!read_server(list[i], &server)) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID,
                        "\"%s\" is no mail server; write imaps://mail.example.org:993", list[i]);
            return FALSE;
        }
        g_array_append_val(servers, server);
    }
    g_clear_pointer(&ret->servers, g_array_unref);
    ret->servers = g_steal_pointer(&servers);
    return TRUE;
}

void
tw_autoconfig_facts_clear(TwAutoconfigFacts *facts)
{
    g_clear_pointer(&facts->servers, g_array_unref);
}

/* ---- addresses ---- */

static const char *
find_domain(const char *text, gsize len)
{
    const char *at = len > 0 ? memrchr(text, '@', len) : NULL;

    return at == NULL || at == text || at + 1 == text + len ? NULL : at + 1;
}

gboolean
tw_autoconfig_is_address(const char *text, gsize len)
{
    if (len > TW_AUTOCONFIG_ADDRESS_MAX || !tw_utf8_valid(text, len, NULL))
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if ((guint8) text[i] <= ' ' || text[i] == 0x7f)
            return FALSE;
    }
    return find_domain(text, len) != NULL;
}

/* ---- documents ---- */

static void
put(TwBuffer *out, const char *text)
{
    tw_buffer_put(out, text, strlen(text));
}

static void
put_escaped(TwBuffer *out, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            put(out, "&amp;");
            break;
        case '<':
            put(out, "&lt;");
            break;
        case '>':
            put(out, "&gt;");
            break;
        case '"':
            put(out, "&quot;");
            break;
        default:
            tw_buffer_put(out, &text[i], 1);
        }
    }
}

static void
put_element(TwBuffer *out, const char *name, const char *text, gsize len)
{
    put(out, "<");
    put(out, name);
    put(out, ">");
    put_escaped(out, text, len);
    put(out, "</");
    put(out, name);
    put(out, ">\n");
}

static void
put_port(TwBuffer *out, const char *name, guint16 port)
{
    char text[8];

    g_snprintf(text, sizeof text, "%u", port);
    put_element(out, name, text, strlen(text));
}

static void
put_mail_server(TwBuffer *out, const TwAutoconfigServer *server, gboolean whole_address)
{
    const char *element =
        server->protocol == TW_AUTOCONFIG_SMTP ? "outgoingServer" : "incomingServer";
    const char *user = whole_address ? "%EMAILADDRESS%" : "%EMAILLOCALPART%";
    const char *socket = server->inside_tls ? "SSL" : "STARTTLS";

    put(out, "<");
    put(out, element);
    put(out, " type=\"");
    put(out, names[server->protocol]);
    put(out, "\">\n");
    put_element(out, "hostname", server->host, strlen(server->host));
    put_port(out, "port", server->port);
    put_element(out, "socketType", socket, strlen(socket));
    put_element(out, "username", user, strlen(user));
    put(out, "<authentication>password-cleartext</authentication>\n</");
    put(out, element);
    put(out, ">\n");
}

void
tw_autoconfig_write(const TwAutoconfigFacts *facts, const char *address, TwBuffer *out)
{
    const char *domain = address != NULL ? find_domain(address, strlen(address)) : "%EMAILDOMAIN%";

    g_return_if_fail(domain != NULL);
    put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n"
             "<emailProvider id=\"");
    put_escaped(out, domain, strlen(domain));
    put(out, "\">\n");
    put_element(out, "domain", domain, strlen(domain));
    put_element(out, "displayName", domain, strlen(domain));
    put_element(out, "displayShortName", domain, strlen(domain));
    for (guint i = 0; i < facts->servers->len; i++)
        put_mail_server(out, &g_array_index(facts->servers, TwAutoconfigServer, i),
                        facts->whole_address);
    put(out, "</emailProvider>\n</clientConfig>\n");
}

static void
put_protocol(TwBuffer *out, const TwAutoconfigServer *server, const char *user, gsize user_len)
{
    g_autofree char *type = g_ascii_strup(names[server->protocol], -1);

    put(out, "<Protocol>\n");
    put_element(out, "Type", type, strlen(type));
    put_element(out, "Server", server->host, strlen(server->host));
    put_port(out, "Port", server->port);
    put_element(out, "LoginName", user, user_len);
    put(out, "<DomainRequired>off</DomainRequired>\n<SPA>off</SPA>\n");
    put(out, server->inside_tls ? "<SSL>on</SSL>\n<Encryption>SSL</Encryption>\n"
                                : "<SSL>on</SSL>\n<Encryption>TLS</Encryption>\n");
    put(out, "<AuthRequired>on</AuthRequired>\n</Protocol>\n");
}

void
tw_autodiscover_write(const TwAutoconfigFacts *facts, const char *address, TwBuffer *out)
{
    const char *domain = find_domain(address, strlen(address));
    gsize user_len;

    g_return_if_fail(domain != NULL);
    user_len = facts->whole_address ? strlen(address) : (gsize) (domain - 1 - address);
    put(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
             "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/"
             "responseschema/2006\">\n"
             "<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/"
             "responseschema/2006a\">\n"
             "<Account>\n<AccountType>email</AccountType>\n<Action>settings</Action>\n");
    for (guint i = 0; i < facts->servers->len; i++)
        put_protocol(out, &g_array_index(facts->servers, TwAutoconfigServer, i), address, user_len);
    put(out, "</Account>\n</Response>\n</Autodiscover>\n");
}

/* ---- requests ---- */

static gboolean
is_named(const TwSoapToken *token, const char *name)
{
    return token->name_len == strlen(name) && memcmp(token->name, name, token->name_len) == 0;
}

/* Takes the text of an address, if it is one and none was there. */
static void
take_address(const char *text, gsize len, char **io_address)
{
    if (*io_address == NULL && len > 0 && tw_autoconfig_is_address(text, len))
        *io_address = g_strndup(text, len);
}

/* The reader gives an element whole, or what it is made of when there are references in it. */
char *
tw_autodiscover_read(const guint8 *data, gsize len)
{
    static const TwSoapLimits limits = { .body = TW_AUTOCONFIG_REQUEST_MAX,
                                         .depth = 8,
                                         .text = TW_AUTOCONFIG_REQUEST_MAX,
                                         .items = 100,
                                         .memory = TW_AUTOCONFIG_REQUEST_MAX };
    g_autoptr(TwSoapReader) reader = tw_soap_reader_new(&limits);
    g_auto(TwBuffer) text = TW_BUFFER_INIT(TW_AUTOCONFIG_REQUEST_MAX);
    g_autofree char *address = NULL;
    gboolean inside = FALSE;
    TwSoapToken token;

    tw_soap_reader_feed(reader, data, len);
    tw_soap_reader_finish(reader);
    for (;;) {
        switch (tw_soap_reader_next(reader, &token)) {
        case TW_SOAP_TOKEN_LEAF:
            if (is_named(&token, "EMailAddress"))
                take_address(token.text, token.text_len, &address);
            break;
        case TW_SOAP_TOKEN_START:
            inside = is_named(&token, "EMailAddress");
            text.len = 0;
            break;
        case TW_SOAP_TOKEN_TEXT:
            if (inside)
                tw_buffer_put(&text, token.text, token.text_len);
            break;
        case TW_SOAP_TOKEN_END:
            if (inside)
                take_address((const char *) text.data, text.len, &address);
            inside = FALSE;
            break;
        case TW_SOAP_TOKEN_DONE:
            return g_steal_pointer(&address);
        case TW_SOAP_TOKEN_MORE:
        case TW_SOAP_TOKEN_BAD:
            return NULL;
        }
    }
}
