/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One message: made, read, saved; its large values; ids made by clients. */
#include "store/messages.h"

#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/content.h"
#include "store/message-private.h"
#include "store/queue-private.h"
#include "store/state-flags.h"
#include "store/sync-private.h"

enum {
    MAX_SAVE_TRIES = 8 /* of a save that overwrites whatever is there */
};

/* ---- rows from objects ---- */

static gint64
receive_time(const TwObject *object, gint64 wanted)
{
    TwPropValue value;
    gint64 us = 0;

    if (wanted != 0)
        return wanted;
    if (!tw_object_get(object, PR_MESSAGE_DELIVERY_TIME, &value))
        return tw_time_now_us();
    tw_time_from_filetime((guint64) value.i8, &us);
    return us;
}

/* What is in the record counts: flags and status are columns of the row, and a client that sends them along with a save
 * does not make the message longer. */
static gint64
stored_size(const TwObject *object)
{
    static const guint32 columns[] = { PR_MESSAGE_FLAGS, PR_MSG_STATUS, PR_CHANGE_KEY,
                                       PR_PREDECESSOR_CHANGE_LIST };
    guint64 size = tw_derive_size(object);

    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        TwPropValue value;
        if (tw_object_get(object, tw_prop_tag_with_type(columns[i], TW_PT_UNSPECIFIED), &value))
            size -= tw_value_packed_len(&value);
    }
    return (gint64) MIN(size, (guint64) G_MAXINT64 / 2);
}

gboolean
tw_message_row_from(const TwObject *object,
                    const TwHeadOptions *options,
                    gint64 recv,
                    TwMessageRow *ret,
                    GError **error)
{
    TwGuid conversation = tw_derive_conversation_id(object);
    TwStateProps said = tw_state_props_of(object);

    ret->recv = receive_time(object, recv);
    ret->size = stored_size(object);
    ret->status = tw_state_status(&said, 0, tw_object_get_long(object, PR_MSG_STATUS, ret->status));
    ret->conv = tw_derive_conversation_hash(&conversation);
    g_clear_pointer(&ret->head, g_bytes_unref);
    ret->head = tw_head_build(object, options, error);
    return ret->head != NULL;
}

guint64
tw_message_eid(guint32 store, guint32 bid)
{
    return (guint64) store << 32 | bid;
}

/* ---- create ---- */

gboolean
tw_folder_takes_messages(const TwFolderRow *folder, GError **error)
{
    if (folder->type != TW_FOLDER_SEARCH)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "folder %u is a search folder", folder->id);
    return FALSE;
}

gboolean
tw_message_insert(TwWork *work, TwMessageRow *row, TwFolderRow *folder, GError **error)
{
    guint64 cn;

    if (!tw_folder_takes_messages(folder, error))
        return FALSE;
    cn = tw_work_change(work, TW_CHANGE_MESSAGE_NEW, row->folder, row->mid, 0, error);
    if (cn == 0)
        return FALSE;
    if (row->state == TW_MESSAGE_NORMAL && !tw_message_take_uid(folder, &row->uid, error))
        return FALSE;
    row->cn = row->cn_create = row->cn_read = folder->hicn = cn;
    row->placed = work->now;
    tw_work_count(work, folder, row, 1);
    return tw_sql_msg_insert(work->tx, row, error);
}

gboolean
tw_message_take_uid(TwFolderRow *folder, guint32 *ret, GError **error)
{
    if (folder->uidnext == G_MAXUINT32) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "folder %u: all uids are given out",
                    folder->id);
        return FALSE;
    }
    *ret = folder->uidnext++;
    folder->dirty = TRUE;
    return TRUE;
}

typedef struct {
    TwStore *store;
    const TwMessageMake *make;
    TwContent content;
    TwSyncSent sent;
    TwKeywords *words; /* owned; nullable: its categories */
    TwMessageRow row;
    TwMessageMade made;
} Create;

