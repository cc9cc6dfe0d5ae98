/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "directory/ldap-link.h"

#include <ldap.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/number.h"
#include "base/time.h"

enum {
    SLICE_US = 200000,  /* how long a wait goes on before it looks whether to stop */
    MOST_PIECES = 1000, /* of a list that comes in ranges */
};

struct TwLdapLink {
    LDAP *ld;
    gint64 timeout_us;
    guint page;
};

static TwError
code_of(int status)
{
    switch (status) {
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_CONSTRAINT_VIOLATION: /* an account that is locked */
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_INSUFFICIENT_ACCESS:
        return TW_ERROR_NO_ACCESS;
    case LDAP_NO_SUCH_OBJECT:
        return TW_ERROR_NOT_FOUND;
    case LDAP_INVALID_DN_SYNTAX: /* a base or a filter that is none */
    case LDAP_INVALID_SYNTAX:
    case LDAP_FILTER_ERROR:
    case LDAP_INAPPROPRIATE_MATCHING:
        return TW_ERROR_INVALID;
    case LDAP_TIMEOUT:
    case LDAP_TIMELIMIT_EXCEEDED:
        return TW_ERROR_TIMEOUT;
    case LDAP_SIZELIMIT_EXCEEDED:
        return TW_ERROR_TOO_BIG;
    default:
        return TW_ERROR_FAILED;
    }
}

static gboolean
fail(int status, const char *what, GError **error)
{
    g_set_error(error, TW_ERROR, (int) code_of(status), "%s: %s", what, ldap_err2string(status));
    return FALSE;
}

/* ---- connecting ---- */

static gboolean
is_plain(const char *uri)
{
    return g_ascii_strncasecmp(uri, "ldap:", 5) == 0;
}

static gboolean
is_local(const char *uri)
{
    return g_ascii_strncasecmp(uri, "ldapi:", 6) == 0;
}

/* A name that the system's ldap.conf has: a connection with a context of its own has none of them. */
static int
inherit(LDAP *ld, int option)
{
    char *text = NULL;
    int status = ldap_get_option(NULL, option, &text);

    if (status == LDAP_OPT_SUCCESS && text != NULL)
        status = ldap_set_option(ld, option, text);
    ldap_memfree(text);
    return status;
}

/* Whose certificate is not to be trusted, by the CAs of the system's ldap.conf, is no server of ours, whatever else that allows. */
static int
demand_certificate(LDAP *ld)
{
    int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
    int status = inherit(ld, LDAP_OPT_X_TLS_CACERTFILE);

    if (status == LDAP_OPT_SUCCESS)
        status = inherit(ld, LDAP_OPT_X_TLS_CACERTDIR);
    if (status == LDAP_OPT_SUCCESS)
        status = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    if (status == LDAP_OPT_SUCCESS)
        status = ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
    return status;
}

static int
prepare(LDAP *ld, const TwLdapServer *server, const char *uri)
{
    const struct timeval wait = { .tv_sec = server->timeout_us / G_USEC_PER_SEC,
                                  .tv_usec = server->timeout_us % G_USEC_PER_SEC };
    int version = LDAP_VERSION3;
    ber_len_t most = TW_LDAP_MOST_MESSAGE;
    Sockbuf *sockbuf = NULL;
    int status = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);

    if (status == LDAP_OPT_SUCCESS)
        status = ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (status == LDAP_OPT_SUCCESS)
        status = ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &wait);
    if (status == LDAP_OPT_SUCCESS)
        status = ldap_set_option(ld, LDAP_OPT_TIMEOUT, &wait);
    if (status == LDAP_OPT_SUCCESS && (is_plain(uri) ? server->starttls : !is_local(uri)))
        status = demand_certificate(ld);
    if (status == LDAP_OPT_SUCCESS)
        status = ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf);
    if (status == LDAP_OPT_SUCCESS && sockbuf != NULL)
        ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &most);
    return status;
}

