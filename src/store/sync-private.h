/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files about synchronisation share. Private to store/. */
#pragma once

#include "store/store-private.h"
#include "store/sync.h"

G_BEGIN_DECLS

/* ---- sql-sync.c: partition ---- */

/* One row of chg about a message of some folder, beside what the message is now. */
typedef struct {
    guint64 cn;
    guint32 id;
    guint32 now_folder; /* where the message is; 0: nowhere */
    guint8 op;          /* TwChangeOp */
    guint8 now_state;   /* TwMessageState */
} TwSyncRow;

/* A message of a list, as much of it as a first synchronisation needs. */
typedef struct {
    guint32 mid, flags;
    guint64 cn, cn_create, cn_read;
} TwSyncListed;

gboolean tw_sql_sync_own_add(TwDbTx *tx, guint32 store, guint32 sync, guint64 cn, GError **error);
/* (element-type guint64), ascending. */
GArray *tw_sql_sync_own_since(
    TwDbTx *tx, guint32 store, guint32 sync, guint64 since, GError **error);
/* The oldest change that is kept; 0: none is. */
gboolean tw_sql_sync_oldest(TwDbTx *tx, guint32 store, guint64 *ret, GError **error);
/* (element-type TwSyncRow): @max at most, by number. */
gboolean tw_sql_sync_delta(TwDbTx *tx,
                           guint32 store,
                           guint32 folder,
                           guint64 since,
                           guint max,
                           GArray *out,
                           GError **error);
/* The same of all folders, for the whole server. */
typedef struct {
    guint64 cn;
    guint32 folder, id, now_folder;
    guint8 op, now_state;
} TwSyncServerRow;

gboolean tw_sql_sync_server_delta(
    TwDbTx *tx, guint32 store, guint64 since, guint max, GArray *out, GError **error);

/* How far a store is. */
typedef struct {
    guint32 store;
    guint64 cn;
} TwSyncPlace;

/* (element-type TwSyncPlace): all stores of the partition. */
gboolean tw_sql_sync_places(TwDbTx *tx, GArray *out, GError **error);
/* (element-type TwChange): changes of folders. */
gboolean tw_sql_sync_tree_delta(
    TwDbTx *tx, guint32 store, guint64 since, GArray *out, GError **error);
/* (element-type TwSyncListed): the messages below @below, from the top. */
gboolean tw_sql_sync_list(TwDbTx *tx,
                          guint32 store,
                          guint32 folder,
                          TwMessageState state,
                          guint32 below,
                          guint max,
                          GArray *out,
                          GError **error);
/* The uid of what left the folder's list with change @cn; -1: not known. */
gboolean tw_sql_sync_tomb_uid(
    TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, gint64 *ret, GError **error);
gboolean tw_sql_sync_trim(TwDbTx *tx, guint32 store, guint64 oldest, GError **error);

/* Takes the ids that clients made for an object away from it; they stay known as those of something that is gone. */
gboolean tw_sql_sync_bury(TwDbTx *tx, guint32 store, guint32 id, guint64 cn, GError **error);
/* A folder that is deleted for good, as it was before. */
gboolean tw_sql_sync_bury_folder(TwDbTx *tx, const TwFolderRow *row, GError **error);
/* FALSE without an error when there is none. */
GBytes *tw_sql_sync_gone_key(TwDbTx *tx, guint32 store, TwKeyKind kind, guint32 id, GError **error);
/* The object that had the key last; 0: none. */
gboolean tw_sql_sync_gone_find(
    TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 *ret, GError **error);
/* Of a folder that was deleted for good: its parent (0: not known), and whether it was soft-deleted before. */
gboolean tw_sql_sync_gone_folder(
    TwDbTx *tx, guint32 store, guint32 id, guint32 *ret_parent, gboolean *ret_soft, GError **error);
/* The source key a client made, of what is there or gone; NULL without an error: none. */
GBytes *tw_sql_sync_source_key(TwDbTx *tx, guint32 store, guint32 id, GError **error);
/* All source keys made by clients of objects numbered @first to @last (id -> GBytes, owned); *ret_all FALSE: there are more
 * than @max keys there, ask for each. */
gboolean tw_sql_sync_source_keys(TwDbTx *tx,
                                 guint32 store,
                                 guint32 first,
                                 guint32 last,
                                 guint max,
                                 GHashTable *out,
                                 gboolean *ret_all,
                                 GError **error);

/* Change key and list that a client sent along, and the change that wrote them. */
typedef struct {
    guint64 cn;
    GBytes *key, *list; /* owned; key NULL: there is no row */
} TwSyncSent;

gboolean tw_sql_sync_sent_set(
    TwDbTx *tx, guint32 store, guint32 bid, const TwSyncSent *sent, GError **error);
gboolean tw_sql_sync_sent_get(
    TwDbTx *tx, guint32 store, guint32 bid, TwSyncSent *ret, GError **error);
gboolean tw_sql_sync_sent_delete(TwDbTx *tx, guint32 store, guint32 bid, GError **error);

