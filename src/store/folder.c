/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folders: made, found, renamed, moved; their properties. Deleting and copying: folder-delete.c, folder-copy.c. */
#include "store/folder.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/folder-private.h"
#include "store/sync-private.h"

enum {
    EDIT_TRIES = 16 /* of an edit that others get in the way of */
};

gboolean
tw_folder_check_name(TwStore *store, const char *name, GError **error)
{
    gsize len = strlen(name);
    g_autofree char *key = NULL;

    if (len == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "a folder needs a name");
        return FALSE;
    }
    if (len > store->engine->config.limits.name_len) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "the folder's name is too long");
        return FALSE;
    }
    key = tw_text_name_key(name, len, error);
    return key != NULL;
}

/* How deep @id lies; and that @not (nullable) is not among it and its parents. */
static gboolean
walk_up(TwWork *work, guint32 id, guint32 not, guint *ret_depth, GError **error)
{
    guint most = work->store->engine->config.limits.folder_depth;

    for (guint depth = 0; depth <= most; depth++) {
        const TwFolderRow *row = tw_work_folder(work, id, FALSE, error);
        if (row == NULL)
            return FALSE;
        if (id == not ) {
            g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "folder %u under itself", not );
            return FALSE;
        }
        *ret_depth = depth;
        if (row->parent == id)
            return TRUE;
        id = row->parent;
    }
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "folders lie too deep");
    return FALSE;
}

gboolean
tw_folder_insert(TwWork *work, TwFolderRow *parent, TwFolderRow *row, GError **error)
{
    guint depth, count, most = work->store->engine->config.limits.folders;
    guint64 cn;

    if (parent->type == TW_FOLDER_SEARCH) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED, "folder %u is a search folder",
                    parent->id);
        return FALSE;
    }
    if (!walk_up(work, parent->id, 0, &depth, error) ||
        !tw_sql_folder_count(work->tx, work->row.store, &count, error))
        return FALSE;
    if (depth + 1 > work->store->engine->config.limits.folder_depth || count >= most) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many folders, or too deep");
        return FALSE;
    }
    cn = tw_work_change(work, TW_CHANGE_FOLDER_NEW, row->id, row->id, parent->id, error);
    if (cn == 0)
        return FALSE;
    row->store = work->row.store;
    row->parent = parent->id;
    row->uidvalidity = ++work->row.uidvalidity;
    row->uidnext = 1;
    row->changed_us = work->now;
    row->cn = row->cn_create = parent->hicn_hier = cn;
    parent->subfolders++;
    parent->dirty = TRUE;
    return tw_sql_folder_insert(work->tx, row, error);
}

/* ---- create ---- */

typedef struct {
    TwStore *store;
    guint32 parent, id, found;
    const TwFolderMake *make;
    TwContent content;
    TwSyncSent sent;
} Create;

static gboolean
create_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Create *create = data;
    const TwFolderMake *make = create->make;
    g_auto(TwWork) work = { 0 };
    g_autofree char *name = g_strdup(make->name);
    TwFolderRow row = { .id = create->id, .type = (guint8) make->type, .name = name };
    TwFolderRow *parent;

    create->found = 0;
    if (!tw_work_begin(&work, tx, create->store, error))
        return FALSE;
    parent = tw_work_folder(&work, create->parent, FALSE, error);
    if (parent == NULL ||
        !tw_sql_folder_find(tx, work.row.store, parent->id, name, &create->found, error))
        return FALSE;
    if (create->found != 0 && make->open_existing)
        return TRUE;
    if (create->found != 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "a sibling has that name");
        return FALSE;
    }
    create->found = create->id;
    if (make->creator != 0) {
        TwPermission own = { create->id, make->creator, TW_RIGHT_ALL };
        if (!tw_sql_acl_set(tx, work.row.store, &own, error))
            return FALSE;
    }
    return tw_folder_insert(&work, parent, &row, error) &&
           tw_content_write(&create->content, &work, row.id, error) &&
           tw_sync_keep_sent(&work, row.id, row.cn, &create->sent, error) &&
           tw_message_add_keys(&work, make->entry_id, make->source_key, row.id, error) &&
           tw_work_finish(&work, error);
}

