/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* loadObject and loadProp: an object with what the server adds to it, and values too large for it. Source:
 * spec/mapi-soap.md 6.2, 7.2. */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    /* tags of this server that the tables of MAPI have not: spec/mapi-soap.md 19.10 */
    TAG_EC_IMAP_ID = 0x67820003,
    TAG_EC_IMAP_EMAIL = 0x678C0102,
    TAG_QUOTA_WARNING = 0x67210003,
    TAG_QUOTA_SEND = 0x67220003,
    TAG_QUOTA_RECEIVE = 0x67230003,
    TAG_SORT_LOCALE = 0x67050003,

    ACCESS_ALL_FOLDER = 63,
    ACCESS_ALL_MESSAGE = 7,
    LOCALE = 0x0409,         /* of tables without another one: en_US */
    VALUE_MOST = 90 << 20,   /* bytes of a value that is given whole */
    LOAD_CHECK = 0x80000000, /* of ulFlags: look at whether it is deleted */
    LOAD_DELETED = 0x400,    /* with it: it must be, else it must not be */
};

/* Sets one property after the other, until one fails. */
typedef struct {
    TwObject *object;
    GError **error;
    gboolean failed;
} Adder;

static void
add(Adder *adder, TwPropValue value)
{
    if (!adder->failed && !tw_object_set(adder->object, &value, adder->error))
        adder->failed = TRUE;
}

static void
add_bytes(Adder *adder, guint32 tag, GBytes *bytes)
{
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return;
    data = g_bytes_get_data(bytes, &len);
    add(adder, tw_value_bytes(tag, data, (guint32) len));
}

static void
add_span(Adder *adder, guint32 tag, TwSoapBytes bytes)
{
    add(adder, tw_value_bytes(tag, bytes.data, (guint32) bytes.len));
}

static void
add_keys(Adder *adder, GBytes *entry_id, const TwSyncKeys *keys)
{
    add_bytes(adder, PR_RECORD_KEY, entry_id);
    add_bytes(adder, PR_SOURCE_KEY, keys->source_key);
    add_bytes(adder, PR_PARENT_SOURCE_KEY, keys->parent_source_key);
    add_bytes(adder, PR_CHANGE_KEY, keys->change_key);
    add_bytes(adder, PR_PREDECESSOR_CHANGE_LIST, keys->change_list);
}

/* PR_ACCESS of what rights give: spec/mapi-soap.md 14.2. */
static guint32
folder_access(guint32 rights)
{
    guint32 access = 2;

    if ((rights & TW_RIGHT_ALL) == TW_RIGHT_ALL)
        return ACCESS_ALL_FOLDER;
    if ((rights & TW_RIGHT_OWNER) != 0)
        access |= 1 | 4;
    if ((rights & TW_RIGHT_SUBFOLDER) != 0)
        access |= 8;
    if ((rights & TW_RIGHT_CREATE) != 0)
        access |= 0x10 | 0x20;
    return access;
}

static guint32
message_access(guint32 rights)
{
    guint32 access = 2;

    if ((rights & TW_RIGHT_ALL) == TW_RIGHT_ALL)
        return ACCESS_ALL_MESSAGE;
    if ((rights & TW_RIGHT_EDIT) != 0)
        access |= 1;
    if ((rights & TW_RIGHT_DELETE) != 0)
        access |= 4;
    return access;
}

static void
add_access(Adder *adder, guint32 access)
{
    add(adder, tw_value_long(PR_ACCESS, access));
    add(adder, tw_value_long(PR_ACCESS_LEVEL, (access & ~2u) != 0));
}

static gboolean
add_signature(TwSoapdCall *call, Adder *adder, GError **error)
{
    g_auto(TwServerInfoArgs) server = { 0 };

    if (!tw_session_server_info(call->session, &server, error))
        return FALSE;
    add(adder, tw_value_bytes(PR_MAPPING_SIGNATURE, server.guid.bytes, TW_GUID_LEN));
    return TRUE;
}

/* ---- store ---- */

