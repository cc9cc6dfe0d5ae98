/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door itself, sessions and stores: spec/mapi-soap.md 1, 3, 6.1. */
#include <string.h>

#include "net/http-coding.h"
#include "soapd/wire.h"

#include "soap/envelope.h"

/* ---- HTTP and faults ---- */

typedef struct {
    const char *name, *method, *body;
    int status;
    const char *part; /* that is in the answer */
} Case;

static const Case cases[] = {
    { "GET", "GET", "", 405, "SOAP-ENV:Fault" },
    { "unknown call", "POST",
      ENVELOPE_BEGIN "<ns:nothing><ulSessionId>1</ulSessionId></ns:nothing>" ENVELOPE_END, 500,
      "SOAP-ENV:Client" },
    { "letters in a number", "POST",
      ENVELOPE_BEGIN "<ns:logoff><ulSessionId>one</ulSessionId></ns:logoff>" ENVELOPE_END, 500,
      "Validation constraint violation" },
    { "no XML", "POST", "hello", 500, "SOAP-ENV:Fault" },
    { "a document type", "POST", "<!DOCTYPE x [<!ENTITY a \"b\">]><x/>", 500, "SOAP-ENV:Fault" },
    { "cut short", "POST", ENVELOPE_BEGIN "<ns:logoff><ulSessionId>1", 500, "SOAP-ENV:Fault" },
    { "no session", "POST",
      ENVELOPE_BEGIN "<ns:logoff><ulSessionId>1</ulSessionId></ns:logoff>" ENVELOPE_END, 200,
      "<ns:logoffResponse><result>2147483664</result></ns:logoffResponse>" },
};

