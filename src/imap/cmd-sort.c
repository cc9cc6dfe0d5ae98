/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SORT and THREAD (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267). */
#include <string.h>

#include "base/date.h"
#include "imap/address.h"
#include "imap/result.h"
#include "imap/search-match.h"
#include "imap/structure.h"
#include "imap/text.h"
#include "imap/thread.h"

enum {
    KEYS_MOST = 20,
    MAILS_AT_ONCE = 128,
    OUT_MOST = 32 << 20,
};

typedef enum {
    ARRIVAL,
    CC,
    DATE,
    DISPLAYFROM,
    DISPLAYTO,
    FROM,
    SIZE,
    SUBJECT,
    TO,
    KIND_COUNT
} Kind;

static const char *const kinds[] = {
    [ARRIVAL] = "ARRIVAL",
    [CC] = "CC",
    [DATE] = "DATE",
    [DISPLAYFROM] = "DISPLAYFROM",
    [DISPLAYTO] = "DISPLAYTO",
    [FROM] = "FROM",
    [SIZE] = "SIZE",
    [SUBJECT] = "SUBJECT",
    [TO] = "TO",
};

typedef struct {
    guint8 kind[KEYS_MOST];
    gboolean reverse[KEYS_MOST];
    guint count;
} Order;

/* What a message is sorted by; texts only where they are asked for. */
typedef struct {
    TwIndexRow row;
    gint64 recv, date;
    guint64 size;
    char *text[KIND_COUNT]; /* owned: keys for comparing */
    char *message_id;       /* owned: of THREAD */
    char **references;
    gboolean reply;
} Entry;

static void
clear_entry(gpointer data)
{
    Entry *entry = data;

    for (guint i = 0; i < KIND_COUNT; i++)
        g_free(entry->text[i]);
    g_free(entry->message_id);
    g_strfreev(entry->references);
}

/* ---- what is read of a message ---- */

/* The mailbox of the first address, or what a reader would see of it. */
static char *
address_text(const TwMailSummary *summary, TwMailFieldNumber number, gboolean display)
{
    g_autoptr(GArray) addresses = NULL;
    g_autofree char *name = NULL;
    const TwImapAddress *first = NULL;
    TwMailField field;

    if (!tw_mail_field_find(&summary->fields, number, &field))
        return g_strdup("");
    addresses = tw_imap_addresses_parse(field.value.text, field.value.len);
    for (guint i = 0; first == NULL && i < addresses->len; i++) {
        const TwImapAddress *one = &g_array_index(addresses, TwImapAddress, i);

        if (one->mailbox != NULL)
            first = one;
    }
    if (first == NULL)
        return g_strdup("");
    if (!display) {
        name = g_utf8_make_valid(first->mailbox, -1);
        return tw_imap_text_fold(name);
    }
    if (first->name != NULL) {
        name = tw_imap_text_of_header(first->name, strlen(first->name));
    } else {
        g_autofree char *whole = first->host != NULL && strcmp(first->host, "MISSING_DOMAIN") != 0
                                     ? g_strdup_printf("%s@%s", first->mailbox, first->host)
                                     : g_strdup(first->mailbox);
        name = g_utf8_make_valid(whole, -1);
    }
    return tw_imap_text_fold(name);
}

static gint64
date_of(const TwMailSummary *summary, gint64 recv)
{
    TwMailField field;
    TwDate date;
    gint64 us;

    return tw_mail_field_find(&summary->fields, TW_MAIL_FIELD_DATE, &field) &&
                   tw_date_parse_rfc5322(field.value.text, field.value.len, &date) &&
                   tw_date_to_us(&date, &us)
               ? us
               : recv;
}

static void
read_subject(const TwMailSummary *summary, Entry *entry)
{
    TwMailField field;
    g_autofree char *text = NULL;

    if (tw_mail_field_find(&summary->fields, TW_MAIL_FIELD_SUBJECT, &field))
        text = tw_imap_text_of_header(field.value.text, field.value.len);
    entry->text[SUBJECT] = tw_imap_base_subject(text != NULL ? text : "", &entry->reply);
}

static char *
first_id(const TwMailSummary *summary, TwMailFieldNumber number)
{
    TwMailField field;
    g_auto(GStrv) ids = NULL;

    if (!tw_mail_field_find(&summary->fields, number, &field))
        return NULL;
    ids = tw_imap_message_ids(field.value.text, field.value.len);
    return g_strdup(ids[0]);
}

static void
read_references(const TwMailSummary *summary, Entry *entry)
{
    TwMailField field;
    char *one;

    entry->message_id = first_id(summary, TW_MAIL_FIELD_MESSAGE_ID);
    if (tw_mail_field_find(&summary->fields, TW_MAIL_FIELD_REFERENCES, &field))
        entry->references = tw_imap_message_ids(field.value.text, field.value.len);
    if (entry->references != NULL && entry->references[0] != NULL)
        return;
    one = first_id(summary, TW_MAIL_FIELD_IN_REPLY_TO);
    g_strfreev(entry->references);
    entry->references = g_new0(char *, 2);
    entry->references[0] = one;
}

