/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): the server. */
#pragma once

#define TW_OP_SERVER_LIST(X)                                                                       \
    X(SERVER_INFO, server_info, ServerInfo, READ, SERVER, NOTHING, NOTHING, NO)                    \
    X(HOME_FIND, home_find, HomeFind, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(NODE_FIND, node_find, NodeFind, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(NAMES_TO_IDS, names_to_ids, NamesToIds, WRITE, SERVER, NOTHING, NOTHING, NO)                 \
    X(IDS_TO_NAMES, ids_to_names, IdsToNames, READ, SERVER, NOTHING, NOTHING, NO)                  \
    X(SESSIONS_LIST, sessions_list, SessionsList, ADMIN, SERVER, SYSTEM, NOTHING, NO)              \
    X(SESSION_END, session_end, SessionEnd, ADMIN, SERVER, SYSTEM, NOTHING, YES)

#define TW_ARGS_ServerInfo(IN, OUT)                                                                \
    OUT(GUID, guid, "of the server")                                                               \
    OUT(FLAG, hosted, "whether there are companies")                                               \
    OUT(TEXT, login_format, "how login names are made of a user's and the company's")              \
    OUT(TEXT, store_format, "how stores are called: of user name, full name and company")
#define TW_ARGS_HomeFind(IN, OUT)                                                                  \
    IN(U32, user, "a user or company; 0: the session's user")                                      \
    OUT(TEXT, name, "of the server where its store is, or shall be; NULL: this one")
#define TW_ARGS_NodeFind(IN, OUT)                                                                  \
    IN(TEXT, name, "of a server, in any case")                                                     \
    IN(TEXT, scheme, "of a URL: imap, https ...")                                                  \
    OUT(FLAG, here, "it is this server")                                                           \
    OUT(TEXT, url, "by which clients reach it; NULL if it is this one")
#define TW_ARGS_NamesToIds(IN, OUT)                                                                \
    IN(NAMED_PROPS, names, "names of properties")                                                  \
    IN(FLAG, create, "give an id to those that have none")                                         \
    OUT(NUMBERS, ids, "one for each; 0: it has none")
#define TW_ARGS_IdsToNames(IN, OUT)                                                                \
    IN(NUMBERS, ids, "of named properties")                                                        \
    OUT(NAMED_PROPS, names, "one for each; NULL: nobody has it")
#define TW_ARGS_SessionsList(IN, OUT) OUT(SESSIONS, rows, "all sessions")
#define TW_ARGS_SessionEnd(IN, OUT) IN(U32, session, "its number in logs")
