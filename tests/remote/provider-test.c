/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the remote provider does of its own: sessions that are opened again, watches that wake, large values that stay. */
#include <string.h>

#include "mapi/tags.h"
#include "remote/world-remote.h"

enum {
    LARGE = 200000 /* bytes: a value that is kept as a blob */
};

/* ---- sessions ---- */

static void
test_restart(void)
{
    World world;
    WorldUser anna;
    g_autoptr(TwSession) session = NULL;
    g_auto(TwFolderListArgs) list = { .deep = TRUE };
    TwTableOpenArgs open = { 0 };
    g_auto(TwTableRowsArgs) rows = { .count = 10 };
    TwSessionInfo before, after;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    session = world_logon(&world, "anna");
    tw_session_get_info(session, &before);
    g_assert_cmpstr(before.name, ==, "anna");
    g_assert_cmpuint(before.user, ==, anna.number);
    open.store = list.store = anna.store;
    open.folder = anna.inbox;
    assert_done(tw_session_table_open(session, &open, error));
    world_remote_restart(&world);
    /* what belongs to no session of the server goes on */
    assert_done(tw_session_folder_list(session, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    tw_session_get_info(session, &after);
    g_assert_true(after.id != before.id && after.id != 0);
    g_assert_cmpstr(after.name, ==, "anna");
    /* what does is gone */
    rows.table = open.table;
    assert_refused(tw_session_table_rows(session, &rows, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_table_open(session, &open, error));
    world_remote_restart(&world);
    rows.table = open.table;
    assert_refused(tw_session_table_rows(session, &rows, error), TW_ERROR_END_OF_SESSION);
    assert_done(tw_session_table_open(session, &open, error));
    tw_session_end(session);
    assert_refused(tw_session_folder_list(session, &list, error), TW_ERROR_END_OF_SESSION);
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

/* A password that was changed meanwhile does not open it again. */
static void
test_refused_again(void)
{
    World world;
    WorldUser anna;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) system = NULL;
    g_autoptr(TwSecret) other = tw_secret_new("other", 5);
    g_auto(TwFolderListArgs) list = { 0 };
    g_auto(TwObjectChangeArgs) change = { .password = other };

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    session = world_logon(&world, "anna");
    system = world_trusted(&world, "SYSTEM");
    list.store = anna.store;
    change.user = anna.number;
    assert_done(tw_session_object_change(system, &change, error));
    world_remote_restart(&world);
    assert_refused(tw_session_folder_list(session, &list, error), TW_ERROR_END_OF_SESSION);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&system, tw_session_unref);
    world_free(&world);
}

/* Somebody the program does not vouch for needs a password, although the program's own user is trusted. */
static void
test_password(void)
{
    World world;
    WorldUser anna;
    g_autoptr(TwSecret) wrong = tw_secret_new("wrong", 5);
    g_autoptr(TwSecret) right = tw_secret_new("anna", 4);
    TwLogon how = { .peer = { .kind = TW_PEER_NETWORK, .address = "192.0.2.1" }, .user = "anna" };
    g_autoptr(TwSession) session = NULL;
    TwSession *none = NULL;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    assert_refused(tw_server_logon(world.server, &how, &none, NULL, error), TW_ERROR_NO_ACCESS);
    how.password = wrong;
    assert_refused(tw_server_logon(world.server, &how, &none, NULL, error), TW_ERROR_NO_ACCESS);
    how.user = "SYSTEM";
    assert_refused(tw_server_logon(world.server, &how, &none, NULL, error), TW_ERROR_NO_ACCESS);
    how.user = "anna";
    how.password = right;
    how.flags = TW_LOGON_CHECK;
    assert_done(tw_server_logon(world.server, &how, &none, NULL, error));
    g_assert_null(none);
    how.flags = 0;
    assert_done(tw_server_logon(world.server, &how, &session, NULL, error));
    /* a part of this program that knows who it is for */
    how.peer.kind = TW_PEER_PROCESS;
    how.password = NULL;
    how.user = "SYSTEM";
    how.impersonate = "anna";
    assert_done(tw_server_logon(world.server, &how, &none, NULL, error));
    tw_session_unref(none);
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

/* ---- watches ---- */

typedef struct {
    GMutex lock;
    GCond cond;
    guint wakes;
} Bell;

static void
ring(gpointer data)
{
    Bell *bell = data;

    g_mutex_lock(&bell->lock);
    bell->wakes++;
    g_cond_signal(&bell->cond);
    g_mutex_unlock(&bell->lock);
}

/* Pulls at each ring until there is an event; returns how many. */
static guint
hear(Bell *bell, TwWatch *watch, gboolean *ret_missed)
{
    g_autoptr(GArray) events = tw_notify_events_new();

    *ret_missed = FALSE;
    do {
        g_mutex_lock(&bell->lock);
        while (bell->wakes == 0)
            g_cond_wait(&bell->cond, &bell->lock);
        bell->wakes = 0;
        g_mutex_unlock(&bell->lock);
        assert_done(tw_watch_pull(watch, events, 0, ret_missed, error));
    } while (events->len == 0 && !*ret_missed);
    return events->len;
}

static void
test_wake(void)
{
    World world;
    WorldUser anna;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) other = NULL;
    TwWatch *watch;
    TwWatchWish wish = { .connection = 3, .mask = TW_NOTIFY_CREATED };
    Bell bell = { 0 };
    gboolean missed;
    g_autoptr(GError) why = NULL;

    g_mutex_init(&bell.lock);
    g_cond_init(&bell.cond);
    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    session = world_logon(&world, "anna");
    other = world_logon(&world, "anna");
    watch = tw_session_watch(session, ring, &bell, &why);
    g_assert_no_error(why);
    wish.store = anna.store;
    assert_done(tw_watch_add(watch, &wish, error));
    for (guint i = 0; i < 3; i++) {
        world_message(other, &anna.store, anna.inbox, "news");
        g_assert_cmpuint(hear(&bell, watch, &missed), >=, 1);
        g_assert_false(missed);
    }
    /* whoever listens hears that news were lost with the server, and then news again */
    world_remote_restart(&world);
    hear(&bell, watch, &missed);
    g_assert_true(missed);
    world_message(other, &anna.store, anna.inbox, "news");
    g_assert_cmpuint(hear(&bell, watch, &missed), ==, 1);
    g_assert_false(missed);
    tw_watch_remove(watch, wish.connection);
    tw_watch_end(watch);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&other, tw_session_unref);
    world_free(&world);
    g_cond_clear(&bell.cond);
    g_mutex_clear(&bell.lock);
}

/* ---- large values ---- */

static guint32
make_large(TwSession *session, const WorldUser *anna)
{
    g_autofree guint8 *data = g_malloc0(LARGE);
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_auto(TwMessageCreateArgs) create = { .object = object };
    TwObject *attachment;
    TwPropValue value;

    memset(data, 'x', LARGE);
    value = tw_value_str(PR_SUBJECT, "large");
    g_assert_true(tw_object_set(object, &value, NULL));
    attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    value = tw_value_bytes(PR_ATTACH_DATA_BIN, data, LARGE);
    g_assert_true(tw_object_set(attachment, &value, NULL));
    create.store = anna->store;
    create.folder = anna->inbox;
    assert_done(tw_session_message_create(session, &create, error));
    return create.made.mid;
}

static void
assert_large(TwSession *session, const WorldUser *anna, guint32 message)
{
    g_auto(TwValueReadArgs) read = { .most = 1 << 20 };
    TwPart part = { 0 };
    g_autoptr(GBytes) path = NULL;

    tw_part_push(&part, TW_PART_ATTACHMENT, 0);
    tw_part_push(&part, TW_PART_PROPERTY, PR_ATTACH_DATA_BIN >> 16);
    path = g_bytes_new(part.bytes, part.len);
    read.store = anna->store;
    read.message = message;
    read.path = path;
    assert_done(tw_session_value_read(session, &read, error));
    g_assert_cmpuint(read.len, ==, LARGE);
    g_assert_cmpuint(g_bytes_get_size(read.bytes), ==, LARGE);
}

static void
test_large(void)
{
    World world;
    WorldUser anna;
    g_autoptr(TwSession) session = NULL;
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageSaveArgs) save = { 0 };
    g_auto(TwMessageCreateArgs) create = { 0 };
    TwPropValue value = tw_value_str(PR_SUBJECT, "changed");
    TwBlobRef ref;
    guint32 message, small;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    session = world_logon(&world, "anna");
    message = make_large(session, &anna);
    small = world_message(session, &anna.store, anna.inbox, "small");
    read.store = save.store = create.store = anna.store;
    read.message = save.message = message;
    create.folder = anna.inbox;
    assert_done(tw_session_message_read(session, &read, error));
    g_assert_true(tw_object_get_blob(tw_object_at(read.object, TW_OBJECT_ATTACHMENT, 0),
                                     PR_ATTACH_DATA_BIN, &ref, NULL));
    g_assert_cmpuint(ref.len, ==, LARGE);
    g_assert_false(ref.known); /* its name stays at the server */
    g_assert_true(tw_object_set(read.object, &value, NULL));
    save.object = read.object;
    assert_done(tw_session_message_save(session, &save, error));
    assert_large(session, &anna, message);
    /* it is that message's: another one, new or old, cannot name it */
    create.object = read.object;
    assert_refused(tw_session_message_create(session, &create, error), TW_ERROR_INVALID);
    save.message = small;
    assert_refused(tw_session_message_save(session, &save, error), TW_ERROR_INVALID);
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/restart", test_restart);
    g_test_add_func("/remote/refused-again", test_refused_again);
    g_test_add_func("/remote/password", test_password);
    g_test_add_func("/remote/wake", test_wake);
    g_test_add_func("/remote/large", test_large);
    return g_test_run();
}
