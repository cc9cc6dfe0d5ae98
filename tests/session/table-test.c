/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tables over the API: whose they are, what they show to whom, and what becomes of them when rights change. */
#include <string.h>

#include "mapi/tags.h"
#include "session/world.h"

typedef struct {
    World world;
    WorldUser anna, bert;
    TwSession *owner, *guest;
    guint32 hidden;
} Bench;

static void
bench_open(Bench *bench)
{
    world_new(&bench->world);
    world_user(&bench->world, 0, "anna", &bench->anna);
    world_user(&bench->world, 0, "bert", &bench->bert);
    bench->owner = world_logon(&bench->world, "anna");
    bench->guest = world_logon(&bench->world, "bert");
    bench->hidden = world_folder(bench->owner, &bench->anna.store, 0, "Hidden");
    world_grant(&bench->world, &bench->anna, bench->anna.inbox, bench->bert.number,
                TW_RIGHT_READ | TW_RIGHT_VISIBLE);
}

static void
bench_close(Bench *bench)
{
    tw_session_unref(bench->owner);
    tw_session_unref(bench->guest);
    world_free(&bench->world);
}

/* The texts of one column, with blanks between. */
static char *
column(TwSession *session, guint32 table, guint32 tag)
{
    TwTableSetupArgs setup = { .table = table, .columns = { &tag, 1 } };
    TwTableSeekArgs begin = { .table = table, .bookmark = TW_BOOKMARK_BEGIN };
    g_auto(TwTableRowsArgs) rows = { .table = table, .count = 100 };
    GString *text = g_string_new(NULL);

    assert_done(tw_session_table_setup(session, &setup, error));
    assert_done(tw_session_table_seek(session, &begin, error));
    assert_done(tw_session_table_rows(session, &rows, error));
    for (guint i = 0; i < rows.rows->row_count; i++) {
        const TwPropValue *cell = tw_table_rows_cell(rows.rows, i, 0);
        if (tw_prop_tag_type(cell->tag) == TW_PT_UNICODE)
            g_string_append_printf(text, "%.*s ", (int) cell->len, cell->text);
        else
            g_string_append_printf(text, "%x ", cell->u4);
    }
    return g_string_free(text, FALSE);
}

#define assert_column(session, table, tag, wanted)                                                 \
    G_STMT_START                                                                                   \
    {                                                                                              \
        g_autofree char *got_ = column(session, table, tag);                                       \
        g_assert_cmpstr(got_, ==, wanted);                                                         \
    }                                                                                              \
    G_STMT_END

static void
test_contents(void)
{
    Bench bench;
    TwTableOpenArgs open = { 0 };
    TwTableCountArgs count = { 0 };
    TwSortOrder order = { .keys = { { PR_SUBJECT, TW_SORT_DESCENDING } }, .count = 1 };
    TwTableSetupArgs setup = { .order = &order };
    TwTableCloseArgs close = { 0 };
    TwPermission row = { .rights = TW_PERMISSION_REMOVE };
    TwPermissionsSetArgs revoke = { .rows = { &row, 1 } };
    guint32 table;

    bench_open(&bench);
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "b");
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "c");
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "a");
    open.store = revoke.store = bench.anna.store;
    open.folder = revoke.folder = bench.anna.inbox;
    assert_done(tw_session_table_open(bench.owner, &open, error));
    setup.table = open.table;
    assert_done(tw_session_table_setup(bench.owner, &setup, error));
    assert_column(bench.owner, open.table, PR_SUBJECT, "c b a ");
    assert_column(bench.owner, open.table, PR_ACCESS, "7 7 7 ");
    table = open.table;
    assert_done(tw_session_table_open(bench.guest, &open, error));
    assert_column(bench.guest, open.table, PR_ACCESS, "2 2 2 ");
    /* a number of one session is nothing to another */
    count.table = table + 7;
    assert_refused(tw_session_table_count(bench.guest, &count, error), TW_ERROR_NOT_FOUND);
    row.principal = bench.bert.number;
    assert_done(tw_session_permissions_set(bench.owner, &revoke, error));
    count.table = open.table;
    assert_refused(tw_session_table_count(bench.guest, &count, error), TW_ERROR_NOT_FOUND);
    close.table = open.table;
    assert_done(tw_session_table_close(bench.guest, &close, error));
    assert_refused(tw_session_table_close(bench.guest, &close, error), TW_ERROR_NOT_FOUND);
    bench_close(&bench);
}

