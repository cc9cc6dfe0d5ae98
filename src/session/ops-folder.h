/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): folders. */
#pragma once

#define TW_OP_FOLDER_LIST(X)                                                                       \
    X(FOLDER_LIST, folder_list, FolderList, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(FOLDER_GET, folder_get, FolderGet, READ, FOLDER, SEEN, NOTHING, NO)                          \
    X(FOLDER_FIND, folder_find, FolderFind, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(FOLDER_OPEN, folder_open, FolderOpen, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(FOLDER_CREATE, folder_create, FolderCreate, WRITE, FOLDER, SUBFOLDER, NOTHING, NO)           \
    X(FOLDER_RENAME, folder_rename, FolderRename, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)        \
    X(FOLDER_MOVE, folder_move, FolderMove, WRITE, FOLDER, FOLDER_OWNER, SUBFOLDER, NO)            \
    X(FOLDER_COPY, folder_copy, FolderCopy, WRITE, FOLDER, READ, SUBFOLDER, NO)                    \
    X(FOLDER_TRANSFER, folder_transfer, FolderTransfer, WRITE, FOLDER, READ, NOTHING, NO)          \
    X(FOLDER_DELETE, folder_delete, FolderDelete, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)        \
    X(FOLDER_RESTORE, folder_restore, FolderRestore, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)     \
    X(FOLDER_PROPS, folder_props, FolderProps, READ, FOLDER, SEEN, NOTHING, NO)                    \
    X(FOLDER_CHANGE_PROPS, folder_change_props, FolderChangeProps, WRITE, FOLDER, FOLDER_OWNER,    \
      NOTHING, NO)                                                                                 \
    X(PERMISSIONS, permissions, Permissions, READ, FOLDER, VISIBLE, NOTHING, NO)                   \
    X(PERMISSIONS_SET, permissions_set, PermissionsSet, WRITE, FOLDER, FOLDER_OWNER, NOTHING, YES)

#define TW_ARGS_FolderList(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "below which folder; itself is not listed")                                    \
    IN(FLAG, deep, "with all levels below, each folder behind its parent")                         \
    IN(FLAG, deleted, "soft-deleted ones instead")                                                 \
    OUT(FOLDERS, rows, "those the session may see; siblings by number")
#define TW_ARGS_FolderGet(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which; also one that is soft-deleted")                                        \
    OUT(FOLDER, row, "what is known of it")
#define TW_ARGS_FolderFind(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "the parent")                                                                  \
    IN(TEXT, name, "compared as siblings are")                                                     \
    OUT(U32, found, "the subfolder")
#define TW_ARGS_FolderOpen(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which; with a name the parent")                                               \
    IN(TEXT, name, "of a subfolder, compared as siblings are; NULL: the folder itself")            \
    OUT(FOLDER, row, "what is known of it")                                                        \
    OUT(TEXT, container_class, "PR_CONTAINER_CLASS; empty: none")                                  \
    OUT(U64, cn, "for who may read it, and else 0 like all that follows: as FOLDER_WINDOW")        \
    OUT(U64, hicn, "the folder's last change of its messages")                                     \
    OUT(U32, uidvalidity, "of the folder")                                                         \
    OUT(U32, uidnext, "of the folder")                                                             \
    OUT(U32, count, "normal messages of the folder")                                               \
    OUT(NAMES, keywords, "of the folder, by number: all that messages have at cn")
#define TW_ARGS_FolderCreate(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "the parent")                                                                  \
    IN(TEXT, name, "of the new one")                                                               \
    IN(U32, type, "TwFolderType; 0: an ordinary one")                                              \
    IN(FLAG, open_existing, "a folder of that name there is the answer")                           \
    IN(PROP_CHANGES, changes, "its properties")                                                    \
    IN(BYTES, entry_id, "made by the client, or NULL")                                             \
    IN(BYTES, source_key, "made by the client, or NULL")                                           \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(U32, created, "its number")
#define TW_ARGS_FolderRename(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(TEXT, name, "its new name")                                                                 \
    IN(U32, sync, "the sync id of who makes it, or 0")
#define TW_ARGS_FolderMove(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, to, "its new parent")                                                                  \
    IN(TEXT, name, "its name there; NULL keeps it")                                                \
    IN(U32, sync, "the sync id of who makes it, or 0")
#define TW_ARGS_FolderCopy(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, to, "where to")                                                                        \
    IN(TEXT, name, "its name there; NULL keeps it")                                                \
    IN(FLAG, subfolders, "with all below it")                                                      \
    OUT(U32, created, "the new folder")
#define TW_ARGS_FolderTransfer(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which; not the root")                                                         \
    IN(GUID, to_store, "another store, or the same")                                               \
    IN(U32, to_folder, "a folder of it, where the session has SUBFOLDER; 0: the root")             \
    IN(TEXT, name, "its name there; NULL keeps it")                                                \
    IN(FLAG, move, "with all below it; takes FOLDER_OWNER on all of it")                           \
    IN(FLAG, subfolders, "copy all below it too")                                                  \
    OUT(U32, created, "the new folder")
#define TW_ARGS_FolderDelete(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which, with all below it")                                                    \
    IN(FLAG, hard, "for good; else it can be restored")                                            \
    IN(U32, sync, "the sync id of who makes it, or 0")
#define TW_ARGS_FolderRestore(IN, OUT)                                                             \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "the topmost folder of a deleted tree")                                        \
    IN(TEXT, name, "a new name, or NULL")
#define TW_ARGS_FolderProps(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(FLAG, compute, "with what the server makes for it")                                         \
    OUT(BYTES, computed,                                                                           \
        "a packed bag (mapi/props.h): what the server makes for it; before what is stored")        \
    OUT(OBJECT, object, "its stored properties")
#define TW_ARGS_FolderChangeProps(IN, OUT)                                                         \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(PROP_CHANGES, changes, "what to set and to remove")                                         \
    IN(U32, sync, "the sync id of who makes it, or 0")
#define TW_ARGS_Permissions(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which; the store's own object number: what holds above the root")             \
    OUT(PERMISSIONS, rows, "what it gives to whom, by principal; nothing inherited")
#define TW_ARGS_PermissionsSet(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "as for reading them")                                                         \
    IN(PERMISSIONS, rows, "what shall stand there")                                                \
    IN(FLAG, replace, "take all other rows away")
