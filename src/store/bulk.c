/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Operations on many messages. Up to the limit "batch" all is one transaction. More goes in batches; the first one
 * writes a task with the whole operation, each moves the task's position in its own transaction, the last removes
 * it. What a crash interrupts is finished when the partition is opened; messages that are no longer there are passed over.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "store/message-private.h"
#include "store/queue-private.h"
#include "store/sync-private.h"

/* Numbers are on disk. */
typedef enum {
    BULK_DELETE = 1,
    BULK_SOFT = 2,
    BULK_RESTORE = 3,
    BULK_MOVE = 4,
    BULK_COPY = 5,
    BULK_FLAGS = 6,
    BULK_FLAGS_MORE = 7,  /* in tasks: flags, with keywords past the 64th */
    BULK_FLAGS_EXACT = 8, /* in tasks: likewise, and all other keywords go */
} BulkKind;

enum {
    HEAD_EID_AT = 48, /* head.h */
    CLIENT_FLAGS = TW_MSGFLAG_READ | TW_MSGFLAG_UNSENT | TW_MSGFLAG_RESEND | TW_MSGFLAG_SUBMITTED |
                   TW_MSGFLAG_READ_REPORT_PENDING | TW_MSGFLAG_NONREAD_REPORT_PENDING,
};

typedef struct {
    TwStore *store;
    BulkKind kind;
    guint32 from, to;
    TwFlagChange
        flags; /* of BULK_DELETE and BULK_SOFT: status_set alone, bits of which a message must have one; 0: none */
    const guint32 *mids;
    guint count;

    gint64 task; /* 0: there is none */
    guint first, slice;
    guint32 ids;  /* first of as many new numbers as the slice has messages */
    GArray *done; /* TwMessageDone of this slice */
} Bulk;

/* In the transaction of one slice. */
typedef struct {
    const Bulk *bulk;
    TwWork *work;
    TwFolderRow *from, *to;
    TwKeywords *from_words, *to_words; /* nullable: loaded when first needed */
    guint words_before;                /* names that to_words had */
} Slice;

/* ---- one message ---- */

static gboolean
entomb(TwWork *work, const TwMessageRow *row, guint64 cn, GError **error)
{
    return tw_sql_tomb_add(work->tx, row->store, row->folder, cn, row->uid, row->mid, error);
}

gboolean
tw_bulk_purge(
    TwWork *work, const TwMessageRow *row, TwFolderRow *folder, gboolean quiet, GError **error)
{
    gboolean was_deleted = row->state >= TW_MESSAGE_DELETED;

    tw_work_count(work, folder, row, -1);
    if (!tw_queue_forget(work, row->mid, error) || !tw_content_delete(work, row->bid, error) ||
        !tw_sql_msg_delete(work->tx, row, error) ||
        !tw_sql_sync_sent_delete(work->tx, row->store, row->bid, error) ||
        !tw_work_bury(work, row->mid, error))
        return FALSE;
    if (!quiet) {
        folder->hicn =
            tw_work_change(work, was_deleted ? TW_CHANGE_MESSAGE_PURGED : TW_CHANGE_MESSAGE_GONE,
                           row->folder, row->mid, 0, error);
        if (folder->hicn == 0)
            return FALSE;
    }
    return quiet || was_deleted || entomb(work, row, folder->hicn, error);
}

static gboolean
delete_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    if (!tw_bulk_purge(slice->work, row, slice->from, FALSE, error))
        return FALSE;
    done->cn = slice->from->hicn;
    return TRUE;
}

/* Into another list of the folder, and out of it again. */
static gboolean
change_list(Slice *slice, const TwMessageRow *old, TwMessageRow *row, TwChangeOp op, GError **error)
{
    TwWork *work = slice->work;

    row->cn = tw_work_change(work, op, row->folder, row->mid, 0, error);
    if (row->cn == 0)
        return FALSE;
    row->placed = work->now;
    slice->from->hicn = row->cn;
    tw_work_count(work, slice->from, old, -1);
    tw_work_count(work, slice->from, row, 1);
    return tw_sql_msg_rekey(work->tx, old, row, error);
}