/* A flag that is set as a bit is a column at once, also for who sorts by it or looks for it. */
static void
test_flags(void)
{
    Bench bench;
    TwTableOpenArgs open = { 0 };
    TwSortOrder order = { .keys = { { PR_FLAG_STATUS, TW_SORT_DESCENDING },
                                    { PR_SUBJECT, TW_SORT_ASCENDING } },
                          .count = 2 };
    TwTableSetupArgs setup = { .order = &order };
    guint32 mid;
    g_auto(TwMessagesMarkArgs) mark = { .messages = { &mid, 1 } };

    bench_open(&bench);
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "a");
    mid = world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "b");
    open.store = mark.store = bench.anna.store;
    open.folder = mark.folder = bench.anna.inbox;
    assert_done(tw_session_table_open(bench.owner, &open, error));
    setup.table = open.table;
    assert_done(tw_session_table_setup(bench.owner, &setup, error));
    assert_column(bench.owner, open.table, PR_SUBJECT, "a b ");
    mark.change.status_set = 0x2 | 0x200;
    assert_done(tw_session_messages_mark(bench.owner, &mark, error));
    assert_column(bench.owner, open.table, PR_SUBJECT, "b a ");
    assert_column(bench.owner, open.table, PR_FLAG_STATUS, "2 8004010f ");
    assert_column(bench.owner, open.table, PR_FOLLOWUP_ICON, "6 8004010f ");
    assert_column(bench.owner, open.table, PR_LAST_VERB_EXECUTED, "66 8004010f ");
    assert_column(bench.owner, open.table, PR_ICON_INDEX, "105 8004010f ");
    g_clear_pointer(&mark.done, g_array_unref);
    mark.change = (TwFlagChange){ .status_clear = 0x2 | 0x200 };
    assert_done(tw_session_messages_mark(bench.owner, &mark, error));
    assert_column(bench.owner, open.table, PR_FLAG_STATUS, "8004010f 8004010f ");
    assert_column(bench.owner, open.table, PR_LAST_VERB_EXECUTED, "8004010f 8004010f ");
    bench_close(&bench);
}

static void
test_folders(void)
{
    Bench bench;
    TwTableOpenFoldersArgs open = { .flags = TW_TABLE_DEEP };
    TwTableOpenFoldersArgs seen = { .flags = TW_TABLE_DEEP };

    bench_open(&bench);
    open.store = seen.store = bench.anna.store;
    assert_done(tw_session_table_open_folders(bench.owner, &open, error));
    assert_done(tw_session_table_open_folders(bench.guest, &seen, error));
    assert_column(bench.owner, open.table, PR_DISPLAY_NAME, "Hidden Inbox ");
    assert_column(bench.guest, seen.table, PR_DISPLAY_NAME, "Inbox ");
    assert_column(bench.guest, seen.table, PR_ACCESS, "2 ");
    /* an open table shows what may be seen now */
    world_grant(&bench.world, &bench.anna, bench.hidden, bench.bert.number, TW_RIGHT_VISIBLE);
    assert_column(bench.guest, seen.table, PR_DISPLAY_NAME, "Hidden Inbox ");
    world_grant(&bench.world, &bench.anna, bench.hidden, bench.bert.number, TW_PERMISSION_REMOVE);
    assert_column(bench.guest, seen.table, PR_DISPLAY_NAME, "Inbox ");
    bench_close(&bench);
}

