/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The source: searches, log-ons. What entries mean is in ldap-image.c. */
#include "directory/ldap-source.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "directory/ldap-filter.h"
#include "directory/ldap-private.h"

typedef struct {
    TwDirectorySource base; /* first */
    TwLdapSourceConfig config;
    char *ids;      /* owned: of base */
    guint left_out; /* entries, at the last reading: told of when it changes */
} Source;

static Source *
get_self(TwDirectorySource *source)
{
    return (Source *) source;
}

static TwLdapLink *
open_link(const TwLdapSourceConfig *config, GError **error)
{
    const TwLdapServer server = { .uris = config->uris,
                                  .starttls = config->starttls,
                                  .user = config->user,
                                  .password = config->password,
                                  .timeout_us = config->timeout_us,
                                  .page = config->page };
    TwLdapLink *link;
    GError *local = NULL;

    link = tw_ldap_link_open(&server, &local);
    /* our own password is none of who logs on */
    if (link == NULL && g_error_matches(local, TW_ERROR, TW_ERROR_NO_ACCESS))
        local->code = TW_ERROR_FAILED;
    if (link == NULL)
        g_propagate_prefixed_error(error, local, "ldap_bind_user: ");
    return link;
}

/* ---- filters ---- */

/* "(&(objectClass=a)(objectClass=b)" of a class, still open. */
static GString *
class_filter(const TwLdapSourceConfig *config, TwLdapClass class)
{
    GString *filter = g_string_new("(&");
    g_auto(GStrv) types = g_strsplit(config->types[class], ",", -1);

    for (guint i = 0; types[i] != NULL; i++) {
        const char *type = g_strstrip(types[i]);
        if (*type == '\0')
            continue;
        g_string_append_printf(filter, "(%s=", config->type_attribute);
        tw_ldap_filter_append_value(filter, type, strlen(type));
        g_string_append_c(filter, ')');
    }
    g_string_append(filter, config->filters[class]);
    return filter;
}

static void
append_equal(GString *filter, const char *attribute, const void *value, gsize len)
{
    g_string_append_printf(filter, "(%s=", attribute);
    tw_ldap_filter_append_value(filter, value, len);
    g_string_append_c(filter, ')');
}

/* ---- reading all ---- */

static void
take_entry(const char *dn, GHashTable *values, gpointer data)
{
    tw_ldap_tree_add(data, dn, values);
}

static gboolean
read_class(TwLdapLink *link,
           const TwLdapSourceConfig *config,
           TwLdapTree *tree,
           TwLdapClass class,
           const TwCancel *cancel,
           GError **error)
{
    g_autoptr(GString) filter = NULL;
    g_autoptr(GPtrArray) attributes = NULL;
    TwLdapSearch search = { .base = config->base, .most = TW_DIRECTORY_MOST_ROWS };

    if (*config->types[class] == '\0')
        return TRUE;
    filter = class_filter(config, class);
    attributes = tw_ldap_attributes_of(config);
    g_string_append_c(filter, ')');
    search.filter = filter->str;
    search.attributes = (const char *const *) attributes->pdata;
    tree->searched = class;
    return tw_ldap_link_search(link, &search, cancel, take_entry, tree, error);
}

typedef struct {
    TwLdapTree *tree;
    const TwLdapEntry *list;
    TwDirectoryRelation relation;
} Found;

static void
take_found(const char *dn, GHashTable *values G_GNUC_UNUSED, gpointer data)
{
    const Found *found = data;

    tw_ldap_tree_link_dn(found->tree, found->list, found->relation, dn);
}

