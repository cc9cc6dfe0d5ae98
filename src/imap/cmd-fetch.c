/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * FETCH. What is asked for is read once into a list; then message after message is answered as the client takes it. Rows,
 * heads and summaries are read for some messages at a time; of a mail a piece at a time, and whole mails in a row together, 1 MiB
 * of them at most, so that a client that reads slowly holds little memory and no thread.
 */
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/qp.h"
#include "imap/ahead.h"
#include "imap/section.h"

enum {
    ROWS_AT_ONCE = 500,
    MAILS_AT_ONCE = 100,    /* heads and summaries */
    PIECE = 1 << 18,        /* of a mail read at once */
    OUT_MOST = 32 << 20,    /* of what is not a literal read piece by piece */
    DECODE_MOST = 64 << 20, /* of a part that is decoded: BINARY */
    HEADER_MOST = 1 << 20,  /* of a header whose long fields are looked for: ENVELOPE */
};

typedef struct {
    TwImapPeer *peer; /* borrowed: the connection owns both */
    GArray *items;    /* TwImapItem */
    GArray *ranges;   /* TwImapRange of uids */
    guint64 since;    /* CHANGEDSINCE */
    gboolean heads, summaries, marks;
    gboolean quiet;  /* of no command: NOTIFY */
    gboolean failed; /* a message could not be told */
    const char *why; /* (nullable): NO and this */

    guint range;      /* the next one to read */
    guint32 next_uid; /* from here on of it */
    GArray *rows;     /* TwIndexRow; nullable */
    gboolean whole;   /* most of each mail is asked for: some are read together ... */
    gboolean ascend;  /* ... when the rows ascend by mid */
    TwImapAhead ahead;
    guint row;            /* the next one to tell */
    GArray *mails;        /* TwMailRow of some of them; nullable */
    guint mail, mail_end; /* the next of these; the row behind the last of them */

    TwImapMessage now;  /* the one that is told; its row is NULL: none */
    gboolean now_flags; /* its flags changed by this */
    guint item;
    guint64 literal_at, literal_left; /* of a mail */
    TwBuffer out;
} Fetch;

/* ---- what is written of a message ---- */

static void
put_date(TwBuffer *out, gint64 us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t) (us / G_USEC_PER_SEC);
    struct tm tm;
    char text[64];

    if (us < 0 || gmtime_r(&seconds, &tm) == NULL || tm.tm_year > 8099) {
        seconds = 0;
        (void) gmtime_r(&seconds, &tm);
    }
    tw_buffer_put(out, text,
                  (gsize) g_snprintf(text, sizeof text, "\"%2d-%.3s-%04d %02d:%02d:%02d +0000\"",
                                     tm.tm_mday, months + (gsize) 3 * (gsize) tm.tm_mon,
                                     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec));
}

static void
put_preview(Fetch *fetch)
{
    TwHead head;
    TwPropValue value;
    TwHeadAnswer answer = tw_imap_message_head(&fetch->now, &head)
                              ? tw_head_get(&head, PR_PREVIEW, &value)
                              : TW_HEAD_ABSENT;

    if ((answer == TW_HEAD_FOUND || answer == TW_HEAD_CUT) && value.tag != 0)
        tw_imap_put_string(&fetch->out, value.text, value.len);
    else
        tw_imap_put_text(&fetch->out, "NIL");
}

static void
put_id(TwBuffer *out, char kind, guint64 id)
{
    char text[32];

    tw_buffer_put(
        out, text,
        (gsize) g_snprintf(text, sizeof text, "(%c%016" G_GINT64_MODIFIER "x)", kind, id));
}

/* ---- sections ---- */

/* What a partial leaves of a range. */
static void
cut(const TwImapItem *item, guint64 *at, guint64 *len)
{
    guint64 skip;

    if (!item->partial)
        return;
    skip = MIN((guint64) item->first, *len);
    *at += skip;
    *len = MIN(*len - skip, (guint64) item->count);
}

