/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of messages, folder by folder, each in one snapshot with its folder: lists, uids, change numbers, counters. */
#include <string.h>

#include "base/error.h"
#include "store/check-private.h"
#include "store/queue-private.h"
#include "store/search-private.h"

static void
count_row(TwCheckCount *count, const TwMessageRow *row)
{
    if (row->state > TW_MESSAGE_DELETED_ASSOC)
        return;
    count->counts[row->state]++;
    if (row->state == TW_MESSAGE_NORMAL && !(row->flags & TW_MSGFLAG_READ))
        count->unread++;
    /* a size that cannot be wraps here as it would in the engine, and is found as such */
    if (row->state >= TW_MESSAGE_DELETED)
        count->deleted_bytes = (gint64) ((guint64) count->deleted_bytes + (guint64) row->size);
    else
        count->bytes = (gint64) ((guint64) count->bytes + (guint64) row->size);
    count->uid_max = MAX(count->uid_max, row->uid);
    count->cn_max = MAX(count->cn_max, MAX(row->cn, row->cn_read));
}

static gboolean
count_func(const TwMessageRow *row, gpointer data)
{
    count_row(data, row);
    return TRUE;
}

/* A search folder counts its results. */
static gboolean
count_results(TwDbTx *tx, guint32 store, guint32 folder, TwCheckCount *count, GError **error)
{
    TwSearchRow search;

    if (!tw_sql_search_get(tx, store, folder, &search, error))
        return FALSE;
    return search.id == 0 ||
           tw_sql_hit_count(tx, &search, &count->counts[TW_MESSAGE_NORMAL], &count->unread, error);
}

gboolean
tw_check_count(TwDbTx *tx, guint32 store, guint32 folder, TwCheckCount *ret, GError **error)
{
    *ret = (TwCheckCount){ 0 };
    return tw_sql_check_walk(tx, store, folder, count_func, ret, error) &&
           count_results(tx, store, folder, ret, error);
}

/* ---- looking ---- */

typedef struct {
    TwCheck *check;
    guint32 id, next;
    TwFolderRow *folder; /* NULL: not there, or damaged */
    TwCheckCount count;
    GArray *rows; /* TwMessageRow without head, of this folder */
} Walk;

static gboolean
take_row(const TwMessageRow *row, gpointer data)
{
    Walk *walk = data;

    count_row(&walk->count, row);
    g_array_append_vals(walk->rows, row, 1);
    return TRUE;
}

static gboolean
walk_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    g_autoptr(GError) damage = NULL;

    walk->count = (TwCheckCount){ 0 };
    g_array_set_size(walk->rows, 0);
    g_clear_pointer(&walk->folder, tw_folder_row_free);
    walk->folder = tw_sql_folder_get(tx, walk->check->number, walk->id, &damage);
    return tw_sql_check_walk(tx, walk->check->number, walk->id, take_row, walk, error) &&
           count_results(tx, walk->check->number, walk->id, &walk->count, error);
}

static gboolean
next_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;

    return tw_sql_check_next_folder(tx, walk->check->number, walk->id, &walk->next, error);
}

static void
look_at_row(TwCheck *check, const TwMessageRow *row)
{
    gboolean normal = row->state == TW_MESSAGE_NORMAL;

    if (row->state > TW_MESSAGE_DELETED_ASSOC)
        tw_check_note(check, TW_CHECK_MESSAGE_STATE, row->folder, row->mid, TRUE,
                      "it is in list %u, which there is not", row->state);
    else if (normal && row->uid == 0)
        tw_check_note(check, TW_CHECK_MESSAGE_UID, row->folder, row->mid, TRUE, "it has no uid");
    else if (!normal && row->uid != 0)
        tw_check_note(check, TW_CHECK_MESSAGE_UID, row->folder, row->mid, TRUE,
                      "it has uid %u, and is in no list that has uids", row->uid);
}

