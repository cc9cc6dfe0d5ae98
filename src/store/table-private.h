/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files about tables share.
 *
 *   tables.c           TwTables: the registry of sources, budgets, the stream of changes
 *   table-source.c     TwTableSource: rows of one folder (or set), its views, and how they are kept up to date
 *   table-spill.c      rows in a file, for those that have no room in memory
 *   table-contents.c, table-found.c, table-hierarchy.c, table-bags.c   kinds of sources
 *   table.c            TwTable: what one client has open
 *   table-rows.c       cells
 *   table-place.c      positions among what can be seen
 *   table-seek.c       seeking, bookmarks, finding
 *   table-category.c   headings, collapse state
 *   table-events.c     notifications
 *
 * Locks: TwTables.lock and TwTableSource.lock are never held together, nor across SQL or a callback. A source's views and rows are
 * changed by whoever made it busy, under its lock; read by anyone under its lock, and by who made it busy without. TwTables.dispatch
 * is held while changes go from the stream to the sources, so that who finds the stream empty knows that they are there; under it both
 * other locks are taken, one at a time.
 */
#pragma once

#include "store/match.h"
#include "store/table.h"
#include "store/view.h"

G_BEGIN_DECLS

/* ---- rows ---- */

/* One row of a source: never changed, shared. */
typedef struct {
    gint refs; /* atomic */
    guint32 number;
    gsize bytes;         /* of memory */
    GBytes *bag;         /* owned: its properties; NULL: a message */
    TwMessageKeys *keys; /* owned, set once (atomic): names that clients made */
    TwMessageRow row;
    gboolean has_head;
    guint16 head_len;
    guint8 head[];
} TwTableRow;

TwTableRow *tw_table_row_new_message(const TwMessageRow *row, const guint8 *head, gsize head_len);
TwTableRow *tw_table_row_new_bag(guint32 number, GBytes *bag);
TwTableRow *tw_table_row_ref(TwTableRow *row);
void tw_table_row_unref(TwTableRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTableRow, tw_table_row_unref)
gboolean tw_table_row_is_unread(const TwTableRow *row);

/* ---- sources ---- */

typedef struct TwTableSource TwTableSource;
typedef struct TwTableSpill TwTableSpill; /* table-spill.h */

/* One row of a walk. @props: of a message, else NULL. */
typedef struct {
    guint32 number;
    gboolean unread;
    TwPropSource source;
    TwMessageProps *props;
} TwTableWalkRow;

/* FALSE with @error: it ends the walk. */
typedef gboolean (*TwTableWalkFunc)(const TwTableWalkRow *row, gpointer data, GError **error);

typedef struct {
    /* Walks all rows, in any order; with @heads also what heads and tails hold is asked for. Messages that @flags (nullable) sorts out
     * may be left out. Runs while the source is busy. */
    gboolean (*walk)(TwTableSource *source,
                     gboolean heads,
                     const TwFlagsFilter *flags,
                     TwTableWalkFunc func,
                     gpointer data,
                     GError **error);
    /* Reads rows, whose numbers ascend; NULL in @ret for one that is not there. */
    gboolean (*load)(TwTableSource *source,
                     const guint32 *numbers,
                     guint count,
                     TwTableRow **ret,
                     GError **error);
    /* Nullable: rows with numbers below @before, the largest first, and how many rows there are in all; of the same moment.
     * With @rows NULL only that. */
    gboolean (*page)(TwTableSource *source,
                     guint64 before,
                     guint max,
                     GPtrArray *rows,
                     guint *ret_count,
                     GError **error);
    /* Nullable: reads everything again and adds to @changed what is not as in the cache. Runs while the source is busy. */
    gboolean (*compare)(TwTableSource *source, GHashTable *changed, GError **error);
    /* What a committed change means; under the source's lock. Nullable. */
    void (*notice)(TwTableSource *source, const TwChange *change);
    void (*clear)(TwTableSource *source);
} TwTableSourceClass;

/* A view with what its rows have to match, and who watches. */
typedef struct {
    TwView *view;                        /* owned */
    TwRestriction *restriction, *always; /* owned; nullable */
    GBytes *restriction_key;             /* owned; nullable: both, printed */
    GPtrArray *listeners;                /* TwViewListener, which is a TwTable */
    gint64 used;                         /* tick of the last use */
} TwSharedView;

/* Rows of a window as they lie in the database. */
typedef struct {
    guint64 before;
    guint max;
    GPtrArray *rows; /* TwTableRow, owned; never changed */
    gsize bytes;
} TwTablePage;

