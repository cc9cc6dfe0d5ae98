/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/content-line.h"

#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

/* ---- the tree ---- */

TwContentTree *
tw_lines_tree_new(gsize limit)
{
    TwContentTree *tree = g_new0(TwContentTree, 1);

    tree->arena = tw_arena_new(MAX(limit, sizeof(TwContentNode)));
    tree->root = tw_arena_new0(tree->arena, TwContentNode);
    tree->root->name = "";
    return tree;
}

void
tw_lines_tree_free(TwContentTree *tree)
{
    if (tree == NULL)
        return;
    tw_arena_free(tree->arena);
    g_free(tree);
}

TwContentNode *
tw_lines_add_node(TwContentTree *tree, TwContentNode *parent, const char *name)
{
    TwContentNode *node = tw_arena_new0(tree->arena, TwContentNode);

    if (node == NULL || (node->name = tw_arena_copy(tree->arena, name, strlen(name))) == NULL)
        return NULL;
    if (parent->last_child == NULL)
        parent->children = node;
    else
        parent->last_child->next = node;
    parent->last_child = node;
    return node;
}

static void
append_line(TwContentNode *node, TwContentLine *line)
{
    if (node->last_line == NULL)
        node->lines = line;
    else
        node->last_line->next = line;
    node->last_line = line;
}

/* ---- one line ---- */

/* A name: letters, digits and "-"; "_" and "/" are no part of the grammar, but some programs write them. */
static gsize
name_len(const char *text, gsize len)
{
    gsize n = 0;

    while (n < len && n < TW_CONTENT_MAX_NAME &&
           (g_ascii_isalnum(text[n]) || strchr("-_/", text[n]) != NULL) && text[n] != '\0')
        n++;
    return n;
}

static const char *
copy_upper(TwArena *arena, const char *text, gsize len)
{
    char *copy = tw_arena_copy(arena, text, len);

    for (gsize i = 0; copy != NULL && i < len; i++)
        copy[i] = g_ascii_toupper(copy[i]);
    return copy;
}

/* RFC 6868: "^n" is a line end, "^'" a quote, "^^" a circumflex; any other stays. */
static const char *
copy_param_value(TwArena *arena, const char *text, gsize len)
{
    char *copy = tw_arena_copy(arena, text, len);
    gsize to = 0;

    for (gsize i = 0; copy != NULL && i < len; i++, to++) {
        char mark = (char) (text[i] == '^' && i + 1 < len ? text[i + 1] : '\0');
        copy[to] = (char) (mark == 'n' ? '\n' : mark == '\'' ? '"' : text[i]);
        i += mark == 'n' || mark == '\'' || mark == '^';
    }
    if (copy != NULL)
        copy[to] = '\0';
    return copy;
}

/* One value of a parameter, quoted or not; *at is behind it afterwards. FALSE: a quote that nobody closes. */
static gboolean
scan_param_value(const char *text, gsize len, gsize *at, gsize *ret_start, gsize *ret_len)
{
    gsize i = *at;

    if (i < len && text[i] == '"') {
        const char *end = memchr(text + i + 1, '"', len - i - 1);
        if (end == NULL)
            return FALSE;
        *ret_start = i + 1;
        *ret_len = (gsize) (end - text) - i - 1;
        *at = (gsize) (end - text) + 1;
        return TRUE;
    }
    while (i < len && text[i] != ',' && text[i] != ';' && text[i] != ':')
        i++;
    *ret_start = *at;
    *ret_len = i - *at;
    *at = i;
    return TRUE;
}

typedef struct {
    TwContentParam params[TW_CONTENT_MAX_PARAMS];
    guint count;
} Params;

