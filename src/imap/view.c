/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The selected mailbox as the client knows it: which uids it was told of, and up to which change number. Sequence numbers
 * change only when the client is told so. Nothing else is kept of a mailbox between commands.
 */
#include <string.h>

#include "imap/context.h"
#include "imap/imap-private.h"

enum {
    OUT_MOST = 8 << 20 /* of what is told at once; more is left for the next time */
};

void
tw_imap_view_clear(TwImapView *view)
{
    tw_imap_uids_clear(&view->uids);
    g_strfreev(view->keywords);
    g_clear_pointer(&view->told, g_hash_table_unref);
    g_clear_pointer(&view->saved, g_array_unref);
    g_clear_pointer(&view->contexts, g_ptr_array_unref);
    g_clear_pointer(&view->words, g_hash_table_unref);
    g_clear_pointer(&view->recent, g_array_unref);
    *view = (TwImapView){ 0 };
}

/* ---- \Recent: each message in one session, the first that was told of it ---- */

/* Of the messages from from to before uidnext, those that no session was told of. */
static void
take_recent(TwImapPeer *peer, TwImapView *view, guint32 from, guint32 uidnext)
{
    guint32 first = tw_imap_recent_first(tw_imap_recent(peer->imap), &view->store, view->folder,
                                         uidnext, !view->read_only);
    TwImapRange range = { MAX(first, from), uidnext - 1 };

    if (range.first >= uidnext)
        return;
    if (view->recent == NULL)
        view->recent = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_array_append_val(view->recent, range);
    tw_imap_ranges_merge(view->recent);
}

gboolean
tw_imap_view_is_recent(const TwImapView *view, guint32 uid)
{
    return view->recent != NULL && tw_imap_ranges_have(view->recent, uid);
}

guint32
tw_imap_view_count_recent(const TwImapView *view)
{
    guint32 count = 0;

    if (view->recent == NULL)
        return 0;
    for (guint32 number = view->uids.count;
         number > 0 &&
         tw_imap_uids_at(&view->uids, number) >= g_array_index(view->recent, TwImapRange, 0).first;
         number--)
        count += tw_imap_view_is_recent(view, tw_imap_uids_at(&view->uids, number)) ? 1 : 0;
    return count;
}

/* ---- what went ---- */

static gint
compare_numbers(gconstpointer left, gconstpointer right)
{
    guint32 a = *(const guint32 *) left, b = *(const guint32 *) right;

    return (a > b) - (a < b);
}

/* What was told of and is not in the folder any more, by looking at all of it. */
static gboolean
find_gone_anew(TwImapPeer *peer, const TwImapView *view, GArray *gone, GError **error)
{
    g_auto(TwFolderWindowArgs) all = { .store = view->store, .folder = view->folder };
    guint at = 0;

    if (!tw_session_folder_window(peer->session, &all, error))
        return FALSE;
    for (guint32 number = 1; number <= view->uids.count; number++) {
        guint32 uid = tw_imap_uids_at(&view->uids, number);

        while (at < all.rows->len && g_array_index(all.rows, TwIndexRow, at).uid < uid)
            at++;
        if (at == all.rows->len || g_array_index(all.rows, TwIndexRow, at).uid != uid)
            g_array_append_val(gone, uid);
    }
    return TRUE;
}

static gboolean
find_gone(TwImapPeer *peer, const TwImapView *view, GArray *gone, GError **error)
{
    g_auto(TwFolderVanishedArgs) args = { .store = view->store,
                                          .folder = view->folder,
                                          .since = view->gone_cn,
                                          .most = TW_SESSION_MOST_ROWS };

    if (!tw_session_folder_vanished(peer->session, &args, NULL) ||
        args.rows->len == TW_SESSION_MOST_ROWS)
        return find_gone_anew(peer, view, gone, error);
    for (guint i = 0; i < args.rows->len; i++) {
        guint32 uid = g_array_index(args.rows, TwTomb, i).uid;

        if (uid != 0 && tw_imap_uids_find(&view->uids, uid) != 0)
            g_array_append_val(gone, uid);
    }
    return TRUE;
}

/* ---- opening ----
 *
 * Who opens a mailbox begins with what was known of it when one was opened last, and looks only at what changed since. */

typedef struct {
    guint64 cn; /* all up to it is known */
    guint32 uidvalidity;
    guint32 unread; /* uid of the first message that nobody read; 0: all are read */
} Known;

