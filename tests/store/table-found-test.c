/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Contents tables of search folders, one thing at a time. That they show what is to be found is in table-model-test.c. */
#include <string.h>

#include "base/error.h"
#include "mapi/message.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/identity.h"
#include "store/search-folder.h"
#include "store/table.h"
#include "support/assert-bytes.h"

typedef struct {
    Bed bed;
    TwTables *tables;
    guint32 folders[2], search;
} Fixture;

static void
search_for(Fixture *f, const char *word, guint flags)
{
    TwSearchCriteria criteria = { .folders = &f->bed.root, .folder_count = 1 };
    TwPropValue value = tw_value_str(PR_SUBJECT, word);
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(GError) error = NULL;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING, PR_SUBJECT, &value);
    criteria.restriction = tw_restriction_builder_finish(&builder, &error);
    g_assert_no_error(error);
    tw_search_folder_set(f->bed.store, f->search, &criteria, TW_SEARCH_RECURSIVE | flags, &error);
    g_assert_no_error(error);
    tw_restriction_unref(criteria.restriction);
    tw_search_folder_wait(f->bed.store, 0, &error);
    g_assert_no_error(error);
}

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    TwFolderMake make = { .name = "found", .type = TW_FOLDER_SEARCH };
    g_autoptr(GError) error = NULL;

    bed_new(&f->bed);
    f->tables = tw_tables_new(f->bed.engine, NULL, NULL, NULL);
    f->folders[0] = bed_folder(&f->bed, f->bed.root, "one");
    f->folders[1] = bed_folder(&f->bed, f->bed.root, "two");
    tw_folder_create(f->bed.store, f->bed.root, &make, &f->search, &error);
    g_assert_no_error(error);
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    tw_tables_free(f->tables);
    bed_check_store(f->bed.store, "after the test");
    bed_free(&f->bed);
}

static TwTable *
open_found(Fixture *f, guint flags, const TwTableCaller *caller)
{
    static const guint32 columns[] = { PR_SUBJECT, PR_PARENT_ENTRYID, PR_ACCESS,
                                       PR_PARENT_SOURCE_KEY, PR_ENTRYID };
    g_autoptr(GError) error = NULL;
    TwTable *table =
        tw_table_open_contents(f->tables, f->bed.store, f->search, flags, caller, &error);

    g_assert_no_error(error);
    g_assert_true(tw_table_set_columns(table, columns, G_N_ELEMENTS(columns), NULL));
    return table;
}

static TwTableRows *
read_rows(TwTable *table, gint64 count)
{
    g_autoptr(GError) error = NULL;
    TwTableRows *rows;

    tw_table_seek(table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    rows = tw_table_query_rows(table, count, TRUE, &error);
    g_assert_no_error(error);
    return rows;
}

static void
assert_subjects(const TwTableRows *rows, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < rows->row_count; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows, i, 0);
        g_string_append_printf(text, "%s%.*s", i > 0 ? "|" : "", (int) cell->len, cell->text);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

/* Each row has the ids of the folder that its message is in, though all come from one table. */
static void
test_true_folder(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwTable) table = NULL;
    g_autoptr(TwTableRows) rows = NULL;

    bed_message(&f->bed, f->folders[0], "a giraffe", 10);
    bed_message(&f->bed, f->folders[1], "another giraffe", 10);
    bed_message(&f->bed, f->folders[0], "a third giraffe", 10);
    bed_message(&f->bed, f->folders[1], "a zebra", 10);
    search_for(f, "giraffe", 0);
    table = open_found(f, 0, NULL);
    rows = read_rows(table, 10);
    assert_subjects(rows, "a third giraffe|another giraffe|a giraffe");
    for (guint i = 0; i < 3; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows, i, 1);
        guint8 id[TW_OBJECT_ID_LEN];
        tw_identity_entry_id(&f->bed.store_guid, TW_OBJECT_ID_FOLDER, f->folders[i % 2], id);
        assert_bytes(cell->data, cell->len, id, sizeof id);
        g_assert_cmphex(tw_table_rows_cell(rows, i, 3)->tag, ==, PR_PARENT_SOURCE_KEY);
        g_assert_cmphex(tw_table_rows_cell(rows, i, 4)->tag, ==, PR_ENTRYID);
    }
}

/* What a static search found stays its result, but a message that is gone is no row, is not counted, and ends no window. */
static void
test_gone(Fixture *f, gconstpointer data)
{
    gboolean viewed = GPOINTER_TO_INT(data);
    g_autoptr(TwTable) table = NULL;
    g_autoptr(TwTableRows) first = NULL;
    g_autoptr(TwTableRows) all = NULL;
    guint32 mids[6];
    TwMessageSet set = { f->folders[0], mids + 3, 2 };
    guint total;

    for (guint i = 0; i < 6; i++) {
        g_autofree char *subject = g_strdup_printf("giraffe %u", i);
        mids[i] = bed_message(&f->bed, f->folders[0], subject, 10);
    }
    search_for(f, "giraffe", TW_SEARCH_STATIC);
    table = open_found(f, 0, NULL);
    if (viewed)
        all = read_rows(table, -1);
    g_assert_true(tw_messages_delete(f->bed.store, &set, TRUE, NULL, NULL));
    g_assert_true(tw_table_count(table, &total, NULL, NULL));
    g_assert_cmpuint(total, ==, 4);
    first = read_rows(table, 3);
    assert_subjects(first, "giraffe 5|giraffe 2|giraffe 1");
}

