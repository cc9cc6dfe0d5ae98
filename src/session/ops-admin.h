/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of operations (ops.h): administration. */
#pragma once

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
    IN(FLAG, of_users, "what holds for users who have none of their own, of a company or user's")  \
    OUT(QUOTA, quota, "what holds for the user, or for a company's public store")                  \
    OUT(FLAG, inherited, "it is the company's or the server's")                                    \
    OUT(I64, bytes, "of the private or public store; -1: it has none")                             \
    OUT(U32, state, "TwQuotaState")
#define TW_ARGS_StoreCreate(IN, OUT)                                                               \
    IN(U32, user, "the owner: a user; of a public store a company, or Everyone")                   \
    IN(U32, kind, "TwStoreKind")                                                                   \
    IN(GUID, guid, "zero: a random one")                                                           \
    IN(BYTES, root_id, "entry id of its root folder, made by the client, or NULL")                 \
    OUT(GUID, store, "an empty store with its root folder")
#define TW_ARGS_StoreDelete(IN, OUT) IN(GUID, store, "an orphan; EXISTS: it has an owner")
#define TW_ARGS_StoreHook(IN, OUT)                                                                 \
    IN(GUID, store, "an orphan; EXISTS: it has an owner")                                          \
    IN(U32, owner, "who gets it; a store of that kind the owner has becomes an orphan")
#define TW_ARGS_StoreUnhook(IN, OUT) IN(GUID, store, "becomes an orphan")
#define TW_ARGS_StoresList(IN, OUT) OUT(STORES, rows, "those the session administers, by number")
