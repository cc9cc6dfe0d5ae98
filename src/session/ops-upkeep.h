/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): what an administrator has done to keep a server in order. */
#pragma once

#define TW_OP_UPKEEP_LIST(X)                                                                       \
    X(FOLDER_RECOUNT, folder_recount, FolderRecount, WRITE, FOLDER, STORE_OWNER, NOTHING, NO)      \
    X(DELETED_PURGE, deleted_purge, DeletedPurge, ADMIN, SERVER, SYSTEM, NOTHING, YES)             \
    X(CACHE_DROP, cache_drop, CacheDrop, ADMIN, SERVER, SYSTEM, NOTHING, NO)                       \
    X(DIRECTORY_SYNC, directory_sync, DirectorySync, ADMIN, SERVER, ADMIN, NOTHING, NO)

#define TW_ARGS_FolderRecount(IN, OUT)                                                             \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    OUT(U32, wrong, "counters that were wrong, and are right now")
#define TW_ARGS_DeletedPurge(IN, OUT)                                                              \
    IN(U32, days, "soft-deleted messages and folders of all stores go that are older; 0: all")     \
    IN(FLAG, only_count, "nothing goes")                                                           \
    OUT(U64, count, "messages and folders that went for good, or would")
#define TW_ARGS_CacheDrop(IN, OUT) OUT(U32, count, "stores that sessions open anew")
#define TW_ARGS_DirectorySync(IN, OUT) OUT(U64, epoch, "of the directory as it is now")
