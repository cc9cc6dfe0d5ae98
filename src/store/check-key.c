/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The small tables of a store, and what belongs to the server: changes, vanished messages, client ids, keywords, receive
 * folders; the map of stores, named properties, tasks, structure, blobs. */
#include <string.h>

#include "base/error.h"
#include "store/check-private.h"
#include "store/sync-private.h"

enum {
    SLICE = 5000,      /* rows of one snapshot */
    MAX_UNDEAD = 1000, /* of one round */
};

typedef struct {
    TwCheck *check;
    guint64 since;
    guint64 oldest, cn, count; /* of the changes that are kept */
    guint32 after;
    GArray *list;
} Walk;

/* ---- changes ---- */

static gboolean
changes_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;

    g_array_set_size(walk->list, 0);
    return tw_sql_chg_list(tx, walk->check->number, walk->since, SLICE, walk->list, error);
}

static gboolean
is_change_op(guint op)
{
    return (op >= TW_CHANGE_FOLDER_NEW && op <= TW_CHANGE_FOLDER_RESTORED) ||
           (op >= TW_CHANGE_MESSAGE_NEW && op <= TW_CHANGE_MESSAGE_PURGED) ||
           op == TW_CHANGE_STORE || op == TW_CHANGE_RECEIVE || op == TW_CHANGE_RIGHTS;
}

/* That numbers rise is the table's key; that none is above the store's last is found with the tree. */
static gboolean
look_at_changes(TwCheck *check, GError **error)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(TwChange));
    Walk walk = { .check = check, .list = list };

    if (!tw_store_oldest(check->store, 0, &walk.since, error))
        return FALSE;
    do {
        if (!tw_store_read(check->store, changes_tx, &walk, error))
            return FALSE;
        for (guint i = 0; i < list->len; i++) {
            const TwChange *change = &g_array_index(list, TwChange, i);
            walk.since = change->cn;
            if (!is_change_op(change->op))
                tw_check_note(check, TW_CHECK_CHANGE, change->folder, change->id, TRUE,
                              "change %" G_GUINT64_FORMAT " is of unknown kind %u", change->cn,
                              change->op);
        }
    } while (list->len == SLICE);
    return TRUE;
}

static gboolean
undead_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;

    g_clear_pointer(&walk->list, g_array_unref);
    walk->list = tw_sql_check_undead(tx, walk->check->number, MAX_UNDEAD, error);
    return walk->list != NULL;
}

static gboolean
look_at_tombs(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };

    if (!tw_store_read(check->store, undead_tx, &walk, error))
        return FALSE;
    for (guint i = 0; i < walk.list->len; i++) {
        const TwCheckUndead *one = &g_array_index(walk.list, TwCheckUndead, i);
        tw_check_note(check, TW_CHECK_TOMB, one->folder, one->mid, TRUE,
                      "clients are told that uid %u is gone, but it has it", one->uid);
    }
    g_array_unref(walk.list);
    return TRUE;
}

/* A change that is missing above the floor would be one that a client never hears of. */
static gboolean
floor_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    guint64 oldest;
    TwStoreRow row;

    if (!tw_sql_store_get(tx, walk->check->number, &row, error) ||
        !tw_sql_floor_get(tx, walk->check->number, 0, &oldest, error))
        return FALSE;
    walk->cn = row.cn;
    walk->oldest = oldest;
    return tw_sql_chg_count(tx, row.store, oldest, &walk->count, error);
}

static gboolean
look_at_floor(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };

    if (!tw_store_read(check->store, floor_tx, &walk, error))
        return FALSE;
    if (walk.oldest > walk.cn || walk.count != walk.cn - walk.oldest)
        tw_check_note(check, TW_CHECK_CHANGE, 0, 0, TRUE,
                      "of the changes from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                      " there are %" G_GUINT64_FORMAT
                      ": clients that know an older state would miss some",
                      walk.oldest, walk.cn, walk.count);
    return TRUE;
}

/* ---- client ids ---- */

static gboolean
exists(TwDbTx *tx, const TwCheck *check, guint32 id)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) why = NULL;
    g_autoptr(TwFolderRow) folder = NULL;

    if (id == check->row.object || tw_sql_msg_get(tx, check->number, id, FALSE, &row, NULL))
        return TRUE;
    folder = tw_sql_folder_get(tx, check->number, id, &why);
    return folder != NULL || !g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static gboolean