typedef struct {
    guint32 folder;
} Sees;

static gboolean
see_one(guint32 folder, TwTableAccess *ret, gpointer data)
{
    const Sees *sees = data;

    *ret = (TwTableAccess){ .access = 2 };
    return folder == sees->folder;
}

/* Who may not read a folder does not see what was found there, nor that there is any; and his rows are for nobody else. */
static void
test_see(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    Sees sees = { f->folders[1] };
    TwTableCaller caller = { .see = see_one, .data = &sees };
    g_autoptr(TwTable) owner = NULL;
    g_autoptr(TwTable) guest = NULL;
    g_autoptr(TwTableRows) all = NULL;
    g_autoptr(TwTableRows) some = NULL;
    g_autoptr(TwTableRows) others = NULL;
    guint total;

    bed_message(&f->bed, f->folders[0], "giraffe 1", 10);
    bed_message(&f->bed, f->folders[1], "giraffe 2", 10);
    bed_message(&f->bed, f->folders[0], "giraffe 3", 10);
    search_for(f, "giraffe", 0);
    owner = open_found(f, 0, NULL);
    all = read_rows(owner, 10);
    assert_subjects(all, "giraffe 3|giraffe 2|giraffe 1");
    g_assert_cmpuint(tw_table_rows_cell(all, 0, 2)->u4, ==, 7);
    guest = open_found(f, 0, &caller);
    g_assert_true(tw_table_count(guest, &total, NULL, NULL));
    g_assert_cmpuint(total, ==, 1);
    some = read_rows(guest, 10);
    assert_subjects(some, "giraffe 2");
    g_assert_cmpuint(tw_table_rows_cell(some, 0, 2)->u4, ==, 2);
    sees.folder = f->folders[0]; /* his rights changed */
    tw_table_refresh(guest);
    others = read_rows(guest, 10);
    assert_subjects(others, "giraffe 3|giraffe 1");
}

/* Lists that a search folder has not are empty, and so is one without criteria. */
static void
test_empty(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const guint flags[] = { 0, TW_TABLE_ASSOCIATED, TW_TABLE_SOFT_DELETED };

    bed_message(&f->bed, f->folders[0], "giraffe", 10);
    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        g_autoptr(TwTable) table = open_found(f, flags[i], NULL);
        g_autoptr(TwTableRows) rows = NULL;
        guint total;
        g_assert_true(tw_table_count(table, &total, NULL, NULL));
        g_assert_cmpuint(total, ==, 0);
        rows = read_rows(table, 10);
        g_assert_cmpuint(rows->row_count, ==, 0);
        if (i == 0) /* an open table follows new criteria */
            search_for(f, "giraffe", 0);
    }
}

/* The table is open while the search goes through thousands: it is shown all in the end. */
static void
test_filling(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwTable) table = open_found(f, 0, NULL);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 mid = bed_message(&f->bed, f->folders[0], "giraffe", 10);
    guint total;

    g_array_append_val(mids, mid);
    while (mids->len < 4096) {
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        TwMessageSet set = { f->folders[0], (const guint32 *) (gpointer) mids->data, mids->len };
        g_assert_true(tw_messages_copy(f->bed.store, &set, f->folders[0], done, NULL));
        for (guint i = 0; i < done->len; i++)
            g_array_append_val(mids, g_array_index(done, TwMessageDone, i).new_mid);
    }
    for (guint round = 0; round < 2; round++) { /* without a view, and with one */
        g_autoptr(TwTableRows) rows = NULL;
        search_for(f, "giraffe", 0);
        g_assert_true(tw_table_count(table, &total, NULL, NULL));
        g_assert_cmpuint(total, ==, 4096);
        rows = read_rows(table, 5000);
        g_assert_cmpuint(rows->row_count, ==, 4096);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
#define ADD(name, func, data)                                                                      \
    g_test_add("/store/table-found/" name, Fixture, data, set_up, func, tear_down)
    ADD("true-folder", test_true_folder, NULL);
    ADD("gone", test_gone, GINT_TO_POINTER(FALSE));
    ADD("gone-viewed", test_gone, GINT_TO_POINTER(TRUE));
    ADD("see", test_see, NULL);
    ADD("empty", test_empty, NULL);
    ADD("filling", test_filling, NULL);
    return g_test_run();
}
