/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/rights.h"

#include "groupware/mailbox.h"
#include "spooler/people.h"

enum {
    MOST_OPTIONS = 20 /* messages looked at in Freebusy Data: one holds the delegates */
};

/* ---- send as ---- */

static gboolean
may_send_as(TwSession *session,
            const TwDirectoryObject *owner,
            const TwDirectoryObject *other,
            gboolean *ret,
            GError **error)
{
    g_auto(TwBookRelatedArgs) groups = {
        .user = owner->number, .relation = TW_DIRECTORY_MEMBER, .holders = TRUE, .deep = TRUE
    };
    const TwDirectoryLink *links;
    gsize count;

    *ret = FALSE;
    links = tw_directory_links(other, TW_DIRECTORY_SEND_AS, &count);
    for (gsize i = 0; i < count && !*ret; i++)
        *ret = links[i].number == owner->number;
    if (*ret || count == 0)
        return TRUE;
    if (!tw_session_book_related(session, &groups, error))
        return FALSE;
    for (guint i = 0; i < groups.rows->len && !*ret; i++) {
        const TwDirectoryObject *group = groups.rows->pdata[i];
        for (gsize k = 0; k < count && !*ret; k++)
            *ret = links[k].number == group->number;
    }
    return TRUE;
}

/* ---- on behalf of ---- */

static gboolean
lists_delegate(TwSession *session,
               const TwGuid *store,
               guint32 folder,
               guint32 message,
               const TwDirectoryObject *owner,
               gboolean *ret,
               GError **error)
{
    g_auto(TwMessageReadArgs) args = { .store = *store, .folder = folder, .message = message };
    TwPropValue delegates, one;

    if (!tw_session_message_read(session, &args, error))
        return FALSE;
    if (!tw_object_get(args.object, PR_SCHDINFO_DELEGATE_ENTRYIDS, &delegates))
        return TRUE;
    for (guint i = 0; !*ret && tw_value_item(&delegates, i, &one); i++) {
        g_autoptr(TwDirectoryObject) entry = NULL;
        if (!tw_person_find_id(session, one.data, one.len, &entry, error))
            return FALSE;
        *ret = entry != NULL && entry->number == owner->number;
    }
    return TRUE;
}