/* A source key that is in use elsewhere is passed over: the number speaks for the message then (spec/mapi-soap.md 7.3). */
gboolean
tw_message_add_keys(TwWork *work, GBytes *entry_id, GBytes *source_key, guint32 id, GError **error)
{
    guint32 store = work->row.store, other;

    if (entry_id != NULL && !tw_sql_key_add(work->tx, store, TW_KEY_ENTRY_ID, entry_id, id, error))
        return FALSE;
    if (source_key != NULL) {
        g_autoptr(GError) failure = NULL;
        if (tw_sql_key_find(work->tx, store, TW_KEY_SOURCE_KEY, source_key, &other, &failure))
            return TRUE;
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        return tw_sql_key_add(work->tx, store, TW_KEY_SOURCE_KEY, source_key, id, error);
    }
    return TRUE;
}

static gboolean
create_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Create *create = data;
    g_auto(TwWork) work = { 0 };
    g_auto(TwMessageRow) row = create->row;
    TwFolderRow *folder;

    g_bytes_ref(row.head);
    if (!tw_work_begin(&work, tx, create->store, error) ||
        (create->make->once != NULL &&
         !tw_sql_delivered_add(tx, row.store, create->make->once, work.now, error)))
        return FALSE;
    folder = tw_work_folder(&work, row.folder, FALSE, error);
    if (folder == NULL ||
        (create->words != NULL && !tw_words_put(&work, folder, create->words, &row, error)) ||
        !tw_work_quota(&work, row.size, error) || !tw_message_insert(&work, &row, folder, error) ||
        (row.state == TW_MESSAGE_NORMAL &&
         !tw_queue_follow_flags(&work, row.mid, 0, row.flags, error)) ||
        !tw_content_write(&create->content, &work, row.bid, error) ||
        !tw_sync_keep_sent(&work, row.bid, row.cn, &create->sent, error) ||
        !tw_message_add_keys(&work, create->make->entry_id, create->make->source_key, row.mid,
                             error))
        return FALSE;
    create->made = (TwMessageMade){ row.mid, row.uid, folder->uidvalidity, row.cn };
    return tw_work_finish(&work, error);
}

gboolean
tw_message_check_keys(TwStore *store, GBytes *entry_id, GBytes *source_key, GError **error)
{
    gsize most = store->engine->config.limits.client_key;

    if ((entry_id == NULL || g_bytes_get_size(entry_id) <= most) &&
        (source_key == NULL || g_bytes_get_size(source_key) <= most))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a client's id is too long");
    return FALSE;
}

static gboolean
give_search_key(TwObject *object, GError **error)
{
    guint8 random[16];

    tw_random_bytes(random, sizeof random);
    return tw_derive_search_key(object, random, error);
}

/* The times that the server makes unless they are given (spec/mapi-soap.md 7.3): a save that leaves the time of the last change as it was
 * changes it now, but for synchronisation, which brings that of the other replica. */
static gboolean
give_times(const TwObject *old, TwObject *object, gboolean sync, GError **error)
{
    TwPropValue creation, now, before, given;
    guint64 filetime;
    gboolean is_given = tw_object_get(object, PR_LAST_MODIFICATION_TIME, &given);

    if (!tw_time_to_filetime(tw_time_now_us(), &filetime))
        return TRUE; /* a clock that is wrong by ten thousands of years */
    now = tw_value_i8(PR_LAST_MODIFICATION_TIME, (gint64) filetime);
    if (old == NULL || !tw_object_get(old, PR_CREATION_TIME, &creation))
        creation = tw_value_i8(PR_CREATION_TIME, (gint64) filetime);
    if (old != NULL && !tw_object_has(old, PR_CREATION_TIME) &&
        tw_object_get(old, PR_MESSAGE_DELIVERY_TIME, &creation))
        creation.tag = PR_CREATION_TIME;
    if (!tw_object_has(object, PR_CREATION_TIME) && !tw_object_set(object, &creation, error))
        return FALSE;
    if (is_given && !sync && old != NULL && tw_object_get(old, PR_LAST_MODIFICATION_TIME, &before))
        is_given = given.i8 != before.i8;
    return is_given || tw_object_set(object, &now, error);
}

