/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SELECT and EXAMINE, with CONDSTORE and QRESYNC (RFC 7162); UNSELECT; ENABLE (RFC 5161). */
#include <string.h>

#include "imap/imap-private.h"

enum {
    OUT_MOST = 32 << 20
};

void
tw_imap_leave(TwImapPeer *peer)
{
    tw_imap_view_clear(&peer->view);
    tw_imap_set_state(peer, TW_IMAP_IN);
}

/* What a client knows of a mailbox from an earlier session. */
typedef struct {
    gboolean given;
    guint32 uidvalidity;
    guint64 modseq;
    GArray *known; /* TwImapRange of uids, nullable: all */
} Resync;

static void
resync_clear(Resync *resync)
{
    g_clear_pointer(&resync->known, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Resync, resync_clear)

/* (uidvalidity modseq [known-uids [(numbers uids)]]) */
static gboolean
take_resync(TwCursor *args, Resync *ret)
{
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    TwImapUids none = { 0 };

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '(') ||
        !tw_imap_take_number(args, &ret->uidvalidity) || !tw_imap_take_char(args, ' ') ||
        !tw_imap_take_number64(args, &ret->modseq))
        return FALSE;
    if (tw_imap_take_char(args, ' ')) {
        if (tw_imap_take_set(args, set)) {
            ret->known = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
            (void) tw_imap_uids_resolve(&none, set, TRUE, ret->known);
            (void) tw_imap_take_char(args, ' ');
        }
        if (tw_imap_take_char(args, '(')) { /* what the client guesses of numbers: not needed */
            if (!tw_imap_take_set(args, set) || !tw_imap_take_char(args, ' ') ||
                !tw_imap_take_set(args, set) || !tw_imap_take_char(args, ')'))
                return FALSE;
        }
    }
    ret->given = TRUE;
    return tw_imap_take_char(args, ')');
}

static gboolean
take_params(TwImapPeer *peer, TwCursor *args, Resync *resync)
{
    if (!tw_imap_take_char(args, ' '))
        return TRUE;
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        if (tw_imap_take_word(args, "CONDSTORE"))
            peer->enabled |= TW_IMAP_CONDSTORE;
        else if (!tw_imap_take_word(args, "QRESYNC") || (peer->enabled & TW_IMAP_QRESYNC) == 0 ||
                 !take_resync(args, resync))
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

static void
tell_selected(TwImapPeer *peer, guint32 uidnext, guint32 unseen)
{
    const TwImapView *view = &peer->view;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    guint32 recent = tw_imap_view_count_recent(view);
    char text[300];

    tw_imap_put_flag_lists(view, &out);
    g_snprintf(text, sizeof text, "* %u EXISTS\r\n", view->uids.count);
    tw_imap_put_text(&out, text);
    if ((peer->enabled & TW_IMAP_REV2) == 0) {
        g_snprintf(text, sizeof text, "* %u RECENT\r\n", recent);
        tw_imap_put_text(&out, text);
    }
    if (unseen > 0 && (peer->enabled & TW_IMAP_REV2) == 0) {
        g_snprintf(text, sizeof text, "* OK [UNSEEN %u] First unseen\r\n", unseen);
        tw_imap_put_text(&out, text);
    }
    g_snprintf(text, sizeof text,
               "* OK [UIDVALIDITY %u] Valid\r\n* OK [UIDNEXT %u] Next\r\n"
               "* OK [HIGHESTMODSEQ %" G_GUINT64_FORMAT "] Highest\r\n* OK [MAILBOXID ",
               view->uidvalidity, MAX(uidnext, tw_imap_uids_last(&view->uids) + 1),
               MAX(view->cn, 1));
    tw_imap_put_text(&out, text);
    tw_imap_put_mailbox_id(&out, &view->store, view->folder);
    tw_imap_put_text(&out, "] Id\r\n");
    if ((peer->enabled & TW_IMAP_REV2) != 0) {
        tw_imap_put_text(&out, "* LIST () \"/\" ");
        tw_imap_put_mailbox(peer, &out, peer->view_name);
        tw_imap_put_text(&out, "\r\n");
    }
    tw_imap_write(peer, &out);
}

/* RFC 7162, 3.2.5: what went and what changed since. */
static void
tell_resync(TwImapPeer *peer, const Resync *resync)
{
    TwImapView *view = &peer->view;
    g_auto(TwFolderVanishedArgs) gone = { .store = view->store,
                                          .folder = view->folder,
                                          .since = resync->modseq,
                                          .most = TW_SESSION_MOST_ROWS };
    g_auto(TwFolderWindowArgs)
        changed = { .store = view->store, .folder = view->folder, .since = resync->modseq };
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);

    if (tw_session_folder_vanished(peer->session, &gone, NULL)) {
        for (guint i = 0; i < gone.rows->len; i++) {
            guint32 uid = g_array_index(gone.rows, TwTomb, i).uid;
            TwImapRange one = { uid, uid };

            if (uid != 0 && (resync->known == NULL || tw_imap_ranges_have(resync->known, uid)) &&
                tw_imap_uids_find(&view->uids, uid) == 0)
                g_array_append_val(uids, one);
        }
        tw_imap_ranges_merge(uids);
    } else { /* too long ago: all that is not there */
        guint32 last = 0;

        for (guint32 number = 1; number <= view->uids.count + 1; number++) {
            guint32 uid =
                number <= view->uids.count ? tw_imap_uids_at(&view->uids, number)
                : resync->known != NULL && resync->known->len > 0
                    ? g_array_index(resync->known, TwImapRange, resync->known->len - 1).last + 1
                    : 0;
            TwImapRange hole = { last + 1, uid - 1 };

            if (uid > last + 1)
                g_array_append_val(uids, hole);
            last = MAX(last, uid);
        }
    }
    if (uids->len > 0) {
        tw_imap_put_text(&out, "* VANISHED (EARLIER) ");
        tw_imap_ranges_put(&out, uids);
        tw_imap_put_text(&out, "\r\n");
    }
    if (tw_session_folder_window(peer->session, &changed, NULL) &&
        tw_imap_words_read(peer, changed.rows, NULL)) {
        for (guint i = 0; i < changed.rows->len; i++) {
            const TwIndexRow *row = &g_array_index(changed.rows, TwIndexRow, i);

            if (tw_imap_uids_find(&view->uids, row->uid) != 0 &&
                (resync->known == NULL || tw_imap_ranges_have(resync->known, row->uid)))
                tw_imap_put_flags_fetch(peer, &out, row);
        }
    }
    tw_imap_write(peer, &out);
}

