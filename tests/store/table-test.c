/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables, one thing at a time. What they hold all together is shown by table-model-test.c. */
#include "store/table.h"

#include <string.h>

#include "base/error.h"
#include "mapi/keys.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/identity.h"
#include "store/message.h"

typedef struct {
    Bed bed;
    TwTables *tables;
    guint32 folder;
} Fixture;

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    bed_new(&f->bed);
    f->tables = tw_tables_new(f->bed.engine, NULL, NULL, NULL);
    f->folder = bed_folder(&f->bed, f->bed.root, "Inbox");
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    tw_tables_free(f->tables);
    bed_check_store(f->bed.store, "after the test");
    bed_free(&f->bed);
}

static TwTable *
open_contents(Fixture *f, guint flags)
{
    g_autoptr(GError) error = NULL;
    TwTable *table =
        tw_table_open_contents(f->tables, f->bed.store, f->folder, flags, NULL, &error);

    g_assert_no_error(error);
    return table;
}

static void
set_columns(TwTable *table, guint32 first, ...)
{
    g_autoptr(GArray) tags = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, first);
    for (guint32 tag = first; tag != 0; tag = va_arg(args, guint32))
        g_array_append_val(tags, tag);
    va_end(args);
    tw_table_set_columns(table, (const guint32 *) (gpointer) tags->data, tags->len, &error);
    g_assert_no_error(error);
}

static void
sort_by(TwTable *table, guint categories, guint expanded, guint count, const TwSortKey *keys)
{
    g_autoptr(GError) error = NULL;
    TwSortOrder order;

    tw_sort_order_set(keys, count, categories, expanded, &order, &error);
    g_assert_no_error(error);
    tw_table_sort(table, &order, &error);
    g_assert_no_error(error);
}

/* The cells of a column, one after another: "a|b|c"; headings' counts in brackets. */
static char *
read_all(TwTable *table, guint column)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    GString *text = g_string_new(NULL);

    tw_table_seek(table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    rows = tw_table_query_rows(table, G_MAXINT32, TRUE, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < rows->row_count; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows, i, column);
        if (i > 0)
            g_string_append_c(text, '|');
        if (tw_prop_tag_is_text(cell->tag))
            g_string_append_len(text, cell->text, cell->len);
        else if (tw_prop_tag_type(cell->tag) == TW_PT_LONG)
            g_string_append_printf(text, "%u", cell->u4);
        else
            g_string_append(text, tw_prop_tag_type(cell->tag) == TW_PT_ERROR ? "-" : "?");
    }
    return g_string_free(text, FALSE);
}

#define assert_rows(table, column, expected)                                                       \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autofree char *rows_ = read_all(table, column);                                          \
        g_assert_cmpstr(rows_, ==, expected);                                                      \
    }                                                                                              \
    G_STMT_END

static void
test_contents(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_subject[] = { { PR_SUBJECT, TW_SORT_ASCENDING } };
    g_autoptr(TwTable) table = open_contents(f, 0);
    guint rows, position;

    set_columns(table, PR_SUBJECT, PR_ROW_TYPE, 0);
    assert_rows(table, 0, "");
    bed_message(&f->bed, f->folder, "banana", 10);
    bed_message(&f->bed, f->folder, "apple", 10);
    bed_message(&f->bed, f->folder, "cherry", 10);
    assert_rows(table, 0, "cherry|apple|banana");
    assert_rows(table, 1, "1|1|1");
    sort_by(table, 0, 0, 1, by_subject);
    assert_rows(table, 0, "apple|banana|cherry");
    bed_message(&f->bed, f->folder, "blueberry", 10);
    assert_rows(table, 0, "apple|banana|blueberry|cherry");
    g_assert_true(tw_table_count(table, &rows, &position, NULL));
    g_assert_cmpuint(rows, ==, 4);
    g_assert_cmpuint(position, ==, 4);
}

static void
test_hierarchy(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_name[] = { { PR_DISPLAY_NAME, TW_SORT_ASCENDING } };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTable) table =
        tw_table_open_hierarchy(f->tables, f->bed.store, f->bed.root, TW_TABLE_DEEP, NULL, &error);
    guint32 sub = bed_folder(&f->bed, f->folder, "Projects");

    g_assert_no_error(error);
    set_columns(table, PR_DISPLAY_NAME, PR_DEPTH, PR_CONTENT_COUNT, 0);
    sort_by(table, 0, 0, 1, by_name);
    assert_rows(table, 0, "Inbox|Projects");
    assert_rows(table, 1, "1|2");
    bed_message(&f->bed, sub, "one", 10);
    assert_rows(table, 2, "0|1");
    g_assert_true(tw_folder_delete(f->bed.store, sub, TRUE, &error));
    assert_rows(table, 0, "Inbox");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
#define ADD(path, func) g_test_add("/store/table/" path, Fixture, NULL, set_up, func, tear_down)
    ADD("contents", test_contents);
    ADD("hierarchy", test_hierarchy);
    return g_test_run();
}
