/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API over the local provider: a mailbox walked, filled and changed by its owner. */
#include <string.h>

#include "mapi/tags.h"
#include "session/world.h"

static const char mail[] =
    "From: a@example.org\r\nTo: b@example.org\r\nSubject: one\r\n\r\nHello\r\n";

static void
assert_is(GBytes *bytes, const char *wanted, gsize wanted_len)
{
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);

    g_assert_cmpuint(len, ==, wanted_len);
    g_assert_true(memcmp(data, wanted, len) == 0);
}

static void
test_walk(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) session = NULL;
    g_auto(TwStoreFindArgs) find = { 0 };
    g_auto(TwStoreInfoArgs) info = { 0 };
    g_auto(TwFolderListArgs) list = { .deep = TRUE };
    g_auto(TwMessageListArgs) messages = { .heads = TRUE };
    guint32 inner, mid;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    session = world_logon(&world, "anna");
    assert_done(tw_session_store_find(session, &find, error));
    g_assert_true(tw_guid_equal(&find.store, &user.store));
    info.store = find.store;
    assert_done(tw_session_store_info(session, &info, error));
    g_assert_true(info.is_owner);
    g_assert_cmpuint(info.owner, ==, user.number);
    g_assert_cmphex(info.rights, ==, TW_RIGHT_ALL);
    inner = world_folder(session, &find.store, user.inbox, "Inner");
    mid = world_message(session, &find.store, inner, "first");
    list.store = find.store;
    assert_done(tw_session_folder_list(session, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 2);
    g_assert_cmpuint(g_array_index(list.rows, TwFolderEntry, 0).row->id, ==, user.inbox);
    g_assert_cmpuint(g_array_index(list.rows, TwFolderEntry, 1).row->id, ==, inner);
    g_assert_cmpuint(g_array_index(list.rows, TwFolderEntry, 1).depth, ==, 2);
    g_assert_cmpuint(g_array_index(list.rows, TwFolderEntry, 1).row->total, ==, 1);
    messages.store = find.store;
    messages.folder = inner;
    assert_done(tw_session_message_list(session, &messages, error));
    g_assert_cmpuint(messages.rows->len, ==, 1);
    g_assert_cmpuint(g_array_index(messages.rows, TwMessageRow, 0).mid, ==, mid);
    g_clear_pointer(&session, tw_session_unref);
    world_free(&world);
}

static void
test_messages(void)
{
    World world;
    WorldUser user;
    g_autoptr(TwSession) session = NULL;
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageSaveArgs) save = { 0 };
    g_auto(TwMessagesMarkArgs) mark = { 0 };
    g_auto(TwMessagesMoveArgs) move = { 0 };
    g_auto(TwMessagesCopyArgs) copy = { 0 };
    g_auto(TwMessagesDeleteArgs) delete_args = { 0 };
    g_auto(TwMessagesRestoreArgs) restore = { 0 };
    g_auto(TwFolderIndexArgs) index = { 0 };
    TwPropValue value;
    guint32 other, mid;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    session = world_logon(&world, "anna");
    other = world_folder(session, &user.store, 0, "Other");
    mid = world_message(session, &user.store, user.inbox, "first");
    read.store = save.store = mark.store = move.store = copy.store = delete_args.store =
        restore.store = index.store = user.store;
    read.message = mid;
    assert_done(tw_session_message_read(session, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_SUBJECT, ""), ==, "first");
    value = tw_value_str(PR_SUBJECT, "second");
    g_assert_true(tw_object_set(read.object, &value, NULL));
    save.message = mid;
    save.object = read.object;
    save.cn = read.row.cn;
    assert_done(tw_session_message_save(session, &save, error));
    assert_refused(tw_session_message_save(session, &save, error), TW_ERROR_CHANGED);
    /* named in another folder it is not there */
    read.folder = other;
    assert_refused(tw_session_message_read(session, &read, error), TW_ERROR_NOT_FOUND);
    g_assert_null(read.object);
    mark.folder = user.inbox;
    mark.messages = (TwNumbers){ &mid, 1 };
    mark.change.flags_set = TW_MSGFLAG_READ;
    assert_done(tw_session_messages_mark(session, &mark, error));
    g_assert_cmpuint(mark.done->len, ==, 1);
    copy.folder = user.inbox;
    copy.messages = (TwNumbers){ &mid, 1 };
    copy.to = other;
    assert_done(tw_session_messages_copy(session, &copy, error));
    move.folder = user.inbox;
    move.messages = (TwNumbers){ &mid, 1 };
    move.to = other;
    assert_done(tw_session_messages_move(session, &move, error));
    mid = g_array_index(move.done, TwMessageDone, 0).new_mid;
    index.folder = other;
    assert_done(tw_session_folder_index(session, &index, error));
    g_assert_cmpuint(index.rows->len, ==, 2);
    delete_args.folder = other;
    delete_args.messages = (TwNumbers){ &mid, 1 };
    assert_done(tw_session_messages_delete(session, &delete_args, error));
    g_assert_cmpuint(delete_args.count, ==, 1);
    restore.folder = other;
    restore.messages = (TwNumbers){ &mid, 1 };
    assert_done(tw_session_messages_restore(session, &restore, error));
    g_assert_cmpuint(restore.done->len, ==, 1);
    g_clear_pointer(&session, tw_session_unref);
    bed_check_store(world.bed.store, "messages");
    world_free(&world);
}

