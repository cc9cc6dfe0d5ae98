/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): entry ids and keys of clients. */
#pragma once

#define TW_OP_KEY_LIST(X)                                                                          \
    X(ENTRY_ID_FIND, entry_id_find, EntryIdFind, READ, SERVER, NOTHING, NOTHING, NO)               \
    X(SOURCE_KEY_FIND, source_key_find, SourceKeyFind, READ, STORE, SEEN, NOTHING, NO)             \
    X(SOURCE_KEY_LOCATE, source_key_locate, SourceKeyLocate, READ, SERVER, NOTHING, NOTHING, NO)   \
    X(FOLDER_KEYS, folder_keys, FolderKeys, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(MESSAGE_KEYS, message_keys, MessageKeys, READ, MESSAGE, READ, NOTHING, NO)

#define TW_ARGS_EntryIdFind(IN, OUT)                                                               \
    IN(BYTES, entry_id, "of a store, folder or message; bare, with a server's URL, or wrapped")    \
    OUT(GUID, store, "where it is")                                                                \
    OUT(U32, type, "TwObjectType")                                                                 \
    OUT(U32, folder, "of a folder itself; of a message its folder; of a store its root")           \
    OUT(U32, message, "of a message; else 0")
#define TW_ARGS_SourceKeyFind(IN, OUT)                                                             \
    IN(GUID, store, "which")                                                                       \
    IN(BYTES, source_key, "of a folder or message")                                                \
    OUT(U32, folder, "the folder, or that of the message")                                         \
    OUT(U32, message, "of a message; else 0")
#define TW_ARGS_SourceKeyLocate(IN, OUT)                                                           \
    IN(BYTES, source_key, "of a folder or message of any store")                                   \
    OUT(GUID, store, "where it is; of several with that key one that the session uses")            \
    OUT(U32, folder, "the folder, or that of the message")                                         \
    OUT(U32, message, "of a message; else 0")
#define TW_ARGS_FolderKeys(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    OUT(BYTES, entry_id, "in its canonical form")                                                  \
    OUT(KEYS, keys, "source key, change key and predecessors")
#define TW_ARGS_MessageKeys(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(BYTES, entry_id, "in its canonical form")                                                  \
    OUT(KEYS, keys, "source key, change key and predecessors")
