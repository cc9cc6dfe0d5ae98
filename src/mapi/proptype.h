/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Property types and tags: the numbers of MS-OXCDATA 2.11 and MS-OXPROPS 1.3, and the rules that hang on them.
 *
 * A tag is an id (high half) and a type (low half). A type may carry two flags: multi-valued (0x1000) and, in
 * tables only, multi-value instance (0x2000): one row per value.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each row: name, code, short name as in the lists of tags, bytes of one packed value (0: varies), may be multi-valued.
 * Source: spec/mailbox-layout.md 1; which types have a multi-valued form: MS-OXCDATA 2.11.1, spec/mapi-soap.md 4.2. */
#define TW_PROP_TYPE_LIST(X)                                                                       \
    X(UNSPECIFIED, 0x0000u, "?", 0, FALSE) /* in a request: any type; never in a value */          \
    X(NULL, 0x0001u, "0", 0, FALSE)        /* a value that is nothing; see TwPropValue */          \
    X(I2, 0x0002u, "I2", 2, TRUE)                                                                  \
    X(LONG, 0x0003u, "I4", 4, TRUE)                                                                \
    X(R4, 0x0004u, "R4", 4, TRUE)                                                                  \
    X(DOUBLE, 0x0005u, "R8", 8, TRUE)                                                              \
    X(CURRENCY, 0x0006u, "Cur", 8, TRUE)  /* integer, 1/10000 units */                             \
    X(APPTIME, 0x0007u, "App", 8, TRUE)   /* days since 1899-12-30 as double */                    \
    X(ERROR, 0x000Au, "Err", 4, FALSE)    /* stands for a value that could not be had */           \
    X(BOOLEAN, 0x000Bu, "bool", 2, FALSE) /* 0 or 1 only */                                        \
    X(OBJECT, 0x000Du, "O", 0, FALSE)     /* recipients, attachments, embedded message: rows */    \
    X(I8, 0x0014u, "I8", 8, TRUE)                                                                  \
    X(STRING8, 0x001Eu, "S8", 0, TRUE)       /* text of an 8-bit code page */                      \
    X(UNICODE, 0x001Fu, "S", 0, TRUE)        /* text, kept as UTF-8 */                             \
    X(SYSTIME, 0x0040u, "T", 8, TRUE)        /* 100 ns since 1601-01-01 UTC */                     \
    X(CLSID, 0x0048u, "G", 16, TRUE)         /* GUID, in its byte order on the wire */             \
    X(SVREID, 0x00FBu, "Svr", 0, FALSE)      /* server id, see tw_svreid_parse() */                \
    X(SRESTRICT, 0x00FDu, "Restr", 0, FALSE) /* restriction in its wire form */                    \
    X(ACTIONS, 0x00FEu, "Act", 0, FALSE)     /* rule actions in their wire form */                 \
    X(BINARY, 0x0102u, "B", 0, TRUE)

/* TW_PT_LONG and so on; TW_PT_MV_LONG and so on for the types that have a multi-valued form. */
enum {
#define TW_PROP_TYPE_ENUM_ROW(name, code, short_name, size, multi) TW_PT_##name = (code),
    TW_PROP_TYPE_LIST(TW_PROP_TYPE_ENUM_ROW)
#undef TW_PROP_TYPE_ENUM_ROW
    TW_PT_MV_FLAG = 0x1000,     /* multi-valued */
    TW_PT_MVI_FLAG = 0x2000,    /* multi-value instance, in columns and sort keys of tables */
    TW_PT_MV_INSTANCE = 0x3000, /* both, as clients send it */
    TW_PT_MV_I2 = TW_PT_MV_FLAG | TW_PT_I2,
    TW_PT_MV_LONG = TW_PT_MV_FLAG | TW_PT_LONG,
    TW_PT_MV_R4 = TW_PT_MV_FLAG | TW_PT_R4,
    TW_PT_MV_DOUBLE = TW_PT_MV_FLAG | TW_PT_DOUBLE,
    TW_PT_MV_CURRENCY = TW_PT_MV_FLAG | TW_PT_CURRENCY,
    TW_PT_MV_APPTIME = TW_PT_MV_FLAG | TW_PT_APPTIME,
    TW_PT_MV_I8 = TW_PT_MV_FLAG | TW_PT_I8,
    TW_PT_MV_STRING8 = TW_PT_MV_FLAG | TW_PT_STRING8,
    TW_PT_MV_UNICODE = TW_PT_MV_FLAG | TW_PT_UNICODE,
    TW_PT_MV_SYSTIME = TW_PT_MV_FLAG | TW_PT_SYSTIME,
    TW_PT_MV_CLSID = TW_PT_MV_FLAG | TW_PT_CLSID,
    TW_PT_MV_BINARY = TW_PT_MV_FLAG | TW_PT_BINARY,
};

