/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Owners of homes: the session's user, others, the public store; and which collections of theirs the user sees. */
#include "dav/dav-private.h"

#include <string.h>

#include "base/hash.h"
#include "mapi/message-class.h"

static const char public_name[] = "public";

/* ---- owners ---- */

void
tw_dav_owner_clear(TwDavOwner *owner)
{
    g_free(owner->name);
    g_free(owner->full_name);
    g_free(owner->mail);
    memset(owner, 0, sizeof *owner);
}

static gboolean
find_store(TwDavCall *call, TwDavOwner *owner, GError **error)
{
    g_auto(TwStoreFindArgs) find = {
        .owner = owner->own ? 0 : owner->user,
        .kind = owner->is_public ? TW_STORE_PUBLIC : TW_STORE_PRIVATE,
    };

    owner->has_store = tw_session_store_find(call->session, &find, error);
    if (owner->has_store)
        owner->store = find.store;
    return owner->has_store;
}

static void
set_texts(TwDavOwner *owner, const char *name, const char *full_name, const char *mail)
{
    owner->name = g_strdup(name);
    owner->full_name = g_strdup(full_name != NULL && full_name[0] != '\0' ? full_name : name);
    owner->mail = mail != NULL && mail[0] != '\0' ? g_strdup(mail) : NULL;
}

static const char *
type_of(const TwDirectoryObject *object)
{
    if (object->kind == TW_DIRECTORY_ROOM)
        return "ROOM";
    return object->kind == TW_DIRECTORY_EQUIPMENT ? "RESOURCE" : "INDIVIDUAL";
}

void
tw_dav_owner_of_object(TwDavCall *call, const TwDirectoryObject *object, TwDavOwner *ret)
{
    *ret = (TwDavOwner){ .user = object->number,
                         .own = object->number == call->who.user,
                         .type = type_of(object) };
    set_texts(ret, object->name, object->full_name, object->mail);
}

gboolean
tw_dav_owner_find(TwDavCall *call, const char *name, TwDavOwner *ret, GError **error)
{
    g_auto(TwNameFindArgs) find = { .name = name, .type = TW_DIRECTORY_USERS };
    g_auto(TwDavOwner) owner = { .type = "INDIVIDUAL" };

    if (g_ascii_strcasecmp(name, call->who.name) == 0) {
        owner.own = TRUE;
        owner.user = call->who.user;
        set_texts(&owner, call->who.name, call->who.full_name, call->who.mail);
        if (!find_store(call, &owner, error))
            return FALSE;
    } else if (strcmp(name, public_name) == 0) {
        owner.is_public = TRUE;
        set_texts(&owner, public_name, "Public Folders", NULL);
        if (!find_store(call, &owner, error))
            return FALSE;
    } else {
        if (!tw_session_name_find(call->session, &find, error))
            return FALSE;
        tw_dav_owner_of_object(call, find.entry, &owner);
        (void) find_store(call, &owner, NULL);
    }
    *ret = owner;
    memset(&owner, 0, sizeof owner);
    return TRUE;
}

static void
owner_free(gpointer owner)
{
    tw_dav_owner_clear(owner);
    g_free(owner);
}

static void
add_if_seen(TwDavCall *call, GPtrArray *list, TwDavOwner *owner)
{
    g_autoptr(TwDavShelf) shelf = tw_dav_shelf_get(call, owner, NULL);

    if (shelf != NULL && shelf->folders->len > 0) {
        g_ptr_array_add(list, g_memdup2(owner, sizeof *owner));
        memset(owner, 0, sizeof *owner);
    }
}

GPtrArray *
tw_dav_owners_shared(TwDavCall *call)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(owner_free);
    g_auto(TwStoresSharedArgs) shared = { 0 };
    g_auto(TwDavOwner) everyone = { 0 };

    if (tw_session_stores_shared(call->session, &shared, NULL)) {
        for (guint i = 0; i < shared.rows->len && i < TW_DAV_MAX_SHARED; i++) {
            const TwStoreEntry *row = &g_array_index(shared.rows, TwStoreEntry, i);
            g_auto(TwBookGetArgs) get = { .user = row->owner };
            g_auto(TwDavOwner) owner = { 0 };
            if (row->owner == 0 || row->owner == call->who.user || row->kind != TW_STORE_PRIVATE ||
                !tw_session_book_get(call->session, &get, NULL))
                continue;
            tw_dav_owner_of_object(call, get.entry, &owner);
            owner.has_store = TRUE;
            owner.store = row->guid;
            add_if_seen(call, list, &owner);
        }
    }
    if (tw_dav_owner_find(call, public_name, &everyone, NULL))
        add_if_seen(call, list, &everyone);
    return list;
}