/* A folder on the way to one that may be read: its name, and nothing of what is in it. */
static void
test_name_alone(void)
{
    static const char comment[] = "only for me";
    Bench bench;
    TwTableOpenFoldersArgs open = { .flags = TW_TABLE_DEEP };
    TwTableOpenFoldersArgs seen = { .flags = TW_TABLE_DEEP };
    TwPropValue value = tw_value_str(PR_COMMENT, comment);
    TwFolderChangePropsArgs change = { .changes = { .values = &value, .value_count = 1 } };
    guint32 below;

    bench_open(&bench);
    open.store = seen.store = change.store = bench.anna.store;
    below = world_folder(bench.owner, &bench.anna.store, bench.hidden, "Below");
    world_grant(&bench.world, &bench.anna, below, bench.bert.number,
                TW_RIGHT_READ | TW_RIGHT_VISIBLE);
    world_message(bench.owner, &bench.anna.store, bench.hidden, "a");
    change.folder = bench.hidden;
    assert_done(tw_session_folder_change_props(bench.owner, &change, error));
    assert_done(tw_session_table_open_folders(bench.owner, &open, error));
    assert_done(tw_session_table_open_folders(bench.guest, &seen, error));
    assert_column(bench.owner, open.table, PR_DISPLAY_NAME, "Below Hidden Inbox ");
    assert_column(bench.owner, open.table, PR_CONTENT_COUNT, "0 1 0 ");
    assert_column(bench.owner, open.table, PR_COMMENT, "8004010f only for me 8004010f ");
    assert_column(bench.guest, seen.table, PR_DISPLAY_NAME, "Below Hidden Inbox ");
    assert_column(bench.guest, seen.table, PR_CONTENT_COUNT, "0 0 0 ");
    assert_column(bench.guest, seen.table, PR_COMMENT, "8004010f 8004010f 8004010f ");
    bench_close(&bench);
}

/* ---- positions and states ---- */

static void
test_positions(void)
{
    Bench bench;
    TwTableOpenArgs open = { 0 };
    TwSortOrder order = { .keys = { { PR_SUBJECT, TW_SORT_ASCENDING } }, .count = 1 };
    TwTableSetupArgs setup = { .order = &order };
    TwTableSeekFractionArgs half = { .numerator = 1, .denominator = 2 };
    TwTableBookmarkArgs bookmark = { 0 };
    TwTableBookmarkFreeArgs release = { 0 };
    TwTableSeekArgs seek = { 0 };
    TwTableCountArgs count = { 0 };
    g_auto(TwTableColumnsArgs) columns = { 0 };
    g_auto(TwTableColumnsArgs) all = { .all = TRUE };
    g_autoptr(GError) why = NULL;

    bench_open(&bench);
    for (guint i = 0; i < 4; i++)
        world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "x");
    open.store = bench.anna.store;
    open.folder = bench.anna.inbox;
    assert_done(tw_session_table_open(bench.owner, &open, error));
    setup.table = half.table = bookmark.table = release.table = seek.table = count.table =
        columns.table = all.table = open.table;
    assert_done(tw_session_table_setup(bench.owner, &setup, error));
    assert_done(tw_session_table_seek_fraction(bench.owner, &half, error));
    assert_done(tw_session_table_count(bench.owner, &count, error));
    g_assert_cmpuint(count.position, ==, 2);
    half.denominator = 0;
    assert_refused(tw_session_table_seek_fraction(bench.owner, &half, error), TW_ERROR_INVALID);
    assert_done(tw_session_table_bookmark(bench.owner, &bookmark, error));
    g_assert_cmpuint(bookmark.bookmark, >=, 3);
    seek.bookmark = TW_BOOKMARK_BEGIN;
    assert_done(tw_session_table_seek(bench.owner, &seek, error));
    seek.bookmark = release.bookmark = bookmark.bookmark;
    assert_done(tw_session_table_seek(bench.owner, &seek, error));
    assert_done(tw_session_table_count(bench.owner, &count, error));
    g_assert_cmpuint(count.position, ==, 2);
    assert_done(tw_session_table_bookmark_free(bench.owner, &release, error));
    g_assert_false(tw_session_table_seek(bench.owner, &seek, &why));
    g_assert_true(why->domain == TW_MAPI_ERROR);
    assert_done(tw_session_table_columns(bench.owner, &columns, error));
    assert_done(tw_session_table_columns(bench.owner, &all, error));
    g_assert_cmpuint(columns.columns->len, >, 0);
    g_assert_cmpuint(all.columns->len, >, columns.columns->len);
    bench_close(&bench);
}

