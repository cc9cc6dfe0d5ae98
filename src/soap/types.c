/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/types.h"

/* clang-format off */
#define M_V(T, KIND, name)                                                                         \
    { #name, "<" #name ">", "</" #name ">", sizeof #name - 1, TW_SOAP_##KIND, G_STRUCT_OFFSET(TwSoap##T, name), NULL },
#define M_S(T, Type, name)                                                                         \
    { #name, "<" #name ">", "</" #name ">", sizeof #name - 1, TW_SOAP_STRUCT, G_STRUCT_OFFSET(TwSoap##T, name), \
      &tw_soap_type_##Type },
#define M_P(T, Type, name)                                                                         \
    { #name, "<" #name ">", "</" #name ">", sizeof #name - 1, TW_SOAP_OPT_STRUCT, G_STRUCT_OFFSET(TwSoap##T, name), \
      &tw_soap_type_##Type },
#define M_N(T, KIND, name, wire)                                                                   \
    { wire, "<" wire ">", "</" wire ">", sizeof wire - 1, TW_SOAP_##KIND, G_STRUCT_OFFSET(TwSoap##T, name), NULL },
#define M_Q(T, Type, name, wire)                                                                   \
    { wire, "<" wire ">", "</" wire ">", sizeof wire - 1, TW_SOAP_STRUCT, G_STRUCT_OFFSET(TwSoap##T, name), \
      &tw_soap_type_##Type },
#define M_L(T, Type)

#define NOTHING_3(T, KIND, name)
#define NOTHING_4(T, KIND, name, wire)
#define L_HAS(T, Type) .has_items = TRUE, .item_kind = TW_SOAP_STRUCT, .item_type = &tw_soap_type_##Type,

#define DEFINE_RECORD(Type, wire)                                                                  \
    static const TwSoapMember members_##Type[] = {                                                 \
        TW_SOAP_FIELDS_##Type(Type, M_V, M_S, M_P, M_N, M_Q, M_L)                                  \
    };                                                                                             \
    G_STATIC_ASSERT(G_N_ELEMENTS(members_##Type) <= TW_SOAP_MAX_MEMBERS);                          \
    const TwSoapType tw_soap_type_##Type = {                                                       \
        .name = wire,                                                                              \
        .size = sizeof(TwSoap##Type),                                                              \
        .members = members_##Type,                                                                 \
        .member_count = G_N_ELEMENTS(members_##Type),                                              \
        TW_SOAP_FIELDS_##Type(Type, NOTHING_3, NOTHING_3, NOTHING_3, NOTHING_4, NOTHING_4, L_HAS)  \
    };
TW_SOAP_RECORD_LIST(DEFINE_RECORD)
#define DEFINE_ARGS(Type) DEFINE_RECORD(Type, "")
TW_SOAP_ARGS_LIST(DEFINE_ARGS)

#define ITEM_TYPE_I16(Type) NULL
#define ITEM_TYPE_U32(Type) NULL
#define ITEM_TYPE_I64(Type) NULL
#define ITEM_TYPE_FLOAT(Type) NULL
#define ITEM_TYPE_DOUBLE(Type) NULL
#define ITEM_TYPE_TEXT(Type) NULL
#define ITEM_TYPE_BYTES(Type) NULL
#define ITEM_TYPE_VALUE(Type) NULL
#define ITEM_TYPE_STRUCT(Type) &tw_soap_type_##Type
#define DEFINE_LIST(Type, KIND, Item, array)                                                       \
    G_STATIC_ASSERT(G_STRUCT_OFFSET(TwSoap##Type, items) == G_STRUCT_OFFSET(TwSoapItems, items) && \
                    G_STRUCT_OFFSET(TwSoap##Type, count) == G_STRUCT_OFFSET(TwSoapItems, count));  \
    const TwSoapType tw_soap_type_##Type = {                                                       \
        .name = #Type,                                                                             \
        .size = sizeof(TwSoap##Type),                                                              \
        .has_items = TRUE,                                                                         \
        .item_kind = TW_SOAP_##KIND,                                                               \
        .item_type = ITEM_TYPE_##KIND(Item),                                                       \
        .array_type = array,                                                                       \
    };
TW_SOAP_LIST_LIST(DEFINE_LIST)
/* clang-format on */

gsize
tw_soap_kind_size(TwSoapKind kind)
{
    switch (kind) {
#define SIZE_ROW(kind, type)                                                                       \
    case TW_SOAP_##kind:                                                                           \
        return sizeof(type);
        /* NOLINTNEXTLINE(bugprone-branch-clone): some types are as large as others */
        TW_SOAP_KIND_LIST(SIZE_ROW)
#undef SIZE_ROW
    case TW_SOAP_OPT_STRUCT:
        return sizeof(void *);
    case TW_SOAP_STRUCT:
        break;
    }
    g_return_val_if_reached(0);
}

void
tw_soap_type_foreach(void (*func)(const TwSoapType *type, gpointer data), gpointer data)
{
    static const TwSoapType *const all[] = {
#define TYPE_ROW(Type, ...) &tw_soap_type_##Type,
        TW_SOAP_LIST_LIST(TYPE_ROW) TW_SOAP_RECORD_LIST(TYPE_ROW)
#undef TYPE_ROW
#define TYPE_ROW(Type) &tw_soap_type_##Type,
            TW_SOAP_ARGS_LIST(TYPE_ROW)
#undef TYPE_ROW
    };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        func(all[i], data);
}
