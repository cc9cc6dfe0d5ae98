/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening tables of every type, and the table of a queue, which the door keeps itself. Source: spec/mapi-soap.md 8.1, 8.9, 13.2, 15.2. */
#include "soapd/soapd-private.h"

enum {
    TABLE_STORE = 1,
    TABLE_BOOK = 2,
    TABLE_QUEUE = 3,
    TABLE_SYSTEM = 5,
    TABLE_SESSIONS = 6,
    TABLE_USERS = 7,
    TABLE_COMPANIES = 8,
    TABLE_USER_STORES = 9,
    TABLE_MAILBOXES = 10,
    TABLE_SERVERS = 11,

    ROWS_HIERARCHY = 3,
    ROWS_CONTAINERS = 4,
    ROWS_CONTENTS = 5,
    ROWS_USERS = 6,
    ROWS_LISTS = 8,

    OPEN_CONVENIENT = 1,
    OPEN_DELETED = 2,
    OPEN_ASSOCIATED = 0x40,
    OPEN_NO_CUT = 0x40000000,

    TAG_OWNER_ACCOUNT = 0x6781001F,
    TAG_OUTGOING_FLAGS = 0x67800003,

    QUEUE_MOST = 100000, /* rows of a queue */
    CELL_MOST = 1024,    /* bytes of a property of a queued message that the table has */
    LOCALE = 0x0409,     /* en_US: of stores without another one */
};

static guint32
flags_of(guint32 flags)
{
    return (flags & OPEN_CONVENIENT ? (guint32) TW_TABLE_DEEP : 0) |
           (flags & OPEN_DELETED ? (guint32) TW_TABLE_SOFT_DELETED : 0) |
           (flags & OPEN_ASSOCIATED ? (guint32) TW_TABLE_ASSOCIATED : 0) |
           (flags & OPEN_NO_CUT ? (guint32) TW_TABLE_NO_CUT : 0);
}

/* ---- of stores: messages, folders ---- */

