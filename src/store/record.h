/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tail record of a message: all that the head has no room for, as one row of bytes.
 *
 * Format, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                             since
 *   0       1     version: 1                                                                          1
 *   1       1     coding: 0 plain, 1 zstd, 2 zstd with a dictionary                                   1
 *   2       2     kind of the root (TwObjectKind)                                                     1
 *   4       4     CRC32C of bytes 0 to 3 and of all from byte 8 to the end                            1
 *   8       4     coding 2: id of the dictionary (dictionary.h); else 0                              1
 *   12      4     bytes of the plain body                                                             1
 *   16            the body, coded                                                                     1
 *
 * The plain body is one packed bag (mapi/props.h) with what nests in it: 0E12000D rows are the recipients, 0E13000D rows
 * the attachments, and 3701000D, one row, is the message embedded in an attachment. A recipient has its number as 30000003
 * PR_ROWID, an attachment as 0E210003 PR_ATTACH_NUM. So restrictions and columns read a plain body in place. 67FE0102 in any
 * bag lists the values that lie in blobs: 12 bytes each, u32 tag and u64 length, ids ascending, no id that the bag has
 * too. The blob ids are in the blobref rows under the path of the value (part.h), and only there.
 *
 * Properties carry server ids of named properties.
 */
#pragma once

#include "base/compress.h"
#include "mapi/object.h"

G_BEGIN_DECLS

enum {
    TW_TAIL_VERSION = 1,
    TW_TAIL_HEADER_LEN = 16,
    /* Plain bytes a record may say it has. Without it a row of some bytes reserves 4 GiB. */
    TW_TAIL_MAX_PLAIN = TW_OBJECT_MAX_BYTES,
    TW_TAIL_MAX_LEN = TW_TAIL_MAX_PLAIN + TW_TAIL_HEADER_LEN,
    /* Shorter bodies stay plain: zstd gains nothing there without a dictionary. */
    TW_TAIL_SMALLEST_ZSTD = 128,
    TW_TAIL_LEVEL = 1,
};

/* How to write a record. All zero is a good value. */
typedef struct {
    const TwZstdDict *dict; /* (nullable): trained dictionary, made for TW_TAIL_LEVEL */
    gboolean plain;         /* TRUE: do not compress */
    /* (nullable): TRUE for a property of the root that is kept elsewhere (a column of the row) and not to be in the
     * record. */
    gboolean (*leave_out)(guint32 tag);
    gsize most; /* 0: TW_TAIL_MAX_LEN; else most bytes of the record */
} TwTailOptions;

/**
 * tw_tail_write:
 * @object: a root
 * @options: (nullable): how; NULL: compressed with the newest dictionary of dictionary.h
 * @error: on failure TW_ERROR_TOO_BIG
 *
 * Writes the tree. Equal trees give equal plain bodies.
 *
 * Returns: (transfer full): the record, or NULL
 */
GBytes *tw_tail_write(const TwObject *object, const TwTailOptions *options, GError **error);

/* Lends the dictionary of an id, for as long as the parse takes; NULL when there is none. */
typedef const TwZstdDict *(*TwTailDictFunc)(guint32 id, gpointer data);

/**
 * tw_tail_open:
 * @record: (array length=len): a tail record
 * @len: how many bytes
 * @find_dict: (nullable): where dictionaries come from; NULL: tw_dictionary()
 * @data: for @find_dict
 * @error: on failure TW_ERROR_CORRUPT (checksum, form, a dictionary that is not there), TW_ERROR_TOO_BIG
 *   (%TW_TAIL_MAX_PLAIN), TW_ERROR_UNSUPPORTED (a newer version)
 *
 * Checks the record and inflates it; the bag in it is checked whole.
 *
 * Returns: (transfer full): the plain body, for tw_props_open_verified() and tw_tail_parse_body(), or NULL
 */
GBytes *tw_tail_open(
    const guint8 *record, gsize len, TwTailDictFunc find_dict, gpointer data, GError **error);

/**
 * tw_tail_parse_body:
 * @body: a plain body that tw_tail_open() gave
 * @kind: kind of the root
 * @error: on failure TW_ERROR_CORRUPT, TW_ERROR_TOO_COMPLEX (%TW_OBJECT_MAX_DEPTH)
 *
 * Makes an object of a body. Its bags borrow from @body, which it keeps a reference on; nothing is copied.
 *
 * Returns: (transfer full): the object, with blob references that do not know their blob ids yet, or NULL
 */
TwObject *tw_tail_parse_body(GBytes *body, TwObjectKind kind, GError **error);

/**
 * tw_tail_parse:
 * @record: (array length=len): a tail record
 * @len: how many bytes
 * @find_dict: (nullable): where dictionaries come from; NULL: tw_dictionary()
 * @data: for @find_dict
 * @error: on failure as tw_tail_open() and tw_tail_parse_body()
 *
 * Open and parse in one.
 *
 * Returns: (transfer full): the object, or NULL
 */
TwObject *tw_tail_parse(
    const guint8 *record, gsize len, TwTailDictFunc find_dict, gpointer data, GError **error);

G_END_DECLS
