/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * saveObject: what a client changed of an object is put into it as it is now, and saved whole. Source: spec/mapi-soap.md
 * 7.3, 7.4.
 *
 * Of a message that was changed between reading and saving it the change is made again on what is there then; so two clients
 * that change different things of a message both have their way, as with the peer.
 */
#include <string.h>

#include "soapd/soapd-private.h"

enum {
    TYPE_LIST = 8,
    ASSOCIATED = 0x40, /* of ulFlags */
    TRIES = 5,
};

typedef struct {
    TwSoapdCall *call;
    TwSoapdPlace place;
    gboolean is_new;
    guint32 sync;
    GHashTable *nodes; /* TwSoapSaveObject -> TwObject: whom each structure is about */
} Saver;

static gboolean
refuse(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "objects that do not nest so");
    return FALSE;
}

/* ---- one node ---- */

static gboolean
set_props(const Saver *saver,
          const TwSoapSaveObject *tree,
          TwObject *node,
          gboolean is_new,
          GError **error)
{
    TwSaveProps props = { .removed = tree->delProps.items,
                          .removed_count = tree->delProps.count,
                          .values = tree->modProps.items,
                          .value_count = tree->modProps.count,
                          .flags = (is_new ? (guint) TW_SAVE_FIRST : 0) |
                                   (saver->sync != 0 ? (guint) TW_SAVE_SYNC : 0) |
                                   (tw_object_get_parent(node) == NULL ? (guint) TW_SAVE_IN_FOLDER
                                                                       : 0) };
    TwPropValue type = tw_value_long(PR_OBJECT_TYPE, TYPE_LIST);

    if (tree->lpInstanceIds != NULL && tree->lpInstanceIds->count > 0)
        return tw_soapd_fail(TW_SOAP_RESULT_UNKNOWN_INSTANCE_ID, error);
    if (!tw_save_apply_props(node, &props, error))
        return FALSE;
    return tree->ulObjType != TYPE_LIST || tw_object_set(node, &type, error);
}

/* The child that a structure names by its number, or NULL. */
static TwObject *
known_child(const Saver *saver, TwObject *node, TwObjectKind kind, guint32 number)
{
    if (number == 0 || saver->is_new)
        return NULL;
    for (guint i = 0; i < tw_object_count(node, kind); i++) {
        TwObject *child = tw_object_at(node, kind, i);
        if (tw_soapd_number_of(saver->call->client, &saver->place.store, saver->place.message,
                               child) == number)
            return child;
    }
    return NULL;
}

