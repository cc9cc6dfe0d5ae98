/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Administration over the API: users, groups, companies, stores, quotas, passwords, sessions; and who is refused. */
#include <string.h>

#include "session/world.h"

static guint32
make(TwSession *session, TwDirectoryKind kind, guint32 company, const char *name)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    TwDirectoryObject values = { .kind = kind, .name = name, .full_name = name, .mail = mail };
    TwObjectCreateArgs args = { .company = company, .values = &values };

    assert_done(tw_session_object_create(session, &args, error));
    return args.created;
}

static void
set_hosted(TwLocalConfig *config)
{
    config->hosted = TRUE;
    config->login_format = "%u@%c";
}

static void
set_levels(TwLocalConfig *config)
{
    set_hosted(config);
    config->policy.user_quota = (TwQuota){ 10, 20, 30 };
    config->policy.company_quota = (TwQuota){ .warn = 40 };
}

static gboolean
can_log_on(World *world, const char *name, const char *password)
{
    g_autoptr(TwSecret) secret = tw_secret_new(password, strlen(password));
    TwLogon how = { .peer = { .kind = TW_PEER_NETWORK, .address = "192.0.2.9" },
                    .flags = TW_LOGON_CHECK | TW_LOGON_WAITED,
                    .user = name,
                    .password = secret };
    TwSession *session;

    return tw_server_logon(world->server, &how, &session, NULL, NULL);
}

/* ---- users and groups ---- */

