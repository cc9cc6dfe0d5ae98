/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Random users, groups and memberships against a model of plain arrays: after each change the snapshot, made by
 * differences, says what the model says, and at the end so does one loaded anew. TW_LONG=1: more seeds.
 */
#include <string.h>

#include "directory/place.h"

enum {
    MOST = 24, /* objects of the model */
    CHANGES = 400,
};

typedef struct {
    guint32 number; /* 0: not there */
    gboolean group;
    guint name; /* which of NAMES */
} Item;

typedef struct {
    Place place;
    GRand *random;
    Item items[MOST];
    gboolean member[MOST][MOST]; /* [group][member] */
} Model;

enum {
    NAMES = 12,
};

static char *
name_of(guint name, gboolean capitals)
{
    return g_strdup_printf(capitals ? "NAME %u" : "name %u", name);
}

static gboolean
is_taken(const Model *model, gboolean group, guint name, guint but)
{
    for (guint i = 0; i < MOST; i++) {
        const Item *item = &model->items[i];
        if (i != but && item->number != 0 && item->group == group && item->name == name)
            return TRUE;
    }
    return FALSE;
}

/* Is there a way from one down to another? By Warshall's closure, unlike the code under test. */
static gboolean
reaches(const Model *model, guint from, guint to)
{
    gboolean way[MOST][MOST];

    memcpy(way, model->member, sizeof way);
    for (guint k = 0; k < MOST; k++) {
        for (guint i = 0; i < MOST; i++) {
            for (guint j = 0; j < MOST; j++)
                way[i][j] = way[i][j] || (way[i][k] && way[k][j]);
        }
    }
    return from == to || way[from][to];
}

static void
expect(const GError *error, gssize code)
{
    if (code < 0)
        g_assert_no_error(error);
    else
        g_assert_error(error, TW_ERROR, (int) code);
}

static void
change_object(Model *model, guint at)
{
    Item *item = &model->items[at];
    guint name = (guint) g_rand_int_range(model->random, 0, NAMES);
    g_autofree char *text = name_of(name, g_rand_boolean(model->random));
    TwDirectoryObject values = { .number = item->number, .name = text };
    g_autoptr(GError) error = NULL;
    gboolean group = item->number == 0 ? g_rand_boolean(model->random) : item->group;
    gboolean taken = is_taken(model, group, name, at);

    if (item->number == 0) {
        guint32 number = 0;
        values.kind = group ? TW_DIRECTORY_GROUP : TW_DIRECTORY_USER;
        tw_directory_create(model->place.directory, &values, NULL, &number, &error);
        *item = (Item){ number, group, name };
    } else if (g_rand_boolean(model->random)) {
        tw_directory_modify(model->place.directory, &values, TW_DIRECTORY_SET_NAME, NULL, &error);
        if (!taken)
            item->name = name;
    } else {
        tw_directory_remove(model->place.directory, item->number, &error);
        item->number = 0;
        taken = FALSE;
        for (guint i = 0; i < MOST; i++)
            model->member[at][i] = model->member[i][at] = FALSE;
    }
    expect(error, taken ? TW_ERROR_EXISTS : -1);
}

static void
change_member(Model *model, guint from, guint to)
{
    const Item *group = &model->items[from], *item = &model->items[to];
    TwDirectoryLink link = { TW_DIRECTORY_MEMBER, item->number };
    g_autoptr(GError) error = NULL;
    gssize code = -1;

    if (model->member[from][to]) {
        tw_directory_unrelate(model->place.directory, group->number, link, &error);
        model->member[from][to] = FALSE;
    } else {
        tw_directory_relate(model->place.directory, group->number, link, &error);
        if (group->number == 0 || item->number == 0)
            code = TW_ERROR_NOT_FOUND;
        else if (!group->group || (item->group && reaches(model, to, from)))
            code = TW_ERROR_INVALID;
        model->member[from][to] = code < 0;
    }
    expect(error, code);
}

static void
compare_members(const Model *model, const TwDirectorySnapshot *snapshot, guint group)
{
    g_autoptr(GArray) members = tw_directory_snapshot_members(snapshot, model->items[group].number);
    guint expected = 0;

    for (guint i = 0; i < MOST; i++) {
        const Item *item = &model->items[i];
        gboolean found = FALSE, wanted;
        if (item->number == 0 || item->group)
            continue;
        wanted = reaches(model, group, i);
        expected += wanted ? 1 : 0;
        for (guint k = 0; k < members->len; k++)
            found = found || g_array_index(members, guint32, k) == item->number;
        g_assert_cmpint(found, ==, wanted);
    }
    g_assert_cmpuint(members->len, ==, expected);
}

