/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of a folder while something is looked for in it. Those of one order and restriction share a view that the server keeps. */
#pragma once

#include "mapi/sort.h"
#include "session/session.h"

G_BEGIN_DECLS

/* All zero: none is open. */
typedef struct {
    TwSession *session; /* borrowed */
    guint32 table;
} TwTableView;

/* What to open. */
typedef struct {
    TwGuid store;
    guint32 folder;
    const guint32 *columns;
    guint column_count;
    guint32 sorted_by;          /* a tag; 0: not sorted */
    TwRestriction *restriction; /* (nullable) */
} TwTableViewSpec;

/**
 * tw_table_view_open:
 * @view: zeros
 * @session: who looks; outlives the view
 * @spec: what to open
 * @error: as the operations
 *
 * Values are whole: up to a megabyte.
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_view_open(TwTableView *view,
                            TwSession *session,
                            const TwTableViewSpec *spec,
                            GError **error);

/**
 * tw_table_view_clear:
 * @view: a view, or zeros
 */
void tw_table_view_clear(TwTableView *view);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwTableView, tw_table_view_clear)

/**
 * tw_table_view_show:
 * @view: a view
 * @columns: (array length=count): tags
 * @count: how many
 * @error: as the operation
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_view_show(const TwTableView *view,
                            const guint32 *columns,
                            guint count,
                            GError **error);

/**
 * tw_table_view_seek:
 * @view: a view
 * @row: from 0: where the next rows are read
 * @error: as the operation
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_view_seek(const TwTableView *view, guint row, GError **error);

/* Whether a row stands before what is looked for. @cell: its first column; of type ERROR: it has none. */
typedef gboolean (*TwTableViewBefore)(const TwPropValue *cell, gconstpointer data);

/**
 * tw_table_view_bound:
 * @view: a view that is sorted
 * @before: true for the first rows of the table and for no other ones
 * @data: for @before
 * @ret: (out): the first row for which it is not
 * @error: as the operations
 *
 * By halves.
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_view_bound(const TwTableView *view,
                             TwTableViewBefore before,
                             gconstpointer data,
                             guint *ret,
                             GError **error);

G_END_DECLS
