/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One round of the search folders of a store: what changed and a slice of what is still to be looked at is read and compared
 * in one snapshot, on the worker's thread; then one short transaction writes what follows. Invariants:
 *
 *  1. A result's folder has a row in search_scope.
 *  2. In a folder that is DONE, and up to after in one that is OPEN, the results are the messages that matched at hicn, or that
 *     match later: a message that changed after hicn is compared again, as it then is. So a round may be done twice.
 *  3. A folder that is LEAVING is not looked at; when its results are gone its row goes, and the scope is computed anew.
 *  4. total and unread of the folder's row count the results.
 *
 * Between the snapshot and the transaction a caller may have set other criteria: their gen is another, and what was found is
 * thrown away.
 */
#include "base/error.h"
#include "store/search-private.h"

enum {
    KEEP_BEHIND = 1000,     /* changes that a restart may have to look at again */
    FOLDERS_IN_SLICE = 500, /* empty ones cost too */
    LOOK_AT_CLOCK = 16,     /* rows between two looks at the time */
};

/* What is known of one search folder. */
typedef struct {
    TwSearchRow row;
    TwSearchDef def;
    gboolean readable; /* the criteria are */
    gboolean dormant;  /* it lies in a deleted tree */
    gboolean rescope;  /* folders came, went or moved */
    gboolean rubbish;  /* there are rows of an earlier gen */
    guint64 seen;      /* changes up to here were looked at; hicn or later */
    GHashTable *scope; /* folder -> TwScopeRow, owned */
    guint pending;     /* of those, not DONE */
} Search;

struct TwSearchStore {
    TwStore *store;
    GPtrArray *searches; /* Search */
    guint turn;          /* whose slice comes next */
};

/* A message as it is now for one search. */
typedef struct {
    TwSearchHit hit;
    gboolean matches;
} Verdict;

/* What a round found out about one search. */
typedef struct {
    Search *search;
    gboolean lost; /* the changes are not all there: begin anew */
    guint64 seen;
    gboolean rescope;
    GArray *verdicts;          /* Verdict: of changes */
    GArray *found;             /* TwSearchHit: of the slice */
    GArray *gone;              /* TwSearchHit: of folders that leave */
    GArray *scope;             /* TwScopeRow: new or other than before */
    GArray *dropped;           /* guint32: folders that left */
    gboolean skipped, rubbish; /* of the writing: others were in between; more rubbish is left */
} Plan;

typedef struct {
    TwSearchStore *self;
    guint64 cn;
    gboolean any;  /* a search that is to be kept current */
    gboolean more; /* the slice ended early */
    gint64 until;
    GArray *changes;  /* TwChange */
    GHashTable *rows; /* mid -> TwMessageRow with head, owned; NULL: it is no result of anything */
    TwSearchMatcher matcher;
    GPtrArray *plans;
} Round;

static void
search_free(gpointer data)
{
    Search *search = data;

    tw_search_def_clear(&search->def);
    g_clear_pointer(&search->scope, g_hash_table_unref);
    g_free(search);
}

static void
plan_free(gpointer data)
{
    Plan *plan = data;

    g_array_unref(plan->verdicts);
    g_array_unref(plan->found);
    g_array_unref(plan->gone);
    g_array_unref(plan->scope);
    g_array_unref(plan->dropped);
    g_free(plan);
}

static Plan *
plan_new(Search *search)
{
    Plan *plan = g_new0(Plan, 1);

    plan->search = search;
    plan->seen = search->seen;
    plan->rescope = search->rescope;
    plan->verdicts = g_array_new(FALSE, FALSE, sizeof(Verdict));
    plan->found = g_array_new(FALSE, FALSE, sizeof(TwSearchHit));
    plan->gone = g_array_new(FALSE, FALSE, sizeof(TwSearchHit));
    plan->scope = g_array_new(FALSE, FALSE, sizeof(TwScopeRow));
    plan->dropped = g_array_new(FALSE, FALSE, sizeof(guint32));
    return plan;
}

static void
row_free(gpointer data)
{
    if (data == NULL)
        return;
    tw_message_row_clear(data);
    g_free(data);
}