static void
put_literal_head(TwBuffer *out, gboolean binary, guint64 len)
{
    tw_imap_put_text(out, binary ? " ~{" : " {");
    tw_imap_put_number(out, len);
    tw_imap_put_text(out, "}\r\n");
}

static void
put_bytes(TwBuffer *out, const TwImapItem *item, gboolean binary, const guint8 *data, gsize len)
{
    guint64 at = 0, left = len;

    cut(item, &at, &left);
    put_literal_head(out, binary, left);
    if (left > 0)
        tw_buffer_put(out, data + at, (gsize) left);
}

static gboolean
write_fields(Fetch *fetch, const TwImapItem *item, const TwImapPlace *place)
{
    g_autoptr(GByteArray) fields = g_byte_array_new();

    if (!tw_imap_message_fields(&fetch->now, item, place, fields))
        return FALSE;
    g_byte_array_append(fields, (const guint8 *) "\r\n", 2);
    put_bytes(&fetch->out, item, FALSE, fields->data, fields->len);
    return TRUE;
}

static void
write_section(Fetch *fetch, const TwImapItem *item)
{
    TwImapPlace place;

    tw_imap_put_text(&fetch->out, item->label);
    if (!tw_imap_message_find(&fetch->now, item, &place) ||
        (item->fields != NULL && !write_fields(fetch, item, &place))) {
        tw_imap_put_text(&fetch->out, " NIL");
        return;
    }
    if (item->fields != NULL)
        return;
    cut(item, &place.at, &place.len);
    put_literal_head(&fetch->out, FALSE, place.len);
    fetch->literal_at = place.at;
    fetch->literal_left = place.len;
}

/* ---- decoded parts ---- */

static gboolean
decode(const TwImapPlace *place, GBytes *encoded, TwBuffer *out)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(encoded, &len);
    TwBase64Decoder base64;
    TwQpDecoder qp;

    switch ((TwMimeEncoding) place->encoding) {
    case TW_MIME_ENCODING_BASE64:
        tw_base64_decoder_init(&base64);
        return tw_base64_decoder_put(&base64, data, len, out) &&
               tw_base64_decoder_finish(&base64, out, NULL);
    case TW_MIME_ENCODING_QUOTED_PRINTABLE:
        tw_qp_decoder_init(&qp);
        return tw_qp_decoder_put(&qp, data, len, out) && tw_qp_decoder_finish(&qp, out, NULL);
    case TW_MIME_ENCODING_IDENTITY:
    case TW_MIME_ENCODING_UUENCODE:
        tw_buffer_put(out, data, len);
        break;
    }
    return !tw_buffer_failed(out);
}

static gboolean
write_binary(Fetch *fetch, const TwImapItem *item)
{
    g_auto(TwBuffer) decoded = TW_BUFFER_INIT(DECODE_MOST);
    g_autoptr(GBytes) encoded = NULL;
    TwImapPlace place;

    tw_imap_put_text(&fetch->out, item->label);
    if (!tw_imap_message_summary(&fetch->now) ||
        !tw_imap_find_part(&fetch->now.summary, item->path, item->path_count, item->part, &place) ||
        place.len > DECODE_MOST) {
        tw_imap_put_text(&fetch->out, item->kind == TW_IMAP_ITEM_BINARY_SIZE ? " 0" : " NIL");
        return TRUE;
    }
    if (item->path_count > 0 && !place.known) {
        fetch->why = "[UNKNOWN-CTE] A part has an encoding that is not known";
        tw_imap_put_text(&fetch->out, item->kind == TW_IMAP_ITEM_BINARY_SIZE ? " 0" : " NIL");
        return TRUE;
    }
    if (item->path_count == 0)
        place.encoding = TW_MIME_ENCODING_IDENTITY;
    encoded = tw_imap_message_read(&fetch->now, place.at, place.len);
    if (encoded == NULL || !decode(&place, encoded, &decoded))
        return FALSE;
    if (item->kind == TW_IMAP_ITEM_BINARY_SIZE) {
        tw_buffer_put_u8(&fetch->out, ' ');
        tw_imap_put_number(&fetch->out, decoded.len);
    } else {
        put_bytes(&fetch->out, item,
                  decoded.len > 0 && memchr(decoded.data, 0, decoded.len) != NULL, decoded.data,
                  decoded.len);
    }
    return TRUE;
}

