/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/fixture.h"

#include <string.h>

#include <zstd.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "mapi/tags.h"
#include "store/dump.h"
#include "store/ops.h"
#include "store/store-private.h"

enum {
    STEPS = 120,    /* random operations on each store */
    MOST = 25,      /* messages of a folder after them */
    BATCH = 6,      /* messages in one transaction */
    HALF_DONE = 20, /* messages of the operation that is cut off */
    UNPACKED_MAX = 64 << 20,
    LEVEL = 19,
};

void
fixture_open(Bed *bed, TwFaultFs *fs, GError **error)
{
    *bed = (Bed){ .fs = fs, .config = TW_ENGINE_CONFIG_INIT };
    bed->config.fs = tw_fault_fs_get(fs);
    bed->config.path = "/data";
    bed->config.partitions = FIXTURE_PARTITIONS;
    bed->config.cache_bytes = 4 << 20;
    bed->config.log_bytes_min = bed->config.log_bytes_max = 256 << 10;
    bed->config.reserve_bytes_max = 32 << 10;
    bed->config.segment_bytes_min = 64 << 10;
    bed->config.segment_bytes_max = 256 << 10;
    bed->config.large_bytes = 64 << 10;
    bed->config.limits.batch = BATCH;
    bed_take_inline(&bed->config);
    bed->engine = tw_engine_open(&bed->config, error);
}

/* ---- filling ---- */

static const guint8 once_name[32] = "a delivery that is told apart";

static guint32
named_tag(TwEngine *engine, const char *name, guint32 lid, guint type)
{
    TwNamedProp prop = { .set = *tw_prop_set_guid(TW_PROP_SET_PUBLIC_STRINGS),
                         .name = name,
                         .lid = lid };
    guint16 id = 0;
    g_autoptr(GError) error = NULL;

    tw_name_map_get_ids(tw_engine_names(engine), &prop, 1, TRUE, &id, &error);
    g_assert_no_error(error);
    return (guint32) id << 16 | type;
}

/* Named properties, values of every size, embedded messages, ids made by a client. */
static void
add_rich_message(TwEngine *engine, TwStore *store, guint32 folder, Ops *ops)
{
    g_autoptr(TwObject) object = ops_object(ops, 3);
    g_autoptr(GBytes) entry_id = g_bytes_new_static("entry id of a client", 20);
    g_autoptr(GBytes) source_key = g_bytes_new_static("source key of a client", 22);
    TwMessageMake make = { .recv_us = 1700000000000000,
                           .entry_id = entry_id,
                           .source_key = source_key };
    g_autofree char *large = g_strnfill(150000, 'l');
    TwPropValue values[] = {
        tw_value_str(named_tag(engine, "Keywords of ours", 0, TW_PT_UNICODE), "one, two"),
        tw_value_long(named_tag(engine, NULL, 0x8503, TW_PT_LONG), 17),
        tw_value_str(named_tag(engine, "A long value", 0, TW_PT_UNICODE), large),
        tw_value_i8(PR_MESSAGE_DELIVERY_TIME, 0x01d9000000000000),
        tw_value_long(PR_IMPORTANCE, 2),
    };
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_true(tw_object_set(object, &values[i], NULL));
    tw_message_create(store, folder, object, &make, &made, &error);
    g_assert_no_error(error);
}

static void
deliver_once(TwEngine *engine, TwStore *store, guint32 folder, Ops *ops, gboolean expect_repeated)
{
    g_autoptr(GBytes) mail = ops_mail(ops);
    TwMailTarget target = { .store = store, .folder = folder, .once = once_name };
    TwMailDelivery delivery = { .targets = &target,
                                .target_count = 1,
                                .recv_us = 1700000001000000 };
    TwMailResult result = { 0 };
    g_autoptr(GError) error = NULL;

    tw_mail_deliver(engine, mail, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    g_assert_cmpint(result.repeated, ==, expect_repeated);
    tw_mail_result_clear(&result);
}

void
fixture_assert_once(TwEngine *engine, TwStore *store)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Ops ops = { .engine = engine, .store = store, .rand = rand };
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, &error));
    deliver_once(engine, store, info.root, &ops, TRUE);
}

static void
set_folder_text(TwStore *store, guint32 id, const char *text)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_FOLDER);
    TwPropValue value = tw_value_str(PR_COMMENT, text);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_object_set(object, &value, NULL));
    tw_folder_save_object(store, id, object, &error);
    g_assert_no_error(error);
}

