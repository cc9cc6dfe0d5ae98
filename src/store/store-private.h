/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of store/ share. Rows are read and written by sql-*.c only; TwWork is the way of every change. */
#pragma once

#include "base/lock.h"
#include "blob/blob.h"
#include "db/db.h"
#include "store/changes.h"
#include "store/engine.h"
#include "store/folder-index.h"
#include "store/folder.h"
#include "store/keywords.h"
#include "store/mail-summary.h"
#include "store/messages.h"
#include "store/permissions.h"
#include "store/record.h"
#include "store/sql-server.h"
#include "store/store.h"

G_BEGIN_DECLS

enum {
    TW_ID_STEP = 1024,   /* numbers a partition takes into memory at once */
    TW_ID_BLOCK = 65536, /* numbers server.db gives to a partition at once */
    TW_MAX_PARTITIONS = 1000,
    TW_ACL_EPOCHS = 4096, /* counters of changed rights; stores share them by number */
};

typedef struct TwNames TwNames;
typedef struct TwIndexCache TwIndexCache;

typedef struct {
    TwEngine *engine;
    guint number;
    char *path;     /* owned: of its database; on MariaDB its name */
    TwDb *db;       /* NULL: could not be opened */
    char *why;      /* (nullable): owned: why not */
    TwLock id_lock; /* guards the two numbers; never held across SQL but by who fetches more */
    guint32 id_next, id_end;
    GMutex id_fetch; /* one fetch at a time, held across its commits by design; before id_lock */
} TwPartition;

struct TwEngine {
    TwEngineConfig config;
    char *path;
    char *maria_server; /* (nullable): owned: the database in place of server.db */
    gint has_ended;     /* atomic: told */
    TwGuid guid;
    TwDb *server;
    TwBlobVolume *blobs;
    gsize inline_most; /* inline.h */
    TwPartition *partitions;
    guint partition_count;
    TwNames *names;
    TwLock places_lock;          /* guards the three tables */
    GHashTable *places;          /* number -> TwStorePlace, owned */
    GHashTable *places_by_guid;  /* TwGuid -> the same */
    GHashTable *places_by_owner; /* TW_OWNER_KEY -> the same, of stores that have an owner */
    gint acl_epochs[TW_ACL_EPOCHS];
    TwLock subscribers_lock; /* guards the list */
    GPtrArray *subscribers;  /* TwSubscriber, each a reference */
    TwIndexCache *indices;
    struct TwSearchWorker *searches; /* search-worker.c; NULL while the engine opens */
    struct TwQueueIndex *queue;      /* queue-index.c */
    struct TwLocks *locks;           /* message-lock.c */
    struct TwHealer *healer;         /* heal.c */
    gint mode_count;                 /* of the table, to be looked at without the lock */
    TwLock modes_lock;               /* guards the table */
    GHashTable *modes;               /* number -> TwStoreMode, of stores that are not online */
};

struct TwStore {
    gint refs;
    TwEngine *engine;
    TwPartition *partition;
    guint32 number;
    guint32 company; /* the scope in which equal values are one */
    guint32 source;  /* sync id of the consumer that makes the changes (sync.h); 0: none */
    TwGuid guid;
    gboolean any_mode; /* reads whatever the mode is: the check, background work */
    guint64 owner;     /* of locks (message-lock.h); 0: none */
};

/* ---- rows ---- */

typedef struct {
    guint32 store, object, root; /* object: the number of the store itself */
    guint8 kind, state;
    guint32 company;
    guint32 uidvalidity; /* the last one given */
    guint64 cn;          /* the last one given */
    gint64 bytes, deleted_bytes, quota_warn, quota_soft, quota_hard;
    gint64 created;
    TwGuid guid;
} TwStoreRow;

/* Numbers are on disk. Only an active one is found. */
typedef enum {
    TW_STORE_ACTIVE = 0,
    TW_STORE_DELETING = 1,
    TW_STORE_MOVING = 2, /* filled by an import that has not ended */
    TW_STORE_AWAY = 3,   /* TW_STORE_OFFLINE */
    TW_STORE_FROZEN = 4, /* TW_STORE_READ_ONLY */
} TwStoreState;

