/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every operation of the API, once. From this table are made: the argument structs, one inline function for each, the
 * local dispatch, the rights that are asked, the audit log, what the remote provider sends, and the matrix of tests.
 *
 * An argument struct holds what goes in, borrowed for the call, and what comes out, owned by the caller and cleared by
 * its tw_..._args_clear(), also as g_auto(). It is set to zeros before its fields are set. A call that fails leaves
 * what comes out at zeros.
 *
 * Objects are named by the store's GUID, the folder's number (0: the root) and the message's number. Where an
 * operation is on a message and its folder is not known, folder is 0.
 */
#pragma once

#include "session/types.h"

G_BEGIN_DECLS

/* ---- the operations ----
 *
 * Each row: constant, name of the function, name of the argument struct, class, what it is done to, the right it takes
 * there, the right it takes on the folder in the field "to", whether it is audited. */
#define TW_OP_LIST(X)                                                                              \
    TW_OP_STORE_LIST(X)                                                                            \
    TW_OP_FOLDER_LIST(X)                                                                           \
    TW_OP_MESSAGE_LIST(X)                                                                          \
    TW_OP_MAIL_LIST(X)                                                                             \
    TW_OP_KEY_LIST(X)                                                                              \
    TW_OP_SYNC_LIST(X)                                                                             \
    TW_OP_SEARCH_LIST(X)                                                                           \
    TW_OP_TABLE_LIST(X)                                                                            \
    TW_OP_BOOK_LIST(X)                                                                             \
    TW_OP_ADMIN_LIST(X)                                                                            \
    TW_OP_SERVER_LIST(X)

/* stores */
#define TW_OP_STORE_LIST(X)                                                                        \
    X(STORE_FIND, store_find, StoreFind, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(STORE_INFO, store_info, StoreInfo, READ, STORE, SEEN, NOTHING, NO)                           \
    X(STORE_PROPS, store_props, StoreProps, READ, STORE, SEEN, NOTHING, NO)                        \
    X(STORE_CHANGE_PROPS, store_change_props, StoreChangeProps, WRITE, STORE, STORE_OWNER,         \
      NOTHING, NO)                                                                                 \
    X(STORE_CHANGES, store_changes, StoreChanges, READ, STORE, SEEN, NOTHING, NO)                  \
    X(RECEIVE_FOLDER, receive_folder, ReceiveFolder, READ, STORE, SEEN, NOTHING, NO)               \
    X(RECEIVE_FOLDERS, receive_folders, ReceiveFolders, READ, STORE, STORE_OWNER, NOTHING, NO)     \
    X(RECEIVE_FOLDER_SET, receive_folder_set, ReceiveFolderSet, WRITE, STORE, STORE_OWNER,         \
      NOTHING, NO)

#define TW_ARGS_StoreFind(IN, OUT)                                                                 \
    IN(U32, owner, "a number of the directory; 0: the session's user")                             \
    IN(U32, kind, "TwStoreKind; for PUBLIC with owner 0: that of the user's company")              \
    OUT(GUID, store, "the store")
#define TW_ARGS_StoreInfo(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    OUT(STORE_INFO, info, "figures; those of use are zero for who is not its owner")               \
    OUT(U32, owner, "a number of the directory, or 0")                                             \
    OUT(U32, rights, "TwRight that the session has on the root folder")                            \
    OUT(FLAG, is_owner, "whether the session may do everything in it")
#define TW_ARGS_StoreProps(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    OUT(OBJECT, object,                                                                            \
        "its stored properties; for others than its owner those that lead to folders")
#define TW_ARGS_StoreChangeProps(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    IN(PROP_CHANGES, changes, "what to set and to remove")
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