static int
bind_as(LDAP *ld, const TwLdapServer *server)
{
    gsize len = 0;
    const char *text = server->password != NULL ? tw_secret_reveal(server->password, &len) : "";
    g_autofree char *copy = g_strndup(text, len);
    struct berval password = { .bv_len = len, .bv_val = copy };
    int status = ldap_sasl_bind_s(ld, server->user, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);

    tw_secret_wipe(copy, len);
    return status;
}

static int
try_server(const TwLdapServer *server, const char *uri, LDAP **ret)
{
    int status = ldap_initialize(ret, uri);

    if (status == LDAP_SUCCESS)
        status = prepare(*ret, server, uri);
    if (status == LDAP_SUCCESS && server->starttls && is_plain(uri))
        status = ldap_start_tls_s(*ret, NULL, NULL);
    if (status == LDAP_SUCCESS)
        status = bind_as(*ret, server);
    if (status == LDAP_SUCCESS)
        return status;
    if (*ret != NULL)
        ldap_unbind_ext_s(*ret, NULL, NULL);
    *ret = NULL;
    return status;
}

/* Whether another server may say something else. */
static gboolean
is_away(int status)
{
    return status == LDAP_SERVER_DOWN || status == LDAP_TIMEOUT || status == LDAP_CONNECT_ERROR ||
           status == LDAP_UNAVAILABLE || status == LDAP_BUSY;
}

TwLdapLink *
tw_ldap_link_open(const TwLdapServer *server, GError **error)
{
    LDAP *ld = NULL;
    TwLdapLink *link;
    int status = LDAP_PARAM_ERROR;
    const char *uri = "ldap_uri";

    for (gsize i = 0; server->uris[i] != NULL && ld == NULL; i++) {
        uri = server->uris[i];
        status = try_server(server, uri, &ld);
        tw_log(TW_LOG_DEBUG, "ldap-open", tw_log_str(TW_LOG_PEER, uri),
               tw_log_str(TW_LOG_USER, server->user),
               tw_log_str(TW_LOG_MSG, ldap_err2string(status)));
        if (ld == NULL && !is_away(status))
            break;
    }
    if (ld == NULL) {
        fail(status, uri, error);
        return NULL;
    }
    link = g_new0(TwLdapLink, 1);
    link->ld = ld;
    link->timeout_us = server->timeout_us;
    link->page = server->page;
    return link;
}

void
tw_ldap_link_free(TwLdapLink *link)
{
    if (link == NULL)
        return;
    ldap_unbind_ext_s(link->ld, NULL, NULL);
    g_free(link);
}

/* ---- searching ---- */

typedef struct {
    TwLdapLink *link;
    const TwLdapSearch *search;
    const TwCancel *cancel;
    TwLdapEntryFunc func;
    gpointer data;
    guint count;
    struct berval *cookie; /* (nullable): of the next page */
} Run;

/* Active Directory gives long lists piece by piece: "member;range=0-1499" (MS-ADTS 3.1.1.3.1.3.3). The text behind "range=", or NULL. */
static const char *
range_of(const char *name)
{
    static const char mark[] = ";range=";
    const char *options = strchr(name, ';');
    gsize len = options != NULL ? strlen(options) : 0;

    for (gsize i = 0; i + sizeof mark - 1 <= len; i++) {
        if (g_ascii_strncasecmp(options + i, mark, sizeof mark - 1) == 0)
            return options + i + sizeof mark - 1;
    }
    return NULL;
}

/* (transfer full) (nullable): what to ask for the piece after this one; NULL: it is the last. */
static char *
range_after(const char *name)
{
    const char *range = range_of(name), *dash = range != NULL ? strchr(range, '-') : NULL;
    guint64 last;

    if (dash == NULL || !tw_parse_u64(dash + 1, strlen(dash + 1), TW_LDAP_MOST_VALUES, &last))
        return NULL; /* "*" */
    return g_strdup_printf("%.*s;range=%" G_GUINT64_FORMAT "-*", (int) strcspn(name, ";"), name,
                           last + 1);
}

static gboolean
too_much(const char *what, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many %s", what);
    return FALSE;
}

