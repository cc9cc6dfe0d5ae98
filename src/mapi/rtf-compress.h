/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Compressed RTF, the form of PR_RTF_COMPRESSED: LZ77 over a 4 KiB ring that starts out with common RTF words.
 *
 * | offset | size | meaning                                                                  |
 * |--------|------|--------------------------------------------------------------------------|
 * | 0      | 4    | bytes after this field                                                   |
 * | 4      | 4    | bytes when decompressed                                                  |
 * | 8      | 4    | "LZFu" compressed, "MELA" stored                                         |
 * | 12     | 4    | CRC-32 of what follows, initial value 0, not inverted; stored: no meaning |
 * | 16     | n    | contents                                                                 |
 *
 * All little-endian. Source: MS-OXRTFCP; spec/mailbox-layout.md, 23.3.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest RTF that either direction handles. Without it a 1 GiB message part would be held in memory twice. */
#define TW_RTF_MAX_RAW ((gsize) 256 * 1024 * 1024)

/**
 * tw_rtf_decompress:
 * @data: (array length=len): a value of PR_RTF_COMPRESSED; bytes after the end it names itself are ignored
 * @len: how many
 * @max_raw: most bytes the RTF may have, at most %TW_RTF_MAX_RAW
 * @error: on failure TW_ERROR_CORRUPT, or TW_ERROR_TOO_BIG for an RTF longer than @max_raw
 *
 * Gives back the RTF. Both kinds are read. A wrong checksum, contents that end before the size they name, and a
 * reference to what was never written are TW_ERROR_CORRUPT. What follows the last byte of the size named is not
 * looked at, because some writers leave the end mark out. Memory is taken for the size named only after the
 * contents were found long enough to make that many bytes.
 *
 * Returns: (transfer full): the RTF, or NULL
 */
GBytes *tw_rtf_decompress(const guint8 *data, gsize len, gsize max_raw, GError **error);

/**
 * tw_rtf_compress:
 * @rtf: (array length=len): RTF; any bytes will do
 * @len: how many
 * @error: on failure TW_ERROR_TOO_BIG, for more than %TW_RTF_MAX_RAW
 *
 * Makes a value for PR_RTF_COMPRESSED, always of the kind "LZFu".
 *
 * Returns: (transfer full): the compressed form, or NULL
 */
GBytes *tw_rtf_compress(const guint8 *rtf, gsize len, GError **error);

G_END_DECLS