static void
test_http(void)
{
    Wire wire;

    wire_new(&wire, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *tc = &cases[i];
        gsize body_len = strlen(tc->body), len;
        g_autofree char *head = NULL, *answer = NULL, *status = NULL;
        g_autoptr(GBytes) all = NULL;

        g_test_message("%s", tc->name);
        head = g_strdup_printf("%s /zarafa HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                               tc->method, body_len);
        all = wire_exchange(&wire, head, tc->body, body_len);
        answer = g_strndup(g_bytes_get_data(all, &len), g_bytes_get_size(all));
        status = g_strdup_printf("HTTP/1.1 %d ", tc->status);
        g_assert_true(g_str_has_prefix(answer, status));
        g_assert_nonnull(strstr(answer, tc->part));
    }
    wire_free(&wire);
}

static void
test_limit(void)
{
    TwSoapLimits limits = TW_SOAP_LIMITS;
    TwSoapdConfig config = { .limits = &limits };
    Wire wire;
    g_autofree char *body = g_strnfill(5000, ' '), *answer = NULL;
    g_autoptr(GBytes) all = NULL;

    limits.body = 4096;
    wire_new(&wire, &config);
    all = wire_exchange(&wire,
                        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "Content-Length: 5000\r\n\r\n",
                        body, 5000);
    answer = g_strndup(g_bytes_get_data(all, NULL), g_bytes_get_size(all));
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    wire_free(&wire);
}

/* ---- logon ---- */

typedef struct {
    const char *name, *user, *password, *impersonate, *version;
    guint32 capabilities, flags, er;
    gboolean session;
} Logon;

static const Logon logons[] = {
    { "right", "anna", "anna", "", "11.0.2", 59218, 1, 0, TRUE },
    { "an old way to write versions", "anna", "anna", NULL, "0,8,0,1", 59218, 0, 0, TRUE },
    { "a version nobody can read", "anna", "anna", NULL, "what", 59218, 0, 0, TRUE },
    { "too old", "anna", "anna", NULL, "5.20.1", 59218, 0, 0x80000021, FALSE },
    { "without Unicode", "anna", "anna", NULL, "11.0.2", 59218 & ~0x200, 0, 0x80000031, FALSE },
    { "wrong password", "anna", "bert", "", "11.0.2", 59218, 0, 0x80000009, FALSE },
    { "unknown", "nobody", "x", "", "11.0.2", 59218, 0, 0x80000009, FALSE },
    { "nothing at all", NULL, NULL, NULL, NULL, 0x200, 0, 0x80000009, FALSE },
    { "SYSTEM by password", "SYSTEM", "", "", "11.0.2", 59218, 0, 0x80000009, FALSE },
    { "only to check", "anna", "anna", "", "11.0.2", 59218, 2, 0, FALSE },
    { "as another without being administrator", "anna", "anna", "bert", "11.0.2", 59218, 0,
      0x80000009, FALSE },
};

static void
test_logon(void)
{
    Wire wire;

    wire_new(&wire, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(logons); i++) {
        const Logon *tc = &logons[i];
        TwSoapLogonArgs args = { .szUsername = tc->user,
                                 .szPassword = tc->password,
                                 .szImpersonateUser = tc->impersonate,
                                 .szVersion = tc->version,
                                 .ulCapabilities = tc->capabilities,
                                 .ulFlags = tc->flags };
        const TwSoapLogonResponse *got = wire_call(&wire, TW_SOAP_CALL_LOGON, &args);

        g_test_message("%s", tc->name);
        g_assert_cmphex(got->er, ==, tc->er);
        g_assert_cmpstr(got->lpszVersion, ==, "0,11,0,2");
        g_assert_cmpint(got->ulSessionId != 0, ==, tc->session);
        g_assert_cmphex(got->ulCapabilities & 39080, ==, 39080);
        g_assert_cmphex(got->ulCapabilities & ~(39080u | 0x740), ==, 0);
        g_assert_cmpuint(got->sLicenseResponse.len, ==, 0);
        g_assert_cmpuint(got->sServerGuid.len, ==, tc->session ? 16 : 0);
    }
    wire_free(&wire);
}

/* ---- compression ---- */

/* What was answered to a request for the own store: the head, and the body. */
static char *
ask_for_store(Wire *wire, guint64 session, GBytes **ret_body)
{
    TwSoapGetStoreArgs args = { .ulSessionId = session };
    g_auto(TwBuffer) request = TW_BUFFER_INIT(1 << 20);
    g_autofree char *head = NULL;
    g_autoptr(GBytes) all = NULL;
    const char *text, *end;
    gsize len;

    g_assert_true(tw_soap_write_request(TW_SOAP_CALL_GET_STORE, &args, &request));
    head =
        g_strdup_printf("POST / HTTP/1.0\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", request.len);
    all = wire_exchange(wire, head, request.data, request.len);
    text = g_bytes_get_data(all, &len);
    end = g_strstr_len(text, (gssize) len, "\r\n\r\n");
    g_assert_nonnull(end);
    *ret_body =
        g_bytes_new_from_bytes(all, (gsize) (end + 4 - text), len - (gsize) (end + 4 - text));
    return g_strndup(text, (gsize) (end - text));
}

static void
test_compression(void)
{
    static const struct {
        const char *name;
        gboolean local, asked, granted;
    } ways[] = {
        { "asked, but this host", FALSE, TRUE, FALSE },
        { "not asked", TRUE, FALSE, FALSE },
        { "asked", TRUE, TRUE, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        TwSoapdConfig config = { .compress_local = ways[i].local };
        TwSoapLogonArgs args = { .szUsername = "anna",
                                 .szPassword = "anna",
                                 .szVersion = "11.0.2",
                                 .ulCapabilities = ways[i].asked ? 59219 : 59218 };
        const TwSoapLogonResponse *in;
        g_autoptr(GBytes) body = NULL;
        g_autofree char *head = NULL;
        Wire wire;

        g_test_message("%s", ways[i].name);
        wire_new(&wire, &config);
        in = wire_call(&wire, TW_SOAP_CALL_LOGON, &args);
        g_assert_cmpint((in->ulCapabilities & 1) != 0, ==, ways[i].granted);
        head = ask_for_store(&wire, in->ulSessionId, &body);
        g_assert_cmpint(strstr(head, "Content-Encoding: gzip") != NULL, ==, ways[i].granted);
        if (ways[i].granted) {
            g_autoptr(TwDecompressor) reader =
                tw_http_coding_decompressor(TW_HTTP_CODING_GZIP, 1 << 20);
            g_auto(TwBuffer) plain = TW_BUFFER_INIT(1 << 20);
            TwCursor packed;
            packed.next = g_bytes_get_data(body, &packed.left);
            g_assert_cmpint(tw_decompressor_put(reader, &packed, 1 << 20, &plain, NULL), ==,
                            TW_DECOMPRESS_END);
            g_assert_cmpuint(plain.len, >, 512);
            g_assert_true(memcmp(plain.data, "<?xml", 5) == 0);
        } else {
            g_assert_true(g_str_has_prefix(g_bytes_get_data(body, NULL), "<?xml"));
        }
        wire_free(&wire);
    }
}

static void
test_logoff(void)
{
    TwSoapSessionArgs args;
    TwSoapTableCloseArgs any;
    Wire wire;

    wire_new(&wire, NULL);
    args.ulSessionId = wire_logon(&wire, "anna", 0);
    any = (TwSoapTableCloseArgs){ .ulSessionId = args.ulSessionId, .ulTableId = 7 };
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_TABLE_CLOSE, &any), ==, 0);
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_LOGOFF, &args), ==, 0);
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_LOGOFF, &args), ==, 0x80000010);
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_TABLE_CLOSE, &any), ==, 0x80000010);
    /* one bit beside a session that is there */
    args.ulSessionId = wire_logon(&wire, "anna", 0) ^ 1;
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_LOGOFF, &args), ==, 0x80000010);
    wire_free(&wire);
}

