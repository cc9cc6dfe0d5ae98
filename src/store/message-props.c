/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message's properties for tables and searches: the row, the head, the tail, in this order. */
#include <stddef.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/message-props-private.h"
#include "store/state-flags.h"
#include "store/sync-private.h"

/* ---- opening ---- */

void
tw_message_props_clear(TwMessageProps *props)
{
    if (props->row == NULL)
        return;
    tw_message_keys_clear(&props->keys);
    tw_folder_names_clear(&props->own_names);
    g_clear_pointer(&props->own_words, tw_keywords_free);
    g_clear_pointer(&props->change_key, g_bytes_unref);
    g_clear_pointer(&props->change_list, g_bytes_unref);
    if (!props->lent_object)
        tw_object_free(props->object);
    props->object = NULL;
    g_clear_error(&props->error);
    for (guint i = 0; i < G_N_ELEMENTS(props->display); i++)
        g_clear_pointer(&props->display[i], g_free);
    g_clear_pointer(&props->values, g_ptr_array_unref);
    props->row = NULL;
}

void
tw_message_props_open(TwMessageProps *props,
                      TwStore *store,
                      TwDbTx *tx,
                      const TwMessageRow *row,
                      const guint8 *head,
                      gsize head_len)
{
    tw_message_props_clear(props);
    memset(props, 0,
           offsetof(TwMessageProps, entry_id)); /* the rest is written before it is read */
    props->store = store;
    props->tx = tx;
    props->row = row;
    props->value_max = TW_MATCH_MAX_VALUE;
    props->has_head = head != NULL && tw_head_open_verified(head, head_len, &props->head);
}

void
tw_message_props_use(TwMessageProps *props, TwObject *object)
{
    props->object = object;
    props->lent_object = props->tried = TRUE;
}

/* ---- its version ---- */

static TwPropsAnswer
give_version(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    if (props->change_key == NULL) {
        props->wants_version = TRUE;
        return TW_PROPS_LATER;
    }
    return tw_props_give_bytes(own, own == PR_CHANGE_KEY ? props->change_key : props->change_list,
                               tag, ret);
}

/* ---- what the tail says ---- */

static TwPropsAnswer
give_display(TwMessageProps *props, guint type, guint32 own, guint32 tag, TwPropValue *ret)
{
    char **text = &props->display[type - 1];

    if (*text == NULL)
        *text = tw_derive_display(props->object, type);
    return tw_props_give(tw_value_str(own, *text), tag, ret);
}

gboolean
tw_props_keep_value(TwMessageProps *props, TwBuffer *bytes)
{
    GBytes *value = tw_buffer_steal_bytes(bytes, NULL);

    if (value == NULL)
        return FALSE;
    if (props->values == NULL)
        props->values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_ptr_array_add(props->values, value);
    return TRUE;
}

static TwPropsAnswer
give_blob(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(props->value_max + 1);
    TwBlobRef ref;
    GBytes *value;
    guint32 own;
    gsize len;

    if (props->value_max == 0 || !tw_object_get_blob(props->object, tag, &ref, &own))
        return TW_PROPS_ABSENT;
    len = (gsize) MIN(ref.len, props->value_max);
    if (!tw_store_read_value(props->store, &ref, 0, len, &bytes, NULL))
        return TW_PROPS_ABSENT; /* damage of this message: as if it were not there */
    props->cost += len / 16;
    if (tw_prop_tag_is_text(own)) { /* a character that was cut in two */
        while (bytes.len < ref.len && bytes.len > 0 && (bytes.data[bytes.len - 1] & 0xc0) == 0x80)
            bytes.len--;
        if (bytes.len < ref.len && bytes.len > 0 && bytes.data[bytes.len - 1] >= 0xc0)
            bytes.len--;
        tw_buffer_put_u8(&bytes, 0);
        if (!tw_buffer_failed(&bytes))
            bytes.len--;
    }
    len = bytes.len;
    if (!tw_props_keep_value(props, &bytes))
        return TW_PROPS_ABSENT;
    value = props->values->pdata[props->values->len - 1];
    *ret = tw_prop_tag_is_text(own) ? tw_value_text(own, g_bytes_get_data(value, NULL), len)
                                    : tw_value_bytes(own, g_bytes_get_data(value, NULL), len);
    return TW_PROPS_FOUND;
}

