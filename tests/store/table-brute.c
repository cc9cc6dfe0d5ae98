/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/table-brute.h"

#include <string.h>

#include "mapi/keys.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/identity.h"
#include "store/table.h"

/* ---- messages ---- */

static void
free_message(gpointer data)
{
    BruteMessage *message = data;

    tw_message_row_clear(&message->row);
    tw_object_free(message->object);
    g_ptr_array_unref(message->held);
    g_free(message);
}

static gpointer
hold(BruteMessage *message, gconstpointer data, gsize len)
{
    char *copy = g_malloc(len + 1);

    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    g_ptr_array_add(message->held, copy);
    return copy;
}

static gboolean
give(TwPropValue value, guint32 tag, TwPropValue *ret)
{
    if (!tw_prop_tag_answers(value.tag, tag))
        return FALSE;
    *ret = value;
    return TRUE;
}

static gboolean
give_key(BruteMessage *m, guint32 own, guint32 tag, TwPropValue *ret)
{
    gboolean entry_id = own != PR_SOURCE_KEY && own != PR_PARENT_SOURCE_KEY;
    gboolean parent = own == PR_PARENT_ENTRYID || own == PR_PARENT_SOURCE_KEY;
    guint32 number = parent ? m->row.folder : m->row.mid;
    g_autoptr(GBytes) key =
        tw_store_get_key(m->store, entry_id ? TW_KEY_ENTRY_ID : TW_KEY_SOURCE_KEY, number, NULL);
    guint8 made[TW_OBJECT_ID_LEN];
    gsize len = entry_id ? TW_OBJECT_ID_LEN : TW_SOURCE_KEY_LEN;
    gconstpointer data = made;
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(m->store, &info, NULL));
    if (key != NULL)
        data = g_bytes_get_data(key, &len);
    else if (entry_id)
        tw_identity_entry_id(&info.guid, parent ? TW_OBJECT_ID_FOLDER : TW_OBJECT_ID_MESSAGE,
                             number, made);
    else
        return FALSE; /* the columns that are compared have none */
    return give(tw_value_bytes(own, hold(m, data, len), len), tag, ret);
}

static gboolean
give_text(BruteMessage *m, guint32 own, const char *text, gsize len, guint32 tag, TwPropValue *ret)
{
    return give(tw_value_text(own, hold(m, text, len), len), tag, ret);
}

static gboolean
give_display(BruteMessage *m, guint type, guint32 own, guint32 tag, TwPropValue *ret)
{
    g_autofree char *text = tw_derive_display(m->object, type);

    return give_text(m, own, text, strlen(text), tag, ret);
}

static gboolean
give_blob(BruteMessage *m, guint32 tag, TwPropValue *ret)
{
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(64 << 20);
    TwBlobRef ref;
    guint32 own;

    if (!tw_object_get_blob(m->object, tag, &ref, &own))
        return FALSE;
    g_assert_true(tw_store_read_value(m->store, &ref, 0, (gsize) ref.len, &bytes, NULL));
    *ret = tw_prop_tag_is_text(own)
               ? tw_value_text(own, hold(m, bytes.data, bytes.len), bytes.len)
               : tw_value_bytes(own, hold(m, bytes.data, bytes.len), bytes.len);
    return TRUE;
}

/* The names of its keywords, in the order of their numbers. */
static gboolean
give_categories(BruteMessage *m, guint32 tag, TwPropValue *ret)
{
    g_auto(GStrv) names = tw_folder_keywords(m->store, m->row.folder, NULL);
    g_auto(TwListBuilder) builder;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    TwKeywordSet words;
    TwPropValue value;
    guint count = 0;

    tw_message_row_keywords(&m->row, &words);
    tw_list_builder_init(&builder, m->categories);
    for (guint i = 0; names[i] != NULL; i++) {
        if (!tw_keyword_set_has(&words, i))
            continue;
        tw_list_builder_add(&builder, names[i], strlen(names[i]));
        count++;
    }
    if (count == 0)
        return FALSE;
    g_assert_true(tw_list_builder_finish(&builder, &out, &value, NULL));
    value.data = hold(m, value.data, value.len);
    return give(value, tag, ret);
}

