/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GUIDs (MS-DTYP 2.3.4): sixteen bytes as MAPI stores and sends them, the first three fields little-endian.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

enum {
    TW_GUID_LEN = 16,
    TW_GUID_TEXT_SIZE = 39 /* "{...}" and the NUL */
};

typedef struct {
    guint8 bytes[TW_GUID_LEN]; /* in the order of the wire */
} TwGuid;

/**
 * TW_GUID_INIT:
 * @d1: first field, 32 bits
 * @d2: second field, 16 bits
 * @d3: third field, 16 bits
 * @...: the eight bytes of the last field
 *
 * Initialiser of a constant #TwGuid from the fields as documents print them.
 */
#define TW_GUID_INIT(d1, d2, d3, ...)                                                              \
    {                                                                                              \
        {                                                                                          \
            (d1) & 0xff, (d1) >> 8 & 0xff, (d1) >> 16 & 0xff, (d1) >> 24 & 0xff, (d2) &0xff,       \
                (d2) >> 8 & 0xff, (d3) &0xff, (d3) >> 8 & 0xff, __VA_ARGS__                        \
        }                                                                                          \
    }

typedef enum {
    TW_GUID_PLAIN,  /* 00020329-0000-0000-c000-000000000046 */
    TW_GUID_BRACED, /* {00020329-0000-0000-C000-000000000046}, as the registry has it */
    TW_GUID_HEX,    /* the sixteen bytes in order: 29030200000000000c00000000000046 */
} TwGuidForm;

/**
 * tw_guid_random:
 * @ret: (out): a random GUID, version 4 of RFC 4122
 */
void tw_guid_random(TwGuid *ret);

/**
 * tw_guid_print:
 * @guid: a GUID
 * @form: how
 * @ret: (out): the text, NUL-terminated
 */
void tw_guid_print(const TwGuid *guid, TwGuidForm form, char ret[TW_GUID_TEXT_SIZE]);

/**
 * tw_guid_parse:
 * @text: (array length=len): text in any of the three forms, hexadecimal digits of either case
 * @len: how many characters
 * @ret: (out): the GUID
 *
 * Returns: FALSE, and @ret untouched, for anything else
 */
gboolean tw_guid_parse(const char *text, gsize len, TwGuid *ret);

/**
 * tw_guid_from_bytes:
 * @bytes: (array fixed-size=16): the bytes in the order of the wire
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
 * tw_guid_compare:
 * @a: a GUID
 * @b: another
 *
 * Orders by the bytes of the wire. The order has no meaning but is the same everywhere; also fits as a #GCompareFunc.
 *
 * Returns: less than, equal to or greater than 0
 */
static inline int
tw_guid_compare(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(TwGuid));
}

/**
 * tw_guid_equal:
 * @a: a GUID
 * @b: another
 *
 * Also fits as a #GEqualFunc.
 *
 * Returns: whether they are the same
 */
static inline gboolean
tw_guid_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(TwGuid)) == 0;
}

/**
 * tw_guid_is_zero:
 * @guid: a GUID
 *
 * Returns: whether all its bytes are zero
 */
static inline gboolean
tw_guid_is_zero(const TwGuid *guid)
{
    static const TwGuid zero;

    return tw_guid_equal(guid, &zero);
}

/**
 * tw_guid_hash:
 * @guid: a #TwGuid
 *
 * A #GHashFunc; keyed, since clients choose GUIDs.
 *
 * Returns: the hash
 */
guint tw_guid_hash(gconstpointer guid);

G_END_DECLS