/* Whatever call: without a session END_OF_SESSION, and with one an answer that is no fault. */
static void
test_every_call(void)
{
    Wire wire;
    guint64 session;

    wire_new(&wire, NULL);
    session = wire_logon(&wire, "anna", 0);
    for (guint call = 0; call < TW_SOAP_CALL_COUNT; call++) {
        const TwSoapCallInfo *info = tw_soap_call_info(call);
        g_autofree gpointer args = g_malloc0(info->args->size);
        guint32 result;

        if (call == TW_SOAP_CALL_LOGON || call == TW_SOAP_CALL_SSO_LOGON ||
            info->args == &tw_soap_type_NoArgs || call == TW_SOAP_CALL_NOTIFY_GET_ITEMS)
            continue;
        g_test_message("%s", info->name);
        g_assert_cmphex(wire_result(&wire, call, args), ==, 0x80000010);
        if (call == TW_SOAP_CALL_LOGOFF)
            continue;
        /* every call has its session id in front */
        g_assert_cmpuint(info->args->members[0].offset, ==, 0);
        memcpy(args, &session, sizeof session);
        result = wire_result(&wire, call, args);
        g_assert_cmphex(result, !=, 0x80000010);
    }
    wire_free(&wire);
}

/* ---- stores ---- */

static void
test_stores(void)
{
    Wire wire;
    guint64 anna, bert;
    TwSoapGetStoreArgs own = { 0 };
    TwSoapGetPublicStoreArgs public = { 0 };
    TwSoapGetStoreNameArgs name = { 0 };
    TwSoapGetStoreTypeArgs type = { 0 };
    TwSoapResolveUserStoreArgs resolve = { .szUserName = "bert" };
    TwSoapResolveStoreArgs by_guid = { 0 };
    const TwSoapGetStoreResponse *store;
    const TwSoapGetStoreNameResponse *named;
    const TwSoapResolveUserStoreResponse *resolved;
    const TwSoapReceiveFolderResponse *receive;
    TwSoapGetReceiveFolderArgs find = { .lpszMessageClass = "IPM.Note" };
    TwSoapLoadObjectArgs load = { 0 };
    const TwSoapLoadObjectResponse *loaded;
    const TwPropValue *value;

    wire_new(&wire, NULL);
    anna = wire_logon(&wire, "anna", 0);
    bert = wire_logon(&wire, "bert", 0);
    own.ulSessionId = anna;
    store = wire_call(&wire, TW_SOAP_CALL_GET_STORE, &own);
    g_assert_cmphex(store->er, ==, 0);
    wire_assert_bytes(store->guid.data, store->guid.len, wire.anna.store.bytes, 16);
    g_assert_cmpuint(store->sStoreId.len, ==, 48);
    g_assert_cmpuint(store->sRootId.len, ==, 48);
    g_assert_cmpstr(store->lpszServerPath, ==, "pseudo://Unknown");

    public.ulSessionId = anna;
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_GET_PUBLIC_STORE, &public), ==, 0x80000002);

    name = (TwSoapGetStoreNameArgs){ .ulSessionId = anna, .sEntryId = store->sStoreId };
    named = wire_call(&wire, TW_SOAP_CALL_GET_STORE_NAME, &name);
    g_assert_cmpstr(named->lpszStoreName, ==, "Inbox - anna");
    type = (TwSoapGetStoreTypeArgs){ .ulSessionId = anna, .sEntryId = store->sStoreId };
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_GET_STORE_TYPE, &type), ==, 0);
    type.sEntryId.len = 0;
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_GET_STORE_TYPE, &type), ==, 0x80000014);

    /* a store may be known of; what is in it not without a right */
    load =
        (TwSoapLoadObjectArgs){ .ulSessionId = bert, .sEntryId = wire_folder_id(&wire, anna, "") };
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_LOAD_OBJECT, &load), ==, 0x80000002);

    resolve.ulSessionId = bert;
    resolved = wire_call(&wire, TW_SOAP_CALL_RESOLVE_USER_STORE, &resolve);
    g_assert_cmphex(resolved->er, ==, 0);
    g_assert_cmpuint(resolved->ulUserId, ==, wire.bert.number);
    wire_assert_bytes(resolved->guid.data, resolved->guid.len, wire.bert.store.bytes, 16);
    g_assert_cmpuint(resolved->sUserId.len, >, 36);
    resolve.szUserName = "nobody";
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_RESOLVE_USER_STORE, &resolve), ==, 0x80000002);
    by_guid.ulSessionId = bert;
    by_guid.sStoreGuid = (TwSoapBytes){ wire.bert.store.bytes, 16 };
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_RESOLVE_STORE, &by_guid), ==, 0);
    by_guid.sStoreGuid.len = 15;
    g_assert_cmphex(wire_result(&wire, TW_SOAP_CALL_RESOLVE_STORE, &by_guid), ==, 0x80000014);

    find.ulSessionId = anna;
    find.sStoreId = store->sStoreId;
    receive = wire_call(&wire, TW_SOAP_CALL_GET_RECEIVE_FOLDER, &find);
    g_assert_cmphex(receive->er, ==, 0);
    g_assert_cmpstr(receive->sReceiveFolder.lpszAExplicitClass, ==, "");
    g_assert_cmpuint(receive->sReceiveFolder.sEntryId.len, ==, 48);

    load.ulSessionId = anna;
    load.sEntryId = store->sStoreId;
    loaded = wire_call(&wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    g_assert_cmphex(loaded->er, ==, 0);
    g_assert_cmpuint(loaded->sSaveObject.ulObjType, ==, 1);
    value = wire_prop(&loaded->sSaveObject.modProps, PR_USER_NAME);
    g_assert_nonnull(value);
    g_assert_cmpstr(value->text, ==, "anna");
    value = wire_prop(&loaded->sSaveObject.modProps, PR_PROVIDER_UID);
    wire_assert_bytes(value->data, value->len, wire.anna.store.bytes, 16);
    g_assert_nonnull(wire_prop(&loaded->sSaveObject.modProps, PR_MAPPING_SIGNATURE));
    wire_free(&wire);
}

