/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From changes to events. What the stream does not say (a folder's parent and counters) is read, and only when someone
 * may want it; counters once for all changes that are dispatched together.
 */
#include "store/notify-private.h"
#include "store/sync-private.h"

static gint64
key_of(guint32 store, guint32 id)
{
    return (gint64) ((guint64) store << 32 | id);
}

/* ---- whom it concerns ---- */

static gboolean
wants(const TwNotifySub *sub, const TwNotifyEvent *event)
{
    guint32 mask = sub->wish.mask;
    guint32 kinds = mask & (TW_NOTIFY_MESSAGES | TW_NOTIFY_FOLDERS);

    if (!(mask & event->type) || (event->counters && (mask & TW_NOTIFY_NO_COUNTERS)))
        return FALSE;
    if (event->type == TW_NOTIFY_NEW_MAIL || kinds == 0)
        return TRUE;
    return (event->object == TW_NOTIFY_OBJECT_MESSAGE && (kinds & TW_NOTIFY_MESSAGES)) ||
           (event->object == TW_NOTIFY_OBJECT_FOLDER && (kinds & TW_NOTIFY_FOLDERS));
}

static void
put(TwNotifySub *sub, const TwNotifyEvent *event, GPtrArray *wake)
{
    TwNotifyEvent own = *event;
    TwNotifyQueue *queue;

    own.connection = sub->wish.connection;
    queue = tw_notify_queue_put(sub->queue, &own);
    if (queue != NULL)
        g_ptr_array_add(wake, queue);
}

static TwNotifySub *
first_of(TwNotifyBus *bus, guint32 store, guint32 id)
{
    gint64 key = key_of(store, id);

    TW_ASSERT_HELD(&bus->index_lock);
    return g_hash_table_lookup(bus->index, &key);
}

static void
put_chain(TwNotifyBus *bus, guint32 id, const TwNotifyEvent *event, guint32 needs, GPtrArray *wake)
{
    for (TwNotifySub *sub = first_of(bus, event->store, id); sub != NULL; sub = sub->chain_next) {
        if ((sub->wish.mask & needs) == needs && wants(sub, event))
            put(sub, event, wake);
    }
}

static void
put_event(TwNotifyBus *bus, const TwNotifyEvent *event, GPtrArray *wake)
{
    gboolean message = event->object == TW_NOTIFY_OBJECT_MESSAGE;
    guint32 inside = event->type == TW_NOTIFY_NEW_MAIL ? 0 : TW_NOTIFY_MESSAGES;

    put_chain(bus, 0, event, 0, wake);
    if (event->object == TW_NOTIFY_OBJECT_STORE)
        return;
    put_chain(bus, event->id, event, 0, wake);
    if (event->type == TW_NOTIFY_MOVED && event->old_id != event->id)
        put_chain(bus, event->old_id, event, 0, wake);
    if (!message)
        return;
    put_chain(bus, event->parent, event, inside, wake);
    if (event->old_parent != 0 && event->old_parent != event->parent)
        put_chain(bus, event->old_parent, event, inside, wake);
}

static void
wake_all(GPtrArray *wake)
{
    for (guint i = 0; i < wake->len; i++)
        tw_notify_queue_wake(wake->pdata[i]);
}

void
tw_notify_tell(TwNotifyBus *bus, const TwNotifyEvent *event)
{
    g_autoptr(GPtrArray) wake = g_ptr_array_new();

    tw_lock(&bus->index_lock);
    put_event(bus, event, wake);
    tw_unlock(&bus->index_lock);
    wake_all(wake);
}

/* ---- synchronisation ---- */

static guint16
sync_type(const TwChange *change)
{
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_FOLDER_NEW:
    case TW_CHANGE_FOLDER_RESTORED:
        return TW_SYNC_FOLDER | TW_SYNC_NEW;
    case TW_CHANGE_FOLDER:
    case TW_CHANGE_FOLDER_MOVED:
        return TW_SYNC_FOLDER | TW_SYNC_CHANGED;
    case TW_CHANGE_FOLDER_DELETED:
        return TW_SYNC_FOLDER |
               (change->aux == TW_FOLDER_SOFT ? TW_SYNC_SOFT_DELETED : TW_SYNC_DELETED);
    case TW_CHANGE_MESSAGE_NEW:
    case TW_CHANGE_MESSAGE_BACK:
        return TW_SYNC_MESSAGE | TW_SYNC_NEW;
    case TW_CHANGE_MESSAGE:
        return TW_SYNC_MESSAGE | TW_SYNC_CHANGED;
    case TW_CHANGE_MESSAGE_READ:
        return TW_SYNC_MESSAGE | TW_SYNC_READ;
    case TW_CHANGE_MESSAGE_SOFT:
        return TW_SYNC_MESSAGE | TW_SYNC_SOFT_DELETED;
    case TW_CHANGE_MESSAGE_GONE:
    case TW_CHANGE_MESSAGE_PURGED:
        return TW_SYNC_MESSAGE | TW_SYNC_DELETED;
    case TW_CHANGE_STORE:
    case TW_CHANGE_RECEIVE:
    case TW_CHANGE_RIGHTS:
    case TW_CHANGE_SEARCH_ADDED:
    case TW_CHANGE_SEARCH_REMOVED:
    case TW_CHANGE_SEARCH_RESTARTED:
    case TW_CHANGE_SEARCH_RESULTS:
    case TW_CHANGE_SEARCH_COMPLETE:
    case TW_CHANGE_QUEUE:
    case TW_CHANGE_STORE_MODE:
        break;
    }
    return 0;
}

