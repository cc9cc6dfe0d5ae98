/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties that a message's row says, or that stand for them. */
#include "base/time.h"
#include "mapi/tags.h"
#include "store/message-lock.h"
#include "store/message-props-private.h"

enum {
    SUBMIT_LOCKED = 1, /* PR_SUBMIT_FLAGS */
};

static TwPropsAnswer
give_size(guint32 own, guint32 own_long, const TwMessageRow *row, guint32 tag, TwPropValue *ret)
{
    if (tw_prop_tag_type(tag) == TW_PT_I8)
        return tw_props_give(tw_value_i8(own, row->size), tag, ret);
    return tw_props_give_long(own_long, (guint64) CLAMP(row->size, 0, G_MAXINT32), tag, ret);
}

static TwPropsAnswer
give_entry_id(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    if (!props->has_keys)
        return TW_PROPS_LATER;
    if (props->keys.entry_id != NULL)
        return tw_props_give_bytes(own, props->keys.entry_id, tag, ret);
    tw_identity_entry_id(&props->store->guid, TW_OBJECT_ID_MESSAGE, props->row->mid,
                         props->entry_id);
    return tw_props_give(tw_value_bytes(own, props->entry_id, sizeof props->entry_id), tag, ret);
}

static TwPropsAnswer
give_source_key(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    if (!props->has_keys)
        return TW_PROPS_LATER;
    if (props->keys.source_key != NULL)
        return tw_props_give_bytes(PR_SOURCE_KEY, props->keys.source_key, tag, ret);
    tw_identity_source_key(&props->store->engine->guid, props->row->mid, props->source_key);
    return tw_props_give(tw_value_bytes(PR_SOURCE_KEY, props->source_key, sizeof props->source_key),
                         tag, ret);
}

static TwPropsAnswer
give_folder_name(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    const TwFolderNames *names = props->names != NULL ? props->names : &props->own_names;

    if (names->entry_id == NULL)
        return TW_PROPS_LATER;
    return tw_props_give_bytes(own, own == PR_PARENT_ENTRYID ? names->entry_id : names->source_key,
                               tag, ret);
}

static TwPropsAnswer
give_store_id(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    tw_identity_entry_id(&props->store->guid, TW_OBJECT_ID_STORE, 0, props->store_id);
    return tw_props_give(tw_value_bytes(PR_STORE_ENTRYID, props->store_id, sizeof props->store_id),
                         tag, ret);
}

/* Of what was deleted since that is kept. */
static TwPropsAnswer
give_deleted_on(const TwMessageRow *row, guint32 tag, TwPropValue *ret)
{
    guint64 filetime;

    if (row->state < TW_MESSAGE_DELETED || row->placed == 0 ||
        !tw_time_to_filetime(row->placed, &filetime))
        return TW_PROPS_ABSENT;
    return tw_props_give(tw_value_i8(PR_DELETED_ON, (gint64) filetime), tag, ret);
}

