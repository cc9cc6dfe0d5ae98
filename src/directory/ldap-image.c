/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What entries of a directory mean. */
#include <string.h>

#include "base/config.h"
#include "base/number.h"
#include "directory/ldap-private.h"

/* ---- values ---- */

const GPtrArray *
tw_ldap_values(const TwLdapEntry *entry, const char *attribute)
{
    g_autofree char *key = g_ascii_strdown(attribute, -1);

    return g_hash_table_lookup(entry->values, key);
}

static const GPtrArray *
list_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute which)
{
    for (gsize i = 0; config->names[which][i] != NULL; i++) {
        const GPtrArray *values = tw_ldap_values(entry, config->names[which][i]);
        if (values != NULL && values->len > 0)
            return values;
    }
    return NULL;
}

/* Text without what a directory of ours does not take; NULL: it is none. */
static char *
text_of(GBytes *value)
{
    gsize len;
    const char *bytes = g_bytes_get_data(value, &len);
    char *text;

    if (len == 0 || !g_utf8_validate(bytes, (gssize) len, NULL))
        return NULL;
    text = g_strstrip(g_strndup(bytes, len));
    if (*text == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}

char *
tw_ldap_text(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute which)
{
    const GPtrArray *values = list_of(config, entry, which);

    return values != NULL ? text_of(values->pdata[0]) : NULL;
}

static guint64
number_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute which)
{
    g_autofree char *text = tw_ldap_text(config, entry, which);
    guint64 number;

    return text != NULL && tw_parse_u64(text, strlen(text), G_MAXINT64, &number) ? number : 0;
}

static gboolean
flag_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute which)
{
    g_autofree char *text = tw_ldap_text(config, entry, which);

    return text != NULL &&
           (g_ascii_strcasecmp(text, "true") == 0 || g_ascii_strcasecmp(text, "yes") == 0 ||
            number_of(config, entry, which) > 0);
}

static guint64
bytes_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute which)
{
    guint64 bytes;

    return __builtin_mul_overflow(number_of(config, entry, which), config->quota_unit, &bytes) ||
                   bytes > G_MAXINT64
               ? G_MAXINT64
               : bytes;
}

/* ---- what is asked for ---- */

static void
add_name(GPtrArray *all, const char *name)
{
    for (guint i = 0; i < all->len; i++) {
        if (g_ascii_strcasecmp(all->pdata[i], name) == 0)
            return;
    }
    if (*name != '\0')
        g_ptr_array_add(all, g_strdup(name));
}

GPtrArray *
tw_ldap_attributes_of(const TwLdapSourceConfig *config)
{
    const TwLdapNaming *namings[] = {
        &config->members,       &config->send_as,         &config->view,
        &config->company_admin, &config->user_recipients, &config->company_recipients
    };
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    add_name(all, config->type_attribute);
    for (guint i = 0; i < TW_LDAP_CLASSES; i++)
        add_name(all, config->unique[i]);
    for (guint i = 0; i < G_N_ELEMENTS(namings); i++)
        add_name(all, namings[i]->attribute);
    for (guint i = 0; i < config->propmap->len; i++)
        add_name(all, ((const TwConfigPropmapLine *) config->propmap->pdata[i])->attribute);
    for (guint i = 0; i < TW_LDAP_ATTRIBUTES; i++) {
        for (gsize n = 0; config->names[i][n] != NULL; n++)
            add_name(all, config->names[i][n]);
    }
    g_ptr_array_add(all, NULL);
    return all;
}

/* ---- classes ---- */

static gboolean
has_type(const GPtrArray *types, const char *wanted)
{
    for (guint i = 0; types != NULL && i < types->len; i++) {
        g_autofree char *type = text_of(types->pdata[i]);
        if (type != NULL && g_ascii_strcasecmp(type, wanted) == 0)
            return TRUE;
    }
    return FALSE;
}

