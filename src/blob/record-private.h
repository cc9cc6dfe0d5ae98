/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One record of a segment, version 1, little-endian, at a multiple of 8:
 *
 *   offset  size  meaning
 *   0       4     "TWBR"
 *   4       4     CRC32C of bytes 8..103
 *   8       1     version, 1
 *   9       1     codec: 0 as it is, 1 zstd, 2 the value lies in a file (the payload is its serial, 8 bytes)
 *   10      2     length of the note
 *   12      4     scope
 *   16      8     number of the segment, so that the bytes of another one are not taken for a record
 *   24      8     length of the value
 *   32      8     length of the payload
 *   40      33    the value's name
 *   73      3     zero
 *   76      4     CRC32C of note and payload
 *   80      8     offset of the record in the segment
 *   88      16    zero
 *   104           note, payload, zeros up to a multiple of 8
 */
#pragma once

#include "blob/blob.h"

enum {
    TW_RECORD_HEADER_LEN = 104,
    TW_RECORD_CODEC_PLAIN = 0,
    TW_RECORD_CODEC_ZSTD = 1,
    TW_RECORD_CODEC_FILE = 2,
};

typedef struct {
    guint8 codec;
    guint16 note_len;
    guint32 scope;
    guint64 segment, offset;
    guint64 value_len, payload_len;
    TwBlobId id;
    guint32 body_crc;
} TwRecord;

/* The bytes a record takes in its segment; the caller has checked its lengths. */
guint64 tw_record_size(const TwRecord *record);

/* The serial of the file a record of codec FILE points to; 0 if it is not such a record. */
guint64 tw_record_serial(const TwRecord *record, const guint8 *payload);

/* Writes the header. */
void tw_record_print(const TwRecord *record, guint8 ret[TW_RECORD_HEADER_LEN]);

/* Reads a header. FALSE if it is none, is damaged, or belongs to another place. */
gboolean tw_record_parse(const guint8 header[TW_RECORD_HEADER_LEN],
                         guint64 segment,
                         guint64 offset,
                         TwRecord *ret);

/* Chooses plain or zstd for a value; stored is set to its bytes, which lie in data or in out. */
guint8 tw_record_compress(const guint8 *data,
                          gsize len,
                          gboolean compress,
                          TwBuffer *out,
                          const guint8 **stored,
                          gsize *stored_len);

/* Turns a payload back into the value, which has value_len bytes; appends it to out. */
gboolean tw_record_expand(guint8 codec,
                          const guint8 *payload,
                          gsize payload_len,
                          gsize value_len,
                          TwBuffer *out,
                          GError **error);
