/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on messages: lists, one, and many at a time. */
#include "base/error.h"
#include "base/hash.h"
#include "mapi/tags.h"
#include "session/ops-private.h"
#include "store/folder-index.h"
#include "store/message-lock.h"

#include <string.h>

enum {
    LIST_MOST = 1000,
    INDEX_MOST = 100000,
};

static guint
limit(guint32 wanted, guint fallback)
{
    return wanted != 0 ? MIN(wanted, TW_SESSION_MOST_ROWS) : fallback;
}

TwMessageSet
tw_local_set(const TwLocalCall *call, const TwNumbers *messages)
{
    return (TwMessageSet){ call->folder, messages->items, messages->count };
}

/* A message answers under the folder it was asked for in, or under any when none was named. */
static gboolean
is_there(const TwLocalCall *call, const TwMessageRow *row, GError **error)
{
    if (call->folder == 0 || row->folder == call->folder)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
    return FALSE;
}

gboolean
tw_local_in_folder(const TwLocalCall *call, guint32 message, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };

    if (call->folder == 0)
        return TRUE;
    if (!tw_message_get(call->store, message, &row, error))
        return FALSE;
    if (row.folder == call->folder)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such message");
    return FALSE;
}

static void
clear_row(gpointer row)
{
    tw_message_row_clear(row);
}

/* ---- lists ---- */

static gboolean
add_row(const TwMessageRow *row, gpointer data)
{
    TwMessageRow copy = *row;

    copy.head = row->head != NULL ? g_bytes_ref(row->head) : NULL;
    g_array_append_val((GArray *) data, copy);
    return TRUE;
}

/* Results of a search lie in other folders, each with rights of its own. */
typedef struct {
    const TwLocalCall *call;
    GArray *rows;
} Results;

static gboolean
add_result(const TwMessageRow *row, gpointer data)
{
    const Results *results = data;

    return tw_rights_ask(results->call->rights, row->folder, TW_NEED_READ) != TW_VERDICT_YES ||
           add_row(row, results->rows);
}

gboolean
tw_local_message_list(TwLocalCall *call, TwMessageListArgs *args, GError **error)
{
    g_autoptr(TwFolderRow) folder = NULL;
    Results results;

    if (args->state > TW_MESSAGE_DELETED_ASSOC) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such list");
        return FALSE;
    }
    if (tw_rights_ask(call->rights, call->folder, TW_NEED_READ) != TW_VERDICT_YES)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    folder = tw_folder_get(call->store, call->folder, error);
    if (folder == NULL)
        return FALSE;
    args->rows = g_array_new(FALSE, FALSE, sizeof(TwMessageRow));
    g_array_set_clear_func(args->rows, clear_row);
    results = (Results){ call, args->rows };
    if (folder->type == TW_FOLDER_SEARCH)
        return args->state != TW_MESSAGE_NORMAL ||
               tw_search_folder_list(call->store, call->folder, args->after,
                                     limit(args->most, LIST_MOST), args->heads, add_result,
                                     &results, error);
    return tw_folder_list(call->store, call->folder, (TwMessageState) args->state, args->after,
                          limit(args->most, LIST_MOST), args->heads, add_row, args->rows, error);
}

static gboolean
add_index(const TwMessageRow *row, gpointer data)
{
    TwIndexRow index = {
        .uid = row->uid,
        .mid = row->mid,
        .flags = row->flags,
        .status = row->status,
        .kw = row->kw,
        .modseq = MAX(row->cn, row->cn_read),
        .recv = row->recv,
        .size = row->size,
    };

    g_array_append_val((GArray *) data, index);
    return TRUE;
}

gboolean
tw_local_folder_index(TwLocalCall *call, TwFolderIndexArgs *args, GError **error)
{
    args->rows = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    return tw_folder_list_uids(call->store, call->folder, args->after,
                               limit(args->most, INDEX_MOST), add_index, args->rows, error);
}

gboolean
tw_local_folder_window(TwLocalCall *call, TwFolderWindowArgs *args, GError **error)
{
    g_autoptr(TwFolderIndex) index = tw_folder_get_index(call->store, call->folder, error);
    guint32 most = args->most != 0 ? args->most : G_MAXUINT32;

    if (index == NULL)
        return FALSE;
    args->rows = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    args->cn = index->cn;
    args->hicn = index->hicn;
    args->uidvalidity = index->uidvalidity;
    args->uidnext = index->uidnext;
    args->count = index->count;
    args->unread = index->unread;
    if (args->after == G_MAXUINT32 || (args->since > 0 && args->since >= index->hicn))
        return TRUE; /* nothing is behind it, or changed since */
    for (guint32 i = tw_folder_index_find(index, args->after + 1);
         i < index->count && args->rows->len < most; i++) {
        const TwFolderIndexRow *row = &index->rows[i];

        if (args->upto != 0 && row->uid > args->upto)
            break;
        if (row->modseq > args->since) {
            TwIndexRow out = { .uid = row->uid,
                               .mid = row->mid,
                               .flags = row->flags,
                               .status = row->status,
                               .kw = row->kw,
                               .modseq = row->modseq };

            g_array_append_val(args->rows, out);
        }
    }
    return TRUE;
}