static void
look_at_count(TwCheck *check, const TwFolderRow *folder, const TwCheckCount *count)
{
    if (count->uid_max >= folder->uidnext)
        tw_check_note(check, TW_CHECK_FOLDER_UIDNEXT, folder->id, folder->id, TRUE,
                      "uid %u is given, but the next one shall be %u", count->uid_max,
                      folder->uidnext);
    if (folder->hicn < count->cn_max)
        tw_check_note(check, TW_CHECK_FOLDER_CN, folder->id, folder->id, TRUE,
                      "its last change is %" G_GUINT64_FORMAT
                      ", but a message in it has %" G_GUINT64_FORMAT,
                      folder->hicn, count->cn_max);
    if (folder->total != count->counts[0] || folder->assoc != count->counts[1] ||
        folder->deleted != count->counts[2] || folder->deleted_assoc != count->counts[3] ||
        folder->unread != count->unread)
        tw_check_note(check, TW_CHECK_FOLDER_COUNTERS, folder->id, folder->id, TRUE,
                      "it counts %u messages (%u unread), %u associated, %u and %u deleted; there "
                      "are %u (%u), %u, %u and %u",
                      folder->total, folder->unread, folder->assoc, folder->deleted,
                      folder->deleted_assoc, count->counts[0], count->unread, count->counts[1],
                      count->counts[2], count->counts[3]);
    else if (folder->bytes != count->bytes || folder->deleted_bytes != count->deleted_bytes)
        tw_check_note(check, TW_CHECK_FOLDER_COUNTERS, folder->id, folder->id, TRUE,
                      "it counts %" G_GINT64_FORMAT " bytes and %" G_GINT64_FORMAT
                      " deleted ones; there are %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
                      folder->bytes, folder->deleted_bytes, count->bytes, count->deleted_bytes);
}

static void
add_owner(TwCheck *check, guint32 bid, guint32 mid, guint32 folder)
{
    TwCheckOwner owner = { bid, mid, folder, FALSE };

    g_array_append_val(check->owners, owner);
}

static gboolean
look_at_list(Walk *walk, GError **error)
{
    TwCheck *check = walk->check;

    if (!tw_store_read(check->store, walk_tx, walk, error))
        return FALSE;
    if (walk->folder != NULL && walk->folder->state != TW_FOLDER_PURGING)
        look_at_count(check, walk->folder, &walk->count);
    for (guint i = 0; i < walk->rows->len; i++) {
        const TwMessageRow *row = &g_array_index(walk->rows, TwMessageRow, i);
        add_owner(check, row->bid, row->mid, row->folder);
        if (walk->folder == NULL && tw_check_folder_of(check, walk->id) == NULL)
            tw_check_note(check, TW_CHECK_MESSAGE_FOLDER, row->folder, row->mid, TRUE,
                          "its folder %u is not there", row->folder);
        else
            look_at_row(check, row);
    }
    if (check->options->progress != NULL && walk->rows->len > 0)
        check->options->progress("messages", check->owners->len, check->options->data);
    return TRUE;
}

static int
compare_owners(gconstpointer a, gconstpointer b)
{
    const TwCheckOwner *x = a, *y = b;

    if (x->bid != y->bid)
        return x->bid < y->bid ? -1 : 1;
    return (x->mid > y->mid) - (x->mid < y->mid);
}

typedef struct {
    TwCheck *check;
    const TwCheckOwner *a, *b;
    gboolean both;
} Shared;

static gboolean
has_body(TwDbTx *tx, const Shared *shared, const TwCheckOwner *owner, gboolean *ret, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) failure = NULL;

    *ret = owner->mid == 0 ||
           (tw_sql_msg_get(tx, shared->check->number, owner->mid, FALSE, &row, &failure) &&
            row.bid == owner->bid);
    if (failure == NULL || g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
shared_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Shared *shared = data;
    gboolean first;

    if (!has_body(tx, shared, shared->a, &first, error) ||
        !has_body(tx, shared, shared->b, &shared->both, error))
        return FALSE;
    shared->both = shared->both && first;
    return TRUE;
}

