/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The catalog: which record holds which value. It only repeats what the segments say (and what the collector decided), so it
 * can be made anew from them.
 *
 *   segment(number, size, scanned, closed)   scanned: all records before it are in blob
 *   blob(hash, scope, seg, off, stored, len, codec, state, born, serial)   two scopes may share one record
 *   hint(hash, since)                        where the collector shall look
 */
#pragma once

#include "blob/record-private.h"

#include "db/db.h"

typedef enum {
    TW_ENTRY_LIVE = 0,
    TW_ENTRY_CONDEMNED = 1, /* still read, no longer found by a writer */
} TwEntryState;

typedef struct {
    TwBlobId id;
    guint32 scope;
    guint64 seg, off; /* where the record is */
    guint64 stored;   /* bytes on disk: the record, or for a value in a file the file */
    guint64 len;      /* of the value */
    guint8 codec;
    guint8 state; /* TwEntryState */
    gint64 born;  /* microseconds since 1970 */
    guint64
        serial; /* of the file of codec FILE; 0: only its record says, as it is from an older version */
    guint64 seq; /* in memory only: the put that made it */
} TwEntry;

typedef struct {
    guint64 number, size, scanned;
    gboolean closed;
} TwSegmentRow;

extern const TwDbSchema tw_catalog_schema;

/* All of these run inside a closure. */
gboolean tw_catalog_find(TwDbTx *tx, const TwBlobId *id, GArray *entries, GError **error);
gboolean tw_catalog_put(TwDbTx *tx, const TwEntry *entry, GError **error);
gboolean tw_catalog_drop(TwDbTx *tx, const TwEntry *entry, GError **error);
gboolean tw_catalog_set_state(
    TwDbTx *tx, const TwBlobId *id, TwEntryState from, TwEntryState to, GError **error);
/* Entries whose record is in a segment, by offset. */
gboolean tw_catalog_in_segment(TwDbTx *tx, guint64 seg, GArray *entries, GError **error);
/* The first entries after a name, by name. */
gboolean tw_catalog_after(
    TwDbTx *tx, const TwBlobId *after, guint max, GArray *entries, GError **error);
/* Entries of large values of which no file is known. */
gboolean tw_catalog_without_serial(TwDbTx *tx, GArray *entries, GError **error);
/* Live bytes of records in a segment, each record once. */
gboolean tw_catalog_segment_live(TwDbTx *tx, guint64 seg, guint64 *ret, GError **error);
gboolean tw_catalog_sums(
    TwDbTx *tx, guint64 *ret_count, guint64 *ret_len, guint64 *ret_stored, GError **error);
gboolean tw_catalog_segments(TwDbTx *tx, GArray *rows, GError **error);
gboolean tw_catalog_put_segment(TwDbTx *tx, const TwSegmentRow *row, GError **error);
gboolean tw_catalog_drop_segment(TwDbTx *tx, guint64 number, GError **error);
/* *ret_wrong: (transfer full) (nullable): what is wrong with its structure. */
gboolean tw_catalog_check(TwDbTx *tx, char **ret_wrong, GError **error);
gboolean tw_catalog_hint(TwDbTx *tx, const TwBlobId *id, gint64 since, GError **error);
gboolean tw_catalog_hint_all(TwDbTx *tx, gint64 since, GError **error);
gboolean tw_catalog_unhint(TwDbTx *tx, const TwBlobId *id, GError **error);
/* Names of condemned values, then of hinted ones older than before; at most max. */
gboolean tw_catalog_candidates(TwDbTx *tx, gint64 before, guint max, GArray *ids, GError **error);
