/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long until a search folder over 100,000 messages is filled, and what does a live one add to each later change?
 *
 * The restriction is what clients ask for: unread, and a word in the subject; half of the messages match. The peer of filling
 * is walking through the same messages with tw_folder_list(), heads and all, comparing nothing. Changes are counted with the
 * search folder stopped and live in turn: read marks in batches of 100, read marks one by one, deliveries one by one. CPU is that of
 * the whole process, until the results are current.
 *
 *     bench-store-search [FOLDER [MESSAGES]]
 */
#include "bench.h"

#include "mapi/tags.h"
#include "store/mail.h"
#include "store/search-folder.h"

#include <glib/gstdio.h>
#include <string.h>

enum {
    FOLDERS = 10,
    KINDS = 100, /* different subjects */
    ROUNDS = 5,
    BATCH = 100,
    SINGLES = 300,
};

typedef struct {
    TwEngine *engine;
    TwStore *store;
    guint32 root, search, folders[FOLDERS];
    GArray *mids; /* of the first folder */
    TwRestriction *restriction;
    guint messages, at;
} Bench;

/* ---- what there is ---- */

static guint32
make_one(Bench *bench, guint32 folder, guint number)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *subject =
        g_strdup_printf("Re: %s figures, draft %u", number % 2 ? "Quarterly" : "Other", number);
    TwPropValue value = tw_value_str(PR_SUBJECT, subject);
    TwMessageMade made = { 0 };
    g_autoptr(GError) error = NULL;

    tw_object_set(object, &value, NULL);
    value = tw_value_str(PR_MESSAGE_CLASS, "IPM.Note");
    tw_object_set(object, &value, NULL);
    value = tw_value_str(PR_SENT_REPRESENTING_NAME, "Ada Lovelace");
    tw_object_set(object, &value, NULL);
    value = tw_value_str(PR_BODY, "Dear all, these are the figures as they stand now.");
    tw_object_set(object, &value, NULL);
    bench_must(tw_message_create(bench->store, folder, object, NULL, &made, &error), &error);
    return made.mid;
}

static void
fill_folder(Bench *bench, guint32 folder, guint count)
{
    g_autoptr(GArray) mids = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < KINDS; i++) {
        guint32 mid = make_one(bench, folder, i);
        g_array_append_val(mids, mid);
    }
    while (mids->len < count) {
        guint more = MIN(mids->len, count - mids->len);
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        TwMessageSet set = { folder, (const guint32 *) (gpointer) mids->data, more };
        bench_must(tw_messages_copy(bench->store, &set, folder, done, &error), &error);
        for (guint i = 0; i < done->len; i++)
            g_array_append_val(mids, g_array_index(done, TwMessageDone, i).new_mid);
    }
    if (bench->mids == NULL)
        bench->mids = g_steal_pointer(&mids);
}

static guint32
make_folder(Bench *bench, TwFolderType type, const char *name)
{
    TwFolderMake make = { .name = name, .type = type };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    bench_must(tw_folder_create(bench->store, bench->root, &make, &id, &error), &error);
    return id;
}

static void
prepare(Bench *bench, const char *path)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    TwStoreMake make = { .partition = -1 };
    g_auto(TwRestrictionBuilder) builder;
    TwPropValue word = tw_value_str(PR_SUBJECT, "quarterly");
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;

    config.fs = tw_file_system_real();
    config.path = path;
    bench->engine = tw_engine_open(&config, &error);
    bench_must(bench->engine != NULL, &error);
    bench->store = tw_store_create(bench->engine, &make, &error);
    bench_must(bench->store != NULL && tw_store_get_info(bench->store, &info, &error), &error);
    bench->root = info.root;
    for (guint i = 0; i < FOLDERS; i++) {
        g_autofree char *name = g_strdup_printf("folder %u", i);
        bench->folders[i] = make_folder(bench, TW_FOLDER_GENERIC, name);
        fill_folder(bench, bench->folders[i], bench->messages / FOLDERS);
    }
    bench->search = make_folder(bench, TW_FOLDER_SEARCH, "search");
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_bitmask(&builder, FALSE, PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
    tw_restriction_builder_content(&builder, TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, PR_SUBJECT,
                                   &word);
    tw_restriction_builder_end(&builder);
    bench->restriction = tw_restriction_builder_finish(&builder, &error);
    bench_must(bench->restriction != NULL, &error);
}

/* ---- filling ---- */

static void
search(Bench *bench, gboolean on)
{
    TwSearchCriteria criteria = { .restriction = bench->restriction,
                                  .folders = &bench->root,
                                  .folder_count = 1 };
    g_autoptr(GError) error = NULL;

    bench_must(tw_search_folder_set(bench->store, bench->search, on ? &criteria : NULL,
                                    on ? TW_SEARCH_RECURSIVE : TW_SEARCH_STOP, &error),
               &error);
    bench_must(tw_search_folder_wait(bench->store, 0, &error), &error);
}

static gboolean
count_row(const TwMessageRow *row, gpointer data)
{
    *(guint64 *) data += (guint64) row->size;
    return TRUE;
}

static double
walk(Bench *bench)
{
    double start = bench_now();
    guint64 sum = 0;

    for (guint i = 0; i < FOLDERS; i++)
        tw_folder_list(bench->store, bench->folders[i], TW_MESSAGE_NORMAL, 0, G_MAXINT32, TRUE,
                       count_row, &sum, NULL);
    return bench_now() - start;
}

