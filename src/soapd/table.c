/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls on tables that are open; table-open.c opens them. Source: spec/mapi-soap.md 8. */
#include "soapd/soapd-private.h"

/* ---- rows ---- */

static void
free_rows(gpointer rows)
{
    tw_table_rows_free(rows);
}

gboolean
tw_soapd_give_rows(TwSoapdCall *call, TwTableRows *rows, TwSoapRowSet *ret, GError **error)
{
    tw_soapd_keep(call, rows, free_rows);
    if (!tw_soapd_alloc(call, rows->row_count, sizeof *ret->items, &ret->items, error))
        return FALSE;
    for (guint i = 0; i < rows->row_count; i++) {
        ret->items[i].items = &rows->cells[(gsize) i * rows->column_count];
        ret->items[i].count = rows->column_count;
    }
    ret->count = rows->row_count;
    return TRUE;
}

/* ---- opening ---- */

gboolean
tw_soapd_table_open(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableOpenArgs *args = data;
    TwSoapTableOpenResponse *ret = out;
    TwSoapTableOpenRequest how = { .sEntryId = args->sEntryId,
                                   .ulTableType = args->ulTableType,
                                   .ulType = args->ulType,
                                   .ulFlags = args->ulFlags };

    return tw_soapd_open_table(call, &how, &ret->ulTableId, error);
}

gboolean
tw_soapd_table_close(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableCloseArgs *args = data;
    g_auto(TwTableCloseArgs) close_it = { .table = args->ulTableId };

    (void) out;
    (void) error;
    tw_lock(&call->client->lock);
    g_hash_table_remove(call->client->tables, GUINT_TO_POINTER(args->ulTableId));
    g_hash_table_remove(call->client->queues, GUINT_TO_POINTER(args->ulTableId));
    tw_unlock(&call->client->lock);
    /* one that is not there is closed, too */
    (void) tw_session_table_close(call->session, &close_it, NULL);
    return TRUE;
}

/* ---- setting up ---- */

static gboolean
set_columns(TwSoapdCall *call, guint32 table, const TwSoapPropTagArray *columns, GError **error)
{
    g_auto(TwTableSetupArgs) setup = { .table = table };

    if (columns == NULL || columns->count == 0)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    setup.columns = (TwNumbers){ columns->items, columns->count };
    return tw_session_table_setup(call->session, &setup, error);
}

static gboolean
sort_table(TwSoapdCall *call,
           guint32 table,
           const TwSoapSortOrderArray *keys,
           guint32 categories,
           guint32 expanded,
           GError **error)
{
    g_auto(TwTableSetupArgs) setup = { .table = table };
    TwSortOrder order;

    if (!tw_soap_sort_order_get(keys, categories, expanded, &order, error))
        return FALSE;
    setup.order = &order;
    return tw_session_table_setup(call->session, &setup, error);
}

static gboolean
restrict_table(TwSoapdCall *call, guint32 table, const TwSoapRestrictTable *how, GError **error)
{
    g_autoptr(TwRestriction) restriction = NULL;
    g_auto(TwTableSetupArgs) setup = { .table = table, .restrict_rows = TRUE };

    if (how != NULL) {
        restriction = tw_soap_restriction_new(how, error);
        if (restriction == NULL)
            return FALSE;
    }
    setup.restriction = restriction;
    return tw_session_table_setup(call->session, &setup, error);
}

static gboolean
query_rows(TwSoapdCall *call,
           guint32 table,
           guint32 count,
           guint32 flags,
           TwSoapRowSet *ret,
           GError **error)
{
    enum {
        STAY = 1
    };
    g_auto(TwTableRowsArgs)
        query = { .table = table, .count = (gint32) count, .stay = (flags & STAY) != 0 };

    tw_soapd_queue_refresh(call, table);
    return tw_session_table_rows(call->session, &query, error) &&
           tw_soapd_give_rows(call, g_steal_pointer(&query.rows), ret, error);
}

