/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Search folders: each kind of change reaches the results; restarts, stops, deletions; criteria that make no sense; random
 * operations beside comparing by hand (invariants.c); cuts of the power; threads. TW_STEPS asks for more; --seed repeats.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/invariants.h"
#include "store/ops.h"
#include "store/search-folder.h"
#include "store/store-private.h"

/* ---- helpers ---- */

static TwRestriction *
subject_has(const char *text)
{
    g_auto(TwRestrictionBuilder) builder;
    TwPropValue value = tw_value_str(PR_SUBJECT, text);

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, PR_SUBJECT,
                                   &value);
    return tw_restriction_builder_finish(&builder, NULL);
}

static guint32
make_search(Bed *bed, guint32 parent, const char *name)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_SEARCH };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(bed->store, parent, &make, &id, &error);
    g_assert_no_error(error);
    return id;
}

static void
search_for(Bed *bed, guint32 search, const char *text, guint32 folder, guint flags)
{
    g_autoptr(TwRestriction) restriction = subject_has(text);
    TwSearchCriteria criteria = { .restriction = restriction,
                                  .folders = &folder,
                                  .folder_count = 1 };
    g_autoptr(GError) error = NULL;

    tw_search_folder_set(bed->store, search, &criteria, flags, &error);
    g_assert_no_error(error);
}

static void
settle(Bed *bed)
{
    g_autoptr(GError) error = NULL;

    tw_search_folder_wait(bed->store, 0, &error);
    g_assert_no_error(error);
}

static gboolean
add_mid(const TwMessageRow *row, gpointer data)
{
    g_string_append_printf(data, "%s%u", ((GString *) data)->len > 0 ? " " : "", row->mid);
    return TRUE;
}

/* The results are these, once all is current; and the folder counts so many, and so many unread. */
static void G_GNUC_PRINTF(4, 5)
    expect_results(Bed *bed, guint32 search, guint unread, const char *format, ...)
{
    g_autoptr(GString) got = g_string_new(NULL);
    g_autoptr(TwFolderRow) row = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *wanted = NULL;
    guint count = 0;
    va_list args;

    va_start(args, format);
    wanted = g_strdup_vprintf(format, args);
    va_end(args);
    settle(bed);
    tw_search_folder_list(bed->store, search, 0, 1000, TRUE, add_mid, got, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(got->str, ==, wanted);
    for (const char *c = wanted; *c != '\0'; c++)
        count += *c == ' ' || c == wanted ? 1 : 0;
    row = bed_row(bed, search);
    g_assert_cmpuint(row->total, ==, count);
    g_assert_cmpuint(row->unread, ==, unread);
}

static void
set_subject(Bed *bed, guint32 mid, const char *subject)
{
    g_autoptr(TwObject) object = bed_object(subject, 20);
    g_autoptr(GError) error = NULL;
    guint64 cn;

    tw_message_save(bed->store, mid, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
}

static guint
state_of(Bed *bed, guint32 search)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwSearchInfo) info = tw_search_folder_get(bed->store, search, &error);

    g_assert_no_error(error);
    return info->state;
}

static guint32
move_one(Bed *bed, guint32 from, guint32 mid, guint32 to)
{
    TwMessageSet set = { from, &mid, 1 };
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;

    tw_messages_move(bed->store, &set, to, done, &error);
    g_assert_no_error(error);
    return g_array_index(done, TwMessageDone, 0).new_mid;
}

static guint
total_of(Bed *bed, guint32 folder)
{
    g_autoptr(TwFolderRow) row = bed_row(bed, folder);

    return row->total;
}

/* ---- each change ---- */

