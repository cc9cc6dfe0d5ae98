/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "soap/random-record.h"

#include "support/assert-bytes.h"

enum {
    MOST_DEPTH = 6,
    MOST_ITEMS = 4,
};

static void fill(GRand *rand, TwArena *arena, const TwSoapType *type, guint8 *target, guint depth);

static char *
random_text(GRand *rand, TwArena *arena, gsize *ret_len)
{
    /* whatever a text may hold: markup, control characters, line ends, characters of one to four bytes */
    static const char *const pieces[] = { "a",
                                          "Z",
                                          "<",
                                          ">",
                                          "&",
                                          "\"",
                                          "'",
                                          "\r",
                                          "\n",
                                          "\t",
                                          "\r\n",
                                          "]]>",
                                          "\x01",
                                          "\x1f",
                                          "\x7f",
                                          " ",
                                          "\xc3\xa9",
                                          "\xe2\x82\xac",
                                          "\xf0\x9f\xa6\x92",
                                          "plain words",
                                          "&amp;",
                                          "&#0;" };
    g_autoptr(GString) text = g_string_new(NULL);
    gint count = g_rand_int_range(rand, 0, 12);

    for (gint i = 0; i < count; i++)
        g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
    *ret_len = text->len;
    return tw_arena_copy(arena, text->str, text->len);
}

static TwSoapBytes
random_bytes(GRand *rand, TwArena *arena, gsize least, gsize most)
{
    gsize len = (gsize) g_rand_int_range(rand, (gint32) least, (gint32) most + 1);
    guint8 *data = tw_arena_alloc(arena, len);

    for (gsize i = 0; i < len; i++)
        data[i] = (guint8) g_rand_int(rand);
    return (TwSoapBytes){ data, len };
}

static guint64
random_u64(GRand *rand)
{
    static const guint64 edges[] = { 0,           1,          0x7fffffff, 0x80000000u,
                                     0xffffffffu, G_MAXINT64, G_MAXUINT64 };

    if (g_rand_boolean(rand))
        return edges[g_rand_int_range(rand, 0, G_N_ELEMENTS(edges))];
    return (guint64) g_rand_int(rand) << 32 | g_rand_int(rand);
}

static TwPropValue
random_list(GRand *rand, TwArena *arena, guint32 tag)
{
    g_auto(TwListBuilder) builder = { 0 };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1u << 20);
    TwPropValue value;
    gint count = g_rand_int_range(rand, 0, MOST_ITEMS);

    tw_list_builder_init(&builder, tag);
    for (gint i = 0; i < count; i++) {
        TwSoapBytes bytes = random_bytes(rand, arena, 0, 20);
        if (tw_prop_tag_is_text(tag))
            bytes.data = (const guint8 *) random_text(rand, arena, &bytes.len);
        tw_list_builder_add(&builder, bytes.data, bytes.len);
    }
    g_assert_true(tw_list_builder_finish(&builder, &out, &value, NULL));
    return tw_value_bytes(tag, tw_arena_copy(arena, out.data, out.len), out.len);
}

static TwPropValue
random_rule_part(GRand *rand, TwArena *arena, guint32 tag)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1u << 20);

    if ((tag & 0xffffu) == TW_PT_SRESTRICT) {
        g_auto(TwRestrictionBuilder) builder = { 0 };
        g_autoptr(TwRestriction) restriction = NULL;
        tw_restriction_builder_init(&builder);
        tw_restriction_builder_begin(&builder, TW_RES_NOT, 0);
        tw_restriction_builder_size(&builder, TW_RELOP_GT, 0x0E080003u, g_rand_int(rand));
        tw_restriction_builder_end(&builder);
        restriction = tw_restriction_builder_finish(&builder, NULL);
        tw_restriction_print(restriction, TW_WIRE_32, &out);
    } else {
        TwAction action = { .type = TW_ACTION_BOUNCE, .bounce = TW_BOUNCE_TOO_LARGE };
        g_autoptr(TwActions) actions = tw_actions_new(&action, 1, NULL);
        tw_actions_print(actions, TW_WIRE_32, &out);
    }
    return tw_value_bytes(tag, tw_arena_copy(arena, out.data, out.len), out.len);
}

