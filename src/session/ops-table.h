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
