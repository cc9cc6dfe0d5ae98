/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Building restrictions. While a restriction grows, a value knows where its bytes are by offset, because the buffer may
 * move; tw_restriction_builder_finish() turns offsets into pointers.
 */
#include "mapi/restriction.h"

#include "base/error.h"
#include "mapi/restriction-private.h"

/* A node under construction: values are named by their first index. */
typedef struct {
    TwRestrictionNode node;
    guint32 first_value;
    guint32 children;
} BuilderNode;

typedef struct {
    TwPropValue value; /* where it has bytes, data is not set yet */
    gsize at;
} BuilderValue;

TwRestriction *
tw_restriction_ref(TwRestriction *restriction)
{
    return g_atomic_rc_box_acquire(restriction);
}

static void
clear_restriction(gpointer data)
{
    TwRestriction *restriction = data;

    for (guint32 i = 0; restriction->compiled != NULL && i < restriction->node_count; i++)
        tw_expression_free(restriction->compiled[i].expression);
    g_free(restriction->nodes);
    g_free(restriction->compiled);
    g_free(restriction->values);
    g_free(restriction->bytes);
    g_free(restriction->folded);
}

void
tw_restriction_unref(TwRestriction *restriction)
{
    if (restriction != NULL)
        g_atomic_rc_box_release_full(restriction, clear_restriction);
}

const TwRestrictionNode *
tw_restriction_get_nodes(const TwRestriction *restriction, guint32 *ret_count)
{
    *ret_count = restriction->node_count;
    return restriction->nodes;
}

guint32
tw_restriction_row_limit(const TwRestriction *restriction)
{
    for (guint32 i = 0; i < restriction->node_count; i++) {
        switch (restriction->nodes[i].kind) {
        case TW_RES_COUNT:
            return restriction->nodes[i].number;
        case TW_RES_COMMENT:
        case TW_RES_ANNOTATION:
            continue;
        default:
            return G_MAXUINT32;
        }
    }
    return G_MAXUINT32;
}

void
tw_restriction_builder_init(TwRestrictionBuilder *builder)
{
    *builder = (TwRestrictionBuilder){ .bytes = TW_BUFFER_INIT(TW_RESTRICTION_MAX_BYTES) };
}

void
tw_restriction_builder_clear(TwRestrictionBuilder *builder)
{
    g_clear_pointer(&builder->nodes, g_array_unref);
    g_clear_pointer(&builder->values, g_array_unref);
    tw_buffer_clear(&builder->bytes);
    g_clear_error(&builder->error);
    builder->depth = 0;
    builder->roots = 0;
}

static BuilderNode *
node_at(const TwRestrictionBuilder *builder, guint32 index)
{
    return &g_array_index(builder->nodes, BuilderNode, index);
}

static gboolean
fail(TwRestrictionBuilder *builder, TwError code, const char *what)
{
    if (builder->error == NULL)
        g_set_error(&builder->error, TW_ERROR, (int) code, "restriction: %s", what);
    return FALSE;
}

/* Adds a node where the builder stands; NULL when it failed. */
static BuilderNode *
append_node(TwRestrictionBuilder *builder, TwRestrictionKind kind)
{
    BuilderNode node = { .node = { .kind = kind } };

    if (builder->error != NULL)
        return NULL;
    if (builder->nodes == NULL) {
        builder->nodes = g_array_new(FALSE, FALSE, sizeof(BuilderNode));
        builder->values = g_array_new(FALSE, FALSE, sizeof(BuilderValue));
    }
    if (builder->nodes->len >= TW_RESTRICTION_MAX_NODES) {
        fail(builder, TW_ERROR_TOO_BIG, "too many nodes");
        return NULL;
    }
    if (builder->depth > TW_RESTRICTION_MAX_DEPTH) {
        fail(builder, TW_ERROR_TOO_COMPLEX, "too deep");
        return NULL;
    }
    if (builder->depth == 0)
        builder->roots++;
    else
        node_at(builder, builder->open[builder->depth - 1])->children++;
    node.node.next = builder->nodes->len + 1;
    node.first_value = builder->values->len;
    g_array_append_val(builder->nodes, node);
    return node_at(builder, builder->nodes->len - 1);
}