/* Delegates stand in a message of the other's mailbox (spec/mailbox-layout.md 11). */
static gboolean
is_delegate(TwSession *session,
            const TwDirectoryObject *owner,
            const TwDirectoryObject *other,
            gboolean *ret,
            GError **error)
{
    g_auto(TwStoreFindArgs) find = { .owner = other->number, .kind = TW_STORE_PRIVATE };
    g_autoptr(GError) why = NULL;
    TwMailboxFolders folders;
    g_auto(TwMessageListArgs) list = { .most = MOST_OPTIONS };

    *ret = FALSE;
    if (!tw_session_store_find(session, &find, &why)) {
        if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!tw_mailbox_folders(session, &find.store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    list.store = find.store;
    list.folder = folders.numbers[TW_LAYOUT_FOLDER_FREEBUSY];
    if (list.folder == 0)
        return TRUE;
    if (!tw_session_message_list(session, &list, error))
        return FALSE;
    for (guint i = 0; i < list.rows->len && !*ret; i++) {
        const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);
        if (!lists_delegate(session, &find.store, list.folder, row->mid, owner, ret, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the judgement ---- */

/* Only the server makes a message whose creator is the server. */
static gboolean
is_made_by_server(TwSession *session, const TwObject *message)
{
    g_autoptr(TwDirectoryObject) creator = NULL;
    TwPropValue id;

    return tw_object_get(message, PR_CREATOR_ENTRYID, &id) &&
           tw_prop_tag_type(id.tag) == TW_PT_BINARY &&
           tw_person_find_id(session, id.data, id.len, &creator, NULL) && creator != NULL &&
           creator->number == TW_DIRECTORY_SYSTEM;
}

static gboolean
is_redirected(TwSession *session, const TwObject *message)
{
    TwPropValue forwarded;

    return tw_object_get(message, PR_AUTO_FORWARDED, &forwarded) && forwarded.truth &&
           is_made_by_server(session, message);
}

static gboolean
judge_other(TwSession *session,
            const TwSpoolerSettings *settings,
            const TwDirectoryObject *owner,
            const TwDirectoryObject *other,
            TwSends *ret,
            GError **error)
{
    gboolean may;

    *ret = TW_SENDS_ON_BEHALF;
    if (settings->always_delegates)
        return TRUE;
    if (!may_send_as(session, owner, other, &may, error))
        return FALSE;
    if (may) {
        *ret = TW_SENDS_AS;
        return TRUE;
    }
    if (!is_delegate(session, owner, other, &may, error))
        return FALSE;
    *ret = may ? TW_SENDS_ON_BEHALF : TW_SENDS_FORBIDDEN;
    return TRUE;
}

/* Whose the message says it is: an address of nobody is forbidden but to who may send as anybody. */
static TwSends
judge_stranger(TwSession *session, const TwSpoolerSettings *settings, const TwObject *message)
{
    if (is_redirected(session, message))
        return settings->redirect_as_it_was ? TW_SENDS_REDIRECTED : TW_SENDS_OWN;
    return settings->always_delegates ? TW_SENDS_ON_BEHALF : TW_SENDS_FORBIDDEN;
}

static gboolean
names_nobody(const TwObject *message)
{
    return !tw_object_has(message, PR_SENT_REPRESENTING_ENTRYID) &&
           *tw_object_get_text(message, PR_SENT_REPRESENTING_EMAIL_ADDRESS, "") == '\0' &&
           *tw_object_get_text(message, PR_SENT_REPRESENTING_SMTP_ADDRESS, "") == '\0';
}

/* An alias of one's own stays what it is. */
static gboolean
set_own(TwObject *message, const TwDirectoryObject *owner, GError **error)
{
    g_autofree char *address = tw_person_get_smtp(message, &tw_person_represented);

    if (address != NULL && tw_person_has_address(owner, address))
        return TRUE;
    return tw_person_set(message, &tw_person_represented, owner, error);
}

gboolean
tw_sends_judge(TwSession *session,
               const TwSpoolerSettings *settings,
               const TwDirectoryObject *owner,
               TwObject *message,
               TwSends *ret,
               TwDirectoryObject **ret_represented,
               GError **error)
{
    g_autoptr(TwDirectoryObject) other = NULL;
    gboolean nobody = names_nobody(message);

    *ret_represented = NULL;
    *ret = TW_SENDS_OWN;
    if (!nobody && !tw_person_find(session, message, &tw_person_represented, &other, error))
        return FALSE;
    if (other == NULL && !nobody)
        *ret = judge_stranger(session, settings, message);
    else if (other != NULL && other->number != owner->number) {
        if (is_redirected(session, message))
            *ret = settings->redirect_as_it_was ? TW_SENDS_REDIRECTED : TW_SENDS_OWN;
        else if (!judge_other(session, settings, owner, other, ret, error))
            return FALSE;
    }
    if (*ret == TW_SENDS_FORBIDDEN)
        return TRUE;
    if (*ret == TW_SENDS_OWN && !set_own(message, owner, error))
        return FALSE;
    if ((*ret == TW_SENDS_AS || *ret == TW_SENDS_ON_BEHALF) && other != NULL) {
        if (*other->mail != '\0' && !tw_person_set(message, &tw_person_represented, other, error))
            return FALSE;
        *ret_represented = tw_directory_object_ref(other);
    }
    if (*ret == TW_SENDS_OWN || *ret == TW_SENDS_AS) {
        const TwDirectoryObject *seen = *ret == TW_SENDS_AS && *other->mail != '\0' ? other : owner;
        return tw_person_set(message, &tw_person_sender, seen, error);
    }
    return tw_person_set(message, &tw_person_sender, owner, error);
}
