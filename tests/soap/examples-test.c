/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages as captured, spec/mapi-soap.md 20: each is read, looked at, and written again byte for byte. */
#include "base/error.h"
#include "soap/envelope.h"
#include "soap/soap.h"

#define STORE_ID "AAAAAAiZG6xh/U5OugL1UrdVM1sBAAAAAQAAAD9KuaIGeEDdu474L7d6u3UAAAAA"
#define ROOT_ID "AAAAAAiZG6xh/U5OugL1UrdVM1sBAAAAAwAAABFST8zayUDooP3x21fLOykAAAAA"
#define INBOX_ID "AAAAAAiZG6xh/U5OugL1UrdVM1sBAAAAAwAAAFP+VRv+0E5qveeNT3xgl1UAAAAA"
#define MESSAGE_ID "AAAAAAiZG6xh/U5OugL1UrdVM1sBAAAABQAAAMbaXrMEUULqlreASQel22IAAAAA"
#define INSTANCE "AAAAAHl27VTQ0hHdlwW+UFXYlZMAAAAAATcAACMAAAAAAAAAdWMWS6+dSreAwMpWKT5k6Q=="
#define NO_CHANGE "<bDelete>false</bDelete><ulClientId>0</ulClientId><ulServerId>0</ulServerId>"

typedef struct {
    const char *name;
    TwSoapCall call;
    gboolean is_response;
    const char *element;
} Example;

