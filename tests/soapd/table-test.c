/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables of every type over the wire, and what is told of them: spec/mapi-soap.md 8, 10, 13.2, 15. */
#include <string.h>

#include "soapd/wire.h"

typedef struct {
    Wire wire;
    WorldUser root;
    guint64 admin, anna;
} Bench;

static void
bench_new(Bench *bench)
{
    memset(bench, 0, sizeof *bench);
    wire_new(&bench->wire, NULL);
    world_user_of(&bench->wire.world, 0, "root", TW_DIRECTORY_SYSTEM_ADMIN, &bench->root);
    bench->admin = wire_logon(&bench->wire, "root", 77);
    bench->anna = wire_logon(&bench->wire, "anna", 0);
}

static TwSoapBytes
book_id(TwBookType type, guint32 number, guint8 out[36])
{
    static const guint8 provider[] = { 0xAC, 0x21, 0xA9, 0x50, 0x40, 0xD3, 0xEE, 0x48,
                                       0xB3, 0x19, 0xFB, 0xA7, 0x53, 0x30, 0x44, 0x25 };

    memset(out, 0, 36);
    memcpy(out + 4, provider, sizeof provider);
    out[24] = (guint8) type;
    out[28] = (guint8) number;
    return (TwSoapBytes){ out, 36 };
}

/* Opens, sets columns, reads all. */
static const TwSoapTableMultiResponse *
read_table(Bench *bench,
           guint64 session,
           TwSoapTableOpenRequest open,
           guint32 *tags,
           guint count,
           guint32 wanted)
{
    TwSoapPropTagArray columns = { tags, count };
    TwSoapTableQueryRowsRequest query = { .ulCount = 0x7fffffff };
    TwSoapTableMultiArgs multi = { .ulSessionId = session };
    const TwSoapTableMultiResponse *got;

    multi.sRequest = (TwSoapTableMultiRequest){ .lpOpen = &open,
                                                .lpSetColumns = count > 0 ? &columns : NULL,
                                                .lpQueryRows = &query };
    got = wire_call(&bench->wire, TW_SOAP_CALL_TABLE_MULTI, &multi);
    g_assert_cmphex(got->er, ==, wanted);
    return got;
}

static const TwSoapPropValArray *
row_with(const TwSoapRowSet *rows, guint column, const char *text)
{
    for (guint32 i = 0; i < rows->count; i++) {
        const TwPropValue *value = &rows->items[i].items[column];
        if (tw_prop_tag_is_text(value->tag) && strcmp(value->text, text) == 0)
            return &rows->items[i];
    }
    return NULL;
}

/* ---- the address book ---- */

static const TwSoapReadPropsResponse *
read_entry(Bench *bench, const guint8 *data, gsize len, guint32 wanted)
{
    TwSoapReadABPropsArgs args = { .ulSessionId = bench->anna, .sEntryId = { data, len } };
    const TwSoapReadPropsResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_READ_AB_PROPS, &args);

    g_assert_cmphex(got->er, ==, wanted);
    return got;
}

