/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages and folders over the wire: spec/mapi-soap.md 6.2, 7, 8. */
#include <string.h>

#include "soapd/wire.h"

enum {
    TAG_DATA = 0x37010102,
};

typedef struct {
    Wire wire;
    guint64 session;
    TwSoapBytes inbox;
    guint8 id_bytes[TW_OBJECT_ID_LEN];
    TwSoapBytes id; /* of the message that was saved */
} Bench;

static TwPropValue
text(guint32 tag, const char *value)
{
    return tw_value_str(tag, value);
}

static const TwSoapSaveObject *
save(Bench *bench, TwSoapSaveObject *tree, guint32 wanted)
{
    TwSoapSaveObjectArgs args = { .ulSessionId = bench->session,
                                  .sParentEntryId = bench->inbox,
                                  .sEntryId = bench->id,
                                  .lpsSaveObj = tree };
    const TwSoapLoadObjectResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args);

    g_assert_cmphex(got->er, ==, wanted);
    return &got->sSaveObject;
}

static const TwSoapSaveObject *
load(Bench *bench, TwSoapBytes id, guint32 wanted)
{
    TwSoapLoadObjectArgs args = { .ulSessionId = bench->session, .sEntryId = id };
    const TwSoapLoadObjectResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_LOAD_OBJECT, &args);

    g_assert_cmphex(got->er, ==, wanted);
    return &got->sSaveObject;
}

static void
bench_new(Bench *bench)
{
    wire_new(&bench->wire, NULL);
    bench->session = wire_logon(&bench->wire, "anna", 0);
    bench->inbox = wire_folder_id(&bench->wire, bench->session, "");
    bench->id = wire_new_id(&bench->wire.anna.store, TW_OBJECT_ID_MESSAGE, bench->id_bytes);
}

/* A message with a recipient, an attachment, and a message in another one. */
static const TwSoapSaveObject *
save_whole(Bench *bench)
{
    static const guint8 data[] = "attached bytes";
    TwPropValue recipient[] = { text(PR_DISPLAY_NAME, "Bert"),
                                tw_value_long(PR_RECIPIENT_TYPE, 1) };
    TwPropValue attachment[] = { text(PR_ATTACH_LONG_FILENAME, "a.txt"),
                                 tw_value_long(PR_ATTACH_METHOD, 1),
                                 tw_value_bytes(TAG_DATA, data, sizeof data) };
    TwPropValue inner_props[] = { text(PR_SUBJECT, "inside"), text(PR_MESSAGE_CLASS, "IPM.Note") };
    TwPropValue holder[] = { tw_value_long(PR_ATTACH_METHOD, 5) };
    TwPropValue own[] = { text(PR_SUBJECT, "hello"), text(PR_MESSAGE_CLASS, "IPM.Note"),
                          text(PR_BODY, "a body") };
    TwSoapSaveObject inner = { .modProps = { inner_props, 2 }, .ulObjType = 5 };
    TwSoapSaveObject children[] = {
        { .modProps = { recipient, 2 }, .ulClientId = 3, .ulObjType = 6 },
        { .modProps = { attachment, 3 }, .ulClientId = 0, .ulObjType = 7 },
        { .items = &inner, .count = 1, .modProps = { holder, 1 }, .ulClientId = 1, .ulObjType = 7 },
    };
    TwSoapSaveObject tree = {
        .items = children, .count = 3, .modProps = { own, 3 }, .ulObjType = 5
    };

    return save(bench, &tree, 0);
}

static void
assert_text(const TwSoapSaveObject *object, guint32 tag, const char *wanted)
{
    const TwPropValue *value = wire_prop(&object->modProps, tag);

    g_assert_nonnull(value);
    g_assert_cmpstr(value->text, ==, wanted);
}

static gboolean
has_tag(const TwSoapSaveObject *object, guint32 tag)
{
    for (guint32 i = 0; i < object->delProps.count; i++) {
        if (object->delProps.items[i] == tag)
            return TRUE;
    }
    return FALSE;
}

