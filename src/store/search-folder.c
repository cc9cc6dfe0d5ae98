/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Search folders as callers see them: criteria set and read, results listed. search-worker.c fills them.
 *
 * Criteria on disk, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       2     version: 1                                                                          1
 *   2       2     0                                                                                   1
 *   4       4     flags: TwSearchFlags without STOP and RESTART                                       1
 *   8       4     n: folders named                                                                    1
 *   12      4     m: folders left out                                                                 1
 *   16            n and m numbers of folders, 4 bytes each                                            1
 *                 the restriction in its wire form with 32-bit counts                                 1
 */
#include "store/search-folder.h"

#include "base/cursor.h"
#include "base/error.h"
#include "store/search-private.h"

enum {
    DEF_VERSION = 1,
    DEF_HEADER_LEN = 16,
    KNOWN_FLAGS = TW_SEARCH_RECURSIVE | TW_SEARCH_SHALLOW | TW_SEARCH_FOREGROUND |
                  TW_SEARCH_BACKGROUND | TW_SEARCH_CONTENT_INDEXED | TW_SEARCH_NOT_INDEXED |
                  TW_SEARCH_STATIC,
    LIST_STEP = 256, /* results read at once */
};

/* ---- criteria ---- */

void
tw_search_def_clear(TwSearchDef *def)
{
    g_clear_pointer(&def->restriction, tw_restriction_unref);
    g_clear_pointer(&def->folders, g_array_unref);
    g_clear_pointer(&def->excluded, g_array_unref);
}

static void
put_numbers(TwBuffer *out, const GArray *numbers)
{
    for (guint i = 0; i < numbers->len; i++)
        tw_buffer_put_u32le(out, g_array_index(numbers, guint32, i));
}

static gboolean
check_def(const TwSearchDef *def, GError **error)
{
    guint32 nodes;

    tw_restriction_get_nodes(def->restriction, &nodes);
    if (nodes > TW_SEARCH_MAX_NODES) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "a restriction of %u parts", nodes);
        return FALSE;
    }
    if (def->folders->len > TW_SEARCH_MAX_FOLDERS || def->excluded->len > TW_SEARCH_MAX_FOLDERS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many folders to search");
        return FALSE;
    }
    return TRUE;
}

GBytes *
tw_search_def_write(const TwSearchDef *def, GError **error)
{
    g_auto(TwBuffer) out =
        TW_BUFFER_INIT(TW_SEARCH_MAX_CRITERIA + 8 * TW_SEARCH_MAX_FOLDERS + DEF_HEADER_LEN);
    gsize before;

    if (!check_def(def, error))
        return NULL;
    tw_buffer_put_u16le(&out, DEF_VERSION);
    tw_buffer_put_u16le(&out, 0);
    tw_buffer_put_u32le(&out, def->flags & KNOWN_FLAGS);
    tw_buffer_put_u32le(&out, def->folders->len);
    tw_buffer_put_u32le(&out, def->excluded->len);
    put_numbers(&out, def->folders);
    put_numbers(&out, def->excluded);
    before = out.len;
    tw_restriction_print(def->restriction, TW_WIRE_32, &out);
    if (!tw_buffer_failed(&out) && out.len - before <= TW_SEARCH_MAX_CRITERIA)
        return tw_buffer_steal_bytes(&out, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a restriction that is too long");
    return NULL;
}

static gboolean
take_numbers(TwCursor *cur, guint32 count, GArray **ret)
{
    if (count > TW_SEARCH_MAX_FOLDERS || count > cur->left / 4)
        return FALSE;
    *ret = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint32 i = 0; i < count; i++) {
        guint32 number;
        if (!tw_cursor_take_u32le(cur, &number))
            return FALSE;
        g_array_append_val(*ret, number);
    }
    return TRUE;
}

gboolean
tw_search_def_parse(const guint8 *data, gsize len, TwSearchDef *ret, GError **error)
{
    TwCursor cur = tw_cursor_init(data, len);
    guint16 version, zero;
    guint32 folders, excluded;

    *ret = (TwSearchDef){ .flags = 0 };
    if (tw_cursor_take_u16le(&cur, &version) && version != DEF_VERSION) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "criteria of version %u", version);
        return FALSE;
    }
    if (!tw_cursor_take_u16le(&cur, &zero) || !tw_cursor_take_u32le(&cur, &ret->flags) ||
        !tw_cursor_take_u32le(&cur, &folders) || !tw_cursor_take_u32le(&cur, &excluded) ||
        !take_numbers(&cur, folders, &ret->folders) ||
        !take_numbers(&cur, excluded, &ret->excluded) || cur.left > TW_SEARCH_MAX_CRITERIA) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "criteria that make no sense");
        return FALSE;
    }
    ret->restriction = tw_restriction_parse(cur.next, cur.left, TW_WIRE_32, error);
    return ret->restriction != NULL && check_def(ret, error);
}