/* What is closed in one table is closed in the next one that takes its state. */
static void
test_states(void)
{
    Bench bench;
    TwTableOpenArgs open = { 0 };
    TwSortOrder order = {
        .keys = { { PR_SUBJECT, TW_SORT_ASCENDING } }, .count = 1, .categories = 1, .expanded = 1
    };
    guint32 tag = PR_INSTANCE_KEY;
    TwTableSetupArgs setup = { .order = &order, .columns = { &tag, 1 } };
    TwTableCountArgs count = { 0 };
    g_auto(TwTableRowsArgs) rows = { .count = 1 };
    g_auto(TwTableStateArgs) state = { 0 };
    TwTableStateSetArgs set = { 0 };
    TwTableCollapseArgs collapse = { 0 };
    g_autoptr(GBytes) key = NULL;
    g_autoptr(GBytes) junk = g_bytes_new_static("junk", 4);
    const TwPropValue *cell;

    bench_open(&bench);
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "a");
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "b");
    open.store = bench.anna.store;
    open.folder = bench.anna.inbox;
    assert_done(tw_session_table_open(bench.owner, &open, error));
    setup.table = count.table = rows.table = state.table = collapse.table = open.table;
    assert_done(tw_session_table_setup(bench.owner, &setup, error));
    assert_done(tw_session_table_rows(bench.owner, &rows, error));
    cell = tw_table_rows_cell(rows.rows, 0, 0);
    key = g_bytes_new(cell->data, cell->len);
    collapse.key = key;
    assert_done(tw_session_table_collapse(bench.owner, &collapse, error));
    g_assert_cmpuint(collapse.hidden, ==, 1);
    assert_done(tw_session_table_state(bench.owner, &state, error));
    assert_done(tw_session_table_open(bench.owner, &open, error));
    setup.table = count.table = set.table = open.table;
    assert_done(tw_session_table_setup(bench.owner, &setup, error));
    assert_done(tw_session_table_count(bench.owner, &count, error));
    g_assert_cmpuint(count.rows, ==, 4);
    set.state = junk;
    assert_refused(tw_session_table_state_set(bench.owner, &set, error), TW_ERROR_CORRUPT);
    set.state = state.state;
    assert_done(tw_session_table_state_set(bench.owner, &set, error));
    assert_done(tw_session_table_count(bench.owner, &count, error));
    g_assert_cmpuint(count.rows, ==, 3);
    bench_close(&bench);
}

/* ---- other tables ---- */

