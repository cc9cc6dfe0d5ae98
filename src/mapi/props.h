/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The packed property bag: one run of bytes that holds the properties of an object, read in place. The same bytes
 * are on disk, in caches and in hand.
 *
 * Format, version 1; all numbers little-endian:
 *
 *   offset  size  meaning                                                                        since
 *   0       2     version: 1                                                                     1
 *   2       2     n: how many properties                                                         1
 *   4       4     bytes of the whole bag                                                         1
 *   8       8 n   entries {u32 tag, u32 word}, ids strictly ascending: one property an id        1
 *   8+8n          values in the order of their entries, without gaps                             1
 *
 *   type of the entry                 word                             value
 *   NULL                              0                                none
 *   I2, BOOLEAN, LONG, R4, ERROR      the number, zero-extended        none
 *   I8, CURRENCY, SYSTIME, DOUBLE,    offset from the bag's start      8 bytes
 *   APPTIME
 *   CLSID                             offset                           16 bytes
 *   all others                        offset                           u32 length, then the packed bytes (value.h)
 *
 * There is one way to write a set of properties, so equal sets are equal bytes. Sub-objects nest: an OBJECT property
 * (recipients 0E12, attachments 0E13, the embedded message 3701 of an attachment) is a packed list of bags. Checksum
 * and compression belong to the store.
 */
#pragma once

#include "mapi/value.h"

G_BEGIN_DECLS

enum {
    TW_PROPS_VERSION = 1,
    TW_PROPS_HEADER_LEN = 8,
    TW_PROPS_ENTRY_LEN = 8,
    TW_PROPS_MAX_COUNT =
        16384, /* properties of one bag; a lookup table of a lie would be as long as the lie */
    TW_PROPS_MAX_LEN = 64 * 1024 * 1024, /* bytes of a bag with all that nests in it */
    TW_PROPS_MAX_DEPTH =
        42, /* bags in bags: 20 embedded messages (spec 34) are 40, and their rows; guards the stack */
};

/* A bag that was opened: borrowed bytes, no state. Copy it freely. */
typedef struct {
    const guint8 *data;
    guint32 len;
    guint32 count; /* properties */
} TwProps;

/** TW_PROPS_EMPTY: a bag without properties, for callers that need one. */
#define TW_PROPS_EMPTY                                                                             \
    ((TwProps){ .data = (const guint8 *) "\1\0\0\0\10\0\0", .len = 8, .count = 0 })

/**
 * tw_props_open:
 * @data: (array length=len): a bag, borrowed for as long as @ret is used
 * @len: its bytes, exactly
 * @ret: (out): the opened bag
 * @error: on failure TW_ERROR_CORRUPT or TW_ERROR_TOO_BIG (limits above and of value.h)
 *
 * Checks everything: order, offsets, lengths, counts, that no two values share bytes, text, nested bags. What it
 * accepts, readers may trust whole. Runs in time linear in @len and allocates nothing.
 *
 * Returns: TRUE if the bag can be used
 */
gboolean tw_props_open(const guint8 *data, gsize len, TwProps *ret, GError **error);

/**
 * tw_props_open_bytes:
 * @bytes: (nullable): a bag; NULL is an empty one
 * @ret: (out): the opened bag, borrowed from @bytes
 * @error: as tw_props_open()
 *
 * As tw_props_open() on the content of @bytes.
 *
 * Returns: TRUE if the bag can be used
 */
gboolean tw_props_open_bytes(GBytes *bytes, TwProps *ret, GError **error);

/**
 * tw_props_open_verified:
 * @data: (array length=len): a bag that a builder made and whose checksum was just compared
 * @len: its bytes
 * @ret: (out): the opened bag
 * @error: on failure TW_ERROR_CORRUPT or TW_ERROR_TOO_BIG
 *
 * Checks the header only, for lists of thousands of rows. Readers stay inside @data whatever it holds; a property
 * that does not fit is not found. But text is known to be UTF-8 only because the builder saw to it: never use this on
 * bytes from outside.
 *
 * Returns: TRUE if the bag can be read
 */
gboolean tw_props_open_verified(const guint8 *data, gsize len, TwProps *ret, GError **error);

/**
 * tw_props_get:
 * @props: a bag
 * @tag: the tag asked for; PT_UNSPECIFIED asks for any type
 * @ret: (out): the value, borrowed from the bag
 *
 * Reads one property in place, by the rule of tw_prop_tag_answers(). The value has the tag that is stored, which
 * for text may be of the other text type.
 *
 * Returns: FALSE, and @ret untouched, if it is not there
 */
gboolean tw_props_get(const TwProps *props, guint32 tag, TwPropValue *ret);

/**
 * tw_props_get_id:
 * @props: a bag
 * @id: property id
 * @ret: (out): the value, of whatever type, borrowed from the bag
 *
 * Returns: FALSE, and @ret untouched, if it is not there
 */
gboolean tw_props_get_id(const TwProps *props, guint id, TwPropValue *ret);

/**
 * tw_props_at:
 * @props: a bag
 * @index: from 0; properties come with ids ascending
 * @ret: (out): the value, borrowed from the bag
 *
 * For walking over a bag: `for (guint i = 0; tw_props_at(&props, i, &value); i++)`.
 *
 * Returns: FALSE past the end
 */
gboolean tw_props_at(const TwProps *props, guint index, TwPropValue *ret);