static void
test_book(void)
{
    guint32 tags[] = { PR_DISPLAY_NAME, PR_ENTRYID, PR_ACCOUNT, PR_DISPLAY_TYPE };
    Bench bench;
    guint8 bytes[36];
    TwSoapTableOpenRequest open = { .ulTableType = 2, .ulType = 4 };
    const TwSoapTableMultiResponse *got;
    const TwSoapPropValArray *row;
    const TwSoapReadPropsResponse *entry;
    TwSoapGroup group = { .lpszGroupname = "team", .lpszFullEmail = "team@example.org" };
    TwSoapCreateGroupArgs create = { .lpsGroup = &group };
    const TwSoapSetGroupResponse *grouped;
    TwSoapAddGroupUserArgs add = { 0 };

    bench_new(&bench);
    open.sEntryId = book_id(4, 0, bytes);
    got = read_table(&bench, bench.anna, open, tags, 4, 0);
    g_assert_cmpuint(got->sRowSet.count, ==, 2);
    row = row_with(&got->sRowSet, 0, "Global Address Book");
    g_assert_nonnull(row);
    g_assert_nonnull(row_with(&got->sRowSet, 0, "All Address Lists"));
    entry = read_entry(&bench, row->items[1].data, row->items[1].len, 0);
    g_assert_cmpstr(wire_prop(&entry->aPropVal, PR_DISPLAY_NAME)->text, ==, "Global Address Book");
    g_assert_cmphex(wire_prop(&entry->aPropVal, PR_CONTAINER_FLAGS)->u4, ==, 0x49);
    entry = read_entry(&bench, open.sEntryId.data, 36, 0);
    g_assert_cmphex(wire_prop(&entry->aPropVal, PR_CONTAINER_FLAGS)->u4, ==, 0x4B);
    g_assert_cmphex(wire_prop(&entry->aPropVal, PR_DISPLAY_TYPE)->u4, ==, 0x20000);
    g_assert_null(wire_prop(&entry->aPropVal, PR_PARENT_ENTRYID));
    read_entry(&bench, book_id(4, 9, bytes).data, 36, 0x80000002);

    open.ulType = 6;
    open.sEntryId = book_id(4, 1, bytes);
    got = read_table(&bench, bench.anna, open, tags, 4, 0);
    row = row_with(&got->sRowSet, 2, "bert");
    g_assert_nonnull(row);
    entry = read_entry(&bench, row->items[1].data, row->items[1].len, 0);
    g_assert_cmpstr(wire_prop(&entry->aPropVal, PR_SMTP_ADDRESS)->text, ==, "bert@example.org");
    g_assert_cmpuint(wire_prop(&entry->aPropVal, PR_OBJECT_TYPE)->u4, ==, 6);
    g_assert_nonnull(wire_prop(&entry->aPropVal, 0x8006001F));
    open.ulType = 5;
    read_table(&bench, bench.anna, open, tags, 4, 0x80000014);

    /* a group is a table of its members */
    create.ulSessionId = add.ulSessionId = bench.admin;
    grouped = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_GROUP, &create);
    add.sGroupId = grouped->sGroupId;
    add.ulUserId = bench.wire.bert.number;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_GROUP_USER, &add), ==, 0);
    open.ulType = 6;
    open.sEntryId = grouped->sGroupId;
    got = read_table(&bench, bench.anna, open, tags, 4, 0);
    g_assert_cmpuint(got->sRowSet.count, ==, 1);
    g_assert_cmpstr(got->sRowSet.items[0].items[2].text, ==, "bert");
    wire_free(&bench.wire);
}

/* ---- of the server ---- */

static void
test_server(void)
{
    static const struct {
        guint32 type, of_admin, of_anna;
    } types[] = {
        { 4, 0x80000018, 0x80000018 },
        { 5, 0, 0x80000003 },
        { 6, 0, 0x80000003 },
        { 7, 0, 0x80000003 },
        { 8, 0x80000018, 0x80000018 },
        { 9, 0, 0 },
        { 10, 0, 0 },
        { 11, 0x80000002, 0x80000002 },
        { 12, 0x80000017, 0x80000017 },
    };
    guint32 stores[] = { 0x6701001F, 0x67120102, 0x67140003, 0x0FFB0102 };
    guint32 users[] = { 0x6701001F, 0x39FE001F };
    guint32 sessions[] = { 0x6701001F };
    guint32 figures[] = { 0x3001001E, 0x6741001E };
    guint32 mailboxes[] = { 0x661C001F, 0x0FFB0102, 0x67140003 };
    Bench bench;
    TwSoapTableOpenRequest open = { 0 };
    const TwSoapTableMultiResponse *got;
    const TwSoapPropValArray *row;

    bench_new(&bench);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_test_message("table %u", types[i].type);
        open.ulTableType = types[i].type;
        read_table(&bench, bench.admin, open, NULL, 0, types[i].of_admin);
        read_table(&bench, bench.anna, open, NULL, 0, types[i].of_anna);
    }
    open.ulTableType = 9;
    got = read_table(&bench, bench.admin, open, stores, 4, 0);
    row = row_with(&got->sRowSet, 0, "bert");
    g_assert_nonnull(row);
    wire_assert_bytes(row->items[1].data, row->items[1].len, bench.wire.bert.store.bytes, 16);
    g_assert_cmpuint(row->items[2].u4, ==, 0);
    g_assert_cmpuint(read_table(&bench, bench.anna, open, stores, 4, 0)->sRowSet.count, ==, 0);
    open.ulTableType = 7;
    got = read_table(&bench, bench.admin, open, users, 2, 0);
    g_assert_cmpstr(row_with(&got->sRowSet, 0, "anna")->items[1].text, ==, "anna@example.org");
    open.ulTableType = 6;
    got = read_table(&bench, bench.admin, open, sessions, 1, 0);
    g_assert_nonnull(row_with(&got->sRowSet, 0, "anna"));
    open.ulTableType = 5;
    g_assert_cmpuint(read_table(&bench, bench.admin, open, figures, 2, 0)->sRowSet.count, >, 0);
    open.ulTableType = 10;
    got = read_table(&bench, bench.admin, open, mailboxes, 3, 0);
    g_assert_nonnull(row_with(&got->sRowSet, 0, "bert"));
    wire_free(&bench.wire);
}

