/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stores: made, opened, deleted; quota and receive folders. */
#include "store/store.h"

#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "store/folder-index-private.h"
#include "store/queue-private.h"
#include "store/search-private.h"

enum {
    MAX_CLASS_LEN = 255, /* bytes of a message class */
    DROP_ROWS = 5000,    /* of each table in one transaction when a store is deleted */
};

gboolean
tw_store_write(
    TwStore *store, gsize cost, gboolean frees, TwDbFunc func, gpointer data, GError **error)
{
    TwDbOptions options = { .cost_bytes = cost, .frees_space = frees };

    return tw_db_write_with(store->partition->db, &options, func, data, error);
}

gboolean
tw_store_read(TwStore *store, TwDbFunc func, gpointer data, GError **error)
{
    return tw_store_check_online(store, error) &&
           tw_db_read(store->partition->db, NULL, func, data, error);
}

/* ---- handles ---- */

static TwStore *
new_handle(TwEngine *engine, const TwStorePlace *place, GError **error)
{
    TwStore *store;

    if (place->partition >= engine->partition_count ||
        engine->partitions[place->partition].db == NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "store %u: its partition is not open",
                    place->number);
        return NULL;
    }
    store = g_new0(TwStore, 1);
    store->refs = 1;
    store->engine = engine;
    store->partition = &engine->partitions[place->partition];
    store->number = place->number;
    store->guid = place->guid;
    return store;
}

static gboolean
is_there_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwStore *store = data;
    TwStoreRow row;

    if (!tw_sql_store_get(tx, store->number, &row, error))
        return FALSE;
    store->company = row.company;
    return tw_store_check_state(&row, FALSE, error);
}

static TwStore *
open_place(TwEngine *engine, const TwStorePlace *place, gboolean known, GError **error)
{
    g_autoptr(TwStore) store = NULL;

    if (!known) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such store");
        return NULL;
    }
    store = new_handle(engine, place, error);
    if (store == NULL || !tw_store_read(store, is_there_tx, store, error))
        return NULL;
    return g_steal_pointer(&store);
}

static gboolean
find_place(TwEngine *engine, const TwGuid *guid, guint32 number, TwStorePlace *ret)
{
    TW_LOCK_SCOPE(&engine->places_lock);
    const TwStorePlace *place = guid != NULL
                                    ? g_hash_table_lookup(engine->places_by_guid, guid)
                                    : g_hash_table_lookup(engine->places, GUINT_TO_POINTER(number));

    if (place == NULL)
        return FALSE;
    *ret = *place;
    return TRUE;
}

TwStore *
tw_store_open(TwEngine *engine, const TwGuid *guid, GError **error)
{
    TwStorePlace place;
    gboolean known = find_place(engine, guid, 0, &place);

    return open_place(engine, &place, known, error);
}

TwStore *
tw_store_open_number(TwEngine *engine, guint32 number, GError **error)
{
    TwStorePlace place;
    gboolean known = find_place(engine, NULL, number, &place);

    return open_place(engine, &place, known, error);
}

TwStore *
tw_store_of(TwEngine *engine, guint32 number, GError **error)
{
    TwStorePlace place;

    if (find_place(engine, NULL, number, &place)) {
        TwStore *store = new_handle(engine, &place, error);
        if (store != NULL)
            store->any_mode = TRUE;
        return store;
    }
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no store %u", number);
    return NULL;
}

TwStore *
tw_store_ref(TwStore *store)
{
    g_atomic_int_inc(&store->refs);
    return store;
}

void
tw_store_unref(TwStore *store)
{
    if (store != NULL && g_atomic_int_dec_and_test(&store->refs))
        g_free(store);
}

guint32
tw_engine_find_store(TwEngine *engine, const TwGuid *guid)
{
    TwStorePlace place;

    return find_place(engine, guid, 0, &place) ? place.number : 0;
}

guint32
tw_store_get_number(const TwStore *store)
{
    return store->number;
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

    return (x > y) - (x < y);
}

GArray *
tw_engine_list_stores(TwEngine *engine)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    GHashTableIter iter;
    gpointer key;

    tw_lock(&engine->places_lock);
    g_hash_table_iter_init(&iter, engine->places);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        guint32 number = GPOINTER_TO_UINT(key);
        g_array_append_val(numbers, number);
    }
    tw_unlock(&engine->places_lock);
    g_array_sort(numbers, compare_numbers);
    return numbers;
}

/* ---- making ---- */

typedef struct {
    TwStorePlace place;
    const TwStoreMake *make;
    guint32 object, root;
    TwStore *store;
} Make;

static gboolean
add_place_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_place_add(tx, &((Make *) data)->place, error);
}