/* ---- collections ---- */

static void
folder_free(gpointer data)
{
    TwDavFolder *folder = data;

    g_free(folder->name);
    g_free(folder->segment);
    tw_object_free(folder->props);
    g_free(folder);
}

static void
shelf_clear(gpointer data)
{
    TwDavShelf *shelf = data;

    g_ptr_array_unref(shelf->folders);
}

void
tw_dav_shelf_unref(TwDavShelf *shelf)
{
    if (shelf != NULL)
        g_atomic_rc_box_release_full(shelf, shelf_clear);
}

gboolean
tw_dav_folder_is_fixed(const TwDavFolder *folder)
{
    return folder->holds == TW_DAV_HOLDS_DIRECTORY || folder->holds == TW_DAV_HOLDS_INBOX ||
           folder->holds == TW_DAV_HOLDS_OUTBOX;
}

TwDavSpace
tw_dav_folder_space(const TwDavFolder *folder)
{
    return folder->holds == TW_DAV_HOLDS_CARDS || folder->holds == TW_DAV_HOLDS_DIRECTORY
               ? TW_DAV_BOOKS
               : TW_DAV_CALENDARS;
}

gboolean
tw_dav_shelf_has(const TwDavShelf *shelf, TwDavSpace space, guint32 rights)
{
    for (guint i = 0; i < shelf->folders->len; i++) {
        const TwDavFolder *folder = shelf->folders->pdata[i];
        if (!tw_dav_folder_is_fixed(folder) && tw_dav_folder_space(folder) == space &&
            (folder->rights & rights) == rights)
            return TRUE;
    }
    return FALSE;
}

/* RFC 4791, 5.2.3: what was chosen when the collection was made, of what it can hold. */
guint
tw_dav_folder_takes(TwDavHolds holds, const char *chosen)
{
    static const guint all[] = {
        [TW_DAV_HOLDS_EVENTS] =
            1u << TW_DAV_EVENT | 1u << TW_DAV_TODO | 1u << TW_DAV_JOURNAL | 1u << TW_DAV_BUSY,
        [TW_DAV_HOLDS_TASKS] = 1u << TW_DAV_TODO,
        [TW_DAV_HOLDS_JOURNAL] = 1u << TW_DAV_JOURNAL,
        [TW_DAV_HOLDS_CARDS] = 1u << TW_DAV_CARD,
        [TW_DAV_HOLDS_DIRECTORY] = 0,
        [TW_DAV_HOLDS_INBOX] = 0,
        [TW_DAV_HOLDS_OUTBOX] = 0,
    };
    g_auto(GStrv) names = chosen != NULL ? g_strsplit(chosen, " ", -1) : NULL;
    guint takes = 0;
    TwDavItemKind kind;

    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        if (tw_dav_kind_named(names[i], &kind))
            takes |= 1u << kind;
    }
    /* what names nothing that can be there restricts nothing */
    return (takes & all[holds]) != 0 ? takes & all[holds] : all[holds];
}

static gboolean
holds_of(const char *container, TwDavHolds *ret)
{
    static const struct {
        const char *container;
        TwDavHolds holds;
    } known[] = {
        { "IPF.Appointment", TW_DAV_HOLDS_EVENTS }, { "IPF.Task", TW_DAV_HOLDS_TASKS },
        { "IPF.Journal", TW_DAV_HOLDS_JOURNAL },    { "IPF.StickyNote", TW_DAV_HOLDS_JOURNAL },
        { "IPF.Contact", TW_DAV_HOLDS_CARDS },
    };

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (tw_message_class_is(container, known[i].container)) {
            *ret = known[i].holds;
            return TRUE;
        }
    }
    return FALSE;
}