/* How many of the class's types an entry has, if all; else 0. */
static guint
match_class(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapClass class)
{
    g_auto(GStrv) types = g_strsplit(config->types[class], ",", -1);
    guint count = 0;

    for (guint i = 0; types[i] != NULL; i++) {
        const char *type = g_strstrip(types[i]);
        if (*type == '\0')
            continue;
        if (!has_type(tw_ldap_values(entry, config->type_attribute), type))
            return 0;
        count++;
    }
    return count;
}

/* Most matches win; among equals the first of this list. */
static gboolean
is_of_class(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    static const TwLdapClass order[] = { TW_LDAP_ADDRESS_LIST,  TW_LDAP_COMPANY,
                                         TW_LDAP_DYNAMIC_GROUP, TW_LDAP_GROUP,
                                         TW_LDAP_CONTACT,       TW_LDAP_USER };
    TwLdapClass best = TW_LDAP_CLASSES;
    guint most = 0;

    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        guint count = order[i] == TW_LDAP_COMPANY && !config->hosted
                          ? 0
                          : match_class(config, entry, order[i]);
        if (count > most) {
            most = count;
            best = order[i];
        }
    }
    return best == entry->class;
}

/* ---- entries ---- */

static void
entry_free(gpointer data)
{
    TwLdapEntry *entry = data;

    if (entry == NULL)
        return;
    g_free(entry->dn);
    g_free(entry->key);
    g_hash_table_unref(entry->values);
    g_free(entry);
}

void
tw_ldap_tree_init(TwLdapTree *tree, const TwLdapSourceConfig *config)
{
    tree->config = config;
    tree->entries = g_ptr_array_new_with_free_func(entry_free);
    tree->rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_row_free);
    tree->by_dn = g_hash_table_new(g_str_hash, g_str_equal);
    tree->by_value =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
}

void
tw_ldap_tree_clear(TwLdapTree *tree)
{
    g_clear_pointer(&tree->by_value, g_hash_table_unref);
    g_clear_pointer(&tree->by_dn, g_hash_table_unref);
    g_clear_pointer(&tree->rows, g_ptr_array_unref);
    g_clear_pointer(&tree->entries, g_ptr_array_unref);
}

void
tw_ldap_tree_add(TwLdapTree *tree, const char *dn, GHashTable *values)
{
    TwLdapEntry *entry = g_new0(TwLdapEntry, 1);
    const GPtrArray *unique;

    entry->class = tree->searched;
    entry->dn = g_strdup(dn);
    entry->key = tw_ldap_dn_key(dn);
    entry->values = g_hash_table_ref(values);
    entry->row = G_MAXUINT;
    unique = tw_ldap_values(entry, tree->config->unique[entry->class]);
    if (!is_of_class(tree->config, entry) ||
        (entry->key != NULL && g_hash_table_contains(tree->by_dn, entry->key))) {
        entry_free(entry);
        return;
    }
    if (entry->key == NULL || unique == NULL || unique->len == 0) {
        tree->left_out++;
        entry_free(entry);
        return;
    }
    g_hash_table_insert(tree->by_dn, entry->key, entry);
    g_ptr_array_add(tree->entries, entry);
}