/* ---- store-mode.c ---- */

/* NOT_FOUND or OFFLINE, unless @row is of a store that may be used, @change: and changed. */
gboolean tw_store_check_state(const TwStoreRow *row, gboolean change, GError **error);
TwStoreMode tw_store_mode_of(const TwStoreRow *row);
/* Before each read: TW_ERROR_OFFLINE. Free when no store is offline. */
gboolean tw_store_check_online(const TwStore *store, GError **error);
gboolean tw_store_modes_load(TwEngine *engine, GError **error);

/* A row of blobref: where a large value of an object is. */
typedef struct {
    guint32 bid;
    TwPart part;
    guint8 kind; /* TwValueKind */
    TwBlobId id;
    guint64 len;
} TwValueRow;

/* Numbers are on disk. */
typedef enum {
    TW_VALUE_PROPERTY = 1, /* of the object, at its path */
    TW_VALUE_MAIL = 2,     /* the skeleton, or all bytes of the mail */
    TW_VALUE_PART = 3,     /* a value that the skeleton names */
} TwValueKind;

extern const TwDbSchema tw_partition_schema, tw_server_schema;
extern const TwDbSqlSet tw_sql_store, tw_sql_folder, tw_sql_msg, tw_sql_content, tw_sql_chg,
    tw_sql_key, tw_sql_task, tw_sql_server, tw_sql_check, tw_sql_acl, tw_sql_sync, tw_sql_sync_id,
    tw_sql_search, tw_sql_queue;

gboolean tw_row_check_u32(gint64 value, guint32 *ret);

/* sql-store.c */
gboolean tw_sql_store_insert(TwDbTx *tx, const TwStoreRow *row, GError **error);
gboolean tw_sql_store_get(TwDbTx *tx, guint32 store, TwStoreRow *ret, GError **error);
gboolean tw_sql_store_update(TwDbTx *tx, const TwStoreRow *row, GError **error);
/* Those that are not online, number and state alone; (element-type TwStoreRow). */
GArray *tw_sql_store_list_modes(TwDbTx *tx, GError **error);
gboolean tw_sql_store_delete(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_meta_get(TwDbTx *tx, guint32 *ret_next, guint32 *ret_end, GError **error);
gboolean tw_sql_meta_set(TwDbTx *tx, guint32 next, guint32 end, GError **error);
/* Since when TwMessageRow.placed is kept. */
gboolean tw_sql_meta_timed(TwDbTx *tx, gint64 *ret, GError **error);

/* sql-folder.c */
gboolean tw_sql_folder_insert(TwDbTx *tx, const TwFolderRow *row, GError **error);
TwFolderRow *tw_sql_folder_get(TwDbTx *tx, guint32 store, guint32 id, GError **error);
gboolean tw_sql_folder_update(TwDbTx *tx, const TwFolderRow *row, GError **error);
gboolean tw_sql_folder_set_deleted_at(TwDbTx *tx, const TwFolderRow *row, GError **error);
gboolean tw_sql_folder_rename(TwDbTx *tx, const TwFolderRow *row, gboolean keyed, GError **error);
gboolean tw_sql_folder_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error);
gboolean tw_sql_folder_find(
    TwDbTx *tx, guint32 store, guint32 parent, const char *name, guint32 *ret, GError **error);