/* clang-format off */
static const Example examples[] = {
    { "20.1/logon", TW_SOAP_CALL_LOGON, FALSE,
      "<ns:logon><szUsername>user1</szUsername><szPassword>pass1</szPassword><szImpersonateUser/>"
      "<szVersion>11.0.2</szVersion><ulCapabilities>59218</ulCapabilities><ulFlags>1</ulFlags>"
      "<sLicenseReq>AQID</sLicenseReq><ullSessionGroup>12015568827018380830</ullSessionGroup>"
      "<szClientApp>kopano-gateway</szClientApp><szClientAppVersion>11.0.2</szClientAppVersion>"
      "<szClientAppMisc>gateway/imap</szClientAppMisc></ns:logon>" },
    { "20.1/logonResponse", TW_SOAP_CALL_LOGON, TRUE,
      "<ns:logonResponse><er>0</er><ulSessionId>351189028666874684</ulSessionId>"
      "<lpszVersion>0,11,0,2</lpszVersion><ulCapabilities>40936</ulCapabilities>"
      "<sLicenseResponse></sLicenseResponse><sServerGuid>dWMWS6+dSreAwMpWKT5k6Q==</sServerGuid>"
      "</ns:logonResponse>" },
    { "20.2/getStore", TW_SOAP_CALL_GET_STORE, FALSE,
      "<ns:getStore><ulSessionId>351189028666874684</ulSessionId></ns:getStore>" },
    { "20.2/getStoreResponse", TW_SOAP_CALL_GET_STORE, TRUE,
      "<ns:getStoreResponse><er>0</er><sStoreId>" STORE_ID "</sStoreId><sRootId>" ROOT_ID "</sRootId>"
      "<guid>CJkbrGH9Tk66AvVSt1UzWw==</guid><lpszServerPath>pseudo://Unknown</lpszServerPath>"
      "</ns:getStoreResponse>" },
    { "20.2/receiveFolderResponse", TW_SOAP_CALL_GET_RECEIVE_FOLDER, TRUE,
      "<ns:receiveFolderResponse><sReceiveFolder><sEntryId>" INBOX_ID "</sEntryId>"
      "<lpszAExplicitClass>IPM</lpszAExplicitClass></sReceiveFolder><er>0</er></ns:receiveFolderResponse>" },
    { "20.3/tableOpen", TW_SOAP_CALL_TABLE_OPEN, FALSE,
      "<ns:tableOpen><ulSessionId>3541034994949750806</ulSessionId><sEntryId>" INBOX_ID "</sEntryId>"
      "<ulTableType>1</ulTableType><ulType>5</ulType><ulFlags>0</ulFlags></ns:tableOpen>" },
    { "20.3/tableOpenResponse", TW_SOAP_CALL_TABLE_OPEN, TRUE,
      "<ns:tableOpenResponse><er>0</er><ulTableId>1</ulTableId></ns:tableOpenResponse>" },
    { "20.3/tableMulti", TW_SOAP_CALL_TABLE_MULTI, FALSE,
      "<ns:tableMulti><ulSessionId>3541034994949750806</ulSessionId><sRequest><ulTableId>1</ulTableId>"
      "<ulFlags>0</ulFlags><lpSetColumns SOAP-ENC:arrayType=\"xsd:unsignedInt[3]\"><item>268370178</item>"
      "<item>1736572931</item><item>907214878</item></lpSetColumns><lpSort><sSortOrder "
      "SOAP-ENC:arrayType=\"sortOrder[1]\"><item><ulPropTag>1736572931</ulPropTag><ulOrder>0</ulOrder></item>"
      "</sSortOrder><ulCategories>0</ulCategories><ulExpanded>0</ulExpanded></lpSort><lpQueryRows>"
      "<ulCount>4000</ulCount><ulFlags>0</ulFlags></lpQueryRows></sRequest></ns:tableMulti>" },
    { "20.3/tableMultiResponse", TW_SOAP_CALL_TABLE_MULTI, TRUE,
      "<ns:tableMultiResponse><er>0</er><ulTableId>0</ulTableId><sRowSet SOAP-ENC:arrayType=\"propVal[][1]\">"
      "<item SOAP-ENC:arrayType=\"propVal[3]\"><item><ulPropTag>268370178</ulPropTag><bin>" MESSAGE_ID "</bin></item>"
      "<item><ulPropTag>1736572931</ulPropTag><ul>8</ul></item><item><ulPropTag>907214858</ulPropTag>"
      "<ul>2147483650</ul></item></item></sRowSet></ns:tableMultiResponse>" },
    { "20.4/restriction", TW_SOAP_CALL_TABLE_RESTRICT, FALSE,
      "<ns:tableRestrict><ulSessionId>1</ulSessionId><ulTableId>1</ulTableId><lpRestrict><ulType>0</ulType><lpAnd>"
      "<item><ulType>1</ulType><lpOr><item><ulType>8</ulType><lpExist><ulPropTag>3604511</ulPropTag></lpExist></item>"
      "<item><ulType>6</ulType><lpBitmask><ulMask>1</ulMask><ulPropTag>235339779</ulPropTag><ulType>1</ulType>"
      "</lpBitmask></item></lpOr></item>"
      "<item><ulType>2</ulType><lpNot><lpNot><ulType>4</ulType><lpProp><ulType>2</ulType><ulPropTag>235405315</ulPropTag>"
      "<lpProp><ulPropTag>235405315</ulPropTag><ul>10000000</ul></lpProp></lpProp></lpNot></lpNot></item>"
      "<item><ulType>5</ulType><lpCompare><ulPropTag1>805765184</ulPropTag1><ulPropTag2>805830720</ulPropTag2>"
      "<ulType>1</ulType></lpCompare></item>"
      "<item><ulType>7</ulType><lpSize><ulType>2</ulType><ulPropTag>3604511</ulPropTag><cb>0</cb></lpSize></item>"
      "<item><ulType>10</ulType><lpComment><lpResTable><ulType>8</ulType><lpExist><ulPropTag>3604511</ulPropTag>"
      "</lpExist></lpResTable><sProps SOAP-ENC:arrayType=\"propVal[1]\"><item><ulPropTag>3604511</ulPropTag>"
      "<lpszA>c</lpszA></item></sProps></lpComment></item>"
      "<item><ulType>9</ulType><lpSub><ulSubObject>236060685</ulSubObject><lpSubObject><ulType>3</ulType><lpContent>"
      "<ulFuzzyLevel>65537</ulFuzzyLevel><ulPropTag>805371935</ulPropTag><lpProp><ulPropTag>805371935</ulPropTag>"
      "<lpszA>user</lpszA></lpProp></lpContent></lpSubObject></lpSub></item>"
      "</lpAnd></lpRestrict></ns:tableRestrict>" },
    { "20.5/saveObject", TW_SOAP_CALL_SAVE_OBJECT, FALSE,
      "<ns:saveObject><ulSessionId>7</ulSessionId><sParentEntryId>" INBOX_ID "</sParentEntryId><sEntryId>" MESSAGE_ID
      "</sEntryId><lpsSaveObj>"
      "<item><delProps></delProps><modProps SOAP-ENC:arrayType=\"propVal[3]\"><item><ulPropTag>202702851</ulPropTag>"
      "<ul>1</ul></item><item><ulPropTag>1729102082</ulPropTag><bin>AAAAAKwh</bin></item><item><ulPropTag>972947487"
      "</ulPropTag><lpszA>user1@example.com</lpszA></item></modProps>" NO_CHANGE "<ulObjType>6</ulObjType></item>"
      "<item><delProps></delProps><modProps SOAP-ENC:arrayType=\"propVal[2]\"><item><ulPropTag>267976962</ulPropTag>"
      "<bin>4Aau8PdVTbO7dBajSzT5PQ==</bin></item><item><ulPropTag>922812674</ulPropTag><bin>YXR0</bin></item>"
      "</modProps>" NO_CHANGE "<ulObjType>7</ulObjType></item>"
      "<delProps></delProps><modProps SOAP-ENC:arrayType=\"propVal[2]\"><item><ulPropTag>1703967</ulPropTag>"
      "<lpszA>IPM.Note</lpszA></item><item><ulPropTag>1737228546</ulPropTag><bin>UmV0</bin></item></modProps>"
      NO_CHANGE "<ulObjType>5</ulObjType></lpsSaveObj><ulFlags>0</ulFlags><ulSyncId>0</ulSyncId></ns:saveObject>" },
    { "20.5/loadObjectResponse", TW_SOAP_CALL_SAVE_OBJECT, TRUE,
      "<ns:loadObjectResponse><er>0</er><sSaveObject>"
      "<item><delProps SOAP-ENC:arrayType=\"xsd:unsignedInt[2]\"><item>805830720</item><item>805765184</item></delProps>"
      "<modProps SOAP-ENC:arrayType=\"propVal[2]\"><item><ulPropTag>805830720</ulPropTag><hilo><hi>31085000</hi>"
      "<lo>4294967295</lo></hilo></item><item><ulPropTag>805765184</ulPropTag><hilo><hi>-1</hi><lo>0</lo></hilo></item>"
      "</modProps><bDelete>false</bDelete><ulClientId>0</ulClientId><ulServerId>329</ulServerId><ulObjType>6</ulObjType></item>"
      "<item><delProps></delProps><modProps></modProps><bDelete>false</bDelete><ulClientId>0</ulClientId>"
      "<ulServerId>330</ulServerId><ulObjType>7</ulObjType><lpInstanceIds><item>" INSTANCE "</item></lpInstanceIds></item>"
      "<delProps SOAP-ENC:arrayType=\"xsd:unsignedInt[1]\"><item>1709244674</item></delProps><modProps "
      "SOAP-ENC:arrayType=\"propVal[1]\"><item><ulPropTag>1709375746</ulPropTag><bin>FHVjFkuvnUq3gMDKVik+ZOmAAQAA</bin>"
      "</item></modProps><bDelete>false</bDelete><ulClientId>0</ulClientId><ulServerId>328</ulServerId>"
      "<ulObjType>5</ulObjType><lpInstanceIds><item>" INSTANCE "</item></lpInstanceIds></sSaveObject></ns:loadObjectResponse>" },
    { "20.6/notifySubscribe", TW_SOAP_CALL_NOTIFY_SUBSCRIBE, FALSE,
      "<ns:notifySubscribe><ulSessionId>1877942477231620075</ulSessionId><notifySubscribe><ulConnection>4</ulConnection>"
      "<sKey>AQAAAA==</sKey><ulEventMask>256</ulEventMask><sSyncState><ulSyncId>0</ulSyncId><ulChangeId>0</ulChangeId>"
      "</sSyncState></notifySubscribe></ns:notifySubscribe>" },
    { "20.6/notifyGetItems", TW_SOAP_CALL_NOTIFY_GET_ITEMS, FALSE,
      "<ns:notifyGetItems><ulSessionId>6728308159760811835</ulSessionId></ns:notifyGetItems>" },
    { "20.6/notifyResponse/table", TW_SOAP_CALL_NOTIFY_GET_ITEMS, TRUE,
      "<ns:notifyResponse><pNotificationArray><item><ulConnection>4</ulConnection><ulEventType>256</ulEventType><tab>"
      "<ulTableEvent>3</ulTableEvent><ulObjType>5</ulObjType><hResult>0</hResult><propIndex><ulPropTag>267780354</ulPropTag>"
      "<bin>4QAAAAAAAAA=</bin></propIndex><propPrior><ulPropTag>1</ulPropTag><ul>0</ul></propPrior>"
      "<pRow SOAP-ENC:arrayType=\"propVal[2]\"><item><ulPropTag>3604511</ulPropTag><lpszA>notif</lpszA></item><item>"
      "<ulPropTag>268370178</ulPropTag><bin>" MESSAGE_ID "</bin></item></pRow></tab></item></pNotificationArray><er>0</er>"
      "</ns:notifyResponse>" },
    { "20.6/notifyResponse/object", TW_SOAP_CALL_NOTIFY_GET_ITEMS, TRUE,
      "<ns:notifyResponse><pNotificationArray><item><ulConnection>3</ulConnection><ulEventType>16</ulEventType><obj>"
      "<pEntryId>" INBOX_ID "</pEntryId><ulObjType>3</ulObjType></obj></item></pNotificationArray><er>0</er></ns:notifyResponse>" },
    { "20.6/notifyResponse/idle", TW_SOAP_CALL_NOTIFY_GET_ITEMS, TRUE,
      "<ns:notifyResponse><pNotificationArray></pNotificationArray><er>0</er></ns:notifyResponse>" },
    { "20.7/importMessageFromStream", TW_SOAP_CALL_IMPORT_MESSAGE_FROM_STREAM, FALSE,
      "<ns:importMessageFromStream><ulSessionId>15985218098611733883</ulSessionId><ulFlags>0</ulFlags><ulSyncId>44</ulSyncId>"
      "<sParentEntryId>" INBOX_ID "</sParentEntryId><sEntryId>" MESSAGE_ID "</sEntryId><bIsNew>true</bIsNew><sStreamData>"
      "<xop:Include href=\"cid:id3\"/></sStreamData></ns:importMessageFromStream>" },
    { "20.8/abResolveNames", TW_SOAP_CALL_AB_RESOLVE_NAMES, FALSE,
      "<ns:abResolveNames><ulSessionId>9</ulSessionId><lpaPropTag SOAP-ENC:arrayType=\"xsd:unsignedInt[2]\"><item>268370178</item>"
      "<item>972947486</item></lpaPropTag><lpsRowSet SOAP-ENC:arrayType=\"propVal[][1]\"><item SOAP-ENC:arrayType=\"propVal[1]\">"
      "<item><ulPropTag>805371934</ulPropTag><lpszA>user1</lpszA></item></item></lpsRowSet><lpaFlags><item>0</item></lpaFlags>"
      "<ulFlags>2147483649</ulFlags></ns:abResolveNames>" },
    { "20.8/abResolveNamesResponse", TW_SOAP_CALL_AB_RESOLVE_NAMES, TRUE,
      "<ns:abResolveNamesResponse><sRowSet SOAP-ENC:arrayType=\"propVal[][1]\"><item SOAP-ENC:arrayType=\"propVal[3]\"><item>"
      "<ulPropTag>805371934</ulPropTag><lpszA>user1</lpszA></item><item><ulPropTag>268370178</ulPropTag><bin>AAAAAKwh</bin></item>"
      "<item><ulPropTag>972947486</ulPropTag><lpszA>user1@example.com</lpszA></item></item></sRowSet><aFlags><item>2</item></aFlags>"
      "<er>0</er></ns:abResolveNamesResponse>" },
};
/* clang-format on */

