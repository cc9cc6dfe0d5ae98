/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * STORE: flags and keywords of many messages in one change, with UNCHANGEDSINCE (RFC 7162). What is told afterwards is read
 * again, so that it is right whoever else changed something meanwhile.
 */
#include <string.h>

#include "imap/imap-private.h"

enum {
    OUT_MOST = 32 << 20
};

typedef enum {
    REPLACE,
    ADD,
    REMOVE,
} Mode;

typedef struct {
    GArray *ranges;
    Mode mode;
    gboolean silent, conditional;
    guint64 unchanged_since;
    GPtrArray *names;
} Store;

static void
store_clear(Store *store)
{
    g_clear_pointer(&store->ranges, g_array_unref);
    g_clear_pointer(&store->names, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Store, store_clear)

static gboolean
take_what(TwCursor *args, Store *store)
{
    static const struct {
        const char *word;
        gboolean silent;
    } words[] = { { "FLAGS", FALSE }, { "FLAGS.SILENT", TRUE } };

    store->mode = tw_imap_take_char(args, '+')   ? ADD
                  : tw_imap_take_char(args, '-') ? REMOVE
                                                 : REPLACE;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (tw_imap_take_word(args, words[i].word)) {
            store->silent = words[i].silent;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
take_store(TwImapPeer *peer, TwCursor *args, Store *store)
{
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_messages(peer, args, &store->ranges) ||
        !tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_char(args, '(')) {
        if (!tw_imap_take_word(args, "UNCHANGEDSINCE") || !tw_imap_take_char(args, ' ') ||
            !tw_imap_take_number64(args, &store->unchanged_since) ||
            !tw_imap_take_char(args, ')') || !tw_imap_take_char(args, ' '))
            return FALSE;
        store->conditional = TRUE;
        tw_imap_view_condstore(peer);
    }
    return take_what(args, store) && tw_imap_take_char(args, ' ') &&
           tw_imap_take_flags(args, TRUE, store->names) && tw_imap_take_end(args);
}

static gboolean
make_change(TwImapPeer *peer, const Store *store, TwFlagChange *ret, GError **error)
{
    static const guint all = TW_IMAP_SEEN | TW_IMAP_ANSWERED | TW_IMAP_FLAGGED | TW_IMAP_DELETED |
                             TW_IMAP_DRAFT | TW_IMAP_FORWARDED;
    g_autoptr(GArray) words = g_array_new(FALSE, FALSE, sizeof(gint));
    guint flags;

    if (!tw_imap_flags_resolve(peer, &peer->view.store, peer->view.folder, store->names,
                               store->mode != REMOVE, &flags, words, error))
        return FALSE;
    *ret = (TwFlagChange){ .unchanged_since = store->unchanged_since };
    tw_imap_flags_to_change(store->mode != REMOVE ? flags : 0,
                            store->mode == REMOVE    ? flags
                            : store->mode == REPLACE ? all & ~flags
                                                     : 0,
                            ret);
    ret->kw_exact = store->mode == REPLACE;
    for (guint i = 0; i < words->len; i++) {
        if (!tw_flag_change_keyword(ret, (guint) g_array_index(words, gint, i),
                                    store->mode != REMOVE)) {
            g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "too many keywords at once");
            return FALSE;
        }
    }
    return TRUE;
}

/* Messages in the order of their numbers, which the engine wants. (element-type guint32) */
static GArray *
mids_of(const GArray *rows)
{
    GArray *mids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), rows->len);

    for (guint i = 0; i < rows->len; i++)
        g_array_append_val(mids, g_array_index(rows, TwIndexRow, i).mid);
    return mids;
}

/* What became of each, by message. */
static GHashTable *
results_of(const GArray *done)
{
    GHashTable *results = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < done->len; i++) {
        TwMessageDone *one = &g_array_index(done, TwMessageDone, i);

        g_hash_table_insert(results, GUINT_TO_POINTER(one->mid), one);
    }
    return results;
}

static void
put_modseq_fetch(TwImapPeer *peer, TwBuffer *out, guint32 uid, guint64 modseq)
{
    tw_imap_put_text(out, "* ");
    tw_imap_put_number(out, tw_imap_uids_find(&peer->view.uids, uid));
    tw_imap_put_text(out, " FETCH (UID ");
    tw_imap_put_number(out, uid);
    tw_imap_put_text(out, " MODSEQ (");
    tw_imap_put_number(out, modseq);
    tw_imap_put_text(out, "))\r\n");
}

/* When all that happened in the store since the last news is this change, there is no news to be read of it; but for
 * searches that are told of. */
