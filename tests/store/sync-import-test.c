/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Source keys and change keys, and what clients bring: imports and their conflicts. */
#include <string.h>

#include "base/error.h"
#include "mapi/tags.h"
#include "store/invariants.h"
#include "store/sync-private.h"
#include "store/sync-scene.h"

/* ---- keys ---- */

static void
assert_bytes(GBytes *a, GBytes *b)
{
    g_assert_nonnull(a);
    g_assert_nonnull(b);
    g_assert_true(g_bytes_equal(a, b));
}

static GBytes *
key_of(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

static guint32
make_with_keys(Scene *scene, GBytes *entry_id, GBytes *source_key)
{
    g_autoptr(TwObject) object = bed_object("keys", 10);
    TwMessageMake make = { .entry_id = entry_id, .source_key = source_key };
    TwMessageMade made;

    g_assert_true(tw_message_create(scene->bed.store, scene->folder, object, &make, &made, NULL));
    return made.mid;
}

static void
test_source_keys(void)
{
    Scene scene;
    g_autoptr(GBytes) entry_id = key_of("an entry id");
    g_autoptr(GBytes) key = key_of("twenty-two bytes of it");
    g_autoptr(GBytes) server = NULL;
    g_autoptr(GBytes) gone = NULL;
    g_autoptr(GBytes) gone_id = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(TwSyncBatch) first = { 0 };
    g_auto(TwSyncBatch) later = { 0 };
    guint32 mine, theirs, id, moved;

    scene_new(&scene);
    mine = make_with_keys(&scene, entry_id, key);
    theirs = bed_message(&scene.bed, scene.folder, "plain", 10);
    server = tw_sync_source_key(scene.bed.store, theirs, &error);
    g_assert_cmpuint(g_bytes_get_size(server), ==, TW_SOURCE_KEY_LEN);
    g_assert_true(tw_sync_find(scene.bed.store, server, &id, &error));
    g_assert_cmpuint(id, ==, theirs);
    g_assert_true(tw_sync_find(scene.bed.store, key, &id, &error));
    g_assert_cmpuint(id, ==, mine);
    g_assert_false(tw_sync_find(scene.bed.store, entry_id, &id, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(tw_sync_changes(scene.bed.store, &scene.state, &scene.request, &first, &error));
    g_assert_cmpuint(first.changes->len, ==, 2);
    g_assert_null(g_array_index(first.changes, TwSyncChange, 0).source_key);
    assert_bytes(g_array_index(first.changes, TwSyncChange, 1).source_key, key);
    /* a move: a new key there, and the old one is still known here */
    moved = scene_move_one(&scene, scene.folder, scene.other, mine);
    g_assert_true(tw_sync_changes(scene.bed.store, &first.state, &scene.request, &later, &error));
    g_assert_cmpuint(later.changes->len, ==, 1);
    assert_bytes(g_array_index(later.changes, TwSyncChange, 0).source_key, key);
    g_assert_false(tw_sync_find(scene.bed.store, key, &id, NULL));
    gone = tw_sync_gone_key(scene.bed.store, TW_KEY_SOURCE_KEY, mine, &error);
    assert_bytes(gone, key);
    gone_id = tw_sync_gone_key(scene.bed.store, TW_KEY_ENTRY_ID, mine, &error);
    assert_bytes(gone_id, entry_id);
    g_assert_null(tw_sync_gone_key(scene.bed.store, TW_KEY_ENTRY_ID, theirs, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_clear_pointer(&server, g_bytes_unref);
    server = tw_sync_source_key(scene.bed.store, moved, &error);
    g_assert_cmpuint(g_bytes_get_size(server), ==, TW_SOURCE_KEY_LEN);
    /* until its going is trimmed */
    g_assert_true(tw_sync_trim(scene.bed.store, later.state.cn + 1, &error));
    g_assert_null(tw_sync_gone_key(scene.bed.store, TW_KEY_SOURCE_KEY, mine, NULL));
    bed_check_store(scene.bed.store, "source keys");
    bed_free(&scene.bed);
}

static TwXid
foreign_key(guint8 replica, guint32 counter)
{
    TwXid xid = { .counter_len = 6 };

    memset(xid.replica.bytes, replica, TW_GUID_LEN);
    xid.counter[4] = (guint8) (counter >> 8);
    xid.counter[5] = (guint8) counter;
    return xid;
}

/* A message as a client has it: made by @key out of what @list says. */
static TwObject *
version(const char *subject, const TwXid *key, GBytes *list, gint64 modified)
{
    TwObject *object = bed_object(subject, 10);
    g_auto(TwBuffer) bytes = TW_BUFFER_INIT(64);
    TwPropValue value;

    tw_xid_write(key, &bytes);
    value = tw_value_bytes(PR_CHANGE_KEY, bytes.data, bytes.len);
    g_assert_true(tw_object_set(object, &value, NULL));
    value = tw_value_i8(PR_LAST_MODIFICATION_TIME, modified);
    g_assert_true(tw_object_set(object, &value, NULL));
    if (list != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(list, &len);
        value = tw_value_bytes(PR_PREDECESSOR_CHANGE_LIST, data, len);
        g_assert_true(tw_object_set(object, &value, NULL));
    }
    return object;
}

static TwSyncKeys
keys_of(Scene *scene, guint32 mid)
{
    g_auto(TwMessageRow) row = { 0 };
    TwSyncKeys keys = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_message_get(scene->bed.store, mid, &row, NULL));
    tw_sync_message_keys(scene->bed.store, &row, &keys, &error);
    g_assert_no_error(error);
    return keys;
}

static guint
list_count(const TwSyncKeys *keys)
{
    g_autoptr(TwChangeList) list = tw_change_list_parse(g_bytes_get_data(keys->change_list, NULL),
                                                        g_bytes_get_size(keys->change_list), NULL);

    g_assert_nonnull(list);
    return tw_change_list_count(list);
}

static gboolean
has_key(const TwSyncKeys *keys, const TwXid *key)
{
    TwXid xid;

    g_assert_true(tw_xid_parse(g_bytes_get_data(keys->change_key, NULL),
                               g_bytes_get_size(keys->change_key), &xid, NULL));
    return tw_xid_equal(&xid, key);
}

static void
test_change_keys(void)
{
    Scene scene;
    TwXid foreign = foreign_key(7, 1), own;
    g_autoptr(TwObject) sent = version("sent", &foreign, NULL, 1);
    g_auto(TwMessageRow) row = { 0 };
    g_auto(TwSyncKeys) made = { 0 };
    g_auto(TwSyncKeys) dropped = { 0 };
    g_auto(TwSyncKeys) kept = { 0 };
    g_auto(TwSyncKeys) after = { 0 };
    g_auto(TwSyncKeys) moved = { 0 };
    TwStore *sync;
    TwPropValue value;
    guint32 mid;
    guint64 cn;

    scene_new(&scene);
    sync = tw_store_for_sync(scene.bed.store, 5);
    mid = bed_message(&scene.bed, scene.folder, "made here", 10);
    made = keys_of(&scene, mid);
    g_assert_true(tw_message_get(scene.bed.store, mid, &row, NULL));
    own = tw_change_key_make(&scene.bed.store_guid, (guint32) row.cn);
    g_assert_true(has_key(&made, &own));
    g_assert_cmpuint(list_count(&made), ==, 1);
    /* a client's change key is for those who synchronise */
    g_assert_true(tw_message_save(scene.bed.store, mid, 0, sent, 0, &cn, NULL));
    dropped = keys_of(&scene, mid);
    g_assert_false(has_key(&dropped, &foreign));
    g_assert_true(tw_message_save(sync, mid, 0, sent, 0, &cn, NULL));
    kept = keys_of(&scene, mid);
    g_assert_true(has_key(&kept, &foreign));
    g_assert_cmpuint(list_count(&kept), ==, 1);
    /* a read mark is no change of it, any other is */
    scene_set_read(&scene, mid, TRUE);
    after = keys_of(&scene, mid);
    g_assert_true(has_key(&after, &foreign));
    tw_sync_keys_clear(&after);
    scene_save_one(&scene, mid, "changed here");
    after = keys_of(&scene, mid);
    own = tw_change_key_make(&scene.bed.store_guid, (guint32) cn + 2);
    g_assert_true(has_key(&after, &own));
    g_assert_cmpuint(list_count(&after), ==, 2);
    mid = scene_move_one(&scene, scene.folder, scene.other, mid);
    moved = keys_of(&scene, mid);
    g_assert_cmpuint(list_count(&moved), ==, 2);
    /* it is not kept in the message itself */
    g_clear_pointer(&sent, tw_object_free);
    sent = tw_message_read(scene.bed.store, mid, NULL, NULL);
    g_assert_false(tw_object_has(sent, PR_CHANGE_KEY));
    g_clear_pointer(&sent, tw_object_free);
    sent = tw_folder_read_object(scene.bed.store, scene.folder, NULL);
    value = tw_value_bytes(PR_CHANGE_KEY, (const guint8 *) "short", 5);
    g_assert_true(tw_object_set(sent, &value, NULL));
    g_assert_true(tw_folder_save_object(scene.bed.store, scene.folder, sent, NULL));
    g_assert_false(tw_folder_save_object(sync, scene.folder, sent, NULL));
    tw_store_unref(sync);
    bed_check_store(scene.bed.store, "change keys");
    bed_free(&scene.bed);
}

/* ---- import ---- */

typedef struct {
    const char *label;
    guint8 replica;
    gboolean knows; /* made from what is stored */
    gint64 modified;
    TwSyncOutcome outcome;
    const char *subject; /* what is there after */
    const char *loser;
} ImportCase;

static void
run_import(const ImportCase *tc)
{
    Scene scene;
    g_autoptr(GBytes) key = key_of("a key of the client's!");
    TwXid first = foreign_key(7, 1), second = foreign_key(tc->replica, 2);
    g_autoptr(TwObject) made = version("first", &first, NULL, 1);
    g_autoptr(TwObject) next = NULL;
    g_autoptr(TwObject) stored = NULL;
    g_auto(TwSyncKeys) keys = { 0 };
    g_auto(TwSyncKeys) after = { 0 };
    g_auto(TwSyncImported) done = { 0 };
    g_autoptr(GError) error = NULL;
    TwSyncImport import = { .source_key = key };
    TwStore *sync;

    scene_new(&scene);
    import.folder = scene.folder;
    sync = tw_store_for_sync(scene.bed.store, 5);
    g_assert_true(tw_sync_import_message(sync, &import, made, &done, &error));
    g_assert_cmpint(done.outcome, ==, TW_SYNC_IMPORTED);
    g_clear_pointer(&made, tw_object_free);
    /* someone changes it here, ten by the clock */
    made = tw_message_read(scene.bed.store, done.mid, NULL, NULL);
    {
        TwPropValue time = tw_value_i8(PR_LAST_MODIFICATION_TIME, 10);
        TwPropValue subject = tw_value_str(PR_SUBJECT, "here");
        guint64 cn;
        g_assert_true(tw_object_set(made, &time, NULL) && tw_object_set(made, &subject, NULL));
        g_assert_true(tw_message_save(scene.bed.store, done.mid, 0, made, 0, &cn, NULL));
    }
    keys = keys_of(&scene, done.mid);
    next = version("there", &second, tc->knows ? keys.change_list : NULL, tc->modified);
    if (tc->outcome == TW_SYNC_CONFLICT_OURS || tc->outcome == TW_SYNC_CONFLICT_THEIRS) {
        import.fail_on_conflict = TRUE;
        g_assert_false(tw_sync_import_message(sync, &import, next, &done, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_CHANGED);
        g_clear_error(&error);
        import.fail_on_conflict = FALSE;
    }
    for (guint i = 0; i < 2; i++) { /* the second time nothing is left to do */
        g_auto(TwSyncImported) again = { 0 };
        g_assert_true(tw_sync_import_message(sync, &import, next, &again, &error));
        if (again.outcome != (i == 0 ? tc->outcome : TW_SYNC_IGNORED))
            g_error("%s: %d the %u. time", tc->label, again.outcome, i + 1);
        g_assert_true((again.loser != NULL) == (i == 0 && tc->loser != NULL));
        if (again.loser != NULL)
            g_assert_cmpstr(tw_object_get_text(again.loser, PR_SUBJECT, ""), ==, tc->loser);
        stored = tw_message_read(scene.bed.store, again.mid, NULL, NULL);
        g_assert_cmpstr(tw_object_get_text(stored, PR_SUBJECT, ""), ==, tc->subject);
        g_clear_pointer(&stored, tw_object_free);
    }
    after = keys_of(&scene, done.mid);
    g_assert_cmpuint(list_count(&after), ==, tc->replica == 7 ? 2 : 3);
    tw_store_unref(sync);
    bed_check_store(scene.bed.store, tc->label);
    bed_free(&scene.bed);
}

static void
test_import(void)
{
    static const ImportCase cases[] = {
        { "newer", 7, TRUE, 5, TW_SYNC_IMPORTED, "there", NULL },
        { "newer, by another", 8, TRUE, 5, TW_SYNC_IMPORTED, "there", NULL },
        { "conflict, later", 7, FALSE, 20, TW_SYNC_CONFLICT_THEIRS, "there", "here" },
        { "conflict, earlier", 7, FALSE, 5, TW_SYNC_CONFLICT_OURS, "here", "there" },
        { "conflict, same time, highest replica", 0xff, FALSE, 10, TW_SYNC_CONFLICT_THEIRS, "there",
          "here" },
        { "conflict, same time, lowest replica", 0, FALSE, 10, TW_SYNC_CONFLICT_OURS, "here",
          "there" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        run_import(&cases[i]);
}

static void
test_import_deleted(void)
{
    Scene scene;
    g_autoptr(GBytes) key = key_of("a key of the client's!");
    TwXid xid = foreign_key(7, 1);
    g_autoptr(TwObject) object = version("first", &xid, NULL, 1);
    g_autoptr(TwObject) bare = bed_object("no key", 10);
    g_auto(TwSyncImported) done = { 0 };
    g_auto(TwSyncImported) again = { 0 };
    g_autoptr(GError) error = NULL;
    TwSyncImport import = { .source_key = key };

    scene_new(&scene);
    import.folder = scene.folder;
    g_assert_true(tw_sync_import_message(scene.bed.store, &import, object, &done, &error));
    scene_remove_one(&scene, done.mid, TRUE);
    g_assert_true(tw_sync_import_message(scene.bed.store, &import, object, &again, &error));
    g_assert_cmpint(again.outcome, ==, TW_SYNC_DELETED_HERE);
    scene_remove_one(&scene, done.mid, FALSE);
    g_assert_true(tw_sync_import_message(scene.bed.store, &import, object, &again, &error));
    g_assert_cmpint(again.outcome, ==, TW_SYNC_DELETED_HERE);
    g_assert_false(tw_sync_import_message(scene.bed.store, &import, bare, &again, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    import.folder = 999;
    g_assert_false(tw_sync_import_message(scene.bed.store, &import, object, &again, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    bed_free(&scene.bed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bed_quiet();
    g_test_add_func("/store/sync/source-keys", test_source_keys);
    g_test_add_func("/store/sync/change-keys", test_change_keys);
    g_test_add_func("/store/sync/import", test_import);
    g_test_add_func("/store/sync/import/deleted", test_import_deleted);
    return g_test_run();
}