static void
put_sync(TwNotifyBus *bus, const TwChange *change, GPtrArray *wake)
{
    guint16 type = sync_type(change);
    gboolean folder = (type & TW_SYNC_FOLDER) != 0;
    guint32 place = folder ? (guint32) TW_NOTIFY_TREE : change->folder;
    TwNotifyEvent event = {
        .type = TW_NOTIFY_SYNC,
        .object = folder ? TW_NOTIFY_OBJECT_FOLDER : TW_NOTIFY_OBJECT_MESSAGE,
        .store = change->store,
        .id = change->id,
        .parent = folder ? 0 : change->folder,
        .cn = change->cn,
        .sync_type = type,
    };

    if (type == 0)
        return;
    for (TwNotifySub *sub = first_of(bus, change->store, place); sub != NULL;
         sub = sub->chain_next) {
        if (!(sub->wish.mask & TW_NOTIFY_SYNC) ||
            (change->source != 0 && change->source == sub->wish.sync))
            continue;
        event.sync = sub->wish.sync;
        put(sub, &event, wake);
    }
}

/* ---- changes ---- */

/* What is read for one folder, at most once a round. */
typedef struct {
    guint32 store, id;
    gboolean known;
    guint32 parent, total, unread;
} Folder;

typedef struct {
    TwNotifyBus *bus;
    GHashTable *folders; /* key -> Folder, owned: whose counters may be others */
    GPtrArray *order;    /* the same, in the order of their first change */
    GPtrArray *wake;
} Round;

typedef struct {
    guint32 store, id, parent;
} GoneFolder;

static gboolean
gone_tx(TwDbTx *tx, gpointer data, GError **error)
{
    GoneFolder *gone = data;
    gboolean soft;

    return tw_sql_sync_gone_folder(tx, gone->store, gone->id, &gone->parent, &soft, error);
}

static Folder
read_folder(TwNotifyBus *bus, guint32 number, guint32 id)
{
    Folder folder = { .store = number, .id = id };
    g_autoptr(TwStore) store = tw_store_of(bus->engine, number, NULL);
    g_autoptr(TwFolderRow) row = store != NULL ? tw_folder_get(store, id, NULL) : NULL;

    if (row != NULL) {
        folder.known = row->state == TW_FOLDER_LIVE;
        folder.parent = row->parent != id ? row->parent : 0;
        folder.total = row->total;
        folder.unread = row->unread;
    } else if (store != NULL) {
        GoneFolder gone = { number, id, 0 };
        if (tw_store_read(store, gone_tx, &gone, NULL))
            folder.parent = gone.parent;
    }
    return folder;
}

static void
touch(Round *round, guint32 store, guint32 id)
{
    gint64 key = key_of(store, id);
    Folder *folder;

    if (id == 0 || g_hash_table_contains(round->folders, &key))
        return;
    folder = g_new0(Folder, 1);
    folder->store = store;
    folder->id = id;
    g_hash_table_insert(round->folders, g_memdup2(&key, sizeof key), folder);
    g_ptr_array_add(round->order, folder);
}

static guint32
message_event(const TwChange *change)
{
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_MESSAGE_NEW:
        return change->from == 0 ? TW_NOTIFY_CREATED
               : change->moved   ? TW_NOTIFY_MOVED
                                 : TW_NOTIFY_COPIED;
    case TW_CHANGE_MESSAGE_BACK:
        return TW_NOTIFY_CREATED;
    case TW_CHANGE_MESSAGE:
    case TW_CHANGE_MESSAGE_READ:
        return TW_NOTIFY_MODIFIED;
    case TW_CHANGE_MESSAGE_SOFT:
        return TW_NOTIFY_DELETED;
    case TW_CHANGE_MESSAGE_GONE: /* a move is told by its new self */
        return change->aux == 0 ? TW_NOTIFY_DELETED : 0;
    default:
        return 0;
    }
}

static void
dispatch_message(Round *round, const TwChange *change)
{
    TwNotifyEvent event = {
        .type = message_event(change),
        .object = TW_NOTIFY_OBJECT_MESSAGE,
        .store = change->store,
        .id = change->id,
        .parent = change->folder,
        .old_id = change->from,
        .old_parent = change->from_folder,
        .cn = change->cn,
    };

    touch(round, change->store, change->folder);
    tw_lock(&round->bus->index_lock);
    if (event.type != 0)
        put_event(round->bus, &event, round->wake);
    put_sync(round->bus, change, round->wake);
    tw_unlock(&round->bus->index_lock);
}