static void
test_messages(void)
{
    Bed bed;
    guint32 a, b, search, m[6];
    TwFlagChange read = { .flags_set = TW_MSGFLAG_READ };
    TwMessageSet set;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, bed.root, "b");
    m[0] = bed_message(&bed, a, "An Apple", 20);
    m[1] = bed_message(&bed, a, "a pear", 20);
    m[2] = bed_message(&bed, b, "apple of another folder", 20);
    search = make_search(&bed, bed.root, "find");
    expect_results(&bed, search, 0, "%s", "");
    search_for(&bed, search, "apple", a, 0);
    expect_results(&bed, search, 1, "%u", m[0]);
    m[3] = bed_message(&bed, a, "APPLES", 20); /* new */
    expect_results(&bed, search, 2, "%u %u", m[0], m[3]);
    set_subject(&bed, m[1], "apple now"); /* changed so that it matches, and not */
    expect_results(&bed, search, 3, "%u %u %u", m[0], m[1], m[3]);
    set_subject(&bed, m[0], "no more");
    expect_results(&bed, search, 2, "%u %u", m[1], m[3]);
    set = (TwMessageSet){ a, &m[3], 1 };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &read, NULL, NULL)); /* read */
    expect_results(&bed, search, 1, "%u %u", m[1], m[3]);
    read = (TwFlagChange){ .flags_clear = TW_MSGFLAG_READ };
    g_assert_true(tw_messages_set_flags(bed.store, &set, &read, NULL, NULL));
    expect_results(&bed, search, 2, "%u %u", m[1], m[3]);
    m[4] = move_one(&bed, b, m[2], a); /* moved in and out */
    expect_results(&bed, search, 3, "%u %u %u", m[1], m[3], m[4]);
    move_one(&bed, a, m[1], b);
    expect_results(&bed, search, 2, "%u %u", m[3], m[4]);
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL)); /* deleted, restored */
    expect_results(&bed, search, 1, "%u", m[4]);
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL));
    expect_results(&bed, search, 2, "%u %u", m[3], m[4]);
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, NULL));
    expect_results(&bed, search, 1, "%u", m[4]);
    bed_reopen(&bed);
    m[5] = bed_message(&bed, a, "an apple after", 20);
    expect_results(&bed, search, 2, "%u %u", m[4], m[5]);
    bed_check_store(bed.store, "messages");
    bed_free(&bed);
}

static void
test_folders(void)
{
    Bed bed;
    guint32 a, b, c, d, trash, search, m[4], copy;
    g_autoptr(TwRestriction) restriction = subject_has("x");
    TwSearchCriteria criteria = { .restriction = restriction,
                                  .folder_count = 1,
                                  .excluded_count = 1 };

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    b = bed_folder(&bed, a, "b");
    c = bed_folder(&bed, bed.root, "c");
    trash = bed_folder(&bed, a, "trash");
    search = make_search(&bed, bed.root, "find");
    m[0] = bed_message(&bed, a, "x0", 20);
    m[1] = bed_message(&bed, b, "x1", 20);
    m[2] = bed_message(&bed, c, "x2", 20);
    m[3] = bed_message(&bed, trash, "x3", 20);
    criteria.folders = &a;
    criteria.excluded = &trash;
    g_assert_true(tw_search_folder_set(bed.store, search, &criteria, TW_SEARCH_RECURSIVE, NULL));
    expect_results(&bed, search, 2, "%u %u", m[0], m[1]);
    g_assert_true(tw_folder_move(bed.store, c, b, NULL, NULL)); /* in */
    expect_results(&bed, search, 3, "%u %u %u", m[0], m[1], m[2]);
    g_assert_true(tw_folder_move(bed.store, b, trash, NULL, NULL)); /* under the one left out */
    expect_results(&bed, search, 1, "%u", m[0]);
    g_assert_true(tw_folder_move(bed.store, b, a, NULL, NULL));
    expect_results(&bed, search, 3, "%u %u %u", m[0], m[1], m[2]);
    g_assert_true(tw_folder_delete(bed.store, b, TRUE, NULL)); /* with c in it */
    expect_results(&bed, search, 1, "%u", m[0]);
    g_assert_true(tw_folder_restore(bed.store, b, NULL, NULL));
    expect_results(&bed, search, 3, "%u %u %u", m[0], m[1], m[2]);
    g_assert_true(tw_folder_copy(bed.store, c, a, "copy", TRUE, &copy, NULL));
    settle(&bed);
    g_assert_cmpuint(total_of(&bed, search), ==, 4);
    d = make_search(&bed, b, "inner"); /* a search folder below is not searched */
    search_for(&bed, d, "x", a, TW_SEARCH_RECURSIVE);
    settle(&bed);
    g_assert_cmpuint(total_of(&bed, d), ==, 5);
    g_assert_cmpuint(total_of(&bed, search), ==, 4);
    g_assert_true(tw_folder_delete(bed.store, b, FALSE, NULL));
    settle(&bed);
    g_assert_cmpuint(total_of(&bed, search), ==, 2);
    bed_check_store(bed.store, "folders");
    g_assert_true(tw_folder_delete(bed.store, a, FALSE, NULL)); /* the named one itself */
    expect_results(&bed, search, 0, "%s", "");
    bed_check_store(bed.store, "folders, last");
    bed_free(&bed);
}