struct TwTableSource {
    const TwTableSourceClass *class_of;
    gint refs; /* atomic */
    gint
        users; /* atomic: tables and handles; without one, a source that is not shared leaves the registry */
    TwTables *tables;
    TwStore *store; /* owned; nullable */
    guint32 folder;
    TwMessageState state; /* contents */
    guint flags;          /* hierarchy */
    gboolean newest_first;
    gboolean shared;        /* found again by who opens the same */
    gboolean always_cached; /* the cache is complete and not for the budget */
    gboolean given;         /* and filled by others, at any time: an update does not write to it */
    TwObjectType type;      /* of its rows */
    gboolean (*see)(guint32 folder,
                    TwTableAccess *ret,
                    gpointer data); /* hierarchy, search folders; nullable */
    gpointer see_data;
    TwTableAccess access;

    TwLock lock; /* guards all below */
    GCond idle;
    gboolean busy;
    GHashTable *pending; /* numbers of rows that may have changed */
    gboolean stale;      /* everything may have changed */
    gboolean structure;  /* so may which rows there are: compare() */
    GPtrArray *views;    /* TwSharedView, owned */
    GHashTable *cache;   /* number -> TwTableRow, owned */
    gsize cache_bytes;
    gboolean complete;   /* all rows are in the cache */
    guint64 version;     /* of the rows: goes up with every change of the cache */
    TwTableSpill *spill; /* owned, nullable: rows that have no room in the cache */
    TwTablePage *page;   /* owned, nullable: the window that was last read without a view */
    guint64 noted;       /* goes up with every change that a window may show */
    TwFolderNames names; /* contents: loaded once */
    gboolean has_names;
    guint found_rows; /* search folders: results when all were read last */
    gint64 used;      /* tick of the last use */
};

TwTableSource *tw_table_source_new(const TwTableSourceClass *class_of, TwTables *tables);
TwTableSource *tw_table_source_ref(TwTableSource *source);
void tw_table_source_unref(TwTableSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTableSource, tw_table_source_unref)
/* A user comes or goes; either is a reference too. */
TwTableSource *tw_table_source_use(TwTableSource *source);
void tw_table_source_leave(TwTableSource *source);
/* Applies what is pending. */
gboolean tw_table_source_update(TwTableSource *source, GError **error);
/* A view with all that goes with it, a TwSharedView. */
void tw_table_shared_free(gpointer data);
/* table-follow.c: makes all of a view; the source is busy. */
gboolean tw_table_source_fill(TwTableSource *source, TwSharedView *shared, GError **error);
/* Under the lock, which is let go while it waits. */
void tw_table_source_become_busy(TwTableSource *source);
void tw_table_source_become_idle(TwTableSource *source);
/* Gives @table its view, made when there is none; it is up to date then. */
gboolean tw_table_source_attach(TwTableSource *source, TwTable *table, GError **error);
/* The same, but only if there is such a view. */
gboolean tw_table_source_join(TwTableSource *source, TwTable *table);
void tw_table_source_detach(TwTableSource *source, TwTable *table);
/* table-page.c: the next rows in the order of arrival, which need no view. */
TwTableRows *tw_table_query_page(TwTable *table, guint count, gboolean move, GError **error);
/* Under the lock: what a window shows may be another now. */
void tw_table_source_drop_page(TwTableSource *source);
/* What the cache takes of the budget has grown. Under the lock. */
void tw_table_source_count(TwTableSource *source, gssize bytes);
/* Walks all rows, whatever the views. */
gboolean tw_table_source_walk(TwTableSource *source,
                              TwTableWalkFunc func,
                              gpointer data,
                              GError **error);
/* Rows by number, from the cache or read; NULL for what is not there. */
gboolean tw_table_source_get_rows(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error);
/* Under the lock: puts a row into the cache, in place of what is there. */
void tw_table_source_keep(TwTableSource *source, TwTableRow *row);
void tw_table_source_forget(TwTableSource *source, guint32 number);
void tw_table_source_forget_all(TwTableSource *source);
/* Whether the cache has all rows. */
gboolean tw_table_source_is_complete(TwTableSource *source);
/* Messages: whether so many rows may be kept; gives room to other sources too. */
gboolean tw_table_source_has_room(const TwTableSource *source, guint64 rows);
/* (element-type TwTableRow): all rows there are, into the cache. */
void tw_table_source_keep_all(TwTableSource *source, GPtrArray *rows);
/* Messages: walks through a complete cache. The source is busy, so it stands still. */
gboolean tw_table_source_walk_cache(TwTableSource *source,
                                    TwMessageProps *props,
                                    TwTableWalkFunc func,
                                    gpointer data,
                                    GError **error);
/* Under the lock: a row may have changed. */
void tw_table_source_note(TwTableSource *source, guint32 number);
typedef struct {
    gint64 used; /* tick of the last use */
    gsize view_bytes, cache_bytes;
} TwSourceFigures;

void tw_table_source_get_figures(TwTableSource *source, TwSourceFigures *ret);
/* Drops views that nobody watches, or the cache; returns the bytes of those views. Not while it is busy. */
gsize tw_table_source_trim(TwTableSource *source, gboolean views);

