/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The indexes of a snapshot: sorted arrays of keys in chunks, merged and never edited. Keys are bytes; the shorter goes first
 * when one begins the other.
 *
 *   index      key                                               rows an object
 *   NUMBER     number                                            1
 *   ID         external id                                       0 or 1
 *   NAME       type, company, name key                           1
 *   ORDER      company, collation key of the shown name, number  1
 *   TERM       name key of what it may be looked for by          up to 5 and its aliases
 *   HELD       relation, number of what it has in the list       its links
 *   CN         change number, number                             1
 *
 * Numbers are big-endian, so that bytes sort as numbers do.
 */
#pragma once

#include "directory/snapshot.h"

G_BEGIN_DECLS

typedef enum {
    TW_DIRECTORY_BY_NUMBER,
    TW_DIRECTORY_BY_ID,
    TW_DIRECTORY_BY_NAME,
    TW_DIRECTORY_BY_ORDER,
    TW_DIRECTORY_BY_TERM,
    TW_DIRECTORY_BY_HELD,
    TW_DIRECTORY_BY_CN,
    TW_DIRECTORY_INDEXES
} TwDirectoryIndexName;

/* What a term of TERM is. */
typedef enum {
    TW_DIRECTORY_TERM_ACCOUNT = 1u << 0,
    TW_DIRECTORY_TERM_ADDRESS = 1u << 1, /* primary or alias */
    TW_DIRECTORY_TERM_SHOWN = 1u << 2,   /* full name */
    TW_DIRECTORY_TERM_PART = 1u << 3,    /* given name or surname: by prefix only */
} TwDirectoryTerm;

/* An object with its keys. */
typedef struct {
    TwDirectoryObject *object; /* owned */
    GPtrArray *memory;         /* owned: the keys */
    GArray *rows[TW_DIRECTORY_INDEXES];
    const guint8 *order; /* its key in ORDER, after the company */
    gsize order_len;
    char *name_key, *mail_key; /* for the other orders; never NULL */
} TwDirectoryEntry;

typedef struct {
    const guint8 *key; /* lives as long as the entry */
    guint32 len;
    TwDirectoryTerm term; /* TERM only */
    TwDirectoryEntry *entry;
} TwDirectoryRow;

typedef struct TwDirectoryChunk TwDirectoryChunk;

typedef struct {
    guint len; /* rows */
    guint chunk_count;
    guint *starts;             /* owned: number of the first row of each chunk */
    TwDirectoryChunk **chunks; /* owned; shared with other snapshots */
} TwDirectoryIndex;

struct TwDirectorySnapshot {
    guint64 epoch;
    const TwCollator *collator;
    TwDirectoryIndex *indexes[TW_DIRECTORY_INDEXES]; /* NUMBER holds a reference to each entry */
    GArray *gone; /* of TwDirectoryGone, by change number; shared, never edited */
};

/* Makes an entry of an object: its keys and rows. */
TwDirectoryEntry *tw_directory_entry_new(TwDirectoryObject *object, const TwCollator *collator);
void tw_directory_entry_unref(TwDirectoryEntry *entry);

/* A new index: the old one without rows of dropped entries (a set), and the rows of the new entries. */
TwDirectoryIndex *tw_directory_index_merge(const TwDirectoryIndex *old,
                                           GHashTable *dropped,
                                           const GPtrArray *entries,
                                           TwDirectoryIndexName name);
void tw_directory_index_free(TwDirectoryIndex *index);
/* @i: below len. */
const TwDirectoryRow *tw_directory_index_row(const TwDirectoryIndex *index, guint i);
/* The first row that is not before the key. */
guint tw_directory_index_find(const TwDirectoryIndex *index, const guint8 *key, gsize len);
/* Whether the row's key begins with these bytes. */
gboolean tw_directory_row_begins(const TwDirectoryRow *row, const guint8 *key, gsize len);

G_END_DECLS