/* ---- life of a search ---- */

static void
test_states(void)
{
    Bed bed;
    guint32 a, search, copy, m[3];
    g_autoptr(TwSearchInfo) info = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gboolean has;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    search = make_search(&bed, bed.root, "find");
    g_assert_null(tw_search_folder_get(bed.store, search, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    m[0] = bed_message(&bed, a, "apple", 20);
    search_for(&bed, search, "apple", a, TW_SEARCH_FOREGROUND | TW_SEARCH_RESTART | 0x80000000u);
    settle(&bed);
    info = tw_search_folder_get(bed.store, search, NULL);
    g_assert_cmphex(info->flags, ==, TW_SEARCH_FOREGROUND);
    g_assert_cmphex(info->state, ==,
                    TW_SEARCH_IS_RUNNING | TW_SEARCH_IS_COMPLETE | TW_SEARCH_IS_FOREGROUND);
    g_assert_cmpuint(info->folders->len, ==, 1);
    g_assert_cmpuint(g_array_index(info->folders, guint32, 0), ==, a);
    text = tw_restriction_to_text(info->restriction, 200);
    g_assert_nonnull(strstr(text, "apple"));
    /* stopped: results stay, changes do not come */
    g_assert_true(tw_search_folder_set(bed.store, search, NULL, TW_SEARCH_STOP, NULL));
    m[1] = bed_message(&bed, a, "apple", 20);
    expect_results(&bed, search, 1, "%u", m[0]);
    g_assert_cmphex(state_of(&bed, search), ==, TW_SEARCH_IS_COMPLETE | TW_SEARCH_IS_FOREGROUND);
    /* begun anew with what was set */
    g_assert_true(tw_search_folder_set(bed.store, search, NULL, TW_SEARCH_RESTART, NULL));
    expect_results(&bed, search, 2, "%u %u", m[0], m[1]);
    /* filled once */
    search_for(&bed, search, "apple", a, TW_SEARCH_STATIC);
    expect_results(&bed, search, 2, "%u %u", m[0], m[1]);
    m[2] = bed_message(&bed, a, "apple", 20);
    expect_results(&bed, search, 2, "%u %u", m[0], m[1]);
    g_assert_cmphex(state_of(&bed, search), ==, TW_SEARCH_IS_COMPLETE | TW_SEARCH_IS_STATIC);
    g_assert_true(tw_search_folder_has(bed.store, search, m[1], &has, NULL) && has);
    g_assert_true(tw_search_folder_has(bed.store, search, m[2], &has, NULL) && !has);
    /* a copy searches for itself; the original goes with all its rows */
    g_assert_true(tw_folder_copy(bed.store, search, bed.root, "copy", FALSE, &copy, NULL));
    expect_results(&bed, copy, 3, "%u %u %u", m[0], m[1], m[2]);
    g_assert_true(tw_folder_delete(bed.store, search, TRUE, NULL));
    g_assert_null(tw_search_folder_get(bed.store, search, NULL));
    g_assert_true(tw_store_restart_searches(bed.store, NULL, NULL));
    bed_check_store(bed.store, "states");
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), 1, "states");
    bed_free(&bed);
}

