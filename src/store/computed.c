/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/computed.h"

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/message-props.h"
#include "store/sync.h"
#include "store/table-private.h"

/* ---- messages ---- */

static const guint32 message_tags[] = {
    PR_ENTRYID,
    PR_RECORD_KEY,
    PR_SOURCE_KEY,
    PR_PARENT_ENTRYID,
    PR_PARENT_SOURCE_KEY,
    PR_STORE_ENTRYID,
    PR_STORE_RECORD_KEY,
    PR_MAPPING_SIGNATURE,
    PR_OBJECT_TYPE,
    PR_CHANGE_KEY,
    PR_PREDECESSOR_CHANGE_LIST,
    PR_CHANGE_NUM,
    PR_EC_HIERARCHYID,
    PR_EC_PARENT_HIERARCHYID,
    PR_EC_IMAP_ID,
    PR_MESSAGE_FLAGS,
    PR_MSG_STATUS,
    PR_SUBMIT_FLAGS,
    PR_MESSAGE_SIZE,
    PR_READ,
    PR_ASSOCIATED,
    PR_HASATTACH,
    PR_NORMALIZED_SUBJECT,
    PR_SUBJECT_PREFIX,
    PR_CONVERSATION_TOPIC,
    PR_CONVERSATION_ID,
    PR_DISPLAY_TO,
    PR_DISPLAY_CC,
    PR_DISPLAY_BCC,
    PR_SEARCH_KEY,
    PR_CREATION_TIME,
    PR_LAST_MODIFICATION_TIME,
    PR_DELETED_ON,
};

GBytes *
tw_message_computed(TwStore *store, const TwMessageRow *row, TwObject *object, GError **error)
{
    g_auto(TwMessageProps) props = TW_MESSAGE_PROPS_INIT;
    g_auto(TwPropsBuilder) builder;
    gsize len = 0;
    const guint8 *head = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
    guint32 categories = tw_prop_tag(tw_names_categories(store->engine->names), TW_PT_MV_UNICODE);

    tw_props_builder_init(&builder);
    tw_message_props_open(&props, store, NULL, row, head, len);
    tw_message_props_use(&props, object);
    for (guint i = 0; i <= G_N_ELEMENTS(message_tags); i++) {
        guint32 tag = i < G_N_ELEMENTS(message_tags) ? message_tags[i] : categories;
        TwPropValue value;
        if (tag >> 16 != 0 && tw_message_props_get(&props, tag, &value))
            tw_props_builder_set(&builder, value);
    }
    if (props.error == NULL)
        return tw_props_builder_finish_bytes(&builder, error);
    g_propagate_error(error, g_steal_pointer(&props.error));
    return NULL;
}

/* ---- folders ---- */

typedef struct {
    TwStore *store;
    guint32 folder;
    GBytes *bag;
} Folder;

static gboolean
folder_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Folder *folder = data;
    g_auto(TwPropsBuilder) builder;
    g_autoptr(TwFolderRow) row =
        tw_sql_folder_get(tx, folder->store->number, folder->folder, error);

    tw_props_builder_init(&builder);
    g_clear_pointer(&folder->bag, g_bytes_unref);
    if (row == NULL || !tw_table_put_folder(tx, folder->store, row, &builder, error))
        return FALSE;
    folder->bag = tw_props_builder_finish_bytes(&builder, error);
    return folder->bag != NULL;
}

GBytes *
tw_folder_computed(TwStore *store, guint32 folder, GError **error)
{
    Folder read = { store, folder, NULL };

    if (tw_store_read(store, folder_tx, &read, error))
        return read.bag;
    g_clear_pointer(&read.bag, g_bytes_unref);
    return NULL;
}

/* ---- stores ---- */

static void
put_quota(TwPropsBuilder *builder, guint32 tag, gint64 bytes)
{
    if (bytes > 0)
        tw_props_builder_set(builder, tw_value_long(tag, (guint32) MIN(bytes / 1024, G_MAXINT32)));
}

GBytes *
tw_store_computed(TwStore *store, GError **error)
{
    g_auto(TwPropsBuilder) builder;
    guint8 id[TW_OBJECT_ID_LEN];
    TwStoreInfo info;

    if (!tw_store_get_info(store, &info, error))
        return NULL;
    tw_props_builder_init(&builder);
    tw_identity_entry_id(&info.guid, TW_OBJECT_ID_STORE, 0, id);
    tw_props_builder_set(&builder, tw_value_bytes(PR_ENTRYID, id, sizeof id));
    tw_props_builder_set(&builder, tw_value_bytes(PR_STORE_ENTRYID, id, sizeof id));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RECORD_KEY, info.guid.bytes, TW_GUID_LEN));
    tw_props_builder_set(&builder,
                         tw_value_bytes(PR_STORE_RECORD_KEY, info.guid.bytes, TW_GUID_LEN));
    tw_props_builder_set(&builder, tw_value_bytes(PR_PROVIDER_UID, info.guid.bytes, TW_GUID_LEN));
    tw_props_builder_set(
        &builder, tw_value_bytes(PR_MAPPING_SIGNATURE, store->engine->guid.bytes, TW_GUID_LEN));
    tw_props_builder_set(&builder, tw_value_long(PR_OBJECT_TYPE, TW_OBJECT_ID_STORE));
    tw_props_builder_set(&builder, tw_value_i8(PR_MESSAGE_SIZE_EXTENDED, info.bytes));
    put_quota(&builder, PR_QUOTA_WARNING_THRESHOLD, info.quota.warn);
    put_quota(&builder, PR_QUOTA_SEND_THRESHOLD, info.quota.soft);
    put_quota(&builder, PR_QUOTA_RECEIVE_THRESHOLD, info.quota.hard);
    return tw_props_builder_finish_bytes(&builder, error);
}

/* ---- recipients, attachments ---- */

GBytes *
tw_child_computed(const TwObject *child, GError **error)
{
    g_auto(TwPropsBuilder) builder;
    gboolean attachment = tw_object_get_kind(child) == TW_OBJECT_ATTACHMENT;
    guint32 number = tw_object_get_number(child);

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(attachment ? PR_ATTACH_NUM : PR_ROWID, number));
    if (attachment) {
        tw_props_builder_set(&builder, tw_value_long(PR_OBJECT_TYPE, TW_OBJECT_ID_ATTACHMENT));
        tw_props_builder_set(
            &builder, tw_value_long(PR_ATTACH_SIZE,
                                    (guint32) MIN(tw_derive_size(child), (guint64) G_MAXINT32)));
    } else if (!tw_object_has(child, PR_OBJECT_TYPE)) {
        tw_props_builder_set(&builder, tw_value_long(PR_OBJECT_TYPE, 6)); /* a person */
    }
    return tw_props_builder_finish_bytes(&builder, error);
}