/* What the filter of a dynamic group or address list finds. One that is none finds nobody. */
static gboolean
read_found(TwLdapLink *link,
           const TwLdapSourceConfig *config,
           TwLdapTree *tree,
           const TwLdapEntry *list,
           const TwCancel *cancel,
           GError **error)
{
    static const char *const no_attributes[] = { "1.1", NULL };
    gboolean dynamic = list->class == TW_LDAP_DYNAMIC_GROUP;
    g_autofree char *own =
        tw_ldap_text(config, list, dynamic ? TW_LDAP_DYNAMIC_FILTER : TW_LDAP_LIST_FILTER);
    g_autofree char *base =
        tw_ldap_text(config, list, dynamic ? TW_LDAP_DYNAMIC_BASE : TW_LDAP_LIST_BASE);
    g_autoptr(GString) filter = class_filter(config, TW_LDAP_USER);
    Found found = { tree, list, dynamic ? TW_DIRECTORY_MEMBER : TW_DIRECTORY_LISTED };
    TwLdapSearch search = { .base = base != NULL ? base : config->base,
                            .attributes = no_attributes,
                            .most = TW_DIRECTORY_MOST_ROWS };
    GError *local = NULL;

    if (own == NULL || !tw_ldap_filter_is_valid(own, strlen(own))) {
        tw_log(TW_LOG_WARNING, "ldap-filter", tw_log_str(TW_LOG_FOLDER, list->dn),
               tw_log_str(TW_LOG_MSG, "no filter in parentheses"));
        return TRUE;
    }
    g_string_append_printf(filter, "%s)", own);
    search.filter = filter->str;
    if (tw_ldap_link_search(link, &search, cancel, take_found, &found, &local))
        return TRUE;
    /* its base is not there, or what it says means nothing: an error of that one */
    if (g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(local, TW_ERROR, TW_ERROR_INVALID)) {
        tw_log(TW_LOG_WARNING, "ldap-filter", tw_log_str(TW_LOG_FOLDER, list->dn),
               tw_log_error(local));
        g_clear_error(&local);
        return TRUE;
    }
    g_propagate_error(error, local);
    return FALSE;
}

static void
tell_left_out(Source *self, guint count)
{
    if (count != self->left_out && count > 0)
        tw_log(TW_LOG_WARNING, "ldap-left-out", tw_log_uint(TW_LOG_COUNT, count),
               tw_log_str(TW_LOG_MSG, "entries without a unique attribute, a name or a company"));
    self->left_out = count;
}

static gboolean
fetch(TwDirectorySource *source, const TwCancel *cancel, GPtrArray **ret, GError **error)
{
    const TwLdapSourceConfig *config = &get_self(source)->config;
    g_autoptr(TwLdapLink) link = open_link(config, error);
    g_auto(TwLdapTree) tree = { 0 };

    if (link == NULL)
        return FALSE;
    tw_ldap_tree_init(&tree, config);
    for (guint i = 0; i < TW_LDAP_CLASSES; i++) {
        if ((i != TW_LDAP_COMPANY || config->hosted) &&
            !read_class(link, config, &tree, (TwLdapClass) i, cancel, error))
            return FALSE;
    }
    tw_ldap_tree_finish(&tree);
    tell_left_out(get_self(source), tree.left_out);
    for (guint i = 0; i < tree.entries->len; i++) {
        const TwLdapEntry *entry = g_ptr_array_index(tree.entries, i);
        if ((entry->class == TW_LDAP_DYNAMIC_GROUP || entry->class == TW_LDAP_ADDRESS_LIST) &&
            !read_found(link, config, &tree, entry, cancel, error))
            return FALSE;
    }
    *ret = g_steal_pointer(&tree.rows);
    return TRUE;
}

/* ---- one user ---- */

typedef struct {
    char *dn; /* owned */
    guint count;
} One;

static void
take_one(const char *dn, GHashTable *values G_GNUC_UNUSED, gpointer data)
{
    One *one = data;

    g_free(one->dn);
    one->dn = g_strdup(dn);
    one->count++;
}

/* *ret_dn NULL: there is none, or more than one. */
static gboolean
find_user(const TwLdapSourceConfig *config,
          const char *const *attributes,
          const void *value,
          gsize len,
          char **ret_dn,
          GError **error)
{
    static const char *const no_attributes[] = { "1.1", NULL };
    g_autoptr(TwLdapLink) link = open_link(config, error);
    g_autoptr(GString) filter = class_filter(config, TW_LDAP_USER);
    TwLdapSearch search = { .base = config->base, .attributes = no_attributes, .most = 16 };
    One one = { NULL, 0 };
    gboolean ok;

    g_string_append(filter, "(|");
    for (gsize i = 0; attributes[i] != NULL; i++)
        append_equal(filter, attributes[i], value, len);
    g_string_append(filter, "))");
    search.filter = filter->str;
    ok = link != NULL && tw_ldap_link_search(link, &search, NULL, take_one, &one, error);
    if (ok && one.count == 1)
        *ret_dn = g_steal_pointer(&one.dn);
    g_free(one.dn);
    return ok;
}

