/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Restrictions: spec/mapi-soap.md 4.3. */
#include "base/error.h"
#include "soap/forms.h"

static gboolean
refuse(GError **error, const char *message)
{
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, message);
    return FALSE;
}

static gboolean add(const TwSoapRestrictTable *table,
                    guint depth,
                    TwRestrictionBuilder *builder,
                    GError **error);

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
add_children(const TwSoapRestrictTable *items,
             guint32 count,
             guint depth,
             TwRestrictionBuilder *builder,
             GError **error)
{
    for (guint32 i = 0; i < count; i++) {
        if (!add(&items[i], depth + 1, builder, error))
            return FALSE;
    }
    tw_restriction_builder_end(builder);
    return TRUE;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
add_comment(const TwSoapRestrictComment *comment,
            guint depth,
            TwRestrictionBuilder *builder,
            GError **error)
{
    tw_restriction_builder_begin(builder, TW_RES_COMMENT, 0);
    for (guint32 i = 0; i < comment->sProps.count; i++)
        tw_restriction_builder_comment_value(builder, &comment->sProps.items[i]);
    return add_children(comment->lpResTable, comment->lpResTable != NULL, depth, builder, error);
}

/* Whether the member that belongs to the kind is there, and no other. */
static gboolean
has_only(const TwSoapRestrictTable *t)
{
    const gpointer members[] = { t->lpAnd,   t->lpOr,      t->lpNot,     t->lpContent,
                                 t->lpProp,  t->lpCompare, t->lpBitmask, t->lpSize,
                                 t->lpExist, t->lpSub,     t->lpComment };
    guint there = 0;

    for (guint i = 0; i < G_N_ELEMENTS(members); i++)
        there += members[i] != NULL;
    return t->ulType < G_N_ELEMENTS(members) && members[t->ulType] != NULL && there == 1;
}

static gboolean
/* NOLINTNEXTLINE(misc-no-recursion): depth */
add(const TwSoapRestrictTable *table, guint depth, TwRestrictionBuilder *builder, GError **error)
{
    if (table == NULL || !has_only(table))
        return refuse(error, "a restriction whose member is not that of its kind");
    if (depth > TW_RESTRICTION_MAX_DEPTH) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_COMPLEX, "a restriction nested too deep");
        return FALSE;
    }
    switch ((TwRestrictionKind) table->ulType) {
    case TW_RES_AND:
        tw_restriction_builder_begin(builder, TW_RES_AND, 0);
        return add_children(table->lpAnd->items, table->lpAnd->count, depth, builder, error);
    case TW_RES_OR:
        tw_restriction_builder_begin(builder, TW_RES_OR, 0);
        return add_children(table->lpOr->items, table->lpOr->count, depth, builder, error);
    case TW_RES_NOT:
        tw_restriction_builder_begin(builder, TW_RES_NOT, 0);
        return add_children(table->lpNot->lpNot, 1, depth, builder, error);
    case TW_RES_SUB:
        tw_restriction_builder_begin(builder, TW_RES_SUB, table->lpSub->ulSubObject);
        return add_children(table->lpSub->lpSubObject, 1, depth, builder, error);
    case TW_RES_COMMENT:
        return add_comment(table->lpComment, depth, builder, error);
    case TW_RES_CONTENT:
        tw_restriction_builder_content(builder, table->lpContent->ulFuzzyLevel,
                                       table->lpContent->ulPropTag, table->lpContent->lpProp);
        return TRUE;
    case TW_RES_PROPERTY:
        tw_restriction_builder_property(builder, table->lpProp->ulType, table->lpProp->ulPropTag,
                                        table->lpProp->lpProp);
        return TRUE;
    case TW_RES_COMPARE:
        tw_restriction_builder_compare(builder, table->lpCompare->ulType,
                                       table->lpCompare->ulPropTag1, table->lpCompare->ulPropTag2);
        return TRUE;
    case TW_RES_BITMASK:
        if (table->lpBitmask->ulType > 1)
            return refuse(error, "a bit mask of no known kind");
        tw_restriction_builder_bitmask(builder, table->lpBitmask->ulType == 1,
                                       table->lpBitmask->ulPropTag, table->lpBitmask->ulMask);
        return TRUE;
    case TW_RES_SIZE:
        tw_restriction_builder_size(builder, table->lpSize->ulType, table->lpSize->ulPropTag,
                                    table->lpSize->cb);
        return TRUE;
    case TW_RES_EXIST:
        tw_restriction_builder_exist(builder, table->lpExist->ulPropTag);
        return TRUE;
    case TW_RES_COUNT:
    case TW_RES_ANNOTATION:
    case TW_RES_NULL:
        break;
    }
    return refuse(error, "a restriction of no known kind");
}