static gboolean
append_value(TwRestrictionBuilder *builder, BuilderNode *node, const TwPropValue *value)
{
    BuilderValue copy = { .value = *value, .at = builder->bytes.len };

    if (!tw_wire_has_form(value->tag))
        return fail(builder, TW_ERROR_INVALID, "a value of a type that cannot be in it");
    if (!tw_value_check(value, &builder->error))
        return FALSE;
    tw_value_pack(value, &builder->bytes);
    if (tw_buffer_failed(&builder->bytes))
        return fail(builder, TW_ERROR_TOO_BIG, "too many bytes");
    if (builder->values->len >= TW_RESTRICTION_MAX_NODES)
        return fail(builder, TW_ERROR_TOO_BIG, "too many values");
    g_array_append_val(builder->values, copy);
    node->node.value_count++;
    return TRUE;
}

static void
open_node(TwRestrictionBuilder *builder)
{
    builder->open[builder->depth++] = builder->nodes->len - 1;
}

void
tw_restriction_builder_begin(TwRestrictionBuilder *builder, TwRestrictionKind kind, guint32 operand)
{
    BuilderNode *node = append_node(builder, kind);

    if (node == NULL)
        return;
    switch (kind) {
    case TW_RES_AND:
    case TW_RES_OR:
    case TW_RES_NOT:
    case TW_RES_COMMENT:
    case TW_RES_ANNOTATION:
        break;
    case TW_RES_SUB:
        node->node.tag = operand;
        break;
    case TW_RES_COUNT:
        node->node.number = operand;
        break;
    default:
        fail(builder, TW_ERROR_INVALID, "a node that takes no children");
        return;
    }
    open_node(builder);
}

void
tw_restriction_builder_comment_value(TwRestrictionBuilder *builder, const TwPropValue *value)
{
    BuilderNode *node;

    if (builder->error != NULL)
        return;
    node = builder->depth == 0 ? NULL : node_at(builder, builder->open[builder->depth - 1]);
    if (node == NULL || node->children != 0 ||
        (node->node.kind != TW_RES_COMMENT && node->node.kind != TW_RES_ANNOTATION)) {
        fail(builder, TW_ERROR_INVALID, "a value outside of a comment");
        return;
    }
    append_value(builder, node, value);
}

void
tw_restriction_builder_end(TwRestrictionBuilder *builder)
{
    BuilderNode *node;
    guint32 least = 0, most = G_MAXUINT32;

    if (builder->error != NULL)
        return;
    if (builder->depth == 0) {
        fail(builder, TW_ERROR_INVALID, "an end without a beginning");
        return;
    }
    node = node_at(builder, builder->open[--builder->depth]);
    node->node.next = builder->nodes->len;
    switch (node->node.kind) {
    case TW_RES_NOT:
    case TW_RES_SUB:
    case TW_RES_COUNT:
        least = 1;
        most = 1;
        break;
    case TW_RES_COMMENT:
    case TW_RES_ANNOTATION:
        most = 1;
        break;
    default:
        break;
    }
    if (node->children < least || node->children > most)
        fail(builder, TW_ERROR_INVALID, "wrong number of children");
}

/* A leaf; NULL when the builder failed. */
static BuilderNode *
append_leaf(
    TwRestrictionBuilder *builder, TwRestrictionKind kind, guint relop, guint32 tag, guint32 number)
{
    BuilderNode *node = append_node(builder, kind);

    if (node == NULL)
        return NULL;
    node->node.relop = relop;
    node->node.tag = tag;
    node->node.number = number;
    return node;
}

static gboolean
check_relop(TwRestrictionBuilder *builder, guint relop)
{
    return relop <= TW_RELOP_RE || relop == TW_RELOP_MEMBER_OF_DL ||
           fail(builder, TW_ERROR_INVALID, "unknown relation");
}

