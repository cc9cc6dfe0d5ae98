/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a value of each type is packed: shared by value.c and props.c. */
#pragma once

#include "mapi/value.h"

typedef enum {
    TW_SHAPE_NONE,   /* no bytes */
    TW_SHAPE_NUMBER, /* 2, 4 or 8 bytes, held in the value itself */
    TW_SHAPE_TEXT,   /* bytes and a NUL */
    TW_SHAPE_BYTES,  /* bytes */
    TW_SHAPE_ARRAY,  /* items of one size */
    TW_SHAPE_LIST,   /* packed list */
} TwShape;

/* Bytes of one fixed-size item or number. */
static inline guint
tw_fixed_size(guint32 tag)
{
    switch (tw_prop_tag_base_type(tag)) {
    case TW_PT_I2:
    case TW_PT_BOOLEAN:
        return 2;
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_ERROR:
        return 4;
    case TW_PT_CLSID:
        return 16;
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return 8;
    default:
        return 0;
    }
}

static inline TwShape
tw_shape_of(guint32 tag)
{
    switch (tw_prop_tag_type(tag)) {
    case TW_PT_NULL:
        return TW_SHAPE_NONE;
    case TW_PT_I2:
    case TW_PT_LONG:
    case TW_PT_R4:
    case TW_PT_DOUBLE:
    case TW_PT_CURRENCY:
    case TW_PT_APPTIME:
    case TW_PT_ERROR:
    case TW_PT_BOOLEAN:
    case TW_PT_I8:
    case TW_PT_SYSTIME:
        return TW_SHAPE_NUMBER;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        return TW_SHAPE_TEXT;
    case TW_PT_OBJECT:
    case TW_PT_MV_STRING8:
    case TW_PT_MV_UNICODE:
    case TW_PT_MV_BINARY:
        return TW_SHAPE_LIST;
    default:
        /* a bag that was not checked may hold types that do not exist: never an array of items without a size */
        return tw_prop_tag_is_multi(tag) && tw_fixed_size(tag) > 0 ? TW_SHAPE_ARRAY
                                                                   : TW_SHAPE_BYTES;
    }
}

static inline guint64
tw_load_number(const guint8 *data, guint size)
{
    guint64 u8;
    guint32 u4;
    guint16 u2;

    switch (size) {
    case 2:
        memcpy(&u2, data, 2);
        return GUINT16_FROM_LE(u2);
    case 4:
        memcpy(&u4, data, 4);
        return GUINT32_FROM_LE(u4);
    default:
        memcpy(&u8, data, 8);
        return GUINT64_FROM_LE(u8);
    }
}

static inline TwPropValue
tw_number_value(guint32 tag, guint64 bits)
{
    TwPropValue value = { .tag = tag, .i8 = 0 };
    guint32 half = (guint32) bits;

    switch (tw_prop_tag_type(tag)) {
    case TW_PT_I2:
        value.i2 = (gint16) (guint16) bits;
        break;
    case TW_PT_BOOLEAN:
        value.truth = bits != 0;
        break;
    case TW_PT_R4:
        memcpy(&value.r4, &half, sizeof half);
        break;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        memcpy(&value.r8, &bits, sizeof bits);
        break;
    case TW_PT_LONG:
    case TW_PT_ERROR:
        value.u4 = half;
        break;
    default:
        value.i8 = (gint64) bits;
    }
    return value;
}