/* What random operations might have deleted again: one of each kind, in a folder of its own. */
static void
keep_some(TwEngine *engine, TwStore *store, guint32 root, Ops *ops)
{
    TwFolderMake make = { .name = "Kept", .type = TW_FOLDER_GENERIC };
    TwMessageMake assoc = { .associated = TRUE, .recv_us = 1700000002000000 };
    TwMessageMake plain = { .recv_us = 1700000003000000 };
    g_autoptr(GError) error = NULL;
    TwMessageMade made[8];
    TwFlagChange change = { .flags_set = TW_MSGFLAG_READ };
    guint32 folder, gone, soft[2], kept;
    TwMessageSet set;
    guint bit;

    tw_folder_create(store, root, &make, &folder, &error);
    g_assert_no_error(error);
    make.name = "Gone";
    tw_folder_create(store, root, &make, &gone, &error);
    g_assert_no_error(error);
    add_rich_message(engine, store, folder, ops);
    for (guint i = 0; i < G_N_ELEMENTS(made); i++) {
        g_autoptr(TwObject) object = ops_object(ops, 3);
        tw_message_create(store, i == 7 ? gone : folder, object, i % 3 == 2 ? &assoc : &plain,
                          &made[i], &error);
        g_assert_no_error(error);
    }
    soft[0] = made[1].mid;
    soft[1] = made[2].mid;
    set = (TwMessageSet){ folder, soft, 2 };
    g_assert_true(tw_messages_delete(store, &set, TRUE, NULL, NULL));
    g_assert_true(tw_folder_keyword(store, folder, "Spät", TRUE, &bit, NULL));
    change.kw_set = (guint64) 1 << bit;
    kept = made[3].mid;
    set = (TwMessageSet){ folder, &kept, 1 };
    g_assert_true(tw_messages_set_flags(store, &set, &change, NULL, NULL));
    g_assert_true(tw_folder_delete(store, gone, TRUE, NULL));
}

static void
fill_store(TwEngine *engine, TwStore *store, guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Ops ops = { .engine = engine, .store = store, .rand = rand, .most = MOST };
    TwQuota quota = { .warn = 1 << 20, .soft = 2 << 20, .hard = 1 << 30 };
    g_autofree char *long_text = g_strnfill(4000, 't');
    g_autoptr(GError) error = NULL;
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, &error));
    deliver_once(engine, store, info.root, &ops, FALSE);
    deliver_once(engine, store, info.root, &ops, TRUE);
    set_folder_text(store, info.root, long_text);
    set_folder_text(store, info.object, "the store itself");
    for (guint i = 0; i < STEPS; i++) {
        g_autoptr(GError) failure = NULL;
        if (!ops_step(&ops, &failure) && !ops_is_expected(failure))
            g_error("step %u, %s: %s", i, ops.last, failure->message);
    }
    keep_some(engine, store, info.root, &ops);
    tw_store_set_quota(store, &quota, &error);
    g_assert_no_error(error);
    tw_store_set_receive_folder(store, "IPM.Note", info.root, &error);
    g_assert_no_error(error);
}

/* ---- cut off ---- */

static gboolean
count_tasks_tx(TwDbTx *tx, gpointer data, GError **error)
{
    guint damaged;
    g_autoptr(GArray) tasks = tw_sql_task_list(tx, &damaged, error);

    if (tasks != NULL)
        *(guint *) data = tasks->len;
    return tasks != NULL;
}

static guint
count_tasks(TwFaultFs *fs, const char *path)
{
    TwDbConfig config = TW_DB_CONFIG_INIT;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDb) db = NULL;
    guint count = 0;

    config.schema = &tw_partition_schema;
    config.fs = tw_fault_fs_get(fs);
    config.path = path;
    config.log_bytes_min = config.log_bytes_max = 256 << 10;
    config.reserve_bytes_max = 32 << 10;
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    tw_db_read(db, NULL, count_tasks_tx, &count, &error);
    g_assert_no_error(error);
    return count;
}

/* The first moment from which the operation would have to be taken up again. */
static TwFaultFs *
cut_off(TwFaultFs *fs, guint first)
{
    for (guint event = first; event < tw_fault_fs_events(fs); event++) {
        g_autoptr(TwFaultFs) tried = NULL;
        if (tw_fault_fs_event(fs, event) != TW_DISK_SYNC)
            continue;
        tried = tw_fault_fs_image(fs, event + 1, TW_IMAGE_SYNCED, 0);
        if (count_tasks(tried, "/data/partitions/p1.db") > 0)
            return tw_fault_fs_image(fs, event + 1, TW_IMAGE_SYNCED, 0);
    }
    g_error("the operation was never half done");
}

