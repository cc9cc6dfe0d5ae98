/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the reader and the builder of bags agree on. */
#pragma once

#include "mapi/props.h"

/* Types whose number is the word of the entry itself. */
static inline gboolean
tw_props_is_inline(guint type)
{
    switch (type) {
    case TW_PT_NULL:
    case TW_PT_I2:
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_ERROR:
    case TW_PT_BOOLEAN:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Bytes of a value that is kept bare; 0 for one with a length before it. */
static inline guint
tw_props_bare_size(guint type)
{
    switch (type) {
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return 8;
    case TW_PT_CLSID:
        return 16;
    default:
        return 0;
    }
}

/* Whether the items of a checked value of type OBJECT are bags, and nest no deeper than @depth allows. */
gboolean tw_props_check_rows(const TwPropValue *object, guint depth, GError **error);

/* Sets TW_ERROR_TOO_BIG: too many of what. Returns FALSE. */
gboolean tw_props_too_big(GError **error, const char *what);
