/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Property values as rules and restrictions carry them: MS-OXCDATA 2.11, little-endian, Unicode text as UTF-16.
 *
 *   types                           bytes
 *   NULL                            none
 *   I2, LONG, R4, ERROR             2 or 4
 *   DOUBLE, CURRENCY, APPTIME, I8,  8
 *   SYSTIME
 *   BOOLEAN                         1
 *   STRING8                         text, NUL
 *   UNICODE                         UTF-16LE text, NUL of two bytes
 *   CLSID                           16
 *   BINARY, SVREID                  count of 2 or 4 bytes (the width), bytes
 *   MV of any                       count of 4 bytes, then each value as above
 */
#pragma once

#include "base/cursor.h"
#include "mapi/value.h"

G_BEGIN_DECLS

/* Width of counts and lengths in a structure: 16 bits in standard rules, 32 bits in extended rules (MS-OXORULE 2.2.4). */
typedef enum {
    TW_WIRE_16,
    TW_WIRE_32,
} TwWireWidth;

/**
 * tw_wire_take_count:
 * @cur: the cursor
 * @width: of the count
 * @ret: (out): the count
 *
 * Returns: FALSE, and nothing moved, when it is cut short
 */
gboolean tw_wire_take_count(TwCursor *cur, TwWireWidth width, guint32 *ret);

/**
 * tw_wire_put_count:
 * @out: (inout): takes the count; it fails when the count does not fit the width
 * @width: of the count
 * @count: the count
 */
void tw_wire_put_count(TwBuffer *out, TwWireWidth width, gsize count);

enum {
    TW_WIRE_UTF16_TEXT =
        0x84B0 /* a type: text in code page 1200, MS-OXCFXICS 2.2.4.1.1.1; rules of Exchange have it */
};

/**
 * tw_wire_plain_tag:
 * @tag: a tag as it stands on the wire
 *
 * Returns: the tag, of type UNICODE where the wire says text in code page 1200, which is the same
 */
static inline guint32
tw_wire_plain_tag(guint32 tag)
{
    return tw_prop_tag_type(tag) == TW_WIRE_UTF16_TEXT
               ? tw_prop_tag(tw_prop_tag_id(tag), TW_PT_UNICODE)
               : tag;
}

/**
 * tw_wire_take_tag:
 * @cur: the cursor
 * @ret: (out): a tag, see tw_wire_plain_tag()
 *
 * Returns: FALSE, and nothing moved, for less than four bytes
 */
gboolean tw_wire_take_tag(TwCursor *cur, guint32 *ret);

/**
 * tw_wire_take_value:
 * @cur: the cursor
 * @tag: tag of the value
 * @width: of counts
 * @scratch: (inout): is emptied and takes the packed value; its limit is the limit of the value
 * @ret: (out): the value, borrowed from @scratch
 * @error: on failure TW_ERROR_INVALID (a tag without a wire form), TW_ERROR_CORRUPT or TW_ERROR_TOO_BIG
 *
 * Reads a value without its tag. OBJECT, SRESTRICT and ACTIONS have no form here.
 *
 * Returns: FALSE, and nothing moved, for bytes that are no such value
 */
gboolean tw_wire_take_value(TwCursor *cur,
                            guint32 tag,
                            TwWireWidth width,
                            TwBuffer *scratch,
                            TwPropValue *ret,
                            GError **error);

/**
 * tw_wire_take_tagged:
 * @cur: the cursor
 * @width: of counts
 * @scratch: (inout): as in tw_wire_take_value()
 * @ret: (out): the value, borrowed from @scratch
 * @error: as tw_wire_take_value()
 *
 * Reads a tag and its value (TaggedPropertyValue, MS-OXCDATA 2.11.4).
 *
 * Returns: FALSE, and nothing moved, for bytes that are no such value
 */
gboolean tw_wire_take_tagged(
    TwCursor *cur, TwWireWidth width, TwBuffer *scratch, TwPropValue *ret, GError **error);

/**
 * tw_wire_has_form:
 * @tag: a tag
 *
 * Returns: whether a value of it can be written here
 */
gboolean tw_wire_has_form(guint32 tag);

/**
 * tw_wire_put_value:
 * @value: a checked value that tw_wire_has_form()
 * @width: of counts
 * @out: (inout): takes the value without its tag; it fails when a count does not fit the width
 */
void tw_wire_put_value(const TwPropValue *value, TwWireWidth width, TwBuffer *out);

/**
 * tw_wire_put_tagged:
 * @value: a checked value that tw_wire_has_form()
 * @width: of counts
 * @out: (inout): takes the tag and the value; it fails when a count does not fit the width
 */
void tw_wire_put_tagged(const TwPropValue *value, TwWireWidth width, TwBuffer *out);

G_END_DECLS
