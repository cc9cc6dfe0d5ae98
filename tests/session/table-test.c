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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/session/table/contents", test_contents);
    g_test_add_func("/session/table/folders", test_folders);
    return g_test_run();
}
