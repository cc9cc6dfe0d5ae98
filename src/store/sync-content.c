/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The contents of a folder. A first synchronisation walks the lists from the newest message down; its change number is the
 * store's at its beginning, so what happens meanwhile comes with the next one. A later one reads the changes of the
 * folder in order and asks of each message in them: did the client have it, and is it there now?
 */
#include "store/sync-private.h"

/* One message in the changes. */
typedef struct {
    guint32 id;
    guint64 cn;       /* last change by others; 0: none */
    guint64 left;     /* last change that took it out of the list */
    guint8 state;     /* TwMessageState: what it is now */
    gboolean here;    /* in the folder, in whatever state */
    gboolean had;     /* the client has it */
    gboolean maybe;   /* or it may have it: a step ended between its going and its coming back */
    gboolean unsure;  /* with a filter, and nobody knows what passed it */
    gboolean content; /* changed by others beyond the read mark */
} Item;

static gboolean
wants(const TwSyncRun *run, guint8 state)
{
    return (run->request->flags & (state & 1 ? TW_SYNC_ASSOCIATED : TW_SYNC_NORMAL)) != 0;
}

static gboolean
keeps_soft(const TwSyncRun *run)
{
    return (run->request->flags & TW_SYNC_NO_SOFT_DELETIONS) != 0;
}

static void
tell(TwSyncRun *run, guint32 id, TwSyncAction action, guint64 cn)
{
    TwSyncChange change = { .cn = cn,
                            .id = id,
                            .parent = run->request->folder,
                            .type = (guint16) (TW_SYNC_MESSAGE | action) };

    g_array_append_val(run->ret->changes, change);
}

static gboolean
tell_read(TwSyncRun *run, guint32 id, guint64 cn, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    TwSyncChange *last;

    if (!(run->request->flags & TW_SYNC_READ_STATE))
        return TRUE;
    if (!tw_sql_msg_get(run->tx, run->store->number, id, FALSE, &row, error))
        return FALSE;
    tell(run, id, TW_SYNC_READ, cn);
    last = &g_array_index(run->ret->changes, TwSyncChange, run->ret->changes->len - 1);
    last->read = (row.flags & TW_MSGFLAG_READ) != 0;
    return TRUE;
}

static void
note_seen(TwSyncRun *run, guint32 id, gboolean has)
{
    if (run->seen == NULL)
        return;
    if (has)
        g_hash_table_add(run->seen->ids, GUINT_TO_POINTER(id));
    else
        g_hash_table_remove(run->seen->ids, GUINT_TO_POINTER(id));
}

/* ---- later ones ---- */

/* Whether a client that knows all before this change has the message. */
static gboolean
had_before(const TwSyncRun *run, guint op)
{
    switch (op) {
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE_BACK:
        return FALSE;
    case TW_CHANGE_MESSAGE_PURGED:
        return keeps_soft(run);
    default:
        return TRUE;
    }
}

static Item *
item_of(TwSyncRun *run, GHashTable *places, GArray *items, const TwSyncRow *row)
{
    gpointer place = g_hash_table_lookup(places, GUINT_TO_POINTER(row->id));
    Item item = {
        .id = row->id,
        .state = row->now_state,
        .here = row->now_folder == run->request->folder,
    };

    if (place == NULL) {
        item.had = run->seen != NULL
                       ? g_hash_table_contains(run->seen->ids, GUINT_TO_POINTER(row->id))
                       : had_before(run, row->op);
        item.maybe = run->seen == NULL && row->op == TW_CHANGE_MESSAGE_BACK;
        item.unsure = run->seen == NULL && run->request->filter != NULL;
        g_array_append_val(items, item);
        place = GUINT_TO_POINTER(items->len);
        g_hash_table_insert(places, GUINT_TO_POINTER(row->id), place);
    }
    return &g_array_index(items, Item, GPOINTER_TO_UINT(place) - 1);
}

static void
note_row(Item *item, const TwSyncRow *row, gboolean own)
{
    gboolean enters = row->op == TW_CHANGE_MESSAGE_NEW || row->op == TW_CHANGE_MESSAGE_BACK;
    gboolean leaves = row->op == TW_CHANGE_MESSAGE_GONE || row->op == TW_CHANGE_MESSAGE_SOFT;

    if (leaves)
        item->left = row->cn;
    if (own) {
        item->had = enters || (item->had && !leaves);
        return;
    }
    item->cn = row->cn;
    item->content = item->content || row->op != TW_CHANGE_MESSAGE_READ;
}

