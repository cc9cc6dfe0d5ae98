/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Property values: tag, then the member of its type. Most of what a server writes is these. */
#include "base/cursor.h"
#include "soap/encode-private.h"
#include "soap/forms.h"
#include "soap/result.h"

enum {
    ROOM = 96,                         /* bytes that hold all of a value but its text or bytes */
    MAX_FORM_MEMORY = 16 * 1024 * 1024 /* of a restriction or actions while they are written */
};

/* Copies a literal. */
#define PUT(p, literal) (memcpy((p), "" literal, sizeof literal - 1), (p) + sizeof literal - 1)

static char *
put_tag(char *p, guint32 tag)
{
    p = PUT(p, "<ulPropTag>");
    p = tw_soap_put_digits(p, tag);
    return PUT(p, "</ulPropTag>");
}

static char *
put_number(char *p, guint64 magnitude, gboolean negative)
{
    if (negative)
        *p++ = '-';
    return tw_soap_put_digits(p, magnitude);
}

static char *
put_i64(char *p, gint64 number)
{
    return put_number(p, number < 0 ? 0 - (guint64) number : (guint64) number, number < 0);
}

static char *
put_hilo(char *p, gint64 number)
{
    p = PUT(p, "<hi>");
    p = put_i64(p, (gint32) (guint32) ((guint64) number >> 32));
    p = PUT(p, "</hi><lo>");
    p = tw_soap_put_digits(p, (guint32) (guint64) number);
    return PUT(p, "</lo>");
}

/* Values that fit ROOM; @p is behind the tag. NULL for others. */
static char *
put_small(char *p, const TwPropValue *value)
{
    switch (tw_soap_value_part(value->tag)) {
    case TW_SOAP_PART_I:
        p = PUT(p, "<i>");
        p = put_i64(p, value->i2);
        return PUT(p, "</i>");
    case TW_SOAP_PART_UL:
        p = PUT(p, "<ul>");
        p = tw_soap_put_digits(p, (value->tag & 0xffffu) == TW_PT_ERROR
                                      ? tw_soap_result_from_mapi(value->u4)
                                  : (value->tag & 0xffffu) == TW_PT_NULL ? 0
                                                                         : value->u4);
        return PUT(p, "</ul>");
    case TW_SOAP_PART_B:
        return value->truth ? PUT(p, "<b>true</b>") : PUT(p, "<b>false</b>");
    case TW_SOAP_PART_HILO:
        p = PUT(p, "<hilo>");
        p = put_hilo(p, value->i8);
        return PUT(p, "</hilo>");
    case TW_SOAP_PART_LI:
        p = PUT(p, "<li>");
        p = put_i64(p, value->i8);
        return PUT(p, "</li>");
    default:
        return NULL;
    }
}

/* --- lists ----------------------------------------------------------------------------------------------------- */

/* One item of a multi-valued property into a scalar of the wire. */
static void
put_list_item(TwSoapEncoder *encoder, TwSoapPart part, const TwPropValue *item)
{
    TwBuffer *out = encoder->out;
    char small[ROOM];
    const char *end;

    switch (part) {
    case TW_SOAP_PART_MVI:
        tw_soap_put_i64(out, item->i2);
        break;
    case TW_SOAP_PART_MVL:
        tw_soap_put_u64(out, item->u4);
        break;
    case TW_SOAP_PART_MVFLT:
        tw_soap_put_double(out, (double) item->r4, TRUE);
        break;
    case TW_SOAP_PART_MVDBL:
        tw_soap_put_double(out, item->r8, FALSE);
        break;
    case TW_SOAP_PART_MVHILO:
        end = put_hilo(small, item->i8);
        tw_buffer_put(out, small, (gsize) (end - small));
        break;
    case TW_SOAP_PART_MVLI:
        tw_soap_put_i64(out, item->i8);
        break;
    case TW_SOAP_PART_MVSZA:
        tw_soap_put_text(out, item->text, item->len);
        break;
    default:
        tw_soap_put_base64(out, item->data, item->len);
        break;
    }
}

static void
put_list(TwSoapEncoder *encoder, TwSoapPart part, const TwPropValue *value)
{
    const TwSoapMember *member = &tw_soap_type_parts.members[part];
    guint count = tw_value_count(value);
    TwBuffer *out = encoder->out;
    TwSoapItems list = { NULL, count };

    tw_soap_encoder_put_open(encoder, member->open, member->name_len + 2, member->type, &list);
    for (guint i = 0; i < count; i++) {
        TwPropValue item;
        gboolean there = tw_value_item(value, i, &item);
        if (there && part == TW_SOAP_PART_MVSZA && item.len == 0) {
            tw_buffer_put(out, "<item/>", 7);
            continue;
        }
        tw_buffer_put(out, "<item>", 6);
        if (there)
            put_list_item(encoder, part, &item);
        tw_buffer_put(out, "</item>", 7);
    }
    tw_buffer_put(out, member->close, member->name_len + 3);
}

