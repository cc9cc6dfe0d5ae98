/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscriptions and the call that waits: spec/mapi-soap.md 3.7, 10. */
#include "soapd/wire.h"

enum {
    GROUP = 4711,
    CONNECTION = 9,
};

static guint32
subscribe(Wire *wire, guint64 session, TwSoapBytes key, guint32 mask)
{
    TwSoapNotifySubscribe wish = { .ulConnection = CONNECTION, .sKey = key, .ulEventMask = mask };
    TwSoapNotifySubscribeArgs args = { .ulSessionId = session, .notifySubscribe = &wish };

    return wire_result(wire, TW_SOAP_CALL_NOTIFY_SUBSCRIBE, &args);
}

static void
new_message(Wire *wire, const char *subject)
{
    g_autoptr(TwSession) anna = world_trusted(&wire->world, "anna");

    world_message(anna, &wire->anna.store, wire->anna.inbox, subject);
}

/* Subscribed on one session, waited for on another of the group. */
static void
test_object_event(void)
{
    Wire wire;
    guint64 one, other;
    TwSoapSessionArgs wait = { 0 };
    const TwSoapNotifyResponse *got;
    TwSoapBytes inbox;
    int fd;

    wire_new(&wire, NULL);
    one = wire_logon(&wire, "anna", GROUP);
    other = wire_logon(&wire, "anna", GROUP);
    inbox = wire_folder_id(&wire, one, "");
    g_assert_cmphex(subscribe(&wire, one, inbox, 0x10004), ==, 0);
    wait.ulSessionId = other;
    fd = wire_send(&wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &wait);
    new_message(&wire, "news");
    got = wire_receive(&wire, fd, TW_SOAP_CALL_NOTIFY_GET_ITEMS);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->pNotificationArray->count, ==, 1);
    g_assert_cmpuint(got->pNotificationArray->items[0].ulConnection, ==, CONNECTION);
    g_assert_cmphex(got->pNotificationArray->items[0].ulEventType, ==, 4);
    g_assert_cmpuint(got->pNotificationArray->items[0].obj->ulObjType, ==, 5);
    g_assert_cmpuint(got->pNotificationArray->items[0].obj->pEntryId.len, ==, 48);
    wire_assert_bytes(got->pNotificationArray->items[0].obj->pParentId.data,
                      got->pNotificationArray->items[0].obj->pParentId.len, inbox.data, 48);
    wire_free(&wire);
}

/* A group of that number of somebody else is not the same. */
static void
test_other_user(void)
{
    TwSoapdConfig config = { .poll_ms = 50 };
    Wire wire;
    guint64 anna, bert;
    TwSoapSessionArgs wait = { 0 };
    const TwSoapNotifyResponse *got;
    TwSoapBytes inbox;

    wire_new(&wire, &config);
    anna = wire_logon(&wire, "anna", GROUP);
    bert = wire_logon(&wire, "bert", GROUP);
    inbox = wire_folder_id(&wire, anna, "");
    g_assert_cmphex(subscribe(&wire, anna, inbox, 0x10004), ==, 0);
    new_message(&wire, "not for bert");
    tw_local_flush(wire.world.server);
    wait.ulSessionId = bert;
    got = wire_call(&wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &wait);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_nonnull(got->pNotificationArray);
    g_assert_cmpuint(got->pNotificationArray->count, ==, 0);
    g_assert_cmphex(subscribe(&wire, bert, inbox, 0x10004), ==, 0x80000002);
    wire_free(&wire);
}

static void
test_table_event(void)
{
    Wire wire;
    guint64 session;
    TwSoapTableOpenArgs open = { .ulTableType = 1, .ulType = 5 };
    const TwSoapTableOpenResponse *opened;
    guint32 tags[] = { PR_SUBJECT }, id;
    TwSoapPropTagArray columns = { tags, 1 };
    TwSoapTableSetColumnsArgs set = { .aPropTag = &columns };
    TwSoapSessionArgs wait = { 0 };
    const TwSoapNotifyResponse *got;
    const TwSoapNotificationTable *table;
    int fd;

    wire_new(&wire, NULL);
    session = wire_logon(&wire, "anna", 0);
    open.ulSessionId = set.ulSessionId = wait.ulSessionId = session;
    open.sEntryId = wire_folder_id(&wire, session, "");
    opened = wire_call(&wire, TW_SOAP_CALL_TABLE_OPEN, &open);
    g_assert_cmphex(opened->er, ==, 0);
    set.ulTableId = opened->ulTableId;
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_TABLE_SET_COLUMNS, &set), ==, 0);
    id = GUINT32_TO_LE(opened->ulTableId);
    g_assert_cmphex(
        subscribe(&wire, session, (TwSoapBytes){ (const guint8 *) &id, sizeof id }, 0x100), ==, 0);
    fd = wire_send(&wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &wait);
    new_message(&wire, "a row");
    got = wire_receive(&wire, fd, TW_SOAP_CALL_NOTIFY_GET_ITEMS);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->pNotificationArray->count, ==, 1);
    g_assert_cmphex(got->pNotificationArray->items[0].ulEventType, ==, 0x100);
    table = got->pNotificationArray->items[0].tab;
    g_assert_cmpuint(table->ulTableEvent, ==, 3);
    g_assert_cmpuint(table->ulObjType, ==, 5);
    g_assert_cmphex(table->propIndex.tag, ==, PR_INSTANCE_KEY);
    g_assert_cmpuint(table->propIndex.len, ==, 8);
    g_assert_cmphex(table->propPrior.tag, ==, 1);
    g_assert_cmpuint(table->pRow->count, ==, 1);
    g_assert_cmpstr(table->pRow->items[0].text, ==, "a row");
    wire_free(&wire);
}

/* The older of two calls that wait, and one whose session ends. */
static void
test_ends(void)
{
    Wire wire;
    TwSoapSessionArgs args = { 0 };
    const TwSoapNotifyResponse *got;
    int older, newer;

    wire_new(&wire, NULL);
    args.ulSessionId = wire_logon(&wire, "anna", 0);
    older = wire_send(&wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &args);
    newer = wire_send(&wire, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &args);
    /* whichever came first is answered; the other one waits on */
    got = wire_first(&wire, older, newer, TW_SOAP_CALL_NOTIFY_GET_ITEMS, &newer);
    g_assert_cmphex(got->er, ==, 0x80000002);
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_LOGOFF, &args), ==, 0);
    got = wire_receive(&wire, newer, TW_SOAP_CALL_NOTIFY_GET_ITEMS);
    g_assert_cmphex(got->er, ==, 0x80000010);
    wire_free(&wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/10.2/object-event", test_object_event);
    g_test_add_func("/mapi-soap/3.7/other-user", test_other_user);
    g_test_add_func("/mapi-soap/10.4/table-event", test_table_event);
    g_test_add_func("/mapi-soap/10.3/ends", test_ends);
    return g_test_run();
}