static gboolean
get(gpointer data, guint32 tag, TwPropValue *ret)
{
    BruteMessage *m = data;
    gboolean is_read = (m->row.flags & TW_MSGFLAG_READ) != 0;
    TwPropValue subject;

    if (tag >> 16 == m->categories >> 16)
        return give_categories(m, tag, ret);
    switch (tag >> 16) {
    case PR_MESSAGE_FLAGS >> 16:
        return give(tw_value_long(PR_MESSAGE_FLAGS, m->row.flags), tag, ret);
    case PR_MSG_STATUS >> 16:
        return give(tw_value_long(PR_MSG_STATUS, m->row.status), tag, ret);
    case PR_MESSAGE_SIZE >> 16:
        return give(tw_value_long(PR_MESSAGE_SIZE, (guint32) m->row.size), tag, ret);
    case PR_ENTRYID >> 16:
        return give_key(m, PR_ENTRYID, tag, ret);
    case PR_PARENT_ENTRYID >> 16:
        return give_key(m, PR_PARENT_ENTRYID, tag, ret);
    case PR_EC_HIERARCHYID >> 16:
        return give(tw_value_long(PR_EC_HIERARCHYID, m->row.mid), tag, ret);
    case PR_CONTENT_UNREAD >> 16:
        return give(tw_value_long(PR_CONTENT_UNREAD, is_read ? 0 : 1), tag, ret);
    case PR_CONTENT_COUNT >> 16:
        return give(tw_value_long(PR_CONTENT_COUNT, 1), tag, ret);
    case PR_READ >> 16:
        return give(tw_value_bool(PR_READ, is_read), tag, ret);
    case PR_OBJECT_TYPE >> 16:
        return give(tw_value_long(PR_OBJECT_TYPE, 5), tag, ret);
    case PR_HASATTACH >> 16:
        return give(tw_value_bool(PR_HASATTACH, tw_derive_has_attach(m->object)), tag, ret);
    case PR_DISPLAY_TO >> 16:
        return give_display(m, 1, PR_DISPLAY_TO, tag, ret);
    case PR_DISPLAY_CC >> 16:
        return give_display(m, 2, PR_DISPLAY_CC, tag, ret);
    case PR_NORMALIZED_SUBJECT >> 16:
        if (!tw_object_get(m->object, PR_SUBJECT, &subject))
            return FALSE;
        return give_text(m, PR_NORMALIZED_SUBJECT, tw_derive_normalized_subject(m->object),
                         strlen(tw_derive_normalized_subject(m->object)), tag, ret);
    case PR_SUBJECT_PREFIX >> 16:
        if (!tw_object_get(m->object, PR_SUBJECT, &subject))
            return FALSE;
        return give_text(m, PR_SUBJECT_PREFIX, subject.text,
                         tw_derive_subject_prefix_len(m->object), tag, ret);
    default:
        return tw_object_get(m->object, tag, ret) || give_blob(m, tag, ret);
    }
}

static gboolean
get_row(gpointer data, guint32 tag, guint index, TwProps *ret)
{
    TwPropSource source = tw_object_source(((BruteMessage *) data)->object);

    return source.get_row(source.data, tag, index, ret);
}

TwPropSource
brute_source(BruteMessage *message)
{
    return (TwPropSource){ get, get_row, message };
}

static gboolean
note_mid(const TwMessageRow *row, gpointer data)
{
    g_array_append_val((GArray *) data, row->mid);
    return TRUE;
}

static void
list_mids(const BruteSpec *spec, guint32 folder, GArray *mids)
{
    g_autoptr(GError) error = NULL;

    tw_folder_list(spec->store, folder, spec->state, 0, G_MAXINT32, FALSE, note_mid, mids, &error);
    g_assert_no_error(error);
}

static int
compare_mids(gconstpointer a, gconstpointer b)
{
    guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

    return (left > right) - (left < right);
}

