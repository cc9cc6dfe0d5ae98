/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whole runs of transfers: at random beside a model, over cuts of the power, beside the collector. TW_POWER_IMAGES, TW_STEPS ask
 * for more.
 */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/invariants.h"
#include "store/store-private.h"
#include "store/transfer-world.h"

/* ---- random transfers beside a model: for each store, the lines that it shall tell ---- */

typedef struct {
    World world;
    GRand *rand;
    GPtrArray *lines[STORES]; /* owned strings */
} Model;

static guint
pick(Model *m, guint n)
{
    return (guint) g_rand_int_range(m->rand, 0, (gint32) n);
}

/* A live folder of a store, with its path. */
static guint32
some_folder(Model *m, guint store, gboolean root_too, char **ret_path)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(m->world.stores[store], NULL);
    g_autoptr(GArray) fitting = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 id;

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->state == TW_FOLDER_LIVE && (root_too || row->type != TW_FOLDER_ROOT))
            g_array_append_val(fitting, row->id);
    }
    if (fitting->len == 0)
        return 0;
    id = g_array_index(fitting, guint32, pick(m, fitting->len));
    *ret_path = world_path_of(folders, id);
    return id;
}

static gboolean
model_has(const GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++) {
        if (strcmp(lines->pdata[i], line) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
model_remove(GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++) {
        if (strcmp(lines->pdata[i], line) == 0) {
            g_ptr_array_remove_index(lines, i);
            return;
        }
    }
    g_error("the model has no '%s'", line);
}

static void
step_add(Model *m)
{
    guint store = pick(m, STORES);
    g_autofree char *path = NULL;
    guint32 folder = some_folder(m, store, TRUE, &path);
    g_autofree char *name = g_strdup_printf("f%u", m->world.serial);

    if (pick(m, 3) == 0 && m->lines[store]->len < 60) {
        m->world.serial++;
        world_add_folder(&m->world, store, folder, name);
        g_ptr_array_add(m->lines[store], g_strdup_printf("%s/%s", path, name));
        return;
    }
    g_ptr_array_add(m->lines[store], g_strdup_printf("%s: 0 message %u", path, m->world.serial));
    if (pick(m, 2))
        world_add_message(&m->world, store, folder, FALSE);
    else
        world_add_mail(&m->world, store, folder);
}

static void
step_messages(Model *m)
{
    guint a = pick(m, STORES), b = (a + 1 + pick(m, STORES - 1)) % STORES;
    gboolean move = pick(m, 3) != 0;
    g_autofree char *from_path = NULL;
    g_autofree char *to_path = NULL;
    guint32 from = some_folder(m, a, TRUE, &from_path), to = some_folder(m, b, TRUE, &to_path);
    g_autoptr(GArray) mids = world_mids_of(m->world.stores[a], from, 0);
    g_autoptr(GError) error = NULL;
    TwMessageSet set;

    if (mids->len > 8)
        g_array_set_size(mids, 1 + pick(m, 8));
    if (!move && m->lines[b]->len > 60)
        return;
    for (guint i = 0; i < mids->len; i++) {
        g_autoptr(TwObject) object =
            tw_message_read(m->world.stores[a], g_array_index(mids, guint32, i), NULL, NULL);
        const char *subject = tw_object_get_text(object, PR_SUBJECT, "");
        g_autofree char *line = g_strdup_printf("%s: 0 %s", from_path, subject);
        if (move)
            model_remove(m->lines[a], line);
        g_ptr_array_add(m->lines[b], g_strdup_printf("%s: 0 %s", to_path, subject));
    }
    set = (TwMessageSet){ from, (const guint32 *) (gpointer) mids->data, mids->len };
    tw_transfer_messages(m->world.stores[a], &set, m->world.stores[b], to, move, NULL, &error);
    g_assert_no_error(error);
}

static void
step_folder(Model *m)
{
    guint a = pick(m, STORES), b = (a + 1 + pick(m, STORES - 1)) % STORES;
    gboolean move = pick(m, 3) != 0;
    g_autofree char *from_path = NULL;
    g_autofree char *to_path = NULL;
    g_autofree char *name = g_strdup_printf("t%u", m->world.serial++);
    guint32 from = some_folder(m, a, FALSE, &from_path), to = some_folder(m, b, TRUE, &to_path);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    guint32 id;

    if (from == 0 || (!move && m->lines[b]->len > 60))
        return;
    tw_transfer_folder(m->world.stores[a], from, m->world.stores[b], to, name, move, TRUE, &id,
                       &error);
    g_assert_no_error(error);
    for (guint i = 0; i < m->lines[a]->len; i++) {
        const char *line = m->lines[a]->pdata[i];
        gsize len = strlen(from_path);
        gboolean inside = strncmp(line, from_path, len) == 0 &&
                          (line[len] == '\0' || line[len] == '/' || line[len] == ':');
        if (inside)
            g_ptr_array_add(m->lines[b], g_strdup_printf("%s/%s%s", to_path, name, line + len));
        if (!inside || !move)
            g_ptr_array_add(kept, g_strdup(line));
    }
    g_ptr_array_unref(m->lines[a]);
    m->lines[a] = g_steal_pointer(&kept);
}

static void
compare(Model *m)
{
    for (guint i = 0; i < STORES; i++) {
        g_ptr_array_sort(m->lines[i], world_by_text);
        world_assert_holds(&m->world, i, (const char *const *) m->lines[i]->pdata,
                           m->lines[i]->len);
        g_assert_true(model_has(m->lines[i], ""));
    }
}

static void
test_model(void)
{
    const char *wish = g_getenv("TW_STEPS");
    guint steps = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : STEPS;
    guint32 seed = (guint32) g_test_rand_int();
    Model m = { .rand = g_rand_new_with_seed(seed) };

    g_test_message("seed %u", seed);
    world_make(&m.world);
    for (guint i = 0; i < STORES; i++) {
        m.lines[i] = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(m.lines[i], g_strdup(""));
    }
    for (guint i = 0; i < steps; i++) {
        TwEngineCollected collected;
        switch (pick(&m, 7)) {
        case 0:
        case 1:
        case 2:
            step_add(&m);
            break;
        case 3:
        case 4:
            step_messages(&m);
            break;
        case 5:
            step_folder(&m);
            break;
        default:
            g_assert_true(tw_engine_collect(m.world.bed.engine, 0, TRUE, &collected, NULL));
        }
        compare(&m);
    }
    for (guint i = 0; i < STORES; i++)
        g_ptr_array_unref(m.lines[i]);
    g_rand_free(m.rand);
    world_free(&m.world);
}

/* ---- the power goes ---- */

static void
check_image(const World *before, guint event, TwImageMode mode, guint32 seed)
{
    g_autofree char *label = g_strdup_printf("event %u, mode %d, seed %u", event, (int) mode, seed);
    g_autoptr(GError) error = NULL;
    World world;

    world_open(&world, tw_fault_fs_image(before->bed.fs, event, mode, seed), &error);
    if (world.bed.engine == NULL)
        g_error("%s: %s", label, error->message);
    world_open_stores(&world);
    world_assert_each_once(&world, before->serial, label);
    world_check(&world, label);
    world_close(&world);
    invariants_check_orphans(world.bed.config.fs, 2, label);
    bed_free(&world.bed);
}

static void
move_all(World *world, guint32 box)
{
    g_autoptr(GArray) mids = world_mids_of(world->stores[0], box, 0);
    TwMessageSet set = { box, (const guint32 *) (gpointer) mids->data, mids->len };
    g_autoptr(GError) error = NULL;
    TwEngineCollected collected;
    guint32 id;

    tw_transfer_messages(world->stores[0], &set, world->stores[1], world->roots[1], TRUE, NULL,
                         &error);
    g_assert_no_error(error);
    id = world_make_tree(world);
    world->tree_made = tw_fault_fs_events(world->bed.fs);
    tw_transfer_folder(world->stores[0], id, world->stores[1], world->roots[1], "One", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
    g_assert_true(tw_engine_collect(world->bed.engine, 0, TRUE, &collected, NULL));
    tw_transfer_folder(world->stores[1], id, world->stores[2], world->roots[2], "Two", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
    tw_transfer_folder(world->stores[2], id, world->stores[1], world->roots[1], "Three", TRUE, TRUE,
                       &id, &error);
    g_assert_no_error(error);
}

static void
test_power(void)
{
    const char *wish = g_getenv("TW_POWER_IMAGES");
    guint images = wish != NULL ? (guint) g_ascii_strtoull(wish, NULL, 10) : IMAGES;
    guint32 seed = (guint32) g_test_rand_int(), box;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    guint before, after;
    World world;

    g_test_message("seed %u", seed);
    world_make(&world);
    box = world_add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < MANY; i++)
        world_add_message(&world, 0, box, FALSE);
    before = tw_fault_fs_events(world.bed.fs);
    move_all(&world, box);
    after = tw_fault_fs_events(world.bed.fs);
    for (guint i = 0; i < images; i++) {
        /* the messages of the tree are made on the way: until then they need not be there */
        guint event = (guint) g_rand_int_range(rand, (gint32) before, (gint32) after + 1);
        guint all = world.serial;
        if (event < world.tree_made)
            world.serial = MANY;
        check_image(&world, event, (TwImageMode) (i % TW_IMAGE_MODES), g_rand_int(rand));
        world.serial = all;
    }
    world_free(&world);
}

/* ---- while the collector runs ---- */

typedef struct {
    World *world;
    guint32 boxes[2];
    gint stop;
} Race;

static gpointer
collect_on(gpointer data)
{
    Race *race = data;

    while (!g_atomic_int_get(&race->stop)) {
        TwEngineCollected collected;
        g_assert_true(tw_engine_collect(race->world->bed.engine, 0, TRUE, &collected, NULL));
    }
    return NULL;
}

static void
test_race(void)
{
    Race race = { 0 };
    GThread *thread;
    World world;

    world_make(&world);
    race.world = &world;
    race.boxes[0] = world_add_folder(&world, 0, world.roots[0], "Box");
    race.boxes[1] = world_add_folder(&world, 1, world.roots[1], "Box");
    for (guint i = 0; i < MANY; i++)
        world_add_message(&world, 0, race.boxes[0], FALSE);
    thread = g_thread_new("collector", collect_on, &race);
    for (guint round = 0; round < 12; round++) {
        guint a = round % 2;
        g_autoptr(GArray) mids = world_mids_of(world.stores[a], race.boxes[a], 0);
        TwMessageSet set = { race.boxes[a], (const guint32 *) (gpointer) mids->data, mids->len };
        g_autoptr(GError) error = NULL;
        g_assert_cmpuint(mids->len, ==, MANY);
        tw_transfer_messages(world.stores[a], &set, world.stores[1 - a], race.boxes[1 - a], TRUE,
                             NULL, &error);
        g_assert_no_error(error);
        world_assert_each_once(&world, MANY, "race");
    }
    g_atomic_int_set(&race.stop, 1);
    g_thread_join(thread);
    world_free(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/transfer/model", test_model);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/power", test_power);
    g_test_add_func("/store/transfer/race", test_race);
    return g_test_run();
}
