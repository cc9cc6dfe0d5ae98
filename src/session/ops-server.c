/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operations on the server and on stores as a whole: names of properties, sessions, making and deleting stores. */
#include "base/error.h"
#include "mapi/named.h"
#include "mapi/tags.h"
#include "session/ops-private.h"
#include "store/identity.h"

enum {
    MOST_NAMES = 10000 /* of one call */
};

gboolean
tw_local_server_info(TwLocalCall *call, TwServerInfoArgs *args, G_GNUC_UNUSED GError **error)
{
    args->guid = *tw_engine_guid(call->local->config.engine);
    args->hosted = call->local->config.hosted;
    args->login_format = g_strdup(call->local->config.login_format);
    args->store_format = g_strdup(call->local->config.store_format);
    return TRUE;
}

/* ---- several servers ---- */

/* A server without a name is the only one. */
static gboolean
is_here(const TwLocal *local, const char *name)
{
    const char *own = local->config.node;

    return own == NULL || *own == '\0' || *name == '\0' || g_ascii_strcasecmp(own, name) == 0;
}

/* One's own mailbox is not opened at a server that is not its home any more: it may lie there from before. */
gboolean
tw_local_is_at_home(const TwLocalCall *call, GError **error)
{
    const TwDirectoryObject *object = tw_directory_snapshot_get(call->snapshot, call->who->number);

    if (object == NULL || is_here(call->local, object->home_server))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_OFFLINE, "the mailbox is at server %s",
                object->home_server);
    return FALSE;
}

gboolean
tw_local_home_find(TwLocalCall *call, TwHomeFindArgs *args, GError **error)
{
    guint32 number = args->user != 0 ? args->user : call->who->number;
    const TwDirectoryObject *object = tw_local_object(call, number, error);

    if (object == NULL)
        return FALSE;
    if (!is_here(call->local, object->home_server))
        args->name = g_strdup(object->home_server);
    return TRUE;
}

gboolean
tw_local_node_find(TwLocalCall *call, TwNodeFindArgs *args, GError **error)
{
    if (!tw_local_given(args->name, "a name", error) ||
        !tw_local_given(args->scheme, "a scheme", error))
        return FALSE;
    args->here = is_here(call->local, args->name);
    if (!args->here)
        args->url =
            tw_directory_node_url(call->local->config.directory, args->name, args->scheme, error);
    return args->here || args->url != NULL;
}

/* ---- named properties ---- */

gboolean
tw_local_names_to_ids(TwLocalCall *call, TwNamesToIdsArgs *args, GError **error)
{
    TwNameMap *map = tw_engine_names(call->local->config.engine);
    g_autofree TwNamedProp *names = NULL;
    g_autofree guint16 *ids = NULL;

    if (args->names.count > MOST_NAMES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many names in one call");
        return FALSE;
    }
    names = g_new0(TwNamedProp, args->names.count + 1);
    ids = g_new0(guint16, args->names.count + 1);
    for (guint i = 0; i < args->names.count; i++) {
        names[i] = *args->names.items[i];
        if (!tw_named_prop_check(&names[i], error))
            return FALSE;
    }
    if (!tw_name_map_get_ids(map, names, args->names.count, args->create, ids, error))
        return FALSE;
    args->ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < args->names.count; i++) {
        guint32 id = ids[i];
        g_array_append_val(args->ids, id);
    }
    return TRUE;
}

gboolean
tw_local_ids_to_names(TwLocalCall *call, TwIdsToNamesArgs *args, GError **error)
{
    TwNameMap *map = tw_engine_names(call->local->config.engine);

    if (args->ids.count > MOST_NAMES) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many ids in one call");
        return FALSE;
    }
    args->names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < args->ids.count; i++) {
        TwNamedProp name;
        g_autoptr(GError) why = NULL;
        guint32 id = args->ids.items[i];
        if (id <= G_MAXUINT16 && tw_name_map_get_name(map, (guint16) id, &name, &why))
            g_ptr_array_add(args->names, tw_named_prop_copy(&name));
        else
            g_ptr_array_add(args->names, NULL);
    }
    return TRUE;
}

/* ---- stores ---- */

static gboolean
has_owner(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_EXISTS, "the store has an owner");
    return FALSE;
}

/* Who can own what. */
static gboolean
fits(const TwDirectoryObject *owner, TwStoreKind kind, GError **error)
{
    gboolean ok = kind == TW_STORE_PUBLIC ? owner->kind == TW_DIRECTORY_COMPANY ||
                                                owner->number == TW_DIRECTORY_EVERYONE
                                          : tw_directory_has_store(owner);

    if (!ok)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no owner of such a store");
    return ok;
}

/* What a fresh public store gives: spec/mapi-soap.md 14.3. */
static gboolean
open_to_owner(TwStore *store, guint32 object, guint32 owner, GError **error)
{
    TwPermission row = { object, owner, TW_RIGHT_READ | TW_RIGHT_VISIBLE };

    return tw_store_set_permissions(store, object, &row, 1, FALSE, error);
}

/* An id that a client may make for the root of a new store. */
static gboolean
check_root_id(const TwStoreCreateArgs *args, GError **error)
{
    const guint8 *data;
    guint32 number;
    TwObjectId id;
    gsize len;

    if (args->root_id == NULL)
        return TRUE;
    data = g_bytes_get_data(args->root_id, &len);
    if (!tw_object_id_parse(data, len, &id, error))
        return FALSE;
    if (id.version == 1 && id.type == TW_OBJECT_ID_FOLDER && id.flags == 0 && !id.from_favorites &&
        !tw_guid_is_zero(&args->guid) && tw_guid_equal(&id.store, &args->guid) &&
        len == TW_OBJECT_ID_LEN && !tw_identity_number(&id, &number))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no entry id of that store's root");
    return FALSE;
}