static void
test_save_and_load(void)
{
    static const guint32 computed[] = {
        PR_SOURCE_KEY, PR_PARENT_SOURCE_KEY, PR_RECORD_KEY,   PR_PARENT_ENTRYID,
        PR_ACCESS,     PR_ACCESS_LEVEL,      PR_CHANGE_KEY,   PR_PREDECESSOR_CHANGE_LIST,
        PR_HASATTACH,  PR_MESSAGE_SIZE,      PR_MESSAGE_FLAGS
    };
    static const guint32 returned[] = { PR_SOURCE_KEY, PR_PARENT_SOURCE_KEY, PR_RECORD_KEY,
                                        PR_CHANGE_KEY, PR_PREDECESSOR_CHANGE_LIST };
    Bench bench;
    const TwSoapSaveObject *saved, *loaded;
    TwSoapLoadPropArgs prop = { .ulPropTag = TAG_DATA };
    const TwSoapLoadPropResponse *value;

    bench_new(&bench);
    load(&bench, bench.id, 0x80000002);
    saved = save_whole(&bench);
    for (guint i = 0; i < G_N_ELEMENTS(returned); i++) {
        g_assert_nonnull(wire_prop(&saved->modProps, returned[i]));
        g_assert_true(has_tag(saved, returned[i]));
    }
    g_assert_cmpuint(saved->count, ==, 3);
    g_assert_cmpuint(saved->items[0].ulClientId, ==, 3);
    g_assert_cmpuint(saved->items[0].ulObjType, ==, 6);
    g_assert_cmpuint(saved->items[1].ulServerId, !=, 0);
    g_assert_cmpuint(saved->items[1].ulServerId, !=, saved->items[2].ulServerId);

    loaded = load(&bench, bench.id, 0);
    g_assert_cmpuint(loaded->ulServerId, ==, saved->ulServerId);
    g_assert_cmpuint(loaded->count, ==, 3);
    assert_text(loaded, PR_SUBJECT, "hello");
    for (guint i = 0; i < G_N_ELEMENTS(computed); i++) {
        g_test_message("%08x", computed[i]);
        g_assert_nonnull(wire_prop(&loaded->modProps, computed[i]));
    }
    wire_assert_bytes(wire_prop(&loaded->modProps, PR_RECORD_KEY)->data,
                      wire_prop(&loaded->modProps, PR_RECORD_KEY)->len, bench.id.data, 48);
    wire_assert_bytes(wire_prop(&loaded->modProps, PR_PARENT_ENTRYID)->data,
                      wire_prop(&loaded->modProps, PR_PARENT_ENTRYID)->len, bench.inbox.data, 48);
    assert_text(&loaded->items[0], PR_DISPLAY_NAME, "Bert");
    g_assert_cmpuint(loaded->items[0].ulServerId, ==, saved->items[0].ulServerId);
    assert_text(&loaded->items[1], PR_ATTACH_LONG_FILENAME, "a.txt");
    /* data is there, and never in the answer itself */
    g_assert_true(has_tag(&loaded->items[1], TAG_DATA));
    g_assert_null(wire_prop(&loaded->items[1].modProps, TAG_DATA));
    g_assert_cmpuint(loaded->items[2].count, ==, 1);
    assert_text(&loaded->items[2].items[0], PR_SUBJECT, "inside");

    prop.ulSessionId = bench.session;
    prop.ulObjId = loaded->items[1].ulServerId;
    value = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_PROP, &prop);
    g_assert_cmphex(value->er, ==, 0);
    wire_assert_bytes(value->lpPropVal->data, value->lpPropVal->len,
                      (const guint8 *) "attached bytes", 15);
    prop.ulPropTag = PR_SUBJECT;
    prop.ulObjId = loaded->items[2].items[0].ulServerId;
    value = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_PROP, &prop);
    g_assert_cmphex(value->er, ==, 0);
    g_assert_cmpstr(value->lpPropVal->text, ==, "inside");
    prop.ulObjId ^= 2;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_LOAD_PROP, &prop), ==, 0x80000002);
    prop.ulPropTag = PR_BODY;
    prop.sEntryId = bench.id;
    value = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_PROP, &prop);
    g_assert_cmpstr(value->lpPropVal->text, ==, "a body");
    prop.ulPropTag = PR_SENDER_NAME;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_LOAD_PROP, &prop), ==, 0x80000002);
    wire_free(&bench.wire);
}

