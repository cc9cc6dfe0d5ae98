/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mailboxes by store and folder, as keys of tables. */
#pragma once

#include <glib.h>

#include "base/guid.h"

G_BEGIN_DECLS

typedef struct {
    TwGuid store;
    guint32 folder;
} TwImapBoxKey;

/**
 * tw_imap_box_key_hash:
 * @data: a #TwImapBoxKey
 *
 * Returns: equal for equal keys
 */
guint tw_imap_box_key_hash(gconstpointer data);

/**
 * tw_imap_box_key_equal:
 * @left: a #TwImapBoxKey
 * @right: another
 *
 * Returns: whether they are the same mailbox
 */
gboolean tw_imap_box_key_equal(gconstpointer left, gconstpointer right);

G_END_DECLS