/* Reads all of a message, @piece bytes at a time. */
static const TwSoapMessage *
read_message(TwSoapDecoder *decoder, const Example *example, const char *text, gsize piece)
{
    gsize len = strlen(text);
    g_autoptr(GError) error = NULL;
    const TwSoapMessage *message;

    if (example->is_response)
        tw_soap_decoder_expect_response(decoder, example->call);
    else
        tw_soap_decoder_expect_request(decoder);
    for (gsize at = 0; at < len; at += piece) {
        gsize n = MIN(piece, len - at);
        g_autofree char *copy = g_memdup2(text + at, n);
        tw_soap_decoder_feed(decoder, copy, n, &error);
        g_assert_no_error(error);
    }
    message = tw_soap_decoder_finish(decoder, &error);
    g_assert_no_error(error);
    g_assert_null(message->refusal);
    g_assert_cmpint(message->call, ==, example->call);
    return message;
}

static void
write_message(const Example *example, gconstpointer body, TwBuffer *out)
{
    if (example->is_response)
        g_assert_true(tw_soap_write_response(TW_SOAP_1_1, example->call, body, out));
    else
        g_assert_true(tw_soap_write_request(example->call, body, out));
}

static void
test_example(gconstpointer user)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    const Example *example = user;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autofree char *text = envelope(example->element);
    g_autofree char *expected = g_strconcat(text, example->is_response ? "\r\n" : "", NULL);
    static const gsize pieces[] = { 1, 2, 3, 7, 64, 1000, 1u << 20 };

    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        const TwSoapMessage *message = read_message(decoder, example, text, pieces[i]);
        g_auto(TwBuffer) out = TW_BUFFER_INIT(1u << 20);
        g_autofree char *written = NULL;
        write_message(example, message->body, &out);
        written = g_strndup((const char *) out.data, out.len);
        g_assert_cmpstr(written, ==, expected);
    }
}

