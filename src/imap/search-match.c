/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which messages a search finds. First by what the index has; what that leaves open is decided by heads and summaries, read for
 * some messages at a time, and last by the mail itself. A key is TRUE, FALSE or open; what is open is asked again with more.
 */
#include <string.h>

#include "base/base64.h"
#include "base/date.h"
#include "base/qp.h"
#include "base/text.h"
#include "base/time.h"
#include "convert/mime-header.h"
#include "imap/address.h"
#include "imap/ahead.h"
#include "imap/imap-private.h"
#include "imap/search-match.h"
#include "imap/structure.h"
#include "imap/text.h"
#include "mapi/tags.h"

enum {
    MAILS_AT_ONCE = 128,
    MAIL_MOST = 64 << 20, /* bytes of a mail that are searched */
    DAY = 86400,
};

typedef enum {
    NO,
    YES,
    OPEN,
} Answer;

typedef struct {
    TwImapPeer *peer;
    gint64 now; /* seconds */
    gboolean deep;
    const TwIndexRow *row;
    const TwMailRow *mail; /* nullable */
    GBytes *summary_bytes; /* nullable */
    TwMailSummary summary;
    gboolean summary_open;
    GBytes *bytes;          /* (nullable): of the mail */
    const TwIndexRow *some; /* those whose mails are looked at together, and which of them it is */
    guint some_count, some_at;
    TwImapAhead ahead;
    GHashTable *patterns; /* TwImapKey -> TwTextPattern */
} Match;

/* ---- making ready ---- */

static void
resolve_numbers(const TwImapUids *uids, TwImapKey *key)
{
    g_autoptr(GArray) sent = key->ranges;

    key->ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    for (guint i = 0; i < sent->len; i++) {
        TwImapRange in = g_array_index(sent, TwImapRange, i), out;
        guint32 low, high;

        in.first = in.first == TW_IMAP_STAR ? uids->count : in.first;
        in.last = in.last == TW_IMAP_STAR ? uids->count : in.last;
        low = MAX(MIN(in.first, in.last), 1);
        high = MIN(MAX(in.first, in.last), uids->count);
        out = (TwImapRange){ tw_imap_uids_at(uids, low), tw_imap_uids_at(uids, high) };
        if (low <= high)
            g_array_append_val(key->ranges, out);
    }
    tw_imap_ranges_merge(key->ranges);
}

static void
prepare(Match *match, TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    const TwImapView *view = &match->peer->view;
    g_autoptr(GArray) sent = NULL;

    if (key->kind == TW_IMAP_KEY_NUMBERS) {
        resolve_numbers(&view->uids, key);
    } else if (key->kind == TW_IMAP_KEY_UIDS) {
        sent = key->ranges;
        key->ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
        (void) tw_imap_uids_resolve(&view->uids, sent, TRUE, key->ranges);
    } else if (key->kind == TW_IMAP_KEY_SAVED) {
        key->ranges = view->saved != NULL ? g_array_ref(view->saved)
                                          : g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    } else if (key->kind == TW_IMAP_KEY_KEYWORD) {
        key->bit = tw_imap_keyword_find(view->keywords, key->name);
        key->number = tw_imap_flag_named(key->name);
    } else if (key->text != NULL && key->kind >= TW_IMAP_KEY_HEADER && *key->text != '\0') {
        TwTextPattern *pattern = tw_text_pattern_new(key->text, strlen(key->text),
                                                     TW_TEXT_SUBSTRING, TW_TEXT_IGNORE_CASE, NULL);
        if (pattern != NULL)
            g_hash_table_insert(match->patterns, key, pattern);
    }
    for (guint i = 0; key->children != NULL && i < key->children->len; i++)
        prepare(match, key->children->pdata[i]);
}

/* ---- by the header ---- */

static gboolean
open_summary(Match *match)
{
    if (match->summary_open)
        return TRUE;
    if (match->mail == NULL)
        return FALSE;
    if (match->summary_bytes == NULL)
        match->summary_bytes =
            tw_imap_mail_summary(match->peer, &match->peer->view.store, match->mail, NULL);
    match->summary_open =
        match->summary_bytes != NULL &&
        tw_mail_summary_open(g_bytes_get_data(match->summary_bytes, NULL),
                             g_bytes_get_size(match->summary_bytes), &match->summary, NULL);
    return match->summary_open;
}