static void
add_quota(TwSoapdCall *call, Adder *adder, guint32 owner)
{
    g_auto(TwQuotaGetArgs) quota = { .user = owner };

    if (owner < TW_DIRECTORY_FIRST_NUMBER || !tw_session_quota_get(call->session, &quota, NULL))
        return;
    add(adder, tw_value_long(TAG_QUOTA_WARNING, (guint32) (quota.quota.warn / 1024)));
    add(adder, tw_value_long(TAG_QUOTA_SEND, (guint32) (quota.quota.soft / 1024)));
    add(adder, tw_value_long(TAG_QUOTA_RECEIVE, (guint32) (quota.quota.hard / 1024)));
}

static gboolean
add_people(TwSoapdCall *call, Adder *adder, guint32 owner, GError **error)
{
    g_auto(TwBookGetArgs) get = { .user = owner };
    TwSoapBytes user_id, owner_id;
    TwSessionInfo who;

    tw_session_get_info(call->session, &who);
    if (!tw_soapd_user_id(call, who.user, &user_id, error))
        return FALSE;
    add(adder, tw_value_str(PR_USER_NAME, who.name));
    add_span(adder, PR_USER_ENTRYID, user_id);
    if (owner == 0 || !tw_session_book_get(call->session, &get, NULL))
        return TRUE;
    if (!tw_soapd_book_id(call, get.entry, &owner_id, error))
        return FALSE;
    add(adder, tw_value_str(PR_MAILBOX_OWNER_NAME, get.entry->full_name));
    add_span(adder, PR_MAILBOX_OWNER_ENTRYID, owner_id);
    return TRUE;
}

static gboolean
add_of_store(TwSoapdCall *call, const TwGuid *store, Adder *adder, GError **error)
{
    g_auto(TwStoreInfoArgs) info = { .store = *store };
    TwSoapBytes id;
    const char *name;

    if (!tw_session_store_info(call->session, &info, error) ||
        !tw_soapd_store_id(call, store, 0, &id, error) ||
        !tw_soapd_store_name(call, store, &name, error) ||
        !add_people(call, adder, info.owner, error) || !add_signature(call, adder, error))
        return FALSE;
    add(adder, tw_value_str(PR_DISPLAY_NAME, name));
    add_span(adder, PR_RECORD_KEY, id);
    /* lets clients find the store again that they have open: spec/mapi-soap.md 3.9 */
    add(adder, tw_value_bytes(PR_PROVIDER_UID, store->bytes, TW_GUID_LEN));
    add(adder, tw_value_long(PR_ACCESS_LEVEL, info.is_owner ? 1 : 0));
    add(adder, tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, info.info.bytes));
    if (!tw_object_has(adder->object, TAG_SORT_LOCALE))
        add(adder, tw_value_long(TAG_SORT_LOCALE, LOCALE));
    add_quota(call, adder, info.owner);
    return TRUE;
}

/* ---- folder ---- */

static gboolean
add_of_folder(TwSoapdCall *call, const TwSoapdPlace *place, Adder *adder, GError **error)
{
    g_auto(TwFolderGetArgs) get = { .store = place->store, .folder = place->folder };
    g_auto(TwFolderKeysArgs) keys = { .store = place->store, .folder = place->folder };
    const TwFolderRow *row;
    TwSoapBytes parent;

    if (!tw_session_folder_get(call->session, &get, error) ||
        !tw_session_folder_keys(call->session, &keys, error) ||
        !tw_soapd_folder_id(call, &place->store, get.row.row->parent, &parent, error) ||
        !add_signature(call, adder, error))
        return FALSE;
    row = get.row.row;
    add_keys(adder, keys.entry_id, &keys.keys);
    add_span(adder, PR_PARENT_ENTRYID, parent);
    if (row->type != TW_FOLDER_ROOT)
        add(adder, tw_value_str(PR_DISPLAY_NAME, row->name));
    add(adder, tw_value_long(PR_RIGHTS, get.row.rights));
    add_access(adder, folder_access(get.row.rights));
    add(adder, tw_value_long(PR_FOLDER_TYPE, row->type));
    add(adder, tw_value_long(PR_CONTENT_COUNT, row->total));
    add(adder, tw_value_long(PR_CONTENT_UNREAD, row->unread));
    add(adder, tw_value_long(PR_ASSOC_CONTENT_COUNT, row->assoc));
    add(adder, tw_value_long(PR_FOLDER_CHILD_COUNT, row->subfolders));
    add(adder, tw_value_bool(PR_SUBFOLDERS, row->subfolders > 0));
    add(adder, tw_value_long(PR_DELETED_MSG_COUNT, row->deleted));
    add(adder, tw_value_long(PR_DELETED_FOLDER_COUNT, row->deleted_folders));
    add(adder, tw_value_long(PR_DELETED_ASSOC_MSG_COUNT, row->deleted_assoc));
    return TRUE;
}

