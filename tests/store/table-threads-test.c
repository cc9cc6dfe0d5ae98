/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Threads that open, sort, read and close tables of the same folders while others change them and one pumps. When all is quiet, every table
 * that is still open shows what a new one shows.
 */
#include <string.h>

#include "base/collate.h"
#include "base/error.h"
#include "mapi/collation.h"
#include "mapi/message.h"
#include "mapi/tags.h"
#include "store/bed.h"
#include "store/table.h"

enum {
    WRITERS = 3,
    READERS = 5,
    CHANGES = 250, /* of each writer */
    MOST_MIDS = 60,
};

typedef struct {
    Bed bed;
    TwTables *tables;
    TwCollations *collations;
    guint32 folders[2];
    GMutex lock; /* guards the list */
    GArray *mids;
    gint writing, reading; /* threads that still do */
    gint wakes;
} Shared;

typedef struct {
    Shared *shared;
    GRand *rand;
    TwTable *table; /* what a reader leaves open */
    TwSortOrder order;
    guint32 folder;
    guint seed;
} Worker;

static guint
pick(Worker *w, guint n)
{
    return (guint) g_rand_int_range(w->rand, 0, (gint32) n);
}

/* ---- writers ---- */

static void
fill(Worker *w, TwObject *object)
{
    static const char *const names[] = { "Ada", "Bob", "Eva", "Zoë" };
    g_autofree char *subject = g_strdup_printf("%c%u", 'a' + pick(w, 26), pick(w, 100));

    put_text(object, PR_SUBJECT, subject);
    put_text(object, PR_SENT_REPRESENTING_NAME, names[pick(w, G_N_ELEMENTS(names))]);
    put_value(object, tw_value_long(PR_IMPORTANCE, pick(w, 3)));
}

static guint32
take_mid(Worker *w)
{
    guint32 mid = 0;

    g_mutex_lock(&w->shared->lock);
    if (w->shared->mids->len > 0)
        mid = g_array_index(w->shared->mids, guint32, pick(w, w->shared->mids->len));
    g_mutex_unlock(&w->shared->lock);
    return mid;
}

static void
put_mid(Worker *w, guint32 mid)
{
    GArray *mids = w->shared->mids;

    g_mutex_lock(&w->shared->lock);
    if (mids->len < MOST_MIDS)
        g_array_append_val(mids, mid);
    else
        g_array_index(mids, guint32, pick(w, mids->len)) = mid;
    g_mutex_unlock(&w->shared->lock);
}

static void
make_one(Worker *w)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    fill(w, object);
    tw_message_create(w->shared->bed.store, w->shared->folders[pick(w, 2)], object, NULL, &made,
                      &error);
    g_assert_no_error(error);
    put_mid(w, made.mid);
}

/* Others may have done away with it meanwhile. */
static void
change_one(Worker *w, guint32 mid)
{
    TwStore *store = w->shared->bed.store;
    g_auto(TwMessageRow) row = { 0 };
    TwMessageSet set = { 0, &mid, 1 };
    TwFlagChange change = { .flags_set = pick(w, 2), .flags_clear = 1 };
    g_autoptr(TwObject) object = NULL;
    guint64 cn;

    if (!tw_message_get(store, mid, &row, NULL))
        return;
    set.from = row.folder;
    switch (pick(w, 6)) {
    case 0:
        tw_messages_delete(store, &set, FALSE, NULL, NULL);
        break;
    case 1:
        tw_messages_move(store, &set, w->shared->folders[row.folder == w->shared->folders[0]], NULL,
                         NULL);
        break;
    case 2:
    case 3:
        tw_messages_set_flags(store, &set, &change, NULL, NULL);
        break;
    default:
        object = tw_object_new(TW_OBJECT_MESSAGE);
        fill(w, object);
        tw_message_save(store, mid, 0, object, 0, &cn, NULL);
    }
}

