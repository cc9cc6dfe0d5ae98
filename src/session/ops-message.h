/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): messages. */
#pragma once

#define TW_OP_MESSAGE_LIST(X)                                                                      \
    X(MESSAGE_LIST, message_list, MessageList, READ, FOLDER, READ, NOTHING, NO)                    \
    X(FOLDER_INDEX, folder_index, FolderIndex, READ, FOLDER, READ, NOTHING, NO)                    \
    X(FOLDER_WINDOW, folder_window, FolderWindow, READ, FOLDER, READ, NOTHING, NO)                 \
    X(FOLDER_VANISHED, folder_vanished, FolderVanished, READ, FOLDER, READ, NOTHING, NO)           \
    X(KEYWORDS, keywords, Keywords, READ, FOLDER, READ, NOTHING, NO)                               \
    X(KEYWORD_ADD, keyword_add, KeywordAdd, WRITE, FOLDER, READ, NOTHING, NO)                      \
    X(MESSAGE_CREATE, message_create, MessageCreate, WRITE, FOLDER, CREATE, NOTHING, NO)           \
    X(MESSAGE_GET, message_get, MessageGet, READ, MESSAGE, READ, NOTHING, NO)                      \
    X(MESSAGE_READ, message_read, MessageRead, READ, MESSAGE, READ, NOTHING, NO)                   \
    X(MESSAGE_SAVE, message_save, MessageSave, WRITE, MESSAGE, EDIT, NOTHING, NO)                  \
    X(VALUE_READ, value_read, ValueRead, READ, MESSAGE, READ, NOTHING, NO)                         \
    X(MESSAGES_MARK, messages_mark, MessagesMark, WRITE, MESSAGES, MARK, NOTHING, NO)              \
    X(MESSAGES_DELETE, messages_delete, MessagesDelete, WRITE, MESSAGES, DELETE, NOTHING, NO)      \
    X(MESSAGES_RESTORE, messages_restore, MessagesRestore, WRITE, MESSAGES, DELETE, NOTHING, NO)   \
    X(MESSAGES_MOVE, messages_move, MessagesMove, WRITE, MESSAGES, DELETE, CREATE, NO)             \
    X(MESSAGES_COPY, messages_copy, MessagesCopy, WRITE, MESSAGES, READ, CREATE, NO)               \
    X(MESSAGES_TRANSFER, messages_transfer, MessagesTransfer, WRITE, MESSAGES, READ, NOTHING, NO)

#define TW_ARGS_MessageList(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, state, "TwMessageState: which list")                                                   \
    IN(U32, after, "begin behind this message; 0 at the start")                                    \
    IN(U32, most, "most rows; 0: 1,000")                                                           \
    IN(FLAG, heads, "with heads, for tw_head_open()")                                              \
    OUT(MESSAGES, rows, "in the order of arrival; fewer than most: that was all")
#define TW_ARGS_FolderIndex(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, after, "begin behind this uid")                                                        \
    IN(U32, most, "most rows; 0: 100,000")                                                         \
    OUT(INDEX, rows, "normal messages by uid; fewer than most: that was all")
#define TW_ARGS_FolderWindow(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U32, after, "begin behind this uid")                                                        \
    IN(U32, upto, "end with this uid; 0: with the last")                                           \
    IN(U64, since, "only what changed after this change number; 0: all")                           \
    IN(U32, most, "most rows; 0: all")                                                             \
    OUT(INDEX, rows, "normal messages by uid, without recv and size: from memory, and quick")      \
    OUT(U64, cn, "a change number of the store: all up to it is in here")                          \
    OUT(U64, hicn, "the folder's last change of its messages")                                     \
    OUT(U32, uidvalidity, "of the folder")                                                         \
    OUT(U32, uidnext, "of the folder")                                                             \
    OUT(U32, count, "normal messages of the folder")                                               \
    OUT(U32, unread, "those without the read mark")
#define TW_ARGS_FolderVanished(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(U64, since, "the change number that is known")                                              \
    IN(U32, most, "most rows; 0: 100,000")                                                         \
    OUT(TOMBS, rows, "what left its lists, by change number")
#define TW_ARGS_Keywords(IN, OUT)                                                                  \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    OUT(NAMES, names, "its keywords by bit")
#define TW_ARGS_KeywordAdd(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "which")                                                                       \
    IN(TEXT, name, "a keyword, new or known")                                                      \
    OUT(U32, bit, "its bit")