static gboolean
soft_delete_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    TwMessageRow old = *row;

    if (row->state >= TW_MESSAGE_DELETED)
        return TRUE;
    row->state = (guint8) (row->state + TW_MESSAGE_DELETED);
    row->uid = 0;
    if (!tw_queue_forget(slice->work, row->mid, error) ||
        !change_list(slice, &old, row, TW_CHANGE_MESSAGE_SOFT, error))
        return FALSE;
    done->cn = row->cn;
    return entomb(slice->work, &old, row->cn, error);
}

static gboolean
restore_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    TwMessageRow old = *row;

    if (row->state < TW_MESSAGE_DELETED)
        return TRUE;
    row->state = (guint8) (row->state - TW_MESSAGE_DELETED);
    if (!tw_work_quota(slice->work, row->size, error) ||
        (row->state == TW_MESSAGE_NORMAL && !tw_message_take_uid(slice->from, &row->uid, error)) ||
        !change_list(slice, &old, row, TW_CHANGE_MESSAGE_BACK, error))
        return FALSE;
    done->cn = row->cn;
    done->uid = row->uid;
    return TRUE;
}

/* Before the first message of a copy or move: what there is to translate. A damaged dictionary is told of when a message
 * has keywords. */
static gboolean
load_words(Slice *slice, GError **error)
{
    BulkKind kind = slice->bulk->kind;
    g_autoptr(GError) failure = NULL;

    if ((kind != BULK_MOVE && kind != BULK_COPY) || slice->from == slice->to)
        return TRUE;
    slice->from_words = tw_words_load(slice->work, slice->from->id, &failure);
    if (slice->from_words != NULL && tw_keywords_count(slice->from_words) > 0)
        slice->to_words = tw_words_load(slice->work, slice->to->id, &failure);
    if (slice->to_words != NULL)
        slice->words_before = tw_keywords_count(slice->to_words);
    if (failure == NULL || g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
needs_head(const Slice *slice)
{
    const TwFlagChange *flags = &slice->bulk->flags;

    /* in both folders together no more than fit the map: nothing comes from behind it, or goes there */
    return slice->bulk->kind == BULK_COPY || flags->more_set_count > 0 ||
           flags->more_clear_count > 0 || flags->kw_exact ||
           (slice->to_words != NULL &&
            tw_keywords_count(slice->from_words) + slice->words_before > TW_KEYWORDS_BITS);
}

/* The keywords of a message in the words of the other folder; one that does not fit there is left behind. */
static gboolean
translate_words(Slice *slice, TwMessageRow *row, gboolean *ret_head, GError **error)
{
    TwKeywordSet words;

    *ret_head = FALSE;
    tw_message_row_keywords(row, &words);
    if ((words.map == 0 && words.overflow_count == 0) || slice->from == slice->to)
        return TRUE;
    if (slice->to_words == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "folder %u or %u: keywords that cannot be read", slice->from->id,
                    slice->to->id);
        return FALSE;
    }
    tw_words_translate(slice->from_words, slice->to_words,
                       slice->bulk->store->engine->config.limits.keywords, &words);
    *ret_head = tw_message_row_set_keywords(row, &words);
    return TRUE;
}

static gboolean
move_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    TwWork *work = slice->work;
    TwMessageRow old = *row;
    gboolean new_head;
    guint64 gone;

    if (row->state >= TW_MESSAGE_DELETED)
        return TRUE;
    row->folder = slice->to->id;
    row->mid = done->new_mid;
    gone = tw_work_change(work, TW_CHANGE_MESSAGE_GONE, old.folder, old.mid, row->mid, error);
    if (gone == 0 || !entomb(work, &old, gone, error) ||
        !translate_words(slice, row, &new_head, error) ||
        (row->state == TW_MESSAGE_NORMAL && !tw_message_take_uid(slice->to, &row->uid, error)))
        return FALSE;
    row->cn = tw_work_change(work, TW_CHANGE_MESSAGE_NEW, row->folder, row->mid, 0, error);
    if (row->cn == 0)
        return FALSE;
    row->cn_create = slice->to->hicn = row->cn;
    row->placed = work->now;
    slice->from->hicn = gone;
    tw_work_note_origin(work, old.mid, old.folder, TRUE);
    tw_work_count(work, slice->from, &old, -1);
    tw_work_count(work, slice->to, row, 1);
    done->cn = row->cn;
    done->uid = row->uid;
    return tw_sql_msg_rekey(work->tx, &old, row, error) &&
           (!new_head || tw_sql_msg_update(work->tx, row, error)) &&
           tw_queue_follow_move(work, old.mid, row->mid, error) &&
           tw_work_bury(work, old.mid, error);
}

