/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tables: rows of a folder, a message, a directory; any columns, restrictions, sorts, categories; live.
 *
 *     TwTables *tables = tw_tables_new(engine, NULL, NULL, NULL);
 *     g_autoptr(TwTable) table = tw_table_open_contents(tables, store, folder, 0, NULL, &error);
 *     tw_table_set_columns(table, tags, count, &error);
 *     tw_table_sort(table, &order, &error);
 *     g_autoptr(TwTableRows) rows = tw_table_query_rows(table, 50, TRUE, &error);
 *
 * A table shows what was committed before the call. A TwTable is used by one thread at a time; different tables, also of one
 * folder, by any number. Sources: spec/mapi-soap.md 8 and 10.4, STORAGE.md 3.
 */
#pragma once

#include "mapi/sort.h"
#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_TABLE_MAX_COLUMNS = 4096,  /* of one table: each is a cell in every row */
    TW_TABLE_MAX_BOOKMARKS = 100, /* spec/mapi-soap.md 19.8 */
    TW_TABLE_MAX_TEXT = 255,      /* characters of a cell, unless opened with NO_CUT */
    TW_TABLE_MAX_BINARY = 511,    /* bytes of one */
    TW_TABLE_MAX_VALUE =
        1 << 20, /* bytes of one, even so; a longer value is MAPI_E_NOT_ENOUGH_MEMORY */
    TW_TABLE_MAX_STATE = 1 << 20, /* bytes of a collapse state */
    TW_TABLE_MAX_TOGGLED = 4096,  /* headings in one */
};

/* The tables of an engine: what they share. */
typedef struct TwTables TwTables;
typedef struct TwTable TwTable;

typedef struct {
    gsize head_bytes; /* heads kept of open folders, all together */
    guint64
        spill_bytes; /* of files for heads of large folders that have no room in memory, all together */
    guint spill_rows; /* a folder with fewer rows has none */
    gsize view_bytes; /* views kept, all together; what open tables need now is not counted out */
    gsize view_bytes_max; /* one view; a larger one is TW_ERROR_TOO_COMPLEX */
    guint64
        search_cost; /* of one restriction over one table: nodes x rows, and 200 a message that has to be loaded */
    gint64 search_us; /* and so long at most */
    guint events_max; /* events kept for one table; more are one CHANGED */
    guint
        events_merge; /* rows that changed at once; so many are one CHANGED (spec/mapi-soap.md 10.4) */
    guint cells_max;    /* cells of one answer; the rest is to be asked for again */
    guint idle_sources; /* folders whose views are kept though no table shows them */
} TwTablesConfig;

/** TW_TABLES_CONFIG_INIT: a #TwTablesConfig that fits a server. */
#define TW_TABLES_CONFIG_INIT                                                                      \
    {                                                                                              \
        .head_bytes = 64u << 20, .spill_bytes = G_GUINT64_CONSTANT(1) << 30, .spill_rows = 5000,   \
        .view_bytes = 256u << 20, .view_bytes_max = 512u << 20,                                    \
        .search_cost = G_GUINT64_CONSTANT(400000000), .search_us = (gint64) 10 * G_USEC_PER_SEC,   \
        .events_max = 256, .events_merge = 10, .cells_max = 4000000, .idle_sources = 256           \
    }

/**
 * tw_tables_new:
 * @engine: an engine; closed after what this returns was freed
 * @config: (nullable): limits; NULL: those of TW_TABLES_CONFIG_INIT
 * @wake: (nullable): called when there may be something for tw_tables_pump(); on a writer thread: be brief, call nothing of
 *   store/
 * @data: for @wake
 *
 * Returns: (transfer full): the tables
 */
TwTables *tw_tables_new(TwEngine *engine,
                        const TwTablesConfig *config,
                        TwSubscriptionWake wake,
                        gpointer data);

/**
 * tw_tables_free:
 * @tables: (nullable) (transfer full): of which no table is open any more
 */
void tw_tables_free(TwTables *tables);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTables, tw_tables_free)

/**
 * tw_tables_pump:
 * @tables: the tables
 * @ret_tokens: (element-type guint64): takes the tokens of the tables that have something for tw_table_take_events() and did not
 *   say so since it was called last
 *
 * Brings every table with a subscriber up to date. May be called from any thread.
 */
void tw_tables_pump(TwTables *tables, GArray *ret_tokens);