static void
pass_own(TwImapView *view, const GArray *done)
{
    guint64 last = 0, count = 0;

    if (view->contexts != NULL)
        return;
    for (guint i = 0; i < done->len; i++) {
        guint64 cn = g_array_index(done, TwMessageDone, i).cn;

        last = MAX(last, cn);
        count += cn != 0 ? 1 : 0;
    }
    if (count == 0 || last - view->cn != count)
        return;
    if (view->gone_cn == view->cn)
        view->gone_cn = last;
    view->cn = last;
}

/* Tells what was changed; failed takes the numbers of those that had been changed before. before: rows as they were. */
static gboolean
tell(TwImapPeer *peer,
     const Store *store,
     GArray *before,
     const GArray *done,
     GArray *failed,
     GError **error)
{
    TwImapView *view = &peer->view;
    g_autoptr(GHashTable) results = results_of(done);
    g_autoptr(GArray) rows =
        store->silent ? g_array_ref(before) : tw_imap_view_rows(peer, store->ranges, error);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);

    if (rows == NULL || !tw_imap_view_keywords(peer, TRUE, error) ||
        (!store->silent && !tw_imap_words_read(peer, rows, error)))
        return FALSE;
    for (guint i = 0; i < rows->len; i++) {
        const TwIndexRow *row = &g_array_index(rows, TwIndexRow, i);
        const TwMessageDone *one = g_hash_table_lookup(results, GUINT_TO_POINTER(row->mid));

        if (one == NULL)
            continue;
        if (one->modified) {
            tw_imap_ranges_add(failed,
                               peer->uid ? row->uid : tw_imap_uids_find(&view->uids, row->uid));
        } else if (!store->silent) {
            tw_imap_put_flags_fetch(peer, &out, row);
            tw_imap_view_told(view, row->uid, row->modseq);
        } else if (one->cn != 0) {
            if ((peer->enabled & TW_IMAP_CONDSTORE) != 0)
                put_modseq_fetch(peer, &out, row->uid, one->cn);
            tw_imap_view_told(view, row->uid, one->cn);
        }
    }
    pass_own(view, done);
    tw_imap_write(peer, &out);
    return TRUE;
}

/* imap_expunge_on_delete */
static gboolean
expunge_at_once(TwImapPeer *peer, const TwFlagChange *change, const GArray *mids, GError **error)
{
    g_auto(TwMessagesDeleteArgs)
        args = { .store = peer->view.store,
                 .folder = peer->view.folder,
                 .messages = { (const guint32 *) (gpointer) mids->data, mids->len } };

    return !peer->options->expunge_deleted || (change->status_set & TW_IMAP_STATUS_DELETED) == 0 ||
           tw_session_messages_delete(peer->session, &args, error);
}

static gboolean
run(TwImapPeer *peer, const Store *store, GArray *failed, GError **error)
{
    g_autoptr(GArray) rows = tw_imap_view_rows(peer, store->ranges, error);
    g_autoptr(GArray) mids = rows != NULL ? mids_of(rows) : NULL;
    g_auto(TwMessagesMarkArgs) mark = { .store = peer->view.store, .folder = peer->view.folder };

    if (mids == NULL || !make_change(peer, store, &mark.change, error))
        return FALSE;
    if (mids->len == 0)
        return TRUE;
    if (store->conditional && store->unchanged_since == 0) { /* nothing is that old */
        for (guint i = 0; i < rows->len; i++) {
            guint32 uid = g_array_index(rows, TwIndexRow, i).uid;
            tw_imap_ranges_add(failed, peer->uid ? uid : tw_imap_uids_find(&peer->view.uids, uid));
        }
        return TRUE;
    }
    mark.messages = (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
    return tw_session_messages_mark(peer->session, &mark, error) &&
           tell(peer, store, rows, mark.done, failed, error) &&
           expunge_at_once(peer, &mark.change, mids, error);
}

gboolean
tw_imap_cmd_store(TwImapPeer *peer, TwCursor *args)
{
    g_auto(Store) store = { .names = g_ptr_array_new_with_free_func(g_free) };
    g_autoptr(GArray) failed = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_auto(TwBuffer) text = TW_BUFFER_INIT(1 << 20);
    g_autoptr(GError) error = NULL;

    if (!take_store(peer, args, &store))
        return FALSE;
    if (peer->view.read_only) {
        tw_imap_done(peer, TW_IMAP_NO, "[NOPERM] The mailbox was opened to be read");
        return TRUE;
    }
    if (!run(peer, &store, failed, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    if (failed->len == 0) {
        tw_imap_done(peer, TW_IMAP_OK, "STORE done");
        return TRUE;
    }
    tw_imap_put_text(&text, "[MODIFIED ");
    tw_imap_ranges_put(&text, failed);
    tw_imap_put_text(&text, "] Some had been changed");
    tw_buffer_put_u8(&text, 0);
    tw_imap_done(peer, TW_IMAP_OK, (const char *) text.data);
    return TRUE;
}