static gpointer
write_thread(gpointer data)
{
    Worker *w = data;

    for (guint i = 0; i < CHANGES; i++) {
        guint32 mid = take_mid(w);
        if (mid == 0 || pick(w, 3) == 0)
            make_one(w);
        else
            change_one(w, mid);
    }
    g_atomic_int_add(&w->shared->writing, -1);
    return NULL;
}

/* ---- readers ---- */

static TwTable *
open_table(Shared *shared, TwTables *tables, guint32 folder, const TwSortOrder *order)
{
    static const guint32 columns[] = { PR_INSTANCE_KEY, PR_SUBJECT,       PR_SENT_REPRESENTING_NAME,
                                       PR_ROW_TYPE,     PR_CONTENT_COUNT, PR_BODY };
    TwTableCaller caller = { .collation = tw_collation_for_locale(shared->collations, "en") };
    g_autoptr(GError) error = NULL;
    TwTable *table = tw_table_open_contents(tables, shared->bed.store, folder, 0, &caller, &error);

    g_assert_no_error(error);
    g_assert_true(tw_table_set_columns(table, columns, G_N_ELEMENTS(columns), NULL));
    g_assert_true(tw_table_sort(table, order, NULL));
    return table;
}

static void
choose_order(Worker *w)
{
    static const TwSortKey keys[][2] = {
        { { PR_SUBJECT, TW_SORT_ASCENDING }, { PR_IMPORTANCE, TW_SORT_DESCENDING } },
        { { PR_SENT_REPRESENTING_NAME, TW_SORT_DESCENDING }, { PR_SUBJECT, TW_SORT_ASCENDING } },
        { { PR_IMPORTANCE, TW_SORT_ASCENDING }, { PR_SENT_REPRESENTING_NAME, TW_SORT_ASCENDING } },
    };
    guint categories = pick(w, 3);

    if (pick(w, 4) == 0)
        w->order = (TwSortOrder){ .count = 0 };
    else
        g_assert_true(
            tw_sort_order_set(keys[pick(w, 3)], 2, categories, categories, &w->order, NULL));
    w->folder = w->shared->folders[pick(w, 2)];
}

static void
use_table(Worker *w)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    g_autoptr(TwTableRows) event_rows = NULL;
    g_autoptr(GArray) events = NULL;
    guint count, bookmark;

    g_assert_true(tw_table_seek_fraction(w->table, pick(w, 100), 100, &error));
    rows = tw_table_query_rows(w->table, 1 + pick(w, 40), TRUE, &error);
    g_assert_no_error(error);
    g_assert_true(tw_table_count(w->table, &count, NULL, &error));
    if (tw_table_create_bookmark(w->table, &bookmark, NULL)) {
        tw_table_seek(w->table, bookmark, 1, NULL, NULL, NULL); /* its row may be gone */
        g_assert_true(tw_table_free_bookmark(w->table, bookmark, NULL));
    }
    events = tw_table_take_events(w->table, &event_rows, &error);
    g_assert_no_error(error);
}

static gpointer
read_thread(gpointer data)
{
    Worker *w = data;

    choose_order(w);
    w->table = open_table(w->shared, w->shared->tables, w->folder, &w->order);
    g_assert_true(tw_table_subscribe(w->table, w->seed, NULL));
    while (g_atomic_int_get(&w->shared->writing) > 0) {
        if (pick(w, 8) == 0) {
            tw_table_free(w->table);
            choose_order(w);
            w->table = open_table(w->shared, w->shared->tables, w->folder, &w->order);
            g_assert_true(tw_table_subscribe(w->table, w->seed, NULL));
        }
        use_table(w);
    }
    g_atomic_int_add(&w->shared->reading, -1);
    return NULL;
}

static void
on_wake(gpointer data)
{
    g_atomic_int_inc(&((Shared *) data)->wakes);
}

static gpointer
pump_thread(gpointer data)
{
    Shared *shared = data;
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(guint64));

    while (g_atomic_int_get(&shared->reading) > 0) {
        g_atomic_int_set(&shared->wakes, 0);
        tw_tables_pump(shared->tables, tokens);
        g_array_set_size(tokens, 0);
        g_thread_yield();
    }
    return NULL;
}

