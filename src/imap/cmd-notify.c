/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * NOTIFY (RFC 5465): the client is told between commands what changes, in the selected mailbox and in others.
 *
 * One watch covers the stores that may be meant. What an event names is compared with what was told last, a row of figures for
 * each mailbox, and the difference is told. While a command runs, or is half there, events wait.
 */
#include <string.h>

#include "imap/box-key.h"
#include "imap/fetch-items.h"
#include "imap/filter.h"
#include "imap/imap-private.h"

enum {
    GROUPS_MOST = 50,
    OUT_MOST = 32 << 20,
    STORES_MOST = 64, /* that are watched */
};

typedef enum {
    MESSAGE_NEW = 1u << 0,
    MESSAGE_EXPUNGE = 1u << 1,
    FLAG_CHANGE = 1u << 2,
    MAILBOX_NAME = 1u << 3,
    SUBSCRIPTION_CHANGE = 1u << 4,
    OF_MESSAGES = MESSAGE_NEW | MESSAGE_EXPUNGE | FLAG_CHANGE,
} Event;

static const struct {
    const char *word;
    guint event;
} words[] = { { "MESSAGENEW", MESSAGE_NEW },
              { "MESSAGEEXPUNGE", MESSAGE_EXPUNGE },
              { "FLAGCHANGE", FLAG_CHANGE },
              { "MAILBOXNAME", MAILBOX_NAME },
              { "SUBSCRIPTIONCHANGE", SUBSCRIPTION_CHANGE } };

/* What the client knows of a mailbox. */
typedef struct {
    TwImapBoxKey place;
    char *name; /* owned */
    guint32 uidnext, total, unread;
    guint64 hicn;
    gboolean subscribed;
    gboolean seen; /* while all are looked at */
} Known;

struct TwImapNotify {
    GArray *filters; /* TwImapFilter, of mailboxes that need not be selected */
    GArray *events;  /* guint: Event, of each of them */
    gboolean selected, delayed;
    GBytes
        *items; /* (nullable): what is fetched of a new message in the selected mailbox, as sent */
    gboolean subscriptions; /* somebody asks for them */
    gboolean flags;         /* likewise */
    TwWatch *watch;
    GArray *stores;    /* TwGuid: by the number of their wish */
    GHashTable *known; /* Known by its place */
    gboolean pending;  /* something waits for the end of the command */
};

typedef struct TwImapNotify Notify;

static void
free_known(gpointer data)
{
    Known *known = data;

    g_free(known->name);
    g_free(known);
}

static Notify *
notify_new(void)
{
    Notify *notify = g_new0(Notify, 1);

    notify->filters = tw_imap_filters_new();
    notify->events = g_array_new(FALSE, FALSE, sizeof(guint));
    notify->stores = g_array_new(FALSE, FALSE, sizeof(TwGuid));
    notify->known =
        g_hash_table_new_full(tw_imap_box_key_hash, tw_imap_box_key_equal, NULL, free_known);
    return notify;
}

static void
notify_free(Notify *notify)
{
    if (notify == NULL)
        return;
    g_clear_pointer(&notify->watch, tw_watch_end);
    g_array_unref(notify->filters);
    g_array_unref(notify->events);
    g_array_unref(notify->stores);
    g_hash_table_unref(notify->known);
    g_clear_pointer(&notify->items, g_bytes_unref);
    g_free(notify);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Notify, notify_free)

void
tw_imap_notify_end(TwImapPeer *peer)
{
    g_clear_pointer(&peer->notify, notify_free);
}

/* ---- reading the command ---- */

typedef struct {
    gboolean status, unknown;
} Asked;

/* The items behind MessageNew, if there are any. */
static gboolean
take_items(TwCursor *args, GBytes **ret)
{
    g_autoptr(GArray) items = tw_imap_items_new();
    TwCursor at = *args, begin;

    if (!tw_imap_take_char(&at, ' '))
        return TRUE;
    begin = at;
    if (at.left == 0 || at.next[0] != '(')
        return TRUE;
    if (!tw_imap_take_items(&at, items))
        return FALSE;
    g_clear_pointer(ret, g_bytes_unref);
    *ret = g_bytes_new(begin.next, begin.left - at.left);
    *args = at;
    return TRUE;
}

