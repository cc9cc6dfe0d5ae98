/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The global address book as a collection of cards that nobody writes: RFC 6352, and its directory gateway. */
#include "dav/index-private.h"

#include <string.h>

#include "base/error.h"

/* ---- entries ---- */

/* The same on every node, and never another's. */
static char *
uid_of(const TwDirectoryObject *object)
{
    gsize len = 0;
    const guint8 *bytes = object->id != NULL ? g_bytes_get_data(object->id, &len) : NULL;
    GString *out = g_string_new(NULL);

    for (gsize i = 0; i < len; i++)
        g_string_append_printf(out, "%02x", bytes[i]);
    if (len == 0)
        g_string_append_printf(out, "directory-%u", object->number);
    return g_string_free(out, FALSE);
}

/* The log-on name, which people know; two of one name in different companies have their ids. */
static char *
name_of(const TwDavIndex *index, const TwDirectoryObject *object, const char *uid)
{
    g_autofree char *name = g_strconcat(object->name, ".vcf", NULL);
    gboolean good = object->name[0] != '\0' && strchr(object->name, '/') == NULL &&
                    strlen(name) <= TW_DAV_MAX_NAME && !g_hash_table_contains(index->by_name, name);

    return good ? g_steal_pointer(&name) : g_strconcat(uid, ".vcf", NULL);
}

static TwDavEntry *
entry_of(const TwDavIndex *index, const TwDirectoryObject *object)
{
    TwDavEntry *entry = g_atomic_rc_box_new0(TwDavEntry);

    entry->uid = uid_of(object);
    entry->name = name_of(index, object, entry->uid);
    entry->mid = object->number;
    entry->cn = object->cn;
    entry->modified = -1;
    entry->kind = TW_DAV_CARD;
    return entry;
}

/* Who is always there stands for nobody. */
static gboolean
is_somebody(const TwDirectoryObject *object)
{
    return object->number >= TW_DIRECTORY_FIRST_NUMBER;
}

static void
take_list(TwDavIndex *index, const GPtrArray *rows, guint64 cn)
{
    g_autoptr(GHashTable) there = g_hash_table_new(NULL, NULL);
    g_autoptr(GList) known = NULL;
    gboolean renamed = FALSE;
    TW_LOCK_SCOPE(&index->lock);

    if (index->cn >= cn && index->uidvalidity != 0)
        return;
    for (guint i = 0; i < rows->len; i++) {
        const TwDirectoryObject *object = rows->pdata[i];
        const TwDavEntry *old;
        g_autofree char *name = NULL;
        TwDavEntry *entry;
        if (!is_somebody(object))
            continue;
        g_hash_table_add(there, GUINT_TO_POINTER(object->number));
        old = g_hash_table_lookup(index->by_mid, GUINT_TO_POINTER(object->number));
        if (old != NULL && old->cn == object->cn)
            continue;
        name = old != NULL ? g_strdup(old->name) : NULL;
        tw_dav_index_drop(index, object->number);
        entry = entry_of(index, object);
        renamed |= name != NULL && strcmp(name, entry->name) != 0;
        tw_dav_index_add(index, entry);
    }
    known = g_hash_table_get_keys(index->by_mid);
    for (const GList *item = known; item != NULL; item = item->next) {
        if (!g_hash_table_contains(there, item->data))
            tw_dav_index_drop(index, GPOINTER_TO_UINT(item->data));
    }
    /* a name that nobody has any more is in no list of who went: all tokens end, and clients look at everything */
    index->uidvalidity = MAX(index->uidvalidity, 1) + (renamed ? 1 : 0);
    index->cn = cn;
}

gboolean
tw_dav_directory_refresh(TwDavCall *call, TwDavIndex *index, GError **error)
{
    g_auto(TwBookChangesArgs) changes = { 0 };
    g_auto(TwBookListArgs) list = { .sort = TW_DIRECTORY_SORT_NAME };
    gboolean first;

    tw_lock(&index->lock);
    changes.since = index->cn;
    first = index->uidvalidity == 0;
    tw_unlock(&index->lock);
    if (!tw_session_book_changes(call->session, &changes, error))
        return FALSE;
    if (!first && changes.next == changes.since)
        return TRUE;
    if (!tw_session_book_list(call->session, &list, error))
        return FALSE;
    take_list(index, list.rows, changes.next);
    return TRUE;
}

GPtrArray *
tw_dav_directory_gone(TwDavCall *call, TwDavIndex *index, guint64 since, GError **error)
{
    g_auto(TwBookChangesArgs) changes = { .since = since };
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (!tw_session_book_changes(call->session, &changes, error))
        return NULL;
    tw_lock(&index->lock);
    for (guint i = 0; i < changes.gone->len; i++) {
        guint32 number = g_array_index(changes.gone, TwDirectoryGone, i).number;
        const char *name = g_hash_table_lookup(index->gone, GUINT_TO_POINTER(number));
        if (name != NULL)
            g_ptr_array_add(names, g_strdup(name));
    }
    tw_unlock(&index->lock);
    return g_steal_pointer(&names);
}