static void
test_others(void)
{
    Bench bench;
    TwTableOpenReceiveArgs receive = { 0 };
    TwTableOpenChildrenArgs children = { .kind = TW_OBJECT_RECIPIENT };
    TwTableOpenRowsArgs own = { 0 };
    TwTableSetRowsArgs change = { 0 };
    g_autoptr(TwObject) object = bed_object("with receivers", 10);
    TwMessageCreateArgs create = { .object = object };
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(GBytes) junk = g_bytes_new_static("junk", 4);
    TwTableBag rows[2] = { { 1, NULL }, { 2, NULL } };
    TwPropValue name = tw_value_str(PR_DISPLAY_NAME, "Bert");

    bench_open(&bench);
    receive.store = children.store = create.store = bench.anna.store;
    create.folder = bench.anna.inbox;
    assert_done(tw_session_table_open_receive(bench.owner, &receive, error));
    assert_column(bench.owner, receive.table, PR_MESSAGE_CLASS, " ");
    assert_refused(tw_session_table_open_receive(bench.guest, &receive, error), TW_ERROR_NO_ACCESS);
    g_assert_true(tw_object_set(
        tw_object_add(object, TW_OBJECT_RECIPIENT, TW_OBJECT_NEW_NUMBER, NULL), &name, NULL));
    assert_done(tw_session_message_create(bench.owner, &create, error));
    children.message = create.made.mid;
    assert_done(tw_session_table_open_children(bench.guest, &children, error));
    assert_column(bench.guest, children.table, PR_DISPLAY_NAME, "Bert ");
    children.kind = TW_OBJECT_MESSAGE;
    assert_refused(tw_session_table_open_children(bench.guest, &children, error), TW_ERROR_INVALID);
    /* rows that a program makes itself */
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, name);
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    rows[0].bag = rows[1].bag = bag;
    own.rows = (TwTableBagRows){ rows, 2 };
    assert_done(tw_session_table_open_rows(bench.guest, &own, error));
    assert_column(bench.guest, own.table, PR_DISPLAY_NAME, "Bert Bert ");
    change.table = own.table;
    rows[0].bag = NULL;
    rows[1].bag = junk;
    change.rows = (TwTableBagRows){ rows, 2 };
    g_assert_false(tw_session_table_set_rows(bench.guest, &change, NULL));
    assert_column(bench.guest, own.table, PR_DISPLAY_NAME, "Bert Bert ");
    change.rows.count = 1;
    assert_done(tw_session_table_set_rows(bench.guest, &change, error));
    assert_column(bench.guest, own.table, PR_DISPLAY_NAME, "Bert ");
    change.replace = TRUE;
    change.rows.count = 0;
    assert_done(tw_session_table_set_rows(bench.guest, &change, error));
    assert_column(bench.guest, own.table, PR_DISPLAY_NAME, "");
    change.table = receive.table; /* nobody sets what a store says */
    assert_refused(tw_session_table_set_rows(bench.owner, &change, error), TW_ERROR_NOT_FOUND);
    bench_close(&bench);
}

/* ---- live ---- */

typedef struct {
    GMutex lock;
    GCond cond;
    guint woken;
} Bell;

static void
ring(gpointer data)
{
    Bell *bell = data;

    g_mutex_lock(&bell->lock);
    bell->woken++;
    g_cond_signal(&bell->cond);
    g_mutex_unlock(&bell->lock);
}

/* Pulls until an event of the connection came. */
static void
await_event(Bell *bell, TwWatch *watch, guint32 connection, guint32 type)
{
    gboolean found = FALSE;

    while (!found) {
        g_autoptr(GArray) events = tw_notify_events_new();
        gboolean missed;
        guint seen;
        g_mutex_lock(&bell->lock);
        seen = bell->woken;
        g_mutex_unlock(&bell->lock);
        assert_done(tw_watch_pull(watch, events, 0, &missed, error));
        for (guint i = 0; i < events->len; i++) {
            const TwNotifyEvent *event = &g_array_index(events, TwNotifyEvent, i);
            found = found || (event->connection == connection && event->type == type);
        }
        g_mutex_lock(&bell->lock);
        while (!found && bell->woken == seen)
            g_cond_wait(&bell->cond, &bell->lock);
        g_mutex_unlock(&bell->lock);
    }
}

static gint
find_key(const GArray *copy, const guint8 *key)
{
    for (guint i = 0; i < copy->len; i++) {
        if (memcmp(&g_array_index(copy, guint64, i), key, 8) == 0)
            return (gint) i;
    }
    return -1;
}