/* Bits of an opening, those of spec/mapi-soap.md 8.1. */
typedef enum {
    TW_TABLE_DEEP = 1u << 0,         /* hierarchy: the whole tree below */
    TW_TABLE_SOFT_DELETED = 1u << 1, /* soft-deleted rows only */
    TW_TABLE_ASSOCIATED = 1u << 6,   /* contents: associated messages */
    TW_TABLE_NO_CUT = 1u << 30,      /* do not shorten values */
} TwTableFlags;

/* What a user may do with one row. */
typedef struct {
    guint32 access;       /* PR_ACCESS */
    guint32 access_level; /* PR_ACCESS_LEVEL */
    guint32 rights;       /* PR_RIGHTS of a folder; 0: nothing but its name is shown */
} TwTableAccess;

/* For whom a table is opened. All zero: for the owner, in the order of code points. */
typedef struct {
    TwCollation collation; /* order of text; compare NULL: none */
    gboolean
        has_access; /* @access counts; else the owner's: 63 (folders) or 7 (messages), 1, 0x5FB */
    TwTableAccess
        access; /* of the messages of a contents table, and of folders that @see does not say */
    /* (nullable): hierarchy: whether the user sees a folder, and what he may do with it; contents of a search folder: whether he may
     * read the messages of a folder, and what he may do with them; else not called. Called while rows are read, on whatever thread reads;
     * call nothing of store/. @data must live as long as the table */
    gboolean (*see)(guint32 folder, TwTableAccess *ret, gpointer data);
    gpointer data;
    guint32 support_mask; /* PR_STORE_SUPPORT_MASK; 0: no such column */
    TwRestriction *
        always; /* (nullable): rows that do not match are not there for this user; a reference is taken */
} TwTableCaller;

/**
 * tw_table_open_contents:
 * @tables: the tables
 * @store: a store
 * @folder: one of its folders
 * @flags: SOFT_DELETED, ASSOCIATED, NO_CUT
 * @caller: (nullable): for whom
 * @error: TW_ERROR_NOT_FOUND: no such folder
 *
 * The messages of a folder; those that a search folder found, each with the ids of the folder it is in. Of those a user sees only
 * what @caller's see() allows. Rows are read when they are first asked for.
 *
 * Returns: (transfer full): the table, or NULL
 */
TwTable *tw_table_open_contents(TwTables *tables,
                                TwStore *store,
                                guint32 folder,
                                guint flags,
                                const TwTableCaller *caller,
                                GError **error);

/**
 * tw_table_open_hierarchy:
 * @tables: the tables
 * @store: a store
 * @folder: one of its folders
 * @flags: DEEP, SOFT_DELETED, NO_CUT
 * @caller: (nullable): for whom
 * @error: TW_ERROR_NOT_FOUND: no such folder
 *
 * The folders in a folder, or all below it.
 *
 * Returns: (transfer full): the table, or NULL
 */
TwTable *tw_table_open_hierarchy(TwTables *tables,
                                 TwStore *store,
                                 guint32 folder,
                                 guint flags,
                                 const TwTableCaller *caller,
                                 GError **error);

/**
 * tw_table_open_receive_folders:
 * @tables: the tables
 * @store: a store
 * @caller: (nullable): for whom
 * @error: what the database says
 *
 * PR_MESSAGE_CLASS, PR_ENTRYID and PR_RECORD_KEY of the folder, PR_LAST_MODIFICATION_TIME.
 *
 * Returns: (transfer full): the table, or NULL
 */
TwTable *tw_table_open_receive_folders(TwTables *tables,
                                       TwStore *store,
                                       const TwTableCaller *caller,
                                       GError **error);

/**
 * tw_table_open_rules:
 * @tables: the tables
 * @store: a store
 * @folder: a folder
 * @flags: NO_CUT
 * @caller: (nullable): for whom
 * @error: as tw_folder_read_rules()
 *
 * The rules of a folder, a row each, with all their properties; until somebody sorts it in the order in which they are
 * carried out.
 *
 * Returns: (transfer full): the table, or NULL
 */
TwTable *tw_table_open_rules(TwTables *tables,
                             TwStore *store,
                             guint32 folder,
                             guint flags,
                             const TwTableCaller *caller,
                             GError **error);

/**
 * tw_table_open_children:
 * @tables: the tables
 * @message: a message in hand; only read during the call
 * @kind: RECIPIENT or ATTACHMENT
 * @flags: NO_CUT
 * @caller: (nullable): for whom
 * @error: TW_ERROR_TOO_BIG: more than a table holds
 *
 * Its recipients or attachments as they are now. A large value is a cell of MAPI_E_NOT_ENOUGH_MEMORY.
 *
 * Returns: (transfer full): the table, or NULL
 */
