/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The path of a value inside a message: the key of its blob reference (blobref.part).
 *
 * A path is a row of steps. Each step is one byte, kind in the high half and number of bytes in the low half, and then a
 * number in that many bytes, big-endian, without zeros in front:
 *
 *   kind  step          number                                              may follow
 *   1     attachment    attach number                                       the start, embedded
 *   2     recipient     row id                                              the start, embedded
 *   3     embedded      none (byte 0x30): the message in an attachment      attachment
 *   4     property      property id, never 0                                any; nothing follows it
 *   5     own           which of the store's own values of the message      the start; nothing follows it
 *
 * So the attachment data of attachment 1 is 11 01 42 37 01, and the body of the message that is attached as number 0 is
 * 10 30 42 10 00. A path is unique (there is one way to write it), and stays as long as the attach numbers stay, which
 * the object sees to (object.h). Paths of one message in the order of memcmp have each attachment's together.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum {
    TW_PART_MAX_DEPTH = 20,                            /* embedded messages in embedded messages */
    TW_PART_MAX_LEN = TW_PART_MAX_DEPTH * (5 + 1) + 8, /* bytes of the longest path */
};

/* Values that belong to the store and not to a property: numbers of kind "own". Numbers are on disk: never reused. */
typedef enum {
    TW_PART_OWN_SKELETON = 0, /* the mail as it came: skeleton, or the bytes themselves */
    TW_PART_OWN_SUMMARY =
        1, /* its structure and header summary (mail-summary.h), when it is not in a row */
    TW_PART_OWN_TAIL = 2,     /* a tail record too large for a row */
    TW_PART_OWN_VALUES = 256, /* and all from here: value 0, 1, ... that the skeleton names */
} TwPartOwn;

typedef enum {
    TW_PART_END = 0,
    TW_PART_ATTACHMENT = 1,
    TW_PART_RECIPIENT = 2,
    TW_PART_EMBEDDED = 3,
    TW_PART_PROPERTY = 4,
    TW_PART_OWN = 5,
} TwPartKind;

/* A path in the making or read from a row. All zero is the message itself. */
typedef struct {
    guint8 bytes[TW_PART_MAX_LEN];
    guint8 len;
} TwPart;

/**
 * tw_part_push:
 * @part: (inout): a path that does not end in a property or own step
 * @kind: the step
 * @number: its number; ignored for an embedded message
 *
 * Appends a step. The caller keeps the order of the table above and the depth; a step past TW_PART_MAX_LEN is a
 * mistake of the program and does nothing.
 */
void tw_part_push(TwPart *part, TwPartKind kind, guint32 number);

/**
 * tw_part_next:
 * @data: (inout): bytes of a path; moved behind the step
 * @len: (inout): how many are left
 * @ret_number: (out): its number
 *
 * Reads one step, without regard to what came before it.
 *
 * Returns: its kind; %TW_PART_END at the end and at bytes that are no step (then @len is not 0)
 */
TwPartKind tw_part_next(const guint8 **data, gsize *len, guint32 *ret_number);

/**
 * tw_part_check:
 * @data: (array length=len): a path from a row
 * @len: how many bytes
 * @error: on failure TW_ERROR_CORRUPT
 *
 * Returns: TRUE if it is a path of a value: steps in the order of the table above, written in their one way, with a
 *   property or own step at its end, and at most %TW_PART_MAX_DEPTH embedded messages
 */
gboolean tw_part_check(const guint8 *data, gsize len, GError **error);

/**
 * tw_part_to_text:
 * @data: (array length=len): a path
 * @len: how many bytes
 *
 * For logs and tests: "attachment 1/embedded/property 1000"; bytes that are no path as "?".
 *
 * Returns: (transfer full): the text
 */
char *tw_part_to_text(const guint8 *data, gsize len);

G_END_DECLS