/* As a client does it. */
static void
apply(GArray *copy, const GArray *events)
{
    for (guint i = 0; i < events->len; i++) {
        const TwTableEvent *event = &g_array_index(events, TwTableEvent, i);
        gint at = find_key(copy, event->key);
        guint64 key;
        memcpy(&key, event->key, sizeof key);
        g_assert_cmpint(event->kind, !=, TW_TABLE_CHANGED);
        if (at >= 0)
            g_array_remove_index(copy, (guint) at);
        if (event->kind == TW_TABLE_ROW_DELETED)
            continue;
        at = event->has_prior ? find_key(copy, event->prior) : -1;
        g_assert_true(at >= 0 || !event->has_prior);
        g_array_insert_val(copy, (guint) (at + 1), key);
    }
}

static GArray *
keys_now(TwSession *session, guint32 table)
{
    TwTableSeekArgs begin = { .table = table, .bookmark = TW_BOOKMARK_BEGIN };
    g_auto(TwTableRowsArgs) rows = { .table = table, .count = 100 };
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(guint64));

    assert_done(tw_session_table_seek(session, &begin, error));
    assert_done(tw_session_table_rows(session, &rows, error));
    for (guint i = 0; i < rows.rows->row_count; i++)
        g_array_append_vals(keys, tw_table_rows_cell(rows.rows, i, 0)->data, 1);
    return keys;
}

static void
assert_same_keys(const GArray *a, const GArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    g_assert_cmpint(memcmp(a->data, b->data, a->len * sizeof(guint64)), ==, 0);
}

static void
test_live(void)
{
    Bench bench;
    Bell bell = { .woken = 0 };
    guint32 tag = PR_INSTANCE_KEY, mids[3];
    TwSortOrder order = { .keys = { { PR_SUBJECT, TW_SORT_ASCENDING } }, .count = 1 };
    TwTableOpenArgs open = { 0 };
    TwTableSetupArgs setup = { .order = &order, .columns = { &tag, 1 } };
    TwWatchWish wish = { .connection = 7, .mask = TW_NOTIFY_TABLE };
    TwMessagesDeleteArgs delete = { 0 };
    g_autoptr(TwObject) renamed = bed_object("0 first", 10);
    TwMessageSaveArgs save = { .object = renamed };
    g_autoptr(GArray) copy = NULL;
    TwWatch *watch;

    bench_open(&bench);
    mids[0] = world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "b");
    open.store = delete.store = save.store = bench.anna.store;
    open.folder = delete.folder = bench.anna.inbox;
    assert_done(tw_session_table_open(bench.guest, &open, error));
    setup.table = wish.table = open.table;
    assert_done(tw_session_table_setup(bench.guest, &setup, error));
    watch = tw_session_watch(bench.guest, ring, &bell, NULL);
    g_assert_nonnull(watch);
    assert_done(tw_watch_add(watch, &wish, error));
    copy = keys_now(bench.guest, open.table);
    mids[1] = world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "c");
    mids[2] = world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "a");
    for (guint step = 0; step < 3; step++) {
        g_auto(TwTableEventsArgs) events = { .table = open.table };
        g_autoptr(GArray) truth = NULL;
        await_event(&bell, watch, 7, TW_NOTIFY_TABLE);
        assert_done(tw_session_table_events(bench.guest, &events, error));
        g_assert_cmpuint(events.events->len, >, 0);
        apply(copy, events.events);
        truth = keys_now(bench.guest, open.table);
        if (step > 0 || truth->len == 3) {
            tw_table_events_args_clear(&events); /* what reading it brought */
            assert_done(tw_session_table_events(bench.guest, &events, error));
            apply(copy, events.events);
        }
        assert_same_keys(copy, truth);
        delete.messages = (TwNumbers){ &mids[0], 1 };
        save.message = mids[1];
        if (step == 0)
            assert_done(tw_session_messages_delete(bench.owner, &delete, error));
        else if (step == 1)
            assert_done(tw_session_message_save(bench.owner, &save, error));
    }
    g_assert_cmpuint(copy->len, ==, 2);
    /* without the right nothing is told, and the table is not there */
    world_grant(&bench.world, &bench.anna, bench.anna.inbox, bench.bert.number,
                TW_PERMISSION_REMOVE);
    world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "d");
    {
        g_autoptr(GArray) events = tw_notify_events_new();
        TwTableEventsArgs none = { .table = open.table };
        gboolean missed;
        assert_done(tw_watch_pull(watch, events, 0, &missed, error));
        g_assert_cmpuint(events->len, ==, 0);
        assert_refused(tw_session_table_events(bench.guest, &none, error), TW_ERROR_NOT_FOUND);
    }
    tw_watch_end(watch);
    bench_close(&bench);
}

