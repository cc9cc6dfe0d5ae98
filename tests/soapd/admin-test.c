/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Administration over the wire: stores, groups, companies, quotas, upkeep. spec/mapi-soap.md 6.1, 6.4, 17. */
#include <string.h>

#include "soapd/wire.h"

enum {
    KEEP = 0xFFFFFFFFu,
};

typedef struct {
    Wire wire;
    WorldUser root;
    guint64 admin, anna;
} Bench;

static void
hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
    config->store_format = "%f (%c): %u";
}

static void
bench_new(Bench *bench, gboolean companies)
{
    memset(bench, 0, sizeof *bench);
    wire_new_with(&bench->wire, NULL, companies ? hosted : NULL);
    world_user_of(&bench->wire.world, 0, "root", TW_DIRECTORY_SYSTEM_ADMIN, &bench->root);
    bench->admin = wire_logon(&bench->wire, "root", 0);
    bench->anna = wire_logon(&bench->wire, "anna", 0);
}

static const TwSoapSetUserResponse *
create_user(Bench *bench, const char *name, const char *mail, guint32 wanted)
{
    TwSoapUser user = { .lpszUsername = name,
                        .lpszPassword = "secret",
                        .lpszFullName = "Carl C",
                        .lpszMailAddress = mail,
                        .ulObjClass = KEEP,
                        .ulIsAdmin = KEEP };
    TwSoapCreateUserArgs args = { .ulSessionId = bench->admin, .lpsUser = &user };
    const TwSoapSetUserResponse *made = wire_call(&bench->wire, TW_SOAP_CALL_CREATE_USER, &args);

    g_assert_cmphex(made->er, ==, wanted);
    return made;
}

/* ---- stores ---- */

typedef struct {
    TwGuid guid;
    guint8 store_bytes[TW_OBJECT_ID_LEN], root_bytes[TW_OBJECT_ID_LEN];
    TwSoapBytes store, root;
} NewStore;

static void
new_store(NewStore *ret)
{
    tw_guid_random(&ret->guid);
    ret->store = wire_new_id(&ret->guid, TW_OBJECT_ID_STORE, ret->store_bytes);
    ret->root = wire_new_id(&ret->guid, TW_OBJECT_ID_FOLDER, ret->root_bytes);
}

static guint32
create_store(Bench *bench, guint64 session, guint32 type, TwSoapBytes user, const NewStore *store)
{
    TwSoapCreateStoreArgs args = { .ulSessionId = session,
                                   .ulStoreType = type,
                                   .sUserId = user,
                                   .sStoreId = store->store,
                                   .sRootId = store->root };

    return wire_result(&bench->wire, TW_SOAP_CALL_CREATE_STORE, &args);
}

static const TwSoapResolveUserStoreResponse *
resolve(Bench *bench, guint64 session, const char *name, guint32 mask, guint32 wanted)
{
    TwSoapResolveUserStoreArgs args = { .ulSessionId = session,
                                        .szUserName = name,
                                        .ulStoreTypeMask = mask };
    const TwSoapResolveUserStoreResponse *got =
        wire_call(&bench->wire, TW_SOAP_CALL_RESOLVE_USER_STORE, &args);

    g_assert_cmphex(got->er, ==, wanted);
    return got;
}