static gboolean
make_rows(TwDbTx *tx, const Make *make, TwStoreRow *row, GError **error)
{
    TwFolderRow root = {
        .store = make->place.number,
        .id = make->root,
        .parent = make->root,
        .type = TW_FOLDER_ROOT,
        .uidnext = 1,
        .name = (char[]){ "Root" },
        .changed_us = row->created,
        .cn = 1,
        .cn_create = 1,
    };
    TwChange change = { .cn = 1,
                        .store = row->store,
                        .folder = make->root,
                        .id = make->root,
                        .aux = make->root,
                        .op = TW_CHANGE_FOLDER_NEW };

    root.uidvalidity = ++row->uidvalidity;
    return tw_sql_store_insert(tx, row, error) && tw_sql_folder_insert(tx, &root, error) &&
           (make->make->root_id == NULL ||
            tw_sql_key_add(tx, row->store, TW_KEY_ENTRY_ID, make->make->root_id, make->root,
                           error)) &&
           tw_sql_chg_add(tx, &change, error);
}

static gboolean
make_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Make *make = data;
    TwStoreRow row = {
        .store = make->place.number,
        .kind = (guint8) make->make->kind,
        .state = make->make->moving ? TW_STORE_MOVING : TW_STORE_ACTIVE,
        .company = make->make->company,
        .guid = make->place.guid,
        .object = make->object,
        .root = make->root,
        .cn = 1,
        .quota_warn = make->make->quota.warn,
        .quota_soft = make->make->quota.soft,
        .quota_hard = make->make->quota.hard,
        .created = tw_time_now_us(),
    };

    row.uidvalidity = (guint32) (row.created / G_USEC_PER_SEC);
    return make_rows(tx, make, &row, error);
}

static guint
choose_partition(TwEngine *engine)
{
    g_autofree guint *counts = g_new0(guint, engine->partition_count);
    guint best = engine->partition_count;
    GHashTableIter iter;
    gpointer place;
    TW_LOCK_SCOPE(&engine->places_lock);

    g_hash_table_iter_init(&iter, engine->places);
    while (g_hash_table_iter_next(&iter, NULL, &place))
        counts[((TwStorePlace *) place)->partition]++;
    for (guint i = 0; i < engine->partition_count; i++) {
        if (engine->partitions[i].db != NULL &&
            (best == engine->partition_count || counts[i] < counts[best]))
            best = i;
    }
    return best;
}

static void
note_place(TwEngine *engine, const TwStorePlace *place)
{
    TwStorePlace *copy = g_memdup2(place, sizeof *place);
    TW_LOCK_SCOPE(&engine->places_lock);

    g_hash_table_insert(engine->places, GUINT_TO_POINTER(copy->number), copy);
    g_hash_table_insert(engine->places_by_guid, &copy->guid, copy);
}

static void
forget_place(TwEngine *engine, const TwStore *store)
{
    TW_LOCK_SCOPE(&engine->places_lock);
    const TwStorePlace *place =
        g_hash_table_lookup(engine->places, GUINT_TO_POINTER(store->number));

    if (place != NULL && place->owner != 0)
        g_hash_table_remove(engine->places_by_owner, &place->owner_key);
    g_hash_table_remove(engine->places_by_guid, &store->guid);
    g_hash_table_remove(engine->places, GUINT_TO_POINTER(store->number));
}

static gboolean drop_store(TwStore *store, GError **error);

/* What a crash left of a store of that GUID is cleared; one that works is EXISTS. */
static gboolean
clear_remnant(TwEngine *engine, const TwGuid *guid, GError **error)
{
    g_autoptr(TwStore) there = NULL;
    g_autoptr(TwStore) remnant = NULL;
    g_autoptr(GError) failure = NULL;
    TwStorePlace place;

    if (!find_place(engine, guid, 0, &place))
        return TRUE;
    there = tw_store_open(engine, guid, &failure);
    if (there != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "store %u has that GUID", place.number);
        return FALSE;
    }
    if (!g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    remnant = new_handle(engine, &place, error);
    return remnant != NULL && drop_store(remnant, error);
}

TwStore *
tw_store_create(TwEngine *engine, const TwStoreMake *how, GError **error)
{
    Make make = { .place = { .guid = how->guid }, .make = how };
    g_autoptr(TwStore) store = NULL;
    guint32 first;

    if (tw_guid_is_zero(&how->guid))
        tw_random_bytes(&make.place.guid, sizeof make.place.guid);
    else if (!clear_remnant(engine, &how->guid, error))
        return NULL;
    make.place.partition = how->partition >= 0 ? (guint) how->partition : choose_partition(engine);
    if (make.place.partition >= engine->partition_count) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such partition");
        return NULL;
    }
    if (how->quota.warn < 0 || how->quota.soft < 0 || how->quota.hard < 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a quota is negative");
        return NULL;
    }
    if (engine->partitions[make.place.partition].db == NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_BUSY, "the partition is not open");
        return NULL;
    }
    if (!tw_ids_take(&engine->partitions[make.place.partition], 2, &first, error) ||
        !tw_db_write(engine->server, add_place_tx, &make, error))
        return NULL;
    note_place(engine, &make.place);
    make.object = first;
    make.root = first + 1;
    store = new_handle(engine, &make.place, error);
    if (store != NULL)
        store->company = how->company;
    if (store == NULL || !tw_store_write(store, 0, FALSE, make_tx, &make, error))
        return NULL;
    return g_steal_pointer(&store);
}