/* ---- items ---- */

/* A summary leaves long fields out: To with some hundred addresses. Then the header itself is read. */
static void
write_envelope(Fetch *fetch)
{
    static const guint64 envelope = (G_GUINT64_CONSTANT(1) << TW_MAIL_FIELD_ENVELOPE_COUNT) - 1;
    const TwMailSummary *summary = &fetch->now.summary;
    TwCursor fields = summary->fields;
    g_autoptr(GBytes) header = NULL, whole = NULL;
    TwImapPlace place;

    if ((summary->cut & envelope) != 0 &&
        tw_imap_find_part(summary, NULL, 0, TW_IMAP_PART_HEADER, &place) &&
        place.len <= HEADER_MOST)
        header = tw_imap_message_read(&fetch->now, place.at, place.len);
    if (header != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(header, &len);

        whole = tw_mail_fields_read(data, len);
        fields = tw_cursor_init(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole));
    }
    tw_imap_put_text(&fetch->out, "ENVELOPE ");
    tw_imap_put_envelope(&fetch->out, &fields);
}

static void
write_structure(Fetch *fetch, TwImapItemKind kind)
{
    if (!tw_imap_message_summary(&fetch->now)) {
        tw_imap_put_text(
            &fetch->out,
            kind == TW_IMAP_ITEM_ENVELOPE
                ? "ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
                : "BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)");
        fetch->failed = TRUE;
        return;
    }
    if (kind == TW_IMAP_ITEM_ENVELOPE) {
        write_envelope(fetch);
        return;
    }
    tw_imap_put_text(&fetch->out, kind == TW_IMAP_ITEM_BODY ? "BODY " : "BODYSTRUCTURE ");
    tw_imap_put_structure(&fetch->out, &fetch->now.summary, kind == TW_IMAP_ITEM_BODYSTRUCTURE);
}

static void
write_size(Fetch *fetch)
{
    guint64 size = 0;

    if (fetch->now.bytes != NULL && tw_imap_message_summary(&fetch->now))
        size = fetch->now.summary.mail_len;
    else if (!tw_imap_mail_size(fetch->peer, &fetch->peer->view.store, fetch->now.mail, &size))
        fetch->failed = TRUE;
    tw_imap_put_text(&fetch->out, "RFC822.SIZE ");
    tw_imap_put_number(&fetch->out, size);
}

