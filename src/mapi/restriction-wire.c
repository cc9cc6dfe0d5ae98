/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The wire form of restrictions, MS-OXCDATA 2.12. Each begins with its kind (1 byte); C is a count of 2 or 4 bytes.
 *
 *   AND, OR              C, restrictions
 *   NOT                  restriction
 *   CONTENT              fuzzy level (4), tag (4), tagged value
 *   PROPERTY             relation (1), tag (4), tagged value
 *   COMPARE              relation (1), tag (4), tag (4)
 *   BITMASK              relation (1), tag (4), mask (4)
 *   SIZE                 relation (1), tag (4), size (4)
 *   EXIST                tag (4)
 *   SUB                  sub-object (4), restriction
 *   COMMENT, ANNOTATION  number of values (1), tagged values, is there one (1), restriction
 *   COUNT                number (4), restriction
 *   NULL                 nothing
 */
#include "base/error.h"
#include "mapi/restriction-private.h"

typedef struct {
    TwCursor cur;
    TwWireWidth width;
    TwBuffer scratch; /* one value */
    TwRestrictionBuilder builder;
} Parse;

static gboolean
corrupt(GError **error)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "restriction: bytes are no restriction");
    return FALSE;
}

static gboolean parse_node(Parse *parse, guint depth, GError **error);

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
parse_list(Parse *parse, TwRestrictionKind kind, guint depth, GError **error)
{
    guint32 count;

    if (!tw_wire_take_count(&parse->cur, parse->width, &count) || count > parse->cur.left)
        return corrupt(error);
    tw_restriction_builder_begin(&parse->builder, kind, 0);
    for (guint32 i = 0; i < count; i++) {
        if (!parse_node(parse, depth + 1, error))
            return FALSE;
    }
    tw_restriction_builder_end(&parse->builder);
    return TRUE;
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
parse_inner(Parse *parse, TwRestrictionKind kind, guint depth, GError **error)
{
    guint32 operand = 0;

    if (kind != TW_RES_NOT && !tw_cursor_take_u32le(&parse->cur, &operand))
        return corrupt(error);
    tw_restriction_builder_begin(&parse->builder, kind, operand);
    if (!parse_node(parse, depth + 1, error))
        return FALSE;
    tw_restriction_builder_end(&parse->builder);
    return TRUE;
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
parse_comment(Parse *parse, TwRestrictionKind kind, guint depth, GError **error)
{
    guint8 count, present;
    TwPropValue value;

    if (!tw_cursor_take_u8(&parse->cur, &count))
        return corrupt(error);
    tw_restriction_builder_begin(&parse->builder, kind, 0);
    for (guint8 i = 0; i < count; i++) {
        if (!tw_wire_take_tagged(&parse->cur, parse->width, &parse->scratch, &value, error))
            return FALSE;
        tw_restriction_builder_comment_value(&parse->builder, &value);
    }
    if (!tw_cursor_take_u8(&parse->cur, &present) || present > 1)
        return corrupt(error);
    if (present && !parse_node(parse, depth + 1, error))
        return FALSE;
    tw_restriction_builder_end(&parse->builder);
    return TRUE;
}

static gboolean
parse_value(Parse *parse, TwRestrictionKind kind, GError **error)
{
    guint32 fuzzy = 0, tag;
    TwPropValue value;
    guint8 relop = 0;

    if (kind == TW_RES_CONTENT ? !tw_cursor_take_u32le(&parse->cur, &fuzzy)
                               : !tw_cursor_take_u8(&parse->cur, &relop))
        return corrupt(error);
    if (!tw_wire_take_tag(&parse->cur, &tag))
        return corrupt(error);
    if (!tw_wire_take_tagged(&parse->cur, parse->width, &parse->scratch, &value, error))
        return FALSE;
    if (kind == TW_RES_CONTENT)
        tw_restriction_builder_content(&parse->builder, fuzzy, tag, &value);
    else
        tw_restriction_builder_property(&parse->builder, relop, tag, &value);
    return TRUE;
}

static gboolean
parse_numbers(Parse *parse, TwRestrictionKind kind, GError **error)
{
    guint32 tag, number;
    guint8 relop;

    if (!tw_cursor_take_u8(&parse->cur, &relop) || !tw_wire_take_tag(&parse->cur, &tag) ||
        !tw_cursor_take_u32le(&parse->cur, &number))
        return corrupt(error);
    switch (kind) {
    case TW_RES_COMPARE:
        tw_restriction_builder_compare(&parse->builder, relop, tag, tw_wire_plain_tag(number));
        return TRUE;
    case TW_RES_SIZE:
        tw_restriction_builder_size(&parse->builder, relop, tag, number);
        return TRUE;
    default:
        if (relop > 1)
            return corrupt(error);
        tw_restriction_builder_bitmask(&parse->builder, relop, tag, number);
        return TRUE;
    }
}

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
parse_node(Parse *parse, guint depth, GError **error)
{
    guint32 tag;
    guint8 kind;

    /* a builder that failed takes no more, and says why at the end */
    if (parse->builder.error != NULL)
        return TRUE;
    if (depth > TW_RESTRICTION_MAX_DEPTH) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "restriction: too deep");
        return FALSE;
    }
    if (!tw_cursor_take_u8(&parse->cur, &kind))
        return corrupt(error);
    switch (kind) {
    case TW_RES_AND:
    case TW_RES_OR:
        return parse_list(parse, kind, depth, error);
    case TW_RES_NOT:
    case TW_RES_SUB:
    case TW_RES_COUNT:
        return parse_inner(parse, kind, depth, error);
    case TW_RES_COMMENT:
    case TW_RES_ANNOTATION:
        return parse_comment(parse, kind, depth, error);
    case TW_RES_CONTENT:
    case TW_RES_PROPERTY:
        return parse_value(parse, kind, error);
    case TW_RES_COMPARE:
    case TW_RES_BITMASK:
    case TW_RES_SIZE:
        return parse_numbers(parse, kind, error);
    case TW_RES_EXIST:
        if (!tw_wire_take_tag(&parse->cur, &tag))
            return corrupt(error);
        tw_restriction_builder_exist(&parse->builder, tag);
        return TRUE;
    case TW_RES_NULL:
        tw_restriction_builder_null(&parse->builder);
        return TRUE;
    default:
        return corrupt(error);
    }
}