/* A message that was moved between two looks was seen in both places, with one body: they are looked at again, together. */
static gboolean
look_for_shared(TwCheck *check, GError **error)
{
    g_array_sort(check->owners, compare_owners);
    for (guint i = 1; i < check->owners->len; i++) {
        const TwCheckOwner *owner = &g_array_index(check->owners, TwCheckOwner, i);
        const TwCheckOwner *before = owner - 1;
        Shared shared = { check, before, owner, FALSE };
        if (owner->bid != before->bid || owner->mid == before->mid)
            continue;
        if (!tw_store_read(check->store, shared_tx, &shared, error))
            return FALSE;
        if (shared.both)
            tw_check_note(check, TW_CHECK_BODY_SHARED, owner->folder, owner->mid, TRUE,
                          "its body %u is also that of %u", owner->bid, before->mid);
    }
    return TRUE;
}

typedef struct {
    TwCheck *check;
    gint64 bytes, deleted_bytes;
} Bytes;

static gboolean
bytes_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Bytes *sum = data;
    g_autoptr(GPtrArray) all = tw_sql_check_folders(tx, sum->check->number, error);

    if (all == NULL || !tw_sql_store_get(tx, sum->check->number, &sum->check->row, error))
        return FALSE;
    sum->bytes = sum->deleted_bytes = 0;
    for (guint i = 0; i < all->len; i++) {
        const TwFolderRow *row = ((TwCheckFolder *) all->pdata[i])->row;
        if (row->state == TW_FOLDER_LIVE)
            sum->bytes += row->bytes;
        else
            sum->deleted_bytes += row->bytes;
        sum->deleted_bytes += row->deleted_bytes;
    }
    return TRUE;
}

static gboolean
look_at_bytes(TwCheck *check, GError **error)
{
    Bytes sum = { .check = check };

    if (!tw_store_read(check->store, bytes_tx, &sum, error))
        return FALSE;
    if (sum.bytes != check->row.bytes || sum.deleted_bytes != check->row.deleted_bytes)
        tw_check_note(check, TW_CHECK_STORE_BYTES, 0, 0, TRUE,
                      "it counts %" G_GINT64_FORMAT " bytes and %" G_GINT64_FORMAT
                      " deleted ones; its folders have %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
                      check->row.bytes, check->row.deleted_bytes, sum.bytes, sum.deleted_bytes);
    return TRUE;
}

gboolean
tw_check_messages(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };
    gboolean ok = TRUE;

    walk.rows = g_array_new(FALSE, FALSE, sizeof(TwMessageRow));
    /* those that are there, and then those that only messages name */
    for (guint i = 0; ok && i < check->folders->len; i++) {
        walk.id = ((TwCheckFolder *) check->folders->pdata[i])->row->id;
        add_owner(check, walk.id, 0, walk.id);
        ok = look_at_list(&walk, error);
    }
    walk.id = 0;
    while (ok && (ok = tw_store_read(check->store, next_tx, &walk, error)) && walk.next != 0) {
        walk.id = walk.next;
        if (tw_check_folder_of(check, walk.id) == NULL)
            ok = look_at_list(&walk, error);
    }
    g_clear_pointer(&walk.folder, tw_folder_row_free);
    g_array_unref(walk.rows);
    add_owner(check, check->row.object, 0, 0);
    return ok && look_for_shared(check, error) && look_at_bytes(check, error);
}

/* ---- repair ---- */

typedef struct {
    TwCheck *check;
    const TwCheckFinding *finding;
    guint32 lost, new_id;
} Repair;

/* Under its new key with the head it has, which nobody needs to be able to read for that. */
static gboolean
take_along(
    TwWork *work, const TwMessageRow *old, TwMessageRow *row, TwFolderRow *to, GError **error)
{
    guint64 cn = tw_work_change(work, TW_CHANGE_MESSAGE_NEW, row->folder, row->mid, 0, error);

    if (cn == 0 || (row->state == TW_MESSAGE_NORMAL && !tw_message_take_uid(to, &row->uid, error)))
        return FALSE;
    row->cn = row->cn_create = to->hicn = cn;
    row->placed = work->now;
    tw_work_count(work, to, row, 1);
    return tw_sql_msg_rekey(work->tx, old, row, error);
}