/* FALSE: the message cannot be told. */
static gboolean
write_item(Fetch *fetch, const TwImapItem *item)
{
    TwBuffer *out = &fetch->out;
    TwHead head;

    switch (item->kind) {
    case TW_IMAP_ITEM_FLAGS:
        tw_imap_put_flags(&fetch->peer->view, out, fetch->now.row);
        break;
    case TW_IMAP_ITEM_UID:
        tw_imap_put_text(out, "UID ");
        tw_imap_put_number(out, fetch->now.row->uid);
        break;
    case TW_IMAP_ITEM_MODSEQ:
        tw_imap_put_text(out, "MODSEQ (");
        tw_imap_put_number(out, fetch->now.row->modseq);
        tw_buffer_put_u8(out, ')');
        break;
    case TW_IMAP_ITEM_INTERNALDATE:
        tw_imap_put_text(out, "INTERNALDATE ");
        put_date(out, fetch->now.mail->row.recv);
        break;
    case TW_IMAP_ITEM_SAVEDATE:
        tw_imap_put_text(out, "SAVEDATE ");
        if (fetch->now.mail->row.placed != 0)
            put_date(out, fetch->now.mail->row.placed);
        else
            tw_imap_put_text(out, "NIL");
        break;
    case TW_IMAP_ITEM_SIZE:
        write_size(fetch);
        break;
    case TW_IMAP_ITEM_EMAILID:
        tw_imap_put_text(out, "EMAILID ");
        put_id(out, 'M',
               tw_imap_message_head(&fetch->now, &head) ? tw_head_get_eid(&head)
                                                        : fetch->now.row->mid);
        break;
    case TW_IMAP_ITEM_THREADID:
        tw_imap_put_text(out, "THREADID ");
        put_id(out, 'T', fetch->now.mail->row.conv);
        break;
    case TW_IMAP_ITEM_PREVIEW:
        tw_imap_put_text(out, "PREVIEW ");
        put_preview(fetch);
        break;
    case TW_IMAP_ITEM_ENVELOPE:
    case TW_IMAP_ITEM_BODY:
    case TW_IMAP_ITEM_BODYSTRUCTURE:
        write_structure(fetch, item->kind);
        break;
    case TW_IMAP_ITEM_SECTION:
        write_section(fetch, item);
        break;
    case TW_IMAP_ITEM_BINARY:
    case TW_IMAP_ITEM_BINARY_SIZE:
        return write_binary(fetch, item);
    }
    return TRUE;
}

/* ---- which messages ---- */

static gboolean
mids_ascend(const GArray *rows)
{
    for (guint i = 1; i < rows->len; i++) {
        if (g_array_index(rows, TwIndexRow, i).mid <= g_array_index(rows, TwIndexRow, i - 1).mid)
            return FALSE;
    }
    return TRUE;
}

/* The next rows; FALSE: there are none. */
static gboolean
read_rows(Fetch *fetch)
{
    TwImapView *view = &fetch->peer->view;

    g_clear_pointer(&fetch->rows, g_array_unref);
    g_clear_pointer(&fetch->mails, g_array_unref);
    tw_imap_ahead_clear(&fetch->ahead);
    fetch->row = fetch->mail = fetch->mail_end = 0;
    while (fetch->range < fetch->ranges->len) {
        const TwImapRange *range = &g_array_index(fetch->ranges, TwImapRange, fetch->range);
        g_auto(TwFolderWindowArgs) args = { .store = view->store,
                                            .folder = view->folder,
                                            .after = MAX(range->first, fetch->next_uid) - 1,
                                            .upto = range->last,
                                            .since = fetch->since,
                                            .most = ROWS_AT_ONCE };

        if (!tw_session_folder_window(fetch->peer->session, &args, NULL)) {
            fetch->failed = TRUE;
            return FALSE;
        }
        if (args.rows->len < ROWS_AT_ONCE)
            fetch->range++;
        if (args.rows->len == 0)
            continue;
        fetch->next_uid = g_array_index(args.rows, TwIndexRow, args.rows->len - 1).uid + 1;
        fetch->rows = g_steal_pointer(&args.rows);
        fetch->ascend = fetch->whole && mids_ascend(fetch->rows);
        return TRUE;
    }
    return FALSE;
}

/* BODY[...] without PEEK marks as read: some at a time, in one change. */
static void
mark_read(Fetch *fetch, guint from, guint end)
{
    TwImapView *view = &fetch->peer->view;
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_auto(TwMessagesMarkArgs) mark = { .store = view->store,
                                        .folder = view->folder,
                                        .change = { .flags_set = TW_MSGFLAG_READ } };

    for (guint i = from; i < end; i++) {
        const TwIndexRow *row = &g_array_index(fetch->rows, TwIndexRow, i);

        if ((row->flags & TW_MSGFLAG_READ) == 0)
            g_array_append_val(mids, row->mid);
    }
    if (mids->len == 0)
        return;
    mark.messages = (TwNumbers){ (const guint32 *) (gpointer) mids->data, mids->len };
    if (!tw_session_messages_mark(fetch->peer->session, &mark, NULL))
        return; /* it was read all the same */
    for (guint i = from, at = 0; i < end && at < mark.done->len; i++) {
        TwIndexRow *row = &g_array_index(fetch->rows, TwIndexRow, i);
        const TwMessageDone *done = &g_array_index(mark.done, TwMessageDone, at);

        if (done->mid != row->mid)
            continue;
        at++;
        if (done->cn == 0)
            continue;
        row->flags |= TW_MSGFLAG_READ;
        row->modseq = done->cn;
        tw_imap_view_told(view, row->uid, row->modseq);
        row->size = 1; /* its flags are to be told; rows of a window have no size */
    }
}