static void
test_users(void)
{
    World world;
    g_autoptr(TwSession) admin = NULL;
    g_auto(TwObjectsListArgs) list = { .type = TW_DIRECTORY_USERS };
    g_auto(TwBookRelatedArgs) members = { .relation = TW_DIRECTORY_MEMBER };
    g_auto(TwNameFindArgs) find = { .name = "BERT", .type = TW_DIRECTORY_USERS };
    TwRelateArgs relate = { .relation = TW_DIRECTORY_MEMBER };
    TwObjectRemoveArgs gone = { 0 };
    guint32 anna, bert, group;

    world_new(&world);
    admin = world_trusted(&world, "SYSTEM");
    anna = make(admin, TW_DIRECTORY_USER, 0, "anna");
    bert = make(admin, TW_DIRECTORY_USER, 0, "bert");
    group = make(admin, TW_DIRECTORY_SECURITY_GROUP, 0, "team");
    relate.user = group;
    relate.other = bert;
    assert_done(tw_session_relate(admin, &relate, error));
    assert_refused(tw_session_relate(admin, &relate, error), TW_ERROR_EXISTS);
    members.user = group;
    assert_done(tw_session_book_related(admin, &members, error));
    g_assert_cmpuint(members.rows->len, ==, 1);
    assert_done(tw_session_objects_list(admin, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 3);
    g_assert_cmpstr(((TwDirectoryObject *) list.rows->pdata[0])->name, ==, "anna");
    assert_done(tw_session_name_find(admin, &find, error));
    g_assert_cmpuint(find.entry->number, ==, bert);
    gone.user = anna;
    assert_done(tw_session_object_remove(admin, &gone, error));
    assert_refused(tw_session_object_remove(admin, &gone, error), TW_ERROR_NOT_FOUND);
    gone.user = TW_DIRECTORY_EVERYONE;
    assert_refused(tw_session_object_remove(admin, &gone, error), TW_ERROR_NOT_FOUND);
    g_clear_pointer(&admin, tw_session_unref);
    world_free(&world);
}

static void
test_passwords(void)
{
    World world;
    WorldUser user, other;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSecret) fresh = tw_secret_new("fresh", 5);
    g_autoptr(TwSecret) right = tw_secret_new("anna", 4);
    TwDirectoryObject values = { .name = "boss", .admin = TW_DIRECTORY_SYSTEM_ADMIN };
    TwObjectChangeArgs args = { .password = fresh };
    g_auto(TwBookGetArgs) get = { 0 };

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    world_user(&world, 0, "bert", &other);
    session = world_logon(&world, "anna");
    assert_refused(tw_session_object_change(session, &args, error), TW_ERROR_NO_ACCESS);
    args.old_password = fresh;
    assert_refused(tw_session_object_change(session, &args, error), TW_ERROR_NO_ACCESS);
    args.old_password = right;
    assert_done(tw_session_object_change(session, &args, error));
    g_assert_true(can_log_on(&world, "anna", "fresh"));
    g_assert_false(can_log_on(&world, "anna", "anna"));
    /* name and level are dropped, silently */
    args = (TwObjectChangeArgs){ .values = &values,
                                 .fields = TW_DIRECTORY_SET_ADMIN | TW_DIRECTORY_SET_NAME };
    assert_done(tw_session_object_change(session, &args, error));
    assert_done(tw_session_book_get(session, &get, error));
    g_assert_cmpstr(get.entry->name, ==, "anna");
    g_assert_cmpint(get.entry->admin, ==, TW_DIRECTORY_NO_ADMIN);
    args = (TwObjectChangeArgs){ .user = other.number, .password = fresh, .old_password = right };
    assert_refused(tw_session_object_change(session, &args, error), TW_ERROR_NO_ACCESS);
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

/* ---- levels ---- */

static void
test_levels(void)
{
    World world;
    WorldUser boss, root, plain;
    g_autoptr(TwSession) system = NULL;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSecret) fresh = tw_secret_new("fresh", 5);
    TwDirectoryObject values = { .admin = TW_DIRECTORY_SYSTEM_ADMIN };
    TwObjectChangeArgs change = { .values = &values, .fields = TW_DIRECTORY_SET_ADMIN };
    TwObjectCreateArgs create = { .values = &values };
    TwRelateArgs relate = { .relation = TW_DIRECTORY_ADMIN };
    guint32 ours, theirs;

    world_new_with(&world, set_hosted);
    system = world_trusted(&world, "SYSTEM");
    ours = make(system, TW_DIRECTORY_COMPANY, 0, "ours");
    theirs = make(system, TW_DIRECTORY_COMPANY, 0, "theirs");
    world_user_of(&world, ours, "boss", TW_DIRECTORY_COMPANY_ADMIN, &boss);
    world_user_of(&world, ours, "root", TW_DIRECTORY_SYSTEM_ADMIN, &root);
    world_user(&world, ours, "plain", &plain);
    session = world_trusted(&world, "boss@ours");
    /* may not make somebody more than themselves, nor set the password of somebody who is more */
    change.user = boss.number;
    assert_refused(tw_session_object_change(session, &change, error), TW_ERROR_NO_ACCESS);
    change.user = plain.number;
    assert_refused(tw_session_object_change(session, &change, error), TW_ERROR_NO_ACCESS);
    change = (TwObjectChangeArgs){ .user = root.number, .password = fresh };
    assert_refused(tw_session_object_change(session, &change, error), TW_ERROR_NO_ACCESS);
    change.user = plain.number;
    assert_done(tw_session_object_change(session, &change, error));
    values = (TwDirectoryObject){ .kind = TW_DIRECTORY_USER, .name = "new", .full_name = "New" };
    create.company = ours;
    assert_done(tw_session_object_create(session, &create, error));
    create.company = theirs; /* which they cannot see */
    assert_refused(tw_session_object_create(session, &create, error), TW_ERROR_NOT_FOUND);
    create.company = 0;
    assert_refused(tw_session_object_create(session, &create, error), TW_ERROR_NO_ACCESS);
    values.kind = TW_DIRECTORY_COMPANY;
    create.company = ours;
    assert_refused(tw_session_object_create(session, &create, error), TW_ERROR_NO_ACCESS);
    relate.user = ours;
    relate.other = plain.number;
    assert_refused(tw_session_relate(session, &relate, error), TW_ERROR_NO_ACCESS);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
}

/* ---- stores ---- */

