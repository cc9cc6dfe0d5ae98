/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A session's way into stores. What a store is (its number, root, kind) is kept as long as the map of stores says the same;
 * what the session may do in it is kept with the epochs of the directory and of the store's rights, and worked out again
 * when one of them moved.
 *
 * The epoch is read before the rows: what changes in between makes the answer newer than its epoch, never older.
 */
#include "base/error.h"
#include "base/log-audit.h"
#include "mapi/entryid.h"
#include "mapi/tags.h"
#include "session/local-private.h"
#include "store/message-lock.h"

#include <string.h>

static guint
hash_guid(gconstpointer guid)
{
    return tw_guid_hash(guid);
}

static gboolean
equal_guid(gconstpointer a, gconstpointer b)
{
    return tw_guid_equal(a, b);
}

static TwAccess *
access_ref(TwAccess *access)
{
    g_atomic_int_inc(&access->refs);
    return access;
}

void
tw_access_unref(TwAccess *access)
{
    if (access == NULL || !g_atomic_int_dec_and_test(&access->refs))
        return;
    tw_store_unref(access->store);
    tw_rights_unref(access->rights);
    tw_lock_clear(&access->lock);
    g_free(access);
}

static void
unref_access(gpointer access)
{
    tw_access_unref(access);
}

GHashTable *
tw_access_table_new(void)
{
    return g_hash_table_new_full(hash_guid, equal_guid, NULL, unref_access);
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no such store");
    return FALSE;
}

/* ---- the store ---- */

static TwAccess *
make_access(const TwLocalCall *call, const TwStoreOwned *place, GError **error)
{
    g_autoptr(TwStore) store =
        tw_store_open_number(call->local->config.engine, place->number, error);
    TwStoreInfo info;
    TwAccess *access;

    if (store == NULL || !tw_store_get_info(store, &info, error))
        return NULL;
    access = g_new0(TwAccess, 1);
    access->refs = 1;
    access->store = tw_store_for_owner(store, call->session->id); /* for locks */
    access->place = *place;
    access->root = info.root;
    access->object = info.object;
    access->company = info.company;
    access->kind = info.kind;
    tw_lock_init(&access->lock);
    return access;
}

static TwAccess *
known_access(TwLocalSession *session, const TwStoreOwned *place)
{
    TwAccess *access;
    TW_LOCK_SCOPE(&session->lock);

    access = g_hash_table_lookup(session->accesses, &place->guid);
    if (access != NULL &&
        (access->place.number != place->number || access->place.owner != place->owner))
        access = NULL;
    return access != NULL ? access_ref(access) : NULL;
}

static void
keep_access(TwLocalSession *session, TwAccess *access)
{
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended)
        return;
    if (g_hash_table_size(session->accesses) >= TW_MOST_ACCESSES)
        g_hash_table_remove_all(session->accesses);
    g_hash_table_replace(session->accesses, &access->place.guid, access_ref(access));
}

static guint
drop_accesses(TwLocalSession *session)
{
    g_autoptr(GHashTable) old = NULL;
    TW_LOCK_SCOPE(&session->lock);

    if (session->ended)
        return 0;
    /* freed without the lock */
    old = g_steal_pointer(&session->accesses);
    session->accesses = tw_access_table_new();
    return g_hash_table_size(old);
}

guint
tw_access_drop_all(TwLocal *local)
{
    g_autoptr(GPtrArray) sessions = tw_local_all_sessions(local);
    guint count = 0;

    for (guint i = 0; i < sessions->len; i++)
        count += drop_accesses(g_ptr_array_index(sessions, i));
    return count;
}

/* ---- the answers ---- */

static TwRights *
known_rights(TwAccess *access, const TwLocalCall *call, guint acl_epoch)
{
    TW_LOCK_SCOPE(&access->lock);

    if (access->rights == NULL || access->directory_epoch != call->who->epoch ||
        access->acl_epoch != acl_epoch)
        return NULL;
    return tw_rights_ref(access->rights);
}

static TwRights *
work_out_rights(TwAccess *access, const TwLocalCall *call, TwRelation relation, GError **error)
{
    g_autoptr(GPtrArray) folders = NULL;
    g_autoptr(GArray) rows = NULL;

    if (relation == TW_RELATION_ROWS) {
        rows = tw_store_permissions(access->store, error);
        folders = rows != NULL ? tw_store_folders(access->store, error) : NULL;
        if (folders == NULL)
            return NULL;
    }
    return tw_rights_new(relation, call->who, folders, rows, access->root, access->object);
}