/* In the path: what a client chose; of what every mailbox has, the same word in all languages; else its number. */
static char *
segment_of(const TwMailboxFolders *defaults, guint32 number, const char *chosen)
{
    static const struct {
        guint key;
        const char *segment;
    } words[] = {
        { TW_LAYOUT_FOLDER_CALENDAR, "calendar" }, { TW_LAYOUT_FOLDER_TASKS, "tasks" },
        { TW_LAYOUT_FOLDER_CONTACTS, "contacts" }, { TW_LAYOUT_FOLDER_JOURNAL, "journal" },
        { TW_LAYOUT_FOLDER_NOTES, "notes" },
    };

    for (guint i = 0; chosen == NULL && i < G_N_ELEMENTS(words); i++) {
        if (defaults->numbers[words[i].key] == number)
            return g_strdup(words[i].segment);
    }
    return chosen != NULL ? g_strdup(chosen) : g_strdup_printf("id_%u", number);
}

/* A folder of calendar items, tasks or contacts that may be read, or NULL for any other. */
static TwDavFolder *
folder_of(TwDavCall *call,
          const TwDavOwner *owner,
          const TwMailboxFolders *defaults,
          const TwFolderEntry *entry)
{
    g_auto(TwFolderPropsArgs) props = { .store = owner->store, .folder = entry->row->id };
    guint32 tag = tw_dav_named_tag(call, TW_NameCaldavFolderId);
    guint32 components = tw_dav_components_tag(call);
    TwPropValue hidden;
    const char *chosen;
    TwDavFolder *folder;
    TwDavHolds holds;

    if (!(entry->rights & TW_RIGHT_READ) || entry->row->type == TW_FOLDER_SEARCH ||
        !tw_session_folder_props(call->session, &props, NULL) || props.object == NULL ||
        !holds_of(tw_object_get_text(props.object, PR_CONTAINER_CLASS, ""), &holds) ||
        (tw_object_get(props.object, PR_ATTR_HIDDEN, &hidden) && hidden.truth))
        return NULL;
    chosen = tag != 0 ? tw_object_get_text(props.object, tag, NULL) : NULL;
    folder = g_new0(TwDavFolder, 1);
    folder->number = entry->row->id;
    folder->name = g_strdup(entry->row->name);
    folder->segment = segment_of(defaults, entry->row->id, chosen);
    folder->holds = holds;
    folder->takes = tw_dav_folder_takes(
        holds, components != 0 ? tw_object_get_text(props.object, components, NULL) : NULL);
    folder->rights = entry->rights;
    folder->props = g_steal_pointer(&props.object);
    return folder;
}

/* What somebody threw away. */
static gboolean
is_deleted(const TwMailboxFolders *defaults, guint32 number)
{
    return number == defaults->numbers[TW_LAYOUT_FOLDER_DELETED];
}

static void
add_folders(TwDavCall *call, const TwDavOwner *owner, TwDavShelf *shelf, const GArray *rows)
{
    guint below = 0; /* depth of a folder that is passed over with all in it */

    for (guint i = 0; i < rows->len; i++) {
        const TwFolderEntry *entry = &g_array_index(rows, TwFolderEntry, i);
        TwDavFolder *folder;
        if (below > 0 && entry->depth > below)
            continue;
        below = is_deleted(&shelf->defaults, entry->row->id) ? entry->depth : 0;
        folder = below == 0 ? folder_of(call, owner, &shelf->defaults, entry) : NULL;
        if (folder != NULL)
            g_ptr_array_add(shelf->folders, folder);
    }
}

/* What is there in every home of one's own, and not a folder by itself. */
static TwDavFolder *
fixed_folder(TwDavHolds holds, const char *name, const char *segment)
{
    TwDavFolder *folder = g_new0(TwDavFolder, 1);

    folder->name = g_strdup(name);
    folder->segment = g_strdup(segment);
    folder->holds = holds;
    folder->rights = TW_RIGHT_READ | TW_RIGHT_VISIBLE;
    return folder;
}

/* The inbox of meetings is a look at the Inbox: clients delete what they have dealt with, and keep properties there. */
static TwDavFolder *
inbox_folder(TwDavCall *call, const TwDavOwner *owner, guint32 number)
{
    g_auto(TwFolderPropsArgs) props = { .store = owner->store, .folder = number };
    TwDavFolder *folder = fixed_folder(TW_DAV_HOLDS_INBOX, "Schedule Inbox", TW_DAV_INBOX);

    folder->number = number;
    folder->rights |= TW_RIGHT_DELETE;
    if (tw_session_folder_props(call->session, &props, NULL))
        folder->props = g_steal_pointer(&props.object);
    return folder;
}

