/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a message came to where it is, and what was deleted long ago goes for good. */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mapi/tags.h"
#include "store/archive.h"
#include "store/bed.h"
#include "store/computed.h"
#include "store/store-private.h"
#include "store/table.h"

enum {
    MANY = 2100, /* more than two batches */
};

static TwMessageRow
row_of(Bed *bed, guint32 mid)
{
    TwMessageRow row;
    g_autoptr(GError) error = NULL;

    tw_message_get(bed->store, mid, &row, &error);
    g_assert_no_error(error);
    g_clear_pointer(&row.head, g_bytes_unref);
    return row;
}

static gboolean
is_there(Bed *bed, guint32 mid)
{
    TwMessageRow row;
    g_autoptr(GError) error = NULL;
    gboolean there = tw_message_get(bed->store, mid, &row, &error);

    if (there)
        g_bytes_unref(row.head);
    else
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    return there;
}

static void
delete_one(Bed *bed, guint32 folder, guint32 mid)
{
    TwMessageSet set = { .from = folder, .mids = &mid, .count = 1 };

    g_assert_true(tw_messages_delete(bed->store, &set, TRUE, NULL, NULL));
}

/* What is counted beforehand is what goes. */
static guint64
purge(Bed *bed, gint64 before)
{
    guint64 count = 0, counted = 0;
    g_autoptr(GError) error = NULL;

    tw_store_count_deleted(bed->store, before, &counted, &error);
    g_assert_no_error(error);
    tw_store_purge_deleted(bed->store, before, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(counted, ==, count);
    return count;
}

typedef struct {
    Bed *bed;
    guint32 mid, folder; /* one of them */
    gint64 time;
} Dating;

static gboolean
date_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const Dating *dating = data;
    guint32 store = dating->bed->store->number;
    g_autoptr(TwFolderRow) folder = NULL;
    TwMessageRow old, row;

    if (dating->folder != 0) {
        folder = tw_sql_folder_get(tx, store, dating->folder, error);
        folder->deleted_us = dating->time;
        return tw_sql_folder_set_deleted_at(tx, folder, error);
    }
    if (!tw_sql_msg_get(tx, store, dating->mid, FALSE, &old, error))
        return FALSE;
    row = old;
    row.placed = dating->time;
    return tw_sql_msg_rekey(tx, &old, &row, error);
}

static void
date(Bed *bed, guint32 mid, guint32 folder, gint64 time)
{
    Dating dating = { bed, mid, folder, time };

    g_assert_true(tw_store_write(bed->store, 0, FALSE, date_tx, &dating, NULL));
}

static gboolean
timed_tx(TwDbTx *tx, gpointer data, GError **error)
{
    return tw_sql_meta_timed(tx, data, error);
}

/* ---- when it came ---- */

static void
assert_now(const char *what, gint64 placed, gint64 since)
{
    if (placed < since || placed > tw_time_now_us())
        g_error("%s: %" G_GINT64_FORMAT " is not after %" G_GINT64_FORMAT, what, placed, since);
}

static void
test_placed(void)
{
    TwFlagChange read = { .flags_set = TW_MSGFLAG_READ };
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    gint64 start = tw_time_now_us();
    guint32 box, other, mid;
    TwMessageSet set;
    Bed bed;

    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    other = bed_folder(&bed, bed.root, "Other");
    mid = bed_message(&bed, box, "one", 100);
    assert_now("made", row_of(&bed, mid).placed, start);

    /* what is done to it where it is leaves the time alone */
    date(&bed, mid, 0, 1000);
    set = (TwMessageSet){ .from = box, .mids = &mid, .count = 1 };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &read, NULL, NULL));
    g_assert_cmpint(row_of(&bed, mid).placed, ==, 1000);

    g_assert_true(tw_messages_copy(bed.store, &set, other, done, NULL));
    g_assert_cmpint(row_of(&bed, mid).placed, ==, 1000);
    assert_now("copied", row_of(&bed, g_array_index(done, TwMessageDone, 0).new_mid).placed, start);
    g_array_set_size(done, 0);
    g_assert_true(tw_messages_move(bed.store, &set, other, done, NULL));
    mid = g_array_index(done, TwMessageDone, 0).new_mid;
    assert_now("moved", row_of(&bed, mid).placed, start);

    date(&bed, mid, 0, 1000);
    delete_one(&bed, other, mid);
    assert_now("deleted", row_of(&bed, mid).placed, start);
    date(&bed, mid, 0, 1000);
    set.from = other;
    set.mids = &mid;
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL));
    assert_now("put back", row_of(&bed, mid).placed, start);
    bed_check_store(bed.store, "placed");
    bed_free(&bed);
}