/* Ids of the children, of every state; (element-type guint32). */
GArray *tw_sql_folder_children(TwDbTx *tx, guint32 store, guint32 parent, GError **error);
GPtrArray *tw_sql_folder_all(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_folder_count(TwDbTx *tx, guint32 store, guint *ret, GError **error);

/* sql-msg.c */
gboolean tw_sql_msg_insert(TwDbTx *tx, const TwMessageRow *row, GError **error);
gboolean tw_sql_msg_get(
    TwDbTx *tx, guint32 store, guint32 mid, gboolean head, TwMessageRow *ret, GError **error);
/* The same without its head where it is a normal message of @folder, as most are that are asked for by both: one look rather
 * than two. */
gboolean tw_sql_msg_get_in(TwDbTx *tx,
                           guint32 store,
                           guint32 folder,
                           guint32 mid,
                           TwMessageRow *ret,
                           gboolean *ret_found,
                           GError **error);
gboolean tw_sql_msg_update(TwDbTx *tx,
                           const TwMessageRow *row,
                           GError **error); /* all but the key */
gboolean tw_sql_msg_update_flags(TwDbTx *tx, const TwMessageRow *row, GError **error);
/* Puts the row of @old under the key, uid, numbers and time of @row; its head and content stay. */
gboolean tw_sql_msg_rekey(TwDbTx *tx,
                          const TwMessageRow *old,
                          const TwMessageRow *row,
                          GError **error);
gboolean tw_sql_msg_delete(TwDbTx *tx, const TwMessageRow *row, GError **error);
gboolean tw_sql_msg_list(TwDbTx *tx,
                         guint32 store,
                         guint32 folder,
                         TwMessageState state,
                         guint32 after,
                         guint max,
                         gboolean head,
                         TwMessageFunc func,
                         gpointer data,
                         GError **error);
gboolean tw_sql_msg_list_uid(TwDbTx *tx,
                             guint32 store,
                             guint32 folder,
                             guint32 after,
                             guint max,
                             TwMessageFunc func,
                             gpointer data,
                             GError **error);
gboolean tw_sql_msg_changed(
    TwDbTx *tx, guint32 store, guint64 since, guint max, GArray *out, GError **error);
/* All normal messages of a folder, by mid. FALSE from @func ends the walk. */
typedef gboolean (*TwIndexFunc)(const TwFolderIndexRow *row, gpointer data);
gboolean tw_sql_msg_index(
    TwDbTx *tx, guint32 store, guint32 folder, TwIndexFunc func, gpointer data, GError **error);
GArray *tw_sql_msg_mids(TwDbTx *tx,
                        guint32 store,
                        guint32 folder,
                        TwMessageState state,
                        guint32 after,
                        guint max,
                        GError **error);

/* Flags of a message that decide by themselves: a row whose (flags & mask) is not value cannot match. */
typedef struct {
    guint32 mask, value;
} TwFlagsFilter;

/* What tables show of a row: not recv, kw, cn_create, cn_read, conv, which are 0, and without @head only mid and flags. The head is lent for
 * the call, NULL when damaged or not asked for. FALSE ends the walk. */
typedef gboolean (*TwSqlMsgFunc)(const TwMessageRow *row,
                                 const guint8 *head,
                                 gsize head_len,
                                 gpointer data);
gboolean tw_sql_msg_scan(
    TwDbTx *tx,
    guint32 store,
    guint32 folder,
    TwMessageState state,
    guint32 after,
    guint max,
    gboolean head,
    const TwFlagsFilter *flags, /* nullable: others are left out; with @head only */
    TwSqlMsgFunc func,
    gpointer data,
    GError **error);
/* With heads, the largest mid below @before first. */
gboolean tw_sql_msg_page(TwDbTx *tx,
                         guint32 store,
                         guint32 folder,
                         TwMessageState state,
                         guint64 before,
                         guint max,
                         TwSqlMsgFunc func,
                         gpointer data,
                         GError **error);
/* Where a message is. */
typedef struct {
    guint32 folder, mid;
} TwMessagePlace;

/* Those of @places that are there in that state, in any order, with heads. */
gboolean tw_sql_msg_pick(TwDbTx *tx,
                         guint32 store,
                         TwMessageState state,
                         const TwMessagePlace *places,
                         guint count,
                         TwSqlMsgFunc func,
                         gpointer data,
                         GError **error);

/* sql-content.c */
gboolean tw_sql_tail_set(TwDbTx *tx,
                         guint32 store,
                         guint32 id,
                         GBytes *record,
                         GBytes *summary, /* nullable */
                         GBytes *mail,    /* nullable: tw_inline_pack() */
                         GBytes *texts,   /* nullable, with @mail: tw_inline_texts_pack() */
                         GError **error);
/* @ret_texts (nullable): what of it lies in the mail; NULL: there is no row of mail, or one of an earlier schema. */
GBytes *tw_sql_tail_get(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret_texts, GError **error);
/* TRUE and NULL when there is none. */
gboolean tw_sql_tail_summary(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret, GError **error);
/* As it is in its row (inline.h); TRUE and NULL when there is none; empty, which is a damaged one, when it went missing. */
gboolean tw_sql_tail_mail(TwDbTx *tx, guint32 store, guint32 id, GBytes **ret, GError **error);
/* The whole row under another number; CORRUPT when there is none. */
gboolean tw_sql_tail_copy(TwDbTx *tx, guint32 store, guint32 from, guint32 to, GError **error);
gboolean tw_sql_tail_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error);
gboolean tw_sql_blobref_add(TwDbTx *tx, guint32 store, const TwValueRow *ref, GError **error);
GArray *tw_sql_blobref_list(TwDbTx *tx, guint32 store, guint32 bid, GError **error);
guint32 tw_sql_blobref_crc(guint32 store, const TwValueRow *ref);
gboolean tw_sql_blobref_delete(TwDbTx *tx, guint32 store, guint32 bid, GError **error);
gboolean tw_sql_blobref_used(TwDbTx *tx, const TwBlobId *id, gboolean *ret, GError **error);