/* --- what rules hold ------------------------------------------------------------------------------------------- */

/* FALSE, and nothing written, when the packed bytes are none. */
static gboolean
put_restriction(TwSoapEncoder *encoder, const TwPropValue *value, guint depth)
{
    g_autoptr(TwRestriction) restriction =
        tw_restriction_parse(value->data, value->len, TW_WIRE_32, NULL);
    g_autoptr(TwArena) arena = tw_arena_new(MAX_FORM_MEMORY);
    TwSoapRestrictTable *table =
        restriction != NULL ? tw_soap_restriction_table(restriction, arena, NULL) : NULL;

    if (table == NULL)
        return FALSE;
    tw_soap_put_str(encoder->out, "<res>");
    tw_soap_encoder_put(encoder, &tw_soap_type_RestrictTable, table, depth + 1);
    tw_soap_put_str(encoder->out, "</res>");
    return TRUE;
}

static gboolean
put_actions(TwSoapEncoder *encoder, const TwPropValue *value, guint depth)
{
    g_autoptr(TwActions) actions = tw_actions_parse(value->data, value->len, TW_WIRE_32, NULL);
    g_autoptr(TwArena) arena = tw_arena_new(MAX_FORM_MEMORY);
    TwSoapActions list;

    if (actions == NULL || !tw_soap_actions_list(actions, arena, &list))
        return FALSE;
    tw_soap_encoder_put_open(encoder, "<actions>", 9, &tw_soap_type_Actions, &list);
    tw_soap_encoder_put(encoder, &tw_soap_type_Actions, &list, depth + 1);
    tw_soap_put_str(encoder->out, "</actions>");
    return TRUE;
}

/* A cell that says that there is nothing. */
static void /* NOLINTNEXTLINE(misc-no-recursion): depth */
put_missing(TwSoapEncoder *encoder, guint32 tag)
{
    TwPropValue missing = tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), 0x8004010fu);

    tw_soap_encoder_put_value(encoder, &missing, 0);
}

static void
put_text(TwBuffer *out, const TwPropValue *value)
{
    if (value->len == 0) {
        tw_buffer_put(out, "<lpszA/>", 8);
        return;
    }
    tw_buffer_put(out, "<lpszA>", 7);
    tw_soap_put_text(out, value->text, value->len);
    tw_buffer_put(out, "</lpszA>", 8);
}

static void
put_bytes(TwBuffer *out, const TwPropValue *value)
{
    tw_buffer_put(out, "<bin>", 5);
    tw_soap_put_base64(out, value->data, value->len);
    tw_buffer_put(out, "</bin>", 6);
}

static void
put_real(TwBuffer *out, TwSoapPart part, const TwPropValue *value)
{
    gboolean is_float = part == TW_SOAP_PART_FLT;

    tw_soap_put_str(out, is_float ? "<flt>" : "<dbl>");
    tw_soap_put_double(out, is_float ? (double) value->r4 : value->r8, is_float);
    tw_soap_put_str(out, is_float ? "</flt>" : "</dbl>");
}

void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
tw_soap_encoder_put_value(TwSoapEncoder *encoder, const TwPropValue *value, guint depth)
{
    TwSoapPart part = tw_soap_value_part(value->tag);
    TwBuffer *out = encoder->out;
    gsize start = out->len;
    char *end;

    if (!tw_buffer_reserve(out, 2 * (gsize) ROOM))
        return;
    end = put_tag((char *) out->data + out->len, value->tag);
    out->len = (gsize) (end - (char *) out->data);
    end = put_small(end, value);
    if (end != NULL) {
        out->len = (gsize) (end - (char *) out->data);
        return;
    }
    switch (part) {
    case TW_SOAP_PART_LPSZA:
        put_text(out, value);
        return;
    case TW_SOAP_PART_BIN:
        put_bytes(out, value);
        return;
    case TW_SOAP_PART_FLT:
    case TW_SOAP_PART_DBL:
        put_real(out, part, value);
        return;
    case TW_SOAP_PART_RES:
        if (put_restriction(encoder, value, depth))
            return;
        break;
    case TW_SOAP_PART_ACTIONS:
        if (put_actions(encoder, value, depth))
            return;
        break;
    case TW_SOAP_PART_COUNT:
        /* a value that was never filled in */
        if (value->tag == 0)
            return;
        break;
    default:
        put_list(encoder, part, value);
        return;
    }
    out->len = start;
    put_missing(encoder, value->tag);
}
