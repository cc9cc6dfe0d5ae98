/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The skeleton of a mail: its exact bytes, with each base64 attachment replaced by a reference to the decoded value and
 * how it was encoded. From skeleton and values come the same bytes again; so an attachment is kept once, decoded, for
 * MAPI and for IMAP, and shared between mails. A part that is not encoded can be a reference too, where its bytes are kept
 * as a value anyway: the text of a mail, which is a property of the message.
 *
 * Only what re-encodes to the very bytes that came is referenced: tw_skeleton_plan() proves it part by part. All else stays
 * literal text.
 *
 * Format, version 1 or 2, little-endian:
 *
 *   offset  size  meaning
 *   0       4     "TWSK"
 *   4       1     version: 2 when there is a verbatim piece, else 1
 *   5       3     zero
 *   8       8     length of the mail
 *   16      4     number of pieces
 *   20            the pieces, in the order of the mail
 *
 *   piece "literal":  1 kind (0), 4 length, the bytes
 *   piece "base64":   1 kind (1), 1 flags (bit 0: lines end in LF, not CRLF), 2 columns of a full line,
 *                     4 part index in the scanner's tree, 8 length decoded
 *   piece "verbatim": 1 kind (2), 4 part index, 8 length (since version 2)
 *
 * The n-th piece that is not literal refers to value n; the skeleton holds no hash, so that equal skeletons are equal bytes.
 */
#pragma once

#include "base/buffer.h"
#include "convert/mime-scan.h"

#include <glib.h>

G_BEGIN_DECLS

/** TW_SKELETON_OVERHEAD: a part whose decoded value is shorter than this is cheaper as literal text. */
#define TW_SKELETON_OVERHEAD 256

typedef struct {
    guint32 part;      /* index in the scanner's tree */
    gsize encoded;     /* offset of the encoded text in the mail */
    gsize encoded_len; /* without line breaks before or after it */
    gsize decoded_len;
    guint16 columns; /* characters of a full line; 0: verbatim, decoded_len is encoded_len */
    gboolean bare_lf;
} TwSkeletonRef;

typedef struct TwSkeleton TwSkeleton;

/**
 * TwSkeletonSink:
 * @data: (array length=len): the next bytes; borrowed during the call
 * @len: how many, never 0
 * @user_data: as given
 * @error: set on failure
 *
 * Takes bytes in order.
 *
 * Returns: FALSE to stop with @error
 */
typedef gboolean (*TwSkeletonSink)(const guint8 *data,
                                   gsize len,
                                   gpointer user_data,
                                   GError **error);

/**
 * TwSkeletonFetch:
 * @ref: which value, counted from 0 in the order of the mail
 * @offset: first byte of it wanted
 * @len: how many
 * @out: where to append exactly @len bytes
 * @user_data: as given
 * @error: set on failure
 *
 * Reads a part of a decoded value.
 *
 * Returns: FALSE on failure
 */
typedef gboolean (*TwSkeletonFetch)(
    guint ref, guint64 offset, gsize len, TwBuffer *out, gpointer user_data, GError **error);

/**
 * tw_skeleton_plan:
 * @mail: (array length=len): a whole mail
 * @len: its length
 * @tree: its structure
 * @min_len: shortest decoded value that is worth a reference, at least %TW_SKELETON_OVERHEAD
 *
 * Finds the parts that can be references: base64 leaves whose text is exactly what an encoder writes for their value, at
 * some line length. Each is decoded and encoded again in pieces of bounded size and compared with the mail.
 *
 * Returns: (transfer full) (element-type TwSkeletonRef): the references in the order of the mail, maybe none
 */
GArray *tw_skeleton_plan(const guint8 *mail, gsize len, const TwMimeTree *tree, gsize min_len);

/**
 * tw_skeleton_plan_verbatim:
 * @refs: (element-type TwSkeletonRef): a plan
 * @tree: the structure of the mail
 * @part: index of a part in it
 *
 * Plans a reference to a whole part as it stands, for a part whose bytes are kept as a value anyway. Does nothing unless the
 * part is a leaf without encoding, of at least %TW_SKELETON_OVERHEAD bytes, and is not in the plan.
 */
void tw_skeleton_plan_verbatim(GArray *refs, const TwMimeTree *tree, guint32 part);

/**
 * tw_skeleton_decode:
 * @mail: (array length=len): the mail that was planned
 * @len: its length
 * @ref: one of its references
 * @sink: takes the decoded value in pieces
 * @user_data: for @sink
 * @error: TW_ERROR_INVALID if @ref does not fit @mail, or what @sink said
 *
 * Gives the value that @ref stands for.
 *
 * Returns: FALSE on failure
 */
gboolean tw_skeleton_decode(const guint8 *mail,
                            gsize len,
                            const TwSkeletonRef *ref,
                            TwSkeletonSink sink,
                            gpointer user_data,
                            GError **error);

/**
 * tw_skeleton_build:
 * @mail: (array length=len): the mail that was planned
 * @len: its length
 * @refs: (element-type TwSkeletonRef): all or some of its references, in the order of the mail
 * @error: TW_ERROR_TOO_BIG when literal text is longer than 4 GiB
 *
 * Writes the skeleton.
 *
 * Returns: (transfer full): its bytes, or NULL
 */
GBytes *tw_skeleton_build(const guint8 *mail, gsize len, const GArray *refs, GError **error);

/**
 * tw_skeleton_parse:
 * @bytes: a skeleton; a reference is kept
 * @error: TW_ERROR_CORRUPT for anything tw_skeleton_build() does not write; TW_ERROR_UNSUPPORTED for a newer version
 *
 * Checks all of it, so that reading cannot fail for its sake.
 *
 * Returns: (transfer full): the skeleton, or NULL
 */
TwSkeleton *tw_skeleton_parse(GBytes *bytes, GError **error);

/**
 * tw_skeleton_free:
 * @skeleton: (nullable): a skeleton
 *
 * Frees it.
 */
void tw_skeleton_free(TwSkeleton *skeleton);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSkeleton, tw_skeleton_free)

/**
 * tw_skeleton_get_len:
 * @skeleton: a skeleton
 *
 * Returns: the length of the mail in bytes
 */
guint64 tw_skeleton_get_len(const TwSkeleton *skeleton);

/**
 * tw_skeleton_get_refs:
 * @skeleton: a skeleton
 *
 * Returns: (transfer none) (element-type TwSkeletonRef): its references in the order of the mail
 */
const GArray *tw_skeleton_get_refs(const TwSkeleton *skeleton);

/**
 * tw_skeleton_read:
 * @skeleton: a skeleton
 * @offset: first byte of the mail wanted
 * @len: how many; what lies beyond the end is left out
 * @fetch: reads decoded values, only the parts that the range needs
 * @sink: takes the bytes of the mail in order
 * @user_data: for both
 * @error: what @fetch or @sink said; TW_ERROR_CORRUPT when @fetch gave another number of bytes
 *
 * Gives a range of the mail. Holds no more than 64 KiB of it at a time; costs nothing for what lies before @offset.
 *
 * Returns: FALSE on failure
 */
gboolean tw_skeleton_read(const TwSkeleton *skeleton,
                          guint64 offset,
                          guint64 len,
                          TwSkeletonFetch fetch,
                          TwSkeletonSink sink,
                          gpointer user_data,
                          GError **error);

G_END_DECLS
