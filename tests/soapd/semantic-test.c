/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What calls mean, beyond that they answer: search folders, rights, locks, bookmarks, categories, receive folders, status.
 * spec/mapi-soap.md 6.2, 8.2, 8.7, 9, 13.3, 14. */
#include <string.h>

#include "soapd/wire.h"

typedef struct {
    Wire wire;
    guint64 anna, bert;
    TwSoapBytes inbox;
    guint8 ids[8][TW_OBJECT_ID_LEN];
    guint made;
} Bench;

static void
bench_new(Bench *bench)
{
    memset(bench, 0, sizeof *bench);
    wire_new(&bench->wire, NULL);
    bench->anna = wire_logon(&bench->wire, "anna", 0);
    bench->bert = wire_logon(&bench->wire, "bert", 0);
    bench->inbox = wire_folder_id(&bench->wire, bench->anna, "");
}

static TwSoapBytes
save_message(Bench *bench, const char *subject, guint32 importance)
{
    TwPropValue props[] = { tw_value_str(PR_SUBJECT, subject),
                            tw_value_str(PR_MESSAGE_CLASS, "IPM.Note"),
                            tw_value_long(PR_IMPORTANCE, importance) };
    TwSoapSaveObject tree = { .modProps = { props, 3 }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = bench->anna,
                                  .sParentEntryId = bench->inbox,
                                  .lpsSaveObj = &tree };

    args.sEntryId =
        wire_new_id(&bench->wire.anna.store, TW_OBJECT_ID_MESSAGE, bench->ids[bench->made++]);
    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args), ==, 0);
    return args.sEntryId;
}

static guint32
load(Bench *bench, guint64 session, TwSoapBytes id)
{
    TwSoapLoadObjectArgs args = { .ulSessionId = session, .sEntryId = id };

    return wire_result(&bench->wire, TW_SOAP_CALL_LOAD_OBJECT, &args);
}

static guint32
open_contents(Bench *bench, TwSoapBytes folder)
{
    TwSoapTableOpenArgs open = {
        .ulSessionId = bench->anna, .sEntryId = folder, .ulTableType = 1, .ulType = 5
    };
    const TwSoapTableOpenResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_TABLE_OPEN, &open);

    g_assert_cmphex(got->er, ==, 0);
    return got->ulTableId;
}

static const TwSoapRowSet *
query(Bench *bench, guint32 table, guint32 count, guint32 flags)
{
    TwSoapTableQueryRowsArgs args = {
        .ulSessionId = bench->anna, .ulTableId = table, .ulRowCount = count, .ulFlags = flags
    };
    const TwSoapTableQueryRowsResponse *got =
        wire_call(&bench->wire, TW_SOAP_CALL_TABLE_QUERY_ROWS, &args);

    g_assert_cmphex(got->er, ==, 0);
    return &got->sRowSet;
}

static void
set_columns(Bench *bench, guint32 table, guint32 *tags, guint count)
{
    TwSoapPropTagArray columns = { tags, count };
    TwSoapTableSetColumnsArgs args = { .ulSessionId = bench->anna,
                                       .ulTableId = table,
                                       .aPropTag = &columns };

    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_TABLE_SET_COLUMNS, &args), ==, 0);
}

static void
sort(Bench *bench, guint32 table, TwSoapSortOrder *keys, guint count, guint categories, guint open)
{
    TwSoapSortOrderArray order = { keys, count };
    TwSoapTableSortArgs args = { .ulSessionId = bench->anna,
                                 .ulTableId = table,
                                 .aSortOrder = &order,
                                 .ulCategories = categories,
                                 .ulExpanded = open };

    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_TABLE_SORT, &args), ==, 0);
}

/* ---- search folders ---- */