TwRestriction *
tw_soap_restriction_new(const TwSoapRestrictTable *table, GError **error)
{
    g_auto(TwRestrictionBuilder) builder = { 0 };

    tw_restriction_builder_init(&builder);
    if (!add(table, 0, &builder, error))
        return NULL;
    return tw_restriction_builder_finish(&builder, error);
}

/* --- for the wire ---------------------------------------------------------------------------------------------- */

typedef struct {
    const TwRestrictionNode *nodes;
    TwArena *arena;
    GError *error;
} Writer;

/* Memory for one thing; NULL and the writer failed when there is none. */
static gpointer
take(Writer *writer, gsize count, gsize size)
{
    gpointer memory = tw_arena_alloc_array(writer->arena, count, size);

    if (memory == NULL && writer->error == NULL)
        writer->error =
            g_error_new_literal(TW_ERROR, TW_ERROR_TOO_BIG, "no room for a restriction");
    return memory;
}

static TwPropValue *
borrow_value(Writer *writer, const TwRestrictionNode *node)
{
    TwPropValue *value = node->value_count > 0 ? take(writer, 1, sizeof *value) : NULL;

    if (value != NULL)
        *value = node->values[0];
    return value;
}

static void put(Writer *writer, guint32 index, TwSoapRestrictTable *ret);

static TwSoapRestrictTable *
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_children(Writer *writer, guint32 index, guint32 *ret_count)
{
    const TwRestrictionNode *node = &writer->nodes[index];
    TwSoapRestrictTable *items;
    guint32 count = 0;

    for (guint32 i = index + 1; i < node->next; i = writer->nodes[i].next)
        count++;
    *ret_count = count;
    items = take(writer, count, sizeof *items);
    count = 0;
    for (guint32 i = index + 1; items != NULL && i < node->next; i = writer->nodes[i].next)
        put(writer, i, &items[count++]);
    return items;
}