/* ---- the queue ---- */

static TwSoapBytes
save_mail(Bench *bench, const char *subject, guint8 bytes[TW_OBJECT_ID_LEN])
{
    TwPropValue props[] = { tw_value_str(PR_SUBJECT, subject), tw_value_long(PR_MESSAGE_FLAGS, 8) };
    TwSoapSaveObject tree = { .modProps = { props, 2 }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = bench->anna,
                                  .sParentEntryId = wire_folder_id(&bench->wire, bench->anna, ""),
                                  .lpsSaveObj = &tree };

    args.sEntryId = wire_new_id(&bench->wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes);
    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args), ==, 0);
    return args.sEntryId;
}

/* Waits for an event of a table of that kind. */
static const TwSoapNotificationTable *
wait_for(Bench *bench, guint64 session, guint32 kind)
{
    for (;;) {
        TwSoapSessionArgs args = { .ulSessionId = session };
        const TwSoapNotifyResponse *got =
            wire_call(&bench->wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &args);

        g_assert_cmphex(got->er, ==, 0);
        for (guint32 i = 0; i < got->pNotificationArray->count; i++) {
            const TwSoapNotification *item = &got->pNotificationArray->items[i];
            g_assert_cmpuint(item->ulConnection, ==, 4);
            if (item->tab != NULL && item->tab->ulTableEvent == kind)
                return item->tab;
        }
    }
}

/* What the spooler does: the master queue as a table that tells what comes and goes. */
static void
test_queue(void)
{
    guint32 tags[] = { 0x6781001F, PR_ENTRYID, 0x0FFB0102, 0x67800003, PR_SUBJECT, 0x67110003 };
    Bench bench;
    guint8 one[TW_OBJECT_ID_LEN], two[TW_OBJECT_ID_LEN], key[4];
    TwSoapBytes first, second;
    TwSoapTableOpenRequest open = { .ulTableType = 3 };
    const TwSoapTableMultiResponse *got;
    const TwSoapNotificationTable *event;
    TwSoapSubmitMessageArgs submit = { .ulFlags = 3 };
    TwSoapFinishedMessageArgs finish = { .ulFlags = 1 };
    TwSoapAbortSubmitArgs abort_it = { 0 };
    TwSoapNotifySubscribe wish = { .ulConnection = 4, .ulEventMask = 0x100 };
    TwSoapNotifySubscribeArgs subscribe = { .notifySubscribe = &wish };
    TwSoapTableGetRowCountArgs count = { 0 };
    const TwSoapTableGetRowCountResponse *counted;
    guint64 waiter;

    bench_new(&bench);
    waiter = wire_logon(&bench.wire, "root", 77);
    first = save_mail(&bench, "first", one);
    second = save_mail(&bench, "second", two);
    submit.ulSessionId = abort_it.ulSessionId = bench.anna;
    finish.ulSessionId = subscribe.ulSessionId = count.ulSessionId = bench.admin;
    submit.sEntryId = first;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SUBMIT_MESSAGE, &submit), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SUBMIT_MESSAGE, &submit), ==, 0);
    read_table(&bench, bench.anna, open, tags, 6, 0x80000003);
    got = read_table(&bench, bench.admin, open, tags, 6, 0);
    g_assert_cmpuint(got->sRowSet.count, ==, 1);
    g_assert_cmpstr(got->sRowSet.items[0].items[0].text, ==, "anna");
    wire_assert_bytes(got->sRowSet.items[0].items[1].data, 48, first.data, first.len);
    g_assert_cmpuint(got->sRowSet.items[0].items[3].u4, ==, 3);
    g_assert_cmpstr(got->sRowSet.items[0].items[4].text, ==, "first");

    count.ulTableId = got->ulTableId;
    key[0] = (guint8) got->ulTableId;
    key[1] = key[2] = key[3] = 0;
    wish.sKey = (TwSoapBytes){ key, 4 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_NOTIFY_SUBSCRIBE, &subscribe), ==, 0);
    submit.sEntryId = second;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SUBMIT_MESSAGE, &submit), ==, 0);
    event = wait_for(&bench, waiter, 3);
    g_assert_cmpuint(event->pRow->count, ==, 6);
    g_assert_cmpstr(event->pRow->items[4].text, ==, "second");
    counted = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_GET_ROW_COUNT, &count);
    g_assert_cmpuint(counted->ulCount, ==, 2);

    finish.sEntryId = first;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_FINISHED_MESSAGE, &finish), ==, 0);
    event = wait_for(&bench, waiter, 4);
    g_assert_null(event->pRow);
    abort_it.sEntryId = first;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ABORT_SUBMIT, &abort_it), ==, 0x80000013);
    abort_it.sEntryId = second;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ABORT_SUBMIT, &abort_it), ==, 0);
    counted = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_GET_ROW_COUNT, &count);
    g_assert_cmpuint(counted->ulCount, ==, 0);
    wire_free(&bench.wire);
}

