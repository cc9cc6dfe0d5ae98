/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue of outgoing mail over the API, locks of messages, and rules of folders. */
#include <string.h>

#include "mapi/tags.h"
#include "session/world.h"

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest, *sender, *rival; /* sender and rival are programs that send */
    guint32 sent;
} Post;

static void
post_open(Post *post)
{
    world_new(&post->world);
    world_user(&post->world, 0, "anna", &post->anna);
    world_user(&post->world, 0, "bert", &post->bert);
    post->owner = world_logon(&post->world, "anna");
    post->guest = world_logon(&post->world, "bert");
    post->sender = world_trusted(&post->world, "SYSTEM");
    post->rival = world_trusted(&post->world, "SYSTEM");
    post->sent = world_folder(post->owner, &post->anna.store, 0, "Sent");
}

static void
post_close(Post *post)
{
    tw_session_unref(post->owner);
    tw_session_unref(post->guest);
    tw_session_unref(post->sender);
    tw_session_unref(post->rival);
    world_free(&post->world);
}

static guint32
submit(Post *post, guint flags, gint64 due_us)
{
    guint32 mid = world_message(post->owner, &post->anna.store, post->anna.inbox, "to be sent");
    TwQueueSubmitArgs args = {
        .store = post->anna.store, .message = mid, .flags = flags, .due_us = due_us
    };

    assert_done(tw_session_queue_submit(post->owner, &args, error));
    return mid;
}

static guint
waiting(Post *post, gint64 due_us)
{
    g_auto(TwQueueListAllArgs) args = { .due_us = due_us };

    assert_done(tw_session_queue_list_all(post->sender, &args, error));
    return args.rows->len;
}

static guint32
flags_of(Post *post, guint32 mid, guint32 *ret_folder)
{
    g_auto(TwMessageGetArgs) args = { .store = post->anna.store, .message = mid };

    assert_done(tw_session_message_get(post->owner, &args, error));
    if (ret_folder != NULL)
        *ret_folder = args.row.folder;
    return args.row.flags;
}

/* ---- the queue ---- */

