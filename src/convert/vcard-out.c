/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Three versions of a card into one: kept (what came), then (what we made of it and would have written), now (what we would
 * write). Lines of one place are the same then and now, or somebody has changed them since.
 */
#include "convert/vcard-out.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "convert/vcard-out-private.h"
#include "mapi/message-class.h"
#include "mapi/tags.h"

enum {
    TREE_MAX = 2 * TW_VCARD_OUT_MAX
};

char *
tw_vcard_uid(const TwObject *object, TwNameMap *map)
{
    static const guint32 keys[] = { PR_SOURCE_KEY, PR_SEARCH_KEY, PR_ENTRYID };
    g_auto(TwItemNames) names = { 0 };
    TwPropValue value;
    const char *uid;
    guint32 tag;

    tw_item_names_init(&names, map, FALSE);
    tag = tw_vcard_own_tag(&names, TW_VCARD_UID_NAME, TW_PT_UNICODE);
    uid = tag != 0 ? tw_object_get_text(object, tag, NULL) : NULL;
    if (uid != NULL && uid[0] != '\0')
        return g_strdup(uid);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        GString *out;
        if (!tw_object_get(object, keys[i], &value) || value.len == 0)
            continue;
        out = g_string_sized_new(2 * (gsize) value.len);
        for (guint k = 0; k < value.len; k++)
            g_string_append_printf(out, "%02x", value.data[k]);
        return g_string_free(out, FALSE);
    }
    return g_strdup("no-uid");
}

/* ---- merging ---- */

typedef struct {
    const GPtrArray *now;              /* of TwVcardMade */
    gboolean changed[TW_VCARD_PLACES]; /* or to be written anew */
    guint8 counts[TW_VCARD_PLACES];    /* lines now, at most 2 */
    gboolean done[TW_VCARD_PLACES];    /* those of now are written */
    gboolean anew;                     /* another version is asked for */
    GHashTable *dropped;               /* groups whose line is gone */
    TwContentTree *tree;
    TwContentNode *card;
} Merge;

static void
append_place(GString *out, const GPtrArray *lines, guint place)
{
    for (guint i = 0; i < lines->len; i++) {
        const TwVcardMade *line = lines->pdata[i];
        if (line->place == place)
            g_string_append_printf(out, "%s:%s\n", line->head, line->value);
    }
}

static gboolean
same_place(const GPtrArray *then, const GPtrArray *now, guint place)
{
    g_autoptr(GString) a = g_string_new(NULL), b = g_string_new(NULL);

    append_place(a, then, place);
    append_place(b, now, place);
    return g_string_equal(a, b);
}

static void
find_changes(Merge *merge, const GPtrArray *then)
{
    gboolean any = FALSE;

    for (guint place = TW_VCARD_NOWHERE + 1; place < TW_VCARD_PLACES; place++) {
        if (place != TW_VCARD_REV && place != TW_VCARD_HEAD) {
            merge->changed[place] = merge->anew || !same_place(then, merge->now, place);
            any = any || merge->changed[place];
        }
    }
    for (guint i = 0; i < merge->now->len; i++) {
        const TwVcardMade *line = merge->now->pdata[i];
        merge->counts[line->place] = (guint8) MIN(merge->counts[line->place] + 1, 2);
    }
    merge->changed[TW_VCARD_HEAD] = TRUE;
    merge->changed[TW_VCARD_REV] = any && merge->counts[TW_VCARD_REV] > 0;
}

/* A changed number keeps its label, types and other parameters, when they say nothing about the value. */
static gboolean
keeps_head(const Merge *merge, const TwContentLine *line, guint place)
{
    return place >= TW_VCARD_TEL && place < TW_VCARD_PLACES && !merge->anew &&
           merge->counts[place] == 1 && tw_lines_param(line, "VALUE") == NULL &&
           tw_lines_param(line, "ENCODING") == NULL && tw_lines_param(line, "LABEL") == NULL &&
           line->raw_len > line->value_len;
}

static void
put_now(Merge *merge, guint place, const TwContentLine *kept)
{
    if (merge->done[place])
        return;
    merge->done[place] = TRUE;
    for (guint i = 0; i < merge->now->len; i++) {
        const TwVcardMade *line = merge->now->pdata[i];
        g_autoptr(GString) head = g_string_new(NULL);
        if (line->place != place)
            continue;
        if (kept != NULL && keeps_head(merge, kept, place))
            g_string_append_len(head, kept->raw, (gssize) (kept->raw_len - kept->value_len - 1));
        else if (kept != NULL && kept->group != NULL && merge->counts[place] == 1)
            g_string_printf(head, "%s.%s", kept->group, line->head);
        else
            g_string_assign(head, line->head);
        tw_lines_add(merge->tree, merge->card, head->str, line->value);
    }
}

static void
find_dropped(Merge *merge, const TwContentNode *kept, const GArray *places)
{
    guint index = 0;

    for (const TwContentLine *line = kept->lines; line != NULL; line = line->next) {
        guint place = g_array_index(places, guint8, index++);
        if (line->group != NULL && merge->changed[place] && merge->counts[place] != 1)
            g_hash_table_add(merge->dropped, g_strdup(line->group));
    }
}

