/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes: the front header of the engine. engine.h opens the data folder, folder.h has the tree, messages.h the
 * messages, mail.h raw mails and delivery, changes.h what changed. object.h is a message in hand, head.h a row's head.
 *
 * A handle is cheap, holds no state of the mailbox and may be used by any number of threads.
 */
#pragma once

#include "store/changes.h"
#include "store/engine.h"
#include "store/folder.h"
#include "store/messages.h"

G_BEGIN_DECLS

/* Numbers are on disk and on the wire. */
typedef enum {
    TW_STORE_PRIVATE = 0,
    TW_STORE_PUBLIC = 1,
    TW_STORE_ARCHIVE = 2,
} TwStoreKind;

/* Bytes; 0: no such limit. */
typedef struct {
    gint64 warn, soft, hard;
} TwQuota;

typedef enum {
    TW_QUOTA_FINE,
    TW_QUOTA_WARN,
    TW_QUOTA_SOFT, /* may not send */
    TW_QUOTA_HARD, /* takes nothing more */
} TwQuotaState;

typedef struct {
    TwStoreKind kind;
    guint32 company;
    TwGuid guid; /* zero: a random one */
    TwQuota quota;
    GBytes *root_id; /* (nullable): entry id of the root folder, made by a client */
    gint partition;  /* -1: the one with the fewest stores */
    gboolean moving; /* it is filled first (archive.h), and not found until then */
} TwStoreMake;

/* Whether a mailbox may be used. */
typedef enum {
    TW_STORE_ONLINE = 0,
    TW_STORE_OFFLINE = 1,   /* nobody reads or changes it */
    TW_STORE_READ_ONLY = 2, /* it is being moved away: read, not changed */
} TwStoreMode;

typedef struct {
    guint32 number, object, root; /* object: the store's own object number; root: its root folder */
    TwStoreKind kind;
    guint32 company;
    TwGuid guid;
    guint64 cn;
    gint64 bytes, deleted_bytes, created_us;
    TwQuota quota;
    TwQuotaState quota_state;
    TwStoreMode mode;
} TwStoreInfo;

/**
 * tw_store_create:
 * @engine: an engine
 * @how: what
 * @error: TW_ERROR_EXISTS: the GUID is taken; NO_SPACE; BUSY: the partition is not open
 *
 * Makes a store with its root folder.
 *
 * Returns: (transfer full): the store, or NULL
 */
TwStore *tw_store_create(TwEngine *engine, const TwStoreMake *how, GError **error);

/**
 * tw_store_open:
 * @engine: an engine
 * @guid: of the store
 * @error: TW_ERROR_NOT_FOUND; BUSY: its partition is not open; OFFLINE
 *
 * Returns: (transfer full): the store, or NULL
 */
TwStore *tw_store_open(TwEngine *engine, const TwGuid *guid, GError **error);

/**
 * tw_store_open_number:
 * @engine: an engine
 * @number: of the store
 * @error: as tw_store_open()
 *
 * Returns: (transfer full): the store, or NULL
 */
TwStore *tw_store_open_number(TwEngine *engine, guint32 number, GError **error);

/**
 * tw_store_ref:
 * @store: a store
 *
 * Returns: (transfer full): the same
 */
TwStore *tw_store_ref(TwStore *store);

/**
 * tw_store_unref:
 * @store: (nullable) (transfer full): a store
 */
void tw_store_unref(TwStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwStore, tw_store_unref)

/**
 * tw_engine_list_stores:
 * @engine: an engine
 *
 * Returns: (transfer full) (element-type guint32): the numbers of all stores, ascending
 */
GArray *tw_engine_list_stores(TwEngine *engine);

/**
 * tw_engine_find_store:
 * @engine: an engine
 * @guid: of a store
 *
 * For the check, which also looks at stores that cannot be opened.
 *
 * Returns: its number, or 0
 */
guint32 tw_engine_find_store(TwEngine *engine, const TwGuid *guid);

/**
 * tw_store_get_number:
 * @store: a store
 *
 * Returns: its number
 */
guint32 tw_store_get_number(const TwStore *store);

/**
 * tw_store_get_info:
 * @store: a store
 * @ret: (out): what is known of it now
 * @error: TW_ERROR_NOT_FOUND: it was deleted
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_get_info(TwStore *store, TwStoreInfo *ret, GError **error);

/**
 * tw_store_delete:
 * @store: a store; handles stay, and are NOT_FOUND from then on
 * @error: what the databases say
 *
 * Deletes it with all that is in it, in batches. It is out of use at once; a crash in between leaves rows that the next call
 * of this or of tw_store_create() for the same GUID clears.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_delete(TwStore *store, GError **error);

/* Sums over a store, for statistics and the tables of stores. */
typedef struct {
    guint32 folders;                               /* live ones, the root too */
    guint32 search_folders;                        /* that have criteria */
    guint32 queue;                                 /* entries in its queues */
    guint64 messages, unread, associated, deleted; /* deleted: restorable, one by one */
} TwStoreFigures;

/**
 * tw_store_get_figures:
 * @store: a store
 * @ret: (out): its sums
 * @error: as tw_store_get_info()
 *
 * Reads the row of each folder.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_get_figures(TwStore *store, TwStoreFigures *ret, GError **error);

/**
 * tw_engine_set_store_mode:
 * @engine: an engine
 * @number: of a store
 * @mode: how it may be used from now on, also after a restart
 * @error: TW_ERROR_NOT_FOUND; BUSY: its partition is not open
 *
 * When this returns, what was running on the old terms has ended: other operations are TW_ERROR_OFFLINE, with every
 * handle. Going online takes up what was interrupted in batches.
 *
 * Returns: FALSE on failure
 */
gboolean tw_engine_set_store_mode(TwEngine *engine,
                                  guint32 number,
                                  TwStoreMode mode,
                                  GError **error);

/**
 * tw_engine_get_store_mode:
 * @engine: an engine
 * @number: of a store
 *
 * Returns: its mode; %TW_STORE_ONLINE for one that is not there
 */
TwStoreMode tw_engine_get_store_mode(TwEngine *engine, guint32 number);

/**
 * tw_store_set_quota:
 * @store: a store
 * @quota: what was resolved for its owner
 * @error: TW_ERROR_INVALID: a negative number
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_set_quota(TwStore *store, const TwQuota *quota, GError **error);

/* ---- receive folders: spec/mailbox-layout.md 8 ---- */

typedef struct {
    char *message_class; /* owned */
    guint32 folder;
    gint64 changed_us;
} TwReceiveFolder;

/**
 * tw_store_set_receive_folder:
 * @store: a store
 * @message_class: a class or prefix of classes, ASCII; "" for all others
 * @folder: where they go; 0 takes the row away (not that of "")
 * @error: TW_ERROR_INVALID: no class, or the row of "" taken away; NOT_FOUND: no such folder
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_set_receive_folder(TwStore *store,
                                     const char *message_class,
                                     guint32 folder,
                                     GError **error);

/**
 * tw_store_get_receive_folder:
 * @store: a store
 * @message_class: of a message
 * @ret_folder: (out): where it goes: the longest row that is it or a prefix at a dot, in any case; the root when there
 *   is none
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_get_receive_folder(TwStore *store,
                                     const char *message_class,
                                     guint32 *ret_folder,
                                     GError **error);

/**
 * tw_store_list_receive_folders:
 * @store: a store
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwReceiveFolder): all rows, freed with the array, or NULL
 */
GArray *tw_store_list_receive_folders(TwStore *store, GError **error);

G_END_DECLS
