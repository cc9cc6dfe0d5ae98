/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which member a type has, and from members to packed values. */
#include "soap/value-private.h"

#include "base/error.h"
#include "soap/forms.h"
#include "soap/result.h"

#define PART(name, field, kind)                                                                    \
    {                                                                                              \
        name, "<" name ">", "</" name ">", sizeof name - 1, TW_SOAP_##kind,                        \
            G_STRUCT_OFFSET(TwSoapParts, field), NULL                                              \
    }
#define PART_OF(name, field, kind, Type)                                                           \
    {                                                                                              \
        name, "<" name ">", "</" name ">", sizeof name - 1, TW_SOAP_##kind,                        \
            G_STRUCT_OFFSET(TwSoapParts, field), &tw_soap_type_##Type                              \
    }

static const TwSoapMember members[] = {
    PART("ulPropTag", tag, U32),
    PART("i", i, I16),
    PART("ul", ul, U32),
    PART("flt", flt, FLOAT),
    PART("dbl", dbl, DOUBLE),
    PART("b", b, BOOL),
    PART("lpszA", lpsz_a, SPAN),
    PART_OF("hilo", hilo, STRUCT, HiloLong),
    PART("bin", bin, BYTES),
    PART("li", li, I64),
    PART_OF("mvi", mvi, STRUCT, MvI2),
    PART_OF("mvl", mvl, STRUCT, MvLong),
    PART_OF("mvflt", mvflt, STRUCT, MvR4),
    PART_OF("mvdbl", mvdbl, STRUCT, MvDouble),
    PART_OF("mvszA", mvsz_a, STRUCT, MvString8),
    PART_OF("mvhilo", mvhilo, STRUCT, MvHiloLong),
    PART_OF("mvbin", mvbin, STRUCT, MvBinary),
    PART_OF("mvli", mvli, STRUCT, MvI8),
    PART_OF("res", res, OPT_STRUCT, RestrictTable),
    PART_OF("actions", actions, STRUCT, Actions),
};
G_STATIC_ASSERT(G_N_ELEMENTS(members) == TW_SOAP_PART_COUNT);

const TwSoapType tw_soap_type_parts = {
    .name = "propVal",
    .size = sizeof(TwSoapParts),
    .members = members,
    .member_count = G_N_ELEMENTS(members),
};

TwSoapPart
tw_soap_value_part(guint32 tag)
{
    switch (tag & 0xffffu) {
    case TW_PT_I2:
        return TW_SOAP_PART_I;
    case TW_PT_NULL:
    case TW_PT_LONG:
    case TW_PT_ERROR:
        return TW_SOAP_PART_UL;
    case TW_PT_R4:
        return TW_SOAP_PART_FLT;
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        return TW_SOAP_PART_DBL;
    case TW_PT_BOOLEAN:
        return TW_SOAP_PART_B;
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        return TW_SOAP_PART_LPSZA;
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
        return TW_SOAP_PART_HILO;
    case TW_PT_CLSID:
    case TW_PT_BINARY:
        return TW_SOAP_PART_BIN;
    case TW_PT_I8:
        return TW_SOAP_PART_LI;
    case TW_PT_MV_I2:
        return TW_SOAP_PART_MVI;
    case TW_PT_MV_LONG:
        return TW_SOAP_PART_MVL;
    case TW_PT_MV_R4:
        return TW_SOAP_PART_MVFLT;
    case TW_PT_MV_DOUBLE:
    case TW_PT_MV_APPTIME:
        return TW_SOAP_PART_MVDBL;
    case TW_PT_MV_STRING8:
    case TW_PT_MV_UNICODE:
        return TW_SOAP_PART_MVSZA;
    case TW_PT_MV_CURRENCY:
    case TW_PT_MV_SYSTIME:
        return TW_SOAP_PART_MVHILO;
    case TW_PT_MV_CLSID:
    case TW_PT_MV_BINARY:
        return TW_SOAP_PART_MVBIN;
    case TW_PT_MV_I8:
        return TW_SOAP_PART_MVLI;
    case TW_PT_SRESTRICT:
        return TW_SOAP_PART_RES;
    case TW_PT_ACTIONS:
        return TW_SOAP_PART_ACTIONS;
    default:
        return TW_SOAP_PART_COUNT;
    }
}

