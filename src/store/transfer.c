/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages from one store to another. For each batch:
 *
 *   read      rows, records and references of the batch, in one snapshot of the old store; the values are kept (tw_blob_keep())
 *   commit    in the new store: the messages, a task REMOVE that says which are now to go there, and how far all of it is
 *   commit    in the old store: those of them that were not changed since are deleted
 *   commit    in the new store: the task REMOVE goes
 *
 * A crash before the first commit leaves nothing, one after it leaves REMOVE, which can be done twice: numbers of messages are
 * never given again. When the old store refuses the second commit, the first is taken back; when that commit failed, and
 * may be durable or not, REMOVE stays for the next start.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "store/message-private.h"
#include "store/transfer-private.h"

enum {
    BATCH_BYTES = 32 << 20, /* of records in one batch */
    ITEM_BYTES = 512,       /* what a message costs besides its record */
    LIST_ARG_LEN = 5 * 4,   /* of a task TRANSFER, before the mids */
    REMOVE_ROW_LEN = 4 + 8 + 8,
};

/* One message on its way. */
typedef struct {
    TwMessageRow row; /* as it is in the old store, with its head */
    GBytes *record, *summary;
    GBytes *mail;   /* nullable: in its row */
    GBytes *texts;  /* nullable: what of the record lies in it */
    GArray *values; /* TwValueRow */
} Item;

static void
clear_item(gpointer data)
{
    Item *item = data;

    tw_message_row_clear(&item->row);
    g_clear_pointer(&item->record, g_bytes_unref);
    g_clear_pointer(&item->summary, g_bytes_unref);
    g_clear_pointer(&item->mail, g_bytes_unref);
    g_clear_pointer(&item->texts, g_bytes_unref);
    g_clear_pointer(&item->values, g_array_unref);
}

typedef struct {
    TwTransfer *transfer;
    guint end; /* mids before it are in the batch */
    GArray *items;
    TwKeywords *words; /* of the old folder */
    TwBlobUse *use;
    guint32 ids;      /* first of as many new numbers as there are items */
    GArray *done;     /* TwMessageDone */
    gint64 task;      /* TRANSFER after the commit */
    gint64 to_remove; /* REMOVE after the commit; 0: nothing is to go */
} Batch;

/* ---- reading ---- */

static TwKeywords *
read_words(TwDbTx *tx, guint32 store, guint32 folder, GError **error)
{
    g_autoptr(GBytes) bytes = tw_sql_keyword_get(tx, store, folder, error);
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    return tw_keywords_parse(data, len, error);
}

