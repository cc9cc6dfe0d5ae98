/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structures of the wire in C, TwSoapLogonResponse and so on, and their descriptions, from which decoder (decode.h) and
 * serialiser (encode.h) work. Both are made from records-list.h and args-list.h; nothing is written twice.
 *
 * All zero is what a structure is when nothing of it was sent: numbers 0, text absent, bytes and lists empty. Whatever a
 * structure points to is borrowed: from the arena of the message it was read from, or from whoever filled it in.
 */
#pragma once

#include "mapi/value.h"
#include "soap/args-list.h"
#include "soap/records-list.h"

G_BEGIN_DECLS

/* Bytes. In a member that may be absent, @data NULL is absent, and any other pointer with @len 0 is empty. */
typedef struct {
    const guint8 *data;
    gsize len;
} TwSoapBytes;

/* Each row: kind, its C type, what is on the wire (spec/mapi-soap.md 2.3). */
#define TW_SOAP_KIND_LIST(X)                                                                       \
    X(BOOL, gboolean) /* true, false; 1 and 0 are read */                                          \
    X(I16, gint16)    /* decimal, as all numbers */                                                \
    X(U32, guint32)                                                                                \
    X(I32, gint32)                                                                                 \
    X(U64, guint64)                                                                                \
    X(I64, gint64)                                                                                 \
    X(FLOAT, float)           /* 9 digits */                                                       \
    X(DOUBLE, double)         /* 17 digits */                                                      \
    X(TEXT, const char *)     /* UTF-8; NULL is absent, "" is there and empty */                   \
    X(SPAN, TwSoapBytes)      /* text with a length, and a NUL behind it */                        \
    X(BYTES, TwSoapBytes)     /* base64 */                                                         \
    X(OPT_BYTES, TwSoapBytes) /* base64, may be absent */                                          \
    X(OPT_U32, guint32 *)     /* may be absent */                                                  \
    X(VALUE, TwPropValue)     /* propVal */                                                        \
    X(OPT_VALUE, TwPropValue *)                                                                    \
    X(XOP, const char *) /* id of the part with the bytes, without "cid:"; NULL is absent */

typedef enum {
#define TW_SOAP_KIND_ENUM_ROW(kind, type) TW_SOAP_##kind,
    TW_SOAP_KIND_LIST(TW_SOAP_KIND_ENUM_ROW)
#undef TW_SOAP_KIND_ENUM_ROW
    TW_SOAP_STRUCT,     /* a structure in its place */
    TW_SOAP_OPT_STRUCT, /* a pointer to one, NULL when absent */
} TwSoapKind;

/* TW_SOAP_C_U32 is guint32, and so on. */
#define TW_SOAP_C_BOOL gboolean
#define TW_SOAP_C_I16 gint16
#define TW_SOAP_C_U32 guint32
#define TW_SOAP_C_I32 gint32
#define TW_SOAP_C_U64 guint64
#define TW_SOAP_C_I64 gint64
#define TW_SOAP_C_FLOAT float
#define TW_SOAP_C_DOUBLE double
#define TW_SOAP_C_TEXT const char *
#define TW_SOAP_C_SPAN TwSoapBytes
#define TW_SOAP_C_BYTES TwSoapBytes
#define TW_SOAP_C_OPT_BYTES TwSoapBytes
#define TW_SOAP_C_OPT_U32 guint32 *
#define TW_SOAP_C_VALUE TwPropValue
#define TW_SOAP_C_OPT_VALUE TwPropValue *
#define TW_SOAP_C_XOP const char *

/* C type of a list's items. */
#define TW_SOAP_ITEM_C_I16(Type) gint16
#define TW_SOAP_ITEM_C_U32(Type) guint32
#define TW_SOAP_ITEM_C_I64(Type) gint64
#define TW_SOAP_ITEM_C_FLOAT(Type) float
#define TW_SOAP_ITEM_C_DOUBLE(Type) double
#define TW_SOAP_ITEM_C_TEXT(Type) const char *
#define TW_SOAP_ITEM_C_BYTES(Type) TwSoapBytes
#define TW_SOAP_ITEM_C_VALUE(Type) TwPropValue
#define TW_SOAP_ITEM_C_STRUCT(Type) TwSoap##Type

