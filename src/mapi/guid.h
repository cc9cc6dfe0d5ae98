/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GUIDs: sixteen bytes as they stand in ids and on the wire. Written with braces the first three groups are
 * little-endian numbers: {3C253DCA-D227-443C-94FE-425FAB958C19} is CA3D253C27D23C4494FE425FAB958C19.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

enum {
    TW_GUID_LEN = 16,
    TW_GUID_STRING_LEN = 36 /* without braces and the closing NUL */
};

typedef struct {
    guint8 bytes[TW_GUID_LEN];
} TwGuid;

/**
 * TW_GUID_INIT:
 * @a: first group, 32 bits
 * @b: second group, 16 bits
 * @c: third group, 16 bits
 * @...: the eight bytes of the last two groups
 *
 * Initialiser for a #TwGuid in the order in which it is printed.
 */
#define TW_GUID_INIT(a, b, c, ...)                                                                 \
    {                                                                                              \
        {                                                                                          \
            (guint8)((a) &0xffu), (guint8) ((a) >> 8 & 0xffu), (guint8) ((a) >> 16 & 0xffu),       \
                (guint8) ((a) >> 24 & 0xffu), (guint8) ((b) &0xffu), (guint8) ((b) >> 8 & 0xffu),  \
                (guint8) ((c) &0xffu), (guint8) ((c) >> 8 & 0xffu), __VA_ARGS__                    \
        }                                                                                          \
    }

/**
 * tw_guid_from_bytes:
 * @bytes: (array fixed-size=16): the bytes as they stand in an id
 *
 * Returns: the GUID
 */
static inline TwGuid
tw_guid_from_bytes(const guint8 *bytes)
{
    TwGuid guid;

    memcpy(guid.bytes, bytes, TW_GUID_LEN);
    return guid;
}

/**
 * tw_guid_equal:
 * @a: a GUID
 * @b: another
 *
 * Returns: whether they are the same
 */
static inline gboolean
tw_guid_equal(const TwGuid *a, const TwGuid *b)
{
    return memcmp(a->bytes, b->bytes, TW_GUID_LEN) == 0;
}

/**
 * tw_guid_compare:
 * @a: a GUID
 * @b: another
 *
 * Orders by the bytes as they stand in ids. The order has no meaning but is the same everywhere.
 *
 * Returns: less than, equal to or greater than 0
 */
static inline int
tw_guid_compare(const TwGuid *a, const TwGuid *b)
{
    return memcmp(a->bytes, b->bytes, TW_GUID_LEN);
}

/**
 * tw_guid_is_zero:
 * @guid: a GUID
 *
 * Returns: whether all of its bytes are 0
 */
static inline gboolean
tw_guid_is_zero(const TwGuid *guid)
{
    static const TwGuid zero = { { 0 } };

    return tw_guid_equal(guid, &zero);
}

/**
 * tw_guid_hash:
 * @guid: a GUID
 *
 * Returns: a number for hash tables
 */
guint tw_guid_hash(const TwGuid *guid);

/**
 * tw_guid_to_string:
 * @guid: a GUID
 *
 * Returns: (transfer full): "3C253DCA-D227-443C-94FE-425FAB958C19"
 */
char *tw_guid_to_string(const TwGuid *guid);

/**
 * tw_guid_parse:
 * @text: (array length=len): the printed form, with or without braces, of either case
 * @len: how many bytes
 * @ret_guid: (out): the GUID
 *
 * Returns: FALSE, and @ret_guid untouched, for anything else
 */
gboolean tw_guid_parse(const char *text, gsize len, TwGuid *ret_guid);

G_END_DECLS