/* FALSE without an error: it is not there. */
static gboolean
read_item(TwDbTx *tx, const TwTransfer *transfer, guint32 mid, Item *ret, GError **error)
{
    guint32 store = transfer->from->number;
    g_autoptr(GError) failure = NULL;

    if (!tw_sql_msg_get(tx, store, mid, TRUE, &ret->row, &failure)) {
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (ret->row.folder != transfer->from_folder)
        return FALSE;
    ret->record = tw_sql_tail_get(tx, store, ret->row.bid, &ret->texts, error);
    if (ret->record == NULL ||
        !tw_sql_tail_summary(tx, store, ret->row.bid, &ret->summary, error) ||
        !tw_sql_tail_mail(tx, store, ret->row.bid, &ret->mail, error))
        return FALSE;
    ret->values = tw_sql_blobref_list(tx, store, ret->row.bid, error);
    return ret->values != NULL;
}

static gsize
item_bytes(const Item *item)
{
    return ITEM_BYTES + g_bytes_get_size(item->record) + g_bytes_get_size(item->row.head) +
           (item->summary != NULL ? g_bytes_get_size(item->summary) : 0) +
           (item->mail != NULL ? g_bytes_get_size(item->mail) : 0) + (gsize) item->values->len * 64;
}

static gboolean
read_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Batch *batch = data;
    const TwTransfer *transfer = batch->transfer;
    guint most = transfer->to->engine->config.limits.batch;
    gsize bytes = 0;

    g_array_set_size(batch->items, 0);
    g_clear_pointer(&batch->words, tw_keywords_free);
    batch->words = read_words(tx, transfer->from->number, transfer->from_folder, error);
    batch->end = transfer->first;
    while (batch->words != NULL && batch->end < transfer->count && batch->items->len < most &&
           bytes < BATCH_BYTES) {
        g_autoptr(GError) failure = NULL;
        Item item = { .record = NULL };
        gboolean there = read_item(tx, transfer, transfer->mids[batch->end], &item, &failure);
        if (failure != NULL) {
            clear_item(&item);
            g_prefix_error(&failure, "message %u: ", transfer->mids[batch->end]);
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        batch->end++;
        if (!there) {
            clear_item(&item);
            continue;
        }
        bytes += item_bytes(&item);
        g_array_append_val(batch->items, item);
    }
    return batch->words != NULL;
}

gboolean
tw_transfer_keep_values(
    TwBlobUse *use, TwStore *to, const GArray *values, gboolean *ret_lost, GError **error)
{
    *ret_lost = FALSE;
    for (guint i = 0; i < values->len; i++) {
        const TwValueRow *value = &g_array_index(values, TwValueRow, i);
        g_autoptr(GError) failure = NULL;
        if (tw_blob_keep(use, &value->id, to->company, &failure))
            continue;
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        *ret_lost = TRUE;
    }
    return TRUE;
}

typedef struct {
    const TwTransfer *transfer;
    guint32 mid;
    gboolean there;
} Look;

static gboolean
look_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Look *look = data;
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) failure = NULL;

    look->there =
        tw_sql_msg_get(tx, look->transfer->from->number, look->mid, FALSE, &row, &failure);
    if (look->there || g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* A message whose values are gone was deleted meanwhile, and is passed over; or it is damaged, and goes as it is. */
static gboolean
keep_values(Batch *batch, GError **error)
{
    for (guint i = 0; i < batch->items->len;) {
        const Item *item = &g_array_index(batch->items, Item, i);
        Look look = { batch->transfer, item->row.mid, TRUE };
        gboolean lost;
        if (!tw_transfer_keep_values(batch->use, batch->transfer->to, item->values, &lost, error) ||
            (lost && !tw_store_read(batch->transfer->from, look_tx, &look, error)))
            return FALSE;
        if (look.there)
            i++;
        else
            g_array_remove_index(batch->items, i);
    }
    return TRUE;
}

/* ---- tasks ---- */

gboolean
tw_transfer_add_task(
    TwDbTx *tx, const TwTransfer *transfer, guint pos, gint64 *ret_task, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    TwTaskRow row = { 0, transfer->to->number, TW_TASK_TRANSFER, pos, NULL };
    gboolean ok;

    tw_buffer_put_u32le(&out, transfer->flags);
    tw_buffer_put_u32le(&out, transfer->from->number);
    tw_buffer_put_u32le(&out, transfer->from_folder);
    tw_buffer_put_u32le(&out, transfer->to_folder);
    tw_buffer_put_u32le(&out, transfer->count);
    for (guint i = 0; i < transfer->count; i++)
        tw_buffer_put_u32le(&out, transfer->mids[i]);
    row.arg = tw_buffer_steal_bytes(&out, error);
    if (row.arg == NULL)
        return FALSE;
    ok = tw_sql_task_add(tx, &row, error);
    g_bytes_unref(row.arg);
    *ret_task = row.id;
    return ok;
}

/* How far all of it is, once this batch is committed. */
static gboolean
note_progress(TwDbTx *tx, Batch *batch, GError **error)
{
    const TwTransfer *transfer = batch->transfer;
    gboolean last = batch->end == transfer->count;

    batch->task = transfer->task;
    if (transfer->task != 0)
        return last ? tw_sql_task_delete(tx, transfer->task, error)
                    : tw_sql_task_move(tx, transfer->task, batch->end, error);
    return last || tw_transfer_add_task(tx, transfer, batch->end, &batch->task, error);
}

static gboolean
note_remove(TwDbTx *tx, Batch *batch, GError **error)
{
    const TwTransfer *transfer = batch->transfer;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    TwTaskRow row = { 0, transfer->to->number, TW_TASK_TRANSFER_REMOVE, 0, NULL };
    gboolean ok;

    batch->to_remove = 0;
    if (!(transfer->flags & TW_TRANSFER_MOVE) || batch->items->len == 0)
        return TRUE;
    tw_buffer_put_u32le(&out, transfer->from->number);
    tw_buffer_put_u32le(&out, transfer->from_folder);
    for (guint i = 0; i < batch->items->len; i++) {
        const TwMessageRow *was = &g_array_index(batch->items, Item, i).row;
        tw_buffer_put_u32le(&out, was->mid);
        tw_buffer_put_u64le(&out, was->cn);
        tw_buffer_put_u64le(&out, was->cn_read);
    }
    row.arg = tw_buffer_steal_bytes(&out, error);
    if (row.arg == NULL)
        return FALSE;
    ok = tw_sql_task_add(tx, &row, error);
    g_bytes_unref(row.arg);
    batch->to_remove = row.id;
    return ok;
}

static gboolean
forget_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_task_delete(tx, *(const gint64 *) data, error);
}

