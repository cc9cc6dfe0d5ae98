/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about search folders share. Private to store/. */
#pragma once

#include "store/match.h"
#include "store/search-folder.h"

G_BEGIN_DECLS

/* ---- rows: sql-search.c ---- */

/* Numbers are on disk. */
typedef enum {
    TW_SEARCH_STOPPED = 0, /* before it was complete */
    TW_SEARCH_BEGUN = 1,   /* its scope is not yet known */
    TW_SEARCH_FILLING = 2,
    TW_SEARCH_LIVE = 3,
    TW_SEARCH_DONE = 4, /* complete, and not kept current: static, or stopped then */
} TwSearchPhase;

typedef struct {
    guint32 store, id;
    guint8 state; /* TwSearchPhase */
    guint32 gen;  /* of scope and results; a new one with each beginning */
    guint64 hicn; /* changes up to this one are in the results */
} TwSearchRow;

/* Numbers are on disk. */
typedef enum {
    TW_SCOPE_DONE = 0,    /* all its messages were looked at */
    TW_SCOPE_OPEN = 1,    /* those up to after were */
    TW_SCOPE_LEAVING = 2, /* its results go; those up to after are gone */
} TwScopeState;

typedef struct {
    guint32 folder, after;
    guint8 state; /* TwScopeState */
} TwScopeRow;

typedef struct {
    guint32 mid, folder;
    gboolean unread;
} TwSearchHit;

gboolean tw_sql_search_put(TwDbTx *tx, const TwSearchRow *row, GError **error);
/* FALSE with no error in @ret->id 0: there is none. */
gboolean tw_sql_search_get(TwDbTx *tx, guint32 store, guint32 id, TwSearchRow *ret, GError **error);
/* Of a store, or of the whole partition when @store is 0; (element-type TwSearchRow). */
GArray *tw_sql_search_list(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_search_put_def(
    TwDbTx *tx, guint32 store, guint32 id, GBytes *definition, GError **error);
GBytes *tw_sql_search_get_def(TwDbTx *tx, guint32 store, guint32 id, GError **error);
/* The row and the criteria, not scope and results. */
gboolean tw_sql_search_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error);

gboolean tw_sql_scope_put(TwDbTx *tx,
                          const TwSearchRow *search,
                          const TwScopeRow *row,
                          GError **error);
gboolean tw_sql_scope_delete(TwDbTx *tx, const TwSearchRow *search, guint32 folder, GError **error);
GArray *tw_sql_scope_list(TwDbTx *tx, const TwSearchRow *search, GError **error);

/* @ret_new: FALSE when it was there already; then nothing is changed. */
gboolean tw_sql_hit_add(TwDbTx *tx,
                        const TwSearchRow *search,
                        const TwSearchHit *hit,
                        gboolean *ret_new,
                        GError **error);
gboolean tw_sql_hit_get(TwDbTx *tx,
                        const TwSearchRow *search,
                        guint32 mid,
                        TwSearchHit *ret, /* mid 0: there is none */
                        GError **error);
gboolean tw_sql_hit_mark(TwDbTx *tx,
                         const TwSearchRow *search,
                         const TwSearchHit *hit,
                         GError **error);
gboolean tw_sql_hit_delete(TwDbTx *tx, const TwSearchRow *search, guint32 mid, GError **error);
/* (element-type TwSearchHit), mids ascending. */
GArray *tw_sql_hit_list(
    TwDbTx *tx, const TwSearchRow *search, guint32 after, guint max, GError **error);
/* The same, those below @before, the largest first. */
GArray *tw_sql_hit_page(
    TwDbTx *tx, const TwSearchRow *search, guint64 before, guint max, GError **error);
/* Those whose message is still where it was found. */
gboolean tw_sql_hit_count_there(TwDbTx *tx,
                                const TwSearchRow *search,
                                guint32 *ret,
                                GError **error);
gboolean tw_sql_hit_count(
    TwDbTx *tx, const TwSearchRow *search, guint32 *ret_total, guint32 *ret_unread, GError **error);
/* Rows of earlier gens, or of all with @gen G_MAXUINT32: at most @max of each table. @ret_count: how many were deleted. */
gboolean tw_sql_search_clear(TwDbTx *tx,
                             guint32 store,
                             guint32 id,
                             guint32 gen,
                             guint max,
                             guint *ret_count,
                             GError **error);

/* Whether there are rows of an earlier gen. */
gboolean tw_sql_search_has_old(TwDbTx *tx,
                               const TwSearchRow *search,
                               gboolean *ret,
                               GError **error);

/* ---- criteria: search-folder.c ---- */

typedef struct {
    guint flags; /* TwSearchFlags */
    TwRestriction *restriction;
    GArray *folders, *excluded; /* guint32, owned */
} TwSearchDef;

/**
 * tw_search_def_clear:
 * @def: criteria; what they own is freed
 */
void tw_search_def_clear(TwSearchDef *def);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSearchDef, tw_search_def_clear)

/**
 * tw_search_def_write:
 * @def: criteria
 * @error: TW_ERROR_TOO_BIG; TOO_COMPLEX
 *
 * Returns: (transfer full): their form on disk, or NULL
 */
GBytes *tw_search_def_write(const TwSearchDef *def, GError **error);

/**
 * tw_search_def_parse:
 * @data: (array length=len): criteria from a row
 * @len: how many bytes
 * @ret: (out): the criteria; cleared by the caller, also on failure
 * @error: TW_ERROR_CORRUPT; UNSUPPORTED
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_def_parse(const guint8 *data, gsize len, TwSearchDef *ret, GError **error);

/**
 * tw_search_scope:
 * @def: criteria
 * @folders: (element-type TwFolderRow): all of the store
 *
 * Returns: (transfer full): the set of folders that are searched
 */
