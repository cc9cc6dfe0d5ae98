/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a session adds to what the store makes for an object that is loaded: what it may do with it, who it is itself, whose the store is
 * and who made and changed a message (spec/mapi-soap.md 7.2, 8.4, 14.2). And what it writes down of itself when it saves.
 */
#include "session/ops-private.h"

#include "base/error.h"
#include "mapi/entryid.h"
#include "mapi/props.h"
#include "mapi/tags.h"
#include "session/book-row.h"
#include "store/computed.h"

enum {
    ACCESS_READ = 2,       /* of PR_ACCESS: all other bits are of writing */
    DEFAULT_LOCALE = 1033, /* of sorting: the server's default, en_US (spec/mapi-soap.md 8.5) */
};

/* ---- who ---- */

/* Somebody of the address book, as a pair of properties. */
typedef struct {
    TwBookId id;
    const char *name;
} Who;

static Who
session_user(const TwLocalCall *call)
{
    return (Who){ { TW_BOOK_USER, call->who->number, call->who->id }, call->who->full_name };
}

static gboolean
store_owner(const TwLocalCall *call, guint32 number, Who *ret)
{
    const TwDirectoryObject *owner =
        number != 0 ? tw_directory_snapshot_get(call->snapshot, number) : NULL;

    if (owner == NULL)
        return FALSE;
    ret->id = tw_book_row_id(owner);
    ret->name = tw_book_row_name(owner);
    return TRUE;
}

static void
put_who(TwPropsBuilder *builder, const Who *who, guint32 name_tag, guint32 id_tag)
{
    g_auto(TwBuffer) id = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);

    tw_book_id_write(&who->id, &id);
    tw_props_builder_set(builder, tw_value_str(name_tag, who->name));
    tw_props_builder_set(builder, tw_value_bytes(id_tag, id.data, id.len));
}

gboolean
tw_local_sign_change(const TwLocalCall *call, TwObject *object, gboolean sync, GError **error)
{
    g_auto(TwBuffer) id = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    Who who = session_user(call);
    TwPropValue value;

    if (sync && tw_object_has(object, PR_LAST_MODIFIER_ENTRYID))
        return TRUE;
    tw_book_id_write(&who.id, &id);
    value = tw_value_bytes(PR_LAST_MODIFIER_ENTRYID, id.data, id.len);
    if (!tw_object_set(object, &value, error))
        return FALSE;
    value = tw_value_str(PR_LAST_MODIFIER_NAME, who.name);
    return tw_object_set(object, &value, error);
}

/* ---- bags ---- */

static gboolean
begin(TwPropsBuilder *builder, GBytes *bag, GError **error)
{
    TwProps props;

    if (bag == NULL || !tw_props_open_bytes(bag, &props, error))
        return FALSE;
    tw_props_builder_merge(builder, &props);
    return TRUE;
}

static void
put_access(TwPropsBuilder *builder, guint32 access)
{
    tw_props_builder_set(builder, tw_value_long(PR_ACCESS, access));
    tw_props_builder_set(builder,
                         tw_value_long(PR_ACCESS_LEVEL, (access & ~(guint32) ACCESS_READ) != 0));
}

/* Mail that was delivered, and what the owner or an administrator made, has nobody written down: it is the owner's. */
static void
put_makers(const TwLocalCall *call, const TwObject *object, TwPropsBuilder *builder)
{
    Who owner;

    if (!store_owner(call, call->access->place.owner, &owner))
        return;
    if (!tw_object_has(object, PR_CREATOR_ENTRYID))
        put_who(builder, &owner, PR_CREATOR_NAME, PR_CREATOR_ENTRYID);
    if (!tw_object_has(object, PR_LAST_MODIFIER_ENTRYID))
        put_who(builder, &owner, PR_LAST_MODIFIER_NAME, PR_LAST_MODIFIER_ENTRYID);
}

GBytes *
tw_local_message_computed(const TwLocalCall *call,
                          const TwMessageRow *row,
                          TwObject *object,
                          GError **error)
{
    g_autoptr(GBytes) bag = tw_message_computed(call->store, row, object, error);
    guint32 rights = tw_rights_of(call->rights, row->folder);
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    if (!begin(&builder, bag, error))
        return NULL;
    put_access(&builder, tw_rights_access(rights, FALSE, tw_access_is_own(call, object)));
    put_makers(call, object, &builder);
    return tw_props_builder_finish_bytes(&builder, error);
}

