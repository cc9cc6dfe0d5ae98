/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Incremental change synchronisation (ICS): what a client that knows a folder as of some moment has to do to know it as
 * it is now.
 *
 * A client keeps a state. It asks for what changed since, does what it is told, and then keeps the new state. Being told
 * the same twice does no harm: NEW and CHANGED both say "have it as it is now", a deletion of what is not there says nothing.
 * So a client that falls back to an older state, with the copy that belongs to it, ends equal all the same.
 *
 * A sync id is the server's record of one consumer of one folder. Changes made through a handle of tw_store_for_sync()
 * are not told to the consumer of that id again, and of a consumer with a filter the server remembers what it has.
 *
 * Nothing here asks for rights: session/ does.
 *
 * Sources: spec/mapi-soap.md 5.6 and 11, spec/mailbox-layout.md 29.
 */
#pragma once

#include "mapi/keys.h"
#include "mapi/restriction.h"
#include "store/store.h"

G_BEGIN_DECLS

/* Numbers are on disk and on the wire. */
typedef enum {
    TW_SYNC_CONTENTS = 1,
    TW_SYNC_HIERARCHY = 2,
    TW_SYNC_ADDRESS_BOOK = 3,
} TwSyncKind;

/* Type of a change: class | action. Numbers are on the wire. */
typedef enum {
    TW_SYNC_MESSAGE = 0x1000,
    TW_SYNC_FOLDER = 0x2000,
    TW_SYNC_BOOK = 0x4000,
} TwSyncClass;

typedef enum {
    TW_SYNC_NEW = 1,
    TW_SYNC_CHANGED = 2,
    TW_SYNC_READ = 3, /* the read mark alone */
    TW_SYNC_SOFT_DELETED = 4,
    TW_SYNC_DELETED = 5,
} TwSyncAction;

/* Numbers are on the wire; other bits of it are the client's business. */
typedef enum {
    TW_SYNC_NO_DELETIONS = 0x02,
    TW_SYNC_NO_SOFT_DELETIONS =
        0x04, /* what is soft-deleted stays with the client until it is gone */
    TW_SYNC_READ_STATE = 0x08,
    TW_SYNC_ASSOCIATED = 0x10,
    TW_SYNC_NORMAL = 0x20,
    TW_SYNC_CATCHUP = 0x400, /* no changes, the state of now */
} TwSyncFlags;

enum {
    TW_SYNC_STATE_SHORT = 8, /* bytes of a state of the wire: sync id, change number */
    TW_SYNC_STATE_LEN = 32,  /* bytes of a state of ours */
    TW_SYNC_MAX_STEP =
        200000 /* changes looked at in one call: without it a year of them is one answer */
};

/* Where a client is. All zero: it knows nothing. */
typedef struct {
    guint32 sync; /* its sync id; 0: it has none */
    guint64 cn;   /* it knows all changes up to this one */
    guint32
        below; /* of a first synchronisation under way: it has the messages from this number up; else which of several
                     * ways led to this change number: 0 for all that come from one call without a step */
    guint8 list;    /* the list under way: 1 normal, 2 associated; 0: none is */
    guint32 filter; /* what tw_sync_filter_hash() says of its filter; 0: not known */
    guint32 place;  /* 24 bits of which folder of which store it is about; 0: not known */
} TwSyncState;

/**
 * tw_sync_state_parse:
 * @data: (array length=len): a state: none, 8 bytes or more of the wire (what follows is the client's), or one of ours
 * @len: how many bytes
 * @ret: (out): the state
 * @error: TW_ERROR_CORRUPT
 *
 * Returns: FALSE, and @ret untouched, on failure
 */
gboolean tw_sync_state_parse(const guint8 *data, gsize len, TwSyncState *ret, GError **error);

/**
 * tw_sync_state_write:
 * @state: a state
 * @out: (array fixed-size=32): takes its bytes
 */
void tw_sync_state_write(const TwSyncState *state, guint8 out[TW_SYNC_STATE_LEN]);

