/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keywords of the selected mailbox. The first 64 of a folder are bits of a message's row, which is in memory; those that came later stand
 * in its head, which has to be read. So heads are read for flags in a folder with more than 64 keywords, and only there.
 */
#include "imap/imap-private.h"

gboolean
tw_imap_view_keywords(TwImapPeer *peer, gboolean tell, GError **error)
{
    TwImapView *view = &peer->view;
    g_auto(TwKeywordsArgs) args = { .store = view->store, .folder = view->folder };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4 << 20);
    guint count;

    if (!tw_session_keywords(peer->session, &args, error))
        return FALSE;
    count = g_strv_length(args.names);
    if (count == view->keyword_count && view->keywords != NULL)
        return TRUE;
    g_strfreev(view->keywords);
    view->keywords = g_steal_pointer(&args.names);
    view->keyword_count = count;
    if (tell && !view->aside) {
        tw_imap_put_flag_lists(view, &out);
        tw_imap_write(peer, &out);
    }
    return TRUE;
}

/* Whether a message has a keyword whose name is not known yet. One more than 64 shows in heads alone: whoever has as many asks. */
static gboolean
is_new(const TwImapView *view, guint64 kw)
{
    return view->keyword_count >= TW_IMAP_KEYWORDS_IN_ROW || kw >> view->keyword_count != 0;
}

gboolean
tw_imap_view_keywords_of(TwImapPeer *peer, const GArray *rows, GError **error)
{
    for (guint i = 0; i < rows->len; i++) {
        if (is_new(&peer->view, g_array_index(rows, TwIndexRow, i).kw))
            return tw_imap_view_keywords(peer, TRUE, error);
    }
    return TRUE;
}

/* ---- of messages ---- */

void
tw_imap_words_take(TwImapView *view, const GArray *mails)
{
    g_clear_pointer(&view->words, g_hash_table_unref);
    if (view->keyword_count <= TW_IMAP_KEYWORDS_IN_ROW)
        return;
    view->words = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (guint i = 0; i < mails->len; i++) {
        const TwMessageRow *row = &g_array_index(mails, TwMailRow, i).row;
        TwKeywordSet set;

        tw_message_row_keywords(row, &set);
        if (set.overflow_count > 0)
            g_hash_table_insert(view->words, GUINT_TO_POINTER(row->mid),
                                g_memdup2(&set, sizeof set));
    }
}

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    const TwIndexRow *a = left, *b = right;

    return (a->mid > b->mid) - (a->mid < b->mid);
}

gboolean
tw_imap_words_read(TwImapPeer *peer, const GArray *rows, GError **error)
{
    g_autoptr(GArray) sorted = NULL, mails = NULL;

    g_clear_pointer(&peer->view.words, g_hash_table_unref);
    if (peer->view.keyword_count <= TW_IMAP_KEYWORDS_IN_ROW || rows->len == 0)
        return TRUE;
    sorted = g_array_sized_new(FALSE, FALSE, sizeof(TwIndexRow), rows->len);
    g_array_append_vals(sorted, rows->data, rows->len);
    g_array_sort(sorted, compare_mids);
    mails = tw_imap_mail_rows(peer, (const TwIndexRow *) (gpointer) sorted->data, sorted->len,
                              FALSE, error);
    if (mails == NULL)
        return FALSE;
    tw_imap_words_take(&peer->view, mails);
    return TRUE;
}

gboolean
tw_imap_words_next(const TwImapView *view, const TwIndexRow *row, guint *io_number)
{
    const TwKeywordSet *more =
        view->words != NULL ? g_hash_table_lookup(view->words, GUINT_TO_POINTER(row->mid)) : NULL;

    if (*io_number < MIN(view->keyword_count, (guint) TW_IMAP_KEYWORDS_IN_ROW) &&
        row->kw >> *io_number != 0) {
        guint number = *io_number + (guint) __builtin_ctzll(row->kw >> *io_number);

        if (number < view->keyword_count) {
            *io_number = number;
            return TRUE;
        }
    }
    for (guint i = 0; more != NULL && i < more->overflow_count; i++) {
        if (more->overflow[i] >= *io_number && more->overflow[i] < view->keyword_count) {
            *io_number = more->overflow[i];
            return TRUE;
        }
    }
    return FALSE;
}