/* ---- deleting ---- */

typedef struct {
    TwStore *store;
    gboolean more;
} Drop;

static gboolean
close_tx(TwDbTx *tx, gpointer data, GError **error)
{
    TwStoreRow row;
    g_autoptr(GError) failure = NULL;

    if (!tw_sql_store_get(tx, ((Drop *) data)->store->number, &row, &failure)) {
        if (g_error_matches(failure, TW_ERROR, TW_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    row.state = 1;
    return tw_sql_store_update(tx, &row, error);
}

static gboolean
drop_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Drop *drop = data;

    if (!tw_sql_drop_some(tx, drop->store->number, DROP_ROWS, &drop->more, error))
        return FALSE;
    return drop->more || tw_sql_store_delete(tx, drop->store->number, error);
}

static gboolean
drop_place_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_place_delete(tx, ((Drop *) data)->store->number, error);
}

/* The row in the map goes last: as long as it is there, what is left can be found. */
static gboolean
drop_store(TwStore *store, GError **error)
{
    Drop drop = { store, TRUE };

    if (!tw_store_write(store, 0, TRUE, close_tx, &drop, error))
        return FALSE;
    tw_queue_index_drop_store(store->engine->queue, store->number);
    while (drop.more) {
        if (!tw_store_write(store, 0, TRUE, drop_tx, &drop, error))
            return FALSE;
    }
    if (!tw_db_write(store->engine->server, drop_place_tx, &drop, error))
        return FALSE;
    forget_place(store->engine, store);
    tw_index_cache_drop_store(store->engine->indices, store->number);
    return TRUE;
}

gboolean
tw_store_delete(TwStore *store, GError **error)
{
    return drop_store(store, error);
}

/* ---- figures and quota ---- */

typedef struct {
    TwStore *store;
    TwStoreRow row;
    const TwQuota *quota;
    TwStoreFigures *figures;
} Info;

static gboolean
info_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Info *info = data;

    return tw_sql_store_get(tx, info->store->number, &info->row, error) &&
           tw_store_check_state(&info->row, FALSE, error);
}

static TwQuotaState
quota_state(const TwStoreRow *row)
{
    if (row->quota_hard != 0 && row->bytes >= row->quota_hard)
        return TW_QUOTA_HARD;
    if (row->quota_soft != 0 && row->bytes >= row->quota_soft)
        return TW_QUOTA_SOFT;
    return row->quota_warn != 0 && row->bytes >= row->quota_warn ? TW_QUOTA_WARN : TW_QUOTA_FINE;
}

gboolean
tw_store_get_info(TwStore *store, TwStoreInfo *ret, GError **error)
{
    Info info = { .store = store };

    if (!tw_store_read(store, info_tx, &info, error))
        return FALSE;
    *ret = (TwStoreInfo){
        .number = store->number,
        .object = info.row.object,
        .root = info.row.root,
        .kind = (TwStoreKind) info.row.kind,
        .company = info.row.company,
        .guid = info.row.guid,
        .cn = info.row.cn,
        .bytes = info.row.bytes,
        .deleted_bytes = info.row.deleted_bytes,
        .created_us = info.row.created,
        .quota = { info.row.quota_warn, info.row.quota_soft, info.row.quota_hard },
        .quota_state = quota_state(&info.row),
        .mode = tw_store_mode_of(&info.row),
    };
    return TRUE;
}

static gboolean
figures_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Info *info = data;
    g_autoptr(GPtrArray) folders = NULL;
    g_autoptr(GArray) searches = NULL;

    *info->figures = (TwStoreFigures){ 0 };
    if (!info_tx(tx, info, error))
        return FALSE;
    folders = tw_sql_folder_all(tx, info->row.store, error);
    searches = folders != NULL ? tw_sql_search_list(tx, info->row.store, error) : NULL;
    if (searches == NULL)
        return FALSE;
    info->figures->search_folders = searches->len;
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->state != TW_FOLDER_LIVE)
            continue;
        info->figures->folders++;
        if (row->type == TW_FOLDER_SEARCH) /* has links */
            continue;
        info->figures->messages += row->total;
        info->figures->unread += row->unread;
        info->figures->associated += row->assoc;
        info->figures->deleted += row->deleted + row->deleted_assoc;
    }
    return tw_sql_queue_count(tx, info->row.store, &info->figures->queue, error);
}