static gboolean
take_events(TwCursor *args, guint *ret, GBytes **ret_items, Asked *asked)
{
    *ret = 0;
    if (tw_imap_take_word(args, "NONE"))
        return TRUE;
    if (!tw_imap_take_char(args, '('))
        return FALSE;
    do {
        TwCursor other;
        guint i = 0;

        while (i < G_N_ELEMENTS(words) && !tw_imap_take_word(args, words[i].word))
            i++;
        if (i == G_N_ELEMENTS(words)) {
            if (!tw_imap_take_atom(args, &other))
                return FALSE;
            asked->unknown = TRUE;
            continue;
        }
        *ret |= words[i].event;
        if (words[i].event == MESSAGE_NEW && !take_items(args, ret_items))
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_char(args, ')');
}

/* RFC 5465, 5: new messages and expunged ones go together, and flags need both. */
static gboolean
is_consistent(guint events, gboolean selected)
{
    return ((events & MESSAGE_NEW) != 0) == ((events & MESSAGE_EXPUNGE) != 0) &&
           ((events & FLAG_CHANGE) == 0 || (events & MESSAGE_NEW) != 0) &&
           (!selected || (events & ~(guint) OF_MESSAGES) == 0);
}

static gboolean
take_group(TwImapPeer *peer, TwCursor *args, Notify *notify, Asked *asked)
{
    g_auto(TwImapFilter) filter = { 0 };
    g_autoptr(GBytes) items = NULL;
    gboolean selected;
    guint events;

    if (!tw_imap_take_char(args, '(') || !tw_imap_take_filter(peer, args, &filter) ||
        !tw_imap_take_char(args, ' ') || !take_events(args, &events, &items, asked) ||
        !tw_imap_take_char(args, ')'))
        return FALSE;
    notify->flags |= (events & FLAG_CHANGE) != 0;
    selected = filter.kind <= TW_IMAP_FILTER_SELECTED_DELAYED;
    if (!is_consistent(events, selected) || filter.kind == TW_IMAP_FILTER_SUBTREE_ONE ||
        (selected ? notify->selected : items != NULL))
        return FALSE;
    if (selected) {
        notify->selected = events != 0;
        notify->delayed = filter.kind == TW_IMAP_FILTER_SELECTED_DELAYED;
        notify->items = g_steal_pointer(&items);
        return TRUE;
    }
    notify->subscriptions |=
        filter.kind == TW_IMAP_FILTER_SUBSCRIBED || (events & SUBSCRIPTION_CHANGE) != 0;
    g_array_append_val(notify->filters, filter);
    filter.names = NULL;
    g_array_append_val(notify->events, events);
    return TRUE;
}

static gboolean
take_set(TwImapPeer *peer, TwCursor *args, Notify *notify, Asked *asked)
{
    guint count = 0;

    asked->status = tw_imap_take_word(args, "STATUS");
    if (asked->status && !tw_imap_take_char(args, ' '))
        return FALSE;
    do {
        if (count++ == GROUPS_MOST || !take_group(peer, args, notify, asked))
            return FALSE;
    } while (tw_imap_take_char(args, ' '));
    return tw_imap_take_end(args);
}

/* ---- what is watched ---- */

static void
wake(gpointer data)
{
    tw_conn_wake(data);
}

static gboolean
watch_store(Notify *notify, const TwGuid *store, GError **error)
{
    TwWatchWish wish = { .mask = TW_NOTIFY_CREATED | TW_NOTIFY_DELETED | TW_NOTIFY_MODIFIED |
                                 TW_NOTIFY_MOVED | TW_NOTIFY_COPIED,
                         .store = *store };

    for (guint i = 0; i < notify->stores->len; i++) {
        if (memcmp(&g_array_index(notify->stores, TwGuid, i), store, sizeof *store) == 0)
            return TRUE;
    }
    if (notify->stores->len == STORES_MOST) {
        g_set_error_literal(error, TW_ERROR, TW_ERROR_TOO_BIG, "stores that are watched");
        return FALSE;
    }
    wish.connection = notify->stores->len;
    if (!tw_watch_add(notify->watch, &wish, error))
        return FALSE;
    g_array_append_val(notify->stores, *store);
    return TRUE;
}

/* ---- what is told ---- */

/* What is asked of a mailbox: the first group that means it says. */
static guint
events_of(const TwImapPeer *peer,
          const Notify *notify,
          const TwImapBox *box,
          GHashTable *subscribed)
{
    static const TwImapFilter selected = { .kind = TW_IMAP_FILTER_SELECTED };

    /* of the selected one its own words tell */
    if (tw_imap_filter_means(&selected, peer, box, NULL))
        return 0;
    for (guint i = 0; i < notify->filters->len; i++) {
        if (tw_imap_filter_means(&g_array_index(notify->filters, TwImapFilter, i), peer, box,
                                 subscribed))
            return g_array_index(notify->events, guint, i);
    }
    return 0;
}

static void
put_status(TwImapPeer *peer, TwBuffer *out, const TwImapBox *box, guint events)
{
    const char *text = (events & FLAG_CHANGE) != 0 ? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
                                                   : "(MESSAGES UIDNEXT UIDVALIDITY)";
    TwCursor cur = tw_cursor_init(text, strlen(text));
    guint items = 0;

    if (box->row == NULL || (box->flags & TW_IMAP_BOX_NOSELECT) != 0 ||
        (box->rights & TW_RIGHT_READ) == 0)
        return;
    (void) tw_imap_take_status_items(&cur, &items);
    (void) tw_imap_put_status(peer, out, box, items, NULL);
}

static void
put_list(TwImapPeer *peer, TwBuffer *out, const char *attributes, const char *name, const char *old)
{
    tw_imap_put_text(out, "* LIST (");
    tw_imap_put_text(out, attributes);
    tw_imap_put_text(out, ") \"/\" ");
    tw_imap_put_mailbox(peer, out, name);
    if (old != NULL) {
        tw_imap_put_text(out, " (\"OLDNAME\" (");
        tw_imap_put_mailbox(peer, out, old);
        tw_imap_put_text(out, "))");
    }
    tw_imap_put_text(out, "\r\n");
}

static void
tell_name(TwImapPeer *peer, TwBuffer *out, const TwImapBox *box, const Known *before, guint events)
{
    const char *attributes = (box->flags & TW_IMAP_BOX_NOSELECT) != 0 ? "\\Noselect" : "";

    if ((events & MAILBOX_NAME) == 0)
        return;
    if (before == NULL)
        put_list(peer, out, attributes, box->name, NULL);
    else if (strcmp(before->name, box->name) != 0)
        put_list(peer, out, attributes, box->name, before->name);
}

static void
tell_messages(
    TwImapPeer *peer, TwBuffer *out, const TwImapBox *box, const Known *before, guint events)
{
    guint32 more = box->row->uidnext - before->uidnext;
    gboolean gone = before->total + more > box->row->total;
    guint what = (more > 0 ? (guint) MESSAGE_NEW : 0) | (gone ? (guint) MESSAGE_EXPUNGE : 0) |
                 (box->row->hicn != before->hicn && more == 0 && !gone ? (guint) FLAG_CHANGE : 0) |
                 (box->row->unread != before->unread ? (guint) FLAG_CHANGE : 0);

    if (box->row->hicn != before->hicn && (what & events) != 0)
        put_status(peer, out, box, events);
}

/* Tells what is new of a mailbox, and remembers it. */
static void
look_at(
    TwImapPeer *peer, Notify *notify, TwBuffer *out, const TwImapBox *box, GHashTable *subscribed)
{
    TwImapBoxKey place = { box->store, box->folder };
    Known *known = g_hash_table_lookup(notify->known, &place);
    guint events = events_of(peer, notify, box, subscribed);
    gboolean is_subscribed = subscribed != NULL && g_hash_table_contains(subscribed, box->name);

    if (box->folder == 0 || box->row == NULL)
        return;
    if (out != NULL) {
        tell_name(peer, out, box, known, events);
        if (known != NULL)
            tell_messages(peer, out, box, known, events);
        if ((events & SUBSCRIPTION_CHANGE) != 0 && known != NULL && subscribed != NULL &&
            known->subscribed != is_subscribed)
            put_list(peer, out, is_subscribed ? "\\Subscribed" : "", box->name, NULL);
    }
    if (known == NULL) {
        known = g_new0(Known, 1);
        known->place = place;
        g_hash_table_insert(notify->known, &known->place, known);
    }
    g_free(known->name);
    known->name = g_strdup(box->name);
    known->uidnext = box->row->uidnext;
    known->total = box->row->total;
    known->unread = box->row->unread;
    known->hicn = box->row->hicn;
    if (subscribed != NULL)
        known->subscribed = is_subscribed;
    known->seen = TRUE;
}

/* What was known and is not there any more. */
static void
forget_gone(TwImapPeer *peer, Notify *notify, TwBuffer *out)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, notify->known);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Known *known = value;
        TwImapBox box = { .name = known->name,
                          .store = known->place.store,
                          .folder = known->place.folder };

        if (!known->seen) {
            if ((events_of(peer, notify, &box, NULL) & MAILBOX_NAME) != 0)
                put_list(peer, out, "\\NonExistent", known->name, NULL);
            g_hash_table_iter_remove(&iter);
        }
    }
}

