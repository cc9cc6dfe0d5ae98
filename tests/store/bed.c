/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/bed.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "convert/mail-in.h"
#include "mapi/tags.h"
#include "store/invariants.h"
#include "store/store-private.h"

static void
ignore_message(G_GNUC_UNUSED const char *domain,
               G_GNUC_UNUSED GLogLevelFlags level,
               G_GNUC_UNUSED const char *message,
               G_GNUC_UNUSED gpointer data)
{
}

/* The databases tell of each opening, which is thousands of lines here. */
void
bed_quiet(void)
{
    g_log_set_handler("twiga", G_LOG_LEVEL_DEBUG, ignore_message, NULL);
}

static gssize inline_most = -1;
static guint partition_count = 1;

void
bed_set_inline(gsize most)
{
    inline_most = (gssize) most;
}

void
bed_take_inline(TwEngineConfig *config)
{
    if (inline_most < 0) {
        const char *wish = g_getenv("TW_INLINE");
        inline_most = wish != NULL ? (gssize) g_ascii_strtoull(wish, NULL, 10) : 0;
    }
    config->inline_mode = inline_most > 0 ? TW_INLINE_ALWAYS : TW_INLINE_NEVER;
    if (inline_most > 0)
        config->inline_most = (gsize) inline_most;
}

void
bed_set_partitions(guint count)
{
    partition_count = count;
}

gboolean
bed_on_maria(void)
{
    return g_getenv("TW_MARIA_SOCKET") != NULL;
}

/* Names of databases by disk; a disk that is freed takes its name along, as its address may come back. */
static GHashTable *databases;
static guint database_count;

void
bed_take_database(TwEngineConfig *config)
{
    char *name;

    if (!bed_on_maria())
        return;
    if (databases == NULL)
        databases = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    name = g_hash_table_lookup(databases, config->fs);
    if (name == NULL) {
        name = g_strdup_printf("bed%d_%u", (int) getpid(), database_count++);
        g_hash_table_insert(databases, config->fs, name);
    }
    config->maria.socket = g_getenv("TW_MARIA_SOCKET");
    config->maria.user = g_get_user_name();
    config->maria.database = name;
}

TwDb *
bed_open_partition(TwFileSystem *fs, guint number, const TwDbSchema *schema)
{
    TwEngineConfig engine = { .fs = fs };
    TwDbConfig config = TW_DB_CONFIG_INIT;
    g_autofree char *file = g_strdup_printf("/data/partitions/p%u.db", number);
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    TwDb *db;

    bed_take_database(&engine);
    config.schema = schema;
    config.fs = fs;
    config.path = file;
    config.log_bytes_min = config.log_bytes_max = 256 << 10;
    config.reserve_bytes_max = 0;
    config.must_exist = TRUE;
    if (bed_on_maria()) {
        config.kind = TW_DB_MARIADB;
        config.path = NULL;
        name = g_strdup_printf("%s_%u", engine.maria.database, number);
        config.database = name;
        config.socket = engine.maria.socket;
        config.user = engine.maria.user;
    }
    db = tw_db_open(&config, &error);
    g_assert_no_error(error);
    return db;
}

void
bed_open(Bed *bed, TwFaultFs *fs, GError **error)
{
    *bed = (Bed){ .fs = fs, .config = TW_ENGINE_CONFIG_INIT };
    bed->config.fs = tw_fault_fs_get(fs);
    bed->config.path = "/data";
    bed->config.partitions = partition_count;
    bed->config.cache_bytes = 4 << 20;
    bed->config.index_save = 3;
    bed->config.limits.keywords = 100;
    bed->config.log_bytes_min = bed->config.log_bytes_max = 256 << 10;
    bed->config.reserve_bytes_max = 32 << 10;
    bed->config.segment_bytes_min = 64 << 10;
    bed->config.segment_bytes_max = 256 << 10;
    bed->config.large_bytes = 64 << 10;
    bed_take_inline(&bed->config);
    bed_take_database(&bed->config);
    /* what failed stays as it is, whatever time a test takes; heal-test is another matter */
    bed->config.reopen_us = bed->config.reopen_us_max = G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC;
    bed->engine = tw_engine_open(&bed->config, error);
}

