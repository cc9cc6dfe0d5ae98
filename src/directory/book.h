/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The address book over a snapshot: containers, listings, and who is meant by a typed name (spec/mapi-soap.md 15,
 * spec/mailbox-layout.md 32).
 */
#pragma once

#include "directory/snapshot.h"

G_BEGIN_DECLS

/* Through whose eyes. */
typedef struct {
    guint32 company;
    gboolean everything;    /* sees hidden objects and all companies: a system administrator */
    gboolean hide_everyone; /* the key hide_everyone, for who is no administrator */
} TwDirectoryViewer;

/**
 * tw_directory_visible:
 * @snapshot: a snapshot
 * @viewer: through whose eyes
 * @object: an object of @snapshot
 *
 * Returns: whether it stands in listings for @viewer
 */
gboolean tw_directory_visible(const TwDirectorySnapshot *snapshot,
                              const TwDirectoryViewer *viewer,
                              const TwDirectoryObject *object);

/* ---- containers ---- */

typedef enum {
    TW_DIRECTORY_ROOT,
    TW_DIRECTORY_GLOBAL_LIST,  /* all of the viewer's company */
    TW_DIRECTORY_ALL_LISTS,    /* holds the address lists */
    TW_DIRECTORY_COMPANY_LIST, /* one for each company that is seen, where there are several */
    TW_DIRECTORY_OWN_LIST,     /* an address list of the viewer's company */
} TwDirectoryContainerKind;

typedef struct {
    TwDirectoryContainerKind kind;
    guint depth; /* 0: the root */
    TwDirectoryObject
        *object; /* (nullable): the company or address list; as long as the snapshot lives */
} TwDirectoryContainer;

/**
 * tw_directory_containers:
 * @snapshot: a snapshot
 * @viewer: through whose eyes
 *
 * Returns: (transfer full): the tree (TwDirectoryContainer), each before what is in it
 */
GArray *tw_directory_containers(const TwDirectorySnapshot *snapshot,
                                const TwDirectoryViewer *viewer);

/* ---- listings ---- */

typedef enum {
    TW_DIRECTORY_SORT_SHOWN, /* full name, in the order of the snapshot's collator */
    TW_DIRECTORY_SORT_NAME,  /* login name */
    TW_DIRECTORY_SORT_MAIL,
} TwDirectorySort;

typedef struct {
    guint32
        container; /* 0: the global list; else the number of a company, an address list or a group: its members */
    TwDirectorySort sort;
    gboolean descending;
    guint offset;
    guint most; /* objects wanted */
} TwDirectoryListing;

/**
 * tw_directory_list:
 * @snapshot: a snapshot
 * @viewer: through whose eyes
 * @listing: what of it
 * @ret_total: (out) (optional): how many there are without offset and most
 * @error: TW_ERROR_NOT_FOUND: no such container, or hidden from @viewer
 *
 * Users, contacts and groups; hidden ones are left out. Everyone and SYSTEM stand in the global list only. Costs a walk
 * over the container, and for the other sorts a sort of it.
 *
 * Returns: (transfer full): objects (TwDirectoryObject, references), or NULL
 */
GPtrArray *tw_directory_list(const TwDirectorySnapshot *snapshot,
                             const TwDirectoryViewer *viewer,
                             const TwDirectoryListing *listing,
                             guint *ret_total,
                             GError **error);

/* ---- names ---- */

/**
 * tw_directory_resolve:
 * @snapshot: a snapshot
 * @viewer: through whose eyes
 * @text: what was typed; any bytes
 * @exact_only: EMS_AB_ADDRESS_LOOKUP: no beginnings of names; of several the best class is looked at: users, then
 *   groups, then containers, then contacts
 * @error: TW_ERROR_NOT_FOUND, or TW_ERROR_AMBIGUOUS: more than one
 *
 * Compares without case. First whole login names, full names, addresses and aliases; when none fits, beginnings of these
 * and of given names and surnames. "=text" is the whole of a login name. A hidden object is found by a whole address
 * only. Each company's objects are found by those who may see the company.
 *
 * Returns: (transfer full): the one that fits, or NULL
 */
TwDirectoryObject *tw_directory_resolve(const TwDirectorySnapshot *snapshot,
                                        const TwDirectoryViewer *viewer,
                                        const char *text,
                                        gboolean exact_only,
                                        GError **error);

G_END_DECLS