/* ---- PR_DELETED_ON ---- */

static guint64
filetime_of(gint64 us)
{
    guint64 filetime = 0;

    g_assert_true(tw_time_to_filetime(us, &filetime));
    return filetime;
}

/* The times of a table's rows as it lists them, 0 for none. */
static void
assert_times(TwTable *table, guint count, const guint64 *times)
{
    static const guint32 columns[] = { PR_DELETED_ON };
    g_autoptr(TwTableRows) rows = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(table);
    g_assert_true(tw_table_set_columns(table, columns, G_N_ELEMENTS(columns), &error));
    g_assert_true(tw_table_seek(table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, &error));
    rows = tw_table_query_rows(table, G_MAXINT32, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(rows->row_count, ==, count);
    for (guint i = 0; i < count; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows, i, 0);
        if (times[i] == 0)
            g_assert_cmpuint(tw_prop_tag_type(cell->tag), ==, TW_PT_ERROR);
        else
            g_assert_cmpuint((guint64) cell->i8, ==, times[i]);
    }
}

/* Rows that were deleted since then, or, without a time, those that say when. */
static TwRestriction *
deleted_since(guint64 filetime)
{
    TwPropValue value = tw_value_i8(PR_DELETED_ON, (gint64) filetime);
    g_auto(TwRestrictionBuilder) builder;
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    if (filetime == 0)
        tw_restriction_builder_exist(&builder, PR_DELETED_ON);
    else
        tw_restriction_builder_property(&builder, TW_RELOP_GE, PR_DELETED_ON, &value);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    g_assert_nonnull(restriction);
    return restriction;
}

static void
assert_deleted_since(TwTable *table, guint64 since, guint count, const guint64 *times)
{
    g_autoptr(TwRestriction) restriction = deleted_since(since);

    tw_table_restrict(table, restriction);
    assert_times(table, count, times);
    tw_table_restrict(table, NULL);
}

static gboolean
has_deleted_on(Bed *bed, guint32 mid)
{
    TwMessageRow row;
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GBytes) bag = NULL;
    TwPropValue value;
    TwProps props;
    gsize len;
    const guint8 *data;

    g_assert_true(tw_message_get(bed->store, mid, &row, NULL));
    bag = tw_message_computed(bed->store, &row, object, NULL);
    g_bytes_unref(row.head);
    g_assert_nonnull(bag);
    data = g_bytes_get_data(bag, &len);
    g_assert_true(tw_props_open(data, len, &props, NULL));
    return tw_props_get(&props, PR_DELETED_ON, &value);
}

