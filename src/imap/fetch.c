/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * FETCH. What is asked for is read once into a list; then message after message is answered as the client takes it.
 */
#include <string.h>

#include "imap/imap-private.h"
#include "mapi/tags.h"

enum {
    ITEMS_MAX = 64,  /* of one FETCH */
    LINE_ROOM = 512, /* of one item without a section */
    PIECE = 1 << 18, /* of a mail read at once */
};

typedef enum {
    ITEM_FLAGS,
    ITEM_UID,
    ITEM_INTERNALDATE,
    ITEM_SIZE,
    ITEM_SECTION, /* BODY[...] and the older RFC822... */
} ItemKind;

typedef enum {
    PART_ALL,
    PART_HEADER,
    PART_TEXT,
} Part;

typedef struct {
    ItemKind kind;
    Part part;
    gboolean peek;
    const char *label; /* of a section, as it is answered */
    gboolean partial;
    guint32 first, count;
} Item;

typedef struct {
    TwImapPeer *peer; /* borrowed: the connection owns both */
    Item items[ITEMS_MAX];
    guint item_count;
    gboolean uid;   /* UID FETCH */
    GArray *wanted; /* of guint32: indexes of rows, ascending */
    guint next;
    gboolean failed;
} Fetch;

/* ---- what is asked for ---- */

static const struct {
    const char *name;
    Item item;
} plain_items[] = {
    { "FLAGS", { .kind = ITEM_FLAGS } },
    { "UID", { .kind = ITEM_UID } },
    { "INTERNALDATE", { .kind = ITEM_INTERNALDATE } },
    { "RFC822.SIZE", { .kind = ITEM_SIZE } },
    { "RFC822", { .kind = ITEM_SECTION, .label = "RFC822" } },
    { "RFC822.HEADER",
      { .kind = ITEM_SECTION, .part = PART_HEADER, .peek = TRUE, .label = "RFC822.HEADER" } },
    { "RFC822.TEXT", { .kind = ITEM_SECTION, .part = PART_TEXT, .label = "RFC822.TEXT" } },
};

static const struct {
    const char *text, *label;
    Part part;
} sections[] = {
    { "[]", "BODY[]", PART_ALL },
    { "[HEADER]", "BODY[HEADER]", PART_HEADER },
    { "[TEXT]", "BODY[TEXT]", PART_TEXT },
};

static gboolean
take_text(TwCursor *cur, const char *text)
{
    gsize len = strlen(text);

    return cur->left >= len && g_ascii_strncasecmp((const char *) cur->next, text, len) == 0 &&
           tw_cursor_skip(cur, len);
}

static gboolean
take_partial(TwCursor *cur, Item *item)
{
    item->partial = tw_imap_take_char(cur, '<');
    return !item->partial ||
           (tw_imap_take_number(cur, &item->first) && tw_imap_take_char(cur, '.') &&
            tw_imap_take_number(cur, &item->count) && item->count > 0 &&
            tw_imap_take_char(cur, '>'));
}

static gboolean
take_section(TwCursor *cur, Item *item)
{
    for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
        if (take_text(cur, sections[i].text)) {
            item->kind = ITEM_SECTION;
            item->label = sections[i].label;
            item->part = sections[i].part;
            return take_partial(cur, item);
        }
    }
    return FALSE;
}