GBytes *
tw_message_head_with_eid(GBytes *head, guint64 eid)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(head, &len);
    guint8 *copy = g_memdup2(data, len);
    guint64 raw = GUINT64_TO_LE(eid);

    if (len >= HEAD_EID_AT + sizeof raw)
        memcpy(copy + HEAD_EID_AT, &raw, sizeof raw);
    return g_bytes_new_take(copy, len);
}

static gboolean
copy_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    TwWork *work = slice->work;
    guint32 from_bid = row->bid;
    gboolean new_head;
    GBytes *head;

    if (row->state >= TW_MESSAGE_DELETED)
        return TRUE;
    if (!tw_work_quota(work, row->size, error) || !translate_words(slice, row, &new_head, error))
        return FALSE;
    row->folder = slice->to->id;
    row->mid = row->bid = done->new_mid;
    row->uid = 0;
    head = tw_message_head_with_eid(row->head, tw_message_eid(row->store, row->bid));
    g_bytes_unref(row->head);
    row->head = head;
    if (!tw_message_insert(work, row, slice->to, error))
        return FALSE;
    tw_work_note_origin(work, done->mid, slice->from->id, FALSE);
    done->cn = row->cn;
    done->uid = row->uid;
    return tw_content_copy(work, from_bid, row->bid, error);
}

static gboolean
change_words(const TwFlagChange *change, TwMessageRow *row, gboolean *ret_head, GError **error)
{
    TwKeywordSet words;

    tw_message_row_keywords(row, &words);
    if (change->kw_exact)
        words = (TwKeywordSet){ 0 };
    words.map = (words.map & ~change->kw_clear) | change->kw_set;
    for (guint i = 0; i < change->more_clear_count; i++)
        tw_keyword_set_remove(&words, change->more_clear[i]);
    for (guint i = 0; i < change->more_set_count; i++) {
        if (!tw_keyword_set_add(&words, change->more_set[i])) {
            g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "message %u has too many keywords",
                        row->mid);
            return FALSE;
        }
    }
    *ret_head = tw_message_row_set_keywords(row, &words);
    return TRUE;
}