gsize
tw_content_cost(const TwContent *content)
{
    return g_bytes_get_size(content->record) +
           (content->mail != NULL ? g_bytes_get_size(content->mail) : 0) +
           (gsize) content->values->len * 128 + 512;
}

gboolean
tw_message_create(TwStore *store,
                  guint32 folder,
                  TwObject *object,
                  const TwMessageMake *make,
                  TwMessageMade *ret,
                  GError **error)
{
    static const TwMessageMake plain;
    Create create = { .store = store, .make = make != NULL ? make : &plain };
    TwMessageRow *row = &create.row;
    TwHeadOptions head = { 0 };
    guint context = create.make->flags_context | TW_FLAGS_FIRST_SAVE;
    gboolean ok = FALSE;

    if (tw_object_has(object, PR_MESSAGE_FLAGS))
        context |= TW_FLAGS_SET;
    context |= create.make->associated ? TW_FLAGS_ASSOCIATED : 0;
    context |= tw_derive_has_attach(object) ? TW_FLAGS_HAS_ATTACH : 0;
    row->store = store->number;
    row->folder = folder;
    row->state = create.make->associated ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL;
    row->flags =
        tw_derive_message_flags(0, tw_object_get_long(object, PR_MESSAGE_FLAGS, 0), context);
    tw_content_begin(&create.content, store);
    if (tw_message_check_keys(store, create.make->entry_id, create.make->source_key, error) &&
        tw_sync_take_sent(object, store->source != 0 || (context & TW_FLAGS_SYNC), &create.sent,
                          error) &&
        give_search_key(object, error) && give_times(NULL, object, FALSE, error) &&
        tw_ids_take(store->partition, 1, &row->mid, error)) {
        tw_words_take(store, object, &create.words);
        row->bid = row->mid;
        head.eid = tw_message_eid(store->number, row->bid);
        ok = tw_message_row_from(object, &head, create.make->recv_us, row, error) &&
             tw_content_prepare(&create.content, store, object, error) &&
             tw_store_write(store, tw_content_cost(&create.content), FALSE, create_tx, &create,
                            error);
    }
    if (ok)
        *ret = create.made;
    tw_content_clear(&create.content);
    tw_sync_sent_clear(&create.sent);
    tw_words_return(store, object, create.words);
    tw_message_row_clear(row);
    return ok;
}

/* ---- read ---- */

typedef struct {
    TwStore *store;
    guint32 mid;
    TwMessageRow row;
    TwObject *object;
    GArray *values;
    GBytes *mail; /* in its row, nullable; not read with words */
    gboolean with_object, with_words;
} Read;

static gboolean
read_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Read *read = data;
    g_autoptr(TwFolderRow) folder = NULL;

    if (!tw_sql_msg_get(tx, read->store->number, read->mid, TRUE, &read->row, error))
        return FALSE;
    folder = tw_sql_folder_get(tx, read->store->number, read->row.folder, error);
    if (folder == NULL)
        return FALSE;
    if (folder->state != TW_FOLDER_LIVE) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u: its folder is deleted",
                    read->mid);
        return FALSE;
    }
    if (!read->with_object)
        return TRUE;
    read->object = tw_content_read(tx, read->store->number, read->row.bid, &read->values, error);
    if (read->object == NULL)
        return FALSE;
    return read->with_words
               ? tw_words_give(tx, read->store, &read->row, read->object, error)
               : tw_sql_tail_mail(tx, read->store->number, read->row.bid, &read->mail, error);
}

gboolean
tw_message_get(TwStore *store, guint32 mid, TwMessageRow *ret, GError **error)
{
    Read read = { .store = store, .mid = mid };

    if (!tw_store_read(store, read_tx, &read, error)) {
        tw_message_row_clear(&read.row);
        return FALSE;
    }
    *ret = read.row;
    return TRUE;
}

/* @words: with what its row and others say of it, rather than as it is stored. */
static gboolean
read_message(TwStore *store, guint32 mid, gboolean words, Read *ret, GError **error)
{
    *ret = (Read){ .store = store, .mid = mid, .with_object = TRUE, .with_words = words };
    if (tw_store_read(store, read_tx, ret, error))
        return TRUE;
    tw_message_row_clear(&ret->row);
    g_clear_pointer(&ret->object, tw_object_free);
    g_clear_pointer(&ret->values, g_array_unref);
    g_clear_pointer(&ret->mail, g_bytes_unref);
    return FALSE;
}