static gint
compare_mids(gconstpointer left, gconstpointer right)
{
    const TwIndexRow *a = left, *b = right;

    return (a->mid > b->mid) - (a->mid < b->mid);
}

static gboolean
read_mails(Fetch *fetch)
{
    guint end = MIN(fetch->row + MAILS_AT_ONCE, fetch->rows->len);
    TwIndexRow some[MAILS_AT_ONCE] = { 0 };

    g_clear_pointer(&fetch->mails, g_array_unref);
    if (fetch->marks)
        mark_read(fetch, fetch->row, end);
    for (guint i = fetch->row; i < end; i++)
        some[i - fetch->row] = g_array_index(fetch->rows, TwIndexRow, i);
    qsort(some, end - fetch->row, sizeof *some, compare_mids);
    fetch->mails = tw_imap_mail_rows(fetch->peer, some, end - fetch->row, fetch->summaries, NULL);
    fetch->mail_end = end;
    if (fetch->mails != NULL)
        tw_imap_words_take(&fetch->peer->view, fetch->mails);
    return fetch->mails != NULL;
}

static const TwMailRow *
find_mail(const Fetch *fetch, guint32 mid)
{
    guint low = 0, high = fetch->mails->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const TwMailRow *row = &g_array_index(fetch->mails, TwMailRow, middle);

        if (row->row.mid == mid)
            return row;
        if (row->row.mid < mid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void
end_message(Fetch *fetch)
{
    tw_imap_message_clear(&fetch->now);
}

/* The next message; FALSE: there is none. */
static gboolean
begin_message(Fetch *fetch)
{
    TwImapPeer *peer = fetch->peer;

    for (;;) {
        const TwIndexRow *row;
        guint32 number;

        if ((fetch->rows == NULL || fetch->row == fetch->rows->len) && !read_rows(fetch))
            return FALSE;
        if (fetch->heads && fetch->row >= fetch->mail_end && !read_mails(fetch)) {
            fetch->failed = TRUE;
            return FALSE;
        }
        row = &g_array_index(fetch->rows, TwIndexRow, fetch->row++);
        number = tw_imap_uids_find(&peer->view.uids, row->uid);
        if (number == 0)
            continue; /* the client does not know of it yet */
        fetch->now.mail = fetch->heads ? find_mail(fetch, row->mid) : NULL;
        if (fetch->heads && fetch->now.mail == NULL) {
            fetch->failed = TRUE; /* expunged by another: told after this command */
            continue;
        }
        fetch->now.row = row;
        fetch->now_flags = row->size != 0;
        fetch->item = 0;
        tw_imap_put_text(&fetch->out, "* ");
        tw_imap_put_number(&fetch->out, number);
        tw_imap_put_text(&fetch->out, " FETCH (");
        return TRUE;
    }
}

/* ---- as the client takes it ---- */

static gboolean
flush(Fetch *fetch)
{
    gboolean ok = !tw_buffer_failed(&fetch->out) &&
                  tw_conn_write(fetch->peer->conn, fetch->out.data, fetch->out.len);

    fetch->out.len = 0;
    return ok;
}

/* What is left of a literal whose mail was read together with others. NULL: it was not. */
static GBytes *
piece_ahead(Fetch *fetch)
{
    g_autoptr(GBytes) mail =
        fetch->ascend ? tw_imap_ahead_get(&fetch->ahead, fetch->peer,
                                          (const TwIndexRow *) (gpointer) fetch->rows->data,
                                          fetch->rows->len, fetch->row - 1)
                      : NULL;
    gsize len = mail != NULL ? g_bytes_get_size(mail) : 0;

    if (fetch->literal_at > len || fetch->literal_left > len - fetch->literal_at)
        return NULL;
    return g_bytes_new_from_bytes(mail, (gsize) fetch->literal_at, (gsize) fetch->literal_left);
}

static gboolean
write_piece(Fetch *fetch)
{
    g_autoptr(GBytes) piece = NULL;
    gsize len;

    if (!flush(fetch))
        return FALSE;
    piece = piece_ahead(fetch);
    if (piece == NULL)
        piece = tw_imap_message_read(&fetch->now, fetch->literal_at,
                                     MIN(fetch->literal_left, (guint64) PIECE));
    if (piece == NULL)
        return FALSE;
    len = g_bytes_get_size(piece);
    fetch->literal_at += len;
    fetch->literal_left -= len;
    return tw_conn_write(fetch->peer->conn, g_bytes_get_data(piece, NULL), len);
}

static void
write_end(Fetch *fetch)
{
    if (fetch->now_flags && !tw_imap_items_have(fetch->items, TW_IMAP_ITEM_FLAGS)) {
        tw_buffer_put_u8(&fetch->out, ' ');
        tw_imap_put_flags(&fetch->peer->view, &fetch->out, fetch->now.row);
    }
    tw_imap_put_text(&fetch->out, ")\r\n");
    end_message(fetch);
}

/* One step. FALSE: the connection cannot go on, half a message went out. */
static gboolean
step(Fetch *fetch)
{
    if (fetch->literal_left > 0)
        return write_piece(fetch);
    if (fetch->item == fetch->items->len) {
        write_end(fetch);
        return TRUE;
    }
    if (fetch->item > 0)
        tw_buffer_put_u8(&fetch->out, ' ');
    return write_item(fetch, &g_array_index(fetch->items, TwImapItem, fetch->item++));
}

static void
finish(Fetch *fetch)
{
    TwImapPeer *peer = fetch->peer;

    if (fetch->quiet) {
        tw_imap_notify_resume(peer);
        return;
    }
    if (fetch->why != NULL)
        tw_imap_done(peer, TW_IMAP_NO, fetch->why);
    else if (fetch->failed)
        tw_imap_done(peer, TW_IMAP_NO, "[EXPUNGEISSUED] Some messages are gone");
    else
        tw_imap_done(peer, TW_IMAP_OK, "FETCH done");
    tw_imap_want_command(peer);
}

/* TwProduceFunc: message after message, as long as the client takes them. */
static gboolean
produce(TwConn *conn, gpointer data)
{
    Fetch *fetch = data;
    gboolean more = TRUE;

    while (more && tw_conn_get_unsent(conn) + fetch->out.len < TW_CONN_PIECE) {
        if (fetch->now.row == NULL && !begin_message(fetch)) {
            more = FALSE;
        } else if (!step(fetch)) {
            tw_conn_abort(conn); /* half a message went out */
            return FALSE;
        }
    }
    if (!flush(fetch)) {
        tw_conn_abort(conn);
        return FALSE;
    }
    if (!more)
        finish(fetch);
    return more;
}

static void
fetch_free(gpointer data)
{
    Fetch *fetch = data;

    end_message(fetch);
    g_array_unref(fetch->items);
    g_clear_pointer(&fetch->ranges, g_array_unref);
    g_clear_pointer(&fetch->rows, g_array_unref);
    g_clear_pointer(&fetch->mails, g_array_unref);
    tw_imap_ahead_clear(&fetch->ahead);
    tw_buffer_clear(&fetch->out);
    g_free(fetch);
}

/* ---- the command ---- */

typedef struct {
    gboolean vanished, partial;
    gint64 first, last; /* PARTIAL */
} Modifiers;

/* RFC 9394: 1:50, or -1:-50 from the end. */
static gboolean
take_range(TwCursor *args, Modifiers *mods)
{
    gboolean back = tw_imap_take_char(args, '-');
    guint32 first, last;

    if (!tw_imap_take_number(args, &first) || !tw_imap_take_char(args, ':') ||
        (back && !tw_imap_take_char(args, '-')) || !tw_imap_take_number(args, &last) ||
        first == 0 || last == 0)
        return FALSE;
    mods->first = back ? -(gint64) MIN(first, last) : (gint64) MIN(first, last);
    mods->last = back ? -(gint64) MAX(first, last) : (gint64) MAX(first, last);
    mods->partial = TRUE;
    return TRUE;
}

static gboolean
take_modifiers(TwCursor *args, Fetch *fetch, Modifiers *mods)
{
    TwImapPeer *peer = fetch->peer;

    if (!tw_imap_take_char(args, ' '))
        return TRUE;
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        if (tw_imap_take_word(args, "CHANGEDSINCE")) {
            if (!tw_imap_take_char(args, ' ') || !tw_imap_take_number64(args, &fetch->since))
                return FALSE;
            tw_imap_view_condstore(peer);
            tw_imap_items_add(fetch->items, TW_IMAP_ITEM_MODSEQ);
        } else if (tw_imap_take_word(args, "VANISHED")) {
            mods->vanished = TRUE;
        } else if (!tw_imap_take_word(args, "PARTIAL") || !tw_imap_take_char(args, ' ') ||
                   !take_range(args, mods)) {
            return FALSE;
        }
    } while (tw_imap_take_char(args, ' '));
    if (mods->vanished &&
        (!peer->uid || fetch->since == 0 || (peer->enabled & TW_IMAP_QRESYNC) == 0))
        return FALSE;
    return (!mods->partial || peer->uid) && tw_imap_take_char(args, ')');
}

/* The nth to the mth of the messages asked for. */
static GArray *
apply_partial(const TwImapUids *uids, const GArray *ranges, const Modifiers *mods)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint32));
    GArray *out = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    gint64 first, last;

    for (guint32 number = 1; number <= uids->count; number++) {
        guint32 uid = tw_imap_uids_at(uids, number);

        if (tw_imap_ranges_have(ranges, uid))
            g_array_append_val(all, uid);
    }
    first = mods->first > 0 ? mods->first : (gint64) all->len + 1 + mods->last;
    last = mods->first > 0 ? mods->last : (gint64) all->len + 1 + mods->first;
    for (gint64 i = MAX(first, 1); i <= last && i <= (gint64) all->len; i++)
        tw_imap_ranges_add(out, g_array_index(all, guint32, i - 1));
    return out;
}

