/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a node of object.h looks inside: for those who load nodes from bytes and write them down (store/record.h). Everybody
 * else uses object.h.
 */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

enum {
    /* what a node costs in TW_OBJECT_MAX_BYTES besides its values: its header and place in a list */
    TW_OBJECT_NODE_COST = 64,
    /* properties of one node: what a bag takes, less the four that a record adds */
    TW_OBJECT_MAX_PROPS = TW_PROPS_MAX_COUNT - 4,
    TW_OBJECT_DATA_ID = 0x3701, /* PR_ATTACH_DATA_BIN and PR_ATTACH_DATA_OBJ */
    TW_OBJECT_BLOBS_TAG = TW_OBJECT_BLOBS_ID << 16 | TW_PT_BINARY,
};

/* A property set or removed since the node was loaded or sealed. */
typedef struct {
    gboolean removed;
    gboolean has_bytes; /* value points at bytes below; else it is a number */
    TwPropValue value;
    guint8 bytes[];
} TwObjectChange;

typedef struct {
    guint32 tag;
    TwBlobRef ref;
} TwObjectBlob;

/* Recipients or attachments of a message. */
typedef struct {
    GPtrArray *nodes;    /* owned nodes in the order of adding; NULL while there never was one */
    GHashTable *numbers; /* number to node */
    guint32 next;        /* higher than any number given so far; G_MAXUINT32: none is left */
} TwObjectList;

/*
 * Where a property is, by its id: in changes (set or removed), else in blobs, else in base. An id that is in blobs is not
 * in base, or removed in changes. Properties of type OBJECT and TW_OBJECT_BLOBS_ID of base are none: they were turned into
 * lists, embedded and blobs when the node was loaded. The number is not looked up in base either.
 */
struct TwObject {
    TwObjectKind kind;
    guint32 number;
    guint max_depth;       /* of a root */
    TwObject *parent;      /* borrowed; NULL for a root */
    GBytes *owner;         /* (nullable): what base borrows from */
    TwProps base;          /* as loaded or sealed */
    GHashTable *changes;   /* (nullable): id to TwObjectChange */
    GArray *blobs;         /* (nullable): TwObjectBlob, ids ascending */
    guint count;           /* properties, inline and in blobs, without the number */
    gsize tree_bytes;      /* inline bytes of this node and all under it */
    TwObjectList lists[2]; /* recipients, attachments */
    TwObject *embedded;    /* (nullable): owned */
};

/**
 * tw_object_new_node:
 * @kind: any
 * @number: of a recipient or attachment, else 0
 *
 * Returns: (transfer full): an empty node without a parent
 */
TwObject *tw_object_new_node(TwObjectKind kind, guint32 number);

/**
 * tw_object_number_id:
 * @kind: a kind
 *
 * Returns: the id of the property that is the number, or 0
 */
guint tw_object_number_id(TwObjectKind kind);

/**
 * tw_object_load:
 * @object: an empty node
 * @owner: bytes that @bag lies in
 * @bag: a checked bag
 * @error: on failure TW_ERROR_CORRUPT: a list of blobs that breaks its form
 *
 * Gives a node its properties and blob references; rows and the embedded message are the caller's.
 *
 * Returns: TRUE on success
 */
gboolean tw_object_load(TwObject *object, GBytes *owner, const TwProps *bag, GError **error);

/**
 * tw_object_build:
 * @object: a node
 * @builder: gets its inline properties and number
 * @leave_out: (nullable): TRUE for a tag that is not wanted
 */
void tw_object_build(const TwObject *object,
                     TwPropsBuilder *builder,
                     gboolean (*leave_out)(guint32 tag));

/**
 * tw_object_own_bytes:
 * @object: a node
 *
 * Returns: its cost, its inline values and what its blob references cost, without what is under it
 */
gsize tw_object_own_bytes(const TwObject *object);

/**
 * tw_object_grow:
 * @object: a node
 * @more: bytes more (or less) in it
 *
 * Keeps the sums of the node and of those above it.
 */
void tw_object_grow(TwObject *object, gssize more);

/**
 * tw_object_has_room:
 * @object: a node
 * @more: bytes more in it
 * @error: on failure TW_ERROR_TOO_BIG
 *
 * Returns: whether %TW_OBJECT_MAX_BYTES allows them
 */
gboolean tw_object_has_room(const TwObject *object, gssize more, GError **error);

/**
 * tw_object_find_blob:
 * @object: a node
 * @id: a property id
 *
 * Returns: (nullable): its entry, borrowed until the node is changed
 */
TwObjectBlob *tw_object_find_blob(const TwObject *object, guint id);

/**
 * tw_object_attach:
 * @object: a message
 * @child: (transfer full): a recipient or attachment whose number is free
 */
void tw_object_attach(TwObject *object, TwObject *child);

/**
 * tw_object_copy_props:
 * @object: a node
 *
 * Returns: (transfer full): a node of the same kind and number with its properties and references, and nothing under it
 */
TwObject *tw_object_copy_props(const TwObject *object);

/**
 * tw_object_swap_props:
 * @object: a node
 * @other: another of the same kind
 *
 * Exchanges their properties and references.
 */
void tw_object_swap_props(TwObject *object, TwObject *other);

/**
 * tw_object_put_embedded:
 * @attachment: an attachment without data
 * @message: (transfer full): the message that was in it before
 */
void tw_object_put_embedded(TwObject *attachment, TwObject *message);

G_END_DECLS