/* sql-chg.c */
gboolean tw_sql_chg_add(TwDbTx *tx, const TwChange *change, GError **error);
gboolean tw_sql_chg_list(
    TwDbTx *tx, guint32 store, guint64 since, guint max, GArray *out, GError **error);
gboolean tw_sql_tomb_add(TwDbTx *tx,
                         guint32 store,
                         guint32 folder,
                         guint64 cn,
                         guint32 uid,
                         guint32 mid,
                         GError **error);
gboolean tw_sql_tomb_list(TwDbTx *tx,
                          guint32 store,
                          guint32 folder,
                          guint64 since,
                          guint max,
                          GArray *out,
                          GError **error);

/* chg_floor: the last change number of which nothing is kept; folder 0: of the store's changes, else of what left the folder.
 * 0: everything is kept. */
gboolean tw_sql_floor_get(TwDbTx *tx, guint32 store, guint32 folder, guint64 *ret, GError **error);
gboolean tw_sql_floor_set(TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, GError **error);
gboolean tw_sql_floor_delete(TwDbTx *tx, guint32 store, guint32 folder, GError **error);
/* How many changes there are after a number. */
gboolean tw_sql_chg_count(TwDbTx *tx, guint32 store, guint64 after, guint64 *ret, GError **error);
/* Numbers at a place of the tables, counted from the oldest or the newest; 0: there are not so many. */
gboolean tw_sql_chg_nth(TwDbTx *tx, guint32 store, guint index, guint64 *ret, GError **error);
gboolean tw_sql_tomb_nth(TwDbTx *tx,
                         guint32 store,
                         guint32 folder,
                         gboolean newest,
                         guint index,
                         guint64 *ret,
                         GError **error);
/* Delete up to a number, and say how many. */
gboolean tw_sql_chg_cut(TwDbTx *tx, guint32 store, guint64 cn, gint64 *ret_count, GError **error);
gboolean tw_sql_tomb_cut(
    TwDbTx *tx, guint32 store, guint32 folder, guint64 cn, gint64 *ret_count, GError **error);
/* The next folder, also one that is not there any more, that something left; 0: none. */
gboolean tw_sql_tomb_next_folder(
    TwDbTx *tx, guint32 store, guint32 after, guint32 *ret, GError **error);
