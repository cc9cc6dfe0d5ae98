/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Restrictions: the conditions of tables, search folders and rules. A restriction is built once, by hand or from its
 * wire form, compiled as it is built (text folded, expressions compiled), never changed after, and then evaluated
 * against as many objects as wanted, from as many threads as wanted.
 *
 * Numbers: spec/mailbox-layout.md 27.1. Meaning: spec/mapi-soap.md 4.3.
 */
#pragma once

#include "mapi/compare.h"
#include "mapi/props.h"
#include "mapi/wire.h"

G_BEGIN_DECLS

typedef enum {
    TW_RES_AND = 0,         /* any number of children; none: true */
    TW_RES_OR = 1,          /* any number of children; none: false */
    TW_RES_NOT = 2,         /* one child */
    TW_RES_CONTENT = 3,     /* text or bytes of tag contain the value; number: fuzzy level */
    TW_RES_PROPERTY = 4,    /* tag in relation to the value */
    TW_RES_COMPARE = 5,     /* tag in relation to the property whose tag is number */
    TW_RES_BITMASK = 6,     /* tag and mask (number); relation 0: no bit set, 1: some bit set */
    TW_RES_SIZE = 7,        /* size of tag in relation to number */
    TW_RES_EXIST = 8,       /* tag is there */
    TW_RES_SUB = 9,         /* one child, true for some row of the sub-object tag */
    TW_RES_COMMENT = 10,    /* values nobody evaluates; a child, or none: true */
    TW_RES_COUNT = 11,      /* one child; at most number rows, see tw_restriction_row_limit() */
    TW_RES_ANNOTATION = 12, /* as COMMENT */
    TW_RES_NULL = 255,      /* true */
} TwRestrictionKind;

typedef enum {
    TW_RELOP_LT = 0,
    TW_RELOP_LE = 1,
    TW_RELOP_GT = 2,
    TW_RELOP_GE = 3,
    TW_RELOP_EQ = 4,
    TW_RELOP_NE = 5,
    TW_RELOP_RE = 6, /* POSIX basic regular expression, without regard to case; text only */
    TW_RELOP_MEMBER_OF_DL = 100, /* never true here */
} TwRelop;

/* Fuzzy level of a content restriction: one way of matching, and flags. */
enum {
    TW_FUZZY_FULL = 0,           /* the whole value */
    TW_FUZZY_SUBSTRING = 1,      /* anywhere */
    TW_FUZZY_PREFIX = 2,         /* at the start */
    TW_FUZZY_WORD_PREFIX = 0x10, /* at the start of any word; text only */
    TW_FUZZY_PHRASE = 0x20,      /* whole words; text only */
    TW_FUZZY_WAY_MASK = 0xffff,
    TW_FUZZY_IGNORE_CASE = 0x10000,
    TW_FUZZY_IGNORE_MARKS = 0x20000, /* non-spacing ones */
    TW_FUZZY_LOOSE = 0x40000,        /* both */
};

/* The two sub-objects. */
enum {
    TW_RES_RECIPIENTS = 0x0E12000D,
    TW_RES_ATTACHMENTS = 0x0E13000D,
};

enum {
    TW_RESTRICTION_MAX_DEPTH =
        16, /* levels below the root (spec/mapi-soap.md 4.3); deeper is TW_ERROR_TOO_COMPLEX */
    TW_RESTRICTION_MAX_NODES =
        32768, /* a junk rule names thousands of senders; each node costs 64 bytes and time a row */
    TW_RESTRICTION_MAX_BYTES =
        4 * 1024 * 1024, /* of values: what a client may make the server keep per table */
    TW_RESTRICTION_MAX_WIRE = 8 * 1024 * 1024, /* bytes of its wire form */
    TW_RESTRICTION_MAX_EXPRESSION =
        1024, /* bytes of a regular expression; its program is larger by a factor */
    TW_RESTRICTION_MAX_EXPRESSIONS = 16, /* in one restriction */
    /* An expression that backtracks costs steps x bytes at worst: 40 million steps, 0.2 s a value. */
    TW_RESTRICTION_EXPRESSION_STEPS =
        10000, /* from one place of a value; past it the answer is no */
    TW_RESTRICTION_EXPRESSION_BYTES = 4096, /* of a value that are looked at */
    TW_RESTRICTION_EXPRESSION_KB =
        256, /* memory for matching one value; past it the answer is no */
};

/* One node, children after it: a restriction is an array of them in the order of its print. Read only. */
typedef struct {
    TwRestrictionKind kind;
    guint relop; /* PROPERTY, COMPARE, SIZE: TwRelop; BITMASK: 0 or 1 */
    guint32 tag; /* CONTENT, PROPERTY, COMPARE, BITMASK, SIZE, EXIST, SUB */
    guint32
        number; /* CONTENT: fuzzy level; COMPARE: second tag; BITMASK: mask; SIZE: bytes; COUNT: rows */
    guint32 next;              /* index of the first node behind this one and all its children */
    guint32 value_count;       /* CONTENT, PROPERTY: 1 or 0; COMMENT, ANNOTATION: any */
    const TwPropValue *values; /* borrowed from the restriction */
} TwRestrictionNode;

