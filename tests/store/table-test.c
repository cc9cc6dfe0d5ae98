/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables, one thing at a time. What they hold all together is shown by table-model-test.c. */
#include "store/table.h"

#include <string.h>

#include "base/error.h"
#include "mapi/keys.h"
#include "mapi/message.h"
#include "mapi/result.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/identity.h"
#include "store/match.h"
#include "support/assert-bytes.h"

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

/* Windows in the order of arrival come from the database, until something needs positions; then the cursor is the same. */
static void
test_pages(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autoptr(GError) error = NULL;
    guint rows, position;

    set_columns(table, PR_SUBJECT, PR_INSTANCE_KEY, PR_ENTRYID, PR_DEPTH, 0);
    for (guint i = 0; i < 7; i++) {
        char subject[2] = { (char) ('a' + i), 0 };
        bed_message(&f->bed, f->folder, subject, 10);
    }
    g_assert_true(tw_table_count(table, &rows, &position, &error));
    g_assert_cmpuint(rows, ==, 7);
    g_assert_cmpuint(position, ==, 0);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(TwTableRows) window = tw_table_query_rows(table, 2, TRUE, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(window->row_count, ==, 2);
        g_assert_cmpint(tw_table_rows_cell(window, 0, 0)->text[0], ==, 'g' - (int) (2 * i));
        g_assert_cmpuint(tw_table_rows_cell(window, 0, 1)->len, ==, TW_INSTANCE_KEY_LEN);
        g_assert_cmpuint(tw_table_rows_cell(window, 0, 2)->len, ==, TW_OBJECT_ID_LEN);
        g_assert_cmpuint(tw_table_rows_cell(window, 0, 3)->u4, ==, 0);
    }
    bed_message(&f->bed, f->folder, "new", 10);
    g_assert_true(tw_table_count(table, &rows, &position, &error));
    g_assert_cmpuint(rows, ==, 8);
    g_assert_cmpuint(position, ==, 5);
    {
        g_autoptr(TwTableRows) window = tw_table_query_rows(table, 100, TRUE, &error);
        g_assert_cmpuint(window->row_count, ==, 3);
        g_assert_cmpint(tw_table_rows_cell(window, 0, 0)->text[0], ==, 'c');
    }
    assert_rows(table, 0, "new|g|f|e|d|c|b|a");
}

/* What a window of the database shows: flags and subjects, "Sa" for one that is read. */
static char *
read_window(TwTable *table)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = tw_table_query_rows(table, 10, FALSE, &error);
    GString *text = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint i = 0; i < rows->row_count; i++)
        g_string_append_printf(
            text, "%s%.*s ", (tw_table_rows_cell(rows, i, 1)->u4 & TW_MSGFLAG_READ) != 0 ? "S" : "",
            (int) tw_table_rows_cell(rows, i, 0)->len, tw_table_rows_cell(rows, i, 0)->text);
    return g_string_free(text, FALSE);
}

#define assert_window(table, expected)                                                             \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autofree char *first_ = read_window(table), *again_ = read_window(table);                \
        g_assert_cmpstr(first_, ==, expected);                                                     \
        g_assert_cmpstr(again_, ==, expected);                                                     \
    }                                                                                              \
    G_STMT_END

/* A window that is asked for again is as the folder is now, also where it was kept. */
static void
test_pages_again(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwFlagChange read = { .flags_set = TW_MSGFLAG_READ };
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autoptr(TwTable) other = open_contents(f, 0);
    g_autoptr(GError) error = NULL;
    guint32 elsewhere = bed_folder(&f->bed, f->bed.root, "Elsewhere");
    guint32 a, b;
    TwMessageSet set;

    set_columns(table, PR_SUBJECT, PR_MESSAGE_FLAGS, PR_ENTRYID, 0);
    set_columns(other, PR_SUBJECT, PR_MESSAGE_FLAGS, PR_ENTRYID, 0);
    assert_window(table, "");
    a = bed_message(&f->bed, f->folder, "a", 10);
    b = bed_message(&f->bed, f->folder, "b", 10);
    assert_window(table, "b a ");
    assert_window(other, "b a ");
    set = (TwMessageSet){ .from = f->folder, .mids = &a, .count = 1 };
    g_assert_true(tw_messages_set_flags(f->bed.store, &set, &read, NULL, &error));
    assert_window(table, "b Sa ");
    bed_message(&f->bed, elsewhere, "x", 10);
    assert_window(table, "b Sa ");
    set.mids = &b;
    g_assert_true(tw_messages_delete(f->bed.store, &set, TRUE, NULL, &error));
    assert_window(other, "Sa ");
    assert_window(table, "Sa ");
}