/* Counts what a search that is no longer building found. */
static guint
count_found(Bench *bench, TwSoapBytes folder)
{
    TwSoapTableGetSearchCriteriaArgs args = { .ulSessionId = bench->anna, .sEntryId = folder };
    guint32 tags[] = { PR_SUBJECT };
    guint32 table;

    for (;;) {
        const TwSoapTableGetSearchCriteriaResponse *got =
            wire_call(&bench->wire, TW_SOAP_CALL_TABLE_GET_SEARCH_CRITERIA, &args);
        g_assert_cmphex(got->er, ==, 0);
        if ((got->ulFlags & 2) == 0)
            break;
        g_thread_yield();
    }
    table = open_contents(bench, folder);
    set_columns(bench, table, tags, 1);
    return query(bench, table, 100, 0)->count;
}

/* A search follows its folders in the background: asks until it has found as many. */
static gboolean
finds(Bench *bench, TwSoapBytes folder, guint wanted)
{
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    guint count;

    while ((count = count_found(bench, folder)) != wanted && g_get_monotonic_time() < until)
        g_thread_yield();
    return count == wanted;
}

static void
test_search(void)
{
    Bench bench;
    TwPropValue word = tw_value_str(PR_SUBJECT, "wanted");
    TwSoapRestrictContent content = { 0x10001, PR_SUBJECT, &word };
    TwSoapRestrictTable restriction = { .ulType = 3, .lpContent = &content };
    TwSoapEntryList folders = { &bench.inbox, 1 };
    TwSoapCreateFolderArgs create = { .ulType = 2, .szName = "Search" };
    const TwSoapCreateFolderResponse *made;
    TwSoapTableSetSearchCriteriaArgs set = { .ulFlags = 2 };
    TwSoapTableGetSearchCriteriaArgs get = { 0 };
    const TwSoapTableGetSearchCriteriaResponse *got;
    TwSoapGetStoreArgs own = { 0 };
    const TwSoapGetStoreResponse *store;

    bench_new(&bench);
    save_message(&bench, "a Wanted one", 1);
    save_message(&bench, "another", 1);
    own.ulSessionId = create.ulSessionId = set.ulSessionId = get.ulSessionId = bench.anna;
    store = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE, &own);
    create.sParentId = store->sRootId;
    made = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &create);
    g_assert_cmphex(made->er, ==, 0);
    set.sEntryId = get.sEntryId = made->sEntryId;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_GET_SEARCH_CRITERIA, &get), ==,
                    0x80000023);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SET_SEARCH_CRITERIA, &set), ==,
                    0x80000014);
    set.lpRestrict = &restriction;
    set.lpFolders = &folders;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SET_SEARCH_CRITERIA, &set), ==, 0);
    g_assert_true(finds(&bench, made->sEntryId, 1));
    /* kept current */
    save_message(&bench, "wanted too", 1);
    g_assert_true(finds(&bench, made->sEntryId, 2));
    got = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_GET_SEARCH_CRITERIA, &get);
    g_assert_cmpuint(got->ulFlags & 1, ==, 1);
    g_assert_cmpuint(got->lpRestrict->ulType, ==, 3);
    g_assert_cmpstr(got->lpRestrict->lpContent->lpProp->text, ==, "wanted");
    g_assert_cmpuint(got->lpFolderIDs->count, ==, 1);
    wire_assert_bytes(got->lpFolderIDs->items[0].data, got->lpFolderIDs->items[0].len,
                      bench.inbox.data, bench.inbox.len);
    /* stopped: what is there stays, and nothing is added */
    set.ulFlags = 1;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SET_SEARCH_CRITERIA, &set), ==, 0);
    save_message(&bench, "wanted three", 1);
    g_assert_true(finds(&bench, made->sEntryId, 2));
    set.sEntryId = bench.inbox;
    set.ulFlags = 2;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SET_SEARCH_CRITERIA, &set), !=, 0);
    wire_free(&bench.wire);
}

/* ---- rights ---- */