static guint32
folder_event(const TwChange *change)
{
    switch ((TwChangeOp) change->op) {
    case TW_CHANGE_FOLDER_NEW:
        return change->from == 0 ? TW_NOTIFY_CREATED : TW_NOTIFY_COPIED;
    case TW_CHANGE_FOLDER_RESTORED:
        return TW_NOTIFY_CREATED;
    case TW_CHANGE_FOLDER_MOVED:
        return TW_NOTIFY_MOVED;
    case TW_CHANGE_FOLDER_DELETED:
        return TW_NOTIFY_DELETED;
    default:
        return TW_NOTIFY_MODIFIED;
    }
}

static void
dispatch_folder(Round *round, const TwChange *change)
{
    Folder now = read_folder(round->bus, change->store, change->id);
    gboolean moved = change->op == TW_CHANGE_FOLDER_MOVED;
    TwNotifyEvent event = {
        .type = folder_event(change),
        .object = TW_NOTIFY_OBJECT_FOLDER,
        .store = change->store,
        .id = change->id,
        .parent = now.parent,
        .old_id = moved ? change->id : change->from,
        .old_parent = moved ? change->aux : change->from_folder,
        .cn = change->cn,
        .total = now.total,
        .unread = now.unread,
    };

    touch(round, change->store, now.parent);
    if (moved)
        touch(round, change->store, change->aux);
    tw_lock(&round->bus->index_lock);
    put_event(round->bus, &event, round->wake);
    put_sync(round->bus, change, round->wake);
    tw_unlock(&round->bus->index_lock);
}

static gboolean
is_awaited(TwNotifyBus *bus, const Folder *folder)
{
    TW_LOCK_SCOPE(&bus->index_lock);
    const TwNotifySub *chains[] = { first_of(bus, folder->store, 0),
                                    first_of(bus, folder->store, folder->id) };
    TwNotifyEvent event = { .type = TW_NOTIFY_MODIFIED,
                            .object = TW_NOTIFY_OBJECT_FOLDER,
                            .counters = TRUE };

    for (guint i = 0; i < G_N_ELEMENTS(chains); i++) {
        for (const TwNotifySub *sub = chains[i]; sub != NULL; sub = sub->chain_next) {
            if (wants(sub, &event))
                return TRUE;
        }
    }
    return FALSE;
}

static void
dispatch_counters(Round *round, const Folder *folder)
{
    Folder now;
    TwNotifyEvent event;

    if (!is_awaited(round->bus, folder))
        return;
    now = read_folder(round->bus, folder->store, folder->id);
    if (!now.known)
        return;
    event = (TwNotifyEvent){
        .type = TW_NOTIFY_MODIFIED,
        .object = TW_NOTIFY_OBJECT_FOLDER,
        .counters = TRUE,
        .store = folder->store,
        .id = folder->id,
        .parent = now.parent,
        .total = now.total,
        .unread = now.unread,
    };
    tw_lock(&round->bus->index_lock);
    put_event(round->bus, &event, round->wake);
    tw_unlock(&round->bus->index_lock);
}

gboolean
tw_notify_is_watched(TwNotifyBus *bus, guint32 store)
{
    TW_LOCK_SCOPE(&bus->index_lock);

    return g_hash_table_contains(bus->stores, GUINT_TO_POINTER(store));
}

static void
dispatch_one(Round *round, const TwChange *change)
{
    TwNotifyEvent event = {
        .type = TW_NOTIFY_MODIFIED,
        .object = TW_NOTIFY_OBJECT_STORE,
        .store = change->store,
        .id = change->id,
        .cn = change->cn,
    };

    if (change->op < TW_CHANGE_MESSAGE_NEW)
        dispatch_folder(round, change);
    else if (change->op < TW_CHANGE_STORE)
        dispatch_message(round, change);
    else if (change->op == TW_CHANGE_STORE)
        tw_notify_tell(round->bus, &event);
    else if (change->op == TW_CHANGE_SEARCH_COMPLETE)
        tw_notify_search_complete(round->bus, change->store, change->folder);
    else if (change->op >= TW_CHANGE_SEARCH_ADDED && change->op <= TW_CHANGE_SEARCH_RESULTS)
        touch(round, change->store, change->folder);
}

/* Those who wait for one change are woken before the next one is looked at when there are many. */
void
tw_notify_dispatch(TwNotifyBus *bus, const GArray *changes)
{
    Round round = { .bus = bus,
                    .folders = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                    .order = g_ptr_array_new(),
                    .wake = g_ptr_array_new() };

    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        if (!tw_notify_is_watched(bus, change->store))
            continue;
        dispatch_one(&round, change);
        wake_all(round.wake);
        g_ptr_array_set_size(round.wake, 0);
    }
    for (guint i = 0; i < round.order->len; i++)
        dispatch_counters(&round, round.order->pdata[i]);
    wake_all(round.wake);
    g_ptr_array_unref(round.wake);
    g_ptr_array_unref(round.order);
    g_hash_table_unref(round.folders);
}