/* Looks at all mailboxes. out: NULL at the beginning, when nothing is new. status: (nullable): takes what STATUS asks for. */
static gboolean
look_at_all(TwImapPeer *peer, Notify *notify, TwBuffer *out, TwBuffer *status, GError **error)
{
    g_autoptr(GArray) boxes = tw_imap_tree(peer, tw_imap_filters_tree(notify->filters), error);
    g_autoptr(GHashTable) subscribed =
        notify->subscriptions ? tw_imap_subscriptions(peer, NULL) : NULL;
    GHashTableIter iter;
    gpointer value;

    if (boxes == NULL)
        return FALSE;
    g_hash_table_iter_init(&iter, notify->known);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        ((Known *) value)->seen = FALSE;
    for (guint i = 0; i < boxes->len; i++) {
        const TwImapBox *box = &g_array_index(boxes, TwImapBox, i);
        guint events = events_of(peer, notify, box, subscribed);

        look_at(peer, notify, out, box, subscribed);
        if (events != 0 && box->folder != 0 && !watch_store(notify, &box->store, error))
            return FALSE;
        if (status != NULL && (events & OF_MESSAGES) != 0)
            put_status(peer, status, box, events);
    }
    if (out != NULL)
        forget_gone(peer, notify, out);
    return TRUE;
}