static TwFaultFs *
move_in_batches(Bed *bed, TwStore *store, guint32 root)
{
    TwFolderMake from_make = { .name = "Left", .type = TW_FOLDER_GENERIC };
    TwFolderMake to_make = { .name = "Right", .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 mids[HALF_DONE], from, to;
    TwMessageSet set;
    guint first;

    g_assert_true(tw_folder_create(store, root, &from_make, &from, &error));
    g_assert_true(tw_folder_create(store, root, &to_make, &to, &error));
    for (guint i = 0; i < HALF_DONE; i++) {
        g_autoptr(TwObject) object = bed_object("goes to the right", 2000);
        TwMessageMade made;
        tw_message_create(store, from, object, NULL, &made, &error);
        g_assert_no_error(error);
        mids[i] = made.mid;
    }
    set = (TwMessageSet){ from, mids, HALF_DONE };
    first = tw_fault_fs_events(bed->fs);
    tw_messages_move(store, &set, to, NULL, &error);
    g_assert_no_error(error);
    return cut_off(bed->fs, first);
}

TwFaultFs *
fixture_make(void)
{
    static const TwStoreKind kinds[FIXTURE_STORES] = { TW_STORE_PRIVATE, TW_STORE_PUBLIC,
                                                       TW_STORE_ARCHIVE };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwStore) first = NULL;
    TwFaultFs *image;
    TwStoreInfo info;
    Bed bed;

    fixture_open(&bed, tw_fault_fs_new(), &error);
    g_assert_no_error(error);
    for (guint i = 0; i < FIXTURE_STORES; i++) {
        TwStoreMake make = { .kind = kinds[i],
                             .company = i / 2,
                             .partition = (gint) (i % FIXTURE_PARTITIONS) };
        g_autoptr(TwStore) store = tw_store_create(bed.engine, &make, &error);
        g_assert_no_error(error);
        fill_store(bed.engine, store, 1000 + i);
        if (i == 0)
            first = tw_store_ref(store);
    }
    g_assert_true(tw_store_get_info(first, &info, &error));
    image = move_in_batches(&bed, first, info.root);
    g_clear_pointer(&first, tw_store_unref);
    bed_free(&bed);
    return image;
}

/* ---- packing ---- */

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
pack_file(TwFileSystem *fs, const char *path, guint64 size, TwBuffer *out)
{
    g_autoptr(TwFile) file = tw_file_open(fs, path, TW_FILE_READ, NULL);
    g_autofree guint8 *bytes = g_malloc(size + 1);

    g_assert_nonnull(file);
    g_assert_true(tw_file_read_exact(file, 0, bytes, size, NULL));
    tw_buffer_put_u32le(out, (guint32) strlen(path));
    tw_buffer_put(out, (const guint8 *) path, strlen(path));
    tw_buffer_put_u64le(out, size);
    tw_buffer_put(out, bytes, size);
}

static void /* NOLINTNEXTLINE(misc-no-recursion): depth of a data folder */
pack_folder(TwFileSystem *fs, const char *path, TwBuffer *out)
{
    g_autoptr(GPtrArray) names = tw_file_list(fs, path, NULL);

    g_assert_nonnull(names);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        TwFileStat stat;
        g_assert_true(tw_file_stat_path(fs, child, &stat, NULL));
        if (stat.kind == TW_FILE_KIND_DIRECTORY)
            pack_folder(fs, child, out);
        else
            pack_file(fs, child, stat.size, out);
    }
}

GBytes *
fixture_pack(TwFaultFs *fs)
{
    g_auto(TwBuffer) out = TW_BUFFER_INIT(UNPACKED_MAX);
    g_autofree guint8 *packed = NULL;
    gsize len;

    pack_folder(tw_fault_fs_get(fs), "/data", &out);
    len = ZSTD_compressBound(out.len);
    packed = g_malloc(len);
    len = ZSTD_compress(packed, len, out.data, out.len, LEVEL);
    g_assert_false(ZSTD_isError(len));
    return g_bytes_new(packed, len);
}

static void
make_folders(TwFileSystem *fs, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *folder = g_strndup(path, (gsize) (slash - path));
        if (tw_file_mkdir(fs, folder, NULL)) /* or it is there */
            g_assert_true(tw_file_sync_parent(fs, folder, NULL));
    }
}

