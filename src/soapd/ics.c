/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Change synchronisation: sync ids, and what changed since. Source: spec/mapi-soap.md 11.
 *
 * A client's state is its sync id and a number of 32 bits. Which store and folder a sync id is of is known to the server, so a
 * call that names one needs no store.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    KIND_CONTENTS = 1,
    KIND_HIERARCHY = 2,
    KIND_BOOK = 3,
    BOOK_ROOT = 1, /* the Global Address Book's number */
};

static gboolean
too_far(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "a change number beyond 32 bits");
    return FALSE;
}

/* ---- sync ids ---- */

static gboolean
set_server_status(TwSoapdCall *call,
                  const TwSoapSetSyncStatusArgs *args,
                  guint32 *ret,
                  GError **error)
{
    g_auto(TwSyncServerRegisterArgs) add = { .cn = args->ulChangeId };
    g_auto(TwSyncServerSetArgs) set = { .id = args->ulSyncId, .cn = args->ulChangeId };

    if (args->ulChangeType != KIND_CONTENTS)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    *ret = args->ulSyncId;
    if (args->ulSyncId != 0)
        return tw_session_sync_server_set(call->session, &set, error);
    if (!tw_session_sync_server_register(call->session, &add, error))
        return FALSE;
    *ret = add.sync;
    return TRUE;
}