/* ---- the command ---- */

static gboolean
start(TwImapPeer *peer, Notify *notify, const Asked *asked, GError **error)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);

    if (notify->flags) /* RFC 5465, 5.3: change numbers are told from here on */
        tw_imap_view_condstore(peer);
    notify->watch = tw_session_watch(peer->session, wake, peer->conn, error);
    if (notify->watch == NULL || !watch_store(notify, &peer->store, error) ||
        (peer->state == TW_IMAP_SELECTED && !watch_store(notify, &peer->view.store, error)))
        return FALSE;
    if (notify->filters->len > 0 &&
        !look_at_all(peer, notify, NULL, asked->status ? &out : NULL, error))
        return FALSE;
    tw_imap_write(peer, &out);
    return TRUE;
}

static void
refuse_events(TwImapPeer *peer)
{
    tw_imap_done(peer, TW_IMAP_NO,
                 "[BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
                 "SubscriptionChange)] Not all of these are told");
}

gboolean
tw_imap_cmd_notify(TwImapPeer *peer, TwCursor *args)
{
    g_autoptr(Notify) notify = notify_new();
    g_autoptr(GError) error = NULL;
    Asked asked = { 0 };

    if (!tw_imap_take_char(args, ' '))
        return FALSE;
    if (tw_imap_take_word(args, "NONE")) {
        if (!tw_imap_take_end(args))
            return FALSE;
        tw_imap_notify_end(peer);
        tw_imap_done(peer, TW_IMAP_OK, "NOTIFY done");
        return TRUE;
    }
    if (!tw_imap_take_word(args, "SET") || !tw_imap_take_char(args, ' ') ||
        !take_set(peer, args, notify, &asked))
        return FALSE;
    if (asked.unknown) {
        refuse_events(peer);
        return TRUE;
    }
    tw_imap_notify_end(peer);
    if (!start(peer, notify, &asked, &error)) {
        tw_imap_done_error(peer, error);
        return TRUE;
    }
    peer->notify = g_steal_pointer(&notify);
    tw_imap_done(peer, TW_IMAP_OK, "NOTIFY done");
    return TRUE;
}

