/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Evaluating restrictions. Nothing is allocated for ASCII text and numbers; other text is folded into a buffer once per
 * leaf.
 */
#include "mapi/entryid.h"
#include "mapi/restriction-private.h"
#include "mapi/text-private.h"

/* What PR_ANR looks into: display name, SMTP address, account, department, office telephone, office location, primary
 * fax, surname (spec/mapi-soap.md 4.3). */
static const guint16 anr_ids[] = { 0x3001, 0x39FE, 0x3A00, 0x3A18, 0x3A08, 0x3A19, 0x3A23, 0x3A11 };

/* Longest text that is searched for letter by letter; longer ones fold the whole value, as that is linear. */
enum {
    LONGEST_SIMPLE_NEEDLE = 64
};

typedef struct {
    const TwRestriction *restriction;
    const TwPropSource *source;
    TwMatchContext *context;
} Match;

static gboolean
is_word_char(const char *p, const char *end)
{
    gunichar c = g_utf8_get_char_validated(p, end - p);

    return c < 0x110000 && g_unichar_isalnum(c);
}

static gboolean
begins_word(const char *text, const char *at, const char *end)
{
    const char *before = g_utf8_find_prev_char(text, at);

    return at == text || before == NULL || !is_word_char(before, end);
}

/* At the start of a word, and for a phrase up to the end of one. */
static gboolean
matches_words(const char *text, gsize len, const char *needle, gsize needle_len, gboolean whole)
{
    const char *end = text + len, *from = text, *at;

    if (needle_len == 0)
        return TRUE;
    while ((at = memmem(from, (gsize) (end - from), needle, needle_len)) != NULL) {
        const char *behind = at + needle_len;
        if (begins_word(text, at, end) && (!whole || behind == end || !is_word_char(behind, end)))
            return TRUE;
        from = at + 1;
    }
    return FALSE;
}

static gboolean
matches_bytes(guint way, const void *data, gsize len, const void *needle, gsize needle_len)
{
    if (needle_len > len)
        return FALSE;
    switch (way) {
    case TW_FUZZY_FULL:
        return len == needle_len && (len == 0 || memcmp(data, needle, len) == 0);
    case TW_FUZZY_SUBSTRING:
        return needle_len == 0 || memmem(data, len, needle, needle_len) != NULL;
    case TW_FUZZY_PREFIX:
        return needle_len == 0 || memcmp(data, needle, needle_len) == 0;
    case TW_FUZZY_WORD_PREFIX:
        return matches_words(data, len, needle, needle_len, FALSE);
    default:
        return matches_words(data, len, needle, needle_len, TRUE);
    }
}

/* Whether ASCII text begins with a needle in small letters. */
static inline gboolean
begins_with(const char *text, const char *needle, gsize needle_len)
{
    for (gsize i = 0; i < needle_len; i++) {
        if (g_ascii_tolower(text[i]) != needle[i])
            return FALSE;
    }
    return TRUE;
}

static gboolean
matches_ascii(guint way, const char *text, gsize len, const TwNeedle *needle)
{
    if (needle->len > len || (way == TW_FUZZY_FULL && needle->len != len))
        return FALSE;
    if (way != TW_FUZZY_SUBSTRING)
        return begins_with(text, needle->text, needle->len);
    for (gsize i = 0; i <= len - needle->len; i++) {
        if (begins_with(text + i, needle->text, needle->len))
            return TRUE;
    }
    return FALSE;
}

gboolean
tw_needle_matches(const TwNeedle *needle, guint way, const char *text, gsize len)
{
    g_auto(TwBuffer) folded = TW_BUFFER_INIT(G_MAXSIZE);

    if (needle->fold == 0)
        return matches_bytes(way, text, len, needle->text, needle->len);
    if (way <= TW_FUZZY_PREFIX && tw_text_is_ascii(text, len)) {
        if (!needle->ascii)
            return FALSE;
        if (!(needle->fold & TW_FOLD_CASE))
            return matches_bytes(way, text, len, needle->text, needle->len);
        if (needle->len <= LONGEST_SIMPLE_NEEDLE || way != TW_FUZZY_SUBSTRING)
            return matches_ascii(way, text, len, needle);
    }
    tw_text_fold(text, len, needle->fold, &folded);
    return matches_bytes(way, folded.data == NULL ? (const guint8 *) "" : folded.data, folded.len,
                         needle->text, needle->len);
}