static void
test_mail(void)
{
    World world;
    WorldUser users[3];
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) nobody = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static(mail, sizeof mail - 1);
    TwDeliveryTarget targets[4] = { { .folder = 0 } };
    g_auto(TwMailDeliverArgs) deliver = { 0 };
    g_auto(TwMailReadArgs) read = { .most = 1000 };
    g_auto(TwStoreChangesArgs) changes = { 0 };
    guint32 got;

    world_new(&world);
    world_user(&world, 0, "anna", &users[0]);
    world_user(&world, 0, "bert", &users[1]);
    world_user(&world, 0, "carl", &users[2]);
    nobody = world_anonymous(&world);
    for (guint i = 0; i < 3; i++)
        targets[i].store = users[i].store;
    tw_guid_random(&targets[3].store);
    deliver.mail = bytes;
    deliver.targets = (TwDeliveryTargets){ targets, 4 };
    assert_done(tw_session_mail_deliver(nobody, &deliver, error));
    for (guint i = 0; i < 3; i++)
        g_assert_no_error(g_array_index(deliver.results, TwMailResult, i).error);
    g_assert_error(g_array_index(deliver.results, TwMailResult, 3).error, TW_ERROR,
                   TW_ERROR_NOT_FOUND);
    got = g_array_index(deliver.results, TwMailResult, 1).made.mid;
    session = world_logon(&world, "bert");
    read.store = users[1].store;
    read.message = got;
    assert_done(tw_session_mail_read(session, &read, error));
    assert_is(read.bytes, mail, sizeof mail - 1);
    read.offset = 6;
    read.most = 5;
    assert_done(tw_session_mail_read(session, &read, error));
    assert_is(read.bytes, "a@exa", 5);
    changes.store = users[1].store;
    assert_done(tw_session_store_changes(session, &changes, error));
    g_assert_true(changes.all);
    g_assert_cmpuint(g_array_index(changes.changes, TwChange, changes.changes->len - 1).id, ==,
                     got);
    /* who did not log on reads nothing */
    assert_refused(tw_session_mail_read(nobody, &read, error), TW_ERROR_NO_ACCESS);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&nobody, tw_session_unref);
    world_free(&world);
}

/* All events so far, as text. */
static char *
events_of(World *world, TwWatch *watch)
{
    g_autoptr(GArray) events = tw_notify_events_new();
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    gboolean missed;

    tw_local_flush(world->local);
    g_assert_true(tw_watch_pull(watch, events, 0, &missed, &error));
    g_assert_false(missed);
    for (guint i = 0; i < events->len; i++) {
        const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
        if (!event->counters)
            g_string_append_printf(text, "%u:%x/%u:%u<%u ", event->connection, event->type,
                                   event->object, event->old_parent != 0, event->parent != 0);
    }
    return g_string_free(text, FALSE);
}

#define assert_events(world, watch, wanted)                                                        \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autofree char *got_ = events_of(world, watch);                                           \
        g_assert_cmpstr(got_, ==, wanted);                                                         \
    }                                                                                              \
    G_STMT_END

