/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Executing a plan. Order: folders from the top, each with its class in one operation and then its rights; receive folders;
 * hidden messages; last the pointers of Inbox, root and store. Clients look at the store's pointers first, so a store
 * without them is one that is not finished, and whatever was made before is found again by its name.
 */
#include "groupware/mailbox-private.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "groupware/pointers.h"
#include "mapi/entryid.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    MOST_CHANGES = 64,           /* properties of one place */
    MOST_POINTERS_LEN = 1u << 20 /* bytes of all of them */
};

typedef struct {
    Mailbox *mailbox;
    const TwMailboxSpec *spec;
    gboolean look_only;
    TwMailboxMissing missing;
} Fill;

/* ---- folders ---- */

static gboolean
is_called(const TwFolderEntry *entry, const char *name)
{
    g_autofree char *a = tw_text_name_key(entry->row->name, strlen(entry->row->name), NULL);
    g_autofree char *b = tw_text_name_key(name, strlen(name), NULL);

    return g_strcmp0(a, b) == 0;
}

/* A folder left by a fill that was interrupted, or made by a client that forgot the pointer: by its name in the language of the
 * plan, else in any. */
static guint32
find_by_name(const Mailbox *mailbox, const TwLayoutFolder *folder, guint32 parent)
{
    guint32 found = 0;

    for (guint i = 0; i < mailbox->list->len; i++) {
        const TwFolderEntry *entry = &g_array_index(mailbox->list, TwFolderEntry, i);
        if (entry->row->parent != parent || tw_mailbox_is_taken(mailbox, entry->row->id))
            continue;
        if (is_called(entry, folder->name))
            return entry->row->id;
        if (found == 0 && tw_layout_is_name(folder->key, entry->row->name))
            found = entry->row->id;
    }
    return found;
}

static guint
folder_values(const TwLayoutFolder *folder, TwPropValue values[2])
{
    guint count = 0;

    if (folder->container_class != NULL)
        values[count++] = tw_value_str(PR_CONTAINER_CLASS, folder->container_class);
    if ((folder->flags & TW_LAYOUT_HIDDEN) != 0)
        values[count++] = tw_value_bool(PR_ATTR_HIDDEN, TRUE);
    return count;
}

static gboolean
make_folder(Fill *fill, const TwLayoutFolder *folder, guint32 parent, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    TwPropValue values[2];
    g_auto(TwFolderCreateArgs) make = {
        .store = mailbox->store,
        .folder = parent,
        .name = folder->name,
        .type = (folder->flags & TW_LAYOUT_SEARCH) != 0 ? TW_FOLDER_SEARCH : TW_FOLDER_GENERIC,
        .changes = { .values = values, .value_count = folder_values(folder, values) },
    };

    fill->missing.folders++;
    if (fill->look_only)
        return TRUE;
    if (!tw_session_folder_create(mailbox->session, &make, error))
        return FALSE;
    mailbox->folders[folder->key] = make.created;
    return TRUE;
}