gboolean
tw_soapd_table_set_columns(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableSetColumnsArgs *args = data;

    (void) out;
    return set_columns(call, args->ulTableId, args->aPropTag, error);
}

gboolean
tw_soapd_table_query_columns(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        ALL = 1
    };
    const TwSoapTableQueryColumnsArgs *args = data;
    TwSoapTableQueryColumnsResponse *ret = out;
    g_auto(TwTableColumnsArgs)
        ask = { .table = args->ulTableId, .all = (args->ulFlags & ALL) != 0 };

    if (!tw_session_table_columns(call->session, &ask, error))
        return FALSE;
    ret->sPropTagArray.items = (guint32 *) (void *) ask.columns->data;
    ret->sPropTagArray.count = ask.columns->len;
    tw_soapd_keep(call, g_steal_pointer(&ask.columns), (GDestroyNotify) g_array_unref);
    return TRUE;
}

gboolean
tw_soapd_table_sort(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableSortArgs *args = data;

    (void) out;
    return sort_table(call, args->ulTableId, args->aSortOrder, args->ulCategories, args->ulExpanded,
                      error);
}

gboolean
tw_soapd_table_restrict(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableRestrictArgs *args = data;

    (void) out;
    return restrict_table(call, args->ulTableId, args->lpRestrict, error);
}

gboolean
tw_soapd_table_query_rows(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableQueryRowsArgs *args = data;
    TwSoapTableQueryRowsResponse *ret = out;

    return query_rows(call, args->ulTableId, args->ulRowCount, args->ulFlags, &ret->sRowSet, error);
}

/* In this order, whatever the order of the request: spec/mapi-soap.md 8.2. */
gboolean
tw_soapd_table_multi(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        NO_RESTRICTION = 1
    };
    const TwSoapTableMultiRequest *request = &((const TwSoapTableMultiArgs *) data)->sRequest;
    TwSoapTableMultiResponse *ret = out;
    guint32 table = request->ulTableId;

    if (request->lpOpen != NULL) {
        if (!tw_soapd_open_table(call, request->lpOpen, &table, error))
            return FALSE;
        ret->ulTableId = table;
    }
    if (request->lpSort != NULL &&
        !sort_table(call, table, &request->lpSort->sSortOrder, request->lpSort->ulCategories,
                    request->lpSort->ulExpanded, error))
        return FALSE;
    if (request->lpSetColumns != NULL && !set_columns(call, table, request->lpSetColumns, error))
        return FALSE;
    if ((request->lpRestrict != NULL || (request->ulFlags & NO_RESTRICTION) != 0) &&
        !restrict_table(call, table, request->lpRestrict, error))
        return FALSE;
    return request->lpQueryRows == NULL ||
           query_rows(call, table, request->lpQueryRows->ulCount, request->lpQueryRows->ulFlags,
                      &ret->sRowSet, error);
}

/* ---- positions ---- */

gboolean
tw_soapd_table_get_row_count(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableGetRowCountArgs *args = data;
    TwSoapTableGetRowCountResponse *ret = out;
    g_auto(TwTableCountArgs) count = { .table = args->ulTableId };

    tw_soapd_queue_refresh(call, args->ulTableId);
    if (!tw_session_table_count(call->session, &count, error))
        return FALSE;
    ret->ulCount = count.rows;
    ret->ulRow = count.position;
    return TRUE;
}

gboolean
tw_soapd_table_seek_row(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableSeekRowArgs *args = data;
    TwSoapTableSeekRowResponse *ret = out;
    g_auto(TwTableSeekArgs)
        seek = { .table = args->ulTableId, .bookmark = args->ulBookmark, .count = args->lRowCount };

    tw_soapd_queue_refresh(call, args->ulTableId);
    if (!tw_session_table_seek(call->session, &seek, error))
        return FALSE;
    ret->lRowsSought = (gint32) seek.sought;
    if (seek.moved)
        ret->er = TW_SOAP_RESULT_POSITION_CHANGED;
    return TRUE;
}