static gboolean
open_contents(
    TwSoapdCall *call, const TwSoapdPlace *place, guint32 flags, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenArgs) open = { .store = place->store,
                                     .folder = place->folder,
                                     .flags = flags & ~(guint32) TW_TABLE_DEEP,
                                     .lcid = LOCALE };

    if (!tw_session_table_open(call->session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_hierarchy(
    TwSoapdCall *call, const TwSoapdPlace *place, guint32 flags, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenFoldersArgs) open = { .store = place->store,
                                            .folder = place->folder,
                                            .flags = flags & ~(guint32) TW_TABLE_ASSOCIATED,
                                            .lcid = LOCALE };

    if (!tw_session_table_open_folders(call->session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_of_store(TwSoapdCall *call, const TwSoapTableOpenRequest *how, guint32 *ret, GError **error)
{
    guint32 flags = flags_of(how->ulFlags);
    g_auto(TwFolderGetArgs) get = { 0 };
    TwSoapdPlace place;

    if (how->ulType != ROWS_CONTENTS && how->ulType != ROWS_HIERARCHY)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find(call, how->sEntryId, &place, error))
        return FALSE;
    if (place.type == TW_OBJECT_ID_MESSAGE)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    get.store = place.store;
    get.folder = place.folder;
    if (!tw_session_folder_get(call->session, &get, error))
        return FALSE;
    if (get.row.row->type == TW_FOLDER_SEARCH &&
        (how->ulType == ROWS_HIERARCHY ||
         (flags & (TW_TABLE_ASSOCIATED | TW_TABLE_SOFT_DELETED)) != 0))
        return tw_soapd_fail(TW_SOAP_RESULT_NO_SUPPORT, error);
    return how->ulType == ROWS_CONTENTS ? open_contents(call, &place, flags, ret, error)
                                        : open_hierarchy(call, &place, flags, ret, error);
}

/* ---- of the address book ---- */

gboolean
tw_soapd_find_container(
    TwSoapdCall *call, TwSoapBytes id, guint32 *ret_place, guint32 *ret_object, GError **error)
{
    g_autoptr(TwEntryId) parsed = id.len > 0 ? tw_entryid_parse(id.data, id.len, NULL) : NULL;

    *ret_place = TW_BOOK_PLACE_ROOT;
    *ret_object = 0;
    if (id.len == 0)
        return TRUE;
    if (parsed == NULL || parsed->kind != TW_ENTRYID_BOOK || parsed->book.type == TW_BOOK_USER)
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error);
    if (parsed->book.type == TW_BOOK_CONTAINER && parsed->book.external == NULL &&
        parsed->book.number <= TW_BOOK_PLACE_ALL_LISTS) {
        *ret_place = parsed->book.number;
        return TRUE;
    }
    *ret_place = TW_BOOK_PLACE_OBJECT;
    return tw_soapd_find_user(call, 0, id, ret_object, error);
}

static gboolean
open_of_book(TwSoapdCall *call, const TwSoapTableOpenRequest *how, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenBookArgs) open = { .containers = how->ulType == ROWS_CONTAINERS,
                                         .flags = flags_of(how->ulFlags),
                                         .lcid = LOCALE };

    if (how->ulType != ROWS_CONTAINERS && how->ulType != ROWS_USERS && how->ulType != ROWS_LISTS)
        return tw_soapd_fail(TW_SOAP_RESULT_INVALID_PARAMETER, error);
    if (!tw_soapd_find_container(call, how->sEntryId, &open.place, &open.object, error) ||
        !tw_session_table_open_book(call->session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

/* ---- of the server ---- */

#define OPEN_SIMPLE(name, camel)                                                                   \
    static gboolean open_##name(TwSoapdCall *call, guint32 flags, guint32 *ret, GError **error)    \
    {                                                                                              \
        g_auto(TwTableOpen##camel##Args) open = { .flags = flags, .lcid = LOCALE };                \
                                                                                                   \
        if (!tw_session_table_open_##name(call->session, &open, error))                            \
            return FALSE;                                                                          \
        *ret = open.table;                                                                         \
        return TRUE;                                                                               \
    }
OPEN_SIMPLE(system, System)
OPEN_SIMPLE(sessions, Sessions)
OPEN_SIMPLE(users, Users)
OPEN_SIMPLE(companies, Companies)
#undef OPEN_SIMPLE

static gboolean
open_stores(TwSoapdCall *call, TwStoresTable kind, guint32 flags, guint32 *ret, GError **error)
{
    g_auto(TwTableOpenStoresArgs) open = { .kind = kind, .flags = flags, .lcid = LOCALE };

    if (!tw_session_table_open_stores(call->session, &open, error))
        return FALSE;
    *ret = open.table;
    return TRUE;
}

static gboolean
open_of_server(TwSoapdCall *call, const TwSoapTableOpenRequest *how, guint32 *ret, GError **error)
{
    guint32 flags = flags_of(how->ulFlags);

    switch (how->ulTableType) {
    case TABLE_SYSTEM:
        return open_system(call, flags, ret, error);
    case TABLE_SESSIONS:
        return open_sessions(call, flags, ret, error);
    case TABLE_USERS:
        return open_users(call, flags, ret, error);
    case TABLE_COMPANIES:
        return tw_soapd_ask_hosted(call, error) && open_companies(call, flags, ret, error);
    case TABLE_USER_STORES:
        return open_stores(call, TW_STORES_OF_USERS, flags, ret, error);
    case TABLE_MAILBOXES:
        return open_stores(call, TW_STORES_MAILBOXES, flags, ret, error);
    case TABLE_SERVERS:
        return tw_soapd_fail(TW_SOAP_RESULT_NOT_FOUND, error); /* there is one */
    default:
        return tw_soapd_fail(
            how->ulTableType == 4 ? TW_SOAP_RESULT_NO_SUPPORT : TW_SOAP_RESULT_BAD_VALUE, error);
    }
}

/* ---- of a queue ----
 *
 * Rows are made by the door and given to the table: those that came or went since, whenever the table is used, and when the
 * queue says that something happened to whoever listens. */

struct TwSoapdQueue {
    gboolean master;
    TwGuid store;      /* of the local one */
    GHashTable *shown; /* numbers of messages */
};

void
tw_soapd_queue_free(gpointer data)
{
    TwSoapdQueue *queue = data;

    g_hash_table_unref(queue->shown);
    g_free(queue);
}

/* The rows of the queue now; the local queue is of the entries that are not the server's. */
static GArray *
list_queue(TwSession *session, gboolean master, const TwGuid *store, GError **error)
{
    g_auto(TwQueueListAllArgs) all = { .most = QUEUE_MOST };
    g_auto(TwQueueListArgs) own = { .store = *store };
    GArray *rows;

    if (master)
        return tw_session_queue_list_all(session, &all, error) ? g_steal_pointer(&all.rows) : NULL;
    if (!tw_session_queue_list(session, &own, error))
        return NULL;
    rows = g_array_new(FALSE, FALSE, sizeof(TwQueueRow));
    for (guint i = 0; i < own.rows->len; i++) {
        const TwQueueRow *row = &g_array_index(own.rows, TwQueueRow, i);
        if ((row->flags & TW_QUEUE_MASTER) == 0)
            g_array_append_vals(rows, row, 1);
    }
    return rows;
}

/* What the message itself has to say, without what is long. */
static void
put_message(TwSession *session, const TwQueueRow *row, TwPropsBuilder *builder)
{
    g_auto(TwMessageReadArgs)
        read = { .store = row->store, .message = row->message, .compute = TRUE };
    g_autoptr(GArray) tags = NULL;
    TwProps computed;

    if (!tw_session_message_read(session, &read, NULL))
        return;
    tags = tw_object_list_tags(read.object);
    for (guint i = 0; i < tags->len; i++) {
        TwPropValue value;
        if (tw_object_get(read.object, g_array_index(tags, guint32, i), &value) &&
            value.len <= CELL_MOST && tw_prop_tag_is_storable(value.tag))
            tw_props_builder_set(builder, value);
    }
    if (read.computed != NULL && tw_props_open_bytes(read.computed, &computed, NULL))
        tw_props_builder_merge(builder, &computed);
}

static GBytes *
make_row(TwSoapdCall *call, const TwQueueRow *row)
{
    g_auto(TwPropsBuilder) builder;
    g_auto(TwBookGetArgs) owner = { .user = row->owner };
    TwSoapBytes id;

    tw_props_builder_init(&builder);
    put_message(call->session, row, &builder);
    if (tw_soapd_message_id(call, &row->store, 0, row->message, &id, NULL)) {
        tw_props_builder_set(&builder, tw_value_bytes(PR_ENTRYID, id.data, id.len));
        tw_props_builder_set(&builder, tw_value_bytes(PR_RECORD_KEY, id.data, id.len));
    }
    if (tw_soapd_store_id(call, &row->store, 0, &id, NULL))
        tw_props_builder_set(&builder, tw_value_bytes(PR_STORE_ENTRYID, id.data, id.len));
    tw_props_builder_set(
        &builder, tw_value_bytes(PR_STORE_RECORD_KEY, row->store.bytes, sizeof row->store.bytes));
    if (row->owner != 0 && tw_session_book_get(call->session, &owner, NULL))
        tw_props_builder_set(
            &builder,
            tw_value_str(TAG_OWNER_ACCOUNT,
                         tw_soapd_login_name(call, tw_soapd_keep_object(call, owner.entry))));
    tw_props_builder_set(&builder, tw_value_long(TAG_OUTGOING_FLAGS, row->flags));
    tw_props_builder_set(&builder, tw_value_long(PR_EC_HIERARCHYID, row->message));
    return tw_props_builder_finish_bytes(&builder, NULL);
}

static void
clear_bag(gpointer data)
{
    g_clear_pointer(&((TwTableBag *) data)->bag, g_bytes_unref);
}

static GArray *
new_bags(void)
{
    GArray *bags = g_array_new(FALSE, FALSE, sizeof(TwTableBag));

    g_array_set_clear_func(bags, clear_bag);
    return bags;
}

static void
add_bag(GArray *bags, guint32 number, GBytes *bag)
{
    TwTableBag row = { number, bag };

    g_array_append_val(bags, row);
    /* cppcheck-suppress memleak; clear_bag() frees it */
}

/* Rows that came since and, without a bag, those that went; @shown becomes what there is now. */
static GArray *
difference(TwSoapdCall *call, const GArray *rows, GHashTable *shown)
{
    g_autoptr(GHashTable) now = g_hash_table_new(NULL, NULL);
    GArray *bags = new_bags();
    GHashTableIter iter;
    gpointer number;

    for (guint i = 0; i < rows->len; i++) {
        const TwQueueRow *row = &g_array_index(rows, TwQueueRow, i);
        GBytes *bag;

        g_hash_table_add(now, GUINT_TO_POINTER(row->message));
        if (g_hash_table_contains(shown, GUINT_TO_POINTER(row->message)))
            continue;
        bag = make_row(call, row);
        if (bag == NULL)
            continue;
        g_hash_table_add(shown, GUINT_TO_POINTER(row->message));
        add_bag(bags, row->message, bag);
    }
    g_hash_table_iter_init(&iter, shown);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        if (g_hash_table_contains(now, number))
            continue;
        add_bag(bags, GPOINTER_TO_UINT(number), NULL);
        g_hash_table_iter_remove(&iter);
    }
    return bags;
}

static gboolean
open_queue(TwSoapdCall *call, const TwSoapTableOpenRequest *how, guint32 *ret, GError **error)
{
    TwSoapdQueue *queue = g_new0(TwSoapdQueue, 1);
    g_auto(TwTableOpenRowsArgs)
        open = { .flags = flags_of(how->ulFlags) & (guint32) TW_TABLE_NO_CUT, .lcid = LOCALE };
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GArray) bags = NULL;

    queue->master = how->sEntryId.len == 0;
    queue->shown = g_hash_table_new(NULL, NULL);
    if (queue->master || tw_soapd_find_store(call, how->sEntryId, &queue->store, error))
        rows = list_queue(call->session, queue->master, &queue->store, error);
    if (rows != NULL) {
        bags = difference(call, rows, queue->shown);
        open.rows = (TwTableBagRows){ (const TwTableBag *) (const void *) bags->data, bags->len };
    }
    if (rows == NULL || !tw_session_table_open_rows(call->session, &open, error)) {
        tw_soapd_queue_free(queue);
        return FALSE;
    }
    *ret = open.table;
    tw_lock(&call->client->lock);
    g_hash_table_insert(call->client->queues, GUINT_TO_POINTER(*ret), queue);
    tw_unlock(&call->client->lock);
    return TRUE;
}

/* Takes the queue out while its rows are made; another call that comes meanwhile finds none and shows what there is. */
static TwSoapdQueue *
take_queue(TwSoapdClient *client, guint32 table)
{
    gpointer queue = NULL;
    TW_LOCK_SCOPE(&client->lock);

    g_hash_table_steal_extended(client->queues, GUINT_TO_POINTER(table), NULL, &queue);
    return queue;
}

void
tw_soapd_queue_refresh(TwSoapdCall *call, guint32 table)
{
    TwSoapdQueue *queue = take_queue(call->client, table);
    g_autoptr(GArray) rows = NULL;
    gboolean open = TRUE;

    if (queue == NULL)
        return;
    rows = list_queue(call->session, queue->master, &queue->store, NULL);
    if (rows != NULL) {
        g_autoptr(GArray) bags = difference(call, rows, queue->shown);
        g_auto(TwTableSetRowsArgs) set = { .table = table };

        set.rows = (TwTableBagRows){ (const TwTableBag *) (const void *) bags->data, bags->len };
        open = bags->len == 0 || tw_session_table_set_rows(call->session, &set, NULL);
    }
    if (!open) {
        tw_soapd_queue_free(queue);
        return;
    }
    tw_lock(&call->client->lock);
    g_hash_table_insert(call->client->queues, GUINT_TO_POINTER(table), queue);
    tw_unlock(&call->client->lock);
}

void
tw_soapd_queues_refresh(TwSoapdCall *call)
{
    g_autofree gpointer *tables = NULL;
    guint count;

    tw_lock(&call->client->lock);
    tables = g_hash_table_get_keys_as_array(call->client->queues, &count);
    tw_unlock(&call->client->lock);
    for (guint i = 0; i < count; i++)
        tw_soapd_queue_refresh(call, GPOINTER_TO_UINT(tables[i]));
}

/* ---- all of them ---- */

/* PR_OBJECT_TYPE of the rows, for events. */
static guint32
rows_type(const TwSoapTableOpenRequest *how)
{
    switch (how->ulTableType) {
    case TABLE_STORE:
        return how->ulType == ROWS_HIERARCHY ? ROWS_HIERARCHY : ROWS_CONTENTS;
    case TABLE_BOOK:
        return how->ulType == ROWS_CONTAINERS ? ROWS_CONTAINERS : ROWS_USERS;
    case TABLE_QUEUE:
        return ROWS_CONTENTS;
    default:
        return 0;
    }
}

gboolean
tw_soapd_open_table(TwSoapdCall *call,
                    const TwSoapTableOpenRequest *how,
                    guint32 *ret,
                    GError **error)
{
    gboolean ok;

    switch (how->ulTableType) {
    case TABLE_STORE:
        ok = open_of_store(call, how, ret, error);
        break;
    case TABLE_BOOK:
        ok = open_of_book(call, how, ret, error);
        break;
    case TABLE_QUEUE:
        ok = open_queue(call, how, ret, error);
        break;
    default:
        ok = open_of_server(call, how, ret, error);
        break;
    }
    if (!ok)
        return FALSE;
    tw_lock(&call->client->lock);
    g_hash_table_insert(call->client->tables, GUINT_TO_POINTER(*ret),
                        GUINT_TO_POINTER(rows_type(how)));
    tw_unlock(&call->client->lock);
    return TRUE;
}