static gboolean
is_wanted(const BruteSpec *spec, BruteMessage *message)
{
    TwMatchContext context = { 0 };
    TwPropSource source = brute_source(message);

    return spec->criteria == NULL || tw_restriction_match(*spec->criteria, &source, &context);
}

static GPtrArray *
read_messages(const BruteSpec *spec)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    GPtrArray *messages = g_ptr_array_new_with_free_func(free_message);

    if (spec->criteria == NULL)
        list_mids(spec, spec->folder, mids);
    for (guint i = 0; i < spec->scope_count; i++)
        list_mids(spec, spec->scope[i], mids);
    g_array_sort(mids, compare_mids);
    for (guint i = 0; i < mids->len; i++) {
        BruteMessage *message = g_new0(BruteMessage, 1);
        g_autoptr(GError) error = NULL;
        message->store = spec->store;
        message->categories = spec->categories;
        message->held = g_ptr_array_new_with_free_func(g_free);
        message->object =
            tw_message_read(spec->store, g_array_index(mids, guint32, i), &message->row, &error);
        g_assert_no_error(error);
        if (is_wanted(spec, message))
            g_ptr_array_add(messages, message);
        else
            free_message(message);
    }
    return messages;
}

/* ---- cells ---- */

void
brute_put_cell(GString *out, const TwPropValue *cell)
{
    guint type = tw_prop_tag_type(cell->tag);

    g_string_append_printf(out, "%08x=", cell->tag);
    switch (type) {
    case TW_PT_LONG:
    case TW_PT_ERROR:
        g_string_append_printf(out, "%x", cell->u4);
        break;
    case TW_PT_BOOLEAN:
        g_string_append(out, cell->truth ? "true" : "false");
        break;
    case TW_PT_SYSTIME:
    case TW_PT_I8:
        g_string_append_printf(out, "%" G_GINT64_MODIFIER "x", (guint64) cell->i8);
        break;
    case TW_PT_UNICODE:
    case TW_PT_STRING8:
        g_string_append_len(out, cell->text, cell->len);
        break;
    default:
        for (guint i = 0; i < cell->len; i++)
            g_string_append_printf(out, "%02x", cell->data[i]);
    }
    g_string_append_c(out, ';');
}

/* The rules of cells, once more. */
static TwPropValue
finish(const BruteSpec *spec, guint32 tag, TwPropValue value)
{
    if (tw_prop_tag_is_text(value.tag) && !tw_prop_tag_is_multi(value.tag)) {
        glong chars = g_utf8_strlen(value.text, value.len);
        value.tag = tag & ~(guint32) TW_PT_MV_INSTANCE;
        if (!spec->no_cut && chars > TW_TABLE_MAX_TEXT)
            value.len =
                (guint32) (g_utf8_offset_to_pointer(value.text, TW_TABLE_MAX_TEXT) - value.text);
    } else if (tw_prop_tag_type(value.tag) == TW_PT_BINARY && !spec->no_cut) {
        value.len = MIN(value.len, TW_TABLE_MAX_BINARY);
    }
    return value;
}

typedef struct {
    BruteMessage *message;
    guint32 instance;
} Leaf;

static gboolean
is_level_column(const BruteSpec *spec, guint32 tag, int level)
{
    for (guint i = 0; i < spec->order.count; i++) {
        int own = tw_sort_category_level(&spec->order, i);
        if (spec->order.keys[i].tag >> 16 == tag >> 16 && own >= 0 && own <= level &&
            spec->order.keys[i].direction != TW_SORT_CATEGORY_MAX &&
            spec->order.keys[i].direction != TW_SORT_CATEGORY_MIN)
            return TRUE;
    }
    return FALSE;
}

