/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Large values written in pieces, and what goes from one store to another. */
#include <string.h>

#include "mapi/part.h"
#include "mapi/tags.h"
#include "session/world.h"

enum {
    PIECE = 64 * 1024,
    PIECES = 40, /* past what is kept in memory of a value */
};

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest;
} Stage;

static void
stage_open(Stage *stage)
{
    world_new(&stage->world);
    world_user(&stage->world, 0, "anna", &stage->anna);
    world_user(&stage->world, 0, "bert", &stage->bert);
    stage->owner = world_logon(&stage->world, "anna");
    stage->guest = world_logon(&stage->world, "bert");
}

static void
stage_close(Stage *stage)
{
    g_autoptr(TwStore) store = tw_store_open(stage->world.bed.engine, &stage->anna.store, NULL);

    bed_check_store(store, "value");
    g_clear_pointer(&store, tw_store_unref);
    tw_session_unref(stage->owner);
    tw_session_unref(stage->guest);
    world_free(&stage->world);
}

static GBytes *
piece(guint number)
{
    guint8 *bytes = g_malloc(PIECE);

    for (guint i = 0; i < PIECE; i++)
        bytes[i] = (guint8) ((number * 2654435761u + i * 40503u) >> 8);
    return g_bytes_new_take(bytes, PIECE);
}

static guint32
upload(TwSession *session, const TwGuid *store, guint pieces)
{
    TwValueBeginArgs begin = { .store = *store };
    TwValueFinishArgs finish = { 0 };

    assert_done(tw_session_value_begin(session, &begin, error));
    finish.value = begin.value;
    for (guint i = 0; i < pieces; i++) {
        g_autoptr(GBytes) bytes = piece(i);
        TwValueWriteArgs write = { .value = begin.value, .bytes = bytes };
        assert_done(tw_session_value_write(session, &write, error));
    }
    assert_done(tw_session_value_finish(session, &finish, error));
    g_assert_cmpuint(finish.len, ==, (guint64) pieces * PIECE);
    return begin.value;
}

/* A message with one attachment, and the path of its data. */
static TwObject *
with_attachment(GBytes **ret_path)
{
    TwObject *object = bed_object("large", 10);
    TwObject *attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1);
    TwPart part = { 0 };

    g_assert_true(tw_object_set(attachment, &method, NULL));
    tw_part_push(&part, TW_PART_ATTACHMENT, 0);
    tw_part_push(&part, TW_PART_PROPERTY, PR_ATTACH_DATA_BIN >> 16);
    *ret_path = g_bytes_new(part.bytes, part.len);
    return object;
}

static void
test_upload(void)
{
    Stage stage;
    g_autoptr(GBytes) path = NULL;
    g_autoptr(TwObject) object = with_attachment(&path);
    TwValueUse use = { .tag = PR_ATTACH_DATA_BIN };
    TwMessageCreateArgs create = { .object = object, .values = { &use, 1 } };
    g_auto(TwValueReadArgs) read = { .most = PIECE, .offset = 5 * PIECE };
    g_autoptr(GBytes) fifth = piece(5);
    TwValueDropArgs drop = { 0 };

    stage_open(&stage);
    create.store = read.store = stage.anna.store;
    create.folder = stage.anna.inbox;
    use.path = read.path = path;
    use.value = drop.value = upload(stage.owner, &stage.anna.store, PIECES);
    assert_done(tw_session_message_create(stage.owner, &create, error));
    read.message = create.made.mid;
    assert_done(tw_session_value_read(stage.owner, &read, error));
    g_assert_cmpuint(read.len, ==, PIECES * PIECE);
    g_assert_true(g_bytes_equal(read.bytes, fifth));
    /* it is the message's now */
    assert_refused(tw_session_value_drop(stage.owner, &drop, error), TW_ERROR_NOT_FOUND);
    assert_refused(tw_session_message_create(stage.owner, &create, error), TW_ERROR_NOT_FOUND);
    stage_close(&stage);
}