/* ";NAME=a,b" or vCard 2.1's ";HOME", which is a TYPE; *at is behind it afterwards. */
static gboolean
take_param(TwArena *arena, const char *text, gsize len, gsize *at, Params *params)
{
    const char *values[TW_CONTENT_MAX_VALUES];
    gsize i = *at + 1, n = name_len(text + i, len - i), start, value_len;
    const char *name = text + i;
    guint count = 0;
    gboolean bare = i + n < len && text[i + n] != '=';

    if (n == 0)
        return FALSE;
    *at = bare ? i : i + n + 1;
    do {
        if (count > 0)
            *at += 1;
        if (!scan_param_value(text, len, at, &start, &value_len))
            return FALSE;
        if (count < G_N_ELEMENTS(values) &&
            (values[count++] = copy_param_value(arena, text + start, value_len)) == NULL)
            return FALSE;
    } while (*at < len && text[*at] == ',' && !bare);
    if (params->count < G_N_ELEMENTS(params->params)) {
        TwContentParam *param = &params->params[params->count++];
        void *copy = tw_arena_alloc_array(arena, count, sizeof *values);
        if (copy == NULL)
            return FALSE;
        memcpy(copy, values, count * sizeof *values);
        param->values = copy;
        param->count = count;
        param->name = bare ? "TYPE" : copy_upper(arena, name, n);
        return param->name != NULL;
    }
    return TRUE;
}

/* @raw is in the arena already, with a NUL behind it. NULL: no line, or no room. */
static TwContentLine *
read_line(TwArena *arena, const char *raw, gsize len)
{
    TwContentLine *line;
    Params params;
    gsize at = name_len(raw, len), group = 0;

    params.count = 0;
    if (at > 0 && at < len && raw[at] == '.') {
        group = at;
        at += 1 + name_len(raw + at + 1, len - at - 1);
    }
    if (at == (group > 0 ? group + 1 : 0) || at >= len ||
        (line = tw_arena_new0(arena, TwContentLine)) == NULL)
        return NULL;
    line->raw = raw;
    line->raw_len = len;
    line->group = group > 0 ? tw_arena_copy(arena, raw, group) : NULL;
    line->name =
        copy_upper(arena, raw + (group > 0 ? group + 1 : 0), at - (group > 0 ? group + 1 : 0));
    while (at < len && raw[at] == ';') {
        if (!take_param(arena, raw, len, &at, &params))
            return NULL;
    }
    if (at >= len || raw[at] != ':' || line->name == NULL)
        return NULL;
    line->value = raw + at + 1;
    line->value_len = len - at - 1;
    if (params.count > 0) {
        TwContentParam *copy = tw_arena_alloc_array(arena, params.count, sizeof *copy);
        if (copy == NULL)
            return NULL;
        memcpy(copy, params.params, params.count * sizeof *copy);
        line->params = copy;
        line->param_count = params.count;
    }
    return line;
}

TwContentLine *
tw_lines_add_raw(TwContentTree *tree, TwContentNode *node, const char *raw, gsize len)
{
    char *copy = tw_arena_copy(tree->arena, raw, len);
    TwContentLine *line;
    gsize to = 0;

    if (copy == NULL)
        return NULL;
    for (gsize i = 0; i < len; i++) {
        if ((guint8) raw[i] >= 0x20 || raw[i] == '\t')
            copy[to++] = raw[i];
    }
    copy[to] = '\0';
    line = read_line(tree->arena, copy, to);
    if (line != NULL)
        append_line(node, line);
    return line;
}

void
tw_lines_add_line(TwContentTree *tree, TwContentNode *node, const TwContentLine *line)
{
    TwContentLine *added = tw_lines_add_raw(tree, node, line->raw, line->raw_len);

    if (added == NULL || line->stood == NULL)
        return;
    added->stood = tw_arena_copy(tree->arena, line->stood, line->stood_len);
    added->stood_len = added->stood != NULL ? line->stood_len : 0;
}

TwContentLine *
tw_lines_add(TwContentTree *tree, TwContentNode *node, const char *name, const char *value)
{
    g_autofree char *raw = g_strconcat(name, ":", value, NULL);

    return tw_lines_add_raw(tree, node, raw, strlen(raw));
}

/* ---- reading a text ---- */

