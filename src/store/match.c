/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message's properties for tables and searches: the row, the head, the tail, in this order. */
#include "store/match.h"

#include <stddef.h>

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/message-lock.h"
#include "store/state-flags.h"
#include "store/sync-private.h"

enum {
    SUBMIT_LOCKED = 1, /* PR_SUBMIT_FLAGS */
};

/* ---- names ---- */

static void
note_key(guint index, TwKeyKind kind, const guint8 *key, gsize len, gpointer data)
{
    TwMessageKeys *keys = (TwMessageKeys *) data + index;
    GBytes **place = kind == TW_KEY_ENTRY_ID ? &keys->entry_id : &keys->source_key;

    g_clear_pointer(place, g_bytes_unref);
    *place = g_bytes_new(key, len);
}

gboolean
tw_message_keys_load(
    TwDbTx *tx, TwStore *store, const guint32 *ids, guint count, TwMessageKeys *ret, GError **error)
{
    memset(ret, 0, sizeof *ret * count);
    if (tw_sql_key_pick(tx, store->number, ids, count, note_key, ret, error))
        return TRUE;
    for (guint i = 0; i < count; i++)
        tw_message_keys_clear(&ret[i]);
    return FALSE;
}

void
tw_message_keys_clear(TwMessageKeys *keys)
{
    g_clear_pointer(&keys->entry_id, g_bytes_unref);
    g_clear_pointer(&keys->source_key, g_bytes_unref);
}

gboolean
tw_folder_names_load(TwDbTx *tx, TwStore *store, guint32 folder, TwFolderNames *ret, GError **error)
{
    TwMessageKeys keys;

    if (!tw_message_keys_load(tx, store, &folder, 1, &keys, error))
        return FALSE;
    *ret = (TwFolderNames){ keys.entry_id, keys.source_key };
    if (ret->entry_id == NULL) {
        guint8 id[TW_OBJECT_ID_LEN];
        tw_identity_entry_id(&store->guid, TW_OBJECT_ID_FOLDER, folder, id);
        ret->entry_id = g_bytes_new(id, sizeof id);
    }
    if (ret->source_key == NULL) {
        guint8 key[TW_SOURCE_KEY_LEN];
        tw_identity_source_key(&store->engine->guid, folder, key);
        ret->source_key = g_bytes_new(key, sizeof key);
    }
    return TRUE;
}

void
tw_folder_names_clear(TwFolderNames *names)
{
    g_clear_pointer(&names->entry_id, g_bytes_unref);
    g_clear_pointer(&names->source_key, g_bytes_unref);
}

/* ---- what is known of a folder ---- */

void
tw_folder_facts_clear(TwFolderFacts *facts)
{
    tw_folder_names_clear(&facts->names);
    g_clear_pointer(&facts->words, tw_keywords_free);
    facts->folder = 0;
}

/* The facts of the folder of this message; what they said of another one is forgotten. */
static TwFolderFacts *
facts_of(TwMessageProps *props)
{
    TwFolderFacts *facts = props->facts;

    if (facts != NULL && facts->folder != props->row->folder) {
        tw_folder_facts_clear(facts);
        facts->folder = props->row->folder;
    }
    return facts;
}

static void
ref_names(const TwFolderNames *names, TwFolderNames *ret)
{
    ret->entry_id = g_bytes_ref(names->entry_id);
    ret->source_key = g_bytes_ref(names->source_key);
}

static gboolean
load_folder_names(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    TwFolderFacts *facts = facts_of(props);

    if (facts != NULL && facts->names.entry_id != NULL) {
        ref_names(&facts->names, &props->own_names);
        return TRUE;
    }
    if (!tw_folder_names_load(tx, props->store, props->row->folder, &props->own_names, error))
        return FALSE;
    if (facts != NULL)
        ref_names(&props->own_names, &facts->names);
    return TRUE;
}

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

/* ---- what the row says ---- */

static TwPropsAnswer
give(TwPropValue value, guint32 tag, TwPropValue *ret)
{
    if (value.tag != tag && !tw_prop_tag_answers(value.tag, tag))
        return TW_PROPS_ABSENT;
    *ret = value;
    return TW_PROPS_FOUND;
}

