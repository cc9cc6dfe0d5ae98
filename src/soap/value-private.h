/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * propVal: a tag, then one member that the tag's type fixes (spec/mapi-soap.md 4.2).
 */
#pragma once

#include "base/arena.h"
#include "soap/types.h"

G_BEGIN_DECLS

/* The tag and its alternatives, in the order of the wire's own numbering. */
typedef enum {
    TW_SOAP_PART_TAG,
    TW_SOAP_PART_I,
    TW_SOAP_PART_UL,
    TW_SOAP_PART_FLT,
    TW_SOAP_PART_DBL,
    TW_SOAP_PART_B,
    TW_SOAP_PART_LPSZA,
    TW_SOAP_PART_HILO,
    TW_SOAP_PART_BIN,
    TW_SOAP_PART_LI,
    TW_SOAP_PART_MVI,
    TW_SOAP_PART_MVL,
    TW_SOAP_PART_MVFLT,
    TW_SOAP_PART_MVDBL,
    TW_SOAP_PART_MVSZA,
    TW_SOAP_PART_MVHILO,
    TW_SOAP_PART_MVBIN,
    TW_SOAP_PART_MVLI,
    TW_SOAP_PART_RES,
    TW_SOAP_PART_ACTIONS,
    TW_SOAP_PART_COUNT, /* also: none, for types that do not travel */
} TwSoapPart;

/* A value as it comes, before it is known whether tag and member belong together. */
typedef struct {
    guint32 tag;
    union {
        gint16 i;
        guint32 ul;
        float flt;
        double dbl;
        gboolean b;
        TwSoapBytes lpsz_a;
        TwSoapHiloLong hilo;
        TwSoapBytes bin;
        gint64 li;
        TwSoapMvI2 mvi;
        TwSoapMvLong mvl;
        TwSoapMvR4 mvflt;
        TwSoapMvDouble mvdbl;
        TwSoapMvString8 mvsz_a;
        TwSoapMvHiloLong mvhilo;
        TwSoapMvBinary mvbin;
        TwSoapMvI8 mvli;
        TwSoapRestrictTable *res;
        TwSoapActions actions;
    };
} TwSoapParts;

/* TwSoapParts as a structure: members by TwSoapPart. */
extern const TwSoapType tw_soap_type_parts;

/* Which member a tag's value has; TW_SOAP_PART_COUNT when it cannot travel. */
TwSoapPart tw_soap_value_part(guint32 tag);

/* Makes a value of what came: @seen has a bit for each part. FALSE with TW_ERROR_INVALID, TW_ERROR_TOO_BIG or what the
 * restriction or the actions in it are refused with; the value is an ERROR then. */
gboolean tw_soap_value_join(
    const TwSoapParts *parts, guint32 seen, TwArena *arena, TwPropValue *ret, GError **error);

G_END_DECLS