static TwPropsAnswer
ask_object(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwObject *object = props->object;
    TwPropValue value;

    switch (tag >> 16) {
    case PR_DISPLAY_TO >> 16:
        return give_display(props, 1, PR_DISPLAY_TO, tag, ret);
    case PR_DISPLAY_CC >> 16:
        return give_display(props, 2, PR_DISPLAY_CC, tag, ret);
    case PR_DISPLAY_BCC >> 16:
        return give_display(props, 3, PR_DISPLAY_BCC, tag, ret);
    case PR_CONVERSATION_ID >> 16:
        props->conversation = tw_derive_conversation_id(object);
        return tw_props_give(
            tw_value_bytes(PR_CONVERSATION_ID, props->conversation.bytes, TW_GUID_LEN), tag, ret);
    case PR_HASATTACH >> 16:
        return tw_props_give(tw_value_bool(PR_HASATTACH, tw_derive_has_attach(object)), tag, ret);
    case PR_NORMALIZED_SUBJECT >> 16:
        if (!tw_object_has(object, PR_SUBJECT))
            break;
        return tw_props_give(
            tw_value_str(PR_NORMALIZED_SUBJECT, tw_derive_normalized_subject(object)), tag, ret);
    case PR_SUBJECT_PREFIX >> 16:
        if (!tw_object_get(object, PR_SUBJECT, &value))
            break;
        return tw_props_give(
            tw_value_text(PR_SUBJECT_PREFIX, value.text, tw_derive_subject_prefix_len(object)), tag,
            ret);
    default:
        break;
    }
    if (tw_object_get(object, tag, ret))
        return TW_PROPS_FOUND;
    return give_blob(props, tag, ret);
}

/* What stands for a property that nobody set. */
static TwPropsAnswer
ask_rest(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwPropValue time;

    switch (tag >> 16) {
    case PR_SEARCH_KEY >> 16:
        if (props->object == NULL)
            return TW_PROPS_ABSENT;
        tw_derive_search_key_of(props->object, props->search_key);
        return tw_props_give(
            tw_value_bytes(PR_SEARCH_KEY, props->search_key, sizeof props->search_key), tag, ret);
    case PR_CREATION_TIME >> 16:
    case PR_LAST_MODIFICATION_TIME >> 16: /* of a mail as it was delivered */
        if (props->object == NULL || !tw_object_get(props->object, PR_MESSAGE_DELIVERY_TIME, &time))
            return TW_PROPS_ABSENT;
        return tw_props_give(tw_value_i8(tag >> 16 == PR_CREATION_TIME >> 16
                                             ? PR_CREATION_TIME
                                             : PR_LAST_MODIFICATION_TIME,
                                         time.i8),
                             tag, ret);
    default:
        return TW_PROPS_ABSENT;
    }
}

