/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * COPY, MOVE (RFC 6851) and EXPUNGE, with the numbers of UIDPLUS (RFC 4315). Within a store each is one operation of the
 * engine; between stores mails are read and put there.
 */
#include <string.h>

#include "imap/imap-private.h"

/* From which uid to which. */
typedef struct {
    guint32 from, to;
} Pair;

static gint
compare_pairs(gconstpointer left, gconstpointer right)
{
    const Pair *a = left, *b = right;

    return (a->from > b->from) - (a->from < b->from);
}

/* Runs of numbers that follow each other; order is kept, as both sets are read side by side. */
static void
put_side(TwBuffer *out, const GArray *pairs, gboolean from)
{
    guint32 first = 0, last = 0;

    for (guint i = 0; i <= pairs->len; i++) {
        const Pair *pair = i < pairs->len ? &g_array_index(pairs, Pair, i) : NULL;
        guint32 uid = pair == NULL ? 0 : from ? pair->from : pair->to;

        if (i > 0 && (uid == 0 || uid != last + 1)) {
            if (out->len > 0 && out->data[out->len - 1] != ' ')
                tw_buffer_put_u8(out, ',');
            tw_imap_put_number(out, first);
            if (last > first) {
                tw_buffer_put_u8(out, ':');
                tw_imap_put_number(out, last);
            }
            first = uid;
        }
        if (i == 0)
            first = uid;
        last = uid;
    }
}

static void
put_copyuid(TwBuffer *out, guint32 uidvalidity, GArray *pairs)
{
    g_array_sort(pairs, compare_pairs);
    tw_imap_put_text(out, "[COPYUID ");
    tw_imap_put_number(out, uidvalidity);
    tw_buffer_put_u8(out, ' ');
    put_side(out, pairs, TRUE);
    tw_buffer_put_u8(out, ' ');
    put_side(out, pairs, FALSE);
    tw_imap_put_text(out, "] ");
}

static TwNumbers
numbers_of(const GArray *mids)
{
    return (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
}

static void
add_pairs(const GArray *rows, const GArray *done, GArray *pairs)
{
    g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < rows->len; i++) {
        const TwIndexRow *row = &g_array_index(rows, TwIndexRow, i);
        g_hash_table_insert(uids, GUINT_TO_POINTER(row->mid), GUINT_TO_POINTER(row->uid));
    }
    for (guint i = 0; i < done->len; i++) {
        const TwMessageDone *one = &g_array_index(done, TwMessageDone, i);
        Pair pair = { GPOINTER_TO_UINT(g_hash_table_lookup(uids, GUINT_TO_POINTER(one->mid))),
                      one->uid };

        if (one->cn != 0 && !one->refused && pair.from != 0)
            g_array_append_val(pairs, pair);
    }
}

static gboolean
copy_within(TwImapPeer *peer,
            const GArray *rows,
            const GArray *mids,
            guint32 to,
            GArray *pairs,
            GError **error)
{
    g_auto(TwMessagesCopyArgs) args = { .store = peer->view.store,
                                        .folder = peer->view.folder,
                                        .messages = numbers_of(mids),
                                        .to = to };

    if (!tw_session_messages_copy(peer->session, &args, error))
        return FALSE;
    add_pairs(rows, args.done, pairs);
    return TRUE;
}

static gboolean
move_within(TwImapPeer *peer,
            const GArray *rows,
            const GArray *mids,
            guint32 to,
            GArray *pairs,
            GError **error)
{
    g_auto(TwMessagesMoveArgs) args = { .store = peer->view.store,
                                        .folder = peer->view.folder,
                                        .messages = numbers_of(mids),
                                        .to = to };

    if (!tw_session_messages_move(peer->session, &args, error))
        return FALSE;
    add_pairs(rows, args.done, pairs);
    return TRUE;
}

static gboolean
delete_all(TwImapPeer *peer, const GArray *mids, GError **error)
{
    g_auto(TwMessagesDeleteArgs) args = { .store = peer->view.store,
                                          .folder = peer->view.folder,
                                          .messages = numbers_of(mids) };

    return mids->len == 0 || tw_session_messages_delete(peer->session, &args, error);
}

