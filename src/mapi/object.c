/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The properties of a node. Its place in the tree is in object-tree.c.
 *
 * Invariants (object-node.h says where a property is):
 *  1. A property id is in one place: a change, a blob reference or the bag.
 *  2. count and tree_bytes are those of what tw_object_get(), tw_object_get_blob() and the children answer.
 *  3. A failed call changed nothing.
 */
#include "mapi/object.h"

#include "base/cursor.h"
#include "base/error.h"
#include "mapi/object-node.h"
#include "mapi/tags.h"

enum {
    BLOB_ENTRY_LEN = 12, /* u32 tag, u64 length, in a record */
    ENTRY_COST = 12      /* an entry of a bag and a length */
};

static gboolean
invalid(GError **error, const char *what, guint32 tag)
{
    g_set_error(error, TW_ERROR, TW_ERROR_INVALID, "property %08x: %s", tag, what);
    return FALSE;
}

TwObject *
tw_object_new_node(TwObjectKind kind, guint32 number)
{
    TwObject *object = g_new0(TwObject, 1);

    object->kind = kind;
    object->number = number;
    object->base = TW_PROPS_EMPTY;
    object->max_depth = TW_OBJECT_MAX_DEPTH;
    object->tree_bytes = TW_OBJECT_NODE_COST;
    return object;
}

guint
tw_object_number_id(TwObjectKind kind)
{
    switch (kind) {
    case TW_OBJECT_RECIPIENT:
        return PR_ROWID >> 16;
    case TW_OBJECT_ATTACHMENT:
        return PR_ATTACH_NUM >> 16;
    case TW_OBJECT_STORE:
    case TW_OBJECT_FOLDER:
    case TW_OBJECT_MESSAGE:
        break;
    }
    return 0;
}

TwObjectKind
tw_object_get_kind(const TwObject *object)
{
    return object->kind;
}

guint32
tw_object_get_number(const TwObject *object)
{
    return object->number;
}

TwObject *
tw_object_get_parent(const TwObject *object)
{
    return object->parent;
}

static gsize
cost_of(const TwPropValue *value)
{
    return ENTRY_COST + tw_value_packed_len(value);
}

void
tw_object_grow(TwObject *object, gssize more)
{
    for (; object != NULL; object = object->parent)
        object->tree_bytes += (gsize) more;
}

gboolean
tw_object_has_room(const TwObject *object, gssize more, GError **error)
{
    while (object->parent != NULL)
        object = object->parent;
    if (more <= 0 || (object->tree_bytes <= TW_OBJECT_MAX_BYTES &&
                      (gsize) more <= TW_OBJECT_MAX_BYTES - object->tree_bytes))
        return TRUE;
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "object: more than %d bytes",
                TW_OBJECT_MAX_BYTES);
    return FALSE;
}

static TwObjectChange *
find_change(const TwObject *object, guint id)
{
    return object->changes == NULL ? NULL
                                   : g_hash_table_lookup(object->changes, GUINT_TO_POINTER(id));
}

