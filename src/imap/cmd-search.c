/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SEARCH, with ESEARCH (RFC 4731) and SEARCHRES (RFC 5182). */
#include "imap/imap-private.h"
#include "imap/result.h"
#include "imap/search-match.h"

gboolean
tw_imap_cmd_search(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(TwImapKey) key = NULL;
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GError) error = NULL;
    TwImapReturns returns;
    gint known = 1;
    gboolean modseq;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_returns(args, &returns))
        return FALSE;
    if (tw_imap_take_word(args, "CHARSET")) {
        known = tw_imap_take_char(args, ' ') ? tw_imap_take_charset(args) : -1;
        if (known < 0 || !tw_imap_take_char(args, ' '))
            return FALSE;
    }
    if (known == 0) {
        tw_imap_done(peer, TW_IMAP_NO, "[BADCHARSET (US-ASCII UTF-8)] This charset is not known");
        return TRUE;
    }
    if (!tw_imap_take_keys(args, &key))
        return FALSE;
    modseq = tw_imap_key_has(key, TW_IMAP_KEY_MODSEQ);
    if (modseq)
        tw_imap_view_condstore(peer);
    rows = tw_imap_search(peer, key, &error);
    if (rows == NULL) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    tw_imap_put_result(peer, "SEARCH", &returns, rows, modseq);
    tw_imap_done(peer, TW_IMAP_OK, "SEARCH done");
    return TRUE;
}