/* What may be known of a folder that is seen by its name alone: which it is and where. */
static gboolean
is_name(guint32 tag)
{
    static const guint32 tags[] = {
        PR_ENTRYID,          PR_RECORD_KEY,        PR_SOURCE_KEY,
        PR_PARENT_ENTRYID,   PR_PARENT_SOURCE_KEY, PR_STORE_ENTRYID,
        PR_STORE_RECORD_KEY, PR_MAPPING_SIGNATURE, PR_DISPLAY_NAME,
        PR_OBJECT_TYPE,      PR_FOLDER_TYPE,       PR_EC_HIERARCHYID,
        PR_CONTAINER_CLASS,  PR_SUBFOLDERS,        PR_EC_PARENT_HIERARCHYID,
    };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (tags[i] >> 16 == tag >> 16)
            return TRUE;
    }
    return FALSE;
}

void
tw_local_keep_names(TwObject *object)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        if (!is_name(tag) && !tw_rights_shows_store_prop(tag)) /* the root points to folders, too */
            tw_object_remove(object, tag);
    }
}

GBytes *
tw_local_folder_computed(const TwLocalCall *call, GError **error)
{
    g_autoptr(GBytes) bag = tw_folder_computed(call->store, call->folder, error);
    guint32 rights = tw_rights_of(call->rights, call->folder);
    g_auto(TwPropsBuilder) builder;
    TwPropValue value;
    TwProps props;

    tw_props_builder_init(&builder);
    if (bag == NULL || !tw_props_open_bytes(bag, &props, error))
        return NULL;
    for (guint i = 0; tw_props_at(&props, i, &value); i++) {
        if (rights != 0 || is_name(value.tag))
            tw_props_builder_set(&builder, value);
    }
    put_access(&builder, tw_rights_access(rights, TRUE, FALSE));
    tw_props_builder_set(&builder, tw_value_long(PR_RIGHTS, rights));
    return tw_props_builder_finish_bytes(&builder, error);
}

static void
put_display_name(TwStoreKind kind,
                 const TwObject *object,
                 const Who *owner,
                 TwPropsBuilder *builder)
{
    gboolean follows = kind == TW_STORE_PRIVATE; /* it is called what its owner is called now */
    const char *name = kind == TW_STORE_PUBLIC ? "Public folder" : owner->name;

    if (follows || !tw_object_has(object, PR_DISPLAY_NAME))
        tw_props_builder_set(builder, tw_value_str(PR_DISPLAY_NAME, name));
}

GBytes *
tw_local_mailbox_computed(const TwLocalCall *call,
                          const TwLocalMailbox *mailbox,
                          const TwObject *object,
                          GError **error)
{
    static const guint32 figures[] = { PR_MESSAGE_SIZE_EXTENDED, PR_QUOTA_WARNING_THRESHOLD,
                                       PR_QUOTA_SEND_THRESHOLD, PR_QUOTA_RECEIVE_THRESHOLD };
    g_autoptr(GBytes) bag = tw_store_computed(mailbox->store, error);
    g_auto(TwPropsBuilder) builder;
    Who user = session_user(call);
    Who owner;

    tw_props_builder_init(&builder);
    if (!begin(&builder, bag, error))
        return NULL;
    for (guint i = 0; !mailbox->full && i < G_N_ELEMENTS(figures); i++)
        tw_props_builder_remove(&builder, figures[i]);
    put_access(&builder, tw_rights_access(mailbox->rights, TRUE, FALSE));
    put_who(&builder, &user, PR_USER_NAME, PR_USER_ENTRYID);
    if (store_owner(call, mailbox->owner, &owner)) {
        put_who(&builder, &owner, PR_MAILBOX_OWNER_NAME, PR_MAILBOX_OWNER_ENTRYID);
        put_display_name(mailbox->kind, object, &owner, &builder);
    }
    if (!tw_object_has(object, PR_SORT_LOCALE_ID))
        tw_props_builder_set(&builder, tw_value_long(PR_SORT_LOCALE_ID, DEFAULT_LOCALE));
    return tw_props_builder_finish_bytes(&builder, error);
}

GBytes *
tw_local_store_computed(const TwLocalCall *call, const TwObject *object, GError **error)
{
    TwLocalMailbox mailbox = {
        .store = call->store,
        .owner = call->access->place.owner,
        .kind = call->access->kind,
        .rights = tw_rights_of(call->rights, call->access->root),
        .full = tw_rights_relation_of(call->rights) == TW_RELATION_FULL,
    };

    return tw_local_mailbox_computed(call, &mailbox, object, error);
}
