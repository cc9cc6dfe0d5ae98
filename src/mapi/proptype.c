/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/proptype.h"

static const TwPropTypeInfo types[] = {
#define TYPE_ROW(row_name, row_code, row_short, row_size, row_multi)                               \
    { .code = (row_code),                                                                          \
      .name = #row_name,                                                                           \
      .short_name = (row_short),                                                                   \
      .size = (row_size),                                                                          \
      .multi = (row_multi) },
    TW_PROP_TYPE_LIST(TYPE_ROW)
#undef TYPE_ROW
};

enum {
#define TYPE_INDEX(row_name, row_code, row_short, row_size, row_multi) INDEX_##row_name,
    TW_PROP_TYPE_LIST(TYPE_INDEX)
#undef TYPE_INDEX
};

static const TwPropRange ranges[] = {
    { 0x0001, 0x0BFF, TW_TRANSMITTED_YES, "message envelope" },
    { 0x0C00, 0x0DFF, TW_TRANSMITTED_NO, "recipient" },
    { 0x0E00, 0x0FFF, TW_TRANSMITTED_NO, "message, computed" },
    { 0x1000, 0x2FFF, TW_TRANSMITTED_YES, "message content" },
    { 0x3000, 0x33FF, TW_TRANSMITTED_UNSAID, "any object" },
    { 0x3400, 0x35FF, TW_TRANSMITTED_UNSAID, "store" },
    { 0x3600, 0x36FF, TW_TRANSMITTED_UNSAID, "folder" },
    { 0x3700, 0x38FF, TW_TRANSMITTED_UNSAID, "attachment" },
    { 0x3900, 0x39FF, TW_TRANSMITTED_UNSAID, "address book object" },
    { 0x3A00, 0x3BFF, TW_TRANSMITTED_UNSAID, "mail user" },
    { 0x3C00, 0x3CFF, TW_TRANSMITTED_UNSAID, "distribution list" },
    { 0x3D00, 0x3DFF, TW_TRANSMITTED_UNSAID, "profile section" },
    { 0x3E00, 0x3FFF, TW_TRANSMITTED_UNSAID, "status object" },
    { 0x4000, 0x57FF, TW_TRANSMITTED_YES, "transport" },
    { 0x5800, 0x5FFF, TW_TRANSMITTED_NO, "user" },
    { 0x6000, 0x65FF, TW_TRANSMITTED_NO, "provider, internal" },
    { 0x6600, 0x67FF, TW_TRANSMITTED_NO, "provider" },
    { 0x6800, 0x7BFF, TW_TRANSMITTED_YES, "message class" },
    { 0x7C00, 0x7FFF, TW_TRANSMITTED_NO, "message class, internal" },
    { 0x8000, 0xFFFE, TW_TRANSMITTED_YES, "named" },
};

const TwPropTypeInfo *
tw_prop_type_info(guint type)
{
    switch (type & ~(guint) TW_PT_MV_INSTANCE) {
#define TYPE_CASE(row_name, row_code, row_short, row_size, row_multi)                              \
    case row_code:                                                                                 \
        return &types[INDEX_##row_name];
        TW_PROP_TYPE_LIST(TYPE_CASE)
#undef TYPE_CASE
    default:
        return NULL;
    }
}

gboolean
tw_prop_tag_answers(guint32 stored, guint32 asked)
{
    if (tw_prop_tag_id(stored) != tw_prop_tag_id(asked))
        return FALSE;
    if (tw_prop_tag_type(asked) == TW_PT_UNSPECIFIED)
        return TRUE;
    if (tw_prop_tag_is_instance(asked))
        asked = (asked & ~(guint32) TW_PT_MVI_FLAG) | TW_PT_MV_FLAG;
    if (stored == asked)
        return TRUE;
    return ((stored ^ asked) & TW_PT_MV_FLAG) == 0 && tw_prop_tag_is_text(stored) &&
           tw_prop_tag_is_text(asked);
}

gboolean
tw_prop_tag_is_storable(guint32 tag)
{
    guint id = tw_prop_tag_id(tag), type = tw_prop_tag_type(tag);
    const TwPropTypeInfo *info = tw_prop_type_info(type);

    if (id == 0 || id == 0xffff || info == NULL || info->code == TW_PT_UNSPECIFIED)
        return FALSE;
    if (type & TW_PT_MVI_FLAG)
        return FALSE;
    return !(type & TW_PT_MV_FLAG) || info->multi;
}

const TwPropRange *
tw_prop_range(guint id)
{
    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++) {
        if (id >= ranges[i].first && id <= ranges[i].last)
            return &ranges[i];
    }
    return NULL;
}
