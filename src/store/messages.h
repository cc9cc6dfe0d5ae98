/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages of a store: made, read, saved, and moved about, one or many at a time.
 *
 * A message has a number (mid) that is new on copy and move, and an IMAP uid of its folder that is never given twice. Its
 * content lies under a body number (bid) that a move keeps. Change numbers: cn is its last change of content, status or
 * keywords, cn_read the last of its read mark; the larger one is its mod-sequence.
 */
#pragma once

#include "blob/blob.h"
#include "mapi/object.h"
#include "store/derive.h"
#include "store/engine.h"
#include "store/head.h"
#include "store/keywords.h"

G_BEGIN_DECLS

/* The lists of a folder. Numbers are on disk. */
typedef enum {
    TW_MESSAGE_NORMAL = 0,
    TW_MESSAGE_ASSOC = 1,
    TW_MESSAGE_DELETED = 2,       /* soft-deleted */
    TW_MESSAGE_DELETED_ASSOC = 3, /* soft-deleted associated */
} TwMessageState;

typedef struct {
    guint32 store, folder, mid;
    guint32 uid; /* 0 for all but normal messages */
    guint32 bid;
    guint8 state;   /* TwMessageState */
    gint64 recv;    /* PR_MESSAGE_DELIVERY_TIME or the time of saving, microseconds since 1970 */
    gint64 size;    /* what quotas count */
    guint32 flags;  /* TwMessageFlag */
    guint32 status; /* PR_MSG_STATUS */
    guint64 kw; /* the first 64 keywords of the folder by number; all: tw_message_row_keywords() */
    guint64 cn, cn_create, cn_read;
    guint64 conv; /* tw_derive_conversation_hash() */
    /* When it came into the list it is in: was saved, copied, moved or put back into its folder (SAVEDATE of RFC 8514) or, of
     * a soft-deleted one, was deleted; microseconds since 1970; 0: before that was kept. Not in rows of tables. */
    gint64 placed;
    GBytes *head; /* owned; NULL when not asked for, or in a list when damaged */
} TwMessageRow;

/**
 * tw_message_row_clear:
 * @row: a row; what it owns is freed
 */
void tw_message_row_clear(TwMessageRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwMessageRow, tw_message_row_clear)

/* Ids made by clients. Numbers are on disk. */
typedef enum {
    TW_KEY_ENTRY_ID = 1,
    TW_KEY_SOURCE_KEY = 2,
} TwKeyKind;

/* What to make besides the object. All zero is a plain message that arrived now. */
typedef struct {
    gboolean associated;
    guint flags_context; /* bits of #TwFlagsContext that the caller knows: SYNC, TRANSPORT */
    gint64 recv_us;      /* 0: PR_MESSAGE_DELIVERY_TIME of the object, else now */
    GBytes *entry_id;    /* (nullable): made by the client: EXISTS when taken */
    GBytes *source_key;  /* (nullable): made by the client; passed over when it is taken */
    const guint8
        *once; /* (nullable): 32 bytes that name it in this store: EXISTS when it was made before */
} TwMessageMake;

typedef struct {
    guint32 mid, uid, uidvalidity;
    guint64 cn;
} TwMessageMade;

/**
 * tw_message_create:
 * @store: a store
 * @folder: where
 * @object: what; large values are moved to blobs by this, PR_SEARCH_KEY is set when it has none
 * @make: (nullable): see there
 * @ret: (out): what was made
 * @error: TW_ERROR_NOT_FOUND: no such folder; QUOTA: the store is over its hard quota; EXISTS; TOO_BIG; NO_SPACE
 *
 * Flags, status come from PR_MESSAGE_FLAGS and PR_MSG_STATUS by the rules of a first save, keywords from its categories
 * (PidNameKeywords).
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_message_create(TwStore *store,
                           guint32 folder,
                           TwObject *object,
                           const TwMessageMake *make,
                           TwMessageMade *ret,
                           GError **error);

/**
 * tw_message_get:
 * @store: a store
 * @mid: a message
 * @ret: (out): its row with its head
 * @error: TW_ERROR_NOT_FOUND: also in a folder that is deleted; CORRUPT
 *
 * Returns: FALSE on failure
 */
gboolean tw_message_get(TwStore *store, guint32 mid, TwMessageRow *ret, GError **error);

/**
 * tw_message_read:
 * @store: a store
 * @mid: a message
 * @ret: (out) (optional): its row of the same snapshot
 * @error: as tw_message_get()
 *
 * Its keywords are its categories (PidNameKeywords), and it has a PR_SEARCH_KEY also before it was first saved.
 *
 * Returns: (transfer full): the message, large values as references with their blob ids, or NULL
 */
TwObject *tw_message_read(TwStore *store, guint32 mid, TwMessageRow *ret, GError **error);

