/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The uids of a mailbox as a client knows them, in order: number 1 is the first. Kept as runs of uids without gaps, so that
 * a mailbox from which little was deleted takes a few bytes, however many messages it has.
 */
#pragma once

#include <glib.h>

#include "imap/parse.h"

G_BEGIN_DECLS

/* Private. */
typedef struct {
    guint32 uid, count;
    guint32 number; /* sequence number of the first */
} TwImapRun;

/* All zero is none; clear with tw_imap_uids_clear(). */
typedef struct {
    GArray *runs; /* TwImapRun, ascending, with gaps between */
    guint32 count;
    GBytes *packed; /* nullable: the runs, while they are packed */
} TwImapUids;

/**
 * tw_imap_uids_clear:
 * @uids: uids; none afterwards
 */
void tw_imap_uids_clear(TwImapUids *uids);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapUids, tw_imap_uids_clear)

/**
 * tw_imap_uids_last:
 * @uids: uids
 *
 * Returns: the largest; 0: there are none
 */
guint32 tw_imap_uids_last(const TwImapUids *uids);

/**
 * tw_imap_uids_append:
 * @uids: uids
 * @uid: larger than all of them; another is passed over
 */
void tw_imap_uids_append(TwImapUids *uids, guint32 uid);

/**
 * tw_imap_uids_at:
 * @uids: uids
 * @number: a sequence number
 *
 * Returns: its uid; 0: there is no such number
 */
guint32 tw_imap_uids_at(const TwImapUids *uids, guint32 number);

/**
 * tw_imap_uids_find:
 * @uids: uids
 * @uid: a uid
 *
 * Returns: its sequence number; 0: it is not there
 */
guint32 tw_imap_uids_find(const TwImapUids *uids, guint32 uid);

/**
 * tw_imap_uids_remove:
 * @uids: uids
 * @gone: (element-type guint32): uids, ascending, each once
 *
 * Takes them out in one pass.
 */
void tw_imap_uids_remove(TwImapUids *uids, const GArray *gone);

/**
 * tw_imap_uids_put:
 * @uids: uids, not packed
 * @out: takes some two bytes a run
 */
void tw_imap_uids_put(const TwImapUids *uids, TwBuffer *out);

/**
 * tw_imap_uids_take:
 * @uids: uids; what they were is forgotten
 * @cur: what tw_imap_uids_put() wrote, to its end
 */
void tw_imap_uids_take(TwImapUids *uids, TwCursor *cur);

/**
 * tw_imap_uids_pack:
 * @uids: uids
 *
 * Keeps them in some two bytes a run, where one waits who does not need them. Nothing but tw_imap_uids_unpack() and
 * tw_imap_uids_clear() may be asked of them then.
 */
void tw_imap_uids_pack(TwImapUids *uids);

/**
 * tw_imap_uids_unpack:
 * @uids: uids, packed or not; they are not afterwards
 */
void tw_imap_uids_unpack(TwImapUids *uids);

/**
 * tw_imap_uids_resolve:
 * @uids: uids
 * @set: (element-type TwImapRange): as it was sent
 * @by_uid: its numbers are uids; else sequence numbers
 * @ret: (element-type TwImapRange): takes ranges of uids, first not above last, ascending, apart from each other
 *
 * "*" is the last message. A range of uids may hold uids that are not there.
 *
 * Returns: FALSE: a sequence number that does not exist
 */
gboolean tw_imap_uids_resolve(const TwImapUids *uids,
                              const GArray *set,
                              gboolean by_uid,
                              GArray *ret);

/**
 * tw_imap_ranges_merge:
 * @ranges: (element-type TwImapRange): any; sorted and merged in place
 */
void tw_imap_ranges_merge(GArray *ranges);

/**
 * tw_imap_ranges_have:
 * @ranges: (element-type TwImapRange): ascending and apart
 * @value: a number
 *
 * Returns: whether it is in one of them
 */
gboolean tw_imap_ranges_have(const GArray *ranges, guint32 value);

/**
 * tw_imap_ranges_add:
 * @ranges: (element-type TwImapRange): ascending and apart
 * @value: not below any in it
 *
 * Puts one more at the end.
 */
void tw_imap_ranges_add(GArray *ranges, guint32 value);

/**
 * tw_imap_ranges_put:
 * @out: takes "1:3,7"
 * @ranges: (element-type TwImapRange): not empty
 */
void tw_imap_ranges_put(TwBuffer *out, const GArray *ranges);

G_END_DECLS
