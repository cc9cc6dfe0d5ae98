/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A message in hand: properties, recipients, attachments and the messages embedded in them, as a tree of nodes; new, or
 * loaded from a tail record and perhaps changed since. Stores and folders are single nodes of the same type.
 *
 * A node has properties: those it was loaded with are an immutable packed bag, those set or removed since lie beside it.
 * A value is either bytes or, when large, a reference to a blob: then the node knows its length, and its blob id once
 * somebody told (tw_object_resolve()), as a tail record does not repeat what the blobref rows say.
 *
 * A node belongs to its parent and dies with it; pointers to nodes are borrowed. One thread at a time may change a tree.
 * A tree without changes since it was parsed or tw_object_seal() was called may be read by any number of threads.
 */
#pragma once

#include "mapi/blob-id.h"
#include "mapi/part.h"
#include "mapi/props.h"
#include "mapi/restriction.h"

G_BEGIN_DECLS

enum {
    /* Messages in messages, of spec/mapi-soap.md 7.3 "nesting": the default of embedded_attachment_limit and the most it may
     * be. Deeper is TW_ERROR_TOO_COMPLEX: without it a stack of 10,000 forwards is a recursion of 10,000. */
    TW_OBJECT_MAX_DEPTH = TW_PART_MAX_DEPTH,
    /* Recipients of a message, and attachments of a message: rows of a packed list (value.h). */
    TW_OBJECT_MAX_CHILDREN = TW_VALUE_MAX_ITEMS,
    /* Inline bytes of all properties of one tree; larger values belong into blobs before. */
    TW_OBJECT_MAX_BYTES = TW_PROPS_MAX_LEN,
    /* Property id under which a bag on disk lists its blob references (record.h). Clients cannot set it. */
    TW_OBJECT_BLOBS_ID = 0x67FE,
};

/* Numbers are those of MAPI object types and of the wire (spec/mapi-soap.md 7.1). A recipient that is a distribution list
 * (type 8) is a RECIPIENT here; its PR_OBJECT_TYPE says which. */
typedef enum {
    TW_OBJECT_STORE = 1,
    TW_OBJECT_FOLDER = 3,
    TW_OBJECT_MESSAGE = 5,
    TW_OBJECT_RECIPIENT = 6,
    TW_OBJECT_ATTACHMENT = 7,
} TwObjectKind;

/** TW_OBJECT_NEW_NUMBER: asks for a number that no recipient or attachment of the message has had while in hand. */
#define TW_OBJECT_NEW_NUMBER G_MAXUINT32

/* A large value: what stands in place of its bytes. */
typedef struct {
    TwBlobId id;    /* meaningful when known */
    gboolean known; /* the id is here; else it is in the blobref row of the value's path */
    guint64 len;    /* bytes of the value; of text without a NUL at its end */
} TwBlobRef;

typedef struct TwObject TwObject;

/**
 * tw_object_new:
 * @kind: STORE, FOLDER or MESSAGE
 *
 * Returns: (transfer full): an empty root
 */
TwObject *tw_object_new(TwObjectKind kind);

/**
 * tw_object_free:
 * @object: (nullable) (transfer full): a root, or a node that was stolen from its parent
 *
 * Frees the tree.
 */
void tw_object_free(TwObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwObject, tw_object_free)

/**
 * tw_object_copy:
 * @object: a node
 *
 * Copies the tree under @object; bags that were loaded are shared, blobs are referred to, not copied.
 *
 * Returns: (transfer full): a root of the same kind with the same numbers
 */
TwObject *tw_object_copy(const TwObject *object);

/**
 * tw_object_get_kind:
 * @object: a node
 *
 * Returns: what it is
 */
TwObjectKind tw_object_get_kind(const TwObject *object);

/**
 * tw_object_get_number:
 * @object: a node
 *
 * Returns: PR_ROWID of a recipient, PR_ATTACH_NUM of an attachment; 0 for others
 */
guint32 tw_object_get_number(const TwObject *object);