static void
test_send(void)
{
    Post post;
    g_auto(TwQueueListAllArgs) list = { 0 };
    g_auto(TwQueueTakeArgs) take = { 0 };
    TwQueueRetryArgs retry = { 0 };
    TwQueueFinishArgs finish = { .flags = TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL };
    const TwQueueRow *row;
    guint32 mid, folder;

    post_open(&post);
    mid = submit(&post, TW_QUEUE_MASTER | TW_QUEUE_SENTMAIL, 0);
    assert_done(tw_session_queue_list_all(post.sender, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 1);
    g_assert_cmpuint(list.total, ==, 1);
    row = &g_array_index(list.rows, TwQueueRow, 0);
    g_assert_true(tw_guid_equal(&row->store, &post.anna.store));
    g_assert_cmpuint(row->owner, ==, post.anna.number);
    g_assert_cmpuint(row->message, ==, mid);
    g_assert_cmpint(list.oldest_us, ==, row->submitted_us);
    take.store = retry.store = finish.store = post.anna.store;
    take.message = retry.message = finish.message = mid;
    assert_done(tw_session_queue_take(post.sender, &take, error));
    g_assert_cmpuint(take.row.tries, ==, 1);
    g_assert_cmpint(take.row.state, ==, TW_QUEUE_TAKEN);
    /* one sends, and no other */
    assert_refused(tw_session_queue_take(post.rival, &take, error), TW_ERROR_SUBMITTED);
    assert_refused(tw_session_queue_finish(post.rival, &finish, error), TW_ERROR_SUBMITTED);
    retry.due_us = G_GINT64_CONSTANT(4000000000) * G_USEC_PER_SEC;
    assert_done(tw_session_queue_retry(post.sender, &retry, error));
    g_assert_cmpuint(waiting(&post, retry.due_us - 1), ==, 0);
    g_assert_cmpuint(waiting(&post, retry.due_us), ==, 1);
    /* it gave its lock back */
    assert_done(tw_session_queue_take(post.rival, &take, error));
    g_assert_cmpuint(take.row.tries, ==, 2);
    finish.to = post.sent;
    assert_done(tw_session_queue_finish(post.rival, &finish, error));
    g_assert_cmpuint(waiting(&post, 0), ==, 0);
    g_assert_cmpuint(finish.now, !=, mid);
    g_assert_cmphex(flags_of(&post, finish.now, &folder) &
                        (TW_MSGFLAG_UNSENT | TW_MSGFLAG_SUBMITTED | TW_MSGFLAG_READ),
                    ==, TW_MSGFLAG_READ);
    g_assert_cmpuint(folder, ==, post.sent);
    assert_refused(tw_session_queue_take(post.sender, &take, error), TW_ERROR_NOT_FOUND);
    post_close(&post);
}

static void
test_abort(void)
{
    Post post;
    g_auto(TwQueueListArgs) list = { 0 };
    TwQueueAbortArgs abort = { 0 };
    TwQueueTakeArgs take = { 0 };
    guint32 local, mid;

    post_open(&post);
    local = submit(&post, 0, 0);
    mid = submit(&post, TW_QUEUE_MASTER, 0);
    g_assert_true(flags_of(&post, local, NULL) & TW_MSGFLAG_SUBMITTED);
    g_assert_cmpuint(waiting(&post, 0), ==, 1);
    list.store = abort.store = take.store = post.anna.store;
    assert_done(tw_session_queue_list(post.owner, &list, error));
    g_assert_cmpuint(list.rows->len, ==, 2);
    take.message = abort.message = mid;
    assert_done(tw_session_queue_take(post.sender, &take, error));
    assert_refused(tw_session_queue_abort(post.owner, &abort, error), TW_ERROR_SUBMITTED);
    abort.message = local;
    assert_done(tw_session_queue_abort(post.owner, &abort, error));
    g_assert_false(flags_of(&post, local, NULL) & TW_MSGFLAG_SUBMITTED);
    assert_refused(tw_session_queue_abort(post.owner, &abort, error), TW_ERROR_NOT_QUEUED);
    post_close(&post);
}

/* Only users send, from where they are, what is there. */
static void
test_refusals(void)
{
    Post post;
    WorldUser open;
    TwQueueSubmitArgs args = { .flags = TW_QUEUE_MASTER };
    TwQueueListAllArgs all = { 0 };
    guint32 mid;

    post_open(&post);
    world_store(&post.world, TW_DIRECTORY_EVERYONE, TW_STORE_PUBLIC, 0, &open);
    args.store = open.store;
    args.message = world_message(post.sender, &open.store, open.inbox, "public");
    assert_refused(tw_session_queue_submit(post.sender, &args, error), TW_ERROR_UNSUPPORTED);
    mid = world_message(post.owner, &post.anna.store, post.anna.inbox, "mine");
    args.store = post.anna.store;
    args.message = mid;
    args.folder = post.sent; /* it lies elsewhere */
    assert_refused(tw_session_queue_submit(post.owner, &args, error), TW_ERROR_NOT_FOUND);
    args.store = post.bert.store; /* another store's number */
    args.folder = 0;
    assert_refused(tw_session_queue_submit(post.guest, &args, error), TW_ERROR_NOT_FOUND);
    args.store = post.anna.store;
    assert_refused(tw_session_queue_submit(post.guest, &args, error), TW_ERROR_NOT_FOUND);
    assert_refused(tw_session_queue_list_all(post.owner, &all, error), TW_ERROR_NO_ACCESS);
    g_assert_cmpuint(waiting(&post, 0), ==, 0);
    post_close(&post);
}

/* A message that went leaves nothing that could not be finished. */
static void
test_gone(void)
{
    Post post;
    TwQueueTakeArgs take = { 0 };
    TwQueueFinishArgs finish = { .flags = TW_QUEUE_MASTER };

    post_open(&post);
    take.store = finish.store = post.anna.store;
    take.message = finish.message = submit(&post, TW_QUEUE_MASTER, 0);
    finish.folder = post.anna.inbox;
    assert_done(tw_session_queue_take(post.sender, &take, error));
    finish.remove = TRUE;
    assert_done(tw_session_queue_finish(post.sender, &finish, error));
    g_assert_cmpuint(finish.now, ==, 0);
    assert_done(tw_session_queue_finish(post.sender, &finish, error));
    g_assert_cmpuint(waiting(&post, 0), ==, 0);
    post_close(&post);
}

/* ---- locks ---- */

static void
test_locks(void)
{
    Post post;
    TwMessageLockArgs lock = { 0 };
    g_auto(TwMessageReadArgs) read = { 0 };
    g_auto(TwMessageGetArgs) get = { 0 };
    g_autoptr(TwObject) object = bed_object("changed", 10);
    TwMessageSaveArgs save = { .object = object };

    post_open(&post);
    lock.store = read.store = save.store = get.store = post.anna.store;
    lock.message = read.message = save.message = get.message =
        world_message(post.owner, &post.anna.store, post.anna.inbox, "locked");
    assert_done(tw_session_message_lock(post.sender, &lock, error));
    assert_done(tw_session_message_lock(post.sender, &lock, error));
    assert_refused(tw_session_message_lock(post.owner, &lock, error), TW_ERROR_SUBMITTED);
    assert_refused(tw_session_message_read(post.owner, &read, error), TW_ERROR_NO_ACCESS);
    g_assert_null(read.object);
    assert_refused(tw_session_message_save(post.owner, &save, error), TW_ERROR_SUBMITTED);
    assert_done(tw_session_message_get(post.owner, &get, error));
    g_assert_true(get.locked);
    assert_done(tw_session_message_read(post.sender, &read, error));
    g_assert_true(read.locked);
    tw_message_read_args_clear(&read);
    lock.unlock = TRUE;
    assert_refused(tw_session_message_lock(post.owner, &lock, error), TW_ERROR_SUBMITTED);
    assert_done(tw_session_message_lock(post.sender, &lock, error));
    assert_done(tw_session_message_lock(post.sender, &lock, error));
    assert_done(tw_session_message_save(post.owner, &save, error));
    /* a lock ends with its session, however that ends */
    lock.unlock = FALSE;
    assert_done(tw_session_message_lock(post.rival, &lock, error));
    g_clear_pointer(&post.rival, tw_session_unref);
    assert_done(tw_session_message_lock(post.sender, &lock, error));
    tw_session_end(post.sender);
    assert_done(tw_session_message_lock(post.owner, &lock, error));
    post_close(&post);
}

/* ---- rules ---- */

static GBytes *
rule(const char *name, guint32 sequence, guint64 id)
{
    g_auto(TwPropsBuilder) builder;
    GBytes *bag;

    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, sequence));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, name));
    if (id != 0)
        tw_props_builder_set(&builder, tw_value_i8(PR_RULE_ID, (gint64) id));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_nonnull(bag);
    return bag;
}

