/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Looking at a store: what is there, and which of it are the default folders. Clients read the Inbox first, then the
 * root (spec/mailbox-layout.md 5.2); so does this.
 */
#include "groupware/mailbox-private.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "groupware/pointers.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"

G_STATIC_ASSERT(TW_LAYOUT_ON_STORE == 1u << MAILBOX_STORE);
G_STATIC_ASSERT(TW_LAYOUT_ON_ROOT == 1u << MAILBOX_ROOT);
G_STATIC_ASSERT(TW_LAYOUT_ON_INBOX == 1u << MAILBOX_INBOX);

void
tw_mailbox_clear(Mailbox *mailbox)
{
    for (guint i = 0; i < MAILBOX_PLACES; i++)
        g_clear_pointer(&mailbox->objects[i], tw_object_free);
    g_clear_pointer(&mailbox->live, g_hash_table_unref);
    g_clear_pointer(&mailbox->list, g_array_unref);
    g_clear_pointer(&mailbox->receive, g_array_unref);
}

/* What somebody may not see is as good as absent. */
static gboolean
is_hidden(const GError *error)
{
    return g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND) ||
           g_error_matches(error, TW_ERROR, TW_ERROR_NO_ACCESS);
}

/* ---- reading ---- */

static gboolean
look_at_folders(Mailbox *mailbox, GError **error)
{
    g_auto(TwFolderGetArgs) root = { .store = mailbox->store };
    g_auto(TwFolderListArgs) list = { .store = mailbox->store, .deep = TRUE };

    if (!tw_session_folder_get(mailbox->session, &root, error) ||
        !tw_session_folder_list(mailbox->session, &list, error))
        return FALSE;
    mailbox->root = root.row.row->id;
    mailbox->folders[TW_LAYOUT_FOLDER_ROOT] = mailbox->root;
    mailbox->list = g_steal_pointer(&list.rows);
    mailbox->live = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < mailbox->list->len; i++) {
        TwFolderEntry *entry = &g_array_index(mailbox->list, TwFolderEntry, i);
        g_hash_table_insert(mailbox->live, GUINT_TO_POINTER(entry->row->id), entry);
    }
    return TRUE;
}