#define TW_ARGS_MessageCreate(IN, OUT)                                                             \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "where")                                                                       \
    IN(OBJECT, object, "what; its large values are moved to blobs by this")                        \
    IN(VALUES, values, "large values written before, and where they go in it")                     \
    IN(FLAG, associated, "a hidden one")                                                           \
    IN(U32, context, "TwFlagsContext: SYNC")                                                       \
    IN(I64, recv_us, "when it arrived; 0: as the object says, else now")                           \
    IN(BYTES, entry_id, "made by the client, or NULL")                                             \
    IN(BYTES, source_key, "made by the client, or NULL")                                           \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    IN(BYTES, once, "32 bytes that name it in the store, or NULL: a second one is EXISTS")         \
    IN(FLAG, compute, "with what the server makes for it")                                         \
    OUT(BYTES, computed,                                                                           \
        "a packed bag (mapi/props.h): what the server makes for it; before what is stored")        \
    OUT(MADE, made, "its numbers")
#define TW_ARGS_MessageGet(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(MESSAGE, row, "its row with its head")                                                     \
    OUT(FLAG, locked, "somebody sends it: PR_SUBMIT_FLAGS has bit 1")
#define TW_ARGS_MessageRead(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; NO_ACCESS while another session has its lock")                        \
    IN(FLAG, compute, "with what the server makes for it")                                         \
    OUT(MESSAGE, row, "its row")                                                                   \
    OUT(OBJECT, object, "all of it; large values as references")                                   \
    OUT(BYTES, computed,                                                                           \
        "a packed bag (mapi/props.h): what the server makes for it; before what is stored")        \
    OUT(FLAG, locked, "the session has its lock: PR_SUBMIT_FLAGS has bit 1")
#define TW_ARGS_MessageSave(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    IN(OBJECT, object, "the whole message as it shall be")                                         \
    IN(VALUES, values, "large values written before, and where they go in it")                     \
    IN(U64, cn, "its cn when it was read; 0 overwrites whatever is there")                         \
    IN(U32, context, "TwFlagsContext: SYNC, SET")                                                  \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    IN(FLAG, compute, "with what the server makes for it")                                         \
    OUT(BYTES, computed,                                                                           \
        "a packed bag (mapi/props.h): what the server makes for it; before what is stored")        \
    OUT(U64, new_cn, "its new cn")
#define TW_ARGS_ValueRead(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; 0: the folder's own value")                                           \
    IN(BYTES, path, "of the value, as mapi/part.h makes them")                                     \
    IN(U64, offset, "first byte wanted")                                                           \
    IN(U32, most, "how many; at most 1 MiB")                                                       \
    OUT(BYTES, bytes, "what is there of them")                                                     \
    OUT(U64, len, "of the whole value")
#define TW_ARGS_MessagesMark(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(FLAG_CHANGE, change, "flags, status, keywords by number, unchanged_since")                  \
    IN(NAMES, keywords_set, "keywords by name, or NULL; new ones are added to the folder's")       \
    IN(NAMES, keywords_clear, "likewise; what the folder does not have is passed over")            \
    IN(FLAG, keywords_exact, "all other keywords go")                                              \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(DONE, done, "what became of each; modified: it changed after unchanged_since")
#define TW_ARGS_MessagesDelete(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(FLAG, hard, "for good; else they can be restored")                                          \
    IN(U32, status, "of them those with one of these bits of PR_MSG_STATUS; 0: all")               \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(U32, count, "how many")
#define TW_ARGS_MessagesRestore(IN, OUT)                                                           \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "soft-deleted ones")                                                     \
    OUT(DONE, done, "what became of each")
#define TW_ARGS_MessagesMove(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(U32, to, "another folder of the store")                                                     \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(DONE, done, "what became of each")
#define TW_ARGS_MessagesCopy(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(U32, to, "a folder of the store, also the same")                                            \
    OUT(DONE, done, "what became of each")
#define TW_ARGS_MessagesTransfer(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(GUID, to_store, "another store, or the same")                                               \
    IN(U32, to_folder, "a folder of it, where the session has CREATE")                             \
    IN(FLAG, move, "take them away where they were, which takes DELETE there")                     \
    OUT(DONE, done, "what became of each")