keys_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;

    g_clear_pointer(&walk->list, g_array_unref);
    walk->list = tw_sql_check_key_ids(tx, check->number, walk->after, SLICE, error);
    for (guint i = 0; walk->list != NULL && i < walk->list->len; i++) {
        walk->after = g_array_index(walk->list, guint32, i);
        if (!exists(tx, check, walk->after))
            tw_check_note(check, TW_CHECK_KEY, 0, walk->after, TRUE,
                          "a client's id leads to %u, which is not there", walk->after);
    }
    return walk->list != NULL;
}

static gboolean
look_at_client_ids(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };
    gboolean more = TRUE;

    while (more) {
        if (!tw_store_read(check->store, keys_tx, &walk, error))
            return FALSE;
        more = walk.list->len == SLICE;
    }
    g_clear_pointer(&walk.list, g_array_unref);
    return TRUE;
}

/* ---- what synchronisation keeps ---- */

/* FALSE: the row is of nothing, or damaged. */
static gboolean
sent_is_good(TwDbTx *tx, guint32 store, guint32 bid)
{
    g_autoptr(GBytes) record = tw_sql_tail_get(tx, store, bid, NULL, NULL);
    TwSyncSent sent;
    gboolean good = record != NULL && tw_sql_sync_sent_get(tx, store, bid, &sent, NULL);

    if (good)
        tw_sync_sent_clear(&sent);
    return good;
}

static gboolean
sent_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;

    g_clear_pointer(&walk->list, g_array_unref);
    walk->list = tw_sql_sync_sent_ids(tx, check->number, walk->after, SLICE, error);
    for (guint i = 0; walk->list != NULL && i < walk->list->len; i++) {
        walk->after = g_array_index(walk->list, guint32, i);
        if (!sent_is_good(tx, check->number, walk->after))
            tw_check_note(check, TW_CHECK_KEY, 0, walk->after, TRUE,
                          "a change key of %u, which is not there, or damaged", walk->after);
    }
    return walk->list != NULL;
}

static gboolean
ghosts_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;

    g_clear_pointer(&walk->list, g_array_unref);
    walk->list = tw_sql_sync_ghosts(tx, walk->check->number, walk->after, SLICE, error);
    for (guint i = 0; walk->list != NULL && i < walk->list->len; i++) {
        walk->after = g_array_index(walk->list, guint32, i);
        tw_check_note(walk->check, TW_CHECK_KEY, 0, walk->after, TRUE,
                      "%u is said to be gone, but is there", walk->after);
    }
    return walk->list != NULL;
}

static gboolean
look_at_sync(TwCheck *check, GError **error)
{
    static const TwDbFunc looks[] = { sent_tx, ghosts_tx };

    for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
        Walk walk = { .check = check };
        gboolean more = TRUE;
        while (more) {
            if (!tw_store_read(check->store, looks[i], &walk, error))
                return FALSE;
            more = walk.list->len == SLICE;
        }
        g_clear_pointer(&walk.list, g_array_unref);
    }
    return TRUE;
}

/* ---- keywords ---- */

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

/* How many names a message's keywords need. */
static gboolean
note_words(const TwMessageRow *row, gpointer data)
{
    guint *needed = data;
    TwKeywordSet words;

    tw_message_row_keywords(row, &words);
    if (words.map != 0)
        *needed = MAX(*needed, 64 - (guint) __builtin_clzll(words.map));
    if (words.overflow_count > 0)
        *needed = MAX(*needed, words.overflow[words.overflow_count - 1] + 1u);
    return TRUE;
}

