/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows of a folder in a file, for those that have no room in memory. A window sorted by subject shows messages that lie anywhere in the
 * database, and each costs a search in its tree; in this file a row is one read. The file has no name and is never synced: the
 * kernel keeps what it has memory for, and after a crash it is gone. What cannot be read from it is read from the database.
 *
 * Made once, by a walk through the folder; a row that changes is only forgotten.
 */
#pragma once

#include "base/file.h"
#include "store/table-private.h"

G_BEGIN_DECLS

/* ---- the file ---- */

/**
 * tw_table_spill_new:
 * @fs: where files are made
 * @folder: the folder of the file, borrowed until this returns
 * @error: on failure as tw_file_open()
 *
 * Returns: (transfer full) (nullable): without a row; by one thread until it is lent to others; NULL on failure
 */
TwTableSpill *tw_table_spill_new(TwFileSystem *fs, const char *folder, GError **error);

/**
 * tw_table_spill_ref:
 * @spill: what is kept for another user
 *
 * Returns: @spill
 */
TwTableSpill *tw_table_spill_ref(TwTableSpill *spill);

/**
 * tw_table_spill_unref:
 * @spill: (nullable) (transfer full): whose file goes with the last reference
 */
void tw_table_spill_unref(TwTableSpill *spill);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TwTableSpill, tw_table_spill_unref)

/**
 * tw_table_spill_add:
 * @spill: not finished yet
 * @row: of a larger number than all before
 * @head: (nullable): packed properties
 * @head_len: bytes
 *
 * Adds a row. After a failure all that follows is passed over.
 */
void tw_table_spill_add(TwTableSpill *spill,
                        const TwMessageRow *row,
                        const guint8 *head,
                        gsize head_len);

/**
 * tw_table_spill_finish:
 * @spill: what has all its rows now
 * @error: on failure the first of writing: TW_ERROR_NO_SPACE for a full disk
 *
 * Returns: FALSE on failure: nothing can be read
 */
gboolean tw_table_spill_finish(TwTableSpill *spill, GError **error);

/* Where a row lies; len is 0 when it is not there. */
typedef struct {
    guint64 offset; /* bytes */
    gsize len;
} TwSpillPlace;

/**
 * tw_table_spill_find:
 * @spill: finished; not while another thread forgets a row
 * @number: of a row
 *
 * Returns: where it is
 */
TwSpillPlace tw_table_spill_find(const TwTableSpill *spill, guint32 number);

/**
 * tw_table_spill_read:
 * @spill: finished; from any thread
 * @number: of a row
 * @place: where it was found
 *
 * Returns: (transfer full) (nullable): the row; NULL when it cannot be read as it was written
 */
TwTableRow *tw_table_spill_read(TwTableSpill *spill, guint32 number, TwSpillPlace place);

/**
 * tw_table_spill_forget:
 * @spill: finished; no other thread looks for one meanwhile
 * @number: of a row that is another now, or gone
 */
void tw_table_spill_forget(TwTableSpill *spill, guint32 number);

/**
 * tw_table_spill_is_worn:
 * @spill: finished
 *
 * Returns: whether more than a quarter of its rows are forgotten
 */
gboolean tw_table_spill_is_worn(const TwTableSpill *spill);

/**
 * tw_table_spill_get_bytes:
 * @spill: finished
 * @ret_file: (out) (nullable): bytes of the file
 *
 * Returns: bytes of memory
 */
gsize tw_table_spill_get_bytes(const TwTableSpill *spill, guint64 *ret_file);

/* ---- of a source ---- */

/**
 * tw_table_source_begin_spill:
 * @source: that is busy
 * @rows: how many a walk will find
 *
 * Returns: (transfer full) (nullable): a file for them; NULL when there is one already, when they are too few to be worth one or
 *   too many for the budget, or when none can be made
 */
TwTableSpill *tw_table_source_begin_spill(TwTableSource *source, guint64 rows);

/**
 * tw_table_source_end_spill:
 * @source: that is busy
 * @spill: of tw_table_source_begin_spill(), with all rows
 *
 * From here on the source reads rows from it.
 */
void tw_table_source_end_spill(TwTableSource *source, TwTableSpill *spill);

/**
 * tw_table_source_drop_spill:
 * @source: under its lock
 *
 * Takes away the file, if there is one.
 */
void tw_table_source_drop_spill(TwTableSource *source);

G_END_DECLS