/* Index of the first blob whose id is not lower. */
static guint
blob_index(const TwObject *object, guint id)
{
    guint low = 0, high = object->blobs == NULL ? 0 : object->blobs->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(object->blobs, TwObjectBlob, middle).tag >> 16 < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

TwObjectBlob *
tw_object_find_blob(const TwObject *object, guint id)
{
    guint i = blob_index(object, id);
    TwObjectBlob *blob;

    if (object->blobs == NULL || i >= object->blobs->len)
        return NULL;
    blob = &g_array_index(object->blobs, TwObjectBlob, i);
    return blob->tag >> 16 == id ? blob : NULL;
}

/* Whether an id of a loaded bag is a property, and not part of a record's form. */
static gboolean
is_property(const TwObject *object, const TwPropValue *value)
{
    guint id = value->tag >> 16;

    return tw_prop_tag_type(value->tag) != TW_PT_OBJECT && id != TW_OBJECT_BLOBS_ID &&
           id != tw_object_number_id(object->kind);
}

/* The inline value of an id, the number left aside. */
static gboolean
find_value(const TwObject *object, guint id, TwPropValue *ret)
{
    const TwObjectChange *change = find_change(object, id);
    TwPropValue value;

    if (change != NULL) {
        if (change->removed)
            return FALSE;
        *ret = change->value;
        return TRUE;
    }
    if (!tw_props_get_id(&object->base, id, &value) || !is_property(object, &value))
        return FALSE;
    *ret = value;
    return TRUE;
}

gboolean
tw_object_get(const TwObject *object, guint32 tag, TwPropValue *ret)
{
    guint id = tag >> 16;
    TwPropValue value;

    if (id == tw_object_number_id(object->kind) && id != 0)
        value = tw_value_long(tw_prop_tag(id, TW_PT_LONG), object->number);
    else if (!find_value(object, id, &value))
        return FALSE;
    if (value.tag != tag && !tw_prop_tag_answers(value.tag, tag))
        return FALSE;
    *ret = value;
    return TRUE;
}

gboolean
tw_object_get_blob(const TwObject *object, guint32 tag, TwBlobRef *ret, guint32 *ret_tag)
{
    const TwObjectBlob *blob = tw_object_find_blob(object, tag >> 16);

    if (blob == NULL || !tw_prop_tag_answers(blob->tag, tag))
        return FALSE;
    *ret = blob->ref;
    if (ret_tag != NULL)
        *ret_tag = blob->tag;
    return TRUE;
}

gboolean
tw_object_has(const TwObject *object, guint32 tag)
{
    TwPropValue value;
    TwBlobRef ref;

    return tw_object_get(object, tag, &value) || tw_object_get_blob(object, tag, &ref, NULL);
}

const char *
tw_object_get_text(const TwObject *object, guint32 tag, const char *fallback)
{
    TwPropValue value;

    if (!tw_object_get(object, tag, &value) || tw_prop_tag_is_multi(value.tag) ||
        !tw_prop_tag_is_text(value.tag))
        return fallback;
    return value.text;
}

guint32
tw_object_get_long(const TwObject *object, guint32 tag, guint32 fallback)
{
    TwPropValue value;

    if (!tw_object_get(object, tag, &value) || tw_prop_tag_type(value.tag) != TW_PT_LONG)
        return fallback;
    return value.u4;
}

/* Whether a node may have a property of this tag at all. */
static gboolean
check_tag(const TwObject *object, guint32 tag, GError **error)
{
    guint id = tag >> 16;

    if (!tw_prop_tag_is_storable(tag))
        return invalid(error, "a tag that no value can have", tag);
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_OBJECT:
    case TW_PT_ERROR:
        return invalid(error, "not a type that is stored", tag);
    default:
        break;
    }
    if (id == TW_OBJECT_BLOBS_ID || id == PR_MESSAGE_RECIPIENTS >> 16 ||
        id == PR_MESSAGE_ATTACHMENTS >> 16 || id == tw_object_number_id(object->kind))
        return invalid(error, "kept by the store itself", tag);
    return TRUE;
}

static void
put_change(TwObject *object, guint id, TwObjectChange *change)
{
    if (object->changes == NULL)
        object->changes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_hash_table_replace(object->changes, GUINT_TO_POINTER(id), change);
}

/* Forgets the inline value of an id; what base has of it is covered by a mark. */
static void
drop_value(TwObject *object, guint id)
{
    TwPropValue value;

    if (tw_props_get_id(&object->base, id, &value)) {
        TwObjectChange *change = g_new0(TwObjectChange, 1);
        change->removed = TRUE;
        put_change(object, id, change);
    } else if (object->changes != NULL) {
        g_hash_table_remove(object->changes, GUINT_TO_POINTER(id));
    }
}

static void
drop_blob(TwObject *object, guint id)
{
    if (tw_object_find_blob(object, id) != NULL)
        g_array_remove_index(object->blobs, blob_index(object, id));
}

/* What an id costs now; 0 and FALSE when it is not there. */
static gboolean
present_cost(const TwObject *object, guint id, gsize *ret)
{
    TwPropValue value;

    *ret = 0;
    if (find_value(object, id, &value))
        *ret = cost_of(&value);
    else if (tw_object_find_blob(object, id) != NULL)
        *ret = BLOB_ENTRY_LEN;
    else
        return FALSE;
    return TRUE;
}

/* Room for a property of this cost in place of what is there; on success the sums are right already. */
static gboolean
make_room(TwObject *object, guint32 tag, gsize cost, GError **error)
{
    gsize present;
    gboolean there = present_cost(object, tag >> 16, &present);
    gssize more = (gssize) cost - (gssize) present;

    if (!there && object->count >= TW_OBJECT_MAX_PROPS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "object: more than %d properties",
                    TW_OBJECT_MAX_PROPS);
        return FALSE;
    }
    if (!tw_object_has_room(object, more, error))
        return FALSE;
    tw_object_grow(object, more);
    object->count += !there;
    return TRUE;
}

