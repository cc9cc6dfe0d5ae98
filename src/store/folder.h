/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The folder tree of a store. Siblings have different names under tw_text_name_key(). Every counter is kept in the
 * transaction of the change it counts.
 */
#pragma once

#include "mapi/object.h"
#include "store/engine.h"

G_BEGIN_DECLS

typedef enum {
    TW_FOLDER_LIVE = 0,
    TW_FOLDER_SOFT = 1,    /* deleted, restorable, with all that is below it */
    TW_FOLDER_PURGING = 2, /* its content is being deleted in batches: for nobody to see */
} TwFolderState;

typedef enum {
    TW_FOLDER_ROOT = 0,
    TW_FOLDER_GENERIC = 1,
    TW_FOLDER_SEARCH = 2,
} TwFolderType;

typedef struct {
    guint32 store, id;
    guint32 parent;       /* the root: itself */
    guint32 deleted_with; /* soft-deleted: the topmost folder of the deleted tree */
    guint8 state, type;   /* TwFolderState, TwFolderType */
    guint32 uidvalidity, uidnext;
    guint64 hicn;            /* last change of its messages */
    guint64 hicn_hier;       /* last change of its direct subfolders */
    guint64 cn, cn_create;   /* last change of itself; its making */
    guint32 total, unread;   /* normal messages */
    guint32 assoc;           /* associated messages */
    guint32 deleted;         /* soft-deleted messages */
    guint32 deleted_assoc;   /* soft-deleted associated messages */
    guint32 subfolders;      /* direct ones */
    guint32 deleted_folders; /* direct ones, soft-deleted */
    gint64 bytes;            /* of normal and associated messages */
    gint64 deleted_bytes;    /* of soft-deleted ones */
    gint64 changed_us;       /* real time of the last change of its messages */
    gint64 deleted_us;       /* when it was soft-deleted; 0: it is not, or before that was kept */
    char *name;              /* owned */
    gboolean dirty;          /* private */
} TwFolderRow;

/**
 * tw_folder_row_free:
 * @row: (nullable) (transfer full): a row
 */
void tw_folder_row_free(TwFolderRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwFolderRow, tw_folder_row_free)

/* What to make. */
typedef struct {
    const char *name; /* UTF-8 */
    TwFolderType type;
    gboolean open_existing; /* a folder of that name there is the answer, not EXISTS */
    const TwObject *object; /* (nullable): its properties, kind FOLDER */
    GBytes *entry_id;       /* (nullable): made by the client */
    GBytes *source_key;     /* (nullable): made by the client; passed over when it is taken */
    guint32
        creator; /* a number of the directory that gets all rights on it; 0: nobody needs them */
} TwFolderMake;

/**
 * tw_folder_create:
 * @store: a store
 * @parent: the folder to make it in
 * @make: what
 * @ret_id: (out): its number
 * @error: TW_ERROR_EXISTS: a sibling has an equal name, or the entry id is taken; INVALID: an empty name;
 *   ill-formed UTF-8 or a NUL; TOO_BIG: a limit; NOT_FOUND: no such parent
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_create(
    TwStore *store, guint32 parent, const TwFolderMake *make, guint32 *ret_id, GError **error);

/**
 * tw_folder_get:
 * @store: a store
 * @id: a folder
 * @error: TW_ERROR_NOT_FOUND; CORRUPT
 *
 * Returns: (transfer full): its row; also of one that is soft-deleted
 */
TwFolderRow *tw_folder_get(TwStore *store, guint32 id, GError **error);

/**
 * tw_folder_find:
 * @store: a store
 * @parent: a folder
 * @name: UTF-8, compared as siblings are
 * @ret_id: (out): the subfolder
 * @error: TW_ERROR_NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_find(
    TwStore *store, guint32 parent, const char *name, guint32 *ret_id, GError **error);

/**
 * tw_store_folders:
 * @store: a store
 * @error: what the database says
 *
 * Returns: (transfer full) (element-type TwFolderRow): all folders by number, the soft-deleted ones too
 */
GPtrArray *tw_store_folders(TwStore *store, GError **error);

