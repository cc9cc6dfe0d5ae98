/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What clients may write: the rules of saveObject, spec/mapi-soap.md 7.3.
 */
#pragma once

#include "mapi/object.h"

G_BEGIN_DECLS

/* What is known of a save. */
typedef enum {
    TW_SAVE_FIRST = 1u << 0, /* the object is new */
    TW_SAVE_SYNC = 1u << 1,  /* by an ICS collector (ulSyncId is not 0) */
    TW_SAVE_IN_FOLDER =
        1u << 2, /* an object directly in a folder; not something inside a message */
} TwSaveFlags;

/**
 * tw_save_may_set:
 * @kind: of the object
 * @tag: a tag
 * @flags: bits of #TwSaveFlags
 *
 * Whether a client's value of this property counts. Where it does not it is ignored without an error.
 *
 * Returns: FALSE for properties the store makes itself, for those that are the first save's only in a later one, and
 *   for tags that no client can set (OBJECT, ERROR, NULL, %TW_OBJECT_BLOBS_ID)
 */
gboolean tw_save_may_set(TwObjectKind kind, guint32 tag, guint flags);

/**
 * tw_save_may_remove:
 * @kind: of the object
 * @tag: a tag
 *
 * Returns: FALSE for properties that cannot be deleted, which is ignored without an error
 */
gboolean tw_save_may_remove(TwObjectKind kind, guint32 tag);

/* The properties part of one saveObject structure. */
typedef struct {
    const guint32 *removed; /* (nullable): delProps */
    gsize removed_count;
    const TwPropValue *
        values; /* (nullable): modProps; of one property the first counts, 8-bit and Unicode being one */
    gsize value_count;
    guint flags; /* TwSaveFlags */
} TwSaveProps;

/**
 * tw_save_apply_props:
 * @object: the node
 * @props: what to do
 * @error: on failure, and nothing is changed: TW_ERROR_INVALID, TW_ERROR_CORRUPT, TW_ERROR_TOO_BIG as tw_object_set()
 *
 * Deletes, then sets. A recipient gets exactly the new set. PR_MESSAGE_FLAGS is set as it comes, see
 * tw_derive_message_flags(); a changed subject has its prefix recomputed.
 *
 * Returns: TRUE on success
 */
gboolean tw_save_apply_props(TwObject *object, const TwSaveProps *props, GError **error);

G_END_DECLS
