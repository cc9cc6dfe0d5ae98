/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/recent.h"

#include <string.h>

enum {
    RECENT_MOST = 1 << 16, /* mailboxes whose recent messages are remembered */
};

typedef struct {
    TwGuid store;
    guint32 folder;
} Place;

struct TwImapRecent {
    GMutex lock;        /* guards firsts */
    GHashTable *firsts; /* Place -> first uid that no session was told of */
};

static guint
place_hash(gconstpointer key)
{
    const Place *place = key;
    guint first;

    memcpy(&first, &place->store, sizeof first);
    return first ^ place->folder * 2654435761u;
}

static gboolean
place_equal(gconstpointer left, gconstpointer right)
{
    const Place *a = left, *b = right;

    return a->folder == b->folder && memcmp(&a->store, &b->store, sizeof a->store) == 0;
}

TwImapRecent *
tw_imap_recent_new(void)
{
    TwImapRecent *recent = g_new0(TwImapRecent, 1);

    g_mutex_init(&recent->lock);
    recent->firsts = g_hash_table_new_full(place_hash, place_equal, g_free, NULL);
    return recent;
}

void
tw_imap_recent_free(TwImapRecent *recent)
{
    if (recent == NULL)
        return;
    g_hash_table_unref(recent->firsts);
    g_mutex_clear(&recent->lock);
    g_free(recent);
}

guint32
tw_imap_recent_first(
    TwImapRecent *recent, const TwGuid *store, guint32 folder, guint32 uidnext, gboolean take)
{
    Place place = { *store, folder };
    guint32 first;

    g_mutex_lock(&recent->lock);
    first = GPOINTER_TO_UINT(g_hash_table_lookup(recent->firsts, &place));
    if (take && first < uidnext) {
        if (g_hash_table_size(recent->firsts) >= RECENT_MOST)
            g_hash_table_remove_all(recent->firsts);
        g_hash_table_insert(recent->firsts, g_memdup2(&place, sizeof place),
                            GUINT_TO_POINTER(uidnext));
    }
    g_mutex_unlock(&recent->lock);
    return MAX(first, 1);
}
