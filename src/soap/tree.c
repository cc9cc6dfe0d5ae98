/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/tree.h"

#include "base/error.h"

#define TAG_OBJECT_TYPE 0x0FFE0003u
#define TAG_ATTACH_DATA_BIN 0x37010102u
#define TAG_EC_IMAP_EMAIL 0x678C0102u

enum {
    TYPE_LIST = 8 /* a recipient that is a distribution list */
};

typedef struct {
    TwSoapNumberFunc number;
    gpointer data;
    TwArena *arena;
} Loader;

/* loadObject has text as Unicode, however it is stored. */
static guint32
unicode_tag(guint32 tag)
{
    return tw_prop_tag_is_text(tag) ? tag | 1u : tag;
}
G_STATIC_ASSERT((TW_PT_STRING8 | 1u) == TW_PT_UNICODE);

static gboolean
load_props(const Loader *loader, const TwObject *object, TwSoapSaveObject *ret)
{
    g_autoptr(GArray) tags = tw_object_list_tags(object);

    ret->delProps.items = tw_arena_alloc_array(loader->arena, tags->len, sizeof(guint32));
    ret->modProps.items = tw_arena_alloc_array(loader->arena, tags->len, sizeof(TwPropValue));
    if (ret->delProps.items == NULL || ret->modProps.items == NULL)
        return FALSE;
    for (guint i = 0; i < tags->len; i++) {
        guint32 tag = g_array_index(tags, guint32, i);
        TwPropValue value;

        ret->delProps.items[ret->delProps.count++] = unicode_tag(tag);
        if (tag == TAG_ATTACH_DATA_BIN || tag == TAG_EC_IMAP_EMAIL ||
            !tw_object_get(object, tag, &value) || value.len >= TW_SOAP_TREE_INLINE)
            continue;
        value.tag = unicode_tag(value.tag);
        ret->modProps.items[ret->modProps.count++] = value;
    }
    return TRUE;
}

static guint32
wire_type(const TwObject *object)
{
    TwObjectKind kind = tw_object_get_kind(object);

    if (kind == TW_OBJECT_RECIPIENT && tw_object_get_long(object, TAG_OBJECT_TYPE, 0) == TYPE_LIST)
        return TYPE_LIST;
    return (guint32) kind;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
load(const Loader *loader, const TwObject *object, TwSoapSaveObject *ret)
{
    guint recipients = tw_object_count(object, TW_OBJECT_RECIPIENT);
    guint attachments = tw_object_count(object, TW_OBJECT_ATTACHMENT);
    const TwObject *embedded = tw_object_get_embedded(object);
    guint32 count = recipients + attachments + (embedded != NULL);

    *ret = (TwSoapSaveObject){ 0 };
    ret->ulObjType = wire_type(object);
    ret->ulServerId = loader->number != NULL ? loader->number(object, loader->data) : 0;
    ret->items = tw_arena_alloc_array(loader->arena, count, sizeof *ret->items);
    if (ret->items == NULL || !load_props(loader, object, ret))
        return FALSE;
    for (guint i = 0; i < recipients; i++) {
        const TwObject *child = tw_object_at(object, TW_OBJECT_RECIPIENT, i);
        if (!load(loader, child, &ret->items[ret->count++]))
            return FALSE;
    }
    for (guint i = 0; i < attachments; i++) {
        const TwObject *child = tw_object_at(object, TW_OBJECT_ATTACHMENT, i);
        if (!load(loader, child, &ret->items[ret->count++]))
            return FALSE;
    }
    return embedded == NULL || load(loader, embedded, &ret->items[ret->count++]);
}

gboolean
tw_soap_tree_load(const TwObject *object,
                  TwSoapNumberFunc number,
                  gpointer data,
                  TwArena *arena,
                  TwSoapSaveObject *ret,
                  GError **error)
{
    Loader loader = { number, data, arena };

    if (load(&loader, object, ret))
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "an object larger than its memory");
    return FALSE;
}

gboolean
tw_soap_tree_set(const TwSoapSaveObject *tree, TwObject *object, GError **error)
{
    if (tw_object_get_kind(object) == TW_OBJECT_RECIPIENT)
        tw_object_remove_all(object);
    for (guint32 i = 0; i < tree->delProps.count; i++)
        (void) tw_object_remove(object, tree->delProps.items[i]);
    /* from the last to the first, so that of two the first stays */
    for (guint32 i = tree->modProps.count; i > 0; i--) {
        const TwPropValue *value = &tree->modProps.items[i - 1];
        guint id = tw_prop_tag_id(value->tag);
        /* the number of a node is its own */
        if (id == 0x3000 && tw_object_get_kind(object) == TW_OBJECT_RECIPIENT)
            continue;
        if (id == 0x0E21 && tw_object_get_kind(object) == TW_OBJECT_ATTACHMENT)
            continue;
        if (!tw_object_set(object, value, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
refuse(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "objects that do not nest so");
    return FALSE;
}

static gboolean fill(const TwSoapSaveObject *tree, TwObject *object, guint depth, GError **error);

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
fill_embedded(const TwSoapSaveObject *tree, TwObject *object, guint depth, GError **error)
{
    g_autoptr(TwObject) message = NULL;

    if (tw_object_get_kind(object) != TW_OBJECT_ATTACHMENT ||
        tw_object_get_embedded(object) != NULL)
        return refuse(error);
    message = tw_object_new(TW_OBJECT_MESSAGE);
    if (!fill(tree, message, depth + 1, error) || !tw_object_set_embedded(object, message, error))
        return FALSE;
    (void) g_steal_pointer(&message);
    return TRUE;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
fill_child(const TwSoapSaveObject *tree, TwObject *object, guint depth, GError **error)
{
    TwObjectKind kind =
        tree->ulObjType == TYPE_LIST ? TW_OBJECT_RECIPIENT : (TwObjectKind) tree->ulObjType;
    guint32 number = tree->ulClientId;
    TwObject *child;

    if (kind == TW_OBJECT_MESSAGE)
        return fill_embedded(tree, object, depth, error);
    if (kind != TW_OBJECT_RECIPIENT && kind != TW_OBJECT_ATTACHMENT)
        return refuse(error);
    if (tw_object_find(object, kind, number) != NULL)
        number = TW_OBJECT_NEW_NUMBER;
    child = tw_object_add(object, kind, number, error);
    return child != NULL && fill(tree, child, depth + 1, error);
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
fill(const TwSoapSaveObject *tree, TwObject *object, guint depth, GError **error)
{
    /* a message in an attachment is two levels */
    if (depth > 2 * TW_OBJECT_MAX_DEPTH + 1) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "objects nested too deep");
        return FALSE;
    }
    if (!tw_soap_tree_set(tree, object, error))
        return FALSE;
    for (guint32 i = 0; i < tree->count; i++) {
        if (!tree->items[i].bDelete && !fill_child(&tree->items[i], object, depth, error))
            return FALSE;
    }
    return TRUE;
}

TwObject *
tw_soap_tree_new(const TwSoapSaveObject *tree, GError **error)
{
    g_autoptr(TwObject) object = NULL;

    if (tree->ulObjType != TW_OBJECT_STORE && tree->ulObjType != TW_OBJECT_FOLDER &&
        tree->ulObjType != TW_OBJECT_MESSAGE) {
        (void) refuse(error);
        return NULL;
    }
    object = tw_object_new((TwObjectKind) tree->ulObjType);
    return fill(tree, object, 0, error) ? g_steal_pointer(&object) : NULL;
}