/* A mail that was delivered has no search key in its record before it is saved. */
static gboolean
add_search_key(const TwObject *stored, TwObject *object, GError **error)
{
    guint8 key[TW_DERIVED_SEARCH_KEY_LEN];

    tw_derive_search_key_of(stored, key);
    return tw_derive_search_key(object, key, error);
}

TwObject *
tw_message_read(TwStore *store, guint32 mid, TwMessageRow *ret, GError **error)
{
    Read read;

    if (!read_message(store, mid, TRUE, &read, error))
        return NULL;
    g_array_unref(read.values);
    if (!add_search_key(read.object, read.object, error) ||
        !tw_state_give(read.row.status, read.object, error))
        g_clear_pointer(&read.object, tw_object_free);
    if (read.object == NULL) {
        tw_message_row_clear(&read.row);
        return NULL;
    }
    if (ret != NULL)
        *ret = read.row;
    else
        tw_message_row_clear(&read.row);
    return read.object;
}

/* ---- save ---- */

/* Properties that clients set on a mail that stays the mail it was: flags, reminders, verbs, names (all named ones). */
static gboolean
is_state(guint32 tag)
{
    static const guint32 tags[] = {
        PR_MESSAGE_FLAGS,
        PR_MSG_STATUS,
        PR_FLAG_STATUS,
        PR_FOLLOWUP_ICON,
        PR_FLAG_COMPLETE_TIME,
        PR_TODO_ITEM_FLAGS,
        PR_LAST_VERB_EXECUTED,
        PR_LAST_VERB_EXECUTION_TIME,
        PR_ICON_INDEX,
        PR_CREATION_TIME,
        PR_LAST_MODIFICATION_TIME,
        PR_CHANGE_KEY,
        PR_PREDECESSOR_CHANGE_LIST,
        PR_LAST_MODIFIER_NAME,
        PR_LAST_MODIFIER_ENTRYID,
        PR_READ_RECEIPT_REQUESTED,
        PR_SEARCH_KEY,
    };

    if (tag >> 16 >= 0x8000)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (tags[i] >> 16 == tag >> 16)
            return TRUE;
    }
    return FALSE;
}

/* What a large value is called, wherever it lies. */
static gboolean
name_large(TwObject *node,
           G_GNUC_UNUSED const TwPart *part,
           const TwPropValue *value,
           G_GNUC_UNUSED gpointer data,
           GError **error)
{
    TwBlobRef ref = { .known = TRUE, .len = value->len };

    tw_blob_name(value->data, value->len, &ref.id);
    return tw_object_set_blob(node, value->tag, &ref, error);
}

static gboolean
note_value(G_GNUC_UNUSED TwObject *node,
           const TwPart *part,
           G_GNUC_UNUSED guint32 tag,
           const TwBlobRef *ref,
           gpointer values,
           G_GNUC_UNUSED GError **error)
{
    TwValueRow row = { .part = *part, .kind = TW_VALUE_PROPERTY, .id = ref->id, .len = ref->len };

    g_array_append_val((GArray *) values, row);
    return TRUE;
}

/* What a message says, however it is kept: a record, and the names of its large values. */
static GBytes *
content_of(const TwStore *store, TwObject *object, GArray *values)
{
    TwTailOptions options = { .plain = TRUE, .leave_out = is_state };
    g_autoptr(TwObject) copy = tw_object_copy(object);

    if (!tw_object_foreach_large(copy, store->engine->config.inline_len + 1, name_large, NULL,
                                 NULL) ||
        !tw_object_foreach_blob(copy, note_value, values, NULL))
        return NULL;
    return tw_tail_write(copy, &options, NULL);
}

