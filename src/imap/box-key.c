/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/box-key.h"

#include <string.h>

guint
tw_imap_box_key_hash(gconstpointer data)
{
    const TwImapBoxKey *key = data;
    guint first;

    memcpy(&first, &key->store, sizeof first);
    return first ^ key->folder * 2654435761u;
}

gboolean
tw_imap_box_key_equal(gconstpointer left, gconstpointer right)
{
    const TwImapBoxKey *a = left, *b = right;

    return a->folder == b->folder && memcmp(&a->store, &b->store, sizeof a->store) == 0;
}