static gboolean
refuse(GError **error, TwError code, const char *message)
{
    g_set_error_literal(error, TW_ERROR, (gint) code, message);
    return FALSE;
}

/* Lends @len bytes of @buf, copied into the arena, to the value. */
static gboolean
keep(TwArena *arena, const TwBuffer *buf, TwPropValue *ret, GError **error)
{
    guint8 *copy = tw_buffer_failed(buf) ? NULL : tw_arena_copy(arena, buf->data, buf->len);

    if (copy == NULL || buf->len > TW_VALUE_MAX_LEN)
        return refuse(error, TW_ERROR_TOO_BIG, "a value longer than values may be");
    *ret = tw_value_bytes(ret->tag, copy, buf->len);
    return TRUE;
}

static gint64
join_hilo(const TwSoapHiloLong *hilo)
{
    return (gint64) ((guint64) (guint32) hilo->hi << 32 | hilo->lo);
}

/* Numbers in a row, little-endian. */
static gboolean
pack_numbers(
    TwSoapPart part, const TwSoapParts *parts, TwArena *arena, TwPropValue *ret, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VALUE_MAX_LEN);
    guint32 word;
    guint64 quad;

    /* all lists begin alike */
    for (guint32 i = 0; i < parts->mvl.count; i++) {
        switch (part) {
        case TW_SOAP_PART_MVI:
            tw_buffer_put_u16le(&out, (guint16) parts->mvi.items[i]);
            break;
        case TW_SOAP_PART_MVL:
            tw_buffer_put_u32le(&out, parts->mvl.items[i]);
            break;
        case TW_SOAP_PART_MVFLT:
            memcpy(&word, &parts->mvflt.items[i], sizeof word);
            tw_buffer_put_u32le(&out, word);
            break;
        case TW_SOAP_PART_MVDBL:
            memcpy(&quad, &parts->mvdbl.items[i], sizeof quad);
            tw_buffer_put_u64le(&out, quad);
            break;
        case TW_SOAP_PART_MVHILO:
            tw_buffer_put_u64le(&out, (guint64) join_hilo(&parts->mvhilo.items[i]));
            break;
        default:
            tw_buffer_put_u64le(&out, (guint64) parts->mvli.items[i]);
            break;
        }
    }
    return keep(arena, &out, ret, error);
}

static gboolean
pack_guids(const TwSoapMvBinary *list, TwArena *arena, TwPropValue *ret, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VALUE_MAX_LEN);

    for (guint32 i = 0; i < list->count; i++) {
        if (list->items[i].len != 16)
            return refuse(error, TW_ERROR_INVALID, "a GUID that is not 16 bytes long");
        tw_buffer_put(&out, list->items[i].data, 16);
    }
    return keep(arena, &out, ret, error);
}

static gboolean
pack_list(
    TwSoapPart part, const TwSoapParts *parts, TwArena *arena, TwPropValue *ret, GError **error)
{
    g_auto(TwListBuilder) builder = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VALUE_MAX_LEN);
    TwPropValue packed;

    tw_list_builder_init(&builder, ret->tag);
    for (guint32 i = 0; i < parts->mvbin.count; i++) {
        if (part == TW_SOAP_PART_MVBIN) {
            tw_list_builder_add(&builder, parts->mvbin.items[i].data, parts->mvbin.items[i].len);
        } else {
            const char *text = parts->mvsz_a.items[i] != NULL ? parts->mvsz_a.items[i] : "";
            tw_list_builder_add(&builder, text, strlen(text));
        }
    }
    return tw_list_builder_finish(&builder, &out, &packed, error) && keep(arena, &out, ret, error);
}

static gboolean
pack_restriction(const TwSoapRestrictTable *table, TwArena *arena, TwPropValue *ret, GError **error)
{
    g_autoptr(TwRestriction) restriction = tw_soap_restriction_new(table, error);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_RESTRICTION_MAX_WIRE);

    if (restriction == NULL)
        return FALSE;
    tw_restriction_print(restriction, TW_WIRE_32, &out);
    return keep(arena, &out, ret, error);
}

static gboolean
pack_actions(const TwSoapActions *list, TwArena *arena, TwPropValue *ret, GError **error)
{
    g_autoptr(TwActions) actions = tw_soap_actions_new(list, error);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ACTIONS_MAX_BYTES);

    if (actions == NULL)
        return FALSE;
    tw_actions_print(actions, TW_WIRE_32, &out);
    return keep(arena, &out, ret, error);
}