typedef struct {
    TwContentTree *tree;
    const char *next;
    gsize left;
    TwContentNode *open[TW_CONTENT_MAX_DEPTH + 1]; /* the root and what is open in it */
    guint depth;
    guint lines, components;
} Reader;

static gboolean
is_break(char c)
{
    return c == '\r' || c == '\n';
}

/* Bytes of the line end at @text: 0 none, 2 CRLF. */
static gsize
break_len(const char *text, gsize left)
{
    if (left == 0 || !is_break(*text))
        return 0;
    return *text == '\r' && left > 1 && text[1] == '\n' ? 2 : 1;
}

/* Whether a line can be written again as it stood: CRLF and a blank at each fold, nothing in it that is dropped, no piece too
 * long. A line of one short piece is written so anyway. */
static gboolean
is_kept_folded(const char *text, gsize len)
{
    gsize piece = 0;
    gboolean folded = FALSE;

    for (gsize i = 0; i < len; i++) {
        gsize end = break_len(text + i, len - i);
        if (end == 2 && piece > 0) {
            folded = TRUE;
            piece = 1;
            i += 2;
        } else if (end > 0 || ++piece > TW_CONTENT_MAX_STOOD ||
                   ((guint8) text[i] < 0x20 && text[i] != '\t')) {
            return FALSE;
        }
    }
    return folded || len > TW_CONTENT_FOLD;
}

/* A line as it is in the text. */
typedef struct {
    char *raw;         /* unfolded, in the arena */
    const char *stood; /* (nullable): in the arena */
    gsize len, stood_len;
} Piece;

/* The next line into the arena; FALSE: no room. */
static gboolean
next_line(Reader *reader, Piece *ret)
{
    const char *text = reader->next;
    gsize len = 0, pieces = 0, i = 0;
    char *line;

    /* how long it is with its continuations */
    for (;;) {
        gsize end;
        while (i < reader->left && !is_break(text[i]))
            i++;
        len = i - pieces;
        end = break_len(text + i, reader->left - i);
        if (end == 0 || i + end >= reader->left || (text[i + end] != ' ' && text[i + end] != '\t'))
            break;
        pieces += end + 1;
        i += end + 1;
    }
    line = tw_arena_alloc(reader->tree->arena, len + 1);
    if (line == NULL)
        return FALSE;
    *ret = (Piece){ .raw = line };
    for (gsize k = 0; k < i; k++) {
        gsize end = break_len(text + k, reader->left - k);
        if (end > 0)
            k += end;
        else if ((guint8) text[k] >= 0x20 || text[k] == '\t')
            line[ret->len++] = text[k];
    }
    if (is_kept_folded(text, i)) {
        ret->stood = tw_arena_copy(reader->tree->arena, text, i);
        ret->stood_len = i;
        if (ret->stood == NULL)
            return FALSE;
    }
    i += break_len(text + i, reader->left - i);
    reader->next += i;
    reader->left -= i;
    return TRUE;
}

static gboolean
too_big(GError **error, const char *what)
{
    g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "more than the most %s", what);
    return FALSE;
}

static gboolean
take_begin(Reader *reader, const TwContentLine *line, GError **error)
{
    g_autofree char *name = g_ascii_strup(line->value, (gssize) line->value_len);
    TwContentNode *node;

    g_strstrip(name);
    if (name[0] == '\0' || strlen(name) > TW_CONTENT_MAX_NAME) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "line %u: BEGIN of nothing", reader->lines);
        return FALSE;
    }
    if (reader->depth >= TW_CONTENT_MAX_DEPTH || reader->components++ >= TW_CONTENT_MAX_COMPONENTS)
        return too_big(error, "components");
    node = tw_lines_add_node(reader->tree, reader->open[reader->depth], name);
    if (node == NULL)
        return too_big(error, "memory");
    reader->open[++reader->depth] = node;
    return TRUE;
}