gboolean
tw_local_store_create(TwLocalCall *call, TwStoreCreateArgs *args, GError **error)
{
    const TwDirectoryObject *owner = call->object;
    gboolean inherited;
    TwStoreMake make = {
        .kind = (TwStoreKind) args->kind,
        .company = owner->kind == TW_DIRECTORY_COMPANY ? owner->number : owner->company,
        .guid = args->guid,
        .quota = tw_local_quota_of(call, owner, &inherited),
        .root_id = args->root_id,
        .partition = -1,
    };
    g_autoptr(TwStore) store = NULL;
    TwStoreOwned there;
    TwStoreInfo info;

    if (args->kind > TW_STORE_ARCHIVE) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "no such kind of store");
        return FALSE;
    }
    if (!fits(owner, make.kind, error) || !check_root_id(args, error))
        return FALSE;
    if (tw_engine_find_owned(call->local->config.engine, owner->number, make.kind, &there))
        return has_owner(error);
    store = tw_store_create(call->local->config.engine, &make, error);
    if (store == NULL || !tw_store_get_info(store, &info, error))
        return FALSE;
    if ((make.kind == TW_STORE_PUBLIC &&
         !open_to_owner(store, info.object, owner->number, error)) ||
        !tw_store_set_owner(store, owner->number, error)) {
        tw_store_delete(store, NULL);
        return FALSE;
    }
    args->store = info.guid;
    return TRUE;
}

gboolean
tw_local_store_delete(TwLocalCall *call, G_GNUC_UNUSED TwStoreDeleteArgs *args, GError **error)
{
    return call->access->place.owner != 0 ? has_owner(error) : tw_store_delete(call->store, error);
}

gboolean
tw_local_store_hook(TwLocalCall *call, TwStoreHookArgs *args, GError **error)
{
    const TwDirectoryObject *owner = tw_local_object(call, args->owner, error);
    g_autoptr(TwStore) before = NULL;
    TwStoreOwned there;

    if (owner == NULL)
        return FALSE;
    if (!tw_identity_is_over(call->who, call->snapshot, owner))
        return tw_local_verdict(TW_VERDICT_FORBIDDEN, FALSE, error);
    if (!fits(owner, call->access->kind, error))
        return FALSE;
    if (call->access->place.owner != 0)
        return has_owner(error);
    if (tw_engine_find_owned(call->local->config.engine, owner->number, call->access->kind,
                             &there)) {
        before = tw_store_open_number(call->local->config.engine, there.number, error);
        if (before == NULL || !tw_local_make_orphan(call, before, owner->number, error))
            return FALSE;
    }
    return tw_store_set_owner(call->store, owner->number, error);
}

static gboolean
write_owner(TwObject *object, gpointer name, GError **error)
{
    TwPropValue value = tw_value_str(PR_EC_MAILBOX_OWNER_ACCOUNT, name);

    return tw_object_set(object, &value, error);
}

gboolean
tw_local_make_orphan_of(TwStore *store, const char *name, GError **error)
{
    TwStoreInfo info;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): only read */
    gpointer data = (gpointer) (gsize) name;

    if (name != NULL && (!tw_store_get_info(store, &info, error) ||
                         !tw_folder_edit_object(store, info.object, write_owner, data, error)))
        return FALSE;
    return tw_store_set_owner(store, 0, error);
}

gboolean
tw_local_make_orphan(const TwLocalCall *call, TwStore *store, guint32 owner, GError **error)
{
    const TwDirectoryObject *was = tw_directory_snapshot_get(call->snapshot, owner);

    return tw_local_make_orphan_of(store, was != NULL ? was->name : NULL, error);
}

gboolean
tw_local_store_unhook(TwLocalCall *call, G_GNUC_UNUSED TwStoreUnhookArgs *args, GError **error)
{
    if (call->access->place.owner != 0)
        return tw_local_make_orphan(call, call->store, call->access->place.owner, error);
    g_set_error_literal(error, TW_ERROR, TW_ERROR_NOT_FOUND, "the store has no owner");
    return FALSE;
}

gboolean
tw_local_stores_list(TwLocalCall *call, TwStoresListArgs *args, GError **error)
{
    g_autoptr(GArray) all = tw_engine_list_owned(call->local->config.engine);

    args->rows = g_array_new(FALSE, FALSE, sizeof(TwStoreEntry));
    for (guint i = 0; i < all->len; i++) {
        const TwStoreOwned *place = &g_array_index(all, TwStoreOwned, i);
        g_autoptr(GError) why = NULL;
        g_autoptr(TwStore) store =
            tw_store_open_number(call->local->config.engine, place->number, &why);
        TwRightsStore facts = { .owner = place->owner };
        TwStoreEntry entry = { .guid = place->guid, .owner = place->owner };
        TwStoreInfo info;
        if (store == NULL || !tw_store_get_info(store, &info, &why)) {
            if (g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
                continue; /* it is being deleted */
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        facts.kind = entry.kind = info.kind;
        facts.company = entry.company = info.company;
        entry.bytes = info.bytes;
        if (tw_rights_administers(call->who, call->snapshot, &facts))
            g_array_append_val(args->rows, entry);
    }
    return TRUE;
}

/* ---- sessions ---- */

gboolean
tw_local_sessions_list(TwLocalCall *call, TwSessionsListArgs *args, G_GNUC_UNUSED GError **error)
{
    args->rows = tw_local_list_sessions(call->local);
    return TRUE;
}

gboolean
tw_local_session_end(TwLocalCall *call, TwSessionEndArgs *args, GError **error)
{
    if (tw_local_end_number(call->local, args->session))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "no session %u", args->session);
    return FALSE;
}