/* An administrator's tool makes a store under ids of its own, and fills it. */
static void
test_create_store(void)
{
    Bench bench;
    NewStore store, other;
    TwSoapBytes user;
    guint64 carl;
    TwSoapGetStoreArgs own = { 0 };
    const TwSoapGetStoreResponse *got;
    TwSoapCreateFolderArgs folder = { .ulType = 1, .szName = "IPM_SUBTREE" };
    const TwSoapCreateFolderResponse *made;
    TwSoapLoadObjectArgs load = { 0 };
    const TwSoapLoadObjectResponse *loaded;

    bench_new(&bench, FALSE);
    user = create_user(&bench, "carl", "carl@example.org", 0)->sUserId;
    new_store(&store);
    new_store(&other);
    g_assert_cmphex(create_store(&bench, bench.anna, 0, user, &store), ==, 0x80000003);
    g_assert_cmphex(create_store(&bench, bench.admin, 3, user, &store), ==, 0x80000006);
    other.root = store.root;
    g_assert_cmphex(create_store(&bench, bench.admin, 0, user, &other), ==, 0x80000016);
    other.root = store.store;
    g_assert_cmphex(create_store(&bench, bench.admin, 0, user, &other), ==, 0x80000016);
    g_assert_cmphex(create_store(&bench, bench.admin, 0, user, &store), ==, 0);
    new_store(&other);
    g_assert_cmphex(create_store(&bench, bench.admin, 0, user, &other), ==, 0x80000008);
    resolve(&bench, bench.admin, "carl", 1, 0);

    {
        TwSoapLogonArgs logon = { .szUsername = "carl",
                                  .szPassword = "secret",
                                  .szVersion = "11.0.2",
                                  .ulCapabilities = 59218 };
        const TwSoapLogonResponse *in = wire_call(&bench.wire, TW_SOAP_CALL_LOGON, &logon);
        g_assert_cmphex(in->er, ==, 0);
        carl = in->ulSessionId;
    }
    own.ulSessionId = folder.ulSessionId = load.ulSessionId = carl;
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE, &own);
    g_assert_cmphex(got->er, ==, 0);
    wire_assert_bytes(got->guid.data, got->guid.len, store.guid.bytes, 16);
    /* the ids that the client made are good, and the root's is the one it is known by */
    wire_assert_bytes(got->sRootId.data, got->sRootId.len, store.root.data, store.root.len);
    load.sEntryId = store.store;
    loaded = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    g_assert_cmphex(loaded->er, ==, 0);
    folder.sParentId = store.root;
    made = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_FOLDER, &folder);
    g_assert_cmphex(made->er, ==, 0);
    load.sEntryId = made->sEntryId;
    loaded = wire_call(&bench.wire, TW_SOAP_CALL_LOAD_OBJECT, &load);
    wire_assert_bytes(wire_prop(&loaded->sSaveObject.modProps, PR_PARENT_ENTRYID)->data, 48,
                      store.root.data, store.root.len);
    wire_free(&bench.wire);
}

/* A public store belongs to everyone, whom the rights of a fresh one let in. */
static void
test_public_store(void)
{
    static const guint8 everyone[36] = { 0,    0,    0,    0,    0xAC, 0x21, 0xA9, 0x50, 0x40,
                                         0xD3, 0xEE, 0x48, 0xB3, 0x19, 0xFB, 0xA7, 0x53, 0x30,
                                         0x44, 0x25, 0,    0,    0,    0,    8,    0,    0,
                                         0,    1,    0,    0,    0,    0,    0,    0,    0 };
    Bench bench;
    NewStore store;
    TwSoapGetPublicStoreArgs args = { 0 };
    TwSoapGetRightsArgs rights = { .ulType = 3 };
    const TwSoapGetStoreResponse *got;
    const TwSoapRightsResponse *rows;
    TwSoapGetStoreTypeArgs type = { 0 };
    const TwSoapGetStoreTypeResponse *typed;

    bench_new(&bench, FALSE);
    new_store(&store);
    args.ulSessionId = rights.ulSessionId = type.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_GET_PUBLIC_STORE, &args), ==, 0x80000002);
    g_assert_cmphex(create_store(&bench, bench.admin, 1, (TwSoapBytes){ everyone, 36 }, &store), ==,
                    0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_PUBLIC_STORE, &args);
    g_assert_cmphex(got->er, ==, 0);
    wire_assert_bytes(got->guid.data, got->guid.len, store.guid.bytes, 16);
    type.sEntryId = got->sStoreId;
    typed = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE_TYPE, &type);
    g_assert_cmpuint(typed->ulStoreType, ==, 1);
    rights.sEntryId = got->sStoreId;
    rows = wire_call(&bench.wire, TW_SOAP_CALL_GET_RIGHTS, &rights);
    g_assert_cmphex(rows->er, ==, 0);
    g_assert_cmpuint(rows->pRightsArray->count, ==, 1);
    g_assert_cmpuint(rows->pRightsArray->items[0].ulUserid, ==, 1);
    g_assert_cmphex(rows->pRightsArray->items[0].ulRights, ==, 0x401);
    wire_free(&bench.wire);
}

