/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Messages and folder trees that go to another store, case by case: whole, once, with their values shared. Each message has a subject
 * of its own, so a store can be told from its subjects. transfer-model-test.c has the long runs.
 */
#include <string.h>

#include "base/error.h"
#include "mapi/actions.h"
#include "mapi/tags.h"
#include "store/dump.h"
#include "store/identity.h"
#include "store/rules.h"
#include "store/store-private.h"
#include "store/transfer-world.h"

/* ---- messages ---- */

typedef struct {
    const char *name;
    guint to; /* from the first store */
    gboolean move;
} Way;

static const Way ways[] = {
    { "copy/other-partition", 1, FALSE }, { "copy/same-partition", 2, FALSE },
    { "copy/same-store", 0, FALSE },      { "move/other-partition", 1, TRUE },
    { "move/same-partition", 2, TRUE },   { "move/same-store", 0, TRUE },
};

static char *
content_of(TwStore *store, guint32 mid, TwMessageRow *ret_row)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(store, mid, ret_row, &error);

    g_assert_no_error(error);
    return dump_object(store, object);
}

static gboolean
append_bytes(const guint8 *data, gsize len, gpointer user_data, GError **error G_GNUC_UNUSED)
{
    g_byte_array_append(user_data, data, (guint) len);
    return TRUE;
}

static guint64
count_values(World *world)
{
    TwBlobStats stats;

    g_assert_true(tw_blob_stats(world->bed.engine->blobs, &stats, NULL));
    return stats.values;
}

static void
assert_word(World *world, guint store, guint32 folder, guint64 kw, const char *word)
{
    guint bit;

    g_assert_true(tw_folder_keyword(world->stores[store], folder, word, FALSE, &bit, NULL));
    g_assert_cmpuint(kw, ==, (guint64) 1 << bit);
}

static void
test_messages(gconstpointer data)
{
    const Way *way = data;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GByteArray) mail = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    guint32 mids[5], from, to, other;
    char *contents[4];
    g_auto(TwMessageRow) before = { 0 };
    TwMessageSet set;
    guint64 values;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "From");
    to = world_add_folder(&world, way->to, world.roots[way->to], "To");
    other = world_add_message(&world, way->to, to, FALSE);
    world_mark(&world, way->to, to, other, "Another");
    for (guint i = 0; i < 3; i++)
        mids[i] = world_add_message(&world, 0, from, i == 2);
    mids[3] = world_add_mail(&world, 0, from);
    mids[4] = 4711; /* nobody */
    world_mark(&world, 0, from, mids[0], "Mine");
    for (guint i = 0; i < 4; i++) {
        tw_message_row_clear(&before);
        contents[i] = content_of(world.stores[0], mids[i], &before);
    }
    values = count_values(&world);
    set = (TwMessageSet){ from, mids, 5 };
    tw_transfer_messages(world.stores[0], &set, world.stores[way->to], to, way->move, done, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_values(&world), ==, values); /* shared */
    for (guint i = 0, n = 0; i < done->len; i++) {
        const TwMessageDone *one = &g_array_index(done, TwMessageDone, i);
        g_auto(TwMessageRow) row = { 0 };
        g_autofree char *now = NULL;
        if (one->cn == 0)
            continue; /* nobody, in the same store */
        now = content_of(world.stores[way->to], one->new_mid, &row);
        g_assert_cmpuint(one->mid, ==, mids[n]);
        g_assert_cmpstr(now, ==, contents[n]);
        g_assert_cmpuint(row.state, ==, n == 2 ? TW_MESSAGE_ASSOC : TW_MESSAGE_NORMAL);
        g_assert_cmpuint(row.uid, ==, one->uid);
        if (n == 0) {
            assert_word(&world, way->to, to, row.kw, "Mine");
            g_assert_cmpuint(row.flags & TW_MSGFLAG_READ, !=, 0);
            g_assert_cmpuint(row.status, ==, 8);
        }
        if (n == 3)
            g_assert_true(tw_message_read_mail(world.stores[way->to], one->new_mid, 0, G_MAXUINT64,
                                               append_bytes, mail, NULL));
        n++;
        g_assert_cmpuint(n, <=, 4);
    }
    g_assert_cmpuint(mail->len, >, 10);
    {
        g_autoptr(GArray) left = world_mids_of(world.stores[0], from, 0);
        g_autoptr(GArray) there = world_mids_of(world.stores[way->to], to, 0);
        g_assert_cmpuint(left->len, ==, way->move ? 0 : 3);
        g_assert_cmpuint(there->len, ==, 4);
    }
    for (guint i = 0; i < 4; i++)
        g_free(contents[i]);
    world_free(&world);
}