static void
test_rights(void)
{
    Bench bench;
    TwSoapBytes id;
    TwSoapRights row = { .ulType = 2, .ulRights = 0x401, .ulState = 9 };
    TwSoapRights pair[2];
    TwSoapRightsArray rows = { &row, 1 };
    TwSoapSetRightsArgs set = { .lpsrightsArray = &rows };
    TwSoapGetRightsArgs get = { .ulType = 3 };
    const TwSoapRightsResponse *got;

    bench_new(&bench);
    id = save_message(&bench, "secret", 1);
    g_assert_cmphex(load(&bench, bench.bert, id), ==, 0x80000002);
    set.sEntryId = get.sEntryId = bench.inbox;
    row.ulUserid = bench.wire.bert.number;
    set.ulSessionId = bench.bert;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0x80000002);
    set.ulSessionId = get.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_RIGHTS, &get);
    g_assert_cmpuint(got->pRightsArray->count, ==, 1);
    g_assert_cmpuint(got->pRightsArray->items[0].ulUserid, ==, bench.wire.bert.number);
    g_assert_cmphex(got->pRightsArray->items[0].ulRights, ==, 0x401);
    g_assert_cmpuint(got->pRightsArray->items[0].ulState, ==, 0);
    g_assert_cmphex(load(&bench, bench.bert, id), ==, 0);
    /* now the folder is seen, and what may not be done says so */
    set.ulSessionId = bench.bert;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0x80000003);
    set.ulSessionId = bench.anna;

    /* entries for nobody: all of them, some of them */
    row.ulUserid = 4711;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0x80000014);
    pair[0] = row;
    pair[1] = row;
    pair[1].ulUserid = bench.wire.bert.number;
    pair[1].ulRights = 0x400;
    pair[1].ulState = 10;
    rows = (TwSoapRightsArray){ pair, 2 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0x80000015);
    g_assert_cmphex(load(&bench, bench.bert, id), ==, 0x80000002);
    g_assert_cmphex(load(&bench, bench.bert, bench.inbox), ==, 0);
    pair[1].ulState = 12;
    rows = (TwSoapRightsArray){ &pair[1], 1 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RIGHTS, &set), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_RIGHTS, &get);
    g_assert_cmpuint(got->pRightsArray->count, ==, 0);
    g_assert_cmphex(load(&bench, bench.bert, bench.inbox), ==, 0x80000002);
    wire_free(&bench.wire);
}

/* ---- locks ---- */

static void
test_locks(void)
{
    Bench bench;
    guint64 other;
    TwSoapSetLockStateArgs lock = { .bLocked = TRUE };
    TwSoapSessionArgs off;

    bench_new(&bench);
    other = wire_logon(&bench.wire, "anna", 0);
    lock.sEntryId = save_message(&bench, "sent just now", 1);
    lock.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0);
    g_assert_cmphex(load(&bench, bench.anna, lock.sEntryId), ==, 0);
    g_assert_cmphex(load(&bench, other, lock.sEntryId), ==, 0x80000003);
    lock.ulSessionId = other;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0x8000002F);
    /* it ends with the session */
    off.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_LOGOFF, &off), ==, 0);
    g_assert_cmphex(load(&bench, other, lock.sEntryId), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0);
    lock.bLocked = FALSE;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0);
    lock.sEntryId = bench.inbox;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_LOCK_STATE, &lock), ==, 0x80000018);
    wire_free(&bench.wire);
}

/* ---- positions ---- */

static void
rename_message(Bench *bench, TwSoapBytes id, const char *subject)
{
    TwPropValue value = tw_value_str(PR_SUBJECT, subject);
    TwSoapSaveObject tree = { .modProps = { &value, 1 }, .ulObjType = 5 };
    TwSoapSaveObjectArgs args = { .ulSessionId = bench->anna,
                                  .sParentEntryId = bench->inbox,
                                  .sEntryId = id,
                                  .lpsSaveObj = &tree };

    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SAVE_OBJECT, &args), ==, 0);
}

