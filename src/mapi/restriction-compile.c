/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be decided about a leaf once and for all rows is decided here. */
#include "base/error.h"
#include "mapi/restriction-private.h"
#include "mapi/tags.h"
#include "mapi/text-private.h"

enum {
    ID_ANR = 0x360C
};

static guint
fold_of(guint32 fuzzy)
{
    guint fold = 0;

    if (fuzzy & (TW_FUZZY_IGNORE_CASE | TW_FUZZY_LOOSE))
        fold |= TW_FOLD_CASE;
    if (fuzzy & (TW_FUZZY_IGNORE_MARKS | TW_FUZZY_LOOSE))
        fold |= TW_FOLD_MARKS;
    return fold;
}

static gboolean
is_single_text(const TwPropValue *value)
{
    return tw_prop_tag_is_text(value->tag) && !tw_prop_tag_is_multi(value->tag);
}

static TwPlan
plan_content(const TwRestrictionNode *node)
{
    guint way = node->number & TW_FUZZY_WAY_MASK, base = tw_prop_tag_base_type(node->tag);
    const TwPropValue *value = node->values;

    if (node->value_count == 0)
        return TW_PLAN_FALSE;
    if (tw_prop_tag_is_text(node->tag) && is_single_text(value)) {
        gboolean known =
            way <= TW_FUZZY_PREFIX || way == TW_FUZZY_WORD_PREFIX || way == TW_FUZZY_PHRASE;
        return known ? TW_PLAN_TEXT : TW_PLAN_FALSE;
    }
    if (base == TW_PT_BINARY && tw_prop_tag_type(value->tag) == TW_PT_BINARY)
        return way <= TW_FUZZY_PREFIX ? TW_PLAN_BYTES : TW_PLAN_FALSE;
    return TW_PLAN_FALSE;
}

/* An order of entry ids has no meaning: those relations are left to the bytes. */
static gboolean
asks_identity(guint relop, guint32 tag)
{
    return (relop == TW_RELOP_EQ || relop == TW_RELOP_NE) && tw_tag_is_entryid(tag);
}

static TwPlan
plan_property(const TwRestrictionNode *node)
{
    const TwPropValue *value = node->values;

    if (node->value_count == 0)
        return TW_PLAN_FALSE;
    if (node->relop == TW_RELOP_MEMBER_OF_DL)
        return TW_PLAN_NEVER;
    if (!tw_value_comparable(node->tag, value->tag))
        return TW_PLAN_FALSE;
    if (tw_prop_tag_id(node->tag) == ID_ANR && is_single_text(value))
        return TW_PLAN_ANR;
    if (node->relop == TW_RELOP_RE)
        return is_single_text(value) ? TW_PLAN_EXPRESSION : TW_PLAN_FALSE;
    if (is_single_text(value) && (node->relop == TW_RELOP_EQ || node->relop == TW_RELOP_NE))
        return TW_PLAN_TEXT_EQUAL;
    return asks_identity(node->relop, node->tag) ? TW_PLAN_ENTRYID : TW_PLAN_PLAIN;
}

static TwPlan
plan_of(const TwRestrictionNode *node)
{
    switch (node->kind) {
    case TW_RES_CONTENT:
        return plan_content(node);
    case TW_RES_PROPERTY:
        return plan_property(node);
    case TW_RES_COMPARE:
        if (node->relop > TW_RELOP_NE || !tw_value_comparable(node->tag, node->number))
            return TW_PLAN_FALSE;
        return asks_identity(node->relop, node->tag) && asks_identity(node->relop, node->number)
                   ? TW_PLAN_ENTRYID
                   : TW_PLAN_PLAIN;
    case TW_RES_BITMASK:
        return tw_prop_tag_type(node->tag) == TW_PT_LONG && node->relop <= 1 ? TW_PLAN_PLAIN
                                                                             : TW_PLAN_FALSE;
    case TW_RES_SIZE:
        return node->relop <= TW_RELOP_NE ? TW_PLAN_PLAIN : TW_PLAN_FALSE;
    case TW_RES_SUB:
        return node->tag == TW_RES_RECIPIENTS || node->tag == TW_RES_ATTACHMENTS ? TW_PLAN_PLAIN
                                                                                 : TW_PLAN_FALSE;
    default:
        return TW_PLAN_PLAIN;
    }
}

/* Folds the text of a leaf to the end of @folded; where it will lie is known only when all are there. */
static void
fold_needle(const TwRestrictionNode *node, TwCompiledNode *compiled, TwBuffer *folded)
{
    const TwPropValue *value = node->values;
    gsize start = folded->len;

    compiled->needle.fold = node->kind == TW_RES_CONTENT ? fold_of(node->number) : TW_FOLD_CASE;
    tw_text_fold(value->text, value->len, compiled->needle.fold, folded);
    compiled->needle.len = folded->len - start;
}

static gboolean
has_needle(const TwCompiledNode *compiled)
{
    return compiled->plan == TW_PLAN_TEXT || compiled->plan == TW_PLAN_TEXT_EQUAL ||
           compiled->plan == TW_PLAN_ANR;
}

static gboolean
too_many_expressions(GError **error)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX,
                "restriction: more than %d regular expressions", TW_RESTRICTION_MAX_EXPRESSIONS);
    return FALSE;
}

gboolean
tw_restriction_compile(TwRestriction *restriction, GError **error)
{
    g_auto(TwBuffer) folded = TW_BUFFER_INIT((gsize) 4 * TW_RESTRICTION_MAX_BYTES);
    guint expressions = 0;
    gsize at = 0;

    for (guint32 i = 0; i < restriction->node_count; i++) {
        const TwRestrictionNode *node = &restriction->nodes[i];
        TwCompiledNode *compiled = &restriction->compiled[i];

        compiled->plan = plan_of(node);
        if (has_needle(compiled))
            fold_needle(node, compiled, &folded);
        if (compiled->plan != TW_PLAN_EXPRESSION)
            continue;
        if (++expressions > TW_RESTRICTION_MAX_EXPRESSIONS)
            return too_many_expressions(error);
        compiled->expression = tw_expression_new(node->values->text, node->values->len, error);
        if (compiled->expression == NULL)
            return FALSE;
    }
    if (tw_buffer_failed(&folded)) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "restriction: too much text");
        return FALSE;
    }
    restriction->folded = folded.len == 0 ? g_malloc0(1) : g_memdup2(folded.data, folded.len);
    for (guint32 i = 0; i < restriction->node_count; i++) {
        TwNeedle *needle = &restriction->compiled[i].needle;

        if (!has_needle(&restriction->compiled[i]))
            continue;
        needle->text = (const char *) restriction->folded + at;
        needle->ascii = tw_text_is_ascii(needle->text, needle->len);
        at += needle->len;
    }
    return TRUE;
}
