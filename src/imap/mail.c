/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is read of messages: heads and summaries for many at a time, bytes for one. */
#include "imap/imap-private.h"

enum {
    SCAN_MOST = 64 << 20, /* bytes of a mail without a summary whose structure is worked out */
};

GBytes *
tw_imap_mail_read(TwImapPeer *peer,
                  const TwGuid *store,
                  guint32 folder,
                  guint32 message,
                  guint64 at,
                  guint64 len,
                  GError **error)
{
    g_autoptr(GByteArray) all = NULL;

    while (len > 0 || all == NULL) {
        g_auto(TwMailReadArgs)
            read = { .store = *store,
                     .folder = folder,
                     .message = message,
                     .offset = at,
                     .most = (guint32) MIN(len, (guint64) TW_SESSION_MOST_BYTES) };
        gsize got;
        const guint8 *bytes;

        if (!tw_session_mail_read(peer->session, &read, error))
            return NULL;
        bytes = g_bytes_get_data(read.bytes, &got);
        if (all == NULL && (got == len || got < read.most))
            return g_steal_pointer(&read.bytes);
        if (all == NULL)
            all = g_byte_array_new();
        g_byte_array_append(all, bytes, (guint) got);
        at += got;
        len -= got;
        if (got < read.most)
            break;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&all));
}

GArray *
tw_imap_mail_rows(
    TwImapPeer *peer, const guint32 *mids, guint count, gboolean summaries, GError **error)
{
    g_auto(TwMailRowsArgs) args = { .store = peer->view.store,
                                    .folder = peer->view.folder,
                                    .messages = { mids, count },
                                    .summaries = summaries };

    return tw_session_mail_rows(peer->session, &args, error) ? g_steal_pointer(&args.rows) : NULL;
}

/* A message so complex that no summary was kept: the outer parts alone. */
static GBytes *
summarize(GBytes *mail, GError **error)
{
    static const guint depths[] = { 20, 2, 0 };
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);
    GBytes *summary = NULL;

    for (guint i = 0; summary == NULL && i < G_N_ELEMENTS(depths); i++) {
        TwMimeLimits limits = tw_mime_default_limits;
        g_autoptr(TwMimeTree) tree = NULL;

        g_clear_error(error);
        limits.max_depth = depths[i];
        limits.max_parts = depths[i] > 0 ? 200 : 1;
        tree = tw_mime_scan(data, len, &limits);
        summary = tw_mail_summary_build(data, len, tree, error);
    }
    return summary;
}

GBytes *
tw_imap_mail_summary(TwImapPeer *peer, const TwMailRow *row, GError **error)
{
    g_autoptr(GBytes) mail = NULL;

    if (row->summary != NULL)
        return g_bytes_ref(row->summary);
    mail = tw_imap_mail_read(peer, &peer->view.store, row->row.folder, row->row.mid, 0, SCAN_MOST,
                             error);
    return mail != NULL ? summarize(mail, error) : NULL;
}
