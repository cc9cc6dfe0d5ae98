/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store as it is found, beside the plan of what it should be: what mailbox.c and mailbox-fill.c share. */
#pragma once

#include "groupware/mailbox.h"

G_BEGIN_DECLS

/* Where pointers stand. */
typedef enum {
    MAILBOX_STORE,
    MAILBOX_ROOT,
    MAILBOX_INBOX,
    MAILBOX_PLACES,
} MailboxPlace;

typedef struct {
    TwSession *session;
    TwGuid store;
    TwLayoutPlan plan;
    guint32 root;
    GHashTable *live;                  /* number -> TwFolderEntry, borrowed from list */
    GArray *list;                      /* of TwFolderEntry: all folders that are not deleted */
    GArray *receive;                   /* (nullable) of TwReceiveFolder: for who may read them */
    TwObject *objects[MAILBOX_PLACES]; /* (nullable): that place is not there, or not to be seen */
    guint32 folders[TW_LAYOUT_FOLDER_COUNT];   /* numbers; 0: not found */
    guint32 messages[TW_LAYOUT_MESSAGE_COUNT]; /* numbers; 0: not found */
    gboolean led[TW_LAYOUT_FOLDER_COUNT];      /* found by a pointer, not by its name */
} Mailbox;

/**
 * tw_mailbox_look:
 * @mailbox: session, store and plan are set, the rest is zero
 * @error: what an operation failed with
 *
 * Reads what is there and follows the pointers.
 *
 * Returns: FALSE on failure; tw_mailbox_clear() is due in any case
 */
gboolean tw_mailbox_look(Mailbox *mailbox, GError **error);

/**
 * tw_mailbox_clear:
 * @mailbox: a mailbox, also one that is all zero
 */
void tw_mailbox_clear(Mailbox *mailbox);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mailbox, tw_mailbox_clear)

/**
 * tw_mailbox_place:
 * @place: where a pointer stands
 *
 * Returns: its bit in #TwLayoutPlaces
 */
static inline guint
tw_mailbox_place_bit(MailboxPlace place)
{
    return 1u << place;
}

/**
 * tw_mailbox_look_at_inbox:
 * @mailbox: a mailbox whose Inbox was found or made
 * @error: what an operation failed with
 *
 * Reads the Inbox's properties, where pointers stand too.
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_look_at_inbox(Mailbox *mailbox, GError **error);

/**
 * tw_mailbox_target:
 * @mailbox: a mailbox
 * @pointer: of its plan
 * @place: one of the places where it stands
 * @ret: (out): number of the folder or message it leads to; 0: to none of this store
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_mailbox_target(const Mailbox *mailbox,
                           const TwLayoutPointer *pointer,
                           MailboxPlace place,
                           guint32 *ret,
                           GError **error);

/**
 * tw_mailbox_is_taken:
 * @mailbox: a mailbox
 * @number: a folder
 *
 * Returns: whether it is some default folder already
 */
gboolean tw_mailbox_is_taken(const Mailbox *mailbox, guint32 number);

G_END_DECLS
