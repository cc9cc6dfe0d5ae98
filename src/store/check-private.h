/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the check share. Private to store/. */
#pragma once

#include "store/check.h"
#include "store/message-private.h"

G_BEGIN_DECLS

/* Who has a body: a message, a folder, or the store itself. */
typedef struct {
    guint32 bid;
    guint32 mid;    /* 0: not a message */
    guint32 folder; /* the message's folder, or the folder itself; 0: the store */
    gboolean seen;
} TwCheckOwner;

/* A folder's row as it lies there. */
typedef struct {
    TwFolderRow *row; /* owned */
    gboolean crc_bad;
    gboolean name_bad;  /* no text */
    gboolean key_null;  /* takes no name among its siblings */
    gboolean key_wrong; /* the key is not that of its name */
} TwCheckFolder;

/* What a folder's lists hold. */
typedef struct {
    guint32 counts[4];
    guint32 unread;
    gint64 bytes, deleted_bytes;
    guint32 uid_max;
    guint64 cn_max;
} TwCheckCount;

/* One round over one store. */
typedef struct {
    TwEngine *engine;
    TwStore *store;
    guint32 number; /* of the store */
    const TwCheckOptions *options;
    GPtrArray *found; /* TwCheckFinding */
    TwStoreRow row;
    GPtrArray *folders; /* TwCheckFolder, by number */
    GHashTable *by_id;  /* folder -> TwCheckFolder, borrowed */
    GArray *owners;     /* TwCheckOwner, by bid once the messages were walked */
    guint32 lost;       /* lost+found; 0: not yet needed */
    char *unread; /* why a value could not be read now, though it may be whole; NULL: all could */
} TwCheck;

/**
 * tw_check_note:
 * @check: the round
 * @what: what is wrong
 * @folder: where, or 0
 * @object: with what, or 0
 * @repairable: whether the repair knows a way
 * @format: why, as printf()
 * @...: its values
 */
void tw_check_note(TwCheck *check,
                   TwCheckWhat what,
                   guint32 folder,
                   guint32 object,
                   gboolean repairable,
                   const char *format,
                   ...) G_GNUC_PRINTF(6, 7);

/**
 * tw_check_is_unread:
 * @check: the round
 * @why: why a value was not read
 *
 * Tells a value that cannot be read now (the server that has it does not answer) from one that is damaged. Nothing may be concluded
 * from the former, least of all a repair: the round then ends with tw_check_all_read().
 *
 * Returns: whether it is such a one
 */
gboolean tw_check_is_unread(TwCheck *check, const GError *why);

/**
 * tw_check_all_read:
 * @check: the round
 * @error: TW_ERROR_BUSY: some value could not be read now
 *
 * Returns: FALSE if a value could not be read now
 */
gboolean tw_check_all_read(const TwCheck *check, GError **error);

/**
 * tw_check_folder_of:
 * @check: the round
 * @id: a folder
 *
 * Returns: (transfer none) (nullable): its row as it was read
 */
TwCheckFolder *tw_check_folder_of(const TwCheck *check, guint32 id);

/* Fill in what they look at; FALSE only when a database cannot be read at all. */
gboolean tw_check_tree(TwCheck *check, GError **error);
gboolean tw_check_messages(TwCheck *check, GError **error);
gboolean tw_check_contents(TwCheck *check, GError **error);
gboolean tw_check_keys(TwCheck *check, GError **error);
gboolean tw_check_searches(TwCheck *check, GError **error);

/* Each looks again inside its transaction, and does nothing when it is not so any more. */
gboolean tw_repair_tree(TwCheck *check, const TwCheckFinding *finding, GError **error);
gboolean tw_repair_message(TwCheck *check, const TwCheckFinding *finding, GError **error);
gboolean tw_repair_content(TwCheck *check, const TwCheckFinding *finding, GError **error);
gboolean tw_repair_key(TwCheck *check, const TwCheckFinding *finding, GError **error);
gboolean tw_repair_search(TwCheck *check, const TwCheckFinding *finding, GError **error);