static TwImapCacheKey
place_of(const TwImapView *view)
{
    return (TwImapCacheKey){ .store = view->store, .folder = view->folder };
}

/* What is known; all zero: nothing. */
static Known
recall(TwImapPeer *peer, TwImapView *view)
{
    TwImapCacheKey key = place_of(view);
    g_autoptr(GBytes) bytes = tw_imap_cache_get(tw_imap_opened(peer->imap), &key);
    Known known = { 0 };
    TwCursor cur;

    if (bytes == NULL)
        return known;
    cur = tw_cursor_init(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    memcpy(&known, cur.next, sizeof known);
    (void) tw_cursor_skip(&cur, sizeof known);
    tw_imap_uids_take(&view->uids, &cur);
    return known;
}

static void
remember(TwImapPeer *peer, const TwImapView *view, const Known *known)
{
    TwImapCacheKey key = place_of(view);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(G_MAXUINT32);
    g_autoptr(GBytes) bytes = NULL;

    tw_buffer_put(&out, known, sizeof *known);
    tw_imap_uids_put(&view->uids, &out);
    bytes = g_bytes_new(out.data, out.len);
    tw_imap_cache_put(tw_imap_opened(peer->imap), &key, bytes);
}

/* The first message behind a uid that nobody read: more at once the longer it takes. 0: there is none. */
static gboolean
find_unread(TwImapPeer *peer, const TwImapView *view, guint32 after, guint32 *ret, GError **error)
{
    *ret = 0;
    for (guint32 most = 16;; most = MIN(most * 8, 65536u)) {
        g_auto(TwFolderWindowArgs)
            args = { .store = view->store, .folder = view->folder, .after = after, .most = most };

        if (!tw_session_folder_window(peer->session, &args, error))
            return FALSE;
        for (guint i = 0; i < args.rows->len; i++) {
            const TwIndexRow *row = &g_array_index(args.rows, TwIndexRow, i);

            if ((row->flags & TW_MSGFLAG_READ) == 0) {
                *ret = row->uid;
                return TRUE;
            }
            after = row->uid;
        }
        if (args.rows->len < most)
            return TRUE;
    }
}

/* Reads what changed since it was known: all, when nothing was. */
static gboolean
learn(TwImapPeer *peer, TwImapView *view, TwFolderWindowArgs *args, Known *io_known, GError **error)
{
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 unread = io_known->unread;
    gboolean lost = FALSE;

    view->gone_cn = args->since;
    if (!tw_session_folder_window(peer->session, args, error))
        return FALSE;
    if (view->uids.count > 0 && args->hicn > args->since) {
        if (!find_gone(peer, view, gone, error))
            return FALSE;
        g_array_sort(gone, compare_numbers);
        tw_imap_uids_remove(&view->uids, gone);
    }
    for (guint i = 0; i < args->rows->len; i++) {
        const TwIndexRow *row = &g_array_index(args->rows, TwIndexRow, i);

        tw_imap_uids_append(&view->uids, row->uid);
        if ((row->flags & TW_MSGFLAG_READ) == 0)
            unread = unread == 0 ? row->uid : MIN(unread, row->uid);
        else if (row->uid == unread)
            lost = TRUE;
    }
    lost = lost || (unread != 0 && tw_imap_uids_find(&view->uids, unread) == 0);
    if (lost && unread == io_known->unread && !find_unread(peer, view, unread, &unread, error))
        return FALSE;
    *io_known = (Known){ args->cn, args->uidvalidity, unread };
    return TRUE;
}

static void
take_keywords(TwImapView *view, TwFolderOpenArgs *opened)
{
    g_strfreev(view->keywords);
    view->keywords = g_steal_pointer(&opened->keywords);
    view->keyword_count = view->keywords != NULL ? g_strv_length(view->keywords) : 0;
}

/* What is known is brought up to what the folder says now, or read anew. */
static gboolean
bring_up(TwImapPeer *peer,
         TwImapView *view,
         const TwFolderOpenArgs *now,
         Known *io_known,
         guint32 *io_uidnext,
         GError **error)
{
    g_auto(TwFolderWindowArgs) args = { .store = view->store, .folder = view->folder };
    gboolean is_known = io_known->uidvalidity == now->uidvalidity && io_known->cn <= now->cn;

    if (is_known && now->hicn <= io_known->cn && view->uids.count == now->count) {
        io_known->cn = now->cn;
        return TRUE;
    }
    if (is_known && now->hicn > io_known->cn) {
        args.since = io_known->cn;
        if (!learn(peer, view, &args, io_known, error))
            return FALSE;
        is_known = view->uids.count == args.count;
    } else {
        is_known = FALSE;
    }
    if (!is_known) { /* new, or it changed meanwhile */
        tw_imap_uids_clear(&view->uids);
        *io_known = (Known){ 0 };
        args.since = 0;
        if (!learn(peer, view, &args, io_known, error))
            return FALSE;
    }
    *io_uidnext = args.uidnext;
    remember(peer, view, io_known);
    return TRUE;
}

gboolean
tw_imap_view_open(
    TwImapPeer *peer, TwImapView *view, TwFolderOpenArgs *now, guint32 *ret_unseen, GError **error)
{
    guint32 uidnext = now->uidnext;
    Known known;

    if (now->cn == 0) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_NO_ACCESS, "it may not be read");
        return FALSE;
    }
    known = recall(peer, view);
    if (!bring_up(peer, view, now, &known, &uidnext, error))
        return FALSE;
    *ret_unseen = known.unread != 0 ? tw_imap_uids_find(&view->uids, known.unread) : 0;
    view->cn = view->gone_cn = known.cn;
    view->uidvalidity = known.uidvalidity;
    take_recent(peer, view, 1, uidnext);
    take_keywords(view, now);
    return TRUE;
}