TwSearchStore *
tw_search_store_new(TwStore *store)
{
    TwSearchStore *self = g_new0(TwSearchStore, 1);

    self->store = store;
    self->searches = g_ptr_array_new_with_free_func(search_free);
    return self;
}

void
tw_search_store_free(TwSearchStore *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->searches);
    tw_store_unref(self->store);
    g_free(self);
}

/* ---- what there is ---- */

static gboolean
is_active(const Search *search)
{
    return search->readable && !search->dormant &&
           (search->row.state == TW_SEARCH_BEGUN || search->row.state == TW_SEARCH_FILLING ||
            search->row.state == TW_SEARCH_LIVE);
}

static void
set_scope(Search *search, const TwScopeRow *row)
{
    const TwScopeRow *old = g_hash_table_lookup(search->scope, GUINT_TO_POINTER(row->folder));

    search->pending += row->state != TW_SCOPE_DONE ? 1 : 0;
    search->pending -= old != NULL && old->state != TW_SCOPE_DONE ? 1 : 0;
    g_hash_table_insert(search->scope, GUINT_TO_POINTER(row->folder), g_memdup2(row, sizeof *row));
}

static gboolean
load_search(TwDbTx *tx, Search *search, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GArray) scope = NULL;
    g_autoptr(GError) failure = NULL;
    gsize len;
    const guint8 *data;

    tw_search_def_clear(&search->def);
    g_clear_pointer(&search->scope, g_hash_table_unref);
    search->scope = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    search->pending = 0;
    search->readable = FALSE;
    search->rescope = TRUE; /* a restart, too, may have missed what was to be done */
    search->seen = search->row.hicn;
    bytes = tw_sql_search_get_def(tx, search->row.store, search->row.id, &failure);
    if (bytes != NULL) {
        data = g_bytes_get_data(bytes, &len);
        search->readable = tw_search_def_parse(data, len, &search->def, NULL);
    } else if (!g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    scope = tw_sql_scope_list(tx, &search->row, error);
    if (scope == NULL)
        return FALSE;
    for (guint i = 0; i < scope->len; i++)
        set_scope(search, &g_array_index(scope, TwScopeRow, i));
    return tw_sql_search_has_old(tx, &search->row, &search->rubbish, error);
}

/* Takes what is known of a search folder out of the list, or makes it. */
static Search *
take_search(TwSearchStore *self, guint32 id)
{
    for (guint i = 0; i < self->searches->len; i++) {
        if (((Search *) self->searches->pdata[i])->row.id == id)
            return g_ptr_array_steal_index(self->searches, i);
    }
    return g_new0(Search, 1);
}

static gboolean
is_dormant(TwDbTx *tx, const TwSearchRow *row)
{
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, row->store, row->id, NULL);

    return folder == NULL || folder->state != TW_FOLDER_LIVE;
}

/* Takes over what callers changed: criteria, stops, folders that went. */
static gboolean
refresh(TwDbTx *tx, TwSearchStore *self, GError **error)
{
    g_autoptr(GArray) rows = tw_sql_search_list(tx, self->store->number, error);
    g_autoptr(GPtrArray) now = g_ptr_array_new_with_free_func(search_free);
    GPtrArray *before;

    if (rows == NULL)
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwSearchRow *row = &g_array_index(rows, TwSearchRow, i);
        Search *search = take_search(self, row->id);
        gboolean known = search->scope != NULL && search->row.gen == row->gen;
        g_ptr_array_add(now, search);
        search->row = *row;
        if (!known && !load_search(tx, search, error))
            return FALSE;
        search->dormant = is_dormant(tx, row);
    }
    before = self->searches;
    self->searches = g_steal_pointer(&now);
    g_ptr_array_unref(before);
    return TRUE;
}

/* ---- changes ---- */

static gboolean
is_late(const Round *round)
{
    return g_get_monotonic_time() >= round->until;
}