gboolean
tw_soapd_table_find_row(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    enum {
        BACKWARD = 1
    };
    const TwSoapTableFindRowArgs *args = data;
    g_autoptr(TwRestriction) restriction = tw_soap_restriction_new(args->lpsRestrict, error);
    g_auto(TwTableFindArgs) find = { .table = args->ulTableId,
                                     .bookmark = args->ulBookmark,
                                     .backward = (args->ulFlags & BACKWARD) != 0,
                                     .restriction = restriction };

    (void) out;
    return restriction != NULL && tw_session_table_find(call->session, &find, error);
}

gboolean
tw_soapd_table_create_bookmark(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableCreateBookmarkArgs *args = data;
    TwSoapTableBookmarkResponse *ret = out;
    g_auto(TwTableBookmarkArgs) make = { .table = args->ulTableId };

    if (!tw_session_table_bookmark(call->session, &make, error))
        return FALSE;
    ret->ulbkPosition = make.bookmark;
    return TRUE;
}

gboolean
tw_soapd_table_free_bookmark(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableFreeBookmarkArgs *args = data;
    g_auto(TwTableBookmarkFreeArgs)
        free_it = { .table = args->ulTableId, .bookmark = args->ulbkPosition };

    (void) out;
    return tw_session_table_bookmark_free(call->session, &free_it, error);
}

/* ---- categories ---- */

gboolean
tw_soapd_table_expand_row(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableExpandRowArgs *args = data;
    TwSoapTableExpandRowResponse *ret = out;
    g_autoptr(GBytes) key = tw_soapd_take_bytes(args->sInstanceKey);
    g_auto(TwTableExpandArgs)
        expand = { .table = args->ulTableId, .key = key, .most = args->ulRowCount };

    if (!tw_session_table_expand(call->session, &expand, error))
        return FALSE;
    ret->ulMoreRows = expand.more;
    return tw_soapd_give_rows(call, g_steal_pointer(&expand.rows), &ret->rowSet, error);
}

gboolean
tw_soapd_table_collapse_row(TwSoapdCall *call, gconstpointer data, gpointer out, GError **error)
{
    const TwSoapTableCollapseRowArgs *args = data;
    TwSoapTableCollapseRowResponse *ret = out;
    g_autoptr(GBytes) key = tw_soapd_take_bytes(args->sInstanceKey);
    g_auto(TwTableCollapseArgs) collapse = { .table = args->ulTableId, .key = key };

    if (!tw_session_table_collapse(call->session, &collapse, error))
        return FALSE;
    ret->ulRows = collapse.hidden;
    return TRUE;
}

/* The state is opaque to clients; ours is not the peer's XML. */
gboolean
tw_soapd_table_get_collapse_state(TwSoapdCall *call,
                                  gconstpointer data,
                                  gpointer out,
                                  GError **error)
{
    const TwSoapTableGetCollapseStateArgs *args = data;
    TwSoapTableGetCollapseStateResponse *ret = out;
    g_autoptr(GBytes) key = tw_soapd_take_bytes(args->sBookmark);
    g_auto(TwTableStateArgs) ask = { .table = args->ulTableId, .key = key };

    if (!tw_session_table_state(call->session, &ask, error))
        return FALSE;
    ret->sCollapseState = tw_soapd_give_bytes(call, g_steal_pointer(&ask.state));
    return TRUE;
}

gboolean
tw_soapd_table_set_collapse_state(TwSoapdCall *call,
                                  gconstpointer data,
                                  gpointer out,
                                  GError **error)
{
    const TwSoapTableSetCollapseStateArgs *args = data;
    TwSoapTableSetCollapseStateResponse *ret = out;
    g_autoptr(GBytes) state = tw_soapd_take_bytes(args->sCollapseState);
    g_auto(TwTableStateSetArgs) set = { .table = args->ulTableId, .state = state };

    if (!tw_session_table_state_set(call->session, &set, error))
        return FALSE;
    ret->ulBookmark = set.bookmark;
    return TRUE;
}