static TwPropValue
random_value(GRand *rand, TwArena *arena)
{
    static const guint16 types[] = {
        TW_PT_NULL,       TW_PT_I2,          TW_PT_LONG,       TW_PT_R4,        TW_PT_DOUBLE,
        TW_PT_CURRENCY,   TW_PT_APPTIME,     TW_PT_ERROR,      TW_PT_BOOLEAN,   TW_PT_I8,
        TW_PT_STRING8,    TW_PT_UNICODE,     TW_PT_SYSTIME,    TW_PT_CLSID,     TW_PT_SRESTRICT,
        TW_PT_ACTIONS,    TW_PT_BINARY,      TW_PT_MV_I2,      TW_PT_MV_LONG,   TW_PT_MV_R4,
        TW_PT_MV_DOUBLE,  TW_PT_MV_CURRENCY, TW_PT_MV_APPTIME, TW_PT_MV_I8,     TW_PT_MV_STRING8,
        TW_PT_MV_UNICODE, TW_PT_MV_SYSTIME,  TW_PT_MV_CLSID,   TW_PT_MV_BINARY,
    };
    guint16 type = types[g_rand_int_range(rand, 0, G_N_ELEMENTS(types))];
    guint32 tag = tw_prop_tag((guint) g_rand_int_range(rand, 1, 0xffff), type);
    guint size = tw_prop_type_info(type)->size;
    TwSoapBytes bytes;
    char *text;

    switch (type) {
    case TW_PT_NULL:
        return tw_value_null(tag);
    case TW_PT_I2:
        return tw_value_i2(tag, (gint16) random_u64(rand));
    case TW_PT_LONG:
        return tw_value_long(tag, (guint32) random_u64(rand));
    case TW_PT_ERROR:
        return tw_value_long(tag, g_rand_boolean(rand) ? 0x8004010fu : 0x8007000eu);
    case TW_PT_R4:
        return tw_value_r4(tag, (float) g_rand_double_range(rand, -1e30, 1e30));
    case TW_PT_DOUBLE:
    case TW_PT_APPTIME:
        return tw_value_double(tag, g_rand_double_range(rand, -1e300, 1e300));
    case TW_PT_BOOLEAN:
        return tw_value_bool(tag, g_rand_boolean(rand));
    case TW_PT_I8:
    case TW_PT_CURRENCY:
    case TW_PT_SYSTIME:
        return tw_value_i8(tag, (gint64) random_u64(rand));
    case TW_PT_STRING8:
    case TW_PT_UNICODE:
        text = random_text(rand, arena, &bytes.len);
        return tw_value_text(tag, text, bytes.len);
    case TW_PT_SRESTRICT:
    case TW_PT_ACTIONS:
        return random_rule_part(rand, arena, tag);
    case TW_PT_MV_STRING8:
    case TW_PT_MV_UNICODE:
    case TW_PT_MV_BINARY:
        return random_list(rand, arena, tag);
    case TW_PT_MV_R4:
    case TW_PT_MV_DOUBLE:
    case TW_PT_MV_APPTIME:
        /* any bits would make numbers that are none */
        bytes.len = size * (guint) g_rand_int_range(rand, 0, MOST_ITEMS);
        return tw_value_bytes(tag, tw_arena_alloc(arena, bytes.len), bytes.len);
    case TW_PT_BINARY:
        bytes = random_bytes(rand, arena, 0, 60);
        return tw_value_bytes(tag, bytes.data, bytes.len);
    default:
        bytes.len =
            size * (type == TW_PT_CLSID ? 1 : (guint) g_rand_int_range(rand, 0, MOST_ITEMS));
        bytes = random_bytes(rand, arena, bytes.len, bytes.len);
        return tw_value_bytes(tag, bytes.data, bytes.len);
    }
}

static void
fill_one(
    GRand *rand, TwArena *arena, TwSoapKind kind, const TwSoapType *type, guint8 *at, guint depth)
{
    gpointer target = at;
    gboolean absent = g_rand_boolean(rand) || depth > MOST_DEPTH;
    gsize len;

    switch (kind) {
    case TW_SOAP_BOOL:
        *(gboolean *) target = g_rand_boolean(rand);
        break;
    case TW_SOAP_I16:
        *(gint16 *) target = (gint16) random_u64(rand);
        break;
    case TW_SOAP_U32:
    case TW_SOAP_I32:
        *(guint32 *) target = (guint32) random_u64(rand);
        break;
    case TW_SOAP_U64:
    case TW_SOAP_I64:
        *(guint64 *) target = random_u64(rand);
        break;
    case TW_SOAP_FLOAT:
        *(float *) target = (float) g_rand_double_range(rand, -1e30, 1e30);
        break;
    case TW_SOAP_DOUBLE:
        *(double *) target = g_rand_double_range(rand, -1e300, 1e300);
        break;
    case TW_SOAP_TEXT:
        if (!absent)
            *(char **) target = random_text(rand, arena, &len);
        break;
    case TW_SOAP_XOP:
        if (!absent)
            *(const char **) target = "id7";
        break;
    case TW_SOAP_BYTES:
        *(TwSoapBytes *) target = random_bytes(rand, arena, 0, 60);
        break;
    case TW_SOAP_OPT_BYTES:
        if (!absent)
            *(TwSoapBytes *) target = random_bytes(rand, arena, 0, 60);
        break;
    case TW_SOAP_OPT_U32:
        if (!absent) {
            *(guint32 **) target = tw_arena_new0(arena, guint32);
            **(guint32 **) target = g_rand_int(rand);
        }
        break;
    case TW_SOAP_VALUE:
        *(TwPropValue *) target = random_value(rand, arena);
        break;
    case TW_SOAP_OPT_VALUE:
        if (!absent) {
            *(TwPropValue **) target = tw_arena_new0(arena, TwPropValue);
            **(TwPropValue **) target = random_value(rand, arena);
        }
        break;
    case TW_SOAP_STRUCT:
        fill(rand, arena, type, at, depth + 1);
        break;
    case TW_SOAP_OPT_STRUCT:
        if (!absent) {
            *(gpointer *) target = tw_arena_alloc(arena, type->size);
            fill(rand, arena, type, *(gpointer *) target, depth + 1);
        }
        break;
    case TW_SOAP_SPAN:
        g_assert_not_reached();
    }
}