/* Of what left the list only its uid says which list it was. */
static gboolean
left_wanted_list(TwSyncRun *run, const Item *item, gboolean *ret, GError **error)
{
    gboolean both = wants(run, TW_MESSAGE_NORMAL) && wants(run, TW_MESSAGE_ASSOC);
    gint64 uid = -1;

    if (!both && !item->here && item->left != 0 &&
        !tw_sql_sync_tomb_uid(run->tx, run->store->number, run->request->folder, item->left, &uid,
                              error))
        return FALSE;
    *ret = both ||
           (item->here ? wants(run, item->state)
                       : uid < 0 || wants(run, uid == 0 ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL));
    return TRUE;
}

static gboolean
tell_leaving(TwSyncRun *run, const Item *item, gboolean soft, GError **error)
{
    gboolean wanted;

    if (run->request->flags & TW_SYNC_NO_DELETIONS)
        return TRUE;
    if (!left_wanted_list(run, item, &wanted, error))
        return FALSE;
    if (wanted)
        tell(run, item->id, soft ? TW_SYNC_SOFT_DELETED : TW_SYNC_DELETED, item->cn);
    note_seen(run, item->id, FALSE);
    return TRUE;
}

static gboolean
tell_item(TwSyncRun *run, const TwSyncFilter *filter, const Item *item, GError **error)
{
    gboolean live = item->here && item->state < TW_MESSAGE_DELETED && wants(run, item->state);
    gboolean soft = item->here && item->state >= TW_MESSAGE_DELETED;
    gboolean fits = live;

    if (item->cn == 0) { /* all of it its own doing */
        note_seen(run, item->id, item->had);
        return TRUE;
    }
    if (soft && keeps_soft(run))
        return TRUE;
    if (live && !tw_sync_filter_fits(filter, item->id, &fits, error))
        return FALSE;
    if (!fits)
        return (!item->had && !item->maybe) || tell_leaving(run, item, soft, error);
    if (!item->had)
        tell(run, item->id, TW_SYNC_NEW, item->cn);
    else if (item->content || item->unsure)
        tell(run, item->id, TW_SYNC_CHANGED, item->cn);
    else if (!tell_read(run, item->id, item->cn, error))
        return FALSE;
    note_seen(run, item->id, TRUE);
    return TRUE;
}

static int
by_cn(gconstpointer a, gconstpointer b)
{
    guint64 x = ((const Item *) a)->cn, y = ((const Item *) b)->cn;

    return (x > y) - (x < y);
}

static gboolean
read_changes(TwSyncRun *run, guint max, GError **error)
{
    TwSyncFilter filter = { run->tx, run->store->number, run->request->filter,
                            run->request->collation };
    g_autoptr(GArray) rows = g_array_sized_new(FALSE, FALSE, sizeof(TwSyncRow), MIN(max, 64));
    g_autoptr(GArray) items = g_array_sized_new(FALSE, FALSE, sizeof(Item), MIN(max, 64));
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);

    if (!tw_sql_sync_delta(run->tx, run->store->number, run->request->folder, run->state->cn, max,
                           rows, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwSyncRow *row = &g_array_index(rows, TwSyncRow, i);
        note_row(item_of(run, places, items, row), row, tw_sync_is_own(run, row->cn));
    }
    g_array_sort(items, by_cn);
    for (guint i = 0; i < items->len; i++) {
        if (!tell_item(run, &filter, &g_array_index(items, Item, i), error))
            return FALSE;
    }
    run->ret->more = rows->len == max;
    run->ret->state.cn =
        run->ret->more ? g_array_index(rows, TwSyncRow, rows->len - 1).cn : run->row.cn;
    return TRUE;
}

/* ---- first ones ---- */

/* The client has what it made; what others did to it since is told. */
static gboolean
tell_own(TwSyncRun *run, const TwSyncListed *one, GError **error)
{
    if (one->cn != one->cn_create && !tw_sync_is_own(run, one->cn)) {
        tell(run, one->mid, TW_SYNC_CHANGED, one->cn);
        return TRUE;
    }
    return one->cn_read <= one->cn_create || tw_sync_is_own(run, one->cn_read) ||
           tell_read(run, one->mid, one->cn_read, error);
}

