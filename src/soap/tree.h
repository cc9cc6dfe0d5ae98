/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * saveObject, the tree of the wire, and TwObject, the tree of the house: spec/mapi-soap.md 7.1.
 */
#pragma once

#include "base/arena.h"
#include "mapi/object.h"
#include "soap/types.h"

G_BEGIN_DECLS

enum {
    TW_SOAP_TREE_INLINE =
        32768, /* values as long as this are fetched by loadProp (spec/mapi-soap.md 7.2) */
};

/* Object number of a node, ulServerId on the wire; 0 for one that has none. */
typedef guint32 (*TwSoapNumberFunc)(const TwObject *node, gpointer data);

/**
 * tw_soap_tree_load:
 * @object: an object; its values are borrowed for as long as @ret is used
 * @number: (nullable): says the numbers; NULL: all are 0
 * @data: for @number
 * @arena: where the tree shall lie
 * @ret: (out): what loadObject answers
 * @error: on failure TW_ERROR_TOO_BIG (the arena is full)
 *
 * Lists all tags, and the values but large ones, attachment data and the raw mail. Text is under Unicode tags.
 * Children are recipients, attachments, and the message in an attachment. Source: spec/mapi-soap.md 7.1, 7.2, 4.2.
 *
 * Returns: TRUE on success
 */
gboolean tw_soap_tree_load(const TwObject *object,
                           TwSoapNumberFunc number,
                           gpointer data,
                           TwArena *arena,
                           TwSoapSaveObject *ret,
                           GError **error);

/**
 * tw_soap_tree_set:
 * @tree: one node of a tree that a client sent; its children are the caller's matter
 * @object: the node of the house that it is about
 * @error: on failure as tw_object_set(), and the first values may be set then
 *
 * Removes what it deletes and sets what it says, of the same property the first value; recipients lose what is not said.
 * Source: spec/mapi-soap.md 7.3.
 *
 * Returns: TRUE on success
 */
gboolean tw_soap_tree_set(const TwSoapSaveObject *tree, TwObject *object, GError **error);

/**
 * tw_soap_tree_new:
 * @tree: a tree that describes a whole object: what loadObject answered, or a save of a new one
 * @error: on failure TW_ERROR_INVALID (kinds that do not nest so), or as tw_object_add() and tw_soap_tree_set()
 *
 * Makes an object of a tree. Children that the tree deletes are left out; recipients and attachments have ulClientId as
 * their number where it is free.
 *
 * Returns: (transfer full): the object, or NULL
 */
TwObject *tw_soap_tree_new(const TwSoapSaveObject *tree, GError **error);

G_END_DECLS