gboolean
tw_check_move(
    TwWork *work, const TwMessageRow *old, TwMessageRow *row, TwFolderRow *to, GError **error)
{
    static const TwKeywordSet no_words;
    TwFolderRow *from = tw_work_folder(work, old->folder, TRUE, NULL);
    g_autoptr(GBytes) head = NULL;
    TwMessageRow lent;
    guint64 gone =
        tw_work_change(work, TW_CHANGE_MESSAGE_GONE, old->folder, old->mid, row->mid, error);

    if (gone == 0)
        return FALSE;
    if (from != NULL) {
        if (old->state <= TW_MESSAGE_DELETED_ASSOC)
            tw_work_count(work, from, old, -1);
        from->hicn = gone;
        from->dirty = TRUE;
    }
    row->folder = to->id;
    row->state = old->state <= TW_MESSAGE_DELETED_ASSOC && (old->state & 1) ? TW_MESSAGE_ASSOC
                                                                            : TW_MESSAGE_NORMAL;
    row->uid = 0;
    row->kw = 0;
    if ((old->state == TW_MESSAGE_NORMAL &&
         !tw_sql_tomb_add(work->tx, old->store, old->folder, gone, old->uid, old->mid, error)) ||
        !tw_sql_key_delete(work->tx, old->store, old->mid, error) ||
        !tw_queue_follow_move(work, old->mid, row->mid, error))
        return FALSE;
    if (row->head != NULL)
        head = tw_head_with_keywords(row->head, &no_words);
    if (head == NULL)
        return take_along(work, old, row, to, error);
    lent = *row;
    lent.head = head;
    if (!tw_sql_msg_delete(work->tx, old, error) || !tw_message_insert(work, &lent, to, error))
        return FALSE;
    lent.head = row->head;
    *row = lent;
    return TRUE;
}

static gboolean
to_lost(TwWork *work, const Repair *repair, const TwMessageRow *old, GError **error)
{
    TwMessageRow row = *old;
    TwFolderRow *lost = tw_work_folder(work, repair->lost, FALSE, error);
    gboolean recovered = FALSE;

    if (repair->finding->what == TW_CHECK_MESSAGE_FOLDER &&
        !tw_check_recover_folder(work, old->folder, repair->lost, &recovered, error))
        return FALSE;
    if (recovered)
        return TRUE;
    row.mid = repair->new_id;
    return lost != NULL && tw_check_move(work, old, &row, lost, error);
}

static gboolean
new_uid(TwWork *work, const TwMessageRow *old, GError **error)
{
    TwFolderRow *folder = tw_work_folder(work, old->folder, TRUE, error);
    TwMessageRow row = *old;

    if (folder == NULL)
        return FALSE;
    row.uid = 0;
    if (row.state == TW_MESSAGE_NORMAL && !tw_message_take_uid(folder, &row.uid, error))
        return FALSE;
    row.cn = tw_work_change(work, TW_CHANGE_MESSAGE, row.folder, row.mid, 0, error);
    folder->hicn = row.cn;
    folder->dirty = TRUE;
    return row.cn != 0 && tw_sql_msg_rekey(work->tx, old, &row, error);
}

enum {
    HEAD_EID_AT = 48 /* head.h */
};

static gboolean
own_body(TwWork *work, TwMessageRow *row, guint32 bid, GError **error)
{
    TwFolderRow *folder = tw_work_folder(work, row->folder, TRUE, error);
    guint64 eid = GUINT64_TO_LE(tw_message_eid(row->store, bid));
    gsize len;
    g_autofree guint8 *head =
        g_memdup2(g_bytes_get_data(row->head, &len), g_bytes_get_size(row->head));

    if (folder == NULL || !tw_content_copy(work, row->bid, bid, error))
        return FALSE;
    if (len >= HEAD_EID_AT + sizeof eid)
        memcpy(head + HEAD_EID_AT, &eid, sizeof eid);
    g_bytes_unref(row->head);
    row->head = g_bytes_new(head, len);
    row->bid = bid;
    row->cn = tw_work_change(work, TW_CHANGE_MESSAGE, row->folder, row->mid, 0, error);
    folder->hicn = row->cn;
    folder->dirty = TRUE;
    return row->cn != 0 && tw_sql_msg_update(work->tx, row, error);
}