void
bed_new(Bed *bed)
{
    TwStoreMake make = { .partition = -1 };
    TwStoreInfo info;
    g_autoptr(GError) error = NULL;

    bed_open(bed, tw_fault_fs_new(), &error);
    g_assert_no_error(error);
    bed->store = tw_store_create(bed->engine, &make, &error);
    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(bed->store, &info, &error));
    bed->root = info.root;
    bed->store_guid = info.guid;
}

void
bed_close(Bed *bed)
{
    g_clear_pointer(&bed->store, tw_store_unref);
    g_clear_pointer(&bed->engine, tw_engine_close);
}

static void
write_closed(Bed *bed, const TwDbSqlSet *set, TwDbFunc func, gpointer data)
{
    const TwDbSqlSet *const sets[] = { set };
    TwDbSchema schema = tw_partition_schema;
    g_autoptr(TwDb) db = NULL;
    g_autoptr(GError) error = NULL;

    schema.sets = sets;
    schema.set_count = 1;
    db = bed_open_partition(bed->config.fs, 1, &schema);
    tw_db_write(db, func, data, &error);
    g_assert_no_error(error);
}

void
bed_reopen(Bed *bed)
{
    bed_reopen_after(bed, NULL, NULL, NULL);
}

void
bed_reopen_after(Bed *bed, const TwDbSqlSet *set, TwDbFunc func, gpointer data)
{
    guint32 number = tw_store_get_number(bed->store);
    g_autoptr(GError) error = NULL;

    bed_close(bed);
    if (func != NULL)
        write_closed(bed, set, func, data);
    bed->engine = tw_engine_open(&bed->config, &error);
    g_assert_no_error(error);
    bed->store = tw_store_open_number(bed->engine, number, &error);
    g_assert_no_error(error);
}

void
bed_free(Bed *bed)
{
    bed_close(bed);
    if (databases != NULL && bed->fs != NULL)
        g_hash_table_remove(databases, tw_fault_fs_get(bed->fs));
    g_clear_pointer(&bed->fs, tw_fault_fs_free);
}

guint32
bed_folder(Bed *bed, guint32 parent, const char *name)
{
    TwFolderMake make = { .name = name, .type = TW_FOLDER_GENERIC };
    g_autoptr(GError) error = NULL;
    guint32 id = 0;

    tw_folder_create(bed->store, parent, &make, &id, &error);
    g_assert_no_error(error);
    return id;
}

TwObject *
bed_object(const char *subject, gsize body_len)
{
    TwObject *object = tw_object_new(TW_OBJECT_MESSAGE);
    g_autofree char *body = g_strnfill(body_len, 'b');
    TwPropValue value = tw_value_str(PR_SUBJECT, subject);

    g_assert_true(tw_object_set(object, &value, NULL));
    for (gsize i = 0; i < body_len && subject[i] != '\0'; i++)
        body[i] = subject[i];
    value = tw_value_str(PR_BODY, body);
    g_assert_true(tw_object_set(object, &value, NULL));
    return object;
}

guint32
bed_message(Bed *bed, guint32 folder, const char *subject, gsize body_len)
{
    g_autoptr(TwObject) object = bed_object(subject, body_len);
    g_autoptr(GError) error = NULL;
    TwMessageMade made = { 0 };

    tw_message_create(bed->store, folder, object, NULL, &made, &error);
    g_assert_no_error(error);
    return made.mid;
}

TwFolderRow *
bed_row(Bed *bed, guint32 folder)
{
    g_autoptr(GError) error = NULL;
    TwFolderRow *row = tw_folder_get(bed->store, folder, &error);

    g_assert_no_error(error);
    return row;
}

/* ---- the check ---- */

typedef struct {
    const TwFolderRow *folder;
    guint64 cn; /* of the store */
    guint count[4], unread, bad;
    gint64 bytes[2];
    guint32 last_mid;
    GHashTable *uids, *mids;
    GArray *live; /* mids to read */
} Sums;