/**
 * tw_props_get_text:
 * @props: a bag
 * @tag: a tag of text
 * @fallback: (nullable): what to answer when it is not there
 *
 * Returns: (transfer none): the text with a NUL at its end, borrowed from the bag, or @fallback
 */
const char *tw_props_get_text(const TwProps *props, guint32 tag, const char *fallback);

/**
 * tw_props_get_long:
 * @props: a bag
 * @tag: a tag of type LONG
 * @fallback: what to answer when it is not there
 *
 * Returns: the number as unsigned, or @fallback
 */
guint32 tw_props_get_long(const TwProps *props, guint32 tag, guint32 fallback);

/**
 * tw_props_get_i8:
 * @props: a bag
 * @tag: a tag of type I8, CURRENCY or SYSTIME
 * @fallback: what to answer when it is not there
 *
 * Returns: the number, or @fallback
 */
gint64 tw_props_get_i8(const TwProps *props, guint32 tag, gint64 fallback);

/**
 * tw_props_get_bool:
 * @props: a bag
 * @tag: a tag of type BOOLEAN
 * @fallback: what to answer when it is not there
 *
 * Returns: the value, or @fallback
 */
gboolean tw_props_get_bool(const TwProps *props, guint32 tag, gboolean fallback);

/**
 * tw_props_row_count:
 * @props: a bag
 * @tag: a tag of type OBJECT
 *
 * Returns: how many bags nest in that property; 0 if it is not there
 */
guint tw_props_row_count(const TwProps *props, guint32 tag);

/**
 * tw_props_get_row:
 * @props: a bag
 * @tag: a tag of type OBJECT
 * @index: from 0
 * @ret: (out): the nested bag, borrowed as @props is
 *
 * Reads a recipient row, an attachment row or an embedded message in place.
 *
 * Returns: FALSE if there are not that many
 */
gboolean tw_props_get_row(const TwProps *props, guint32 tag, guint index, TwProps *ret);

/**
 * tw_props_value_row:
 * @object: a value of type OBJECT
 * @index: from 0
 * @ret: (out): the nested bag, borrowed as @object is
 *
 * As tw_props_get_row(), for a value in hand.
 *
 * Returns: FALSE if there are not that many
 */
gboolean tw_props_value_row(const TwPropValue *object, guint index, TwProps *ret);

/**
 * tw_props_equal:
 * @a: a bag
 * @b: a bag
 *
 * Returns: whether both hold the same properties with the same values
 */
gboolean tw_props_equal(const TwProps *a, const TwProps *b);

/**
 * tw_props_hash:
 * @props: a bag
 * @seed: see tw_value_hash()
 *
 * Returns: a 64-bit hash of the content; equal bags have equal hashes
 */
guint64 tw_props_hash(const TwProps *props, guint64 seed);

/* Makes a bag. Properties may come in any order and more than once: the last word on an id holds. */
typedef struct {
    GArray *entries;    /* owned; private */
    TwBuffer values;    /* packed values in order of arrival; private */
    gsize values_live;  /* bytes of it known to be in use; private */
    guint entries_live; /* entries after the last tidying; private */
    gboolean sorted;    /* ids arrived ascending; private */
    GError *error;      /* owned; the first failure, sticky; private */
} TwPropsBuilder;

/**
 * tw_props_builder_init:
 * @builder: caller's memory; use with g_auto
 */
void tw_props_builder_init(TwPropsBuilder *builder);

/**
 * tw_props_builder_clear:
 * @builder: a builder
 *
 * Frees what it holds and its failure; it is empty then and can be used again.
 */
void tw_props_builder_clear(TwPropsBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwPropsBuilder, tw_props_builder_clear)

/**
 * tw_props_builder_set:
 * @builder: a builder
 * @value: the value, copied; checked by tw_value_check(), and nested bags as by tw_props_open()
 *
 * Sets a property and replaces any other of the same id, whatever its type. A bad value fails the builder, which
 * tw_props_builder_finish() reports.
 */
void tw_props_builder_set(TwPropsBuilder *builder, TwPropValue value);

/**
 * tw_props_builder_remove:
 * @builder: a builder
 * @tag: any tag of the property; only its id counts
 */
void tw_props_builder_remove(TwPropsBuilder *builder, guint32 tag);

/**
 * tw_props_builder_merge:
 * @builder: a builder
 * @props: a bag; its values are copied
 *
 * Sets all properties of @props. On an empty builder this is how a stored bag is edited.
 */
void tw_props_builder_merge(TwPropsBuilder *builder, const TwProps *props);

/**
 * tw_props_builder_finish:
 * @builder: a builder; keeps what it holds, so that more bags can be made from it
 * @out: (inout): the bag is put after what is there
 * @error: on failure TW_ERROR_INVALID, TW_ERROR_CORRUPT or TW_ERROR_TOO_BIG: the first bad value, or a limit
 *
 * Returns: TRUE if a bag was written
 */
gboolean tw_props_builder_finish(TwPropsBuilder *builder, TwBuffer *out, GError **error);

/**
 * tw_props_builder_finish_bytes:
 * @builder: a builder
 * @error: as tw_props_builder_finish()
 *
 * Returns: (transfer full): the bag, or NULL
 */
GBytes *tw_props_builder_finish_bytes(TwPropsBuilder *builder, GError **error);

G_END_DECLS