/* chg_mark */
gboolean tw_sql_mark_last(
    TwDbTx *tx, guint32 store, guint64 *ret_cn, gint64 *ret_time, GError **error);
gboolean tw_sql_mark_add(TwDbTx *tx, guint32 store, guint64 cn, gint64 time, GError **error);
gboolean tw_sql_mark_at(TwDbTx *tx, guint32 store, gint64 time, guint64 *ret, GError **error);
gboolean tw_sql_mark_cut(TwDbTx *tx, guint32 store, guint64 cn, GError **error);

/* sql-key.c: ids made by clients, keywords, receive folders, deliveries */
gboolean tw_sql_key_add(
    TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 id, GError **error);
gboolean tw_sql_key_find(
    TwDbTx *tx, guint32 store, TwKeyKind kind, GBytes *key, guint32 *ret, GError **error);
GBytes *tw_sql_key_of(TwDbTx *tx, guint32 store, TwKeyKind kind, guint32 id, GError **error);
gboolean tw_sql_key_delete(TwDbTx *tx, guint32 store, guint32 id, GError **error);
/* The keys that clients made for each of @ids; @key is lent for the call. */
typedef void (*TwSqlKeyFunc)(
    guint index, TwKeyKind kind, const guint8 *key, gsize len, gpointer data);
gboolean tw_sql_key_pick(TwDbTx *tx,
                         guint32 store,
                         const guint32 *ids,
                         guint count,
                         TwSqlKeyFunc func,
                         gpointer data,
                         GError **error);
gboolean tw_sql_keyword_set(
    TwDbTx *tx, guint32 store, guint32 folder, GBytes *dictionary, GError **error);
GBytes *tw_sql_keyword_get(TwDbTx *tx, guint32 store, guint32 folder, GError **error);
gboolean tw_sql_keyword_delete(TwDbTx *tx, guint32 store, guint32 folder, GError **error);
gboolean tw_sql_receive_set(TwDbTx *tx,
                            guint32 store,
                            const char *class_key,
                            const char *message_class,
                            guint32 folder,
                            gint64 changed,
                            GError **error);
gboolean tw_sql_receive_delete(TwDbTx *tx, guint32 store, const char *class_key, GError **error);
gboolean tw_sql_receive_delete_folder(TwDbTx *tx, guint32 store, guint32 folder, GError **error);
gboolean tw_sql_receive_find(
    TwDbTx *tx, guint32 store, const char *class_key, guint32 *ret, GError **error);