/**
 * tw_object_get_parent:
 * @object: a node
 *
 * Returns: (transfer none) (nullable): the message of a recipient or attachment, the attachment of an embedded message,
 *   or NULL for a root
 */
TwObject *tw_object_get_parent(const TwObject *object);

/**
 * tw_object_set_max_depth:
 * @object: a root
 * @max_depth: most embedded messages inside one another, at most %TW_OBJECT_MAX_DEPTH; 0 allows none
 *
 * Sets the limit embedded_attachment_limit for what is added from now on.
 */
void tw_object_set_max_depth(TwObject *object, guint max_depth);

/* --- properties ------------------------------------------------------------------------------------------------ */

/**
 * tw_object_set:
 * @object: a node
 * @value: a value, copied
 * @error: on failure, and nothing is changed: TW_ERROR_INVALID (a tag no value can have, an ERROR, an OBJECT, the tags of
 *   the number or of %TW_OBJECT_BLOBS_ID), TW_ERROR_CORRUPT, TW_ERROR_TOO_BIG (as tw_value_check();
 *   %TW_OBJECT_MAX_BYTES; TW_PROPS_MAX_COUNT properties)
 *
 * Sets a property and replaces any other of the same id, whatever its type, its blob reference included. Data of an
 * attachment (PR_ATTACH_DATA_BIN) replaces an embedded message.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_set(TwObject *object, const TwPropValue *value, GError **error);

/**
 * tw_object_set_blob:
 * @object: a node
 * @tag: of type UNICODE, STRING8 or BINARY
 * @ref: the reference, copied
 * @error: on failure, and nothing is changed: TW_ERROR_INVALID, TW_ERROR_TOO_BIG
 *
 * As tw_object_set(), with a value that lies in a blob.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_set_blob(TwObject *object, guint32 tag, const TwBlobRef *ref, GError **error);

/**
 * tw_object_set_bag:
 * @object: a node without properties and without references
 * @bag: (nullable): a packed bag, kept by reference
 * @error: on failure as tw_props_open(), and TW_ERROR_INVALID as tw_object_set()
 *
 * Gives a new node all its properties at once; the cheapest way for codecs that make whole bags.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_set_bag(TwObject *object, GBytes *bag, GError **error);

/**
 * tw_object_remove:
 * @object: a node
 * @tag: any tag of the property; only its id counts
 *
 * Removes a property with its bytes or its reference.
 *
 * Returns: whether it was there
 */
gboolean tw_object_remove(TwObject *object, guint32 tag);

/**
 * tw_object_remove_all:
 * @object: a node
 *
 * Removes all properties, for recipients, whose set is replaced as a whole (spec/mapi-soap.md 7.3). Number, children and an
 * embedded message stay.
 */
void tw_object_remove_all(TwObject *object);

/**
 * tw_object_get:
 * @object: a node
 * @tag: the tag asked for; PT_UNSPECIFIED asks for any type
 * @ret: (out): the value, borrowed until the node is changed or sealed
 *
 * Reads a property by the rule of tw_prop_tag_answers(). PR_ROWID of a recipient and PR_ATTACH_NUM of an attachment answer
 * their numbers. Values in blobs and sub-objects are not found here.
 *
 * Returns: FALSE, and @ret untouched, if it is not there
 */
gboolean tw_object_get(const TwObject *object, guint32 tag, TwPropValue *ret);

/**
 * tw_object_get_blob:
 * @object: a node
 * @tag: the tag asked for, as tw_object_get()
 * @ret: (out): the reference
 * @ret_tag: (out) (optional): the tag it is stored under
 *
 * Returns: FALSE, and nothing written, if the property is not there or not in a blob
 */
gboolean tw_object_get_blob(const TwObject *object, guint32 tag, TwBlobRef *ret, guint32 *ret_tag);

/**
 * tw_object_has:
 * @object: a node
 * @tag: the tag asked for, as tw_object_get()
 *
 * Returns: whether the property is there, in bytes or in a blob
 */
gboolean tw_object_has(const TwObject *object, guint32 tag);