static gboolean
join_bytes(const TwSoapBytes *bytes, TwPropValue *ret, GError **error)
{
    if (bytes->len > TW_VALUE_MAX_LEN)
        return refuse(error, TW_ERROR_TOO_BIG, "a value longer than values may be");
    if ((ret->tag & 0xffffu) == TW_PT_CLSID && bytes->len != 16)
        return refuse(error, TW_ERROR_INVALID, "a GUID that is not 16 bytes long");
    *ret = tw_value_bytes(ret->tag, bytes->data, bytes->len);
    return TRUE;
}

static gboolean
join(TwSoapPart part, const TwSoapParts *parts, TwArena *arena, TwPropValue *ret, GError **error)
{
    switch (part) {
    case TW_SOAP_PART_I:
        *ret = tw_value_i2(parts->tag, parts->i);
        return TRUE;
    case TW_SOAP_PART_UL:
        if ((parts->tag & 0xffffu) == TW_PT_NULL)
            return TRUE;
        *ret = tw_value_long(parts->tag, (parts->tag & 0xffffu) == TW_PT_ERROR
                                             ? tw_soap_result_to_mapi(parts->ul)
                                             : parts->ul);
        return TRUE;
    case TW_SOAP_PART_FLT:
        *ret = tw_value_r4(parts->tag, parts->flt);
        return TRUE;
    case TW_SOAP_PART_DBL:
        *ret = tw_value_double(parts->tag, parts->dbl);
        return TRUE;
    case TW_SOAP_PART_B:
        *ret = tw_value_bool(parts->tag, parts->b);
        return TRUE;
    case TW_SOAP_PART_LPSZA:
        if (parts->lpsz_a.len > TW_VALUE_MAX_LEN)
            return refuse(error, TW_ERROR_TOO_BIG, "a text longer than values may be");
        *ret = tw_value_text(parts->tag, (const char *) parts->lpsz_a.data, parts->lpsz_a.len);
        return TRUE;
    case TW_SOAP_PART_HILO:
        *ret = tw_value_i8(parts->tag, join_hilo(&parts->hilo));
        return TRUE;
    case TW_SOAP_PART_LI:
        *ret = tw_value_i8(parts->tag, parts->li);
        return TRUE;
    case TW_SOAP_PART_BIN:
        return join_bytes(&parts->bin, ret, error);
    case TW_SOAP_PART_MVSZA:
        return pack_list(part, parts, arena, ret, error);
    case TW_SOAP_PART_MVBIN:
        return (parts->tag & 0xffffu) == TW_PT_MV_CLSID
                   ? pack_guids(&parts->mvbin, arena, ret, error)
                   : pack_list(part, parts, arena, ret, error);
    case TW_SOAP_PART_RES:
        return pack_restriction(parts->res, arena, ret, error);
    case TW_SOAP_PART_ACTIONS:
        return pack_actions(&parts->actions, arena, ret, error);
    default:
        if (parts->mvl.count > TW_VALUE_MAX_ITEMS)
            return refuse(error, TW_ERROR_TOO_BIG, "more values than a property may have");
        return pack_numbers(part, parts, arena, ret, error);
    }
}

gboolean
tw_soap_value_join(
    const TwSoapParts *parts, guint32 seen, TwArena *arena, TwPropValue *ret, GError **error)
{
    TwSoapPart part = tw_soap_value_part(parts->tag);

    *ret = tw_value_null(parts->tag);
    /* no value at all: what a structure holds that was never filled in */
    if (parts->tag == 0 && (seen & ~(1u << TW_SOAP_PART_TAG)) == 0)
        return TRUE;
    if (part == TW_SOAP_PART_COUNT)
        refuse(error, TW_ERROR_INVALID, "a value of a type that does not travel");
    else if (seen != (1u << part | 1u << TW_SOAP_PART_TAG))
        refuse(error, TW_ERROR_INVALID, "a value whose member is not that of its type");
    else if (join(part, parts, arena, ret, error))
        return TRUE;
    *ret = tw_value_long(tw_prop_tag_with_type(parts->tag, TW_PT_ERROR), 0x80070057u);
    return FALSE;
}