/* folders */
#define TW_OP_FOLDER_LIST(X)                                                                       \
    X(FOLDER_LIST, folder_list, FolderList, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(FOLDER_GET, folder_get, FolderGet, READ, FOLDER, SEEN, NOTHING, NO)                          \
    X(FOLDER_FIND, folder_find, FolderFind, READ, FOLDER, SEEN, NOTHING, NO)                       \
    X(FOLDER_CREATE, folder_create, FolderCreate, WRITE, FOLDER, SUBFOLDER, NOTHING, NO)           \
    X(FOLDER_RENAME, folder_rename, FolderRename, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)        \
    X(FOLDER_MOVE, folder_move, FolderMove, WRITE, FOLDER, FOLDER_OWNER, SUBFOLDER, NO)            \
    X(FOLDER_COPY, folder_copy, FolderCopy, WRITE, FOLDER, READ, SUBFOLDER, NO)                    \
    X(FOLDER_DELETE, folder_delete, FolderDelete, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)        \
    X(FOLDER_RESTORE, folder_restore, FolderRestore, WRITE, FOLDER, FOLDER_OWNER, NOTHING, NO)     \
    X(FOLDER_PROPS, folder_props, FolderProps, READ, FOLDER, VISIBLE, NOTHING, NO)                 \
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

/* messages */
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
    X(MESSAGES_COPY, messages_copy, MessagesCopy, WRITE, MESSAGES, READ, CREATE, NO)

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
    IN(FLAG, associated, "a hidden one")                                                           \
    IN(U32, context, "TwFlagsContext: SYNC")                                                       \
    IN(I64, recv_us, "when it arrived; 0: as the object says, else now")                           \
    IN(BYTES, entry_id, "made by the client, or NULL")                                             \
    IN(BYTES, source_key, "made by the client, or NULL")                                           \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(MADE, made, "its numbers")
#define TW_ARGS_MessageGet(IN, OUT)                                                                \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(MESSAGE, row, "its row with its head")
#define TW_ARGS_MessageRead(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(MESSAGE, row, "its row")                                                                   \
    OUT(OBJECT, object, "all of it; large values as references")
#define TW_ARGS_MessageSave(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    IN(OBJECT, object, "the whole message as it shall be")                                         \
    IN(U64, cn, "its cn when it was read; 0 overwrites whatever is there")                         \
    IN(U32, context, "TwFlagsContext: SYNC, SET")                                                  \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(U64, new_cn, "its new cn")
#define TW_ARGS_ValueRead(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; 0: the folder's own value")                                           \
    IN(BYTES, path, "of the value, as store/part.h makes them")                                    \
    IN(U64, offset, "first byte wanted")                                                           \
    IN(U32, most, "how many; at most 1 MiB")                                                       \
    OUT(BYTES, bytes, "what is there of them")                                                     \
    OUT(U64, len, "of the whole value")
#define TW_ARGS_MessagesMark(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(FLAG_CHANGE, change, "flags, status, keywords")                                             \
    IN(U32, sync, "the sync id of who makes it, or 0")                                             \
    OUT(DONE, done, "what became of each")
#define TW_ARGS_MessagesDelete(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which")                                                                 \
    IN(FLAG, hard, "for good; else they can be restored")                                          \
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

/* raw mails */
#define TW_OP_MAIL_LIST(X)                                                                         \
    X(MAIL_READ, mail_read, MailRead, READ, MESSAGE, READ, NOTHING, NO)                            \
    X(MAIL_SUMMARY, mail_summary, MailSummary, READ, MESSAGE, READ, NOTHING, NO)                   \
    X(MAIL_ROWS, mail_rows, MailRows, READ, MESSAGES, READ, NOTHING, NO)                           \
    X(MAIL_ANNOUNCE, mail_announce, MailAnnounce, WRITE, MESSAGE, EDIT, NOTHING, NO)               \
    X(MAIL_DELIVER, mail_deliver, MailDeliver, WRITE, MANY, DELIVER, NOTHING, NO)                  \
    X(RECIPIENT_FIND, recipient_find, RecipientFind, READ, SERVER, DELIVER, NOTHING, NO)

#define TW_ARGS_MailRead(IN, OUT)                                                                  \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    IN(U64, offset, "first byte wanted")                                                           \
    IN(U32, most, "how many; at most 1 MiB")                                                       \
    OUT(BYTES, bytes, "the mail as it came; fewer than most: that was its end")
#define TW_ARGS_MailSummary(IN, OUT)                                                               \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which")                                                                      \
    OUT(BYTES, summary, "for tw_mail_summary_open()")
#define TW_ARGS_MailRows(IN, OUT)                                                                  \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "their folder")                                                                \
    IN(NUMBERS, messages, "which, ascending")                                                      \
    IN(FLAG, summaries, "with summaries")                                                          \
    OUT(MAIL_ROWS, rows, "those that are there, in that order")
#define TW_ARGS_MailAnnounce(IN, OUT)                                                              \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "a mail that arrived, after rules")
#define TW_ARGS_MailDeliver(IN, OUT)                                                               \
    IN(BYTES, mail, "raw bytes")                                                                   \
    IN(TARGETS, targets, "to whom; each is told by itself")                                        \
    IN(FLAG, announce, "tell who waits for new mail; else whoever delivers does")                  \
    IN(I64, recv_us, "0: now")                                                                     \
    OUT(DELIVERED, results, "one for each target, in their order")
#define TW_ARGS_RecipientFind(IN, OUT)                                                             \
    IN(TEXT, address, "an e-mail address, an alias or a login name, in any case")                  \
    OUT(U32, user, "who has it; hidden ones too")                                                  \
    OUT(GUID, store, "the mailbox")

/* entry ids and keys of clients */
#define TW_OP_KEY_LIST(X)                                                                          \
    X(ENTRY_ID_FIND, entry_id_find, EntryIdFind, READ, SERVER, NOTHING, NOTHING, NO)               \
    X(SOURCE_KEY_FIND, source_key_find, SourceKeyFind, READ, STORE, SEEN, NOTHING, NO)             \
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

/* synchronisation: ICS */
#define TW_OP_SYNC_LIST(X)                                                                         \
    X(SYNC_CHANGES, sync_changes, SyncChanges, READ, FOLDER, READ, NOTHING, NO)                    \
    X(SYNC_FOLDERS, sync_folders, SyncFolders, READ, FOLDER, SEEN, NOTHING, NO)                    \
    X(SYNC_REGISTER, sync_register, SyncRegister, WRITE, FOLDER, SEEN, NOTHING, NO)                \
    X(SYNC_SET, sync_set, SyncSet, WRITE, FOLDER, SEEN, NOTHING, NO)

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

/* search folders */
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

/* tables: each is the session's that opened it, and named by a number of that session's */
#define TW_OP_TABLE_LIST(X)                                                                        \
    X(TABLE_OPEN, table_open, TableOpen, READ, FOLDER, READ, NOTHING, NO)                          \
    X(TABLE_OPEN_FOLDERS, table_open_folders, TableOpenFolders, READ, FOLDER, SEEN, NOTHING, NO)   \
    X(TABLE_CLOSE, table_close, TableClose, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_SETUP, table_setup, TableSetup, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_ROWS, table_rows, TableRows, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(TABLE_COUNT, table_count, TableCount, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_SEEK, table_seek, TableSeek, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(TABLE_FIND, table_find, TableFind, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(TABLE_EXPAND, table_expand, TableExpand, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(TABLE_COLLAPSE, table_collapse, TableCollapse, READ, SERVER, NOTHING, NOTHING, NO)

#define TW_ARGS_TableOpen(IN, OUT)                                                                 \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "whose messages")                                                              \
    IN(U32, flags, "TwTableFlags: SOFT_DELETED, ASSOCIATED, NO_CUT")                               \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenFolders(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "what is in it")                                                               \
    IN(U32, flags, "TwTableFlags: DEEP, SOFT_DELETED, NO_CUT")                                     \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableClose(IN, OUT) IN(U32, table, "which")
#define TW_ARGS_TableSetup(IN, OUT)                                                                \
    IN(U32, table, "which")                                                                        \
    IN(NUMBERS, columns, "tags; none: as they are")                                                \
    IN(ORDER, order, "NULL: as it is")                                                             \
    IN(FLAG, restrict_rows, "the restriction counts, also NULL: all rows")                         \
    IN(RESTRICTION, restriction, "what rows must match")
#define TW_ARGS_TableRows(IN, OUT)                                                                 \
    IN(U32, table, "which")                                                                        \
    IN(I64, count, "most rows; below 0: those before the cursor")                                  \
    IN(FLAG, stay, "the cursor stays where it is")                                                 \
    OUT(TABLE_ROWS, rows, "fewer at an end of the table")
#define TW_ARGS_TableCount(IN, OUT)                                                                \
    IN(U32, table, "which")                                                                        \
    OUT(U32, rows, "rows and headings that can be seen")                                           \
    OUT(U32, position, "how many of them are before the cursor")
#define TW_ARGS_TableSeek(IN, OUT)                                                                 \
    IN(U32, table, "which")                                                                        \
    IN(U32, bookmark, "from where")                                                                \
    IN(I64, count, "rows to go, either way")                                                       \
    OUT(I64, sought, "rows that it went")                                                          \
    OUT(FLAG, moved, "the bookmark's row stands elsewhere than when it was made")
#define TW_ARGS_TableFind(IN, OUT)                                                                 \
    IN(U32, table, "which")                                                                        \
    IN(U32, bookmark, "from where")                                                                \
    IN(FLAG, backward, "towards the start")                                                        \
    IN(RESTRICTION, restriction, "what the row must match; the cursor goes there")
#define TW_ARGS_TableExpand(IN, OUT)                                                               \
    IN(U32, table, "which")                                                                        \
    IN(BYTES, key, "PR_INSTANCE_KEY of a heading")                                                 \
    IN(U32, most, "rows to return")                                                                \
    OUT(TABLE_ROWS, rows, "the first below it")                                                    \
    OUT(U32, more, "rows that became visible and were not returned")
#define TW_ARGS_TableCollapse(IN, OUT)                                                             \
    IN(U32, table, "which")                                                                        \
    IN(BYTES, key, "PR_INSTANCE_KEY of a heading")                                                 \
    OUT(U32, hidden, "rows that are hidden now")

/* the address book; users, groups and companies are named by their numbers in the directory */
#define TW_OP_BOOK_LIST(X)                                                                         \
    X(BOOK_CONTAINERS, book_containers, BookContainers, READ, SERVER, NOTHING, NOTHING, NO)        \
    X(BOOK_LIST, book_list, BookList, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(BOOK_RESOLVE, book_resolve, BookResolve, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(BOOK_GET, book_get, BookGet, READ, USER, SEEN, NOTHING, NO)                                  \
    X(BOOK_PHOTO, book_photo, BookPhoto, READ, USER, SEEN, NOTHING, NO)                            \
    X(BOOK_RELATED, book_related, BookRelated, READ, USER, SEEN, NOTHING, NO)                      \
    X(BOOK_CHANGES, book_changes, BookChanges, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(NAME_FIND, name_find, NameFind, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(ID_FIND, id_find, IdFind, READ, SERVER, NOTHING, NOTHING, NO)                                \
    X(OBJECTS_LIST, objects_list, ObjectsList, READ, COMPANY, SEEN, NOTHING, NO)

#define TW_ARGS_BookContainers(IN, OUT)                                                            \
    OUT(CONTAINERS, rows, "the tree the session sees, each before what is in it")
#define TW_ARGS_BookList(IN, OUT)                                                                  \
    IN(U32, container, "0: the global list; else a company, an address list or a group")           \
    IN(U32, sort, "TwDirectorySort")                                                               \
    IN(FLAG, descending, "the other way round")                                                    \
    IN(U32, offset, "how many to pass over")                                                       \
    IN(U32, most, "how many to list; 0: all")                                                      \
    OUT(ENTRIES, rows, "users, contacts and groups")                                               \
    OUT(U32, total, "how many there are without offset and most")
#define TW_ARGS_BookResolve(IN, OUT)                                                               \
    IN(TEXT, text, "what was typed")                                                               \
    IN(FLAG, exact, "no beginnings of names")                                                      \
    OUT(ENTRY, entry, "who is meant; else NOT_FOUND or AMBIGUOUS")
#define TW_ARGS_BookGet(IN, OUT)                                                                   \
    IN(U32, user, "a user, group, company or address list; 0: the session's user")                 \
    OUT(ENTRY, entry, "all that is known of it")                                                   \
    OUT(FLAG, is_over, "whether the session may administer it")
#define TW_ARGS_BookPhoto(IN, OUT)                                                                 \
    IN(U32, user, "whose")                                                                         \
    OUT(BYTES, photo, "the picture's file")
#define TW_ARGS_BookRelated(IN, OUT)                                                               \
    IN(U32, user, "whose list, or with the other way round: who stands in lists")                  \
    IN(U32, relation, "TwDirectoryRelation")                                                       \
    IN(FLAG, holders, "the other way round: who has the user in such a list")                      \
    IN(FLAG, deep, "MEMBER: through groups in groups; holders: Everyone too")                      \
    OUT(ENTRIES, rows, "those the session may know of, by number")
#define TW_ARGS_BookChanges(IN, OUT)                                                               \
    IN(U64, since, "a change number of the directory")                                             \
    OUT(ENTRIES, rows, "what changed after it and may be seen, by change number")                  \
    OUT(GONE, gone, "what went after it, by change number")                                        \
    OUT(U64, next, "what to ask since next")
#define TW_ARGS_NameFind(IN, OUT)                                                                  \
    IN(TEXT, name, "login name of users, with company where there are several; in any case")       \
    IN(U32, type, "TwDirectoryType")                                                               \
    OUT(ENTRY, entry, "the one of exactly that name")
#define TW_ARGS_IdFind(IN, OUT)                                                                    \
    IN(BYTES, id, "an external id")                                                                \
    OUT(ENTRY, entry, "whose it is")
#define TW_ARGS_ObjectsList(IN, OUT)                                                               \
    IN(U32, company, "whose; 0: the default company, which is all where there is one")             \
    IN(U32, type, "TwDirectoryType; CONTAINERS: all companies and address lists")                  \
    OUT(ENTRIES, rows, "by name; hidden ones too for who administers the company")

/* administration */
#define TW_OP_ADMIN_LIST(X)                                                                        \
    X(OBJECT_CREATE, object_create, ObjectCreate, ADMIN, COMPANY, ADMIN, NOTHING, YES)             \
    X(OBJECT_CHANGE, object_change, ObjectChange, ADMIN, USER, SELF, NOTHING, YES)                 \
    X(OBJECT_REMOVE, object_remove, ObjectRemove, ADMIN, USER, ADMIN, NOTHING, YES)                \
    X(RELATE, relate, Relate, ADMIN, USER, ADMIN, NOTHING, YES)                                    \
    X(UNRELATE, unrelate, Unrelate, ADMIN, USER, ADMIN, NOTHING, YES)                              \
    X(QUOTA_GET, quota_get, QuotaGet, READ, USER, SELF, NOTHING, NO)                               \
    X(STORE_CREATE, store_create, StoreCreate, ADMIN, USER, ADMIN, NOTHING, YES)                   \
    X(STORE_DELETE, store_delete, StoreDelete, ADMIN, STORE, ADMIN, NOTHING, YES)                  \
    X(STORE_HOOK, store_hook, StoreHook, ADMIN, STORE, ADMIN, NOTHING, YES)                        \
    X(STORE_UNHOOK, store_unhook, StoreUnhook, ADMIN, STORE, ADMIN, NOTHING, YES)                  \
    X(STORES_LIST, stores_list, StoresList, ADMIN, SERVER, ADMIN, NOTHING, NO)

#define TW_ARGS_ObjectCreate(IN, OUT)                                                              \
    IN(U32, company, "where; 0: the default company, and for companies")                           \
    IN(OBJECT_VALUES, values, "kind, name and all else it shall say")                              \
    IN(SECRET, password, "or NULL")                                                                \
    IN(BYTES, photo, "or NULL")                                                                    \
    OUT(U32, created, "its number")
#define TW_ARGS_ObjectChange(IN, OUT)                                                              \
    IN(U32, user, "which; 0: the session's user")                                                  \
    IN(OBJECT_VALUES, values, "the members that fields names; NULL for none")                      \
    IN(U32, fields, "TwDirectoryFields; who is no administrator changes DETAILS alone")            \
    IN(SECRET, password, "a new one, or NULL")                                                     \
    IN(SECRET, old_password, "what it was; needed from who is no administrator")                   \
    IN(BYTES, photo, "a new one; empty removes it; or NULL")
#define TW_ARGS_ObjectRemove(IN, OUT)                                                              \
    IN(U32, user, "a user, group, company or address list; its stores become orphans")
#define TW_ARGS_Relate(IN, OUT)                                                                    \
    IN(U32, user, "who holds the list")                                                            \
    IN(U32, relation, "TwDirectoryRelation")                                                       \
    IN(U32, other, "what shall stand in it")
#define TW_ARGS_Unrelate(IN, OUT)                                                                  \
    IN(U32, user, "who holds the list")                                                            \
    IN(U32, relation, "TwDirectoryRelation")                                                       \
    IN(U32, other, "what shall go from it")
#define TW_ARGS_QuotaGet(IN, OUT)                                                                  \
    IN(U32, user, "whose; 0: the session's user")                                                  \
    OUT(QUOTA, quota, "what holds for the user")                                                   \
    OUT(FLAG, inherited, "it is the company's or the server's")                                    \
    OUT(I64, bytes, "of the private store; -1: it has none")                                       \
    OUT(U32, state, "TwQuotaState")
#define TW_ARGS_StoreCreate(IN, OUT)                                                               \
    IN(U32, user, "the owner: a user; of a public store a company, or Everyone")                   \
    IN(U32, kind, "TwStoreKind")                                                                   \
    IN(GUID, guid, "zero: a random one")                                                           \
    OUT(GUID, store, "an empty store with its root folder")
#define TW_ARGS_StoreDelete(IN, OUT) IN(GUID, store, "an orphan; EXISTS: it has an owner")
#define TW_ARGS_StoreHook(IN, OUT)                                                                 \
    IN(GUID, store, "an orphan; EXISTS: it has an owner")                                          \
    IN(U32, owner, "who gets it; a store of that kind the owner has becomes an orphan")
#define TW_ARGS_StoreUnhook(IN, OUT) IN(GUID, store, "becomes an orphan")
#define TW_ARGS_StoresList(IN, OUT) OUT(STORES, rows, "those the session administers, by number")

/* the server */
#define TW_OP_SERVER_LIST(X)                                                                       \
    X(SERVER_INFO, server_info, ServerInfo, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(NAMES_TO_IDS, names_to_ids, NamesToIds, WRITE, SERVER, NOTHING, NOTHING, NO)                 \
    X(IDS_TO_NAMES, ids_to_names, IdsToNames, READ, SERVER, NOTHING, NOTHING, NO)                  \
    X(SESSIONS_LIST, sessions_list, SessionsList, ADMIN, SERVER, SYSTEM, NOTHING, NO)              \
    X(SESSION_END, session_end, SessionEnd, ADMIN, SERVER, SYSTEM, NOTHING, YES)

#define TW_ARGS_ServerInfo(IN, OUT)                                                                \
    OUT(GUID, guid, "of the server")                                                               \
    OUT(FLAG, hosted, "whether there are companies")
#define TW_ARGS_NamesToIds(IN, OUT)                                                                \
    IN(NAMED_PROPS, names, "names of properties")                                                  \
    IN(FLAG, create, "give an id to those that have none")                                         \
    OUT(NUMBERS, ids, "one for each; 0: it has none")
#define TW_ARGS_IdsToNames(IN, OUT)                                                                \
    IN(NUMBERS, ids, "of named properties")                                                        \
    OUT(NAMED_PROPS, names, "one for each; NULL: nobody has it")
#define TW_ARGS_SessionsList(IN, OUT) OUT(SESSIONS, rows, "all sessions")
#define TW_ARGS_SessionEnd(IN, OUT) IN(U32, session, "its number in logs")

/* ---- what is made of it ---- */

typedef enum {
#define TW_OP_ENUM_ROW(upper, ...) TW_OP_##upper,
    TW_OP_LIST(TW_OP_ENUM_ROW)
#undef TW_OP_ENUM_ROW
    TW_OP_COUNT
} TwOp;

#define TW_ARG_FIELD_IN(kind, name, doc) TwIn_##kind name;
#define TW_ARG_FIELD_OUT(kind, name, doc) TwOut_##kind name;
#define TW_OP_STRUCT(upper, lower, camel, ...)                                                     \
    typedef struct {                                                                               \
        TW_ARGS_##camel(TW_ARG_FIELD_IN, TW_ARG_FIELD_OUT)                                         \
    } Tw##camel##Args;
TW_OP_LIST(TW_OP_STRUCT)
#undef TW_OP_STRUCT
#undef TW_ARG_FIELD_IN
#undef TW_ARG_FIELD_OUT

/* Whether it changes anything, and whether it is an administrator's. */
typedef enum {
    TW_OP_READ,
    TW_OP_WRITE,
    TW_OP_ADMIN,
} TwOpClass;

/* What it is done to: which fields its argument struct has. */
typedef enum {
    TW_ON_SERVER,   /* none */
    TW_ON_USER,     /* user */
    TW_ON_COMPANY,  /* company */
    TW_ON_STORE,    /* store */
    TW_ON_FOLDER,   /* store, folder */
    TW_ON_MESSAGE,  /* store, folder, message */
    TW_ON_MESSAGES, /* store, folder, messages */
    TW_ON_MANY,     /* each target by itself */
} TwOpTarget;

/* The right it takes. rights.c has what each means. */
typedef enum {
    TW_NEED_NOTHING,      /* the answer itself is limited to what the session may know */
    TW_NEED_SEEN,         /* it is not hidden from the session */
    TW_NEED_VISIBLE,      /* more of a folder than its name */
    TW_NEED_READ,         /* or the message is one's own */
    TW_NEED_CREATE,       /* */
    TW_NEED_EDIT,         /* all, or own and the message is one's own */
    TW_NEED_DELETE,       /* likewise */
    TW_NEED_MARK,         /* READ for the read mark; EDIT for everything else */
    TW_NEED_SUBFOLDER,    /* */
    TW_NEED_FOLDER_OWNER, /* */
    TW_NEED_STORE_OWNER,  /* its owner, or an administrator over it */
    TW_NEED_DELIVER,      /* CREATE on each target, or a session for delivery */
    TW_NEED_SELF,         /* the user, or an administrator over it */
    TW_NEED_ADMIN,        /* an administrator over it */
    TW_NEED_SYSTEM,       /* a system administrator */
} TwOpNeed;

/* One field of an argument struct. */
typedef struct {
    const char *name, *doc;
    gsize offset;
    guint8 kind; /* TwInKind or TwOutKind */
    gboolean out;
} TwOpField;

/* One row of the table. */
typedef struct {
    const char *name, *struct_name;
    TwOpClass op_class;
    TwOpTarget target;
    TwOpNeed need, need_to;
    gboolean audited;
    gsize args_size;
} TwOpInfo;

/**
 * tw_op_info:
 * @op: an operation
 *
 * Returns: (transfer none): its row
 */
const TwOpInfo *tw_op_info(TwOp op);

/**
 * tw_op_fields:
 * @op: an operation
 * @ret_count: (out): how many
 *
 * Returns: (transfer none): the fields of its argument struct
 */
const TwOpField *tw_op_fields(TwOp op, guint *ret_count);

/**
 * tw_op_field:
 * @op: an operation
 * @name: of a field
 *
 * Returns: (transfer none) (nullable): the field of that name that goes in
 */
const TwOpField *tw_op_field(TwOp op, const char *name);

/**
 * tw_op_clear:
 * @op: an operation
 * @args: its argument struct
 *
 * Frees what came out and sets it to zeros; what went in stays.
 */
void tw_op_clear(TwOp op, gpointer args);

G_END_DECLS
