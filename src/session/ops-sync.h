/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): synchronisation (ICS), and search folders. */
#pragma once

#define TW_OP_SYNC_LIST(X)                                                                         \
    X(SYNC_CHANGES, sync_changes, SyncChanges, READ, FOLDER, READ, NOTHING, NO)                    \
    X(SYNC_FOLDERS, sync_folders, SyncFolders, READ, FOLDER, SEEN, NOTHING, NO)                    \
    X(SYNC_REGISTER, sync_register, SyncRegister, WRITE, FOLDER, SEEN, NOTHING, NO)                \
    X(SYNC_SET, sync_set, SyncSet, WRITE, FOLDER, SEEN, NOTHING, NO)                               \
    X(SYNC_GET, sync_get, SyncGet, READ, SERVER, NOTHING, NOTHING, NO)                             \
    X(SYNC_SERVER_REGISTER, sync_server_register, SyncServerRegister, WRITE, SERVER, SYSTEM,       \
      NOTHING, NO)                                                                                 \
    X(SYNC_SERVER_SET, sync_server_set, SyncServerSet, WRITE, SERVER, SYSTEM, NOTHING, NO)         \
    X(SYNC_SERVER_CHANGES, sync_server_changes, SyncServerChanges, READ, SERVER, SYSTEM, NOTHING,  \
      NO)

#define TW_ARGS_SyncChanges(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "whose messages")                                                              \
    IN(U32, flags, "TwSyncFlags")                                                                  \
    IN(BYTES, state, "where the client is; NULL: it knows nothing")                                \
    IN(RESTRICTION, filter, "on messages, or NULL")                                                \
    IN(U32, most, "most changes; 0: as many as fit")                                               \
    OUT(SYNC_CHANGES, changes, "in the order in which to do them")                                 \
    OUT(BYTES, next, "the state when all of them are done")                                        \
    OUT(FLAG, more, "there is more already")
#define TW_ARGS_SyncFolders(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "all below it")                                                                \
    IN(U32, flags, "TwSyncFlags")                                                                  \
    IN(BYTES, state, "where the client is; NULL: it knows nothing")                                \
    OUT(SYNC_CHANGES, changes,                                                                     \
        "of folders that the session sees, in the order in which to do them")                      \
    OUT(BYTES, next, "the state when all of them are done")                                        \
    OUT(FLAG, more, "there is more already")
#define TW_ARGS_SyncRegister(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, kind, "TwSyncKind")                                                                    \
    IN(U64, cn, "what the client knows")                                                           \
    OUT(U32, sync, "a sync id of the session's user")
#define TW_ARGS_SyncSet(IN, OUT)                                                                   \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which it was registered for")                                                 \
    IN(U32, kind, "which it was registered for")                                                   \
    IN(U32, id, "a sync id of the session's user")                                                 \
    IN(U64, cn, "what the client knows now")
#define TW_ARGS_SyncGet(IN, OUT)                                                                   \
    IN(U32, id, "a sync id of the session's user")                                                 \
    OUT(GUID, store, "which it was registered for; zero: the whole server")                        \
    OUT(U32, folder, "which it was registered for")                                                \
    OUT(U32, kind, "TwSyncKind")                                                                   \
    OUT(U64, cn, "what the client said last that it knows")
#define TW_ARGS_SyncServerRegister(IN, OUT)                                                        \
    IN(U64, cn, "what the client knows")                                                           \
    OUT(U32, sync, "a sync id of the session's user, for the messages of all stores")
#define TW_ARGS_SyncServerSet(IN, OUT)                                                             \
    IN(U32, id, "such a sync id")                                                                  \
    IN(U64, cn, "what the client knows now")
#define TW_ARGS_SyncServerChanges(IN, OUT)                                                         \
    IN(U32, id, "such a sync id")                                                                  \
    IN(U64, cn, "what the client knows; 0 with TW_SYNC_CATCHUP alone")                             \
    IN(U32, flags, "TwSyncFlags: READ_STATE, CATCHUP")                                             \
    OUT(SYNC_CHANGES, changes, "of messages, each with its source key; of each store by number")   \
    OUT(BYTES, stores, "the GUID of the store of each, 16 bytes a change")                         \
    OUT(U64, next, "the number when all of them are done")                                         \
    OUT(FLAG, more, "there is more already")

/* ---- search folders ---- */

#define TW_OP_SEARCH_LIST(X)                                                                       \
    X(SEARCH_SET, search_set, SearchSet, WRITE, FOLDER, STORE_OWNER, NOTHING, NO)                  \
    X(SEARCH_GET, search_get, SearchGet, READ, FOLDER, STORE_OWNER, NOTHING, NO)

#define TW_ARGS_SearchSet(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "a search folder")                                                             \
    IN(RESTRICTION, restriction, "NULL keeps the one that is set")                                 \
    IN(NUMBERS, folders, "where to look; none keeps those that are set")                           \
    IN(NUMBERS, excluded, "folders to leave out, with all below them")                             \
    IN(U32, flags, "TwSearchFlags")
#define TW_ARGS_SearchGet(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "a search folder")                                                             \
    OUT(SEARCH, search, "criteria and state")
