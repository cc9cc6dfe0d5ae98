/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Search folders: folders of type SEARCH whose content is found, not put. Criteria are set on such a folder; then the
 * engine fills it in the background and keeps it current until it is stopped.
 *
 * A result is a link: its number is that of the message, which stays in its own folder. Total and unread of the folder's row
 * count results. Only normal messages in live folders match; search folders are never searched.
 *
 * Every committed change of a folder in scope reaches the results in a later transaction of the same partition, within
 * TwEngineConfig.search_delay_us when the machine has time; tw_search_folder_wait() waits for that. The stream of changes
 * (changes.h) tells of results as TW_CHANGE_SEARCH_*.
 *
 * Meaning of flags and states: spec/mapi-soap.md 9, spec/mailbox-layout.md 28.
 */
#pragma once

#include "mapi/restriction.h"
#include "store/messages.h"

G_BEGIN_DECLS

/* Without these one client's criteria cost every later change of its store. More is TW_ERROR_TOO_BIG or TOO_COMPLEX. */
enum {
    TW_SEARCH_MAX_FOLDERS = 10000,       /* named by one search folder, and as many left out */
    TW_SEARCH_MAX_CRITERIA = 512 * 1024, /* bytes of the restriction in its wire form */
    TW_SEARCH_MAX_NODES = 4096,          /* of the restriction: compared for every message */
    TW_SEARCH_MAX_IN_STORE = 250,        /* search folders of one store that have criteria */
    TW_SEARCH_SLICE_ROWS = 2000,         /* messages looked at between two transactions */
    TW_SEARCH_SLICE_US = 50 * 1000,      /* and the time after which a slice ends early */
};

/* How criteria are set. Numbers are of the wire. */
typedef enum {
    TW_SEARCH_STOP = 0x1,      /* the search ends, results stay */
    TW_SEARCH_RESTART = 0x2,   /* what setting criteria does anyway */
    TW_SEARCH_RECURSIVE = 0x4, /* with all folders below those named */
    TW_SEARCH_SHALLOW = 0x8,
    TW_SEARCH_FOREGROUND = 0x10, /* remembered; it never blocks */
    TW_SEARCH_BACKGROUND = 0x20,
    TW_SEARCH_CONTENT_INDEXED = 0x10000,
    TW_SEARCH_NOT_INDEXED = 0x20000,
    TW_SEARCH_STATIC = 0x40000, /* filled once, not kept current */
} TwSearchFlags;

/* What a search folder tells of itself. Numbers are of the wire. */
typedef enum {
    TW_SEARCH_IS_RUNNING = 0x1,    /* it is kept current, or being filled */
    TW_SEARCH_IS_REBUILDING = 0x2, /* it is being filled */
    TW_SEARCH_IS_RECURSIVE = 0x4,
    TW_SEARCH_IS_FOREGROUND = 0x8,
    TW_SEARCH_IS_COMPLETE = 0x1000, /* all that match are there */
    TW_SEARCH_IS_PARTIAL =
        0x2000, /* it was stopped before it was complete, or its criteria cannot be read */
    TW_SEARCH_IS_STATIC = 0x10000,
} TwSearchState;

/* Where to look and for what. */
typedef struct {
    TwRestriction *restriction; /* (nullable): NULL keeps the one that is set */
    const guint32 *folders;     /* (nullable): numbers; NULL keeps those that are set */
    guint folder_count;
    const guint32
        *excluded; /* with all below them, unless named: Deleted Items. Goes with @folders */
    guint excluded_count;
} TwSearchCriteria;

/* What is set, and how far it is. */
typedef struct {
    TwRestriction *restriction; /* owned */
    GArray *folders, *excluded; /* guint32; those that are still there; owned */
    guint flags; /* of #TwSearchFlags, as they were given, without STOP and RESTART */
    guint state; /* bits of #TwSearchState */
    guint64 cn;  /* changes up to this one are in the results */
    guint folders_done, folders_all; /* while it is being filled: of the scope */
} TwSearchInfo;

/**
 * tw_search_info_free:
 * @info: (nullable) (transfer full): an answer
 */
void tw_search_info_free(TwSearchInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSearchInfo, tw_search_info_free)

/**
 * tw_search_folder_set:
 * @store: a store
 * @id: a folder of type SEARCH
 * @criteria: (nullable): what to look for; NULL with %TW_SEARCH_STOP, or to begin anew with what is set
 * @flags: bits of #TwSearchFlags; unknown ones are passed over
 * @error: TW_ERROR_NOT_FOUND: no such folder, or a named one is not there; UNSUPPORTED: it is not a search folder; INVALID:
 *   no criteria yet, no folder named, or a search folder named: itself, or one that may name this; TOO_BIG, TOO_COMPLEX: a
 *   limit
 *
 * Sets the criteria and begins anew: results are discarded at once and found again in the background. With
 * %TW_SEARCH_STOP alone the results stay as they are.
 *
 * Returns: FALSE on failure, with nothing changed
 */
gboolean tw_search_folder_set(
    TwStore *store, guint32 id, const TwSearchCriteria *criteria, guint flags, GError **error);

/**
 * tw_search_folder_get:
 * @store: a store
 * @id: a folder of type SEARCH
 * @error: TW_ERROR_NOT_FOUND: no such folder, or it has no criteria; UNSUPPORTED: it is not a search folder; CORRUPT: its
 *   criteria cannot be read
 *
 * Returns: (transfer full): criteria and state, or NULL
 */
TwSearchInfo *tw_search_folder_get(TwStore *store, guint32 id, GError **error);

/**
 * tw_search_folder_list:
 * @store: a store
 * @id: a folder of type SEARCH
 * @after: begin behind this mid; 0 at the start
 * @max: most results
 * @head: with heads
 * @func: as for tw_folder_list(); the row's folder is where the message is
 * @data: for @func
 * @error: TW_ERROR_NOT_FOUND; UNSUPPORTED: it is not a search folder
 *
 * Walks through the results in the order of mids. Results whose message has gone since are passed over.
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_folder_list(TwStore *store,
                               guint32 id,
                               guint32 after,
                               guint max,
                               gboolean head,
                               TwMessageFunc func,
                               gpointer data,
                               GError **error);

/**
 * tw_search_folder_has:
 * @store: a store
 * @id: a folder of type SEARCH
 * @mid: a message
 * @ret: (out): whether it is among the results
 * @error: what the database says
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_folder_has(
    TwStore *store, guint32 id, guint32 mid, gboolean *ret, GError **error);

/**
 * tw_search_folder_wait:
 * @store: a store
 * @deadline_us: g_get_monotonic_time() when to give up; 0: never
 * @error: TW_ERROR_TIMEOUT; NOT_FOUND: the store is gone; CANCELLED: the engine closes; what kept the worker from it: it tries
 *   again
 *
 * Waits until the results of all search folders of the store have every change that was committed before this call, and
 * none is being filled. Not to be called from the stream's wake.
 *
 * Returns: FALSE on failure
 */
gboolean tw_search_folder_wait(TwStore *store, gint64 deadline_us, GError **error);

/**
 * tw_store_restart_searches:
 * @store: a store
 * @ret_count: (out) (optional): how many
 * @error: what the database says
 *
 * Begins all searches of the store anew that are not stopped (config-and-cli.md: --restart-searches).
 *
 * Returns: FALSE on failure
 */
gboolean tw_store_restart_searches(TwStore *store, guint *ret_count, GError **error);

G_END_DECLS
