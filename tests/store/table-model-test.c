/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables against brute force: random changes of two folders, and tables over them and a search folder with random columns, sorts, categories, restrictions,
 * open and closed headings, cursors and bookmarks. Each table has a client that keeps a copy of the rows by events alone. TW_STEPS asks for
 * more; --seed repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/collate.h"
#include "base/error.h"
#include "mapi/collation.h"
#include "mapi/keys.h"
#include "mapi/message.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/identity.h"
#include "store/search-folder.h"
#include "store/table-model.h"

static const guint32 all_columns[] = {
    PR_SUBJECT,
    PR_NORMALIZED_SUBJECT,
    PR_SUBJECT_PREFIX,
    PR_IMPORTANCE,
    PR_SENT_REPRESENTING_NAME,
    PR_DISPLAY_TO,
    PR_DISPLAY_CC,
    PR_MESSAGE_FLAGS,
    PR_MSG_STATUS,
    PR_MESSAGE_SIZE,
    PR_ENTRYID,
    PR_PARENT_ENTRYID,
    PR_EC_HIERARCHYID,
    PR_CONTENT_UNREAD,
    PR_CONTENT_COUNT,
    PR_READ,
    PR_HASATTACH,
    PR_MESSAGE_DELIVERY_TIME,
    PR_BODY,
    TAG_WORDS,
    TAG_NUMBER,
    TAG_BYTES,
    PR_HTML,
    0x3FEE0000,
    PR_MESSAGE_CLASS,
    PR_OBJECT_TYPE,
    0x8602001F,
    CATEGORIES,
};

/* ---- clients ---- */

static void
free_copy_row(gpointer data)
{
    g_free(((CopyRow *) data)->text);
    g_free(data);
}

/* A row as text, without the instance keys of headings. */
static char *
row_text(const Client *c, const TwTableRows *rows, guint row, guint8 key[8])
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < rows->column_count; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows, row, i);
        if (c->columns[i] == PR_INSTANCE_KEY) {
            guint32 number = 0, order = 0;
            g_assert_cmpuint(cell->tag, ==, PR_INSTANCE_KEY);
            memcpy(key, cell->data, TW_INSTANCE_KEY_LEN);
            g_assert_true(tw_instance_key_parse(key, 8, &number, &order));
            if (number == 0) {
                g_string_append(text, "heading;");
                continue;
            }
        }
        brute_put_cell(text, cell);
    }
    return g_string_free(text, FALSE);
}