gboolean
tw_local_folder_vanished(TwLocalCall *call, TwFolderVanishedArgs *args, GError **error)
{
    args->rows = tw_folder_vanished(call->store, call->folder, args->since,
                                    limit(args->most, INDEX_MOST), error);
    return args->rows != NULL;
}

gboolean
tw_local_keywords(TwLocalCall *call, TwKeywordsArgs *args, GError **error)
{
    args->names = tw_folder_keywords(call->store, call->folder, error);
    return args->names != NULL;
}

gboolean
tw_local_keyword_add(TwLocalCall *call, TwKeywordAddArgs *args, GError **error)
{
    guint bit;

    if (!tw_local_given(args->name, "a name", error) ||
        !tw_folder_keyword(call->store, call->folder, args->name, TRUE, &bit, error))
        return FALSE;
    args->bit = bit;
    return TRUE;
}

/* ---- one ---- */

/* After a save: NULL when somebody took the message away meanwhile, for the save was done. */
static GBytes *
computed_now(const TwLocalCall *call, guint32 message)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = tw_message_read(call->store, message, &row, NULL);

    return object != NULL ? tw_local_message_computed(call, &row, object, NULL) : NULL;
}

static gboolean
take_name(GBytes *once, const guint8 **ret, GError **error)
{
    gsize len;
    const guint8 *bytes = g_bytes_get_data(once, &len);

    *ret = bytes;
    if (len == TW_SHA256_LEN)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a name of other than 32 bytes");
    return FALSE;
}

gboolean
tw_local_message_create(TwLocalCall *call, TwMessageCreateArgs *args, GError **error)
{
    TwMessageMake make = {
        .associated = args->associated,
        .flags_context = args->context & TW_FLAGS_SYNC,
        .recv_us = args->recv_us,
        .source_key = args->source_key,
    };
    g_autoptr(GBytes) entry_id = NULL;
    g_autoptr(GPtrArray) held = tw_local_held_values();

    if (args->once != NULL && !take_name(args->once, &make.once, error))
        return FALSE;

    if (!tw_local_check_id(call, args->entry_id, TW_OBJECT_ID_MESSAGE, &entry_id, error) ||
        !tw_local_check_source_key(call, args->source_key, error))
        return FALSE;
    make.entry_id = entry_id;
    if (!tw_local_given(args->object, "a message", error) ||
        !tw_local_use_values(call, &args->values, args->object, held, error) ||
        !tw_access_sign(call, args->object, error) ||
        !tw_local_sign_change(call, args->object, (args->context & TW_FLAGS_SYNC) != 0, error) ||
        !tw_message_create(call->store, call->folder, args->object, &make, &args->made, error))
        return FALSE;
    tw_local_used_values(call, &args->values);
    if (args->compute)
        args->computed = computed_now(call, args->made.mid);
    return TRUE;
}

gboolean
tw_local_message_get(TwLocalCall *call, TwMessageGetArgs *args, GError **error)
{
    args->locked = tw_message_lock_owner(call->store, args->message) != 0;
    return tw_message_get(call->store, args->message, &args->row, error) &&
           is_there(call, &args->row, error);
}

gboolean
tw_local_message_read(TwLocalCall *call, TwMessageReadArgs *args, GError **error)
{
    guint64 holder = tw_message_lock_owner(call->store, args->message);

    args->object = tw_message_read(call->store, args->message, &args->row, error);
    if (args->object == NULL || !is_there(call, &args->row, error))
        return FALSE;
    args->locked = holder != 0;
    if (holder != 0 && holder != call->session->id)
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    if (args->compute)
        args->computed = tw_local_message_computed(call, &args->row, args->object, error);
    return !args->compute || args->computed != NULL;
}