/* What was soft-deleted with its parent sleeps, and catches up when it is restored. */
static void
test_dormant(void)
{
    Bed bed;
    guint32 a, finder, search, m[3];

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    finder = bed_folder(&bed, bed.root, "finder");
    search = make_search(&bed, finder, "find");
    m[0] = bed_message(&bed, a, "apple", 20);
    search_for(&bed, search, "apple", a, 0);
    expect_results(&bed, search, 1, "%u", m[0]);
    g_assert_true(tw_folder_delete(bed.store, finder, TRUE, NULL));
    m[1] = bed_message(&bed, a, "apple", 20);
    settle(&bed);
    bed_reopen(&bed);
    m[2] = bed_message(&bed, a, "apple", 20);
    g_assert_true(tw_folder_restore(bed.store, finder, NULL, NULL));
    expect_results(&bed, search, 3, "%u %u %u", m[0], m[1], m[2]);
    bed_check_store(bed.store, "dormant");
    bed_free(&bed);
}

static const TwDbSql forget_rows[] = {
    { .sql = "DELETE FROM chg WHERE cn <= (SELECT max(cn) FROM chg) - 1" },
    { .sql = "DELETE FROM chg" },
};
static const TwDbSqlSet forget_set = { "forget", forget_rows, G_N_ELEMENTS(forget_rows) };

static gboolean
forget_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &forget_set, *(const guint *) data);

    return tw_db_run(st, error);
}

/* On the partition itself, while no engine is open. */
static void
forget_changes(Bed *bed, guint which)
{
    static const TwDbSqlSet *const sets[] = { &forget_set };
    TwDbSchema schema = tw_partition_schema;
    TwDbConfig config = TW_DB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDb) db = NULL;

    schema.sets = sets;
    schema.set_count = 1;
    config.schema = &schema;
    config.fs = tw_fault_fs_get(bed->fs);
    config.path = "/data/partitions/p1.db";
    config.log_bytes_min = config.log_bytes_max = 256 << 10;
    config.reserve_bytes_max = 32 << 10;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    tw_db_write(db, forget_tx, &which, &error);
    g_assert_no_error(error);
}

/* Where the change table does not reach back far enough the search begins anew. */
static void
test_forgotten(void)
{
    for (guint which = 0; which < G_N_ELEMENTS(forget_rows); which++) {
        Bed bed;
        guint32 a, finder, search, number, m[3];
        bed_new(&bed);
        number = tw_store_get_number(bed.store);
        a = bed_folder(&bed, bed.root, "a");
        finder = bed_folder(&bed, bed.root, "finder");
        search = make_search(&bed, finder, "find");
        m[0] = bed_message(&bed, a, "apple", 20);
        search_for(&bed, search, "apple", a, 0);
        expect_results(&bed, search, 1, "%u", m[0]);
        g_assert_true(tw_folder_delete(bed.store, finder, TRUE, NULL)); /* it sleeps */
        m[1] = bed_message(&bed, a, "apple", 20);
        set_subject(&bed, m[0], "no more");
        settle(&bed);
        g_assert_true(tw_folder_restore(bed.store, finder, NULL, NULL));
        bed_close(&bed);
        forget_changes(&bed, which);
        bed.engine = tw_engine_open(&bed.config, NULL);
        bed.store = tw_store_open_number(bed.engine, number, NULL);
        m[2] = bed_message(&bed, a, "apple", 20);
        expect_results(&bed, search, 2, "%u %u", m[1], m[2]);
        bed_free(&bed);
    }
}