/* ---- which folders ---- */

static const TwFolderRow *
row_of(GHashTable *by_id, guint32 id)
{
    return g_hash_table_lookup(by_id, GUINT_TO_POINTER(id));
}

static gboolean
has_number(GHashTable *set, guint32 id)
{
    return g_hash_table_contains(set, GUINT_TO_POINTER(id));
}

static GHashTable *
set_of(const GArray *numbers)
{
    GHashTable *set = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < numbers->len; i++)
        g_hash_table_add(set, GUINT_TO_POINTER(g_array_index(numbers, guint32, i)));
    return set;
}

/* Up from @row: the first folder that is named takes it in, the first that is left out does not. */
static gboolean
is_below(const TwFolderRow *row, GHashTable *by_id, GHashTable *named, GHashTable *excluded)
{
    guint most = g_hash_table_size(by_id);

    for (guint steps = 0; row != NULL && steps <= most; steps++) {
        if (has_number(named, row->id))
            return TRUE;
        if (has_number(excluded, row->id) || row->parent == row->id)
            return FALSE;
        row = row_of(by_id, row->parent);
    }
    return FALSE;
}

GHashTable *
tw_search_scope(const TwSearchDef *def, const GPtrArray *folders)
{
    GHashTable *scope = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) by_id = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) named = set_of(def->folders);
    g_autoptr(GHashTable) excluded = set_of(def->excluded);

    for (guint i = 0; i < folders->len; i++) {
        TwFolderRow *row = folders->pdata[i];
        g_hash_table_insert(by_id, GUINT_TO_POINTER(row->id), row);
    }
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->state != TW_FOLDER_LIVE || row->type == TW_FOLDER_SEARCH)
            continue;
        if (has_number(named, row->id) ||
            (def->flags & TW_SEARCH_RECURSIVE && is_below(row, by_id, named, excluded)))
            g_hash_table_add(scope, GUINT_TO_POINTER(row->id));
    }
    return scope;
}

/* ---- set ---- */

typedef struct {
    TwStore *store;
    guint32 id;
    guint flags;
    TwSearchDef def; /* what is given; NULL members are kept from before */
    gboolean begun;
} Set;

static gboolean
not_search(guint32 id, GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "folder %u is not a search folder", id);
    return FALSE;
}

static gboolean
read_def(TwDbTx *tx, guint32 store, guint32 id, TwSearchDef *ret, GError **error)
{
    g_autoptr(GBytes) bytes = tw_sql_search_get_def(tx, store, id, error);
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return FALSE;
    data = g_bytes_get_data(bytes, &len);
    return tw_search_def_parse(data, len, ret, error);
}

/* What was given, and the rest as it was. */
static gboolean
complete_def(TwWork *work, const Set *set, const TwSearchRow *row, TwSearchDef *ret, GError **error)
{
    g_auto(TwSearchDef) old = { 0 };

    *ret = (TwSearchDef){ .flags = set->flags };
    if ((set->def.restriction == NULL || set->def.folders == NULL) &&
        (row->id == 0 || !read_def(work->tx, row->store, row->id, &old, error))) {
        if (row->id == 0)
            g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no criteria are set yet");
        return FALSE;
    }
    if (set->def.restriction == NULL && set->def.folders == NULL)
        ret->flags |= old.flags; /* only begun anew */
    ret->restriction =
        tw_restriction_ref(set->def.restriction != NULL ? set->def.restriction : old.restriction);
    ret->folders = g_array_ref(set->def.folders != NULL ? set->def.folders : old.folders);
    ret->excluded = g_array_ref(set->def.folders != NULL ? set->def.excluded : old.excluded);
    return TRUE;
}

/* Folders that were named before may be gone; those named now may not. No search folder is searched: so there are no circles. */
static gboolean
check_folders(TwWork *work, const Set *set, GError **error)
{
    for (guint i = 0; set->def.folders != NULL && i < set->def.folders->len; i++) {
        guint32 id = g_array_index(set->def.folders, guint32, i);
        const TwFolderRow *row = tw_work_folder(work, id, FALSE, error);
        if (row == NULL)
            return FALSE;
        if (row->type == TW_FOLDER_SEARCH) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "folder %u is a search folder", id);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_count(TwWork *work, GError **error)
{
    g_autoptr(GArray) rows = tw_sql_search_list(work->tx, work->row.store, error);

    if (rows == NULL)
        return FALSE;
    if (rows->len < TW_SEARCH_MAX_IN_STORE)
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "store %u has %u search folders",
                work->row.store, rows->len);
    return FALSE;
}