GHashTable *tw_search_scope(const TwSearchDef *def, const GPtrArray *folders);

/* The number here of a named property of another server; FALSE: it has no name. */
typedef gboolean (*TwSearchRenameFunc)(guint16 id, guint16 *ret, gpointer data);

/**
 * tw_search_def_rename:
 * @def: (inout): criteria of another server
 * @func: for named properties
 * @data: for @func
 * @numbers: folder numbers there -> here; others are left out
 * @error: TW_ERROR_CORRUPT
 *
 * search-rename.c. Entry ids inside of a restriction stay what they are.
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_def_rename(
    TwSearchDef *def, TwSearchRenameFunc func, gpointer data, GHashTable *numbers, GError **error);

/**
 * tw_search_copy:
 * @work: the change
 * @from: a search folder
 * @to: its copy
 * @error: TW_ERROR_TOO_BIG; what the database says
 *
 * Gives a copy the criteria; what it finds it finds anew. Call tw_search_changed() after the commit.
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_copy(TwWork *work, guint32 from, guint32 to, GError **error);

/**
 * tw_search_changed:
 * @store: a store
 *
 * Has its search folders looked at, when it has any.
 *
 * Returns: TRUE
 */
gboolean tw_search_changed(TwStore *store);

/* ---- one message: search-match.c ---- */

/* What comparing messages of a store needs. Used by one thread, in one transaction after another. */
typedef struct {
    TwStore *store;
    TwMessageProps props;
    TwFolderFacts facts;
} TwSearchMatcher;

/**
 * tw_search_matcher_clear:
 * @matcher: what was used; begin with all zero but the store
 */
void tw_search_matcher_clear(TwSearchMatcher *matcher);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSearchMatcher, tw_search_matcher_clear)

/**
 * tw_search_match:
 * @matcher: see there
 * @tx: a transaction
 * @restriction: what to look for
 * @row: a message; lent until the next call
 * @head: (nullable) (array length=head_len): its head, lent too; NULL: damaged
 * @head_len: how many bytes
 * @ret: (out): whether it matches; a damaged message does not
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_match(TwSearchMatcher *matcher,
                         TwDbTx *tx,
                         const TwRestriction *restriction,
                         const TwMessageRow *row,
                         const guint8 *head,
                         gsize head_len,
                         gboolean *ret,
                         GError **error);

/* ---- one round: search-round.c ---- */

typedef struct TwSearchStore TwSearchStore;

/**
 * tw_search_store_new:
 * @store: a store that has search folders; consumed
 *
 * Returns: (transfer full): what the worker knows of them
 */
TwSearchStore *tw_search_store_new(TwStore *store);

/**
 * tw_search_store_free:
 * @self: (nullable) (transfer full): see there
 */
void tw_search_store_free(TwSearchStore *self);

typedef enum {
    TW_ROUND_IDLE, /* all is current, as of the change number given */
    TW_ROUND_MORE, /* there is more to do */
    TW_ROUND_NONE, /* no search folder of the store is to be kept current */
    TW_ROUND_FAILED,
} TwRoundResult;

/**
 * tw_search_store_round:
 * @self: what is known
 * @ret_cn: (out): IDLE: changes up to this one are in the results
 * @error: FAILED: why
 *
 * Looks at a slice of changes and messages in one snapshot, and writes what follows from it in one transaction.
 *
 * Returns: how it went
 */
TwRoundResult tw_search_store_round(TwSearchStore *self, guint64 *ret_cn, GError **error);

/* ---- the worker: search-worker.c ---- */

typedef struct TwSearchWorker TwSearchWorker;

/**
 * tw_search_worker_new:
 * @engine: an engine whose partitions are open
 * @error: what a partition says
 *
 * Finds the stores with search folders, and begins to bring them up to date.
 *
 * Returns: (transfer full): the worker, or NULL
 */
TwSearchWorker *tw_search_worker_new(TwEngine *engine, GError **error);

/**
 * tw_search_worker_start:
 * @self: a new worker that the engine knows already: its own commits come back to it
 */
void tw_search_worker_start(TwSearchWorker *self);

/**
 * tw_search_worker_stop:
 * @self: (nullable): a worker; when this returns its thread has ended, and commits still find it there
 */
void tw_search_worker_stop(TwSearchWorker *self);

/**
 * tw_search_worker_free:
 * @self: (nullable) (transfer full): a worker that no commit finds any more
 */
void tw_search_worker_free(TwSearchWorker *self);

/**
 * tw_search_worker_poke:
 * @self: (nullable): a worker
 * @changes: (array length=count): what was committed, of one store
 * @count: how many
 *
 * Called after each commit, on the writer's thread.
 */
void tw_search_worker_poke(TwSearchWorker *self, const TwChange *changes, guint count);

/**
 * tw_search_worker_watch:
 * @self: a worker
 * @number: of a store
 *
 * It has search folders now, or is to be looked at anew.
 */
void tw_search_worker_watch(TwSearchWorker *self, guint32 number);

/**
 * tw_search_worker_wait:
 * @self: a worker
 * @number: of a store
 * @cn: a change number
 * @deadline_us: monotonic, 0: none
 * @error: TW_ERROR_TIMEOUT; CANCELLED
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_worker_wait(
    TwSearchWorker *self, guint32 number, guint64 cn, gint64 deadline_us, GError **error);

G_END_DECLS