static void
test_watch(void)
{
    World world;
    WorldUser user, other;
    g_autoptr(TwSession) session = NULL;
    g_autoptr(TwSession) guest = NULL;
    g_autoptr(TwWatch) watch = NULL;
    g_autoptr(TwWatch) seen = NULL;
    g_autoptr(GError) why = NULL;
    g_autoptr(GArray) out = tw_notify_events_new();
    TwWatchWish wish = { .connection = 7,
                         .mask = TW_NOTIFY_CREATED | TW_NOTIFY_DELETED | TW_NOTIFY_MODIFIED |
                                 TW_NOTIFY_MOVED | TW_NOTIFY_COPIED };
    g_auto(TwMessagesMoveArgs) move = { 0 };
    TwPermission none = { .principal = 0, .rights = TW_PERMISSION_REMOVE };
    TwPermissionsSetArgs revoke = { .rows = { &none, 1 } };
    gboolean missed;
    guint32 hidden, mid;

    world_new(&world);
    world_user(&world, 0, "anna", &user);
    world_user(&world, 0, "bert", &other);
    session = world_logon(&world, "anna");
    guest = world_logon(&world, "bert");
    hidden = world_folder(session, &user.store, 0, "Hidden");
    world_grant(&world, &user, user.inbox, other.number, TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    wish.store = move.store = revoke.store = user.store;
    watch = tw_session_watch(session, NULL, NULL, &why);
    g_assert_no_error(why);
    seen = tw_session_watch(guest, NULL, NULL, &why);
    tw_local_flush(world.local); /* what was done so far may be told as well */
    assert_done(tw_watch_add(watch, &wish, error));
    assert_done(tw_watch_add(seen, &wish, error));
    mid = world_message(session, &user.store, user.inbox, "first");
    assert_events(&world, watch, "7:4/5:0<1 ");
    assert_events(&world, seen, "7:4/5:0<1 ");
    /* out of sight it is gone, back in sight it is new */
    move.folder = user.inbox;
    move.messages = (TwNumbers){ &mid, 1 };
    move.to = hidden;
    assert_done(tw_session_messages_move(session, &move, error));
    assert_events(&world, watch, "7:20/5:1<1 ");
    assert_events(&world, seen, "7:8/5:0<1 ");
    mid = g_array_index(move.done, TwMessageDone, 0).new_mid;
    move.folder = hidden;
    move.to = user.inbox;
    assert_done(tw_session_messages_move(session, &move, error));
    assert_events(&world, seen, "7:4/5:0<1 ");
    world_message(session, &user.store, hidden, "second");
    assert_events(&world, seen, "");
    /* what is in the queue when the right goes is not told */
    world_message(session, &user.store, user.inbox, "third");
    revoke.folder = user.inbox;
    none.principal = other.number;
    assert_done(tw_session_permissions_set(session, &revoke, error));
    assert_events(&world, seen, "");
    wish.id = hidden;
    assert_refused(tw_watch_add(seen, &wish, error), TW_ERROR_NOT_FOUND);
    wish.id = mid;
    assert_refused(tw_watch_add(seen, &wish, error), TW_ERROR_NOT_FOUND);
    tw_session_end(session);
    assert_refused(tw_watch_pull(watch, out, 0, &missed, error), TW_ERROR_END_OF_SESSION);
    g_clear_pointer(&watch, tw_watch_end);
    g_clear_pointer(&seen, tw_watch_end);
    g_clear_pointer(&session, tw_session_unref);
    g_clear_pointer(&guest, tw_session_unref);
    world_free(&world);
}

/* ---- delegates: ordinary properties of ordinary messages (spec/mailbox-layout.md 11) ---- */

static void
check_delegates(TwSession *session, const TwGuid *store, guint32 folder, guint32 mid, gboolean may)
{
    g_auto(TwMessageReadArgs) read = { .store = *store, .folder = folder, .message = mid };
    g_auto(TwMessageSaveArgs) save = { .store = *store, .folder = folder, .message = mid };
    TwPropValue value = tw_value_bool(PR_SCHDINFO_BOSS_WANTS_COPY, FALSE);

    if (!may) {
        assert_refused(tw_session_message_read(session, &read, error), TW_ERROR_NOT_FOUND);
        return;
    }
    assert_done(tw_session_message_read(session, &read, error));
    g_assert_cmpstr(tw_object_get_text(read.object, PR_SUBJECT, ""), ==, "LocalFreebusy");
    g_assert_true(tw_object_set(read.object, &value, NULL));
    save.object = read.object;
    assert_done(tw_session_message_save(session, &save, error));
    tw_message_read_args_clear(&read);
    assert_done(tw_session_message_read(session, &read, error));
    g_assert_true(tw_object_get(read.object, PR_SCHDINFO_BOSS_WANTS_COPY, &value));
    g_assert_false(value.truth);
}

/* An editor of the Freebusy Data folder keeps the options; who has no right there knows nothing of them. The rule that hands meetings on
 * is the owner's to see. */
static void
test_delegates(void)
{
    World world;
    WorldUser anna, bert, carla;
    g_autoptr(TwSession) owner = NULL;
    g_autoptr(TwSession) delegate = NULL;
    g_autoptr(TwSession) other = NULL;
    g_auto(TwRulesArgs) rules = { 0 };
    guint32 folder, mid;

    world_new(&world);
    world_user(&world, 0, "anna", &anna);
    world_user(&world, 0, "bert", &bert);
    world_user(&world, 0, "carla", &carla);
    owner = world_logon(&world, "anna");
    delegate = world_logon(&world, "bert");
    other = world_logon(&world, "carla");
    folder = world_folder(owner, &anna.store, 0, "Freebusy Data");
    mid = world_message(owner, &anna.store, folder, "LocalFreebusy");
    world_grant(&world, &anna, folder, bert.number, 0x463);
    world_grant(&world, &anna, anna.inbox, bert.number, 0x463);
    check_delegates(owner, &anna.store, folder, mid, TRUE);
    check_delegates(delegate, &anna.store, folder, mid, TRUE);
    check_delegates(other, &anna.store, folder, mid, FALSE);
    rules.store = anna.store;
    rules.folder = anna.inbox;
    assert_done(tw_session_rules(owner, &rules, error));
    assert_refused(tw_session_rules(delegate, &rules, error), TW_ERROR_NO_ACCESS);
    g_clear_pointer(&owner, tw_session_unref);
    g_clear_pointer(&delegate, tw_session_unref);
    g_clear_pointer(&other, tw_session_unref);
    bed_check_store(world.bed.store, "delegates");
    world_free(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/walk", test_walk);
    g_test_add_func("/session/messages", test_messages);
    g_test_add_func("/session/mail", test_mail);
    g_test_add_func("/session/watch", test_watch);
    g_test_add_func("/session/delegates", test_delegates);
    return g_test_run();
}