static gboolean
repair_row(TwWork *work, const Repair *repair, GError **error)
{
    TwCheckWhat what = repair->finding->what;
    g_auto(TwMessageRow) row = { 0 };
    guint32 other;

    if (!tw_sql_msg_get(work->tx, work->row.store, repair->finding->object,
                        what == TW_CHECK_BODY_SHARED, &row, error))
        return FALSE;
    switch (what) {
    case TW_CHECK_MESSAGE_FOLDER:
        if (tw_work_folder(work, row.folder, TRUE, NULL) != NULL)
            return TRUE;
        return to_lost(work, repair, &row, error);
    case TW_CHECK_MESSAGE_STATE:
        return row.state <= TW_MESSAGE_DELETED_ASSOC || to_lost(work, repair, &row, error);
    case TW_CHECK_MESSAGE_UID:
        if ((row.state == TW_MESSAGE_NORMAL) == (row.uid != 0))
            return TRUE;
        return new_uid(work, &row, error);
    case TW_CHECK_TOMB:
        return row.uid == 0 || new_uid(work, &row, error);
    default:
        return tw_sql_check_by_bid(work->tx, row.store, row.bid, &other, error) &&
               (other == 0 || own_body(work, &row, repair->new_id, error));
    }
}

static gboolean
repair_row_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Repair *repair = data;
    g_auto(TwWork) work = { 0 };

    return tw_work_begin(&work, tx, repair->check->store, error) &&
           repair_row(&work, repair, error) && tw_work_finish(&work, error);
}

/* ---- counters ---- */

static gboolean
recount(TwWork *work, guint32 id, GError **error)
{
    TwFolderRow *row = tw_work_folder(work, id, TRUE, error);
    TwCheckCount count;
    guint64 cn;

    if (row == NULL || !tw_check_count(work->tx, work->row.store, id, &count, error))
        return FALSE;
    row->total = count.counts[0];
    row->assoc = count.counts[1];
    row->deleted = count.counts[2];
    row->deleted_assoc = count.counts[3];
    row->unread = count.unread;
    row->bytes = count.bytes;
    row->deleted_bytes = count.deleted_bytes;
    if (count.uid_max >= row->uidnext)
        row->uidnext = count.uid_max < G_MAXUINT32 ? count.uid_max + 1 : G_MAXUINT32;
    cn = tw_work_change(work, TW_CHANGE_FOLDER, id, id, 0, error);
    row->cn = cn;
    row->hicn = MAX(row->hicn, count.cn_max);
    row->dirty = TRUE;
    return cn != 0;
}

static gboolean
recount_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Repair *repair = data;
    g_auto(TwWork) work = { 0 };

    return tw_work_begin(&work, tx, repair->check->store, error) &&
           recount(&work, repair->finding->object, error) && tw_work_finish(&work, error);
}

static gboolean
store_bytes_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Repair *repair = data;
    Bytes sum = { .check = repair->check };
    g_auto(TwWork) work = { 0 };

    if (!tw_work_begin(&work, tx, repair->check->store, error) || !bytes_tx(tx, &sum, error))
        return FALSE;
    work.row.bytes = sum.bytes;
    work.row.deleted_bytes = sum.deleted_bytes;
    return tw_work_change(&work, TW_CHANGE_STORE, 0, work.row.object, 0, error) != 0 &&
           tw_work_finish(&work, error);
}

gboolean
tw_repair_message(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    Repair repair = { .check = check, .finding = finding };

    switch (finding->what) {
    case TW_CHECK_STORE_BYTES:
        return tw_store_write(check->store, 0, FALSE, store_bytes_tx, &repair, error);
    case TW_CHECK_FOLDER_UIDNEXT:
    case TW_CHECK_FOLDER_CN:
    case TW_CHECK_FOLDER_COUNTERS:
        return tw_store_write(check->store, 0, FALSE, recount_tx, &repair, error);
    case TW_CHECK_MESSAGE_FOLDER:
    case TW_CHECK_MESSAGE_STATE:
        repair.lost = tw_check_lost_found(check, error);
        if (repair.lost == 0)
            return FALSE;
        break;
    default:
        break;
    }
    return tw_ids_take(check->store->partition, 1, &repair.new_id, error) &&
           tw_store_write(check->store, 0, FALSE, repair_row_tx, &repair, error);
}