/* ---- between stores ---- */

/* The message's keywords in another folder, where they are made. */
static gboolean
keywords_there(
    TwImapPeer *peer, const TwImapBox *to, const TwIndexRow *row, TwFlagChange *ret, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(gint));
    guint flags;

    for (guint i = 0; tw_imap_words_next(&peer->view, row, &i); i++)
        g_ptr_array_add(names, peer->view.keywords[i]);
    if (!tw_imap_flags_resolve(peer, &to->store, to->folder, names, TRUE, &flags, numbers, error))
        return FALSE;
    for (guint i = 0; i < numbers->len; i++) {
        if (!tw_flag_change_keyword(ret, (guint) g_array_index(numbers, gint, i), TRUE)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many keywords");
            return FALSE;
        }
    }
    return TRUE;
}

/* Those past the 64th are not set by a delivery. */
static gboolean
mark_rest(TwImapPeer *peer,
          const TwImapBox *to,
          guint32 message,
          const TwFlagChange *words,
          GError **error)
{
    g_auto(TwMessagesMarkArgs) mark = {
        .store = to->store, .folder = to->folder, .messages = { &message, 1 }, .change = *words
    };

    return words->more_set_count == 0 || tw_session_messages_mark(peer->session, &mark, error);
}

static gboolean
copy_one(TwImapPeer *peer, const TwImapBox *to, const TwIndexRow *row, Pair *ret, GError **error)
{
    g_auto(TwMessageGetArgs)
        get = { .store = peer->view.store, .folder = peer->view.folder, .message = row->mid };
    TwDeliveryTarget target = { .store = to->store, .folder = to->folder };
    g_auto(TwMailDeliverArgs) deliver = { .targets = { &target, 1 } };
    g_autoptr(GBytes) mail = NULL;
    TwFlagChange change = { 0 }, words = { 0 };
    TwMailResult *result;

    if (!tw_session_message_get(peer->session, &get, error))
        return FALSE;
    mail = tw_imap_mail_read(peer, &peer->view.store, peer->view.folder, row->mid, 0, G_MAXINT32,
                             error);
    if (mail == NULL || !keywords_there(peer, to, row, &words, error))
        return FALSE;
    tw_imap_flags_to_change(tw_imap_flags_of(row), 0, &change);
    target.flags = change.flags_set;
    target.status = change.status_set;
    target.kw = words.kw_set;
    deliver.mail = mail;
    deliver.recv_us = get.row.recv;
    if (!tw_session_mail_deliver(peer->session, &deliver, error))
        return FALSE;
    result = &g_array_index(deliver.results, TwMailResult, 0);
    if (result->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&result->error));
        return FALSE;
    }
    *ret = (Pair){ row->uid, result->made.uid };
    return mark_rest(peer, to, result->made.mid, &words, error);
}

