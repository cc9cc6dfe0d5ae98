/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which mailboxes a command means, by kind and name. Source: RFC 5465, section 6; RFC 7377, section 2.2. */
#pragma once

#include "imap/imap-private.h"

G_BEGIN_DECLS

enum {
    TW_IMAP_FILTER_NAMES_MAX = 1000 /* of one filter; each is compared with every mailbox */
};

typedef enum {
    TW_IMAP_FILTER_SELECTED,
    TW_IMAP_FILTER_SELECTED_DELAYED,
    TW_IMAP_FILTER_INBOXES,
    TW_IMAP_FILTER_PERSONAL,
    TW_IMAP_FILTER_SUBSCRIBED,
    TW_IMAP_FILTER_SUBTREE,
    TW_IMAP_FILTER_SUBTREE_ONE,
    TW_IMAP_FILTER_MAILBOXES,
} TwImapFilterKind;

typedef struct {
    TwImapFilterKind kind;
    GPtrArray *names; /* owned, nullable: as names are kept */
} TwImapFilter;

/**
 * tw_imap_take_filter:
 * @peer: a connection
 * @args: a cursor
 * @ret: (out caller-allocates): a filter; tw_imap_filter_clear()
 *
 * Returns: FALSE if there is none
 */
gboolean tw_imap_take_filter(TwImapPeer *peer, TwCursor *args, TwImapFilter *ret);

/**
 * tw_imap_filter_clear:
 * @filter: a filter; what it owns is freed
 */
void tw_imap_filter_clear(TwImapFilter *filter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TwImapFilter, tw_imap_filter_clear)

/**
 * tw_imap_filter_means:
 * @filter: a filter
 * @peer: a connection
 * @box: a mailbox
 * @subscribed: (nullable): names that are subscribed; NULL where no filter asks
 *
 * Returns: whether the mailbox is meant
 */
gboolean tw_imap_filter_means(const TwImapFilter *filter,
                              const TwImapPeer *peer,
                              const TwImapBox *box,
                              GHashTable *subscribed);

/**
 * tw_imap_filters_tree:
 * @filters: (element-type TwImapFilter): filters
 *
 * Returns: what tw_imap_tree() has to look at for them: 0 for one's own mailboxes alone
 */
guint tw_imap_filters_tree(const GArray *filters);

/**
 * tw_imap_filters_new:
 *
 * Returns: (transfer full) (element-type TwImapFilter): no filters
 */
GArray *tw_imap_filters_new(void);

G_END_DECLS