static void
test_deleted_on(void)
{
    static const TwSortKey oldest_first[] = { { PR_DELETED_ON, TW_SORT_ASCENDING } };
    static const TwSortKey newest_first[] = { { PR_DELETED_ON, TW_SORT_DESCENDING } };
    const gint64 first = 1600000000000000, second = first + 1;
    guint32 box, below, alive, one, two, three;
    TwSortOrder order;
    TwTables *tables;
    TwTable *table;
    Bed bed;

    bed_new(&bed);
    tables = tw_tables_new(bed.engine, NULL, NULL, NULL);
    box = bed_folder(&bed, bed.root, "Box");
    below = bed_folder(&bed, box, "Below");
    alive = bed_message(&bed, box, "alive", 100);
    one = bed_message(&bed, box, "one", 100);
    two = bed_message(&bed, box, "two", 100);
    three = bed_message(&bed, box, "three", 100);
    delete_one(&bed, box, one);
    delete_one(&bed, box, two);
    delete_one(&bed, box, three);
    date(&bed, one, 0, second);
    date(&bed, two, 0, first);
    date(&bed, three, 0, 0); /* before that was kept */

    table = tw_table_open_contents(tables, bed.store, box, 0, NULL, NULL);
    assert_times(table, 1, (const guint64[]){ 0 });
    tw_table_free(table);
    table = tw_table_open_contents(tables, bed.store, box, TW_TABLE_SOFT_DELETED, NULL, NULL);
    assert_times(table, 3, (const guint64[]){ 0, filetime_of(first), filetime_of(second) });
    g_assert_true(tw_sort_order_set(oldest_first, 1, 0, 0, &order, NULL));
    g_assert_true(tw_table_sort(table, &order, NULL));
    assert_times(table, 3, (const guint64[]){ 0, filetime_of(first), filetime_of(second) });
    assert_deleted_since(table, filetime_of(second), 1, (const guint64[]){ filetime_of(second) });
    assert_deleted_since(table, filetime_of(second) + 1, 0, NULL);
    g_assert_true(tw_sort_order_set(newest_first, 1, 0, 0, &order, NULL));
    g_assert_true(tw_table_sort(table, &order, NULL));
    assert_deleted_since(table, 0, 2, (const guint64[]){ filetime_of(second), filetime_of(first) });
    tw_table_free(table);
    g_assert_true(has_deleted_on(&bed, one));
    g_assert_false(has_deleted_on(&bed, three));
    g_assert_false(has_deleted_on(&bed, alive));

    g_assert_true(tw_folder_delete(bed.store, below, TRUE, NULL));
    date(&bed, 0, below, first);
    table = tw_table_open_hierarchy(tables, bed.store, box, TW_TABLE_SOFT_DELETED, NULL, NULL);
    assert_times(table, 1, (const guint64[]){ filetime_of(first) });
    assert_deleted_since(table, filetime_of(first), 1, (const guint64[]){ filetime_of(first) });
    assert_deleted_since(table, filetime_of(second), 0, NULL);
    tw_table_free(table);
    table = tw_table_open_hierarchy(tables, bed.store, bed.root, 0, NULL, NULL);
    assert_times(table, 1, (const guint64[]){ 0 });
    tw_table_free(table);

    tw_tables_free(tables);
    bed_check_store(bed.store, "deleted on");
    bed_free(&bed);
}

/* ---- what goes ---- */

static void
test_messages(void)
{
    guint32 box, old, young, alive, back;
    TwMessageSet set;
    gint64 time;
    Bed bed;

    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    old = bed_message(&bed, box, "old", 100);
    young = bed_message(&bed, box, "young", 100);
    alive = bed_message(&bed, box, "alive", 100);
    back = bed_message(&bed, box, "back", 100);
    delete_one(&bed, box, old);
    delete_one(&bed, box, young);
    delete_one(&bed, box, back);
    set = (TwMessageSet){ .from = box, .mids = &back, .count = 1 };
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL));
    time = row_of(&bed, young).placed;
    date(&bed, old, 0, time - 1);
    date(&bed, alive, 0, 1);

    g_assert_cmpuint(purge(&bed, time - 1), ==, 0);
    g_assert_true(is_there(&bed, old));
    g_assert_cmpuint(purge(&bed, time), ==, 1);
    g_assert_false(is_there(&bed, old));
    g_assert_true(is_there(&bed, young));
    g_assert_cmpuint(purge(&bed, G_MAXINT64), ==, 1);
    g_assert_false(is_there(&bed, young));
    g_assert_true(is_there(&bed, alive));
    g_assert_true(is_there(&bed, back));
    bed_check_store(bed.store, "purged");
    bed_free(&bed);
}