static gboolean
copy_across(
    TwImapPeer *peer, const TwImapBox *to, const GArray *rows, GArray *pairs, GError **error)
{
    if (!tw_imap_words_read(peer, rows, error))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        g_autoptr(GError) why = NULL;
        Pair pair;

        if (copy_one(peer, to, &g_array_index(rows, TwIndexRow, i), &pair, &why)) {
            g_array_append_val(pairs, pair);
        } else if (!g_error_matches(why, TW_ERROR, TW_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- the commands ---- */

static gboolean
transfer(TwImapPeer *peer,
         const TwImapBox *to,
         const GArray *rows,
         gboolean move,
         GArray *pairs,
         GError **error)
{
    const TwImapView *view = &peer->view;
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < rows->len; i++)
        g_array_append_val(mids, g_array_index(rows, TwIndexRow, i).mid);
    if (mids->len == 0)
        return TRUE;
    if (memcmp(&to->store, &view->store, sizeof to->store) != 0)
        return copy_across(peer, to, rows, pairs, error) &&
               (!move || delete_all(peer, mids, error));
    if (move && to->folder != view->folder)
        return move_within(peer, rows, mids, to->folder, pairs, error);
    return copy_within(peer, rows, mids, to->folder, pairs, error) &&
           (!move || delete_all(peer, mids, error));
}

static gboolean
run(TwImapPeer *peer, TwCursor *args, gboolean move)
{
    g_autoptr(GArray) ranges = NULL;
    g_autofree char *name = NULL;
    g_auto(TwImapBox) to = { 0 };
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    g_auto(TwBuffer) text = TW_BUFFER_INIT(8 << 20);
    g_autoptr(GError) error = NULL;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_messages(peer, args, &ranges) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !tw_imap_take_end(args))
        return FALSE;
    if (move && peer->view.read_only) {
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] The mailbox was opened to be read");
        return TRUE;
    }
    if (!tw_imap_box_find(peer, name, &to, &error) || to.folder == 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[TRYCREATE] No such mailbox");
        return TRUE;
    }
    rows = tw_imap_view_rows(peer, ranges, &error);
    if (rows == NULL || !transfer(peer, &to, rows, move, pairs, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    if (pairs->len > 0)
        put_copyuid(&text, to.row->uidvalidity, pairs);
    if (move && pairs->len > 0) {
        tw_buffer_put_u8(&text, 0);
        tw_conn_printf(peer->conn, "* OK %sMoved\r\n", (const char *) text.data);
        tw_imap_done(peer, TW_IMAP_OK, "MOVE done");
        return TRUE;
    }
    tw_imap_put_text(&text, move ? "MOVE done" : "COPY done");
    tw_buffer_put_u8(&text, 0);
    tw_imap_done(peer, TW_IMAP_OK, (const char *) text.data);
    return TRUE;
}

gboolean
tw_imap_cmd_copy(TwImapPeer *peer, TwCursor *args)
{
    return run(peer, args, FALSE);
}

gboolean
tw_imap_cmd_move(TwImapPeer *peer, TwCursor *args)
{
    return run(peer, args, TRUE);
}

static gboolean
expunge(TwImapPeer *peer, const GArray *ranges, GError **error)
{
    g_autoptr(GArray) rows = tw_imap_view_rows(peer, ranges, error);
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMessagesDeleteArgs) args = { .store = peer->view.store,
                                          .folder = peer->view.folder,
                                          .status = TW_IMAP_STATUS_DELETED };

    if (rows == NULL)
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwIndexRow *row = &g_array_index(rows, TwIndexRow, i);

        if ((row->status & TW_IMAP_STATUS_DELETED) != 0)
            g_array_append_val(mids, row->mid);
    }
    args.messages = numbers_of(mids);
    return mids->len == 0 || tw_session_messages_delete(peer->session, &args, error);
}

static GArray *
all_uids(void)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    TwImapRange all = { 1, G_MAXUINT32 - 1 };

    g_array_append_val(ranges, all);
    return ranges;
}

gboolean
tw_imap_cmd_expunge(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GArray) ranges = NULL;
    g_autoptr(GError) error = NULL;

    if (peer->uid && (!tw_imap_take_char(args, ' ') || !tw_imap_take_messages(peer, args, &ranges)))
        return FALSE;
    if (!tw_imap_take_end(args))
        return FALSE;
    if (ranges == NULL)
        ranges = all_uids();
    if (peer->view.read_only)
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] The mailbox was opened to be read");
    else if (!expunge(peer, ranges, &error))
        tw_imap_done_error(peer, error);
    else
        tw_imap_done(peer, TW_IMAP_OK, "EXPUNGE done");
    return TRUE;
}

gboolean
tw_imap_cmd_close(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(GArray) ranges = all_uids();
    g_autoptr(GError) error = NULL;

    if (!tw_imap_take_end(args))
        return FALSE;
    if (!peer->view.read_only && !expunge(peer, ranges, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_leave(peer);
    tw_imap_tagged(peer, TW_IMAP_OK, "Closed");
    return TRUE;
}