/* The message as it is now, once a round; NULL with no error when it can be no result. */
static gboolean
row_now(TwDbTx *tx, Round *round, guint32 mid, const TwMessageRow **ret, GError **error)
{
    g_autoptr(GError) failure = NULL;
    TwMessageRow *row;
    gpointer known;

    if (g_hash_table_lookup_extended(round->rows, GUINT_TO_POINTER(mid), NULL, &known)) {
        *ret = known;
        return TRUE;
    }
    row = g_new0(TwMessageRow, 1);
    if (!tw_sql_msg_get(tx, round->self->store->number, mid, TRUE, row, &failure) ||
        row->state != TW_MESSAGE_NORMAL)
        g_clear_pointer(&row, row_free);
    g_hash_table_insert(round->rows, GUINT_TO_POINTER(mid), row);
    *ret = row;
    if (failure == NULL || g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) ||
        g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
is_folder_op(guint op)
{
    return op == TW_CHANGE_FOLDER_NEW || op == TW_CHANGE_FOLDER_MOVED ||
           op == TW_CHANGE_FOLDER_DELETED || op == TW_CHANGE_FOLDER_RESTORED;
}

static gboolean
is_message_op(guint op)
{
    return op >= TW_CHANGE_MESSAGE_NEW && op <= TW_CHANGE_MESSAGE_PURGED;
}

static gboolean
judge(TwDbTx *tx, Round *round, Plan *plan, const TwChange *change, GError **error)
{
    const Search *search = plan->search;
    Verdict verdict = { .hit = { change->id, change->folder, FALSE } };
    const TwMessageRow *row;

    if (!row_now(tx, round, change->id, &row, error))
        return FALSE;
    if (row != NULL && row->folder == change->folder) {
        gsize len = 0;
        const guint8 *head = row->head != NULL ? g_bytes_get_data(row->head, &len) : NULL;
        verdict.hit.unread = !(row->flags & TW_MSGFLAG_READ);
        if (!tw_search_match(&round->matcher, tx, search->def.restriction, row, head, len,
                             &verdict.matches, error))
            return FALSE;
    }
    g_array_append_val(plan->verdicts, verdict);
    return TRUE;
}

/* Whether this search has to look at what the change is about. */
static gboolean
concerns(const Search *search, const TwChange *change)
{
    const TwScopeRow *scope = g_hash_table_lookup(search->scope, GUINT_TO_POINTER(change->folder));

    return is_message_op(change->op) && scope != NULL && scope->state != TW_SCOPE_LEAVING;
}

static gboolean
plan_changes(TwDbTx *tx, Round *round, Plan *plan, GError **error)
{
    g_autoptr(GHashTable) judged = g_hash_table_new(NULL, NULL);
    const Search *search = plan->search;

    for (guint i = 0; i < round->changes->len; i++) {
        const TwChange *change = &g_array_index(round->changes, TwChange, i);
        if (change->cn <= plan->seen)
            continue;
        if (change->cn != plan->seen + 1) {
            plan->lost = TRUE;
            return TRUE;
        }
        if (plan->verdicts->len > 0 && is_late(round)) {
            round->more = TRUE;
            return TRUE;
        }
        plan->rescope = plan->rescope || is_folder_op(change->op);
        if (concerns(search, change) && g_hash_table_add(judged, GUINT_TO_POINTER(change->id)) &&
            !judge(tx, round, plan, change, error))
            return FALSE;
        plan->seen = change->cn;
    }
    plan->lost = round->changes->len == 0 && plan->seen < round->cn;
    return TRUE;
}

static gboolean
read_changes(TwDbTx *tx, Round *round, GError **error)
{
    guint64 since = round->cn;

    for (guint i = 0; i < round->self->searches->len; i++) {
        const Search *search = round->self->searches->pdata[i];
        if (is_active(search) && search->row.state != TW_SEARCH_BEGUN)
            since = MIN(since, search->seen);
    }
    if (since == round->cn)
        return TRUE;
    if (!tw_sql_chg_list(tx, round->self->store->number, since, TW_SEARCH_SLICE_ROWS,
                         round->changes, error))
        return FALSE;
    round->more = round->changes->len == TW_SEARCH_SLICE_ROWS;
    return TRUE;
}

/* ---- the scope ---- */

static gboolean
plan_scope(TwDbTx *tx, Round *round, Plan *plan, GError **error)
{
    g_autoptr(GPtrArray) folders = tw_sql_folder_all(tx, round->self->store->number, error);
    g_autoptr(GHashTable) wanted = NULL;
    GHashTableIter iter;
    gpointer key, value;

    if (folders == NULL)
        return FALSE;
    wanted = tw_search_scope(&plan->search->def, folders);
    g_hash_table_iter_init(&iter, plan->search->scope);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        TwScopeRow row = { .folder = GPOINTER_TO_UINT(key), .state = TW_SCOPE_LEAVING };
        if (g_hash_table_contains(wanted, key) ||
            ((const TwScopeRow *) value)->state == TW_SCOPE_LEAVING)
            continue;
        g_array_append_val(plan->scope, row);
    }
    g_hash_table_iter_init(&iter, wanted);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        TwScopeRow row = { .folder = GPOINTER_TO_UINT(key), .state = TW_SCOPE_OPEN };
        /* one that is leaving comes back when it has left */
        if (!g_hash_table_contains(plan->search->scope, key))
            g_array_append_val(plan->scope, row);
    }
    plan->rescope = FALSE;
    return TRUE;
}