/* ---- names ---- */

static void
test_names(void)
{
    static const guint8 set[16] = { 1, 2, 3 };
    guint32 lid = 0x8503;
    TwSoapNamedProp names[] = {
        { .lpString = "word", .lpguid = { set, 16 } },
        { .lpId = &lid, .lpguid = { set, 16 } },
    };
    TwSoapNamedPropArray list = { names, 2 };
    TwSoapGetIDsFromNamesArgs ask = { .lpsNamedProps = &list };
    TwSoapGetNamesFromIDsArgs back = { 0 };
    TwSoapPropTagArray tags = { 0 };
    const TwSoapGetIDsFromNamesResponse *ids;
    const TwSoapGetNamesFromIDsResponse *named;
    guint32 numbers[3];
    Wire wire;

    wire_new(&wire, NULL);
    ask.ulSessionId = back.ulSessionId = wire_logon(&wire, "anna", 0);
    ids = wire_call(&wire, TW_SOAP_CALL_GET_IDS_FROM_NAMES, &ask);
    g_assert_cmphex(ids->er, ==, 0);
    g_assert_cmpuint(ids->lpsPropTags.count, ==, 2);
    g_assert_cmpuint(ids->lpsPropTags.items[0], ==, 0);
    ask.ulFlags = 2;
    ids = wire_call(&wire, TW_SOAP_CALL_GET_IDS_FROM_NAMES, &ask);
    g_assert_cmpuint(ids->lpsPropTags.items[0], >, 0);
    g_assert_cmpuint(ids->lpsPropTags.items[0], !=, ids->lpsPropTags.items[1]);
    numbers[0] = ids->lpsPropTags.items[1];
    numbers[1] = 30000;
    numbers[2] = ids->lpsPropTags.items[0];
    tags = (TwSoapPropTagArray){ numbers, 3 };
    back.lpsPropTags = &tags;
    named = wire_call(&wire, TW_SOAP_CALL_GET_NAMES_FROM_IDS, &back);
    g_assert_cmphex(named->er, ==, 0);
    g_assert_cmpuint(named->lpsNames.count, ==, 3);
    g_assert_nonnull(named->lpsNames.items[0].lpId);
    g_assert_cmphex(*named->lpsNames.items[0].lpId, ==, lid);
    g_assert_null(named->lpsNames.items[1].lpguid.data);
    g_assert_cmpstr(named->lpsNames.items[2].lpString, ==, "word");
    wire_free(&wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/1.4/faults", test_http);
    g_test_add_func("/mapi-soap/1.2/limit", test_limit);
    g_test_add_func("/mapi-soap/3.1/logon", test_logon);
    g_test_add_func("/mapi-soap/1.5/compression", test_compression);
    g_test_add_func("/mapi-soap/3.6/logoff", test_logoff);
    g_test_add_func("/mapi-soap/6/every-call", test_every_call);
    g_test_add_func("/mapi-soap/6.1/stores", test_stores);
    g_test_add_func("/mapi-soap/18/names", test_names);
    return g_test_run();
}