/* ---- message ---- */

static gboolean
add_of_message(TwSoapdCall *call, const TwSoapdPlace *place, Adder *adder, GError **error)
{
    enum {
        HASATTACH = 0x10,
        SUBMIT_LOCKED = 1
    };
    g_auto(TwMessageGetArgs) get = { .store = place->store, .message = place->message };
    g_auto(TwMessageKeysArgs) keys = { .store = place->store, .message = place->message };
    g_auto(TwFolderGetArgs) folder = { .store = place->store };
    TwSoapBytes parent;

    if (!tw_session_message_get(call->session, &get, error) ||
        !tw_session_message_keys(call->session, &keys, error))
        return FALSE;
    folder.folder = get.row.folder;
    if (!tw_session_folder_get(call->session, &folder, error) ||
        !tw_soapd_folder_id(call, &place->store, get.row.folder, &parent, error) ||
        !add_signature(call, adder, error))
        return FALSE;
    add_keys(adder, keys.entry_id, &keys.keys);
    add_span(adder, PR_PARENT_ENTRYID, parent);
    add_access(adder, message_access(folder.row.rights));
    add(adder, tw_value_long(PR_MESSAGE_FLAGS, get.row.flags));
    add(adder, tw_value_long(PR_MSG_STATUS, get.row.status));
    add(adder, tw_value_bool(PR_HASATTACH, (get.row.flags & HASATTACH) != 0));
    add(adder, tw_value_long(PR_MESSAGE_SIZE, (guint32) MIN(get.row.size, G_MAXINT32)));
    add(adder, tw_value_long(TAG_EC_IMAP_ID, get.row.uid != 0 ? get.row.uid : get.row.mid));
    if (tw_object_has(adder->object, PR_SUBMIT_FLAGS)) {
        guint32 flags =
            tw_object_get_long(adder->object, PR_SUBMIT_FLAGS, 0) & ~(guint32) SUBMIT_LOCKED;
        add(adder,
            tw_value_long(PR_SUBMIT_FLAGS, flags | (get.locked ? (guint32) SUBMIT_LOCKED : 0)));
    }
    return TRUE;
}

gboolean
tw_soapd_add_computed(TwSoapdCall *call,
                      const TwSoapdPlace *place,
                      TwObject *object,
                      GError **error)
{
    Adder adder = { object, error, FALSE };
    gboolean ok = FALSE;

    switch (place->type) {
    case TW_OBJECT_ID_STORE:
        ok = add_of_store(call, &place->store, &adder, error);
        break;
    case TW_OBJECT_ID_FOLDER:
        ok = add_of_folder(call, place, &adder, error);
        break;
    case TW_OBJECT_ID_MESSAGE:
        ok = add_of_message(call, place, &adder, error);
        break;
    case TW_OBJECT_ID_ATTACHMENT:
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    }
    return ok && !adder.failed;
}

/* ---- reading ---- */

static void
free_object(gpointer object)
{
    tw_object_free(object);
}

/* The stored object, kept for the call. */
static TwObject *
read_object(TwSoapdCall *call, const TwSoapdPlace *place, GError **error)
{
    TwObject *object = NULL;

    if (place->type == TW_OBJECT_ID_STORE) {
        g_auto(TwStorePropsArgs) read = { .store = place->store };
        if (tw_session_store_props(call->session, &read, error))
            object = g_steal_pointer(&read.object);
    } else if (place->type == TW_OBJECT_ID_FOLDER) {
        g_auto(TwFolderPropsArgs) read = { .store = place->store, .folder = place->folder };
        if (tw_session_folder_props(call->session, &read, error))
            object = g_steal_pointer(&read.object);
    } else {
        g_auto(TwMessageReadArgs) read = { .store = place->store, .message = place->message };
        if (tw_session_message_read(call->session, &read, error))
            object = g_steal_pointer(&read.object);
    }
    tw_soapd_keep(call, object, free_object);
    return object;
}

