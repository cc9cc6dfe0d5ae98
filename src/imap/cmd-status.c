/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* STATUS, also of LIST-STATUS, with SIZE (RFC 8438), HIGHESTMODSEQ (RFC 7162), MAILBOXID (RFC 8474) and APPENDLIMIT. */
#include <string.h>

#include "imap/imap-private.h"

enum {
    MAILS_AT_ONCE = 500
};

typedef enum {
    MESSAGES,
    RECENT,
    UIDNEXT,
    UIDVALIDITY,
    UNSEEN,
    DELETED,
    SIZE,
    HIGHESTMODSEQ,
    MAILBOXID,
    APPENDLIMIT,
} Item;

static const char *const words[] = {
    [MESSAGES] = "MESSAGES",   [RECENT] = "RECENT",
    [UIDNEXT] = "UIDNEXT",     [UIDVALIDITY] = "UIDVALIDITY",
    [UNSEEN] = "UNSEEN",       [DELETED] = "DELETED",
    [SIZE] = "SIZE",           [HIGHESTMODSEQ] = "HIGHESTMODSEQ",
    [MAILBOXID] = "MAILBOXID", [APPENDLIMIT] = "APPENDLIMIT",
};

gboolean
tw_imap_take_status_items(TwCursor *args, guint *ret)
{
    *ret = 0;
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        guint i = 0;

        while (i < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[i]))
            i++;
        if (i == G_N_ELEMENTS(words))
            return FALSE;
        *ret |= 1u << i;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

/* What has to be counted in the index. */
static gboolean
count(TwImapPeer *peer, const TwImapBox *box, guint64 *recent, guint64 *deleted, GError **error)
{
    g_auto(TwFolderWindowArgs) args = { .store = box->store, .folder = box->folder };
    guint32 first = tw_imap_recent_first(tw_imap_recent(peer->imap), &box->store, box->folder,
                                         box->row->uidnext, FALSE);

    if (!tw_session_folder_window(peer->session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.rows->len; i++) {
        const TwIndexRow *row = &g_array_index(args.rows, TwIndexRow, i);

        *recent += row->uid >= first;
        *deleted += (row->status & TW_IMAP_STATUS_DELETED) != 0;
    }
    return TRUE;
}

/* Adds what the messages of some rows are as mails. */
static gboolean
add_sizes(TwImapPeer *peer, const TwImapBox *box, const GArray *mids, guint64 *size, GError **error)
{
    g_auto(TwMailRowsArgs)
        args = { .store = box->store,
                 .folder = box->folder,
                 .messages = { (const guint32 *) (gpointer) mids->data, mids->len } };

    if (!tw_session_mail_rows(peer->session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.rows->len; i++) {
        guint64 one = 0; /* of what cannot be told */

        (void) tw_imap_mail_size(peer, &box->store, &g_array_index(args.rows, TwMailRow, i), &one);
        *size += one;
    }
    return TRUE;
}

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    guint32 a = *(const guint32 *) left, b = *(const guint32 *) right;

    return (a > b) - (a < b);
}

static gboolean
sum_sizes(TwImapPeer *peer, const TwImapBox *box, guint64 *size, GError **error)
{
    g_auto(TwFolderWindowArgs) args = { .store = box->store, .folder = box->folder };
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    if (!tw_session_folder_window(peer->session, &args, error))
        return FALSE;
    for (guint i = 0; i < args.rows->len; i++)
        g_array_append_val(mids, g_array_index(args.rows, TwIndexRow, i).mid);
    g_array_sort(mids, compare_mids);
    for (guint from = 0; from < mids->len; from += MAILS_AT_ONCE) {
        g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(guint32));

        g_array_append_vals(some, &g_array_index(mids, guint32, from),
                            MIN(mids->len - from, (guint) MAILS_AT_ONCE));
        if (!add_sizes(peer, box, some, size, error))
            return FALSE;
    }
    return TRUE;
}

/* The sum of RFC822.SIZE (RFC 8438 wants no less), kept until something changes in the folder. */
static gboolean
folder_size(TwImapPeer *peer, const TwImapBox *box, guint64 *ret, GError **error)
{
    TwImapCacheKey key = { .store = box->store, .folder = box->folder, .cn = box->row->hicn };
    g_autoptr(GBytes) known = tw_imap_cache_get(tw_imap_summaries(peer->imap), &key);

    *ret = 0;
    if (known != NULL) {
        memcpy(ret, g_bytes_get_data(known, NULL), sizeof *ret);
        return TRUE;
    }
    if (!sum_sizes(peer, box, ret, error))
        return FALSE;
    known = g_bytes_new(ret, sizeof *ret);
    tw_imap_cache_put(tw_imap_summaries(peer->imap), &key, known);
    return TRUE;
}

gboolean
tw_imap_put_status(
    TwImapPeer *peer, TwBuffer *out, const TwImapBox *box, guint items, GError **error)
{
    const TwFolderRow *row = box->row;
    guint64 recent = 0, deleted = 0;
    guint64 values[G_N_ELEMENTS(words)] = {
        [MESSAGES] = row->total,
        [UIDNEXT] = row->uidnext,
        [UIDVALIDITY] = row->uidvalidity,
        [UNSEEN] = row->unread,
        [HIGHESTMODSEQ] = MAX(row->hicn, 1),
        [APPENDLIMIT] = peer->options->mail_max,
    };
    gboolean first = TRUE;

    if ((items & (1u << RECENT | 1u << DELETED)) != 0 &&
        !count(peer, box, &recent, &deleted, error))
        return FALSE;
    if ((items & 1u << SIZE) != 0 && !folder_size(peer, box, &values[SIZE], error))
        return FALSE;
    values[RECENT] = recent;
    values[DELETED] = deleted;
    if ((items & 1u << HIGHESTMODSEQ) != 0)
        tw_imap_view_condstore(peer);
    tw_imap_put_text(out, "* STATUS ");
    tw_imap_put_mailbox(peer, out, box->name);
    tw_imap_put_text(out, " (");
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if ((items & 1u << i) == 0)
            continue;
        if (!first)
            tw_buffer_put_u8(out, ' ');
        first = FALSE;
        tw_imap_put_text(out, words[i]);
        tw_buffer_put_u8(out, ' ');
        if (i == MAILBOXID)
            tw_imap_put_mailbox_id(out, &box->store, box->folder);
        else
            tw_imap_put_number(out, values[i]);
    }
    tw_imap_put_text(out, ")\r\n");
    return TRUE;
}

gboolean
tw_imap_cmd_status(TwImapPeer *peer, TwCursor *args)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(65536);
    g_auto(TwImapBox) box = { 0 };
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    guint items;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_status_items(args, &items) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (!tw_imap_box_find(peer, name, &box, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    if (box.folder == 0 || (box.rights & TW_RIGHT_READ) == 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] Not allowed");
    } else if (!tw_imap_put_status(peer, &out, &box, items, &error)) {
        tw_imap_done_error(peer, error);
    } else {
        tw_imap_write(peer, &out);
        tw_imap_done(peer, TW_IMAP_OK, "STATUS done");
    }
    return TRUE;
}