/* Data takes the place of the message in an attachment. */
static void
replace_embedded(TwObject *object, guint id)
{
    if (object->kind == TW_OBJECT_ATTACHMENT && id == TW_OBJECT_DATA_ID)
        tw_object_free(tw_object_steal_embedded(object));
}

/* Whether a value is a number, and not bytes. */
static gboolean
is_number(guint32 tag)
{
    const TwPropTypeInfo *info = tw_prop_type_info(tw_prop_tag_type(tag));

    return !tw_prop_tag_is_multi(tag) && info != NULL &&
           (info->code == TW_PT_NULL || (info->size > 0 && info->size <= 8));
}

/* A value with its own copy of the bytes, and a NUL behind them. */
static TwObjectChange *
copy_value(const TwPropValue *value)
{
    gsize len = is_number(value->tag) ? 0 : value->len;
    TwObjectChange *change = g_malloc0(sizeof *change + len + 1);

    change->value = *value;
    change->value.len = (guint32) len;
    if (is_number(value->tag))
        return change;
    if (len > 0)
        memcpy(change->bytes, value->data, len);
    change->value.data = change->bytes;
    change->has_bytes = TRUE;
    return change;
}

gboolean
tw_object_set(TwObject *object, const TwPropValue *value, GError **error)
{
    guint id = value->tag >> 16;
    TwObjectChange *change;

    if (!check_tag(object, value->tag, error) || !tw_value_check(value, error) ||
        !make_room(object, value->tag, cost_of(value), error))
        return FALSE;
    change = copy_value(value); /* first: the value may be borrowed from what goes now */
    replace_embedded(object, id);
    drop_blob(object, id);
    put_change(object, id, change);
    return TRUE;
}

gboolean
tw_object_set_blob(TwObject *object, guint32 tag, const TwBlobRef *ref, GError **error)
{
    guint id = tag >> 16, type = tw_prop_tag_type(tag);
    TwObjectBlob blob = { .tag = tag, .ref = *ref };

    if (!check_tag(object, tag, error))
        return FALSE;
    if (type != TW_PT_UNICODE && type != TW_PT_STRING8 && type != TW_PT_BINARY)
        return invalid(error, "not a type that lies in blobs", tag);
    if (!make_room(object, tag, BLOB_ENTRY_LEN, error))
        return FALSE;
    replace_embedded(object, id);
    drop_value(object, id);
    drop_blob(object, id);
    if (object->blobs == NULL)
        object->blobs = g_array_new(FALSE, FALSE, sizeof(TwObjectBlob));
    g_array_insert_val(object->blobs, blob_index(object, id), blob);
    return TRUE;
}

gboolean
tw_object_remove(TwObject *object, guint32 tag)
{
    guint id = tag >> 16;
    gsize cost;

    if (!present_cost(object, id, &cost))
        return FALSE;
    tw_object_grow(object, -(gssize) cost);
    object->count--;
    drop_value(object, id);
    drop_blob(object, id);
    return TRUE;
}

gsize
tw_object_own_bytes(const TwObject *object)
{
    gsize bytes = TW_OBJECT_NODE_COST;
    TwPropValue value;

    for (guint i = 0; tw_props_at(&object->base, i, &value); i++) {
        if (is_property(object, &value) && find_change(object, value.tag >> 16) == NULL)
            bytes += cost_of(&value);
    }
    if (object->changes != NULL) {
        GHashTableIter iter;
        gpointer item;

        g_hash_table_iter_init(&iter, object->changes);
        while (g_hash_table_iter_next(&iter, NULL, &item)) {
            const TwObjectChange *change = item;
            bytes += change->removed ? 0 : cost_of(&change->value);
        }
    }
    return bytes + (object->blobs == NULL ? 0 : object->blobs->len * (gsize) BLOB_ENTRY_LEN);
}

void
tw_object_remove_all(TwObject *object)
{
    tw_object_grow(object, (gssize) TW_OBJECT_NODE_COST - (gssize) tw_object_own_bytes(object));
    object->base = TW_PROPS_EMPTY;
    object->count = 0;
    g_clear_pointer(&object->owner, g_bytes_unref);
    g_clear_pointer(&object->changes, g_hash_table_unref);
    g_clear_pointer(&object->blobs, g_array_unref);
}