/* For the check (element-type guint32): objects with a key that was sent; what is said to be gone and is there. */
GArray *tw_sql_sync_sent_ids(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
GArray *tw_sql_sync_ghosts(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
gboolean tw_sql_sync_gone_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error);

/* ---- sql-sync-id.c: server.db ---- */

gboolean tw_sql_sync_id_add(TwDbTx *tx, TwSyncInfo *info, GError **error); /* sets id */
gboolean tw_sql_sync_id_get(TwDbTx *tx, guint32 id, TwSyncInfo *ret, GError **error);
gboolean tw_sql_sync_id_set(TwDbTx *tx, const TwSyncInfo *info, GError **error);
/* All not used since but the newest, whose number is what keeps numbers from being given again. */
gboolean tw_sql_sync_id_expire(TwDbTx *tx, gint64 before, guint *ret_count, GError **error);
/* What the consumer has in that state: bytes of tw_sync_seen_write(); NULL without an error: not kept. */
GBytes *tw_sql_sync_seen_get(TwDbTx *tx, const TwSyncState *state, GError **error);
/* The highest change number of what is kept; 0: nothing is. */
gboolean tw_sql_sync_seen_newest(TwDbTx *tx, guint32 sync, guint64 *ret, GError **error);
/* The newest few are kept. */
gboolean tw_sql_sync_seen_set(TwDbTx *tx, const TwSyncState *state, GBytes *seen, GError **error);

/* ---- sync-state.c: sets of messages that a consumer with a filter has ---- */

typedef struct {
    guint32 filter;  /* tw_sync_filter_hash() */
    GHashTable *ids; /* owned */
} TwSyncSeen;

/**
 * tw_sync_seen_clear:
 * @seen: a set; what it owns is freed
 */
void tw_sync_seen_clear(TwSyncSeen *seen);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSyncSeen, tw_sync_seen_clear)

/**
 * tw_sync_seen_parse:
 * @data: (array length=len): what tw_sync_seen_write() made
 * @len: how many bytes
 * @ret: (out): the set
 * @error: TW_ERROR_CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_seen_parse(const guint8 *data, gsize len, TwSyncSeen *ret, GError **error);

/**
 * tw_sync_seen_write:
 * @seen: a set
 *
 * Returns: (transfer full): its bytes; equal sets give equal bytes
 */
GBytes *tw_sync_seen_write(const TwSyncSeen *seen);

/* ---- sync-filter.c ---- */

/* A filter at work inside one transaction. */
typedef struct {
    TwDbTx *tx;
    guint32 store;
    const TwRestriction *filter; /* NULL: all fit */
    const TwCollation *collation;
} TwSyncFilter;

/**
 * tw_sync_filter_fits:
 * @filter: a filter
 * @mid: a message
 * @ret: (out): whether it fits; FALSE also for one that is not there
 * @error: what the database says
 *
 * Properties in blobs count as missing, as in tables.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_filter_fits(const TwSyncFilter *filter,
                             guint32 mid,
                             gboolean *ret,
                             GError **error);

/* ---- the two kinds ---- */

typedef struct {
    TwDbTx *tx;
    TwStore *store;
    TwStoreRow row;
    TwFolderRow *folder; /* owned */
    const TwSyncState *state;
    const TwSyncRequest *request;
    GArray *own;      /* guint64: changes of the consumer itself, after the state; owned */
    TwSyncSeen *seen; /* (nullable): what the consumer has; changed as it is told */
    TwSyncBatch *ret;
} TwSyncRun;

/**
 * tw_sync_run_contents:
 * @run: what to do
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_run_contents(TwSyncRun *run, GError **error);

/**
 * tw_sync_run_tree:
 * @run: what to do
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_run_tree(TwSyncRun *run, GError **error);

/**
 * tw_sync_is_own:
 * @run: a run
 * @cn: a change
 *
 * Returns: whether the consumer made it itself
 */
gboolean tw_sync_is_own(const TwSyncRun *run, guint64 cn);

/* ---- sync-key.c ---- */

/**
 * tw_sync_take_sent:
 * @object: a message or folder that a client saves
 * @sync: whether its change key counts
 * @ret: (out): change key and list in it; key NULL: it has none that counts
 * @error: TW_ERROR_INVALID: no change key; CORRUPT: no list of them
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_take_sent(const TwObject *object, gboolean sync, TwSyncSent *ret, GError **error);

/**
 * tw_sync_keep_sent:
 * @work: the change
 * @bid: the object's body number
 * @cn: the number of the change
 * @sent: what came with it; without a key nothing is done
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_keep_sent(
    TwWork *work, guint32 bid, guint64 cn, const TwSyncSent *sent, GError **error);

/**
 * tw_sync_version:
 * @tx: a transaction
 * @store: a store
 * @bid: the object's body number
 * @cn: its change number
 * @ret_key: (out) (transfer full): PR_CHANGE_KEY
 * @ret_list: (out) (transfer full): PR_PREDECESSOR_CHANGE_LIST
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_version(TwDbTx *tx,
                         const TwStore *store,
                         guint32 bid,
                         guint64 cn,
                         GBytes **ret_key,
                         GBytes **ret_list,
                         GError **error);

/**
 * tw_sync_sent_clear:
 * @sent: what a client sent
 */
void tw_sync_sent_clear(TwSyncSent *sent);

G_END_DECLS
