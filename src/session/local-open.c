/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A local server with an engine and a directory of its own, for small programs. */
#include "base/error.h"
#include "directory/db-plugin.h"
#include "session/local-private.h"

void
tw_local_parts_close(TwLocalParts *parts)
{
    tw_directory_free(parts->directory);
    tw_db_close(parts->directory_db);
    tw_engine_close(parts->engine);
    *parts = (TwLocalParts){ 0 };
}

static gboolean
open_engine(TwLocalParts *parts, const char *path, GError **error)
{
    TwEngineConfig config = TW_ENGINE_CONFIG_INIT;
    g_autofree char *there = g_build_filename(path, "server.db", NULL);
    TwFileStat stat;

    if (!tw_file_stat_path(tw_file_system_real(), there, &stat, error)) {
        g_prefix_error(error, "%s is no data folder: ", path);
        return FALSE;
    }
    config.fs = tw_file_system_real();
    config.path = path;
    parts->engine = tw_engine_open(&config, error);
    return parts->engine != NULL;
}

static gboolean
open_directory(TwLocalParts *parts, const char *path, GError **error)
{
    TwDbConfig config = TW_DB_CONFIG_INIT;
    TwDirectoryConfig directory = TW_DIRECTORY_CONFIG_INIT;
    g_autofree char *file = g_build_filename(path, "directory.db", NULL);
    TwDirectoryPlugin *plugin;

    config.fs = tw_file_system_real();
    config.path = file;
    config.schema = &tw_directory_schema;
    parts->directory_db = tw_db_open(&config, error);
    plugin = parts->directory_db != NULL ? tw_directory_db_new(parts->directory_db, error) : NULL;
    parts->directory = plugin != NULL ? tw_directory_new(plugin, &directory, error) : NULL;
    return parts->directory != NULL;
}

TwServer *
tw_local_open(const char *path, GError **error)
{
    TwLocalConfig config = TW_LOCAL_CONFIG_INIT;
    TwLocalParts parts = { 0 };
    TwServer *server = NULL;

    if (open_engine(&parts, path, error) && open_directory(&parts, path, error)) {
        config.engine = parts.engine;
        config.directory = parts.directory;
        server = tw_local_new(&config, error);
    }
    if (server != NULL)
        ((TwLocal *) server)->parts = parts;
    else
        tw_local_parts_close(&parts);
    return server;
}