/* ---- a slice ---- */

typedef struct {
    TwDbTx *tx;
    Round *round;
    Plan *plan;
    guint rows;
    guint32 last;
    gboolean late;
    GError *failure;
} Scan;

static gboolean
scan_row(const TwMessageRow *row, const guint8 *head, gsize head_len, gpointer data)
{
    Scan *scan = data;
    TwSearchHit hit = { row->mid, row->folder, !(row->flags & TW_MSGFLAG_READ) };
    gboolean matches;

    if (!tw_search_match(&scan->round->matcher, scan->tx, scan->plan->search->def.restriction, row,
                         head, head_len, &matches, &scan->failure))
        return FALSE;
    if (matches)
        g_array_append_val(scan->plan->found, hit);
    scan->last = row->mid;
    scan->rows++;
    scan->late = scan->rows % LOOK_AT_CLOCK == 0 && is_late(scan->round);
    return !scan->late;
}

static gboolean
scan_folder(
    TwDbTx *tx, Round *round, Plan *plan, const TwScopeRow *from, guint *left, GError **error)
{
    Scan scan = { .tx = tx, .round = round, .plan = plan, .last = from->after };
    TwScopeRow row = *from;

    if (!tw_sql_msg_scan(tx, round->self->store->number, from->folder, TW_MESSAGE_NORMAL,
                         from->after, *left, TRUE, NULL, scan_row, &scan, error))
        return FALSE;
    if (scan.failure != NULL) {
        g_propagate_error(error, scan.failure);
        return FALSE;
    }
    row.after = scan.last;
    if (!scan.late && scan.rows < *left)
        row = (TwScopeRow){ .folder = from->folder, .state = TW_SCOPE_DONE };
    *left = scan.late ? 0 : *left - scan.rows;
    g_array_append_val(plan->scope, row);
    return TRUE;
}

static gboolean
leave_folder(TwDbTx *tx, Plan *plan, const TwScopeRow *from, guint *left, GError **error)
{
    g_autoptr(GArray) hits = tw_sql_hit_list(tx, &plan->search->row, from->after, *left, error);
    TwScopeRow row = *from;

    if (hits == NULL)
        return FALSE;
    for (guint i = 0; i < hits->len; i++) {
        const TwSearchHit *hit = &g_array_index(hits, TwSearchHit, i);
        if (hit->folder == from->folder)
            g_array_append_vals(plan->gone, hit, 1);
        row.after = hit->mid;
    }
    if (hits->len < *left)
        g_array_append_val(plan->dropped, row.folder);
    else
        g_array_append_val(plan->scope, row);
    *left -= hits->len;
    return TRUE;
}

/* Goes on with what is not DONE. */
static gboolean
plan_slice(TwDbTx *tx, Round *round, Plan *plan, GError **error)
{
    guint left = TW_SEARCH_SLICE_ROWS, folders = 0;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, plan->search->scope);
    while (left > 0 && folders < FOLDERS_IN_SLICE && g_hash_table_iter_next(&iter, NULL, &value)) {
        const TwScopeRow *row = value;
        if (row->state == TW_SCOPE_DONE)
            continue;
        folders++;
        if (!(row->state == TW_SCOPE_OPEN ? scan_folder(tx, round, plan, row, &left, error)
                                          : leave_folder(tx, plan, row, &left, error)))
            return FALSE;
    }
    return TRUE;
}

/* ---- reading ---- */