static gboolean
add_row(const TwMessageRow *row, gpointer data)
{
    Sums *sums = data;
    guint64 modseq = MAX(row->cn, row->cn_read);

    sums->count[row->state]++;
    sums->unread += row->state == TW_MESSAGE_NORMAL && !(row->flags & TW_MSGFLAG_READ);
    sums->bytes[row->state >= TW_MESSAGE_DELETED] += row->size;
    sums->bad += row->mid <= sums->last_mid || row->head == NULL || modseq > sums->cn ||
                 row->cn_create > row->cn;
    sums->last_mid = row->mid;
    sums->bad += !g_hash_table_add(sums->mids, GUINT_TO_POINTER(row->mid));
    if (row->state == TW_MESSAGE_NORMAL)
        sums->bad += row->uid == 0 || row->uid >= sums->folder->uidnext ||
                     !g_hash_table_add(sums->uids, GUINT_TO_POINTER(row->uid));
    else
        sums->bad += row->uid != 0;
    if (sums->folder->state == TW_FOLDER_LIVE)
        g_array_append_val(sums->live, row->mid);
    return TRUE;
}

static void
check_folder(TwStore *store, const TwFolderRow *folder, Sums *sums, const char *label)
{
    g_autoptr(GError) error = NULL;
    gboolean same;

    sums->folder = folder;
    memset(sums->count, 0, sizeof sums->count);
    sums->unread = 0;
    sums->bytes[0] = sums->bytes[1] = 0;
    g_hash_table_remove_all(sums->uids);
    if (folder->type == TW_FOLDER_SEARCH)
        return; /* invariants.c looks at those */
    for (guint state = 0; state < 4; state++) {
        sums->last_mid = 0;
        tw_folder_list(store, folder->id, (TwMessageState) state, 0, G_MAXINT32, TRUE, add_row,
                       sums, &error);
        g_assert_no_error(error);
    }
    same = sums->count[0] == folder->total && sums->unread == folder->unread &&
           sums->count[1] == folder->assoc && sums->count[2] == folder->deleted &&
           sums->count[3] == folder->deleted_assoc && sums->bytes[0] == folder->bytes &&
           sums->bytes[1] == folder->deleted_bytes && folder->hicn <= sums->cn;
    if (!same || sums->bad > 0)
        g_error("%s: folder %u: %u/%u normal, %u/%u unread, %u/%u assoc, %u/%u deleted, "
                "%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " bytes, %u bad rows",
                label, folder->id, folder->total, sums->count[0], folder->unread, sums->unread,
                folder->assoc, sums->count[1], folder->deleted, sums->count[2], folder->bytes,
                sums->bytes[0], sums->bad);
}

static void
check_tree(const GPtrArray *folders, const char *label)
{
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        const TwFolderRow *up = row;
        guint below = 0, deleted = 0, steps = 0;
        for (guint j = 0; j < folders->len; j++) {
            const TwFolderRow *other = folders->pdata[j];
            gboolean top = other->state == TW_FOLDER_SOFT && other->deleted_with == other->id;
            if (other->parent != row->id || other->id == row->id)
                continue;
            deleted += top ? 1 : 0;
            below += top ? 0 : 1;
        }
        while (up->parent != up->id && steps++ <= folders->len) {
            const TwFolderRow *parent = NULL;
            for (guint j = 0; j < folders->len; j++) {
                const TwFolderRow *other = folders->pdata[j];
                if (other->id == up->parent)
                    parent = other;
            }
            if (parent == NULL)
                g_error("%s: folder %u has no parent", label, up->id);
            up = parent;
        }
        if (steps > folders->len || below != row->subfolders || deleted != row->deleted_folders)
            g_error("%s: folder %u: %u/%u subfolders, %u/%u deleted, %u steps up", label, row->id,
                    row->subfolders, below, row->deleted_folders, deleted, steps);
    }
}