static void
compare_parents(const Model *model, const TwDirectorySnapshot *snapshot, guint at)
{
    g_autoptr(GArray) groups = tw_directory_snapshot_groups_of(snapshot, model->items[at].number);
    guint expected = 1;

    for (guint i = 0; i < MOST; i++)
        expected += i != at && reaches(model, i, at) ? 1 : 0;
    g_assert_cmpuint(groups->len, ==, expected);
}

static void
compare(const Model *model, const TwDirectorySnapshot *snapshot)
{
    guint count = 2;

    for (guint i = 0; i < MOST; i++) {
        const Item *item = &model->items[i];
        g_autofree char *name = name_of(item->name, TRUE);
        const TwDirectoryObject *object;
        if (item->number == 0)
            continue;
        count++;
        object = tw_directory_snapshot_get(snapshot, item->number);
        g_assert_nonnull(object);
        g_assert_true(object == tw_directory_snapshot_find(snapshot,
                                                           item->group ? TW_DIRECTORY_GROUPS
                                                                       : TW_DIRECTORY_USERS,
                                                           0, name));
        g_assert_true(object == tw_directory_snapshot_get_by_id(snapshot,
                                                                g_bytes_get_data(object->id, NULL),
                                                                g_bytes_get_size(object->id)));
        if (item->group)
            compare_members(model, snapshot, i);
        compare_parents(model, snapshot, i);
    }
    g_assert_cmpuint(tw_directory_snapshot_count(snapshot), ==, count);
}

/* A copy that is kept by changes and goings alone ends with the same numbers and names. */
static void
replay(GHashTable *copy, const TwDirectorySnapshot *snapshot, guint64 *since)
{
    g_autoptr(GPtrArray) changed = tw_directory_snapshot_changed(snapshot, *since);
    g_autoptr(GArray) gone = tw_directory_snapshot_gone(snapshot, *since);

    for (guint i = 0; i < gone->len; i++)
        g_hash_table_remove(copy, GUINT_TO_POINTER(g_array_index(gone, TwDirectoryGone, i).number));
    for (guint i = 0; i < changed->len; i++) {
        const TwDirectoryObject *object = g_ptr_array_index(changed, i);
        g_hash_table_insert(copy, GUINT_TO_POINTER(object->number), g_strdup(object->name));
    }
    *since = tw_directory_snapshot_epoch(snapshot);
    g_assert_cmpuint(g_hash_table_size(copy) + 2, ==, tw_directory_snapshot_count(snapshot));
}

static void
run_seed(guint32 seed)
{
    g_autoptr(GHashTable) copy = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(TwDirectorySnapshot) last = NULL;
    Model model = { .random = g_rand_new_with_seed(seed) };
    guint64 since = 0;

    g_test_message("seed %u", seed);
    place_init(&model.place, TW_DB_SQLITE);
    for (guint i = 0; i < CHANGES; i++) {
        guint a = (guint) g_rand_int_range(model.random, 0, MOST);
        guint b = (guint) g_rand_int_range(model.random, 0, MOST);
        if (g_rand_int_range(model.random, 0, 3) == 0)
            change_object(&model, a);
        else
            change_member(&model, a, b);
        if (i % 4 == 0) { /* several changes in one difference */
            g_autoptr(TwDirectorySnapshot) snapshot = place_snapshot(&model.place);
            compare(&model, snapshot);
            if (i % 3 == 0)
                replay(copy, snapshot, &since);
        }
    }
    place_reopen(&model.place);
    last = place_snapshot(&model.place);
    compare(&model, last);
    replay(copy, last, &since);
    g_clear_pointer(&last, tw_directory_snapshot_unref);
    place_clear(&model.place);
    g_rand_free(model.random);
}

static void
test_model(void)
{
    guint seeds = g_getenv("TW_LONG") != NULL ? 100 : 4;

    for (guint32 seed = 1; seed <= seeds; seed++)
        run_seed(seed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kv_drop_debug_messages();
    g_test_add_func("/directory/model", test_model);
    return g_test_run();
}