void
tw_restriction_builder_content(TwRestrictionBuilder *builder,
                               guint32 fuzzy,
                               guint32 tag,
                               const TwPropValue *value)
{
    BuilderNode *node = append_leaf(builder, TW_RES_CONTENT, 0, tag, fuzzy);

    if (node != NULL && value != NULL)
        append_value(builder, node, value);
}

void
tw_restriction_builder_property(TwRestrictionBuilder *builder,
                                guint relop,
                                guint32 tag,
                                const TwPropValue *value)
{
    BuilderNode *node = append_leaf(builder, TW_RES_PROPERTY, relop, tag, 0);

    if (node != NULL && check_relop(builder, relop) && value != NULL)
        append_value(builder, node, value);
}

void
tw_restriction_builder_compare(TwRestrictionBuilder *builder,
                               guint relop,
                               guint32 tag,
                               guint32 other)
{
    if (append_leaf(builder, TW_RES_COMPARE, relop, tag, other) != NULL)
        check_relop(builder, relop);
}

void
tw_restriction_builder_bitmask(TwRestrictionBuilder *builder,
                               gboolean some,
                               guint32 tag,
                               guint32 mask)
{
    append_leaf(builder, TW_RES_BITMASK, some != FALSE, tag, mask);
}

void
tw_restriction_builder_size(TwRestrictionBuilder *builder, guint relop, guint32 tag, guint32 size)
{
    if (append_leaf(builder, TW_RES_SIZE, relop, tag, size) != NULL)
        check_relop(builder, relop);
}

void
tw_restriction_builder_exist(TwRestrictionBuilder *builder, guint32 tag)
{
    append_leaf(builder, TW_RES_EXIST, 0, tag, 0);
}

void
tw_restriction_builder_null(TwRestrictionBuilder *builder)
{
    append_leaf(builder, TW_RES_NULL, 0, 0, 0);
}

/* Gives the value the address that its bytes have now. */
static TwPropValue
settle_value(const BuilderValue *from, const guint8 *bytes)
{
    TwPropValue value = from->value;

    tw_value_unpack(value.tag, bytes + from->at, tw_value_packed_len(&from->value), &value);
    return value;
}

static TwRestriction *
seal(TwRestrictionBuilder *builder)
{
    static const guint8 nothing[1] = { 0 };
    TwRestriction *restriction = g_atomic_rc_box_new0(TwRestriction);
    guint32 count = builder->nodes->len, value_count = builder->values->len;

    restriction->node_count = count;
    restriction->nodes = g_new0(TwRestrictionNode, count);
    restriction->compiled = g_new0(TwCompiledNode, count);
    restriction->values = g_new0(TwPropValue, MAX(value_count, 1));
    restriction->bytes =
        builder->bytes.len == 0 ? NULL : g_memdup2(builder->bytes.data, builder->bytes.len);
    for (guint32 i = 0; i < value_count; i++)
        restriction->values[i] =
            settle_value(&g_array_index(builder->values, BuilderValue, i),
                         restriction->bytes == NULL ? nothing : restriction->bytes);
    for (guint32 i = 0; i < count; i++) {
        const BuilderNode *from = node_at(builder, i);
        restriction->nodes[i] = from->node;
        restriction->nodes[i].values = restriction->values + from->first_value;
    }
    return restriction;
}

TwRestriction *
tw_restriction_builder_finish(TwRestrictionBuilder *builder, GError **error)
{
    g_autoptr(TwRestriction) restriction = NULL;

    if (builder->error == NULL && (builder->depth != 0 || builder->roots != 1))
        fail(builder, TW_ERROR_INVALID, "not one whole restriction");
    if (builder->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&builder->error));
        tw_restriction_builder_clear(builder);
        return NULL;
    }
    restriction = seal(builder);
    tw_restriction_builder_clear(builder);
    if (!tw_restriction_compile(restriction, error))
        return NULL;
    return g_steal_pointer(&restriction);
}
