/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Synchronisation, case by case: states, sync ids, what is told of each operation, filters. sync-import-test.c has keys and imports,
 * sync-model-test.c the long run.
 */
#include "store/sync.h"

#include <string.h>

#include "base/collate.h"
#include "base/error.h"
#include "mapi/tags.h"
#include "store/invariants.h"
#include "store/sync-book.h"
#include "store/sync-private.h"
#include "store/sync-scene.h"

/* ---- states ---- */

static gboolean
parse_copy(const guint8 *bytes, gsize len, TwSyncState *ret, GError **error)
{
    g_autofree guint8 *copy = g_memdup2(bytes, len);

    return tw_sync_state_parse(copy, len, ret, error);
}

static void
test_state(void)
{
    static const TwSyncState states[] = {
        { 0 },
        { .sync = 7, .cn = 99 },
        { .sync = G_MAXUINT32, .cn = G_MAXINT64, .filter = 5, .place = 0xffffff },
        { .cn = 12, .below = 4711, .list = 2, .filter = G_MAXUINT32, .place = 1 },
    };
    static const TwSyncState senseless[] = {
        { .cn = 1, .list = 3, .below = 1 },
        { .cn = 1, .list = 1 },
        { .cn = (guint64) G_MAXINT64 + 1 },
    };
    static const guint8 wire[] = { 9, 0, 0, 0, 1, 2, 0, 0, 'o', 't', 'h', 'e', 'r' };
    TwSyncState back = { .sync = 77 };
    guint8 bytes[TW_SYNC_STATE_LEN];
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        tw_sync_state_write(&states[i], bytes);
        g_assert_true(parse_copy(bytes, sizeof bytes, &back, &error));
        g_assert_cmpuint(back.sync, ==, states[i].sync);
        g_assert_cmpuint(back.cn, ==, states[i].cn);
        g_assert_cmpuint(back.below, ==, states[i].below);
        g_assert_cmpuint(back.list, ==, states[i].list);
        g_assert_cmpuint(back.filter, ==, states[i].filter);
        g_assert_cmpuint(back.place, ==, states[i].place);
    }
    for (guint i = 0; i < sizeof bytes; i++) {
        /* one bit: damage, or the state of a client that is not ours */
        bytes[i] ^= 1;
        if (i >= 4) {
            g_assert_false(parse_copy(bytes, sizeof bytes, &back, &error));
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            g_clear_error(&error);
        }
        bytes[i] ^= 1;
        /* cut: the same */
        g_assert_true(parse_copy(bytes, i, &back, &error) == (i == 0 || i >= 8));
        g_clear_error(&error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(senseless); i++) {
        tw_sync_state_write(&senseless[i], bytes);
        g_assert_false(parse_copy(bytes, sizeof bytes, &back, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
        g_clear_error(&error);
    }
    g_assert_true(parse_copy(wire, 8, &back, &error));
    g_assert_true(parse_copy(wire, sizeof wire, &back, &error));
    g_assert_cmpuint(back.sync, ==, 9);
    g_assert_cmpuint(back.cn, ==, 0x201);
    g_assert_cmpuint(back.list + back.below + back.filter + back.place, ==, 0);
}

static void
test_seen(void)
{
    static const struct {
        const char *label, *bytes;
        gsize len;
        gboolean good;
    } cases[] = {
        { "empty", "\1\0\0\0\0\0\0\0", 8, TRUE },
        { "one", "\1\0\0\0\1\0\0\0\5", 9, TRUE },
        { "the highest", "\1\0\0\0\1\0\0\0\xff\xff\xff\xff\x0f", 13, TRUE },
        { "past the highest", "\1\0\0\0\1\0\0\0\xff\xff\xff\xff\x1f", 13, FALSE },
        { "a sum past the highest", "\1\0\0\0\2\0\0\0\xff\xff\xff\xff\x0f\1", 14, FALSE },
        { "twice the same", "\1\0\0\0\2\0\0\0\5\0", 10, FALSE },
        { "longer than it must be", "\1\0\0\0\1\0\0\0\x85\0", 10, FALSE },
        { "never ending", "\1\0\0\0\1\0\0\0\x80\x80\x80\x80\x80\1", 14, FALSE },
        { "fewer than it says", "\1\0\0\0\2\0\0\0\5", 9, FALSE },
        { "more than it says", "\1\0\0\0\1\0\0\0\5\5", 10, FALSE },
        { "a count near 2^32", "\1\0\0\0\xff\xff\xff\xff\5", 9, FALSE },
        { "cut", "\1\0\0\0\1\0\0", 7, FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(cases[i].bytes, cases[i].len);
        g_auto(TwSyncSeen) seen = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) back = NULL;
        g_autoptr(GBytes) expected = NULL;
        if (tw_sync_seen_parse(copy, cases[i].len, &seen, &error) != cases[i].good)
            g_error("%s", cases[i].label);
        if (!cases[i].good) {
            g_assert_error(error, TW_ERROR, TW_ERROR_CORRUPT);
            continue;
        }
        back = tw_sync_seen_write(&seen);
        expected = g_bytes_new(cases[i].bytes, cases[i].len);
        g_assert_true(g_bytes_equal(back, expected));
    }
}

/* ---- sync ids ---- */

static void
test_ids(void)
{
    Bed bed;
    TwSyncInfo info = { .kind = TW_SYNC_CONTENTS, .owner = 3, .cn = 5 }, got, other;
    g_autoptr(GError) error = NULL;
    guint32 first;
    guint count;

    bed_new(&bed);
    info.store = tw_store_get_number(bed.store);
    info.folder = bed.root;
    g_assert_true(tw_sync_register(bed.engine, &info, 100, &error));
    first = info.id;
    g_assert_true(tw_sync_register(bed.engine, &info, 200, &error));
    g_assert_cmpuint(info.id, ==, first + 1);
    g_assert_true(tw_sync_get(bed.engine, info.id, 3, &got, &error));
    g_assert_cmpuint(got.folder, ==, bed.root);
    g_assert_cmpuint(got.cn, ==, 5);
    g_assert_cmpint(got.used_us, ==, 200);
    /* another's id is like none */
    g_assert_false(tw_sync_get(bed.engine, info.id, 4, &got, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    other = info;
    other.cn = 44;
    g_assert_true(tw_sync_set(bed.engine, &other, 300, &error));
    g_assert_true(tw_sync_get(bed.engine, info.id, 3, &got, &error));
    g_assert_cmpuint(got.cn, ==, 44);
    g_assert_cmpint(got.used_us, ==, 300);
#define REFUSED(member, value, expected)                                                           \
    other = info;                                                                                  \
    other.member = value;                                                                          \
    g_assert_false(tw_sync_set(bed.engine, &other, 300, &error));                                  \
    g_assert_error(error, TW_ERROR, expected);                                                     \
    g_clear_error(&error)
    REFUSED(id, 1234, TW_ERROR_NOT_FOUND);
    REFUSED(id, 0, TW_ERROR_NOT_FOUND);
    REFUSED(owner, 4, TW_ERROR_NOT_FOUND);
    REFUSED(folder, 77, TW_ERROR_EXISTS);
    REFUSED(store, 77, TW_ERROR_EXISTS);
    REFUSED(kind, TW_SYNC_HIERARCHY, TW_ERROR_EXISTS);
    REFUSED(kind, TW_SYNC_ADDRESS_BOOK, TW_ERROR_INVALID);
    REFUSED(kind, (TwSyncKind) 9, TW_ERROR_INVALID);
#undef REFUSED
    other = info;
    other.folder = 4711;
    g_assert_false(tw_sync_register(bed.engine, &other, 1, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    /* what nobody uses goes; its number does not come back */
    g_assert_true(tw_sync_expire(bed.engine, 250, &count, &error));
    g_assert_cmpuint(count, ==, 1);
    g_assert_true(tw_sync_expire(bed.engine, 1000, &count, &error));
    bed_reopen(&bed);
    g_assert_true(tw_sync_register(bed.engine, &info, 400, &error));
    g_assert_cmpuint(info.id, ==, first + 2);
    g_assert_false(tw_sync_get(bed.engine, first, 3, &got, NULL));
    bed_free(&bed);
}

/* ---- what is told ---- */

static void
test_contents(void)
{
    Scene scene;
    guint32 ids[8] = { 0 };
    guint64 cn;

    scene_new(&scene);
    TOLD("");
    ids[0] = bed_message(&scene.bed, scene.folder, "a", 10);
    ids[1] = bed_message(&scene.bed, scene.folder, "b", 10);
    ids[2] = scene_associated(&scene);
    bed_message(&scene.bed, scene.other, "elsewhere", 10);
    TOLD("1001 a 1001 b 1001 c ");
    TOLD("");
    /* from the beginning: newest first, and the associated ones after the others; by steps */
    scene.state.cn = 0;
    TOLD("1001 b 1001 a 1001 c ");
    scene.state.cn = 0;
    scene.request.max = 1;
    TOLD("1001 b more ");
    ids[3] = bed_message(&scene.bed, scene.folder, "d", 10); /* comes with the next ones */
    scene_remove_one(&scene, ids[0], TRUE);
    TOLD("1001 c more ");
    TOLD("more "); /* all of the list was told, and there are changes since it began */
    TOLD("1001 d more ");
    scene.request.max = 0;
    TOLD("1004 a ");
    scene_restore_one(&scene, ids[0]);
    TOLD("1001 a ");
    /* many changes of one are one, at the last */
    scene_set_read(&scene, ids[0], TRUE);
    scene_set_read(&scene, ids[1], TRUE);
    scene_set_read(&scene, ids[0], FALSE);
    TOLD("1003r b 1003 a ");
    scene_save_one(&scene, ids[1], "new");
    scene_set_read(&scene, ids[1], FALSE);
    TOLD("1002 b ");
    scene.request.flags = TW_SYNC_NORMAL;
    scene_set_read(&scene, ids[1], TRUE);
    TOLD("");
    scene_remove_one(&scene, ids[2], FALSE); /* it was associated */
    TOLD("");
    ids[4] = scene_move_one(&scene, scene.folder, scene.other, ids[0]);
    TOLD("1005 a ");
    ids[5] = scene_move_one(&scene, scene.other, scene.folder, ids[4]);
    ids[6] = bed_message(&scene.bed, scene.folder, "here and gone", 10);
    scene_remove_one(&scene, ids[6], FALSE);
    TOLD("1001 f ");
    scene.request.flags = TW_SYNC_NORMAL | TW_SYNC_NO_SOFT_DELETIONS;
    scene_remove_one(&scene, ids[5], TRUE);
    TOLD("");
    scene_remove_one(&scene, ids[5], FALSE);
    TOLD("1005 f ");
    scene.request.flags = TW_SYNC_NORMAL | TW_SYNC_NO_DELETIONS;
    scene_remove_one(&scene, ids[3], FALSE);
    TOLD("");
    /* nothing wanted, or the state alone */
    scene.request.flags = TW_SYNC_READ_STATE;
    cn = scene.state.cn;
    scene_save_one(&scene, ids[1], "newer");
    TOLD("");
    g_assert_cmpuint(scene.state.cn, >, cn);
    scene.state = (TwSyncState){ 0 };
    scene.request.flags = EVERYTHING | TW_SYNC_CATCHUP;
    TOLD("");
    g_assert_cmpuint(scene.state.cn, >, cn);
    scene.request.flags = EVERYTHING;
    TOLD("");
    bed_free(&scene.bed);
}

static void
test_filter(void)
{
    Scene scene;
    guint32 ids[4] = { 0 };
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(TwRestriction) unread = NULL;
    g_autoptr(TwRestriction) other = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(TwSyncBatch) batch = { 0 };
    TwSyncInfo info = { .kind = TW_SYNC_CONTENTS };
    TwSyncState before;

    tw_restriction_builder_init(&builder);
    tw_restriction_builder_bitmask(&builder, FALSE, PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
    unread = tw_restriction_builder_finish(&builder, NULL);
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_exist(&builder, PR_BODY);
    other = tw_restriction_builder_finish(&builder, NULL);
    scene_new(&scene);
    ids[0] = bed_message(&scene.bed, scene.folder, "a", 10);
    ids[1] = bed_message(&scene.bed, scene.folder, "b", 10);
    scene_set_read(&scene, ids[1], TRUE);
    info.store = tw_store_get_number(scene.bed.store);
    info.folder = scene.folder;
    g_assert_true(tw_sync_register(scene.bed.engine, &info, 1, &error));
    scene.state.sync = info.id;
    scene.request.filter = unread;
    TOLD("1001 a ");
    before = scene.state;
    scene_set_read(&scene, ids[0], TRUE);
    scene_set_read(&scene, ids[1], FALSE);
    TOLD("1005 a 1001 b ");
    scene_save_one(&scene, ids[0], "not for it");
    scene_save_one(&scene, ids[1], "for it");
    TOLD("1002 b ");
    scene_remove_one(&scene, ids[0], FALSE); /* what it never had, or not any more */
    TOLD("");
    /* back to a state from before, also as the wire has it */
    scene.state = before;
    TOLD("1001 b 1005 a ");
    scene.state = (TwSyncState){ .sync = before.sync, .cn = before.cn };
    TOLD("1001 b 1005 a ");
    /* another filter, none, or a state whose set is not kept: from the beginning */
    scene.request.filter = other;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    scene.request.filter = NULL;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_clear_error(&error);
    scene.request.filter = unread;
    scene.state.cn -= 2; /* in the midst of two changes */
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    scene.request.kind = TW_SYNC_HIERARCHY;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    bed_free(&scene.bed);
}

static void
test_own(void)
{
    Scene scene;
    TwStore *own, *store;
    guint32 ids[4] = { 0 };
    TwSyncInfo info = { .kind = TW_SYNC_CONTENTS };

    scene_new(&scene);
    info.store = tw_store_get_number(scene.bed.store);
    info.folder = scene.folder;
    g_assert_true(tw_sync_register(scene.bed.engine, &info, 1, NULL));
    scene.state.sync = info.id;
    own = tw_store_for_sync(scene.bed.store, info.id);
    store = scene.bed.store;
    scene.bed.store = own;
    ids[0] = bed_message(&scene.bed, scene.folder, "own", 10);
    scene.bed.store = store;
    ids[1] = bed_message(&scene.bed, scene.folder, "another's", 10);
    TOLD("1001 b ");
    scene.bed.store = own;
    scene_save_one(&scene, ids[0], "own again");
    scene_set_read(&scene, ids[1], TRUE);
    scene.bed.store = store;
    TOLD("");
    scene_save_one(&scene, ids[0], "by another");
    TOLD("1002 a ");
    /* from the beginning: what it made it has, unless others changed it */
    scene.state.cn = 0;
    TOLD("1001 b 1002 a ");
    scene.bed.store = own;
    scene_remove_one(&scene, ids[0], FALSE);
    scene_remove_one(&scene, ids[1], TRUE);
    scene.bed.store = store;
    TOLD("");
    scene.state.sync = 0;
    scene.state.cn = 0;
    TOLD("");
    scene_restore_one(&scene, ids[1]);
    TOLD("1001 b ");
    tw_store_unref(own);
    bed_free(&scene.bed);
}

static void
test_tree(void)
{
    Scene scene;
    guint32 ids[6] = { 0 };
    TwFolderMake search = { .name = "Search", .type = TW_FOLDER_SEARCH };
    TwStore *own, *store;
    TwSyncInfo info = { .kind = TW_SYNC_HIERARCHY };
    g_autoptr(GError) error = NULL;
    g_auto(TwSyncBatch) batch = { 0 };
    guint32 id;

    scene_new(&scene);
    scene.request.kind = TW_SYNC_HIERARCHY;
    ids[0] = bed_folder(&scene.bed, scene.folder, "A");
    ids[1] = bed_folder(&scene.bed, ids[0], "B");
    ids[2] = bed_folder(&scene.bed, ids[1], "C");
    g_assert_true(tw_folder_create(scene.bed.store, scene.folder, &search, &id, &error));
    TOLD("2001 a 2001 b 2001 c ");
    bed_message(&scene.bed, ids[0], "no folder", 10);
    TOLD("");
    ids[3] = bed_folder(&scene.bed, scene.other, "D");
    TOLD("");
    /* out of the tree with all below it, and in again */
    g_assert_true(tw_folder_move(scene.bed.store, ids[1], ids[3], NULL, &error));
    TOLD("2005 c 2005 b ");
    g_assert_true(tw_folder_move(scene.bed.store, ids[3], ids[0], NULL, &error));
    TOLD("2001 d 2001 b 2001 c ");
    g_assert_true(tw_folder_rename(scene.bed.store, ids[1], "New", &error));
    g_assert_true(tw_folder_move(scene.bed.store, ids[2], scene.folder, NULL, &error));
    TOLD("2002 c 2002 b ");
    /* out and back before it looks: nothing but a change */
    g_assert_true(tw_folder_move(scene.bed.store, ids[2], scene.other, NULL, &error));
    g_assert_true(tw_folder_move(scene.bed.store, ids[2], scene.folder, NULL, &error));
    TOLD("2002 c ");
    g_assert_true(tw_folder_delete(scene.bed.store, ids[3], TRUE, &error));
    TOLD("2004 d 2004 b ");
    g_assert_true(tw_folder_restore(scene.bed.store, ids[3], NULL, &error));
    TOLD("2001 d 2001 b ");
    g_assert_true(tw_folder_delete(scene.bed.store, ids[3], TRUE, &error));
    g_assert_true(tw_folder_delete(scene.bed.store, ids[3], FALSE, &error));
    TOLD("2005 b 2005 d ");
    ids[4] = bed_folder(&scene.bed, ids[0], "E");
    g_assert_true(tw_folder_delete(scene.bed.store, ids[4], FALSE, &error));
    TOLD("");
    /* its own */
    info.store = tw_store_get_number(scene.bed.store);
    info.folder = scene.folder;
    g_assert_true(tw_sync_register(scene.bed.engine, &info, 1, &error));
    scene.state.sync = info.id;
    own = tw_store_for_sync(scene.bed.store, info.id);
    store = scene.bed.store;
    scene.bed.store = own;
    ids[4] = bed_folder(&scene.bed, ids[0], "Own");
    ids[5] = bed_folder(&scene.bed, ids[4], "Own too");
    g_assert_true(tw_folder_delete(own, ids[2], FALSE, &error));
    scene.bed.store = store;
    TOLD("");
    g_assert_true(tw_folder_rename(store, ids[5], "Not own", &error));
    TOLD("2002 f ");
    scene.state.cn = 0;
    TOLD("2001 a 2002 f ");
    g_assert_true(tw_folder_delete(store, scene.folder, TRUE, &error));
    g_assert_false(tw_sync_changes(store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    tw_store_unref(own);
    bed_free(&scene.bed);
}

static void
test_stale(void)
{
    Scene scene;
    guint32 ids[2] = { 0 };
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;
    TwSyncState good;

    scene_new(&scene);
    ids[0] = bed_message(&scene.bed, scene.folder, "a", 10);
    TOLD("1001 a ");
    good = scene.state;
    scene.state.cn += 1;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    scene.state = good;
    scene.request.folder = scene.other;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    scene.request.folder = 999;
    g_assert_false(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    bed_free(&scene.bed);
}

static const TwDbSql cut_rows[] = { { .sql = "DELETE FROM chg WHERE cn <= ?" } };
static const TwDbSqlSet cut_set = { "cut", cut_rows, 1 };

static gboolean
cut_tx(TwDbTx *tx, gpointer data, GError **error)
{
    g_autoptr(TwDbStatement) st = tw_db_statement(tx, &cut_set, 0);

    tw_db_bind_i64(st, 0, *(gint64 *) data);
    return tw_db_run(st, error);
}

/* What trimming leaves, made by hand. */
static void
drop_changes(Bed *bed, guint64 up_to)
{
    static const TwDbSqlSet *const sets[] = { &cut_set };
    TwDbSchema schema = tw_partition_schema;
    guint32 number = tw_store_get_number(bed->store);
    g_autoptr(GError) error = NULL;
    TwDb *db;

    bed_close(bed);
    schema.sets = sets;
    schema.set_count = 1;
    db = bed_open_partition(bed->config.fs, 1, &schema);
    g_assert_true(tw_db_write(db, cut_tx, &up_to, &error));
    tw_db_close(db);
    bed->engine = tw_engine_open(&bed->config, &error);
    g_assert_no_error(error);
    bed->store = tw_store_open_number(bed->engine, number, &error);
    g_assert_no_error(error);
}

static void
test_trimmed(void)
{
    Scene scene;
    guint32 ids[2] = { 0 };
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;
    TwSyncState old, good;

    scene_new(&scene);
    ids[0] = bed_message(&scene.bed, scene.folder, "a", 10);
    TOLD("1001 a ");
    old = scene.state;
    scene_set_read(&scene, ids[0], TRUE);
    TOLD("1003r a ");
    good = scene.state;
    drop_changes(&scene.bed, good.cn);
    TOLD(""); /* nothing happened since: it is as good as ever */
    bed_folder(&scene.bed, scene.other, "elsewhere");
    TOLD("");
    scene_set_read(&scene, ids[0], FALSE);
    TOLD("1003 a ");
    g_assert_false(tw_sync_changes(scene.bed.store, &old, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    scene.state = good;
    TOLD("1003 a "); /* the first change that is kept is the next one */
    scene.request.kind = TW_SYNC_HIERARCHY;
    old.place = 0;
    g_assert_false(tw_sync_changes(scene.bed.store, &old, &scene.request, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    bed_free(&scene.bed);
}

/* ---- the whole server ---- */

static void
test_server(void)
{
    Scene scene;
    TwSyncInfo info = { .kind = TW_SYNC_CONTENTS };
    TwSyncState state = { 0 }, first;
    TwStoreMake make = { .partition = -1 };
    g_autoptr(TwStore) second = NULL;
    g_autoptr(GError) error = NULL;
    guint32 mid, gone;

    scene_new(&scene);
    second = tw_store_create(scene.bed.engine, &make, &error);
    bed_message(&scene.bed, scene.folder, "before", 10);
    g_assert_true(tw_sync_register(scene.bed.engine, &info, 1, &error));
    state.sync = info.id;
    {
        g_auto(TwSyncServerBatch) batch = { 0 };
        g_assert_false(tw_sync_server_changes(scene.bed.engine, &state, 0, 0, &batch, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED);
        g_clear_error(&error);
        g_assert_true(
            tw_sync_server_changes(scene.bed.engine, &state, TW_SYNC_CATCHUP, 0, &batch, &error));
        g_assert_cmpuint(batch.changes->len, ==, 0);
        state = first = batch.state;
    }
    mid = bed_message(&scene.bed, scene.folder, "a", 10);
    gone = bed_message(&scene.bed, scene.folder, "b", 10);
    scene_save_one(&scene, mid, "changed");
    scene_remove_one(&scene, gone, FALSE);
    {
        g_autoptr(TwObject) object = bed_object("elsewhere", 10);
        TwMessageMade made;
        TwStoreInfo where;
        g_assert_true(tw_store_get_info(second, &where, NULL));
        g_assert_true(tw_message_create(second, where.root, object, NULL, &made, NULL));
    }
    for (guint round = 0; round < 2; round++) { /* the second time from the state before */
        g_auto(TwSyncServerBatch) batch = { 0 };
        guint found = 0;
        g_assert_true(tw_sync_server_changes(scene.bed.engine, &state, 0, 0, &batch, &error));
        g_assert_cmpuint(batch.changes->len, ==, 3);
        for (guint i = 0; i < 3; i++) {
            const TwSyncServerChange *change = &g_array_index(batch.changes, TwSyncServerChange, i);
            gboolean other = change->store != tw_store_get_number(scene.bed.store);
            found |= other ? 4 : change->id == mid ? 1 : change->id == gone ? 2 : 0;
            g_assert_cmpuint(change->type, ==,
                             TW_SYNC_MESSAGE |
                                 (!other && change->id == gone ? TW_SYNC_DELETED : TW_SYNC_NEW));
        }
        g_assert_cmpuint(found, ==, 7);
        g_assert_cmpuint(batch.state.cn, >, state.cn);
        if (round == 1)
            state = batch.state;
    }
    {
        g_auto(TwSyncServerBatch) batch = { 0 };
        scene_set_read(&scene, mid, TRUE);
        g_assert_true(tw_sync_server_changes(scene.bed.engine, &state, TW_SYNC_READ_STATE, 1,
                                             &batch, &error));
        g_assert_cmpuint(batch.changes->len, ==, 1);
        state = batch.state;
    }
    {
        g_auto(TwSyncServerBatch) batch = { 0 };
        g_assert_true(tw_sync_server_changes(scene.bed.engine, &state, 0, 0, &batch, &error));
        g_assert_cmpuint(batch.state.cn, ==, state.cn); /* nothing happened */
        tw_sync_server_batch_clear(&batch);
        state.cn += 5;
        g_assert_false(tw_sync_server_changes(scene.bed.engine, &state, 0, 0, &batch, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    }
    bed_free(&scene.bed);
}

/* ---- the address book ---- */

static TwDirectoryObject *
entry(guint32 number, TwDirectoryKind kind, const char *name, gboolean hidden, guint64 cn)
{
    g_autoptr(GBytes) id = g_bytes_new(&number, sizeof number);
    TwDirectoryObject values = {
        .number = number, .kind = kind, .id = id, .name = name, .hidden = hidden, .cn = cn
    };

    return tw_directory_object_new(&values);
}

static gboolean
sees_all_but_five(G_GNUC_UNUSED guint32 company, guint32 number, G_GNUC_UNUSED gpointer data)
{
    return number != 5;
}

static void
assert_book(const TwDirectorySnapshot *snapshot, guint64 since, const char *expected)
{
    g_auto(TwSyncBatch) batch = { 0 };
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    tw_sync_book_changes(snapshot, since, sees_all_but_five, NULL, &batch, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < batch.changes->len; i++) {
        const TwSyncChange *change = &g_array_index(batch.changes, TwSyncChange, i);
        g_string_append_printf(text, "%x %u (%x) ", change->type, change->id, change->parent);
    }
    g_assert_cmpstr(text->str, ==, expected);
    g_assert_cmpuint(batch.state.cn, ==, tw_directory_snapshot_epoch(snapshot));
    g_string_free(text, TRUE);
}

static void
test_book(void)
{
    g_autoptr(TwCollations) collations = tw_collations_new();
    g_autoptr(TwDirectorySnapshot) empty =
        tw_directory_snapshot_new(tw_collations_get(collations, "de_DE"));
    g_autoptr(TwDirectorySnapshot) first = NULL;
    g_autoptr(TwDirectorySnapshot) second = NULL;
    g_auto(TwDirectoryDelta) made = { .epoch = 14 };
    g_auto(TwDirectoryDelta) later = { .epoch = 20 };
    TwDirectoryGone gone = { .number = 4, .kind = TW_DIRECTORY_GROUP, .cn = 19 };
    g_auto(TwSyncBatch) batch = { 0 };
    g_autoptr(GError) error = NULL;

    made.objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    made.gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    g_ptr_array_add(made.objects, entry(3, TW_DIRECTORY_USER, "ada", FALSE, 10));
    g_ptr_array_add(made.objects, entry(4, TW_DIRECTORY_GROUP, "all", FALSE, 11));
    g_ptr_array_add(made.objects, entry(5, TW_DIRECTORY_USER, "eve", FALSE, 12));
    g_ptr_array_add(made.objects, entry(6, TW_DIRECTORY_USER, "ghost", TRUE, 13));
    g_ptr_array_add(made.objects, entry(7, TW_DIRECTORY_USER, "grace", FALSE, 14));
    first = tw_directory_snapshot_apply(empty, &made);
    assert_book(first, 0, "4001 3 (10001) 4001 4 (30001) 4001 7 (10001) ");
    assert_book(first, 14, "");
    assert_book(first, 13, "4002 7 (10001) ");
    later.objects = g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_object_unref);
    later.gone = g_array_new(FALSE, FALSE, sizeof(TwDirectoryGone));
    g_ptr_array_add(later.objects, entry(3, TW_DIRECTORY_USER, "ada", FALSE, 20));
    g_ptr_array_add(later.objects, entry(7, TW_DIRECTORY_USER, "grace", TRUE, 18));
    g_array_append_val(later.gone, gone);
    second = tw_directory_snapshot_apply(first, &later);
    assert_book(second, 14, "4005 7 (10001) 4005 4 (30001) 4002 3 (10001) ");
    assert_book(second, 0, "4001 3 (10001) ");
    g_assert_false(tw_sync_book_changes(first, 15, NULL, NULL, &batch, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/sync/state", test_state);
    g_test_add_func("/store/sync/seen", test_seen);
    g_test_add_func("/store/sync/ids", test_ids);
    g_test_add_func("/store/sync/contents", test_contents);
    g_test_add_func("/store/sync/filter", test_filter);
    g_test_add_func("/store/sync/own", test_own);
    g_test_add_func("/store/sync/tree", test_tree);
    g_test_add_func("/store/sync/stale", test_stale);
    g_test_add_func("/store/sync/trimmed", test_trimmed);
    g_test_add_func("/store/sync/server", test_server);
    g_test_add_func("/store/sync/book", test_book);
    return g_test_run();
}