gboolean
tw_transfer_forget(TwStore *to, gint64 task, GError **error)
{
    return task == 0 || tw_store_write(to, 0, TRUE, forget_tx, &task, error);
}

/* ---- the new store ---- */

static gboolean
write_values(TwWork *work, const Item *item, guint32 bid, GError **error)
{
    if (!tw_sql_tail_set(work->tx, work->row.store, bid, item->record, item->summary, item->mail,
                         item->texts, error))
        return FALSE;
    for (guint i = 0; i < item->values->len; i++) {
        TwValueRow value = g_array_index(item->values, TwValueRow, i);
        value.bid = bid;
        if (!tw_sql_blobref_add(work->tx, work->row.store, &value, error))
            return FALSE;
    }
    return TRUE;
}

/* A soft-deleted message was never in a list of the new folder: who follows its changes sees it come and go. */
static gboolean
insert_deleted(TwWork *work, TwMessageRow *row, TwFolderRow *folder, GError **error)
{
    row->cn_create = row->cn_read =
        tw_work_change(work, TW_CHANGE_MESSAGE_NEW, row->folder, row->mid, 0, error);
    row->cn = row->cn_create != 0
                  ? tw_work_change(work, TW_CHANGE_MESSAGE_SOFT, row->folder, row->mid, 0, error)
                  : 0;
    if (row->cn == 0)
        return FALSE;
    folder->hicn = row->cn;
    if (row->placed == 0)
        row->placed = work->now; /* deleted before that was kept: its age begins here */
    tw_work_count(work, folder, row, 1);
    return tw_sql_msg_insert(work->tx, row, error) &&
           tw_sql_tomb_add(work->tx, row->store, row->folder, row->cn, 0, row->mid, error);
}

static gboolean
write_item(TwWork *work,
           TwFolderRow *folder,
           const Item *item,
           const TwKeywordSet *words,
           TwMessageRow *row,
           GError **error)
{
    row->store = work->row.store;
    row->folder = folder->id;
    row->bid = row->mid;
    row->uid = 0;
    row->head = tw_message_head_with_eid(item->row.head, tw_message_eid(row->store, row->bid));
    tw_message_row_set_keywords(row, words);
    if (row->state >= TW_MESSAGE_DELETED ? !insert_deleted(work, row, folder, error)
                                         : !tw_work_quota(work, row->size, error) ||
                                               !tw_message_insert(work, row, folder, error))
        return FALSE;
    return write_values(work, item, row->bid, error);
}

