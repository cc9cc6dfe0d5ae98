/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/result.h"

#include <string.h>

#include "imap/context.h"
#include "imap/search-match.h"

enum {
    OUT_MOST = 32 << 20
};

/* 1:50, or -1:-50 from the end. */
static gboolean
take_partial(TwCursor *args, TwImapReturns *ret)
{
    gboolean back = tw_imap_take_char(args, '-');
    guint32 first, last;

    if (!tw_imap_take_number(args, &first) || !tw_imap_take_char(args, ':') ||
        (back && !tw_imap_take_char(args, '-')) || !tw_imap_take_number(args, &last) ||
        first == 0 || last == 0)
        return FALSE;
    ret->first = back ? -(gint64) MIN(first, last) : (gint64) MIN(first, last);
    ret->last = back ? -(gint64) MAX(first, last) : (gint64) MAX(first, last);
    return TRUE;
}

gboolean
tw_imap_take_returns(TwCursor *args, TwImapReturns *ret)
{
    static const struct {
        const char *word;
        guint what;
    } words[] = { { "MIN", TW_IMAP_RETURN_MIN },       { "MAX", TW_IMAP_RETURN_MAX },
                  { "ALL", TW_IMAP_RETURN_ALL },       { "COUNT", TW_IMAP_RETURN_COUNT },
                  { "SAVE", TW_IMAP_RETURN_SAVE },     { "PARTIAL", TW_IMAP_RETURN_PARTIAL },
                  { "UPDATE", TW_IMAP_RETURN_UPDATE }, { "CONTEXT", TW_IMAP_RETURN_CONTEXT } };

    *ret = (TwImapReturns){ 0 };
    if (!tw_imap_take_word(args, "RETURN"))
        return TRUE;
    ret->given = TRUE;
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_char(args, '('))
        return FALSE;
    if (!tw_imap_take_char(args, ')')) {
        do {
            guint i = 0;

            while (i < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[i].word))
                i++;
            if (i == G_N_ELEMENTS(words))
                return FALSE;
            ret->what |= words[i].what;
            if (words[i].what == TW_IMAP_RETURN_PARTIAL &&
                (!tw_imap_take_char(args, ' ') || !take_partial(args, ret)))
                return FALSE;
        } while (tw_imap_take_char(args, ' '));
        if (!tw_imap_take_char(args, ')'))
            return FALSE;
    }
    if ((ret->what & ~(guint) TW_IMAP_RETURN_CONTEXT) == 0)
        ret->what |= TW_IMAP_RETURN_ALL;
    return tw_imap_take_char(args, ' ');
}

gint
tw_imap_take_charset(TwCursor *args)
{
    g_autofree char *name = NULL;

    if (!tw_imap_take_astring(args, &name))
        return -1;
    return g_ascii_strcasecmp(name, "UTF-8") == 0 || g_ascii_strcasecmp(name, "US-ASCII") == 0;
}

static guint32
number_of(const TwImapPeer *peer, const GArray *rows, guint index)
{
    guint32 uid = g_array_index(rows, TwIndexRow, index).uid;

    return peer->uid ? uid : tw_imap_uids_find(&peer->view.uids, uid);
}

/* Runs that ascend by one are shortened; order is kept. */
static void
put_run(const TwImapPeer *peer, TwBuffer *out, const GArray *rows, guint from, guint end)
{
    for (guint i = from; i < end;) {
        guint32 first = number_of(peer, rows, i), last = first;

        for (i++; i < end && number_of(peer, rows, i) == last + 1; i++)
            last++;
        tw_imap_put_number(out, first);
        if (last > first) {
            tw_buffer_put_u8(out, ':');
            tw_imap_put_number(out, last);
        }
        if (i < end)
            tw_buffer_put_u8(out, ',');
    }
}

static void
put_item(TwBuffer *out, const char *name, guint64 value)
{
    tw_imap_put_text(out, name);
    tw_imap_put_number(out, value);
}