/* Who made it stays who made it, whatever the client says. */
static gboolean
keep_creator(TwObject *object, const TwObject *before, GError **error)
{
    static const guint32 tags[] = { PR_CREATOR_ENTRYID, PR_CREATOR_NAME };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        TwPropValue value;
        tw_object_remove(object, tags[i]);
        if (tw_object_get(before, tags[i], &value) && !tw_object_set(object, &value, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_local_message_save(TwLocalCall *call, TwMessageSaveArgs *args, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) before = NULL;
    g_autoptr(GPtrArray) held = tw_local_held_values();
    guint64 cn;

    if (!tw_local_given(args->object, "a message", error))
        return FALSE;
    before = tw_message_read(call->store, args->message, &row, error);
    if (before == NULL || !is_there(call, &row, error) ||
        !tw_local_use_values(call, &args->values, args->object, held, error) ||
        !keep_creator(args->object, before, error) ||
        !tw_local_sign_change(call, args->object, (args->context & TW_FLAGS_SYNC) != 0, error) ||
        !tw_message_save(call->store, args->message, args->cn, args->object,
                         args->context & (TW_FLAGS_SYNC | TW_FLAGS_SET), &cn, error))
        return FALSE;
    tw_local_used_values(call, &args->values);
    args->new_cn = cn;
    if (args->compute)
        args->computed = computed_now(call, args->message);
    return TRUE;
}

/* ---- values ---- */

static TwObject *
read_owner_of_value(TwLocalCall *call, const TwValueReadArgs *args, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(TwObject) object = NULL;

    if (args->message == 0)
        return tw_folder_read_object(call->store, call->folder, error);
    object = tw_message_read(call->store, args->message, &row, error);
    if (object == NULL || !is_there(call, &row, error))
        return NULL;
    return g_steal_pointer(&object);
}

static GBytes *
cut(const guint8 *data, gsize len, guint64 offset, gsize most)
{
    gsize from = (gsize) MIN(offset, (guint64) len);

    return g_bytes_new(data + from, MIN(most, len - from));
}

gboolean
tw_local_value_read(TwLocalCall *call, TwValueReadArgs *args, GError **error)
{
    g_autoptr(TwObject) object = NULL;
    const guint8 *path;
    TwObject *node;
    TwPropValue value;
    TwBlobRef ref;
    gsize len, most = MIN(args->most, TW_SESSION_MOST_BYTES);
    guint id;

    if (!tw_local_given(args->path, "a path", error))
        return FALSE;
    object = read_owner_of_value(call, args, error);
    if (object == NULL)
        return FALSE;
    path = g_bytes_get_data(args->path, &len);
    node = tw_object_locate(object, path, len, &id);
    if (args->message == 0 && node != NULL && !tw_local_shows_folder_prop(call, id << 16))
        node = NULL;
    if (node != NULL && tw_object_get_blob(node, id << 16, &ref, NULL)) {
        g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_SESSION_MOST_BYTES);
        if (!tw_store_read_value(call->store, &ref, args->offset, most, &out, error))
            return FALSE;
        args->bytes = g_bytes_new(out.data, out.len);
        args->len = ref.len;
        return TRUE;
    }
    if (node == NULL || !tw_object_get(node, id << 16, &value) || value.len == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such value");
        return FALSE;
    }
    args->bytes = cut(value.data, value.len, args->offset, most);
    args->len = value.len;
    return TRUE;
}

/* ---- many ---- */

static GArray *
new_done(void)
{
    return g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
}

/* The read mark and the reports that hang on it need READ; all else is a change of the message. */
static gboolean
is_mark_only(const TwFlagChange *change)
{
    guint32 marks = TW_MSGFLAG_READ | TW_MSGFLAG_READ_REPORT_PENDING |
                    TW_MSGFLAG_NONREAD_REPORT_PENDING | TW_MSGFLAG_EVER_READ;

    return ((change->flags_set | change->flags_clear) & ~marks) == 0 && change->status_set == 0 &&
           change->status_clear == 0 && change->kw_set == 0 && change->kw_clear == 0 &&
           change->more_set_count == 0 && change->more_clear_count == 0 && !change->kw_exact;
}

gboolean
tw_local_name_keywords(
    TwLocalCall *call, const char *const *names, gboolean set, TwFlagChange *change, GError **error)
{
    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        g_autoptr(GError) why = NULL;
        guint number;
        if (!tw_folder_keyword(call->store, call->folder, names[i], set, &number, &why)) {
            if (!set && g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
                continue;
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (!tw_flag_change_keyword(change, number, set)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many keywords");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
tw_local_messages_mark(TwLocalCall *call, TwMessagesMarkArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);
    TwFlagChange change = args->change;
    gboolean named = args->keywords_set != NULL || args->keywords_clear != NULL;

    change.kw_exact = change.kw_exact || args->keywords_exact;
    if ((named || !is_mark_only(&change)) &&
        !tw_local_ask_messages(call, &args->messages, TW_NEED_EDIT, error))
        return FALSE;
    if (!tw_local_name_keywords(call, args->keywords_set, TRUE, &change, error) ||
        !tw_local_name_keywords(call, args->keywords_clear, FALSE, &change, error))
        return FALSE;
    args->done = new_done();
    return tw_messages_set_flags(call->store, &set, &change, args->done, error);
}

gboolean
tw_local_messages_delete(TwLocalCall *call, TwMessagesDeleteArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);
    guint count = 0;

    if (!tw_messages_delete_marked(call->store, &set, args->status, !args->hard, &count, error))
        return FALSE;
    args->count = count;
    return TRUE;
}

gboolean
tw_local_messages_restore(TwLocalCall *call, TwMessagesRestoreArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);

    args->done = new_done();
    return tw_messages_restore(call->store, &set, args->done, error);
}

gboolean
tw_local_messages_move(TwLocalCall *call, TwMessagesMoveArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);

    args->done = new_done();
    return tw_messages_move(call->store, &set, args->to, args->done, error);
}

gboolean
tw_local_messages_copy(TwLocalCall *call, TwMessagesCopyArgs *args, GError **error)
{
    TwMessageSet set = tw_local_set(call, &args->messages);

    args->done = new_done();
    return tw_messages_copy(call->store, &set, args->to, args->done, error);
}
