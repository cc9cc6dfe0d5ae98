/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "imap/sort-keys.h"

#include <string.h>

#include "base/date.h"
#include "imap/address.h"
#include "imap/structure.h"
#include "imap/text.h"
#include "imap/thread.h"

enum {
    MAILS_AT_ONCE = 128,
    ADDRESSES = 1u << TW_IMAP_SORT_CC | 1u << TW_IMAP_SORT_DISPLAYFROM |
                1u << TW_IMAP_SORT_DISPLAYTO | 1u << TW_IMAP_SORT_FROM | 1u << TW_IMAP_SORT_TO,
};

/* What is kept of a message: this, then texts, each with a NUL: subject, message id, references. */
typedef struct {
    gint64 recv, date;
    guint64 size;
    guint32 texts;
    gboolean reply, has_id;
} Kept;

static void
clear_entry(gpointer data)
{
    TwImapSortEntry *entry = data;

    for (guint i = 0; i < TW_IMAP_SORT_KINDS; i++)
        g_free(entry->owned[i]);
    g_free(entry->references);
    g_clear_pointer(&entry->keys, g_bytes_unref);
}

/* ---- what is read of a mail ---- */

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

static char **
references_of(const TwMailSummary *summary)
{
    g_auto(GStrv) ids = NULL;
    TwMailField field;
    char *one;

    if (tw_mail_field_find(&summary->fields, TW_MAIL_FIELD_REFERENCES, &field))
        ids = tw_imap_message_ids(field.value.text, field.value.len);
    if (ids != NULL && ids[0] != NULL)
        return g_steal_pointer(&ids);
    one = first_id(summary, TW_MAIL_FIELD_IN_REPLY_TO);
    g_clear_pointer(&ids, g_strfreev);
    ids = g_new0(char *, 2);
    ids[0] = one;
    return g_steal_pointer(&ids);
}

static void
put_text(GByteArray *out, Kept *kept, const char *text)
{
    g_byte_array_append(out, (const guint8 *) text, (guint) strlen(text) + 1);
    kept->texts++;
}

static GBytes *
make_keys(const TwMailSummary *summary, gint64 recv)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree char *text = NULL, *subject = NULL, *id = NULL;
    g_auto(GStrv) references = references_of(summary);
    Kept kept = { .recv = recv, .date = date_of(summary, recv), .size = summary->mail_len };
    TwMailField field;

    if (tw_mail_field_find(&summary->fields, TW_MAIL_FIELD_SUBJECT, &field))
        text = tw_imap_text_of_header(field.value.text, field.value.len);
    subject = tw_imap_base_subject(text != NULL ? text : "", &kept.reply);
    id = first_id(summary, TW_MAIL_FIELD_MESSAGE_ID);
    kept.has_id = id != NULL;
    g_byte_array_append(out, (const guint8 *) &kept, sizeof kept);
    put_text(out, &kept, subject);
    put_text(out, &kept, id != NULL ? id : "");
    for (guint i = 0; references[i] != NULL; i++)
        put_text(out, &kept, references[i]);
    memcpy(out->data, &kept, sizeof kept);
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

/* Of a mail that cannot be read: it stands first. */
static GBytes *
make_no_keys(gint64 recv)
{
    Kept kept = { .recv = recv, .date = recv, .texts = 2 };
    guint8 bytes[sizeof kept + 2] = { 0 };

    memcpy(bytes, &kept, sizeof kept);
    return g_bytes_new(bytes, sizeof bytes);
}

/* ---- entries ---- */

/* Bytes as they compare, the first one highest; shorter texts end with zeros. */
static void
set_start(TwImapSortEntry *entry, const char *text)
{
    for (guint i = 0; i < TW_IMAP_SORT_START * sizeof *entry->start; i++) {
        guint64 *number = &entry->start[i / sizeof *entry->start];

        *number = *number << 8 | (guint8) *text;
        text += *text != '\0';
    }
}

static void
take_keys(TwImapSortEntry *entry, GBytes *keys, guint wanted)
{
    const char *text = g_bytes_get_data(keys, NULL);
    Kept kept;

    memcpy(&kept, text, sizeof kept);
    entry->keys = g_bytes_ref(keys);
    entry->there = TRUE;
    entry->recv = kept.recv;
    entry->date = kept.date;
    entry->size = kept.size;
    entry->reply = kept.reply;
    text += sizeof kept;
    entry->text[TW_IMAP_SORT_SUBJECT] = text;
    set_start(entry, text);
    if ((wanted & TW_IMAP_SORT_REFERENCES) == 0)
        return;
    text += strlen(text) + 1;
    entry->message_id = kept.has_id ? text : NULL;
    entry->references = g_new0(const char *, kept.texts - 1);
    for (guint i = 2; i < kept.texts; i++) {
        text += strlen(text) + 1;
        entry->references[i - 2] = text;
    }
}