static gboolean
open_bytes(Match *match)
{
    if (match->bytes == NULL)
        match->bytes = tw_imap_ahead_get(&match->ahead, match->peer, match->some, match->some_count,
                                         match->some_at);
    if (match->bytes == NULL)
        match->bytes =
            tw_imap_mail_read(match->peer, &match->peer->view.store, match->peer->view.folder,
                              match->row->mid, 0, MAIL_MOST, NULL);
    return match->bytes != NULL;
}

static gboolean
has_text(const Match *match, const TwImapKey *key, const char *text)
{
    const TwTextPattern *pattern = g_hash_table_lookup(match->patterns, key);

    return pattern != NULL ? tw_text_pattern_matches(pattern, text, strlen(text))
                           : *key->text == '\0';
}

static gboolean
value_has(const Match *match, const TwImapKey *key, const char *value, gsize len)
{
    g_autofree char *text = tw_imap_text_of_header(value, len);

    return has_text(match, key, text);
}

/* An address may be written with comments and blanks in it. */
static gboolean
address_has(const Match *match, const TwImapKey *key, const char *value, gsize len)
{
    g_autoptr(GArray) addresses = tw_imap_addresses_parse(value, len);

    for (guint i = 0; i < addresses->len; i++) {
        const TwImapAddress *one = &g_array_index(addresses, TwImapAddress, i);
        g_autofree char *text = g_strdup_printf("%s@%s", one->mailbox != NULL ? one->mailbox : "",
                                                one->host != NULL ? one->host : "");

        if (one->mailbox != NULL && one->host != NULL && value_has(match, key, text, strlen(text)))
            return TRUE;
    }
    return FALSE;
}

static gboolean
field_has(const Match *match, const TwImapKey *key, const TwMailField *field)
{
    return value_has(match, key, field->value.text, field->value.len) ||
           (field->number >= TW_MAIL_FIELD_FROM && field->number <= TW_MAIL_FIELD_BCC &&
            address_has(match, key, field->value.text, field->value.len));
}

/* Looks at the header block itself. */
static gboolean
header_has(const Match *match, const TwImapKey *key, const guint8 *data, gsize len, gboolean named)
{
    TwCursor cur = tw_cursor_init(data, len);
    TwMimeField field;

    while (tw_mime_field_next(&cur, &field)) {
        if (named ? tw_mime_field_is(&field, key->name) &&
                        value_has(match, key, (const char *) field.value, field.value_len)
                  : value_has(match, key, (const char *) field.name,
                              (gsize) (field.value + field.value_len - field.name)))
            return TRUE;
    }
    return FALSE;
}

static Answer
match_header(Match *match, const TwImapKey *key)
{
    int number = tw_mail_field_number(key->name, strlen(key->name));
    TwMailField field;
    TwCursor cur;
    const TwMailPart *root = NULL;
    TwMailPart part;

    if (!open_summary(match))
        return NO;
    if (number >= 0 && (match->summary.cut >> number & 1) == 0) {
        cur = match->summary.fields;
        while (tw_mail_field_next(&cur, &field)) {
            if (field.number == (guint) number && field_has(match, key, &field))
                return YES;
        }
        return NO;
    }
    cur = match->summary.parts;
    if (tw_mail_part_next(&cur, &part))
        root = &part;
    if (root == NULL || !open_bytes(match) || root->header_len > g_bytes_get_size(match->bytes))
        return NO;
    return header_has(match, key, g_bytes_get_data(match->bytes, NULL), (gsize) root->header_len,
                      TRUE)
               ? YES
               : NO;
}

/* Days since 1970 of its Date, as it stands there. */
static gboolean
sent_day(Match *match, gint64 *ret)
{
    TwMailField field;
    TwDate date;
    gint64 us;

    if (!open_summary(match))
        return FALSE;
    if (!tw_mail_field_find(&match->summary.fields, TW_MAIL_FIELD_DATE, &field) ||
        !tw_date_parse_rfc5322(field.value.text, field.value.len, &date) ||
        !tw_date_to_us(&date, &us)) {
        *ret = match->mail->row.recv / G_USEC_PER_SEC / DAY; /* RFC 5256: then when it came */
        return TRUE;
    }
    *ret = (us / G_USEC_PER_SEC + (gint64) date.offset_min * 60) / DAY;
    return TRUE;
}

/* ---- by the mail ---- */