/* What was deleted before the times were kept counts as deleted when that began. */
static void
test_unknown(void)
{
    guint32 box, sub, mid;
    gint64 timed = 0;
    Bed bed;

    bed_new(&bed);
    g_assert_true(tw_store_read(bed.store, timed_tx, &timed, NULL));
    box = bed_folder(&bed, bed.root, "Box");
    sub = bed_folder(&bed, box, "Sub");
    mid = bed_message(&bed, box, "some", 100);
    delete_one(&bed, box, mid);
    date(&bed, mid, 0, 0);
    g_assert_true(tw_folder_delete(bed.store, sub, TRUE, NULL));
    date(&bed, 0, sub, 0);
    g_assert_cmpuint(purge(&bed, timed), ==, 0);
    g_assert_cmpuint(purge(&bed, timed + 1), ==, 2);
    g_assert_false(is_there(&bed, mid));
    bed_check_store(bed.store, "unknown");
    bed_free(&bed);
}

static void
test_trees(void)
{
    g_autoptr(TwFolderRow) row = NULL;
    g_autoptr(TwFolderRow) again = NULL;
    guint32 top, sub, early, mid;
    gint64 time;
    Bed bed;

    bed_new(&bed);
    top = bed_folder(&bed, bed.root, "Top");
    sub = bed_folder(&bed, top, "Sub");
    early = bed_folder(&bed, top, "Early");
    mid = bed_message(&bed, sub, "in it", 100);
    g_assert_true(tw_folder_delete(bed.store, early, TRUE, NULL));
    g_assert_true(tw_folder_delete(bed.store, top, TRUE, NULL));
    row = bed_row(&bed, top);
    time = row->deleted_us;
    g_assert_cmpint(time, >, 0);
    date(&bed, 0, early, time - 5);
    date(&bed, 0, sub, 1); /* the topmost says */

    g_assert_cmpuint(purge(&bed, time - 5), ==, 0);
    g_assert_cmpuint(purge(&bed, time), ==, 1); /* deleted before the tree it was in */
    g_assert_cmpuint(purge(&bed, time), ==, 0);
    g_assert_true(tw_folder_restore(bed.store, top, NULL, NULL));
    again = bed_row(&bed, top);
    g_assert_cmpint(again->deleted_us, ==, 0);
    g_assert_true(is_there(&bed, mid));
    g_assert_cmpuint(purge(&bed, G_MAXINT64), ==, 0);
    g_assert_true(tw_folder_delete(bed.store, top, TRUE, NULL));
    g_assert_cmpuint(purge(&bed, G_MAXINT64), ==, 1);
    g_assert_false(is_there(&bed, mid));
    bed_check_store(bed.store, "trees");
    bed_free(&bed);
}

/* In batches; every other one stays. */
static void
test_many(void)
{
    g_autofree guint32 *mids = g_new(guint32, MANY);
    TwMessageSet set = { .mids = mids, .count = MANY };
    guint64 count = 0;
    gint64 before;
    guint32 box;
    Bed bed;

    bed_new(&bed);
    box = set.from = bed_folder(&bed, bed.root, "Box");
    for (guint i = 0; i < MANY; i++)
        mids[i] = bed_message(&bed, box, "many", 10);
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL));
    before = row_of(&bed, mids[0]).placed;
    for (guint i = 0; i < MANY; i += 2)
        date(&bed, mids[i], 0, before - 1);
    g_assert_true(tw_engine_purge_deleted(bed.engine, before, TRUE, &count, NULL));
    g_assert_cmpuint(count, ==, MANY / 2);
    g_assert_true(is_there(&bed, mids[0]));
    g_assert_true(tw_engine_purge_deleted(bed.engine, before, FALSE, &count, NULL));
    g_assert_cmpuint(count, ==, MANY / 2);
    for (guint i = 0; i < MANY; i++)
        g_assert_cmpint(is_there(&bed, mids[i]), ==, i % 2 == 1);
    bed_check_store(bed.store, "many");
    bed_free(&bed);
}

/* ---- in an archive ---- */

static gboolean
put_bytes(const guint8 *data, gsize len, gpointer to, G_GNUC_UNUSED GError **error)
{
    g_byte_array_append((GByteArray *) to, data, (guint) len);
    return TRUE;
}