static gboolean
has_user(TwDirectorySource *source, const char *name, gboolean *ret, GError **error)
{
    const TwLdapSourceConfig *config = &get_self(source)->config;
    const char *const *attributes = config->names[TW_LDAP_LOGIN];
    g_autofree char *dn = NULL;

    *ret = FALSE;
    if (attributes[0] == NULL)
        return TRUE;
    if (!find_user(config, attributes, name, strlen(name), &dn, error))
        return FALSE;
    *ret = dn != NULL;
    return TRUE;
}

static gboolean
refuse(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "unknown user or wrong password");
    return FALSE;
}

/* An empty password would be a bind without one, which servers let anybody do. */
static gboolean
is_password(const TwSecret *password)
{
    gsize len;
    const char *text = tw_secret_reveal(password, &len);

    return len > 0 && len <= TW_DIRECTORY_MOST_PASSWORD && memchr(text, 0, len) == NULL;
}

static gboolean
check_password(TwDirectorySource *source,
               GBytes *id,
               const char *name G_GNUC_UNUSED,
               const TwSecret *password,
               GError **error)
{
    const TwLdapSourceConfig *config = &get_self(source)->config;
    const char *const unique[] = { config->unique[TW_LDAP_USER], NULL };
    g_autofree char *nobody = g_strdup_printf("cn=nobody-has-this-name,%s", config->base);
    g_autofree char *dn = NULL;
    g_autoptr(TwLdapLink) link = NULL;
    TwLdapServer server = { .uris = config->uris,
                            .starttls = config->starttls,
                            .password = password,
                            .timeout_us = config->timeout_us,
                            .page = config->page };
    GError *local = NULL;
    gsize len = 1;
    const void *key = id != NULL ? g_bytes_get_data(id, &len) : "-";

    if (!is_password(password))
        return refuse(error);
    if (!find_user(config, unique, key, len, &dn, error))
        return FALSE;
    server.user = dn != NULL ? dn : nobody;
    link = tw_ldap_link_open(&server, &local);
    if (link != NULL && dn != NULL && *dn != '\0' && id != NULL)
        return TRUE;
    if (local == NULL || g_error_matches(local, TW_ERROR, TW_ERROR_NO_ACCESS) ||
        g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_clear_error(&local);
        return refuse(error);
    }
    g_propagate_error(error, local);
    return FALSE;
}

/* ---- life ---- */

static void
close_source(TwDirectorySource *source)
{
    Source *self = get_self(source);

    if (self->config.owner_free != NULL)
        self->config.owner_free(self->config.owner);
    g_free(self->ids);
    g_free(self);
}

static const TwDirectorySourceFuncs funcs = {
    .name = "ldap",
    .close = close_source,
    .fetch = fetch,
    .has = has_user,
    .check_password = check_password,
};

static gboolean
invalid(const char *why, GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, why);
    return FALSE;
}

static gboolean
check(const TwLdapSourceConfig *config, GError **error)
{
    if (config->uris == NULL || config->uris[0] == NULL)
        return invalid("ldap_uri: is empty", error);
    if (*config->base == '\0')
        return invalid("ldap_search_base: is empty", error);
    if (*config->types[TW_LDAP_USER] == '\0')
        return invalid("ldap_user_type_attribute_value: is empty", error);
    if (config->hosted && *config->types[TW_LDAP_COMPANY] == '\0')
        return invalid("ldap_company_type_attribute_value: is empty", error);
    for (guint i = 0; i < TW_LDAP_CLASSES; i++) {
        const char *filter = config->filters[i];
        if (*filter != '\0' && !tw_ldap_filter_is_valid(filter, strlen(filter)))
            return invalid("a key ending in _search_filter is no filter in parentheses", error);
    }
    return TRUE;
}

/* The unique attribute of each class. Names of attributes have no case. */
static char *
list_ids(const TwLdapSourceConfig *config)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < TW_LDAP_CLASSES; i++)
        g_string_append_printf(text, "%s ", config->unique[i]);
    return g_ascii_strdown(text->str, -1);
}

TwDirectorySource *
tw_ldap_source_new(const TwLdapSourceConfig *config, GError **error)
{
    Source *self = g_new0(Source, 1);

    self->base.funcs = &funcs;
    self->config = *config;
    self->base.ids = self->ids = list_ids(config);
    if (check(config, error))
        return &self->base;
    close_source(&self->base);
    return NULL;
}