static void
test_hook(void)
{
    Bench bench;
    TwSoapBytes guid, anna, bert;
    TwSoapUnhookStoreArgs unhook = { 0 };
    TwSoapHookStoreArgs hook = { 0 };
    TwSoapRemoveStoreArgs remove_it = { 0 };
    TwSoapResolveStoreArgs by_guid = { 0 };
    const TwSoapResolveUserStoreResponse *got;

    bench_new(&bench, FALSE);
    got = resolve(&bench, bench.admin, "anna", 1, 0);
    anna = got->sUserId;
    guid = got->guid;
    bert = resolve(&bench, bench.admin, "bert", 1, 0)->sUserId;
    remove_it = (TwSoapRemoveStoreArgs){ .ulSessionId = bench.admin, .sStoreGuid = guid };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_REMOVE_STORE, &remove_it), ==,
                    0x80000008);
    unhook = (TwSoapUnhookStoreArgs){ .ulSessionId = bench.anna, .sUserId = anna };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_UNHOOK_STORE, &unhook), ==, 0x80000003);
    unhook.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_UNHOOK_STORE, &unhook), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_UNHOOK_STORE, &unhook), ==, 0x80000002);
    resolve(&bench, bench.admin, "anna", 1, 0x80000002);
    by_guid = (TwSoapResolveStoreArgs){ .ulSessionId = bench.admin, .sStoreGuid = guid };
    got = wire_call(&bench.wire, TW_SOAP_CALL_RESOLVE_STORE, &by_guid);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpuint(got->ulUserId, ==, 0);
    by_guid.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_RESOLVE_STORE, &by_guid), ==, 0x80000002);

    hook = (TwSoapHookStoreArgs){
        .ulSessionId = bench.admin, .ulStoreType = 2, .sUserId = bert, .sStoreGuid = guid
    };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_HOOK_STORE, &hook), ==, 0x80000006);
    hook.ulStoreType = 0;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_HOOK_STORE, &hook), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_HOOK_STORE, &hook), ==, 0x80000008);
    /* the store that bert had is the orphan now */
    got = resolve(&bench, bench.admin, "bert", 1, 0);
    wire_assert_bytes(got->guid.data, got->guid.len, guid.data, guid.len);
    remove_it.sStoreGuid = (TwSoapBytes){ bench.wire.bert.store.bytes, 16 };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_REMOVE_STORE, &remove_it), ==, 0);
    by_guid =
        (TwSoapResolveStoreArgs){ .ulSessionId = bench.admin, .sStoreGuid = remove_it.sStoreGuid };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_RESOLVE_STORE, &by_guid), ==, 0x80000002);
    wire_free(&bench.wire);
}

/* ---- upkeep ---- */

static void
test_upkeep(void)
{
    Bench bench;
    TwSoapBytes inbox;
    TwSoapResetFolderCountArgs recount = { 0 };
    const TwSoapResetFolderCountResponse *counted;
    TwSoapPurgeSoftDeleteArgs purge = { 0 };
    TwSoapPurgeCacheArgs cache = { .ulFlags = KEEP };
    TwSoapSessionArgs plain = { 0 };
    TwSoapSyncUsersArgs sync = { 0 };
    TwSoapTestGetArgs test = { .name = "x" };
    guint8 bytes[TW_OBJECT_ID_LEN];
    TwPropValue subject = tw_value_str(PR_SUBJECT, "gone");
    TwSoapSaveObject tree = { .modProps = { &subject, 1 }, .ulObjType = 5 };
    TwSoapSaveObjectArgs save = { .lpsSaveObj = &tree };
    TwSoapEntryList list = { &save.sEntryId, 1 };
    TwSoapDeleteObjectsArgs delete_them = { .aMessages = &list };
    TwSoapCheckExistObjectArgs exists = { .ulFlags = 2 };

    bench_new(&bench, FALSE);
    inbox = wire_folder_id(&bench.wire, bench.anna, "");
    recount.ulSessionId = save.ulSessionId = delete_them.ulSessionId = exists.ulSessionId =
        bench.anna;
    recount.sEntryId = save.sParentEntryId = inbox;
    counted = wire_call(&bench.wire, TW_SOAP_CALL_RESET_FOLDER_COUNT, &recount);
    g_assert_cmphex(counted->er, ==, 0);
    g_assert_cmpuint(counted->ulUpdates, ==, 0);

    save.sEntryId = wire_new_id(&bench.wire.anna.store, TW_OBJECT_ID_MESSAGE, bytes);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SAVE_OBJECT, &save), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_OBJECTS, &delete_them), ==, 0);
    exists.sEntryId = save.sEntryId;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_CHECK_EXIST_OBJECT, &exists), ==, 0);
    purge.ulSessionId = cache.ulSessionId = plain.ulSessionId = sync.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_SOFT_DELETE, &purge), ==,
                    0x80000003);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_CACHE, &cache), ==, 0x80000003);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SYNC_USERS, &sync), ==, 0x80000003);
    purge.ulSessionId = cache.ulSessionId = plain.ulSessionId = sync.ulSessionId = bench.admin;
    purge.ulDays = 1; /* it was deleted just now */
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_SOFT_DELETE, &purge), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_CHECK_EXIST_OBJECT, &exists), ==, 0);
    purge.ulDays = 0;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_SOFT_DELETE, &purge), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_CACHE, &cache), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SYNC_USERS, &sync), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_PURGE_DEFERRED_UPDATES, &plain), ==,
                    0x80000002);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_CHECK_EXIST_OBJECT, &exists), ==,
                    0x80000002);
    test.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_TEST_GET, &test), ==, 0x80000003);
    wire_free(&bench.wire);
}