/* The smallest or the largest: of what is sorted the first and the last. */
static guint32
edge(const TwImapPeer *peer, const GArray *rows, gboolean largest)
{
    return number_of(peer, rows, largest ? rows->len - 1 : 0);
}

static void
put_partial(const TwImapPeer *peer, TwBuffer *out, const TwImapReturns *returns, const GArray *rows)
{
    gint64 count = (gint64) rows->len;
    gint64 first = returns->first > 0 ? returns->first : count + 1 + returns->last;
    gint64 last = returns->first > 0 ? returns->last : count + 1 + returns->first;

    tw_imap_put_text(out, " PARTIAL (");
    if (returns->first < 0)
        tw_buffer_put_u8(out, '-');
    tw_imap_put_number(out, (guint64) ABS(returns->first));
    tw_imap_put_text(out, returns->first < 0 ? ":-" : ":");
    tw_imap_put_number(out, (guint64) ABS(returns->last));
    tw_buffer_put_u8(out, ' ');
    first = MAX(first, 1);
    last = MIN(last, count);
    if (first <= last)
        put_run(peer, out, rows, (guint) first - 1, (guint) last);
    else
        tw_imap_put_text(out, "NIL");
    tw_buffer_put_u8(out, ')');
}

/* RFC 7162, 3.1.5: of all that is told; where only the first or last is, of these. */
static guint64
highest(const GArray *rows, guint what)
{
    gboolean min = (what & TW_IMAP_RETURN_MIN) != 0, max = (what & TW_IMAP_RETURN_MAX) != 0;
    gboolean all = (!min && !max) || (what & (TW_IMAP_RETURN_ALL | TW_IMAP_RETURN_COUNT)) != 0;
    guint64 modseq = 0;

    for (guint i = 0; i < rows->len; i++) {
        if (all || (min && i == 0) || (max && i + 1 == rows->len))
            modseq = MAX(modseq, g_array_index(rows, TwIndexRow, i).modseq);
    }
    return modseq;
}

static void
put_extended(TwImapPeer *peer,
             TwBuffer *out,
             const TwImapReturns *returns,
             const GArray *rows,
             gboolean modseq)
{
    guint what = returns->given ? returns->what : TW_IMAP_RETURN_ALL;

    tw_imap_put_text(out, "* ESEARCH (TAG ");
    tw_imap_put_string(out, peer->tag, strlen(peer->tag));
    if (returns->box != NULL) {
        tw_imap_put_text(out, " MAILBOX ");
        tw_imap_put_mailbox(peer, out, returns->box->name);
        put_item(out, " UIDVALIDITY ", returns->box->row->uidvalidity);
    }
    tw_imap_put_text(out, peer->uid ? ") UID" : ")");
    if (rows->len > 0 && (what & TW_IMAP_RETURN_MIN) != 0)
        put_item(out, " MIN ", edge(peer, rows, FALSE));
    if (rows->len > 0 && (what & TW_IMAP_RETURN_MAX) != 0)
        put_item(out, " MAX ", edge(peer, rows, TRUE));
    if (rows->len > 0 && (what & TW_IMAP_RETURN_ALL) != 0) {
        tw_imap_put_text(out, " ALL ");
        put_run(peer, out, rows, 0, rows->len);
    }
    if ((what & TW_IMAP_RETURN_COUNT) != 0)
        put_item(out, " COUNT ", rows->len);
    if ((what & TW_IMAP_RETURN_PARTIAL) != 0)
        put_partial(peer, out, returns, rows);
    if (modseq && rows->len > 0)
        put_item(out, " MODSEQ ", highest(rows, what));
    tw_imap_put_text(out, "\r\n");
}