static void
put_value(const BruteSpec *spec, GString *out, guint32 tag, const Leaf *leaf, gboolean has)
{
    TwPropSource source = brute_source(leaf->message);
    TwPropValue value;

    has = has && tw_prop_tag_type(tag) != TW_PT_UNSPECIFIED && tag != PR_HTML &&
          source.get(source.data, tag, &value);
    if (has && tw_prop_tag_is_instance(tag) && tw_prop_tag_is_multi(value.tag)) {
        TwPropValue list = value;
        has = tw_value_item(&list, leaf->instance, &value);
    }
    value = has ? finish(spec, tag, value)
                : tw_value_long(tw_prop_tag_with_type(tag, TW_PT_ERROR), MAPI_E_NOT_FOUND);
    brute_put_cell(out, &value);
}

static char *
leaf_text(const BruteSpec *spec, const Leaf *leaf, guint levels)
{
    GString *text = g_string_new(NULL);
    guint8 key[TW_INSTANCE_KEY_LEN];
    TwPropValue value;

    for (guint i = 0; i < spec->column_count; i++) {
        guint32 tag = spec->columns[i];
        switch (tag) {
        case PR_INSTANCE_KEY:
            tw_instance_key_write(leaf->message->row.mid, leaf->instance, key);
            value = tw_value_bytes(tag, key, sizeof key);
            brute_put_cell(text, &value);
            break;
        case PR_ROW_TYPE:
            value = tw_value_long(tag, 1);
            brute_put_cell(text, &value);
            break;
        case PR_DEPTH:
            value = tw_value_long(tag, levels);
            brute_put_cell(text, &value);
            break;
        default:
            put_value(spec, text, tag, leaf, TRUE);
        }
    }
    return g_string_free(text, FALSE);
}

typedef struct {
    guint level;
    gboolean expanded;
    guint rows, unread;
    const Leaf *sample;
} Heading;

static char *
heading_text(const BruteSpec *spec, const Heading *heading)
{
    GString *text = g_string_new(NULL);
    TwPropValue value;

    for (guint i = 0; i < spec->column_count; i++) {
        guint32 tag = spec->columns[i];
        switch (tag) {
        case PR_INSTANCE_KEY:
            g_string_append(text, "heading;");
            continue;
        case PR_ROW_TYPE:
            value = tw_value_long(tag, heading->expanded ? 3 : 4);
            break;
        case PR_DEPTH:
            value = tw_value_long(tag, heading->level);
            break;
        case PR_CONTENT_COUNT:
            value = tw_value_long(tag, heading->rows);
            break;
        case PR_CONTENT_UNREAD:
            value = tw_value_long(tag, heading->unread);
            break;
        default:
            put_value(spec, text, tag, heading->sample,
                      is_level_column(spec, tag, (int) heading->level));
            continue;
        }
        brute_put_cell(text, &value);
    }
    return g_string_free(text, FALSE);
}

/* ---- order ---- */

static int
compare_leaves(gconstpointer a, gconstpointer b, gpointer data)
{
    const BruteSpec *spec = data;
    const Leaf *left = a, *right = b;
    guint32 left_mid = left->message->row.mid, right_mid = right->message->row.mid;
    TwPropSource left_source = brute_source(left->message);
    TwPropSource right_source = brute_source(right->message);
    TwSortRow left_row = { &left_source, left->instance };
    TwSortRow right_row = { &right_source, right->instance };
    int order = tw_sort_compare(&spec->order, &left_row, &right_row, spec->collation);

    if (order != 0)
        return order;
    if (left_mid != right_mid)
        return (left_mid < right_mid) == (spec->order.count > 0) ? -1 : 1;
    return (left->instance > right->instance) - (left->instance < right->instance);
}

static int
compare_key(const BruteSpec *spec, guint key, const TwSortKey *how, const Leaf *a, const Leaf *b)
{
    TwPropSource left = brute_source(a->message), right = brute_source(b->message);
    TwPropValue left_value, right_value;
    gboolean has_left = tw_sort_get_value(&spec->order, key, &left, a->instance, &left_value);
    gboolean has_right = tw_sort_get_value(&spec->order, key, &right, b->instance, &right_value);

    return tw_sort_compare_values(how, has_left ? &left_value : NULL,
                                  has_right ? &right_value : NULL, spec->collation);
}

