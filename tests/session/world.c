/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "session/world.h"

#include <string.h>

#include "mapi/tags.h"

static gint64
clock_of(gpointer data)
{
    return ((World *) data)->now_us;
}

void
world_new_with(World *world, void (*change)(TwLocalConfig *config))
{
    g_autoptr(GError) error = NULL;

    *world = (World){ .now_us = 1000000 };
    bed_new(&world->bed);
    place_init(&world->place, TW_DB_SQLITE);
    world->config = (TwLocalConfig) TW_LOCAL_CONFIG_INIT;
    world->config.engine = world->bed.engine;
    world->config.directory = world->place.directory;
    world->config.now_us = clock_of;
    world->config.data = world;
    world->config.audit = world->log;
    if (change != NULL)
        change(&world->config);
    world_provider_change(&world->config);
    world->local = tw_local_new(&world->config, &error);
    g_assert_no_error(error);
    world->server = world_provider_open(world);
}

void
world_new(World *world)
{
    world_new_with(world, NULL);
}

void
world_free(World *world)
{
    world_provider_close(world);
    tw_server_close(world->local);
    place_clear(&world->place);
    bed_free(&world->bed);
}

void
world_store(World *world, guint32 owner, TwStoreKind kind, guint32 company, WorldUser *ret)
{
    TwStoreMake make = { .kind = kind, .company = company, .partition = -1 };
    TwFolderMake folder = { .name = "Inbox", .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_create(world->bed.engine, &make, &error);
    TwStoreInfo info;

    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, &error));
    if (owner != 0)
        g_assert_true(tw_store_set_owner(store, owner, &error));
    ret->store = info.guid;
    ret->root = info.root;
    ret->object = info.object;
    g_assert_true(tw_folder_create(store, info.root, &folder, &ret->inbox, &error));
    g_assert_true(tw_store_set_receive_folder(store, "", ret->inbox, &error));
}

void
world_user_of(
    World *world, guint32 company, const char *name, TwDirectoryAdmin admin, WorldUser *ret)
{
    g_autofree char *mail = g_strconcat(name, "@example.org", NULL);
    g_autoptr(TwSecret) password = tw_secret_new(name, strlen(name));
    TwDirectoryExtras extras = { .password = password };
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER,
                                 .company = company,
                                 .name = name,
                                 .full_name = name,
                                 .mail = mail,
                                 .admin = admin };
    g_autoptr(GError) error = NULL;

    *ret = (WorldUser){ 0 };
    tw_directory_create(world->place.directory, &values, &extras, &ret->number, &error);
    g_assert_no_error(error);
    world_store(world, ret->number, TW_STORE_PRIVATE, company, ret);
}

void
world_user(World *world, guint32 company, const char *name, WorldUser *ret)
{
    world_user_of(world, company, name, TW_DIRECTORY_NO_ADMIN, ret);
}

static TwSession *
logon(World *world, const TwLogon *how)
{
    g_autoptr(GError) error = NULL;
    TwSession *session;

    tw_server_logon(world->server, how, &session, NULL, &error);
    g_assert_no_error(error);
    return session;
}

TwSession *
world_logon(World *world, const char *name)
{
    g_autoptr(TwSecret) password = tw_secret_new(name, strlen(name));
    TwLogon how = { .peer = { .kind = TW_PEER_NETWORK, .address = "192.0.2.1" },
                    .flags = TW_LOGON_BOUND,
                    .user = name,
                    .password = password };

    return logon(world, &how);
}

TwSession *
world_trusted(World *world, const char *name)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS }, .flags = TW_LOGON_BOUND, .user = name };

    return logon(world, &how);
}

TwSession *
world_anonymous(World *world)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS },
                    .flags = TW_LOGON_BOUND | TW_LOGON_ANONYMOUS };

    return logon(world, &how);
}

void
world_grant(World *world, const WorldUser *owner, guint32 folder, guint32 principal, guint32 rights)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_open(world->bed.engine, &owner->store, &error);
    TwPermission row = { folder, principal, rights };

    g_assert_no_error(error);
    tw_store_set_permissions(store, folder, &row, 1, FALSE, &error);
    g_assert_no_error(error);
}

guint32
world_folder(TwSession *session, const TwGuid *store, guint32 parent, const char *name)
{
    TwFolderCreateArgs args = { .store = *store, .folder = parent, .name = name };
    g_autoptr(GError) error = NULL;

    tw_session_folder_create(session, &args, &error);
    g_assert_no_error(error);
    return args.created;
}

guint32
world_message(TwSession *session, const TwGuid *store, guint32 folder, const char *subject)
{
    g_autoptr(TwObject) object = bed_object(subject, 100);
    TwMessageCreateArgs args = { .store = *store, .folder = folder, .object = object };
    g_autoptr(GError) error = NULL;

    tw_session_message_create(session, &args, &error);
    g_assert_no_error(error);
    return args.made.mid;
}