TwTable *tw_table_open_children(TwTables *tables,
                                TwObject *message,
                                TwObjectKind kind,
                                guint flags,
                                const TwTableCaller *caller,
                                GError **error);

/* A set of rows that somebody else fills: rules, permissions, users, statistics. Any number of tables may show one. */
typedef struct TwTableBags TwTableBags;

/**
 * tw_table_bags_new:
 * @tables: the tables
 * @newest_first: without a sort, rows with larger numbers come first
 *
 * Returns: (transfer full): an empty set
 */
TwTableBags *tw_table_bags_new(TwTables *tables, gboolean newest_first);

/**
 * tw_table_bags_unref:
 * @bags: (nullable) (transfer full): a set; tables that show it keep it
 */
void tw_table_bags_unref(TwTableBags *bags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTableBags, tw_table_bags_unref)

/**
 * tw_table_bags_set:
 * @bags: a set
 * @number: of the row: the first half of its PR_INSTANCE_KEY
 * @bag: (nullable): its properties, one a column; NULL takes the row away
 * @error: as tw_props_open()
 *
 * Adds, replaces or removes a row. From any thread.
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_bags_set(TwTableBags *bags, guint32 number, GBytes *bag, GError **error);

/**
 * tw_table_bags_clear:
 * @bags: a set
 *
 * Removes all rows.
 */
void tw_table_bags_clear(TwTableBags *bags);

/**
 * tw_table_open_bags:
 * @bags: a set
 * @flags: NO_CUT
 * @caller: (nullable): for whom
 *
 * Returns: (transfer full): the table
 */
TwTable *tw_table_open_bags(TwTableBags *bags, guint flags, const TwTableCaller *caller);

/**
 * tw_table_free:
 * @table: (nullable) (transfer full): a table
 */
void tw_table_free(TwTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTable, tw_table_free)

/**
 * tw_table_refresh:
 * @table: a table whose caller's rights changed
 *
 * Reads its rows again before the next call; what its client has is CHANGED.
 */
void tw_table_refresh(TwTable *table);

/* ---- what it shows ---- */

/**
 * tw_table_set_columns:
 * @table: a table
 * @tags: (array length=count): the columns; a multi-value instance asks for one row per value. A tag that no value can have gives
 *   cells of MAPI_E_NOT_FOUND
 * @count: how many
 * @error: TW_ERROR_TOO_BIG: more than TW_TABLE_MAX_COLUMNS; INVALID: two different columns of one row per value
 *
 * A new table has the columns of spec/mapi-soap.md 8.4.
 *
 * Returns: FALSE on failure, with the columns as they were
 */
gboolean tw_table_set_columns(TwTable *table, const guint32 *tags, guint count, GError **error);

/**
 * tw_table_get_columns:
 * @table: a table
 * @ret_count: (out): how many
 *
 * Returns: (transfer none): the columns, until they are set
 */
const guint32 *tw_table_get_columns(const TwTable *table, guint *ret_count);

/**
 * tw_table_list_columns:
 * @table: a table
 * @error: what the database says
 *
 * All columns it may have a value in: those that are made for every row, and all properties of the rows. Of large tables the first
 * few thousand rows are looked at.
 *
 * Returns: (transfer full) (element-type guint32): the tags, ascending, or NULL
 */
GArray *tw_table_list_columns(TwTable *table, GError **error);

/**
 * tw_table_sort:
 * @table: a table
 * @order: an order that was checked; without keys: the newest first
 * @error: TW_ERROR_INVALID: instance columns of order and column set are not the same
 *
 * The cursor goes to the start, bookmarks are gone, headings are open as far as the order says.
 *
 * Returns: FALSE on failure, with the order as it was
 */
gboolean tw_table_sort(TwTable *table, const TwSortOrder *order, GError **error);

/**
 * tw_table_get_order:
 * @table: a table
 *
 * Returns: (transfer none): its order
 */
const TwSortOrder *tw_table_get_order(const TwTable *table);

/**
 * tw_table_restrict:
 * @table: a table
 * @restriction: (nullable): what rows must match; a reference is taken; NULL: all
 *
 * The cursor goes to the start, bookmarks are gone. That it would cost too much is said when rows are asked for:
 * TW_ERROR_TOO_COMPLEX.
 */
void tw_table_restrict(TwTable *table, TwRestriction *restriction);