/**
 * tw_message_save:
 * @store: a store
 * @mid: a message
 * @cn: its cn when it was opened; 0 overwrites whatever is there
 * @object: the whole message as it shall be; large values are moved to blobs by this, and it gets the message's
 *   PR_SEARCH_KEY, which no save changes
 * @flags_context: bits of #TwFlagsContext: SYNC, SET
 * @ret_cn: (out): its new cn
 * @error: TW_ERROR_CHANGED: someone saved first; NOT_FOUND: also when it is soft-deleted; QUOTA; TOO_BIG; NO_SPACE
 *
 * Categories (PidNameKeywords) become its keywords; without any it has none any more.
 *
 * A message that came as a mail and whose content is changed loses the stored bytes and gets a new uid
 * (spec/mailbox-layout.md 24).
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_message_save(TwStore *store,
                         guint32 mid,
                         guint64 cn,
                         TwObject *object,
                         guint flags_context,
                         guint64 *ret_cn,
                         GError **error);

/**
 * tw_store_put_value:
 * @store: a store
 * @use: a use that lasts until the object was saved
 * @data: (array length=len): a large value
 * @len: its length
 * @ret: (out): the reference, for tw_object_set_blob()
 * @error: TW_ERROR_NO_SPACE, or what the volume says
 *
 * For streams: a value goes to its blob before the object is saved.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_put_value(
    TwStore *store, TwBlobUse *use, const void *data, gsize len, TwBlobRef *ret, GError **error);

/**
 * tw_store_write_value:
 * @store: a store
 * @use: a use that lasts until the object was saved
 *
 * For a value that comes in pieces. What tw_blob_writer_finish() gives makes the reference.
 *
 * Returns: (transfer full): a writer
 */
TwBlobWriter *tw_store_write_value(TwStore *store, TwBlobUse *use);

/**
 * tw_store_begin_values:
 * @store: a store
 *
 * Returns: (transfer full): a use for tw_store_put_value(); end it with tw_blob_use_end() after the save
 */
TwBlobUse *tw_store_begin_values(TwStore *store);

/**
 * tw_store_read_value:
 * @store: a store
 * @ref: a reference that knows its blob id, from an object of this store
 * @offset: first byte wanted
 * @len: how many; what lies beyond the end is left out
 * @out: (inout): takes them
 * @error: TW_ERROR_NOT_FOUND; CORRUPT; TOO_BIG: @out is full
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_read_value(
    TwStore *store, const TwBlobRef *ref, guint64 offset, gsize len, TwBuffer *out, GError **error);

/**
 * tw_store_find_key:
 * @store: a store
 * @kind: of the key
 * @key: made by a client
 * @ret_id: (out): the message or folder
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_find_key(
    TwStore *store, TwKeyKind kind, GBytes *key, guint32 *ret_id, GError **error);

/**
 * tw_store_get_key:
 * @store: a store
 * @kind: of the key
 * @id: a message or folder
 * @error: TW_ERROR_NOT_FOUND: no client made one for it
 *
 * Returns: (transfer full): the key, or NULL
 */
GBytes *tw_store_get_key(TwStore *store, TwKeyKind kind, guint32 id, GError **error);

/* ---- lists ---- */

/* One row of a list; what @row owns stays its own. FALSE ends the walk. */
typedef gboolean (*TwMessageFunc)(const TwMessageRow *row, gpointer data);

/**
 * tw_folder_list:
 * @store: a store
 * @folder: a folder
 * @state: which list
 * @after: begin behind this mid; 0 at the start
 * @max: most rows
 * @head: with heads
 * @func: called for each row, on this thread, inside a short read transaction: be brief, call nothing of store/
 * @data: for @func
 * @error: TW_ERROR_NOT_FOUND
 *
 * Walks in the order of mids, which is the order of arrival in the folder.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_list(TwStore *store,
                        guint32 folder,
                        TwMessageState state,
                        guint32 after,
                        guint max,
                        gboolean head,
                        TwMessageFunc func,
                        gpointer data,
                        GError **error);

/**
 * tw_folder_list_uids:
 * @store: a store
 * @folder: a folder
 * @after: begin behind this uid
 * @max: most rows
 * @func: as tw_folder_list()
 * @data: for @func
 * @error: TW_ERROR_NOT_FOUND
 *
 * Walks through the normal messages in the order of uids, without heads.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_list_uids(TwStore *store,
                             guint32 folder,
                             guint32 after,
                             guint max,
                             TwMessageFunc func,
                             gpointer data,
                             GError **error);

/* ---- many at a time ----
 *
 * Messages that are not (or no longer) where they are looked for are passed over, so that an operation can be asked for
 * twice. Up to the limit "batch" all happens in one transaction; more goes in batches, each whole, with a record of
 * how far it came, which the next start takes up after a crash. */

typedef struct {
    guint32 from;        /* the messages' folder */
    const guint32 *mids; /* which */
    guint count;
} TwMessageSet;

/* What became of one message. */
typedef struct {
    guint32 mid;       /* as it was */
    guint32 new_mid;   /* copy, move: of the new one; else the same */
    guint32 uid;       /* copy, move, restore: the new uid; 0 for associated ones */
    guint64 cn;        /* its change; 0: nothing was done */
    gboolean modified; /* flags: it changed after unchanged_since */
    gboolean refused;  /* it is being sent (message-lock.h, queue.h): nothing was done */
} TwMessageDone;