static gboolean
same_group(const BruteSpec *spec, guint level, const Leaf *a, const Leaf *b)
{
    for (guint i = 0; i < spec->order.count; i++) {
        const TwSortKey *key = &spec->order.keys[i];
        if (tw_sort_category_level(&spec->order, i) == (int) level &&
            key->direction != TW_SORT_CATEGORY_MAX && key->direction != TW_SORT_CATEGORY_MIN &&
            compare_key(spec, i, key, a, b) != 0)
            return FALSE;
    }
    return TRUE;
}

/* A run of leaves with the same heading, and the leaf with the value that orders it. */
typedef struct {
    guint start, count;
    const Leaf *extreme;
} Run;

typedef struct {
    const BruteSpec *spec;
    const Leaf *leaves;
    guint level;
    int key; /* that orders headings, or -1 */
    TwSortKey how;
} Runs;

static gboolean
has_value(const Runs *runs, const Leaf *leaf)
{
    TwPropSource source = brute_source(leaf->message);
    TwPropValue value;

    return tw_sort_get_value(&runs->spec->order, (guint) runs->key, &source, leaf->instance,
                             &value);
}

static int
compare_runs(gconstpointer a, gconstpointer b, gpointer data)
{
    const Runs *runs = data;
    const Run *left = a, *right = b;
    int order = 0;

    if (left->extreme != NULL && right->extreme != NULL)
        order =
            compare_key(runs->spec, (guint) runs->key, &runs->how, left->extreme, right->extreme);
    else
        order = (left->extreme == NULL) - (right->extreme == NULL);
    return order != 0 ? order : (left->start > right->start) - (left->start < right->start);
}

static GArray *
find_runs(Runs *runs, guint start, guint count)
{
    const BruteSpec *spec = runs->spec;
    GArray *list = g_array_new(FALSE, FALSE, sizeof(Run));

    runs->key = -1;
    for (guint i = 0; i < spec->order.count; i++) {
        TwSortDirection direction = spec->order.keys[i].direction;
        if ((direction == TW_SORT_CATEGORY_MAX || direction == TW_SORT_CATEGORY_MIN) &&
            tw_sort_category_level(&spec->order, i) == (int) runs->level) {
            runs->key = (int) i;
            runs->how = spec->order.keys[i];
            runs->how.direction =
                direction == TW_SORT_CATEGORY_MAX ? TW_SORT_DESCENDING : TW_SORT_ASCENDING;
        }
    }
    for (guint i = start; i < start + count; i++) {
        const Leaf *leaf = &runs->leaves[i];
        Run *last;
        if (i == start || !same_group(spec, runs->level, &runs->leaves[i - 1], leaf)) {
            Run run = { .start = i };
            g_array_append_val(list, run);
        }
        last = &g_array_index(list, Run, list->len - 1);
        last->count++;
        if (runs->key >= 0 && has_value(runs, leaf) &&
            (last->extreme == NULL ||
             compare_key(spec, (guint) runs->key, &runs->how, leaf, last->extreme) < 0))
            last->extreme = leaf;
    }
    if (runs->key >= 0)
        g_array_sort_with_data(list, compare_runs, runs);
    return list;
}

typedef struct {
    const BruteSpec *spec;
    Brute *brute;
    const Leaf *leaves;
    guint levels;
} Emit;

/* What a heading is to the model: the values that made it, by the first leaf's. */
static char *
path_of(const Emit *emit, const char *above, guint level, const Leaf *leaf)
{
    GString *path = g_string_new(above);

    g_string_append_printf(path, "/%u:", level);
    for (guint i = 0; i < emit->spec->order.count; i++) {
        TwSortDirection direction = emit->spec->order.keys[i].direction;
        if (tw_sort_category_level(&emit->spec->order, i) == (int) level &&
            direction != TW_SORT_CATEGORY_MAX && direction != TW_SORT_CATEGORY_MIN)
            put_value(emit->spec, path, emit->spec->order.keys[i].tag, leaf, TRUE);
    }
    return g_string_free(path, FALSE);
}