/* ---- users and groups ---- */

static const char *
mv_has(const TwSoapPropmapMVPairArray *lists, guint32 tag, const char *text)
{
    for (guint i = 0; i < lists->count; i++) {
        for (guint j = 0; lists->items[i].ulPropId == tag && j < lists->items[i].sValues.count;
             j++) {
            if (strcmp(lists->items[i].sValues.items[j], text) == 0)
                return text;
        }
    }
    return NULL;
}

/* Properties without a member of their own come and go as pairs; doors are shut by their list. */
static void
test_propmaps(void)
{
    Bench bench;
    const char *shut[] = { "imap", "mobile" };
    TwSoapPropmapMVPair lists[] = { { 0x67B4101E, { shut, 2 } } };
    TwSoapPropmapMVPairArray mv = { lists, 1 };
    TwSoapPropmapPair pairs[] = { { 0x3A08001E, "555-1234" }, { 0x3A18001F, "ignored" } };
    TwSoapPropmapPairArray single = { pairs, 2 };
    TwSoapUser user = { .ulIsAdmin = KEEP,
                        .ulIsABHidden = KEEP,
                        .ulCapacity = KEEP,
                        .ulObjClass = KEEP,
                        .lpsPropmap = &single,
                        .lpsMVPropmap = &mv };
    TwSoapSetUserArgs set = { .lpsUser = &user };
    TwSoapGetUserArgs get = { 0 };
    const TwSoapGetUserResponse *got;
    TwSoapGroup group = { .lpszGroupname = "team", .lpszFullEmail = "team@example.org" };
    TwSoapCreateGroupArgs create = { .lpsGroup = &group };
    TwSoapSetGroupArgs change = { .lpsGroup = &group };
    TwSoapGetGroupArgs get_group = { 0 };
    const TwSoapSetGroupResponse *grouped;
    const TwSoapGetGroupResponse *read;

    bench_new(&bench, FALSE);
    user.ulUserId = get.ulUserId = bench.wire.anna.number;
    set.ulSessionId = get.ulSessionId = create.ulSessionId = change.ulSessionId =
        get_group.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_USER, &set), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpstr(got->lpsUser->lpszUsername, ==, "anna");
    g_assert_cmpuint(got->lpsUser->lpsPropmap->count, ==, 1);
    g_assert_cmphex(got->lpsUser->lpsPropmap->items[0].ulPropId, ==, 0x3A08001F);
    g_assert_cmpstr(got->lpsUser->lpsPropmap->items[0].lpszValue, ==, "555-1234");
    g_assert_nonnull(mv_has(got->lpsUser->lpsMVPropmap, 0x67B4101F, "imap"));
    g_assert_nonnull(mv_has(got->lpsUser->lpsMVPropmap, 0x67B4101F, "mobile"));
    g_assert_null(mv_has(got->lpsUser->lpsMVPropmap, 0x67B3101F, "imap"));
    g_assert_nonnull(mv_has(got->lpsUser->lpsMVPropmap, 0x67B3101F, "outlook"));
    /* the user may change what is in the address book, and nothing else */
    set.ulSessionId = bench.anna;
    pairs[0].lpszValue = "555-9999";
    user.lpszFullName = "Queen Anna";
    user.ulIsAdmin = 2;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_USER, &set), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmpstr(got->lpsUser->lpsPropmap->items[0].lpszValue, ==, "555-9999");
    g_assert_cmpstr(got->lpsUser->lpszFullName, ==, "anna");
    g_assert_cmpuint(got->lpsUser->ulIsAdmin, ==, 0);

    grouped = wire_call(&bench.wire, TW_SOAP_CALL_CREATE_GROUP, &create);
    g_assert_cmphex(grouped->er, ==, 0);
    group = (TwSoapGroup){ .sGroupId = grouped->sGroupId,
                           .lpszGroupname = "",
                           .lpszFullname = "The Team",
                           .ulIsABHidden = 1 };
    change.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_GROUP, &change), ==, 0x80000003);
    change.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_GROUP, &change), ==, 0);
    get_group.sGroupId = grouped->sGroupId;
    read = wire_call(&bench.wire, TW_SOAP_CALL_GET_GROUP, &get_group);
    g_assert_cmpstr(read->lpsGroup->lpszGroupname, ==, "team");
    g_assert_cmpstr(read->lpsGroup->lpszFullname, ==, "The Team");
    g_assert_cmpstr(read->lpsGroup->lpszFullEmail, ==, "team@example.org");
    g_assert_cmpuint(read->lpsGroup->ulIsABHidden, ==, 1);
    wire_free(&bench.wire);
}

