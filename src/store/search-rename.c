/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Criteria on another server: its numbers of named properties and folders are others. */
#include "base/error.h"
#include "store/search-private.h"

typedef struct {
    TwRestrictionBuilder builder;
    guint32 ends[TW_RESTRICTION_MAX_DEPTH + 2]; /* where the open nodes end */
    guint depth;
    TwSearchRenameFunc func;
    gpointer data;
    gboolean unknown;
} Rename;

static guint32
rename_tag(Rename *rename, guint32 tag)
{
    guint16 id = 0;

    if (tag >> 16 < 0x8000)
        return tag;
    if (!rename->func((guint16) (tag >> 16), &id, rename->data))
        rename->unknown = TRUE;
    return (guint32) id << 16 | (tag & 0xffff);
}

static void
put_leaf(Rename *rename, const TwRestrictionNode *node)
{
    TwRestrictionBuilder *builder = &rename->builder;
    guint32 tag = rename_tag(rename, node->tag);
    TwPropValue value = { .tag = 0 };
    const TwPropValue *given = node->value_count > 0 ? &value : NULL;

    if (given != NULL) {
        value = node->values[0];
        value.tag = rename_tag(rename, value.tag);
    }
    switch (node->kind) {
    case TW_RES_CONTENT:
        tw_restriction_builder_content(builder, node->number, tag, given);
        break;
    case TW_RES_PROPERTY:
        tw_restriction_builder_property(builder, node->relop, tag, given);
        break;
    case TW_RES_COMPARE:
        tw_restriction_builder_compare(builder, node->relop, tag, rename_tag(rename, node->number));
        break;
    case TW_RES_BITMASK:
        tw_restriction_builder_bitmask(builder, node->relop != 0, tag, node->number);
        break;
    case TW_RES_SIZE:
        tw_restriction_builder_size(builder, node->relop, tag, node->number);
        break;
    case TW_RES_EXIST:
        tw_restriction_builder_exist(builder, tag);
        break;
    default:
        tw_restriction_builder_null(builder);
    }
}

static gboolean
is_leaf(TwRestrictionKind kind)
{
    return (kind >= TW_RES_CONTENT && kind <= TW_RES_EXIST) || kind == TW_RES_NULL;
}

static void
put_node(Rename *rename, const TwRestrictionNode *node)
{
    if (is_leaf(node->kind)) {
        put_leaf(rename, node);
        return;
    }
    tw_restriction_builder_begin(&rename->builder, node->kind,
                                 node->kind == TW_RES_COUNT ? node->number : node->tag);
    for (guint32 i = 0;
         (node->kind == TW_RES_COMMENT || node->kind == TW_RES_ANNOTATION) && i < node->value_count;
         i++) {
        TwPropValue value = node->values[i];
        value.tag = rename_tag(rename, value.tag);
        tw_restriction_builder_comment_value(&rename->builder, &value);
    }
    rename->ends[rename->depth++] = node->next;
}

static void
close_until(Rename *rename, guint32 at)
{
    while (rename->depth > 0 && rename->ends[rename->depth - 1] <= at) {
        tw_restriction_builder_end(&rename->builder);
        rename->depth--;
    }
}

static TwRestriction *
rename_restriction(const TwRestriction *restriction,
                   TwSearchRenameFunc func,
                   gpointer data,
                   GError **error)
{
    Rename rename = { .func = func, .data = data };
    TwRestriction *renamed = NULL;
    guint32 count;
    const TwRestrictionNode *nodes = tw_restriction_get_nodes(restriction, &count);

    tw_restriction_builder_init(&rename.builder);
    for (guint32 i = 0; i < count; i++) {
        close_until(&rename, i);
        put_node(&rename, &nodes[i]);
    }
    close_until(&rename, count);
    if (rename.unknown)
        g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "a property has no name");
    else
        renamed = tw_restriction_builder_finish(&rename.builder, error);
    tw_restriction_builder_clear(&rename.builder);
    return renamed;
}

static GArray *
rename_folders(const GArray *folders, GHashTable *numbers)
{
    GArray *renamed = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < folders->len; i++) {
        gpointer old = GUINT_TO_POINTER(g_array_index(folders, guint32, i));
        guint32 number = GPOINTER_TO_UINT(g_hash_table_lookup(numbers, old));
        if (number != 0)
            g_array_append_val(renamed, number);
    }
    return renamed;
}

gboolean
tw_search_def_rename(
    TwSearchDef *def, TwSearchRenameFunc func, gpointer data, GHashTable *numbers, GError **error)
{
    TwRestriction *restriction = rename_restriction(def->restriction, func, data, error);
    GArray *folders, *excluded;

    if (restriction == NULL)
        return FALSE;
    folders = rename_folders(def->folders, numbers);
    excluded = rename_folders(def->excluded, numbers);
    tw_search_def_clear(def);
    def->restriction = restriction;
    def->folders = folders;
    def->excluded = excluded;
    return TRUE;
}