static void
audit_first(const TwLocalCall *call, const TwAccess *access, TwRelation relation)
{
    char guid[TW_GUID_TEXT_SIZE];
    const TwDirectoryObject *owner = tw_directory_snapshot_get(call->snapshot, access->place.owner);

    if (call->local->config.audit == NULL || access->place.owner == call->who->number)
        return;
    tw_guid_print(&access->place.guid, TW_GUID_HEX, guid);
    tw_audit(call->local->config.audit,
             relation == TW_RELATION_HIDDEN ? TW_AUDIT_ACCESS_DENIED : TW_AUDIT_ACCESS_ALLOWED,
             (const TwLogValue[]){
                 tw_log_str(TW_LOG_OBJECT, guid),
                 tw_log_str(TW_LOG_OBJECT_TYPE, "store"),
                 tw_log_str(TW_LOG_OWNER, owner != NULL ? owner->name : ""),
                 tw_log_str(TW_LOG_USER, call->who->name),
                 tw_log_str(TW_LOG_BY, relation >= TW_RELATION_RESTRICTED ? "admin" : "share"),
                 { .field = TW_LOG_FIELD_END },
             });
}

static TwRights *
rights_now(TwAccess *access, const TwLocalCall *call, GError **error)
{
    guint epoch = tw_store_permission_epoch(access->store);
    TwRights *rights = known_rights(access, call, epoch);
    TwRightsStore store = { access->place.owner, access->kind, access->company };
    TwRelation relation;
    gboolean first;

    if (rights != NULL)
        return rights;
    relation = tw_rights_relation(call->who, call->snapshot, &store, &call->local->rights);
    rights = work_out_rights(access, call, relation, error);
    if (rights == NULL)
        return NULL;
    tw_lock(&access->lock);
    first = access->rights == NULL;
    tw_rights_unref(access->rights);
    access->rights = tw_rights_ref(rights);
    access->directory_epoch = call->who->epoch;
    access->acl_epoch = epoch;
    tw_unlock(&access->lock);
    if (first)
        audit_first(call, access, relation);
    return rights;
}

TwAccess *
tw_access_open(TwLocalCall *call, const TwGuid *guid, TwRights **ret_rights, GError **error)
{
    g_autoptr(TwAccess) access = NULL;
    g_autoptr(TwRights) rights = NULL;
    TwStoreOwned place;
    gboolean known;

    if (!tw_engine_find_guid(call->local->config.engine, guid, &place)) {
        not_found(error);
        return NULL;
    }
    access = known_access(call->session, &place);
    known = access != NULL;
    if (!known)
        access = make_access(call, &place, error);
    if (access == NULL)
        return NULL;
    rights = rights_now(access, call, error);
    if (rights == NULL)
        return NULL;
    if (tw_rights_relation_of(rights) == TW_RELATION_HIDDEN) {
        not_found(error);
        return NULL;
    }
    if (!known)
        keep_access(call->session, access);
    *ret_rights = g_steal_pointer(&rights);
    return g_steal_pointer(&access);
}

/* ---- who made a message ----
 *
 * PR_CREATOR_ENTRYID: the address book's entry id of the user, by the directory's own id, which no client may set. A
 * message without one is the store's owner's. */

gboolean
tw_access_is_own(const TwLocalCall *call, const TwObject *object)
{
    g_auto(TwBuffer) own = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    TwBookId id = { TW_BOOK_USER, call->who->number, call->who->id };
    TwPropValue value;

    if (call->who->anonymous)
        return FALSE;
    if (!tw_object_get(object, PR_CREATOR_ENTRYID, &value))
        return call->access->place.owner == call->who->number;
    tw_book_id_write(&id, &own);
    return tw_entryid_same(value.data, value.len, own.data, own.len);
}

gboolean
tw_access_sign(const TwLocalCall *call, TwObject *object, GError **error)
{
    g_auto(TwBuffer) own = TW_BUFFER_INIT(TW_ENTRYID_MAX_LEN);
    TwBookId id = { TW_BOOK_USER, call->who->number, call->who->id };
    TwPropValue value;

    tw_object_remove(object, PR_CREATOR_ENTRYID);
    tw_object_remove(object, PR_CREATOR_NAME);
    if (call->who->anonymous || call->who->system ||
        tw_rights_relation_of(call->rights) == TW_RELATION_FULL)
        return TRUE; /* the owner's own, or made by an administrator for the owner */
    tw_book_id_write(&id, &own);
    value = tw_value_bytes(PR_CREATOR_ENTRYID, own.data, own.len);
    if (!tw_object_set(object, &value, error))
        return FALSE;
    value = tw_value_str(PR_CREATOR_NAME, call->who->full_name);
    return tw_object_set(object, &value, error);
}
