/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Data of attachments of a delivered mail: the same blobs as those of its skeleton. */
#pragma once

#include "convert/mail-in.h"
#include "store/store-private.h"

G_BEGIN_DECLS

/* A mail and what was found in it. */
typedef struct {
    const guint8 *mail;
    gsize len;
    const TwMailIn *in; /* the mail as a message */
} TwMailValues;

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
 * tw_mail_values_put:
 * @values: a mail
 * @refs: (element-type TwSkeletonRef): the references that its skeleton has
 * @rows: (element-type TwValueRow): value 0 is the skeleton, value n + 1 that of reference n
 * @use: where blobs are put
 * @options: how
 * @object: what was measured; gets the blob ids
 * @error: what the blob store or the codec says
 *
 * Tells the references of @object where their blobs are; puts those that the skeleton does not have.
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