typedef struct TwRestriction TwRestriction;

/**
 * tw_restriction_ref:
 * @restriction: a restriction
 *
 * Returns: (transfer full): @restriction
 */
TwRestriction *tw_restriction_ref(TwRestriction *restriction);

/**
 * tw_restriction_unref:
 * @restriction: (nullable): a restriction
 *
 * The last one frees it. Safe from any thread.
 */
void tw_restriction_unref(TwRestriction *restriction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwRestriction, tw_restriction_unref)

/**
 * tw_restriction_get_nodes:
 * @restriction: a restriction
 * @ret_count: (out): how many, at least 1
 *
 * For those that print a restriction in another form, or plan how to answer it. The children of node i are node i + 1,
 * then the node behind that one, and so on up to next of node i.
 *
 * Returns: (transfer none): the nodes, borrowed from @restriction
 */
const TwRestrictionNode *tw_restriction_get_nodes(const TwRestriction *restriction,
                                                  guint32 *ret_count);

/**
 * tw_restriction_row_limit:
 * @restriction: a restriction
 *
 * A COUNT at the root, or under comments only, says how many rows a table may have at most. To evaluate one row it
 * means nothing.
 *
 * Returns: the limit, or G_MAXUINT32
 */
guint32 tw_restriction_row_limit(const TwRestriction *restriction);

/* Builds a restriction, node after node in the order of its print. */
typedef struct {
    GArray *nodes;                              /* owned; private */
    GArray *values;                             /* owned; private */
    TwBuffer bytes;                             /* packed values; private */
    guint32 open[TW_RESTRICTION_MAX_DEPTH + 2]; /* nodes that still take children; private */
    guint depth;                                /* how many are open; private */
    guint roots;                                /* nodes at the top; private */
    GError *error;                              /* owned; the first failure, sticky; private */
} TwRestrictionBuilder;

/**
 * tw_restriction_builder_init:
 * @builder: caller's memory; use with g_auto
 */
void tw_restriction_builder_init(TwRestrictionBuilder *builder);

/**
 * tw_restriction_builder_clear:
 * @builder: a builder
 *
 * Frees what it holds; it is empty then and can be used again.
 */
void tw_restriction_builder_clear(TwRestrictionBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwRestrictionBuilder, tw_restriction_builder_clear)

/**
 * tw_restriction_builder_begin:
 * @builder: a builder
 * @kind: AND, OR, NOT, SUB, COUNT, COMMENT or ANNOTATION
 * @operand: SUB: tag of the sub-object; COUNT: rows; else 0
 *
 * Opens a node; what is added until tw_restriction_builder_end() are its children.
 */
void tw_restriction_builder_begin(TwRestrictionBuilder *builder,
                                  TwRestrictionKind kind,
                                  guint32 operand);

/**
 * tw_restriction_builder_comment_value:
 * @builder: a builder whose open node is a COMMENT or ANNOTATION without a child yet
 * @value: one more value of it, copied
 */
void tw_restriction_builder_comment_value(TwRestrictionBuilder *builder, const TwPropValue *value);

/**
 * tw_restriction_builder_end:
 * @builder: a builder
 *
 * Closes the node opened last. Fails the builder when the node has not as many children as its kind takes.
 */
void tw_restriction_builder_end(TwRestrictionBuilder *builder);

/**
 * tw_restriction_builder_content:
 * @builder: a builder
 * @fuzzy: fuzzy level
 * @tag: of the property looked into
 * @value: (nullable): what to look for, copied; NULL never matches
 */
void tw_restriction_builder_content(TwRestrictionBuilder *builder,
                                    guint32 fuzzy,
                                    guint32 tag,
                                    const TwPropValue *value);

/**
 * tw_restriction_builder_property:
 * @builder: a builder
 * @relop: #TwRelop
 * @tag: of the property compared
 * @value: (nullable): what to compare with, copied; NULL never matches
 */
void tw_restriction_builder_property(TwRestrictionBuilder *builder,
                                     guint relop,
                                     guint32 tag,
                                     const TwPropValue *value);

/**
 * tw_restriction_builder_compare:
 * @builder: a builder
 * @relop: #TwRelop
 * @tag: of the left property
 * @other: of the right one
 */
void tw_restriction_builder_compare(TwRestrictionBuilder *builder,
                                    guint relop,
                                    guint32 tag,
                                    guint32 other);

/**
 * tw_restriction_builder_bitmask:
 * @builder: a builder
 * @some: TRUE: some bit of @mask is set; FALSE: none is
 * @tag: of a LONG
 * @mask: the bits
 */
void tw_restriction_builder_bitmask(TwRestrictionBuilder *builder,
                                    gboolean some,
                                    guint32 tag,
                                    guint32 mask);