/* Opens a row for reading its properties. */
TwPropSource tw_table_row_open(TwTableSource *source,
                               TwTableRow *row,
                               TwMessageProps *props,
                               TwProps *bag);

/* Rows that were asked for by number, ascending, and come in any order; for tw_sql_msg_pick(). */
typedef struct {
    const guint32 *numbers;
    guint count;
    TwTableRow **ret;
} TwTableLoad;

/* Forgets what came in a run before. */
void tw_table_load_begin(TwTableLoad *load);
gboolean tw_table_load_row(const TwMessageRow *row,
                           const guint8 *head,
                           gsize head_len,
                           gpointer data);

/* A walk through messages while they are read: each is shown to @func and, with @cache, kept. */
typedef struct {
    TwTableSource *source;
    TwTableWalkFunc func;
    gpointer data;
    TwMessageProps *props;
    TwDbTx *tx;
    guint32 after; /* the last one that was read */
    guint count;   /* that were read */
    gboolean cache;
    GPtrArray *rows;     /* TwTableRow, for the cache */
    TwTableSpill *spill; /* nullable: where rows go instead */
    TwFolderFacts facts;
    GError *failure; /* of @func */
} TwTableMessageWalk;

/* For tw_sql_msg_scan() and tw_sql_msg_pick(); @data is such a walk. */
gboolean tw_table_walk_message(const TwMessageRow *row,
                               const guint8 *head,
                               gsize head_len,
                               gpointer data);

/* table-bags.c: rows that are in the cache alone. */
gboolean tw_table_bags_walk(TwTableSource *source,
                            gboolean heads,
                            const TwFlagsFilter *flags,
                            TwTableWalkFunc func,
                            gpointer data,
                            GError **error);
gboolean tw_table_bags_load(
    TwTableSource *source, const guint32 *numbers, guint count, TwTableRow **ret, GError **error);
/* table-found.c */
extern const TwTableSourceClass tw_table_found_class;
/* table-hierarchy.c: what is made of a folder's row. */
gboolean tw_table_put_folder(
    TwDbTx *tx, TwStore *store, const TwFolderRow *row, TwPropsBuilder *builder, GError **error);
/* For users who do not see all folders. */
extern const TwTableSourceClass tw_table_found_seen_class;

/* ---- the registry ---- */

struct TwTables {
    TwEngine *engine;
    TwTablesConfig config;
    TwSubscription *subscription;
    TwSubscriptionWake wake;
    gpointer wake_data;
    gint waiting;        /* atomic: the stream has something */
    gint64 ticks;        /* atomic */
    gssize head_bytes;   /* atomic: of all caches */
    guint64 spill_bytes; /* atomic: of all files of rows */
    GMutex dispatch;     /* see above */
    TwLock lock;         /* guards the list */
    GPtrArray *sources;  /* TwTableSource, a reference each */
};

void tw_tables_dispatch(TwTables *tables);
gint64 tw_tables_tick(TwTables *tables);
void tw_tables_add_source(TwTables *tables, TwTableSource *source);
/* In use by the caller. */
TwTableSource *tw_tables_find_source(TwTables *tables,
                                     TwStore *store,
                                     guint32 folder,
                                     TwMessageState state);
void tw_tables_remove_source(TwTables *tables, TwTableSource *source);
/* After something was kept: back into the budgets. */
void tw_tables_trim(TwTables *tables, TwTableSource *but);

/* ---- tables ---- */

/* A row or a place between rows that outlives its view. */
typedef enum {
    TW_ANCHOR_BEGIN,
    TW_ANCHOR_END,
    TW_ANCHOR_ROW,
    TW_ANCHOR_HEADING,
} TwAnchorKind;

typedef struct {
    TwAnchorKind kind;
    guint32 number, order; /* of the row; number: of the heading */
    GBytes *key;           /* owned: sort key of the row, path of the heading */
} TwAnchor;

typedef struct {
    guint id;
    TwAnchor anchor;
} TwTableBookmark;

typedef enum {
    TW_CURSOR_BEGIN, /* before the first row, also one that comes yet */
    TW_CURSOR_ROW,
    TW_CURSOR_END,
} TwCursorKind;

struct TwTable {
    TwViewListener listener; /* first */
    TwTables *tables;
    TwTableSource *source; /* owned */
    guint flags;
    gboolean is_contents;
    TwTableCaller caller; /* owns always */
    guint32 *columns;     /* owned */
    guint column_count;
    guint32 instance_tag; /* of columns or order, or 0 */
    TwSortOrder order;
    int key_level[TW_SORT_MAX_KEYS]; /* tw_sort_category_level() */
    TwRestriction *restriction;      /* owned; nullable */
    GArray *bookmarks;               /* TwTableBookmark */
    guint next_bookmark;