static gboolean
change_rule(Post *post, TwSession *session, TwRulesOp op, GBytes *bag, gboolean replace)
{
    TwProps props;
    TwRulesChange change = { op, &props };
    TwRulesChangeArgs args = { .store = post->anna.store,
                               .folder = post->anna.inbox,
                               .replace = replace,
                               .rows = { &change, 1 } };
    g_autoptr(GError) error = NULL;
    gboolean ok;

    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    ok = tw_session_rules_change(session, &args, &error);
    g_assert_true(ok == (error == NULL));
    return ok;
}

static void
test_rules(void)
{
    Post post;
    g_autoptr(GBytes) late = rule("late", 20, 0);
    g_autoptr(GBytes) early = rule("early", 10, 0);
    g_autoptr(GBytes) never = rule("never", 10, 4711);
    g_auto(TwRulesArgs) rules = { 0 };
    g_auto(TwFolderPropsArgs) props = { 0 };
    TwRuleStateArgs state = { .set = TW_RULE_ERROR };
    TwPropValue value;
    TwProps bag;

    post_open(&post);
    world_grant(&post.world, &post.anna, post.anna.inbox, post.bert.number,
                TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    g_assert_true(change_rule(&post, post.owner, TW_RULES_ADD, late, FALSE));
    g_assert_true(change_rule(&post, post.owner, TW_RULES_ADD, early, FALSE));
    g_assert_false(change_rule(&post, post.owner, TW_RULES_MODIFY, never, FALSE));
    g_assert_false(change_rule(&post, post.guest, TW_RULES_ADD, early, TRUE));
    rules.store = props.store = state.store = post.anna.store;
    rules.folder = props.folder = state.folder = post.anna.inbox;
    assert_refused(tw_session_rules(post.guest, &rules, error), TW_ERROR_NO_ACCESS);
    assert_done(tw_session_rules(post.owner, &rules, error));
    g_assert_cmpuint(tw_rules_count(rules.rules), ==, 2);
    state.rule = tw_rules_get(rules.rules, 0, &bag);
    g_assert_true(tw_props_get(&bag, PR_RULE_NAME, &value));
    g_assert_cmpint(strncmp(value.text, "early", 5), ==, 0);
    assert_done(tw_session_rule_state(post.owner, &state, error));
    tw_rules_args_clear(&rules);
    assert_done(tw_session_rules(post.owner, &rules, error));
    tw_rules_get(rules.rules, 0, &bag);
    g_assert_true(tw_props_get(&bag, PR_RULE_STATE, &value));
    g_assert_true(value.u4 & TW_RULE_ERROR);
    /* nor are they read as a property by who may not change them */
    assert_done(tw_session_folder_props(post.owner, &props, error));
    g_assert_true(tw_object_get(props.object, PR_RULES_DATA, &value));
    tw_folder_props_args_clear(&props);
    assert_done(tw_session_folder_props(post.guest, &props, error));
    g_assert_false(tw_object_get(props.object, PR_RULES_DATA, &value));
    post_close(&post);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/queue/send", test_send);
    g_test_add_func("/session/queue/abort", test_abort);
    g_test_add_func("/session/queue/refusals", test_refusals);
    g_test_add_func("/session/queue/gone", test_gone);
    g_test_add_func("/session/queue/locks", test_locks);
    g_test_add_func("/session/queue/rules", test_rules);
    return g_test_run();
}
