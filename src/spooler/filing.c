/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "spooler/filing.h"

#include <string.h>

#include "base/hash.h"
#include "groupware/mailbox.h"
#include "spooler/report.h"

/* ---- names of what is made ---- */

/* An entry id in @store that is the same each time: so a second try finds the first one's work. */
static GBytes *
name_for(const TwFiling *filing, const TwGuid *store, const char *what, const GArray *failed)
{
    TwObjectId id = { .store = *store, .type = TW_OBJECT_ID_MESSAGE, .version = 1 };
    const TwQueueRow *row = filing->row;
    guint8 hash[TW_SHA256_LEN], bytes[TW_OBJECT_ID_LEN];
    TwSha256 sha;

    tw_sha256_init(&sha);
    tw_sha256_update(&sha, what, strlen(what));
    tw_sha256_update(&sha, &row->store, sizeof row->store);
    tw_sha256_update(&sha, &row->message, sizeof row->message);
    tw_sha256_update(&sha, &row->submitted_us, sizeof row->submitted_us);
    for (guint i = 0; failed != NULL && i < failed->len; i++) {
        const TwRecipient *one = &g_array_index(failed, TwRecipient, i);
        const char *text = one->address != NULL ? one->address : one->name;
        tw_sha256_update(&sha, text, strlen(text) + 1);
    }
    tw_sha256_finish(&sha, hash);
    id.unique = tw_guid_from_bytes(hash);
    return g_bytes_new(bytes, tw_object_id_write(&id, bytes));
}

/* Makes a message unless it is there; *@ret_made: 0 then. */
static gboolean
create_once(TwSession *session,
            const TwGuid *store,
            guint32 folder,
            TwObject *object,
            GBytes *name,
            guint32 *ret_made,
            GError **error)
{
    g_auto(TwEntryIdFindArgs) find = { .entry_id = name };
    g_auto(TwMessageCreateArgs)
        create = { .store = *store, .folder = folder, .object = object, .entry_id = name };

    *ret_made = 0;
    if (tw_session_entry_id_find(session, &find, NULL))
        return TRUE;
    if (!tw_session_message_create(session, &create, error))
        return FALSE;
    *ret_made = create.made.mid;
    return TRUE;
}

/* ---- reports ---- */

static const char *
folder_name(TwSession *session, const TwGuid *store, guint32 number, TwFolderGetArgs *get)
{
    *get = (TwFolderGetArgs){ .store = *store, .folder = number };
    return number != 0 && tw_session_folder_get(session, get, NULL) ? get->row.row->name : "";
}

/* The language of a mailbox is that of its folders. */
static const char *
language_of(const TwFiling *filing)
{
    static const TwLayoutFolderKey keys[] = { TW_LAYOUT_FOLDER_SENT, TW_LAYOUT_FOLDER_DELETED };
    TwMailboxFolders folders;
    const char *language;

    if (!tw_mailbox_folders(filing->session, &filing->row->store, TW_LAYOUT_PRIVATE, &folders,
                            NULL))
        return filing->settings->language;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_auto(TwFolderGetArgs) get = { 0 };
        const char *name =
            folder_name(filing->session, &filing->row->store, folders.numbers[keys[i]], &get);
        for (guint k = 0; (language = tw_report_language_at(k)) != NULL; k++) {
            if (strcmp(tw_layout_name(keys[i], language), name) == 0)
                return language;
        }
    }
    return filing->settings->language;
}

gboolean
tw_filing_report(const TwFiling *filing, const GArray *failed, GError **error)
{
    const TwGuid *store = &filing->row->store;
    TwReportSpec spec = { .message = filing->message,
                          .owner = filing->owner,
                          .failed = failed,
                          .language = language_of(filing),
                          .now_us = filing->now_us };
    g_auto(TwReceiveFolderArgs) inbox = { .store = *store, .message_class = "REPORT.IPM.Note.NDR" };
    g_autoptr(TwObject) report = tw_report_new(&spec, error);
    g_autoptr(GBytes) name = name_for(filing, store, "report", failed);
    TwMailAnnounceArgs announce = { .store = *store };

    if (report == NULL || !tw_session_receive_folder(filing->session, &inbox, error) ||
        !create_once(filing->session, store, inbox.folder, report, name, &announce.message, error))
        return FALSE;
    if (announce.message != 0)
        (void) tw_session_mail_announce(filing->session, &announce, NULL);
    return TRUE;
}

/* ---- copies ---- */

gboolean
tw_filing_copy(const TwFiling *filing,
               const TwDirectoryObject *represented,
               gboolean *ret_there,
               GError **error)
{
    g_auto(TwStoreFindArgs) find = { .owner = represented->number, .kind = TW_STORE_PRIVATE };
    g_autoptr(TwObject) copy = NULL;
    g_autoptr(GBytes) name = NULL;
    TwPropValue flags = tw_value_long(PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
    TwMailboxFolders folders;
    guint32 made;

    *ret_there = FALSE;
    if (!tw_session_store_find(filing->session, &find, NULL))
        return TRUE;
    if (!tw_mailbox_folders(filing->session, &find.store, TW_LAYOUT_PRIVATE, &folders, error))
        return FALSE;
    if (folders.numbers[TW_LAYOUT_FOLDER_SENT] == 0)
        return TRUE;
    copy = tw_object_copy(filing->message);
    name = name_for(filing, &find.store, "copy", NULL);
    if (!tw_object_set(copy, &flags, error) ||
        !create_once(filing->session, &find.store, folders.numbers[TW_LAYOUT_FOLDER_SENT], copy,
                     name, &made, error))
        return FALSE;
    *ret_there = TRUE;
    return TRUE;
}

/* ---- the end ---- */

/* The folder that the sender wants it in; else that of what was sent. */
static guint32
find_sent(const TwFiling *filing)
{
    TwMailboxFolders folders;
    TwPropValue id;

    if (tw_object_get(filing->message, PR_SENTMAIL_ENTRYID, &id) &&
        tw_prop_tag_type(id.tag) == TW_PT_BINARY) {
        g_autoptr(GBytes) bytes = g_bytes_new(id.data, id.len);
        g_auto(TwEntryIdFindArgs) find = { .entry_id = bytes };
        if (tw_session_entry_id_find(filing->session, &find, NULL) &&
            find.type == TW_OBJECT_ID_FOLDER && tw_guid_equal(&find.store, &filing->row->store))
            return find.folder;
    }
    if (!tw_mailbox_folders(filing->session, &filing->row->store, TW_LAYOUT_PRIVATE, &folders,
                            NULL))
        return 0;
    return folders.numbers[TW_LAYOUT_FOLDER_SENT];
}

gboolean
tw_filing_finish(const TwFiling *filing, gboolean elsewhere, GError **error)
{
    TwQueueFinishArgs args = { .store = filing->row->store,
                               .message = filing->row->message,
                               .flags = filing->row->flags };
    TwPropValue remove;

    args.remove = elsewhere ||
                  (tw_object_get(filing->message, PR_DELETE_AFTER_SUBMIT, &remove) && remove.truth);
    if (!args.remove && (args.flags & TW_QUEUE_SENTMAIL) != 0)
        args.to = find_sent(filing);
    return tw_session_queue_finish(filing->session, &args, error);
}