static gboolean
plan_search(TwDbTx *tx, Round *round, Plan *plan, gboolean slice, GError **error)
{
    const Search *search = plan->search;

    if (search->row.state == TW_SEARCH_BEGUN) {
        plan->seen = round->cn;
        return plan_scope(tx, round, plan, error);
    }
    if (!plan_changes(tx, round, plan, error))
        return FALSE;
    if (plan->lost)
        return TRUE;
    if (plan->rescope && !plan_scope(tx, round, plan, error))
        return FALSE;
    /* when the scope changes the slice waits: a folder it is about may be leaving */
    return !slice || plan->scope->len > 0 || search->pending == 0 ||
           plan_slice(tx, round, plan, error);
}

static gboolean
is_wanted(const Search *search)
{
    return search->row.state == TW_SEARCH_BEGUN || search->row.state == TW_SEARCH_FILLING ||
           search->row.state == TW_SEARCH_LIVE;
}

static gboolean
plan_all(TwDbTx *tx, Round *round, GError **error)
{
    TwSearchStore *self = round->self;

    self->turn++;
    for (guint i = 0; i < self->searches->len; i++) {
        Search *search = self->searches->pdata[i];
        gboolean slice = self->turn % self->searches->len == i;
        round->any = round->any || is_wanted(search) || search->rubbish;
        if (!is_active(search) && !search->rubbish)
            continue;
        g_ptr_array_add(round->plans, plan_new(search));
        if (is_active(search) &&
            !plan_search(tx, round, round->plans->pdata[round->plans->len - 1], slice, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Round *round = data;
    TwStoreRow store;

    g_ptr_array_set_size(round->plans, 0);
    g_array_set_size(round->changes, 0);
    g_hash_table_remove_all(round->rows);
    tw_search_matcher_clear(&round->matcher); /* what was known in another run */
    round->any = round->more = FALSE;
    round->until = g_get_monotonic_time() + TW_SEARCH_SLICE_US;
    if (!tw_sql_store_get(tx, round->self->store->number, &store, error))
        return FALSE;
    round->cn = store.cn;
    if (store.state != TW_STORE_ACTIVE)
        return TRUE; /* who makes it active again has it watched */
    return refresh(tx, round->self, error) && read_changes(tx, round, error) &&
           plan_all(tx, round, error);
}

/* ---- writing ---- */

typedef struct {
    TwWork *work;
    const Plan *plan;
    TwSearchRow row; /* as it shall be */
    TwFolderRow *folder;
    gboolean filling;
} Apply;

static gboolean
add_hit(Apply *apply, const TwSearchHit *hit, GError **error)
{
    gboolean is_new;

    if (!tw_sql_hit_add(apply->work->tx, &apply->row, hit, &is_new, error))
        return FALSE;
    if (!is_new)
        return TRUE;
    apply->folder->total++;
    apply->folder->unread += hit->unread ? 1 : 0;
    if (!apply->filling)
        tw_work_event(apply->work, TW_CHANGE_SEARCH_ADDED, apply->row.id, hit->mid, hit->folder);
    return TRUE;
}

/* @hit: as it is there. */
static gboolean
drop_hit(Apply *apply, const TwSearchHit *hit, GError **error)
{
    apply->folder->total--;
    apply->folder->unread -= hit->unread ? 1 : 0;
    if (!apply->filling)
        tw_work_event(apply->work, TW_CHANGE_SEARCH_REMOVED, apply->row.id, hit->mid, hit->folder);
    return tw_sql_hit_delete(apply->work->tx, &apply->row, hit->mid, error);
}

static gboolean
apply_verdict(Apply *apply, const Verdict *verdict, GError **error)
{
    TwSearchHit old;

    if (!tw_sql_hit_get(apply->work->tx, &apply->row, verdict->hit.mid, &old, error))
        return FALSE;
    if (!verdict->matches)
        return old.mid == 0 || drop_hit(apply, &old, error);
    if (old.mid == 0)
        return add_hit(apply, &verdict->hit, error);
    if (old.unread == verdict->hit.unread)
        return TRUE;
    apply->folder->unread += verdict->hit.unread ? 1 : G_MAXUINT32; /* counts down by wrapping */
    return tw_sql_hit_mark(apply->work->tx, &apply->row, &verdict->hit, error);
}

static gboolean
apply_results(Apply *apply, GError **error)
{
    const Plan *plan = apply->plan;

    for (guint i = 0; i < plan->found->len; i++) {
        if (!add_hit(apply, &g_array_index(plan->found, TwSearchHit, i), error))
            return FALSE;
    }
    for (guint i = 0; i < plan->gone->len; i++) {
        if (!drop_hit(apply, &g_array_index(plan->gone, TwSearchHit, i), error))
            return FALSE;
    }
    for (guint i = 0; i < plan->verdicts->len; i++) {
        if (!apply_verdict(apply, &g_array_index(plan->verdicts, Verdict, i), error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
apply_scope(Apply *apply, GError **error)
{
    const Plan *plan = apply->plan;

    for (guint i = 0; i < plan->scope->len; i++) {
        if (!tw_sql_scope_put(apply->work->tx, &apply->row,
                              &g_array_index(plan->scope, TwScopeRow, i), error))
            return FALSE;
    }
    for (guint i = 0; i < plan->dropped->len; i++) {
        if (!tw_sql_scope_delete(apply->work->tx, &apply->row,
                                 g_array_index(plan->dropped, guint32, i), error))
            return FALSE;
    }
    return TRUE;
}

/* How many folders will be left to look at. */
static guint
pending_after(const Plan *plan)
{
    guint pending = plan->search->pending - plan->dropped->len;

    for (guint i = 0; i < plan->scope->len; i++) {
        const TwScopeRow *row = &g_array_index(plan->scope, TwScopeRow, i);
        const TwScopeRow *old =
            g_hash_table_lookup(plan->search->scope, GUINT_TO_POINTER(row->folder));
        pending += row->state != TW_SCOPE_DONE ? 1 : 0;
        pending -= old != NULL && old->state != TW_SCOPE_DONE ? 1 : 0;
    }
    return pending;
}

static void
begin_anew(Apply *apply)
{
    apply->row.gen++;
    apply->row.state = TW_SEARCH_BEGUN;
    apply->row.hicn = apply->work->row.cn;
    apply->folder->total = apply->folder->unread = 0;
    tw_work_event(apply->work, TW_CHANGE_SEARCH_RESTARTED, apply->row.id, 0, 0);
}

static void
advance(Apply *apply)
{
    const Plan *plan = apply->plan;
    guint32 total = apply->folder->total;

    apply->row.hicn = plan->seen;
    if (!apply->filling)
        return;
    apply->row.state = TW_SEARCH_FILLING;
    if (plan->found->len > 0)
        tw_work_event(apply->work, TW_CHANGE_SEARCH_RESULTS, apply->row.id, 0, total);
    /* what left may have been asked for again meanwhile */
    if (pending_after(plan) > 0 || plan->dropped->len > 0 || plan->rescope)
        return;
    apply->row.state = plan->search->def.flags & TW_SEARCH_STATIC ? TW_SEARCH_DONE : TW_SEARCH_LIVE;
    tw_work_event(apply->work, TW_CHANGE_SEARCH_COMPLETE, apply->row.id, 0, total);
}

static gboolean
clear_rubbish(TwWork *work, Plan *plan, GError **error)
{
    const TwSearchRow *row = &plan->search->row;
    guint count = 0;

    if (plan->search->rubbish && !tw_sql_search_clear(work->tx, row->store, row->id, row->gen,
                                                      TW_SEARCH_SLICE_ROWS, &count, error))
        return FALSE;
    plan->rubbish = count > 0;
    return TRUE;
}

static gboolean
apply_plan(TwWork *work, Plan *plan, GError **error)
{
    Apply apply = { .work = work, .plan = plan };
    const TwSearchRow *known = &plan->search->row;

    plan->skipped = FALSE;
    if (!clear_rubbish(work, plan, error))
        return FALSE;
    if (!is_active(plan->search))
        return TRUE;
    if (!tw_sql_search_get(work->tx, work->row.store, known->id, &apply.row, error))
        return FALSE;
    apply.folder = tw_work_folder(work, known->id, FALSE, NULL);
    plan->skipped = apply.folder == NULL || apply.row.id == 0 || apply.row.gen != known->gen ||
                    apply.row.state != known->state;
    if (plan->skipped)
        return TRUE;
    apply.filling = known->state != TW_SEARCH_LIVE;
    if (plan->lost)
        begin_anew(&apply);
    else if (apply_results(&apply, error) && apply_scope(&apply, error))
        advance(&apply);
    else
        return FALSE;
    apply.folder->hicn = work->row.cn;
    apply.folder->changed_us = work->now;
    apply.folder->dirty = TRUE;
    return tw_sql_search_put(work->tx, &apply.row, error);
}

static gboolean
has_news(const Plan *plan)
{
    const Search *search = plan->search;

    if (search->rubbish)
        return TRUE;
    return is_active(search) &&
           (plan->lost || search->row.state != TW_SEARCH_LIVE || plan->verdicts->len > 0 ||
            plan->found->len > 0 || plan->gone->len > 0 || plan->scope->len > 0 ||
            plan->dropped->len > 0 || plan->seen > search->row.hicn + KEEP_BEHIND);
}

static gboolean
write_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Round *round = data;
    g_auto(TwWork) work = { 0 };

    if (!tw_work_begin(&work, tx, round->self->store, error))
        return FALSE;
    for (guint i = 0; i < round->plans->len; i++) {
        Plan *plan = round->plans->pdata[i];
        if (has_news(plan) && !apply_plan(&work, plan, error))
            return FALSE;
    }
    return tw_work_finish(&work, error);
}

/* What was written, or need not be, is known from now on. */
static void
take_over(const Plan *plan)
{
    Search *search = plan->search;

    search->rubbish = plan->rubbish;
    if (plan->skipped) /* others were in between: the next refresh reads it anew */
        g_clear_pointer(&search->scope, g_hash_table_unref);
    if (!is_active(search) || plan->lost || plan->skipped)
        return;
    search->seen = plan->seen;
    search->rescope = plan->rescope || plan->dropped->len > 0;
    for (guint i = 0; i < plan->scope->len; i++)
        set_scope(search, &g_array_index(plan->scope, TwScopeRow, i));
    for (guint i = 0; i < plan->dropped->len; i++) {
        if (g_hash_table_remove(search->scope,
                                GUINT_TO_POINTER(g_array_index(plan->dropped, guint32, i))))
            search->pending--;
    }
}

/* ---- the round ---- */

static gboolean
is_busy(const Round *round)
{
    const TwSearchStore *self = round->self;

    for (guint i = 0; i < round->plans->len; i++) {
        const Plan *plan = round->plans->pdata[i];
        if (plan->lost || plan->skipped)
            return TRUE;
    }
    for (guint i = 0; i < self->searches->len; i++) {
        const Search *search = self->searches->pdata[i];
        if (search->rubbish || (is_active(search) && (search->pending > 0 || search->rescope ||
                                                      search->row.state != TW_SEARCH_LIVE)))
            return TRUE;
    }
    return round->more;
}

static gboolean
run(Round *round, GError **error)
{
    gboolean write = FALSE;

    if (!tw_store_read(round->self->store, read_tx, round, error))
        return FALSE;
    for (guint i = 0; i < round->plans->len; i++)
        write = write || has_news(round->plans->pdata[i]);
    if (write && !tw_store_write(round->self->store, 0, FALSE, write_tx, round, error))
        return FALSE;
    for (guint i = 0; i < round->plans->len; i++)
        take_over(round->plans->pdata[i]);
    return TRUE;
}

TwRoundResult
tw_search_store_round(TwSearchStore *self, guint64 *ret_cn, GError **error)
{
    Round round = { .self = self, .matcher = { .store = self->store } };
    TwRoundResult result = TW_ROUND_FAILED;

    round.changes = g_array_new(FALSE, FALSE, sizeof(TwChange));
    round.rows = g_hash_table_new_full(NULL, NULL, NULL, row_free);
    round.plans = g_ptr_array_new_with_free_func(plan_free);
    if (run(&round, error)) {
        result = !round.any ? TW_ROUND_NONE : is_busy(&round) ? TW_ROUND_MORE : TW_ROUND_IDLE;
        *ret_cn = round.cn;
    }
    g_array_unref(round.changes);
    tw_search_matcher_clear(&round.matcher);
    g_hash_table_unref(round.rows);
    g_ptr_array_unref(round.plans);
    return result;
}