/* Only what changed travels: the rest stays. Also with numbers that an earlier session was given. */
static void
test_change(void)
{
    Bench bench;
    const TwSoapSaveObject *loaded;
    TwPropValue name[] = { text(PR_DISPLAY_NAME, "Berta") };
    TwPropValue subject[] = { text(PR_SUBJECT, "changed") };
    guint32 removed[] = { PR_BODY };
    TwSoapSaveObject children[] = {
        { .modProps = { name, 1 }, .ulClientId = 3, .ulObjType = 6 },
        { .bDelete = TRUE, .ulClientId = 0, .ulObjType = 7 },
    };
    TwSoapSaveObject tree = { .items = children,
                              .count = 2,
                              .delProps = { removed, 1 },
                              .modProps = { subject, 1 },
                              .ulObjType = 5 };

    bench_new(&bench);
    save_whole(&bench);
    loaded = load(&bench, bench.id, 0);
    children[0].ulServerId = loaded->items[0].ulServerId;
    children[1].ulServerId = loaded->items[1].ulServerId;
    bench.session = wire_logon(&bench.wire, "anna", 0);
    save(&bench, &tree, 0);
    loaded = load(&bench, bench.id, 0);
    g_assert_cmpuint(loaded->count, ==, 2);
    assert_text(loaded, PR_SUBJECT, "changed");
    g_assert_false(has_tag(loaded, PR_BODY));
    assert_text(&loaded->items[0], PR_DISPLAY_NAME, "Berta");
    /* a recipient's set is replaced whole */
    g_assert_null(wire_prop(&loaded->items[0].modProps, PR_RECIPIENT_TYPE));
    assert_text(&loaded->items[1].items[0], PR_SUBJECT, "inside");
    wire_free(&bench.wire);
}

static void
test_refused(void)
{
    Bench bench;
    TwPropValue subject[] = { text(PR_SUBJECT, "x") };
    TwSoapBytes instance = { (const guint8 *) "nothing like an id", 18 };
    TwSoapEntryList ids = { &instance, 1 };
    TwSoapSaveObject child = { .ulObjType = 7, .lpInstanceIds = &ids };
    TwSoapSaveObject wrong = { .ulObjType = 3 };
    TwSoapSaveObject tree = {
        .items = &child, .count = 1, .modProps = { subject, 1 }, .ulObjType = 5
    };

    bench_new(&bench);
    save(&bench, &tree, 0x80000029);
    tree.items = &wrong;
    save(&bench, &tree, 0x80000014);
    tree.count = 0;
    bench.session = wire_logon(&bench.wire, "bert", 0);
    save(&bench, &tree, 0x80000002); /* another's folder is as if it were not there */
    wire_free(&bench.wire);
}

/* ---- folders and lists ---- */