static gboolean
flag_one(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error)
{
    const TwFlagChange *change = &slice->bulk->flags;
    TwMessageRow old = *row; /* its head is not looked at */
    gboolean read_only, new_head;

    if (row->state >= TW_MESSAGE_DELETED)
        return TRUE;
    if (change->unchanged_since != 0 && MAX(row->cn, row->cn_read) > change->unchanged_since) {
        done->modified = TRUE;
        return TRUE;
    }
    row->flags =
        (row->flags & ~(change->flags_clear & CLIENT_FLAGS)) | (change->flags_set & CLIENT_FLAGS);
    if ((row->flags ^ old.flags) & TW_MSGFLAG_READ)
        row->flags = tw_derive_read_flag(row->flags, (row->flags & TW_MSGFLAG_READ) != 0);
    row->status = (row->status & ~change->status_clear) | change->status_set;
    if (!change_words(change, row, &new_head, error))
        return FALSE;
    if (row->flags == old.flags && row->status == old.status && row->kw == old.kw && !new_head)
        return TRUE;
    read_only = !new_head && row->status == old.status && row->kw == old.kw &&
                !((row->flags ^ old.flags) &
                  (TW_MSGFLAG_UNSENT | TW_MSGFLAG_RESEND | TW_MSGFLAG_SUBMITTED));
    done->cn = tw_work_change(slice->work, read_only ? TW_CHANGE_MESSAGE_READ : TW_CHANGE_MESSAGE,
                              row->folder, row->mid, 0, error);
    if (done->cn == 0)
        return FALSE;
    slice->from->hicn = done->cn;
    if (!read_only)
        row->cn = done->cn;
    if ((row->flags ^ old.flags) & TW_MSGFLAG_READ)
        row->cn_read = done->cn;
    if (read_only)
        row->cn_read = done->cn;
    tw_work_count(slice->work, slice->from, &old, -1);
    tw_work_count(slice->work, slice->from, row, 1);
    return new_head ? tw_sql_msg_update(slice->work->tx, row, error)
                    : tw_sql_msg_update_flags(slice->work->tx, row, error);
}

typedef gboolean (*OneFunc)(Slice *slice, TwMessageRow *row, TwMessageDone *done, GError **error);

static const OneFunc one_funcs[] = {
    [BULK_DELETE] = delete_one, [BULK_SOFT] = soft_delete_one, [BULK_RESTORE] = restore_one,
    [BULK_MOVE] = move_one,     [BULK_COPY] = copy_one,        [BULK_FLAGS] = flag_one,
};

/* ---- a slice ---- */

static gboolean
is_passed_over(const Bulk *bulk, const TwMessageRow *row)
{
    return (bulk->kind == BULK_DELETE || bulk->kind == BULK_SOFT) && bulk->flags.status_set != 0 &&
           (row->status & bulk->flags.status_set) == 0;
}

