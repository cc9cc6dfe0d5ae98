/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Data for dbadm-test.py: "make DIR" makes a data folder with one store and prints its GUID, "damage DIR" makes a counter
 * wrong, "hold DIR" has it open until standard input ends, "serve DIR" does so as a server with users would: it answers tools, and
 * messages come meanwhile; "rest DIR" answers tools alone.
 */
#include "mapi/tags.h"
#include "programs/control.h"
#include "store/store-private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static TwEngine *
open_data(const char *path)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    TwEngine *engine;

    config.fs = tw_file_system_real();
    config.path = path;
    engine = tw_engine_open(&config, &error);
    g_assert_no_error(error);
    return engine;
}

static void
add_message(TwStore *store, guint32 folder)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *body = g_strnfill(4000, 'b');
    TwPropValue value = tw_value_str(PR_BODY, body);
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    g_assert_true(tw_object_set(object, &value, NULL));
    tw_message_create(store, folder, object, NULL, &made, &error);
    g_assert_no_error(error);
}

static void
make(TwEngine *engine)
{
    TwStoreMake how = { .partition = -1 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) store = tw_store_create(engine, &how, &error);
    char guid[TW_GUID_TEXT_SIZE];
    TwStoreInfo info;

    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, NULL));
    for (guint i = 0; i < 3; i++)
        add_message(store, info.root);
    tw_guid_print(&info.guid, TW_GUID_BRACED, guid);
    printf("%s\n", guid);
}

static gboolean
damage_tx(TwDbTx *tx, gpointer data, GError **error)
{
    guint32 number = *(const guint32 *) data;
    TwStoreRow store;
    g_autoptr(TwFolderRow) root = NULL;

    if (!tw_sql_store_get(tx, number, &store, error))
        return FALSE;
    root = tw_sql_folder_get(tx, number, store.root, error);
    if (root == NULL)
        return FALSE;
    root->total += 5;
    return tw_sql_folder_update(tx, root, error);
}

static void
damage(TwEngine *engine)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    guint32 number = g_array_index(stores, guint32, 0);
    g_autoptr(TwStore) store = tw_store_open_number(engine, number, NULL);

    g_assert_true(tw_store_write(store, 0, FALSE, damage_tx, &number, NULL));
}

typedef struct {
    TwEngine *engine;
    gint stop; /* atomic */
} Users;

static gpointer
work(gpointer data)
{
    Users *users = data;
    g_autoptr(GArray) stores = tw_engine_list_stores(users->engine);
    g_autoptr(TwStore) store =
        tw_store_open_number(users->engine, g_array_index(stores, guint32, 0), NULL);
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    while (!g_atomic_int_get(&users->stop))
        add_message(store, info.root);
    return NULL;
}

static void
wait_for_end(void)
{
    char byte;

    printf("open\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

static void
serve(TwEngine *engine, const char *path, gboolean with_users)
{
    g_autoptr(GError) error = NULL;
    TwControl *control = tw_control_start(engine, path, &error);
    Users users = { .engine = engine };
    GThread *thread = with_users ? g_thread_new("users", work, &users) : NULL;

    g_assert_no_error(error);
    wait_for_end();
    g_atomic_int_set(&users.stop, 1);
    if (thread != NULL)
        g_thread_join(thread);
    tw_control_stop(control);
}

int
main(int argc, char **argv)
{
    TwEngine *engine;

    g_assert_cmpint(argc, ==, 3);
    engine = open_data(argv[2]);
    if (strcmp(argv[1], "make") == 0) {
        make(engine);
    } else if (strcmp(argv[1], "damage") == 0) {
        damage(engine);
    } else if (strcmp(argv[1], "hold") == 0) {
        wait_for_end();
    } else {
        serve(engine, argv[2], strcmp(argv[1], "serve") == 0);
    }
    tw_engine_close(engine);
    return 0;
}