gboolean
tw_folder_create(
    TwStore *store, guint32 parent, const TwFolderMake *make, guint32 *ret_id, GError **error)
{
    Create create = { .store = store, .parent = parent, .make = make };
    g_autoptr(TwObject) object =
        make->object != NULL ? tw_object_copy(make->object) : tw_object_new(TW_OBJECT_FOLDER);
    gboolean ok;

    tw_content_begin(&create.content, store);
    ok = tw_folder_check_name(store, make->name, error) &&
         tw_sync_take_sent(object, store->source != 0, &create.sent, error) &&
         tw_message_check_keys(store, make->entry_id, make->source_key, error) &&
         tw_content_prepare(&create.content, store, object, error) &&
         tw_ids_take(store->partition, 1, &create.id, error) &&
         tw_store_write(store, tw_content_cost(&create.content), FALSE, create_tx, &create, error);
    tw_content_clear(&create.content);
    tw_sync_sent_clear(&create.sent);
    if (ok)
        *ret_id = create.found;
    return ok;
}

/* ---- find ---- */

typedef struct {
    TwStore *store;
    guint32 id, parent;
    const char *name;
    TwFolderRow *row;
    GPtrArray *all;
} Find;

static gboolean
get_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    find->row = tw_sql_folder_get(tx, find->store->number, find->id, error);
    if (find->row == NULL || find->row->state != TW_FOLDER_PURGING)
        return find->row != NULL;
    g_clear_pointer(&find->row, tw_folder_row_free);
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", find->id);
    return FALSE;
}

TwFolderRow *
tw_folder_get(TwStore *store, guint32 id, GError **error)
{
    Find find = { .store = store, .id = id };

    return tw_store_read(store, get_tx, &find, error) ? find.row : NULL;
}

static gboolean
find_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;
    g_autoptr(TwFolderRow) parent = tw_sql_folder_get(tx, find->store->number, find->parent, error);

    if (parent == NULL ||
        !tw_sql_folder_find(tx, find->store->number, find->parent, find->name, &find->id, error))
        return FALSE;
    if (find->id != 0 && parent->state == TW_FOLDER_LIVE)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no folder of that name");
    return FALSE;
}

gboolean
tw_folder_find(TwStore *store, guint32 parent, const char *name, guint32 *ret_id, GError **error)
{
    Find find = { .store = store, .parent = parent, .name = name };

    if (!tw_store_read(store, find_tx, &find, error))
        return FALSE;
    *ret_id = find.id;
    return TRUE;
}

static gboolean
all_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Find *find = data;

    g_clear_pointer(&find->all, g_ptr_array_unref);
    find->all = tw_sql_folder_all(tx, find->store->number, error);
    return find->all != NULL;
}

GPtrArray *
tw_store_folders(TwStore *store, GError **error)
{
    Find find = { .store = store };

    if (!tw_store_read(store, all_tx, &find, error))
        return NULL;
    for (guint i = find.all->len; i > 0; i--) {
        if (((TwFolderRow *) find.all->pdata[i - 1])->state == TW_FOLDER_PURGING)
            g_ptr_array_remove_index(find.all, i - 1);
    }
    return find.all;
}

/* ---- rename, move ---- */

typedef struct {
    TwStore *store;
    guint32 id, parent; /* parent 0: stays */
    const char *name;   /* NULL: stays */
} Move;

/* Levels below @id; every folder there is looked at once. */
static gboolean
height_of(TwWork *work, guint32 id, guint *ret, GError **error)
{
    g_autoptr(GArray) level = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_array_append_val(level, id);
    for (*ret = 0; level->len > 0; (*ret)++) {
        g_autoptr(GArray) below = g_array_new(FALSE, FALSE, sizeof(guint32));
        for (guint i = 0; i < level->len; i++) {
            g_autoptr(GArray) children = tw_sql_folder_children(
                work->tx, work->row.store, g_array_index(level, guint32, i), error);
            if (children == NULL)
                return FALSE;
            g_array_append_vals(below, children->data, children->len);
        }
        g_array_unref(level);
        level = g_steal_pointer(&below);
        if (*ret > work->store->engine->config.limits.folder_depth)
            break;
    }
    return TRUE;
}

static gboolean
change_parent(TwWork *work, TwFolderRow *row, guint32 to, GError **error)
{
    TwFolderRow *before = tw_work_folder(work, row->parent, FALSE, error);
    TwFolderRow *after = before != NULL ? tw_work_folder(work, to, FALSE, error) : NULL;
    guint depth, height;

    if (after == NULL || !tw_folder_takes_messages(after, error) ||
        !walk_up(work, to, row->id, &depth, error) || !height_of(work, row->id, &height, error))
        return FALSE;
    if (depth + height > work->store->engine->config.limits.folder_depth) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "folders would lie too deep");
        return FALSE;
    }
    before->subfolders--;
    after->subfolders++;
    row->parent = to;
    before->hicn_hier = after->hicn_hier = row->cn;
    before->dirty = after->dirty = TRUE;
    return TRUE;
}