static gboolean
decode_part(const TwMailPart *part, const guint8 *data, gsize len, TwBuffer *out)
{
    TwBase64Decoder base64;
    TwQpDecoder qp;

    switch ((TwMimeEncoding) part->encoding) {
    case TW_MIME_ENCODING_BASE64:
        tw_base64_decoder_init(&base64);
        return tw_base64_decoder_put(&base64, data, len, out) &&
               tw_base64_decoder_finish(&base64, out, NULL);
    case TW_MIME_ENCODING_QUOTED_PRINTABLE:
        tw_qp_decoder_init(&qp);
        return tw_qp_decoder_put(&qp, data, len, out) && tw_qp_decoder_finish(&qp, out, NULL);
    case TW_MIME_ENCODING_IDENTITY:
    case TW_MIME_ENCODING_UUENCODE:
        break;
    }
    tw_buffer_put(out, data, len);
    return !tw_buffer_failed(out);
}

static char *
charset_of(const TwMailPart *part)
{
    TwCursor params = part->params;
    TwMailText name, value;

    for (guint i = 0; i < part->param_count && tw_mail_param_next(&params, &name, &value); i++) {
        if (name.len == 7 && g_ascii_strncasecmp(name.text, "charset", 7) == 0)
            return g_strndup(value.text, value.len);
    }
    return NULL;
}

static gboolean
part_has(const Match *match, const TwImapKey *key, const TwMailPart *part)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(match->bytes, &len);
    g_auto(TwBuffer) decoded = TW_BUFFER_INIT(MAIL_MOST);
    g_autofree char *charset = charset_of(part);
    g_autofree char *text = NULL;

    if (part->kind != TW_MIME_LEAF || part->type.len != 4 ||
        g_ascii_strncasecmp(part->type.text, "text", 4) != 0 || part->body > len ||
        part->body_len > len - part->body ||
        !decode_part(part, data + part->body, (gsize) part->body_len, &decoded))
        return FALSE;
    text = tw_imap_text_of_body((const char *) decoded.data, decoded.len, charset);
    return has_text(match, key, text);
}

static Answer
match_mail(Match *match, const TwImapKey *key)
{
    gsize len;
    const guint8 *data;
    TwCursor cur;
    TwMailPart part;
    gboolean first = TRUE;

    if (!open_summary(match) || !open_bytes(match))
        return NO;
    data = g_bytes_get_data(match->bytes, &len);
    cur = match->summary.parts;
    for (; tw_mail_part_next(&cur, &part); first = FALSE) {
        gboolean header = key->kind == TW_IMAP_KEY_TEXT || !first;

        if (header && part.header <= len && part.header_len <= len - part.header &&
            header_has(match, key, data + part.header, (gsize) part.header_len, FALSE))
            return YES;
        if (part_has(match, key, &part))
            return YES;
    }
    return NO;
}

/* ---- keys ---- */

static Answer
answer(gboolean yes)
{
    return yes ? YES : NO;
}

static Answer
compare_days(TwImapKeyKind kind, gint64 day, gint64 wanted)
{
    switch (kind) {
    case TW_IMAP_KEY_BEFORE:
    case TW_IMAP_KEY_SAVEDBEFORE:
    case TW_IMAP_KEY_SENTBEFORE:
        return answer(day < wanted);
    case TW_IMAP_KEY_ON:
    case TW_IMAP_KEY_SAVEDON:
    case TW_IMAP_KEY_SENTON:
        return answer(day == wanted);
    default:
        return answer(day >= wanted);
    }
}

static guint64
size_of(Match *match)
{
    guint64 size = 0;

    (void) tw_imap_mail_size(match->peer, &match->peer->view.store, match->mail, &size);
    return size;
}

static guint64
email_id(const TwMailRow *row)
{
    TwHead head;

    return row->row.head != NULL && tw_head_open(g_bytes_get_data(row->row.head, NULL),
                                                 g_bytes_get_size(row->row.head), &head, NULL)
               ? tw_head_get_eid(&head)
               : row->row.mid;
}

/* RFC 8514, 4.3: of what has no such date it is the one when it came. */
static gint64
saved_day(const TwMailRow *mail)
{
    gint64 us = mail->row.placed != 0 ? mail->row.placed : mail->row.recv;

    return us / G_USEC_PER_SEC / DAY;
}