/* kinds_wanted: bits of Kind; bit KIND_COUNT: references. */
static void
read_entry(TwImapPeer *peer, const TwMailRow *mail, guint wanted, Entry *entry)
{
    static const struct {
        Kind kind;
        TwMailFieldNumber field;
        gboolean display;
    } texts[] = { { CC, TW_MAIL_FIELD_CC, FALSE },
                  { FROM, TW_MAIL_FIELD_FROM, FALSE },
                  { TO, TW_MAIL_FIELD_TO, FALSE },
                  { DISPLAYFROM, TW_MAIL_FIELD_FROM, TRUE },
                  { DISPLAYTO, TW_MAIL_FIELD_TO, TRUE } };
    g_autoptr(GBytes) bytes = NULL;
    TwMailSummary summary;

    entry->recv = entry->date = mail->row.recv;
    if ((wanted & ~(1u << ARRIVAL)) == 0)
        return;
    bytes = tw_imap_mail_summary(peer, &peer->view.store, mail, NULL);
    if (bytes == NULL || !tw_mail_summary_open(g_bytes_get_data(bytes, NULL),
                                               g_bytes_get_size(bytes), &summary, NULL)) {
        for (guint i = 0; i < KIND_COUNT; i++)
            entry->text[i] = g_strdup("");
        return; /* it stands first */
    }
    entry->size = summary.mail_len;
    entry->date = date_of(&summary, entry->recv);
    if ((wanted & 1u << SUBJECT) != 0)
        read_subject(&summary, entry);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        if ((wanted & 1u << texts[i].kind) != 0)
            entry->text[texts[i].kind] = address_text(&summary, texts[i].field, texts[i].display);
    }
    if ((wanted & 1u << KIND_COUNT) != 0)
        read_references(&summary, entry);
}

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    const Entry *a = left, *b = right;

    return (a->row.mid > b->row.mid) - (a->row.mid < b->row.mid);
}

static GArray *
read_entries(TwImapPeer *peer, const GArray *rows, guint wanted, GError **error)
{
    g_autoptr(GArray) entries = g_array_sized_new(FALSE, TRUE, sizeof(Entry), rows->len);
    guint kept = 0;

    g_array_set_size(entries, rows->len);
    g_array_set_clear_func(entries, clear_entry);
    for (guint i = 0; i < rows->len; i++)
        g_array_index(entries, Entry, i).row = g_array_index(rows, TwIndexRow, i);
    g_array_sort(entries, compare_mids);
    for (guint from = 0; from < rows->len; from += MAILS_AT_ONCE) {
        guint count = MIN(rows->len - from, (guint) MAILS_AT_ONCE), at = 0;
        TwIndexRow some[MAILS_AT_ONCE];
        g_autoptr(GArray) mails = NULL;

        for (guint i = 0; i < count; i++)
            some[i] = g_array_index(entries, Entry, from + i).row;
        mails = tw_imap_mail_rows(peer, some, count, (wanted & ~(1u << ARRIVAL)) != 0, error);
        if (mails == NULL)
            return NULL;
        for (guint i = 0; i < mails->len; i++) {
            const TwMailRow *mail = &g_array_index(mails, TwMailRow, i);
            TwIndexRow row;

            while (at < count && some[at].mid != mail->row.mid)
                at++;
            if (at == count)
                break; /* rows come in the order of the numbers, each at most once */
            row = g_array_index(entries, Entry, from + at).row;
            g_array_index(entries, Entry, kept).row = row;
            read_entry(peer, mail, wanted, &g_array_index(entries, Entry, kept++));
        }
        tw_imap_progress(peer, from + count, rows->len);
    }
    g_array_set_size(entries, kept);
    return g_steal_pointer(&entries);
}

/* ---- SORT ---- */

static gint
compare_entries(gconstpointer left, gconstpointer right, gpointer data)
{
    const Entry *a = left, *b = right;
    const Order *order = data;

    for (guint i = 0; i < order->count; i++) {
        Kind kind = (Kind) order->kind[i];
        gint sign;

        if (kind == ARRIVAL)
            sign = (a->recv > b->recv) - (a->recv < b->recv);
        else if (kind == DATE)
            sign = (a->date > b->date) - (a->date < b->date);
        else if (kind == SIZE)
            sign = (a->size > b->size) - (a->size < b->size);
        else
            sign = g_strcmp0(a->text[kind], b->text[kind]);
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
        while (i < KIND_COUNT && !tw_imap_take_word(args, kinds[i]))
            i++;
        if (i == KIND_COUNT)
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
    entries = rows != NULL ? read_entries(peer, rows, wanted, error) : NULL;
    if (entries == NULL)
        return TRUE;
    g_array_sort_with_data(entries, compare_entries, &order);
    ret->rows = g_array_sized_new(FALSE, FALSE, sizeof(TwIndexRow), entries->len);
    for (guint i = 0; i < entries->len; i++)
        g_array_append_val(ret->rows, g_array_index(entries, Entry, i).row);
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
        Entry *entry = &g_array_index(entries, Entry, i);

        mails[i] = (TwImapThreadMail){
            .number =
                peer->uid ? entry->row.uid : tw_imap_uids_find(&peer->view.uids, entry->row.uid),
            .date = entry->date,
            .message_id = entry->message_id,
            .references = entry->references,
            .subject = entry->text[SUBJECT],
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

static gint
compare_rows(gconstpointer left, gconstpointer right)
{
    const Entry *a = left, *b = right;

    return (a->row.uid > b->row.uid) - (a->row.uid < b->row.uid);
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
    entries =
        rows != NULL
            ? read_entries(peer, rows,
                           1u << DATE | 1u << SUBJECT | (by_subject ? 0 : 1u << KIND_COUNT), &error)
            : NULL;
    if (entries == NULL) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    g_array_sort(entries, compare_rows);
    put_threads(peer, entries, by_subject);
    tw_imap_done(peer, TW_IMAP_OK, "THREAD done");
    return TRUE;
}
