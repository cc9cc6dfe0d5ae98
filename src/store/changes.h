/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What changed: the change table of a store, and the stream of all stores' changes after each commit.
 *
 * Each change of a store takes the next change number (cn) inside its transaction; so a reader that is told N has seen every change
 * up to N. The stream gives the changes of one store in the order of their numbers, and each after its commit is durable.
 * It is bounded: a subscriber that does not keep up is told so, and reads the change tables from where it was.
 */
#pragma once

#include "store/engine.h"
#include "store/messages.h"

G_BEGIN_DECLS

/* Numbers are on disk: never reused. */
typedef enum {
    TW_CHANGE_FOLDER_NEW = 1,     /* aux: parent */
    TW_CHANGE_FOLDER = 2,         /* name or properties */
    TW_CHANGE_FOLDER_MOVED = 3,   /* aux: the parent before */
    TW_CHANGE_FOLDER_DELETED = 4, /* aux: 1 soft, 2 for good */
    TW_CHANGE_FOLDER_RESTORED = 5,
    TW_CHANGE_MESSAGE_NEW = 16,
    TW_CHANGE_MESSAGE = 17,      /* content, status or keywords */
    TW_CHANGE_MESSAGE_READ = 18, /* the read mark and its report bits alone */
    TW_CHANGE_MESSAGE_GONE =
        19, /* left the folder's list; aux: number of its new self after a move, else 0 */
    TW_CHANGE_MESSAGE_SOFT = 20,   /* soft-deleted, stays restorable under the same number */
    TW_CHANGE_MESSAGE_BACK = 21,   /* restored */
    TW_CHANGE_MESSAGE_PURGED = 22, /* a soft-deleted one is gone for good */
    TW_CHANGE_STORE = 32,          /* properties or quota of the store */
    TW_CHANGE_RECEIVE = 33,        /* its receive folders */
    TW_CHANGE_RIGHTS = 34,         /* rights on a folder, or on the store by its object number */
    /* These take no number and are in the stream alone: cn is the change they follow. Who fell behind looks at what they are
     * about anew. A change of a message that stays a result is told by its own change. */
    TW_CHANGE_SEARCH_ADDED = 40,   /* id is a result of folder now; aux: the folder it is in */
    TW_CHANGE_SEARCH_REMOVED = 41, /* id is a result of folder no more; aux: the folder it was in */
    TW_CHANGE_SEARCH_RESTARTED = 42, /* all results of folder are discarded */
    TW_CHANGE_SEARCH_RESULTS =
        43, /* while it is filled: there are more results; aux: how many in all */
    TW_CHANGE_SEARCH_COMPLETE = 44, /* all that match are there; aux: how many */
    TW_CHANGE_QUEUE =
        46, /* folder 0, id: a message whose entry in a queue was made, changed or taken out */
    TW_CHANGE_STORE_MODE = 47, /* folder and id 0; aux: TwStoreMode */
} TwChangeOp;

typedef struct {
    guint64 cn;
    guint32 store, folder;
    guint32 id;  /* message, or for folder changes the folder itself */
    guint32 aux; /* see the op */
    /* in the stream alone, 0 when read from the table: */
    guint32 source; /* sync id of the consumer that made it (sync.h) */
    guint32 from,
        from_folder; /* MESSAGE_NEW, FOLDER_NEW: what was moved or copied, and where it was */
    gboolean moved;  /* MESSAGE_NEW: moved, not copied */
    guint8 op;       /* TwChangeOp */
} TwChange;

/* A change with what has become of its message by now. */
typedef struct {
    TwChange change;
    TwMessageRow
        message; /* without its head; mid 0: of no message, or of one that is no longer there */
} TwChangedMessage;

enum {
    TW_TOMB_STRANGER =
        G_MAXINT32, /* a number that no message has: what it had elsewhere, before an archive, is not known */
};

/* A message that left its folder's list. */
typedef struct {
    guint64 cn;
    guint32 uid; /* 0: it was associated */
    guint32 mid; /* 0: it is there still, with another UID; or #TW_TOMB_STRANGER */
} TwTomb;

/**
 * tw_store_changes:
 * @store: a store
 * @since: the change number that is known; 0 for the beginning
 * @max: most changes to read
 * @ret_cn: (out): the store's change number in the same snapshot
 * @error: TW_ERROR_CHANGED: changes after @since are no longer kept, see tw_store_oldest(): begin anew from what is
 *   there now; what the database says
 *
 * Reads changes in the order of their numbers; fewer than @max means that all up to @ret_cn were seen.
 *
 * Returns: (transfer full) (element-type TwChange): the changes, or NULL
 */