static gboolean
take_end(Reader *reader, const TwContentLine *line, GError **error)
{
    g_autofree char *name = g_strndup(line->value, line->value_len);

    g_strstrip(name);
    if (reader->depth == 0 || g_ascii_strcasecmp(reader->open[reader->depth]->name, name) != 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "line %u: END without its BEGIN",
                    reader->lines);
        return FALSE;
    }
    reader->depth--;
    return TRUE;
}

static gboolean
take_line(Reader *reader, const Piece *piece, GError **error)
{
    TwContentLine *line = read_line(reader->tree->arena, piece->raw, piece->len);

    if (line == NULL) {
        if (tw_arena_alloc(reader->tree->arena, sizeof *line) == NULL)
            return too_big(error, "memory");
        reader->tree->bad_lines++;
        return TRUE;
    }
    if (strcmp(line->name, "BEGIN") == 0)
        return take_begin(reader, line, error);
    if (strcmp(line->name, "END") == 0)
        return take_end(reader, line, error);
    if (reader->depth == 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "line %u: outside of all components",
                    reader->lines);
        return FALSE;
    }
    line->stood = piece->stood;
    line->stood_len = piece->stood_len;
    append_line(reader->open[reader->depth], line);
    return TRUE;
}

static gboolean
read_all(Reader *reader, GError **error)
{
    while (reader->left > 0) {
        Piece piece;
        if (reader->lines++ >= TW_CONTENT_MAX_LINES)
            return too_big(error, "lines");
        if (!next_line(reader, &piece))
            return too_big(error, "memory");
        if (piece.len > 0 && strspn(piece.raw, " \t") < piece.len &&
            !take_line(reader, &piece, error))
            return FALSE;
    }
    if (reader->depth > 0) {
        g_set_error(error, TW_ERROR, TW_ERROR_CORRUPT, "%s has no END",
                    reader->open[reader->depth]->name);
        return FALSE;
    }
    return TRUE;
}

TwContentTree *
tw_lines_parse(const guint8 *text, gsize len, GError **error)
{
    g_autoptr(TwContentTree) tree = NULL;
    g_autofree char *clean = NULL;
    Reader reader = { .tree = NULL };

    if (len > TW_CONTENT_MAX_LEN) {
        too_big(error, "bytes");
        return NULL;
    }
    /* lines, their parts and what describes them: many short lines cost most */
    tree = tw_lines_tree_new(65536 + 3 * TW_CONTENT_MAX_LEN);
    reader.tree = tree;
    reader.open[0] = tree->root;
    reader.next = (const char *) text;
    reader.left = len;
    if (!tw_utf8_valid(text, len, NULL) || (len > 0 && memchr(text, '\0', len) != NULL)) {
        clean = tw_utf8_sanitise(text, len, &reader.left);
        reader.next = clean;
    }
    if (reader.left >= 3 && memcmp(reader.next, "\xef\xbb\xbf", 3) == 0) {
        reader.next += 3;
        reader.left -= 3;
    }
    return read_all(&reader, error) ? g_steal_pointer(&tree) : NULL;
}

/* ---- looking ---- */

const TwContentLine *
tw_lines_find(const TwContentNode *node, const char *name)
{
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next) {
        if (strcmp(line->name, name) == 0)
            return line;
    }
    return NULL;
}

const TwContentLine *
tw_lines_next(const TwContentLine *line)
{
    for (const TwContentLine *next = line->next; next != NULL; next = next->next) {
        if (strcmp(next->name, line->name) == 0)
            return next;
    }
    return NULL;
}