static gboolean
get_value(const Match *match, guint32 tag, TwPropValue *ret)
{
    return match->source->get(match->source->data, tag, ret) &&
           tw_prop_tag_type(ret->tag) != TW_PT_ERROR;
}

static gboolean
no_answer(const Match *match)
{
    match->context->type_error = TRUE;
    return FALSE;
}

static gboolean
decide(guint relop, int order)
{
    switch (relop) {
    case TW_RELOP_LT:
        return order < 0;
    case TW_RELOP_LE:
        return order <= 0;
    case TW_RELOP_GT:
        return order > 0;
    case TW_RELOP_GE:
        return order >= 0;
    case TW_RELOP_EQ:
        return order == 0;
    default:
        return order != 0;
    }
}

static int
compare(const Match *match, TwPlan plan, const TwPropValue *left, const TwPropValue *right)
{
    if (plan == TW_PLAN_ENTRYID && tw_prop_tag_type(left->tag) == TW_PT_BINARY &&
        tw_prop_tag_type(right->tag) == TW_PT_BINARY)
        return !tw_entryid_same(left->data, left->len, right->data, right->len);
    return tw_value_compare(left, right, match->context->collation, 0);
}

/* Two values; where one is a list and the other is not, any of the list. */
static gboolean
relate(
    const Match *match, TwPlan plan, guint relop, const TwPropValue *left, const TwPropValue *right)
{
    gboolean left_multi = tw_prop_tag_is_multi(left->tag);
    gboolean right_multi = tw_prop_tag_is_multi(right->tag);
    TwPropValue item;

    if (!tw_value_comparable(left->tag, right->tag))
        return no_answer(match);
    if (left_multi == right_multi)
        return decide(relop, compare(match, plan, left, right));
    for (guint i = 0; tw_value_item(left_multi ? left : right, i, &item); i++) {
        int order =
            left_multi ? compare(match, plan, &item, right) : compare(match, plan, left, &item);

        if (decide(relop, order))
            return TRUE;
    }
    return FALSE;
}

/* One item of text or bytes against the compiled leaf. */
static gboolean
item_matches(const Match *match,
             const TwRestrictionNode *node,
             const TwCompiledNode *compiled,
             const TwPropValue *item)
{
    guint way = node->number & TW_FUZZY_WAY_MASK;

    if (compiled->plan == TW_PLAN_BYTES) {
        if (tw_prop_tag_type(item->tag) != TW_PT_BINARY)
            return no_answer(match);
        return matches_bytes(way, item->data, item->len, node->values->data, node->values->len);
    }
    if (!tw_prop_tag_is_text(item->tag))
        return no_answer(match);
    switch (compiled->plan) {
    case TW_PLAN_TEXT:
        return tw_needle_matches(&compiled->needle, way, item->text, item->len);
    case TW_PLAN_ANR:
        return tw_needle_matches(&compiled->needle, TW_FUZZY_SUBSTRING, item->text, item->len);
    case TW_PLAN_EXPRESSION:
        return tw_expression_matches(compiled->expression, item->text, item->len);
    default:
        return tw_needle_matches(&compiled->needle, TW_FUZZY_FULL, item->text, item->len) ==
               (node->relop == TW_RELOP_EQ);
    }
}

static gboolean
any_item_matches(const Match *match,
                 const TwRestrictionNode *node,
                 const TwCompiledNode *compiled,
                 const TwPropValue *value)
{
    TwPropValue item;

    if (!tw_prop_tag_is_multi(value->tag))
        return item_matches(match, node, compiled, value);
    for (guint i = 0; tw_value_item(value, i, &item); i++) {
        if (item_matches(match, node, compiled, &item))
            return TRUE;
    }
    return FALSE;
}

static gboolean
match_anr(const Match *match, const TwRestrictionNode *node, const TwCompiledNode *compiled)
{
    TwPropValue value;

    for (guint i = 0; i < G_N_ELEMENTS(anr_ids); i++) {
        if (get_value(match, tw_prop_tag(anr_ids[i], TW_PT_UNICODE), &value) &&
            any_item_matches(match, node, compiled, &value))
            return TRUE;
    }
    return FALSE;
}

