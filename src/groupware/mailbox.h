/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Mailboxes made by the plan of layout.h, over the session API: filling a new store, finding and repairing the default
 * folders of one that is there, renaming them into another language.
 *
 * Nothing here remembers where it was: each call looks at what is there and does what is missing. So a crash in the middle,
 * or a client that deleted a property, is repaired by the next call.
 */
#pragma once

#include "groupware/layout.h"
#include "session/session.h"

G_BEGIN_DECLS

typedef struct {
    TwLayoutKind kind;
    const char
        *language;    /* (nullable): of names that are made: "de", "de_DE.UTF-8"; NULL: English */
    guint32 everyone; /* a number of the directory: who gets the rights of Everyone */
} TwMailboxSpec;

/* What was missing, and was made unless it was only looked at. */
typedef struct {
    guint folders, messages, properties, rights, receive_folders;
} TwMailboxMissing;

/**
 * tw_mailbox_fill:
 * @session: of the store's owner, of an administrator over it, or of SYSTEM
 * @store: an empty store, or one that has some of it, or all
 * @spec: what it shall become
 * @look_only: change nothing
 * @ret: (out) (optional): what was missing; all zero: it was complete
 * @error: what an operation failed with; what was done until then stays
 *
 * Makes the default folders, hidden messages, pointers, receive folders and rights that are not there. A folder is there
 * when a pointer leads to it, else when the parent has one of its name, in the language asked for or any other. Names,
 * content and rights of what is there stay as they are.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_fill(TwSession *session,
                         const TwGuid *store,
                         const TwMailboxSpec *spec,
                         gboolean look_only,
                         TwMailboxMissing *ret,
                         GError **error);

/**
 * tw_mailbox_spec:
 * @owner: whose store it is: a user; of a public store a company, or Everyone
 * @kind: which of the owner's stores
 * @language: (nullable): of its default folders
 *
 * Returns: what such a store is filled by; borrows @language
 */
TwMailboxSpec tw_mailbox_spec(guint32 owner, TwStoreKind kind, const char *language);

/**
 * tw_mailbox_create:
 * @session: of an administrator over @owner, or of SYSTEM
 * @owner: as for tw_mailbox_spec()
 * @kind: which of the owner's stores
 * @language: (nullable): of its default folders
 * @ret: (out): the store
 * @error: what an operation failed with
 *
 * Makes the store when the owner has none of that kind, and in it whatever is missing. One that an interrupted call left is
 * completed by the next.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_create(TwSession *session,
                           guint32 owner,
                           TwStoreKind kind,
                           const char *language,
                           TwGuid *ret,
                           GError **error);

/* Where the default folders of a store are. */
typedef struct {
    TwLayoutKind kind;
    guint32 numbers[TW_LAYOUT_FOLDER_COUNT]; /* by key; 0: there is none */
} TwMailboxFolders;

/**
 * tw_mailbox_folders:
 * @session: a session that may read the store's folders
 * @store: which
 * @kind: of what kind it is
 * @ret: (out): the numbers of its default folders
 * @error: what an operation failed with
 *
 * Follows the pointers as clients do; names do not count. What the session may not see is not there.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_folders(TwSession *session,
                            const TwGuid *store,
                            TwLayoutKind kind,
                            TwMailboxFolders *ret,
                            GError **error);

/**
 * tw_mailbox_localize:
 * @session: as for tw_mailbox_fill()
 * @store: which
 * @kind: of what kind it is
 * @language: whose names its default folders shall have
 * @ret_renamed: (out) (optional): how many were renamed
 * @error: TW_ERROR_NOT_FOUND: no such language; else what an operation failed with
 *
 * Renames the default folders that have a name of the layout, of whatever language. One that somebody called otherwise
 * stays, and so does one whose new name a neighbour has.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_localize(TwSession *session,
                             const TwGuid *store,
                             TwLayoutKind kind,
                             const char *language,
                             guint *ret_renamed,
                             GError **error);

G_END_DECLS