    /* guarded by the source's lock */
    TwSharedView *shared; /* borrowed; NULL: to be attached */
    guint64 page_before;  /* without a view: what comes next has smaller numbers; 0: the start */
    TwCursorKind cursor;
    TwViewPlace at;  /* of ROW */
    guint8 *toggled; /* owned: by number of a heading: not as it begins */
    guint32 toggled_count;
    guint total;
    gboolean total_known;
    gboolean was_visible; /* the row that is moving */
    gboolean saved;       /* the two below stand for the cursor and toggled */
    TwAnchor saved_cursor;
    GPtrArray *saved_toggled; /* GBytes: paths */
    guint64 token;
    GArray *events; /* TwTableEvent */
    gboolean quiet; /* a CHANGED stands for all that happens now */
    gboolean told;
};

gboolean tw_table_sync(TwTable *table, GError **error);
/* Forgets the view: order, restriction or instance column changed. */
void tw_table_reset_view(TwTable *table);

/* table-place.c; under the source's lock, with a view */
gboolean tw_table_is_expanded(const TwTable *table, const TwViewGroup *group);
void tw_table_toggle(TwTable *table, const TwViewGroup *group);
gboolean tw_table_place_visible(const TwTable *table, TwViewPlace place);
TwViewPlace tw_table_place_first(const TwTable *table);
TwViewPlace tw_table_place_last(const TwTable *table);
TwViewPlace tw_table_place_next(const TwTable *table, TwViewPlace place);
TwViewPlace tw_table_place_prev(const TwTable *table, TwViewPlace place);
/* Itself if it can be seen, else the next one that can. */
TwViewPlace tw_table_place_seen(const TwTable *table, TwViewPlace place);
TwViewPlace tw_table_place_cursor(const TwTable *table);
void tw_table_set_cursor(TwTable *table, TwViewPlace place);
guint tw_table_total(TwTable *table);
guint tw_table_group_rows(const TwTable *table, const TwViewGroup *group);
guint tw_table_ordinal(TwTable *table, TwViewPlace place);
TwViewPlace tw_table_place_at(TwTable *table, guint ordinal);
void tw_table_place_key(const TwTable *table, TwViewPlace place, guint8 out[8]);
gboolean tw_table_place_of_key(const TwTable *table,
                               const guint8 *key,
                               gsize len,
                               TwViewPlace *ret);
TwAnchor tw_table_anchor(const TwTable *table, TwViewPlace place);
void tw_anchor_clear(TwAnchor *anchor);
/* FALSE: the row is gone, @ret is where it was. */
gboolean tw_table_anchor_resolve(const TwTable *table,
                                 const TwAnchor *anchor,
                                 TwViewPlace *ret,
                                 gboolean *ret_moved);
/* What outlives a view, and back. */
void tw_table_save(TwTable *table);
void tw_table_restore(TwTable *table);

/* table-rows.c */
/* PR_ROW_TYPE */
enum {
    TW_TABLE_ROW_TYPE_LEAF = 1,
    TW_TABLE_ROW_TYPE_EXPANDED = 3,
    TW_TABLE_ROW_TYPE_COLLAPSED = 4,
};

typedef struct {
    gboolean heading;
    guint32 number, order; /* instance key */
    guint32 sample;        /* row whose properties are read */
    guint32 instance;      /* which of its values */
    guint depth, row_type;
    guint32 rows, unread; /* of a heading */
} TwTableRef;

/* Under the lock. */
TwTableRef tw_table_ref_of(const TwTable *table, TwViewPlace place);
/* Without it. With @keep, rows that are gone stay, as errors. */
TwTableRows *tw_table_read_rows(
    TwTable *table, const TwTableRef *refs, guint count, gboolean keep, GError **error);
/* As it, of rows in hand; takes the references. */
TwTableRows *tw_table_give_rows(
    TwTable *table, const TwTableRef *refs, TwTableRow **rows, guint count, GError **error);
/* A row for a restriction: its columns as find row sees them. */
typedef struct {
    const TwTable *table;
    const TwTableRef *ref;
    TwMessageProps *props; /* NULL: not a message */
    const TwProps *bag;    /* NULL: not a bag */
    guint8 key[8];
} TwTableMatchRow;
TwPropSource tw_table_match_source(TwTableMatchRow *row);

/* table-events.c */
extern const TwViewListenerClass tw_table_listener;
/* Everything may be different: one CHANGED. Under the lock. */
void tw_table_changed(TwTable *table);

TwTable *tw_table_new(TwTableSource *source, guint flags, const TwTableCaller *caller);
gboolean tw_table_bookmark_error(GError **error);
TwTableBookmark *tw_table_add_bookmark(TwTable *table, GError **error);

G_END_DECLS
