/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree of an object (object.h): recipients, attachments, embedded messages, paths, walks. */
#include "base/error.h"
#include "mapi/object-node.h"
#include "mapi/object.h"
#include "mapi/tags.h"

static const TwObjectList *
get_list(const TwObject *object, TwObjectKind kind)
{
    g_return_val_if_fail(kind == TW_OBJECT_RECIPIENT || kind == TW_OBJECT_ATTACHMENT, NULL);
    return &object->lists[kind == TW_OBJECT_ATTACHMENT];
}

static TwObjectList *
edit_list(TwObject *object, TwObjectKind kind)
{
    g_return_val_if_fail(kind == TW_OBJECT_RECIPIENT || kind == TW_OBJECT_ATTACHMENT, NULL);
    return &object->lists[kind == TW_OBJECT_ATTACHMENT];
}

TwObject *
tw_object_new(TwObjectKind kind)
{
    g_return_val_if_fail(kind != TW_OBJECT_RECIPIENT && kind != TW_OBJECT_ATTACHMENT, NULL);
    return tw_object_new_node(kind, 0);
}

void /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
tw_object_free(TwObject *object)
{
    if (object == NULL)
        return;
    for (guint list = 0; list < G_N_ELEMENTS(object->lists); list++) {
        GPtrArray *nodes = object->lists[list].nodes;
        for (guint i = 0; nodes != NULL && i < nodes->len; i++)
            tw_object_free(nodes->pdata[i]);
        g_clear_pointer(&object->lists[list].nodes, g_ptr_array_unref);
        g_clear_pointer(&object->lists[list].numbers, g_hash_table_unref);
    }
    tw_object_free(object->embedded);
    g_clear_pointer(&object->owner, g_bytes_unref);
    g_clear_pointer(&object->changes, g_hash_table_unref);
    g_clear_pointer(&object->blobs, g_array_unref);
    g_free(object);
}

static gpointer
copy_change(const TwObjectChange *change)
{
    gsize bytes = change->has_bytes ? change->value.len + (gsize) 1 : 0;
    TwObjectChange *copy = g_memdup2(change, sizeof *change + bytes);

    if (change->has_bytes)
        copy->value.data = copy->bytes;
    return copy;
}

TwObject *
tw_object_copy_props(const TwObject *object)
{
    TwObject *copy = tw_object_new_node(object->kind, object->number);

    copy->owner = object->owner == NULL ? NULL : g_bytes_ref(object->owner);
    copy->base = object->base;
    copy->blobs = object->blobs == NULL ? NULL : g_array_copy(object->blobs);
    copy->count = object->count;
    copy->tree_bytes = tw_object_own_bytes(object);
    copy->max_depth = object->max_depth;
    if (object->changes != NULL) {
        GHashTableIter iter;
        gpointer id, change;

        copy->changes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        g_hash_table_iter_init(&iter, object->changes);
        while (g_hash_table_iter_next(&iter, &id, &change))
            g_hash_table_insert(copy->changes, id, copy_change(change));
    }
    return copy;
}

TwObject * /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
tw_object_copy(const TwObject *object)
{
    TwObject *copy = tw_object_copy_props(object);
    gsize bytes = object->tree_bytes;

    for (guint list = 0; list < G_N_ELEMENTS(object->lists); list++) {
        GPtrArray *nodes = object->lists[list].nodes;
        for (guint i = 0; nodes != NULL && i < nodes->len; i++)
            tw_object_attach(copy, tw_object_copy(nodes->pdata[i]));
        copy->lists[list].next = object->lists[list].next;
    }
    if (object->embedded != NULL) {
        copy->embedded = tw_object_copy(object->embedded);
        copy->embedded->parent = copy;
    }
    copy->tree_bytes = bytes;
    return copy;
}

void
tw_object_set_max_depth(TwObject *object, guint max_depth)
{
    g_return_if_fail(object->parent == NULL && max_depth <= TW_OBJECT_MAX_DEPTH);
    object->max_depth = max_depth;
}

void
tw_object_attach(TwObject *object, TwObject *child)
{
    TwObjectList *list = edit_list(object, child->kind);

    if (list->nodes == NULL) {
        list->nodes = g_ptr_array_new();
        list->numbers = g_hash_table_new(NULL, NULL);
    }
    g_ptr_array_add(list->nodes, child);
    g_hash_table_insert(list->numbers, GUINT_TO_POINTER(child->number), child);
    if (child->number >= list->next)
        list->next = child->number + (child->number < G_MAXUINT32);
    child->parent = object;
    tw_object_grow(object, (gssize) child->tree_bytes);
}