/* ---- cards ---- */

static gboolean
set_text(TwObject *object, guint32 tag, const char *text, GError **error)
{
    TwPropValue value = tw_value_str(tag, text);

    return tag == 0 || text == NULL || text[0] == '\0' || tw_object_set(object, &value, error);
}

static gboolean
set_mail(TwDavCall *call, TwObject *object, const TwDirectoryObject *who, GError **error)
{
    if (who->mail[0] == '\0')
        return TRUE;
    return set_text(object, tw_dav_named_tag(call, TW_PidLidEmail1EmailAddress), who->mail,
                    error) &&
           set_text(object, tw_dav_named_tag(call, TW_PidLidEmail1AddressType), "SMTP", error) &&
           set_text(object, tw_dav_named_tag(call, TW_PidLidEmail1DisplayName), who->full_name,
                    error) &&
           set_text(object, tw_dav_named_tag(call, TW_PidLidEmail1OriginalDisplayName), who->mail,
                    error);
}

/* Somebody of the directory as a contact. */
static TwObject *
contact_of(TwDavCall *call, const TwDirectoryObject *who, GBytes *bag, GError **error)
{
    static const guint32 tags[] = {
        PR_GIVEN_NAME,
        PR_SURNAME,
        PR_MIDDLE_NAME,
        PR_INITIALS,
        PR_TITLE,
        PR_COMPANY_NAME,
        PR_DEPARTMENT_NAME,
        PR_OFFICE_LOCATION,
        PR_BUSINESS_TELEPHONE_NUMBER,
        PR_BUSINESS2_TELEPHONE_NUMBER,
        PR_HOME_TELEPHONE_NUMBER,
        PR_MOBILE_TELEPHONE_NUMBER,
        PR_PRIMARY_FAX_NUMBER,
        PR_PAGER_TELEPHONE_NUMBER,
        PR_ASSISTANT,
        PR_MANAGER_NAME,
        PR_STREET_ADDRESS,
        PR_LOCALITY,
        PR_STATE_OR_PROVINCE,
        PR_POSTAL_CODE,
        PR_COUNTRY,
        PR_BUSINESS_HOME_PAGE,
        PR_COMMENT,
    };
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    const char *shown = who->full_name[0] != '\0' ? who->full_name : who->name;
    gboolean person = tw_directory_type(who->kind) == TW_DIRECTORY_USERS;
    gsize id_len = 0;
    const guint8 *id = who->id != NULL ? g_bytes_get_data(who->id, &id_len) : NULL;
    TwPropValue key = tw_value_bytes(PR_SOURCE_KEY, id, (guint32) id_len);
    TwPropValue value;
    TwProps props;

    if (bag != NULL && tw_props_open_bytes(bag, &props, NULL)) {
        for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
            if (tw_props_get(&props, tags[i], &value) && !tw_object_set(object, &value, error))
                return NULL;
        }
    }
    if ((id_len > 0 && !tw_object_set(object, &key, error)) ||
        !set_text(object, PR_MESSAGE_CLASS, person ? "IPM.Contact" : "IPM.DistList", error) ||
        !set_text(object, PR_DISPLAY_NAME, shown, error) ||
        !set_text(object, PR_SUBJECT, shown, error) || !set_mail(call, object, who, error) ||
        !tw_object_seal(object, error))
        return NULL;
    return g_steal_pointer(&object);
}

GBytes *
tw_dav_directory_text(TwDavCall *call,
                      const TwDavEntry *entry,
                      TwVcardVersion version,
                      GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = entry->mid, .compute = TRUE };
    TwVcardOptions options = { call->names, call->dav->zone, NULL, version };
    g_autofree char *key = g_strdup_printf("directory/%u/%" G_GUINT64_FORMAT "/%d", entry->mid,
                                           entry->cn, (int) version);
    GBytes *text = tw_dav_texts_get(&call->dav->texts, key);
    g_autoptr(TwObject) object = NULL;
    const TwObject *objects[1];

    if (text != NULL)
        return text;
    if (!tw_session_book_get(call->session, &get, error))
        return NULL;
    object = contact_of(call, get.entry, get.props, error);
    if (object == NULL)
        return NULL;
    objects[0] = object;
    text = tw_vcard_write(objects, 1, &options, error);
    if (text != NULL)
        tw_dav_texts_put(&call->dav->texts, key, text);
    return text;
}