static TwPropsAnswer
peek_own(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwPropsAnswer answer;

    if (props->has_head) { /* most columns are there, and the ids of both do not meet */
        TwPropValue value;
        switch (tag >> 16 == PR_MSG_STATUS >> 16 ? TW_HEAD_UNKNOWN
                                                 : tw_head_get(&props->head, tag, &value)) {
        case TW_HEAD_FOUND:
            *ret = value;
            return TW_PROPS_FOUND;
        case TW_HEAD_ABSENT:
            return TW_PROPS_ABSENT;
        case TW_HEAD_CUT:
            if (value.tag != PR_PREVIEW)
                break;
            *ret = value; /* there is no more of it anywhere */
            return TW_PROPS_FOUND;
        case TW_HEAD_UNKNOWN:
            break;
        }
    }
    if (tw_props_ask_row(props, tag, ret, &answer))
        return answer;
    if (tag >> 16 == PR_CHANGE_KEY >> 16)
        return give_version(props, PR_CHANGE_KEY, tag, ret);
    if (tag >> 16 == PR_PREDECESSOR_CHANGE_LIST >> 16)
        return give_version(props, PR_PREDECESSOR_CHANGE_LIST, tag, ret);
    if (tag >= 0x80000000 && tag >> 16 == tw_names_categories(props->store->engine->names))
        return tw_props_give_categories(props, tag, ret);
    if (!props->tried)
        return TW_PROPS_LATER;
    answer = props->object != NULL ? ask_object(props, tag, ret) : TW_PROPS_ABSENT;
    return answer == TW_PROPS_FOUND ? answer : ask_rest(props, tag, ret);
}

static gboolean
peek_long(TwMessageProps *props, guint32 tag, guint32 *ret)
{
    TwPropValue value;
    TwPropsAnswer answer = peek_own(props, tag, &value);

    if (answer == TW_PROPS_FOUND)
        *ret = value.u4;
    return answer != TW_PROPS_LATER;
}

/* What is shown as the bits of the status say. */
static TwPropsAnswer
peek_state(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwStateProps kept = { .icon = G_MAXUINT32 };
    guint32 number = 0;

    if (!peek_long(props, PR_FLAG_STATUS, &kept.flag) ||
        !peek_long(props, PR_LAST_VERB_EXECUTED, &kept.verb) ||
        !peek_long(props, PR_ICON_INDEX, &kept.icon))
        return TW_PROPS_LATER;
    switch (tw_state_show(props->row->status, &kept, tag, &number)) {
    case TW_STATE_GIVE:
        return tw_props_give_long(tw_prop_tag_with_type(tag, TW_PT_LONG), number, tag, ret);
    case TW_STATE_HIDE:
        return TW_PROPS_ABSENT;
    case TW_STATE_KEEP:
        break;
    }
    return peek_own(props, tag, ret);
}

static TwPropsAnswer
peek_class(TwMessageProps *props, TwStateProps *kept)
{
    TwPropValue value;
    TwPropsAnswer answer = peek_own(props, PR_MESSAGE_CLASS, &value);

    kept->other = answer == TW_PROPS_FOUND && tw_state_is_other(value.text);
    return answer;
}

/* The same of named properties of mails. */
static TwPropsAnswer
peek_flag(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwStateProps kept = { .icon = G_MAXUINT32 };
    TwPropValue value;

    if (!peek_long(props, PR_FLAG_STATUS, &kept.flag) || peek_class(props, &kept) == TW_PROPS_LATER)
        return TW_PROPS_LATER;
    switch (tw_state_show_named(props->row->status, &kept, tag, &value)) {
    case TW_STATE_GIVE:
        if (tag >> 16 == TW_STATE_ToDoTitle) {
            TwPropsAnswer answer = peek_own(props, PR_NORMALIZED_SUBJECT, &value);
            if (answer == TW_PROPS_LATER)
                return answer;
            if (answer == TW_PROPS_ABSENT)
                value = tw_value_str(tag, "");
        }
        value.tag = tw_prop_tag_with_type(tag, tw_prop_tag_type(value.tag));
        return tw_props_give(value, tag, ret);
    case TW_STATE_HIDE:
        return TW_PROPS_ABSENT;
    case TW_STATE_KEEP:
        break;
    }
    return peek_own(props, tag, ret);
}

static TwPropsAnswer
peek_shown(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    if (tw_state_is_named(tag))
        return peek_flag(props, tag, ret);
    return tw_state_is_shown(tag) ? peek_state(props, tag, ret) : peek_own(props, tag, ret);
}