/* ---- news ---- */

void
tw_imap_view_told(TwImapView *view, guint32 uid, guint64 modseq)
{
    if (view->told == NULL)
        view->told = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(view->told, GUINT_TO_POINTER(uid), GSIZE_TO_POINTER((gsize) modseq));
}

static gboolean
is_told(const TwImapView *view, const TwIndexRow *row)
{
    return view->told != NULL &&
           GPOINTER_TO_SIZE(g_hash_table_lookup(view->told, GUINT_TO_POINTER(row->uid))) ==
               (gsize) row->modseq;
}

void
tw_imap_put_flags_fetch(TwImapPeer *peer, TwBuffer *out, const TwIndexRow *row)
{
    TwImapView *view = &peer->view;

    tw_imap_put_text(out, "* ");
    tw_imap_put_number(out, tw_imap_uids_find(&view->uids, row->uid));
    tw_imap_put_text(out, " FETCH (UID ");
    tw_imap_put_number(out, row->uid);
    tw_buffer_put_u8(out, ' ');
    tw_imap_put_flags(view, out, row);
    if ((peer->enabled & TW_IMAP_CONDSTORE) != 0) {
        tw_imap_put_text(out, " MODSEQ (");
        tw_imap_put_number(out, row->modseq);
        tw_buffer_put_u8(out, ')');
    }
    tw_imap_put_text(out, ")\r\n");
}

/* VANISHED to those who know it, else EXPUNGE for each; numbers of those behind one that is gone shrink by one. */
static void
tell_gone(TwImapPeer *peer, TwBuffer *out, GArray *gone)
{
    TwImapView *view = &peer->view;
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));

    g_array_sort(gone, compare_numbers);
    for (guint i = 0; i < gone->len; i++) {
        guint32 uid = g_array_index(gone, guint32, i);

        if ((peer->enabled & TW_IMAP_QRESYNC) != 0) {
            tw_imap_ranges_add(ranges, uid);
            continue;
        }
        tw_imap_put_text(out, "* ");
        tw_imap_put_number(out, tw_imap_uids_find(&view->uids, uid) - i);
        tw_imap_put_text(out, " EXPUNGE\r\n");
    }
    if (ranges->len > 0) {
        tw_imap_put_text(out, "* VANISHED ");
        tw_imap_ranges_put(out, ranges);
        tw_imap_put_text(out, "\r\n");
    }
    tw_imap_uids_remove(&view->uids, gone);
}

static void
tell_rows(TwImapPeer *peer, TwBuffer *out, const GArray *rows)
{
    TwImapView *view = &peer->view;
    guint32 before = view->uids.count, last = tw_imap_uids_last(&view->uids);

    take_recent(peer, view, last + 1, g_array_index(rows, TwIndexRow, rows->len - 1).uid + 1);

    for (guint i = 0; i < rows->len; i++) {
        const TwIndexRow *row = &g_array_index(rows, TwIndexRow, i);

        if (tw_imap_uids_find(&view->uids, row->uid) == 0)
            tw_imap_uids_append(&view->uids, row->uid);
        else if (!is_told(view, row))
            tw_imap_put_flags_fetch(peer, out, row);
    }
    if (view->uids.count == before)
        return;
    tw_imap_put_text(out, "* ");
    tw_imap_put_number(out, view->uids.count);
    tw_imap_put_text(out, " EXISTS\r\n");
    if ((peer->enabled & TW_IMAP_REV2) != 0)
        return;
    tw_imap_put_text(out, "* ");
    tw_imap_put_number(out, tw_imap_view_count_recent(view));
    tw_imap_put_text(out, " RECENT\r\n");
}

