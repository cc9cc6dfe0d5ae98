/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of server.db. Private to store/. */
#pragma once

#include "base/guid.h"
#include "db/db.h"
#include "mapi/named.h"

G_BEGIN_DECLS

typedef struct {
    TwGuid guid;
    guint32 next_store, partitions;
} TwServerRow;

/* One row of the map of stores. */
typedef struct {
    guint32 number;
    guint partition;
    TwGuid guid;
    guint32 owner; /* 0: none */
    guint8 kind;   /* TwStoreKind, of a store with an owner */
    gint64 owner_key;
} TwStorePlace;

/** TW_OWNER_KEY: owner and kind as one number, a key of the table of owned stores. */
#define TW_OWNER_KEY(owner, kind) ((gint64) (owner) << 8 | (gint64) (kind))

typedef struct {
    guint16 id;
    TwNamedProp *name; /* owned */
} TwNamedRow;

/**
 * tw_sql_server_get:
 * @tx: a transaction
 * @ret: (out): the server's row; zeros when there is none yet
 * @error: what the database says; TW_ERROR_CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_server_get(TwDbTx *tx, TwServerRow *ret, GError **error);

/**
 * tw_sql_server_set:
 * @tx: a transaction
 * @row: the server's row; made when there is none
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_server_set(TwDbTx *tx, const TwServerRow *row, GError **error);

/**
 * tw_sql_server_take_block:
 * @tx: a transaction
 * @ret_first: (out): first of a block of object numbers nobody else has
 * @error: TW_ERROR_TOO_BIG: all are given out
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_server_take_block(TwDbTx *tx, guint32 *ret_first, GError **error);

/**
 * tw_sql_place_add:
 * @tx: a transaction
 * @place: a new store; its number is set by this
 * @error: TW_ERROR_EXISTS: the GUID is taken; TOO_BIG: no numbers left
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_place_add(TwDbTx *tx, TwStorePlace *place, GError **error);

/**
 * tw_sql_place_delete:
 * @tx: a transaction
 * @number: of a store
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_place_delete(TwDbTx *tx, guint32 number, GError **error);

/**
 * tw_sql_place_set_owner:
 * @tx: a transaction
 * @number: of a store
 * @owner: a number of the directory, or 0
 * @kind: of the store
 * @error: TW_ERROR_EXISTS: the owner has one of that kind; NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_place_set_owner(
    TwDbTx *tx, guint32 number, guint32 owner, guint8 kind, GError **error);

/**
 * tw_sql_place_list:
 * @tx: a transaction
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwStorePlace): all, or NULL
 */
GArray *tw_sql_place_list(TwDbTx *tx, GError **error);

/**
 * tw_sql_named_add:
 * @tx: a transaction
 * @name: a name that is not there
 * @most: most names of the server
 * @ret_id: (out): its id from now on
 * @error: TW_ERROR_TOO_BIG: the limit; EXISTS
 *
 * Returns: FALSE on failure
 */
gboolean tw_sql_named_add(
    TwDbTx *tx, const TwNamedProp *name, guint most, guint16 *ret_id, GError **error);

/**
 * tw_sql_named_list:
 * @tx: a transaction
 * @after: begin behind this id
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwNamedRow): names that the caller owns, or NULL
 */
GArray *tw_sql_named_list(TwDbTx *tx, guint16 after, GError **error);

G_END_DECLS