/* The values of an attribute, behind those that came before. */
static gboolean
add_values(GHashTable *values, LDAP *ld, LDAPMessage *entry, const char *name, GError **error)
{
    struct berval **list = ldap_get_values_len(ld, entry, name);
    int count = ldap_count_values_len(list);
    /* other options are part of the name: "userCertificate;binary" */
    gsize named = range_of(name) != NULL ? strcspn(name, ";") : strlen(name);
    g_autofree char *key = g_ascii_strdown(name, (gssize) named);
    GPtrArray *out = g_hash_table_lookup(values, key);

    if (out == NULL) {
        out = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
        g_hash_table_insert(values, g_steal_pointer(&key), out);
    }
    for (int i = 0; i < count && out->len <= TW_LDAP_MOST_VALUES; i++)
        g_ptr_array_add(out, g_bytes_new(list[i]->bv_val, list[i]->bv_len));
    if (list != NULL)
        ldap_value_free_len(list);
    return out->len <= TW_LDAP_MOST_VALUES || too_much("values of an attribute", error);
}

/* Reads on where a range ended. *io_next: what to ask for after that, or NULL. */
static gboolean
add_range(Run *run, const char *dn, GHashTable *values, char **io_next, GError **error)
{
    LDAP *ld = run->link->ld;
    char *attributes[] = { *io_next, NULL };
    BerElement *ber = NULL;
    LDAPMessage *answer = NULL, *entry;
    char *name = NULL;
    int status = ldap_search_ext_s(ld, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, NULL,
                                   NULL, NULL, LDAP_NO_LIMIT, &answer);
    gboolean ok = status == LDAP_SUCCESS || fail(status, dn, error);

    entry = ok ? ldap_first_entry(ld, answer) : NULL;
    if (entry != NULL)
        name = ldap_first_attribute(ld, entry, &ber);
    if (ok && name == NULL) /* a group without some of its members is another group */
        ok = fail(LDAP_NO_SUCH_ATTRIBUTE, dn, error);
    ok = ok && add_values(values, ld, entry, name, error);
    g_free(*io_next);
    *io_next = ok ? range_after(name) : NULL;
    ldap_memfree(name);
    if (ber != NULL)
        ber_free(ber, 0);
    ldap_msgfree(answer);
    return ok;
}

static gboolean
take_entry(Run *run, LDAPMessage *entry, GError **error)
{
    LDAP *ld = run->link->ld;
    g_autoptr(GHashTable) values =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    BerElement *ber = NULL;
    char *dn = ldap_get_dn(ld, entry);
    char *name = ldap_first_attribute(ld, entry, &ber);
    gboolean ok = TRUE;

    while (name != NULL) {
        g_autofree char *next = range_after(name);
        ok = ok && add_values(values, ld, entry, name, error);
        for (guint piece = 0; ok && dn != NULL && next != NULL; piece++)
            ok = piece < MOST_PIECES ? add_range(run, dn, values, &next, error)
                                     : too_much("pieces of a list", error);
        ldap_memfree(name);
        name = ldap_next_attribute(ld, entry, ber);
    }
    if (ber != NULL)
        ber_free(ber, 0);
    if (ok && dn != NULL) {
        run->func(dn, values, run->data);
        run->count++;
    }
    ldap_memfree(dn);
    return ok && (run->count <= run->search->most || too_much("entries", error));
}

/* The end of a page. */
static gboolean
take_result(Run *run, LDAPMessage *message, GError **error)
{
    LDAPControl **controls = NULL, *paged;
    ber_int_t estimate;
    int status = LDAP_SUCCESS;
    int parsed = ldap_parse_result(run->link->ld, message, &status, NULL, NULL, NULL, &controls, 0);

    ber_bvfree(run->cookie);
    run->cookie = NULL;
    if (parsed != LDAP_SUCCESS || status != LDAP_SUCCESS) {
        ldap_controls_free(controls);
        return fail(parsed != LDAP_SUCCESS ? parsed : status, run->search->base, error);
    }
    paged = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    if (paged != NULL) {
        struct berval cookie = { 0 };
        if (ldap_parse_pageresponse_control(run->link->ld, paged, &estimate, &cookie) ==
                LDAP_SUCCESS &&
            cookie.bv_len > 0)
            run->cookie = ber_bvdup(&cookie);
        ber_memfree(cookie.bv_val);
    }
    ldap_controls_free(controls);
    return TRUE;
}