/* ---- companies ---- */

static TwSoapBytes
create_company(Bench *bench, const char *name, guint32 wanted)
{
    TwSoapCompany company = { .lpszCompanyname = name, .ulIsABHidden = KEEP };
    TwSoapCreateCompanyArgs args = { .ulSessionId = bench->admin, .lpsCompany = &company };
    const TwSoapSetCompanyResponse *made =
        wire_call(&bench->wire, TW_SOAP_CALL_CREATE_COMPANY, &args);

    g_assert_cmphex(made->er, ==, wanted);
    return made->sCompanyId;
}

static guint64
log_on(Bench *bench, const char *name)
{
    TwSoapLogonArgs logon = {
        .szUsername = name, .szPassword = "secret", .szVersion = "11.0.2", .ulCapabilities = 59218
    };
    const TwSoapLogonResponse *in = wire_call(&bench->wire, TW_SOAP_CALL_LOGON, &logon);

    g_assert_cmphex(in->er, ==, 0);
    return in->ulSessionId;
}

static guint32
sees_user(Bench *bench, guint64 session, TwSoapBytes user)
{
    TwSoapGetUserArgs get = { .ulSessionId = session, .sUserId = user };

    return wire_result(&bench->wire, TW_SOAP_CALL_GET_USER, &get);
}