static gboolean
begin_search(TwWork *work, const Set *set, TwSearchRow *row, GError **error)
{
    g_auto(TwSearchDef) def = { 0 };
    g_autoptr(GBytes) bytes = NULL;

    if (!check_folders(work, set, error) || (row->id == 0 && !check_count(work, error)) ||
        !complete_def(work, set, row, &def, error))
        return FALSE;
    bytes = tw_search_def_write(&def, error);
    if (bytes == NULL || !tw_sql_search_put_def(work->tx, work->row.store, set->id, bytes, error))
        return FALSE;
    row->id = set->id;
    row->gen++;
    row->state = TW_SEARCH_BEGUN;
    row->hicn = work->row.cn;
    return TRUE;
}

static gboolean
stop_search(const Set *set, TwSearchRow *row, GError **error)
{
    if (row->id == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "folder %u has no criteria", set->id);
        return FALSE;
    }
    if (row->state == TW_SEARCH_LIVE)
        row->state = TW_SEARCH_DONE;
    else if (row->state != TW_SEARCH_DONE)
        row->state = TW_SEARCH_STOPPED;
    return TRUE;
}

static gboolean
set_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Set *set = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *folder, *parent = NULL;
    TwSearchRow row;
    gboolean stop = (set->flags & TW_SEARCH_STOP) != 0;

    if (!tw_work_begin(&work, tx, set->store, error))
        return FALSE;
    folder = tw_work_folder(&work, set->id, FALSE, error);
    if (folder != NULL)
        parent = tw_work_folder(&work, folder->parent, FALSE, error);
    if (parent == NULL)
        return FALSE;
    if (folder->type != TW_FOLDER_SEARCH)
        return not_search(set->id, error);
    folder->cn = tw_work_change(&work, TW_CHANGE_FOLDER, folder->id, folder->id, 0, error);
    parent->hicn_hier = folder->cn;
    folder->dirty = parent->dirty = TRUE;
    if (folder->cn == 0 || !tw_sql_search_get(tx, work.row.store, set->id, &row, error) ||
        !(stop ? stop_search(set, &row, error) : begin_search(&work, set, &row, error)))
        return FALSE;
    if (!stop) {
        folder->total = folder->unread = 0;
        tw_work_event(&work, TW_CHANGE_SEARCH_RESTARTED, folder->id, 0, 0);
    }
    return tw_sql_search_put(tx, &row, error) && tw_work_finish(&work, error);
}

static GArray *
copy_numbers(const guint32 *numbers, guint count)
{
    GArray *copy = g_array_sized_new(FALSE, FALSE, sizeof(guint32), count);

    g_array_append_vals(copy, numbers, count);
    return copy;
}

static gboolean
set_criteria(Set *set, const TwSearchCriteria *criteria, GError **error)
{
    if (criteria == NULL)
        return TRUE;
    if (criteria->restriction != NULL)
        set->def.restriction = tw_restriction_ref(criteria->restriction);
    if (criteria->folders == NULL)
        return TRUE;
    if (criteria->folder_count == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no folder to search");
        return FALSE;
    }
    if (criteria->folder_count > TW_SEARCH_MAX_FOLDERS ||
        criteria->excluded_count > TW_SEARCH_MAX_FOLDERS) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many folders to search");
        return FALSE;
    }
    set->def.folders = copy_numbers(criteria->folders, criteria->folder_count);
    set->def.excluded = copy_numbers(criteria->excluded, criteria->excluded_count);
    return TRUE;
}

gboolean
tw_search_folder_set(
    TwStore *store, guint32 id, const TwSearchCriteria *criteria, guint flags, GError **error)
{
    Set set = { .store = store, .id = id, .flags = flags & (KNOWN_FLAGS | TW_SEARCH_STOP) };
    gboolean ok;

    ok = set_criteria(&set, flags & TW_SEARCH_STOP ? NULL : criteria, error) &&
         tw_store_write(store, TW_SEARCH_MAX_CRITERIA / 8, FALSE, set_tx, &set, error);
    tw_search_def_clear(&set.def);
    return ok && tw_search_changed(store);
}