TwFaultFs *
fixture_unpack(const guint8 *data, gsize len)
{
    unsigned long long size = ZSTD_getFrameContentSize(data, len);
    TwFaultFs *disk = tw_fault_fs_new();
    TwFileSystem *fs = tw_fault_fs_get(disk);
    g_autofree guint8 *bytes = NULL;
    TwCursor cur;

    g_assert_cmpuint(size, <=, UNPACKED_MAX);
    bytes = g_malloc(size);
    g_assert_cmpuint(ZSTD_decompress(bytes, size, data, len), ==, size);
    cur = tw_cursor_init(bytes, size);
    while (cur.left > 0) {
        const guint8 *name = NULL, *content = NULL;
        guint32 name_len = 0;
        guint64 file_len = 0;
        /* cppcheck-suppress assertWithSideEffect ; GLib's stays in every build */
        g_assert_true(
            tw_cursor_take_u32le(&cur, &name_len) && tw_cursor_take(&cur, name_len, &name) &&
            tw_cursor_take_u64le(&cur, &file_len) && tw_cursor_take(&cur, file_len, &content));
        g_autofree char *path = g_strndup((const char *) name, name_len);
        g_autoptr(TwFile) file = NULL;
        make_folders(fs, path);
        file = tw_file_open(fs, path, TW_FILE_WRITE | TW_FILE_CREATE_NEW, NULL);
        g_assert_nonnull(file);
        g_assert_true(tw_file_write(file, 0, content, file_len, NULL));
        g_assert_true(tw_file_sync(file, NULL) && tw_file_sync_parent(fs, path, NULL));
    }
    return disk;
}

/* ---- telling ---- */

static void
add_times(GString *out, TwStore *store)
{
    g_autoptr(GPtrArray) folders = tw_store_folders(store, NULL);
    TwStoreInfo info;

    g_assert_true(tw_store_get_info(store, &info, NULL));
    g_string_append_printf(out, "kind %u company %u created %" G_GINT64_FORMAT "\n", info.kind,
                           info.company, info.created_us);
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        guint64 oldest = 0;
        g_autoptr(GArray) tombs = NULL;
        g_assert_true(tw_store_oldest(store, row->id, &oldest, NULL));
        tombs = tw_folder_vanished(store, row->id, oldest, G_MAXINT32, NULL);
        g_string_append_printf(out, "folder %u uidvalidity %u\n", row->id, row->uidvalidity);
        for (guint j = 0; j < tombs->len; j++) {
            const TwTomb *tomb = &g_array_index(tombs, TwTomb, j);
            g_string_append_printf(out, " gone %u uid %u at %u\n", tomb->mid, tomb->uid,
                                   (guint) tomb->cn);
        }
    }
}

static void
add_changes(GString *out, TwStore *store)
{
    guint64 cn, oldest;
    g_autoptr(GArray) changes = NULL;

    g_assert_true(tw_store_oldest(store, 0, &oldest, NULL));
    changes = tw_store_changes(store, oldest, G_MAXINT32, &cn, NULL);
    for (guint i = 0; i < changes->len; i++) {
        const TwChange *change = &g_array_index(changes, TwChange, i);
        g_string_append_printf(out, "change %u: %u folder %u id %u aux %u\n", (guint) change->cn,
                               change->op, change->folder, change->id, change->aux);
    }
}

static void
add_keys(GString *out, TwStore *store)
{
    static const struct {
        TwKeyKind kind;
        const char *key;
    } keys[] = { { TW_KEY_ENTRY_ID, "entry id of a client" },
                 { TW_KEY_SOURCE_KEY, "source key of a client" } };

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GBytes) key = g_bytes_new_static(keys[i].key, strlen(keys[i].key));
        guint32 id = 0;
        tw_store_find_key(store, keys[i].kind, key, &id, NULL);
        g_string_append_printf(out, "%s: %u\n", keys[i].key, id);
    }
}

static void
add_names(GString *out, TwEngine *engine)
{
    for (guint id = 0x8501; id < 0x8510; id++) {
        TwNamedProp name;
        if (tw_name_map_get_name(tw_engine_names(engine), (guint16) id, &name, NULL))
            g_string_append_printf(out, "name %x: %s %x\n", id, name.name != NULL ? name.name : "-",
                                   name.lid);
    }
}

char *
fixture_dump(TwEngine *engine)
{
    g_autoptr(GArray) stores = tw_engine_list_stores(engine);
    GString *out = g_string_new(NULL);

    add_names(out, engine);
    for (guint i = 0; i < stores->len; i++) {
        g_autoptr(TwStore) store =
            tw_store_open_number(engine, g_array_index(stores, guint32, i), NULL);
        g_autofree char *text = NULL;
        g_assert_nonnull(store);
        text = dump_store(store);
        g_string_append(out, text);
        add_times(out, store);
        add_keys(out, store);
        add_changes(out, store);
    }
    return g_string_free(out, FALSE);
}