/**
 * tw_sync_filter_hash:
 * @filter: (nullable): a restriction
 *
 * Returns: a number that differs when the filter does, never 0 for a filter; 0 without one
 */
guint32 tw_sync_filter_hash(const TwRestriction *filter);

/* ---- what changed ---- */

typedef struct {
    guint64 cn;         /* of the last change of it that was seen */
    guint32 id;         /* message or folder */
    guint32 parent;     /* its folder; of a folder that is gone and left no trace: 0 */
    guint16 type;       /* TwSyncClass | TwSyncAction */
    gboolean read;      /* READ: what the mark is now */
    GBytes *source_key; /* (nullable): owned: made by a client; NULL: the server's, of @id */
} TwSyncChange;

typedef struct {
    TwSyncKind kind;
    guint32 folder;               /* HIERARCHY: all below it */
    guint flags;                  /* TwSyncFlags */
    const TwRestriction *filter;  /* (nullable): on messages */
    const TwCollation *collation; /* (nullable): for @filter */
    guint max;                    /* CONTENTS: most changes at once; 0: %TW_SYNC_MAX_STEP */
    /* (nullable): HIERARCHY: whether the client may know of a folder; what lies above one that it may know of it may know, too. Called
     * while the tree is read: call nothing of store/ */
    gboolean (*see)(guint32 folder, gpointer data);
    gpointer see_data;
    guint32
        see_hash; /* of what @see decides by, not 0: another one when it may decide otherwise of the same tree */
} TwSyncRequest;

typedef struct {
    GArray *changes;   /* TwSyncChange, in the order in which to do them; owned */
    TwSyncState state; /* for the next call, once all of them are done */
    gboolean more;     /* ask again with @state: there is more already */
} TwSyncBatch;

/**
 * tw_sync_batch_clear:
 * @batch: a batch; what it owns is freed
 */
void tw_sync_batch_clear(TwSyncBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSyncBatch, tw_sync_batch_clear)

/**
 * tw_sync_changes:
 * @store: a store
 * @state: where the client is
 * @request: what of
 * @ret: (out): what to do, to be cleared with tw_sync_batch_clear()
 * @error: TW_ERROR_NOT_FOUND: no such folder, or the state is older than what is kept (or newer than the store): the client
 *   begins again with cn 0; INVALID: a kind or filter that makes no sense here
 *
 * One snapshot of the store. A first synchronisation (cn 0) gives all messages as NEW, newest first, or all folders,
 * parents first; search folders are not among them. Later ones give each object once, by the number of its last change, of a
 * hierarchy parents before what came to be below them. A message that moved, and one that comes into the filter or
 * leaves it, is a deletion in the one place and NEW in the other.
 *
 * A filter remembers what it let through only with a sync id. Without one, what was changed and fits is CHANGED, what does
 * not is DELETED, whether the client has it or not.
 *
 * A hierarchy that is seen in part (@see) remembers with a sync id what the client has: a folder that comes into sight is NEW,
 * one that goes out of sight DELETED, whatever the reason. Without one the client begins again when @see_hash is another one,
 * or a folder was moved.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_changes(TwStore *store,
                         const TwSyncState *state,
                         const TwSyncRequest *request,
                         TwSyncBatch *ret,
                         GError **error);

/**
 * tw_store_for_sync:
 * @store: a store
 * @sync: a sync id
 *
 * Returns: (transfer full): a handle whose changes are made by the consumer of @sync: they are not told to it again, and
 *   change keys in what it saves are kept
 */
TwStore *tw_store_for_sync(TwStore *store, guint32 sync);

/* ---- sync ids ---- */

typedef struct {
    guint32 id;
    guint32 store, folder; /* 0, 0: the whole server */
    TwSyncKind kind;
    guint32 owner; /* whose it is: the caller's number; only the same one finds it again */
    guint64 cn;    /* what the client said last */
    gint64 used_us;
} TwSyncInfo;