gboolean
tw_search_copy(TwWork *work, guint32 from, guint32 to, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    TwSearchRow row;

    if (!tw_sql_search_get(work->tx, work->row.store, from, &row, error))
        return FALSE;
    if (row.id == 0)
        return TRUE;
    bytes = tw_sql_search_get_def(work->tx, work->row.store, from, error);
    row = (TwSearchRow){ work->row.store, to, TW_SEARCH_BEGUN, 1, work->row.cn };
    return bytes != NULL && check_count(work, error) &&
           tw_sql_search_put_def(work->tx, work->row.store, to, bytes, error) &&
           tw_sql_search_put(work->tx, &row, error);
}

gboolean
tw_search_changed(TwStore *store)
{
    if (store->engine->searches != NULL)
        tw_search_worker_watch(store->engine->searches, store->number);
    return TRUE;
}

/* ---- get ---- */

void
tw_search_info_free(TwSearchInfo *info)
{
    if (info == NULL)
        return;
    tw_restriction_unref(info->restriction);
    g_clear_pointer(&info->folders, g_array_unref);
    g_clear_pointer(&info->excluded, g_array_unref);
    g_free(info);
}

typedef struct {
    TwStore *store;
    guint32 id, after;
    guint max;
    gboolean head, found;
    TwMessageFunc func;
    gpointer data;
    TwSearchRow row;
    TwSearchDef def;
    guint done, all;
    GArray *rows;
} Get;

/* FALSE without an error in @get->row.id 0: nothing was searched yet. */
static gboolean
find_search(TwDbTx *tx, Get *get, GError **error)
{
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, get->store->number, get->id, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", get->id);
        return FALSE;
    }
    if (folder->type != TW_FOLDER_SEARCH)
        return not_search(get->id, error);
    return tw_sql_search_get(tx, get->store->number, get->id, &get->row, error);
}

static gboolean
is_there(TwDbTx *tx, guint32 store, guint32 id)
{
    g_autoptr(TwFolderRow) row = tw_sql_folder_get(tx, store, id, NULL);

    return row != NULL && row->state != TW_FOLDER_PURGING;
}

static void
drop_gone(TwDbTx *tx, guint32 store, GArray *numbers)
{
    for (guint i = numbers->len; i > 0; i--) {
        if (!is_there(tx, store, g_array_index(numbers, guint32, i - 1)))
            g_array_remove_index(numbers, i - 1);
    }
}

static gboolean
get_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Get *get = data;
    g_autoptr(GArray) scope = NULL;

    tw_search_def_clear(&get->def);
    get->done = 0;
    if (!find_search(tx, get, error))
        return FALSE;
    if (get->row.id == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u has no criteria", get->id);
        return FALSE;
    }
    if (!read_def(tx, get->row.store, get->id, &get->def, error))
        return FALSE;
    drop_gone(tx, get->row.store, get->def.folders);
    drop_gone(tx, get->row.store, get->def.excluded);
    scope = tw_sql_scope_list(tx, &get->row, error);
    if (scope == NULL)
        return FALSE;
    get->all = scope->len;
    for (guint i = 0; i < scope->len; i++)
        get->done += g_array_index(scope, TwScopeRow, i).state == TW_SCOPE_DONE;
    return TRUE;
}

static guint
state_of(const Get *get)
{
    guint state = 0;

    switch ((TwSearchPhase) get->row.state) {
    case TW_SEARCH_STOPPED:
        state = TW_SEARCH_IS_PARTIAL;
        break;
    case TW_SEARCH_BEGUN:
    case TW_SEARCH_FILLING:
        state = TW_SEARCH_IS_RUNNING | TW_SEARCH_IS_REBUILDING;
        break;
    case TW_SEARCH_LIVE:
        state = TW_SEARCH_IS_RUNNING | TW_SEARCH_IS_COMPLETE;
        break;
    case TW_SEARCH_DONE:
        state = TW_SEARCH_IS_COMPLETE;
        break;
    }
    state |= get->def.flags & TW_SEARCH_RECURSIVE ? TW_SEARCH_IS_RECURSIVE : 0;
    state |= get->def.flags & TW_SEARCH_FOREGROUND ? TW_SEARCH_IS_FOREGROUND : 0;
    return state | (get->def.flags & TW_SEARCH_STATIC ? TW_SEARCH_IS_STATIC : 0);
}