/* The queue of one store, which its owner's own program sends from. */
static void
test_local_queue(void)
{
    guint32 tags[] = { PR_SUBJECT };
    Bench bench;
    guint8 bytes[TW_OBJECT_ID_LEN];
    TwSoapGetStoreArgs own = { 0 };
    const TwSoapGetStoreResponse *store;
    TwSoapTableOpenRequest open = { .ulTableType = 3 };
    TwSoapSubmitMessageArgs submit = { 0 };
    const TwSoapTableMultiResponse *got;

    bench_new(&bench);
    own.ulSessionId = submit.ulSessionId = bench.anna;
    store = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE, &own);
    submit.sEntryId = save_mail(&bench, "mine", bytes);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SUBMIT_MESSAGE, &submit), ==, 0);
    open.sEntryId = store->sStoreId;
    got = read_table(&bench, bench.anna, open, tags, 1, 0);
    g_assert_cmpuint(got->sRowSet.count, ==, 1);
    g_assert_cmpstr(got->sRowSet.items[0].items[0].text, ==, "mine");
    open.sEntryId.len = 0;
    g_assert_cmpuint(read_table(&bench, bench.admin, open, tags, 1, 0)->sRowSet.count, ==, 0);
    wire_free(&bench.wire);
}

/* ---- changes ---- */

/* Whoever synchronises a folder is told when there is more to get. */
static void
test_sync_event(void)
{
    Bench bench;
    guint8 bytes[TW_OBJECT_ID_LEN];
    TwSoapLoadObjectArgs load = { 0 };
    const TwSoapLoadObjectResponse *loaded;
    const TwPropValue *key;
    TwSoapSetSyncStatusArgs set = { .ulChangeType = 1 };
    const TwSoapSetSyncStatusResponse *synced;
    TwSoapNotifySubscribe wish = { .ulConnection = 9, .ulEventMask = 0x80000001 };
    TwSoapNotifySubscribeArgs subscribe = { .notifySubscribe = &wish };
    TwSoapSessionArgs args = { 0 };
    const TwSoapNotifyResponse *got;
    const TwSoapNotification *item;
    guint32 sync;

    bench_new(&bench);
    load.ulSessionId = set.ulSessionId = subscribe.ulSessionId = args.ulSessionId = bench.anna;
    load.sEntryId = wire_folder_id(&bench.wire, bench.anna, "");
    loaded = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    key = wire_prop(&loaded->sSaveObject.modProps, PR_SOURCE_KEY);
    set.sSourceKeyFolder = (TwSoapBytes){ key->data, key->len };
    synced = wire_call(&bench.wire, TW_SOAP_CALL_SET_SYNC_STATUS, &set);
    wish.sSyncState.ulSyncId = synced->ulSyncId + 1;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_NOTIFY_SUBSCRIBE, &subscribe), ==,
                    0x80000002);
    wish.sSyncState.ulSyncId = synced->ulSyncId;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_NOTIFY_SUBSCRIBE, &subscribe), ==, 0);
    save_mail(&bench, "new", bytes);
    got = wire_call(&bench.wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &args);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->pNotificationArray->count, >=, 1);
    item = &got->pNotificationArray->items[0];
    g_assert_cmpuint(item->ulConnection, ==, 9);
    g_assert_cmphex(item->ulEventType, ==, 0x80000001);
    g_assert_nonnull(item->ics);
    g_assert_cmpuint(item->ics->pSyncState.len, ==, 8);
    memcpy(&sync, item->ics->pSyncState.data, 4);
    g_assert_cmpuint(GUINT32_FROM_LE(sync), ==, synced->ulSyncId);
    wire_free(&bench.wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/15/book", test_book);
    g_test_add_func("/mapi-soap/8.9/server", test_server);
    g_test_add_func("/mapi-soap/13.2/queue", test_queue);
    g_test_add_func("/mapi-soap/13.2/local-queue", test_local_queue);
    g_test_add_func("/mapi-soap/10.5/sync-event", test_sync_event);
    return g_test_run();
}
