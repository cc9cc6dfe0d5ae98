/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SORT and THREAD (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267). */
#include <string.h>

#include "imap/result.h"
#include "imap/search-match.h"
#include "imap/sort-keys.h"
#include "imap/thread.h"

enum {
    KEYS_MOST = 20,
    OUT_MOST = 32 << 20,
};

static const char *const kinds[] = {
    [TW_IMAP_SORT_ARRIVAL] = "ARRIVAL",
    [TW_IMAP_SORT_CC] = "CC",
    [TW_IMAP_SORT_DATE] = "DATE",
    [TW_IMAP_SORT_DISPLAYFROM] = "DISPLAYFROM",
    [TW_IMAP_SORT_DISPLAYTO] = "DISPLAYTO",
    [TW_IMAP_SORT_FROM] = "FROM",
    [TW_IMAP_SORT_SIZE] = "SIZE",
    [TW_IMAP_SORT_SUBJECT] = "SUBJECT",
    [TW_IMAP_SORT_TO] = "TO",
};

typedef struct {
    guint8 kind[KEYS_MOST];
    gboolean reverse[KEYS_MOST];
    guint count;
} Order;

/* ---- SORT ---- */

static gint
compare_texts(const TwImapSortEntry *a, const TwImapSortEntry *b, TwImapSortKind kind)
{
    for (guint i = 0; kind == TW_IMAP_SORT_SUBJECT && i < TW_IMAP_SORT_START; i++) {
        if (a->start[i] != b->start[i])
            return a->start[i] > b->start[i] ? 1 : -1;
    }
    return strcmp(a->text[kind], b->text[kind]);
}

static gint
compare_entries(gconstpointer left, gconstpointer right, gpointer data)
{
    const TwImapSortEntry *a = left, *b = right;
    const Order *order = data;

    for (guint i = 0; i < order->count; i++) {
        TwImapSortKind kind = (TwImapSortKind) order->kind[i];
        gint sign;

        if (kind == TW_IMAP_SORT_ARRIVAL)
            sign = (a->recv > b->recv) - (a->recv < b->recv);
        else if (kind == TW_IMAP_SORT_DATE)
            sign = (a->date > b->date) - (a->date < b->date);
        else if (kind == TW_IMAP_SORT_SIZE)
            sign = (a->size > b->size) - (a->size < b->size);
        else
            sign = compare_texts(a, b, kind);
        if (sign != 0)
            return order->reverse[i] ? -sign : sign;
    }
    return (a->row.uid > b->row.uid) - (a->row.uid < b->row.uid);
}

static gboolean
take_order(TwCursor *args, Order *order)
{
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        guint i = 0;

        if (order->count == KEYS_MOST)
            return FALSE;
        order->reverse[order->count] = tw_imap_take_word(args, "REVERSE");
        if (order->reverse[order->count] && !tw_imap_take_char(args, ' '))
            return FALSE;
        while (i < TW_IMAP_SORT_KINDS && !tw_imap_take_word(args, kinds[i]))
            i++;
        if (i == TW_IMAP_SORT_KINDS)
            return FALSE;
        order->kind[order->count++] = (guint8) i;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

/* The charset and the keys behind it. */
static gboolean
take_program(TwCursor *args, TwImapKey **ret, gboolean *ret_bad_charset)
{
    gint known;

    *ret_bad_charset = FALSE;
    known = tw_imap_take_char(args, ' ') ? tw_imap_take_charset(args) : -1;
    if (known < 0 || !tw_imap_take_char(args, ' '))
        return FALSE;
    *ret_bad_charset = known == 0;
    return known == 0 || tw_imap_take_keys(args, ret);
}

static gboolean
find_sorted(TwImapPeer *peer, TwCursor *args, TwImapFound *ret, GError **error)
{
    g_autoptr(TwImapKey) key = NULL;
    g_autoptr(GArray) rows = NULL, entries = NULL;
    Order order = { 0 };
    guint wanted = 0;

    *ret = (TwImapFound){ 0 };
    if (!take_order(args, &order) || !take_program(args, &key, &ret->bad_charset))
        return FALSE;
    if (ret->bad_charset)
        return TRUE;
    ret->modseq = tw_imap_key_has(key, TW_IMAP_KEY_MODSEQ);
    ret->numbers = tw_imap_key_has(key, TW_IMAP_KEY_NUMBERS);
    for (guint i = 0; i < order.count; i++)
        wanted |= 1u << order.kind[i];
    rows = tw_imap_search(peer, key, error);
    entries = rows != NULL ? tw_imap_sort_entries(peer, rows, wanted, error) : NULL;
    if (entries == NULL)
        return TRUE;
    g_array_sort_with_data(entries, compare_entries, &order);
    ret->rows = g_array_sized_new(FALSE, FALSE, sizeof(TwIndexRow), entries->len);
    for (guint i = 0; i < entries->len; i++)
        g_array_append_val(ret->rows, g_array_index(entries, TwImapSortEntry, i).row);
    return TRUE;
}

gboolean
tw_imap_cmd_sort(TwImapPeer *peer, TwCursor *args)
{
    return tw_imap_run_search(peer, args, "SORT", find_sorted);
}

/* ---- THREAD ---- */

static void
put_threads(TwImapPeer *peer, const GArray *entries, gboolean by_subject)
{
    g_autofree TwImapThreadMail *mails = g_new0(TwImapThreadMail, MAX(entries->len, 1));
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);

    for (guint i = 0; i < entries->len; i++) {
        TwImapSortEntry *entry = &g_array_index(entries, TwImapSortEntry, i);

        mails[i] = (TwImapThreadMail){
            .number =
                peer->uid ? entry->row.uid : tw_imap_uids_find(&peer->view.uids, entry->row.uid),
            .date = entry->date,
            .message_id = entry->message_id,
            .references = entry->references,
            .subject = entry->text[TW_IMAP_SORT_SUBJECT],
            .reply = entry->reply,
        };
    }
    tw_imap_put_text(&out, entries->len > 0 ? "* THREAD " : "* THREAD");
    if (by_subject)
        tw_imap_thread_subject(&out, mails, entries->len);
    else
        tw_imap_thread_references(&out, mails, entries->len);
    tw_imap_put_text(&out, "\r\n");
    tw_imap_write(peer, &out);
}

gboolean
tw_imap_cmd_thread(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(TwImapKey) key = NULL;
    g_autoptr(GArray) rows = NULL, entries = NULL;
    g_autoptr(GError) error = NULL;
    gboolean by_subject, refused;

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    by_subject = tw_imap_take_word(args, "ORDEREDSUBJECT");
    if ((!by_subject && !tw_imap_take_word(args, "REFERENCES")) ||
        !take_program(args, &key, &refused))
        return FALSE;
    if (refused) {
        tw_imap_done(peer, TW_IMAP_NO, "[BADCHARSET (US-ASCII UTF-8)] This charset is not known");
        return TRUE;
    }
    rows = tw_imap_search(peer, key, &error);
    entries = rows != NULL
                  ? tw_imap_sort_entries(peer, rows,
                                         1u << TW_IMAP_SORT_DATE | 1u << TW_IMAP_SORT_SUBJECT |
                                             (by_subject ? 0 : TW_IMAP_SORT_REFERENCES),
                                         &error)
                  : NULL;
    if (entries == NULL) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    put_threads(peer, entries, by_subject);
    tw_imap_done(peer, TW_IMAP_OK, "THREAD done");
    return TRUE;
}
