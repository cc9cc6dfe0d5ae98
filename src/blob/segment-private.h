/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A segment: a file written from front to back and never changed. All of it is written with zeros before the first record,
 * so that appending changes no metadata of the file system.
 *
 * Header, 64 bytes, little-endian: "TWSG", CRC32C of bytes 8..63, version 1 (4 bytes), 4 zero, number (8), size (8), GUID of the
 * volume (16), 16 zero. Records begin at 64.
 */
#pragma once

#include "blob/record-private.h"

#include "base/guid.h"

enum {
    TW_SEGMENT_HEADER_LEN = 64
};

typedef struct {
    gatomicrefcount refs;
    guint64 number;
    guint64 size; /* of the file; records end before it */
    TwFile *file;
    char *path;
    guint64
        end; /* where the next record goes; guarded by the volume's lock while it is the open one */
    guint64 durable; /* all before it is on disk; likewise */
    gboolean closed; /* takes no more records; likewise */
    guint64 proven;  /* all before it is in the bucket; likewise */
    gboolean away;   /* it lies in the bucket only; constant */
} TwSegment;

/* Makes a segment file of zeros with a header, durable, under path (a name that no scan takes for a segment). */
gboolean tw_segment_prepare(TwFileSystem *fs,
                            const char *path,
                            guint64 number,
                            guint64 size,
                            const TwGuid *volume,
                            GError **error);

/* Opens one. CORRUPT if it is none of this volume. */
TwSegment *tw_segment_open(TwFileSystem *fs,
                           const char *path,
                           const TwGuid *volume,
                           GError **error);

/* Opens one whose header is damaged: each record says itself where it belongs. It takes no more records. */
TwSegment *tw_segment_open_damaged(TwFileSystem *fs,
                                   const char *path,
                                   guint64 number,
                                   GError **error);

/* One that lies elsewhere, whole and closed; takes the file. */
TwSegment *tw_segment_new_away(TwFile *file, const char *path, guint64 number, guint64 size);

TwSegment *tw_segment_ref(TwSegment *segment);
void tw_segment_unref(TwSegment *segment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwSegment, tw_segment_unref)

/* Writes a record at its offset: header, note, payload. */
gboolean tw_segment_write(TwSegment *segment,
                          const TwRecord *record,
                          const guint8 *note,
                          const guint8 *payload,
                          GError **error);

/* Reads and checks the record at an offset; the payload is appended to out. NOT_FOUND: there is no whole record. */
gboolean tw_segment_read(
    TwSegment *segment, guint64 offset, TwRecord *ret, TwBuffer *out, GError **error);