static void
test_bookmarks(void)
{
    Bench bench;
    guint32 tags[] = { PR_SUBJECT };
    TwSoapSortOrder by_subject = { PR_SUBJECT, 0 };
    TwSoapTableCreateBookmarkArgs make = { 0 };
    const TwSoapTableBookmarkResponse *mark;
    TwSoapTableSeekRowArgs seek = { 0 };
    const TwSoapTableSeekRowResponse *sought;
    TwSoapTableFreeBookmarkArgs free_it = { 0 };
    TwPropValue word = tw_value_str(PR_SUBJECT, "c");
    TwSoapRestrictProp is_c = { 4, PR_SUBJECT, &word };
    TwSoapRestrictTable restriction = { .ulType = 4, .lpProp = &is_c };
    TwSoapTableFindRowArgs find = { .lpsRestrict = &restriction };
    TwSoapBytes moved;
    guint32 table;

    bench_new(&bench);
    save_message(&bench, "b", 1);
    save_message(&bench, "d", 1);
    moved = save_message(&bench, "c", 1);
    table = open_contents(&bench, bench.inbox);
    make.ulSessionId = seek.ulSessionId = free_it.ulSessionId = find.ulSessionId = bench.anna;
    make.ulTableId = seek.ulTableId = free_it.ulTableId = find.ulTableId = table;
    set_columns(&bench, table, tags, 1);
    sort(&bench, table, &by_subject, 1, 0, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_FIND_ROW, &find), ==, 0);
    mark = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_CREATE_BOOKMARK, &make);
    g_assert_cmphex(mark->er, ==, 0);
    g_assert_cmpuint(mark->ulbkPosition, >=, 3);
    g_assert_cmpstr(query(&bench, table, 1, 1)->items[0].items[0].text, ==, "c");
    seek.ulBookmark = 2;
    seek.lRowCount = -1;
    sought = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek);
    g_assert_cmpint(sought->lRowsSought, ==, -1);
    g_assert_cmpstr(query(&bench, table, 5, 0)->items[0].items[0].text, ==, "d");
    /* the row stands elsewhere now: it works, and says so */
    rename_message(&bench, moved, "z");
    seek.ulBookmark = mark->ulbkPosition;
    seek.lRowCount = 0;
    sought = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek);
    g_assert_cmphex(sought->er, ==, 0x8000001A);
    g_assert_cmpstr(query(&bench, table, 1, 1)->items[0].items[0].text, ==, "z");
    /* not found: the cursor stays */
    word = tw_value_str(PR_SUBJECT, "nothing");
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_FIND_ROW, &find), ==, 0x80000002);
    g_assert_cmpstr(query(&bench, table, 1, 1)->items[0].items[0].text, ==, "z");
    word = tw_value_str(PR_SUBJECT, "b");
    find.ulBookmark = 2;
    find.ulFlags = 1;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_FIND_ROW, &find), ==, 0);
    g_assert_cmpstr(query(&bench, table, 1, 1)->items[0].items[0].text, ==, "b");
    free_it.ulbkPosition = mark->ulbkPosition;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_FREE_BOOKMARK, &free_it), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek), ==, 0x80000027);
    wire_free(&bench.wire);
}

/* ---- categories ---- */