static gboolean
is_deleted(TwSoapdCall *call, const TwSoapdPlace *place, gboolean *ret, GError **error)
{
    *ret = FALSE;
    if (place->type == TW_OBJECT_ID_MESSAGE) {
        g_auto(TwMessageGetArgs) get = { .store = place->store, .message = place->message };
        if (!tw_session_message_get(call->session, &get, error))
            return FALSE;
        *ret = get.row.state >= TW_MESSAGE_DELETED;
    } else if (place->type == TW_OBJECT_ID_FOLDER) {
        g_auto(TwFolderGetArgs) get = { .store = place->store, .folder = place->folder };
        if (!tw_session_folder_get(call->session, &get, error))
            return FALSE;
        *ret = get.row.row->state != TW_FOLDER_LIVE;
    }
    return TRUE;
}

static gboolean
check_deleted(TwSoapdCall *call, const TwSoapdPlace *place, guint32 flags, GError **error)
{
    gboolean deleted;

    if ((flags & LOAD_CHECK) == 0)
        return TRUE;
    return is_deleted(call, place, &deleted, error) &&
           (deleted == ((flags & LOAD_DELETED) != 0) ||
            tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error));
}

typedef struct {
    TwSoapdCall *call;
    const TwSoapdPlace *place;
} Numbering;

static guint32
number_node(const TwObject *node, gpointer data)
{
    const Numbering *numbering = data;
    const TwSoapdPlace *place = numbering->place;

    if (place->message == 0)
        return place->folder;
    return tw_soapd_number_of(numbering->call->client, &place->store, place->message, node);
}

