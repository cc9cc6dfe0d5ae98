/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One property value, borrowed: a tag and either the number itself or a pointer to its packed bytes.
 *
 * The packed form is the same in a property bag (props.h), in a restriction and in an action:
 *
 *   types                             packed bytes, little-endian
 *   NULL                              none
 *   I2, BOOLEAN, LONG, R4, ERROR      the number (a bag keeps it in the entry itself)
 *   I8, CURRENCY, SYSTIME, DOUBLE,    8 bytes
 *   APPTIME
 *   CLSID                             16 bytes, as on the wire
 *   STRING8, UNICODE                  the text and one NUL, which len does not count; UNICODE is UTF-8
 *   BINARY, SVREID, SRESTRICT,        the bytes
 *   ACTIONS
 *   MV of a type with a fixed size    value after value
 *   MV of STRING8, UNICODE, BINARY    a packed list: u32 count, count x u32 end, then the items one after
 *                                     another; end counts from the first item; each text ends with a NUL
 *   OBJECT                            a packed list of property bags: the rows of a recipient or attachment
 *                                     table; an embedded message is a list of one
 *
 * Nothing here allocates.
 */
#pragma once

#include "base/buffer.h"
#include "mapi/proptype.h"

G_BEGIN_DECLS

typedef struct {
    guint32 tag;
    guint32
        len; /* bytes at data or text (text: without its NUL); 0 where the number is in the value */
    union {
        gint16 i2;
        gint32 i4;
        guint32 u4;     /* LONG read as flags; ERROR */
        gboolean truth; /* BOOLEAN */
        gint64 i8;      /* I8, CURRENCY, SYSTIME */
        float r4;
        double r8; /* DOUBLE, APPTIME */
        const char *text;
        const guint8 *data; /* everything else */
    };
} TwPropValue;

/* Where values are checked, these hold for each one. Without them one value decides how much memory a reader takes. */
enum {
    TW_VALUE_MAX_LEN =
        64 * 1024 * 1024,       /* bytes of one packed value; larger ones are blobs and streams */
    TW_VALUE_MAX_ITEMS = 65536, /* values of a multi-valued property, rows of an object */
};

/**
 * tw_value_null:
 * @tag: a tag of type NULL
 *
 * Returns: its value
 */
static inline TwPropValue
tw_value_null(guint32 tag)
{
    return (TwPropValue){ .tag = tag, .i8 = 0 };
}

/**
 * tw_value_i2:
 * @tag: a tag of type I2
 * @number: the number
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_i2(guint32 tag, gint16 number)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };

    value.i2 = number;
    return value;
}

/**
 * tw_value_long:
 * @tag: a tag of type LONG or ERROR
 * @number: the number; negative ones as their two's complement
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_long(guint32 tag, guint32 number)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };

    value.u4 = number;
    return value;
}

/**
 * tw_value_bool:
 * @tag: a tag of type BOOLEAN
 * @truth: the value; anything but FALSE is kept as TRUE
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_bool(guint32 tag, gboolean truth)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };

    value.truth = truth != FALSE;
    return value;
}

/**
 * tw_value_i8:
 * @tag: a tag of type I8, CURRENCY or SYSTIME
 * @number: the number; SYSTIME in 100 ns since 1601-01-01 UTC
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_i8(guint32 tag, gint64 number)
{
    return (TwPropValue){ .tag = tag, .i8 = number };
}

/**
 * tw_value_r4:
 * @tag: a tag of type R4
 * @number: the number
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_r4(guint32 tag, float number)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };

    value.r4 = number;
    return value;
}

/**
 * tw_value_double:
 * @tag: a tag of type DOUBLE or APPTIME
 * @number: the number; APPTIME in days since 1899-12-30
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_double(guint32 tag, double number)
{
    return (TwPropValue){ .tag = tag, .r8 = number };
}

/**
 * tw_value_text:
 * @tag: a tag of type UNICODE or STRING8
 * @text: (array length=len): the text, borrowed; needs no NUL at its end here
 * @len: bytes
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_text(guint32 tag, const char *text, gsize len)
{
    return (TwPropValue){ .tag = tag, .len = (guint32) MIN(len, G_MAXUINT32), .text = text };
}

/**
 * tw_value_str:
 * @tag: a tag of type UNICODE or STRING8
 * @text: the text with a NUL at its end, borrowed
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_str(guint32 tag, const char *text)
{
    return tw_value_text(tag, text, strlen(text));
}

/**
 * tw_value_bytes:
 * @tag: a tag of a type whose packed form is bytes: CLSID, BINARY, SVREID, SRESTRICT, ACTIONS, OBJECT or any MV
 * @data: (array length=len): the packed bytes, borrowed
 * @len: how many
 *
 * Returns: the value
 */
static inline TwPropValue
tw_value_bytes(guint32 tag, const guint8 *data, gsize len)
{
    return (TwPropValue){ .tag = tag, .len = (guint32) MIN(len, G_MAXUINT32), .data = data };
}

/**
 * tw_value_check:
 * @value: a value
 * @error: on failure TW_ERROR_INVALID (tag that no value can have), TW_ERROR_CORRUPT (packed bytes that break their
 *   form, bad UTF-8, a NUL in text) or TW_ERROR_TOO_BIG (TW_VALUE_MAX_LEN, TW_VALUE_MAX_ITEMS)
 *
 * Checks one value whole, but for the bags inside an OBJECT, which tw_props_open() checks. STRING8 may hold any bytes
 * but NUL.
 *
 * Returns: TRUE if it may be stored
 */