/* ---- rows ---- */

/* Rows that were read. */
typedef struct {
    guint row_count, column_count;
    TwPropValue *
        cells; /* row after row; a missing one has type ERROR and a MAPI result. Text needs no NUL at its end */
    gpointer held; /* private: what cells borrow from */
} TwTableRows;

/**
 * tw_table_rows_free:
 * @rows: (nullable) (transfer full): rows
 */
void tw_table_rows_free(TwTableRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTableRows, tw_table_rows_free)

/**
 * tw_table_rows_new_packed:
 * @row_count: how many rows
 * @column_count: how many cells in each
 * @cells: (transfer full): row after row
 * @owner: what the cells borrow from; a reference is kept
 *
 * Rows that were read elsewhere.
 *
 * Returns: (transfer full): the rows
 */
TwTableRows *tw_table_rows_new_packed(guint row_count,
                                      guint column_count,
                                      TwPropValue *cells,
                                      GBytes *owner);

/**
 * tw_table_rows_cell:
 * @rows: rows
 * @row: below row_count
 * @column: below column_count
 *
 * Returns: (transfer none): the cell
 */
static inline const TwPropValue *
tw_table_rows_cell(const TwTableRows *rows, guint row, guint column)
{
    return &rows->cells[(gsize) row * rows->column_count + column];
}

/**
 * tw_table_query_rows:
 * @table: a table
 * @count: most rows; below 0: the rows before the cursor, in the order of the table
 * @move: the cursor goes behind the last row read; with a @count below 0 to the first
 * @error: TW_ERROR_TOO_COMPLEX; NOT_FOUND: the folder is gone; else what the database says
 *
 * Rows that vanish while they are read are left out.
 *
 * Returns: (transfer full): the rows, fewer at an end of the table, or NULL
 */
TwTableRows *tw_table_query_rows(TwTable *table, gint64 count, gboolean move, GError **error);

/**
 * tw_table_count:
 * @table: a table
 * @ret_rows: (out): rows and headings that can be seen
 * @ret_position: (out) (optional): how many of them are before the cursor
 * @error: as tw_table_query_rows()
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_count(TwTable *table, guint *ret_rows, guint *ret_position, GError **error);

/* ---- positions ---- */

/* Bookmarks that every table has; its own begin at 3. */
enum {
    TW_BOOKMARK_BEGIN = 0,
    TW_BOOKMARK_CURRENT = 1,
    TW_BOOKMARK_END = 2,
};

/**
 * tw_table_seek:
 * @table: a table
 * @bookmark: from where
 * @count: rows to go, either way
 * @ret_sought: (out) (optional): rows that it went
 * @ret_moved: (out) (optional): the bookmark's row stands elsewhere than when it was made (MAPI_W_POSITION_CHANGED)
 * @error: MAPI_E_INVALID_BOOKMARK in TW_MAPI_ERROR: no such bookmark, or its row is gone; else as tw_table_query_rows()
 *
 * Returns: FALSE on failure, with the cursor where it was
 */
gboolean tw_table_seek(TwTable *table,
                       guint bookmark,
                       gint64 count,
                       gint64 *ret_sought,
                       gboolean *ret_moved,
                       GError **error);

/**
 * tw_table_seek_fraction:
 * @table: a table
 * @numerator: of the part of the table that is before the cursor
 * @denominator: and its denominator
 * @error: TW_ERROR_INVALID: a denominator of 0; else as tw_table_query_rows()
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_seek_fraction(TwTable *table,
                                guint32 numerator,
                                guint32 denominator,
                                GError **error);

/**
 * tw_table_create_bookmark:
 * @table: a table
 * @ret_bookmark: (out): a bookmark at the cursor
 * @error: MAPI_E_UNABLE_TO_COMPLETE in TW_MAPI_ERROR: it has TW_TABLE_MAX_BOOKMARKS; else as tw_table_query_rows()
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_create_bookmark(TwTable *table, guint *ret_bookmark, GError **error);

/**
 * tw_table_free_bookmark:
 * @table: a table
 * @bookmark: one of its own
 * @error: MAPI_E_INVALID_BOOKMARK in TW_MAPI_ERROR
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_free_bookmark(TwTable *table, guint bookmark, GError **error);

/**
 * tw_table_find_row:
 * @table: a table
 * @bookmark: from where
 * @backward: towards the start, the bookmark's row itself left aside
 * @restriction: what the row must match
 * @error: TW_ERROR_NOT_FOUND: no row does; TOO_COMPLEX; as tw_table_seek()
 *
 * Puts the cursor on the first row that matches.
 *
 * Returns: FALSE on failure, with the cursor where it was
 */