/* The kinds that hold others. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put_parent(Writer *writer, guint32 index, TwSoapRestrictTable *ret)
{
    const TwRestrictionNode *node = &writer->nodes[index];
    guint32 count = 0;
    TwSoapRestrictTable *children =
        node->kind == TW_RES_NULL ? NULL : put_children(writer, index, &count);

    switch ((TwRestrictionKind) ret->ulType) {
    case TW_RES_AND:
        ret->lpAnd = take(writer, 1, sizeof *ret->lpAnd);
        if (ret->lpAnd != NULL)
            *ret->lpAnd = (TwSoapRestrictAnd){ children, count };
        break;
    case TW_RES_OR:
        ret->lpOr = take(writer, 1, sizeof *ret->lpOr);
        if (ret->lpOr != NULL)
            *ret->lpOr = (TwSoapRestrictOr){ children, count };
        break;
    case TW_RES_NOT:
        ret->lpNot = take(writer, 1, sizeof *ret->lpNot);
        if (ret->lpNot != NULL)
            ret->lpNot->lpNot = children;
        break;
    case TW_RES_SUB:
        ret->lpSub = take(writer, 1, sizeof *ret->lpSub);
        if (ret->lpSub != NULL)
            *ret->lpSub = (TwSoapRestrictSub){ node->tag, children };
        break;
    default:
        ret->lpComment = take(writer, 1, sizeof *ret->lpComment);
        if (ret->lpComment == NULL)
            break;
        ret->lpComment->lpResTable = count > 0 ? children : NULL;
        ret->lpComment->sProps.items =
            take(writer, node->value_count, sizeof *ret->lpComment->sProps.items);
        if (ret->lpComment->sProps.items == NULL)
            break;
        ret->lpComment->sProps.count = node->value_count;
        for (guint32 i = 0; i < node->value_count; i++)
            ret->lpComment->sProps.items[i] = node->values[i];
        break;
    }
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): depth */
put(Writer *writer, guint32 index, TwSoapRestrictTable *ret)
{
    const TwRestrictionNode *node = &writer->nodes[index];

    ret->ulType = node->kind;
    switch (node->kind) {
    case TW_RES_NULL:
        ret->ulType = TW_RES_AND;
        put_parent(writer, index, ret);
        return;
    case TW_RES_ANNOTATION:
        ret->ulType = TW_RES_COMMENT;
        put_parent(writer, index, ret);
        return;
    case TW_RES_AND:
    case TW_RES_OR:
    case TW_RES_NOT:
    case TW_RES_SUB:
    case TW_RES_COMMENT:
        put_parent(writer, index, ret);
        return;
    case TW_RES_CONTENT:
        ret->lpContent = take(writer, 1, sizeof *ret->lpContent);
        if (ret->lpContent != NULL)
            *ret->lpContent =
                (TwSoapRestrictContent){ node->number, node->tag, borrow_value(writer, node) };
        return;
    case TW_RES_PROPERTY:
        ret->lpProp = take(writer, 1, sizeof *ret->lpProp);
        if (ret->lpProp != NULL)
            *ret->lpProp =
                (TwSoapRestrictProp){ node->relop, node->tag, borrow_value(writer, node) };
        return;
    case TW_RES_COMPARE:
        ret->lpCompare = take(writer, 1, sizeof *ret->lpCompare);
        if (ret->lpCompare != NULL)
            *ret->lpCompare = (TwSoapRestrictCompare){ node->tag, node->number, node->relop };
        return;
    case TW_RES_BITMASK:
        ret->lpBitmask = take(writer, 1, sizeof *ret->lpBitmask);
        if (ret->lpBitmask != NULL)
            *ret->lpBitmask = (TwSoapRestrictBitmask){ node->number, node->tag, node->relop };
        return;
    case TW_RES_SIZE:
        ret->lpSize = take(writer, 1, sizeof *ret->lpSize);
        if (ret->lpSize != NULL)
            *ret->lpSize = (TwSoapRestrictSize){ node->relop, node->tag, node->number };
        return;
    case TW_RES_EXIST:
        ret->lpExist = take(writer, 1, sizeof *ret->lpExist);
        if (ret->lpExist != NULL)
            ret->lpExist->ulPropTag = node->tag;
        return;
    case TW_RES_COUNT:
        break;
    }
    if (writer->error == NULL)
        writer->error = g_error_new_literal(TW_ERROR, TW_ERROR_UNSUPPORTED,
                                            "a restriction that the wire does not have");
}

TwSoapRestrictTable *
tw_soap_restriction_table(const TwRestriction *restriction, TwArena *arena, GError **error)
{
    guint32 count;
    Writer writer = { tw_restriction_get_nodes(restriction, &count), arena, NULL };
    TwSoapRestrictTable *table = take(&writer, 1, sizeof *table);

    if (table != NULL)
        put(&writer, 0, table);
    if (writer.error != NULL) {
        g_propagate_error(error, writer.error);
        return NULL;
    }
    return table;
}