static gboolean
move_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Move *move = data;
    g_auto(TwWork) work = { 0 };
    TwFolderRow *row;
    guint32 before, other;
    gboolean moves;

    if (!tw_work_begin(&work, tx, move->store, error))
        return FALSE;
    row = tw_work_folder(&work, move->id, FALSE, error);
    if (row == NULL)
        return FALSE;
    if (row->type == TW_FOLDER_ROOT) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "the root stays where it is");
        return FALSE;
    }
    before = row->parent;
    moves = move->parent != 0 && move->parent != before;
    if (move->name != NULL) {
        g_free(row->name);
        row->name = g_strdup(move->name);
    }
    row->cn = tw_work_change(&work, moves ? TW_CHANGE_FOLDER_MOVED : TW_CHANGE_FOLDER, row->id,
                             row->id, moves ? before : 0, error);
    row->dirty = TRUE;
    if (row->cn == 0 || (moves && !change_parent(&work, row, move->parent, error)) ||
        !tw_sql_folder_find(tx, row->store, row->parent, row->name, &other, error))
        return FALSE;
    if (other != 0 && other != row->id) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "a sibling has that name");
        return FALSE;
    }
    if (!moves) {
        TwFolderRow *parent = tw_work_folder(&work, row->parent, FALSE, error);
        if (parent == NULL)
            return FALSE;
        parent->hicn_hier = row->cn;
        parent->dirty = TRUE;
    }
    return tw_sql_folder_rename(tx, row, TRUE, error) && tw_work_finish(&work, error);
}

gboolean
tw_folder_rename(TwStore *store, guint32 id, const char *name, GError **error)
{
    Move move = { store, id, 0, name };

    return tw_folder_check_name(store, name, error) &&
           tw_store_write(store, 0, FALSE, move_tx, &move, error);
}

gboolean
tw_folder_move(TwStore *store, guint32 id, guint32 parent, const char *name, GError **error)
{
    Move move = { store, id, parent, name };

    return (name == NULL || tw_folder_check_name(store, name, error)) &&
           tw_store_write(store, 0, FALSE, move_tx, &move, error);
}

/* ---- properties ---- */

typedef struct {
    TwStore *store;
    guint32 id;
    guint64 cn;   /* reading: the folder's; saving: what it must be, 0: whatever it is */
    guint32 hash; /* hash of its record and references; saving: what it must be, if @checked */
    gboolean checked;
    TwObject *object;
    TwContent content;
    TwSyncSent sent;
} Props;

/* What a store's own properties are now: they have no change number. */
static gboolean
hash_content(TwDbTx *tx, const Props *props, guint32 *ret, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, props->store->number, props->id, NULL, &failure);
    g_autoptr(GArray) values = NULL;
    const guint8 *data;
    gsize len;

    *ret = 0; /* a root and a store have none before the first save */
    if (record == NULL && g_error_matches(failure, TW_ERROR, TW_ERROR_CORRUPT))
        return TRUE;
    if (record == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    values = tw_sql_blobref_list(tx, props->store->number, props->id, error);
    if (values == NULL)
        return FALSE;
    data = g_bytes_get_data(record, &len);
    *ret = tw_crc32c(0, data, len);
    for (guint i = 0; i < values->len; i++) {
        guint32 one =
            tw_sql_blobref_crc(props->store->number, &g_array_index(values, TwValueRow, i));
        *ret = tw_crc32c(*ret, &one, sizeof one);
    }
    return TRUE;
}

static gboolean
check_content(TwDbTx *tx, const Props *props, GError **error)
{
    guint32 now;

    if (!props->checked)
        return TRUE;
    if (!hash_content(tx, props, &now, error))
        return FALSE;
    if (now != props->hash)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CHANGED, "the store was saved by another");
    return now == props->hash;
}

