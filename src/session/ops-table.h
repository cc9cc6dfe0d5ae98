/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of the table of operations (ops.h): tables.
 *
 * A table is the session's that opened it, and named by a number of that session's.
 */
#pragma once

#define TW_OP_TABLE_LIST(X)                                                                        \
    X(TABLE_OPEN, table_open, TableOpen, READ, FOLDER, READ, NOTHING, NO)                          \
    X(TABLE_OPEN_FOLDERS, table_open_folders, TableOpenFolders, READ, FOLDER, SEEN, NOTHING, NO)   \
    X(TABLE_OPEN_CHILDREN, table_open_children, TableOpenChildren, READ, MESSAGE, READ, NOTHING,   \
      NO)                                                                                          \
    X(TABLE_OPEN_RECEIVE, table_open_receive, TableOpenReceive, READ, STORE, STORE_OWNER, NOTHING, \
      NO)                                                                                          \
    X(TABLE_OPEN_RULES, table_open_rules, TableOpenRules, READ, FOLDER, FOLDER_OWNER, NOTHING, NO) \
    X(TABLE_OPEN_PERMISSIONS, table_open_permissions, TableOpenPermissions, READ, FOLDER, VISIBLE, \
      NOTHING, NO)                                                                                 \
    X(TABLE_OPEN_BOOK, table_open_book, TableOpenBook, READ, SERVER, NOTHING, NOTHING, NO)         \
    X(TABLE_OPEN_STORES, table_open_stores, TableOpenStores, READ, SERVER, NOTHING, NOTHING, NO)   \
    X(TABLE_OPEN_USERS, table_open_users, TableOpenUsers, READ, SERVER, ADMIN, NOTHING, NO)        \
    X(TABLE_OPEN_COMPANIES, table_open_companies, TableOpenCompanies, READ, SERVER, SYSTEM,        \
      NOTHING, NO)                                                                                 \
    X(TABLE_OPEN_SYSTEM, table_open_system, TableOpenSystem, READ, SERVER, ADMIN, NOTHING, NO)     \
    X(TABLE_OPEN_SESSIONS, table_open_sessions, TableOpenSessions, READ, SERVER, ADMIN, NOTHING,   \
      NO)                                                                                          \
    X(TABLE_OPEN_ROWS, table_open_rows, TableOpenRows, READ, SERVER, NOTHING, NOTHING, NO)         \
    X(TABLE_SET_ROWS, table_set_rows, TableSetRows, READ, SERVER, NOTHING, NOTHING, NO)            \
    X(TABLE_CLOSE, table_close, TableClose, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_SETUP, table_setup, TableSetup, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_ROWS, table_rows, TableRows, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(TABLE_COUNT, table_count, TableCount, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_SEEK, table_seek, TableSeek, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(TABLE_SEEK_FRACTION, table_seek_fraction, TableSeekFraction, READ, SERVER, NOTHING, NOTHING, \
      NO)                                                                                          \
    X(TABLE_BOOKMARK, table_bookmark, TableBookmark, READ, SERVER, NOTHING, NOTHING, NO)           \
    X(TABLE_BOOKMARK_FREE, table_bookmark_free, TableBookmarkFree, READ, SERVER, NOTHING, NOTHING, \
      NO)                                                                                          \
    X(TABLE_COLUMNS, table_columns, TableColumns, READ, SERVER, NOTHING, NOTHING, NO)              \
    X(TABLE_EVENTS, table_events, TableEvents, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(TABLE_STATE, table_state, TableState, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(TABLE_STATE_SET, table_state_set, TableStateSet, READ, SERVER, NOTHING, NOTHING, NO)         \
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
#define TW_ARGS_TableOpenChildren(IN, OUT)                                                         \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "its folder, or 0")                                                            \
    IN(U32, message, "which; its rows stay as they are now")                                       \
    IN(U32, kind, "TwObjectKind: RECIPIENT or ATTACHMENT")                                         \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenReceive(IN, OUT)                                                          \
    IN(GUID, store, "which")                                                                       \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenRules(IN, OUT)                                                            \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "whose rules, in the order in which they are carried out")                     \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenPermissions(IN, OUT)                                                      \
    IN(GUID, store, "which")                                                                       \
    IN(U32, folder, "as for PERMISSIONS; a row for each member, nothing inherited")                \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenBook(IN, OUT)                                                             \
    IN(U32, place, "TwBookPlace: what it is of")                                                   \
    IN(U32, object, "of OBJECT: a company, an address list, or a group: its members")              \
    IN(FLAG, containers, "the containers in it; else users, contacts and groups")                  \
    IN(U32, flags, "TwTableFlags: NO_CUT; of containers DEEP: with what is in these, and depths")  \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenStores(IN, OUT)                                                           \
    IN(U32, kind, "TwStoresTable; of stores the session administers, as they are now")             \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableOpenUsers(IN, OUT)                                                            \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number: those the session administers, as they are now")
#define TW_ARGS_TableOpenCompanies(IN, OUT)                                                        \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number: all companies, as they are now")
#define TW_ARGS_TableOpenSystem(IN, OUT)                                                           \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number: figures of the server, as they are now")
#define TW_ARGS_TableOpenSessions(IN, OUT)                                                         \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number: all sessions, as they are now")
#define TW_ARGS_TableOpenRows(IN, OUT)                                                             \
    IN(BAGS, rows, "what it shows: of an address book, of statistics, of a queue")                 \
    IN(FLAG, newest_first, "without a sort, rows with larger numbers come first")                  \
    IN(U32, flags, "TwTableFlags: NO_CUT")                                                         \
    IN(U32, lcid, "order of text, as PR_SORT_LOCALE_ID; 0: the root order")                        \
    OUT(U32, table, "its number")
#define TW_ARGS_TableSetRows(IN, OUT)                                                              \
    IN(U32, table, "one of TABLE_OPEN_ROWS")                                                       \
    IN(BAGS, rows, "rows to add, replace or take away")                                            \
    IN(FLAG, replace, "all other rows go")
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
#define TW_ARGS_TableSeekFraction(IN, OUT)                                                         \
    IN(U32, table, "which")                                                                        \
    IN(U32, numerator, "of the part of the table that is before the cursor then")                  \
    IN(U32, denominator, "not 0")
#define TW_ARGS_TableBookmark(IN, OUT)                                                             \
    IN(U32, table, "which")                                                                        \
    OUT(U32, bookmark, "a bookmark at the cursor, from 3")
#define TW_ARGS_TableBookmarkFree(IN, OUT)                                                         \
    IN(U32, table, "which")                                                                        \
    IN(U32, bookmark, "one of its own")
#define TW_ARGS_TableColumns(IN, OUT)                                                              \
    IN(U32, table, "which")                                                                        \
    IN(FLAG, all, "all that it may have a value in; else those that are set")                      \
    OUT(NUMBERS, columns, "tags")
#define TW_ARGS_TableEvents(IN, OUT)                                                               \
    IN(U32, table, "one that a watch listens to")                                                  \
    OUT(TABLE_EVENTS, events, "what came since: see tw_table_take_events()")                       \
    OUT(TABLE_ROWS, rows, "of the events, in the table's columns")
#define TW_ARGS_TableState(IN, OUT)                                                                \
    IN(U32, table, "which")                                                                        \
    IN(BYTES, key, "PR_INSTANCE_KEY of a row to come back to, or NULL")                            \
    OUT(BYTES, state, "which headings are open; also good after a restart")
#define TW_ARGS_TableStateSet(IN, OUT)                                                             \
    IN(U32, table, "one of the same order")                                                        \
    IN(BYTES, state, "what TABLE_STATE gave, of any client")                                       \
    OUT(U32, bookmark, "at the row that was to be come back to")
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