static void
merge_card(Merge *merge, const TwContentNode *kept)
{
    g_autoptr(GArray) places = tw_vcard_assign(kept);
    guint index = 0;

    find_dropped(merge, kept, places);
    put_now(merge, TW_VCARD_HEAD, NULL);
    for (const TwContentLine *line = kept->lines; line != NULL; line = line->next) {
        guint place = g_array_index(places, guint8, index++);
        if (merge->changed[place])
            put_now(merge, place, line);
        else if (line->group == NULL || strcmp(line->name, "X-ABLABEL") != 0 ||
                 !g_hash_table_contains(merge->dropped, line->group))
            tw_lines_add_line(merge->tree, merge->card, line);
    }
    for (guint i = 0; i < merge->now->len; i++) {
        const TwVcardMade *line = merge->now->pdata[i];
        if (merge->changed[line->place])
            put_now(merge, line->place, NULL);
    }
}

/* ---- a card ---- */

static GBytes *
load_kept(TwVcardWriter *writer, const TwObject *object)
{
    guint32 tag = tw_vcard_own_tag(&writer->names, TW_VCARD_KEPT_NAME, TW_PT_BINARY);

    if (tag == 0 || !tw_value_source_len(object, tag, NULL))
        return NULL;
    return tw_value_source_load(writer->options->source, object, tag, TW_VCARD_MAX_KEPT,
                                writer->error == NULL ? &writer->error : NULL);
}

static gboolean
is_version_4(const TwContentNode *card)
{
    const TwContentLine *line = tw_lines_find(card, "VERSION");

    return line != NULL && line->value[0] == '4';
}

/* Components of a card are not of a standard; they stay at its end. */
static void
copy_children(const TwContentNode *kept, TwBuffer *out)
{
    for (const TwContentNode *node = kept->children; node != NULL; node = node->next)
        tw_lines_write(node, out);
}

/* Writes the kept text with what has changed since. FALSE: there is none that can be used. */
static gboolean
write_kept(TwVcardWriter *writer, const TwObject *object, TwContentTree *tree, TwBuffer *inner)
{
    g_autoptr(GBytes) text = load_kept(writer, object);
    g_autoptr(TwContentTree) kept_tree = NULL;
    g_autoptr(GPtrArray) items = NULL;
    g_autoptr(GPtrArray) then = tw_vcard_made_new(), now = tw_vcard_made_new();
    g_autoptr(GHashTable) dropped = g_hash_table_new_full(tw_hash_str, g_str_equal, g_free, NULL);
    const TwContentNode *kept;
    Merge merge = { .now = now, .dropped = dropped, .tree = tree };
    gsize len;
    const guint8 *data;

    if (text == NULL)
        return FALSE;
    data = g_bytes_get_data(text, &len);
    kept_tree = tw_lines_parse(data, len, NULL);
    items = tw_vcard_read(data, len, writer->options, NULL);
    if (kept_tree == NULL || items == NULL || items->len != 1)
        return FALSE;
    kept = tw_lines_child(kept_tree->root, "VCARD");
    writer->is_4 = writer->options->version == TW_VCARD_AS_KEPT
                       ? is_version_4(kept)
                       : writer->options->version == TW_VCARD_4;
    merge.anew = writer->is_4 != is_version_4(kept);
    tw_vcard_make(writer, ((TwVcardItem *) items->pdata[0])->object, then);
    tw_vcard_make(writer, object, now);
    find_changes(&merge, then);
    merge.card = tree->root->last_child;
    merge_card(&merge, kept);
    copy_children(kept, inner);
    return TRUE;
}

static void
write_new(TwVcardWriter *writer, const TwObject *object, TwContentTree *tree)
{
    g_autoptr(GPtrArray) lines = tw_vcard_made_new();

    writer->is_4 = writer->options->version == TW_VCARD_4;
    tw_vcard_make(writer, object, lines);
    for (guint i = 0; i < lines->len; i++) {
        const TwVcardMade *line = lines->pdata[i];
        tw_lines_add(tree, tree->root->last_child, line->head, line->value);
    }
}

static void
write_card(TwVcardWriter *writer, const TwObject *object, TwBuffer *out)
{
    static const char begin[] = "BEGIN:VCARD", end[] = "END:VCARD";
    const char *message_class = tw_object_get_text(object, PR_MESSAGE_CLASS, "");
    g_autoptr(TwContentTree) tree = tw_lines_tree_new(TREE_MAX);
    g_auto(TwBuffer) inner = TW_BUFFER_INIT(TW_VCARD_MAX_KEPT);

    if (!tw_message_class_is(message_class, "IPM.Contact") &&
        !tw_message_class_is(message_class, "IPM.DistList"))
        return;
    tw_lines_add_node(tree, tree->root, "VCARD");
    if (!write_kept(writer, object, tree, &inner))
        write_new(writer, object, tree);
    tw_lines_write_line(out, begin, strlen(begin));
    for (const TwContentLine *line = tree->root->last_child->lines; line != NULL; line = line->next)
        tw_lines_write_as_it_stood(out, line);
    tw_buffer_put(out, inner.data, inner.len);
    tw_lines_write_line(out, end, strlen(end));
}

GBytes *
tw_vcard_write(const TwObject *const *objects,
               guint count,
               const TwVcardOptions *options,
               GError **error)
{
    TwVcardWriter writer = { .options = options };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(TW_VCARD_OUT_MAX);

    tw_item_names_init(&writer.names, options->names, FALSE);
    for (guint i = 0; i < count && writer.error == NULL; i++)
        write_card(&writer, objects[i], &out);
    tw_item_names_clear(&writer.names);
    if (writer.error != NULL) {
        g_propagate_error(error, writer.error);
        return NULL;
    }
    return tw_buffer_steal_bytes(&out, error);
}