static void
test_companies(void)
{
    Bench bench;
    TwSoapBytes one, two, ann, bob;
    guint64 ann_in;
    TwSoapSessionArgs plain = { 0 };
    const TwSoapCompanyListResponse *list;
    const TwSoapGetUserResponse *got;
    TwSoapGetUserArgs get = { 0 };
    TwSoapResolveCompanynameArgs resolve_it = { .lpszCompanyname = "two" };
    TwSoapCompany company = { .ulIsABHidden = 1 };
    TwSoapSetCompanyArgs set = { .lpsCompany = &company };
    TwSoapGetCompanyArgs get_company = { 0 };
    const TwSoapGetCompanyResponse *read;
    TwSoapAddCompanyToRemoteViewListArgs view = { 0 };
    TwSoapDelCompanyFromRemoteViewListArgs unview = { 0 };
    TwSoapGetRemoteViewListArgs views = { 0 };
    TwSoapAddUserToRemoteAdminListArgs over = { 0 };
    TwSoapGetRemoteAdminListArgs overs = { 0 };
    const TwSoapUserListResponse *users;
    TwSoapDeleteCompanyArgs delete_it = { 0 };
    TwSoapUser change_user = { .ulIsAdmin = KEEP,
                               .ulIsABHidden = KEEP,
                               .ulCapacity = KEEP,
                               .ulObjClass = KEEP,
                               .lpszFullName = "Bobby" };
    TwSoapSetUserArgs change = { .lpsUser = &change_user };

    bench_new(&bench, TRUE);
    one = create_company(&bench, "one", 0);
    two = create_company(&bench, "two", 0);
    create_company(&bench, "two", 0x80000008);
    ann = create_user(&bench, "ann@one", "ann@one.example", 0)->sUserId;
    bob = create_user(&bench, "bob@two", "bob@two.example", 0)->sUserId;
    create_user(&bench, "eve@three", "eve@three.example", 0x80000002);
    create_user(&bench, "ann@two", "ann@two.example", 0);
    ann_in = log_on(&bench, "ann@one");
    get = (TwSoapGetUserArgs){ .ulSessionId = bench.admin, .sUserId = bob };
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmpstr(got->lpsUser->lpszUsername, ==, "bob@two");

    /* companies see nothing of each other */
    g_assert_cmphex(sees_user(&bench, ann_in, ann), ==, 0);
    g_assert_cmphex(sees_user(&bench, ann_in, bob), ==, 0x80000002);
    resolve_it.ulSessionId = ann_in;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_RESOLVE_COMPANYNAME, &resolve_it), ==,
                    0x80000002);
    plain.ulSessionId = ann_in;
    list = wire_call(&bench.wire, TW_SOAP_CALL_GET_COMPANY_LIST, &plain);
    g_assert_cmphex(list->er, ==, 0);
    g_assert_cmpuint(list->sCompanyArray.count, ==, 1);
    g_assert_cmpstr(list->sCompanyArray.items[0].lpszCompanyname, ==, "one");
    plain.ulSessionId = bench.admin;
    list = wire_call(&bench.wire, TW_SOAP_CALL_GET_COMPANY_LIST, &plain);
    g_assert_cmpuint(list->sCompanyArray.count, ==, 2);

    /* one may see two: two's list names who may look */
    view = (TwSoapAddCompanyToRemoteViewListArgs){ .ulSessionId = ann_in,
                                                   .sSetCompanyId = one,
                                                   .sCompanyId = two };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_COMPANY_TO_REMOTE_VIEW_LIST, &view),
                    !=, 0);
    view.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_COMPANY_TO_REMOTE_VIEW_LIST, &view),
                    ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_COMPANY_TO_REMOTE_VIEW_LIST, &view),
                    ==, 0x80000008);
    g_assert_cmphex(sees_user(&bench, ann_in, bob), ==, 0);
    views = (TwSoapGetRemoteViewListArgs){ .ulSessionId = bench.admin, .sCompanyId = two };
    list = wire_call(&bench.wire, TW_SOAP_CALL_GET_REMOTE_VIEW_LIST, &views);
    g_assert_cmpuint(list->sCompanyArray.count, ==, 1);
    g_assert_cmpstr(list->sCompanyArray.items[0].lpszCompanyname, ==, "one");

    /* and who stands in its other list administers it */
    change_user.sUserId = bob;
    change.ulSessionId = ann_in;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_USER, &change), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmpstr(got->lpsUser->lpszFullName, ==, "Carl C");
    over = (TwSoapAddUserToRemoteAdminListArgs){ .ulSessionId = bench.admin,
                                                 .sUserId = ann,
                                                 .sCompanyId = two };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_USER_TO_REMOTE_ADMIN_LIST, &over), ==,
                    0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_USER, &change), ==, 0);
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_USER, &get);
    g_assert_cmpstr(got->lpsUser->lpszFullName, ==, "Bobby");
    overs = (TwSoapGetRemoteAdminListArgs){ .ulSessionId = bench.admin, .sCompanyId = two };
    users = wire_call(&bench.wire, TW_SOAP_CALL_GET_REMOTE_ADMIN_LIST, &overs);
    g_assert_cmpuint(users->sUserArray.count, ==, 1);
    g_assert_cmpstr(users->sUserArray.items[0].lpszUsername, ==, "ann@one");

    unview = (TwSoapDelCompanyFromRemoteViewListArgs){ .ulSessionId = bench.admin,
                                                       .sSetCompanyId = one,
                                                       .sCompanyId = two };
    g_assert_cmphex(
        wire_result(&bench.wire, TW_SOAP_CALL_DEL_COMPANY_FROM_REMOTE_VIEW_LIST, &unview), ==, 0);
    g_assert_cmphex(
        wire_result(&bench.wire, TW_SOAP_CALL_DEL_COMPANY_FROM_REMOTE_VIEW_LIST, &unview), ==,
        0x80000002);
    g_assert_cmphex(sees_user(&bench, ann_in, bob), ==, 0x80000002);

    company.sCompanyId = two;
    company.sAdministrator = bob;
    set.ulSessionId = get_company.ulSessionId = delete_it.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_SET_COMPANY, &set), ==, 0);
    get_company.sCompanyId = two;
    read = wire_call(&bench.wire, TW_SOAP_CALL_GET_COMPANY, &get_company);
    g_assert_cmpstr(read->lpsCompany->lpszCompanyname, ==, "two");
    g_assert_cmpuint(read->lpsCompany->ulIsABHidden, ==, 1);
    wire_assert_bytes(read->lpsCompany->sAdministrator.data, read->lpsCompany->sAdministrator.len,
                      bob.data, bob.len);
    delete_it.sCompanyId = two;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_COMPANY, &delete_it), !=, 0);
    delete_it.sCompanyId = create_company(&bench, "four", 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_COMPANY, &delete_it), ==, 0);
    wire_free(&bench.wire);
}

