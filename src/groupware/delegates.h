/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Delegates of a mailbox, and what it does with meeting requests: read and written as one. They are kept where clients of
 * the MAPI family look for them: in both LocalFreebusy messages, in the rights on Freebusy Data, and in rules of the Inbox
 * (spec/mailbox-layout.md 11 and 12; MS-OXODLGT). Who stands in the list may send on behalf.
 *
 *     g_auto(TwDelegates) delegates = { 0 };
 *
 *     if (!tw_delegates_load(session, &store, &delegates, error))
 *         return FALSE;
 *     tw_delegates_add(&delegates, user, TRUE);
 *     return tw_delegates_save(session, &store, &delegates, error);
 */
#pragma once

#include "mapi/object.h"
#include "session/session.h"

G_BEGIN_DECLS

enum {
    TW_DELEGATES_MOST = 1000, /* of one mailbox: each gets a copy of every meeting request */
};

/* The provider of delegates' rules. */
#define TW_DELEGATES_PROVIDER "Schedule+ EMS Interface"

/* One of them. */
typedef struct {
    guint32 user;          /* a number of the directory; 0: somebody it does not know (any more) */
    char *name;            /* owned (nullable): as it is stored */
    GBytes *id;            /* owned (nullable): entry id, as it is stored */
    gboolean sees_private; /* private items too */
} TwDelegate;

/* What a client says in the mailbox of meeting requests. */
typedef enum {
    TW_DELEGATES_AS_SET, /* nothing: what the directory says counts */
    TW_DELEGATES_PROCESS,
    TW_DELEGATES_LEAVE,
} TwDelegatesProcess;

/* All zero: none, and nothing is answered without somebody who looks at it. */
typedef struct {
    GArray *list;       /* owned (nullable): of TwDelegate */
    gboolean meetings;  /* delegates get the meeting requests: there are rules for it */
    gboolean boss_copy; /* and so does the mailbox itself */
    gboolean boss_info; /* its copies are for information alone */
    gboolean accept, decline_recurring, decline_conflicts; /* done with requests by themselves */
    TwDelegatesProcess process; /* requests go into the calendar; read alone */
    guint32 months;             /* of free and busy times that are published; 0: what is there */
} TwDelegates;

/**
 * tw_delegates_clear:
 * @delegates: delegates, or zeros
 */
void tw_delegates_clear(TwDelegates *delegates);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwDelegates, tw_delegates_clear)

/**
 * tw_delegates_add:
 * @delegates: delegates
 * @user: a number of the directory
 * @sees_private: private items too
 *
 * Adds somebody, or changes what they see.
 */
void tw_delegates_add(TwDelegates *delegates, guint32 user, gboolean sees_private);

/**
 * tw_delegates_remove:
 * @delegates: delegates
 * @user: a number of the directory
 *
 * Returns: whether they were one
 */
gboolean tw_delegates_remove(TwDelegates *delegates, guint32 user);

/**
 * tw_delegates_find:
 * @delegates: delegates
 * @user: a number of the directory
 *
 * Returns: (transfer none) (nullable): that one
 */
const TwDelegate *tw_delegates_find(const TwDelegates *delegates, guint32 user);

/* ---- one message: pure ---- */

/**
 * tw_delegates_read:
 * @message: a LocalFreebusy message
 * @ret: (out): what it says; numbers of users and @meetings are not known from it
 *
 * Lists of different lengths are as long as that of entry ids; what else is missing is empty.
 */
void tw_delegates_read(const TwObject *message, TwDelegates *ret);

/**
 * tw_delegates_write:
 * @delegates: what it shall say; each has a name and an entry id
 * @message: a LocalFreebusy message; all else in it stays
 * @error: TW_ERROR_TOO_BIG
 *
 * Returns: FALSE on failure
 */
gboolean tw_delegates_write(const TwDelegates *delegates, TwObject *message, GError **error);

/* ---- a mailbox ---- */

/**
 * tw_delegates_load:
 * @session: of the store's owner, or of who may read its Freebusy Data; rules are read by who may
 * @store: a private store
 * @ret: (out): what is set there
 * @error: what an operation failed with
 *
 * Returns: FALSE on failure
 */
gboolean tw_delegates_load(TwSession *session,
                           const TwGuid *store,
                           TwDelegates *ret,
                           GError **error);

/**
 * tw_delegates_save:
 * @session: of the store's owner, or of who may do everything in it
 * @store: a private store, filled
 * @delegates: what shall hold
 * @error: TW_ERROR_NOT_FOUND: no such user, or the store has no LocalFreebusy message (tw_mailbox_fill()); INVALID: somebody
 *   who can be no delegate; TOO_BIG: %TW_DELEGATES_MOST; else what an operation failed with
 *
 * Changes rights on Freebusy Data, then writes both messages, then the rules. Rights on other folders are given by whoever makes
 * somebody a delegate, and come first: with the right to create in the Calendar a delegate becomes an editor of Freebusy
 * Data, else a reader. Who was a delegate and is none any more loses what they had there. What a call that failed left is
 * completed by the next.
 *
 * Returns: FALSE on failure
 */
gboolean tw_delegates_save(TwSession *session,
                           const TwGuid *store,
                           const TwDelegates *delegates,
                           GError **error);

G_END_DECLS