static gboolean
look_at_props(Mailbox *mailbox, MailboxPlace place, guint32 folder, GError **error)
{
    g_auto(TwFolderPropsArgs) props = { .store = mailbox->store, .folder = folder };
    g_autoptr(GError) local = NULL;

    g_clear_pointer(&mailbox->objects[place], tw_object_free);
    if (tw_session_folder_props(mailbox->session, &props, &local)) {
        mailbox->objects[place] = g_steal_pointer(&props.object);
        return TRUE;
    }
    if (is_hidden(local))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

static gboolean
look_at_store(Mailbox *mailbox, GError **error)
{
    g_auto(TwStorePropsArgs) props = { .store = mailbox->store };
    g_auto(TwReceiveFoldersArgs) receive = { .store = mailbox->store };
    g_autoptr(GError) local = NULL;

    if (!tw_session_store_props(mailbox->session, &props, error))
        return FALSE;
    mailbox->objects[MAILBOX_STORE] = g_steal_pointer(&props.object);
    if (tw_session_receive_folders(mailbox->session, &receive, &local)) {
        mailbox->receive = g_steal_pointer(&receive.rows);
        return TRUE;
    }
    if (is_hidden(local))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* The Inbox is what receives mail. A store that has no such row yet answers its root. */
static gboolean
find_inbox(Mailbox *mailbox, GError **error)
{
    g_auto(TwReceiveFolderArgs) receive = { .store = mailbox->store, .message_class = "" };
    g_autoptr(GError) local = NULL;

    if (tw_layout_plan_folder(&mailbox->plan, TW_LAYOUT_FOLDER_INBOX) == NULL)
        return TRUE;
    if (!tw_session_receive_folder(mailbox->session, &receive, &local)) {
        if (is_hidden(local))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (g_hash_table_contains(mailbox->live, GUINT_TO_POINTER(receive.folder))) {
        mailbox->folders[TW_LAYOUT_FOLDER_INBOX] = receive.folder;
        mailbox->led[TW_LAYOUT_FOLDER_INBOX] = TRUE;
    }
    return TRUE;
}

gboolean
tw_mailbox_look_at_inbox(Mailbox *mailbox, GError **error)
{
    guint32 inbox = mailbox->folders[TW_LAYOUT_FOLDER_INBOX];

    return inbox == 0 || look_at_props(mailbox, MAILBOX_INBOX, inbox, error);
}

/* ---- following pointers ---- */

/* The number an entry id stands for, whoever made it. */
static gboolean
find_number(const Mailbox *mailbox,
            const guint8 *data,
            gsize len,
            gboolean message,
            guint32 *ret,
            GError **error)
{
    g_autoptr(GBytes) id = g_bytes_new(data, len);
    g_auto(TwEntryIdFindArgs) find = { .entry_id = id };
    g_autoptr(GError) local = NULL;
    guint32 wanted = message ? TW_OBJECT_ID_MESSAGE : TW_OBJECT_ID_FOLDER;

    *ret = 0;
    if (tw_session_entry_id_find(mailbox->session, &find, &local)) {
        if (find.type == wanted && tw_guid_equal(&find.store, &mailbox->store))
            *ret = message ? find.message : find.folder;
        return TRUE;
    }
    if (is_hidden(local) || g_error_matches(local, TW_ERROR, TW_ERROR_INVALID))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean
tw_mailbox_target(const Mailbox *mailbox,
                  const TwLayoutPointer *pointer,
                  MailboxPlace place,
                  guint32 *ret,
                  GError **error)
{
    const TwObject *object = mailbox->objects[place];
    const guint8 *data;
    gsize len;
    TwPropValue value;

    *ret = 0;
    if (object == NULL || !tw_object_get(object, pointer->tag, &value) ||
        value.tag != pointer->tag ||
        !tw_pointer_get(&value, pointer->form, pointer->number, &data, &len))
        return TRUE;
    return find_number(mailbox, data, len, pointer->message != TW_LAYOUT_MESSAGE_NONE, ret, error);
}

gboolean
tw_mailbox_is_taken(const Mailbox *mailbox, guint32 number)
{
    for (guint i = 0; i < TW_LAYOUT_FOLDER_COUNT; i++) {
        if (mailbox->folders[i] == number)
            return TRUE;
    }
    return FALSE;
}

static void
follow_to_folder(Mailbox *mailbox, const TwLayoutPointer *pointer, guint32 number)
{
    guint32 *place = &mailbox->folders[pointer->folder];

    if (number != 0 && *place == 0 &&
        g_hash_table_contains(mailbox->live, GUINT_TO_POINTER(number)) &&
        !tw_mailbox_is_taken(mailbox, number)) {
        *place = number;
        mailbox->led[pointer->folder] = TRUE;
    }
}

static gboolean
follow_all(Mailbox *mailbox, GError **error)
{
    for (guint i = 0; i < mailbox->plan.pointers_count; i++) {
        const TwLayoutPointer *pointer = &mailbox->plan.pointers[i];
        for (guint place = MAILBOX_PLACES; place-- > 0;) {
            guint32 number;
            if ((pointer->places & tw_mailbox_place_bit(place)) == 0)
                continue;
            if (!tw_mailbox_target(mailbox, pointer, place, &number, error))
                return FALSE;
            if (pointer->message == TW_LAYOUT_MESSAGE_NONE)
                follow_to_folder(mailbox, pointer, number);
            else if (mailbox->messages[pointer->message] == 0)
                mailbox->messages[pointer->message] = number;
        }
    }
    return TRUE;
}

gboolean
tw_mailbox_look(Mailbox *mailbox, GError **error)
{
    if (!look_at_folders(mailbox, error) || !look_at_store(mailbox, error) ||
        !look_at_props(mailbox, MAILBOX_ROOT, 0, error) || !find_inbox(mailbox, error) ||
        !tw_mailbox_look_at_inbox(mailbox, error))
        return FALSE;
    return follow_all(mailbox, error);
}

/* ---- for everybody ---- */

gboolean
tw_mailbox_folders(TwSession *session,
                   const TwGuid *store,
                   TwLayoutKind kind,
                   TwMailboxFolders *ret,
                   GError **error)
{
    g_auto(Mailbox) mailbox = { .session = session, .store = *store };

    tw_layout_plan(kind, NULL, &mailbox.plan);
    if (!tw_mailbox_look(&mailbox, error))
        return FALSE;
    ret->kind = kind;
    memcpy(ret->numbers, mailbox.folders, sizeof ret->numbers);
    return TRUE;
}

/* ---- another language ---- */

/* TRUE also when it was left alone. */
static gboolean
rename_one(Mailbox *mailbox, const TwLayoutFolder *folder, guint *renamed, GError **error)
{
    guint32 number = mailbox->folders[folder->key];
    const TwFolderEntry *entry =
        number == 0 ? NULL : g_hash_table_lookup(mailbox->live, GUINT_TO_POINTER(number));
    g_auto(TwFolderRenameArgs)
        change = { .store = mailbox->store, .folder = number, .name = folder->name };
    g_autoptr(GError) local = NULL;

    if (entry == NULL || strcmp(entry->row->name, folder->name) == 0 ||
        !tw_layout_is_name(folder->key, entry->row->name))
        return TRUE;
    if (tw_session_folder_rename(mailbox->session, &change, &local)) {
        (*renamed)++;
        return TRUE;
    }
    if (g_error_matches(local, TW_ERROR, TW_ERROR_EXISTS))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    g_prefix_error(error, "%s: ", entry->row->name);
    return FALSE;
}

gboolean
tw_mailbox_localize(TwSession *session,
                    const TwGuid *store,
                    TwLayoutKind kind,
                    const char *language,
                    guint *ret_renamed,
                    GError **error)
{
    g_auto(Mailbox) mailbox = { .session = session, .store = *store };
    guint renamed = 0;

    if (tw_layout_language_find(language) == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no names of folders for language %s",
                    language == NULL ? "" : language);
        return FALSE;
    }
    tw_layout_plan(kind, language, &mailbox.plan);
    if (!tw_mailbox_look(&mailbox, error))
        return FALSE;
    for (guint i = 0; i < mailbox.plan.folders_count; i++) {
        if (!rename_one(&mailbox, &mailbox.plan.folders[i], &renamed, error))
            return FALSE;
    }
    if (ret_renamed != NULL)
        *ret_renamed = renamed;
    return TRUE;
}