/* RFC 7162, 3.2.6: which of the uids are gone since. */
static void
tell_vanished(Fetch *fetch)
{
    TwImapPeer *peer = fetch->peer;
    g_auto(TwFolderVanishedArgs) gone = { .store = peer->view.store,
                                          .folder = peer->view.folder,
                                          .since = fetch->since,
                                          .most = TW_SESSION_MOST_ROWS };
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(TwImapRange));

    if (!tw_session_folder_vanished(peer->session, &gone, NULL))
        return;
    for (guint i = 0; i < gone.rows->len; i++) {
        guint32 uid = g_array_index(gone.rows, TwTomb, i).uid;
        TwImapRange one = { uid, uid };

        if (uid != 0 && tw_imap_ranges_have(fetch->ranges, uid) &&
            tw_imap_uids_find(&peer->view.uids, uid) == 0)
            g_array_append_val(uids, one);
    }
    tw_imap_ranges_merge(uids);
    if (uids->len == 0)
        return;
    tw_imap_put_text(&fetch->out, "* VANISHED (EARLIER) ");
    tw_imap_ranges_put(&fetch->out, uids);
    tw_imap_put_text(&fetch->out, "\r\n");
}

static void
plan(Fetch *fetch)
{
    TwImapPeer *peer = fetch->peer;
    gboolean marks = FALSE, flags = tw_imap_items_have(fetch->items, TW_IMAP_ITEM_FLAGS);

    if (peer->uid)
        tw_imap_items_add(fetch->items, TW_IMAP_ITEM_UID);
    for (guint i = 0; i < fetch->items->len; i++) {
        const TwImapItem *item = &g_array_index(fetch->items, TwImapItem, i);

        if (item->kind == TW_IMAP_ITEM_MODSEQ)
            tw_imap_view_condstore(peer);
        fetch->heads |= item->kind >= TW_IMAP_ITEM_INTERNALDATE;
        fetch->summaries |=
            item->kind == TW_IMAP_ITEM_ENVELOPE || item->kind == TW_IMAP_ITEM_BODY ||
            item->kind == TW_IMAP_ITEM_BODYSTRUCTURE || item->kind >= TW_IMAP_ITEM_BINARY ||
            (item->kind == TW_IMAP_ITEM_SECTION && (item->path_count > 0 || item->fields != NULL));
        fetch->whole |= item->kind == TW_IMAP_ITEM_SECTION && item->path_count == 0 &&
                        item->fields == NULL && !item->partial &&
                        (item->part == TW_IMAP_PART_ALL || item->part == TW_IMAP_PART_TEXT);
        marks |= (item->kind == TW_IMAP_ITEM_SECTION || item->kind == TW_IMAP_ITEM_BINARY) &&
                 !item->peek;
    }
    fetch->marks = marks && !peer->view.read_only;
    if (peer->view.keyword_count >= TW_IMAP_KEYWORDS_IN_ROW && (flags || fetch->marks))
        (void) tw_imap_view_keywords(peer, TRUE, NULL);
    fetch->heads |= flags && peer->view.keyword_count > TW_IMAP_KEYWORDS_IN_ROW;
}

