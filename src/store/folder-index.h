/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The index of a folder: uid, number, flags, keywords and mod-sequence of each of its normal messages, by uid. It is what an
 * IMAP SELECT needs, and what a sequence number is looked up in.
 *
 * An index is immutable. The engine keeps those in use in memory, up to its limit "index_bytes", brings them up to date
 * with what was committed since, and saves those of large folders beside the database, so that the first one after a start need
 * not read every row. What is saved can be taken away at any time.
 */
#pragma once

#include "store/engine.h"

G_BEGIN_DECLS

typedef struct {
    guint32 uid, mid;
    guint32 flags;  /* TwMessageFlag */
    guint32 status; /* PR_MSG_STATUS */
    guint64 kw;     /* keywords, bit by number in the folder's dictionary */
    guint64 modseq; /* the larger one of its two change numbers */
} TwFolderIndexRow;

typedef struct {
    guint32 folder, uidvalidity, uidnext;
    guint32 unread;               /* rows without the read mark */
    guint32 count;                /* of @rows */
    guint64 cn;                   /* a change number of the store: all up to it is in here */
    guint64 hicn;                 /* the folder's last change of its messages */
    const TwFolderIndexRow *rows; /* ascending by uid */
    /* private */
    GBytes *data; /* what @rows points to */
    gboolean mids_ascend;
} TwFolderIndex;

/**
 * tw_folder_get_index:
 * @store: a store
 * @folder: a folder
 * @error: TW_ERROR_NOT_FOUND: no such folder, or it is deleted for good; what the database says
 *
 * All that was committed, and so could be seen by anybody, before this call is in it.
 *
 * Returns: (transfer full): the index, or NULL
 */
TwFolderIndex *tw_folder_get_index(TwStore *store, guint32 folder, GError **error);

/**
 * tw_folder_index_ref:
 * @index: an index
 *
 * Returns: (transfer full): the same
 */
TwFolderIndex *tw_folder_index_ref(TwFolderIndex *index);

/**
 * tw_folder_index_unref:
 * @index: (nullable) (transfer full): an index
 */
void tw_folder_index_unref(TwFolderIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwFolderIndex, tw_folder_index_unref)

/**
 * tw_folder_index_find:
 * @index: an index
 * @uid: a uid
 *
 * Returns: the position of the first row whose uid is @uid or larger; the index's count when there is none
 */
guint32 tw_folder_index_find(const TwFolderIndex *index, guint32 uid);

/* What became of the calls of tw_folder_get_index(), and what is kept now. */
typedef struct {
    guint64 hits;    /* nothing had changed */
    guint64 updates; /* brought up to date */
    guint64 loads;   /* read from where it was saved */
    guint64 scans;   /* made from the rows */
    guint64 saves;
    gsize bytes; /* in memory now, never more than the limit */
    guint kept;  /* so many indices */
} TwIndexStats;

/**
 * tw_engine_index_stats:
 * @engine: an engine
 * @ret: (out): figures of now
 */
void tw_engine_index_stats(TwEngine *engine, TwIndexStats *ret);

G_END_DECLS