/* The keywords past the 64th of a folder go along, there and back, as many as the other folder has room for. */
static void
test_keywords(gconstpointer data)
{
    const Way *way = data;
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    g_autoptr(GError) error = NULL;
    g_auto(TwMessageRow) row = { 0 };
    TwFlagChange change = { .flags_set = 0 };
    g_autofree char *content = NULL;
    guint32 mid, from, to;
    guint count[2], number;
    TwKeywordSet words;
    TwMessageSet set;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "From");
    to = world_add_folder(&world, way->to, world.roots[way->to], "To");
    mid = world_add_message(&world, 0, from, FALSE);
    for (guint i = 0; i < 70; i++) {
        g_autofree char *mine = g_strdup_printf("mine-%u", i);
        g_autofree char *theirs = g_strdup_printf("theirs-%u", i);
        g_assert_true(tw_folder_keyword(world.stores[way->to], to, theirs, TRUE, &number, NULL));
        g_assert_true(tw_folder_keyword(world.stores[0], from, mine, TRUE, &number, NULL));
        if (i == 3 || i >= 65)
            g_assert_true(tw_flag_change_keyword(&change, number, TRUE));
    }
    set = (TwMessageSet){ from, &mid, 1 };
    g_assert_true(tw_messages_set_flags(world.stores[0], &set, &change, NULL, NULL));
    tw_transfer_messages(world.stores[0], &set, world.stores[way->to], to, way->move, done, &error);
    g_assert_no_error(error);
    content =
        content_of(world.stores[way->to], g_array_index(done, TwMessageDone, 0).new_mid, &row);
    tw_message_row_keywords(&row, &words);
    for (guint i = 0; i < 70; i++) {
        g_autofree char *mine = g_strdup_printf("mine-%u", i);
        gboolean has = tw_folder_keyword(world.stores[way->to], to, mine, FALSE, &number, NULL) &&
                       tw_keyword_set_has(&words, number);
        g_assert_cmpint(has, ==, i == 3 || i >= 65);
    }
    count[0] = (guint) __builtin_popcountll(words.map);
    count[1] = words.overflow_count;
    g_assert_cmpuint(count[0], ==, 0);
    g_assert_cmpuint(count[1], ==, 6);
    world_free(&world);
}

/* More than a batch, again and again, and the collector in between. */
static void
test_batches(void)
{
    guint32 mids[MANY], from, to;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "Box");
    to = world_add_folder(&world, 1, world.roots[1], "Box");
    for (guint i = 0; i < MANY; i++)
        mids[i] = world_add_message(&world, 0, from, FALSE);
    for (guint round = 0; round < 4; round++) {
        guint a = round % 2, b = 1 - a;
        guint32 source = a == 0 ? from : to, target = a == 0 ? to : from;
        g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
        g_autoptr(GArray) left = NULL;
        g_autoptr(GError) error = NULL;
        TwMessageSet set = { source, mids, MANY };
        TwEngineCollected collected;
        tw_transfer_messages(world.stores[a], &set, world.stores[b], target, TRUE, done, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(done->len, ==, MANY);
        for (guint i = 0; i < MANY; i++)
            mids[i] = g_array_index(done, TwMessageDone, i).new_mid;
        left = world_mids_of(world.stores[a], source, 0);
        g_assert_cmpuint(left->len, ==, 0);
        g_assert_true(tw_engine_collect(world.bed.engine, 0, TRUE, &collected, NULL));
        world_check(&world, "round");
    }
    world_free(&world);
}

static void
test_quota(void)
{
    TwQuota quota = { .hard = 5000 };
    guint32 mids[MANY], from;
    g_autoptr(GArray) left = NULL;
    g_autoptr(GArray) there = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < MANY; i++)
        mids[i] = world_add_message(&world, 0, from, FALSE);
    g_assert_true(tw_store_set_quota(world.stores[1], &quota, NULL));
    set = (TwMessageSet){ from, mids, MANY };
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_QUOTA);
    left = world_mids_of(world.stores[0], from, 0);
    there = world_mids_of(world.stores[1], world.roots[1], 0);
    g_assert_cmpuint(left->len + there->len, ==, MANY);
    world_free(&world);
}

