/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A guest who synchronises the tree of somebody else's store while folders come, go and move, and rights are given and taken in the store
 * and by groups: what the client keeps equals what the session sees, with and without a sync id, whenever it loses an answer.
 */
#include "mapi/tags.h"
#include "session/world.h"

enum {
    ROUNDS = 400,
    SEEDS = 4,
    MOST_FOLDERS = 24
};

/* What a client keeps. */
typedef struct {
    GHashTable *folders, *disk; /* number -> name, owned: now, and what it finds after a crash */
    GBytes *state, *disk_state; /* owned, nullable */
    guint32 sync;               /* 0: it has no sync id */
    guint restarts;
} Client;

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest;
    guint32 group;
    gboolean member;
    GRand *random;
    guint names;
    Client clients[2];
} Scene;

/* It takes that the folder is more than a name. */
static void
give_id(Scene *scene, Client *client)
{
    g_auto(TwSyncRegisterArgs) add = { .store = scene->anna.store, .kind = TW_SYNC_HIERARCHY };

    world_grant(&scene->world, &scene->anna, scene->anna.root, scene->bert.number,
                TW_RIGHT_VISIBLE);
    assert_done(tw_session_sync_register(scene->guest, &add, error));
    client->sync = add.sync;
    world_grant(&scene->world, &scene->anna, scene->anna.root, scene->bert.number,
                TW_PERMISSION_REMOVE);
}

static void
client_new(Scene *scene, Client *client, gboolean with_id)
{
    client->folders = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    client->disk = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (with_id)
        give_id(scene, client);
}

static GBytes *
first_state(const Client *client)
{
    guint32 words[] = { GUINT32_TO_LE(client->sync), 0 };

    return client->sync != 0 ? g_bytes_new(words, sizeof words) : NULL;
}

static void
scene_new(Scene *scene, guint32 seed)
{
    TwDirectoryObject group = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                .name = "readers",
                                .full_name = "readers" };
    g_autoptr(GError) error = NULL;

    *scene = (Scene){ .random = g_rand_new_with_seed(seed) };
    world_new(&scene->world);
    world_user(&scene->world, 0, "anna", &scene->anna);
    world_user(&scene->world, 0, "bert", &scene->bert);
    tw_directory_create(scene->world.place.directory, &group, NULL, &scene->group, &error);
    g_assert_no_error(error);
    scene->owner = world_logon(&scene->world, "anna");
    scene->guest = world_logon(&scene->world, "bert");
    client_new(scene, &scene->clients[0], TRUE);
    client_new(scene, &scene->clients[1], FALSE);
    scene->clients[0].state = first_state(&scene->clients[0]);
    scene->clients[0].disk_state = first_state(&scene->clients[0]);
}

static void
scene_free(Scene *scene)
{
    for (guint i = 0; i < G_N_ELEMENTS(scene->clients); i++) {
        g_hash_table_unref(scene->clients[i].folders);
        g_hash_table_unref(scene->clients[i].disk);
        g_clear_pointer(&scene->clients[i].state, g_bytes_unref);
        g_clear_pointer(&scene->clients[i].disk_state, g_bytes_unref);
    }
    g_clear_pointer(&scene->owner, tw_session_unref);
    g_clear_pointer(&scene->guest, tw_session_unref);
    g_rand_free(scene->random);
    bed_check_store(scene->world.bed.store, "sync");
    world_free(&scene->world);
}

/* ---- the world changes ---- */

static guint
pick(Scene *scene, guint count)
{
    return (guint) g_rand_int_range(scene->random, 0, (gint32) count);
}

static guint32
some_folder(Scene *scene, guint *ret_count)
{
    g_auto(TwFolderListArgs) list = { .store = scene->anna.store, .deep = TRUE };
    guint at;

    assert_done(tw_session_folder_list(scene->owner, &list, error));
    *ret_count = list.rows->len;
    at = pick(scene, list.rows->len + 1);
    return at == list.rows->len ? scene->anna.root
                                : g_array_index(list.rows, TwFolderEntry, at).row->id;
}

