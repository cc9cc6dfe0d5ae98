/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "groupware/table-view.h"

gboolean
tw_table_view_open(TwTableView *view,
                   TwSession *session,
                   const TwTableViewSpec *spec,
                   GError **error)
{
    g_auto(TwTableOpenArgs)
        open = { .store = spec->store, .folder = spec->folder, .flags = TW_TABLE_NO_CUT };
    TwSortOrder order = { .count = spec->sorted_by != 0 ? 1 : 0 };
    g_auto(TwTableSetupArgs) setup = { .columns = { spec->columns, spec->column_count },
                                       .order = spec->sorted_by != 0 ? &order : NULL,
                                       .restrict_rows = spec->restriction != NULL,
                                       .restriction = spec->restriction };

    order.keys[0] = (TwSortKey){ spec->sorted_by, TW_SORT_ASCENDING };
    view->session = session;
    if (!tw_session_table_open(session, &open, error))
        return FALSE;
    view->table = setup.table = open.table;
    return tw_session_table_setup(session, &setup, error);
}

void
tw_table_view_clear(TwTableView *view)
{
    g_auto(TwTableCloseArgs) args = { .table = view->table };

    if (view->table != 0)
        (void) tw_session_table_close(view->session, &args, NULL);
    view->table = 0;
}

gboolean
tw_table_view_show(const TwTableView *view, const guint32 *columns, guint count, GError **error)
{
    g_auto(TwTableSetupArgs) args = { .table = view->table, .columns = { columns, count } };

    return tw_session_table_setup(view->session, &args, error);
}

gboolean
tw_table_view_seek(const TwTableView *view, guint row, GError **error)
{
    g_auto(TwTableSeekArgs) args = { .table = view->table, .count = row };

    return tw_session_table_seek(view->session, &args, error);
}

gboolean
tw_table_view_bound(const TwTableView *view,
                    TwTableViewBefore before,
                    gconstpointer data,
                    guint *ret,
                    GError **error)
{
    g_auto(TwTableCountArgs) count = { .table = view->table };
    guint low = 0, high;

    if (!tw_session_table_count(view->session, &count, error))
        return FALSE;
    for (high = count.rows; low < high;) {
        guint middle = low + (high - low) / 2;
        g_auto(TwTableRowsArgs) args = { .table = view->table, .count = 1, .stay = TRUE };

        if (!tw_table_view_seek(view, middle, error) ||
            !tw_session_table_rows(view->session, &args, error))
            return FALSE;
        if (args.rows->row_count == 0) /* it became shorter */
            high = middle;
        else if (before(tw_table_rows_cell(args.rows, 0, 0), data))
            low = middle + 1;
        else
            high = middle;
    }
    *ret = low;
    return TRUE;
}