static gboolean
get_bytes(guint8 *data, gsize len, gsize *ret_got, gpointer from, G_GNUC_UNUSED GError **error)
{
    TwCursor *cur = from;

    *ret_got = MIN(len, cur->left);
    memcpy(data, cur->next, *ret_got);
    cur->next += *ret_got;
    cur->left -= *ret_got;
    return TRUE;
}

typedef struct {
    guint count[4];
    gint64 placed[4];
} Found;

static gboolean
note_row(const TwMessageRow *row, gpointer data)
{
    Found *found = data;

    found->count[row->state]++;
    found->placed[row->state] = row->placed;
    return TRUE;
}

static void
check_times(TwStore *store, gint64 kept, gint64 deleted, gint64 folder_deleted)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    Found found = { 0 };
    gint64 tree = 0;

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = g_ptr_array_index(folders, i);
        if (row->state == TW_FOLDER_SOFT)
            tree = row->deleted_us;
        g_assert_true(tw_folder_list(store, row->id, TW_MESSAGE_NORMAL, 0, 10, FALSE, note_row,
                                     &found, NULL));
        g_assert_true(tw_folder_list(store, row->id, TW_MESSAGE_DELETED, 0, 10, FALSE, note_row,
                                     &found, NULL));
    }
    g_assert_cmpuint(found.count[TW_MESSAGE_NORMAL], ==, 1);
    g_assert_cmpuint(found.count[TW_MESSAGE_DELETED], ==, 1);
    g_assert_cmpint(found.placed[TW_MESSAGE_NORMAL], ==, kept);
    if (deleted != 0) {
        g_assert_cmpint(found.placed[TW_MESSAGE_DELETED], ==, deleted);
        g_assert_cmpint(tree, ==, folder_deleted);
    } else {
        assert_now("imported", found.placed[TW_MESSAGE_DELETED], 1000);
        assert_now("imported", tree, 1000);
    }
}

/* Times go along; one that nobody knows is that of the import for what is deleted, so that it can still be restored. */
static void
test_archive(gconstpointer data)
{
    gboolean known = GPOINTER_TO_INT(data);
    TwArchiveOptions options = { .new_guid = TRUE, .partition = -1 };
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(TwStore) other = NULL;
    g_autoptr(GError) error = NULL;
    guint32 box, tree, mid, gone;
    TwArchiveCounts counts;
    TwCursor cur;
    Bed bed;

    bed_new(&bed);
    box = bed_folder(&bed, bed.root, "Box");
    tree = bed_folder(&bed, bed.root, "Tree");
    mid = bed_message(&bed, box, "kept", 100);
    gone = bed_message(&bed, box, "gone", 100);
    delete_one(&bed, box, gone);
    g_assert_true(tw_folder_delete(bed.store, tree, TRUE, NULL));
    date(&bed, mid, 0, known ? 101 : 0);
    date(&bed, gone, 0, known ? 102 : 0);
    date(&bed, 0, tree, known ? 103 : 0);
    tw_archive_export(bed.store, &options, put_bytes, bytes, &counts, &error);
    g_assert_no_error(error);
    cur = tw_cursor_init(bytes->data, bytes->len);
    other = tw_archive_import(bed.engine, &options, get_bytes, &cur, &counts, &error);
    g_assert_no_error(error);
    check_times(other, known ? 101 : 0, known ? 102 : 0, 103);
    bed_check_store(other, "archive");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/purge/placed", test_placed);
    g_test_add_func("/store/purge/deleted-on", test_deleted_on);
    g_test_add_func("/store/purge/messages", test_messages);
    g_test_add_func("/store/purge/unknown", test_unknown);
    g_test_add_func("/store/purge/trees", test_trees);
    g_test_add_func("/store/purge/many", test_many);
    g_test_add_data_func("/store/purge/archive-known", GINT_TO_POINTER(TRUE), test_archive);
    g_test_add_data_func("/store/purge/archive-unknown", GINT_TO_POINTER(FALSE), test_archive);
    return g_test_run();
}