static void
test_cells(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GString) text = g_string_new(NULL);
    guint8 bytes[TW_TABLE_MAX_BINARY + 1] = { 0 };
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    for (guint i = 0; i <= TW_TABLE_MAX_TEXT; i++)
        g_string_append(text, "ü");
    put_text(object, PR_SUBJECT, text->str);
    put_value(object, tw_value_bytes(0x86030102, bytes, sizeof bytes));
    put_text(object, 0x8604001E, "caf\xe9"); /* 8-bit text is no UTF-8 */
    g_assert_true(tw_message_create(f->bed.store, f->folder, object, NULL, &made, &error));
    for (guint cut = 0; cut < 2; cut++) {
        g_autoptr(TwTable) table = open_contents(f, cut != 0 ? 0 : TW_TABLE_NO_CUT);
        g_autoptr(TwTableRows) rows = NULL;
        set_columns(table, PR_SUBJECT, 0x86030102, 0x8604001F, 0x3FEE0000, PR_HTML, PR_ACCESS,
                    0x0037001E, 0x00370003, 0);
        rows = tw_table_query_rows(table, 1, TRUE, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 0)->len, ==,
                         2 * (TW_TABLE_MAX_TEXT + 1 - cut));
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 1)->len, ==, sizeof bytes - cut);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 2)->tag, ==, 0x8604001F);
        assert_bytes(tw_table_rows_cell(rows, 0, 2)->text, tw_table_rows_cell(rows, 0, 2)->len,
                     "caf\xc3\xa9", 5);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 3)->tag, ==, 0x3FEE000A);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 3)->u4, ==, MAPI_E_NOT_FOUND);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 4)->tag, ==, 0x1013000A);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 5)->u4, ==, 7);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 6)->tag, ==, 0x0037001E);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 7)->tag, ==, 0x0037000A);
    }
}