/* A folder that comes into sight by a right alone is told to who listens to the tree. */
static void
test_live_rights(void)
{
    Bench bench;
    Bell bell = { .woken = 0 };
    TwTableOpenFoldersArgs open = { .flags = TW_TABLE_DEEP };
    TwWatchWish wish = { .connection = 1, .mask = TW_NOTIFY_TABLE };
    g_auto(TwTableEventsArgs) events = { 0 };
    TwWatch *watch;

    bench_open(&bench);
    open.store = bench.anna.store;
    assert_done(tw_session_table_open_folders(bench.guest, &open, error));
    wish.table = events.table = open.table;
    watch = tw_session_watch(bench.guest, ring, &bell, NULL);
    assert_done(tw_watch_add(watch, &wish, error));
    assert_column(bench.guest, open.table, PR_DISPLAY_NAME, "Inbox ");
    world_grant(&bench.world, &bench.anna, bench.hidden, bench.bert.number, TW_RIGHT_VISIBLE);
    await_event(&bell, watch, 1, TW_NOTIFY_TABLE);
    assert_done(tw_session_table_events(bench.guest, &events, error));
    g_assert_cmpuint(events.events->len, >, 0);
    assert_column(bench.guest, open.table, PR_DISPLAY_NAME, "Hidden Inbox ");
    tw_watch_end(watch);
    bench_close(&bench);
}

typedef struct {
    World *world;
    TwSession *admin;
    guint32 carl;
} Book;

static void
add_carl(Book *book)
{
    TwDirectoryObject values = { .kind = TW_DIRECTORY_USER, .name = "carl", .full_name = "Carl" };
    TwObjectCreateArgs create = { .values = &values };

    assert_done(tw_session_object_create(book->admin, &create, error));
    book->carl = create.created;
}

/* By nobody's session: what another server does. */
static void
rename_carl(Book *book)
{
    TwDirectoryObject values = { .number = book->carl,
                                 .kind = TW_DIRECTORY_USER,
                                 .full_name = "Aaron" };

    assert_done(tw_directory_modify(book->world->place.directory, &values,
                                    TW_DIRECTORY_SET_FULL_NAME, NULL, error));
}

static void
add_group(Book *book)
{
    TwDirectoryObject values = { .kind = TW_DIRECTORY_SECURITY_GROUP,
                                 .name = "team",
                                 .full_name = "Team" };
    guint32 made;

    assert_done(tw_directory_create(book->world->place.directory, &values, NULL, &made, error));
}

static void
remove_carl(Book *book)
{
    TwObjectRemoveArgs remove = { .user = book->carl };

    assert_done(tw_session_object_remove(book->admin, &remove, error));
}

