/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Windows of a table without a view: rows in the order of arrival, as they lie in the database. Clients ask for the first
 * window of a folder again and again; so the one that was read last stays with the source until its store changes. As every
 * call on a table takes all that is committed from the stream of changes first, a window that is still there is still right.
 */
#include "store/table-private.h"

void
tw_table_source_drop_page(TwTableSource *source)
{
    TwTablePage *page = g_steal_pointer(&source->page);

    source->noted++;
    if (page == NULL)
        return;
    tw_table_source_count(source, -(gssize) page->bytes);
    g_ptr_array_unref(page->rows);
    g_free(page);
}

/* NULL: another window, or none, is kept. */
static GPtrArray *
find_page(TwTableSource *source, guint64 before, guint max, guint64 *ret_noted)
{
    TW_LOCK_SCOPE(&source->lock);

    *ret_noted = source->noted;
    if (source->page == NULL || source->page->before != before || source->page->max != max)
        return NULL;
    return g_ptr_array_ref(source->page->rows);
}

/* Keeps a window, unless something changed since it was begun. One that finds no room takes it from nobody. */
static void
keep_page(TwTableSource *source, guint64 noted, guint64 before, guint max, GPtrArray *rows)
{
    gssize used = __atomic_load_n(&source->tables->head_bytes, __ATOMIC_RELAXED);
    TW_LOCK_SCOPE(&source->lock);

    if (noted != source->noted || (used >= 0 && (gsize) used >= source->tables->config.head_bytes))
        return;
    tw_table_source_drop_page(source);
    source->page = g_new(TwTablePage, 1);
    *source->page = (TwTablePage){ .before = before, .max = max, .rows = g_ptr_array_ref(rows) };
    for (guint i = 0; i < rows->len; i++)
        source->page->bytes += ((const TwTableRow *) rows->pdata[i])->bytes;
    tw_table_source_count(source, (gssize) source->page->bytes);
}

static GPtrArray *
get_page(TwTableSource *source, guint64 before, guint max, GError **error)
{
    guint64 noted;
    guint total;
    GPtrArray *rows = find_page(source, before, max, &noted);

    if (rows != NULL)
        return rows;
    rows = g_ptr_array_new_with_free_func((GDestroyNotify) tw_table_row_unref);
    if (!source->class_of->page(source, before, max, rows, &total, error)) {
        g_ptr_array_unref(rows);
        return NULL;
    }
    keep_page(source, noted, before, max, rows);
    return rows;
}

TwTableRows *
tw_table_query_page(TwTable *table, guint count, gboolean move, GError **error)
{
    guint64 before = table->page_before != 0 ? table->page_before : (guint64) G_MAXUINT32 + 1;
    g_autofree TwTableRef *refs = NULL;
    g_autoptr(GPtrArray) rows = NULL;

    tw_tables_dispatch(table->tables);
    rows = get_page(table->source, before, count, error);
    if (rows == NULL)
        return NULL;
    refs = g_new0(TwTableRef, MAX(rows->len, 1));
    for (guint i = 0; i < rows->len; i++) {
        TwTableRow *row = rows->pdata[i];
        refs[i] = (TwTableRef){ .number = row->number,
                                .sample = row->number,
                                .row_type = TW_TABLE_ROW_TYPE_LEAF };
        tw_table_row_ref(row); /* it goes to the window */
        if (move)
            table->page_before = row->number;
    }
    return tw_table_give_rows(table, refs, (TwTableRow **) rows->pdata, rows->len, error);
}
