/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is read of messages: heads and summaries for many at a time, bytes for one. */
#include "imap/imap-private.h"

enum {
    SCAN_MOST = 64 << 20, /* bytes of a mail without a summary whose structure is worked out */
};

static GBytes *
read_stored(TwImapPeer *peer,
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

GBytes *
tw_imap_mail_read(TwImapPeer *peer,
                  const TwGuid *store,
                  guint32 folder,
                  guint32 message,
                  guint64 at,
                  guint64 len,
                  GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) made = NULL;
    GBytes *stored = read_stored(peer, store, folder, message, at, len, &why);
    gsize size;

    if (stored != NULL)
        return stored;
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    made = tw_imap_made_bytes(peer, store, folder, message, error);
    if (made == NULL)
        return NULL;
    size = g_bytes_get_size(made);
    at = MIN(at, (guint64) size);
    return g_bytes_new_from_bytes(made, (gsize) at, (gsize) MIN(len, size - at));
}

/* ---- rows ----
 *
 * A mail does not change; what may change of its row moves the change number, but for when it came into its folder. So rows are kept by that, with their
 * summaries, and a mailbox that was read once is sorted and searched from memory. Whether the session may read the folder
 * was asked when the view's rows were read, in the same command. */

static TwImapCacheKey
row_key(const TwImapPeer *peer, const TwIndexRow *row)
{
    return (TwImapCacheKey){ .store = peer->view.store,
                             .folder = peer->view.folder,
                             .message = row->mid,
                             .cn = row->modseq };
}

static void
free_row(gpointer data)
{
    tw_mail_row_clear(data);
    g_free(data);
}

static TwMailRow
copy_row(const TwMailRow *row)
{
    TwMailRow copy = *row;

    copy.row.head = row->row.head != NULL ? g_bytes_ref(row->row.head) : NULL;
    copy.summary = row->summary != NULL ? g_bytes_ref(row->summary) : NULL;
    return copy;
}

static void
keep_row(TwImapPeer *peer, const TwIndexRow *index, const TwMailRow *row)
{
    TwImapCacheKey key = row_key(peer, index);
    TwMailRow *copy;
    g_autoptr(GBytes) bytes = NULL;

    if (row->summary == NULL || row->row.head == NULL)
        return;
    copy = g_new(TwMailRow, 1);
    *copy = copy_row(row);
    bytes = g_bytes_new_with_free_func(copy, sizeof *copy, free_row, copy);
    tw_imap_cache_put_with(tw_imap_rows(peer->imap), &key, bytes,
                           g_bytes_get_size(row->summary) + g_bytes_get_size(row->row.head));
}

static void
clear_row(gpointer row)
{
    tw_mail_row_clear(row);
}

/* Those that are known; mids takes the others. */
static GArray *
known_rows(TwImapPeer *peer, const TwIndexRow *rows, guint count, GArray *mids)
{
    GArray *known = g_array_new(FALSE, FALSE, sizeof(TwMailRow));

    g_array_set_clear_func(known, clear_row);
    for (guint i = 0; i < count; i++) {
        TwImapCacheKey key = row_key(peer, &rows[i]);
        g_autoptr(GBytes) bytes = tw_imap_cache_get(tw_imap_rows(peer->imap), &key);

        if (bytes != NULL) {
            TwMailRow row = copy_row(g_bytes_get_data(bytes, NULL));
            g_array_append_val(known, row);
        } else {
            g_array_append_val(mids, rows[i].mid);
        }
    }
    return known;
}

/* Both ascend by mid; what is in the second one is taken out of it. */
static GArray *
merge_rows(GArray *known, GArray *read)
{
    GArray *all = g_array_sized_new(FALSE, FALSE, sizeof(TwMailRow), known->len + read->len);
    guint a = 0, b = 0;

    g_array_set_clear_func(all, clear_row);
    while (a < known->len || b < read->len) {
        gboolean first =
            b == read->len || (a < known->len && g_array_index(known, TwMailRow, a).row.mid <
                                                     g_array_index(read, TwMailRow, b).row.mid);
        TwMailRow row = copy_row(first ? &g_array_index(known, TwMailRow, a)
                                       : &g_array_index(read, TwMailRow, b));

        if (first)
            a++;
        else
            b++;
        g_array_append_val(all, row);
    }
    return all;
}

GArray *
tw_imap_mail_rows(
    TwImapPeer *peer, const TwIndexRow *rows, guint count, gboolean summaries, GError **error)
{
    g_autoptr(GArray) mids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), count);
    g_autoptr(GArray) known = known_rows(peer, rows, count, mids);
    g_auto(TwMailRowsArgs)
        args = { .store = peer->view.store,
                 .folder = peer->view.folder,
                 .messages = { (const guint32 *) (gpointer) mids->data, mids->len },
                 .summaries = summaries };
    guint at = 0;

    if (mids->len == 0)
        return g_steal_pointer(&known);
    if (!tw_session_mail_rows(peer->session, &args, error))
        return NULL;
    for (guint i = 0; summaries && i < args.rows->len; i++) {
        const TwMailRow *row = &g_array_index(args.rows, TwMailRow, i);

        while (at < count && rows[at].mid != row->row.mid)
            at++;
        if (at < count)
            keep_row(peer, &rows[at], row);
    }
    return known->len == 0 ? g_steal_pointer(&args.rows) : merge_rows(known, args.rows);
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

/* What the head says; FALSE: the message did not come as a mail, or its mail is longer than the head can say. */
static gboolean
size_in_head(const TwMailRow *row, gboolean *ret_has_mail, guint32 *ret)
{
    GBytes *bytes = row->row.head;
    guint32 header_len;
    TwHead head;

    *ret_has_mail =
        bytes != NULL &&
        tw_head_open(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &head, NULL) &&
        tw_head_get_mail(&head, ret, &header_len);
    return *ret_has_mail && *ret != G_MAXUINT32;
}

GBytes *
tw_imap_mail_summary(TwImapPeer *peer, const TwGuid *store, const TwMailRow *row, GError **error)
{
    g_autoptr(GBytes) mail = NULL;
    gboolean has_mail;
    GBytes *summary;
    guint32 len;

    if (row->summary != NULL)
        return g_bytes_ref(row->summary);
    (void) size_in_head(row, &has_mail, &len);
    if (has_mail) {
        mail = tw_imap_mail_read(peer, store, row->row.folder, row->row.mid, 0, SCAN_MOST, error);
        return mail != NULL ? summarize(mail, error) : NULL;
    }
    summary = tw_imap_made_summary(peer, store, &row->row);
    if (summary != NULL)
        return summary;
    mail = tw_imap_made_bytes(peer, store, row->row.folder, row->row.mid, error);
    summary = mail != NULL ? summarize(mail, error) : NULL;
    if (summary != NULL)
        tw_imap_made_keep_summary(peer, store, &row->row, summary);
    return summary;
}

gboolean
tw_imap_mail_size(TwImapPeer *peer, const TwGuid *store, const TwMailRow *row, guint64 *ret)
{
    g_autoptr(GBytes) bytes = NULL;
    TwMailSummary summary;
    gboolean has_mail;
    guint32 len;

    if (size_in_head(row, &has_mail, &len)) {
        *ret = len;
        return TRUE;
    }
    bytes = tw_imap_mail_summary(peer, store, row, NULL);
    if (bytes == NULL || !tw_mail_summary_open(g_bytes_get_data(bytes, NULL),
                                               g_bytes_get_size(bytes), &summary, NULL))
        return FALSE;
    *ret = summary.mail_len;
    return TRUE;
}