static gboolean
same_values(const GArray *a, const GArray *b)
{
    guint at = 0;

    for (guint i = 0; i < a->len; i++) {
        const TwValueRow *old = &g_array_index(a, TwValueRow, i);
        const TwValueRow *now;
        gboolean found = FALSE;
        for (guint j = 0; j < b->len && !found; j++) {
            now = &g_array_index(b, TwValueRow, j);
            found = now->part.len == old->part.len &&
                    memcmp(now->part.bytes, old->part.bytes, old->part.len) == 0 &&
                    tw_blob_id_equal(&now->id, &old->id);
        }
        if (!found)
            return FALSE;
        at++;
    }
    return at == b->len;
}

/* Whether the mail that the message came as still tells what it says. */
static gboolean
is_same_mail(const Read *old, TwObject *object)
{
    g_autoptr(GArray) was = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    g_autoptr(GArray) is = g_array_new(FALSE, FALSE, sizeof(TwValueRow));
    g_autoptr(GBytes) before = content_of(old->store, old->object, was);
    g_autoptr(GBytes) after = content_of(old->store, object, is);

    return before != NULL && after != NULL && g_bytes_equal(before, after) && same_values(was, is);
}

static gboolean
has_mail(const Read *read)
{
    for (guint i = 0; i < read->values->len; i++) {
        if (g_array_index(read->values, TwValueRow, i).kind == TW_VALUE_MAIL)
            return TRUE;
    }
    return read->mail != NULL;
}

typedef struct {
    TwStore *store;
    guint64 expected;
    guint context;
    guint32 wanted_flags;
    gboolean status_set;
    guint32 status;    /* PR_MSG_STATUS, if set */
    TwStateProps said; /* what its properties say of the same */
    TwContent content;
    TwSyncSent sent;
    TwKeywords *words; /* owned; nullable: its categories */
    TwMessageRow row;  /* what shall stand there */
    gboolean drop_mail;
    gboolean new_uid; /* its bytes are others now for those who read mails */
    guint64 cn;
} Save;

/* One that is being sent stays as it is; synchronisation may queue it and take it out. */
static gboolean
check_may_save(TwWork *work, const TwMessageRow *old, const TwMessageRow *row, GError **error)
{
    gboolean toggles = ((old->flags ^ row->flags) & TW_MSGFLAG_SUBMITTED) != 0, may;

    if (!tw_message_may(work, old->mid, toggles ? TW_TOUCH_MARK : TW_TOUCH_CHANGE, &may, error))
        return FALSE;
    if (may)
        return old->state != TW_MESSAGE_NORMAL ||
               tw_queue_follow_flags(work, old->mid, old->flags, row->flags, error);
    g_set_error(error, TW_ERROR, TW_ERROR_SUBMITTED, "message %u is being sent", old->mid);
    return FALSE;
}

static gboolean
save_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Save *save = data;
    g_auto(TwWork) work = { 0 };
    g_auto(TwMessageRow) row = save->row;
    TwMessageRow old;
    TwFolderRow *folder;

    g_bytes_ref(row.head);
    if (!tw_work_begin(&work, tx, save->store, error) ||
        !tw_sql_msg_get(tx, row.store, row.mid, FALSE, &old, error))
        return FALSE;
    if (old.state >= TW_MESSAGE_DELETED) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "message %u is deleted", row.mid);
        return FALSE;
    }
    if (old.cn != save->expected) {
        g_set_error(error, TW_ERROR, TW_ERROR_CHANGED, "message %u was saved by another", row.mid);
        return FALSE;
    }
    folder = tw_work_folder(&work, old.folder, FALSE, error);
    if (folder == NULL || !tw_work_quota(&work, row.size - old.size, error))
        return FALSE;
    row.folder = old.folder;
    row.state = old.state;
    row.kw = old.kw;
    row.uid = old.uid;
    row.cn_create = old.cn_create;
    row.cn_read = old.cn_read;
    row.status =
        tw_state_status(&save->said, old.status, save->status_set ? save->status : old.status);
    row.flags = tw_derive_message_flags(old.flags, save->wanted_flags, save->context);
    if (!check_may_save(&work, &old, &row, error) ||
        (save->words != NULL && !tw_words_put(&work, folder, save->words, &row, error)))
        return FALSE;
    tw_work_count(&work, folder, &old, -1);
    tw_work_count(&work, folder, &row, 1);
    row.cn = tw_work_change(&work, TW_CHANGE_MESSAGE, row.folder, row.mid, 0, error);
    if (row.cn == 0)
        return FALSE;
    folder->hicn = row.cn;
    if (save->new_uid && row.uid != 0) {
        /* the old uid means other bytes: it is gone, and a new one is there */
        if (!tw_sql_tomb_add(tx, row.store, row.folder, row.cn, old.uid, 0, error) ||
            !tw_message_take_uid(folder, &row.uid, error))
            return FALSE;
    }
    save->cn = row.cn;
    return tw_content_delete(&work, old.bid, error) &&
           tw_content_write(&save->content, &work, old.bid, error) &&
           tw_sync_keep_sent(&work, old.bid, row.cn, &save->sent, error) &&
           tw_sql_msg_update(tx, &row, error) && tw_work_finish(&work, error);
}