GArray *tw_store_changes(TwStore *store, guint64 since, guint max, guint64 *ret_cn, GError **error);

/**
 * tw_store_delta:
 * @store: a store
 * @since: the change number that is known; 0 for the beginning
 * @max: most changes to read
 * @ret_cn: (out): the store's change number in the same snapshot
 * @error: what the database says
 *
 * As tw_store_changes(), with the rows of the messages that changed, of the same snapshot. A message that changed twice is
 * there twice; it may be in another state or folder than after its change.
 *
 * Returns: (transfer full) (element-type TwChangedMessage): the changes, or NULL
 */
GArray *tw_store_delta(TwStore *store, guint64 since, guint max, guint64 *ret_cn, GError **error);

/**
 * tw_folder_vanished:
 * @store: a store
 * @folder: one of its folders
 * @since: the change number that is known
 * @max: most to read
 * @error: TW_ERROR_CHANGED: what left it after @since is no longer kept, see tw_store_oldest(): whatever the client
 *   knows and is not there is gone (QRESYNC: a full VANISHED; ICS: the folder begins anew); what the database says
 *
 * What left the folder's lists, for QRESYNC and ICS.
 *
 * Returns: (transfer full) (element-type TwTomb): by change number, or NULL
 */
GArray *tw_folder_vanished(
    TwStore *store, guint32 folder, guint64 since, guint max, GError **error);

/**
 * tw_store_oldest:
 * @store: a store
 * @folder: 0: of its changes; else of what left that folder
 * @ret_cn: (out): the smallest number that tw_store_changes() or tw_folder_vanished() take as "since"
 * @error: what the database says
 *
 * A state of sync that is older has to begin anew.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_oldest(TwStore *store, guint32 folder, guint64 *ret_cn, GError **error);

/* What trimming took away. */
typedef struct {
    guint64 changes, vanished;
} TwTrimmed;

/**
 * tw_store_trim:
 * @store: a store
 * @now_us: real time
 * @ret: (out) (optional): how much
 * @error: what the database says; what was done stays done
 *
 * Takes away changes, and what is kept of messages that left their folders, when they are older than
 * limits.change_age_us or more than limits.changes and limits.vanished. Goes in small transactions, each of which also
 * says from where on all is kept. The age is known to a sixteenth, and only from the first call on: call it about once a day.
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_trim(TwStore *store, gint64 now_us, TwTrimmed *ret, GError **error);

/**
 * tw_engine_trim:
 * @engine: an engine
 * @now_us: real time
 * @ret: (out) (optional): how much
 * @error: of the first store that failed; the others are trimmed all the same
 *
 * tw_store_trim() for every store that can be opened.
 *
 * Returns: FALSE on failure
 */
gboolean tw_engine_trim(TwEngine *engine, gint64 now_us, TwTrimmed *ret, GError **error);

typedef struct TwSubscription TwSubscription;

/* Called when there is something to pull after there was nothing; on a writer thread: be brief, call nothing of
 * store/. Nullable. */
typedef void (*TwSubscriptionWake)(gpointer data);

/* Whether changes in a store are wanted now; on a writer thread, as above. */
typedef gboolean (*TwSubscriptionWants)(guint32 store, gpointer data);

/**
 * tw_engine_subscribe:
 * @engine: an engine
 * @wants: (nullable): see there; NULL: changes in all stores are
 * @wake: (nullable): see there
 * @data: for both
 *
 * Returns: (transfer full): a subscription to all changes that commit from now on and are wanted; end it with
 *   tw_subscription_end()
 */
TwSubscription *tw_engine_subscribe(TwEngine *engine,
                                    TwSubscriptionWants wants,
                                    TwSubscriptionWake wake,
                                    gpointer data);

/**
 * tw_subscription_pull:
 * @subscription: a subscription
 * @out: (inout) (element-type TwChange): takes the changes
 * @ret_behind: (out): TRUE, once, when changes after those in @out were not kept: read the tables of the stores you
 *   follow, from the last change number you know; what comes after this call is in the stream again
 *
 * Takes all that is there, without waiting.
 */
void tw_subscription_pull(TwSubscription *subscription, GArray *out, gboolean *ret_behind);

/**
 * tw_subscription_end:
 * @subscription: (nullable) (transfer full): a subscription
 *
 * When this returns its functions are not running and will not run. Not to be called from them.
 */
void tw_subscription_end(TwSubscription *subscription);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSubscription, tw_subscription_end)

G_END_DECLS