void
tw_imap_view_sync(TwImapPeer *peer, gboolean expunges)
{
    TwImapView *view = &peer->view;
    g_auto(TwFolderWindowArgs)
        args = { .store = view->store, .folder = view->folder, .since = view->cn };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(guint32));

    /* what cannot be read now is told later */
    if (!tw_session_folder_window(peer->session, &args, NULL))
        return;
    if (!tw_imap_view_keywords_of(peer, args.rows, NULL) ||
        !tw_imap_words_read(peer, args.rows, NULL))
        return;
    if (expunges && args.hicn > view->gone_cn) {
        if (!find_gone(peer, view, gone, NULL))
            return;
        if (gone->len > 0)
            tw_imap_contexts_gone(peer, &out, gone);
        tell_gone(peer, &out, gone);
        view->gone_cn = args.cn;
    }
    if (args.rows->len > 0)
        tell_rows(peer, &out, args.rows);
    view->cn = args.cn;
    g_clear_pointer(&view->told, g_hash_table_unref);
    g_clear_pointer(&view->words, g_hash_table_unref);
    tw_imap_write(peer, &out);
    if (args.rows->len > 0)
        tw_imap_contexts_update(peer);
}

void
tw_imap_view_condstore(TwImapPeer *peer)
{
    if ((peer->enabled & TW_IMAP_CONDSTORE) != 0)
        return;
    peer->enabled |= TW_IMAP_CONDSTORE;
    if (peer->state == TW_IMAP_SELECTED)
        tw_conn_printf(peer->conn, "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest\r\n",
                       MAX(peer->view.cn, 1));
}

/* ---- rows ---- */

GArray *
tw_imap_view_rows(TwImapPeer *peer, const GArray *ranges, GError **error)
{
    TwImapView *view = &peer->view;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    guint at = 0;

    while (at < ranges->len) {
        const TwImapRange *first = &g_array_index(ranges, TwImapRange, at);
        guint behind = at + 1;
        g_auto(TwFolderWindowArgs)
            args = { .store = view->store, .folder = view->folder, .after = first->first - 1 };

        /* ranges near each other are read in one call */
        while (behind < ranges->len && g_array_index(ranges, TwImapRange, behind).first -
                                               g_array_index(ranges, TwImapRange, behind - 1).last <
                                           1000)
            behind++;
        args.upto = g_array_index(ranges, TwImapRange, behind - 1).last;
        if (!tw_session_folder_window(peer->session, &args, error))
            return NULL;
        for (guint i = 0; i < args.rows->len; i++) {
            const TwIndexRow *row = &g_array_index(args.rows, TwIndexRow, i);

            while (row->uid > g_array_index(ranges, TwImapRange, at).last)
                at++;
            if (row->uid >= g_array_index(ranges, TwImapRange, at).first &&
                tw_imap_uids_find(&view->uids, row->uid) != 0)
                g_array_append_vals(rows, row, 1);
        }
        at = behind;
    }
    return g_steal_pointer(&rows);
}

gboolean
tw_imap_take_messages(TwImapPeer *peer, TwCursor *args, GArray **ret_ranges)
{
    TwImapView *view = &peer->view;
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));

    if (tw_imap_take_char(args, '$')) {
        if (view->saved != NULL)
            g_array_append_vals(ranges, view->saved->data, view->saved->len);
    } else if (!tw_imap_take_set(args, set) ||
               !tw_imap_uids_resolve(&view->uids, set, peer->uid, ranges)) {
        return FALSE;
    }
    *ret_ranges = g_steal_pointer(&ranges);
    return TRUE;
}

void
tw_imap_put_number_list(TwBuffer *out, const GArray *numbers)
{
    for (guint i = 0; i < numbers->len; i++) {
        tw_buffer_put_u8(out, ' ');
        tw_imap_put_number(out, g_array_index(numbers, guint32, i));
    }
}