/* What a client may send: refused, with nothing changed and nothing spent. */
static void
test_bad_input(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_list[] = { { 0x8601101F, TW_SORT_ASCENDING } };
    static const TwSortKey by_value[] = { { 0x8601301F, TW_SORT_ASCENDING } };
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autofree guint32 *tags = g_new0(guint32, TW_TABLE_MAX_COLUMNS + 1);
    static const guint32 two_instances[] = { 0x8601301F, 0x8602301F };
    guint8 key[9] = { 0 };
    guint bookmark, more;
    g_autoptr(GError) error = NULL;
    TwSortOrder order;

    bed_message(&f->bed, f->folder, "one", 10);
    g_assert_true(tw_table_set_columns(table, tags, TW_TABLE_MAX_COLUMNS, NULL));
    g_assert_false(tw_table_set_columns(table, tags, TW_TABLE_MAX_COLUMNS + 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_assert_false(tw_table_set_columns(table, two_instances, 2, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    set_columns(table, PR_SUBJECT, 0x8602301F, 0);
    g_assert_true(tw_sort_order_set(by_list, 1, 0, 0, &order, NULL));
    g_assert_false(tw_table_sort(table, &order, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    g_assert_true(tw_sort_order_set(by_value, 1, 0, 0, &order, NULL));
    g_assert_false(tw_table_sort(table, &order, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);

    g_assert_false(tw_table_seek_fraction(table, 1, 0, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_table_seek(table, 77, 0, NULL, NULL, &error));
    g_assert_error(error, TW_MAPI_ERROR, (int) MAPI_E_INVALID_BOOKMARK);
    g_assert_cmpuint(tw_error_to_mapi(error), ==, MAPI_E_INVALID_BOOKMARK);
    g_clear_error(&error);
    g_assert_true(tw_table_seek(table, TW_BOOKMARK_BEGIN, G_MAXINT64, NULL, NULL, &error));
    g_assert_true(tw_table_seek(table, TW_BOOKMARK_END, G_MININT64, NULL, NULL, &error));
    for (guint i = 0; i < TW_TABLE_MAX_BOOKMARKS; i++)
        g_assert_true(tw_table_create_bookmark(table, &bookmark, &error));
    g_assert_false(tw_table_create_bookmark(table, &bookmark, &error));
    g_assert_error(error, TW_MAPI_ERROR, (int) MAPI_E_UNABLE_TO_COMPLETE);
    g_clear_error(&error);
    for (gsize len = 0; len <= sizeof key; len++) {
        g_assert_null(tw_table_expand_row(table, key, len, 1, &more, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        g_clear_error(&error);
        g_assert_false(tw_table_collapse_row(table, key, len, &more, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
        g_clear_error(&error);
    }
    g_assert_false(tw_table_set_collapse_state(table, key, sizeof key, &bookmark, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
}

static void
test_budget(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GError) error = NULL;
    TwTables *tables;
    TwTable *table;
    guint rows;

    config.search_cost = 100;
    tables = tw_tables_new(f->bed.engine, &config, NULL, NULL);
    for (guint i = 0; i < 20; i++)
        bed_message(&f->bed, f->folder, "one", 10);
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    for (guint i = 0; i < 9; i++)
        tw_restriction_builder_exist(&builder, PR_SUBJECT);
    tw_restriction_builder_end(&builder);
    restriction = tw_restriction_builder_finish(&builder, NULL);
    table = tw_table_open_contents(tables, f->bed.store, f->folder, 0, NULL, &error);
    tw_table_restrict(table, restriction);
    g_assert_false(tw_table_count(table, &rows, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_COMPLEX);
    g_clear_error(&error);
    tw_table_restrict(table, NULL);
    g_assert_true(tw_table_count(table, &rows, NULL, &error));
    g_assert_cmpuint(rows, ==, 20);
    g_assert_false(tw_table_find_row(table, TW_BOOKMARK_END, FALSE, restriction, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    tw_table_free(table);
    tw_tables_free(tables);
}

/* Sorts and restrictions take bookmarks away; a bookmark whose row is gone is none. */
static void
test_stale_bookmarks(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_subject[] = { { PR_SUBJECT, TW_SORT_ASCENDING } };
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autoptr(GError) error = NULL;
    guint32 mids[3];
    guint bookmark;
    gboolean moved;
    TwMessageSet set = { f->folder, &mids[1], 1 };

    for (guint i = 0; i < 3; i++) {
        char subject[2] = { (char) ('a' + i), 0 };
        mids[i] = bed_message(&f->bed, f->folder, subject, 10);
    }
    set_columns(table, PR_SUBJECT, 0);
    sort_by(table, 0, 0, 1, by_subject);
    g_assert_true(tw_table_seek(table, TW_BOOKMARK_BEGIN, 1, NULL, NULL, &error));
    g_assert_true(tw_table_create_bookmark(table, &bookmark, &error));
    {
        g_autoptr(TwObject) object = tw_message_read(f->bed.store, mids[1], NULL, &error);
        guint64 cn;
        put_text(object, PR_SUBJECT, "z");
        g_assert_true(tw_message_save(f->bed.store, mids[1], 0, object, 0, &cn, &error));
    }
    g_assert_true(tw_table_seek(table, bookmark, 0, NULL, &moved, &error));
    g_assert_true(moved);
    g_assert_true(tw_messages_delete(f->bed.store, &set, FALSE, NULL, &error));
    g_assert_false(tw_table_seek(table, bookmark, 0, NULL, &moved, &error));
    g_assert_error(error, TW_MAPI_ERROR, (int) MAPI_E_INVALID_BOOKMARK);
    g_clear_error(&error);
    g_assert_true(tw_table_create_bookmark(table, &bookmark, &error));
    tw_table_restrict(table, NULL);
    g_assert_false(tw_table_seek(table, bookmark, 0, NULL, &moved, &error));
}

static GArray *
take(TwTable *table)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    GArray *events = tw_table_take_events(table, &rows, &error);

    g_assert_no_error(error);
    return events;
}

static void
test_events(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GError) error = NULL;
    guint32 mids[12];
    TwMessageSet set = { f->folder, mids, G_N_ELEMENTS(mids) };
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ };

    set_columns(table, PR_INSTANCE_KEY, PR_SUBJECT, 0);
    g_assert_true(tw_table_subscribe(table, 42, &error));
    for (guint i = 0; i < G_N_ELEMENTS(mids); i++) {
        g_autoptr(GArray) events = NULL;
        mids[i] = bed_message(&f->bed, f->folder, "x", 10);
        g_array_set_size(tokens, 0);
        tw_tables_pump(f->tables, tokens);
        g_assert_cmpuint(tokens->len, ==, 1);
        g_assert_cmpuint(g_array_index(tokens, guint64, 0), ==, 42);
        tw_tables_pump(f->tables, tokens); /* told once */
        g_assert_cmpuint(tokens->len, ==, 1);
        events = take(table);
        g_assert_cmpuint(events->len, ==, 1);
        g_assert_cmpint(g_array_index(events, TwTableEvent, 0).kind, ==, TW_TABLE_ROW_ADDED);
        g_assert_false(g_array_index(events, TwTableEvent, 0).has_prior); /* newest first */
        g_assert_cmpint(g_array_index(events, TwTableEvent, 0).row, ==, 0);
    }
    g_assert_true(tw_messages_set_flags(f->bed.store, &set, &change, NULL, &error));
    {
        g_autoptr(GArray) events = take(table);
        g_assert_cmpuint(events->len, ==, 1);
        g_assert_cmpint(g_array_index(events, TwTableEvent, 0).kind, ==, TW_TABLE_CHANGED);
    }
    set.count = 2;
    g_assert_true(tw_messages_delete(f->bed.store, &set, TRUE, NULL, &error));
    {
        g_autoptr(GArray) events = take(table);
        g_assert_cmpuint(events->len, ==, 2);
        g_assert_cmpint(g_array_index(events, TwTableEvent, 1).kind, ==, TW_TABLE_ROW_DELETED);
    }
    g_assert_true(tw_table_subscribe(table, 0, &error));
    bed_message(&f->bed, f->folder, "x", 10);
    {
        g_autoptr(GArray) events = take(table);
        g_assert_cmpuint(events->len, ==, 0);
    }
}

static gboolean
see_some(guint32 folder, TwTableAccess *ret, gpointer data)
{
    ret->rights = 0x401;
    ret->access = 2;
    return folder != *(const guint32 *) data;
}

static void
test_hierarchy_rights(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_name[] = { { PR_DISPLAY_NAME, TW_SORT_ASCENDING } };
    guint32 hidden = bed_folder(&f->bed, f->bed.root, "Hidden");
    TwTableCaller caller = { .see = see_some, .data = &hidden };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTable) table =
        tw_table_open_hierarchy(f->tables, f->bed.store, f->bed.root, 0, &caller, &error);
    g_autoptr(TwTable) deleted = tw_table_open_hierarchy(f->tables, f->bed.store, f->bed.root,
                                                         TW_TABLE_SOFT_DELETED, NULL, &error);

    bed_folder(&f->bed, hidden, "Below");
    set_columns(table, PR_DISPLAY_NAME, PR_RIGHTS, PR_ACCESS, 0);
    sort_by(table, 0, 0, 1, by_name);
    assert_rows(table, 0, "Inbox");
    assert_rows(table, 1, "1025");
    assert_rows(table, 2, "2");
    set_columns(deleted, PR_DISPLAY_NAME, 0);
    assert_rows(deleted, 0, "");
    g_assert_true(tw_folder_delete(f->bed.store, hidden, TRUE, &error));
    assert_rows(deleted, 0, "Hidden");
    g_assert_true(tw_folder_rename(f->bed.store, f->folder, "Posteingang", &error));
    assert_rows(table, 0, "Posteingang");
    hidden = f->folder;
    tw_table_refresh(table);
    assert_rows(table, 0, "");
    g_assert_null(tw_table_open_hierarchy(f->tables, f->bed.store, 0x7fffffff, 0, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static void
test_children(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(TwObject) message = make_message();
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTable) recipients =
        tw_table_open_children(f->tables, message, TW_OBJECT_RECIPIENT, 0, NULL, &error);
    g_autoptr(TwTable) attachments =
        tw_table_open_children(f->tables, message, TW_OBJECT_ATTACHMENT, 0, NULL, &error);

    set_columns(recipients, PR_DISPLAY_NAME, PR_RECIPIENT_TYPE, 0);
    assert_rows(recipients, 0, "Grace Hopper|Alan Turing");
    assert_rows(recipients, 1, "1|2");
    set_columns(attachments, PR_ATTACH_NUM, PR_ATTACH_LONG_FILENAME, PR_ATTACH_DATA_BIN, 0);
    assert_rows(attachments, 0, "0|1");
    {
        g_autoptr(TwTableRows) rows = NULL;
        g_assert_true(tw_table_seek(attachments, TW_BOOKMARK_BEGIN, 0, NULL, NULL, NULL));
        rows = tw_table_query_rows(attachments, 1, TRUE, &error);
        g_assert_cmpuint(tw_table_rows_cell(rows, 0, 2)->u4, ==, MAPI_E_NOT_ENOUGH_MEMORY);
    }
}

static void
test_receive_folders(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTable) table = tw_table_open_receive_folders(f->tables, f->bed.store, NULL, &error);

    g_assert_no_error(error);
    set_columns(table, PR_MESSAGE_CLASS, 0);
    assert_rows(table, 0, "");
    g_assert_true(tw_store_set_receive_folder(f->bed.store, "", f->folder, &error));
    g_assert_true(tw_store_set_receive_folder(f->bed.store, "IPM.Note", f->folder, &error));
    assert_rows(table, 0, "|IPM.Note");
    g_assert_true(tw_store_set_receive_folder(f->bed.store, "IPM.Note", 0, &error));
    assert_rows(table, 0, "");
}

static GBytes *
name_bag(const char *name)
{
    g_auto(TwPropsBuilder) builder;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_str(PR_DISPLAY_NAME, name));
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static void
test_bags(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = { "carol", "alice", "bob" };
    static const TwSortKey by_name[] = { { PR_DISPLAY_NAME, TW_SORT_DESCENDING } };
    TwTableBags *bags = tw_table_bags_new(f->tables, FALSE);
    g_autoptr(TwTable) table = tw_table_open_bags(bags, 0, NULL);
    g_autoptr(GBytes) bad = g_bytes_new("no bag", 6);
    g_autoptr(GArray) columns = NULL;
    g_autoptr(GError) error = NULL;

    set_columns(table, PR_DISPLAY_NAME, 0);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) bag = name_bag(names[i]);
        g_assert_true(tw_table_bags_set(bags, i + 1, bag, &error));
    }
    assert_rows(table, 0, "carol|alice|bob");
    sort_by(table, 0, 0, 1, by_name);
    assert_rows(table, 0, "carol|bob|alice");
    g_assert_true(tw_table_bags_set(bags, 1, NULL, &error));
    assert_rows(table, 0, "bob|alice");
    g_assert_false(tw_table_bags_set(bags, 9, bad, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    columns = tw_table_list_columns(table, &error);
    g_assert_cmpuint(columns->len, ==, 3);
    tw_table_bags_clear(bags);
    assert_rows(table, 0, "");
    tw_table_bags_unref(bags);
}

static void
test_gone_folder(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const TwSortKey by_subject[] = { { PR_SUBJECT, TW_SORT_ASCENDING } };
    g_autoptr(TwTable) table = open_contents(f, 0);
    g_autoptr(TwTable) other = open_contents(f, 0);
    g_autoptr(GError) error = NULL;
    guint rows;

    bed_message(&f->bed, f->folder, "one", 10);
    set_columns(table, PR_SUBJECT, 0);
    sort_by(table, 0, 0, 1, by_subject);
    assert_rows(table, 0, "one");
    g_assert_true(tw_folder_delete(f->bed.store, f->folder, FALSE, &error));
    assert_rows(table, 0, "");
    sort_by(other, 0, 0, 1, by_subject);
    g_assert_true(tw_table_count(other, &rows, NULL, NULL)); /* shares the view */
    tw_table_restrict(other, NULL);
    g_assert_null(tw_table_open_contents(f->tables, f->bed.store, 0x7fffffff, 0, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static void
test_identity(void)
{
    TwGuid store;
    guint8 id[TW_OBJECT_ID_LEN];
    TwObjectId parsed;
    guint32 number = 0;

    tw_guid_random(&store);
    tw_identity_entry_id(&store, TW_OBJECT_ID_MESSAGE, 0x12345678, id);
    g_assert_true(tw_object_id_parse(id, sizeof id, &parsed, NULL));
    g_assert_true(tw_identity_number(&parsed, &number));
    g_assert_cmpuint(number, ==, 0x12345678);
    tw_guid_random(&parsed.unique);
    g_assert_false(tw_identity_number(&parsed, &number));
    tw_identity_entry_id(&store, TW_OBJECT_ID_STORE, 0, id);
    g_assert_true(tw_object_id_parse(id, sizeof id, &parsed, NULL));
    g_assert_false(tw_identity_number(&parsed, &number));
}

/* ---- what of a restriction flags decide by themselves ---- */

typedef struct {
    const char *name;
    TwRestrictionKind kind; /* AND, OR, NOT: around the two; BITMASK: the first alone */
    struct {
        gboolean some;
        guint32 tag, mask;
    } bits[2];
    guint32 mask, value;
} FlagsCase;

static const FlagsCase flags_cases[] = {
    { "unread", TW_RES_BITMASK, { { FALSE, PR_MESSAGE_FLAGS, 1 } }, 1, 0 },
    { "read", TW_RES_BITMASK, { { TRUE, PR_MESSAGE_FLAGS, 1 } }, 1, 1 },
    { "none of two", TW_RES_BITMASK, { { FALSE, PR_MESSAGE_FLAGS, 3 } }, 3, 0 },
    { "one of two", TW_RES_BITMASK, { { TRUE, PR_MESSAGE_FLAGS, 3 } }, 0, 0 },
    { "another property", TW_RES_BITMASK, { { FALSE, PR_MSG_STATUS, 1 } }, 0, 0 },
    { "both", TW_RES_AND, { { TRUE, PR_MESSAGE_FLAGS, 2 }, { FALSE, PR_MESSAGE_FLAGS, 1 } }, 3, 2 },
    { "half", TW_RES_AND, { { TRUE, PR_MSG_STATUS, 2 }, { FALSE, PR_MESSAGE_FLAGS, 1 } }, 1, 0 },
    { "never",
      TW_RES_AND,
      { { TRUE, PR_MESSAGE_FLAGS, 1 }, { FALSE, PR_MESSAGE_FLAGS, 1 } },
      1,
      1 },
    { "either",
      TW_RES_OR,
      { { TRUE, PR_MESSAGE_FLAGS, 2 }, { FALSE, PR_MESSAGE_FLAGS, 1 } },
      0,
      0 },
};

static void
test_flags_filter(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(flags_cases); i++) {
        const FlagsCase *tc = &flags_cases[i];
        g_auto(TwRestrictionBuilder) builder;
        g_autoptr(TwRestriction) restriction = NULL;
        guint count = tc->kind == TW_RES_BITMASK ? 1 : 2;
        TwFlagsFilter filter = { 0, 0 };

        g_test_message("%s", tc->name);
        tw_restriction_builder_init(&builder);
        if (count > 1)
            tw_restriction_builder_begin(&builder, tc->kind, 0);
        for (guint k = 0; k < count; k++)
            tw_restriction_builder_bitmask(&builder, tc->bits[k].some, tc->bits[k].tag,
                                           tc->bits[k].mask);
        if (count > 1)
            tw_restriction_builder_end(&builder);
        restriction = tw_restriction_builder_finish(&builder, NULL);
        tw_match_flags(restriction, &filter);
        g_assert_cmphex(filter.mask, ==, tc->mask);
        g_assert_cmphex(filter.value, ==, tc->value);
        tw_match_flags(NULL, &filter);
        g_assert_cmphex(filter.mask, ==, tc->mask);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
#define ADD(path, func) g_test_add("/store/table/" path, Fixture, NULL, set_up, func, tear_down)
    ADD("contents", test_contents);
    ADD("hierarchy", test_hierarchy);
    ADD("hierarchy-rights", test_hierarchy_rights);
    ADD("pages", test_pages);
    ADD("pages-again", test_pages_again);
    ADD("cells", test_cells);
    ADD("bad-input", test_bad_input);
    ADD("budget", test_budget);
    ADD("stale-bookmarks", test_stale_bookmarks);
    ADD("events", test_events);
    ADD("children", test_children);
    ADD("receive-folders", test_receive_folders);
    ADD("bags", test_bags);
    ADD("gone-folder", test_gone_folder);
    g_test_add_func("/store/table/identity", test_identity);
    g_test_add_func("/store/table/flags-filter", test_flags_filter);
    return g_test_run();
}