/* A damaged head keeps a message from being copied, and from nothing else. */
static gboolean
get_row(const Slice *slice, guint32 mid, TwMessageRow *ret, GError **error)
{
    const Bulk *bulk = slice->bulk;
    g_autoptr(GError) failure = NULL;
    gboolean head = needs_head(slice), found = FALSE;

    if (!head && bulk->kind != BULK_RESTORE &&
        !tw_sql_msg_get_in(slice->work->tx, bulk->store->number, bulk->from, mid, ret, &found,
                           error))
        return FALSE;
    if (found || tw_sql_msg_get(slice->work->tx, bulk->store->number, mid, head, ret, &failure))
        return TRUE;
    if (bulk->kind != BULK_COPY && g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
        return tw_sql_msg_get(slice->work->tx, bulk->store->number, mid, FALSE, ret, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static TwTouch
touch_of(const Bulk *bulk)
{
    if (bulk->kind == BULK_MOVE)
        return TW_TOUCH_CHANGE;
    if (bulk->kind != BULK_FLAGS)
        return TW_TOUCH_DELETE;
    return (bulk->flags.flags_set | bulk->flags.flags_clear) &
                   (TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_UNSENT)
               ? TW_TOUCH_CHANGE
               : TW_TOUCH_MARK;
}

static gboolean
do_one(Slice *slice, guint32 mid, guint32 new_mid, GError **error)
{
    const Bulk *bulk = slice->bulk;
    TwMessageDone done = { .mid = mid, .new_mid = new_mid };
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) failure = NULL;

    if (!get_row(slice, mid, &row, &failure)) {
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    } else if (row.folder == bulk->from && !is_passed_over(bulk, &row)) {
        gboolean may;
        done.uid = row.uid;
        if (!tw_message_may(slice->work, mid, touch_of(bulk), &may, error))
            return FALSE;
        done.refused = !may && bulk->kind != BULK_COPY;
        if (!done.refused && !one_funcs[bulk->kind](slice, &row, &done, error))
            return FALSE;
    }
    g_array_append_val(bulk->done, done);
    return TRUE;
}

static void
put_more(TwBuffer *out, const guint16 *numbers, guint count)
{
    tw_buffer_put_u32le(out, count);
    for (guint i = 0; i < count; i++)
        tw_buffer_put_u16le(out, numbers[i]);
}

static GBytes *
task_arg(const Bulk *bulk)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    const TwFlagChange *flags = &bulk->flags;
    gboolean more = flags->more_set_count > 0 || flags->more_clear_count > 0 || flags->kw_exact;

    tw_buffer_put_u32le(&out, flags->kw_exact ? BULK_FLAGS_EXACT
                              : more          ? BULK_FLAGS_MORE
                                              : bulk->kind);
    tw_buffer_put_u32le(&out, bulk->from);
    tw_buffer_put_u32le(&out, bulk->to);
    tw_buffer_put_u32le(&out, bulk->flags.flags_set);
    tw_buffer_put_u32le(&out, bulk->flags.flags_clear);
    tw_buffer_put_u32le(&out, bulk->flags.status_set);
    tw_buffer_put_u32le(&out, bulk->flags.status_clear);
    tw_buffer_put_u64le(&out, bulk->flags.kw_set);
    tw_buffer_put_u64le(&out, bulk->flags.kw_clear);
    tw_buffer_put_u64le(&out, bulk->flags.unchanged_since);
    if (more) {
        put_more(&out, flags->more_set, flags->more_set_count);
        put_more(&out, flags->more_clear, flags->more_clear_count);
    }
    tw_buffer_put_u32le(&out, bulk->count);
    for (guint i = 0; i < bulk->count; i++)
        tw_buffer_put_u32le(&out, bulk->mids[i]);
    return tw_buffer_steal_bytes(&out, NULL);
}

/* What the slice leaves of the task: its position, or nothing. */
static gboolean
note_progress(TwDbTx *tx, Bulk *bulk, gint64 *ret_task, GError **error)
{
    guint next = bulk->first + bulk->slice;
    gboolean last = next == bulk->count;
    TwTaskRow row = { 0, bulk->store->number, bulk->kind, next, NULL };
    gboolean ok;

    *ret_task = bulk->task;
    if (bulk->task != 0)
        return last ? tw_sql_task_delete(tx, bulk->task, error)
                    : tw_sql_task_move(tx, bulk->task, next, error);
    if (last)
        return TRUE;
    row.arg = task_arg(bulk);
    ok = tw_sql_task_add(tx, &row, error);
    g_bytes_unref(row.arg);
    *ret_task = row.id;
    return ok;
}

typedef struct {
    Bulk *bulk;
    gint64 task;
} SliceRun;

static gboolean
keep_words(Slice *slice, GError **error)
{
    if (slice->to_words == NULL || tw_keywords_count(slice->to_words) == slice->words_before)
        return TRUE;
    return tw_words_keep(slice->work, slice->to, slice->to_words, error);
}

static gboolean
slice_tx(TwDbTx *tx, gpointer data, GError **error)
{
    SliceRun *run = data;
    Bulk *bulk = run->bulk;
    g_auto(TwWork) work = { 0 };
    Slice slice = { .bulk = bulk, .work = &work };
    gboolean ok;

    g_array_set_size(bulk->done, 0);
    if (!tw_work_begin(&work, tx, bulk->store, error))
        return FALSE;
    slice.from = tw_work_folder(&work, bulk->from, FALSE, error);
    if (slice.from != NULL)
        slice.to = bulk->to != 0 ? tw_work_folder(&work, bulk->to, FALSE, error) : slice.from;
    ok = slice.to != NULL && (bulk->to == 0 || tw_folder_takes_messages(slice.to, error)) &&
         load_words(&slice, error);
    for (guint i = 0; ok && i < bulk->slice; i++) {
        guint32 mid = bulk->mids[bulk->first + i];
        ok = do_one(&slice, mid, bulk->ids != 0 ? bulk->ids + i : mid, error);
    }
    ok = ok && keep_words(&slice, error) && note_progress(tx, bulk, &run->task, error) &&
         tw_work_finish(&work, error);
    tw_keywords_free(slice.from_words);
    tw_keywords_free(slice.to_words);
    return ok;
}

typedef struct {
    gint64 id;
} Forget;

static gboolean
forget_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_task_delete(tx, ((Forget *) data)->id, error);
}