static void
add_fixed(TwDavCall *call, const TwDavOwner *owner, TwDavShelf *shelf)
{
    g_ptr_array_add(shelf->folders,
                    fixed_folder(TW_DAV_HOLDS_DIRECTORY, "Global Address Book", TW_DAV_DIRECTORY));
    g_ptr_array_add(shelf->folders,
                    inbox_folder(call, owner, shelf->defaults.numbers[TW_LAYOUT_FOLDER_INBOX]));
    g_ptr_array_add(shelf->folders,
                    fixed_folder(TW_DAV_HOLDS_OUTBOX, "Schedule Outbox", TW_DAV_OUTBOX));
}

static gboolean
sees_calendar(const TwDavShelf *shelf)
{
    for (guint i = 0; i < shelf->folders->len; i++) {
        const TwDavFolder *folder = shelf->folders->pdata[i];
        if (folder->number == shelf->defaults.numbers[TW_LAYOUT_FOLDER_CALENDAR])
            return TRUE;
    }
    return FALSE;
}

/* Who deals with somebody else's meetings, by rights on the calendar and on the Inbox, sees what came for them. */
static void
add_inbox_of_other(TwDavCall *call, const TwDavOwner *owner, TwDavShelf *shelf, const GArray *rows)
{
    guint32 number = shelf->defaults.numbers[TW_LAYOUT_FOLDER_INBOX];

    if (!sees_calendar(shelf))
        return;
    for (guint i = 0; i < rows->len; i++) {
        const TwFolderEntry *entry = &g_array_index(rows, TwFolderEntry, i);
        TwDavFolder *inbox;
        if (entry->row->id != number || !(entry->rights & TW_RIGHT_READ))
            continue;
        inbox = inbox_folder(call, owner, number);
        inbox->rights = entry->rights;
        g_ptr_array_add(shelf->folders, inbox);
    }
}

static gboolean
fill(TwDavCall *call, const TwDavOwner *owner, TwDavShelf *shelf, GError **error)
{
    g_auto(TwFolderListArgs) list = { .store = owner->store, .deep = TRUE };

    if (!tw_mailbox_folders(call->session, &owner->store,
                            owner->is_public ? TW_LAYOUT_PUBLIC : TW_LAYOUT_PRIVATE,
                            &shelf->defaults, error))
        return FALSE;
    list.folder = shelf->defaults.numbers[TW_LAYOUT_FOLDER_IPM_SUBTREE];
    if (!tw_session_folder_list(call->session, &list, error))
        return FALSE;
    add_folders(call, owner, shelf, list.rows);
    if (owner->own)
        add_fixed(call, owner, shelf);
    else if (!owner->is_public)
        add_inbox_of_other(call, owner, shelf, list.rows);
    return TRUE;
}

static TwDavShelf *
look_up(TwDav *dav, const char *key, guint64 stamp)
{
    TwDavShelf *known;
    TW_LOCK_SCOPE(&dav->lock);

    known = g_hash_table_lookup(dav->shelves, key);
    return known != NULL && known->stamp == stamp ? g_atomic_rc_box_acquire(known) : NULL;
}

static void
keep(TwDav *dav, char *key, TwDavShelf *shelf)
{
    TW_LOCK_SCOPE(&dav->lock);

    if (g_hash_table_size(dav->shelves) >= TW_DAV_MAX_INDEXES)
        g_hash_table_remove_all(dav->shelves);
    g_hash_table_insert(dav->shelves, key, g_atomic_rc_box_acquire(shelf));
}

TwDavShelf *
tw_dav_shelf_get(TwDavCall *call, const TwDavOwner *owner, GError **error)
{
    g_auto(TwStoreStampArgs) stamp = { .store = owner->store };
    char guid[TW_GUID_TEXT_SIZE];
    g_autofree char *key = NULL;
    g_autoptr(TwDavShelf) shelf = NULL;

    if (!tw_session_store_stamp(call->session, &stamp, error))
        return NULL;
    tw_guid_print(&owner->store, TW_GUID_BRACED, guid);
    key = g_strdup_printf("%u/%s", call->who.user, guid);
    shelf = look_up(call->dav, key, stamp.stamp);
    if (shelf != NULL)
        return g_steal_pointer(&shelf);
    shelf = g_atomic_rc_box_new0(TwDavShelf);
    shelf->stamp = stamp.stamp;
    shelf->folders = g_ptr_array_new_with_free_func(folder_free);
    if (!fill(call, owner, shelf, error))
        return NULL;
    keep(call->dav, g_steal_pointer(&key), shelf);
    return g_steal_pointer(&shelf);
}