static gboolean
enter(TwImapPeer *peer, const char *name, gboolean read_only, const Resync *resync, GError **error)
{
    g_auto(TwFolderOpenArgs) opened = { 0 };
    guint32 unseen, rights;

    if (!tw_imap_box_open(peer, name, &opened, error))
        return FALSE;
    rights = opened.row.rights;
    peer->view.store = opened.store;
    peer->view.folder = opened.folder;
    peer->view.rights = rights;
    peer->view.read_only =
        read_only ||
        (rights & (TW_RIGHT_EDIT | TW_RIGHT_EDIT_OWN | TW_RIGHT_DELETE | TW_RIGHT_DELETE_OWN)) == 0;
    if (!tw_imap_view_open(peer, &peer->view, &opened, &unseen, error))
        return FALSE;
    tw_imap_set_state(peer, TW_IMAP_SELECTED);
    peer->view_name = name;
    tell_selected(peer, opened.uidnext, unseen);
    peer->view_name = NULL;
    if (resync->given && resync->uidvalidity == peer->view.uidvalidity)
        tell_resync(peer, resync);
    return TRUE;
}

static gboolean
run(TwImapPeer *peer, TwCursor *args, gboolean read_only)
{
    g_autofree char *name = NULL;
    g_auto(Resync) resync = { 0 };
    g_autoptr(GError) error = NULL;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_mailbox(peer, args, &name) ||
        !take_params(peer, args, &resync) || !tw_imap_take_end(args))
        return FALSE;
    if (peer->state == TW_IMAP_SELECTED && (peer->enabled & (TW_IMAP_QRESYNC | TW_IMAP_REV2)) != 0)
        tw_conn_write_str(peer->conn, "* OK [CLOSED] Left\r\n");
    tw_imap_leave(peer);
    if (!enter(peer, name, read_only, &resync, &error)) {
        tw_imap_leave(peer);
        tw_imap_done_error(peer, error);
    } else {
        tw_imap_tagged(peer, TW_IMAP_OK,
                       peer->view.read_only ? "[READ-ONLY] Selected" : "[READ-WRITE] Selected");
    }
    return TRUE;
}

gboolean
tw_imap_cmd_select(TwImapPeer *peer, TwCursor *args)
{
    return run(peer, args, FALSE);
}

gboolean
tw_imap_cmd_examine(TwImapPeer *peer, TwCursor *args)
{
    return run(peer, args, TRUE);
}

gboolean
tw_imap_cmd_unselect(TwImapPeer *peer, TwCursor *args)
{
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_imap_leave(peer);
    tw_imap_tagged(peer, TW_IMAP_OK, "Left");
    return TRUE;
}

gboolean
tw_imap_cmd_enable(TwImapPeer *peer, TwCursor *args)
{
    static const struct {
        const char *word;
        guint bits;
    } words[] = { { "CONDSTORE", TW_IMAP_CONDSTORE },
                  { "QRESYNC", TW_IMAP_QRESYNC | TW_IMAP_CONDSTORE },
                  { "UTF8=ACCEPT", TW_IMAP_UTF8 },
                  { "IMAP4REV2", TW_IMAP_REV2 } };
    g_auto(TwBuffer) out = TW_BUFFER_INIT(4096);
    TwCursor atom;

    tw_imap_put_text(&out, "* ENABLED");
    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    do {
        if (!tw_imap_take_atom(args, &atom))
            return FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
            if (atom.left != strlen(words[i].word) ||
                g_ascii_strncasecmp((const char *) atom.next, words[i].word, atom.left) != 0 ||
                (peer->enabled & words[i].bits) == words[i].bits)
                continue;
            peer->enabled |= words[i].bits;
            tw_buffer_put_u8(&out, ' ');
            tw_imap_put_text(&out, words[i].word);
        }
    } while (tw_imap_take_char(args, ' '));
    if (!tw_imap_take_end(args))
        return FALSE;
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
    tw_imap_done(peer, TW_IMAP_OK, "ENABLE done");
    return TRUE;
}