/**
 * tw_sync_register:
 * @engine: an engine
 * @info: (inout): store, folder, kind, owner and cn; gets the id
 * @now_us: real time
 * @error: TW_ERROR_NOT_FOUND: no such folder; INVALID: no such kind; TOO_BIG: all ids are given out
 *
 * Ids are never given twice.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_register(TwEngine *engine, TwSyncInfo *info, gint64 now_us, GError **error);

/**
 * tw_sync_set:
 * @engine: an engine
 * @info: id, owner, the store, folder and kind it was registered for, and the change number the client has now
 * @now_us: real time
 * @error: TW_ERROR_NOT_FOUND: no such id, or another's; EXISTS: it was registered for something else; INVALID: no such kind
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_set(TwEngine *engine, const TwSyncInfo *info, gint64 now_us, GError **error);

/**
 * tw_sync_get:
 * @engine: an engine
 * @id: a sync id
 * @owner: whose
 * @ret: (out): what is known of it
 * @error: TW_ERROR_NOT_FOUND: no such id, or another's
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_get(TwEngine *engine, guint32 id, guint32 owner, TwSyncInfo *ret, GError **error);

/**
 * tw_sync_expire:
 * @engine: an engine
 * @before_us: ids not used since are forgotten
 * @ret_count: (out) (optional): how many
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_expire(TwEngine *engine, gint64 before_us, guint *ret_count, GError **error);

/**
 * tw_sync_trim:
 * @store: a store
 * @oldest: number of the oldest change that is kept
 * @error: what the database says
 *
 * Drops what synchronisation kept beside changes that are no longer there.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_trim(TwStore *store, guint64 oldest, GError **error);

/* ---- keys ---- */

/* Those of one object. */
typedef struct {
    GBytes *source_key;        /* PR_SOURCE_KEY */
    GBytes *parent_source_key; /* PR_PARENT_SOURCE_KEY; NULL for the root */
    GBytes *change_key;        /* PR_CHANGE_KEY */
    GBytes *change_list;       /* PR_PREDECESSOR_CHANGE_LIST */
} TwSyncKeys;

/**
 * tw_sync_keys_clear:
 * @keys: keys; what they own is freed
 */
void tw_sync_keys_clear(TwSyncKeys *keys);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSyncKeys, tw_sync_keys_clear)

/**
 * tw_sync_message_keys:
 * @store: a store
 * @row: a message
 * @ret: (out): its keys
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_message_keys(TwStore *store,
                              const TwMessageRow *row,
                              TwSyncKeys *ret,
                              GError **error);

/**
 * tw_sync_folder_keys:
 * @store: a store
 * @row: a folder
 * @ret: (out): its keys
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_folder_keys(TwStore *store,
                             const TwFolderRow *row,
                             TwSyncKeys *ret,
                             GError **error);

/**
 * tw_sync_source_key:
 * @store: a store
 * @id: a message or folder, also one that is gone while its going is kept
 * @error: what the database says
 *
 * Returns: (transfer full): its source key, made by a client or the server's, or NULL
 */
GBytes *tw_sync_source_key(TwStore *store, guint32 id, GError **error);

/**
 * tw_sync_server_key:
 * @store: a store
 * @id: a message or folder
 *
 * Returns: (transfer full): the source key it has when no client made one
 */
GBytes *tw_sync_server_key(const TwStore *store, guint32 id);

/**
 * tw_sync_gone_key:
 * @store: a store
 * @kind: of the key
 * @id: a message or folder that is gone
 * @error: TW_ERROR_NOT_FOUND: no client made one for it, or its going is not kept any more
 *
 * Returns: (transfer full): the key, or NULL
 */
GBytes *tw_sync_gone_key(TwStore *store, TwKeyKind kind, guint32 id, GError **error);

/**
 * tw_sync_find:
 * @store: a store
 * @key: a source key
 * @ret_id: (out): the number it stands for: whether such an object is there, its opening says
 * @error: TW_ERROR_NOT_FOUND: neither made by a client nor of this server
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_find(TwStore *store, GBytes *key, guint32 *ret_id, GError **error);

/* ---- the whole server ---- */

/* A message of any store. */
typedef struct {
    guint32 store, folder, id;
    guint64 cn; /* of its last change in that store */
    guint16 type;
} TwSyncServerChange;