/* The company that an entry is below of: the nearest. */
static const TwLdapEntry *
company_of(const TwLdapTree *tree, const TwLdapEntry *entry)
{
    const char *key = entry->key;

    for (const char *comma = strchr(key, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        const TwLdapEntry *above = g_hash_table_lookup(tree->by_dn, comma + 1);
        if (above != NULL && above->class == TW_LDAP_COMPANY)
            return above;
    }
    return NULL;
}

/* ---- rows ---- */

static TwDirectoryKind
user_kind(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    g_autofree char *resource = tw_ldap_text(config, entry, TW_LDAP_RESOURCE);

    if (entry->class == TW_LDAP_CONTACT)
        return TW_DIRECTORY_CONTACT;
    if (!flag_of(config, entry, TW_LDAP_NONACTIVE))
        return TW_DIRECTORY_USER;
    if (resource != NULL && g_ascii_strcasecmp(resource, "room") == 0)
        return TW_DIRECTORY_ROOM;
    if (resource != NULL && g_ascii_strcasecmp(resource, "equipment") == 0)
        return TW_DIRECTORY_EQUIPMENT;
    return TW_DIRECTORY_NONACTIVE_USER;
}

/* Of Active Directory: a signed number whose top bit says that the group may be used in permissions. */
static gboolean
is_security_group(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    g_autofree char *text = NULL;

    if (!config->ads_groups)
        return flag_of(config, entry, TW_LDAP_SECURITY);
    text = tw_ldap_text(config, entry, TW_LDAP_SECURITY);
    if (text == NULL)
        return FALSE;
    return *text == '-' ||
           (number_of(config, entry, TW_LDAP_SECURITY) & G_GUINT64_CONSTANT(0x80000000)) != 0;
}

static TwDirectoryKind
kind_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    switch (entry->class) {
    case TW_LDAP_GROUP:
        return is_security_group(config, entry) ? TW_DIRECTORY_SECURITY_GROUP : TW_DIRECTORY_GROUP;
    case TW_LDAP_DYNAMIC_GROUP:
        return TW_DIRECTORY_DYNAMIC_GROUP;
    case TW_LDAP_COMPANY:
        return TW_DIRECTORY_COMPANY;
    case TW_LDAP_ADDRESS_LIST:
        return TW_DIRECTORY_ADDRESS_LIST;
    default:
        return user_kind(config, entry);
    }
}

/* A contact has no log-on name as a rule: what it is called serves. */
static char *
name_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    static const TwLdapAttribute names[TW_LDAP_CLASSES] = {
        [TW_LDAP_USER] = TW_LDAP_LOGIN,           [TW_LDAP_CONTACT] = TW_LDAP_LOGIN,
        [TW_LDAP_GROUP] = TW_LDAP_GROUP_NAME,     [TW_LDAP_DYNAMIC_GROUP] = TW_LDAP_DYNAMIC_NAME,
        [TW_LDAP_COMPANY] = TW_LDAP_COMPANY_NAME, [TW_LDAP_ADDRESS_LIST] = TW_LDAP_LIST_NAME,
    };
    char *name = tw_ldap_text(config, entry, names[entry->class]);

    return name == NULL && entry->class == TW_LDAP_CONTACT
               ? tw_ldap_text(config, entry, TW_LDAP_FULL_NAME)
               : name;
}

static char **
aliases_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry)
{
    const GPtrArray *values = list_of(config, entry, TW_LDAP_ALIASES);
    g_autoptr(GPtrArray) out = g_ptr_array_new();

    for (guint i = 0; values != NULL && i < values->len && out->len < TW_DIRECTORY_MOST_ALIASES;
         i++) {
        char *text = text_of(values->pdata[i]);
        if (text != NULL)
            g_ptr_array_add(out, text);
    }
    g_ptr_array_add(out, NULL);
    return (char **) g_ptr_array_free(g_steal_pointer(&out), FALSE);
}

static TwDirectoryQuota
quota_of(const TwLdapSourceConfig *config, const TwLdapEntry *entry, TwLdapAttribute first)
{
    return (TwDirectoryQuota){ flag_of(config, entry, first),
                               bytes_of(config, entry, (TwLdapAttribute) (first + 1)),
                               bytes_of(config, entry, (TwLdapAttribute) (first + 2)),
                               bytes_of(config, entry, (TwLdapAttribute) (first + 3)) };
}

