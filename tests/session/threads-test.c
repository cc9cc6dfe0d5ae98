/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Threads on shared sessions and shared folders, while rights come and go, users join and leave groups, and sessions end.
 * Whoever is refused is refused cleanly; afterwards every counter of the stores is recomputed.
 */
#include <string.h>

#include "session/world.h"

enum {
    THREADS = 8,
    ROUNDS = 60,
};

typedef struct {
    World world;
    WorldUser anna, bert;
    guint32 group, shared;
    TwSession *owner, *guest; /* each used by many threads */
    gint seed, failed;
} Shared;

/* What may be lost to another thread, or was taken away, is no failure. */
static void
judge(Shared *shared, gboolean ok, GError **error)
{
    if (!ok && !g_error_matches(*error, TW_ERROR, TW_ERROR_NOT_FOUND) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_NO_ACCESS) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_CHANGED) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_EXISTS) &&
        !g_error_matches(*error, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
        g_test_message("%s", (*error)->message);
        g_atomic_int_inc(&shared->failed);
    }
    g_clear_error(error);
}

static void
write_and_read(Shared *shared, TwSession *session)
{
    g_autoptr(TwObject) object = bed_object("of a thread", 60);
    TwMessageCreateArgs create = { .store = shared->anna.store,
                                   .folder = shared->shared,
                                   .object = object };
    g_auto(TwMessageListArgs) list = { .store = shared->anna.store, .folder = shared->shared };
    g_auto(TwMessagesMarkArgs) mark = { .store = shared->anna.store, .folder = shared->shared };
    TwMessagesDeleteArgs gone = { .store = shared->anna.store, .folder = shared->shared };
    g_autoptr(GError) error = NULL;
    guint32 mid;

    judge(shared, tw_session_message_create(session, &create, &error), &error);
    list.most = 20;
    judge(shared, tw_session_message_list(session, &list, &error), &error);
    if (list.rows == NULL || list.rows->len == 0)
        return;
    mid = g_array_index(list.rows, TwMessageRow, list.rows->len - 1).mid;
    mark.messages = gone.messages = (TwNumbers){ &mid, 1 };
    mark.change.flags_set = TW_MSGFLAG_READ;
    judge(shared, tw_session_messages_mark(session, &mark, &error), &error);
    judge(shared, tw_session_messages_delete(session, &gone, &error), &error);
}

static void
change_rights(Shared *shared, guint32 rights)
{
    TwPermission row = { shared->shared, shared->group, rights };
    TwPermissionsSetArgs set = { .store = shared->anna.store,
                                 .folder = shared->shared,
                                 .rows = { &row, 1 } };
    g_autoptr(GError) error = NULL;

    judge(shared, tw_session_permissions_set(shared->owner, &set, &error), &error);
}

static void
change_group(Shared *shared, gboolean in)
{
    TwDirectoryLink link = { TW_DIRECTORY_MEMBER, shared->bert.number };
    g_autoptr(GError) error = NULL;

    if (in)
        judge(shared,
              tw_directory_relate(shared->world.place.directory, shared->group, link, &error),
              &error);
    else
        judge(shared,
              tw_directory_unrelate(shared->world.place.directory, shared->group, link, &error),
              &error);
}

static void
watch_a_while(Shared *shared)
{
    TwWatchWish wish = { .connection = 1, .mask = TW_NOTIFY_CREATED, .store = shared->anna.store };
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) events = tw_notify_events_new();
    g_autoptr(TwWatch) watch = tw_session_watch(shared->guest, NULL, NULL, &error);
    gboolean missed;

    judge(shared, watch != NULL && tw_watch_add(watch, &wish, &error), &error);
    write_and_read(shared, shared->owner);
    if (watch != NULL)
        judge(shared, tw_watch_pull(watch, events, 0, &missed, &error), &error);
}

static void
come_and_go(Shared *shared)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS }, .user = "bert" };
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) found = NULL;
    g_autoptr(GError) error = NULL;
    TwSessionInfo who;

    judge(shared, tw_server_logon(shared->world.server, &how, &session, NULL, &error), &error);
    if (session == NULL)
        return;
    tw_session_get_info(session, &who);
    found = tw_server_find(shared->world.server, who.id, &how.peer, &error);
    judge(shared, found != NULL, &error);
    write_and_read(shared, session);
    tw_local_expire(shared->world.local);
    tw_session_end(session);
}

