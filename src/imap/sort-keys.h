/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What messages are sorted and put into threads by. Dates, sizes, subjects and references are kept for a while by the version
 * of the message, so that a mailbox that was sorted once is sorted again without a look at its mails.
 */
#pragma once

#include "imap/imap-private.h"

G_BEGIN_DECLS

typedef enum {
    TW_IMAP_SORT_ARRIVAL,
    TW_IMAP_SORT_CC,
    TW_IMAP_SORT_DATE,
    TW_IMAP_SORT_DISPLAYFROM,
    TW_IMAP_SORT_DISPLAYTO,
    TW_IMAP_SORT_FROM,
    TW_IMAP_SORT_SIZE,
    TW_IMAP_SORT_SUBJECT,
    TW_IMAP_SORT_TO,
} TwImapSortKind;

enum {
    TW_IMAP_SORT_KINDS = TW_IMAP_SORT_TO + 1,
    TW_IMAP_SORT_START = 3, /* numbers: where most subjects differ, strings need not be fetched */
    TW_IMAP_SORT_REFERENCES = 1u << TW_IMAP_SORT_KINDS, /* beside bits of kinds: message ids */
};

typedef struct {
    TwIndexRow row;
    gboolean there;
    gint64 recv, date;
    guint64 size;
    const char *text[TW_IMAP_SORT_KINDS]; /* keys for comparing, of those that were asked for */
    guint64 start[TW_IMAP_SORT_START];    /* the first bytes of the subject, as they compare */
    const char *message_id;               /* (nullable): of what was asked for */
    const char **references;              /* owned, nullable: ended by NULL */
    gboolean reply;
    GBytes *keys;                    /* owned, nullable: where most texts lie */
    char *owned[TW_IMAP_SORT_KINDS]; /* nullable: other texts */
} TwImapSortEntry;

/**
 * tw_imap_sort_entries:
 * @peer: a connection with a selected mailbox
 * @rows: (element-type TwIndexRow): messages of it
 * @wanted: bits 1 << TwImapSortKind, and TW_IMAP_SORT_REFERENCES
 * @error: what reading failed with
 *
 * Returns: (transfer full) (element-type TwImapSortEntry): those that are there, in the same order, or NULL
 */
GArray *tw_imap_sort_entries(TwImapPeer *peer, const GArray *rows, guint wanted, GError **error);

G_END_DECLS