/* Keeps the mail with its values, or drops both. */
static gboolean
prepare_save(Save *save, const Read *old, TwObject *object, GError **error)
{
    TwHeadOptions head = { .eid = tw_message_eid(save->store->number, old->row.bid) };
    TwKeywordSet words;
    guint32 mail_len = 0;
    TwHead before;

    if (!tw_content_prepare(&save->content, save->store, object, error))
        return FALSE;
    save->new_uid = (has_mail(old) || old->row.uid != 0) && !is_same_mail(old, object);
    if (has_mail(old)) {
        save->drop_mail = save->new_uid;
        if (!save->drop_mail && old->mail != NULL)
            save->content.mail = g_bytes_ref(old->mail);
        for (guint i = 0; !save->drop_mail && i < old->values->len; i++) {
            const TwValueRow *value = &g_array_index(old->values, TwValueRow, i);
            if (value->kind != TW_VALUE_PROPERTY)
                g_array_append_vals(save->content.values, value, 1);
        }
        if (!save->drop_mail && tw_head_open(g_bytes_get_data(old->row.head, NULL),
                                             g_bytes_get_size(old->row.head), &before, NULL)) {
            head.has_mail = tw_head_get_mail(&before, &mail_len, &head.mail_header_len);
            head.mail_len = mail_len;
        }
    }
    if (!save->drop_mail && has_mail(old) &&
        !tw_message_read_summary(save->store, old->row.bid, &save->content.summary, error))
        return FALSE;
    /* keywords are changed by tw_messages_set_flags(), which gives a new cn: so these are still the message's */
    tw_message_row_keywords(&old->row, &words);
    head.keywords = words.overflow;
    head.keyword_count = words.overflow_count;
    save->row =
        (TwMessageRow){ .store = save->store->number, .mid = old->row.mid, .bid = old->row.bid };
    if (!tw_message_row_from(object, &head, old->row.recv, &save->row, error))
        return FALSE;
    save->row.size += (gint64) head.mail_len;
    return TRUE;
}

/* The search key of a message is made once: whoever saves it says nothing about it. */
static gboolean
keep_search_key(const TwObject *old, TwObject *object, GError **error)
{
    TwPropValue key;

    tw_object_remove(object, PR_SEARCH_KEY);
    return tw_object_get(old, PR_SEARCH_KEY, &key) ? tw_object_set(object, &key, error)
                                                   : add_search_key(old, object, error);
}

