/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Content lines: the form that iCalendar (RFC 5545, 3.1) and vCard (RFC 6350, 3.3) share. "group.NAME;PARAM=a,b:value",
 * folded at 75 bytes, in components between BEGIN and END.
 *
 * A tree keeps each line as it came, unfolded, beside what it means, so that a line nobody understands is written again as
 * it was. All of a tree is in one arena and dies with it. Our own reader and not libical's: that one keeps no line it cannot
 * parse, has global state, and knows no vCard; the README has the figures.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

G_BEGIN_DECLS

/* Without these a text of a megabyte is a million allocations, or a recursion as deep. */
enum {
    TW_CONTENT_MAX_LEN = 64 * 1024 * 1024, /* bytes of a text */
    TW_CONTENT_MAX_LINES = 1000000,        /* lines of a text, unfolded */
    TW_CONTENT_MAX_COMPONENTS = 200000,    /* components of a text */
    TW_CONTENT_MAX_DEPTH = 8,              /* components in one another; the standards have four */
    TW_CONTENT_MAX_PARAMS = 64,            /* parameters of a line, later ones are not seen */
    TW_CONTENT_MAX_VALUES = 256,           /* values of a parameter, likewise */
    TW_CONTENT_MAX_NAME = 128,             /* bytes of a name of line, parameter or component */
    TW_CONTENT_FOLD = 75,                  /* bytes of a written line without its end */
    TW_CONTENT_MAX_STOOD = 998, /* likewise of one written as it stood: what mail carries */
};

typedef struct {
    const char *name; /* in capitals */
    const char *const
        *values; /* (array length=count): without quotes, "^n", "^'" and "^^" resolved (RFC 6868) */
    guint count;
} TwContentParam;

typedef struct TwContentLine TwContentLine;
struct TwContentLine {
    const char *group; /* (nullable): "item1" of "item1.TEL" */
    const char *name;  /* in capitals */
    const char *value; /* as it stands */
    const char *raw;   /* the whole line, unfolded */
    gsize value_len, raw_len;
    const char *
        stood; /* (nullable): the line as it was folded, without its last end; NULL: folded as we do */
    gsize stood_len;
    const TwContentParam *params;
    guint param_count;
    TwContentLine *next; /* (nullable) */
};

typedef struct TwContentNode TwContentNode;
struct TwContentNode {
    const char *name; /* "VEVENT"; in capitals */
    TwContentLine *lines, *last_line;
    TwContentNode *children, *last_child;
    TwContentNode *next; /* (nullable): its sibling */
};

typedef struct {
    TwArena *arena;      /* (owned) */
    TwContentNode *root; /* without a name: its children are the components of the text */
    guint bad_lines; /* lines without ":" or with a name that is none; they are not in the tree */
} TwContentTree;

/**
 * tw_lines_tree_new:
 * @limit: most bytes that its nodes and lines take
 *
 * Returns: (transfer full): a tree with an empty root
 */
TwContentTree *tw_lines_tree_new(gsize limit);

/**
 * tw_lines_tree_free:
 * @tree: (nullable) (transfer full): a tree
 */
void tw_lines_tree_free(TwContentTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwContentTree, tw_lines_tree_free)

/**
 * tw_lines_parse:
 * @text: (array length=len): any bytes; those that are no UTF-8, and NUL, become U+FFFD
 * @len: how many
 * @error: on failure TW_ERROR_CORRUPT (an END without its BEGIN or the reverse, a line outside of all components), or
 *   TW_ERROR_TOO_BIG past a limit above
 *
 * Reads a text. Lines end in CRLF, LF or CR; a byte order mark is passed over. Linear in @len.
 *
 * Returns: (transfer full): the tree, or NULL
 */
TwContentTree *tw_lines_parse(const guint8 *text, gsize len, GError **error);

/**
 * tw_lines_add_node:
 * @tree: a tree
 * @parent: a component of it
 * @name: in capitals
 *
 * Returns: (transfer none) (nullable): a new last component of @parent, NULL past the limit of the tree
 */
TwContentNode *tw_lines_add_node(TwContentTree *tree, TwContentNode *parent, const char *name);

/**
 * tw_lines_add_raw:
 * @tree: a tree
 * @node: a component of it
 * @raw: (array length=len): a line, unfolded, UTF-8 without NUL; control characters but tab are dropped
 * @len: how many bytes
 *
 * Adds a line at the end.
 *
 * Returns: (transfer none) (nullable): the line; NULL if it is none, or past the limit of the tree
 */