/* The old store refuses the write, as it is suspect: the new one has nothing in the end. */
static void
test_taken_back(void)
{
    TwQuota quota = { .warn = 1 };
    guint32 mids[3], from;
    g_autoptr(GArray) there = NULL;
    g_autoptr(GArray) left = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageSet set;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < 3; i++)
        mids[i] = world_add_message(&world, 0, from, FALSE);
    world_fail_syncs(&world);
    g_assert_false(tw_store_set_quota(world.stores[0], &quota, NULL));
    g_assert_cmpuint(tw_fault_fs_disarm(world.bed.fs), >, 0);
    set = (TwMessageSet){ from, mids, 3 };
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_BUSY);
    there = world_mids_of(world.stores[1], world.roots[1], 0);
    g_assert_cmpuint(there->len, ==, 0);
    world_restart(&world);
    left = world_mids_of(world.stores[0], from, 0);
    g_assert_cmpuint(left->len, ==, 3);
    world_free(&world);
}

/* Whether the old store's commit is durable is not known: only the next start can say, and then each message is there once. */
static void
test_not_known(void)
{
    guint32 mids[3], from;
    TwMessageSet set;
    World world;

    world_make(&world);
    from = world_add_folder(&world, 0, world.roots[0], "Box");
    for (guint i = 0; i < 3; i++)
        mids[i] = world_add_message(&world, 0, from, FALSE);
    set = (TwMessageSet){ from, mids, 3 };
    world_fail_syncs(&world);
    g_assert_false(tw_transfer_messages(world.stores[0], &set, world.stores[1], world.roots[1],
                                        TRUE, NULL, NULL));
    g_assert_cmpuint(tw_fault_fs_disarm(world.bed.fs), >, 0);
    world_restart(&world);
    world_assert_each_once(&world, world.serial, "not known");
    world_free(&world);
}

/* ---- folder trees ---- */

static void
test_copy_tree(void)
{
    g_autoptr(GError) error = NULL;
    guint32 top, copy;
    World world;

    world_make(&world);
    top = world_make_tree(&world);
    for (guint to = 1; to < STORES; to++) {
        g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[to], world.roots[to],
                                         "Copy", FALSE, to == 1, &copy, &error));
        g_assert_no_error(error);
    }
    ASSERT_HOLDS(&world, 1, "", "/Copy", "/Copy/Inner", "/Copy/Inner/Leaf",
                 "/Copy/Inner/Leaf: 0 message 3", "/Copy/Inner/Leaf: 0 message 4",
                 "/Copy: 0 message 0", "/Copy: 1 message 1");
    ASSERT_HOLDS(&world, 2, "", "/Copy", "/Copy: 0 message 0", "/Copy: 1 message 1");
    ASSERT_HOLDS(&world, 0, "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                 "/Top/Inner/Leaf: 0 message 3", "/Top/Inner/Leaf: 0 message 4",
                 "/Top/Inner: 2 message 2", "/Top: 0 message 0", "/Top: 1 message 1");
    world_free(&world);
}

static void
test_move_tree(gconstpointer data)
{
    guint to = GPOINTER_TO_UINT(data);
    g_autoptr(GError) error = NULL;
    guint32 top, moved;
    World world;

    world_make(&world);
    top = world_make_tree(&world);
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[to], world.roots[to], NULL,
                                     TRUE, FALSE, &moved, &error));
    g_assert_no_error(error);
    ASSERT_HOLDS(&world, 0, "");
    {
        g_autoptr(GPtrArray) all = tw_store_folders(world.stores[0], NULL);
        g_assert_cmpuint(all->len, ==, 1); /* for good */
    }
    world_assert_holds(&world, to,
                       (const char *const[]){
                           "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                           "/Top/Inner/Leaf: 0 message 3", "/Top/Inner/Leaf: 0 message 4",
                           "/Top/Inner: 2 message 2", "/Top: 0 message 0", "/Top: 1 message 1" },
                       9);
    world_free(&world);
}

/* ---- what leads from one place of a tree to another ---- */