/* Of all of a folder's messages, whatever their state. */
static gboolean
count_words(TwDbTx *tx, guint32 store, guint32 folder, guint *ret, GError **error)
{
    *ret = 0;
    for (guint state = 0; state <= TW_MESSAGE_DELETED_ASSOC; state++) {
        if (!tw_sql_msg_list(tx, store, folder, (TwMessageState) state, 0, G_MAXINT32, TRUE,
                             note_words, ret, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
look_at_words(TwDbTx *tx, TwCheck *check, guint32 folder, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(TwKeywords) words = read_words(tx, check->number, folder, &why);
    guint needed;

    if (words == NULL) {
        tw_check_note(check, TW_CHECK_KEYWORDS, folder, folder, TRUE, "%s", why->message);
        return TRUE;
    }
    if (!count_words(tx, check->number, folder, &needed, error))
        return FALSE;
    if (needed > tw_keywords_count(words))
        tw_check_note(check, TW_CHECK_KEYWORDS, folder, folder, TRUE,
                      "a message has keyword %u, the folder has names for %u", needed - 1,
                      tw_keywords_count(words));
    return TRUE;
}

static gboolean
keyword_folder_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Walk *walk = data;

    return look_at_words(tx, walk->check, walk->after, error);
}

static gboolean
dictionaries_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;
    g_autoptr(GArray) folders = tw_sql_check_keyword_folders(tx, check->number, error);

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        guint32 id = g_array_index(folders, guint32, i);
        if (!exists(tx, check, id))
            tw_check_note(check, TW_CHECK_KEYWORDS, id, id, TRUE,
                          "keywords of a folder that is not there");
    }
    return folders != NULL;
}

static gboolean
look_at_keywords(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };

    for (guint i = 0; i < check->folders->len; i++) {
        walk.after = ((TwCheckFolder *) check->folders->pdata[i])->row->id;
        if (!tw_store_read(check->store, keyword_folder_tx, &walk, error))
            return FALSE;
    }
    return tw_store_read(check->store, dictionaries_tx, &walk, error);
}

/* ---- rights ---- */

/* What a damaged row gave is not known, and nobody is given more than was meant. */
static gboolean
is_lost(TwDbTx *tx, const TwCheck *check, const TwPermission *row)
{
    g_autoptr(TwFolderRow) folder = NULL;

    if (row->rights == G_MAXUINT32)
        return TRUE;
    if (row->folder == check->row.object)
        return FALSE;
    folder = tw_sql_folder_get(tx, check->number, row->folder, NULL);
    return folder == NULL;
}

static gboolean
rights_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;
    g_autoptr(GArray) list = tw_sql_acl_list(tx, check->number, TRUE, error);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwPermission *row = &g_array_index(list, TwPermission, i);
        if (is_lost(tx, check, row))
            tw_check_note(check, TW_CHECK_RIGHTS, row->folder, row->folder, TRUE,
                          "rights of %u on folder %u: %s", row->principal, row->folder,
                          row->rights == G_MAXUINT32 ? "a damaged row" : "which is not there");
    }
    return list != NULL;
}

static gboolean
mend_rights(TwWork *work, TwCheck *check, GError **error)
{
    g_autoptr(GArray) list = tw_sql_acl_list(work->tx, work->row.store, TRUE, error);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwPermission *row = &g_array_index(list, TwPermission, i);
        if (is_lost(work->tx, check, row) &&
            !tw_sql_acl_delete(work->tx, work->row.store, row, error))
            return FALSE;
    }
    return list != NULL && tw_sql_acl_delete_wild(work->tx, work->row.store, error) &&
           tw_work_change(work, TW_CHANGE_RIGHTS, work->row.root, work->row.root, 0, error) != 0;
}

/* ---- receive folders ---- */

static gboolean
receive_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Walk *walk = data;
    TwCheck *check = walk->check;
    g_autoptr(GArray) list = tw_sql_receive_list(tx, check->number, error);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwReceiveFolder *one = &g_array_index(list, TwReceiveFolder, i);
        g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, check->number, one->folder, NULL);
        if (folder == NULL)
            tw_check_note(check, TW_CHECK_RECEIVE_FOLDER, one->folder, i, TRUE,
                          "class \"%s\" is received in folder %u, which is not there",
                          one->message_class, one->folder);
    }
    return list != NULL;
}

gboolean
tw_check_keys(TwCheck *check, GError **error)
{
    Walk walk = { .check = check };

    return look_at_changes(check, error) && look_at_floor(check, error) &&
           look_at_tombs(check, error) && look_at_client_ids(check, error) &&
           look_at_sync(check, error) && look_at_keywords(check, error) &&
           tw_store_read(check->store, rights_tx, &walk, error) &&
           tw_store_read(check->store, receive_tx, &walk, error);
}