static void
save(TwImapPeer *peer, const TwImapReturns *returns, const GArray *rows)
{
    GArray *saved = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    gboolean edges = (returns->what & (TW_IMAP_RETURN_MIN | TW_IMAP_RETURN_MAX)) != 0 &&
                     (returns->what & (TW_IMAP_RETURN_ALL | TW_IMAP_RETURN_COUNT)) == 0;

    for (guint i = 0; i < rows->len; i++) {
        guint32 uid = g_array_index(rows, TwIndexRow, i).uid;
        TwImapRange one = { uid, uid };

        if (!edges || (i == 0 && (returns->what & TW_IMAP_RETURN_MIN) != 0) ||
            (i + 1 == rows->len && (returns->what & TW_IMAP_RETURN_MAX) != 0))
            g_array_append_val(saved, one);
    }
    tw_imap_ranges_merge(saved);
    g_clear_pointer(&peer->view.saved, g_array_unref);
    peer->view.saved = saved;
}

void
tw_imap_put_result(TwImapPeer *peer,
                   const char *word,
                   const TwImapReturns *returns,
                   const GArray *rows,
                   gboolean modseq)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    gboolean extended =
        returns->given || ((peer->enabled & TW_IMAP_REV2) != 0 && g_strcmp0(word, "SEARCH") == 0);

    if ((returns->what & TW_IMAP_RETURN_SAVE) != 0)
        save(peer, returns, rows);
    if (extended && (!returns->given || returns->what != TW_IMAP_RETURN_SAVE)) {
        put_extended(peer, &out, returns, rows, modseq);
    } else if (!extended) {
        tw_imap_put_text(&out, "* ");
        tw_imap_put_text(&out, word);
        for (guint i = 0; i < rows->len; i++) {
            tw_buffer_put_u8(&out, ' ');
            tw_imap_put_number(&out, number_of(peer, rows, i));
        }
        if (modseq && rows->len > 0) {
            put_item(&out, " (MODSEQ ", highest(rows, TW_IMAP_RETURN_ALL));
            tw_buffer_put_u8(&out, ')');
        }
        tw_imap_put_text(&out, "\r\n");
    }
    tw_imap_write(peer, &out);
}

/* ---- commands ---- */

gboolean
tw_imap_find_by_keys(TwImapPeer *peer, TwCursor *args, TwImapFound *ret, GError **error)
{
    g_autoptr(TwImapKey) key = NULL;
    gint known = 1;

    *ret = (TwImapFound){ 0 };
    if (tw_imap_take_word(args, "CHARSET")) {
        known = tw_imap_take_char(args, ' ') ? tw_imap_take_charset(args) : -1;
        if (known < 0 || !tw_imap_take_char(args, ' '))
            return FALSE;
    }
    ret->bad_charset = known == 0;
    if (ret->bad_charset)
        return TRUE;
    if (!tw_imap_take_keys(args, &key))
        return FALSE;
    ret->modseq = tw_imap_key_has(key, TW_IMAP_KEY_MODSEQ);
    ret->numbers = tw_imap_key_has(key, TW_IMAP_KEY_NUMBERS);
    if (ret->modseq)
        tw_imap_view_condstore(peer);
    ret->rows = tw_imap_search(peer, key, error);
    return TRUE;
}

gboolean
tw_imap_run_search(TwImapPeer *peer, TwCursor *args, const char *word, TwImapFind find)
{
    g_autofree char *done = g_strconcat(word, " done", NULL);
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GError) error = NULL;
    TwImapReturns returns;
    TwImapFound found;
    TwCursor asked;

    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_returns(args, &returns))
        return FALSE;
    asked = *args;
    if (!find(peer, args, &found, &error))
        return FALSE;
    rows = found.rows;
    if (found.bad_charset) {
        tw_imap_done(peer, TW_IMAP_NO, "[BADCHARSET (US-ASCII UTF-8)] This charset is not known");
    } else if (rows == NULL) {
        tw_imap_done_error(peer, error);
    } else {
        tw_imap_put_result(peer, word, &returns, rows, found.modseq);
        if ((returns.what & TW_IMAP_RETURN_UPDATE) != 0)
            tw_imap_context_begin(peer, find, &asked, &found);
        tw_imap_done(peer, TW_IMAP_OK, done);
    }
    return TRUE;
}