static void
test_categories(void)
{
    Bench bench;
    guint32 tags[] = { PR_SUBJECT, PR_IMPORTANCE, PR_ROW_TYPE, PR_INSTANCE_KEY, PR_CONTENT_COUNT };
    TwSoapSortOrder keys[] = { { PR_IMPORTANCE, 0 }, { PR_SUBJECT, 0 } };
    TwSoapTableExpandRowArgs expand = { .ulRowCount = 1 };
    const TwSoapTableExpandRowResponse *opened;
    TwSoapTableCollapseRowArgs collapse = { 0 };
    const TwSoapTableCollapseRowResponse *closed;
    TwSoapTableGetCollapseStateArgs get = { 0 };
    const TwSoapTableGetCollapseStateResponse *state;
    TwSoapTableSetCollapseStateArgs set = { 0 };
    const TwSoapTableSetCollapseStateResponse *restored;
    TwSoapTableSeekRowArgs seek = { 0 };
    const TwSoapRowSet *rows;
    TwSoapBytes heading;
    guint32 table;

    bench_new(&bench);
    save_message(&bench, "b", 1);
    save_message(&bench, "a", 1);
    save_message(&bench, "c", 2);
    table = open_contents(&bench, bench.inbox);
    expand.ulSessionId = collapse.ulSessionId = get.ulSessionId = set.ulSessionId =
        seek.ulSessionId = bench.anna;
    expand.ulTableId = collapse.ulTableId = get.ulTableId = set.ulTableId = seek.ulTableId = table;
    set_columns(&bench, table, tags, 5);
    sort(&bench, table, keys, 2, 1, 0);
    rows = query(&bench, table, 100, 0);
    g_assert_cmpuint(rows->count, ==, 2);
    g_assert_cmphex(rows->items[0].items[0].tag, ==, 0x0037000A);
    g_assert_cmpuint(rows->items[0].items[1].u4, ==, 1);
    g_assert_cmpuint(rows->items[0].items[2].u4, ==, 4);
    g_assert_cmpuint(rows->items[0].items[4].u4, ==, 2);
    heading = (TwSoapBytes){ rows->items[0].items[3].data, 8 };

    expand.sInstanceKey = heading;
    opened = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_EXPAND_ROW, &expand);
    g_assert_cmphex(opened->er, ==, 0);
    g_assert_cmpuint(opened->rowSet.count, ==, 1);
    g_assert_cmpstr(opened->rowSet.items[0].items[0].text, ==, "a");
    g_assert_cmpuint(opened->ulMoreRows, ==, 1);
    opened = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_EXPAND_ROW, &expand);
    g_assert_cmphex(opened->er, ==, 0);
    g_assert_cmpuint(opened->rowSet.count, ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek), ==, 0);
    rows = query(&bench, table, 100, 0);
    g_assert_cmpuint(rows->count, ==, 4);
    g_assert_cmpuint(rows->items[0].items[2].u4, ==, 3);
    g_assert_cmpuint(rows->items[1].items[2].u4, ==, 1);

    get.sBookmark = (TwSoapBytes){ rows->items[2].items[3].data, 8 };
    state = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_GET_COLLAPSE_STATE, &get);
    g_assert_cmphex(state->er, ==, 0);
    g_assert_cmpuint(state->sCollapseState.len, >, 0);
    collapse.sInstanceKey = heading;
    closed = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_COLLAPSE_ROW, &collapse);
    g_assert_cmphex(closed->er, ==, 0);
    g_assert_cmpuint(closed->ulRows, ==, 2);
    set.sCollapseState = state->sCollapseState;
    restored = wire_call(&bench.wire, TW_SOAP_CALL_TABLE_SET_COLLAPSE_STATE, &set);
    g_assert_cmphex(restored->er, ==, 0);
    seek.ulBookmark = restored->ulBookmark;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_SEEK_ROW, &seek), ==, 0);
    g_assert_cmpstr(query(&bench, table, 1, 1)->items[0].items[0].text, ==, "b");
    expand.sInstanceKey = (TwSoapBytes){ (const guint8 *) "12345678", 8 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TABLE_EXPAND_ROW, &expand), ==,
                    0x80000002);
    wire_free(&bench.wire);
}

/* ---- receive folders, status ---- */

static const TwSoapReceiveFolder *
receive(Bench *bench, TwSoapBytes store, const char *message_class)
{
    TwSoapGetReceiveFolderArgs args = { .ulSessionId = bench->anna,
                                        .sStoreId = store,
                                        .lpszMessageClass = message_class };
    const TwSoapReceiveFolderResponse *got =
        wire_call(&bench->wire, TW_SOAP_CALL_GET_RECEIVE_FOLDER, &args);

    g_assert_cmphex(got->er, ==, 0);
    return &got->sReceiveFolder;
}