/**
 * tw_messages_delete:
 * @store: a store
 * @set: which; soft-deleted ones with @soft FALSE are purged
 * @soft: keep them restorable
 * @ret_count: (out) (optional): how many
 * @error: TW_ERROR_NOT_FOUND: no such folder
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_delete(
    TwStore *store, const TwMessageSet *set, gboolean soft, guint *ret_count, GError **error);

/**
 * tw_messages_delete_marked:
 * @store: a store
 * @set: as of tw_messages_delete()
 * @status: bits of PR_MSG_STATUS: a message that has none of them when its turn comes stays; 0: none stays
 * @soft: keep them restorable
 * @ret_count: (out) (optional): how many
 * @error: TW_ERROR_NOT_FOUND: no such folder
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_delete_marked(TwStore *store,
                                   const TwMessageSet *set,
                                   guint32 status,
                                   gboolean soft,
                                   guint *ret_count,
                                   GError **error);

/**
 * tw_messages_restore:
 * @store: a store
 * @set: soft-deleted messages
 * @done: (nullable) (element-type TwMessageDone): takes what became of each
 * @error: TW_ERROR_NOT_FOUND; QUOTA
 *
 * They come back with their numbers and new uids.
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_restore(TwStore *store, const TwMessageSet *set, GArray *done, GError **error);

/**
 * tw_messages_move:
 * @store: a store
 * @set: normal or associated messages
 * @to: another folder of the store
 * @done: (nullable) (element-type TwMessageDone): takes what became of each
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_move(
    TwStore *store, const TwMessageSet *set, guint32 to, GArray *done, GError **error);

/**
 * tw_messages_copy:
 * @store: a store
 * @set: normal or associated messages
 * @to: a folder of the store, also the same
 * @done: (nullable) (element-type TwMessageDone): takes what became of each
 * @error: TW_ERROR_NOT_FOUND; QUOTA
 *
 * Values in blobs are shared, not copied.
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_copy(
    TwStore *store, const TwMessageSet *set, guint32 to, GArray *done, GError **error);

typedef struct {
    guint32 flags_set,
        flags_clear; /* read, unsent, resend, report bits, submitted; others are passed over */
    guint32 status_set, status_clear; /* PR_MSG_STATUS */
    guint64 kw_set, kw_clear;
    guint64 unchanged_since; /* pass over what changed after this (CONDSTORE); 0: never */
    guint16 more_set[TW_KEYWORDS_MAX_OVERFLOW];   /* numbers of keywords past the 64th, */
    guint16 more_clear[TW_KEYWORDS_MAX_OVERFLOW]; /* ascending: see tw_flag_change_keyword() */
    guint more_set_count, more_clear_count;
    gboolean kw_exact; /* all keywords but those that are set go */
} TwFlagChange;

/**
 * tw_flag_change_keyword:
 * @change: (inout): gets one more keyword
 * @number: of the keyword in the folder, from tw_folder_keyword()
 * @set: to be set, or cleared
 *
 * Returns: FALSE, and nothing changed, when %TW_KEYWORDS_MAX_OVERFLOW past the 64th are in it already
 */
gboolean tw_flag_change_keyword(TwFlagChange *change, guint number, gboolean set);

/**
 * tw_message_row_keywords:
 * @row: a row, with its head if those past the 64th of the folder are to be told
 * @ret: (out): its keywords, by their numbers in the folder
 */
void tw_message_row_keywords(const TwMessageRow *row, TwKeywordSet *ret);

/**
 * tw_messages_set_flags:
 * @store: a store
 * @set: normal or associated messages
 * @change: what; clearing comes first
 * @done: (nullable) (element-type TwMessageDone): takes what became of each
 * @error: TW_ERROR_NOT_FOUND; TOO_BIG: a message would have more than %TW_KEYWORDS_MAX_OVERFLOW keywords past the
 *   64th of its folder
 *
 * A message that has it all already is not changed and takes no change number.
 *
 * Returns: FALSE on failure
 */
gboolean tw_messages_set_flags(TwStore *store,
                               const TwMessageSet *set,
                               const TwFlagChange *change,
                               GArray *done,
                               GError **error);

/**
 * tw_folder_keyword:
 * @store: a store
 * @folder: a folder
 * @name: a keyword
 * @create: give it a number when it has none
 * @ret_bit: (out): its number; below 64 its bit in kw
 * @error: TW_ERROR_NOT_FOUND; INVALID; TOO_BIG: the folder has as many as it may
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_keyword(TwStore *store,
                           guint32 folder,
                           const char *name,
                           gboolean create,
                           guint *ret_bit,
                           GError **error);

/**
 * tw_folder_keywords:
 * @store: a store
 * @folder: a folder
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: (transfer full) (array zero-terminated=1): its keywords by number, or NULL
 */
char **tw_folder_keywords(TwStore *store, guint32 folder, GError **error);

G_END_DECLS