/* A rule with two actions: one into the tree, one out of it; each names its store as well. */
static void
add_rule(World *world, guint32 folder, guint32 inside, guint32 outside, guint32 template)
{
    guint8 store[TW_OBJECT_ID_LEN], in[TW_OBJECT_ID_LEN], out[TW_OBJECT_ID_LEN];
    guint8 message[TW_OBJECT_ID_LEN];
    TwAction actions[] = {
        { .type = TW_ACTION_MOVE,
          .store = store,
          .store_len = sizeof store,
          .folder = in,
          .folder_len = sizeof in },
        { .type = TW_ACTION_COPY,
          .store = store,
          .store_len = sizeof store,
          .folder = out,
          .folder_len = sizeof out },
        { .type = TW_ACTION_REPLY, .message = message, .message_len = sizeof message },
    };
    g_autoptr(TwActions) list = NULL;
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(1 << 16);
    g_auto(TwPropsBuilder) builder;
    g_autoptr(GBytes) bag = NULL;
    g_autoptr(GError) error = NULL;
    TwRulesChange change = { .op = TW_RULES_ADD };
    TwProps props;

    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_STORE, 0, store);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, inside, in);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, outside, out);
    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_MESSAGE, template, message);
    list = tw_actions_new(actions, G_N_ELEMENTS(actions), &error);
    g_assert_no_error(error);
    tw_actions_print(list, TW_WIRE_32, &bytes);
    tw_props_builder_init(&builder);
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_SEQUENCE, 1));
    tw_props_builder_set(&builder, tw_value_long(PR_RULE_STATE, 1));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_NAME, "both"));
    tw_props_builder_set(&builder, tw_value_str(PR_RULE_PROVIDER, "RuleOrganizer"));
    tw_props_builder_set(&builder, tw_value_bytes(PR_RULE_ACTIONS, bytes.data, bytes.len));
    bag = tw_props_builder_finish_bytes(&builder, NULL);
    g_assert_true(tw_props_open_bytes(bag, &props, NULL));
    change.props = &props;
    tw_folder_change_rules(world->stores[0], folder, FALSE, &change, 1, &error);
    g_assert_no_error(error);
}

static void
assert_leads(const guint8 *data, gsize len, const TwStore *store, TwObjectType type, guint32 number)
{
    guint8 wanted[TW_OBJECT_ID_LEN];

    tw_identity_entry_id(&store->guid, type, number, wanted);
    g_assert_cmpuint(len, ==, sizeof wanted);
    g_assert_true(memcmp(data, wanted, sizeof wanted) == 0);
}

static guint32
child_named(World *world, guint to, guint32 parent, const char *name)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(world->stores[to], NULL);

    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        if (row->parent == parent && g_str_equal(row->name, name))
            return row->id;
    }
    g_assert_not_reached();
}

static gboolean
take_mid(const TwMessageRow *row, gpointer mid)
{
    *(guint32 *) mid = row->mid;
    return FALSE;
}

static guint32
first_associated(World *world, guint to, guint32 folder)
{
    guint32 mid = 0;

    g_assert_true(tw_folder_list(world->stores[to], folder, TW_MESSAGE_ASSOC, 0, 1, FALSE, take_mid,
                                 &mid, NULL));
    g_assert_cmpuint(mid, !=, 0);
    return mid;
}

static void
point_message(World *world, guint32 mid, guint32 tag, guint32 folder)
{
    g_autoptr(TwObject) object = tw_message_read(world->stores[0], mid, NULL, NULL);
    guint8 id[TW_OBJECT_ID_LEN];
    TwPropValue value = tw_value_bytes(tag, id, sizeof id);
    guint64 cn;

    tw_identity_entry_id(&world->stores[0]->guid, TW_OBJECT_ID_FOLDER, folder, id);
    g_assert_true(tw_object_set(object, &value, NULL));
    g_assert_true(tw_message_save(world->stores[0], mid, 0, object, 0, &cn, NULL));
}

static void
assert_message_leads(World *world, guint to, guint32 mid, guint32 tag, guint store, guint32 folder)
{
    g_autoptr(TwObject) object = tw_message_read(world->stores[to], mid, NULL, NULL);
    TwPropValue value;

    g_assert_true(tw_object_get(object, tag, &value));
    assert_leads(value.data, value.len, world->stores[store], TW_OBJECT_ID_FOLDER, folder);
}