static void
emit_rows(Emit *emit, guint level, guint start, guint count, const char *path, gboolean seen)
{
    Runs runs = { .spec = emit->spec, .leaves = emit->leaves, .level = level };
    g_autoptr(GArray) list = NULL;

    if (level == emit->levels) {
        for (guint i = start; seen && i < start + count; i++) {
            BruteRow *row = g_new0(BruteRow, 1);
            row->mid = emit->leaves[i].message->row.mid;
            row->instance = emit->leaves[i].instance;
            row->text = leaf_text(emit->spec, &emit->leaves[i], emit->levels);
            g_ptr_array_add(emit->brute->rows, row);
        }
        return;
    }
    list = find_runs(&runs, start, count);
    for (guint i = 0; i < list->len; i++) {
        const Run *run = &g_array_index(list, Run, i);
        g_autofree char *own = path_of(emit, path, level, &emit->leaves[run->start]);
        gboolean toggled = g_hash_table_contains(emit->spec->toggled, own);
        Heading heading = { .level = level,
                            .expanded = (level < emit->spec->order.expanded) != toggled,
                            .rows = run->count,
                            .sample = &emit->leaves[run->start] };
        for (guint k = run->start; k < run->start + run->count; k++)
            heading.unread += (emit->leaves[k].message->row.flags & TW_MSGFLAG_READ) == 0 ? 1 : 0;
        g_hash_table_add(emit->brute->paths, g_strdup(own));
        if (seen) {
            BruteRow *row = g_new0(BruteRow, 1);
            row->heading = TRUE;
            row->path = g_strdup(own);
            row->text = heading_text(emit->spec, &heading);
            row->below = run->count;
            g_ptr_array_add(emit->brute->rows, row);
        }
        emit_rows(emit, level + 1, run->start, run->count, own, seen && heading.expanded);
    }
}

static void
free_row(gpointer data)
{
    BruteRow *row = data;

    g_free(row->path);
    g_free(row->text);
    g_free(row);
}

static guint
count_instances(const BruteSpec *spec, BruteMessage *message)
{
    TwPropSource source = brute_source(message);
    TwPropValue value;

    if (spec->instance_tag == 0 || !source.get(source.data, spec->instance_tag, &value) ||
        !tw_prop_tag_is_multi(value.tag))
        return 1;
    return MAX(tw_value_count(&value), 1);
}

Brute *
brute_new(const BruteSpec *spec)
{
    Brute *brute = g_new0(Brute, 1);
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(Leaf));
    Emit emit = { .spec = spec, .brute = brute };

    brute->messages = read_messages(spec);
    brute->rows = g_ptr_array_new_with_free_func(free_row);
    brute->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < brute->messages->len; i++) {
        BruteMessage *message = brute->messages->pdata[i];
        TwPropSource source = brute_source(message);
        TwMatchContext context = { .collation = spec->collation };
        if (spec->restriction != NULL &&
            !tw_restriction_match(spec->restriction, &source, &context))
            continue;
        for (guint k = 0; k < count_instances(spec, message); k++) {
            Leaf leaf = { message, k };
            g_array_append_val(leaves, leaf);
        }
    }
    g_array_sort_with_data(leaves, compare_leaves, (gpointer) (gsize) spec);
    for (guint i = 0; i < spec->order.count; i++)
        emit.levels = (guint) MAX((int) emit.levels, tw_sort_category_level(&spec->order, i) + 1);
    emit.leaves = (const Leaf *) (gpointer) leaves->data;
    emit_rows(&emit, 0, 0, leaves->len, "", TRUE);
    return brute;
}

void
brute_free(Brute *brute)
{
    if (brute == NULL)
        return;
    g_ptr_array_unref(brute->messages);
    g_ptr_array_unref(brute->rows);
    g_hash_table_unref(brute->paths);
    g_free(brute);
}

BruteMessage *
brute_find(Brute *brute, guint32 mid)
{
    for (guint i = 0; i < brute->messages->len; i++) {
        BruteMessage *message = brute->messages->pdata[i];
        if (message->row.mid == mid)
            return message;
    }
    return NULL;
}
