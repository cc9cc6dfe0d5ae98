/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the files of this folder share. Lock order: house, then lock; the catalog's own locks below both. lock is never held
 * across I/O or SQL; house is held by one housekeeping call from beginning to end.
 */
#pragma once

#include "blob/catalog-private.h"
#include "blob/segment-private.h"

#include "base/guid.h"
#include "base/lock.h"

enum {
    /* Entries in memory that wake the keeper. Names are random, so each of them is a page of the catalog as long as it is few
     * of them that go there at once. */
    TW_VOLUME_FLUSH_COUNT = 4096
};

/* An entry that is not yet in the catalog, in a list with others of the same name. */
typedef struct TwRemote TwRemote;
typedef struct Recent Recent;
struct Recent {
    TwEntry entry;
    Recent *next;
};

struct TwBlobVolume {
    TwBlobConfig config;
    char *path;
    TwGuid guid;
    TwDb *catalog;
    TwRemote *remote; /* (nullable): the bucket; see remote-private.h */
    GMutex house;     /* guards: one collector, compactor or scrubber at a time */

    TwLock lock;        /* guards all below */
    GCond changed;      /* a sync, a roll, a write or a use ended */
    guint waiting;      /* threads that wait for it */
    GCond wake;         /* the keeper has work */
    GHashTable *recent; /* TwBlobId -> Recent */
    guint recent_count;
    GHashTable *segments; /* number -> TwSegment */
    TwSegment *open;      /* also in segments; NULL until the first put */
    guint64 next_number;
    guint64 next_size;
    gboolean rolling; /* somebody makes the next open segment */
    gboolean spare;   /* the file for next_number is prepared */

    guint64 put_seq;    /* puts so far */
    guint64 synced_seq; /* puts that are on disk, or lost and reported */
    guint64 generation; /* raised when a sync or write fails */
    guint phase;        /* of writes: a sync waits for those of the phase before */
    guint writing[2];
    gboolean syncing;
    GPtrArray *dirty; /* of TwSegment: written since the last sync, each once */

    guint use_phase; /* of uses: the collector waits for those of the phase before */
    guint uses[2];

    GThread *keeper;
    gboolean closing;
};

struct TwBlobUse {
    TwBlobVolume *volume;
    guint phase;
    guint64 generation;
};

/* volume.c */
char *tw_volume_segment_path(TwBlobVolume *volume, guint64 number);
char *tw_volume_spare_path(TwBlobVolume *volume);
char *tw_volume_file_path(TwBlobVolume *volume, guint64 serial);
/* Writes what is durable and not in the catalog to it. */
gboolean tw_volume_flush(TwBlobVolume *volume, GError **error);
/* Waits for something to change, with the lock held; and tells those who wait. A signal that wakes nobody is a call of the
 * kernel all the same. */
void tw_volume_wait(TwBlobVolume *volume);
void tw_volume_changed(TwBlobVolume *volume);

/* The segment of that number with a reference, or NULL. */
TwSegment *tw_volume_get_segment(TwBlobVolume *volume, guint64 number);

/* volume-open.c */
/* Opens catalog and segments; what the catalog does not know becomes entries in memory. */
gboolean tw_volume_open_files(TwBlobVolume *volume, GError **error);

/* collect.c */
/* The file of a large value goes, here and in the bucket, unless some entry has it. */
void tw_volume_drop_file(TwBlobVolume *volume, guint64 serial);

/* health.c */
/* Tells whoever wants to know of damage and failures; without locks. */
void tw_volume_trouble(TwBlobVolume *volume, const char *path, const GError *why);
void tw_volume_catalog_trouble(TwBlobVolume *volume, const GError *why);

/* put.c */
/* Appends a record and makes it an entry; id, scope, codec and lengths are taken from record. */
gboolean tw_volume_append(TwBlobVolume *volume,
                          guint64 generation,
                          TwRecord *record,
                          guint64 stored,
                          const guint8 *note,
                          const guint8 *payload,
                          TwEntry *ret,
                          GError **error);
/* Adds an entry that was read from a segment at start. */
void tw_volume_add_recent(TwBlobVolume *volume, const TwEntry *entry);

/* read.c */
/* Where a value is, from memory and catalog; live ones only, or all. An empty array is no error. */
GArray *tw_volume_lookup(TwBlobVolume *volume,
                         const TwBlobId *id,
                         gboolean live_only,
                         GError **error);
/* Reads a whole record with its payload. */
gboolean tw_volume_read_record(
    TwBlobVolume *volume, const TwEntry *entry, TwRecord *ret, TwBuffer *payload, GError **error);
/* Appends bytes [offset, offset + len) of the value an entry holds. */
gboolean tw_volume_read_entry(TwBlobVolume *volume,
                              const TwEntry *entry,
                              guint64 offset,
                              gsize len,
                              TwBuffer *out,
                              GError **error);
/* The serial of the file a record of codec FILE points to. */
gboolean tw_volume_pointed_file(TwBlobVolume *volume,
                                const TwEntry *entry,
                                guint64 *ret_serial,
                                GError **error);
/* Whether it can be read without the bucket. */
gboolean tw_volume_is_here(TwBlobVolume *volume, const TwEntry *entry);
/* Reads a whole value in pieces and compares its digest with its name. */
gboolean tw_volume_verify(TwBlobVolume *volume, const TwEntry *entry, GError **error);