static void
take_addresses(TwImapSortEntry *entry, const TwMailSummary *summary, guint wanted)
{
    static const struct {
        TwImapSortKind kind;
        TwMailFieldNumber field;
        gboolean display;
    } texts[] = { { TW_IMAP_SORT_CC, TW_MAIL_FIELD_CC, FALSE },
                  { TW_IMAP_SORT_FROM, TW_MAIL_FIELD_FROM, FALSE },
                  { TW_IMAP_SORT_TO, TW_MAIL_FIELD_TO, FALSE },
                  { TW_IMAP_SORT_DISPLAYFROM, TW_MAIL_FIELD_FROM, TRUE },
                  { TW_IMAP_SORT_DISPLAYTO, TW_MAIL_FIELD_TO, TRUE } };

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        TwImapSortKind kind = texts[i].kind;

        if ((wanted & 1u << kind) == 0)
            continue;
        entry->owned[kind] = summary != NULL
                                 ? address_text(summary, texts[i].field, texts[i].display)
                                 : g_strdup("");
        entry->text[kind] = entry->owned[kind];
    }
}

static TwImapCacheKey
key_of(const TwImapPeer *peer, const TwIndexRow *row)
{
    return (TwImapCacheKey){ .store = peer->view.store, .message = row->mid, .cn = row->modseq };
}

static void
read_mail(TwImapPeer *peer, const TwMailRow *mail, guint wanted, TwImapSortEntry *entry)
{
    TwImapCacheKey key = key_of(peer, &entry->row);
    g_autoptr(GBytes) bytes = NULL, keys = NULL;
    TwMailSummary summary;
    gboolean known;

    if (wanted == 1u << TW_IMAP_SORT_ARRIVAL) {
        entry->recv = mail->row.recv;
        entry->there = TRUE;
        return;
    }
    bytes = tw_imap_mail_summary(peer, &peer->view.store, mail, NULL);
    known = bytes != NULL && tw_mail_summary_open(g_bytes_get_data(bytes, NULL),
                                                  g_bytes_get_size(bytes), &summary, NULL);
    keys = known ? make_keys(&summary, mail->row.recv) : make_no_keys(mail->row.recv);
    if (known)
        tw_imap_cache_put(tw_imap_sort_cache(peer->imap), &key, keys);
    take_keys(entry, keys, wanted);
    take_addresses(entry, known ? &summary : NULL, wanted);
}

static gint
compare_mids(gconstpointer left, gconstpointer right, gpointer data)
{
    const GArray *entries = data;
    guint32 a = g_array_index(entries, TwImapSortEntry, *(const guint *) left).row.mid;
    guint32 b = g_array_index(entries, TwImapSortEntry, *(const guint *) right).row.mid;

    return (a > b) - (a < b);
}

/* missing: numbers of entries. */
static gboolean
read_missing(TwImapPeer *peer, GArray *entries, GArray *missing, guint wanted, GError **error)
{
    gboolean summaries = wanted != 1u << TW_IMAP_SORT_ARRIVAL;

    g_array_sort_with_data(missing, compare_mids, entries);
    for (guint from = 0; from < missing->len; from += MAILS_AT_ONCE) {
        guint count = MIN(missing->len - from, (guint) MAILS_AT_ONCE), at = 0;
        const guint *numbers = &g_array_index(missing, guint, from);
        TwIndexRow some[MAILS_AT_ONCE] = { 0 };
        g_autoptr(GArray) mails = NULL;

        for (guint i = 0; i < count; i++)
            some[i] = g_array_index(entries, TwImapSortEntry, numbers[i]).row;
        mails = tw_imap_mail_rows(peer, some, count, summaries, error);
        if (mails == NULL)
            return FALSE;
        for (guint i = 0; i < mails->len; i++) {
            const TwMailRow *mail = &g_array_index(mails, TwMailRow, i);

            while (at < count && some[at].mid != mail->row.mid)
                at++;
            if (at == count)
                break; /* rows come in the order of the numbers, each at most once */
            read_mail(peer, mail, wanted, &g_array_index(entries, TwImapSortEntry, numbers[at]));
        }
        tw_imap_progress(peer, from + count, missing->len);
    }
    return TRUE;
}

/* Those that went meanwhile are left out. */
static void
drop_gone(GArray *entries)
{
    guint kept = 0;

    for (guint i = 0; i < entries->len; i++) {
        TwImapSortEntry *entry = &g_array_index(entries, TwImapSortEntry, i);

        if (!entry->there)
            continue;
        if (kept != i) {
            g_array_index(entries, TwImapSortEntry, kept) = *entry;
            *entry = (TwImapSortEntry){ 0 };
        }
        kept++;
    }
    g_array_set_size(entries, kept);
}

GArray *
tw_imap_sort_entries(TwImapPeer *peer, const GArray *rows, guint wanted, GError **error)
{
    g_autoptr(GArray) entries = g_array_sized_new(FALSE, TRUE, sizeof(TwImapSortEntry), rows->len);
    g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(guint));

    g_array_set_size(entries, rows->len);
    g_array_set_clear_func(entries, clear_entry);
    for (guint i = 0; i < rows->len; i++) {
        TwImapSortEntry *entry = &g_array_index(entries, TwImapSortEntry, i);
        TwImapCacheKey key;
        g_autoptr(GBytes) keys = NULL;

        entry->row = g_array_index(rows, TwIndexRow, i);
        key = key_of(peer, &entry->row);
        if ((wanted & ADDRESSES) == 0)
            keys = tw_imap_cache_get(tw_imap_sort_cache(peer->imap), &key);
        if (keys != NULL)
            take_keys(entry, keys, wanted);
        else
            g_array_append_val(missing, i);
    }
    if (!read_missing(peer, entries, missing, wanted, error))
        return NULL;
    drop_gone(entries);
    return g_steal_pointer(&entries);
}