static void
test_folders(void)
{
    Bench bench;
    TwSoapCreateFolderArgs create = { .ulType = 1, .szName = "Sub", .szComment = "why" };
    const TwSoapCreateFolderResponse *made;
    TwSoapNewFolder items[] = { { .name = "One", .type = 1 }, { .name = "Two", .type = 1 } };
    TwSoapCreateFoldersArgs batch = { .batch = { items, 2 } };
    const TwSoapCreateFoldersResponse *both;
    TwSoapDeleteFolderArgs delete_it = { 0 };
    TwSoapCopyObjectsArgs copy = { .ulFlags = 1 };
    TwSoapDeleteObjectsArgs delete_them = { 0 };
    TwSoapEntryList list = { 0 };
    TwSoapSaveObject rename = { .ulObjType = 3 };
    TwPropValue name[] = { text(PR_DISPLAY_NAME, "Renamed") };
    const TwSoapSaveObject *loaded;

    bench_new(&bench);
    create.ulSessionId = batch.ulSessionId = delete_it.ulSessionId = copy.ulSessionId =
        delete_them.ulSessionId = bench.session;
    create.sParentId = bench.inbox;
    made = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &create);
    g_assert_cmphex(made->er, ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &create), ==, 0x80000008);
    create.fOpenIfExists = TRUE;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &create), ==, 0);

    batch.parent_eid = made->sEntryId;
    both = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_FOLDERS, &batch);
    g_assert_cmphex(both->er, ==, 0);
    g_assert_cmpuint(both->entryids->count, ==, 2);

    loaded = load(&bench, made->sEntryId, 0);
    assert_text(loaded, PR_DISPLAY_NAME, "Sub");
    assert_text(loaded, PR_COMMENT, "why");
    g_assert_cmpuint(wire_prop(&loaded->modProps, PR_FOLDER_CHILD_COUNT)->u4, ==, 2);
    g_assert_cmphex(wire_prop(&loaded->modProps, PR_ACCESS)->u4, ==, 63);
    rename.modProps = (TwSoapPropValArray){ name, 1 };
    save_whole(&bench);
    list = (TwSoapEntryList){ &bench.id, 1 };
    bench.id = made->sEntryId;
    save(&bench, &rename, 0);
    assert_text(load(&bench, made->sEntryId, 0), PR_DISPLAY_NAME, "Renamed");

    /* a moved message has another id; the old one is skipped and said so */
    bench.id = (TwSoapBytes){ bench.id_bytes, 48 };
    copy.aMessages = &list;
    copy.sDestFolderId = made->sEntryId;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_COPY_OBJECTS, &copy), ==, 0);
    load(&bench, bench.id, 0x80000002);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_COPY_OBJECTS, &copy), ==, 0x80000015);
    delete_them.aMessages = &list;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_OBJECTS, &delete_them), ==, 0);

    delete_it.sEntryId = made->sEntryId;
    delete_it.ulFlags = 1;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_FOLDER, &delete_it), ==,
                    0x8000000B);
    delete_it.ulFlags = 4;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_FOLDER, &delete_it), ==,
                    0x8000000A);
    delete_it.ulFlags = 5;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_FOLDER, &delete_it), ==, 0);
    wire_free(&bench.wire);
}

static void
test_tables(void)
{
    Bench bench;
    TwSoapTableOpenRequest open = { .ulTableType = 1, .ulType = 5 };
    guint32 tags[] = { PR_ENTRYID, PR_SUBJECT, PR_SENDER_NAME };
    TwSoapPropTagArray columns = { tags, 3 };
    TwSoapSortOrder key = { PR_SUBJECT, 0 };
    TwSoapTableSortRequest sort = { .sSortOrder = { &key, 1 } };
    TwSoapTableQueryRowsRequest query = { .ulCount = 0x7fffffff };
    TwSoapTableMultiArgs multi = { 0 };
    const TwSoapTableMultiResponse *rows;
    TwSoapTableGetRowCountArgs count = { 0 };
    const TwSoapTableGetRowCountResponse *counted;
    TwSoapTableSeekRowArgs seek = { .lRowCount = 100 };
    const TwSoapTableSeekRowResponse *sought;
    TwSoapTableOpenArgs wrong = { .ulTableType = 77 };

    bench_new(&bench);
    save_whole(&bench);
    open.sEntryId = bench.inbox;
    multi.ulSessionId = count.ulSessionId = seek.ulSessionId = wrong.ulSessionId = bench.session;
    multi.sRequest = (TwSoapTableMultiRequest){
        .lpOpen = &open, .lpSetColumns = &columns, .lpSort = &sort, .lpQueryRows = &query
    };
    rows = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_MULTI, &multi);
    g_assert_cmphex(rows->er, ==, 0);
    g_assert_cmpuint(rows->ulTableId, ==, 1);
    g_assert_cmpuint(rows->sRowSet.count, ==, 1);
    g_assert_cmpuint(rows->sRowSet.items[0].count, ==, 3);
    wire_assert_bytes(rows->sRowSet.items[0].items[0].data, rows->sRowSet.items[0].items[0].len,
                      bench.id.data, 48);
    g_assert_cmpstr(rows->sRowSet.items[0].items[1].text, ==, "hello");
    g_assert_cmphex(rows->sRowSet.items[0].items[2].tag, ==, 0x0C1A000A);

    count.ulTableId = seek.ulTableId = rows->ulTableId;
    counted = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_GET_ROW_COUNT, &count);
    g_assert_cmpuint(counted->ulCount, ==, 1);
    g_assert_cmpuint(counted->ulRow, ==, 1);
    sought = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek);
    g_assert_cmphex(sought->er, ==, 0);
    g_assert_cmpint(sought->lRowsSought, ==, 1);
    count.ulTableId = 99;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_GET_ROW_COUNT, &count), ==,
                    0x80000002);
    seek.ulBookmark = 9;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek), ==, 0x80000027);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_OPEN, &wrong), ==, 0x80000017);
    wire_free(&bench.wire);
}