/* ---- when something happened ---- */

/* What is selected, with what is asked for of new messages. */
static void
tell_selected(TwImapPeer *peer, const Notify *notify)
{
    guint32 last = tw_imap_uids_last(&peer->view.uids);

    tw_imap_view_sync(peer, !notify->delayed);
    if (notify->items != NULL && tw_imap_uids_last(&peer->view.uids) > last)
        tw_imap_fetch_news(peer, notify->items, last + 1);
}

/* Whether names or subscriptions may have changed, so that all must be looked at. */
static gboolean
needs_all(const GArray *events)
{
    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);

        if (event->object == TW_NOTIFY_OBJECT_STORE ||
            (event->object == TW_NOTIFY_OBJECT_FOLDER &&
             (event->type != TW_NOTIFY_MODIFIED || !event->counters)))
            return TRUE;
    }
    return FALSE;
}

static void
look_at_place(TwImapPeer *peer, Notify *notify, TwBuffer *out, const TwImapBoxKey *place)
{
    const Known *known = g_hash_table_lookup(notify->known, place);
    g_autofree char *name = known != NULL ? g_strdup(known->name) : NULL;
    g_auto(TwImapBox) box = { 0 };

    if (name != NULL && tw_imap_box_find(peer, name, &box, NULL) && box.folder == place->folder) {
        g_autoptr(GHashTable) subscribed =
            notify->subscriptions ? tw_imap_subscriptions(peer, NULL) : NULL;

        look_at(peer, notify, out, &box, subscribed);
    }
}

/* The mailboxes that events name, each once. */
static void
look_at_named(TwImapPeer *peer, Notify *notify, TwBuffer *out, const GArray *events)
{
    g_autoptr(GHashTable) places =
        g_hash_table_new_full(tw_imap_box_key_hash, tw_imap_box_key_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer key;

    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        guint32 folders[2] = { event->object == TW_NOTIFY_OBJECT_FOLDER ? event->id : event->parent,
                               event->old_parent };

        for (guint k = 0; k < G_N_ELEMENTS(folders); k++) {
            TwImapBoxKey place = { .folder = folders[k] };

            if (place.folder == 0 || event->connection >= notify->stores->len)
                continue;
            place.store = g_array_index(notify->stores, TwGuid, event->connection);
            g_hash_table_add(places, g_memdup2(&place, sizeof place));
        }
    }
    g_hash_table_iter_init(&iter, places);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        look_at_place(peer, notify, out, key);
}

/* Between commands, and while the client waits in IDLE. */
static gboolean
may_tell(const TwImapPeer *peer)
{
    return !tw_conn_is_producing(peer->conn) &&
           (peer->input == TW_IMAP_INPUT_IDLE ||
            (peer->input == TW_IMAP_INPUT_LINE && peer->command.len == 0));
}

void
tw_imap_notify_woken(TwImapPeer *peer)
{
    Notify *notify = peer->notify;
    g_autoptr(GArray) events = tw_notify_events_new();
    g_auto(TwBuffer) out = TW_BUFFER_INIT(OUT_MOST);
    gboolean missed = FALSE;

    if (notify == NULL)
        return;
    notify->pending = !may_tell(peer);
    if (notify->pending)
        return;
    if (!tw_watch_pull(notify->watch, events, 0, &missed, NULL)) {
        tw_conn_write_str(peer->conn, "* BYE Session ended\r\n");
        tw_conn_close(peer->conn);
        return;
    }
    if (events->len == 0 && !missed)
        return;
    if (notify->filters->len > 0) {
        /* what cannot be read now is told with what comes next */
        if (missed || needs_all(events))
            (void) look_at_all(peer, notify, &out, NULL, NULL);
        else
            look_at_named(peer, notify, &out, events);
        tw_imap_write(peer, &out);
    }
    if (notify->selected && peer->state == TW_IMAP_SELECTED)
        tell_selected(peer, notify);
}

void
tw_imap_notify_resume(TwImapPeer *peer)
{
    Notify *notify = peer->notify;

    if (notify == NULL)
        return;
    if (peer->state == TW_IMAP_SELECTED)
        (void) watch_store(notify, &peer->view.store, NULL);
    if (notify->pending)
        tw_conn_wake(peer->conn);
}