void
tw_object_swap_props(TwObject *object, TwObject *other)
{
    gssize more = (gssize) tw_object_own_bytes(other) - (gssize) tw_object_own_bytes(object);
    TwObject was = *object;

    object->owner = other->owner;
    object->base = other->base;
    object->changes = other->changes;
    object->blobs = other->blobs;
    object->count = other->count;
    other->owner = was.owner;
    other->base = was.base;
    other->changes = was.changes;
    other->blobs = was.blobs;
    other->count = was.count;
    tw_object_grow(object, more);
    tw_object_grow(other, -more);
}

static gboolean
load_blobs(TwObject *object, const TwProps *bag, const TwPropValue *list, GError **error)
{
    TwCursor cur = tw_cursor_init(list->data, list->len);
    guint previous = 0;

    if (list->tag != TW_OBJECT_BLOBS_TAG || list->len == 0 || list->len % BLOB_ENTRY_LEN != 0)
        goto corrupt;
    object->blobs =
        g_array_sized_new(FALSE, FALSE, sizeof(TwObjectBlob), list->len / BLOB_ENTRY_LEN);
    while (cur.left > 0) {
        TwObjectBlob blob = { 0 };
        TwPropValue other;
        guint type;

        if (!tw_cursor_take_u32le(&cur, &blob.tag) || !tw_cursor_take_u64le(&cur, &blob.ref.len))
            goto corrupt;
        type = tw_prop_tag_type(blob.tag);
        if (blob.tag >> 16 <= previous || !check_tag(object, blob.tag, NULL) ||
            (type != TW_PT_UNICODE && type != TW_PT_STRING8 && type != TW_PT_BINARY) ||
            tw_props_get_id(bag, blob.tag >> 16, &other))
            goto corrupt;
        previous = blob.tag >> 16;
        g_array_append_val(object->blobs, blob);
    }
    return TRUE;

corrupt:
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "object: a list of blobs that is none");
    return FALSE;
}

gboolean
tw_object_load(TwObject *object, GBytes *owner, const TwProps *bag, GError **error)
{
    TwPropValue value;
    guint count = 0;

    if (tw_props_get_id(bag, TW_OBJECT_BLOBS_ID, &value) && !load_blobs(object, bag, &value, error))
        return FALSE;
    for (guint i = 0; tw_props_at(bag, i, &value); i++) {
        if (!is_property(object, &value))
            continue;
        if (!check_tag(object, value.tag, NULL)) {
            g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "object: it cannot have property %08x",
                        value.tag);
            return FALSE;
        }
        count++;
    }
    object->owner = g_bytes_ref(owner);
    object->base = *bag;
    object->count = count + (object->blobs == NULL ? 0 : object->blobs->len);
    tw_object_grow(object, (gssize) tw_object_own_bytes(object) - (gssize) TW_OBJECT_NODE_COST);
    return TRUE;
}

gboolean
tw_object_set_bag(TwObject *object, GBytes *bag, GError **error)
{
    TwProps props;
    TwPropValue value;
    gsize bytes = 0;

    g_return_val_if_fail(object->count == 0, FALSE);
    if (!tw_props_open_bytes(bag, &props, error))
        return FALSE;
    if (props.count > TW_OBJECT_MAX_PROPS) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "object: more than %d properties",
                    TW_OBJECT_MAX_PROPS);
        return FALSE;
    }
    for (guint i = 0; tw_props_at(&props, i, &value); i++) {
        if (!check_tag(object, value.tag, error))
            return FALSE;
        bytes += cost_of(&value);
    }
    if (!tw_object_has_room(object, (gssize) bytes, error))
        return FALSE;
    if (tw_props_get_id(&props, TW_OBJECT_DATA_ID, &value))
        replace_embedded(object, TW_OBJECT_DATA_ID);
    tw_object_remove_all(object);
    if (bag != NULL)
        object->owner = g_bytes_ref(bag);
    object->base = props;
    object->count = props.count;
    tw_object_grow(object, (gssize) bytes);
    return TRUE;
}

static int
compare_tags(gconstpointer a, gconstpointer b)
{
    guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

    return (left > right) - (left < right);
}