const TwContentNode *
tw_lines_child(const TwContentNode *node, const char *name)
{
    for (const TwContentNode *child = node->children; child != NULL; child = child->next) {
        if (strcmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}

const char *
tw_lines_param(const TwContentLine *line, const char *name)
{
    for (guint i = 0; i < line->param_count; i++) {
        if (strcmp(line->params[i].name, name) == 0)
            return line->params[i].count > 0 ? line->params[i].values[0] : "";
    }
    return NULL;
}

gboolean
tw_lines_param_is(const TwContentLine *line, const char *name, const char *value)
{
    for (guint i = 0; i < line->param_count; i++) {
        if (strcmp(line->params[i].name, name) != 0)
            continue;
        for (guint k = 0; k < line->params[i].count; k++) {
            if (g_ascii_strcasecmp(line->params[i].values[k], value) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

/* ---- values ---- */

char *
tw_lines_unescape(const char *text, gsize len)
{
    char *out = g_malloc(len + 1);
    gsize to = 0;

    for (gsize i = 0; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len && text[i + 1] != '\0' &&
            strchr("nN,;\\:\"", text[i + 1]) != NULL) {
            i++;
            out[to++] = (char) (text[i] == 'n' || text[i] == 'N' ? '\n' : text[i]);
        } else {
            out[to++] = text[i];
        }
    }
    out[to] = '\0';
    return out;
}

GPtrArray *
tw_lines_split(const char *text, gsize len, char mark, guint most)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    gsize start = 0;

    for (gsize i = 0; i < len && parts->len + 1 < most; i++) {
        if (text[i] == '\\') {
            i++;
        } else if (text[i] == mark) {
            g_ptr_array_add(parts, g_strndup(text + start, i - start));
            start = i + 1;
        }
    }
    g_ptr_array_add(parts, g_strndup(text + start, len - start));
    return parts;
}

void
tw_lines_put_text(GString *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\r' || *p == '\n') {
            g_string_append(out, "\\n");
            p += *p == '\r' && p[1] == '\n';
        } else if (*p == '\\' || *p == ',' || *p == ';') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        } else if ((guint8) *p >= 0x20 || *p == '\t') {
            g_string_append_c(out, *p);
        }
    }
}

void
tw_lines_put_param(GString *out, const char *name, const char *value)
{
    gboolean quote = value[strcspn(value, ",;:")] != '\0';

    g_string_append_printf(out, ";%s=%s", name, quote ? "\"" : "");
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append(out, "^'");
        else if (*p == '^')
            g_string_append(out, "^^");
        else if (*p == '\n')
            g_string_append(out, "^n");
        else if ((guint8) *p >= 0x20 || *p == '\t')
            g_string_append_c(out, *p);
    }
    if (quote)
        g_string_append_c(out, '"');
}

/* ---- writing ---- */

void
tw_lines_write_line(TwBuffer *out, const char *raw, gsize len)
{
    const char *line = raw;
    gsize room = TW_CONTENT_FOLD;

    while (len > room) {
        gsize n = tw_utf8_truncated_len(line, len, room);
        tw_buffer_put(out, line, n);
        tw_buffer_put(out, "\r\n ", 3);
        line += n;
        len -= n;
        room = TW_CONTENT_FOLD - 1;
    }
    tw_buffer_put(out, line, len);
    tw_buffer_put(out, "\r\n", 2);
}

void
tw_lines_write_as_it_stood(TwBuffer *out, const TwContentLine *line)
{
    if (line->stood == NULL) {
        tw_lines_write_line(out, line->raw, line->raw_len);
        return;
    }
    tw_buffer_put(out, line->stood, line->stood_len);
    tw_buffer_put(out, "\r\n", 2);
}

static void
put_mark(TwBuffer *out, const char *mark, const char *name)
{
    tw_buffer_put(out, mark, strlen(mark));
    tw_buffer_put(out, name, strlen(name));
    tw_buffer_put(out, "\r\n", 2);
}

void
tw_lines_write(const TwContentNode *node, TwBuffer *out) /* NOLINT(misc-no-recursion): depth */
{
    if (node->name[0] != '\0')
        put_mark(out, "BEGIN:", node->name);
    for (const TwContentLine *line = node->lines; line != NULL; line = line->next)
        tw_lines_write_as_it_stood(out, line);
    for (const TwContentNode *child = node->children; child != NULL; child = child->next)
        tw_lines_write(child, out);
    if (node->name[0] != '\0')
        put_mark(out, "END:", node->name);
}