static void
test_stores(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) admin = NULL;
    g_autoptr(TwSession) session = NULL;
    TwStoreCreateArgs create = { 0 };
    TwStoreDeleteArgs gone = { 0 };
    TwStoreHookArgs hook = { 0 };
    TwStoreUnhookArgs unhook = { 0 };
    TwStoreFindArgs find = { 0 };
    g_auto(TwStoresListArgs) list = { 0 };
    g_auto(TwFolderGetArgs) folder = { 0 };

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    admin = world_trusted(&world, "SYSTEM");
    session = world_logon(&world, "anna");
    create.user = user.number;
    assert_refused(tw_session_store_create(admin, &create, error), TW_ERROR_EXISTS);
    create.kind = TW_STORE_ARCHIVE;
    assert_done(tw_session_store_create(admin, &create, error));
    gone.store = create.store;
    assert_refused(tw_session_store_delete(admin, &gone, error), TW_ERROR_EXISTS);
    assert_refused(tw_session_store_delete(session, &gone, error), TW_ERROR_NO_ACCESS);
    unhook.store = create.store;
    assert_done(tw_session_store_unhook(admin, &unhook, error));
    /* nobody's store is not there for who is no administrator */
    folder.store = create.store;
    assert_refused(tw_session_folder_get(session, &folder, error), TW_ERROR_NOT_FOUND);
    hook.store = create.store;
    hook.owner = TW_DIRECTORY_EVERYONE;
    assert_refused(tw_session_store_hook(admin, &hook, error), TW_ERROR_INVALID);
    hook.owner = user.number;
    assert_done(tw_session_store_hook(admin, &hook, error));
    assert_done(tw_session_folder_get(session, &folder, error));
    unhook.store = create.store;
    assert_done(tw_session_store_unhook(admin, &unhook, error));
    assert_done(tw_session_store_delete(admin, &gone, error));
    assert_refused(tw_session_store_delete(admin, &gone, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_stores_list(admin, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 2); /* anna's and the bed's */
    assert_refused(tw_session_stores_list(session, &list, error), TW_ERROR_NO_ACCESS);
    /* the public store */
    find.kind = TW_STORE_PUBLIC;
    assert_refused(tw_session_store_find(session, &find, error), TW_ERROR_NOT_FOUND);
    create = (TwStoreCreateArgs){ .user = TW_DIRECTORY_EVERYONE, .kind = TW_STORE_PUBLIC };
    assert_done(tw_session_store_create(admin, &create, error));
    assert_done(tw_session_store_find(session, &find, error));
    tw_folder_get_args_clear(&folder);
    folder = (TwFolderGetArgs){ .store = find.store };
    assert_done(tw_session_folder_get(session, &folder, error));
    g_assert_cmphex(folder.row.rights, ==, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&admin, tw_session_unref);
    world_free(&world);
}

static void
test_removed_owner(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) admin = NULL;
    g_autoptr(TwSession) session = NULL;
    TwObjectRemoveArgs gone = { 0 };
    g_auto(TwStoreInfoArgs) info = { 0 };

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    admin = world_trusted(&world, "SYSTEM");
    session = world_logon(&world, "anna");
    info.store = user.store;
    assert_done(tw_session_store_info(session, &info, error));
    gone.user = user.number;
    assert_done(tw_session_object_remove(admin, &gone, error));
    assert_refused(tw_session_store_info(session, &info, error), TW_ERROR_END_OF_SESSION);
    assert_done(tw_session_store_info(admin, &info, error));
    g_assert_cmpuint(info.owner, ==, 0);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&admin, tw_session_unref);
    world_free(&world);
}

/* ---- quota ---- */

