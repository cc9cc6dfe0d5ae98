/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An object's content on its way to and from the rows: record, summary, large values. Private to store/. */
#pragma once

#include "store/store-private.h"

G_BEGIN_DECLS

/* What is ready to be written: its values are put, and become durable with the commit. */
typedef struct {
    TwBlobUse *use;           /* owned */
    GBytes *record, *summary; /* owned; summary nullable */
    GBytes *mail;   /* owned, nullable: the skeleton where it lies in the row (inline.h) */
    GBytes *texts;  /* owned, nullable: what of the object lies in @mail (inline.h) */
    GArray *values; /* TwValueRow, bid not yet set */
    guint copies;   /* objects it is written to; 0: one */
} TwContent;

/**
 * tw_content_clear:
 * @content: what was prepared; the use of its values ends
 */
void tw_content_clear(TwContent *content);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwContent, tw_content_clear)

/**
 * tw_content_begin:
 * @content: (out): empty
 * @store: the store it is for
 */
void tw_content_begin(TwContent *content, TwStore *store);

/**
 * tw_content_add_value:
 * @content: content that was begun
 * @part: the value's path
 * @kind: what it is
 * @id: where it is
 * @len: its length
 */
void tw_content_add_value(
    TwContent *content, const TwPart *part, TwValueKind kind, const TwBlobId *id, guint64 len);

/**
 * tw_content_prepare:
 * @content: content that was begun
 * @store: the store it is for
 * @object: a root; its large values become blobs
 * @error: TW_ERROR_NO_SPACE; TOO_BIG; INVALID: a reference without a blob id
 *
 * Returns: FALSE on failure
 */
gboolean tw_content_prepare(TwContent *content, TwStore *store, TwObject *object, GError **error);

/**
 * tw_content_write:
 * @content: what was prepared
 * @work: the change
 * @bid: the number it shall lie under; nothing else is there
 * @error: TW_ERROR_BUSY: a sync failed meanwhile; what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_content_write(const TwContent *content, TwWork *work, guint32 bid, GError **error);

/**
 * tw_content_delete:
 * @work: the change
 * @bid: whose content goes; the collector is told
 * @error: what the database says
 *
 * Damaged references are no failure: they go too.
 *
 * Returns: FALSE on failure
 */
gboolean tw_content_delete(TwWork *work, guint32 bid, GError **error);

/**
 * tw_content_copy:
 * @work: the change
 * @from: whose content
 * @to: a new number
 * @error: TW_ERROR_CORRUPT; what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_content_copy(TwWork *work, guint32 from, guint32 to, GError **error);

/**
 * tw_content_get_record:
 * @tx: a transaction
 * @store: number of the store
 * @bid: whose content
 * @error: as of tw_content_read()
 *
 * Returns: (transfer full): a record with all of its properties, those too that lie in its mail, or NULL
 */
GBytes *tw_content_get_record(TwDbTx *tx, guint32 store, guint32 bid, GError **error);

/**
 * tw_content_read:
 * @tx: a transaction
 * @store: number of the store
 * @bid: whose content
 * @ret_values: (out) (optional) (element-type TwValueRow): its values
 * @error: TW_ERROR_CORRUPT; what the database says
 *
 * Returns: (transfer full): the object, each large value with its blob id, or NULL
 */
TwObject *tw_content_read(
    TwDbTx *tx, guint32 store, guint32 bid, GArray **ret_values, GError **error);

G_END_DECLS
