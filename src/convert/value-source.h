/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Large values of an object: a codec knows where in the tree one belongs, its caller knows how to read it (a blob, a stream
 * of the session). Values that lie in the object itself are read without asking.
 */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

/* Reads at most @len bytes at @offset of the value @tag of @node; *@ret_len is 0 at its end only. */
typedef gboolean (*TwValueReadFunc)(gpointer data,
                                    const TwObject *node,
                                    guint32 tag,
                                    guint64 offset,
                                    void *buf,
                                    gsize len,
                                    gsize *ret_len,
                                    GError **error);

typedef struct {
    TwValueReadFunc
        read; /* NULL: objects have no values in blobs, one that has is TW_ERROR_UNSUPPORTED */
    gpointer data;
} TwValueSource;

/**
 * tw_value_source_len:
 * @node: a node
 * @tag: text or binary; PT_UNSPECIFIED asks for any type
 * @ret_len: (out) (optional): bytes of the value
 *
 * Returns: whether the node has the property, inline or in a blob, as text or binary
 */
gboolean tw_value_source_len(const TwObject *node, guint32 tag, guint64 *ret_len);

/* Takes a value piece by piece; FALSE with @error set stops the reading. */
typedef gboolean (*TwValueTakeFunc)(gpointer data, const guint8 *bytes, gsize len, GError **error);

/**
 * tw_value_source_walk:
 * @source: (nullable): how large values are read
 * @node: a node
 * @tag: as in tw_value_source_len()
 * @take: called with each piece, in order; with none for an empty value
 * @data: for @take
 * @error: on failure TW_ERROR_NOT_FOUND, TW_ERROR_CORRUPT when the value ends before its length, or what @source or @take say
 *
 * Memory is a piece of 64 KiB, whatever the value's length.
 *
 * Returns: TRUE when all of it was taken
 */
gboolean tw_value_source_walk(const TwValueSource *source,
                              const TwObject *node,
                              guint32 tag,
                              TwValueTakeFunc take,
                              gpointer data,
                              GError **error);

/**
 * tw_value_source_load:
 * @source: (nullable): how large values are read
 * @node: a node
 * @tag: as in tw_value_source_len()
 * @max_len: most bytes
 * @error: on failure as tw_value_source_walk(), and TW_ERROR_TOO_BIG past @max_len
 *
 * Returns: (transfer full): the whole value, or NULL
 */
GBytes *tw_value_source_load(
    const TwValueSource *source, const TwObject *node, guint32 tag, gsize max_len, GError **error);

G_END_DECLS