/* A folder that was there may have lost what clients know it by. A class of its own it keeps. */
static gboolean
mend_folder(Fill *fill, const TwLayoutFolder *folder, guint32 number, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    TwPropValue wanted[2], missing[2];
    guint count = folder_values(folder, wanted), missing_count = 0;
    g_auto(TwFolderPropsArgs) props = { .store = mailbox->store, .folder = number };
    g_auto(TwFolderChangePropsArgs) change = { .store = mailbox->store, .folder = number };

    if (count == 0)
        return TRUE;
    if (!tw_session_folder_props(mailbox->session, &props, error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        if (!tw_object_has(props.object, wanted[i].tag))
            missing[missing_count++] = wanted[i];
    }
    fill->missing.properties += missing_count;
    if (missing_count == 0 || fill->look_only)
        return TRUE;
    change.changes = (TwPropChanges){ .values = missing, .value_count = missing_count };
    return tw_session_folder_change_props(mailbox->session, &change, error);
}

/* Only where no pointer led yet: later the rights are the owner's business. */
static gboolean
give_rights(Fill *fill, const TwLayoutFolder *folder, guint32 number, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    TwPermission row = { .principal = fill->spec->everyone, .rights = folder->everyone };
    g_auto(TwPermissionsArgs) there = { .store = mailbox->store, .folder = number };
    g_auto(TwPermissionsSetArgs)
        set = { .store = mailbox->store, .folder = number, .rows = { .items = &row, .count = 1 } };

    if (folder->everyone == 0 || mailbox->led[folder->key])
        return TRUE;
    if (number != 0 && !tw_session_permissions(mailbox->session, &there, error))
        return FALSE;
    for (guint i = 0; number != 0 && i < there.rows->len; i++) {
        if (g_array_index(there.rows, TwPermission, i).principal == row.principal)
            return TRUE;
    }
    fill->missing.rights++;
    return fill->look_only || tw_session_permissions_set(mailbox->session, &set, error);
}

static gboolean
fill_folder(Fill *fill, const TwLayoutFolder *folder, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    guint32 parent = mailbox->folders[folder->parent];
    guint32 *number = &mailbox->folders[folder->key];

    if (*number == 0 && parent != 0)
        *number = find_by_name(mailbox, folder, parent);
    if (*number == 0 ? !make_folder(fill, folder, parent, error)
                     : !mend_folder(fill, folder, *number, error))
        return FALSE;
    return give_rights(fill, folder, *number, error);
}

static gboolean
fill_folders(Fill *fill, GError **error)
{
    const TwLayoutPlan *plan = &fill->mailbox->plan;

    for (guint i = 0; i < plan->folders_count; i++) {
        if (!fill_folder(fill, &plan->folders[i], error)) {
            g_prefix_error(error, "folder %s: ", plan->folders[i].name);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- receive folders ---- */

static gboolean
has_receive_row(const Mailbox *mailbox, const TwLayoutReceive *wanted)
{
    for (guint i = 0; mailbox->receive != NULL && i < mailbox->receive->len; i++) {
        const TwReceiveFolder *row = &g_array_index(mailbox->receive, TwReceiveFolder, i);
        if (g_ascii_strcasecmp(row->message_class, wanted->message_class) != 0)
            continue;
        /* a row to a folder that is gone, or to the root instead of the Inbox, is as good as none */
        return row->folder == mailbox->folders[wanted->folder] ||
               g_hash_table_contains(mailbox->live, GUINT_TO_POINTER(row->folder));
    }
    return FALSE;
}

static gboolean
fill_receive(Fill *fill, GError **error)
{
    Mailbox *mailbox = fill->mailbox;

    for (guint i = 0; i < mailbox->plan.receive_count; i++) {
        const TwLayoutReceive *wanted = &mailbox->plan.receive[i];
        g_auto(TwReceiveFolderSetArgs) set = { .store = mailbox->store,
                                               .message_class = wanted->message_class,
                                               .folder = mailbox->folders[wanted->folder] };
        if (has_receive_row(mailbox, wanted))
            continue;
        fill->missing.receive_folders++;
        if (!fill->look_only && !tw_session_receive_folder_set(mailbox->session, &set, error)) {
            g_prefix_error(error, "receive folder of \"%s\": ", wanted->message_class);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- messages ---- */

static gboolean
is_message(const TwMessageRow *row, const TwLayoutMessage *wanted)
{
    TwPropValue value;
    TwHead head;
    gsize len;
    const guint8 *data = row->head == NULL ? NULL : g_bytes_get_data(row->head, &len);

    return data != NULL && tw_head_open(data, len, &head, NULL) &&
           tw_head_get(&head, PR_MESSAGE_CLASS, &value) == TW_HEAD_FOUND &&
           g_ascii_strcasecmp(value.text, wanted->message_class) == 0;
}

/* Sets *@ret to the one the pointer leads to if it is there, else to one of that class in the folder, else to 0. */
static gboolean
find_message(Mailbox *mailbox, const TwLayoutMessage *wanted, guint32 *ret, GError **error)
{
    guint32 folder = mailbox->folders[wanted->folder], led_to = *ret;
    g_auto(TwMessageListArgs) list = {
        .store = mailbox->store,
        .folder = folder,
        .state = wanted->associated ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL,
        .heads = TRUE,
    };

    *ret = 0;
    if (folder == 0)
        return TRUE;
    do {
        if (!tw_session_message_list(mailbox->session, &list, error))
            return FALSE;
        for (guint i = 0; i < list.rows->len; i++) {
            const TwMessageRow *row = &g_array_index(list.rows, TwMessageRow, i);
            list.after = row->mid;
            if (is_message(row, wanted) && (*ret == 0 || row->mid == led_to))
                *ret = row->mid;
        }
    } while (list.rows->len > 0 && (led_to == 0 ? *ret == 0 : *ret != led_to));
    return TRUE;
}

static TwObject *
build_message(const TwLayoutMessage *wanted, GError **error)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    TwPropValue class = tw_value_str(PR_MESSAGE_CLASS, wanted->message_class);
    TwPropValue subject = tw_value_str(PR_SUBJECT, wanted->subject);

    if (!tw_object_set(object, &class, error) || !tw_object_set(object, &subject, error))
        return NULL;
    for (guint i = 0; i < wanted->values_count; i++) {
        guint32 tag = wanted->values[i].tag, number = wanted->values[i].value;
        TwPropValue value = tw_prop_tag_type(tag) == TW_PT_BOOLEAN ? tw_value_bool(tag, number != 0)
                                                                   : tw_value_long(tag, number);
        if (!tw_object_set(object, &value, error))
            return NULL;
    }
    return g_steal_pointer(&object);
}

static gboolean
fill_message(Fill *fill, const TwLayoutMessage *wanted, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    guint32 *number = &mailbox->messages[wanted->key];
    g_autoptr(TwObject) object = NULL;
    g_auto(TwMessageCreateArgs) make = { .store = mailbox->store,
                                         .folder = mailbox->folders[wanted->folder],
                                         .associated = wanted->associated };

    if (!find_message(mailbox, wanted, number, error))
        return FALSE;
    if (*number != 0)
        return TRUE;
    fill->missing.messages++;
    if (fill->look_only)
        return TRUE;
    object = build_message(wanted, error);
    make.object = object;
    if (object == NULL || !tw_session_message_create(mailbox->session, &make, error))
        return FALSE;
    *number = make.made.mid;
    return TRUE;
}

static gboolean
fill_messages(Fill *fill, GError **error)
{
    const TwLayoutPlan *plan = &fill->mailbox->plan;

    for (guint i = 0; i < plan->messages_count; i++) {
        if (!fill_message(fill, &plan->messages[i], error)) {
            g_prefix_error(error, "message %s: ", plan->messages[i].subject);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- pointers ---- */

/* The changes of one place. Values of earlier pieces of a property are what later pieces begin with. */
typedef struct {
    TwPropValue values[MOST_CHANGES];
    TwBuffer bytes[MOST_CHANGES]; /* what they borrow from */
    guint count;
} Changes;

static void
changes_clear(Changes *changes)
{
    for (guint i = 0; i < changes->count; i++)
        tw_buffer_clear(&changes->bytes[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changes, changes_clear)

static guint32
pointed_number(const Mailbox *mailbox, const TwLayoutPointer *pointer)
{
    return pointer->message != TW_LAYOUT_MESSAGE_NONE ? mailbox->messages[pointer->message]
                                                      : mailbox->folders[pointer->folder];
}

/* The one entry id of what a pointer shall lead to. */
static GBytes *
entry_id_of(Fill *fill, const TwLayoutPointer *pointer, GError **error)
{
    const Mailbox *mailbox = fill->mailbox;
    guint32 number = pointed_number(mailbox, pointer);
    g_auto(TwFolderKeysArgs) folder = { .store = mailbox->store, .folder = number };
    g_auto(TwMessageKeysArgs) message = { .store = mailbox->store, .message = number };

    if (pointer->message == TW_LAYOUT_MESSAGE_NONE)
        return tw_session_folder_keys(mailbox->session, &folder, error)
                   ? g_steal_pointer(&folder.entry_id)
                   : NULL;
    return tw_session_message_keys(mailbox->session, &message, error)
               ? g_steal_pointer(&message.entry_id)
               : NULL;
}

static gboolean
add_pointer(Fill *fill,
            MailboxPlace place,
            const TwLayoutPointer *pointer,
            Changes *changes,
            GError **error)
{
    const Mailbox *mailbox = fill->mailbox;
    g_autoptr(GBytes) id = entry_id_of(fill, pointer, error);
    const TwPropValue *old = NULL;
    TwPropValue stored, *last = changes->count == 0 ? NULL : &changes->values[changes->count - 1];
    guint next = changes->count;

    if (last != NULL && last->tag == pointer->tag)
        old = last;
    else if (mailbox->objects[place] != NULL &&
             tw_object_get(mailbox->objects[place], pointer->tag, &stored) &&
             stored.tag == pointer->tag)
        old = &stored;
    g_return_val_if_fail(next < MOST_CHANGES, FALSE);
    if (id == NULL)
        return FALSE;
    changes->bytes[next] = (TwBuffer) TW_BUFFER_INIT(MOST_POINTERS_LEN);
    changes->count++;
    if (!tw_pointer_set(old, pointer->tag, pointer->form, pointer->number,
                        g_bytes_get_data(id, NULL), g_bytes_get_size(id), &changes->bytes[next],
                        &changes->values[next], error))
        return FALSE;
    if (old != last || last == NULL)
        return TRUE;
    /* the new value takes the place of the piece it began with */
    tw_buffer_clear(&changes->bytes[next - 1]);
    changes->bytes[next - 1] = changes->bytes[next];
    changes->values[next - 1] = changes->values[next];
    changes->count--;
    return TRUE;
}

static gboolean
save_changes(Fill *fill, MailboxPlace place, const Changes *changes, GError **error)
{
    Mailbox *mailbox = fill->mailbox;
    TwPropChanges set = { .values = changes->values, .value_count = changes->count };
    guint32 folder = place == MAILBOX_INBOX ? mailbox->folders[TW_LAYOUT_FOLDER_INBOX] : 0;
    g_auto(TwStoreChangePropsArgs) store = { .store = mailbox->store, .changes = set };
    g_auto(TwFolderChangePropsArgs)
        props = { .store = mailbox->store, .folder = folder, .changes = set };

    if (changes->count == 0 || fill->look_only)
        return TRUE;
    return place == MAILBOX_STORE ? tw_session_store_change_props(mailbox->session, &store, error)
                                  : tw_session_folder_change_props(mailbox->session, &props, error);
}

/* What a store has besides pointers. */
static void
add_store_values(Fill *fill, Changes *changes)
{
    const Mailbox *mailbox = fill->mailbox;
    const TwObject *object = mailbox->objects[MAILBOX_STORE];
    guint32 mask = tw_object_get_long(object, PR_VALID_FOLDER_MASK, 0);

    if ((mask & mailbox->plan.valid_folders) != mailbox->plan.valid_folders) {
        changes->values[changes->count++] =
            tw_value_long(PR_VALID_FOLDER_MASK, mask | mailbox->plan.valid_folders);
        fill->missing.properties++;
    }
}

static gboolean
fill_place(Fill *fill, MailboxPlace place, GError **error)
{
    const Mailbox *mailbox = fill->mailbox;
    g_auto(Changes) changes = { .count = 0 };

    for (guint i = 0; i < mailbox->plan.pointers_count; i++) {
        const TwLayoutPointer *pointer = &mailbox->plan.pointers[i];
        guint32 number;

        if ((pointer->places & tw_mailbox_place_bit(place)) == 0)
            continue;
        if (!tw_mailbox_target(mailbox, pointer, place, &number, error))
            return FALSE;
        if (number != 0 && number == pointed_number(mailbox, pointer))
            continue;
        fill->missing.properties++;
        if (!fill->look_only && !add_pointer(fill, place, pointer, &changes, error))
            return FALSE;
    }
    if (place == MAILBOX_STORE)
        add_store_values(fill, &changes);
    return save_changes(fill, place, &changes, error);
}

/* ---- the whole ---- */

gboolean
tw_mailbox_fill(TwSession *session,
                const TwGuid *store,
                const TwMailboxSpec *spec,
                gboolean look_only,
                TwMailboxMissing *ret,
                GError **error)
{
    g_auto(Mailbox) mailbox = { .session = session, .store = *store };
    Fill fill = { .mailbox = &mailbox, .spec = spec, .look_only = look_only };
    gboolean has_inbox;

    tw_layout_plan(spec->kind, spec->language, &mailbox.plan);
    has_inbox = tw_layout_plan_folder(&mailbox.plan, TW_LAYOUT_FOLDER_INBOX) != NULL;
    if (!tw_mailbox_look(&mailbox, error) || !fill_folders(&fill, error) ||
        !fill_receive(&fill, error) || !fill_messages(&fill, error) ||
        !tw_mailbox_look_at_inbox(&mailbox, error) ||
        (has_inbox && !fill_place(&fill, MAILBOX_INBOX, error)) ||
        !fill_place(&fill, MAILBOX_ROOT, error) || !fill_place(&fill, MAILBOX_STORE, error))
        return FALSE;
    if (ret != NULL)
        *ret = fill.missing;
    return TRUE;
}

/* ---- making ---- */

TwMailboxSpec
tw_mailbox_spec(guint32 owner, TwStoreKind kind, const char *language)
{
    static const TwLayoutKind kinds[] = { [TW_STORE_PRIVATE] = TW_LAYOUT_PRIVATE,
                                          [TW_STORE_PUBLIC] = TW_LAYOUT_PUBLIC,
                                          [TW_STORE_ARCHIVE] = TW_LAYOUT_ARCHIVE };

    return (TwMailboxSpec){ .kind = kinds[kind],
                            .language = language,
                            .everyone = kind == TW_STORE_PUBLIC ? owner : TW_DIRECTORY_EVERYONE };
}

gboolean
tw_mailbox_create(TwSession *session,
                  guint32 owner,
                  TwStoreKind kind,
                  const char *language,
                  TwGuid *ret,
                  GError **error)
{
    TwMailboxSpec spec = tw_mailbox_spec(owner, kind, language);
    g_auto(TwStoreFindArgs) find = { .owner = owner, .kind = kind };
    g_auto(TwStoreCreateArgs) make = { .user = owner, .kind = kind };
    g_autoptr(GError) local = NULL;

    if (tw_session_store_find(session, &find, &local)) {
        *ret = find.store;
    } else if (!g_error_matches(local, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    } else if (tw_session_store_create(session, &make, error)) {
        *ret = make.store;
    } else {
        return FALSE;
    }
    return tw_mailbox_fill(session, ret, &spec, FALSE, NULL, error);
}