/* @all: takes what became of each message; nullable. */
static gboolean
run_bulk(Bulk *bulk, GArray *all, GError **error)
{
    guint batch = bulk->store->engine->config.limits.batch;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));

    bulk->done = done;
    for (; bulk->first < bulk->count; bulk->first += bulk->slice) {
        SliceRun run = { .bulk = bulk };
        gboolean frees = bulk->kind == BULK_DELETE || bulk->kind == BULK_SOFT;
        bulk->slice = MIN(batch, bulk->count - bulk->first);
        if (bulk->kind == BULK_MOVE || bulk->kind == BULK_COPY) {
            if (!tw_ids_take(bulk->store->partition, bulk->slice, &bulk->ids, error))
                return FALSE;
        }
        if (!tw_store_write(bulk->store, (gsize) bulk->slice * 256, frees, slice_tx, &run, error)) {
            Forget forget = { bulk->task };
            /* the caller is told: what was asked for is not to go on by itself later */
            if (bulk->task != 0)
                tw_store_write(bulk->store, 0, TRUE, forget_tx, &forget, NULL);
            return FALSE;
        }
        bulk->task = run.task;
        if (all != NULL)
            g_array_append_vals(all, done->data, done->len);
    }
    return TRUE;
}

gboolean
tw_bulk_move_one(TwWork *work, TwMessageRow *row, TwFolderRow *to, guint32 new_mid, GError **error)
{
    Bulk bulk = { .store = work->store, .kind = BULK_MOVE, .from = row->folder, .to = to->id };
    Slice slice = { .bulk = &bulk, .work = work, .to = to };
    TwMessageDone done = { .mid = row->mid, .new_mid = new_mid };
    gboolean ok;

    slice.from = tw_work_folder(work, row->folder, FALSE, error);
    ok = slice.from != NULL && move_one(&slice, row, &done, error) && keep_words(&slice, error);
    tw_keywords_free(slice.from_words);
    tw_keywords_free(slice.to_words);
    return ok;
}

/* ---- asked for ---- */

static Bulk
bulk_of(TwStore *store, BulkKind kind, const TwMessageSet *set, guint32 to)
{
    return (Bulk){ .store = store,
                   .kind = kind,
                   .from = set->from,
                   .to = to,
                   .mids = set->mids,
                   .count = set->count };
}

gboolean
tw_messages_delete(
    TwStore *store, const TwMessageSet *set, gboolean soft, guint *ret_count, GError **error)
{
    return tw_messages_delete_marked(store, set, 0, soft, ret_count, error);
}

gboolean
tw_messages_delete_marked(TwStore *store,
                          const TwMessageSet *set,
                          guint32 status,
                          gboolean soft,
                          guint *ret_count,
                          GError **error)
{
    Bulk bulk = bulk_of(store, soft ? BULK_SOFT : BULK_DELETE, set, 0);
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    guint count = 0;

    bulk.flags.status_set = status;
    if (!run_bulk(&bulk, done, error))
        return FALSE;
    for (guint i = 0; i < done->len; i++)
        count += g_array_index(done, TwMessageDone, i).cn != 0;
    if (ret_count != NULL)
        *ret_count = count;
    return TRUE;
}

gboolean
tw_messages_restore(TwStore *store, const TwMessageSet *set, GArray *done, GError **error)
{
    Bulk bulk = bulk_of(store, BULK_RESTORE, set, 0);

    return run_bulk(&bulk, done, error);
}

