/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/recent.h"

#include "base/lock.h"
#include "imap/box-key.h"

enum {
    RECENT_MOST = 1 << 16, /* mailboxes whose recent messages are remembered */
};

struct TwImapRecent {
    TwLock lock;        /* guards firsts */
    GHashTable *firsts; /* TwImapBoxKey -> first uid that no session was told of */
};

TwImapRecent *
tw_imap_recent_new(void)
{
    TwImapRecent *recent = g_new0(TwImapRecent, 1);

    tw_lock_init(&recent->lock);
    recent->firsts =
        g_hash_table_new_full(tw_imap_box_key_hash, tw_imap_box_key_equal, g_free, NULL);
    return recent;
}

void
tw_imap_recent_free(TwImapRecent *recent)
{
    if (recent == NULL)
        return;
    g_hash_table_unref(recent->firsts);
    tw_lock_clear(&recent->lock);
    g_free(recent);
}

guint32
tw_imap_recent_first(
    TwImapRecent *recent, const TwGuid *store, guint32 folder, guint32 uidnext, gboolean take)
{
    TwImapBoxKey place = { *store, folder };
    guint32 first;

    tw_lock(&recent->lock);
    first = GPOINTER_TO_UINT(g_hash_table_lookup(recent->firsts, &place));
    if (take && first < uidnext) {
        if (g_hash_table_size(recent->firsts) >= RECENT_MOST)
            g_hash_table_remove_all(recent->firsts);
        g_hash_table_insert(recent->firsts, g_memdup2(&place, sizeof place),
                            GUINT_TO_POINTER(uidnext));
    }
    tw_unlock(&recent->lock);
    return MAX(first, 1);
}