/* Where there is one company there are no calls on companies. */
static void
test_no_companies(void)
{
    Bench bench;
    TwSoapSessionArgs plain = { 0 };
    TwSoapGetCompanyArgs get = { .ulCompanyId = 1 };
    TwSoapAddQuotaRecipientArgs add = { .ulCompanyid = 1, .ulRecipientId = 5, .ulType = 65536 };

    bench_new(&bench, FALSE);
    plain.ulSessionId = get.ulSessionId = add.ulSessionId = bench.admin;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_GET_COMPANY_LIST, &plain), ==,
                    0x80000018);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_GET_COMPANY, &get), ==, 0x80000018);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_QUOTA_RECIPIENT, &add), ==,
                    0x80000018);
    create_company(&bench, "one", 0x80000018);
    wire_free(&bench.wire);
}

/* ---- quotas of three levels, public stores of companies ---- */

static const TwSoapQuota *
get_quota(Bench *bench, TwSoapBytes id, gboolean of_users)
{
    TwSoapGetQuotaArgs args = { .ulSessionId = bench->admin,
                                .sUserId = id,
                                .bGetUserDefault = of_users };
    const TwSoapQuotaResponse *got = wire_call(&bench->wire, TW_SOAP_CALL_GET_QUOTA, &args);

    g_assert_cmphex(got->er, ==, 0);
    g_assert_cmpint(got->sQuota.bIsUserDefaultQuota, ==, of_users);
    return &got->sQuota;
}

static void
set_quota(Bench *bench, TwSoapBytes id, const TwSoapQuota *quota)
{
    TwSoapSetQuotaArgs args = { .ulSessionId = bench->admin, .sUserId = id };
    TwSoapQuota copy = *quota;

    args.lpsQuota = &copy;
    g_assert_cmphex(wire_result(&bench->wire, TW_SOAP_CALL_SET_QUOTA, &args), ==, 0);
}