/* Users and groups that come, change and go are told to who listens to the address book, though nobody uses it. */
static void
test_live_book(void)
{
    static void (*const changes[])(Book * book) = { add_carl, rename_carl, add_group, remove_carl };
    static const guint people[] = { 4, 4, 5, 4 };
    Bench bench;
    Bell bell = { .woken = 0 };
    guint32 tag = PR_INSTANCE_KEY;
    TwTableOpenBookArgs open = { .place = TW_BOOK_PLACE_GLOBAL };
    TwTableSetupArgs setup = { .columns = { &tag, 1 } };
    TwWatchWish wish = { .connection = 9, .mask = TW_NOTIFY_TABLE };
    g_autoptr(GArray) copy = NULL;
    TwSession *admin;
    Book book;
    TwWatch *watch;

    bench_open(&bench);
    admin = world_trusted(&bench.world, "SYSTEM");
    book = (Book){ .world = &bench.world, .admin = admin };
    assert_done(tw_session_table_open_book(bench.guest, &open, error));
    setup.table = wish.table = open.table;
    assert_done(tw_session_table_setup(bench.guest, &setup, error));
    watch = tw_session_watch(bench.guest, ring, &bell, NULL);
    assert_done(tw_watch_add(watch, &wish, error));
    copy = keys_now(bench.guest, open.table);
    for (guint step = 0; step < G_N_ELEMENTS(changes); step++) {
        g_autoptr(GArray) truth = NULL;
        guint told;
        changes[step](&book);
        do { /* an event of before may say nothing new */
            g_auto(TwTableEventsArgs) events = { .table = open.table };
            await_event(&bell, watch, 9, TW_NOTIFY_TABLE);
            assert_done(tw_session_table_events(bench.guest, &events, error));
            apply(copy, events.events);
            told = events.events->len;
        } while (told == 0);
        truth = keys_now(bench.guest, open.table);
        g_assert_cmpuint(truth->len, ==, people[step]);
        assert_same_keys(copy, truth);
    }
    tw_watch_end(watch);
    tw_session_unref(admin);
    bench_close(&bench);
}

static void
test_live_queue(void)
{
    Bench bench;
    Bell bell = { .woken = 0 };
    TwSession *sender;
    TwWatchWish wish = { .connection = 3, .mask = TW_NOTIFY_QUEUE };
    TwWatchWish none = { .connection = 4, .mask = TW_NOTIFY_TABLE, .table = 4711 };
    TwQueueSubmitArgs submit = { .flags = TW_QUEUE_MASTER };
    TwWatch *watch, *other;

    bench_open(&bench);
    sender = world_trusted(&bench.world, "SYSTEM");
    watch = tw_session_watch(sender, ring, &bell, NULL);
    other = tw_session_watch(bench.guest, NULL, NULL, NULL);
    assert_refused(tw_watch_add(other, &wish, error), TW_ERROR_NO_ACCESS);
    assert_refused(tw_watch_add(other, &none, error), TW_ERROR_NOT_FOUND);
    assert_done(tw_watch_add(watch, &wish, error));
    submit.store = bench.anna.store;
    for (guint i = 0; i < 3; i++) {
        submit.message =
            world_message(bench.owner, &bench.anna.store, bench.anna.inbox, "to be sent");
        assert_done(tw_session_queue_submit(bench.owner, &submit, error));
        await_event(&bell, watch, 3, TW_NOTIFY_QUEUE);
    }
    tw_watch_remove(watch, 3);
    assert_done(tw_watch_add(watch, &wish, error));
    tw_watch_end(watch);
    tw_watch_end(other);
    tw_session_unref(sender);
    bench_close(&bench);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/table/flags", test_flags);
    g_test_add_func("/session/table/contents", test_contents);
    g_test_add_func("/session/table/folders", test_folders);
    g_test_add_func("/session/table/name-alone", test_name_alone);
    g_test_add_func("/session/table/positions", test_positions);
    g_test_add_func("/session/table/states", test_states);
    g_test_add_func("/session/table/others", test_others);
    g_test_add_func("/session/table/live", test_live);
    g_test_add_func("/session/table/live-rights", test_live_rights);
    g_test_add_func("/session/table/live-book", test_live_book);
    g_test_add_func("/session/table/live-queue", test_live_queue);
    return g_test_run();
}