TwObject *
tw_object_add(TwObject *object, TwObjectKind kind, guint32 number, GError **error)
{
    TwObjectList *list = edit_list(object, kind);
    TwObject *child;

    if (object->kind != TW_OBJECT_MESSAGE) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "object: only messages have children");
        return NULL;
    }
    if (number == TW_OBJECT_NEW_NUMBER)
        number = list->next;
    if (number == TW_OBJECT_NEW_NUMBER || tw_object_count(object, kind) >= TW_OBJECT_MAX_CHILDREN) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "object: too many children");
        return NULL;
    }
    if (tw_object_find(object, kind, number) != NULL) {
        g_set_error(error, TW_ERROR, TW_ERROR_EXISTS, "object: a second child %u", number);
        return NULL;
    }
    if (!tw_object_has_room(object, TW_OBJECT_NODE_COST, error))
        return NULL;
    child = tw_object_new_node(kind, number);
    tw_object_attach(object, child);
    return child;
}

guint
tw_object_count(const TwObject *object, TwObjectKind kind)
{
    const TwObjectList *list = get_list(object, kind);

    return list->nodes == NULL ? 0 : list->nodes->len;
}

TwObject *
tw_object_at(const TwObject *object, TwObjectKind kind, guint index)
{
    return index < tw_object_count(object, kind) ? get_list(object, kind)->nodes->pdata[index]
                                                 : NULL;
}

TwObject *
tw_object_find(const TwObject *object, TwObjectKind kind, guint32 number)
{
    const TwObjectList *list = get_list(object, kind);

    return list->numbers == NULL ? NULL
                                 : g_hash_table_lookup(list->numbers, GUINT_TO_POINTER(number));
}

gboolean
tw_object_remove_child(TwObject *object, TwObjectKind kind, guint32 number)
{
    TwObjectList *list = edit_list(object, kind);
    TwObject *child = tw_object_find(object, kind, number);

    if (child == NULL)
        return FALSE;
    g_ptr_array_remove(list->nodes, child);
    g_hash_table_remove(list->numbers, GUINT_TO_POINTER(number));
    tw_object_grow(object, -(gssize) child->tree_bytes);
    tw_object_free(child);
    return TRUE;
}

/* Embedded messages inside one another under a message. */
static guint /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
height_of(const TwObject *message)
{
    const GPtrArray *attachments = message->lists[1].nodes;
    guint height = 0;

    for (guint i = 0; attachments != NULL && i < attachments->len; i++) {
        const TwObject *attachment = attachments->pdata[i];
        if (attachment->embedded != NULL)
            height = MAX(height, 1 + height_of(attachment->embedded));
    }
    return height;
}

void
tw_object_put_embedded(TwObject *attachment, TwObject *message)
{
    attachment->embedded = message;
    message->parent = attachment;
    tw_object_grow(attachment, (gssize) message->tree_bytes);
}

gboolean
tw_object_set_embedded(TwObject *attachment, TwObject *message, GError **error)
{
    const TwObject *root = attachment;
    guint depth = 1;
    gssize more = (gssize) message->tree_bytes;

    if (attachment->kind != TW_OBJECT_ATTACHMENT || message->kind != TW_OBJECT_MESSAGE ||
        message->parent != NULL) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID,
                            "object: only a message goes into an attachment");
        return FALSE;
    }
    for (; root->parent != NULL; root = root->parent)
        depth += root->kind == TW_OBJECT_MESSAGE;
    if (root == message || depth + height_of(message) > root->max_depth) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX,
                    "object: messages in messages deeper than %u", root->max_depth);
        return FALSE;
    }
    if (attachment->embedded != NULL)
        more -= (gssize) attachment->embedded->tree_bytes;
    if (!tw_object_has_room(attachment, more, error))
        return FALSE;
    tw_object_free(tw_object_steal_embedded(attachment));
    tw_object_remove(attachment, PR_ATTACH_DATA_BIN);
    tw_object_put_embedded(attachment, message);
    return TRUE;
}

TwObject *
tw_object_get_embedded(const TwObject *attachment)
{
    return attachment->embedded;
}

TwObject *
tw_object_steal_embedded(TwObject *attachment)
{
    TwObject *message = g_steal_pointer(&attachment->embedded);

    if (message != NULL) {
        tw_object_grow(attachment, -(gssize) message->tree_bytes);
        message->parent = NULL;
    }
    return message;
}

TwObject *
tw_object_locate(TwObject *object, const guint8 *path, gsize len, guint *ret_id)
{
    TwObject *node = object;
    guint32 number;

    if (!tw_part_check(path, len, NULL))
        return NULL;
    while (node != NULL) {
        switch (tw_part_next(&path, &len, &number)) {
        case TW_PART_ATTACHMENT:
            node = tw_object_find(node, TW_OBJECT_ATTACHMENT, number);
            break;
        case TW_PART_RECIPIENT:
            node = tw_object_find(node, TW_OBJECT_RECIPIENT, number);
            break;
        case TW_PART_EMBEDDED:
            node = node->embedded;
            break;
        case TW_PART_PROPERTY:
            *ret_id = number;
            return node;
        case TW_PART_OWN:
        case TW_PART_END:
            return NULL;
        }
    }
    return NULL;
}