static gboolean
take_item(TwCursor *cur, Fetch *fetch)
{
    Item item = { 0 };

    if (fetch->item_count == ITEMS_MAX)
        return FALSE;
    item.peek = tw_imap_take_word(cur, "BODY.PEEK");
    if (item.peek || tw_imap_take_word(cur, "BODY")) {
        if (!take_section(cur, &item))
            return FALSE;
        fetch->items[fetch->item_count++] = item;
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(plain_items); i++) {
        if (tw_imap_take_word(cur, plain_items[i].name)) {
            fetch->items[fetch->item_count++] = plain_items[i].item;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
take_items(TwCursor *cur, Fetch *fetch)
{
    static const ItemKind fast[] = { ITEM_FLAGS, ITEM_INTERNALDATE, ITEM_SIZE };

    if (tw_imap_take_word(cur, "FAST")) {
        for (guint i = 0; i < G_N_ELEMENTS(fast); i++)
            fetch->items[fetch->item_count++].kind = fast[i];
        return TRUE;
    }
    if (!tw_imap_take_char(cur, '('))
        return take_item(cur, fetch);
    do {
        if (!take_item(cur, fetch))
            return FALSE;
    } while (tw_imap_take_char(cur, ' '));
    return tw_imap_take_char(cur, ')');
}

/* ---- which messages ---- */

/* The first row whose uid is not below. */
static guint
lower_bound(const GArray *rows, guint32 uid)
{
    guint low = 0, high = rows->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(rows, TwIndexRow, middle).uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Marks the rows of one range. FALSE: a sequence number that does not exist. Uids that do not exist are passed over. */
static gboolean
mark_range(const GArray *rows, TwImapRange range, gboolean uid, guint8 *marked)
{
    guint32 last_uid = rows->len > 0 ? g_array_index(rows, TwIndexRow, rows->len - 1).uid : 0;
    guint32 star = uid ? last_uid : rows->len;
    guint32 low, high;
    guint from, to;

    if (range.first == TW_IMAP_STAR)
        range.first = star;
    if (range.last == TW_IMAP_STAR)
        range.last = star;
    low = MIN(range.first, range.last);
    high = MAX(range.first, range.last);
    if (!uid && (low == 0 || high > rows->len))
        return FALSE;
    from = uid ? lower_bound(rows, low) : low - 1;
    to = uid ? lower_bound(rows, high + 1) : high;
    if (to > from)
        memset(marked + from, 1, to - from);
    return TRUE;
}

static gboolean
choose_rows(const GArray *rows, const GArray *set, gboolean uid, GArray *out)
{
    g_autofree guint8 *marked = g_new0(guint8, MAX(rows->len, 1));

    for (guint i = 0; i < set->len; i++) {
        if (!mark_range(rows, g_array_index(set, TwImapRange, i), uid, marked))
            return FALSE;
    }
    for (guint32 i = 0; i < rows->len; i++) {
        if (marked[i])
            g_array_append_val(out, i);
    }
    return TRUE;
}

/* ---- answers ---- */

/* What is looked up of one message. */
typedef struct {
    TwMessageGetArgs get;
    guint32 len, header_len; /* of its mail */
    gboolean flagged;
} Facts;

static gboolean
read_facts(Fetch *fetch, const TwIndexRow *row, Facts *ret)
{
    const TwImapView *view = &fetch->peer->view;
    TwPropValue value;
    TwHead head;

    *ret = (Facts){ .get = { .store = view->store, .folder = view->folder, .message = row->mid } };
    if (!tw_session_message_get(fetch->peer->session, &ret->get, NULL))
        return FALSE;
    if (ret->get.row.head == NULL ||
        !tw_head_open(g_bytes_get_data(ret->get.row.head, NULL),
                      g_bytes_get_size(ret->get.row.head), &head, NULL))
        return FALSE;
    ret->flagged = tw_head_get(&head, PR_FLAG_STATUS, &value) == TW_HEAD_FOUND && value.i4 == 2;
    (void) tw_head_get_mail(&head, &ret->len, &ret->header_len);
    return TRUE;
}

static void
put_date(TwBuffer *out, gint64 us)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autofree char *day = g_date_time_format(when, "%e-%b-%Y %H:%M:%S +0000");
    char text[64];

    tw_buffer_put(out, text, (gsize) g_snprintf(text, sizeof text, "INTERNALDATE \"%s\"", day));
}

/* The bytes of the mail a section asks for. */
static void
section_range(const Item *item, const Facts *facts, guint32 *ret_at, guint32 *ret_len)
{
    guint32 at = item->part == PART_TEXT ? facts->header_len : 0;
    guint32 len = (item->part == PART_HEADER ? facts->header_len : facts->len) - at;

    if (item->partial) {
        guint32 skip = MIN(item->first, len);

        at += skip;
        len = MIN(len - skip, item->count);
    }
    *ret_at = at;
    *ret_len = len;
}

/* Writes the literal of a section. FALSE: its bytes cannot be read, and what was promised cannot be kept. */
static gboolean
write_section(Fetch *fetch, const Item *item, const Facts *facts)
{
    TwConn *conn = fetch->peer->conn;
    guint32 at, len;

    section_range(item, facts, &at, &len);
    if (item->partial)
        tw_conn_printf(conn, "%s<%u> {%u}\r\n", item->label, item->first, len);
    else
        tw_conn_printf(conn, "%s {%u}\r\n", item->label, len);
    while (len > 0) {
        g_auto(TwMailReadArgs) read = { .store = fetch->peer->view.store,
                                        .folder = fetch->peer->view.folder,
                                        .message = facts->get.message,
                                        .offset = at,
                                        .most = MIN(len, (guint32) PIECE) };
        gsize got;
        const void *bytes;

        if (!tw_session_mail_read(fetch->peer->session, &read, NULL))
            return FALSE;
        bytes = g_bytes_get_data(read.bytes, &got);
        if (got != read.most || !tw_conn_write(conn, bytes, got))
            return FALSE;
        at += (guint32) got;
        len -= (guint32) got;
    }
    return TRUE;
}

static void
write_plain(Fetch *fetch, const Item *item, const Facts *facts)
{
    char text[64];
    TwBuffer out;

    if (!tw_conn_begin_output(fetch->peer->conn, LINE_ROOM, &out))
        return;
    switch (item->kind) {
    case ITEM_FLAGS:
        tw_imap_put_flags(&out, facts->get.row.flags, facts->get.row.status, facts->flagged);
        break;
    case ITEM_INTERNALDATE:
        put_date(&out, facts->get.row.recv);
        break;
    case ITEM_UID:
        tw_buffer_put(&out, text,
                      (gsize) g_snprintf(text, sizeof text, "UID %u", facts->get.row.uid));
        break;
    case ITEM_SIZE:
        tw_buffer_put(&out, text,
                      (gsize) g_snprintf(text, sizeof text, "RFC822.SIZE %u", facts->len));
        break;
    case ITEM_SECTION:
        break;
    }
    tw_conn_end_output(fetch->peer->conn, &out);
}

static gboolean
asks_for(const Fetch *fetch, ItemKind kind)
{
    for (guint i = 0; i < fetch->item_count; i++) {
        if (fetch->items[i].kind == kind)
            return TRUE;
    }
    return FALSE;
}

/* BODY[...] without PEEK marks as read. The row in the view keeps its old change number, so that the flags are told. */
static void
mark_read(Fetch *fetch, const Facts *facts)
{
    const TwImapView *view = &fetch->peer->view;
    g_auto(TwMessagesMarkArgs) mark = { .store = view->store,
                                        .folder = view->folder,
                                        .messages = { &facts->get.message, 1 },
                                        .change = { .flags_set = TW_MSGFLAG_READ } };
    gboolean marks = FALSE;

    for (guint i = 0; i < fetch->item_count; i++)
        marks |= fetch->items[i].kind == ITEM_SECTION && !fetch->items[i].peek;
    if (marks && !view->read_only && (facts->get.row.flags & TW_MSGFLAG_READ) == 0)
        (void) tw_session_messages_mark(fetch->peer->session, &mark,
                                        NULL); /* it was read all the same */
}

static gboolean
write_message(Fetch *fetch, guint32 index)
{
    TwConn *conn = fetch->peer->conn;
    const TwIndexRow *row = &g_array_index(fetch->peer->view.rows, TwIndexRow, index);
    Facts facts;
    gboolean whole = TRUE;

    if (!read_facts(fetch, row, &facts)) { /* expunged by another: told after this command */
        fetch->failed = TRUE;
        tw_message_get_args_clear(&facts.get);
        return TRUE;
    }
    tw_conn_printf(conn, "* %u FETCH (", index + 1);
    for (guint i = 0; i < fetch->item_count && whole; i++) {
        if (i > 0)
            tw_conn_write(conn, " ", 1);
        if (fetch->items[i].kind == ITEM_SECTION)
            whole = write_section(fetch, &fetch->items[i], &facts);
        else
            write_plain(fetch, &fetch->items[i], &facts);
    }
    if (fetch->uid && !asks_for(fetch, ITEM_UID))
        tw_conn_printf(conn, " UID %u", row->uid);
    tw_conn_write(conn, ")\r\n", 3);
    if (whole)
        mark_read(fetch, &facts);
    tw_message_get_args_clear(&facts.get);
    return whole;
}

/* TwProduceFunc: message after message, as long as the client takes them. */
static gboolean
produce(TwConn *conn, gpointer data)
{
    Fetch *fetch = data;
    TwImapPeer *peer = fetch->peer;

    while (fetch->next < fetch->wanted->len && tw_conn_get_unsent(conn) < TW_CONN_PIECE) {
        if (!write_message(fetch, g_array_index(fetch->wanted, guint32, fetch->next))) {
            tw_conn_abort(conn); /* half a literal went out */
            return FALSE;
        }
        fetch->next++;
    }
    if (fetch->next < fetch->wanted->len)
        return TRUE;
    if (fetch->uid)
        tw_imap_tell_news(peer);
    tw_imap_tagged(peer, fetch->failed ? TW_IMAP_NO : TW_IMAP_OK,
                   fetch->failed ? "[EXPUNGEISSUED] Some messages are gone" : "FETCH done");
    tw_imap_want_command(peer);
    return FALSE;
}

static void
fetch_free(gpointer data)
{
    Fetch *fetch = data;

    g_array_unref(fetch->wanted);
    g_free(fetch);
}

static gboolean
run(TwImapPeer *peer, TwCursor *args, gboolean uid)
{
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(TwImapRange));
    Fetch *fetch = g_new0(Fetch, 1);

    fetch->peer = peer;
    fetch->uid = uid;
    fetch->wanted = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (!tw_imap_take_char(args, ' ') || !tw_imap_take_set(args, set) ||
        !tw_imap_take_char(args, ' ') || !take_items(args, fetch) || !tw_imap_take_end(args) ||
        !choose_rows(peer->view.rows, set, uid, fetch->wanted)) {
        fetch_free(fetch);
        return FALSE;
    }
    tw_conn_produce(peer->conn, produce, fetch, fetch_free);
    return TRUE;
}

gboolean
tw_imap_fetch(TwImapPeer *peer, TwCursor *args)
{
    return run(peer, args, FALSE);
}

gboolean
tw_imap_uid(TwImapPeer *peer, TwCursor *args)
{
    return tw_imap_take_char(args, ' ') && tw_imap_take_word(args, "FETCH") &&
           run(peer, args, TRUE);
}
