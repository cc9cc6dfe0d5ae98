/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of the table of operations (ops.h): the address book.
 *
 * Users, groups and companies are named by their numbers in the directory.
 */
#pragma once

#define TW_OP_BOOK_LIST(X)                                                                         \
    X(BOOK_CONTAINERS, book_containers, BookContainers, READ, SERVER, NOTHING, NOTHING, NO)        \
    X(BOOK_LIST, book_list, BookList, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(BOOK_RESOLVE, book_resolve, BookResolve, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(BOOK_GET, book_get, BookGet, READ, USER, SEEN, NOTHING, NO)                                  \
    X(BOOK_PLACE, book_place, BookPlace, READ, SERVER, NOTHING, NOTHING, NO)                       \
    X(BOOK_PHOTO, book_photo, BookPhoto, READ, USER, SEEN, NOTHING, NO)                            \
    X(BOOK_RELATED, book_related, BookRelated, READ, USER, SEEN, NOTHING, NO)                      \
    X(BOOK_CHANGES, book_changes, BookChanges, READ, SERVER, NOTHING, NOTHING, NO)                 \
    X(NAME_FIND, name_find, NameFind, READ, SERVER, NOTHING, NOTHING, NO)                          \
    X(ID_FIND, id_find, IdFind, READ, SERVER, NOTHING, NOTHING, NO)                                \
    X(NAME_SPLIT, name_split, NameSplit, READ, SERVER, NOTHING, NOTHING, NO)                       \
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
    IN(FLAG, compute, "with its properties")                                                       \
    OUT(BYTES, props, "as of BOOK_GET")                                                            \
    OUT(ENTRY, entry, "who is meant; else NOT_FOUND or AMBIGUOUS")
#define TW_ARGS_BookGet(IN, OUT)                                                                   \
    IN(U32, user, "a user, group, company or address list; 0: the session's user")                 \
    IN(FLAG, compute, "with its properties")                                                       \
    OUT(BYTES, props,                                                                              \
        "a packed bag (mapi/props.h): what it is as an entry of the address book; a company or "   \
        "list: as a container")                                                                    \
    OUT(ENTRY, entry, "all that is known of it")                                                   \
    OUT(FLAG, is_over, "whether the session may administer it")
#define TW_ARGS_BookPlace(IN, OUT)                                                                 \
    IN(U32, place, "TwBookPlace: ROOT, GLOBAL, ALL_LISTS")                                         \
    OUT(BYTES, props, "a packed bag: what it is as an entry of the address book")
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
#define TW_ARGS_NameSplit(IN, OUT)                                                                 \
    IN(TEXT, name, "as it is typed, of somebody who need not be there")                            \
    OUT(TEXT, plain, "without the company")                                                        \
    OUT(U32, company, "that it names; the session's own where it names none")
#define TW_ARGS_ObjectsList(IN, OUT)                                                               \
    IN(U32, company, "whose; 0: the default company, which is all where there is one")             \
    IN(U32, type, "TwDirectoryType; CONTAINERS: all companies and address lists")                  \
    OUT(ENTRIES, rows, "by name; hidden ones too for who administers the company")