/**
 * tw_object_get_text:
 * @object: a node
 * @tag: a tag of text
 * @fallback: (nullable): what to answer when it is not there
 *
 * Returns: (transfer none): the text, borrowed as by tw_object_get(), or @fallback
 */
const char *tw_object_get_text(const TwObject *object, guint32 tag, const char *fallback);

/**
 * tw_object_get_long:
 * @object: a node
 * @tag: a tag of type LONG
 * @fallback: what to answer when it is not there
 *
 * Returns: the number as unsigned, or @fallback
 */
guint32 tw_object_get_long(const TwObject *object, guint32 tag, guint32 fallback);

/**
 * tw_object_list_tags:
 * @object: a node
 *
 * All tags that exist, ids ascending: inline, in blobs, the number, and PR_ATTACH_DATA_OBJ where there is an embedded
 * message. This is delProps of loadObject (spec/mapi-soap.md 7.1).
 *
 * Returns: (transfer full) (element-type guint32): the tags
 */
GArray *tw_object_list_tags(const TwObject *object);

/**
 * tw_object_seal:
 * @object: a node
 * @error: on failure TW_ERROR_TOO_BIG
 *
 * Packs the changes of the whole tree into bags, so that tw_object_get_props() may be used and that several threads may
 * read.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_seal(TwObject *object, GError **error);

/**
 * tw_object_get_props:
 * @object: a sealed node
 *
 * Its inline properties as a bag, borrowed until the node is changed. May hold properties of type OBJECT and that of
 * %TW_OBJECT_BLOBS_ID, which are the record's own and not for clients; PR_ROWID and PR_ATTACH_NUM are in it.
 *
 * Returns: the bag
 */
TwProps tw_object_get_props(const TwObject *object);

/**
 * tw_object_source:
 * @object: a sealed node, borrowed for as long as the source is used
 *
 * For tw_restriction_match(), with recipients and attachments as rows. A value in a blob counts as missing.
 *
 * Returns: the source
 */
TwPropSource tw_object_source(TwObject *object);

/* --- recipients, attachments, embedded messages ---------------------------------------------------------------- */

/**
 * tw_object_add:
 * @object: a message
 * @kind: RECIPIENT or ATTACHMENT
 * @number: its number, or %TW_OBJECT_NEW_NUMBER
 * @error: on failure TW_ERROR_EXISTS (the number is taken), TW_ERROR_INVALID (@object is no message), TW_ERROR_TOO_BIG
 *   (%TW_OBJECT_MAX_CHILDREN)
 *
 * Adds a recipient or attachment. Numbers of removed ones are not given out again while the object is in hand, so a path
 * never comes to mean another value.
 *
 * Returns: (transfer none): the new node, or NULL
 */
TwObject *tw_object_add(TwObject *object, TwObjectKind kind, guint32 number, GError **error);

/**
 * tw_object_count:
 * @object: a node
 * @kind: RECIPIENT or ATTACHMENT
 *
 * Returns: how many it has
 */
guint tw_object_count(const TwObject *object, TwObjectKind kind);

/**
 * tw_object_at:
 * @object: a node
 * @kind: RECIPIENT or ATTACHMENT
 * @index: from 0, in the order in which they were added
 *
 * Returns: (transfer none) (nullable): the node, or NULL past the end
 */
TwObject *tw_object_at(const TwObject *object, TwObjectKind kind, guint index);

/**
 * tw_object_find:
 * @object: a node
 * @kind: RECIPIENT or ATTACHMENT
 * @number: its number
 *
 * Returns: (transfer none) (nullable): the node, or NULL
 */
TwObject *tw_object_find(const TwObject *object, TwObjectKind kind, guint32 number);

/**
 * tw_object_remove_child:
 * @object: a message
 * @kind: RECIPIENT or ATTACHMENT
 * @number: its number
 *
 * Frees one recipient or attachment with all in it.
 *
 * Returns: whether there was one
 */
gboolean tw_object_remove_child(TwObject *object, TwObjectKind kind, guint32 number);