/* A message without a topic begins a conversation of its own subject (spec/mailbox-layout.md 3.3). */
TwPropsAnswer
tw_message_props_peek(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwPropsAnswer answer = peek_shown(props, tag, ret);

    if (answer != TW_PROPS_ABSENT || tag >> 16 != PR_CONVERSATION_TOPIC >> 16)
        return answer;
    answer = peek_own(props, tw_prop_tag_with_type(PR_NORMALIZED_SUBJECT, tag & 0xffff), ret);
    if (answer == TW_PROPS_FOUND)
        ret->tag = tw_prop_tag_with_type(PR_CONVERSATION_TOPIC, tw_prop_tag_type(ret->tag));
    return answer;
}

/* ---- loading ---- */

static gboolean
load_keys(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    if (!props->has_keys) {
        if (!tw_message_keys_load(tx, props->store, &props->row->mid, 1, &props->keys, error))
            return FALSE;
        props->has_keys = TRUE;
    }
    return props->names != NULL || props->own_names.entry_id != NULL ||
           tw_props_load_folder_names(props, tx, error);
}

/* A damaged message has none. */
static gboolean
load_object(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    g_autoptr(GError) failure = NULL;

    props->cost += TW_MATCH_COST_LOAD;
    props->object = tw_content_read(tx, props->store->number, props->row->bid, NULL, &failure);
    props->tried = TRUE;
    if (props->object != NULL) {
        props->cost += tw_object_inline_bytes(props->object) / 64;
        return TRUE;
    }
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT) ||
        g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(failure, TW_ERROR, TW_ERROR_UNSUPPORTED))
        return TRUE;
    props->tried = FALSE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean
tw_message_props_load(TwMessageProps *props, TwDbTx *tx, gboolean object, GError **error)
{
    if (!object)
        return load_keys(props, tx, error);
    if (!props->tried && !load_object(props, tx, error))
        return FALSE;
    if (props->wants_version && props->change_key == NULL &&
        !tw_sync_version(tx, props->store, props->row->bid, props->row->cn, &props->change_key,
                         &props->change_list, error))
        return FALSE;
    return !props->wants_categories || props->categories.tag != 0 ||
           tw_props_load_categories(props, tx, error);
}

typedef struct {
    TwMessageProps *props;
    gboolean object;
} Load;

static gboolean
load_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Load *load = data;

    return tw_message_props_load(load->props, tx, load->object, error);
}

/* Those that need more than the tail of the message. */
static gboolean
is_name(guint32 tag)
{
    switch (tag >> 16) {
    case PR_ENTRYID >> 16:
    case PR_RECORD_KEY >> 16:
    case PR_LONGTERM_ENTRYID_FROM_TABLE >> 16:
    case PR_SOURCE_KEY >> 16:
    case PR_PARENT_ENTRYID >> 16:
    case PR_PARENT_SOURCE_KEY >> 16:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
load(TwMessageProps *props, gboolean object)
{
    Load load = { props, object };

    if (props->error != NULL)
        return FALSE;
    if (props->tx != NULL)
        return tw_message_props_load(props, props->tx, object, &props->error);
    return tw_store_read(props->store, load_tx, &load, &props->error);
}

gboolean
tw_message_props_get(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    TwPropsAnswer answer = tw_message_props_peek(props, tag, ret);

    if (answer == TW_PROPS_LATER && load(props, !is_name(tag)))
        answer = tw_message_props_peek(props, tag, ret);
    return answer == TW_PROPS_FOUND;
}

static gboolean
source_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_message_props_get(data, tag, ret);
}

static gboolean
source_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    TwMessageProps *props = data;
    TwPropSource source;

    if (!props->tried && !load(props, TRUE))
        return FALSE;
    if (props->object == NULL)
        return FALSE;
    source = tw_object_source(props->object);
    return source.get_row(source.data, tag, index, ret);
}

TwPropSource
tw_message_props_source(TwMessageProps *props)
{
    return (TwPropSource){ source_get, source_get_row, props };
}