/* What needs a head or more. */
static Answer
match_deep(Match *match, const TwImapKey *key)
{
    gint64 recv = match->mail->row.recv / G_USEC_PER_SEC, day;

    switch (key->kind) {
    case TW_IMAP_KEY_BEFORE:
    case TW_IMAP_KEY_ON:
    case TW_IMAP_KEY_SINCE:
        return compare_days(key->kind, recv / DAY, (gint64) key->number);
    case TW_IMAP_KEY_SAVEDBEFORE:
    case TW_IMAP_KEY_SAVEDON:
    case TW_IMAP_KEY_SAVEDSINCE:
        return compare_days(key->kind, saved_day(match->mail), (gint64) key->number);
    case TW_IMAP_KEY_OLDER:
        return answer(match->now - recv >= (gint64) key->number);
    case TW_IMAP_KEY_YOUNGER:
        return answer(match->now - recv <= (gint64) key->number);
    case TW_IMAP_KEY_LARGER:
        return answer(size_of(match) > key->number);
    case TW_IMAP_KEY_SMALLER:
        return answer(size_of(match) < key->number);
    case TW_IMAP_KEY_EMAILID:
        return answer(email_id(match->mail) == key->number);
    case TW_IMAP_KEY_THREADID:
        return answer(match->mail->row.conv == key->number);
    case TW_IMAP_KEY_SENTBEFORE:
    case TW_IMAP_KEY_SENTON:
    case TW_IMAP_KEY_SENTSINCE:
        return sent_day(match, &day) ? compare_days(key->kind, day, (gint64) key->number) : NO;
    case TW_IMAP_KEY_HEADER:
        return match_header(match, key);
    case TW_IMAP_KEY_BODY:
    case TW_IMAP_KEY_TEXT:
        return match_mail(match, key);
    default:
        return NO;
    }
}

static Answer match_key(Match *match, const TwImapKey *key);

/* Of the keywords past those that are bits of a row. */
static gboolean
has_word(const TwMailRow *mail, guint number)
{
    TwKeywordSet set;

    tw_message_row_keywords(&mail->row, &set);
    return tw_keyword_set_has(&set, number);
}

/* Cheap keys first: what they decide need not be read. */
static Answer
match_group(Match *match, const TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    Answer decides = key->kind == TW_IMAP_KEY_AND ? NO : YES, all = decides == NO ? YES : NO;

    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < key->children->len; i++) {
            TwImapKeyKind needs = tw_imap_key_needs(key->children->pdata[i]);
            guint cost = needs >= TW_IMAP_KEY_BODY ? 2 : needs >= TW_IMAP_KEY_BEFORE ? 1 : 0;
            Answer one;

            if (cost != round)
                continue;
            one = match_key(match, key->children->pdata[i]);
            if (one == decides)
                return decides;
            if (one == OPEN)
                all = OPEN;
        }
    }
    return all;
}

static Answer
match_key(Match *match, const TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    const TwIndexRow *row = match->row;
    guint flags;
    Answer inner;

    switch (key->kind) {
    case TW_IMAP_KEY_ALL:
        return YES;
    case TW_IMAP_KEY_AND:
    case TW_IMAP_KEY_OR:
        return match_group(match, key);
    case TW_IMAP_KEY_NOT:
        inner = match_key(match, key->children->pdata[0]);
        return inner == OPEN ? OPEN : answer(inner == NO);
    case TW_IMAP_KEY_NUMBERS:
    case TW_IMAP_KEY_UIDS:
    case TW_IMAP_KEY_SAVED:
        return answer(tw_imap_ranges_have(key->ranges, row->uid));
    case TW_IMAP_KEY_FLAGS:
        flags = tw_imap_flags_of(row);
        if (tw_imap_view_is_recent(&match->peer->view, row->uid))
            flags |= TW_IMAP_RECENT;
        return answer((flags & key->number) == key->number);
    case TW_IMAP_KEY_KEYWORD:
        if ((tw_imap_flags_of(row) & key->number) != 0)
            return YES;
        if (key->bit >= TW_IMAP_KEYWORDS_IN_ROW)
            return match->mail != NULL ? answer(has_word(match->mail, (guint) key->bit)) : OPEN;
        return answer(key->bit >= 0 && (row->kw >> key->bit & 1) != 0);
    case TW_IMAP_KEY_MODSEQ:
        return answer(row->modseq >= key->number);
    default:
        return match->deep ? match_deep(match, key) : OPEN;
    }
}

/* ---- all messages ---- */