/* ---- repair ---- */

typedef struct {
    TwCheck *check;
    const TwCheckFinding *finding;
} Repair;

/* Names for as many keywords as messages have; those that can be read stay. */
static gboolean
mend_words(TwWork *work, guint32 id, GError **error)
{
    guint32 store = work->row.store;
    g_autoptr(TwKeywords) words = read_words(work->tx, store, id, NULL);
    g_autoptr(GBytes) bytes = NULL;
    TwFolderRow *folder = tw_work_folder(work, id, TRUE, NULL);
    guint needed;

    if (folder == NULL)
        return tw_sql_keyword_delete(work->tx, store, id, error);
    if (words == NULL)
        words = tw_keywords_new();
    if (!count_words(work->tx, store, id, &needed, error))
        return FALSE;
    for (guint n = 1; tw_keywords_count(words) < needed; n++) {
        g_autofree char *name = g_strdup_printf("recovered-%u", n);
        if (tw_keywords_add(words, name, error) < 0)
            return FALSE;
    }
    bytes = tw_keywords_write(words);
    folder->cn = tw_work_change(work, TW_CHANGE_FOLDER, id, id, 0, error);
    folder->dirty = TRUE;
    return folder->cn != 0 && tw_sql_keyword_set(work->tx, store, id, bytes, error);
}

/* Of a class whose folder is gone: the row goes, so that the next shorter class counts. That of "" leads to the root. */
static gboolean
mend_receive(TwWork *work, GError **error)
{
    guint32 store = work->row.store;
    g_autoptr(GArray) list = tw_sql_receive_list(work->tx, store, error);

    for (guint i = 0; list != NULL && i < list->len; i++) {
        const TwReceiveFolder *one = &g_array_index(list, TwReceiveFolder, i);
        g_autofree char *key = g_ascii_strup(one->message_class, -1);
        gboolean ok;
        if (tw_work_folder(work, one->folder, TRUE, NULL) != NULL)
            continue;
        if (*key == '\0')
            ok = tw_sql_receive_set(work->tx, store, key, "", work->row.root, work->now, error);
        else
            ok = tw_sql_receive_delete(work->tx, store, key, error);
        if (!ok || tw_work_change(work, TW_CHANGE_RECEIVE, 0, work->row.root, 0, error) == 0)
            return FALSE;
    }
    return list != NULL;
}

/* A client's id that leads nowhere, a change key of nothing, and a going that did not happen. */
static gboolean
mend_key(TwDbTx *tx, const TwCheck *check, guint32 id, GError **error)
{
    gboolean there = exists(tx, check, id);

    return (there || tw_sql_key_delete(tx, check->number, id, error)) &&
           (!there || tw_sql_sync_gone_delete(tx, check->number, id, error)) &&
           (sent_is_good(tx, check->number, id) ||
            tw_sql_sync_sent_delete(tx, check->number, id, error));
}

static gboolean
repair_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Repair *repair = data;
    guint32 id = repair->finding->object;
    g_auto(TwWork) work = { 0 };
    gboolean ok;

    if (!tw_work_begin(&work, tx, repair->check->store, error))
        return FALSE;
    if (repair->finding->what == TW_CHECK_KEYWORDS)
        ok = mend_words(&work, id, error);
    else if (repair->finding->what == TW_CHECK_RECEIVE_FOLDER)
        ok = mend_receive(&work, error);
    else if (repair->finding->what == TW_CHECK_RIGHTS)
        ok = mend_rights(&work, repair->check, error);
    else if (repair->finding->what == TW_CHECK_CHANGE)
        /* whoever knows an older state begins anew from what is there */
        ok = tw_sql_floor_set(tx, work.row.store, 0, work.row.cn, error);
    else
        ok = mend_key(tx, repair->check, id, error);
    return ok && tw_work_finish(&work, error);
}

gboolean
tw_repair_key(TwCheck *check, const TwCheckFinding *finding, GError **error)
{
    Repair repair = { check, finding };

    return tw_store_write(check->store, 0, FALSE, repair_tx, &repair, error);
}
