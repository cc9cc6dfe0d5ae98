/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Data folders as earlier versions wrote them, kept as one compressed file each under tests/store/data/: made by
 * fixture_fill(), which leaves something in every table and one operation half done, as a power cut leaves it.
 *
 * The file: zstd of { u32le length of path, path, u64le length, bytes } for each file in the order of their names.
 */
#pragma once

#include "store/bed.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    FIXTURE_PARTITIONS = 2,
    FIXTURE_STORES = 3, /* private, public, archive */
};

/* Opens as the fixture was written: two partitions, small batches. */
void fixture_open(Bed *bed, TwFaultFs *fs, GError **error);

/* Fills a new data folder, and gives the disk as it was in the middle of the last operation. */
TwFaultFs *fixture_make(void);

/* All files of a disk as one file, and back. */
GBytes *fixture_pack(TwFaultFs *fs);
TwFaultFs *fixture_unpack(const guint8 *data, gsize len);

/* The delivery that has a name is known as done. */
void fixture_assert_once(TwEngine *engine, TwStore *store);

/* Everything that the stores of an engine tell, times and keys included. */
char *fixture_dump(TwEngine *engine);

G_END_DECLS