static gboolean
write_items(TwWork *work, TwFolderRow *folder, Batch *batch, GError **error)
{
    const TwTransfer *transfer = batch->transfer;
    guint most = transfer->to->engine->config.limits.keywords;
    g_autoptr(TwKeywords) words = tw_words_load(work, folder->id, error);
    guint before;

    if (words == NULL)
        return FALSE;
    before = tw_keywords_count(words);
    for (guint i = 0; i < batch->items->len; i++) {
        const Item *item = &g_array_index(batch->items, Item, i);
        g_auto(TwMessageRow) row = item->row; /* its head is made anew */
        TwMessageDone done = { .mid = item->row.mid };
        TwKeywordSet set;
        row.mid = batch->ids + i;
        tw_message_row_keywords(&item->row, &set);
        tw_words_translate(batch->words, words, most, &set);
        row.head = NULL;
        if (!write_item(work, folder, item, &set, &row, error))
            return FALSE;
        done.new_mid = row.mid;
        done.uid = row.uid;
        done.cn = row.cn;
        g_array_append_val(batch->done, done);
    }
    return tw_keywords_count(words) == before || tw_words_keep(work, folder, words, error);
}

static gboolean
write_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Batch *batch = data;
    const TwTransfer *transfer = batch->transfer;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *folder;

    g_array_set_size(batch->done, 0);
    if (!tw_work_begin(&work, tx, transfer->to, error))
        return FALSE;
    folder = tw_work_folder(&work, transfer->to_folder, FALSE, error);
    return folder != NULL && tw_blob_use_check(batch->use, error) &&
           write_items(&work, folder, batch, error) && note_remove(tx, batch, error) &&
           note_progress(tx, batch, error) && tw_work_finish(&work, error);
}

/* ---- the old store ---- */

/* What was changed since it was read is there in two versions, and both stay. */
static gboolean
remove_one(TwWork *work, guint32 mid, guint64 cn, guint64 cn_read, guint32 from, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) failure = NULL;
    TwFolderRow *folder;

    if (!tw_sql_msg_get(work->tx, work->row.store, mid, FALSE, &row, &failure)) {
        if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (row.folder != from || row.cn != cn || row.cn_read != cn_read)
        return TRUE;
    folder = tw_work_folder(work, row.folder, TRUE, error);
    return folder != NULL && tw_bulk_purge(work, &row, folder, FALSE, error);
}

typedef struct {
    TwStore *from;
    const guint8 *rows; /* REMOVE_ROW_LEN each */
    gsize len;
    guint32 folder;
} Remove;