typedef struct {
    GArray *changes; /* TwSyncServerChange; of each store by change number; owned */
    TwSyncState state;
    gboolean more;
} TwSyncServerBatch;

/**
 * tw_sync_server_batch_clear:
 * @batch: a batch; what it owns is freed
 */
void tw_sync_server_batch_clear(TwSyncServerBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSyncServerBatch, tw_sync_server_batch_clear)

/**
 * tw_sync_server_changes:
 * @engine: an engine
 * @state: where the consumer is, with a sync id of the whole server
 * @flags: TwSyncFlags: READ_STATE, CATCHUP
 * @max: no further store is looked at once there are so many; 0: %TW_SYNC_MAX_STEP
 * @ret: (out): what to do, to be cleared with tw_sync_server_batch_clear()
 * @error: TW_ERROR_UNSUPPORTED: from the beginning without CATCHUP; NOT_FOUND: the state is not kept (the last eight are),
 *   or a store keeps less than it needs: the consumer begins again; EXISTS: the id is of a folder
 *
 * Changes of the messages of all stores. The number in the state stands for a place in each store.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_server_changes(TwEngine *engine,
                                const TwSyncState *state,
                                guint flags,
                                guint max,
                                TwSyncServerBatch *ret,
                                GError **error);

/* ---- import ---- */

typedef enum {
    TW_SYNC_IMPORTED,        /* made, or newer than what was there */
    TW_SYNC_IGNORED,         /* what is there is the same or was made from it */
    TW_SYNC_CONFLICT_OURS,   /* both sides changed it: what is there stays */
    TW_SYNC_CONFLICT_THEIRS, /* both sides changed it: it takes the place of what was there */
    TW_SYNC_DELETED_HERE,    /* it was deleted or moved away: nothing is done */
} TwSyncOutcome;

/* What is brought in besides the object. */
typedef struct {
    guint32 folder;
    GBytes *source_key;
    GBytes *entry_id; /* (nullable): of a new message, made by the client */
    gboolean associated;
    gboolean fail_on_conflict; /* TW_ERROR_CHANGED, rather than a winner */
} TwSyncImport;

typedef struct {
    TwSyncOutcome outcome;
    guint32 mid; /* 0: there is none */
    guint64 cn;  /* its change number now */
    TwObject *
        loser; /* (nullable): owned: in a conflict, the version that gave way, to be kept elsewhere */
} TwSyncImported;

/**
 * tw_sync_imported_clear:
 * @imported: what became of an import; what it owns is freed
 */
void tw_sync_imported_clear(TwSyncImported *imported);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwSyncImported, tw_sync_imported_clear)

/**
 * tw_sync_compare:
 * @stored: keys of an object that is there
 * @object: another version of it, with PR_CHANGE_KEY and maybe PR_PREDECESSOR_CHANGE_LIST
 * @ret: (out): what @object is to the stored one
 * @error: TW_ERROR_INVALID: no change key; CORRUPT: no list
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_compare(const TwSyncKeys *stored,
                         const TwObject *object,
                         TwChangeOrder *ret,
                         GError **error);

/**
 * tw_sync_import_message:
 * @store: a handle of tw_store_for_sync()
 * @import: where, and under which keys
 * @object: the message with its PR_CHANGE_KEY and PR_PREDECESSOR_CHANGE_LIST; changed as by tw_message_save()
 * @ret: (out): what became of it, to be cleared with tw_sync_imported_clear()
 * @error: TW_ERROR_NOT_FOUND: no such folder; CHANGED: a conflict, when those are to fail; INVALID: no change key; and as
 *   tw_message_create() and tw_message_save()
 *
 * In a conflict the version that was modified later wins (PR_LAST_MODIFICATION_TIME, then the replica), and the lists of
 * both become one.
 *
 * Returns: FALSE on failure
 */
gboolean tw_sync_import_message(TwStore *store,
                                const TwSyncImport *import,
                                TwObject *object,
                                TwSyncImported *ret,
                                GError **error);

G_END_DECLS