static void
bench_fill(Bench *bench)
{
    double took[ROUNDS], cpu[ROUNDS], walked[ROUNDS];
    g_autoptr(TwFolderRow) row = NULL;

    for (guint i = 0; i < ROUNDS; i++) {
        double start = bench_now(), used = bench_cpu_seconds();
        search(bench, TRUE);
        took[i] = bench_now() - start;
        cpu[i] = bench_cpu_seconds() - used;
        walked[i] = walk(bench);
    }
    qsort(took, ROUNDS, sizeof *took, bench_compare_doubles);
    qsort(cpu, ROUNDS, sizeof *cpu, bench_compare_doubles);
    qsort(walked, ROUNDS, sizeof *walked, bench_compare_doubles);
    row = tw_folder_get(bench->store, bench->search, NULL);
    g_print("filled: %u messages, %u results: %.3f s [%.3f-%.3f], CPU %.3f s; bar 1 s: %.2f of it; "
            "%.1f times walking (%.3f s)\n",
            bench->messages, row->total, took[ROUNDS / 2], took[0], took[ROUNDS - 1],
            cpu[ROUNDS / 2], took[ROUNDS / 2], took[ROUNDS / 2] / walked[ROUNDS / 2],
            walked[ROUNDS / 2]);
}

/* ---- changes ---- */

/* Read marks of the next messages, set or cleared, so that half of them enter or leave the results. */
static guint
mark(Bench *bench, guint batch, guint count)
{
    for (guint done = 0; done < count; done += batch) {
        gboolean set = bench->at / bench->mids->len % 2 == 0;
        guint from = bench->at % bench->mids->len;
        guint some = MIN(batch, bench->mids->len - from);
        TwMessageSet which = { bench->folders[0], &g_array_index(bench->mids, guint32, from),
                               some };
        TwFlagChange change = { .flags_set = set ? TW_MSGFLAG_READ : 0,
                                .flags_clear = set ? 0 : TW_MSGFLAG_READ };
        g_autoptr(GError) error = NULL;
        bench_must(tw_messages_set_flags(bench->store, &which, &change, NULL, &error), &error);
        bench->at += some;
    }
    return count;
}

static guint
mark_many(Bench *bench)
{
    return mark(bench, BATCH, 50 * BATCH);
}

static guint
mark_singly(Bench *bench)
{
    return mark(bench, 1, SINGLES);
}

static guint
deliver_singly(Bench *bench)
{
    for (guint i = 0; i < SINGLES; i++)
        make_one(bench, bench->folders[1], i);
    return SINGLES;
}

static double
cost(Bench *bench, guint (*func)(Bench *bench))
{
    g_autoptr(GError) error = NULL;
    double used = bench_cpu_seconds();
    guint count = func(bench);

    bench_must(tw_search_folder_wait(bench->store, 0, &error), &error);
    return (bench_cpu_seconds() - used) / count * 1e6;
}

static void
bench_changes(Bench *bench, const char *name, guint (*func)(Bench *bench))
{
    double without[ROUNDS], with[ROUNDS], added[ROUNDS];

    for (guint i = 0; i < ROUNDS; i++) {
        search(bench, FALSE);
        without[i] = cost(bench, func);
        search(bench, TRUE);
        with[i] = cost(bench, func);
        added[i] = with[i] - without[i];
    }
    qsort(without, ROUNDS, sizeof *without, bench_compare_doubles);
    qsort(with, ROUNDS, sizeof *with, bench_compare_doubles);
    qsort(added, ROUNDS, sizeof *added, bench_compare_doubles);
    g_print(
        "%-28s %7.1f us CPU a change without, %7.1f with: adds %6.1f us [%.1f-%.1f]; bar 20 us: "
        "%.2f of it\n",
        name, without[ROUNDS / 2], with[ROUNDS / 2], added[ROUNDS / 2], added[0], added[ROUNDS - 1],
        added[ROUNDS / 2] / 20);
}

static void
remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR))
            remove_tree(inner);
        else
            g_unlink(inner);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_rmdir(path);
}

static void
be_quiet(G_GNUC_UNUSED const char *domain,
         G_GNUC_UNUSED GLogLevelFlags level,
         G_GNUC_UNUSED const char *message,
         G_GNUC_UNUSED gpointer data)
{
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *made = argc > 1 ? NULL : g_dir_make_tmp("bench-store-search-XXXXXX", &error);
    g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : made, "data", NULL);
    Bench bench = { .messages = argc > 2 ? (guint) g_ascii_strtoull(argv[2], NULL, 10) : 100000 };

    g_log_set_handler("twiga", G_LOG_LEVEL_DEBUG, be_quiet, NULL);
    prepare(&bench, path);
    bench_fill(&bench);
    bench_changes(&bench, "read marks, 100 at a time", mark_many);
    bench_changes(&bench, "read marks, one by one", mark_singly);
    bench_changes(&bench, "new messages, one by one", deliver_singly);
    g_array_unref(bench.mids);
    tw_restriction_unref(bench.restriction);
    tw_store_unref(bench.store);
    tw_engine_close(bench.engine);
    remove_tree(path);
    if (made != NULL)
        g_rmdir(made);
    return 0;
}