static TwTableRows *
read_table(Client *c)
{
    g_autoptr(GError) error = NULL;
    TwTableRows *rows;

    tw_table_seek(c->table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    rows = tw_table_query_rows(c->table, G_MAXINT32, FALSE, &error);
    g_assert_no_error(error);
    return rows;
}

static void
drop_events(Client *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    g_autoptr(GArray) events = tw_table_take_events(c->table, &rows, &error);

    g_assert_no_error(error);
}

static void
reload_copy(Client *c)
{
    g_autoptr(TwTableRows) rows = read_table(c);

    drop_events(c);
    g_ptr_array_set_size(c->copy, 0);
    for (guint i = 0; i < rows->row_count; i++) {
        CopyRow *row = g_new0(CopyRow, 1);
        row->text = row_text(c, rows, i, row->key);
        g_ptr_array_add(c->copy, row);
    }
    c->cursor = 0;
}

static int
find_copy(const Client *c, const guint8 *key)
{
    for (guint i = 0; i < c->copy->len; i++) {
        if (memcmp(((const CopyRow *) c->copy->pdata[i])->key, key, 8) == 0)
            return (int) i;
    }
    return -1;
}

static void
put_row(Client *c, const TwTableEvent *event, const TwTableRows *rows)
{
    CopyRow *row = g_new0(CopyRow, 1);
    int old = find_copy(c, event->key), prior = -1;
    guint8 key[8];

    g_assert_true((event->kind == TW_TABLE_ROW_MODIFIED) == (old >= 0));
    if (old >= 0)
        g_ptr_array_remove_index(c->copy, (guint) old);
    if (event->has_prior) {
        prior = find_copy(c, event->prior);
        g_assert_cmpint(prior, >=, 0);
    }
    memcpy(row->key, event->key, 8);
    row->text = event->row >= 0 ? row_text(c, rows, (guint) event->row, key) : g_strdup("gone");
    g_ptr_array_insert(c->copy, prior + 1, row);
}

static void
follow_events(Model *m, Client *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    g_autoptr(GArray) events = tw_table_take_events(c->table, &rows, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < events->len; i++) {
        const TwTableEvent *event = &g_array_index(events, TwTableEvent, i);
        int old;
        switch (event->kind) {
        case TW_TABLE_CHANGED:
            g_assert_cmpuint(events->len, ==, 1);
            m->changed_events++;
            reload_copy(c);
            break;
        case TW_TABLE_ROW_DELETED:
            m->row_events++;
            old = find_copy(c, event->key);
            g_assert_cmpint(old, >=, 0);
            g_ptr_array_remove_index(c->copy, (guint) old);
            break;
        case TW_TABLE_ROW_ADDED:
        case TW_TABLE_ROW_MODIFIED:
            m->row_events++;
            put_row(c, event, rows);
            break;
        }
    }
}

static gboolean
is_gone(gpointer key, G_GNUC_UNUSED gpointer value, gpointer data)
{
    return !g_hash_table_contains(data, key);
}

/* A heading that went is forgotten: when it comes again it is as headings begin. */
static void
forget_headings(Client *c)
{
    g_autoptr(Brute) brute = NULL;

    if (g_hash_table_size(c->spec.toggled) == 0)
        return;
    brute = brute_new(&c->spec);
    g_hash_table_foreach_remove(c->spec.toggled, is_gone, brute->paths);
}

static void
check_client(Client *c)
{
    g_autoptr(Brute) brute = brute_new(&c->spec);
    guint total, position;

    g_assert_true(tw_table_count(c->table, &total, &position, NULL));
    if (total != brute->rows->len || c->copy->len != total) { /* say all that helps */
        g_autofree char *text = c->spec.restriction != NULL
                                    ? tw_restriction_to_text(c->spec.restriction, 2000)
                                    : g_strdup("none");
        g_test_message("client %u: restriction %s; %u categories, %u open", (guint) c->token, text,
                       c->spec.order.categories, c->spec.order.expanded);
        for (guint i = 0; i < c->spec.order.count; i++)
            g_test_message("key %08x %u", c->spec.order.keys[i].tag,
                           c->spec.order.keys[i].direction);
        for (guint i = 0; i < brute->rows->len; i++)
            g_test_message("right: %s", ((const BruteRow *) brute->rows->pdata[i])->text);
        for (guint i = 0; i < c->copy->len; i++)
            g_test_message("copy: %s", ((const CopyRow *) c->copy->pdata[i])->text);
    }
    g_assert_cmpuint(total, ==, brute->rows->len);
    g_assert_cmpuint(c->copy->len, ==, brute->rows->len);
    for (guint i = 0; i < brute->rows->len; i++)
        g_assert_cmpstr(((const CopyRow *) c->copy->pdata[i])->text, ==,
                        ((const BruteRow *) brute->rows->pdata[i])->text);
}

/* ---- what a client does ---- */

static void
set_random_columns(Model *m, Client *c)
{
    g_autoptr(GError) error = NULL;
    guint count = 3 + model_pick(m, G_N_ELEMENTS(c->columns) - 3);
    guint32 instance = 0;

    c->columns[0] = PR_INSTANCE_KEY;
    c->columns[1] = PR_ROW_TYPE;
    c->columns[2] = PR_DEPTH;
    for (guint i = 3; i < count; i++) {
        c->columns[i] = all_columns[model_pick(m, G_N_ELEMENTS(all_columns))];
        if (c->columns[i] == TAG_WORDS && model_pick(m, 2) == 0)
            c->columns[i] |= TW_PT_MV_INSTANCE;
        if (tw_prop_tag_is_instance(c->columns[i]))
            instance = c->columns[i];
    }
    if (tw_sort_order_instance_key(&c->spec.order) >= 0)
        instance = TAG_WORDS | TW_PT_MV_INSTANCE;
    tw_table_set_columns(c->table, c->columns, count, &error);
    g_assert_no_error(error);
    c->spec.columns = c->columns;
    c->spec.column_count = count;
    if (c->spec.instance_tag != instance) { /* that is another view */
        g_hash_table_remove_all(c->spec.toggled);
        c->bookmark = 0;
    }
    c->spec.instance_tag = instance;
}

static gboolean
try_order(Model *m, TwSortOrder *order)
{
    static const guint32 tags[] = { PR_SENT_REPRESENTING_NAME,
                                    PR_IMPORTANCE,
                                    PR_MESSAGE_DELIVERY_TIME,
                                    TAG_NUMBER,
                                    PR_READ,
                                    TAG_WORDS | TW_PT_MV_INSTANCE,
                                    PR_CONTENT_UNREAD };
    TwSortKey keys[5];
    guint count = model_pick(m, 5), categories = count > 0 ? model_pick(m, MIN(count, 3) + 1) : 0,
          plain = 0;

    for (guint i = 0; i < count; i++) {
        keys[i].tag = tags[model_pick(m, G_N_ELEMENTS(tags))];
        keys[i].direction = model_pick(m, 2) == 0 ? TW_SORT_ASCENDING : TW_SORT_DESCENDING;
        if (i > 0 && model_pick(m, 4) == 0) {
            static const TwSortDirection special[] = { TW_SORT_COMBINE, TW_SORT_CATEGORY_MAX,
                                                       TW_SORT_CATEGORY_MIN };
            keys[i].direction = special[model_pick(m, 3)];
        } else {
            plain++;
        }
        if (i >= categories && plain > categories && model_pick(m, 2) == 0 &&
            keys[i].direction <= TW_SORT_DESCENDING)
            keys[i].tag = PR_SUBJECT;
    }
    return tw_sort_order_set(keys, count, categories, model_pick(m, categories + 1), order, NULL);
}

/* Subjects that differ in case only are one heading, whose text is not fixed. */
static gboolean
groups_by_subject(const TwSortOrder *order)
{
    for (guint i = 0; i < order->count; i++) {
        if (order->keys[i].tag == PR_SUBJECT && tw_sort_category_level(order, i) >= 0)
            return TRUE;
    }
    return FALSE;
}

static void
sort_randomly(Model *m, Client *c)
{
    g_autoptr(GError) error = NULL;
    TwSortOrder order;

    while (!try_order(m, &order) || groups_by_subject(&order))
        continue;
    tw_table_sort(c->table, &order, &error);
    g_assert_no_error(error);
    c->spec.order = order;
    g_hash_table_remove_all(c->spec.toggled);
    c->bookmark = 0;
    set_random_columns(m, c); /* sets the instance column */
}

static void
restrict_randomly(Model *m, Client *c)
{
    g_clear_pointer(&c->spec.restriction, tw_restriction_unref);
    if (model_pick(m, 3) > 0)
        c->spec.restriction = model_make_restriction(m);
    tw_table_restrict(c->table, c->spec.restriction);
    g_hash_table_remove_all(c->spec.toggled);
    c->bookmark = 0;
}

static void
toggle_heading(Model *m, Client *c)
{
    g_autoptr(Brute) brute = brute_new(&c->spec);
    g_autoptr(Brute) after = NULL;
    g_autoptr(GError) error = NULL;
    guint at = model_pick(m, MAX(brute->rows->len, 1)), rows = 0;
    const BruteRow *row;
    gboolean expanded;

    if (at >= brute->rows->len || !(row = brute->rows->pdata[at])->heading)
        return;
    reload_copy(c);
    expanded = ((const CopyRow *) c->copy->pdata[at])->text[0] != '\0' &&
               strstr(((const CopyRow *) c->copy->pdata[at])->text, "0ff50003=3") != NULL;
    if (g_hash_table_contains(c->spec.toggled, row->path))
        g_hash_table_remove(c->spec.toggled, row->path);
    else
        g_hash_table_add(c->spec.toggled, g_strdup(row->path));
    after = brute_new(&c->spec);
    if (expanded) {
        tw_table_collapse_row(c->table, ((const CopyRow *) c->copy->pdata[at])->key, 8, &rows,
                              &error);
        g_assert_no_error(error);
        g_assert_cmpuint(rows, ==, brute->rows->len - after->rows->len);
    } else {
        guint most = model_pick(m, 5), more = 0;
        g_autoptr(TwTableRows) shown = tw_table_expand_row(
            c->table, ((const CopyRow *) c->copy->pdata[at])->key, 8, most, &more, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(shown->row_count + more, ==, after->rows->len - brute->rows->len);
        g_assert_cmpuint(shown->row_count, <=, most);
        for (guint i = 0; i < shown->row_count; i++) {
            guint8 key[8];
            g_autofree char *text = row_text(c, shown, i, key);
            g_assert_cmpstr(text, ==, ((const BruteRow *) after->rows->pdata[at + 1 + i])->text);
        }
    }
}

/* Leaves the cursor on some row; it stays there whatever happens to others. */
static void
place_cursor(Model *m, Client *c)
{
    g_autoptr(Brute) brute = brute_new(&c->spec);
    g_autoptr(GError) error = NULL;
    guint total = brute->rows->len, at = model_pick(m, total + 1), rows, position;
    gint64 sought;

    tw_table_seek(c->table, TW_BOOKMARK_BEGIN, at, &sought, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sought, ==, at);
    g_assert_true(tw_table_count(c->table, &rows, &position, NULL));
    g_assert_cmpuint(position, ==, at);
    c->cursor = at > 0 && at < total ? ((const BruteRow *) brute->rows->pdata[at])->mid : 0;
    tw_table_seek(c->table, TW_BOOKMARK_CURRENT, (gint64) total + 5, &sought, NULL, &error);
    g_assert_cmpint(sought, ==, total - at);
    tw_table_seek(c->table, TW_BOOKMARK_END, -(gint64) (total - at), &sought, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sought, ==, -(gint64) (total - at));
    if (total > 0) {
        guint numerator = model_pick(m, total + 1);
        tw_table_seek_fraction(c->table, numerator, total, &error);
        g_assert_true(tw_table_count(c->table, &rows, &position, NULL));
        g_assert_cmpuint(position, ==, numerator);
    }
    tw_table_seek(c->table, TW_BOOKMARK_BEGIN, at, NULL, NULL, &error);
    if (c->cursor != 0 && c->spec.instance_tag != 0)
        c->cursor = 0; /* rows of one message come and go */
}

static guint32
mid_at_cursor(Client *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = tw_table_query_rows(c->table, 1, FALSE, &error);
    guint32 number, order;

    g_assert_no_error(error);
    if (rows->row_count == 0)
        return 0;
    g_assert_true(tw_instance_key_parse(tw_table_rows_cell(rows, 0, 0)->data, 8, &number, &order));
    return number;
}

static gboolean
is_shown(const Brute *brute, guint32 mid)
{
    for (guint i = 0; i < brute->rows->len; i++) {
        if (((const BruteRow *) brute->rows->pdata[i])->mid == mid)
            return TRUE;
    }
    return FALSE;
}

static void
check_positions(Model *m, Client *c)
{
    g_autoptr(Brute) brute = brute_new(&c->spec);
    g_autoptr(GError) error = NULL;
    gboolean moved;

    if (c->cursor != 0 && is_shown(brute, c->cursor))
        g_assert_cmpuint(mid_at_cursor(c), ==, c->cursor);
    c->cursor = 0;
    if (c->bookmark != 0) {
        gboolean there = is_shown(brute, c->bookmarked);
        gboolean ok = tw_table_seek(c->table, c->bookmark, 0, NULL, &moved, &error);
        if (there) {
            g_assert_no_error(error);
            g_assert_cmpuint(mid_at_cursor(c), ==, c->bookmarked);
            g_assert_true(c->touched || !moved);
        } else {
            g_assert_true(ok ||
                          g_error_matches(error, TW_MAPI_ERROR, (int) MAPI_E_INVALID_BOOKMARK));
        }
        g_clear_error(&error);
        g_assert_true(tw_table_free_bookmark(c->table, c->bookmark, NULL));
        g_assert_false(tw_table_free_bookmark(c->table, c->bookmark, NULL));
        c->bookmark = 0;
    }
    place_cursor(m, c);
    if (c->cursor != 0 && model_pick(m, 2) == 0) {
        g_assert_true(tw_table_create_bookmark(c->table, &c->bookmark, NULL));
        c->bookmarked = c->cursor;
        c->touched = FALSE;
    }
}

static void
check_find(Model *m, Client *c)
{
    g_autoptr(Brute) brute = brute_new(&c->spec);
    g_autoptr(TwRestriction) inner = NULL;
    g_autoptr(TwRestriction) restriction = model_make_find(m, &inner);
    g_autoptr(GError) error = NULL;
    gboolean backward = model_pick(m, 2) == 0, found;
    guint start = model_pick(m, brute->rows->len + 1), position = 0, rows;
    int expected = -1;

    if (c->spec.instance_tag != 0) /* there the column is one value, here it is the list */
        return;
    for (guint i = 0; i < brute->rows->len && expected < 0; i++) {
        guint at = backward ? start - 1 - i : start + i;
        TwMatchContext context = { .collation = c->spec.collation };
        const BruteRow *row;
        TwPropSource source;
        if (at >= brute->rows->len)
            break;
        row = brute->rows->pdata[at];
        if (row->heading)
            continue;
        source = brute_source(brute_find(brute, row->mid));
        if (tw_restriction_match(inner, &source, &context))
            expected = (int) at;
    }
    g_assert_true(tw_table_seek(c->table, TW_BOOKMARK_BEGIN, start, NULL, NULL, NULL));
    found = tw_table_find_row(c->table, TW_BOOKMARK_CURRENT, backward, restriction, &error);
    g_assert_true(found || g_error_matches(error, TW_ERROR, TW_ERROR_NOT_FOUND));
    g_assert_true(found == (expected >= 0));
    g_assert_true(tw_table_count(c->table, &rows, &position, NULL));
    g_assert_cmpuint(position, ==, found ? (guint) expected : start);
}

static void
round_trip_state(Model *m, Client *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) state = NULL;
    const CopyRow *row;
    guint bookmark;
    gsize len;

    reload_copy(c);
    if (c->copy->len == 0 || c->spec.order.categories == 0)
        return;
    row = c->copy->pdata[model_pick(m, c->copy->len)];
    state = tw_table_get_collapse_state(c->table, row->key, 8, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 3; i++) { /* something else, which the state undoes */
        const CopyRow *other = c->copy->pdata[model_pick(m, c->copy->len)];
        guint rows;
        tw_table_collapse_row(c->table, other->key, 8, &rows, NULL);
    }
    tw_table_set_collapse_state(c->table, g_bytes_get_data(state, &len), g_bytes_get_size(state),
                                &bookmark, &error);
    g_assert_no_error(error);
    tw_table_seek(c->table, bookmark, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    {
        g_autoptr(TwTableRows) rows = tw_table_query_rows(c->table, 1, FALSE, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(rows->row_count, ==, 1);
        g_assert_cmpint(memcmp(tw_table_rows_cell(rows, 0, 0)->data, row->key, 8), ==, 0);
    }
    g_assert_true(tw_table_free_bookmark(c->table, bookmark, NULL));
}

static void
check_windows(Model *m, Client *c)
{
    guint at = 0;
    g_autoptr(GError) error = NULL;

    reload_copy(c);
    while (at < c->copy->len) { /* page by page, forth and sometimes back */
        gint64 count = 1 + model_pick(m, 7);
        g_autoptr(TwTableRows) rows = tw_table_query_rows(c->table, count, TRUE, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < rows->row_count; i++) {
            guint8 key[8];
            g_autofree char *text = row_text(c, rows, i, key);
            g_assert_cmpstr(text, ==, ((const CopyRow *) c->copy->pdata[at + i])->text);
        }
        at += rows->row_count;
        if (model_pick(m, 4) == 0) {
            g_autoptr(TwTableRows) back = tw_table_query_rows(c->table, -2, FALSE, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(back->row_count, ==, MIN(2, at));
            for (guint i = 0; i < back->row_count; i++) {
                guint8 key[8];
                g_autofree char *text = row_text(c, back, i, key);
                g_assert_cmpstr(text, ==,
                                ((const CopyRow *) c->copy->pdata[at - back->row_count + i])->text);
            }
        }
    }
    c->cursor = 0;
}

static void
client_step(Model *m, Client *c)
{
    switch (model_pick(m, 8)) {
    case 0:
        sort_randomly(m, c);
        break;
    case 1:
        restrict_randomly(m, c);
        break;
    case 2:
        set_random_columns(m, c);
        break;
    case 3:
        toggle_heading(m, c);
        break;
    case 4:
        check_positions(m, c);
        return;
    case 5:
        check_find(m, c);
        c->cursor = 0;
        return;
    case 6:
        round_trip_state(m, c);
        break;
    default:
        check_windows(m, c);
        break;
    }
    reload_copy(c);
}

/* ---- runs ---- */

static void
open_client(Model *m, Client *c, guint number)
{
    TwTableCaller caller = { 0 };
    g_autoptr(GError) error = NULL;
    guint flags = number == 1   ? TW_TABLE_SOFT_DELETED
                  : number == 2 ? TW_TABLE_ASSOCIATED
                  : number == 3 ? TW_TABLE_NO_CUT
                                : 0;

    *c = (Client){ .token = number + 1 };
    c->spec.store = m->bed.store;
    c->spec.categories = CATEGORIES;
    c->spec.folder = number < FOUND ? m->folders[number % 2] : m->search;
    if (number >= FOUND) {
        c->spec.criteria = &m->criteria;
        c->spec.scope = m->folders;
        c->spec.scope_count = 2;
    }
    c->spec.state = number == 1   ? TW_MESSAGE_DELETED
                    : number == 2 ? TW_MESSAGE_ASSOC
                                  : TW_MESSAGE_NORMAL;
    c->spec.no_cut = number == 3;
    c->spec.toggled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (number != 4) {
        c->collation = tw_collation_for_locale(m->collations, "de");
        c->spec.collation = &c->collation;
        caller.collation = c->collation;
    }
    c->copy = g_ptr_array_new_with_free_func(free_copy_row);
    c->table =
        tw_table_open_contents(m->tables, m->bed.store, c->spec.folder, flags, &caller, &error);
    g_assert_no_error(error);
    set_random_columns(m, c);
    tw_table_subscribe(c->table, c->token, &error);
    g_assert_no_error(error);
    reload_copy(c);
}

static void
close_client(Client *c)
{
    tw_table_free(c->table);
    g_hash_table_unref(c->spec.toggled);
    g_clear_pointer(&c->spec.restriction, tw_restriction_unref);
    g_ptr_array_unref(c->copy);
}

static void
follow_all(Model *m)
{
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(guint64));

    model_wait_for_search(m);
    if (model_pick(m, 2) == 0) { /* by what the pump says */
        tw_tables_pump(m->tables, tokens);
        for (guint i = 0; i < tokens->len; i++) {
            guint64 token = g_array_index(tokens, guint64, i);
            g_assert_true(token >= 1 && token <= CLIENTS);
            follow_events(m, &m->clients[token - 1]);
        }
        tw_tables_pump(m->tables, tokens);
    } else {
        for (guint i = 0; i < CLIENTS; i++)
            follow_events(m, &m->clients[i]);
    }
    for (guint i = 0; i < CLIENTS; i++)
        forget_headings(&m->clients[i]);
}

static void
name_categories(Model *m)
{
    TwNamedProp name = tw_known_name(TW_PidNameKeywords);
    guint16 id = 0;

    g_assert_true(tw_name_map_get_ids(tw_engine_names(m->bed.engine), &name, 1, TRUE, &id, NULL));
    g_assert_cmphex(id, ==, (guint32) CATEGORIES >> 16);
}

static guint32
make_search_folder(Model *m)
{
    TwFolderMake make = { .name = "search", .type = TW_FOLDER_SEARCH };
    guint32 id = 0;

    g_assert_true(tw_folder_create(m->bed.store, m->bed.root, &make, &id, NULL));
    return id;
}

static void
run(guint seed, const TwTablesConfig *config, guint stream_events, guint steps)
{
    Model m = { .rand = g_rand_new_with_seed(seed) };

    g_test_message("seed %u", seed);
    bed_new(&m.bed);
    if (stream_events > 0) {
        guint32 number = tw_store_get_number(m.bed.store);
        bed_close(&m.bed);
        m.bed.config.limits.stream_events = stream_events;
        m.bed.engine = tw_engine_open(&m.bed.config, NULL);
        m.bed.store = tw_store_open_number(m.bed.engine, number, NULL);
    }
    m.collations = tw_collations_new();
    m.tables = tw_tables_new(m.bed.engine, config, NULL, NULL);
    m.folders[0] = bed_folder(&m.bed, m.bed.root, "one");
    m.folders[1] = bed_folder(&m.bed, m.bed.root, "two");
    name_categories(&m);
    m.search = make_search_folder(&m);
    model_set_criteria(&m);
    m.mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < CLIENTS; i++)
        open_client(&m, &m.clients[i], i);
    for (guint step = 0; step < steps; step++) {
        guint changes = model_pick(&m, 8) == 0 ? 1 + model_pick(&m, 14) : 1;
        if (model_pick(&m, 12) == 0)
            model_set_criteria(&m);
        for (guint i = 0; i < changes; i++) {
            model_change_something(&m);
            if (changes < 4)
                follow_all(&m);
        }
        follow_all(&m);
        for (guint i = 0; i < CLIENTS; i++)
            check_client(&m.clients[i]);
        for (guint i = 0; i < CLIENTS; i++) {
            if (model_pick(&m, 3) > 0)
                continue;
            client_step(&m, &m.clients[i]);
            check_client(&m.clients[i]);
        }
    }
    g_test_message("%u row events, %u times everything", m.row_events, m.changed_events);
    g_assert_cmpuint(m.row_events, >, steps / 4);
    for (guint i = 0; i < CLIENTS; i++)
        close_client(&m.clients[i]);
    tw_tables_free(m.tables);
    tw_collations_free(m.collations);
    tw_restriction_unref(m.criteria);
    g_array_unref(m.mids);
    g_rand_free(m.rand);
    bed_check_store(m.bed.store, "after the run");
    bed_free(&m.bed);
}

static guint
steps_wanted(guint steps)
{
    const char *wanted = g_getenv("TW_STEPS");

    return wanted != NULL ? (guint) g_ascii_strtoull(wanted, NULL, 10) : steps;
}

static void
test_model(void)
{
    run((guint) g_test_rand_int(), NULL, 0, steps_wanted(STEPS));
}

/* No heads are kept, one view at a time, few events: everything is dropped and read again all the time. */
static void
test_tight(void)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;

    config.head_bytes = 0;
    config.view_bytes = 1;
    config.events_max = 5;
    config.events_merge = 3;
    config.idle_sources = 0;
    run((guint) g_test_rand_int(), &config, 6, steps_wanted(STEPS) / 2);
}

/* No heads are kept in memory, all are in a file. */
static void
test_spilled(void)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;

    config.head_bytes = 0;
    config.spill_rows = 1;
    run((guint) g_test_rand_int(), &config, 0, steps_wanted(STEPS) / 2);
}

/* Heads of a few messages are kept. */
static void
test_small_cache(void)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;

    config.head_bytes = 8192;
    config.events_merge = 1000;
    run((guint) g_test_rand_int(), &config, 0, steps_wanted(STEPS) / 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/table-model/random", test_model);
    g_test_add_func("/store/table-model/tight", test_tight);
    g_test_add_func("/store/table-model/spilled", test_spilled);
    g_test_add_func("/store/table-model/small-cache", test_small_cache);
    return g_test_run();
}