typedef struct {
    guint16 code;
    const char *name;       /* "LONG" */
    const char *short_name; /* "I4" */
    guint size;             /* bytes of one packed value; 0 when it varies or there is none */
    gboolean multi;         /* has a multi-valued form */
} TwPropTypeInfo;

/**
 * tw_prop_type_info:
 * @type: the low half of a tag; the multi-value flags are ignored
 *
 * Returns: (transfer none) (nullable): the row of the list, a constant, or NULL for a type that does not exist
 */
const TwPropTypeInfo *tw_prop_type_info(guint type);

/**
 * tw_prop_tag:
 * @id: property id
 * @type: property type with its flags
 *
 * Returns: the tag
 */
static inline guint32
tw_prop_tag(guint id, guint type)
{
    return (guint32) (id & 0xffffu) << 16 | (type & 0xffffu);
}

/**
 * tw_prop_tag_id:
 * @tag: a tag
 *
 * Returns: its property id
 */
static inline guint16
tw_prop_tag_id(guint32 tag)
{
    return (guint16) (tag >> 16);
}

/**
 * tw_prop_tag_type:
 * @tag: a tag
 *
 * Returns: its type with the multi-value flags
 */
static inline guint16
tw_prop_tag_type(guint32 tag)
{
    return (guint16) (tag & 0xffffu);
}

/**
 * tw_prop_tag_base_type:
 * @tag: a tag
 *
 * Returns: its type without the multi-value flags: the type of one value
 */
static inline guint16
tw_prop_tag_base_type(guint32 tag)
{
    return (guint16) (tag & 0xffffu & ~(guint32) TW_PT_MV_INSTANCE);
}

/**
 * tw_prop_tag_is_multi:
 * @tag: a tag
 *
 * Returns: whether a value of it is a list (multi-valued, and not one instance of it)
 */
static inline gboolean
tw_prop_tag_is_multi(guint32 tag)
{
    return (tag & TW_PT_MV_INSTANCE) == TW_PT_MV_FLAG;
}

/**
 * tw_prop_tag_is_instance:
 * @tag: a tag of a column or sort key
 *
 * Returns: whether it asks for one row per value
 */
static inline gboolean
tw_prop_tag_is_instance(guint32 tag)
{
    return (tag & TW_PT_MVI_FLAG) != 0;
}

/**
 * tw_prop_tag_with_type:
 * @tag: a tag
 * @type: another type
 *
 * Returns: the tag of the same id with @type
 */
static inline guint32
tw_prop_tag_with_type(guint32 tag, guint type)
{
    return (tag & 0xffff0000u) | (type & 0xffffu);
}

/**
 * tw_prop_tag_is_text:
 * @tag: a tag
 *
 * Returns: whether its values, or each of them, are text (8-bit or Unicode)
 */
static inline gboolean
tw_prop_tag_is_text(guint32 tag)
{
    guint base = tw_prop_tag_base_type(tag);

    return base == TW_PT_STRING8 || base == TW_PT_UNICODE;
}

/**
 * tw_prop_tag_answers:
 * @stored: tag of a value that is there
 * @asked: tag that is asked for
 *
 * The rule of spec/mailbox-layout.md 1: the same id with another type is not found, except that PT_UNSPECIFIED asks
 * for any type and the two types of text are one. A multi-value instance asks for the multi-valued property.
 *
 * Returns: whether a value of @stored answers a request for @asked
 */
gboolean tw_prop_tag_answers(guint32 stored, guint32 asked);

/**
 * tw_prop_tag_is_storable:
 * @tag: a tag
 *
 * Returns: whether a value may carry it: a known type other than PT_UNSPECIFIED, multi-valued only where the type has
 * that form, no instance flag, and an id other than 0 and 0xffff
 */
gboolean tw_prop_tag_is_storable(guint32 tag);

typedef enum {
    TW_TRANSMITTED_NO,    /* stays in the store that holds the message */
    TW_TRANSMITTED_YES,   /* travels with a message */
    TW_TRANSMITTED_UNSAID /* not a property of messages, or it depends on the id */
} TwTransmitted;

typedef struct {
    guint16 first, last; /* ids, both in the range */
    TwTransmitted transmitted;
    const char *owner; /* what the ids belong to */
} TwPropRange;

/**
 * tw_prop_range:
 * @id: a property id
 *
 * Which range of ids a property is in. Source: spec/mailbox-layout.md 2.1.
 *
 * Returns: (transfer none) (nullable): a constant, or NULL for 0 and 0xffff
 */
const TwPropRange *tw_prop_range(guint id);

/**
 * tw_prop_id_is_named:
 * @id: a property id
 *
 * Returns: whether the id is mapped from a name per server (0x8000-0xfffe); the address book has fixed ids there
 */
static inline gboolean
tw_prop_id_is_named(guint id)
{
    return id >= 0x8000 && id < 0xffff;
}

G_END_DECLS