static gpointer
run(gpointer data)
{
    Shared *shared = data;
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_atomic_int_add(&shared->seed, 1));

    for (guint i = 0; i < ROUNDS; i++) {
        switch (g_rand_int_range(rand, 0, 8)) {
        case 0:
            change_rights(shared, g_rand_boolean(rand) ? 0x47b : TW_PERMISSION_REMOVE);
            break;
        case 1:
            change_group(shared, g_rand_boolean(rand));
            break;
        case 2:
            watch_a_while(shared);
            break;
        case 3:
            come_and_go(shared);
            break;
        case 4:
            write_and_read(shared, shared->owner);
            break;
        default:
            write_and_read(shared, shared->guest);
            break;
        }
    }
    return NULL;
}

static void
test_shared(void)
{
    Shared shared = { .seed = 1 };
    GThread *threads[THREADS];
    g_autoptr(TwStore) store = NULL;

    world_new(&shared.world);
    world_user(&shared.world, 0, "anna", &shared.anna);
    world_user(&shared.world, 0, "bert", &shared.bert);
    shared.group = place_add(&shared.world.place, TW_DIRECTORY_SECURITY_GROUP, 0, "team");
    shared.owner = world_logon(&shared.world, "anna");
    shared.guest = world_logon(&shared.world, "bert");
    shared.shared = world_folder(shared.owner, &shared.anna.store, 0, "Shared");
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("session", run, &shared);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(shared.failed, ==, 0);
    tw_session_unref(shared.owner);
    tw_session_unref(shared.guest);
    store = tw_store_open(shared.world.bed.engine, &shared.anna.store, NULL);
    bed_check_store(store, "shared");
    g_clear_pointer(&store, tw_store_unref);
    world_free(&shared.world);
}

/* ---- sessions that end with their connections, while somebody looks at all sessions ---- */

enum {
    COMERS = 4,
    LOOKERS = 2,
    VISITS = 1000,  /* of each comer */
    STANDING = 300, /* sessions that stay, so that a look takes a while */
};

typedef struct {
    World world;
    gint comers; /* that are not done yet */
} Visits;

static TwSession *
visit(const Visits *visits)
{
    TwLogon how = { .peer = { .kind = TW_PEER_PROCESS }, .user = "anna", .flags = TW_LOGON_BOUND };
    g_autoptr(GError) error = NULL;
    TwSession *session = NULL;

    g_assert_true(tw_server_logon(visits->world.server, &how, &session, NULL, &error));
    g_assert_no_error(error);
    return session;
}

static gpointer
come_often(gpointer data)
{
    Visits *visits = data;

    for (guint i = 0; i < VISITS; i++)
        tw_session_unref(visit(visits));
    g_atomic_int_add(&visits->comers, -1);
    return NULL;
}

static gpointer
look_often(gpointer data)
{
    Visits *visits = data;

    while (g_atomic_int_get(&visits->comers) > 0)
        g_assert_cmpuint(tw_local_expire(visits->world.local), ==, 0);
    return NULL;
}

/* Whose last reference goes just when the table is looked through is neither found nor freed twice. */
static void
test_bound(void)
{
    Visits visits = { .comers = COMERS };
    GThread *threads[COMERS + LOOKERS];
    TwSession *standing[STANDING];
    WorldUser anna;

    world_new(&visits.world);
    world_user(&visits.world, 0, "anna", &anna);
    for (guint i = 0; i < STANDING; i++)
        standing[i] = visit(&visits);
    for (guint i = 0; i < COMERS + LOOKERS; i++)
        threads[i] = g_thread_new("visit", i < COMERS ? come_often : look_often, &visits);
    for (guint i = 0; i < COMERS + LOOKERS; i++)
        g_thread_join(threads[i]);
    for (guint i = 0; i < STANDING; i++)
        tw_session_unref(standing[i]);
    world_free(&visits.world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/threads/shared", test_shared);
    g_test_add_func("/session/threads/bound", test_bound);
    return g_test_run();
}