gboolean
tw_soapd_load_object(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapLoadObjectArgs *args = data;
    TwSoapLoadObjectResponse *ret = out;
    TwSoapdPlace place;
    Numbering numbering = { call, &place };
    TwObjectId id;
    TwSoapdAnchor anchor = tw_soapd_anchor_find(call, args->sEntryId);
    TwObject *object;

    if (anchor != TW_SOAPD_ANCHOR_NONE)
        return tw_soapd_anchor_load(call, anchor, &ret->sSaveObject, error);
    if (!tw_soapd_find(call, args->sEntryId, &place, error)) {
        /* of a store: "go elsewhere" */
        if (error != NULL && g_error_matches(*error, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            tw_object_id_parse(args->sEntryId.data, args->sEntryId.len, &id, NULL) &&
            id.type == TW_OBJECT_ID_STORE) {
            g_clear_error(error);
            return tw_soapd_fail(TW_SOAP_RESULT_UNABLE_TO_COMPLETE, error);
        }
        return FALSE;
    }
    if (!check_deleted(call, &place, args->ulFlags, error))
        return FALSE;
    if (args->lpsNotSubscribe != NULL && !tw_soapd_subscribe(call, args->lpsNotSubscribe, error))
        return FALSE;
    object = read_object(call, &place, error);
    return object != NULL && tw_soapd_add_computed(call, &place, object, error) &&
           tw_soap_tree_load(object, number_node, &numbering, call->arena, &ret->sSaveObject,
                             error);
}

/* ---- one value ---- */

/* All bytes of a value that lies in pieces. */
static GBytes *
read_value(TwSoapdCall *call, const TwSoapdPlace *place, TwPart *part, guint64 len, GError **error)
{
    g_autoptr(GBytes) path = g_bytes_new(part->bytes, part->len);
    g_auto(TwBuffer) all = TW_BUFFER_INIT(VALUE_MOST);

    while (all.len < len) {
        g_auto(TwValueReadArgs) read = { .store = place->store,
                                         .folder = place->message != 0 ? 0 : place->folder,
                                         .message = place->message,
                                         .path = path,
                                         .offset = all.len,
                                         .most = TW_SESSION_MOST_BYTES };
        const guint8 *piece;
        gsize piece_len;

        if (!tw_session_value_read(call->session, &read, error))
            return NULL;
        piece = g_bytes_get_data(read.bytes, &piece_len);
        if (piece_len == 0)
            break;
        tw_buffer_put(&all, piece, piece_len);
        if (tw_buffer_failed(&all))
            break;
    }
    return tw_buffer_steal_bytes(&all, error);
}

/* The mail as it came, of a message that came as one. */
static GBytes *
read_mail(TwSoapdCall *call, const TwSoapdPlace *place, GError **error)
{
    g_auto(TwBuffer) all = TW_BUFFER_INIT(VALUE_MOST);
    gsize len = TW_SESSION_MOST_BYTES;

    while (len == TW_SESSION_MOST_BYTES && !tw_buffer_failed(&all)) {
        g_auto(TwMailReadArgs) read = { .store = place->store,
                                        .message = place->message,
                                        .offset = all.len,
                                        .most = TW_SESSION_MOST_BYTES };
        const guint8 *piece;

        if (!tw_session_mail_read(call->session, &read, error))
            return NULL;
        piece = g_bytes_get_data(read.bytes, &len);
        tw_buffer_put(&all, piece, len);
    }
    return tw_buffer_steal_bytes(&all, error);
}

static gboolean
give_large(TwSoapdCall *call, guint32 tag, GBytes *bytes, TwPropValue *ret)
{
    TwSoapBytes span;

    if (bytes == NULL)
        return FALSE;
    span = tw_soapd_give_bytes(call, bytes);
    *ret = tw_prop_tag_is_text(tag)
               ? tw_value_text(tag | 1u, (const char *) span.data, (guint32) span.len)
               : tw_value_bytes(tag, span.data, (guint32) span.len);
    return TRUE;
}

/* @part leads to @node, of the object at @place. */
static gboolean
give_prop(TwSoapdCall *call,
          const TwSoapdPlace *place,
          TwObject *node,
          TwPart *part,
          guint32 tag,
          TwPropValue *ret,
          GError **error)
{
    guint32 stored;
    TwBlobRef ref;

    if (tw_object_get(node, tag, ret)) {
        if (tw_prop_tag_is_text(ret->tag))
            ret->tag |= 1u;
        return TRUE;
    }
    if (tw_object_get_blob(node, tag, &ref, &stored)) {
        if (ref.len > VALUE_MOST)
            return tw_soapd_fail(TW_SOAP_RESULT_TOO_BIG, error);
        tw_part_push(part, TW_PART_PROPERTY, tw_prop_tag_id(tag));
        return give_large(call, stored, read_value(call, place, part, ref.len, error), ret);
    }
    if (tag == TAG_EC_IMAP_EMAIL && place->message != 0 && part->len == 0)
        return give_large(call, tag, read_mail(call, place, error), ret);
    return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
}

gboolean
tw_soapd_load_prop(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapLoadPropArgs *args = data;
    TwSoapLoadPropResponse *ret = out;
    TwObject *object, *node;
    TwSoapdPlace place = { .type = TW_OBJECT_ID_MESSAGE };
    TwPart part = { 0 };
    TwPart value;
    guint id;

    if (args->sEntryId.len > 0) {
        if (!tw_soapd_find(call, args->sEntryId, &place, error))
            return FALSE;
    } else if (!tw_soapd_number_find(call->client, args->ulObjId, &place.store, &place.message,
                                     &part)) {
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    }
    object = read_object(call, &place, error);
    if (object == NULL)
        return FALSE;
    /* what the server adds can be asked for, too */
    if (part.len == 0 && !tw_soapd_add_computed(call, &place, object, error))
        return FALSE;
    value = part;
    tw_part_push(&value, TW_PART_PROPERTY, MAX(tw_prop_tag_id(args->ulPropTag), 1u));
    node = part.len == 0 ? object : tw_object_locate(object, value.bytes, value.len, &id);
    if (node == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    return tw_soapd_alloc(call, 1, sizeof *ret->lpPropVal, &ret->lpPropVal, error) &&
           give_prop(call, &place, node, &part, args->ulPropTag, ret->lpPropVal, error);
}
