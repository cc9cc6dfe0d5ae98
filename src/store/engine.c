/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening and closing the data folder, and the collector of blobs. */
#include "store/engine.h"

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "store/check-private.h"
#include "store/folder-index-private.h"
#include "store/heal-private.h"
#include "store/inline.h"
#include "store/queue-private.h"
#include "store/search-private.h"

enum {
    LEAST_CACHE = 256 << 10, /* page cache of any database */
    MOST_SERVER_CACHE = 1 << 20,
    MOST_CATALOG_CACHE = 8 << 20,
};

static gboolean
sync_blobs(gpointer data, GError **error)
{
    TwEngine *engine = data;

    return tw_blob_sync(engine->blobs, error);
}

static void
state_changed(gpointer data, TwDbState state, const GError *why)
{
    TwEngine *engine = data;

    if (state != TW_DB_SUSPECT)
        return;
    if (!g_error_matches(why, TW_ERROR, TW_ERROR_END_OF_SESSION)) {
        tw_healer_poke(engine->healer);
    } else if (g_atomic_int_compare_and_exchange(&engine->has_ended, FALSE, TRUE)) {
        tw_log(TW_LOG_ERR, "lease-lost", tw_log_error(why));
        if (engine->config.ended != NULL)
            engine->config.ended(engine->config.ended_data, why);
    }
}

static void
blob_trouble(gpointer data, const char *path, const GError *why)
{
    tw_log(TW_LOG_ERR, "blob-trouble", tw_log_str(TW_LOG_FILE, path), tw_log_error(why));
    tw_healer_poke(((TwEngine *) data)->healer);
}

/* Page caches: of server.db a sixteenth of all, of the blobs' catalog an eighth, within bounds; the partitions share the rest. */
static gsize
server_cache(const TwEngineConfig *config)
{
    return CLAMP(config->cache_bytes / 16, LEAST_CACHE, MOST_SERVER_CACHE);
}

static gsize
catalog_cache(const TwEngineConfig *config)
{
    return CLAMP(config->cache_bytes / 8, LEAST_CACHE, MOST_CATALOG_CACHE);
}

static gsize
partition_cache(const TwEngine *engine)
{
    const TwEngineConfig *config = &engine->config;
    gsize others = server_cache(config) + catalog_cache(config);
    gsize rest = config->cache_bytes > others ? config->cache_bytes - others : 0;

    return MAX(rest / engine->partition_count, LEAST_CACHE);
}

static TwDb *
open_maria(TwEngine *engine,
           const char *name,
           const TwDbSchema *schema,
           gboolean must_exist,
           GError **error)
{
    const TwEngineMaria *maria = &engine->config.maria;
    TwDbConfig db = TW_DB_CONFIG_INIT;

    db.kind = TW_DB_MARIADB;
    db.schema = schema;
    db.host = maria->host;
    db.port = maria->port;
    db.socket = maria->socket;
    db.user = maria->user;
    db.password = maria->password;
    db.tls_ca = maria->tls_ca;
    db.tls_cert = maria->tls_cert;
    db.tls_key = maria->tls_key;
    db.database = name;
    db.must_exist = must_exist;
    db.node = maria->node;
    db.lease_us = maria->lease_us;
    if (schema == &tw_partition_schema)
        db.sync_blobs = sync_blobs;
    db.state_changed = state_changed;
    db.hook_data = engine;
    return tw_db_open(&db, error);
}

static TwDb *
open_db(TwEngine *engine,
        const char *path,
        const TwDbSchema *schema,
        gsize cache,
        gboolean must_exist,
        GError **error)
{
    const TwEngineConfig *config = &engine->config;
    TwDbConfig db = TW_DB_CONFIG_INIT;

    db.schema = schema;
    if (engine->maria_server != NULL)
        return open_maria(engine, path, schema, must_exist, error);
    db.fs = config->fs;
    db.path = path;
    db.must_exist = must_exist;
    db.page_cache_bytes = cache;
    db.log_bytes_min = schema == &tw_partition_schema
                           ? config->log_bytes_min
                           : MIN(config->log_bytes_min, db.log_bytes_min); /* little is written */
    db.log_bytes_max = config->log_bytes_max;
    db.reserve_bytes_max = config->reserve_bytes_max;
    if (schema == &tw_partition_schema)
        db.sync_blobs = sync_blobs;
    db.state_changed = state_changed;
    db.hook_data = engine;
    return tw_db_open(&db, error);
}