/* ---- the end ---- */

static char *
read_all(TwTable *table)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwTableRows) rows = NULL;
    GString *text = g_string_new(NULL);

    g_assert_true(tw_table_seek(table, TW_BOOKMARK_BEGIN, 0, NULL, NULL, NULL));
    rows = tw_table_query_rows(table, G_MAXINT32, FALSE, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < rows->row_count; i++) {
        for (guint c = 0; c < rows->column_count; c++) {
            const TwPropValue *cell = tw_table_rows_cell(rows, i, c);
            if (c == 0 && *(const guint32 *) (gconstpointer) cell->data == 0)
                g_string_append(text, "heading ");
            else if (tw_prop_tag_type(cell->tag) == TW_PT_LONG)
                g_string_append_printf(text, "%u ", cell->u4);
            else if (tw_prop_tag_type(cell->tag) == TW_PT_UNICODE)
                g_string_append_len(text, cell->text, cell->len);
            else if (tw_prop_tag_type(cell->tag) == TW_PT_BINARY)
                for (guint k = 0; k < cell->len; k++)
                    g_string_append_printf(text, "%02x", cell->data[k]);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void
run(const TwTablesConfig *config)
{
    Shared shared = { .writing = WRITERS, .reading = READERS };
    Worker workers[WRITERS + READERS];
    GThread *threads[WRITERS + READERS], *pump;
    TwTables *fresh;

    bed_new(&shared.bed);
    shared.collations = tw_collations_new();
    g_mutex_init(&shared.lock);
    shared.mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    shared.folders[0] = bed_folder(&shared.bed, shared.bed.root, "one");
    shared.folders[1] = bed_folder(&shared.bed, shared.bed.root, "two");
    shared.tables = tw_tables_new(shared.bed.engine, config, on_wake, &shared);
    pump = g_thread_new("pump", pump_thread, &shared);
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++) {
        workers[i] = (Worker){ .shared = &shared, .seed = (guint) g_test_rand_int() | 1 };
        workers[i].rand = g_rand_new_with_seed(workers[i].seed);
        threads[i] = g_thread_new("worker", i < WRITERS ? write_thread : read_thread, &workers[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++)
        g_thread_join(threads[i]);
    g_thread_join(pump);

    fresh = tw_tables_new(shared.bed.engine, NULL, NULL, NULL);
    for (guint i = WRITERS; i < G_N_ELEMENTS(workers); i++) {
        g_autoptr(TwTable) other = open_table(&shared, fresh, workers[i].folder, &workers[i].order);
        g_autofree char *ours = read_all(workers[i].table), *right = read_all(other);
        g_assert_cmpstr(ours, ==, right);
        tw_table_free(workers[i].table);
    }
    tw_tables_free(fresh);
    tw_tables_free(shared.tables);
    tw_collations_free(shared.collations);
    for (guint i = 0; i < G_N_ELEMENTS(workers); i++)
        g_rand_free(workers[i].rand);
    g_array_unref(shared.mids);
    g_mutex_clear(&shared.lock);
    bed_check_store(shared.bed.store, "after all threads");
    bed_free(&shared.bed);
}

static void
test_shared(void)
{
    run(NULL);
}

static void
test_tight(void)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;

    config.head_bytes = 4096;
    config.view_bytes = 1;
    config.events_max = 8;
    config.idle_sources = 0;
    run(&config);
}

static void
test_spilled(void)
{
    TwTablesConfig config = TW_TABLES_CONFIG_INIT;

    config.head_bytes = 0;
    config.spill_rows = 1;
    run(&config);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/table-threads/shared", test_shared);
    g_test_add_func("/store/table-threads/tight", test_tight);
    g_test_add_func("/store/table-threads/spilled", test_spilled);
    return g_test_run();
}