static gsize
item_size(const TwSoapType *type)
{
    return type->item_kind == TW_SOAP_STRUCT ? type->item_type->size
                                             : tw_soap_kind_size(type->item_kind);
}

static void
fill(GRand *rand, TwArena *arena, const TwSoapType *type, guint8 *target, guint depth)
{
    TwSoapItems *list = (TwSoapItems *) (gpointer) target;

    if (type->has_items && depth <= MOST_DEPTH) {
        list->count = (guint32) g_rand_int_range(rand, 0, MOST_ITEMS);
        list->items = tw_arena_alloc_array(arena, list->count, item_size(type));
        for (guint32 i = 0; i < list->count; i++) {
            guint8 *item = (guint8 *) list->items + i * item_size(type);
            fill_one(rand, arena, type->item_kind, type->item_type, item, depth);
        }
    }
    for (guint i = 0; i < type->member_count; i++)
        fill_one(rand, arena, type->members[i].kind, type->members[i].type,
                 target + type->members[i].offset, depth);
}

gpointer
random_record(GRand *rand, TwArena *arena, const TwSoapType *type)
{
    gpointer record = tw_arena_alloc(arena, type->size);

    fill(rand, arena, type, record, 0);
    return record;
}

/* --- comparing ------------------------------------------------------------------------------------------------- */

static void
same_value(const TwPropValue *a, const TwPropValue *b)
{
    g_assert_cmphex(a->tag, ==, b->tag);
    g_assert_true(tw_value_equal(a, b));
}

static void
same_text(const char *a, const char *b, gboolean in_list)
{
    /* an item of a list is always there */
    if (in_list && a == NULL)
        a = "";
    g_assert_cmpstr(a, ==, b);
}

static void
same_one(TwSoapKind kind,
         const TwSoapType *type,
         const guint8 *at,
         const guint8 *other,
         gboolean in_list)
{
    gconstpointer a = at, b = other;
    const TwSoapBytes *bytes_a = a, *bytes_b = b;
    const gpointer *pointer_a = a, *pointer_b = b;

    switch (kind) {
    case TW_SOAP_TEXT:
    case TW_SOAP_XOP:
        same_text(*(const char *const *) a, *(const char *const *) b, in_list);
        break;
    case TW_SOAP_OPT_BYTES:
        g_assert_true((bytes_a->data == NULL) == (bytes_b->data == NULL));
        G_GNUC_FALLTHROUGH;
    case TW_SOAP_SPAN:
    case TW_SOAP_BYTES:
        assert_bytes(bytes_a->data, bytes_a->len, bytes_b->data, bytes_b->len);
        break;
    case TW_SOAP_OPT_U32:
    case TW_SOAP_OPT_VALUE:
    case TW_SOAP_OPT_STRUCT:
        g_assert_true((*pointer_a == NULL) == (*pointer_b == NULL));
        if (*pointer_a == NULL)
            break;
        if (kind == TW_SOAP_OPT_U32)
            g_assert_cmpuint(*(const guint32 *) *pointer_a, ==, *(const guint32 *) *pointer_b);
        else if (kind == TW_SOAP_OPT_VALUE)
            same_value(*pointer_a, *pointer_b);
        else
            assert_same_record(type, *pointer_a, *pointer_b);
        break;
    case TW_SOAP_VALUE:
        same_value(a, b);
        break;
    case TW_SOAP_STRUCT:
        assert_same_record(type, a, b);
        break;
    default:
        assert_bytes(at, tw_soap_kind_size(kind), other, tw_soap_kind_size(kind));
        break;
    }
}

void
assert_same_record(const TwSoapType *type, gconstpointer a, gconstpointer b)
{
    const TwSoapItems *list_a = a, *list_b = b;

    if (type->has_items) {
        g_assert_cmpuint(list_a->count, ==, list_b->count);
        for (guint32 i = 0; i < list_a->count; i++)
            same_one(type->item_kind, type->item_type,
                     (const guint8 *) list_a->items + i * item_size(type),
                     (const guint8 *) list_b->items + i * item_size(type), TRUE);
    }
    for (guint i = 0; i < type->member_count; i++) {
        const TwSoapMember *member = &type->members[i];
        same_one(member->kind, member->type, (const guint8 *) a + member->offset,
                 (const guint8 *) b + member->offset, FALSE);
    }
}