static gboolean apply(const Saver *saver,
                      const TwSoapSaveObject *tree,
                      TwObject *node,
                      gboolean is_new,
                      guint depth,
                      GError **error);

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
apply_embedded(
    const Saver *saver, const TwSoapSaveObject *tree, TwObject *node, guint depth, GError **error)
{
    TwObject *message = tw_object_get_embedded(node);
    gboolean is_new = message == NULL;

    if (tw_object_get_kind(node) != TW_OBJECT_ATTACHMENT)
        return refuse(error);
    if (tree->bDelete) {
        tw_object_free(tw_object_steal_embedded(node));
        return TRUE;
    }
    if (is_new) {
        g_autoptr(TwObject) made = tw_object_new(TW_OBJECT_MESSAGE);

        if (!tw_object_set_embedded(node, made, error))
            return FALSE;
        message = g_steal_pointer(&made);
    }
    return apply(saver, tree, message, is_new, depth, error);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
apply_child(
    const Saver *saver, const TwSoapSaveObject *tree, TwObject *node, guint depth, GError **error)
{
    TwObjectKind kind =
        tree->ulObjType == TYPE_LIST ? TW_OBJECT_RECIPIENT : (TwObjectKind) tree->ulObjType;
    guint32 number = tree->ulClientId;
    TwObject *child;

    if (kind == TW_OBJECT_MESSAGE)
        return apply_embedded(saver, tree, node, depth, error);
    if (tw_object_get_kind(node) != TW_OBJECT_MESSAGE ||
        (kind != TW_OBJECT_RECIPIENT && kind != TW_OBJECT_ATTACHMENT))
        return refuse(error);
    child = known_child(saver, node, kind, tree->ulServerId);
    if (tree->bDelete) {
        if (child != NULL)
            tw_object_remove_child(node, kind, tw_object_get_number(child));
        return TRUE;
    }
    if (child != NULL)
        return apply(saver, tree, child, FALSE, depth, error);
    if (tw_object_find(node, kind, number) != NULL)
        number = TW_OBJECT_NEW_NUMBER;
    child = tw_object_add(node, kind, number, error);
    return child != NULL && apply(saver, tree, child, TRUE, depth, error);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
apply(const Saver *saver,
      const TwSoapSaveObject *tree,
      TwObject *node,
      gboolean is_new,
      guint depth,
      GError **error)
{
    /* a message in an attachment is two levels */
    if (depth > 2 * TW_OBJECT_MAX_DEPTH + 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "objects nested too deep");
        return FALSE;
    }
    g_hash_table_insert(saver->nodes, (gpointer) (gsize) tree, node); /* NOLINT: a key */
    if (!set_props(saver, tree, node, is_new, error))
        return FALSE;
    for (guint32 i = 0; i < tree->count; i++) {
        if (!apply_child(saver, &tree->items[i], node, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the answer ---- */

static void
put(TwSoapSaveObject *ret, TwPropValue value)
{
    ret->delProps.items[ret->delProps.count++] = value.tag;
    ret->modProps.items[ret->modProps.count++] = value;
}

static gboolean
reserve(TwSoapdCall *call, guint count, TwSoapSaveObject *ret, GError **error)
{
    return tw_soapd_alloc(call, count, sizeof(guint32), &ret->delProps.items, error) &&
           tw_soapd_alloc(call, count, sizeof(TwPropValue), &ret->modProps.items, error);
}

static void
put_bytes(TwSoapdCall *call, TwSoapSaveObject *ret, guint32 tag, GBytes **bytes)
{
    TwSoapBytes span;

    if (*bytes == NULL)
        return;
    span = tw_soapd_give_bytes(call, g_steal_pointer(bytes));
    put(ret, tw_value_bytes(tag, span.data, (guint32) span.len));
}

static void
put_keys(TwSoapdCall *call, TwSoapSaveObject *ret, GBytes **entry_id, TwSyncKeys *keys)
{
    put_bytes(call, ret, PR_PARENT_SOURCE_KEY, &keys->parent_source_key);
    put_bytes(call, ret, PR_SOURCE_KEY, &keys->source_key);
    put_bytes(call, ret, PR_RECORD_KEY, entry_id);
    put_bytes(call, ret, PR_CHANGE_KEY, &keys->change_key);
    put_bytes(call, ret, PR_PREDECESSOR_CHANGE_LIST, &keys->change_list);
}

static void
put_times(const TwObject *node, TwSoapSaveObject *ret)
{
    TwPropValue value;

    if (tw_object_get(node, PR_LAST_MODIFICATION_TIME, &value))
        put(ret, value);
    if (tw_object_get(node, PR_CREATION_TIME, &value))
        put(ret, value);
}

/* Children in the order of the request, with their numbers. */
static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): as deep as apply() */
answer_tree(const Saver *saver, const TwSoapSaveObject *tree, TwSoapSaveObject *ret, GError **error)
{
    enum {
        MOST = 7 /* properties of an answer */
    };
    const TwObject *node = g_hash_table_lookup(saver->nodes, tree);

    ret->ulClientId = tree->ulClientId;
    ret->ulServerId = tree->ulServerId;
    ret->ulObjType = tree->ulObjType;
    if (!tw_soapd_alloc(saver->call, tree->count, sizeof *ret->items, &ret->items, error) ||
        !reserve(saver->call, MOST, ret, error))
        return FALSE;
    if (node != NULL) {
        ret->ulServerId = tw_soapd_number_of(saver->call->client, &saver->place.store,
                                             saver->place.message, node);
        put_times(node, ret);
    }
    for (guint32 i = 0; i < tree->count; i++) {
        if (!answer_tree(saver, &tree->items[i], &ret->items[ret->count++], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
answer_message(Saver *saver, const TwSoapSaveObject *tree, TwSoapSaveObject *ret, GError **error)
{
    g_auto(TwMessageKeysArgs) keys = { .store = saver->place.store,
                                       .folder = saver->place.folder,
                                       .message = saver->place.message };

    if (!tw_session_message_keys(saver->call->session, &keys, error) ||
        !answer_tree(saver, tree, ret, error))
        return FALSE;
    put_keys(saver->call, ret, &keys.entry_id, &keys.keys);
    return TRUE;
}

/* ---- messages ---- */

static guint32
context_of(const Saver *saver)
{
    return saver->sync != 0 ? TW_FLAGS_SYNC : 0;
}

static void
free_object(gpointer object)
{
    tw_object_free(object);
}

static gboolean
create_message(Saver *saver, const TwSoapSaveObjectArgs *args, GError **error)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GBytes) entry_id = tw_soapd_take_bytes(args->sEntryId);
    g_autoptr(GBytes) source_key = NULL;
    g_auto(TwMessageCreateArgs) create = { .object = object,
                                           .associated = (args->ulFlags & ASSOCIATED) != 0,
                                           .context = context_of(saver),
                                           .sync = saver->sync };

    tw_soapd_keep(saver->call, object, free_object);
    saver->is_new = TRUE;
    if (!tw_soapd_find_folder(saver->call, args->sParentEntryId, &saver->place, error) ||
        !apply(saver, args->lpsSaveObj, object, TRUE, 0, error))
        return FALSE;
    source_key = tw_soapd_new_source_key(saver->call, &saver->place.store, object);
    create.store = saver->place.store;
    create.folder = saver->place.folder;
    create.entry_id = entry_id;
    create.source_key = source_key;
    if (!tw_session_message_create(saver->call->session, &create, error))
        return FALSE;
    saver->place.message = create.made.mid;
    return TRUE;
}

static gboolean
change_message(Saver *saver, const TwSoapSaveObjectArgs *args, GError **error)
{
    for (guint tries = 0;; tries++) {
        g_autoptr(GError) why = NULL;
        g_auto(TwMessageReadArgs) read = { .store = saver->place.store,
                                           .folder = saver->place.folder,
                                           .message = saver->place.message };
        g_auto(TwMessageSaveArgs) save = { .store = saver->place.store,
                                           .folder = saver->place.folder,
                                           .message = saver->place.message,
                                           .context = context_of(saver),
                                           .sync = saver->sync };

        g_hash_table_remove_all(saver->nodes);
        if (!tw_session_message_read(saver->call->session, &read, error))
            return FALSE;
        if (read.row.state >= TW_MESSAGE_DELETED)
            return tw_soapd_fail(TW_SOAP_RESULT_OBJECT_DELETED, error);
        save.object = read.object;
        save.cn = read.row.cn;
        tw_soapd_keep(saver->call, g_steal_pointer(&read.object), free_object);
        if (!apply(saver, args->lpsSaveObj, save.object, FALSE, 0, error))
            return FALSE;
        if (tw_session_message_save(saver->call->session, &save, &why))
            return TRUE;
        if (!g_error_matches(why, TW_ERROR, TW_ERROR_CHANGED) || tries + 1 >= TRIES) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
}

/* ---- folders and stores ---- */

/* Properties of a structure as a change; those that only the server sets are left out, and so is @but. */
static gboolean
changes_of(const Saver *saver,
           const TwSoapSaveObject *tree,
           TwObjectKind kind,
           guint32 but,
           TwPropChanges *ret,
           GError **error)
{
    guint32 *removed;
    TwPropValue *values;

    *ret = (TwPropChanges){ 0 };
    if (!tw_soapd_alloc(saver->call, tree->delProps.count, sizeof *removed, &removed, error) ||
        !tw_soapd_alloc(saver->call, tree->modProps.count, sizeof *values, &values, error))
        return FALSE;
    for (guint32 i = 0; i < tree->delProps.count; i++) {
        guint32 tag = tree->delProps.items[i];
        if (tw_save_may_remove(kind, tag))
            removed[ret->removed_count++] = tag;
    }
    for (guint32 i = 0; i < tree->modProps.count; i++) {
        const TwPropValue *value = &tree->modProps.items[i];
        if (tw_prop_tag_id(value->tag) != tw_prop_tag_id(but) &&
            tw_save_may_set(kind, value->tag, saver->sync != 0 ? (guint) TW_SAVE_SYNC : 0))
            values[ret->value_count++] = *value;
    }
    ret->removed = removed;
    ret->values = values;
    return TRUE;
}

static gboolean
rename_folder(const Saver *saver, const TwSoapSaveObject *tree, GError **error)
{
    g_auto(TwFolderGetArgs) get = { .store = saver->place.store, .folder = saver->place.folder };

    for (guint32 i = 0; i < tree->modProps.count; i++) {
        const TwPropValue *value = &tree->modProps.items[i];
        g_autofree char *name = NULL;
        g_auto(TwFolderRenameArgs) rename = { .store = saver->place.store,
                                              .folder = saver->place.folder,
                                              .sync = saver->sync };

        if (tw_prop_tag_id(value->tag) != tw_prop_tag_id(PR_DISPLAY_NAME) ||
            !tw_prop_tag_is_text(value->tag))
            continue;
        if (!tw_session_folder_get(saver->call->session, &get, error))
            return FALSE;
        name = g_strndup(value->text, value->len);
        rename.name = name;
        return get.row.row->type == TW_FOLDER_ROOT || strcmp(get.row.row->name, name) == 0 ||
               tw_session_folder_rename(saver->call->session, &rename, error);
    }
    return TRUE;
}

static gboolean
change_folder(Saver *saver, const TwSoapSaveObject *tree, TwSoapSaveObject *ret, GError **error)
{
    g_auto(TwFolderChangePropsArgs) change = { .store = saver->place.store,
                                               .folder = saver->place.folder,
                                               .sync = saver->sync };
    g_auto(TwFolderKeysArgs) keys = { .store = saver->place.store, .folder = saver->place.folder };

    if (!changes_of(saver, tree, TW_OBJECT_FOLDER, PR_DISPLAY_NAME, &change.changes, error) ||
        !rename_folder(saver, tree, error) ||
        !tw_session_folder_change_props(saver->call->session, &change, error) ||
        !tw_session_folder_keys(saver->call->session, &keys, error) ||
        !reserve(saver->call, 8, ret, error))
        return FALSE;
    put_keys(saver->call, ret, &keys.entry_id, &keys.keys);
    ret->ulClientId = tree->ulClientId;
    ret->ulServerId = saver->place.folder;
    ret->ulObjType = tree->ulObjType;
    return TRUE;
}

static gboolean
change_store(Saver *saver, const TwSoapSaveObject *tree, TwSoapSaveObject *ret, GError **error)
{
    g_auto(TwStoreChangePropsArgs) change = { .store = saver->place.store };

    if (!changes_of(saver, tree, TW_OBJECT_STORE, 0, &change.changes, error) ||
        !tw_session_store_change_props(saver->call->session, &change, error))
        return FALSE;
    ret->ulClientId = tree->ulClientId;
    ret->ulServerId = tree->ulServerId;
    ret->ulObjType = tree->ulObjType;
    return TRUE;
}

/* ---- the call ---- */

static gboolean
save(Saver *saver, const TwSoapSaveObjectArgs *args, TwSoapSaveObject *ret, GError **error)
{
    const TwSoapSaveObject *tree = args->lpsSaveObj;
    g_autoptr(GError) why = NULL;

    if (!tw_soapd_find(saver->call, args->sEntryId, &saver->place, &why)) {
        if (tree->ulObjType == TW_OBJECT_MESSAGE &&
            g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND))
            return create_message(saver, args, error) && answer_message(saver, tree, ret, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if ((guint32) saver->place.type != tree->ulObjType)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    switch (saver->place.type) {
    case TW_OBJECT_ID_STORE:
        return change_store(saver, tree, ret, error);
    case TW_OBJECT_ID_FOLDER:
        return change_folder(saver, tree, ret, error);
    case TW_OBJECT_ID_MESSAGE:
        return change_message(saver, args, error) && answer_message(saver, tree, ret, error);
    case TW_OBJECT_ID_ATTACHMENT:
        break;
    }
    return refuse(error);
}

gboolean
tw_soapd_save_object(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapSaveObjectArgs *args = data;
    TwSoapLoadObjectResponse *ret = out;
    g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);
    Saver saver = { .call = call, .sync = args->ulSyncId, .nodes = nodes };

    if (args->lpsSaveObj == NULL)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    return save(&saver, args, &ret->sSaveObject, error);
}