gboolean
tw_messages_move(TwStore *store, const TwMessageSet *set, guint32 to, GArray *done, GError **error)
{
    Bulk bulk = bulk_of(store, BULK_MOVE, set, to);

    if (to == set->from) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a move into the same folder");
        return FALSE;
    }
    return run_bulk(&bulk, done, error);
}

gboolean
tw_messages_copy(TwStore *store, const TwMessageSet *set, guint32 to, GArray *done, GError **error)
{
    Bulk bulk = bulk_of(store, BULK_COPY, set, to);

    return run_bulk(&bulk, done, error);
}

gboolean
tw_messages_set_flags(TwStore *store,
                      const TwMessageSet *set,
                      const TwFlagChange *change,
                      GArray *done,
                      GError **error)
{
    Bulk bulk = bulk_of(store, BULK_FLAGS, set, 0);

    bulk.flags = *change;
    return run_bulk(&bulk, done, error);
}

/* ---- taken up again ---- */

static gboolean
take_more(TwCursor *cur, guint16 *numbers, guint *ret_count)
{
    guint32 count;

    if (!tw_cursor_take_count(cur, 2, &count) || count > TW_KEYWORDS_MAX_OVERFLOW)
        return FALSE;
    for (guint32 i = 0; i < count; i++) {
        if (!tw_cursor_take_u16le(cur, &numbers[i]) || numbers[i] >= TW_KEYWORDS_MAX_COUNT)
            return FALSE;
    }
    *ret_count = count;
    return TRUE;
}

static gboolean
parse_task(const TwTaskRow *task, Bulk *bulk, GArray *mids)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(task->arg, &len);
    TwCursor cur = tw_cursor_init(data, len);
    guint32 kind = 0, count = 0, mid;

    if (!tw_cursor_take_u32le(&cur, &kind) || !tw_cursor_take_u32le(&cur, &bulk->from) ||
        !tw_cursor_take_u32le(&cur, &bulk->to) ||
        !tw_cursor_take_u32le(&cur, &bulk->flags.flags_set) ||
        !tw_cursor_take_u32le(&cur, &bulk->flags.flags_clear) ||
        !tw_cursor_take_u32le(&cur, &bulk->flags.status_set) ||
        !tw_cursor_take_u32le(&cur, &bulk->flags.status_clear) ||
        !tw_cursor_take_u64le(&cur, &bulk->flags.kw_set) ||
        !tw_cursor_take_u64le(&cur, &bulk->flags.kw_clear) ||
        !tw_cursor_take_u64le(&cur, &bulk->flags.unchanged_since) ||
        (kind >= BULK_FLAGS_MORE &&
         (!take_more(&cur, bulk->flags.more_set, &bulk->flags.more_set_count) ||
          !take_more(&cur, bulk->flags.more_clear, &bulk->flags.more_clear_count))) ||
        !tw_cursor_take_count(&cur, 4, &count) || kind < BULK_DELETE || kind > BULK_FLAGS_EXACT ||
        task->pos > count)
        return FALSE;
    while (tw_cursor_take_u32le(&cur, &mid))
        g_array_append_val(mids, mid);
    bulk->kind = kind >= BULK_FLAGS_MORE ? BULK_FLAGS : (BulkKind) kind;
    bulk->flags.kw_exact = kind == BULK_FLAGS_EXACT;
    bulk->mids = (const guint32 *) (gpointer) mids->data;
    bulk->count = count;
    bulk->first = task->pos;
    bulk->task = task->id;
    return mids->len == count;
}

gboolean
tw_bulk_resume(TwStore *store, const TwTaskRow *task, GError **error)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Bulk bulk = { .store = store };

    if (parse_task(task, &bulk, mids))
        return run_bulk(&bulk, NULL, error);
    g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "task %" G_GINT64_FORMAT " cannot be read",
                task->id);
    return FALSE;
}

gboolean
tw_bulk_can_resume(const TwTaskRow *task)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    Bulk bulk = { 0 };

    return parse_task(task, &bulk, mids);
}