static void
test_quota(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) system = NULL;
    TwDirectoryObject values = { .user_quota = { TRUE, 100, 200, 300 } };
    TwObjectChangeArgs change = { .values = &values, .fields = TW_DIRECTORY_SET_USER_QUOTA };
    TwQuotaGetArgs quota = { 0 };
    g_auto(TwStoreInfoArgs) info = { 0 };
    guint32 company;

    world_new_with(&world, set_hosted);
    system = world_trusted(&world, "SYSTEM");
    company = make(system, TW_DIRECTORY_COMPANY, 0, "ours");
    world_user(&world, company, "anna", &user);
    change.user = company;
    assert_done(tw_session_object_change(system, &change, error));
    quota.user = user.number;
    assert_done(tw_session_quota_get(system, &quota, error));
    g_assert_true(quota.inherited);
    g_assert_cmpint(quota.quota.hard, ==, 300);
    info.store = user.store;
    assert_done(tw_session_store_info(system, &info, error));
    g_assert_cmpint(info.info.quota.hard, ==, 300);
    values = (TwDirectoryObject){ .quota = { TRUE, 1, 2, 3 } };
    change.user = user.number;
    change.fields = TW_DIRECTORY_SET_QUOTA;
    assert_done(tw_session_object_change(system, &change, error));
    assert_done(tw_session_store_info(system, &info, error));
    g_assert_cmpint(info.info.quota.hard, ==, 3);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
}

/* Levels of the configuration reach stores that were made under others. */
static void
test_config_quota(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwStore) store = NULL;
    TwQuota before = { 5, 6, 7 };
    TwStoreInfo info;

    world_new_with(&world, set_levels);
    world_user(&world, 0, "anna", &user);
    store = tw_store_open(world.bed.engine, &user.store, NULL);
    g_assert_true(tw_store_set_quota(store, &before, NULL));
    assert_done(tw_local_apply_quotas(world.local, error));
    g_assert_true(tw_store_get_info(store, &info, NULL));
    g_assert_cmpint(info.quota.warn, ==, 10);
    g_assert_cmpint(info.quota.soft, ==, 20);
    g_assert_cmpint(info.quota.hard, ==, 30);
    g_clear_pointer(&store, tw_store_unref);
    world_free(&world);
}

static void
test_company_quota(void)
{
    World world;
    g_autoptr(TwSession) system = NULL;
    TwQuotaGetArgs quota = { 0 };

    world_new_with(&world, set_levels);
    system = world_trusted(&world, "SYSTEM");
    quota.user = make(system, TW_DIRECTORY_COMPANY, 0, "ours");
    assert_done(tw_session_quota_get(system, &quota, error));
    g_assert_true(quota.inherited);
    g_assert_cmpint(quota.quota.warn, ==, 40);
    g_assert_cmpint(quota.quota.hard, ==, 0);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
}

/* ---- who wants to know ---- */

static void
note_change(const TwLocalChange *change, gpointer lines)
{
    char guid[TW_GUID_TEXT_SIZE];

    tw_guid_print(&change->store, TW_GUID_PLAIN, guid);
    g_string_append_printf(lines, "%d %s %u%s%s\n", (int) change->event, change->name,
                           change->number, tw_guid_is_zero(&change->store) ? "" : " ",
                           tw_guid_is_zero(&change->store) ? "" : guid);
}

static GString *changes; /* of the test that runs */

static void
set_listening(TwLocalConfig *config)
{
    set_hosted(config);
    config->changed = note_change;
    config->changed_data = changes;
}