static void
check_changes(TwStore *store, guint64 cn, const char *label)
{
    g_autoptr(GError) error = NULL;
    guint64 now, oldest;
    g_autoptr(GArray) changes = NULL;

    g_assert_true(tw_store_oldest(store, 0, &oldest, NULL));
    changes = tw_store_changes(store, oldest, G_MAXINT32, &now, &error);
    g_assert_no_error(error);
    if (changes->len != cn - oldest || now != cn)
        g_error("%s: %u changes, the store says %" G_GUINT64_FORMAT, label, changes->len, cn);
    for (guint i = 0; i < changes->len; i++)
        g_assert_cmpuint(g_array_index(changes, TwChange, i).cn, ==, oldest + i + 1);
}

void
bed_check_store(TwStore *store, const char *label)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = tw_store_folders(store, &error);
    g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) mids = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) live = g_array_new(FALSE, FALSE, sizeof(guint32));
    Sums sums = { .uids = uids, .mids = mids, .live = live };
    gint64 bytes = 0, deleted = 0;
    TwStoreInfo info;

    g_assert_no_error(error);
    g_assert_true(tw_store_get_info(store, &info, &error));
    sums.cn = info.cn;
    for (guint i = 0; i < folders->len; i++) {
        const TwFolderRow *row = folders->pdata[i];
        check_folder(store, row, &sums, label);
        bytes += row->state == TW_FOLDER_LIVE ? row->bytes : 0;
        deleted += row->deleted_bytes + (row->state == TW_FOLDER_LIVE ? 0 : row->bytes);
    }
    if (bytes != info.bytes || deleted != info.deleted_bytes)
        g_error("%s: store: %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " bytes, %" G_GINT64_FORMAT
                "/%" G_GINT64_FORMAT " deleted",
                label, info.bytes, bytes, info.deleted_bytes, deleted);
    check_tree(folders, label);
    check_changes(store, info.cn, label);
    for (guint i = 0; i < live->len; i++) {
        guint32 mid = g_array_index(live, guint32, i);
        g_autoptr(TwObject) object = tw_message_read(store, mid, NULL, &error);
        if (object == NULL)
            g_error("%s: message %u: %s", label, mid, error->message);
    }
    invariants_check(store, INVARIANTS_ALL, label);
}

static gboolean
collect_mid(const TwMessageRow *row, gpointer data)
{
    GArray *mids = data;

    g_array_append_val(mids, row->mid);
    return TRUE;
}

GArray *
bed_mids(Bed *bed, guint32 folder, TwMessageState state)
{
    GArray *mids = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_assert_true(
        tw_folder_list(bed->store, folder, state, 0, 1000, FALSE, collect_mid, mids, NULL));
    return mids;
}

guint
bed_keyword(Bed *bed, guint32 folder, const char *format, guint i)
{
    g_autofree char *name = g_strdup_printf("%s%u", format, i);
    g_autoptr(GError) error = NULL;
    guint number = 0;

    tw_folder_keyword(bed->store, folder, name, TRUE, &number, &error);
    g_assert_no_error(error);
    return number;
}

char *
bed_keywords(Bed *bed, guint32 folder, guint32 mid)
{
    g_auto(TwMessageRow) row = { 0 };
    g_auto(GStrv) names = tw_folder_keywords(bed->store, folder, NULL);
    GString *text = g_string_new(NULL);
    TwKeywordSet words;

    g_assert_true(tw_message_get(bed->store, mid, &row, NULL));
    tw_message_row_keywords(&row, &words);
    for (guint i = 0; names[i] != NULL; i++) {
        if (tw_keyword_set_has(&words, i))
            g_string_append_printf(text, "%s ", names[i]);
    }
    return g_string_free(text, FALSE);
}

TwMessageMade
bed_deliver_message(Bed *bed, GBytes *mail)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(mail, &len);
    g_autoptr(TwMimeTree) tree = tw_mime_scan(data, len, NULL);
    g_autoptr(TwMailIn) in = tw_mail_to_object(data, len, tree, NULL);
    TwMailTarget target = { .store = bed->store, .folder = bed->root };
    TwMailDelivery delivery = { .targets = &target, .target_count = 1, .in = in };
    g_autoptr(GError) error = NULL;
    TwMailResult result;

    tw_mail_deliver(bed->engine, mail, &delivery, &result, &error);
    g_assert_no_error(error);
    g_assert_no_error(result.error);
    return result.made;
}