/* What changed since the beginning comes with its change. */
static gboolean
tell_listed(TwSyncRun *run, const TwSyncFilter *filter, const TwSyncListed *one, GError **error)
{
    guint64 cn = MAX(one->cn, one->cn_read), start = run->ret->state.cn;
    gboolean fits = TRUE;

    if (one->cn_create > start || (filter->filter != NULL && cn > start))
        return TRUE;
    if (run->seen != NULL)
        fits = g_hash_table_contains(run->seen->ids, GUINT_TO_POINTER(one->mid));
    else if (!tw_sync_filter_fits(filter, one->mid, &fits, error))
        return FALSE;
    if (tw_sync_is_own(run, one->cn_create))
        return tell_own(run, one, error);
    if (fits)
        tell(run, one->mid, TW_SYNC_NEW, cn);
    return TRUE;
}

/* All that fits, as of now. */
static gboolean
see_all(TwSyncRun *run, GError **error)
{
    TwSyncFilter filter = { run->tx, run->store->number, run->request->filter,
                            run->request->collation };

    g_hash_table_remove_all(run->seen->ids);
    for (guint state = TW_MESSAGE_NORMAL; state <= TW_MESSAGE_ASSOC; state++) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwSyncListed));
        if (!wants(run, (guint8) state))
            continue;
        if (!tw_sql_sync_list(run->tx, run->store->number, run->request->folder,
                              (TwMessageState) state, G_MAXUINT32, G_MAXINT32, list, error))
            return FALSE;
        for (guint i = 0; i < list->len; i++) {
            const TwSyncListed *one = &g_array_index(list, TwSyncListed, i);
            gboolean fits;
            if (!tw_sync_filter_fits(&filter, one->mid, &fits, error))
                return FALSE;
            if (fits || tw_sync_is_own(run, one->cn_create))
                note_seen(run, one->mid, TRUE);
        }
    }
    return TRUE;
}

static gboolean
walk_down(TwSyncRun *run, guint max, GError **error)
{
    TwSyncFilter filter = { run->tx, run->store->number, run->request->filter,
                            run->request->collation };
    TwSyncState *state = &run->ret->state;
    guint left = max;

    while (state->list != 0 && left > 0) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwSyncListed));
        guint8 which = state->list == 1 ? TW_MESSAGE_NORMAL : TW_MESSAGE_ASSOC;
        if (wants(run, which) &&
            !tw_sql_sync_list(run->tx, run->store->number, run->request->folder,
                              (TwMessageState) which, state->below, left, list, error))
            return FALSE;
        for (guint i = 0; i < list->len; i++) {
            const TwSyncListed *one = &g_array_index(list, TwSyncListed, i);
            if (!tell_listed(run, &filter, one, error))
                return FALSE;
            state->below = one->mid;
        }
        if (list->len < left) {
            state->list = state->list == 1 ? 2 : 0;
            state->below = state->list != 0 ? G_MAXUINT32 : 0;
        }
        left -= list->len;
    }
    run->ret->more = state->list != 0;
    return TRUE;
}

static gboolean
begin_first(TwSyncRun *run, GError **error)
{
    run->ret->state.cn = run->row.cn;
    run->ret->state.list = 1;
    run->ret->state.below = G_MAXUINT32;
    return run->seen == NULL || see_all(run, error);
}

gboolean
tw_sync_run_contents(TwSyncRun *run, GError **error)
{
    const TwSyncRequest *request = run->request;
    guint max = request->max == 0 ? TW_SYNC_MAX_STEP : MIN(request->max, TW_SYNC_MAX_STEP);
    gboolean none = (request->flags & (TW_SYNC_NORMAL | TW_SYNC_ASSOCIATED)) == 0;

    if ((request->flags & TW_SYNC_CATCHUP) || none) {
        run->ret->state.cn = run->row.cn;
        run->ret->state.list = 0;
        run->ret->state.below = 0;
        return run->seen == NULL || see_all(run, error);
    }
    if (run->state->cn == 0 && !begin_first(run, error))
        return FALSE;
    if (run->ret->state.list != 0)
        return walk_down(run, max, error);
    if (run->folder->hicn <= run->state->cn) {
        run->ret->state.cn = run->row.cn;
        return TRUE;
    }
    return read_changes(run, max, error);
}