TwRestriction *
tw_restriction_parse(const guint8 *data, gsize len, TwWireWidth width, GError **error)
{
    Parse parse = { .cur = tw_cursor_init(data, len),
                    .width = width,
                    .scratch = TW_BUFFER_INIT(TW_RESTRICTION_MAX_BYTES) };
    TwRestriction *restriction = NULL;

    if (len > TW_RESTRICTION_MAX_WIRE) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "restriction: too many bytes");
        return NULL;
    }
    tw_restriction_builder_init(&parse.builder);
    if (parse_node(&parse, 0, error)) {
        if (parse.builder.error == NULL && parse.cur.left != 0)
            corrupt(error);
        else
            restriction = tw_restriction_builder_finish(&parse.builder, error);
    }
    tw_restriction_builder_clear(&parse.builder);
    tw_buffer_clear(&parse.scratch);
    return restriction;
}

static void
print_value(const TwRestrictionNode *node, TwWireWidth width, TwBuffer *out)
{
    TwPropValue none = tw_value_null(tw_prop_tag(1, TW_PT_NULL));

    tw_wire_put_tagged(node->value_count > 0 ? node->values : &none, width, out);
}

static void
print_comment(const TwRestrictionNode *node, gboolean present, TwWireWidth width, TwBuffer *out)
{
    if (node->value_count > G_MAXUINT8)
        out->failed = TRUE;
    tw_buffer_put_u8(out, (guint8) node->value_count);
    for (guint32 i = 0; i < node->value_count; i++)
        tw_wire_put_tagged(&node->values[i], width, out);
    tw_buffer_put_u8(out, present ? 1 : 0);
}

static gsize
count_children(const TwRestrictionNode *nodes, guint32 index)
{
    gsize count = 0;

    for (guint32 child = index + 1; child < nodes[index].next; child = nodes[child].next)
        count++;
    return count;
}

void
tw_restriction_print(const TwRestriction *restriction, TwWireWidth width, TwBuffer *out)
{
    const TwRestrictionNode *nodes = restriction->nodes;

    /* children follow their parent on the wire as in the array: no stack is needed */
    for (guint32 i = 0; i < restriction->node_count; i++) {
        const TwRestrictionNode *node = &nodes[i];

        tw_buffer_put_u8(out, (guint8) node->kind);
        switch (node->kind) {
        case TW_RES_AND:
        case TW_RES_OR:
            tw_wire_put_count(out, width, count_children(nodes, i));
            break;
        case TW_RES_CONTENT:
            tw_buffer_put_u32le(out, node->number);
            tw_buffer_put_u32le(out, node->tag);
            print_value(node, width, out);
            break;
        case TW_RES_PROPERTY:
            tw_buffer_put_u8(out, (guint8) node->relop);
            tw_buffer_put_u32le(out, node->tag);
            print_value(node, width, out);
            break;
        case TW_RES_COMPARE:
        case TW_RES_BITMASK:
        case TW_RES_SIZE:
            tw_buffer_put_u8(out, (guint8) node->relop);
            tw_buffer_put_u32le(out, node->tag);
            tw_buffer_put_u32le(out, node->number);
            break;
        case TW_RES_EXIST:
        case TW_RES_SUB:
            tw_buffer_put_u32le(out, node->tag);
            break;
        case TW_RES_COUNT:
            tw_buffer_put_u32le(out, node->number);
            break;
        case TW_RES_COMMENT:
        case TW_RES_ANNOTATION:
            print_comment(node, node->next > i + 1, width, out);
            break;
        case TW_RES_NOT:
        case TW_RES_NULL:
            break;
        }
    }
}