static void
test_receive(void)
{
    Bench bench;
    TwSoapGetStoreArgs own = { 0 };
    const TwSoapGetStoreResponse *store;
    TwSoapCreateFolderArgs create = { .ulType = 1, .szName = "Faxes" };
    const TwSoapCreateFolderResponse *made;
    TwSoapSetReceiveFolderArgs set = { .lpszMessageClass = "IPM.Note.Fax" };
    TwSoapGetReceiveFolderTableArgs list = { 0 };
    const TwSoapReceiveFolderTableResponse *rows;

    bench_new(&bench);
    own.ulSessionId = create.ulSessionId = set.ulSessionId = list.ulSessionId = bench.anna;
    store = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE, &own);
    create.sParentId = bench.inbox;
    made = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &create);
    set.sStoreId = list.sStoreId = store->sStoreId;
    set.lpsEntryId = made->sEntryId;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RECEIVE_FOLDER, &set), ==, 0);
    /* the longest prefix that ends at a dot */
    g_assert_cmpstr(receive(&bench, store->sStoreId, "IPM.Note.Fax.CG3")->lpszAExplicitClass, ==,
                    "IPM.Note.Fax");
    wire_assert_bytes(receive(&bench, store->sStoreId, "ipm.note.FAX")->sEntryId.data, 48,
                      made->sEntryId.data, 48);
    g_assert_cmpstr(receive(&bench, store->sStoreId, "IPM.Note.Faxes")->lpszAExplicitClass, ==, "");
    rows = wire_call(&bench.wire, TW_SOAP_CALL_GET_RECEIVE_FOLDER_TABLE, &list);
    g_assert_cmphex(rows->er, ==, 0);
    g_assert_cmpuint(rows->sFolderArray.count, >=, 2);
    /* without a folder it takes that of "" */
    set.lpsEntryId = (TwSoapBytes){ 0 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RECEIVE_FOLDER, &set), ==, 0);
    wire_assert_bytes(receive(&bench, store->sStoreId, "IPM.Note.Fax")->sEntryId.data, 48,
                      bench.inbox.data, 48);
    set.ulSessionId = bench.bert;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_RECEIVE_FOLDER, &set), !=, 0);
    wire_free(&bench.wire);
}

static void
test_status(void)
{
    Bench bench;
    TwSoapSetMessageStatusArgs set = { .ulNewStatus = 0x3, .ulNewStatusMask = 0x2 };
    TwSoapGetMessageStatusArgs get = { 0 };
    const TwSoapMessageStatus *got;
    TwSoapBytes id;
    TwSoapEntryList list = { &id, 1 };
    TwSoapSetReadFlagsArgs mark = { 0 };

    bench_new(&bench);
    id = set.sEntryId = get.sEntryId = save_message(&bench, "x", 1);
    set.ulSessionId = get.ulSessionId = mark.ulSessionId = bench.anna;
    got = wire_call(&bench.wire, TW_SOAP_CALL_SET_MESSAGE_STATUS, &set);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmphex(got->ulMessageStatus, ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_MESSAGE_STATUS, &get);
    g_assert_cmphex(got->ulMessageStatus, ==, 2);
    set.ulNewStatus = 0;
    got = wire_call(&bench.wire, TW_SOAP_CALL_SET_MESSAGE_STATUS, &set);
    g_assert_cmphex(got->ulMessageStatus, ==, 2);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_MESSAGE_STATUS, &get);
    g_assert_cmphex(got->ulMessageStatus, ==, 0);

    /* three forms: spec/mapi-soap.md 6.2 */
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_READ_FLAGS, &mark), ==, 0x80000014);
    mark.lpsEntryId = bench.inbox;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_READ_FLAGS, &mark), ==, 0);
    mark.lpsEntryId = (TwSoapBytes){ 0 };
    mark.lpMessages = &list;
    mark.ulFlags = 4;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_READ_FLAGS, &mark), ==, 0);
    mark.ulSessionId = bench.bert;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_READ_FLAGS, &mark), ==, 0);
    wire_free(&bench.wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/9/search", test_search);
    g_test_add_func("/mapi-soap/14.3/rights", test_rights);
    g_test_add_func("/mapi-soap/13.3/locks", test_locks);
    g_test_add_func("/mapi-soap/8.2/bookmarks", test_bookmarks);
    g_test_add_func("/mapi-soap/8.7/categories", test_categories);
    g_test_add_func("/mapi-soap/6.2/receive", test_receive);
    g_test_add_func("/mapi-soap/6.2/status", test_status);
    return g_test_run();
}
