/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the compiled form of a restriction looks like: shared by the restriction-*.c files. */
#pragma once

#include "mapi/restriction.h"

/* How a leaf is evaluated, decided once. */
typedef enum {
    TW_PLAN_PLAIN, /* as its kind says */
    TW_PLAN_NEVER, /* never true: membership of a distribution list */
    TW_PLAN_FALSE, /* never true: a fuzzy level, a relation or a type that does not fit; sets type_error */
    TW_PLAN_TEXT,       /* CONTENT on text */
    TW_PLAN_BYTES,      /* CONTENT on bytes */
    TW_PLAN_TEXT_EQUAL, /* PROPERTY =, /= on text */
    TW_PLAN_ENTRYID,    /* PROPERTY, COMPARE: =, /= on entry ids */
    TW_PLAN_ANR,        /* PROPERTY on PR_ANR */
    TW_PLAN_EXPRESSION, /* PROPERTY with a regular expression */
} TwPlan;

/* A text to look for, folded once. */
typedef struct {
    const char *text; /* borrowed from the restriction */
    gsize len;
    guint fold; /* TwFoldFlags */
    gboolean ascii;
} TwNeedle;

typedef struct TwExpression TwExpression;

typedef struct {
    TwPlan plan;
    TwNeedle needle;
    TwExpression *expression; /* owned */
} TwCompiledNode;

struct TwRestriction {
    guint32 node_count;
    TwRestrictionNode *nodes; /* owned */
    TwCompiledNode *compiled; /* owned; one a node */
    TwPropValue *values;      /* owned */
    guint8 *bytes;            /* owned; packed values */
    guint8 *folded;           /* owned; needles */
};

/* Decides plans, folds needles and compiles expressions of a restriction whose nodes are complete. */
gboolean tw_restriction_compile(TwRestriction *restriction, GError **error);

/* A regular expression: POSIX basic, without regard to case. */
TwExpression *tw_expression_new(const char *text, gsize len, GError **error);
void tw_expression_free(TwExpression *expression);
gboolean tw_expression_matches(const TwExpression *expression, const char *text, gsize len);

/* Whether the text holds the needle in the way of a fuzzy level (without its flags). */
gboolean tw_needle_matches(const TwNeedle *needle, guint way, const char *text, gsize len);
