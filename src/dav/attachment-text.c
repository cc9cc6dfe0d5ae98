/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lines of managed attachments in a text: functions of their input. */
#include "dav/attachment.h"

#include <string.h>

static TwContentTree *
parse(GBytes *text)
{
    return tw_lines_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), NULL);
}

static GBytes *
print(const TwContentTree *tree)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_ICAL_OUT_MAX);

    tw_lines_write(tree->root, &out);
    return tw_buffer_steal_bytes(&out, NULL);
}

/* Unlinks the lines; whether there were any. */
static gboolean
take_managed(TwContentNode *node, GHashTable *ids)
{
    TwContentLine *last = NULL, *next;
    gboolean found = FALSE;

    for (TwContentLine *line = node->lines; line != NULL; line = next) {
        const char *id =
            strcmp(line->name, "ATTACH") == 0 ? tw_lines_param(line, "MANAGED-ID") : NULL;
        next = line->next;
        if (id == NULL) {
            last = line;
            continue;
        }
        g_hash_table_add(ids, g_strdup(id));
        found = TRUE;
        if (last == NULL)
            node->lines = next;
        else
            last->next = next;
    }
    node->last_line = last;
    return found;
}

GBytes *
tw_dav_text_without_managed(GBytes *text, GHashTable *ids)
{
    g_autoptr(TwContentTree) tree = NULL;
    gboolean found = FALSE;

    /* not the parameter's name, in which a client may fold */
    if (g_strstr_len(g_bytes_get_data(text, NULL), (gssize) g_bytes_get_size(text), "ATTACH") ==
        NULL)
        return NULL;
    tree = parse(text);
    for (TwContentNode *calendar = tree != NULL ? tree->root->children : NULL; calendar != NULL;
         calendar = calendar->next) {
        for (TwContentNode *node = calendar->children; node != NULL; node = node->next)
            found |= take_managed(node, ids);
    }
    return found ? print(tree) : NULL;
}

GBytes *
tw_dav_text_with_lines(GBytes *text, const GPtrArray *lines)
{
    g_autoptr(TwContentTree) tree = lines->len > 0 ? parse(text) : NULL;
    GBytes *out = NULL;

    for (TwContentNode *calendar = tree != NULL ? tree->root->children : NULL; calendar != NULL;
         calendar = calendar->next) {
        for (TwContentNode *node = calendar->children; node != NULL; node = node->next) {
            if (strcmp(node->name, "VTIMEZONE") == 0)
                continue;
            for (guint i = 0; i < lines->len; i++)
                tw_lines_add_raw(tree, node, lines->pdata[i], strlen(lines->pdata[i]));
        }
    }
    if (tree != NULL)
        out = print(tree);
    return out != NULL ? out : g_bytes_ref(text);
}