static void
test_tree_ids(gconstpointer data)
{
    gboolean move = GPOINTER_TO_INT(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(TwRules) rules = NULL;
    g_autoptr(TwActions) actions = NULL;
    guint32 top, inner, outside, template, new_top, new_inner;
    const TwAction *action;
    TwPropValue value;
    TwProps props;
    World world;

    world_make(&world);
    top = world_make_tree(&world);
    inner = child_named(&world, 0, top, "Inner");
    outside = world_add_folder(&world, 0, world.roots[0], "Outside");
    template = first_associated(&world, 0, top);
    add_rule(&world, top, inner, outside, template);
    point_message(&world, template, PR_WLINK_ENTRYID, inner);
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                     move, TRUE, &new_top, &error));
    g_assert_no_error(error);
    new_inner = child_named(&world, 1, new_top, "Inner");
    rules = tw_folder_read_rules(world.stores[1], new_top, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tw_rules_count(rules), ==, 1);
    tw_rules_get(rules, 0, &props);
    g_assert_true(tw_props_get(&props, PR_RULE_ACTIONS, &value));
    actions = tw_actions_parse(value.data, value.len, TW_WIRE_32, NULL);
    action = tw_actions_get(actions, 0);
    assert_leads(action->store, action->store_len, world.stores[1], TW_OBJECT_ID_STORE, 0);
    assert_leads(action->folder, action->folder_len, world.stores[1], TW_OBJECT_ID_FOLDER,
                 new_inner);
    action = tw_actions_get(actions, 1); /* outside: it stays where it was, store and folder */
    assert_leads(action->store, action->store_len, world.stores[0], TW_OBJECT_ID_STORE, 0);
    assert_leads(action->folder, action->folder_len, world.stores[0], TW_OBJECT_ID_FOLDER, outside);
    action = tw_actions_get(actions, 2);
    template = first_associated(&world, 1, new_top);
    assert_leads(action->message, action->message_len, world.stores[1], TW_OBJECT_ID_MESSAGE,
                 template);
    assert_message_leads(&world, 1, template, PR_WLINK_ENTRYID, 1, new_inner);
    world_free(&world);
}

/* What cannot go along stays restorable. */
static void
test_move_tree_with_deleted(void)
{
    guint32 top, gone, moved;
    g_autoptr(TwFolderRow) row = NULL;
    World world;

    world_make(&world);
    top = world_make_tree(&world);
    gone = world_add_folder(&world, 0, top, "Gone");
    world_add_message(&world, 0, gone, FALSE);
    g_assert_true(tw_folder_delete(world.stores[0], gone, TRUE, NULL));
    g_assert_true(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                     TRUE, FALSE, &moved, NULL));
    ASSERT_HOLDS(&world, 0, "");
    row = tw_folder_get(world.stores[0], top, NULL);
    g_assert_cmpuint(row->state, ==, TW_FOLDER_SOFT);
    g_assert_true(tw_folder_restore(world.stores[0], top, NULL, NULL));
    g_assert_true(tw_folder_restore(world.stores[0], gone, NULL, NULL));
    world_free(&world);
}

static void
test_refused(void)
{
    g_autoptr(GError) error = NULL;
    guint32 top, id;
    World world;

    world_make(&world);
    top = world_make_tree(&world);
    world_add_folder(&world, 1, world.roots[1], "TOP");
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], NULL,
                                      TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], world.roots[0], world.stores[1],
                                      world.roots[1], "All", TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], 4711, NULL, TRUE,
                                      FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(tw_transfer_folder(world.stores[0], top, world.stores[1], world.roots[1], "",
                                      TRUE, FALSE, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    ASSERT_HOLDS(&world, 0, "", "/Top", "/Top/Inner", "/Top/Inner/Leaf",
                 "/Top/Inner/Leaf: 0 message 3", "/Top/Inner/Leaf: 0 message 4",
                 "/Top/Inner: 2 message 2", "/Top: 0 message 0", "/Top: 1 message 1");
    world_free(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *name = g_strdup_printf("/store/transfer/%s", ways[i].name);
        g_autofree char *words = g_strconcat(name, "/keywords", NULL);
        g_test_add_data_func(name, &ways[i], test_messages);
        g_test_add_data_func(words, &ways[i], test_keywords);
    }
    g_test_add_func("/store/transfer/batches", test_batches);
    g_test_add_func("/store/transfer/quota", test_quota);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/taken-back", test_taken_back);
    if (!bed_on_maria()) /* on a server there is no image of a disk */
        g_test_add_func("/store/transfer/not-known", test_not_known);
    g_test_add_func("/store/transfer/tree/copy", test_copy_tree);
    g_test_add_data_func("/store/transfer/tree/move/other-partition", GUINT_TO_POINTER(1),
                         test_move_tree);
    g_test_add_data_func("/store/transfer/tree/move/same-partition", GUINT_TO_POINTER(2),
                         test_move_tree);
    g_test_add_data_func("/store/transfer/tree/ids/copy", GINT_TO_POINTER(FALSE), test_tree_ids);
    g_test_add_data_func("/store/transfer/tree/ids/move", GINT_TO_POINTER(TRUE), test_tree_ids);
    g_test_add_func("/store/transfer/tree/with-deleted", test_move_tree_with_deleted);
    g_test_add_func("/store/transfer/tree/refused", test_refused);
    return g_test_run();
}