static gboolean
read_props_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Props *props = data;
    TwStoreRow store;

    if (!tw_sql_store_get(tx, props->store->number, &store, error))
        return FALSE;
    if (props->id != store.object) {
        g_autoptr(TwFolderRow) row = tw_sql_folder_get(tx, store.store, props->id, error);
        if (row == NULL)
            return FALSE;
        props->cn = row->cn;
    }
    g_clear_pointer(&props->object, tw_object_free);
    if (props->checked && !hash_content(tx, props, &props->hash, error))
        return FALSE;
    if (props->id == store.object || props->id == store.root) {
        /* neither has a record before its first save */
        g_autoptr(GError) failure = NULL;
        props->object = tw_content_read(tx, store.store, props->id, NULL, &failure);
        if (props->object == NULL)
            props->object =
                tw_object_new(props->id == store.object ? TW_OBJECT_STORE : TW_OBJECT_FOLDER);
        return TRUE;
    }
    props->object = tw_content_read(tx, store.store, props->id, NULL, error);
    return props->object != NULL;
}

TwObject *
tw_folder_read_object(TwStore *store, guint32 id, GError **error)
{
    Props props = { .store = store, .id = id };

    return tw_store_read(store, read_props_tx, &props, error) ? props.object : NULL;
}

TwObject *
tw_folder_read_object_at(TwStore *store, guint32 id, guint64 *ret_cn, GError **error)
{
    Props props = { .store = store, .id = id };

    if (!tw_store_read(store, read_props_tx, &props, error))
        return NULL;
    *ret_cn = props.cn;
    return props.object;
}

static gboolean
save_props_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Props *props = data;
    g_auto(TwWork) work = { 0 };
    guint64 cn;

    if (!tw_work_begin(&work, tx, props->store, error))
        return FALSE;
    if (props->id == work.row.object) {
        if (!check_content(tx, props, error))
            return FALSE;
        cn = tw_work_change(&work, TW_CHANGE_STORE, 0, props->id, 0, error);
    } else {
        TwFolderRow *row = tw_work_folder(&work, props->id, FALSE, error);
        TwFolderRow *parent = row != NULL ? tw_work_folder(&work, row->parent, FALSE, error) : NULL;
        if (parent == NULL)
            return FALSE;
        if (props->cn != 0 && row->cn != props->cn) {
            g_set_error(error, TW_ERROR, TW_ERROR_CHANGED, "folder %u was saved by another",
                        row->id);
            return FALSE;
        }
        cn = tw_work_change(&work, TW_CHANGE_FOLDER, row->id, row->id, 0, error);
        row->cn = parent->hicn_hier = cn;
        row->dirty = parent->dirty = TRUE;
    }
    return cn != 0 && tw_content_delete(&work, props->id, error) &&
           tw_content_write(&props->content, &work, props->id, error) &&
           tw_sync_keep_sent(&work, props->id, cn, &props->sent, error) &&
           tw_work_finish(&work, error);
}

gboolean
tw_folder_save_object(TwStore *store, guint32 id, TwObject *object, GError **error)
{
    return tw_folder_save_object_at(store, id, 0, object, error);
}

static gboolean
save_props(Props *props, TwObject *object, GError **error)
{
    TwStore *store = props->store;
    gboolean ok;

    tw_content_begin(&props->content, store);
    ok =
        tw_sync_take_sent(object, store->source != 0, &props->sent, error) &&
        tw_content_prepare(&props->content, store, object, error) &&
        tw_store_write(store, tw_content_cost(&props->content), FALSE, save_props_tx, props, error);
    tw_content_clear(&props->content);
    tw_sync_sent_clear(&props->sent);
    return ok;
}

gboolean
tw_folder_save_object_at(TwStore *store, guint32 id, guint64 cn, TwObject *object, GError **error)
{
    Props props = { .store = store, .id = id, .cn = cn };

    return save_props(&props, object, error);
}

gboolean
tw_folder_edit_object(TwStore *store, guint32 id, TwFolderEdit edit, gpointer data, GError **error)
{
    for (guint try = 0; try < EDIT_TRIES; try++) {
        Props props = { .store = store, .id = id, .checked = TRUE };
        g_autoptr(GError) failure = NULL;
        gboolean ok = tw_store_read(store, read_props_tx, &props, &failure) &&
                      edit(props.object, data, &failure) &&
                      save_props(&props, props.object, &failure);
        g_clear_pointer(&props.object, tw_object_free);
        if (ok)
            return TRUE;
        if (!g_error_matches(failure, TW_ERROR, TW_ERROR_CHANGED)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    g_set_error(error, TW_ERROR, TW_ERROR_BUSY, "object %u changes all the time", id);
    return FALSE;
}