/* Everybody who comes or goes is told of once, under the name they log on with; a user without a store goes unnoticed. */
static void
test_changes(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) system = NULL;
    TwObjectRemoveArgs gone = { 0 };
    guint32 company, anna, room, team, contact;
    char guid[TW_GUID_TEXT_SIZE];
    g_autofree char *wanted = NULL;

    changes = g_string_new(NULL);
    world_new_with(&world, set_listening);
    system = world_trusted(&world, "SYSTEM");
    company = make(system, TW_DIRECTORY_COMPANY, 0, "ours");
    anna = make(system, TW_DIRECTORY_USER, company, "anna");
    contact = make(system, TW_DIRECTORY_CONTACT, company, "carl");
    team = make(system, TW_DIRECTORY_SECURITY_GROUP, 0, "team");
    world_store(&world, anna, TW_STORE_PRIVATE, company, &user);
    gone.user = contact;
    assert_done(tw_session_object_remove(system, &gone, error));
    gone.user = anna;
    assert_done(tw_session_object_remove(system, &gone, error));
    assert_refused(tw_session_object_remove(system, &gone, error), TW_ERROR_NOT_FOUND);
    gone.user = team;
    assert_done(tw_session_object_remove(system, &gone, error));
    room = make(system, TW_DIRECTORY_ROOM, company, "room");
    gone.user = room;
    assert_done(tw_session_object_remove(system, &gone, error));
    tw_guid_print(&user.store, TW_GUID_PLAIN, guid);
    wanted = g_strdup_printf("%d ours %u\n%d anna@ours %u\n%d team %u\n%d anna@ours %u %s\n"
                             "%d team %u\n%d room@ours %u\n",
                             TW_LOCAL_COMPANY_MADE, company, TW_LOCAL_USER_MADE, anna,
                             TW_LOCAL_GROUP_MADE, team, TW_LOCAL_USER_GONE, anna, guid,
                             TW_LOCAL_GROUP_GONE, team, TW_LOCAL_USER_MADE, room);
    g_assert_cmpstr(changes->str, ==, wanted);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
    g_string_free(g_steal_pointer(&changes), TRUE);
}

/* ---- the server ---- */

static void
test_server(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) system = NULL;
    g_autoptr(TwSession) session = NULL;
    g_auto(TwSessionsListArgs) list = { 0 };
    g_auto(TwNamesToIdsArgs) ids = { .create = TRUE };
    g_auto(TwIdsToNamesArgs) names = { 0 };
    TwNamedProp name = { .name = "x-test" };
    const TwNamedProp *wanted[] = { &name };
    TwSessionEndArgs end = { 0 };
    g_auto(TwServerInfoArgs) info = { 0 };
    TwSessionInfo who;
    guint32 id;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    system = world_trusted(&world, "SYSTEM");
    session = world_logon(&world, "anna");
    assert_done(tw_session_server_info(session, &info, error));
    g_assert_true(tw_guid_equal(&info.guid, tw_engine_guid(world.bed.engine)));
    ids.names = (TwNamedProps){ wanted, 1 };
    assert_done(tw_session_names_to_ids(session, &ids, error));
    id = g_array_index(ids.ids, guint32, 0);
    g_assert_cmpuint(id, >, TW_NAMED_FIRST_ID);
    names.ids = (TwNumbers){ &id, 1 };
    assert_done(tw_session_ids_to_names(session, &names, error));
    g_assert_cmpstr(((TwNamedProp *) names.names->pdata[0])->name, ==, "x-test");
    assert_done(tw_session_sessions_list(system, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 2);
    assert_refused(tw_session_sessions_list(session, &list, error), TW_ERROR_NO_ACCESS);
    tw_session_get_info(session, &who);
    end.session = who.number;
    assert_done(tw_session_session_end(system, &end, error));
    assert_refused(tw_session_server_info(session, &info, error), TW_ERROR_END_OF_SESSION);
    end.session = 4711;
    assert_refused(tw_session_session_end(system, &end, error), TW_ERROR_NOT_FOUND);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/admin/users", test_users);
    g_test_add_func("/session/admin/passwords", test_passwords);
    g_test_add_func("/session/admin/levels", test_levels);
    g_test_add_func("/session/admin/stores", test_stores);
    g_test_add_func("/session/admin/removed-owner", test_removed_owner);
    g_test_add_func("/session/admin/quota", test_quota);
    g_test_add_func("/session/admin/config-quota", test_config_quota);
    g_test_add_func("/session/admin/company-quota", test_company_quota);
    g_test_add_func("/session/admin/changes", test_changes);
    g_test_add_func("/session/admin/server", test_server);
    return g_test_run();
}