static gboolean
make_folder(TwFileSystem *fs, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (tw_file_mkdir(fs, path, &failure))
        return tw_file_sync_parent(fs, path, error);
    if (g_error_matches(failure, TW_ERROR, TW_ERROR_EXISTS))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- server.db ---- */

/* The folder of partitions is made when server.db is durable: a server.db that is missing beside it was lost, and a new one
 * would give numbers again that are in use. */
static gboolean
was_begun(TwEngine *engine)
{
    g_autofree char *folder = g_build_filename(engine->path, "partitions", NULL);
    TwFileStat stat;

    return tw_file_stat_path(engine->config.fs, folder, &stat, NULL);
}

typedef struct {
    TwServerRow row;
    guint partitions;
    GArray *places;
} Server;

static gboolean
init_server_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;

    if (!tw_sql_server_get(tx, &server->row, error))
        return FALSE;
    if (server->row.next_store == 0) {
        tw_random_bytes(&server->row.guid, sizeof server->row.guid);
        server->row.next_store = 1;
    } else if (server->row.partitions >= server->partitions) {
        return TRUE;
    }
    server->row.partitions = server->partitions;
    return tw_sql_server_set(tx, &server->row, error);
}

static gboolean
read_server_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Server *server = data;

    g_clear_pointer(&server->places, g_array_unref);
    server->places = tw_sql_place_list(tx, error);
    return server->places != NULL && tw_sql_server_get(tx, &server->row, error);
}

static gboolean
open_server(TwEngine *engine, GError **error)
{
    Server server = { .partitions = engine->config.partitions };
    g_autofree char *file = g_build_filename(engine->path, "server.db", NULL);
    const char *path = engine->maria_server != NULL ? engine->maria_server : file;
    TwFileStat there;

    if (engine->maria_server != NULL && tw_file_stat_path(engine->config.fs, file, &there, NULL)) {
        g_set_error(error, TW_ERROR, TW_ERROR_UNSUPPORTED,
                    "%s is there: this data folder keeps its databases in files; twiga-dbadm "
                    "exports its stores, and imports them into an empty one on MariaDB",
                    file);
        return FALSE;
    }
    engine->server = open_db(engine, path, &tw_server_schema, server_cache(&engine->config),
                             was_begun(engine), error);
    if (engine->server == NULL)
        return FALSE;
    if (!tw_db_write(engine->server, init_server_tx, &server, error) ||
        !tw_db_read(engine->server, NULL, read_server_tx, &server, error)) {
        g_prefix_error(error, "%s: ", path);
        g_clear_pointer(&server.places, g_array_unref);
        return FALSE;
    }
    engine->guid = server.row.guid;
    engine->partition_count = server.row.partitions;
    for (guint i = 0; i < server.places->len; i++) {
        TwStorePlace *place =
            g_memdup2(&g_array_index(server.places, TwStorePlace, i), sizeof *place);
        g_hash_table_insert(engine->places, GUINT_TO_POINTER(place->number), place);
        g_hash_table_insert(engine->places_by_guid, &place->guid, place);
        if (place->owner != 0)
            g_hash_table_insert(engine->places_by_owner, &place->owner_key, place);
    }
    g_array_unref(server.places);
    if (engine->partition_count <= TW_MAX_PARTITIONS)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT, "server.db: too many partitions");
    return FALSE;
}

/* ---- partitions ---- */

static const TwMetricSpec closed_spec = {
    .name = "twiga_store_partitions_unavailable",
    .help = "Partitions that could not be opened; their mailboxes answer with a temporary error",
    .kind = TW_METRIC_GAUGE,
};