static void
change_rights(Scene *scene, guint32 folder)
{
    static const guint32 rights[] = { 0, 0x400, 0x401, 0x481, TW_PERMISSION_REMOVE };

    world_grant(&scene->world, &scene->anna, folder,
                pick(scene, 2) != 0 ? scene->bert.number : scene->group,
                rights[pick(scene, G_N_ELEMENTS(rights))]);
}

static void
change_group(Scene *scene)
{
    TwDirectory *directory = scene->world.place.directory;
    TwDirectoryLink link = { TW_DIRECTORY_MEMBER, scene->bert.number };
    g_autoptr(GError) error = NULL;

    scene->member = !scene->member;
    if (scene->member)
        tw_directory_relate(directory, scene->group, link, &error);
    else
        tw_directory_unrelate(directory, scene->group, link, &error);
    g_assert_no_error(error);
}

/* By the client with a sync id: it is not told of what it does itself. */
static void
create_own(Scene *scene, guint32 parent, const char *name)
{
    Client *client = &scene->clients[0];
    g_auto(TwFolderCreateArgs) create = {
        .store = scene->anna.store, .folder = parent, .name = name, .sync = client->sync
    };

    if (!tw_session_folder_create(scene->guest, &create, NULL))
        return;
    g_hash_table_insert(client->folders, GUINT_TO_POINTER(create.created), g_strdup(name));
    g_hash_table_insert(client->disk, GUINT_TO_POINTER(create.created), g_strdup(name));
}

static void
change_something(Scene *scene)
{
    g_autofree char *name = g_strdup_printf("f%u", scene->names++);
    guint count;
    guint32 folder = some_folder(scene, &count), other = some_folder(scene, &count);
    g_auto(TwFolderRenameArgs)
        rename = { .store = scene->anna.store, .folder = folder, .name = name };
    g_auto(TwFolderMoveArgs) move = { .store = scene->anna.store, .folder = folder, .to = other };
    g_auto(TwFolderDeleteArgs)
        delete_args = { .store = scene->anna.store, .folder = folder, .hard = pick(scene, 2) != 0 };

    switch (pick(scene, 10)) {
    case 0:
    case 1:
        if (count < MOST_FOLDERS)
            world_folder(scene->owner, &scene->anna.store, folder, name);
        break;
    case 2:
        if (count < MOST_FOLDERS)
            create_own(scene, folder, name);
        break;
    case 3:
        tw_session_folder_rename(scene->owner, &rename, NULL);
        break;
    case 4:
        tw_session_folder_move(scene->owner, &move, NULL); /* not below itself */
        break;
    case 5:
        if (folder != scene->anna.inbox)
            tw_session_folder_delete(scene->owner, &delete_args, NULL);
        break;
    case 6:
        change_group(scene);
        break;
    default:
        change_rights(scene, folder);
        break;
    }
}

/* ---- the client ---- */

static void
apply(Scene *scene, Client *client, const GArray *changes)
{
    for (guint i = 0; i < changes->len; i++) {
        const TwSyncChange *change = &g_array_index(changes, TwSyncChange, i);
        guint action = change->type & 0xfffu;
        g_auto(TwFolderGetArgs) get = { .store = scene->anna.store, .folder = change->id };
        if (action == TW_SYNC_DELETED || action == TW_SYNC_SOFT_DELETED) {
            g_hash_table_remove(client->folders, GUINT_TO_POINTER(change->id));
            continue;
        }
        assert_done(tw_session_folder_get(scene->guest, &get, error));
        g_hash_table_insert(client->folders, GUINT_TO_POINTER(change->id),
                            g_strdup(get.row.row->name));
    }
}

static void
check_equal(Scene *scene, const Client *client)
{
    g_auto(TwFolderListArgs) list = { .store = scene->anna.store, .deep = TRUE };

    assert_done(tw_session_folder_list(scene->guest, &list, error));
    for (guint i = 0; i < list.rows->len; i++) {
        const TwFolderRow *row = g_array_index(list.rows, TwFolderEntry, i).row;
        g_assert_cmpstr(g_hash_table_lookup(client->folders, GUINT_TO_POINTER(row->id)), ==,
                        row->name);
    }
    g_assert_cmpuint(g_hash_table_size(client->folders), ==, list.rows->len);
}