static void
test_quotas(void)
{
    Bench bench;
    NewStore store, mailbox;
    TwSoapBytes one, ann, bob;
    TwSoapAddQuotaRecipientArgs add = { .ulType = 65536 };
    TwSoapDeleteQuotaRecipientArgs del = { .ulType = 65536 };
    TwSoapGetQuotaRecipientsArgs list = { 0 };
    const TwSoapUserListResponse *users;
    TwSoapGetPublicStoreArgs public = { 0 };
    const TwSoapGetStoreResponse *got;
    TwSoapGetQuotaStatusArgs status = { 0 };
    TwSoapGetStoreNameArgs name = { 0 };
    const TwSoapGetStoreNameResponse *named;

    bench_new(&bench, TRUE);
    one = create_company(&bench, "one", 0);
    ann = create_user(&bench, "ann@one", "ann@one.example", 0)->sUserId;
    bob = create_user(&bench, "bob@one", "bob@one.example", 0)->sUserId;
    g_assert_true(get_quota(&bench, ann, FALSE)->bUseDefaultQuota);
    g_assert_cmpint(get_quota(&bench, ann, FALSE)->llHardSize, ==, 0);
    set_quota(&bench, one,
              &(TwSoapQuota){ .bIsUserDefaultQuota = TRUE, .llWarnSize = 10, .llHardSize = 30 });
    g_assert_true(get_quota(&bench, ann, FALSE)->bUseDefaultQuota);
    g_assert_cmpint(get_quota(&bench, ann, FALSE)->llHardSize, ==, 30);
    g_assert_cmpint(get_quota(&bench, one, TRUE)->llWarnSize, ==, 10);
    g_assert_cmpint(get_quota(&bench, one, FALSE)->llWarnSize, ==, 0);
    set_quota(&bench, one, &(TwSoapQuota){ .llWarnSize = 99 });
    g_assert_cmpint(get_quota(&bench, one, FALSE)->llWarnSize, ==, 99);
    set_quota(&bench, ann, &(TwSoapQuota){ .llHardSize = 50 });
    g_assert_false(get_quota(&bench, ann, FALSE)->bUseDefaultQuota);
    g_assert_cmpint(get_quota(&bench, ann, FALSE)->llHardSize, ==, 50);
    set_quota(&bench, ann, &(TwSoapQuota){ .bUseDefaultQuota = TRUE });
    g_assert_cmpint(get_quota(&bench, ann, FALSE)->llHardSize, ==, 30);

    add.ulSessionId = del.ulSessionId = list.ulSessionId = bench.admin;
    add.sCompanyId = del.sCompanyId = one;
    add.sRecipientId = del.sRecipientId = bob;
    list.sUserId = ann;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_QUOTA_RECIPIENT, &add), ==, 0);
    users = wire_call(&bench.wire, TW_SOAP_CALL_GET_QUOTA_RECIPIENTS, &list);
    g_assert_cmphex(users->er, ==, 0);
    g_assert_cmpuint(users->sUserArray.count, ==, 2);
    g_assert_cmpstr(users->sUserArray.items[0].lpszUsername, ==, "ann@one");
    g_assert_cmpstr(users->sUserArray.items[1].lpszUsername, ==, "bob@one");
    list.sUserId = one;
    users = wire_call(&bench.wire, TW_SOAP_CALL_GET_QUOTA_RECIPIENTS, &list);
    g_assert_cmpuint(users->sUserArray.count, ==, 1);
    g_assert_cmpstr(users->sUserArray.items[0].lpszUsername, ==, "SYSTEM");
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_QUOTA_RECIPIENT, &del), ==, 0);
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_DELETE_QUOTA_RECIPIENT, &del), ==,
                    0x80000002);
    add.ulType = 5;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_ADD_QUOTA_RECIPIENT, &add), ==,
                    0x80000006);

    new_store(&store);
    g_assert_cmphex(create_store(&bench, bench.admin, 1, one, &store), ==, 0);
    public.ulSessionId = log_on(&bench, "ann@one");
    got = wire_call(&bench.wire, TW_SOAP_CALL_GET_PUBLIC_STORE, &public);
    g_assert_cmphex(got->er, ==, 0);
    wire_assert_bytes(got->guid.data, got->guid.len, store.guid.bytes, 16);
    public.ulSessionId = bench.anna;
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_GET_PUBLIC_STORE, &public), ==,
                    0x80000002);
    resolve(&bench, bench.admin, "one", 2, 0);
    status = (TwSoapGetQuotaStatusArgs){ .ulSessionId = bench.admin, .sUserId = one };
    g_assert_cmphex(wire_result(&bench.wire, TW_SOAP_CALL_GET_QUOTA_STATUS, &status), ==, 0);
    new_store(&mailbox);
    g_assert_cmphex(create_store(&bench, bench.admin, 0, ann, &mailbox), ==, 0);
    name = (TwSoapGetStoreNameArgs){ .ulSessionId = bench.admin, .sEntryId = mailbox.store };
    named = wire_call(&bench.wire, TW_SOAP_CALL_GET_STORE_NAME, &name);
    g_assert_cmpstr(named->lpszStoreName, ==, "Inbox - Carl C (one): ann");
    wire_free(&bench.wire);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapi-soap/6.1/create-store", test_create_store);
    g_test_add_func("/mapi-soap/17.3/public-store", test_public_store);
    g_test_add_func("/mapi-soap/6.1/hook", test_hook);
    g_test_add_func("/mapi-soap/6.4/upkeep", test_upkeep);
    g_test_add_func("/mapi-soap/4.8/propmaps", test_propmaps);
    g_test_add_func("/mapi-soap/6.4/companies", test_companies);
    g_test_add_func("/mapi-soap/6.4/no-companies", test_no_companies);
    g_test_add_func("/mapi-soap/4.9/quotas", test_quotas);
    return g_test_run();
}