static TwPropsAnswer
give_long(guint32 own, guint64 number, guint32 tag, TwPropValue *ret)
{
    return give(tw_value_long(own, (guint32) MIN(number, G_MAXUINT32)), tag, ret);
}

static TwPropsAnswer
give_bytes(guint32 own, GBytes *bytes, guint32 tag, TwPropValue *ret)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    return give(tw_value_bytes(own, data, len), tag, ret);
}

static TwPropsAnswer
give_size(guint32 own, guint32 own_long, const TwMessageRow *row, guint32 tag, TwPropValue *ret)
{
    if (tw_prop_tag_type(tag) == TW_PT_I8)
        return give(tw_value_i8(own, row->size), tag, ret);
    return give_long(own_long, (guint64) CLAMP(row->size, 0, G_MAXINT32), tag, ret);
}

static TwPropsAnswer
give_entry_id(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    if (!props->has_keys)
        return TW_PROPS_LATER;
    if (props->keys.entry_id != NULL)
        return give_bytes(own, props->keys.entry_id, tag, ret);
    tw_identity_entry_id(&props->store->guid, TW_OBJECT_ID_MESSAGE, props->row->mid,
                         props->entry_id);
    return give(tw_value_bytes(own, props->entry_id, sizeof props->entry_id), tag, ret);
}

static TwPropsAnswer
give_source_key(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    if (!props->has_keys)
        return TW_PROPS_LATER;
    if (props->keys.source_key != NULL)
        return give_bytes(PR_SOURCE_KEY, props->keys.source_key, tag, ret);
    tw_identity_source_key(&props->store->engine->guid, props->row->mid, props->source_key);
    return give(tw_value_bytes(PR_SOURCE_KEY, props->source_key, sizeof props->source_key), tag,
                ret);
}

static TwPropsAnswer
give_folder_name(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    const TwFolderNames *names = props->names != NULL ? props->names : &props->own_names;

    if (names->entry_id == NULL)
        return TW_PROPS_LATER;
    return give_bytes(own, own == PR_PARENT_ENTRYID ? names->entry_id : names->source_key, tag,
                      ret);
}

static TwPropsAnswer
give_store_id(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    tw_identity_entry_id(&props->store->guid, TW_OBJECT_ID_STORE, 0, props->store_id);
    return give(tw_value_bytes(PR_STORE_ENTRYID, props->store_id, sizeof props->store_id), tag,
                ret);
}

/* Of what was deleted since that is kept. */
static TwPropsAnswer
give_deleted_on(const TwMessageRow *row, guint32 tag, TwPropValue *ret)
{
    guint64 filetime;

    if (row->state < TW_MESSAGE_DELETED || row->placed == 0 ||
        !tw_time_to_filetime(row->placed, &filetime))
        return TW_PROPS_ABSENT;
    return give(tw_value_i8(PR_DELETED_ON, (gint64) filetime), tag, ret);
}

