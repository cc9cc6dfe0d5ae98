/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails made of messages that did not come as such (groupware/mail-made.h), and summaries of them, kept for a while. */
#include "groupware/mail-made.h"
#include "imap/imap-private.h"

enum {
    MADE_MOST = 128 << 20, /* bytes of one mail */
};

static TwImapCacheKey
key_of(const TwGuid *store, guint32 message, guint64 cn)
{
    return (TwImapCacheKey){ .store = *store, .message = message, .cn = cn };
}

GBytes *
tw_imap_made_bytes(
    TwImapPeer *peer, const TwGuid *store, guint32 folder, guint32 message, GError **error)
{
    g_auto(TwMessageGetArgs) get = { .store = *store, .folder = folder, .message = message };
    TwMessagePlace place = {
        .session = peer->session, .store = *store, .folder = folder, .message = message
    };
    TwImapCacheKey key;
    GBytes *bytes;

    /* asked each time: whether the session may read it, and which version it is */
    if (!tw_session_message_get(peer->session, &get, error))
        return NULL;
    key = key_of(store, message, get.row.cn);
    bytes = tw_imap_cache_get(tw_imap_mails(peer->imap), &key);
    if (bytes != NULL)
        return bytes;
    bytes = tw_mail_made_bytes(&place, MADE_MOST, &key.cn, error);
    if (bytes != NULL)
        tw_imap_cache_put(tw_imap_mails(peer->imap), &key, bytes);
    return bytes;
}

GBytes *
tw_imap_made_summary(TwImapPeer *peer, const TwGuid *store, const TwMessageRow *row)
{
    TwImapCacheKey key = key_of(store, row->mid, row->cn);

    return tw_imap_cache_get(tw_imap_summaries(peer->imap), &key);
}

void
tw_imap_made_keep_summary(TwImapPeer *peer,
                          const TwGuid *store,
                          const TwMessageRow *row,
                          GBytes *summary)
{
    TwImapCacheKey key = key_of(store, row->mid, row->cn);

    tw_imap_cache_put(tw_imap_summaries(peer->imap), &key, summary);
}