gboolean tw_value_check(const TwPropValue *value, GError **error);

/**
 * tw_value_packed_len:
 * @value: a checked value
 *
 * Returns: bytes of its packed form, the NUL of a text included
 */
gsize tw_value_packed_len(const TwPropValue *value);

/**
 * tw_value_pack:
 * @value: a checked value
 * @out: (inout): takes its packed form
 */
void tw_value_pack(const TwPropValue *value, TwBuffer *out);

/**
 * tw_value_unpack:
 * @tag: a tag that a value can have
 * @data: (array length=len): the packed form, borrowed for as long as the value is used
 * @len: bytes, the NUL of a text included
 * @ret: (out): the value
 *
 * Checks the length only; tw_value_check() looks inside.
 *
 * Returns: FALSE for a length that the type does not have, or a text without its NUL
 */
gboolean tw_value_unpack(guint32 tag, const guint8 *data, gsize len, TwPropValue *ret);

/**
 * tw_value_size:
 * @value: a checked value
 *
 * The size that a size restriction compares (spec/mapi-soap.md 4.3): bytes of the packed value, text without
 * its NUL, so that "larger than 0" says "not empty"; the sum over the items of a multi-valued property.
 *
 * Returns: bytes
 */
gsize tw_value_size(const TwPropValue *value);

/**
 * tw_value_count:
 * @value: a checked value
 *
 * Returns: how many values a multi-valued property or rows an object has; 1 for any other
 */
guint tw_value_count(const TwPropValue *value);

/**
 * tw_value_item:
 * @value: a checked value
 * @index: from 0
 * @ret: (out): the item, borrowed as @value is; its tag has the type of one value. A row of an OBJECT comes as BINARY
 *
 * Reads one item in place. Safe on bytes that were not checked: what does not fit is not there.
 *
 * Returns: FALSE if there are not that many
 */
gboolean tw_value_item(const TwPropValue *value, guint index, TwPropValue *ret);

/**
 * tw_value_equal:
 * @a: a checked value
 * @b: a checked value
 *
 * Returns: whether both have the same tag and the same bytes. For MAPI's comparison see compare.h
 */
gboolean tw_value_equal(const TwPropValue *a, const TwPropValue *b);

/**
 * tw_value_hash:
 * @value: a checked value
 * @seed: 0, or the hash so far; a random number per process where outsiders choose the values
 *
 * Returns: a 64-bit hash of tag and bytes; equal values have equal hashes
 */
guint64 tw_value_hash(const TwPropValue *value, guint64 seed);

/* Packs the items of a multi-valued text or binary property, or the rows of an object. */
typedef struct {
    guint32 tag;   /* of the value that is made */
    TwBuffer ends; /* u32 per item */
    TwBuffer items;
} TwListBuilder;

/**
 * tw_list_builder_init:
 * @builder: caller's memory
 * @tag: of the value to make: MV of STRING8, UNICODE or BINARY, or OBJECT
 */
void tw_list_builder_init(TwListBuilder *builder, guint32 tag);

/**
 * tw_list_builder_clear:
 * @builder: a builder
 *
 * Frees what it holds; it must be initialised again before use.
 */
void tw_list_builder_clear(TwListBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwListBuilder, tw_list_builder_clear)

/**
 * tw_list_builder_add:
 * @builder: a builder
 * @data: (array length=len): one item: text, bytes, or a whole property bag; copied
 * @len: bytes, without the NUL of a text
 */
void tw_list_builder_add(TwListBuilder *builder, const void *data, gsize len);

/**
 * tw_list_builder_finish:
 * @builder: a builder
 * @out: (inout): takes the packed list
 * @ret: (out): the value, borrowed from @out until @out is written to again
 * @error: on failure TW_ERROR_TOO_BIG, and whatever tw_value_check() finds
 *
 * Returns: TRUE if the list is a value that may be stored
 */
gboolean tw_list_builder_finish(TwListBuilder *builder,
                                TwBuffer *out,
                                TwPropValue *ret,
                                GError **error);

/* A server id (SVREID), as MS-OXCDATA 2.11.1.4 has it. */
typedef struct {
    gboolean ours;      /* flag 1: the three numbers below; else opaque */
    guint64 folder_id;  /* as on the wire, read little-endian */
    guint64 message_id; /* 0 for a folder */
    guint32 instance;   /* of a multi-value row */
    const guint8 *opaque;
    gsize opaque_len;
} TwSvreid;

/**
 * tw_svreid_parse:
 * @data: (array length=len): the value
 * @len: bytes
 * @ret: (out): what it says, borrowed from @data
 * @error: on failure TW_ERROR_CORRUPT
 *
 * Reads a server id: a flag byte, then folder id, message id and instance (flag 1, 21 bytes in all) or opaque bytes
 * (flag 0).
 *
 * Returns: FALSE for no bytes, another flag, or a length that does not fit flag 1
 */
gboolean tw_svreid_parse(const guint8 *data, gsize len, TwSvreid *ret, GError **error);

/**
 * tw_svreid_print:
 * @svreid: a server id
 * @out: (inout): takes its bytes, without a count
 */
void tw_svreid_print(const TwSvreid *svreid, TwBuffer *out);

G_END_DECLS