/**
 * tw_restriction_builder_size:
 * @builder: a builder
 * @relop: #TwRelop
 * @tag: of the property measured, see tw_value_size()
 * @size: bytes
 */
void tw_restriction_builder_size(TwRestrictionBuilder *builder,
                                 guint relop,
                                 guint32 tag,
                                 guint32 size);

/**
 * tw_restriction_builder_exist:
 * @builder: a builder
 * @tag: of the property
 */
void tw_restriction_builder_exist(TwRestrictionBuilder *builder, guint32 tag);

/**
 * tw_restriction_builder_null:
 * @builder: a builder
 *
 * Adds the restriction that is always true.
 */
void tw_restriction_builder_null(TwRestrictionBuilder *builder);

/**
 * tw_restriction_builder_finish:
 * @builder: a builder; empty afterwards either way
 * @error: on failure TW_ERROR_INVALID (kinds, relations, children that do not fit; a bad value or expression),
 *   TW_ERROR_TOO_COMPLEX (deeper than TW_RESTRICTION_MAX_DEPTH) or TW_ERROR_TOO_BIG (the other limits), and
 *   TW_ERROR_CORRUPT for a value that tw_value_check() refuses
 *
 * Compiles what was built: exactly one root, all nodes closed.
 *
 * Returns: (transfer full): the restriction, or NULL
 */
TwRestriction *tw_restriction_builder_finish(TwRestrictionBuilder *builder, GError **error);

/**
 * tw_restriction_parse:
 * @data: (array length=len): a restriction in its wire form, MS-OXCDATA 2.12
 * @len: bytes, all of which must belong to it
 * @width: of counts
 * @error: on failure TW_ERROR_CORRUPT, or as tw_restriction_builder_finish()
 *
 * Returns: (transfer full): the restriction, or NULL
 */
TwRestriction *tw_restriction_parse(const guint8 *data,
                                    gsize len,
                                    TwWireWidth width,
                                    GError **error);

/**
 * tw_restriction_print:
 * @restriction: a restriction
 * @width: of counts
 * @out: (inout): takes the wire form; it fails when a count does not fit the width or a comment has over 255 values. A
 *   leaf without a value is written as a NULL value
 */
void tw_restriction_print(const TwRestriction *restriction, TwWireWidth width, TwBuffer *out);

/**
 * tw_restriction_to_text:
 * @restriction: a restriction
 * @max_len: most bytes; longer text is cut, and ends in "..."
 *
 * For logs and tests: `(and (exist 0e08:I4) (content 0037:S substring,nocase "x"))`. Printable ASCII only, each text cut
 * at 64 bytes.
 *
 * Returns: (transfer full): the text
 */
char *tw_restriction_to_text(const TwRestriction *restriction, gsize max_len);

/* Where an evaluation gets properties from: a bag, a row with computed columns, a head whose tail is loaded when asked. */
typedef struct TwPropSource {
    /* as tw_props_get(); a value of type ERROR counts as missing. Values must live until the
     * evaluation ends. Never NULL */
    gboolean (*get)(gpointer data, guint32 tag, TwPropValue *ret);
    /* row @index of sub-object @tag; FALSE past the end. Must live until the evaluation ends. NULL: there are none */
    gboolean (*get_row)(gpointer data, guint32 tag, guint index, TwProps *ret);
    gpointer data;
} TwPropSource;

/* What an evaluation needs besides the object, and what it found out. All zero is a good context. */
typedef struct TwMatchContext {
    const TwCollation *collation; /* (nullable): order of text for <, <=, >, >= */
    /* set, never cleared, when some leaf had no answer: types that cannot be compared, the size of nothing. The leaf is
     * false then. The peer fails the whole call with "invalid type" (spec/mapi-soap.md 4.3); a door may too. */
    gboolean type_error;
} TwMatchContext;

/**
 * tw_restriction_match:
 * @restriction: a restriction
 * @source: the object
 * @context: (nullable) (inout): see #TwMatchContext
 *
 * Evaluates. The rules, from spec/mapi-soap.md 4.3:
 * a missing property makes a leaf false, but PROPERTY with "not equal" true;
 * of a multi-valued property any value that matches will do, for "not equal" too; two lists compare as lists;
 * equality of entry ids (tw_tag_is_entryid()) is that of what they name, see tw_entryid_same();
 * equality of text disregards case; CONTENT regards what its flags say;
 * PROPERTY on PR_ANR asks whether one of eight names or numbers contains the text.
 *
 * Returns: whether the object matches
 */
gboolean tw_restriction_match(const TwRestriction *restriction,
                              const TwPropSource *source,
                              TwMatchContext *context);

/**
 * tw_restriction_match_props:
 * @restriction: a restriction
 * @props: a bag
 * @context: (nullable) (inout): see #TwMatchContext
 *
 * As tw_restriction_match(), on a bag and the rows that nest in it.
 *
 * Returns: whether the object matches
 */
gboolean tw_restriction_match_props(const TwRestriction *restriction,
                                    const TwProps *props,
                                    TwMatchContext *context);

G_END_DECLS