static gboolean
has_stores(TwEngine *engine, guint partition)
{
    GHashTableIter iter;
    gpointer place;

    g_hash_table_iter_init(&iter, engine->places);
    while (g_hash_table_iter_next(&iter, NULL, &place)) {
        if (((TwStorePlace *) place)->partition == partition)
            return TRUE;
    }
    return FALSE;
}

typedef struct {
    TwPartition *partition;
    gboolean foreign;
} Stores;

static gboolean
foreign_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Stores *stores = data;
    GHashTable *places = stores->partition->engine->places;
    g_autoptr(GArray) numbers = tw_sql_check_stores(tx, error);

    stores->foreign = FALSE;
    for (guint i = 0; numbers != NULL && i < numbers->len; i++) {
        const TwStorePlace *place =
            g_hash_table_lookup(places, GUINT_TO_POINTER(g_array_index(numbers, guint32, i)));
        stores->foreign |= place != NULL && place->partition != stores->partition->number;
    }
    return numbers != NULL;
}

/* A file that was put in the place of another would answer "no such store" for good; this way it is put right again. */
static gboolean
is_in_place(TwPartition *partition, GError **error)
{
    Stores stores = { partition, FALSE };

    if (!tw_db_read(partition->db, NULL, foreign_tx, &stores, error))
        return FALSE;
    if (!stores.foreign)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_CORRUPT,
                        "it has stores that server.db has in another partition");
    return FALSE;
}

static gboolean
start_tx(TwDbTx *tx, G_GNUC_UNUSED gpointer data, GError **error)
{
    g_autoptr(GArray) modes = tw_sql_store_list_modes(tx, error);
    g_autoptr(GArray) queue = modes != NULL ? tw_sql_queue_list(tx, 0, error) : NULL;
    g_autoptr(GArray) searches = queue != NULL ? tw_sql_search_list(tx, 0, error) : NULL;

    return searches != NULL;
}

/* FALSE with the reason kept and told. What the engine reads of every partition when it starts can be read: else this partition
 * is the one that does not work, rather than all of them. */
static gboolean
open_partition(TwPartition *partition, gsize cache, GError **error)
{
    TwEngine *engine = partition->engine;

    partition->db = open_db(engine, partition->path, &tw_partition_schema, cache,
                            has_stores(engine, partition->number), error);
    if (partition->db != NULL &&
        (!is_in_place(partition, error) || !tw_db_read(partition->db, NULL, start_tx, NULL, error)))
        g_clear_pointer(&partition->db, tw_db_close);
    return partition->db != NULL;
}

static void
init_partition(TwEngine *engine, guint number)
{
    TwPartition *partition = &engine->partitions[number];
    g_autofree char *name = g_strdup_printf("p%u.db", number + 1);

    partition->engine = engine;
    partition->number = number;
    if (engine->maria_server != NULL)
        partition->path = g_strdup_printf("%s_%u", engine->maria_server, number + 1);
    else
        partition->path = g_build_filename(engine->path, "partitions", name, NULL);
    tw_lock_init(&partition->id_lock);
    g_mutex_init(&partition->id_fetch);
}

