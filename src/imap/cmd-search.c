/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * SEARCH, with ESEARCH (RFC 4731) and SEARCHRES (RFC 5182); the command ESEARCH, which searches many mailboxes (RFC 7377);
 * CANCELUPDATE (RFC 5267).
 */
#include "imap/context.h"
#include "imap/filter.h"
#include "imap/result.h"
#include "imap/search.h"

enum {
    FILTERS_MOST = 100 /* of one command */
};

gboolean
tw_imap_cmd_search(TwImapPeer *peer, TwCursor *args)
{
    return tw_imap_run_search(peer, args, "SEARCH", tw_imap_find_by_keys);
}

gboolean
tw_imap_cmd_cancelupdate(TwImapPeer *peer, TwCursor *args)
{
    gboolean known = TRUE, more = FALSE;

    while (tw_imap_take_char(args, ' ')) {
        g_autofree char *tag = NULL;

        if (!tw_imap_take_string(args, &tag))
            return FALSE;
        known &= tw_imap_context_end(&peer->view, tag);
        more = TRUE;
    }
    if (!more || !tw_imap_take_end(args))
        return FALSE;
    tw_imap_done(peer, known ? TW_IMAP_OK : TW_IMAP_BAD,
                 known ? "CANCELUPDATE done" : "No such search");
    return TRUE;
}

/* ---- many mailboxes ---- */

/* IN (personal subtree (a b)) and a blank. */
static gboolean
take_in(TwImapPeer *peer, TwCursor *args, GArray *filters)
{
    if (!tw_imap_take_word(args, "IN"))
        return TRUE;
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))
        return FALSE;
    do {
        TwImapFilter filter;

        if (filters->len == FILTERS_MOST || !tw_imap_take_filter(peer, args, &filter))
            return FALSE;
        g_array_append_val(filters, filter);
        if (filter.kind == TW_IMAP_FILTER_SELECTED_DELAYED)
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')') && tw_imap_take_char(args, ' ');
}

/* Searches one mailbox beside the selected one. FALSE: the command is not understood. */
static gboolean
search_box(TwImapPeer *peer, const TwImapBox *box, TwCursor args, TwImapFound *ret, GError **error)
{
    g_auto(TwFolderOpenArgs) opened = { .store = box->store, .folder = box->folder };
    TwImapView selected = peer->view;
    gboolean understood = TRUE;
    guint32 unseen;

    *ret = (TwImapFound){ 0 };
    peer->view = (TwImapView){
        .store = box->store, .folder = box->folder, .read_only = TRUE, .aside = TRUE
    };
    if (tw_session_folder_open(peer->session, &opened, error) &&
        tw_imap_view_open(peer, &peer->view, &opened, &unseen, error))
        understood = tw_imap_find_by_keys(peer, &args, ret, error);
    tw_imap_view_clear(&peer->view);
    peer->view = selected;
    return understood;
}

static gboolean
is_meant(const TwImapPeer *peer,
         const GArray *filters,
         const TwImapBox *box,
         GHashTable *subscribed)
{
    if (box->folder == 0 || (box->flags & TW_IMAP_BOX_NOSELECT) != 0 ||
        (box->rights & TW_RIGHT_READ) == 0)
        return FALSE;
    for (guint i = 0; i < filters->len; i++) {
        if (tw_imap_filter_means(&g_array_index(filters, TwImapFilter, i), peer, box, subscribed))
            return TRUE;
    }
    return FALSE;
}

/* What keys there are must be known before the first mailbox is looked at. */
static gboolean
look_at_keys(TwCursor args, gboolean *ret_numbers, gboolean *ret_bad_charset)
{
    g_autoptr(TwImapKey) key = NULL;
    gint known = 1;

    if (tw_imap_take_word(&args, "CHARSET")) {
        known = tw_imap_take_char(&args, ' ') ? tw_imap_take_charset(&args) : -1;
        if (known < 0 || !tw_imap_take_char(&args, ' '))
            return FALSE;
    }
    *ret_bad_charset = known == 0;
    if (*ret_bad_charset)
        return TRUE;
    if (!tw_imap_take_keys(&args, &key))
        return FALSE;
    *ret_numbers =
        tw_imap_key_has(key, TW_IMAP_KEY_NUMBERS) || tw_imap_key_has(key, TW_IMAP_KEY_SAVED);
    return TRUE;
}

static gboolean
search_all(TwImapPeer *peer,
           const GArray *filters,
           const TwImapReturns *returns,
           TwCursor args,
           GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, tw_imap_filters_tree(filters), error);
    g_autoptr(GHashTable) subscribed = tw_imap_subscriptions(peer, error);

    if (boxes == NULL || subscribed == NULL)
        return FALSE;
    for (guint i = 0; i < boxes->len; i++) {
        const TwImapBox *box = &g_array_index(boxes, TwImapBox, i);
        TwImapReturns told = *returns;
        g_autoptr(GArray) rows = NULL;
        TwImapFound found;

        if (!is_meant(peer, filters, box, subscribed))
            continue;
        told.box = box;
        told.given = TRUE;
        if ((told.what & TW_IMAP_RETURN_SHOWN) == 0)
            told.what |= TW_IMAP_RETURN_ALL;
        /* a mailbox that went meanwhile has no messages */
        if (search_box(peer, box, args, &found, NULL) && found.rows != NULL) {
            rows = found.rows;
            if (rows->len > 0)
                tw_imap_put_result(peer, "SEARCH", &told, rows, found.modseq);
        }
        tw_imap_progress(peer, i + 1, boxes->len);
    }
    return TRUE;
}

gboolean
tw_imap_cmd_esearch(TwImapPeer *peer, TwCursor *args)
{
    static const TwImapFilter selected = { .kind = TW_IMAP_FILTER_SELECTED };
    g_autoptr(GArray) filters = tw_imap_filters_new();
    g_autoptr(GError) error = NULL;
    TwImapReturns returns;
    gboolean numbers = FALSE, bad_charset = FALSE;

    if (!tw_imap_take_char(args, ' ') || !take_in(peer, args, filters) ||
        !tw_imap_take_returns(args, &returns) || !look_at_keys(*args, &numbers, &bad_charset))
        return FALSE;
    if (numbers || (filters->len == 0 && peer->state != TW_IMAP_SELECTED))
        return FALSE; /* RFC 7377, 2: of no mailbox in particular */
    if (filters->len == 0)
        g_array_append_val(filters, selected);
    peer->uid = TRUE;
    if (bad_charset)
        tw_imap_done(peer, TW_IMAP_NO, "[BADCHARSET (US-ASCII UTF-8)] This charset is not known");
    else if ((returns.what & (TW_IMAP_RETURN_SAVE | TW_IMAP_RETURN_UPDATE)) != 0)
        tw_imap_done(peer, TW_IMAP_NO, "[CANNOT] Only of the selected mailbox, by SEARCH");
    else if (!search_all(peer, filters, &returns, *args, &error))
        tw_imap_done_error(peer, error);
    else
        tw_imap_done(peer, TW_IMAP_OK, "ESEARCH done");
    return TRUE;
}