TwContentLine *tw_lines_add_raw(TwContentTree *tree,
                                TwContentNode *node,
                                const char *raw,
                                gsize len);

/**
 * tw_lines_add_line:
 * @tree: a tree
 * @node: a component of it
 * @line: a line of another tree
 *
 * As tw_lines_add_raw(), folded as @line was.
 */
void tw_lines_add_line(TwContentTree *tree, TwContentNode *node, const TwContentLine *line);

/**
 * tw_lines_add:
 * @tree: a tree
 * @node: a component of it
 * @name: name and parameters as they are written: "DTSTART;VALUE=DATE"
 * @value: the value as it is written
 *
 * As tw_lines_add_raw(), of two parts.
 *
 * Returns: (transfer none) (nullable): the line
 */
TwContentLine *tw_lines_add(TwContentTree *tree,
                            TwContentNode *node,
                            const char *name,
                            const char *value);

/**
 * tw_lines_find:
 * @node: a component
 * @name: in capitals
 *
 * Returns: (transfer none) (nullable): its first line of that name
 */
const TwContentLine *tw_lines_find(const TwContentNode *node, const char *name);

/**
 * tw_lines_next:
 * @line: a line
 *
 * Returns: (transfer none) (nullable): the next one of the same name
 */
const TwContentLine *tw_lines_next(const TwContentLine *line);

/**
 * tw_lines_child:
 * @node: a component
 * @name: in capitals
 *
 * Returns: (transfer none) (nullable): its first component of that name
 */
const TwContentNode *tw_lines_child(const TwContentNode *node, const char *name);

/**
 * tw_lines_param:
 * @line: a line
 * @name: in capitals
 *
 * Returns: (transfer none) (nullable): the first value of the parameter
 */
const char *tw_lines_param(const TwContentLine *line, const char *name);

/**
 * tw_lines_param_is:
 * @line: a line
 * @name: of a parameter, in capitals
 * @value: a value
 *
 * Returns: whether the parameter has that value, in any case of letters, among its own
 */
gboolean tw_lines_param_is(const TwContentLine *line, const char *name, const char *value);

/**
 * tw_lines_unescape:
 * @text: (array length=len): a value of type TEXT
 * @len: how many bytes
 *
 * Resolves "\n", "\N", "\,", "\;" and "\\"; a backslash before anything else stays.
 *
 * Returns: (transfer full): the text
 */
char *tw_lines_unescape(const char *text, gsize len);

/**
 * tw_lines_split:
 * @text: (array length=len): a value
 * @len: how many bytes
 * @mark: ',' or ';'
 * @most: most parts; the rest is in the last one
 *
 * Splits at marks that no backslash is before; the parts are still escaped.
 *
 * Returns: (transfer full) (element-type utf8): the parts, at least one
 */
GPtrArray *tw_lines_split(const char *text, gsize len, char mark, guint most);

/**
 * tw_lines_put_text:
 * @out: takes @text as a value of type TEXT
 * @text: UTF-8; CRLF, CR and LF are line ends alike, and control characters are dropped
 *
 * The escaping of RFC 5545, 3.3.11, which is that of vCard too.
 */
void tw_lines_put_text(GString *out, const char *text);

/**
 * tw_lines_put_param:
 * @out: takes ";NAME=value"
 * @name: of the parameter
 * @value: UTF-8, one value; quoted where needed, with RFC 6868 for what quotes cannot hold
 */
void tw_lines_put_param(GString *out, const char *name, const char *value);

/**
 * tw_lines_write_as_it_stood:
 * @out: takes the line with its end
 * @line: a line that was read: folded as it came, for clients compare what they get with what they wrote
 */
void tw_lines_write_as_it_stood(TwBuffer *out, const TwContentLine *line);

/**
 * tw_lines_write_line:
 * @out: takes the line, folded between characters, with its end
 * @raw: (array length=len): a line, unfolded
 * @len: how many bytes
 */
void tw_lines_write_line(TwBuffer *out, const char *raw, gsize len);

/**
 * tw_lines_write:
 * @node: a component; of a root its components are written
 * @out: takes the text, folded between characters, lines ending in CRLF
 */
void tw_lines_write(const TwContentNode *node, TwBuffer *out);

G_END_DECLS
