/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "programs/node.h"

#include <unistd.h>

#include "base/error.h"
#include "directory/db-plugin.h"
#include "programs/storage-config.h"
#include "programs/user-source.h"
#include "programs/users-config.h"

static gboolean
open_engine(TwNode *node, const TwNodeConfig *config, GError **error)
{
    TwEngineConfig engine = TW_ENGINE_CONFIG_INIT;

    if (!config->make &&
        !tw_storage_config_is_there(config->config, config->fs, config->path, error)) {
        g_prefix_error(error, "%s is no data folder: ", config->path);
        return FALSE;
    }
    engine.fs = config->fs;
    engine.path = config->path;
    engine.ended = config->ended;
    engine.ended_data = config->ended_data;
    if (config->config != NULL)
        tw_storage_config_apply(config->config, &engine);
    node->engine = tw_engine_open(&engine, error);
    return node->engine != NULL;
}

static gboolean
open_directory(TwNode *node, const TwNodeConfig *config, GError **error)
{
    TwDbConfig db = TW_DB_CONFIG_INIT;
    TwDirectoryConfig directory = TW_DIRECTORY_CONFIG_INIT;
    g_autofree char *path = g_build_filename(config->path, "directory.db", NULL);
    g_autofree char *name = NULL;
    TwDirectoryPlugin *plugin;

    db.fs = config->fs;
    db.path = path;
    db.schema = &tw_directory_schema;
    tw_storage_config_apply_users(config->config, &db, &name);
    node->directory_db = tw_db_open(&db, error);
    if (node->directory_db == NULL)
        return FALSE;
    plugin = config->rules
                 ? tw_user_source_open(config->config, node->directory_db, &directory, error)
                 : tw_directory_db_new(node->directory_db, error);
    if (plugin == NULL)
        return FALSE;
    if (config->config != NULL)
        directory.locale = tw_config_get_string(config->config, "default_sort_locale_id");
    node->plugin = plugin;
    node->directory = tw_directory_new(plugin, &directory, error);
    return node->directory != NULL;
}

static gboolean
open_server(TwNode *node, const TwNodeConfig *config, GError **error)
{
    TwLocalConfig local = TW_LOCAL_CONFIG_INIT;
    TwLogon logon = { .peer = { .kind = TW_PEER_PROCESS },
                      .flags = TW_LOGON_BOUND,
                      .user = "SYSTEM",
                      .program = "twiga" };

    local.engine = node->engine;
    local.directory = node->directory;
    local.audit = config->audit;
    local.metrics = config->metrics;
    local.changed = config->changed;
    local.changed_data = config->changed_data;
    if (config->config != NULL)
        tw_users_config_apply(config->config, &local);
    local.hosted |= config->companies;
    local.trust.own_uid = getuid();
    node->server = tw_local_new(&local, error);
    return node->server != NULL &&
           tw_server_logon(node->server, &logon, &node->system, NULL, error);
}

TwNode *
tw_node_open(const TwNodeConfig *config, GError **error)
{
    g_autoptr(TwNode) node = g_new0(TwNode, 1);

    node->rules = config->rules;
    if (config->config != NULL)
        node->config = tw_config_ref(config->config);
    if (!open_engine(node, config, error) || !open_directory(node, config, error) ||
        !open_server(node, config, error)) {
        if (error != NULL && g_error_matches(*error, TW_ERROR, TW_ERROR_BUSY) &&
            !tw_storage_config_is_maria(config->config))
            g_prefix_error(error, "%s is in use by a running server: ", config->path);
        return NULL;
    }
    return g_steal_pointer(&node);
}

void
tw_node_close(TwNode *node)
{
    if (node == NULL)
        return;
    if (node->system != NULL)
        tw_session_end(node->system);
    tw_session_unref(node->system);
    tw_server_close(node->server);
    tw_directory_free(node->directory);
    tw_db_close(node->directory_db);
    tw_engine_close(node->engine);
    tw_config_unref(node->config);
    g_free(node);
}

guint
tw_node_count_stores(const TwNode *node)
{
    g_autoptr(GArray) stores = node == NULL ? NULL : tw_engine_list_stores(node->engine);

    return stores == NULL ? 0 : stores->len;
}