/**
 * tw_folder_recount:
 * @store: a store
 * @id: a folder
 * @ret_wrong: (out): counters that were wrong, and are right now; of a search folder none
 * @error: TW_ERROR_NOT_FOUND
 *
 * Counts a folder's messages and their bytes again.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_recount(TwStore *store, guint32 id, guint *ret_wrong, GError **error);

/**
 * tw_folder_rename:
 * @store: a store
 * @id: a folder, not the root
 * @name: its new name
 * @error: as tw_folder_create()
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_rename(TwStore *store, guint32 id, const char *name, GError **error);

/**
 * tw_folder_move:
 * @store: a store
 * @id: a folder, not the root
 * @parent: where to
 * @name: (nullable): its name there; NULL keeps it
 * @error: as tw_folder_create(); TW_ERROR_INVALID: under itself, or the root; TOO_BIG: too deep
 *
 * Number, uidvalidity and messages stay as they are.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_move(
    TwStore *store, guint32 id, guint32 parent, const char *name, GError **error);

/**
 * tw_folder_copy:
 * @store: a store
 * @id: a folder, not the root
 * @parent: where to; not below @id
 * @name: (nullable): its name there
 * @subfolders: with all below it
 * @ret_id: (out): the new folder
 * @error: as tw_folder_move(); TW_ERROR_QUOTA
 *
 * Copies the folder, its properties and its messages. More than one batch of messages goes in steps; after a crash
 * in between, the copy has those of the steps that were done.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_copy(TwStore *store,
                        guint32 id,
                        guint32 parent,
                        const char *name,
                        gboolean subfolders,
                        guint32 *ret_id,
                        GError **error);

/**
 * tw_folder_delete:
 * @store: a store
 * @id: a folder, not the root
 * @soft: keep it restorable, with all that is below it
 * @error: TW_ERROR_INVALID: the root; NOT_FOUND
 *
 * Deletes the folder with its messages and subfolders. One that is soft-deleted can be deleted for good. A large tree that is
 * deleted for good goes in batches: it disappears at once, and a crash leaves a task that the next start finishes.
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_delete(TwStore *store, guint32 id, gboolean soft, GError **error);

/**
 * tw_folder_restore:
 * @store: a store
 * @id: the topmost folder of a soft-deleted tree
 * @name: (nullable): a new name, when its own is taken now
 * @error: TW_ERROR_EXISTS; NOT_FOUND: it is not deleted, or its parent is
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_restore(TwStore *store, guint32 id, const char *name, GError **error);

/**
 * tw_folder_read_object:
 * @store: a store
 * @id: a folder, or the store's own object number
 * @error: TW_ERROR_NOT_FOUND; CORRUPT
 *
 * Returns: (transfer full): its stored properties, the large ones as references with their blob ids, or NULL
 */
TwObject *tw_folder_read_object(TwStore *store, guint32 id, GError **error);

/**
 * tw_folder_save_object:
 * @store: a store
 * @id: a folder, or the store's own object number
 * @object: its properties, all of them; large ones may be moved to blobs by this
 * @error: TW_ERROR_NOT_FOUND; TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_folder_save_object(TwStore *store, guint32 id, TwObject *object, GError **error);

/* Makes of what is stored what shall be; may be called again with what somebody else stored meanwhile. */
typedef gboolean (*TwFolderEdit)(TwObject *object, gpointer data, GError **error);

/**
 * tw_folder_edit_object:
 * @store: a store
 * @id: a folder, or the store's own object number
 * @edit: what to do to its properties
 * @data: for @edit
 * @error: whatever @edit says; as tw_folder_save_object(); BUSY: others keep changing it
 *
 * Reads, edits and saves so that nothing is lost that somebody else saves in between.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_folder_edit_object(
    TwStore *store, guint32 id, TwFolderEdit edit, gpointer data, GError **error);

/**
 * tw_store_purge_deleted:
 * @store: a store
 * @before_us: real time; G_MAXINT64: all of it
 * @io_count: (inout): grows by what went: messages, and trees of folders
 * @error: what the database says; what was done stays done
 *
 * Deletes for good what was deleted softly before that time. What was deleted before such times were kept counts as deleted when
 * that began. Messages that are being sent stay.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_purge_deleted(TwStore *store,
                                gint64 before_us,
                                guint64 *io_count,
                                GError **error);

/**
 * tw_store_count_deleted:
 * @store: a store
 * @before_us: as above
 * @io_count: (inout): grows by what tw_store_purge_deleted() would delete, and messages that are being sent
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_count_deleted(TwStore *store,
                                gint64 before_us,
                                guint64 *io_count,
                                GError **error);

/**
 * tw_engine_purge_deleted:
 * @engine: an engine
 * @before_us: as above
 * @only_count: nothing goes
 * @ret_count: (out) (optional): what went, or would go
 * @error: of the first store that failed; the others are purged all the same
 *
 * tw_store_purge_deleted(), or tw_store_count_deleted(), for every store that can be opened and changed.
 *
 * Returns: FALSE on failure
 */
gboolean tw_engine_purge_deleted(
    TwEngine *engine, gint64 before_us, gboolean only_count, guint64 *ret_count, GError **error);

G_END_DECLS