static gboolean
save_once(TwStore *store,
          guint32 mid,
          guint64 cn,
          TwObject *object,
          guint flags_context,
          guint64 *ret_cn,
          GError **error)
{
    Save save = { .store = store, .context = flags_context };
    Read old;
    gboolean ok;

    if (!read_message(store, mid, FALSE, &old, error))
        return FALSE;
    save.expected = cn != 0 ? cn : old.row.cn;
    if (tw_object_has(object, PR_MESSAGE_FLAGS))
        save.context |= TW_FLAGS_SET;
    save.context |= tw_derive_has_attach(object) ? TW_FLAGS_HAS_ATTACH : 0;
    save.context |= old.row.state & 1 ? TW_FLAGS_ASSOCIATED : 0;
    save.wanted_flags = tw_object_get_long(object, PR_MESSAGE_FLAGS, 0);
    save.status_set = tw_object_has(object, PR_MSG_STATUS);
    save.status = tw_object_get_long(object, PR_MSG_STATUS, 0);
    save.said = tw_state_props_of(object);
    tw_content_begin(&save.content, store);
    tw_words_take(store, object, &save.words);
    ok = keep_search_key(old.object, object, error) &&
         give_times(old.object, object, (flags_context & TW_FLAGS_SYNC) != 0, error) &&
         tw_sync_take_sent(object, store->source != 0 || (flags_context & TW_FLAGS_SYNC),
                           &save.sent, error) &&
         prepare_save(&save, &old, object, error) &&
         tw_store_write(store, tw_content_cost(&save.content), FALSE, save_tx, &save, error);
    if (ok)
        *ret_cn = save.cn;
    tw_content_clear(&save.content);
    tw_sync_sent_clear(&save.sent);
    tw_words_return(store, object, save.words);
    tw_message_row_clear(&save.row);
    tw_message_row_clear(&old.row);
    g_array_unref(old.values);
    g_clear_pointer(&old.mail, g_bytes_unref);
    tw_object_free(old.object);
    return ok;
}

gboolean
tw_message_save(TwStore *store,
                guint32 mid,
                guint64 cn,
                TwObject *object,
                guint flags_context,
                guint64 *ret_cn,
                GError **error)
{
    for (guint try = 0;; try++) {
        g_autoptr(GError) failure = NULL;
        if (save_once(store, mid, cn, object, flags_context, ret_cn, &failure))
            return TRUE;
        if (cn != 0 || try == MAX_SAVE_TRIES ||
            !g_error_matches(failure, TW_ERROR, TW_ERROR_CHANGED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
}

/* ---- large values ---- */

TwBlobUse *
tw_store_begin_values(TwStore *store)
{
    return tw_blob_use_begin(store->engine->blobs);
}

gboolean
tw_store_put_value(
    TwStore *store, TwBlobUse *use, const void *data, gsize len, TwBlobRef *ret, GError **error)
{
    TwBlobOptions options = { .scope = store->company, .compress = TRUE };
    TwBlobRef ref = { .known = TRUE, .len = len };

    if (!tw_blob_put(use, data, len, &options, &ref.id, error))
        return FALSE;
    *ret = ref;
    return TRUE;
}

TwBlobWriter *
tw_store_write_value(TwStore *store, TwBlobUse *use)
{
    TwBlobOptions options = { .scope = store->company, .compress = TRUE };

    return tw_blob_writer_new(use, &options);
}

gboolean
tw_store_read_value(
    TwStore *store, const TwBlobRef *ref, guint64 offset, gsize len, TwBuffer *out, GError **error)
{
    if (!ref->known) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a value without a place");
        return FALSE;
    }
    return tw_blob_read(store->engine->blobs, &ref->id, offset, len, out, error);
}

/* ---- ids made by clients ---- */

typedef struct {
    TwStore *store;
    TwKeyKind kind;
    GBytes *key;
    guint32 id;
} Key;

static gboolean
find_key_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Key *key = data;

    return tw_sql_key_find(tx, key->store->number, key->kind, key->key, &key->id, error);
}

gboolean
tw_store_find_key(TwStore *store, TwKeyKind kind, GBytes *key, guint32 *ret_id, GError **error)
{
    Key find = { store, kind, key, 0 };

    if (!tw_store_read(store, find_key_tx, &find, error))
        return FALSE;
    *ret_id = find.id;
    return TRUE;
}

static gboolean
get_key_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Key *key = data;

    key->key = tw_sql_key_of(tx, key->store->number, key->kind, key->id, error);
    return key->key != NULL;
}

GBytes *
tw_store_get_key(TwStore *store, TwKeyKind kind, guint32 id, GError **error)
{
    Key get = { store, kind, NULL, id };

    return tw_store_read(store, get_key_tx, &get, error) ? get.key : NULL;
}