TwSearchInfo *
tw_search_folder_get(TwStore *store, guint32 id, GError **error)
{
    Get get = { .store = store, .id = id };
    TwSearchInfo *info = NULL;

    if (tw_store_read(store, get_tx, &get, error)) {
        info = g_new(TwSearchInfo, 1);
        *info = (TwSearchInfo){
            .restriction = g_steal_pointer(&get.def.restriction),
            .folders = g_steal_pointer(&get.def.folders),
            .excluded = g_steal_pointer(&get.def.excluded),
            .flags = get.def.flags,
            .state = state_of(&get),
            .cn = get.row.hicn,
            .folders_done = get.done,
            .folders_all = get.all,
        };
    }
    tw_search_def_clear(&get.def);
    return info;
}

/* ---- results ---- */

/* One result; FALSE with *@ret_go FALSE ends the walk. */
static gboolean
give_row(TwDbTx *tx, const Get *get, guint32 mid, guint *given, gboolean *ret_go, GError **error)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) failure = NULL;

    *ret_go = TRUE;
    if (!tw_sql_msg_get(tx, get->row.store, mid, get->head, &row, &failure)) {
        /* a damaged head is told by its absence, as in other lists */
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) &&
            !g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (row.mid == 0)
            return TRUE;
        g_clear_pointer(&row.head, g_bytes_unref);
    }
    if (row.state != TW_MESSAGE_NORMAL)
        return TRUE;
    (*given)++;
    *ret_go = get->func(&row, get->data);
    return TRUE;
}

static gboolean
list_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Get *get = data;
    guint32 after = get->after;
    guint given = 0;
    gboolean go = TRUE;

    if (!find_search(tx, get, error))
        return FALSE;
    while (go && get->row.id != 0 && given < get->max) {
        g_autoptr(GArray) hits =
            tw_sql_hit_list(tx, &get->row, after, MIN(LIST_STEP, get->max - given), error);
        if (hits == NULL)
            return FALSE;
        for (guint i = 0; go && i < hits->len; i++) {
            after = g_array_index(hits, TwSearchHit, i).mid;
            if (!give_row(tx, get, after, &given, &go, error))
                return FALSE;
        }
        go = go && hits->len > 0;
    }
    return TRUE;
}

gboolean
tw_search_folder_list(TwStore *store,
                      guint32 id,
                      guint32 after,
                      guint max,
                      gboolean head,
                      TwMessageFunc func,
                      gpointer data,
                      GError **error)
{
    Get get = { .store = store, .id = id, .after = after, .max = max, .head = head };

    get.func = func;
    get.data = data;
    return tw_store_read(store, list_tx, &get, error);
}

static gboolean
has_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Get *get = data;
    TwSearchHit hit = { 0 };

    if (!find_search(tx, get, error) ||
        (get->row.id != 0 && !tw_sql_hit_get(tx, &get->row, get->after, &hit, error)))
        return FALSE;
    get->found = hit.mid != 0;
    return TRUE;
}

gboolean
tw_search_folder_has(TwStore *store, guint32 id, guint32 mid, gboolean *ret, GError **error)
{
    Get get = { .store = store, .id = id, .after = mid };

    if (!tw_store_read(store, has_tx, &get, error))
        return FALSE;
    *ret = get.found;
    return TRUE;
}

gboolean
tw_search_folder_wait(TwStore *store, gint64 deadline_us, GError **error)
{
    TwStoreInfo info;

    return tw_store_get_info(store, &info, error) &&
           tw_search_worker_wait(store->engine->searches, store->number, info.cn, deadline_us,
                                 error);
}

/* ---- all of a store ---- */

static gboolean
rows_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Get *get = data;

    g_clear_pointer(&get->rows, g_array_unref);
    get->rows = tw_sql_search_list(tx, get->store->number, error);
    return get->rows != NULL;
}

gboolean
tw_store_restart_searches(TwStore *store, guint *ret_count, GError **error)
{
    Get get = { .store = store };
    guint count = 0;
    gboolean ok = tw_store_read(store, rows_tx, &get, error);

    for (guint i = 0; ok && i < get.rows->len; i++) {
        const TwSearchRow *row = &g_array_index(get.rows, TwSearchRow, i);
        g_autoptr(GError) failure = NULL;
        if (row->state == TW_SEARCH_STOPPED || row->state == TW_SEARCH_DONE)
            continue;
        if (tw_search_folder_set(store, row->id, NULL, TW_SEARCH_RESTART, &failure)) {
            count++;
        } else if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND) &&
                   !g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            ok = FALSE;
        }
    }
    g_clear_pointer(&get.rows, g_array_unref);
    if (ok && ret_count != NULL)
        *ret_count = count;
    return ok;
}
