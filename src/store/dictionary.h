/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The dictionaries that tail records and mail summaries are compressed with. They are part of the program, each with a number
 * that stands in every row made with it; none is ever changed or taken away.
 *
 * A summary in its row, numbers little-endian; one that begins with its own version (mail-summary.h) is not packed:
 *
 *   offset  size  meaning                                                                             since
 *   0       1     0x80: packed                                                                        1
 *   1       4     id of the dictionary                                                                1
 *   5             one zstd frame that says its size                                                   1
 */
#pragma once

#include <glib.h>

#include "base/compress.h"

G_BEGIN_DECLS

enum {
    TW_DICTIONARY_IDS = 0x54570000,    /* the number of a dictionary is added to this */
    TW_DICTIONARY_NEWEST = 0x54570001, /* new rows use this one */
};

/**
 * tw_dictionary:
 * @id: of a dictionary
 * @unused: not looked at, so that this is a #TwTailDictFunc
 *
 * Returns: (transfer none) (nullable): the dictionary, for as long as the program runs; NULL: there is none with that id
 */
const TwZstdDict *tw_dictionary(guint32 id, gpointer unused);

/**
 * tw_dictionary_pack:
 * @summary: a mail summary, or a packed one
 *
 * Returns: (transfer full): as it goes into its row; @summary itself when packing gains nothing or is done
 */
GBytes *tw_dictionary_pack(GBytes *summary);

/**
 * tw_dictionary_unpack:
 * @row: (array length=len): what is in the row
 * @len: how many bytes
 * @most: bytes the summary may have
 * @error: TW_ERROR_CORRUPT: damaged, or made with a dictionary that is not there; TW_ERROR_TOO_BIG: @most
 *
 * Returns: (transfer full): the summary, or NULL
 */
GBytes *tw_dictionary_unpack(const guint8 *row, gsize len, gsize most, GError **error);

G_END_DECLS