gboolean
tw_imap_cmd_fetch(TwImapPeer *peer, TwCursor *args)
{
    Fetch *fetch = g_new0(Fetch, 1);
    Modifiers mods = { 0 };

    fetch->peer = fetch->now.peer = peer;
    fetch->items = tw_imap_items_new();
    fetch->out = (TwBuffer) TW_BUFFER_INIT(OUT_MOST);
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_messages(peer, args, &fetch->ranges) ||
        !tw_imap_take_char(args, ' ') || !tw_imap_take_items(args, fetch->items) ||
        !take_modifiers(args, fetch, &mods) || !tw_imap_take_end(args)) {
        fetch_free(fetch);
        return FALSE;
    }
    if (mods.partial) {
        GArray *part = apply_partial(&peer->view.uids, fetch->ranges, &mods);

        g_array_unref(fetch->ranges);
        fetch->ranges = part;
    }
    plan(fetch);
    if (mods.vanished)
        tell_vanished(fetch);
    tw_conn_produce(peer->conn, produce, fetch, fetch_free);
    return TRUE;
}

void
tw_imap_fetch_news(TwImapPeer *peer, GBytes *items, guint32 from)
{
    TwCursor cur = tw_cursor_init(g_bytes_get_data(items, NULL), g_bytes_get_size(items));
    TwImapRange all = { from, tw_imap_uids_last(&peer->view.uids) };
    Fetch *fetch = g_new0(Fetch, 1);

    fetch->peer = fetch->now.peer = peer;
    fetch->items = tw_imap_items_new();
    fetch->ranges = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    fetch->out = (TwBuffer) TW_BUFFER_INIT(OUT_MOST);
    fetch->quiet = TRUE;
    g_array_append_val(fetch->ranges, all);
    (void) tw_imap_take_items(&cur, fetch->items); /* it was understood when it was sent */
    plan(fetch);
    tw_imap_items_add(fetch->items, TW_IMAP_ITEM_UID);
    tw_conn_produce(peer->conn, produce, fetch, fetch_free);
}
