/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/save.h"

#include "mapi/object-node.h"
#include "mapi/tags.h"
#include "store/derive.h"

/* Made by the store; a client's value is silently ignored. */
static gboolean
is_redundant(TwObjectKind kind, guint id)
{
    switch (id) {
    case PR_ACCESS >> 16:
    case PR_ACCESS_LEVEL >> 16:
    case PR_RIGHTS >> 16:
    case PR_USER_NAME >> 16:
    case PR_USER_ENTRYID >> 16:
    case PR_MAILBOX_OWNER_NAME >> 16:
    case PR_MAILBOX_OWNER_ENTRYID >> 16:
    case PR_EC_HIERARCHYID >> 16:
    case PR_SUBFOLDERS >> 16:
    case PR_HASATTACH >> 16:
    case PR_PARENT_ENTRYID >> 16:
    case PR_STORE_ENTRYID >> 16:
    case PR_STORE_RECORD_KEY >> 16:
    case PR_LONGTERM_ENTRYID_FROM_TABLE >> 16:
    case PR_INSTANCE_KEY >> 16:
    case PR_CONTENT_COUNT >> 16:
    case PR_CONTENT_UNREAD >> 16:
    case PR_PARENT_SOURCE_KEY >> 16:
    case PR_FOLDER_TYPE >> 16:
    case PR_EC_IMAP_ID >> 16:
        return TRUE;
    case PR_ENTRYID >> 16:
    case PR_OBJECT_TYPE >> 16:
        return kind != TW_OBJECT_RECIPIENT; /* whom it is to, and whether that is a list */
    case PR_RECORD_KEY >> 16:
        return kind != TW_OBJECT_ATTACHMENT && kind != TW_OBJECT_RECIPIENT;
    default:
        return FALSE;
    }
}

/* Set when the object is made, by its maker. */
static gboolean
is_first_only(guint id, guint flags)
{
    switch (id) {
    case PR_LAST_MODIFICATION_TIME >> 16:
    case PR_MESSAGE_FLAGS >> 16:
    case PR_SEARCH_KEY >> 16:
    case PR_LAST_MODIFIER_NAME >> 16:
    case PR_LAST_MODIFIER_ENTRYID >> 16:
        return (flags & TW_SAVE_SYNC) == 0;
    case PR_SOURCE_KEY >> 16:
        return (flags & TW_SAVE_IN_FOLDER) != 0;
    default:
        return FALSE;
    }
}

gboolean
tw_save_may_set(TwObjectKind kind, guint32 tag, guint flags)
{
    guint id = tag >> 16;

    switch (tw_prop_tag_type(tag)) {
    case TW_PT_NULL:
    case TW_PT_ERROR:
    case TW_PT_OBJECT:
        return FALSE;
    default:
        break;
    }
    if (id == TW_OBJECT_BLOBS_ID || is_redundant(kind, id))
        return FALSE;
    if (kind ==
        TW_OBJECT_RECIPIENT) /* a search key there is an address, and the row is replaced whole */
        return id != PR_ROWID >> 16;
    if (kind == TW_OBJECT_ATTACHMENT && id == PR_ATTACH_NUM >> 16)
        return FALSE;
    return (flags & TW_SAVE_FIRST) != 0 || !is_first_only(id, flags);
}

gboolean
tw_save_may_remove(TwObjectKind kind, guint32 tag)
{
    if (kind == TW_OBJECT_RECIPIENT)
        return TRUE;
    switch (tag >> 16) {
    case PR_MESSAGE_FLAGS >> 16:
    case PR_CREATION_TIME >> 16:
    case PR_LAST_MODIFICATION_TIME >> 16:
    case PR_LAST_MODIFIER_NAME >> 16:
    case PR_LAST_MODIFIER_ENTRYID >> 16:
    case PR_SOURCE_KEY >> 16:
        return FALSE;
    default:
        return TRUE;
    }
}

/* Sets each property whose id comes for the first time, on a node that may be spoiled. */
static gboolean
set_values(TwObject *object, const TwSaveProps *props, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (gsize i = 0; i < props->value_count; i++) {
        const TwPropValue *value = &props->values[i];

        if (!tw_save_may_set(tw_object_get_kind(object), value->tag, props->flags))
            continue;
        if (g_hash_table_add(seen, GUINT_TO_POINTER(value->tag >> 16)) &&
            !tw_object_set(object, value, error))
            return FALSE;
    }
    if (tw_object_get_kind(object) == TW_OBJECT_MESSAGE &&
        g_hash_table_contains(seen, GUINT_TO_POINTER(PR_SUBJECT >> 16)))
        return tw_derive_subject_changed(
            object, g_hash_table_contains(seen, GUINT_TO_POINTER(PR_SUBJECT_PREFIX >> 16)), error);
    return TRUE;
}

static gboolean
apply(TwObject *object, const TwSaveProps *props, GError **error)
{
    TwObjectKind kind = tw_object_get_kind(object);

    if (kind == TW_OBJECT_RECIPIENT)
        tw_object_remove_all(object);
    for (gsize i = 0; i < props->removed_count; i++) {
        if (tw_save_may_remove(kind, props->removed[i]))
            tw_object_remove(object, props->removed[i]);
    }
    return set_values(object, props, error);
}

gboolean
tw_save_apply_props(TwObject *object, const TwSaveProps *props, GError **error)
{
    g_autoptr(TwObject) before = tw_object_copy_props(object);
    g_autoptr(TwObject) embedded = tw_object_steal_embedded(object);
    gboolean good = apply(object, props, error);

    if (!good)
        tw_object_swap_props(object, before);
    /* data takes the place of an embedded message, and nothing else does */
    if (embedded != NULL &&
        !tw_object_has(object, tw_prop_tag(TW_OBJECT_DATA_ID, TW_PT_UNSPECIFIED)))
        tw_object_put_embedded(object, g_steal_pointer(&embedded));
    return good;
}