static void
end_one(Match *match)
{
    g_clear_pointer(&match->summary_bytes, g_bytes_unref);
    g_clear_pointer(&match->bytes, g_bytes_unref);
    match->summary_open = FALSE;
    match->mail = NULL;
}

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    const TwIndexRow *a = left, *b = right;

    return (a->mid > b->mid) - (a->mid < b->mid);
}

/* Decides rows that are open; those that match go to found. */
static gboolean
match_open(Match *match, const TwImapKey *key, GArray *open, GArray *found, GError **error)
{
    gboolean summaries = tw_imap_key_needs(key) >= TW_IMAP_KEY_SENTBEFORE;

    g_array_sort(open, compare_mids);
    match->deep = TRUE;
    for (guint from = 0; from < open->len; from += MAILS_AT_ONCE) {
        guint count = MIN(open->len - from, (guint) MAILS_AT_ONCE), at = 0;
        const TwIndexRow *some = &g_array_index(open, TwIndexRow, from);
        g_autoptr(GArray) mails = tw_imap_mail_rows(match->peer, some, count, summaries, error);

        if (mails == NULL)
            return FALSE;
        match->some = some;
        match->some_count = count;
        for (guint i = 0; i < mails->len; i++) {
            match->mail = &g_array_index(mails, TwMailRow, i);
            while (at < count && some[at].mid != match->mail->row.mid)
                at++;
            if (at == count)
                break; /* rows come in the order of the numbers, each at most once */
            match->row = &some[at];
            match->some_at = at;
            if (match_key(match, key) == YES)
                g_array_append_vals(found, match->row, 1);
            end_one(match);
        }
        tw_imap_ahead_clear(&match->ahead);
        tw_imap_progress(match->peer, from + count, open->len);
    }
    return TRUE;
}

static gint
compare_uids(gconstpointer left, gconstpointer right)
{
    const TwIndexRow *a = left, *b = right;

    return (a->uid > b->uid) - (a->uid < b->uid);
}

static void
free_pattern(gpointer pattern)
{
    tw_text_pattern_free(pattern);
}

/* Messages outside of these uids are not found, whatever they are. (nullable): any may be found */
static const GArray *
ranges_of(const TwImapKey *key) /* NOLINT(misc-no-recursion): depth */
{
    const GArray *ranges = NULL;

    if (key->kind == TW_IMAP_KEY_NUMBERS || key->kind == TW_IMAP_KEY_UIDS ||
        key->kind == TW_IMAP_KEY_SAVED)
        return key->ranges;
    for (guint i = 0; key->kind == TW_IMAP_KEY_AND && i < key->children->len && ranges == NULL; i++)
        ranges = ranges_of(key->children->pdata[i]);
    return ranges;
}

/* Rows of all messages that may be found. */
static GArray *
rows_for(TwImapPeer *peer, const TwImapKey *key, GError **error)
{
    const TwImapView *view = &peer->view;
    const GArray *ranges = ranges_of(key);
    g_auto(TwFolderWindowArgs) all = { .store = view->store, .folder = view->folder };

    if (ranges != NULL)
        return tw_imap_view_rows(peer, ranges, error);
    return tw_session_folder_window(peer->session, &all, error) ? g_steal_pointer(&all.rows) : NULL;
}

GArray *
tw_imap_search(TwImapPeer *peer, TwImapKey *key, GError **error)
{
    const TwImapView *view = &peer->view;
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(TwIndexRow));
    g_autoptr(GHashTable) patterns = g_hash_table_new_full(NULL, NULL, NULL, free_pattern);
    Match match = { .peer = peer, .now = g_get_real_time() / G_USEC_PER_SEC, .patterns = patterns };

    if (!tw_imap_view_keywords(peer, TRUE, error))
        return NULL;
    prepare(&match, key);
    rows = rows_for(peer, key, error);
    if (rows == NULL)
        return NULL;
    for (guint i = 0; i < rows->len; i++) {
        Answer one;

        match.row = &g_array_index(rows, TwIndexRow, i);
        if (tw_imap_uids_find(&view->uids, match.row->uid) == 0)
            continue;
        one = match_key(&match, key);
        if (one != NO)
            g_array_append_vals(one == YES ? found : open, match.row, 1);
    }
    if (open->len > 0) {
        if (!match_open(&match, key, open, found, error))
            return NULL;
        g_array_sort(found, compare_uids);
    }
    return g_steal_pointer(&found);
}