GArray *tw_sql_receive_list(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_delivered_add(
    TwDbTx *tx, guint32 store, const guint8 hash[32], gint64 now, GError **error);
gboolean tw_sql_delivered_trim(TwDbTx *tx, guint32 store, gint64 before, GError **error);

/* sql-task.c */
typedef struct {
    gint64 id;
    guint32 store, kind, pos;
    GBytes *arg; /* owned */
} TwTaskRow;

gboolean tw_sql_task_add(TwDbTx *tx, TwTaskRow *row, GError **error); /* sets id */
gboolean tw_sql_task_move(TwDbTx *tx, gint64 id, guint32 pos, GError **error);
gboolean tw_sql_task_delete(TwDbTx *tx, gint64 id, GError **error);
/* With a clear function. Damaged ones are left out, and counted. */
GArray *tw_sql_task_list(TwDbTx *tx, guint *ret_damaged, GError **error);

/* sql-acl.c */
gboolean tw_sql_acl_set(TwDbTx *tx, guint32 store, const TwPermission *row, GError **error);
/* @damaged: a row that is has rights of G_MAXUINT32, instead of a failure. */
/* Adds the numbers of the stores in which a row gives READ. */
gboolean tw_sql_acl_stores(TwDbTx *tx, guint32 principal, GHashTable *ret, GError **error);
GArray *tw_sql_acl_list(TwDbTx *tx, guint32 store, gboolean damaged, GError **error);
gboolean tw_sql_acl_count(TwDbTx *tx, guint32 store, guint32 folder, guint *ret, GError **error);
gboolean tw_sql_acl_delete(TwDbTx *tx, guint32 store, const TwPermission *row, GError **error);
/* Rows whose numbers cannot be any. */
gboolean tw_sql_acl_delete_wild(TwDbTx *tx, guint32 store, GError **error);
gboolean tw_sql_acl_delete_folder(TwDbTx *tx, guint32 store, guint32 folder, GError **error);

/* ---- permissions.c ---- */
/* A change that is committed may have moved the epoch of its store. */
void tw_permissions_note(TwEngine *engine, const TwChange *changes, guint count);

/* sql-content.c, everything of a store, about @max rows of each table */
gboolean tw_sql_drop_some(TwDbTx *tx, guint32 store, guint max, gboolean *ret_more, GError **error);

/* ---- work.c: one change to one store, inside a transaction ----
 *
 * Rows of the store and of folders are read once, counted in memory and written by tw_work_finish(); it also hands the
 * events and the hints for the collector to the commit. */
typedef struct {
    TwDbTx *tx;
    TwStore *store;
    TwStoreRow row;
    gboolean dirty;
    GHashTable *folders; /* id -> TwFolderRow, owned */
    GArray *changes;     /* TwChange */
    GArray *hints;       /* TwBlobId */
    gint64 now;          /* real time, microseconds */
} TwWork;

gboolean tw_work_begin(TwWork *work, TwDbTx *tx, TwStore *store, GError **error);
void tw_work_clear(TwWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwWork, tw_work_clear)
/* Borrowed from @work; NOT_FOUND for a folder that is not there or, unless @deleted, deleted. */
TwFolderRow *tw_work_folder(TwWork *work, guint32 id, gboolean deleted, GError **error);
/* Takes the next change number, writes the change, and notes it at the folder. 0 on failure. */
guint64 tw_work_change(
    TwWork *work, TwChangeOp op, guint32 folder, guint32 id, guint32 aux, GError **error);
/* For the stream: the last change made this out of something else. */
void tw_work_note_origin(TwWork *work, guint32 id, guint32 folder, gboolean moved);
/* An object's number goes out of use, with the ids that clients made for it; what is gone stays known to sync.h. */
gboolean tw_work_bury(TwWork *work, guint32 id, GError **error);
/* Goes into the stream after the commit, without a number of its own: ops of 40 and more. */
void tw_work_event(TwWork *work, TwChangeOp op, guint32 folder, guint32 id, guint32 aux);
void tw_work_hint(TwWork *work, const TwBlobId *id);
/* Counts @row in (@sign 1) or out (-1) of its folder and the store. */
void tw_work_count(TwWork *work, TwFolderRow *folder, const TwMessageRow *row, int sign);
gboolean tw_work_quota(TwWork *work, gint64 more, GError **error);
gboolean tw_work_finish(TwWork *work, GError **error);

/* ---- ids.c ---- */
gboolean tw_ids_take(TwPartition *partition, guint count, guint32 *ret_first, GError **error);

/* ---- names.c ---- */
TwNames *tw_names_new(TwEngine *engine, GError **error);
void tw_names_free(TwNames *names);
TwNameMap *tw_names_map(TwNames *names);
/* The id of PidNameKeywords, the categories of a message; 0 when it has none yet. */
guint16 tw_names_categories(TwNames *names);

/* ---- changes.c ---- */
void tw_changes_publish(TwEngine *engine, const TwChange *changes, guint count);

/* ---- task.c ---- */
/* What was interrupted in one store, or with 0 in all that are online. */
void tw_tasks_resume(TwEngine *engine, TwPartition *partition, guint32 only);

/* ---- store.c ---- */
TwStore *tw_store_of(TwEngine *engine, guint32 number, GError **error);
gboolean tw_store_write(
    TwStore *store, gsize cost, gboolean frees, TwDbFunc func, gpointer data, GError **error);
gboolean tw_store_read(TwStore *store, TwDbFunc func, gpointer data, GError **error);

G_END_DECLS