/* What the structures hold, for some of them. */
static void
test_content(void)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    g_autoptr(TwRestriction) restriction = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *printed = NULL, *logon = envelope(examples[0].element);
    g_autofree char *rows = envelope(examples[8].element), *table = envelope(examples[9].element);
    const TwSoapLogonArgs *args = read_message(decoder, &examples[0], logon, 100)->body;
    const TwSoapTableMultiResponse *response;
    const TwSoapTableRestrictArgs *restricted;

    g_assert_cmpstr(args->szUsername, ==, "user1");
    g_assert_cmpstr(args->szImpersonateUser, ==, "");
    g_assert_cmpuint(args->ullSessionGroup, ==, 12015568827018380830u);
    g_assert_cmpuint(args->sLicenseReq.len, ==, 3);
    g_assert_cmpuint(tw_soap_call_session(TW_SOAP_CALL_LOGON, args), ==, 0);

    response = read_message(decoder, &examples[8], rows, 100)->body;
    g_assert_cmpuint(response->sRowSet.count, ==, 1);
    g_assert_cmpuint(response->sRowSet.items[0].count, ==, 3);
    g_assert_cmpuint(response->sRowSet.items[0].items[0].len, ==, 48);
    g_assert_cmphex(response->sRowSet.items[0].items[2].u4, ==, 0x8004010fu);
    g_assert_cmpuint(tw_soap_call_result(TW_SOAP_CALL_TABLE_MULTI, response), ==, 0);

    restricted = read_message(decoder, &examples[9], table, 100)->body;
    g_assert_cmpuint(tw_soap_call_session(TW_SOAP_CALL_TABLE_RESTRICT, restricted), ==, 1);
    restriction = tw_soap_restriction_new(restricted->lpRestrict, &error);
    g_assert_no_error(error);
    printed = tw_restriction_to_text(restriction, 4096);
    g_assert_nonnull(strstr(printed, "(or (exist 0037:S)"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(examples); i++) {
        g_autofree char *path = g_strdup_printf("/soap/%s", examples[i].name);
        g_test_add_data_func(path, &examples[i], test_example);
    }
    g_test_add_func("/soap/content", test_content);
    return g_test_run();
}