gboolean tw_table_find_row(
    TwTable *table, guint bookmark, gboolean backward, TwRestriction *restriction, GError **error);

/* ---- categories ---- */

/**
 * tw_table_expand_row:
 * @table: a table
 * @key: (array length=len): PR_INSTANCE_KEY of a heading
 * @len: its bytes
 * @count: most rows to return
 * @ret_more: (out): rows that became visible and were not returned
 * @error: TW_ERROR_NOT_FOUND: no such heading can be seen; else as tw_table_query_rows()
 *
 * Opens a heading. The cursor goes behind the rows that are returned.
 *
 * Returns: (transfer full): the first rows below it, none if it was open, or NULL
 */
TwTableRows *tw_table_expand_row(
    TwTable *table, const guint8 *key, gsize len, guint count, guint *ret_more, GError **error);

/**
 * tw_table_collapse_row:
 * @table: a table
 * @key: (array length=len): PR_INSTANCE_KEY of a heading
 * @len: its bytes
 * @ret_rows: (out): rows that are hidden now
 * @error: as tw_table_expand_row()
 *
 * Closes a heading. A cursor below it goes to the next row that can be seen.
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_collapse_row(
    TwTable *table, const guint8 *key, gsize len, guint *ret_rows, GError **error);

/**
 * tw_table_get_collapse_state:
 * @table: a table
 * @key: (array length=len): PR_INSTANCE_KEY of a row to come back to; no bytes: none
 * @len: its bytes
 * @error: TW_ERROR_NOT_FOUND: no such row; TOO_BIG: more than TW_TABLE_MAX_TOGGLED headings are not as they begin
 *
 * Which headings are open, by their values: good for another table of the same order, also after a restart.
 *
 * Returns: (transfer full): the state (collapse.h), or NULL
 */
GBytes *tw_table_get_collapse_state(TwTable *table, const guint8 *key, gsize len, GError **error);

/**
 * tw_table_set_collapse_state:
 * @table: a table
 * @data: (array length=len): a state
 * @len: its bytes
 * @ret_bookmark: (out): a bookmark at the row that it names, or where that would be; TW_BOOKMARK_BEGIN if it names none
 * @error: TW_ERROR_CORRUPT, TW_ERROR_TOO_BIG; as tw_table_create_bookmark()
 *
 * Headings that are not there any more are passed over.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_table_set_collapse_state(
    TwTable *table, const guint8 *data, gsize len, guint *ret_bookmark, GError **error);

/* ---- live ---- */

/* Numbers are on the wire. */
typedef enum {
    TW_TABLE_CHANGED = 1, /* read everything again */
    TW_TABLE_ROW_ADDED = 3,
    TW_TABLE_ROW_DELETED = 4,
    TW_TABLE_ROW_MODIFIED = 5, /* and maybe stands elsewhere */
} TwTableEventKind;

typedef struct {
    TwTableEventKind kind;
    gboolean has_prior; /* added, modified: @prior counts; else it is the first row */
    guint8 key[8];      /* PR_INSTANCE_KEY of the row */
    guint8 prior[8];    /* of the row before it */
    int row; /* added, modified: index of the row in what came with it; -1: none, it went again */
} TwTableEvent;

/**
 * tw_table_subscribe:
 * @table: a table
 * @token: what tw_tables_pump() shall say; 0 ends it
 * @error: as tw_table_query_rows()
 *
 * From now on changes of rows that can be seen become events. Opening and closing headings does not.
 *
 * Returns: FALSE on failure
 */
gboolean tw_table_subscribe(TwTable *table, guint64 token, GError **error);

/**
 * tw_table_take_events:
 * @table: a table
 * @ret_rows: (out): rows of the events, in its columns
 * @error: what the database says
 *
 * Takes what came since it was called last, in order. Who applies each to a copy of the rows (DELETED: take it out; ADDED and
 * MODIFIED: take it out if it is there, and put it behind the prior one) has the table as it is now; CHANGED comes alone. Rows are as
 * they are now, too. Events from before a client read the whole table are of no more use to it: take and drop them.
 *
 * Returns: (transfer full) (element-type TwTableEvent): the events, or NULL
 */
GArray *tw_table_take_events(TwTable *table, TwTableRows **ret_rows, GError **error);

G_END_DECLS