static gboolean
match_property(const Match *match, const TwRestrictionNode *node, const TwCompiledNode *compiled)
{
    TwPropValue value;

    if (compiled->plan == TW_PLAN_ANR)
        return match_anr(match, node, compiled);
    if (!get_value(match, node->tag, &value))
        return node->relop == TW_RELOP_NE;
    if (compiled->plan == TW_PLAN_PLAIN || compiled->plan == TW_PLAN_ENTRYID)
        return relate(match, compiled->plan, node->relop, &value, node->values);
    return any_item_matches(match, node, compiled, &value);
}

static gboolean
match_size(const Match *match, const TwRestrictionNode *node)
{
    TwPropValue value;
    gsize size;

    if (!get_value(match, node->tag, &value))
        return no_answer(match);
    size = tw_value_size(&value);
    return decide(node->relop, (size > node->number) - (size < node->number));
}

static gboolean
match_leaf(const Match *match, const TwRestrictionNode *node, const TwCompiledNode *compiled)
{
    TwPropValue value, other;

    switch (node->kind) {
    case TW_RES_CONTENT:
        return get_value(match, node->tag, &value) &&
               any_item_matches(match, node, compiled, &value);
    case TW_RES_PROPERTY:
        return match_property(match, node, compiled);
    case TW_RES_COMPARE:
        return get_value(match, node->tag, &value) && get_value(match, node->number, &other) &&
               relate(match, compiled->plan, node->relop, &value, &other);
    case TW_RES_BITMASK:
        return get_value(match, node->tag, &value) && tw_prop_tag_type(value.tag) == TW_PT_LONG &&
               ((value.u4 & node->number) != 0) == (node->relop == 1);
    case TW_RES_SIZE:
        return match_size(match, node);
    case TW_RES_EXIST:
        return get_value(match, node->tag, &value);
    default:
        return TRUE; /* NULL */
    }
}

static gboolean
get_from_props(gpointer data, guint32 tag, TwPropValue *ret)
{
    return tw_props_get(data, tag, ret);
}

static gboolean
get_row_from_props(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    return tw_props_get_row(data, tag, index, ret);
}

static gboolean match_node(const Match *match, guint32 index);

static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
match_any_row(const Match *match, guint32 index)
{
    guint32 tag = match->restriction->nodes[index].tag;
    TwProps row;

    if (match->source->get_row == NULL)
        return FALSE;
    for (guint i = 0; match->source->get_row(match->source->data, tag, i, &row); i++) {
        TwPropSource source = { get_from_props, get_row_from_props, &row };
        Match inner = { match->restriction, &source, match->context };
        if (match_node(&inner, index + 1))
            return TRUE;
    }
    return FALSE;
}

/* The parser bounds the depth: TW_RESTRICTION_MAX_DEPTH. */
static gboolean /* NOLINTNEXTLINE(misc-no-recursion): depth */
match_node(const Match *match, guint32 index)
{
    const TwRestrictionNode *node = &match->restriction->nodes[index];
    const TwCompiledNode *compiled = &match->restriction->compiled[index];
    gboolean wanted = node->kind == TW_RES_OR;

    if (compiled->plan == TW_PLAN_FALSE)
        return no_answer(match);
    if (compiled->plan == TW_PLAN_NEVER)
        return FALSE;
    switch (node->kind) {
    case TW_RES_AND:
    case TW_RES_OR:
        for (guint32 child = index + 1; child < node->next;
             child = match->restriction->nodes[child].next) {
            if (match_node(match, child) == wanted)
                return wanted;
        }
        return !wanted;
    case TW_RES_NOT:
        return !match_node(match, index + 1);
    case TW_RES_COUNT:
        return match_node(match, index + 1);
    case TW_RES_COMMENT:
    case TW_RES_ANNOTATION:
        return node->next == index + 1 || match_node(match, index + 1);
    case TW_RES_SUB:
        return match_any_row(match, index);
    default:
        return match_leaf(match, node, compiled);
    }
}

gboolean
tw_restriction_match(const TwRestriction *restriction,
                     const TwPropSource *source,
                     TwMatchContext *context)
{
    TwMatchContext own = { .collation = NULL };
    Match match = { restriction, source, context == NULL ? &own : context };

    return match_node(&match, 0);
}

gboolean
tw_restriction_match_props(const TwRestriction *restriction,
                           const TwProps *props,
                           TwMatchContext *context)
{
    TwProps copy = *props;
    TwPropSource source = { get_from_props, get_row_from_props, &copy };

    return tw_restriction_match(restriction, &source, context);
}