gboolean
tw_props_ask_row(TwMessageProps *props, guint32 tag, TwPropValue *ret, TwPropsAnswer *answer)
{
    const TwMessageRow *row = props->row;
    gboolean is_read = (row->flags & TW_MSGFLAG_READ) != 0;

    switch (tag >> 16) {
    case PR_MESSAGE_FLAGS >> 16:
        *answer = tw_props_give_long(PR_MESSAGE_FLAGS, row->flags, tag, ret);
        return TRUE;
    case PR_MSG_STATUS >> 16:
        *answer = tw_props_give_long(PR_MSG_STATUS, row->status, tag, ret);
        return TRUE;
    case PR_MESSAGE_SIZE >> 16:
        *answer = give_size(PR_MESSAGE_SIZE_EXTENDED, PR_MESSAGE_SIZE, row, tag, ret);
        return TRUE;
    case PR_ENTRYID >> 16:
        *answer = give_entry_id(props, PR_ENTRYID, tag, ret);
        return TRUE;
    case PR_RECORD_KEY >> 16:
        *answer = give_entry_id(props, PR_RECORD_KEY, tag, ret);
        return TRUE;
    case PR_LONGTERM_ENTRYID_FROM_TABLE >> 16:
        *answer = give_entry_id(props, PR_LONGTERM_ENTRYID_FROM_TABLE, tag, ret);
        return TRUE;
    case PR_SOURCE_KEY >> 16:
        *answer = give_source_key(props, tag, ret);
        return TRUE;
    case PR_PARENT_ENTRYID >> 16:
        *answer = give_folder_name(props, PR_PARENT_ENTRYID, tag, ret);
        return TRUE;
    case PR_PARENT_SOURCE_KEY >> 16:
        *answer = give_folder_name(props, PR_PARENT_SOURCE_KEY, tag, ret);
        return TRUE;
    case PR_STORE_ENTRYID >> 16:
        *answer = give_store_id(props, tag, ret);
        return TRUE;
    case PR_STORE_RECORD_KEY >> 16:
        *answer = tw_props_give(
            tw_value_bytes(PR_STORE_RECORD_KEY, props->store->guid.bytes, TW_GUID_LEN), tag, ret);
        return TRUE;
    case PR_MAPPING_SIGNATURE >> 16:
        *answer = tw_props_give(
            tw_value_bytes(PR_MAPPING_SIGNATURE, props->store->engine->guid.bytes, TW_GUID_LEN),
            tag, ret);
        return TRUE;
    case PR_OBJECT_TYPE >> 16:
        *answer = tw_props_give_long(PR_OBJECT_TYPE, TW_OBJECT_ID_MESSAGE, tag, ret);
        return TRUE;
    case PR_EC_HIERARCHYID >> 16:
        *answer = tw_props_give_long(PR_EC_HIERARCHYID, row->mid, tag, ret);
        return TRUE;
    case PR_EC_PARENT_HIERARCHYID >> 16:
        *answer = tw_props_give_long(PR_EC_PARENT_HIERARCHYID, row->folder, tag, ret);
        return TRUE;
    case PR_EC_IMAP_ID >> 16:
        *answer = tw_props_give_long(PR_EC_IMAP_ID, row->uid != 0 ? row->uid : row->mid, tag, ret);
        return TRUE;
    case PR_CONTENT_COUNT >> 16:
        *answer = tw_props_give_long(PR_CONTENT_COUNT, 1, tag, ret);
        return TRUE;
    case PR_CONTENT_UNREAD >> 16:
        *answer = tw_props_give_long(PR_CONTENT_UNREAD, is_read ? 0 : 1, tag, ret);
        return TRUE;
    case PR_READ >> 16:
        *answer = tw_props_give(tw_value_bool(PR_READ, is_read), tag, ret);
        return TRUE;
    case PR_ASSOCIATED >> 16:
        *answer = tw_props_give(
            tw_value_bool(PR_ASSOCIATED, (row->flags & TW_MSGFLAG_ASSOCIATED) != 0), tag, ret);
        return TRUE;
    case PR_SUBMIT_FLAGS >> 16:
        *answer = tw_props_give_long(
            PR_SUBMIT_FLAGS, tw_message_lock_owner(props->store, row->mid) != 0 ? SUBMIT_LOCKED : 0,
            tag, ret);
        return TRUE;
    case PR_CHANGE_NUM >> 16:
        *answer = tw_props_give(tw_value_i8(PR_CHANGE_NUM, (gint64) row->cn), tag, ret);
        return TRUE;
    case PR_DELETED_ON >> 16:
        *answer = give_deleted_on(row, tag, ret);
        return TRUE;
    case TW_OBJECT_BLOBS_ID: /* the record's own */
        *answer = TW_PROPS_ABSENT;
        return TRUE;
    default:
        return FALSE;
    }
}