/* One that does not open is told here, as nobody gets the error; without any there is nothing to serve. */
static gboolean
open_partitions(TwEngine *engine, GError **error)
{
    g_autofree char *folder = g_build_filename(engine->path, "partitions", NULL);
    gsize cache = partition_cache(engine);
    g_autoptr(GError) first = NULL;
    guint closed = 0;

    if (!make_folder(engine->config.fs, folder, error))
        return FALSE;
    engine->partitions = g_new0(TwPartition, engine->partition_count);
    for (guint i = 0; i < engine->partition_count; i++)
        init_partition(engine, i);
    for (guint i = 0; i < engine->partition_count; i++) {
        TwPartition *partition = &engine->partitions[i];
        g_autoptr(GError) failure = NULL;
        if (open_partition(partition, cache, &failure))
            continue;
        closed++;
        partition->why = g_strdup(failure->message);
        tw_log(TW_LOG_ERR, "partition-unavailable", tw_log_str(TW_LOG_FILE, partition->path),
               tw_log_error(failure));
        if (first == NULL)
            first = g_steal_pointer(&failure);
    }
    if (engine->config.metrics != NULL)
        tw_metric_set(tw_metrics_get(engine->config.metrics, &closed_spec, NULL), closed);
    if (closed < engine->partition_count)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

static gboolean
open_blobs(TwEngine *engine, GError **error)
{
    g_autofree char *path = g_build_filename(engine->path, "blobs", NULL);
    TwBlobConfig blobs = TW_BLOB_CONFIG_INIT;

    blobs.fs = engine->config.fs;
    blobs.path = path;
    blobs.segment_bytes_min = engine->config.segment_bytes_min;
    blobs.segment_bytes_max = engine->config.segment_bytes_max;
    blobs.large_bytes = engine->config.large_bytes;
    blobs.catalog_cache_bytes = catalog_cache(&engine->config);
    blobs.merge_scopes = engine->config.share_companies;
    blobs.trouble = blob_trouble;
    blobs.trouble_data = engine;
    engine->blobs = tw_blob_volume_open(&blobs, error);
    return engine->blobs != NULL;
}

static gboolean
check_config(const TwEngineConfig *config, GError **error)
{
    const TwEngineLimits *limits = &config->limits;

    if (config->partitions >= 1 && config->partitions <= TW_MAX_PARTITIONS && limits->batch >= 1 &&
        limits->batch <= TW_ID_BLOCK && limits->keywords <= TW_KEYWORDS_MAX_COUNT &&
        config->reopen_us > 0 && config->reopen_us_max >= config->reopen_us &&
        limits->named_props <= TW_NAMED_MAX_NUMBER && config->inline_len >= 64 &&
        config->inline_most >= 1 && config->inline_most <= TW_INLINE_MOST && limits->targets >= 1 &&
        limits->trim_batch >= 1 && limits->change_age_us >= 0 && limits->targets <= TW_ID_BLOCK)
        return TRUE;
    g_set_error_literal(error, TW_ERROR, TW_ERROR_INVALID, "engine: a limit makes no sense");
    return FALSE;
}

static guint
hash_guid(gconstpointer guid)
{
    return tw_guid_hash(guid);
}

static gboolean
equal_guid(gconstpointer a, gconstpointer b)
{
    return tw_guid_equal(a, b);
}

TwEngine *
tw_engine_open(const TwEngineConfig *config, GError **error)
{
    g_autoptr(TwEngine) engine = NULL;

    if (!check_config(config, error))
        return NULL;
    engine = g_new0(TwEngine, 1);
    engine->config = *config;
    engine->path = g_strdup(config->path);
    engine->config.path = engine->path;
    engine->maria_server = g_strdup(config->maria.database);
    tw_lock_init(&engine->places_lock);
    tw_lock_init(&engine->subscribers_lock);
    engine->places = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    engine->places_by_guid = g_hash_table_new(hash_guid, equal_guid);
    engine->places_by_owner = g_hash_table_new(g_int64_hash, g_int64_equal);
    engine->subscribers = g_ptr_array_new();
    engine->indices = tw_index_cache_new(engine);
    engine->locks = tw_locks_new();
    engine->healer = tw_healer_new(engine);
    tw_lock_init(&engine->modes_lock);
    engine->modes = g_hash_table_new(NULL, NULL);
    if (!make_folder(config->fs, config->path, error) || !open_server(engine, error) ||
        !open_blobs(engine, error) || !open_partitions(engine, error))
        return NULL;
    engine->inline_most = tw_inline_limit(&engine->config, NULL, NULL);
    engine->names = tw_names_new(engine, error);
    if (engine->names != NULL)
        engine->queue = tw_queue_index_new(engine, error);
    if (engine->queue == NULL || !tw_store_modes_load(engine, error)) {
        g_prefix_error(error, engine->maria_server != NULL ? "%s, server.db: " : "%s/server.db: ",
                       config->path);
        return NULL;
    }
    for (guint i = 0; i < engine->partition_count; i++) {
        if (engine->partitions[i].db != NULL)
            tw_tasks_resume(engine, &engine->partitions[i], 0);
    }
    engine->searches = tw_search_worker_new(engine, error);
    if (engine->searches == NULL)
        return NULL;
    tw_search_worker_start(engine->searches);
    tw_healer_start(engine->healer);
    engine->config.maria =
        (TwEngineMaria){ .database = engine->maria_server }; /* the rest was lent */
    return g_steal_pointer(&engine);
}

void
tw_engine_close(TwEngine *engine)
{
    if (engine == NULL)
        return;
    tw_healer_stop(engine->healer);
    tw_search_worker_stop(engine->searches);
    tw_index_cache_free(engine->indices);
    for (guint i = 0; engine->partitions != NULL && i < engine->partition_count; i++) {
        TwPartition *partition = &engine->partitions[i];
        tw_db_close(partition->db);
        g_free(partition->why);
        g_free(partition->path);
        tw_lock_clear(&partition->id_lock);
        g_mutex_clear(&partition->id_fetch);
    }
    g_free(engine->partitions);
    tw_search_worker_free(engine->searches);
    tw_queue_index_free(engine->queue);
    tw_locks_free(engine->locks);
    g_hash_table_unref(engine->modes);
    tw_lock_clear(&engine->modes_lock);
    tw_names_free(engine->names);
    tw_db_close(engine->server);
    tw_blob_volume_close(engine->blobs);
    tw_healer_free(engine->healer);
    g_clear_pointer(&engine->places_by_owner, g_hash_table_unref);
    g_clear_pointer(&engine->places_by_guid, g_hash_table_unref);
    g_clear_pointer(&engine->places, g_hash_table_unref);
    g_clear_pointer(&engine->subscribers, g_ptr_array_unref);
    tw_lock_clear(&engine->places_lock);
    tw_lock_clear(&engine->subscribers_lock);
    g_free(engine->maria_server);
    g_free(engine->path);
    g_free(engine);
}

const TwGuid *
tw_engine_guid(const TwEngine *engine)
{
    return &engine->guid;
}

const TwEngineLimits *
tw_engine_limits(const TwEngine *engine)
{
    return &engine->config.limits;
}

TwNameMap *
tw_engine_names(TwEngine *engine)
{
    return tw_names_map(engine->names);
}

/* ---- the collector ---- */

typedef struct {
    const TwBlobId *id;
    gboolean used;
} Asked;

static gboolean
asked_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Asked *asked = data;

    return tw_sql_blobref_used(tx, asked->id, &asked->used, error);
}