/* *ret_done: the page is at its end. */
static gboolean
take_message(Run *run, LDAPMessage *message, gboolean *ret_done, GError **error)
{
    switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY:
        return take_entry(run, message, error);
    case LDAP_RES_SEARCH_RESULT:
        *ret_done = TRUE;
        return take_result(run, message, error);
    default: /* references lead elsewhere */
        return TRUE;
    }
}

static gboolean
read_page(Run *run, int id, GError **error)
{
    gint64 heard = tw_time_mono_us();
    gboolean done = FALSE, ok = TRUE;

    while (ok && !done) {
        struct timeval slice = { .tv_usec = SLICE_US };
        LDAPMessage *message = NULL;
        int kind = ldap_result(run->link->ld, id, LDAP_MSG_ONE, &slice, &message);

        if (tw_cancel_fired(run->cancel)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_CANCELLED, "it is to stop");
            ok = FALSE;
        } else if (kind < 0) {
            int status = LDAP_SERVER_DOWN;
            ldap_get_option(run->link->ld, LDAP_OPT_RESULT_CODE, &status);
            ok = fail(status, "search", error);
        } else if (kind == 0) {
            if (tw_time_mono_us() - heard > run->link->timeout_us)
                ok = fail(LDAP_TIMEOUT, "search", error);
        } else {
            heard = tw_time_mono_us();
            ok = take_message(run, message, &done, error);
        }
        ldap_msgfree(message);
    }
    return ok;
}

static gboolean
ask_page(Run *run, GError **error)
{
    LDAP *ld = run->link->ld;
    LDAPControl *controls[2] = { NULL, NULL };
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(GStrv) attributes = NULL;
    int id = -1, status;

    /* libldap takes what it does not change as if it did */
    for (gsize i = 0; run->search->attributes[i] != NULL; i++)
        g_strv_builder_add(names, run->search->attributes[i]);
    attributes = g_strv_builder_end(names);
    status =
        ldap_create_page_control(ld, (ber_int_t) run->link->page, run->cookie, 0, &controls[0]);
    if (status == LDAP_SUCCESS)
        status = ldap_search_ext(ld, run->search->base, LDAP_SCOPE_SUBTREE, run->search->filter,
                                 attributes, 0, controls, NULL, NULL, LDAP_NO_LIMIT, &id);
    if (controls[0] != NULL)
        ldap_control_free(controls[0]);
    return status == LDAP_SUCCESS ? read_page(run, id, error) : fail(status, "search", error);
}

gboolean
tw_ldap_link_search(TwLdapLink *link,
                    const TwLdapSearch *search,
                    const TwCancel *cancel,
                    TwLdapEntryFunc func,
                    gpointer data,
                    GError **error)
{
    Run run = { .link = link, .search = search, .cancel = cancel, .func = func, .data = data };
    gint64 began = tw_time_mono_us();
    gboolean ok;

    do {
        ok = ask_page(&run, error);
    } while (ok && run.cookie != NULL);
    ber_bvfree(run.cookie);
    tw_log(TW_LOG_DEBUG, "ldap-search", tw_log_str(TW_LOG_FOLDER, search->base),
           tw_log_str(TW_LOG_COMMAND, search->filter), tw_log_uint(TW_LOG_COUNT, run.count),
           tw_log_str(TW_LOG_RESULT, ok ? "ok" : "failed"),
           tw_log_int(TW_LOG_DURATION_MS, (tw_time_mono_us() - began) / 1000));
    return ok;
}

char *
tw_ldap_dn_key(const char *dn)
{
    LDAPDN parsed = NULL;
    char *text = NULL;
    char *key = NULL;

    if (!g_utf8_validate(dn, -1, NULL) ||
        ldap_str2dn(dn, &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
        return NULL;
    if (ldap_dn2str(parsed, &text, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS && text != NULL)
        key = g_utf8_casefold(text, -1);
    ldap_memfree(text);
    ldap_dnfree(parsed);
    return key;
}
