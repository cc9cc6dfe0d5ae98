/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Data of attachments and text of a delivered mail: the same blobs as those of its skeleton. */
#pragma once

#include "convert/mail-in.h"
#include "store/store-private.h"

G_BEGIN_DECLS

/** TW_MAIL_TEXTS: texts of a message that can be parts of its mail: plain and HTML. */
#define TW_MAIL_TEXTS 2

/* A mail and what was found in it. */
typedef struct {
    const guint8 *mail;
    gsize len;
    const TwMailIn *in; /* the mail as a message */
    guint32 texts
        [TW_MAIL_TEXTS]; /* parts of the mail that are its texts byte for byte, or TW_MIME_NONE */
} TwMailValues;

/**
 * tw_mail_values_plan:
 * @values: a mail; gets @texts
 * @tree: its structure
 * @least: a text of fewer bytes is no value of its own
 * @refs: (element-type TwSkeletonRef): the plan of its skeleton
 *
 * Plans references to the parts whose bytes will be values of the message: its texts, attachments that are not encoded.
 */
void tw_mail_values_plan(TwMailValues *values, const TwMimeTree *tree, gsize least, GArray *refs);

/**
 * tw_mail_values_measure:
 * @values: a mail
 * @refs: (element-type TwSkeletonRef): the plan of its skeleton
 * @object: a copy of the message
 * @error: what the codec says
 *
 * Gives each attachment that lies in the mail a reference of the right length, without a blob id.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mail_values_measure(const TwMailValues *values,
                                const GArray *refs,
                                TwObject *object,
                                GError **error);

/**
 * tw_mail_values_leave:
 * @values: a mail that lies in a row, all of it literal
 * @tree: its structure
 * @object: (inout): the message; its texts that are parts of the mail byte for byte are taken out
 *
 * Returns: (transfer full): which and where (inline.h), or NULL when there are none
 */
GBytes *tw_mail_values_leave(const TwMailValues *values, const TwMimeTree *tree, TwObject *object);

/**
 * tw_mail_values_put:
 * @values: a mail
 * @refs: (element-type TwSkeletonRef): the references that its skeleton has
 * @rows: (element-type TwValueRow): value n is that of reference n
 * @use: where blobs are put
 * @options: how
 * @object: what was measured; gets the blob ids
 * @error: what the blob store or the codec says
 *
 * Tells the references of @object where their blobs are, its texts too; puts those that the skeleton does not have.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mail_values_put(const TwMailValues *values,
                            const GArray *refs,
                            const GArray *rows,
                            TwBlobUse *use,
                            const TwBlobOptions *options,
                            TwObject *object,
                            GError **error);

G_END_DECLS
