/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who owns a store, and who else was given what in it: facts alone. What they add up to for somebody is decided in
 * session/.
 *
 * People and groups are numbers of the directory. A row gives rights on one folder; below it they count where no
 * nearer folder has a row for the same people. Rows of the store's own object number lie above the root.
 */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

/* Bits of a row: spec/mapi-soap.md 14.1, spec/mailbox-layout.md 10.1. Numbers are on disk and on the wire. */
typedef enum {
    TW_RIGHT_READ = 0x001,
    TW_RIGHT_CREATE = 0x002,
    TW_RIGHT_EDIT_OWN = 0x008,
    TW_RIGHT_DELETE_OWN = 0x010,
    TW_RIGHT_EDIT = 0x020,
    TW_RIGHT_DELETE = 0x040,
    TW_RIGHT_SUBFOLDER = 0x080,
    TW_RIGHT_OWNER = 0x100,   /* change the folder and its rights, delete it */
    TW_RIGHT_CONTACT = 0x200, /* no effect */
    TW_RIGHT_VISIBLE = 0x400,
    TW_RIGHT_FREEBUSY = 0x800,
    TW_RIGHT_FREEBUSY_DETAIL = 0x1000,
    TW_RIGHT_ALL = 0x5fb,   /* what an owner is told to have */
    TW_RIGHT_KNOWN = 0x1ffb /* bits that a row may have */
} TwRight;

enum {
    TW_PERMISSION_ANONYMOUS = 0xffffffffu, /* as a principal: who did not log on */
    TW_PERMISSION_REMOVE = 0xffffffffu,    /* as rights of a change: the row goes away */
    TW_PERMISSION_MOST =
        1000 /* rows of one folder; each change of rights reads those of the store */
};

typedef struct {
    guint32 folder; /* or the store's own object number */
    guint32 principal;
    guint32 rights; /* bits of #TwRight */
} TwPermission;

/**
 * tw_store_permissions:
 * @store: a store
 * @error: TW_ERROR_CORRUPT: a damaged row; what the database says
 *
 * Returns: (transfer full) (element-type TwPermission): all rows by folder and principal, or NULL
 */
GArray *tw_store_permissions(TwStore *store, GError **error);

/**
 * tw_store_set_permissions:
 * @store: a store
 * @folder: a folder, or the store's own object number
 * @rows: (array length=count): what shall stand there for their principals; the member folder is not looked at
 * @count: how many
 * @replace: take away all other rows of the folder
 * @error: TW_ERROR_NOT_FOUND: no such folder; INVALID: an unknown right, or a principal of 0 or twice; TOO_BIG:
 *   %TW_PERMISSION_MOST
 *
 * A row without rights stays: it keeps what is given further up from those people. To take one away its rights are
 * %TW_PERMISSION_REMOVE.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_set_permissions(TwStore *store,
                                  guint32 folder,
                                  const TwPermission *rows,
                                  guint count,
                                  gboolean replace,
                                  GError **error);

/**
 * tw_store_permission_epoch:
 * @store: a store
 *
 * A number that is another one after each answered change of rows or of the shape of the folder tree, and now and then
 * for nothing. Costs nothing.
 *
 * Returns: the number
 */
guint tw_store_permission_epoch(TwStore *store);

/* ---- owners ---- */

/* What is known of a store without opening it. */
typedef struct {
    guint32 number;
    TwGuid guid;
    guint32 owner;    /* a user, Everyone or a company; 0: an orphan */
    TwStoreKind kind; /* of a store that has an owner */
} TwStoreOwned;

/**
 * tw_engine_shared_with:
 * @engine: an engine
 * @principals: (element-type guint32): people and groups
 * @error: what a partition says
 *
 * Looks at the rows of all stores; a partition that cannot be opened is passed over.
 *
 * Returns: (transfer full) (element-type TwStoreOwned): the stores in which a row gives one of them READ, by number; or NULL
 */
GArray *tw_engine_shared_with(TwEngine *engine, const GArray *principals, GError **error);

/**
 * tw_engine_find_owned:
 * @engine: an engine
 * @owner: a number of the directory, not 0
 * @kind: which of the owner's stores
 * @ret: (out): the store
 *
 * Answered from memory.
 *
 * Returns: FALSE when the owner has none of that kind
 */
gboolean tw_engine_find_owned(TwEngine *engine, guint32 owner, TwStoreKind kind, TwStoreOwned *ret);

/**
 * tw_engine_find_number:
 * @engine: an engine
 * @number: of a store
 * @ret: (out): what is known of it
 *
 * Returns: FALSE when there is none
 */
gboolean tw_engine_find_number(TwEngine *engine, guint32 number, TwStoreOwned *ret);

/**
 * tw_engine_find_guid:
 * @engine: an engine
 * @guid: of a store
 * @ret: (out): the store
 *
 * Answered from memory.
 *
 * Returns: FALSE when there is none of that GUID
 */
gboolean tw_engine_find_guid(TwEngine *engine, const TwGuid *guid, TwStoreOwned *ret);

/**
 * tw_engine_list_owned:
 * @engine: an engine
 *
 * Returns: (transfer full) (element-type TwStoreOwned): all stores, orphans too, by number
 */
GArray *tw_engine_list_owned(TwEngine *engine);

/**
 * tw_store_set_owner:
 * @store: a store
 * @owner: a number of the directory; 0 makes it an orphan
 * @error: TW_ERROR_EXISTS: the owner has another one of that kind; NOT_FOUND
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_set_owner(TwStore *store, guint32 owner, GError **error);

G_END_DECLS