/* ---- people ---- */

static void
test_people(void)
{
    Bench bench;
    TwSoapGetUserArgs get = { 0 };
    const TwSoapGetUserResponse *got;
    TwSoapReadABPropsArgs read = { 0 };
    const TwSoapReadPropsResponse *props;
    TwPropValue name[] = { text(0x3001001E, "bert"), text(0x3001001E, "nobody") };
    TwSoapPropValArray rows[] = { { &name[0], 1 }, { &name[1], 1 } };
    TwSoapRowSet set = { rows, 2 };
    guint32 flags[] = { 0, 0 }, tags[] = { PR_ENTRYID, PR_SMTP_ADDRESS };
    TwSoapFlagArray states = { flags, 2 };
    TwSoapPropTagArray wanted = { tags, 2 };
    TwSoapAbResolveNamesArgs resolve = {
        .lpaPropTag = &wanted, .lpsRowSet = &set, .lpaFlags = &states, .ulFlags = 0x80000001
    };
    const TwSoapAbResolveNamesResponse *found;

    bench_new(&bench);
    get.ulSessionId = read.ulSessionId = resolve.ulSessionId = bench.session;
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpstr(got->lpsUser->lpszUsername, ==, "anna");
    g_assert_cmpuint(got->lpsUser->ulObjClass, ==, 65537);
    g_assert_cmpuint(got->lpsUser->lpsMVPropmap->count, ==, 2);

    found = wire_call(&bench.wire, TW_SOAP_CALL_AB_RESOLVE_NAMES, &resolve);
    g_assert_cmphex(found->er, ==, 0);
    g_assert_cmpuint(found->aFlags.items[0], ==, 2);
    g_assert_cmpuint(found->aFlags.items[1], ==, 0);
    g_assert_cmpuint(found->sRowSet.items[0].count, ==, 3);
    g_assert_cmpstr(found->sRowSet.items[0].items[2].text, ==, "bert@example.org");

    read.sEntryId.data = found->sRowSet.items[0].items[1].data;
    read.sEntryId.len = found->sRowSet.items[0].items[1].len;
    props = wire_call(&bench.wire, TW_SOAP_CALL_READ_AB_PROPS, &read);
    g_assert_cmphex(props->er, ==, 0);
    g_assert_cmpstr(wire_prop(&props->aPropVal, PR_ACCOUNT)->text, ==, "bert");
    g_assert_nonnull(wire_prop(&props->aPropVal, 0x67B3101F));
    g_assert_cmpuint(props->aPropVal.count, >, props->aPropTag.count);
    wire_free(&bench.wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/7/save-and-load", test_save_and_load);
    g_test_add_func("/mapi-soap/7.3/change", test_change);
    g_test_add_func("/mapi-soap/7.3/refused", test_refused);
    g_test_add_func("/mapi-soap/6.2/folders", test_folders);
    g_test_add_func("/mapi-soap/8/tables", test_tables);
    g_test_add_func("/mapi-soap/15/people", test_people);
    return g_test_run();
}