static void
test_events(void)
{
    Bed bed;
    guint32 a, search, mid;
    TwSubscription *subscription;
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(TwChange));
    g_autoptr(GString) text = g_string_new(NULL);
    TwMessageSet set;
    gboolean behind;
    guint64 cn = 0;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    search = make_search(&bed, bed.root, "find");
    mid = bed_message(&bed, a, "apple", 20);
    subscription = tw_engine_subscribe(bed.engine, NULL, NULL, NULL);
    search_for(&bed, search, "apple", a, 0);
    settle(&bed);
    set = (TwMessageSet){ a, &mid, 1 };
    g_assert_true(tw_messages_delete(bed.store, &set, TRUE, NULL, NULL));
    settle(&bed);
    g_assert_true(tw_messages_restore(bed.store, &set, NULL, NULL));
    settle(&bed);
    tw_subscription_pull(subscription, seen, &behind);
    g_assert_false(behind);
    for (guint i = 0; i < seen->len; i++) {
        const TwChange *change = &g_array_index(seen, TwChange, i);
        g_assert_cmpuint(change->cn, >=, cn);
        cn = change->cn;
        g_string_append_printf(text, "%u ", change->op);
        if (change->op == TW_CHANGE_SEARCH_ADDED || change->op == TW_CHANGE_SEARCH_REMOVED) {
            g_assert_cmpuint(change->folder, ==, search);
            g_assert_cmpuint(change->id, ==, mid);
            g_assert_cmpuint(change->aux, ==, a);
        }
    }
    g_assert_cmpstr(text->str, ==, "2 42 43 44 20 41 21 40 ");
    tw_subscription_end(subscription);
    bed_free(&bed);
}

/* More than a slice, filled while messages come and go. */
static void
test_slices(void)
{
    Bed bed;
    guint32 a, search, first;
    guint count = 2 * TW_SEARCH_SLICE_ROWS + 77;
    g_autofree guint32 *mids = g_new(guint32, count);
    TwMessageSet set;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    search = make_search(&bed, bed.root, "find");
    first = bed_message(&bed, a, "apple", 20);
    for (guint n = 1; n < count;) { /* doubles by copying itself */
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        guint more = MIN(n, count - n);
        mids[0] = first;
        set = (TwMessageSet){ a, mids, more };
        g_assert_true(tw_messages_copy(bed.store, &set, a, done, NULL));
        for (guint i = 0; i < done->len; i++)
            mids[n + i] = g_array_index(done, TwMessageDone, i).new_mid;
        n += more;
    }
    search_for(&bed, search, "apple", a, 0);
    set = (TwMessageSet){ a, mids + 100, 50 };
    g_assert_true(tw_messages_delete(bed.store, &set, FALSE, NULL, NULL));
    bed_message(&bed, a, "apple", 20);
    settle(&bed);
    g_assert_cmpuint(total_of(&bed, search), ==, count - 50 + 1);
    /* restarted in the middle, and stopped with the rubbish of the one before */
    search_for(&bed, search, "apple", a, 0);
    search_for(&bed, search, "apple", a, 0);
    settle(&bed);
    g_assert_cmpuint(total_of(&bed, search), ==, count - 50 + 1);
    bed_reopen(&bed);
    settle(&bed);
    invariants_check(bed.store, INVARIANTS_NO_CONTENT, "slices");
    g_assert_true(tw_folder_delete(bed.store, search, FALSE, NULL));
    g_assert_true(tw_folder_delete(bed.store, a, FALSE, NULL)); /* the query below is quadratic */
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), 1, "slices");
    bed_free(&bed);
}

/* ---- what makes no sense ---- */

static TwRestriction *
wide(guint nodes)
{
    g_auto(TwRestrictionBuilder) builder;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_OR, 0);
    for (guint i = 1; i < nodes; i++)
        tw_restriction_builder_exist(&builder, PR_SUBJECT);
    tw_restriction_builder_end(&builder);
    return tw_restriction_builder_finish(&builder, NULL);
}

static TwRestriction *
long_text(gsize len)
{
    g_autofree char *text = g_strnfill(len, 'x');

    return subject_has(text);
}