static TwDirectoryObject *
make_values(const TwLdapSourceConfig *config,
            const TwLdapEntry *entry,
            const char *name,
            const TwLdapDetails *details)
{
    g_autofree char *full_name = tw_ldap_text(config, entry, TW_LDAP_FULL_NAME);
    g_autofree char *mail = tw_ldap_text(config, entry, TW_LDAP_MAIL);
    g_autofree char *server = tw_ldap_text(
        config, entry, entry->class == TW_LDAP_COMPANY ? TW_LDAP_COMPANY_SERVER : TW_LDAP_SERVER);
    g_auto(GStrv) aliases = aliases_of(config, entry);
    TwDirectoryObject values = { .kind = kind_of(config, entry),
                                 .name = name,
                                 .full_name = full_name != NULL ? full_name : name,
                                 .mail = mail,
                                 .aliases = (const char *const *) aliases,
                                 .hidden =
                                     details->hidden || flag_of(config, entry, TW_LDAP_HIDDEN),
                                 .details = details->bag,
                                 .features_on = (const char *const *) details->features_on,
                                 .features_off = (const char *const *) details->features_off,
                                 .quota = quota_of(config, entry, TW_LDAP_QUOTA_OWN),
                                 .home_server = server };

    if (entry->class == TW_LDAP_COMPANY)
        values.user_quota = quota_of(config, entry, TW_LDAP_USERS_OWN);
    if (entry->class == TW_LDAP_USER) {
        values.admin = (TwDirectoryAdmin) MIN(number_of(config, entry, TW_LDAP_ADMIN),
                                              TW_DIRECTORY_SYSTEM_ADMIN);
        values.capacity = (guint32) MIN(number_of(config, entry, TW_LDAP_CAPACITY), G_MAXINT32);
        values.meeting = TW_DIRECTORY_MEETING_DEFAULT;
        if (server == NULL)
            values.home_server = config->home_server;
    }
    return tw_directory_object_new(&values);
}

static void
make_row(TwLdapTree *tree, TwLdapEntry *entry)
{
    g_autofree char *name = name_of(tree->config, entry);
    const GPtrArray *unique = tw_ldap_values(entry, tree->config->unique[entry->class]);
    g_auto(TwLdapDetails) details = { 0 };
    TwDirectoryRow *row;

    /* without a company nobody could see it */
    if (name == NULL || (tree->config->hosted && entry->class != TW_LDAP_COMPANY &&
                         company_of(tree, entry) == NULL)) {
        tree->left_out++;
        return;
    }
    row = g_new0(TwDirectoryRow, 1);
    row->id = g_bytes_ref(unique->pdata[0]);
    tw_ldap_details_read(tree->config->propmap, entry, &details);
    row->values = make_values(tree->config, entry, name, &details);
    row->photo = g_steal_pointer(&details.photo);
    row->company = -1;
    row->signature = tw_ldap_text(tree->config, entry, TW_LDAP_MODIFIED);
    entry->row = tree->rows->len;
    g_ptr_array_add(tree->rows, row);
}

/* ---- lists ---- */

static char *
value_key(const char *attribute, GBytes *value)
{
    gsize len;
    const guint8 *bytes = g_bytes_get_data(value, &len);
    g_autofree char *lower = g_ascii_strdown(attribute, -1);
    g_autofree char *text = text_of(value);
    g_autofree char *folded = text != NULL ? g_utf8_casefold(text, -1) : NULL;
    g_autofree char *coded =
        folded == NULL ? g_base64_encode(len > 0 ? bytes : (const guint8 *) "", len) : NULL;

    return g_strconcat(lower, folded != NULL ? "=" : "::", folded != NULL ? folded : coded, NULL);
}

/* Entries by what an attribute of theirs says: made when it is asked for first. */
static void
index_attribute(TwLdapTree *tree, const char *attribute)
{
    g_autofree char *mark = g_ascii_strdown(attribute, -1);

    if (g_hash_table_contains(tree->by_value, mark))
        return;
    for (guint i = 0; i < tree->entries->len; i++) {
        TwLdapEntry *entry = g_ptr_array_index(tree->entries, i);
        const GPtrArray *values = tw_ldap_values(entry, attribute);
        for (guint n = 0; values != NULL && n < values->len; n++) {
            char *key = value_key(attribute, values->pdata[n]);
            GPtrArray *list = g_hash_table_lookup(tree->by_value, key);
            if (list == NULL) {
                list = g_ptr_array_new();
                g_hash_table_insert(tree->by_value, key, list);
            } else {
                g_free(key);
            }
            g_ptr_array_add(list, entry);
        }
    }
    g_hash_table_insert(tree->by_value, g_steal_pointer(&mark), g_ptr_array_new());
}

static void
link_to(TwLdapTree *tree,
        const TwLdapEntry *from,
        TwDirectoryRelation relation,
        const TwLdapEntry *to)
{
    if (to != NULL && to->row != G_MAXUINT && from->row != G_MAXUINT)
        tw_directory_row_link(tree->rows->pdata[from->row], relation, to->row);
}