/**
 * tw_object_set_embedded:
 * @attachment: an attachment
 * @message: (transfer full): a root of kind MESSAGE; belongs to @attachment on success, is the caller's still on failure
 * @error: on failure TW_ERROR_TOO_COMPLEX (deeper than the limit of the tree), TW_ERROR_INVALID (not these kinds)
 *
 * Makes @message what is attached; replaces data or another message.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_set_embedded(TwObject *attachment, TwObject *message, GError **error);

/**
 * tw_object_get_embedded:
 * @attachment: a node
 *
 * Returns: (transfer none) (nullable): the message in it, or NULL
 */
TwObject *tw_object_get_embedded(const TwObject *attachment);

/**
 * tw_object_steal_embedded:
 * @attachment: an attachment
 *
 * Returns: (transfer full) (nullable): the message that was in it, now a root, or NULL
 */
TwObject *tw_object_steal_embedded(TwObject *attachment);

/* --- paths, blobs and size ------------------------------------------------------------------------------------- */

/**
 * tw_object_locate:
 * @object: a root
 * @path: (array length=len): the path of a value (part.h)
 * @len: how many bytes
 * @ret_id: (out): the property id at its end
 *
 * Returns: (transfer none) (nullable): the node that has or may have the property, or NULL: a path of the store's own, a
 *   node that is not there, or no path at all
 */
TwObject *tw_object_locate(TwObject *object, const guint8 *path, gsize len, guint *ret_id);

/* Called with each blob reference of a tree. @part is the path of the value, with its property step. FALSE with @error set
 * stops the walk. */
typedef gboolean (*TwObjectBlobFunc)(TwObject *node,
                                     const TwPart *part,
                                     guint32 tag,
                                     const TwBlobRef *ref,
                                     gpointer data,
                                     GError **error);

/**
 * tw_object_foreach_blob:
 * @object: a root
 * @func: called for each reference; may call tw_object_resolve() and tw_object_set_blob() for the value at hand
 * @data: for @func
 * @error: whatever @func says
 *
 * Walks through all blob references of the tree: the node's own by id, then recipients, then attachments with what is
 * embedded.
 *
 * Returns: FALSE if @func did
 */
gboolean tw_object_foreach_blob(TwObject *object,
                                TwObjectBlobFunc func,
                                gpointer data,
                                GError **error);

/* Called with each inline value of UNICODE, STRING8 or BINARY of a tree that is at least as long as asked for. */
typedef gboolean (*TwObjectLargeFunc)(
    TwObject *node, const TwPart *part, const TwPropValue *value, gpointer data, GError **error);

/**
 * tw_object_foreach_large:
 * @object: a root
 * @least: bytes
 * @func: called for each inline value of at least that length; may call tw_object_set_blob() for it, after which the
 *   value is gone
 * @data: for @func
 * @error: whatever @func says
 *
 * For moving large values into blobs before a record is written.
 *
 * Returns: FALSE if @func did
 */
gboolean tw_object_foreach_large(
    TwObject *object, gsize least, TwObjectLargeFunc func, gpointer data, GError **error);

/**
 * tw_object_resolve:
 * @object: a root
 * @path: (array length=path_len): path of a blobref row
 * @path_len: how many bytes
 * @id: the blob id of the row
 * @len: the length in the row
 * @error: on failure TW_ERROR_CORRUPT: the object has no such reference, or one of another length
 *
 * Tells a reference where its blob is. Setting it does not count as a change.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_resolve(TwObject *object,
                           const guint8 *path,
                           gsize path_len,
                           const TwBlobId *id,
                           guint64 len,
                           GError **error);

/**
 * tw_object_count_blobs:
 * @object: a root
 * @ret_unknown: (out) (optional): how many of them have no blob id yet
 *
 * Returns: how many blob references are in the tree
 */
guint tw_object_count_blobs(TwObject *object, guint *ret_unknown);

/**
 * tw_object_inline_bytes:
 * @object: a node
 *
 * Returns: bytes of packed inline values of the tree, entries included: about the size of its bag, and what
 *   %TW_OBJECT_MAX_BYTES limits
 */
gsize tw_object_inline_bytes(const TwObject *object);

G_END_DECLS