/* The folder itself; what is in it is asked for when it is read. */
static gboolean
register_folder(TwSoapdCall *call,
                const TwSoapSetSyncStatusArgs *args,
                GBytes *key,
                guint32 *ret,
                GError **error)
{
    g_auto(TwSourceKeyLocateArgs) find = { .source_key = key };
    g_auto(TwSyncRegisterArgs) add = { .kind = args->ulChangeType, .cn = args->ulChangeId };
    g_auto(TwFolderGetArgs) get = { 0 };

    if (!tw_session_source_key_locate(call->session, &find, error))
        return FALSE;
    if (find.message != 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    add.store = get.store = find.store;
    add.folder = get.folder = find.folder;
    if (!tw_session_folder_get(call->session, &get, error))
        return FALSE;
    if (args->ulChangeType == KIND_CONTENTS && (get.row.rights & TW_RIGHT_READ) == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_NO_ACCESS, error);
    if (!tw_session_sync_register(call->session, &add, error))
        return FALSE;
    *ret = add.sync;
    return TRUE;
}

static gboolean
set_folder_status(TwSoapdCall *call,
                  const TwSoapSetSyncStatusArgs *args,
                  GBytes *key,
                  GError **error)
{
    g_auto(TwSyncGetArgs) known = { .id = args->ulSyncId };
    g_auto(TwSourceKeyFindArgs) find = { .source_key = key };
    g_auto(TwSyncSetArgs) set = { .id = args->ulSyncId, .cn = args->ulChangeId };

    if (!tw_session_sync_get(call->session, &known, error))
        return FALSE;
    find.store = set.store = known.store;
    set.folder = known.folder;
    set.kind = known.kind;
    if (!tw_session_source_key_find(call->session, &find, error))
        return FALSE;
    if (find.folder != known.folder || find.message != 0 || args->ulChangeType != known.kind)
        return tw_soapd_fail(TW_SOAP_RESULT_COLLISION, error);
    return tw_session_sync_set(call->session, &set, error);
}

gboolean
tw_soapd_set_sync_status(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSetSyncStatusArgs *args = data;
    TwSoapSetSyncStatusResponse *ret = out;
    g_autoptr(GBytes) key = tw_soapd_take_bytes(args->sSourceKeyFolder);

    if (key == NULL)
        return set_server_status(call, args, &ret->ulSyncId, error);
    if (args->ulChangeType != KIND_CONTENTS && args->ulChangeType != KIND_HIERARCHY)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    if (args->ulSyncId == 0)
        return register_folder(call, args, key, &ret->ulSyncId, error);
    ret->ulSyncId = args->ulSyncId;
    return set_folder_status(call, args, key, error);
}

/* Those that are known; a client that misses one registers it anew. */
gboolean
tw_soapd_get_sync_states(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetSyncStatesArgs *args = data;
    TwSoapSyncStateArray *ret = &((TwSoapGetSyncStatesReponse *) out)->sSyncStates;

    if (!tw_soapd_alloc(call, args->ulaSyncId.count, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint32 i = 0; i < args->ulaSyncId.count; i++) {
        g_auto(TwSyncGetArgs) get = { .id = args->ulaSyncId.items[i] };

        if (!tw_session_sync_get(call->session, &get, NULL))
            continue;
        if (get.cn > G_MAXUINT32)
            return too_far(error);
        ret->items[ret->count++] = (TwSoapSyncState){ get.id, (guint32) get.cn };
    }
    return TRUE;
}

/* ---- source keys ---- */

/* Of one answer. */
typedef struct {
    TwSoapdCall *call;
    TwGuid server, store;
    GHashTable *parents; /* folder -> GBytes */
    GArray *changes;     /* TwSoapIcsChange */
} Teller;

static void
teller_clear(Teller *teller)
{
    g_clear_pointer(&teller->parents, g_hash_table_unref);
    g_clear_pointer(&teller->changes, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Teller, teller_clear)

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static gboolean
teller_init(Teller *teller, TwSoapdCall *call, GError **error)
{
    g_auto(TwServerInfoArgs) info = { 0 };

    if (!tw_session_server_info(call->session, &info, error))
        return FALSE;
    *teller = (Teller){ .call = call, .server = info.guid };
    teller->parents = g_hash_table_new_full(NULL, NULL, NULL, unref_bytes);
    teller->changes = g_array_new(FALSE, FALSE, sizeof(TwSoapIcsChange));
    return TRUE;
}

/* The key that the server makes for a number. */
static GBytes *
server_key(const Teller *teller, guint32 number)
{
    TwXid xid = tw_source_key_make(&teller->server, number);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_GUID_LEN + TW_XID_MAX_COUNTER);

    tw_xid_write(&xid, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

/* A folder's key; of one that is gone what the server would have made. */
static GBytes *
parent_key(Teller *teller, guint32 folder)
{
    g_auto(TwFolderKeysArgs) keys = { .store = teller->store, .folder = folder };
    GBytes *key = g_hash_table_lookup(teller->parents, GUINT_TO_POINTER(folder));

    if (folder == 0)
        return NULL;
    if (key == NULL) {
        key = tw_session_folder_keys(teller->call->session, &keys, NULL) &&
                      keys.keys.source_key != NULL
                  ? g_bytes_ref(keys.keys.source_key)
                  : server_key(teller, folder);
        g_hash_table_insert(teller->parents, GUINT_TO_POINTER(folder), key);
    }
    return g_bytes_ref(key);
}

static gboolean
tell(Teller *teller, const TwSyncChange *change, GError **error)
{
    TwSoapIcsChange told = { .ulChangeType = change->type, .ulFlags = change->read ? 1 : 0 };

    if (change->cn > G_MAXUINT32)
        return too_far(error);
    told.ulChangeId = (guint32) change->cn;
    told.sSourceKey = tw_soapd_give_bytes(teller->call, change->source_key != NULL
                                                            ? g_bytes_ref(change->source_key)
                                                            : server_key(teller, change->id));
    told.sParentSourceKey = tw_soapd_give_bytes(teller->call, parent_key(teller, change->parent));
    g_array_append_val(teller->changes, told);
    return TRUE;
}

static void
finish(Teller *teller, TwSoapIcsChangesArray *ret)
{
    ret->items = (TwSoapIcsChange *) (void *) teller->changes->data;
    ret->count = teller->changes->len;
    tw_soapd_keep(teller->call, g_steal_pointer(&teller->changes), (GDestroyNotify) g_array_unref);
}

/* ---- changes of a folder ---- */

/* One step of either kind: @state goes in and comes out. */
static gboolean
one_step(TwSoapdCall *call,
         const TwSyncGetArgs *of,
         const TwSoapGetChangesArgs *args,
         TwRestriction *filter,
         GBytes **state,
         GArray **ret_changes,
         gboolean *ret_more,
         GError **error)
{
    g_auto(TwSyncChangesArgs) contents = { .store = of->store,
                                           .folder = of->folder,
                                           .flags = args->ulFlags,
                                           .state = *state,
                                           .filter = filter };
    g_auto(TwSyncFoldersArgs) folders = {
        .store = of->store, .folder = of->folder, .flags = args->ulFlags, .state = *state
    };
    gboolean is_contents = of->kind == KIND_CONTENTS;

    if (!(is_contents ? tw_session_sync_changes(call->session, &contents, error)
                      : tw_session_sync_folders(call->session, &folders, error)))
        return FALSE;
    g_bytes_unref(*state);
    *state = is_contents ? g_steal_pointer(&contents.next) : g_steal_pointer(&folders.next);
    *ret_changes =
        is_contents ? g_steal_pointer(&contents.changes) : g_steal_pointer(&folders.changes);
    *ret_more = is_contents ? contents.more : folders.more;
    return TRUE;
}

static gboolean
number_of_state(GBytes *state, guint32 *ret, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(state, &len);
    TwSyncState parsed;

    if (!tw_sync_state_parse(data, len, &parsed, error))
        return FALSE;
    if (parsed.cn > G_MAXUINT32)
        return too_far(error);
    *ret = (guint32) parsed.cn;
    return TRUE;
}

static gboolean
folder_changes(TwSoapdCall *call,
               const TwSyncGetArgs *of,
               const TwSoapGetChangesArgs *args,
               TwSoapIcsChangeResponse *ret,
               GError **error)
{
    guint32 words[] = { GUINT32_TO_LE(args->ulSyncId), GUINT32_TO_LE(args->ulChangeId) };
    g_autoptr(GBytes) state = g_bytes_new(words, sizeof words);
    g_autoptr(TwRestriction) filter = NULL;
    g_auto(Teller) teller = { 0 };
    gboolean more = TRUE;

    if (args->lpsRestrict != NULL) {
        filter = tw_soap_restriction_new(args->lpsRestrict, error);
        if (filter == NULL)
            return FALSE;
    }
    if (!teller_init(&teller, call, error))
        return FALSE;
    teller.store = of->store;
    while (more) {
        g_autoptr(GArray) changes = NULL;

        if (!one_step(call, of, args, filter, &state, &changes, &more, error))
            return FALSE;
        for (guint i = 0; i < changes->len; i++) {
            if (!tell(&teller, &g_array_index(changes, TwSyncChange, i), error))
                return FALSE;
        }
    }
    finish(&teller, &ret->sChangesArray);
    return number_of_state(state, &ret->ulMaxChangeId, error);
}

/* ---- the whole server ---- */

static gboolean
server_changes(TwSoapdCall *call,
               const TwSoapGetChangesArgs *args,
               TwSoapIcsChangeResponse *ret,
               GError **error)
{
    g_auto(Teller) teller = { 0 };
    guint64 cn = args->ulChangeId;
    gboolean more = TRUE;

    if (!teller_init(&teller, call, error))
        return FALSE;
    while (more) {
        g_auto(TwSyncServerChangesArgs)
            step = { .id = args->ulSyncId, .cn = cn, .flags = args->ulFlags };

        if (!tw_session_sync_server_changes(call->session, &step, error))
            return FALSE;
        for (guint i = 0; i < step.changes->len; i++) {
            const guint8 *stores = g_bytes_get_data(step.stores, NULL);

            if (memcmp(teller.store.bytes, stores + (gsize) i * TW_GUID_LEN, TW_GUID_LEN) != 0) {
                memcpy(teller.store.bytes, stores + (gsize) i * TW_GUID_LEN, TW_GUID_LEN);
                g_hash_table_remove_all(teller.parents);
            }
            if (!tell(&teller, &g_array_index(step.changes, TwSyncChange, i), error))
                return FALSE;
        }
        cn = step.next;
        more = step.more;
    }
    if (cn > G_MAXUINT32)
        return too_far(error);
    ret->ulMaxChangeId = (guint32) cn;
    finish(&teller, &ret->sChangesArray);
    return TRUE;
}

/* ---- the address book: spec/mapi-soap.md 11.5 ---- */

static gboolean
book_change(TwSoapdCall *call,
            const TwDirectoryObject *object,
            guint64 cn,
            TwSyncAction action,
            GArray *changes,
            GError **error)
{
    TwSoapIcsChange told = { .ulChangeType = TW_SYNC_BOOK | action };
    TwDirectoryObject parent = { .number = BOOK_ROOT, .kind = TW_DIRECTORY_ADDRESS_LIST };

    if (object->number < TW_DIRECTORY_FIRST_NUMBER)
        return TRUE;
    if (cn > G_MAXUINT32)
        return too_far(error);
    told.ulChangeId = (guint32) cn;
    if (!tw_soapd_book_id(call, object, &told.sSourceKey, error) ||
        !tw_soapd_book_id(call, &parent, &told.sParentSourceKey, error))
        return FALSE;
    g_array_append_val(changes, told);
    return TRUE;
}

static int
by_change(gconstpointer a, gconstpointer b)
{
    const TwSoapIcsChange *one = a, *other = b;

    return (one->ulChangeId > other->ulChangeId) - (one->ulChangeId < other->ulChangeId);
}

static gboolean
book_changes(TwSoapdCall *call,
             const TwSoapGetChangesArgs *args,
             TwSoapIcsChangeResponse *ret,
             GError **error)
{
    g_auto(TwBookChangesArgs) ask = { .since = args->ulChangeId };
    GArray *told = g_array_new(FALSE, FALSE, sizeof(TwSoapIcsChange));
    gboolean first = args->ulChangeId == 0;

    tw_soapd_keep(call, told, (GDestroyNotify) g_array_unref);
    if (!tw_session_book_changes(call->session, &ask, error))
        return FALSE;
    for (guint i = 0; i < ask.rows->len; i++) {
        const TwDirectoryObject *object = g_ptr_array_index(ask.rows, i);

        if (!book_change(call, object, object->cn, first ? TW_SYNC_NEW : TW_SYNC_CHANGED, told,
                         error))
            return FALSE;
    }
    for (guint i = 0; !first && i < ask.gone->len; i++) {
        const TwDirectoryGone *gone = &g_array_index(ask.gone, TwDirectoryGone, i);
        TwDirectoryObject object = { .number = gone->number, .kind = gone->kind };

        if (!book_change(call, &object, gone->cn, TW_SYNC_DELETED, told, error))
            return FALSE;
    }
    if (ask.next > G_MAXUINT32)
        return too_far(error);
    g_array_sort(told, by_change);
    ret->sChangesArray.items = (TwSoapIcsChange *) (void *) told->data;
    ret->sChangesArray.count = told->len;
    ret->ulMaxChangeId = (guint32) ask.next;
    return TRUE;
}

gboolean
tw_soapd_get_changes(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapGetChangesArgs *args = data;
    g_auto(TwSyncGetArgs) of = { .id = args->ulSyncId };

    if (args->ulChangeType == KIND_BOOK)
        return book_changes(call, args, out, error);
    if (args->ulChangeType != KIND_CONTENTS && args->ulChangeType != KIND_HIERARCHY)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_TYPE, error);
    if (!tw_session_sync_get(call->session, &of, error))
        return FALSE;
    if (of.kind != args->ulChangeType)
        return tw_soapd_fail(TW_SOAP_RESULT_COLLISION, error);
    if (of.folder == 0)
        return server_changes(call, args, out, error);
    return folder_changes(call, &of, args, out, error);
}