/* clang-format off */
#define TW_SOAP_DECLARE(Type, ...) typedef struct TwSoap##Type TwSoap##Type;
#define TW_SOAP_DECLARE_ARGS(Type) typedef struct TwSoap##Type TwSoap##Type;
TW_SOAP_LIST_LIST(TW_SOAP_DECLARE)
TW_SOAP_RECORD_LIST(TW_SOAP_DECLARE)
TW_SOAP_ARGS_LIST(TW_SOAP_DECLARE_ARGS)
#undef TW_SOAP_DECLARE
#undef TW_SOAP_DECLARE_ARGS

/* A list: @count items from @items on. */
#define TW_SOAP_DEFINE_LIST(Type, KIND, Item, array_type)                                          \
    struct TwSoap##Type {                                                                          \
        TW_SOAP_ITEM_C_##KIND(Item) *items;                                                        \
        guint32 count;                                                                             \
    };
TW_SOAP_LIST_LIST(TW_SOAP_DEFINE_LIST)
#undef TW_SOAP_DEFINE_LIST

#define TW_SOAP_C_V(T, KIND, name) TW_SOAP_C_##KIND name;
#define TW_SOAP_C_S(T, Type, name) TwSoap##Type name;
#define TW_SOAP_C_P(T, Type, name) TwSoap##Type *name;
#define TW_SOAP_C_N(T, KIND, name, wire) TW_SOAP_C_##KIND name;
#define TW_SOAP_C_Q(T, Type, name, wire) TwSoap##Type name;
#define TW_SOAP_C_L(T, Type) TwSoap##Type *items; guint32 count;
#define TW_SOAP_DEFINE(Type, ...)                                                                  \
    struct TwSoap##Type {                                                                          \
        TW_SOAP_FIELDS_##Type(Type, TW_SOAP_C_V, TW_SOAP_C_S, TW_SOAP_C_P, TW_SOAP_C_N, TW_SOAP_C_Q, TW_SOAP_C_L) \
    };
TW_SOAP_RECORD_LIST(TW_SOAP_DEFINE)
#define TW_SOAP_DEFINE_ARGS(Type) TW_SOAP_DEFINE(Type, "")
TW_SOAP_ARGS_LIST(TW_SOAP_DEFINE_ARGS)
#undef TW_SOAP_DEFINE
#undef TW_SOAP_DEFINE_ARGS
/* clang-format on */

typedef struct TwSoapType TwSoapType;

/* One member of a structure. */
typedef struct {
    const char *name;  /* on the wire */
    const char *open;  /* "<name>" */
    const char *close; /* "</name>" */
    guint32 name_len;
    TwSoapKind kind;
    gsize offset;           /* in the C structure */
    const TwSoapType *type; /* of STRUCT and OPT_STRUCT, else NULL */
} TwSoapMember;

/* A structure, or a list. One with items has "items" and "count" at its very start. */
struct TwSoapType {
    const char *name; /* on the wire; "" where it has none of its own */
    gsize size;       /* of the C structure */
    const TwSoapMember *members;
    guint member_count;
    gboolean has_items;
    TwSoapKind item_kind;
    const TwSoapType *item_type; /* of items that are structures, else NULL */
    const char *array_type;      /* of an encoded array, else NULL */
};

/* What lies at the start of each structure with items. */
typedef struct {
    void *items;
    guint32 count;
} TwSoapItems;

enum {
    TW_SOAP_MAX_MEMBERS = 32, /* of one structure; the decoder notes in a word which it has seen */
};

/* tw_soap_type_LogonResponse and so on: the descriptions. */
#define TW_SOAP_DECLARE_TYPE(Type, ...) extern const TwSoapType tw_soap_type_##Type;
#define TW_SOAP_DECLARE_ARGS_TYPE(Type) extern const TwSoapType tw_soap_type_##Type;
TW_SOAP_LIST_LIST(TW_SOAP_DECLARE_TYPE)
TW_SOAP_RECORD_LIST(TW_SOAP_DECLARE_TYPE)
TW_SOAP_ARGS_LIST(TW_SOAP_DECLARE_ARGS_TYPE)
#undef TW_SOAP_DECLARE_TYPE
#undef TW_SOAP_DECLARE_ARGS_TYPE

/**
 * tw_soap_kind_size:
 * @kind: any but STRUCT
 *
 * Returns: bytes of its C type
 */
gsize tw_soap_kind_size(TwSoapKind kind);

/**
 * tw_soap_type_foreach:
 * @func: (scope call): called with each structure and list there is
 * @data: for @func
 *
 * For tests and tools that go through all of them.
 */
void tw_soap_type_foreach(void (*func)(const TwSoapType *type, gpointer data), gpointer data);

G_END_DECLS
