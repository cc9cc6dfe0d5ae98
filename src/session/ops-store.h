/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): stores. */
#pragma once

#define TW_OP_STORE_LIST(X)                                                                        \
    X(STORE_FIND, store_find, StoreFind, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(HOME_OPEN, home_open, HomeOpen, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(STORES_SHARED, stores_shared, StoresShared, READ, SERVER, NOTHING, NOTHING, NO)              \
    X(STORE_INFO, store_info, StoreInfo, READ, STORE, SEEN, NOTHING, NO)                           \
    X(STORE_PROPS, store_props, StoreProps, READ, STORE, SEEN, NOTHING, NO)                        \
    X(STORE_CHANGE_PROPS, store_change_props, StoreChangeProps, WRITE, STORE, STORE_OWNER,         \
      NOTHING, NO)                                                                                 \
    X(STORE_STAMP, store_stamp, StoreStamp, READ, STORE, SEEN, NOTHING, NO)                        \
    X(STORE_CHANGES, store_changes, StoreChanges, READ, STORE, SEEN, NOTHING, NO)                  \
    X(RECEIVE_FOLDER, receive_folder, ReceiveFolder, READ, STORE, SEEN, NOTHING, NO)               \
    X(RECEIVE_FOLDERS, receive_folders, ReceiveFolders, READ, STORE, STORE_OWNER, NOTHING, NO)     \
    X(RECEIVE_FOLDER_SET, receive_folder_set, ReceiveFolderSet, WRITE, STORE, STORE_OWNER,         \
      NOTHING, NO)

#define TW_ARGS_StoreFind(IN, OUT)                                                                 \
    IN(U32, owner, "a number of the directory; 0: the session's user")                             \
    IN(U32, kind, "TwStoreKind; for PUBLIC with owner 0: that of the user's company")              \
    OUT(GUID, store, "the store")
#define TW_ARGS_HomeOpen(IN, OUT)                                                                  \
    OUT(TEXT, home, "the node of the session's user, when it is not this one: then nothing else")  \
    OUT(GUID, store, "the user's own")                                                             \
    OUT(U32, inbox, "where it receives mail; 0: that cannot be told")                              \
    OUT(U32, above, "the folder that one is in; 0: likewise")
#define TW_ARGS_StoresShared(IN, OUT)                                                              \
    OUT(STORES, rows,                                                                              \
        "other users' own stores in which somebody gave the session something to read; no sizes")
#define TW_ARGS_StoreInfo(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    OUT(STORE_INFO, info, "figures; those of use are zero for who is not its owner")               \
    OUT(U32, owner, "a number of the directory, or 0")                                             \
    OUT(U32, rights, "TwRight that the session has on the root folder")                            \
    OUT(FLAG, is_owner, "whether the session may do everything in it")
#define TW_ARGS_StoreProps(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(FLAG, compute, "with what the server makes for it")                                         \
    OUT(BYTES, computed,                                                                           \
        "a packed bag (mapi/props.h): what the server makes for it; before what is stored")        \
    OUT(OBJECT, object,                                                                            \
        "its stored properties; for others than its owner those that lead to folders")
#define TW_ARGS_StoreChangeProps(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    IN(PROP_CHANGES, changes, "what to set and to remove")
#define TW_ARGS_StoreStamp(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    OUT(U64, stamp,                                                                                \
        "another one when anything in it may have been changed but mail, its marks and the queue")
#define TW_ARGS_StoreChanges(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U64, since, "the change number that is known")                                              \
    IN(U32, most, "most changes to read; 0: 1,000")                                                \
    OUT(CHANGES, changes, "by number, those the session may see")                                  \
    OUT(U64, next, "what to ask since next")                                                       \
    OUT(FLAG, all, "all up to the store's change number were looked at")
#define TW_ARGS_ReceiveFolder(IN, OUT)                                                             \
    IN(GUID, store, "which")                                                                       \
    IN(TEXT, message_class, "of a message")                                                        \
    OUT(U32, folder, "where such a message goes")
#define TW_ARGS_ReceiveFolders(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    OUT(RECEIVE_FOLDERS, rows, "all rows")
#define TW_ARGS_ReceiveFolderSet(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    IN(TEXT, message_class, "a class or a prefix of classes")                                      \
    IN(U32, folder, "where they go; 0 takes the row away")