/* What a row knows of a message, or what stands for it. FALSE: nothing; ask head and tail. */
static gboolean
ask_row(TwMessageProps *props, guint32 tag, TwPropValue *ret, TwPropsAnswer *answer)
{
    const TwMessageRow *row = props->row;
    gboolean is_read = (row->flags & TW_MSGFLAG_READ) != 0;

    switch (tag >> 16) {
    case PR_MESSAGE_FLAGS >> 16:
        *answer = give_long(PR_MESSAGE_FLAGS, row->flags, tag, ret);
        return TRUE;
    case PR_MSG_STATUS >> 16:
        *answer = give_long(PR_MSG_STATUS, row->status, tag, ret);
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
        *answer = give(tw_value_bytes(PR_STORE_RECORD_KEY, props->store->guid.bytes, TW_GUID_LEN),
                       tag, ret);
        return TRUE;
    case PR_MAPPING_SIGNATURE >> 16:
        *answer = give(
            tw_value_bytes(PR_MAPPING_SIGNATURE, props->store->engine->guid.bytes, TW_GUID_LEN),
            tag, ret);
        return TRUE;
    case PR_OBJECT_TYPE >> 16:
        *answer = give_long(PR_OBJECT_TYPE, TW_OBJECT_ID_MESSAGE, tag, ret);
        return TRUE;
    case PR_EC_HIERARCHYID >> 16:
        *answer = give_long(PR_EC_HIERARCHYID, row->mid, tag, ret);
        return TRUE;
    case PR_EC_PARENT_HIERARCHYID >> 16:
        *answer = give_long(PR_EC_PARENT_HIERARCHYID, row->folder, tag, ret);
        return TRUE;
    case PR_EC_IMAP_ID >> 16:
        *answer = give_long(PR_EC_IMAP_ID, row->uid != 0 ? row->uid : row->mid, tag, ret);
        return TRUE;
    case PR_CONTENT_COUNT >> 16:
        *answer = give_long(PR_CONTENT_COUNT, 1, tag, ret);
        return TRUE;
    case PR_CONTENT_UNREAD >> 16:
        *answer = give_long(PR_CONTENT_UNREAD, is_read ? 0 : 1, tag, ret);
        return TRUE;
    case PR_READ >> 16:
        *answer = give(tw_value_bool(PR_READ, is_read), tag, ret);
        return TRUE;
    case PR_ASSOCIATED >> 16:
        *answer =
            give(tw_value_bool(PR_ASSOCIATED, (row->flags & TW_MSGFLAG_ASSOCIATED) != 0), tag, ret);
        return TRUE;
    case PR_SUBMIT_FLAGS >> 16:
        *answer = give_long(PR_SUBMIT_FLAGS,
                            tw_message_lock_owner(props->store, row->mid) != 0 ? SUBMIT_LOCKED : 0,
                            tag, ret);
        return TRUE;
    case PR_CHANGE_NUM >> 16:
        *answer = give(tw_value_i8(PR_CHANGE_NUM, (gint64) row->cn), tag, ret);
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

/* ---- categories: keywords of the row, and what the record says ---- */

static void
row_keywords(const TwMessageProps *props, TwKeywordSet *ret)
{
    guint count = props->has_head ? tw_head_keyword_count(&props->head) : 0;

    *ret = (TwKeywordSet){ .map = props->row->kw };
    for (guint i = 0; i < count; i++) {
        guint number = tw_head_keyword(&props->head, i);
        if (number >= TW_KEYWORDS_BITS && number < TW_KEYWORDS_MAX_COUNT)
            tw_keyword_set_add(ret, number);
    }
}

static gboolean
has_keywords(const TwMessageProps *props)
{
    return props->row->kw != 0 || (props->has_head && tw_head_keyword_count(&props->head) > 0);
}

static const TwKeywords *
known_words(TwMessageProps *props)
{
    const TwFolderFacts *facts = facts_of(props);

    return facts != NULL ? facts->words : props->own_words;
}

/* Whether @words has all that the message has: a dictionary that was read before may not. */
static gboolean
knows_all(const TwKeywords *words, const TwKeywordSet *set)
{
    guint count = words != NULL ? tw_keywords_count(words) : 0;

    return count > 0 && (count >= TW_KEYWORDS_BITS || set->map >> count == 0) &&
           (set->overflow_count == 0 || set->overflow[set->overflow_count - 1] < count);
}

static gboolean
load_words(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    TwFolderFacts *facts = facts_of(props);
    TwKeywords **place = facts != NULL ? &facts->words : &props->own_words;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) failure = NULL;
    TwKeywordSet set;
    gsize len;
    const guint8 *data;

    row_keywords(props, &set);
    if (knows_all(*place, &set))
        return TRUE;
    bytes = tw_sql_keyword_get(tx, props->store->number, props->row->folder, &failure);
    if (bytes == NULL && !g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_clear_pointer(place, tw_keywords_free);
    data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;
    *place = data != NULL ? tw_keywords_parse(data, len, NULL) : NULL;
    if (*place == NULL) /* damaged: the check tells of it; here they have no names */
        *place = tw_keywords_new();
    return TRUE;
}

static gboolean
keep_value(TwMessageProps *props, TwBuffer *bytes)
{
    GBytes *value = tw_buffer_steal_bytes(bytes, NULL);

    if (value == NULL)
        return FALSE;
    if (props->values == NULL)
        props->values = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_ptr_array_add(props->values, value);
    return TRUE;
}

/* Names of both, each once. FALSE: they are too many, or the message has no keywords. */
static gboolean
merge_categories(TwMessageProps *props, guint32 tag, const TwPropValue *stored, TwPropValue *ret)
{
    g_autoptr(TwKeywords) merged = tw_keywords_new();
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    const TwKeywords *words = known_words(props);
    TwKeywordSet set, all = { 0 };

    row_keywords(props, &set);
    for (guint i = 0; words != NULL && i < tw_keywords_count(words); i++) {
        if (tw_keyword_set_has(&set, i))
            tw_keywords_add(merged, tw_keywords_get_name(words, i), NULL);
    }
    if (stored != NULL)
        tw_keywords_from_categories(merged, stored, &set, NULL);
    for (guint i = 0; i < tw_keywords_count(merged); i++)
        tw_keyword_set_add(&all, i);
    return tw_keywords_to_categories(merged, &all, tag, &out, ret) && keep_value(props, &out);
}

/* The tail was tried. A message without any has a value of type ERROR. */
static gboolean
load_categories(TwMessageProps *props, TwDbTx *tx, GError **error)
{
    guint32 tag = tw_prop_tag(tw_names_categories(props->store->engine->names), TW_PT_MV_UNICODE);
    TwPropValue stored;
    gboolean is_stored;

    if (has_keywords(props) && !load_words(props, tx, error))
        return FALSE;
    is_stored = props->object != NULL && tw_object_get(props->object, tag, &stored);
    if (!has_keywords(props) ||
        !merge_categories(props, tag, is_stored ? &stored : NULL, &props->categories))
        props->categories = is_stored ? stored : tw_value_long(TW_PT_ERROR, 0);
    return TRUE;
}

static TwPropsAnswer
give_categories(TwMessageProps *props, guint32 tag, TwPropValue *ret)
{
    if (props->categories.tag == 0) {
        props->wants_categories = TRUE;
        return TW_PROPS_LATER;
    }
    if (tw_prop_tag_type(props->categories.tag) == TW_PT_ERROR)
        return TW_PROPS_ABSENT;
    return give(props->categories, tag, ret);
}

/* ---- its version ---- */

static TwPropsAnswer
give_version(TwMessageProps *props, guint32 own, guint32 tag, TwPropValue *ret)
{
    if (props->change_key == NULL) {
        props->wants_version = TRUE;
        return TW_PROPS_LATER;
    }
    return give_bytes(own, own == PR_CHANGE_KEY ? props->change_key : props->change_list, tag, ret);
}

/* ---- what the tail says ---- */

static TwPropsAnswer
give_display(TwMessageProps *props, guint type, guint32 own, guint32 tag, TwPropValue *ret)
{
    char **text = &props->display[type - 1];

    if (*text == NULL)
        *text = tw_derive_display(props->object, type);
    return give(tw_value_str(own, *text), tag, ret);
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
    if (!keep_value(props, &bytes))
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
        return give(tw_value_bytes(PR_CONVERSATION_ID, props->conversation.bytes, TW_GUID_LEN), tag,
                    ret);
    case PR_HASATTACH >> 16:
        return give(tw_value_bool(PR_HASATTACH, tw_derive_has_attach(object)), tag, ret);
    case PR_NORMALIZED_SUBJECT >> 16:
        if (!tw_object_has(object, PR_SUBJECT))
            break;
        return give(tw_value_str(PR_NORMALIZED_SUBJECT, tw_derive_normalized_subject(object)), tag,
                    ret);
    case PR_SUBJECT_PREFIX >> 16:
        if (!tw_object_get(object, PR_SUBJECT, &value))
            break;
        return give(
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
        return give(tw_value_bytes(PR_SEARCH_KEY, props->search_key, sizeof props->search_key), tag,
                    ret);
    case PR_CREATION_TIME >> 16:
    case PR_LAST_MODIFICATION_TIME >> 16: /* of a mail as it was delivered */
        if (props->object == NULL || !tw_object_get(props->object, PR_MESSAGE_DELIVERY_TIME, &time))
            return TW_PROPS_ABSENT;
        return give(tw_value_i8(tag >> 16 == PR_CREATION_TIME >> 16 ? PR_CREATION_TIME
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
    if (ask_row(props, tag, ret, &answer))
        return answer;
    if (tag >> 16 == PR_CHANGE_KEY >> 16)
        return give_version(props, PR_CHANGE_KEY, tag, ret);
    if (tag >> 16 == PR_PREDECESSOR_CHANGE_LIST >> 16)
        return give_version(props, PR_PREDECESSOR_CHANGE_LIST, tag, ret);
    if (tag >= 0x80000000 && tag >> 16 == tw_names_categories(props->store->engine->names))
        return give_categories(props, tag, ret);
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
        return give_long(tw_prop_tag_with_type(tag, TW_PT_LONG), number, tag, ret);
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
        return give(value, tag, ret);
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
           load_folder_names(props, tx, error);
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
           load_categories(props, tx, error);
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

/* ---- matching ---- */

/* One bit that must be set, or bits that must not. */
static void
add_flags(const TwRestrictionNode *node, TwFlagsFilter *io)
{
    guint32 bits = node->number, wanted = node->relop != 0 ? bits : 0;

    if (node->kind != TW_RES_BITMASK || node->tag != PR_MESSAGE_FLAGS ||
        (wanted != 0 && (bits & (bits - 1)) != 0) || ((io->value ^ wanted) & io->mask & bits) != 0)
        return;
    io->mask |= bits;
    io->value |= wanted;
}

void
tw_match_flags(const TwRestriction *restriction, TwFlagsFilter *io_filter)
{
    guint32 count;
    const TwRestrictionNode *nodes =
        restriction != NULL ? tw_restriction_get_nodes(restriction, &count) : NULL;

    if (nodes == NULL)
        return;
    add_flags(&nodes[0], io_filter);
    for (guint32 i = 1; nodes[0].kind == TW_RES_AND && i < nodes[0].next; i = nodes[i].next)
        add_flags(&nodes[i], io_filter);
}

guint64
tw_match_cost(const TwRestriction *restriction)
{
    guint32 count;
    const TwRestrictionNode *nodes = tw_restriction_get_nodes(restriction, &count);
    guint64 cost = count;

    for (guint32 i = 0; i < count; i++) {
        if (nodes[i].kind == TW_RES_PROPERTY && nodes[i].relop == TW_RELOP_RE)
            cost += TW_MATCH_COST_EXPRESSION;
    }
    return cost;
}

gboolean
tw_match_budget_take(TwMatchBudget *budget, guint64 cost, GError **error)
{
    gboolean late = FALSE;

    /* an expression that backtracks takes long over one row */
    if (budget->deadline_us != 0 && (cost >= TW_MATCH_COST_EXPRESSION || ++budget->rows % 256 == 0))
        late = g_get_monotonic_time() > budget->deadline_us;
    if (cost <= budget->left && !late) {
        budget->left -= cost;
        return TRUE;
    }
    budget->left = 0;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "restriction: more than its %s",
                late ? "time" : "budget");
    return FALSE;
}

gboolean
tw_message_matches(TwMessageProps *props,
                   const TwRestriction *restriction,
                   TwMatchContext *context,
                   TwMatchBudget *budget,
                   gboolean *ret_matches,
                   GError **error)
{
    TwPropSource source = tw_message_props_source(props);
    guint64 before = props->cost;
    gboolean matches = TRUE;

    if (restriction != NULL) {
        matches = tw_restriction_match(restriction, &source, context);
        if (!tw_match_budget_take(budget, tw_match_cost(restriction) + (props->cost - before),
                                  error))
            return FALSE;
    }
    if (props->error != NULL) {
        g_propagate_error(error, g_error_copy(props->error));
        return FALSE;
    }
    *ret_matches = matches;
    return TRUE;
}