static void
keep(GHashTable *to, GHashTable *from)
{
    GHashTableIter iter;
    gpointer key, name;

    g_hash_table_remove_all(to);
    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, &key, &name))
        g_hash_table_insert(to, key, g_strdup(name));
}

static void
restart(Scene *scene, Client *client)
{
    client->restarts++;
    g_hash_table_remove_all(client->folders);
    g_hash_table_remove_all(client->disk);
    g_clear_pointer(&client->state, g_bytes_unref);
    g_clear_pointer(&client->disk_state, g_bytes_unref);
    if (client->sync != 0)
        give_id(scene, client);
    client->state = first_state(client);
}

static void
synchronise(Scene *scene, Client *client)
{
    g_auto(TwSyncFoldersArgs) args = { .store = scene->anna.store, .state = client->state };
    guint fate = pick(scene, 8);

    if (!tw_session_sync_folders(scene->guest, &args, NULL)) {
        restart(scene, client);
        args.state = client->state;
        assert_done(tw_session_sync_folders(scene->guest, &args, error));
    }
    if (fate == 0) /* the answer is lost */
        return;
    apply(scene, client, args.changes);
    check_equal(scene, client);
    g_clear_pointer(&client->state, g_bytes_unref);
    client->state = g_bytes_ref(args.next);
    if (fate == 1) { /* it crashes, and has what was on its disk */
        keep(client->folders, client->disk);
        g_clear_pointer(&client->state, g_bytes_unref);
        client->state = client->disk_state != NULL ? g_bytes_ref(client->disk_state) : NULL;
    } else if (fate == 2) {
        keep(client->disk, client->folders);
        g_clear_pointer(&client->disk_state, g_bytes_unref);
        client->disk_state = g_bytes_ref(client->state);
    }
}

static void
test_interleaved(gconstpointer data)
{
    Scene scene;

    scene_new(&scene, GPOINTER_TO_UINT(data));
    for (guint round = 0; round < ROUNDS; round++) {
        if (pick(&scene, 3) == 0)
            synchronise(&scene, &scene.clients[pick(&scene, 2)]);
        else
            change_something(&scene);
    }
    g_assert_cmpuint(scene.clients[0].restarts, <, 5); /* sets of the last few states are kept */
    scene_free(&scene);
}

/* A folder that comes into sight is new, one that goes out of sight deleted; the tree itself did not change. */
static void
test_sight(void)
{
    static const struct {
        guint32 rights;
        guint count, action;
    } steps[] = {
        { TW_RIGHT_VISIBLE, 1, TW_SYNC_NEW },
        { TW_RIGHT_VISIBLE | TW_RIGHT_READ, 0, 0 },
        { TW_PERMISSION_REMOVE, 1, TW_SYNC_DELETED },
        { TW_RIGHT_VISIBLE, 1, TW_SYNC_NEW },
    };
    Scene scene;
    Client *client = &scene.clients[0];

    scene_new(&scene, 1);
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_auto(TwSyncFoldersArgs) args = { .store = scene.anna.store, .state = client->state };
        world_grant(&scene.world, &scene.anna, scene.anna.inbox, scene.bert.number,
                    steps[i].rights);
        assert_done(tw_session_sync_folders(scene.guest, &args, error));
        g_assert_cmpuint(args.changes->len, ==, steps[i].count);
        if (args.changes->len > 0) {
            const TwSyncChange *change = &g_array_index(args.changes, TwSyncChange, 0);
            g_assert_cmpuint(change->id, ==, scene.anna.inbox);
            g_assert_cmphex(change->type, ==, TW_SYNC_FOLDER | steps[i].action);
        }
        g_clear_pointer(&client->state, g_bytes_unref);
        client->state = g_bytes_ref(args.next);
    }
    scene_free(&scene);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/sync/sight", test_sight);
    for (guint seed = 1; seed <= SEEDS; seed++) {
        g_autofree char *path = g_strdup_printf("/session/sync/interleaved/%u", seed);
        g_test_add_data_func(path, GUINT_TO_POINTER(seed), test_interleaved);
    }
    return g_test_run();
}