static gboolean
remove_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Remove *gone = data;
    g_auto(TwWork) work = { 0 };
    TwCursor cur = tw_cursor_init(gone->rows, gone->len);
    guint64 cn, cn_read;
    guint32 mid;

    if (!tw_work_begin(&work, tx, gone->from, error))
        return FALSE;
    while (tw_cursor_take_u32le(&cur, &mid) && tw_cursor_take_u64le(&cur, &cn) &&
           tw_cursor_take_u64le(&cur, &cn_read)) {
        if (!remove_one(&work, mid, cn, cn_read, gone->folder, error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}

/* A store that is not there any more has nothing to take away. */
static gboolean
run_remove(const Remove *gone, GError **error)
{
    g_autoptr(GError) failure = NULL;
    Remove copy = *gone;

    if (tw_store_write(gone->from, 0, TRUE, remove_tx, &copy, &failure) ||
        g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
remove_batch(const Batch *batch, GError **error)
{
    g_auto(TwBuffer) rows = TW_BUFFER_INIT(G_MAXUINT32);
    Remove gone = { .from = batch->transfer->from, .folder = batch->transfer->from_folder };

    for (guint i = 0; i < batch->items->len; i++) {
        const TwMessageRow *was = &g_array_index(batch->items, Item, i).row;
        tw_buffer_put_u32le(&rows, was->mid);
        tw_buffer_put_u64le(&rows, was->cn);
        tw_buffer_put_u64le(&rows, was->cn_read);
    }
    gone.rows = rows.data;
    gone.len = rows.len;
    return run_remove(&gone, error);
}

/* ---- back again ---- */

static gboolean
undo_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Batch *batch = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *folder;

    if (!tw_work_begin(&work, tx, batch->transfer->to, error))
        return FALSE;
    folder = tw_work_folder(&work, batch->transfer->to_folder, TRUE, error);
    for (guint i = 0; folder != NULL && i < batch->done->len; i++) {
        guint32 mid = g_array_index(batch->done, TwMessageDone, i).new_mid;
        g_auto(TwMessageRow) row = { 0 };
        g_autoptr(GError) failure = NULL;
        if (tw_sql_msg_get(tx, work.row.store, mid, FALSE, &row, &failure) &&
            row.folder == folder->id && !tw_bulk_purge(&work, &row, folder, FALSE, error))
            return FALSE;
    }
    return folder != NULL && tw_sql_task_delete(tx, batch->to_remove, error) &&
           tw_work_finish(&work, error);
}

/* ---- a batch, and all of them ---- */

static gboolean
move_on(Batch *batch, GError **error)
{
    TwTransfer *transfer = batch->transfer;
    g_autoptr(GError) failure = NULL;

    if (batch->to_remove == 0)
        return TRUE;
    if (!remove_batch(batch, &failure)) {
        /* after any other failure nobody knows what is durable there: REMOVE stays, and the next start finds out */
        gboolean unchanged = g_error_matches(failure, TW_ERROR, TW_ERROR_BUSY) ||
                             g_error_matches(failure, TW_ERROR, TW_ERROR_CANCELLED);
        if (!unchanged || !tw_store_write(transfer->to, 0, TRUE, undo_tx, batch, NULL))
            g_prefix_error(&failure, "the messages may be in both stores until the next start: ");
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    /* should it stay: done twice is done once */
    tw_transfer_forget(transfer->to, batch->to_remove, NULL);
    return TRUE;
}

static gboolean
run_batch(Batch *batch, GError **error)
{
    TwTransfer *transfer = batch->transfer;
    gsize cost = 0;

    if (!tw_store_read(transfer->from, read_tx, batch, error) || !keep_values(batch, error))
        return FALSE;
    if (batch->items->len > 0 &&
        !tw_ids_take(transfer->to->partition, batch->items->len, &batch->ids, error))
        return FALSE;
    for (guint i = 0; i < batch->items->len; i++)
        cost += item_bytes(&g_array_index(batch->items, Item, i));
    if (!tw_store_write(transfer->to, cost, FALSE, write_tx, batch, error))
        return FALSE;
    transfer->task = batch->end < transfer->count ? batch->task : 0;
    return move_on(batch, error);
}

gboolean
tw_transfer_run(TwTransfer *transfer, gboolean resumed, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean ok = TRUE;

    while (ok && transfer->first < transfer->count) {
        Batch batch = { .transfer = transfer };
        batch.items = g_array_new(FALSE, FALSE, sizeof(Item));
        g_array_set_clear_func(batch.items, clear_item);
        batch.done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        batch.use = tw_blob_use_begin(transfer->to->engine->blobs);
        ok = run_batch(&batch, &failure);
        if (ok && transfer->all != NULL)
            g_array_append_vals(transfer->all, batch.done->data, batch.done->len);
        transfer->first = batch.end;
        tw_blob_use_end(batch.use);
        tw_keywords_free(batch.words);
        g_array_unref(batch.items);
        g_array_unref(batch.done);
    }
    if (ok)
        return TRUE;
    /* who asked is told: it is not to go on by itself later */
    if (!resumed || !g_error_matches(failure, TW_ERROR, TW_ERROR_BUSY))
        tw_transfer_forget(transfer->to, transfer->task, NULL);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean
tw_transfer_messages(TwStore *from,
                     const TwMessageSet *set,
                     TwStore *to,
                     guint32 folder,
                     gboolean move,
                     GArray *done,
                     GError **error)
{
    TwTransfer transfer = { .from = from,
                            .to = to,
                            .from_folder = set->from,
                            .to_folder = folder,
                            .flags = move ? TW_TRANSFER_MOVE : 0,
                            .mids = set->mids,
                            .count = set->count,
                            .all = done };

    if (from->number == to->number)
        return move ? tw_messages_move(to, set, folder, done, error)
                    : tw_messages_copy(to, set, folder, done, error);
    return tw_transfer_run(&transfer, FALSE, error);
}

/* ---- taken up again ---- */

static gboolean
parse_list(const TwTaskRow *task, TwTransfer *transfer, guint32 *ret_from, GArray *mids)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(task->arg, &len);
    TwCursor cur = tw_cursor_init(data, len);
    guint32 mid;

    if (!tw_cursor_take_u32le(&cur, &transfer->flags) || !tw_cursor_take_u32le(&cur, ret_from) ||
        !tw_cursor_take_u32le(&cur, &transfer->from_folder) ||
        !tw_cursor_take_u32le(&cur, &transfer->to_folder) ||
        !tw_cursor_take_count(&cur, 4, &transfer->count) || cur.left != transfer->count * 4ul ||
        task->pos > transfer->count)
        return FALSE;
    while (tw_cursor_take_u32le(&cur, &mid))
        g_array_append_val(mids, mid);
    transfer->mids = (const guint32 *) (gpointer) mids->data;
    transfer->first = task->pos;
    transfer->task = task->id;
    return TRUE;
}

static gboolean
parse_remove(const TwTaskRow *task, Remove *ret, guint32 *ret_from)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(task->arg, &len);
    TwCursor cur = tw_cursor_init(data, len);

    if (!tw_cursor_take_u32le(&cur, ret_from) || !tw_cursor_take_u32le(&cur, &ret->folder) ||
        cur.left % REMOVE_ROW_LEN != 0)
        return FALSE;
    ret->rows = cur.next;
    ret->len = cur.left;
    return TRUE;
}

gboolean
tw_transfer_is_known(const TwTaskRow *task)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwTransfer transfer = { .from = NULL };
    Remove gone = { .from = NULL };
    guint32 from = 0;

    if (task->kind == TW_TASK_TRANSFER)
        return parse_list(task, &transfer, &from, mids);
    if (task->kind == TW_TASK_TRANSFER_REMOVE)
        return parse_remove(task, &gone, &from);
    return tw_transfer_tree_is_known(task);
}

static gboolean
resume_remove(TwEngine *engine, TwStore *to, const TwTaskRow *task, GError **error)
{
    Remove gone = { .from = NULL };
    g_autoptr(GError) failure = NULL;
    g_autoptr(TwStore) from = NULL;
    guint32 number = 0;

    parse_remove(task, &gone, &number);
    from = tw_store_of(engine, number, &failure);
    if (from == NULL && !g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    gone.from = from;
    return (from == NULL || run_remove(&gone, error)) && tw_transfer_forget(to, task->id, error);
}

gboolean
tw_transfer_resume(TwEngine *engine, TwStore *store, const TwTaskRow *task, GError **error)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    TwTransfer transfer = { .to = store };
    g_autoptr(GError) failure = NULL;
    g_autoptr(TwStore) from = NULL;
    guint32 number = 0;

    if (task->kind == TW_TASK_TRANSFER_REMOVE)
        return resume_remove(engine, store, task, error);
    if (task->kind == TW_TASK_TRANSFER_TREE)
        return tw_transfer_resume_tree(engine, store, task, error);
    parse_list(task, &transfer, &number, mids);
    from = tw_store_of(engine, number, &failure);
    transfer.from = from;
    if (from != NULL)
        return tw_transfer_run(&transfer, TRUE, error);
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
        return tw_transfer_forget(store, task->id, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
