/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/ahead.h"

enum {
    MOST = 128 /* mails at once */
};

void
tw_imap_ahead_clear(TwImapAhead *ahead)
{
    g_clear_pointer(&ahead->bytes, g_bytes_unref);
    g_clear_pointer(&ahead->ends, g_array_unref);
    ahead->first = ahead->next = 0;
}

/* From a row on. What was read before is forgotten. */
static gboolean
read_some(TwImapAhead *ahead, TwImapPeer *peer, const TwIndexRow *rows, guint count, guint at)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMailsReadArgs) args = { .store = peer->view.store, .folder = peer->view.folder };
    gsize end = 0;

    ahead->most = ahead->most > 0 && at == ahead->next ? MIN(ahead->most * 2, (guint) MOST) : 1;
    tw_imap_ahead_clear(ahead);
    for (guint i = at; i < count && mids->len < ahead->most; i++)
        g_array_append_val(mids, rows[i].mid);
    args.messages = (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
    if (!tw_session_mails_read(peer->session, &args, NULL))
        return FALSE;
    ahead->ends = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (guint i = 0; i < args.lens->len; i++) {
        end += g_array_index(args.lens, guint32, i);
        g_array_append_val(ahead->ends, end);
    }
    if (end != g_bytes_get_size(args.bytes) || args.lens->len > mids->len)
        return FALSE;
    ahead->bytes = g_steal_pointer(&args.bytes);
    ahead->first = at;
    ahead->next = at + ahead->ends->len;
    return TRUE;
}

GBytes *
tw_imap_ahead_get(
    TwImapAhead *ahead, TwImapPeer *peer, const TwIndexRow *rows, guint count, guint at)
{
    gsize begin, end;

    if ((ahead->bytes == NULL || at < ahead->first || at >= ahead->next) &&
        !read_some(ahead, peer, rows, count, at))
        return NULL;
    if (at >= ahead->next)
        return NULL;
    begin = at > ahead->first ? g_array_index(ahead->ends, gsize, at - ahead->first - 1) : 0;
    end = g_array_index(ahead->ends, gsize, at - ahead->first);
    return end > begin ? g_bytes_new_from_bytes(ahead->bytes, begin, end - begin) : NULL;
}