gboolean
tw_store_get_figures(TwStore *store, TwStoreFigures *ret, GError **error)
{
    Info info = { .store = store, .figures = ret };

    return tw_store_read(store, figures_tx, &info, error);
}

static gboolean
quota_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Info *info = data;
    g_auto(TwWork) work = { 0 };

    if (!tw_work_begin(&work, tx, info->store, error))
        return FALSE;
    work.row.quota_warn = info->quota->warn;
    work.row.quota_soft = info->quota->soft;
    work.row.quota_hard = info->quota->hard;
    return tw_work_change(&work, TW_CHANGE_STORE, 0, work.row.object, 0, error) != 0 &&
           tw_work_finish(&work, error);
}

gboolean
tw_store_set_quota(TwStore *store, const TwQuota *quota, GError **error)
{
    Info info = { .store = store, .quota = quota };

    if (quota->warn < 0 || quota->soft < 0 || quota->hard < 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a quota is negative");
        return FALSE;
    }
    return tw_store_write(store, 0, FALSE, quota_tx, &info, error);
}

/* ---- receive folders ---- */

typedef struct {
    TwStore *store;
    const char *message_class;
    char *key;
    guint32 folder;
    GArray *list;
} Receive;

static gboolean
class_key(const char *message_class, char **ret, GError **error)
{
    gsize len = strlen(message_class);
    gboolean fits = len <= MAX_CLASS_LEN && (len == 0 || message_class[len - 1] != '.');

    for (gsize i = 0; fits && i < len; i++)
        fits = message_class[i] >= 0x20 && message_class[i] <= 0x7e;
    if (!fits) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "not a message class");
        return FALSE;
    }
    *ret = g_ascii_strup(message_class, -1);
    return TRUE;
}

static gboolean
set_receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Receive *receive = data;
    g_auto(TwWork) work = { 0 };
    gboolean ok;

    if (!tw_work_begin(&work, tx, receive->store, error))
        return FALSE;
    if (receive->folder == 0)
        ok = tw_sql_receive_delete(tx, receive->store->number, receive->key, error);
    else
        ok = tw_work_folder(&work, receive->folder, FALSE, error) != NULL &&
             tw_sql_receive_set(tx, receive->store->number, receive->key, receive->message_class,
                                receive->folder, work.now, error);
    return ok &&
           tw_work_change(&work, TW_CHANGE_RECEIVE, receive->folder, receive->folder, 0, error) !=
               0 &&
           tw_work_finish(&work, error);
}

gboolean
tw_store_set_receive_folder(TwStore *store,
                            const char *message_class,
                            guint32 folder,
                            GError **error)
{
    g_autofree char *key = NULL;
    Receive receive = { .store = store, .message_class = message_class, .folder = folder };

    if (!class_key(message_class, &key, error))
        return FALSE;
    if (folder == 0 && *key == '\0') {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "the row of all classes stays");
        return FALSE;
    }
    receive.key = key;
    return tw_store_write(store, 0, FALSE, set_receive_tx, &receive, error);
}

static gboolean
get_receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Receive *receive = data;
    g_autofree char *key = g_strdup(receive->key);
    TwStoreRow row;

    receive->folder = 0;
    while (TRUE) {
        char *dot = strrchr(key, '.');
        if (!tw_sql_receive_find(tx, receive->store->number, key, &receive->folder, error))
            return FALSE;
        if (receive->folder != 0)
            return TRUE;
        if (*key == '\0')
            break;
        *(dot != NULL ? dot : key) = '\0';
    }
    if (!tw_sql_store_get(tx, receive->store->number, &row, error))
        return FALSE;
    receive->folder = row.root;
    return TRUE;
}

gboolean
tw_store_get_receive_folder(TwStore *store,
                            const char *message_class,
                            guint32 *ret_folder,
                            GError **error)
{
    g_autofree char *key = NULL;
    Receive receive = { .store = store };

    if (!class_key(message_class, &key, NULL))
        key = g_strdup(""); /* from a mail: goes where all others go */
    receive.key = key;
    if (!tw_store_read(store, get_receive_tx, &receive, error))
        return FALSE;
    *ret_folder = receive.folder;
    return TRUE;
}

static gboolean
list_receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Receive *receive = data;

    g_clear_pointer(&receive->list, g_array_unref);
    receive->list = tw_sql_receive_list(tx, receive->store->number, error);
    return receive->list != NULL;
}

GArray *
tw_store_list_receive_folders(TwStore *store, GError **error)
{
    Receive receive = { .store = store };

    return tw_store_read(store, list_receive_tx, &receive, error) ? receive.list : NULL;
}