/* A number is good for who wrote the value, in the store it was written for, when it is whole. */
static void
test_forged(void)
{
    Stage stage;
    g_autoptr(GBytes) path = NULL;
    g_autoptr(GBytes) nowhere = g_bytes_new_static("\xff\xff", 2);
    g_autoptr(GBytes) much =
        g_bytes_new_take(g_malloc0(TW_SESSION_MOST_BYTES + 1), TW_SESSION_MOST_BYTES + 1);
    g_autoptr(TwObject) object = with_attachment(&path);
    TwValueUse use = { .tag = PR_ATTACH_DATA_BIN };
    TwMessageCreateArgs create = { .object = object, .values = { &use, 1 } };
    TwValueBeginArgs begin = { 0 };
    TwValueWriteArgs write = { .bytes = much };
    guint32 mine;

    stage_open(&stage);
    create.store = stage.bert.store;
    create.folder = stage.bert.inbox;
    use.path = path;
    mine = use.value = upload(stage.owner, &stage.anna.store, 1);
    assert_refused(tw_session_message_create(stage.guest, &create, error), TW_ERROR_NOT_FOUND);
    use.value = upload(stage.guest, &stage.anna.store, 1);
    assert_refused(tw_session_message_create(stage.guest, &create, error), TW_ERROR_INVALID);
    begin.store = create.store = stage.anna.store;
    create.folder = stage.anna.inbox;
    assert_done(tw_session_value_begin(stage.owner, &begin, error));
    use.value = begin.value;
    assert_refused(tw_session_message_create(stage.owner, &create, error), TW_ERROR_INVALID);
    use.value = mine;
    use.tag = PR_SUBJECT;
    assert_refused(tw_session_message_create(stage.owner, &create, error), TW_ERROR_INVALID);
    use.tag = PR_ATTACH_DATA_BIN;
    use.path = nowhere;
    assert_refused(tw_session_message_create(stage.owner, &create, error), TW_ERROR_INVALID);
    use.path = path;
    write.value = begin.value;
    assert_refused(tw_session_value_write(stage.owner, &write, error), TW_ERROR_TOO_BIG);
    assert_refused(tw_session_value_write(stage.owner, &write, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_message_create(stage.owner, &create, error));
    stage_close(&stage);
}

static void
test_limits(void)
{
    Stage stage;
    TwValueBeginArgs begin = { 0 };
    TwValueFinishArgs finish = { 0 };
    g_auto(TwServerInfoArgs) info = { 0 };

    stage_open(&stage);
    begin.store = stage.anna.store;
    for (guint i = 0; i < TW_SESSION_MOST_VALUES; i++)
        assert_done(tw_session_value_begin(stage.owner, &begin, error));
    finish.value = begin.value;
    assert_refused(tw_session_value_begin(stage.owner, &begin, error), TW_ERROR_TOO_BIG);
    /* what nobody goes on with goes, though the session stays */
    stage.world.now_us += stage.world.config.session_timeout_us / 2;
    assert_done(tw_session_server_info(stage.owner, &info, error));
    stage.world.now_us += stage.world.config.session_timeout_us / 2;
    tw_local_expire(stage.world.local);
    assert_refused(tw_session_value_finish(stage.owner, &finish, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_session_value_begin(stage.owner, &begin, error));
    stage_close(&stage);
}

/* ---- between stores ---- */

static guint
count_in(TwSession *session, const TwGuid *store, guint32 folder)
{
    g_auto(TwFolderIndexArgs) args = { .store = *store, .folder = folder };

    assert_done(tw_session_folder_index(session, &args, error));
    return args.rows->len;
}

static void
test_transfer_messages(void)
{
    Stage stage;
    guint32 mid;
    g_auto(TwMessagesTransferArgs) args = { .messages = { &mid, 1 } };

    stage_open(&stage);
    mid = world_message(stage.owner, &stage.anna.store, stage.anna.inbox, "x");
    args.store = stage.anna.store;
    args.folder = stage.anna.inbox;
    args.to_store = stage.bert.store;
    args.to_folder = stage.bert.inbox;
    /* nothing is known of the other store, then it is seen, then it may be written to */
    assert_refused(tw_session_messages_transfer(stage.owner, &args, error), TW_ERROR_NOT_FOUND);
    world_grant(&stage.world, &stage.bert, stage.bert.inbox, stage.anna.number, TW_RIGHT_VISIBLE);
    assert_refused(tw_session_messages_transfer(stage.owner, &args, error), TW_ERROR_NO_ACCESS);
    assert_refused(tw_session_messages_transfer(stage.guest, &args, error), TW_ERROR_NOT_FOUND);
    world_grant(&stage.world, &stage.bert, stage.bert.inbox, stage.anna.number,
                TW_RIGHT_VISIBLE | TW_RIGHT_CREATE);
    assert_done(tw_session_messages_transfer(stage.owner, &args, error));
    g_assert_cmpuint(count_in(stage.owner, &stage.anna.store, stage.anna.inbox), ==, 1);
    g_assert_cmpuint(count_in(stage.guest, &stage.bert.store, stage.bert.inbox), ==, 1);
    tw_messages_transfer_args_clear(&args);
    args.move = TRUE;
    assert_done(tw_session_messages_transfer(stage.owner, &args, error));
    g_assert_cmpuint(count_in(stage.owner, &stage.anna.store, stage.anna.inbox), ==, 0);
    g_assert_cmpuint(count_in(stage.guest, &stage.bert.store, stage.bert.inbox), ==, 2);
    /* who may read may take a copy, and no more */
    mid = world_message(stage.owner, &stage.anna.store, stage.anna.inbox, "y");
    world_grant(&stage.world, &stage.anna, stage.anna.inbox, stage.bert.number,
                TW_RIGHT_VISIBLE | TW_RIGHT_READ);
    tw_messages_transfer_args_clear(&args);
    assert_refused(tw_session_messages_transfer(stage.guest, &args, error), TW_ERROR_NO_ACCESS);
    args.move = FALSE;
    assert_done(tw_session_messages_transfer(stage.guest, &args, error));
    g_assert_cmpuint(count_in(stage.guest, &stage.bert.store, stage.bert.inbox), ==, 3);
    stage_close(&stage);
}

static void
test_transfer_folders(void)
{
    Stage stage;
    guint32 folder, inner;
    TwFolderTransferArgs args = { .move = TRUE };
    TwFolderFindArgs find = { .name = "Inner" };

    stage_open(&stage);
    folder = world_folder(stage.owner, &stage.anna.store, 0, "Outer");
    inner = world_folder(stage.owner, &stage.anna.store, folder, "Inner");
    world_message(stage.owner, &stage.anna.store, inner, "x");
    args.store = stage.anna.store;
    args.folder = folder;
    args.to_store = stage.bert.store;
    assert_refused(tw_session_folder_transfer(stage.owner, &args, error), TW_ERROR_NO_ACCESS);
    args.to_folder = stage.bert.inbox;
    assert_refused(tw_session_folder_transfer(stage.owner, &args, error), TW_ERROR_NOT_FOUND);
    args.to_folder = 0;
    world_grant(&stage.world, &stage.anna, folder, stage.bert.number, 0x5fb);
    world_grant(&stage.world, &stage.anna, inner, stage.bert.number, TW_RIGHT_VISIBLE);
    /* all of it but what is in it is not all of it */
    assert_refused(tw_session_folder_transfer(stage.guest, &args, error), TW_ERROR_NO_ACCESS);
    args.move = FALSE;
    args.subfolders = TRUE;
    assert_refused(tw_session_folder_transfer(stage.guest, &args, error), TW_ERROR_NO_ACCESS);
    world_grant(&stage.world, &stage.anna, inner, stage.bert.number, TW_PERMISSION_REMOVE);
    args.move = TRUE;
    assert_done(tw_session_folder_transfer(stage.guest, &args, error));
    find.store = stage.bert.store;
    find.folder = args.created;
    assert_done(tw_session_folder_find(stage.guest, &find, error));
    g_assert_cmpuint(count_in(stage.guest, &stage.bert.store, find.found), ==, 1);
    find.store = stage.anna.store;
    find.folder = 0;
    find.name = "Outer";
    assert_refused(tw_session_folder_find(stage.owner, &find, error), TW_ERROR_NOT_FOUND);
    stage_close(&stage);
}

/* ---- what a door opens with one question ---- */

static void
test_open(void)
{
    Stage stage;
    guint32 folder;
    g_auto(TwHomeOpenArgs) home = { 0 };
    g_auto(TwFolderOpenArgs) open = { .name = "Outer" };
    g_auto(TwFolderWindowArgs) window = { 0 };

    stage_open(&stage);
    folder = world_folder(stage.owner, &stage.anna.store, 0, "Outer");
    world_message(stage.owner, &stage.anna.store, folder, "x");

    assert_done(tw_session_home_open(stage.owner, &home, error));
    g_assert_true(tw_guid_equal(&home.store, &stage.anna.store));
    g_assert_cmpuint(home.inbox, ==, stage.anna.inbox);
    g_assert_cmpuint(home.above, !=, 0);
    g_assert_null(home.home);

    /* by its name below another, and by its number: the same */
    open.store = window.store = stage.anna.store;
    window.folder = folder;
    assert_done(tw_session_folder_window(stage.owner, &window, error));
    for (guint i = 0; i < 2; i++) {
        assert_done(tw_session_folder_open(stage.owner, &open, error));
        g_assert_cmpuint(open.row.row->id, ==, folder);
        g_assert_cmpstr(open.container_class, ==, "");
        g_assert_cmpuint(open.count, ==, 1);
        g_assert_cmpuint(open.hicn, ==, window.hicn);
        g_assert_cmpuint(open.cn, >=, open.hicn);
        g_assert_cmpuint(open.uidvalidity, ==, window.uidvalidity);
        g_assert_cmpuint(open.uidnext, ==, window.uidnext);
        g_assert_nonnull(open.keywords);
        open.folder = folder;
        open.name = NULL;
    }

    /* hidden; then seen, but not to be read; then to be read */
    assert_refused(tw_session_folder_open(stage.guest, &open, error), TW_ERROR_NOT_FOUND);
    open.folder = 0;
    open.name = "Outer";
    assert_refused(tw_session_folder_open(stage.guest, &open, error), TW_ERROR_NOT_FOUND);
    world_grant(&stage.world, &stage.anna, folder, stage.bert.number, TW_RIGHT_VISIBLE);
    assert_done(tw_session_folder_open(stage.guest, &open, error));
    g_assert_cmpuint(open.row.row->id, ==, folder);
    g_assert_cmpuint(open.cn, ==, 0);
    g_assert_cmpuint(open.hicn, ==, 0);
    g_assert_cmpuint(open.uidvalidity, ==, 0);
    g_assert_cmpuint(open.uidnext, ==, 0);
    g_assert_cmpuint(open.count, ==, 0);
    g_assert_null(open.keywords);
    world_grant(&stage.world, &stage.anna, folder, stage.bert.number,
                TW_RIGHT_VISIBLE | TW_RIGHT_READ);
    assert_done(tw_session_folder_open(stage.guest, &open, error));
    g_assert_cmpuint(open.count, ==, 1);
    g_assert_cmpuint(open.uidvalidity, ==, window.uidvalidity);
    open.name = "Never";
    assert_refused(tw_session_folder_open(stage.owner, &open, error), TW_ERROR_NOT_FOUND);
    stage_close(&stage);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/value/upload", test_upload);
    g_test_add_func("/session/value/forged", test_forged);
    g_test_add_func("/session/value/limits", test_limits);
    g_test_add_func("/session/value/transfer-messages", test_transfer_messages);
    g_test_add_func("/session/value/transfer-folders", test_transfer_folders);
    g_test_add_func("/session/value/open", test_open);
    return g_test_run();
}
