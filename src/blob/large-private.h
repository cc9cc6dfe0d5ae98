/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A large value in a file of its own, in chunks, so that any part of it is read and checked without the rest:
 *
 *   chunks: for each 256 KiB of the value (the last is shorter) its stored bytes
 *   index:  for each chunk 8 bytes: stored length (4, bit 31 set: zstd), CRC32C of the stored bytes (4)
 *   end:    48 bytes: "TWBF", CRC32C of index and bytes 8..47, version 1 (4), number of chunks (4), length of the value (8), 24 zero
 */
#pragma once

#include "blob/record-private.h"

typedef struct TwLargeWriter TwLargeWriter;

/* A new file at path. */
TwLargeWriter *tw_large_writer_new(TwFileSystem *fs,
                                   const char *path,
                                   gboolean compress,
                                   GError **error);
gboolean tw_large_writer_put(TwLargeWriter *writer, const guint8 *data, gsize len, GError **error);
/* Ends the file and makes it durable (not its name). */
gboolean tw_large_writer_finish(TwLargeWriter *writer, GError **error);
void tw_large_writer_free(TwLargeWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwLargeWriter, tw_large_writer_free)

/* Appends a part of the value in a file to out; what lies beyond the end is left out. */
gboolean tw_large_read(
    TwFile *file, guint64 value_len, guint64 offset, gsize len, TwBuffer *out, GError **error);