GArray *
tw_object_list_tags(const TwObject *object)
{
    GArray *tags = g_array_sized_new(FALSE, FALSE, sizeof(guint32), object->count + 2);
    guint32 number = tw_prop_tag(tw_object_number_id(object->kind), TW_PT_LONG);
    guint32 embedded = PR_ATTACH_DATA_OBJ;
    TwPropValue value;

    for (guint i = 0; tw_props_at(&object->base, i, &value); i++) {
        if (is_property(object, &value) && find_change(object, value.tag >> 16) == NULL)
            g_array_append_val(tags, value.tag);
    }
    if (object->changes != NULL) {
        GHashTableIter iter;
        gpointer item;

        g_hash_table_iter_init(&iter, object->changes);
        while (g_hash_table_iter_next(&iter, NULL, &item)) {
            const TwObjectChange *change = item;
            if (!change->removed)
                g_array_append_val(tags, change->value.tag);
        }
    }
    for (guint i = 0; object->blobs != NULL && i < object->blobs->len; i++)
        g_array_append_val(tags, g_array_index(object->blobs, TwObjectBlob, i).tag);
    if (number >> 16 != 0)
        g_array_append_val(tags, number);
    if (object->embedded != NULL)
        g_array_append_val(tags, embedded);
    g_array_sort(tags, compare_tags);
    return tags;
}

void
tw_object_build(const TwObject *object, TwPropsBuilder *builder, gboolean (*leave_out)(guint32 tag))
{
    guint number = tw_object_number_id(object->kind);
    TwPropValue value;

    for (guint i = 0; tw_props_at(&object->base, i, &value); i++) {
        if (is_property(object, &value) && find_change(object, value.tag >> 16) == NULL &&
            (leave_out == NULL || !leave_out(value.tag)))
            tw_props_builder_set(builder, value);
    }
    if (object->changes != NULL) {
        GHashTableIter iter;
        gpointer item;

        g_hash_table_iter_init(&iter, object->changes);
        while (g_hash_table_iter_next(&iter, NULL, &item)) {
            const TwObjectChange *change = item;
            if (!change->removed && (leave_out == NULL || !leave_out(change->value.tag)))
                tw_props_builder_set(builder, change->value);
        }
    }
    if (number != 0)
        tw_props_builder_set(builder,
                             tw_value_long(tw_prop_tag(number, TW_PT_LONG), object->number));
}

static gboolean
seal_node(TwObject *object, GError **error)
{
    g_auto(TwPropsBuilder) builder = { 0 };
    g_autoptr(GBytes) bytes = NULL;
    TwProps props;

    if (object->changes == NULL && tw_object_number_id(object->kind) == 0)
        return TRUE;
    if (object->changes == NULL &&
        tw_props_get_id(&object->base, tw_object_number_id(object->kind), &(TwPropValue){ 0 }))
        return TRUE;
    tw_props_builder_init(&builder);
    tw_object_build(object, &builder, NULL);
    bytes = tw_props_builder_finish_bytes(&builder, error);
    if (bytes == NULL || !tw_props_open_verified(g_bytes_get_data(bytes, NULL),
                                                 g_bytes_get_size(bytes), &props, error))
        return FALSE;
    g_clear_pointer(&object->owner, g_bytes_unref);
    g_clear_pointer(&object->changes, g_hash_table_unref);
    object->owner = g_steal_pointer(&bytes);
    object->base = props;
    return TRUE;
}

gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth of the tree */
tw_object_seal(TwObject *object, GError **error)
{
    if (!seal_node(object, error))
        return FALSE;
    for (guint list = 0; list < G_N_ELEMENTS(object->lists); list++) {
        GPtrArray *nodes = object->lists[list].nodes;
        for (guint i = 0; nodes != NULL && i < nodes->len; i++) {
            if (!tw_object_seal(nodes->pdata[i], error))
                return FALSE;
        }
    }
    return object->embedded == NULL || tw_object_seal(object->embedded, error);
}

TwProps
tw_object_get_props(const TwObject *object)
{
    return object->base;
}

static gboolean
source_get(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_object_get(data, tag, ret);
}

static gboolean
source_get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    TwObjectKind kind;
    const TwObject *row;

    if (tag == PR_MESSAGE_RECIPIENTS)
        kind = TW_OBJECT_RECIPIENT;
    else if (tag == PR_MESSAGE_ATTACHMENTS)
        kind = TW_OBJECT_ATTACHMENT;
    else
        return FALSE;
    row = tw_object_at(data, kind, index);
    if (row == NULL)
        return FALSE;
    *ret = row->base;
    return TRUE;
}

TwPropSource
tw_object_source(TwObject *object)
{
    return (TwPropSource){ .get = source_get, .get_row = source_get_row, .data = object };
}

gsize
tw_object_inline_bytes(const TwObject *object)
{
    return object->tree_bytes;
}