/* A partition that is not open may use it: then nothing is taken away. */
static gboolean
is_used(const TwBlobId *id, gboolean *ret, gpointer data, GError **error)
{
    TwEngine *engine = data;
    Asked asked = { id, FALSE };

    for (guint i = 0; i < engine->partition_count && !asked.used; i++) {
        TwDb *db = engine->partitions[i].db;
        if (db == NULL)
            asked.used = TRUE;
        else if (!tw_db_read(db, NULL, asked_tx, &asked, error))
            return FALSE;
    }
    *ret = asked.used;
    return TRUE;
}

gboolean
tw_engine_collect(
    TwEngine *engine, gint64 grace_us, gboolean all, TwEngineCollected *ret, GError **error)
{
    TwBlobCollect how = { is_used, engine, tw_time_now_us(), grace_us, G_MAXINT32 };
    TwBlobCollected done;
    guint64 freed = 0;

    if (all && !tw_blob_hint_all(engine->blobs, how.now_us - grace_us, error))
        return FALSE;
    if (!tw_blob_collect(engine->blobs, &how, &done, error) ||
        !tw_blob_compact(engine->blobs, 0.5, 8, &freed, error))
        return FALSE;
    *ret = (TwEngineCollected){ done.looked_at, done.kept, done.dropped, freed };
    return TRUE;
}