/* One walk over all nodes of a tree; @visit is called with the path of the node, to which it adds its property. */
typedef struct Walk {
    gboolean (*visit)(struct Walk *walk, TwObject *node, const TwPart *path, GError **error);
    TwObjectBlobFunc on_blob;
    TwObjectLargeFunc on_large;
    gsize least;
    gpointer data;
} Walk;

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
walk_tree(Walk *walk, TwObject *node, const TwPart *path, GError **error)
{
    if (!walk->visit(walk, node, path, error))
        return FALSE;
    for (guint list = 0; list < G_N_ELEMENTS(node->lists); list++) {
        const GPtrArray *nodes = node->lists[list].nodes;
        for (guint i = 0; nodes != NULL && i < nodes->len; i++) {
            TwObject *child = nodes->pdata[i];
            TwPart step = *path;

            tw_part_push(&step, list == 0 ? TW_PART_RECIPIENT : TW_PART_ATTACHMENT, child->number);
            if (!walk_tree(walk, child, &step, error))
                return FALSE;
        }
    }
    if (node->embedded != NULL) {
        TwPart step = *path;

        tw_part_push(&step, TW_PART_EMBEDDED, 0);
        return walk_tree(walk, node->embedded, &step, error);
    }
    return TRUE;
}

static gboolean
visit_blobs(Walk *walk, TwObject *node, const TwPart *path, GError **error)
{
    for (guint i = 0; node->blobs != NULL && i < node->blobs->len; i++) {
        TwObjectBlob blob = g_array_index(node->blobs, TwObjectBlob, i);
        TwPart part = *path;

        tw_part_push(&part, TW_PART_PROPERTY, blob.tag >> 16);
        if (!walk->on_blob(node, &part, blob.tag, &blob.ref, walk->data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_object_foreach_blob(TwObject *object, TwObjectBlobFunc func, gpointer data, GError **error)
{
    Walk walk = { .visit = visit_blobs, .on_blob = func, .data = data };

    return walk_tree(&walk, object, &(TwPart){ 0 }, error);
}

static gboolean
visit_large(Walk *walk, TwObject *node, const TwPart *path, GError **error)
{
    g_autoptr(GArray) tags = tw_object_list_tags(node);

    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        guint type = tw_prop_tag_type(tag);
        TwPropValue value;
        TwPart part = *path;

        if ((type != TW_PT_UNICODE && type != TW_PT_STRING8 && type != TW_PT_BINARY) ||
            !tw_object_get(node, tag, &value) || value.len < walk->least)
            continue;
        tw_part_push(&part, TW_PART_PROPERTY, tag >> 16);
        if (!walk->on_large(node, &part, &value, walk->data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
tw_object_foreach_large(
    TwObject *object, gsize least, TwObjectLargeFunc func, gpointer data, GError **error)
{
    Walk walk = { .visit = visit_large, .on_large = func, .least = least, .data = data };

    return walk_tree(&walk, object, &(TwPart){ 0 }, error);
}

gboolean
tw_object_resolve(TwObject *object,
                  const guint8 *path,
                  gsize path_len,
                  const TwBlobId *id,
                  guint64 len,
                  GError **error)
{
    guint prop;
    TwObject *node = tw_object_locate(object, path, path_len, &prop);
    TwObjectBlob *blob = node == NULL ? NULL : tw_object_find_blob(node, prop);

    if (blob == NULL || blob->ref.len != len ||
        (blob->ref.known && !tw_blob_id_equal(&blob->ref.id, id))) {
        g_autofree char *text = tw_part_to_text(path, path_len);
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT,
                    "object: no blob of %" G_GUINT64_FORMAT " bytes belongs at \"%s\"", len, text);
        return FALSE;
    }
    blob->ref.id = *id;
    blob->ref.known = TRUE;
    return TRUE;
}

typedef struct {
    guint count, unknown;
} BlobCount;

static gboolean
count_blob(G_GNUC_UNUSED TwObject *node,
           G_GNUC_UNUSED const TwPart *part,
           G_GNUC_UNUSED guint32 tag,
           const TwBlobRef *ref,
           gpointer data,
           G_GNUC_UNUSED GError **error)
{
    BlobCount *count = data;

    count->count++;
    count->unknown += !ref->known;
    return TRUE;
}

guint
tw_object_count_blobs(TwObject *object, guint *ret_unknown)
{
    BlobCount count = { 0 };

    tw_object_foreach_blob(object, count_blob, &count, NULL);
    if (ret_unknown != NULL)
        *ret_unknown = count.unknown;
    return count.count;
}