/**
 * tw_check_lost_found:
 * @check: the round
 * @error: as tw_folder_create()
 *
 * Returns: the folder "lost+found", made when there is none; 0 on failure
 */
guint32 tw_check_lost_found(TwCheck *check, GError **error);

/**
 * tw_check_move:
 * @work: the change
 * @old: a message's row
 * @row: (inout): what it shall be: its mid is new; place, uid and change numbers are set by this. Without a head it keeps
 *   the one it has
 * @to: that folder
 * @error: what the database says
 *
 * Takes a message from wherever it is, a folder that is not there included.
 *
 * Returns: FALSE on failure
 */
gboolean tw_check_move(
    TwWork *work, const TwMessageRow *old, TwMessageRow *row, TwFolderRow *to, GError **error);

/**
 * tw_check_recover_folder:
 * @work: the change
 * @id: a folder that is not there
 * @lost: lost+found
 * @ret: (out): whether it is there again: only when its properties still are
 * @error: what the database says
 *
 * Makes a folder's row anew inside of lost+found, so that its messages stay together.
 *
 * Returns: FALSE on failure
 */
gboolean tw_check_recover_folder(
    TwWork *work, guint32 id, guint32 lost, gboolean *ret, GError **error);

/**
 * tw_check_count:
 * @tx: a transaction
 * @store: number of a store
 * @folder: a folder
 * @ret: (out): what its lists hold; what is in no list is left out
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_check_count(
    TwDbTx *tx, guint32 store, guint32 folder, TwCheckCount *ret, GError **error);

/* ---- sql-check.c ---- */

gboolean tw_sql_check_structure(TwDbTx *tx, gboolean deep, GString *ret, GError **error);
/* All of it, (element-type TwCheckFolder). */
GPtrArray *tw_sql_check_folders(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_check_set_type(TwDbTx *tx, guint32 store, guint32 id, guint type, GError **error);
/* The first folder number after @after that messages name; 0: none. */
gboolean tw_sql_check_next_folder(
    TwDbTx *tx, guint32 store, guint32 after, guint32 *ret, GError **error);
/* All rows of a folder, whatever their state; heads are not read. */
gboolean tw_sql_check_walk(
    TwDbTx *tx, guint32 store, guint32 folder, TwMessageFunc func, gpointer data, GError **error);
/* Ids of records, and of bodies with references, after @after: at most @max. (element-type guint32) */
GArray *tw_sql_check_tails(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
GArray *tw_sql_check_mails(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
GArray *tw_sql_check_ref_bids(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
gboolean tw_sql_check_has_tail(
    TwDbTx *tx, guint32 store, guint32 bid, gboolean *ret, GError **error);
/* References that can be believed; the others are counted. */
GArray *tw_sql_check_values(TwDbTx *tx, guint32 store, guint32 bid, guint *ret_bad, GError **error);
/* The message that has a body; looks through all of the store. 0: none. */
gboolean tw_sql_check_by_bid(
    TwDbTx *tx, guint32 store, guint32 bid, guint32 *ret_mid, GError **error);
/* The highest change number that any row has. */
gboolean tw_sql_check_top_cn(TwDbTx *tx, guint32 store, guint64 *ret, GError **error);
/* Messages whose uid is told to be gone. */
typedef struct {
    guint32 folder, uid, mid;
} TwCheckUndead;
GArray *tw_sql_check_undead(TwDbTx *tx, guint32 store, guint max, GError **error);
GArray *tw_sql_check_key_ids(TwDbTx *tx, guint32 store, guint32 after, guint max, GError **error);
GArray *tw_sql_check_keyword_folders(TwDbTx *tx, guint32 store, GError **error);
GArray *tw_sql_check_stores(TwDbTx *tx, GError **error);
/* Writes the store's number and GUID into its row anew, with their checksum. */
gboolean tw_sql_check_mend_store(TwDbTx *tx, guint32 store, const TwGuid *guid, GError **error);

G_END_DECLS