void
tw_ldap_tree_link_dn(TwLdapTree *tree,
                     const TwLdapEntry *from,
                     TwDirectoryRelation relation,
                     const char *dn)
{
    g_autofree char *key = tw_ldap_dn_key(dn);

    if (key != NULL)
        link_to(tree, from, relation, g_hash_table_lookup(tree->by_dn, key));
}

/* By text without an attribute: the unique one of the class that is meant. */
static void
link_value(TwLdapTree *tree,
           const TwLdapEntry *from,
           TwDirectoryRelation relation,
           const TwLdapNaming *naming,
           TwLdapClass class,
           GBytes *value)
{
    const char *attribute =
        *naming->attribute != '\0' ? naming->attribute : tree->config->unique[class];
    g_autofree char *key = value_key(attribute, value);
    const GPtrArray *found;

    index_attribute(tree, attribute);
    found = g_hash_table_lookup(tree->by_value, key);
    for (guint i = 0; found != NULL && i < found->len; i++) {
        const TwLdapEntry *to = g_ptr_array_index(found, i);
        if (to->class == class ||
            (*naming->attribute != '\0' && class == TW_LDAP_USER && to->class != TW_LDAP_COMPANY))
            link_to(tree, from, relation, to);
    }
}

/* One list of an entry, of entries of a class. */
static void
link_list(TwLdapTree *tree,
          const TwLdapEntry *from,
          TwDirectoryRelation relation,
          TwLdapAttribute which,
          const TwLdapNaming *naming,
          TwLdapClass class)
{
    const GPtrArray *values = list_of(tree->config, from, which);

    for (guint i = 0; values != NULL && i < values->len; i++) {
        g_autofree char *dn = naming->dn ? text_of(values->pdata[i]) : NULL;
        if (dn != NULL)
            tw_ldap_tree_link_dn(tree, from, relation, dn);
        else if (!naming->dn)
            link_value(tree, from, relation, naming, class, values->pdata[i]);
    }
}

static void
link_entry(TwLdapTree *tree, const TwLdapEntry *entry)
{
    const TwLdapSourceConfig *config = tree->config;

    link_list(tree, entry, TW_DIRECTORY_SEND_AS, TW_LDAP_SEND_AS, &config->send_as, TW_LDAP_USER);
    if (entry->class == TW_LDAP_GROUP)
        link_list(tree, entry, TW_DIRECTORY_MEMBER, TW_LDAP_MEMBERS, &config->members,
                  TW_LDAP_USER);
    if (entry->class != TW_LDAP_COMPANY)
        return;
    link_list(tree, entry, TW_DIRECTORY_VIEW, TW_LDAP_VIEW, &config->view, TW_LDAP_COMPANY);
    link_list(tree, entry, TW_DIRECTORY_ADMIN, TW_LDAP_COMPANY_ADMIN, &config->company_admin,
              TW_LDAP_USER);
    link_list(tree, entry, TW_DIRECTORY_USER_QUOTA_RECIPIENT, TW_LDAP_USER_RECIPIENTS,
              &config->user_recipients, TW_LDAP_USER);
    link_list(tree, entry, TW_DIRECTORY_COMPANY_QUOTA_RECIPIENT, TW_LDAP_COMPANY_RECIPIENTS,
              &config->company_recipients, TW_LDAP_USER);
}

void
tw_ldap_tree_finish(TwLdapTree *tree)
{
    for (guint i = 0; i < tree->entries->len; i++)
        make_row(tree, g_ptr_array_index(tree->entries, i));
    for (guint i = 0; i < tree->entries->len; i++) {
        const TwLdapEntry *entry = g_ptr_array_index(tree->entries, i);
        const TwLdapEntry *company = tree->config->hosted ? company_of(tree, entry) : NULL;
        if (company != NULL && entry->row != G_MAXUINT && entry->class != TW_LDAP_COMPANY)
            ((TwDirectoryRow *) tree->rows->pdata[entry->row])->company = (gint) company->row;
        link_entry(tree, entry);
    }
}