static void
test_refused(void)
{
    Bed bed;
    guint32 a, search, other, gone = 4000000000u, many[TW_SEARCH_MAX_FOLDERS + 1];
    g_autoptr(TwRestriction) good = subject_has("x");
    g_autoptr(TwRestriction) too_wide = wide(TW_SEARCH_MAX_NODES + 1);
    g_autoptr(TwRestriction) fits = wide(TW_SEARCH_MAX_NODES);
    g_autoptr(TwRestriction) too_long = long_text(TW_SEARCH_MAX_CRITERIA);
    TwStoreInfo before, after;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    search = make_search(&bed, bed.root, "find");
    other = make_search(&bed, bed.root, "other");
    search_for(&bed, other, "x", a, 0);
    settle(&bed);
    for (guint i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = a;
    {
        const struct {
            const char *name;
            guint32 folder;
            TwSearchCriteria criteria;
            guint flags;
            int code; /* -1: good */
        } cases[] = {
            { "nothing set yet", search, { NULL, NULL, 0, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "no folders", search, { good, NULL, 0, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "no restriction", search, { NULL, &a, 1, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "an empty list", search, { good, &a, 0, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "stopped before it began", search, { good, &a, 1, NULL, 0 }, 1, TW_ERROR_INVALID },
            { "itself", search, { good, &search, 1, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "another one", search, { good, &other, 1, NULL, 0 }, 0, TW_ERROR_INVALID },
            { "no such folder", search, { good, &gone, 1, NULL, 0 }, 0, TW_ERROR_NOT_FOUND },
            { "no such search", gone, { good, &a, 1, NULL, 0 }, 0, TW_ERROR_NOT_FOUND },
            { "not a search folder", a, { good, &a, 1, NULL, 0 }, 0, TW_ERROR_UNSUPPORTED },
            { "too wide", search, { too_wide, &a, 1, NULL, 0 }, 0, TW_ERROR_TOO_COMPLEX },
            { "too long", search, { too_long, &a, 1, NULL, 0 }, 0, TW_ERROR_TOO_BIG },
            { "too many folders",
              search,
              { good, many, TW_SEARCH_MAX_FOLDERS + 1, NULL, 0 },
              0,
              TW_ERROR_TOO_BIG },
            { "too many left out",
              search,
              { good, &a, 1, many, TW_SEARCH_MAX_FOLDERS + 1 },
              0,
              TW_ERROR_TOO_BIG },
            { "as wide as may be", search, { fits, &a, 1, NULL, 0 }, 0, -1 },
            { "as many folders as may be",
              search,
              { good, many, TW_SEARCH_MAX_FOLDERS, many, TW_SEARCH_MAX_FOLDERS },
              0,
              -1 },
        };
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
            g_autoptr(GError) error = NULL;
            gboolean ok;
            g_assert_true(tw_store_get_info(bed.store, &before, NULL));
            ok = tw_search_folder_set(bed.store, cases[i].folder, &cases[i].criteria,
                                      cases[i].flags, &error);
            g_assert_true(tw_store_get_info(bed.store, &after, NULL));
            g_test_message("%s: %s", cases[i].name, error != NULL ? error->message : "good");
            g_assert_true(ok == (cases[i].code == -1));
            if (!ok) {
                g_assert_error(error, TW_ERROR, cases[i].code);
                g_assert_cmpuint(after.cn, ==, before.cn);
            }
        }
    }
    bed_check_store(bed.store, "refused");
    bed_free(&bed);
}

/* A search folder takes neither messages nor folders. */
static void
test_holds_nothing(void)
{
    Bed bed;
    guint32 a, search, mid, id;
    g_autoptr(TwObject) object = bed_object("x", 10);
    TwFolderMake make = { .name = "inside", .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    TwMessageMade made;
    TwMessageSet set;

    bed_new(&bed);
    a = bed_folder(&bed, bed.root, "a");
    search = make_search(&bed, bed.root, "find");
    mid = bed_message(&bed, a, "x", 10);
    set = (TwMessageSet){ a, &mid, 1 };
    g_assert_false(tw_message_create(bed.store, search, object, NULL, &made, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(tw_messages_move(bed.store, &set, search, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(tw_messages_copy(bed.store, &set, search, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(tw_folder_create(bed.store, search, &make, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(tw_folder_move(bed.store, a, search, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
    bed_check_store(bed.store, "holds nothing");
    bed_free(&bed);
}

/* ---- whole runs ---- */

static void
test_model(void)
{
    const char *wish = g_getenv("TW_STEPS");
    guint steps = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : 1200;
    guint32 seed = (guint32) g_test_rand_int();
    Ops ops = { .rand = g_rand_new_with_seed(seed), .most = 150, .searches = TRUE };
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    for (guint i = 1; i <= steps; i++) {
        g_autoptr(GError) error = NULL;
        ops.engine = bed.engine;
        ops.store = bed.store;
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", ops.last, error->message);
        if (i % 300 == 0)
            bed_reopen(&bed);
        if (i % 60 == 0)
            invariants_check(bed.store, INVARIANTS_NO_CONTENT, "search model");
    }
    bed_check_store(bed.store, "search model");
    bed_close(&bed);
    invariants_check_orphans(tw_fault_fs_get(bed.fs), 1, "search model");
    bed_free(&bed);
    g_rand_free(ops.rand);
}

static void
test_no_disk(void)
{
    g_test_skip("the database is not on the disk in memory");
}

/* Whatever image the power leaves, the results are right once they are current. */
static void
test_power(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : 60;
    guint32 seed = (guint32) g_test_rand_int();
    Ops ops = { .rand = g_rand_new_with_seed(seed), .most = 60, .searches = TRUE };
    guint first, last;
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    ops.engine = bed.engine;
    ops.store = bed.store;
    first = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < 150; i++) {
        g_autoptr(GError) error = NULL;
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", ops.last, error->message);
        if (i % 10 == 0)
            settle(&bed);
    }
    settle(&bed);
    last = tw_fault_fs_events(bed.fs);
    for (guint i = 0; i < images; i++) {
        guint event = first + (guint) g_rand_int_range(ops.rand, 0, (gint32) (last - first) + 1);
        TwFaultFs *fs = tw_fault_fs_image(bed.fs, event, (TwImageMode) (i % TW_IMAGE_MODES),
                                          g_rand_int(ops.rand));
        g_autoptr(GError) error = NULL;
        g_autofree char *label = g_strdup_printf("event %u, mode %u", event, i % TW_IMAGE_MODES);
        Bed after;
        bed_open(&after, fs, &error);
        if (error == NULL)
            after.store = tw_store_open(after.engine, &bed.store_guid, &error);
        if (error != NULL)
            g_error("%s: %s", label, error->message);
        invariants_check(after.store, INVARIANTS_NO_CONTENT, label);
        bed_free(&after);
    }
    bed_free(&bed);
    g_rand_free(ops.rand);
}

typedef struct {
    Bed *bed;
    guint32 seed;
} Worker;

static gpointer
run_ops(gpointer data)
{
    const Worker *worker = data;
    Ops ops = { .engine = worker->bed->engine,
                .store = worker->bed->store,
                .rand = g_rand_new_with_seed(worker->seed),
                .most = 80,
                .searches = TRUE };

    for (guint i = 0; i < 60; i++) {
        g_autoptr(GError) error = NULL;
        if (!ops_step(&ops, &error) && !ops_is_expected(error))
            g_error("%s: %s", ops.last, error->message);
        if (i % 20 == 0)
            tw_search_folder_wait(worker->bed->store, g_get_monotonic_time() + 1000, NULL);
    }
    g_rand_free(ops.rand);
    return NULL;
}

static void
test_threads(void)
{
    Worker workers[6];
    GThread *threads[G_N_ELEMENTS(workers)];
    guint32 seed = (guint32) g_test_rand_int();
    Bed bed;

    g_test_message("seed %u", seed);
    bed_new(&bed);
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i] = (Worker){ &bed, seed + i };
        threads[i] = g_thread_new("ops", run_ops, &workers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++)
        g_thread_join(threads[i]);
    invariants_check(bed.store, INVARIANTS_NO_CONTENT, "search threads");
    bed_free(&bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/search/messages", test_messages);
    g_test_add_func("/store/search/folders", test_folders);
    g_test_add_func("/store/search/states", test_states);
    g_test_add_func("/store/search/dormant", test_dormant);
    g_test_add_func("/store/search/forgotten", test_forgotten);
    g_test_add_func("/store/search/events", test_events);
    g_test_add_func("/store/search/slices", test_slices);
    g_test_add_func("/store/search/refused", test_refused);
    g_test_add_func("/store/search/holds-nothing", test_holds_nothing);
    g_test_add_func("/store/search/model", test_model);
    g_test_add_func("/store/search/power", bed_on_maria() ? test_no_disk : test_power);
    g_test_add_func("/store/search/threads", test_threads);
    return g_test_run();
}
