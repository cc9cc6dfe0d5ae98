/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/people.h"

const TwPersonTags tw_person_recipient = { PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_ADDRTYPE,
                                           PR_EMAIL_ADDRESS, PR_ENTRYID };
const TwPersonTags tw_person_sender = { PR_SENDER_NAME, PR_SENDER_SMTP_ADDRESS, PR_SENDER_ADDRTYPE,
                                        PR_SENDER_EMAIL_ADDRESS, PR_SENDER_ENTRYID };
const TwPersonTags tw_person_represented = {
    PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_SMTP_ADDRESS, PR_SENT_REPRESENTING_ADDRTYPE,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_ENTRYID
};

/* Not there is an answer, anything else a failure. */
static gboolean
is_nobody(GError *why, GError **error)
{
    if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_AMBIGUOUS) ||
        g_error_matches(why, TW_ERROR, TW_ERROR_INVALID)) {
        g_error_free(why);
        return TRUE;
    }
    g_propagate_error(error, why);
    return FALSE;
}

static gboolean
find_number(TwSession *session, guint32 number, TwDirectoryObject **ret, GError **error)
{
    g_auto(TwBookGetArgs) args = { .user = number };
    GError *why = NULL;

    if (number == 0)
        return TRUE;
    if (!tw_session_book_get(session, &args, &why))
        return is_nobody(why, error);
    *ret = g_steal_pointer(&args.entry);
    return TRUE;
}

static gboolean
find_external(TwSession *session, GBytes *id, TwDirectoryObject **ret, GError **error)
{
    g_auto(TwIdFindArgs) args = { .id = id };
    GError *why = NULL;

    if (!tw_session_id_find(session, &args, &why))
        return is_nobody(why, error);
    *ret = g_steal_pointer(&args.entry);
    return TRUE;
}

static gboolean
find_name(TwSession *session,
          const char *name,
          TwDirectoryType type,
          TwDirectoryObject **ret,
          GError **error)
{
    g_auto(TwNameFindArgs) args = { .name = name, .type = type };
    GError *why = NULL;

    if (!tw_session_name_find(session, &args, &why))
        return is_nobody(why, error);
    *ret = g_steal_pointer(&args.entry);
    return TRUE;
}

static gboolean
find_address(TwSession *session, const char *address, TwDirectoryObject **ret, GError **error)
{
    g_auto(TwBookResolveArgs) args = { .text = address, .exact = TRUE };
    GError *why = NULL;

    if (!tw_session_book_resolve(session, &args, &why))
        return is_nobody(why, error);
    /* a name may look like an address */
    if (tw_person_has_address(args.entry, address))
        *ret = g_steal_pointer(&args.entry);
    return TRUE;
}

gboolean
tw_person_find_id(
    TwSession *session, const guint8 *id, gsize len, TwDirectoryObject **ret, GError **error)
{
    g_autoptr(TwEntryId) entry = tw_entryid_parse(id, len, NULL);

    *ret = NULL;
    if (entry == NULL || entry->kind != TW_ENTRYID_BOOK || entry->book.type == TW_BOOK_CONTAINER)
        return TRUE;
    if (entry->book.external != NULL)
        return find_external(session, entry->book.external, ret, error);
    return find_number(session, entry->book.number, ret, error);
}

gboolean
tw_person_find(TwSession *session,
               const TwObject *node,
               const TwPersonTags *tags,
               TwDirectoryObject **ret,
               GError **error)
{
    const char *type = tw_object_get_text(node, tags->type, "");
    const char *address = tw_object_get_text(node, tags->address, "");
    g_autofree char *smtp = NULL;
    TwPropValue id;

    *ret = NULL;
    if (tw_object_get(node, tags->entryid, &id) && tw_prop_tag_type(id.tag) == TW_PT_BINARY &&
        !tw_person_find_id(session, id.data, id.len, ret, error))
        return FALSE;
    if (*ret != NULL)
        return TRUE;
    if (*address != '\0' &&
        (g_ascii_strcasecmp(type, "ZARAFA") == 0 || g_ascii_strcasecmp(type, "EX") == 0)) {
        if (!find_name(session, address, TW_DIRECTORY_USERS, ret, error) ||
            (*ret == NULL && !find_name(session, address, TW_DIRECTORY_GROUPS, ret, error)))
            return FALSE;
        if (*ret != NULL)
            return TRUE;
    }
    smtp = tw_person_get_smtp(node, tags);
    return smtp == NULL || find_address(session, smtp, ret, error);
}

char *
tw_person_get_smtp(const TwObject *node, const TwPersonTags *tags)
{
    const char *smtp = tw_object_get_text(node, tags->smtp, "");
    const char *address = tw_object_get_text(node, tags->address, "");
    g_autoptr(TwEntryId) id = NULL;
    TwPropValue value;

    if (strchr(smtp, '@') != NULL)
        return g_strdup(smtp);
    if (strchr(address, '@') != NULL)
        return g_strdup(address);
    if (tw_object_get(node, tags->entryid, &value) && tw_prop_tag_type(value.tag) == TW_PT_BINARY)
        id = tw_entryid_parse(value.data, value.len, NULL);
    if (id == NULL || id->kind != TW_ENTRYID_ONE_OFF || strchr(id->one_off.address, '@') == NULL)
        return NULL;
    return g_strdup(id->one_off.address);
}

gboolean
tw_person_set(TwObject *node,
              const TwPersonTags *tags,
              const TwDirectoryObject *entry,
              GError **error)
{
    const char *name = *entry->full_name != '\0' ? entry->full_name : entry->name;
    TwBookId id = { .type = tw_person_is_group(entry) ? TW_BOOK_LIST : TW_BOOK_USER,
                    .number = entry->number,
                    .external = entry->id };
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    TwPropValue values[5];

    tw_book_id_write(&id, &bytes);
    values[0] = tw_value_str(tags->name, name);
    values[1] = tw_value_str(tags->smtp, entry->mail);
    values[2] = tw_value_str(tags->type, "SMTP");
    values[3] = tw_value_str(tags->address, entry->mail);
    values[4] = tw_value_bytes(tags->entryid, bytes.data, bytes.len);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!tw_object_set(node, &values[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_person_is_group(const TwDirectoryObject *entry)
{
    return tw_directory_type(entry->kind) != TW_DIRECTORY_USERS;
}

gboolean
tw_person_has_address(const TwDirectoryObject *entry, const char *address)
{
    if (g_ascii_strcasecmp(entry->mail, address) == 0)
        return TRUE;
    for (guint i = 0; entry->aliases != NULL && entry->aliases[i] != NULL; i++) {
        if (g_ascii_strcasecmp(entry->aliases[i], address) == 0)
            return TRUE;
    }
    return FALSE;
}
